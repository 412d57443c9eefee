package store

import (
	"context"
	"database/sql"
	"io/fs"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pressly/goose/v3"
)

const (
	withFormerIDIndexes = 35 // the last version of the tables that had them
	indexesOfIDs        = "SELECT string_agg(indexname, ' ' ORDER BY indexname) FROM pg_indexes WHERE tablename = 'record' AND indexdef LIKE '% (id)%'"
)

// TestFormerIndexesOfIdentifiersGoBesideWhoWrites: who writes for long keeps the migration waiting, and the migration keeps nobody else
// waiting for long.
func TestFormerIndexesOfIdentifiersGoBesideWhoWrites(t *testing.T) {
	t.Parallel()
	address := databases.Fresh(t)
	bringBackTo(t, address, withFormerIDIndexes)
	var conns [2]*pgx.Conn
	var err error
	for i := range conns {
		if conns[i], err = pgx.Connect(t.Context(), address); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conns[i].Close(context.Background()) })
	}
	indexes := func(want string) {
		t.Helper()
		there := ""
		if err := conns[1].QueryRow(t.Context(), indexesOfIDs).Scan(&there); err != nil || there != want {
			t.Fatalf("identifiers have the indexes %q, %v", there, err)
		}
	}
	indexes("record_drawn record_drawn_id record_id_key")
	// Nor does a server that ends idle sessions end the connection that keeps imports out meanwhile.
	const limit = "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET idle_session_timeout = 500', current_database()); END $$"
	if _, err := conns[0].Exec(t.Context(), limit); err != nil {
		t.Fatal(err)
	}
	if _, err := conns[0].Exec(t.Context(), "BEGIN; LOCK TABLE record IN ROW EXCLUSIVE MODE"); err != nil {
		t.Fatal(err)
	}
	migrated := make(chan error, 1)
	go func() {
		s, err := Open(context.Background(), address, Options{Migrate: true})
		if err == nil {
			err = s.Close()
		}
		migrated <- err
	}()
	for until := time.Now().Add(4 * time.Second); time.Now().Before(until); {
		if _, err := conns[1].Exec(t.Context(), "BEGIN; SET LOCAL lock_timeout = '3s'; LOCK TABLE record IN ROW EXCLUSIVE MODE; COMMIT"); err != nil {
			t.Fatalf("who writes meanwhile: %v", err)
		}
	}
	select {
	case err := <-migrated:
		t.Fatalf("the table was taken from who writes: %v", err)
	default:
	}
	if _, err := conns[0].Exec(t.Context(), "COMMIT"); err != nil {
		t.Fatal(err)
	}
	if err := <-migrated; err != nil {
		t.Fatal(err)
	}
	indexes("record_drawn")
}

// TestAFormerIndexWithoutItsConstraintGoesToo: an import of an earlier version that was stopped made the one before the other.
func TestAFormerIndexWithoutItsConstraintGoesToo(t *testing.T) {
	t.Parallel()
	address := databases.Fresh(t)
	bringBackTo(t, address, withFormerIDIndexes)
	conn := connectTo(t, address)
	if _, err := conn.Exec(t.Context(), "ALTER TABLE record DROP CONSTRAINT record_id_key; CREATE UNIQUE INDEX record_id_key ON record (id)"); err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), address, Options{Migrate: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	there := ""
	if err := conn.QueryRow(t.Context(), indexesOfIDs).Scan(&there); err != nil || there != "record_drawn" {
		t.Errorf("identifiers have the indexes %q, %v", there, err)
	}
}

// bringBackTo makes the tables those of an earlier version.
func bringBackTo(t *testing.T, address string, version int64) {
	t.Helper()
	db, err := sql.Open("pgx", address)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	files, err := fs.Sub(postgresMigrations, "migrations/postgres")
	if err != nil {
		t.Fatal(err)
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, files, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := provider.DownTo(t.Context(), version); err != nil {
		t.Fatal(err)
	}
}
