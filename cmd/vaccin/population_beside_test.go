package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vaccin/internal/store"
	"vaccin/internal/targeting"
)

// TestAFileIsLoadedBesideFew: whoever was there comes twice under way, and counts once; with whom somebody is connected it is told that the file is
// merged.
func TestAFileIsLoadedBesideFew(t *testing.T) {
	const persons, before = 12_000, 400
	whole, _ := populationFiles(t, persons)
	text, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(text), "\n")
	some := filepath.Join(t.TempDir(), "some.csv")
	if err := os.WriteFile(some, []byte(strings.Join(lines[:before+1], "")), 0o600); err != nil {
		t.Fatal(err)
	}
	lists := map[string]string{}
	for name, says := range map[string]string{"alone": "chargé d’une traite", "beside a service": "entre à côté"} {
		folder, out := t.TempDir(), bytes.Buffer{}
		command := importCmd{Kind: "population", File: some, Rejected: filepath.Join(folder, "rejected.csv")}
		command.Store, command.NIRKeyFile = databases.Fresh(t), filepath.Join(folder, "keys.nir")
		newImporter(t, command.Store, "", "") // makes the tables
		if err := command.Run(t.Context(), console{out: &out}); err != nil {
			t.Fatal(err)
		}
		if name != "alone" {
			keys, err := command.source("")
			if err != nil {
				t.Fatal(err)
			}
			st, err := store.Open(t.Context(), command.Store, store.Options{Service: true, Keys: keys})
			if err != nil {
				t.Fatal(err)
			}
			defer st.Close()
		}
		command.File = whole
		out.Reset()
		if err := command.Run(t.Context(), console{out: &out}); err != nil {
			t.Fatal(err)
		}
		list, err := os.ReadFile(command.Rejected)
		if err != nil {
			t.Fatal(err)
		}
		lists[name] = string(list)
		said := strings.ReplaceAll(out.String(), "\u00a0", " ")
		rejected := strings.Count(string(list), ";"+targeting.FateRejected+";")
		for _, want := range []string{says, fmt.Sprintf("%d lignes lues", len(lines)-2), fmt.Sprintf("rejetées : %d", rejected)} {
			if !strings.Contains(strings.ReplaceAll(strings.ReplaceAll(said, " ", ""), "\u202f", ""), strings.ReplaceAll(want, " ", "")) {
				t.Errorf("%s, it does not say %q: %s", name, want, said)
			}
		}
	}
	if lists["alone"] != lists["beside a service"] {
		t.Error("the lists of rejected rows are not the same")
	}
}
