package storetest

import (
	"bytes"
	"fmt"
	"io"
	"iter"
	"slices"

	"pgregory.net/rapid"

	"vaccin/internal/registry"
)

// Letters, in a life.

// livingBatch is what a store should know of a batch.
type livingBatch struct {
	key     registry.BatchKey
	again   int
	state   registry.BatchState
	through int // the last person looked at, or the last letter of the batch that it writes to anew
	from    int
	ended   bool
	letters []*livingLetter
	out     registry.LeftOut
	text    string
}

type livingLetter struct {
	number int
	to     *modelled
	text   string // as it was printed
}

func (b *livingBatch) lettersTo(p *modelled) (all []*livingLetter) {
	for _, letter := range b.letters {
		if letter.to == p {
			all = append(all, letter)
		}
	}
	return all
}

// reason is why somebody is not written to, if not for other letters.
func (l *life) reason(p *modelled, written bool, out *registry.LeftOut) *int {
	f := l.living(p)
	switch {
	case l.died(p):
		return &out.Deceased
	case f.objects():
		return &out.Objecting
	case f.dosed:
		return &out.Vaccinated
	case written:
		return &out.Written
	case p.patient.Locality.Name == "":
		return &out.Unaddressed
	}
	return nil
}

// gather looks at some more persons, and chooses whom a batch writes to.
func (l *life) gather(r *livingRun, b *livingBatch, most int) {
	looked := 0
	look := func(place int, p *modelled, written bool) bool {
		if looked == most {
			return false
		}
		looked++
		b.through = place
		if reason := l.reason(p, written, &b.out); reason != nil {
			*reason++
		} else {
			b.letters = append(b.letters, &livingLetter{number: len(b.letters) + 1, to: p})
		}
		return true
	}
	if b.again > 0 {
		from := r.batches[b.again-1]
		for i, letter := range from.letters {
			if i >= b.through && !look(i+1, letter.to, from.isSecond(letter)) {
				return
			}
		}
	} else {
		for i, p := range l.persons {
			if !p.gone && l.living(p).run == r.number && i+1 > b.through && !look(i+1, p, r.wrote(p)) {
				return
			}
		}
	}
	if b.ended = looked < most; b.ended {
		b.state = registry.BatchPrinting
		if len(b.letters) == 0 {
			b.state = registry.BatchEmpty
		}
	}
}

func (r *livingRun) wrote(p *modelled) bool {
	return slices.ContainsFunc(r.batches, func(b *livingBatch) bool { return len(b.lettersTo(p)) > 0 })
}

// isSecond tells that an earlier letter of the batch is to the same person.
func (b *livingBatch) isSecond(letter *livingLetter) bool { return b.lettersTo(letter.to)[0] != letter }

// review leaves out whom nobody would choose any more.
func (l *life) review(b *livingBatch) {
	var left []*livingLetter
	for _, letter := range b.letters {
		if reason := l.reason(letter.to, b.isSecond(letter), &b.out); reason != nil {
			*reason++
		} else {
			left = append(left, letter)
		}
	}
	if b.letters = left; len(left) == 0 {
		b.state = registry.BatchEmpty
	}
}

func (l *life) line(b *livingBatch, letter *livingLetter) string {
	p := letter.to.patient
	return fmt.Sprintln(b.key.Reference(), letter.number, l.living(letter.to).code.Compact(), p.GivenNames, p.UsedName, p.Address, p.Locality)
}

// codePrinter is a printer that writes codes, which others hide.
func codePrinter() registry.BatchPrinter {
	p := printer()
	p.Print = func(w io.Writer, b registry.Batch, letters iter.Seq2[registry.Recipient, error]) error {
		for r, err := range letters {
			if err != nil {
				return err
			}
			if _, err := fmt.Fprintln(w, b.Reference(), r.Number, r.Code.Compact(), r.GivenNames, r.UsedName, r.Address, r.Locality); err != nil {
				return err
			}
		}
		return nil
	}
	return p
}

// aBatch draws a batch in one of some states.
func (l *life) aBatch(t *rapid.T, states ...registry.BatchState) (*livingRun, *livingBatch) {
	var all []*livingBatch
	for _, r := range l.runs {
		for _, b := range r.batches {
			if slices.Contains(states, b.state) {
				all = append(all, b)
			}
		}
	}
	b := all[rapid.IntRange(0, len(all)-1).Draw(t, "batch")]
	return l.runs[slices.IndexFunc(l.runs, func(r *livingRun) bool { return r.number == b.key.Run })], b
}

func (l *life) askLetters(t *rapid.T) {
	r := l.aRun(t, registry.RunDone, registry.RunRunning)
	again := rapid.IntRange(-2, len(r.batches)).Draw(t, "again")
	kind := rapid.SampledFrom([]registry.BatchKind{registry.BatchPDF, registry.BatchCSV}).Draw(t, "kind")
	again = max(0, again)
	refused := r.state != registry.RunDone
	if n := len(r.batches); n > 0 {
		refused = refused || !r.batches[n-1].state.Over() || again > 0 && len(r.batches[again-1].letters) == 0
	}
	req := registry.BatchRequest{Run: r.number, Kind: kind, Known: len(r.batches), Again: again, Sure: true}
	asked, err := l.registry.AskBatch(l.ctx, l.manager(), req, codePrinter())
	l.refused(t, "letters asked for", err, refused)
	if refused {
		return
	}
	b := &livingBatch{key: asked.BatchKey, again: again, state: registry.BatchGathering}
	if again == 0 {
		for _, before := range r.batches {
			if before.again == 0 {
				if b.through = before.through; before.ended {
					b.through = 0
				}
			}
		}
	}
	b.from = b.through
	r.batches = append(r.batches, b)
	l.logs(t, did(registry.ActionAskLetters))
}

// gatherSome has whoever makes a batch be killed when some were chosen.
func (l *life) gatherSome(t *rapid.T) {
	r, b := l.aBatch(t, registry.BatchGathering)
	asked, err := l.store.Batch(l.ctx, b.key)
	l.must(t, err)
	next, err := l.store.NextRecipients(l.ctx, asked, 2)
	l.must(t, err)
	l.must(t, l.store.Gather(l.ctx, asked, registry.DecidePart(asked, next, len(next) < 2)))
	l.gather(r, b, 2)
	l.asModelled(t, b)
}

func (l *life) asModelled(t *rapid.T, b *livingBatch) {
	t.Helper()
	got, err := l.store.Batch(l.ctx, b.key)
	l.must(t, err)
	if got.State != b.state || got.Letters != len(b.letters) || got.LeftOut != b.out {
		t.Fatalf("the batch %s is %s with %d letters, %+v are left out; in the model it is %s with %d, %+v",
			b.key.Reference(), got.State, got.Letters, got.LeftOut, b.state, len(b.letters), b.out)
	}
}

// ready chooses the rest, and looks once more at all.
func (l *life) ready(r *livingRun, b *livingBatch) {
	if b.state == registry.BatchGathering {
		l.gather(r, b, 1_000_000)
	}
	if b.state == registry.BatchPrinting {
		l.review(b)
	}
}

// failLetters has the printer stop at the first letter.
func (l *life) failLetters(t *rapid.T) {
	r, b := l.aBatch(t, registry.BatchGathering, registry.BatchPrinting)
	l.ready(r, b)
	_, err := l.registry.WorkBatch(l.ctx, l.manager(), b.key, failing(0), io.Discard, nil)
	if (err != nil) != (b.state == registry.BatchPrinting) {
		t.Fatal(err)
	}
	l.asModelled(t, b)
	l.logs(t)
}

func (l *life) makeLetters(t *rapid.T) {
	r, b := l.aBatch(t, registry.BatchGathering, registry.BatchPrinting)
	l.ready(r, b)
	var out bytes.Buffer
	_, err := l.registry.WorkBatch(l.ctx, l.manager(), b.key, codePrinter(), &out, nil)
	l.must(t, err)
	log := []string{}
	for _, letter := range b.letters {
		letter.text = l.line(b, letter)
		b.text += letter.text
	}
	if b.state == registry.BatchPrinting {
		b.state = registry.BatchPrinted
		log = append(log, did(registry.ActionPrintLetters))
	}
	l.same(t, "the letters", out.String(), b.text)
	l.asModelled(t, b)
	l.logs(t, log...)
}

// objectAmidLetters has someone object while the letters are printed: the batch is dropped.
func (l *life) objectAmidLetters(t *rapid.T) {
	r, b := l.aBatch(t, registry.BatchGathering, registry.BatchPrinting)
	l.ready(r, b)
	if b.state != registry.BatchPrinting {
		l.must(t, second(l.registry.WorkBatch(l.ctx, l.manager(), b.key, codePrinter(), io.Discard, nil)))
		l.asModelled(t, b)
		return
	}
	p := b.letters[rapid.IntRange(0, len(b.letters)-1).Draw(t, "who")].to
	f := l.living(p)
	may := !f.agrees()
	disturbed := codePrinter()
	whole := disturbed.Print
	disturbed.Print = func(w io.Writer, of registry.Batch, letters iter.Seq2[registry.Recipient, error]) error {
		if may {
			if _, err := l.registry.RecordObjection(l.ctx, l.actOfAgent(p.id), saidByPhone); err != nil {
				return err
			}
		}
		return whole(w, of, letters)
	}
	got, err := l.registry.WorkBatch(l.ctx, l.manager(), b.key, disturbed, io.Discard, nil)
	l.must(t, err)
	if !may {
		for _, letter := range b.letters {
			letter.text = l.line(b, letter)
			b.text += letter.text
		}
		b.state = registry.BatchPrinted
		l.asModelled(t, b)
		return
	}
	f.said = append(f.said, saidObjection{at: l.clock.Now()})
	b.drop()
	if got.DropReason != registry.DropObjecting {
		t.Fatalf("the batch is %s, for the reason %q", got.State, got.DropReason)
	}
	l.asModelled(t, b)
	l.logs(t, did(registry.ActionObject), did(registry.ActionDropLetters))
}

func second[T any](_ T, err error) error { return err }

func (b *livingBatch) drop() {
	b.state, b.letters, b.out, b.through, b.ended = registry.BatchDropped, nil, registry.LeftOut{}, b.from, false
}

func (l *life) dropLetters(t *rapid.T) {
	_, b := l.aBatch(t, registry.BatchGathering, registry.BatchPrinting, registry.BatchPrinted)
	over := b.state.Over()
	l.refused(t, "letters dropped", second(l.registry.DropBatch(l.ctx, l.manager(), b.key)), over)
	if !over {
		b.drop()
		l.asModelled(t, b)
		l.logs(t, did(registry.ActionDropLetters))
	}
}

// deliver takes letters away: as they were printed, unless someone of them died, objects, or has other letters by now.
func (l *life) deliver(t *rapid.T) {
	_, b := l.aBatch(t, registry.BatchPrinted, registry.BatchEmpty, registry.BatchDropped)
	refused := b.state != registry.BatchPrinted
	for _, letter := range b.letters {
		refused = refused || l.died(letter.to) || l.living(letter.to).objects() || l.line(b, letter) != letter.text
	}
	var out bytes.Buffer
	_, write, err := l.registry.Deliver(l.ctx, l.manager(), b.key, codePrinter())
	if err == nil {
		err = write(&out)
	}
	l.refused(t, "letters taken away", err, refused)
	if !refused {
		l.same(t, "the letters once more", out.String(), b.text)
		l.logs(t, did(registry.ActionDeliverLetters))
	}
}
