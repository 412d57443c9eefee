package storetest

import (
	"cmp"
	"slices"

	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
)

var referenceTests = group{
	"reference data is kept whole":                     referenceIsWhole,
	"an import twice changes nothing":                  referenceTwice,
	"an import replaces the rows of the same key":      referenceReplaced,
	"an import writes its event":                       referenceEvent,
	"an import with a row that cannot be kept is none": referenceRefused,
	"places of practice, in their order":               practicePlaces,
}

// sorted puts the kinds whose order is not kept in one order.
func sorted(ref registry.Reference) registry.Reference {
	slices.SortFunc(ref.Schedules, func(a, b registry.Schedule) int {
		return cmp.Or(cmp.Compare(a.VaccineCode, b.VaccineCode), cmp.Compare(a.From.String(), b.From.String()))
	})
	slices.SortFunc(ref.Openings, func(a, b registry.ProfessionOpening) int {
		return cmp.Or(cmp.Compare(a.Profession, b.Profession), cmp.Compare(a.From.String(), b.From.String()))
	})
	return ref
}

func (e *env) reference() registry.Reference {
	e.Helper()
	ref, err := e.store.Reference(e.ctx)
	e.ok(err)
	return sorted(ref)
}

func referenceIsWhole(e *env) {
	e.equal("what was imported", e.reference(), sorted(registrytest.Reference()))

	change := registry.ReferenceChange{
		Vaccines: make([]registry.Vaccine, 1), Schedules: make([]registry.Schedule, 1), Sites: make([]registry.InjectionSite, 1),
		PlaceTypes: make([]registry.PlaceType, 1), Activities: make([]registry.Activity, 1), Openings: make([]registry.ProfessionOpening, 1),
		ObjectionLimits: []registry.ObjectionLimit{{From: registry.MustDate("2021-05-15"), Step: registry.StepFirstDose}},
	}
	fill(&change.Vaccines[0])
	fill(&change.Schedules[0])
	fill(&change.Sites[0])
	fill(&change.PlaceTypes[0])
	fill(&change.Activities[0])
	fill(&change.Openings[0])
	e.importReference(change)
	want := registrytest.Reference()
	want.Vaccines = append(want.Vaccines, change.Vaccines...)
	want.Schedules = append(want.Schedules, change.Schedules...)
	want.Sites = append(want.Sites, change.Sites...)
	want.PlaceTypes = append(want.PlaceTypes, change.PlaceTypes...)
	want.Activities = append(want.Activities, change.Activities...)
	want.Openings = append(want.Openings, change.Openings...)
	want.ObjectionLimits = change.ObjectionLimits
	e.equal("what was added", e.reference(), sorted(want))
	change = registry.ReferenceChange{ObjectionLimits: []registry.ObjectionLimit{{From: change.ObjectionLimits[0].From}}}
	e.importReference(change)
	want.ObjectionLimits = change.ObjectionLimits
	e.equal("a limit replaced", e.reference(), sorted(want))
}

func referenceTwice(e *env) {
	before := e.reference()
	suggested := func() []any {
		localities, err := e.store.Localities(e.ctx, "", 100)
		e.ok(err)
		places, err := e.store.Places(e.ctx, registrytest.PlaceEHPAD, "", registry.MustDate("2021-02-01"), 100)
		e.ok(err)
		lots, err := e.store.Lots(e.ctx, registrytest.Comirnaty, "", 100)
		e.ok(err)
		return []any{localities, places, lots}
	}
	first := suggested()
	e.importReference(allReference())
	e.equal("the reference data", e.reference(), before)
	e.equal("the suggestions", suggested(), first)
}

func referenceReplaced(e *env) {
	want := registrytest.Reference()
	change := registry.ReferenceChange{
		Vaccines: want.Vaccines[1:2], Schedules: want.Schedules[:1], Sites: want.Sites[1:2], PlaceTypes: want.PlaceTypes[2:3],
		Activities: want.Activities[:1], Openings: want.Openings[:1],
	}
	change.Vaccines[0].Names = []registry.DatedName{{From: registry.MustDate("2021-01-06"), Name: "Un seul nom"}}
	change.Vaccines[0].MinimumAge = 12
	change.Schedules[0].Until, change.Schedules[0].Maximum = registry.Date{}, 50
	change.Sites[0].Label = "autre"
	change.PlaceTypes[0].Listed, change.PlaceTypes[0].Label = false, "autre"
	change.Activities[0].Label = "autre"
	change.Openings[0].Until = registry.MustDate("2022-01-01")
	e.importReference(change) // the slices are want's own: the rows changed are those expected
	e.equal("the reference data", e.reference(), sorted(want))

	l := registrytest.Localities()[1]
	l.Name, l.CommuneCode = "SAINT ETIENNE", "42999"
	e.importReference(registry.ReferenceChange{Localities: []registry.Locality{l}})
	found, err := e.store.Localities(e.ctx, "saint-et", 10)
	e.ok(err)
	e.equal("the locality", found, []registry.Locality{l})

	p := registrytest.Places()[0]
	p.Type, p.Name, p.Label, p.PostalCode = registrytest.PlaceCentre, "Les Roses", "69001 Lyon – Les Roses", "69001"
	p.Locality, p.Address = "Lyon", "ailleurs"
	e.importReference(registry.ReferenceChange{Places: []registry.VaccinationPlace{p}})
	e.placesFound(registrytest.PlaceEHPAD, "glycines")
	e.placesFound(registrytest.PlaceCentre, "glycines")
	e.placesFound(registrytest.PlaceCentre, "roses", p)
}

func referenceEvent(e *env) {
	event := e.event(registry.ActionImportReference)
	event.Count, event.Digest = 12, "digest of a file"
	e.clock.SetDay("2021-02-02")
	event.At = e.clock.Now()
	e.ok(e.store.ImportReference(e.ctx, registry.ReferenceChange{}, event))
	got, err := e.store.Events(e.ctx, registry.EventQuery{Limit: 1})
	e.ok(err)
	e.equal("the log", got, []registry.Event{event})
	e.fails(e.store.ImportReference(e.ctx, allReference(), registry.Event{}))
}

// referenceRefused has a good row beside each that cannot be kept: neither comes in.
func referenceRefused(e *env) {
	before := e.reference()
	good := []registry.InjectionSite{{Code: "new", Label: "new"}}
	event := e.event(registry.ActionImportReference)
	event.Digest = "refused"
	for name, change := range map[string]registry.ReferenceChange{
		"a vaccine never authorised": {Sites: good, Vaccines: []registry.Vaccine{{Code: "X", Doses: 2}}},
		"a name of no day": {Sites: good, Vaccines: []registry.Vaccine{
			{Code: "X", Doses: 2, AuthorisedOn: registry.MustDate("2021-01-01"), Names: []registry.DatedName{{Name: "x"}}},
		}},
		"a schedule of no day":         {Sites: good, Schedules: []registry.Schedule{{VaccineCode: "X"}}},
		"a limit of no day":            {Sites: good, ObjectionLimits: []registry.ObjectionLimit{{Step: registry.StepFirstDose}}},
		"an opening of no day":         {Sites: good, Openings: []registry.ProfessionOpening{{Profession: "10"}}},
		"a vaccine without a dose":     {Sites: good, Vaccines: []registry.Vaccine{{Code: "X", AuthorisedOn: registry.MustDate("2021-01-01")}}},
		"an import without its moment": {Sites: good},
	} {
		ev := event
		if name == "an import without its moment" {
			ev.At = registry.Event{}.At
		}
		if e.store.ImportReference(e.ctx, change, ev) == nil {
			e.Errorf("%s was accepted", name)
		}
	}
	e.equal("the reference data", e.reference(), before)
	all, err := e.store.Events(e.ctx, registry.EventQuery{Limit: 100})
	e.ok(err)
	e.equal("the number of imports logged", len(all), 1)
}

func practicePlaces(e *env) {
	const id = "810000000001"
	rows := make([]registry.PractitionerPlace, 3)
	n := 0
	for i, key := range []string{"c", "a", "b"} {
		fillNext(&rows[i], &n)
		rows[i].NationalID, rows[i].Place.ID = id, key
	}
	other := rows[0]
	other.NationalID = "810000000002"
	e.importReference(registry.ReferenceChange{PracticePlaces: append(rows[:3:3], other)})
	got, err := e.store.PracticePlaces(e.ctx, id)
	e.ok(err)
	e.equal("the places", got, []registry.PracticePlace{rows[0].Place, rows[1].Place, rows[2].Place})

	rows[1].Place.AMNumber = "999999999"
	last := rows[1]
	last.Place.ID = "d"
	e.importReference(registry.ReferenceChange{PracticePlaces: []registry.PractitionerPlace{last, rows[1]}})
	got, err = e.store.PracticePlaces(e.ctx, id)
	e.ok(err)
	e.equal("the places, one replaced and one new", got,
		[]registry.PracticePlace{rows[0].Place, rows[1].Place, rows[2].Place, last.Place})

	got, err = e.store.PracticePlaces(e.ctx, "nobody")
	e.ok(err)
	e.equal("the places of nobody", len(got), 0)
}
