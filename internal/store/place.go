package store

import (
	"context"
	"fmt"

	"vaccin/internal/registry"
)

const (
	placeColumns = "p.id, p.type, p.name, p.address, p.postal_code, p.locality, p.closed, p.label"
	// The inner query finds and orders within the table of terms alone.
	selectPlaces = "SELECT " + placeColumns + " FROM" +
		" (SELECT DISTINCT postal_code, folded_name, place_id FROM vaccination_place_term" +
		" WHERE type = $1 AND term >= $2 AND term < $3 AND (closed IS NULL OR closed >= $4)" +
		" ORDER BY postal_code, folded_name, place_id LIMIT $5) found" +
		" JOIN vaccination_place p ON p.id = found.place_id" +
		" ORDER BY found.postal_code, found.folded_name, found.place_id"
	selectPlacesNamed = "SELECT " + placeColumns + " FROM vaccination_place p WHERE p.type = $1 AND p.folded_label = $2" +
		" ORDER BY p.id"
	deletePlaceTerms = "DELETE FROM vaccination_place_term WHERE place_id = $1"
)

var (
	upsertPlace = upsertOf("vaccination_place", "id",
		"type, name, address, postal_code, locality, closed, label, folded_label")
	insertPlaceTerm = insertOf("vaccination_place_term", "type, term, postal_code, folded_name, place_id, closed")
)

func readPlace(p *registry.VaccinationPlace) []any {
	return []any{&p.ID, &p.Type, &p.Name, &p.Address, &p.PostalCode, &p.Locality, asOptionalDay(&p.Closed), &p.Label}
}

// importPlace adds or replaces a vaccination place, and its terms with it.
func importPlace(p registry.VaccinationPlace) []statement {
	closed := optionalDay(p.Closed)
	statements := []statement{
		{sql: upsertPlace, args: []any{
			p.ID, p.Type, p.Name, p.Address, p.PostalCode, p.Locality, closed, p.Label, registry.Fold(p.Label),
		}},
		{sql: deletePlaceTerms, args: []any{p.ID}, quiet: true},
	}
	name := registry.Fold(p.Name)
	for _, term := range terms(p.Label, p.Name, p.PostalCode+" "+p.Locality, p.Locality+" "+p.PostalCode) {
		statements = append(statements, statement{sql: insertPlaceTerm, args: []any{p.Type, term, p.PostalCode, name, p.ID, closed}})
	}
	return statements
}

// Places implements registry.Store.
func (s *Store) Places(
	ctx context.Context, placeType, text string, day registry.Date, limit int,
) ([]registry.VaccinationPlace, error) {
	if limit <= 0 {
		return nil, nil
	}
	from, until := prefixRange(registry.Fold(text))
	found, err := readAll(ctx, s, selectPlaces, []any{placeType, from, until, day.String(), limit}, readPlace)
	if err != nil {
		return nil, fmt.Errorf("finding vaccination places: %w", err)
	}
	return found, nil
}

func placesNamed(r reader, placeType, label string) ([]registry.VaccinationPlace, error) {
	folded := registry.Fold(label)
	if folded == "" {
		return nil, nil
	}
	found, err := all(r, selectPlacesNamed, []any{placeType, folded}, readPlace)
	if err != nil {
		return nil, fmt.Errorf("finding a vaccination place by its label: %w", err)
	}
	return found, nil
}
