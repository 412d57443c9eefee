package store

import (
	"context"
	"fmt"
	"time"

	"vaccin/internal/registry"
)

const (
	keepAgent = "INSERT INTO agent (id, family_name, given_name, seen_at) VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO UPDATE" +
		" SET family_name = excluded.family_name, given_name = excluded.given_name, seen_at = excluded.seen_at" +
		" WHERE agent.family_name <> excluded.family_name OR agent.given_name <> excluded.given_name OR agent.seen_at < $5"
	selectAgents = "SELECT id, family_name, given_name, seen_at FROM agent ORDER BY id"
)

// KeepAgent implements registry.AgentStore.
func (s *Store) KeepAgent(ctx context.Context, a registry.Agent, unlessSeen time.Time) error {
	seen, err := moment(a.SeenAt)
	if err != nil {
		return err
	}
	return s.write(ctx, work{alone: true, statements: []statement{
		{sql: keepAgent, args: []any{a.ID, a.FamilyName, a.GivenName, seen, unlessSeen.UnixMicro()}, quiet: true},
	}})
}

// Agents implements registry.AgentStore.
func (s *Store) Agents(ctx context.Context) ([]registry.Agent, error) {
	all, err := readAll(ctx, s, selectAgents, nil, func(a *registry.Agent) []any {
		return []any{&a.ID, &a.FamilyName, &a.GivenName, asMoment(&a.SeenAt)}
	})
	if err != nil {
		return nil, fmt.Errorf("reading agents: %w", err)
	}
	return all, nil
}
