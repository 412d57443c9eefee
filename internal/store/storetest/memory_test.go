package storetest

import (
	"context"
	"slices"
	"testing"

	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
)

// memory is the store in memory, with what a test reads its log by and without what it does not keep.
type memory struct {
	*registrytest.Memory
	registry.PortalAccountStore
	registry.TargetingStore
	registry.PopulationStore
	registry.MatchStore
	registry.LetterStore
	registry.AgentStore
	Sessions
	Handovers
	LogTree
}

func (m memory) Events(_ context.Context, want registry.EventQuery) ([]registry.Event, error) {
	all := m.Memory.Events()
	slices.Reverse(all)
	slices.SortStableFunc(all, func(a, b registry.Event) int { return b.At.Compare(a.At) })
	all = slices.DeleteFunc(all, func(e registry.Event) bool {
		return want.Record != "" && e.Record != want.Record || want.NationalID != "" && e.NationalID != want.NationalID ||
			!want.From.IsZero() && e.At.Before(want.From) || !want.Until.IsZero() && !e.At.Before(want.Until)
	})
	return all[:min(max(0, want.Limit), len(all))], nil
}

func (memory) Close() error { return nil }

// TestTheStoreInMemoryKeepsTheContract holds the store that other packages test with to what the engines
// are held to, but for the rank of suggestions, for which it goes by postal code alone.
func TestTheStoreInMemoryKeepsTheContract(t *testing.T) {
	run(t, func(*testing.T) Engine { return memory{Memory: registrytest.NewMemory()} }, contractTests)
}
