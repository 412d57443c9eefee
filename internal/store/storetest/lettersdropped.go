package storetest

import (
	"io"
	"iter"
	"strings"

	"vaccin/internal/registry"
)

var droppedTests = group{
	"a batch that is dropped leaves its persons to another": batchDropped,
	"a batch to the same persons is dropped alone":          batchDroppedAgain,
	"a batch that is over is not dropped":                   batchNotDropped,
	"whoever makes a batch that is dropped stops":           batchDroppedMeanwhile,
	"a batch is dropped as it was read, with its event":     batchDroppedAsRead,
	"whoever objects before the printing gets no letter":    batchObjectedTo,
	"a batch that drops itself says why":                    batchLeft,
}

// dropped is a batch that was dropped, as the store has it.
func (e *env) dropped(key registry.BatchKey) registry.Batch {
	e.Helper()
	told, err := e.registry.DropBatch(e.ctx, e.manager(), key)
	e.ok(err)
	kept, err := e.store.Batch(e.ctx, key)
	e.ok(err)
	e.equal("as it was told", told, kept)
	e.equal("the state", kept.State, registry.BatchDropped)
	e.equal("letters", kept.Letters, 0)
	e.equal("whom it leaves out", kept.LeftOut, registry.LeftOut{})
	e.equal("by whom", kept.DroppedBy, e.manager().Practitioner.NationalID)
	e.equal("when", kept.DroppedAt, e.clock.Now())
	e.equal("for no reason of the service", kept.DropReason, registry.DropReason(""))
	return kept
}

// drop is who drops a batch without asking the rules.
func (e *env) drop() registry.BatchDrop {
	return registry.BatchDrop{By: "agent:a", At: e.clock.Now(), From: 0, Reason: registry.DropClosed}
}

// gathered is a batch of which so many persons are chosen.
func (e *env) gathered(b registry.Batch, n int) registry.Batch {
	e.Helper()
	next, err := e.store.NextRecipients(e.ctx, b, n+1)
	e.ok(err)
	part := registry.DecidePart(b, next[:min(n, len(next))], len(next) <= n)
	e.ok(e.store.Gather(e.ctx, b, part))
	return b.With(part)
}

func batchDropped(e *env) {
	persons := e.old(4)
	run := e.targeted(persons...)
	for part, chosen := range []int{0, 2, 4} { // 4 are all, and it is to be printed
		b := e.gathered(e.asked(run, 0), chosen)
		e.equal("the part", b.Part, part+1)
		var kept registry.Batch
		events := e.logged(func() { kept = e.dropped(b.BatchKey) })
		e.equal("how far it looked", kept.Through, int64(0))
		e.equal("ended", kept.Ended, false)
		e.equal("events", len(events), 1)
		e.equal("the action", events[0].Action, registry.ActionDropLetters)
		e.equal("its count", events[0].Count, chosen)
		e.equal("its digest", events[0].Digest, b.Reference())
		again := e.logged(func() { e.dropped(b.BatchKey) })
		e.equal("the outcome when dropped again", again[0].Outcome, registry.OutcomeRepeated)
	}
	held, err := e.store.Holdings(e.ctx, persons[0].ID, e.event(registry.ActionDisclose))
	e.ok(err)
	e.equal("letters to one of them", len(held.Letters), 0)
	open, err := e.store.OpenBatches(e.ctx)
	e.ok(err)
	e.equal("to make", len(open), 0)
	b, _ := e.made(e.asked(run, 0).BatchKey)
	e.equal("letters of the next", b.Letters, 4)
	e.equal("left out of the next", b.LeftOut, registry.LeftOut{})
	_, err = e.registry.AskBatch(e.ctx, e.manager(), registry.BatchRequest{Run: run, Kind: registry.BatchPDF, Known: 4, Again: 3}, printer())
	e.equal("to the persons of one that was dropped", registry.KindOf(err), registry.KindConflict)
	e.equal("which is why", strings.Contains(err.Error(), "a été abandonné"), true)
	_, err = e.delivered(registry.BatchKey{Run: run, Part: 3})
	e.equal("handing over one that was dropped", registry.KindOf(err), registry.KindConflict)
}

func batchDroppedAgain(e *env) {
	run := e.targeted(e.old(3)...)
	first, text := e.made(e.asked(run, 0).BatchKey)
	e.dropped(e.gathered(e.asked(run, first.Part), 3).BatchKey)
	got, err := e.delivered(first.BatchKey)
	e.ok(err)
	e.equal("the bytes of the first", got, text)
	again, _ := e.made(e.asked(run, first.Part).BatchKey)
	e.equal("letters to the same persons", again.Letters, 3)
}

func batchNotDropped(e *env) {
	run := e.targeted(e.old(2)...)
	printed, text := e.made(e.asked(run, 0).BatchKey)
	empty, _ := e.made(e.asked(run, 0).BatchKey)
	for _, b := range []registry.Batch{printed, empty} {
		events := e.logged(func() {
			_, err := e.registry.DropBatch(e.ctx, e.manager(), b.BatchKey)
			e.equal("what is refused", registry.KindOf(err), registry.KindConflict)
		})
		e.equal("the outcome", events[0].Outcome, registry.OutcomeConflict)
		e.fails(e.store.DropBatch(e.ctx, b, e.drop(), e.event(registry.ActionDropLetters)), registry.ErrOvertaken)
		kept, err := e.store.Batch(e.ctx, b.BatchKey)
		e.ok(err)
		e.equal("the batch", kept, b)
	}
	got, err := e.delivered(printed.BatchKey)
	e.ok(err)
	e.equal("the bytes", got, text)
	_, err = e.registry.DropBatch(e.ctx, e.manager(), registry.BatchKey{Run: run, Part: 9})
	e.equal("of which there is none", registry.KindOf(err), registry.KindNotFound)
	_, err = e.registry.DropBatch(e.ctx, e.doctor, registry.BatchKey{Run: run, Part: 1})
	e.equal("by a practitioner", registry.KindOf(err), registry.KindNotAllowed)
}

// batchDroppedMeanwhile drops a batch under the hands of who makes it: while persons are chosen, while letters are printed, and when
// the printing fails for it.
func batchDroppedMeanwhile(e *env) {
	run := e.targeted(e.old(5)...)
	printing := func(key registry.BatchKey, failure error) registry.BatchPrinter {
		p := printer()
		whole := p.Print
		p.Print = func(w io.Writer, b registry.Batch, letters iter.Seq2[registry.Recipient, error]) error {
			e.dropped(key)
			if err := whole(w, b, letters); err != nil {
				return err
			}
			return failure
		}
		return p
	}
	for name, drop := range map[string]func(key registry.BatchKey) (registry.BatchPrinter, func(registry.Batch, int)){
		"choosing": func(key registry.BatchKey) (registry.BatchPrinter, func(registry.Batch, int)) {
			return printer(), func(b registry.Batch, _ int) {
				if b.State == registry.BatchGathering {
					e.dropped(key)
				}
			}
		},
		"printing": func(key registry.BatchKey) (registry.BatchPrinter, func(registry.Batch, int)) {
			return printing(key, nil), nil
		},
		"failing": func(key registry.BatchKey) (registry.BatchPrinter, func(registry.Batch, int)) {
			return printing(key, io.ErrShortWrite), nil
		},
	} {
		key := e.asked(run, 0).BatchKey
		p, progress := drop(key)
		var made registry.Batch
		events := e.logged(func() {
			var err error
			made, err = e.registry.WorkBatch(e.ctx, e.manager(), key, p, io.Discard, progress)
			e.ok(err)
		})
		e.equal(name+": the state", made.State, registry.BatchDropped)
		e.equal(name+": events", len(events), 1)
	}
	asked := e.asked(run, 0)
	done, err := e.registry.WorkBatches(e.ctx, e.manager(), printing(asked.BatchKey, nil))
	e.ok(err)
	e.equal("worked on by a server", done, 1)
	b, _ := e.made(e.asked(run, 0).BatchKey)
	e.equal("letters of the next", b.Letters, 5)
}

// batchLeft has a listed place close, somebody die, and others object, between the choice of whom to write to and the printing: the batch
// says why it was dropped.
func batchLeft(e *env) {
	e.places(bastille())
	persons := e.old(5)
	run := e.targeted(persons...)
	died := func(p registry.ImportedPerson) {
		p.Insured.Died = registry.MustDate("2021-01-20")
		e.populated(p)
	}
	for _, c := range []struct {
		what    string
		becomes func()
		want    registry.DropReason
	}{
		{"a place closed", func() {
			closed := bastille()
			closed.Public = false
			e.places(closed)
		}, registry.DropClosed},
		{"somebody died", func() { died(persons[0]) }, registry.DropDeceased},
		{"somebody objects", func() { e.objection(persons[1].ID) }, registry.DropObjecting},
		{"one died and another objects", func() {
			died(persons[2])
			e.objection(persons[3].ID)
		}, registry.DropObjecting},
	} {
		p := placesPrinter(3)
		whole := p.Print
		p.Print = func(w io.Writer, b registry.Batch, letters iter.Seq2[registry.Recipient, error]) error {
			if err := whole(w, b, letters); err != nil { // the places that are listed are seen
				return err
			}
			c.becomes()
			return whole(w, b, letters)
		}
		made, err := e.registry.WorkBatch(e.ctx, e.manager(), e.asked(run, 0).BatchKey, p, io.Discard, nil)
		e.ok(err)
		e.equal(c.what+": the state", made.State, registry.BatchDropped)
		e.equal(c.what+": why", made.DropReason, c.want)
		kept, err := e.store.Batch(e.ctx, made.BatchKey)
		e.ok(err)
		e.equal(c.what+": as it was told", made, kept)
	}
	next, _ := e.made(e.asked(run, 0).BatchKey)
	e.equal("letters of the next", next.Letters, 1)
	e.equal("why one that was printed was dropped", next.DropReason, registry.DropReason(""))
}

// batchObjectedTo has somebody object between the choice of whom to write to and the printing, which may be days later: the batch
// drops itself, and the next one writes to the others.
func batchObjectedTo(e *env) {
	persons := e.old(4)
	run := e.targeted(persons...)
	p := printer()
	whole := p.Print
	p.Print = func(w io.Writer, b registry.Batch, letters iter.Seq2[registry.Recipient, error]) error {
		e.objection(persons[1].ID)
		return whole(w, b, letters)
	}
	made, err := e.registry.WorkBatch(e.ctx, e.manager(), e.asked(run, 0).BatchKey, p, io.Discard, nil)
	e.ok(err)
	e.equal("the state", made.State, registry.BatchDropped)
	next, _ := e.made(e.asked(run, 0).BatchKey)
	e.equal("letters of the next", next.Letters, 3)
	e.equal("whom it leaves out", next.LeftOut, registry.LeftOut{Objecting: 1})
}

func batchDroppedAsRead(e *env) {
	run := e.targeted(e.old(3)...)
	asked := e.asked(run, 0)
	e.fails(e.store.DropBatch(e.ctx, asked, e.drop(), registry.Event{}))
	e.fails(e.store.DropBatch(e.ctx, asked, registry.BatchDrop{By: "agent:a"}, e.event(registry.ActionDropLetters))) // of no time
	unknown := e.drop()
	unknown.Reason = "storm"
	e.fails(e.store.DropBatch(e.ctx, asked, unknown, e.event(registry.ActionDropLetters)))
	later := e.gathered(asked, 2)
	e.fails(e.store.DropBatch(e.ctx, asked, e.drop(), e.event(registry.ActionDropLetters)), registry.ErrOvertaken)
	kept, err := e.store.Batch(e.ctx, asked.BatchKey)
	e.ok(err)
	e.equal("the batch", kept, later)
	looked := registry.BatchPart{
		To: later.Through + 5, LeftOut: registry.LeftOut{Deceased: 1, Objecting: 1, Vaccinated: 1, Written: 1, Unaddressed: 1},
	}
	e.ok(e.store.Gather(e.ctx, later, looked))
	later = later.With(looked)
	e.ok(e.store.DropBatch(e.ctx, later, e.drop(), e.event(registry.ActionDropLetters)))
	kept, err = e.store.Batch(e.ctx, asked.BatchKey)
	e.ok(err)
	e.equal("the batch, dropped", kept, later.GivenUp(e.drop()))
	e.fails(e.store.DropBatch(e.ctx, later, e.drop(), e.event(registry.ActionDropLetters)), registry.ErrOvertaken)
	e.fails(e.store.DropBatch(e.ctx, kept, e.drop(), e.event(registry.ActionDropLetters)), registry.ErrOvertaken)
	e.fails(e.store.Gather(e.ctx, later, registry.BatchPart{To: later.Through + 1}), registry.ErrOvertaken)
	e.fails(e.store.ClaimBatch(e.ctx, later.BatchKey, e.clock.Now(), e.clock.Now()), registry.ErrBatchClaimed)
}
