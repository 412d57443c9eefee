package main

import (
	"bytes"
	"net/url"
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
	text := "nir_ouvrant_droit;nir;date_naissance;rang;nom_naissance;prenoms;sexe;code_postal;commune\n" +
		"2690549588157;2200149588157;20200101;1;Martin;Jeanne;F;35000;Rennes\n2690549588157;;20200102;1;;Rose;F;35000;Rennes\n" +
		"2690549588157;;20200103;1;Martin;Lise;F;35000;\n2690549588157;;20200101;1;Martin;Jeanne;F;35000;\n2690549588157;;20200103;1;Martin;Lise;F;;\n" +
		"2690549588158;2200149588157;20200101;1;Martin;Jeanne;F;35000;Rennes\n"
	if err := os.WriteFile(command.File, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := command.Run(t.Context(), console{out: &out}); err != nil {
		t.Fatal(err)
	}
	if said := strings.ReplaceAll(out.String(), "\u00a0", " "); !strings.Contains(said, "6 lignes lues.\n  acceptées : 2\n  rejetées : 4, dont en double : 3\n  à vérifier : 2\n") ||
		!strings.Contains(said, "Personnes ajoutées : 2 ;") {
		t.Errorf("it says %s", said)
	}
	list, err := os.ReadFile(command.Rejected)
	if err != nil {
		t.Fatal(err)
	}
	for fate, lines := range map[string]int{";" + targeting.FateRejected + ";": 4, ";" + targeting.FateWarned + ";": 2, "acceptée": 0, ";7;;rejetée;" + targeting.DuplicateOwn(2): 1} {
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
	for first, want := range map[int64]int64{2: 3, 5: 3, 6: 2, 7: 1, 8: 0} {
		p := populationRun{first: first}
		if err := p.findDuplicates(t.Context(), g); err != nil || p.doubled != want {
			t.Errorf("from line %d on there are %d in double, not %d: %v", first, p.doubled, want, err)
		}
	}
}

// TestATrialTellsOfRowsWhateverTheStoreIs: a database that does not answer keeps nobody from the list of what is to be corrected, and one that
// is empty stays so.
func TestATrialTellsOfRowsWhateverTheStoreIs(t *testing.T) {
	folder := t.TempDir()
	empty := databases.Fresh(t)
	command := importCmd{Kind: "population", DryRun: true, File: filepath.Join(folder, "population.csv"), Rejected: filepath.Join(folder, "rejected.csv")}
	text := "nir_ouvrant_droit;date_naissance;rang;nom_naissance;prenoms;sexe\n2690549588157;20200101;1;Martin;Jeanne;F\n2690549588157;20200102;1;;Rose;F\n"
	if err := os.WriteFile(command.File, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]string{
		"postgres://vaccin@127.0.0.1:1/vaccin": "Essai incomplet\u00a0: les colonnes de ce fichier n’ont pas été comparées avec celles du dernier import. La base postgres://127.0.0.1:1/vaccin ne répond pas",
		command.File:                           "Essai incomplet\u00a0: les colonnes",
		empty:                                  "",
	} {
		command.Store = address
		var out bytes.Buffer
		err := command.Run(t.Context(), console{out: &out})
		if said := strings.ReplaceAll(out.String(), "\u00a0", " "); !strings.Contains(said, "acceptées : 1\n  rejetées : 1\n") || strings.Contains(said, "Il n’y a pas de base") != (want == "") {
			t.Errorf("of %s: %s", address, said)
		}
		if (err == nil) != (want == "") || err != nil && !strings.Contains(sentence(err), want) {
			t.Errorf("of %s: %v", address, err)
		}
		list, err := os.ReadFile(command.Rejected)
		if err != nil || strings.Count(string(list), ";"+targeting.FateRejected+";") != 1 {
			t.Errorf("of %s: %s %v", address, list, err)
		}
	}
	at, err := url.Parse(empty)
	if err != nil {
		t.Fatal(err)
	}
	if tables, err := databases.Cluster().SQL(strings.TrimPrefix(at.Path, "/"), "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"); err != nil || strings.TrimSpace(tables) != "0" {
		t.Errorf("the empty database has %s tables: %v", tables, err)
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
