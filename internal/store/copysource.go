package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/pressly/goose/v3"
	sqlite3 "modernc.org/sqlite/lib"
)

// Settings of whoever copies: the file is theirs alone from the first look on, and they write nothing to it. The
// engine refuses that while anybody else has it open, and gives it back when the process ends, however it ends.
const copySettings = "_pragma=busy_timeout(1000)&_pragma=locking_mode(EXCLUSIVE)&_pragma=query_only(1)&_dqs=0"

const (
	sqliteVersion = "SELECT COALESCE(MAX(version_id), 0) FROM goose_db_version WHERE is_applied"
	sqliteColumns = "SELECT name FROM pragma_table_info($1)"
	hasClear      = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'patient_clear'"
	countClear    = "SELECT count(*) FROM patient_clear"
	selectMoment  = "SELECT 'log ' || (SELECT COALESCE(MAX(num), 0) FROM access_log) || ', tree ' || (SELECT size FROM log_state)" +
		" || ', head ' || (SELECT COALESCE(MAX(number), 0) FROM log_head) || ', records ' || (SELECT COALESCE(MAX(num), 0) FROM record)"
	selectLogMonths = "SELECT DISTINCT strftime('%Y-%m', at / 1000000, 'unixepoch') FROM access_log ORDER BY 1"
)

// copySource is the embedded store that is copied.
type copySource struct {
	db   *sql.DB
	conn *sql.Conn
}

func openCopySource(ctx context.Context, path string) (_ *copySource, err error) {
	if _, err := os.Stat(path); err != nil {
		return nil, err
	}
	s := &copySource{}
	defer func() {
		if err != nil {
			err = errors.Join(inUse(err), s.close())
		}
	}()
	if s.db, err = sql.Open("sqlite", address(path, copySettings)); err != nil {
		return nil, err
	}
	if s.conn, err = s.db.Conn(ctx); err != nil {
		return nil, err
	}
	var there int64
	if err := s.conn.QueryRowContext(ctx, sqliteVersion).Scan(&there); err != nil {
		return nil, err
	}
	needed, err := newestOf(migrations, "migrations/sqlite")
	if err != nil {
		return nil, err
	}
	if there != needed {
		return nil, fmt.Errorf("%w: version %d instead of %d", ErrOutdated, there, needed)
	}
	var clearTables, clearRows int
	if err := s.conn.QueryRowContext(ctx, hasClear).Scan(&clearTables); err != nil || clearTables == 0 {
		return s, err
	}
	if err := s.conn.QueryRowContext(ctx, countClear).Scan(&clearRows); err != nil {
		return nil, err
	}
	if clearRows > 0 {
		return nil, ErrInClear
	}
	return s, nil
}

// inUse tells that another has the file from other errors.
func inUse(err error) error {
	if embeddedCode(err) == sqlite3.SQLITE_BUSY {
		return fmt.Errorf("%w: %w", ErrInUse, err)
	}
	return err
}

// newestOf is the version of the newest of some migrations.
func newestOf(files fs.FS, folder string) (newest int64, err error) {
	all, err := fs.ReadDir(files, folder)
	for _, f := range all {
		n, err := goose.NumericComponent(f.Name())
		if err != nil {
			return 0, err
		}
		newest = max(newest, n)
	}
	return newest, err
}

func (s *copySource) close() (err error) {
	if s.conn != nil {
		err = s.conn.Close()
	}
	if s.db != nil {
		err = errors.Join(err, s.db.Close())
	}
	return err
}

// measure counts the rows of every table.
func (s *copySource) measure(ctx context.Context) (tables []Comparison, total int64, err error) {
	for _, table := range copiedTables {
		c := Comparison{Table: table.name}
		if err := s.conn.QueryRowContext(ctx, "SELECT count(*) FROM "+table.name).Scan(&c.Rows); err != nil {
			return nil, 0, err
		}
		tables = append(tables, c)
		total += c.Rows
	}
	return tables, total, nil
}

// moment tells what the store is at: whoever acts changes it.
func (s *copySource) moment(ctx context.Context) (moment string, err error) {
	err = s.conn.QueryRowContext(ctx, selectMoment).Scan(&moment)
	return moment, err
}

// months are those of which there are entries in the access log.
func (s *copySource) months(ctx context.Context) ([]string, error) {
	return s.texts(ctx, selectLogMonths)
}

// columns are those of a table.
func (s *copySource) columns(ctx context.Context, table string) ([]string, error) {
	return s.texts(ctx, sqliteColumns, table)
}

func (s *copySource) texts(ctx context.Context, text string, args ...any) (all []string, err error) {
	rows, err := s.conn.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var one string
		if err := rows.Scan(&one); err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}

// chunk are the rows after a key, nil for the first.
func (s *copySource) chunk(ctx context.Context, table copiedTable, columns []copiedColumn, after []any, limit int) (all [][]any, err error) {
	where := ""
	if after != nil {
		places := make([]string, len(after))
		for i := range after {
			places[i] = fmt.Sprintf("$%d", i+1)
		}
		where = " WHERE (" + strings.Join(table.key, ", ") + ") > (" + strings.Join(places, ", ") + ")"
	}
	text := fmt.Sprintf("SELECT %s FROM %s%s ORDER BY %s LIMIT %d", columnNames(columns), table.name, where, strings.Join(table.key, ", "), limit)
	err = s.each(ctx, text, after, columns, func(row []any) error {
		all = append(all, row)
		return nil
	})
	return all, err
}

// each hands over rows, their values as the embedded store has them.
func (s *copySource) each(ctx context.Context, text string, args []any, columns []copiedColumn, row func([]any) error) (err error) {
	rows, err := s.conn.QueryContext(ctx, text, args...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		values, to := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			to[i] = &values[i]
		}
		if err := rows.Scan(to...); err != nil {
			return err
		}
		for i, v := range values {
			if b, ok := v.([]byte); ok && b == nil { // no bytes, which is not nothing
				values[i] = []byte{}
			}
		}
		if err := row(values); err != nil {
			return err
		}
	}
	return rows.Err()
}
