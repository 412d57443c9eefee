package storetest

import (
	"sync"
	"time"

	"vaccin/internal/registry"
)

var agentTests = group{
	"an agent is known by the name they had last":       agentKept,
	"an agent who comes often is written once":          agentSeen,
	"an agent is known once, however many tell of them": agentAtOnce,
}

func (e *env) agents() []registry.Agent {
	e.Helper()
	all, err := e.store.Agents(e.ctx)
	e.ok(err)
	return all
}

func agentKept(e *env) {
	e.equal("nobody yet", len(e.agents()), 0)
	var full registry.Agent
	fill(&full)
	other := registry.Agent{ID: "agent:a", FamilyName: "L’Hôte", SeenAt: full.SeenAt}
	e.ok(e.store.KeepAgent(e.ctx, full, full.SeenAt))
	e.ok(e.store.KeepAgent(e.ctx, other, full.SeenAt))
	e.equal("in the order of their identifiers", e.agents(), []registry.Agent{other, full})
	married := full
	married.FamilyName, married.SeenAt = "Autre", full.SeenAt.Add(time.Second)
	e.ok(e.store.KeepAgent(e.ctx, married, full.SeenAt.Add(-time.Hour)))
	e.equal("the family name they had last", e.agents(), []registry.Agent{other, married})
	married.GivenName = ""
	e.ok(e.store.KeepAgent(e.ctx, married, full.SeenAt.Add(-time.Hour)))
	e.equal("the given name they had last", e.agents(), []registry.Agent{other, married})
	e.fails(e.store.KeepAgent(e.ctx, registry.Agent{ID: "agent:b", FamilyName: "Sans moment"}, full.SeenAt))
	e.equal("without a moment", len(e.agents()), 2)
}

func agentSeen(e *env) {
	first := registry.Agent{ID: "agent:a", FamilyName: "Martin", GivenName: "Léa", SeenAt: e.clock.Now()}
	e.ok(e.store.KeepAgent(e.ctx, first, first.SeenAt))
	again := first
	again.SeenAt = first.SeenAt.Add(time.Hour)
	e.ok(e.store.KeepAgent(e.ctx, again, first.SeenAt))
	e.equal("seen at that moment", e.agents(), []registry.Agent{first})
	e.ok(e.store.KeepAgent(e.ctx, again, first.SeenAt.Add(time.Microsecond)))
	e.equal("seen before it", e.agents(), []registry.Agent{again})
}

func agentAtOnce(e *env) {
	a := registry.Agent{ID: "agent:a", FamilyName: "Martin", GivenName: "Léa", SeenAt: e.clock.Now()}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if err := e.store.KeepAgent(e.ctx, a, a.SeenAt); err != nil {
				e.Errorf("kept beside others: %v", err)
			}
		})
	}
	all.Wait()
	e.equal("once", e.agents(), []registry.Agent{a})
}
