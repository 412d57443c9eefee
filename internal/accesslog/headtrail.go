package accesslog

import (
	"errors"
	"iter"
	"time"
)

// headTrail walks the heads that were kept and those that were sent, side by side, as the tree reaches the
// sizes that they cover.
type headTrail struct {
	v          *verification
	kept, sent *headLine
	last       Head // the last that fits
	unfit      bool // one did not fit: none can after it
}

// headLine is one of the two.
type headLine struct {
	cursor *cursor[[]byte]
	sent   bool
	absent bool // not at hand
	next   *Head
	last   Head
	done   bool
}

func newHeadTrail(v *verification, kept, sent iter.Seq2[[]byte, error]) *headTrail {
	return &headTrail{
		v:    v,
		kept: &headLine{cursor: newCursor(kept), absent: kept == nil},
		sent: &headLine{cursor: newCursor(sent), absent: sent == nil, sent: true},
	}
}

func (t *headTrail) stop() {
	t.kept.cursor.stop()
	t.sent.cursor.stop()
}

// fill reads on to the next head of a line with a valid signature, and reports what it passes.
func (t *headTrail) fill(line *headLine) error {
	for line.next == nil && !line.done {
		text, ok, err := line.cursor.next()
		if err != nil {
			return err
		}
		if !ok {
			line.done = true
			return nil
		}
		head, err := t.v.rules.Verifiers.Open(text)
		if errors.Is(err, ErrSignature) || errors.Is(err, errHead) {
			next := line.last.Number + 1
			t.v.find(Finding{Kind: HeadSignature, Head: next, Sent: line.sent})
			if head.Number == next { // it is not missing besides
				line.last.Number = next
			}
			continue
		}
		if err != nil {
			return err
		}
		t.accept(line, head)
	}
	return nil
}

// accept takes a head in its turn in the line.
func (t *headTrail) accept(line *headLine, head Head) {
	last := line.last
	switch {
	case head == last: // written twice: the machine stopped between writing and remembering it
		return
	case head.Number <= last.Number:
		t.v.find(Finding{Kind: HeadDouble, Head: head.Number, Sent: line.sent})
		return
	case head.Number > last.Number+1:
		t.v.find(Finding{Kind: HeadMissing, Head: last.Number + 1, UntilHead: head.Number, Sent: line.sent})
	}
	if head.Size < last.Size || head.At.Before(last.At) {
		t.v.find(Finding{Kind: HeadOrder, Head: head.Number, Sent: line.sent})
	}
	line.last = head
	line.next = &head
}

// reach verifies the heads that cover no more than size leaves; the tree has that many.
func (t *headTrail) reach(size int64) error {
	for {
		if err := errors.Join(t.fill(t.kept), t.fill(t.sent)); err != nil {
			return err
		}
		kept, sent := t.kept.next, t.sent.next
		// The one with the lower number comes first; the same number is one head.
		switch {
		case kept != nil && sent != nil && kept.Number == sent.Number:
			if sent.Size > size {
				return nil
			}
			if *kept != *sent {
				t.v.find(Finding{Kind: HeadDiffers, Head: sent.Number})
			}
			t.fit(*sent, size) // what was sent is believed
			t.v.summary.Sent++
			t.kept.next, t.sent.next = nil, nil
		case sent != nil && (kept == nil || sent.Number < kept.Number):
			if sent.Size > size {
				return nil
			}
			t.fit(*sent, size)
			t.v.summary.Sent++
			t.sent.next = nil
		case kept != nil:
			if kept.Size > size {
				return nil
			}
			t.fit(*kept, size)
			if !t.sent.absent {
				t.v.summary.NotSent++
				if since := t.v.summary.NotSentSince; since.IsZero() || kept.At.Before(since) {
					t.v.summary.NotSentSince = kept.At
				}
			}
			t.kept.next = nil
		default:
			return nil
		}
	}
}

// fit compares a head with the tree.
func (t *headTrail) fit(head Head, size int64) {
	if t.unfit {
		return
	}
	if head.Size != size || head.Root != t.v.tree.Root() {
		// A head that covers less than the one before it was told of; it cannot be compared any more.
		if head.Size == size {
			t.unfit = true
			t.v.find(Finding{Kind: HeadUnfit, Position: t.last.Size, Until: size, Head: head.Number})
		}
		return
	}
	t.last = head
	t.v.summary.Heads++
	t.v.summary.Beyond, t.v.summary.BeyondSince = 0, time.Time{}
	if head.At.After(t.v.newest) {
		t.v.newest = head.At
	}
	t.v.summary.Last = head
}

// end verifies the heads up to the end of the log, and finds those beyond it and those cut off.
func (t *headTrail) end() error {
	size := t.v.tree.Size()
	if err := t.reach(size); err != nil {
		return err
	}
	beyond := Head{}
	for _, line := range []*headLine{t.kept, t.sent} {
		for {
			if err := t.fill(line); err != nil {
				return err
			}
			if line.next == nil {
				break
			}
			if line.next.Size > beyond.Size {
				beyond = *line.next
			}
			line.next = nil
		}
	}
	if beyond.Size > size {
		// What lies after the last head that fits may have been drawn up, so that it is not the end that is missing.
		t.v.find(Finding{Kind: LogShort, Position: t.last.Size, Until: beyond.Size, Head: beyond.Number})
	}
	// Heads that were sent are kept as well; those kept may wait to be sent.
	if !t.kept.absent && !t.sent.absent && t.sent.last.Number > t.kept.last.Number {
		t.v.find(Finding{Kind: HeadMissing, Head: t.kept.last.Number + 1, UntilHead: t.sent.last.Number + 1})
	}
	return nil
}
