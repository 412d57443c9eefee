package store

import (
	"context"
	"fmt"

	"vaccin/internal/registry"
)

const (
	selectPracticePlaces = "SELECT id, name, address, postal_code, locality, previous_id, am_number FROM practice_place" +
		" WHERE national_id = $1 ORDER BY position"
	upsertPracticePlace = "INSERT INTO practice_place" +
		" (national_id, id, name, address, postal_code, locality, previous_id, am_number, position)" +
		" VALUES ($1, $2, $3, $4, $5, $6, $7, $8," +
		" (SELECT COALESCE(MAX(position), 0) + 1 FROM practice_place WHERE national_id = $1))" +
		" ON CONFLICT (national_id, id) DO UPDATE SET name = excluded.name, address = excluded.address," +
		" postal_code = excluded.postal_code, locality = excluded.locality, previous_id = excluded.previous_id," +
		" am_number = excluded.am_number"
)

func importPracticePlace(pp registry.PractitionerPlace) statement {
	p := pp.Place
	return statement{sql: upsertPracticePlace, args: []any{
		pp.NationalID, p.ID, p.Name, p.Address, p.PostalCode, p.Locality, p.PreviousID, p.AMNumber,
	}}
}

// PracticePlaces implements registry.Store.
func (s *Store) PracticePlaces(ctx context.Context, nationalID string) ([]registry.PracticePlace, error) {
	found, err := readAll(ctx, s, selectPracticePlaces, []any{nationalID}, func(p *registry.PracticePlace) []any {
		return []any{&p.ID, &p.Name, &p.Address, &p.PostalCode, &p.Locality, &p.PreviousID, &p.AMNumber}
	})
	if err != nil {
		return nil, fmt.Errorf("reading places of practice: %w", err)
	}
	return found, nil
}
