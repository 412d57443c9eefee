package store

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"testing"
	"time"

	"vaccin/internal/keyring/keyringtest"
	"vaccin/internal/nir"
	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
)

// TestManyDuplicatesOfOneRowAreToldAtOnce has a part be mostly of one row, that names someone known and is the duplicate of someone new: told one
// after the other they took minutes.
func TestManyDuplicatesOfOneRowAreToldAtOnce(t *testing.T) {
	onEachEngine(t, func(t *testing.T, address string) {
		s := server(t, address, keyringtest.Keys())
		g := registrytest.NewRegistry(s, registrytest.NewClock())
		imported := func(want registry.PopulationCounts, patients ...registry.Patient) {
			t.Helper()
			rows := make([]registry.InsuredRow, len(patients))
			for i, p := range patients {
				rows[i] = registry.InsuredRow{Line: int64(i + 2), Patient: p}
			}
			part := registry.PopulationPart{Last: int64(len(rows) + 1), Rows: rows}
			o, err := g.ImportPopulation(t.Context(), registrytest.Doctor("Import"), registry.PopulationFile{
				Digest: fmt.Sprint(len(rows)), Parts: 1, PartSize: 1 << 20, Lines: part.Last,
				Read: func(context.Context, int) iter.Seq2[registry.PopulationPart, error] {
					return func(yield func(registry.PopulationPart, error) bool) { yield(part, nil) }
				},
			}, func(registry.PopulationProgress) {})
			if err != nil || o.PopulationCounts != want {
				t.Errorf("%+v, want %+v, %v", o.PopulationCounts, want, err)
			}
		}
		known := registrytest.Patient(1)
		known.Own = registrytest.NIR(930_007)
		imported(registry.PopulationCounts{Created: 1}, known)
		fresh, naming := known, known
		fresh.Holder, fresh.Own, naming.Holder = registrytest.NIR(930_008), nir.Number{}, registrytest.NIR(930_008)
		began := time.Now()
		imported(registry.PopulationCounts{Created: 1, Duplicates: 3_000}, append([]registry.Patient{fresh}, slices.Repeat([]registry.Patient{naming}, 3_000)...)...)
		if took := time.Since(began); took > 20*time.Second {
			t.Errorf("it took %v", took)
		}
	})
}
