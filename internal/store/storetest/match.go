package storetest

import (
	"errors"
	"sync"

	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
)

var matchTests = group{
	"who is two persons stays so":                       matchTwo,
	"one record of one person is left":                  matchSame,
	"the record in which something was declared stays":  matchUsed,
	"records in both of which something was declared":   matchBothUsed,
	"the code of the record that goes is kept":          matchCode,
	"other matches are with the record that stays":      matchOthers,
	"of many who decide at once one does":               matchAtOnce,
	"of two who may be the same third one is":           matchThirdAtOnce,
	"what is decided is logged, and not decided again":  matchOnce,
	"nothing is decided of records that are no match":   matchUnknown,
	"nothing is decided without an event":               matchWithoutEvent,
	"a twin entered by hand is told from their brother": matchTwins,

	"letters to the record that goes are of the one that stays":  matchLetters,
	"letters to both are of the one that stays":                  matchLettersTwice,
	"letters of a run that the record that stays is not of":      matchLettersOfTwoRuns,
	"of two one is left while a batch is being made":             matchWhileGathering,
	"what was said against targeting stays said":                 matchObjections,
	"what was said stays said beside what was declared":          matchObjectionsDeclared,
	"an objection alone is nothing declared":                     matchObjectionUsed,
	"the number of the record that goes is nobody else's":        matchNumber,
	"the code that a run gave the record that goes is kept":      matchTargeted,
	"the code that a run gave the record that stays is kept":     matchTargetedStays,
	"of two codes of runs that of the record that stays is kept": matchTargetedTwice,
	"a code of its own goes before that of a run":                matchTargetedUsed,
	"a code of a run is kept where the other has its own":        matchTargetedCoded,
	"former codes go along with who is one with a third":         matchFormerAlong,
	"nobody else gets a former code":                             matchFormerTaken,
}

// inDoubt is someone entered by hand, and the person of the file whom they may be, under another rank.
func (e *env) inDoubt() (hand registry.Record, p registry.ImportedPerson, m registry.DoubtfulMatch) {
	e.Helper()
	hand = e.byHand(nil)
	p = registry.ImportedPerson{Patient: hand.Patient}
	p.Patient.BirthRank, p.Patient.Manual, p.Patient.GivenNames, p.Patient.Phone = 2, false, "Jeanne Marie", ""
	e.populated(p)
	id := e.of(p.Patient).ID
	m, err := e.store.MatchOf(e.ctx, id, hand.ID)
	e.ok(err)
	e.equal("the match", m, registry.DoubtfulMatch{Record: id, Other: hand.ID, Reason: registry.DoubtRank, At: m.At})
	return hand, p, m
}

func (e *env) decide(m registry.DoubtfulMatch, decision registry.MatchDecision) error {
	action := registry.ActionTwoPersons
	if decision == registry.MatchSame {
		action = registry.ActionSamePerson
	}
	return e.store.DecideMatch(e.ctx, m, decision, "agent:1", e.event(action))
}

// isGone sees that there is no record of that identifier.
func (e *env) isGone(id registry.RecordID) {
	e.Helper()
	_, err := e.store.Facts(e.ctx, id, registry.Wanted{})
	e.fails(err, registry.ErrNoRecord)
}

func matchTwo(e *env) {
	hand, p, m := e.inDoubt()
	before := e.record(m.Record)
	e.ok(e.decide(m, registry.MatchTwo))
	e.equal("the matches", len(e.doubts()), 0)
	e.equal("who was entered by hand", e.record(hand.ID), hand)
	e.equal("the person of the file", e.record(m.Record), before)
	// A newer file does not bring the doubt back.
	p.Patient.Phone = "0612345678"
	o := e.populated(p, e.person(false))
	e.equal("how many are told", o.Doubtful, 0)
	e.equal("the matches", len(e.doubts()), 0)
}

func matchSame(e *env) {
	hand, p, m := e.inDoubt()
	e.ok(e.decide(m, registry.MatchSame))
	e.isGone(m.Record)
	want := hand
	want.Patient, want.Version = p.Patient, hand.Version+1
	want.Patient.Phone = hand.Patient.Phone // which the file does not tell
	e.equal("the record", e.record(hand.ID), want)
	e.equal("who is found", e.of(p.Patient).ID, hand.ID)
	found, err := e.store.FindByNIR(e.ctx, hand.Patient.Holder, e.event(registry.ActionSearchNIR), registry.Toll{})
	e.ok(err)
	e.equal("under the number", len(found), 1)
	e.counts(e.populated(p, e.person(false)), registry.PopulationCounts{Created: 1, Unchanged: 1})
	_, err = e.registry.DeclareEligibility(e.ctx, e.act(hand.ID), registrytest.EligibilityRequest())
	e.ok(err)
}

func matchUsed(e *env) {
	hand, p, m := e.inDoubt()
	_, err := e.registry.DeclareEligibility(e.ctx, e.act(m.Record), registrytest.EligibilityRequest())
	e.ok(err)
	before := e.record(m.Record)
	e.ok(e.decide(m, registry.MatchSame))
	e.isGone(hand.ID)
	want := before
	want.Version, want.Patient.Phone = before.Version+1, hand.Patient.Phone
	e.equal("the record", e.record(m.Record), want)
	e.equal("who is found", e.of(p.Patient).ID, m.Record)

	hand, p, m = e.inDoubt()
	_, err = e.registry.DeclareEligibility(e.ctx, e.act(hand.ID), registrytest.EligibilityRequest())
	e.ok(err)
	before = e.record(hand.ID)
	e.ok(e.decide(m, registry.MatchSame))
	e.isGone(m.Record)
	want = before
	want.Version, want.Patient = before.Version+1, p.Patient
	want.Patient.Phone = hand.Patient.Phone
	e.equal("the record", e.record(hand.ID), want)
}

func matchBothUsed(e *env) {
	hand, _, m := e.inDoubt()
	for _, id := range []registry.RecordID{hand.ID, m.Record} {
		_, err := e.registry.DeclareEligibility(e.ctx, e.act(id), registrytest.EligibilityRequest())
		e.ok(err)
	}
	first, second := e.record(hand.ID), e.record(m.Record)
	before := len(e.events())
	e.fails(e.decide(m, registry.MatchSame), registry.ErrBothUsed)
	e.equal("the events", len(e.events()), before)
	e.equal("who was entered by hand", e.record(hand.ID), first)
	e.equal("the person of the file", e.record(m.Record), second)
	e.equal("the matches", len(e.doubts()), 1)
}

// matchCode: of two of the file with the same number of their own, the one with a code goes.
func matchCode(e *env) {
	coded, other := e.person(true), e.person(false)
	other.Patient.Own, coded.Patient.BirthDate = registrytest.NIR(970_001), registry.BirthDateOf(registry.MustDate("1950-01-01"))
	e.imported(coded, other)
	coded.Patient.Own = other.Patient.Own
	e.populated(coded)
	m, err := e.store.MatchOf(e.ctx, coded.ID, other.ID)
	e.ok(err)
	e.equal("the reason", m.Reason, registry.DoubtOwn)
	e.ok(e.decide(m, registry.MatchSame))
	e.isGone(coded.ID)
	found, err := e.store.FindByCode(e.ctx, coded.Code, e.event(registry.ActionSearchCode), registry.Toll{})
	e.ok(err)
	e.equal("who bears the code", found.ID, other.ID)
	e.equal("the person", found.Patient.BirthDate, coded.Patient.BirthDate)
}

func matchOthers(e *env) {
	hand, p, m := e.inDoubt()
	third := p
	third.Patient.BirthRank = 3
	e.populated(p, third)
	e.equal("the matches", len(e.doubts()), 2)
	e.ok(e.decide(m, registry.MatchTwo))
	last := e.doubts()[0]
	e.ok(e.decide(last, registry.MatchSame))
	e.equal("the matches", len(e.doubts()), 0)
	e.equal("who is found", e.of(third.Patient).ID, hand.ID)
}

func matchAtOnce(e *env) {
	for range 5 {
		hand, _, m := e.inDoubt()
		errs := make([]error, 10)
		var wg sync.WaitGroup
		for i := range errs {
			wg.Go(func() {
				decision := registry.MatchTwo
				if i%2 == 1 {
					decision = registry.MatchSame
				}
				errs[i] = e.decide(m, decision)
			})
		}
		wg.Wait()
		done, same := 0, false
		for i, err := range errs {
			switch {
			case err == nil:
				done++
				same = i%2 == 1
			case !errors.Is(err, registry.ErrNoMatch) && !errors.Is(err, registry.ErrOvertaken):
				e.ok(err)
			}
		}
		e.equal("how many decided", done, 1)
		e.equal("who was entered by hand", e.record(hand.ID).Patient.Manual, !same)
		if same {
			e.isGone(m.Record)
		} else {
			e.equal("the person of the file", e.record(m.Record).Version, 1)
		}
	}
}

// matchThirdAtOnce: a person of the file may be either of two who were entered by hand, and two agents say so at once, one of each.
func matchThirdAtOnce(e *env) {
	for range 10 {
		first := e.byHand(nil)
		second, _, err := e.registry.Register(e.ctx, e.doctor, first.Patient.Holder, func() registry.RegistrationRequest {
			req := registrytest.RegistrationRequest()
			req.BirthRank = "3"
			return req
		}())
		e.ok(err)
		p := likely(first)
		e.populated(p)
		file := e.of(p.Patient).ID
		errs, matches := make([]error, 2), make([]registry.DoubtfulMatch, 2)
		for i, other := range []registry.RecordID{first.ID, second} {
			matches[i], err = e.store.MatchOf(e.ctx, file, other)
			e.ok(err)
		}
		var wg sync.WaitGroup
		for i, m := range matches {
			wg.Go(func() { errs[i] = e.decide(m, registry.MatchSame) })
		}
		wg.Wait()
		done := 0
		for _, err := range errs {
			switch {
			case err == nil:
				done++
			case !errors.Is(err, registry.ErrNoMatch) && !errors.Is(err, registry.ErrOvertaken):
				e.ok(err)
			}
		}
		e.equal("how many decided", done, 1)
		e.isGone(file)
	}
}

func matchOnce(e *env) {
	_, _, m := e.inDoubt()
	events := e.logged(func() { e.ok(e.decide(m, registry.MatchSame)) })
	e.equal("the events", len(events), 2)
	for i, id := range []registry.RecordID{m.Record, m.Other} {
		e.equal("the action", events[i].Action, registry.ActionSamePerson)
		if events[0].Record != id && events[1].Record != id {
			e.Errorf("no entry for the record %d of the two", i)
		}
	}
	before := len(e.events())
	for _, decision := range []registry.MatchDecision{registry.MatchSame, registry.MatchTwo} {
		e.fails(e.decide(m, decision), registry.ErrNoMatch)
	}
	_, err := e.store.MatchOf(e.ctx, m.Record, m.Other)
	e.fails(err, registry.ErrNoMatch)
	e.equal("the events", len(e.events()), before)
}

func matchUnknown(e *env) {
	a, b := e.newRecord(), e.newRecord()
	first, second := e.record(a), e.record(b)
	for _, decision := range []registry.MatchDecision{registry.MatchSame, registry.MatchTwo} {
		e.fails(e.decide(registry.DoubtfulMatch{Record: a, Other: b}, decision), registry.ErrNoMatch)
		e.fails(e.decide(registry.DoubtfulMatch{Record: a, Other: "none"}, decision), registry.ErrNoMatch)
	}
	_, err := e.store.MatchOf(e.ctx, a, b)
	e.fails(err, registry.ErrNoMatch)
	e.equal("a record", e.record(a), first)
	e.equal("a record", e.record(b), second)
}

func matchWithoutEvent(e *env) {
	_, _, m := e.inDoubt()
	for _, decision := range []registry.MatchDecision{registry.MatchSame, registry.MatchTwo} {
		e.fails(e.store.DecideMatch(e.ctx, m, decision, "agent:1", registry.Event{}))
	}
	e.equal("the matches", len(e.doubts()), 1)
}

// matchTwins: the file brings both of twins; who was entered by hand is the second, under the rank of the first.
func matchTwins(e *env) {
	hand := e.byHand(func(r *registry.RegistrationRequest) { r.GivenNames, r.BirthRank = "Paul", "3" })
	pierre, paul := registry.ImportedPerson{Patient: hand.Patient}, registry.ImportedPerson{Patient: hand.Patient}
	pierre.Patient.GivenNames, pierre.Patient.BirthRank, pierre.Patient.Manual = "Pierre", 1, false
	paul.Patient.BirthRank, paul.Patient.Manual = 2, false
	e.populated(pierre, paul)
	e.equal("the matches", len(e.doubts()), 2)
	of := func(p registry.ImportedPerson) registry.DoubtfulMatch {
		m, err := e.store.MatchOf(e.ctx, e.of(p.Patient).ID, hand.ID)
		e.ok(err)
		return m
	}
	e.ok(e.decide(of(pierre), registry.MatchTwo))
	e.ok(e.decide(of(paul), registry.MatchSame))
	e.equal("Paul", e.of(paul.Patient).ID, hand.ID)
	e.equal("Pierre", e.of(pierre.Patient).Patient.GivenNames, "Pierre")
	e.equal("the matches", len(e.doubts()), 0)
}
