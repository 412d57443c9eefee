package web

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"vaccin/internal/registry"
)

// Whatever list a refusal names, its words are a link; words alone are none.
func TestARefusalLeadsToTheListThatItNames(t *testing.T) {
	r := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
	r.SetPathValue("run", "12")
	for list, address := range map[registry.List]string{
		registry.CampaignList: "/campagnes", registry.RunList: "/ciblages", registry.FollowUpList: "/ciblages/suivi", registry.BatchList: "/ciblages/12/envois",
		registry.MatchList: "/rapprochements", registry.ReportList: "/signalements", registry.OwnActList: "/mes-actes", registry.LogList: "/journal",
	} {
		want := said{"Cela n’existe pas. Revenez aux ", link{address, string(list)}, " et recommencez."}
		refusal := registry.NotFound("Cela n’existe pas. Revenez aux %s et recommencez.")
		if got := linked(r, refusal.Naming(list)); got != want {
			t.Errorf("%s: %+v", list, got)
		}
		unnamed := registry.NotFound(want.before + string(list) + want.after)
		if got := linked(r, unnamed); got != (said{before: unnamed.Message}) {
			t.Errorf("%s, in words alone: %+v", list, got)
		}
		if refusal.List != "" || registry.KindOf(refusal.Naming(list)) != registry.KindNotFound {
			t.Error("naming a list changes a refusal, or its kind")
		}
	}
}
