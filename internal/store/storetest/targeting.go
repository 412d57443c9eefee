package storetest

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
)

var targetingTests = group{
	"a campaign is kept, version after version":                    campaigns,
	"a version that another came before is refused":                campaignOvertaken,
	"campaigns are imported, and those that are known stay":        importedCampaigns,
	"a run goes from hand to hand":                                 runStates,
	"a run of nobody is told from others":                          runOfNobody,
	"a run is prepared once by a form that comes again":            runSentAgain,
	"runs are listed from any on, and those that are open":         runsListed,
	"a run that fails keeps no other waiting":                      runsThatFail,
	"a run concerns who is alive, does not object, has no code":    runConcerns,
	"a run leaves out who objects as long as they do":              runOfObjectors,
	"a code of a run finds its person, and is the record's":        runCodes,
	"a run comes into force with its event, once":                  runOnce,
	"another run targets only newcomers":                           runAgain,
	"the run that gave a code is told to the person":               runHeld,
	"two servers carry out the same run":                           runTwice,
	"nothing of campaigns is done without an event":                campaignsWithoutEvent,
	"whoever declares eligibility after a run draws no other code": declaredAfterRun,
	"how far the persons of runs are is counted once an hour":      followUps,
	"a run whose count an import came after says so":               runOutdated,
}

// elders is a campaign that concerns those of 75 and more.
func elders() registry.Campaign {
	return registry.Campaign{
		ID: "75-ans", Name: "75 ans et plus", Phase: "Phase 2", Rank: 1, Opens: registry.MustDate("2021-01-18"), Source: "Avis",
		Criteria: registry.Criteria{{Age: registry.Age{AtLeast: 75}}},
	}
}

func (e *env) saved(c registry.Campaign) registry.SavedCampaign {
	return registry.SavedCampaign{Campaign: c, Version: 1, SavedBy: "agent:a", SavedAt: e.clock.Now()}
}

// born is another person than before, born on a day.
func (e *env) born(iso string) registry.ImportedPerson {
	p := e.person(false)
	p.Patient.BirthDate = registry.BirthDateOf(registry.MustDate(iso))
	return p
}

// prepared is the number of a run of elders that is prepared, counted, and perhaps approved.
func (e *env) prepared(approved bool) int {
	e.Helper()
	return e.preparedOf(elders(), approved)
}

func (e *env) preparedOf(campaign registry.Campaign, approved bool) int {
	e.Helper()
	run := registry.Run{Campaign: campaign, State: registry.RunCounting, PreparedBy: "agent:a", PreparedAt: e.clock.Now()}
	n, err := e.store.PrepareRun(e.ctx, run, e.event(registry.ActionPrepareRun))
	e.ok(err)
	e.ok(e.store.CountRun(e.ctx, n))
	if approved {
		e.ok(e.store.ApproveRun(e.ctx, n, "agent:b", e.clock.Now(), e.event(registry.ActionApproveRun)))
	}
	return n
}

func (e *env) carriedOut(n int) {
	e.Helper()
	e.ok(e.store.CarryOut(e.ctx, n, e.event(registry.ActionCarryOutRun), e.clock.Now, func(registry.Progress) {}))
}

func (e *env) run(n int) registry.Run {
	e.Helper()
	run, err := e.store.Run(e.ctx, n)
	e.ok(err)
	return run
}

func campaigns(e *env) {
	var full registry.Campaign
	n := 0
	fillNext(&full.Criteria, &n)
	full = registry.Campaign{
		ID: "b", Name: "Nom «é’»\n😀", Phase: "Phase 1", Rank: 2, Opens: registry.MustDate("2021-01-18"), Closes: registry.MustDate("2021-02-18"),
		Source: "Avis", Criteria: full.Criteria,
	}
	e.ok(e.store.SaveCampaign(e.ctx, e.saved(full), e.event(registry.ActionSaveCampaign)))
	e.ok(e.store.SaveCampaign(e.ctx, e.saved(elders()), e.event(registry.ActionSaveCampaign)))
	second := e.saved(full)
	second.Version, second.Name, second.SavedBy = 2, "Autre", "agent:b"
	e.ok(e.store.SaveCampaign(e.ctx, second, e.event(registry.ActionSaveCampaign)))
	all, err := e.store.Campaigns(e.ctx)
	e.ok(err)
	e.equal("the campaigns", all, []registry.SavedCampaign{second, e.saved(elders())})
	e.equal("events", e.eventsOf(registry.ActionSaveCampaign), 3)
}

func campaignOvertaken(e *env) {
	for _, version := range []int{0, 2, 3} {
		c := e.saved(elders())
		c.Version = version
		e.fails(e.store.SaveCampaign(e.ctx, c, e.event(registry.ActionSaveCampaign)), registry.ErrOvertaken)
	}
	e.ok(e.store.SaveCampaign(e.ctx, e.saved(elders()), e.event(registry.ActionSaveCampaign)))
	e.fails(e.store.SaveCampaign(e.ctx, e.saved(elders()), e.event(registry.ActionSaveCampaign)), registry.ErrOvertaken)
	e.equal("events", e.eventsOf(registry.ActionSaveCampaign), 1)
}

func importedCampaigns(e *env) {
	mine := e.saved(elders())
	mine.Name = "Le mien"
	e.ok(e.store.SaveCampaign(e.ctx, mine, e.event(registry.ActionSaveCampaign)))
	other := elders()
	other.ID, other.Rank = "autre", 2
	for range 2 {
		e.importReference(registry.ReferenceChange{Campaigns: []registry.Campaign{elders(), other}})
	}
	all, err := e.store.Campaigns(e.ctx)
	e.ok(err)
	e.equal("campaigns", len(all), 2)
	e.equal("the one that was known", all[0], mine)
	e.equal("the one that was imported", all[1].Campaign, other)
	e.equal("its version", all[1].Version, 1)
}

func runOfNobody(e *env) {
	none := e.prepared(false)
	e.equal("a run of nobody", e.run(none).Nobody(), true)
	e.imported(e.born("1940-01-01"))
	e.equal("the same, once there is somebody", e.run(none).Nobody(), true)
	n := e.prepared(true)
	e.equal("a run of somebody", e.run(n).Nobody(), false)
	e.carriedOut(n)
	e.equal("the next, of who has a code", e.run(e.prepared(false)).Nobody(), true)
}

func runStates(e *env) {
	e.imported(e.born("1940-01-01"))
	by := e.event(registry.ActionApproveRun)
	progress := func(registry.Progress) {}
	e.fails(e.store.CarryOut(e.ctx, 1, by, e.clock.Now, progress), registry.ErrNoRun)
	run := registry.Run{Campaign: elders(), State: registry.RunCounting, PreparedBy: "agent:a", PreparedAt: e.clock.Now()}
	n, err := e.store.PrepareRun(e.ctx, run, e.event(registry.ActionPrepareRun))
	e.ok(err)
	run.Number = n
	e.equal("the run prepared", e.run(n), run)
	e.fails(e.store.ApproveRun(e.ctx, n, "agent:b", e.clock.Now(), by), registry.ErrNoRun) // it is not counted
	e.ok(e.store.CountRun(e.ctx, n))
	e.fails(e.store.CountRun(e.ctx, n), registry.ErrNoRun)
	e.fails(e.store.ApproveRun(e.ctx, n, "agent:a", e.clock.Now(), by), registry.ErrNoRun) // by who prepared it
	e.fails(e.store.CarryOut(e.ctx, n, by, e.clock.Now, progress), registry.ErrNoRun)
	e.ok(e.store.ApproveRun(e.ctx, n, "agent:b", e.clock.Now(), by))
	e.fails(e.store.ApproveRun(e.ctx, n, "agent:c", e.clock.Now(), by), registry.ErrNoRun)
	run.State, run.ApprovedBy, run.ApprovedAt = registry.RunApproved, "agent:b", e.clock.Now()
	run.Counts = []registry.RunCount{{Department: "75", Age: 12, Sex: registry.Female, Persons: 1}}
	got := e.run(n)
	e.equal("the run approved", len(got.Counts), 1)
	run.Counts[0].Age = got.Counts[0].Age
	e.equal("the run approved", got, run)
	e.carriedOut(n)
	e.fails(e.store.DropRun(e.ctx, n, "agent:c", e.clock.Now(), by), registry.ErrNoRun)
	e.equal("by whom a run that is done was dropped", e.run(n).DroppedBy, "")
	e.equal("targeted", e.run(n).Targeted, 1)

	dropped := e.prepared(true)
	e.equal("the number", dropped, n+1)
	e.fails(e.store.DropRun(e.ctx, dropped, "agent:c", time.Time{}, by))
	e.ok(e.store.DropRun(e.ctx, dropped, "agent:c", e.clock.Now(), by))
	e.equal("by whom it was dropped", e.run(dropped).DroppedBy, "agent:c")
	e.equal("when it was dropped", e.run(dropped).DroppedAt, e.clock.Now())
	e.fails(e.store.DropRun(e.ctx, dropped, "agent:d", e.clock.Now(), by), registry.ErrNoRun)
	e.equal("by whom it was dropped first", e.run(dropped).DroppedBy, "agent:c")
	e.fails(e.store.CarryOut(e.ctx, dropped, by, e.clock.Now, progress), registry.ErrNoRun)
	runs, err := e.store.Runs(e.ctx, 0, 1)
	e.ok(err)
	e.equal("the latest run", len(runs), 1)
	e.equal("the latest run", runs[0].State, registry.RunDropped)
	for _, none := range []int{99, 0, -1, 3_000_000_000, math.MinInt64, math.MaxInt64} {
		_, err = e.store.Run(e.ctx, none)
		e.fails(err, registry.ErrNoRun)
		_, _, err = e.registry.Batches(e.ctx, e.manager(), none)
		e.equal("what batches of no run are", registry.KindOf(err), registry.KindNotFound)
		batches, err := e.store.Batches(e.ctx, none)
		e.ok(err)
		e.equal("batches of no run", len(batches), 0)
		for _, key := range []registry.BatchKey{{Run: none, Part: 1}, {Run: n, Part: none}} {
			_, err = e.store.Batch(e.ctx, key)
			e.fails(err, registry.ErrNoBatch)
		}
	}
	all, err := e.store.Runs(e.ctx, math.MaxInt64, 9)
	e.ok(err)
	e.equal("runs before a number that none has", len(all), 2)
}

func runsListed(e *env) {
	e.imported(e.born("1940-01-01"))
	numbers := func(all []registry.Run, err error) (n []int) {
		e.Helper()
		e.ok(err)
		for _, run := range all {
			n = append(n, run.Number)
		}
		return n
	}
	e.equal("open runs, of none", numbers(e.store.OpenRuns(e.ctx)), []int(nil))
	e.equal("latest runs, of none", numbers(e.store.LatestRuns(e.ctx)), []int(nil))
	done, approved, dropped, prepared := e.prepared(true), e.prepared(true), e.prepared(false), e.prepared(false)
	counting, err := e.store.PrepareRun(e.ctx, registry.Run{Campaign: elders(), PreparedBy: "agent:a", PreparedAt: e.clock.Now()}, e.event(registry.ActionPrepareRun))
	e.ok(err)
	e.carriedOut(done)
	e.ok(e.store.DropRun(e.ctx, dropped, "agent:c", e.clock.Now(), e.event(registry.ActionDropRun)))
	e.equal("open runs", numbers(e.store.OpenRuns(e.ctx)), []int{approved, prepared, counting})
	open, err := e.store.OpenRuns(e.ctx)
	e.ok(err)
	e.equal("an open run", open[0], e.run(approved))
	e.equal("all runs", numbers(e.store.Runs(e.ctx, 0, 9)), []int{counting, prepared, dropped, approved, done})
	e.equal("those before one", numbers(e.store.Runs(e.ctx, prepared, 2)), []int{dropped, approved})
	e.equal("those before the first", numbers(e.store.Runs(e.ctx, done, 9)), []int(nil))
	other := elders()
	other.ID = "autre"
	first, err := e.store.PrepareRun(e.ctx, registry.Run{Campaign: other, PreparedBy: "agent:a", PreparedAt: e.clock.Now()}, e.event(registry.ActionPrepareRun))
	e.ok(err)
	last := e.prepared(false)
	e.equal("the latest of each campaign", numbers(e.store.LatestRuns(e.ctx)), []int{last, first})
	latest, err := e.store.LatestRuns(e.ctx)
	e.ok(err)
	e.equal("the latest of one", latest[1], e.run(first))
}

func runSentAgain(e *env) {
	asked := func(by, request string) registry.Run {
		return registry.Run{Campaign: elders(), State: registry.RunCounting, PreparedBy: by, PreparedAt: e.clock.Now(), Request: request}
	}
	prepare := func(run registry.Run) (int, error) {
		return e.store.PrepareRun(e.ctx, run, e.event(registry.ActionPrepareRun))
	}
	_, err := e.store.SentRun(e.ctx, "agent:a", "one")
	e.fails(err, registry.ErrNoRun)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if n, err := prepare(asked("agent:a", "one")); n != 1 || err != nil && !errors.Is(err, registry.ErrSentAgain) {
				e.Errorf("sent beside itself: run %d, %v", n, err)
			}
		})
	}
	all.Wait()
	want := asked("agent:a", "one")
	want.Number = 1
	e.equal("the run", e.run(1), want)
	for i, other := range []registry.Run{asked("agent:b", "one"), asked("agent:a", "two"), asked("agent:a", ""), asked("agent:a", "")} {
		n, err := prepare(other)
		e.ok(err)
		e.equal("another run", n, i+2)
	}
	e.ok(e.store.DropRun(e.ctx, 1, "agent:a", e.clock.Now(), e.event(registry.ActionDropRun)))
	for i, of := range []registry.Run{asked("agent:a", "one"), asked("agent:b", "one"), asked("agent:a", "two")} {
		sent, err := e.store.SentRun(e.ctx, of.PreparedBy, of.Request)
		e.ok(err)
		e.equal("the run of the form", sent, e.run(i+1))
	}
	for _, none := range [][2]string{{"agent:a", ""}, {"agent:b", "two"}, {"agent:c", "one"}} {
		_, err := e.store.SentRun(e.ctx, none[0], none[1])
		e.fails(err, registry.ErrNoRun)
	}
	n, err := prepare(asked("agent:a", "one"))
	e.fails(err, registry.ErrSentAgain)
	e.equal("the run that was dropped since", n, 1)
	e.equal("events", e.eventsOf(registry.ActionPrepareRun), 5)
}

func runConcerns(e *env) {
	old, young, dead, coded := e.born("1946-01-18"), e.born("1946-01-19"), e.born("1930-01-01"), e.born("1930-01-01")
	dead.Insured.Died = registry.MustDate("2020-12-31")
	coded.Code = 4242
	e.imported(old, young, dead, coded)
	n := e.prepared(true)
	e.equal("counted", e.run(n).Persons(), 1)
	e.carriedOut(n)
	for _, p := range []registry.ImportedPerson{young, dead} {
		e.equal("the code of one not concerned", e.record(p.ID).Code, registry.TargetCode(0))
	}
	e.equal("the code of one who had it", e.record(coded.ID).Code, registry.TargetCode(4242))
	if !e.record(old.ID).Code.Valid() {
		e.Errorf("who is concerned has no code")
	}
}

// runOfObjectors has persons who object: one who still does, one whose agreement since was annulled, one who took it back, and
// one whom an import brings again.
func runOfObjectors(e *env) {
	objects, annulled, withdrew, again, other := e.born("1940-01-01"), e.born("1940-01-01"), e.born("1940-01-01"), e.born("1940-01-01"), e.born("1940-01-01")
	all := []registry.ImportedPerson{objects, annulled, withdrew, again, other}
	e.imported(all...)
	for _, p := range all[:4] {
		e.objection(p.ID)
	}
	e.imported(again)
	_, err := e.registry.DeclareEligibility(e.ctx, e.act(annulled.ID), registrytest.EligibilityRequest())
	e.ok(err)
	code := e.record(annulled.ID).Code
	act := e.act(annulled.ID)
	act.Reason = "erreur"
	_, err = e.registry.Annul(e.ctx, act)
	e.ok(err)
	_, err = e.registry.WithdrawObjection(e.ctx, e.actOfAgent(withdrew.ID), saidByPhone)
	e.ok(err)
	targeted := func(want ...registry.ImportedPerson) {
		e.Helper()
		n := e.prepared(true)
		e.equal("counted", e.run(n).Persons(), len(want))
		e.carriedOut(n)
		e.equal("targeted", e.run(n).Targeted, len(want))
		for _, p := range want {
			if !e.record(p.ID).Code.Valid() {
				e.Errorf("%s has no code", p.ID)
			}
		}
	}
	targeted(withdrew, other)
	e.equal("the code of who agreed, in error", e.record(annulled.ID).Code, code)
	for _, p := range []registry.ImportedPerson{objects, again} {
		e.equal("the code of who objects", e.record(p.ID).Code, registry.TargetCode(0))
	}
	_, err = e.registry.WithdrawObjection(e.ctx, e.actOfAgent(objects.ID), saidByPhone)
	e.ok(err)
	targeted(objects)
}

func runCodes(e *env) {
	codes := map[registry.TargetCode]registry.RecordID{}
	for range 20 {
		p := e.born("1940-01-01")
		e.imported(p)
		codes[0] = p.ID
	}
	e.carriedOut(e.prepared(true))
	delete(codes, 0)
	for n := 1; n <= e.people; n++ {
		id := registry.RecordID(fmt.Sprintf("%032x", n))
		r := e.record(id)
		codes[r.Code] = id
		found, err := e.store.FindByCode(e.ctx, r.Code, e.event(registry.ActionSearchCode), registry.Toll{})
		e.ok(err)
		e.equal("who is found", found.ID, id)
		e.equal("the code", found.Code, r.Code)
		listed, err := e.store.FindByNIR(e.ctx, found.Patient.Holder, e.event(registry.ActionSearchNIR), registry.Toll{})
		e.ok(err)
		e.equal("the code of a search by NIR", listed[0].Code, r.Code)
	}
	e.equal("codes", len(codes), 20)
}

func runOnce(e *env) {
	e.imported(e.born("1940-01-01"), e.born("1941-01-01"))
	n := e.prepared(true)
	var last registry.Progress
	began := e.clock.Now().Add(time.Minute)
	later := func() time.Time { // a minute whenever it is looked at
		e.clock.Set(e.clock.Now().Add(time.Minute))
		return e.clock.Now()
	}
	events := e.logged(func() {
		e.ok(e.store.CarryOut(e.ctx, n, e.event(registry.ActionCarryOutRun), later, func(p registry.Progress) { last = p }))
	})
	e.equal("events", len(events), 1)
	e.equal("the count of the event", events[0].Count, 2)
	if _, digest, _ := strings.Cut(events[0].Digest, "sha256:"); len(digest) != 2*sha256.Size {
		e.Errorf("the event does not tell whom it covers: %q", events[0].Digest)
	}
	e.equal("the progress", last.Done, last.Of)
	run := e.run(n)
	e.equal("when it began", run.StartedAt, began)
	e.equal("when it ended", run.EndedAt, e.clock.Now())
	e.equal("the moment of the event", events[0].At, run.EndedAt)
	e.equal("the state", run.State, registry.RunDone)
	e.equal("targeted", run.Targeted, 2)
	e.equal("the progress kept", run.Progress.Part(), 1.0)
	e.equal("events of doing it again", len(e.logged(func() { e.carriedOut(n) })), 0)
}

func runAgain(e *env) {
	first := e.born("1940-01-01")
	e.imported(first)
	e.carriedOut(e.prepared(true))
	code := e.record(first.ID).Code
	late := e.born("1940-01-01")
	e.imported(late)
	n := e.prepared(true)
	e.equal("counted", e.run(n).Persons(), 1)
	e.carriedOut(n)
	e.equal("targeted", e.run(n).Targeted, 1)
	e.equal("the code of the first", e.record(first.ID).Code, code)
	if other := e.record(late.ID).Code; !other.Valid() || other == code {
		e.Errorf("the newcomer has no code of their own")
	}
}

func runTwice(e *env) {
	for range 30 {
		e.imported(e.born("1940-01-01"))
	}
	n := e.prepared(true)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			err := registry.ErrRunning
			for errors.Is(err, registry.ErrRunning) {
				err = e.store.CarryOut(e.ctx, n, e.event(registry.ActionCarryOutRun), e.clock.Now, func(registry.Progress) {})
			}
			if err != nil {
				e.Errorf("carrying out a run beside another: %v", err)
			}
		})
	}
	all.Wait()
	e.equal("targeted", e.run(n).Targeted, 30)
	e.equal("events", e.eventsOf(registry.ActionCarryOutRun), 1)
}

func campaignsWithoutEvent(e *env) {
	e.fails(e.store.SaveCampaign(e.ctx, e.saved(elders()), registry.Event{}))
	_, err := e.store.PrepareRun(e.ctx, registry.Run{Campaign: elders(), PreparedBy: "a", PreparedAt: e.clock.Now()}, registry.Event{})
	e.fails(err)
	n := e.prepared(true)
	e.fails(e.store.CarryOut(e.ctx, n, registry.Event{}, e.clock.Now, func(registry.Progress) {}))
	e.fails(e.store.DropRun(e.ctx, n, "agent:a", e.clock.Now(), registry.Event{}))
	e.equal("the state", e.run(n).State, registry.RunApproved)
	all, err := e.store.Campaigns(e.ctx)
	e.ok(err)
	e.equal("campaigns", len(all), 0)
}

func declaredAfterRun(e *env) {
	p := e.born("1940-01-01")
	e.imported(p)
	e.carriedOut(e.prepared(true))
	code := e.record(p.ID).Code
	_, err := e.registry.DeclareEligibility(e.ctx, e.act(p.ID), registrytest.EligibilityRequest())
	e.ok(err)
	e.equal("the code", e.record(p.ID).Code, code)
}

func followUps(e *env) {
	elder := func(postalCode string) registry.RecordID {
		p := e.born("1940-01-01")
		p.Patient.Contact.Locality = registry.Locality{PostalCode: postalCode, Name: "Ici"}
		e.imported(p)
		return p.ID
	}
	ids := []registry.RecordID{elder("75011"), elder("75011"), elder("75011"), elder("20000"), elder("75011")}
	n := e.prepared(true)
	count := func(after time.Duration) error {
		return e.store.CountFollowUps(e.ctx, e.clock.Now(), e.clock.Now().Add(-after), registry.MustDate("2021-02-01"))
	}
	e.fails(count(time.Hour), registry.ErrCounted) // no run is done
	e.carriedOut(n)
	other := e.born("1941-01-01") // of no run
	e.imported(other)
	for _, id := range append(ids[1:4:4], other.ID) {
		_, err := e.registry.DeclareEligibility(e.ctx, e.act(id), registrytest.EligibilityRequest())
		e.ok(err)
	}
	for _, id := range append(ids[2:4:4], other.ID) {
		_, err := e.registry.RecordDose(e.ctx, e.firstDose(id), registrytest.DoseRequest())
		e.ok(err)
	}
	none, err := e.store.FollowUps(e.ctx)
	e.ok(err)
	e.equal("before anything is counted", len(none), 0)
	e.ok(count(time.Hour))
	e.fails(count(time.Hour), registry.ErrCounted)
	got, err := e.store.FollowUps(e.ctx)
	e.ok(err)
	age := registry.AgeClass(slices.Index(registry.AgeClasses, 80))
	e.equal("the follow-ups", got, []registry.FollowUp{{Run: n, Campaign: elders(), At: e.clock.Now(), Counts: []registry.FollowUpCount{
		{Department: "2A", Age: age, Reached: registry.Reached{Targeted: 1, Eligible: 1, First: 1}},
		{Department: "75", Age: age, Reached: registry.Reached{Targeted: 4, Eligible: 2, First: 1}},
	}}})
}
