package webtest_test

import (
	"net/http"
	"strings"
	"testing"

	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
	"vaccin/internal/web/webtest"
)

// forbiddenToSupport is what no page may offer to who records nothing.
var forbiddenToSupport = []string{
	"Déclarer l’éligibilité", "Enregistrer la 1ère", "Enregistrer la 2ème", "Patient suivant", "Patient absent de la liste", "via ce lien",
	"Changer de lieu", "Lieu d’exercice :", "signez-la",
}

const leftDeltoid = "16217701000119102"

// completed is a patient with the three steps, recorded by doctors.
func completed(t *testing.T, h *house) registry.ImportedPerson {
	t.Helper()
	p := h.patient(t, withCode(123456789))
	doctor := h.signIn(t, marchand)
	declare(doctor, p)
	f := doctor.Get(address(p, dose1)).Form("lot")
	f.Fill("vaccine", registrytest.Comirnaty, "lot", registrytest.KnownLot, "site", registrytest.RightDeltoid, "occurrence", "04/01/2021",
		"performer_self", "yes", "place_type", registrytest.PlacePractice).Send(doctor)
	second := injected(doctor.Get(address(p, dose2)).Form("lot")).Fill("performer_self", "no", "performer_family_name", "Petit",
		"performer_given_name", "Anne", "performer_number", "")
	second.Send(doctor).Want(http.StatusOK, "Synthèse de la 2ème vaccination")
	return p
}

func TestSupportFindsReadsAndIsOfferedOnlyWhatItMayDo(t *testing.T) {
	h := open(t)
	p := completed(t, h)
	agent := h.agent(t, "assistance")
	agent.Get("/recherche").Want(http.StatusOK, "Inès CARON", "Assistance").Not(forbiddenToSupport...)
	record := agent.Get("/recherche").Form("code").Fill("code", p.Code.Format()).Send(agent).Want(http.StatusOK, "Dossier du patient", "DURAND")
	record.Not(forbiddenToSupport...)
	agent.Get("/recherche").Form("nir").Fill("nir", p.Patient.Holder.Format()).Send(agent).Want(http.StatusOK, "DURAND").Not(forbiddenToSupport...)
	unknown := agent.Get("/recherche").Form("nir").Fill("nir", "1 84 12 76 451 089 46").Send(agent)
	if unknown.Status == http.StatusOK {
		unknown.Not(forbiddenToSupport...)
	}
	for step, offered := range map[string][]string{
		eligibility: {"Modifier", "Annuler cette saisie"}, dose1: {"Modifier"}, dose2: {"Modifier", "Annuler cette saisie"},
	} {
		page := agent.Get(address(p, step)).Want(http.StatusOK, append(offered, "Imprimer la synthèse (PDF)")...)
		page.Not(forbiddenToSupport...)
		for _, document := range []string{"/synthese.pdf", "/synthese.csv", "/versions"} {
			agent.Get(address(p, step) + document).Want(http.StatusOK)
		}
	}
	// Dose 1 is never annulled under dose 2, by support neither: it is not offered, and refused with the reason.
	agent.Get(address(p, dose1)).Not("Annuler cette saisie")
	agent.Get(address(p, dose1)+"/annuler").Want(http.StatusForbidden, "annulez-la avant d’annuler la 1ère")
	empty := h.patient(t)
	page := agent.Get(address(empty, "")).Want(http.StatusOK, "Aucune étape enregistrée").Not(forbiddenToSupport...)
	if page.Link("Éligibilité Vaccination") != "" {
		t.Error("the tab of a step to be done leads to its form")
	}
	agent.Get(address(empty, eligibility)).Want(http.StatusForbidden, "Votre rôle ne permet pas cette action")
	agent.Get("/patients/nouveau").Want(http.StatusForbidden, "Votre rôle ne permet pas cette action")
}

func TestSupportCorrectsEveryStepAndKeepsWhatTheAuthorEntered(t *testing.T) {
	h := open(t)
	p := completed(t, h)
	before := h.record(t, p.ID)
	agent := h.agent(t, "assistance")

	form := agent.Get(address(p, eligibility)+"/modifier").Want(http.StatusOK, "Le déclarant est-il également", "MARCHAND", "Motif de la modification")
	if n := form.Row("number"); n != "99700810379" {
		t.Errorf("the prescriber's number on the form is %q", n)
	}
	if form.Row("familyName") == "CARON" || form.Says("repris de votre session") {
		t.Error("the agent stands as the prescriber")
	}
	send := form.Form("prescribes").Fill("prescribed_on", "27/01/2021")
	refused := send.Send(agent).Want(http.StatusUnprocessableEntity, "Indiquez le motif")
	if refused.Error("reason") == "" {
		t.Error("the reason is not asked for beside its field")
	}
	if number := refused.Row("number"); number != "99700810379" {
		t.Errorf("shown again, the prescriber's number is %q", number)
	}
	refused.Form("prescribes").Fill("reason", "Date lue de travers, appel du médecin").Send(agent).
		Want(http.StatusOK, "Rectificatif", "Date lue de travers, appel du médecin").Not(forbiddenToSupport...)

	first := agent.Get(address(p, dose1)+"/modifier").Want(http.StatusOK, "MARCHAND", "Motif de la modification").Not("votre lieu d’exercice")
	first.Form("lot").Fill("site", leftDeltoid, "reason", "Autre bras").Send(agent).Want(http.StatusOK, "Rectificatif", "Autre bras")
	second := agent.Get(address(p, dose2)+"/modifier").Want(http.StatusOK, "Motif de la modification")
	second.Form("lot").Fill("site", leftDeltoid, "reason", "Autre bras aussi").Send(agent).Want(http.StatusOK, "Rectificatif")

	after := h.record(t, p.ID)
	was, is := before.Eligibilities[0].Current(), after.Eligibilities[0].Current()
	if is.Content.Prescriber != was.Content.Prescriber || !is.Content.DeclarerPrescribes || is.Content.PrescribedOn.French() != "27/01/2021" {
		t.Errorf("the declaration became %+v", is.Content)
	}
	if is.Signed.Role != registry.RoleSupport || is.Reason != "Date lue de travers, appel du médecin" ||
		!strings.HasPrefix(is.Signed.Practitioner.NationalID, "agent:") || is.Signed.Practitioner.FamilyName != "CARON" {
		t.Errorf("the version is signed %+v, for %q", is.Signed, is.Reason)
	}
	for i, entries := range [][2]registry.Entry[registry.Dose]{{before.FirstDoses[0], after.FirstDoses[0]}, {before.SecondDoses[0], after.SecondDoses[0]}} {
		want, got := entries[0].Current().Content, entries[1].Current().Content
		want.Site = leftDeltoid
		if got != want {
			t.Errorf("dose %d became %+v, where only the site should differ from %+v", i+1, got, want)
		}
		if entries[1].Author() != entries[0].Author() {
			t.Errorf("the author of dose %d became %+v", i+1, entries[1].Author())
		}
	}
}

func TestWhatSupportConfirmsIsNotSaidToBeTheDoctors(t *testing.T) {
	h := open(t)
	p := completed(t, h)
	agent := h.agent(t, "assistance")
	form := agent.Get(address(p, dose2)+"/modifier").Form("lot").Fill("lot", "ZZ0001", "reason", "Lot lu de travers")
	asked := form.Send(agent).Want(http.StatusUnprocessableEntity, "n’est pas dans la liste")
	for _, code := range asked.Questions() {
		form = asked.Form("lot").Fill("confirmed", code)
	}
	form.Send(agent).Want(http.StatusOK, "Rectificatif", "Points inhabituels confirmés par l’assistance").Not("confirmés par le professionnel")
}

func TestSupportAnnulsEveryStepWithAReason(t *testing.T) {
	h := open(t)
	p := completed(t, h)
	agent := h.agent(t, "assistance")
	for _, step := range []string{dose2, dose1, eligibility} {
		form := agent.Get(address(p, step)+"/annuler").Want(http.StatusOK, "Motif de l’annulation").Form("reason")
		form.Send(agent).Want(http.StatusUnprocessableEntity, "Indiquez le motif")
		form.Fill("reason", "Mauvais patient").Send(agent).Want(http.StatusOK, "Annulée par Inès CARON", "Motif : Mauvais patient").Not(forbiddenToSupport...)
	}
	if state := h.record(t, p.ID).State(); state != registry.StateNew {
		t.Errorf("the record is %s", state)
	}
	agent.Get(address(p, "")).Want(http.StatusOK, "Aucune étape enregistrée", "Versions précédentes").Not(forbiddenToSupport...)
}

func TestWhatSupportTypedOutlivesItsSession(t *testing.T) {
	h := open(t)
	p := completed(t, h)
	agent := h.agent(t, "assistance")
	form := agent.Get(address(p, dose2)+"/modifier").Form("lot").Fill("reason", "Motif à garder")
	h.expire(agent)
	page := form.Send(agent).Want(http.StatusUnauthorized, "conservée", "espace des agents")
	again := h.enter(agent, "assistance", page.Link("Vous êtes agent")).Want(http.StatusOK, "Votre saisie a été conservée")
	if again.URL.Path != address(p, dose2)+"/modifier" || again.Form("lot").Values.Get("reason") != "Motif à garder" {
		t.Errorf("came back to %s with %v", again.URL.Path, again.Form("lot").Values)
	}
	h.enter(webtest.NewBrowser(t, h.base), "deux-roles", "/connexion/agents").Not("Motif à garder")
}
