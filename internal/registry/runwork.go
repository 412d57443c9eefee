package registry

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
)

// How runs are counted and carried out, one after the other.

// turn is when a run has its turn. A run that is under way is ended before another begins, for the codes that it drew are not in force,
// and the other would give the same persons codes. One that failed comes after those that did not, which it would keep waiting.
func (r Run) turn() int {
	failed := !r.FailedAt.IsZero()
	switch {
	case failed && r.State == RunRunning:
		return 1
	case failed:
		return 3
	case r.State == RunApproved:
		return 2
	}
	return 0
}

// WorkRuns counts the runs that wait for it and carries out those approved, one after the other, and returns how many
// it did. It is what a server does by itself, and an operator's command at once. One that fails is kept as failed, and tried again when
// it is called again; the others go on, but that no run is carried out after one that could not be. It returns ErrRunning, and
// leaves the rest, where another does so.
func (g *Registry) WorkRuns(ctx context.Context, by Actor, progress func(Run)) (done int, failures error) {
	s, err := g.runs()
	if err != nil {
		return 0, err
	}
	waiting, err := s.OpenRuns(ctx)
	if err != nil {
		return 0, err
	}
	slices.SortStableFunc(waiting, func(a, b Run) int { return cmp.Compare(a.turn(), b.turn()) })
	carry := true
	for _, run := range waiting {
		if run.State == RunPrepared || run.State != RunCounting && !carry {
			continue
		}
		err := g.workRun(ctx, s, by, run, progress)
		switch {
		case err == nil:
			done++
		case errors.Is(err, ErrNoRun): // someone else was quicker
		case errors.Is(err, ErrRunning) && failures != nil:
			return done, failures
		case errors.Is(err, ErrRunning) || ctx.Err() != nil:
			return done, errors.Join(failures, err)
		default:
			failures, carry = errors.Join(failures, err), carry && run.State == RunCounting
			if err := s.RunFailed(ctx, run.Number, g.Security()); err != nil && !errors.Is(err, ErrNoRun) {
				return done, errors.Join(failures, fmt.Errorf("saying that a run failed: %w", err)) // nor would another be done
			}
		}
	}
	return done, failures
}

// workRun does what a run waits for.
func (g *Registry) workRun(ctx context.Context, s TargetingStore, by Actor, run Run, progress func(Run)) (err error) {
	if run.State == RunCounting {
		err = s.CountRun(ctx, run.Number)
	} else {
		err = s.CarryOut(ctx, run.Number, g.runEvent(by, ActionCarryOutRun, run), g.Security, func(p Progress) {
			run.Progress = p
			progress(run)
		})
	}
	if err != nil {
		err = fmt.Errorf("run %d: %w", run.Number, err)
	}
	return err
}
