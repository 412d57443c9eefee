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
	// stretch reads the entries from turn $1 and num $2 to turn $3 and num $4: turn, num, event. Where nobody
	// tampered these are those of the leaves in between, and they are read by an index in one go.
	stretch string
	// search reads the entries of the turns listed in $1, with commas, and the nums in $2, wherever they may be.
	search string
	// entries reads the entries after turn $1 and num $2, at most $3: turn, num, at, and whether numbering has yet to
	// come to it.
	entries string
	// recordOf is the condition by which the record r is that of the entry a.
	recordOf string
	// retire returns the statements that remove the entries before a moment.
	retire func(ctx context.Context, s *Store, before time.Time) ([]statement, error)
}

// On SQLite there is one writer: entries become final in the order of their numbers, and no turn is needed.
var sqliteLog = logQueries{
	final:    "SELECT 0, num, " + eventColumns + " FROM access_log WHERE num > (SELECT num FROM log_state) ORDER BY num LIMIT $1",
	sound:    "SELECT turn = 0 FROM log_state",
	waiting:  "SELECT at FROM access_log WHERE num > (SELECT num FROM log_state) ORDER BY num LIMIT 1",
	stretch:  "SELECT 0, num, " + eventColumns + " FROM access_log WHERE $1 <= 0 AND num >= $2 AND $3 >= 0 AND num <= $4",
	search:   "SELECT 0, num, " + eventColumns + " FROM access_log WHERE $1 <> '' AND num IN (SELECT value FROM json_each('[' || $2 || ']'))",
	entries:  "SELECT 0, num, at, num > (SELECT num FROM log_state) FROM access_log WHERE $1 <= 0 AND num > $2 ORDER BY num LIMIT $3",
	recordOf: "r.id = a.record_id",
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
// higher numbers, so that the order of transactions and numbers is settled up to there. A turn is the number of a
// transaction and, where the log was carried to this database from another, turn_base on top.
var postgresLog = logQueries{
	final: "SELECT txid::text::bigint, num, " + eventColumns + " FROM access_log" + afterNumbered +
		" AND txid < (SELECT (pg_snapshot_xmin(pg_current_snapshot())::text::bigint + turn_base)::text::xid8 FROM log_state)" +
		" ORDER BY access_log.txid, num LIMIT $1",
	sound:   "SELECT turn < pg_snapshot_xmax(pg_current_snapshot())::text::bigint + turn_base FROM log_state",
	waiting: "SELECT at FROM access_log" + afterNumbered + " ORDER BY access_log.txid, num LIMIT 1",
	stretch: "SELECT txid::text::bigint, num, " + eventColumns + " FROM access_log WHERE" +
		" (txid, num) >= (" + turnOf1 + ", $2::bigint) AND (txid, num) <= (GREATEST($3::bigint, 0)::text::xid8, $4::bigint)",
	search: "SELECT txid::text::bigint, num, " + eventColumns + " FROM access_log WHERE (txid, num) IN" +
		" (SELECT * FROM unnest(string_to_array($1, ',')::xid8[], string_to_array($2, ',')::bigint[]))",
	entries: "SELECT txid::text::bigint, num, at, (txid, num) > ((SELECT turn::text::xid8 FROM log_state), (SELECT num FROM log_state))" +
		" FROM access_log WHERE (txid, num) > (" + turnOf1 + ", $2::bigint) ORDER BY access_log.txid, num LIMIT $3",
	recordOf: "r.num = CASE WHEN a.record_id ~ '^[0-9a-f]{26}$' THEN" + // as toldNumber reads it
		" (('x' || substr(a.record_id, 1, 10))::bit(40) # ('x' || substr(a.record_id, 11, 10))::bit(40))::bigint" +
		" ELSE (SELECT num FROM record WHERE " + drawnID + " = a.record_id) END AND r.id = a.record_id",
	retire: retireMonths,
}

// turnOf1 is the turn $1 as a transaction, of which none is below zero.
const turnOf1 = "GREATEST($1::bigint, 0)::text::xid8"

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
