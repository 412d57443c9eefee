package webtest_test

import (
	"net/http"
	"strings"
	"testing"

	"vaccin/internal/registry"
	"vaccin/internal/web/webtest"
)

// Whoever is told to go back to a list finds it in that sentence, and may see it.
func TestWhatIsNotThereLeadsBackToItsList(t *testing.T) {
	t.Parallel()
	h := open(t)
	manager, other := managers(t, h)
	h.ofSeventyFive(t, 1, "75011")
	batches := h.runDone(t, manager, other)
	support, officer, doctor := h.as(t, registry.RoleSupport), h.as(t, registry.RoleDataProtection), h.signIn(t, marchand)
	nobody := strings.Repeat("f", 32)
	for _, c := range []struct {
		who                         *webtest.Browser
		address, says, words, leads string
	}{
		{manager, "/ciblages/9", "Revenez à la liste des ciblages", "la liste des ciblages", "/ciblages"},
		{manager, "/ciblages/9/envois", "Revenez à la liste des ciblages", "la liste des ciblages", "/ciblages"},
		{manager, "/ciblages/9/approuver", "Revenez à la liste des ciblages", "la liste des ciblages", "/ciblages"},
		{manager, "/campagnes/inconnue/modifier", "Revenez à la liste des campagnes", "la liste des campagnes", "/campagnes"},
		{manager, "/campagnes/inconnue/fichier", "Revenez à la liste des campagnes", "la liste des campagnes", "/campagnes"},
		{manager, "/campagnes/inconnue/cibler", "Revenez à la liste des campagnes", "la liste des campagnes", "/campagnes"},
		{manager, batches + "/9", "Revenez aux envois de ce ciblage", "envois de ce ciblage", batches},
		{manager, batches + "/9/lettres", "Revenez aux envois de ce ciblage", "envois de ce ciblage", batches},
		{manager, "/ciblages/suivi?ciblage=9", "Revenez au suivi de tous les ciblages", "suivi de tous les ciblages", "/ciblages/suivi"},
		{support, "/signalements/" + nobody, "Revenez à la liste des signalements", "la liste des signalements", "/signalements"},
		{support, "/rapprochements/x", "Revenez à la liste des rapprochements", "la liste des rapprochements", "/rapprochements"},
		{officer, "/journal/entree?entree=x", "Revenez au journal des accès", "journal des accès", "/journal"},
		{doctor, "/mes-actes/signaler", "Revenez à la liste de vos actes récents", "la liste de vos actes récents", "/mes-actes"},
	} {
		page := c.who.Get(c.address).Want(http.StatusNotFound, c.says)
		if led := page.Link(c.words); led != c.leads {
			t.Errorf("%s leads back to %q", c.address, led)
			continue
		}
		if !strings.Contains(page.Body, c.words+"</a>.") {
			t.Errorf("%s: the sentence does not go on after its link", c.address)
		}
		c.who.Get(c.leads).Want(http.StatusOK)
	}
	// Also where something changed in the meantime.
	if led := manager.Post("/ciblages/1/abandonner", nil).Want(http.StatusConflict, "Revenez à la liste des ciblages et vérifiez").Link("la liste des ciblages"); led != "/ciblages" {
		t.Errorf("a run that is over leads back to %q", led)
	}
}
