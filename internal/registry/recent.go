package registry

import (
	"context"
	"sync"
	"time"
)

// recent keeps what the last acts found in the referentials. In a campaign everybody names the few lots and places of the
// day: they are read once in referenceAge, as the small reference data are. What was not found is not kept: a
// lot imported a moment ago is there for the next form.
type recent struct {
	mu    sync.Mutex
	since time.Time
	lots  map[string][]string
	// places by type and label as the form has them, localities by label.
	places     map[[2]string][]VaccinationPlace
	localities map[string][]Locality
}

// recentLimit is the most answers of a kind that are kept.
const recentLimit = 10_000

// facts reads a record, and of what is wanted beside it only what is not known.
func (g *Registry) facts(ctx context.Context, id RecordID, want Wanted) (Facts, error) {
	known := g.recent.recall(want)
	ask := want
	if len(known.LotVaccines) > 0 {
		ask.Lot = ""
	}
	if len(known.Places) > 0 {
		ask.PlaceType, ask.PlaceLabel = "", ""
	}
	if len(known.Localities) > 0 {
		ask.LocalityLabel = ""
	}
	facts, err := g.Store.Facts(ctx, id, ask)
	if err != nil {
		return Facts{}, err
	}
	g.recent.keep(ask, facts)
	if ask.Lot == "" {
		facts.LotVaccines = known.LotVaccines
	}
	if ask.PlaceLabel == "" {
		facts.Places = known.Places
	}
	if ask.LocalityLabel == "" {
		facts.Localities = known.Localities
	}
	return facts, nil
}

// recall returns what is known of what is wanted.
func (r *recent) recall(want Wanted) (known Facts) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now := time.Now(); r.lots == nil || now.Sub(r.since) > referenceAge {
		r.since = now
		r.lots, r.places, r.localities = map[string][]string{}, map[[2]string][]VaccinationPlace{}, map[string][]Locality{}
	}
	known.LotVaccines = r.lots[want.Lot]
	known.Places = r.places[[2]string{want.PlaceType, want.PlaceLabel}]
	known.Localities = r.localities[want.LocalityLabel]
	return known
}

// keep keeps what was asked for and found.
func (r *recent) keep(ask Wanted, found Facts) {
	r.mu.Lock()
	defer r.mu.Unlock()
	keepIn(r.lots, ask.Lot, found.LotVaccines)
	keepIn(r.places, [2]string{ask.PlaceType, ask.PlaceLabel}, found.Places)
	keepIn(r.localities, ask.LocalityLabel, found.Localities)
}

func keepIn[K comparable, V any](kept map[K][]V, key K, found []V) {
	if len(found) > 0 && len(kept) < recentLimit {
		kept[key] = found
	}
}
