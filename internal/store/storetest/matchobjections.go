package storetest

import (
	"time"

	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
)

// Objections of two who turn out to be one person.

// anHourLater does something an hour later than what was done before.
func (e *env) anHourLater(do func(registry.RecordID), id registry.RecordID) {
	e.clock.Set(e.clock.Now().Add(time.Hour))
	do(id)
}

func (e *env) withdrawal(id registry.RecordID) {
	e.Helper()
	_, err := e.registry.WithdrawObjection(e.ctx, e.actOfAgent(id), saidByPhone)
	e.ok(err)
}

func (e *env) dose(id registry.RecordID) {
	e.Helper()
	_, err := e.registry.RecordDose(e.ctx, e.firstDose(id), registrytest.DoseRequest())
	e.ok(err)
}

// saidOrDone is an act on one of two records: the one that goes, or the other.
type saidOrDone struct {
	goes bool
	do   func(registry.RecordID)
}

// matchObjections: whatever was said under either record.
func matchObjections(e *env) {
	object, withdraw := e.objection, e.withdrawal
	e.joined(map[string][]saidOrDone{
		"one in force":                 {{true, object}},
		"one of the record that stays": {{false, object}},
		"one taken back":               {{true, object}, {true, withdraw}},
		"two":                          {{true, object}, {false, object}},
		"taken back where it goes":     {{false, object}, {true, object}, {true, withdraw}},
		"taken back where it stays":    {{true, object}, {false, object}, {false, withdraw}},
		"taken back under both":        {{false, object}, {false, withdraw}, {true, object}, {true, withdraw}},
		"several":                      {{true, object}, {true, withdraw}, {false, object}, {false, withdraw}, {true, object}},
	})
}

// matchObjectionsDeclared: and whatever was declared in the one that stays, before or after it.
func matchObjectionsDeclared(e *env) {
	object, withdraw, eligible, dose := e.objection, e.withdrawal, e.eligibleNow, e.dose
	e.joined(map[string][]saidOrDone{
		"after an agreement":            {{false, eligible}, {true, object}},
		"before an agreement":           {{true, object}, {false, eligible}},
		"lifted, and again":             {{false, object}, {false, eligible}, {true, object}, {true, withdraw}, {true, object}},
		"lifted, and taken back":        {{false, object}, {false, eligible}, {true, object}, {true, withdraw}},
		"with a dose":                   {{true, object}, {false, eligible}, {false, dose}},
		"lifted where it stays, before": {{true, object}, {false, object}, {false, eligible}},
	})
}

// joined sees what becomes of objections when two records are one person's.
func (e *env) joined(cases map[string][]saidOrDone) {
	e.Helper()
	for name, acts := range cases {
		hand, file, m := e.nursedInDoubt()
		run := e.runOf(elders())
		for _, a := range acts {
			if a.goes {
				e.anHourLater(a.do, file.ID)
			} else {
				e.anHourLater(a.do, hand.ID)
			}
		}
		before, gone := e.record(hand.ID), e.record(file.ID)
		want := before.WithObjectionsOf(gone)
		events := e.logged(func() { e.ok(e.decide(m, registry.MatchSame)) })
		e.isGone(file.ID)
		got := e.record(hand.ID)
		e.equal(name+": the objections", got.Objections, want.Objections)
		e.equal(name+": what was declared", got.Eligibilities, want.Eligibilities)
		e.equal(name+": whether they are left alone", e.leftAlone(run, hand.ID), want.Objects())
		if lifted := gone.Objects() && !want.Objects(); lifted {
			e.equal(name+": events", len(events), 3)
			e.equal(name+": the action", events[2].Action, registry.ActionLiftObjection)
			e.equal(name+": the record", events[2].Record, hand.ID)
		} else {
			e.equal(name+": events", len(events), 2)
		}
		// What was said goes on from there.
		if want.Objects() {
			e.anHourLater(e.withdrawal, hand.ID)
			e.equal(name+": taken back, whether they are left alone", e.leftAlone(run, hand.ID), false)
		} else if len(got.Eligibilities) == 0 {
			e.anHourLater(e.objection, hand.ID)
			e.equal(name+": said again, whether they are left alone", e.leftAlone(run, hand.ID), true)
		}
	}
}

// leftAlone tells whether the letters of a run leave the person out, as it is to be by what was said and declared.
func (e *env) leftAlone(run int, id registry.RecordID) bool {
	e.Helper()
	r := e.record(id)
	all, err := e.store.NextRecipients(e.ctx, registry.Batch{BatchKey: registry.BatchKey{Run: run}}, 1000)
	e.ok(err)
	for _, recipient := range all {
		if recipient.Code == r.Code {
			e.equal("whether they object", recipient.Objects, r.Objects())
			return recipient.Objects
		}
	}
	e.Errorf("the run does not list the person")
	return false
}

// matchObjectionUsed: with an objection alone in one record and a dose in the other the one with the dose stays; the objection is
// lifted, and back if what was declared is annulled.
func matchObjectionUsed(e *env) {
	hand, file, m := e.nursedInDoubt()
	run := e.runOf(elders())
	e.objection(hand.ID)
	e.anHourLater(e.eligibleNow, file.ID)
	e.anHourLater(e.dose, file.ID)
	e.ok(e.decide(m, registry.MatchSame))
	e.isGone(hand.ID)
	r := e.record(file.ID)
	e.equal("objections", len(r.Objections), 1)
	e.equal("doses", len(r.FirstDoses), 1)
	e.equal("whether they are left alone", e.leftAlone(run, file.ID), false)
	for _, act := range []registry.Act{e.firstDose(file.ID), e.act(file.ID)} {
		act.Reason = "erreur"
		_, err := e.registry.Annul(e.ctx, act)
		e.ok(err)
	}
	e.equal("whether they are left alone", e.leftAlone(run, file.ID), true)
}
