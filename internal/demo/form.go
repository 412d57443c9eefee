package demo

import (
	"fmt"

	"vaccin/internal/referential"
	"vaccin/internal/registry"
)

// set is what the acts of the campaign happen in.
type set struct {
	seed   uint64
	today  registry.Date
	start  registry.Date // of the acts
	ref    registry.Reference
	lots   map[string][]string // by vaccine
	places map[string][]establishment
	staff  *staff
}

// startOf is the first day of the acts: that of the campaign, or when the service opened to doctors.
func startOf(ref registry.Reference) registry.Date {
	var opening registry.Date
	for _, o := range ref.Openings {
		if o.Profession == registry.ProfessionDoctor && (opening.IsZero() || o.From.Before(opening)) {
			opening = o.From
		}
	}
	return later(campaignStart, opening)
}

// prescription fills in the form of a declaration: most doctors prescribe themselves.
func (s *story) prescription(day registry.Date) registry.EligibilityRequest {
	r := registry.EligibilityRequest{
		Prescribes: registry.Yes, PrescribedOn: day.AddDays(-s.between(0, 3)).French(),
		HealthProfessional: registry.No, PatientAgrees: true, ConditionsAccepted: true,
	}
	if s.hits(0.15) {
		r.Prescribes = registry.No
		r.FamilyName, r.GivenName = s.nurse(s.by.department)
		r.Number = withLuhn(fmt.Sprintf("997006%04d", s.IntN(10_000)))
		r.Structure = "Cabinet médical, " + s.by.locality.Name
	}
	if s.who.professional {
		r.HealthProfessional, r.Activity = registry.Yes, pick(s.chance, s.set.ref.Activities).Code
	}
	return r
}

// injection fills in the form of a dose.
func (s *story) injection(day registry.Date, vaccine string) registry.DoseRequest {
	r := registry.DoseRequest{
		Vaccine: vaccine, Lot: pick(s.chance, s.set.lots[vaccine]), Site: s.set.ref.Sites[s.weighted(7, 3)].Code,
		Occurrence: day.French(), PerformerSelf: registry.Yes,
	}
	if s.hits(0.3) {
		r.PerformerSelf = registry.No
		r.PerformerFamily, r.PerformerGiven = s.nurse(s.by.department)
	}
	s.choosePlace(&r)
	return r
}

// choosePlace takes the care home of those who live in one; the others go to a centre or a hospital of
// the department, to the doctor's practice, or are visited at home.
func (s *story) choosePlace(r *registry.DoseRequest) {
	switch {
	case s.who.careHome != nil:
		r.PlaceType, r.Place = s.who.careHome.Type, s.who.careHome.Label
	case s.hits(0.12):
		s.choosePractice(r)
	case s.hits(0.06) && !s.who.Patient.Locality.IsZero():
		r.PlaceType, r.PlaceName, r.PlaceLocality = referential.PlaceHome, "Domicile du patient", s.who.Patient.Locality.Label()
	default:
		open := []establishment{}
		for _, p := range s.set.places[s.who.department] {
			if p.Type == referential.PlaceCentre || p.Type == referential.PlaceOtherHealth {
				open = append(open, p)
			}
		}
		place := pick(s.chance, open)
		r.PlaceType, r.Place = place.Type, place.Label
	}
}

func (s *story) choosePractice(r *registry.DoseRequest) {
	r.PlaceType, r.PlaceName, r.AMNumber = referential.PlacePractice, s.by.Place.Name, s.by.Place.AMNumber
	r.PlaceLocality = s.by.locality.Label()
}

// deliveredAfter is how many days after its authorisation a vaccine is first given.
const deliveredAfter = 6

// usage is how often each vaccine is given where several are there.
var usage = map[string]int{
	referential.VaccineComirnaty: 70, referential.VaccineModerna: 13, referential.VaccineAstraZeneca: 11, referential.VaccineJanssen: 6,
}

// vaccineOn draws a vaccine that is there on a day for someone of an age.
func (s *story) vaccineOn(day registry.Date) (registry.Vaccine, bool) {
	age, _ := registry.BirthDateOf(s.who.born).AgeOn(day)
	there, weights := s.set.ref.AuthorisedVaccines(day.AddDays(-deliveredAfter)), []int{}
	for _, v := range there {
		weight := usage[v.Code]
		if age < v.MinimumAge || len(s.set.lots[v.Code]) == 0 {
			weight = 0
		}
		weights = append(weights, weight)
	}
	at := s.weighted(weights...)
	if at < 0 {
		return registry.Vaccine{}, false
	}
	return there[at], true
}

// ordinary tells the story of a candidate up to yesterday: declared eligible, and most also injected,
// once or twice.
func (s *set) ordinary(who resident) *story {
	c := newChance(s.seed, uint64(spread(string(who.ID))))
	st := s.begin(who, pick(c, s.staff.local[who.department]))
	from, last := who.targeted, s.today.AddDays(-1)
	if from.IsZero() {
		from = last.AddDays(-10)
	}
	from = later(from, s.start)
	if from.After(last) {
		return st
	}
	if st.hits(0.27) {
		st.declare(later(from, last.AddDays(-st.between(0, 15))))
		return st
	}
	first := from.AddDays(st.between(0, last.DaysSince(from)))
	if st.hits(0.6) { // those who came as soon as they could
		first = from.AddDays(st.between(0, last.DaysSince(from)/3))
	}
	vaccine, ok := st.vaccineOn(first)
	if !ok {
		st.declare(first)
		return st
	}
	st.declare(later(from, first.AddDays(-st.weighted(6, 2, 1, 1))))
	st.inject(registry.StepFirstDose, first, vaccine.Code, nil)
	if second, ok := s.secondDay(vaccine, first, st.between(0, 4)); ok && st.hits(0.9) {
		st.inject(registry.StepSecondDose, second, vaccine.Code, nil)
	}
	return st
}

// secondDay is when the second dose is given, some days after the first day recommended; not when that
// is not past yet, nor for a single-dose vaccine.
func (s *set) secondDay(v registry.Vaccine, first registry.Date, delay int) (registry.Date, bool) {
	schedule, ok := s.ref.ScheduleFor(v.Code, first, s.today)
	if v.Doses < 2 || !ok {
		return registry.Date{}, false
	}
	second := first.AddDays(min(schedule.Recommended+delay, schedule.Maximum))
	return second, second.Before(s.today)
}

func later(a, b registry.Date) registry.Date {
	if a.Before(b) {
		return b
	}
	return a
}
