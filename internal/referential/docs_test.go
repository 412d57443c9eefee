package referential

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"vaccin/internal/registry"
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
		"practice-places.md": {ReadPracticePlaces}, "professions.md": {ReadOpenings}, "objections.md": {ReadObjectionLimits}, "vaccines.md": {ReadVaccines, ReadSchedules(vaccines)},
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

// The page of campaigns has an example that is read, and names every key, code and long-term condition.
func TestThePageOfCampaignsSaysAll(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "formats", "campaigns.md"))
	if err != nil {
		t.Fatal(err)
	}
	page := string(text)
	_, after, _ := strings.Cut(page, "```toml\n")
	example, _, _ := strings.Cut(after, "```")
	if c, remarks, err := readCampaign(t, example); err != nil || len(remarks) > 0 || c.ID != "etat-50-64-ans-a-risque" {
		t.Errorf("the example: %v, %v", err, remarks)
	}
	for _, keys := range [][]string{slices.Collect(maps.Keys(campaignKeys)), slices.Collect(maps.Keys(groupKeys))} {
		for _, key := range keys {
			if !strings.Contains(page, "`"+key+"`") && !strings.Contains(page, "[["+key+"]]") {
				t.Errorf("the key %s is not told", key)
			}
		}
	}
	for _, row := range slices.Concat(codeRows(registry.Residences()), codeRows(registry.Occupations()), codeRows(registry.Workplaces()),
		codeRows(registry.AllComorbidities())) {
		if !strings.Contains(page, row) {
			t.Errorf("the page does not have %s", row)
		}
	}
	for _, a := range registry.ALDs() {
		if row := fmt.Sprintf("| %d | %s |", a, plainSpaces(a.Label())); !strings.Contains(page, row) {
			t.Errorf("the page does not have %s", row)
		}
	}
}

func codeRows[T interface {
	Code() string
	Label() string
}](all []T) (rows []string) {
	for _, one := range all {
		mark := ""
		if c, ok := any(one).(registry.Comorbidity); ok && registry.ComorbiditiesOf(c).VeryHighRisk() {
			mark = " *"
		}
		rows = append(rows, fmt.Sprintf("| `%s` | %s%s |", one.Code(), plainSpaces(one.Label()), mark))
	}
	return rows
}

func plainSpaces(text string) string { return strings.ReplaceAll(text, "\u00a0", " ") }
