package store

import (
	"errors"

	"vaccin/internal/registry"
)

// insuredFields are what targeting asks of a person, in clear (docs/threat-model.md): days as numbers, 19460118, so
// that ages are compared without a calendar.
const insuredFields = "born_first, born_last, died, residence, occupation, workplace, conditions, comorbidities," +
	" department, establishment, scheme"

// lastDay comes after every day: of whom not even the year of birth is known, no age is.
const lastDay = 9999_12_31

var errManyComorbidities = errors.New("store: a set of comorbidities that no column holds")

// insuredArgs are the values of insuredFields.
func insuredArgs(p registry.Patient, i registry.Insured) ([]any, error) {
	if i.Comorbidities>>63 != 0 {
		return nil, errManyComorbidities
	}
	first, last := bornBetween(p.BirthDate)
	return []any{
		first, last, dayNumber(i.Died), int(i.Residence), int(i.Occupation), int(i.Workplace), int64(i.Conditions), int64(i.Comorbidities),
		registry.DepartmentOf(p.Locality.PostalCode, p.Locality.CommuneCode), i.Establishment, i.Scheme,
	}, nil
}

// bornBetween are the first and the last day on which someone may have been born.
func bornBetween(b registry.BirthDate) (first, last int) {
	from, to, ok := b.Possible()
	if !ok {
		return 0, lastDay
	}
	return dayNumber(from), dayNumber(to)
}

// dayNumber is a day as a number, 0 for none.
func dayNumber(d registry.Date) int { return d.Year*10_000 + int(d.Month)*100 + d.Day }
