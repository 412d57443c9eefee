package browser_test

import (
	"testing"

	"github.com/chromedp/chromedp"
	"vaccin/internal/registry"
)

// doses counts the first doses of a record, also annulled ones.
func doses(t *testing.T, record string) int {
	t.Helper()
	facts, err := site.failing.Facts(t.Context(), registry.RecordID(record[len("/dossiers/"):]), registry.Wanted{})
	if err != nil {
		t.Fatal(err)
	}
	return len(facts.Record.FirstDoses)
}

func TestADoubleClickLeavesOneDose(t *testing.T) {
	w := newTab(t)
	w.signIn("dr-un-lieu")
	record := w.eligible("Double", "Rosalie")
	w.open(record + "/vaccination-1")
	w.dose()
	w.leave(func() { w.do("double-clicking", chromedp.DoubleClick(byText("button", "Valider"))) })
	w.says("Code du patient")
	if n := doses(t, record); n != 1 {
		t.Errorf("%d doses are recorded", n)
	}
}

func TestADoubleClickWithoutScriptLeavesOneDose(t *testing.T) {
	w := newTab(t)
	w.withoutScript()
	w.signIn("dr-un-lieu")
	record := w.eligible("Doublesans", "Rosalie")
	w.open(record + "/vaccination-1")
	w.dose()
	w.leave(func() { w.do("double-clicking", chromedp.DoubleClick(byText("button", "Valider"))) })
	w.says("Code du patient")
	if n := doses(t, record); n != 1 {
		t.Errorf("%d doses are recorded", n)
	}
}

func TestBackAndSendAgainLeavesOneDose(t *testing.T) {
	w := newTab(t)
	w.signIn("dr-un-lieu")
	record := w.eligible("Retour", "Honorine")
	w.open(record + "/vaccination-1")
	w.dose()
	request := eval[string](w, `document.querySelector("input[name=request]").value`)
	w.send("Valider")
	w.says("Code du patient")
	w.back()
	if w.heading() == "Enregistrer la 1ère vaccination" {
		w.send("Valider")
	} else {
		// The browser asked for the page again and got the summary: the form of before can still be sent by a
		// browser that kept it.
		w.leave(func() { eval[bool](w, resend(request)) })
	}
	w.says("Code du patient")
	if n := doses(t, record); n != 1 {
		t.Errorf("%d doses are recorded", n)
	}
}

// resend sends the form of a dose once more, as a browser that kept the page would.
func resend(request string) string {
	return `(() => {
		const form = document.createElement("form")
		form.method = "post"
		form.action = location.pathname
		const values = { request: "` + request + `", vaccine: "COMIRNATY", lot: "` + site.lot + `", site: "16217701000119102", occurrence: "01/02/2021",
			performer_self: "yes", place_type: "DOMICILE", place_name: "Chez la patiente", place_locality: "69003 Lyon 3e arrondissement" }
		for (const [name, value] of Object.entries(values)) {
			const field = document.createElement("input")
			field.name = name
			field.value = value
			form.append(field)
		}
		document.body.append(form)
		form.submit()
		return true
	})()`
}
