package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
	"vaccin/internal/store"
)

// served opens a store as the service does, with the keys beside the session key.
func served(t *testing.T, path, sessionKey string) (*store.Store, *registry.Registry, error) {
	t.Helper()
	keys, err := keyFlags{}.source(sessionKey)
	if err != nil {
		t.Fatal(err)
	}
	return openForService(t.Context(), path, keys, nil)
}

// The file of keys is made for a store without persons, again if it was lost before there was any, and never
// once there is one.
func TestServeMakesTheKeysOfAStoreWithoutPersons(t *testing.T) {
	path, sessionKey := newStore(t), filepath.Join(t.TempDir(), "key")
	file := sessionKey + ".nir"
	for range 2 {
		st, _, err := served(t, path, sessionKey)
		if err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(file)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Fatalf("the file of keys: %v, %v", info, err)
		}
		if err := errors.Join(os.Remove(file), st.Close()); err != nil {
			t.Fatal(err)
		}
	}
	st, g, err := served(t, path, sessionKey)
	if err != nil {
		t.Fatal(err)
	}
	by, err := operator()
	if err != nil {
		t.Fatal(err)
	}
	person := registry.ImportedPerson{ID: "0123456789abcdef0123456789abcdef", Patient: registrytest.Patient(1)}
	err = g.ImportPersons(t.Context(), by, []registry.ImportedPerson{person}, "digest")
	if err := errors.Join(err, st.Close(), os.Rename(file, file+".lost")); err != nil {
		t.Fatal(err)
	}
	_, _, err = served(t, path, sessionKey)
	if !errors.Is(err, store.ErrKeys) || !strings.Contains(sentence(err), "ne conviennent pas") || !strings.Contains(sentence(err), "no file of keys") {
		t.Errorf("without the file: %v", err)
	}
	if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file was made for a store that has a person: %v", err)
	}
	if err := os.Rename(file+".lost", file); err != nil {
		t.Fatal(err)
	}
	if st, _, err = served(t, path, sessionKey); err != nil {
		t.Fatalf("with the file again: %v", err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
}
