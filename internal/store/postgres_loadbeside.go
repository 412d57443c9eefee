package store

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"vaccin/internal/registry"
)

// A first import into a database that has few persons: those entered by hand before the referential came, or a department that came before the
// country. Rows that share no number with any of them are loaded as into an empty database. The others, and who shares a number with those, are
// left; once all the indexes are there they are merged, as a newer file is.

const (
	// The numbers of so many are in memory while rows come.
	mostBeside = 300_000
	// A file that brings less than ten times as many, or a few only, is merged as soon.
	timesMore = 10
	fewLines  = 10_000

	// What is merged in the end changes some of them: an import that goes on is to know who they were.
	makeBefore   = "CREATE TABLE population_before AS SELECT r.id, p.sealed FROM record r JOIN patient p ON p.record_num = r.num"
	selectBefore = "SELECT id, sealed FROM population_before"
	forgetBefore = "DROP TABLE IF EXISTS population_before"
	// A number that somebody had who is gone is not given again.
	lastNumber = "SELECT GREATEST((SELECT MAX(num) FROM record), pg_sequence_last_value(pg_get_serial_sequence('record', 'num')))"
	// A version that knows of no first import that was given up serves too.
	giveUpImport = "UPDATE population_import SET state = '" + importDropped + "', first = false WHERE number = $1"
	isSettled    = "SELECT to_regclass('population_aside_record') IS NULL"
)

func (s *postgresImport) fewBeside(lines int64) int64 {
	if s.engine.loadsAlways {
		return mostBeside
	}
	if lines < fewLines {
		return 0
	}
	return min(mostBeside, lines/timesMore)
}

// remember keeps who is there before the file, and tells the number of the last of them.
func (t postgresTx) remember() (last int64, err error) {
	if _, err := t.exec(makeBefore); err != nil {
		return 0, fmt.Errorf("keeping who is there: %w", err)
	}
	err = t.query(query{sql: lastNumber, row: func(scan func(...any) error) error { return scan(&last) }})
	return last, err
}

// numbersBefore are the numbers of those who were there before the file, hashed.
func (s *postgresImport) numbersBefore(ctx context.Context, keys *identityKeys) (map[uint64]struct{}, error) {
	rows, err := s.conn.Query(ctx, selectBefore)
	if err != nil {
		return nil, unavailable(err)
	}
	numbers := map[uint64]struct{}{}
	err = query{row: func(scan func(...any) error) error {
		id, sealed, p := "", []byte(nil), registry.Patient{}
		if err := scan(&id, &sealed); err != nil {
			return err
		}
		if err := keys.open(registry.RecordID(id), sealed, &p); err != nil {
			return err
		}
		numbers[hashNumber(p.Holder)] = struct{}{}
		if !p.Own.IsZero() {
			numbers[hashNumber(p.Own)] = struct{}{}
		}
		return nil
	}}.each(rows)
	return numbers, unavailable(err)
}

// settled tells whether suspects have joined the others.
func (s *postgresImport) settled(ctx context.Context) (settled bool, err error) {
	return settled, unavailable(s.conn.QueryRow(ctx, isSettled).Scan(&settled))
}

// closeBy is how many parts are read for nothing rather than beginning to read anew.
const closeBy = 16

// mergeLeft merges the rows that are left, of a part together, and opens the database.
func (l *populationLoad) mergeLeft(ctx context.Context, s *postgresImport) error {
	l.progress(registry.PopulationProgress{Step: registry.PopulationKnown, Line: l.file.Lines})
	l.known = l.file.Lines // the database was made to know them
	numbers := slices.Sorted(maps.Keys(l.left))
	for len(numbers) > 0 {
		n := 1
		for n < len(numbers) && numbers[n]-numbers[n-1] < closeBy {
			n++
		}
		if err := l.mergeParts(ctx, s, numbers[0], numbers[n-1]); err != nil {
			return err
		}
		numbers = numbers[n:]
	}
	return s.do(ctx, func(tx importTx) error {
		if err := l.alone(tx); err != nil {
			return err
		}
		if _, err := tx.exec(dropSettled); err != nil {
			return err
		}
		return l.end(tx.(postgresTx))
	})
}

// mergeParts merges what is left of the parts from one to another.
func (l *populationLoad) mergeParts(ctx context.Context, s *postgresImport, from, to int) error {
	read := l.file.Again
	if read == nil {
		read = l.file.Read
	}
	for part, err := range read(ctx, from) {
		if err != nil {
			return err
		}
		if part.Number > to {
			return nil
		}
		left := part
		left.Number, left.Rows = part.Number+l.file.Parts, nil
		for _, i := range l.left[part.Number] {
			left.Rows = append(left.Rows, part.Rows[i])
		}
		if len(left.Rows) > 0 && !l.done[left.Number] {
			if err := s.do(ctx, func(tx importTx) error { return l.mergePart(tx, left) }); err != nil {
				return err
			}
		}
		release(part)
	}
	return ctx.Err()
}
