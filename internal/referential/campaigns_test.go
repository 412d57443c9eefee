package referential

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"vaccin/internal/referential/builtin"
	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest/draw"
	"vaccin/internal/shareddata"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"
)

func readCampaign(t testing.TB, text string) (registry.Campaign, []Remark, error) {
	t.Helper()
	s, err := NewSource("campaign.toml", strings.NewReader(text))
	if err != nil {
		return registry.Campaign{}, nil, err
	}
	return ReadCampaign(s)
}

// whole is a file that has every key.
func whole(t testing.TB) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "campaign.toml"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestACampaignIsReadFromItsFile(t *testing.T) {
	text := whole(t)
	c, remarks, err := readCampaign(t, text)
	if err != nil || len(remarks) > 0 {
		t.Fatal(err, remarks)
	}
	for key := range groupKeys {
		if !strings.Contains(text, "\n"+key+" = ") {
			t.Errorf("the file does not have %s", key)
		}
	}
	day := registry.MustDate
	want := registry.Campaign{
		ID: "essai", Name: `L’« essai » de "tout"`, Phase: "Essais", Rank: 7, Opens: day("2021-01-18"), Closes: day("2021-03-31"),
		Source: "inventé",
		Criteria: registry.Criteria{
			{
				Age:           registry.Age{AtLeast: 50, AtMost: 64, On: day("2021-02-01")},
				Sex:           registry.Female,
				Residence:     registry.Among[registry.Residence]{In: []registry.Residence{registry.ResidenceEHPAD, registry.ResidenceUSLD}},
				Occupation:    registry.Among[registry.Occupation]{In: []registry.Occupation{registry.OccupationHealth}},
				Workplace:     registry.Among[registry.Workplace]{In: []registry.Workplace{registry.WorkplaceEHPAD}},
				Conditions:    registry.AmongConditions{In: registry.ConditionsOf(8, 13)},
				Comorbidities: registry.AmongComorbidities{In: registry.ComorbiditiesOf(registry.ComorbidityDiabetes), VeryHighRisk: registry.AnswerNo},
				Territory: registry.Territory{In: registry.Area{
					Departments: []string{"2A", "974"}, PostalCodes: []string{"75011", "92"}, CommuneCodes: []string{"75056", "2A0"},
				}},
				Vaccination: registry.VaccinationNone,
				Targeted:    registry.AnswerNo,
			},
			{
				Residence:     registry.Among[registry.Residence]{Out: []registry.Residence{registry.ResidencePrison}},
				Occupation:    registry.Among[registry.Occupation]{Out: []registry.Occupation{registry.OccupationFirefighter}},
				Workplace:     registry.Among[registry.Workplace]{Out: []registry.Workplace{registry.WorkplaceClosed}},
				Conditions:    registry.AmongConditions{Any: registry.AnswerYes, Out: registry.ConditionsOf(30)},
				Comorbidities: registry.AmongComorbidities{Any: registry.AnswerYes, Out: registry.ComorbiditiesOf(registry.ComorbidityTrisomy21)},
				Territory: registry.Territory{Out: registry.Area{
					Departments: []string{"75"}, PostalCodes: []string{"13"}, CommuneCodes: []string{"13055"},
				}},
			},
		},
	}
	slices.Sort(want.Criteria[0].Territory.In.CommuneCodes)
	if diff := cmp.Diff(want, c); diff != "" {
		t.Error(diff)
	}
	for name, same := range map[string]string{
		"Windows ends of lines": strings.ReplaceAll(text, "\n", "\r\n"), "a byte order mark": byteOrderMark + text, "two of them": byteOrderMark + byteOrderMark + text,
		"small letters": strings.ReplaceAll(text, `"EHPAD"`, `"ehpad"`), "single quotes": strings.ReplaceAll(text, `"USLD"`, `'USLD'`),
	} {
		if other, remarks, err := readCampaign(t, same); err != nil || len(remarks) > 0 || !cmp.Equal(c, other) {
			t.Errorf("%s: %v %v", name, err, remarks)
		}
	}
}

// TestTheLettersOfCorsicaMayBeSmall: the page takes them so, and so does a file.
func TestTheLettersOfCorsicaMayBeSmall(t *testing.T) {
	text := whole(t)
	want, _, err := readCampaign(t, text)
	if err != nil {
		t.Fatal(err)
	}
	small := strings.NewReplacer(`"2A"`, `"2a"`, `"2A0"`, `"2a0"`).Replace(text)
	if c, remarks, err := readCampaign(t, small); err != nil || len(remarks) > 0 || !reflect.DeepEqual(c, want) || small == text {
		t.Error(err, remarks, c)
	}
}

// What is written reads back the same, whatever the campaign.
func TestACampaignWrittenIsReadBackTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := draw.Campaign(t)
		text, err := CampaignFile(c)
		if err != nil {
			t.Fatal(err)
		}
		s, err := NewSource("campaign.toml", bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		back, remarks, err := ReadCampaign(s)
		if err != nil || len(remarks) > 0 || !cmp.Equal(c, back) {
			t.Fatalf("%v %v\n%s\n%s", err, remarks, text, cmp.Diff(c, back))
		}
	})
}

// A keyboard or a clipboard may write an accent apart from its letter: read from a file it is as it would be from a form.
func TestAnAccentApartFromItsLetterIsReadAsOne(t *testing.T) {
	text := whole(t)
	apart := norm.NFD.String(text)
	want, _, err := readCampaign(t, text)
	if err != nil || apart == text {
		t.Fatal(err)
	}
	if c, remarks, err := readCampaign(t, apart); err != nil || len(remarks) > 0 || !reflect.DeepEqual(c, want) {
		t.Error(err, remarks, cmp.Diff(want, c))
	}
}

// bad are files that cannot be taken, each with the line, the key and a part of what is said.
var bad = []struct {
	name, from, to string // a change to the whole file
	line           int
	key, says      string
}{
	{"an unknown key", `age_minimum`, `age_mini`, 12, "age_mini", "Vouliez-vous écrire « age_minimum » ?"},
	{"a key of a group outside", "nom =", "sexe = \"F\"\nnom =", 4, "sexe", "Les clés possibles ici sont : fermeture, groupe, identifiant"},
	{"a key cut short", `age_minimum`, `age_min`, 12, "age_min", "Vouliez-vous écrire « age_minimum » ?"},
	{"an accent in a key", `residences = ["EHPAD"`, `"résidences" = ["EHPAD"`, 11, "", "Vouliez-vous écrire « residences » ?"},
	{"an unknown table", "[[groupe]]\nage", "[[groupes]]\nage", 0, "groupes", "Vouliez-vous écrire « groupe » ?"},
	{"a single bracket", "[[groupe]]\nhors_residences", "[groupe]\nhors_residences", 28, "", "Cette clé est déjà donnée"},
	{"a text without quotes", `phase = "Essais"`, `phase = Essais`, 5, "", "Cette ligne ne se lit pas"},
	{"typographic quotes", `phase = "Essais"`, `phase = “Essais”`, 5, "", "Cette ligne ne se lit pas"},
	{"a bracket that lacks", "[[groupe]]\nage", "[[groupe]\nage", 11, "", "Cette ligne ne se lit pas"},
	{"a key given twice", `phase = "Essais"`, "phase = \"Essais\"\nphase = \"Deux\"", 6, "", "déjà donnée"},
	{"a text for a number", `ordre = 7`, `ordre = "7"`, 6, "ordre", "nombre entier"},
	{"a fraction", `ordre = 7`, `ordre = 7.5`, 6, "ordre", "nombre entier"},
	{"nought", `ordre = 7`, `ordre = 0`, 6, "ordre", "de 1 à 999"},
	{"an age of nought", "age_minimum = 50", "age_minimum = 0", 12, "age_minimum", "de 1 à 125"},
	{"a highest age of nought", `age_maximum = 64`, `age_maximum = 0`, 13, "age_maximum", "de 1 à 125"},
	{"a number for a text", `phase = "Essais"`, `phase = 2`, 5, "phase", "un texte entre guillemets"},
	{"a date in quotes", `ouverture = 2021-01-18`, `ouverture = "2021-01-18"`, 7, "ouverture", "une date sous la forme 2021-01-18"},
	{"a date of paper", `ouverture = 2021-01-18`, `ouverture = 18/01/2021`, 7, "", "Cette ligne ne se lit pas"},
	{"a moment", `ouverture = 2021-01-18`, `ouverture = 2021-01-18T08:00:00Z`, 7, "ouverture", "ni heure"},
	{"a local moment", `ouverture = 2021-01-18`, `ouverture = 2021-01-18T08:00:00`, 7, "ouverture", "ni heure"},
	{"a day that is none", `ouverture = 2021-01-18`, `ouverture = 2021-02-30`, 7, "", "Cette ligne ne se lit pas"},
	{"another century", `ouverture = 2021-01-18`, `ouverture = 1021-01-18`, 7, "ouverture", "entre 2020 et 2099"},
	{"no opening", "ouverture = 2021-01-18\n", "", 0, "ouverture", "Indiquez le jour d’ouverture"},
	{"closed before", `fermeture = 2021-03-31`, `fermeture = 2021-01-17`, 8, "fermeture", "se termine avant de commencer"},
	{"no name", "nom = ", "# ", 0, "nom", "Donnez un nom"},
	{"an identifier with capitals", `"essai"`, `"Essai"`, 3, "identifiant", "en minuscules"},
	{"an age of a dead", `age_minimum = 50`, `age_minimum = 130`, 12, "age_minimum", "de 1 à 125"},
	{"a negative age", `age_minimum = 50`, `age_minimum = -5`, 12, "age_minimum", "nombre entier"},
	{"ages the wrong way round", `age_maximum = 64`, `age_maximum = 46`, 13, "age_maximum", "inférieur"},
	{"an unknown sex", `"F"`, `"femme"`, 15, "sexe", `"F" ou "M"`},
	{"an unknown residence", `"USLD"`, `"CHATEAU"`, 16, "residences", `"DOMICILE", "EHPAD", "USLD"`},
	{"a residence without list", `["EHPAD", "USLD"]`, `"EHPAD"`, 16, "residences", "une liste entre crochets"},
	{"an empty list", `["EHPAD", "USLD"]`, `[]`, 16, "residences", "une liste entre crochets"},
	{"several unknown residences", `["EHPAD", "USLD"]`, `["CHATEAU", "EHPAD", "TENTE", "CHATEAU"]`, 16, "residences", `2 valeurs de cette liste ne sont pas possibles`},
	{"which they are", `["EHPAD", "USLD"]`, `["CHATEAU", "EHPAD", "TENTE", "CHATEAU"]`, 16, "residences", `Ceci ne convient pas : « CHATEAU » et « TENTE ».`},
	{"several of which none is a text", `["EHPAD", "USLD"]`, `[true, "TENTE", 1.5, ["EHPAD"]]`, 16, "residences", `4 valeurs de cette liste ne sont pas possibles`},
	{"what can be shown of them", `["EHPAD", "USLD"]`, `[true, "TENTE", 1.5]`, 16, "residences", `Ceci ne convient pas : « TENTE » et 2 autres valeurs.`},
	{"several ALD that are none", `ald = [8, 13]`, `ald = [33, 8, 0]`, 19, "ald", "« 33 » et « 0 »"},
	{"several departments that are none", `["2A", "974"]`, `["20", "2A", "96", "1"]`, 22, "departements", "« 20 », « 96 » et « 1 »"},
	{"a byte of another encoding", `"inventé"`, "\"invent\xe9 \"", 9, "", "Un caractère de cette ligne n’est pas en UTF-8"},
	{"a list of lists", `["EHPAD", "USLD"]`, `[["EHPAD"]]`, 16, "residences", "n’est pas possible"},
	{"ALD 33", `ald = [8, 13]`, `ald = [8, 33]`, 19, "ald", "de 1 à 32"},
	{"an ALD in quotes", `ald = [8, 13]`, `ald = ["8"]`, 19, "ald", "sans guillemets"},
	{"a huge number", `ald = [8, 13]`, `ald = [4294967304]`, 19, "ald", "de 1 à 32"},
	{"yes in quotes", `tres_haut_risque = false`, `tres_haut_risque = "non"`, 20, "tres_haut_risque", "true (oui) ou false (non)"},
	{"a department as a number", `["2A", "974"]`, `[75]`, 22, "departements", `"01", "2A", "974"`},
	{"a department that is none", `["2A", "974"]`, `["20"]`, 22, "departements", "01 à 19, 2A, 2B, 21 à 95"},
	{"an unknown vaccination", `"AUCUNE_DOSE"`, `"BEAUCOUP"`, 25, "vaccination", `"AUCUNE_DOSE", "AU_MOINS_UNE_DOSE", "COMPLETE"`},
	{"wanted and left out", "[[groupe]]\nhors_residences", "[[groupe]]\nresidences = [\"PRISON\"]\nhors_residences", 30, "hors_residences", "à la fois"},
	{"an empty group", "[[groupe]]\nage", "[[groupe]]\n[[groupe]]\nage", 11, "groupe", "aucun critère"},
	{"a NIR", `"inventé"`, `"2 69 05 49 588 157 80"`, 9, "source", "numéro de sécurité sociale"},
	{"a control character", `"inventé"`, `"inven\u0000té"`, 9, "source", "invisible"},
}

func TestBadCampaignFilesAreRefusedWithTheirLine(t *testing.T) {
	text := whole(t)
	for _, tt := range bad {
		t.Run(tt.name, func(t *testing.T) {
			if !strings.Contains(text, tt.from) {
				t.Fatal("the file does not have what is changed")
			}
			c, remarks, err := readCampaign(t, strings.Replace(text, tt.from, tt.to, 1))
			if err != nil || len(remarks) == 0 || !cmp.Equal(c, registry.Campaign{}) {
				t.Fatal(err, remarks)
			}
			at := slices.IndexFunc(remarks, func(r Remark) bool {
				return r.Line == tt.line && r.Column == tt.key && strings.Contains(strings.ReplaceAll(r.Reason, "\u00a0", " "), strings.ReplaceAll(tt.says, "\u00a0", " "))
			})
			if at < 0 || len(remarks) > 2 {
				t.Errorf("got %+v", remarks)
			}
		})
	}
}

func TestFilesThatAreNoCampaignAreRefusedWhole(t *testing.T) {
	for name, text := range map[string]string{
		"too large": strings.Repeat("# \n", 30_000), "a workbook": "PK\x03\x04", "zeros": "nom = \"\x00\"", "UTF-16": "\xff\xfen\x00",
		"Windows-1252": "nom = \"\xe9t\xe9\"",
	} {
		if _, remarks, err := readCampaign(t, text); registry.KindOf(err) != registry.KindInvalid || len(remarks) > 0 {
			t.Errorf("%s: %v %v", name, err, remarks)
		}
	}
	for name, text := range map[string]string{
		"nothing": "", "a sign that is none": "\x1d", "comments": "# rien\n", "CSV": "nom;prénom\nDurand;Jeanne\n", "JSON": `{"nom": "Durand"}`, "groups in line": `groupe = [{sexe = "F"}]`,
		"a group that is none": `groupe = 3`, "deep": strings.Repeat("a = [", 10_000), "dotted": `groupe.sexe = "F"`, "a table of all": "[nom]\nnom = 1\n",
	} {
		_, remarks, err := readCampaign(t, text)
		if err != nil || len(remarks) == 0 {
			t.Errorf("%s: %v %v", name, err, remarks)
		}
		for _, r := range remarks {
			if strings.Contains(fmt.Sprint(r), "Durand") {
				t.Errorf("%s: the remark quotes the file: %v", name, r)
			}
		}
	}
}

// All that is wrong is said at once, in the order of the lines, each thing once.
func TestAllThatIsWrongWithAFileIsSaidAtOnce(t *testing.T) {
	text := "identifiant = 3\nnom = \"x\"\nfaze = \"1\"\nordre = 1\nsource = \"s\"\n\n[[groupe]]\nage_minimum = \"dix\"\n\n[[groupe]]\nsexe = \"F\"\nmetier = [\"SANTE\"]\n"
	_, remarks, err := readCampaign(t, text)
	var got []string
	for _, r := range remarks {
		got = append(got, fmt.Sprintf("%d %s", r.Line, r.Column))
	}
	slices.Sort(got)
	want := []string{"0 ouverture", "0 phase", "1 identifiant", "12 metier", "3 faze", "8 age_minimum"}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Error(err, diff, remarks)
	}
}

func FuzzReadCampaign(f *testing.F) {
	files := builtin.Campaigns()
	names, err := fs.Glob(files, "*.toml")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte(whole(f)))
	for _, b := range bad {
		f.Add([]byte(strings.Replace(whole(f), b.from, b.to, 1)))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := NewSource("fuzz", bytes.NewReader(text))
		if err != nil {
			return
		}
		c, remarks, err := ReadCampaign(s)
		switch {
		case err != nil:
			if registry.KindOf(err) != registry.KindInvalid {
				t.Fatal(err)
			}
		case len(remarks) > 0:
			for _, r := range remarks {
				if r.Reason == "" || r.Line < 0 || r.Line > bytes.Count(text, []byte("\n"))+2 || !cmp.Equal(c, registry.Campaign{}) {
					t.Fatalf("%+v", r)
				}
			}
		default:
			checkWritten(t, c)
		}
	})
}

// checkWritten checks that a campaign that was read is one that the domain takes, and reads the same once written.
func checkWritten(t *testing.T, c registry.Campaign) {
	t.Helper()
	text, err := CampaignFile(c)
	if len(text) == 0 { // with shorter keys, or more of the same on a line, it was short enough
		if registry.KindOf(err) != registry.KindConflict {
			t.Fatal(err)
		}
		return
	}
	back, remarks, err := readCampaign(t, string(text))
	if err != nil || len(remarks) > 0 || !cmp.Equal(c, back) {
		t.Fatalf("%v %v\n%s", err, remarks, text)
	}
	if c.Sentence() == "" || len(c.Criteria) == 0 {
		t.Fatalf("%+v", c)
	}
}

// opened is which campaign each line of the calendar is, by how its text begins.
var opened = []struct{ population, campaign string }{
	{"Personnes âgées hébergées", "etat-residents-ages"},
	{"Personnes handicapées", "etat-residents-handicapes"},
	{"Professionnels de santé et médico-sociaux", "etat-professionnels-50-ans"},
	{"75 ans et plus", "etat-75-ans"},
	{"Personnes vulnérables à très haut risque", "etat-tres-haut-risque"},
	{"Tous professionnels", "etat-professionnels"},
	{"50-64 ans", "etat-50-64-ans-a-risque"},
	{"70 ans et plus", "etat-70-ans"},
	{"55 ans et plus", "etat-55-ans"},
	{"60 ans et plus", "etat-60-ans"},
	{"50 ans et plus", "etat-50-ans"},
	{"Tous les adultes", "etat-adultes"},
	{"12-17 ans", "etat-12-17-ans"},
}

// Each opening of the real calendar ships as a campaign that opens that day and names its source, in that order.
func TestTheOpeningsOfTheStateShip(t *testing.T) {
	text, err := os.ReadFile(shareddata.Path(t, "population/calendrier-eligibilite-derive.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	rows := strings.Split(strings.TrimSpace(string(text)), "\n")[1:]
	all, err := Campaigns()
	if err != nil {
		t.Fatal(err)
	}
	all = slices.DeleteFunc(all, func(c registry.Campaign) bool { return !strings.HasPrefix(c.ID, "etat-") })
	if len(rows) != len(opened) || len(all) != len(opened) {
		t.Fatalf("%d openings, %d known, %d campaigns", len(rows), len(opened), len(all))
	}
	for i, row := range rows {
		cells, known, c := strings.Split(row, "\t"), opened[i], all[i]
		if !strings.HasPrefix(cells[1], known.population) || c.ID != known.campaign || c.Opens.String() != cells[0] || c.Rank != i+1 {
			t.Errorf("%s %s: campaign %s opens on %s", cells[0], cells[1], c.ID, c.Opens)
		}
		for _, word := range strings.Fields(strings.ReplaceAll(cells[3], "stockée", "archivée")) {
			if date, err := registry.ParseISODate(strings.Trim(word, "()")); err == nil {
				if in := strings.ReplaceAll(date.FrenchInFull(), "\u00a0", " "); !strings.Contains(c.Source, in) {
					t.Errorf("%s does not name %s among its sources: %s", c.ID, in, c.Source)
				}
				continue
			}
			if !strings.Contains(c.Source, strings.Trim(word, "()«»;,")) {
				t.Errorf("%s does not name %q among its sources: %s", c.ID, word, c.Source)
			}
		}
	}
}

// notForReaders is what a note to ourselves has: how we came by a source, and dates as programs write them.
var notForReaders = regexp.MustCompile(`stockée|de mémoire|\b20[0-9]{2}-[0-9]{2}\b`)

// Sources are read by campaign managers: what is the mark of a version is called one, and no source says how we keep a page.
func TestSourcesThatShipSayWhatTheyName(t *testing.T) {
	all, err := Campaigns()
	if err != nil {
		t.Fatal(err)
	}
	mark := regexp.MustCompile(`\b[0-9a-f]{8}\b`)
	for _, c := range all {
		for _, at := range mark.FindAllStringIndex(c.Source, -1) {
			if !strings.HasSuffix(c.Source[:at[0]], "version ") {
				t.Errorf("%s is from %q", c.ID, c.Source)
			}
		}
		if notForReaders.MatchString(c.Source) || !strings.HasSuffix(c.Source, ".") {
			t.Errorf("%s is from %q", c.ID, c.Source)
		}
	}
}

// The library takes gigabytes for the tables within tables that fit into a file.
func TestTablesWithinTablesAreRefusedBeforeTheyAreRead(t *testing.T) {
	key, quotes := strings.TrimSuffix(strings.Repeat("a.", 50), "."), strings.Repeat(`"`, 6)
	nested := func(open, shut string) string {
		return "a = [" + strings.Repeat(open, 60) + "1" + strings.Repeat(shut, 60) + "]\n"
	}
	for name, text := range map[string]string{
		"dotted within braces":          nested("\n{"+key+" = [", "\n]}"),
		"dotted after braces":           nested("{b = 1, c = [\n], "+key+" = [", "\n]}"),
		"after what looks like remarks": nested("\"\"\"\n#\"\"\", {"+key+" = [", "]}"),
		"after texts with quotes":       nested("\n'\"', \"\\\"\", {"+key+" = ['\"', ", "]}"),
		"after many quotes":             nested("\n\"\"\"\\\\"+quotes+", {"+key+" = [", "]}"),
		"after raw texts":               nested("\n'''\"''''', {"+key+" = [", "]}"),
	} {
		if _, remarks, err := readCampaign(t, text); err != nil || len(remarks) != 1 || !strings.Contains(remarks[0].Reason, "trop de tables") {
			t.Errorf("%s: %v %v", name, remarks, err)
		}
	}
	for name, text := range map[string]string{
		"in line": "nom = \"x\"\na = " + strings.Repeat("{a=", 15_000) + "1" + strings.Repeat("}", 15_000),
		"dotted":  "nom = \"x\"\n[" + strings.Repeat("a.", 30_000) + "a]\n",
		"a key":   "nom = \"x\"\n" + strings.Repeat("a.", 30_000) + "a = 1\n",
	} {
		_, remarks, err := readCampaign(t, text)
		if err != nil || len(remarks) != 1 || remarks[0].Line != 2 || !strings.Contains(remarks[0].Reason, "trop de tables") {
			t.Errorf("%s: %v %v", name, remarks, err)
		}
	}
	commented := "# " + strings.Repeat(".", 300) + "\n  # " + strings.Repeat("{", 300) + "\n" + whole(t)
	if _, remarks, err := readCampaign(t, commented); err != nil || len(remarks) != 0 {
		t.Errorf("signs in comments: %v %v", remarks, err)
	}
	for _, text := range []string{`"$"`, `'$'`, `"""` + "\n$" + `"""`, "'''\n$'''", `"\"$" # {` + strings.Repeat(".", 300)} {
		written := strings.ReplaceAll(text, "$", "{"+strings.Repeat(".", 300))
		if _, remarks, err := readCampaign(t, strings.Replace(whole(t), `source = `, "source = "+written+" # ", 1)); err != nil || len(remarks) != 0 {
			t.Errorf("signs in %s: %v %v", text, remarks, err)
		}
	}
}

// A name is read alone, in the list of runs and on letters.
func TestNamesThatShipPointToNoOtherCampaign(t *testing.T) {
	all, err := Campaigns()
	if err != nil {
		t.Fatal(err)
	}
	pointing := regexp.MustCompile(`\b(ces|cet|cette|ceux|celles)\b`)
	for _, c := range all {
		if pointing.MatchString(c.Name) {
			t.Errorf("%s is named %q", c.ID, c.Name)
		}
	}
}
