package main

import (
	"bytes"
	"database/sql"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vaccin/internal/demo"
	"vaccin/internal/registry"
	"vaccin/internal/store"
)

// importedContent is what an import leaves of each person but what is drawn: identifiers, and what is sealed, of which the
// keyed digest tells whether it is the same.
const importedContent = "SELECT hex(holder_key) || birth_date || birth_rank || coalesce(hex(own_key), '') || sex || postal_code || department || told" +
	" || version || manual FROM record JOIN patient ON record_num = num ORDER BY 1"

var inPostgres = strings.NewReplacer("hex(holder_key)", "encode(holder_key, 'hex')", "hex(own_key)", "encode(own_key, 'hex')")

// contentOf is the answer to importedContent.
func contentOf(t *testing.T, address string) string {
	t.Helper()
	if store.IsDatabase(address) {
		at, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		content, err := databases.Cluster().SQL(strings.TrimPrefix(at.Path, "/"), inPostgres.Replace(importedContent))
		if err != nil {
			t.Fatal(err)
		}
		return content
	}
	db, err := sql.Open("sqlite", address)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.QueryContext(t.Context(), importedContent)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var content strings.Builder
	for rows.Next() {
		line := ""
		if err := rows.Scan(&line); err != nil {
			t.Fatal(err)
		}
		content.WriteString(line + "\n")
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return content.String()
}

// populationFiles writes a file of insured persons, of whom some rows are bad, and a newer one, of which one row in ten
// has another name.
func populationFiles(t *testing.T, persons int) (first, newer string) {
	t.Helper()
	var text bytes.Buffer
	err := demo.WriteInsured(&text, demo.InsuredOptions{Persons: persons, Seed: 5, Today: registry.MustDate("2021-02-01"), BadEvery: 100})
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(text.String(), "\n")
	for i := 1; i < len(lines)-1; i += 10 {
		if cells := strings.Split(lines[i], ";"); len(cells) == 22 {
			cells[5] = "Nouveau"
			lines[i] = strings.Join(cells, ";")
		}
	}
	folder := t.TempDir()
	first, newer = filepath.Join(folder, "population.csv"), filepath.Join(folder, "newer.csv")
	for path, content := range map[string]string{first: text.String(), newer: strings.Join(lines, "")} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return first, newer
}

// importer imports files by processes of their own.
type importer struct {
	*testing.T
	address, keys, rejected string
}

func newImporter(t *testing.T, address, keys, rejected string) importer {
	t.Helper()
	made, err := store.Open(t.Context(), address, store.Options{Migrate: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := made.Close(); err != nil {
		t.Fatal(err)
	}
	return importer{t, address, keys, rejected}
}

// run imports a file and kills the process after a while, unless it is 0. It tells whether the process came to its end.
func (i importer) run(file string, after time.Duration) (ended bool) {
	i.Helper()
	program, err := os.Executable()
	if err != nil {
		i.Fatal(err)
	}
	command := exec.CommandContext(i.Context(), program, "import", "population", file, "--store", i.address, "--nir-key-file", i.keys, "--rejected", i.rejected)
	command.Args[0] = "vaccin" // by which the program of the tests knows that it is to be the command
	var out bytes.Buffer
	command.Stdout, command.Stderr = &out, &out
	if err := command.Start(); err != nil {
		i.Fatal(err)
	}
	if after > 0 {
		killing := time.AfterFunc(after, func() { _ = command.Process.Kill() })
		defer killing.Stop()
	}
	if err := command.Wait(); err != nil && !strings.Contains(err.Error(), "killed") {
		i.Fatalf("%v: %s", err, out.String())
	}
	return command.ProcessState.Success()
}

// TestAnImportOfThePopulationThatIsKilledEndsTheSame kills the command again and again, each time a little later, until it
// comes to its end: of a first import, and then of a newer file. What is there in the end, and the list of rejected rows,
// are those of imports that nobody disturbed.
func TestAnImportOfThePopulationThatIsKilledEndsTheSame(t *testing.T) {
	for _, engine := range []struct {
		name    string
		persons int // of some parts
		address func() string
	}{
		{"PostgreSQL", 60_000, func() string { return databases.Fresh(t) }},
		{"SQLite", 30_000, func() string { return filepath.Join(t.TempDir(), "vaccin.db") }},
	} {
		t.Run(engine.name, func(t *testing.T) {
			first, newer := populationFiles(t, engine.persons)
			folder := t.TempDir()
			whole := newImporter(t, engine.address(), filepath.Join(folder, "keys.nir"), filepath.Join(folder, "whole.csv"))
			killed := newImporter(t, engine.address(), whole.keys, filepath.Join(folder, "killed.csv"))
			killAndCompare(t, "first", first, whole, killed)
			killAndCompare(t, "newer", newer, whole, killed)
		})
	}
}

func killAndCompare(t *testing.T, name, file string, whole, killed importer) {
	t.Helper()
	began := time.Now()
	whole.run(file, 0)
	took := time.Since(began)
	kills := 0
	for after := took / 10; !killed.run(file, after); after += took / 20 {
		kills++
	}
	if kills < 3 { // each goes on where the one before was: of a quick machine few are left
		t.Errorf("%s: it was killed %d times only", name, kills)
	}
	if contentOf(t, killed.address) != contentOf(t, whole.address) {
		t.Errorf("%s: what is there is not what an import that nobody disturbs leaves", name)
	}
	var lists [2]string
	for i, path := range []string{whole.rejected, killed.rejected} {
		list, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		lists[i] = string(list)
	}
	if lists[0] != lists[1] || !strings.Contains(lists[0], "rejetée") {
		t.Errorf("%s: the lists of rejected rows differ", name)
	}
}
