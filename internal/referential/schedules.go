package referential

import "vaccin/internal/registry"

var scheduleLayout = layout{
	title: "calendriers vaccinaux", delimiters: ";\t", header: true, quoted: true,
	columns: []column{
		required("vaccin"), required("du"), required("au"), required("minimum_jours"), required("recommande_jours"),
		required("maximum_jours"), required("couvre_anterieures"),
	},
}

// ReadSchedules returns the reader of schedules; vaccines are those they may be of.
func ReadSchedules(vaccines []registry.Vaccine) Reader {
	return func(s *Source) (registry.ReferenceChange, Report, error) {
		schedules := []registry.Schedule{}
		report, err := s.read(scheduleLayout, func(r *row) {
			if one := readSchedule(r, vaccines); r.ok() {
				schedules = addSchedule(r, schedules, one)
			}
		})
		return registry.ReferenceChange{Schedules: schedules}, report, err
	}
}

func readSchedule(r *row, vaccines []registry.Vaccine) registry.Schedule {
	v := r.vaccine("vaccin", vaccines)
	s := registry.Schedule{
		VaccineCode: v.Code, From: r.date("du"), Until: r.optionalDate("au"),
		Minimum: r.number("minimum_jours", 1, 365), Recommended: r.number("recommande_jours", 1, 365),
		Maximum: r.number("maximum_jours", 1, 365), CoversEarlier: r.yes("couvre_anterieures"),
	}
	if v.Doses == 1 {
		r.reject("vaccin", "Ce vaccin n’a qu’une dose : il n’a pas de calendrier.")
	}
	if s.Minimum > s.Recommended || s.Recommended > s.Maximum {
		r.reject("recommande_jours", "L’intervalle recommandé doit être entre le minimum et le maximum.")
	}
	r.checkPeriod(s.From, s.Until)
	return s
}

func (r *row) checkPeriod(from, until registry.Date) {
	if !until.IsZero() && until.Before(from) {
		r.reject("au", "La fin précède le début.")
	}
}

// addSchedule refuses a schedule that begins on the day of another or while another lasts.
func addSchedule(r *row, all []registry.Schedule, s registry.Schedule) []registry.Schedule {
	for _, o := range all {
		switch {
		case o == s:
			r.duplicate = true
			return all
		case o.VaccineCode == s.VaccineCode && overlap(o.From, o.Until, s.From, s.Until):
			r.reject("du", "Cette période chevauche celle d’une ligne précédente pour le même vaccin.")
			return all
		}
	}
	return append(all, s)
}

// overlap tells whether two periods share a day; an end that is no date is open.
func overlap(fromA, untilA, fromB, untilB registry.Date) bool {
	return (untilA.IsZero() || !untilA.Before(fromB)) && (untilB.IsZero() || !untilB.Before(fromA))
}

var openingLayout = layout{
	title: "ouvertures aux professions", delimiters: ";\t", header: true, quoted: true,
	columns: []column{required("profession"), required("du"), required("au")},
}

// ReadOpenings reads from when, and until when, the service is open to which professions.
func ReadOpenings(s *Source) (registry.ReferenceChange, Report, error) {
	openings := []registry.ProfessionOpening{}
	report, err := s.read(openingLayout, func(r *row) {
		code := r.code("profession", 10, "")
		if _, ok := ProfessionByCode(code); code != "" && !ok {
			r.reject("profession", "Ce code n’est pas dans la nomenclature des professions de santé (TRE_G15).")
		}
		o := registry.ProfessionOpening{Profession: code, From: r.date("du"), Until: r.optionalDate("au")}
		r.checkPeriod(o.From, o.Until)
		if r.ok() {
			openings = addOpening(r, openings, o)
		}
	})
	return registry.ReferenceChange{Openings: openings}, report, err
}

func addOpening(r *row, all []registry.ProfessionOpening, o registry.ProfessionOpening) []registry.ProfessionOpening {
	for _, old := range all {
		switch {
		case old == o:
			r.duplicate = true
			return all
		case old.Profession == o.Profession && overlap(old.From, old.Until, o.From, o.Until):
			r.reject("du", "Cette période chevauche celle d’une ligne précédente pour la même profession.")
			return all
		}
	}
	return append(all, o)
}
