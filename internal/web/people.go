package web

import (
	"net/http"

	"vaccin/internal/registry"
)

// people name those whose identifiers a page shows.
type people struct {
	by     registry.Actor // who looks
	agents registry.Agents
}

// people are read once for each page.
func (s *Server) people(r *http.Request, by registry.Actor) (people, error) {
	agents, err := s.Registry.Agents(r.Context())
	return people{by, agents}, err
}

// whoIs names an agent to who looks, which may be the same.
func (p people) whoIs(nationalID string) string {
	if nationalID == p.by.Practitioner.NationalID {
		return "Vous"
	}
	return p.agents.Label(nationalID)
}
