package registry

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Date is a day of the calendar, without time or zone. Its zero value is no date at all
// and is never stored.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// NewDate returns the day given, or an error when the calendar has no such day (31 February).
func NewDate(year int, month time.Month, day int) (Date, error) {
	d := Date{year, month, day}
	if year < 1 || year > 9999 || DateOf(d.midnight()) != d {
		return Date{}, fmt.Errorf("no such day in the calendar")
	}
	return d, nil
}

// MustDate parses an ISO date and panics when it is not one; for constants and tests.
func MustDate(iso string) Date {
	d, err := ParseISODate(iso)
	if err != nil {
		panic(err)
	}
	return d
}

// DateOf returns the day of t in t's own zone.
func DateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date{y, m, d}
}

// TodayAt is the day it is at a place, given by the first postal code that is not empty.
func TodayAt(now time.Time, postalCodes ...string) Date {
	for _, code := range postalCodes {
		if code != "" {
			return DateOf(now.In(ZoneOf(code)))
		}
	}
	return DateOf(now.In(ZoneOf("")))
}

// LatestDay is the day it is where in the country it is latest: what comes after it is still to come for everybody.
func LatestDay(now time.Time) Date {
	latest := TodayAt(now)
	for code := range overseas {
		if day := TodayAt(now, code); day.After(latest) {
			latest = day
		}
	}
	return latest
}

// ParseISODate reads the form that stores and files use: 2020-12-27.
func ParseISODate(text string) (Date, error) {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil || t.Year() < 1 {
		return Date{}, fmt.Errorf("not an ISO date")
	}
	return DateOf(t), nil
}

// ParseDate reads a day as a person types it: 27/12/2020, 27 12 2020, 27-12-2020, 27.12.2020,
// 27122020 or 2020-12-27. Its errors are sentences for that person.
func ParseDate(text string) (Date, error) {
	day, month, year, err := splitDate(text)
	if err != nil {
		return Date{}, err
	}
	d, err := NewDate(year, time.Month(month), day)
	if err != nil {
		return Date{}, unnamed("Cette date n’existe pas dans le calendrier. Vérifiez le jour, le mois et l’année.")
	}
	return d, nil
}

// splitDate finds day, month and year in what a person typed, without asking whether the
// calendar has them.
func splitDate(text string) (day, month, year int, err error) {
	shape := unnamed("Écrivez la date sous la forme jour, mois, année, par exemple 27/12/2020.")
	parts := strings.FieldsFunc(strings.TrimSpace(text), func(r rune) bool { return strings.ContainsRune(" \u00a0\u202f/-.", r) })
	if len(parts) == 1 && len(parts[0]) == 8 {
		p := parts[0]
		parts = []string{p[:2], p[2:4], p[4:]}
	}
	if len(parts) != 3 {
		return 0, 0, 0, shape
	}
	if len(parts[0]) == 4 {
		parts[0], parts[2] = parts[2], parts[0]
	}
	if len(parts[0]) > 2 || len(parts[1]) > 2 {
		return 0, 0, 0, shape
	}
	if len(parts[2]) != 4 {
		return 0, 0, 0, unnamed("Écrivez l’année avec quatre chiffres, par exemple 27/12/2020.")
	}
	var n [3]int
	for i, p := range parts {
		v, err := strconv.ParseUint(p, 10, 16)
		if err != nil {
			return 0, 0, 0, shape
		}
		n[i] = int(v)
	}
	return n[0], n[1], n[2], nil
}

func (d Date) midnight() time.Time { return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC) }

// IsZero tells whether d is no date.
func (d Date) IsZero() bool { return d == Date{} }

// Before tells whether d comes before e.
func (d Date) Before(e Date) bool { return d.midnight().Before(e.midnight()) }

// After tells whether d comes after e.
func (d Date) After(e Date) bool { return e.Before(d) }

// AddDays returns the day n days later.
func (d Date) AddDays(n int) Date { return DateOf(d.midnight().AddDate(0, 0, n)) }

// DaysSince returns the number of days from e to d, negative when d comes first.
func (d Date) DaysSince(e Date) int {
	const day = 24 * 60 * 60
	return int((d.midnight().Unix() - e.midnight().Unix()) / day)
}

// String returns the ISO form, 2020-12-27, or nothing for no date.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return d.midnight().Format(time.DateOnly)
}

// French returns the form of screens and paper, 27/12/2020, or nothing for no date.
func (d Date) French() string {
	if d.IsZero() {
		return ""
	}
	return d.midnight().Format("02/01/2006")
}

var monthNames = [...]string{
	"janvier", "février", "mars", "avril", "mai", "juin", "juillet",
	"août", "septembre", "octobre", "novembre", "décembre",
}

var dayNames = [...]string{"dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"}

// FrenchLong returns the form of sentences, lundi 1er mars 2021, or nothing for no date.
func (d Date) FrenchLong() string {
	if d.IsZero() {
		return ""
	}
	return dayNames[d.midnight().Weekday()] + " " + d.FrenchInFull()
}

// FrenchInFull returns the day with its month in letters, 1er mars 2021, or nothing for no date.
func (d Date) FrenchInFull() string {
	if d.IsZero() {
		return ""
	}
	day := strconv.Itoa(d.Day)
	if d.Day == 1 {
		day = "1er"
	}
	return fmt.Sprintf("%s\u00a0%s\u00a0%d", day, monthNames[d.Month-1], d.Year)
}

// BirthDate is a date of birth as the insurance knows it. Some are no day of the calendar
// («lunar» dates such as 01/19/1942): they are kept as they are, never repaired, and have no age.
type BirthDate struct{ text string } // AAAAMMJJ

// ParseBirthDate reads a birth date as a person types it. Lunar dates (month 0 or over 12, or
// day 0) are read too; a day that its month does not have (31/02) is refused.
func ParseBirthDate(text string) (BirthDate, error) {
	day, month, year, err := splitDate(text)
	if err != nil {
		return BirthDate{}, err
	}
	if year < 1800 || day > 31 {
		return BirthDate{}, Invalid("Cette date de naissance n’est pas possible. Vérifiez le jour, le mois et l’année.")
	}
	if month >= 1 && month <= 12 && day >= 1 {
		if _, err := NewDate(year, time.Month(month), day); err != nil {
			return BirthDate{}, unnamed("Cette date n’existe pas dans le calendrier. Vérifiez le jour, le mois et l’année.")
		}
	}
	return BirthDate{fmt.Sprintf("%04d%02d%02d", year, month, day)}, nil
}

// BirthDateFromDigits reads the eight digits AAAAMMJJ of stores, files and cards.
func BirthDateFromDigits(text string) (BirthDate, error) {
	if len(text) != 8 || strings.Trim(text, "0123456789") != "" {
		return BirthDate{}, fmt.Errorf("a birth date has eight digits")
	}
	return BirthDate{text}, nil
}

// BirthDateOf returns the birth date of someone born on a day of the calendar.
func BirthDateOf(d Date) BirthDate {
	return BirthDate{fmt.Sprintf("%04d%02d%02d", d.Year, d.Month, d.Day)}
}

// Equal tells whether b and other are the same date. It does what == does, and lets go-cmp compare
// records that hold birth dates.
func (b BirthDate) Equal(other BirthDate) bool { return b == other }

// Digits returns the eight digits AAAAMMJJ.
func (b BirthDate) Digits() string { return b.text }

// IsZero tells whether there is no birth date.
func (b BirthDate) IsZero() bool { return b.text == "" }

// year is the year, also of a date that is no day of the calendar; 0 when there is no birth date.
func (b BirthDate) year() int {
	if b.IsZero() {
		return 0
	}
	year, _ := strconv.Atoi(b.text[:4]) // always digits
	return year
}

// Date returns the day of the calendar, and whether there is one.
func (b BirthDate) Date() (Date, bool) {
	if b.IsZero() {
		return Date{}, false
	}
	number, _ := strconv.Atoi(b.text) // always digits
	day := Date{number / 10_000, time.Month(number / 100 % 100), number % 100}
	return day, DateOf(day.midnight()) == day
}

// French returns day, month and year as screens and paper show them, lunar dates as they are.
func (b BirthDate) French() string {
	if b.IsZero() {
		return ""
	}
	return b.text[6:] + "/" + b.text[4:6] + "/" + b.text[:4]
}

// AgeOn returns the age in whole years on a day, and whether it can be told. Someone born on
// 29 February is a year older on 1 March of ordinary years.
func (b BirthDate) AgeOn(day Date) (int, bool) {
	born, ok := b.Date()
	if !ok {
		return 0, false
	}
	age := day.Year - born.Year
	if day.Month < born.Month || day.Month == born.Month && day.Day < born.Day {
		age--
	}
	return age, true
}

// Possible returns the first and the last day on which someone of this birth date may have been born: twice the same
// when it is a day of the calendar. Of a lunar date a month of the calendar is believed when the day is not known
// (day 0), and otherwise the year alone. It is false where not even the year is told.
func (b BirthDate) Possible() (first, last Date, ok bool) {
	if day, ok := b.Date(); ok {
		return day, day, true
	}
	if b.year() == 0 {
		return Date{}, Date{}, false
	}
	if month, _ := strconv.Atoi(b.text[4:6]); b.text[6:] == "00" && month >= 1 && month <= 12 {
		first = Date{b.year(), time.Month(month), 1}
		return first, DateOf(first.midnight().AddDate(0, 1, -1)), true
	}
	return Date{b.year(), time.January, 1}, Date{b.year(), time.December, 31}, true
}

// bornBy is the last birth date of those who are at least so many years old on a day, counted as AgeOn does.
func bornBy(years int, on Date) Date {
	born := Date{on.Year - years, on.Month, on.Day}
	if born.Month == time.February && born.Day == 29 && DateOf(born.midnight()) != born {
		born.Day = 28
	}
	return born
}
