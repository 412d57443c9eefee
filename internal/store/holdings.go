package store

import (
	"context"
	"errors"
	"fmt"

	"vaccin/internal/registry"
)

const (
	// Said twice, both, so that the indices of what is about a record serve.
	selectReportsOn = selectReports + " WHERE record_id <> '' AND record_id = $1 ORDER BY at, num"
	selectEntriesOn = selectEntries + " WHERE record_id <> '' AND record_id = $1 ORDER BY at, num"
)

var selectFormerOf = "SELECT f.code, f.since FROM former_code f JOIN record r ON r.num = f.record_num WHERE " + byID("r", 1) + " ORDER BY f.since, f.code"

// selectInsuredOf is what the referential tells of a person; department and the days between which they may have been born come of what
// is told elsewhere.
var selectInsuredOf = "SELECT p.died, p.residence, p.occupation, p.workplace, p.conditions, p.comorbidities, p.establishment, p.scheme" +
	" FROM patient p JOIN record r ON r.num = p.record_num WHERE " + byID("r", 1)

func readInsured(i *registry.Insured) []any {
	return []any{
		asDayNumber(&i.Died), &i.Residence, &i.Occupation, &i.Workplace, &i.Conditions, &i.Comorbidities, &i.Establishment, &i.Scheme,
	}
}

func readFormerCode(f *registry.FormerCode) []any { return []any{asCode(&f.Code), asMoment(&f.Since)} }

// Holdings implements registry.Store.
func (s *Store) Holdings(ctx context.Context, id registry.RecordID, event registry.Event) (registry.Holdings, error) {
	if event.IsZero() {
		return registry.Holdings{}, errNoEvent
	}
	var held registry.Holdings
	err := s.withKeys(ctx, func(k *identityKeys) (err error) {
		var g gathered
		held = registry.Holdings{}
		var insured []registry.Insured
		var letters []sentRow
		var deliveries []delivery
		record := g.query(recordByID, recordKeys(id)...)
		record.often = false // what an officer reads at length is not read together with what doctors wait for
		err = s.engine.read(ctx, record, into(&insured, readInsured, selectInsuredOf, recordKeys(id)...),
			into(&held.Reports, readReport, selectReportsOn, string(id)), into(&held.Log, readEntry, selectEntriesOn, string(id)),
			into(&held.FormerCodes, readFormerCode, selectFormerOf, recordKeys(id)...),
			into(&letters, (*sentRow).columns, selectLettersTo, recordKeys(id)...),
			into(&deliveries, (*delivery).columns, selectDeliveriesTo, recordKeys(id)...))
		if err != nil {
			return fmt.Errorf("reading what is held on a person: %w", err)
		}
		held.Letters = toPerson(letters, deliveries)
		if len(insured) > 0 { // of nobody there is none
			held.Insured = insured[0]
		}
		held.Record, err = one(s.whole(k, &g))
		return err
	})
	event.Record, event.Outcome = held.Record.ID, registry.OutcomeFound
	switch {
	case errors.Is(err, registry.ErrNoRecord):
		event.Outcome = registry.OutcomeNothing
	case err != nil:
		return registry.Holdings{}, err
	}
	if err := s.logEvents(ctx, event); err != nil {
		return registry.Holdings{}, err
	}
	if err != nil {
		return registry.Holdings{}, err
	}
	return held, nil
}
