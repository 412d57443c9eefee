package storetest

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"pgregory.net/rapid"

	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
)

// anySequence drives the use cases over the engine and over the store in memory with the same acts, drawn
// at random. Both give the same answers, the engine's record reads back as the use case said it would be,
// and both logs tell the same.
func anySequence(e *env) {
	memory := registrytest.NewMemory()
	model := registrytest.NewRegistry(memory, e.clock)
	rapid.Check(e.T, func(t *rapid.T) {
		s := &sequence{env: e, memory: memory, model: model, start: len(memory.Events())}
		s.begin(t)
		for i := range rapid.IntRange(1, 25).Draw(t, "acts") {
			s.step(t, i)
		}
		s.compareLogs(t)
	})
}

// sequence is one run: two patients nobody acted on before.
type sequence struct {
	*env
	memory *registrytest.Memory
	model  *registry.Registry
	ids    []registry.RecordID
	start  int
}

func (s *sequence) begin(t *rapid.T) {
	s.clock.SetDay("2021-02-01")
	for range 2 {
		p := s.person(rapid.Bool().Draw(t, "targeted"))
		s.ids = append(s.ids, p.ID)
		for _, g := range []*registry.Registry{s.registry, s.model} {
			if err := g.ImportPersons(s.ctx, s.doctor, []registry.ImportedPerson{p}, "digest"); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func (s *sequence) step(t *rapid.T, i int) {
	// The clock passes, so that each signature differs.
	days := rapid.SampledFrom([]int{0, 0, 1, 28, 60}).Draw(t, "days")
	s.clock.Set(s.clock.Now().AddDate(0, 0, days).Add(1234567 * time.Microsecond))
	by := rapid.SampledFrom([]registry.Actor{
		registrytest.Doctor("Martin"), registrytest.Doctor("Durand"), registrytest.Support("Assistance"), registrytest.Nurse("Petit"),
	}).Draw(t, "by")
	id := rapid.SampledFrom(append(slices.Clone(s.ids), "nobody")).Draw(t, "record")
	act := registry.Act{
		By: by, Record: id, Step: registry.Step(rapid.IntRange(0, 2).Draw(t, "step")),
		Request: rapid.SampledFrom([]string{fmt.Sprintf("%s %d", id, i), "again"}).Draw(t, "request"),
		From:    rapid.IntRange(1, 2).Draw(t, "from"), Reason: "saisie erronée",
	}
	do := s.drawAct(t, act)
	got, gotErr := do(s.registry)
	want, wantErr := do(s.model)
	if registry.KindOf(gotErr) != registry.KindOf(wantErr) || (gotErr == nil) != (wantErr == nil) {
		t.Fatalf("the store answers %v, the model %v", gotErr, wantErr)
	}
	if gotErr != nil && registry.KindOf(gotErr) == 0 {
		t.Fatalf("the act failed: %v", gotErr)
	}
	s.same(t, "the outcome", got, want)
	if gotErr == nil {
		s.same(t, "the record read back", s.record(id), got.Record)
		s.same(t, "the model's record", s.memory.Record(id), got.Record)
	}
}

// drawAct returns an act to be done by any registry.
func (s *sequence) drawAct(t *rapid.T, act registry.Act) func(*registry.Registry) (registry.Done, error) {
	switch verb := rapid.SampledFrom([]string{"declare", "declare", "rectify", "annul", "read", "object", "withdraw"}).Draw(t, "verb"); {
	case verb == "annul":
		return func(g *registry.Registry) (registry.Done, error) { return g.Annul(s.ctx, act) }
	case verb == "object":
		req := s.drawStatement(t)
		return func(g *registry.Registry) (registry.Done, error) { return g.RecordObjection(s.ctx, act, req) }
	case verb == "withdraw":
		req := s.drawStatement(t)
		act.Entry = rapid.IntRange(0, 2).Draw(t, "entry")
		return func(g *registry.Registry) (registry.Done, error) { return g.WithdrawObjection(s.ctx, act, req) }
	case verb == "read":
		return func(g *registry.Registry) (registry.Done, error) {
			r, err := g.Read(s.ctx, act.By, act.Record, registry.ActionReadDocument)
			return registry.Done{Record: r}, err
		}
	case act.Step == registry.StepEligibility:
		req := registrytest.EligibilityRequest()
		if rapid.Bool().Draw(t, "on paper") {
			req = registrytest.PaperRequest("Leroy")
		}
		return func(g *registry.Registry) (registry.Done, error) {
			return confirming(&req.Confirmed, func() (registry.Done, error) {
				if verb == "declare" {
					return g.DeclareEligibility(s.ctx, act, req)
				}
				return g.RectifyEligibility(s.ctx, act, req)
			})
		}
	default:
		req := s.drawDose(t)
		return func(g *registry.Registry) (registry.Done, error) {
			return confirming(&req.Confirmed, func() (registry.Done, error) {
				if verb == "declare" {
					return g.RecordDose(s.ctx, act, req)
				}
				return g.RectifyDose(s.ctx, act, req)
			})
		}
	}
}

func (s *sequence) drawStatement(t *rapid.T) registry.ObjectionRequest {
	channel := rapid.SampledFrom(registry.Channels).Draw(t, "channel")
	return registry.ObjectionRequest{On: registry.DateOf(s.clock.Now()).French(), Channel: string(channel)}
}

func (s *sequence) drawDose(t *rapid.T) registry.DoseRequest {
	req := registrytest.DoseRequest()
	req.Vaccine = rapid.SampledFrom([]string{registrytest.Comirnaty, registrytest.Moderna, registrytest.Janssen}).Draw(t, "vaccine")
	req.Lot = rapid.SampledFrom([]string{registrytest.KnownLot, registrytest.ModernaLot, "XX1"}).Draw(t, "lot")
	req.Occurrence = registry.DateOf(s.clock.Now()).French()
	if rapid.Bool().Draw(t, "typed place") {
		req.PlaceType, req.Place = registrytest.PlaceHome, ""
		req.PlaceName, req.PlaceLocality, req.AMNumber = "Chez Mme Durand", "42000 Saint-Étienne", "751234561"
	}
	if rapid.Bool().Draw(t, "another performer") {
		req.PerformerSelf, req.PerformerFamily, req.PerformerGiven = registry.No, "Petit", "Zoé"
	}
	return req
}

// confirming asks again with every question answered, as a person does.
func confirming(confirmed *[]string, ask func() (registry.Done, error)) (registry.Done, error) {
	done, err := ask()
	var e *registry.Error
	if errors.As(err, &e) && e.Kind == registry.KindUnconfirmed {
		for _, q := range e.Questions {
			*confirmed = append(*confirmed, q.Code)
		}
		return ask()
	}
	return done, err
}

// compareLogs compares what both logs say of the records of this run.
func (s *sequence) compareLogs(t *rapid.T) {
	want := s.memory.Events()[s.start:]
	for _, id := range s.ids {
		of := []registry.Event{}
		for _, ev := range want {
			if ev.Record == id {
				of = append(of, ev)
			}
		}
		got, err := s.store.Events(s.ctx, registry.EventQuery{Record: id, Limit: 1000})
		if err != nil {
			t.Fatal(err)
		}
		slices.Reverse(got)
		s.same(t, "the log of a record", append([]registry.Event{}, got...), of)
	}
}

func (s *sequence) same(t *rapid.T, what string, got, want any) {
	if diff := difference(want, got); diff != "" {
		t.Fatalf("%s differs (-want +got):\n%s", what, diff)
	}
}
