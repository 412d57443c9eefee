package browser_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// focus describes where the keyboard is.
type focus struct {
	ID, Tag, Text string
	Shown         bool // how the element looks tells that it has the focus
	Hidden        bool // something else covers it, or it is out of the window
}

// focusOf compares how the element (or its label, for radio buttons and boxes, whose own square is
// drawn there) looks with the focus and without.
const focusOf = `(() => {
	const e = document.activeElement
	const looks = () => [e, ...(e.labels ?? [])].flatMap(x => ["", "::before"].map(part => {
		const s = getComputedStyle(x, part || null)
		return [s.outlineStyle === "none" ? "" : s.outline, s.boxShadow, s.backgroundColor, s.borderColor, s.textDecorationLine].join("|")
	})).join("\n")
	const box = e.getBoundingClientRect()
	const at = document.elementFromPoint(box.left + Math.min(box.width / 2, 20), box.top + Math.min(box.height / 2, 20))
	const covered = !at || !(e === at || e.contains(at) || at.contains(e) && !at.closest(".app-patient") || [...(e.labels ?? [])].some(l => l.contains(at)))
	const found = { ID: e.id, Tag: e.tagName, Text: (e.innerText ?? "").trim(), Hidden: covered }
	const focused = looks()
	e.blur()
	found.Shown = focused !== looks()
	e.focus({ preventScroll: true, focusVisible: true })
	return JSON.stringify(found)
})()`

// tab moves on with the keyboard and fails where the focus cannot be seen.
func (w *tab) tab() focus {
	w.t.Helper()
	w.press(kb.Tab)
	var f focus
	decode(w, focusOf, &f)
	if !f.Shown {
		w.t.Errorf("on « %s » nothing shows that %+v has the focus", w.title(), f)
	}
	if f.Hidden {
		w.t.Errorf("on « %s » %+v has the focus and is not seen", w.title(), f)
	}
	return f
}

// reach moves on with the keyboard until it is where it should be.
func (w *tab) reach(what string, is func(focus) bool) {
	w.t.Helper()
	for range 60 {
		if is(w.tab()) {
			return
		}
	}
	w.t.Fatalf("the keyboard does not reach %s on « %s »", what, w.title())
}

func (w *tab) reachField(id string) {
	w.t.Helper()
	w.reach("the field "+id, func(f focus) bool { return f.ID == id })
}

// enter presses Enter on the link or button of that text.
func (w *tab) enter(text string) {
	w.t.Helper()
	w.reach("« "+text+" »", func(f focus) bool { return (f.Tag == "A" || f.Tag == "BUTTON") && strings.Contains(f.Text, text) })
	w.leave(func() { w.press(kb.Enter) })
}

func (w *tab) focused(id string) {
	w.t.Helper()
	w.wait(fmt.Sprintf(`document.activeElement.id === %q`, id))
}

func TestTheJourneyByKeyboard(t *testing.T) {
	w := newTab(t)
	w.resize(1280, 620) // low enough for the patient's banner to stand in the way if it could
	w.open("/")
	w.enter("S’identifier avec Pro Santé Connect")
	w.leave(func() { w.press(kb.Tab); w.press(kb.Enter) })
	w.headed("Rechercher un patient")
	if first := w.tab(); first.Text != "Aller au contenu" {
		t.Errorf("the keyboard reaches %+v first", first)
	}
	w.press(kb.Enter)
	w.focused("contenu")
	w.reachField("nir")
	w.keyIn(site.example(t, "Homonymes").Patient.Holder.Format())
	w.leave(func() { w.press(kb.Enter) })
	w.enter("MARTIN")
	w.enter("Déclarer l’éligibilité")
	w.errorsByKeyboard()
	w.eligibilityByKeyboard()
	w.enter("Enregistrer la 1ère vaccination")
	w.doseByKeyboard()
	w.says("1ère Vaccination", "Code du patient", "01/03/2021")
	w.enter("Patient suivant")
	w.headed("Rechercher un patient")
	w.quiet()
}

// keyIn types over what the field that has the focus holds.
func (w *tab) keyIn(text string) {
	w.t.Helper()
	w.press("a", chromedp.ModifierCtrl)
	for _, r := range text {
		if r == '\u00a0' || r == '\u202f' {
			r = ' '
		}
		w.press(string(r))
	}
}

// errorsByKeyboard sends an empty form: the focus goes to the list of errors, whose links lead to fields.
func (w *tab) errorsByKeyboard() {
	w.t.Helper()
	w.enter("Valider")
	w.wait(`document.activeElement.classList.contains("govuk-error-summary")`)
	w.reach("the first error", func(f focus) bool { return strings.Contains(f.Text, "prescripteur") })
	w.press(kb.Enter)
	w.focused("prescribes")
	links := eval[[]string](w, `[...document.querySelectorAll(".govuk-error-summary__list a")].map(a => a.getAttribute("href").slice(1))`)
	if len(links) < 5 {
		w.t.Errorf("the list of errors has %d links", len(links))
	}
	for _, id := range links {
		w.click(fmt.Sprintf(`.govuk-error-summary__list a[href="#%s"]`, id))
		w.focused(id)
	}
	w.leave(func() { w.do("loading again", chromedp.Navigate(eval[string](w, `location.href`))) })
}

func (w *tab) eligibilityByKeyboard() {
	w.t.Helper()
	w.reachField("prescribes")
	w.press(" ")
	w.reachField("prescribed_on")
	w.keyIn("30/01/2021")
	w.reachField("health_professional")
	w.press(kb.ArrowDown)
	if !eval[bool](w, `document.querySelector("#health_professional-2").checked`) {
		w.t.Error("the arrow does not choose the next answer")
	}
	w.reachField("patient_agrees")
	w.press(" ")
	w.reachField("conditions_accepted")
	w.press(" ")
	w.enter("Valider")
	w.says("Code du patient")
}

func (w *tab) doseByKeyboard() {
	w.t.Helper()
	w.reachField("vaccine")
	w.press("C")
	w.reachField("lot")
	w.press(site.lot[:2])
	w.wait(`document.querySelectorAll("#lot__listbox .app-suggest__value").length > 0`)
	w.press(kb.ArrowDown)
	w.press(kb.Enter)
	w.wait(`document.getElementById("lot").value.length > 4`)
	w.reachField("site")
	w.press("D")
	w.reachField("place_type")
	w.press("Au d")
	w.reachField("place_name")
	w.keyIn("Chez le patient")
	w.reachField("place_locality")
	w.press("69003")
	w.wait(`document.querySelectorAll("#place_locality__listbox .app-suggest__value").length === 1`)
	w.press(kb.ArrowDown)
	w.press(kb.Enter)
	w.wait(`document.getElementById("place_locality").value.startsWith("69003 ")`)
	w.enter("Valider")
}

// A scanner types a code and Enter, and nobody clicks into the field before; nor before a second scan, after one that was refused.
func TestAScanNeedsNoClick(t *testing.T) {
	w := newTab(t)
	w.signIn("dr-un-lieu")
	w.press(kb.ArrowDown + " ")
	w.press("r", chromedp.ModifierCtrl)
	if typed := eval[string](w, `document.getElementById("code").value`); typed != "" {
		t.Errorf("keys that move the page or are commands left %q in the field", typed)
	}
	w.leave(func() { w.press("ZZZZ-ZZZZ-ZZZ" + kb.Enter) })
	w.says("Vérifiez")
	w.leave(func() { w.press(site.example(t, "Presque centenaire").Code.Format() + kb.Enter) })
	w.says("Dossier")
	w.open("/recherche")
	w.reachField("nir")
	w.press("269")
	if typed := eval[string](w, `document.getElementById("code").value + "/" + document.getElementById("nir").value`); typed != "/269" {
		t.Errorf("what is typed into the other field came to %q", typed)
	}
	w.quiet()
}

// TestAScanForTheAmericanKeyboardLosesNoSign: on a French or a Belgian keyboard it may begin with any of these, which are digits of codes, M, or what
// some scanners type before a code.
func TestAScanForTheAmericanKeyboardLosesNoSign(t *testing.T) {
	w := newTab(t)
	w.signIn("dr-un-lieu")
	for _, begins := range strings.Split(`é " ' ( - è _ ç à & § ! ? , $ * ] É È Ç À`, " ") {
		eval[bool](w, `document.activeElement.blur() ?? true`)
		w.press(begins + "a")
		if typed := eval[string](w, `document.getElementById("code").value`); typed != begins+"a" {
			t.Errorf("of %q came %q", begins+"a", typed)
		}
	}
}

func TestAScanOfWhoObjectsNeedsNoClick(t *testing.T) {
	w := newTab(t)
	w.enterAsAgent("assistance")
	w.follow("Oppositions")
	code := site.example(t, "Presque centenaire").Code.Format()
	w.press(code)
	if typed := eval[string](w, `document.getElementById("person").value`); typed != code {
		t.Errorf("the field holds %q", typed)
	}
}
