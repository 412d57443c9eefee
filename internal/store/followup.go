package store

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"vaccin/internal/registry"
)

const (
	takeFollowUp = "INSERT INTO follow_up_turn (one, begun_at) SELECT 1, $1 WHERE EXISTS (SELECT 1 FROM campaign_run WHERE state = 'done')" +
		" ON CONFLICT (one) DO UPDATE SET begun_at = excluded.begun_at WHERE follow_up_turn.begun_at <= $2"
	keepFollowUp    = "INSERT INTO follow_up (run, counted_at, counts) VALUES ($1, $2, $3) ON CONFLICT (run) DO UPDATE SET counted_at = excluded.counted_at, counts = excluded.counts"
	selectFollowUps = "SELECT f.run, r.content, f.counted_at, f.counts FROM follow_up f JOIN campaign_run r ON r.number = f.run ORDER BY f.run"
	selectDoneRuns  = "SELECT number FROM campaign_run WHERE state = 'done' ORDER BY number"

	// followedUp is how far the persons of some numbers are whom runs gave a code: all runs at once, so that what was
	// declared is gone through once. Of a step, the latest version tells how many doses the series has, and that it is in force unless it was annulled.
	followedUp = "SELECT t.run, p.department, %s AS age, COUNT(*), COALESCE(SUM(s.eligible), 0), COALESCE(SUM(s.dosed), 0), COALESCE(SUM(s.complete), 0)" +
		" FROM target t JOIN patient p ON p.record_num = t.record_num LEFT JOIN (" +
		"SELECT e.record_num, MAX(CASE WHEN e.step = 0 THEN 1 ELSE 0 END) AS eligible, MAX(CASE WHEN e.step IN (1, 2) THEN 1 ELSE 0 END) AS dosed," +
		" MAX(CASE WHEN e.step = 2 OR e.step = 1 AND e.series_doses = 1 THEN 1 ELSE 0 END) AS complete" +
		" FROM entry e WHERE e.record_num > $1 AND e.record_num <= $2 AND e.step IN (0, 1, 2) AND e.number > 0" + notAnnulled + latestVersion +
		" GROUP BY e.record_num) AS s ON s.record_num = t.record_num" +
		" WHERE t.record_num > $1 AND t.record_num <= $2 GROUP BY 1, 2, 3"
)

// CountFollowUps implements registry.FollowUpStore.
func (s *Store) CountFollowUps(ctx context.Context, at, unlessAfter time.Time, on registry.Date) error {
	err := s.write(ctx, work{alone: true, statements: []statement{
		{sql: takeFollowUp, args: []any{at.UnixMicro(), unlessAfter.UnixMicro()}, none: []reason{{err: registry.ErrCounted}}},
	}})
	if errors.Is(err, registry.ErrCounted) {
		return err
	}
	var runs []registry.FollowUp
	if err == nil {
		runs, err = s.followUp(ctx, on)
	}
	if errors.Is(err, registry.ErrRunning) {
		return registry.ErrCounted // by another, since longer than counts are apart
	}
	if err != nil {
		return fmt.Errorf("counting the follow-up of runs: %w", err)
	}
	var kept []statement
	for _, f := range runs {
		counts, err := json.Marshal(f.Counts)
		if err != nil {
			return fmt.Errorf("writing the follow-up of runs: %w", err)
		}
		kept = append(kept, statement{sql: keepFollowUp, args: []any{f.Run, at.UnixMicro(), string(counts)}})
	}
	if len(kept) == 0 {
		return nil
	}
	return s.write(ctx, work{alone: true, statements: kept})
}

// followUp counts, part by part.
func (s *Store) followUp(ctx context.Context, on registry.Date) ([]registry.FollowUp, error) {
	done, err := readAll(ctx, s, selectDoneRuns, nil, func(n *int) []any { return []any{n} })
	if err != nil || len(done) == 0 {
		return nil, err
	}
	highest, err := s.highestNumber(ctx)
	if err != nil {
		return nil, err
	}
	type cell struct {
		run        int
		department string
		age        registry.AgeClass
	}
	reached := map[cell]registry.Reached{}
	sql := fmt.Sprintf(followedUp, (&condition{}).ageClass(on))
	err = s.engine.swept(ctx, "follow-up", highest, query{sql: sql, row: func(scan func(...any) error) error {
		var at cell
		var r registry.Reached
		err := scan(&at.run, &at.department, (*int)(&at.age), &r.Targeted, &r.Eligible, &r.First, &r.Complete)
		reached[at] = reached[at].Plus(r)
		return err
	}})
	if err != nil {
		return nil, err
	}
	places := map[int]int{}
	all := make([]registry.FollowUp, len(done))
	for i, run := range done {
		all[i].Run, places[run] = run, i
	}
	for c, r := range reached {
		if i, ok := places[c.run]; ok { // not one that is coming into force
			all[i].Counts = append(all[i].Counts, registry.FollowUpCount{Department: c.department, Age: c.age, Reached: r})
		}
	}
	for _, f := range all {
		slices.SortFunc(f.Counts, func(a, b registry.FollowUpCount) int {
			return cmp.Or(strings.Compare(a.Department, b.Department), cmp.Compare(a.Age, b.Age))
		})
	}
	return all, nil
}

// FollowUps implements registry.FollowUpStore.
func (s *Store) FollowUps(ctx context.Context) ([]registry.FollowUp, error) {
	all, err := readAll(ctx, s, selectFollowUps, nil, func(f *registry.FollowUp) []any {
		return []any{&f.Run, asCampaign(&f.Campaign), asMoment(&f.At), asJSON(&f.Counts, errNoCounts)}
	})
	if err != nil {
		return nil, fmt.Errorf("reading the follow-up of runs: %w", err)
	}
	return all, nil
}
