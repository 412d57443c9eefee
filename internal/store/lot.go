package store

import (
	"context"
	"fmt"

	"vaccin/internal/registry"
)

const (
	selectLots = "SELECT vaccine_code, number FROM lot WHERE vaccine_code = $1 AND number >= $2 AND number < $3" +
		" ORDER BY number LIMIT $4"
	selectLotVaccines = "SELECT vaccine_code FROM lot WHERE number = $1 ORDER BY vaccine_code"
)

var insertLot = insertOf("lot", "vaccine_code, number") + " ON CONFLICT DO NOTHING"

func importLot(l registry.Lot) statement {
	return statement{sql: insertLot, args: []any{l.VaccineCode, l.Number}, quiet: true}
}

// Lots implements registry.Store.
func (s *Store) Lots(ctx context.Context, vaccineCode, text string, limit int) ([]registry.Lot, error) {
	if limit <= 0 {
		return nil, nil
	}
	from, until := prefixRange(registry.NormalLot(text))
	found, err := readAll(ctx, s, selectLots, []any{vaccineCode, from, until, limit}, func(l *registry.Lot) []any {
		return []any{&l.VaccineCode, &l.Number}
	})
	if err != nil {
		return nil, fmt.Errorf("finding lots: %w", err)
	}
	return found, nil
}

// lotVaccines asks for the vaccines that have a lot of that number.
func lotVaccines(found *[]string, number string) []query {
	if number == "" {
		return nil
	}
	return []query{into(found, func(code *string) []any { return []any{code} }, selectLotVaccines, number)}
}
