package demo

import (
	"vaccin/internal/referential"
	"vaccin/internal/registry"
)

// The stories of the cast. Each needs its days to lie in the campaign; when today is too early for
// that, nothing happens and the example is left out.

func declared(days int) func(*story, calendar) {
	return func(s *story, c calendar) {
		if day, ok := c.ago(days); ok {
			s.declare(day)
		}
	}
}

// declaredAndRectified corrects the prescriber: it was another doctor.
func declaredAndRectified(s *story, c calendar) {
	day, ok := c.ago(3)
	if !ok {
		return
	}
	s.declare(day)
	s.rectifyEligibility(day, func(r *registry.EligibilityRequest) {
		r.Prescribes, r.FamilyName, r.GivenName = registry.No, "Aubry", "Claire"
		r.Number, r.Structure = withLuhn("9970069999"), "Centre de santé des Deux-Rives"
	})
}

// dueSince gives a first dose whose second has been due for some days.
func dueSince(days int) func(*story, calendar) {
	return func(s *story, c calendar) {
		if first, _, ok := c.firstOf(comirnaty, days); ok {
			s.declare(first)
			s.inject(registry.StepFirstDose, first, comirnaty, nil)
		}
	}
}

// recent gives a first dose some days ago: the second is not due yet.
func recent(days int) func(*story, calendar) {
	return func(s *story, c calendar) {
		if day, ok := c.ago(days); ok {
			s.declare(day)
			s.inject(registry.StepFirstDose, day, comirnaty, nil)
		}
	}
}

// complete gives both doses.
func complete(s *story, c calendar) {
	if first, second, ok := c.firstOf(comirnaty, 3); ok {
		s.declare(first)
		s.inject(registry.StepFirstDose, first, comirnaty, nil)
		s.inject(registry.StepSecondDose, second, comirnaty, nil)
	}
}

// unusual gives the second dose after 16 days from a vial of a lot that is not listed: the doctor
// confirmed both.
func unusual(s *story, c calendar) {
	first, ok := c.ago(18)
	if !ok {
		return
	}
	s.declare(first)
	s.inject(registry.StepFirstDose, first, comirnaty, nil)
	s.inject(registry.StepSecondDose, first.AddDays(16), comirnaty, func(r *registry.DoseRequest) { r.Lot = "EZ0000" })
}

// rectified gives a first dose in the practice and corrects its lot.
func rectified(s *story, c calendar) {
	day, ok := c.ago(5)
	if !ok {
		return
	}
	s.declare(day)
	s.inject(registry.StepFirstDose, day, comirnaty, s.choosePractice)
	s.rectifyDose(registry.StepFirstDose, day, func(r *registry.DoseRequest) { r.Lot = s.otherLot(comirnaty, r.Lot) })
}

// annulled records a first dose that was another patient's, and annuls it.
func annulled(s *story, c calendar) {
	day, ok := c.ago(4)
	if !ok {
		return
	}
	s.declare(day)
	s.inject(registry.StepFirstDose, day, comirnaty, nil)
	s.annul(registry.StepFirstDose, day, s.by.Actor, "Dose d’un autre patient, saisie dans ce dossier par erreur")
}

// withoutEligibility has the assistance annul the declaration under what another story recorded.
func withoutEligibility(of func(*story, calendar)) func(*story, calendar) {
	return func(s *story, c calendar) {
		of(s, c)
		if len(s.acts) > 0 {
			s.annul(registry.StepEligibility, c.today.AddDays(-1), support, "Déclaration faite au nom d’un autre patient, signalée par le médecin")
		}
	}
}

// objected has the assistance record that the person objects.
func objected(s *story, c calendar) {
	if day, ok := c.ago(4); ok {
		s.object(day, support, registry.ChannelMail)
	}
}

// singleDose gives Janssen's vaccine, once it was there (from late April 2021 in France).
func singleDose(s *story, c calendar) {
	v, ok := c.ref.Vaccine(referential.VaccineJanssen)
	if day := c.today.AddDays(-2); ok && !day.Before(v.AuthorisedOn.AddDays(44)) {
		s.declare(day)
		s.inject(registry.StepFirstDose, day, v.Code, nil)
	}
}

// mistaken has a patient entered by hand with a slip.
func mistaken(slip func(p *registry.Patient)) func(*story, calendar) {
	return func(s *story, c calendar) {
		slip(&s.who.Patient)
		byHand(s, c)
	}
}

// byHand enters a patient whom the referential does not know, and declares the eligibility.
func byHand(s *story, c calendar) {
	if day, ok := c.ago(6); ok {
		s.register(day)
		s.declare(day)
	}
}
