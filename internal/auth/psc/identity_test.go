package psc_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"vaccin/internal/auth/oidc"
	"vaccin/internal/auth/psc"
	"vaccin/internal/shareddata"
)

func readFile(t testing.TB, path string) []byte {
	t.Helper()
	body, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func TestParseUserInfoReadsTheRealSample(t *testing.T) {
	sample := shareddata.Path(t, "identities/psc-userinfo-two-places.json")
	got, err := psc.ParseUserInfo(readFile(t, sample))
	if err != nil {
		t.Fatal(err)
	}
	want := psc.Identity{
		Subject: "f:550dc1c8-0000-4000-8000-000000000000:899700427885", NationalID: "899700427885",
		FamilyName: "DOC0042788", GivenName: "KIT", Civility: "M", HasRefPro: true,
		Exercises: []psc.Exercise{{
			ProfessionCode: "10", ProfessionCategory: "C", CivilityCode: "DR", FamilyName: "DOC0042788", GivenName: "KIT",
			SkillTypeCode: "S", SkillCode: "SM26",
			Activities: []psc.Activity{{
				StructureTechnicalID: "R102671", Name: "CABINET M DOC0042788", AddressLines: []string{"1 R NOIR"},
				PostalCode: "75009", PostOffice: "75009 PARIS", CountryCode: "99000",
				PreviousStructureID: "499700427885006", SectorCode: "SA07", ModeCode: "L",
			}, {
				StructureTechnicalID: "F0B0193488", Name: "HOPITAL GENERIQUE FIN VARI", FINESS: "0B0193488", LegalFINESS: "1B0064166",
				PreviousStructureID: "10B0193488", SectorCode: "SA01", ModeCode: "S",
			}},
		}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("identity (-want +got):\n%s", diff)
	}
	if got.RPPS() != "99700427885" {
		t.Errorf("RPPS %q", got.RPPS())
	}
	if n := len(got.Practices(doctorsOnly)); n != 2 {
		t.Errorf("%d places, want 2", n)
	}
}

func TestParseUserInfoReadsEveryFieldOfAnActivity(t *testing.T) {
	got, err := psc.ParseUserInfo(readFile(t, filepath.Join("testdata", "full.json")))
	if err != nil {
		t.Fatal(err)
	}
	want := []psc.Activity{{
		StructureTechnicalID: "R900201", Name: "Centre de santé des Ormes", FINESS: "93B000025", LegalFINESS: "93C000024",
		SIRET: "99999999900011", SIREN: "999999999",
		AddressLines: []string{"Dr Camille ARNOUX", "Bâtiment C", "12 B AV DES ORMES", "BP 40"},
		PostalCode:   "93200", PostOffice: "93205 SAINT-DENIS CEDEX", CountryCode: "99000",
		PreviousStructureID: "499700813704001", SectorCode: "SA07", ModeCode: "L",
	}, {
		StructureTechnicalID: "R900202", Name: "L’Enseigne du Parc", PreviousStructureID: "499700813704002",
	}}
	if diff := cmp.Diff(want, got.Exercises[0].Activities); diff != "" {
		t.Errorf("activities (-want +got):\n%s", diff)
	}
	if got.Civility != "MME" {
		t.Errorf("civility %q: the one of SubjectRefPro must win over the top one", got.Civility)
	}
}

func TestParseUserInfoAcceptsTheFormsSeen(t *testing.T) {
	const head = `"sub":"s","SubjectNameID":"899700810379"`
	type outcome struct {
		ID, Civility string
		HasRefPro    bool
		Exercises    int
	}
	for _, c := range []struct {
		name, body string
		want       outcome
	}{
		{"no SubjectRefPro", `{` + head + `}`, outcome{ID: "899700810379"}},
		{"null SubjectRefPro", `{` + head + `,"SubjectRefPro":null}`, outcome{ID: "899700810379"}},
		{"empty text as SubjectRefPro", `{` + head + `,"SubjectRefPro":""}`, outcome{ID: "899700810379"}},
		{"empty object", `{` + head + `,"SubjectRefPro":{}}`, outcome{ID: "899700810379", HasRefPro: true}},
		{"object", `{` + head + `,"SubjectRefPro":{"exercices":[{"codeProfession":"10"}]}}`, outcome{ID: "899700810379", HasRefPro: true, Exercises: 1}},
		{"object as text", `{` + head + `,"SubjectRefPro":" {\"codeCivilite\":\"M\",\"exercices\":[{\"codeProfession\":\"10\"},{}]}"}`, outcome{ID: "899700810379", Civility: "M", HasRefPro: true, Exercises: 2}},
		{"civility at the top", `{` + head + `,"codeCivilite":"MME","SubjectRefPro":{"exercices":[]}}`, outcome{ID: "899700810379", Civility: "MME", HasRefPro: true}},
		{"civility at the top without SubjectRefPro", `{` + head + `,"codeCivilite":"MME"}`, outcome{ID: "899700810379", Civility: "MME"}},
		{"username alone", `{"preferred_username":"899700810379"}`, outcome{ID: "899700810379"}},
		{"both names", `{"SubjectNameID":"899700810379","preferred_username":" 899700810379 "}`, outcome{ID: "899700810379"}},
		{"wrong check digit", `{"SubjectNameID":"899700810370"}`, outcome{ID: "899700810370"}},
		{"ADELI", `{"SubjectNameID":"0750012345"}`, outcome{ID: "0750012345"}},
		{"ADELI of Corsica", `{"SubjectNameID":"02A9300123"}`, outcome{ID: "02A9300123"}},
		{"nulls", `{` + head + `,"family_name":null,"SubjectRefPro":{"exercices":null}}`, outcome{ID: "899700810379", HasRefPro: true}},
		{"texts of the greatest length", `{` + head + `,"family_name":"` + strings.Repeat("É", 200) + `"}`, outcome{ID: "899700810379"}},
		{"a hundred exercices", `{` + head + `,"SubjectRefPro":{"exercices":[` + strings.Repeat("{},", 99) + `{}]}}`, outcome{ID: "899700810379", HasRefPro: true, Exercises: 100}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := psc.ParseUserInfo([]byte(c.body))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, outcome{got.NationalID, got.Civility, got.HasRefPro, len(got.Exercises)}); diff != "" {
				t.Errorf("identity (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseUserInfoRefuses(t *testing.T) {
	with := func(field string) string { return `{"SubjectNameID":"899700810379",` + field + `}` }
	activity := func(field string) string {
		return with(`"SubjectRefPro":{"exercices":[{"activities":[{` + field + `}]}]}`)
	}
	for _, c := range []struct {
		name, body string
		want       oidc.Reason
	}{
		{"nothing", ``, oidc.ReasonInvalidIdentity},
		{"an array", `[]`, oidc.ReasonInvalidIdentity},
		{"cut short", `{"sub":"s`, oidc.ReasonInvalidIdentity},
		{"two documents", `{"SubjectNameID":"899700810379"}{}`, oidc.ReasonInvalidIdentity},
		{"bytes that are not UTF-8", with(`"family_name":"` + "\xff" + `"`), oidc.ReasonInvalidIdentity},
		{"such bytes in a claim not read", with(`"other":"` + "\xff" + `"`), oidc.ReasonInvalidIdentity},
		{"half a surrogate pair", with(`"family_name":"\ud800"`), oidc.ReasonInvalidIdentity},
		{"a number as text", with(`"family_name":12345678`), oidc.ReasonInvalidIdentity},
		{"null character", with(`"family_name":"A\u0000B"`), oidc.ReasonInvalidIdentity},
		{"line feed in a name", with(`"given_name":"A\nB"`), oidc.ReasonInvalidIdentity},
		{"line separator", with(`"given_name":"A\u2028B"`), oidc.ReasonInvalidIdentity},
		{"text written backwards", with(`"given_name":"A\u202eB"`), oidc.ReasonInvalidIdentity},
		{"control character in a place", activity(`"raisonSocialeSite":"A\u001bB"`), oidc.ReasonInvalidIdentity},
		{"endless name", with(`"family_name":"` + strings.Repeat("A", 201) + `"`), oidc.ReasonInvalidIdentity},
		{"endless subject", with(`"sub":"` + strings.Repeat("s", 256) + `"`), oidc.ReasonInvalidIdentity},
		{"endless street", activity(`"libelleVoie":"` + strings.Repeat("A", 201) + `"`), oidc.ReasonInvalidIdentity},
		{"endless street line", activity(`"numeroVoie":"1234","libelleVoie":"` + strings.Repeat("A", 199) + `"`), oidc.ReasonInvalidIdentity},
		{"101 exercices", with(`"SubjectRefPro":{"exercices":[` + strings.Repeat("{},", 100) + `{}]}`), oidc.ReasonInvalidIdentity},
		{"101 activities", with(`"SubjectRefPro":{"exercices":[{"activities":[` + strings.Repeat("{},", 100) + `{}]}]}`), oidc.ReasonInvalidIdentity},
		{"SubjectRefPro as an array", with(`"SubjectRefPro":[]`), oidc.ReasonInvalidIdentity},
		{"SubjectRefPro as any text", with(`"SubjectRefPro":"hello"`), oidc.ReasonInvalidIdentity},
		{"SubjectRefPro as text in text", with(`"SubjectRefPro":"\"{}\""`), oidc.ReasonInvalidIdentity},
		{"exercices as an object", with(`"SubjectRefPro":{"exercices":{}}`), oidc.ReasonInvalidIdentity},
		{"two national identifiers", `{"SubjectNameID":"899700810379","preferred_username":"899700810742"}`, oidc.ReasonInvalidIdentity},
		{"no national identifier", `{"sub":"s"}`, psc.ReasonNoNationalID},
		{"RPPS too short", `{"SubjectNameID":"89970081037"}`, psc.ReasonNoNationalID},
		{"RPPS too long", `{"SubjectNameID":"8997008103790"}`, psc.ReasonNoNationalID},
		{"RPPS without its prefix", `{"SubjectNameID":"99700810379"}`, psc.ReasonNoNationalID},
		{"letters", `{"SubjectNameID":"8997008103A9"}`, psc.ReasonNoNationalID},
		{"digits of another script", `{"SubjectNameID":"8٩9700810379"}`, psc.ReasonNoNationalID},
		{"employee of a structure", `{"SubjectNameID":"310000000/AGENT1"}`, psc.ReasonNoNationalID},
		{"an e-mail address", `{"preferred_username":"nom@example.org"}`, psc.ReasonNoNationalID},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := psc.ParseUserInfo([]byte(c.body))
			wantReason(t, err, c.want)
			wantDiscreet(t, err)
			for _, quoted := range []string{"12345678", "AAAA", "example.org", "AGENT1"} {
				if strings.Contains(err.Error(), quoted) {
					t.Errorf("the error quotes what was read: %v", err)
				}
			}
		})
	}
}

func TestParseUserInfoRefusesMoreThanItsBound(t *testing.T) {
	body := `{"SubjectNameID":"899700810379"}` + strings.Repeat(" ", 1<<20)
	_, err := psc.ParseUserInfo([]byte(body))
	wantReason(t, err, oidc.ReasonInvalidIdentity)
}

func TestPracticesKeepsOnePlaceOfEachStructureAndProfession(t *testing.T) {
	at := func(activities ...psc.Activity) []psc.Activity { return activities }
	practice := psc.Activity{StructureTechnicalID: "R1", Name: "Cabinet"}
	for _, c := range []struct {
		name      string
		exercises []psc.Exercise
		want      []string
	}{
		{"no exercice", nil, nil},
		{"no activity", []psc.Exercise{{ProfessionCode: "10"}}, nil},
		{"profession not authorised", []psc.Exercise{{ProfessionCode: "60", Activities: at(practice)}}, nil},
		{"no profession", []psc.Exercise{{Activities: at(practice)}}, nil},
		{"repeated activity", []psc.Exercise{{ProfessionCode: "10", Activities: at(practice, practice)}}, []string{"10 Cabinet"}},
		{"repeated exercice", []psc.Exercise{
			{ProfessionCode: "10", Activities: at(practice)}, {ProfessionCode: "10", Activities: at(practice)},
		}, []string{"10 Cabinet"}},
		{"same structure, private and salaried", []psc.Exercise{{ProfessionCode: "10", Activities: at(
			psc.Activity{StructureTechnicalID: "F1", Name: "Hôpital", ModeCode: "S"}, psc.Activity{StructureTechnicalID: "F1", Name: "Hôpital", ModeCode: "L"},
		)}}, []string{"10 Hôpital"}},
		{"same structure, two professions", []psc.Exercise{
			{ProfessionCode: "10", Activities: at(practice)}, {ProfessionCode: "21", Activities: at(practice)},
		}, []string{"10 Cabinet", "21 Cabinet"}},
		{"same name, two structures", []psc.Exercise{{ProfessionCode: "10", Activities: at(
			practice, psc.Activity{StructureTechnicalID: "R2", Name: "Cabinet"},
		)}}, []string{"10 Cabinet", "10 Cabinet"}},
		{"known by FINESS, SIRET, previous number or address", []psc.Exercise{{ProfessionCode: "10", Activities: at(
			psc.Activity{Name: "A", FINESS: "1"}, psc.Activity{Name: "A", FINESS: "1"},
			psc.Activity{Name: "B", SIRET: "1"}, psc.Activity{Name: "B", SIRET: "1"},
			psc.Activity{Name: "C", PreviousStructureID: "1"}, psc.Activity{Name: "C", PreviousStructureID: "1"},
			psc.Activity{Name: "D", PostalCode: "1"}, psc.Activity{Name: "D", PostalCode: "1"}, psc.Activity{Name: "D", PostalCode: "2"},
		)}}, []string{"10 A", "10 B", "10 C", "10 D", "10 D"}},
		{"nothing known", []psc.Exercise{{ProfessionCode: "10", Activities: at(psc.Activity{ModeCode: "L"})}}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			identity := psc.Identity{FamilyName: "MARCHAND", GivenName: "Hélène", Exercises: c.exercises}
			var got []string
			for _, p := range identity.Practices(func(code string) bool { return code == "10" || code == "21" }) {
				got = append(got, p.ProfessionCode+" "+p.Activity.Name)
				if p.FamilyName != "MARCHAND" || p.GivenName != "Hélène" {
					t.Errorf("without a name of exercise, the civil one must serve: %q %q", p.GivenName, p.FamilyName)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("places (-want +got):\n%s", diff)
			}
		})
	}
}

func FuzzParseUserInfo(f *testing.F) {
	fixtures, err := filepath.Glob("testdata/*.json")
	if err != nil || len(fixtures) == 0 {
		f.Fatalf("no fixture: %v", err)
	}
	for _, path := range fixtures {
		f.Add(readFile(f, path))
	}
	f.Add([]byte(`{"SubjectNameID":"899700810379","SubjectRefPro":"{\"exercices\":[{}]}"}`))
	f.Add([]byte(`{"SubjectNameID":"0750012345","codeCivilite":"M\u202e"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		identity, err := psc.ParseUserInfo(body)
		if err != nil {
			if reason := oidc.ReasonOf(err); reason != oidc.ReasonInvalidIdentity && reason != psc.ReasonNoNationalID {
				t.Fatalf("reason %q", reason)
			}
			if diff := cmp.Diff(psc.Identity{}, identity); diff != "" {
				t.Fatalf("an error with an identity:\n%s", diff)
			}
			return
		}
		if n := len(identity.NationalID); n != 12 && n != 10 {
			t.Fatalf("national identifier of %d characters", n)
		}
		if !identity.HasRefPro && identity.Exercises != nil || len(identity.Exercises) > 100 {
			t.Fatalf("%d exercices", len(identity.Exercises))
		}
		wantClean(t, identity.FamilyName, identity.GivenName, identity.Civility)
		for _, practice := range identity.Practices(func(string) bool { return true }) {
			wantClean(t, practice.FamilyName, practice.GivenName, practice.Activity.Name, practice.Activity.PostalCode, practice.Activity.PostOffice)
			wantClean(t, practice.Activity.AddressLines...)
		}
	})
}

func wantClean(t *testing.T, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if utf8.RuneCountInString(text) > 200 || strings.ContainsFunc(text, unicode.IsControl) || strings.TrimSpace(text) != text {
			t.Fatalf("unbounded, untrimmed or unprintable: %q", text)
		}
	}
}
