package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"vaccin/internal/registry"
)

// The access log is only ever inserted into and read; the tables refuse anything else too.

const (
	eventColumns  = "at, role, actor_id, place_id, place_name, door, action, record_id, outcome, version, count, digest, reason"
	selectEntries = "SELECT num, " + eventColumns + " FROM access_log"
)

var (
	insertEvent = insertOf("access_log", eventColumns)
	// insertEventUnder writes the event of a change, if the change $2 is the one that the record of the number $1
	// last underwent; insertEventUnderNew does for a record that has its number from the guard.
	insertEventUnder    = insertAfter("record", "num", "access_log", eventColumns)
	insertEventUnderNew = insertAfter("record", drawnID, "access_log", eventColumns)
)

func eventArgs(e registry.Event) ([]any, error) {
	if e.IsZero() {
		return nil, errNoEvent
	}
	at, err := moment(e.At)
	if err != nil {
		return nil, fmt.Errorf("an event: %w", err)
	}
	return []any{
		at, string(e.Role), e.NationalID, e.PlaceID, e.PlaceName, string(e.Door), string(e.Action), string(e.Record),
		string(e.Outcome), e.Version, e.Count, e.Digest, e.Reason,
	}, nil
}

func readEvent(e *registry.Event) []any {
	return []any{
		asMoment(&e.At), &e.Role, &e.NationalID, &e.PlaceID, &e.PlaceName, &e.Door, &e.Action, &e.Record,
		&e.Outcome, &e.Version, &e.Count, &e.Digest, &e.Reason,
	}
}

func readEntry(e *registry.LogEntry) []any { return append([]any{&e.Number}, readEvent(&e.Event)...) }

// logChange is the statement that writes the event of a change to a record.
func logChange(e registry.Event, num, change int64) (statement, error) {
	args, err := eventArgs(e)
	return statement{sql: insertEventUnder, args: append([]any{num, change}, args...)}, err
}

// logNew is logChange for a record that the same work makes, whose number is not known.
func logNew(e registry.Event, _, change int64) (statement, error) {
	args, err := eventArgs(e)
	return statement{sql: insertEventUnderNew, args: append([]any{string(e.Record), change}, args...)}, err
}

// logAlways is the statement that writes an event that no guard decides on.
func logAlways(e registry.Event) (statement, error) {
	args, err := eventArgs(e)
	return statement{sql: insertEvent, args: args}, err
}

// Log implements registry.Store.
func (s *Store) Log(ctx context.Context, event registry.Event) error { return s.logEvents(ctx, event) }

func (s *Store) logEvents(ctx context.Context, events ...registry.Event) error {
	return s.logTried(ctx, registry.Toll{}, events...)
}

// Events implements registry.AccessLog.
func (s *Store) Events(ctx context.Context, want registry.EventQuery) ([]registry.Event, error) {
	entries, err := s.entries(ctx, want)
	events := make([]registry.Event, len(entries))
	for i, e := range entries {
		events[i] = e.Event
	}
	return events, err
}

// Entries implements registry.Store.
func (s *Store) Entries(ctx context.Context, want registry.EventQuery, event registry.Event) ([]registry.LogEntry, error) {
	if event.IsZero() {
		return nil, errNoEvent
	}
	entries, err := s.entries(ctx, want)
	if err != nil {
		return nil, err
	}
	event.Count, event.Outcome = len(entries), registry.OutcomeFound
	if len(entries) == 0 {
		event.Outcome = registry.OutcomeNothing
	}
	if err := s.logEvents(ctx, event); err != nil {
		return nil, err
	}
	return entries, nil
}

func (s *Store) entries(ctx context.Context, want registry.EventQuery) ([]registry.LogEntry, error) {
	if want.Limit <= 0 {
		return nil, nil
	}
	sql, args := entriesWanted(want)
	var entries []registry.LogEntry
	q := into(&entries, readEntry, sql, args...)
	q.long = (want.PlaceID != "" || want.Action != "") && want.Record == "" && want.NationalID == "" // those of a period are looked at one by one
	if err := s.engine.read(ctx, q); err != nil {
		return nil, fmt.Errorf("reading the access log: %w", err)
	}
	return entries, nil
}

// entriesWanted is the query of entries, always bounded in time so that an index leads to the latest.
func entriesWanted(want registry.EventQuery) (query string, args []any) {
	conditions := []string{}
	add := func(condition string, arg any) {
		args = append(args, arg)
		conditions = append(conditions, condition+placeholders(len(args), 1))
	}
	if want.Record != "" {
		// Said twice so that the index of entries about a record serves.
		add("record_id <> '' AND record_id = ", string(want.Record))
	}
	if want.NationalID != "" {
		add("actor_id = ", want.NationalID)
	}
	if want.PlaceID != "" {
		add("place_id = ", want.PlaceID)
	}
	if want.Action != "" {
		add("action = ", string(want.Action))
	}
	if !want.From.IsZero() {
		add("at >= ", ceilMicro(want.From))
	}
	if !want.Only.IsZero() {
		add("num = ", want.Only.Number)
		add("at = ", want.Only.At.UnixMicro())
	}
	if !want.Before.IsZero() {
		add("at <= ", want.Before.At.UnixMicro())
		args = append(args, want.Before.At.UnixMicro(), want.Before.Number)
		conditions = append(conditions, fmt.Sprintf("(at < $%d OR num < $%d)", len(args)-1, len(args)))
	}
	add("at < ", before(want.Until))
	args = append(args, want.Limit)
	return selectEntries + " WHERE " + strings.Join(conditions, " AND ") +
		" ORDER BY at DESC, num DESC LIMIT " + placeholders(len(args), 1), args
}

// ceilMicro is the first microsecond that does not come before t.
func ceilMicro(t time.Time) int64 { return t.Add(time.Microsecond - 1).UnixMicro() }
