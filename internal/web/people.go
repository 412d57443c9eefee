package web

import (
	"net/http"

	"vaccin/internal/registry"
)

// people name those whose identifiers a page shows.
type people struct {
	by         registry.Actor // who looks
	colleagues registry.Colleagues
}

// people are read once for each page.
func (s *Server) people(r *http.Request, by registry.Actor) (people, error) {
	colleagues, err := s.Registry.Colleagues(r.Context())
	return people{by, colleagues}, err
}

// whoIs names an agent to who looks, which may be the same.
func (p people) whoIs(nationalID string) string {
	if nationalID == p.by.Practitioner.NationalID {
		return "Vous"
	}
	return p.colleagues.WhoIs(nationalID)
}
