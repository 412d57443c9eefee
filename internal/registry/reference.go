package registry

import (
	"slices"
	"time"
	_ "time/tzdata" // a container may have no time zones of its own
)

// Reference is the small dated reference data that every decision may need, loaded as one value.
// Localities, places and lots are too many for it: the store finds those.
type Reference struct {
	Vaccines   []Vaccine
	Schedules  []Schedule
	Sites      []InjectionSite
	PlaceTypes []PlaceType
	Activities []Activity // of patients who are health professionals
	Openings   []ProfessionOpening

	ObjectionLimits []ObjectionLimit
}

// Vaccine is a product with the date from which it may be given.
type Vaccine struct {
	Code         string // stable: COMIRNATY, MODERNA, ASTRAZENECA, JANSSEN
	Names        []DatedName
	Holder       string // marketing authorisation holder
	EUProduct    string // EU number, as the European certificate uses it
	VACSICode    int    // code of the VAC-SI open data
	AuthorisedOn Date
	Doses        int // in the series: 1 or 2
	MinimumAge   int // years, at the first dose
}

// DatedName is a trade name from a day on.
type DatedName struct {
	From Date
	Name string
}

// NameOn is the trade name in use on a day, or the first one on an earlier day. The names may stand in
// any order.
func (v Vaccine) NameOn(day Date) string {
	var first, current DatedName
	for _, n := range v.Names {
		if first.Name == "" || n.From.Before(first.From) {
			first = n
		}
		if !n.From.After(day) && (current.Name == "" || n.From.After(current.From)) {
			current = n
		}
	}
	if current.Name == "" {
		return first.Name
	}
	return current.Name
}

// Schedule is the interval between the two doses of a vaccine, valid for a period.
type Schedule struct {
	VaccineCode   string
	From          Date
	Until         Date // last day; zero when there is none yet
	Minimum       int  // days
	Recommended   int  // days: the second appointment is taken from then on
	Maximum       int  // days
	CoversEarlier bool // applies to first doses given before From
}

func (s Schedule) inForce(day Date) bool {
	return !s.From.After(day) && (s.Until.IsZero() || !s.Until.Before(day))
}

// Vaccine finds a vaccine by its code.
func (r Reference) Vaccine(code string) (Vaccine, bool) {
	return find(r.Vaccines, func(v Vaccine) bool { return v.Code == code })
}

// AuthorisedVaccines are the vaccines that may be given on a day.
func (r Reference) AuthorisedVaccines(day Date) []Vaccine {
	return slices.DeleteFunc(slices.Clone(r.Vaccines), func(v Vaccine) bool { return v.AuthorisedOn.After(day) })
}

// ScheduleFor is the schedule of a first dose: the one in force on its day, unless a newer one, in
// force today, says that it covers earlier first doses.
func (r Reference) ScheduleFor(vaccineCode string, firstDose, today Date) (Schedule, bool) {
	best, found := Schedule{}, false
	for _, s := range r.Schedules {
		if s.VaccineCode != vaccineCode {
			continue
		}
		applies := s.inForce(firstDose) || s.CoversEarlier && s.inForce(today) && s.From.After(firstDose)
		if applies && (!found || s.From.After(best.From)) {
			best, found = s, true
		}
	}
	return best, found
}

// bookFrom is the day from which to book the second appointment after a first dose, by the schedules known
// today; zero when there is none to book, or no schedule.
func (r Reference) bookFrom(first Dose, today Date) Date {
	s, ok := r.ScheduleFor(first.VaccineCode, first.Occurrence, today)
	if !ok || first.SeriesDoses < 2 {
		return Date{}
	}
	return first.Occurrence.AddDays(s.Recommended)
}

// InjectionSite is a place on the body, of the French value set with its SNOMED CT code.
type InjectionSite struct {
	Code  string
	Label string
}

// Site finds an injection site by its code.
func (r Reference) Site(code string) (InjectionSite, bool) {
	return find(r.Sites, func(s InjectionSite) bool { return s.Code == code })
}

// PlaceType is one of the twelve kinds of place where a dose is given.
type PlaceType struct {
	Code     string
	Label    string
	Listed   bool // its establishments are chosen from the list of vaccination places
	Practice bool // the practitioner's own practice: the AM number counts
}

// PlaceType finds a place type by its code.
func (r Reference) PlaceType(code string) (PlaceType, bool) {
	return find(r.PlaceTypes, func(t PlaceType) bool { return t.Code == code })
}

// Activity is the main activity of a patient who is a health professional.
type Activity struct {
	Code  string
	Label string
}

// Activity finds an activity by its code.
func (r Reference) Activity(code string) (Activity, bool) {
	return find(r.Activities, func(a Activity) bool { return a.Code == code })
}

// ProfessionOpening opens the service to a profession from a day, and until one if it says so.
type ProfessionOpening struct {
	Profession string // code of TRE_G15
	From       Date
	Until      Date // last day; zero when there is none
}

// ProfessionAuthorised tells whether the service is open to a profession on a day.
func (r Reference) ProfessionAuthorised(profession string, day Date) bool {
	return slices.ContainsFunc(r.Openings, func(o ProfessionOpening) bool {
		return o.Profession == profession && !o.From.After(day) && (o.Until.IsZero() || !o.Until.Before(day))
	})
}

func find[T any](all []T, match func(T) bool) (T, bool) {
	if i := slices.IndexFunc(all, match); i >= 0 {
		return all[i], true
	}
	var none T
	return none, false
}

// VaccinationPlace is an establishment of the list where doses are given.
type VaccinationPlace struct {
	ID         string // of the source: FINESS:750000000, DATAGOUV:981
	Type       string // code of PlaceType
	Name       string
	Address    string
	PostalCode string
	Locality   string
	Closed     Date   // last day open; zero when it is not known to close
	Opens      Date   // first day on which those who are invited are received; zero when it is not known to be later
	Public     bool   // those who are invited are received: it is not kept for some profession, nor is that uncertain
	Point      Point  // where it is; zero when that is not known
	Label      string // unique within its type, also folded: what is suggested, chosen and typed
}

// Lot is a lot number of a vaccine.
type Lot struct {
	VaccineCode string
	Number      string
}

// The time zones of places, by the start of their postal codes; the mainland's is not among them.
var (
	mainland = mustZone("Europe/Paris")
	overseas = map[string]*time.Location{
		"971": mustZone("America/Guadeloupe"), "972": mustZone("America/Martinique"), "973": mustZone("America/Cayenne"),
		"974": mustZone("Indian/Reunion"), "975": mustZone("America/Miquelon"), "976": mustZone("Indian/Mayotte"),
		"977": mustZone("America/Guadeloupe"), "978": mustZone("America/Guadeloupe"),
		"986": mustZone("Pacific/Wallis"), "987": mustZone("Pacific/Tahiti"), "988": mustZone("Pacific/Noumea"),
	}
)

// mustZone loads a zone. The zones are compiled in, so a missing one is a defect and panics.
func mustZone(name string) *time.Location {
	zone, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return zone
}

// ZoneOf is the time zone of a place by its postal code: overseas, «today» is another day.
func ZoneOf(postalCode string) *time.Location {
	if len(postalCode) >= 3 {
		if zone, ok := overseas[postalCode[:3]]; ok {
			return zone
		}
	}
	return mainland
}

// FrenchMoment writes 27/12/2020 à 14 h 05, by the time of a place; of Paris, for no postal code.
func FrenchMoment(at time.Time, postalCode string) string {
	return at.In(ZoneOf(postalCode)).Format("02/01/2006 à 15\u00a0h\u00a004")
}
