package registrytest

import (
	"cmp"
	"context"
	"slices"

	"vaccin/internal/registry"
)

// entries are those asked for, the latest first. An entry's number is its turn.
func (m *Memory) entries(want registry.EventQuery) []registry.LogEntry {
	var all []registry.LogEntry
	for i, e := range m.events {
		if entry := (registry.LogEntry{Number: int64(i + 1), Event: e}); isWanted(entry, want) {
			all = append(all, entry)
		}
	}
	slices.SortFunc(all, func(a, b registry.LogEntry) int { return cmp.Or(b.At.Compare(a.At), cmp.Compare(b.Number, a.Number)) })
	return all[:min(len(all), max(0, want.Limit))]
}

func isWanted(e registry.LogEntry, want registry.EventQuery) bool {
	before := want.Before.IsZero() || cmp.Or(e.At.Compare(want.Before.At), cmp.Compare(e.Number, want.Before.Number)) < 0
	return before && (want.Record == "" || e.Record == want.Record) &&
		(want.NationalID == "" || e.NationalID == want.NationalID) &&
		(want.PlaceID == "" || e.PlaceID == want.PlaceID) &&
		(want.Action == "" || e.Action == want.Action) &&
		(want.From.IsZero() || !e.At.Before(want.From)) &&
		(want.Until.IsZero() || e.At.Before(want.Until)) &&
		(want.Only.IsZero() || e.At.Equal(want.Only.At) && e.Number == want.Only.Number)
}

// Entries returns the entries of the access log asked for.
func (m *Memory) Entries(_ context.Context, want registry.EventQuery, event registry.Event) ([]registry.LogEntry, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if event.IsZero() || event.At.IsZero() {
		return nil, errNoEvent
	}
	entries := m.entries(want)
	event.Count, event.Outcome = len(entries), registry.OutcomeFound
	if len(entries) == 0 {
		event.Outcome = registry.OutcomeNothing
	}
	return entries, m.log(event)
}

// Holdings returns all that is held on a person.
func (m *Memory) Holdings(_ context.Context, id registry.RecordID, event registry.Event) (registry.Holdings, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if event.IsZero() || event.At.IsZero() {
		return registry.Holdings{}, errNoEvent
	}
	r, ok := m.records[id]
	held := registry.Holdings{Record: r, Insured: m.insured[id]}
	for _, report := range m.reports {
		if ok && report.Act.Record == id {
			held.Reports = append(held.Reports, report)
		}
	}
	slices.SortStableFunc(held.Reports, func(a, b registry.Report) int { return a.At.Compare(b.At) })
	held.Log = m.entries(registry.EventQuery{Record: id, Limit: len(m.events)})
	slices.Reverse(held.Log)
	if _, err := m.found(event, r, ok); err != nil {
		return registry.Holdings{}, err
	}
	return held, nil
}
