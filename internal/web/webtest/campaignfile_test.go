package webtest_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vaccin/internal/referential"
)

// Each campaign has its file on its page and in the list, which says what stands.
func TestTheFileOfACampaignSaysWhatStands(t *testing.T) {
	t.Parallel()
	h := open(t)
	manager, other := managers(t, h)
	campaignForm(manager, "fichier-essai").Fill("closes", "31/3/2021", "0.departments", "2a, 75").Send(manager).Want(http.StatusOK)
	manager.Get("/campagnes/fichier-essai/modifier").Form("name").Fill("name", "Dite «\u00a0bis\u00a0» \"et\" \\").Send(manager).Want(http.StatusOK)
	for _, from := range []string{"/campagnes", "/campagnes/fichier-essai/modifier"} {
		link := "Fichier"
		if from != "/campagnes" {
			link = "Télécharger le fichier de cette campagne"
		}
		file := other.Get(other.Get(from).Link(link)).Want(http.StatusOK)
		if file.Header.Get("Content-Type") != "application/toml" || file.Header.Get("Content-Disposition") != `attachment; filename="fichier-essai.toml"` {
			t.Errorf("from %s it is sent as %v", from, file.Header)
		}
		s, err := referential.NewSource("f", strings.NewReader(file.Body))
		if err != nil {
			t.Fatal(err)
		}
		got, remarks, err := referential.ReadCampaign(s)
		if err != nil || len(remarks) > 0 {
			t.Fatal(err, remarks)
		}
		all, err := h.store.Campaigns(t.Context())
		if err != nil || len(all) != 1 || all[0].Version != 2 {
			t.Fatal(all, err)
		}
		if diff := cmp.Diff(all[0].Campaign, got); diff != "" {
			t.Error(diff)
		}
	}
}
