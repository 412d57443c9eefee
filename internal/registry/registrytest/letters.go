package registrytest

import (
	"context"
	"time"

	"vaccin/internal/registry"
)

var _ registry.LetterStore = (*Failing)(nil)

// OpenBatch fails or does what the wrapped store does.
func (f *Failing) OpenBatch(ctx context.Context, b registry.Batch, places string, event registry.Event) error {
	return done(f, "OpenBatch", func(s registry.LetterStore) error { return s.OpenBatch(ctx, b, places, event) })
}

// ListedPlaces fails or does what the wrapped store does.
func (f *Failing) ListedPlaces(ctx context.Context, digest string) (string, error) {
	return of(f, "ListedPlaces", func(s registry.LetterStore) (string, error) { return s.ListedPlaces(ctx, digest) })
}

// PlacesOfType fails or does what the wrapped store does.
func (f *Failing) PlacesOfType(ctx context.Context, placeType string) ([]registry.VaccinationPlace, error) {
	return of(f, "PlacesOfType", func(s registry.LetterStore) ([]registry.VaccinationPlace, error) {
		return s.PlacesOfType(ctx, placeType)
	})
}

// LocalityPoints fails or does what the wrapped store does.
func (f *Failing) LocalityPoints(ctx context.Context) ([]registry.LocalityPoint, error) {
	return of(f, "LocalityPoints", func(s registry.LetterStore) ([]registry.LocalityPoint, error) { return s.LocalityPoints(ctx) })
}

// Batches fails or does what the wrapped store does.
func (f *Failing) Batches(ctx context.Context, run int) ([]registry.Batch, error) {
	return of(f, "Batches", func(s registry.LetterStore) ([]registry.Batch, error) { return s.Batches(ctx, run) })
}

// Batch fails or does what the wrapped store does.
func (f *Failing) Batch(ctx context.Context, key registry.BatchKey) (registry.Batch, error) {
	return of(f, "Batch", func(s registry.LetterStore) (registry.Batch, error) { return s.Batch(ctx, key) })
}

// OpenBatches fails or does what the wrapped store does.
func (f *Failing) OpenBatches(ctx context.Context) ([]registry.Batch, error) {
	return of(f, "OpenBatches", func(s registry.LetterStore) ([]registry.Batch, error) { return s.OpenBatches(ctx) })
}

// ClaimBatch fails or does what the wrapped store does.
func (f *Failing) ClaimBatch(ctx context.Context, key registry.BatchKey, now, until time.Time) error {
	return done(f, "ClaimBatch", func(s registry.LetterStore) error { return s.ClaimBatch(ctx, key, now, until) })
}

// BatchFailed fails or does what the wrapped store does.
func (f *Failing) BatchFailed(ctx context.Context, key registry.BatchKey, at time.Time) error {
	return done(f, "BatchFailed", func(s registry.LetterStore) error { return s.BatchFailed(ctx, key, at) })
}

// NextRecipients fails or does what the wrapped store does.
func (f *Failing) NextRecipients(ctx context.Context, b registry.Batch, limit int) ([]registry.Recipient, error) {
	return of(f, "NextRecipients", func(s registry.LetterStore) ([]registry.Recipient, error) { return s.NextRecipients(ctx, b, limit) })
}

// Gather fails or does what the wrapped store does.
func (f *Failing) Gather(ctx context.Context, b registry.Batch, part registry.BatchPart) error {
	return done(f, "Gather", func(s registry.LetterStore) error { return s.Gather(ctx, b, part) })
}

// Letters fails or does what the wrapped store does.
func (f *Failing) Letters(ctx context.Context, key registry.BatchKey, after, limit int) ([]registry.Recipient, error) {
	return of(f, "Letters", func(s registry.LetterStore) ([]registry.Recipient, error) { return s.Letters(ctx, key, after, limit) })
}

// NotToSend fails or does what the wrapped store does.
func (f *Failing) NotToSend(ctx context.Context, key registry.BatchKey) (registry.LeftOut, error) {
	return of(f, "NotToSend", func(s registry.LetterStore) (registry.LeftOut, error) { return s.NotToSend(ctx, key) })
}

// LeaveOut fails or does what the wrapped store does.
func (f *Failing) LeaveOut(ctx context.Context, b registry.Batch, numbers []int, out registry.LeftOut) error {
	return done(f, "LeaveOut", func(s registry.LetterStore) error { return s.LeaveOut(ctx, b, numbers, out) })
}

// FinishBatch fails or does what the wrapped store does.
func (f *Failing) FinishBatch(ctx context.Context, b registry.Batch, event registry.Event) error {
	return done(f, "FinishBatch", func(s registry.LetterStore) error { return s.FinishBatch(ctx, b, event) })
}

// DropBatch fails or does what the wrapped store does.
func (f *Failing) DropBatch(ctx context.Context, b registry.Batch, d registry.BatchDrop, event registry.Event) error {
	return done(f, "DropBatch", func(s registry.LetterStore) error { return s.DropBatch(ctx, b, d, event) })
}

// Deliver fails or does what the wrapped store does.
func (f *Failing) Deliver(ctx context.Context, key registry.BatchKey, d registry.Delivery, event registry.Event) error {
	return done(f, "Deliver", func(s registry.LetterStore) error { return s.Deliver(ctx, key, d, event) })
}
