package store

import (
	"testing"

	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
)

// cacheSize is the writer's, as SQLite says it.
func cacheSize(t *testing.T, s *Store) (size int) {
	t.Helper()
	e, ok := s.engine.(*sqlite)
	if !ok {
		t.Fatal("not the embedded engine")
	}
	err := e.writer.query("PRAGMA cache_size", nil, func(scan func(...any) error) error { return scan(&size) })
	if err != nil {
		t.Fatal(err)
	}
	return size
}

func TestOnlyLongWorkHasTheLargeCache(t *testing.T) {
	s := open(t)
	g := registrytest.NewRegistry(s, registrytest.NewClock())
	by := registrytest.Doctor("Martin")
	long := func() error { return g.ImportPersons(t.Context(), by, persons(0, 2), "digest") }
	short := func() error {
		_, err := g.SearchByNIR(t.Context(), by, registrytest.NIR(0)) // writes to the access log
		return err
	}
	if err := s.ImportReference(t.Context(), registry.ReferenceChange{Openings: registrytest.Reference().Openings}, g.ImportEvent(by, 1, "digest")); err != nil {
		t.Fatal(err)
	}
	for i, step := range []struct {
		do   func() error
		size int
	}{{short, -4096}, {long, -65536}, {long, -65536}, {short, -4096}, {long, -65536}, {short, -4096}} {
		if err := step.do(); err != nil {
			t.Fatal(err)
		}
		if size := cacheSize(t, s); size != step.size {
			t.Errorf("after step %d the cache is %d instead of %d", i, size, step.size)
		}
	}
}
