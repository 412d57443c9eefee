package storetest

import (
	"fmt"
	"slices"
	"time"

	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
)

var officerTests = group{
	"a reading of the log is written, and is none of it": entriesLogged,
	"entries by place, and one alone":                    entriesByPlace,
	"paging neither skips nor repeats":                   entriesPaged,
	"the log is not read without an event":               entriesNeedEvent,
	"all that is held on a person":                       holdingsWhole,
	"what is held of whom campaigns may concern":         holdingsInsured,
	"nothing is held on nobody":                          holdingsOfNobody,
}

func (e *env) entries(want registry.EventQuery) []registry.LogEntry {
	e.Helper()
	entries, err := e.store.Entries(e.ctx, want, e.event(registry.ActionReadLog))
	e.ok(err)
	return entries
}

func entriesLogged(e *env) {
	event := e.event(registry.ActionRead)
	for range 3 {
		e.ok(e.store.Log(e.ctx, event))
	}
	reading := e.event(registry.ActionReadLog)
	reading.Record, reading.Reason = "asked", "a reason"
	want := reading
	want.Outcome, want.Count = registry.OutcomeFound, 3
	got := e.logged(func() {
		entries, err := e.store.Entries(e.ctx, registry.EventQuery{NationalID: event.NationalID, From: event.At, Limit: 3}, reading)
		e.ok(err)
		e.equal("the entries", len(entries), 3)
		for _, entry := range entries {
			e.equal("an entry", entry.Event, event)
		}
	})
	e.equal("what is written", got, []registry.Event{want})

	want.Outcome, want.Count = registry.OutcomeNothing, 0
	for _, query := range []registry.EventQuery{{NationalID: "nobody", Limit: 3}, {NationalID: event.NationalID, Limit: 0}} {
		got = e.logged(func() {
			entries, err := e.store.Entries(e.ctx, query, reading)
			e.ok(err)
			e.equal("the entries of nobody", len(entries), 0)
		})
		e.equal("what is written", got, []registry.Event{want})
	}
}

func entriesByPlace(e *env) {
	for i := range 6 {
		event := e.event(registry.ActionRead)
		event.PlaceID, event.Version = fmt.Sprintf("place-%d", i%2), i
		if i > 3 {
			event.Action = registry.ActionReadDocument
		}
		e.ok(e.store.Log(e.ctx, event))
	}
	versions := func(entries []registry.LogEntry) (list []int) {
		for _, entry := range entries {
			list = append(list, entry.Version)
		}
		return list
	}
	at := e.clock.Now()
	e.equal("of a place", versions(e.entries(registry.EventQuery{PlaceID: "place-1", From: at, Until: at.Add(1), Limit: 9})), []int{5, 3, 1})
	e.equal("of an action", versions(e.entries(registry.EventQuery{Action: registry.ActionReadDocument, From: at, Until: at.Add(1), Limit: 9})), []int{5, 4})
	e.equal("of both", versions(e.entries(registry.EventQuery{Action: registry.ActionReadDocument, PlaceID: "place-1", From: at, Until: at.Add(1), Limit: 9})), []int{5})
	third := e.entries(registry.EventQuery{PlaceID: "place-1", Limit: 9})[1]
	e.equal("one alone", e.entries(registry.EventQuery{Only: third.Ref(), Limit: 9}), []registry.LogEntry{third})
	for _, ref := range []registry.EntryRef{
		{At: third.At, Number: third.Number + 1_000_000}, {At: third.At.Add(time.Microsecond), Number: third.Number},
	} {
		e.equal("no such entry", len(e.entries(registry.EventQuery{Only: ref, Limit: 9})), 0)
	}
}

// Of each moment there are several entries, written in another order than that of the moments; pages of one and
// two entries end in the middle of a moment.
func entriesPaged(e *env) {
	start := e.clock.Now()
	for i := range 12 {
		event := e.event(registry.ActionRead)
		event.At, event.Version, event.NationalID = start.Add(time.Duration(i*5%4)*time.Microsecond), i+1, "paged"
		e.ok(e.store.Log(e.ctx, event))
	}
	whole := e.entries(registry.EventQuery{NationalID: "paged", Limit: 100})
	e.equal("how many", len(whole), 12)
	e.equal("their order", slices.IsSortedFunc(whole, func(a, b registry.LogEntry) int {
		if c := b.At.Compare(a.At); c != 0 {
			return c
		}
		return int(b.Number - a.Number)
	}), true)
	for _, size := range []int{1, 2, 3, 5} {
		var paged []registry.LogEntry
		query := registry.EventQuery{NationalID: "paged", Until: start.Add(time.Hour), Limit: size}
		for {
			page := e.entries(query)
			if len(page) == 0 {
				break
			}
			paged = append(paged, page...)
			query.Before = page[len(page)-1].Ref()
			if size == 2 { // what is written meanwhile is later, and moves nothing
				event := e.event(registry.ActionRead)
				event.At, event.NationalID = start.Add(time.Minute), "paged too"
				e.ok(e.store.Log(e.ctx, event))
			}
		}
		e.equal(fmt.Sprintf("pages of %d", size), paged, whole)
	}
	// A place in the log at which no entry stands.
	none := registry.EntryRef{At: start.Add(2 * time.Microsecond), Number: 0}
	e.equal("after none", len(e.entries(registry.EventQuery{NationalID: "paged", Before: none, Limit: 100})), 6)
}

func entriesNeedEvent(e *env) {
	withoutTime := e.event(registry.ActionReadLog)
	withoutTime.At = time.Time{}
	for _, event := range []registry.Event{{}, e.event(""), withoutTime} {
		entries, err := e.store.Entries(e.ctx, registry.EventQuery{Limit: 9}, event)
		e.fails(err)
		e.equal("the entries shown", len(entries), 0)
		held, err := e.store.Holdings(e.ctx, e.newRecord(), event)
		e.fails(err)
		e.equal("the record shown", held.Record.ID, registry.RecordID(""))
	}
}

func holdingsWhole(e *env) {
	id, other := e.eligible(), e.eligible()
	e.clock.Set(e.clock.Now().Add(time.Minute))
	for _, read := range []registry.RecordID{id, other, id} {
		_, err := e.registry.Read(e.ctx, e.doctor, read, registry.ActionRead)
		e.ok(err)
	}
	acts, err := e.registry.OwnActs(e.ctx, e.doctor, time.Time{})
	e.ok(err)
	for _, act := range acts { // one report on each of the two records, in their turn
		e.clock.Set(e.clock.Now().Add(time.Minute))
		e.ok(e.registry.NotMine(e.ctx, e.doctor, act.Act(), "note on "+string(act.Record)))
	}
	_, err = e.registry.RectifyEligibility(e.ctx, registry.Act{By: e.doctor, Record: id, From: 1}, registrytest.PaperRequest("Autre"))
	e.ok(err)

	want := registry.Holdings{Record: e.record(id)}
	reports, err := e.store.Reports(e.ctx, registry.ReportsQuery{Limit: 9}, e.event(registry.ActionReadReports))
	e.ok(err)
	for _, r := range slices.Backward(reports) {
		if r.Act.Record == id {
			want.Reports = append(want.Reports, r)
		}
	}
	e.equal("reports", len(want.Reports), 1)
	want.Log = e.entries(registry.EventQuery{Record: id, Limit: 100})
	slices.Reverse(want.Log)

	event := e.event(registry.ActionDisclose)
	event.Reason = "a request"
	disclosed := event
	disclosed.Record, disclosed.Outcome = id, registry.OutcomeFound
	written := e.logged(func() {
		held, err := e.store.Holdings(e.ctx, id, event)
		e.ok(err)
		e.equal("what is held", held, want)
	})
	e.equal("what is written", written, []registry.Event{disclosed})
}

// holdingsInsured are what an import told of a person for campaigns, conditions too.
func holdingsInsured(e *env) {
	p, other := e.person(false), e.person(false)
	p.Insured = registry.Insured{
		Residence: registry.ResidenceEHPAD, Establishment: "750001234", Occupation: registry.OccupationHealth, Workplace: registry.WorkplaceHomes,
		Conditions: registry.Conditions(1<<7 | 1<<31), Comorbidities: registry.VeryHighRisk, Scheme: "02", Died: registry.MustDate("2021-01-09"),
	}
	e.imported(p, other)
	for _, p := range []registry.ImportedPerson{p, other} {
		held, err := e.store.Holdings(e.ctx, p.ID, e.event(registry.ActionDisclose))
		e.ok(err)
		e.equal("what is insured", held.Insured, p.Insured)
	}
}

func holdingsOfNobody(e *env) {
	e.eligible()
	event := e.event(registry.ActionDisclose)
	nothing := event
	nothing.Outcome = registry.OutcomeNothing
	written := e.logged(func() {
		_, err := e.store.Holdings(e.ctx, "nobody", event)
		e.fails(err, registry.ErrNoRecord)
	})
	e.equal("what is written", written, []registry.Event{nothing})
}
