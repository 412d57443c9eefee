package store

import (
	"io/fs"
	"strings"
	"testing"
	"time"

	"vaccin/internal/keyring/keyringtest"
	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
)

func decidedSame(t *testing.T, s *Store, m registry.DoubtfulMatch) error {
	t.Helper()
	return s.DecideMatch(t.Context(), m, registry.MatchSame, "agent:1", event(registry.ActionSamePerson))
}

func numberOf(t *testing.T, s *Store, id registry.RecordID) string {
	t.Helper()
	return cell(t, s, "SELECT CAST(num AS TEXT) FROM record WHERE id = $1", string(id))
}

// do does statements in one transaction.
func do(t *testing.T, s *Store, texts ...string) {
	t.Helper()
	var w []statement
	for _, sql := range texts {
		w = append(w, statement{sql: sql, quiet: true})
	}
	if err := s.write(t.Context(), work{statements: w, alone: true}); err != nil {
		t.Fatal(err)
	}
}

// TestWhoWereOneBeforeHaveTheirLettersAndTheirRun: the migration does for them what the trigger does since, also from one to the next.
func TestWhoWereOneBeforeHaveTheirLettersAndTheirRun(t *testing.T) {
	onEachEngine(t, func(t *testing.T, address string) {
		s := server(t, address, keyringtest.Keys())
		name := "00027_match_carried.sql"
		if IsDatabase(address) {
			name = "00026_match_carried.sql"
		}
		repair := migrationText(t, address, name, "-- The same for those who were one before.\n", "\n-- +goose Down")
		m, other := inDoubt(t, s, 1), inDoubt(t, s, 2)
		gone, stays, first := numberOf(t, s, m.Record), numberOf(t, s, m.Other), numberOf(t, s, other.Record)
		if err := decidedSame(t, s, m); err != nil {
			t.Fatal(err)
		}
		do(t, s, "INSERT INTO target (record_num, code, run) VALUES ("+gone+", 77, 1)", "UPDATE record SET code = 77 WHERE num = "+stays,
			"INSERT INTO letter (record_num, run, part, number, again) VALUES ("+gone+", 1, 1, 1, 0), ("+stays+", 1, 1, 2, 0), ("+first+", 1, 1, 3, 0)",
			// The one that went had another before, which has its number no more.
			"UPDATE doubtful_match SET decision = 'same', gone = record_num, other_num = "+gone+" WHERE record_num = "+first,
			"UPDATE letter SET record_num = "+first+" WHERE number = 3", "DELETE FROM entry WHERE record_num = "+first,
			"DELETE FROM patient WHERE record_num = "+first, "DELETE FROM record WHERE num = "+first)
		repeated(t, s, repair)
		for sql, want := range map[string]string{
			"SELECT CAST(COUNT(*) AS TEXT) FROM letter WHERE record_num = " + stays:               "3",
			"SELECT CAST(COUNT(*) AS TEXT) FROM letter":                                           "3",
			"SELECT CAST(code AS TEXT) FROM target WHERE record_num = " + stays:                   "77",
			"SELECT CAST(COUNT(*) AS TEXT) FROM record WHERE code IS NOT NULL AND num = " + stays: "0",
			"SELECT CAST(COUNT(*) AS TEXT) FROM target":                                           "1",
		} {
			if got := cell(t, s, sql); got != want {
				t.Errorf("%s: %s, want %s", sql, got, want)
			}
		}
	})
}

// migrationText is what a migration of an engine does, between two lines of it.
func migrationText(t *testing.T, address, name, from, to string) string {
	t.Helper()
	files, folder := fs.FS(migrations), "migrations/sqlite/"
	if IsDatabase(address) {
		files, folder = postgresMigrations, "migrations/postgres/"
	}
	text, err := fs.ReadFile(files, folder+name)
	if err != nil {
		t.Fatal(err)
	}
	_, after, begins := strings.Cut(string(text), from)
	between, _, ends := strings.Cut(after, to)
	if !begins || !ends {
		t.Fatal("the migration has another shape")
	}
	return between
}

// repeated does statements of a migration, on PostgreSQL at once, so that it knows the view that they make.
func repeated(t *testing.T, s *Store, text string) {
	t.Helper()
	e, ok := s.engine.(*postgres)
	if !ok {
		do(t, s, strings.Split(strings.TrimSuffix(strings.TrimSpace(text), ";"), ";\n")...)
		return
	}
	conn, err := e.bulk(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	if _, err := conn.Exec(t.Context(), text); err != nil {
		t.Fatal(err)
	}
}

// TestWhoWereOneBeforeAreFoundByTheCodesThatARunGave: the migration makes former codes of those that are left, also from one to the next.
func TestWhoWereOneBeforeAreFoundByTheCodesThatARunGave(t *testing.T) {
	onEachEngine(t, func(t *testing.T, address string) {
		s := server(t, address, keyringtest.Keys())
		name := "00029_former_code.sql"
		if IsDatabase(address) {
			name = "00030_former_code.sql"
		}
		text := migrationText(t, address, name, "-- any more.\n", "\n-- +goose Down")
		m, other := inDoubt(t, s, 1), inDoubt(t, s, 2)
		gone, stays, first := numberOf(t, s, m.Record), numberOf(t, s, m.Other), numberOf(t, s, other.Record)
		if err := decidedSame(t, s, m); err != nil {
			t.Fatal(err)
		}
		do(t, s, "UPDATE doubtful_match SET decision = 'same', decided_at = 5, gone = record_num, other_num = "+gone+" WHERE record_num = "+first,
			"DELETE FROM patient WHERE record_num = "+first, "DELETE FROM record WHERE num = "+first, "DELETE FROM former_code",
			"INSERT INTO target (record_num, code, run) VALUES ("+gone+", 77, 1), ("+first+", 78, 1), ("+stays+", 79, 1)")
		repeated(t, s, text)
		for code, want := range map[registry.TargetCode]registry.RecordID{77: m.Other, 78: m.Other, 79: m.Other} {
			found, err := s.FindByCode(t.Context(), code, event(registry.ActionSearchCode), registry.Toll{})
			if err != nil || found.ID != want || found.Code != 79 {
				t.Errorf("by %d: %v, %v", uint64(code), found.ID, err)
			}
		}
		for sql, want := range map[string]string{
			"SELECT CAST(COUNT(*) AS TEXT) FROM target":                 "1",
			"SELECT CAST(COUNT(*) AS TEXT) FROM former_code":            "2",
			"SELECT CAST(since AS TEXT) FROM former_code WHERE code=78": "5",
		} {
			if got := cell(t, s, sql); got != want {
				t.Errorf("%s: %s, want %s", sql, got, want)
			}
		}
	})
}

// TestACodeThatEndsTwiceFindsTheLast: had the version before, which knows of no former codes, drawn one of them again, whoever bore it
// last would be found, and the merge would not fail.
func TestACodeThatEndsTwiceFindsTheLast(t *testing.T) {
	onEachEngine(t, func(t *testing.T, address string) {
		s := server(t, address, keyringtest.Keys())
		byRun, own, former := inDoubt(t, s, 1), inDoubt(t, s, 2), inDoubt(t, s, 3)
		do(t, s, "INSERT INTO former_code (code, record_num, since) SELECT 77, num, 1 FROM record WHERE id = '"+string(former.Other)+"'",
			"INSERT INTO former_code (code, record_num, since) SELECT 78, num, 1 FROM record WHERE id = '"+string(former.Other)+"'",
			"INSERT INTO target (record_num, code, run) SELECT num, 77, 1 FROM record WHERE id = '"+string(byRun.Record)+"'",
			"UPDATE record SET code = 79 WHERE id = '"+string(byRun.Other)+"'", "UPDATE record SET code = 78 WHERE id = '"+string(own.Record)+"'",
			"UPDATE record SET code = 80 WHERE id = '"+string(own.Other)+"'")
		for code, m := range map[registry.TargetCode]registry.DoubtfulMatch{77: byRun, 78: own} {
			for _, want := range []registry.RecordID{m.Record, m.Other} {
				found, err := s.FindByCode(t.Context(), code, event(registry.ActionSearchCode), registry.Toll{})
				if err != nil || found.ID != want {
					t.Errorf("by %d: %v, %v", uint64(code), found.ID, err)
				}
				if want == m.Record {
					if err := decidedSame(t, s, m); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
	})
}

// TestWhoeverDecidesWaitsForWhoChoosesMembers of a batch: it is the letter of the one that stays, though nobody saw it yet.
func TestWhoeverDecidesWaitsForWhoChoosesMembers(t *testing.T) {
	s := server(t, databases.Fresh(t), keyringtest.Keys())
	importAll(t, s, registrytest.NewRegistry(s, registrytest.NewClock()))
	m := inDoubt(t, s, 1)
	gone, stays := numberOf(t, s, m.Record), numberOf(t, s, m.Other)
	do(t, s, "INSERT INTO letter_batch (run, part, again, kind, state, content, layout, asked_by, asked_at, through) VALUES (1, 1, 0, 'pdf', 'gathering', '', 1, 'a', 1, 0)")
	conn, err := s.engine.(*postgres).bulk(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	for _, sql := range []string{
		"BEGIN", "UPDATE letter_batch SET letters = 1", "INSERT INTO letter (record_num, run, part, number, again) VALUES (" + gone + ", 1, 1, 1, 0)",
	} {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	decided := make(chan error, 1)
	go func() { decided <- decidedSame(t, s, m) }()
	select {
	case err := <-decided:
		t.Errorf("decided beside it: %v", err)
		return
	case <-time.After(300 * time.Millisecond):
	}
	if _, err := conn.Exec(t.Context(), "COMMIT"); err != nil {
		t.Fatal(err)
	}
	if err := <-decided; err != nil {
		t.Fatal(err)
	}
	if got := cell(t, s, "SELECT CAST(record_num AS TEXT) FROM letter"); got != stays {
		t.Errorf("the letter is of %s, want %s", got, stays)
	}
}

// TestWhoeverDecidesWaitsForARunThatEnds, which has gone through the records that went before.
func TestWhoeverDecidesWaitsForARunThatEnds(t *testing.T) {
	s := server(t, databases.Fresh(t), keyringtest.Keys())
	importAll(t, s, registrytest.NewRegistry(s, registrytest.NewClock()))
	m := inDoubt(t, s, 1)
	gone, stays := numberOf(t, s, m.Record), numberOf(t, s, m.Other)
	conn, err := s.engine.(*postgres).bulk(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	for _, sql := range []string{"BEGIN", lockEnd, "INSERT INTO target VALUES (" + gone + ", 77, 1)"} {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	decided := make(chan error, 1)
	go func() { decided <- decidedSame(t, s, m) }()
	time.Sleep(300 * time.Millisecond)
	if _, err := conn.Exec(t.Context(), "COMMIT"); err != nil {
		t.Fatal(err)
	}
	if err := <-decided; err != nil {
		t.Fatal(err)
	}
	if got := cell(t, s, "SELECT CAST(record_num AS TEXT) FROM target"); got != stays {
		t.Errorf("the code is of %s, want %s", got, stays)
	}
}
