package storetest

import (
	"bytes"
	"io"
	"iter"

	"vaccin/internal/registry"
)

var printedTests = group{
	"whoever objects while a batch is printed again stops it": batchObjectedToAgain,
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
