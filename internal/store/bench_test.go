package store

import (
	"context"
	"fmt"
	"runtime"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
)

// importPeople imports n patients, each under a holder's NIR that three share, in chunks.
func importPeople(b testing.TB, s *Store, n int) {
	b.Helper()
	g := registrytest.NewRegistry(s, registrytest.NewClock())
	const chunk = 5000
	for start := 0; start < n; start += chunk {
		persons := make([]registry.ImportedPerson, 0, chunk)
		for i := start; i < min(n, start+chunk); i++ {
			persons = append(persons, person(i))
		}
		if err := g.ImportPersons(context.Background(), registrytest.Doctor("Import"), persons, "digest"); err != nil {
			b.Fatal(err)
		}
	}
}

func person(i int) registry.ImportedPerson {
	p := registrytest.Patient(i / 3)
	p.BirthRank = 1 + i%3
	p.Own = registrytest.NIR(500_000_000 + i)
	// Identifiers and codes are spread as drawn ones are.
	spread := uint64(i+1) * 0x9E3779B97F4A7C15
	return registry.ImportedPerson{
		ID: registry.RecordID(fmt.Sprintf("%016x%016x", spread, i)), Patient: p,
		Code: registry.TargetCode(spread%(registry.CodeSpace/2) + 1),
	}
}

func BenchmarkImport(b *testing.B) {
	s := open(b)
	importPeople(b, s, 5000)
	n := 0
	before := cpu()
	g := registrytest.NewRegistry(s, registrytest.NewClock())
	for b.Loop() {
		persons := make([]registry.ImportedPerson, 0, 5000)
		for i := range 5000 {
			persons = append(persons, person(5000*(n+1)+i))
		}
		n++
		if err := g.ImportPersons(context.Background(), registrytest.Doctor("Import"), persons, "digest"); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(5000*n)/b.Elapsed().Seconds(), "persons/s")
	b.ReportMetric(float64(5000*n)/(cpu()-before).Seconds(), "persons/cpu-s")
}

func BenchmarkFindByNIR(b *testing.B) {
	for _, n := range []int{20_000, 2_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			if n > 20_000 && testing.Short() {
				b.Skip("two million persons take a minute to import")
			}
			s := open(b)
			importPeople(b, s, n)
			g := registrytest.NewRegistry(s, registrytest.NewClock())
			var next atomic.Int64
			by := registrytest.Doctor("Martin")
			g.Reference(context.Background())
			event := registry.Event{At: registrytest.NewClock().Now(), NationalID: by.Practitioner.NationalID, Action: registry.ActionSearchNIR}
			b.SetParallelism(16)
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					i := int(next.Add(1)) * 7919 % (n / 3)
					found, err := s.FindByNIR(context.Background(), registrytest.NIR(i), event)
					if err != nil || len(found) != 3 {
						b.Error(len(found), err)
						return
					}
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "searches/s")
		})
	}
	runtime.KeepAlive(nil)
}

// cpu is the processor time that this process has used: on a machine that others use too, it says more
// than the clock.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
