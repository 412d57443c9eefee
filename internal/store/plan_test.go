package store

import (
	"context"
	"strings"
	"testing"
	"time"

	"vaccin/internal/registry"
)

// planner is an engine that explains each query instead of running it.
type planner struct {
	*sqlite
	plans map[string]string
}

func (p *planner) query(ctx context.Context, text string, args []any, _ func(func(...any) error) error) error {
	var steps []string
	err := p.sqlite.query(ctx, "EXPLAIN QUERY PLAN "+text, args, func(scan func(...any) error) error {
		var id, parent, unused int
		var step string
		err := scan(&id, &parent, &unused, &step)
		steps = append(steps, step)
		return err
	})
	p.plans[text] = strings.Join(steps, "\n")
	return err
}

// TestEveryLookUpGoesThroughAnIndex asks the engine how it would run each query that grows with the
// population, the log or the reference lists. None reads a whole table.
func TestEveryLookUpGoesThroughAnIndex(t *testing.T) {
	s := open(t)
	p := &planner{sqlite: s.engine.(*sqlite), plans: map[string]string{}}
	s.engine = p
	for _, text := range []string{
		selectRecordByID, selectRecordByCode, selectRecordsByNIR, selectEligibilities, selectDoses, selectAnnulments,
		probeCode, selectPracticePlaces, selectSession, selectForm, selectLotVaccines,
	} {
		if err := p.query(t.Context(), text, []any{"a"}, nil); err != nil {
			t.Fatal(err)
		}
	}
	day := registry.MustDate("2021-02-01")
	event := registry.Event{At: time.Unix(1, 0), Action: registry.ActionReadReports}
	for _, call := range []func() error{
		func() error { return p.query(t.Context(), selectLocalitiesNamed, []any{"a", "b"}, nil) },
		func() error { return p.query(t.Context(), selectPlacesNamed, []any{"a", "b"}, nil) },
		func() error { return p.query(t.Context(), selectKey, []any{"a", "b", 1}, nil) },
		func() error { return p.query(t.Context(), probeOwn, []any{"a", "b"}, nil) },
		func() error {
			return p.query(t.Context(), registerRecord, []any{"id", 1, nil, []byte("a"), "19800101", 1, nil}, nil)
		},
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
	if len(p.plans) != 25 {
		t.Fatalf("%d queries were explained, want 25", len(p.plans))
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
