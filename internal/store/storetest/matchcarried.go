package storetest

import (
	"slices"
	"time"

	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
)

// What a record that goes had beside what was declared in it: the one that stays has it.

// nursed is a campaign that concerns those who live in an EHPAD, or those who do not.
func nursed(out bool) registry.Campaign {
	c := elders()
	c.Criteria = registry.Criteria{{Residence: registry.Among[registry.Residence]{In: []registry.Residence{registry.ResidenceEHPAD}}}}
	if out {
		c.Criteria[0].Residence = registry.Among[registry.Residence]{Out: []registry.Residence{registry.ResidenceEHPAD}}
	}
	return c
}

// likely is a person of the file whom someone entered by hand may be, and lives in an EHPAD.
func likely(hand registry.Record) registry.ImportedPerson {
	p := registry.ImportedPerson{Patient: hand.Patient, Insured: registry.Insured{Residence: registry.ResidenceEHPAD}}
	p.Patient.BirthRank, p.Patient.Manual, p.Patient.GivenNames = 2, false, "Jeanne Marie"
	return p
}

// nursedInDoubt is someone entered by hand, and the person of the file whom they may be, who lives in an EHPAD: so that a run may
// concern one of the two alone.
func (e *env) nursedInDoubt() (hand, file registry.Record, m registry.DoubtfulMatch) {
	e.Helper()
	hand = e.byHand(nil)
	p := likely(hand)
	e.populated(p)
	file = e.of(p.Patient)
	m, err := e.store.MatchOf(e.ctx, file.ID, hand.ID)
	e.ok(err)
	return hand, file, m
}

// runOf carries out a run of a campaign and returns its number.
func (e *env) runOf(c registry.Campaign) int {
	e.Helper()
	run := registry.Run{Campaign: c, State: registry.RunCounting, PreparedBy: "agent:a", PreparedAt: e.clock.Now()}
	n, err := e.store.PrepareRun(e.ctx, run, e.event(registry.ActionPrepareRun))
	e.ok(err)
	e.ok(e.store.CountRun(e.ctx, n))
	e.ok(e.store.ApproveRun(e.ctx, n, "agent:b", e.clock.Now(), e.event(registry.ActionApproveRun)))
	e.carriedOut(n)
	return n
}

// eligibleNow declares the eligibility of the patient of a record.
func (e *env) eligibleNow(id registry.RecordID) {
	e.Helper()
	_, err := e.registry.DeclareEligibility(e.ctx, e.act(id), registrytest.EligibilityRequest())
	e.ok(err)
}

// bears sees that a record bears a code, and is found by it.
func (e *env) bears(id registry.RecordID, code registry.TargetCode) {
	e.Helper()
	e.equal("the code of the record", e.record(id).Code.Compact(), code.Compact())
	found, err := e.store.FindByCode(e.ctx, code, e.event(registry.ActionSearchCode), registry.Toll{})
	e.ok(err)
	e.equal("who is found by the code", found.ID, id)
}

// finds sees that former codes find a record, and are told to its person.
func (e *env) finds(id registry.RecordID, codes ...registry.TargetCode) {
	e.Helper()
	held, err := e.store.Holdings(e.ctx, id, e.event(registry.ActionDisclose))
	e.ok(err)
	var told []registry.TargetCode
	for _, f := range held.FormerCodes {
		told = append(told, f.Code)
		e.equal("when the records were joined", f.Since, e.clock.Now())
	}
	slices.Sort(told)
	slices.Sort(codes)
	e.equal("the former codes", told, codes)
	for _, code := range codes {
		logged := e.logged(func() {
			found, err := e.store.FindByCode(e.ctx, code, e.event(registry.ActionSearchCode), registry.Toll{})
			e.ok(err)
			e.equal("who is found by a former code", found, e.record(id))
		})
		e.equal("how many the log tells of", len(logged), 1)
		e.equal("whom the log tells of", logged[0].Record, id)
	}
}

// matchFormerAlong: what was left of two has a former code, and goes in its turn.
func matchFormerAlong(e *env) {
	hand := e.byHand(nil)
	second, third := likely(hand), likely(hand)
	third.Patient.BirthRank = 3
	e.populated(second, third)
	e.runOf(elders())
	records := []registry.Record{e.of(second.Patient), e.of(third.Patient)}
	codes := []registry.TargetCode{records[0].Code, e.record(hand.ID).Code}
	e.eligibleNow(records[1].ID)
	for _, r := range records {
		m, err := e.store.MatchOf(e.ctx, r.ID, hand.ID)
		e.ok(err)
		e.ok(e.decide(m, registry.MatchSame))
		e.isGone(map[bool]registry.RecordID{true: hand.ID, false: r.ID}[r.ID == records[1].ID])
	}
	e.bears(records[1].ID, records[1].Code)
	e.finds(records[1].ID, codes...)
}

// matchFormerTaken: nobody else gets a former code, neither by an import nor as their eligibility is declared.
func matchFormerTaken(e *env) {
	hand, file, m := e.nursedInDoubt()
	e.runOf(elders())
	code := e.record(file.ID).Code
	e.ok(e.decide(m, registry.MatchSame))
	newcomer, id := e.person(true), e.newRecord()
	newcomer.Code = code
	e.fails(e.registry.ImportPersons(e.ctx, e.doctor, []registry.ImportedPerson{newcomer}, "digest"), registry.ErrCodeTaken)
	_, err := e.store.Facts(e.ctx, newcomer.ID, registry.Wanted{})
	e.fails(err, registry.ErrNoRecord)
	e.fails(e.store.Apply(e.ctx, e.declarations(code, id)[0]), registry.ErrCodeTaken)
	e.equal("the code of somebody else", e.record(id).Code, registry.TargetCode(0))
	e.finds(hand.ID, code)
}

// follows is how many the run reached, as they are counted now.
func (e *env) follows(run int) (r registry.Reached) {
	e.Helper()
	e.clock.Set(e.clock.Now().Add(time.Hour))
	e.ok(e.store.CountFollowUps(e.ctx, e.clock.Now(), e.clock.Now(), registry.MustDate("2021-02-01")))
	all, err := e.store.FollowUps(e.ctx)
	e.ok(err)
	for _, f := range all {
		for _, c := range f.Counts {
			if f.Run == run {
				r = r.Plus(c.Reached)
			}
		}
	}
	return r
}

// matchNumber: what is left under the number of a record that went, as a code is, is not of whoever comes next.
func matchNumber(e *env) {
	for _, byHand := range []bool{true, false} {
		_, _, m := e.nursedInDoubt()
		e.runOf(elders())
		e.ok(e.decide(m, registry.MatchSame))
		next := e.person(false)
		if byHand {
			next.Patient = e.byHand(nil).Patient
		} else {
			e.populated(next, e.person(false))
		}
		e.equal("the code of who comes next", e.of(next.Patient).Code, registry.TargetCode(0))
		e.imported(e.person(false))
	}
}

// lists sees whom a run can write to: so many, and none is left out.
func (e *env) lists(run, letters int) {
	e.Helper()
	b, _ := e.made(e.asked(run, 0).BatchKey)
	e.equal("letters", b.Letters, letters)
	e.equal("left out", b.LeftOut, registry.LeftOut{})
	e.equal("who is followed", e.follows(run).Targeted, letters)
}

// matchTargeted: the run gave the one that goes a code.
func matchTargeted(e *env) {
	hand, file, m := e.nursedInDoubt()
	run := e.runOf(nursed(false))
	code := e.record(file.ID).Code
	e.ok(e.decide(m, registry.MatchSame))
	e.isGone(file.ID)
	e.bears(hand.ID, code)
	e.lists(run, 1)
	e.eligibleNow(hand.ID)
	e.bears(hand.ID, code)
	// A run that begins later finds them with a code.
	e.equal("who is new", e.run(e.runOf(nursed(false))).Targeted, 0)
}

// matchTargetedStays: the run gave the one that stays a code.
func matchTargetedStays(e *env) {
	hand, _, m := e.nursedInDoubt()
	run := e.runOf(nursed(true))
	code := e.record(hand.ID).Code
	e.ok(e.decide(m, registry.MatchSame))
	e.bears(hand.ID, code)
	e.lists(run, 1)
}

// matchTargetedTwice: each has a code of a run, of one or of two. The one of the record that goes finds the person still.
func matchTargetedTwice(e *env) {
	for _, runs := range [][]registry.Campaign{{elders()}, {nursed(false), nursed(true)}, {nursed(true), nursed(false)}} {
		hand, file, m := e.nursedInDoubt()
		var run []int
		for _, c := range runs {
			run = append(run, e.runOf(c))
		}
		code, other := e.record(hand.ID).Code, e.record(file.ID).Code
		e.ok(e.decide(m, registry.MatchSame))
		e.bears(hand.ID, code)
		e.finds(hand.ID, other)
		listed := 0
		for _, n := range run {
			b, _ := e.made(e.asked(n, 0).BatchKey)
			listed += b.Letters
		}
		e.equal("letters", listed, 1)
	}
}

// matchTargetedUsed: a doctor declared that the one that stays is eligible, by which they have a code of their own.
func matchTargetedUsed(e *env) {
	hand, file, m := e.nursedInDoubt()
	run := e.runOf(nursed(false))
	e.eligibleNow(hand.ID)
	code, other := e.record(hand.ID).Code, e.record(file.ID).Code
	e.ok(e.decide(m, registry.MatchSame))
	e.bears(hand.ID, code)
	e.finds(hand.ID, other)
	e.equal("who is followed", e.follows(run).Targeted, 0) // as of everybody who gets a code before the run is done
}

// matchTargetedCoded: the one that stays has a code of a run, and the one that goes one of its own.
func matchTargetedCoded(e *env) {
	coded, other := e.person(true), e.person(false)
	other.Patient.Own, coded.Patient.BirthDate = registrytest.NIR(970_001), registry.BirthDateOf(registry.MustDate("1950-01-01"))
	e.imported(coded, other)
	coded.Patient.Own = other.Patient.Own
	e.populated(coded)
	run := e.runOf(elders())
	m, err := e.store.MatchOf(e.ctx, coded.ID, other.ID)
	e.ok(err)
	code := e.record(other.ID).Code
	e.ok(e.decide(m, registry.MatchSame))
	e.bears(other.ID, code)
	e.finds(other.ID, coded.Code)
	e.lists(run, 1)
}
