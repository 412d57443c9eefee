package registrytest

import (
	"context"
	"errors"
	"time"

	"vaccin/internal/registry"
)

var _ registry.AgentStore = (*Failing)(nil)

// errNoAgents is what agents meet on a wrapped store that keeps none.
var errNoAgents = errors.New("registrytest: the wrapped store keeps no agents")

// met calls a method of the wrapped store about agents unless it is to fail.
func met[T any](f *Failing, method string, call func(registry.AgentStore) (T, error)) (T, error) {
	return guarded(f, method, func() (T, error) {
		if s, ok := f.Store.(registry.AgentStore); ok {
			return call(s)
		}
		var none T
		return none, errNoAgents
	})
}

// KeepAgent fails or does what the wrapped store does.
func (f *Failing) KeepAgent(ctx context.Context, a registry.Agent, unlessSeen time.Time) error {
	_, err := met(f, "KeepAgent", func(s registry.AgentStore) (struct{}, error) { return struct{}{}, s.KeepAgent(ctx, a, unlessSeen) })
	return err
}

// Agents fails or does what the wrapped store does.
func (f *Failing) Agents(ctx context.Context) ([]registry.Agent, error) {
	return met(f, "Agents", func(s registry.AgentStore) ([]registry.Agent, error) { return s.Agents(ctx) })
}
