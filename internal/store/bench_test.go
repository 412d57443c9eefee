package store

import (
	"fmt"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
)

// cpu is the processor time that this process has used: on a machine that others use too, it says more
// than the clock.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// reportRates reports n things done since the timer was reset, by the clock and by the processor.
func reportRates(b *testing.B, things string, n int, used time.Duration) {
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), things+"/s")
	b.ReportMetric(float64(n)/used.Seconds(), things+"/cpu-s")
}

// persons are n persons from the i-th on, three to a holder, without a code. Their identifiers come in
// order, which spares the import of millions a write to a page of its own for each.
func persons(i, n int) []registry.ImportedPerson {
	all := make([]registry.ImportedPerson, n)
	for k := range all {
		p := registrytest.Patient(i / 3)
		p.BirthRank, p.Own = 1+i%3, registrytest.NIR(500_000_000+i)
		all[k] = registry.ImportedPerson{ID: registry.RecordID(fmt.Sprintf("%032x", i)), Patient: p}
		i++
	}
	return all
}

// targeted are persons with codes and identifiers spread as drawn ones are.
func targeted(i, n int) []registry.ImportedPerson {
	all := persons(i, n)
	for k := range all {
		spread := uint64(i+k+1) * 0x9E3779B97F4A7C15
		all[k].ID = registry.RecordID(fmt.Sprintf("%016x%016x", spread, i+k))
		all[k].Code = registry.TargetCode(spread%(registry.CodeSpace/2) + 1)
	}
	return all
}

const chunk = 3000

func populated(b *testing.B, s *Store, n int) *registry.Registry {
	b.Helper()
	g := registrytest.NewRegistry(s, registrytest.NewClock())
	g.Random = registry.New(s).Random
	importAll(b, s, g)
	for i := 0; i < n; i += chunk {
		if err := g.ImportPersons(b.Context(), registrytest.Doctor("Import"), persons(i, min(chunk, n-i)), "digest"); err != nil {
			b.Fatal(err)
		}
	}
	return g
}

// BenchmarkImportPersons imports persons who all have a code and a NIR of their own, in chunks of 3,000.
func BenchmarkImportPersons(b *testing.B) {
	s := open(b)
	g := populated(b, s, chunk)
	next := chunk
	var used time.Duration
	for b.Loop() {
		all := targeted(next, chunk)
		next += chunk
		before := cpu()
		if err := g.ImportPersons(b.Context(), registrytest.Doctor("Import"), all, "digest"); err != nil {
			b.Fatal(err)
		}
		used += cpu() - before
	}
	reportRates(b, "persons", next-chunk, used)
}

// BenchmarkFindByNIR finds the three persons under a holder's NIR, and logs that, among few and many.
func BenchmarkFindByNIR(b *testing.B) {
	for _, n := range []int{20_000, 2_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			if n > 20_000 && testing.Short() {
				b.Skip("two million persons take minutes to import")
			}
			s := open(b)
			populated(b, s, n)
			event := registry.Event{At: registrytest.NewClock().Now(), NationalID: "8100", Action: registry.ActionSearchNIR}
			var next atomic.Int64
			b.SetParallelism(32)
			before := cpu()
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					i := int(next.Add(1)) * 7919 % (n / 3)
					if found, err := s.FindByNIR(b.Context(), registrytest.NIR(i), event, registry.Toll{}); err != nil || len(found) != 3 {
						b.Errorf("%d found: %v", len(found), err)
						return
					}
				}
			})
			reportRates(b, "searches", b.N, cpu()-before)
		})
	}
}

// BenchmarkApplyDose records first doses that were decided before, one after another and many at once.
func BenchmarkApplyDose(b *testing.B) {
	for _, callers := range []int{1, 64} {
		b.Run(fmt.Sprintf("%d at once", callers), func(b *testing.B) {
			s := open(b)
			changes := decidedDoses(b, s, populated(b, s, b.N))
			var next atomic.Int64
			before := cpu()
			b.ResetTimer()
			var wg sync.WaitGroup
			for range callers {
				wg.Go(func() {
					for {
						i := int(next.Add(1)) - 1
						if i >= len(changes) {
							return
						}
						if err := s.Apply(b.Context(), changes[i]); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			wg.Wait()
			reportRates(b, "doses", b.N, cpu()-before)
		})
	}
}

// decidedDoses declares b.N persons eligible and returns the change of a first dose for each.
func decidedDoses(b *testing.B, s *Store, g *registry.Registry) []registry.Change {
	b.Helper()
	capture := &registrytest.Capture{Store: s}
	decider := registrytest.NewRegistry(capture, registrytest.NewClock())
	all := persons(0, b.N)
	var wg sync.WaitGroup
	const callers = 64
	for c := range callers {
		wg.Go(func() {
			for i := c; i < len(all); i += callers {
				act := registry.Act{By: registrytest.Doctor("Martin"), Record: all[i].ID, Step: registry.StepFirstDose}
				if _, err := g.DeclareEligibility(b.Context(), act, registrytest.EligibilityRequest()); err != nil {
					b.Error(err)
					return
				}
				if _, err := decider.RecordDose(b.Context(), act, registrytest.DoseRequest()); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	return capture.Take()
}
