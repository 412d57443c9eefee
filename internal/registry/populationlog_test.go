package registry_test

import (
	"context"
	"io"
	"iter"
	"testing"
	"time"

	"vaccin/internal/registry"
	rt "vaccin/internal/registry/registrytest"
)

// importer is a store that imports nothing, and says why, after a while.
type importer struct {
	*rt.Memory
	outcome registry.PopulationOutcome
	err     error
	clock   *rt.Clock
	after   time.Duration
}

func (i importer) ImportPopulation(context.Context, registry.PopulationFile, registry.Event, io.Reader, func(registry.PopulationProgress)) (registry.PopulationOutcome, error) {
	i.clock.Set(i.clock.Now().Add(i.after))
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
		{"imported, with the entries of the store", importer{}, ""},
		{"imported before", importer{outcome: registry.PopulationOutcome{Already: true}}, registry.OutcomeRepeated},
		{"beside another", importer{err: registry.ErrImporting}, registry.OutcomeConflict},
		{"by who may not", importer{err: registry.ErrNotOwner}, registry.OutcomeConflict},
		{"as keys are changed under it", importer{err: registry.ErrRotating, after: 5 * time.Hour}, registry.OutcomeConflict},
	} {
		c.Memory, c.clock = rt.NewMemory(), rt.NewClock()
		by := rt.Agent(registry.RoleSystem, "root")
		_, err := rt.NewRegistry(c.importer, c.clock).ImportPopulation(background, by, registry.PopulationFile{Digest: "digest"}, nil)
		if (err != nil) != (c.err != nil) {
			t.Errorf("%s: %v", c.name, err)
		}
		events := c.Events()
		if c.want == "" && len(events) == 0 {
			continue
		}
		if len(events) != 1 {
			t.Fatalf("%s: logged %+v", c.name, events)
		}
		if at := events[0].At; !at.Equal(c.clock.Now()) { // or whoever verifies the log takes it for one that was put in later
			t.Errorf("%s: logged at %s instead of %s", c.name, at, c.clock.Now())
		}
		if e := events[0]; e.Action != registry.ActionImportPersons || e.Outcome != c.want || e.Digest != "digest" || e.NationalID != by.Practitioner.NationalID {
			t.Errorf("%s: logged %+v", c.name, e)
		}
	}
}
