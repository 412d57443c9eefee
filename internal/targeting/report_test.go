package targeting_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vaccin/internal/targeting"
)

func TestTheReportCountsRowsAndTheRemarksComeAsTheyAre(t *testing.T) {
	text := shortHeader + ";nir;code_postal;commune\n" +
		shortRow + ";2690549588157;35000;Rennes\n" +
		shortRow + ";1700649588157;35000;\n" + // three things to check
		"2690549588157;19690512;1;Mar*tin;Jeanne;F;;;\n" +
		"x\n\n" +
		shortRow + ";2700549588157;;\n"
	report, out := targeting.Report{}, strings.Builder{}
	writer, err := targeting.NewRemarkWriter(&out, "=population.csv")
	if err != nil {
		t.Fatal(err)
	}
	for part, err := range population(t, []byte(text)).Read(t.Context(), targeting.ReadOptions{Today: today}) {
		if err != nil {
			t.Fatal(err)
		}
		report.Add(part)
		if err := writer.WritePart(part); err != nil {
			t.Fatal(err)
		}
	}
	if err := writer.Write(targeting.FateRejected, targeting.Remark{Line: 9, Reason: targeting.DuplicateOf(2)}); err != nil {
		t.Fatal(err)
	}
	if err := writer.Flush(); err != nil {
		t.Fatal(err)
	}
	if want := (targeting.Report{Read: 5, Accepted: 3, Rejected: 2, Warned: 2}); report != want {
		t.Errorf("the report is %+v, want %+v", report, want)
	}
	rows := strings.Split(strings.TrimSuffix(out.String(), "\r\n"), "\r\n")
	starts := []string{
		"\ufefffichier;ligne;colonne;suite;motif", "'=population.csv;3;sexe;à vérifier;L", "'=population.csv;3;date_naissance;à vérifier;L",
		"'=population.csv;3;commune;à vérifier;L", "'=population.csv;4;nom_naissance;rejetée;Le caractère", "'=population.csv;5;;rejetée;La ligne a 1\u00a0colonne au",
		"'=population.csv;7;date_naissance;à vérifier;L", "'=population.csv;9;;rejetée;Cette personne est en double de la ligne 2",
	}
	if len(rows) != len(starts) {
		t.Fatalf("the file of remarks is\n%s", out.String())
	}
	for i, start := range starts {
		if !strings.HasPrefix(rows[i], start) {
			t.Errorf("line %d is %q", i+1, rows[i])
		}
	}
}

// broken is a file that cannot be written.
type broken struct{}

var errBroken = errors.New("the disk is full")

func (broken) Write([]byte) (int, error) { return 0, errBroken }

// filling is a file that cannot be written any more once it is begun.
type filling struct{ begun bool }

func (f *filling) Write(text []byte) (int, error) {
	if f.begun {
		return 0, errBroken
	}
	f.begun = true
	return len(text), nil
}

func TestRemarksThatCannotBeWrittenAreAnError(t *testing.T) {
	if _, err := targeting.NewRemarkWriter(broken{}, "f.csv"); !errors.Is(err, errBroken) {
		t.Errorf("started on a full disk: %v", err)
	}
	writer, err := targeting.NewRemarkWriter(&filling{}, "f.csv")
	if err != nil {
		t.Fatal(err)
	}
	if err := writer.WritePart(targeting.Part{Rejected: []targeting.Remark{{Line: 2}}}); !errors.Is(err, errBroken) {
		t.Errorf("written on a full disk: %v", err)
	}
}

// TestTheExampleOfTheDocumentationIsRead also holds its table to the columns.
func TestTheExampleOfTheDocumentationIsRead(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "formats", "population.md"))
	if err != nil {
		t.Fatal(err)
	}
	example := ""
	for _, line := range strings.Split(string(page), "\n") {
		if row, ok := strings.CutPrefix(line, "    "); ok {
			example += row + "\n"
		}
	}
	rows, rejected, warned := readAll(t, population(t, []byte(example)))
	if len(rows) < 3 || len(rejected)+len(warned) > 0 {
		t.Errorf("%d rows, %v, %v", len(rows), rejected, warned)
	}
	for _, name := range targeting.ColumnNames() {
		if !strings.Contains(string(page), "\n| `"+name+"` |") {
			t.Errorf("the page does not tell the column %s", name)
		}
	}
}
