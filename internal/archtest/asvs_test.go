package archtest

import (
	"fmt"
	"go/ast"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestTheASVSTableIsWholeAndCitesWhatIs holds docs/asvs.md to the points of the standard, each once and in order,
// and to files and tests that exist.
func TestTheASVSTableIsWholeAndCitesWhatIs(t *testing.T) {
	page := readText(t, filepath.Join("..", "..", "docs", "asvs.md"))
	points := readText(t, filepath.Join("testdata", "asvs-5.0.0.txt"))
	sources, _ := readRepository(t)
	for _, f := range checkASVS(page, points, testsOf(sources), exists) {
		t.Error(f)
	}
}

func readText(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func exists(path string) bool {
	_, err := os.Stat(filepath.Join("..", "..", filepath.FromSlash(path)))
	return err == nil
}

// testsOf names every test and fuzz function.
func testsOf(sources []source) map[string]bool {
	names := map[string]bool{}
	for _, s := range sources {
		for _, d := range s.file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && s.test() {
				names[f.Name.Name] = true
			}
		}
	}
	return names
}

var (
	asvsStates = []string{"met", "partly", "not met", "n/a"}
	cited      = regexp.MustCompile("`([^`]+)`")
	testName   = regexp.MustCompile(`^(Test|Fuzz)[A-Z]`)
)

// checkASVS says what is wrong with the page. points has a number and its level on each line.
func checkASVS(page, points string, tests map[string]bool, exists func(path string) bool) (found []string) {
	say := func(format string, args ...any) { found = append(found, fmt.Sprintf(format, args...)) }
	want, got := []string{}, []string{}
	for _, line := range strings.Split(points, "\n") {
		if line != "" && !strings.HasPrefix(line, "#") {
			want = append(want, line)
		}
	}
	for _, line := range strings.Split(page, "\n") {
		if len(line) < 3 || line[:2] != "| " || line[2] < '0' || line[2] > '9' {
			continue
		}
		cells := strings.Split(strings.Trim(line, "|"), "|")
		if len(cells) != 6 {
			say("a row of %d cells: %s", len(cells), line)
			continue
		}
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		point, state, where, proof := cells[0], cells[3], cells[4], cells[5]
		got = append(got, point+" "+cells[1])
		if cells[2] == "" || proof == "" || !slices.Contains(asvsStates, state) || (where == "") != (state == "n/a") {
			say("%s: what it asks for, its state, where or its proof is missing", point)
		}
		for _, name := range cited.FindAllStringSubmatch(where, -1) {
			if !exists(name[1]) {
				say("%s: there is no file %s", point, name[1])
			}
		}
		for _, name := range cited.FindAllStringSubmatch(proof, -1) {
			if testName.MatchString(name[1]) && !tests[name[1]] {
				say("%s: there is no test %s", point, name[1])
			}
		}
	}
	for _, line := range want {
		if !slices.Contains(got, line) {
			say("%s is missing", line)
		}
	}
	if len(got) != len(want) || !slices.Equal(got, want) {
		say("the points are not those of the standard in their order: %d rows, %d points", len(got), len(want))
	}
	return found
}

// TestTheThreatModelCitesTestsThatExist: a proof that was renamed or removed is no proof.
func TestTheThreatModelCitesTestsThatExist(t *testing.T) {
	page := readText(t, filepath.Join("..", "..", "docs", "threat-model.md"))
	sources, _ := readRepository(t)
	tests, seen := testsOf(sources), 0
	for _, name := range cited.FindAllStringSubmatch(page, -1) {
		if testName.MatchString(name[1]) {
			if seen++; !tests[name[1]] {
				t.Errorf("there is no test %s", name[1])
			}
		}
	}
	if seen < 50 {
		t.Errorf("%d tests are cited: the page is not read as it is written", seen)
	}
}

func TestWhatIsWrongWithTheASVSTableIsFound(t *testing.T) {
	const points = "# points\n1.1.1 2\n1.1.2 1\n"
	tests, file := map[string]bool{"TestIt": true}, func(path string) bool { return path == "a.go" }
	first, second := "| 1.1.1 | 2 | this | met | `a.go` | `TestIt`, `x-y` |\n", "| 1.1.2 | 1 | that | n/a | | none |\n"
	if found := checkASVS("# page\n\n| point | level |\n|---|---|\n"+first+second, points, tests, file); len(found) != 0 {
		t.Error(found)
	}
	for name, page := range map[string]string{
		"nothing": "", "a point left out": first, "another order": second + first, "twice": first + first + second,
		"another level": first + strings.Replace(second, "| 1 |", "| 2 |", 1), "no such test": strings.Replace(first, "TestIt", "TestThat", 1) + second,
		"no such file": strings.Replace(first, "a.go", "b.go", 1) + second, "no such state": strings.Replace(first, "met", "maybe", 1) + second,
		"met nowhere": strings.Replace(first, "`a.go`", "", 1) + second, "nothing said": first + strings.Replace(second, "none", "", 1),
		"a cell too many": first + strings.Replace(second, "none", "none | more", 1), "a point of ours": first + second + "| 9.9.9 | 1 | x | n/a | | y |\n",
	} {
		if found := checkASVS(page, points, tests, file); len(found) == 0 {
			t.Errorf("%s: nothing is found", name)
		}
	}
}
