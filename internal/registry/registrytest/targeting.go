package registrytest

import (
	"context"
	"time"

	"vaccin/internal/registry"
)

var _ registry.TargetingStore = (*Failing)(nil)

// SaveCampaign fails or does what the wrapped store does.
func (f *Failing) SaveCampaign(ctx context.Context, c registry.SavedCampaign, event registry.Event) error {
	return done(f, "SaveCampaign", func(s registry.TargetingStore) error { return s.SaveCampaign(ctx, c, event) })
}

// Campaigns fails or does what the wrapped store does.
func (f *Failing) Campaigns(ctx context.Context) ([]registry.SavedCampaign, error) {
	return of(f, "Campaigns", func(s registry.TargetingStore) ([]registry.SavedCampaign, error) { return s.Campaigns(ctx) })
}

// PrepareRun fails or does what the wrapped store does.
func (f *Failing) PrepareRun(ctx context.Context, run registry.Run, event registry.Event) (int, error) {
	return of(f, "PrepareRun", func(s registry.TargetingStore) (int, error) { return s.PrepareRun(ctx, run, event) })
}

// SentRun fails or does what the wrapped store does.
func (f *Failing) SentRun(ctx context.Context, by, request string) (registry.Run, error) {
	return of(f, "SentRun", func(s registry.TargetingStore) (registry.Run, error) { return s.SentRun(ctx, by, request) })
}

// CountRun fails or does what the wrapped store does.
func (f *Failing) CountRun(ctx context.Context, number int) error {
	return done(f, "CountRun", func(s registry.TargetingStore) error { return s.CountRun(ctx, number) })
}

// ApproveRun fails or does what the wrapped store does.
func (f *Failing) ApproveRun(ctx context.Context, number int, by string, at time.Time, event registry.Event) error {
	return done(f, "ApproveRun", func(s registry.TargetingStore) error { return s.ApproveRun(ctx, number, by, at, event) })
}

// DropRun fails or does what the wrapped store does.
func (f *Failing) DropRun(ctx context.Context, number int, by string, at time.Time, event registry.Event) error {
	return done(f, "DropRun", func(s registry.TargetingStore) error { return s.DropRun(ctx, number, by, at, event) })
}

// CarryOut fails or does what the wrapped store does.
func (f *Failing) CarryOut(ctx context.Context, number int, event registry.Event, now func() time.Time, progress func(registry.Progress)) error {
	return done(f, "CarryOut", func(s registry.TargetingStore) error { return s.CarryOut(ctx, number, event, now, progress) })
}

// RunFailed fails or does what the wrapped store does.
func (f *Failing) RunFailed(ctx context.Context, number int, at time.Time) error {
	return done(f, "RunFailed", func(s registry.TargetingStore) error { return s.RunFailed(ctx, number, at) })
}

// Runs fails or does what the wrapped store does.
func (f *Failing) Runs(ctx context.Context, before, limit int) ([]registry.Run, error) {
	return of(f, "Runs", func(s registry.TargetingStore) ([]registry.Run, error) { return s.Runs(ctx, before, limit) })
}

// LatestRuns fails or does what the wrapped store does.
func (f *Failing) LatestRuns(ctx context.Context) ([]registry.Run, error) {
	return of(f, "LatestRuns", func(s registry.TargetingStore) ([]registry.Run, error) { return s.LatestRuns(ctx) })
}

// OpenRuns fails or does what the wrapped store does.
func (f *Failing) OpenRuns(ctx context.Context) ([]registry.Run, error) {
	return of(f, "OpenRuns", func(s registry.TargetingStore) ([]registry.Run, error) { return s.OpenRuns(ctx) })
}

// Run fails or does what the wrapped store does.
func (f *Failing) Run(ctx context.Context, number int) (registry.Run, error) {
	return of(f, "Run", func(s registry.TargetingStore) (registry.Run, error) { return s.Run(ctx, number) })
}

// CountFollowUps fails or does what the wrapped store does.
func (f *Failing) CountFollowUps(ctx context.Context, at, unlessAfter time.Time, on registry.Date) error {
	return done(f, "CountFollowUps", func(s registry.TargetingStore) error { return s.CountFollowUps(ctx, at, unlessAfter, on) })
}

// FollowUps fails or does what the wrapped store does.
func (f *Failing) FollowUps(ctx context.Context) ([]registry.FollowUp, error) {
	return of(f, "FollowUps", func(s registry.TargetingStore) ([]registry.FollowUp, error) { return s.FollowUps(ctx) })
}
