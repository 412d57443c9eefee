package registrytest_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vaccin/internal/registry"
	rt "vaccin/internal/registry/registrytest"
)

func TestTheBuildersMakeAWholeCycleWithoutAQuestion(t *testing.T) {
	ctx, store, clock := context.Background(), rt.NewMemory(), rt.NewClock()
	g := rt.NewRegistry(store, clock)
	doctor := rt.Doctor("Martin")
	id, _, err := g.Register(ctx, doctor, rt.NIR(1), rt.RegistrationRequest())
	if err != nil {
		t.Fatal(err)
	}
	act := registry.Act{By: doctor, Record: id}
	if _, err := g.DeclareEligibility(ctx, act, rt.PaperRequest("Dubois")); err != nil {
		t.Fatal(err)
	}
	act.Step = registry.StepFirstDose
	if _, err := g.RecordDose(ctx, act, rt.DoseRequest()); err != nil {
		t.Fatal(err)
	}
	clock.SetDay(rt.SecondDoseDay)
	act.Step = registry.StepSecondDose
	done, err := g.RecordDose(ctx, act, rt.SecondDoseRequest())
	if err != nil {
		t.Fatal(err)
	}
	if done.Record.State() != registry.StateComplete {
		t.Errorf("state is %s", done.Record.State())
	}
	if diff := cmp.Diff(done.Record, store.Record(id)); diff != "" {
		t.Errorf("what the domain returned and what is stored differ (-returned +stored)\n%s", diff)
	}
	if n := len(store.Events()); n != 4 {
		t.Errorf("%d events for 4 acts", n)
	}
}

func TestNIRsDiffer(t *testing.T) {
	seen := map[string]bool{}
	for n := range 10_000 {
		seen[rt.NIR(n).Digits()] = true
	}
	if len(seen) != 10_000 {
		t.Errorf("%d different numbers of 10000", len(seen))
	}
}

func TestFailingFailsUntilHealed(t *testing.T) {
	ctx, boom := context.Background(), errors.New("boom")
	f := &rt.Failing{Store: rt.NewMemory()}
	f.Fail("Reference", boom)
	if _, err := f.Reference(ctx); !errors.Is(err, boom) {
		t.Errorf("error is %v", err)
	}
	f.Fail("Reference", nil)
	if ref, err := f.Reference(ctx); err != nil || len(ref.Vaccines) != 4 {
		t.Errorf("%d vaccines, error %v", len(ref.Vaccines), err)
	}
}
