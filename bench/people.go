package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"golang.org/x/sync/errgroup"

	"vaccin/internal/keyring/keyringtest"
	"vaccin/internal/referential"
	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
	"vaccin/internal/store"
)

// operator is who imports.
var operator = registry.Actor{
	Role: registry.RoleSystem, Door: registry.DoorCommand, Practitioner: registry.Practitioner{NationalID: "BENCH"},
}

// importChunk is how many persons one change imports.
const importChunk = 3_000

// population is how the persons of a bench are made.
type population struct {
	household int // so many share each holder's NIR
	targeted  bool
	from      int // number of the first
}

// person is the i-th of a population. Those targeted have identifiers and codes spread as drawn ones are.
// Identifiers of the others come in order, which spares the import of millions a write to another page
// for each; the NIRs by which they are searched are spread all the same.
func (p population) person(i int) registry.ImportedPerson {
	patient := registrytest.Patient(i / p.household)
	patient.BirthRank = 1 + i%p.household
	if p.household > 1 {
		patient.Own = registrytest.NIR(500_000_000 + i)
	}
	if !p.targeted {
		return registry.ImportedPerson{ID: registry.RecordID(fmt.Sprintf("%032x", i)), Patient: patient}
	}
	return registry.ImportedPerson{ID: targetedID(i), Patient: patient, Code: targetCode(i)}
}

func targetCode(i int) registry.TargetCode {
	return registry.TargetCode(spread(i)%(registry.CodeSpace/2) + 1)
}

func targetedID(i int) registry.RecordID {
	return registry.RecordID(fmt.Sprintf("%016x%016x", spread(i), i))
}

func spread(i int) uint64 { return uint64(i+1) * 0x9E3779B97F4A7C15 }

// importPeople imports n persons through the use case, two chunks at a time, and returns how many a second.
func importPeople(ctx context.Context, g *registry.Registry, n int, p population) (rate float64, err error) {
	began := time.Now()
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(2)
	for start := 0; start < n && ctx.Err() == nil; start += importChunk {
		group.Go(func() error {
			persons := make([]registry.ImportedPerson, 0, importChunk)
			for i := start; i < min(n, start+importChunk); i++ {
				persons = append(persons, p.person(p.from+i))
			}
			return g.ImportPersons(ctx, operator, persons, "bench")
		})
	}
	if err := group.Wait(); err != nil {
		return 0, fmt.Errorf("importing persons: %w", err)
	}
	return float64(n) / time.Since(began).Seconds(), nil
}

// openStore makes a store with the reference data that ship and the places and lots of the tests. Its
// use cases stand at a day of the campaign.
func openStore(ctx context.Context, address string) (*store.Store, *registry.Registry, error) {
	if store.IsDatabase(address) {
		if err := makeTables(ctx, address); err != nil {
			return nil, nil, err
		}
	}
	kept, err := store.Open(ctx, address, store.Options{Service: true, Keys: keyringtest.Keys()})
	if err != nil {
		return nil, nil, err
	}
	g := registry.New(kept)
	g.Business = registrytest.NewClock().Now
	g.Limits.BlockAt = math.MaxInt // one searcher searches thousands of times a second
	g.Limits.SlowFrom = math.MaxInt
	if store.IsDatabase(address) {
		return kept, g, nil
	}
	return kept, g, seed(ctx, g, kept)
}

// makeTables makes the tables of a database as whoever owns it does, before the service comes.
func makeTables(ctx context.Context, address string) error {
	owner, err := store.Open(ctx, address, store.Options{})
	if err != nil {
		return err
	}
	return errors.Join(seed(ctx, registry.New(owner), owner), owner.Close())
}

func seed(ctx context.Context, g *registry.Registry, kept *store.Store) error {
	if _, err := referential.Seed(ctx, g, kept, operator); err != nil {
		return err
	}
	change := registry.ReferenceChange{Places: registrytest.Places(), Lots: registrytest.Lots()}
	if err := kept.ImportReference(ctx, change, g.ImportEvent(operator, len(change.Places)+len(change.Lots), "bench")); err != nil {
		return fmt.Errorf("importing places and lots: %w", err)
	}
	return nil
}

// doctors are those who act, each in a session of their own.
func doctors(n int) []registry.Actor {
	all := make([]registry.Actor, n)
	for i := range all {
		all[i] = registrytest.Doctor(fmt.Sprintf("Martin %c%c", 'A'+rune(i/26%26), 'A'+rune(i%26)))
	}
	return all
}

// makeEligible declares n patients eligible through the use case, many at a time.
func makeEligible(ctx context.Context, g *registry.Registry, by []registry.Actor, n int) error {
	group, ctx := errgroup.WithContext(ctx)
	const workers = 128
	for w := range workers {
		group.Go(func() error {
			for i := w; i < n; i += workers {
				act := registry.Act{By: by[i%len(by)], Record: targetedID(i), Request: fmt.Sprintf("eligibility-%d", i)}
				if _, err := g.DeclareEligibility(ctx, act, registrytest.EligibilityRequest()); err != nil {
					return fmt.Errorf("declaring a patient eligible: %w", err)
				}
			}
			return nil
		})
	}
	return group.Wait()
}
