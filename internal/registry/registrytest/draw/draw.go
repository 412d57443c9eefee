// Package draw draws campaigns and people at random for properties: criteria compiled to a database, written to a
// file or said in French must agree with registry on anyone. It stands apart from registrytest, which benchmarks use,
// for the sake of rapid's flags. Only tests may import it.
package draw

import (
	"fmt"

	"vaccin/internal/registry"

	"pgregory.net/rapid"
)

// Campaign draws a campaign as registry.DecideCampaign returns it. Its criteria are such that Person draws people
// on both sides of them.
func Campaign(t *rapid.T) registry.Campaign {
	c := registry.Campaign{
		ID: rapid.StringMatching(`[a-z0-9]{1,8}(-[a-z0-9]{1,8}){0,2}`).Draw(t, "id"), Rank: rapid.IntRange(1, 999).Draw(t, "rank"),
		Name: texts.Draw(t, "name"), Phase: texts.Draw(t, "phase"), Source: texts.Draw(t, "source"), Opens: day(t, "opens"),
		Criteria: rapid.SliceOfN(rapid.Custom(criteriaGroup), 1, 4).Draw(t, "criteria"),
	}
	if rapid.Bool().Draw(t, "closes") {
		c.Closes = c.Opens.AddDays(rapid.IntRange(0, 400).Draw(t, "days"))
	}
	decided, err := registry.DecideCampaign(c)
	if err != nil {
		t.Skip("the draw contradicts itself")
	}
	return decided
}

var texts = rapid.StringMatching(`[A-Za-zéÀŒ"\\#='«»’\]\[][A-Za-zéÀŒ "\\#='«»’\]\[]{0,30}`)

func day(t *rapid.T, label string) registry.Date {
	return registry.MustDate("2020-12-27").AddDays(rapid.IntRange(0, 500).Draw(t, label))
}

func criteriaGroup(t *rapid.T) (g registry.Group) {
	asked := func(label string) bool { return rapid.IntRange(0, 3).Draw(t, label) == 0 }
	if asked("age") {
		g.Age.AtLeast = rapid.IntRange(0, 80).Draw(t, "at least")
		if rapid.Bool().Draw(t, "limited") {
			g.Age.AtMost = g.Age.AtLeast + rapid.IntRange(1, 20).Draw(t, "at most")
		}
		if g.Age.AtLeast+g.Age.AtMost > 0 && asked("on") {
			g.Age.On = day(t, "age on")
		}
	}
	if asked("sex") {
		g.Sex = sexes.Draw(t, "sex")
	}
	among(t, "residence", registry.Residences(), &g.Residence)
	among(t, "occupation", registry.Occupations(), &g.Occupation)
	among(t, "workplace", registry.Workplaces(), &g.Workplace)
	var alds registry.Among[registry.ALD]
	among(t, "conditions", registry.ALDs(), &alds)
	g.Conditions.In, g.Conditions.Out = registry.ConditionsOf(alds.In...), registry.ConditionsOf(alds.Out...)
	var comorbidities registry.Among[registry.Comorbidity]
	among(t, "comorbidities", registry.AllComorbidities(), &comorbidities)
	g.Comorbidities.In, g.Comorbidities.Out = registry.ComorbiditiesOf(comorbidities.In...), registry.ComorbiditiesOf(comorbidities.Out...)
	answer := func(label string, into *registry.Answer) {
		if asked(label) {
			*into = rapid.SampledFrom([]registry.Answer{registry.AnswerYes, registry.AnswerNo}).Draw(t, label)
		}
	}
	answer("any condition", &g.Conditions.Any)
	answer("any comorbidity", &g.Comorbidities.Any)
	answer("very high risk", &g.Comorbidities.VeryHighRisk)
	answer("targeted", &g.Targeted)
	area := func(label string, into *registry.Area) {
		if asked(label) {
			into.Departments = rapid.SliceOfN(rapid.SampledFrom([]string{"75", "42", "2A", "2B", "974", "978"}), 0, 3).Draw(t, "departments")
			into.PostalCodes = rapid.SliceOfN(rapid.SampledFrom([]string{"75011", "42", "201", "9713"}), 0, 2).Draw(t, "postal codes")
			into.CommuneCodes = rapid.SliceOfN(rapid.SampledFrom([]string{"75056", "42", "2A0", "2B", "978"}), 0, 2).Draw(t, "communes")
		}
	}
	area("in", &g.Territory.In)
	area("out", &g.Territory.Out)
	if asked("vaccination") {
		g.Vaccination = rapid.SampledFrom(registry.Vaccinations()).Draw(t, "vaccination")
	}
	return g
}

func among[T comparable](t *rapid.T, label string, values []T, into *registry.Among[T]) {
	some := rapid.SliceOfN(rapid.SampledFrom(values), 1, 4)
	switch rapid.IntRange(0, 7).Draw(t, label) {
	case 0:
		into.In = some.Draw(t, label+" in")
	case 1:
		into.Out = some.Draw(t, label+" out")
	}
}

var sexes = rapid.SampledFrom([]registry.Sex{registry.Female, registry.Male})

// addresses are postal codes with codes of communes: Corsica, overseas, the neighbour's postal code, and half known.
var addresses = rapid.SampledFrom([][2]string{
	{"75011", "75056"},
	{"42000", "42218"},
	{"42000", ""},
	{"20137", "2A247"},
	{"20200", "2B033"},
	{"20137", ""},
	{"20200", ""},
	{"97133", ""},
	{"97150", "97801"},
	{"97400", "97411"},
	{"01410", "39325"},
	{"98000", "99138"},
	{"", "75056"},
	{"", ""},
})

// Person draws someone of whom much or little is known, born on any day or on a lunar one.
func Person(t *rapid.T) registry.Person {
	one := func(label string, n int) int { return rapid.IntRange(0, n).Draw(t, label) }
	address := addresses.Draw(t, "address")
	p := registry.Person{BirthDate: birthDate(t), Sex: sexes.Draw(t, "sex"), PostalCode: address[0], CommuneCode: address[1]}
	p.Residence = registry.Residence(one("residence", len(registry.Residences())))
	p.Occupation = registry.Occupation(one("occupation", len(registry.Occupations())))
	p.Workplace = registry.Workplace(one("workplace", len(registry.Workplaces())))
	p.Conditions = registry.ConditionsOf(rapid.SliceOfN(rapid.SampledFrom(registry.ALDs()), 0, 3).Draw(t, "conditions")...)
	p.Comorbidities = registry.ComorbiditiesOf(rapid.SliceOfN(rapid.SampledFrom(registry.AllComorbidities()), 0, 3).Draw(t, "comorbidities")...)
	p.Doses = one("doses", 2)
	p.Complete = p.Doses == 2 || p.Doses == 1 && rapid.Bool().Draw(t, "complete")
	p.Targeted = rapid.Bool().Draw(t, "targeted")
	if one("dead", 9) == 0 {
		p.Died = day(t, "died")
	}
	return p
}

func birthDate(t *rapid.T) registry.BirthDate {
	born := registry.MustDate("1930-01-01").AddDays(rapid.IntRange(0, 92*365).Draw(t, "born"))
	digits := registry.BirthDateOf(born).Digits()
	switch rapid.IntRange(0, 9).Draw(t, "birth date") {
	case 0:
		digits = digits[:6] + "00"
	case 1:
		digits = fmt.Sprintf("%s%02d%s", digits[:4], rapid.SampledFrom([]int{0, 13, 20, 99}).Draw(t, "month"), digits[6:])
	case 2:
		digits = digits[:4] + "0229"
	}
	b, err := registry.BirthDateFromDigits(digits)
	if err != nil {
		panic(err) // eight digits
	}
	return b
}
