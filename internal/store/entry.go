package store

import (
	"errors"
	"time"

	"vaccin/internal/registry"
)

// The table entry holds all that was declared: a row for each version of an entry, under the record, the step, the
// entry's sequence and the version's number; under number 0, that the entry was annulled. What stands in a column of
// its own is what the database will be asked for by itself: whom to call, what follows from a lot or a place. All
// else is content. Objections stand here too, under a step of their own.

const entryFields = "step, sequence, number, signed_at, dose_number, series_doses, vaccine_code, lot_number, occurrence, place_id, content"

// annulled is the number of the row that annuls an entry.
const annulled = 0

// doseColumns is where the columns that only doses have begin among the arguments of insertEntry.
const doseColumns = 6

var insertEntry = insertUnder("num", "entry", entryFields)

var errEntry = errors.New("store: a row of an entry cannot be read")

// entryRow is a row of the table. Where a record has no entry, there is nothing in it.
type entryRow struct {
	record                                                  int64
	step, sequence, number, signed, doseNumber, seriesDoses cellOfNumber
	vaccine, lot, occurrence, place, content                cellOfText
}

// columns reads entryFields.
func (e *entryRow) columns() []any {
	return []any{
		&e.step, &e.sequence, &e.number, &e.signed, &e.doseNumber, &e.seriesDoses, &e.vaccine, &e.lot, &e.occurrence, &e.place, &e.content,
	}
}

// addEntry is the row of a version, or of an annulment, without the columns that a dose has.
func addEntry(num, change int64, step registry.Step, sequence, number int, signed registry.Signature, fields []any) (statement, error) {
	at, err := moment(signed.At)
	if err != nil {
		return statement{}, err
	}
	content, err := writeContent(fields)
	args := []any{num, change, int(step), sequence, number, at, nil, nil, nil, nil, nil, nil, content}
	return statement{sql: insertEntry, args: args}, err
}

// put puts what the row says in its place in the record.
func (e *entryRow) put(r *registry.Record) error {
	if e.step.n == objectionStep {
		return e.putObjection(r)
	}
	ofDose := e.step.n != int64(registry.StepEligibility) && e.number.n != annulled
	for _, there := range [...]bool{e.doseNumber.there, e.seriesDoses.there, e.vaccine.there, e.lot.there, e.occurrence.there, e.place.there} {
		if there != ofDose {
			return errEntry
		}
	}
	switch {
	case e.number.n == annulled:
		return e.putAnnulment(r)
	case ofDose:
		return e.putDose(r)
	}
	return e.putEligibility(r)
}

// signedAt is when the row was signed.
func (e *entryRow) signedAt() time.Time { return time.UnixMicro(e.signed.n).UTC() }

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
