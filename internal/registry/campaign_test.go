package registry_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest/draw"
)

func campaign() registry.Campaign {
	return registry.Campaign{
		ID: "etat-75-ans", Name: "75 ans et plus", Phase: "Ouvertures", Rank: 4, Opens: registry.MustDate("2021-01-18"), Source: "FAQ, 2021",
		Criteria: registry.Criteria{{Age: registry.Age{AtLeast: 75}}},
	}
}

func TestCampaignsThatCannotBe(t *testing.T) {
	group := func(change func(*registry.Group)) func(*registry.Campaign) {
		return func(c *registry.Campaign) { change(&c.Criteria[0]) }
	}
	const at = "0."
	tests := []struct {
		field  string
		change func(*registry.Campaign)
	}{
		{registry.FieldCampaignID, func(c *registry.Campaign) { c.ID = "" }},
		{registry.FieldCampaignID, func(c *registry.Campaign) { c.ID = "État" }},
		{registry.FieldCampaignID, func(c *registry.Campaign) { c.ID = "a--b" }},
		{registry.FieldCampaignID, func(c *registry.Campaign) { c.ID = "a/b" }},
		{registry.FieldCampaignID, func(c *registry.Campaign) { c.ID = strings.Repeat("a", 41) }},
		{registry.FieldCampaignName, func(c *registry.Campaign) { c.Name = " " }},
		{registry.FieldCampaignName, func(c *registry.Campaign) { c.Name = strings.Repeat("a", 121) }},
		{registry.FieldPhase, func(c *registry.Campaign) { c.Phase = "" }},
		{registry.FieldPhase, func(c *registry.Campaign) { c.Phase = "a\x00b" }},
		{registry.FieldCampaignSource, func(c *registry.Campaign) { c.Source = "" }},
		{registry.FieldCampaignSource, func(c *registry.Campaign) { c.Source = "2 69 05 49 588 157 80" }},
		{registry.FieldRank, func(c *registry.Campaign) { c.Rank = 0 }},
		{registry.FieldRank, func(c *registry.Campaign) { c.Rank = 1000 }},
		{registry.FieldOpens, func(c *registry.Campaign) { c.Opens = registry.Date{} }},
		{registry.FieldOpens, func(c *registry.Campaign) { c.Opens = registry.MustDate("2019-12-31") }},
		{registry.FieldOpens, func(c *registry.Campaign) { c.Opens = registry.Date{Year: 2021, Month: 2, Day: 29} }},
		{registry.FieldCloses, func(c *registry.Campaign) { c.Closes = registry.MustDate("2021-01-17") }},
		{registry.FieldCloses, func(c *registry.Campaign) { c.Closes = registry.MustDate("2100-01-01") }},
		{registry.FieldCriteria, func(c *registry.Campaign) { c.Criteria = nil }},
		{registry.FieldCriteria, func(c *registry.Campaign) { c.Criteria = make(registry.Criteria, 21) }},
		{"0", group(func(g *registry.Group) { *g = registry.Group{} })},
		{at + registry.FieldAgeAtLeast, group(func(g *registry.Group) { g.Age.AtLeast = 126 })},
		{at + registry.FieldAgeAtLeast, group(func(g *registry.Group) { g.Age.AtLeast = -1 })},
		{at + registry.FieldAgeAtMost, group(func(g *registry.Group) { g.Age.AtMost = -1 })},
		{at + registry.FieldAgeAtMost, group(func(g *registry.Group) { g.Age.AtMost = registry.OldestAge + 1 })},
		{at + registry.FieldAgeAtMost, group(func(g *registry.Group) { g.Age.AtMost = 74 })},
		{at + registry.FieldAgeOn, group(func(g *registry.Group) { g.Age = registry.Age{On: registry.MustDate("2021-01-01")} })},
		{at + registry.FieldAgeOn, group(func(g *registry.Group) { g.Age.On = registry.MustDate("1921-01-01") })},
		{at + registry.FieldGroupSex, group(func(g *registry.Group) { g.Sex = "X" })},
		{at + registry.FieldResidence, group(func(g *registry.Group) { g.Residence.In = []registry.Residence{0} })},
		{at + registry.FieldNotResidence, group(func(g *registry.Group) { g.Residence.Out = []registry.Residence{99} })},
		{at + registry.FieldNotResidence, group(func(g *registry.Group) {
			g.Residence = registry.Among[registry.Residence]{In: []registry.Residence{1, 2}, Out: []registry.Residence{2}}
		})},
		{at + registry.FieldOccupation, group(func(g *registry.Group) { g.Occupation.In = []registry.Occupation{-1} })},
		{at + registry.FieldNotOccupation, group(func(g *registry.Group) { g.Occupation.Out = []registry.Occupation{7} })},
		{at + registry.FieldWorkplace, group(func(g *registry.Group) { g.Workplace.In = []registry.Workplace{12} })},
		{at + registry.FieldNotWorkplace, group(func(g *registry.Group) { g.Workplace.Out = []registry.Workplace{0} })},
		{at + registry.FieldAnyALD, group(func(g *registry.Group) { g.Conditions = registry.AmongConditions{Any: registry.AnswerNo, In: 1} })},
		{at + registry.FieldAnyALD, group(func(g *registry.Group) { g.Conditions.Any = 3 })},
		{at + registry.FieldNotALDs, group(func(g *registry.Group) { g.Conditions = registry.AmongConditions{In: 3, Out: 1} })},
		{at + registry.FieldAnyComorbidity, group(func(g *registry.Group) {
			g.Comorbidities = registry.AmongComorbidities{Any: registry.AnswerYes, In: 1}
		})},
		{at + registry.FieldVeryHighRisk, group(func(g *registry.Group) {
			g.Comorbidities = registry.AmongComorbidities{Any: registry.AnswerNo, VeryHighRisk: registry.AnswerYes}
		})},
		{at + registry.FieldVeryHighRisk, group(func(g *registry.Group) { g.Comorbidities.VeryHighRisk = -1 })},
		{at + registry.FieldComorbidities, group(func(g *registry.Group) { g.Comorbidities.In = 1 << 62 })},
		{at + registry.FieldNotComorbidities, group(func(g *registry.Group) { g.Comorbidities.Out = 1 << 36 })},
		{at + registry.FieldNotComorbidities, group(func(g *registry.Group) { g.Comorbidities = registry.AmongComorbidities{In: 3, Out: 2} })},
		{at + registry.FieldDepartments, group(func(g *registry.Group) { g.Territory.In.Departments = []string{"20"} })},
		{at + registry.FieldNotDepartments, group(func(g *registry.Group) { g.Territory.Out.Departments = []string{"1"} })},
		{at + registry.FieldPostalCodes, group(func(g *registry.Group) { g.Territory.In.PostalCodes = []string{"750111"} })},
		{at + registry.FieldPostalCodes, group(func(g *registry.Group) { g.Territory.In.PostalCodes = []string{"7"} })},
		{at + registry.FieldNotPostalCodes, group(func(g *registry.Group) { g.Territory.Out.PostalCodes = []string{"2A"} })},
		{at + registry.FieldCommuneCodes, group(func(g *registry.Group) { g.Territory.In.CommuneCodes = []string{"2C"} })},
		{at + registry.FieldCommuneCodes, group(func(g *registry.Group) { g.Territory.In.CommuneCodes = make([]string, 501) })},
		{at + registry.FieldNotCommuneCodes, group(func(g *registry.Group) { g.Territory.Out.CommuneCodes = []string{"2Axyz"} })},
		{at + registry.FieldNotDepartments, group(func(g *registry.Group) {
			g.Territory = registry.Territory{In: registry.Area{Departments: []string{"13", "75"}}, Out: registry.Area{Departments: []string{"75"}}}
		})},
		{at + registry.FieldNotPostalCodes, group(func(g *registry.Group) {
			g.Territory = registry.Territory{In: registry.Area{PostalCodes: []string{"69381"}}, Out: registry.Area{PostalCodes: []string{"693"}}}
		})},
		{at + registry.FieldNotCommuneCodes, group(func(g *registry.Group) {
			g.Territory = registry.Territory{In: registry.Area{CommuneCodes: []string{"2A004"}}, Out: registry.Area{CommuneCodes: []string{"2A"}}}
		})},
		{at + registry.FieldVaccination, group(func(g *registry.Group) { g.Vaccination = 4 })},
		{at + registry.FieldTargeted, group(func(g *registry.Group) { g.Targeted = 3 })},
	}
	seen := map[string]bool{}
	for _, tt := range tests {
		c := campaign()
		tt.change(&c)
		_, err := registry.DecideCampaign(c)
		var refused *registry.Error
		if !errors.As(err, &refused) || refused.Kind != registry.KindInvalid || len(refused.Fields) != 1 || refused.Fields[0].Field != tt.field {
			t.Errorf("%s: %v, of %+v", tt.field, err, c)
			continue
		}
		seen[refused.Fields[0].Message] = true
	}
	if len(seen) < 20 {
		t.Errorf("only %d different sentences", len(seen))
	}
	if c, err := registry.DecideCampaign(campaign()); err != nil || !cmp.Equal(c, campaign()) {
		t.Errorf("the campaign itself: %v, %+v", err, c)
	}
}

// A part of what is asked may be left out.
func TestATerritoryWithoutOneOfItsPartsIsNoContradiction(t *testing.T) {
	c := campaign()
	c.Criteria[0].Territory = registry.Territory{
		In:  registry.Area{Departments: []string{"69"}, PostalCodes: []string{"693"}, CommuneCodes: []string{"2A"}},
		Out: registry.Area{Departments: []string{"75"}, PostalCodes: []string{"69381"}, CommuneCodes: []string{"2A004"}},
	}
	if _, err := registry.DecideCampaign(c); err != nil {
		t.Error(err)
	}
}

// The list whose value is to go may be long.
func TestATerritoryAskedAndLeftOutIsNamed(t *testing.T) {
	c := campaign()
	c.Criteria[0].Territory = registry.Territory{In: registry.Area{PostalCodes: []string{"13001", "69381"}}, Out: registry.Area{PostalCodes: []string{"69"}}}
	_, err := registry.DecideCampaign(c)
	var refused *registry.Error
	if !errors.As(err, &refused) || len(refused.Fields) != 1 || !strings.Contains(refused.Fields[0].Message, "69381") {
		t.Errorf("%v, %+v", err, refused)
	}
}

// Corsica has no 20: the sentence that refuses it does not count it among those that suit.
func TestDepartment20IsRefusedByASentenceWithoutIt(t *testing.T) {
	c := campaign()
	c.Criteria[0].Territory.In.Departments = []string{"20"}
	_, err := registry.DecideCampaign(c)
	var refused *registry.Error
	if !errors.As(err, &refused) || len(refused.Fields) != 1 || !strings.Contains(refused.Fields[0].Message, "01 à 19, 2A, 2B, 21 à 95") {
		t.Errorf("%v, %+v", err, refused)
	}
}

// All that is wrong is said at once, each in its group.
func TestAllThatIsWrongWithACampaignIsSaidAtOnce(t *testing.T) {
	c := campaign()
	c.Name, c.Opens = "", registry.Date{}
	c.Criteria = registry.Criteria{c.Criteria[0], {}, {Sex: "X", Targeted: 9}}
	_, err := registry.DecideCampaign(c)
	var refused *registry.Error
	if !errors.As(err, &refused) {
		t.Fatal(err)
	}
	var fields []string
	for _, f := range refused.Fields {
		fields = append(fields, f.Field)
	}
	want := []string{registry.FieldCampaignName, registry.FieldOpens, "1", registry.GroupField(2, registry.FieldGroupSex), "2.targeted"}
	if diff := cmp.Diff(want, fields); diff != "" {
		t.Error(diff)
	}
}

func TestCampaignsAreKeptInOneForm(t *testing.T) {
	c := campaign()
	c.Name = "  75 ans  et plus "
	c.Criteria[0].Residence.In = []registry.Residence{registry.ResidenceUSLD, registry.ResidenceEHPAD, registry.ResidenceUSLD}
	c.Criteria[0].Workplace.Out = []registry.Workplace{}
	c.Criteria[0].Territory.In.Departments = []string{"75", "2A", "75"}
	c, err := registry.DecideCampaign(c)
	want := campaign()
	want.Criteria[0].Residence.In = []registry.Residence{registry.ResidenceEHPAD, registry.ResidenceUSLD}
	want.Criteria[0].Territory.In.Departments = []string{"2A", "75"}
	if diff := cmp.Diff(want, c); err != nil || diff != "" {
		t.Error(err, diff)
	}
	rapid.Check(t, func(t *rapid.T) {
		c := draw.Campaign(t)
		if again, err := registry.DecideCampaign(c); err != nil || !cmp.Equal(c, again) {
			t.Fatal(err, cmp.Diff(c, again))
		}
	})
}

// Stores keep criteria as JSON, whatever they compile of them.
func TestCampaignsAreTheSameAfterJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, back := draw.Campaign(t), registry.Campaign{}
		text, err := json.Marshal(c)
		if err == nil {
			err = json.Unmarshal(text, &back)
		}
		if err != nil || !cmp.Equal(c, back) {
			t.Fatal(err, cmp.Diff(c, back))
		}
	})
}

// People drawn at random are on both sides of the criteria drawn, often enough for properties to say something.
func TestDrawnPeopleAreOnBothSides(t *testing.T) {
	var campaigns, mixed int
	rapid.Check(t, func(t *rapid.T) {
		c := draw.Campaign(t)
		campaigns++
		sides := map[bool]bool{}
		for range 20 {
			sides[c.Concerns(draw.Person(t))] = true
		}
		if len(sides) == 2 {
			mixed++
		}
	})
	if mixed*3 < campaigns {
		t.Errorf("only %d of %d campaigns have people on both sides", mixed, campaigns)
	}
}

func TestACampaignEndsAfterItsLastDay(t *testing.T) {
	open := campaign()
	closed := campaign()
	closed.Closes = registry.MustDate("2021-01-20")
	for _, tt := range []struct {
		day   string
		ended bool
	}{
		{"2021-01-17", false}, {"2021-01-18", false}, {"2021-01-20", false}, {"2021-01-21", true}, {"2022-01-01", true},
	} {
		if day := registry.MustDate(tt.day); open.Ended(day) || closed.Ended(day) != tt.ended {
			t.Errorf("on %s: %v, %v", tt.day, open.Ended(day), closed.Ended(day))
		}
	}
}

// TestWhatIsAskedAndLeftOutIsNamed: among tens of boxes it is not seen.
func TestWhatIsAskedAndLeftOutIsNamed(t *testing.T) {
	for want, change := range map[string]func(*registry.Group){
		"Une même valeur est à la fois demandée et exclue\u00a0: «\u00a0trisomie\u00a021\u00a0». Retirez-la de l’une des deux listes.": func(g *registry.Group) {
			g.Comorbidities.In, g.Comorbidities.Out = registry.ComorbiditiesOf(6, registry.ComorbidityTrisomy21), registry.ComorbiditiesOf(registry.ComorbidityTrisomy21)
		},
		"Des valeurs sont à la fois demandées et exclues\u00a0: «\u00a0diabète de type\u00a01 et diabète de type\u00a02\u00a0» et «\u00a0mucoviscidose\u00a0». Retirez-les de l’une des deux listes.": func(g *registry.Group) {
			g.Conditions.In, g.Conditions.Out = registry.ConditionsOf(8, 9, 18), registry.ConditionsOf(18, 8)
		},
		"Une même valeur est à la fois demandée et exclue\u00a0: «\u00a0" + registry.Residence(2).Label() + "\u00a0». Retirez-la de l’une des deux listes.": func(g *registry.Group) {
			g.Residence.In, g.Residence.Out = []registry.Residence{1, 2}, []registry.Residence{2, 3}
		},
	} {
		c := campaign()
		change(&c.Criteria[0])
		_, err := registry.DecideCampaign(c)
		var refused *registry.Error
		if !errors.As(err, &refused) || len(refused.Fields) != 1 || refused.Fields[0].Message != want {
			t.Errorf("%v\nis not %q", err, want)
		}
	}
}
