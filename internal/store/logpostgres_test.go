package store

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"vaccin/internal/accesslog"
	"vaccin/internal/registry"
)

// besides connects to the database of a store as its owner, as an operator would.
func besides(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	c, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close(t.Context()) })
	return c
}

func done(t *testing.T, c *pgx.Conn, statements ...string) {
	t.Helper()
	for _, s := range statements {
		if _, err := c.Exec(t.Context(), s); err != nil {
			t.Fatal(s, err)
		}
	}
}

const insertOne = "INSERT INTO access_log (at, role, actor_id, place_id, place_name, door, action, record_id, outcome, version, count, digest, reason)" +
	" VALUES (1609747200000000, 'r', 'a', '', '', '', 'read-record', '', 'found', 0, 0, '', '')"

// TestEntriesOfATransactionThatStillRunsWait has a transaction write an entry early and commit it late, as
// others do in between: none is numbered before it, and none is passed over.
func TestEntriesOfATransactionThatStillRunsWait(t *testing.T) {
	url := databases.New(t)
	s, err := Open(t.Context(), url, Options{Service: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	slow := besides(t, url)
	now := time.Date(2021, 1, 4, 8, 0, 0, 0, time.UTC)
	number := func(want int) {
		t.Helper()
		n, err := s.NumberEntries(t.Context(), "test", now)
		if err != nil || n != want {
			t.Fatalf("%d were numbered, want %d: %v", n, want, err)
		}
	}
	log := func(version int) {
		t.Helper()
		if err := s.Log(t.Context(), registry.Event{At: now, Action: registry.ActionRead, Version: version}); err != nil {
			t.Fatal(err)
		}
	}
	log(1)
	number(1)
	done(t, slow, "BEGIN", insertOne) // its number is 2
	log(3)
	log(4)
	number(0)
	if since, err := s.WaitingSince(t.Context()); err != nil || !since.Equal(now) {
		t.Errorf("waiting since %v, %v", since, err)
	}
	done(t, slow, insertOne, "COMMIT") // its number is 5
	number(4)
	number(0)
	var nums []int64
	log5, _, err := s.LogSource(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for leaf, err := range log5.Leaves {
		if err != nil || leaf.Entry == nil {
			t.Fatal(leaf, err)
		}
		nums = append(nums, leaf.Num-leaf.Position)
	}
	// In the order of transactions: 1, then 2 and 5, then 3 and 4.
	first := nums[0]
	if diff := cmp.Diff([]int64{first, first, first + 2, first - 1, first - 1}, nums); diff != "" {
		t.Error(diff)
	}
}

// TestALogCarriedFromAnotherDatabaseIsNotNumberedOn: its last transaction is one that this database has yet to
// see. What the runbook says to do makes it go on.
func TestALogCarriedFromAnotherDatabaseIsNotNumberedOn(t *testing.T) {
	url := databases.Fresh(t) // a column gets another default
	s, err := Open(t.Context(), url, Options{Service: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	keys := signedLog(t, s, 100)
	db := besides(t, url)
	now := time.Date(2021, 1, 4, 8, 30, 0, 0, time.UTC)
	write := func() {
		t.Helper()
		if err := s.Log(t.Context(), registry.Event{At: now, Action: registry.ActionRead}); err != nil {
			t.Fatal(err)
		}
	}
	write() // not numbered before it was carried
	done(t, db, "SET session_replication_role = replica", "UPDATE access_log SET txid = (txid::text::bigint + 1000000)::text::xid8",
		"UPDATE log_state SET turn = turn + 1000000")
	shiftTurns(t, s, db, 1_000_000)
	write()
	if n, err := s.NumberEntries(t.Context(), "test", now); !errors.Is(err, ErrCarried) || n != 0 {
		t.Errorf("%d were numbered: %v", n, err)
	}
	runbook, err := os.ReadFile("../../docs/runbooks/audit.md")
	if err != nil {
		t.Fatal(err)
	}
	_, told, _ := strings.Cut(string(runbook), "      BEGIN;")
	told, _, found := strings.Cut(told, "COMMIT;")
	if !found {
		t.Fatal("the runbook does not say what to do")
	}
	if _, err := besides(t, url).PgConn().Exec(t.Context(), "BEGIN;"+told+"COMMIT").ReadAll(); err != nil {
		t.Fatal(err)
	}
	keys.numberAndSign(t, s, now)
	write()
	keys.numberAndSign(t, s, now)
	if summary, found := keys.verify(t, s); len(found) != 0 || summary.Leaves != 103 || summary.Waiting != 0 {
		t.Errorf("%+v %+v", summary, found)
	}
}

// shiftTurns makes the leaves those of entries of later transactions, with the triggers lifted before.
func shiftTurns(t *testing.T, s *Store, db *pgx.Conn, by int64) {
	t.Helper()
	runs, err := readAll(t.Context(), s, selectRuns, []any{0, 1000}, readRun)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range runs {
		r = changed(r, func(leaves []newLeaf) {
			for i := range leaves {
				leaves[i].turn += by
			}
		})
		if _, err := db.Exec(t.Context(), "UPDATE log_run SET places = $1 WHERE position = $2", r.places, r.position); err != nil {
			t.Fatal(err)
		}
	}
}

// TestTheServiceCanOnlyAddToTheLog tries, with the rights of the running service, what would change what it wrote.
func TestTheServiceCanOnlyAddToTheLog(t *testing.T) {
	url := databases.New(t)
	s, err := Open(t.Context(), url, Options{Service: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	signedLog(t, s, 100)
	c := besides(t, url)
	done(t, c, "SET ROLE "+serviceRole)
	for table, column := range map[string]string{
		"log_run": "position", "log_node": "ends", "log_head": "at", "log_retirement": "before", "access_log": "at",
	} {
		for _, text := range []string{"DELETE FROM " + table, "UPDATE " + table + " SET " + column + " = 1", "TRUNCATE " + table} {
			if _, err := c.Exec(t.Context(), text); err == nil || !strings.Contains(err.Error(), "permission denied") {
				t.Errorf("%s: %v", text, err)
			}
		}
	}
	r, number, err := s.RetirableEntries(t.Context(), time.Date(2021, 1, 4, 8, 0, 30, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.RetireEntries(t.Context(), r, number, registry.Event{At: time.Now(), Action: accesslog.ActionRetire}); err == nil {
		t.Error("the service retires entries")
	}
}

// TestTamperingOfWhoHasThePostgreSQLIsFound does in SQL what a superuser could.
func TestTamperingOfWhoHasThePostgreSQLIsFound(t *testing.T) {
	for name, c := range map[string]struct {
		sql  []string // %[1]d is the number of the entry at position 149, %[2]d of that at 449
		want func(x, y int64) []accesslog.Finding
	}{
		"one byte": {
			[]string{"UPDATE access_log SET actor_id = '810000000018' WHERE num = %[1]d"},
			func(x, _ int64) []accesslog.Finding {
				return []accesslog.Finding{{Kind: accesslog.EntryChanged, Position: 149, Num: x}}
			},
		},
		"another moment, in another month": {
			[]string{"UPDATE access_log SET at = at + 86400000000 * 60 WHERE num = %[1]d"},
			func(x, _ int64) []accesslog.Finding {
				return []accesslog.Finding{{Kind: accesslog.EntryChanged, Position: 149, Num: x}}
			},
		},
		"one row removed": {
			[]string{"DELETE FROM access_log WHERE num = %[1]d"},
			func(x, _ int64) []accesslog.Finding {
				return []accesslog.Finding{{Kind: accesslog.EntryMissing, Position: 149, Num: x}}
			},
		},
		"two rows swapped": {
			[]string{
				"UPDATE access_log a SET num = b.num, txid = b.txid FROM access_log b WHERE a.num + b.num = %[1]d + %[2]d AND a.num IN (%[1]d, %[2]d)",
			},
			func(x, y int64) []accesslog.Finding {
				return []accesslog.Finding{{Kind: accesslog.EntriesSwapped, Position: 149, Num: x, OtherPosition: 449, OtherNum: y}}
			},
		},
		"two numbers exchanged": {
			[]string{"UPDATE access_log SET num = %[1]d + %[2]d - num WHERE num IN (%[1]d, %[2]d)"},
			func(x, y int64) []accesslog.Finding {
				return []accesslog.Finding{{Kind: accesslog.EntriesSwapped, Position: 149, Num: x, OtherPosition: 449, OtherNum: y}}
			},
		},
		"one number changed": {
			[]string{"UPDATE access_log SET num = -5 WHERE num = %[1]d"},
			func(x, _ int64) []accesslog.Finding {
				return []accesslog.Finding{
					{Kind: accesslog.EntryMissing, Position: 149, Num: x},
					{Kind: accesslog.EntryInserted, At: time.Date(2021, 1, 4, 8, 2, 30, 0, time.UTC)},
				}
			},
		},
		"one row put before": {
			[]string{strings.Replace(strings.Replace(insertOne, "(at", "(txid, at", 1), "(16097", "('1', 16097", 1)},
			func(int64, int64) []accesslog.Finding {
				return []accesslog.Finding{{Kind: accesslog.EntryInserted, At: time.Date(2021, 1, 4, 8, 0, 0, 0, time.UTC)}}
			},
		},
		"one row twice": {
			[]string{
				"INSERT INTO access_log SELECT num, txid, at, role, actor_id, place_id, place_name, door, action, record_id, 'refused', version, count, digest, reason FROM access_log WHERE num = %[1]d",
			},
			func(x, _ int64) []accesslog.Finding {
				return []accesslog.Finding{{Kind: accesslog.LeafDouble, Position: 149, Num: x}}
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			url := databases.New(t)
			s, err := Open(t.Context(), url, Options{Service: true})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = s.Close() })
			keys := signedLog(t, s, 600)
			if _, found := keys.verify(t, s); len(found) != 0 {
				t.Fatal(found)
			}
			db := besides(t, url)
			var x, y int64
			if err := db.QueryRow(t.Context(), "SELECT a[150], a[450] FROM (SELECT array_agg(num ORDER BY txid, num) FROM access_log) l (a)").
				Scan(&x, &y); err != nil {
				t.Fatal(err)
			}
			done(t, db, "SET session_replication_role = replica")
			for _, text := range c.sql {
				if strings.Contains(text, "%") {
					text = fmt.Sprintf(text+"%[3]s", x, y, "")
				}
				done(t, db, text)
			}
			_, found := keys.verify(t, s)
			for i := range found {
				if found[i].Kind == accesslog.EntryInserted {
					found[i].Num = 0 // drawn by the database
				}
			}
			if diff := cmp.Diff(c.want(x, y), found); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestAnExpiredMonthGoesWhole retires months of which there are partitions, and rows of which there is none.
func TestAnExpiredMonthGoesWhole(t *testing.T) {
	url := databases.Fresh(t)
	db := besides(t, url)
	month := func(year int, month time.Month) time.Time { return time.Date(year, month, 1, 0, 0, 0, 0, time.UTC) }
	part := func(name string, from time.Time) {
		done(t, db, fmt.Sprintf("CREATE TABLE %s PARTITION OF access_log FOR VALUES FROM (%d) TO (%d)", name, from.UnixMicro(),
			from.AddDate(0, 1, 0).UnixMicro()))
	}
	part("access_log_2021_02", month(2021, 2))
	part("access_log_2021_03", month(2021, 3))
	s, err := Open(t.Context(), url, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	keys := newSigning(t)
	for _, at := range []time.Time{month(2021, 1), month(2021, 2), month(2021, 3), month(2021, 4)} {
		for i := range 10 {
			event := registry.Event{At: at.Add(time.Duration(i) * time.Hour), Action: registry.ActionRead}
			if err := s.Log(t.Context(), event); err != nil {
				t.Fatal(err)
			}
		}
	}
	keys.numberAndSign(t, s, month(2021, 4))
	r, number, err := s.RetirableEntries(t.Context(), month(2021, 3))
	if err != nil || r.Count != 20 || number != 1 {
		t.Fatal(r, number, err)
	}
	now := month(2021, 4).AddDate(0, 0, 1)
	event := registry.Event{At: now, Action: accesslog.ActionRetire, Count: int(r.Count), Digest: r.Digest()}
	if err := s.RetireEntries(t.Context(), r, number, event); err != nil {
		t.Fatal(err)
	}
	keys.numberAndSign(t, s, now)
	if summary, found := keys.verify(t, s); len(found) != 0 || summary.Retired != 20 || summary.Leaves != 41 {
		t.Errorf("%+v %+v", summary, found)
	}
	var parts []string
	rows, err := db.Query(t.Context(), selectMonths)
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		parts = append(parts, name)
	}
	all := strings.Join(parts, " ")
	if strings.Contains(all, "2021_02") || !strings.Contains(all, "2021_03") || !strings.Contains(all, "rest") {
		t.Errorf("the partitions are %s", all)
	}
	for _, text := range []string{"DELETE FROM access_log", "DELETE FROM access_log_rest", "UPDATE access_log SET count = 1"} {
		if _, err := db.Exec(t.Context(), text); err == nil {
			t.Errorf("%s is done after a retirement", text)
		}
	}
}

// TestNumberingReadsByAnIndex asks how PostgreSQL would read what is to be numbered, and a page of leaves.
func TestNumberingReadsByAnIndex(t *testing.T) {
	url := databases.New(t)
	db := besides(t, url)
	done(t, db, "INSERT INTO log_run SELECT n * 64, '', decode(repeat('5a', 64 * 32), 'hex') FROM generate_series(0, 40000) n",
		strings.Replace(strings.Replace(insertOne, " VALUES (16097", " SELECT 16097", 1), "'', '')", "'', '' FROM generate_series(1, 40000)", 1),
		"UPDATE log_state SET turn = pg_current_xact_id()::text::bigint - 1", "ANALYZE access_log, log_run")
	for _, q := range []struct {
		text string
		args []any
	}{
		{postgresLog.final, []any{4096}},
		{postgresLog.waiting, nil},
		{postgresLog.stretch, []any{1000, 8192, 1000, 12288}},
		{postgresLog.search, []any{"1000,1000", "5,6"}},
		{postgresLog.entries, []any{0, 0, 100}},
		{selectRuns, []any{8192, 12288}},
		{selectRunPlaces, []any{8192, 100}},
		{selectRunAt, []any{8192}},
		{selectNode, []any{256, 8}},
	} {
		rows, err := db.Query(t.Context(), "EXPLAIN "+q.text, q.args...)
		if err != nil {
			t.Fatal(err)
		}
		plan := ""
		for rows.Next() {
			line := ""
			if err := rows.Scan(&line); err != nil {
				t.Fatal(err)
			}
			plan += line + "\n"
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(plan, "Seq Scan on access_log_rest") || strings.Contains(plan, "Seq Scan on log_run") {
			t.Errorf("%s\n%s", q.text, plan)
		}
	}
}
