package store

import (
	"context"
	"fmt"

	"vaccin/internal/registry"
)

const (
	localityColumns = "l.postal_code, l.name, l.commune_code"
	// The inner query finds and orders within the table of terms alone.
	selectLocalities = "SELECT " + localityColumns + " FROM" +
		" (SELECT DISTINCT postal_code, folded_name FROM locality_term WHERE term >= $1 AND term < $2" +
		" ORDER BY postal_code, folded_name LIMIT $3) found" +
		" JOIN locality l ON l.postal_code = found.postal_code AND l.folded_name = found.folded_name" +
		" ORDER BY l.postal_code, l.folded_name"
	selectLocalitiesNamed = "SELECT " + localityColumns + " FROM locality l WHERE l.folded_label = $1" +
		" ORDER BY l.postal_code, l.folded_name"
)

var (
	upsertLocality     = upsertOf("locality", "postal_code, folded_name", "name, commune_code, folded_label")
	insertLocalityTerm = insertOf("locality_term", "term, postal_code, folded_name") + " ON CONFLICT DO NOTHING"
)

func readLocality(l *registry.Locality) []any { return []any{&l.PostalCode, &l.Name, &l.CommuneCode} }

// importLocality adds or replaces a locality. Its terms follow from its key.
func importLocality(l registry.Locality) []statement {
	name := registry.Fold(l.Name)
	statements := []statement{{
		sql:  upsertLocality,
		args: []any{l.PostalCode, name, l.Name, l.CommuneCode, registry.Fold(l.Label())},
	}}
	for _, term := range terms(l.Label(), l.Name+" "+l.PostalCode) {
		statements = append(statements, statement{sql: insertLocalityTerm, args: []any{term, l.PostalCode, name}, quiet: true})
	}
	return statements
}

// Localities implements registry.Store.
func (s *Store) Localities(ctx context.Context, text string, limit int) ([]registry.Locality, error) {
	if limit <= 0 {
		return nil, nil
	}
	from, until := prefixRange(registry.Fold(text))
	found, err := readAll(ctx, s, selectLocalities, []any{from, until, limit}, readLocality)
	if err != nil {
		return nil, fmt.Errorf("finding localities: %w", err)
	}
	return found, nil
}

// LocalitiesNamed implements registry.Store.
func (s *Store) LocalitiesNamed(ctx context.Context, label string) (found []registry.Locality, err error) {
	err = s.engine.read(ctx, func(r reader) error {
		found, err = localitiesNamed(r, label)
		return err
	})
	return found, err
}

func localitiesNamed(r reader, label string) ([]registry.Locality, error) {
	folded := registry.Fold(label)
	if folded == "" {
		return nil, nil
	}
	found, err := all(r, selectLocalitiesNamed, []any{folded}, readLocality)
	if err != nil {
		return nil, fmt.Errorf("finding a locality by its label: %w", err)
	}
	return found, nil
}
