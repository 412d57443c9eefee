package store

import (
	"context"
	"fmt"
	"strings"

	"vaccin/internal/registry"
)

const (
	placeColumns = "p.id, p.type, p.name, p.address, p.postal_code, p.locality, p.closed, p.label, p.opens, p.open_to_public IS TRUE, p.latitude, p.longitude"
	// The inner query finds and orders within the table of terms alone. Names and postal codes that start
	// with the text come before those that have it further on, and before towns.
	selectPlaces = "SELECT " + placeColumns + " FROM" +
		" (SELECT postal_code, folded_name, place_id, MIN(CASE WHEN at_start THEN 0 ELSE 1 END) AS rank FROM vaccination_place_term" +
		" WHERE type = $1 AND term >= $2 AND term < $3 AND (closed IS NULL OR closed >= $4)" +
		" GROUP BY postal_code, folded_name, place_id ORDER BY rank, postal_code, folded_name, place_id LIMIT $5) found" +
		" JOIN vaccination_place p ON p.id = found.place_id" +
		" ORDER BY found.rank, found.postal_code, found.folded_name, found.place_id"
	selectPlacesNamed = "SELECT " + placeColumns + " FROM vaccination_place p WHERE p.type = $1 AND p.folded_label = $2" +
		" ORDER BY p.id"
	selectPlacesOfType = "SELECT " + placeColumns + " FROM vaccination_place p WHERE p.type = $1 ORDER BY p.id"
	deletePlaceTerms   = "DELETE FROM vaccination_place_term WHERE place_id = $1"
	closeToPublic      = "UPDATE vaccination_place SET open_to_public = FALSE WHERE id = $1"
)

var (
	upsertPlace = upsertOf("vaccination_place", "id",
		"type, name, address, postal_code, locality, closed, label, folded_label, opens, open_to_public, latitude, longitude")
	insertPlaceTerm = insertOf("vaccination_place_term", "type, term, postal_code, folded_name, place_id, closed, at_start")
)

func readPlace(p *registry.VaccinationPlace) []any {
	return []any{
		&p.ID, &p.Type, &p.Name, &p.Address, &p.PostalCode, &p.Locality, asOptionalDay(&p.Closed), &p.Label,
		asOptionalDay(&p.Opens), &p.Public, asDegrees(&p.Point.Latitude), asDegrees(&p.Point.Longitude),
	}
}

// importPlace adds or replaces a vaccination place, and its terms with it.
func importPlace(p registry.VaccinationPlace) []statement {
	closed := optionalDay(p.Closed)
	latitude, longitude := degrees(p.Point)
	statements := []statement{
		{sql: upsertPlace, args: []any{
			p.ID, p.Type, p.Name, p.Address, p.PostalCode, p.Locality, closed, p.Label, registry.Fold(p.Label),
			optionalDay(p.Opens), p.Public, latitude, longitude,
		}},
		{sql: deletePlaceTerms, args: []any{p.ID}, quiet: true},
	}
	name, town := registry.Fold(p.Name), registry.SpellOut(registry.Fold(p.Locality))
	start, label := registry.SpellOut(name), registry.SpellOut(registry.Fold(p.Label))
	for _, term := range terms(label, start, p.PostalCode+" "+town, town+" "+p.PostalCode) {
		atStart := startsWith(term, start) || startsWith(term, registry.Fold(p.PostalCode))
		statements = append(statements, statement{
			sql: insertPlaceTerm, args: []any{p.Type, term, p.PostalCode, name, p.ID, closed, atStart},
		})
	}
	return statements
}

// startsWith tells whether a term starts with whole words, of which there is one at least.
func startsWith(term, words string) bool {
	return words != "" && strings.HasPrefix(term+" ", words+" ")
}

// Places implements registry.Store.
func (s *Store) Places(
	ctx context.Context, placeType, text string, day registry.Date, limit int,
) ([]registry.VaccinationPlace, error) {
	if limit <= 0 {
		return nil, nil
	}
	from, until := prefixRange(registry.SearchText(text))
	found, err := readAll(ctx, s, selectPlaces, []any{placeType, from, until, day.String(), limit}, readPlace)
	if err != nil {
		return nil, fmt.Errorf("finding vaccination places: %w", err)
	}
	return found, nil
}

// PlacesOfType implements registry.LetterStore.
func (s *Store) PlacesOfType(ctx context.Context, placeType string) ([]registry.VaccinationPlace, error) {
	found, err := readAll(ctx, s, selectPlacesOfType, []any{placeType}, readPlace)
	if err != nil {
		return nil, fmt.Errorf("reading the vaccination places of a type: %w", err)
	}
	return found, nil
}

// placesNamed asks for the vaccination places of a type and a label.
func placesNamed(found *[]registry.VaccinationPlace, placeType, label string) []query {
	folded := registry.Fold(label)
	if folded == "" {
		return nil
	}
	return []query{into(found, readPlace, selectPlacesNamed, placeType, folded)}
}
