package storetest

import (
	"fmt"

	"vaccin/internal/nir"
	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
)

// orderTests are what successive files say of persons who take each other's place. Any sequence of files is in populationmodel.go.
var orderTests = group{
	"who takes the key that another leaves is no duplicate":            orderLeft,
	"who comes under the key of another and number of a third is none": orderTaken,
	"twins whose ranks are exchanged are in doubt, once":               orderExchanged,
	"two with one number of their own are in doubt, once":              orderShared,
	"of two in doubt the first row tells who is the newer":             orderPaired,
	"who gets the number that somebody typed is in doubt":              orderTyped,
	"who moves beside someone entered by hand is in doubt":             orderBeside,
	"two persons are so whatever newer files say":                      orderTwo,
	"two persons are so when one of them is a third":                   orderThird,
	"two persons are so when the record of one goes":                   orderGone,
	"two are in doubt once, though a third was in doubt with both":     orderBothWays,
}

// twins are two of one holder and birth date, with numbers of their own.
func (e *env) twins() (first, second registry.ImportedPerson) {
	first, second = e.person(false), e.person(false)
	second.Patient.Holder, second.Patient.BirthRank, second.Patient.BirthDate = first.Patient.Holder, 2, first.Patient.BirthDate
	first.Patient.Own = registrytest.NIR(980_000 + e.people)
	return first, second
}

// orderLeft: one of twins becomes a holder, and the other takes their rank, in the next row.
func orderLeft(e *env) {
	first, second := e.twins()
	e.populated(first, second)
	ids := [2]registry.RecordID{e.of(first.Patient).ID, e.of(second.Patient).ID}
	first.Patient.Holder, second.Patient.BirthRank = first.Patient.Own, 1
	e.counts(e.populated(first, second), registry.PopulationCounts{Updated: 2})
	e.equal("the duplicates", len(e.duplicates()), 0)
	e.equal("who became a holder", [2]registry.RecordID{e.of(first.Patient).ID, e.of(second.Patient).ID}, ids)
	e.equal("who took their rank", e.of(second.Patient).Patient, second.Patient)
	// Someone new does as well.
	second.Patient.BirthRank = 2
	heir := e.person(false)
	heir.Patient.Holder, heir.Patient.BirthDate, heir.Patient.Own = second.Patient.Holder, second.Patient.BirthDate, registrytest.NIR(985_000)
	e.counts(e.populated(second, heir), registry.PopulationCounts{Created: 1, Updated: 1})
	e.equal("who is new", e.of(heir.Patient).Patient, heir.Patient)
}

// orderTaken: by the time of the second row the first has its key. What is told of the rows adds up.
func orderTaken(e *env) {
	first, second := e.person(false), e.person(false)
	second.Patient.BirthDate = first.Patient.BirthDate
	e.populated(first, second)
	first.Patient.Holder = registrytest.NIR(985_001)
	taken := second
	taken.Patient.Holder = first.Patient.Holder
	e.counts(e.populated(first, taken), registry.PopulationCounts{Updated: 1, Duplicates: 1})
	e.equal("the duplicates", e.duplicates(), []registry.DuplicateRow{{Line: 3, Of: 2}})
	e.equal("who moved", e.of(first.Patient).Patient, first.Patient)
	e.equal("who was taken for them", e.of(second.Patient).Patient, second.Patient)
	// Who was taken for another comes in a row of their own, in the next part.
	first.Patient.Phone, second.Patient.Phone = "0622222222", "0633333333"
	first.Patient.Holder = registrytest.NIR(985_003)
	taken.Patient.Holder = first.Patient.Holder
	e.counts(e.populated(first, taken, e.person(false), second), registry.PopulationCounts{Created: 1, Updated: 2, Duplicates: 1})
	e.equal("the duplicates", e.duplicates(), []registry.DuplicateRow{{Line: 3, Of: 2}})
	e.equal("who was taken for them, and comes", e.of(second.Patient).Patient, second.Patient)
}

func orderExchanged(e *env) {
	first, second := e.twins()
	e.populated(first, second)
	first.Patient.BirthRank, second.Patient.BirthRank = 2, 1
	e.counts(e.populated(first, second), registry.PopulationCounts{Updated: 2})
	e.equal("the reason", e.onlyDoubt().Reason, registry.DoubtElsewhere)
}

func (e *env) onlyDoubt() registry.DoubtfulMatch {
	e.Helper()
	doubts := e.doubts()
	if len(doubts) != 1 {
		e.Fatalf("there are %d matches", len(doubts))
	}
	return doubts[0]
}

func orderShared(e *env) {
	e.populated(e.person(false)) // what follows is no first import
	first, second := e.born("1940-01-01"), e.born("1941-01-01")
	second.Patient.Own = first.Patient.Own
	o := e.populated(first, second)
	e.equal("how many are told", o.Doubtful, 1)
	e.ok(e.decide(e.onlyDoubt(), registry.MatchTwo))
	second.Patient.Phone = "0611111111"
	e.equal("how many are told", e.populated(first, second).Doubtful, 0)
}

// orderPaired: the second row of the file finds the first as the first found it.
func orderPaired(e *env) {
	known, first := e.born("1940-01-01"), e.born("1941-01-01")
	e.populated(known)
	first.Patient.Own = known.Patient.Own
	known.Patient.Phone = "0611111111"
	e.populated(first, known)
	m := e.onlyDoubt()
	e.equal("the match", m, registry.DoubtfulMatch{Record: e.of(first.Patient).ID, Other: e.of(known.Patient).ID, Reason: registry.DoubtOwn, At: m.At})
}

func orderTyped(e *env) {
	number := registrytest.NIR(985_002)
	p := e.person(false)
	p.Patient.Own = nir.Number{}
	e.populated(p)
	hand := e.enteredUnder(number, p.Patient)
	p.Patient.Own = number
	e.equal("how many are told", e.populated(p).Doubtful, 1)
	m, err := e.store.MatchOf(e.ctx, e.of(p.Patient).ID, hand)
	e.ok(err)
	e.equal("the reason", m.Reason, registry.DoubtTyped)
}

// enteredUnder enters a patient by hand once more, under another number.
func (e *env) enteredUnder(number nir.Number, p registry.Patient) registry.RecordID {
	e.Helper()
	req := registrytest.RegistrationRequest()
	req.BirthName, req.UsedName, req.GivenNames, req.BirthDate = p.BirthName, p.UsedName, p.GivenNames, p.BirthDate.French()
	id, known, err := e.registry.Register(e.ctx, e.doctor, number, req)
	e.ok(err)
	e.equal("whether they are known", known, false)
	return id
}

func orderBeside(e *env) {
	holder := registrytest.NIR(985_003)
	p := e.person(false)
	e.populated(p)
	hand := e.enteredUnder(holder, p.Patient)
	p.Patient.Holder, p.Patient.BirthRank = holder, 2
	e.populated(p)
	m, err := e.store.MatchOf(e.ctx, e.of(p.Patient).ID, hand)
	e.ok(err)
	e.equal("the reason", m.Reason, registry.DoubtRank)
}

// orderTwo: the pair is found again for another reason, and the other way round.
func orderTwo(e *env) {
	_, p, m := e.inDoubt()
	e.ok(e.decide(m, registry.MatchTwo))
	hand := registry.ImportedPerson{Patient: e.record(m.Other).Patient}
	hand.Patient.Manual, hand.Patient.Own = false, p.Patient.Own
	if p.Patient.Own.IsZero() {
		p.Patient.Own, hand.Patient.Own = registrytest.NIR(985_004), registrytest.NIR(985_004)
	}
	e.equal("how many are told", e.populated(p, hand).Doubtful, 0)
	e.equal("the matches", len(e.doubts()), 0)
}

// orderThird: the third is in doubt with the first, and turns out to be the one whom the first is not.
func orderThird(e *env) {
	hand := e.byHand(nil)
	first, third := registry.ImportedPerson{Patient: hand.Patient}, registry.ImportedPerson{Patient: hand.Patient}
	first.Patient.BirthRank, first.Patient.Manual, first.Patient.Own = 2, false, registrytest.NIR(985_005)
	third.Patient.BirthRank, third.Patient.Manual, third.Patient.Own = 3, false, registrytest.NIR(985_006)
	e.populated(first, third)
	third.Patient.Own = first.Patient.Own
	e.equal("how many are told", e.populated(first, third).Doubtful, 3)
	decide := func(p registry.ImportedPerson, decision registry.MatchDecision) {
		m, err := e.store.MatchOf(e.ctx, e.of(p.Patient).ID, hand.ID)
		e.ok(err)
		e.ok(e.decide(m, decision))
	}
	firstID := e.of(first.Patient).ID
	decide(first, registry.MatchTwo)
	decide(third, registry.MatchSame)
	e.equal("the third", e.of(third.Patient).ID, hand.ID)
	e.equal("the first", e.of(first.Patient).ID, firstID)
	e.equal("the matches", len(e.doubts()), 0)
	e.equal("how many are told", e.populated(first, e.person(false)).Doubtful, 0)
}

// orderGone: who is not the one entered by hand becomes one with a third, whose record stays, and these with a fourth. Nobody is asked again whether they
// are the one entered by hand.
func orderGone(e *env) {
	hand := e.byHand(nil)
	people := e.people5()[:3]
	for i := range people {
		p := &people[i].Patient
		p.Holder, p.BirthDate, p.BirthRank, p.Own = hand.Patient.Holder, hand.Patient.BirthDate, 2+i, registrytest.NIR(985_020+i)
	}
	e.equal("how many are told", e.populated(people...).Doubtful, 3)
	first := &people[0]
	ids := []registry.RecordID{e.of(people[0].Patient).ID, e.of(people[1].Patient).ID, e.of(people[2].Patient).ID}
	decide := func(record, other registry.RecordID, decision registry.MatchDecision) {
		e.Helper()
		m, err := e.store.MatchOf(e.ctx, record, other)
		e.ok(err)
		e.ok(e.decide(m, decision))
	}
	decide(ids[0], hand.ID, registry.MatchTwo)
	for i := range 2 {
		first.Patient.Own = people[i+1].Patient.Own
		e.populated(append([]registry.ImportedPerson{*first}, people[2:]...)...)
		decide(ids[i], ids[i+1], registry.MatchSame)
		e.isGone(ids[i])
		_, err := e.store.MatchOf(e.ctx, ids[i+1], hand.ID)
		e.fails(err, registry.ErrNoMatch)
	}
	e.equal("the matches", len(e.doubts()), 0)
	first.Patient.BirthRank = 7 // under which they may be the one entered by hand once more
	e.equal("how many are told", e.populated(*first, e.person(false)).Doubtful, 0)
}

// orderBothWays: the first was in doubt with the last, and the last with the second; then the first and the second are one.
func orderBothWays(e *env) {
	people := e.people5()[:3]
	for i := range people {
		people[i].Patient.BirthDate = registry.BirthDateOf(registry.MustDate(fmt.Sprintf("194%d-01-01", i)))
		people[i].Patient.Own = registrytest.NIR(985_010 + i)
	}
	first, second, last := &people[0].Patient, &people[1].Patient, &people[2].Patient
	e.populated(people...)
	for _, takes := range [][2]*registry.Patient{{first, last}, {last, second}, {first, second}} {
		takes[0].Own = takes[1].Own
		e.populated(people...)
	}
	e.equal("the matches", len(e.doubts()), 3)
	m, err := e.store.MatchOf(e.ctx, e.of(*first).ID, e.of(*second).ID)
	e.ok(err)
	e.ok(e.decide(m, registry.MatchSame))
	d := e.onlyDoubt()
	e.equal("who is left in doubt", []registry.RecordID{d.Record, d.Other}, []registry.RecordID{e.of(*last).ID, m.Other})
	e.equal("how many are told", e.populated(people[0], people[2], e.person(false)).Doubtful, 1)
	e.ok(e.decide(d, registry.MatchSame))
	e.equal("the matches", len(e.doubts()), 0)
}
