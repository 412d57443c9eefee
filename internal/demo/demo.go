// Package demo invents a country for the demonstration and for tests: people whose NIRs, families,
// names and ages look true, doctors, vaccination places, lots, and a campaign under way up to a day.
// The campaign is played through the use cases of package registry on a clock that stands at each
// act's own time, so that nothing is in the store that the service would not have written itself.
//
// Everything here is invented from a seed. The package holds no real person's data and no secret, and
// the service itself never links it.
package demo

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"time"

	"vaccin/internal/referential"
	"vaccin/internal/registry"
)

// defaultPersons is the size of a country for which none is given.
const defaultPersons = 20_000

// DefaultToday is the business day of the demo for which none is given.
var DefaultToday = registry.MustDate("2021-02-01")

// Options say which country to invent. Zero values stand for the defaults.
type Options struct {
	Persons int           // 20,000; the cast of the cheat sheet is there in any case
	Seed    uint64        // the same seed, size and day make the same country
	Today   registry.Date // the campaign has run up to the day before
}

func (o Options) withDefaults() Options {
	if o.Persons <= 0 {
		o.Persons = defaultPersons
	}
	if o.Today.IsZero() {
		o.Today = DefaultToday
	}
	return o
}

// chunk is how many persons one change imports.
const chunk = 2_000

// ErrPopulated tells that the store holds a country of the demo already: acts cannot be played twice.
var ErrPopulated = errors.New("the store already holds a country of the demo")

// Populate fills a store with a country: the reference data that ship, if it has none, and then places,
// lots, doctors, people and the acts of the campaign. Only g's store is used: the clocks are those of
// the country. Memory does not grow with the number of persons.
func Populate(ctx context.Context, g *registry.Registry, reference registry.ReferenceStore, o Options) (Country, error) {
	o = o.withDefaults()
	began := time.Now()
	p, err := prepare(ctx, g.Store, reference, o)
	if err != nil {
		return Country{}, err
	}
	if err := p.populate(ctx); err != nil {
		return Country{}, err
	}
	stories := p.stories()
	if err := play(ctx, g.Store, stories); err != nil {
		return Country{}, err
	}
	p.country.conclude(p.roles, p.castMembers, stories)
	p.country.Took = time.Since(began)
	return p.country, nil
}

// population is the work of filling a store.
type population struct {
	options     Options
	setup       *registry.Registry // on the eve of the campaign
	set         *set
	gazetteer   *gazetteer
	numbers     *numbers
	codes       *codes
	roles       []role
	castMembers []resident
	candidates  *candidates
	quotas      []department
	glycines    *establishment
	country     Country

	pending []registry.ImportedPerson
	digest  hash.Hash // of the whole country
}

// operator is who imports.
var operator = registry.Actor{
	Role: registry.RoleSystem, Door: registry.DoorCommand, Practitioner: registry.Practitioner{NationalID: "DEMO"},
}

// newPopulation starts a country that has no places yet.
func newPopulation(store registry.Store, o Options) *population {
	eve := newWorker(store)
	day := campaignStart.AddDays(-1)
	eve.now = time.Date(day.Year, day.Month, day.Day, 20, 0, 0, 0, registry.ZoneOf(""))
	return &population{
		options: o, setup: eve.registry, numbers: newNumbers(), codes: newCodes(newChance(o.Seed, streamCodes)), roles: cast(),
		candidates: newCandidates(newChance(o.Seed, streamCampaign), o.Persons, o.Today), quotas: quotas(o.Persons),
		digest: sha256.New(), country: Country{Today: o.Today, States: map[registry.State]int{}},
	}
}

// prepare imports all that is not a person.
func prepare(ctx context.Context, store registry.Store, reference registry.ReferenceStore, o Options) (*population, error) {
	p := newPopulation(store, o)
	seeded := make(chan error, 1)
	go func() { // the store writes while the localities are sorted here
		_, err := referential.Seed(ctx, p.setup, reference, operator)
		seeded <- err
	}()
	var err error
	p.gazetteer, err = loadGazetteer()
	if err := errors.Join(<-seeded, err); err != nil {
		return nil, fmt.Errorf("seeding the demo: %w", err)
	}
	ref, err := store.Reference(ctx)
	if err != nil {
		return nil, fmt.Errorf("loading reference data: %w", err)
	}
	change, err := p.furnish(ref)
	if err != nil {
		return nil, err
	}
	digest := sha256.Sum256(fmt.Append(nil, change))
	event := p.setup.ImportEvent(operator, referential.Rows(change), hex.EncodeToString(digest[:]))
	if err := reference.ImportReference(ctx, change, event); err != nil {
		return nil, fmt.Errorf("importing the places, lots and doctors of the demo: %w", err)
	}
	return p, nil
}

// furnish invents the places, the lots and the doctors.
func (p *population) furnish(ref registry.Reference) (registry.ReferenceChange, error) {
	seed, change := p.options.Seed, registry.ReferenceChange{}
	places, err := inventPlaces(newChance(seed, streamPlaces), p.gazetteer)
	if err != nil {
		return change, err
	}
	doctors, err := inventStaff(newChance(seed, streamDoctors), p.gazetteer, p.options.Today)
	if err != nil {
		return change, err
	}
	change.Lots, change.PracticePlaces = inventLots(newChance(seed, streamLots), ref.Vaccines), doctors.places
	p.set = &set{
		seed: seed, today: p.options.Today, start: startOf(ref), ref: ref, staff: doctors,
		lots: map[string][]string{}, places: map[string][]establishment{},
	}
	for _, l := range change.Lots {
		p.set.lots[l.VaccineCode] = append(p.set.lots[l.VaccineCode], l.Number)
	}
	change.Points = p.gazetteer.points
	for _, e := range places {
		change.Places = append(change.Places, e.VaccinationPlace)
		p.set.places[e.department] = append(p.set.places[e.department], e)
	}
	p.glycines = &places[0]
	return change, nil
}

// stories are those of the cast, then those of the candidates.
func (p *population) stories() []*story {
	stories := p.set.rehearse(p.roles, p.castMembers)
	for _, who := range p.candidates.all() {
		stories = append(stories, p.set.ordinary(who))
	}
	return stories
}
