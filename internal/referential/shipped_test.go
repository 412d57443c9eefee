package referential

import (
	"fmt"
	"reflect"
	"testing"

	"vaccin/internal/registry"
)

// trait is something about a person of these tests.
type trait func(*registry.Person)

func person(traits ...trait) (p registry.Person) {
	for _, set := range traits {
		set(&p)
	}
	return p
}

// born takes a day, or the eight digits of a lunar date.
func born(date string) trait {
	return func(p *registry.Person) {
		b, err := registry.BirthDateFromDigits(date)
		if err != nil {
			b = registry.BirthDateOf(registry.MustDate(date))
		}
		p.BirthDate = b
	}
}

func lives(where registry.Residence) trait { return func(p *registry.Person) { p.Residence = where } }

func does(what registry.Occupation) trait { return func(p *registry.Person) { p.Occupation = what } }

func works(where registry.Workplace) trait { return func(p *registry.Person) { p.Workplace = where } }

func has(what registry.Comorbidity) trait {
	return func(p *registry.Person) { p.Comorbidities |= registry.ComorbiditiesOf(what) }
}

func targeted(p *registry.Person) { p.Targeted = true }
func atRisk(p *registry.Person)   { has(registry.ComorbidityObesity)(p) }
func veryHigh(p *registry.Person) { has(registry.ComorbidityTrisomy21)(p) }
func dosed(p *registry.Person)    { p.Doses, p.Complete = 2, true }

// sides are people whom a campaign concerns, and people whom it does not.
type sides struct{ in, out []registry.Person }

// ages are people on both sides of the limits of an age on the day a campaign opens, from the youngest born: outside,
// and within. Each pair may be twins born on the two sides of midnight.
func ages(outside, within []string, traits ...trait) (s sides) {
	for _, b := range outside {
		s.out = append(s.out, person(append(traits, born(b))...))
	}
	for _, b := range within {
		s.in = append(s.in, person(append(traits, born(b))...))
	}
	return s
}

func (s sides) and(other sides) sides {
	return sides{append(s.in, other.in...), append(s.out, other.out...)}
}

func (s sides) with(in ...registry.Person) sides     { return s.and(sides{in: in}) }
func (s sides) without(out ...registry.Person) sides { return s.and(sides{out: out}) }

type (
	days = []string
	jobs = []registry.Occupation
)

// professionals are people of each of some jobs, 50 or not, at risk or not, when a campaign opens; late tells
// that the youngest without risk are concerned as well.
func professionals(all jobs, fifty, under string) (s sides) {
	for _, o := range all {
		s = s.with(person(does(o), born(fifty)), person(does(o), born(under), atRisk)).without(person(does(o), born(under)))
	}
	return s.without(person(born(fifty)), person(born(under), atRisk), person(does(registry.OccupationEssential), born(fifty), atRisk))
}

// shippedPeople are hand-made people on both sides of every boundary of every campaign that ships. Long because it
// is a table.
func shippedPeople() map[string]sides {
	const (
		ehpad, usld, other = registry.ResidenceEHPAD, registry.ResidenceUSLD, registry.ResidenceOtherLongStay
		health, social     = registry.OccupationHealth, registry.OccupationMedicoSocial
		transport, helper  = registry.OccupationMedicalTransport, registry.OccupationHomeCare
		fire, essential    = registry.OccupationFirefighter, registry.OccupationEssential
	)
	from75 := ages(days{"1946-01-19", "19460100", "19461300", "00001300"}, days{"1946-01-18", "1920-02-29", "19451200", "19451300"})
	staff := sides{}
	for _, at := range []registry.Workplace{registry.WorkplaceEHPAD, registry.WorkplaceUSLD, registry.WorkplaceOtherLongStay} {
		staff = staff.and(ages(days{"1955-12-28", "19551300"}, days{"1955-12-27", "19541300"}, works(at))).
			with(person(works(at), born("1990-05-05"), atRisk), person(works(at), atRisk))
	}
	stateProfessionals := sides{
		in: []registry.Person{person(does(health)), person(does(social)), person(does(helper)), person(does(fire)), person(does(fire), dosed)},
		out: []registry.Person{
			person(), person(does(essential)), person(does(transport)), person(works(registry.WorkplaceHealth)),
		},
	}
	return map[string]sides{
		"has-1a-residents": sides{}.
			with(person(lives(ehpad)), person(lives(usld), born("19301300")), person(lives(other), targeted)).
			without(person(), person(lives(registry.ResidenceHome)), person(lives(registry.ResidenceAutonomy)),
				person(lives(registry.ResidenceMAS)), person(works(registry.WorkplaceEHPAD))),
		"has-1b-personnel": staff.
			without(person(works(registry.WorkplaceHealth), born("1940-01-01"), atRisk), person(born("1940-01-01"), atRisk),
				person(lives(ehpad), born("1940-01-01"))),
		"has-2a-75-ans": from75,
		"has-2b-65-74-ans-a-risque": ages(days{"1956-01-19", "1946-01-18", "19561300", "19460100"}, days{"1956-01-18", "1946-01-19", "19501300"}, atRisk).
			without(person(born("1950-05-05"))).with(person(born("1950-05-05"), veryHigh)),
		"has-2c-65-74-ans": ages(days{"1956-01-19", "1946-01-18", "19561300", "19460100"}, days{"1956-01-18", "1946-01-19", "19501300"}).
			without(person(born("1950-05-05"), atRisk)),
		"has-2d-professionnels": professionals(jobs{health, social, transport}, "1971-01-18", "1971-01-19").
			without(person(does(fire), born("1960-01-01"), atRisk)),
		"has-3a-50-64-ans": ages(days{"1971-02-07", "1956-02-06", "19711300", "19561300"}, days{"1971-02-06", "1956-02-07", "19601300"}),
		"has-3b-moins-de-50-ans-a-risque": ages(days{"2005-02-07", "1971-02-06", "20051300"}, days{"2005-02-06", "1971-02-07", "19801300"}, atRisk).
			without(person(born("1990-05-05"))),
		"has-3c-autres-professionnels": sides{}.
			with(person(does(health)), person(does(social)), person(does(transport), born("1999-09-09"))).
			without(person(does(health), targeted), person(), person(does(fire)), person(does(essential))),
		"has-3d-secteurs-essentiels": sides{}.
			with(person(does(fire)), person(does(essential))).
			without(person(), person(does(health))),
		"has-4a-lieux-exposes": ages(days{"2005-06-01"}, days{"2005-05-31"}, lives(registry.ResidenceMigrantHostel)).
			and(ages(days{"2005-06-01"}, days{"2005-05-31"}, lives(registry.ResidenceSocial))).
			and(ages(days{"2005-06-01"}, days{"2005-05-31"}, lives(registry.ResidencePrison))).
			and(ages(days{"2005-06-01"}, days{"2005-05-31"}, lives(registry.ResidencePsychiatric))).
			and(ages(days{"2005-06-01"}, days{"2005-05-31"}, lives(registry.ResidenceStreet))).
			and(ages(days{"2005-06-01"}, days{"2005-05-31"}, works(registry.WorkplaceClosed))).
			without(person(born("1980-08-08")), person(born("1980-08-08"), lives(ehpad)), person(born("1980-08-08"), works(registry.WorkplaceHostel))),
		"has-4b-personnel": sides{}.
			with(person(works(registry.WorkplaceHostel)), person(works(registry.WorkplacePrison)), person(works(registry.WorkplacePsychiatric))).
			without(person(), person(works(registry.WorkplaceClosed)), person(lives(registry.ResidencePrison))),
		"has-5-adultes": ages(days{"2003-06-01", "20031300"}, days{"2003-05-31", "20021300"}).
			without(person(born("1980-08-08"), targeted)),

		"etat-residents-ages": sides{}.
			with(person(lives(ehpad)), person(lives(usld), dosed)).
			without(person(), person(lives(other)), person(lives(registry.ResidenceServices))),
		"etat-residents-handicapes": sides{}.
			with(person(lives(registry.ResidenceMAS)), person(lives(registry.ResidenceFAM)), person(lives(registry.ResidenceDisabledHostel))).
			without(person(), person(lives(ehpad))),
		"etat-professionnels-50-ans": professionals(jobs{health, social, helper, fire}, "1970-12-27", "1970-12-28").
			without(person(does(transport), born("1960-01-01"), atRisk)),
		"etat-75-ans": from75,
		"etat-tres-haut-risque": ages(days{"2005-01-19"}, days{"2005-01-18", "1950-05-05"}, veryHigh).
			without(person(born("1950-05-05"), atRisk), person(born("1950-05-05"))),
		"etat-professionnels": stateProfessionals,
		"etat-50-64-ans-a-risque": ages(days{"1971-02-20", "1956-02-19", "19561300"}, days{"1971-02-19", "1956-02-20", "1960-02-29", "19651300"}, atRisk).
			without(person(born("1960-05-05"))),
		"etat-70-ans":    ages(days{"1951-03-28", "19510300", "19511300"}, days{"1951-03-27", "1948-02-29", "19510200"}),
		"etat-55-ans":    ages(days{"1966-04-13", "19661300"}, days{"1966-04-12", "1920-01-01", "19651300"}),
		"etat-60-ans":    ages(days{"1961-04-17", "19611300"}, days{"1961-04-16", "1960-02-29"}),
		"etat-50-ans":    ages(days{"1971-05-16", "19711300"}, days{"1971-05-15", "1920-01-01"}),
		"etat-adultes":   ages(days{"2003-06-01", "20031300"}, days{"2003-05-31", "1920-01-01"}).with(person(born("1980-08-08"), targeted)),
		"etat-12-17-ans": ages(days{"2009-06-16", "2003-06-15", "20031300", "20091300"}, days{"2009-06-15", "2003-06-16", "2008-02-29"}),
	}
}

func ship(t *testing.T) []registry.Campaign {
	t.Helper()
	all, err := Campaigns()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// mistaken is the first of the people about whom a campaign is not as the tests have it.
func mistaken(c registry.Campaign, people sides) (registry.Person, bool) {
	for _, p := range people.in {
		if !c.Concerns(p) {
			return p, true
		}
	}
	for _, p := range people.out {
		if c.Concerns(p) {
			return p, true
		}
	}
	return registry.Person{}, false
}

func TestEachShippedCampaignOnBothSidesOfItsBoundaries(t *testing.T) {
	people, known := shippedPeople(), map[string]bool{}
	for _, c := range ship(t) {
		known[c.ID] = true
		about := people[c.ID]
		if len(about.in) == 0 || len(about.out) == 0 {
			t.Errorf("%s: %d concerned, %d not", c.ID, len(about.in), len(about.out))
		}
		if p, wrong := mistaken(c, about); wrong {
			t.Errorf("%s: concerned %v: born %s, %+v", c.ID, c.Concerns(p), p.BirthDate.French(), p.Insured)
		}
		for _, p := range about.in {
			if p.Died = c.Opens; c.Concerns(p) {
				t.Errorf("%s concerns someone who died: %+v", c.ID, p)
			}
		}
	}
	for id := range people {
		if !known[id] {
			t.Errorf("there is no campaign %s", id)
		}
	}
}

// Someone born on 29 February is a year older on 1 March of a common year.
func TestACampaignThatOpensAfter28February(t *testing.T) {
	leap := person(born("1948-02-29"))
	for _, c := range ship(t) {
		if c.ID != "etat-75-ans" {
			continue
		}
		for day, want := range map[string]bool{"2023-02-28": false, "2023-03-01": true} {
			if c.Opens = registry.MustDate(day); c.Concerns(leap) != want {
				t.Errorf("opened on %s: concerned %v", day, !want)
			}
		}
	}
}

// Whatever is taken out of a shipped campaign, or moved by one, some of the hand-made people notice.
func TestNothingOfAShippedCampaignIsIdle(t *testing.T) {
	people := shippedPeople()
	tried := 0
	for _, c := range ship(t) {
		for _, m := range mutants(c) {
			tried++
			if _, noticed := mistaken(m.campaign, people[c.ID]); !noticed {
				t.Errorf("%s: nobody notices that %s", c.ID, m.change)
			}
		}
	}
	if tried < 150 {
		t.Errorf("only %d changes were tried", tried)
	}
}

type mutant struct {
	campaign registry.Campaign
	change   string
}

// mutants are the campaign without each of its groups, criteria and values, and with each of its days and ages moved.
func mutants(c registry.Campaign) (all []mutant) {
	add := func(change string, make func(*registry.Campaign)) {
		m := mutant{copyOf(c), change}
		make(&m.campaign)
		all = append(all, m)
	}
	aged := false
	for i, g := range c.Criteria {
		if len(c.Criteria) > 1 {
			add(fmt.Sprintf("group %d is gone", i), func(m *registry.Campaign) { m.Criteria = append(m.Criteria[:i], m.Criteria[i+1:]...) })
		}
		for _, change := range leaves(reflect.ValueOf(g), "") {
			add(fmt.Sprintf("of group %d %s", i, change.name), func(m *registry.Campaign) { change.make(reflect.ValueOf(&m.Criteria[i]).Elem()) })
		}
		for _, by := range []int{-1, 1} {
			if g.Age.AtLeast > 0 {
				aged = true
				add("the age is moved", func(m *registry.Campaign) { m.Criteria[i].Age.AtLeast += by })
			}
			if g.Age.AtMost > 0 {
				add("the highest age is moved", func(m *registry.Campaign) { m.Criteria[i].Age.AtMost += by })
			}
		}
	}
	if aged {
		add("it opens a day later", func(m *registry.Campaign) { m.Opens = m.Opens.AddDays(1) })
		add("it opens a day earlier", func(m *registry.Campaign) { m.Opens = m.Opens.AddDays(-1) })
	}
	return all
}

// copyOf shares no list with the campaign.
func copyOf(c registry.Campaign) registry.Campaign {
	c.Criteria = append(registry.Criteria(nil), c.Criteria...)
	return c
}

// leaf is a criterion or a value of one, and how to take it out of the group.
type leaf struct {
	name string
	make func(group reflect.Value)
}

// leaves are all that a group asks, wherever it stands in it.
func leaves(v reflect.Value, path string, at ...int) (all []leaf) {
	within := func(group reflect.Value) reflect.Value {
		if len(at) == 0 {
			return group
		}
		return group.FieldByIndex(at)
	}
	switch {
	case v.IsZero():
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			all = append(all, leaves(v.Field(i), path+"."+v.Type().Field(i).Name, append(append([]int(nil), at...), i)...)...)
		}
	case v.Kind() == reflect.Slice && v.Len() > 1:
		for i := range v.Len() {
			all = append(all, leaf{fmt.Sprintf("%s has not its value %d", path, i), func(group reflect.Value) {
				list, rest := within(group), reflect.MakeSlice(v.Type(), 0, v.Len())
				for j := range list.Len() {
					if j != i {
						rest = reflect.Append(rest, list.Index(j))
					}
				}
				list.Set(rest)
			}})
		}
		fallthrough
	default:
		all = append(all, leaf{path + " is not asked", func(group reflect.Value) { within(group).SetZero() }})
	}
	return all
}
