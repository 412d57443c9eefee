package storetest

import (
	"vaccin/internal/nir"
	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
)

var readTests = group{
	"facts hold what is asked and leave no event": facts,
	"facts of no record":                          factsOfNone,
	"a record is read with its event":             readWithEvent,
	"no record is read with its event":            readNone,
	"a code finds its record":                     findByCode,
	"a record tells the day of a death":           recordOfTheDead,
	"a NIR finds those attached, each once":       findByNIR,
	"a NIR that nobody has":                       findByUnknownNIR,
	"a key finds its record without an event":     findByKey,
	"a read without an event shows nothing":       readWithoutEvent,
}

func facts(e *env) {
	id := e.eligible()
	logged := e.logged(func() {
		got, err := e.store.Facts(e.ctx, id, registry.Wanted{
			Lot: registrytest.KnownLot, PlaceType: registrytest.PlaceEHPAD,
			PlaceLabel: "75011 PARIS – Ehpad les glycines", LocalityLabel: "42000 saint etienne",
		})
		e.ok(err)
		e.equal("the facts", got, registry.Facts{
			Record: e.record(id), LotVaccines: []string{registrytest.Comirnaty},
			Places: registrytest.Places()[:1], Localities: registrytest.Localities()[1:2],
		})
		got, err = e.store.Facts(e.ctx, id, registry.Wanted{PlaceType: registrytest.PlaceEHPAD})
		e.ok(err)
		e.equal("facts of nothing asked", got, registry.Facts{Record: e.record(id)})
		got, err = e.store.Facts(e.ctx, id, registry.Wanted{
			Lot: "NOT-THERE", PlaceType: registrytest.PlaceCentre, PlaceLabel: registrytest.Places()[0].Label, LocalityLabel: "75011",
		})
		e.ok(err)
		e.equal("facts of what is not there", got, registry.Facts{Record: e.record(id)})
	})
	e.equal("the log", logged, []registry.Event{})

	e.importReference(registry.ReferenceChange{Lots: []registry.Lot{{VaccineCode: registrytest.Moderna, Number: registrytest.KnownLot}}})
	got, err := e.store.Facts(e.ctx, id, registry.Wanted{Lot: registrytest.KnownLot})
	e.ok(err)
	e.equal("the vaccines of a lot number", got.LotVaccines, []string{registrytest.Comirnaty, registrytest.Moderna})
}

func factsOfNone(e *env) {
	got, err := e.store.Facts(e.ctx, "nobody", registry.Wanted{Lot: registrytest.KnownLot})
	e.fails(err, registry.ErrNoRecord)
	e.equal("the facts", got, registry.Facts{})
}

// with returns an event as a read writes it.
func with(event registry.Event, outcome registry.Outcome, id registry.RecordID) registry.Event {
	event.Outcome, event.Record = outcome, id
	return event
}

func readWithEvent(e *env) {
	id := e.eligible()
	event := with(e.event(registry.ActionRead), registry.OutcomeFound, id)
	logged := e.logged(func() {
		got, err := e.store.Read(e.ctx, id, event)
		e.ok(err)
		e.equal("the record", got, e.record(id))
	})
	e.equal("the log", logged, []registry.Event{event})
}

func readNone(e *env) {
	event := with(e.event(registry.ActionRead), registry.OutcomeFound, "nobody")
	logged := e.logged(func() {
		got, err := e.store.Read(e.ctx, "nobody", event)
		e.fails(err, registry.ErrNoRecord)
		e.equal("the record", got, registry.Record{})
	})
	e.equal("the log", logged, []registry.Event{with(event, registry.OutcomeNothing, "")})
}

func findByCode(e *env) {
	p, uncoded := e.person(true), e.person(false)
	e.imported(p, uncoded)
	event := e.event(registry.ActionSearchCode)
	logged := e.logged(func() {
		got, err := e.store.FindByCode(e.ctx, p.Code, event, registry.Toll{})
		e.ok(err)
		e.equal("the record", got, e.record(p.ID))
		for _, code := range []registry.TargetCode{p.Code + 1, 0} {
			got, err := e.store.FindByCode(e.ctx, code, event, registry.Toll{})
			e.fails(err, registry.ErrNoRecord)
			e.equal("the record", got, registry.Record{})
		}
	})
	nothing := with(event, registry.OutcomeNothing, "")
	e.equal("the log", logged, []registry.Event{with(event, registry.OutcomeFound, p.ID), nothing, nothing})
}

func recordOfTheDead(e *env) {
	dead, alive := e.person(true), e.person(true)
	dead.Insured.Died = registry.MustDate("2021-01-09")
	e.imported(dead, alive)
	for _, p := range []registry.ImportedPerson{dead, alive} {
		got, err := e.store.FindByCode(e.ctx, p.Code, e.event(registry.ActionSearchCode), registry.Toll{})
		e.ok(err)
		e.equal("the day of the death", got.Died, p.Insured.Died)
		e.equal("the day of the death among the facts", e.record(p.ID).Died, p.Insured.Died)
	}
}

// findByNIR has a holder, a twin of the holder's children under the holder's NIR, and someone who has the
// same number as their own under another holder.
func findByNIR(e *env) {
	holder := e.person(true)
	number := holder.Patient.Holder
	twin := func(rank int, born string) registry.ImportedPerson {
		p := e.person(false)
		p.Patient.Holder, p.Patient.Own, p.Patient.BirthRank = number, nir.Number{}, rank
		p.Patient.BirthDate = registry.BirthDateOf(registry.MustDate(born))
		return p
	}
	second, first, older := twin(2, "2005-02-03"), twin(1, "2005-02-03"), twin(1, "1944-01-01")
	elsewhere, stranger := e.person(false), e.person(false)
	elsewhere.Patient.Own = number
	elsewhere.Patient.BirthDate = registry.BirthDateOf(registry.MustDate("2010-01-01"))
	e.imported(second, elsewhere, holder, first, stranger, older)

	event := e.event(registry.ActionSearchNIR)
	logged := e.logged(func() {
		got, err := e.store.FindByNIR(e.ctx, number, event, registry.Toll{})
		e.ok(err)
		want := []registry.Record{}
		for _, p := range []registry.ImportedPerson{older, holder, first, second, elsewhere} {
			want = append(want, e.record(p.ID))
		}
		e.equal("those attached", got, want)
	})
	want := []registry.Event{}
	for _, p := range []registry.ImportedPerson{older, holder, first, second, elsewhere} {
		want = append(want, with(event, registry.OutcomeFound, p.ID))
	}
	e.equal("the log", logged, want)
}

func findByUnknownNIR(e *env) {
	e.newRecord()
	without := e.person(false)
	without.Patient.Own = nir.Number{}
	e.imported(without)
	event := e.event(registry.ActionSearchNIR)
	for _, number := range []nir.Number{registrytest.NIR(999), {}} {
		logged := e.logged(func() {
			got, err := e.store.FindByNIR(e.ctx, number, event, registry.Toll{})
			e.ok(err)
			e.equal("the number found", len(got), 0)
		})
		e.equal("the log", logged, []registry.Event{with(event, registry.OutcomeNothing, "")})
	}
}

func findByKey(e *env) {
	p := e.person(true)
	p.Patient.Own = registrytest.NIR(998)
	e.imported(p)
	key := p.Patient
	logged := e.logged(func() {
		id, err := e.store.FindByKey(e.ctx, key.Holder, key.BirthDate, key.BirthRank)
		e.ok(err)
		e.equal("the record", id, p.ID)
		_, err = e.store.FindByKey(e.ctx, key.Holder, key.BirthDate, key.BirthRank+1)
		e.fails(err, registry.ErrNoRecord)
		id, err = e.store.FindByKey(e.ctx, key.Own, key.BirthDate, key.BirthRank+1)
		e.ok(err)
		e.equal("the record of one's own number", id, p.ID)
		_, err = e.store.FindByKey(e.ctx, registrytest.NIR(999), key.BirthDate, key.BirthRank)
		e.fails(err, registry.ErrNoRecord)
		_, err = e.store.FindByKey(e.ctx, key.Holder, registry.BirthDateOf(registry.MustDate("1945-06-16")), key.BirthRank)
		e.fails(err, registry.ErrNoRecord)
	})
	e.equal("the log", logged, []registry.Event{})
}

func readWithoutEvent(e *env) {
	p := e.person(true)
	e.imported(p)
	logged := e.logged(func() {
		r, err := e.store.Read(e.ctx, p.ID, registry.Event{})
		e.fails(err)
		e.equal("the record", r, registry.Record{})
		r, err = e.store.FindByCode(e.ctx, p.Code, registry.Event{}, registry.Toll{})
		e.fails(err)
		e.equal("the record", r, registry.Record{})
		all, err := e.store.FindByNIR(e.ctx, p.Patient.Holder, registry.Event{}, registry.Toll{})
		e.fails(err)
		e.equal("the number found", len(all), 0)
	})
	e.equal("the log", logged, []registry.Event{})
}
