package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"vaccin/internal/nir"
	"vaccin/internal/registry"
)

// highestNumber is the highest number of a record, 0 where there is none.
const highestNumber = "SELECT COALESCE(MAX(num), 0) FROM record"

func (s *Store) highestNumber(ctx context.Context) (int64, error) {
	found, err := readAll(ctx, s, highestNumber, nil, func(n *int64) []any { return []any{n} })
	if err != nil {
		return 0, err
	}
	return found[0], nil
}

// A record is read by one statement: its own columns and the person's stand again beside each row of its entries,
// which are few. The database sorts nothing: to do it here costs less, and the order is of no use to it.
const (
	// The code is the record's own or else, as for most, that of a run (target.go).
	recordColumns = "r.num, r.id, r.version, CASE WHEN r.code IS NULL THEN (" + selectTarget + ") ELSE r.code END, r.birth_date, r.birth_rank, p.died"
	selectRecord  = "SELECT " + recordColumns + ", " + patientColumns + ", " + entryFields +
		" FROM record r JOIN patient p ON p.record_num = r.num LEFT JOIN entry e ON e.record_num = r.num WHERE "

	// A code that a merge ended finds the person too; one of a run does not, of who has another of their own.
	recordByCode = selectRecord + "r.num = COALESCE((SELECT num FROM record WHERE code = $1), (" + selectTargeted + "), (" + selectFormer + "))" +
		" AND (r.code = $1 OR r.code IS NULL OR EXISTS (SELECT 1 FROM former_code f WHERE f.code = $1 AND f.record_num = r.num))"

	// The number says which record, and the identifier that it is the one; not by =, so that no index of
	// identifiers is tried.
	advanceRecord = "UPDATE record SET version = version + 1, last_change = $1 WHERE num = $2 AND version = $3 AND id IS NOT DISTINCT FROM $4"
	// The unique index of codes stands behind this, and would fail the work of two servers that draw the
	// same code at the same time; done again, one of them touches no row. That a run has given the person a code
	// meanwhile is seen too: who decided that one is to be drawn decides again.
	advanceWithCode = "UPDATE record SET version = version + 1, last_change = $1, code = $5 WHERE num = $2 AND version = $3" +
		" AND id IS NOT DISTINCT FROM $4 AND NOT EXISTS (SELECT 1 FROM record other WHERE other.code = $5 AND other.num <> $2)" +
		" AND NOT EXISTS (SELECT 1 FROM target WHERE code = $5) AND NOT EXISTS (SELECT 1 FROM target WHERE record_num = $2)" +
		" AND NOT EXISTS (SELECT 1 FROM former_code WHERE code = $5)"

	probeCode = "SELECT 1 FROM record WHERE code = $1 UNION ALL SELECT 1 FROM target WHERE code = $1 UNION ALL SELECT 1 FROM former_code WHERE code = $1"
)

var (
	recordByID   = selectRecord + byID("r", 1)
	probeVersion = "SELECT 1 FROM record r WHERE " + byID("r", 1) + " AND version = $3"
)

// advance is the guard of every change to a record that exists: it holds for one change of those made
// from the same version, and marks the record with it.
func advance(head registry.Head, num, change int64, code registry.TargetCode) statement {
	overtaken := reason{err: registry.ErrOvertaken}
	args := []any{change, num, head.From(), string(head.Record())}
	if code.IsZero() {
		return statement{sql: advanceRecord, args: args, none: []reason{overtaken}}
	}
	return statement{
		sql:  advanceWithCode,
		args: append(args, int64(code)),
		none: []reason{
			{probe: probeVersion, args: append(recordKeys(head.Record()), head.From()), err: registry.ErrCodeTaken},
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

// found is a record being read, with the number that its entries bear and the identity that is sealed.
type found struct {
	num    int64
	sealed []byte
	record registry.Record
}

func (f *found) columns() []any {
	r := &f.record
	own := []any{&f.num, &r.ID, &r.Version, asCode(&r.Code), asBirthDate(&r.Patient.BirthDate), &r.Patient.BirthRank, asDayNumber(&r.Died)}
	return append(own, readPatient(&r.Patient, &f.sealed)...)
}

// foundColumns is how many columns a record has before those of its entries.
var foundColumns = columnCount(recordColumns) + columnCount(patientColumns)

// gathered is what a query of records finds.
type gathered struct {
	records []found
	entries []entryRow
}

// query is the question, one of those that begin with selectRecord. The columns of a record, which stand again in
// every row, are read once.
func (g *gathered) query(sql string, args ...any) query {
	var f found
	var e entryRow
	own := e.columns()
	each := slices.Concat([]any{&e.record}, passed(foundColumns-1), own)
	once := append(f.columns(), passed(len(own))...)
	return query{sql: sql, args: args, often: true, row: func(scan func(...any) error) error {
		e = entryRow{}
		if err := scan(each...); err != nil {
			return err
		}
		if !slices.ContainsFunc(g.records, func(known found) bool { return known.num == e.record }) {
			f = found{}
			if err := scan(once...); err != nil {
				return err
			}
			g.records = append(g.records, f)
		}
		if e.number.there {
			g.entries = append(g.entries, e)
		}
		return nil
	}}
}

// sort brings records in their order, and entries in that in which they were made.
func (g *gathered) sort() {
	slices.SortFunc(g.records, func(a, b found) int {
		p, q := &a.record.Patient, &b.record.Patient
		return cmp.Or(strings.Compare(p.BirthDate.Digits(), q.BirthDate.Digits()), cmp.Compare(p.BirthRank, q.BirthRank),
			strings.Compare(string(a.record.ID), string(b.record.ID)))
	})
	slices.SortFunc(g.entries, func(a, b entryRow) int {
		return cmp.Or(cmp.Compare(a.record, b.record), cmp.Compare(a.step.n, b.step.n), cmp.Compare(a.sequence.n, b.sequence.n),
			cmp.Compare(a.number.n, b.number.n))
	})
}

// whole are the records with the identities opened and all that was declared on them.
func (s *Store) whole(k *identityKeys, g *gathered) ([]registry.Record, error) {
	g.sort()
	records := make([]registry.Record, len(g.records))
	for i := range g.records {
		f := &g.records[i]
		if err := k.open(f.record.ID, f.sealed, &f.record.Patient); err != nil {
			return nil, err
		}
		records[i] = f.record
		s.numbers.keep(f.record.ID, f.num)
	}
	for _, annulments := range []bool{false, true} { // after the entries that they mark
		for i := range g.entries {
			e := &g.entries[i]
			if (e.number.n == annulled) != annulments {
				continue
			}
			of := slices.IndexFunc(g.records, func(f found) bool { return f.num == e.record })
			if err := e.put(&records[of]); err != nil {
				return nil, err
			}
		}
	}
	return records, nil
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
		queries := []query{g.query(recordByID, recordKeys(id)...)}
		queries = append(queries, lotVaccines(&facts.LotVaccines, want.Lot)...)
		queries = append(queries, placesNamed(&facts.Places, want.PlaceType, want.PlaceLabel)...)
		queries = append(queries, localitiesNamed(&facts.Localities, want.LocalityLabel)...)
		if err := s.engine.read(ctx, queries...); err != nil {
			return fmt.Errorf("reading facts: %w", err)
		}
		facts.Record, err = one(s.whole(k, &g))
		return err
	})
	if err != nil {
		return registry.Facts{}, err
	}
	return facts, nil
}

// Read implements registry.Store.
func (s *Store) Read(ctx context.Context, id registry.RecordID, event registry.Event) (registry.Record, error) {
	return one(s.logged(ctx, event, registry.Toll{}, search{sql: recordByID, args: recordKeys(id)}))
}

// FindByCode implements registry.Store.
func (s *Store) FindByCode(
	ctx context.Context, code registry.TargetCode, event registry.Event, toll registry.Toll,
) (registry.Record, error) {
	return one(s.logged(ctx, event, toll, search{sql: recordByCode, args: []any{int64(code)}}))
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

// search says which records are looked for: those of a query, or those of a number.
type search struct {
	sql    string
	args   []any
	number nir.Number
}

// find reads the records of a search.
func (s *Store) find(ctx context.Context, k *identityKeys, what search) ([]registry.Record, error) {
	var g gathered
	if what.sql != "" {
		if err := s.engine.read(ctx, g.query(what.sql, what.args...)); err != nil {
			return nil, err
		}
		return s.whole(k, &g)
	}
	var unknown bool
	err := s.engine.read(ctx, g.query(k.recordsByNIR, k.blinds(what.number)...), k.unknown(&unknown))
	if err := known(err, &unknown); err != nil {
		return nil, err
	}
	rows, err := s.whole(k, &g)
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
