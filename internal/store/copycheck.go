package store

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgtype"
)

// Both sides are read in the order of keys, hand in hand, so that every value of every row is compared, and none
// is kept.

// compareTable compares a table on both sides.
func compareTable(ctx context.Context, source *copySource, target *copyTarget, table copiedTable, c *Comparison, progress func(rows int64)) error {
	columns, err := agreed(ctx, source, target, table)
	if err != nil {
		return err
	}
	next, stop := iter.Pull2(target.rows(ctx, table, columns))
	defer stop()
	var theirs []any
	more := false
	advance := func() (err error) {
		theirs, err, more = next()
		return err
	}
	if err := advance(); err != nil {
		return err
	}
	seen := int64(0)
	text := "SELECT " + columnNames(columns) + " FROM " + table.name + " ORDER BY " + strings.Join(table.key, ", ")
	err = source.each(ctx, text, nil, columns, func(row []any) error {
		if seen++; seen%1000 == 0 {
			progress(seen)
		}
		for i, column := range columns {
			var replaced bool
			if row[i], replaced = column.canonical(row[i]); replaced {
				c.Replaced++
			}
		}
		order := -1
		for key := keyOf(table, columns, row); more; c.Added++ {
			if order = compareKeys(key, keyOf(table, columns, theirs)); order <= 0 {
				break
			}
			if err := advance(); err != nil {
				return err
			}
		}
		switch {
		case !more || order < 0:
			c.Missing++
			return nil
		case slices.Equal(row, theirs):
			c.Same++
		default:
			c.Changed++
		}
		return advance()
	})
	for err == nil && more {
		c.Added++
		err = advance()
	}
	progress(seen)
	return err
}

// rows are the rows of a table, in the order of its key, their values in the form in which they are compared.
func (t *copyTarget) rows(ctx context.Context, table copiedTable, columns []copiedColumn) iter.Seq2[[]any, error] {
	return func(yield func([]any, error) bool) {
		rows, err := t.conn.Query(ctx, "SELECT "+columnNames(columns)+" FROM "+table.name+" ORDER BY "+table.order(""))
		if err != nil {
			yield(nil, err)
			return
		}
		defer rows.Close()
		for rows.Next() {
			values, err := rows.Values()
			for i := range values {
				values[i], _ = columns[i].canonical(values[i])
			}
			if !yield(values, err) || err != nil {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(nil, err)
		}
	}
}

// canonical is the form in which values of both engines are compared: a number, text, or nil for none. replaced
// tells that the text has characters that PostgreSQL does not take.
func (c copiedColumn) canonical(value any) (form any, replaced bool) {
	switch v := value.(type) {
	case bool:
		if v {
			return int64(1), false
		}
		return int64(0), false
	case int16:
		return int64(v), false
	case int32:
		return int64(v), false
	case []byte:
		if c.kind == pgtype.TextOID {
			return c.canonical(string(v))
		}
		return string(v), false
	case string:
		if c.kind == pgtype.TextOID {
			clean := text(v)
			return clean, clean != v
		}
	}
	return value, false
}

// compareKeys compares keys of one table.
func compareKeys(a, b []any) int {
	for i := range a {
		order := 0
		switch ours := a[i].(type) {
		case int64:
			theirs, _ := b[i].(int64)
			order = cmp.Compare(ours, theirs)
		case string:
			theirs, _ := b[i].(string)
			order = strings.Compare(ours, theirs)
		}
		if order != 0 {
			return order
		}
	}
	return 0
}
