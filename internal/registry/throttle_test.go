package registry_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"vaccin/internal/nir"
	"vaccin/internal/registry"
	rt "vaccin/internal/registry/registrytest"
)

// searchers is a service whose waits take no time but on its own clock, with one patient.
type searchers struct {
	*registry.Registry
	store  *rt.Memory
	clock  *rt.Clock
	waited time.Duration
	nirs   int
	mu     sync.Mutex
}

const theirCode = registry.TargetCode(123456789)

func newSearchers() *searchers {
	s := &searchers{store: rt.NewMemory(), clock: rt.NewClock()}
	s.Registry = rt.NewRegistry(s.store, s.clock)
	s.Pause = func(_ context.Context, d time.Duration) error {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.waited += d
		s.clock.Set(s.clock.Now().Add(d))
		return nil
	}
	s.store.Add("known", rt.Patient(1), theirCode)
	return s
}

// next is another NIR at each call, which nobody has.
func (s *searchers) next() nir.Number {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.nirs++
	return rt.NIR(1000 + s.nirs)
}

// miss searches by a code that nobody bears.
func (s *searchers) miss(by registry.Actor) error {
	_, err := s.SearchByCode(context.Background(), by, registry.TargetCode(987654321).Format())
	return err
}

func (s *searchers) find(by registry.Actor) error {
	_, err := s.SearchByCode(context.Background(), by, theirCode.Format())
	return err
}

func (s *searchers) reports(t *testing.T) []registry.Report {
	t.Helper()
	reports, err := s.Reports(context.Background(), rt.Support("Alex"), false, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	return reports
}

// A centre at full speed, all day, with its mistypings, is never made to wait.
func TestWhoWorksNeverWaits(t *testing.T) {
	s := newSearchers()
	doctor := rt.Doctor("Martin")
	for i := range 10 * 60 * 2 { // ten hours, two patients a minute
		if err := s.find(doctor); err != nil {
			t.Fatalf("patient %d: %v", i, err)
		}
		if i%15 == 0 {
			if err := s.miss(doctor); registry.KindOf(err) != registry.KindNotFound {
				t.Fatalf("mistyping at patient %d: %v", i, err)
			}
		}
		s.clock.Set(s.clock.Now().Add(30 * time.Second))
	}
	if s.waited > 0 || len(s.reports(t)) > 0 {
		t.Errorf("waited %v, %d reports", s.waited, len(s.reports(t)))
	}
}

// Nor is who enters by hand, all day, people whom the referential does not know.
func TestWhoEntersUnknownPatientsNeverWaits(t *testing.T) {
	s := newSearchers()
	doctor := rt.Doctor("Martin")
	for i := range 10 * 12 { // ten hours, one patient in five minutes
		number := s.next()
		if found, err := s.SearchByNIR(t.Context(), doctor, number); err != nil || len(found) > 0 {
			t.Fatalf("patient %d: %d found, %v", i, len(found), err)
		}
		if _, _, err := s.Register(t.Context(), doctor, number, rt.RegistrationRequest()); err != nil {
			t.Fatalf("patient %d: %v", i, err)
		}
		s.clock.Set(s.clock.Now().Add(5 * time.Minute))
	}
	if s.waited > 0 {
		t.Errorf("waited %v", s.waited)
	}
}

// A blocked account does not go on by entering patients: neither under numbers that nobody has, nor under one
// that would lead to the record of somebody.
func TestWhoIsBlockedEntersNobody(t *testing.T) {
	s := newSearchers()
	thief := rt.Doctor("Martin")
	for registry.KindOf(s.miss(thief)) != registry.KindThrottled {
	}
	before := s.store.Count()
	for _, number := range []nir.Number{s.next(), rt.Patient(1).Holder} {
		req := rt.RegistrationRequest()
		req.Searched = false
		id, known, err := s.Register(t.Context(), thief, number, req)
		if registry.KindOf(err) != registry.KindThrottled || id != "" || known {
			t.Errorf("entered: %q, known %v, %v", id, known, err)
		}
	}
	if s.store.Count() != before {
		t.Error("a record was made")
	}
}

func TestWhoGuessesGetsSlowerThenIsBlockedThenReported(t *testing.T) {
	s := newSearchers()
	s.Pause = func(_ context.Context, d time.Duration) error { s.waited += d; return nil } // the clock stands
	thief, door := rt.Doctor("Martin"), rt.Doctor("Martin")
	door.Door = registry.DoorCPS
	last := time.Duration(0)
	for try := 1; try <= 30; try++ {
		s.waited = 0
		if err := s.miss(thief); registry.KindOf(err) != registry.KindNotFound {
			t.Fatalf("try %d: %v", try, err)
		}
		if slow := s.waited > 0; slow != (try > 15) || s.waited < last || s.waited > 3*time.Second {
			t.Errorf("try %d waited %v after %v", try, s.waited, last)
		}
		last = s.waited
	}
	var refused *registry.Error
	err := s.miss(thief)
	if !errors.As(err, &refused) || refused.Kind != registry.KindThrottled || !strings.Contains(refused.Message, "15\u00a0minutes") {
		t.Fatalf("try 31: %v", err)
	}
	if err := s.find(thief); registry.KindOf(err) != registry.KindThrottled {
		t.Errorf("a code that exists, while blocked: %v", err)
	}
	reports := s.reports(t)
	if len(reports) != 1 || reports[0].Kind != registry.ReportGuessing || reports[0].About != thief.Practitioner ||
		reports[0].PlaceName != thief.Place.Name || reports[0].Door != thief.Door {
		t.Errorf("reports: %+v", reports)
	}
	if err := s.find(rt.Doctor("Petit")); err != nil {
		t.Errorf("another doctor: %v", err)
	}
	if err := s.find(door); err != nil {
		t.Errorf("the same doctor by another door: %v", err)
	}

	// The time told is the time to wait, to the moment; then it goes on from there, and the next block is
	// twice as long.
	s.clock.Set(s.clock.Now().Add(refused.Wait - time.Nanosecond))
	if err := s.find(thief); registry.KindOf(err) != registry.KindThrottled {
		t.Errorf("a moment too early: %v", err)
	}
	s.clock.Set(s.clock.Now().Add(time.Nanosecond))
	tries := 0
	for ; registry.KindOf(err) != registry.KindThrottled || tries == 0; tries++ {
		err = s.miss(thief)
	}
	if errors.As(err, &refused); tries != 16 || refused.Wait <= 29*time.Minute || refused.Wait > 30*time.Minute {
		t.Errorf("blocked again at try %d for %v", tries, refused.Wait)
	}
	if len(s.reports(t)) != 2 {
		t.Errorf("%d reports after the second block", len(s.reports(t)))
	}
}

// Whatever is typed, a try is a try: codes that cannot be one, NIRs that nobody has, NIRs that exist.
func TestEveryKindOfSearchWeighs(t *testing.T) {
	doctor := rt.Doctor("Martin")
	for name, c := range map[string]struct {
		try   func(*searchers) error
		tries int // before the block
	}{
		"malformed codes": {func(s *searchers) error { _, err := s.SearchByCode(t.Context(), doctor, "ABC"); return err }, 30},
		"unknown NIRs":    {func(s *searchers) error { _, err := s.SearchByNIR(t.Context(), doctor, rt.NIR(77)); return err }, 60},
		"malformed NIRs":  {func(s *searchers) error { return s.MalformedNIR(t.Context(), doctor, registry.Invalid("clé")) }, 60},
		"NIRs that exist": {func(s *searchers) error {
			_, err := s.SearchByNIR(t.Context(), doctor, rt.Patient(1).Holder)
			return err
		}, 240},
		"codes that exist": {func(s *searchers) error { return s.find(doctor) }, 240},
		"entries by hand": {func(s *searchers) error {
			req := rt.RegistrationRequest()
			req.Searched, req.BirthDate = false, "16/06/1945" // not the known patient's
			_, _, err := s.Register(t.Context(), doctor, s.next(), req)
			return err
		}, 60},
		"an empty code, not": {func(s *searchers) error { _, err := s.SearchByCode(t.Context(), doctor, " "); return err }, -1},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSearchers()
			s.Pause = func(context.Context, time.Duration) error { return nil }
			tries := 0
			for ; tries < 300; tries++ {
				if err := c.try(s); registry.KindOf(err) == registry.KindThrottled {
					break
				}
			}
			if tries == 300 {
				tries = -1
			}
			if tries != c.tries {
				t.Errorf("blocked after %d tries, want %d", tries, c.tries)
			}
		})
	}
}

// Many tries at once are no way round: each is decided on the throttle that the one before left.
func TestTenThousandWrongCodesFromOneAccount(t *testing.T) {
	s := newSearchers()
	s.Pause = func(context.Context, time.Duration) error { return nil } // the level does not drain meanwhile
	thief, other := rt.Doctor("Martin"), rt.Doctor("Petit")
	const tries, together = 10_000, 100
	looked := make(chan int, together)
	var group sync.WaitGroup
	for range together {
		group.Go(func() {
			n := 0
			for range tries / together {
				err := s.miss(thief)
				switch registry.KindOf(err) {
				case registry.KindNotFound:
					n++
				case registry.KindThrottled:
				default:
					t.Errorf("a try ended with %v", err)
				}
			}
			looked <- n
		})
	}
	group.Wait()
	total := 0
	for range together {
		total += <-looked
	}
	if total > 30 {
		t.Errorf("%d codes were looked for", total)
	}
	if n := len(s.reports(t)); n != 1 {
		t.Errorf("%d reports", n)
	}
	outcomes := map[registry.Outcome]int{}
	for _, e := range s.store.Events() {
		if e.Action == registry.ActionSearchCode {
			outcomes[e.Outcome]++
		}
	}
	if outcomes[registry.OutcomeNothing] != total || outcomes[registry.OutcomeThrottled] != tries-total {
		t.Errorf("the log has %v of %d tries", outcomes, tries)
	}
	s.Pause = func(_ context.Context, d time.Duration) error {
		if d > 0 {
			t.Errorf("another account is made to wait %v", d)
		}
		return nil
	}
	if err := s.find(other); err != nil {
		t.Errorf("another account: %v", err)
	}
}

// guessesOfADay is what docs/threat-model.md says of a stolen account.
const guessesOfADay = "As fast as can be, a stolen account that only misses gets 127 tries in its first day, and 16 in its second; " +
	"so slowly that it is never blocked, 242 and 144; one that always finds gets 5,879."

func TestTriesOfAStolenAccountInADay(t *testing.T) {
	thief := rt.Doctor("Martin")
	misses := func(s *searchers) error { return s.miss(thief) }
	s := newSearchers()
	hurried := []int{s.hurriedDay(misses), s.hurriedDay(misses)}
	s = newSearchers()
	limits := s.Limits
	patient := []int{s.patientDay(misses, limits.Nothing, 1), s.patientDay(misses, limits.Nothing, 1)}
	if n := len(s.reports(t)); n > 0 {
		t.Errorf("the patient thief was blocked %d times", n)
	}
	s = newSearchers()
	found := s.patientDay(func(s *searchers) error { return s.find(thief) }, limits.Found, 0)
	got := fmt.Sprintf("As fast as can be, a stolen account that only misses gets %d tries in its first day, and %d in its second; "+
		"so slowly that it is never blocked, %d and %d; one that always finds gets %s.",
		hurried[0], hurried[1], patient[0], patient[1], thousands(found))
	if got != guessesOfADay {
		t.Errorf("it is: %s", got)
	}
}

// hurriedDay tries for a day whenever it may, and returns how many tries were answered.
func (s *searchers) hurriedDay(try func(*searchers) error) (n int) {
	for end := s.clock.Now().Add(24 * time.Hour); s.clock.Now().Before(end); {
		var refused *registry.Error
		if err := try(s); errors.As(err, &refused) && refused.Kind == registry.KindThrottled {
			s.clock.Set(s.clock.Now().Add(refused.Wait))
			continue
		}
		n++
	}
	return n
}

// patientDay tries for a day whenever it would neither wait nor be blocked.
func (s *searchers) patientDay(try func(*searchers) error, adds, misses int) (n int) {
	for end := s.clock.Now().Add(24 * time.Hour); s.clock.Now().Before(end); {
		now := s.clock.Now()
		t, err := s.store.Throttle(context.Background(), "search:PSC:"+rt.Doctor("Martin").Practitioner.NationalID)
		if err != nil {
			panic(err)
		}
		if _, blocked := s.Limits.After(t, now, adds, misses); blocked || s.Limits.Wait(t, now) > 0 {
			s.clock.Set(now.Add(time.Second))
			continue
		}
		_ = try(s) // what it finds does not matter
		n++
	}
	return n
}

func thousands(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%d,%03d", n/1000, n%1000)
}

// A bucket never helps who tries more, never holds less than nothing, and is empty in the end.
func TestThrottleProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limits := registry.SearchLimits
		now := rt.NewClock().Now()
		var state registry.Throttle
		for range rapid.IntRange(1, 60).Draw(t, "tries") {
			now = now.Add(time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(t, "later")))
			if state.Blocked(now) > 0 {
				continue
			}
			before := limits.Wait(state, now)
			adds := rapid.SampledFrom([]int{limits.Found, limits.Nothing}).Draw(t, "adds")
			misses := 0
			if adds == limits.Nothing {
				misses = 1
			}
			next, blocked := limits.After(state, now, adds, misses)
			if next.Pace.Full < 0 || next.Pace.Full >= limits.BlockAt || next.Misses.Full < 0 || next.Misses.Full >= limits.MissesAt {
				t.Fatalf("levels %d and %d", next.Pace.Full, next.Misses.Full)
			}
			if blocked != (next.Blocked(now) > 0) {
				t.Fatalf("blocked %v, for %v", blocked, next.Blocked(now))
			}
			if !blocked && limits.Wait(next, now) < before {
				t.Fatalf("the next waits %v after %v", limits.Wait(next, now), before)
			}
			if wait := limits.Wait(next, now); wait < 0 || wait > limits.Pause {
				t.Fatalf("a wait of %v", wait)
			}
			state = next
		}
		calm := now.Add(state.Blocked(now) + time.Duration(limits.BlockAt)*limits.Drain)
		if limits.Wait(state, calm) != 0 || state.Blocked(calm) != 0 {
			t.Fatalf("still held at %v: %+v", calm, state)
		}
	})
}

func TestWaitsInFrench(t *testing.T) {
	for d, want := range map[time.Duration]string{
		time.Nanosecond: "1\u00a0minute", time.Minute: "1\u00a0minute", time.Minute + 1: "2\u00a0minutes",
		59 * time.Minute: "59\u00a0minutes", time.Hour: "1\u00a0h", 2*time.Hour + 5*time.Minute: "2\u00a0h\u00a005",
	} {
		if got := registry.FrenchWait(d); got != want {
			t.Errorf("%v: %q", d, got)
		}
	}
}

// countedThrottles counts how often a throttle is read.
type countedThrottles struct {
	registry.Store
	reads int
}

func (c *countedThrottles) Throttle(ctx context.Context, key string) (registry.Throttle, error) {
	c.reads++
	return c.Store.Throttle(ctx, key)
}

// TestAThrottleIsReadOnceByTheServerThatMovesItOn: what a search leaves serves the next; another server's search in
// between is noticed, and costs one read.
func TestAThrottleIsReadOnceByTheServerThatMovesItOn(t *testing.T) {
	s := newSearchers()
	counted := &countedThrottles{Store: s.store}
	here, there := rt.NewRegistry(counted, s.clock), rt.NewRegistry(s.store, s.clock)
	here.Limits, there.Limits = registry.SearchLimits, registry.SearchLimits
	doctor := rt.Doctor("Martin")
	search := func(g *registry.Registry) {
		t.Helper()
		if _, err := g.SearchByNIR(t.Context(), doctor, rt.NIR(1)); err != nil {
			t.Fatal(err)
		}
	}
	for range 5 {
		search(here)
	}
	if counted.reads != 1 {
		t.Errorf("five searches read the throttle %d times", counted.reads)
	}
	search(there)
	search(here)
	if counted.reads != 2 {
		t.Errorf("after another server's search it was read %d times", counted.reads)
	}
	left, err := s.store.Throttle(t.Context(), "search:PSC:"+doctor.Practitioner.NationalID)
	if err != nil || left.Version != 7 {
		t.Errorf("seven searches left version %d: %v", left.Version, err)
	}
}

// Whoever guesses with the account of an agent, who reads the reports, does not lift their own block; a colleague does.
func TestWhoGuessesDoesNotLiftTheirOwnBlock(t *testing.T) {
	s, thief, colleague := newSearchers(), rt.Support("Alex"), rt.Support("Sam")
	s.Pause = func(context.Context, time.Duration) error { return nil } // the clock stands
	for range 30 {
		_ = s.miss(thief)
	}
	reports := s.reports(t)
	if len(reports) != 1 || registry.KindOf(s.find(thief)) != registry.KindThrottled {
		t.Fatalf("%d reports", len(reports))
	}
	for _, by := range []registry.Role{registry.RoleSupport, registry.RoleDataProtection} {
		thief.Role = by
		err := s.CloseReport(t.Context(), thief, reports[0].ID, "Vu", true)
		if registry.KindOf(err) != registry.KindNotAllowed || !startsWith(err, noOwnReport) {
			t.Errorf("%s: %v", by, err)
		}
		if last := s.store.Events()[len(s.store.Events())-1]; last.Action != registry.ActionCloseReport || last.Outcome != registry.OutcomeRefused {
			t.Errorf("%s: the log says %v", by, last)
		}
		thief.Role = registry.RoleSupport
		if err := s.find(thief); registry.KindOf(err) != registry.KindThrottled {
			t.Errorf("%s: the thief goes on: %v", by, err)
		}
	}
	if err := s.CloseReport(t.Context(), rt.Doctor("Martin"), reports[0].ID, "Vu", true); registry.KindOf(err) != registry.KindNotAllowed {
		t.Errorf("a doctor closes it: %v", err)
	}
	if last := s.store.Events()[len(s.store.Events())-1]; last.Action != registry.ActionCloseReport || last.Outcome != registry.OutcomeRefused {
		t.Errorf("of a doctor the log says %v", last)
	}
	if len(s.reports(t)) != 1 {
		t.Error("the report is gone")
	}
	if err := s.CloseReport(t.Context(), colleague, reports[0].ID, "Vu avec Alex", true); err != nil {
		t.Fatal(err)
	}
	if err := s.find(thief); err != nil {
		t.Errorf("once a colleague lifted the block: %v", err)
	}
}
