package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"vaccin/internal/accesslog"
	"vaccin/internal/registry"
)

const (
	countBefore      = "SELECT count(*) FROM access_log WHERE at < $1"
	insertRetirement = "INSERT INTO log_retirement (number, before, count, root)" +
		" SELECT $1, $2, $3, $4 WHERE (SELECT count(*) FROM access_log WHERE at < $5) = $6 ON CONFLICT DO NOTHING"
)

// ErrTampered is returned when entries that would be retired are not those that were numbered: they are
// evidence now.
var ErrTampered = errors.New("store: entries of the access log are not as they were numbered")

// ErrNotNumbered is returned while entries that would be retired are not numbered.
var ErrNotNumbered = errors.New("store: entries to retire are not numbered yet")

// RetirableEntries returns what retiring the entries before a moment would take, and its number. It reads each
// entry and holds it against its leaf.
func (s *Store) RetirableEntries(ctx context.Context, before time.Time) (r accesslog.Retirement, number int, err error) {
	var done []accesslog.Retirement
	var states []logState
	var rows []int64
	err = s.engine.read(ctx, into(&done, readRetirement, selectRetirements), into(&states, readState, selectState),
		into(&rows, func(n *int64) []any { return []any{n} }, countBefore, before.UnixMicro()))
	if err != nil {
		return r, 0, fmt.Errorf("reading what to retire: %w", err)
	}
	r.Before = before
	gone, tree := logBefore(done), accesslog.Frontier{}
	for leaf, err := range s.leaves(ctx, states[0].size, gone) {
		if err != nil {
			return r, 0, err
		}
		if !leaf.At.Before(before) || leaf.At.Before(gone) {
			continue
		}
		if leaf.Entry == nil || leaf.Entry.Hash() != leaf.Hash || !leaf.Entry.At.Equal(leaf.At) {
			return r, 0, fmt.Errorf("%w: position %d", ErrTampered, leaf.Position)
		}
		tree.Add(leaf.Hash, nil)
	}
	if r.Count, r.Root = tree.Size(), tree.Root(); r.Count != rows[0] {
		return r, 0, ErrNotNumbered
	}
	return r, len(done) + 1, nil
}

// RetireEntries removes the entries that RetirableEntries found, keeps what verifying needs to pass over them, and writes
// the event that tells of it, all or nothing. When the log is no longer as RetirableEntries found it, it returns
// registry.ErrOvertaken.
func (s *Store) RetireEntries(ctx context.Context, r accesslog.Retirement, number int, event registry.Event) error {
	logged, err := logAlways(event)
	if err != nil {
		return err
	}
	before := r.Before.UnixMicro()
	statements := []statement{{
		sql: insertRetirement, args: []any{number, before, r.Count, r.Root[:], before, r.Count},
		none: []reason{{err: registry.ErrOvertaken}},
	}}
	remove, err := s.log.retire(ctx, s, r.Before)
	if err != nil {
		return err
	}
	// The event first: SQLite gives the number after the highest there is, and those that went are not given again.
	statements = append(append(statements, logged), remove...)
	if err := s.write(ctx, work{statements: statements, alone: true}); err != nil {
		return fmt.Errorf("retiring entries: %w", err)
	}
	return nil
}
