package store

import (
	"errors"

	"vaccin/internal/registry"
)

// annulmentFields are the content of an annulment, in the order of format 1.
func annulmentFields(a *registry.Annulment) []any {
	return append([]any{&a.Reason, &a.Request}, signatureFields(&a.Signed)...)
}

// annul marks an entry as entered in error; the entry itself stays as it is.
func annul(num, change int64, step registry.Step, sequence int, a registry.Annulment) (statement, error) {
	return addEntry(num, change, step, sequence, annulled, a.Signed, annulmentFields(&a))
}

// putAnnulment marks the entry, which must be there.
func (e *entryRow) putAnnulment(r *registry.Record) error {
	a := &registry.Annulment{}
	if err := readContent(e.content.text, annulmentFields(a)); err != nil {
		return err
	}
	a.Signed.At = e.signedAt()
	step, sequence := registry.Step(e.step.n), int(e.sequence.n)
	if step == registry.StepEligibility {
		return mark(r.Eligibilities, sequence, a)
	}
	entries, err := doseEntries(r, step)
	if err != nil {
		return err
	}
	return mark(*entries, sequence, a)
}

func mark[T any](entries []registry.Entry[T], sequence int, a *registry.Annulment) error {
	if sequence < 1 || sequence > len(entries) {
		return errors.New("store: an annulment of no entry")
	}
	entries[sequence-1].Annulment = a
	return nil
}
