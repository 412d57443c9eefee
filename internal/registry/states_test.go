package registry_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"vaccin/internal/registry"
	rt "vaccin/internal/registry/registrytest"
)

// The state table is read from docs/states.md and every cell of it is walked on the use cases. A cell
// holds the state that the act leads to, «already» when nothing changes because it stands, or one of
// these words when it is refused.
var refusalWords = map[string]string{
	"no role":         noRole,
	"not authorised":  noProfession,
	"taken":           noFreeStep,
	"eligibility 1st": noEligibility,
	"dose 1 1st":      noFirstDose,
	"single dose":     noSecondTab,
	"not there":       noStep,
	"not author":      noAuthor,
	"next recorded":   noNextStepFree,
	"dose 2 stands":   noFirstUnder,
	"vaccine locked":  "Certains champs sont à corriger. vaccine: La 2ème vaccination est enregistrée avec un autre vaccin",
}

// tableActs are the rows of the table: what is tried, on which step, with which vaccine.
var tableActs = []struct {
	name    string
	verb    string
	step    registry.Step
	vaccine string
}{
	{"declare eligibility", "declare", registry.StepEligibility, ""},
	{"rectify eligibility", "rectify", registry.StepEligibility, ""},
	{"annul eligibility", "annul", registry.StepEligibility, ""},
	{"record dose 1, two-dose vaccine", "declare", registry.StepFirstDose, rt.Comirnaty},
	{"record dose 1, single-dose vaccine", "declare", registry.StepFirstDose, rt.Janssen},
	{"rectify dose 1, two-dose vaccine", "rectify", registry.StepFirstDose, rt.Comirnaty},
	{"rectify dose 1, single-dose vaccine", "rectify", registry.StepFirstDose, rt.Janssen},
	{"annul dose 1", "annul", registry.StepFirstDose, ""},
	{"record dose 2", "declare", registry.StepSecondDose, rt.Comirnaty},
	{"rectify dose 2", "rectify", registry.StepSecondDose, rt.Comirnaty},
	{"annul dose 2", "annul", registry.StepSecondDose, ""},
}

// tableActors are the columns: everybody who stands for one of them.
var tableActors = []struct {
	name string
	by   []registry.Actor
}{
	{"author", []registry.Actor{rt.Doctor("Martin")}},
	{"other doctor", []registry.Actor{rt.Doctor("Petit"), rt.Doctor("Nguyen")}},
	{"nurse", []registry.Actor{rt.Nurse("Lopez")}},
	{"support", []registry.Actor{rt.Support("Alex")}},
	{"other roles", []registry.Actor{
		rt.Agent(registry.RoleCampaign, "Chef"), rt.Agent(registry.RoleReferential, "Ref"),
		rt.Agent(registry.RoleDataProtection, "Dpo"), rt.Agent(registry.RoleStatistics, "Stat"),
		rt.Agent(registry.RoleSystem, "Cron"),
	}},
}

// cell is one place of the table.
type cell struct {
	state registry.State
	act   string
	actor string
}

// readTable reads the tables of docs/states.md: one under each state's heading.
func readTable(t testing.TB) map[cell]string {
	t.Helper()
	text, err := os.ReadFile("../../docs/states.md")
	if err != nil {
		t.Fatal(err)
	}
	table := map[cell]string{}
	var state registry.State
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if heading, ok := strings.CutPrefix(line, "### "); ok {
			state = registry.State(strings.Split(heading, "`")[1])
			continue
		}
		parts := strings.Split(strings.Trim(line, "|"), "|")
		if state == "" || !strings.HasPrefix(line, "|") || len(parts) != len(tableActors)+1 ||
			strings.HasPrefix(parts[0], "-") || strings.TrimSpace(parts[0]) == "act" {
			continue
		}
		for i, actor := range tableActors {
			at := cell{state, strings.TrimSpace(parts[0]), actor.name}
			if _, twice := table[at]; twice {
				t.Errorf("%v stands twice in the document", at)
			}
			table[at] = strings.Trim(strings.TrimSpace(parts[i+1]), "*`")
		}
	}
	return table
}

// The dates of the walk: dose 1 four weeks before the day on which everything is tried.
const walkDay, walkFirst, walkSecond = "2021-05-03", "05/04/2021", "03/05/2021"

func walkDose(step registry.Step, vaccine string) registry.DoseRequest {
	req := rt.DoseRequest()
	req.Occurrence, req.Vaccine = walkFirst, vaccine
	if step == registry.StepSecondDose {
		req.Occurrence = walkSecond
	}
	if vaccine == rt.Janssen {
		req.Lot = "XD955"
	}
	return req
}

func walkEligibility(rectify bool) registry.EligibilityRequest {
	req := rt.EligibilityRequest()
	req.PrescribedOn = "01/04/2021"
	if rectify {
		req.PrescribedOn = "02/04/2021"
	}
	return req
}

// stateWorld makes a record of a state, every step of it validated by the doctor Martin, and annulled by
// support where the state asks for it.
func stateWorld(t testing.TB, state registry.State) *world {
	w := newWorld(t)
	w.clock.SetDay(walkDay)
	martin := rt.Doctor("Martin")
	vaccine, doses, annulled := "", 0, false
	switch state {
	case registry.StateNew:
		return w
	case registry.StateEligible:
	case registry.StateFirstDose, registry.StateFirstDoseNoEligibility:
		vaccine, doses, annulled = rt.Comirnaty, 1, state == registry.StateFirstDoseNoEligibility
	case registry.StateCompleteSingle, registry.StateCompleteSingleNoEligible:
		vaccine, doses, annulled = rt.Janssen, 1, state == registry.StateCompleteSingleNoEligible
	case registry.StateComplete, registry.StateCompleteNoEligibility:
		vaccine, doses, annulled = rt.Comirnaty, 2, state == registry.StateCompleteNoEligibility
	default:
		t.Fatalf("no way is known to the state %s", state)
	}
	w.must(w.g.DeclareEligibility(background, w.act(martin, registry.StepEligibility), walkEligibility(false)))
	for step := registry.StepFirstDose; int(step) <= doses; step++ {
		w.must(w.g.RecordDose(background, w.act(martin, step), walkDose(step, vaccine)))
	}
	if annulled {
		w.annul(rt.Support("Alex"), registry.StepEligibility)
	}
	return w
}

// try does a row's act and returns what a cell says about it.
func (w *world) try(by registry.Actor, verb string, step registry.Step, vaccine string) string {
	act := w.act(by, step)
	act.Reason, act.From = reasonOfSupport, 1
	dose := walkDose(step, vaccine)
	var done registry.Done
	var err error
	switch {
	case verb == "annul":
		done, err = w.g.Annul(background, act)
	case step == registry.StepEligibility && verb == "declare":
		done, err = w.g.DeclareEligibility(background, act, walkEligibility(false))
	case step == registry.StepEligibility:
		done, err = w.g.RectifyEligibility(background, act, walkEligibility(true))
	case verb == "declare":
		done, err = w.g.RecordDose(background, act, dose)
	default:
		dose.Site = "11207009"
		done, err = w.g.RectifyDose(background, act, dose)
	}
	switch {
	case err == nil && done.Already:
		return "already"
	case err == nil:
		return string(done.Record.State())
	}
	for word, sentence := range refusalWords {
		if startsWith(err, sentence) {
			return word
		}
	}
	return fmt.Sprintf("unknown refusal: %v", err)
}

func TestEveryCellOfTheStateTable(t *testing.T) {
	table := readTable(t)
	for _, state := range registry.States {
		for _, row := range tableActs {
			for _, column := range tableActors {
				at := cell{state, row.name, column.name}
				want, ok := table[at]
				delete(table, at)
				if !ok {
					t.Errorf("docs/states.md has no cell for %v", at)
					continue
				}
				for _, by := range column.by {
					walkCell(t, at, want, by, row.verb, row.step, row.vaccine)
				}
			}
		}
	}
	for at := range table {
		t.Errorf("docs/states.md has a cell that nothing walks: %v", at)
	}
}

func walkCell(t *testing.T, at cell, want string, by registry.Actor, verb string, step registry.Step, vaccine string) {
	t.Helper()
	w := stateWorld(t, at.state)
	if w.record().State() != at.state {
		t.Fatalf("the walk is at %s instead of %s", w.record().State(), at.state)
	}
	before, events := w.record(), len(w.store.Events())
	got := w.try(by, verb, step, vaccine)
	if got != want {
		t.Errorf("%v by %s: got %q, the document says %q", at, by.Role, got, want)
	}
	if allowed := slices.Contains(registry.States, registry.State(got)); allowed != (w.record().Version == before.Version+1) {
		t.Errorf("%v: version went from %d to %d", at, before.Version, w.record().Version)
	}
	invalid := got == "vaccine locked" // a form to correct is no access
	if n := len(w.store.Events()); !invalid && n != events+1 {
		t.Errorf("%v: %d events for one act", at, n-events)
	}
}

// States are what their names say, in words too.
func TestEveryStateHasItsLabelAndNextStep(t *testing.T) {
	tests := map[registry.State]struct {
		label string
		next  registry.Step
		none  bool
	}{
		registry.StateNew:                      {label: "Aucune étape enregistrée", next: registry.StepEligibility},
		registry.StateEligible:                 {label: "Éligibilité déclarée", next: registry.StepFirstDose},
		registry.StateFirstDose:                {label: "1ère vaccination enregistrée", next: registry.StepSecondDose},
		registry.StateCompleteSingle:           {label: "Vaccination complète", none: true},
		registry.StateComplete:                 {label: "Vaccination complète", none: true},
		registry.StateFirstDoseNoEligibility:   {label: "1ère vaccination enregistrée, éligibilité annulée", next: registry.StepEligibility},
		registry.StateCompleteSingleNoEligible: {label: "Vaccination complète, éligibilité annulée", next: registry.StepEligibility},
		registry.StateCompleteNoEligibility:    {label: "Vaccination complète, éligibilité annulée", next: registry.StepEligibility},
	}
	for _, state := range registry.States {
		want, ok := tests[state]
		if !ok {
			t.Errorf("%s is not in this test", state)
			continue
		}
		next, more := stateWorld(t, state).record().NextStep()
		if state.Label() != want.label || next != want.next || more == want.none {
			t.Errorf("%s: label %q, next step %d (%v)", state, state.Label(), next, more)
		}
	}
}
