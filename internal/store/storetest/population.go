package storetest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"
	"time"

	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
)

var populationTests = group{
	"a file makes records of its rows":                              populationCreates,
	"the same file again changes nothing":                           populationAgain,
	"a newer file updates, and keeps what was declared":             populationUpdates,
	"whoever moves to another holder or rank stays the same person": populationMoves,
	"a person entered by hand is reconciled":                        populationReconciles,
	"doubtful matches are kept and merge nothing":                   populationDoubts,
	"two with one number of their own in a first file are in doubt": populationShared,
	"who was entered under the number of their card is in doubt":    populationTyped,
	"who is in doubt and comes later in the file is no longer":      populationSettled,
	"an import that is stopped goes on":                             populationResumes,
	"an older file may come again":                                  populationBack,
	"what a row does not tell of an own number stays":               populationKeepsOwn,
	"every part and the end have their entries of the access log":   populationLogged,
	"a file that cannot be read is not imported further":            populationBroken,
	"rows of the dead say so":                                       populationDied,
	"nothing of a population is imported without an event":          populationWithoutEvent,
	"a file of which nobody was taken may come again":               populationOfNobody,
}

// perPart is how many rows a part of the files of these tests has.
const perPart = 3

// rowsOf are rows of a file, numbered as its lines are.
func rowsOf(people ...registry.ImportedPerson) []registry.InsuredRow {
	rows := make([]registry.InsuredRow, len(people))
	for i, p := range people {
		rows[i] = registry.InsuredRow{Line: int64(i + 2), Patient: p.Patient, Insured: p.Insured}
	}
	return rows
}

// fileOf is a population file; its digest is that of its rows.
func fileOf(rows []registry.InsuredRow) registry.PopulationFile { return cutFile(rows, perPart) }

func cutFile(rows []registry.InsuredRow, perPart int) registry.PopulationFile {
	text := fmt.Appendf(nil, "%#v", rows)
	for _, row := range rows { // which print no number
		text = append(text, row.Holder.Digits()+row.Own.Digits()+row.BirthDate.Digits()...)
	}
	sum := sha256.Sum256(text)
	parts := (len(rows) + perPart - 1) / perPart
	return registry.PopulationFile{
		Digest: hex.EncodeToString(sum[:]), Parts: parts, PartSize: int64(perPart), Lines: int64(len(rows) + 1),
		Read: func(_ context.Context, from int) iter.Seq2[registry.PopulationPart, error] {
			return func(yield func(registry.PopulationPart, error) bool) {
				for n := from; n < parts; n++ {
					some := rows[n*perPart : min((n+1)*perPart, len(rows))]
					if !yield(registry.PopulationPart{Number: n, Last: some[len(some)-1].Line, Rows: some}, nil) {
						return
					}
				}
			}
		},
	}
}

func (e *env) populate(file registry.PopulationFile) (registry.PopulationOutcome, error) {
	event := e.event(registry.ActionImportPersons)
	event.Digest = file.Digest
	first, began := false, time.Now()
	// The clock, which stands, goes on by as much: each entry of the import bears its own moment.
	defer func() {
		e.clock.Set(e.clock.Now().Add(time.Since(began).Truncate(time.Millisecond) + time.Millisecond))
	}()
	o, err := e.store.ImportPopulation(e.ctx, file, event, e.registry.Random, func(at registry.PopulationProgress) {
		first = first || at.Step == registry.PopulationFirst
	})
	if err == nil {
		e.equal("that a first import was told as one", first, o.First && !o.Already)
	}
	return o, err
}

func (e *env) populated(people ...registry.ImportedPerson) registry.PopulationOutcome {
	e.Helper()
	o, err := e.populate(fileOf(rowsOf(people...)))
	e.ok(err)
	return o
}

func (e *env) counts(o registry.PopulationOutcome, want registry.PopulationCounts) {
	e.Helper()
	e.equal("the counts", o.PopulationCounts, want)
}

// of is the record of a person of a file, who is found by their number and birth date.
func (e *env) of(p registry.Patient) registry.Record {
	e.Helper()
	id, err := e.store.FindByKey(e.ctx, p.Holder, p.BirthDate, p.BirthRank)
	e.ok(err)
	return e.record(id)
}

func (e *env) people5() []registry.ImportedPerson {
	people := make([]registry.ImportedPerson, 5)
	for i := range people {
		people[i] = e.person(false)
	}
	return people
}

func populationCreates(e *env) {
	people := e.people5()
	people[1].Patient.Own = registrytest.NIR(900_001)
	people[2].Patient.Contact = registry.Contact{}
	people[3].Patient.Own = people[1].Patient.Holder
	people[3].Patient.Holder = people[1].Patient.Holder
	people[3].Patient.BirthRank = 2
	o := e.populated(people...)
	e.counts(o, registry.PopulationCounts{Created: 5})
	ids := map[registry.RecordID]bool{}
	for _, p := range people {
		got := e.of(p.Patient)
		e.equal("a person", got.Patient, p.Patient)
		e.equal("the version", got.Version, 1)
		if ids[got.ID] = true; len(got.ID) != 32 && len(got.ID) != 26 { // drawn, or telling the number of the record
			e.Errorf("an identifier of %d characters", len(got.ID))
		}
		e.equal("who is found by the identifier", e.record(got.ID), got)
	}
	e.equal("how many identifiers", len(ids), len(people))
	_, err := e.registry.DeclareEligibility(e.ctx, e.act(e.of(people[0].Patient).ID), registrytest.EligibilityRequest())
	e.ok(err)
	e.imported(e.person(false))
}

func populationAgain(e *env) {
	people := e.people5()
	e.populated(people...)
	before := len(e.events())
	o := e.populated(people...)
	e.equal("it is told", o.Already, true)
	e.counts(o, registry.PopulationCounts{Created: 5})
	e.equal("the events", len(e.events()), before)
	// The same rows in another file, in another order.
	people[0], people[4] = people[4], people[0]
	o = e.populated(people...)
	e.counts(o, registry.PopulationCounts{Unchanged: 5})
}

func populationUpdates(e *env) {
	people := e.people5()
	e.populated(people...)
	id := e.of(people[0].Patient).ID
	_, err := e.registry.DeclareEligibility(e.ctx, e.act(id), registrytest.EligibilityRequest())
	e.ok(err)
	before := e.record(id)
	people[0].Patient.UsedName, people[0].Patient.Phone, people[0].Patient.Address = "Autre", "", "Ailleurs"
	people[1].Insured.Conditions = registry.ConditionsOf(8)
	o := e.populated(people...)
	e.counts(o, registry.PopulationCounts{Updated: 2, Unchanged: 3})
	before.Patient = people[0].Patient
	e.equal("the record", e.record(id), before)
}

func populationMoves(e *env) {
	child := e.person(false)
	child.Patient.Holder = registrytest.NIR(910_001)
	others := e.people5()
	e.populated(append(others, child)...)
	id := e.of(child.Patient).ID
	child.Patient.Holder, child.Patient.BirthRank = registrytest.NIR(910_002), 2
	o := e.populated(append(others, child)...)
	e.counts(o, registry.PopulationCounts{Updated: 1, Unchanged: 5})
	got := e.of(child.Patient)
	e.equal("the record", got.ID, id)
	e.equal("the person", got.Patient, child.Patient)
	e.equal("the version", got.Version, 1)
	found, err := e.store.FindByNIR(e.ctx, registrytest.NIR(910_001), e.event(registry.ActionSearchNIR), registry.Toll{})
	e.ok(err)
	e.equal("under the former holder", len(found), 0)
}

// byHand is a patient entered by hand.
func (e *env) byHand(change func(*registry.RegistrationRequest)) registry.Record {
	e.Helper()
	e.people++
	req := registrytest.RegistrationRequest()
	number := registrytest.NIR(e.people)
	if change != nil {
		change(&req)
	}
	id, _, err := e.registry.Register(e.ctx, e.doctor, number, req)
	e.ok(err)
	return e.record(id)
}

func populationReconciles(e *env) {
	hand := e.byHand(nil)
	_, err := e.registry.DeclareEligibility(e.ctx, e.act(hand.ID), registrytest.EligibilityRequest())
	e.ok(err)
	hand = e.record(hand.ID)
	p := registry.ImportedPerson{Patient: hand.Patient}
	p.Patient.Manual = false
	p.Patient.GivenNames, p.Patient.Email, p.Patient.Phone = "Jeanne Marie", "", "0699999999"
	o := e.populated(append(e.people5(), p)...)
	e.counts(o, registry.PopulationCounts{Created: 5, Updated: 1})
	p.Patient.Email = hand.Patient.Email // which the file does not tell
	want := hand
	want.Patient = p.Patient
	e.equal("the record", e.record(hand.ID), want)
}

func (e *env) duplicates() (all []registry.DuplicateRow) {
	e.Helper()
	for d, err := range e.store.PopulationDuplicates(e.ctx) {
		e.ok(err)
		all = append(all, d)
	}
	return all
}

// populationOfNobody: a file of which no row is taken may come again, for the program may read it by then.
func populationOfNobody(e *env) {
	file := fileOf(nil)
	for range 2 {
		o, err := e.populate(file)
		e.ok(err)
		e.equal("whether it was imported before", o.Already, false)
	}
}

func (e *env) doubts() (all []registry.DoubtfulMatch) {
	e.Helper()
	all, err := e.store.DoubtfulMatches(e.ctx, 100)
	e.ok(err)
	for i := range all {
		if all[i].At.IsZero() {
			e.Errorf("a match of no moment")
		}
		all[i].At = all[0].At
	}
	return all
}

func populationDoubts(e *env) {
	rank := e.byHand(nil)
	birth := e.byHand(func(r *registry.RegistrationRequest) { r.BirthName = "Du Val" })
	other := e.byHand(nil)
	p, q, r := registry.ImportedPerson{Patient: rank.Patient}, registry.ImportedPerson{Patient: birth.Patient}, registry.ImportedPerson{Patient: other.Patient}
	p.Patient.BirthRank, p.Patient.Manual = 2, false
	q.Patient.BirthDate, q.Patient.BirthName, q.Patient.Manual = registry.BirthDateOf(registry.MustDate("1946-06-15")), "DU-VAL", false
	r.Patient.BirthDate, r.Patient.BirthName, r.Patient.Manual = registry.BirthDateOf(registry.MustDate("1946-06-15")), "Tout Autre", false
	o := e.populated(p, q, r)
	e.counts(o, registry.PopulationCounts{Created: 3})
	e.equal("how many are told", o.Doubtful, 2)
	for _, hand := range []registry.Record{rank, birth, other} {
		e.equal("who was entered by hand", e.record(hand.ID), hand)
	}
	first := e.doubts()
	e.equal("the matches", len(first), 2)
	for _, d := range first {
		want := registry.DoubtfulMatch{Record: e.of(p.Patient).ID, Other: rank.ID, Reason: registry.DoubtRank, At: d.At}
		if d.Reason == registry.DoubtBirth {
			want = registry.DoubtfulMatch{Record: e.of(q.Patient).ID, Other: birth.ID, Reason: registry.DoubtBirth, At: d.At}
		}
		e.equal("a match", d, want)
	}
	// The same NIR of their own, another birth date.
	again := e.person(false)
	again.Patient.Own, again.Patient.BirthDate = p.Patient.Own, registry.BirthDateOf(registry.MustDate("1950-01-01"))
	if again.Patient.Own.IsZero() {
		again.Patient.Own = registrytest.NIR(940_001)
	}
	before := e.person(false)
	before.Patient.Own = again.Patient.Own
	e.populated(before, again)
	found := 0
	for _, d := range e.doubts() {
		if d.Reason == registry.DoubtOwn && d.Record == e.of(again.Patient).ID && d.Other == e.of(before.Patient).ID {
			found++
		}
	}
	e.equal("matches by their own number", found, 1)
}

// populationShared: in a first import, too, two born on different days are two persons until someone decides.
func populationShared(e *env) {
	first, second := e.born("1940-01-01"), e.born("1941-01-01")
	first.Patient.Own = registrytest.NIR(940_002)
	second.Patient.Own = first.Patient.Own
	o := e.populated(first, second)
	e.counts(o, registry.PopulationCounts{Created: 2})
	e.equal("how many are told", o.Doubtful, 1)
	m := e.onlyDoubt()
	e.equal("the match", m, registry.DoubtfulMatch{Record: e.of(second.Patient).ID, Other: e.of(first.Patient).ID, Reason: registry.DoubtOwn, At: m.At})
}

// populationTyped: who entered them took the number on their card for a holder's.
func populationTyped(e *env) {
	hand := e.byHand(nil)
	p := registry.ImportedPerson{Patient: hand.Patient}
	p.Patient.Own, p.Patient.Holder, p.Patient.Manual = hand.Patient.Holder, registrytest.NIR(960_001), false
	o := e.populated(append(e.people5(), p)...)
	e.counts(o, registry.PopulationCounts{Created: 6})
	e.equal("who was entered by hand", e.record(hand.ID), hand)
	doubts := e.doubts()
	e.equal("the matches", len(doubts), 1)
	want := registry.DoubtfulMatch{Record: e.of(p.Patient).ID, Other: hand.ID, Reason: registry.DoubtTyped, At: doubts[0].At}
	e.equal("the match", doubts[0], want)
}

func populationSettled(e *env) {
	hand := e.byHand(func(r *registry.RegistrationRequest) { r.BirthRank = "2" })
	twin, self := registry.ImportedPerson{Patient: hand.Patient}, registry.ImportedPerson{Patient: hand.Patient}
	twin.Patient.BirthRank, twin.Patient.GivenNames, twin.Patient.Manual, self.Patient.Manual = 1, "Jumelle", false, false
	people := e.people5()
	e.populated(append(append([]registry.ImportedPerson{twin}, people...), self)...)
	e.equal("the matches", len(e.doubts()), 0)
	e.equal("who was entered by hand", e.record(hand.ID).Patient, self.Patient)
}

var errStopped = errors.New("stopped")

// stoppedAfter is a file that cannot be read any more after some parts.
func stoppedAfter(file registry.PopulationFile, parts int) registry.PopulationFile {
	read := file.Read
	file.Read = func(ctx context.Context, from int) iter.Seq2[registry.PopulationPart, error] {
		return func(yield func(registry.PopulationPart, error) bool) {
			for part, err := range read(ctx, from) {
				if part.Number >= parts {
					yield(registry.PopulationPart{}, errStopped)
					return
				}
				if !yield(part, err) {
					return
				}
			}
		}
	}
	return file
}

func populationResumes(e *env) {
	for round, known := range []bool{false, true} {
		people := append(e.people5(), append(e.people5(), e.people5()...)...)
		far := people[1]
		far.Patient.GivenNames = "Autre"
		people = append(people, far)
		file := fileOf(rowsOf(people...))
		for parts := range 6 {
			_, err := e.populate(stoppedAfter(file, parts))
			e.fails(err, errStopped)
		}
		o, err := e.populate(file)
		e.ok(err)
		e.counts(o, registry.PopulationCounts{Created: 15, Duplicates: 1})
		e.equal("the duplicates", e.duplicates(), []registry.DuplicateRow{{Line: 17, Of: 3}})
		for _, p := range people[:15] {
			e.equal("a person", e.of(p.Patient).Patient, p.Patient)
		}
		e.equal("the events", e.eventsOf(registry.ActionImportPersons), 6*(round+1))
		if o.First && known {
			e.Errorf("the second import is a first one")
		}
	}
}

func populationBack(e *env) {
	people := e.people5()
	e.populated(people...)
	newer := append([]registry.ImportedPerson(nil), people...)
	newer[0].Patient.Phone = ""
	e.counts(e.populated(newer...), registry.PopulationCounts{Updated: 1, Unchanged: 4})
	e.counts(e.populated(people...), registry.PopulationCounts{Updated: 1, Unchanged: 4})
	e.equal("the person", e.of(people[0].Patient).Patient, people[0].Patient)
	// An import of persons that has begun is given up for another file.
	_, err := e.populate(stoppedAfter(fileOf(rowsOf(newer...)), 1))
	e.fails(err, errStopped)
	o := e.populated(people...)
	e.counts(o, registry.PopulationCounts{Updated: 1, Unchanged: 4})
	e.equal("in the place of another", o.Instead, true)
	e.equal("in the place of none", e.populated(newer...).Instead, false)
}

func populationKeepsOwn(e *env) {
	p := e.person(false)
	p.Patient.Own = registrytest.NIR(950_001)
	e.populated(p)
	less := p
	less.Patient.Phone = "0611111111"
	less.Patient.Own = registry.Patient{}.Own
	e.counts(e.populated(less), registry.PopulationCounts{Updated: 1})
	p.Patient.Phone = "0611111111"
	e.equal("the person", e.of(p.Patient).Patient, p.Patient)
	e.counts(e.populated(less, e.person(false)), registry.PopulationCounts{Created: 1, Unchanged: 1})
}

func populationLogged(e *env) {
	file := fileOf(rowsOf(e.people5()...))
	events := e.logged(func() {
		_, err := e.populate(file)
		e.ok(err)
	})
	total, ends, moments := 0, 0, map[time.Time]bool{}
	for _, ev := range events {
		e.equal("the digest", ev.Digest, file.Digest)
		moments[ev.At] = true
		if ev.Action == registry.ActionEndImportPersons {
			e.equal("the persons of the file", ev.Count, 5)
			ends++
			continue
		}
		e.equal("the action", ev.Action, registry.ActionImportPersons)
		total += ev.Count
	}
	e.equal("the events", len(events), 3)
	e.equal("the end", ends, 1)
	e.equal("the rows", total, 5)
	e.equal("the moments", len(moments), 3) // or whoever verifies the log takes those of a long import for entries put in later
	again := e.logged(func() {
		_, err := e.populate(file)
		e.ok(err)
	})
	e.equal("the events of a file that is imported already", len(again), 0) // registry logs it
}

func populationBroken(e *env) {
	people := e.people5()
	e.populated(people[0])
	people[4].Patient.Holder = registry.Patient{}.Holder
	_, err := e.populate(fileOf(rowsOf(people...)))
	e.fails(err)
}

func populationDied(e *env) {
	people := []registry.ImportedPerson{e.born("1940-01-01"), e.born("1940-01-01")}
	e.populated(people...)
	people[1].Insured.Died = registry.MustDate("2021-01-15")
	e.counts(e.populated(people...), registry.PopulationCounts{Updated: 1, Unchanged: 1})
	n := e.prepared(false)
	e.equal("who is concerned", e.run(n).Persons(), 1)
}

func populationWithoutEvent(e *env) {
	_, err := e.store.ImportPopulation(e.ctx, fileOf(rowsOf(e.people5()...)), registry.Event{}, registrytest.Random(1), func(registry.PopulationProgress) {})
	e.fails(err)
}
