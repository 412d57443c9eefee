package store

import (
	"errors"
	"time"

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

// asDayNumber reads what dayNumber wrote.
func asDayNumber(d *registry.Date) scanner {
	return func(value any) error {
		number, ok := value.(int64)
		if *d = (registry.Date{}); ok && number == 0 {
			return nil
		}
		day := registry.DateOf(time.Date(int(number/10_000), time.Month(number/100%100), int(number%100), 0, 0, 0, 0, time.UTC))
		if !ok || int64(dayNumber(day)) != number {
			return errors.New("store: a column of a day as a number holds no day")
		}
		*d = day
		return nil
	}
}
