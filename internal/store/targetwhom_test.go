package store

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"vaccin/internal/keyring/keyringtest"
	"vaccin/internal/registry"
)

// whomDigest is the digest of whom a run gave a code, by what the table of codes tells.
func whomDigest(t *testing.T, s *Store, run int) string {
	t.Helper()
	digest := sha256.New()
	err := s.engine.read(t.Context(), query{
		sql: "SELECT record_num FROM target WHERE run = $1 ORDER BY record_num", args: []any{run},
		row: func(scan func(...any) error) error {
			number := uint64(0)
			err := scan(&number)
			digest.Write(binary.BigEndian.AppendUint64(nil, number))
			return err
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(digest.Sum(nil))
}

const digestOfLastRun = "SELECT digest FROM access_log WHERE action = 'carry-out-run' ORDER BY num DESC LIMIT 1"

// runbookDigest is how docs/runbooks/audit.md works the digest out.
const runbookDigest = "SELECT encode(sha256(COALESCE(string_agg(int8send(record_num), ''::bytea ORDER BY record_num), '')), 'hex') FROM target WHERE run = %d"

// TestTheLogTellsWhomARunGaveACode carries out two runs, of half of all each, and one of nobody: whoever adds somebody to one later, or takes somebody out, cannot make the
// signed log agree.
func TestTheLogTellsWhomARunGaveACode(t *testing.T) {
	onEachKindOfRun(t, func(t *testing.T, s *Store) {
		importMany(t, s, 300)
		do(t, s, "UPDATE patient SET sex = CASE WHEN record_num % 3 = 0 THEN 'F' ELSE 'M' END")
		told := []string(nil)
		for _, sex := range []registry.Sex{registry.Female, registry.Male, registry.Male} { // the last finds nobody without a code
			n := approvedRun(t, s, everybody(sex))
			if err := carryOut(t.Context(), s, n); err != nil {
				t.Fatal(err)
			}
			digest := cell(t, s, digestOfLastRun)
			if want := "sha256:" + whomDigest(t, s, n); digest != want {
				t.Errorf("the log tells %q, want %q", digest, want)
			}
			told = append(told, digest)
		}
		if len(slices.Compact(told)) != 3 {
			t.Error("two runs of other persons have one digest")
		}
		if of := sha256.Sum256(nil); told[2] != "sha256:"+hex.EncodeToString(of[:]) {
			t.Errorf("of a run that gave nobody a code the log tells %q", told[2])
		}
		if _, ok := s.engine.(*postgres); !ok {
			return
		}
		for i, digest := range told {
			if got := cell(t, s, fmt.Sprintf(runbookDigest, i+1)); digest != "sha256:"+got {
				t.Errorf("by the runbook run %d has the digest %q, and %q in the log", i+1, got, digest)
			}
		}
	})
}

// runOfForty begins a run of forty persons who are there, of whom it knows those up to a number, on a connection of its own.
func runOfForty(t *testing.T, s *Store, highest int64) (number int, r *targetRun, conn *pgx.Conn) {
	t.Helper()
	importMany(t, s, 40)
	number = approvedRun(t, s, everybody(""))
	do(t, s, "UPDATE campaign_run SET state = 'running' WHERE number = 1")
	run, err := s.Run(t.Context(), number)
	if err != nil {
		t.Fatal(err)
	}
	r, conn = runAlone(t, s, number, highest)
	r.end = s.targetingOf(run, event(registry.ActionCarryOutRun), time.Now, func(registry.Progress) {}).end
	return number, r, conn
}

// TestTheLogTellsOfWhoIsAfterTheLastOfARun: two records turn out to be one person's while a run goes on, and the one that stays came after it began.
func TestTheLogTellsOfWhoIsAfterTheLastOfARun(t *testing.T) {
	s := server(t, databases.Fresh(t), keyringtest.Keys())
	s.engine.(*postgres).runs = runSizes{part: 10, small: 1}
	n, r, conn := runOfForty(t, s, 30)
	if err := r.fill(t.Context(), conn); err != nil {
		t.Fatal(err)
	}
	do(t, s, "INSERT INTO doubtful_match (record_num, other_num, reason, at, decision, decided_at, gone) VALUES (30, 35, 'rank', 1, 'same', 1, 30)")
	if err := r.bring(t.Context(), conn, false); err != nil {
		t.Fatal(err)
	}
	if got, want := cell(t, s, "SELECT COUNT(*)::text || ' ' || MAX(record_num) FROM target"), "30 35"; got != want {
		t.Fatalf("codes and the last of whom they are: %s, want %s", got, want)
	}
	if got, want := cell(t, s, digestOfLastRun), "sha256:"+whomDigest(t, s, n); got != want {
		t.Errorf("the log tells %q, want %q", got, want)
	}
	if got := cell(t, s, "SELECT count::text FROM access_log WHERE action = 'carry-out-run'"); got != "30" {
		t.Errorf("the log counts %s", got)
	}
}

// TestNobodyIsCarriedWhileTheLogIsToldOfASmallRun: its codes are in force, and stand with those of others, when it is read whose they are, a piece at a
// time; whoever is carried from one piece to another would be in the digest twice, or not at all.
func TestNobodyIsCarriedWhileTheLogIsToldOfASmallRun(t *testing.T) {
	s := server(t, databases.Fresh(t), keyringtest.Keys())
	s.engine.(*postgres).runs = runSizes{part: 10, small: 1 << 40}
	n, r, conn := runOfForty(t, s, 40)
	do(t, s, "INSERT INTO target SELECT num, num, 1 FROM record WHERE num <= 30")
	merging, err := s.engine.(*postgres).bulk(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = merging.Close(t.Context()) }()
	for _, sql := range []string{
		"BEGIN", "INSERT INTO doubtful_match (record_num, other_num, reason, at) VALUES (5, 35, 'rank', 1)",
		"UPDATE doubtful_match SET decision = 'same', decided_at = 1, gone = 5",
	} {
		if _, err := merging.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	ended := make(chan error, 1)
	go func() { ended <- r.finish(t.Context(), conn, "") }()
	time.Sleep(300 * time.Millisecond)
	if _, err := merging.Exec(t.Context(), "COMMIT"); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if got, want := cell(t, s, "SELECT COUNT(*)::text || ' ' || MIN(record_num) FILTER (WHERE record_num > 4) || ' ' || MAX(record_num) FROM target"), "30 6 35"; got != want {
		t.Fatalf("codes, the first after 4 and the last: %s, want %s", got, want)
	}
	if got, want := cell(t, s, digestOfLastRun), "sha256:"+whomDigest(t, s, n); got != want {
		t.Errorf("the log tells %q, want %q", got, want)
	}
}

// TestARunOfTheEmbeddedStoreIsOvertakenByOthersInTheSameNumber: somebody dies and somebody else becomes concerned between reading whom a run concerns and
// giving codes.
func TestARunOfTheEmbeddedStoreIsOvertakenByOthersInTheSameNumber(t *testing.T) {
	s := open(t)
	importMany(t, s, 30)
	do(t, s, "UPDATE patient SET died = 1 WHERE record_num = 2")
	n := approvedRun(t, s, everybody(""))
	begin := func(ctx context.Context) (targeting, error) {
		run, err := s.beginRun(ctx, n, time.Now())
		return s.targetingOf(run, event(registry.ActionCarryOutRun), time.Now, func(registry.Progress) {}), err
	}
	write := func(ctx context.Context, w work) error {
		do(t, s, "UPDATE patient SET died = 1 - died WHERE record_num IN (2, 3)")
		return s.write(ctx, w)
	}
	if err := s.engine.target(t.Context(), begin, write); !errors.Is(err, registry.ErrOvertaken) {
		t.Errorf("the run: %v", err)
	}
	checkCodes(t, s, 0)
}

// TestWhomARunGaveACodeIsNotReadInAnotherOrder: its digest would agree with none that is worked out later.
func TestWhomARunGaveACodeIsNotReadInAnotherOrder(t *testing.T) {
	numbers := func(all ...uint64) (text []byte) {
		for _, n := range all {
			text = binary.BigEndian.AppendUint64(text, n)
		}
		return text
	}
	whom := newGiven()
	if err := errors.Join(whom.add(2, numbers(1, 7)), whom.add(0, nil), whom.add(1, numbers(8))); err != nil || whom.persons != 3 {
		t.Errorf("in their order: %d, %v", whom.persons, err)
	}
	for _, wrong := range [][]uint64{{8}, {3}, {9, 9}, {12, 11}} {
		if err := whom.add(int64(len(wrong)), numbers(wrong...)); err == nil {
			t.Errorf("%d after 8 are taken", wrong)
		}
		whom.last = 8
	}
}
