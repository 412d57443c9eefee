package registry_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"vaccin/internal/registry"
	rt "vaccin/internal/registry/registrytest"
)

// machine plays random acts on one record: everybody, any order, forged forms, and decisions that are
// applied only later, after others.
type machine struct {
	*world
	table   map[cell]string
	capture *rt.Capture
	later   *registry.Registry // decides, but its changes wait in pending
	pending []registry.Change
	last    registry.Record
	events  int
}

func newMachine(t *testing.T) *machine {
	w := newWorld(t)
	capture := &rt.Capture{Store: w.store}
	later := rt.NewRegistry(capture, w.clock)
	later.Random = rt.Random(2)
	w.clock.SetDay("2021-05-10")
	return &machine{world: w, table: readTable(t), capture: capture, later: later, last: w.record()}
}

var machineActors = []registry.Actor{
	rt.Doctor("Martin"), rt.Doctor("Petit"), rt.Overseas(rt.Doctor("Nguyen"), "98800", "Nouméa"), rt.Nurse("Lopez"),
	rt.Support("Alex"), rt.Agent(registry.RoleCampaign, "Chef"),
	{Role: registry.RolePractitioner},
	{Role: registry.RoleSupport},
}

// move is one random request.
type move struct {
	verb string
	act  registry.Act
	elig registry.EligibilityRequest
	dose registry.DoseRequest

	later        bool // decided now, applied after other moves
	wrongUseCase bool // a dose's form is sent on the eligibility's step
}

// drawMove draws a request: three in four are well formed, though not always allowed; the others are
// forged in any way.
func drawMove(t *rapid.T) move {
	forged := rapid.IntRange(0, 3).Draw(t, "forged") == 0
	pick := func(label string, usual []string, odd ...string) string {
		if forged {
			usual = append(slices.Clone(usual), odd...)
		}
		return rapid.SampledFrom(usual).Draw(t, label)
	}
	is := func(words ...string) []string { return words }
	m := move{verb: pick("verb", is("declare", "declare", "rectify", "annul")), later: rapid.IntRange(0, 3).Draw(t, "later") == 0}
	steps, actors := []registry.Step{0, 1, 1, 2, 2}, machineActors[:5]
	if forged {
		steps, actors = append(steps, -1, 3), machineActors
	}
	m.act = registry.Act{
		By: rapid.SampledFrom(actors).Draw(t, "by"), Record: "patient", Step: rapid.SampledFrom(steps).Draw(t, "step"),
		Request: pick("request", is("", "", "", "a", "b", "c")), From: rapid.IntRange(1, 3).Draw(t, "from"),
		Entry:  rapid.SampledFrom([]int{0, 0, 0, 1, 2}).Draw(t, "entry"),
		Reason: pick("reason", is("Erreur de saisie"), "", "\u202eerreur"),
	}
	if m.verb == "annul" {
		m.act.From = 0
	}
	m.elig = rt.PaperRequest(pick("prescriber", is("Martin", "Dubois")))
	m.elig.Prescribes = pick("prescribes", is(registry.Yes, registry.No), "perhaps")
	m.elig.PrescribedOn = pick("prescribed", is("28/01/2021", "29/01/2021"), "31/02/2021", "01/01/2030", "")
	m.elig.Confirmed = confirmEverything
	m.dose = rt.DoseRequest()
	m.dose.Vaccine = pick("vaccine", is(rt.Comirnaty, rt.Comirnaty, rt.Janssen), rt.Moderna, "PLACEBO", "")
	m.dose.Lot = pick("lot", is(rt.KnownLot), "XD955", "UNKNOWN1", "")
	m.dose.Occurrence = pick("on", is("15/03/2021", "12/04/2021", "03/05/2021"), "01/02/2021", "20/12/2020", "01/01/2030", "30/02/2021", "")
	m.dose.Site = pick("site", is(rt.RightDeltoid, "91774008"), "nowhere")
	m.dose.Confirmed = confirmEverything
	if forged && rapid.Bool().Draw(t, "unconfirmed") {
		m.dose.Confirmed = nil
	}
	m.wrongUseCase = forged && rapid.Bool().Draw(t, "wrong use case")
	return m
}

// confirmEverything answers every question that the machine's requests can raise.
var confirmEverything = func() (codes []string) {
	for _, day := range []string{"2021-01-28", "2021-01-29"} {
		codes = append(codes, registry.QuestionOldPrescription+":"+day)
	}
	for _, day := range []string{"2021-02-01", "2021-03-15", "2021-04-12", "2021-05-03"} {
		codes = append(codes, registry.QuestionLongPast+":"+day)
	}
	for days := -200; days < 200; days++ {
		codes = append(codes, fmt.Sprintf("%s:%d", registry.QuestionInterval, days))
	}
	for _, vaccine := range []string{rt.Comirnaty, rt.Moderna, rt.Janssen} {
		for _, lot := range []string{rt.KnownLot, "XD955", "UNKNOWN1"} {
			codes = append(codes, registry.QuestionUnknownLot+":"+vaccine+":"+lot)
		}
	}
	return codes
}()

func (m *machine) do(g *registry.Registry, mv move) (registry.Done, error) {
	switch {
	case mv.verb == "annul":
		return g.Annul(background, mv.act)
	case mv.verb == "declare" && mv.act.Step == registry.StepEligibility && !mv.wrongUseCase:
		return g.DeclareEligibility(background, mv.act, mv.elig)
	case mv.verb == "declare":
		return g.RecordDose(background, mv.act, mv.dose) // also on the eligibility's step
	case mv.act.Step == registry.StepEligibility && !mv.wrongUseCase:
		return g.RectifyEligibility(background, mv.act, mv.elig)
	default:
		return g.RectifyDose(background, mv.act, mv.dose)
	}
}

// play tries a move now, or leaves its decision pending.
func (m *machine) play(t *rapid.T) {
	mv := drawMove(t)
	if mv.later {
		if _, err := m.do(m.later, mv); err == nil {
			m.pending = append(m.pending, m.capture.Take()...)
		}
		m.events = len(m.store.Events()) // refusals and repetitions were logged
		return
	}
	before := m.record()
	done, err := m.do(m.g, mv)
	if err == nil && !done.Already {
		m.checkApplied(t, before, mv.act.By, registry.Step(mv.act.Step), mv.verb)
		if diff := cmp.Diff(done.Record, m.record()); diff != "" {
			t.Fatalf("what was returned and what is stored differ\n%s", diff)
		}
		return
	}
	m.checkNothingChanged(t, before, done, err)
}

// applyPending applies a decision that waited: it holds only if nothing came between.
func (m *machine) applyPending(t *rapid.T) {
	if len(m.pending) == 0 {
		t.Skip("nothing is pending")
	}
	i := rapid.IntRange(0, len(m.pending)-1).Draw(t, "which")
	change := m.pending[i]
	m.pending = slices.Delete(m.pending, i, i+1)
	before := m.record()
	err := m.store.Apply(background, change)
	if fresh := registry.HeadOf(change).From() == before.Version; fresh != (err == nil) {
		t.Fatalf("a change decided on version %d, applied on %d: error %v", registry.HeadOf(change).From(), before.Version, err)
	}
	switch {
	case errors.Is(err, registry.ErrOvertaken):
		if len(m.store.Events()) != m.events || m.record().Version != before.Version {
			t.Fatal("an overtaken change left something")
		}
	case err != nil:
		t.Fatalf("applying: %v", err)
	default:
		m.events++
		if len(m.store.Events()) != m.events {
			t.Fatal("not exactly one event for a change")
		}
		if diff := cmp.Diff(registry.ApplyChange(before, change), m.record()); diff != "" {
			t.Fatalf("the domain and the store apply a change differently\n%s", diff)
		}
	}
}

func (m *machine) advance(t *rapid.T) {
	m.clock.Set(m.clock.Now().Add(time.Duration(rapid.IntRange(1, 60*24).Draw(t, "hours")) * time.Hour))
}

// checkApplied holds an applied act against the state table and the access log.
func (m *machine) checkApplied(t *rapid.T, before registry.Record, by registry.Actor, step registry.Step, verb string) {
	m.events++
	events := m.store.Events()
	if len(events) != m.events || m.record().Version != before.Version+1 {
		t.Fatalf("%d events and %d versions for one change", len(events)-m.events+1, m.record().Version-before.Version)
	}
	if e := events[len(events)-1]; e.Outcome != registry.OutcomeDone || e.Record != m.id || e.NationalID != by.Practitioner.NationalID {
		t.Fatalf("the event of a change is %+v", e)
	}
	after := m.record().State()
	for _, row := range tableActs {
		for _, column := range tableActors {
			if row.verb == verb && row.step == step && m.isColumn(before, step, by, column.name) &&
				m.table[cell{before.State(), row.name, column.name}] == string(after) {
				return
			}
		}
	}
	t.Fatalf("%s of step %d by %s leads from %s to %s, which no cell of the table allows", verb, step, by.Role, before.State(), after)
}

// isColumn tells whether someone stands in a column of the table for a step of a record.
func (m *machine) isColumn(r registry.Record, step registry.Step, by registry.Actor, column string) bool {
	author, stands := authorOf(r, step)
	same := !stands || author.Practitioner.NationalID == by.Practitioner.NationalID
	switch {
	case by.Role == registry.RoleSupport:
		return column == "support"
	case by.Role != registry.RolePractitioner:
		return column == "other roles"
	case by.Practitioner.Profession != registry.ProfessionDoctor:
		return column == "nurse"
	case same:
		return column == "author"
	}
	return column == "other doctor"
}

func authorOf(r registry.Record, step registry.Step) (registry.Signature, bool) {
	if step == registry.StepEligibility {
		e, ok := r.Eligibility()
		if !ok {
			return registry.Signature{}, false
		}
		return e.Author(), true
	}
	e, ok := r.Dose(step)
	if !ok {
		return registry.Signature{}, false
	}
	return e.Author(), true
}

// checkNothingChanged holds a refused or repeated act: logged once unless it is a form to correct, the
// record as it was, and shown only where it may be.
func (m *machine) checkNothingChanged(t *rapid.T, before registry.Record, done registry.Done, err error) {
	if diff := cmp.Diff(before, m.record()); diff != "" {
		t.Fatalf("a refused act changed the record\n%s", diff)
	}
	kind := registry.KindOf(err)
	if err != nil && kind == 0 {
		t.Fatalf("not a refusal: %v", err)
	}
	logged := 1
	if kind == registry.KindInvalid || kind == registry.KindUnconfirmed || kind == registry.KindNotFound {
		logged = 0
	}
	if n := len(m.store.Events()) - m.events; n != logged {
		t.Fatalf("%d events for an act that ended with %v", n, err)
	}
	m.events += logged
	if shown := done.Record.ID != ""; shown != (err == nil || kind == registry.KindConflict) {
		t.Fatalf("the record is shown (%v) beside %v", shown, err)
	}
}

func (m *machine) check(t *rapid.T) {
	r := m.record()
	checkRecord(t, r)
	checkKept(t, m.last, r)
	m.last = r
}

func TestNoSequenceOfActsLeavesTheTable(t *testing.T) {
	reached := map[registry.State]bool{}
	rapid.Check(t, func(rt *rapid.T) {
		m := newMachine(t)
		rt.Repeat(map[string]func(*rapid.T){
			"": func(rt *rapid.T) {
				m.check(rt)
				reached[m.record().State()] = true
			},
			"play": func(t *rapid.T) {
				for range 4 {
					m.play(t)
					m.check(t)
				}
			},
			"apply pending": m.applyPending, "advance": m.advance,
		})
	})
	if !testing.Short() && !t.Failed() {
		t.Logf("%d of %d states reached", len(reached), len(registry.States))
		if len(reached) < 6 {
			t.Errorf("the machine reached only %v: it proves too little", reached)
		}
	}
}
