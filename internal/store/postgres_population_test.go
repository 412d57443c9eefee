package store

import (
	"strconv"
	"testing"
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
