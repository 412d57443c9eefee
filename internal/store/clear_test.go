package store

import (
	"database/sql"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pressly/goose/v3"

	"vaccin/internal/keyring"
	"vaccin/internal/keyring/keyringtest"
	"vaccin/internal/nir"
	"vaccin/internal/nir/nirtest"
	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
)

// lastInClear is the version of the tables in which identities stood in clear.
const lastInClear = 10

// fileInClear makes a file as the version before made them, with persons, of whom some were deleted again.
func fileInClear(t *testing.T, n int) (path string, persons []registry.ImportedPerson) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "store.db")
	if err := create(path); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", address(path, writerSettings))
	if err != nil {
		t.Fatal(err)
	}
	files, err := fs.Sub(migrations, "migrations/sqlite")
	if err != nil {
		t.Fatal(err)
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, files, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := provider.UpTo(t.Context(), lastInClear); err != nil {
		t.Fatal(err)
	}
	persons = inClear(n)
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	exec := func(text string, args ...any) {
		if _, err := tx.ExecContext(t.Context(), text, args...); err != nil {
			t.Fatal(err)
		}
	}
	for i, person := range persons {
		p := person.Patient
		own := any(nil)
		if !p.Own.IsZero() {
			own = []byte(p.Own.Digits())
		}
		exec("INSERT INTO record (num, id, version, last_change, code, holder_key, birth_date, birth_rank, own_key) VALUES ($1, $2, 1, 1, $3, $4, $5, $6, $7)",
			i+1, string(person.ID), int64(person.Code), []byte(p.Holder.Digits()), p.BirthDate.Digits(), p.BirthRank, own)
		exec("INSERT INTO patient (record_num, holder, own, birth_name, used_name, given_names, sex, address, postal_code, locality, commune_code,"+
			" phone, email, manual) VALUES ("+placeholders(1, 14)+")", i+1, []byte(p.Holder.Digits()), own, p.BirthName, p.UsedName, p.GivenNames,
			string(p.Sex), p.Address, p.Locality.PostalCode, p.Locality.Name, p.Locality.CommuneCode, p.Phone, p.Email, p.Manual)
	}
	exec("DELETE FROM patient WHERE record_num > $1", n-5)
	exec("DELETE FROM record WHERE num > $1", n-5)
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return path, persons
}

// inClear are persons of every kind: with and without a NIR of their own, Corsica, another used name.
func inClear(n int) []registry.ImportedPerson {
	all := targeted(0, n)
	for i := range all {
		p := &all[i].Patient
		p.Address, p.Phone, p.Email = "1 impasse des Clairs", "0611223344", "en.clair@example.org"
		p.Locality = registry.Locality{PostalCode: "20000", Name: "Ajaccio", CommuneCode: "2A004"}
		p.Manual = i%2 == 0
		switch i % 3 {
		case 0:
			p.Own = nir.Number{}
		case 1:
			p.Own, p.UsedName = p.Holder, "Autre"
		}
	}
	corsican, err := nir.FromDigits("180032A004012")
	if err != nil {
		panic(err)
	}
	all[0].Patient.Holder = corsican
	return all
}

// stands tells which files of the store hold a number, or a text, in any form.
func stands(t *testing.T, path string, numbers ...nir.Number) (found []string) {
	t.Helper()
	files, err := filepath.Glob(path + "*")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, forms := range nirtest.NewSearch(numbers...).In(data) {
			for _, form := range forms {
				found = append(found, filepath.Base(name)+": "+form)
			}
		}
		for _, text := range []string{"impasse des Clairs", "0611223344", "en.clair@example.org"} {
			if strings.Contains(string(data), text) {
				found = append(found, filepath.Base(name)+": "+text)
			}
		}
	}
	return found
}

func numbersOf(persons []registry.ImportedPerson) (numbers []nir.Number) {
	for _, i := range []int{0, 1, 2, 5, len(persons) / 2, len(persons) - 1} {
		if numbers = append(numbers, persons[i].Patient.Holder); !persons[i].Patient.Own.IsZero() {
			numbers = append(numbers, persons[i].Patient.Own)
		}
	}
	return numbers
}

// checkBroughtOver reads every person who was in a file in clear.
func checkBroughtOver(t *testing.T, s *Store, persons []registry.ImportedPerson) {
	t.Helper()
	for _, want := range persons[:len(persons)-5] {
		facts, err := s.Facts(t.Context(), want.ID, registry.Wanted{})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want.Patient, facts.Record.Patient); diff != "" || facts.Record.Code != want.Code {
			t.Fatalf("a person is not as they were:\n%s", diff)
		}
	}
	p := persons[1].Patient
	if id, err := s.FindByKey(t.Context(), p.Holder, p.BirthDate, p.BirthRank); err != nil || id != persons[1].ID {
		t.Errorf("by their key: %s, %v", id, err)
	}
	found, err := s.FindByNIR(t.Context(), persons[2].Patient.Own, event(registry.ActionSearchNIR), registry.Toll{})
	if err != nil || len(found) != 1 || found[0].ID != persons[2].ID {
		t.Errorf("by their own number: %d, %v", len(found), err)
	}
}

func TestAFileInClearIsBroughtOver(t *testing.T) {
	path, persons := fileInClear(t, 2300)
	numbers := numbersOf(persons)
	if found := stands(t, path, numbers...); len(found) < len(numbers) {
		t.Fatalf("the file of before holds only %v", found)
	}
	// Without keys the tables change, and nobody is reached.
	if err := server(t, path, nil).Close(); err != nil {
		t.Fatal(err)
	}
	s := server(t, path, keyringtest.Keys())
	checkBroughtOver(t, s, persons)
	if found := stands(t, path, numbers...); len(found) > 0 {
		t.Errorf("in clear there is still %v", found)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = server(t, path, keyringtest.Keys())
	if under := underKeys(t, s); len(under) != 1 || under[[2]int{1, 1}] != len(persons)-5 {
		t.Errorf("records are under %v", under)
	}
	g := registrytest.NewRegistry(s, registrytest.NewClock())
	importAll(t, s, g)
	vaccinated(t, g)
	if found := stands(t, path, numbers...); len(found) > 0 {
		t.Errorf("later there is %v", found)
	}
}

// TestBringingOverIsInterrupted leaves a file half brought over, in each way in which a process can die.
func TestBringingOverIsInterrupted(t *testing.T) {
	path, persons := fileInClear(t, 2300)
	if err := server(t, path, nil).Close(); err != nil {
		t.Fatal(err)
	}
	db := aside(t, path)
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	empty := server(t, path, nil)
	held, err := empty.adopt(t.Context(), keyringtest.Ring(1))
	if err != nil {
		t.Fatal(err)
	}
	if n, err := held.sealSome(t.Context(), conn); err != nil || n != 1000 {
		t.Fatalf("%d sealed, %v", n, err)
	}
	if err := empty.Close(); err != nil {
		t.Fatal(err)
	}
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	if s, err := Open(t.Context(), path, Options{Keys: keyring.Fixed(keyringtest.Ring(2))}); err == nil {
		_ = s.Close()
		t.Error("the rest was sealed under another ring")
	}
	// Who reads the file holds up its journal: what was deleted cannot be taken out, and the store says so.
	reading, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	var records int
	if err := reading.QueryRow("SELECT count(*) FROM record").Scan(&records); err != nil {
		t.Fatal(err)
	}
	if s, err := Open(t.Context(), path, Options{Keys: keyringtest.Keys()}); err == nil || !strings.Contains(err.Error(), "another process") {
		if err == nil {
			_ = s.Close()
		}
		t.Errorf("opened while another reads: %v", err)
	}
	if err := reading.Rollback(); err != nil {
		t.Fatal(err)
	}
	s := server(t, path, keyringtest.Keys())
	checkBroughtOver(t, s, persons)
	if found := stands(t, path, numbersOf(persons)...); len(found) > 0 {
		t.Errorf("in clear there is still %v", found)
	}
}
