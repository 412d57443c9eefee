package referential

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"vaccin/internal/registry"
)

// campaignKeys are the keys of a campaign's file, outside its groups.
var campaignKeys = map[string]key[registry.Campaign]{
	"identifiant": {registry.FieldCampaignID, func(v *value, c *registry.Campaign) { c.ID = v.text() }},
	"nom":         {registry.FieldCampaignName, func(v *value, c *registry.Campaign) { c.Name = v.text() }},
	"phase":       {registry.FieldPhase, func(v *value, c *registry.Campaign) { c.Phase = v.text() }},
	"ordre":       {registry.FieldRank, func(v *value, c *registry.Campaign) { c.Rank = v.number(registry.LastRank) }},
	"ouverture":   {registry.FieldOpens, func(v *value, c *registry.Campaign) { c.Opens = v.date() }},
	"fermeture":   {registry.FieldCloses, func(v *value, c *registry.Campaign) { c.Closes = v.date() }},
	"source":      {registry.FieldCampaignSource, func(v *value, c *registry.Campaign) { c.Source = v.text() }},
	"groupe":      {registry.FieldCriteria, takeGroups},
}

func takeGroups(v *value, c *registry.Campaign) {
	tables, ok := v.is.([]map[string]any)
	if !ok {
		v.refuse("Un groupe de critères commence par une ligne [[groupe]].")
		return
	}
	for i, table := range tables {
		var g registry.Group
		takeTable(v.file, table, fmt.Sprintf("groupe.%d.", i), groupKeys, func(field string) string { return registry.GroupField(i, field) }, &g)
		c.Criteria = append(c.Criteria, g)
	}
}

// What a list of a territory holds, as an example.
const (
	someDepartments = `"01", "2A", "974"`
	somePostalCodes = `"75011", "92"`
	someCommunes    = `"75056", "2A0"`
)

type group = registry.Group

// groupKeys are the keys of a group of criteria; those with hors_ say what must not be.
var groupKeys = map[string]key[group]{
	"age_minimum": {registry.FieldAgeAtLeast, func(v *value, g *group) { g.Age.AtLeast = v.number(registry.OldestAge) }},
	"age_maximum": {registry.FieldAgeAtMost, func(v *value, g *group) { g.Age.AtMost = v.number(registry.OldestAge) }},
	"age_au":      {registry.FieldAgeOn, func(v *value, g *group) { g.Age.On = v.date() }},
	"sexe":        {registry.FieldGroupSex, takeSex},

	"residences":            {registry.FieldResidence, func(v *value, g *group) { g.Residence.In = residences(v) }},
	"hors_residences":       {registry.FieldNotResidence, func(v *value, g *group) { g.Residence.Out = residences(v) }},
	"metiers":               {registry.FieldOccupation, func(v *value, g *group) { g.Occupation.In = occupations(v) }},
	"hors_metiers":          {registry.FieldNotOccupation, func(v *value, g *group) { g.Occupation.Out = occupations(v) }},
	"lieux_de_travail":      {registry.FieldWorkplace, func(v *value, g *group) { g.Workplace.In = workplaces(v) }},
	"hors_lieux_de_travail": {registry.FieldNotWorkplace, func(v *value, g *group) { g.Workplace.Out = workplaces(v) }},

	"en_ald":            {registry.FieldAnyALD, func(v *value, g *group) { g.Conditions.Any = v.answer() }},
	"ald":               {registry.FieldALDs, func(v *value, g *group) { g.Conditions.In = conditions(v) }},
	"hors_ald":          {registry.FieldNotALDs, func(v *value, g *group) { g.Conditions.Out = conditions(v) }},
	"a_risque":          {registry.FieldAnyComorbidity, func(v *value, g *group) { g.Comorbidities.Any = v.answer() }},
	"tres_haut_risque":  {registry.FieldVeryHighRisk, func(v *value, g *group) { g.Comorbidities.VeryHighRisk = v.answer() }},
	"comorbidites":      {registry.FieldComorbidities, func(v *value, g *group) { g.Comorbidities.In = comorbidities(v) }},
	"hors_comorbidites": {registry.FieldNotComorbidities, func(v *value, g *group) { g.Comorbidities.Out = comorbidities(v) }},

	"departements":        {registry.FieldDepartments, func(v *value, g *group) { g.Territory.In.Departments = placeCodes(v, someDepartments) }},
	"hors_departements":   {registry.FieldNotDepartments, func(v *value, g *group) { g.Territory.Out.Departments = placeCodes(v, someDepartments) }},
	"codes_postaux":       {registry.FieldPostalCodes, func(v *value, g *group) { g.Territory.In.PostalCodes = placeCodes(v, somePostalCodes) }},
	"hors_codes_postaux":  {registry.FieldNotPostalCodes, func(v *value, g *group) { g.Territory.Out.PostalCodes = placeCodes(v, somePostalCodes) }},
	"codes_communes":      {registry.FieldCommuneCodes, func(v *value, g *group) { g.Territory.In.CommuneCodes = placeCodes(v, someCommunes) }},
	"hors_codes_communes": {registry.FieldNotCommuneCodes, func(v *value, g *group) { g.Territory.Out.CommuneCodes = placeCodes(v, someCommunes) }},

	"vaccination":  {registry.FieldVaccination, takeVaccination},
	"deja_ciblees": {registry.FieldTargeted, func(v *value, g *group) { g.Targeted = v.answer() }},
}

func takeSex(v *value, g *group) {
	text, _ := v.is.(string)
	if g.Sex = registry.Sex(text); g.Sex != registry.Female && g.Sex != registry.Male {
		v.refuse(`Écrivez ici "F" ou "M".`)
	}
}

func takeVaccination(v *value, g *group) {
	text, _ := v.is.(string)
	how, ok := registry.ParseVaccination(text)
	if !ok {
		v.refuse("Écrivez ici une de ces valeurs\u00a0: %s.", codesOf(registry.Vaccinations()))
	}
	g.Vaccination = how
}

func residences(v *value) []registry.Residence {
	return coded(v, registry.Residences(), registry.ParseResidence)
}

func occupations(v *value) []registry.Occupation {
	return coded(v, registry.Occupations(), registry.ParseOccupation)
}

func workplaces(v *value) []registry.Workplace {
	return coded(v, registry.Workplaces(), registry.ParseWorkplace)
}

func comorbidities(v *value) registry.Comorbidities {
	return registry.ComorbiditiesOf(coded(v, registry.AllComorbidities(), registry.ParseComorbidity)...)
}

func conditions(v *value) registry.Conditions {
	return registry.ConditionsOf(list(v, "des numéros d’ALD de 1 à 32, sans guillemets", func(is any) (registry.ALD, bool) {
		n, ok := is.(int64)
		return registry.ALD(n), ok && n >= 1 && n <= int64(len(registry.ALDs()))
	})...)
}

var (
	keyAtStart   = regexp.MustCompile(`^\s*["']?([A-Za-z0-9_-]+)["']?\s*[=.]`)
	groupAtStart = regexp.MustCompile(`^\s*\[\[\s*["']?groupe["']?\s*\]\]`)
)

// keyLines finds the lines of keys, for the TOML library does not tell them. A group stands at its heading. Only
// people read these lines, in files written as the documentation shows: in a text of several lines they may be wrong.
func keyLines(text string) map[string]int {
	found := map[string]int{}
	prefix, groups := "", 0
	for i, line := range strings.Split(text, "\n") {
		path := ""
		if groupAtStart.MatchString(line) {
			path = "groupe." + strconv.Itoa(groups)
			prefix, groups = path+".", groups+1
		} else if m := keyAtStart.FindStringSubmatch(line); m != nil {
			path = prefix + m[1]
		}
		if _, known := found[path]; path != "" && !known {
			found[path] = i + 1
		}
	}
	return found
}
