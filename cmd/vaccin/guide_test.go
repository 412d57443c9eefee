package main

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// Every option, variable and command that the operator's guide and the README name is one of this program's.
func TestWhatOperatorsAreToldToTypeExists(t *testing.T) {
	known := map[string]bool{}
	parser := kong.Must(&cli{}, kong.Name("vaccin"))
	err := kong.Visit(parser.Model, func(node kong.Visitable, next kong.Next) error {
		switch n := node.(type) {
		case *kong.Flag:
			known["--"+n.Name] = true
			for _, env := range n.Envs {
				known[env] = true
			}
		case *kong.Node:
			known["vaccin "+n.Name] = true
		}
		return next(nil)
	})
	if err != nil {
		t.Fatal(err)
	}
	demos := []string{
		"--today", "--persons", "--seed", "--verbose", "--psc-listen", "--agents-listen", "--vitale", "--igc-listen",
		"VACCIN_PSC_LISTEN", "VACCIN_AGENTS_LISTEN", "VACCIN_IGC_LISTEN", "VACCIN_SHARED",
	}
	for _, file := range []string{"../../docs/guides/exploitation.md", "../../README.md"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		named := regexp.MustCompile(`--[a-z][a-z-]+[a-z]|VACCIN_[A-Z_]+[A-Z]`).FindAllString(string(text), -1)
		if len(named) < 20 {
			t.Errorf("%s names %d options only", file, len(named))
		}
		for _, name := range named {
			if !known[name] && !slices.Contains(demos, name) && !strings.HasPrefix(name, "--no-") {
				t.Errorf("%s names %s, which this program does not know", file, name)
			}
		}
		for _, command := range regexp.MustCompile("`vaccin ([a-z][a-z -]*[a-z])").FindAllStringSubmatch(string(text), -1) {
			if word, _, _ := strings.Cut(command[1], " "); !known["vaccin "+word] {
				t.Errorf("%s names the command vaccin %s, which there is not", file, command[1])
			}
		}
	}
}
