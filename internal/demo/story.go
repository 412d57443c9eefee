package demo

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"time"

	"vaccin/internal/registry"
)

// act is something that a doctor did on a day: a call of a use case.
type act struct {
	day registry.Date
	at  time.Time
	do  func(ctx context.Context, g *registry.Registry) error
}

// story is what happened in one record, in the order of time.
type story struct {
	chance
	set    *set
	who    resident
	by     doctor
	record registry.RecordID // that of who, unless a doctor entered them by hand
	acts   []act
	random *rand.ChaCha8 // what the registry draws from

	eligibility registry.EligibilityRequest
	doses       map[registry.Step]registry.DoseRequest
	outcome     registry.Record
}

// begin starts the story of someone with a doctor. What it draws depends on the record alone, so that
// acts can run in any order.
func (s *set) begin(who resident, by doctor) *story {
	h := fnv.New64a()
	_, _ = h.Write([]byte(who.ID)) // a hash never fails to be written to
	c := newChance(s.seed, h.Sum64())
	var seed [32]byte
	for i := range seed {
		seed[i] = byte(c.IntN(256))
	}
	return &story{
		chance: c, set: s, who: who, by: by, record: who.ID, random: rand.NewChaCha8(seed),
		doses: map[registry.Step]registry.DoseRequest{},
	}
}

// add puts an act on a day, after those of that day already told.
func (s *story) add(day registry.Date, do func(ctx context.Context, g *registry.Registry) error) {
	zone := registry.ZoneOf(s.by.Place.PostalCode)
	at := time.Date(day.Year, day.Month, day.Day, 9, s.between(0, 420), s.between(0, 59), 0, zone)
	if n := len(s.acts); n > 0 && s.acts[n-1].day == day {
		at = s.acts[n-1].at.Add(time.Duration(s.between(120, 900)) * time.Second)
	} else {
		do = s.afterSearch(do)
	}
	s.acts = append(s.acts, act{day, at, do})
}

// afterSearch makes the doctor find the record first, as on the search page.
func (s *story) afterSearch(do func(context.Context, *registry.Registry) error) func(context.Context, *registry.Registry) error {
	return func(ctx context.Context, g *registry.Registry) error {
		var err error
		if s.who.Code.IsZero() {
			_, err = g.SearchByNIR(ctx, s.by.Actor, s.who.Patient.Holder)
		} else {
			_, err = g.SearchByCode(ctx, s.by.Actor, s.who.Code.Format())
		}
		if err != nil {
			return fmt.Errorf("searching: %w", err)
		}
		return do(ctx, g)
	}
}

// did keeps what the record became.
func (s *story) did(done registry.Done, err error) error {
	if err == nil {
		s.outcome = done.Record
	}
	return err
}

func (s *story) act(step registry.Step) registry.Act {
	return registry.Act{By: s.by.Actor, Record: s.record, Step: step, Request: fmt.Sprintf("%016x%016x", s.Uint64(), s.Uint64())}
}

// register has the doctor enter the patient by hand; the record is known from then on.
func (s *story) register(day registry.Date) {
	p := s.who.Patient
	request := registry.RegistrationRequest{
		BirthName: p.BirthName, UsedName: p.UsedName, GivenNames: p.GivenNames, Sex: string(p.Sex), BirthDate: p.BirthDate.French(),
		BirthRank: "1", Address: p.Address, Locality: p.Locality.Label(), Phone: p.Phone, Email: p.Email,
	}
	s.add(day, func(ctx context.Context, g *registry.Registry) error {
		id, _, err := g.Register(ctx, s.by.Actor, p.Holder, request)
		s.record = id
		return err
	})
}

// declare has the doctor declare the eligibility.
func (s *story) declare(day registry.Date) {
	s.eligibility = s.prescription(day)
	request, act := s.eligibility, s.act(registry.StepEligibility)
	s.add(day, func(ctx context.Context, g *registry.Registry) error {
		act.Record = s.record
		return s.did(g.DeclareEligibility(ctx, act, request))
	})
}

// rectifyEligibility has the doctor correct the declaration.
func (s *story) rectifyEligibility(day registry.Date, change func(*registry.EligibilityRequest)) {
	change(&s.eligibility)
	request, act := s.eligibility, s.act(registry.StepEligibility)
	act.From = 1
	s.add(day, func(ctx context.Context, g *registry.Registry) error {
		act.Record = s.record
		return s.did(g.RectifyEligibility(ctx, act, request))
	})
}

// inject has the doctor record a dose given that day; change, which may be nil, alters the form.
func (s *story) inject(step registry.Step, day registry.Date, vaccine string, change func(*registry.DoseRequest)) {
	request := s.injection(day, vaccine)
	if change != nil {
		change(&request)
	}
	s.doses[step] = request
	act := s.act(step)
	s.add(day, func(ctx context.Context, g *registry.Registry) error {
		act.Record = s.record
		return confirming(&request, func() error { return s.did(g.RecordDose(ctx, act, request)) })
	})
}

// rectifyDose has the doctor correct a dose.
func (s *story) rectifyDose(step registry.Step, day registry.Date, change func(*registry.DoseRequest)) {
	request := s.doses[step]
	change(&request)
	s.doses[step] = request
	act := s.act(step)
	act.From = 1
	s.add(day, func(ctx context.Context, g *registry.Registry) error {
		act.Record = s.record
		return confirming(&request, func() error { return s.did(g.RectifyDose(ctx, act, request)) })
	})
}

// annul has someone mark what stands in a step as entered in error.
func (s *story) annul(step registry.Step, day registry.Date, by registry.Actor, reason string) {
	act := s.act(step)
	act.By, act.Reason = by, reason
	s.add(day, func(ctx context.Context, g *registry.Registry) error {
		act.Record = s.record
		return s.did(g.Annul(ctx, act))
	})
}

// object has an agent record what the person wrote the day before.
func (s *story) object(day registry.Date, by registry.Actor, channel registry.Channel) {
	act := s.act(registry.StepEligibility)
	act.By = by
	request := registry.ObjectionRequest{On: day.AddDays(-1).French(), Channel: string(channel)}
	s.add(day, func(ctx context.Context, g *registry.Registry) error {
		act.Record = s.record
		return s.did(g.RecordObjection(ctx, act, request))
	})
}

// confirming sends a form, and once more with every question it raised confirmed.
func confirming(request *registry.DoseRequest, send func() error) error {
	err := send()
	var refusal *registry.Error
	if registry.KindOf(err) != registry.KindUnconfirmed || !errors.As(err, &refusal) {
		return err
	}
	for _, q := range refusal.Questions {
		request.Confirmed = append(request.Confirmed, q.Code)
	}
	return send()
}
