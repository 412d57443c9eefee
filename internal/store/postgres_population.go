package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"vaccin/internal/registry"
)

const (
	lockImport     = "SELECT pg_try_advisory_lock(hashtext('vaccin population'))"
	lockNoImport   = "SELECT pg_try_advisory_lock_shared(hashtext('vaccin population'))" // several may bring the tables up to date
	isOwner        = "SELECT pg_has_role(current_user, relowner, 'MEMBER') FROM pg_class WHERE oid = 'record'::regclass"
	lockForWriting = "LOCK TABLE record IN ROW EXCLUSIVE MODE"
	// A part that is lost with the server is lost whole, and imported again.
	lazyCommit = "SET LOCAL synchronous_commit = off"
	// The staging tables have no statistics: what is in them is looked up by the indexes of the others, row by row.
	// Nor is it worth compiling them: a part takes less time than that.
	planByIndex = "SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; SET LOCAL jit = off"

	nextNumbers = "SELECT nextval(of.num) FROM (SELECT pg_get_serial_sequence('record', 'num')::regclass AS num OFFSET 0) AS of, generate_series(1, $1)"
	// In one transaction a session is shown the same others each time, unless it says so.
	lookAgain = "SELECT pg_stat_clear_snapshot()"
	// An import waits for no other, and who was killed a moment ago may still be there.
	othersThere = "SELECT EXISTS (SELECT FROM pg_stat_activity a WHERE datname = current_database() AND pid <> pg_backend_pid()" +
		" AND (application_name LIKE '" + applicationName + "%' AND application_name <> '" + importingName + "' OR usename <> current_user AND EXISTS (" +
		"SELECT FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.roleid WHERE r.rolname = '" + serviceRole + "' AND m.member = a.usesysid)))"
	lockMoved = "SELECT r.num FROM record r, population_stage s, population_sealed z WHERE s.line = z.line AND r.num = z.num AND NOT z.fresh AND " +
		otherKey + " ORDER BY r.id FOR UPDATE OF r"
)

// typesOf turns the types of the embedded store's staging tables into PostgreSQL's.
var typesOf = strings.NewReplacer("INTEGER", "BIGINT", "BLOB", "BYTEA", "TEXT", `TEXT COLLATE "C"`)

// postgresImport imports on a connection of its own, while it holds the lock of imports.
type postgresImport struct {
	engine *postgres
	conn   *pgx.Conn
}

// importing implements engine.
func (e *postgres) importing(ctx context.Context, _ func(context.Context, work) error) (_ importSession, err error) {
	defer func() { err = unavailable(err) }()
	conn, err := e.bulk(ctx)
	if err != nil {
		return nil, err
	}
	s := &postgresImport{e, conn}
	// One that was killed a moment ago is still there until the server has seen it.
	alone := false
	for began := time.Now(); ; time.Sleep(retryEvery) {
		err = conn.QueryRow(ctx, lockImport).Scan(&alone)
		if err != nil || alone || time.Since(began) > patience {
			break
		}
	}
	if err == nil && !alone {
		err = registry.ErrImporting
	}
	owner := false
	if err == nil {
		err = conn.QueryRow(ctx, isOwner).Scan(&owner)
	}
	if err == nil && !owner {
		err = registry.ErrNotOwner
	}
	if err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *postgresImport) close() { _ = s.conn.Close(context.Background()) }

// triedAgain is how often a part is tried that meets others of the service.
const triedAgain = 10

func (s *postgresImport) do(ctx context.Context, f func(tx importTx) error) error {
	for try := 1; ; try++ {
		err := pgx.BeginFunc(ctx, s.conn, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, lazyCommit+"; "+planByIndex+"; "+lockJoining+"; "+lockForWriting); err != nil {
				return err
			}
			return f(postgresTx{ctx, tx})
		})
		again := taken(err) || passing(err) || errors.Is(err, errEntered)
		if err == nil || try == triedAgain || s.conn.IsClosed() || ctx.Err() != nil || !again {
			return unavailable(err)
		}
	}
}

// postgresTx is a transaction of an import.
type postgresTx struct {
	ctx context.Context //nolint:containedctx // it lives for one call
	tx  pgx.Tx
}

func (t postgresTx) exec(sql string, args ...any) (int64, error) {
	tag, err := t.tx.Exec(t.ctx, sql, args...)
	return tag.RowsAffected(), err
}

func (t postgresTx) query(q query) error {
	rows, err := t.tx.Query(t.ctx, q.sql, q.args...)
	if err != nil {
		return err
	}
	return q.each(rows)
}

// each gives the rows of an answer to the query, to their end.
func (q query) each(rows pgx.Rows) error {
	defer rows.Close()
	for rows.Next() {
		if err := q.row(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (t postgresTx) fill(table, columns string, rows [][]any) error {
	if len(rows) == 0 {
		return nil
	}
	_, err := t.tx.CopyFrom(t.ctx, pgx.Identifier{table}, strings.Split(columns, ", "), pgx.CopyFromRows(rows))
	return err
}

func (t postgresTx) stage() error {
	for table, columns := range map[string]string{"population_stage": stageTable, "population_sealed": sealedTable} {
		if _, err := t.exec("CREATE TEMP TABLE IF NOT EXISTS " + table + " " + typesOf.Replace(columns) + " ON COMMIT DELETE ROWS"); err != nil {
			return err
		}
	}
	_, err := t.exec("TRUNCATE population_stage, population_sealed")
	return err
}

func (t postgresTx) numbers(n int) (nums []int64, err error) {
	err = t.query(into(&nums, func(n *int64) []any { return []any{n} }, nextNumbers, n))
	return nums, err
}

// know passes over a table that is being swept: its statistics come a little later, and an import waits for nobody's sweep.
func (t postgresTx) know() error {
	_, err := t.exec("ANALYZE (SKIP_LOCKED) record, patient, population_seen")
	return err
}

func (t postgresTx) planFreely() error {
	_, err := t.exec("SET LOCAL enable_hashjoin = on")
	return err
}

func (t postgresTx) lockMoved() error {
	_, err := t.exec(lockMoved)
	return err
}

// emptySeen leaves nothing to sweep, and has nobody try: who swept the table while the rows of a part that was killed, or that has not ended, were all that was there
// told the planner that it is empty. Then each part was held against all of it, row by row (10 s and more in place of 0.3). Of a table that nobody looked at the
// planner takes what its size tells.
const emptySeen = "TRUNCATE population_seen; ALTER TABLE population_seen SET (autovacuum_enabled = off)"

func (t postgresTx) forgetSeen() error {
	if _, err := t.exec(emptySeen); err != nil {
		return fmt.Errorf("emptying what a former import left: %w", err)
	}
	return nil
}

// used tells whether a service or a command is connected, by the name that each gives itself, or by the rights of its account.
func (t postgresTx) used() (used bool, err error) {
	if _, err := t.exec(lookAgain); err != nil {
		return false, err
	}
	err = t.query(query{sql: othersThere, row: func(scan func(...any) error) error { return scan(&used) }})
	return used, err
}

// errEntered is a first import that is none: someone was entered a moment ago. Begun again, it goes the other way.
var errEntered = errors.New("store: someone was entered while a first import began")
