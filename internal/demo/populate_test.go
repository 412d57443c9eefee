package demo

import (
	"path/filepath"
	"testing"

	"vaccin/internal/registry"
	"vaccin/internal/store"
)

func TestReal(t *testing.T) {
	s, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "demo.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	c, err := Populate(t.Context(), registry.New(s), s, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Log(c.Took, c.Acts)
	t.Log("\n" + c.CheatSheet())
}
