package web

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest/draw"
)

// Whatever a campaign says, its form says the same, and no field of it is left out.
func TestAFormSaysTheSameAsItsCampaign(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := draw.Campaign(t)
		values := campaignValues(c)
		got, form, err := decideTyped(values)
		if err != nil || form.HasErrors() {
			t.Fatalf("%v, %+v", err, form.Errors)
		}
		if diff := cmp.Diff(c, got); diff != "" {
			t.Fatal(diff)
		}
		for field := range values {
			if onPage(field) < 0 && field != fieldGroups {
				t.Errorf("%s has no place on the page", field)
			}
		}
		// A group less is a campaign with a group less, and what is carried through the form is all of the others.
		gone := rapid.IntRange(0, len(c.Criteria)-1).Draw(t, "gone")
		withoutGroup(values, gone)
		c.Criteria = slices.Delete(slices.Clone(c.Criteria), gone, gone+1)
		if diff := cmp.Diff(campaignValues(c), values); diff != "" {
			t.Fatal(diff)
		}
		again := url.Values{}
		for i := range c.Criteria {
			for _, f := range carried(form, groupView{index: i}) {
				again.Add(f.name, f.value)
			}
		}
		for field, all := range values {
			if _, ok := onGroupPage(field); ok && !slices.Equal(again[field], all) {
				t.Errorf("%s is carried as %q, not %q", field, again[field], all)
			}
		}
	})
}

func TestEveryFieldOfAGroupHasItsPlace(t *testing.T) {
	for _, field := range groupFields() {
		if !slices.Contains(groupFieldsInOrder, field) {
			t.Errorf("%s has no place on the page", field)
		}
	}
	if len(groupFields())+1 != len(groupFieldsInOrder) {
		t.Errorf("%d fields, %d places", len(groupFields()), len(groupFieldsInOrder)-1)
	}
}

func FuzzCampaignForm(f *testing.F) {
	for _, seed := range []string{
		"identifier=etat-75-ans&name=75+ans&phase=HAS&rank=1&source=avis&opens=18%2F1%2F2021&groups=1&0.age_at_least=75",
		"groups=99999999999999999999&0.age_at_least=-1", "groups=25&24.sex=X&24.alds=8&24.alds=33", "groups=1&0.residence=EHPAD&0.residence=%FF",
		"groups=2&0.departments=75,2a;974+%C2%A0 01&1.not_commune_codes=2A0%0075", "opens=31/02/2021&closes=0/0/0&groups=1&0.age_on=x",
		"groups=1&0.comorbidities=DIABETE&0.not_comorbidities=DIABETE&0.any_comorbidity=oui&0.targeted=&0.vaccination=AUCUNE_DOSE",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		values, err := url.ParseQuery(body)
		if err != nil {
			return
		}
		c, form, err := decideTyped(values)
		if err != nil {
			t.Fatal(err)
		}
		for i := range groupsOf(values) {
			carried(form, groupView{index: i})
		}
		if form.HasErrors() {
			for _, e := range form.Errors {
				if e.Message == "" || onPage(e.Field) < 0 {
					t.Errorf("%q says %q", e.Field, e.Message)
				}
			}
			return
		}
		again, form, err := decideTyped(campaignValues(c))
		if err != nil || form.HasErrors() {
			t.Fatalf("%v, %+v", err, form.Errors)
		}
		if diff := cmp.Diff(c, again); diff != "" {
			t.Error(diff)
		}
	})
}

func TestNumbersOfPersonsAreWrittenInFrench(t *testing.T) {
	for n, want := range map[int]string{
		0: "0\u00a0personne", 1: "1\u00a0personne", 2: "2\u00a0personnes", 999: "999\u00a0personnes", 1000: "1\u202f000\u00a0personnes",
		12_345: "12\u202f345\u00a0personnes", 67_123_456: "67\u202f123\u202f456\u00a0personnes",
	} {
		if got := personsOf(n); got != want {
			t.Errorf("%d: %q", n, got)
		}
	}
}

// Every department is on the map and in the list, once.
func TestEveryDepartmentIsOnTheMapOnce(t *testing.T) {
	run := registry.Run{Counts: []registry.RunCount{{Department: "75", Persons: 4}, {Department: "", Persons: 3, Age: -1}, {Department: "2A", Sex: registry.Male, Persons: 1}}}
	view := previewOf(run)
	seen := map[string]int{}
	squares := 0
	for _, level := range view.levels {
		for _, c := range level.codes {
			seen[c.code]++
		}
		squares += strings.Count(level.path, "M")
	}
	for _, d := range departmentNames {
		if seen[d.code] != 1 || !registry.IsDepartment(d.code) {
			t.Errorf("%s is %d times on the map", d.code, seen[d.code])
		}
	}
	n := 0
	for i := range 1000 {
		for _, width := range []int{2, 3} {
			code := strconv.Itoa(i)
			for len(code) < width {
				code = "0" + code
			}
			if len(code) == width && registry.IsDepartment(code) {
				n++
			}
		}
	}
	if n+2 != squares || squares != len(departmentNames) {
		t.Errorf("%d squares, %d names, %d departments beside Corsica's", squares, len(departmentNames), n)
	}
	// « Personne » beside « 1 personne » would read as a person.
	if says := view.levels[0].says; says != "Aucune personne" {
		t.Errorf("the legend says %q of departments without anybody", says)
	}
	last := view.departments[len(view.departments)-1]
	if len(view.departments) != 3 || last.name != "Département inconnu" || last.persons != "3" {
		t.Errorf("the table: %+v", view.departments)
	}
	if len(view.sexes) != 3 || view.ages[len(view.ages)-1].total != "8" {
		t.Errorf("ages: %v %+v", view.sexes, view.ages)
	}
}
