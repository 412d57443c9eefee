package store

import (
	"errors"
	"maps"
	"testing"

	"vaccin/internal/keyring"
	"vaccin/internal/keyring/keyringtest"
	"vaccin/internal/registry"
)

// retireFirst retires the first blind key.
func retireFirst(t *testing.T, s *Store) {
	t.Helper()
	if err := s.RetireKey(t.Context(), keyring.ID{Kind: keyring.BlindKey, Number: 1}, event(registry.ActionRetireKey)); err != nil {
		t.Fatal(err)
	}
}

// onFreshEngine is onEachEngine, without anything in the store.
func onFreshEngine(t *testing.T, test func(t *testing.T, address string)) {
	t.Helper()
	onEachEngine(t, func(t *testing.T, address string) {
		if IsDatabase(address) {
			address = databases.Fresh(t)
		}
		test(t, address)
	})
}

// TestAfterARotationRowsAreWrittenOnceMore: what was told is not known under another blind key, and then is again; a new
// seal key changes nothing of it.
func TestAfterARotationRowsAreWrittenOnceMore(t *testing.T) {
	onFreshEngine(t, func(t *testing.T, address string) {
		const persons = 300
		ring := keyringtest.Ring(1)
		s := server(t, address, keyring.Fixed(ring))
		perPart := 99
		updates := func(want int64) {
			t.Helper()
			perPart++ // another file of the same rows
			if o, err := importPopulation(t.Context(), s, populationOf(persons, perPart, "Durand")); err != nil || o.Updated != want {
				t.Errorf("the import came to %+v, %v, and %d updates were due", o, err, want)
			}
		}
		updates(0)
		updates(0)
		ring = keyringtest.With(ring, keyring.SealKey)
		s = server(t, address, keyring.Fixed(ring))
		if rows := rotate(t, s); rows != persons {
			t.Errorf("%d rows are sealed anew", rows)
		}
		updates(0)
		s = server(t, address, keyring.Fixed(keyringtest.With(ring, keyring.BlindKey)))
		if rows := rotate(t, s); rows != persons {
			t.Errorf("%d rows have a new index", rows)
		}
		if _, err := importPopulation(t.Context(), s, populationOf(persons, 50, "Durand")); !errors.Is(err, registry.ErrRotating) {
			t.Errorf("an import begins while rows may bear the former key: %v", err)
		}
		retireFirst(t, s)
		updates(persons)
		updates(0)
		if under := underKeys(t, s); !maps.Equal(under, map[[2]int]int{{2, 2}: persons}) {
			t.Errorf("records are under %v", under)
		}
	})
}

// TestARotationStopsAnImport before its next part; once it has ended, the import goes on under the new keys, and nothing
// of the file is left under the former ones.
func TestARotationStopsAnImport(t *testing.T) {
	onFreshEngine(t, func(t *testing.T, address string) {
		const persons = 600
		ring := keyringtest.Ring(1)
		s := server(t, address, keyring.Fixed(ring))
		if _, err := importPopulation(t.Context(), s, populationOf(persons, 100, "Durand")); err != nil {
			t.Fatal(err)
		}
		rotating := server(t, address, keyring.Fixed(newer(ring)))
		file := populationOf(persons, 50, "Nouveau")
		if _, err := importPopulation(t.Context(), s, atPart(file, 5, func() { rotate(t, rotating) })); !errors.Is(err, registry.ErrRotating) {
			t.Fatal(err)
		}
		// Who holds the former keys cannot go on, nor whoever holds the new ones while rows may bear the former.
		for _, one := range []*Store{s, rotating} {
			if _, err := importPopulation(t.Context(), one, file); !errors.Is(err, registry.ErrRotating) {
				t.Errorf("the import goes on: %v", err)
			}
		}
		retireFirst(t, rotating)
		o, err := importPopulation(t.Context(), rotating, file)
		if err != nil || o.Created != 0 || o.Updated != persons {
			t.Errorf("%+v, %v", o, err)
		}
		checkPopulation(t, rotating, file, persons, "Nouveau")
		if under := underKeys(t, rotating); !maps.Equal(under, map[[2]int]int{{2, 2}: persons}) {
			t.Errorf("records are under %v", under)
		}
	})
}
