package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vaccin/internal/registry"
	"vaccin/internal/store"
	"vaccin/internal/targeting"
)

// TestWhatAnImportCountsIsWhatItLists: a row in double is rejected in both, also one that is to be checked.
func TestWhatAnImportCountsIsWhatItLists(t *testing.T) {
	folder := t.TempDir()
	command := importCmd{Kind: "population", File: filepath.Join(folder, "population.csv"), Rejected: filepath.Join(folder, "rejected.csv")}
	command.Store, command.NIRKeyFile = filepath.Join(folder, "vaccin.db"), filepath.Join(folder, "keys.nir")
	text := "nir_ouvrant_droit;date_naissance;rang;nom_naissance;prenoms;sexe;code_postal;commune\n" +
		"2690549588157;20200101;1;Martin;Jeanne;F;35000;Rennes\n2690549588157;20200102;1;;Rose;F;35000;Rennes\n" +
		"2690549588157;20200103;1;Martin;Lise;F;35000;\n2690549588157;20200101;1;Martin;Jeanne;F;35000;\n2690549588157;20200103;1;Martin;Lise;F;;\n"
	if err := os.WriteFile(command.File, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := command.Run(t.Context(), console{out: &out}); err != nil {
		t.Fatal(err)
	}
	if said := strings.ReplaceAll(out.String(), "\u00a0", " "); !strings.Contains(said, "5 lignes lues.\n  acceptées : 2\n  rejetées : 3, dont en double : 2\n  à vérifier : 2\n") ||
		!strings.Contains(said, "Personnes ajoutées : 2 ;") {
		t.Errorf("it says %s", said)
	}
	list, err := os.ReadFile(command.Rejected)
	if err != nil {
		t.Fatal(err)
	}
	for fate, lines := range map[string]int{";" + targeting.FateRejected + ";": 3, ";" + targeting.FateWarned + ";": 2, "acceptée": 0} {
		if n := strings.Count(string(list), fate); n != lines {
			t.Errorf("%d rows of the list have %q: %s", n, fate, list)
		}
	}
	// Of an import that goes on, what was read before is not counted.
	st, g, _, err := openStore(t.Context(), command.Store, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	for first, want := range map[int64]int64{2: 2, 5: 2, 6: 1, 7: 0} {
		p := populationRun{first: first}
		if err := p.findDuplicates(t.Context(), g); err != nil || p.doubled != want {
			t.Errorf("from line %d on there are %d in double, not %d: %v", first, p.doubled, want, err)
		}
	}
}

// TestDoubtfulMatchesAreToldInAll: they are those that wait, whichever import found them.
func TestDoubtfulMatchesAreToldInAll(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	p := populationRun{console: console{out: &out}, file: &targeting.PopulationFile{Name: "population.csv"}}
	o := registry.PopulationOutcome{PopulationCounts: registry.PopulationCounts{Created: 1}, Doubtful: 1200}
	if err := p.conclude(o, time.Second); err != nil || !strings.Contains(out.String(), "Rapprochements douteux à décider par une personne, en tout (de cet import et des précédents)\u00a0: 1\u202f200.\n") {
		t.Errorf("%s %v", &out, err)
	}
}
