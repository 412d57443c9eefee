package storetest

import (
	"vaccin/internal/registry"
)

// Letters to one of two who turn out to be one person.

// toldLetters are the letters that are told to the person of a record.
func (e *env) toldLetters(id registry.RecordID) []registry.SentLetter {
	e.Helper()
	held, err := e.store.Holdings(e.ctx, id, e.event(registry.ActionDisclose))
	e.ok(err)
	return held.Letters
}

// matchLetters: what the one that goes was written to is told of the one that stays, printed again, and written anew.
func matchLetters(e *env) {
	hand, file, m := e.nursedInDoubt()
	run := e.runOf(nursed(false))
	b, text := e.made(e.asked(run, 0).BatchKey)
	_, err := e.delivered(b.BatchKey)
	e.ok(err)
	told := e.toldLetters(file.ID)
	e.equal("letters", len(told), 1)
	e.ok(e.decide(m, registry.MatchSame))
	e.equal("letters of the one that stays", e.toldLetters(hand.ID), told)
	got, err := e.delivered(b.BatchKey) // to the same name at the same address, with the same code
	e.ok(err)
	e.equal("the bytes", got, text)
	next, _ := e.made(e.asked(run, 0).BatchKey)
	e.equal("left out of the next", next.LeftOut, registry.LeftOut{Written: 1})
	again, _ := e.made(e.asked(run, b.Part).BatchKey)
	e.equal("letters of the one to the same persons", again.Letters, 1)
	e.equal("letters of the one that stays", len(e.toldLetters(hand.ID)), 2)
}

// matchLettersTwice: both were written to, in one batch or in two.
func matchLettersTwice(e *env) {
	for _, batches := range []int{1, 2} {
		hand, _, m := e.nursedInDoubt()
		run := e.runOf(elders())
		if batches == 2 {
			e.objection(hand.ID)
		}
		first, _ := e.made(e.asked(run, 0).BatchKey)
		_, err := e.delivered(first.BatchKey)
		e.ok(err)
		if batches == 2 {
			_, err := e.registry.WithdrawObjection(e.ctx, e.actOfAgent(hand.ID), saidByPhone)
			e.ok(err)
			second, _ := e.made(e.asked(run, 0).BatchKey)
			e.equal("letters of the second", second.Letters, 1)
		}
		e.ok(e.decide(m, registry.MatchSame))
		told := e.toldLetters(hand.ID)
		e.equal("letters", len(told), 2)
		for _, letter := range told {
			if letter.Reference == first.Reference() {
				e.equal("deliveries", len(letter.Deliveries), 1)
			}
		}
		_, err = e.delivered(first.BatchKey)
		e.equal("a batch with the code of the one that went", registry.KindOf(err), registry.KindConflict)
		again, text := e.made(e.asked(run, first.Part).BatchKey)
		e.equal("letters of the one to the same persons", again.Letters, 1)
		e.equal("left out of it", again.LeftOut, registry.LeftOut{Written: 2 - batches})
		got, err := e.delivered(again.BatchKey)
		e.ok(err)
		e.equal("the bytes", got, text)
		e.equal("letters", len(e.toldLetters(hand.ID)), 3)
	}
}

// matchLettersOfTwoRuns: the letter was of another run than the code of the one that stays.
func matchLettersOfTwoRuns(e *env) {
	e.targeted(e.old(9)...) // any of whose codes would be another's
	hand, _, m := e.nursedInDoubt()
	e.runOf(nursed(true))
	run := e.runOf(nursed(false))
	first, _ := e.made(e.asked(run, 0).BatchKey)
	e.ok(e.decide(m, registry.MatchSame))
	_, err := e.delivered(first.BatchKey)
	e.equal("a batch with the code of the one that went", registry.KindOf(err), registry.KindConflict)
	again := e.asked(run, first.Part)
	e.made(again.BatchKey)
	letters, err := e.store.Letters(e.ctx, again.BatchKey, 0, 10)
	e.ok(err)
	for _, letter := range letters {
		e.equal("the code that it tells", letter.Code.Compact(), e.record(hand.ID).Code.Compact())
	}
	e.equal("letters", len(letters), 1)
}

// matchWhileGathering: someone decides while those to write to are being chosen.
func matchWhileGathering(e *env) {
	hands := []registry.Record{e.byHand(nil), e.byHand(nil), e.byHand(nil)}
	var people []registry.ImportedPerson
	for _, hand := range hands {
		people = append(people, likely(hand))
	}
	e.populated(people...)
	same := func(i int) {
		e.Helper()
		m, err := e.store.MatchOf(e.ctx, e.of(people[i].Patient).ID, hands[i].ID)
		e.ok(err)
		e.ok(e.decide(m, registry.MatchSame))
	}
	run := e.runOf(nursed(false))
	asked := e.asked(run, 0)
	next, err := e.store.NextRecipients(e.ctx, asked, 10)
	e.ok(err)
	same(0)
	e.fails(e.store.Gather(e.ctx, asked, registry.DecidePart(asked, next, true)), registry.ErrOvertaken)
	first, _ := e.made(asked.BatchKey)
	e.equal("letters", first.Letters, 3)
	e.equal("letters of the one that stays", len(e.toldLetters(hands[0].ID)), 1)
	// To the same persons again: those who follow stay those who follow, though their numbers are others.
	again := e.asked(run, first.Part)
	next, err = e.store.NextRecipients(e.ctx, again, 2)
	e.ok(err)
	e.ok(e.store.Gather(e.ctx, again, registry.DecidePart(again, next, false)))
	same(1)
	same(2)
	second, text := e.made(again.BatchKey)
	e.equal("letters", second.Letters, 3)
	for i := range hands {
		e.equal("letters of the one that stays", len(e.toldLetters(hands[i].ID)), 2)
	}
	got, err := e.delivered(second.BatchKey)
	e.ok(err)
	e.equal("the bytes", got, text)
}
