package registrytest

import (
	"context"
	"time"

	"vaccin/internal/registry"
)

var _ registry.AgentStore = (*Failing)(nil)

// KeepAgent fails or does what the wrapped store does.
func (f *Failing) KeepAgent(ctx context.Context, a registry.Agent, unlessSeen time.Time) error {
	return done(f, "KeepAgent", func(s registry.AgentStore) error { return s.KeepAgent(ctx, a, unlessSeen) })
}

// Agents fails or does what the wrapped store does.
func (f *Failing) Agents(ctx context.Context) ([]registry.Agent, error) {
	return of(f, "Agents", func(s registry.AgentStore) ([]registry.Agent, error) { return s.Agents(ctx) })
}
