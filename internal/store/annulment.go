package store

import (
	"errors"

	"vaccin/internal/registry"
)

const (
	annulmentColumns = "step, sequence, reason, request, " + signatureColumns
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
	record    int64
	step      registry.Step
	sequence  int
	annulment registry.Annulment
}

func (row *annulmentRow) columns() []any {
	a := &row.annulment
	return append([]any{&row.record, &row.step, &row.sequence, &a.Reason, &a.Request}, readSignature(&a.Signed)...)
}

// put marks the entry, which must be there.
func (row *annulmentRow) put(r *registry.Record) error {
	if row.step == registry.StepEligibility {
		return mark(r.Eligibilities, row)
	}
	entries, err := doseEntries(r, row.step)
	if err != nil {
		return err
	}
	return mark(*entries, row)
}

func mark[T any](entries []registry.Entry[T], row *annulmentRow) error {
	if row.sequence < 1 || row.sequence > len(entries) {
		return errors.New("store: an annulment of no entry")
	}
	entries[row.sequence-1].Annulment = &row.annulment
	return nil
}
