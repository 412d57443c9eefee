package storetest

import (
	"fmt"
	"slices"
	"time"

	"vaccin/internal/registry"
)

var logTests = group{
	"every field of an event is kept":      eventIsWhole,
	"an event is required":                 eventRequired,
	"events by record, actor and period":   eventQueries,
	"the latest events come first, some":   eventOrder,
	"events of one moment keep their turn": eventTurns,
}

func eventIsWhole(e *env) {
	var event registry.Event
	fill(&event)
	e.ok(e.store.Log(e.ctx, event))
	e.equal("the log", e.events(), []registry.Event{event})
}

func eventRequired(e *env) {
	e.fails(e.store.Log(e.ctx, registry.Event{}))
	e.fails(e.store.Log(e.ctx, e.event("")))
	withoutTime := e.event(registry.ActionRead)
	withoutTime.At = time.Time{}
	e.fails(e.store.Log(e.ctx, withoutTime))
	e.equal("the log", len(e.events()), 0)
}

func eventQueries(e *env) {
	start := e.clock.Now()
	var all []registry.Event
	for i := range 12 {
		event := e.event(registry.ActionRead)
		event.At = start.Add(time.Duration(i) * time.Hour)
		event.NationalID = fmt.Sprintf("actor-%d", i%3)
		event.Record = registry.RecordID(fmt.Sprintf("record-%d", i%2))
		e.ok(e.store.Log(e.ctx, event))
		all = append(all, event)
	}
	// The reference data was imported at the first moment too, by someone else.
	none := e.event(registry.ActionSearchNIR)
	none.NationalID = "actor-0"
	e.ok(e.store.Log(e.ctx, none))
	all = slices.Insert(all, 1, none)

	within := func(match func(registry.Event) bool) []registry.Event {
		want := []registry.Event{}
		for _, ev := range slices.Backward(all) {
			if match(ev) {
				want = append(want, ev)
			}
		}
		return want
	}
	from, until := start.Add(3*time.Hour), start.Add(7*time.Hour)
	for name, c := range map[string]struct {
		query registry.EventQuery
		want  []registry.Event
	}{
		"by record": {
			registry.EventQuery{Record: "record-1", Limit: 100},
			within(func(ev registry.Event) bool { return ev.Record == "record-1" }),
		},
		"by actor": {
			registry.EventQuery{NationalID: "actor-0", Limit: 100},
			within(func(ev registry.Event) bool { return ev.NationalID == "actor-0" }),
		},
		"by period": {
			registry.EventQuery{From: from, Until: until, Limit: 100},
			within(func(ev registry.Event) bool { return !ev.At.Before(from) && ev.At.Before(until) }),
		},
		"by all": {
			registry.EventQuery{Record: "record-0", NationalID: "actor-1", From: from, Until: until, Limit: 100},
			within(func(ev registry.Event) bool {
				return ev.Record == "record-0" && ev.NationalID == "actor-1" && !ev.At.Before(from) && ev.At.Before(until)
			}),
		},
		"of nobody": {registry.EventQuery{NationalID: "nobody", Limit: 100}, []registry.Event{}},
	} {
		got, err := e.store.Events(e.ctx, c.query)
		e.ok(err)
		e.equal("the log "+name, append([]registry.Event{}, got...), c.want)
	}
}

func eventOrder(e *env) {
	for i := range 5 {
		event := e.event(registry.ActionRead)
		event.At, event.Version = e.clock.Now().Add(time.Duration(i)*time.Second), i+1
		e.ok(e.store.Log(e.ctx, event))
	}
	got, err := e.store.Events(e.ctx, registry.EventQuery{Limit: 2})
	e.ok(err)
	e.equal("how many came", len(got), 2)
	e.equal("the latest", []int{got[0].Version, got[1].Version}, []int{5, 4})
	for _, limit := range []int{0, -1} {
		got, err := e.store.Events(e.ctx, registry.EventQuery{Limit: limit})
		e.ok(err)
		e.equal("how many came of none", len(got), 0)
	}
}

func eventTurns(e *env) {
	for i := range 5 {
		event := e.event(registry.ActionRead)
		event.Version = i + 1
		e.ok(e.store.Log(e.ctx, event))
	}
	versions := []int{}
	for _, ev := range e.events() {
		versions = append(versions, ev.Version)
	}
	e.equal("the turns", versions, []int{1, 2, 3, 4, 5})
}
