package registry

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// How letters are asked for, and given up. batchwork.go makes them.

// BatchRequest says which letters are asked for.
type BatchRequest struct {
	Run   int
	Kind  BatchKind
	Known int  // how many batches the run had when they were asked for: one more would not be what was meant
	Again int  // to the same persons as that batch of the run, as they are now; 0 to those to whom nobody wrote yet
	Sure  bool // Again, though somebody has letters to them already

	Request string // identifies the form sent: sent again by the same person, it leads to the same batch
}

// made is the batch that the same form made, if it was sent before.
func (r BatchRequest) made(all []Batch, by Actor) (Batch, bool) {
	i := slices.IndexFunc(all, func(b Batch) bool {
		return r.Request != "" && b.Request == r.Request && b.AskedBy == by.Practitioner.NationalID
	})
	if i < 0 {
		return Batch{}, false
	}
	return all[i], true
}

// FieldBatchKind names the form of a batch, for errors.
const FieldBatchKind = "kind"

// AskBatch asks for the letters of a run. They are made next, by WorkBatch. The same form, sent again by the same person, leads to
// the batch that it asked for.
func (g *Registry) AskBatch(ctx context.Context, by Actor, req BatchRequest, printer BatchPrinter) (Batch, error) {
	for range attempts {
		run, all, err := g.Batches(ctx, by, req.Run)
		if err != nil {
			return Batch{}, err
		}
		b, err := g.newBatch(ctx, by, req, printer, run, all)
		if err != nil {
			return Batch{}, err
		}
		event := g.batchEvent(by, ActionAskLetters, b)
		made, sent := req.made(all, by)
		if sent && made.Kind == req.Kind && made.Again == req.Again {
			if err := g.repeated(ctx, g.batchEvent(by, ActionAskLetters, made)); err != nil {
				return Batch{}, err
			}
			return made, nil
		}
		refusal := mayFollow(req, run, all)
		if sent {
			refusal = errBatchMoved // what is asked for now is not what the form asked for then
		}
		if refusal != nil {
			return Batch{}, g.refuse(ctx, event, refusal)
		}
		if err := req.sure(all); err != nil {
			return Batch{}, err
		}
		if err := g.going(ctx, by, event, run.Campaign); err != nil {
			return Batch{}, err
		}
		s, err := g.batches()
		if err != nil {
			return Batch{}, err
		}
		places, err := g.nearby(ctx, s, b)
		if err != nil {
			return Batch{}, err
		}
		b.Places = nearbyDigest(places)
		switch err := s.OpenBatch(ctx, b, places, event); {
		case err == nil:
			return b, nil
		case errors.Is(err, ErrNoRun):
			return Batch{}, g.refuse(ctx, event, errRunNotDone)
		case !errors.Is(err, ErrOvertaken): // or else by another, which may be of this very form
			return Batch{}, err
		}
	}
	return Batch{}, fmt.Errorf("the batches of a run changed %d times while one was asked for", attempts)
}

// newBatch is the batch that is asked for.
func (g *Registry) newBatch(ctx context.Context, by Actor, req BatchRequest, printer BatchPrinter, run Run, all []Batch) (Batch, error) {
	if !validRequest(req.Request) {
		return Batch{}, errNoRunForm
	}
	f := form{}
	if req.Kind != BatchPDF && req.Kind != BatchCSV {
		f.refuse(FieldBatchKind, "Choisissez la forme des lettres.")
	}
	if err := f.err(); err != nil {
		return Batch{}, err
	}
	b := Batch{
		BatchKey: BatchKey{req.Run, len(all) + 1}, Again: req.Again, Kind: req.Kind, State: BatchGathering,
		Campaign: run.Campaign.Name, Opens: run.Campaign.Opens, Date: g.Today(by), Texts: printer.Texts, Layout: printer.Layout,
		AskedBy: by.Practitioner.NationalID, AskedAt: g.Security(), Request: req.Request,
	}
	if req.Again == 0 {
		b.Through = following(all)
	}
	ref, err := g.Reference(ctx)
	if err != nil {
		return Batch{}, err
	}
	if printer.Until != nil {
		b.Texts.ObjectionUntil = printer.Until(ref.ObjectionLimit(b.Date))
	}
	return b, nil
}

// nearby chooses the places that the letters of a batch list: those that receive people from the day on which these may come.
func (g *Registry) nearby(ctx context.Context, s LetterStore, b Batch) (string, error) {
	places, err := s.PlacesOfType(ctx, PlaceTypeCentre)
	if err != nil {
		return "", fmt.Errorf("reading the places that letters may list: %w", err)
	}
	localities, err := s.LocalityPoints(ctx)
	if err != nil {
		return "", fmt.Errorf("reading where localities are: %w", err)
	}
	return ChooseNearby(places, localities, b.comeFrom(b.Date)).Text()
}

// mayFollow tells why a batch cannot come after those that there are.
func mayFollow(req BatchRequest, run Run, all []Batch) error {
	switch {
	case run.State != RunDone:
		return errRunNotDone
	case req.Known != len(all) || len(all) > 0 && !all[len(all)-1].State.Over():
		return errBatchMoved
	case req.Again < 0 || req.Again > len(all):
		return errNoSuchBatch
	case req.Again > 0 && all[req.Again-1].State == BatchDropped:
		return errBatchDropped
	case req.Again > 0 && all[req.Again-1].Letters == 0:
		return errNobodyWritten
	}
	return nil
}

// DropBatch gives up a batch before it is printed, and returns it as it is then. Whoever may ask for one may drop another's. Whoever
// is at work on it stops when they see that it is over.
func (g *Registry) DropBatch(ctx context.Context, by Actor, key BatchKey) (Batch, error) {
	s, err := g.printing(ctx, by, g.batchEvent(by, ActionDropLetters, Batch{BatchKey: key}))
	if err != nil {
		return Batch{}, err
	}
	return g.dropped(ctx, by, s, key, "")
}

// dropped drops a batch that is not printed yet, for a reason if nobody asked to.
func (g *Registry) dropped(ctx context.Context, by Actor, s LetterStore, key BatchKey, why DropReason) (Batch, error) {
	for range attempts {
		all, err := s.Batches(ctx, key.Run)
		if err != nil {
			return Batch{}, err
		}
		i := slices.IndexFunc(all, func(b Batch) bool { return b.BatchKey == key })
		if i < 0 {
			return Batch{}, errNoSuchBatch
		}
		b := all[i]
		event := g.batchEvent(by, ActionDropLetters, b)
		switch {
		case b.State == BatchDropped:
			if err := g.repeated(ctx, event); err != nil {
				return Batch{}, err
			}
			return b, nil
		case b.State.Over():
			return Batch{}, g.refuse(ctx, event, errBatchOver)
		}
		d := BatchDrop{By: by.Practitioner.NationalID, At: event.At, Reason: why}
		if b.Again == 0 {
			d.From = following(all[:i])
		}
		err = s.DropBatch(ctx, b, d, event)
		if err == nil {
			return b.GivenUp(d), nil
		}
		if !errors.Is(err, ErrOvertaken) { // by who is at work on it
			return Batch{}, err
		}
	}
	return Batch{}, fmt.Errorf("a batch changed %d times while it was dropped", attempts)
}
