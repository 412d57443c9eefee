package store

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vaccin/internal/keyring"
	"vaccin/internal/keyring/keyringtest"
	"vaccin/internal/nir"
	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
)

// onEachEngine runs a test on a store of each engine without persons, which it opens as often as it likes.
func onEachEngine(t *testing.T, test func(t *testing.T, address string)) {
	t.Helper()
	on := func(t *testing.T, address string) {
		s := server(t, address, nil)
		importAll(t, s, registrytest.NewRegistry(s, registrytest.NewClock()))
		test(t, address)
	}
	t.Run("SQLite", func(t *testing.T) { on(t, filepath.Join(t.TempDir(), "store.db")) })
	t.Run("PostgreSQL", func(t *testing.T) { on(t, databases.New(t)) })
}

// server opens the store as one server more.
func server(t *testing.T, address string, keys keyring.Source) *Store {
	t.Helper()
	s, err := Open(t.Context(), address, Options{Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// event is one of the access log.
func event(action registry.Action) registry.Event {
	return registry.Event{At: registrytest.NewClock().Now(), NationalID: "8100", Action: action}
}

// importOne imports the i-th person.
func importOne(t *testing.T, s *Store, i int) registry.RecordID {
	t.Helper()
	p := persons(i, 1)
	g := registrytest.NewRegistry(s, registrytest.NewClock())
	if err := g.ImportPersons(t.Context(), registrytest.Doctor("Import"), p, "digest"); err != nil {
		t.Fatal(err)
	}
	return p[0].ID
}

// search finds by the NIR of the i-th person's holder.
func searchHolder(ctx context.Context, s *Store, i int) ([]registry.Record, error) {
	return s.FindByNIR(ctx, registrytest.NIR(i/3), event(registry.ActionSearchNIR), registry.Toll{})
}

func register(ctx context.Context, s *Store, holder nir.Number) error {
	g := registrytest.NewRegistry(s, registrytest.NewClock())
	g.Random = registry.New(s).Random
	_, _, err := g.Register(ctx, registrytest.Doctor("Martin"), holder, registrytest.RegistrationRequest())
	return err
}

func TestARingThatDoesNotFitIsRefused(t *testing.T) {
	onEachEngine(t, func(t *testing.T, address string) {
		ring := keyringtest.Ring(1)
		first := server(t, address, keyring.Fixed(ring))
		importOne(t, first, 1)
		without, err := keyringtest.With(ring, keyring.SealKey).Without(keyring.ID{Kind: keyring.SealKey, Number: 1})
		if err != nil {
			t.Fatal(err)
		}
		seal := keyring.ID{Kind: keyring.SealKey, Number: 1}
		for name, try := range map[string]struct {
			keys keyring.Source
			says []string
		}{
			"another of the same names": {
				keyring.Fixed(keyringtest.Ring(2)),
				[]string{"seal 1", "blind 1", ring.Check(seal), keyringtest.Ring(2).Check(seal), "is another"},
			},
			"one that lacks a key": {keyring.Fixed(without), []string{"seal 1", "is missing", ring.Check(seal)}},
			"none": {func(context.Context, bool) (*keyring.Ring, error) {
				return nil, errors.New("the vault is shut")
			}, []string{"the vault is shut"}},
		} {
			s, err := Open(t.Context(), address, Options{Keys: try.keys})
			if err == nil {
				_ = s.Close()
			}
			if !errors.Is(err, ErrKeys) {
				t.Errorf("%s: %v", name, err)
				continue
			}
			for _, word := range try.says {
				if !strings.Contains(err.Error(), word) {
					t.Errorf("%s: %v says nothing of %s", name, err, word)
				}
			}
		}
		again := server(t, address, keyring.Fixed(ring))
		if found, err := searchHolder(t.Context(), again, 1); err != nil || len(found) != 1 {
			t.Errorf("with the right ring: %d found, %v", len(found), err)
		}
	})
}

func TestARingIsMadeOnlyWhereNobodyIs(t *testing.T) {
	onEachEngine(t, func(t *testing.T, address string) {
		ring := keyringtest.Ring(1)
		var told []bool
		asked := func(_ context.Context, fresh bool) (*keyring.Ring, error) {
			told = append(told, fresh)
			return ring, nil
		}
		first := server(t, address, asked)
		importOne(t, first, 1)
		server(t, address, asked)
		if len(told) != 2 || !told[0] || told[1] {
			t.Errorf("the source was told that the store is fresh: %v", told)
		}
	})
}

// A file of keys that was lost before anyone was sealed is no loss: the store takes another. A server that
// still has the first must neither write nor say that there is nobody.
func TestAStoreWithoutPersonsTakesAnotherRing(t *testing.T) {
	onEachEngine(t, func(t *testing.T, address string) {
		stale := server(t, address, keyring.Fixed(keyringtest.Ring(1)))
		next := server(t, address, keyring.Fixed(keyringtest.Ring(2)))
		importOne(t, next, 1)
		if found, err := searchHolder(t.Context(), stale, 1); !errors.Is(err, ErrKeys) || found != nil {
			t.Errorf("who has the first ring finds %d, %v", len(found), err)
		}
		if err := register(t.Context(), stale, registrytest.NIR(50)); !errors.Is(err, ErrKeys) {
			t.Errorf("who has the first ring registers: %v", err)
		}
		if found, err := searchHolder(t.Context(), next, 1); err != nil || len(found) != 1 {
			t.Errorf("who has the second finds %d, %v", len(found), err)
		}
	})
}

func TestWithoutKeysNobodyIsReached(t *testing.T) {
	onEachEngine(t, func(t *testing.T, address string) {
		id := importOne(t, server(t, address, keyringtest.Keys()), 1)
		s := server(t, address, nil)
		importAll(t, s, registrytest.NewRegistry(s, registrytest.NewClock()))
		if _, err := s.Reference(t.Context()); err != nil {
			t.Errorf("reference data: %v", err)
		}
		for name, try := range map[string]func() error{
			"Facts": func() error { _, err := s.Facts(t.Context(), id, registry.Wanted{}); return err },
			"Read":  func() error { _, err := s.Read(t.Context(), id, event(registry.ActionRead)); return err },
			"FindByCode": func() error {
				_, err := s.FindByCode(t.Context(), 1, event(registry.ActionSearchCode), registry.Toll{})
				return err
			},
			"FindByNIR": func() error { _, err := searchHolder(t.Context(), s, 1); return err },
			"FindByKey": func() error {
				_, err := s.FindByKey(t.Context(), registrytest.NIR(0), registrytest.Patient(0).BirthDate, 1)
				return err
			},
			"Register": func() error { return register(t.Context(), s, registrytest.NIR(9)) },
			"OwnActs": func() error {
				_, err := s.OwnActs(t.Context(), registry.OwnActsQuery{NationalID: "8", Limit: 1}, event(registry.ActionReadOwnActs))
				return err
			},
			"Holdings": func() error { _, err := s.Holdings(t.Context(), id, event(registry.ActionRead)); return err },
			"Rotate": func() error {
				_, err := s.Rotate(t.Context(), func(keyring.ID) registry.Event { return event(registry.ActionRotateKey) }, nil)
				return err
			},
		} {
			if err := try(); !errors.Is(err, ErrNoKeys) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// TestAServerThatLacksTheNewKeySaysSo: what it cannot find it does not say is not there, and what it cannot
// write under the right key it does not write. Once it has the key, it goes on without being started again.
func TestAServerThatLacksTheNewKeySaysSo(t *testing.T) {
	onEachEngine(t, func(t *testing.T, address string) {
		held := keyringtest.Ring(1)
		behind := server(t, address, func(context.Context, bool) (*keyring.Ring, error) { return held, nil })
		id := importOne(t, behind, 1)
		newer := keyringtest.With(keyringtest.With(held, keyring.SealKey), keyring.BlindKey)
		rotate(t, server(t, address, keyring.Fixed(newer)))
		for name, try := range map[string]func() error{
			"a search": func() error { _, err := searchHolder(t.Context(), behind, 1); return err },
			"a search of nobody": func() error {
				_, err := searchHolder(t.Context(), behind, 1000)
				return err
			},
			"a look-up": func() error {
				_, err := behind.FindByKey(t.Context(), registrytest.NIR(1000), registrytest.Patient(0).BirthDate, 1)
				return err
			},
			"a reading":      func() error { _, err := behind.Read(t.Context(), id, event(registry.ActionRead)); return err },
			"a registration": func() error { return register(t.Context(), behind, registrytest.NIR(1000)) },
			"an import": func() error { // it looks for nobody first
				g := registrytest.NewRegistry(behind, registrytest.NewClock())
				return g.ImportPersons(t.Context(), registrytest.Doctor("Import"), persons(30, 1), "digest")
			},
		} {
			if err := try(); !errors.Is(err, ErrKeys) || !errors.Is(err, registry.ErrUnavailable) || registry.KindOf(err) != 0 || errors.Is(err, registry.ErrNoRecord) {
				t.Errorf("%s: %v", name, err)
			}
		}
		held, behind.keys.missed = newer, time.Time{}
		if found, err := searchHolder(t.Context(), behind, 1); err != nil || len(found) != 1 || found[0].ID != id {
			t.Errorf("with the new keys: %d found, %v", len(found), err)
		}
		if err := register(t.Context(), behind, registrytest.NIR(1000)); err != nil {
			t.Errorf("with the new keys: %v", err)
		}
	})
}

// TestTheSourceIsNotAskedByEverySearch: it may be a command that takes seconds.
func TestTheSourceIsNotAskedByEverySearch(t *testing.T) {
	address := filepath.Join(t.TempDir(), "store.db")
	asked := 0
	behind := server(t, address, func(context.Context, bool) (*keyring.Ring, error) {
		asked++
		return keyringtest.Ring(1), nil
	})
	importOne(t, behind, 1)
	rotate(t, server(t, address, keyring.Fixed(keyringtest.With(keyringtest.Ring(1), keyring.BlindKey))))
	for range 50 {
		if _, err := searchHolder(t.Context(), behind, 1); !errors.Is(err, ErrKeys) {
			t.Fatal(err)
		}
	}
	if asked > 2 { // when it was opened, and once
		t.Errorf("the source was asked %d times", asked)
	}
}

// A row whose index was exchanged with another's shows nobody else's identity.
func TestAnIndexThatIsNotTheIdentitysShowsNobody(t *testing.T) {
	onEachEngine(t, func(t *testing.T, address string) {
		s := server(t, address, keyringtest.Keys())
		importOne(t, s, 1)
		k := s.keys.held.Load()
		if err := s.write(t.Context(), work{alone: true, statements: []statement{{
			sql: "UPDATE record SET holder_key = $1", args: []any{k.blind(registrytest.NIR(40))},
		}}}); err != nil {
			t.Fatal(err)
		}
		found, err := s.FindByNIR(t.Context(), registrytest.NIR(40), event(registry.ActionSearchNIR), registry.Toll{})
		if !errors.Is(err, errOtherID) || found != nil {
			t.Errorf("%d found, %v", len(found), err)
		}
	})
}

// TestNothingIsInsertedUnderAKeyThatDoesNotWrite: by who does not know that it does not write any more, for
// either kind of key by itself.
func TestNothingIsInsertedUnderAKeyThatDoesNotWrite(t *testing.T) {
	for kind := keyring.SealKey; kind <= keyring.BlindKey; kind++ {
		t.Run(kind.String(), func(t *testing.T) {
			onEachEngine(t, func(t *testing.T, address string) {
				ring := keyringtest.Ring(1)
				behind := server(t, address, keyring.Fixed(ring))
				importOne(t, behind, 1)
				ahead := server(t, address, keyring.Fixed(keyringtest.With(ring, kind)))
				rotate(t, ahead)
				g := registrytest.NewRegistry(behind, registrytest.NewClock())
				err := g.ImportPersons(t.Context(), registrytest.Doctor("Import"), persons(30, 1), "digest")
				if !errors.Is(err, ErrKeys) {
					t.Errorf("imported: %v", err)
				}
				under := underKeys(t, ahead)
				if len(under) != 1 || under[[2]int{1, 1}] != 0 {
					t.Errorf("records are under %v", under)
				}
			})
		})
	}
}

// The service takes on the keys of a new store with the few rights that it has, and rotates none.
func TestTheServiceTakesOnKeysWithItsOwnRights(t *testing.T) {
	address := databases.New(t)
	owner := server(t, address, nil)
	importAll(t, owner, registrytest.NewRegistry(owner, registrytest.NewClock()))
	for range 2 {
		s, err := Open(t.Context(), address, Options{Service: true, Keys: keyringtest.Keys()})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		if err := register(t.Context(), s, registrytest.NIR(70)); err != nil {
			t.Errorf("registering: %v", err)
		}
		s.keys.ring = newer(keyringtest.Ring(1))
		if _, err := s.Rotate(t.Context(), rotateEvent, nil); err == nil || !strings.Contains(err.Error(), "permission denied") {
			t.Errorf("the service rotates keys: %v", err)
		}
	}
}
