package store

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// logQueries are what the engines ask the access log in words of their own: they differ in the order in
// which entries become final, and in how old ones are removed.
type logQueries struct {
	// final reads the entries after the last numbered that are final, in order, at most $1: turn, num, event.
	final string
	// sound reads whether the order of the last numbered is that of this database: not after rows were carried
	// to another one, whose transactions count anew.
	sound string
	// waiting reads the moment of the first entry after the last numbered, final or not.
	waiting string
	// stretch reads the entries that lie between the first and the last leaf from position $1 until $2: turn,
	// num, event. Where nobody tampered these are the leaves' own, and they are read by an index in one go.
	stretch string
	// page reads leaves from position $1 until $2, each with its entry wherever it may be.
	page string
	// strays reads the entries after turn $1 and num $2, at most $3: turn, num, at, whether there is a leaf, and
	// whether numbering has yet to come to it.
	strays string
	// leavesAtOnce are how many leaves a statement inserts, the most first: one where the engine makes many of one.
	leavesAtOnce []int
	// retire returns the statements that remove the entries before a moment.
	retire func(ctx context.Context, s *Store, before time.Time) ([]statement, error)
}

// entryColumns are the columns of an entry that may not be there.
const entryColumns = "a.num, COALESCE(a.at, 0), COALESCE(a.role, ''), COALESCE(a.actor_id, ''), COALESCE(a.place_id, '')," +
	" COALESCE(a.place_name, ''), COALESCE(a.door, ''), COALESCE(a.action, ''), COALESCE(a.record_id, '')," +
	" COALESCE(a.outcome, ''), COALESCE(a.version, 0), COALESCE(a.count, 0), COALESCE(a.digest, ''), COALESCE(a.reason, '')"

const (
	firstLeaf = " FROM log_leaf WHERE position >= $1 ORDER BY position LIMIT 1"
	lastLeaf  = " FROM log_leaf WHERE position < $2 ORDER BY position DESC LIMIT 1"
	leafPage  = "SELECT l.position, l.num, l.at, l.hash, l.turn, " + entryColumns + " FROM log_leaf l LEFT JOIN access_log a ON "
	pageOf    = " WHERE l.position >= $1 AND l.position < $2 ORDER BY l.position"
)

// On SQLite there is one writer: entries become final in the order of their numbers, and no turn is needed.
var sqliteLog = logQueries{
	leavesAtOnce: []int{256, 16, 1},
	final:        "SELECT 0, num, " + eventColumns + " FROM access_log WHERE num > (SELECT num FROM log_state) ORDER BY num LIMIT $1",
	sound:        "SELECT turn = 0 FROM log_state",
	waiting:      "SELECT at FROM access_log WHERE num > (SELECT num FROM log_state) ORDER BY num LIMIT 1",
	stretch:      "SELECT 0, num, " + eventColumns + " FROM access_log WHERE num >= (SELECT num" + firstLeaf + ") AND num <= (SELECT num" + lastLeaf + ")",
	page:         leafPage + "a.num = l.num" + pageOf,
	strays: "SELECT 0, num, at, EXISTS (SELECT 1 FROM log_leaf WHERE log_leaf.num = access_log.num), num > (SELECT num FROM log_state)" +
		" FROM access_log WHERE $1 <= 0 AND num > $2 ORDER BY num LIMIT $3",
	retire: func(_ context.Context, _ *Store, before time.Time) ([]statement, error) {
		const trigger = "CREATE TRIGGER access_log_not_deleted BEFORE DELETE ON access_log" +
			" BEGIN SELECT RAISE(ABORT, 'the access log is append-only'); END"
		return []statement{
			{sql: "DROP TRIGGER access_log_not_deleted", quiet: true},
			{sql: "DELETE FROM access_log WHERE at < $1", args: []any{before.UnixMicro()}, quiet: true},
			{sql: trigger, quiet: true},
		}, nil
	},
}

// On PostgreSQL (where an ORDER BY without the table's name would sort by the number selected, past the index)
// many transactions write at once, and numbers are drawn in another order than they commit in.
// An entry is final when no transaction as old as its own can still be running: those that come later have
// higher numbers, so that the order of transactions and numbers is settled up to there.
var postgresLog = logQueries{
	leavesAtOnce: []int{1},
	final: "SELECT txid::text::bigint, num, " + eventColumns + " FROM access_log" + afterNumbered +
		" AND txid < pg_snapshot_xmin(pg_current_snapshot()) ORDER BY access_log.txid, num LIMIT $1",
	sound:   "SELECT turn::text::xid8 < pg_snapshot_xmax(pg_current_snapshot()) FROM log_state",
	waiting: "SELECT at FROM access_log" + afterNumbered + " ORDER BY access_log.txid, num LIMIT 1",
	stretch: "SELECT txid::text::bigint, num, " + eventColumns + " FROM access_log WHERE" +
		" (txid, num) >= ((SELECT turn::text::xid8" + firstLeaf + "), (SELECT num" + firstLeaf + "))" +
		" AND (txid, num) <= ((SELECT turn::text::xid8" + lastLeaf + "), (SELECT num" + lastLeaf + "))",
	page: leafPage + "a.txid = l.turn::text::xid8 AND a.num = l.num" + pageOf,
	strays: "SELECT a.txid::text::bigint, a.num, a.at, l.num IS NOT NULL," +
		" (a.txid, a.num) > ((SELECT turn::text::xid8 FROM log_state), (SELECT num FROM log_state))" +
		" FROM (SELECT txid, num, at FROM access_log WHERE (txid, num) > (GREATEST($1::bigint, 0)::text::xid8, $2::bigint)" +
		" ORDER BY access_log.txid, num LIMIT $3) a" +
		" LEFT JOIN log_leaf l ON l.num = a.num AND l.turn = a.txid::text::bigint ORDER BY a.txid, a.num",
	retire: retireMonths,
}

const afterNumbered = " WHERE (txid, num) > ((SELECT turn::text::xid8 FROM log_state), (SELECT num FROM log_state))"

// selectMonths are the partitions of the access log.
const selectMonths = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'access_log'::regclass ORDER BY 1"

// retireMonths drops the months that are past whole, and removes from the others row by row.
func retireMonths(ctx context.Context, s *Store, before time.Time) (all []statement, err error) {
	parts, err := readAll(ctx, s, selectMonths, nil, func(name *string) []any { return []any{name} })
	if err != nil {
		return nil, fmt.Errorf("reading the months of the access log: %w", err)
	}
	for _, part := range parts {
		// What has not such a name is no month.
		month, err := time.Parse("2006_01", strings.TrimPrefix(part, "access_log_"))
		if err == nil && !month.AddDate(0, 1, 0).After(before) {
			all = append(all, statement{sql: "DROP TABLE access_log_" + month.Format("2006_01"), quiet: true})
		}
	}
	return append(all,
		statement{sql: "ALTER TABLE access_log DISABLE TRIGGER access_log_not_changed", quiet: true},
		statement{sql: "GRANT DELETE ON access_log TO CURRENT_USER", quiet: true},
		statement{sql: "DELETE FROM access_log WHERE at < $1", args: []any{before.UnixMicro()}, quiet: true},
		statement{sql: "REVOKE DELETE ON access_log FROM CURRENT_USER", quiet: true},
		statement{sql: "ALTER TABLE access_log ENABLE TRIGGER access_log_not_changed", quiet: true}), nil
}
