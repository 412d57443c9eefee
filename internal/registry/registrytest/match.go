package registrytest

import (
	"context"
	"errors"

	"vaccin/internal/registry"
)

var _ registry.MatchStore = (*Failing)(nil)

// errNoMatches is what doubtful matches meet on a wrapped store that keeps none.
var errNoMatches = errors.New("registrytest: the wrapped store keeps no doubtful matches")

// matched calls a method of the wrapped store about doubtful matches unless it is to fail.
func matched[T any](f *Failing, method string, call func(registry.MatchStore) (T, error)) (T, error) {
	return guarded(f, method, func() (T, error) {
		if s, ok := f.Store.(registry.MatchStore); ok {
			return call(s)
		}
		var none T
		return none, errNoMatches
	})
}

// DoubtfulMatches fails or does what the wrapped store does.
func (f *Failing) DoubtfulMatches(ctx context.Context, limit int) ([]registry.DoubtfulMatch, error) {
	return matched(f, "DoubtfulMatches", func(s registry.MatchStore) ([]registry.DoubtfulMatch, error) { return s.DoubtfulMatches(ctx, limit) })
}

// MatchOf fails or does what the wrapped store does.
func (f *Failing) MatchOf(ctx context.Context, record, other registry.RecordID) (registry.DoubtfulMatch, error) {
	return matched(f, "MatchOf", func(s registry.MatchStore) (registry.DoubtfulMatch, error) { return s.MatchOf(ctx, record, other) })
}

// DecideMatch fails or does what the wrapped store does.
func (f *Failing) DecideMatch(ctx context.Context, m registry.DoubtfulMatch, decision registry.MatchDecision, by string, event registry.Event) error {
	_, err := matched(f, "DecideMatch", func(s registry.MatchStore) (struct{}, error) {
		return struct{}{}, s.DecideMatch(ctx, m, decision, by, event)
	})
	return err
}
