package webtest_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"vaccin/internal/registry"
	"vaccin/internal/web/webtest"
)

// The campaign managers of the simulated provider, as pages name them.
const (
	leaNamed  = "Léa ROLLAND, le"
	hugoNamed = "Hugo MASSON, le"
	hugoID    = "agent:00000000-0000-4000-8000-campagne-2"
)

func TestAgentsReadWhoDidWhatByName(t *testing.T) {
	t.Parallel()
	h := open(t)
	first, second := managers(t, h)
	h.ofSeventyFive(t, 1, "75011")
	campaignForm(first, "nommee").Send(first).Want(http.StatusOK)
	mine, theirs := first.Get("/campagnes/nommee/modifier").Form("name"), second.Get("/campagnes/nommee/modifier").Form("name")
	theirs.Send(second).Want(http.StatusOK)
	if saved := mine.Send(first).Want(http.StatusConflict).Row("saved"); !strings.HasPrefix(saved, hugoNamed) {
		t.Errorf("saved by %q", saved)
	}
	confirmed(first, first.Get("/campagnes/nommee/cibler")).Want(http.StatusOK)
	h.work(t)
	rows := func(page *webtest.Page, prepared, approved string) {
		t.Helper()
		if !strings.HasPrefix(page.Row("prepared"), prepared) || !strings.HasPrefix(page.Row("approved"), approved) {
			t.Errorf("%s: prepared by %q, approved by %q", page.URL.Path, page.Row("prepared"), page.Row("approved"))
		}
	}
	rows(first.Get("/ciblages/1"), "Vous, le", "")
	rows(second.Get("/ciblages/1"), leaNamed, "")
	ask := second.Get("/ciblages/1/approuver").Want(http.StatusOK, "Préparé par")
	rows(ask, leaNamed, "")
	for _, path := range []string{"/ciblages", "/campagnes"} {
		second.Get(path).Want(http.StatusOK, leaNamed)
	}
	confirmed(second, ask).Want(http.StatusOK)
	rows(first.Get("/ciblages/1/abandonner"), "Vous, le", hugoNamed)
	h.work(t)
	asked := second.Get("/ciblages/1/envois").Form("kind").Send(second).Want(http.StatusOK)
	h.letters(t)
	second.Get(asked.URL.Path + "/lettres").Want(http.StatusOK)
	batch := first.Get(asked.URL.Path)
	if !strings.HasPrefix(batch.Row("asked"), hugoNamed) || !strings.HasPrefix(batch.Row("delivery1"), hugoNamed) {
		t.Errorf("asked for by %q, handed over to %q", batch.Row("asked"), batch.Row("delivery1"))
	}
	first.Get("/ciblages/1/envois").Want(http.StatusOK, hugoNamed)

	// The officer too, on the page, in the file and beside one entry; they go on looking by the identifier.
	officer := h.as(t, registry.RoleDataProtection)
	found := consult(officer, registry.FieldProfessional, hugoID).Want(http.StatusOK, "Hugo MASSON ("+hugoID+")", "Approbation du ciblage").Not("ROLLAND")
	if file := officer.Get(found.Link("Télécharger ces entrées")).Body; !strings.Contains(file, ";"+hugoID+";Hugo MASSON;") {
		t.Error("the file does not name who did it")
	}
	entry := officer.Get(found.Link("01/02/2021")).Want(http.StatusOK)
	if who := entry.Row("who"); who != "Hugo MASSON ("+hugoID+")" {
		t.Errorf("who: %q", who)
	}
	entry.Form(registry.FieldProfessional).Send(officer).Want(http.StatusOK, "Approbation du ciblage")
}

// Two agents of one name are still told apart: whoever approves is told which of them prepared.
func TestNamesakesAreToldApart(t *testing.T) {
	t.Parallel()
	h := open(t)
	first, second := managers(t, h)
	campaignForm(first, "homonymes").Send(first).Want(http.StatusOK)
	confirmed(first, first.Get("/campagnes/homonymes/cibler")).Want(http.StatusOK)
	now := h.clock.Now()
	namesake := registry.Agent{ID: "agent:autre", FamilyName: "Rolland", GivenName: "Léa", SeenAt: now}
	if err := h.store.KeepAgent(t.Context(), namesake, now); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/campagnes", "/ciblages", "/ciblages/1", "/ciblages/1/abandonner"} {
		second.Get(path).Want(http.StatusOK, "Léa ROLLAND (agent:00000000-0000-4000-8000-campagne), le")
	}
	if mine := first.Get("/ciblages/1").Row("prepared"); !strings.HasPrefix(mine, "Vous, le") {
		t.Errorf("to who prepared it: %q", mine)
	}
}

func TestWhoIsNotKnownIsAnIdentifierAlone(t *testing.T) {
	t.Parallel()
	h := open(t)
	manager, _ := managers(t, h)
	run := registry.Run{Campaign: registry.Campaign{ID: "c", Name: "C", Phase: "P", Opens: registry.MustDate("2021-02-01")}, PreparedBy: "operator:ops", PreparedAt: h.clock.Now()}
	event := registry.Event{At: h.clock.Now(), Action: registry.ActionPrepareRun}
	if _, err := h.store.PrepareRun(t.Context(), run, event); err != nil {
		t.Fatal(err)
	}
	if err := h.store.KeepAgent(t.Context(), registry.Agent{ID: "agent:anonyme", SeenAt: h.clock.Now()}, h.clock.Now()); err != nil {
		t.Fatal(err) // whose provider tells no name: nobody else is without one for that
	}
	if got := manager.Get("/ciblages/1").Row("prepared"); !strings.HasPrefix(got, "operator:ops, le") {
		t.Errorf("prepared by %q", got)
	}
}

// TestAnAgentIsKnownByTheNameOfTheirLastSignIn has someone change their name, and looks at what is written when they come again.
func TestAnAgentIsKnownByTheNameOfTheirLastSignIn(t *testing.T) {
	t.Parallel()
	h := open(t)
	first, second := managers(t, h)
	campaignForm(first, "renommee").Send(first).Want(http.StatusOK)
	confirmed(first, first.Get("/campagnes/renommee/cibler")).Want(http.StatusOK)
	known := func() registry.Agent {
		t.Helper()
		all, err := h.store.Agents(t.Context())
		if err != nil || len(all) != 2 {
			t.Fatalf("%d agents, %v", len(all), err)
		}
		return all[0]
	}
	now := h.clock.Now()
	want := registry.Agent{ID: "agent:00000000-0000-4000-8000-campagne", FamilyName: "ROLLAND", GivenName: "Léa", SeenAt: now.UTC()}
	if got := known(); got != want {
		t.Errorf("known is %+v", got)
	}
	former := want
	former.FamilyName = "Ancien"
	if err := h.store.KeepAgent(t.Context(), former, now); err != nil {
		t.Fatal(err)
	}
	second.Get("/ciblages/1").Want(http.StatusOK, "Léa ANCIEN, le")
	h.clock.Set(now.Add(time.Hour))
	want.SeenAt = h.clock.Now().UTC()
	h.agent(t, "campagne")
	second.Get("/ciblages/1").Want(http.StatusOK, leaNamed)
	h.clock.Set(now.Add(2 * time.Hour))
	h.agent(t, "campagne")
	if got := known(); got != want {
		t.Errorf("within a day known is %+v", got)
	}
	h.clock.Set(now.Add(26 * time.Hour))
	want.SeenAt = h.clock.Now().UTC()
	h.agent(t, "campagne")
	if got := known(); got != want {
		t.Errorf("a day later known is %+v", got)
	}
}

func TestWhenAgentsCannotBeKeptOrRead(t *testing.T) {
	t.Parallel()
	h := open(t)
	manager, _ := managers(t, h)
	officer := h.as(t, registry.RoleDataProtection)
	campaignForm(manager, "panne").Send(manager).Want(http.StatusOK)
	confirmed(manager, manager.Get("/campagnes/panne/cibler")).Want(http.StatusOK)
	searched := consult(officer).Want(http.StatusOK)
	h.failing.Fail("Agents", errDisk)
	for _, path := range []string{"/campagnes", "/campagnes/panne/cibler", "/ciblages", "/ciblages/1", "/ciblages/1/abandonner", "/ciblages/1/envois"} {
		manager.Get(path).Want(http.StatusInternalServerError).Not("sector")
	}
	for _, address := range []string{searched.URL.RequestURI(), searched.Link("01/02/2021"), searched.Link("Télécharger ces entrées")} {
		officer.Get(address).Want(http.StatusInternalServerError).Not("sector")
	}
	h.failing.Fail("Agents", nil)
	h.failing.Fail("KeepAgent", errDisk)
	late := webtest.NewBrowser(t, h.base)
	h.enter(late, "assistance", "/connexion/agents").Want(http.StatusInternalServerError).Not("sector", "CARON")
	if page := late.Get("/recherche"); page.Status == http.StatusOK && page.Says("Inès") {
		t.Error("they are signed in all the same")
	}
}
