package browser_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"vaccin/internal/nir"
)

// unknownNIR is a valid number that nobody has, another at each call.
func (s *running) unknownNIR(t *testing.T) string {
	t.Helper()
	number, err := nir.FromDigits(fmt.Sprintf("2410335999%03d", s.used.Add(1)))
	if err != nil {
		t.Fatal(err)
	}
	return number.Format()
}

// search looks for a patient by number.
func (w *tab) search(number string) {
	w.t.Helper()
	w.open("/recherche")
	w.fill("nir", number)
	w.send("Rechercher par NIR")
}

// register opens the manual entry of a patient whose number is unknown, and fills it in.
func (w *tab) register(number, name, given string) {
	w.t.Helper()
	w.search(number)
	w.headed("Numéro de sécurité sociale inconnu")
	w.follow("via ce lien.")
	w.fill("birth_name", name)
	w.fill("used_name", name)
	w.fill("given_names", given)
	w.pick("sex", "F")
	w.fill("birth_date", "12/03/1941")
}

// patient registers a patient of the test's own and returns the address of the record.
func (w *tab) patient(name, given string) string {
	w.t.Helper()
	w.register(site.unknownNIR(w.t), name, given)
	w.send("Enregistrer le patient")
	w.headed("Dossier du patient")
	return w.path()
}

// declare fills in and sends the form of an eligibility, the practitioner being the prescriber.
func (w *tab) declare() {
	w.t.Helper()
	w.pick("prescribes", "yes")
	w.fill("prescribed_on", "30/01/2021")
	w.pick("health_professional", "no")
	w.pick("patient_agrees", "on")
	w.pick("conditions_accepted", "on")
	w.send("Valider")
	w.says("Code du patient")
}

// eligible makes a patient of the test's own whose eligibility is declared.
func (w *tab) eligible(name, given string) string {
	w.t.Helper()
	record := w.patient(name, given)
	w.follow("Déclarer l’éligibilité")
	w.declare()
	return record
}

// dose fills in, without the place's suggestions, the form of a dose at the patient's home.
func (w *tab) dose() {
	w.t.Helper()
	if eval[bool](w, `document.querySelector("select#vaccine") !== null`) {
		w.choose("vaccine", "Comirnaty")
	}
	w.fill("lot", site.lot)
	w.choose("site", "Deltoïde gauche")
	w.choose("place_type", "Au domicile du patient")
	w.fill("place_name", "Chez la patiente")
	w.fill("place_locality", "69003 Lyon 3e arrondissement")
}

// suggested types into a field and returns what its list then offers.
func (w *tab) suggested(id, text string) []string {
	w.t.Helper()
	w.fill(id, "")
	w.press(text)
	lines := fmt.Sprintf(`[...document.querySelectorAll("#%s__listbox .autocomplete__option .app-suggest__value")].map(e => e.innerText)`, id)
	w.wait(lines + `.length > 0`)
	return eval[[]string](w, lines)
}

// takeSuggestion types into a field and takes a line of its list with the keyboard.
func (w *tab) takeSuggestion(id, text string, rank int) string {
	w.t.Helper()
	lines := w.suggested(id, text)
	for i := range rank {
		w.press(kb.ArrowDown)
		w.wait(fmt.Sprintf(`document.activeElement.id === "%s__option--%d"`, id, i))
	}
	w.press(kb.Enter)
	w.wait(fmt.Sprintf(`document.getElementById(%q).value === %q && document.activeElement.id === %q`, id, lines[rank-1], id))
	return lines[rank-1]
}

// hasPDF asks for the PDF of the summary shown, as its link would.
func (w *tab) hasPDF() {
	w.t.Helper()
	kind, start, _ := strings.Cut(eval[string](w, `(async () => {
		const link = [...document.querySelectorAll("a")].find(a => a.textContent.includes("PDF"))
		const answer = await fetch(link.href)
		const bytes = new Uint8Array(await answer.arrayBuffer())
		return answer.headers.get("content-type") + " " + btoa(String.fromCharCode(...bytes.slice(0, 5)))
	})()`), " ")
	head, err := base64.StdEncoding.DecodeString(start)
	if err != nil || kind != "application/pdf" || !bytes.HasPrefix(head, []byte("%PDF-")) {
		w.t.Errorf("the PDF's link answers %s %q", kind, head)
	}
}

// quiet fails if the console complained.
func (w *tab) quiet() {
	w.t.Helper()
	for _, complaint := range w.complained() {
		w.t.Errorf("on « %s » the console says %s", w.title(), complaint)
	}
}

// TestTheWholeJourneyWithScript goes the way of a vaccination, from the sign-in to the second dose, on each engine.
func TestTheWholeJourneyWithScript(t *testing.T) {
	t.Run("SQLite", wholeJourney)
	t.Run("PostgreSQL", func(t *testing.T) {
		onPostgreSQL(t)
		wholeJourney(t)
	})
}

func wholeJourney(t *testing.T) {
	w := newTab(t)
	w.signIn("dr-deux-lieux")
	w.headed("Où exercez-vous en ce moment ?")
	w.pick("practice_place", "1")
	w.send("Continuer")
	w.headed("Rechercher un patient")
	w.says("Dr. Antoine LEGRAND-ROUX", "EHPAD Les Glycines", "Changer de lieu")

	w.register(site.unknownNIR(t), "Journet", "Mathilde")
	town := w.takeSuggestion("locality", "69", 2)
	w.fill("phone", "04 72 00 00 01")
	w.send("Enregistrer le patient")
	w.headed("Dossier du patient")
	w.says("JOURNET", "12/03/1941", "Féminin")
	record := w.path()
	w.follow("Déclarer l’éligibilité")
	w.declare()
	code := strings.Join(strings.Fields(w.text(".app-code__value")), "-")
	w.hasPDF()
	w.follow("Identifier un nouveau patient")
	w.fill("code", strings.ToLower(code))
	w.send("Rechercher par code")
	if w.path() != record {
		t.Fatalf("the code leads to %s, not to the record %s", w.path(), record)
	}

	w.follow("Enregistrer la 1ère vaccination")
	lot, place := w.firstDose()
	w.says("1ère Vaccination", "Comirnaty", lot, "01/03/2021", "Imprimez cette synthèse", "portail national des signalements")
	w.hasPDF()
	w.follow("Patient suivant")
	w.says("Repris pour le patient suivant", lot, "EHPAD Les Glycines", "01/02/2021", "Comirnaty")
	w.nextPatientTakesOver(lot, "EHPAD", place)
	w.secondDose(record, code)
	if town == "" {
		t.Error("no locality was taken")
	}
	w.quiet()
}

// firstDose records a first dose with the lot and the place taken from the suggestions.
func (w *tab) firstDose() (lot, place string) {
	w.t.Helper()
	w.choose("vaccine", "Comirnaty")
	lot = w.takeSuggestion("lot", site.lot[:2], 1)
	w.choose("site", "Deltoïde gauche")
	w.choose("place_type", "EHPAD")
	place = w.takeSuggestion("place", "93", 1)
	w.send("Valider")
	w.says("Code du patient")
	return lot, place
}

// nextPatientTakesOver sees the form of the next patient's dose filled with what carries over, no more.
func (w *tab) nextPatientTakesOver(lot, placeType, place string) {
	w.t.Helper()
	w.search(site.example(w.t, "Éligible").Patient.Holder.Format())
	w.follow("MOULIN")
	w.follow("Enregistrer la 1ère vaccination")
	w.says("repris du patient précédent")
	for id, want := range map[string]string{
		"vaccine": "COMIRNATY", "lot": lot, "place_type": placeType, "place": place, "occurrence": "01/02/2021", "site": "",
	} {
		if got := w.value(id); got != want {
			w.t.Errorf("the next patient's %s is %q, want %q", id, got, want)
		}
	}
}

// secondDose comes back on the day of the second appointment and completes the record.
func (w *tab) secondDose(record, code string) {
	w.t.Helper()
	site.at(w.t, morning.AddDate(0, 0, 28))
	w.open("/recherche")
	w.fill("code", code)
	w.send("Rechercher par code")
	w.says("1ère vaccination enregistrée", "à partir du 01/03/2021")
	w.follow("Enregistrer la 2ème vaccination")
	w.says("Comirnaty (celui de la 1ère vaccination, non modifiable)")
	if eval[bool](w, `document.querySelector("select#vaccine") !== null`) {
		w.t.Error("the vaccine of the second dose can be changed")
	}
	w.fill("occurrence", "01/03/2021")
	w.choose("site", "Deltoïde droit")
	w.send("Valider")
	w.says("2ème Vaccination", "Enregistrée")
	w.hasPDF()
	w.open(record)
	w.says("Vaccination complète")
}

func TestTheWholeJourneyWithoutScript(t *testing.T) {
	w := newTab(t)
	w.withoutScript()
	w.signIn("dr-un-lieu")
	w.headed("Rechercher un patient")
	if eval[bool](w, `document.body.classList.contains("js-enabled")`) {
		t.Fatal("the script runs")
	}
	w.register(site.unknownNIR(t), "Sanscript", "Paule")
	w.fill("locality", "69003")
	w.send("Chercher cette localité")
	w.click(byText("label", "69003 Lyon 3e arrondissement"))
	w.send("Enregistrer le patient")
	record := w.path()
	w.headed("Dossier du patient")
	w.follow("Déclarer l’éligibilité")
	w.declare()
	w.follow("Enregistrer la 1ère vaccination")

	w.choose("vaccine", "Comirnaty")
	w.fill("lot", site.lot[:2])
	w.send("Chercher ce lot")
	w.click(byText("label", site.lot))
	w.choose("site", "Deltoïde gauche")
	w.choose("place_type", "Centre de vaccination")
	w.fill("place", "69")
	w.send("Chercher ce lieu")
	if w.value("site") == "" {
		t.Error("looking for a place forgot the injection site")
	}
	place := w.text(`label[for="place_choice-choice-1"]`)
	w.click(byText("label", place))
	w.send("Valider")
	w.says("01/03/2021", site.lot)
	w.hasPDF()
	code := strings.Join(strings.Fields(w.text(".app-code__value")), "-")
	w.follow("Patient suivant")
	w.says("Repris pour le patient suivant", site.lot)
	w.nextPatientTakesOver(site.lot, "CENTRE", place)
	w.secondDose(record, code)
}
