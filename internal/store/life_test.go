package store

import (
	"context"
	"flag"
	"path/filepath"
	"testing"

	"github.com/jackc/pgx/v5"

	"vaccin/internal/keyring"
	"vaccin/internal/keyring/keyringtest"
	"vaccin/internal/registry"
	"vaccin/internal/store/storetest"
)

// To look for what a few sequences do not show: go test -run TestWhateverBecomesOfPersons -life.sequences 500 -rapid.checks 500 ./internal/store.
var lifeSequences = flag.Int("life.sequences", 4, "how many sequences of acts become of persons, on each engine")

func TestWhateverBecomesOfPersons(t *testing.T) {
	for name, address := range map[string]func(testing.TB) string{
		"SQLite":     func(t testing.TB) string { return filepath.Join(t.TempDir(), "store.db") },
		"PostgreSQL": freshDatabase,
	} {
		t.Run(name, func(t *testing.T) {
			storetest.AnyLife(t, *lifeSequences, func(t testing.TB) (storetest.Engine, storetest.Rotation) { return openLife(t, address(t)) })
		})
	}
}

// openLife opens a store of few codes, in which runs have several parts, and what rotates its keys as a command beside it does.
func openLife(t testing.TB, address string) (*Store, storetest.Rotation) {
	t.Helper()
	ring := keyringtest.Ring(1)
	keys := func(context.Context, bool) (*keyring.Ring, error) { return ring, nil }
	open := func() *Store {
		s, err := Open(context.Background(), address, Options{Keys: keys})
		if err != nil {
			t.Fatal(err)
		}
		s.codeSpace = 100
		if e, ok := s.engine.(*postgres); ok {
			e.runs = runSizes{part: 3, small: 3}
		}
		return s
	}
	s := open()
	t.Cleanup(func() { _ = s.Close() })
	return s, func(event func(registry.Action) registry.Event) error {
		old := []keyring.ID{ring.Current(keyring.SealKey), ring.Current(keyring.BlindKey)}
		ring = newer(ring)
		beside := open()
		defer func() { _ = beside.Close() }()
		if _, err := beside.Rotate(context.Background(), func(keyring.ID) registry.Event { return event(registry.ActionRotateKey) }, nil); err != nil {
			return err
		}
		for _, id := range old {
			if err := beside.RetireKey(context.Background(), id, event(registry.ActionRetireKey)); err != nil {
				return err
			}
		}
		return nil
	}
}

// freshDatabase is a database that goes at the end of the test: runs make tables in it.
func freshDatabase(t testing.TB) string {
	t.Helper()
	address := databases.Fresh(t)
	at, err := pgx.ParseConfig(address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := databases.Cluster().SQL("postgres", "DROP DATABASE "+at.Database+" WITH (FORCE)"); err != nil {
			t.Errorf("dropping a database: %v", err)
		}
	})
	return address
}
