package store

import (
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"vaccin/internal/registry"
)

// BenchmarkNumberEntries numbers entries that were written before, as many at a time as numbering takes, and reports
// what each costs this process.
func BenchmarkNumberEntries(b *testing.B) {
	for name, address := range map[string]func() string{
		"sqlite":   func() string { return filepath.Join(b.TempDir(), "store.db") },
		"postgres": func() string { return databases.New(b) },
	} {
		b.Run(name, func(b *testing.B) {
			s, err := Open(b.Context(), address(), Options{Service: true})
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(func() { _ = s.Close() })
			now, total := time.Date(2021, 1, 4, 8, 0, 0, 0, time.UTC), 0
			var spent time.Duration
			var allocated uint64
			for range b.N {
				writeEntries(b, s, now, numberedAtOnce)
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				began := time.Now()
				n, err := s.NumberEntries(b.Context(), "bench", now)
				spent += time.Since(began)
				runtime.ReadMemStats(&after)
				allocated += after.Mallocs - before.Mallocs
				if err != nil {
					b.Fatal(err)
				}
				total += n
			}
			b.ReportMetric(float64(spent.Nanoseconds())/float64(total), "ns/entry")
			b.ReportMetric(float64(allocated)/float64(total), "allocs/entry")
		})
	}
}

// writeEntries has n entries written, many at once.
func writeEntries(b *testing.B, s *Store, now time.Time, n int) {
	b.Helper()
	events := make([]registry.Event, n)
	for i := range events {
		events[i] = registry.Event{
			At: now.Add(time.Duration(i) * 200 * time.Microsecond), Role: registry.RolePractitioner, NationalID: "810000000017", PlaceID: "R100001",
			PlaceName: "Cabinet du Dr Exemple", Door: registry.DoorPSC, Action: registry.ActionRead,
			Record: registry.RecordID("0123456789abcdef0123456789abcdef"), Outcome: registry.OutcomeFound, Version: i,
		}
	}
	if err := s.logEvents(b.Context(), events...); err != nil {
		b.Fatal(err)
	}
}
