package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
)

func isError(err, want error) bool { return errors.Is(err, want) }

var changeTests = group{
	"of many changes from one version one is applied": oneOfMany,
	"an overtaken change leaves nothing":              overtakenLeavesNothing,
	"a change to no record is overtaken":              changeToNoRecord,
	"a change writes its event":                       changeWritesItsEvent,
	"a change without an event is refused":            changeWithoutEvent,
	"a code that is taken leaves nothing":             codeTaken,
	"of many records one gets the code":               codeDrawnByMany,
	"every field of an eligibility is kept":           eligibilityIsWhole,
	"every field of a dose is kept":                   doseIsWhole,
	"every field of an annulment is kept":             annulmentIsWhole,
	"every field of an objection is kept":             objectionIsWhole,
	"an agreement lifts an objection, traced":         objectionLifted,
	"a change given up before it began is not done":   givenUp,
	"changes to many records at once":                 manyRecords,
}

// doses are n first doses of a record by n doctors, decided from the same version.
func (e *env) doses(id registry.RecordID, n int) []registry.Change {
	e.Helper()
	return e.captured(func(g *registry.Registry) {
		for i := range n {
			act := e.firstDose(id)
			act.By = registrytest.Doctor(fmt.Sprintf("Docteur %d", i))
			_, err := g.RecordDose(e.ctx, act, registrytest.DoseRequest())
			e.ok(err)
		}
	})
}

// atOnce applies changes from as many goroutines and returns the errors.
func (e *env) atOnce(changes []registry.Change) []error {
	errs := make([]error, len(changes))
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i, c := range changes {
		wg.Go(func() {
			<-start
			errs[i] = e.store.Apply(e.ctx, c)
		})
	}
	close(start)
	wg.Wait()
	return errs
}

// oneDone checks that one error is nil and every other the one given, and returns which.
func (e *env) oneDone(errs []error, others error) int {
	e.Helper()
	done := -1
	for i, err := range errs {
		switch {
		case err == nil && done < 0:
			done = i
		case err == nil:
			e.Fatalf("both %d and %d were applied", done, i)
		case !errors.Is(err, others):
			e.Fatalf("the error is %q, want %q", err, others)
		}
	}
	if done < 0 {
		e.Fatal("none was applied")
	}
	return done
}

func oneOfMany(e *env) {
	id := e.eligible()
	changes := e.doses(id, 50)
	logged := e.logged(func() {
		done := e.oneDone(e.atOnce(changes), registry.ErrOvertaken)
		r := e.record(id)
		want := changes[done].(registry.DoseRecorded)
		e.equal("the dose", r.FirstDoses, []registry.Entry[registry.Dose]{
			{Sequence: 1, Versions: []registry.Version[registry.Dose]{want.Version}},
		})
		e.equal("the version", r.Version, want.From()+1)
	})
	e.equal("the number of events", len(logged), 1)
}

func overtakenLeavesNothing(e *env) {
	id := e.eligible()
	late := e.doses(id, 1)[0]
	_, err := e.registry.RectifyEligibility(e.ctx, registry.Act{By: e.doctor, Record: id, From: 1}, registrytest.PaperRequest("Autre"))
	e.ok(err)
	before := e.record(id)
	logged := e.logged(func() { e.fails(e.store.Apply(e.ctx, late), registry.ErrOvertaken) })
	e.equal("the record", e.record(id), before)
	e.equal("the log", logged, []registry.Event{})
}

func changeToNoRecord(e *env) {
	elsewhere := registrytest.NewMemory()
	elsewhere.Add("nobody", e.patient(), 0)
	capture := &registrytest.Capture{Store: elsewhere}
	g := registrytest.NewRegistry(capture, e.clock)
	_, err := g.DeclareEligibility(e.ctx, e.act("nobody"), registrytest.EligibilityRequest())
	e.ok(err)
	logged := e.logged(func() { e.fails(e.store.Apply(e.ctx, capture.Take()[0]), registry.ErrOvertaken) })
	e.equal("the log", logged, []registry.Event{})
}

func changeWritesItsEvent(e *env) {
	id := e.eligible()
	change := e.doses(id, 1)[0]
	logged := e.logged(func() { e.ok(e.store.Apply(e.ctx, change)) })
	e.equal("the log", logged, []registry.Event{registry.HeadOf(change).Event()})
}

func changeWithoutEvent(e *env) {
	dose := registry.DoseRecorded{Step: registry.StepFirstDose, Sequence: 1}
	fill(&dose.Version)
	for name, change := range map[string]registry.Change{
		"nothing": nil, "registration": registry.PatientRegistered{Patient: e.patient()}, "dose": dose,
		"import": registry.PersonsImported{Persons: []registry.ImportedPerson{e.person(true)}},
	} {
		logged := e.logged(func() {
			if e.store.Apply(e.ctx, change) == nil {
				e.Errorf("%s was accepted", name)
			}
		})
		e.equal("the log", logged, []registry.Event{})
	}
	_, err := e.store.FindByKey(e.ctx, registrytest.NIR(1), registrytest.Patient(1).BirthDate, 1)
	e.fails(err, registry.ErrNoRecord)
}

// declarations are captured declarations of records, all with one code.
func (e *env) declarations(code registry.TargetCode, ids ...registry.RecordID) []registry.Change {
	e.Helper()
	all := e.captured(func(g *registry.Registry) {
		for _, id := range ids {
			_, err := g.DeclareEligibility(e.ctx, e.act(id), registrytest.EligibilityRequest())
			e.ok(err)
		}
	})
	for i := range all {
		c := all[i].(registry.EligibilityDeclared)
		c.Code = code
		all[i] = c
	}
	return all
}

func codeTaken(e *env) {
	bearer, id := e.person(true), e.newRecord()
	e.imported(bearer)
	before := e.record(id)
	change := e.declarations(bearer.Code, id)[0]
	logged := e.logged(func() { e.fails(e.store.Apply(e.ctx, change), registry.ErrCodeTaken) })
	e.equal("the record", e.record(id), before)
	e.equal("the log", logged, []registry.Event{})

	// Overtaken says more than taken: the code will be drawn anew anyway.
	_, err := e.registry.DeclareEligibility(e.ctx, e.act(id), registrytest.EligibilityRequest())
	e.ok(err)
	e.fails(e.store.Apply(e.ctx, change), registry.ErrOvertaken)
}

func codeDrawnByMany(e *env) {
	ids := []registry.RecordID{}
	for range 20 {
		ids = append(ids, e.newRecord())
	}
	changes := e.declarations(777, ids...)
	logged := e.logged(func() {
		done := e.oneDone(e.atOnce(changes), registry.ErrCodeTaken)
		found, err := e.store.FindByCode(e.ctx, 777, e.event(registry.ActionSearchCode), registry.Toll{})
		e.ok(err)
		e.equal("the bearer", found.ID, ids[done])
	})
	e.equal("the number of events", len(logged), 2)
}

func eligibilityIsWhole(e *env) {
	id := e.newRecord()
	change := e.declarations(4242, id)[0].(registry.EligibilityDeclared)
	fill(&change.Version)
	change.Version.Number = 1
	e.ok(e.store.Apply(e.ctx, change))
	r := e.record(id)
	e.equal("the declaration", r.Eligibilities, []registry.Entry[registry.Eligibility]{
		{Sequence: 1, Versions: []registry.Version[registry.Eligibility]{change.Version}},
	})
	e.equal("the code", r.Code.Compact(), registry.TargetCode(4242).Compact())
}

func doseIsWhole(e *env) {
	id := e.eligible()
	change := e.doses(id, 1)[0].(registry.DoseRecorded)
	fill(&change.Version)
	change.Version.Number = 1
	e.ok(e.store.Apply(e.ctx, change))
	e.equal("the dose", e.record(id).FirstDoses, []registry.Entry[registry.Dose]{
		{Sequence: 1, Versions: []registry.Version[registry.Dose]{change.Version}},
	})
}

func annulmentIsWhole(e *env) {
	id := e.eligible()
	change := e.captured(func(g *registry.Registry) {
		act := e.act(id)
		act.Reason = "erreur"
		_, err := g.Annul(e.ctx, act)
		e.ok(err)
	})[0].(registry.StepAnnulled)
	fill(&change.Annulment)
	e.ok(e.store.Apply(e.ctx, change))
	e.equal("the annulment", e.record(id).Eligibilities[0].Annulment, &change.Annulment)
}

// objection records by an agent that the person of a record objects.
func (e *env) objection(id registry.RecordID) {
	e.Helper()
	_, err := e.registry.RecordObjection(e.ctx, e.actOfAgent(id), saidByPhone)
	e.ok(err)
}

func (e *env) actOfAgent(id registry.RecordID) registry.Act {
	return registry.Act{By: registrytest.Support("Alex"), Record: id}
}

var saidByPhone = registry.ObjectionRequest{On: "01/02/2021", Channel: string(registry.ChannelPhone)}

func objectionIsWhole(e *env) {
	id := e.newRecord()
	made := e.captured(func(g *registry.Registry) {
		_, err := g.RecordObjection(e.ctx, e.actOfAgent(id), saidByPhone)
		e.ok(err)
	})[0].(registry.ObjectionRecorded)
	n := 0
	fillNext(&made.Objection.Made, &n)
	made.Objection.Made.On, made.Objection.Declared = registry.MustDate("2021-01-12"), 12
	e.ok(e.store.Apply(e.ctx, made))
	want := made.Objection
	e.equal("the objection", e.record(id).Objections, []registry.Objection{want})

	withdrawn := e.captured(func(g *registry.Registry) {
		_, err := g.WithdrawObjection(e.ctx, e.actOfAgent(id), saidByPhone)
		e.ok(err)
	})[0].(registry.ObjectionWithdrawn)
	fillNext(&withdrawn.Withdrawn, &n)
	e.ok(e.store.Apply(e.ctx, withdrawn))
	want.Withdrawn = &withdrawn.Withdrawn
	e.equal("the objection withdrawn", e.record(id).Objections, []registry.Objection{want})

	e.objection(id)
	e.equal("with another after it", len(e.record(id).Objections), 2)
	e.fails(e.store.Apply(e.ctx, withdrawn), registry.ErrOvertaken)
}

func objectionLifted(e *env) {
	id := e.newRecord()
	e.objection(id)
	change := e.captured(func(g *registry.Registry) {
		_, err := g.DeclareEligibility(e.ctx, e.act(id), registrytest.EligibilityRequest())
		e.ok(err)
	})[0]
	also, traced := registry.HeadOf(change).Also()
	e.equal("a second event", traced, true)
	e.equal("the log", e.logged(func() { e.ok(e.store.Apply(e.ctx, change)) }), []registry.Event{registry.HeadOf(change).Event(), also})
	e.equal("the log, overtaken", e.logged(func() { e.fails(e.store.Apply(e.ctx, change), registry.ErrOvertaken) }), []registry.Event{})
	e.equal("the objection", len(e.record(id).Objections), 1)
}

func givenUp(e *env) {
	id := e.eligible()
	change := e.doses(id, 1)[0]
	ended, cancel := context.WithCancel(e.ctx)
	cancel()
	before := e.record(id)
	logged := e.logged(func() { e.fails(e.store.Apply(ended, change)) })
	e.equal("the record", e.record(id), before)
	e.equal("the log", logged, []registry.Event{})
}

// manyRecords mixes changes that succeed and changes that do not: those that share a commit do not
// disturb one another.
func manyRecords(e *env) {
	const records = 30
	var changes []registry.Change
	ids := []registry.RecordID{}
	for range records {
		id := e.eligible()
		ids = append(ids, id)
		changes = append(changes, e.doses(id, 3)...)
	}
	logged := e.logged(func() {
		errs := e.atOnce(changes)
		for i := range records {
			e.oneDone(errs[3*i:3*i+3], registry.ErrOvertaken)
			e.equal("the number of doses", len(e.record(ids[i]).FirstDoses), 1)
		}
	})
	e.equal("the number of events", len(logged), records)
}
