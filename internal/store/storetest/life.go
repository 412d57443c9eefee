package storetest

import (
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"vaccin/internal/registry"
)

// Rotation gives a store new keys and retires those of before, each with its event.
type Rotation func(event func(registry.Action) registry.Event) error

// AnyLife interleaves all that becomes of persons, one act after the other: files, decisions on doubtful matches, objections, doses, runs, letters,
// rotations of keys; imports, runs and letters are stopped in the midst and go on. The acts are drawn at random. A model does them too, and after
// each it is seen that nobody has two codes and no code two persons, that each code ever given finds its person, that counts, letters and follow-ups are of
// those whom the model says, and that the log tells of the act. Half of the sequences end with acts that are done at once, of which what holds in any
// order is seen. open returns a store that holds nothing, and what rotates its keys.
func AnyLife(t *testing.T, sequences int, open func(testing.TB) (Engine, Rotation)) {
	began, broken := 0, false
	rapid.Check(t, func(rt *rapid.T) {
		if began++; began > sequences && !broken {
			return
		}
		whole := false
		scope := &scope{TB: t}
		defer func() { broken = broken || !whole; scope.end() }()
		l := newLife(t, scope, open)
		l.beginning(rt)
		for range rapid.IntRange(20, 60).Draw(rt, "acts") {
			l.step(rt)
		}
		if len(l.persons) > 0 && rapid.Bool().Draw(rt, "together") {
			l.begins()
			l.together(rt)
		}
		l.audited(rt)
		whole = true
	})
}

// scope is a test of its own within one: what is opened for a sequence ends with it.
type scope struct {
	testing.TB
	ends []func()
}

// Cleanup has something done at the end of the sequence.
func (s *scope) Cleanup(do func()) { s.ends = append(s.ends, do) }

// TempDir is a folder that goes at the end of the sequence.
func (s *scope) TempDir() string {
	dir, err := os.MkdirTemp("", "life")
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func (s *scope) end() {
	for _, do := range slices.Backward(s.ends) {
		do()
	}
}

// life is what a store should know of everybody.
type life struct {
	*importModel
	auditor auditor
	rotate  Rotation
	of      map[*modelled]*living
	rows    []registry.InsuredRow // of the newest file
	file    *begunFile
	plans   map[string]plan
	runs    []*livingRun
	since   time.Time // when the act began
}

// living is what becomes of one person.
type living struct {
	own    bool // their code is their own
	run    int  // the run that gave them their code; 0 for none
	code   registry.TargetCode
	former []registry.TargetCode
	said   []saidObjection
	agreed []agreement
	dosed  bool
}

type saidObjection struct {
	at    time.Time
	taken bool // back
}

type agreement struct {
	at       time.Time
	annulled bool
}

func newLife(t *testing.T, scope *scope, open func(testing.TB) (Engine, Rotation)) *life {
	store, rotate := open(scope)
	e := newEnv(t, func(*testing.T) Engine { return store })
	l := &life{
		importModel: &importModel{env: e, doubts: map[modelledDoubt]bool{}, two: map[[2]int]bool{}},
		auditor:     e.auditor(), rotate: rotate, of: map[*modelled]*living{}, plans: map[string]plan{},
	}
	e.people = drawnNumbers
	return l
}

// act is something that is done, more often than others or not, when it can be.
type act struct {
	name  string
	often int
	when  func() bool
	do    func(*rapid.T)
}

func (l *life) acts() []act {
	someone := func(holds func(*modelled, *living) bool) func() bool {
		return func() bool {
			return slices.ContainsFunc(l.persons, func(p *modelled) bool { return !p.gone && holds(p, l.living(p)) })
		}
	}
	anybody := someone(func(*modelled, *living) bool { return true })
	run := func(states ...registry.RunState) func() bool {
		return func() bool {
			return slices.ContainsFunc(l.runs, func(r *livingRun) bool { return slices.Contains(states, r.state) })
		}
	}
	batch := func(states ...registry.BatchState) func() bool {
		return func() bool {
			return slices.ContainsFunc(l.runs, func(r *livingRun) bool {
				return slices.ContainsFunc(r.batches, func(b *livingBatch) bool { return slices.Contains(states, b.state) })
			})
		}
	}
	return []act{
		{"deliver", 8, batch(registry.BatchPrinted, registry.BatchEmpty, registry.BatchDropped), l.deliver},
		{"make letters", 8, batch(registry.BatchGathering, registry.BatchPrinting), l.makeLetters},
		{"ask letters", 4, run(registry.RunDone), l.askLetters},
		{"carry out", 10, run(registry.RunApproved, registry.RunRunning), l.carryOut},
		{"approve", 5, run(registry.RunPrepared), l.approve},
		{"decide", 6, func() bool { return len(l.doubts) > 0 }, l.decideDoubt},
		{"prepare", 2, func() bool { return len(l.plans) > 0 }, l.prepare},
		{"import", 4, func() bool { return true }, l.importNewer},
		{"gather", 3, batch(registry.BatchGathering), l.gatherSome},
		{"fail letters", 2, batch(registry.BatchGathering, registry.BatchPrinting), l.failLetters},
		{"all runs", 2, run(registry.RunApproved, registry.RunRunning), l.runsByTwo},
		{"go on importing", 2, func() bool { return l.file != nil }, l.goOnImporting},
		{"enter", 2, func() bool { return true }, l.enterByHand},
		{"inject", 3, someone(func(_ *modelled, f *living) bool { return f.agrees() && !f.dosed }), l.inject},
		{"begin import", 2, anybody, l.beginImport},
		{"object amid letters", 1, batch(registry.BatchGathering, registry.BatchPrinting), l.objectAmidLetters},
		{"object", 2, anybody, l.object},
		{"withdraw", 2, someone(func(_ *modelled, f *living) bool { return f.objects() }), l.withdraw},
		{"declare", 2, someone(func(_ *modelled, f *living) bool { return !f.agrees() }), l.declare},
		{"annul", 2, someone(func(_ *modelled, f *living) bool { return f.agrees() }), l.annul},
		{"rotate", 1, anybody, l.rotateKeys},
		{"follow up", 2, run(registry.RunDone), l.followUp},
		{"drop run", 1, run(registry.RunApproved, registry.RunRunning), l.dropRun},
		{"drop letters", 1, batch(registry.BatchGathering, registry.BatchPrinting, registry.BatchPrinted), l.dropLetters},
		{"import again", 1, func() bool { return len(l.rows) > 0 }, l.importSame},
		{"write campaign", 2, func() bool { return true }, l.writeCampaign},
		{"disclose", 1, anybody, l.disclose},
	}
}

// beginning is a file of some persons and a campaign, or nothing.
func (l *life) beginning(t *rapid.T) {
	if rapid.IntRange(0, 9).Draw(t, "empty") == 9 {
		return
	}
	rows := make([]registry.InsuredRow, rapid.IntRange(3, 9).Draw(t, "persons"))
	for i := range rows {
		rows[i] = l.newcomer(t)
		rows[i].Line = int64(i + 2)
	}
	l.begins()
	l.wholeFile(t, rows)
	l.check(t)
	l.begins()
	l.writeCampaign(t)
}

// begins is when another act begins.
func (l *life) begins() {
	l.passes(time.Minute)
	l.since = l.clock.Now()
}

// step does one of the acts that may be done.
func (l *life) step(t *rapid.T) {
	var may []act
	for _, a := range l.acts() {
		if a.when() {
			may = append(may, slices.Repeat([]act{a}, a.often)...)
		}
	}
	l.begins()
	a := may[rapid.IntRange(0, 1_000_000).Draw(t, "act")*7919%len(may)] // small numbers are drawn more often than others, and acts are not to be
	t.Log("act", a.name)
	a.do(t)
	l.check(t)
}

// living returns what becomes of someone.
func (l *life) living(p *modelled) *living {
	if l.of[p] == nil {
		l.of[p] = &living{}
	}
	return l.of[p]
}

func (l *life) present() (all []*modelled) {
	for _, p := range l.persons {
		if !p.gone {
			all = append(all, p)
		}
	}
	return all
}

// anyone draws someone of whom a condition holds.
func (l *life) anyone(t *rapid.T, holds func(*modelled, *living) bool) (*modelled, *living) {
	var all []int
	for i, p := range l.persons {
		if !p.gone && holds(p, l.living(p)) {
			all = append(all, i)
		}
	}
	p := l.persons[rapid.SampledFrom(all).Draw(t, "who")]
	return p, l.living(p)
}

// logs sees which acts the log tells of since the act began.
func (l *life) logs(t *rapid.T, acts ...string) {
	events, err := l.store.Events(l.ctx, registry.EventQuery{From: l.since, Limit: 1000})
	l.must(t, err)
	got, want := []string{}, append([]string{}, acts...)
	for _, e := range events {
		if e.Action != registry.ActionReadCampaigns {
			got = append(got, fmt.Sprint(e.Action, " ", e.Outcome))
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	l.same(t, "what the log tells of the act", got, want)
}

func did(a registry.Action) string { return fmt.Sprint(a, " ", registry.OutcomeDone) }

func (l *life) must(t *rapid.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// refused sees that an act was refused, or was not.
func (l *life) refused(t *rapid.T, what string, err error, want bool) {
	t.Helper()
	if (err != nil) != want || err != nil && registry.KindOf(err) == 0 {
		t.Fatalf("%s: refused should be %t, and the answer is %v", what, want, err)
	}
}

// check holds everybody against the model.
func (l *life) check(t *rapid.T) {
	l.passes(time.Second)
	l.since = l.clock.Now()
	l.compare(t)
	l.watch()
	bearers := map[registry.TargetCode]*modelled{}
	for _, p := range l.present() {
		f, r := l.living(p), l.record(p.id)
		if run := l.underWay(); run != nil && !f.coded() && r.Code != 0 && run.ever[p] {
			f.run = run.number // its codes are in force, and it was killed before it was done
		}
		if (r.Code != 0) != f.coded() {
			t.Fatalf("%s has a code: %t; in the model own %t, of the run %d", p.id, r.Code != 0, f.own, f.run)
		}
		if f.code != 0 && r.Code != f.code {
			t.Fatalf("the code of %s changed", p.id)
		}
		f.code = r.Code
		if r.Objects() != f.objects() {
			t.Fatalf("%s objects: %t; in the model %t", p.id, r.Objects(), f.objects())
		}
		for _, code := range append(slices.Clone(f.former), f.code) {
			if code != 0 && bearers[code] != nil {
				t.Fatalf("two persons have one code, now or before")
			}
			bearers[code] = p
		}
	}
	delete(bearers, 0)
	for code, p := range bearers {
		found, err := l.store.FindByCode(l.ctx, code, l.event(registry.ActionSearchCode), registry.Toll{})
		if err != nil || found.ID != p.id {
			t.Fatalf("a code that was given finds %q, not %q: %v", found.ID, p.id, err)
		}
	}
}

// audited verifies the access log.
func (l *life) audited(t *rapid.T) {
	l.passes(time.Hour)
	for waits := true; waits; { // for whoever still writes, to this database or beside it
		_, err := l.store.NumberEntries(l.ctx, "one", l.clock.Now())
		l.must(t, err)
		since, err := l.store.WaitingSince(l.ctx)
		l.must(t, err)
		waits = !since.IsZero()
	}
	l.signs(l.auditor, 0)
	l.verified(l.auditor)
}
