package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"time"

	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
)

var printedTests = group{
	"whoever objects while a batch is printed again stops it":   batchObjectedToAgain,
	"whoever objects once their letter was read stops it, too":  batchObjectedBehind,
	"whoever makes a batch that another prints has its bytes":   batchPrintedMeanwhile,
	"whoever chooses is left alone by servers":                  batchChosenAlone,
	"a batch leaves out whom nobody would choose any more":      batchReviewed,
	"a batch that fails keeps no other waiting":                 batchFails,
	"who has no room in a letter keeps nobody else from theirs": batchUnfit,
	"who reviews a batch that another changes begins again":     batchReviewedAnew,
	"a batch of which all are left out is empty":                batchReviewedEmpty,
	"a batch that another empties while it is printed is empty": batchEmptiedBeside,
	"a batch without some numbers is written to again":          batchWithGapsAgain,
	"two who print a batch print the same, or one is refused":   batchReviewedBeside,
	"letters are left out of the batch that was read, or not":   batchLeftAsRead,
}

// batchFails has the first of two batches never be printed.
func batchFails(e *env) {
	fails, other := e.asked(e.targeted(e.old(1)...), 0), e.asked(e.targeted(e.old(2)...), 0)
	p := printer()
	whole, errPrinter := p.Print, errors.New("no paper")
	p.Print = func(w io.Writer, b registry.Batch, letters iter.Seq2[registry.Recipient, error]) error {
		if b.BatchKey == fails.BatchKey {
			return errPrinter
		}
		return whole(w, b, letters)
	}
	work := func(p registry.BatchPrinter, want int) error {
		e.clock.Set(e.clock.Now().Add(time.Hour)) // nobody is at work on it any more
		done, err := e.registry.WorkBatches(e.ctx, e.manager(), p)
		e.equal("made", done, want)
		return err
	}
	is := func(key registry.BatchKey, state registry.BatchState, failed time.Time) {
		b, err := e.store.Batch(e.ctx, key)
		e.ok(err)
		e.equal("the state of "+b.Reference(), b.State, state)
		e.equal("when it failed", b.FailedAt, failed)
		e.equal("that it failed", b.Failed(), !failed.IsZero())
	}
	e.fails(work(p, 1), errPrinter)
	is(fails.BatchKey, registry.BatchPrinting, e.clock.Now())
	is(other.BatchKey, registry.BatchPrinted, time.Time{})
	e.fails(work(p, 0), errPrinter)
	is(fails.BatchKey, registry.BatchPrinting, e.clock.Now())
	e.ok(work(printer(), 1))
	is(fails.BatchKey, registry.BatchPrinted, time.Time{})
	for _, none := range []registry.BatchKey{fails.BatchKey, {Run: fails.Run, Part: 9}} {
		e.fails(e.store.BatchFailed(e.ctx, none, e.clock.Now()), registry.ErrNoBatch)
	}
	e.fails(e.store.BatchFailed(e.ctx, e.asked(e.targeted(e.old(1)...), 0).BatchKey, time.Time{}))
}

// meanwhile prints letters when something has happened.
func meanwhile(happens func()) registry.BatchPrinter {
	p := printer()
	whole := p.Print
	p.Print = func(w io.Writer, b registry.Batch, letters iter.Seq2[registry.Recipient, error]) error {
		happens()
		return whole(w, b, letters)
	}
	return p
}

// batchObjectedToAgain has somebody object, and then somebody die, between the check of a batch and its printing: the letters are the same, and
// their last byte does not come.
func batchObjectedToAgain(e *env) {
	persons := e.old(3)
	run := e.targeted(persons...)
	b, text := e.made(e.asked(run, 0).BatchKey)
	stopped := func(what string, happens func()) {
		e.Helper()
		_, write, err := e.registry.Deliver(e.ctx, e.manager(), b.BatchKey, meanwhile(happens))
		e.ok(err)
		var out bytes.Buffer
		events := e.logged(func() { err = write(&out) })
		e.equal(what+": what is refused", registry.KindOf(err), registry.KindConflict)
		if out.String() == text {
			e.Errorf("%s: the letters are whole", what)
		}
		e.equal(what+": the last event", events[len(events)-1].Outcome, registry.OutcomeConflict)
	}
	stopped("objecting", func() { e.objection(persons[1].ID) })
	_, err := e.registry.WithdrawObjection(e.ctx, e.actOfAgent(persons[1].ID), saidByPhone)
	e.ok(err)
	again, err := e.delivered(b.BatchKey)
	e.ok(err)
	e.equal("the bytes", again, text)
	stopped("dying", func() {
		persons[2].Insured.Died = registry.MustDate("2021-01-20")
		e.populated(persons[2])
	})
}

// batchObjectedBehind has somebody object, and then somebody die, whose letters were read already, while the others are printed: a batch takes
// minutes. It is not printed, and one that was is not handed over whole.
func batchObjectedBehind(e *env) {
	persons := e.old(4)
	run := e.targeted(persons...)
	behind := func(happens func()) registry.BatchPrinter {
		p := printer()
		whole := p.Print
		p.Print = func(w io.Writer, b registry.Batch, letters iter.Seq2[registry.Recipient, error]) error {
			err := whole(w, b, letters)
			happens()
			return err
		}
		return p
	}
	died := func(p registry.ImportedPerson) {
		p.Insured.Died = registry.MustDate("2021-01-20")
		e.populated(p)
	}
	for _, c := range []struct {
		what    string
		happens func()
		want    registry.DropReason
	}{
		{"objecting", func() { e.objection(persons[0].ID) }, registry.DropObjecting},
		{"dying", func() { died(persons[1]) }, registry.DropDeceased},
	} {
		made, err := e.registry.WorkBatch(e.ctx, e.manager(), e.asked(run, 0).BatchKey, behind(c.happens), io.Discard, nil)
		e.ok(err)
		e.equal(c.what+": the state", made.State, registry.BatchDropped)
		e.equal(c.what+": why", made.DropReason, c.want)
	}
	b, text := e.made(e.asked(run, 0).BatchKey)
	e.equal("letters of the next", b.Letters, 2)
	_, write, err := e.registry.Deliver(e.ctx, e.manager(), b.BatchKey, behind(func() { e.objection(persons[2].ID) }))
	e.ok(err)
	var out bytes.Buffer
	e.equal("handed over: what is refused", registry.KindOf(write(&out)), registry.KindConflict)
	if out.String() == text {
		e.Errorf("handed over: the letters are whole")
	}
}

// batchPrintedMeanwhile has somebody else make a batch before, and while, its persons are chosen, and then while its letters are printed.
func batchPrintedMeanwhile(e *env) {
	persons := e.old(3)
	run := e.targeted(persons...)
	asked := e.asked(run, 0)
	first, text := e.made(asked.BatchKey)
	again, same := e.made(asked.BatchKey)
	e.equal("made before: the batch", again, first)
	e.equal("made before: the bytes", same, text)
	e.equal("made before: prints", e.eventsOf(registry.ActionPrintLetters), 1)

	asked = e.asked(run, first.Part)
	var out bytes.Buffer
	_, err := e.registry.WorkBatch(e.ctx, e.manager(), asked.BatchKey, printer(), &out, func(b registry.Batch, _ int) {
		if b.State == registry.BatchGathering {
			_, text = e.made(asked.BatchKey)
		}
	})
	e.ok(err)
	e.equal("made while persons are chosen: the bytes", out.String(), text)

	asked = e.asked(run, first.Part)
	out.Reset()
	_, err = e.registry.WorkBatch(e.ctx, e.manager(), asked.BatchKey, meanwhile(func() { _, text = e.made(asked.BatchKey) }), &out, nil)
	e.ok(err)
	e.equal("made while letters are printed: the bytes", out.String(), text)

	// What Deliver refuses is refused.
	newer := printer()
	newer.Layout++
	_, err = e.registry.WorkBatch(e.ctx, e.manager(), asked.BatchKey, newer, &out, nil)
	e.equal("in another layout", registry.KindOf(err), registry.KindConflict)
	e.objection(persons[1].ID)
	events := e.logged(func() { _, err = e.registry.WorkBatch(e.ctx, e.manager(), asked.BatchKey, printer(), &out, nil) })
	e.equal("with someone who objects", registry.KindOf(err), registry.KindConflict)
	e.equal("the outcome", events[0].Outcome, registry.OutcomeConflict)
}

func batchChosenAlone(e *env) {
	asked := e.asked(e.targeted(e.old(2)...), 0)
	_, err := e.registry.WorkBatch(e.ctx, e.manager(), asked.BatchKey, printer(), io.Discard, func(b registry.Batch, _ int) {
		if b.State == registry.BatchGathering {
			done, err := e.registry.WorkBatches(e.ctx, e.manager(), printer())
			e.ok(err)
			e.equal("made by a server beside it", done, 0)
		}
	})
	e.ok(err)
}

// vaccinated has somebody get a dose.
func (e *env) vaccinated(id registry.RecordID) {
	e.Helper()
	_, err := e.registry.DeclareEligibility(e.ctx, e.act(id), registrytest.EligibilityRequest())
	e.ok(err)
	_, err = e.registry.RecordDose(e.ctx, e.firstDose(id), registrytest.DoseRequest())
	e.ok(err)
}

// batchReviewed has a batch wait between the choice of whom to write to and its printing, and some of them vaccinated, object, die or lose their
// address meanwhile.
func batchReviewed(e *env) {
	persons := e.old(6)
	run := e.targeted(persons...)
	chosen := e.gathered(e.asked(run, 0), 6)
	e.equal("the state", chosen.State, registry.BatchPrinting)
	e.vaccinated(persons[0].ID)
	e.objection(persons[2].ID)
	persons[3].Insured.Died, persons[4].Patient.Contact = registry.MustDate("2021-01-20"), registry.Contact{}
	e.populated(persons[3], persons[4])
	var text string
	var b registry.Batch
	events := e.logged(func() { b, text = e.made(chosen.BatchKey) })
	e.equal("letters", b.Letters, 2)
	e.equal("left out", b.LeftOut, registry.LeftOut{Vaccinated: 1, Objecting: 1, Deceased: 1, Unaddressed: 1})
	e.equal("the count that is logged", events[0].Count, 2)
	kept, err := e.store.Batch(e.ctx, b.BatchKey)
	e.ok(err)
	e.equal("as it was told", kept, b)
	e.equal("lines", bytes.Count([]byte(text), []byte("\n")), 2)
	for i, p := range persons { // the others keep their numbers
		line := fmt.Sprint(b.Reference(), " ", i+1, " ", e.record(p.ID).Code)
		e.equal(fmt.Sprint("a letter to ", i+1), strings.Contains(text, line), i == 1 || i == 5)
	}
	held, err := e.store.Holdings(e.ctx, persons[0].ID, e.event(registry.ActionDisclose))
	e.ok(err)
	e.equal("letters to who was vaccinated", len(held.Letters), 0)
	again, err := e.delivered(b.BatchKey)
	e.ok(err)
	e.equal("the bytes", again, text)

	// Who is vaccinated once the printing began got their letter, and may again (ADR 35).
	e.vaccinated(persons[1].ID)
	again, err = e.delivered(b.BatchKey)
	e.ok(err)
	e.equal("the bytes, once one more is vaccinated", again, text)
	// Who was left out may be in another.
	act := e.firstDose(persons[0].ID)
	act.Reason = "erreur"
	_, err = e.registry.Annul(e.ctx, act)
	e.ok(err)
	next, _ := e.made(e.asked(run, 0).BatchKey)
	e.equal("letters of the next", next.Letters, 1)
	e.equal("left out of the next", next.LeftOut, registry.LeftOut{Vaccinated: 1, Written: 1, Objecting: 1, Deceased: 1, Unaddressed: 1})
}

// batchUnfit has a printer without room for the address of one person when they are chosen, and of another when they are to be printed.
func batchUnfit(e *env) {
	persons := e.old(3)
	run := e.targeted(persons...)
	first, second := e.record(persons[0].ID).Code, e.record(persons[1].ID).Code
	p, looked := printer(), 0
	p.Fits = func(_ registry.BatchKind, r *registry.Recipient) bool {
		looked++
		return r.Code != first && (r.Code != second || looked <= len(persons))
	}
	var text strings.Builder
	b, err := e.registry.WorkBatch(e.ctx, e.manager(), e.asked(run, 0).BatchKey, p, &text, nil)
	e.ok(err)
	e.equal("left out", b.LeftOut, registry.LeftOut{Unaddressed: 2})
	e.equal("letters", b.Letters, 1)
	e.equal("the state", b.State, registry.BatchPrinted)
	e.equal("who is written to", strings.Contains(text.String(), fmt.Sprint(e.record(persons[2].ID).Code)), true)
}

// batchWithGapsAgain writes to the persons of a batch anew, in parts, of which the first two were left out at the printing.
func batchWithGapsAgain(e *env) {
	persons := e.old(6)
	run := e.targeted(persons...)
	chosen := e.gathered(e.asked(run, 0), 6)
	e.vaccinated(persons[0].ID)
	e.vaccinated(persons[1].ID)
	first, _ := e.made(chosen.BatchKey)
	e.equal("letters", first.Letters, 4)
	half := e.gathered(e.gathered(e.asked(run, first.Part), 1), 2)
	again, _ := e.made(half.BatchKey)
	e.equal("letters to the same persons", again.Letters, 4)
	e.equal("left out", again.LeftOut, registry.LeftOut{})
	// Where they have lower numbers than in the first.
	third, _ := e.made(e.asked(run, first.Part).BatchKey)
	e.equal("letters to the same persons, once more", third.Letters, 4)
	e.equal("left out", third.LeftOut, registry.LeftOut{})
}

func batchReviewedEmpty(e *env) {
	persons := e.old(2)
	chosen := e.gathered(e.asked(e.targeted(persons...), 0), 2)
	for _, p := range persons {
		e.vaccinated(p.ID)
	}
	b, text := e.made(chosen.BatchKey)
	e.equal("the state", b.State, registry.BatchEmpty)
	e.equal("left out", b.LeftOut, registry.LeftOut{Vaccinated: 2})
	e.equal("the bytes", text, "")
	open, err := e.store.OpenBatches(e.ctx)
	e.ok(err)
	e.equal("to make", len(open), 0)
}

// batchReviewedAnew has another leave somebody out between the look at whom to leave out and their leaving, and one more vaccinated; and then has
// another print the batch.
func batchReviewedAnew(e *env) {
	persons := e.old(4)
	run := e.targeted(persons...)
	chosen := e.gathered(e.asked(run, 0), 4)
	e.vaccinated(persons[1].ID)
	beside := func(happens func()) registry.BatchPrinter {
		p, happened := printer(), false
		p.Fits = func(registry.BatchKind, *registry.Recipient) bool {
			if !happened {
				happened = true
				happens()
			}
			return true
		}
		return p
	}
	b, err := e.registry.WorkBatch(e.ctx, e.manager(), chosen.BatchKey, beside(func() {
		e.ok(e.store.LeaveOut(e.ctx, chosen, []int{2}, registry.LeftOut{Vaccinated: 1}))
		e.vaccinated(persons[0].ID)
	}), io.Discard, nil)
	e.ok(err)
	e.equal("letters", b.Letters, 2)
	e.equal("left out", b.LeftOut, registry.LeftOut{Vaccinated: 2})

	chosen = e.gathered(e.asked(run, b.Part), 2)
	e.vaccinated(persons[2].ID)
	var text string
	var out bytes.Buffer
	b, err = e.registry.WorkBatch(e.ctx, e.manager(), chosen.BatchKey, beside(func() {
		b, text = e.made(chosen.BatchKey)
		e.vaccinated(persons[3].ID)
	}), &out, nil)
	e.ok(err)
	e.equal("letters of the second", b.Letters, 1)
	e.equal("its bytes", out.String(), text)
}

// batchEmptiedBeside has all of a batch vaccinated while it is printed, and another find that there is nobody left: the letters are thrown away,
// printed or not.
func batchEmptiedBeside(e *env) {
	for _, failure := range []error{nil, errors.New("no paper")} {
		persons := e.old(2)
		asked := e.asked(e.targeted(persons...), 0)
		p := printer()
		p.Print = func(io.Writer, registry.Batch, iter.Seq2[registry.Recipient, error]) error {
			for _, one := range persons {
				e.vaccinated(one.ID)
			}
			e.made(asked.BatchKey)
			return failure
		}
		b, err := e.registry.WorkBatch(e.ctx, e.manager(), asked.BatchKey, p, io.Discard, nil)
		e.ok(err)
		e.equal("the state", b.State, registry.BatchEmpty)
	}
}

// batchReviewedBeside has another print a batch beside the first, when one more is vaccinated: then none.
func batchReviewedBeside(e *env) {
	persons := e.old(3)
	run := e.targeted(persons...)
	asked := e.asked(run, 0)
	var other string
	var out bytes.Buffer
	_, err := e.registry.WorkBatch(e.ctx, e.manager(), asked.BatchKey, meanwhile(func() {
		e.vaccinated(persons[0].ID)
		_, other = e.made(asked.BatchKey)
	}), &out, nil)
	if err == nil && out.String() != other {
		e.Errorf("two files of one batch")
	}
	b, err := e.store.Batch(e.ctx, asked.BatchKey)
	e.ok(err)
	e.equal("letters", b.Letters, 2)
	e.equal("prints", e.eventsOf(registry.ActionPrintLetters), 1)
	again, err := e.delivered(b.BatchKey)
	e.ok(err)
	e.equal("the bytes", again, other)
	// The first goes on printing when the other has left somebody out, and has not printed yet.
	asked = e.asked(run, b.Part)
	_, err = e.registry.WorkBatch(e.ctx, e.manager(), asked.BatchKey, printerAfter(func() {
		now, err := e.store.Batch(e.ctx, asked.BatchKey)
		e.ok(err)
		e.ok(e.store.LeaveOut(e.ctx, now, []int{1}, registry.LeftOut{Vaccinated: 1}))
	}), io.Discard, nil)
	e.equal("of more letters than the batch has by then", registry.KindOf(err), registry.KindConflict)
	b, _ = e.made(asked.BatchKey)
	e.equal("letters of the second", b.Letters, 1)
}

// printerAfter prints letters before something happens.
func printerAfter(happens func()) registry.BatchPrinter {
	p := printer()
	whole := p.Print
	p.Print = func(w io.Writer, b registry.Batch, letters iter.Seq2[registry.Recipient, error]) error {
		defer happens()
		return whole(w, b, letters)
	}
	return p
}

func batchLeftAsRead(e *env) {
	run := e.targeted(e.old(4)...)
	asked, one := e.asked(run, 0), registry.LeftOut{Vaccinated: 1}
	e.fails(e.store.LeaveOut(e.ctx, asked, []int{1}, one), registry.ErrOvertaken) // nobody is chosen yet
	half := e.gathered(asked, 2)
	e.fails(e.store.LeaveOut(e.ctx, half, []int{1}, one), registry.ErrOvertaken)
	chosen := e.gathered(half, 2)
	for what, numbers := range map[string][]int{"of nobody": {}, "of no number": {9}, "of two": {1, 2}} {
		if err := e.store.LeaveOut(e.ctx, chosen, numbers, one); err == nil {
			e.Errorf("%s: left out", what)
		}
	}
	e.ok(e.store.LeaveOut(e.ctx, chosen, []int{2}, one))
	e.fails(e.store.LeaveOut(e.ctx, chosen, []int{3}, one), registry.ErrOvertaken)
	kept, err := e.store.Batch(e.ctx, asked.BatchKey)
	e.ok(err)
	e.equal("the batch", kept, chosen.Without(one))
	printed, _ := e.made(asked.BatchKey)
	e.equal("letters", printed.Letters, 3)
	e.fails(e.store.LeaveOut(e.ctx, printed, []int{1}, one), registry.ErrOvertaken)
}
