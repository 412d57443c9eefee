package store

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"vaccin/internal/keyring/keyringtest"
	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
)

func TestNumbersUsedLastAreRemembered(t *testing.T) {
	var n numbers
	id := func(i int) registry.RecordID { return registry.RecordID(fmt.Sprintf("%032x", i)) }
	if _, known := n.of(id(0)); known {
		t.Error("a number is known that was never told")
	}
	for i := range 10 * numbersKept {
		n.keep(id(i), int64(i))
		if num, known := n.of(id(0)); i%1000 == 0 && (!known || num != 0) {
			t.Fatalf("after %d, one in use is %d, %t", i, num, known)
		}
	}
	if kept := len(n.young) + len(n.old); kept > 2*numbersKept {
		t.Errorf("%d numbers are kept", kept)
	}
	last := 10*numbersKept - 1
	for i := range numbersKept - 1 {
		if num, known := n.of(id(last - i)); !known || num != int64(last-i) {
			t.Fatalf("the one of %d ago is %d, %t", i, num, known)
		}
	}
	if _, known := n.of(id(1)); known {
		t.Error("one is remembered that nobody used for long")
	}
	n.keep(id(last), 7)
	if num, _ := n.of(id(last)); num != 7 {
		t.Error("what was told last does not hold")
	}
}

func TestNumbersAreUsedFromManyGoroutines(t *testing.T) {
	var n numbers
	var all sync.WaitGroup
	for by := range 8 {
		all.Go(func() {
			for i := range 2 * numbersKept / 8 {
				id := registry.RecordID(fmt.Sprint((by + i) % 1000))
				if num, known := n.of(id); known && fmt.Sprint(num) != string(id) {
					t.Errorf("%s has the number %d", id, num)
				}
				n.keep(id, int64((by+i)%1000))
			}
		})
	}
	all.Wait()
}

// TestANumberOfAnotherRecordChangesNothing: what is remembered may be wrong after a database was put back; then the
// guard fails, and what is read next puts it right.
func TestANumberOfAnotherRecordChangesNothing(t *testing.T) {
	for name, s := range map[string]*Store{
		"SQLite":     open(t),
		"PostgreSQL": openDatabase(t, Options{Keys: keyringtest.Keys()}),
	} {
		t.Run(name, func(t *testing.T) {
			g, by := registrytest.NewRegistry(s, registrytest.NewClock()), registrytest.Doctor("Martin")
			g.Random = registry.New(s).Random
			importAll(t, s, g)
			var ids [2]registry.RecordID
			for i := range ids {
				var err error
				if ids[i], _, err = g.Register(t.Context(), by, registrytest.NIR(1+i), registrytest.RegistrationRequest()); err != nil {
					t.Fatal(err)
				}
			}
			other, err := s.numberOf(t.Context(), ids[1])
			if err != nil {
				t.Fatal(err)
			}
			s.numbers.keep(ids[0], other)
			capture := registrytest.Capture{Store: s}
			g.Store = &capture
			if _, err := g.DeclareEligibility(t.Context(), registry.Act{By: by, Record: ids[0], Request: "form"}, registrytest.EligibilityRequest()); err != nil {
				t.Fatal(err)
			}
			change := capture.Take()[0]
			s.numbers.keep(ids[0], other)
			if err := s.Apply(t.Context(), change); err == nil {
				t.Error("another's record was changed")
			}
			facts, err := s.Facts(t.Context(), ids[1], registry.Wanted{})
			if err != nil || facts.Record.Version != 1 || len(facts.Record.Eligibilities) != 0 {
				t.Errorf("another's record is at version %d, %v", facts.Record.Version, err)
			}
			if _, err := s.Facts(t.Context(), ids[0], registry.Wanted{}); err != nil {
				t.Fatal(err)
			}
			if err := s.Apply(t.Context(), change); err != nil {
				t.Errorf("read again, it is not changed: %v", err)
			}
			if _, err := s.numberOf(t.Context(), "none"); !errors.Is(err, registry.ErrOvertaken) {
				t.Errorf("a record that is not there: %v", err)
			}
		})
	}
}
