package registry

import (
	"slices"
	"strings"
)

// Person is what the criteria of a campaign look at of someone.
type Person struct {
	BirthDate   BirthDate
	Sex         Sex
	PostalCode  string // of the address
	CommuneCode string // INSEE; empty when it is not known
	Insured
	Doses    int  // in force: 0, 1 or 2
	Complete bool // the doses in force are all of their series
	Targeted bool // bears a target code
}

// Department is the number of the department that someone lives in: 2A, 75, 974; empty when it cannot be told.
func (p Person) Department() string { return DepartmentOf(p.PostalCode, p.CommuneCode) }

// Criteria say whom a campaign concerns: whoever one of the groups concerns. They are plain data, so that files,
// pages and databases can hold them. Two rules are not among them, for they hold in every campaign: nobody who died
// is concerned (Campaign.Concerns), and nobody who objects is targeted, which a run asks of the store.
type Criteria []Group

// Group is criteria that must all hold. What is left at its zero value asks nothing. «Out» is said «hors», and
// holds for someone of whom it is not told, as «In» does not.
type Group struct {
	Age           Age
	Sex           Sex
	Residence     Among[Residence]
	Occupation    Among[Occupation]
	Workplace     Among[Workplace]
	Conditions    AmongConditions
	Comorbidities AmongComorbidities
	Territory     Territory
	Vaccination   Vaccination
	Targeted      Answer
}

// Answer is what a criterion asks to be so, or not to be so; zero when it does not ask.
type Answer int

// The answers.
const (
	AnswerYes Answer = iota + 1
	AnswerNo
)

func (a Answer) holds(so bool) bool { return a == 0 || (a == AnswerYes) == so }

// Age is a range of ages in whole years on a day.
type Age struct {
	AtLeast int  // zero: from birth
	AtMost  int  // the last age within it («64 ans inclus»); zero: no limit
	On      Date // zero: the day the campaign opens
}

// Births returns the first and the last birth date of those whose age is within the range, when the campaign opens on
// a day. There is no first date when there is no upper limit. Someone born on 29 February is a year older on 1 March
// of ordinary years, as BirthDate.AgeOn says. Of someone whose birth date is lunar, the whole span of days that it may
// stand for must lie within: their youngest possible age decides a lower limit, their oldest an upper one, so that
// nobody is let in by a guess. A database that keeps the two days of BirthDate.Possible asks the same by
// comparing them, and lets nobody in who has none.
func (a Age) Births(opening Date) (first, last Date) {
	on := a.On
	if on.IsZero() {
		on = opening
	}
	if a.AtMost > 0 {
		first = bornBy(a.AtMost+1, on).AddDays(1)
	}
	return first, bornBy(a.AtLeast, on)
}

// asked tells whether there is a limit.
func (a Age) asked() bool { return a.AtLeast > 0 || a.AtMost > 0 }

func (a Age) holds(b BirthDate, opening Date) bool {
	if !a.asked() {
		return true
	}
	earliest, latest, ok := b.Possible()
	first, last := a.Births(opening)
	return ok && !latest.After(last) && (first.IsZero() || !earliest.Before(first))
}

// Among asks that a value be one of In, where there is any, and none of Out.
type Among[T comparable] struct{ In, Out []T }

func (a Among[T]) holds(value T) bool {
	return (len(a.In) == 0 || slices.Contains(a.In, value)) && !slices.Contains(a.Out, value)
}

// AmongConditions asks for long-term conditions: any at all or none, one of In, none of Out.
type AmongConditions struct {
	Any     Answer
	In, Out Conditions
}

func (a AmongConditions) holds(c Conditions) bool {
	return a.Any.holds(c != 0) && (a.In == 0 || c&a.In != 0) && c&a.Out == 0
}

// AmongComorbidities asks for comorbidities: any at all or none, of the list of very high risk or not, one of In,
// none of Out.
type AmongComorbidities struct {
	Any          Answer
	VeryHighRisk Answer
	In, Out      Comorbidities
}

func (a AmongComorbidities) holds(c Comorbidities) bool {
	return a.Any.holds(c != 0) && a.VeryHighRisk.holds(c.VeryHighRisk()) && (a.In == 0 || c&a.In != 0) && c&a.Out == 0
}

// Territory asks that someone live in In, where it is not empty, and not in Out.
type Territory struct{ In, Out Area }

func (t Territory) holds(p Person) bool {
	return (t.In.IsZero() || t.In.holds(p)) && (t.Out.IsZero() || !t.Out.holds(p))
}

// Area is departments, postal codes and communes together: who lives in one of them lives in it. Postal codes and
// codes of communes may be the beginning of one, which stands for all that begin so.
type Area struct {
	Departments  []string // 01, 2A, 974
	PostalCodes  []string // 75011, 750
	CommuneCodes []string // INSEE: 75111, 2A0
}

// IsZero tells whether the area holds nothing.
func (a Area) IsZero() bool { return len(a.Departments)+len(a.PostalCodes)+len(a.CommuneCodes) == 0 }

func (a Area) holds(p Person) bool {
	return slices.Contains(a.Departments, p.Department()) || begins(p.PostalCode, a.PostalCodes) || begins(p.CommuneCode, a.CommuneCodes)
}

func begins(code string, prefixes []string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(code, p) })
}

// DepartmentOf is the department of an address: that of its commune or, where that is not known, of its postal code,
// which is that of the neighbouring department for a few communes.
func DepartmentOf(postalCode, communeCode string) string {
	if d := departmentAt(communeCode); d != "" {
		return d
	}
	switch {
	case len(postalCode) == codeLength && strings.HasPrefix(postalCode, "20") && strings.ContainsRune("0137", rune(postalCode[2])):
		return "2A" // 203 and 207 are deliveries of Ajaccio to firms and hospitals («cedex»)
	case strings.HasPrefix(postalCode, "20"):
		return departmentAt("2B" + strings.TrimPrefix(postalCode, "20"))
	case postalCode == "97133":
		return "977" // Saint-Barthélemy and Saint-Martin kept their codes of when they were of Guadeloupe
	case postalCode == "97150":
		return "978"
	}
	return departmentAt(postalCode)
}

// departmentAt is the department at the beginning of a code of five signs.
func departmentAt(code string) string {
	if len(code) != codeLength {
		return ""
	}
	for _, n := range []int{2, 3} {
		if IsDepartment(code[:n]) {
			return code[:n]
		}
	}
	return ""
}

// IsDepartment tells the number of a department, or of a territory overseas that counts as one.
func IsDepartment(code string) bool {
	switch {
	case len(code) == 2 && isDigits(code):
		return code >= "01" && code <= "95" && code != "20"
	case len(code) == 3 && isDigits(code):
		return code >= "971" && code <= "978" || code >= "986" && code <= "988"
	}
	return code == "2A" || code == "2B"
}

// Vaccination is how far someone's vaccination is; zero asks nothing.
type Vaccination int

// How far a vaccination is.
const (
	VaccinationNone Vaccination = iota + 1
	VaccinationBegun
	VaccinationComplete
)

var vaccinationTerms = closed([]term{
	VaccinationNone:     {"AUCUNE_DOSE", "Aucune dose reçue", "qui n’ont reçu aucune dose"},
	VaccinationBegun:    {"AU_MOINS_UNE_DOSE", "Au moins une dose reçue", "qui ont reçu au moins une dose"},
	VaccinationComplete: {"COMPLETE", "Vaccination complète", "dont la vaccination est complète"},
})

// Vaccinations are all of them, by number.
func Vaccinations() []Vaccination { return allTerms[Vaccination](vaccinationTerms) }

// ParseVaccination reads a code.
func ParseVaccination(code string) (Vaccination, bool) {
	return parseTerm[Vaccination](vaccinationTerms, code)
}

// Code is how files write it.
func (v Vaccination) Code() string { return termOf(vaccinationTerms, v).code }

// Label is how a list shows it.
func (v Vaccination) Label() string { return termOf(vaccinationTerms, v).label }

func (v Vaccination) holds(p Person) bool {
	switch v {
	case VaccinationNone:
		return p.Doses == 0
	case VaccinationBegun:
		return p.Doses > 0
	case VaccinationComplete:
		return p.Complete
	}
	return true
}

// Concern tells whether the criteria concern someone, when the campaign opens on a day.
func (c Criteria) Concern(p Person, opening Date) bool {
	return slices.ContainsFunc(c, func(g Group) bool { return g.concerns(p, opening) })
}

func (g Group) concerns(p Person, opening Date) bool {
	return g.Age.holds(p.BirthDate, opening) && (g.Sex == "" || g.Sex == p.Sex) && g.Residence.holds(p.Residence) &&
		g.Occupation.holds(p.Occupation) && g.Workplace.holds(p.Workplace) && g.Conditions.holds(p.Conditions) &&
		g.Comorbidities.holds(p.Comorbidities) && g.Territory.holds(p) && g.Vaccination.holds(p) && g.Targeted.holds(p.Targeted)
}
