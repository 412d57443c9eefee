package storetest

import (
	"time"

	"vaccin/internal/registry"
)

// runHeld asks what is held on someone to whom the second of two runs gave a code, and on someone of another age.
func runHeld(e *env) {
	e.targeted(e.old(1)...)
	p, young := e.old(1)[0], e.born("1990-03-15")
	e.imported(p, young)
	n := e.prepared(true)
	run := e.run(n)
	held := func(id registry.RecordID) []registry.PersonRun {
		e.Helper()
		h, err := e.store.Holdings(e.ctx, id, e.event(registry.ActionDisclose))
		e.ok(err)
		return h.Runs
	}
	e.equal("runs, before it is carried out", len(held(p.ID)), 0)
	e.carriedOut(n)
	e.equal("runs that gave a code", held(p.ID), []registry.PersonRun{{
		Number: n, Campaign: elders().Name, Phase: elders().Phase, Concerned: elders().Sentence(),
		PreparedBy: "agent:a", PreparedAt: run.PreparedAt, ApprovedBy: "agent:b", ApprovedAt: run.ApprovedAt, EndedAt: e.run(n).EndedAt,
	}})
	e.equal("runs that gave another a code", len(held(young.ID)), 0)
}

// runOutdated prepares runs before and after the population is imported: what is to be approved of the first may be others than were counted.
func runOutdated(e *env) {
	e.imported(e.born("1940-05-05"))
	before := e.prepared(false)
	e.equal("that the count is old when no import ever came", e.run(before).Outdated(), false)
	e.clock.Set(e.clock.Now().Add(time.Minute))
	imported := e.populated(e.born("1941-05-05"))
	e.equal("when an import ended", e.run(before).ImportedAt, imported.FinishedAt)
	e.equal("that the count is old", e.run(before).Outdated(), true)
	after := e.prepared(false)
	e.equal("that a count made since is", e.run(after).Outdated(), false)
	e.ok(e.store.ApproveRun(e.ctx, before, "agent:b", e.clock.Now(), e.event(registry.ActionApproveRun)))
	e.equal("that one that was approved all the same says so", e.run(before).Outdated(), false)
}
