package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// Every option, variable and command that the operator's guide and the README name is one of this program's.
func TestWhatOperatorsAreToldToTypeExists(t *testing.T) {
	known := map[string]bool{}
	parser := parserOf(&cli{})
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

// The operator's guide names the commands that take the keys of identities, and no other takes them.
func TestTheGuideNamesTheCommandsThatTakeKeys(t *testing.T) {
	guide, err := os.ReadFile("../../docs/guides/exploitation.md")
	if err != nil {
		t.Fatal(err)
	}
	sentence := regexp.MustCompile(`Seules les commandes ([^.]*) prennent ces options`).FindStringSubmatch(string(guide))
	if sentence == nil {
		t.Fatal("the guide does not name them")
	}
	named := regexp.MustCompile("`([a-z ]+)`").FindAllStringSubmatch(sentence[1], -1)
	for _, command := range parserOf(&cli{}).Model.Leaves(true) {
		path := strings.TrimPrefix(command.FullPath(), "vaccin ")
		takes := slices.ContainsFunc(command.Flags, func(f *kong.Flag) bool { return f.Name == "nir-key-file" })
		told := slices.ContainsFunc(named, func(n []string) bool { return path == n[1] || strings.HasPrefix(path, n[1]+" ") })
		if takes != told {
			t.Errorf("vaccin %s takes keys: %t; the guide says so: %t", path, takes, told)
		}
	}
}

// Commands that make tables, or write what the service may not, are given the account of their owner wherever they are told to be typed: that of the
// servers is refused or, where it owns the database, may undo the protection of the log. The keys are where the package has them.
func TestOwnersCommandsAreToldWithTheirAccount(t *testing.T) {
	settings, err := os.ReadFile("../../deploy/debian/vaccin.env")
	if err != nil {
		t.Fatal(err)
	}
	keys := regexp.MustCompile(`(?m)^VACCIN_NIR_KEY_FILE=(.+)$`).FindStringSubmatch(string(settings))
	if keys == nil {
		t.Fatal("the package names no file of keys")
	}
	documents := []string{"../../README.md"}
	for _, pattern := range []string{"../../docs/*.md", "../../docs/*/*.md"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		documents = append(documents, found...)
	}
	told := 0
	for _, file := range documents {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range strings.Split(string(text), "\n") {
			if command := regexp.MustCompile("vaccin (migrate|copy|import|keys rotate|audit retire)[^`]* '?postgres://([a-z_]+)@").FindStringSubmatch(line); command != nil {
				if told++; command[2] != "vaccin_owner" {
					t.Errorf("%s has vaccin %s typed as %s", file, command[1], command[2])
				}
			}
			if at := regexp.MustCompile(`--nir-key-file (/etc/\S+)`).FindStringSubmatch(line); at != nil && at[1] != keys[1] {
				t.Errorf("%s looks for the keys of identities at %s, the package at %s", file, at[1], keys[1])
			}
		}
	}
	if told < 4 {
		t.Errorf("%d commands with an account are told", told)
	}
}
