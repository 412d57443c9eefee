package storetest

import (
	"errors"
	"io"
	"maps"
	"slices"
	"sync"
	"time"

	"pgregory.net/rapid"

	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
)

// together has acts done at the same time, in whichever order the store takes them. What holds of any order is looked at then.
func (l *life) together(t *rapid.T) {
	acts := l.drawnTogether(t)
	var all sync.WaitGroup
	errs := make([]error, len(acts))
	for i, a := range acts {
		all.Go(func() { errs[i] = a.do() })
	}
	all.Wait()
	for i, err := range errs {
		passes := slices.ContainsFunc([]error{registry.ErrRunning, registry.ErrCounted, registry.ErrNoRun}, func(of error) bool { return errors.Is(err, of) })
		if err != nil && registry.KindOf(err) == 0 && !passes {
			t.Fatalf("%s, beside others: %v", acts[i].name, err)
		}
	}
	l.afterwards(t)
}

// beside is an act that is done beside others.
type beside struct {
	name string
	do   func() error
}

var system = registry.Actor{Role: registry.RoleSystem, Door: registry.DoorCommand}

func (l *life) drawnTogether(t *rapid.T) []beside {
	acts := slices.Concat(l.filesTogether(t), l.personsTogether(t), l.lettersTogether(t), l.runsTogether(t))
	if len(l.persons) > 0 && rapid.IntRange(0, 4).Draw(t, "rotate") == 4 {
		acts = append(acts, beside{"rotate", func() error { return l.rotate(l.event) }})
	}
	for _, a := range acts {
		t.Log("beside", a.name)
	}
	return acts
}

// perhaps draws whether something is done.
func perhaps(t *rapid.T, what string) bool { return rapid.IntRange(0, 2).Draw(t, what) > 0 }

func (l *life) filesTogether(t *rapid.T) (acts []beside) {
	if rows := l.newer(t); len(rows) > 0 && perhaps(t, "import") {
		l.rows = rows
		file := cutFile(rows, rapid.IntRange(1, 4).Draw(t, "rows of a part"))
		acts = append(acts, beside{"import", func() error {
			return second(l.registry.ImportPopulation(l.ctx, l.doctor, file, func(registry.PopulationProgress) {}))
		}})
	}
	for _, m := range l.env.doubts() {
		if perhaps(t, "match") {
			acts = append(acts, beside{"decide", func() error {
				return l.registry.DecideMatch(l.ctx, registrytest.Support("Alex"), m.Record, m.Other, registry.MatchSame)
			}})
		}
	}
	return acts
}

func (l *life) personsTogether(t *rapid.T) (acts []beside) {
	said := l.saidNow(t)
	for _, p := range l.present() {
		of, dose := l.act(p.id), l.firstDose(p.id)
		all := []beside{
			{"object", func() error { return second(l.registry.RecordObjection(l.ctx, l.actOfAgent(of.Record), said)) }},
			{"withdraw", func() error { return second(l.registry.WithdrawObjection(l.ctx, l.actOfAgent(of.Record), said)) }},
			{"declare", func() error {
				return second(l.registry.DeclareEligibility(l.ctx, of, declaration()))
			}},
			{"inject", func() error { return second(l.registry.RecordDose(l.ctx, dose, injection())) }},
		}
		if n := rapid.IntRange(0, 5).Draw(t, "person"); n < len(all) {
			acts = append(acts, all[n])
		}
	}
	return acts
}

// lettersTogether has two servers make letters that were asked for, and asks for some.
func (l *life) lettersTogether(t *rapid.T) (acts []beside) {
	for _, r := range l.runs {
		for _, b := range r.batches {
			if make := (beside{"make letters", func() error { return l.made(b.key) }}); !b.state.Over() {
				acts = append(acts, make, make)
			}
		}
		if r.state == registry.RunDone && perhaps(t, "ask") {
			req := registry.BatchRequest{Run: r.number, Kind: registry.BatchCSV, Known: len(r.batches)}
			acts = append(acts, beside{"ask letters", func() error {
				b, err := l.registry.AskBatch(l.ctx, l.manager(), req, codePrinter())
				if err != nil {
					return err
				}
				return l.made(b.BatchKey)
			}})
		}
	}
	return acts
}

func (l *life) made(key registry.BatchKey) error {
	return second(l.registry.WorkBatch(l.ctx, l.manager(), key, codePrinter(), io.Discard, nil))
}

// runsTogether has two servers carry out what was approved, prepares a run and follows those that there are.
func (l *life) runsTogether(t *rapid.T) (acts []beside) {
	work := beside{"runs", func() error { return second(l.registry.WorkRuns(l.ctx, system, func(registry.Run) {})) }}
	acts = append(acts, work, work)
	if perhaps(t, "follow up") {
		acts = append(acts, beside{"follow up", func() error {
			return l.store.CountFollowUps(l.ctx, l.clock.Now(), l.clock.Now(), registry.MustDate("2021-02-01"))
		}})
	}
	if len(l.plans) > 0 && perhaps(t, "prepare") {
		id := slices.Sorted(maps.Keys(l.plans))[0]
		from := l.plans[id].version
		acts = append(acts, beside{"prepare", func() error {
			n, _, err := l.registry.PrepareRun(l.ctx, planner, id, from, "")
			if err == nil {
				err = l.store.CountRun(l.ctx, n)
			}
			if err == nil {
				err = l.registry.ApproveRun(l.ctx, approver, n)
			}
			return err
		}})
	}
	return acts
}

// afterwards sees what holds whatever came first.
func (l *life) afterwards(t *rapid.T) {
	l.begins()
	l.allRecords(t) // whoever imports is a command, which begins with the keys of now: so does the store, once it has looked somebody up
	for range 5 {
		_, err := l.registry.WorkRuns(l.ctx, system, func(registry.Run) {})
		l.must(t, err)
		_, err = l.registry.WorkBatches(l.ctx, l.manager(), codePrinter())
		l.must(t, err)
		l.passes(5 * time.Minute) // until nobody is thought to make letters still
	}
	if len(l.rows) > 0 {
		_, err := l.registry.ImportPopulation(l.ctx, l.doctor, cutFile(l.rows, 5), func(registry.PopulationProgress) {})
		l.must(t, err)
		l.begins()
	}
	records := l.allRecords(t)
	l.codesAfterwards(t, records)
	l.runsAfterwards(t, records)
	l.rowsAfterwards(t)
	l.begins()
	l.followedAfterwards(t, records)
	l.countedAfterwards(t, records)
}

// allRecords are all records, found under the numbers that there are.
func (l *life) allRecords(t *rapid.T) map[registry.RecordID]registry.Record {
	records := map[registry.RecordID]registry.Record{}
	for n := range drawnNumbers {
		found, err := l.store.FindByNIR(l.ctx, registrytest.NIR(l.numbers+1+n), l.event(registry.ActionSearchNIR), registry.Toll{})
		l.must(t, err)
		for _, r := range found {
			records[r.ID] = l.record(r.ID)
		}
	}
	return records
}

// codesAfterwards: each code that was ever given finds somebody, and one alone; who has a code keeps it, but who became one with another.
func (l *life) codesAfterwards(t *rapid.T, records map[registry.RecordID]registry.Record) {
	bears := map[registry.TargetCode]registry.RecordID{}
	for id, r := range records {
		held, err := l.store.Holdings(l.ctx, id, l.event(registry.ActionDisclose))
		l.must(t, err)
		codes := []registry.TargetCode{r.Code}
		for _, f := range held.FormerCodes {
			codes = append(codes, f.Code)
		}
		for _, code := range codes {
			if code != 0 && bears[code] != "" {
				t.Fatal("two persons have one code, now or before")
			}
			bears[code] = id
		}
	}
	delete(bears, 0)
	for code, id := range bears {
		found, err := l.store.FindByCode(l.ctx, code, l.event(registry.ActionSearchCode), registry.Toll{})
		if err != nil || found.ID != id {
			t.Fatalf("a code finds %q, not %q: %v", found.ID, id, err)
		}
	}
	for _, p := range l.persons {
		f := l.living(p)
		for _, code := range append(slices.Clone(f.former), f.code) {
			if code != 0 && bears[code] == "" {
				t.Fatal("a code that was given finds nobody any more")
			}
			if r, there := records[p.id]; !p.gone && code != 0 && there && bears[code] != p.id {
				t.Fatalf("a code of %s is another's by now", r.ID)
			}
		}
		if r, there := records[p.id]; !p.gone && there && f.code != 0 && r.Code != f.code {
			t.Fatalf("the code of %s changed", p.id)
		}
	}
}

// runsAfterwards: all codes of runs are in force, and each letter is to somebody.
func (l *life) runsAfterwards(t *rapid.T, records map[registry.RecordID]registry.Record) {
	byCode := map[registry.TargetCode]registry.Record{}
	for _, r := range records {
		byCode[r.Code] = r
	}
	runs, _, err := l.registry.Runs(l.ctx, planner, 0)
	l.must(t, err)
	for _, run := range runs {
		if run.State == registry.RunRunning || run.State == registry.RunApproved || run.State == registry.RunCounting {
			t.Fatalf("the run %d is %s", run.Number, run.State)
		}
		all, err := l.store.NextRecipients(l.ctx, registry.Batch{BatchKey: registry.BatchKey{Run: run.Number}}, 1000)
		l.must(t, err)
		for _, r := range all {
			of, there := byCode[r.Code]
			if !there || of.Objects() != r.Objects || of.Done(registry.StepFirstDose) != r.Vaccinated {
				t.Fatalf("the run %d lists %+v, of the record %+v", run.Number, r, of)
			}
		}
		batches, err := l.store.Batches(l.ctx, run.Number)
		l.must(t, err)
		wrote := map[registry.TargetCode]bool{}
		for _, b := range batches {
			if !b.State.Over() {
				t.Fatalf("the batch %s is %s", b.Reference(), b.State)
			}
			letters, err := l.store.Letters(l.ctx, b.BatchKey, 0, 1000)
			l.must(t, err)
			if len(letters) != b.Letters {
				t.Fatalf("the batch %s has %d letters, and says %d", b.Reference(), len(letters), b.Letters)
			}
			for _, r := range letters {
				if _, there := byCode[r.Code]; !there {
					t.Fatal("a letter bears a code that is nobody's")
				}
				wrote[r.Code] = true
			}
		}
	}
}

// rowsAfterwards: whoever has the key of a row is as one of the rows of that key tells: the first, unless two records became one meanwhile.
func (l *life) rowsAfterwards(t *rapid.T) {
	told, first := map[registry.RecordID][]string{}, map[registry.RecordID]bool{}
	twice := map[int64]bool{}
	for _, d := range l.duplicates() {
		twice[d.Line] = true
	}
	for _, row := range l.rows {
		id, err := l.store.FindByKey(l.ctx, row.Holder, row.BirthDate, row.BirthRank)
		if errors.Is(err, registry.ErrNoRecord) {
			continue // a merge, or a duplicate with another key, gave it away
		}
		l.must(t, err)
		if got := l.record(id).Patient; got.Holder == row.Holder && got.BirthRank == row.BirthRank {
			told[id] = append(told[id], row.Address)
			first[id] = first[id] || !twice[row.Line]
		}
	}
	for id, addresses := range told {
		if got := l.record(id).Patient; first[id] && (got.Manual || !slices.Contains(addresses, got.Address)) {
			t.Fatalf("the file tells %q, and the store has %+v", addresses, got)
		}
	}
}

// followedAfterwards: what is counted of runs is what records say.
func (l *life) followedAfterwards(t *rapid.T, records map[registry.RecordID]registry.Record) {
	byCode := map[registry.TargetCode]registry.Record{}
	for _, r := range records {
		byCode[r.Code] = r
	}
	err := l.store.CountFollowUps(l.ctx, l.clock.Now(), l.clock.Now(), registry.MustDate("2021-02-01"))
	if err != nil && !errors.Is(err, registry.ErrCounted) {
		t.Fatal(err)
	}
	followed, err := l.store.FollowUps(l.ctx)
	l.must(t, err)
	for _, f := range followed {
		all, err := l.store.NextRecipients(l.ctx, registry.Batch{BatchKey: registry.BatchKey{Run: f.Run}}, 1000)
		l.must(t, err)
		var want registry.Reached
		for _, r := range all {
			of := byCode[r.Code]
			_, agrees := of.Eligibility()
			want = want.Plus(registry.Reached{Targeted: 1, Eligible: one(agrees), First: one(of.Done(registry.StepFirstDose))})
		}
		l.same(t, "how far a run is", f.Total(), want)
	}
}

// countedAfterwards: a run counts whoever has no code and does not object, by what records say.
func (l *life) countedAfterwards(t *rapid.T, records map[registry.RecordID]registry.Record) {
	c := elders()
	c.ID, c.Criteria = "tous", registry.Criteria{{Sex: registry.Female}}
	l.must(t, l.registry.SaveCampaign(l.ctx, planner, c, 0))
	n, _, err := l.registry.PrepareRun(l.ctx, planner, "tous", 1, "")
	l.must(t, err)
	l.must(t, l.store.CountRun(l.ctx, n))
	most, dead := 0, 0
	for _, r := range records {
		if r.Code == 0 && !r.Objects() {
			most++
		}
	}
	for _, row := range l.rows {
		dead += one(!row.Died.IsZero())
	}
	for _, p := range l.persons {
		dead += one(l.died(p))
	}
	if got := l.run(n).Persons(); got > most || got < most-dead {
		t.Fatalf("%d persons are counted, of %d who have no code and do not object, of whom %d may be dead", got, most, dead)
	}
}
