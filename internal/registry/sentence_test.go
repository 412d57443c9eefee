package registry_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest/draw"
)

// The sentences were read aloud. Spaces stand for no-break ones here. Long because it is a table.
func TestSentencesReadAloud(t *testing.T) {
	type (
		residences  = registry.Among[registry.Residence]
		occupations = registry.Among[registry.Occupation]
		workplaces  = registry.Among[registry.Workplace]
		area        = registry.Area
	)
	first := registry.MustDate("2021-01-01")
	tests := map[string]registry.Criteria{
		"Personne n’est concerné.": nil,
		"Sont concernées les personnes de 75 ans ou plus au 18 janvier 2021, quel que soit leur lieu de vie.": {
			{Age: registry.Age{AtLeast: 75}},
		},
		"Sont concernées les personnes de 1 an ou plus au 1er janvier 2021, quel que soit leur lieu de vie.": {
			{Age: registry.Age{AtLeast: 1, On: first}},
		},
		"Sont concernées les personnes de moins de 50 ans au 18 janvier 2021, quel que soit leur lieu de vie.": {
			{Age: registry.Age{AtMost: 49}},
		},
		"Sont concernées les personnes de 65 à 74 ans inclus au 18 janvier 2021, quel que soit leur lieu de vie.": {
			{Age: registry.Age{AtLeast: 65, AtMost: 74}},
		},
		"Sont concernées les personnes de 18 ans au 18 janvier 2021 qui vivent à domicile.": {
			{Age: registry.Age{AtLeast: 18, AtMost: 18}, Residence: residences{In: []registry.Residence{registry.ResidenceHome}}},
		},
		"Sont concernées les personnes de sexe féminin ; ou les personnes de sexe masculin de 18 ans ou plus au 18 janvier 2021, quel que soit leur lieu de vie.": {
			{Sex: registry.Female},
			{Sex: registry.Male, Age: registry.Age{AtLeast: 18}},
		},
		"Sont concernées les personnes qui vivent en EHPAD, en unité de soins de longue durée (USLD) ou dans un autre établissement de long séjour.": {
			{Residence: residences{In: []registry.Residence{registry.ResidenceEHPAD, registry.ResidenceUSLD, registry.ResidenceOtherLongStay}}},
		},
		"Sont concernées les personnes de 75 ans ou plus au 18 janvier 2021 qui ne vivent pas en EHPAD.": {
			{Age: registry.Age{AtLeast: 75}, Residence: residences{Out: []registry.Residence{registry.ResidenceEHPAD}}},
		},
		"Sont concernées les personnes qui ne vivent ni en EHPAD, ni en établissement pénitentiaire, ni en habitat précaire (rue comprise).": {
			{Residence: residences{Out: []registry.Residence{registry.ResidenceEHPAD, registry.ResidencePrison, registry.ResidenceStreet}}},
		},
		"Sont concernées les personnes de 50 ans ou plus au 18 janvier 2021 qui exercent comme professionnels de santé, aides à domicile ou sapeurs-pompiers; ou les personnes qui exercent comme professionnels de santé et qui présentent au moins un facteur de risque de forme grave de Covid-19.": {
			{
				Age: registry.Age{AtLeast: 50},
				Occupation: occupations{
					In: []registry.Occupation{registry.OccupationHealth, registry.OccupationHomeCare, registry.OccupationFirefighter},
				},
			},
			{
				Occupation:    occupations{In: []registry.Occupation{registry.OccupationHealth}},
				Comorbidities: registry.AmongComorbidities{Any: registry.AnswerYes},
			},
		},
		"Sont concernées les personnes qui n’exercent ni comme professionnels de santé ni comme travailleurs d’un secteur essentiel, qui travaillent en milieu clos (abattoir, chantier, embarcation) et qui ne présentent aucun facteur de risque de forme grave de Covid-19.": {
			{
				Occupation:    occupations{Out: []registry.Occupation{registry.OccupationHealth, registry.OccupationEssential}},
				Workplace:     workplaces{In: []registry.Workplace{registry.WorkplaceClosed}},
				Comorbidities: registry.AmongComorbidities{Any: registry.AnswerNo},
			},
		},
		"Sont concernées les personnes qui n’exercent pas comme aides à domicile et qui ne travaillent pas au domicile des personnes accompagnées.": {
			{
				Occupation: occupations{Out: []registry.Occupation{registry.OccupationHomeCare}},
				Workplace:  workplaces{Out: []registry.Workplace{registry.WorkplaceHomes}},
			},
		},
		"Sont concernées les personnes qui sont en affection de longue durée (ALD); ou les personnes qui ne sont pas en affection de longue durée (ALD).": {
			{Conditions: registry.AmongConditions{Any: registry.AnswerYes}},
			{Conditions: registry.AmongConditions{Any: registry.AnswerNo}},
		},
		"Sont concernées les personnes qui sont en affection de longue durée au titre de l’ALD 8 (diabète de type 1 et diabète de type 2), de l’ALD 13 (maladie coronaire) ou de l’ALD 18 (mucoviscidose).": {
			{Conditions: registry.AmongConditions{In: registry.ConditionsOf(18, 8, 13)}},
		},
		"Sont concernées les personnes qui ne sont pas en affection de longue durée au titre de l’ALD 20 (paraplégie).": {
			{Conditions: registry.AmongConditions{Out: registry.ConditionsOf(20)}},
		},
		"Sont concernées les personnes qui ne sont en affection de longue durée ni au titre de l’ALD 8 (diabète de type 1 et diabète de type 2), ni au titre de l’ALD 13 (maladie coronaire), ni au titre de l’ALD 18 (mucoviscidose).": {
			{Conditions: registry.AmongConditions{Out: registry.ConditionsOf(18, 8, 13)}},
		},
		"Sont concernées les personnes qui ne vivent pas en habitat précaire (rue comprise).": {
			{Residence: residences{Out: []registry.Residence{registry.ResidenceStreet}}},
		},
		"Sont concernées les personnes qui sont vulnérables à très haut risque (liste du COSV); ou les personnes qui présentent au moins un facteur de risque de forme grave de Covid-19 et qui ne sont pas vulnérables à très haut risque (liste du COSV).": {
			{Comorbidities: registry.AmongComorbidities{VeryHighRisk: registry.AnswerYes}},
			{Comorbidities: registry.AmongComorbidities{Any: registry.AnswerYes, VeryHighRisk: registry.AnswerNo}},
		},
		"Sont concernées les personnes qui présentent ce facteur de risque (trisomie 21); ou les personnes qui présentent au moins un de ces facteurs de risque (diabète de type 1 ou 2 ou trisomie 21).": {
			{Comorbidities: registry.AmongComorbidities{In: registry.ComorbiditiesOf(registry.ComorbidityTrisomy21)}},
			{Comorbidities: registry.AmongComorbidities{In: registry.ComorbiditiesOf(registry.ComorbidityTrisomy21, registry.ComorbidityDiabetes)}},
		},
		"Sont concernées les personnes qui ne présentent pas ce facteur de risque (trisomie 21); ou les personnes qui ne présentent aucun de ces facteurs de risque (antécédent d’accident vasculaire cérébral et trisomie 21).": {
			{Comorbidities: registry.AmongComorbidities{Out: registry.ComorbiditiesOf(registry.ComorbidityTrisomy21)}},
			{Comorbidities: registry.AmongComorbidities{Out: registry.ComorbiditiesOf(registry.ComorbidityTrisomy21, 2)}},
		},
		"Sont concernées les personnes de 50 ans ou plus au 18 janvier 2021 qui habitent dans le département 2A.": {
			{Age: registry.Age{AtLeast: 50}, Territory: registry.Territory{In: area{Departments: []string{"2A"}}}},
		},
		"Sont concernées les personnes qui n’habitent dans aucun des départements 2A et 48; ou les personnes qui n’habitent ni dans l’un des départements 2A et 48 ni dans une commune dont le code postal est 75011; ou les personnes qui n’habitent pas dans le département 48.": {
			{Territory: registry.Territory{Out: area{Departments: []string{"2A", "48"}}}},
			{Territory: registry.Territory{Out: area{Departments: []string{"2A", "48"}, PostalCodes: []string{"75011"}}}},
			{Territory: registry.Territory{Out: area{Departments: []string{"48"}}}},
		},
		"Sont concernées les personnes qui habitent dans l’un des départements 971, 972 et 973, dans une commune dont le code postal est 75011 ou commence par 42 ou 43 ou dans une commune dont le code INSEE commence par 2A et qui n’habitent pas dans une commune dont le code INSEE est 42218.": {
			{Territory: registry.Territory{
				In:  area{Departments: []string{"971", "972", "973"}, PostalCodes: []string{"42", "43", "75011"}, CommuneCodes: []string{"2A"}},
				Out: area{CommuneCodes: []string{"42218"}},
			}},
		},
		"Sont concernées les personnes de 18 ans ou plus au 18 janvier 2021 qui n’ont reçu aucune dose et qui n’ont pas encore été ciblées; ou les personnes dont la vaccination est complète et qui ont déjà été ciblées; ou les personnes qui ont reçu au moins une dose.": {
			{Age: registry.Age{AtLeast: 18}, Vaccination: registry.VaccinationNone, Targeted: registry.AnswerNo},
			{Vaccination: registry.VaccinationComplete, Targeted: registry.AnswerYes},
			{Vaccination: registry.VaccinationBegun},
		},
	}
	plain := strings.NewReplacer("\u00a0;", ";", "\u00a0", " ")
	for want, criteria := range tests {
		want = strings.ReplaceAll(want, " ;", ";")
		if got := plain.Replace(criteria.Sentence(registry.MustDate("2021-01-18"))); got != want {
			t.Errorf("\n got %s\nwant %s", got, want)
		}
	}
	if got := (registry.Criteria{{Age: registry.Age{AtLeast: 75}}}).Lines(registry.Date{}); len(got) != 1 ||
		got[0] != "les personnes de 75\u00a0ans ou plus le jour de l’ouverture, quel que soit leur lieu de vie" {
		t.Errorf("without an opening: %q", got)
	}
}

// Whatever the criteria, their sentence is written as the other texts are, says each group once, and does not
// say the same of criteria that differ.
func TestEverySentenceIsFrench(t *testing.T) {
	said := map[string]registry.Criteria{}
	rapid.Check(t, func(t *rapid.T) {
		c := draw.Campaign(t)
		text := c.Sentence()
		for what, typo := range typos {
			if found := typo.FindString(text); found != "" && what != "a number apart from what it counts" {
				t.Fatalf("%s: %q in %s", what, found, text)
			}
		}
		if !strings.HasPrefix(text, "Sont concernées les personnes") || !strings.HasSuffix(text, ".") ||
			strings.Count(text, "les personnes") != len(c.Criteria) || strings.Contains(text, "()") {
			t.Fatal(text)
		}
		for i, line := range c.Criteria.Lines(c.Opens) {
			key, one := line+c.Opens.String(), registry.Criteria{c.Criteria[i]}
			before, known := said[key]
			p := draw.Person(t)
			if known && before.Concern(p, c.Opens) != one.Concern(p, c.Opens) {
				t.Fatalf("%s: said of %+v and of %+v", line, before, one)
			}
			said[key] = one
		}
	})
}
