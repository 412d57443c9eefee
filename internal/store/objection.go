package store

import "vaccin/internal/registry"

// An objection is an entry of a step that registry.Step does not have: under its sequence, number 1 is what the person
// said, number 2 that they took it back. So a record is still read by one statement.
const (
	objectionStep = 3

	objectionMade      = 1
	objectionWithdrawn = 2
)

// setObjects has runs and letters leave the person of the record $1 out, or in again, if the change $2 is the one that the
// record last underwent: that is, if the guard of the same work held.
const setObjects = "UPDATE patient SET objects = $3 WHERE record_num = $1 AND EXISTS (SELECT 1 FROM record WHERE num = $1 AND last_change = $2)"

// statementFields are the content of an objection or of its withdrawal, in the order of format 1. Of a withdrawal
// declared says nothing.
func statementFields(s *registry.Statement, declared *int) []any {
	return append([]any{&s.On, (*string)(&s.Channel), (*count)(declared), &s.Request}, signatureFields(&s.Signed)...)
}

func addObjection(num, change int64, o registry.Objection) (statement, error) {
	return addEntry(num, change, objectionStep, o.Sequence, objectionMade, o.Made.Signed, statementFields(&o.Made, &o.Declared))
}

func withdrawObjection(num, change int64, sequence int, s registry.Statement) (statement, error) {
	none := 0
	return addEntry(num, change, objectionStep, sequence, objectionWithdrawn, s.Signed, statementFields(&s, &none))
}

// putObjection puts an objection, or its withdrawal, in its place. Rows come in order; a gap is an error.
func (e *entryRow) putObjection(r *registry.Record) error {
	for _, there := range [...]bool{e.doseNumber.there, e.seriesDoses.there, e.vaccine.there, e.lot.there, e.occurrence.there, e.place.there} {
		if there {
			return errEntry
		}
	}
	s, declared := registry.Statement{}, 0
	if err := readContent(e.content.text, statementFields(&s, &declared)); err != nil {
		return err
	}
	s.Signed.At = e.signedAt()
	n := len(r.Objections)
	switch {
	case e.number.n == objectionMade && e.sequence.n == int64(n+1):
		r.Objections = append(r.Objections, registry.Objection{Sequence: n + 1, Made: s, Declared: declared})
		return nil
	case e.number.n == objectionWithdrawn && n > 0 && e.sequence.n == int64(n):
		r.Objections[n-1].Withdrawn = &s
		return nil
	}
	return errEntry
}
