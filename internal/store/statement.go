package store

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
)

// statement is one step of a piece of work: SQL with $n arguments, in what both engines understand.
// Statements never tell failure by an SQL error but by how many rows they touched.
type statement struct {
	sql  string
	args []any
	// none says what it means that no row was touched. Without it, that is a defect: every statement
	// that follows a guard which held touches at least one row.
	none []reason
	// quiet statements may touch any number of rows, none included.
	quiet bool
}

// reason explains a statement that touched no row: when the probe finds a row (or there is no probe),
// it is err. A nil err means that the work goes on.
type reason struct {
	probe string
	args  []any
	err   error
}

// work is what is done whole or not at all. Only its first statement may fail as a guard, before
// anything was written, so that it costs nothing to the work that shares its transaction; work that is
// not so, or that is long, has a transaction alone.
type work struct {
	statements []statement
	alone      bool
	// key names what the guard touches, if there is a guard: works that share a transaction are done in its
	// order, so that two transactions never wait for each other.
	key string
	// change is the number under which the guard of a work with a key marks its row; zero where it has none.
	change int64
	// still work, which is alone, is done while no other writes a record: what was begun before has ended,
	// and what begins after sees what it did.
	still bool
	// joins is said of work, which is alone, that makes one record of two as they were read: it is done while no part of a population is
	// being merged, or that one would be told to the record that goes.
	joins bool
	// brief work, which is alone, takes no longer than an act does: an answer that is lost is given up as soon.
	brief bool
	// inside is done in place of statements, in the transaction of work that is alone, in the embedded store.
	inside func() error
}

// renewed is the same work under another number. What follows a guard asks whether it is that number which the row bears:
// of work that was done although nobody knew, a second try under the same number would take the guard of the
// first for its own.
func (w work) renewed() work {
	if w.change == 0 {
		return w
	}
	fresh := rand.Int64()
	statements := slices.Clone(w.statements)
	for i, s := range statements {
		statements[i].args = slices.Clone(s.args)
		for j, arg := range s.args {
			if arg == any(w.change) {
				statements[i].args[j] = fresh
			}
		}
	}
	w.statements, w.change = statements, fresh
	return w
}

// why returns what it means that a statement touched no row.
func (s statement) why(ask func(probe query) error) (refusal, err error) {
	for _, r := range s.none {
		found := r.probe == ""
		if !found {
			err := ask(query{sql: r.probe, args: r.args, row: func(func(...any) error) error {
				found = true
				return nil
			}})
			if err != nil {
				return nil, fmt.Errorf("store: asking why work was refused: %w", err)
			}
		}
		if found {
			return r.err, nil
		}
	}
	return errDefect, nil
}

// placeholders returns $first, $first+1, … for n arguments.
func placeholders(first, n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteByte('$')
		b.WriteString(strconv.Itoa(first + i))
	}
	return b.String()
}

// columnCount counts the names of a list of columns.
func columnCount(columns string) int { return strings.Count(columns, ",") + 1 }

// insertOf inserts a row as given.
func insertOf(table, columns string) string {
	return "INSERT INTO " + table + " (" + columns + ") VALUES (" + placeholders(1, columnCount(columns)) + ")"
}

// insertRows inserts as many rows at once.
func insertRows(table, columns string, rows int) string {
	n := columnCount(columns)
	values := make([]string, rows)
	for i := range values {
		values[i] = "(" + placeholders(1+i*n, n) + ")"
	}
	return "INSERT INTO " + table + " (" + columns + ") VALUES " + strings.Join(values, ", ")
}

// insertUnder inserts a row under the record whose key is $1, if the change $2 is the one that it last underwent:
// that is, if the guard of the same work held.
func insertUnder(key, table, columns string) string {
	return "INSERT INTO " + table + " (record_num, " + columns + ") SELECT num, " + placeholders(3, columnCount(columns)) +
		" FROM record WHERE " + key + " = $1 AND last_change = $2"
}

// insertAfter inserts a row as given, if the change $2 is the one that the row of a guard whose key is $1 last
// underwent: that is, if the guard of the same work held.
func insertAfter(guard, key, table, columns string) string {
	return "INSERT INTO " + table + " (" + columns + ") SELECT " + placeholders(3, columnCount(columns)) +
		" FROM " + guard + " WHERE " + key + " = $1 AND last_change = $2"
}

// upsertOf inserts a row, or replaces the columns beside the key of the row that has it.
func upsertOf(table, key, columns string) string {
	return insertOf(table, key+", "+columns) + " ON CONFLICT (" + key + ") DO UPDATE SET " + replaced(columns)
}

// replaced sets columns to what the row that conflicts would have inserted.
func replaced(columns string) string { return setFrom("excluded", columns) }

// setFrom sets columns to those of another row.
func setFrom(row, columns string) string {
	set := []string{}
	for _, c := range strings.Split(columns, ", ") {
		set = append(set, c+" = "+row+"."+c)
	}
	return strings.Join(set, ", ")
}
