package store

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"vaccin/internal/registry"
)

const (
	reportFields = "id, kind, at, about_id, about_profession, about_civility, about_family_name, about_given_name," +
		" role, door, place_id, place_name, action, record_id, version, act_at, note, closed_at, closed_by, outcome"
	reportColumns = "last_change, " + reportFields
	selectReports = "SELECT " + reportFields + " FROM report"

	closeReport = "UPDATE report SET last_change = $1, closed_at = $2, closed_by = $3, outcome = $4 WHERE id = $5 AND closed_at IS NULL"

	liftThrottle = "DELETE FROM throttle WHERE key = $1 AND EXISTS (SELECT 1 FROM report WHERE id = $2 AND last_change = $3)"

	ownActColumns = "a.at, a.role, a.actor_id, a.place_id, a.place_name, a.door, a.action, a.record_id, a.outcome, a.version," +
		" a.count, a.digest, a.reason, r.birth_date, r.birth_rank, " + patientColumns +
		", EXISTS (SELECT 1 FROM report o WHERE o.record_id = a.record_id AND o.record_id <> '' AND o.about_id = a.actor_id" +
		" AND o.action = a.action AND o.version = a.version AND o.act_at = a.at)"
	selectOwnActs = "SELECT " + ownActColumns + " FROM access_log a JOIN record r ON %s" + // logQueries.recordOf
		" JOIN patient p ON p.record_num = r.num WHERE a.actor_id = $1 AND a.outcome = '" + string(registry.OutcomeDone) + "'"
)

var (
	insertReport = insertOf("report", reportColumns) + " ON CONFLICT DO NOTHING"
	// insertEventUnderReport writes an event if the change $2 is the one that the report $1 last underwent.
	insertEventUnderReport = insertAfter("report", "id", "access_log", eventColumns)
	// ownActions are those that «Mes actes récents» lists, as SQL.
	ownActions = func() string {
		quoted := []string{}
		for _, a := range registry.OwnActions() {
			quoted = append(quoted, "'"+string(a)+"'")
		}
		return " AND a.action IN (" + strings.Join(quoted, ", ") + ")"
	}()
)

func reportArgs(r registry.Report, change int64) ([]any, error) {
	at, err := moment(r.At)
	if err != nil {
		return nil, fmt.Errorf("a report: %w", err)
	}
	return []any{
		change, string(r.ID), string(r.Kind), at, r.About.NationalID, r.About.Profession, r.About.Civility, r.About.FamilyName,
		r.About.GivenName, string(r.Role), string(r.Door), r.PlaceID, r.PlaceName, string(r.Act.Action), string(r.Act.Record),
		r.Act.Version, optionalMoment(r.Act.At), r.Note, optionalMoment(r.ClosedAt), r.ClosedBy, r.Outcome,
	}, nil
}

func readReport(r *registry.Report) []any {
	return []any{
		&r.ID, &r.Kind, asMoment(&r.At), &r.About.NationalID, &r.About.Profession, &r.About.Civility, &r.About.FamilyName,
		&r.About.GivenName, &r.Role, &r.Door, &r.PlaceID, &r.PlaceName, &r.Act.Action, &r.Act.Record,
		&r.Act.Version, asOptionalMoment(&r.Act.At), &r.Note, asOptionalMoment(&r.ClosedAt), &r.ClosedBy, &r.Outcome,
	}
}

// makeReport adds a report. An act that was reported already is not reported again.
func makeReport(c registry.ReportMade, change int64) (work, error) {
	args, err := reportArgs(c.Report, change)
	if err != nil {
		return work{}, err
	}
	event, err := logAlways(c.Event())
	return work{statements: []statement{{sql: insertReport, args: args, quiet: true}, event}}, err
}

// endReport says how a report that is open was dealt with.
func endReport(c registry.ReportClosed, change int64) (work, error) {
	at, err := moment(c.Closed.ClosedAt)
	if err != nil {
		return work{}, fmt.Errorf("a report: %w", err)
	}
	event, err := eventArgs(c.Event())
	return work{statements: []statement{
		{
			sql:  closeReport,
			args: []any{change, at, c.Closed.ClosedBy, c.Closed.Outcome, string(c.ID)},
			none: []reason{{err: registry.ErrNoReport}},
		},
		{sql: liftThrottle, args: []any{c.Lift, string(c.ID), change}, quiet: true},
		{sql: insertEventUnderReport, args: append([]any{string(c.ID), change}, event...)},
	}}, err
}

// before is a bound of moments, without end for none.
func before(t time.Time) int64 {
	if t.IsZero() {
		return math.MaxInt64
	}
	return ceilMicro(t)
}

// Reports implements registry.Store.
func (s *Store) Reports(ctx context.Context, want registry.ReportsQuery, event registry.Event) ([]registry.Report, error) {
	if event.IsZero() {
		return nil, errNoEvent
	}
	query, args := selectReports, []any{}
	switch {
	case want.ID != "":
		query, args = query+" WHERE id = $1", append(args, string(want.ID))
	case want.Closed:
		query += " WHERE closed_at IS NOT NULL"
	default:
		query += " WHERE closed_at IS NULL"
	}
	args = append(args, before(want.Before), max(0, want.Limit))
	query += " AND at < " + placeholders(len(args)-1, 1) + " ORDER BY at DESC, num DESC LIMIT " + placeholders(len(args), 1)
	reports, err := readAll(ctx, s, query, args, readReport)
	if err != nil {
		return nil, fmt.Errorf("reading reports: %w", err)
	}
	event.Count, event.Outcome = len(reports), registry.OutcomeFound
	if len(reports) == 0 {
		event.Outcome = registry.OutcomeNothing
	}
	if err := s.logEvents(ctx, event); err != nil {
		return nil, err
	}
	return reports, nil
}

// OwnActs implements registry.Store.
func (s *Store) OwnActs(ctx context.Context, want registry.OwnActsQuery, event registry.Event) ([]registry.OwnAct, error) {
	if event.IsZero() {
		return nil, errNoEvent
	}
	query, args := fmt.Sprintf(selectOwnActs, s.log.recordOf)+ownActions, []any{want.NationalID}
	add := func(condition string, arg any) {
		args = append(args, arg)
		query += " AND " + condition + " $" + fmt.Sprint(len(args))
	}
	add("a.at <", before(want.Before))
	if want.Act != (registry.ReportedAct{}) {
		add("a.at =", want.Act.At.UnixMicro())
		add("a.record_id =", string(want.Act.Record))
		add("a.action =", string(want.Act.Action))
		add("CAST(a.version AS BIGINT) =", want.Act.Version) // an address may name a larger one than the column holds
	}
	args = append(args, max(0, want.Limit))
	query += " ORDER BY a.at DESC, a.num DESC LIMIT " + placeholders(len(args), 1)
	var acts []registry.OwnAct
	err := s.withKeys(ctx, func(k *identityKeys) (err error) {
		acts, err = s.ownActs(ctx, k, query, args)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading someone's acts: %w", err)
	}
	return acts, s.logEvents(ctx, shown(acts, event)...)
}

// ownAct is an act being read, with the identity that is sealed.
type ownAct struct {
	registry.OwnAct
	sealed []byte
}

func (a *ownAct) columns() []any {
	columns := append(readEvent(&a.Event), asBirthDate(&a.Patient.BirthDate), &a.Patient.BirthRank)
	return append(append(columns, readPatient(&a.Patient, &a.sealed)...), &a.Reported)
}

func (s *Store) ownActs(ctx context.Context, k *identityKeys, query string, args []any) ([]registry.OwnAct, error) {
	rows, err := readAll(ctx, s, query, args, (*ownAct).columns)
	if err != nil {
		return nil, err
	}
	acts := make([]registry.OwnAct, len(rows))
	for i := range rows {
		if err := k.open(rows[i].Record, rows[i].sealed, &rows[i].Patient); err != nil {
			return nil, err
		}
		acts[i] = rows[i].OwnAct
	}
	return acts, nil
}

// shown are the events of a list that shows patients: one for each of them, or one that says that nothing
// was found.
func shown(acts []registry.OwnAct, event registry.Event) []registry.Event {
	events, seen := []registry.Event{}, map[registry.RecordID]bool{}
	for _, a := range acts {
		if !seen[a.Record] {
			seen[a.Record] = true
			event.Record, event.Outcome = a.Record, registry.OutcomeFound
			events = append(events, event)
		}
	}
	if len(events) == 0 {
		event.Record, event.Outcome = "", registry.OutcomeNothing
		events = append(events, event)
	}
	return events
}
