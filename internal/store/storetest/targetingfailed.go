package storetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
)

var errStumbled = errors.New("it stumbled")

// stumbling is a store in which some runs fail: to be counted, and to be ended once they began.
type stumbling struct {
	Engine
	counting, ending map[int]bool
	turns            []int // whose turn it was, in their order
}

// CountRun fails or does what the engine does.
func (s *stumbling) CountRun(ctx context.Context, number int) error {
	s.turns = append(s.turns, number)
	if s.counting[number] {
		return errStumbled
	}
	return s.Engine.CountRun(ctx, number)
}

// CarryOut stops where the run would end, or does what the engine does.
func (s *stumbling) CarryOut(ctx context.Context, number int, event registry.Event, now func() time.Time, progress func(registry.Progress)) error {
	s.turns = append(s.turns, number)
	if !s.ending[number] {
		return s.alone(func() error { return s.Engine.CarryOut(ctx, number, event, now, progress) })
	}
	err := s.alone(func() error {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		asked := 0
		return s.Engine.CarryOut(ctx, number, event, func() time.Time {
			if asked++; asked == 2 { // when it began, and when it ends
				cancel()
			}
			return now()
		}, progress)
	})
	if err == nil {
		return nil
	}
	return errStumbled
}

// alone does something again while another run is under way: of one that was stopped a moment ago, the database may not have seen yet
// that nobody is at it.
func (*stumbling) alone(carryOut func() error) (err error) {
	for range 500 {
		if err = carryOut(); !errors.Is(err, registry.ErrRunning) {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	return err
}

// runsThatFail has one run that cannot be counted and one that cannot be ended, among others.
func runsThatFail(e *env) {
	e.imported(e.born("1940-01-01"))
	counting := func() int {
		n, err := e.store.PrepareRun(e.ctx, registry.Run{Campaign: elders(), PreparedBy: "agent:a", PreparedAt: e.clock.Now()}, e.event(registry.ActionPrepareRun))
		e.ok(err)
		return n
	}
	bad, good := counting(), counting()
	stuck, waits := e.prepared(true), e.prepared(true)
	s := &stumbling{Engine: e.store, counting: map[int]bool{bad: true}, ending: map[int]bool{stuck: true}}
	g := registrytest.NewRegistry(s, e.clock)
	states := func() (all [4]registry.RunState, failed [4]bool) {
		for i, n := range []int{bad, good, stuck, waits} {
			run := e.run(n)
			all[i], failed[i] = run.State, !run.FailedAt.IsZero()
			if failed[i] {
				e.equal("when it failed", run.FailedAt, e.clock.Now())
			}
		}
		return all, failed
	}
	work := func(wantDone int, wantFailed ...int) {
		e.Helper()
		done, err := g.WorkRuns(e.ctx, e.manager(), func(registry.Run) {})
		e.equal("runs done", done, wantDone)
		if len(wantFailed) == 0 {
			e.ok(err)
			return
		}
		e.fails(err, errStumbled)
		for _, n := range wantFailed {
			e.equal("the run that failed is named", strings.Contains(err.Error(), fmt.Sprintf("run %d: ", n)), true)
		}
	}

	work(1, bad, stuck)
	all, failed := states()
	e.equal("states", all, [4]registry.RunState{registry.RunCounting, registry.RunPrepared, registry.RunRunning, registry.RunApproved})
	e.equal("failed", failed, [4]bool{true, false, true, false})
	// Nobody is given a code by another run while the codes of one under way are not in force; to count goes on.
	e.clock.Set(e.clock.Now().Add(time.Minute))
	later := counting()
	e.ok(e.store.RunFailed(e.ctx, waits, e.clock.Now())) // so that it comes last, after one that cannot be counted
	s.turns = nil
	work(1, bad, stuck)
	e.equal("those that failed come last, but the one that is under way", s.turns, []int{later, stuck, bad})
	all, _ = states()
	e.equal("the run that waits", all[3], registry.RunApproved)
	e.equal("the one that was prepared later", e.run(later).State, registry.RunPrepared)

	s.counting, s.ending = nil, nil
	work(3)
	all, failed = states()
	e.equal("states in the end", all, [4]registry.RunState{registry.RunPrepared, registry.RunPrepared, registry.RunDone, registry.RunDone})
	e.equal("failed in the end", failed, [4]bool{})
	e.equal("codes of the two", [2]int{e.run(stuck).Targeted, e.run(waits).Targeted}, [2]int{1, 0})

	for _, none := range []int{bad, stuck, 99} { // prepared, done, none
		e.fails(e.store.RunFailed(e.ctx, none, e.clock.Now()), registry.ErrNoRun)
	}
	e.fails(e.store.RunFailed(e.ctx, counting(), time.Time{}))
}
