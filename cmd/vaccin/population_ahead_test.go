package main

import (
	"context"
	"iter"
	"slices"
	"testing"
	"time"

	"vaccin/internal/registry"
	"vaccin/internal/targeting"
)

// TestPartsThatAreUnderWayAreTakenOnceAndFromTheFirstAlone: an import that goes on takes those after the last one that is there, and one that looks at
// parts once more, as a load that had some rows to merge, gets them once more.
func TestPartsThatAreUnderWayAreTakenOnceAndFromTheFirstAlone(t *testing.T) {
	const persons = 40_000
	path, _ := populationFiles(t, persons)
	file, err := targeting.OpenPopulation(t.Context(), path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if file.Parts() < 3 {
		t.Fatalf("%d parts are too few", file.Parts())
	}
	for _, from := range []int{0, 1, file.Parts()} {
		p := &populationRun{file: file, now: time.Now}
		p.ahead = file.Start(t.Context(), p.reading(0))
		for _, read := range []func(context.Context, int) iter.Seq2[registry.PopulationPart, error]{p.read, p.again} {
			var numbers, want []int
			for number := from; number < file.Parts(); number++ {
				want = append(want, number)
			}
			for part, err := range read(t.Context(), from) {
				if err != nil {
					t.Fatal(err)
				}
				numbers = append(numbers, part.Number)
			}
			if !slices.Equal(numbers, want) {
				t.Errorf("from %d on there are %d", from, numbers)
			}
		}
		if whole := p.report.Read == persons; whole != (from == 0) {
			t.Errorf("from %d on %d rows are told of", from, p.report.Read)
		}
	}
}
