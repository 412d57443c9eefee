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
	eventColumns = "at, role, actor_id, place_id, place_name, door, action, record_id, outcome, version, count, digest"
	selectEvents = "SELECT " + eventColumns + " FROM access_log"
)

var (
	insertEvent = insertOf("access_log", eventColumns)
	// insertEventUnder writes the event of a change, if the change $2 is the one that the record $1 last
	// underwent.
	insertEventUnder = insertAfter("record", "id", "access_log", eventColumns)
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
		string(e.Outcome), e.Version, e.Count, e.Digest,
	}, nil
}

func readEvent(e *registry.Event) []any {
	return []any{
		asMoment(&e.At), &e.Role, &e.NationalID, &e.PlaceID, &e.PlaceName, &e.Door, &e.Action, &e.Record,
		&e.Outcome, &e.Version, &e.Count, &e.Digest,
	}
}

// logChange is the statement that writes the event of a change to a record.
func logChange(head registry.Head, change int64) (statement, error) {
	args, err := eventArgs(head.Event())
	return statement{sql: insertEventUnder, args: append([]any{string(head.Record()), change}, args...)}, err
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

// Events implements registry.EventReader.
func (s *Store) Events(ctx context.Context, want registry.EventQuery) ([]registry.Event, error) {
	if want.Limit <= 0 {
		return nil, nil
	}
	conditions, args := []string{}, []any{}
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
	if !want.From.IsZero() {
		add("at >= ", ceilMicro(want.From))
	}
	if !want.Until.IsZero() {
		add("at < ", ceilMicro(want.Until))
	}
	query := selectEvents
	if len(conditions) > 0 {
		query += " WHERE " + strings.Join(conditions, " AND ")
	}
	args = append(args, want.Limit)
	query += " ORDER BY at DESC, num DESC LIMIT " + placeholders(len(args), 1)
	events, err := readAll(ctx, s, query, args, readEvent)
	if err != nil {
		return nil, fmt.Errorf("reading the access log: %w", err)
	}
	return events, nil
}

// ceilMicro is the first microsecond that does not come before t.
func ceilMicro(t time.Time) int64 { return t.Add(time.Microsecond - 1).UnixMicro() }
