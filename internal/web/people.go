package web

import (
	"net/http"

	"vaccin/internal/registry"
)

// people name those whose identifiers a page shows.
type people struct {
	by      registry.Actor // who looks
	agents  registry.Agents
	bearers map[string]int // how many agents bear a name
}

// people are read once for each page.
func (s *Server) people(r *http.Request, by registry.Actor) (people, error) {
	agents, err := s.Registry.Agents(r.Context())
	bearers := map[string]int{}
	for _, a := range agents {
		bearers[a.DisplayName()]++
	}
	return people{by, agents, bearers}, err
}

// whoIs names an agent to who looks, which may be the same. Their identifier, of which colleagues know nothing, is told only of who
// has no name here, and of namesakes, whom nothing else tells apart.
func (p people) whoIs(nationalID string) string {
	if nationalID == p.by.Practitioner.NationalID {
		return "Vous"
	}
	if name := p.agents.Name(nationalID); name != "" && p.bearers[name] == 1 {
		return name
	}
	return p.agents.Label(nationalID)
}
