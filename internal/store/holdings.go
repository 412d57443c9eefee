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

// selectRunsOf are the runs that gave a person their code.
var selectRunsOf = "SELECT c.number, c.content, c.prepared_by, c.prepared_at, c.approved_by, c.approved_at, c.ended_at FROM target t" +
	" JOIN campaign_run c ON c.number = t.run JOIN record r ON r.num = t.record_num WHERE " + byID("r", 1) + " ORDER BY c.number"

// runRow is a run that gave a person their code, with its campaign.
type runRow struct {
	campaign registry.Campaign
	registry.PersonRun
}

func (r *runRow) columns() []any {
	return []any{
		&r.Number, asCampaign(&r.campaign), &r.PreparedBy, asMoment(&r.PreparedAt), &r.ApprovedBy, asMoment(&r.ApprovedAt), asLaterMoment(&r.EndedAt),
	}
}

// runsOfPerson are runs as they are told to a person.
func runsOfPerson(rows []runRow) (runs []registry.PersonRun) {
	for _, r := range rows {
		r.Campaign, r.Phase, r.Concerned = r.campaign.Name, r.campaign.Phase, r.campaign.Sentence()
		runs = append(runs, r.PersonRun)
	}
	return runs
}

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
		var runs []runRow
		var letters []sentRow
		var deliveries []delivery
		record := g.query(recordByID, recordKeys(id)...)
		record.often = false // what an officer reads at length is not read together with what doctors wait for
		err = s.engine.read(ctx, record, into(&insured, readInsured, selectInsuredOf, recordKeys(id)...),
			into(&held.Reports, readReport, selectReportsOn, string(id)), into(&held.Log, readEntry, selectEntriesOn, string(id)),
			into(&held.FormerCodes, readFormerCode, selectFormerOf, recordKeys(id)...),
			into(&runs, (*runRow).columns, selectRunsOf, recordKeys(id)...),
			into(&letters, (*sentRow).columns, selectLettersTo, recordKeys(id)...),
			into(&deliveries, (*delivery).columns, selectDeliveriesTo, recordKeys(id)...))
		if err != nil {
			return fmt.Errorf("reading what is held on a person: %w", err)
		}
		held.Runs = runsOfPerson(runs)
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
