package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"

	"vaccin/internal/registry"
)

// What is kept of runs; target.go counts whom one concerns, and carries it out.

const (
	prepareRun = "INSERT INTO campaign_run (number, campaign, content, state, prepared_by, prepared_at, request)" +
		" SELECT $1, $2, $3, 'counting', $4, $5, $6 WHERE $1 = 1 + (SELECT COALESCE(MAX(number), 0) FROM campaign_run) ON CONFLICT DO NOTHING"
	selectLastRun = "SELECT (SELECT COALESCE(MAX(number), 0) FROM campaign_run)," +
		" (SELECT COALESCE(MAX(number), 0) FROM campaign_run WHERE prepared_by = $1 AND request = $2 AND request <> '')"
	keepCounts = "UPDATE campaign_run SET state = 'prepared', counts = $2, failed_at = 0 WHERE number = $1 AND state = 'counting'"
	approveRun = "UPDATE campaign_run SET state = 'approved', approved_by = $2, approved_at = $3" +
		" WHERE number = $1 AND state = 'prepared' AND prepared_by <> $2"
	dropRun = "UPDATE campaign_run SET state = 'dropped', dropped_by = $2, dropped_at = $3" +
		" WHERE number = $1 AND state IN ('counting', 'prepared', 'approved')"
	// A run goes through the records that there are when it begins: those that come later are of the next one.
	startRun = "UPDATE campaign_run SET state = 'running', started_at = $2, highest = (SELECT COALESCE(MAX(num), 0) FROM record)" +
		" WHERE number = $1 AND state = 'approved'"
	endRun  = "UPDATE campaign_run SET state = 'done', ended_at = $2, targeted = $3, failed_at = 0 WHERE number = $1 AND state = 'running'"
	failRun = "UPDATE campaign_run SET failed_at = $2 WHERE number = $1 AND state IN ('counting', 'approved', 'running')"

	runFields = "number, content, state, counts, prepared_by, prepared_at, approved_by, approved_at, started_at, ended_at, highest, targeted, request," +
		" dropped_by, dropped_at, failed_at, (SELECT COALESCE(MAX(finished), 0) FROM population_import WHERE state = 'finished')"
	selectCampaignRuns = "SELECT " + runFields + " FROM campaign_run WHERE $1 = 0 OR number < $1 ORDER BY number DESC LIMIT $2"
	selectLatestRuns   = "SELECT " + runFields + " FROM campaign_run WHERE number IN (SELECT MAX(number) FROM campaign_run GROUP BY campaign) ORDER BY number DESC"
	selectOpenRuns     = "SELECT " + runFields + " FROM campaign_run WHERE state NOT IN ('done', 'dropped') ORDER BY number"
	selectCampaignRun  = "SELECT " + runFields + " FROM campaign_run WHERE number = $1"
	selectSentRun      = "SELECT " + runFields + " FROM campaign_run WHERE prepared_by = $1 AND request = $2 AND request <> ''"
)

var errNoCounts = errors.New("store: a column of counts holds something else")

// asCounts reads the counts of a run from JSON, none from the empty text of a run that is not counted yet.
func asCounts(counts *[]registry.RunCount) scanner {
	return func(value any) error {
		if text, ok := textOf(value); ok && text == "" {
			return nil
		}
		return asJSON(counts, errNoCounts)(value)
	}
}

// PrepareRun implements registry.TargetingStore.
func (s *Store) PrepareRun(ctx context.Context, run registry.Run, event registry.Event) (int, error) {
	content, err := json.Marshal(run.Campaign)
	if err != nil {
		return 0, fmt.Errorf("writing the campaign of a run: %w", err)
	}
	for {
		type latest struct{ number, sent int } // of all runs, and the one that this form made
		last, err := readAll(ctx, s, selectLastRun, []any{run.PreparedBy, run.Request}, func(l *latest) []any { return []any{&l.number, &l.sent} })
		if err != nil {
			return 0, fmt.Errorf("numbering a run: %w", err)
		}
		if last[0].sent > 0 {
			return last[0].sent, registry.ErrSentAgain
		}
		number := last[0].number + 1
		err = s.withEvent(ctx, event, statement{
			sql:  prepareRun,
			args: []any{number, run.Campaign.ID, string(content), run.PreparedBy, run.PreparedAt.UnixMicro(), run.Request},
			none: []reason{{err: registry.ErrOvertaken}},
		})
		if !errors.Is(err, registry.ErrOvertaken) { // by another that took the number, or is of the same form
			return number, err
		}
	}
}

// ApproveRun implements registry.TargetingStore.
func (s *Store) ApproveRun(ctx context.Context, number int, by string, at time.Time, event registry.Event) error {
	return s.withEvent(ctx, event, statement{
		sql: approveRun, args: []any{number, by, at.UnixMicro()}, none: []reason{{err: registry.ErrNoRun}},
	})
}

// DropRun implements registry.TargetingStore.
func (s *Store) DropRun(ctx context.Context, number int, by string, at time.Time, event registry.Event) error {
	dropped, err := moment(at)
	if err != nil {
		return err
	}
	return s.withEvent(ctx, event, statement{sql: dropRun, args: []any{number, by, dropped}, none: []reason{{err: registry.ErrNoRun}}})
}

// RunFailed implements registry.TargetingStore.
func (s *Store) RunFailed(ctx context.Context, number int, at time.Time) error {
	failed, err := moment(at)
	if err != nil {
		return err
	}
	return s.write(ctx, work{alone: true, statements: []statement{{sql: failRun, args: []any{number, failed}, none: []reason{{err: registry.ErrNoRun}}}}})
}

// Runs implements registry.TargetingStore.
func (s *Store) Runs(ctx context.Context, before, limit int) ([]registry.Run, error) {
	return s.campaignRuns(ctx, selectCampaignRuns, min(before, math.MaxInt32), limit)
}

// LatestRuns implements registry.TargetingStore.
func (s *Store) LatestRuns(ctx context.Context) ([]registry.Run, error) {
	return s.campaignRuns(ctx, selectLatestRuns)
}

// OpenRuns implements registry.TargetingStore.
func (s *Store) OpenRuns(ctx context.Context) ([]registry.Run, error) {
	return s.campaignRuns(ctx, selectOpenRuns)
}

// Run implements registry.TargetingStore.
func (s *Store) Run(ctx context.Context, number int) (registry.Run, error) {
	if !isNumber(number) {
		return registry.Run{}, registry.ErrNoRun
	}
	return s.campaignRun(ctx, selectCampaignRun, number)
}

// SentRun implements registry.TargetingStore.
func (s *Store) SentRun(ctx context.Context, by, request string) (registry.Run, error) {
	return s.campaignRun(ctx, selectSentRun, by, request)
}

// campaignRun is the run that there is one of, or ErrNoRun.
func (s *Store) campaignRun(ctx context.Context, sql string, args ...any) (registry.Run, error) {
	found, err := s.campaignRuns(ctx, sql, args...)
	if err != nil {
		return registry.Run{}, err
	}
	if len(found) == 0 {
		return registry.Run{}, registry.ErrNoRun
	}
	return found[0], nil
}

// isNumber tells that a run or a batch may have this number: a larger one PostgreSQL does not even compare with theirs.
func isNumber(n int) bool { return n > 0 && n <= math.MaxInt32 }

func (s *Store) campaignRuns(ctx context.Context, sql string, args ...any) ([]registry.Run, error) {
	all, err := readAll(ctx, s, sql, args, func(r *registry.Run) []any {
		return []any{
			&r.Number, asCampaign(&r.Campaign), &r.State, asCounts(&r.Counts), &r.PreparedBy, asMoment(&r.PreparedAt), &r.ApprovedBy,
			asLaterMoment(&r.ApprovedAt), asLaterMoment(&r.StartedAt), asLaterMoment(&r.EndedAt), &r.Progress.Of, &r.Targeted, &r.Request,
			&r.DroppedBy, asLaterMoment(&r.DroppedAt), asLaterMoment(&r.FailedAt), asLaterMoment(&r.ImportedAt),
		}
	})
	if err != nil {
		return nil, fmt.Errorf("reading runs: %w", err)
	}
	for i := range all {
		r := &all[i]
		switch r.State {
		case registry.RunDone:
			r.Progress.Done = r.Progress.Of
		case registry.RunRunning:
			if r.Progress.Done, err = s.engine.through(ctx, r.Number); err != nil {
				return nil, fmt.Errorf("reading how far a run is: %w", err)
			}
			r.Progress.Done = min(r.Progress.Done, r.Progress.Of)
		}
	}
	return all, nil
}
