package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"vaccin/internal/registry"
)

const (
	localityColumns = "l.postal_code, l.name, l.commune_code"
	// The inner query finds and orders within the table of terms alone. First come the names that are the
	// text, in whole or but for the number of an arrondissement (a number follows in both: the postal code
	// or that one), then those that start with it, then those that have it further on.
	selectLocalities = "SELECT " + localityColumns + " FROM" +
		" (SELECT postal_code, folded_name, MIN(CASE WHEN NOT at_start THEN 2 WHEN term >= $4 AND term < $5 THEN 0 ELSE 1 END) AS rank" +
		" FROM locality_term WHERE term >= $1 AND term < $2" +
		" GROUP BY postal_code, folded_name ORDER BY rank, postal_code, folded_name LIMIT $3) found" +
		" JOIN locality l ON l.postal_code = found.postal_code AND l.folded_name = found.folded_name" +
		" ORDER BY found.rank, l.postal_code, l.folded_name"
	updateLocalityPoint   = "UPDATE locality SET latitude = $3, longitude = $4 WHERE postal_code = $1 AND folded_name = $2"
	selectLocalityPoints  = "SELECT postal_code, name, latitude, longitude FROM locality WHERE latitude IS NOT NULL ORDER BY postal_code, folded_name"
	selectLocalitiesNamed = "SELECT " + localityColumns + " FROM locality l WHERE l.postal_code = $1 AND l.folded_name = $2"
)

const localityTermColumns = "term, postal_code, folded_name, at_start"

var (
	upsertLocality      = upsertOf("locality", "postal_code, folded_name", "name, commune_code")
	insertLocalityTerm  = insertOf("locality_term", localityTermColumns) + " ON CONFLICT DO NOTHING"
	insertLocalityTerms = insertRows("locality_term", localityTermColumns, termsAtOnce) + " ON CONFLICT DO NOTHING"
)

// termsAtOnce is how many terms one statement inserts: parsing, binding and running it then cost less
// than half as much for each.
const termsAtOnce = 50

func readLocality(l *registry.Locality) []any { return []any{&l.PostalCode, &l.Name, &l.CommuneCode} }

// localityTerm is a row of the table of terms.
type localityTerm struct {
	term, postalCode, foldedName string
	atStart                      bool
}

// importLocalities adds or replaces localities. Their terms follow from their keys, and are inserted in
// the order of their table, which fills it from end to end instead of here and there.
func importLocalities(all []registry.Locality) []statement {
	statements := make([]statement, 0, len(all)+4*len(all)/termsAtOnce)
	var rows []localityTerm
	for _, l := range all {
		name := registry.Fold(l.Name)
		statements = append(statements, statement{sql: upsertLocality, args: []any{l.PostalCode, name, l.Name, l.CommuneCode}})
		rows = append(rows, localityTerms(l, name)...)
	}
	slices.SortFunc(rows, func(a, b localityTerm) int { return strings.Compare(a.term, b.term) })
	for len(rows) >= termsAtOnce {
		statements = append(statements, statement{sql: insertLocalityTerms, args: localityTermArgs(rows[:termsAtOnce]), quiet: true})
		rows = rows[termsAtOnce:]
	}
	for i := range rows {
		statements = append(statements, statement{sql: insertLocalityTerm, args: localityTermArgs(rows[i : i+1]), quiet: true})
	}
	return statements
}

// importPoint says where a locality is that is there already.
func importPoint(l registry.LocalityPoint) statement {
	latitude, longitude := degrees(l.Point)
	return statement{sql: updateLocalityPoint, args: []any{l.PostalCode, registry.Fold(l.Name), latitude, longitude}, quiet: true}
}

func localityTermArgs(rows []localityTerm) []any {
	args := make([]any, 0, 4*len(rows))
	for _, r := range rows {
		args = append(args, r.term, r.postalCode, r.foldedName, r.atStart)
	}
	return args
}

// localityTerms are what a locality is found by: the terms of its label and of its name before its
// postal code. The postal codes of Corsica start with 20, but people say 2A and 2B.
func localityTerms(l registry.Locality, foldedName string) []localityTerm {
	name, rows := registry.SpellOut(foldedName), []localityTerm(nil)
	texts := []string{l.PostalCode + " " + name, name + " " + l.PostalCode}
	if department := registry.Fold(l.CommuneCode[:min(2, len(l.CommuneCode))]); department == "2a" || department == "2b" {
		texts = append(texts, department+" "+name)
	}
	starts := map[string]bool{}
	for _, text := range texts {
		starts[registry.Fold(text)] = true
	}
	for _, term := range terms(texts...) {
		rows = append(rows, localityTerm{term, l.PostalCode, foldedName, starts[term]})
	}
	return rows
}

// Localities implements registry.Store.
func (s *Store) Localities(ctx context.Context, text string, limit int) ([]registry.Locality, error) {
	if limit <= 0 {
		return nil, nil
	}
	typed := registry.SearchText(text)
	from, until := prefixRange(typed)
	found, err := readAll(ctx, s, selectLocalities, []any{from, until, limit, typed + " 0", typed + " :"}, readLocality)
	if err != nil {
		return nil, fmt.Errorf("finding localities: %w", err)
	}
	return found, nil
}

// LocalitiesNamed implements registry.Store.
func (s *Store) LocalitiesNamed(ctx context.Context, label string) (found []registry.Locality, err error) {
	if err := s.engine.read(ctx, localitiesNamed(&found, label)...); err != nil {
		return nil, fmt.Errorf("finding a locality by its label: %w", err)
	}
	return found, nil
}

// LocalityPoints implements registry.LetterStore.
func (s *Store) LocalityPoints(ctx context.Context) ([]registry.LocalityPoint, error) {
	found, err := readAll(ctx, s, selectLocalityPoints, nil, func(l *registry.LocalityPoint) []any {
		return []any{&l.PostalCode, &l.Name, asDegrees(&l.Point.Latitude), asDegrees(&l.Point.Longitude)}
	})
	if err != nil {
		return nil, fmt.Errorf("reading where localities are: %w", err)
	}
	return found, nil
}

// localitiesNamed asks for the localities of a label, unless there can be none.
func localitiesNamed(found *[]registry.Locality, label string) []query {
	postalCode, name, whole := strings.Cut(registry.Fold(label), " ")
	if !whole {
		return nil
	}
	return []query{into(found, readLocality, selectLocalitiesNamed, postalCode, name)}
}
