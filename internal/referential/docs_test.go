package referential

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// examples are the indented blocks of a page of docs/formats.
func examples(t *testing.T, page string) (blocks []string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "formats", page))
	if err != nil {
		t.Fatal(err)
	}
	block := ""
	for _, line := range append(strings.Split(string(text), "\n"), "") {
		if row, ok := strings.CutPrefix(line, "    "); ok {
			block += row + "\n"
		} else if block != "" {
			blocks, block = append(blocks, block), ""
		}
	}
	return blocks
}

func TestTheExamplesOfTheDocumentationAreRead(t *testing.T) {
	vaccines := builtinReference(t).Vaccines
	for page, reads := range map[string][]Reader{
		"localities.md": {ReadLaPoste(nil), ReadLaPoste(nil)}, "places.md": {ReadCentres}, "lots.md": {ReadLots(vaccines)},
		"practice-places.md": {ReadPracticePlaces}, "professions.md": {ReadOpenings}, "vaccines.md": {ReadVaccines, ReadSchedules(vaccines)},
	} {
		blocks := examples(t, page)
		if len(blocks) != len(reads) {
			t.Fatalf("%s has %d examples, want %d", page, len(blocks), len(reads))
		}
		for i, read := range reads {
			_, report, err := read(source(t, page, []byte(blocks[i])))
			if err != nil || report.Accepted == 0 || len(report.Rejected)+len(report.Warned) > 0 {
				t.Errorf("%s, example %d: %v, %+v", page, i+1, err, report)
			}
		}
	}
}
