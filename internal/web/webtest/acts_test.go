package webtest_test

import (
	"maps"
	"net/http"
	"net/url"
	"sync"
	"testing"

	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
	"vaccin/internal/web/webtest"
)

func TestOnlyTheAuthorModifiesAndOnlyUntilTheNextStep(t *testing.T) {
	t.Parallel()
	h := open(t)
	p := h.patient(t)
	author, other := h.at(t, legrand, "1"), h.signIn(t, benali) // of the same EHPAD
	declare(author, p)
	forged := author.Get(address(p, eligibility+"/modifier")).Form("prescribes").Fill("prescribed_on", "20/01/2021").Values
	refusedTo(t, other, p, eligibility, forged, "Seul le professionnel de santé qui a validé")
	page := author.Get(address(p, eligibility))
	if page.Link("Modifier") == "" || page.Link("Annuler cette saisie") == "" {
		t.Error("the author is offered neither to modify nor to annul")
	}
	inject(other, p)
	refusedTo(t, author, p, eligibility, forged, "L’étape suivante est enregistrée")
	forged = other.Get(address(p, dose1+"/modifier")).Form("lot").Fill("lot", "EJ6796").Values
	refusedTo(t, author, p, dose1, forged, "Seul le professionnel de santé qui a validé")
	h.clock.SetDay(registrytest.SecondDoseDay)
	injected(author.Get(address(p, dose2)).Form("lot")).Fill("occurrence", "01/03/2021").Send(author).Want(http.StatusOK, "complète")
	refusedTo(t, other, p, dose1, forged, "L’étape suivante est enregistrée")
	refusedTo(t, other, p, dose2, forged, "Seul le professionnel de santé qui a validé")
	r := h.record(t, p.ID)
	if r.Eligibilities[0].Rectified() || r.FirstDoses[0].Rectified() || r.SecondDoses[0].Rectified() || r.State() != registry.StateComplete {
		t.Error("something was modified")
	}
	author.Get(address(p, dose2+"/modifier")).Form("lot").Fill("vaccine", registrytest.Moderna, "lot", "EJ6796").Send(author).
		Want(http.StatusOK, "Rectificatif", "EJ6796").Not("Moderna")
}

// refusedTo tries by every way to modify or annul a step.
func refusedTo(t *testing.T, b *webtest.Browser, p registry.ImportedPerson, step string, forged url.Values, why string) {
	t.Helper()
	page := b.Get(address(p, step)).Want(http.StatusOK, "Synthèse")
	if page.Link("Modifier") != "" || page.Link("Annuler cette saisie") != "" {
		t.Errorf("%s is offered to be modified", step)
	}
	b.Get(address(p, step+"/modifier")).Want(http.StatusForbidden, why)
	b.Get(address(p, step+"/annuler")).Want(http.StatusForbidden, why)
	b.Post(address(p, step+"/modifier"), forged).Want(http.StatusForbidden, why)
	b.Post(address(p, step+"/annuler"), url.Values{"reason": {"sans droit"}, "from": {"1"}, "entry": {"1"}}).Want(http.StatusForbidden, why)
	find := maps.Clone(forged)
	find.Set("chercher", "lot")
	b.Post(address(p, step+"/modifier"), find).Want(http.StatusForbidden, why)
}

func TestAnnulling(t *testing.T) {
	t.Parallel()
	h := open(t)
	p := h.patient(t)
	b := h.signIn(t, marchand)
	declare(b, p)
	inject(b, p)
	f := b.Get(address(p, dose1+"/annuler")).Want(http.StatusOK, "EJ6795").Form("reason")
	f.Send(b).Want(http.StatusUnprocessableEntity, "Indiquez le motif.")
	long := f.Fill("reason", string(make([]byte, 10))).Send(b).Want(http.StatusUnprocessableEntity)
	if long.Error("reason") == "" {
		t.Error("control characters are taken for a reason")
	}
	for _, forged := range []url.Values{{"from": {"2"}}, {"entry": {"7"}}, {"from": {"x"}}, {"entry": {"-1"}}, {"from": {""}}} {
		v := maps.Clone(f.Values)
		v.Set("reason", "saisie dans un autre dossier")
		maps.Copy(v, forged)
		b.Post(f.Action, v).Want(http.StatusConflict, "a changé depuis que vous l’avez ouverte", "saisie dans un autre dossier")
	}
	f.Fill("reason", "saisie dans un autre dossier")
	page := f.Send(b).Want(http.StatusOK, "Saisie annulée", "Annulée par Dr. Hélène MARCHAND", "saisie dans un autre dossier", "EJ6795")
	if page.URL.Path != address(p, dose1+"/versions") {
		t.Errorf("led to %s", page.URL.Path)
	}
	f.Send(b).Want(http.StatusOK, "Annulée par") // Back, and sent again
	b.Get(address(p, "")).Want(http.StatusOK, "Éligibilité déclarée", "Enregistrer la 1ère vaccination")
	b.Get(address(p, dose1+"/synthese.pdf")).Want(http.StatusNotFound, "pas encore de synthèse")
	b.Get(address(p, dose1+"/modifier")).Want(http.StatusForbidden, "n’est pas enregistrée")
	b.Post(address(p, dose1+"/modifier"), url.Values{"chercher": {"lot"}, "lot": {"EJ"}}).Want(http.StatusForbidden)
	inject(b, p).Want(http.StatusOK, "Versions précédentes")
	if r := h.record(t, p.ID); len(r.FirstDoses) != 2 || r.FirstDoses[0].Annulment == nil {
		t.Error("the annulled dose is not kept beside the new one")
	}
	h.patient(t)
}

func TestForgedVersions(t *testing.T) {
	t.Parallel()
	h := open(t)
	p := h.patient(t)
	b := h.signIn(t, marchand)
	declare(b, p)
	f := b.Get(address(p, eligibility+"/modifier")).Form("prescribes").Fill("prescribed_on", "27/01/2021")
	for _, forged := range []url.Values{{"from": {"0"}}, {"from": {"2"}}, {"from": {"99999999999999999999"}}, {"entry": {"2"}}, {"from": nil, "entry": nil}} {
		v := maps.Clone(f.Values)
		maps.Copy(v, forged)
		b.Post(f.Action, v).Want(http.StatusConflict, "a changé depuis que vous l’avez ouverte", "27/01/2021")
	}
	stale := b.Get(address(p, eligibility+"/modifier")).Form("prescribes").Fill("prescribed_on", "25/01/2021")
	f.Send(b).Want(http.StatusOK, "Rectificatif")
	stale.Send(b).Want(http.StatusConflict, "Voici ce qui est enregistré", "27/01/2021", "Votre saisie, non enregistrée", "25/01/2021")
	if n := len(h.record(t, p.ID).Eligibilities[0].Versions); n != 2 {
		t.Errorf("%d versions", n)
	}
}

func TestTheSameDoseSentAgain(t *testing.T) {
	t.Parallel()
	h := open(t)
	p := h.patient(t)
	b := h.signIn(t, marchand)
	declare(b, p)
	f := injected(b.Get(address(p, dose1)).Form("lot"))
	f.Send(b).Want(http.StatusOK, "Synthèse de la 1ère vaccination")
	f.Send(b).Want(http.StatusOK, "Synthèse de la 1ère vaccination", registrytest.KnownLot)
	f.Fill("lot", "EJ6796").Send(b).Want(http.StatusConflict, "déjà été enregistré avec d’autres valeurs", registrytest.KnownLot, "EJ6796")
	if r := h.record(t, p.ID); len(r.FirstDoses) != 1 || r.FirstDoses[0].Rectified() {
		t.Error("the dose was recorded again")
	}
}

// together sends forms at the same time and returns the answers.
func together(forms []*webtest.Form, tabs []*webtest.Browser) []*webtest.Page {
	pages := make([]*webtest.Page, len(forms))
	start := make(chan struct{})
	var group sync.WaitGroup
	for i, f := range forms {
		group.Go(func() {
			<-start
			pages[i] = f.Send(tabs[i])
		})
	}
	close(start)
	group.Wait()
	return pages
}

func TestFiftyPostsAtOnce(t *testing.T) {
	t.Parallel()
	h := open(t)
	b := h.signIn(t, marchand)
	const many = 50
	tests := []struct {
		name string
		form func(first *webtest.Form, p registry.ImportedPerson) *webtest.Form
	}{
		{"of one form", func(first *webtest.Form, _ registry.ImportedPerson) *webtest.Form { return first }},
		{"of forms that say the same", func(_ *webtest.Form, p registry.ImportedPerson) *webtest.Form {
			return injected(b.Get(address(p, dose1)).Form("lot"))
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := h.patient(t)
			declare(b, p)
			first := injected(b.Get(address(p, dose1)).Form("lot"))
			forms, tabs := make([]*webtest.Form, many), make([]*webtest.Browser, many)
			for i := range many {
				forms[i], tabs[i] = tt.form(first, p), b.Clone()
			}
			for _, page := range together(forms, tabs) {
				page.Want(http.StatusOK, "Synthèse de la 1ère vaccination", registrytest.KnownLot)
			}
			if r := h.record(t, p.ID); len(r.FirstDoses) != 1 || len(r.FirstDoses[0].Versions) != 1 {
				t.Errorf("%d doses", len(r.FirstDoses))
			}
		})
	}
}

func TestTwoDoctorsAtOnce(t *testing.T) {
	t.Parallel()
	h := open(t)
	p := h.patient(t)
	one, two := h.signIn(t, marchand), h.signIn(t, benali)
	declare(one, p)
	forms := []*webtest.Form{
		injected(one.Get(address(p, dose1)).Form("lot")),
		injected(two.Get(address(p, dose1)).Form("lot")).Fill("lot", "EJ6796", "performer_self", "no",
			"performer_family_name", "Petit", "performer_given_name", "Zoé"),
	}
	answers := together(forms, []*webtest.Browser{one, two})
	won := 0
	if answers[1].Status == http.StatusOK {
		won = 1
	}
	lots := []string{registrytest.KnownLot, "EJ6796"}
	answers[won].Want(http.StatusOK, "Synthèse", lots[won])
	loser := answers[1-won].Want(http.StatusConflict, "déjà enregistrée", "Voici ce qui est enregistré", lots[won], "Votre saisie, non enregistrée", lots[1-won])
	if won == 0 {
		loser.Want(http.StatusConflict, "Petit", "Zoé")
	}
	if r := h.record(t, p.ID); len(r.FirstDoses) != 1 {
		t.Errorf("%d doses", len(r.FirstDoses))
	}
}

func TestStepsOutOfOrder(t *testing.T) {
	t.Parallel()
	h := open(t)
	p := h.patient(t)
	b := h.signIn(t, marchand)
	for _, step := range []string{dose1, dose2} {
		b.Get(address(p, step)).Want(http.StatusForbidden, "doit d’abord être")
		b.Post(address(p, step), url.Values{"chercher": {"lot"}, "lot": {"EJ"}}).Want(http.StatusForbidden, "doit d’abord être")
		b.Post(address(p, step), url.Values{"vaccine": {registrytest.Comirnaty}}).Want(http.StatusForbidden, "doit d’abord être")
		b.Get(address(p, step+"/annuler")).Want(http.StatusForbidden, "n’est pas enregistrée")
		b.Get(address(p, step+"/versions")).Want(http.StatusOK, "Rien n’a été enregistré")
	}
	b.Get(address(p, eligibility+"/synthese.csv")).Want(http.StatusNotFound, "pas encore de synthèse")
}
