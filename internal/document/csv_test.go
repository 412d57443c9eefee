package document

import (
	"bytes"
	"encoding/csv"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// readCSV reads a file as a software that follows the comments of guard would:
// it takes one leading apostrophe off.
func readCSV(t interface {
	Helper()
	Fatalf(string, ...any)
}, file []byte,
) (labels, values []string) {
	t.Helper()
	body, ok := bytes.CutPrefix(file, []byte("\xEF\xBB\xBF"))
	if !ok {
		t.Fatalf("no byte order mark: %q", file[:min(8, len(file))])
	}
	in := csv.NewReader(bytes.NewReader(body))
	in.Comma = ';'
	lines, err := in.ReadAll()
	if err != nil {
		t.Fatalf("reading back: %v", err)
	}
	if len(lines) != 2 {
		t.Fatalf("%d lines, want the labels and the values", len(lines))
	}
	for _, line := range lines {
		for i, cell := range line {
			if isFormula(cell) {
				t.Fatalf("a spreadsheet would run %q", cell)
			}
			line[i] = strings.TrimPrefix(cell, "'")
		}
	}
	return lines[0], lines[1]
}

func csvOf(t testing.TB, s Summary) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := s.CSV(&out); err != nil {
		t.Fatalf("CSV: %v", err)
	}
	return out.Bytes()
}

func TestCSVReadsAsItsGoldenText(t *testing.T) {
	for _, sample := range samples {
		t.Run(sample.name, func(t *testing.T) {
			checkGolden(t, sample.name+".csv", string(csvOf(t, sample.make())))
		})
	}
}

func TestCSVHoldsWhatThePageShows(t *testing.T) {
	s := rectified()
	labels, values := readCSV(t, csvOf(t, s))
	got := map[string]string{}
	for i, label := range labels {
		got[label] = values[i]
	}
	want := map[string]string{
		"Document": s.Title, "Précision": s.Subtitle, "Version": "2", "État": "Rectifié",
		"Validé le": "21/01/2021 14:30", "Code du patient": s.Code, "Signataire": s.Signatory,
		"Information":     "Prenez rendez-vous pour la deuxième injection à partir du 18/02/2021.",
		"Information (2)": "Pour déclarer un effet indésirable : https://signalement.social-sante.gouv.fr",
	}
	for _, section := range s.Sections {
		for _, row := range section.Rows {
			want[section.Title+" – "+row.Label] = row.Value
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestCSVTellsTheStates(t *testing.T) {
	for want, s := range map[string]Summary{"Validé": firstDose(), "Rectifié": rectified(), "Annulé": annulled()} {
		if got := s.state(); got != want {
			t.Errorf("state = %q, want %q", got, want)
		}
	}
}

func TestCSVMarksWhatASpreadsheetWouldRunOrAlter(t *testing.T) {
	tests := []struct {
		name, cell string
		marked     bool
	}{
		{"formula", "=HYPERLINK(\"http://x\")", true},
		{"plus", "+33 6 12 34 56 78", true},
		{"minus", "-2+3", true},
		{"at", "@SUM(1)", true},
		{"after spaces", "  =1", true},
		{"after a no-break space", "\u00A0=1", true},
		{"after an invisible mark", "\u200B=1", true},
		{"full-width equals", "＝1", true},
		{"full-width plus", "＋1", true},
		{"full-width minus", "－1", true},
		{"full-width at", "＠x", true},
		{"apostrophe", "'t Hooft", true},
		{"postal code with a zero", "01000", true},
		{"postal code", "75012", false},
		{"lot of Moderna", "3000493", false},
		{"lot of Moderna with a letter", "042L20A", false},
		{"lot of Pfizer", "EJ6795", false},
		{"lot like a power of ten", "12E45", true},
		{"lot like a decimal", "12.50", true},
		{"lot like a day", "3-12", true},
		{"lot like a month", "MARS2021", true},
		{"lot like a month in two parts", "12 déc", true},
		{"family name like a month", "MARS", false},
		{"given name like a month", "Avril", false},
		{"name with a digit", "Martin 2", false},
		{"NIR", "269054958815780", true},
		{"NIR in groups", "2 69 05 49 588 157 80", true},
		{"RPPS, eleven digits, shown whole", "10003456781", false},
		{"telephone", "06 12 34 56 78", true},
		{"date", "27/12/2020", false},
		{"date and time", "27/12/2020 14:05", false},
		{"version", "1", false},
		{"empty", "", false},
		{"sentence", "À partir du 18/02/2021.", false},
		{"address with a number", "12 rue du Port", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			want := test.cell
			if test.marked {
				want = "'" + want
			}
			if got := guard(test.cell); got != want {
				t.Errorf("guard(%q) = %q, want %q", test.cell, got, want)
			}
		})
	}
}

func TestCSVGivesBackEveryText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cell := rapid.OneOf(
			rapid.String(),
			rapid.StringMatching(`['=+@ \-0-9;"]{0,8}`),
			rapid.StringMatching(`[0-9]{0,3}[ .,/-][a-zé0-9]{0,6}`),
		).Draw(t, "cell")
		if got := strings.TrimPrefix(guard(cell), "'"); got != cell && guard(cell) != cell {
			t.Fatalf("%q came back as %q", cell, got)
		}
		if guard(cell) == cell && strings.HasPrefix(cell, "'") {
			t.Fatalf("%q would lose its apostrophe", cell)
		}
		s := firstDose()
		s.Sections[0].Rows[0].Value = cell
		var out bytes.Buffer
		if err := s.CSV(&out); err != nil {
			t.Fatal(err)
		}
		if !utf8.Valid(out.Bytes()) || bytes.Count(out.Bytes(), []byte("\r\n")) != 2 {
			t.Fatalf("not two lines of UTF-8: %q", out.Bytes())
		}
		_, values := readCSV(t, out.Bytes())
		if values[6] != clean(cell) {
			t.Fatalf("%q came back as %q", clean(cell), values[6])
		}
	})
}

func TestCSVLabelsAreAllDifferent(t *testing.T) {
	s := firstDose()
	s.Sections = append(s.Sections, s.Sections[0], Section{Rows: []Row{{Label: "Version", Value: "x"}}})
	labels, _ := readCSV(t, csvOf(t, s))
	seen := map[string]bool{}
	for _, label := range labels {
		if seen[label] {
			t.Errorf("label %q twice", label)
		}
		seen[label] = true
	}
}

func TestCSVReportsAFailedWrite(t *testing.T) {
	if err := firstDose().CSV(brokenWriter{}); !errors.Is(err, errBroken) {
		t.Errorf("error = %v, want the writer's", err)
	}
}
