package store

import (
	"context"
	"errors"
	"fmt"

	"vaccin/internal/nir"
	"vaccin/internal/registry"
)

const (
	recordColumns = "r.num, r.id, r.version, r.code, r.birth_date, r.birth_rank"

	selectRecord = "SELECT " + recordColumns + ", " + patientColumns +
		" FROM record r JOIN patient p ON p.record_num = r.num WHERE "
	selectRecordByID   = selectRecord + "r.id = $1"
	selectRecordByCode = selectRecord + "r.code = $1"
	selectRecordsByNIR = selectRecord + "r.num IN (SELECT num FROM record WHERE holder_key = $1" +
		" UNION SELECT num FROM record WHERE own_key = $1) ORDER BY r.birth_date, r.birth_rank, r.id"
	// The natural key goes before the person's own number.
	selectKey = "SELECT id FROM record WHERE birth_date = $2 AND (holder_key = $1 AND birth_rank = $3 OR own_key = $1)" +
		" ORDER BY CASE WHEN holder_key = $1 AND birth_rank = $3 THEN 0 ELSE 1 END, id LIMIT 1"

	recordInserted = "INSERT INTO record (id, version, last_change, code, holder_key, birth_date, birth_rank, own_key)"
	insertRecord   = recordInserted + " VALUES ($1, 1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING"
	// Who is entered by hand may have a record under another holder: then the number is their own.
	registerRecord = recordInserted + " SELECT $1, 1, $2, $3, $4, $5, $6, $7 WHERE NOT EXISTS" +
		" (SELECT 1 FROM record known WHERE known.own_key = $4 AND known.birth_date = $5) ON CONFLICT DO NOTHING"
	advanceRecord = "UPDATE record SET version = version + 1, last_change = $1 WHERE id = $2 AND version = $3"
	// The unique index of codes stands behind this, and would fail the work of two servers that draw the
	// same code at the same time; done again, one of them touches no row.
	advanceWithCode = "UPDATE record SET version = version + 1, last_change = $1, code = $4 WHERE id = $2 AND version = $3" +
		" AND NOT EXISTS (SELECT 1 FROM record other WHERE other.code = $4 AND other.id <> $2)"

	probeVersion = "SELECT 1 FROM record WHERE id = $1 AND version = $2"
	probeKey     = "SELECT 1 FROM record WHERE holder_key = $1 AND birth_date = $2 AND birth_rank = $3"
	probeOwn     = "SELECT 1 FROM record WHERE own_key = $1 AND birth_date = $2"
	probeCode    = "SELECT 1 FROM record WHERE code = $1"
)

// advance is the guard of every change to a record that exists: it holds for one change of those made
// from the same version, and marks the record with it.
func advance(head registry.Head, change int64, code registry.TargetCode) statement {
	overtaken := reason{err: registry.ErrOvertaken}
	if code.IsZero() {
		return statement{
			sql:  advanceRecord,
			args: []any{change, string(head.Record()), head.From()},
			none: []reason{overtaken},
		}
	}
	return statement{
		sql:  advanceWithCode,
		args: []any{change, string(head.Record()), head.From(), int64(code)},
		none: []reason{
			{probe: probeVersion, args: []any{string(head.Record()), head.From()}, err: registry.ErrCodeTaken},
			overtaken,
		},
	}
}

// createRecord inserts a record at version 1, and passes over a beneficiary who has one.
func createRecord(id registry.RecordID, p registry.Patient, code registry.TargetCode, change int64) (statement, error) {
	if p.Holder.IsZero() {
		return statement{}, errNoNIR
	}
	if id == "" || p.BirthDate.IsZero() {
		return statement{}, errors.New("store: a patient without identifier or birth date")
	}
	key := []any{nirKey(p.Holder), p.BirthDate.Digits(), p.BirthRank}
	var number any
	none := []reason{{probe: probeKey, args: key}}
	if !code.IsZero() {
		number = int64(code)
		none = append(none, reason{probe: probeCode, args: []any{number}, err: registry.ErrCodeTaken})
	}
	return statement{
		sql:  insertRecord,
		args: []any{string(id), change, number, key[0], key[1], key[2], optional(nirKey, p.Own)},
		none: append(none, reason{err: registry.ErrOvertaken}), // the identifier itself is taken
	}, nil
}

// register is createRecord for who is entered by hand, whom a record refuses: one of the same key, or one
// of who has the number as their own.
func register(id registry.RecordID, p registry.Patient, change int64) (statement, error) {
	s, err := createRecord(id, p, 0, change)
	if err != nil {
		return statement{}, err
	}
	s.sql = registerRecord
	s.none[0].err = registry.ErrPatientExists
	own := reason{probe: probeOwn, args: s.none[0].args[:2], err: registry.ErrPatientExists}
	s.none = append([]reason{own}, s.none...)
	return s, nil
}

// found is a record being read, with the number that its entries bear.
type found struct {
	num    int64
	record registry.Record
}

func (f *found) columns() []any {
	r := &f.record
	own := []any{&f.num, &r.ID, &r.Version, asCode(&r.Code), asBirthDate(&r.Patient.BirthDate), &r.Patient.BirthRank}
	return append(own, readPatient(&r.Patient)...)
}

// records returns whole records by one of the queries above.
func records(r reader, query string, args ...any) ([]registry.Record, error) {
	rows, err := all(r, query, args, (*found).columns)
	if err != nil {
		return nil, fmt.Errorf("reading records: %w", err)
	}
	var whole []registry.Record
	for _, f := range rows {
		if err := f.entries(r); err != nil {
			return nil, fmt.Errorf("reading a record's entries: %w", err)
		}
		whole = append(whole, f.record)
	}
	return whole, nil
}

// entries reads what was declared on the record. A record at its first version was never changed: most
// persons of the referential have nothing else to read.
func (f *found) entries(r reader) error {
	if f.record.Version == 1 {
		return nil
	}
	if err := f.eligibilities(r); err != nil {
		return err
	}
	if err := f.doses(r); err != nil {
		return err
	}
	return f.annulments(r)
}

// withVersion puts a version read from a row in its place. Rows come in order; a gap is an error.
func withVersion[T any](entries []registry.Entry[T], sequence int, v registry.Version[T]) ([]registry.Entry[T], error) {
	n := len(entries)
	switch {
	case n > 0 && entries[n-1].Sequence == sequence && v.Number == len(entries[n-1].Versions)+1:
		entries[n-1].Versions = append(entries[n-1].Versions, v)
		return entries, nil
	case sequence == n+1 && v.Number == 1:
		return append(entries, registry.Entry[T]{Sequence: sequence, Versions: []registry.Version[T]{v}}), nil
	}
	return nil, errors.New("store: a version is missing in an entry")
}

// one returns the only record of a query, or registry.ErrNoRecord.
func one(rows []registry.Record, err error) (registry.Record, error) {
	if err != nil {
		return registry.Record{}, err
	}
	if len(rows) == 0 {
		return registry.Record{}, registry.ErrNoRecord
	}
	return rows[0], nil
}

// Facts implements registry.Store.
func (s *Store) Facts(ctx context.Context, id registry.RecordID, want registry.Wanted) (registry.Facts, error) {
	var facts registry.Facts
	err := s.engine.read(ctx, func(r reader) (err error) {
		if facts.Record, err = one(records(r, selectRecordByID, string(id))); err != nil {
			return err
		}
		if facts.LotVaccines, err = lotVaccines(r, want.Lot); err != nil {
			return err
		}
		if facts.Places, err = placesNamed(r, want.PlaceType, want.PlaceLabel); err != nil {
			return err
		}
		facts.Localities, err = localitiesNamed(r, want.LocalityLabel)
		return err
	})
	if err != nil {
		return registry.Facts{}, err
	}
	return facts, nil
}

// Read implements registry.Store.
func (s *Store) Read(ctx context.Context, id registry.RecordID, event registry.Event) (registry.Record, error) {
	return one(s.logged(ctx, event, registry.Toll{}, selectRecordByID, string(id)))
}

// FindByCode implements registry.Store.
func (s *Store) FindByCode(
	ctx context.Context, code registry.TargetCode, event registry.Event, toll registry.Toll,
) (registry.Record, error) {
	return one(s.logged(ctx, event, toll, selectRecordByCode, int64(code)))
}

// FindByNIR implements registry.Store.
func (s *Store) FindByNIR(
	ctx context.Context, number nir.Number, event registry.Event, toll registry.Toll,
) ([]registry.Record, error) {
	return s.logged(ctx, event, toll, selectRecordsByNIR, nirKey(number))
}

// FindByKey implements registry.Store.
func (s *Store) FindByKey(ctx context.Context, number nir.Number, born registry.BirthDate, rank int) (registry.RecordID, error) {
	ids, err := readAll(ctx, s, selectKey, []any{nirKey(number), born.Digits(), rank}, func(id *registry.RecordID) []any {
		return []any{id}
	})
	if err != nil {
		return "", fmt.Errorf("finding a beneficiary: %w", err)
	}
	if len(ids) == 0 {
		return "", registry.ErrNoRecord
	}
	return ids[0], nil
}

// logged reads records and returns them once the access log has an entry for each, or one that says that
// nothing was found, and the toll is paid.
func (s *Store) logged(ctx context.Context, event registry.Event, toll registry.Toll, query string, arg any) (rows []registry.Record, err error) {
	if event.IsZero() {
		return nil, errNoEvent
	}
	err = s.engine.read(ctx, func(r reader) error {
		rows, err = records(r, query, arg)
		return err
	})
	if err != nil {
		return nil, err
	}
	events := []registry.Event{}
	for _, r := range rows {
		event.Record, event.Outcome = r.ID, registry.OutcomeFound
		events = append(events, event)
	}
	if len(rows) == 0 {
		event.Record, event.Outcome = "", registry.OutcomeNothing
		events = append(events, event)
	}
	if err := s.logTried(ctx, toll, events...); err != nil {
		return nil, err
	}
	return rows, nil
}
