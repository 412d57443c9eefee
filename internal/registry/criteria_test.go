package registry_test

import (
	"testing"

	"pgregory.net/rapid"

	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest/draw"
)

func birth(t testing.TB, digits string) registry.BirthDate {
	t.Helper()
	b, err := registry.BirthDateFromDigits(digits)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestAgesOnBothSidesOfEveryBoundary(t *testing.T) {
	from75, window, under50 := registry.Age{AtLeast: 75}, registry.Age{AtLeast: 65, AtMost: 74}, registry.Age{AtMost: 49}
	tests := []struct {
		name, born, on string
		age            registry.Age
		want           bool
	}{
		{"the day before the 75th birthday", "19460119", "2021-01-18", from75, false},
		{"the 75th birthday", "19460118", "2021-01-18", from75, true},
		{"the day before the 65th birthday", "19560119", "2021-01-18", window, false},
		{"the 65th birthday", "19560118", "2021-01-18", window, true},
		{"the last day of being 74", "19460119", "2021-01-18", window, true},
		{"the day of being 75", "19460118", "2021-01-18", window, false},
		{"the last day of being 49", "19710119", "2021-01-18", under50, true},
		{"the day of being 50", "19710118", "2021-01-18", under50, false},
		{"born that day", "20210118", "2021-01-18", under50, true},
		{"not born yet", "20210119", "2021-01-18", under50, false},

		// Someone born on 29 February completes a year at the end of 28 February.
		{"29 February, on 28 February of a common year", "19480229", "2023-02-28", from75, false},
		{"29 February, on 1 March of a common year", "19480229", "2023-03-01", from75, true},
		{"29 February, on 29 February", "19480229", "2024-02-29", registry.Age{AtLeast: 76}, true},
		{"29 February, on 28 February of a leap year", "19480229", "2024-02-28", registry.Age{AtLeast: 76}, false},
		{"28 February, asked on 29 February", "19490228", "2024-02-29", from75, true},
		{"1 March, asked on 29 February", "19490301", "2024-02-29", from75, false},
		{"still 74 on 28 February", "19480229", "2023-02-28", window, true},
		{"no more 74 on 1 March", "19480229", "2023-03-01", window, false},

		// Lunar dates: the youngest possible age decides a lower limit, the oldest an upper one.
		{"an unknown day of the month before", "19451200", "2021-01-18", from75, true},
		{"an unknown day of the very month", "19460100", "2021-01-18", from75, false},
		{"an unknown day, on the last of the month", "19460100", "2021-01-31", from75, true},
		{"an unknown month of the year before", "19452015", "2021-01-18", from75, true},
		{"an unknown month of the very year", "19462015", "2021-01-18", from75, false},
		{"month 0, all of the year within", "19500000", "2021-01-18", window, true},
		{"may be 75 from 1 January on", "19450000", "2020-01-01", window, false},
		{"all are 74 at most the day before", "19450000", "2019-12-31", window, true},
		{"may be 64", "19561300", "2021-12-30", window, false},
		{"all are 65", "19561300", "2021-12-31", window, true},
		{"a day that its month has not: the year alone", "19460230", "2021-12-30", from75, false},
		{"the same, at the end of the year", "19460230", "2021-12-31", from75, true},
		{"no year", "00001301", "2021-01-18", from75, false},
		{"no year, upper limit", "00001301", "2021-01-18", under50, false},
		{"no year, no limit of age", "00001301", "2021-01-18", registry.Age{}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			criteria := registry.Criteria{{Age: tt.age}}
			p := registry.Person{BirthDate: birth(t, tt.born)}
			if got := criteria.Concern(p, registry.MustDate(tt.on)); got != tt.want {
				t.Errorf("concerned %v, want %v", got, tt.want)
			}
			tt.age.On = registry.MustDate(tt.on)
			if got := (registry.Criteria{{Age: tt.age}}).Concern(p, registry.MustDate("2050-01-01")); got != tt.want {
				t.Errorf("with a day of its own: concerned %v, want %v", got, tt.want)
			}
		})
	}
}

// Ranges of birth dates, which databases compare, say the same as ages, which people count.
func TestRangesOfBirthDatesAgreeWithAges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		on := registry.MustDate("2020-01-01").AddDays(rapid.IntRange(0, 3000).Draw(t, "on"))
		born := on.AddDays(rapid.IntRange(-45_000, 10).Draw(t, "born"))
		if rapid.Bool().Draw(t, "leap") {
			on = registry.Date{Year: on.Year, Month: 2, Day: 28}.AddDays(on.Day % 3)
			if born = (registry.Date{Year: born.Year &^ 3, Month: 2, Day: 29}); born.Year == 1900 {
				born.Year = 1904 // 1900 had no 29 February
			}
		}
		a := registry.Age{AtLeast: rapid.IntRange(0, 110).Draw(t, "at least"), AtMost: rapid.IntRange(0, 110).Draw(t, "at most")}
		if a == (registry.Age{}) {
			t.Skip("no limit")
		}
		age, _ := registry.BirthDateOf(born).AgeOn(on)
		want := !born.After(on) && age >= a.AtLeast && (a.AtMost == 0 || age <= a.AtMost)
		if got := (registry.Criteria{{Age: a}}).Concern(registry.Person{BirthDate: registry.BirthDateOf(born)}, on); got != want {
			t.Fatalf("born %v, %d years old on %v, %+v: concerned %v", born, age, on, a, got)
		}
	})
}

// Long because it is a table of all criteria.
func TestEachCriterionOnBothSides(t *testing.T) {
	ehpad := registry.Person{Insured: registry.Insured{Residence: registry.ResidenceEHPAD}}
	home := registry.Person{Insured: registry.Insured{Residence: registry.ResidenceHome}}
	nurse := registry.Person{Insured: registry.Insured{Occupation: registry.OccupationHealth, Workplace: registry.WorkplaceHealth}}
	helper := registry.Person{Insured: registry.Insured{Occupation: registry.OccupationHomeCare, Workplace: registry.WorkplaceHomes}}
	diabetic := registry.Person{Insured: registry.Insured{
		Conditions: registry.ConditionsOf(8), Comorbidities: registry.ComorbiditiesOf(registry.ComorbidityDiabetes),
	}}
	trisomy := registry.Person{Insured: registry.Insured{
		Conditions: registry.ConditionsOf(31), Comorbidities: registry.ComorbiditiesOf(registry.ComorbidityTrisomy21),
	}}
	nobody := registry.Person{}
	paris, ajaccio := registry.Person{PostalCode: "75011", CommuneCode: "75056"}, registry.Person{PostalCode: "20090"}
	gex := registry.Person{PostalCode: "01410", CommuneCode: "39325"} // a commune of the Jura with a postal code of the Ain
	once, twice := registry.Person{Doses: 1}, registry.Person{Doses: 2, Complete: true}
	single := registry.Person{Doses: 1, Complete: true}
	targeted := registry.Person{Targeted: true}
	tests := []struct {
		name    string
		group   registry.Group
		in, out []registry.Person
	}{
		{
			"a sex",
			registry.Group{Sex: registry.Female},
			[]registry.Person{{Sex: registry.Female}},
			[]registry.Person{{Sex: registry.Male}, nobody},
		},
		{
			"residences",
			registry.Group{Residence: registry.Among[registry.Residence]{In: []registry.Residence{registry.ResidenceUSLD, registry.ResidenceEHPAD}}},
			[]registry.Person{ehpad},
			[]registry.Person{home, nobody},
		},
		{
			"other residences, also when it is not told",
			registry.Group{Residence: registry.Among[registry.Residence]{Out: []registry.Residence{registry.ResidenceEHPAD}}},
			[]registry.Person{home, nobody},
			[]registry.Person{ehpad},
		},
		{
			"occupations",
			registry.Group{Occupation: registry.Among[registry.Occupation]{In: []registry.Occupation{registry.OccupationHealth}}},
			[]registry.Person{nurse},
			[]registry.Person{helper, nobody},
		},
		{
			"workplaces",
			registry.Group{Workplace: registry.Among[registry.Workplace]{Out: []registry.Workplace{registry.WorkplaceHealth}}},
			[]registry.Person{helper, nobody},
			[]registry.Person{nurse},
		},
		{
			"any condition",
			registry.Group{Conditions: registry.AmongConditions{Any: registry.AnswerYes}},
			[]registry.Person{diabetic, trisomy},
			[]registry.Person{nobody},
		},
		{
			"no condition",
			registry.Group{Conditions: registry.AmongConditions{Any: registry.AnswerNo}},
			[]registry.Person{nobody},
			[]registry.Person{diabetic},
		},
		{
			"one of some conditions",
			registry.Group{Conditions: registry.AmongConditions{In: registry.ConditionsOf(8, 13)}},
			[]registry.Person{diabetic},
			[]registry.Person{trisomy, nobody},
		},
		{
			"none of some conditions",
			registry.Group{Conditions: registry.AmongConditions{Out: registry.ConditionsOf(8, 13)}},
			[]registry.Person{trisomy, nobody},
			[]registry.Person{diabetic},
		},
		{
			"any comorbidity",
			registry.Group{Comorbidities: registry.AmongComorbidities{Any: registry.AnswerYes}},
			[]registry.Person{diabetic, trisomy},
			[]registry.Person{nobody},
		},
		{
			"no comorbidity",
			registry.Group{Comorbidities: registry.AmongComorbidities{Any: registry.AnswerNo}},
			[]registry.Person{nobody},
			[]registry.Person{diabetic},
		},
		{
			"very high risk",
			registry.Group{Comorbidities: registry.AmongComorbidities{VeryHighRisk: registry.AnswerYes}},
			[]registry.Person{trisomy},
			[]registry.Person{diabetic, nobody},
		},
		{
			"at risk, not at very high risk",
			registry.Group{Comorbidities: registry.AmongComorbidities{Any: registry.AnswerYes, VeryHighRisk: registry.AnswerNo}},
			[]registry.Person{diabetic},
			[]registry.Person{trisomy, nobody},
		},
		{
			"one comorbidity",
			registry.Group{Comorbidities: registry.AmongComorbidities{In: registry.ComorbiditiesOf(registry.ComorbidityDiabetes)}},
			[]registry.Person{diabetic},
			[]registry.Person{trisomy, nobody},
		},
		{
			"not that comorbidity",
			registry.Group{Comorbidities: registry.AmongComorbidities{Out: registry.ComorbiditiesOf(registry.ComorbidityDiabetes)}},
			[]registry.Person{trisomy, nobody},
			[]registry.Person{diabetic},
		},
		{
			"departments",
			registry.Group{Territory: registry.Territory{In: registry.Area{Departments: []string{"39", "2A"}}}},
			[]registry.Person{gex, ajaccio},
			[]registry.Person{paris, nobody},
		},
		{
			"a postal code, or a beginning",
			registry.Group{Territory: registry.Territory{In: registry.Area{PostalCodes: []string{"75011", "20"}}}},
			[]registry.Person{paris, ajaccio},
			[]registry.Person{gex, nobody},
		},
		{
			"communes",
			registry.Group{Territory: registry.Territory{In: registry.Area{CommuneCodes: []string{"75056", "2A"}}}},
			[]registry.Person{paris},
			[]registry.Person{ajaccio, gex, nobody},
		},
		{
			"elsewhere",
			registry.Group{Territory: registry.Territory{Out: registry.Area{Departments: []string{"75"}, PostalCodes: []string{"200"}}}},
			[]registry.Person{gex, nobody},
			[]registry.Person{paris, ajaccio},
		},
		{
			"a part of an area",
			registry.Group{Territory: registry.Territory{In: registry.Area{PostalCodes: []string{"75", "20"}}, Out: registry.Area{Departments: []string{"2A"}}}},
			[]registry.Person{paris},
			[]registry.Person{ajaccio, gex},
		},
		{
			"no dose",
			registry.Group{Vaccination: registry.VaccinationNone},
			[]registry.Person{nobody},
			[]registry.Person{once, twice, single},
		},
		{
			"one dose at least",
			registry.Group{Vaccination: registry.VaccinationBegun},
			[]registry.Person{once, twice, single},
			[]registry.Person{nobody},
		},
		{
			"complete",
			registry.Group{Vaccination: registry.VaccinationComplete},
			[]registry.Person{twice, single},
			[]registry.Person{once, nobody},
		},
		{"targeted", registry.Group{Targeted: registry.AnswerYes}, []registry.Person{targeted}, []registry.Person{nobody}},
		{"not targeted", registry.Group{Targeted: registry.AnswerNo}, []registry.Person{nobody}, []registry.Person{targeted}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := registry.Campaign{Opens: registry.MustDate("2021-01-18"), Criteria: registry.Criteria{tt.group}}
			for want, people := range map[bool][]registry.Person{true: tt.in, false: tt.out} {
				for _, p := range people {
					if c.Concerns(p) != want {
						t.Errorf("concerned %v, want %v: %+v", !want, want, p)
					}
					if p.Died = registry.MustDate("2021-01-18"); c.Concerns(p) {
						t.Errorf("concerned after death: %+v", p)
					}
				}
			}
		})
	}
}

func TestGroupsAreAlternativesAndCriteriaOfOneAllHold(t *testing.T) {
	women := registry.Group{Sex: registry.Female, Age: registry.Age{AtLeast: 75}}
	targeted := registry.Group{Targeted: registry.AnswerYes}
	opens := registry.MustDate("2021-01-18")
	old := birth(t, "19300101")
	for _, tt := range []struct {
		criteria registry.Criteria
		person   registry.Person
		want     bool
	}{
		{registry.Criteria{women}, registry.Person{Sex: registry.Female, BirthDate: old}, true},
		{registry.Criteria{women}, registry.Person{Sex: registry.Male, BirthDate: old}, false},
		{registry.Criteria{women}, registry.Person{Sex: registry.Female, BirthDate: birth(t, "20000101")}, false},
		{registry.Criteria{women, targeted}, registry.Person{Sex: registry.Male, Targeted: true}, true},
		{registry.Criteria{women, targeted}, registry.Person{Sex: registry.Male, BirthDate: old}, false},
		{nil, registry.Person{Targeted: true}, false},
	} {
		if got := tt.criteria.Concern(tt.person, opens); got != tt.want {
			t.Errorf("%+v concern %+v: %v", tt.criteria, tt.person, got)
		}
	}
}

func TestDepartments(t *testing.T) {
	for _, tt := range [][3]string{
		{"75011", "75056", "75"},
		{"75011", "", "75"},
		{"01410", "39325", "39"},
		{"20000", "", "2A"},
		{"20137", "", "2A"},
		{"20303", "", "2A"}, // Ajaccio Cedex
		{"20704", "", "2A"}, // Ajaccio Cedex 9
		{"20401", "", "2B"}, // Bastia Cedex 9
		{"20297", "", "2B"}, // Bastia Cedex
		{"20200", "", "2B"},
		{"20600", "", "2B"},
		{"20137", "2A247", "2A"},
		{"", "2B033", "2B"},
		{"97400", "", "974"},
		{"97600", "97611", "976"},
		{"97133", "", "977"},
		{"97133", "97701", "977"},
		{"97150", "", "978"},
		{"97110", "", "971"},
		{"98800", "", "988"},
		{"98000", "99138", ""},
		{"13001", "99350", "13"}, // no commune of France
		{"98000", "", ""},
		{"00000", "", ""},
		{"99999", "", ""},
		{"7501", "", ""},
		{"", "", ""},
	} {
		if got := registry.DepartmentOf(tt[0], tt[1]); got != tt[2] {
			t.Errorf("%s, commune %q: %q, want %q", tt[0], tt[1], got, tt[2])
		}
	}
	for _, none := range []string{"", "0", "00", "20", "96", "970", "979", "985", "989", "9715", "2C", "2a", "AB", "0١"} {
		if registry.IsDepartment(none) {
			t.Errorf("%q is a department", none)
		}
	}
}

// Criteria say one thing of a person however they are written: deciding a campaign changes nobody's answer.
func TestDecidingACampaignChangesNoAnswer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, p := draw.Campaign(t), draw.Person(t)
		again, err := registry.DecideCampaign(c)
		if err != nil || again.Sentence() != c.Sentence() || again.Concerns(p) != c.Concerns(p) {
			t.Fatalf("decided again: %v, %q and %q", err, c.Sentence(), again.Sentence())
		}
	})
}
