package registrytest

import (
	"context"
	"slices"
	"time"

	"vaccin/internal/registry"
)

// pay charges the toll of a try that ended with an outcome. It must come before anything is logged.
func (m *Memory) pay(toll registry.Toll, outcome registry.Outcome) error {
	if toll.Key == "" {
		return nil
	}
	if m.throttles[toll.Key].Version != toll.From {
		return registry.ErrOvertaken
	}
	charge := toll.Charge(outcome)
	charge.Throttle.Version = toll.From + 1
	m.throttles[toll.Key] = charge.Throttle
	if charge.Report != nil {
		m.reports = append(m.reports, *charge.Report)
	}
	return nil
}

// LogTried writes an event and the toll's charge, or neither.
func (m *Memory) LogTried(_ context.Context, event registry.Event, toll registry.Toll) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if event.IsZero() {
		return errNoEvent
	}
	if err := m.pay(toll, event.Outcome); err != nil {
		return err
	}
	return m.log(event)
}

// Throttle returns what is remembered of someone's tries.
func (m *Memory) Throttle(_ context.Context, key string) (registry.Throttle, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.throttles[key], nil
}

// PurgeThrottles forgets those that stood, and whose block ended, before a moment.
func (m *Memory) PurgeThrottles(_ context.Context, before time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for key, t := range m.throttles {
		if t.Pace.At.Before(before) && t.Until.Before(before) {
			delete(m.throttles, key)
		}
	}
	return nil
}

// OwnActs returns acts done in a practitioner's name.
func (m *Memory) OwnActs(_ context.Context, want registry.OwnActsQuery, event registry.Event) ([]registry.OwnAct, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if event.IsZero() {
		return nil, errNoEvent
	}
	var acts []registry.OwnAct
	for _, e := range slices.Backward(m.events) {
		act := registry.OwnAct{Event: e, Patient: m.records[e.Record].Patient}
		act.Reported = slices.ContainsFunc(m.reports, func(r registry.Report) bool {
			return r.Kind == registry.ReportNotMine && r.About.NationalID == want.NationalID && r.Act == act.Act()
		})
		if m.isOwn(e, want) {
			acts = append(acts, act)
		}
	}
	slices.SortStableFunc(acts, func(a, b registry.OwnAct) int { return b.At.Compare(a.At) })
	acts = acts[:min(len(acts), max(0, want.Limit))]
	seen := map[registry.RecordID]bool{}
	for _, a := range acts {
		if seen[a.Record] {
			continue
		}
		seen[a.Record] = true
		if _, err := m.found(event, m.records[a.Record], true); err != nil {
			return nil, err
		}
	}
	if len(acts) == 0 {
		event.Record, event.Outcome = "", registry.OutcomeNothing
		return nil, m.log(event)
	}
	return acts, nil
}

func (m *Memory) isOwn(e registry.Event, want registry.OwnActsQuery) bool {
	_, known := m.records[e.Record]
	return known && e.NationalID == want.NationalID && e.Outcome == registry.OutcomeDone &&
		slices.Contains(registry.OwnActions(), e.Action) && (want.Before.IsZero() || e.At.Before(want.Before)) &&
		(want.Act == registry.ReportedAct{} || want.Act == registry.OwnAct{Event: e}.Act())
}

// Reports returns the reports asked for.
func (m *Memory) Reports(_ context.Context, want registry.ReportsQuery, event registry.Event) ([]registry.Report, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if event.IsZero() {
		return nil, errNoEvent
	}
	var reports []registry.Report
	for _, r := range slices.Backward(m.reports) {
		if want.ID != "" && r.ID == want.ID || want.ID == "" && r.IsOpen() != want.Closed && (want.Before.IsZero() || r.At.Before(want.Before)) {
			reports = append(reports, r)
		}
	}
	slices.SortStableFunc(reports, func(a, b registry.Report) int { return b.At.Compare(a.At) })
	reports = reports[:min(len(reports), max(0, want.Limit))]
	event.Count, event.Outcome = len(reports), registry.OutcomeFound
	if len(reports) == 0 {
		event.Outcome = registry.OutcomeNothing
	}
	return reports, m.log(event)
}

// report adds a report, unless its act was reported already.
func (m *Memory) report(r registry.Report) {
	known := func(o registry.Report) bool { return o.About.NationalID == r.About.NationalID && o.Act == r.Act }
	if r.Act.Record == "" || !slices.ContainsFunc(m.reports, known) {
		m.reports = append(m.reports, r)
	}
}

// closeReport says how a report that is open was dealt with.
func (m *Memory) closeReport(c registry.ReportClosed) error {
	i := slices.IndexFunc(m.reports, func(r registry.Report) bool { return r.ID == c.ID && r.IsOpen() })
	if i < 0 {
		return registry.ErrNoReport
	}
	m.reports[i].Closed = c.Closed
	delete(m.throttles, c.Lift)
	return nil
}
