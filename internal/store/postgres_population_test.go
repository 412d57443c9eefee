package store

import (
	"context"
	"strconv"
	"testing"

	"github.com/jackc/pgx/v5"
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
