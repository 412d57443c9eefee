package targeting_test

import (
	"bytes"
	"context"
	"sync"
	"testing"

	"vaccin/internal/demo"
	"vaccin/internal/registry"
	"vaccin/internal/targeting"
)

// benchFile is a population file of a hundred thousand persons, one in a hundred rows of it bad.
var benchFile = sync.OnceValues(func() ([]byte, error) {
	var b bytes.Buffer
	err := demo.WriteInsured(&b, demo.InsuredOptions{Persons: 100_000, Seed: 1, BadEvery: 100})
	return b.Bytes(), err
})

// BenchmarkReadPopulation reads a file by one worker, the checking of NIRs and the values of the domain included. Run it
// with -cpu 1 for what one core does.
func BenchmarkReadPopulation(b *testing.B) {
	text, err := benchFile()
	if err != nil {
		b.Fatal(err)
	}
	f := population(b, text)
	rows := 0
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		for part, err := range f.Read(b.Context(), targeting.ReadOptions{Today: today, Workers: 1}) {
			if err != nil {
				b.Fatal(err)
			}
			rows += part.Read
		}
	}
	b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
	b.ReportMetric(b.Elapsed().Seconds()*1e9/float64(rows), "ns/row")
}

// BenchmarkExaminePopulation is the first reading of a file.
func BenchmarkExaminePopulation(b *testing.B) {
	text, err := benchFile()
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		population(b, text)
	}
}

var today = registry.MustDate("2021-02-01")

func population(tb testing.TB, text []byte) *targeting.PopulationFile {
	tb.Helper()
	f, err := targeting.ReadPopulation(context.Background(), "population.csv", bytes.NewReader(text), int64(len(text)), nil)
	if err != nil {
		tb.Fatal(err)
	}
	return f
}
