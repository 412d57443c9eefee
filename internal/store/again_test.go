package store

import (
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"vaccin/internal/keyring/keyringtest"
	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
)

// TestWorkThatWasDoneUnknownIsNotDoneAgain: of a commit whose answer was lost, the second try finds that it was overtaken, and
// adds nothing, be it an act or a try that pays its toll.
func TestWorkThatWasDoneUnknownIsNotDoneAgain(t *testing.T) {
	for name, s := range map[string]*Store{
		"SQLite":     open(t),
		"PostgreSQL": openDatabase(t, Options{Keys: keyringtest.Keys()}),
	} {
		t.Run(name, func(t *testing.T) {
			g, by := registrytest.NewRegistry(s, registrytest.NewClock()), registrytest.Doctor("Martin")
			importAll(t, s, g)
			id, _, err := g.Register(t.Context(), by, registrytest.NIR(1), registrytest.RegistrationRequest())
			if err != nil {
				t.Fatal(err)
			}
			capture := registrytest.Capture{Store: s}
			g.Store = &capture
			act := registry.Act{By: by, Record: id, Request: "form"}
			if _, err := g.DeclareEligibility(t.Context(), act, registrytest.EligibilityRequest()); err != nil {
				t.Fatal(err)
			}
			num, err := s.numberOf(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			declare, err := workOf(nil, capture.Take()[0], num, 42)
			if err != nil {
				t.Fatal(err)
			}
			search := registry.Event{At: g.Security(), Action: registry.ActionSearchCode, Outcome: registry.OutcomeNothing, NationalID: "searcher"}
			next := registry.Throttle{Pace: registry.Level{Full: 1, At: g.Security()}}
			paid, err := tried(registry.Toll{Key: "someone", Nothing: registry.Charge{Throttle: next}}, search)
			if err != nil {
				t.Fatal(err)
			}
			for what, w := range map[string]work{"declaration": declare, "search": paid} {
				for try, want := range []error{nil, registry.ErrOvertaken} {
					refusals, failed := s.engine.transact([]work{w}, func() {})
					if failed != nil || !errors.Is(refusals[0], want) {
						t.Fatalf("%s, try %d: %v %v", what, try+1, refusals, failed)
					}
					w = w.renewed()
				}
			}
			for _, who := range []string{"searcher", by.Practitioner.NationalID} {
				events, err := s.Events(t.Context(), registry.EventQuery{NationalID: who, Limit: 10})
				if err != nil {
					t.Fatal(err)
				}
				seen := map[registry.Action]int{}
				for _, e := range events {
					if seen[e.Action]++; seen[e.Action] > 1 {
						t.Errorf("%s was logged twice", e.Action)
					}
				}
			}
		})
	}
}

// TestALongWriteTakesLongerThanOneWait: the limit of a connection is that of each piece, and one that nobody reads ends.
func TestALongWriteTakesLongerThanOneWait(t *testing.T) {
	near, far := net.Pipe()
	defer far.Close()
	c := &limitedConn{Conn: near}
	c.limit.Store(int64(200 * time.Millisecond))
	go func() {
		for range 4 {
			time.Sleep(100 * time.Millisecond)
			if _, err := io.ReadFull(far, make([]byte, 64<<10)); err != nil {
				return
			}
		}
	}()
	if n, err := c.Write(make([]byte, 4*64<<10)); err != nil || n != 4*64<<10 {
		t.Errorf("a write of four pieces: %d %v", n, err)
	}
	if _, err := c.Write([]byte("nobody reads this")); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a write that nobody reads: %v", err)
	}
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a read of what nobody writes: %v", err)
	}
}
