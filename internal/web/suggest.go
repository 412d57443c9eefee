package web

import (
	"encoding/json"
	"net/http"
	"strings"

	"vaccin/internal/registry"
)

// Suggestions while typing, from the second character: localities, vaccination places, lots. They
// hold no patient's data.

type suggestion struct {
	Value string `json:"value"`
	Hint  string `json:"hint"`
}

// asked is the text to complete; shorter than two characters, it suggests nothing.
func asked(r *http.Request) (string, bool) {
	text := strings.TrimSpace(r.URL.Query().Get("q"))
	n := len([]rune(text))
	return text, n >= 2 && n <= 120
}

func suggest(w http.ResponseWriter, found []suggestion) error {
	w.Header().Set("Content-Type", "application/json")
	if found == nil {
		found = []suggestion{}
	}
	return json.NewEncoder(w).Encode(struct {
		Results []suggestion `json:"results"`
	}{found})
}

func (s *Server) suggestLocalities(w http.ResponseWriter, r *http.Request, _ registry.Actor) error {
	text, ok := asked(r)
	if !ok {
		return suggest(w, nil)
	}
	found, err := s.Registry.Store.Localities(r.Context(), text, suggestions)
	if err != nil {
		return err
	}
	lines := []suggestion{}
	for _, l := range found {
		lines = append(lines, suggestion{Value: l.Label()})
	}
	return suggest(w, lines)
}

func (s *Server) suggestPlaces(w http.ResponseWriter, r *http.Request, by registry.Actor) error {
	text, ok := asked(r)
	if !ok {
		return suggest(w, nil)
	}
	found, err := s.Registry.Store.Places(r.Context(), r.URL.Query().Get(registry.FieldPlaceType), text, s.Registry.Today(by), suggestions)
	if err != nil {
		return err
	}
	lines := []suggestion{}
	for _, p := range found {
		lines = append(lines, suggestion{Value: p.Label})
	}
	return suggest(w, lines)
}

func (s *Server) suggestLots(w http.ResponseWriter, r *http.Request, _ registry.Actor) error {
	text, ok := asked(r)
	if !ok {
		return suggest(w, nil)
	}
	found, err := s.Registry.Store.Lots(r.Context(), r.URL.Query().Get(registry.FieldVaccine), registry.NormalLot(text), suggestions)
	if err != nil {
		return err
	}
	lines := []suggestion{}
	for _, l := range found {
		lines = append(lines, suggestion{Value: l.Number})
	}
	return suggest(w, lines)
}
