package browser_test

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
)

// TestEveryPageInEveryState holds each to the accessibility rules of axe-core, to reflow, to the size of
// targets, to a quiet console and to its weight.
func TestEveryPageInEveryState(t *testing.T) {
	for _, group := range []struct {
		name string
		run  func(*tab)
	}{
		{"before sign-in", beforeSignIn},
		{"refused sign-in", refusedSignIn},
		{"portal", portalStates},
		{"search", searchStates},
		{"carte Vitale", vitaleStates},
		{"manual entry", manualEntryStates},
		{"records", recordStates},
		{"eligibility", eligibilityStates},
		{"dose", doseStates},
		{"rectification and annulment", rectifiedStates},
		{"oversight", oversightStates},
		{"agents", agentStates},
		{"officer", officerStates},
		{"objections", objectionStates},
		{"campaigns", campaignStates},
		{"matches", matchStates},
		{"support", supportStates},
		{"failures", failureStates},
		{"expired session", expiredStates},
	} {
		t.Run(group.name, func(t *testing.T) { group.run(newTab(t)) })
	}
	t.Logf("%d states examined; the heaviest page is « %s », %d bytes", seen.states, seen.heaviestPage, seen.heaviest)
	t.Logf("what axe cannot tell:\n\t%s", seen.doubts())
}

func beforeSignIn(w *tab) {
	for _, page := range []struct{ name, path string }{
		{"home", "/"},
		{"sign-in needed", "/recherche"},
		{"signed out", "/deconnecte"},
		{"annex", "/annexe"},
		{"legal", "/mentions-legales"},
		{"privacy", "/donnees-personnelles"},
		{"accessibility", "/accessibilite"},
		{"unknown page", "/nulle-part"},
	} {
		w.open(page.path)
		w.examine(page.name)
	}
	w.open("/assistance")
	w.says("Ligne ouverte en ce moment")
	w.examine("assistance open")
	site.at(w.t, morning.Add(12*time.Hour))
	w.open("/assistance")
	w.says("Ligne fermée en ce moment")
	w.examine("assistance closed")
}

func refusedSignIn(w *tab) {
	for _, account := range []struct{ key, heading string }{
		{"dr-sans-lieu", "Aucun lieu d’exercice"}, {"infirmiere", "Profession non autorisée"}, {"sans-refpro", "Situation professionnelle inconnue"},
	} {
		w.signIn(account.key)
		w.headed(account.heading)
		w.examine("refused " + account.key)
	}
	w.open("/connexion/psc")
	w.send("Refuser")
	w.headed("Connexion annulée")
	w.examine("refused by the person")
	w.open("/connexion/psc/retour?code=x&state=y")
	w.headed("Connexion à recommencer")
	w.examine("refused without attempt")
	site.providerDown.Store(true)
	defer site.providerDown.Store(false)
	w.signIn("dr-un-lieu")
	w.headed("Pro Santé Connect ne répond pas")
	w.examine("refused provider down")
}

func searchStates(w *tab) {
	w.signIn("dr-deux-lieux")
	w.examine("place of practice")
	w.send("Continuer")
	w.examine("place of practice error")
	w.pick("practice_place", "0")
	w.send("Continuer")
	w.examine("search")
	w.send("Rechercher par NIR")
	w.examine("search empty")
	w.fill("nir", "2 69 05 49 588 157 81")
	w.send("Rechercher par NIR")
	w.examine("search wrong key")
	w.open("/recherche")
	w.fill("code", "ABCD-EFGH-JKM")
	w.send("Rechercher par code")
	w.examine("search wrong code")
	w.search(site.example(w.t, "Famille avec des jumelles").Patient.Holder.Format())
	w.headed("Sélectionner le patient")
	w.examine("list")
	w.search(site.unknownNIR(w.t))
	w.examine("unknown number")
}

func manualEntryStates(w *tab) {
	w.signIn("dr-un-lieu")
	w.search(site.unknownNIR(w.t))
	w.follow("via ce lien.")
	w.examine("manual entry")
	w.send("Enregistrer le patient")
	w.examine("manual entry errors")
	w.suggested("locality", "691")
	w.press(kb.ArrowDown)
	w.examine("manual entry suggestions")
	w.fill("birth_name", "Durand")
	w.fill("used_name", "Durand")
	w.fill("given_names", "Marthe")
	w.pick("sex", "F")
	w.fill("birth_date", "12/03/1905")
	w.fill("locality", "69")
	w.fill("email", "pas une adresse")
	w.send("Enregistrer le patient")
	w.examine("manual entry other errors")
}

func recordStates(w *tab) {
	w.signIn("dr-un-lieu")
	for _, record := range []struct{ name, title string }{
		{"new", "Ciblée, dossier vierge"},
		{"eligible", "Éligible"},
		{"first dose", "1ère dose faite"},
		{"complete", "Vaccination complète en EHPAD"},
		{"eligibility annulled", "Éligibilité annulée par l’assistance sous"},
		{"eligibility annulled, complete", "Éligibilité annulée par l’assistance, deux"},
		{"first dose annulled", "1ère dose annulée"},
		{"lunar date", "Date de naissance lunaire"},
	} {
		w.open(site.record(w.t, record.title))
		w.examine("record " + record.name)
	}
	w.open(site.record(w.t, "Vaccination complète en EHPAD") + "/vaccination-2")
	w.examine("summary of another's second dose")
	w.open(site.record(w.t, "Saisies inhabituelles") + "/vaccination-2")
	w.examine("summary with confirmations")
}

func eligibilityStates(w *tab) {
	w.signIn("dr-un-lieu")
	w.patient("Éligible", "Thérèse")
	w.follow("Déclarer l’éligibilité")
	w.examine("eligibility")
	w.send("Valider")
	w.examine("eligibility errors")
	w.pick("prescribes", "no")
	w.pick("health_professional", "yes")
	w.examine("eligibility all parts open")
	w.send("Valider")
	w.examine("eligibility errors of all parts")
	w.fill("prescriber_family_name", "Aubry")
	w.fill("prescriber_given_name", "Claire")
	w.fill("prescriber_number", "123456789")
	w.fill("prescriber_structure", "Centre de santé des Deux-Rives")
	w.fill("prescribed_on", "30/01/2021")
	w.choose("activity", "ambulatoire")
	w.pick("patient_agrees", "on")
	w.pick("conditions_accepted", "on")
	w.send("Valider")
	w.says("Je confirme cette saisie")
	w.examine("eligibility question")
	w.click(`.app-question input`)
	w.send("Valider")
	w.says("Code du patient")
	w.examine("summary of eligibility")
}

func doseStates(w *tab) {
	w.signIn("dr-un-lieu")
	record := w.eligible("Dosée", "Lucienne")
	w.open(record + "/vaccination-1")
	w.examine("first dose")
	w.send("Valider")
	w.examine("first dose errors")
	w.choose("vaccine", "Comirnaty")
	w.suggested("lot", site.lot[:2])
	w.examine("first dose lots open")
	w.press(kb.Escape)
	w.choose("place_type", "EHPAD")
	w.pick("performer_self", "no")
	w.examine("first dose listed place, other performer")
	w.pick("place_absent", "on")
	w.examine("first dose place absent")
	w.choose("place_type", "Au cabinet")
	w.examine("first dose at the practice")
	w.send("Valider")
	w.examine("first dose errors at the practice")
	w.pick("performer_self", "yes")
	w.dose()
	w.fill("lot", "ZZ0000")
	w.send("Valider")
	w.examine("first dose question")
	w.click(`.app-question input`)
	w.send("Valider")
	w.says("Code du patient")
	w.examine("summary of first dose")
	w.follow("Patient suivant")
	w.examine("search with what carries over")
	w.open(record + "/vaccination-2")
	w.examine("second dose")
	if home := eval[string](w, `document.getElementById("place_name").value`); home != "" {
		w.t.Errorf("the home of a patient carries over: %q", home)
	}
	w.dose()
	w.choose("site", "Deltoïde droit")
	w.send("Valider")
	w.says("Je confirme cette saisie")
	w.examine("second dose question")
	w.singleDose()
}

// singleDose records a vaccine of one dose, months later.
func (w *tab) singleDose() {
	w.t.Helper()
	record := w.eligible("Unidose", "Berthe")
	site.at(w.t, time.Date(2021, 5, 10, 11, 0, 0, 0, morning.Location()))
	w.open(record + "/vaccination-1")
	w.dose()
	w.fill("occurrence", "10/05/2021")
	w.choose("vaccine", "Janssen")
	w.send("Valider")
	w.click(`.app-question input`)
	w.send("Valider")
	w.says("Code du patient")
	w.examine("summary of single dose")
	w.open(record)
	w.examine("record complete by a single dose")
}

func rectifiedStates(w *tab) {
	w.signIn("dr-un-lieu")
	record := w.eligible("Rectifiée", "Marcelle")
	w.follow("Modifier")
	w.examine("eligibility modification")
	w.pick("health_professional", "yes")
	w.choose("activity", "ambulatoire")
	w.send("Valider")
	w.headed("Rectificatif")
	w.examine("summary of rectified eligibility")
	w.follow("Versions précédentes")
	w.examine("versions")
	w.open(record + "/vaccination-1")
	w.dose()
	w.send("Valider")
	w.follow("Modifier")
	w.examine("first dose modification")
	w.choose("site", "Deltoïde droit")
	w.send("Valider")
	w.headed("Rectificatif")
	w.examine("summary of rectified first dose")
	w.follow("Annuler cette saisie")
	w.examine("annulment")
	w.send("Annuler cette saisie")
	w.examine("annulment errors")
	w.fill("reason", "Saisie dans le dossier d’une autre patiente.")
	w.send("Annuler cette saisie")
	w.says("Saisie annulée")
	w.examine("versions with annulled")
}

func oversightStates(w *tab) {
	w.signIn("dr-doublon")
	w.open("/mes-actes")
	w.examine("own acts, none")
	w.eligible("Signalée", "Huguette")
	w.open("/mes-actes")
	w.examine("own acts")
	w.follow("Ce n’est pas moi")
	w.examine("act to report")
	w.fill("note", "invisible\u200b")
	w.send("Ce n’est pas moi")
	w.examine("act to report errors")
	w.fill("note", "Je n’exerçais pas ce jour-là.")
	w.send("Ce n’est pas moi")
	w.says("Signalement transmis")
	w.examine("act reported")
	// The slower the machine, the more the level drains between two tries: at most these are needed at all.
	for n := 0; n < 60 && !strings.Contains(w.text("body"), "réessayez dans"); n++ {
		w.open("/recherche")
		w.fill("code", "ABCD-EFGH-JKM")
		w.send("Rechercher par code")
	}
	w.says("réessayez dans")
	w.examine("search suspended")
	w.search(site.unknownNIR(w.t))
	w.headed("Recherches suspendues")
	w.examine("list suspended")
	w.enterAsAgent("assistance")
	w.open("/signalements")
	w.examine("reports")
	w.follow("Acte non reconnu par le professionnel")
	w.examine("report of an act")
	w.open("/signalements")
	w.follow("Recherches suspendues")
	w.examine("report of guessing")
	w.send("Clore le signalement")
	w.says("Indiquez la suite donnée")
	w.examine("report errors")
	w.fill("outcome", "Professionnel joint par téléphone.")
	w.pick("lift", "on")
	w.send("Clore le signalement")
	w.says("Signalement traité")
	w.open("/signalements?traites=oui")
	w.examine("reports dealt with")
	w.follow("Recherches suspendues")
	w.examine("report dealt with")
	w.send("Se déconnecter")
}

func failureStates(w *tab) {
	w.signIn("dr-un-lieu")
	w.open("/dossiers/inconnu")
	w.examine("unknown record")
	w.open(site.record(w.t, "Vaccination complète en EHPAD") + "/vaccination-2/modifier")
	w.examine("not allowed")
	w.open(site.record(w.t, "Ciblée, dossier vierge") + "/vaccination-2")
	w.examine("step not open")
	record := w.eligible("Doublée", "Odile")
	w.open(record + "/vaccination-1")
	w.dose()
	site.broken("Apply", func() {
		w.send("Valider")
		w.examine("failure of a form")
	})
	w.send("Envoyer de nouveau")
	w.says("Code du patient")
	site.broken("Read", func() {
		w.open(record)
		w.examine("failure of a page")
	})
	w.conflict()
}

// conflict sends the form of a dose that somebody else has recorded meanwhile.
func (w *tab) conflict() {
	w.t.Helper()
	record := w.eligible("Devancée", "Yvonne")
	w.open(record + "/vaccination-1")
	w.dose()
	other := newTab(w.t)
	other.signIn("dr-ehpad")
	other.open(record + "/vaccination-1")
	other.dose()
	other.send("Valider")
	other.says("Code du patient")
	w.fill("lot", "AUTRE1")
	w.send("Valider")
	w.headed("Saisie non enregistrée")
	w.says("Votre saisie, non enregistrée", "AUTRE1", "BENALI")
	w.examine("conflict")
}

func expiredStates(w *tab) {
	w.signIn("dr-un-lieu")
	w.open("/recherche")
	site.sessions.expire()
	w.open("/recherche")
	w.examine("expired")
	w.signIn("dr-un-lieu")
	record := w.patient("Expirée", "Solange")
	w.open(record + "/eligibilite")
	w.pick("prescribes", "yes")
	w.fill("prescribed_on", "29/01/2021")
	site.sessions.expire()
	w.send("Valider")
	w.says("Votre saisie est conservée")
	w.examine("expired with a form")
	w.follow("S’identifier avec Pro Santé Connect")
	w.authenticate("dr-un-lieu")
	if got := w.value("prescribed_on"); got != "29/01/2021" || w.path() != record+"/eligibilite" {
		w.t.Errorf("after signing in again, %s holds %q", w.path(), got)
	}
	w.examine("form kept")
}
