package store

import (
	"context"
	"path/filepath"
	"testing"

	"vaccin/internal/keyring/keyringtest"
	"vaccin/internal/store/postgrestest"
	"vaccin/internal/store/storetest"
)

// open opens an empty store of its own, under a name that an address has to escape.
func open(t testing.TB) *Store {
	t.Helper()
	s, err := Open(context.Background(), filepath.Join(t.TempDir(), "données ?#%20.db"), Options{Keys: keyringtest.Keys()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// databases are those of the tests on PostgreSQL, each with the tables made.
var databases = postgrestest.Databases{Prepare: func(url string) error {
	s, err := Open(context.Background(), url, Options{})
	if err != nil {
		return err
	}
	return s.Close()
}}

// openDatabase opens an empty database of its own.
func openDatabase(t testing.TB, o Options) *Store {
	t.Helper()
	o.Keys = keyringtest.Keys()
	s, err := Open(context.Background(), databases.New(t), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// merging has a store send everything that can be merged in its form for many.
func merging(s *Store) *Store {
	e := s.engine.(*postgres)
	e.readsMerged, e.writesMerged = 1, 1
	return s
}

// loading has a store load each file as a first one, whoever is there, and connects as an import does: beside others it would merge.
func loading(t *testing.T) *Store {
	s, err := Open(t.Context(), databases.Fresh(t), Options{Keys: keyringtest.Keys(), Importing: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	s.engine.(*postgres).loadsAlways = true
	return s
}

func TestConformance(t *testing.T) {
	t.Run("SQLite", func(t *testing.T) {
		storetest.Run(t, func(t *testing.T) storetest.Engine { return open(t) })
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		storetest.Run(t, func(t *testing.T) storetest.Engine { return openDatabase(t, Options{}) })
	})
	// What is sent as one for many does the same, though it be for one.
	t.Run("PostgreSQL, merged", func(t *testing.T) {
		storetest.Run(t, func(t *testing.T) storetest.Engine { return merging(openDatabase(t, Options{})) })
	})
	// A file that is loaded beside persons comes to the same as one that is merged.
	t.Run("PostgreSQL, loaded", func(t *testing.T) {
		storetest.RunPopulations(t, func(t *testing.T) storetest.Engine { return loading(t) })
	})
}
