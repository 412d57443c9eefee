package store

import (
	"database/sql"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vaccin/internal/accesslog"
	"vaccin/internal/registry"
)

// signing is a key and what it wrote off the machine.
type signing struct {
	signer *accesslog.Signer
	trust  accesslog.Verifiers
	sent   [][]byte
}

func newSigning(t *testing.T) *signing {
	t.Helper()
	key, verifier, err := accesslog.NewKey("test")
	if err != nil {
		t.Fatal(err)
	}
	s := &signing{}
	if s.signer, err = accesslog.NewSigner(key); err != nil {
		t.Fatal(err)
	}
	if s.trust, err = accesslog.NewVerifiers(verifier); err != nil {
		t.Fatal(err)
	}
	return s
}

// signedLog writes n entries a second apart, numbers them and has a head signed after each 100.
func signedLog(t *testing.T, s *Store, n int) *signing {
	t.Helper()
	keys, now := newSigning(t), time.Date(2021, 1, 4, 8, 0, 0, 0, time.UTC)
	for i := range n {
		now = now.Add(time.Second)
		event := registry.Event{
			At: now, Role: registry.RolePractitioner, NationalID: "810000000017", Action: registry.ActionRead, Version: i,
			Record: "a record", Outcome: registry.OutcomeFound,
		}
		if err := s.Log(t.Context(), event); err != nil {
			t.Fatal(err)
		}
		if (i+1)%100 == 0 {
			keys.numberAndSign(t, s, now)
		}
	}
	return keys
}

func (k *signing) numberAndSign(t *testing.T, s *Store, now time.Time) {
	t.Helper()
	if _, err := s.NumberEntries(t.Context(), "test", now); err != nil {
		t.Fatal(err)
	}
	if signed, err := s.SignHead(t.Context(), 0, now, k.signer.Sign, k.trust.Open); err != nil || !signed {
		t.Fatal(signed, err)
	}
	heads, err := s.Heads(t.Context(), int64(len(k.sent)), 10)
	if err != nil {
		t.Fatal(err)
	}
	k.sent = append(k.sent, heads...)
}

func (k *signing) verify(t *testing.T, s *Store) (accesslog.Summary, []accesslog.Finding) {
	t.Helper()
	log, _, err := s.LogSource(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	log.Sent = func(yield func([]byte, error) bool) {
		for _, h := range k.sent {
			if !yield(h, nil) {
				return
			}
		}
	}
	var found []accesslog.Finding
	rules := accesslog.Rules{Verifiers: k.trust, Now: time.Date(2021, 1, 4, 9, 0, 0, 0, time.UTC), Early: accesslog.UsualEarly, Lag: accesslog.UsualLag}
	summary, err := accesslog.Verify(t.Context(), log, rules, func(f accesslog.Finding) { found = append(found, f) })
	if err != nil {
		t.Fatal(err)
	}
	return summary, found
}

// TestTamperingOfWhoHasTheDatabaseIsFound does in SQL, with the triggers lifted, what somebody could who
// has the database in hand. Entry number n is at position n-1; heads cover each 100.
func TestTamperingOfWhoHasTheDatabaseIsFound(t *testing.T) {
	base := filepath.Join(t.TempDir(), "base.db")
	s, err := Open(t.Context(), base, Options{})
	if err != nil {
		t.Fatal(err)
	}
	keys := signedLog(t, s, 600)
	if summary, found := keys.verify(t, s); len(found) != 0 || summary.Leaves != 600 || summary.Heads != 6 {
		t.Fatalf("untouched: %+v, %+v", summary, found)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		sql  []string
		then func(t *testing.T, db *sql.DB)
		want []accesslog.Finding
	}{
		"one byte": {
			sql:  []string{"UPDATE access_log SET actor_id = '810000000018' WHERE num = 150"},
			want: []accesslog.Finding{{Kind: accesslog.EntryChanged, Position: 149, Num: 150}},
		},
		"one row removed": {
			sql:  []string{"DELETE FROM access_log WHERE num = 150"},
			want: []accesslog.Finding{{Kind: accesslog.EntryMissing, Position: 149, Num: 150}},
		},
		"two rows swapped": {
			sql: []string{
				"UPDATE access_log SET num = -1 WHERE num = 150", "UPDATE access_log SET num = 150 WHERE num = 450",
				"UPDATE access_log SET num = 450 WHERE num = -1",
			},
			want: []accesslog.Finding{{Kind: accesslog.EntriesSwapped, Position: 149, Num: 150, OtherPosition: 449, OtherNum: 450}},
		},
		"one row removed with its leaf": {
			sql: []string{"DELETE FROM access_log WHERE num = 150"},
			then: func(t *testing.T, db *sql.DB) {
				t.Helper()
				again(t, db, func(runs []run) []run {
					leaves := newLeaves(runs[1])
					return slices.Concat(runs[:1], runsOf(100, leaves[:49]), runsOf(150, leaves[50:]), runs[2:])
				})
			},
			want: []accesslog.Finding{
				{Kind: accesslog.LeafMissing, Position: 149, Until: 150},
				{Kind: accesslog.HeadUnfit, Position: 100, Until: 200, Head: 2},
			},
		},
		"a row put where one was": {
			sql: []string{
				"UPDATE access_log SET num = -150 WHERE num = 150",
				"INSERT INTO access_log SELECT 150, at, role, actor_id, place_id, place_name, door, action, record_id, outcome, 9, count, digest, reason FROM access_log WHERE num = -150",
			},
			want: []accesslog.Finding{
				{Kind: accesslog.EntryChanged, Position: 149, Num: 150},
				{Kind: accesslog.EntryInserted, Num: -150, At: time.Date(2021, 1, 4, 8, 2, 30, 0, time.UTC)},
			},
		},
		"a row and all hashes after it": {
			sql: []string{"UPDATE access_log SET outcome = 'refused' WHERE num = 150"}, then: rehash,
			want: []accesslog.Finding{{Kind: accesslog.HeadUnfit, Position: 100, Until: 200, Head: 2}},
		},
		"the end cut off with its heads": {
			sql: []string{
				"DELETE FROM access_log WHERE num > 450", "DELETE FROM log_head WHERE number > 4",
			}, then: rehash,
			want: []accesslog.Finding{
				{Kind: accesslog.LogShort, Position: 400, Until: 600, Head: 6},
				{Kind: accesslog.HeadMissing, Head: 5, UntilHead: 7},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, path := copied(t, base)
			db := aside(t, path)
			lifted(t, db)
			for _, text := range c.sql {
				if _, err := db.ExecContext(t.Context(), text); err != nil {
					t.Fatal(text, err)
				}
			}
			if c.then != nil {
				c.then(t, db)
			}
			if _, found := keys.verify(t, s); cmp.Diff(c.want, found) != "" {
				t.Error(cmp.Diff(c.want, found))
			}
		})
	}
}

// lifted drops the triggers that keep the log from being changed.
func lifted(t *testing.T, db *sql.DB) {
	t.Helper()
	for _, table := range []string{"access_log", "log_run", "log_head"} {
		for _, what := range []string{"updated", "deleted"} {
			if _, err := db.ExecContext(t.Context(), "DROP TRIGGER "+table+"_not_"+what); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// copied opens a copy of a store that is closed.
func copied(t *testing.T, base string) (*Store, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "store.db")
	if _, err := aside(t, base).ExecContext(t.Context(), "VACUUM INTO '"+path+"'"); err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s, path
}

// rehash makes every hash in the store again from the rows, as a forger would who has all but the key.
func rehash(t *testing.T, db *sql.DB) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), "SELECT 0, num, "+eventColumns+" FROM access_log ORDER BY num")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	statements := []statement{{sql: "DELETE FROM log_node"}}
	var leaves []newLeaf
	var tree accesslog.Frontier
	for rows.Next() {
		var h hashed
		if err := rows.Scan(h.columns()...); err != nil {
			t.Fatal(err)
		}
		h.entry.At = time.UnixMicro(h.at)
		leaves = append(leaves, newLeaf{place{0, h.entry.Num, h.at}, h.entry.Hash()})
		tree.Add(h.entry.Hash(), func(n accesslog.Node) {
			statements = append(statements, statement{sql: insertNode, args: []any{n.End, n.Level, n.Hash[:]}})
		})
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	again(t, db, func([]run) []run { return runsOf(0, leaves) })
	last := leaves[len(leaves)-1].num
	statements = append(statements, statement{sql: "UPDATE log_state SET size = $1, roots = $2, num = $3", args: []any{tree.Size(), rootsOf(&tree), last}})
	for _, s := range statements {
		if _, err := db.ExecContext(t.Context(), s.sql, s.args...); err != nil {
			t.Fatal(err)
		}
	}
}

// TestTheSignerSeesAForgedLog forges everything in the store but what it cannot: the next head is refused.
func TestTheSignerSeesAForgedLog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	s, err := Open(t.Context(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	keys := signedLog(t, s, 300)
	db := aside(t, path)
	lifted(t, db)
	if _, err := db.ExecContext(t.Context(), "UPDATE access_log SET outcome = 'refused' WHERE num = 150"); err != nil {
		t.Fatal(err)
	}
	rehash(t, db)
	now := time.Date(2021, 1, 4, 8, 30, 0, 0, time.UTC)
	if signed, err := s.SignHead(t.Context(), 0, now, keys.signer.Sign, keys.trust.Open); err == nil || signed {
		t.Errorf("a forged log was signed: %v", err)
	}
}

func TestLeavesAndHeadsAreAppendOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	s, err := Open(t.Context(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	signedLog(t, s, 100)
	db := aside(t, path)
	for _, text := range []string{
		"UPDATE log_run SET places = ''", "DELETE FROM log_run", "UPDATE log_head SET note = ''", "DELETE FROM log_head",
	} {
		if _, err := db.ExecContext(t.Context(), text); err == nil {
			t.Errorf("%s was done", text)
		}
	}
}

// TestTheLogIsAppendOnlyAfterARetirement: what was lifted for it stands again.
func TestTheLogIsAppendOnlyAfterARetirement(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	s, err := Open(t.Context(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	signedLog(t, s, 100)
	r, number, err := s.RetirableEntries(t.Context(), time.Date(2021, 1, 4, 8, 0, 30, 0, time.UTC))
	if err != nil || r.Count != 29 {
		t.Fatal(r, err)
	}
	event := registry.Event{At: time.Date(2021, 1, 4, 9, 0, 0, 0, time.UTC), Action: accesslog.ActionRetire, Digest: r.Digest()}
	if err := s.RetireEntries(t.Context(), r, number, event); err != nil {
		t.Fatal(err)
	}
	db := aside(t, path)
	for _, text := range []string{"UPDATE access_log SET outcome = ''", "DELETE FROM access_log"} {
		if _, err := db.ExecContext(t.Context(), text); err == nil {
			t.Errorf("%s was done", text)
		}
	}
}

// TestWhatWasChangedIsNotRetired: it is evidence.
func TestWhatWasChangedIsNotRetired(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	s, err := Open(t.Context(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	signedLog(t, s, 100)
	db := aside(t, path)
	for _, text := range []string{"DROP TRIGGER access_log_not_updated", "UPDATE access_log SET outcome = 'refused' WHERE num = 5"} {
		if _, err := db.ExecContext(t.Context(), text); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := s.RetirableEntries(t.Context(), time.Date(2021, 1, 4, 8, 0, 30, 0, time.UTC)); err == nil {
		t.Error("it may be retired")
	}
}

// TestTheRowThatFitsIsTheLeafsOwn gives a leaf two rows of its number, in either order.
func TestTheRowThatFitsIsTheLeafsOwn(t *testing.T) {
	own := &accesslog.Entry{Num: 7, Action: accesslog.ActionRetire, Outcome: "done"}
	other := *own
	other.Outcome = "refused"
	leaf := accesslog.Leaf{Turn: 3, Num: 7, Hash: own.Hash()}
	for name, entries := range map[string][]*accesslog.Entry{"first": {own, &other}, "last": {&other, own}} {
		t.Run(name, func(t *testing.T) {
			leaves := entriesFound{placeOf(leaf): entries}.of([]accesslog.Leaf{leaf})
			if len(leaves) != 2 || leaves[0].Entry != own || leaves[1].Entry != &other {
				t.Error(leaves)
			}
		})
	}
}
