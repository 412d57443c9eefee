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
	selectRecord  = "SELECT " + recordColumns + ", " + patientColumns + " FROM record r JOIN patient p ON p.record_num = r.num"

	advanceRecord = "UPDATE record SET version = version + 1, last_change = $1 WHERE id = $2 AND version = $3"
	// The unique index of codes stands behind this, and would fail the work of two servers that draw the
	// same code at the same time; done again, one of them touches no row.
	advanceWithCode = "UPDATE record SET version = version + 1, last_change = $1, code = $4 WHERE id = $2 AND version = $3" +
		" AND NOT EXISTS (SELECT 1 FROM record other WHERE other.code = $4 AND other.id <> $2)"

	probeVersion = "SELECT 1 FROM record WHERE id = $1 AND version = $2"
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
func (k *identityKeys) createRecord(id registry.RecordID, p registry.Patient, code registry.TargetCode, change int64) (statement, error) {
	if p.Holder.IsZero() {
		return statement{}, errNoNIR
	}
	if id == "" || p.BirthDate.IsZero() {
		return statement{}, errors.New("store: a patient without identifier or birth date")
	}
	key := append([]any{p.BirthDate.Digits(), p.BirthRank}, k.blinds(p.Holder)...)
	var number any
	none := []reason{k.moved(), {probe: k.probeKey, args: key}}
	if !code.IsZero() {
		number = int64(code)
		none = append(none, reason{probe: probeCode, args: []any{number}, err: registry.ErrCodeTaken})
	}
	return statement{
		sql:  k.insert,
		args: k.insertedArgs(id, p, number, change),
		none: append(none, reason{err: registry.ErrOvertaken}), // the identifier itself is taken
	}, nil
}

// registerRecord is createRecord for who is entered by hand, whom a record refuses: one of the same key, or
// one of who has the number as their own.
func (k *identityKeys) registerRecord(id registry.RecordID, p registry.Patient, change int64) (statement, error) {
	s, err := k.createRecord(id, p, 0, change)
	if err != nil {
		return statement{}, err
	}
	s.sql = k.register
	moved, taken := s.none[0], s.none[1]
	taken.err = registry.ErrPatientExists
	own := reason{
		probe: k.probeOwn, args: append([]any{p.BirthDate.Digits()}, k.blinds(p.Holder)...), err: registry.ErrPatientExists,
	}
	s.none = append([]reason{moved, own, taken}, s.none[2:]...)
	return s, nil
}

// selection are the queries that read whole records by one condition, each on its own.
type selection struct{ records, eligibilities, doses, annulments string }

// selectWhere is the selection of the records whose number is among those of a query.
func selectWhere(nums string) selection {
	entries := func(columns, table, order string) string {
		return "SELECT record_num, " + columns + " FROM " + table + " WHERE record_num IN (" + nums + ")" + order
	}
	return selection{
		records:       selectRecord + " WHERE r.num IN (" + nums + ") ORDER BY r.birth_date, r.birth_rank, r.id",
		eligibilities: entries(eligibilityColumns, "eligibility", " ORDER BY record_num, sequence, number"),
		doses:         entries(doseColumns, "dose", " ORDER BY record_num, step, sequence, number"),
		annulments:    entries(annulmentColumns, "annulment", ""),
	}
}

var (
	recordByID   = selectWhere("SELECT num FROM record WHERE id = $1")
	recordByCode = selectWhere("SELECT num FROM record WHERE code = $1")
)

// found is a record being read, with the number that its entries bear and the identity that is sealed.
type found struct {
	num    int64
	sealed []byte
	record registry.Record
}

func (f *found) columns() []any {
	r := &f.record
	own := []any{&f.num, &r.ID, &r.Version, asCode(&r.Code), asBirthDate(&r.Patient.BirthDate), &r.Patient.BirthRank}
	return append(own, readPatient(&r.Patient, &f.sealed)...)
}

// gathered is what a selection finds.
type gathered struct {
	records       []found
	eligibilities []eligibilityRow
	doses         []doseRow
	annulments    []annulmentRow
}

func (g *gathered) queries(s selection, args ...any) []query {
	return []query{
		often(into(&g.records, (*found).columns, s.records, args...)),
		into(&g.eligibilities, (*eligibilityRow).columns, s.eligibilities, args...),
		into(&g.doses, (*doseRow).columns, s.doses, args...),
		into(&g.annulments, (*annulmentRow).columns, s.annulments, args...),
	}
}

// whole are the records with the identities opened and all that was declared on them.
func (g *gathered) whole(k *identityKeys) ([]registry.Record, error) {
	whole, at := make([]registry.Record, len(g.records)), make(map[int64]*registry.Record, len(g.records))
	for i := range g.records {
		f := &g.records[i]
		if err := k.open(f.record.ID, f.sealed, &f.record.Patient); err != nil {
			return nil, err
		}
		whole[i] = f.record
		at[f.num] = &whole[i]
	}
	for i := range g.eligibilities {
		if err := putIn(at, g.eligibilities[i].record, &g.eligibilities[i]); err != nil {
			return nil, err
		}
	}
	for i := range g.doses {
		if err := putIn(at, g.doses[i].record, &g.doses[i]); err != nil {
			return nil, err
		}
	}
	for i := range g.annulments { // after the entries that they mark
		if err := putIn(at, g.annulments[i].record, &g.annulments[i]); err != nil {
			return nil, err
		}
	}
	return whole, nil
}

// putIn puts a row in the record that it belongs to.
func putIn(records map[int64]*registry.Record, num int64, row interface{ put(*registry.Record) error }) error {
	r, ok := records[num]
	if !ok {
		return errors.New("store: an entry of no record")
	}
	return row.put(r)
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
func (s *Store) Facts(ctx context.Context, id registry.RecordID, want registry.Wanted) (facts registry.Facts, err error) {
	err = s.withKeys(ctx, func(k *identityKeys) error {
		facts = registry.Facts{}
		var g gathered
		queries := g.queries(recordByID, string(id))
		queries = append(queries, lotVaccines(&facts.LotVaccines, want.Lot)...)
		queries = append(queries, placesNamed(&facts.Places, want.PlaceType, want.PlaceLabel)...)
		queries = append(queries, localitiesNamed(&facts.Localities, want.LocalityLabel)...)
		if err := s.engine.read(ctx, queries...); err != nil {
			return fmt.Errorf("reading facts: %w", err)
		}
		facts.Record, err = one(g.whole(k))
		return err
	})
	if err != nil {
		return registry.Facts{}, err
	}
	return facts, nil
}

// Read implements registry.Store.
func (s *Store) Read(ctx context.Context, id registry.RecordID, event registry.Event) (registry.Record, error) {
	return one(s.logged(ctx, event, registry.Toll{}, search{selection: recordByID, arg: string(id)}))
}

// FindByCode implements registry.Store.
func (s *Store) FindByCode(
	ctx context.Context, code registry.TargetCode, event registry.Event, toll registry.Toll,
) (registry.Record, error) {
	return one(s.logged(ctx, event, toll, search{selection: recordByCode, arg: int64(code)}))
}

// FindByNIR implements registry.Store.
func (s *Store) FindByNIR(
	ctx context.Context, number nir.Number, event registry.Event, toll registry.Toll,
) ([]registry.Record, error) {
	return s.logged(ctx, event, toll, search{number: number})
}

// FindByKey implements registry.Store.
func (s *Store) FindByKey(ctx context.Context, number nir.Number, born registry.BirthDate, rank int) (registry.RecordID, error) {
	var ids []registry.RecordID
	err := s.withKeys(ctx, func(k *identityKeys) error {
		var unknown bool
		ids = nil
		args := append([]any{born.Digits(), rank}, k.blinds(number)...)
		one := into(&ids, func(id *registry.RecordID) []any { return []any{id} }, k.key, args...)
		return known(s.engine.read(ctx, one, k.unknown(&unknown)), &unknown)
	})
	if err != nil {
		return "", fmt.Errorf("finding a beneficiary: %w", err)
	}
	if len(ids) == 0 {
		return "", registry.ErrNoRecord
	}
	return ids[0], nil
}

// known is the outcome of a look-up by NIR, which is none when records may bear a key that is not held.
func known(err error, unknown *bool) error {
	if err == nil && *unknown {
		return errKeysMoved
	}
	return err
}

// search says which records are looked for: those of a selection, or those of a number.
type search struct {
	selection
	arg    any
	number nir.Number
}

// find reads the records of a search.
func (s *Store) find(ctx context.Context, k *identityKeys, what search) ([]registry.Record, error) {
	var g gathered
	if what.records != "" {
		if err := s.engine.read(ctx, g.queries(what.selection, what.arg)...); err != nil {
			return nil, err
		}
		return g.whole(k)
	}
	var unknown bool
	queries := append(g.queries(k.recordsByNIR, k.blinds(what.number)...), k.unknown(&unknown))
	if err := known(s.engine.read(ctx, queries...), &unknown); err != nil {
		return nil, err
	}
	rows, err := g.whole(k)
	if err != nil {
		return nil, err
	}
	return rows, ofNumber(what.number, rows)
}

// logged reads records and returns them once the access log has an entry for each, or one that says that
// nothing was found, and the toll is paid.
func (s *Store) logged(ctx context.Context, event registry.Event, toll registry.Toll, what search) (rows []registry.Record, err error) {
	if event.IsZero() {
		return nil, errNoEvent
	}
	err = s.withKeys(ctx, func(k *identityKeys) error {
		rows, err = s.find(ctx, k, what)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading records: %w", err)
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
