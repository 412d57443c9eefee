package referential

import (
	"encoding/xml"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"vaccin/internal/registry"
	"vaccin/internal/shareddata"

	"github.com/google/go-cmp/cmp"
)

func builtinReference(t testing.TB) registry.Reference {
	t.Helper()
	c, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return registry.Reference{
		Vaccines: c.Vaccines, Schedules: c.Schedules, Sites: c.Sites, PlaceTypes: c.PlaceTypes, Activities: c.Activities, Openings: c.Openings,
		ObjectionLimits: c.ObjectionLimits,
	}
}

func TestBuiltinVaccinesAreFourAndDated(t *testing.T) {
	ref := builtinReference(t)
	tests := []struct {
		code, before, day, name string
		doses, age              int
	}{
		{VaccineComirnaty, "2020-12-20", "2020-12-21", "Comirnaty", 2, 16},
		{VaccineModerna, "2021-01-05", "2021-01-06", "COVID-19 Vaccine Moderna", 2, 18},
		{VaccineAstraZeneca, "2021-01-28", "2021-01-29", "COVID-19 Vaccine AstraZeneca", 2, 18},
		{VaccineJanssen, "2021-03-10", "2021-03-11", "COVID-19 Vaccine Janssen", 1, 18},
	}
	if len(ref.Vaccines) != len(tests) {
		t.Fatalf("%d vaccines, want %d", len(ref.Vaccines), len(tests))
	}
	for _, test := range tests {
		t.Run(test.code, func(t *testing.T) {
			v, _ := ref.Vaccine(test.code)
			day := registry.MustDate(test.day)
			if v.Doses != test.doses || v.MinimumAge != test.age || v.NameOn(day) != test.name {
				t.Errorf("got %d doses from %d years named %q", v.Doses, v.MinimumAge, v.NameOn(day))
			}
			authorised := func(on registry.Date) bool {
				return slices.ContainsFunc(ref.AuthorisedVaccines(on), func(o registry.Vaccine) bool { return o.Code == v.Code })
			}
			if authorised(registry.MustDate(test.before)) || !authorised(day) {
				t.Errorf("not authorised from %s exactly", test.day)
			}
		})
	}
}

func TestBuiltinVaccinesChangeNamesOnTheirDays(t *testing.T) {
	ref := builtinReference(t)
	for _, test := range []struct{ code, day, name string }{
		{VaccineModerna, "2021-06-21", "COVID-19 Vaccine Moderna"},
		{VaccineModerna, "2021-06-22", "Spikevax"},
		{VaccineAstraZeneca, "2021-03-24", "COVID-19 Vaccine AstraZeneca"},
		{VaccineAstraZeneca, "2021-03-25", "Vaxzevria"},
		{VaccineJanssen, "2022-04-27", "COVID-19 Vaccine Janssen"},
		{VaccineJanssen, "2022-04-28", "Jcovden"},
	} {
		v, _ := ref.Vaccine(test.code)
		if got := v.NameOn(registry.MustDate(test.day)); got != test.name {
			t.Errorf("%s on %s is %q, want %q", test.code, test.day, got, test.name)
		}
	}
}

func TestBuiltinSchedulesAreThoseOfTheFirstInjectionsDay(t *testing.T) {
	ref := builtinReference(t)
	late := registry.MustDate("2021-09-01")
	for _, test := range []struct {
		code, first         string
		least, advised, top int
	}{
		{VaccineComirnaty, "2021-01-25", 21, 21, 42},
		{VaccineComirnaty, "2021-01-26", 21, 28, 42},
		{VaccineComirnaty, "2021-04-13", 21, 28, 42},
		{VaccineComirnaty, "2021-04-14", 21, 42, 49},
		{VaccineComirnaty, "2021-06-15", 21, 21, 49},
		{VaccineModerna, "2021-02-01", 28, 28, 42},
		{VaccineModerna, "2021-04-14", 28, 42, 49},
		{VaccineModerna, "2021-06-15", 21, 28, 49},
		{VaccineAstraZeneca, "2021-02-15", 63, 63, 84},
	} {
		s, ok := ref.ScheduleFor(test.code, registry.MustDate(test.first), late)
		if !ok || s.Minimum != test.least || s.Recommended != test.advised || s.Maximum != test.top {
			t.Errorf("%s first given on %s: %d–%d–%d (%v)", test.code, test.first, s.Minimum, s.Recommended, s.Maximum, ok)
		}
	}
	if _, ok := ref.ScheduleFor(VaccineJanssen, registry.MustDate("2021-05-01"), late); ok {
		t.Error("a single-dose vaccine has a schedule")
	}
}

// Every day of a vaccine's life has one schedule: a gap would leave a summary without its date.
func TestBuiltinSchedulesLeaveNoGap(t *testing.T) {
	ref := builtinReference(t)
	for _, v := range ref.Vaccines {
		for day := v.AuthorisedOn; v.Doses > 1 && day.Before(registry.MustDate("2022-01-01")); day = day.AddDays(1) {
			if _, ok := ref.ScheduleFor(v.Code, day, day); !ok {
				t.Fatalf("%s has no schedule on %s", v.Code, day)
			}
		}
	}
}

func TestBuiltinPlaceTypesAreTheGuides(t *testing.T) {
	want := []registry.PlaceType{
		{Code: PlaceEHPAD, Label: "EHPAD", Listed: true},
		{Code: PlaceCentre, Label: "Centre de vaccination", Listed: true},
		{Code: PlaceUSLD, Label: "USLD", Listed: true},
		{Code: PlaceResidenceAutonomy, Label: "Résidence autonomie", Listed: true},
		{Code: PlaceResidenceService, Label: "Résidence service senior", Listed: true},
		{Code: PlaceMASFAM, Label: "Maison d’accueil spécialisée ou foyer d’accueil médicalisé", Listed: true},
		{Code: PlaceOtherMedicoSocial, Label: "Dans un autre établissement médico-social", Listed: true},
		{Code: PlaceOtherHealth, Label: "Dans un autre établissement de santé", Listed: true},
		{Code: PlacePractice, Label: "Au cabinet ou dans la structure d’exercice", Practice: true},
		{Code: PlaceHome, Label: "Au domicile du patient"},
		{Code: PlaceMigrantHostel, Label: "Foyer migrant"},
		{Code: PlaceOther, Label: "Autre"},
	}
	if diff := cmp.Diff(want, builtinReference(t).PlaceTypes); diff != "" {
		t.Error(diff)
	}
}

func TestBuiltinActivitiesAreTheGuides(t *testing.T) {
	want := []string{
		"Professionnel de santé travaillant au sein d’un établissement de santé public ou privé",
		"Professionnel de santé travaillant au sein d’un établissement médico-social (EHPAD, ...)",
		"Professionnel de santé travaillant en ambulatoire",
		"Autre (étudiants, professionnels de prévention)",
	}
	got := []string{}
	for _, a := range builtinReference(t).Activities {
		got = append(got, a.Label)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestBuiltinOpensToDoctorsAlone(t *testing.T) {
	ref := builtinReference(t)
	for _, p := range Professions() {
		if got := ref.ProfessionAuthorised(p.Code, registry.MustDate("2021-02-01")); got != (p.Code == registry.ProfessionDoctor) {
			t.Errorf("profession %s authorised: %v", p.Code, got)
		}
	}
	if ref.ProfessionAuthorised(registry.ProfessionDoctor, registry.MustDate("2020-12-26")) {
		t.Error("open before the first injections")
	}
}

func TestBuiltinSitesStartWithTheDeltoids(t *testing.T) {
	sites := builtinReference(t).Sites
	if len(sites) != 10 || sites[0].Label != "Deltoïde gauche" || sites[1].Label != "Deltoïde droit" {
		t.Errorf("got %v", sites)
	}
}

func TestBuiltinSitesAreTheNationalValueSet(t *testing.T) {
	text, err := os.ReadFile(shareddata.Path(t, "nomenclatures/JDV_ImmunizationApproachSiteCode_CISIS.xml"))
	if err != nil {
		t.Fatal(err)
	}
	var set struct {
		Concepts []struct {
			Code  string `xml:"code,attr"`
			Label string `xml:"displayName,attr"`
		} `xml:"ValueSet>ConceptList>Concept"`
	}
	if err := xml.Unmarshal(text, &set); err != nil {
		t.Fatal(err)
	}
	want, got := map[string]string{}, map[string]string{}
	for _, c := range set.Concepts {
		want[c.Code] = c.Label
	}
	for _, s := range builtinReference(t).Sites {
		got[s.Code] = strings.ToLower(s.Label)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestBuiltinProfessionsAreTheNationalNomenclature(t *testing.T) {
	text, err := os.ReadFile(shareddata.Path(t, "nomenclatures/TRE_G15-ProfessionSante.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range strings.Split(strings.TrimRight(string(text), "\n"), "\n")[1:] {
		cells := strings.Split(strings.TrimRight(row, "\r"), "\t")
		p, ok := ProfessionByCode(cells[0])
		if !ok || p.Until.String() != cells[2] {
			t.Errorf("%s: found %v, until %q, want %q", cells[0], ok, p.Until, cells[2])
		}
	}
	if p, _ := ProfessionByCode("10"); p.Label != "Médecin" {
		t.Errorf("10 is %q", p.Label)
	}
}

func TestProfessionsAreFoundByTheirLabel(t *testing.T) {
	for label, want := range map[string]string{
		"Médecin": "10", "MEDECIN": "10", "Masseur-Kinésithérapeute": "70", "masseur kinesitherapeute": "70", "Chirurgien-dentiste": "40",
		"Médecin militaire": "", "": "", "Rebouteux": "",
	} {
		if p, ok := ProfessionByLabel(label); p.Code != want || ok != (want != "") {
			t.Errorf("%q is %q", label, p.Code)
		}
	}
	seen := map[string]string{}
	for _, p := range Professions() {
		if other, twice := seen[registry.Fold(p.Label)]; twice {
			t.Errorf("%s and %s are labelled alike", p.Code, other)
		}
		seen[registry.Fold(p.Label)] = p.Code
	}
}

func TestBuiltinLocalitiesAreReadWholeAndQuickly(t *testing.T) {
	start := time.Now()
	all, err := Localities()
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d localities in %v", len(all), time.Since(start))
	if len(all) < 35_000 {
		t.Errorf("only %d localities", len(all))
	}
	if !slices.ContainsFunc(all, func(l registry.Locality) bool { return l.Label() == "42000 Saint-Étienne" }) {
		t.Error("no Saint-Étienne")
	}
	keys := map[localityKey]bool{}
	for _, l := range all {
		if keys[keyOf(l)] {
			t.Errorf("%s comes twice", l.Label())
		}
		keys[keyOf(l)] = true
	}
}

func TestFINESSCategoriesReachEveryListedTypeButTwo(t *testing.T) {
	categories, err := finessCategories()
	if err != nil {
		t.Fatal(err)
	}
	reached := map[string]bool{}
	for _, c := range categories {
		reached[c.placeType] = true
	}
	for _, p := range builtinReference(t).PlaceTypes {
		elsewhere := p.Code == PlaceCentre || p.Code == PlaceResidenceService // data.gouv.fr; FINESS has no category
		if p.Listed && !elsewhere && !reached[p.Code] {
			t.Errorf("no FINESS category becomes %s", p.Code)
		}
	}
}
