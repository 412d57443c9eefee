package main

import (
	"context"

	"golang.org/x/sync/errgroup"

	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
)

// populate fills the country of a nation.
func (n *nation) populate(ctx context.Context, l *lab) error {
	rate, err := importPeople(ctx, n.cases, n.persons, population{household: 1, targeted: true})
	if err != nil {
		return err
	}
	l.say("%d persons imported, %.0f a second", n.persons, rate)
	return n.declareAll(ctx)
}

// declareAll declares and vaccinates through the use cases.
func (n *nation) declareAll(ctx context.Context) error {
	later := registry.New(n.kept)
	clock := registrytest.NewClock()
	clock.SetDay(registrytest.SecondDoseDay)
	later.Business = clock.Now
	by := doctors(signedIn)
	group, ctx := errgroup.WithContext(ctx)
	const workers = 64
	for w := range workers {
		group.Go(func() error {
			for i := w; i < n.persons; i += workers {
				if err := declare(ctx, n.cases, later, by[i%len(by)], i); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return group.Wait()
}

// declare brings a person to where the country has them: of ten, five have both doses, four are eligible.
func declare(ctx context.Context, first, later *registry.Registry, by registry.Actor, i int) error {
	if i%10 == 9 {
		return nil
	}
	act := registry.Act{By: by, Record: targetedID(i), Request: "eligibility"}
	if _, err := first.DeclareEligibility(ctx, act, registrytest.EligibilityRequest()); err != nil {
		return err
	}
	if i%10 >= 5 {
		return nil
	}
	act.Step, act.Request = registry.StepFirstDose, "first"
	if _, err := first.RecordDose(ctx, act, registrytest.DoseRequest()); err != nil {
		return err
	}
	act.Step, act.Request = registry.StepSecondDose, "second"
	_, err := later.RecordDose(ctx, act, registrytest.SecondDoseRequest())
	return err
}
