package registry

import (
	"context"
	"fmt"
	"io"
)

// How the letters of a printed batch are handed over.

// Deliver hands the letters of a printed batch over: it returns the batch, and what writes them to the byte as they were
// printed first. It refuses, before anything is written, when someone of the batch died or objects since, a place that its letters list receives nobody
// any more, or a letter would no longer be the same: then a new batch to the same persons is what remains.
func (g *Registry) Deliver(ctx context.Context, by Actor, key BatchKey, printer BatchPrinter) (Batch, func(io.Writer) error, error) {
	b, err := g.Batch(ctx, by, key)
	if err != nil {
		return b, nil, err
	}
	s, err := g.batches()
	if err != nil {
		return b, nil, err
	}
	event := g.batchEvent(by, ActionDeliverLetters, b)
	refusal := error(nil)
	switch {
	case b.State == BatchEmpty:
		refusal = errNobodyWritten
	case b.State == BatchDropped:
		refusal = errBatchDropped
	case b.State != BatchPrinted:
		refusal = errBatchNotOver
	case !printer.prints(b.Layout):
		refusal = errBatchLayout
	default:
		if refusal, err = g.changedSince(ctx, s, b, printer, g.Today(by)); err != nil {
			return b, nil, err
		}
	}
	if refusal != nil {
		return b, nil, g.refuse(ctx, event, refusal)
	}
	if err := g.Delivered(ctx, by, b); err != nil {
		return b, nil, err
	}
	return b, func(w io.Writer) error {
		work := &batchWork{g: g, s: s, printer: printer, progress: func(Batch, int) {}}
		refusal, err := work.printAgain(ctx, b, g.Today(by), w)
		if refusal != nil {
			return g.refuse(ctx, g.batchEvent(by, ActionDeliverLetters, b), refusal) // of now: a slow browser takes minutes
		}
		return err
	}, nil
}

// printAgain writes the letters of a printed batch, or why they are not to be sent and no more than all but the last byte of them: somebody may have
// changed, died or objected while they were written.
func (w *batchWork) printAgain(ctx context.Context, b Batch, today Date, to io.Writer) (refusal, err error) {
	if !w.printer.prints(b.Layout) {
		return errBatchLayout, nil
	}
	held := &holdingBack{to: to}
	again, err := w.print(ctx, b, held)
	if err != nil {
		return nil, err
	}
	if refusal, err := w.since.refusal(ctx, w.s, b, today); refusal != nil || err != nil {
		return refusal, err
	}
	if again.Digest != b.Digest {
		return errBatchChanged, nil
	}
	return nil, held.end()
}

// holdingBack writes all but the last byte, until it is known that what was written is right: other letters may have the same
// length, and whoever takes them would find nothing missing.
type holdingBack struct {
	to   io.Writer
	held []byte
}

// Write writes what was held back, and all but the last byte of p.
func (h *holdingBack) Write(p []byte) (int, error) {
	h.held = append(h.held, p...)
	ready := max(0, len(h.held)-1)
	if ready > 0 {
		if _, err := h.to.Write(h.held[:ready]); err != nil {
			return 0, err
		}
	}
	h.held = append(h.held[:0], h.held[ready:]...)
	return len(p), nil
}

// end writes the last byte.
func (h *holdingBack) end() error {
	_, err := h.to.Write(h.held)
	return err
}

// WritesLetters tells that somebody begins to have the letters of a batch written into a file of theirs: whoever kills the command has what is
// written by then, and Delivered is told at the end.
func (g *Registry) WritesLetters(ctx context.Context, by Actor, b Batch) error {
	if err := g.Store.Log(ctx, g.batchEvent(by, ActionWriteLetters, b).with(OutcomeBegun)); err != nil {
		return fmt.Errorf("logging that letters are written: %w", err)
	}
	return nil
}

// Delivered tells that a batch was handed over to who had it printed. Without its entry of the access log it is not.
func (g *Registry) Delivered(ctx context.Context, by Actor, b Batch) error {
	s, err := g.batches()
	if err != nil {
		return err
	}
	d := Delivery{by.Practitioner.NationalID, g.Security()}
	if err := s.Deliver(ctx, b.BatchKey, d, g.batchEvent(by, ActionDeliverLetters, b)); err != nil {
		return fmt.Errorf("telling that letters are handed over: %w", err)
	}
	return nil
}
