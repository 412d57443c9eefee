package storetest

import "vaccin/internal/registry"

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
