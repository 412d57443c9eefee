package registrytest

import (
	"context"
	"errors"
	"time"

	"vaccin/internal/registry"
)

var _ registry.LetterStore = (*Failing)(nil)

// errNoLetters is what letters meet on a wrapped store that keeps none.
var errNoLetters = errors.New("registrytest: the wrapped store keeps no letters")

// lettered calls a method of the wrapped store about letters unless it is to fail.
func lettered[T any](f *Failing, method string, call func(registry.LetterStore) (T, error)) (T, error) {
	return guarded(f, method, func() (T, error) {
		if s, ok := f.Store.(registry.LetterStore); ok {
			return call(s)
		}
		var none T
		return none, errNoLetters
	})
}

// posted is lettered for a method that returns nothing but an error.
func posted(f *Failing, method string, call func(registry.LetterStore) error) error {
	_, err := lettered(f, method, func(s registry.LetterStore) (struct{}, error) { return struct{}{}, call(s) })
	return err
}

// OpenBatch fails or does what the wrapped store does.
func (f *Failing) OpenBatch(ctx context.Context, b registry.Batch, event registry.Event) error {
	return posted(f, "OpenBatch", func(s registry.LetterStore) error { return s.OpenBatch(ctx, b, event) })
}

// Batches fails or does what the wrapped store does.
func (f *Failing) Batches(ctx context.Context, run int) ([]registry.Batch, error) {
	return lettered(f, "Batches", func(s registry.LetterStore) ([]registry.Batch, error) { return s.Batches(ctx, run) })
}

// Batch fails or does what the wrapped store does.
func (f *Failing) Batch(ctx context.Context, key registry.BatchKey) (registry.Batch, error) {
	return lettered(f, "Batch", func(s registry.LetterStore) (registry.Batch, error) { return s.Batch(ctx, key) })
}

// OpenBatches fails or does what the wrapped store does.
func (f *Failing) OpenBatches(ctx context.Context) ([]registry.Batch, error) {
	return lettered(f, "OpenBatches", func(s registry.LetterStore) ([]registry.Batch, error) { return s.OpenBatches(ctx) })
}

// ClaimBatch fails or does what the wrapped store does.
func (f *Failing) ClaimBatch(ctx context.Context, key registry.BatchKey, now, until time.Time) error {
	return posted(f, "ClaimBatch", func(s registry.LetterStore) error { return s.ClaimBatch(ctx, key, now, until) })
}

// NextRecipients fails or does what the wrapped store does.
func (f *Failing) NextRecipients(ctx context.Context, b registry.Batch, limit int) ([]registry.Recipient, error) {
	return lettered(f, "NextRecipients", func(s registry.LetterStore) ([]registry.Recipient, error) { return s.NextRecipients(ctx, b, limit) })
}

// Gather fails or does what the wrapped store does.
func (f *Failing) Gather(ctx context.Context, b registry.Batch, part registry.BatchPart) error {
	return posted(f, "Gather", func(s registry.LetterStore) error { return s.Gather(ctx, b, part) })
}

// Letters fails or does what the wrapped store does.
func (f *Failing) Letters(ctx context.Context, key registry.BatchKey, after, limit int) ([]registry.Recipient, error) {
	return lettered(f, "Letters", func(s registry.LetterStore) ([]registry.Recipient, error) { return s.Letters(ctx, key, after, limit) })
}

// FinishBatch fails or does what the wrapped store does.
func (f *Failing) FinishBatch(ctx context.Context, b registry.Batch, event registry.Event) error {
	return posted(f, "FinishBatch", func(s registry.LetterStore) error { return s.FinishBatch(ctx, b, event) })
}

// Deliver fails or does what the wrapped store does.
func (f *Failing) Deliver(ctx context.Context, key registry.BatchKey, d registry.Delivery, event registry.Event) error {
	return posted(f, "Deliver", func(s registry.LetterStore) error { return s.Deliver(ctx, key, d, event) })
}
