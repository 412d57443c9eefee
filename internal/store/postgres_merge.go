package store

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
)

// What many people do at the same time is the same few statements with other arguments. Those that are under way
// together are sent as one: the arguments become arrays, and the statement is run on each of their rows. The
// database then plans, locks and answers once for all of them.

// From how many on it is worth it: to run over arrays costs more than to run once, and twice, and less than to run
// often.
const (
	readsMerged  = 4
	writesMerged = 6
)

// merged is a statement as one for many: its arguments are arrays, of which nth is the place of each.
type merged struct {
	sql   string   // empty where it cannot be one for many
	types []uint32 // of the arguments of the statement for one
	// tells is an INSERT that returns of each row that it inserted the first argument, a text, so that those it passed over
	// are known.
	tells bool
}

var (
	argument   = regexp.MustCompile(`\$(\d+)`)
	updating   = regexp.MustCompile(`^UPDATE (\w+) SET (.+?) WHERE (.+)$`)
	insertFrom = regexp.MustCompile(`^(INSERT INTO \w+ \((\w+)[^)]*\)) (SELECT .+?)( ON CONFLICT DO NOTHING)?$`)
	insertRow  = regexp.MustCompile(`^(INSERT INTO \w+ \([^)]*\)) VALUES \(([^()]*)\)( ON CONFLICT DO NOTHING)?$`)

	arrayOf = map[uint32]string{
		pgtype.TextOID: "text[]", pgtype.ByteaOID: "bytea[]", pgtype.Int8OID: "int8[]", pgtype.Int4OID: "int4[]",
		pgtype.Int2OID: "int2[]", pgtype.BoolOID: "bool[]",
	}
)

// merge makes one statement for many of a statement for one. A SELECT gives the place first; so does an UPDATE,
// for each that touched a row, and an INSERT the first argument, if it is what the first column gets: of others that may
// conflict, it is of no consequence whether they do.
func merge(text string, kinds []uint32) merged {
	m := merged{types: kinds}
	arrays, names := make([]string, len(kinds)), make([]string, len(kinds))
	for i, kind := range kinds {
		if arrayOf[kind] == "" {
			return m
		}
		// In a query of its own an array has a length that the planner does not see: it would plan anew for each.
		arrays[i], names[i] = fmt.Sprintf("(SELECT $%d::%s)", i+1, arrayOf[kind]), fmt.Sprintf("p%d", i+1)
	}
	if len(kinds) == 0 {
		return m
	}
	all := "unnest(" + strings.Join(arrays, ", ") + ") WITH ORDINALITY AS each (" + strings.Join(names, ", ") + ", nth)"
	one := argument.ReplaceAllString(text, "each.p$1")
	if parts := updating.FindStringSubmatch(one); parts != nil {
		m.sql = "UPDATE " + parts[1] + " SET " + parts[2] + " FROM " + all + " WHERE " + parts[3] + " RETURNING each.nth"
	} else if parts := insertFrom.FindStringSubmatch(one); parts != nil {
		m.sql = parts[1] + " SELECT made.* FROM " + all + " CROSS JOIN LATERAL (" + parts[3] + ") AS made" + parts[4]
		if m.tells = strings.HasPrefix(parts[3], "SELECT each.p1, ") && kinds[0] == pgtype.TextOID; m.tells {
			m.sql += " RETURNING " + parts[2]
		}
	} else if parts := insertRow.FindStringSubmatch(one); parts != nil {
		m.sql = parts[1] + " SELECT " + parts[2] + " FROM " + all + parts[3]
	} else if strings.HasPrefix(one, "SELECT ") {
		m.sql = "SELECT each.nth, found.* FROM " + all + " CROSS JOIN LATERAL (" + one + ") AS found"
	}
	return m
}

// mergedOf is what a statement is as one for many.
func (e *postgres) mergedOf(c *pgxpool.Conn, text string) (merged, error) {
	if known, ok := e.shapes.Load(text); ok {
		return known.(merged), nil
	}
	prepared, err := prepare(c.Conn().PgConn(), text)
	if err != nil {
		return merged{}, err
	}
	m := merge(text, slices.Clone(prepared.ParamOIDs))
	e.shapes.Store(text, m)
	return m, nil
}

// values are the arrays of the arguments of many.
func (m merged) values(of [][]any) func([]uint32) ([][]byte, error) {
	return func([]uint32) ([][]byte, error) {
		for _, args := range of {
			if len(args) != len(m.types) {
				return nil, fmt.Errorf("store: %d arguments are given where %d are taken", len(args), len(m.types))
			}
		}
		arrays := make([][]byte, len(m.types))
		for i, kind := range m.types {
			var err error
			if arrays[i], err = encodeArray(kind, len(of), func(n int) any { return of[n][i] }); err != nil {
				return nil, err
			}
		}
		return arrays, nil
	}
}

// together groups what has the same text, in the order in which each text first comes.
func together[T any](all []T, textOf func(T) string) [][]T {
	at := map[string]int{}
	var groups [][]T
	for _, x := range all {
		i, known := at[textOf(x)]
		if !known {
			i = len(groups)
			at[textOf(x)] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], x)
	}
	return groups
}

// asked is a query that someone waits for.
type asked struct {
	query
	by *reading
}

// readSteps are the steps of the queries of some readings, those alike as one.
func (e *postgres) readSteps(c *pgxpool.Conn, readings []*reading) ([]step, error) {
	var all []asked
	for _, r := range readings {
		for _, q := range r.queries {
			all = append(all, asked{q, r})
		}
	}
	var steps []step
	for _, alike := range together(all, func(a asked) string { return a.sql }) {
		if len(alike) >= e.readsMerged {
			m, err := e.mergedOf(c, alike[0].sql)
			if err != nil {
				return nil, err
			}
			if m.sql != "" {
				steps = append(steps, m.readStep(alike))
				continue
			}
		}
		for _, a := range alike {
			steps = append(steps, step{sql: a.sql, values: encoded(a.args), row: func(r row) error { return a.hand(r, 0) }})
		}
	}
	return steps, nil
}

// readStep is the step of queries that are alike.
func (m merged) readStep(alike []asked) step {
	args := make([][]any, len(alike))
	for i, a := range alike {
		args[i] = a.args
	}
	return step{sql: m.sql, values: m.values(args), row: func(r row) error {
		nth, err := integer(pgtype.Int8OID, r.values[0])
		if err != nil || nth < 1 || nth > int64(len(alike)) {
			return errColumn
		}
		return alike[nth-1].hand(r, 1)
	}}
}

// hand hands a row to whoever asked. What they make of it is their own affair, and spoils no other's answer.
func (a asked) hand(r row, from int) error {
	a.by.handed = true
	if a.by.err == nil {
		a.by.err = a.row(func(columns ...any) error { return r.scan(from, columns) })
	}
	return nil
}

// sent is a statement of a piece of work, and where to say how many rows it touched.
type sent struct {
	statement
	touched *int64
}

// writeSteps are the steps of works that share a transaction, those alike as one: first what each begins with, its
// guard, then what follows in the order of each.
func (e *postgres) writeSteps(c *pgxpool.Conn, batch []work, touched [][]int64) (steps []step, err error) {
	for place := 0; ; place++ {
		var all []sent
		for i, w := range batch {
			if place < len(w.statements) {
				all = append(all, sent{w.statements[place], &touched[i][place]})
			}
		}
		if len(all) == 0 {
			return steps, nil
		}
		groups := together(all, func(s sent) string { return s.sql })
		// Everybody locks the rows of one statement before those of another: none waits for who waits for them.
		slices.SortFunc(groups, func(a, b []sent) int { return strings.Compare(a[0].sql, b[0].sql) })
		for _, alike := range groups {
			if steps, err = e.appendWrites(c, steps, alike, false); err != nil {
				return nil, err
			}
		}
	}
}

// stepsAlone are the steps of one piece of work, in its order: statements that follow each other and are alike are one.
func (e *postgres) stepsAlone(c *pgxpool.Conn, w work, touched []int64) (steps []step, err error) {
	for at := 0; at < len(w.statements); {
		var alike []sent
		for ; at < len(w.statements) && (len(alike) == 0 || w.statements[at].sql == alike[0].sql); at++ {
			alike = append(alike, sent{w.statements[at], &touched[at]})
		}
		if steps, err = e.appendWrites(c, steps, alike, w.alone); err != nil {
			return nil, err
		}
	}
	return steps, nil
}

// appendWrites appends the steps of statements that are alike: one, if they are many. Guards that insert are one only
// in work that is alone: of works that share a transaction each must see what the one before it inserted.
func (e *postgres) appendWrites(c *pgxpool.Conn, steps []step, alike []sent, alone bool) ([]step, error) {
	if len(alike) >= e.writesMerged {
		m, err := e.mergedOf(c, alike[0].sql)
		if err != nil {
			return nil, err
		}
		if m.sql != "" && (!toldApart(alike[0].statement) || m.tells && alone) {
			return append(steps, m.writeStep(alike)), nil
		}
	}
	for _, s := range alike {
		steps = append(steps, step{sql: s.sql, values: encoded(s.args), touched: func(rows int64) { *s.touched = rows }})
	}
	return steps, nil
}

// toldApart tells an insert of which each has to be looked at: that it touched no row has a reason.
func toldApart(s statement) bool { return strings.HasPrefix(s.sql, "INSERT ") && len(s.none) > 0 }

// writeStep is the step of statements that are alike. Which of several updates touched their rows, and which of several
// inserts that tell, is told one by one; inserts that follow a guard are only counted, for the guards say which had to be
// done.
func (m merged) writeStep(alike []sent) step {
	args := make([][]any, len(alike))
	for i, s := range alike {
		args[i] = s.args
	}
	s := step{sql: m.sql, values: m.values(args)}
	if strings.HasPrefix(m.sql, "UPDATE ") {
		s.row = func(r row) error {
			nth, err := integer(pgtype.Int8OID, r.values[0])
			if err != nil || nth < 1 || nth > int64(len(alike)) {
				return errColumn
			}
			*alike[nth-1].touched++
			return nil
		}
		return s
	}
	if m.tells {
		at := make(map[string]*int64, len(alike))
		for _, s := range alike {
			at[fmt.Sprint(s.args[0])] = s.touched
		}
		s.row = func(r row) error {
			touched := at[string(r.values[0])]
			if touched == nil {
				return errColumn
			}
			*touched++
			return nil
		}
		return s
	}
	s.touched = func(int64) {
		for _, s := range alike {
			*s.touched = 1
		}
	}
	return s
}
