package store

import (
	"context"
	"errors"
	"iter"
	"strconv"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
)

// TestACountryThatComesToAFewIsKnown: what the database plans by is told while rows come, for before it learns so by itself it went
// through all of them for each.
func TestACountryThatComesToAFewIsKnown(t *testing.T) {
	s := importer(t, databases.New(t))
	for _, persons := range []int{1, 3 * manyFresh} {
		if _, err := importPopulation(t.Context(), s, populationOf(persons, 500, "")); err != nil {
			t.Fatal(err)
		}
	}
	for _, table := range []string{"record", "patient"} {
		rows, err := strconv.Atoi(cell(t, s, "SELECT reltuples::bigint::text FROM pg_class WHERE oid = '"+table+"'::regclass"))
		if err != nil || rows < 2*manyFresh {
			t.Errorf("of %d rows of %s the database knows of %d (%v)", 3*manyFresh, table, rows, err)
		}
	}
}

// TestAnImportThatGoesOnIsPlannedByWhatIsThere: a server that took the table of lines for empty, as who sweeps it after a kill may find it, had each part held against
// all of it, row by row. Nobody sweeps it on their own, and an import that goes on looks at it again.
func TestAnImportThatGoesOnIsPlannedByWhatIsThere(t *testing.T) {
	address := databases.New(t)
	s := importer(t, address)
	if _, err := importPopulation(t.Context(), s, populationOf(2000, 500, "")); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	newer := populationOf(2000, 500, "Nouveau")
	if _, err := importPopulation(ctx, s, atPart(newer, 3, stop)); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	const seen = " FROM pg_class WHERE oid = 'population_seen'::regclass"
	if kept := cell(t, s, "SELECT reloptions::text"+seen); kept != "{autovacuum_enabled=off}" {
		t.Errorf("the table of lines has the options %q", kept)
	}
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	if _, err := conn.Exec(t.Context(), "UPDATE pg_class SET reltuples = 0, relpages = 300 WHERE oid = 'population_seen'::regclass"); err != nil {
		t.Fatal(err)
	}
	known := ""
	if _, err := importPopulation(t.Context(), s, atPart(newer, 3, func() { known = cell(t, s, "SELECT reltuples::bigint::text"+seen) })); err != nil {
		t.Fatal(err)
	}
	if rows, err := strconv.Atoi(known); err != nil || rows < 1000 {
		t.Errorf("of some 1,500 rows the database knows of %q", known)
	}
}

// TestAnImportOutlastsAServerThatEndsIdleSessions has the connection that holds the lock of imports say nothing for longer than the server lets
// sessions be idle, as it does while others fill the tables of a first import and make their indexes.
func TestAnImportOutlastsAServerThatEndsIdleSessions(t *testing.T) {
	address := databases.Fresh(t) // whose settings are changed
	s := importer(t, address)
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	const limit = "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET idle_session_timeout = 200', current_database()); END $$"
	if _, err := conn.Exec(t.Context(), limit); err != nil {
		t.Fatal(err)
	}
	file := atPart(populationOf(100, 20, ""), 3, func() { time.Sleep(time.Second) })
	if _, err := importPopulation(t.Context(), s, file); err != nil {
		t.Error(err)
	}
}

// TestAnImportWaitsForNoSweep imports while a table of persons is being swept, which may last for hours.
func TestAnImportWaitsForNoSweep(t *testing.T) {
	address := databases.New(t)
	s := importer(t, address)
	if _, err := importPopulation(t.Context(), s, populationOf(1, 500, "")); err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	if _, err := conn.Exec(t.Context(), "BEGIN; LOCK TABLE record IN SHARE UPDATE EXCLUSIVE MODE"); err != nil { // as VACUUM does
		t.Fatal(err)
	}
	if _, err := importPopulation(t.Context(), s, populationOf(2*manyFresh, 500, "")); err != nil {
		t.Errorf("beside a sweep: %v", err)
	}
}

// TestWhoIsJoinedBesideAnImportIsAsTheFileTells decides that two are one person while the part of a file that tells of one of them anew is
// being merged: it waits for somebody else's record.
func TestWhoIsJoinedBesideAnImportIsAsTheFileTells(t *testing.T) {
	address := databases.New(t)
	s := importer(t, address)
	g := registrytest.NewRegistry(s, registrytest.NewClock())
	importAll(t, s, g)
	m := inDoubt(t, s, 1)
	file, err := s.Facts(t.Context(), m.Record, registry.Wanted{})
	if err != nil {
		t.Fatal(err)
	}
	moved := importOne(t, s, 7)
	other, err := s.Facts(t.Context(), moved, registry.Wanted{})
	if err != nil {
		t.Fatal(err)
	}
	rows := []registry.InsuredRow{{Line: 2, Patient: file.Record.Patient}, {Line: 3, Patient: other.Record.Patient}}
	rows[0].Address, rows[1].BirthRank = "1 rue Nouvelle", 9
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	if _, err := conn.Exec(t.Context(), "BEGIN; SELECT FROM record WHERE id = '"+string(moved)+"' FOR UPDATE"); err != nil {
		t.Fatal(err)
	}
	waiting := func(many string) {
		t.Helper()
		for began := time.Now(); cell(t, s, "SELECT CAST(COUNT(*) AS TEXT) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()") != many; {
			if time.Sleep(5 * time.Millisecond); time.Since(began) > 20*time.Second {
				t.Fatalf("not %s are waiting", many)
			}
		}
	}
	done := make(chan error, 2)
	go func() {
		_, err := importPopulation(context.Background(), s, onePart(rows))
		done <- err
	}()
	waiting("1")
	go func() {
		done <- g.DecideMatch(context.Background(), registrytest.Support("Alex"), m.Record, m.Other, registry.MatchSame)
	}()
	waiting("2")
	if _, err := conn.Exec(t.Context(), "COMMIT"); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	stays, err := s.Facts(t.Context(), m.Other, registry.Wanted{})
	if err != nil || stays.Record.Patient.Address != rows[0].Address {
		t.Errorf("the address is %q, %v", stays.Record.Patient.Address, err)
	}
}

// onePart is a file of some rows.
func onePart(rows []registry.InsuredRow) registry.PopulationFile {
	last := rows[len(rows)-1].Line
	return registry.PopulationFile{
		Digest: "file of one part", Parts: 1, PartSize: 1, Lines: last,
		Read: func(context.Context, int) iter.Seq2[registry.PopulationPart, error] {
			return func(yield func(registry.PopulationPart, error) bool) {
				yield(registry.PopulationPart{Last: last, Rows: rows}, nil)
			}
		},
	}
}

// TestManyPairsInDoubtAreCountedInTime: held against each that was decided one by one, five thousand keep an import, and with it who decides on
// another, for twenty seconds.
func TestManyPairsInDoubtAreCountedInTime(t *testing.T) {
	s := importer(t, databases.New(t))
	file := onePart([]registry.InsuredRow{{Line: 2, Patient: persons(1, 1)[0].Patient}})
	if _, err := importPopulation(t.Context(), s, file); err != nil { // the first import, which knows no pair of before
		t.Fatal(err)
	}
	const some = "INSERT INTO doubtful_match (record_num, other_num, reason, at, decision, decided_at, gone) SELECT "
	for _, of := range []string{"i, 100000 + i, 'own-number', 1, '', 0, 0", "200000 + i, 300000 + i, 'own-number', 1, 'two', 1, 0", "200000 + i, 400000 + i, 'own-number', 1, 'same', 1, 200000 + i"} {
		if err := execute(t, s, some+of+" FROM generate_series(1000, 5999) AS of (i)"); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	file.Digest = "newer file"
	o, err := importPopulation(ctx, s, file)
	if err != nil || o.Doubtful != 5000 {
		t.Errorf("%d pairs are in doubt: %v", o.Doubtful, err)
	}
}
