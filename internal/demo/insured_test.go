package demo

import (
	"io"
	"testing"
)

func BenchmarkWriteInsured(b *testing.B) {
	const persons = 100_000
	for b.Loop() {
		if err := WriteInsured(io.Discard, InsuredOptions{Persons: persons, Seed: 1}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(persons*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
