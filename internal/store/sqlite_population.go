package store

import (
	"context"

	"vaccin/internal/registry"
)

// sqliteImport imports a part at a time in the queue of all work: each is a transaction of the one connection that
// writes.
type sqliteImport struct {
	engine *sqlite
	write  func(context.Context, work) error
}

// importing implements engine.
func (e *sqlite) importing(_ context.Context, write func(context.Context, work) error) (importSession, error) {
	if !e.imports.TryLock() {
		return nil, registry.ErrImporting
	}
	return &sqliteImport{e, write}, nil
}

func (s *sqliteImport) do(ctx context.Context, f func(tx importTx) error) error {
	return s.write(ctx, work{alone: true, inside: func() error { return f(sqliteTx{s.engine.writer}) }})
}

func (s *sqliteImport) close() { s.engine.imports.Unlock() }

func (*sqliteImport) fewBeside(int64) int64 { return -1 }

func (*sqliteImport) giveUp(context.Context, *populationImport) error { return errNoLoad }

func (*sqliteImport) load(context.Context, *populationImport) error { return errNoLoad }

// sqliteTx is a transaction of an import on the connection that writes.
type sqliteTx struct{ conn *sqliteConn }

func (t sqliteTx) exec(sql string, args ...any) (int64, error) { return t.conn.exec(sql, args) }

func (t sqliteTx) query(q query) error { return t.conn.query(q.sql, q.args, q.row) }

func (t sqliteTx) fill(table, columns string, rows [][]any) error {
	sql := insertOf(table, columns)
	for _, row := range rows {
		if _, err := t.conn.exec(sql, row); err != nil {
			return err
		}
	}
	return nil
}

const (
	stageTable = "(line INTEGER PRIMARY KEY, holder_key BLOB NOT NULL, own_key BLOB, birth_date TEXT NOT NULL," +
		" birth_rank INTEGER NOT NULL, told BIGINT NOT NULL, num INTEGER)"
	sealedTable = "(line INTEGER PRIMARY KEY, num INTEGER NOT NULL UNIQUE, id TEXT NOT NULL, fresh BOOLEAN NOT NULL, arrived BOOLEAN NOT NULL, named BOOLEAN NOT NULL, told BIGINT NOT NULL, sealed BLOB NOT NULL," +
		" sex TEXT NOT NULL, postal_code TEXT NOT NULL, commune_code TEXT NOT NULL, manual BOOLEAN NOT NULL, born_first INTEGER NOT NULL," +
		" born_last INTEGER NOT NULL, died INTEGER NOT NULL, residence INTEGER NOT NULL, occupation INTEGER NOT NULL, workplace INTEGER NOT NULL," +
		" conditions BIGINT NOT NULL, comorbidities BIGINT NOT NULL, department TEXT NOT NULL, establishment TEXT NOT NULL, scheme TEXT NOT NULL)"
)

func (t sqliteTx) stage() error {
	for _, sql := range []string{
		"CREATE TEMP TABLE IF NOT EXISTS population_stage " + stageTable, "CREATE TEMP TABLE IF NOT EXISTS population_sealed " + sealedTable,
		"DELETE FROM population_stage", "DELETE FROM population_sealed",
	} {
		if _, err := t.conn.exec(sql, nil); err != nil {
			return err
		}
	}
	return nil
}

// highestGiven is the highest number that a record has, or had that went when two were one person's.
const highestGiven = "SELECT MAX((" + highestNumber + "), (SELECT COALESCE(MAX(gone), 0) FROM doubtful_match))"

func (t sqliteTx) numbers(n int) ([]int64, error) {
	last := int64(0)
	err := t.query(query{sql: highestGiven, row: func(scan func(...any) error) error { return scan(&last) }})
	nums := make([]int64, n)
	for i := range nums {
		nums[i] = last + 1 + int64(i)
	}
	return nums, err
}

func (sqliteTx) know() error { return nil } // it plans by the indexes alone

func (sqliteTx) planFreely() error { return nil }

func (sqliteTx) lockMoved() error { return nil }

func (t sqliteTx) forgetSeen() error {
	_, err := t.conn.exec("DELETE FROM population_seen", nil)
	return err
}

func (sqliteTx) used() (bool, error) { return false, errNoLoad }

func (sqliteTx) prepareLoad() (int64, error) { return 0, errNoLoad }
