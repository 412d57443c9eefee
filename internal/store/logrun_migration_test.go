package store

import (
	"context"
	"database/sql"
	"io/fs"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pressly/goose/v3"
)

// TestLeavesOfBeforeAreBroughtOver makes a store whose leaves are rows, as they once were, some of them missing, and opens it.
func TestLeavesOfBeforeAreBroughtOver(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	db := migratedTo(t, path, 11)
	const size, first, after = 700, 300, 303 // what lies between these two is missing
	begun := time.Date(2021, 1, 4, 8, 0, 0, 0, time.UTC).UnixMicro()
	var want []newLeaf
	for i := range int64(size) {
		leaf := newLeaf{place: place{0, 3*i + 1, begun + 1_000_003*i}}
		switch i {
		case 10: // a clock that went back
			leaf.at -= 1 << 40
		case 20:
			leaf.num = 1 << 40
		}
		leaf.hash[0], leaf.hash[31] = byte(i), byte(i>>8)
		want = append(want, leaf)
		if i >= first && i < after {
			continue
		}
		if _, err := db.ExecContext(t.Context(), "INSERT INTO log_leaf (position, turn, num, at, hash) VALUES ($1, 0, $2, $3, $4)",
			i, leaf.num, leaf.at, leaf.hash[:]); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	runs, err := readAll(context.Background(), s, selectRuns, []any{0, size}, readRun)
	if err != nil {
		t.Fatal(err)
	}
	var got []newLeaf
	var begins []int64
	for _, r := range runs {
		if begins = append(begins, r.position); r.position == after {
			got = append(got, want[first:after]...)
		}
		got = append(got, newLeaves(r)...)
	}
	if diff := cmp.Diff([]int64{0, 256, after, 512}, begins); diff != "" {
		t.Error(diff)
	}
	if !slices.Equal(got, want) {
		t.Error("the leaves are others")
	}
}

// migratedTo makes a new file with the tables of a version.
func migratedTo(t *testing.T, path string, version int64) *sql.DB {
	t.Helper()
	if err := create(path); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", address(path, writerSettings))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	files, err := fs.Sub(migrations, "migrations/sqlite")
	if err != nil {
		t.Fatal(err)
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, files, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := provider.UpTo(t.Context(), version); err != nil {
		t.Fatal(err)
	}
	return db
}
