package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"vaccin/internal/keyring/keyringtest"
	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
)

// everybody is a campaign that concerns all, or all of a sex.
func everybody(sex registry.Sex) registry.Campaign {
	return registry.Campaign{ID: "tous", Opens: registry.MustDate("2021-01-18"), Criteria: registry.Criteria{{Sex: sex}}}
}

// approvedRun is a run that may be carried out.
func approvedRun(t *testing.T, s *Store, campaign registry.Campaign) int {
	t.Helper()
	run := registry.Run{Campaign: campaign, PreparedBy: "a", PreparedAt: time.Now()}
	n, err := s.PrepareRun(t.Context(), run, event(registry.ActionPrepareRun))
	if err == nil {
		err = s.CountRun(t.Context(), n)
	}
	if err == nil {
		err = s.ApproveRun(t.Context(), n, "b", time.Now(), event(registry.ActionApproveRun))
	}
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func carryOut(ctx context.Context, s *Store, n int) error {
	return s.CarryOut(ctx, n, event(registry.ActionCarryOutRun), time.Now, func(registry.Progress) {})
}

// checkCodes sees that so many persons have a code, each another, whichever table it stands in.
func checkCodes(t *testing.T, s *Store, want int) {
	t.Helper()
	const codes = "SELECT code FROM record WHERE code IS NOT NULL UNION ALL SELECT code FROM target"
	const persons = "SELECT num FROM record WHERE code IS NOT NULL UNION ALL SELECT record_num FROM target"
	for of, sql := range map[string]string{"codes": codes, "persons": persons} {
		for _, count := range []string{"COUNT(*)", "COUNT(DISTINCT " + map[string]string{"codes": "code", "persons": "num"}[of] + ")"} {
			if got := cell(t, s, "SELECT CAST("+count+" AS TEXT) FROM ("+sql+") AS every"); got != fmt.Sprint(want) {
				t.Errorf("%s of %s is %s, want %d", count, of, got, want)
			}
		}
	}
}

// onEachKindOfRun tests with small runs and with large ones, which the embedded store does not know, each in a store of its own: runs make tables.
func onEachKindOfRun(t *testing.T, test func(t *testing.T, s *Store)) {
	onEachEngine(t, func(t *testing.T, address string) {
		for name, small := range map[string]int64{"small runs": 1 << 40, "large runs": 1} {
			if !IsDatabase(address) && small == 1 {
				continue
			}
			t.Run(name, func(t *testing.T) {
				address := address
				if IsDatabase(address) {
					address = databases.Fresh(t)
				}
				s := server(t, address, keyringtest.Keys())
				if e, ok := s.engine.(*postgres); ok {
					e.runs = runSizes{part: 70, small: small}
				}
				test(t, s)
			})
		}
	})
}

// TestCodesThatAreThereAreDrawnAgain has runs draw from so few codes that several persons get the same, beside codes of records.
func TestCodesThatAreThereAreDrawnAgain(t *testing.T) {
	onEachKindOfRun(t, func(t *testing.T, s *Store) {
		s.codeSpace = 5000
		people := make([]registry.ImportedPerson, 300)
		for i := range people {
			people[i] = registry.ImportedPerson{ID: registry.RecordID(fmt.Sprintf("%032x", i+5000)), Patient: registrytest.Patient(i + 5000)}
			people[i].Patient.Sex = []registry.Sex{registry.Female, registry.Male}[i%2]
			if i%10 == 0 {
				people[i].Code = registry.TargetCode(i + 1)
			}
		}
		g := registrytest.NewRegistry(s, registrytest.NewClock())
		if err := g.ImportPersons(t.Context(), registrytest.Doctor("Import"), people, "digest"); err != nil {
			t.Fatal(err)
		}
		all := cell(t, s, "SELECT CAST(COUNT(*) AS TEXT) FROM record")
		total := 0
		if _, err := fmt.Sscan(all, &total); err != nil {
			t.Fatal(err)
		}
		// Half of all codes were somebody's once.
		do(t, s, "WITH RECURSIVE n (code) AS (SELECT 1001 UNION ALL SELECT code + 1 FROM n WHERE code < 3500)"+
			" INSERT INTO former_code (code, record_num, since) SELECT code, 1, 1 FROM n")
		for _, sex := range []registry.Sex{registry.Female, registry.Male} {
			if err := carryOut(t.Context(), s, approvedRun(t, s, everybody(sex))); err != nil {
				t.Fatal(err)
			}
		}
		checkCodes(t, s, total)
		givesNoFormerCode(t, s)
	})
}

// givesNoFormerCode sees that no run gave a code that was somebody's once.
func givesNoFormerCode(t *testing.T, s *Store) {
	t.Helper()
	if got := cell(t, s, "SELECT CAST(COUNT(*) AS TEXT) FROM target JOIN former_code ON former_code.code = target.code"); got != "0" {
		t.Errorf("%s former codes are given anew", got)
	}
}

// TestARunOfTheEmbeddedStoreIsOvertakenByAMerge that makes former codes of those it is about to draw.
func TestARunOfTheEmbeddedStoreIsOvertakenByAMerge(t *testing.T) {
	s := open(t)
	s.codeSpace = 500
	importMany(t, s, 30)
	n := approvedRun(t, s, everybody(""))
	begin := func(ctx context.Context) (targeting, error) {
		run, err := s.beginRun(ctx, n, time.Now())
		return s.targetingOf(run, event(registry.ActionCarryOutRun), time.Now, func(registry.Progress) {}), err
	}
	write := func(ctx context.Context, w work) error {
		do(t, s, "WITH RECURSIVE n (code) AS (SELECT 1 UNION ALL SELECT code + 1 FROM n WHERE code < 500)"+
			" INSERT INTO former_code (code, record_num, since) SELECT code, 1, 1 FROM n")
		return s.write(ctx, w)
	}
	if err := s.engine.target(t.Context(), begin, write); !errors.Is(err, registry.ErrOvertaken) {
		t.Errorf("the run: %v", err)
	}
	checkCodes(t, s, 0)
}

// TestARunThatIsKilledGoesOn stops runs of all sizes again and again, at any moment, and the connections of the database
// with them.
func TestARunThatIsKilledGoesOn(t *testing.T) {
	for name, c := range map[string]struct {
		runSizes
		beside bool // someone who writes, to whom it gives way
	}{
		"small": {runSizes{part: 100, small: 1 << 40}, false}, "large": {runSizes{part: 100, small: 1}, false},
		"large, in pieces": {runSizes{part: 5_000, small: 1}, true}, "small, in pieces": {runSizes{part: 5_000, small: 1 << 40}, true},
	} {
		t.Run(name, func(t *testing.T) {
			address := databases.Fresh(t)
			s := server(t, address, keyringtest.Keys())
			s.engine.(*postgres).runs = c.runSizes
			importMany(t, s, 3000)
			n := approvedRun(t, s, everybody(""))
			within := 25 * time.Millisecond
			if c.beside {
				writing(t, address)
			}
			stops := 0
			for ; ; stops++ {
				if c.beside && stops == 3 { // before, it does not come further than to look around
					within = 300 * time.Millisecond
				}
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(rand.Int64N(int64(within))))
				if stops > 200 || c.beside && stops > 30 {
					ctx, cancel = context.WithCancel(t.Context())
				}
				err := carryOut(ctx, s, n)
				cancel()
				if err == nil {
					break
				}
				if !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, context.Canceled) && !errors.Is(err, registry.ErrRunning) &&
					!errors.Is(err, registry.ErrUnavailable) && ctx.Err() == nil {
					t.Fatal(err)
				}
			}
			if stops < 3 {
				t.Errorf("the run was stopped %d times only", stops)
			}
			checkCodes(t, s, 3000)
			if got := cell(t, s, "SELECT COUNT(*)::text FROM access_log WHERE action = $1", string(registry.ActionCarryOutRun)); got != "1" {
				t.Errorf("%s entries of the access log tell of the run", got)
			}
		})
	}
}

// TestTheFirstRunsHaveAPartitionEach carries out three runs of as many persons, of which only the first two are large ones.
func TestTheFirstRunsHaveAPartitionEach(t *testing.T) {
	s := server(t, databases.Fresh(t), keyringtest.Keys())
	s.engine.(*postgres).runs = runSizes{part: 1_000, small: 1 << 40, few: 2, fewSmall: 10}
	g := registrytest.NewRegistry(s, registrytest.NewClock())
	for number := 1; number <= 3; number++ {
		if err := g.ImportPersons(t.Context(), registrytest.Doctor("Import"), persons(10*number, 10), "digest"); err != nil {
			t.Fatal(err)
		}
		const underWay = "INSERT INTO campaign_run (number, campaign, content, state, prepared_by, prepared_at) VALUES ($1, 'c', '{}', 'running', 'a', 1)"
		if err := execute(t, s, underWay, number); err != nil {
			t.Fatal(err)
		}
		r, conn := runAlone(t, s, number, int64(10*number))
		if err := r.fill(t.Context(), conn); err != nil {
			t.Fatal(err)
		}
		if err := r.bring(t.Context(), conn, false); err != nil {
			t.Fatal(err)
		}
		want := map[int]string{1: "10 0", 2: "20 0", 3: "30 10"}[number]
		if got := cell(t, s, "SELECT CONCAT((SELECT COUNT(*) FROM target), ' ', (SELECT COUNT(*) FROM target_rest))"); got != want {
			t.Errorf("after %d runs, codes and those with others: %s, want %s", number, got, want)
		}
	}
	checkCodes(t, s, 30)
}

func TestWhichRunsAreSmall(t *testing.T) {
	for _, c := range []struct {
		targeted, large int64
		alone, beside   bool
	}{
		{0, 0, true, true},
		{3_999, 0, true, true},
		{4_000, 0, false, true},
		{4_000, 19, false, true},
		{3_999, 20, true, true},
		{4_000, 20, true, true},
		{19_999, 20, true, true},
		{20_000, 20, false, true},
		{99_999, 0, false, true},
		{99_999, 20, false, true},
		{100_000, 0, false, false},
		{100_000, 20, false, false},
	} {
		alone, beside := nationalRun.isSmall(c.targeted, c.large, false), nationalRun.isSmall(c.targeted, c.large, true)
		if alone != c.alone || beside != c.beside {
			t.Errorf("%d codes after %d large runs: small %v, beside others %v", c.targeted, c.large, alone, beside)
		}
	}
}

// TestARunThatBeganAsASmallOneEndsAsOne has a run stopped once its codes stand with those of others, and go on where it counts as a large one, as with
// a version that draws the line elsewhere.
func TestARunThatBeganAsASmallOneEndsAsOne(t *testing.T) {
	address := databases.Fresh(t)
	s := server(t, address, keyringtest.Keys())
	s.engine.(*postgres).runs = runSizes{part: 100, small: 1 << 40}
	importMany(t, s, 300)
	n := approvedRun(t, s, everybody(""))
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	tx, err := conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), "SELECT pg_current_xact_id()"); err != nil { // the end of the run waits for who writes
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- carryOut(ctx, s, n) }()
	for inForce := "0"; inForce == "0"; inForce = cell(t, s, "SELECT CAST(COUNT(*) AS TEXT) FROM target") {
		if t.Context().Err() != nil {
			t.Fatal("the codes do not come into force")
		}
	}
	stop()
	if err := <-ended; err == nil {
		t.Fatal("the run was not stopped")
	}
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.engine.(*postgres).runs.small = 1
	for began := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		err := carryOut(t.Context(), s, n)
		if err == nil {
			break
		}
		if !errors.Is(err, registry.ErrRunning) || time.Since(began) > 10*time.Second { // of the one that was stopped
			t.Fatal(err)
		}
	}
	checkCodes(t, s, 300)
	if got := cell(t, s, "SELECT CAST(targeted AS TEXT) FROM campaign_run"); got != "300" {
		t.Errorf("the run says %s codes", got)
	}
}

// TestARunThatWaitsForAnotherMayBeDropped has a server come to a run while another is carried out.
func TestARunThatWaitsForAnotherMayBeDropped(t *testing.T) {
	s := server(t, databases.Fresh(t), keyringtest.Keys())
	importMany(t, s, 30)
	waits, dropped := approvedRun(t, s, everybody("")), approvedRun(t, s, everybody(""))
	other, err := s.engine.(*postgres).bulk(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	alone := false
	if err := other.QueryRow(t.Context(), lockRun).Scan(&alone); err != nil || !alone {
		t.Fatal(alone, err)
	}
	for _, n := range []int{waits, dropped} {
		if err := carryOut(t.Context(), s, n); !errors.Is(err, registry.ErrRunning) {
			t.Errorf("while another is carried out: %v", err)
		}
		if run, err := s.Run(t.Context(), n); err != nil || run.State != registry.RunApproved || !run.StartedAt.IsZero() {
			t.Errorf("the run that waits is %s, since %v, %v", run.State, run.StartedAt, err)
		}
	}
	if err := s.DropRun(t.Context(), dropped, "c", time.Now(), event(registry.ActionDropRun)); err != nil {
		t.Error(err)
	}
	if err := other.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := carryOut(t.Context(), s, waits); err != nil {
		t.Error(err)
	}
	if err := carryOut(t.Context(), s, dropped); !errors.Is(err, registry.ErrNoRun) {
		t.Errorf("the run that was dropped: %v", err)
	}
	checkCodes(t, s, 30)
}

// TestTheServiceCarriesOutARun does it with the rights of the service alone, after which it may not change a code.
func TestTheServiceCarriesOutARun(t *testing.T) {
	for name, small := range map[string]int64{"small": 1 << 40, "large": 1} {
		t.Run(name, func(t *testing.T) {
			s, err := Open(t.Context(), databases.Fresh(t), Options{Service: true, Keys: keyringtest.Keys()})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = s.Close() })
			s.engine.(*postgres).runs = runSizes{part: 100, small: small}
			importMany(t, s, 300)
			n := approvedRun(t, s, everybody(""))
			if err := carryOut(t.Context(), s, n); err != nil {
				t.Fatal(err)
			}
			checkCodes(t, s, 300)
			refused := []string{
				"DELETE FROM target", "DELETE FROM target_rest", "UPDATE target_rest SET code = code + 1", "INSERT INTO target_rest VALUES (1, 1, 1)",
				fmt.Sprintf("SELECT target_apart(%d, 1000)", n), "DELETE FROM campaign_run", "DELETE FROM campaign_part", "UPDATE campaign SET content = ''",
			}
			if small == 1 {
				refused = append(refused, fmt.Sprintf("UPDATE target_run_%d SET code = code + 1", n), fmt.Sprintf("DELETE FROM target_run_%d", n),
					fmt.Sprintf("SELECT target_open(%d)", n), fmt.Sprintf("SELECT target_settle(%d)", n))
			}
			for _, sql := range refused {
				if err := execute(t, s, sql); err == nil {
					t.Errorf("the service may %s", sql)
				}
			}
		})
	}
}

// TestWhoDrawsACodeWhileARunEndsKeepsThat has two persons get codes of their own, as when their eligibility is declared, in a
// transaction that ends once the codes of the run are in force; one of them is the code that the run gave a third. A code that
// the run gave a fourth was made a former one there.
func TestWhoDrawsACodeWhileARunEndsKeepsThat(t *testing.T) {
	for name, small := range map[string]int64{"small": 1 << 40, "large": 1} {
		t.Run(name, func(t *testing.T) {
			address := databases.Fresh(t)
			s := server(t, address, keyringtest.Keys())
			s.engine.(*postgres).runs = runSizes{part: 100, small: small}
			importMany(t, s, 300)
			n := approvedRun(t, s, everybody(""))
			conn, err := pgx.Connect(t.Context(), address)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = conn.Close(t.Context()) })
			tx, err := conn.Begin(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			own := func(nth, code string) {
				t.Helper()
				if _, err := tx.Exec(t.Context(), "UPDATE record SET code = "+code+" WHERE num = (SELECT num FROM record ORDER BY num OFFSET "+nth+" LIMIT 1)"); err != nil {
					t.Fatal(err)
				}
			}
			own("7", "4711")
			ended := make(chan error, 1)
			go func() { ended <- carryOut(t.Context(), s, n) }()
			for inForce := "0"; inForce == "0"; inForce = cell(t, s, "SELECT CAST(COUNT(*) AS TEXT) FROM target") {
				if t.Context().Err() != nil {
					t.Fatal("the codes do not come into force")
				}
			}
			select {
			case err := <-ended:
				t.Fatalf("the run ends while someone writes who began before its codes were in force: %v", err)
			case <-time.After(300 * time.Millisecond):
			}
			own("8", "(SELECT code FROM target WHERE record_num = (SELECT num FROM record ORDER BY num OFFSET 9 LIMIT 1))")
			if _, err := tx.Exec(t.Context(), "INSERT INTO former_code SELECT code, 1, 1 FROM target ORDER BY record_num OFFSET 20 LIMIT 1"); err != nil {
				t.Fatal(err)
			}
			if err := tx.Commit(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := <-ended; err != nil {
				t.Fatal(err)
			}
			checkCodes(t, s, 300)
			givesNoFormerCode(t, s)
			if got := cell(t, s, "SELECT CAST(targeted AS TEXT) FROM campaign_run"); got != "298" {
				t.Errorf("the run says %s codes", got)
			}
		})
	}
}
