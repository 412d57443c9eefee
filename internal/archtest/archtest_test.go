package archtest

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheCodeStandsAsDesigned(t *testing.T) {
	sources, texts := readRepository(t)
	if len(sources) == 0 || len(texts) == 0 {
		t.Fatal("read nothing: the checks below would pass on an empty repository")
	}
	checks := []struct {
		name  string
		found []finding
	}{
		{"rooms import what they may", checkRooms(sources)},
		{"guarded packages are imported where they may", checkGuards(sources)},
		{"every package says what it is for", checkDocs(sources)},
		{"files and functions can be read at once", checkSizes(sources)},
		{"nothing is left unfinished", checkUnfinished(sources, texts)},
		{"pages are typed", checkMaps(sources)},
		{"no test is passed over", checkSkips(sources)},
		{"French holds together at the end of a line", checkFrench(sources, texts)},
	}
	for _, check := range checks {
		t.Run(check.name, func(t *testing.T) {
			for _, f := range check.found {
				t.Error(f)
			}
		})
	}
}

func TestProgramsHoldWhatTheyMay(t *testing.T) {
	top := filepath.Join("..", "..")
	if _, err := os.Stat(filepath.Join(top, "cmd")); errors.Is(err, fs.ErrNotExist) {
		t.Log("there is no program yet")
		return
	}
	for _, l := range links {
		t.Run(l.program, func(t *testing.T) {
			if _, err := os.Stat(filepath.Join(top, filepath.FromSlash(l.program))); err != nil {
				t.Fatalf("the program is gone, and its rule stays: %v", err)
			}
			for _, f := range checkLink(l, dependencies(t, l.program)) {
				t.Error(f)
			}
		})
	}
}

// dependencies returns the import paths of all that a program is linked of.
func dependencies(t *testing.T, program string) []string {
	t.Helper()
	list := exec.CommandContext(t.Context(), "go", "list", "-deps", "./"+program)
	list.Dir = filepath.Join("..", "..")
	var problem strings.Builder
	list.Stderr = &problem
	out, err := list.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, problem.String())
	}
	return strings.Fields(string(out))
}
