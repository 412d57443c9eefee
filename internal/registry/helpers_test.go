package registry_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"vaccin/internal/registry"
	rt "vaccin/internal/registry/registrytest"
)

var background = context.Background()

// world is a service with one patient.
type world struct {
	testing.TB
	store *rt.Memory
	clock *rt.Clock
	g     *registry.Registry
	id    registry.RecordID
}

func newWorld(t testing.TB) *world {
	store, clock := rt.NewMemory(), rt.NewClock()
	return &world{t, store, clock, rt.NewRegistry(store, clock), store.Add("patient", rt.Patient(1), 0)}
}

func (w *world) record() registry.Record { return w.store.Record(w.id) }

// must stops the test when an act that prepares it is refused.
func (w *world) must(done registry.Done, err error) registry.Record {
	w.Helper()
	if err != nil {
		w.Fatalf("preparing: %v", err)
	}
	return done.Record
}

func (w *world) act(by registry.Actor, step registry.Step) registry.Act {
	return registry.Act{By: by, Record: w.id, Step: step}
}

// eligible, first and second take the patient one step further; the second moves the clock.
func (w *world) eligible(by registry.Actor) {
	w.Helper()
	w.must(w.g.DeclareEligibility(background, w.act(by, registry.StepEligibility), rt.EligibilityRequest()))
}

func (w *world) first(by registry.Actor) {
	w.Helper()
	w.must(w.g.RecordDose(background, w.act(by, registry.StepFirstDose), rt.DoseRequest()))
}

func (w *world) second(by registry.Actor) {
	w.Helper()
	w.clock.SetDay(rt.SecondDoseDay)
	w.must(w.g.RecordDose(background, w.act(by, registry.StepSecondDose), rt.SecondDoseRequest()))
}

func (w *world) annul(by registry.Actor, step registry.Step) {
	w.Helper()
	act := w.act(by, step)
	act.Reason = "Erreur de patient"
	w.must(w.g.Annul(background, act))
}

// refusal is the domain's refusal in an error, or a failed test.
func refusal(t testing.TB, err error, kind registry.Kind) *registry.Error {
	t.Helper()
	var e *registry.Error
	if !errors.As(err, &e) || e.Kind != kind {
		t.Fatalf("error is %v, want a refusal of kind %d", err, kind)
	}
	return e
}

// statement is what a kept answer says of a question: what was unusual, without the request to confirm.
func statement(question string) string {
	said, _, _ := strings.Cut(question, " Confirmez")
	return said
}
