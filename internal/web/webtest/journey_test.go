package webtest_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"vaccin/internal/document"
	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
	"vaccin/internal/web/webtest"
)

// byNIR searches a number in the field of a form.
func byNIR(b *webtest.Browser, field, number string) *webtest.Page {
	b.T.Helper()
	return b.Get("/recherche").Form(field).Fill(field, number).Send(b)
}

// documents reads the PDF and the CSV of a step.
func documents(t *testing.T, b *webtest.Browser, at string) (pdf, csv *webtest.Page) {
	t.Helper()
	pdf, csv = b.Get(at+"/synthese.pdf").Want(http.StatusOK), b.Get(at+"/synthese.csv").Want(http.StatusOK)
	if !strings.HasPrefix(pdf.Body, "%PDF-") || pdf.Header.Get("Content-Type") != "application/pdf" {
		t.Errorf("the PDF is %s", pdf.Header.Get("Content-Type"))
	}
	if !strings.HasPrefix(csv.Body, "\uFEFFDocument;") || csv.Header.Get("Content-Type") != "text/csv; charset=utf-8" {
		t.Errorf("the CSV is %s: %.40q", csv.Header.Get("Content-Type"), csv.Body)
	}
	return pdf, csv
}

func TestTheWholeJourney(t *testing.T) {
	t.Parallel()
	h := open(t)
	p, next := h.patient(t), h.patient(t)
	b := webtest.NewBrowser(t, h.base)

	page := h.enter(b, legrand, b.Get("/").Link("S’identifier avec Pro Santé Connect")).Want(http.StatusOK, "Où exercez-vous en ce moment ?", "Dr. Antoine LEGRAND-ROUX")
	page.Form("practice_place").Send(b).Want(http.StatusUnprocessableEntity, "Choisissez votre lieu d’exercice.")
	page = page.Form("practice_place").Fill("practice_place", "1").Send(b).
		Want(http.StatusOK, "Rechercher un patient", "EHPAD Les Glycines", "Changer de lieu", "Se déconnecter")

	page = page.Form("nir").Fill("nir", p.Patient.Holder.Format()).Send(b).
		Want(http.StatusOK, "Assurés rattachés à ce numéro", "DURAND (née LEFÈVRE)", "15/06/1945", "Aucune étape enregistrée", "Patient absent de la liste")
	page = b.Get(page.Link("DURAND")).Want(http.StatusOK, "Dossier du patient", "15/06/1945", "Féminin")
	page = b.Get(page.Link("Déclarer l’éligibilité")).Want(http.StatusOK, "Êtes-vous également le prescripteur", "LEGRAND-ROUX")
	declaration := page.Form("prescribes")
	if v := declaration.Values.Get("prescribed_on"); v != "" {
		t.Errorf("the date of the prescription is prefilled with %q", v)
	}
	page = eligible(declaration).Send(b).Want(http.StatusOK, "Synthèse de la déclaration d’éligibilité", "Code du patient, à lui communiquer",
		"Imprimez", "28/01/2021", "Identifier un nouveau patient").Not("Rectificatif")
	code := h.record(t, p.ID).Code
	if code.IsZero() || !strings.Contains(page.Root.Content(), code.Format()) {
		t.Error("the patient's code is not shown")
	}
	_, csv := documents(t, b, address(p, eligibility))
	if !csv.Says(code.Format()) || !csv.Says("28/01/2021") {
		t.Errorf("CSV: %s", csv.Body)
	}
	b.Get(address(p, dose2)).Want(http.StatusForbidden, "La 1ère vaccination doit d’abord être enregistrée")

	page = b.Get(page.Link("Enregistrer la 1ère vaccination")).Want(http.StatusOK, "Rang vaccinal", "1. Informations de vaccination")
	if f := page.Form("lot"); f.Values.Get("occurrence") != "01/02/2021" || f.Values.Get("vaccine")+f.Values.Get("lot")+f.Values.Get("site") != "" {
		t.Errorf("the form of the first dose starts with %v", f.Values)
	}
	page = injected(page.Form("lot")).Fill("occurrence", "31/01/2021").Send(b).Want(http.StatusOK, "Synthèse de la 1ère vaccination",
		"Prenez rendez-vous pour la 2ème vaccination à partir du dimanche 28 février 2021", "portail national des signalements", "Patient suivant")
	documents(t, b, address(p, dose1))

	page = b.Get(page.Link("Patient suivant")).Want(http.StatusOK, "Repris pour le patient suivant", registrytest.KnownLot, "EHPAD Les Glycines", "31/01/2021").
		Not("DURAND", "deltoïde")
	page.Form("code").Fill("code", strings.ToLower(" "+strings.ReplaceAll(code.Format(), "-", " "))).Send(b).Want(http.StatusOK, "Dossier du patient", "1ère vaccination enregistrée")
	declare(b, next)
	f := b.Get(address(next, dose1)).Want(http.StatusOK, "sont repris du patient précédent").Form("lot")
	want := url.Values{
		"vaccine": {registrytest.Comirnaty}, "lot": {registrytest.KnownLot}, "site": {""}, "occurrence": {"31/01/2021"},
		"place_type": {registrytest.PlaceEHPAD}, "place": {"75011 Paris – EHPAD Les Glycines"},
	}
	for field := range want {
		if f.Values.Get(field) != want.Get(field) {
			t.Errorf("%s is carried as %q", field, f.Values.Get(field))
		}
	}
	b.Get("/recherche").Form("oublier").Fill("oublier", "oui").Send(b).Want(http.StatusOK).Not("Repris pour")
	secondDose(t, h, p, code)
}

// secondDose goes on a month later, as another doctor of the campaign.
func secondDose(t *testing.T, h *house, p registry.ImportedPerson, code registry.TargetCode) {
	t.Helper()
	h.clock.SetDay(registrytest.SecondDoseDay)
	b := h.signIn(t, marchand)
	page := byNIR(b, "code", code.Format()).Want(http.StatusOK, "1ère vaccination enregistrée", "à partir du 28/02/2021")
	page = b.Get(page.Link("Enregistrer la 2ème vaccination")).Want(http.StatusOK, "Comirnaty (Pfizer-BioNTech) (celui de la 1ère vaccination, non modifiable)")
	f := injected(page.Form("lot")).Fill("occurrence", "01/03/2021", "vaccine", registrytest.Moderna) // a forged form
	page = f.Send(b).Want(http.StatusOK, "Synthèse de la 2ème vaccination", "La vaccination est complète").Not("Moderna")
	if page.Row("vaccine") != "Comirnaty (Pfizer-BioNTech)" || page.Row("lotNumber") != registrytest.KnownLot || page.Row("doseNumber") != "2 sur 2" {
		t.Errorf("%s, lot %s, %s", page.Row("vaccine"), page.Row("lotNumber"), page.Row("doseNumber"))
	}
	documents(t, b, address(p, dose2))
	byNIR(b, "nir", p.Patient.Holder.Format()).Want(http.StatusOK, "Vaccination complète")
	page = b.Get(address(p, "")).Want(http.StatusOK, "Vaccination complète")
	for _, tab := range []string{"Éligibilité Vaccination", "1ère Vaccination", "2ème Vaccination"} {
		b.Get(page.Link(tab)).Want(http.StatusOK, "Synthèse", "Imprimer la synthèse (PDF)")
	}
}

func TestASingleDoseCompletes(t *testing.T) {
	t.Parallel()
	h := open(t)
	p := h.patient(t)
	h.clock.SetDay("2021-02-01")
	b := h.signIn(t, marchand)
	declare(b, p)
	if b.Get(address(p, dose1)).Says("Janssen") {
		t.Error("a vaccine not authorised yet is offered")
	}
	forged := injected(b.Get(address(p, dose1)).Form("lot")).Fill("vaccine", registrytest.Janssen, "lot", "XD955")
	if page := forged.Send(b).Want(http.StatusUnprocessableEntity); !strings.Contains(page.Error("occurrence"), "pas encore autorisé") {
		t.Errorf("a vaccine not authorised yet is taken: %q", page.Error("occurrence"))
	}
	h.clock.SetDay("2021-05-10")
	f := injected(b.Get(address(p, dose1)).Form("lot")).Fill("vaccine", registrytest.Janssen, "lot", "XD955", "occurrence", "10/05/2021")
	f.Send(b).Want(http.StatusOK, "La vaccination est complète", "1 sur 1").Not("2ème Vaccination", "Prenez rendez-vous")
	b.Get(address(p, dose2)).Want(http.StatusForbidden, "ne comporte qu’une dose")
	b.Post(address(p, dose2), f.Values).Want(http.StatusForbidden, "ne comporte qu’une dose")
	if len(h.record(t, p.ID).SecondDoses) != 0 {
		t.Error("a second dose is recorded")
	}
}

func TestSearching(t *testing.T) {
	t.Parallel()
	h := open(t)
	p := h.patient(t, withCode(123456789))
	twin := h.patient(t, func(q *registry.ImportedPerson) {
		q.Patient = p.Patient
		q.Patient.Own, q.Patient.BirthRank, q.Patient.GivenNames = registrytest.NIR(900), 2, "Lucienne"
	})
	b := h.signIn(t, marchand)
	digits, key := p.Patient.Holder.Digits(), p.Patient.Holder.Format()[len(p.Patient.Holder.Format())-2:]
	wrongKey := digits + map[bool]string{true: "02", false: "01"}[key == "01"]
	code, lower := p.Code.Format(), strings.ToLower(p.Code.Compact())
	tests := []struct {
		name, field, text string
		status            int
		says              string
		lists             []string
	}{
		{"NIR as it is shown", "nir", p.Patient.Holder.Format(), 200, "Assurés rattachés", []string{"Jeanne", "Lucienne"}},
		{"NIR without spaces", "nir", digits + key, 200, "Assurés rattachés", []string{"Jeanne", "Lucienne"}},
		{"NIR with dashes", "nir", digits[:1] + "-" + digits[1:3] + "-" + digits[3:] + "/" + key, 422, "n’est pas admis", nil},
		{"NIR with points and dashes", "nir", digits[:1] + "." + digits[1:3] + "-" + digits[3:] + " - " + key, 200, "Assurés", []string{"Jeanne"}},
		{"a person's own NIR", "nir", registrytest.NIR(900).Format(), 200, "Assurés", []string{"Lucienne"}},
		{"NIR in the field of the code", "code", p.Patient.Holder.Format(), 200, "Assurés", []string{"Jeanne", "Lucienne"}},
		{"wrong key", "nir", wrongKey, 422, "La clé du numéro de sécurité sociale est fausse", nil},
		{"wrong key in the field of the code", "code", wrongKey, 422, "La clé du numéro de sécurité sociale est fausse", nil},
		{"no key", "nir", digits, 422, "La clé du numéro de sécurité sociale manque", nil},
		{"no NIR", "nir", " ", 422, "Saisissez le numéro de sécurité sociale", nil},
		{"code", "code", code, 200, "Dossier du patient", []string{"Jeanne"}},
		{"code in lower case without dashes", "code", lower, 200, "Dossier du patient", []string{"Jeanne"}},
		{"code with spaces", "code", " " + strings.ReplaceAll(code, "-", "  ") + " ", 200, "Dossier du patient", []string{"Jeanne"}},
		{"code in the field of the NIR", "nir", lower, 200, "Dossier du patient", []string{"Jeanne"}},
		{"unknown code", "code", registry.TargetCode(5).Format(), 404, "Aucun patient ne porte ce code", nil},
		{"code with a slip", "code", code[:5] + "Z" + code[6:], 422, "Vérifiez le code", nil},
		{"no code", "code", "", 422, "Saisissez le code de ciblage", nil},
		{"markup", "code", `"><script>alert(1)</script>`, 422, "Vérifiez le code", nil},
		{"control characters", "nir", "2\x00\x1b\xff", 422, "n’est pas admis", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := &webtest.Browser{T: t, Base: b.Base, Jar: b.Jar}
			page := byNIR(b, tt.field, tt.text).Want(tt.status, tt.says).Want(tt.status, tt.lists...)
			if tt.status != 200 {
				if page.Error(tt.field) == "" {
					t.Error("nothing is said beside the field")
				}
				if got := page.Form(tt.field).Values.Get(tt.field); got != strings.ToValidUTF8(strings.NewReplacer("\x00", "\uFFFD", "\x1b", "\uFFFD").Replace(tt.text), "\uFFFD") {
					t.Errorf("what was typed comes back as %q", got)
				}
			}
			if strings.Contains(page.URL.String(), digits) || strings.Contains(strings.ToUpper(page.URL.String()), p.Code.Compact()) {
				t.Errorf("the address tells what was searched: %s", page.URL)
			}
		})
	}
	if twin.ID == p.ID {
		t.Error("twins share a record")
	}
	page := byNIR(b, "nir", p.Patient.Holder.Format())
	if f := b.Get(page.Link("Modifier le numéro recherché")).Form("nir"); f.Values.Get("nir") != p.Patient.Holder.Format() {
		t.Errorf("the number to change is %q", f.Values.Get("nir"))
	}
	b.Get("/recherche").Want(http.StatusOK, "Un patient qui n’a ni code de ciblage ni numéro de sécurité sociale ne peut pas être enregistré")
	fresh := h.signIn(t, benali)
	if page := fresh.Get("/recherche/assures"); page.URL.Path != "/recherche" {
		t.Errorf("a list without a search is at %s", page.URL.Path)
	}
	if page := fresh.Get("/patients/nouveau"); page.URL.Path != "/recherche" {
		t.Errorf("a manual entry without a search is at %s", page.URL.Path)
	}
}

// person fills a manual entry.
func person(f *webtest.Form) *webtest.Form {
	return f.Fill("birth_name", "d’Aubigné", "used_name", "Scarron", "given_names", "Françoise", "sex", "F",
		"birth_date", "27/11/1935", "address", "1 rue des Tournelles", "locality", "75011 Paris", "phone", "06 12 34 56 78", "email", "f.scarron@exemple.fr")
}

func TestManualEntry(t *testing.T) {
	t.Parallel()
	h := open(t)
	b := h.signIn(t, marchand)
	unknown := registrytest.NIR(4242)
	page := byNIR(b, "nir", unknown.Format()).Want(http.StatusOK, "n’est pas connu de nos référentiels", "via ce lien")
	page = b.Get(page.Link("via ce lien")).Want(http.StatusOK, "Veuillez vérifier le NIR saisi", unknown.Format(),
		"1. Identification du patient", "2. Coordonnées de contact du patient")
	if rank := page.Form("birth_name").Values.Get("birth_rank"); rank != "1" {
		t.Errorf("the birth rank is prefilled with %q", rank)
	}
	if f := b.Get(page.Link("Retour : modifier le NIR")).Form("nir"); f.Values.Get("nir") != unknown.Format() {
		t.Error("the number to change is not there")
	}
	page.Form("birth_name").Send(b).Want(http.StatusUnprocessableEntity, "Certains champs sont à corriger")
	for field, text := range map[string]string{
		"locality": "Ville-Inconnue", "phone": "12", "email": "x@y", "birth_date": "31/02/1940", "birth_rank": "0",
		"birth_name": "12", "sex": "X", "given_names": "<b>", "used_name": "\x07Scarron", "address": strings.Repeat("a", 500),
	} {
		f := person(page.Form("birth_name")).Fill(field, text)
		answer := f.Send(b).Want(http.StatusUnprocessableEntity)
		if answer.Error(field) == "" {
			t.Errorf("%s: nothing beside the field", field)
		}
		sameValues(t, f.Values, answer.Form("birth_name").Values, field)
	}
	partial := person(page.Form("birth_name")).Fill("locality", "saint")
	choices := partial.Send(b).Want(http.StatusUnprocessableEntity, "Localités trouvées", "42000 Saint-Étienne")
	choices.Form("birth_name").Fill("locality_choice", "42000 Saint-Étienne").Send(b).
		Want(http.StatusOK, "SCARRON (née D’AUBIGNÉ)", "27/11/1935", "Aucune étape enregistrée")
	again := person(page.Form("birth_name")).Send(b).Want(http.StatusOK, "Dossier du patient", "SCARRON")
	twin := person(page.Form("birth_name")).Fill("birth_rank", "2", "given_names", "Louise").Send(b).Want(http.StatusOK, "Louise")
	if again.URL.Path == twin.URL.Path {
		t.Error("the twin opens the record of the first")
	}
	byNIR(b, "nir", unknown.Format()).Want(http.StatusOK, "Françoise", "Louise")
	lunar := person(page.Form("birth_name")).Fill("birth_date", "01/19/1942", "birth_rank", "3")
	answer := lunar.Send(b).Want(http.StatusUnprocessableEntity, "n’est pas une date du calendrier")
	answer.Form("birth_name").Fill("confirmed", answer.Questions()["birth_date"]).Send(b).Want(http.StatusOK, "01/19/1942")
	bare := b.Get("/patients/nouveau").Form("birth_name").Fill("birth_name", "Martin", "used_name", "Martin", "given_names", "Paul", "sex", "M", "birth_date", "01/01/1950")
	bare.Send(b).Want(http.StatusOK, "MARTIN Paul", "Masculin")
	b.Post("/patients/nouveau", url.Values{"nir": {"1"}, "birth_name": {"x"}}).Want(http.StatusUnprocessableEntity, "Recherchez de nouveau le patient")
}

// sameValues compares what was sent with what the page would send again, but for one field.
func sameValues(t *testing.T, sent, shown url.Values, but string) {
	t.Helper()
	for field := range sent {
		if field != but && sent.Get(field) != shown.Get(field) {
			t.Errorf("%s was %q and is shown as %q", field, sent.Get(field), shown.Get(field))
		}
	}
}

func TestRectificationTitles(t *testing.T) {
	t.Parallel()
	h := open(t)
	p := h.patient(t)
	b := h.signIn(t, marchand)
	declare(b, p).Not("Rectificatif")
	unchanged := b.Get(address(p, eligibility+"/modifier")).Form("prescribes")
	if unchanged.Values.Get("prescribed_on") != "28/01/2021" || unchanged.Values.Get("patient_agrees") != "on" {
		t.Errorf("the form to modify starts with %v", unchanged.Values)
	}
	page := unchanged.Send(b).Want(http.StatusOK, "Aucune modification : l’enregistrement est inchangé.").Not("Rectificatif", "Versions précédentes")
	if len(h.record(t, p.ID).Eligibilities[0].Versions) != 1 {
		t.Error("an unchanged form makes a version")
	}
	before, first := documents(t, b, address(p, eligibility))
	page = b.Get(page.Link("Modifier")).Form("prescribes").Fill("prescribed_on", "27/01/2021").Send(b).
		Want(http.StatusOK, document.RectifiedTitle, "27/01/2021", "Modification enregistrée")
	if page.H1() != document.RectifiedTitle {
		t.Errorf("the heading is %s", page.H1())
	}
	after, csv := documents(t, b, address(p, eligibility))
	header, _, _ := strings.Cut(first.Body, "\r\n")
	if again, _, _ := strings.Cut(csv.Body, "\r\n"); again != header || !strings.Contains(header, "Modifié le") {
		t.Errorf("the columns are not those of the first version:\n%s\n%s", header, again)
	}
	if !csv.Says(document.RectifiedTitle) || before.Body == after.Body || !strings.Contains(after.Header.Get("Content-Disposition"), "-v2.pdf") {
		t.Errorf("documents: %s %s", after.Header.Get("Content-Disposition"), csv.Body)
	}
	b.Get(address(p, eligibility)).Want(http.StatusOK, document.RectifiedTitle).Not("Modification enregistrée")
	b.Get(page.Link("Versions précédentes")).Want(http.StatusOK, "Version 2", "Version 1", "27/01/2021", "28/01/2021")
	inject(b, p).Not("Rectificatif")
	f := b.Get(address(p, dose1+"/modifier")).Form("lot")
	f.Send(b).Want(http.StatusOK, "Aucune modification").Not("Rectificatif")
	f = b.Get(address(p, dose1+"/modifier")).Form("lot").Fill("lot", "EJ6796")
	f.Send(b).Want(http.StatusOK, document.RectifiedTitle, "EJ6796")
	_, csv = documents(t, b, address(p, dose1))
	if !csv.Says(document.RectifiedTitle) {
		t.Error("the CSV of the dose is not titled")
	}
}
