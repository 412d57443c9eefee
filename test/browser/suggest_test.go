package browser_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// doseForm opens the form of a first dose of a patient of the test's own.
func (w *tab) doseForm(name string) {
	w.t.Helper()
	w.signIn("dr-un-lieu")
	w.open(w.eligible(name, "Rose") + "/vaccination-1")
}

// asked are the addresses of suggestions that the page has asked for.
func (w *tab) asked() string {
	w.t.Helper()
	return strings.Join(eval[[]string](w, `performance.getEntriesByType("resource").map(e => e.name).filter(n => n.includes("/suggestions/"))`), "\n")
}

func TestSuggestionsAreACombobox(t *testing.T) {
	w := newTab(t)
	w.doseForm("Combo")
	w.choose("vaccine", "Comirnaty")
	for _, attribute := range []struct{ name, want string }{
		{"role", "combobox"}, {"aria-autocomplete", "list"}, {"aria-expanded", "false"}, {"aria-controls", "lot__listbox"}, {"autocomplete", "off"},
	} {
		if got := eval[string](w, fmt.Sprintf(`document.getElementById("lot").getAttribute(%q) ?? ""`, attribute.name)); got != attribute.want {
			t.Errorf("the field's %s is %q, want %q", attribute.name, got, attribute.want)
		}
	}
	if hint := eval[string](w, `document.getElementById("lot").getAttribute("aria-describedby")`); !strings.Contains(hint, "lot-hint") {
		t.Errorf("the field is described by %q, without its hint", hint)
	}
	lines := w.suggested("lot", site.lot[:2])
	if eval[string](w, `document.getElementById("lot").getAttribute("aria-expanded")`) != "true" {
		t.Error("the open list is not said to be expanded")
	}
	if got := eval[int](w, `document.querySelectorAll("#lot__listbox[role=listbox] > [role=option]").length`); got != len(lines) {
		t.Errorf("%d options for %d lines", got, len(lines))
	}
	w.wait(fmt.Sprintf(`[...document.querySelectorAll("[role=status]")].some(e => e.textContent.includes("%d suggestions disponibles"))`, len(lines)))
	w.press(kb.ArrowDown)
	w.wait(`document.activeElement.getAttribute("aria-selected") === "true"`)
	w.press(kb.Escape)
	w.wait(`document.getElementById("lot").getAttribute("aria-expanded") === "false"`)
}

func TestSuggestionsStartAtTheSecondCharacterAndKnowTheOtherFields(t *testing.T) {
	w := newTab(t)
	w.doseForm("Second")
	w.choose("vaccine", "Moderna")
	w.fill("lot", "")
	w.press("3")
	w.wait(`[...document.querySelectorAll("[role=status]")].some(e => e.textContent.includes("Saisissez au moins 2 caractères"))`)
	if got := w.asked(); got != "" {
		t.Errorf("one character asks for %s", got)
	}
	for _, lot := range w.suggested("lot", "30") {
		if !strings.HasPrefix(lot, "30") {
			t.Errorf("« 30 » suggests %s", lot)
		}
	}
	w.choose("place_type", "EHPAD")
	for _, place := range w.suggested("place", "glycines") {
		if !strings.Contains(place, "Glycines") {
			t.Errorf("« glycines » suggests %s", place)
		}
	}
	for _, part := range []string{"/suggestions/lots?q=30&vaccine=MODERNA", "place_type=EHPAD"} {
		if !strings.Contains(w.asked(), part) {
			t.Errorf("asked %s, without %s", w.asked(), part)
		}
	}
}

func TestALotThatIsNotSuggestedIsAccepted(t *testing.T) {
	w := newTab(t)
	w.doseForm("Libre")
	w.dose()
	w.fill("lot", "")
	w.press("QQ99")
	w.wait(`document.querySelector("#lot__listbox")?.innerText.includes("Aucune suggestion")`)
	w.press(kb.Tab)
	if got := w.value("lot"); got != "QQ99" {
		t.Fatalf("leaving the field made it %q", got)
	}
	w.send("Valider")
	w.says("Je confirme cette saisie")
	if got := w.value("lot"); got != "QQ99" {
		t.Errorf("the form comes back with the lot %q", got)
	}
	w.click(`.app-question input`)
	w.send("Valider")
	w.says("Code du patient", "QQ99")
}

func TestWithoutSuggestionsTheFieldIsAnOrdinaryOne(t *testing.T) {
	w := newTab(t)
	w.doseForm("Panne")
	w.dose()
	site.broken("Lots", func() {
		w.fill("lot", "")
		w.press(site.lot)
		w.wait(`document.querySelector("#lot__listbox")?.innerText.includes("Suggestions indisponibles")`)
		w.press(kb.Tab)
		w.send("Valider")
	})
	w.says("Code du patient", site.lot)
}

// A place chosen for a type does not stay when the type changes to another with a list; lots that were typed,
// and a place while the type has no list, do.
func TestAPlaceOfAnotherTypeIsForgotten(t *testing.T) {
	w := newTab(t)
	w.doseForm("Type")
	w.dose()
	w.choose("place_type", "EHPAD")
	w.takeSuggestion("place", "glycines", 1)
	place, lot := w.value("place"), w.value("lot")
	if place == "" || lot == "" {
		t.Fatal("no place is chosen, or no lot")
	}
	w.choose("place_type", "Au domicile")
	w.choose("place_type", "EHPAD")
	w.choose("vaccine", "Moderna")
	if w.value("place") != place || w.value("lot") != lot {
		t.Errorf("the place became %q, the lot %q", w.value("place"), w.value("lot"))
	}
	w.choose("place_type", "USLD")
	w.wait(`document.getElementById("place").value === ""`)
	w.choose("place_type", "EHPAD")
	if len(w.suggested("place", "glycines")) == 0 || w.value("place") != "glycines" {
		t.Errorf("nothing is suggested again, or the field is %q", w.value("place"))
	}
}

// Whoever looks through the types with the arrow keys passes by others, each of which is chosen for a moment.
func TestAPlaceComesBackWithItsType(t *testing.T) {
	w := newTab(t)
	w.doseForm("Retrouver")
	w.choose("place_type", "EHPAD")
	place := w.takeSuggestion("place", "glycines", 1)
	kind := w.value("place_type")
	passByOthers := func() {
		t.Helper()
		eval[bool](w, `(document.getElementById("place_type").focus(), true)`)
		w.press(kb.ArrowDown + kb.ArrowDown)
		w.wait(fmt.Sprintf(`document.getElementById("place_type").value !== %q`, kind))
		w.press(kb.ArrowUp + kb.ArrowUp)
		w.wait(fmt.Sprintf(`document.getElementById("place_type").value === %q`, kind))
	}
	passByOthers()
	passByOthers()
	if got := w.value("place"); got != place {
		t.Fatalf("after passing by other types the place is %q, want %q", got, place)
	}
	if eval[string](w, `(async () => { await new Promise(done => setTimeout(done, 300)); return document.getElementById("place").getAttribute("aria-expanded") })()`) != "false" {
		t.Error("a list opens by itself") // the field's question, and its answer, would be here by then
	}

	// It is a field like before: one can type into it, and what one empties does not come back.
	w.fill("place", "")
	passByOthers()
	if got := w.value("place"); got != "" {
		t.Errorf("emptied, the place is %q again", got)
	}
	w.takeSuggestion("place", "glycines", 1)

	// Nor does it once something else was chosen.
	w.choose("place_type", "USLD")
	w.wait(`document.getElementById("place").value === ""`)
	w.fill("place", "autre")
	w.choose("place_type", "EHPAD")
	w.wait(`document.getElementById("place").value === ""`)
	w.choose("place_type", "USLD")
	if got := w.value("place"); got != "autre" {
		t.Errorf("what was typed last is now %q", got)
	}
}

// The combobox tells a choice late, and once more when it is left: on a slow machine another type is chosen by then. Here
// that happens each time, for the type changes before the page's timers run.
func TestAPlaceIsForgottenThoughItsChoiceIsToldLate(t *testing.T) {
	const helpers = `
		const types = document.getElementById("place_type"), place = document.getElementById("place")
		const tell = field => field.dispatchEvent(new Event("change", { bubbles: true }))
		const choose = text => { types.value = [...types.options].find(o => o.text.includes(text)).value; tell(types) }
		const settled = () => new Promise(done => setTimeout(done, 150)) // the combobox looks at its field every 100 ms
		const line = document.querySelector("#place__listbox > [role=option]");`
	for _, c := range []struct{ name, take, then string }{
		{"with the mouse", `line.click()`, ``},
		{"by leaving for the type", `types.focus()`, ``},
		{"once more", `line.click(); await settled()`, `; tell(place)`},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newTab(t)
			w.doseForm("Tard")
			w.choose("place_type", "EHPAD")
			become := func(types string) (offered, place string) {
				offered = w.suggested("place", "glycines")[0]
				w.press(kb.ArrowDown)
				w.wait(`document.activeElement.id === "place__option--0"`)
				return offered, eval[string](w, `(async () => {`+helpers+c.take+types+c.then+`; await settled(); return place.value })()`)
			}
			if offered, place := become(`; choose("Au domicile"); choose("EHPAD")`); place != offered {
				t.Errorf("passing by a type without a list made the place %q, want %q", place, offered)
			}
			if _, place := become(`; choose("USLD")`); place != "" {
				t.Errorf("with another type the place is still %q", place)
			}
		})
	}
}

// An answer that is on its way when the type changes would open, on the field emptied, a list of the former type.
func TestNoListOfAnotherTypeComesLate(t *testing.T) {
	w := newTab(t)
	w.doseForm("Liste")
	w.choose("place_type", "EHPAD")
	eval[bool](w, `(() => {
		const ask = window.fetch
		window.fetch = (address, options) => new Promise((answer, fail) => {
			options.signal.addEventListener("abort", () => fail(options.signal.reason))
			window.answerNow = () => ask(address, { ...options, signal: undefined }).then(answer)
		})
		return true
	})()`)
	w.fill("place", "glycines")
	w.wait(`!!window.answerNow`)
	w.choose("place_type", "USLD")
	late := eval[string](w, `(async () => {
		await window.answerNow()
		await new Promise(done => setTimeout(done, 300)) // the combobox reads and shows the answer
		return document.getElementById("place__listbox").innerText
	})()`)
	if late != "" {
		t.Errorf("for the type USLD the list offers %q", late)
	}
}

// Coming back, the browser chooses the type again, after the page has loaded; a place chosen then is of that type.
func TestAPlaceChosenAfterComingBackStays(t *testing.T) {
	w := newTab(t)
	w.doseForm("Retour")
	w.choose("place_type", "EHPAD")
	w.open("/mentions-legales")
	w.back()
	w.wait(`document.querySelector("#place[role=combobox]")?.checkVisibility() && document.getElementById("place_type").selectedOptions[0].text.includes("EHPAD")`)
	place := w.takeSuggestion("place", "glycines", 1)
	w.choose("place_type", "Au domicile")
	w.choose("place_type", "EHPAD")
	if got := w.value("place"); got != place {
		t.Errorf("the place became %q, want %q", got, place)
	}
	w.choose("place_type", "USLD")
	w.wait(`document.getElementById("place").value === ""`)
}
