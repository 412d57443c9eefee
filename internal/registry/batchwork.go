package registry

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"iter"
	"strings"
	"time"
)

// How letters are made; batchdelivery.go hands them over. Every step is short, and none holds a transaction while it thinks: whoever is killed
// in the midst is followed by whoever comes next, who finds the batch where it was.

// recipientsAtOnce is how many persons are looked at in one read, and letters read to be printed.
const recipientsAtOnce = 2000

// workingTime is how long a batch is left to who works on it, unless they say so again.
const workingTime = 2 * time.Minute

var (
	errNoSuchBatch  = NotFound("Cet envoi n’existe pas. Revenez aux %s.").Naming(BatchList)
	errRunNotDone   = Conflict("Ce ciblage n’est pas encore exécuté\u00a0: personne n’a reçu de code, il n’y a pas de lettre à préparer.")
	errBatchMoved   = Conflict("Un autre envoi de ce ciblage a été préparé entre-temps. Revenez aux %s et vérifiez où ils en sont.").Naming(BatchList)
	errBatchNotOver = Conflict("Cet envoi est encore en préparation. Attendez qu’il soit prêt.")
	errBatchLayout  = Conflict("La mise en page des lettres a changé depuis cet envoi\u00a0: il ne peut plus être imprimé à l’identique. " +
		"Préparez un nouvel envoi aux mêmes personnes.")
	errBatchChanged = Conflict("Le nom, l’adresse ou le code d’au moins un destinataire a changé depuis cet envoi\u00a0: il ne peut plus être imprimé à " +
		"l’identique. Préparez un nouvel envoi aux mêmes personnes, à leur adresse d’aujourd’hui.")
	errNobodyWritten = Conflict("Cet envoi n’a aucune lettre\u00a0: il n’y avait personne à qui écrire, et il n’y a rien à imprimer. " +
		"Vérifiez qui a été laissé de côté, et pourquoi.")
	errBatchDropped = Conflict("Cet envoi a été abandonné\u00a0: il n’a aucune lettre. Préparez un autre envoi.")
	errBatchBeside  = Conflict("Cet envoi a été préparé au même moment par ailleurs, et ses lettres ne sont plus celles-ci. Quand il sera prêt, imprimez-le de nouveau.")
	errBatchOver    = Conflict("La préparation de cet envoi est terminée\u00a0: il ne peut plus être abandonné. Revenez aux %s.").Naming(BatchList)
)

// batches is the store as what keeps letters, or an error for one that does not.
func (g *Registry) batches() (LetterStore, error) {
	if s, ok := g.Store.(LetterStore); ok {
		return s, nil
	}
	return nil, errors.New("registry: this store keeps no letters")
}

// printing lets someone do something about letters, if the policy does, with the store that keeps them.
func (g *Registry) printing(ctx context.Context, by Actor, event Event) (LetterStore, error) {
	s, err := g.batches()
	if err != nil {
		return nil, err
	}
	return s, g.allowed(ctx, by, event, MayPrint)
}

// batchEvent is the entry of an act on a batch: which one is in its digest, for a run has many.
func (g *Registry) batchEvent(by Actor, action Action, b Batch) Event {
	e := g.event(by, action, "")
	e.Version, e.Count, e.Digest = b.Run, b.Letters, b.Reference()
	if b.Digest != "" {
		e = e.Covering(b.Digest)
	}
	return e
}

// Batches returns a run and its batches of letters, in their order.
func (g *Registry) Batches(ctx context.Context, by Actor, run int) (Run, []Batch, error) {
	s, err := g.printing(ctx, by, g.event(by, ActionReadCampaigns, ""))
	if err != nil {
		return Run{}, nil, err
	}
	runs, err := g.runs()
	if err != nil {
		return Run{}, nil, err
	}
	of, err := runs.Run(ctx, run)
	if errors.Is(err, ErrNoRun) {
		return Run{}, nil, errNoSuchRun
	}
	if err != nil {
		return Run{}, nil, err
	}
	all, err := s.Batches(ctx, run)
	return of, all, err
}

// Batch returns a batch of a run.
func (g *Registry) Batch(ctx context.Context, by Actor, key BatchKey) (Batch, error) {
	s, err := g.printing(ctx, by, g.event(by, ActionReadCampaigns, ""))
	if err != nil {
		return Batch{}, err
	}
	b, err := s.Batch(ctx, key)
	if errors.Is(err, ErrNoBatch) {
		err = errNoSuchBatch
	}
	return b, err
}

// WorkBatches makes the letters that were asked for and that nobody is making. It is what a server does by itself. A batch that cannot be made keeps
// no other waiting: err says of each why not, it is kept as failed, and tried again once its time is over.
func (g *Registry) WorkBatches(ctx context.Context, by Actor, printer BatchPrinter) (done int, err error) {
	s, err := g.batches()
	if err != nil {
		return 0, err
	}
	open, err := s.OpenBatches(ctx)
	if err != nil {
		return 0, err
	}
	var failed error
	for _, b := range open {
		now := g.Security()
		err := s.ClaimBatch(ctx, b.BatchKey, now, now.Add(workingTime))
		if errors.Is(err, ErrBatchClaimed) {
			continue
		}
		if err == nil {
			_, err = g.WorkBatch(ctx, by, b.BatchKey, printer, nil, nil)
		}
		if ctx.Err() != nil {
			return done, errors.Join(err, ctx.Err())
		}
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("batch %s: %w", b.Reference(), err))
			if err := s.BatchFailed(ctx, b.BatchKey, g.Security()); err != nil && !errors.Is(err, ErrNoBatch) {
				return done, errors.Join(failed, fmt.Errorf("saying that a batch failed: %w", err)) // nor would another be made
			}
			continue
		}
		done++
	}
	return done, failed
}

// WorkBatch makes a batch from where it is, writes its letters to w and returns it as it is then. One that somebody else printed meanwhile
// is printed again, as Deliver does, unless w is nil: a printed one is never returned without its letters in w. An empty one writes
// nothing, and one that is dropped meanwhile is returned as such: what was written by then is to be thrown away. Before its first letter, those who died,
// object or were vaccinated since they were chosen are left out of it. It drops one itself of which somebody died or objects while it is printed, or a
// place receives nobody any more: the next batch has the others. progress, unless nil, is told how far it is: printed counts letters.
func (g *Registry) WorkBatch(ctx context.Context, by Actor, key BatchKey, printer BatchPrinter, w io.Writer, progress func(b Batch, printed int)) (Batch, error) {
	s, err := g.batches()
	if err != nil {
		return Batch{}, err
	}
	if progress == nil {
		progress = func(Batch, int) {}
	}
	work := &batchWork{g: g, s: s, printer: printer, progress: progress}
	b, err := work.gathered(ctx, key)
	if err == nil && b.State == BatchPrinting {
		b, err = work.reviewed(ctx, b)
	}
	if err == nil && b.State == BatchPrinted && w != nil {
		refusal, err := work.printAgain(ctx, b, g.Today(by), w)
		if refusal != nil {
			err = g.refuse(ctx, g.batchEvent(by, ActionDeliverLetters, b), refusal)
		}
		return b, err
	}
	if err != nil || b.State != BatchPrinting {
		return b, err
	}
	if w == nil {
		w = io.Discard
	}
	b.Layout = printer.Layout
	printed, err := work.print(ctx, b, w)
	if err != nil {
		if now, failed := s.Batch(ctx, key); failed == nil && (now.State == BatchDropped || now.State == BatchEmpty) { // its letters went while they were printed
			return now, nil
		}
		return b, err
	}
	if refusal, err := work.since.refusal(ctx, s, b, g.Today(by)); refusal != nil || err != nil {
		if err != nil {
			return b, err
		}
		return g.dropped(ctx, by, s, key, work.since.reason())
	}
	printed.State, printed.PrintedAt = BatchPrinted, g.Security()
	switch err := s.FinishBatch(ctx, printed, g.batchEvent(by, ActionPrintLetters, printed)); {
	case errors.Is(err, ErrOvertaken): // by another that printed it, and its letters must be these, or that dropped it
		if b, err = s.Batch(ctx, key); err == nil && b.State != BatchDropped && b.State != BatchEmpty && b.Digest != printed.Digest {
			err = errBatchBeside
		}
		return b, err
	case err != nil:
		return b, err
	}
	return printed, nil
}

// batchWork is one going about a batch.
type batchWork struct {
	g        *Registry
	s        LetterStore
	printer  BatchPrinter
	progress func(b Batch, printed int)
	claimed  time.Time // when it last was
	since    changes   // as they are printed
}

// gathered chooses whom a batch writes to, and returns it when they are chosen.
func (w *batchWork) gathered(ctx context.Context, key BatchKey) (Batch, error) {
	b, err := w.s.Batch(ctx, key)
	if errors.Is(err, ErrNoBatch) {
		return Batch{}, errNoSuchBatch
	}
	if err == nil && b.State == BatchGathering { // or a server would soon be at it too
		err = w.claim(ctx, b)
	}
	for err == nil && b.State == BatchGathering {
		if err := ctx.Err(); err != nil {
			return b, err
		}
		w.progress(b, 0)
		next, err := w.s.NextRecipients(ctx, b, recipientsAtOnce)
		if err != nil {
			return b, fmt.Errorf("choosing whom to write to: %w", err)
		}
		w.printer.look(b.Kind, next)
		part := DecidePart(b, next, len(next) < recipientsAtOnce)
		switch err := w.s.Gather(ctx, b, part); {
		case errors.Is(err, ErrOvertaken): // by another who is at it too
			if b, err = w.s.Batch(ctx, key); err != nil {
				return b, err
			}
		case err != nil:
			return b, fmt.Errorf("keeping whom to write to: %w", err)
		default:
			b = b.With(part)
		}
		if err := w.claimOn(ctx, b); err != nil {
			return b, err
		}
	}
	return b, err
}

// reviewed looks once more at all whom a batch is to write to, just before it is printed, and leaves out whom nobody would choose any more: it may have
// waited for days, and on a busy day somebody of 100,000 is vaccinated each minute. The others keep the numbers of their letters.
func (w *batchWork) reviewed(ctx context.Context, b Batch) (Batch, error) {
	if err := w.claim(ctx, b); err != nil {
		return b, err
	}
	for after := 0; ; {
		next, err := w.s.Letters(ctx, b.BatchKey, after, recipientsAtOnce)
		if err != nil {
			return b, fmt.Errorf("looking once more at whom to write to: %w", err)
		}
		if err := w.claimOn(ctx, b); err != nil {
			return b, err
		}
		w.printer.look(b.Kind, next)
		out, numbers := LeftOut{}, []int(nil)
		for i := range next {
			if next[i].Number <= after {
				return b, errLettersMixed
			}
			after = next[i].Number
			if reason := out.reason(&next[i]); reason != nil {
				*reason++
				numbers = append(numbers, after)
			}
		}
		if len(numbers) > 0 {
			err = w.s.LeaveOut(ctx, b, numbers, out)
		}
		switch {
		case errors.Is(err, ErrOvertaken): // by another who is at it too
			if b, err = w.s.Batch(ctx, b.BatchKey); err != nil || b.State != BatchPrinting {
				return b, err
			}
			after = 0
			continue
		case err != nil:
			return b, fmt.Errorf("leaving out whom not to write to: %w", err)
		case len(numbers) > 0:
			b = b.Without(out)
		}
		if len(next) < recipientsAtOnce {
			return b, nil
		}
	}
}

// claim says that the batch is being worked on, whoever else may think to be.
func (w *batchWork) claim(ctx context.Context, b Batch) error {
	w.claimed = w.g.Security()
	until := w.claimed.Add(workingTime)
	if err := w.s.ClaimBatch(ctx, b.BatchKey, until, until); err != nil && !errors.Is(err, ErrBatchClaimed) {
		return fmt.Errorf("claiming a batch: %w", err)
	}
	return nil
}

// claimOn says so again, long before the time of the last claim is over. It is asked often, and mostly does nothing.
func (w *batchWork) claimOn(ctx context.Context, b Batch) error {
	if w.g.Security().Sub(w.claimed) <= workingTime/4 {
		return nil
	}
	return w.claim(ctx, b)
}

// print writes the letters of a batch, and returns it with their digests and size.
func (w *batchWork) print(ctx context.Context, b Batch, to io.Writer) (Batch, error) {
	if err := w.claim(ctx, b); err != nil {
		return b, err
	}
	file, content := &measured{to: to, digest: sha256.New()}, sha256.New()
	printed := 0 // numbers are missing of those who were left out
	w.since = changes{}
	err := w.printer.Print(file, b, func(yield func(Recipient, error) bool) {
		for r, err := range w.g.letters(ctx, w.s, b, w.printer) {
			if err == nil {
				contentOf(content, &r)
				w.since.see(&r)
				if printed++; printed%1000 == 0 {
					w.progress(b, printed)
				}
				err = w.claimOn(ctx, b)
			}
			if !yield(r, err) {
				return
			}
		}
	})
	if err != nil {
		return b, fmt.Errorf("printing a batch of letters: %w", err)
	}
	if err := w.since.lookAgain(ctx, w.s, b); err != nil {
		return b, err
	}
	w.progress(b, b.Letters)
	b.Digest, b.Content, b.Size = sum(file.digest), sum(content), file.size
	return b, nil
}

func sum(h hash.Hash) string { return hex.EncodeToString(h.Sum(nil)) }

// measured counts and digests what is written.
type measured struct {
	to     io.Writer
	digest hash.Hash
	size   int64
}

// Write writes on.
func (m *measured) Write(p []byte) (int, error) {
	n, err := m.to.Write(p)
	_, _ = m.digest.Write(p[:n])
	m.size += int64(n)
	return n, err
}

var errLettersMixed = errors.New("registry: the letters of a batch do not come in their order")

// letters are the recipients of a batch as they are now, read a few at a time, each with the places near them. One whose record was joined with another's
// since (ADR 36) is not there any more: what was printed before is then no longer the same.
func (g *Registry) letters(ctx context.Context, s LetterStore, b Batch, printer BatchPrinter) iter.Seq2[Recipient, error] {
	return func(yield func(Recipient, error) bool) {
		if !printer.Lists(b.Layout) {
			b.Places = ""
		}
		nearby, err := listedBy(ctx, s, b)
		if err != nil {
			yield(Recipient{}, err)
			return
		}
		for after := 0; ; {
			next, err := s.Letters(ctx, b.BatchKey, after, recipientsAtOnce)
			if err != nil {
				yield(Recipient{}, err)
				return
			}
			for _, r := range next {
				if r.Number <= after {
					yield(r, errLettersMixed)
					return
				}
				after = r.Number
				r.Near = nearby.Near(r.Locality)
				if !yield(r, nil) {
					return
				}
			}
			if len(next) < recipientsAtOnce {
				return
			}
		}
	}
}

// listedBy are the places that the letters of a batch list.
func listedBy(ctx context.Context, s LetterStore, b Batch) (Nearby, error) {
	if b.Places == "" {
		return Nearby{}, nil
	}
	text, err := s.ListedPlaces(ctx, b.Places)
	if err != nil {
		return Nearby{}, fmt.Errorf("reading the places that letters list: %w", err)
	}
	return readNearby(text, b.Places)
}

// changes are what became of the recipients of a batch since they were chosen, and the places that their letters list.
type changes struct {
	LeftOut
	listed map[string]bool // by identifier
}

// see remembers the places of a letter.
func (c *changes) see(r *Recipient) {
	if c.listed == nil {
		c.listed = map[string]bool{}
	}
	for i := range r.Near {
		c.listed[r.Near[i].ID] = true
	}
}

// lookAgain finds who objects or died, once all letters were read: that takes minutes, and whose letter came first had as long to object.
func (c *changes) lookAgain(ctx context.Context, s LetterStore, b Batch) (err error) {
	if c.LeftOut, err = s.NotToSend(ctx, b.BatchKey); err != nil {
		err = fmt.Errorf("looking who of a batch is not to be written to: %w", err)
	}
	return err
}

// refusal tells why these letters are not to be sent, nil if they may.
func (c *changes) refusal(ctx context.Context, s LetterStore, b Batch, today Date) (refusal, err error) {
	if c.Objecting+c.Deceased == 0 {
		return closedSince(ctx, s, c.listed, b.comeFrom(today))
	}
	var who []string
	if c.Objecting > 0 {
		who = append(who, Counted(c.Objecting, "destinataire s’est opposé", "destinataires se sont opposés"))
	}
	if c.Deceased > 0 {
		who = append(who, Counted(c.Deceased, "destinataire est décédé", "destinataires sont décédés"))
	}
	without := "cette personne"
	if c.Objecting+c.Deceased > 1 {
		without = "ces personnes"
	}
	return Conflict("Depuis cet envoi, " + strings.Join(who, " et ") +
		"\u00a0: cet envoi n’est plus imprimé tel quel. Préparez un nouvel envoi aux mêmes destinataires, qui se fera sans " + without + "."), nil
}

// reason is why the service drops a batch of which refusal says that it is not to be sent.
func (c *changes) reason() DropReason {
	switch {
	case c.Objecting > 0:
		return DropObjecting
	case c.Deceased > 0:
		return DropDeceased
	}
	return DropClosed
}

// changedSince tells why the letters of a batch may not be handed over any more, nil if they may.
func (g *Registry) changedSince(ctx context.Context, s LetterStore, b Batch, printer BatchPrinter, today Date) (refusal, err error) {
	content, since := sha256.New(), changes{}
	for r, err := range g.letters(ctx, s, b, printer) {
		if err != nil {
			return nil, fmt.Errorf("reading the letters of a batch: %w", err)
		}
		contentOf(content, &r)
		since.see(&r)
	}
	if err := since.lookAgain(ctx, s, b); err != nil {
		return nil, err
	}
	if since.Objecting+since.Deceased == 0 && sum(content) != b.Content {
		return errBatchChanged, nil
	}
	return since.refusal(ctx, s, b, today)
}

// closedSince tells whether places that letters list receive nobody any more on a day: nobody is sent there.
func closedSince(ctx context.Context, s LetterStore, listed map[string]bool, day Date) (refusal, err error) {
	if len(listed) == 0 {
		return nil, nil
	}
	now, err := s.PlacesOfType(ctx, PlaceTypeCentre)
	if err != nil {
		return nil, fmt.Errorf("reading which places receive people: %w", err)
	}
	if n := gone(listed, now, day); n > 0 {
		return Conflict("Depuis cet envoi, " + Counted(n, "lieu de vaccination que ses lettres indiquent n’accueille", "lieux de vaccination que ses lettres indiquent n’accueillent") +
			" plus le public\u00a0: cet envoi n’est plus imprimé tel quel. Préparez un nouvel envoi aux mêmes personnes, qui indiquera les lieux ouverts."), nil
	}
	return nil, nil
}
