package registry_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"vaccin/internal/registry"
	rt "vaccin/internal/registry/registrytest"
)

// asking notes what is asked for beside records.
type asking struct {
	registry.Store
	asked []registry.Wanted
}

func (a *asking) Facts(ctx context.Context, id registry.RecordID, want registry.Wanted) (registry.Facts, error) {
	a.asked = append(a.asked, want)
	return a.Store.Facts(ctx, id, want)
}

// TestLotsAndPlacesAreReadOnceInAWhile: what one dose found serves the next for ten seconds, and decides it alike;
// what was not found is asked for each time.
func TestLotsAndPlacesAreReadOnceInAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		store := &asking{Store: w.g.Store}
		w.g.Store = store
		by := rt.Doctor("Martin")
		ids := []registry.RecordID{w.id}
		for i := 2; i <= 4; i++ {
			ids = append(ids, w.store.Add(registry.RecordID(rune('a'+i)), rt.Patient(i), 0))
		}
		dose := func(id registry.RecordID, req registry.DoseRequest) (registry.Done, error) {
			w.id = id
			if w.record().Version == 1 {
				w.eligible(by)
			}
			store.asked = nil
			return w.g.RecordDose(background, w.act(by, registry.StepFirstDose), req)
		}
		all, nothing := registry.Wanted{
			Lot: rt.KnownLot, PlaceType: rt.PlaceEHPAD, PlaceLabel: rt.DoseRequest().Place,
		}, registry.Wanted{}

		unknown := rt.DoseRequest()
		unknown.Lot, unknown.Place = "ZZ0000", "75011 Paris – EHPAD Inconnu"
		for range 2 {
			if _, err := dose(ids[0], unknown); err == nil {
				t.Fatal("an unknown place is accepted")
			}
			if len(store.asked) != 1 || store.asked[0].Lot != "ZZ0000" || store.asked[0].PlaceLabel != unknown.Place {
				t.Errorf("of what is not known, %v is asked", store.asked)
			}
		}
		for i, want := range []registry.Wanted{all, nothing, nothing, all} {
			if i == 3 {
				time.Sleep(11 * time.Second)
			}
			done, err := dose(ids[i], rt.DoseRequest())
			if err != nil {
				t.Fatalf("dose %d: %v", i+1, err)
			}
			if len(store.asked) != 1 || store.asked[0] != want {
				t.Errorf("dose %d: %v is asked, want %v", i+1, store.asked, want)
			}
			kept := done.Record.FirstDoses[0].Versions[0].Content
			if kept.LotNumber != rt.KnownLot || kept.Location.PlaceID == "" {
				t.Errorf("dose %d is kept as %v", i+1, kept)
			}
		}
	})
}
