package registry_test

import (
	"strings"
	"testing"

	"vaccin/internal/registry"
	rt "vaccin/internal/registry/registrytest"
)

// glycines is the place of rt.DoseRequest, whose last day is the one given.
func glycines(w *world, id, lastDay string) {
	w.Helper()
	place := registry.VaccinationPlace{}
	for _, p := range rt.Places() {
		if p.Label == rt.DoseRequest().Place {
			place = p
		}
	}
	if id != "" {
		place.ID = id
	}
	if lastDay != "" {
		place.Closed = registry.MustDate(lastDay)
	}
	change := registry.ReferenceChange{Places: []registry.VaccinationPlace{place}}
	if err := w.store.ImportReference(background, change, w.g.ImportEvent(rt.Doctor("Martin"), 1, "digest")); err != nil {
		w.Fatal(err)
	}
}

// A place that had closed is refused for later doses, also when its label is typed by hand.
func TestAPlaceThatHadClosedIsRefused(t *testing.T) {
	for _, tt := range []struct {
		name, lastDay, otherEdition string
		refused                     bool
	}{
		{"the day before", "2021-01-31", "", true},
		{"that day is the last", "2021-02-01", "", false},
		{"later", "2021-06-30", "", false},
		{"the day before, and open in another edition of the list", "2021-01-31", "DATAGOUV:1", false},
	} {
		d := firstDosing(t)
		glycines(d.world, "", tt.lastDay)
		if tt.otherEdition != "" {
			glycines(d.world, tt.otherEdition, "")
		}
		got, _, err := d.decide(rt.DoseRequest())
		if !tt.refused {
			if err != nil || tt.otherEdition != "" && got.Location.PlaceID != tt.otherEdition {
				t.Errorf("%s: error %v, place %s", tt.name, err, got.Location.PlaceID)
			}
			continue
		}
		said := sentences(t, err, registry.KindInvalid)
		if !strings.HasPrefix(said[registry.FieldPlace], "Ce lieu a fermé le 31/01/2021.") || len(said) != 1 {
			t.Errorf("%s: %v", tt.name, said)
		}
	}
}

// A dose recorded at a place that the list says closed since is modified in all but its day.
func TestADoseAtAPlaceThatHadClosedCanBeModified(t *testing.T) {
	d := firstDosing(t)
	d.world.first(d.by)
	glycines(d.world, "", "2021-01-30")
	req := rt.DoseRequest()
	req.Lot = "EJ6796"
	if got, _, err := d.decide(req); err != nil || got.LotNumber != "EJ6796" {
		t.Errorf("its lot: %v", err)
	}
	req.Occurrence = "31/01/2021"
	_, _, err := d.decide(req)
	if said := sentences(t, err, registry.KindInvalid); said[registry.FieldPlace] == "" {
		t.Errorf("a day on which it was closed: %v", said)
	}
	req.Occurrence = "30/01/2021"
	if _, _, err := d.decide(req); err != nil {
		t.Errorf("a day on which it was open: %v", err)
	}
}
