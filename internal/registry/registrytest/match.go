package registrytest

import (
	"context"

	"vaccin/internal/registry"
)

var _ registry.MatchStore = (*Failing)(nil)

// DoubtfulMatches fails or does what the wrapped store does.
func (f *Failing) DoubtfulMatches(ctx context.Context, limit int) ([]registry.DoubtfulMatch, error) {
	return of(f, "DoubtfulMatches", func(s registry.MatchStore) ([]registry.DoubtfulMatch, error) { return s.DoubtfulMatches(ctx, limit) })
}

// MatchOf fails or does what the wrapped store does.
func (f *Failing) MatchOf(ctx context.Context, record, other registry.RecordID) (registry.DoubtfulMatch, error) {
	return of(f, "MatchOf", func(s registry.MatchStore) (registry.DoubtfulMatch, error) { return s.MatchOf(ctx, record, other) })
}

// DecideMatch fails or does what the wrapped store does.
func (f *Failing) DecideMatch(ctx context.Context, m registry.DoubtfulMatch, decision registry.MatchDecision, by string, event registry.Event) error {
	return done(f, "DecideMatch", func(s registry.MatchStore) error { return s.DecideMatch(ctx, m, decision, by, event) })
}
