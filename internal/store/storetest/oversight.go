package storetest

import (
	"math"
	"slices"
	"time"

	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
)

var oversightTests = group{
	"a try pays the charge of its outcome, with its event": tollOfOutcome,
	"of tries decided on one throttle one is made":         tollOnce,
	"a search that was overtaken shows and writes nothing": tollOvertaken,
	"a block comes with its report":                        tollReport,
	"a throttle is forgotten when it is past":              throttlePurge,
	"acts in someone's name, with their patients":          ownActs,
	"one act among them":                                   ownAct,
	"a report is kept whole and closed once":               reportWhole,
	"a throttle is lifted with its report, and not later":  reportLifts,
	"an act is reported once":                              reportOnce,
	"reports open and closed, the latest first":            reportLists,
}

// toll is one that leaves a different level for each outcome.
func (e *env) toll(key string, from int64) registry.Toll {
	at := e.clock.Now()
	return registry.Toll{
		Key: key, From: from,
		Found: registry.Charge{Throttle: registry.Throttle{Pace: registry.Level{Full: 1, At: at}, Blocks: 2}},
		Nothing: registry.Charge{Throttle: registry.Throttle{
			Pace: registry.Level{Full: 8, At: at}, Misses: registry.Level{Full: 1, At: at.Add(time.Second)}, Until: at.Add(time.Minute), Blocks: 3,
		}},
	}
}

func (e *env) throttle(key string) registry.Throttle {
	e.Helper()
	t, err := e.store.Throttle(e.ctx, key)
	e.ok(err)
	return t
}

func tollOfOutcome(e *env) {
	e.equal("the throttle of someone who never tried", e.throttle("a"), registry.Throttle{})
	p := e.person(true)
	e.imported(p)
	event := e.event(registry.ActionSearchCode)
	paid := func(c registry.Charge, version int64) registry.Throttle {
		c.Throttle.Version = version
		return c.Throttle
	}

	toll := e.toll("a", 0)
	_, err := e.store.FindByCode(e.ctx, p.Code, event, toll)
	e.ok(err)
	e.equal("after one found", e.throttle("a"), paid(toll.Found, 1))

	toll = e.toll("a", 1)
	_, err = e.store.FindByCode(e.ctx, p.Code+1, event, toll)
	e.fails(err, registry.ErrNoRecord)
	e.equal("after nothing found", e.throttle("a"), paid(toll.Nothing, 2))

	toll = e.toll("a", 2)
	_, err = e.store.FindByNIR(e.ctx, p.Patient.Holder, event, toll)
	e.ok(err)
	e.equal("after a NIR found", e.throttle("a"), paid(toll.Found, 3))

	event.Outcome = registry.OutcomeMalformed
	toll = e.toll("a", 3)
	before := len(e.events())
	e.ok(e.store.LogTried(e.ctx, event, toll))
	e.equal("after a malformed one", e.throttle("a"), paid(toll.Nothing, 4))
	e.equal("events", e.events()[before:], []registry.Event{event})
	e.equal("someone else's throttle", e.throttle("b"), registry.Throttle{})
}

func tollOnce(e *env) {
	const tries = 8
	event := e.event(registry.ActionSearchCode)
	for from := range int64(2) {
		before := len(e.events())
		errs := make(chan error, tries)
		for range tries {
			go func() { errs <- e.store.LogTried(e.ctx, event, e.toll("a", from)) }()
		}
		made := 0
		for range tries {
			if err := <-errs; err == nil {
				made++
			} else {
				e.fails(err, registry.ErrOvertaken)
			}
		}
		e.equal("tries made", made, 1)
		e.equal("events written", len(e.events())-before, 1)
		e.equal("version", e.throttle("a").Version, from+1)
	}
}

func tollOvertaken(e *env) {
	p := e.person(true)
	e.imported(p)
	event := e.event(registry.ActionSearchNIR)
	e.ok(e.store.LogTried(e.ctx, event, e.toll("a", 0)))
	before, stood := len(e.events()), e.throttle("a")
	for _, from := range []int64{0, 2} {
		r, err := e.store.FindByCode(e.ctx, p.Code, event, e.toll("a", from))
		e.fails(err, registry.ErrOvertaken)
		e.equal("the record shown", r.ID, registry.RecordID(""))
		all, err := e.store.FindByNIR(e.ctx, p.Patient.Holder, event, e.toll("a", from))
		e.fails(err, registry.ErrOvertaken)
		e.equal("the records shown", len(all), 0)
	}
	e.equal("events written", len(e.events())-before, 0)
	e.equal("the throttle", e.throttle("a"), stood)
}

func tollReport(e *env) {
	var report registry.Report
	fill(&report)
	report.Act, report.Closed = registry.ReportedAct{}, registry.Closed{}
	toll := e.toll("a", 0)
	toll.Nothing.Report = &report
	event := e.event(registry.ActionSearchCode)
	_, err := e.store.FindByCode(e.ctx, 4711, event, toll)
	e.fails(err, registry.ErrNoRecord)
	e.equal("reports", e.reports(registry.ReportsQuery{Limit: 9}), []registry.Report{report})

	toll.From, report.ID = 0, "another" // overtaken: neither event nor report
	_, err = e.store.FindByCode(e.ctx, 4711, event, toll)
	e.fails(err, registry.ErrOvertaken)
	e.equal("number of reports", len(e.reports(registry.ReportsQuery{Limit: 9})), 1)
}

func throttlePurge(e *env) {
	now := e.clock.Now()
	event := e.event(registry.ActionSearchCode)
	for key, t := range map[string]registry.Throttle{
		"past":    {Pace: registry.Level{Full: 1, At: now.Add(-2 * time.Hour)}},
		"ended":   {Pace: registry.Level{Full: 1, At: now.Add(-2 * time.Hour)}, Until: now.Add(-90 * time.Minute)},
		"blocked": {Pace: registry.Level{Full: 1, At: now.Add(-2 * time.Hour)}, Until: now.Add(time.Hour)},
		"recent":  {Pace: registry.Level{Full: 1, At: now}},
	} {
		e.ok(e.store.LogTried(e.ctx, event, registry.Toll{Key: key, Found: registry.Charge{Throttle: t}}))
	}
	e.ok(e.store.PurgeThrottles(e.ctx, now.Add(-time.Hour)))
	left := []string{}
	for _, key := range []string{"past", "ended", "blocked", "recent"} {
		if e.throttle(key).Version > 0 {
			left = append(left, key)
		}
	}
	e.equal("what is left", left, []string{"blocked", "recent"})
}

// acts records eligibility and dose 1 of two patients by the doctor, at moments of their own, and returns
// their records.
func (e *env) acts() (ids []registry.RecordID) {
	for range 2 {
		id := e.eligible()
		e.later(time.Minute)
		_, err := e.registry.RecordDose(e.ctx, e.firstDose(id), registrytest.DoseRequest())
		e.ok(err)
		e.later(time.Minute)
		ids = append(ids, id)
	}
	return ids
}

func (e *env) later(d time.Duration) { e.clock.Set(e.clock.Now().Add(d)) }

func (e *env) own(want registry.OwnActsQuery) []registry.OwnAct {
	e.Helper()
	acts, err := e.store.OwnActs(e.ctx, want, e.event(registry.ActionReadOwnActs))
	e.ok(err)
	return acts
}

func ownActs(e *env) {
	ids := e.acts()
	me := e.doctor.Practitioner.NationalID
	other := e.event(registry.ActionRecordFirstDose)
	other.NationalID, other.Record = "someone else", ids[0]
	refused := e.event(registry.ActionRecordSecondDose)
	refused.Record, refused.Outcome = ids[0], registry.OutcomeRefused
	read := e.event(registry.ActionRead)
	read.Record = ids[1]
	for _, event := range []registry.Event{other, refused, read} {
		e.ok(e.store.Log(e.ctx, event))
	}
	before := len(e.events())
	acts := e.own(registry.OwnActsQuery{NationalID: me, Limit: 100})
	got := []registry.ReportedAct{}
	for _, a := range acts {
		got = append(got, a.Act())
		if a.Patient != e.record(a.Record).Patient || a.Reported {
			e.Errorf("an act with %+v, reported %v", a.Patient.BirthDate, a.Reported)
		}
	}
	want := []registry.ReportedAct{}
	for _, event := range slices.Backward(e.events()[:before]) {
		if event.NationalID == me && event.Outcome == registry.OutcomeDone && slices.Contains(registry.OwnActions(), event.Action) {
			want = append(want, registry.ReportedAct{Action: event.Action, Record: event.Record, Version: event.Version, At: event.At})
		}
	}
	e.equal("acts", got, want)
	seen := e.events()[before:]
	e.equal("number of events for two patients", len(seen), 2)
	for i, event := range seen {
		e.equal("an event", event.Action, registry.ActionReadOwnActs)
		e.equal("its outcome", event.Outcome, registry.OutcomeFound)
		if !slices.Contains(ids, event.Record) || i > 0 && event.Record == seen[0].Record {
			e.Errorf("an event about %q", event.Record)
		}
	}

	e.equal("the latest", len(e.own(registry.OwnActsQuery{NationalID: me, Limit: 1})), 1)
	e.equal("none asked for", len(e.own(registry.OwnActsQuery{NationalID: me})), 0)
	e.equal("those before the last", len(e.own(registry.OwnActsQuery{NationalID: me, Before: got[0].At, Limit: 100})), len(want)-1)
	before = len(e.events())
	e.equal("of nobody", len(e.own(registry.OwnActsQuery{NationalID: "nobody", Limit: 9})), 0)
	e.equal("how that ended", e.events()[before].Outcome, registry.OutcomeNothing)
	_, err := e.store.OwnActs(e.ctx, registry.OwnActsQuery{NationalID: me, Limit: 9}, registry.Event{})
	e.fails(err)
}

func ownAct(e *env) {
	e.acts()
	me := e.doctor.Practitioner.NationalID
	for _, a := range e.own(registry.OwnActsQuery{NationalID: me, Limit: 100}) {
		one := e.own(registry.OwnActsQuery{NationalID: me, Act: a.Act(), Limit: 9})
		if len(one) != 1 || one[0].Act() != a.Act() {
			e.Errorf("asked for %+v, got %d", a.Act(), len(one))
		}
		for _, wrong := range []registry.ReportedAct{
			{Action: registry.ActionAnnulSecondDose, Record: a.Record, Version: a.Version, At: a.At},
			{Action: a.Action, Record: "another", Version: a.Version, At: a.At},
			{Action: a.Action, Record: a.Record, Version: a.Version + 1, At: a.At},
			{Action: a.Action, Record: a.Record, Version: math.MaxInt32 + 1, At: a.At},
			{Action: a.Action, Record: a.Record, Version: a.Version, At: a.At.Add(time.Microsecond)},
		} {
			e.equal("acts that are not there", len(e.own(registry.OwnActsQuery{NationalID: me, Act: wrong, Limit: 9})), 0)
		}
	}
}

func (e *env) reports(want registry.ReportsQuery) []registry.Report {
	e.Helper()
	reports, err := e.store.Reports(e.ctx, want, e.event(registry.ActionReadReports))
	e.ok(err)
	return reports
}

// reported has the use case report the latest act of the doctor, with a note.
func (e *env) reported(note string) registry.OwnAct {
	e.Helper()
	act := e.own(registry.OwnActsQuery{NationalID: e.doctor.Practitioner.NationalID, Limit: 1})[0]
	e.ok(e.registry.NotMine(e.ctx, e.doctor, act.Act(), note))
	return act
}

func reportWhole(e *env) {
	e.acts()
	act := e.reported("pas moi")
	before := len(e.events())
	all := e.reports(registry.ReportsQuery{Limit: 9})
	if len(all) != 1 {
		e.Fatalf("%d reports", len(all))
	}
	r := all[0]
	want := registry.Report{
		ID: r.ID, Kind: registry.ReportNotMine, At: e.clock.Now(), About: e.doctor.Practitioner, Role: e.doctor.Role, Door: act.Door,
		PlaceID: act.PlaceID, PlaceName: act.PlaceName, Act: act.Act(), Note: "pas moi",
	}
	e.equal("the report", r, want)
	event := e.events()[before]
	e.equal("the count of the event", event.Count, 1)
	e.equal("the outcome of the event", event.Outcome, registry.OutcomeFound)

	e.later(time.Hour)
	agent := e.doctor
	agent.Role, agent.Practitioner = registry.RoleSupport, registry.Practitioner{NationalID: "agent"}
	e.ok(e.registry.CloseReport(e.ctx, agent, r.ID, "Carte révoquée", false))
	last := e.events()[len(e.events())-1]
	e.equal("the event of closing", last.Action, registry.ActionCloseReport)
	want.Closed = registry.Closed{ClosedAt: e.clock.Now(), ClosedBy: "agent", Outcome: "Carte révoquée"}
	e.equal("the report once closed", e.reports(registry.ReportsQuery{ID: r.ID, Limit: 9}), []registry.Report{want})
	if err := e.registry.CloseReport(e.ctx, agent, r.ID, "Encore", false); registry.KindOf(err) != registry.KindConflict {
		e.Errorf("closed again: %v", err)
	}
	last = e.events()[len(e.events())-1]
	e.equal("the event of closing again", last.Outcome, registry.OutcomeConflict)
	e.equal("the report closed again", e.reports(registry.ReportsQuery{ID: r.ID, Limit: 9}), []registry.Report{want})
	e.equal("a report that is not there", len(e.reports(registry.ReportsQuery{ID: "none", Limit: 9})), 0)
	_, err := e.store.Reports(e.ctx, registry.ReportsQuery{Limit: 9}, registry.Event{})
	e.fails(err)
}

func reportLifts(e *env) {
	agent := e.doctor
	agent.Role, agent.Practitioner = registry.RoleSupport, registry.Practitioner{NationalID: "agent"}
	for i := range 2 {
		for len(e.reports(registry.ReportsQuery{Limit: 9})) == 0 {
			_, err := e.registry.SearchByCode(e.ctx, e.doctor, "AAAA")
			e.fails(err)
		}
		r := e.reports(registry.ReportsQuery{Limit: 9})[0]
		e.ok(e.registry.CloseReport(e.ctx, agent, r.ID, "Vérifié par téléphone", i == 0))
		_, err := e.registry.SearchByCode(e.ctx, e.doctor, "AAAA")
		if throttled := registry.KindOf(err) == registry.KindThrottled; throttled != (i == 1) {
			e.Errorf("after the report of block %d is closed: %v", i, err)
		}
		if i == 0 {
			continue
		}
		if err := e.registry.CloseReport(e.ctx, agent, r.ID, "Encore", true); registry.KindOf(err) != registry.KindConflict {
			e.Errorf("closed again: %v", err)
		}
		if e.throttle("search:PSC:" + e.doctor.Practitioner.NationalID).Until.IsZero() {
			e.Error("a report that was closed already lifts the throttle")
		}
	}
}

func reportOnce(e *env) {
	e.acts()
	e.reported("un")
	e.reported("deux")
	e.equal("reports", len(e.reports(registry.ReportsQuery{Limit: 9})), 1)
	acts := e.own(registry.OwnActsQuery{NationalID: e.doctor.Practitioner.NationalID, Limit: 9})
	for i, a := range acts {
		e.equal("reported", a.Reported, i == 0)
	}
}

func reportLists(e *env) {
	e.acts()
	var ids []registry.ReportID
	for _, a := range e.own(registry.OwnActsQuery{NationalID: e.doctor.Practitioner.NationalID, Limit: 3}) {
		e.later(time.Minute)
		e.ok(e.registry.NotMine(e.ctx, e.doctor, a.Act(), ""))
		ids = append(ids, e.reports(registry.ReportsQuery{Limit: 1})[0].ID)
	}
	agent := e.doctor
	agent.Role, agent.Practitioner = registry.RoleDataProtection, registry.Practitioner{NationalID: "agent"}
	e.ok(e.registry.CloseReport(e.ctx, agent, ids[1], "Vu", false))
	listed := func(want registry.ReportsQuery) (got []registry.ReportID) {
		for _, r := range e.reports(want) {
			got = append(got, r.ID)
		}
		return got
	}
	e.equal("open", listed(registry.ReportsQuery{Limit: 9}), []registry.ReportID{ids[2], ids[0]})
	e.equal("closed", listed(registry.ReportsQuery{Closed: true, Limit: 9}), []registry.ReportID{ids[1]})
	e.equal("the latest open", listed(registry.ReportsQuery{Limit: 1}), []registry.ReportID{ids[2]})
	e.equal("open before", listed(registry.ReportsQuery{Before: e.clock.Now(), Limit: 9}), []registry.ReportID{ids[0]})
	e.equal("none asked for", len(listed(registry.ReportsQuery{})), 0)
}
