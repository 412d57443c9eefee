package store

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
)

// planner is an engine that explains each query instead of running it.
type planner struct {
	*sqlite
	plans map[string]string
}

func (p *planner) read(ctx context.Context, queries ...query) error {
	for _, q := range queries {
		var steps []string
		err := p.sqlite.read(ctx, query{sql: "EXPLAIN QUERY PLAN " + q.sql, args: q.args, row: func(scan func(...any) error) error {
			var id, parent, unused int
			var step string
			err := scan(&id, &parent, &unused, &step)
			steps = append(steps, step)
			return err
		}})
		if err != nil {
			return err
		}
		p.plans[q.sql] = strings.Join(steps, "\n")
	}
	return nil
}

// TestEveryLookUpGoesThroughAnIndex asks the engine how it would run each query that grows with the
// population, the log or the reference lists. None reads a whole table.
func TestEveryLookUpGoesThroughAnIndex(t *testing.T) {
	s := open(t)
	p := &planner{sqlite: s.engine.(*sqlite), plans: map[string]string{}}
	s.engine = p
	ask := func(sql string, args ...any) error { return s.engine.read(t.Context(), query{sql: sql, args: args}) }
	day := registry.MustDate("2021-02-01")
	one, two := newLookups(1), newLookups(2) // keys
	inserted := []any{"id", 1, nil, 1, []byte("a"), "19800101", 1, nil, "a", 1, "b"}
	event := registry.Event{At: time.Unix(1, 0), Action: registry.ActionReadReports}
	entries := func(want registry.EventQuery) func() error {
		return func() error {
			_, err := s.Entries(t.Context(), want, event)
			return err
		}
	}
	for _, call := range []func() error{
		func() error {
			_, err := s.Facts(t.Context(), "a", registry.Wanted{Lot: "a", PlaceType: "a", PlaceLabel: "a", LocalityLabel: "a b"})
			return nothing(err)
		},
		func() error { _, err := s.FindByCode(t.Context(), 1, event, registry.Toll{}); return nothing(err) },
		func() error {
			_, err := s.FindByNIR(t.Context(), registrytest.NIR(1), event, registry.Toll{})
			return err
		},
		func() error { return ask(selectNumber, "a") },
		func() error {
			return cmp.Or(ask(probeCode, "a"), ask(selectPracticePlaces, "a"), ask(selectSession, "a"), ask(selectForm, "a"))
		},
		func() error { return ask(two.recordsByNIR, "a", "b") },
		func() error { return ask(advanceRecord, 1, 2, 3, "a") },
		func() error { return ask(advanceWithCode, 1, 2, 3, "a", 4) },
		func() error { return ask(insertEntry, 1, 2, 0, 1, 1, 1, nil, nil, nil, nil, nil, nil, "") },
		func() error { return ask(setObjects, 1, 2, true) },
		func() error { return ask(one.key, "a", 1, "b") },
		func() error { return ask(two.key, "a", 1, "b", "c") },
		func() error { return ask(two.probeKey, "a", 1, "b", "c") },
		func() error { return ask(two.probeOwn, "a", "b", "c") },
		func() error { return ask(one.register, inserted...) },
		func() error { return ask(two.register, append(inserted, []byte("b"))...) },
		func() error { return ask(two.insert, append(inserted, []byte("b"))...) },
		func() error { return ask(probeMoved, 1, "a", 1, "b") },
		func() error { return ask(selectOld, 1, 500, 2, []byte{0, 2}) },
		func() error { return ask(blindAnew, "blind", 2, []byte("a"), nil, 1, 1, []byte("b"), nil) },
		func() error { return ask(sealAnew, "seal", 2, []byte("a"), 1, []byte("b"), 1) },
		func() error { _, err := s.Localities(t.Context(), "sa", 10); return err },
		func() error { _, err := s.Places(t.Context(), "EHPAD", "sa", day, 10); return err },
		func() error { _, err := s.Lots(t.Context(), "X", "E", 10); return err },
		func() error {
			_, err := s.Events(t.Context(), registry.EventQuery{Record: "a", Limit: 10})
			return err
		},
		func() error {
			_, err := s.Events(t.Context(), registry.EventQuery{NationalID: "a", From: time.Unix(1, 0), Limit: 10})
			return err
		},
		entries(registry.EventQuery{Limit: 10}),
		entries(registry.EventQuery{PlaceID: "a", From: time.Unix(1, 0), Until: time.Unix(2, 0), Limit: 10}),
		entries(registry.EventQuery{Action: "a", From: time.Unix(1, 0), Until: time.Unix(2, 0), Limit: 10}),
		entries(registry.EventQuery{NationalID: "a", Before: registry.EntryRef{At: time.Unix(1, 0), Number: 1}, Limit: 10}),
		entries(registry.EventQuery{Only: registry.EntryRef{At: time.Unix(1, 0), Number: 1}, Limit: 1}),
		func() error { _, err := s.Holdings(t.Context(), "a", event); return nothing(err) },
		func() error { return ask(selectRecipients, 1, 2, 3) },
		func() error { return ask(selectLetters, 1, 2, 3, 4) },
		func() error { _, err := s.Throttle(t.Context(), "a"); return err },
		func() error {
			_, err := s.OwnActs(t.Context(), registry.OwnActsQuery{NationalID: "a", Before: time.Unix(1, 0), Limit: 10}, event)
			return err
		},
		func() error { _, err := s.Reports(t.Context(), registry.ReportsQuery{Limit: 10}, event); return err },
		func() error {
			_, err := s.Reports(t.Context(), registry.ReportsQuery{Closed: true, Before: time.Unix(1, 0), Limit: 10}, event)
			return err
		},
	} {
		if err := call(); err != nil {
			t.Fatal(err)
		}
	}
	if len(p.plans) != 51 {
		t.Fatalf("%d queries were explained, want 51", len(p.plans))
	}
	for text, plan := range p.plans {
		for _, step := range strings.Split(plan, "\n") {
			if strings.HasPrefix(step, "SCAN") && step != "SCAN found" && step != "SCAN CONSTANT ROW" && !strings.HasPrefix(step, "SCAN (subquery") {
				t.Errorf("a whole table is read by\n%s\n%s", text, plan)
			}
		}
		if !strings.Contains(plan, "SEARCH") {
			t.Errorf("no index serves\n%s\n%s", text, plan)
		}
	}
}

// nothing passes over the error of a record that is not there.
func nothing(err error) error {
	if errors.Is(err, registry.ErrNoRecord) {
		return nil
	}
	return err
}
