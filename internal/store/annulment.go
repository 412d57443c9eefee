package store

import (
	"errors"

	"vaccin/internal/registry"
)

const (
	annulmentColumns = "step, sequence, reason, request, " + signatureColumns
	selectAnnulments = "SELECT " + annulmentColumns + " FROM annulment WHERE record_num = $1"
)

var insertAnnulment = insertUnder("annulment", annulmentColumns)

// annul marks an entry as entered in error; the entry itself stays as it is.
func annul(head registry.Head, change int64, step registry.Step, sequence int, a registry.Annulment) (statement, error) {
	signed, err := signature(a.Signed)
	if err != nil {
		return statement{}, err
	}
	args := []any{string(head.Record()), change, int(step), sequence, a.Reason, a.Request}
	return statement{sql: insertAnnulment, args: append(args, signed...)}, nil
}

type annulmentRow struct {
	step      registry.Step
	sequence  int
	annulment registry.Annulment
}

func (row *annulmentRow) columns() []any {
	a := &row.annulment
	return append([]any{&row.step, &row.sequence, &a.Reason, &a.Request}, readSignature(&a.Signed)...)
}

func (f *found) annulments(r reader) error {
	rows, err := all(r, selectAnnulments, []any{f.num}, (*annulmentRow).columns)
	if err != nil {
		return err
	}
	for _, row := range rows {
		if row.step == registry.StepEligibility {
			err = mark(f.record.Eligibilities, row)
		} else if entries, wrong := f.doseEntries(row.step); wrong != nil {
			err = wrong
		} else {
			err = mark(*entries, row)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func mark[T any](entries []registry.Entry[T], row annulmentRow) error {
	if row.sequence < 1 || row.sequence > len(entries) {
		return errors.New("store: an annulment of no entry")
	}
	entries[row.sequence-1].Annulment = &row.annulment
	return nil
}
