package store

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"vaccin/internal/registry"
)

// TestTablesAreNotBroughtUpToDateBesideAnImport: a migration may make the index that the import is about to make. Two that migrate wait for each
// other, and keep an import out meanwhile.
func TestTablesAreNotBroughtUpToDateBesideAnImport(t *testing.T) {
	address := databases.New(t)
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	for _, c := range []struct {
		lock string
		want error
	}{{lockImport, registry.ErrImporting}, {lockNoImport, nil}} {
		// Who made the tables, or opened the store before, may still be taking leave of the server, which holds their lock for a moment.
		for held, until := false, time.Now().Add(10*time.Second); !held; {
			if err := conn.QueryRow(t.Context(), c.lock).Scan(&held); err != nil || !held && time.Now().After(until) {
				t.Fatal(held, err)
			}
		}
		s, err := Open(t.Context(), address, Options{Migrate: true})
		if !errors.Is(err, c.want) {
			t.Errorf("beside %s: %v", c.lock, err)
		}
		if err == nil {
			_ = s.Close()
		}
		if _, err := conn.Exec(t.Context(), unlockAll); err != nil {
			t.Fatal(err)
		}
	}
}

// TestNoIndexIsMadeBeforeItsTableIsKnown: with more connections than two, who made one first would keep the analysis waiting, and that all other indexes.
func TestNoIndexIsMadeBeforeItsTableIsKnown(t *testing.T) {
	address := databases.New(t)
	connect := func() *pgx.Conn {
		conn, err := pgx.Connect(t.Context(), address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close(context.Background()) })
		return conn
	}
	steps := endSteps()
	analyses := []endStep{<-steps, <-steps}
	for n, makes := range []int{3, 1} { // of record, of patient
		for range makes {
			step, made := <-steps, make(chan error, 1)
			ctx, cancel := context.WithCancel(t.Context())
			conn := connect()
			go func() { made <- step(ctx, conn) }()
			select {
			case err := <-made:
				t.Fatalf("it is made first, with %v", err)
			case <-time.After(100 * time.Millisecond):
			}
			cancel()
			if err := <-made; !errors.Is(err, context.Canceled) {
				t.Errorf("called off it ends with %v", err)
			}
		}
		if err := analyses[n](t.Context(), connect()); err != nil {
			t.Fatal(err)
		}
	}
	// One connection takes them in their order.
	if err := takeSteps(t.Context(), connect(), endSteps()); err != nil {
		t.Error(err)
	}
}

// TestAnIndexThatIsInterruptedSaysSo: what follows on the connection that was cut fails too, as if the database were away.
func TestAnIndexThatIsInterruptedSaysSo(t *testing.T) {
	address := databases.New(t)
	var conns [2]*pgx.Conn
	for i := range conns {
		conn, err := pgx.Connect(t.Context(), address)
		if err != nil {
			t.Fatal(err)
		}
		conns[i] = conn
		t.Cleanup(func() { _ = conn.Close(context.Background()) })
	}
	if _, err := conns[0].Exec(t.Context(), "BEGIN; LOCK TABLE record IN ROW EXCLUSIVE MODE"); err != nil {
		t.Fatal(err)
	}
	steps := make(chan endStep, 1)
	steps <- func(ctx context.Context, conn *pgx.Conn) error {
		return makeIndex(ctx, conn, madeIndex{table: "record", name: "record_kept_waiting", on: "(version)"})
	}
	close(steps)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	time.AfterFunc(200*time.Millisecond, cancel)
	if err := takeSteps(ctx, conns[1], steps); !errors.Is(err, context.Canceled) {
		t.Errorf("it says %v", err)
	}
}
