package web

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"vaccin/internal/registry"
	"vaccin/internal/web/ui"
)

// This file is a campaign as a form sends it: campaignOf reads what campaignValues writes. Fields of a group of criteria
// bear its number (registry.GroupField); the form says how many groups there are, and which one is open.

const (
	fieldGroups = "groups"
	fieldOpen   = "open"

	// groupsRead is how many groups a form may hold, which is more than the rule allows: one too many is told so.
	groupsRead = 25

	answerYes = "oui"
	answerNo  = "non"
)

// groupList is what a group asks of something that is one or several of a list.
type groupList struct {
	in, out             string // fields
	legend, outLegend   string
	summary, outSummary string // of what folds the lists
	choices             []ui.Choice
}

// placeLists are short; healthLists are long, and folded.
var (
	placeLists = []groupList{
		{registry.FieldResidence, registry.FieldNotResidence, "Vivent", "Ne vivent pas", "", "Lieux de vie exclus (hors)", choicesOf(registry.Residences())},
		{registry.FieldOccupation, registry.FieldNotOccupation, "Exercent comme", "N’exercent pas comme", "", "Métiers exclus (hors)", choicesOf(registry.Occupations())},
		{registry.FieldWorkplace, registry.FieldNotWorkplace, "Travaillent", "Ne travaillent pas", "", "Lieux de travail exclus (hors)", choicesOf(registry.Workplaces())},
	}
	healthLists = []groupList{
		{
			registry.FieldALDs, registry.FieldNotALDs, "Sont en affection de longue durée au titre de l’une de celles-ci",
			"Ne sont pas en affection de longue durée au titre de celles-ci", "Choisir des affections de longue durée", "Affections de longue durée exclues (hors)", aldChoices(),
		},
		{
			registry.FieldComorbidities, registry.FieldNotComorbidities, "Présentent au moins un de ces facteurs de risque",
			"Ne présentent aucun de ces facteurs de risque", "Choisir des facteurs de risque", "Facteurs de risque exclus (hors)", choicesOf(registry.AllComorbidities()),
		},
	}
	groupLists = slices.Concat(placeLists, healthLists)
)

// groupTexts are the other fields of a group.
var groupTexts = []string{
	registry.FieldAgeAtLeast, registry.FieldAgeAtMost, registry.FieldAgeOn, registry.FieldGroupSex,
	registry.FieldDepartments, registry.FieldPostalCodes, registry.FieldCommuneCodes,
	registry.FieldNotDepartments, registry.FieldNotPostalCodes, registry.FieldNotCommuneCodes,
	registry.FieldAnyALD, registry.FieldAnyComorbidity, registry.FieldVeryHighRisk, registry.FieldVaccination, registry.FieldTargeted,
}

// What the questions of a group may be answered; the first asks nothing.
var (
	sexChoices    = []ui.Choice{{Label: anyLabel}, {Value: string(registry.Female), Label: registry.Female.Label()}, {Value: string(registry.Male), Label: registry.Male.Label()}}
	answerChoices = []ui.Choice{{Label: anyLabel}, {Value: answerYes, Label: "Oui"}, {Value: answerNo, Label: "Non"}}

	vaccinationChoices = slices.Concat([]ui.Choice{{Label: anyLabel}}, choicesOf(registry.Vaccinations()))
)

const anyLabel = "Peu importe"

func choicesOf[T interface {
	Code() string
	Label() string
}](all []T) (choices []ui.Choice) {
	for _, one := range all {
		choices = append(choices, ui.Choice{Value: one.Code(), Label: capitalised(one.Label())})
	}
	return choices
}

func aldChoices() (choices []ui.Choice) {
	for _, a := range registry.ALDs() {
		choices = append(choices, ui.Choice{Value: strconv.Itoa(int(a)), Label: a.String() + nbsp + ": " + a.Label()})
	}
	return choices
}

func capitalised(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + text[size:]
}

// within is the text of a state in the midst of a sentence: none begins with a name.
func (s statusView) within() string {
	first, size := utf8.DecodeRuneInString(s.text)
	return string(unicode.ToLower(first)) + s.text[size:]
}

// groupsOf is how many groups a form says it holds.
func groupsOf(values url.Values) int {
	n, err := strconv.Atoi(values.Get(fieldGroups))
	if err != nil {
		return 0
	}
	return min(max(n, 0), groupsRead)
}

// typedCampaign reads a form, and keeps what cannot be read.
type typedCampaign struct {
	values url.Values
	wrong  []ui.FieldError
}

// campaignOf reads a campaign, as the rule has yet to check it, and says what cannot be read.
func campaignOf(values url.Values) (registry.Campaign, []ui.FieldError) {
	t := &typedCampaign{values: values}
	c := registry.Campaign{
		ID: strings.TrimSpace(values.Get(registry.FieldCampaignID)), Name: values.Get(registry.FieldCampaignName),
		Phase: values.Get(registry.FieldPhase), Source: values.Get(registry.FieldCampaignSource), Rank: t.number(registry.FieldRank),
		Opens: t.date(registry.FieldOpens), Closes: t.date(registry.FieldCloses),
	}
	for i := range groupsOf(values) {
		c.Criteria = append(c.Criteria, t.group(func(field string) string { return registry.GroupField(i, field) }))
	}
	return c, t.wrong
}

func (t *typedCampaign) group(at func(string) string) registry.Group {
	get := func(field string) string { return t.values.Get(at(field)) }
	g := registry.Group{
		Age:        registry.Age{AtLeast: t.number(at(registry.FieldAgeAtLeast)), AtMost: t.number(at(registry.FieldAgeAtMost)), On: t.date(at(registry.FieldAgeOn))},
		Sex:        registry.Sex(get(registry.FieldGroupSex)),
		Residence:  among(t, at, registry.FieldResidence, registry.FieldNotResidence, registry.ParseResidence),
		Occupation: among(t, at, registry.FieldOccupation, registry.FieldNotOccupation, registry.ParseOccupation),
		Workplace:  among(t, at, registry.FieldWorkplace, registry.FieldNotWorkplace, registry.ParseWorkplace),
		Territory: registry.Territory{
			In:  registry.Area{Departments: t.codes(at(registry.FieldDepartments)), PostalCodes: t.codes(at(registry.FieldPostalCodes)), CommuneCodes: t.codes(at(registry.FieldCommuneCodes))},
			Out: registry.Area{Departments: t.codes(at(registry.FieldNotDepartments)), PostalCodes: t.codes(at(registry.FieldNotPostalCodes)), CommuneCodes: t.codes(at(registry.FieldNotCommuneCodes))},
		},
		Targeted: answerOf(get(registry.FieldTargeted)),
	}
	alds := among(t, at, registry.FieldALDs, registry.FieldNotALDs, parseALD)
	g.Conditions = registry.AmongConditions{Any: answerOf(get(registry.FieldAnyALD)), In: registry.ConditionsOf(alds.In...), Out: registry.ConditionsOf(alds.Out...)}
	risks := among(t, at, registry.FieldComorbidities, registry.FieldNotComorbidities, registry.ParseComorbidity)
	g.Comorbidities = registry.AmongComorbidities{
		Any: answerOf(get(registry.FieldAnyComorbidity)), VeryHighRisk: answerOf(get(registry.FieldVeryHighRisk)),
		In: registry.ComorbiditiesOf(risks.In...), Out: registry.ComorbiditiesOf(risks.Out...),
	}
	if code := get(registry.FieldVaccination); code != "" {
		var known bool
		if g.Vaccination, known = registry.ParseVaccination(code); !known {
			g.Vaccination = -1
		}
	}
	return g
}

// number reads a whole number; none typed is 0, and what the rule is to refuse, 0 itself as well, is -1.
func (t *typedCampaign) number(field string) int {
	text := strings.TrimSpace(t.values.Get(field))
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil || n == 0 {
		return -1
	}
	return n
}

func (t *typedCampaign) date(field string) registry.Date {
	text := strings.TrimSpace(t.values.Get(field))
	if text == "" {
		return registry.Date{}
	}
	day, err := registry.ParseDate(text)
	if err != nil {
		t.wrong = append(t.wrong, fieldError(registry.FieldError{Field: field, Message: err.Error(), Unnamed: true}))
	}
	return day
}

// codes reads a list of codes, whatever stands between them.
func (t *typedCampaign) codes(field string) []string {
	return strings.FieldsFunc(strings.ToUpper(t.values.Get(field)), func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(",;", r) })
}

// among reads two lists of boxes. A value that is none of the list comes from a form made by hand.
func among[T comparable](t *typedCampaign, at func(string) string, in, out string, parse func(string) (T, bool)) registry.Among[T] {
	read := func(field string) (all []T) {
		for _, code := range t.values[at(field)] {
			one, ok := parse(code)
			if !ok {
				t.wrong = append(t.wrong, fieldError(registry.FieldError{Field: at(field), Message: "Choisissez chaque valeur dans la liste."}))
				break
			}
			all = append(all, one)
		}
		return all
	}
	return registry.Among[T]{In: read(in), Out: read(out)}
}

func parseALD(text string) (registry.ALD, bool) {
	n, err := strconv.Atoi(text)
	return registry.ALD(n), err == nil && registry.ALD(n).Label() != ""
}

// answerOf reads an answer; one that no radio has is refused by the rule.
func answerOf(text string) registry.Answer {
	switch text {
	case "":
		return 0
	case answerYes:
		return registry.AnswerYes
	case answerNo:
		return registry.AnswerNo
	}
	return -1
}

func answerText(a registry.Answer) string {
	switch a {
	case registry.AnswerYes:
		return answerYes
	case registry.AnswerNo:
		return answerNo
	}
	return ""
}

// campaignValues are the fields of a form that says the same as a campaign.
func campaignValues(c registry.Campaign) url.Values {
	values := url.Values{
		registry.FieldCampaignID: {c.ID}, registry.FieldCampaignName: {c.Name}, registry.FieldPhase: {c.Phase}, registry.FieldCampaignSource: {c.Source},
		registry.FieldRank: {numberText(c.Rank)}, registry.FieldOpens: {c.Opens.French()}, registry.FieldCloses: {c.Closes.French()},
		fieldGroups: {strconv.Itoa(len(c.Criteria))},
	}
	for i, g := range c.Criteria {
		set := func(field string, all ...string) {
			if len(all) > 0 && all[0] != "" {
				values[registry.GroupField(i, field)] = all
			}
		}
		set(registry.FieldAgeAtLeast, numberText(g.Age.AtLeast))
		set(registry.FieldAgeAtMost, numberText(g.Age.AtMost))
		set(registry.FieldAgeOn, g.Age.On.French())
		set(registry.FieldGroupSex, string(g.Sex))
		set(registry.FieldResidence, codesOf(g.Residence.In)...)
		set(registry.FieldNotResidence, codesOf(g.Residence.Out)...)
		set(registry.FieldOccupation, codesOf(g.Occupation.In)...)
		set(registry.FieldNotOccupation, codesOf(g.Occupation.Out)...)
		set(registry.FieldWorkplace, codesOf(g.Workplace.In)...)
		set(registry.FieldNotWorkplace, codesOf(g.Workplace.Out)...)
		set(registry.FieldAnyALD, answerText(g.Conditions.Any))
		set(registry.FieldALDs, aldCodes(g.Conditions.In)...)
		set(registry.FieldNotALDs, aldCodes(g.Conditions.Out)...)
		set(registry.FieldAnyComorbidity, answerText(g.Comorbidities.Any))
		set(registry.FieldVeryHighRisk, answerText(g.Comorbidities.VeryHighRisk))
		set(registry.FieldComorbidities, codesOf(g.Comorbidities.In.All())...)
		set(registry.FieldNotComorbidities, codesOf(g.Comorbidities.Out.All())...)
		set(registry.FieldDepartments, strings.Join(g.Territory.In.Departments, ", "))
		set(registry.FieldPostalCodes, strings.Join(g.Territory.In.PostalCodes, ", "))
		set(registry.FieldCommuneCodes, strings.Join(g.Territory.In.CommuneCodes, ", "))
		set(registry.FieldNotDepartments, strings.Join(g.Territory.Out.Departments, ", "))
		set(registry.FieldNotPostalCodes, strings.Join(g.Territory.Out.PostalCodes, ", "))
		set(registry.FieldNotCommuneCodes, strings.Join(g.Territory.Out.CommuneCodes, ", "))
		set(registry.FieldVaccination, g.Vaccination.Code())
		set(registry.FieldTargeted, answerText(g.Targeted))
	}
	return values
}

func numberText(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func codesOf[T interface{ Code() string }](all []T) (codes []string) {
	for _, one := range all {
		codes = append(codes, one.Code())
	}
	return codes
}

func aldCodes(set registry.Conditions) (codes []string) {
	for _, a := range set.All() {
		codes = append(codes, strconv.Itoa(int(a)))
	}
	return codes
}

// groupFields are all fields of a group.
func groupFields() []string {
	fields := slices.Clone(groupTexts)
	for _, l := range groupLists {
		fields = append(fields, l.in, l.out)
	}
	return fields
}

// withoutGroup takes a group out of a form; those after it move up.
func withoutGroup(values url.Values, group int) {
	n := groupsOf(values)
	for i := group; i < n; i++ {
		for _, field := range groupFields() {
			delete(values, registry.GroupField(i, field))
			if next, ok := values[registry.GroupField(i+1, field)]; ok && i+1 < n {
				values[registry.GroupField(i, field)] = next
			}
		}
	}
	values.Set(fieldGroups, strconv.Itoa(n-1))
}

// decideTyped checks what was typed as a whole; the form says what is wrong, if anything is.
func decideTyped(values url.Values) (registry.Campaign, ui.Form, error) {
	c, wrong := campaignOf(values)
	decided, err := registry.DecideCampaign(c)
	form := ui.Form{Values: values}
	if err != nil {
		if form, err = formOf(values, err); err != nil {
			return c, form, err
		}
	}
	if len(wrong) == 0 {
		if form.HasErrors() {
			return c, form, nil
		}
		return decided, form, nil
	}
	// What cannot be read comes before what the rule says of its absence.
	form.Errors = slices.DeleteFunc(form.Errors, func(e ui.FieldError) bool {
		return slices.ContainsFunc(wrong, func(w ui.FieldError) bool { return w.Field == e.Field || strings.HasPrefix(w.Field, e.Field+".") })
	})
	form.Errors = append(form.Errors, wrong...)
	form.Message = "Certains champs sont à corriger."
	slices.SortStableFunc(form.Errors, func(a, b ui.FieldError) int { return onPage(a.Field) - onPage(b.Field) })
	return c, form, nil
}

// campaignFieldsInOrder are the fields of a campaign as they follow each other on its page, groupFieldsInOrder those of
// a group, which itself comes first.
var (
	campaignFieldsInOrder = []string{
		registry.FieldCampaignID, registry.FieldCampaignName, registry.FieldPhase, registry.FieldRank, registry.FieldCampaignSource,
		registry.FieldOpens, registry.FieldCloses, registry.FieldCriteria,
	}
	groupFieldsInOrder = []string{
		"", registry.FieldAgeAtLeast, registry.FieldAgeAtMost, registry.FieldAgeOn, registry.FieldGroupSex,
		registry.FieldResidence, registry.FieldNotResidence, registry.FieldOccupation, registry.FieldNotOccupation,
		registry.FieldWorkplace, registry.FieldNotWorkplace,
		registry.FieldAnyComorbidity, registry.FieldVeryHighRisk, registry.FieldComorbidities, registry.FieldNotComorbidities,
		registry.FieldAnyALD, registry.FieldALDs, registry.FieldNotALDs,
		registry.FieldDepartments, registry.FieldPostalCodes, registry.FieldCommuneCodes,
		registry.FieldNotDepartments, registry.FieldNotPostalCodes, registry.FieldNotCommuneCodes,
		registry.FieldVaccination, registry.FieldTargeted,
	}
)

// onGroupPage is where a field of a group stands among those of all groups.
func onGroupPage(field string) (place int, ok bool) {
	number, rest, _ := strings.Cut(field, ".")
	group, err := strconv.Atoi(number)
	if err != nil {
		return 0, false
	}
	return group*len(groupFieldsInOrder) + slices.Index(groupFieldsInOrder, rest), true
}
