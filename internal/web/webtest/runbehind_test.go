package webtest_test

import (
	"context"
	"iter"
	"net/http"
	"testing"
	"time"

	"vaccin/internal/registry"
	"vaccin/internal/web/webtest"
)

// TestARunSaysThatItsCampaignWasChangedSince has a manager correct a campaign of which runs wait already: these keep what was wrong, and
// whoever saves, looks or approves is told.
func TestARunSaysThatItsCampaignWasChangedSince(t *testing.T) {
	t.Parallel()
	h := open(t)
	first, second := managers(t, h)
	h.ofSeventyFive(t, 2, "75011")
	campaignForm(first, "corrigee").Send(first).Want(http.StatusOK).Not("n’en tient pas compte")
	prepare := func() {
		t.Helper()
		confirmed(first, first.Get("/campagnes/corrigee/cibler")).Want(http.StatusOK)
		h.work(t)
	}
	change := func(pairs ...string) *webtest.Page {
		t.Helper()
		return first.Get("/campagnes/corrigee/modifier").Form("name").Fill(pairs...).Send(first).Want(http.StatusOK, "enregistrée")
	}
	const behind = "La campagne a été modifiée depuis que ce ciblage a été préparé : il n’en tient pas compte."

	prepare()
	for _, page := range []string{"/ciblages/1", "/ciblages/1/approuver"} {
		second.Get(page).Want(http.StatusOK, "75 ans ou plus").Not("modifiée depuis")
	}
	// No run goes by these: the last day is asked of the campaign as it stands.
	change("closes", "31/12/2021", "source", "Un autre avis", "rank", "2").Not("Le ciblage n°")
	second.Get("/ciblages/1").Want(http.StatusOK).Not("modifiée depuis")

	change("0.departments", "75").Want(http.StatusOK, "Le ciblage n° 1, déjà préparé, n’en tient pas compte : si la modification doit s’appliquer, abandonnez-le")
	for _, page := range []string{"/ciblages/1", "/ciblages/1/approuver"} {
		second.Get(page).Want(http.StatusOK, behind).Not("département 75")
	}
	prepare()
	second.Get("/ciblages/2").Want(http.StatusOK, "département 75").Not("modifiée depuis")
	change("opens", "1/2/2021").Want(http.StatusOK, "Les ciblages n° 1, n° 2, déjà préparés, n’en tiennent pas compte")

	// What is over, or gives codes already, is not to be given up.
	confirmed(first, first.Get("/ciblages/1/abandonner")).Want(http.StatusOK).Not("modifiée depuis")
	confirmed(second, second.Get("/ciblages/2/approuver").Want(http.StatusOK, behind)).Want(http.StatusOK, "Ciblage approuvé", behind)
	h.work(t)
	second.Get("/ciblages/2").Want(http.StatusOK, "2 personnes ont reçu un code").Not("modifiée depuis")
	change("opens", "2/2/2021").Not("n’en tient pas compte")
}

// TestARunSaysThatThePopulationWasImportedSince has a run wait for its approval while an import brings someone whom it concerns.
func TestARunSaysThatThePopulationWasImportedSince(t *testing.T) {
	t.Parallel()
	h := open(t)
	first, second := managers(t, h)
	known := h.ofSeventyFive(t, 1, "75011")[0]
	campaignForm(first, "attendue").Send(first).Want(http.StatusOK)
	confirmed(first, first.Get("/campagnes/attendue/cibler")).Want(http.StatusOK)
	h.work(t)
	const told = "Un import de la population s’est terminé depuis que ce ciblage a été préparé, le "
	pages := []string{"/ciblages/1", "/ciblages/1/approuver"}
	for _, page := range pages {
		second.Get(page).Want(http.StatusOK, "75 ans ou plus").Not("s’est terminé depuis")
	}

	h.clock.Set(h.clock.Now().Add(time.Hour))
	row := registry.InsuredRow{Line: 2, Patient: known.Patient, Insured: known.Insured}
	row.Patient.GivenNames = "Autre"
	importing := registry.New(h.store)
	importing.Security = h.clock.Now
	_, err := importing.ImportPopulation(t.Context(), operator, registry.PopulationFile{
		Digest: "00", Parts: 1, PartSize: 1, Lines: 2,
		Read: func(context.Context, int) iter.Seq2[registry.PopulationPart, error] {
			return func(yield func(registry.PopulationPart, error) bool) {
				yield(registry.PopulationPart{Last: 2, Rows: []registry.InsuredRow{row}}, nil)
			}
		},
	}, func(registry.PopulationProgress) {})
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range pages {
		second.Get(page).Want(http.StatusOK, told, "le nombre de personnes concernées peut avoir changé")
	}
	h.clock.Set(h.clock.Now().Add(time.Hour))
	confirmed(first, first.Get("/campagnes/attendue/cibler")).Want(http.StatusOK)
	h.work(t)
	second.Get("/ciblages/2").Want(http.StatusOK, "75 ans ou plus").Not("s’est terminé depuis")
	confirmed(second, second.Get("/ciblages/1/approuver")).Want(http.StatusOK, "Ciblage approuvé").Not("s’est terminé depuis")
}
