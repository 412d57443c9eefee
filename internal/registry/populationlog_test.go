package registry_test

import (
	"context"
	"io"
	"iter"
	"testing"

	"vaccin/internal/registry"
	rt "vaccin/internal/registry/registrytest"
)

// importer is a store that imports nothing, and says why.
type importer struct {
	*rt.Memory
	outcome registry.PopulationOutcome
	err     error
}

func (i importer) ImportPopulation(context.Context, registry.PopulationFile, registry.Event, io.Reader, func(registry.PopulationProgress)) (registry.PopulationOutcome, error) {
	return i.outcome, i.err
}

func (i importer) PopulationDuplicates(context.Context) iter.Seq2[registry.DuplicateRow, error] {
	return func(func(registry.DuplicateRow, error) bool) {}
}

func (i importer) PopulationColumns(context.Context) ([]string, error) { return nil, nil }

// That somebody tried to import a file is in the log, also where nothing came of it.
func TestAnImportOfWhichNothingCameIsInTheLog(t *testing.T) {
	for _, c := range []struct {
		name string
		importer
		want registry.Outcome
	}{
		{"imported before", importer{outcome: registry.PopulationOutcome{Already: true}}, registry.OutcomeRepeated},
		{"beside another", importer{err: registry.ErrImporting}, registry.OutcomeConflict},
		{"by who may not", importer{err: registry.ErrNotOwner}, registry.OutcomeConflict},
	} {
		c.Memory = rt.NewMemory()
		by := rt.Agent(registry.RoleSystem, "root")
		_, err := rt.NewRegistry(c.importer, rt.NewClock()).ImportPopulation(background, by, registry.PopulationFile{Digest: "digest"}, nil)
		if (err != nil) != (c.err != nil) {
			t.Errorf("%s: %v", c.name, err)
		}
		events := c.Events()
		if len(events) != 1 {
			t.Fatalf("%s: logged %+v", c.name, events)
		}
		if e := events[0]; e.Action != registry.ActionImportPersons || e.Outcome != c.want || e.Digest != "digest" || e.NationalID != by.Practitioner.NationalID {
			t.Errorf("%s: logged %+v", c.name, e)
		}
	}
}
