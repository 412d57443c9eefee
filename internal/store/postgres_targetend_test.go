package store

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"vaccin/internal/keyring/keyringtest"
)

// TestARunThatWaitsForABackupKeepsNobodyWaiting brings the codes of a large run into force while somebody reads those that are there and does not end, as
// pg_dump does: whoever looks for a code meanwhile does not wait behind the run.
func TestARunThatWaitsForABackupKeepsNobodyWaiting(t *testing.T) {
	address := databases.Fresh(t)
	s := server(t, address, keyringtest.Keys())
	s.engine.(*postgres).runs = runSizes{part: 100, small: 1}
	importMany(t, s, 30)
	n := approvedRun(t, s, everybody(""))
	backup, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = backup.Close(context.Background()) })
	if _, err := backup.Exec(t.Context(), "BEGIN; LOCK TABLE target_rest IN ACCESS SHARE MODE"); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- carryOut(t.Context(), s, n) }()
	const waits = "SELECT CAST(COUNT(*) AS TEXT) FROM pg_locks WHERE relation = 'target_rest'::regclass AND NOT granted"
	for cell(t, s, waits) == "0" {
		if t.Context().Err() != nil {
			t.Fatal("the run waits for nobody")
		}
	}
	longest := time.Duration(0) // that somebody waited
	for began := time.Now(); time.Since(began) < 3*time.Second; {
		asked := time.Now()
		if got := cell(t, s, "SELECT CAST(COUNT(*) AS TEXT) FROM target"); got != "0" {
			t.Fatalf("%s codes are in force", got)
		}
		longest = max(longest, time.Since(asked))
	}
	if longest > 2*time.Second {
		t.Errorf("who looked for a code waited %v", longest)
	}
	if err := backup.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	checkCodes(t, s, 30)
}

// TestARunWaitsForWhoSweepsItsTable attaches a table that the server is sweeping, which it stops doing for who waits a second, and not before: nobody else
// waits meanwhile.
func TestARunWaitsForWhoSweepsItsTable(t *testing.T) {
	address := databases.Fresh(t)
	s := server(t, address, keyringtest.Keys())
	s.engine.(*postgres).runs = runSizes{part: 100, small: 1}
	importMany(t, s, 30)
	r, conn := runAlone(t, s, 1, 100)
	if err := r.fill(t.Context(), conn); err != nil {
		t.Fatal(err)
	}
	if err := r.index(t.Context(), conn); err != nil {
		t.Fatal(err)
	}
	sweeps, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sweeps.Close(context.Background()) })
	if _, err := sweeps.Exec(t.Context(), "BEGIN; LOCK TABLE target_run_1 IN SHARE UPDATE EXCLUSIVE MODE"); err != nil { // as VACUUM does
		t.Fatal(err)
	}
	attached := make(chan error, 1)
	go func() { attached <- r.attach(t.Context(), conn) }()
	const waits = "SELECT CAST(COUNT(*) AS TEXT) FROM pg_locks WHERE relation = 'target_run_1'::regclass AND NOT granted AND waitstart < clock_timestamp() - interval '1.5 s'"
	for began := time.Now(); cell(t, s, waits) == "0"; {
		if time.Since(began) > 4*time.Second {
			t.Fatal("the run does not wait until the server gives up")
		}
		asked := time.Now()
		if got := cell(t, s, "SELECT CAST(COUNT(*) AS TEXT) FROM target"); got != "0" || time.Since(asked) > time.Second {
			t.Fatalf("%s codes are in force, and who looked for one waited %v", got, time.Since(asked))
		}
	}
	if err := sweeps.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-attached; err != nil {
		t.Error(err)
	}
	checkCodes(t, s, 30)
}

// TestTheFirstAndTheLastCodeOfARunAreKeptApart has the first person of a run, and then the last, get a code that is somebody else's: of a record, of another
// run, or a former one. All codes but one are, so that what is drawn in its place mostly is one of these again. Who has a code of their own gets none.
func TestTheFirstAndTheLastCodeOfARunAreKeptApart(t *testing.T) {
	s := server(t, databases.Fresh(t), keyringtest.Keys())
	importMany(t, s, 5)
	r, conn := runAlone(t, s, 7, 5)
	const ofRecord, ofRun, former, free = 1, 2, 3, 4
	r.space = free
	do(t, s, "UPDATE record SET code = 1 WHERE num = 3", "INSERT INTO target VALUES (4, 2, 6)", "INSERT INTO former_code VALUES (3, 3, 1)",
		"SELECT target_open(7)", "SELECT target_index(7)")
	apart := func(person, code int, small bool) string {
		t.Helper()
		do(t, s, "DELETE FROM target_run_7", fmt.Sprintf("INSERT INTO target_run_7 VALUES (%d, %d, 7)", person, code))
		if err := r.apart(t.Context(), conn, small); err != nil {
			t.Fatal(err)
		}
		return cell(t, s, "SELECT COALESCE(string_agg(record_num::text || ': ' || code::text, ', '), 'nobody') FROM target_run_7")
	}
	for _, person := range []int{1, 5} {
		for _, small := range []bool{true, false} {
			for _, code := range []int{ofRecord, ofRun, former, free} {
				for range 20 {
					if got, want := apart(person, code, small), fmt.Sprintf("%d: %d", person, free); got != want {
						t.Fatalf("small %t: of a code that is %d there is %q, want %q", small, code, got, want)
					}
				}
			}
			do(t, s, fmt.Sprintf("UPDATE record SET code = 9 WHERE num = %d", person))
			if got := apart(person, free, small); got != "nobody" {
				t.Errorf("small %t: who has a code has another: %q", small, got)
			}
			do(t, s, fmt.Sprintf("UPDATE record SET code = NULL WHERE num = %d", person))
		}
	}
}
