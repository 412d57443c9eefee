package webtest_test

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"vaccin/internal/registry"
	"vaccin/internal/web/webtest"
)

// managers are two campaign managers: what one prepares, the other approves.
func managers(t *testing.T, h *house) (first, second *webtest.Browser) {
	t.Helper()
	return h.agent(t, "campagne"), h.agent(t, "campagne-2")
}

// campaignForm fills the form of a new campaign with one group: 75 years and more.
func campaignForm(b *webtest.Browser, id string) *webtest.Form {
	b.T.Helper()
	return b.Get("/campagnes/nouvelle").Want(http.StatusOK, "Nouvelle campagne", "Par exemple : etat-75.").Form("identifier"). // no line ends before a digit
																	Fill("identifier", id, "name", "Campagne "+id, "phase", "Phase d’essai", "rank", "1", "source", "Un avis du 1er février 2021",
			"opens", "18/1/2021", "0.age_at_least", "75")
}

// press sends a form by one of its buttons.
func press(b *webtest.Browser, f *webtest.Form, button string) *webtest.Page {
	b.T.Helper()
	f.Fill("faire", button)
	page := f.Send(b)
	f.Values.Del("faire")
	return page
}

// confirmed presses the button of a page that asks before something is done.
func confirmed(b *webtest.Browser, page *webtest.Page) *webtest.Page {
	b.T.Helper()
	for _, f := range page.Root.Tags("form") {
		if f.Attr("action") == page.URL.Path && f.Attr("method") == "post" && len(f.Tags("button")) == 1 {
			values := url.Values{}
			for _, in := range f.Tags("input") {
				values.Add(in.Attr("name"), in.Attr("value"))
			}
			return b.Post(page.URL.Path, values)
		}
	}
	b.T.Fatalf("%s asks nothing", page.URL.Path)
	return nil
}

// work counts and carries out what waits, as a server does by itself.
func (h *house) work(t *testing.T) {
	t.Helper()
	cases := registry.New(h.store)
	if _, err := cases.WorkRuns(t.Context(), operator, func(registry.Run) {}); err != nil {
		t.Fatal(err)
	}
}

func TestACampaignIsWrittenCheckedAndChanged(t *testing.T) {
	t.Parallel()
	h := open(t)
	manager, other := managers(t, h)
	manager.Get("/campagnes").Want(http.StatusOK, "Aucune campagne n’est encore écrite")
	f := campaignForm(manager, "essai")
	f.Values["0.residence"] = []string{"EHPAD", "USLD"}
	checked := press(manager, f, "verifier").Want(http.StatusOK, "Vérification", "Rien n’est encore enregistré",
		"de 75 ans ou plus au 18 janvier 2021 qui vivent en EHPAD ou en unité de soins de longue durée (USLD)")
	if len(h.logged(t, registry.ActionSaveCampaign)) != 0 {
		t.Error("to check a campaign saves it")
	}
	kept := checked.Form("identifier").Send(manager).Want(http.StatusOK, "Campagne « Campagne essai » enregistrée", "Phase d’essai",
		"qui vivent en EHPAD ou en unité de soins de longue durée", "À partir du 18 janvier 2021", "Un avis du 1er février 2021")
	if to := kept.Link("« Campagne essai"); to != "#campagne-essai" { // which is on the page, or the browser of tests complains
		t.Errorf("the campaign that was saved is at %q", to)
	}

	edit := other.Get(other.Get("/campagnes").Link("Modifier")).Want(http.StatusOK, "Modifier la campagne « Campagne essai »").Form("name")
	if edit.Values.Get("0.age_at_least") != "75" || strings.Join(edit.Values["0.residence"], " ") != "EHPAD USLD" || edit.Values.Get("opens") != "18/01/2021" {
		t.Errorf("the form holds %v", edit.Values)
	}
	edit.Fill("closes", "31/3/2021", "identifier", "autre").Send(other).Want(http.StatusOK, "enregistrée", "Du 18 janvier 2021 au 31 mars 2021")
	all, err := h.store.Campaigns(t.Context())
	if err != nil || len(all) != 1 || all[0].ID != "essai" || all[0].Version != 2 || !strings.HasSuffix(all[0].SavedBy, "campagne-2") {
		t.Errorf("kept %+v, %v", all, err)
	}
	if e := h.logged(t, registry.ActionSaveCampaign); len(e) != 2 || e[0].Role != registry.RoleCampaign {
		t.Errorf("logged %+v", e)
	}
	campaignForm(manager, "essai").Send(manager).Want(http.StatusConflict, "Une campagne porte déjà cet identifiant")
}

func TestGroupsAreAddedOpenedAndRemovedWithAllThatWasTyped(t *testing.T) {
	t.Parallel()
	h := open(t)
	manager, _ := managers(t, h)
	f := campaignForm(manager, "groupes")
	f.Values["0.not_residence"] = []string{"EHPAD"}
	page := press(manager, f, "ajouter").Want(http.StatusOK, "Groupe 2", "Les personnes de 75 ans ou plus au 18 janvier 2021 qui ne vivent pas en EHPAD.")
	two := page.Form("identifier").Fill("1.age_at_most", "soixante", "1.departments", "75, 2a")
	page = press(manager, two, "ajouter").Want(http.StatusOK, "Groupe 3")
	three := page.Form("identifier")
	if three.Values.Get("1.age_at_most") != "soixante" || three.Values.Get("1.departments") != "75, 2a" || three.Values.Get("0.not_residence") != "EHPAD" || three.Values.Get("opens") != "18/1/2021" {
		t.Errorf("what was typed is lost: %v", three.Values)
	}
	three.Values["2.alds"] = []string{"8", "32"}
	page = press(manager, three, "retirer.0").Want(http.StatusOK, "Groupe 2").Not("Groupe 3")
	left := page.Form("identifier")
	if left.Values.Get("0.age_at_most") != "soixante" || strings.Join(left.Values["1.alds"], " ") != "8 32" || left.Values.Has("0.not_residence") || left.Values.Has("2.alds") {
		t.Errorf("after removing the first: %v", left.Values)
	}
	wrong := left.Send(manager).Want(http.StatusUnprocessableEntity, "Certains champs sont à corriger")
	if !strings.Contains(wrong.Error("0.age_at_most"), "Donnez un âge") {
		t.Errorf("beside the age: %q", wrong.Error("0.age_at_most"))
	}
	opened := press(manager, wrong.Form("identifier"), "ouvrir.0").Want(http.StatusOK)
	opened.Form("identifier").Fill("0.age_at_most", "60").Send(manager).Want(http.StatusOK, "enregistrée",
		"de moins de 61 ans", "dans l’un des départements 2A et 75", "ALD 8 (diabète de type 1 et diabète de type 2)")
	for _, forged := range []string{"retirer.9", "retirer.-1", "retirer.x", "ouvrir.99999999999999999999", "ouvrir.-3"} {
		again := press(manager, campaignForm(manager, "forge"), forged)
		if again.Status != http.StatusOK || again.URL.Path != "/campagnes/nouvelle" || again.Form("identifier").Values.Get("0.age_at_least") != "75" {
			t.Errorf("%s: %d at %s", forged, again.Status, again.URL.Path)
		}
	}
}

// Two groups may have the same to correct: the list at the top says of which each line is.
func TestWhatIsWrongWithGroupsIsToldApart(t *testing.T) {
	t.Parallel()
	h := open(t)
	manager, _ := managers(t, h)
	two := press(manager, campaignForm(manager, "vides").Fill("0.age_at_least", ""), "ajouter").Form("identifier")
	list := listed(two.Send(manager).Want(http.StatusUnprocessableEntity))
	for _, line := range []string{"\nGroupe 1 : Ce groupe n’a aucun critère", "\nGroupe 2 : Ce groupe n’a aucun critère"} {
		if !strings.Contains(list, line) {
			t.Errorf("no line %q in %s", line, list)
		}
	}
}

func TestACampaignIsCorrectedBesideItsFields(t *testing.T) {
	t.Parallel()
	h := open(t)
	manager, _ := managers(t, h)
	for _, c := range []struct{ field, text, says string }{
		{"identifier", "Pas Bon", "en minuscules"},
		{"name", " ", "Donnez un nom"},
		{"phase", "", "Indiquez la phase"},
		{"source", "", "d’où vient la règle"},
		{"rank", "premier", "de 1 à 999"},
		{"rank", "0", "de 1 à 999"},
		{"opens", "", "jour d’ouverture"},
		{"opens", "31/02/2021", "n’existe pas"},
		{"opens", "demain", "jour, mois, année"},
		{"closes", "1/1/2021", "se termine avant de commencer"},
		{"closes", "1/1/3021", "entre 2020 et 2099"},
		{"0.age_at_least", "0", "Donnez un âge minimum"},
		{"0.age_at_most", "soixante", "Donnez un âge maximum"},
		{"0.departments", "75, Paris, 2A", "PARIS"},
		{"0.age_at_most", "12", "inférieur à l’âge minimum"},
		{"0.age_on", "hier", "jour, mois, année"},
		{"0.sex", "X", "F ou M"},
		{"0.residence", "CHATEAU", "dans la liste"},
		{"0.not_workplace", "CHATEAU", "dans la liste"},
		{"0.alds", "33", "dans la liste"},
		{"0.not_comorbidities", "RHUME", "dans la liste"},
		{"0.any_ald", "peut-être", "oui ou par non"},
		{"0.departments", "75 96", "par son numéro"},
		{"0.departments", "96, Rhône, 75, 96, 1", "« 96 », « RHÔNE » et « 1 »"},
		{"0.postal_codes", "7501B", "2 à 5 chiffres"},
		{"0.not_commune_codes", "2C", "2 à 5 signes"},
		{"0.vaccination", "PEUT_ETRE", "dans la liste"},
		{"0.targeted", "-1", "oui ou par non"},
	} {
		f := campaignForm(manager, "fautes").Fill(c.field, c.text)
		for _, button := range []string{"", "verifier"} {
			page := press(manager, f, button).Want(http.StatusUnprocessableEntity, "Certains champs sont à corriger")
			if !strings.Contains(page.Error(c.field), c.says) {
				t.Errorf("%s %q: beside it %q", c.field, c.text, page.Error(c.field))
			}
			again := page.Form("identifier").Values
			for name := range f.Values {
				if name != "faire" && name != c.field && again.Get(name) != f.Values.Get(name) {
					t.Errorf("%s: %s is now %q", c.field, name, again.Get(name))
				}
			}
		}
	}
	empty := campaignForm(manager, "vide").Fill("0.age_at_least", "").Send(manager).Want(http.StatusUnprocessableEntity)
	if !strings.Contains(empty.Error("0"), "aucun critère") {
		t.Errorf("a group without criteria: %q", empty.Error("0"))
	}
	none := press(manager, campaignForm(manager, "vide"), "retirer.0").Want(http.StatusOK).Form("identifier").Send(manager).Want(http.StatusUnprocessableEntity)
	if !strings.Contains(none.Error("criteria"), "au moins un groupe") {
		t.Errorf("no group: %q", none.Error("criteria"))
	}
	many := campaignForm(manager, "vide").Fill("groups", "999999999")
	if page := many.Send(manager).Want(http.StatusUnprocessableEntity); !strings.Contains(page.Error("criteria"), "au plus 20") {
		t.Errorf("too many groups: %q", page.Error("criteria"))
	}
	for _, groups := range []string{"-1", "x", ""} {
		campaignForm(manager, "vide").Fill("groups", groups).Send(manager).Want(http.StatusUnprocessableEntity)
	}
}

func TestWhoeverSavesSecondSeesWhatStandsAndLosesNothing(t *testing.T) {
	t.Parallel()
	h := open(t)
	first, second := managers(t, h)
	campaignForm(first, "deux-mains").Send(first).Want(http.StatusOK)
	mine, theirs := first.Get("/campagnes/deux-mains/modifier").Form("name"), second.Get("/campagnes/deux-mains/modifier").Form("name")
	theirs.Fill("0.age_at_least", "80").Send(second).Want(http.StatusOK, "enregistrée")
	page := mine.Fill("0.age_at_least", "70", "name", "Mon nom").Send(first).Want(http.StatusConflict, "Saisie non enregistrée", "Ce qui est enregistré", "entre-temps")
	if !strings.Contains(page.Row("sentence"), "80 ans ou plus") || page.Form("name").Values.Get("name") != "Mon nom" || page.Form("name").Values.Get("0.age_at_least") != "70" {
		t.Errorf("recorded %q, typed %v", page.Row("sentence"), page.Form("name").Values)
	}
	page.Form("name").Send(first).Want(http.StatusOK, "Mon nom", "de 70 ans ou plus")
	for _, from := range []string{"", "x", "-1", "99"} {
		first.Get("/campagnes/deux-mains/modifier").Form("name").Fill("from", from).Send(first).Want(http.StatusConflict)
	}
	first.Get("/campagnes/inconnue/modifier").Want(http.StatusNotFound, "Cette campagne n’existe pas")
	first.Post("/campagnes/inconnue/modifier", mine.Values).Want(http.StatusNotFound)
	first.Post("/campagnes/inconnue/cibler", nil).Want(http.StatusNotFound)
}

func TestACampaignTypedOutlivesItsSession(t *testing.T) {
	t.Parallel()
	h := open(t)
	manager, _ := managers(t, h)
	f := campaignForm(manager, "gardee")
	h.expire(manager)
	f.Send(manager).Want(http.StatusUnauthorized, "conservée")
	page := h.enter(manager, "campagne", "/connexion/agents").Want(http.StatusOK, "Votre saisie a été conservée")
	if page.Form("identifier").Values.Get("0.age_at_least") != "75" {
		t.Error("what was typed is lost")
	}
	page.Form("identifier").Send(manager).Want(http.StatusOK, "enregistrée")
}

// ofSeventyFive are n persons of the same department whom campaignForm concerns.
func (h *house) ofSeventyFive(t *testing.T, n int, postalCode string) (all []registry.ImportedPerson) {
	t.Helper()
	for range n {
		all = append(all, h.patient(t, func(p *registry.ImportedPerson) {
			p.Patient.Locality = registry.Locality{PostalCode: postalCode, Name: "Ville"}
		}))
	}
	return all
}

func TestWhenTheStoreOfCampaignsFails(t *testing.T) {
	t.Parallel()
	h := open(t)
	manager, other := managers(t, h)
	h.ofSeventyFive(t, 1, "75011")
	campaignForm(manager, "panne").Send(manager).Want(http.StatusOK)
	confirmed(manager, manager.Get("/campagnes/panne/cibler")).Want(http.StatusOK)
	h.work(t)
	wrong := errors.New("disk full at sector 7")
	for method, ask := range map[string]func() *webtest.Page{
		"Campaigns":    func() *webtest.Page { return manager.Get("/campagnes") },
		"FollowUps":    func() *webtest.Page { return manager.Get("/ciblages/suivi") },
		"Runs":         func() *webtest.Page { return manager.Get("/ciblages") },
		"LatestRuns":   func() *webtest.Page { return manager.Get("/campagnes") },
		"OpenRuns":     func() *webtest.Page { return manager.Get("/campagnes") },
		"Run":          func() *webtest.Page { return manager.Get("/ciblages/1") },
		"SentRun":      func() *webtest.Page { return manager.Post("/campagnes/panne/cibler", url.Values{"from": {"1"}}) },
		"PrepareRun":   func() *webtest.Page { return manager.Post("/campagnes/panne/cibler", url.Values{"from": {"1"}}) },
		"ApproveRun":   func() *webtest.Page { return other.Post("/ciblages/1/approuver", nil) },
		"DropRun":      func() *webtest.Page { return manager.Post("/ciblages/1/abandonner", nil) },
		"SaveCampaign": func() *webtest.Page { return campaignForm(manager, "autre").Send(manager) },
	} {
		h.failing.Fail(method, wrong)
		page := ask().Want(http.StatusInternalServerError, "n’a pas pu traiter votre demande").Not("sector")
		h.failing.Fail(method, nil)
		if method == "SaveCampaign" {
			page.Form("identifier").Send(manager).Want(http.StatusOK, "enregistrée")
		}
	}
}

// Campaign managers alone write and run campaigns, and they read no patient.
func TestCampaignsAreForTheirManagers(t *testing.T) {
	t.Parallel()
	h := open(t)
	manager, _ := managers(t, h)
	campaignForm(manager, "reservee").Send(manager).Want(http.StatusOK)
	confirmed(manager, manager.Get("/campagnes/reservee/cibler")).Want(http.StatusOK)
	h.work(t)
	for _, b := range []*webtest.Browser{h.signIn(t, marchand), h.as(t, registry.RoleSupport), h.as(t, registry.RoleDataProtection), h.as(t, registry.RoleStatistics)} {
		for _, path := range []string{"/campagnes", "/campagnes/reservee/modifier", "/campagnes/reservee/fichier", "/ciblages", "/ciblages/1", "/ciblages/suivi"} {
			b.Get(path).Want(http.StatusForbidden, "Votre rôle ne permet pas").Not("reservee")
		}
		for _, path := range []string{"/campagnes/nouvelle", "/campagnes/reservee/cibler", "/ciblages/1/approuver", "/ciblages/1/abandonner"} {
			b.Post(path, url.Values{"name": {"forgé"}}).Want(http.StatusForbidden, "Votre rôle ne permet pas")
		}
	}
	manager.Get("/recherche").Want(http.StatusForbidden)
}

// TestNothingMoreBeginsForACampaignThatEnded has its last day pass between each step and the next: what was approved in time goes on.
func TestNothingMoreBeginsForACampaignThatEnded(t *testing.T) {
	t.Parallel()
	h := open(t)
	first, second := managers(t, h)
	h.ofSeventyFive(t, 1, "75011")
	campaignForm(first, "finie").Fill("closes", "10/2/2021").Send(first).Want(http.StatusOK)
	const over = "Cette campagne est terminée : son dernier jour était le 10 février 2021"
	moved := func(closes string) {
		t.Helper()
		first.Get("/campagnes/finie/modifier").Form("name").Fill("closes", closes).Send(first).Want(http.StatusOK, "enregistrée")
	}
	asked := first.Get("/campagnes/finie/cibler").Want(http.StatusOK).Not("terminée").Form("request")

	h.clock.SetDay("2021-02-11")
	asked.Send(first).Want(http.StatusConflict, over)
	first.Get("/campagnes/finie/cibler").Want(http.StatusOK, over).Not("Préparer le ciblage")
	h.clock.SetDay("2021-02-10")
	asked.Send(first).Want(http.StatusOK, "Ciblage n° 1 préparé")
	h.work(t)

	h.clock.SetDay("2021-02-11")
	asked.Send(first).Want(http.StatusOK, "Ciblage n° 1 déjà préparé") // as a browser does whose first answer was lost
	second.Get("/ciblages/1").Want(http.StatusOK, over).Not("Approuver ce ciblage")
	second.Get("/ciblages/1/approuver").Want(http.StatusConflict, over)
	second.Post("/ciblages/1/approuver", nil).Want(http.StatusConflict, over)
	moved("") // what stands counts, not what the run was prepared by
	second.Post("/ciblages/1/approuver", nil).Want(http.StatusOK, "Ciblage approuvé")
	moved("10/2/2021")
	second.Post("/ciblages/1/approuver", nil).Want(http.StatusOK, "Ciblage approuvé") // sent again: it was approved in time
	h.work(t)
	second.Get("/ciblages/1").Want(http.StatusOK, "Exécuté", "1 personne a reçu un code")

	second.Get("/ciblages/1/envois").Want(http.StatusOK, over).Not("Préparer un envoi")
	second.Post("/ciblages/1/envois", url.Values{"kind": {"pdf"}}).Want(http.StatusConflict, over)
	h.clock.SetDay("2021-02-10")
	batch := second.Get("/ciblages/1/envois").Form("kind").Send(second).Want(http.StatusOK, "Envoi C1-0001 demandé")
	h.clock.SetDay("2021-02-11")
	h.letters(t)
	second.Get(batch.URL.Path).Want(http.StatusOK, "Prêt", "1 lettre", over).Not("Écrire de nouveau aux mêmes personnes")
	for action, want := range map[registry.Action]int{registry.ActionPrepareRun: 1, registry.ActionApproveRun: 1, registry.ActionAskLetters: 1} {
		refused := 0
		for _, e := range h.logged(t, action) {
			if e.Outcome == registry.OutcomeConflict {
				refused++
			}
		}
		if refused != want {
			t.Errorf("%s: %d refusals logged, want %d", action, refused, want)
		}
	}
}

// TestAFormOfACampaignThatComesAgainFindsWhatItSaved sends a new campaign and a change of it twice each, as a browser does whose first
// answer was lost.
func TestAFormOfACampaignThatComesAgainFindsWhatItSaved(t *testing.T) {
	t.Parallel()
	h := open(t)
	first, second := managers(t, h)
	made := campaignForm(first, "deux-fois")
	made.Values["0.residence"] = []string{"USLD", "EHPAD"}
	changed := func(b *webtest.Browser) *webtest.Form {
		return b.Get("/campagnes/deux-fois/modifier").Form("name").Fill("0.age_at_least", "80")
	}
	made.Send(first).Want(http.StatusOK, "enregistrée")
	made.Send(first).Want(http.StatusOK, "enregistrée")
	made.Send(second).Want(http.StatusConflict, "Une campagne porte déjà cet identifiant")
	made.Fill("name", "Un autre nom").Send(first).Want(http.StatusConflict, "Une campagne porte déjà cet identifiant")
	mine, theirs, beside := changed(first), changed(second), changed(first).Fill("name", "D’une autre page")
	mine.Send(first).Want(http.StatusOK, "enregistrée", "80 ans ou plus")
	mine.Send(first).Want(http.StatusOK, "enregistrée", "80 ans ou plus")
	theirs.Send(second).Want(http.StatusConflict, "Quelqu’un d’autre a modifié cette campagne")
	again := beside.Send(first).Want(http.StatusConflict, "Vous avez modifié cette campagne entre-temps, depuis une autre page").Not("Quelqu’un d’autre")
	if kept := again.Form("name").Values.Get("name"); kept != "D’une autre page" {
		t.Errorf("typed and kept: %q", kept)
	}
	all, err := h.store.Campaigns(t.Context())
	if err != nil || len(all) != 1 || all[0].Version != 2 {
		t.Errorf("kept %+v, %v", all, err)
	}
	outcomes := map[registry.Outcome]int{}
	for _, e := range h.logged(t, registry.ActionSaveCampaign) {
		outcomes[e.Outcome]++
	}
	if outcomes[registry.OutcomeDone] != 2 || outcomes[registry.OutcomeRepeated] != 2 || outcomes[registry.OutcomeConflict] != 4 {
		t.Errorf("logged %v", outcomes)
	}
}

// TestNamesOfCampaignsHoldTogetherOnPages has no line end within what French holds together, in texts that are kept as they were typed.
func TestNamesOfCampaignsHoldTogetherOnPages(t *testing.T) {
	t.Parallel()
	h := open(t)
	first, second := managers(t, h)
	h.ofSeventyFive(t, 1, "75011")
	const typed, phase = "Avis « HAS » : seuls ; qui ?", "Phase : « deux »"
	saved := campaignForm(first, "tenue").Fill("name", typed, "phase", phase, "source", typed).Send(first)
	ask := first.Get("/campagnes/tenue/cibler")
	run := confirmed(first, ask)
	h.work(t)
	approve := second.Get("/ciblages/1/approuver")
	confirmed(second, approve)
	h.work(t)
	if err := registry.New(h.store).CountFollowUps(t.Context()); err != nil {
		t.Fatal(err)
	}
	batches := second.Get("/ciblages/1/envois").Want(http.StatusOK)
	batch := batches.Form("kind").Send(second)
	for _, page := range []*webtest.Page{
		saved, first.Get("/campagnes"), ask, run, approve, second.Get("/ciblages"), second.Get("/ciblages/1"), second.Get("/ciblages/suivi"),
		batches, batch, second.Get(batch.URL.Path + "/abandonner"),
	} {
		page.Want(http.StatusOK)
		if !strings.Contains(page.Body, "Avis «\u00a0HAS\u00a0»\u00a0: seuls\u00a0; qui\u00a0?") || strings.Contains(page.Body, "« HAS") || strings.Contains(page.Body, ">Phase :") {
			t.Errorf("%s: a line may end within the campaign's name or phase", page.URL.Path)
		}
	}
	if page := second.Get(second.Get("/ciblages/suivi").Link("Phase : « deux »")).Want(http.StatusOK, "Suivi : Phase"); strings.Contains(page.Body, "Phase :") {
		t.Error("a line may end within the phase")
	}
	if form := first.Get("/campagnes/tenue/modifier").Form("name"); form.Values.Get("name") != typed || form.Values.Get("phase") != phase {
		t.Errorf("the form has %q, %q", form.Values.Get("name"), form.Values.Get("phase"))
	}
}

// Campaigns of one name are told apart by their identifiers, which others are not burdened with.
func TestCampaignsOfOneNameAreToldApart(t *testing.T) {
	t.Parallel()
	h := open(t)
	first, _ := managers(t, h)
	campaignForm(first, "une").Send(first).Want(http.StatusOK)
	campaignForm(first, "deux").Fill("name", "Campagne double").Send(first).Want(http.StatusOK)
	campaignForm(first, "trois").Fill("name", "Campagne double", "phase", "Autre phase").Send(first).Want(http.StatusOK)
	list := first.Get("/campagnes").Want(http.StatusOK, "Campagne double (deux)", "Campagne double (trois)")
	if strings.Contains(list.Body, "(une)") {
		t.Error("the only campaign of its name is shown with its identifier")
	}
	list.Link("Modifier « Campagne double (trois) »")
}
