package storetest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"pgregory.net/rapid"

	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
)

// Campaigns, their runs and how far these are, in a life.

// plan is a version of a campaign.
type plan struct {
	version int
	rule    string
}

// livingRun is what a store should know of a run.
type livingRun struct {
	number  int
	rule    string
	state   registry.RunState
	batches []*livingBatch
	// While it is under way: who was concerned all the time, and who ever was.
	always, ever map[*modelled]bool
}

// rules are campaigns, and whom they concern.
var rules = map[string]struct {
	criteria registry.Criteria
	concerns func(p *modelled) bool
}{
	"old":           {elders().Criteria, isOld},
	"nursed":        {nursed(false).Criteria, isNursed},
	"at home":       {nursed(true).Criteria, func(p *modelled) bool { return !isNursed(p) }},
	"old or nursed": {slices.Concat(elders().Criteria, nursed(false).Criteria), func(p *modelled) bool { return isOld(p) || isNursed(p) }},
}

func isOld(p *modelled) bool    { return p.patient.BirthDate.Digits()[:4] < "1946" }
func isNursed(p *modelled) bool { return p.row.Residence == registry.ResidenceEHPAD }

var planner, approver = registrytest.Agent(registry.RoleCampaign, "Lea"), registrytest.Agent(registry.RoleCampaign, "Noe")

// concerned tells whether a run would give someone a code.
func (l *life) concerned(r *livingRun, p *modelled) bool {
	f := l.living(p)
	return !p.gone && !l.died(p) && !f.objects() && !f.coded() && rules[r.rule].concerns(p)
}

func (l *life) aRun(t *rapid.T, states ...registry.RunState) *livingRun {
	var all []*livingRun
	for _, r := range l.runs {
		if slices.Contains(states, r.state) {
			all = append(all, r)
		}
	}
	return all[rapid.IntRange(0, len(all)-1).Draw(t, "run")]
}

func (l *life) writeCampaign(t *rapid.T) {
	id := rapid.SampledFrom([]string{"un", "deux"}).Draw(t, "campaign")
	rule := rapid.SampledFrom([]string{"old", "nursed", "at home", "old or nursed"}).Draw(t, "rule")
	was := l.plans[id]
	if was.rule == rule {
		return
	}
	c := elders()
	c.ID, c.Criteria = id, rules[rule].criteria
	l.must(t, l.registry.SaveCampaign(l.ctx, planner, c, was.version))
	l.plans[id] = plan{was.version + 1, rule}
	l.logs(t, did(registry.ActionSaveCampaign))
	c.Name = "autre"
	l.refused(t, "a version that another came before", l.registry.SaveCampaign(l.ctx, approver, c, was.version), true)
}

// prepare prepares a run, and counts whom it concerns.
func (l *life) prepare(t *rapid.T) {
	id := rapid.SampledFrom(slices.Sorted(maps.Keys(l.plans))).Draw(t, "campaign")
	of := l.plans[id]
	n, _, err := l.registry.PrepareRun(l.ctx, planner, id, of.version, "")
	l.must(t, err)
	l.must(t, l.store.CountRun(l.ctx, n))
	r := &livingRun{number: n, rule: of.rule, state: registry.RunPrepared}
	l.runs = append(l.runs, r)
	count := 0
	for _, p := range l.persons {
		if l.concerned(r, p) {
			count++
		}
	}
	if got := l.run(n).Persons(); got != count {
		t.Fatalf("a run counts %d persons, the model %d", got, count)
	}
	l.logs(t, did(registry.ActionPrepareRun))
	if count == 0 {
		r.state = registry.RunCounting // of nobody: nothing more comes of it
	}
}

func (l *life) approve(t *rapid.T) {
	r := l.aRun(t, registry.RunPrepared)
	l.refused(t, "approval by who prepared", l.registry.ApproveRun(l.ctx, planner, r.number), true)
	l.passes(time.Second)
	l.since = l.clock.Now()
	l.must(t, l.registry.ApproveRun(l.ctx, approver, r.number))
	r.state = registry.RunApproved
	l.logs(t, did(registry.ActionApproveRun))
}

func (l *life) dropRun(t *rapid.T) {
	r := l.aRun(t, registry.RunPrepared, registry.RunApproved, registry.RunRunning)
	err := l.registry.DropRun(l.ctx, approver, r.number)
	l.refused(t, "to drop a run", err, r.state == registry.RunRunning)
	if r.state != registry.RunRunning {
		r.state = registry.RunDropped
		l.logs(t, did(registry.ActionDropRun))
	}
}

// carryOut carries a run out, or is killed in the midst.
func (l *life) carryOut(t *rapid.T) {
	r := l.aRun(t, registry.RunApproved, registry.RunRunning)
	if first := l.underWay(); first != nil && first != r {
		return
	}
	if r.state == registry.RunApproved {
		l.beginRun(r)
	}
	ctx, kill := context.WithCancel(l.ctx)
	defer kill()
	calls, last := 0, rapid.SampledFrom([]int{0, 0, 1, 2, 3, 4, 5}).Draw(t, "killed at")
	step := func() {
		if calls++; calls == last {
			kill()
		}
	}
	now := func() time.Time { step(); return l.clock.Now() }
	err := registry.ErrRunning
	for errors.Is(err, registry.ErrRunning) { // as long as the database has not seen yet that another was killed
		err = l.store.CarryOut(ctx, r.number, l.event(registry.ActionCarryOutRun), now, func(registry.Progress) { step() })
	}
	if err != nil && ctx.Err() == nil {
		t.Fatal(err)
	}
	if r.state = l.run(r.number).State; err == nil && r.state != registry.RunDone {
		t.Fatalf("a run that was carried out is %s", r.state)
	}
	if r.state == registry.RunDone {
		l.ended(t, r)
		l.logs(t, did(registry.ActionCarryOutRun))
	}
}

// underWay is the run that was killed.
func (l *life) underWay() *livingRun {
	i := slices.IndexFunc(l.runs, func(r *livingRun) bool { return r.state == registry.RunRunning })
	if i < 0 {
		return nil
	}
	return l.runs[i]
}

func (l *life) beginRun(r *livingRun) {
	r.always, r.ever = map[*modelled]bool{}, map[*modelled]bool{}
	for _, p := range l.persons {
		r.always[p] = l.concerned(r, p)
		r.ever[p] = r.always[p]
	}
}

// watch looks whom runs that are under way concern now.
func (l *life) watch() {
	for _, r := range l.runs {
		if r.state != registry.RunRunning {
			continue
		}
		for p := range r.always {
			r.always[p] = r.always[p] && l.concerned(r, p)
			r.ever[p] = r.ever[p] || l.concerned(r, p)
		}
	}
}

// joined has who stays be concerned as who went was.
func (r *livingRun) joined(stays, goes *modelled) {
	for _, b := range r.batches {
		for _, letter := range b.letters {
			if letter.to == goes {
				letter.to = stays
			}
		}
	}
	if r.always == nil {
		return
	}
	r.always[stays] = r.always[stays] || r.always[goes]
	r.ever[stays] = r.ever[stays] || r.ever[goes]
	delete(r.always, goes)
	delete(r.ever, goes)
}

// ended sees whom a run gave a code: whoever it concerned all the time, and nobody whom it never did.
func (l *life) ended(t *rapid.T, runs ...*livingRun) {
	given := map[int]int{}
	for _, p := range l.present() {
		f := l.living(p)
		code := l.record(p.id).Code
		if f.coded() {
			if slices.ContainsFunc(runs, func(r *livingRun) bool { return r.number == f.run }) {
				given[f.run]++
			}
			continue
		}
		of, must := 0, false
		for _, r := range runs {
			if r.ever[p] && of == 0 {
				of = r.number
			}
			must = must || r.always[p]
		}
		if code == 0 && must || code != 0 && of == 0 {
			t.Fatalf("a run gave %s the code %t; it should have: %t, and may have: %t", p.id, code != 0, must, of != 0)
		}
		if code != 0 {
			f.run, f.code = l.runOfCode(t, runs, of, p), code
			given[f.run]++
		}
	}
	for _, r := range runs {
		if got := l.run(r.number); got.Targeted != given[r.number] || got.State != registry.RunDone {
			t.Fatalf("the run %d is %s and targeted %d, in the model %d", r.number, got.State, got.Targeted, given[r.number])
		}
		r.state, r.always, r.ever = registry.RunDone, nil, nil
	}
}

// runOfCode is which run gave someone a code.
func (l *life) runOfCode(t *rapid.T, runs []*livingRun, of int, p *modelled) int {
	if len(runs) == 1 {
		return of
	}
	found := 0
	code := l.record(p.id).Code
	for _, r := range runs {
		all, err := l.store.NextRecipients(l.ctx, registry.Batch{BatchKey: registry.BatchKey{Run: r.number}}, 1000)
		l.must(t, err)
		if slices.ContainsFunc(all, func(of registry.Recipient) bool { return of.Code == code }) {
			if found != 0 {
				t.Fatal("two runs gave somebody a code")
			}
			found = r.number
		}
	}
	return found
}

// runsByTwo has two servers do all that waits, at once.
func (l *life) runsByTwo(t *rapid.T) {
	var waiting []*livingRun
	for _, r := range l.runs {
		if r.state == registry.RunApproved || r.state == registry.RunRunning {
			if r.state == registry.RunApproved {
				l.beginRun(r)
			}
			waiting = append(waiting, r)
		}
	}
	errs := make([]error, 2)
	for range 20 {
		var all sync.WaitGroup
		for i := range errs {
			all.Go(func() {
				_, errs[i] = l.registry.WorkRuns(l.ctx, system, func(registry.Run) {})
			})
		}
		all.Wait()
		for _, err := range errs {
			if err != nil && !errors.Is(err, registry.ErrRunning) {
				t.Fatal(err)
			}
		}
		if !slices.ContainsFunc(waiting, func(r *livingRun) bool { return l.run(r.number).State != registry.RunDone }) {
			break
		}
	}
	l.ended(t, waiting...)
}

// followUp counts how far those are whom runs gave a code.
func (l *life) followUp(t *rapid.T) {
	err := l.store.CountFollowUps(l.ctx, l.clock.Now(), l.clock.Now(), registry.MustDate("2021-02-01"))
	done := slices.ContainsFunc(l.runs, func(r *livingRun) bool { return r.state == registry.RunDone })
	if (err == nil) != done || err != nil && !errors.Is(err, registry.ErrCounted) {
		t.Fatalf("counting how far runs are, of which one is done: %t, %v", done, err)
	}
	all, err := l.store.FollowUps(l.ctx)
	l.must(t, err)
	got, want := map[int]registry.Reached{}, map[int]registry.Reached{}
	for _, f := range all {
		got[f.Run] = f.Total()
	}
	for _, r := range l.runs {
		if r.state != registry.RunDone {
			continue
		}
		var reached registry.Reached
		for _, p := range l.present() {
			if f := l.living(p); f.run == r.number {
				reached = reached.Plus(registry.Reached{Targeted: 1, Eligible: one(f.agrees()), First: one(f.dosed)})
			}
		}
		want[r.number] = reached
	}
	l.same(t, "how far runs are", fmt.Sprint(got), fmt.Sprint(want))
}

func one(is bool) int {
	if is {
		return 1
	}
	return 0
}
