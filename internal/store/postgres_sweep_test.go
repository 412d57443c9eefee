package store

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackc/pgx/v5"

	"vaccin/internal/keyring/keyringtest"
	"vaccin/internal/registry"
)

// writing has some others write as quickly as they can, until the test ends or stop is called: on a busy machine one alone might come
// to too little to be noticed.
func writing(t *testing.T, address string) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	var writers sync.WaitGroup
	for range 4 {
		conn, err := pgx.Connect(t.Context(), address)
		if err != nil {
			t.Fatal(err)
		}
		writers.Go(func() {
			defer func() { _ = conn.Close(context.Background()) }()
			for ctx.Err() == nil {
				_, _ = conn.Exec(ctx, "SELECT pg_current_xact_id()")
			}
		})
	}
	stop = func() {
		cancel()
		writers.Wait()
	}
	t.Cleanup(stop)
	return stop
}

// TestTheServerSeesThatWhoWorkedIsGone cuts a connection in the midst of a statement, as where a command is killed: another waits for what it holds.
func TestTheServerSeesThatWhoWorkedIsGone(t *testing.T) {
	address := databases.Fresh(t)
	s := server(t, address, keyringtest.Keys())
	conn, err := s.engine.(*postgres).bulk(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	pid, told := conn.PgConn().PID(), make(chan error, 1)
	go func() {
		_, err := conn.Exec(context.WithoutCancel(t.Context()), "SELECT pg_sleep(120)")
		told <- err
	}()
	working := func(state string) bool {
		there, err := s.exists(t.Context(), fmt.Sprintf("SELECT 1 FROM pg_stat_activity WHERE pid = %d AND state LIKE '%s'", pid, state))
		if err != nil {
			t.Fatal(err)
		}
		return there
	}
	for began := time.Now(); !working("active"); time.Sleep(10 * time.Millisecond) {
		if time.Since(began) > 30*time.Second {
			t.Fatal("the statement never began")
		}
	}
	if err := conn.PgConn().Conn().Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-told; err == nil {
		t.Fatal("the statement ended")
	}
	for began := time.Now(); working("%"); time.Sleep(50 * time.Millisecond) {
		if time.Since(began) > 30*time.Second {
			t.Fatal("the server goes on with a statement of who is gone")
		}
	}
}

// TestASweepGivesWay goes through numbers beside someone who writes, and alone.
func TestASweepGivesWay(t *testing.T) {
	address := databases.Fresh(t)
	s := server(t, address, keyringtest.Keys())
	conn, err := s.engine.(*postgres).bulk(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	var pieces []string
	note := func(after, to int64) (int64, error) {
		pieces = append(pieces, fmt.Sprint(after, "-", to))
		time.Sleep(2 * time.Millisecond)
		return 0, nil
	}
	// setting is one of those that keep to one processor.
	setting := func() (value string) {
		if err := conn.QueryRow(t.Context(), "SHOW max_parallel_workers_per_gather").Scan(&value); err != nil {
			t.Fatal(err)
		}
		return value
	}
	usual := setting()

	stop := writing(t, address)
	w, err := newSweep(t.Context(), conn)
	if err != nil {
		t.Fatal(err)
	}
	w.own = 1 << 40 // until it looks
	for range 2 {
		time.Sleep(settleFor)
		if err := w.look(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	began := time.Now()
	if err := w.over(t.Context(), 1_000, 1_000+2.5*busyPiece, 1_000_000, note); err != nil {
		t.Fatal(err)
	}
	if want := []string{"1000-1500", "1500-2000", "2000-2250"}; !slices.Equal(pieces, want) {
		t.Errorf("beside someone who writes the pieces are %v, want %v", pieces, want)
	}
	if took := time.Since(began); took < 3*(1+restFor)*2*time.Millisecond {
		t.Errorf("three pieces of 2 ms took %v: nobody rested", took)
	}
	if got := setting(); got != "0" {
		t.Errorf("beside someone who writes queries run on %s more processors", got)
	}

	stop()
	for began := time.Now(); w.busy && time.Since(began) < time.Minute; {
		if err := w.over(t.Context(), 0, 1, 1, note); err != nil {
			t.Fatal(err)
		}
	}
	if w.busy || setting() != usual {
		t.Errorf("alone it gives way to nobody: busy %t, %s more processors, want %s", w.busy, setting(), usual)
	}
	pieces = nil
	if err := w.over(t.Context(), 0, 6_500, 4_000, note); err != nil {
		t.Fatal(err)
	}
	if want := []string{"0-4000", "4000-6500"}; !slices.Equal(pieces, want) {
		t.Errorf("alone the pieces are %v, want %v", pieces, want)
	}
}

// TestASweepBeginsWithLittle goes through numbers before it is known whether others write, and after.
func TestASweepBeginsWithLittle(t *testing.T) {
	address := databases.Fresh(t)
	conn, err := server(t, address, keyringtest.Keys()).engine.(*postgres).bulk(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	w, err := newSweep(t.Context(), conn)
	if err != nil {
		t.Fatal(err)
	}
	var pieces []string
	through := func(to int64) {
		t.Helper()
		pieces = nil
		note := func(after, to int64) (int64, error) {
			pieces = append(pieces, fmt.Sprint(after, "-", to))
			return 0, nil
		}
		if err := w.over(t.Context(), 0, to, 1_000_000, note); err != nil {
			t.Fatal(err)
		}
	}
	looked := w.at
	w.at = time.Now().Add(time.Hour) // so that the moment is not over in the midst
	through(2.5 * firstPiece)
	if want := []string{"0-20000", "20000-40000", "40000-50000"}; !slices.Equal(pieces, want) {
		t.Errorf("at first the pieces are %v, want %v", pieces, want)
	}
	w.at = looked
	if err := w.settle(t.Context()); err != nil || !w.settled || w.busy {
		t.Errorf("alone: known whether others write %t, busy %t, %v", w.settled, w.busy, err)
	}
	through(2.5 * firstPiece)
	if want := []string{"0-50000"}; !slices.Equal(pieces, want) {
		t.Errorf("alone the pieces are %v, want %v", pieces, want)
	}

	writing(t, address)
	if w, err = newSweep(t.Context(), conn); err != nil {
		t.Fatal(err)
	}
	time.Sleep(settleFor)
	through(firstPiece + 1.5*busyPiece)
	if want := []string{"0-20000", "20000-20500", "20500-20750"}; !slices.Equal(pieces, want) {
		t.Errorf("where others write the pieces are %v, want %v", pieces, want)
	}
}

// TestASweepRestsNineTimesAsLongAsItWorkedAndTwoSecondsAtMost: a piece for which the server took a minute is no reason to do nothing for nine.
func TestASweepRestsNineTimesAsLongAsItWorkedAndTwoSecondsAtMost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, c := range []struct {
			busy         bool
			works, rests time.Duration
		}{
			{true, 10 * time.Millisecond, 90 * time.Millisecond},
			{true, 200 * time.Millisecond, 1800 * time.Millisecond},
			{true, time.Minute, 2 * time.Second},
			{false, time.Minute, 0},
		} {
			w, began := sweep{busy: c.busy, settled: true, at: time.Now().Add(time.Hour)}, time.Now()
			err := w.over(t.Context(), 0, 1, 1, func(int64, int64) (int64, error) {
				time.Sleep(c.works)
				return 0, nil
			})
			if rested := time.Since(began) - c.works; err != nil || rested != c.rests {
				t.Errorf("busy %t: after %v it rested for %v, not %v: %v", c.busy, c.works, rested, c.rests, err)
			}
		}
	})
}

// TestARunGivesWay carries out a run beside someone who writes: it has its indexes from the start, and draws anew what they
// refuse. Its codes are so few that some are met twice.
func TestARunGivesWay(t *testing.T) {
	address := databases.Fresh(t)
	s := server(t, address, keyringtest.Keys())
	s.engine.(*postgres).runs = runSizes{part: 70, small: 1}
	s.codeSpace = 5_000
	importMany(t, s, 300)
	n := approvedRun(t, s, everybody(""))
	stop := writing(t, address)
	if err := carryOut(t.Context(), s, n); err != nil {
		t.Fatal(err)
	}
	stop()
	checkCodes(t, s, 300)
	var counted []registry.RunCount
	for _, sex := range []registry.Sex{registry.Female, registry.Male} {
		counts, err := s.count(t.Context(), everybody(sex))
		if err != nil {
			t.Fatal(err)
		}
		counted = append(counted, counts...)
	}
	if len(counted) > 0 {
		t.Errorf("once all have a code %v are counted", counted)
	}
}

// anybody has a run concern everybody.
func anybody(c *condition) { c.sql.WriteString("true") }

// TestARunLooksBeforeItGoesOn begins runs of several parts, of one, and of none that is left: all but that of one wait until it is known
// whether others write, and take none of their own transactions for another's.
func TestARunLooksBeforeItGoesOn(t *testing.T) {
	address := databases.Fresh(t)
	s := server(t, address, keyringtest.Keys())
	e := s.engine.(*postgres)
	e.runs = runSizes{part: 1_000, small: 1}
	importMany(t, s, 30)
	conn, err := e.bulk(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	begun := func(number int, highest, opened int64) *targetRun {
		t.Helper()
		w, err := newSweep(t.Context(), conn)
		if err != nil {
			t.Fatal(err)
		}
		r := &targetRun{
			engine: e, sweep: w, table: fmt.Sprint("target_run_", number), persons: condition{next: 3},
			targeting: targeting{run: number, highest: highest, space: 5_000, where: anybody, progress: func(int64, int64) {}},
		}
		r.where(&r.persons)
		if err := r.open(t.Context(), conn); err != nil {
			t.Fatal(err)
		}
		if w.own != opened {
			t.Errorf("a run up to %d began with %d transactions, of which it knows %d", highest, opened, w.own)
		}
		t.Cleanup(func() { r.dismiss(context.Background()) })
		return r
	}
	for what, c := range map[string]struct {
		run     int
		highest int64
		late    bool // it has to find on its way whether others write
	}{"several parts": {1, 2_000, false}, "one part": {2, 1_000, true}, "none that is left": {3, 0, false}} {
		r := begun(c.run, c.highest, 1)
		if c.late {
			r.sweep.at = time.Now().Add(time.Hour)
		}
		if err := r.fill(t.Context(), conn); err != nil || r.sweep.settled == c.late {
			t.Errorf("of %s: known whether others write %t, %v", what, r.sweep.settled, err)
		}
	}
	if _, err := conn.Exec(t.Context(), "SELECT target_open(4); INSERT INTO target_run_4 VALUES (1, 1, 4)"); err != nil {
		t.Fatal(err)
	}
	begun(4, 1_000, 2)
}

// TestARunTakesNothingOfItsOwnForAnothers has runs brought to their end, large and with nothing to wait for: of all that wrote meanwhile each knows, so
// that it does not give way to itself.
func TestARunTakesNothingOfItsOwnForAnothers(t *testing.T) {
	const persons = 30
	for what, c := range map[string]struct{ part, highest int64 }{
		"one part":                          {1_000, 1_000},
		"two parts at once":                 {20, persons},
		"two at once, one of them nobody's": {persons, 2 * persons},
		"two at once, and one more":         {15, 45},
	} {
		t.Run(what, func(t *testing.T) {
			s := server(t, databases.Fresh(t), keyringtest.Keys())
			s.engine.(*postgres).runs = runSizes{part: c.part, small: 1}
			importMany(t, s, persons)
			missed := int64(-1)
			for number := 1; number <= 5 && missed != 0; number++ { // the server has work of its own now and then
				missed = takenForOthers(t, s, number, c.highest)
			}
			if missed != 0 {
				t.Errorf("of what a run wrote, %d transactions are taken for those of others", missed)
			}
		})
	}
}

// runAlone is a run, on a connection of its own, that takes itself to be alone and does not look again.
func runAlone(t *testing.T, s *Store, number int, highest int64) (*targetRun, *pgx.Conn) {
	t.Helper()
	e := s.engine.(*postgres)
	conn, err := e.bulk(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	w, err := newSweep(t.Context(), conn)
	if err != nil {
		t.Fatal(err)
	}
	w.at, w.settled = time.Now().Add(time.Hour), true
	r := &targetRun{
		engine: e, sweep: w, table: fmt.Sprint("target_run_", number), persons: condition{next: 3},
		targeting: targeting{
			run: number, highest: highest, space: 1 << 40, where: anybody, progress: func(int64, int64) {},
			end: func(*given) ([]statement, error) { return nil, nil },
		},
	}
	t.Cleanup(func() { r.dismiss(context.Background()) })
	r.where(&r.persons)
	return r, conn
}

// takenForOthers carries a run out, and tells of how many transactions it does not know that they were its own. What it drew is forgotten.
func takenForOthers(t *testing.T, s *Store, number int, highest int64) int64 {
	t.Helper()
	r, conn := runAlone(t, s, number, highest)
	first := r.sweep.newest
	if err := r.fill(t.Context(), conn); err != nil {
		t.Fatal(err)
	}
	if err := r.bring(t.Context(), conn, false); err != nil {
		t.Fatal(err)
	}
	newest := int64(0)
	if err := conn.QueryRow(t.Context(), newestTransaction).Scan(&newest); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), "DROP TABLE "+r.table); err != nil { // so that the next one has somebody to target
		t.Fatal(err)
	}
	const last = 1 // that ends the run, after which it looks no more
	return newest - first - r.sweep.own - last
}

// TestARunHasItsIndexesOnceOthersAreServed goes through one part beside others, and through one alone.
func TestARunHasItsIndexesOnceOthersAreServed(t *testing.T) {
	address := databases.Fresh(t)
	s := server(t, address, keyringtest.Keys())
	conn, err := s.engine.(*postgres).bulk(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	for number, busy := range []bool{false, true} {
		r := &targetRun{
			engine: s.engine.(*postgres), sweep: &sweep{conn: conn, busy: busy, settled: true, at: time.Now().Add(time.Hour)},
			table: fmt.Sprint("target_run_", number), persons: condition{next: 3}, targeting: targeting{run: number, highest: 10, space: 5_000},
		}
		anybody(&r.persons)
		if err := r.open(t.Context(), conn); err != nil {
			t.Fatal(err)
		}
		if err := r.part(t.Context(), conn, 0); err != nil || r.indexed != busy {
			t.Errorf("others served %t: it has its indexes %t, %v", busy, r.indexed, err)
		}
	}
}

// TestWhoMayBeServedIsNotHeldUp: until it is known whether others write, they may.
func TestWhoMayBeServedIsNotHeldUp(t *testing.T) {
	for s, want := range map[sweep]bool{{}: true, {settled: true}: false, {settled: true, busy: true}: true} {
		if got := s.beside(); got != want {
			t.Errorf("known %t, busy %t: beside others %t", s.settled, s.busy, got)
		}
	}
}

// TestWhoIsThereTwiceIsTakenOut gives a run persons who are there twice, as a server of the version before leaves them.
func TestWhoIsThereTwiceIsTakenOut(t *testing.T) {
	s := server(t, databases.Fresh(t), keyringtest.Keys())
	conn, err := s.engine.(*postgres).bulk(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	for _, sql := range []string{"SELECT target_open(7)", "INSERT INTO target_run_7 VALUES (1, 100, 7), (2, 100, 7), (1, 101, 7), (3, 102, 7)"} {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	r := &targetRun{sweep: &sweep{}, targeting: targeting{run: 7, space: 5_000}, table: "target_run_7"}
	if err := r.index(t.Context(), conn); err != nil {
		t.Fatal(err)
	}
	const left = "SELECT string_agg(record_num::text, ',' ORDER BY record_num) || ' ' || COUNT(DISTINCT code)::text FROM target_run_7"
	if got := cell(t, s, left); got != "1,2,3 3" {
		t.Errorf("persons and different codes are %q", got)
	}
}

// TestARunWaitsForNobodyOfAnotherDatabase has two transactions open that wrote, one in another database of the server: the end of a run waits for the
// other alone.
func TestARunWaitsForNobodyOfAnotherDatabase(t *testing.T) {
	address := databases.New(t)
	run, here, elsewhere := connectTo(t, address), connectTo(t, address), connectTo(t, databases.Fresh(t))
	inForce := func() { // as what brings codes into force, before
		if _, err := run.Exec(t.Context(), endOne); err != nil {
			t.Fatal(err)
		}
	}
	beginWriting(t, elsewhere)
	if inForce(); waitsForOthers(t, run, time.Minute) {
		t.Error("it waits for one of another database")
	}
	beginWriting(t, here)
	if inForce(); !waitsForOthers(t, run, 20*retryEvery) {
		t.Error("it waits for nobody")
	}
}

// TestARunWaitsForWhoBeginsToWriteWhileItsCodesComeIntoForce: they see no code of the run, and get their number after it.
func TestARunWaitsForWhoBeginsToWriteWhileItsCodesComeIntoForce(t *testing.T) {
	address := databases.New(t)
	run, here := connectTo(t, address), connectTo(t, address)
	beginWriting(t, run)
	beginWriting(t, here)
	if _, err := run.Exec(t.Context(), "COMMIT"); err != nil {
		t.Fatal(err)
	}
	if !waitsForOthers(t, run, 20*retryEvery) {
		t.Error("it waits for nobody")
	}
}

func connectTo(t *testing.T, address string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// beginWriting begins a transaction that has a number, as those have that write.
func beginWriting(t *testing.T, conn *pgx.Conn) {
	t.Helper()
	if _, err := conn.Exec(t.Context(), "BEGIN; "+endOne); err != nil {
		t.Fatal(err)
	}
}

// waitsForOthers tells whether the end of a run still waits after a while.
func waitsForOthers(t *testing.T, conn *pgx.Conn, while time.Duration) bool {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), while)
	defer cancel()
	err := waitForOthers(ctx, conn)
	if err != nil && ctx.Err() == nil {
		t.Fatal(err)
	}
	return err != nil
}
