package storetest

import (
	"bytes"
	"io"
	"iter"

	"vaccin/internal/registry"
)

var printedTests = group{
	"whoever objects while a batch is printed again stops it": batchObjectedToAgain,
	"whoever makes a batch that another prints has its bytes": batchPrintedMeanwhile,
	"whoever chooses is left alone by servers":                batchChosenAlone,
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
