package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"sync"
	"time"

	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
)

var letterTests = group{
	"a batch leaves out for each reason, and counts them":     batchLeavesOut,
	"a batch is kept whole":                                   batchKept,
	"letters are of a run that is done":                       batchOfDoneRun,
	"one batch of a run is made at a time":                    batchAlone,
	"a form that comes again asks for one batch":              batchSentAgain,
	"nobody gets two letters of a run, but when asked":        batchOnce,
	"nor once somebody has the first, but knowingly":          batchKnowingly,
	"the same letters give the same bytes":                    batchRepeated,
	"a batch begun in another layout is printed in this one":  batchLaidOutAnew,
	"a batch that is killed goes on":                          batchKilled,
	"two who make a batch write to each person once":          batchTwice,
	"a part is added to the batch that was read, or not":      batchOvertaken,
	"work on a batch is claimed":                              batchClaimed,
	"letters are told to the person who is written to":        batchHeld,
	"nothing of letters is done without an event":             batchWithoutEvent,
	"a dose that was annulled keeps nobody from being called": batchAfterAnnulment,
}

// printer writes what letters say, without laying them out: bytes that differ with each of them.
func printer() registry.BatchPrinter {
	return registry.BatchPrinter{
		Texts: registry.LetterTexts{Phone: "0 800", Website: "sante.fr", Rights: "écrivez"}, Layout: 3,
		Until: func(limit registry.Step) string { return fmt.Sprint("étape ", int(limit)) },
		Print: func(w io.Writer, b registry.Batch, letters iter.Seq2[registry.Recipient, error]) error {
			for r, err := range letters {
				if err != nil {
					return err
				}
				if _, err := fmt.Fprintln(w, b.Reference(), r.Number, r.Code, r.GivenNames, r.UsedName, r.Address, r.Locality); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

// manager is who asks for letters.
func (e *env) manager() registry.Actor { return registrytest.Agent(registry.RoleCampaign, "Lea") }

// targeted carries out a run of elders over persons and returns its number.
func (e *env) targeted(persons ...registry.ImportedPerson) int {
	e.Helper()
	e.imported(persons...)
	n := e.prepared(true)
	e.carriedOut(n)
	return n
}

func (e *env) old(n int) (all []registry.ImportedPerson) {
	for range n {
		all = append(all, e.born("1940-01-01"))
	}
	return all
}

// asked is a batch that was asked for.
func (e *env) asked(run, again int) registry.Batch {
	e.Helper()
	_, all, err := e.registry.Batches(e.ctx, e.manager(), run)
	e.ok(err)
	b, err := e.registry.AskBatch(e.ctx, e.manager(), registry.BatchRequest{Run: run, Kind: registry.BatchPDF, Known: len(all), Again: again, Sure: true}, printer())
	e.ok(err)
	return b
}

// made is a batch that was made, with its bytes.
func (e *env) made(key registry.BatchKey) (registry.Batch, string) {
	e.Helper()
	var out bytes.Buffer
	b, err := e.registry.WorkBatch(e.ctx, e.manager(), key, printer(), &out, nil)
	e.ok(err)
	return b, out.String()
}

// delivered are the bytes of a batch once more.
func (e *env) delivered(key registry.BatchKey) (string, error) {
	e.Helper()
	var out bytes.Buffer
	_, write, err := e.registry.Deliver(e.ctx, e.manager(), key, printer())
	if err == nil {
		err = write(&out)
	}
	return out.String(), err
}

func batchLeavesOut(e *env) {
	vaccinated, unaddressed, objects := e.born("1940-01-01"), e.born("1940-01-01"), e.born("1940-01-01")
	unaddressed.Patient.Contact = registry.Contact{}
	others := e.old(3)
	run := e.targeted(append(others, vaccinated, unaddressed, objects)...)
	e.objection(objects.ID)
	_, err := e.registry.DeclareEligibility(e.ctx, e.act(vaccinated.ID), registrytest.EligibilityRequest())
	e.ok(err)
	_, err = e.registry.RecordDose(e.ctx, e.firstDose(vaccinated.ID), registrytest.DoseRequest())
	e.ok(err)
	b, text := e.made(e.asked(run, 0).BatchKey)
	e.equal("letters", b.Letters, 3)
	e.equal("left out", b.LeftOut, registry.LeftOut{Vaccinated: 1, Unaddressed: 1, Objecting: 1})
	e.equal("the state", b.State, registry.BatchPrinted)
	for i, p := range others {
		line := fmt.Sprintln(b.Reference(), i+1, e.record(p.ID).Code, p.Patient.GivenNames, p.Patient.UsedName, p.Patient.Address, p.Patient.Locality)
		if !bytes.Contains([]byte(text), []byte(line)) {
			e.Errorf("the letter to one of them is not there")
		}
	}
	// Who objects once they were written to stops the batch from being printed again, until they take it back.
	e.objection(others[1].ID)
	_, err = e.delivered(b.BatchKey)
	e.equal("with someone who objects", registry.KindOf(err), registry.KindConflict)
	_, err = e.registry.WithdrawObjection(e.ctx, e.actOfAgent(others[1].ID), saidByPhone)
	e.ok(err)
	again, err := e.delivered(b.BatchKey)
	e.ok(err)
	e.equal("the bytes", again, text)
}

func batchKept(e *env) {
	run := e.targeted(e.old(2)...)
	e.clock.Set(e.clock.Now().Add(time.Hour))
	asked := e.asked(run, 0)
	got, err := e.store.Batch(e.ctx, asked.BatchKey)
	e.ok(err)
	e.equal("as it was asked for", got, asked)
	e.equal("its date", got.Date.String(), "2021-02-01")
	e.equal("its campaign", got.Campaign, elders().Name)
	e.equal("until when one may object", got.Texts.ObjectionUntil, "étape 0")
	open, err := e.store.OpenBatches(e.ctx)
	e.ok(err)
	e.equal("to make", open, []registry.Batch{asked})
	var made registry.Batch
	events := e.logged(func() { made, _ = e.made(asked.BatchKey) })
	e.equal("events", len(events), 1)
	e.equal("the action", events[0].Action, registry.ActionPrintLetters)
	e.equal("its count", events[0].Count, 2)
	e.equal("its digest", events[0].Digest, asked.Reference()+" sha256:"+made.Digest)
	got, err = e.store.Batch(e.ctx, asked.BatchKey)
	e.ok(err)
	e.equal("as it was made", got, made)
	open, err = e.store.OpenBatches(e.ctx)
	e.ok(err)
	e.equal("to make", len(open), 0)
	_, err = e.store.Batch(e.ctx, registry.BatchKey{Run: run, Part: 9})
	e.fails(err, registry.ErrNoBatch)
	e.fails(e.store.Deliver(e.ctx, registry.BatchKey{Run: run, Part: 9}, registry.Delivery{By: "a", At: e.clock.Now()}, e.event(registry.ActionDeliverLetters)), registry.ErrNoBatch)
	e.fails(e.store.FinishBatch(e.ctx, made, e.event(registry.ActionPrintLetters)), registry.ErrOvertaken)
}

func batchOfDoneRun(e *env) {
	e.imported(e.old(1)...)
	n := e.prepared(true)
	b := registry.Batch{BatchKey: registry.BatchKey{Run: n, Part: 1}, Kind: registry.BatchPDF, AskedBy: "a", AskedAt: e.clock.Now()}
	e.fails(e.store.OpenBatch(e.ctx, b, "", e.event(registry.ActionAskLetters)), registry.ErrNoRun)
	_, err := e.registry.AskBatch(e.ctx, e.manager(), registry.BatchRequest{Run: n, Kind: registry.BatchPDF}, printer())
	e.equal("what is refused", registry.KindOf(err), registry.KindConflict)
	all, err := e.store.Batches(e.ctx, n)
	e.ok(err)
	e.equal("batches", len(all), 0)
}

func batchAlone(e *env) {
	run := e.targeted(e.old(1)...)
	first := e.asked(run, 0)
	second := first
	second.Part = 2
	e.fails(e.store.OpenBatch(e.ctx, second, "", e.event(registry.ActionAskLetters)), registry.ErrOvertaken)
	e.fails(e.store.OpenBatch(e.ctx, first, "", e.event(registry.ActionAskLetters)), registry.ErrOvertaken)
	_, err := e.registry.AskBatch(e.ctx, e.manager(), registry.BatchRequest{Run: run, Kind: registry.BatchPDF, Known: 1}, printer())
	e.equal("what is refused", registry.KindOf(err), registry.KindConflict)
	e.made(first.BatchKey)
	for _, known := range []int{0, 2} { // asked for without having seen the first
		_, err = e.registry.AskBatch(e.ctx, e.manager(), registry.BatchRequest{Run: run, Kind: registry.BatchPDF, Known: known}, printer())
		e.equal("what is refused", registry.KindOf(err), registry.KindConflict)
	}
	third := first
	third.Part = 3
	e.fails(e.store.OpenBatch(e.ctx, third, "", e.event(registry.ActionAskLetters)), registry.ErrOvertaken)
	e.ok(e.store.OpenBatch(e.ctx, second, "", e.event(registry.ActionAskLetters)))
}

func batchSentAgain(e *env) {
	run := e.targeted(e.old(1)...)
	ask := func(by registry.Actor, req registry.BatchRequest) (registry.Batch, error) {
		return e.registry.AskBatch(e.ctx, by, req, printer())
	}
	req := registry.BatchRequest{Run: run, Kind: registry.BatchPDF, Request: "one"}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if b, err := ask(e.manager(), req); err != nil || b.Part != 1 {
				e.Errorf("sent beside itself: batch %d, %v", b.Part, err)
			}
		})
	}
	all.Wait()
	first, _ := e.made(registry.BatchKey{Run: run, Part: 1})
	e.equal("the form that it keeps", first.Request, "one")
	again, err := ask(e.manager(), req)
	e.ok(err)
	e.equal("once it was made", again, first)
	outcomes := map[registry.Outcome]int{}
	for _, event := range e.events() {
		if event.Action == registry.ActionAskLetters {
			outcomes[event.Outcome]++
		}
	}
	e.equal("what was logged", outcomes, map[registry.Outcome]int{registry.OutcomeDone: 1, registry.OutcomeRepeated: 8})

	csv, anew := req, req
	csv.Kind, csv.Known = registry.BatchCSV, 1
	anew.Again, anew.Known = 1, 1
	for what, changed := range map[string]registry.BatchRequest{"in another form": csv, "to others": anew} {
		_, err = ask(e.manager(), changed)
		e.equal("for letters "+what, registry.KindOf(err), registry.KindConflict)
	}
	_, err = ask(registrytest.Agent(registry.RoleCampaign, "Noé"), req)
	e.equal("by someone else, who has not seen it", registry.KindOf(err), registry.KindConflict)
	req.Request = "two\n"
	_, err = ask(e.manager(), req)
	e.equal("with what no page gives", registry.KindOf(err), registry.KindInvalid)
	second := first
	second.Part, second.State = 2, registry.BatchGathering
	e.fails(e.store.OpenBatch(e.ctx, second, "", e.event(registry.ActionAskLetters)), registry.ErrOvertaken)
	second.AskedBy = "agent:b"
	e.ok(e.store.OpenBatch(e.ctx, second, "", e.event(registry.ActionAskLetters)))
}

func batchOnce(e *env) {
	persons := e.old(4)
	persons[1].Patient.Contact = registry.Contact{}
	run := e.targeted(persons...)
	first, text := e.made(e.asked(run, 0).BatchKey)
	e.equal("letters", first.Letters, 3)
	next, _ := e.made(e.asked(run, 0).BatchKey)
	e.equal("the state of the next", next.State, registry.BatchEmpty)
	e.equal("left out of the next", next.LeftOut, registry.LeftOut{Written: 3, Unaddressed: 1})
	again, other := e.made(e.asked(run, first.Part).BatchKey)
	e.equal("letters of the one to the same persons", again.Letters, 3)
	if other == text {
		e.Errorf("letters of another batch have its reference")
	}
	_, err := e.registry.AskBatch(e.ctx, e.manager(), registry.BatchRequest{Run: run, Kind: registry.BatchPDF, Known: 3, Again: next.Part}, printer())
	e.equal("to the persons of an empty batch", registry.KindOf(err), registry.KindConflict)
}

// batchKnowingly writes to the same persons once more when somebody has letters to them already.
func batchKnowingly(e *env) {
	run := e.targeted(e.old(2)...)
	first, _ := e.made(e.asked(run, 0).BatchKey)
	ask := func(req registry.BatchRequest) (registry.Batch, error) {
		req.Run, req.Kind = run, registry.BatchCSV
		return e.registry.AskBatch(e.ctx, e.manager(), req, printer())
	}
	req := registry.BatchRequest{Known: 1, Again: 1, Request: "one"}
	b, err := ask(req)
	e.ok(err)
	second, _ := e.made(b.BatchKey)
	e.equal("the form of the letters", second.Kind, registry.BatchCSV)
	_, err = e.delivered(first.BatchKey)
	e.ok(err)
	same, err := ask(req)
	e.ok(err)
	e.equal("the form that comes again, once somebody has letters", same.BatchKey, second.BatchKey)
	for _, again := range []int{1, 2} { // of the same persons, whichever of the batches is named
		events := e.logged(func() {
			_, err := ask(registry.BatchRequest{Known: 2, Again: again})
			var refusal *registry.Error
			if !errors.As(err, &refusal) || refusal.Kind != registry.KindInvalid || len(refusal.Fields) != 1 || refusal.Fields[0].Field != registry.FieldBatchSure {
				e.Errorf("to those of batch %d, unaware: %v", again, err)
			}
		})
		e.equal("events of what was not sent whole", len(events), 0)
	}
	third, err := ask(registry.BatchRequest{Known: 2, Again: 2, Sure: true})
	e.ok(err)
	e.equal("knowingly", third.Again, 2)
	got, _ := e.made(third.BatchKey)
	e.equal("its letters", got.Letters, 2)
}

func batchRepeated(e *env) {
	run := e.targeted(e.old(5)...)
	b, text := e.made(e.asked(run, 0).BatchKey)
	for range 2 {
		events := e.logged(func() {
			got, err := e.delivered(b.BatchKey)
			e.ok(err)
			e.equal("the bytes", got, text)
		})
		e.equal("events", len(events), 1)
		e.equal("the action", events[0].Action, registry.ActionDeliverLetters)
		e.equal("the count", events[0].Count, 5)
	}
	got, err := e.store.Batch(e.ctx, b.BatchKey)
	e.ok(err)
	e.equal("deliveries", len(got.Deliveries), 2)
	e.equal("who took them away", got.Deliveries[0], registry.Delivery{By: e.manager().Practitioner.NationalID, At: e.clock.Now()})
	other := printer()
	other.Layout++
	_, _, err = e.registry.Deliver(e.ctx, e.manager(), b.BatchKey, other)
	e.equal("another layout", registry.KindOf(err), registry.KindConflict)
}

func batchLaidOutAnew(e *env) {
	run := e.targeted(e.old(1)...)
	asked, newer := e.asked(run, 0), printer()
	newer.Layout++
	done, err := e.registry.WorkBatches(e.ctx, e.manager(), newer)
	e.ok(err)
	e.equal("made", done, 1)
	b, err := e.store.Batch(e.ctx, asked.BatchKey)
	e.ok(err)
	e.equal("the layout", b.Layout, newer.Layout)
	_, err = e.delivered(b.BatchKey)
	e.equal("in the layout before", registry.KindOf(err), registry.KindConflict)
	_, _, err = e.registry.Deliver(e.ctx, e.manager(), b.BatchKey, newer)
	e.ok(err)
}

// failing is a printer that stops after some letters.
func failing(after int) registry.BatchPrinter {
	p := printer()
	whole := p.Print
	p.Print = func(w io.Writer, b registry.Batch, letters iter.Seq2[registry.Recipient, error]) error {
		return whole(w, b, func(yield func(registry.Recipient, error) bool) {
			for r, err := range letters {
				if r.Number > after {
					yield(r, io.ErrClosedPipe)
					return
				}
				if !yield(r, err) {
					return
				}
			}
		})
	}
	return p
}

func batchKilled(e *env) {
	run := e.targeted(e.old(6)...)
	asked := e.asked(run, 0)
	// Killed when some were chosen.
	next, err := e.store.NextRecipients(e.ctx, asked, 2)
	e.ok(err)
	e.ok(e.store.Gather(e.ctx, asked, registry.DecidePart(asked, next, false)))
	half, err := e.store.Batch(e.ctx, asked.BatchKey)
	e.ok(err)
	e.equal("letters so far", half.Letters, 2)
	// Killed while letters were printed.
	events := e.logged(func() {
		_, err = e.registry.WorkBatch(e.ctx, e.manager(), asked.BatchKey, failing(3), io.Discard, nil)
		e.fails(err, io.ErrClosedPipe)
	})
	e.equal("events of letters that were not printed", len(events), 0)
	b, text := e.made(asked.BatchKey)
	e.equal("letters", b.Letters, 6)
	e.equal("lines", bytes.Count([]byte(text), []byte("\n")), 6)
	got, err := e.delivered(b.BatchKey)
	e.ok(err)
	e.equal("the bytes", got, text)
}

func batchTwice(e *env) {
	run := e.targeted(e.old(40)...)
	asked := e.asked(run, 0)
	var all sync.WaitGroup
	texts := make([]string, 3)
	for i := range texts {
		all.Go(func() {
			// Asked for again at the same time, which is refused unless the first is made by then, and has nobody left.
			_, err := e.registry.AskBatch(e.ctx, e.manager(), registry.BatchRequest{Run: run, Kind: registry.BatchCSV}, printer())
			if registry.KindOf(err) != registry.KindConflict {
				e.Errorf("asked for beside the first: %v", err)
			}
			var out bytes.Buffer
			b, err := e.registry.WorkBatch(e.ctx, e.manager(), asked.BatchKey, printer(), &out, nil)
			if err != nil || b.Letters != 40 {
				e.Errorf("%d letters, %v", b.Letters, err)
			}
			texts[i] = out.String()
		})
	}
	all.Wait()
	e.equal("prints", e.eventsOf(registry.ActionPrintLetters), 1)
	for _, text := range texts {
		e.equal("letters", bytes.Count([]byte(text), []byte("\n")), 40)
		e.equal("the bytes", text, texts[0])
	}
	next, _ := e.made(e.asked(run, 0).BatchKey)
	e.equal("left to write to", next.LeftOut, registry.LeftOut{Written: 40})
}

func batchOvertaken(e *env) {
	run := e.targeted(e.old(3)...)
	asked := e.asked(run, 0)
	next, err := e.store.NextRecipients(e.ctx, asked, 1)
	e.ok(err)
	part := registry.DecidePart(asked, next, false)
	e.ok(e.store.Gather(e.ctx, asked, part))
	e.fails(e.store.Gather(e.ctx, asked, part), registry.ErrOvertaken)
	b, _ := e.made(asked.BatchKey)
	e.equal("letters", b.Letters, 3)
	e.fails(e.store.Gather(e.ctx, b, registry.BatchPart{To: b.Through + 1}), registry.ErrOvertaken)
}

func batchClaimed(e *env) {
	run := e.targeted(e.old(1)...)
	b, now := e.asked(run, 0), e.clock.Now()
	e.ok(e.store.ClaimBatch(e.ctx, b.BatchKey, now, now.Add(time.Minute)))
	e.fails(e.store.ClaimBatch(e.ctx, b.BatchKey, now.Add(time.Second), now.Add(time.Minute)), registry.ErrBatchClaimed)
	done, err := e.registry.WorkBatches(e.ctx, e.manager(), printer())
	e.ok(err)
	e.equal("made while another is at it", done, 0)
	e.clock.Set(now.Add(time.Minute))
	done, err = e.registry.WorkBatches(e.ctx, e.manager(), printer())
	e.ok(err)
	e.equal("made when their time is over", done, 1)
	e.fails(e.store.ClaimBatch(e.ctx, b.BatchKey, now.Add(time.Hour), now.Add(time.Hour)), registry.ErrBatchClaimed)
}

func batchHeld(e *env) {
	persons := e.old(2)
	run := e.targeted(persons...)
	b, _ := e.made(e.asked(run, 0).BatchKey)
	_, err := e.delivered(b.BatchKey)
	e.ok(err)
	b, err = e.store.Batch(e.ctx, b.BatchKey)
	e.ok(err)
	again := e.asked(run, b.Part)
	e.made(again.BatchKey)
	held, err := e.store.Holdings(e.ctx, persons[1].ID, e.event(registry.ActionDisclose))
	e.ok(err)
	e.equal("letters", len(held.Letters), 2)
	e.equal("the first", held.Letters[0], registry.SentLetter{
		Reference: b.Reference(), Number: 2, Campaign: elders().Name, AskedBy: b.AskedBy, AskedAt: b.AskedAt, PrintedAt: b.PrintedAt, Deliveries: b.Deliveries,
	})
	e.equal("the second", held.Letters[1].Reference, again.Reference())
}

func batchWithoutEvent(e *env) {
	run := e.targeted(e.old(1)...)
	b := registry.Batch{BatchKey: registry.BatchKey{Run: run, Part: 1}, Kind: registry.BatchPDF, AskedBy: "a", AskedAt: e.clock.Now()}
	e.fails(e.store.OpenBatch(e.ctx, b, "", registry.Event{}))
	made, _ := e.made(e.asked(run, 0).BatchKey)
	e.fails(e.store.Deliver(e.ctx, made.BatchKey, registry.Delivery{By: "a", At: e.clock.Now()}, registry.Event{}))
	e.fails(e.store.FinishBatch(e.ctx, made, registry.Event{}))
	got, err := e.store.Batch(e.ctx, made.BatchKey)
	e.ok(err)
	e.equal("deliveries", len(got.Deliveries), 0)
}

func batchAfterAnnulment(e *env) {
	p := e.old(1)[0]
	run := e.targeted(p)
	_, err := e.registry.DeclareEligibility(e.ctx, e.act(p.ID), registrytest.EligibilityRequest())
	e.ok(err)
	_, err = e.registry.RecordDose(e.ctx, e.firstDose(p.ID), registrytest.DoseRequest())
	e.ok(err)
	b, _ := e.made(e.asked(run, 0).BatchKey)
	e.equal("the state", b.State, registry.BatchEmpty)
	act := e.firstDose(p.ID)
	act.Reason = "erreur"
	_, err = e.registry.Annul(e.ctx, act)
	e.ok(err)
	b, _ = e.made(e.asked(run, 0).BatchKey)
	e.equal("letters", b.Letters, 1)
}
