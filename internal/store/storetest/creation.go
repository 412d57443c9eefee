package storetest

import (
	"fmt"

	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
)

var creationTests = group{
	"a patient entered by hand is kept whole":                 registeredWhole,
	"of many registrations of one patient one holds":          registeredByMany,
	"who has the number as their own is not registered again": registeredUnderOwn,
	"an import looks at no number of one's own":               importLooksAtNoOwn,
	"an import keeps persons whole":                           importedWhole,
	"an import skips who is known":                            importSkips,
	"an import twice changes nothing":                         importTwice,
	"an import writes its event":                              importEvent,
	"an import of a code that is taken does nothing":          importCodeTaken,
	"a person without a holder is refused":                    importWithoutHolder,
}

// registrations are n captured registrations of one patient under n identifiers.
func (e *env) registrations(n int) []registry.Change {
	e.Helper()
	e.people++
	number := registrytest.NIR(e.people)
	return e.captured(func(g *registry.Registry) {
		for range n {
			_, _, err := g.Register(e.ctx, e.doctor, number, registrytest.RegistrationRequest())
			e.ok(err)
		}
	})
}

func registeredWhole(e *env) {
	change := e.registrations(1)[0].(registry.PatientRegistered)
	change.Patient.Own = registrytest.NIR(700)
	fill(&change.Patient.Contact)
	change.Patient.BirthDate, _ = registry.BirthDateFromDigits("19421901") // no day of the calendar
	change.Patient.BirthRank = 3
	logged := e.logged(func() { e.ok(e.store.Apply(e.ctx, change)) })
	e.equal("the record", e.record(change.Record()), registry.Record{ID: change.Record(), Version: 1, Patient: change.Patient})
	e.equal("the log", logged, []registry.Event{change.Event()})
}

func registeredByMany(e *env) {
	changes := e.registrations(50)
	logged := e.logged(func() {
		done := e.oneDone(e.atOnce(changes), registry.ErrPatientExists)
		c := changes[done].(registry.PatientRegistered)
		id, err := e.store.FindByKey(e.ctx, c.Patient.Holder, c.Patient.BirthDate, c.Patient.BirthRank)
		e.ok(err)
		e.equal("the record", id, c.Record())
	})
	e.equal("the number of events", len(logged), 1)
}

// registeredUnderOwn tries, fifty at once and under all ranks, to enter by hand someone who is known under
// another holder.
func registeredUnderOwn(e *env) {
	changes := e.registrations(50)
	for i := range changes {
		c := changes[i].(registry.PatientRegistered)
		c.Patient.BirthRank = 1 + i%9
		changes[i] = c
	}
	typed := changes[0].(registry.PatientRegistered).Patient
	known := e.person(false)
	known.Patient.Own, known.Patient.BirthDate = typed.Holder, typed.BirthDate
	e.imported(known)
	logged := e.logged(func() {
		for _, err := range e.atOnce(changes) {
			e.fails(err, registry.ErrPatientExists)
		}
	})
	e.equal("the log", logged, []registry.Event{})
	for rank := 1; rank <= 9; rank++ {
		id, err := e.store.FindByKey(e.ctx, typed.Holder, typed.BirthDate, rank)
		e.ok(err)
		e.equal("the record", id, known.ID)
	}
	child := changes[0].(registry.PatientRegistered)
	child.Patient.BirthDate = registry.BirthDateOf(registry.MustDate("2010-06-16"))
	e.ok(e.store.Apply(e.ctx, child))
}

// importLooksAtNoOwn imports someone under the number that another has as their own: the referential's key
// is holder, birth date and rank, and goes first.
func importLooksAtNoOwn(e *env) {
	known, keyed := e.person(false), e.person(false)
	known.Patient.Own, known.Patient.BirthDate = keyed.Patient.Holder, keyed.Patient.BirthDate
	e.imported(known)
	e.imported(keyed)
	id, err := e.store.FindByKey(e.ctx, keyed.Patient.Holder, keyed.Patient.BirthDate, keyed.Patient.BirthRank)
	e.ok(err)
	e.equal("the record", id, keyed.ID)
}

func importedWhole(e *env) {
	with, without := e.person(true), e.person(false)
	without.Patient.Own = registrytest.NIR(0)
	without.Patient.Own, without.Patient.Sex, without.Patient.Manual = registry.Patient{}.Own, registry.Male, true
	without.Patient.Contact = registry.Contact{}
	e.imported(with, without)
	for _, p := range []registry.ImportedPerson{with, without} {
		e.equal("the record", e.record(p.ID), registry.Record{ID: p.ID, Version: 1, Patient: p.Patient, Code: p.Code})
	}
}

func importSkips(e *env) {
	known := e.eligible()
	before := e.record(known)
	again := registry.ImportedPerson{ID: "another", Patient: before.Patient, Code: 4711}
	again.Patient.UsedName = "Changé"
	fresh := e.person(true)
	e.imported(again, fresh, fresh)
	e.equal("the record known before", e.record(known), before)
	e.equal("the new record", e.record(fresh.ID).Version, 1)
	_, err := e.store.Facts(e.ctx, "another", registry.Wanted{})
	e.fails(err, registry.ErrNoRecord)
	_, err = e.store.FindByCode(e.ctx, 4711, e.event(registry.ActionSearchCode), registry.Toll{})
	e.fails(err, registry.ErrNoRecord)
}

func importTwice(e *env) {
	persons := []registry.ImportedPerson{}
	for i := range 300 {
		persons = append(persons, e.person(i%2 == 0))
	}
	e.imported(persons...)
	e.imported(persons...)
	for _, p := range persons {
		e.equal("the record", e.record(p.ID), registry.Record{ID: p.ID, Version: 1, Patient: p.Patient, Code: p.Code})
	}
}

func importEvent(e *env) {
	persons := []registry.ImportedPerson{e.person(true), e.person(false)}
	logged := e.logged(func() { e.imported(persons...) })
	want := e.event(registry.ActionImportPersons)
	want.Count, want.Digest = 2, "digest"
	e.equal("the log", logged, []registry.Event{want})
}

func importCodeTaken(e *env) {
	bearer := e.person(true)
	e.imported(bearer)
	for name, codes := range map[string][2]registry.TargetCode{
		"by a record":       {99, bearer.Code},
		"by another person": {98, 98},
	} {
		first, second := e.person(false), e.person(false)
		first.Code, second.Code = codes[0], codes[1]
		logged := e.logged(func() {
			err := e.registry.ImportPersons(e.ctx, e.doctor, []registry.ImportedPerson{first, second}, "digest")
			e.fails(err, registry.ErrCodeTaken)
		})
		e.equal("the log of a code taken "+name, logged, []registry.Event{})
		_, err := e.store.Facts(e.ctx, first.ID, registry.Wanted{})
		e.fails(err, registry.ErrNoRecord)
	}
}

func importWithoutHolder(e *env) {
	good, bad := e.person(true), e.person(true)
	bad.Patient.Holder = registry.Patient{}.Holder
	logged := e.logged(func() {
		e.fails(e.registry.ImportPersons(e.ctx, e.doctor, []registry.ImportedPerson{good, bad}, "digest"))
	})
	e.equal("the log", logged, []registry.Event{})
	if _, err := e.store.Facts(e.ctx, good.ID, registry.Wanted{}); err == nil {
		e.Error(fmt.Errorf("a person was imported of a change that was refused"))
	}
}
