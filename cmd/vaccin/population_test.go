package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"vaccin/internal/demo"
	"vaccin/internal/registry"
	"vaccin/internal/store"
	"vaccin/internal/targeting"
)

// TestAPopulationWithBadRowsIsImported: every good row is in, every bad one is named with its reason; the same file again
// changes nothing.
func TestAPopulationWithBadRowsIsImported(t *testing.T) {
	folder := t.TempDir()
	path, rejected := filepath.Join(folder, "population.csv"), filepath.Join(folder, "rejected.csv")
	const persons = 6000
	bad, kinds := map[string]string{}, map[string]bool{} // the column of each line
	var text bytes.Buffer
	err := demo.WriteInsured(&text, demo.InsuredOptions{
		Persons: persons, Seed: 3, Today: registry.MustDate("2021-02-01"), BadEvery: 100,
		OnBad: func(b demo.BadRow) {
			bad[strconv.Itoa(b.Line)] = b.Column
			kinds[b.Kind] = true
		},
	})
	if err != nil || len(kinds) < 20 {
		t.Fatal(len(kinds), err)
	}
	if err := os.WriteFile(path, text.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	good := bytes.Count(text.Bytes(), []byte("\n")) - 1 - len(bad)
	command := importCmd{Kind: "population", File: path, Rejected: rejected}
	command.Store, command.NIRKeyFile = filepath.Join(folder, "vaccin.db"), filepath.Join(folder, "keys.nir")
	for i, want := range []string{"Personnes ajoutées : " + registry.FrenchNumber(good) + " ;", "déjà été importé en entier"} {
		var out bytes.Buffer
		if err := command.Run(t.Context(), console{out: &out}); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(out.String(), want) {
			t.Errorf("import %d says %q, not %q", i, out.String(), want)
		}
		if i == 0 {
			checkRejected(t, rejected, bad)
		}
	}
}

// TestAListThatCannotBeWrittenBeginsNoImport: after a folder that was misspelt the database still takes another file, is served, and the list that
// stands under a good name is not lost to a file that is refused.
func TestAListThatCannotBeWrittenBeginsNoImport(t *testing.T) {
	first, newer := populationFiles(t, 300)
	folder := t.TempDir()
	command := importCmd{Kind: "population", File: first, Rejected: filepath.Join(folder, "absent", "rejected.csv")}
	command.Store, command.NIRKeyFile = databases.Fresh(t), filepath.Join(folder, "keys.nir")
	newImporter(t, command.Store, "", "") // makes the tables
	run := func() error { return command.Run(t.Context(), console{out: io.Discard}) }
	if err := run(); !errors.Is(err, errNoList) {
		t.Fatalf("a list in a folder that does not exist: %v", err)
	}
	command.File, command.Rejected = newer, filepath.Join(folder, "rejected.csv")
	if err := run(); err != nil {
		t.Fatalf("another file afterwards: %v", err)
	}
	before, err := os.ReadFile(command.Rejected)
	if err != nil {
		t.Fatal(err)
	}
	command.File = folder
	if err := run(); err == nil {
		t.Fatal("a folder was imported")
	}
	if after, err := os.ReadFile(command.Rejected); err != nil || !bytes.Equal(after, before) {
		t.Errorf("the list of before was not left as it was: %v", err)
	}
	// A link that leads nowhere yet stays as it is, with nothing where it leads.
	none, link := filepath.Join(folder, "none.csv"), filepath.Join(t.TempDir(), "link.csv")
	if err := os.Symlink(none, link); err != nil {
		t.Fatal(err)
	}
	for _, command.Rejected = range []string{none, link} {
		if err := run(); err == nil {
			t.Fatal("a folder was imported")
		}
		if _, err := os.Stat(none); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: a list of a file that was refused at once: %v", command.Rejected, err)
		}
	}
	if to, err := os.Readlink(link); err != nil || to != none {
		t.Errorf("the link leads to %q: %v", to, err)
	}
}

// TestTheListTakesThePlaceOfNothing: neither of what the command reads, nor of what it is about to make.
func TestTheListTakesThePlaceOfNothing(t *testing.T) {
	first, _ := populationFiles(t, 30)
	folder := t.TempDir()
	t.Chdir(folder)
	link := filepath.Join(t.TempDir(), "link.csv")
	if err := os.Symlink(first, link); err != nil {
		t.Fatal(err)
	}
	for _, list := range []string{first, link, filepath.Join(folder, "made.db"), filepath.Join(folder, "made.nir"), filepath.Join(folder, "session.nir")} {
		command := importCmd{Kind: "population", File: first, Rejected: list}
		command.Store, command.NIRKeyFile, command.KeyFile = "made.db", "made.nir", "session"
		if filepath.Base(list) == "session.nir" { // where they are unless they are named
			command.NIRKeyFile = ""
		}
		if err := command.Run(t.Context(), console{out: io.Discard}); err == nil || !strings.Contains(sentence(err), "autre nom à --rejected") {
			t.Errorf("the list goes to %s: %v", list, err)
		}
	}
	if made, err := os.ReadDir(folder); err != nil || len(made) > 0 {
		t.Errorf("something was made: %v %v", made, err)
	}
}

// TestAFirstImportAloneKeepsServicesAway: it says so before its first row; a newer file, and the embedded store, which merges, have nothing to say.
func TestAFirstImportAloneKeepsServicesAway(t *testing.T) {
	first, newer := populationFiles(t, 300)
	folder := t.TempDir()
	database, embedded := databases.Fresh(t), filepath.Join(folder, "vaccin.db")
	newImporter(t, database, "", "") // makes the tables
	for _, c := range []struct {
		name, store, file string
		says              bool
	}{
		{"into a database without persons", database, first, true},
		{"the same file again", database, first, false},
		{"a newer file", database, newer, false},
		{"into the embedded store", embedded, first, false},
	} {
		command := importCmd{Kind: "population", File: c.file}
		command.Store, command.NIRKeyFile = c.store, c.store+".nir"
		if c.store == database {
			command.NIRKeyFile = filepath.Join(folder, "keys.nir")
		}
		var out bytes.Buffer
		if err := command.Run(t.Context(), console{out: &out}); err != nil {
			t.Fatal(err)
		}
		before, _, said := strings.Cut(out.String(), "aucun service ne doit l’utiliser avant la fin de cet import")
		if said != c.says || said && strings.Contains(before, "lues") {
			t.Errorf("%s: %s", c.name, &out)
		}
	}
}

// TestAnImportOfWhichIndexesAreLeftListsAllThatItDidNotTake: stopped once all rows are there, it has nothing left to read, and the list still has
// the rejected rows and the duplicates; without a list nothing is said of rows that were not read.
func TestAnImportOfWhichIndexesAreLeftListsAllThatItDidNotTake(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "population.csv")
	text := "nir_ouvrant_droit;date_naissance;rang;nom_naissance;prenoms;sexe\n" +
		"2690549588157;20200101;1;Martin;Jeanne;F\n2690549588157;20200101;1;Martin;Jeanne;F\n2690549588157;20200102;1;;Rose;F\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, list := range []string{filepath.Join(folder, "rejected.csv"), ""} {
		command := importCmd{Kind: "population", File: path, Rejected: list}
		command.Store, command.NIRKeyFile = databases.Fresh(t), filepath.Join(folder, "keys.nir")
		newImporter(t, command.Store, "", "") // makes the tables
		stopAtIndexes(t, command)
		var out bytes.Buffer
		m := migrateCmd{}
		m.Store = command.Store
		if err := m.Run(t.Context(), console{out: &out}); err != nil || !strings.Contains(out.String(), "sont à jour. L’import de la population qui l’a fermée n’est pas terminé") {
			t.Errorf("tables are brought up to date meanwhile: %s, %v", out.String(), err)
		}
		out.Reset()
		if err := command.Run(t.Context(), console{out: &out}); err != nil {
			t.Fatal(err)
		}
		said := out.String()
		if whole := strings.Contains(strings.ReplaceAll(said, "\u00a0", " "), "acceptées : 1\n  rejetées : 2, dont en double : 1\n"); whole != (list != "") {
			t.Errorf("it counts otherwise than its list: %s", said)
		}
		if counted := strings.Contains(said, "3 lignes lues"); counted != (list != "") || counted != strings.Contains(said, " lue") || !strings.Contains(said, "laissées de côté\u00a0: 1.") {
			t.Errorf("it says %s", said)
		}
		if list == "" {
			continue
		}
		found, err := os.ReadFile(list)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"population.csv;4;nom_naissance;rejetée;", "population.csv;3;;rejetée;Cette personne est en double de la ligne 2"} {
			if !strings.Contains(string(found), want) {
				t.Errorf("the list has no %q: %s", want, found)
			}
		}
	}
}

// stopAtIndexes begins an import, and stops it once all rows are there.
func stopAtIndexes(t *testing.T, command importCmd) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	file, err := targeting.OpenPopulation(ctx, command.File, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	keys, err := command.source("")
	if err != nil {
		t.Fatal(err)
	}
	by, err := operator()
	if err != nil {
		t.Fatal(err)
	}
	st, g, _, err := openStore(ctx, command.Store, store.Options{Keys: keys, Importing: true})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	p := &populationRun{console: console{out: io.Discard}, file: file, now: time.Now}
	_, err = g.ImportPopulation(ctx, by, registry.PopulationFile{
		Digest: file.Digest, Parts: file.Parts(), PartSize: targeting.PartSize, Lines: file.LastLine(), Read: p.read,
	}, func(at registry.PopulationProgress) {
		if at.Step == registry.PopulationIndexes {
			stop()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	letGo(t, command.Store)
}

// letGo waits until the server has seen that an import was stopped: until then it keeps others out, as it should.
func letGo(t *testing.T, address string) {
	t.Helper()
	at, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	const held = "SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database WHERE locktype = 'advisory' AND datname = current_database()"
	locks := ""
	for range 200 {
		if locks, err = databases.Cluster().SQL(strings.TrimPrefix(at.Path, "/"), held); err != nil {
			t.Fatal(err)
		}
		if locks == "0" {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("ten seconds after an import was stopped, the server still keeps others out: %s locks", locks)
}

// TestAListMayGoToWhoReadsIt: a trial that opened the pipe would leave its reader with nothing.
func TestAListMayGoToWhoReadsIt(t *testing.T) {
	first, _ := populationFiles(t, 300)
	folder := t.TempDir()
	command := importCmd{Kind: "population", File: first, Rejected: filepath.Join(folder, "pipe"), DryRun: true}
	command.Store = filepath.Join(folder, "vaccin.db")
	if err := syscall.Mkfifo(command.Rejected, 0o600); err != nil {
		t.Fatal(err)
	}
	read := make(chan []byte, 1)
	go func() {
		list, err := os.ReadFile(command.Rejected)
		if err != nil {
			t.Error(err)
		}
		read <- list
	}()
	done := make(chan error, 1)
	go func() { done <- command.Run(t.Context(), console{out: io.Discard}) }()
	if list := <-read; !strings.Contains(string(list), "rejetée") {
		t.Fatalf("who reads the list has %q", list)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// TestAnAbsentColumnIsToldWithWhatItTakesAway: a misspelt header would leave a country without addresses.
func TestAnAbsentColumnIsToldWithWhatItTakesAway(t *testing.T) {
	folder := t.TempDir()
	command := importCmd{Kind: "population", File: filepath.Join(folder, "population.csv")}
	command.Store, command.NIRKeyFile = filepath.Join(folder, "vaccin.db"), filepath.Join(folder, "keys.nir")
	const header, row = "nir_ouvrant_droit;date_naissance;rang;nom_naissance;prenoms;sexe;code_postal;", "\n2690549588157;20210201;1;Martin;Jeanne;F;35000;"
	var out bytes.Buffer
	for _, column := range []string{"commune", "comune"} {
		if err := os.WriteFile(command.File, []byte(header+column+row+"Rennes\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if out.Reset(); column != "commune" {
			command.EraseAbsentColumns = []string{"commune"}
		}
		if err := command.Run(t.Context(), console{out: &out}); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{
		"Colonne absente : commune. Si un fichier précédent la donnait, ce qu’il en disait sera effacé.\n", "Colonne absente : nir\n", "mises à jour : 1 ;",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not said: %s", want, out.String())
		}
	}
}

// TestAFileThatLacksAColumnOfTheOneBeforeIsAskedAbout: it is refused before anything is written, the list of rejected rows included, and
// goes on once the column is named.
func TestAFileThatLacksAColumnOfTheOneBeforeIsAskedAbout(t *testing.T) {
	for name, address := range map[string]string{"SQLite": filepath.Join(t.TempDir(), "vaccin.db"), "PostgreSQL": databases.Fresh(t)} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			i := newImporter(t, address, filepath.Join(folder, "keys.nir"), "")
			command := importCmd{Kind: "population", File: filepath.Join(folder, "population.csv"), Rejected: filepath.Join(folder, "rejected.csv")}
			command.Store, command.NIRKeyFile = i.address, i.keys
			run := func(columns, cells string, erasing ...string) (string, error) {
				text := "nir_ouvrant_droit;date_naissance;rang;nom_naissance;prenoms;sexe" + columns + "\n2690549588157;20210201;1;Martin;Jeanne;F" + cells + "\n"
				if err := os.WriteFile(command.File, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
				var out bytes.Buffer
				command.EraseAbsentColumns = erasing
				err := command.Run(t.Context(), console{out: &out})
				return strings.ReplaceAll(out.String(), "\u00a0", " "), err
			}
			if out, err := run(";nir;code_postal;commune;telephone", ";2690549588157;35000;Rennes;0639980000"); err != nil || strings.Contains(out, "Effacé") {
				t.Fatal(out, err)
			}
			if err := os.WriteFile(command.Rejected, []byte("the list before"), 0o600); err != nil {
				t.Fatal(err)
			}
			const columns, cells = ";code postal;comune;telephone", ";35000;Rennes;"
			before := contentOf(t, address)
			// A trial says it too, once it has told of the rows.
			command.DryRun = true
			for _, erasing := range [][]string{nil, {"commune"}} {
				out, err := run(columns, cells, erasing...)
				refused := registry.KindOf(err) == registry.KindUnconfirmed && strings.Contains(sentence(err), "«\u00a0--erase-absent-columns commune\u00a0»")
				if !strings.Contains(out, "rien n’a été enregistré") || refused != (erasing == nil) || !refused && err != nil {
					t.Errorf("a trial with a word about %v: %s %v", erasing, out, err)
				}
			}
			command.DryRun = false
			if err := os.WriteFile(command.Rejected, []byte("the list before"), 0o600); err != nil {
				t.Fatal(err)
			}
			for _, erasing := range [][]string{nil, {"nir"}} {
				_, err := run(columns, cells, erasing...)
				if registry.KindOf(err) != registry.KindUnconfirmed || !strings.Contains(sentence(err), "n’a pas la colonne commune, que") ||
					!strings.Contains(sentence(err), "«\u00a0--erase-absent-columns commune\u00a0»") {
					t.Fatalf("with a word about %v: %v", erasing, err)
				}
			}
			for _, other := range []string{"telephone", "comune"} {
				if _, err := run(columns, cells, "commune", other); err == nil || !strings.Contains(sentence(err), other+"\u00a0» n’est pas une colonne absente") {
					t.Errorf("with a word about %s: %v", other, err)
				}
			}
			if list, err := os.ReadFile(command.Rejected); err != nil || string(list) != "the list before" || contentOf(t, address) != before {
				t.Errorf("something was written: %q, %v", list, err)
			}
			out, err := run(columns, cells, "commune")
			if err != nil || !strings.Contains(out, "Effacé pour les personnes de ce fichier : ce que le précédent disait dans les colonnes absentes de celui-ci (commune).\n") ||
				!strings.Contains(out, "mises à jour : 1 ;") {
				t.Errorf("%s %v", out, err)
			}
			if out, err = run(columns, cells); err != nil || !strings.Contains(out, "déjà été importé en entier") || strings.Contains(out, "Effacé") {
				t.Errorf("the same file again: %s %v", out, err)
			}
		})
	}
}

// TestABirthOfTodayIsTakenWhereverTheCommandRuns has a machine on UTC read, in the evening, births of the day that it is in Paris and
// in Nouméa by then.
func TestABirthOfTodayIsTakenWhereverTheCommandRuns(t *testing.T) {
	path := filepath.Join(t.TempDir(), "population.csv")
	text := "nir_ouvrant_droit;date_naissance;rang;nom_naissance;prenoms;sexe\n" +
		"2690549588157;20210201;1;Martin;Jeanne;F\n2690549588157;20210202;2;Martin;Rose;F\n2690549588157;20210203;3;Martin;Lise;F\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for at, want := range map[string]int64{"2021-02-01T11:30:00Z": 1, "2021-02-01T13:30:00Z": 2, "2021-02-01T23:30:00Z": 2, "2021-02-02T12:30:00Z": 3} {
		now, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		file, err := targeting.OpenPopulation(t.Context(), path, nil)
		if err != nil {
			t.Fatal(err)
		}
		p := &populationRun{console: console{out: io.Discard}, file: file, now: func() time.Time { return now }}
		if err := errors.Join(p.try(t.Context(), nil), file.Close()); err != nil || p.report.Accepted != want {
			t.Errorf("at %s %d of 3 rows are accepted, want %d: %v", at, p.report.Accepted, want, err)
		}
	}
}

// checkRejected sees that the bad rows, and no others, are listed with their line, their column and a reason: a French sentence.
func checkRejected(t *testing.T, path string, bad map[string]string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	in := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\ufeff"))))
	in.Comma = ';'
	rows, err := in.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, row := range rows[1:] {
		if row[3] != "rejetée" {
			continue
		}
		found++
		if column, known := bad[row[1]]; !known || row[2] != column || !strings.HasSuffix(row[4], ".") || len(row[4]) < 20 {
			t.Errorf("line %s is rejected for its column %q: %q", row[1], row[2], row[4])
		}
	}
	if found != len(bad) {
		t.Errorf("%d rows are rejected, of %d bad ones", found, len(bad))
	}
}

func TestHowLongSomethingTookIsSaidInFrench(t *testing.T) {
	for took, want := range map[time.Duration]string{
		300 * time.Millisecond: "moins d’une seconde", 59400 * time.Millisecond: "59\u00a0s", 59600 * time.Millisecond: "1\u00a0min 00\u00a0s",
		250 * time.Second: "4\u00a0min 10\u00a0s", 3725 * time.Second: "1\u00a0h 02\u00a0min",
	} {
		if got := frenchDuration(took); got != want {
			t.Errorf("%v: %q, not %q", took, got, want)
		}
	}
}

// TestAnImportSaysWhatItReplaced: who named the wrong file by mistake is to know that another had not ended.
func TestAnImportSaysWhatItReplaced(t *testing.T) {
	t.Parallel()
	for _, instead := range []bool{true, false} {
		var out bytes.Buffer
		p := populationRun{console: console{out: &out}, file: &targeting.PopulationFile{Name: "population.csv"}}
		o := registry.PopulationOutcome{PopulationCounts: registry.PopulationCounts{Created: 1}, Instead: instead}
		if err := p.conclude(o, time.Second); err != nil {
			t.Fatal(err)
		}
		if said := strings.Contains(out.String(), "L’import d’un autre fichier n’était pas terminé"); said != instead {
			t.Errorf("in the place of another %v: %s", instead, &out)
		}
	}
}
