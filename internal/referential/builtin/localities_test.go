package builtin

import (
	"encoding/csv"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vaccin/internal/shareddata"
)

func readLocalities(t *testing.T) [][]string {
	t.Helper()
	stream, err := Localities()
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := stream.Close(); err != nil {
			t.Error(err)
		}
	}()
	reader := csv.NewReader(stream)
	reader.Comma = ';'
	reader.LazyQuotes = false
	rows, err := reader.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"postal_code", "name", "commune_code", "department_code"}, rows[0]); diff != "" {
		t.Fatal(diff)
	}
	return rows[1:]
}

func TestLocalitiesAreWholeSortedAndUnique(t *testing.T) {
	rows := readLocalities(t)
	if len(rows) < 36_000 {
		t.Errorf("%d localities, want 36,000 or more", len(rows))
	}
	shapes := []*regexp.Regexp{
		regexp.MustCompile(`^\d{5}$`), regexp.MustCompile(`^\p{L}[\p{L}\d '’().-]*$`),
		regexp.MustCompile(`^\d[\dAB]\d{3}$`), regexp.MustCompile(`^(\d[\dAB]|9[78]\d|99)$`),
	}
	for i, row := range rows {
		for column, shape := range shapes {
			if !shape.MatchString(row[column]) {
				t.Errorf("row %d, column %d: %q", i+2, column+1, row[column])
			}
		}
		if i > 0 && slices.Compare(rows[i-1][:2], row[:2]) >= 0 {
			t.Errorf("row %d %q does not come after %q", i+2, row, rows[i-1])
		}
	}
}

func TestLocalitiesHoldTheUnusualOnes(t *testing.T) {
	have := map[string]bool{}
	departments := map[string]bool{}
	for _, row := range readLocalities(t) {
		have[strings.Join(row, ";")] = true
		departments[row[3]] = true
	}
	for name, row := range map[string]string{
		"accents and hyphens":       "42000;Saint-Étienne;42218;42",
		"ligature":                  "14340;Saint-Ouen-le-Pin;14639;14",
		"arrondissement of Paris":   "75011;Paris 11e arrondissement;75111;75",
		"second code of the 16th":   "75116;Paris 16e arrondissement;75116;75",
		"arrondissement of Lyon":    "69003;Lyon 3e arrondissement;69383;69",
		"arrondissement, Marseille": "13001;Marseille 1er arrondissement;13201;13",
		"Corsica":                   "20000;Ajaccio;2A004;2A",
		"former commune":            "01300;Arbignieu;01015;01",
		"Guadeloupe":                "97110;Pointe-à-Pitre;97120;971",
		"Mayotte":                   "97600;Mamoudzou;97611;976",
		"Saint-Pierre-et-Miquelon":  "97500;Saint-Pierre;97502;975",
		"Saint-Barthélemy":          "97133;Saint-Barthélemy;97701;977",
		"Saint-Martin":              "97150;Saint-Martin;97801;978",
		"Wallis":                    "98600;Uvea;98613;986",
		"Polynesia":                 "98714;Papeete;98735;987",
		"New Caledonia":             "98800;Nouméa;98818;988",
		"village of New Caledonia":  "98840;Païta;98821;988",
		"Monaco":                    "98000;Monaco;99138;99",
	} {
		if !have[row] {
			t.Errorf("%s: no row %s", name, row)
		}
	}
	if len(departments) != 96+5+6+1+1 { // mainland, overseas departments, collectivities, Clipperton, Monaco
		t.Errorf("%d departments: %v", len(departments), departments)
	}
	for row := range have {
		if strings.HasPrefix(row, "75001;Paris;") {
			t.Errorf("%s: the whole city stands beside its arrondissements", row)
		}
	}
}

func TestMissingListSaysWhatToRun(t *testing.T) {
	if _, err := open("absent.csv.gz"); err == nil || !strings.Contains(err.Error(), "run make assets") {
		t.Errorf("%v, want an error that says to run make assets", err)
	}
}

// TestEveryPostalCodeOfLaPosteIsKnown runs where the shared data are.
func TestEveryPostalCodeOfLaPosteIsKnown(t *testing.T) {
	file, err := os.Open(shareddata.Path(t, "localities/laposte_hexasmal.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	reader := csv.NewReader(file)
	reader.Comma = ';'
	rows, err := reader.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, row := range readLocalities(t) {
		known[row[0]] = true
	}
	missing := map[string]string{}
	for _, row := range rows[1:] {
		if !known[row[2]] {
			missing[row[2]] = row[1]
		}
	}
	if len(missing) > 0 {
		t.Errorf("%d postal codes of La Poste have no locality: %v", len(missing), missing)
	}
}
