package registry

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Campaign is a targeting campaign as it is prepared: dated data. Who may prepare, approve and run one is the policy's.
type Campaign struct {
	ID       string // short, in small letters: etat-75-ans
	Name     string
	Phase    string // what it is counted under, together with others: «HAS, phase 2»
	Rank     int    // its place within the phase, from 1
	Opens    Date
	Closes   Date   // last day; zero when there is none yet
	Source   string // where the rule comes from
	Criteria Criteria
}

// Concerns tells whether the campaign concerns someone. Nobody who died is concerned.
func (c Campaign) Concerns(p Person) bool { return p.Died.IsZero() && c.Criteria.Concern(p, c.Opens) }

// Ended tells that a day is after the campaign's last one. What comes before it opens is prepared ahead.
func (c Campaign) Ended(day Date) bool { return !c.Closes.IsZero() && day.After(c.Closes) }

// Period says in French when the campaign is open: «à partir du 18 janvier 2021», «du … au …».
func (c Campaign) Period() string {
	if c.Closes.IsZero() {
		return "à partir du " + c.Opens.FrenchInFull()
	}
	return "du " + c.Opens.FrenchInFull() + " au " + c.Closes.FrenchInFull()
}

// Compare orders campaigns: by phase, then by rank, then by the day they open.
func (c Campaign) Compare(d Campaign) int {
	return cmp.Or(strings.Compare(c.Phase, d.Phase), c.Rank-d.Rank, strings.Compare(c.Opens.String(), d.Opens.String()), strings.Compare(c.ID, d.ID))
}

// Sentence says in French whom the campaign concerns.
func (c Campaign) Sentence() string { return c.Criteria.Sentence(c.Opens) }

// SavedCampaign is a campaign as someone wrote it.
type SavedCampaign struct {
	Campaign
	Version int // 1 as first written
	SavedBy string
	SavedAt time.Time
}

// Field names of a campaign, for errors. Those of its groups follow the group's: GroupField.
const (
	FieldCampaignID     = "identifier"
	FieldCampaignName   = "name"
	FieldPhase          = "phase"
	FieldRank           = "rank"
	FieldOpens          = "opens"
	FieldCloses         = "closes"
	FieldCampaignSource = "source"
	FieldCriteria       = "criteria"

	FieldAgeAtLeast       = "age_at_least"
	FieldAgeAtMost        = "age_at_most"
	FieldAgeOn            = "age_on"
	FieldGroupSex         = "sex"
	FieldResidence        = "residence"
	FieldNotResidence     = "not_residence"
	FieldOccupation       = "occupation"
	FieldNotOccupation    = "not_occupation"
	FieldWorkplace        = "workplace"
	FieldNotWorkplace     = "not_workplace"
	FieldAnyALD           = "any_ald"
	FieldALDs             = "alds"
	FieldNotALDs          = "not_alds"
	FieldAnyComorbidity   = "any_comorbidity"
	FieldVeryHighRisk     = "very_high_risk"
	FieldComorbidities    = "comorbidities"
	FieldNotComorbidities = "not_comorbidities"
	FieldDepartments      = "departments"
	FieldNotDepartments   = "not_departments"
	FieldPostalCodes      = "postal_codes"
	FieldNotPostalCodes   = "not_postal_codes"
	FieldCommuneCodes     = "commune_codes"
	FieldNotCommuneCodes  = "not_commune_codes"
	FieldVaccination      = "vaccination"
	FieldTargeted         = "targeted"
)

// LastRank is the last place within a phase.
const LastRank = 999

// Bounds of what a campaign holds, beyond what any needs.
const (
	maxCampaignID     = 40  // characters
	maxNaming         = 120 // characters of a name and a phase
	maxCampaignSource = 500 // characters
	maxGroups         = 20
	maxCodes          = 500 // in a list of a territory
	codeLength        = 5   // of a postal code, and of a commune's
	firstYear         = 2020
	lastYear          = 2099
)

// GroupField names a field of a group of criteria, the first group being 0: «2.residence». The group itself has no
// field.
func GroupField(group int, field string) string {
	return strings.TrimSuffix(fmt.Sprintf("%d.%s", group, field), ".")
}

// DecideCampaign checks a campaign and returns it as it is kept: texts cleaned, lists in order and without
// repetitions, so that two campaigns that say the same are equal.
func DecideCampaign(c Campaign) (Campaign, error) {
	f := form{}
	if !campaignIDs.MatchString(c.ID) || len(c.ID) > maxCampaignID {
		f.refuse(FieldCampaignID, "Donnez un identifiant de 40\u00a0caractères au plus, en minuscules sans accent, chiffres et traits d’union, par exemple etat-75.")
	}
	var err error
	c.Name, err = requiredText(c.Name, maxNaming, "Donnez un nom à la campagne.")
	f.check(FieldCampaignName, err)
	c.Phase, err = requiredText(c.Phase, maxNaming, "Indiquez la phase dont la campagne fait partie.")
	f.check(FieldPhase, err)
	c.Source, err = requiredText(c.Source, maxCampaignSource, "Indiquez d’où vient la règle\u00a0: texte, avis ou page, avec sa date.")
	f.check(FieldCampaignSource, err)
	if c.Rank < 1 || c.Rank > LastRank {
		f.refuse(FieldRank, "Donnez la place de la campagne dans sa phase, de 1 à 999.")
	}
	if c.Opens.IsZero() {
		f.refuse(FieldOpens, "Indiquez le jour d’ouverture de la campagne.")
	} else {
		f.checkYear(FieldOpens, c.Opens)
	}
	f.checkYear(FieldCloses, c.Closes)
	if !c.Closes.IsZero() && c.Closes.Before(c.Opens) {
		f.refuse(FieldCloses, "La campagne se termine avant de commencer. Vérifiez le jour d’ouverture et le jour de fermeture.")
	}
	c.Criteria = decideCriteria(&f, c.Criteria)
	if err := f.err(); err != nil {
		return Campaign{}, err
	}
	return c, nil
}

var campaignIDs = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// checkYear refuses a day that the campaign cannot mean; none is none.
func (f *form) checkYear(field string, day Date) {
	if day.IsZero() {
		return
	}
	if _, err := NewDate(day.Year, day.Month, day.Day); err != nil || day.Year < firstYear || day.Year > lastYear {
		f.refuse(field, fmt.Sprintf("Indiquez un jour du calendrier entre %d et %d.", firstYear, lastYear))
	}
}

func decideCriteria(f *form, all Criteria) Criteria {
	switch {
	case len(all) == 0:
		f.refuse(FieldCriteria, "Donnez au moins un groupe de critères\u00a0: sans critère, une campagne ne concerne personne.")
	case len(all) > maxGroups:
		f.refuse(FieldCriteria, fmt.Sprintf("Une campagne a au plus %d groupes de critères. Faites-en plusieurs.", maxGroups))
		return nil
	}
	kept := make(Criteria, 0, len(all))
	for i, g := range all {
		kept = append(kept, decideGroup(f, i, g))
	}
	return kept
}

func decideGroup(f *form, i int, g Group) Group {
	at := func(field string) string { return GroupField(i, field) }
	before := len(f.fields)
	g.Age = decideAge(f, at, g.Age)
	if g.Sex != "" && g.Sex != Female && g.Sex != Male {
		f.refuse(at(FieldGroupSex), "Le sexe est F ou M.")
	}
	g.Residence = decideAmong(f, at(FieldResidence), at(FieldNotResidence), g.Residence)
	g.Occupation = decideAmong(f, at(FieldOccupation), at(FieldNotOccupation), g.Occupation)
	g.Workplace = decideAmong(f, at(FieldWorkplace), at(FieldNotWorkplace), g.Workplace)
	g.checkSets(f, at)
	g.Territory = decideTerritory(f, at, g.Territory)
	if g.Vaccination != 0 && g.Vaccination.Code() == "" {
		f.refuse(at(FieldVaccination), "Choisissez où en est la vaccination dans la liste.")
	}
	if g.Targeted < 0 || g.Targeted > AnswerNo {
		f.refuse(at(FieldTargeted), "Répondez par oui ou par non, ou retirez ce critère.")
	}
	if len(f.fields) == before && g.isEmpty() {
		f.refuse(at(""), "Ce groupe n’a aucun critère\u00a0: il concernerait tout le monde. Donnez-lui un critère ou retirez-le.")
	}
	return g
}

// isEmpty tells whether the group asks nothing.
func (g Group) isEmpty() bool {
	empty := func(lists ...int) bool { return !slices.ContainsFunc(lists, func(n int) bool { return n > 0 }) }
	return !g.Age.asked() && g.Sex == "" && g.Vaccination == 0 && g.Targeted == 0 && g.Territory.In.IsZero() && g.Territory.Out.IsZero() &&
		g.Conditions == AmongConditions{} && g.Comorbidities == AmongComorbidities{} &&
		empty(len(g.Residence.In), len(g.Residence.Out), len(g.Occupation.In), len(g.Occupation.Out), len(g.Workplace.In), len(g.Workplace.Out))
}

func decideAge(f *form, at func(string) string, a Age) Age {
	limits := func(which string) string {
		return fmt.Sprintf("Donnez un âge %s de 1 à %d\u00a0ans, ou retirez cette limite.", which, OldestAge)
	}
	if a.AtLeast < 0 || a.AtLeast > OldestAge {
		f.refuse(at(FieldAgeAtLeast), limits("minimum"))
	}
	if a.AtMost < 0 || a.AtMost > OldestAge {
		f.refuse(at(FieldAgeAtMost), limits("maximum"))
	} else if a.AtMost > 0 && a.AtMost < a.AtLeast {
		f.refuse(at(FieldAgeAtMost), "L’âge maximum est inférieur à l’âge minimum. Vérifiez les deux.")
	}
	f.checkYear(at(FieldAgeOn), a.On)
	if !a.On.IsZero() && !a.asked() {
		f.refuse(at(FieldAgeOn), "Ce jour ne sert à rien sans âge. Donnez un âge minimum ou maximum, ou effacez ce jour.")
	}
	return a
}

// labelled are the values of a closed set, which have a name for people.
type labelled interface {
	~int
	Label() string
}

// notListed tells a number that is no value of its set.
func notListed[T labelled](v T) bool { return v.Label() == "" }

// bothInAndOut names the values that two lists share, one of what is asked and one of what is left out, as the form writes them.
func bothInAndOut[T labelled](shared []T) string {
	labels := make([]string, len(shared))
	for i, v := range shared {
		labels[i] = "«\u00a0" + v.Label() + "\u00a0»"
	}
	if len(labels) == 1 {
		return "Une même valeur est à la fois demandée et exclue\u00a0: " + labels[0] + ". Retirez-la de l’une des deux listes."
	}
	return "Des valeurs sont à la fois demandées et exclues\u00a0: " + Enumerate(labels, "et") + ". Retirez-les de l’une des deux listes."
}

func decideAmong[T labelled](f *form, in, out string, a Among[T]) Among[T] {
	check := func(field string, values []T) []T {
		if slices.ContainsFunc(values, notListed[T]) {
			f.refuse(field, "Choisissez chaque valeur dans la liste.")
		}
		return inOrder(values)
	}
	a = Among[T]{check(in, a.In), check(out, a.Out)}
	both := slices.DeleteFunc(slices.Clone(a.In), func(v T) bool { return !slices.Contains(a.Out, v) || notListed(v) })
	if len(both) > 0 {
		f.refuse(out, bothInAndOut(both))
	}
	return a
}

// inOrder sorts a list and takes repetitions out; an empty one is no list.
func inOrder[T cmp.Ordered](values []T) []T {
	if len(values) == 0 {
		return nil
	}
	return slices.Compact(slices.Sorted(slices.Values(values)))
}

// checkSets refuses criteria on conditions and comorbidities that contradict one another.
func (g Group) checkSets(f *form, at func(string) string) {
	const listed = "Demandez l’un ou l’autre\u00a0: toutes les valeurs, ou celles d’une liste."
	known := func(field string, unknown bool) {
		if unknown {
			f.refuse(at(field), "Choisissez chaque valeur dans la liste.")
		}
	}
	answer := func(field string, a Answer) {
		if a < 0 || a > AnswerNo {
			f.refuse(at(field), "Répondez par oui ou par non, ou retirez ce critère.")
		}
	}
	all := ComorbiditiesOf(AllComorbidities()...)
	known(FieldComorbidities, g.Comorbidities.In&^all != 0)
	known(FieldNotComorbidities, g.Comorbidities.Out&^all != 0)
	answer(FieldAnyALD, g.Conditions.Any)
	answer(FieldAnyComorbidity, g.Comorbidities.Any)
	answer(FieldVeryHighRisk, g.Comorbidities.VeryHighRisk)
	if g.Conditions.Any != 0 && g.Conditions.In != 0 {
		f.refuse(at(FieldAnyALD), listed)
	}
	if g.Comorbidities.Any != 0 && g.Comorbidities.In != 0 {
		f.refuse(at(FieldAnyComorbidity), listed)
	}
	if g.Comorbidities.Any == AnswerNo && g.Comorbidities.VeryHighRisk == AnswerYes {
		f.refuse(at(FieldVeryHighRisk), "Qui est à très haut risque présente un facteur de risque. Retirez l’un des deux critères.")
	}
	if both := (g.Conditions.In & g.Conditions.Out).All(); len(both) > 0 {
		f.refuse(at(FieldNotALDs), bothInAndOut(both))
	}
	if both := (g.Comorbidities.In & g.Comorbidities.Out).All(); len(both) > 0 {
		f.refuse(at(FieldNotComorbidities), bothInAndOut(both))
	}
}

func decideTerritory(f *form, at func(string) string, t Territory) Territory {
	before := len(f.fields)
	t.In = decideArea(f, at(FieldDepartments), at(FieldPostalCodes), at(FieldCommuneCodes), t.In)
	t.Out = decideArea(f, at(FieldNotDepartments), at(FieldNotPostalCodes), at(FieldNotCommuneCodes), t.Out)
	if len(f.fields) > before {
		return t
	}
	apart := func(field string, in, out []string) {
		switch both := only(in, func(code string) bool { return begins(code, out) }); {
		case len(both) == 1:
			f.refuse(at(field), "Un territoire demandé est aussi exclu\u00a0: "+Quoted(both)+". Retirez-le de l’une des deux listes.")
		case len(both) > 1:
			f.refuse(at(field), "Des territoires demandés sont aussi exclus\u00a0: "+Quoted(both)+". Retirez-les de l’une des deux listes.")
		}
	}
	apart(FieldNotDepartments, t.In.Departments, t.Out.Departments)
	apart(FieldNotPostalCodes, t.In.PostalCodes, t.Out.PostalCodes)
	apart(FieldNotCommuneCodes, t.In.CommuneCodes, t.Out.CommuneCodes)
	return t
}

func decideArea(f *form, departments, postalCodes, communes string, a Area) Area {
	check := func(field string, codes []string, right func(string) bool, message string) []string {
		if len(codes) > maxCodes {
			f.refuse(field, fmt.Sprintf("Cette liste a plus de %d codes. Donnez le début des codes, ou des départements.", maxCodes))
			return nil
		}
		if wrong := only(codes, func(code string) bool { return !right(code) }); len(wrong) > 0 {
			f.refuse(field, message+NotThese(wrong))
		}
		return inOrder(codes)
	}
	return Area{
		Departments: check(departments, a.Departments, IsDepartment,
			"Écrivez chaque département par son numéro\u00a0: 01 à 19, 2A, 2B, 21 à 95, 971 à 978, 986 à 988."),
		PostalCodes: check(postalCodes, a.PostalCodes, func(code string) bool { return isDigits(code) && len(code) >= 2 && len(code) <= codeLength },
			"Écrivez chaque code postal, ou son début, avec 2 à 5\u00a0chiffres."),
		CommuneCodes: check(communes, a.CommuneCodes, isCommunePrefix,
			"Écrivez chaque code de commune (INSEE), ou son début, avec 2 à 5\u00a0signes, par exemple 75056 ou 2A0."),
	}
}

// isCommunePrefix tells the beginning of a code of communes: digits, but the letter of Corsica.
func isCommunePrefix(code string) bool {
	if len(code) < 2 || len(code) > codeLength {
		return false
	}
	rest, corsican := strings.CutPrefix(code, "2A")
	if !corsican {
		rest, corsican = strings.CutPrefix(code, "2B")
	}
	return isDigits(code) || corsican && (rest == "" || isDigits(rest))
}

var errNoSuchCampaign = NotFound("Cette campagne n’existe pas. Revenez à %s.").Naming(CampaignList)

// SaveCampaign keeps a new campaign, or a version that follows the one that was shown: from, 0 for a new one. The same form, sent
// again by the same person, finds what it saved.
func (g *Registry) SaveCampaign(ctx context.Context, by Actor, c Campaign, from int) error {
	c, err := DecideCampaign(c)
	if err != nil {
		return err
	}
	event := g.event(by, ActionSaveCampaign, "")
	event.Version, event.Digest = from+1, c.ID
	return g.targeting(ctx, by, event, MayPrepare, Run{}, func(s TargetingStore) error {
		err := s.SaveCampaign(ctx, SavedCampaign{c, from + 1, by.Practitioner.NationalID, g.Security()}, event)
		if !errors.Is(err, ErrOvertaken) {
			return err
		}
		already, failed := savedAlready(ctx, s, c, from+1, by)
		if failed != nil {
			return failed
		}
		if !already {
			return err
		}
		return g.repeated(ctx, event)
	})
}

// BringCampaign keeps a new campaign that an operator brings by its file. Of one that is there already it changes nothing: already, where it says
// the same; what says otherwise is refused, for a campaign is corrected by those who answer for it, who see what stands.
func (g *Registry) BringCampaign(ctx context.Context, by Actor, c Campaign) (already bool, err error) {
	c, err = DecideCampaign(c)
	if err != nil {
		return false, err
	}
	event := g.event(by, ActionSaveCampaign, "")
	event.Version, event.Digest = 1, c.ID
	err = g.targeting(ctx, by, event, MayBring, Run{}, func(s TargetingStore) error {
		err := s.SaveCampaign(ctx, SavedCampaign{c, 1, by.Practitioner.NationalID, g.Security()}, event)
		if !errors.Is(err, ErrOvertaken) {
			return err
		}
		all, err := s.Campaigns(ctx)
		if err != nil {
			return err
		}
		already = slices.ContainsFunc(all, func(kept SavedCampaign) bool { return reflect.DeepEqual(kept.Campaign, c) })
		if already {
			return g.repeated(ctx, event)
		}
		return g.refuse(ctx, event, Conflict("Une campagne porte déjà l’identifiant «\u00a0"+c.ID+"\u00a0», et dit autre chose. Un responsable de campagne la corrige "+
			"depuis sa page, qui peut être remplie avec ce fichier."))
	})
	return already, err
}

// savedAlready tells whether what stands of a campaign is what someone saves, by themselves, as the version that they mean to add.
func savedAlready(ctx context.Context, s TargetingStore, c Campaign, version int, by Actor) (bool, error) {
	all, err := s.Campaigns(ctx)
	return slices.ContainsFunc(all, func(saved SavedCampaign) bool {
		return saved.Version == version && saved.SavedBy == by.Practitioner.NationalID && reflect.DeepEqual(saved.Campaign, c)
	}), err
}

// Campaigns lists the campaigns.
func (g *Registry) Campaigns(ctx context.Context, by Actor) (all []SavedCampaign, err error) {
	err = g.targeting(ctx, by, g.event(by, ActionReadCampaigns, ""), MayPrepare, Run{}, func(s TargetingStore) error {
		all, err = s.Campaigns(ctx)
		return err
	})
	return all, err
}

// Campaign returns the latest version of a campaign.
func (g *Registry) Campaign(ctx context.Context, by Actor, id string) (SavedCampaign, error) {
	all, err := g.Campaigns(ctx, by)
	if err != nil {
		return SavedCampaign{}, err
	}
	for _, c := range all {
		if c.ID == id {
			return c, nil
		}
	}
	return SavedCampaign{}, errNoSuchCampaign
}

// Ended says why nothing more may begin for a campaign: its last day is over where the actor is. It is that of the campaign as
// it stands, however long ago a run of it was prepared: it may have been extended since, or ended early. Nil says that it goes on.
func (g *Registry) Ended(ctx context.Context, by Actor, c Campaign) (refusal *Error, err error) {
	s, err := g.runs()
	if err != nil {
		return nil, err
	}
	all, err := s.Campaigns(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading when a campaign ends: %w", err)
	}
	for _, saved := range all {
		if saved.ID == c.ID {
			c = saved.Campaign
		}
	}
	if !c.Ended(g.Today(by)) {
		return nil, nil
	}
	return Conflict("Cette campagne est terminée\u00a0: son dernier jour était le " + c.Closes.FrenchInFull() +
		". Si elle doit continuer, prolongez-la d’abord depuis %s.").Naming(CampaignList), nil
}

// going has something begin for a campaign, unless it ended.
func (g *Registry) going(ctx context.Context, by Actor, event Event, c Campaign) error {
	refusal, err := g.Ended(ctx, by, c)
	if refusal != nil {
		return g.refuse(ctx, event, refusal)
	}
	return err
}
