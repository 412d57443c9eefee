package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"

	"vaccin/internal/registry"
)

// Apply implements registry.Store.
func (s *Store) Apply(ctx context.Context, change registry.Change) error {
	if change == nil {
		return errors.New("store: no change")
	}
	switch change.(type) {
	case registry.PatientRegistered, registry.PersonsImported: // they bear identities
		return s.withKeys(ctx, func(k *identityKeys) error { return s.apply(ctx, k, change, 0) })
	case registry.ReportMade, registry.ReportClosed: // and these change no record
		return s.apply(ctx, nil, change, 0)
	}
	num, err := s.numberOf(ctx, registry.HeadOf(change).Record())
	if err != nil {
		return err
	}
	return s.apply(ctx, nil, change, num)
}

func (s *Store) apply(ctx context.Context, k *identityKeys, change registry.Change, num int64) error {
	w, err := workOf(k, change, num, rand.Int64())
	if err != nil {
		return err
	}
	return s.write(ctx, w)
}

// workOf makes the statements of a change, with the keys if it bears identities, and the number of the record if
// there is one. id marks the record with this very attempt, so that what follows the guard is done only if the guard
// held.
func workOf(k *identityKeys, change registry.Change, num, id int64) (work, error) {
	head := registry.HeadOf(change)
	log, guard, content := logChange, advance(head, num, id, 0), statement{}
	var err error
	switch c := change.(type) {
	case registry.PersonsImported:
		return k.importPersons(c, id)
	case registry.ReportMade:
		return makeReport(c, id)
	case registry.ReportClosed:
		return endReport(c, id)
	case registry.PatientRegistered:
		log = logNew
		guard, err = k.registerRecord(head.Record(), c.Patient, id)
		if err == nil {
			content, err = k.createPatient(head.Record(), id, c.Patient, registry.Insured{})
		}
	case registry.EligibilityDeclared:
		guard = advance(head, num, id, c.Code)
		content, err = addEligibility(num, id, c.Sequence, c.Version)
	case registry.EligibilityRectified:
		content, err = addEligibility(num, id, c.Sequence, c.Version)
	case registry.DoseRecorded:
		content, err = addDose(num, id, c.Step, c.Sequence, c.Version)
	case registry.DoseRectified:
		content, err = addDose(num, id, c.Step, c.Sequence, c.Version)
	case registry.ObjectionRecorded:
		content, err = addObjection(num, id, c.Objection)
	case registry.ObjectionWithdrawn:
		content, err = withdrawObjection(num, id, c.Sequence, c.Withdrawn)
	case registry.StepAnnulled:
		content, err = annul(num, id, c.Step, c.Sequence, c.Annulment)
	default:
		return work{}, fmt.Errorf("store: a change of an unknown kind %T", change)
	}
	if err != nil {
		return work{}, err
	}
	event, err := log(head.Event(), num, id)
	statements := []statement{guard, content, event}
	if objects, turns := head.Objects(); turns && err == nil {
		statements = append(statements, statement{sql: setObjects, args: []any{num, id, objects}})
	}
	if also, ok := head.Also(); ok && err == nil {
		event, err = log(also, num, id)
		statements = append(statements, event)
	}
	return work{statements: statements, key: string(head.Record()), change: id}, err
}

// importPersons makes the statements of many persons, in a transaction of their own. Whoever has a record
// is passed over.
func (k *identityKeys) importPersons(c registry.PersonsImported, id int64) (work, error) {
	guards, contents := make([]statement, 0, 2*len(c.Persons)+1), make([]statement, 0, len(c.Persons))
	for _, p := range c.Persons {
		guard, err := k.createRecord(p.ID, p.Patient, p.Code, id)
		if err != nil {
			return work{}, err
		}
		content, err := k.createPatient(p.ID, id, p.Patient, p.Insured)
		if err != nil {
			return work{}, err
		}
		content.sql, content.quiet = insertPatient+" ON CONFLICT DO NOTHING", true // the same person may come twice
		guards, contents = append(guards, guard), append(contents, content)
	}
	event, err := logAlways(registry.HeadOf(c).Event())
	return work{statements: append(append(guards, contents...), event), alone: true}, err
}
