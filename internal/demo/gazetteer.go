package demo

import (
	"fmt"
	"hash/fnv"
	"strings"

	"vaccin/internal/referential"
	"vaccin/internal/registry"
)

// gazetteer is where people can live: the localities that ship, by department.
type gazetteer struct {
	all    map[string][]registry.Locality
	towns  map[string][]registry.Locality // those of the list of towns, in its order
	points []registry.LocalityPoint       // where those are
}

// loadGazetteer sorts the localities that ship by the department of their commune.
func loadGazetteer() (*gazetteer, error) {
	localities, err := referential.Localities()
	if err != nil {
		return nil, fmt.Errorf("reading the localities of the demo: %w", err)
	}
	g := &gazetteer{all: map[string][]registry.Locality{}, towns: map[string][]registry.Locality{}}
	for _, l := range localities {
		g.all[departmentOf(l)] = append(g.all[departmentOf(l)], l)
	}
	for _, d := range departments {
		if err := g.findTowns(d.code); err != nil {
			return nil, err
		}
	}
	return g, nil
}

// departmentOf is the department of a locality's commune; overseas they have three characters.
func departmentOf(l registry.Locality) string {
	width := 2
	if strings.HasPrefix(l.CommuneCode, "97") || strings.HasPrefix(l.CommuneCode, "98") {
		width = 3
	}
	return l.CommuneCode[:min(width, len(l.CommuneCode))]
}

// findTowns takes the localities of the towns of a department; a town that is unknown is left out, as
// long as one is known.
func (g *gazetteer) findTowns(department string) error {
	for _, town := range towns[department] {
		for _, l := range g.all[department] {
			if registry.Fold(l.Name) == registry.Fold(town.name) {
				g.towns[department] = append(g.towns[department], l)
				g.points = append(g.points, registry.LocalityPoint{PostalCode: l.PostalCode, Name: l.Name, Point: town.point})
			}
		}
	}
	if len(g.towns[department]) == 0 {
		return fmt.Errorf("no town of department %s is among the localities", department)
	}
	return nil
}

// in is a point in a locality that is in the list of towns, within a mile of its middle; always the same one for an identifier.
func (g *gazetteer) in(l registry.Locality, id string) registry.Point {
	const mile = 15_000 // millionths of a degree
	h := fnv.New32a()
	_, _ = h.Write([]byte(id)) // a hash takes everything
	for _, p := range g.points {
		if p.PostalCode == l.PostalCode && p.Name == l.Name {
			north, east := int32(h.Sum32()>>16%(2*mile)), int32(h.Sum32()&0xffff%(2*mile))
			return registry.Point{Latitude: p.Point.Latitude - mile + north, Longitude: p.Point.Longitude - mile + east}
		}
	}
	return registry.Point{}
}

// home draws a locality: a town more often than not.
func (g *gazetteer) home(c chance, department string) registry.Locality {
	if c.hits(0.6) {
		return pick(c, g.towns[department])
	}
	return pick(c, g.all[department])
}

// at is the locality of a department with a postal code and a name. Those of a city cut into
// arrondissements are found by the city's name.
func (g *gazetteer) at(department, postalCode, name string) (registry.Locality, error) {
	for _, l := range g.all[department] {
		folded := registry.Fold(l.Name) + " "
		if l.PostalCode == postalCode && strings.HasPrefix(folded, registry.Fold(name)+" ") {
			return l, nil
		}
	}
	return registry.Locality{}, fmt.Errorf("no locality %s %s", postalCode, name)
}
