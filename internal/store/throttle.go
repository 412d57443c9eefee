package store

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"vaccin/internal/registry"
)

const (
	selectThrottle = "SELECT version, pace, pace_at, misses, misses_at, until, blocks FROM throttle WHERE key = $1"
	purgeThrottles = "DELETE FROM throttle WHERE pace_at < $1 AND (until IS NULL OR until < $1)"

	insertThrottle = "INSERT INTO throttle (key, version, last_change, pace, pace_at, misses, misses_at, until, blocks)" +
		" VALUES ($1, 1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING"
	advanceThrottle = "UPDATE throttle SET version = version + 1, last_change = $2, pace = $3, pace_at = $4, misses = $5," +
		" misses_at = $6, until = $7, blocks = $8 WHERE key = $1 AND version = $9"
)

var (
	insertEventUnderThrottle  = insertAfter("throttle", "key", "access_log", eventColumns)
	insertReportUnderThrottle = insertAfter("throttle", "key", "report", reportColumns)
)

// tried is the work of a try that ended with some events of one outcome: its charge, the report that comes
// with it, and the events. A try without toll is its events alone.
func tried(toll registry.Toll, events ...registry.Event) (work, error) {
	if toll.Key == "" {
		return logged(events...)
	}
	charge, change := toll.Charge(events[0].Outcome), rand.Int64()
	guard, err := charged(toll, charge.Throttle, change)
	if err != nil {
		return work{}, err
	}
	w := work{statements: []statement{guard}, key: toll.Key, change: change}
	under := []any{toll.Key, change}
	if charge.Report != nil {
		args, err := reportArgs(*charge.Report, change)
		if err != nil {
			return work{}, err
		}
		w.statements = append(w.statements, statement{sql: insertReportUnderThrottle, args: append(under[:2:2], args...)})
	}
	for _, e := range events {
		args, err := eventArgs(e)
		if err != nil {
			return work{}, err
		}
		w.statements = append(w.statements, statement{sql: insertEventUnderThrottle, args: append(under[:2:2], args...)})
	}
	return w, nil
}

// charged is the guard of a try: it holds for one of those decided on the same version of the throttle.
func charged(toll registry.Toll, t registry.Throttle, change int64) (statement, error) {
	at, err := moment(t.Pace.At)
	if err != nil {
		return statement{}, fmt.Errorf("a throttle: %w", err)
	}
	s := statement{
		sql:  insertThrottle,
		args: []any{toll.Key, change, t.Pace.Full, at, t.Misses.Full, optionalMoment(t.Misses.At), optionalMoment(t.Until), t.Blocks},
		none: []reason{{err: registry.ErrOvertaken}},
	}
	if toll.From > 0 {
		s.sql, s.args = advanceThrottle, append(s.args, toll.From)
	}
	return s, nil
}

// logged is the work of events alone.
func logged(events ...registry.Event) (w work, err error) {
	for _, e := range events {
		st, err := logAlways(e)
		if err != nil {
			return work{}, err
		}
		w.statements = append(w.statements, st)
	}
	return w, nil
}

// LogTried implements registry.Store.
func (s *Store) LogTried(ctx context.Context, event registry.Event, toll registry.Toll) error {
	return s.logTried(ctx, toll, event)
}

func (s *Store) logTried(ctx context.Context, toll registry.Toll, events ...registry.Event) error {
	w, err := tried(toll, events...)
	if err != nil {
		return err
	}
	if err := s.write(ctx, w); err != nil {
		return fmt.Errorf("writing the access log: %w", err)
	}
	return nil
}

// Throttle implements registry.Store.
func (s *Store) Throttle(ctx context.Context, key string) (registry.Throttle, error) {
	var rows []registry.Throttle
	columns := func(t *registry.Throttle) []any {
		return []any{
			&t.Version, &t.Pace.Full, asMoment(&t.Pace.At), &t.Misses.Full, asOptionalMoment(&t.Misses.At), asOptionalMoment(&t.Until),
			&t.Blocks,
		}
	}
	if err := s.engine.read(ctx, often(into(&rows, columns, selectThrottle, key))); err != nil {
		return registry.Throttle{}, fmt.Errorf("reading a throttle: %w", err)
	}
	if len(rows) == 0 {
		return registry.Throttle{}, nil
	}
	return rows[0], nil
}

// PurgeThrottles implements registry.Store.
func (s *Store) PurgeThrottles(ctx context.Context, before time.Time) error {
	return s.quietly(ctx, purgeThrottles, ceilMicro(before))
}
