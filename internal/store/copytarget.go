package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// transactionColumn is the transaction that wrote an entry of the access log. Those that were copied have none,
// which comes before all of this database: their order is that of their numbers, as it was.
const transactionColumn = "txid"

const (
	lockCopy      = "SELECT pg_try_advisory_lock(hashtext('vaccin copy'))"
	selectCopied  = "SELECT moment, checked FROM copied_table ORDER BY checked LIMIT 1" // unchecked first
	insertCopied  = "INSERT INTO copied_table (name, moment, rows, checked) VALUES ($1, $2, 0, false)"
	addCopied     = "UPDATE copied_table SET rows = rows + $1 WHERE name = $2"
	selectReached = "SELECT rows FROM copied_table WHERE name = $1"
	finishCopied  = "UPDATE copied_table SET checked = true"
	unfinished    = "SELECT EXISTS (SELECT FROM copied_table WHERE NOT checked)"

	tableColumns = "SELECT attname::text, atttypid FROM pg_attribute WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum"
	// selectNumbered are the columns that are numbered by the database.
	selectNumbered = "SELECT c.relname::text, a.attname::text, pg_get_serial_sequence(c.relname, a.attname)" +
		" FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid" +
		" WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND a.attnum > 0 AND NOT a.attisdropped" +
		" AND pg_get_serial_sequence(c.relname, a.attname) IS NOT NULL ORDER BY 1, 2"
	setNumber = "SELECT setval($1::text::regclass, GREATEST(most, 1), most > 0) FROM (%s) AS found (most)"
	// An entry that was removed for its age keeps its number; in the embedded store the last numbered has the highest.
	highestEntry = "SELECT GREATEST((SELECT COALESCE(MAX(num), 0) FROM access_log), (SELECT num FROM log_state))"
)

// copyTarget is the database that is copied into, on a connection of its owner.
type copyTarget struct{ conn *pgx.Conn }

// openCopyTarget connects to the database. It makes the tables where there are none, unless it shall only look.
func openCopyTarget(ctx context.Context, at string, look bool) (_ *copyTarget, err error) {
	config, err := pgx.ParseConfig(at)
	if err != nil || !spelled(at) {
		return nil, ErrAddress // the library's error may hold the password
	}
	config.RuntimeParams["application_name"] = "vaccin-copy"
	t := &copyTarget{}
	if t.conn, err = pgx.ConnectConfig(ctx, config); err != nil {
		return nil, fmt.Errorf("connecting to the database: %w", err)
	}
	empty := false
	if err = t.conn.QueryRow(ctx, isEmpty).Scan(&empty); err == nil && empty && look {
		err = ErrNoCopy
	}
	if err == nil {
		// A copy that was interrupted may have been so before all tables were made, or their rights given.
		err = preparePostgres(ctx, config, Options{copying: true, Migrate: !look})
	}
	alone := false
	if err == nil {
		alone, err = t.lock(ctx)
	}
	if err == nil && !alone {
		err = fmt.Errorf("%w: another copies into it", ErrCopying)
	}
	if err != nil {
		return nil, errors.Join(err, t.close())
	}
	return t, nil
}

// lock tells whether this is the only one that copies into the database. One that was killed a moment ago, or has just
// ended, is still there until the server has seen it.
func (t *copyTarget) lock(ctx context.Context) (alone bool, err error) {
	for began := time.Now(); ; time.Sleep(retryEvery) {
		err = t.conn.QueryRow(ctx, lockCopy).Scan(&alone)
		if err != nil || alone || time.Since(began) > patience {
			return alone, err
		}
	}
}

func (t *copyTarget) close() error { return t.conn.Close(context.Background()) }

// begin says that a store is copied here, as it is at a moment, or sees that this is the copy that was begun.
func (t *copyTarget) begin(ctx context.Context, moment string) (finished bool, err error) {
	began := ""
	err = t.conn.QueryRow(ctx, selectCopied).Scan(&began, &finished)
	switch {
	case err == nil && began != moment:
		return false, ErrMovedOn
	case !errors.Is(err, pgx.ErrNoRows):
		return finished, err
	}
	return false, t.inOne(ctx, func(tx pgx.Tx) error {
		for _, table := range copiedTables {
			filled := false
			if err := tx.QueryRow(ctx, "SELECT EXISTS (SELECT FROM "+table.name+")").Scan(&filled); err != nil {
				return err
			}
			if filled && !table.found {
				return fmt.Errorf("%w: the table %s has rows", ErrNotEmpty, table.name)
			}
			if _, err := tx.Exec(ctx, insertCopied, table.name, moment); err != nil {
				return err
			}
		}
		return nil
	})
}

// inOne does something in one transaction.
func (t *copyTarget) inOne(ctx context.Context, do func(tx pgx.Tx) error) error {
	return pgx.BeginFunc(ctx, t.conn, do)
}

// makeMonths makes the partitions of months of the access log, given as 2021-02.
func (t *copyTarget) makeMonths(ctx context.Context, months []string) error {
	for _, name := range months {
		month, err := time.Parse("2006-01", name)
		if err != nil {
			return fmt.Errorf("reading the months of the access log: %w", err)
		}
		part := "access_log_" + month.Format("2006_01")
		there := false
		if err := t.conn.QueryRow(ctx, "SELECT to_regclass($1::text) IS NOT NULL", part).Scan(&there); err != nil {
			return err
		}
		if there {
			continue
		}
		err = t.inOne(ctx, func(tx pgx.Tx) error {
			_, err := tx.Exec(ctx, fmt.Sprintf("CREATE TABLE %s PARTITION OF access_log FOR VALUES FROM (%d) TO (%d)", part,
				month.UnixMicro(), month.AddDate(0, 1, 0).UnixMicro()))
			if err == nil {
				_, err = tx.Exec(ctx, "REVOKE UPDATE, DELETE, TRUNCATE ON "+part+" FROM CURRENT_USER")
			}
			return err
		})
		if err != nil {
			return fmt.Errorf("making a month of the access log: %w", err)
		}
	}
	return nil
}

// columns are those of a table, with their types.
func (t *copyTarget) columns(ctx context.Context, table string) ([]copiedColumn, error) {
	rows, err := t.conn.Query(ctx, tableColumns, table)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (c copiedColumn, err error) {
		return c, row.Scan(&c.name, &c.kind)
	})
}

// order is that of the rows of a table.
func (table copiedTable) order(direction string) string {
	columns := table.key
	if table.name == accessLog {
		columns = append([]string{transactionColumn}, columns...) // which an index has
	}
	return table.name + "." + strings.Join(columns, direction+", "+table.name+".") + direction
}

// reached is how many rows were copied, and the key of the last.
func (t *copyTarget) reached(ctx context.Context, table copiedTable) (rows int64, key []any, err error) {
	if err := t.conn.QueryRow(ctx, selectReached, table.name).Scan(&rows); err != nil || rows == 0 {
		return 0, nil, err
	}
	found, err := t.conn.Query(ctx, "SELECT "+strings.Join(table.key, ", ")+" FROM "+table.name+" ORDER BY "+table.order(" DESC")+" LIMIT 1")
	if err != nil {
		return 0, nil, err
	}
	key, err = pgx.CollectExactlyOneRow(found, func(row pgx.CollectableRow) ([]any, error) { return row.Values() })
	return rows, key, err
}

// add copies rows, and says so in the same transaction. The first of a table replace what it was made with.
func (t *copyTarget) add(ctx context.Context, table copiedTable, columns []copiedColumn, rows [][]any, first bool) error {
	if len(rows) == 0 {
		return nil
	}
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.name
	}
	if table.name == accessLog {
		names = append(names, transactionColumn)
	}
	return t.inOne(ctx, func(tx pgx.Tx) error {
		if first && table.found {
			if _, err := tx.Exec(ctx, "DELETE FROM "+table.name); err != nil {
				return err
			}
		}
		_, err := tx.CopyFrom(ctx, pgx.Identifier{table.name}, names, pgx.CopyFromSlice(len(rows), func(i int) ([]any, error) {
			values := make([]any, len(columns), len(names))
			for at, c := range columns {
				values[at] = c.taken(rows[i][at])
			}
			if table.name == accessLog {
				values = append(values, uint64(0))
			}
			return values, nil
		}))
		if err == nil {
			_, err = tx.Exec(ctx, addCopied, len(rows), table.name)
		}
		return err
	})
}

// taken is a value of the embedded store as PostgreSQL takes it: one engine has no type of its own for what is
// true, and takes characters that the other does not.
func (c copiedColumn) taken(value any) any {
	switch v := value.(type) {
	case int64:
		if c.kind == pgtype.BoolOID {
			return v != 0
		}
	case string:
		if c.kind == pgtype.ByteaOID {
			return []byte(v)
		}
		return text(v)
	case []byte:
		if c.kind == pgtype.TextOID {
			return text(string(v))
		}
	}
	return value
}

// finish has the database number what comes after what was copied, and lets it be served.
func (t *copyTarget) finish(ctx context.Context) error {
	err := t.inOne(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, selectNumbered)
		if err != nil {
			return err
		}
		type numberedColumn struct{ Table, Column, Sequence string }
		all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[numberedColumn])
		if err != nil {
			return err
		}
		for _, n := range all {
			highest := "SELECT COALESCE(MAX(" + n.Column + "), 0) FROM " + n.Table
			if n.Table == accessLog {
				highest = highestEntry
			}
			if _, err := tx.Exec(ctx, fmt.Sprintf(setNumber, highest), n.Sequence); err != nil {
				return fmt.Errorf("going on with the numbers of %s: %w", n.Table, err)
			}
		}
		_, err = tx.Exec(ctx, finishCopied)
		return err
	})
	if err != nil {
		return fmt.Errorf("finishing the copy: %w", err)
	}
	// The planner knows nothing of tables that were filled a moment ago.
	if _, err := t.conn.Exec(ctx, "ANALYZE"); err != nil {
		return fmt.Errorf("having the database look at what was copied: %w", err)
	}
	return nil
}
