package registry_test

import (
	"context"
	"fmt"
	"io"
	"iter"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
)

// slowLetters is a store of one batch, each read of whose persons takes so long that no claim lasts for two of them.
type slowLetters struct {
	*registrytest.Memory
	registry.LetterStore // what it does not do itself is not asked for
	clock                *registrytest.Clock
	batch                registry.Batch
	claimed              time.Time
	claims               int
	reads                map[string]int
	unclaimed            []string // what was done while a server would have taken the batch for nobody's
}

const slowRead = 70 * time.Second

func (s *slowLetters) read(what string, from, to int64) (next []registry.Recipient) {
	s.clock.Set(s.clock.Now().Add(slowRead))
	if !s.claimed.After(s.clock.Now()) {
		s.unclaimed = append(s.unclaimed, fmt.Sprint(what, " after ", from))
	}
	s.reads[what]++
	for place := from + 1; place <= to; place++ {
		r := reachable(place)
		r.Number = int(place)
		next = append(next, r)
	}
	return next
}

func (s *slowLetters) Batch(context.Context, registry.BatchKey) (registry.Batch, error) {
	return s.batch, nil
}

func (s *slowLetters) ClaimBatch(_ context.Context, _ registry.BatchKey, now, until time.Time) error {
	s.claims++
	if s.claimed.After(now) {
		return registry.ErrBatchClaimed
	}
	s.claimed = until
	return nil
}

func (s *slowLetters) NextRecipients(_ context.Context, b registry.Batch, limit int) ([]registry.Recipient, error) {
	return s.read("choosing", b.Through, min(b.Through+int64(limit), slowPersons)), nil
}

func (s *slowLetters) Gather(_ context.Context, b registry.Batch, part registry.BatchPart) error {
	s.batch = b.With(part)
	return nil
}

func (s *slowLetters) Letters(_ context.Context, _ registry.BatchKey, after, limit int) ([]registry.Recipient, error) {
	if s.reads["reviewing"] > slowPersons/limit {
		first := max(after, slowDeceased)
		return s.read("printing", int64(first), min(int64(first+limit), slowPersons)), nil
	}
	next := s.read("reviewing", int64(after), min(int64(after+limit), slowPersons))
	for i := range next {
		next[i].Deceased = next[i].Number <= slowDeceased
	}
	return next, nil
}

func (s *slowLetters) LeaveOut(_ context.Context, _ registry.Batch, _ []int, _ registry.LeftOut) error {
	return nil
}

func (s *slowLetters) NotToSend(context.Context, registry.BatchKey) (registry.LeftOut, error) {
	return registry.LeftOut{}, nil
}

func (s *slowLetters) FinishBatch(context.Context, registry.Batch, registry.Event) error { return nil }

const (
	slowPersons  = 8_600 // read in five parts
	slowDeceased = 650   // of the first of them, since they were chosen: four parts are left, and fewer thousands
)

// TestWorkOnABatchIsClaimedForAsLongAsItLasts makes a batch, which takes many times as long as a claim lasts and is another's for some seconds more: from
// the first person to the last letter no server takes it for nobody's.
func TestWorkOnABatchIsClaimedForAsLongAsItLasts(t *testing.T) {
	clock := registrytest.NewClock()
	s := &slowLetters{
		Memory: registrytest.NewMemory(), clock: clock, claimed: clock.Now().Add(5 * time.Second), reads: map[string]int{},
		batch: registry.Batch{BatchKey: registry.BatchKey{Run: 1, Part: 1}, State: registry.BatchGathering, Kind: registry.BatchPDF},
	}
	var told []int
	printer := registry.BatchPrinter{Layout: 1, Places: 2, Print: func(w io.Writer, _ registry.Batch, letters iter.Seq2[registry.Recipient, error]) error {
		for r, err := range letters {
			if err != nil {
				return err
			}
			if _, err := fmt.Fprintln(w, r.Number); err != nil {
				return err
			}
		}
		return nil
	}}
	g := registrytest.NewRegistry(s, clock)
	manager := registrytest.Agent(registry.RoleCampaign, "Lea")
	b, err := g.WorkBatch(t.Context(), manager, s.batch.BatchKey, printer, nil, func(_ registry.Batch, printed int) {
		if printed > 0 {
			told = append(told, printed)
		}
	})
	if err != nil || b.State != registry.BatchPrinted || b.Letters != slowPersons-slowDeceased {
		t.Fatalf("the batch is %q with %d letters: %v", b.State, b.Letters, err)
	}
	if diff := cmp.Diff([]int{1000, 2000, 3000, 4000, 5000, 6000, 7000, slowPersons - slowDeceased}, told); diff != "" {
		t.Errorf("letters that are told as printed (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]int{"choosing": 5, "reviewing": 5, "printing": 4}, s.reads); diff != "" {
		t.Errorf("reads (-want +got):\n%s", diff)
	}
	if s.claims != 3+5+5+4 { // as each of three works begins, and after each read: not for each letter, which is a write
		t.Errorf("%d claims", s.claims)
	}
	if len(s.unclaimed) > 0 {
		t.Errorf("nobody's while at work: %q", s.unclaimed)
	}
}
