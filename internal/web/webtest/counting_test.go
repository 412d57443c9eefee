package webtest_test

import (
	"net/http"
	"net/url"
	"strconv"
	"testing"

	"vaccin/internal/registry"
)

// One account does not keep what was approved waiting behind thousands of runs to count: once many wait, no other is prepared until some are
// counted. A form that made its run before leads to it all the same.
func TestNoMoreRunsArePreparedThanAreCountedInTime(t *testing.T) {
	t.Parallel()
	h := open(t)
	first, second := managers(t, h)
	h.ofSeventyFive(t, 1, "75011")
	campaignForm(first, "encore").Send(first).Want(http.StatusOK)
	ask := func(n int) url.Values { return url.Values{"from": {"1"}, "request": {"demande" + strconv.Itoa(n)}} }
	for n := range registry.CountingMost {
		first.Post("/campagnes/encore/cibler", ask(n)).Want(http.StatusOK, "Décompte en cours")
	}
	refused := second.Post("/campagnes/encore/cibler", ask(-1)).Want(http.StatusConflict, "Trop de ciblages attendent leur décompte")
	if to := refused.Link("la liste des ciblages"); to != "/ciblages" {
		t.Errorf("led to %q", to)
	}
	first.Post("/campagnes/encore/cibler", ask(0)).Want(http.StatusOK, "Ciblage n° 1 déjà préparé")
	if runs, err := h.store.OpenRuns(t.Context()); err != nil || len(runs) != registry.CountingMost {
		t.Errorf("%d runs, %v", len(runs), err)
	}
	h.work(t)
	second.Post("/campagnes/encore/cibler", ask(-1)).Want(http.StatusOK, "Ciblage n° "+strconv.Itoa(registry.CountingMost+1)+" préparé")
}
