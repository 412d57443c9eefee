package registry

import (
	"context"
	"errors"
	"time"
)

// This file is the follow-up of runs: how far those are whom they gave a code. It is counted every hour for all runs in one
// go, and what was counted last is shown: to count a nation takes minutes.

// followUpEvery is how long what was counted is good.
const followUpEvery = time.Hour

// Reached is how many persons were targeted, and how many of them are how far. Who is complete has had a dose, and who has
// had one is eligible, unless support annulled the eligibility under it.
type Reached struct {
	Targeted int
	Eligible int // their eligibility is declared
	First    int // they had a dose
	Complete int // no dose is due any more
}

// Plus adds.
func (r Reached) Plus(s Reached) Reached {
	return Reached{r.Targeted + s.Targeted, r.Eligible + s.Eligible, r.First + s.First, r.Complete + s.Complete}
}

// FollowUpCount is how far the persons of a department and an age class are, on the day of the count.
type FollowUpCount struct {
	Department string // empty where it cannot be told
	Age        AgeClass
	Reached
}

// FollowUp is how far those are whom a run gave a code.
type FollowUp struct {
	Run      int
	Campaign Campaign  // as it was when the run was prepared
	At       time.Time // when it was counted
	Counts   []FollowUpCount
}

// Total is how far all of them are.
func (f FollowUp) Total() (sum Reached) {
	for _, c := range f.Counts {
		sum = sum.Plus(c.Reached)
	}
	return sum
}

// ErrCounted is returned when what was counted is good still, or is being counted, or no run is done.
var ErrCounted = errors.New("there is no follow-up of runs to count now")

// FollowUpStore counts and keeps the follow-up of runs.
type FollowUpStore interface {
	// CountFollowUps counts how far those are whom the runs gave a code, ages being those of a day, and keeps it as
	// counted at a moment. It returns ErrCounted when someone began to count after the other moment, and while no run is done.
	CountFollowUps(ctx context.Context, at, unlessAfter time.Time, on Date) error

	// FollowUps returns what was last counted, of each run that is done, the first first.
	FollowUps(ctx context.Context) ([]FollowUp, error)
}

// CountFollowUps counts how far those are whom the runs gave a code, unless this was done within the hour. It is what a
// server does by itself; it tells nobody anything, so that it needs no right.
func (g *Registry) CountFollowUps(ctx context.Context) error {
	s, err := g.runs()
	if err != nil {
		return err
	}
	now := g.Security()
	err = s.CountFollowUps(ctx, now, now.Add(-followUpEvery), TodayAt(g.Business()))
	if errors.Is(err, ErrCounted) {
		return nil
	}
	return err
}

// FollowUps tells a campaign manager how far those are whom the runs gave a code.
func (g *Registry) FollowUps(ctx context.Context, by Actor) (all []FollowUp, err error) {
	err = g.targeting(ctx, by, g.event(by, ActionReadCampaigns, ""), MayPrepare, Run{}, func(s TargetingStore) error {
		all, err = s.FollowUps(ctx)
		return err
	})
	return all, err
}
