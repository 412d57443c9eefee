package webtest_test

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"vaccin/internal/registry"
	"vaccin/internal/web/webtest"
)

func TestARunIsPreparedByOneApprovedByAnotherAndCarriedOut(t *testing.T) {
	t.Parallel()
	h := open(t)
	first, second := managers(t, h)
	people := h.ofSeventyFive(t, 3, "75011")
	campaignForm(first, "lancee").Send(first).Want(http.StatusOK)
	ask := first.Get(first.Get("/campagnes").Link("Préparer un ciblage")).Want(http.StatusOK, "Rien ne leur est envoyé", "75 ans ou plus")
	run := confirmed(first, ask).Want(http.StatusOK, "Ciblage n° 1", "Décompte en cours", "s’actualise toutes les 10 secondes", "Vous, le")
	if run.Header.Get("Refresh") != "10" {
		t.Errorf("Refresh: %q", run.Header.Get("Refresh"))
	}
	still := first.Get(run.Link("Arrêter l’actualisation")).Want(http.StatusOK, "ne s’actualise plus", "Actualiser maintenant")
	if still.Header.Get("Refresh") != "" {
		t.Error("the page goes on coming anew")
	}
	// Where nobody's approval is of use, its address leads to where the run is.
	notAsked := func(says string) {
		t.Helper()
		for _, b := range []*webtest.Browser{first, second} {
			page := b.Get("/ciblages/1/approuver").Want(http.StatusOK, says).Not("une autre personne doit l’approuver")
			if page.URL.Path != "/ciblages/1" {
				t.Errorf("a run can be approved at %s: %s", page.URL.Path, says)
			}
		}
	}
	notAsked("en cours de décompte")
	second.Post("/ciblages/1/approuver", nil).Want(http.StatusConflict)

	h.work(t)
	if back := first.Get("/ciblages/1/approuver").Want(http.StatusForbidden, "une autre personne doit l’approuver").Link("Retour au ciblage"); back != "/ciblages/1" {
		t.Errorf("who may not approve is led back to %q", back)
	}
	own := first.Get("/ciblages/1").Want(http.StatusOK, "À approuver", "Aperçu : 3 personnes", "ne se publient pas", "75 – Paris", "75 à 79 ans",
		"Vous avez préparé ce ciblage : une autre personne doit l’approuver").Not("Approuver ce ciblage", "s’actualise")
	if own.Link("Approuver ce ciblage") != "" || own.Header.Get("Refresh") != "" {
		t.Error("the one who prepared is offered to approve")
	}
	first.Post("/ciblages/1/approuver", nil).Want(http.StatusForbidden, "une autre personne doit l’approuver")
	if n := len(h.logged(t, registry.ActionApproveRun)); n == 0 {
		t.Error("the refusal is not in the log")
	}
	second.Get("/campagnes").Want(http.StatusOK, "Ciblages en cours ou à approuver", "À approuver", "Dernier ciblage")
	second.Get("/campagnes/lancee/cibler").Want(http.StatusOK, "Un ciblage de cette campagne n’est pas terminé : n° 1 , à approuver.")
	other := second.Get("/ciblages/1").Want(http.StatusOK, "L’approbation lancera le ciblage de 3 personnes : chacune recevra un code, à moins d’en avoir reçu un depuis le décompte.")
	for _, p := range people {
		if h.record(t, p.ID).Code != 0 {
			t.Error("someone has a code before anybody approved")
		}
	}
	confirmed(second, second.Get(other.Link("Approuver ce ciblage")).Want(http.StatusOK, "ciblage de 3 personnes", "pour la vie")).
		Want(http.StatusOK, "Ciblage approuvé", "en attente d’exécution")
	second.Post("/ciblages/1/approuver", nil).Want(http.StatusOK, "Ciblage approuvé", "en attente d’exécution") // as a browser does whose first answer was lost
	cases := registry.New(h.store)
	cases.Security = h.clock.Now
	third := registry.Actor{Role: registry.RoleCampaign, Door: doorOf(registry.RoleCampaign), Practitioner: registry.Practitioner{NationalID: "agent:third"}}
	if err := cases.ApproveRun(t.Context(), third, 1); registry.KindOf(err) != registry.KindConflict {
		t.Errorf("what another approved is approved once more: %v", err)
	}
	outcomes := map[registry.Outcome]int{}
	for _, e := range h.logged(t, registry.ActionApproveRun) {
		outcomes[e.Outcome]++
	}
	if outcomes[registry.OutcomeDone] != 1 || outcomes[registry.OutcomeRepeated] != 1 || outcomes[registry.OutcomeConflict] != 2 {
		t.Errorf("approvals in the log: %v", outcomes) // one conflict is of before the count, one of the third
	}

	notAsked("en attente d’exécution")
	h.work(t)
	notAsked("3 personnes ont reçu un code")
	done := second.Get("/ciblages/1").Want(http.StatusOK, "Exécuté", "3 personnes ont reçu un code").Not("Abandonner", "s’actualise")
	if done.Row("targeted") != "3" || !strings.HasPrefix(done.Row("approved"), "Vous, le") || strings.HasPrefix(done.Row("prepared"), "Vous") {
		t.Errorf("rows: %q %q %q", done.Row("targeted"), done.Row("approved"), done.Row("prepared"))
	}
	for _, p := range people {
		if h.record(t, p.ID).Code == 0 {
			t.Error("someone has no code")
		}
		for _, b := range []*webtest.Browser{first, second} {
			done.Not(secrets(p)[2:]...)
			b.Get("/dossiers/" + string(p.ID)).Want(http.StatusForbidden)
		}
	}
	second.Get("/ciblages").Want(http.StatusOK, "Exécuté", "Campagne lancee")
	second.Get("/campagnes").Want(http.StatusOK, "Dernier ciblage : n° 1 , exécuté.")
	h.followed(t, second)
	officer := h.as(t, registry.RoleDataProtection)
	consult(officer).Want(http.StatusOK, "Approbation du ciblage n° 1, campagne lancee", "Exécution du ciblage n° 1, campagne lancee",
		"Préparation d’un ciblage, campagne lancee, version 1", "Écriture d’une campagne, campagne lancee, version 1").
		Not("lancee sha256")
}

// followed has a doctor declare one of three, and looks at the follow-up of the one run.
func (h *house) followed(t *testing.T, manager *webtest.Browser) {
	t.Helper()
	manager.Get("/ciblages/suivi").Want(http.StatusOK, "Rien n’est encore décompté")
	ofRun := manager.Get("/ciblages/1").Link("Suivre où en sont ces personnes")
	manager.Get(ofRun).Want(http.StatusOK, "Suivi du ciblage n° 1", "Les personnes de ce ciblage ne sont pas encore décomptées").Not("premier décompte")
	if err := registry.New(h.store).CountFollowUps(t.Context()); err != nil {
		t.Fatal(err)
	}
	page := manager.Get(manager.Get("/ciblages").Link("Suivre où en sont les personnes ciblées")).
		Want(http.StatusOK, "n° 1 – Campagne lancee", "Par âge", "75 – Paris", "refait toutes les heures", "ne se publient pas")
	for key, want := range map[string]string{"targeted": "3", "eligible": "0 (0 %)", "first": "0 (0 %)", "complete": "0 (0 %)"} {
		if got := strings.ReplaceAll(page.Row(key), "\u00a0", " "); got != want {
			t.Errorf("%s: %q, not %q", key, got, want)
		}
	}
	if own := page.Link("n° 1 – Campagne lancee"); own != ofRun {
		t.Errorf("the follow-up of the run is at %s, and at %s for its page", own, ofRun)
	}
	chosen := manager.Get(ofRun).Want(http.StatusOK, "Suivi du ciblage n° 1", "Retour au suivi de tous les ciblages").Not("pas encore décomptées")
	manager.Get(chosen.Link("Voir le ciblage, ses nombres et ses lettres")).Want(http.StatusOK, "Lettres : préparer et suivre les envois")
	for _, wrong := range []string{"?ciblage=2", "?ciblage=x", "?phase=aucune"} {
		manager.Get("/ciblages/suivi"+wrong).Want(http.StatusNotFound, "Aucun décompte pour ce ciblage")
	}
}

func TestARunIsDroppedUnlessItIsOver(t *testing.T) {
	t.Parallel()
	h := open(t)
	first, second := managers(t, h)
	campaignForm(first, "abandonnee").Send(first).Want(http.StatusOK)
	h.ofSeventyFive(t, 1, "75011")
	prepared := confirmed(first, first.Get("/campagnes/abandonnee/cibler")).Want(http.StatusOK)
	h.work(t)
	dropped := confirmed(second, second.Get(prepared.Link("Abandonner ce ciblage")).Want(http.StatusOK, "ne pourra plus être approuvé")).
		Want(http.StatusOK, "Abandonné", "personne n’a reçu de code").Not("Abandonner ce ciblage", "Approuver ce ciblage")
	if prepared.Row("dropped") != "" || !strings.HasPrefix(dropped.Row("dropped"), "Vous, le") {
		t.Errorf("dropped by %q", dropped.Row("dropped"))
	}
	if told := first.Get("/ciblages/1").Row("dropped"); !strings.HasPrefix(told, hugoNamed) {
		t.Errorf("dropped by %q, for who did not", told)
	}
	second.Post("/ciblages/1/abandonner", nil).Want(http.StatusOK, "Ciblage abandonné") // sent again: nothing changed
	first.Post("/ciblages/1/abandonner", nil).Want(http.StatusConflict, "changé d’état")
	second.Post("/ciblages/1/approuver", nil).Want(http.StatusConflict, "changé d’état")
	second.Get("/ciblages/1/envois").Want(http.StatusOK, "Ce ciblage a été abandonné").Not("pas encore exécuté", "Préparer un envoi")
	second.Get("/ciblages/1").Want(http.StatusOK).Not("Suivre où en sont ces personnes")
	second.Get("/ciblages/suivi?ciblage=1").Want(http.StatusNotFound, "Aucun décompte pour ce ciblage")
	if page := second.Get("/ciblages/1/abandonner"); page.URL.Path != "/ciblages/1" {
		t.Errorf("led to %s", page.URL.Path)
	}
	for _, wrong := range []string{"2", "0", "-1", "01", "+1", "%2B1", "1%20", "x", "3000000000", "99999999999999999999", "1%20OR%201=1", "%FF"} {
		for _, path := range []string{"", "/approuver", "/abandonner"} {
			first.Get("/ciblages/"+wrong+path).Want(http.StatusNotFound, "Ce ciblage n’existe pas")
			if path != "" {
				first.Post("/ciblages/"+wrong+path, nil).Want(http.StatusNotFound, "Ce ciblage n’existe pas")
			}
		}
	}

	confirmed(first, first.Get("/campagnes/abandonnee/cibler")).Want(http.StatusOK, "Ciblage n° 2")
	h.work(t)
	second.Post("/ciblages/2/approuver", nil).Want(http.StatusOK, "Ciblage approuvé")
	first.Post("/ciblages/2/abandonner", nil).Want(http.StatusOK, "Ciblage abandonné")
	second.Post("/ciblages/2/approuver", nil).Want(http.StatusConflict, "changé d’état") // sent again, and of no effect any more
}

// A run of nobody is over once it is counted: it waits for no approval, and another one of its campaign may be prepared.
func TestARunOfNobodyWaitsForNothing(t *testing.T) {
	t.Parallel()
	h := open(t)
	first, second := managers(t, h)
	campaignForm(first, "personne").Send(first).Want(http.StatusOK)
	confirmed(first, first.Get("/campagnes/personne/cibler")).Want(http.StatusOK)
	first.Get("/campagnes").Want(http.StatusOK, "Ciblages en cours ou à approuver")
	h.work(t)
	for _, b := range []*webtest.Browser{first, second} {
		b.Get("/ciblages/1").Want(http.StatusOK, "Aucune personne à cibler", "Personne n’est concerné, ou toutes les personnes", "rien à approuver").
			Not("Aperçu", "À approuver", "une autre personne doit l’approuver", "Approuver ce ciblage", "Abandonner ce ciblage", "s’actualise")
		b.Get("/ciblages").Want(http.StatusOK, "Aucune personne à cibler").Not("À approuver")
		b.Get("/campagnes").Want(http.StatusOK, "Dernier ciblage : n° 1 , aucune personne à cibler.").Not("Ciblages en cours ou à approuver")
		b.Get("/ciblages/1/envois").Want(http.StatusOK, "Ce ciblage ne concerne personne").Not("pas encore exécuté", "Préparer un envoi", "Aucun envoi")
		for _, act := range []string{"/approuver", "/abandonner"} {
			if page := b.Get("/ciblages/1" + act).Want(http.StatusOK); page.URL.Path != "/ciblages/1" {
				t.Errorf("led to %s", page.URL.Path)
			}
		}
		b.Post("/ciblages/1/approuver", nil).Want(http.StatusConflict, "Ce ciblage ne concerne personne")
	}
	h.ofSeventyFive(t, 1, "75011")
	confirmed(first, first.Get("/campagnes/personne/cibler").Want(http.StatusOK).Not("n’est pas terminé")).Want(http.StatusOK, "Ciblage n° 2")
	h.work(t)
	second.Post("/ciblages/2/approuver", nil).Want(http.StatusOK, "Ciblage approuvé")
}

// Wherever a run that is done is counted, it counts those who got a code, and its page says why the preview has another number.
func TestAllPagesCountThoseWhoGotACode(t *testing.T) {
	t.Parallel()
	h := open(t)
	first, second := managers(t, h)
	people := h.ofSeventyFive(t, 3, "75011")
	campaignForm(first, "comptee").Send(first).Want(http.StatusOK)
	confirmed(first, first.Get("/campagnes/comptee/cibler")).Want(http.StatusOK)
	h.work(t)
	inTable := func() string { return second.Get("/ciblages").Root.Tags("td")[2].Content() }
	if got := inTable(); got != "3" {
		t.Errorf("%s persons are to be targeted", got)
	}
	second.Get("/ciblages/1").Want(http.StatusOK, "Aperçu : 3 personnes").Not("Entre ce décompte et l’exécution")
	confirmed(second, second.Get("/ciblages/1/approuver")).Want(http.StatusOK)
	support := h.as(t, registry.RoleSupport)
	stated(sought(support, people[0].Patient.Holder.Format()), "31/01/2021", "mail").Send(support).Want(http.StatusOK, "Opposition enregistrée")
	h.work(t)
	page := second.Get("/ciblages/1").Want(http.StatusOK, "2 personnes ont reçu un code.", "Aperçu : 3 personnes", "Entre ce décompte et l’exécution")
	if got := inTable(); got != "2" || page.Row("targeted") != got {
		t.Errorf("the list counts %s, the page %s", got, page.Row("targeted"))
	}
	second.Get(page.Link("Lettres : préparer et suivre les envois")).Want(http.StatusOK, "2 personnes ont reçu un code.")
}

// A run leads to its campaign among the others, where it may be changed.
func TestARunLeadsToItsCampaign(t *testing.T) {
	t.Parallel()
	h := open(t)
	manager, _ := managers(t, h)
	campaignForm(manager, "premiere").Send(manager).Want(http.StatusOK).Not("Aller à une phase")
	campaignForm(manager, "seconde").Fill("phase", "Autre phase").Send(manager).Want(http.StatusOK, "Aller à une phase")
	page := confirmed(manager, manager.Get("/campagnes/seconde/cibler").Want(http.StatusOK, "Préparer un ciblage de « Campagne seconde » – Vaccin COVID")).Want(http.StatusOK)
	list, anchor, _ := strings.Cut(page.Link("Voir la campagne telle qu’elle est aujourd’hui"), "#")
	all := manager.Get(list).Want(http.StatusOK)
	if card := all.Root.ByID(anchor); card == nil || card.Tags("h3")[0].Content() != "Campagne seconde" {
		t.Errorf("%s is at no campaign, or at another", anchor)
	}
	for _, phase := range []string{"Phase d’essai", "Autre phase"} {
		if at := all.Root.ByID(strings.TrimPrefix(all.Link(phase), "#")); at == nil || at.Content() != phase {
			t.Errorf("the link to %s leads elsewhere", phase)
		}
	}
}

func TestARunIsPreparedOnceByOneForm(t *testing.T) {
	t.Parallel()
	h := open(t)
	first, second := managers(t, h)
	campaignForm(first, "une-fois").Send(first).Want(http.StatusOK)
	campaignForm(first, "autre").Send(first).Want(http.StatusOK)
	form := first.Get("/campagnes/une-fois/cibler").Want(http.StatusOK).Form("request")
	if other := first.Get("/campagnes/une-fois/cibler").Form("request"); other.Values.Get("request") == form.Values.Get("request") || len(form.Values.Get("request")) < 26 {
		t.Errorf("forms are %v and %v", form.Values, other.Values)
	}
	form.Send(first).Want(http.StatusOK, "Ciblage n° 1 préparé")
	if again := form.Send(first).Want(http.StatusOK, "Ciblage n° 1 déjà préparé"); again.URL.Path != "/ciblages/1" {
		t.Errorf("the form sent again leads to %s", again.URL.Path)
	}
	first.Post("/campagnes/autre/cibler", form.Values).Want(http.StatusConflict, "le ciblage d’une autre campagne")
	first.Post("/campagnes/une-fois/cibler", url.Values{"request": {strings.Repeat("x", 65)}}).Want(http.StatusUnprocessableEntity, "Ce formulaire n’est pas valide")
	first.Post("/campagnes/une-fois/cibler", url.Values{"request": {"é"}}).Want(http.StatusUnprocessableEntity, "Ce formulaire n’est pas valide")
	outcomes := map[registry.Outcome]int{}
	for _, e := range h.logged(t, registry.ActionPrepareRun) {
		outcomes[e.Outcome]++
	}
	if outcomes[registry.OutcomeDone] != 1 || outcomes[registry.OutcomeRepeated] != 1 || outcomes[registry.OutcomeConflict] != 1 {
		t.Errorf("logged %v", outcomes)
	}
	first.Post("/campagnes/une-fois/cibler", form.Values).Want(http.StatusOK)
	first.Get("/campagnes/une-fois/modifier").Form("name").Fill("0.age_at_least", "80").Send(first).Want(http.StatusOK, "enregistrée")
	form.Send(first).Want(http.StatusConflict, "a été modifiée depuis")
	form.Fill("from", "2").Send(first).Want(http.StatusConflict, "a été modifiée depuis", "Ce formulaire a déjà servi")
	form.Send(second).Want(http.StatusOK, "Ciblage n° 2 préparé") // as sent by someone else
	runs, err := h.store.Runs(t.Context(), 0, 10)
	if err != nil || len(runs) != 2 {
		t.Errorf("%d runs, %v", len(runs), err)
	}
}

func TestARunIsPreparedOfTheCampaignThatWasRead(t *testing.T) {
	t.Parallel()
	h := open(t)
	first, second := managers(t, h)
	campaignForm(first, "relue").Send(first).Want(http.StatusOK)
	page := first.Get("/campagnes/relue/cibler").Want(http.StatusOK, "de 75 ans ou plus")
	second.Get("/campagnes/relue/modifier").Form("name").Fill("0.age_at_least", "18").Send(second).Want(http.StatusOK, "enregistrée")
	again := page.Form("request").Send(first).Want(http.StatusConflict, "Ciblage non préparé", "Cette campagne a été modifiée", "de 18 ans ou plus").
		Not("de 75 ans ou plus")
	for _, from := range []string{"", "x", "0", "-1", "3"} {
		page.Form("request").Fill("from", from).Send(first).Want(http.StatusConflict, "Cette campagne a été modifiée")
	}
	if runs, err := h.store.Runs(t.Context(), 0, 10); err != nil || len(runs) != 0 {
		t.Errorf("%d runs, %v", len(runs), err)
	}
	if e := h.logged(t, registry.ActionPrepareRun); len(e) != 6 || e[0].Outcome != registry.OutcomeConflict {
		t.Errorf("logged %+v", e)
	}
	again.Form("request").Send(first).Want(http.StatusOK, "Ciblage n° 1 préparé", "de 18 ans ou plus")
}

// TestWhoseAgeIsNotSureIsNotConcerned has three persons of whose birth the year alone is known: all of one year are 75, some of another
// are, and of the third there is not even a year.
func TestWhoseAgeIsNotSureIsNotConcerned(t *testing.T) {
	t.Parallel()
	h := open(t)
	manager, _ := managers(t, h)
	for _, born := range []string{"19450000", "19460000", "00001301"} {
		date, err := registry.BirthDateFromDigits(born)
		if err != nil {
			t.Fatal(err)
		}
		h.patient(t, func(p *registry.ImportedPerson) { p.Patient.BirthDate = date })
	}
	says := "Une personne dont la date de naissance n’est pas entièrement connue ne répond à un critère d’âge que si elle y répond à coup sûr"
	notTold := "elle n’est pas de celles « qui vivent en EHPAD », mais elle est de celles « qui ne vivent pas en EHPAD »"
	f := campaignForm(manager, "age-inconnu")
	press(manager, f, "verifier").Want(http.StatusOK, says, notTold)
	f.Send(manager).Want(http.StatusOK, says, notTold)
	confirmed(manager, manager.Get("/campagnes/age-inconnu/cibler").Want(http.StatusOK, says, notTold)).Want(http.StatusOK)
	h.work(t)
	page := manager.Get("/ciblages/1").Want(http.StatusOK, "Aperçu : 1 personne", says, "« âge inconnu »", notTold)
	for _, table := range page.Root.Tags("table") {
		if table.Tags("caption")[0].Content() == "Par département" {
			continue
		}
		if rows := table.Tags("tr"); len(rows) != 3 || rows[1].Tags("th")[0].Content() != "Âge inconnu" {
			t.Errorf("by age: %s", table.Content())
		}
	}
}

func TestTheMapAndItsTablesSayTheSame(t *testing.T) {
	t.Parallel()
	h := open(t)
	manager, _ := managers(t, h)
	for i, code := range []string{"75011", "20000", "20200", "97400", "69001", "69002"} {
		h.ofSeventyFive(t, i+1, code)
	}
	h.ofSeventyFive(t, 2, "99999")
	campaignForm(manager, "carte").Send(manager).Want(http.StatusOK)
	confirmed(manager, manager.Get("/campagnes/carte/cibler")).Want(http.StatusOK)
	h.work(t)
	page := manager.Get("/ciblages/1").Want(http.StatusOK, "Aperçu : 23 personnes", "2A – Corse-du-Sud", "2B – Haute-Corse", "974 – La Réunion", "69 – Rhône", "Département inconnu")
	levels := map[string]int{}
	for _, g := range page.Root.Tags("g") {
		for _, text := range g.Tags("text") {
			levels[text.Content()], _ = strconv.Atoi(strings.TrimPrefix(g.Attr("class"), "app-map__level-"))
		}
	}
	if levels["69"] != 5 || levels["75"] != 1 || levels["2A"] <= 1 || levels["974"] <= levels["2B"] || levels["33"] != 0 {
		t.Errorf("levels %v", levels)
	}
	sum := 0
	for _, table := range page.Root.Tags("table") {
		if caption := table.Tags("caption")[0].Content(); caption == "Par département" {
			for _, td := range table.Tags("td") {
				n, err := strconv.Atoi(td.Content())
				if err != nil {
					t.Fatal(err)
				}
				sum += n
			}
		}
	}
	if sum != 23 {
		t.Errorf("the departments sum up to %d", sum)
	}
}

// halfway is a store that shows runs while they are carried out, which on the embedded one is over at once.
type halfway struct {
	registry.Store
	registry.TargetingStore
	registry.AgentStore
}

func (h halfway) Run(ctx context.Context, number int) (registry.Run, error) {
	run, err := h.TargetingStore.Run(ctx, number)
	run.State, run.Progress = registry.RunRunning, registry.Progress{Done: 29_000_000, Of: 67_000_000}
	return run, err
}

// stuck is halfway and failed.
type stuck struct{ halfway }

func (s stuck) Run(ctx context.Context, number int) (registry.Run, error) {
	run, err := s.halfway.Run(ctx, number)
	run.FailedAt = run.PreparedAt
	return run, err
}

func TestARunUnderWayShowsHowFarItIs(t *testing.T) {
	t.Parallel()
	h := open(t)
	manager, other := managers(t, h)
	campaignForm(manager, "longue").Send(manager).Want(http.StatusOK)
	confirmed(manager, manager.Get("/campagnes/longue/cibler")).Want(http.StatusOK)
	h.failing.Store = halfway{h.store, h.store, h.store}
	page := other.Get("/ciblages/1").Want(http.StatusOK, "En cours d’exécution (43 %)", "Avancement : 43 %", "s’actualise toutes les 10 secondes", "reprend là où elle en était").
		Not("Approuver ce ciblage", "Abandonner ce ciblage")
	bars := page.Root.Tags("progress")
	if len(bars) != 1 || bars[0].Attr("value") != "43" || bars[0].Attr("max") != "100" || page.Header.Get("Refresh") != "10" {
		t.Errorf("%d bars, refreshed after %q", len(bars), page.Header.Get("Refresh"))
	}
	for _, path := range []string{"/ciblages/1/approuver", "/ciblages/1/abandonner"} {
		if page := other.Get(path); page.URL.Path != "/ciblages/1" {
			t.Errorf("%s leads to %s", path, page.URL.Path)
		}
	}
	h.failing.Store = stuck{halfway{h.store, h.store, h.store}}
	other.Get("/ciblages/1").Want(http.StatusOK, "L’exécution de ce ciblage a échoué", "n’exécute aucun autre ciblage avant la fin de celui-ci")
}

func TestARunThatFailedSaysSoUntilItIsDone(t *testing.T) {
	t.Parallel()
	h := open(t)
	first, second := managers(t, h)
	h.ofSeventyFive(t, 1, "75011")
	campaignForm(first, "echouee").Send(first).Want(http.StatusOK)
	confirmed(first, first.Get("/campagnes/echouee/cibler")).Want(http.StatusOK).Not("a échoué")
	cases := registry.New(h.failing)
	for _, step := range []struct{ method, says string }{{"CountRun", "Le décompte des personnes a échoué"}, {"CarryOut", "L’exécution de ce ciblage a échoué"}} {
		h.failing.Fail(step.method, errDisk)
		if _, err := cases.WorkRuns(t.Context(), operator, func(registry.Run) {}); err == nil {
			t.Fatal("it does not fail")
		}
		first.Get("/ciblages/1").Want(http.StatusOK, step.says, "réessaie de lui-même", "Abandonner ce ciblage").Not("sector")
		for _, list := range []string{"/ciblages", "/campagnes"} {
			first.Get(list).Want(http.StatusOK, "dernier essai en échec")
		}
		h.failing.Fail(step.method, nil)
		h.work(t)
		for _, page := range []string{"/ciblages/1", "/ciblages", "/campagnes"} {
			first.Get(page).Want(http.StatusOK).Not("a échoué", "en échec")
		}
		second.Post("/ciblages/1/approuver", nil)
	}
	first.Get("/ciblages/1").Want(http.StatusOK, "Exécuté")
	other := confirmed(first, first.Get("/campagnes/echouee/cibler"))
	h.failing.Fail("CountRun", errDisk)
	if _, err := cases.WorkRuns(t.Context(), operator, func(registry.Run) {}); err == nil {
		t.Fatal("it does not fail")
	}
	second.Post(other.URL.Path+"/abandonner", nil).Want(http.StatusOK, "Abandonné").Not("a échoué", "en échec")
}

// TestARunIsCarriedOutHoweverManyWerePreparedSince has more of them be prepared than a page lists.
func TestARunIsCarriedOutHoweverManyWerePreparedSince(t *testing.T) {
	t.Parallel()
	h := open(t)
	first, second := managers(t, h)
	h.ofSeventyFive(t, 1, "75011")
	campaignForm(first, "ancienne").Send(first).Want(http.StatusOK)
	confirmed(first, first.Get("/campagnes/ancienne/cibler")).Want(http.StatusOK)
	h.work(t)
	second.Post("/ciblages/1/approuver", nil).Want(http.StatusOK, "Ciblage approuvé")
	second.Get("/ciblages").Want(http.StatusOK).Not("Ciblages plus anciens", "Ciblages les plus récents")
	event := registry.Event{At: h.clock.Now(), Action: registry.ActionPrepareRun}
	for range registry.RunsShown {
		run := registry.Run{Campaign: registry.Campaign{ID: "c", Name: "C", Phase: "P", Opens: registry.MustDate("2021-02-01")}, PreparedBy: "operator:ops", PreparedAt: h.clock.Now()}
		n, err := h.store.PrepareRun(t.Context(), run, event)
		if err == nil {
			err = h.store.DropRun(t.Context(), n, "operator:ops", h.clock.Now(), event)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	second.Get("/campagnes").Want(http.StatusOK, "Ciblages en cours ou à approuver", "n° 1", "Dernier ciblage : n° 1 , approuvé")
	first.Get("/campagnes/ancienne/cibler").Want(http.StatusOK, "Un ciblage de cette campagne n’est pas terminé")
	h.work(t)
	second.Get("/ciblages/1").Want(http.StatusOK, "Exécuté")
	list := second.Get("/ciblages").Want(http.StatusOK, "n° 101", "n° 2").Not("ancienne")
	older := second.Get(list.Link("Ciblages plus anciens")).Want(http.StatusOK, "Campagne ancienne").Not("n° 101", "Ciblages plus anciens")
	second.Get(older.Link("Ciblages les plus récents")).Want(http.StatusOK, "n° 101")
	second.Get("/ciblages?avant=1").Want(http.StatusOK, "Aucun ciblage n’est plus ancien")
	for _, wrong := range []string{"0", "-1", "x", "99999999999999999999"} {
		second.Get("/ciblages?avant="+wrong).Want(http.StatusOK, "n° 101")
	}
}

// A run gives a code to those concerned when it begins: more than were counted, which whoever approves is told.
func TestWhoeverApprovesIsToldThatOthersMayComeToBeConcerned(t *testing.T) {
	t.Parallel()
	h := open(t)
	first, second := managers(t, h)
	h.ofSeventyFive(t, 3, "75011")
	campaignForm(first, "depuis").Send(first).Want(http.StatusOK)
	confirmed(first, first.Get("/campagnes/depuis/cibler")).Want(http.StatusOK, "Décompte en cours")
	h.work(t)
	h.ofSeventyFive(t, 2, "75011")
	ask := second.Get("/ciblages/1/approuver").Want(http.StatusOK, "ciblage de 3 personnes", "deviennent concernées avant l’exécution", "en recevront un aussi")
	confirmed(second, ask).Want(http.StatusOK, "Ciblage approuvé")
	h.work(t)
	second.Get("/ciblages/1").Want(http.StatusOK, "5 personnes ont reçu un code", "Aperçu : 3 personnes", "le nombre de codes donnés est différent")
}
