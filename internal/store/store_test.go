package store

import (
	"context"
	"path/filepath"
	"testing"

	"vaccin/internal/store/storetest"
)

// open opens an empty store of its own, under a name that an address has to escape.
func open(t testing.TB) *Store {
	t.Helper()
	s, err := Open(context.Background(), filepath.Join(t.TempDir(), "données ?#%20.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestConformance(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Engine { return open(t) })
}
