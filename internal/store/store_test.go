package store

import (
	"context"
	"path/filepath"
	"testing"

	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
)

func open(t testing.TB) *Store {
	t.Helper()
	s, err := Open(context.Background(), filepath.Join(t.TempDir(), "a store?.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestSmoke(t *testing.T) {
	ctx := context.Background()
	s := open(t)
	clock := registrytest.NewClock()
	g := registrytest.NewRegistry(s, clock)
	ref := registrytest.Reference()
	by := registrytest.Doctor("Martin")
	err := s.ImportReference(ctx, registry.ReferenceChange{
		Vaccines: ref.Vaccines, Schedules: ref.Schedules, Sites: ref.Sites, PlaceTypes: ref.PlaceTypes, Activities: ref.Activities,
		Openings: ref.Openings, Localities: registrytest.Localities(), Places: registrytest.Places(), Lots: registrytest.Lots(),
	}, g.ImportEvent(by, 1, "x"))
	if err != nil {
		t.Fatal(err)
	}
	id, _, err := g.Register(ctx, by, registrytest.NIR(1), registrytest.RegistrationRequest())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.DeclareEligibility(ctx, registry.Act{By: by, Record: id, Request: "a"}, registrytest.EligibilityRequest()); err != nil {
		t.Fatal(err)
	}
	done, err := g.RecordDose(ctx, registry.Act{By: by, Record: id, Step: registry.StepFirstDose, Request: "b"}, registrytest.DoseRequest())
	if err != nil {
		t.Fatal(err)
	}
	r, err := g.SearchByNIR(ctx, by, registrytest.NIR(1))
	t.Log(done.Record.Version, len(r), err)
	l, err := s.Localities(ctx, "sai", 10)
	t.Log(l, err)
	p, err := s.Places(ctx, "EHPAD", "gly", registry.MustDate("2021-01-01"), 10)
	t.Log(p, err)
	events, err := s.Events(ctx, registry.EventQuery{Record: id, Limit: 10})
	t.Log(len(events), err)
}
