package store

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"vaccin/internal/keyring/keyringtest"
	"vaccin/internal/nir"
	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
)

// shownByNumber are the identity and the identifier of whoever is found by a number of a file, or of those before it.
func shownByNumber(t *testing.T, s *Store, i int) (found []string) {
	t.Helper()
	records, err := s.FindByNIR(t.Context(), registrytest.Patient(i+10_000).Holder, event(registry.ActionSearchNIR), registry.Toll{})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records {
		found = append(found, fmt.Sprint(r.ID, r.Patient.UsedName, r.Patient.GivenNames))
	}
	return found
}

// beforeCountry has some persons of a country in a fresh database, imported as a department is.
func beforeCountry(t *testing.T, persons int) (address string) {
	t.Helper()
	address = databases.Fresh(t)
	s := importer(t, address)
	if _, err := importPopulation(t.Context(), s, populationOf(persons, 100, "Durand")); err != nil {
		t.Fatal(err)
	}
	return address
}

// decided has someone have decided of two persons who were there before a file.
func decided(t *testing.T, s *Store) {
	t.Helper()
	const two = "INSERT INTO doubtful_match (record_num, other_num, reason, at, decision) VALUES (1, 2, 'own-number', 0, 'two')"
	if err := execute(t, s, two); err != nil {
		t.Fatal(err)
	}
}

func staysDecided(t *testing.T, s *Store) {
	t.Helper()
	if got := cell(t, s, "SELECT CAST(COUNT(*) AS TEXT) FROM doubtful_match WHERE decision = 'two'"); got != "1" {
		t.Errorf("of what was decided there are %s", got)
	}
}

// TestACountryIsLoadedBesideFew: those who were there keep their records, and get what the file says; who is connected has the file merged.
func TestACountryIsLoadedBesideFew(t *testing.T) {
	const before, persons = 1000, 10_000
	file := populationOf(persons, 1000, "Nouveau")
	for name, loads := range map[string]bool{"nobody is connected": true, "a service is connected": false} {
		t.Run(name, func(t *testing.T) {
			address := beforeCountry(t, before)
			s := importer(t, address)
			shape, ids := tableShape(t, s), cell(t, s, "SELECT md5(string_agg(id, ',' ORDER BY id)) FROM record")
			decided(t, s)
			if !loads {
				server(t, address, keyringtest.Keys())
			}
			o, err := importPopulation(t.Context(), s, file)
			if want := (registry.PopulationCounts{Created: persons - before, Updated: before, Duplicates: persons / 100}); err != nil || o.PopulationCounts != want || o.First != loads {
				t.Fatalf("%+v, %v", o, err)
			}
			if got := tableShape(t, s); !slices.Equal(got, shape) {
				t.Errorf("the tables are not as they were: %q, and were %q", got, shape)
			}
			if got := cell(t, s, fmt.Sprintf("SELECT md5(string_agg(id, ',' ORDER BY id)) FROM record WHERE num <= %d + %d", before, before/100)); got != ids {
				t.Error("who was there has another identifier")
			}
			staysDecided(t, s)
			for _, i := range []int{0, 99, before - 1, before, persons - 1} {
				if found := shownByNumber(t, s, i); len(found) != 1 || !strings.Contains(found[0], "Nouveau") || strings.Contains(found[0], "Double") {
					t.Errorf("person %d is shown so: %q", i, found)
				}
			}
			if o, err = importPopulation(t.Context(), s, file); err != nil || !o.Already {
				t.Errorf("the import is done again: %+v, %v", o, err)
			}
			if o, err = importPopulation(t.Context(), s, populationOf(persons, 1000, "Encore")); err != nil || o.Created != 0 || o.Updated != persons {
				t.Errorf("a newer file: %+v, %v", o, err)
			}
		})
	}
}

// TestALoadBesideFewThatIsKilledGoesOn in whatever step it is.
func TestALoadBesideFewThatIsKilledGoesOn(t *testing.T) {
	const before, persons = 600, 10_000
	address := beforeCountry(t, before)
	s := importer(t, address)
	shape := tableShape(t, s)
	_ = s.Close()
	file := populationOf(persons, 200, "Nouveau")
	importKilled(t, address, file, 5)
	s = importer(t, address)
	for sql, want := range map[string]int{
		"SELECT CAST(COUNT(*) AS TEXT) FROM record r JOIN patient p ON p.record_num = r.num":                                                        persons,
		"SELECT CAST(COUNT(*) AS TEXT) FROM record":                                                                                                 persons,
		"SELECT CAST(COUNT(DISTINCT holder_key) AS TEXT) FROM record":                                                                               persons,
		"SELECT CAST(COUNT(DISTINCT told) AS TEXT) FROM patient":                                                                                    persons,
		"SELECT CAST(SUM(created) AS TEXT) FROM population_part WHERE import = 2":                                                                   persons - before + persons/100,
		"SELECT CAST(SUM(updated) AS TEXT) FROM population_part WHERE import = 2":                                                                   before,
		"SELECT CAST(SUM(parts) AS TEXT) FROM population_import WHERE number = 2":                                                                   2 * file.Parts, // by which the version before does not go on with it
		"SELECT CAST(COUNT(*) AS TEXT) FROM population_duplicate WHERE import = 2":                                                                  persons / 100,
		"SELECT CAST(COUNT(*) AS TEXT) FROM population_duplicate WHERE import = 2 AND of_line <> line - 1":                                          0,
		"SELECT CAST(COUNT(*) AS TEXT) FROM population_import WHERE number = 2 AND first AND state = 'finished'":                                    1,
		"SELECT CAST(COUNT(*) AS TEXT) FROM pg_class WHERE relname IN ('population_before', 'population_aside_record', 'population_aside_patient')": 0,
	} {
		if got := cell(t, s, sql); got != fmt.Sprint(want) {
			t.Errorf("%s is %s, want %d", sql, got, want)
		}
	}
	if got := tableShape(t, s); !slices.Equal(got, shape) {
		t.Errorf("the tables are not as they were: %q, and were %q", got, shape)
	}
}

// TestAnUnfinishedLoadMayBeGivenUp wherever it stopped: what it brought stays, and a newer file says what is right.
func TestAnUnfinishedLoadMayBeGivenUp(t *testing.T) {
	const before, persons = 600, 10_000
	for _, stop := range []int{0, 3, 10, 13} { // the last when those who were there are told of
		t.Run(fmt.Sprint(stop), func(t *testing.T) {
			address := beforeCountry(t, before)
			s := importer(t, address)
			shape := tableShape(t, s)
			decided(t, s)
			ctx, cancel := context.WithCancel(t.Context())
			wrong := atPart(populationOf(persons, 1000, "Faux"), stop, cancel)
			if stop > 10 {
				wrong = populationOf(persons, 1000, "Faux")
				wrong.Again = atPart(wrong, 0, cancel).Read
			}
			if _, err := importPopulation(ctx, s, wrong); !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
			right := populationOf(before+100, 100, "Nouveau")
			if _, err := importPopulation(t.Context(), s, right); !errors.Is(err, registry.ErrOtherFile) {
				t.Errorf("without a word: %v", err)
			}
			right.Replacing = true
			o, err := importPopulation(t.Context(), s, right)
			if err != nil || !o.Instead || o.Created+o.Updated != before+100 {
				t.Fatalf("%+v, %v", o, err)
			}
			if got := tableShape(t, s); !slices.Equal(got, shape) {
				t.Errorf("the tables are not as they were: %q, and were %q", got, shape)
			}
			staysDecided(t, s)
			for _, i := range []int{0, before, before + 99} {
				if found := shownByNumber(t, s, i); len(found) != 1 || !strings.Contains(found[0], "Nouveau") {
					t.Errorf("person %d is shown so: %q", i, found)
				}
			}
			brought := cell(t, s, "SELECT CAST(COUNT(*) AS TEXT) FROM population_part WHERE import = 2 AND part = 5") // of whom they are
			if found := shownByNumber(t, s, persons/2); fmt.Sprint(len(found)) != brought || len(found) == 1 && !strings.Contains(found[0], "Faux") || len(found) == 0 && stop > 10 {
				t.Errorf("what the import that was given up brought is shown so: %q", found)
			}
			if _, err := Open(t.Context(), address, Options{Service: true, Keys: keyringtest.Keys()}); err != nil {
				t.Errorf("a service: %v", err)
			}
		})
	}
}

// TestALoadAndWhoOpensTheDatabaseSeeEachOther however late one comes: the file is merged beside a service, or the service is refused.
func TestALoadAndWhoOpensTheDatabaseSeeEachOther(t *testing.T) {
	for name, c := range map[string]struct {
		holds string // what the load waits for while the service comes
		loads bool
	}{
		"it has looked who is there": {"LOCK TABLE record IN ACCESS SHARE MODE", false},
		"it has the tables":          {"LOCK TABLE identity_key IN ACCESS EXCLUSIVE MODE", true},
	} {
		t.Run(name, func(t *testing.T) {
			address := beforeCountry(t, 200)
			s := importer(t, address)
			holder, err := pgx.Connect(t.Context(), address)
			if err != nil {
				t.Fatal(err)
			}
			defer holder.Close(context.Background())
			if _, err := holder.Exec(t.Context(), "BEGIN; "+c.holds); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			imported, opened := make(chan registry.PopulationOutcome), make(chan error)
			go func() {
				file := populationOf(10_000, 1000, "Nouveau")
				if c.loads { // it stays closed
					file = atPart(file, 0, cancel)
				}
				o, _ := importPopulation(ctx, s, file)
				imported <- o
			}()
			untilWaiting(t, holder, 1)
			go func() {
				served, err := Open(t.Context(), address, Options{Service: true, Keys: keyringtest.Keys()})
				if err == nil {
					defer served.Close()
				}
				opened <- err
				<-ctx.Done()
			}()
			untilWaiting(t, holder, 2)
			if _, err := holder.Exec(t.Context(), "COMMIT"); err != nil {
				t.Fatal(err)
			}
			if err := <-opened; c.loads != errors.Is(err, ErrLoading) || !c.loads && err != nil {
				t.Errorf("a service opens the database: %v", err)
			}
			if o := <-imported; !c.loads && (o.First || o.Created+o.Updated != 10_000) {
				t.Errorf("beside a service: %+v", o)
			}
		})
	}
}

// untilWaiting waits until so many wait for a lock.
func untilWaiting(t *testing.T, conn *pgx.Conn, others int) {
	t.Helper()
	for began := time.Now(); ; time.Sleep(retryEvery) {
		waiting := 0
		if err := conn.QueryRow(t.Context(), "SELECT COUNT(DISTINCT l.pid) FROM pg_locks l JOIN pg_database d ON d.oid = l.database"+
			" WHERE d.datname = current_database() AND NOT l.granted").Scan(&waiting); err != nil {
			t.Fatal(err)
		}
		if waiting >= others {
			return
		}
		if time.Since(began) > patience {
			t.Fatalf("%d wait, not %d", waiting, others)
		}
	}
}

// TestALoadThatIsNotGivenUpGoesOn with its file: as one is that another file is asked about first, or that something kept from its end.
func TestALoadThatIsNotGivenUpGoesOn(t *testing.T) {
	const before, persons = 600, 10_000
	unconfirmed := func(err error) bool {
		var told *registry.Error
		return errors.As(err, &told) && told.Kind == registry.KindUnconfirmed
	}
	for name, c := range map[string]struct {
		columns         []string
		change, restore string
		refused         func(err error) bool
	}{
		"the other file lacks a column": {[]string{"nir"}, "SELECT", "SELECT", unconfirmed},
		"it fails at the end": {
			[]string{"nir", "nom"},
			"ALTER TABLE population_import ADD CONSTRAINT kept CHECK (state <> 'dropped')",
			"ALTER TABLE population_import DROP CONSTRAINT kept", func(err error) bool { return err != nil },
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := importer(t, databases.Fresh(t))
			some := populationOf(before, 100, "Durand")
			some.Columns = []string{"nir", "nom"}
			if _, err := importPopulation(t.Context(), s, some); err != nil {
				t.Fatal(err)
			}
			file := populationOf(persons, 1000, "Nouveau")
			file.Columns = some.Columns
			ctx, cancel := context.WithCancel(t.Context())
			if _, err := importPopulation(ctx, s, atPart(file, 3, cancel)); !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
			if err := execute(t, s, c.change); err != nil {
				t.Fatal(err)
			}
			other := populationOf(before, 50, "Autre")
			other.Replacing, other.Columns = true, c.columns
			if _, err := importPopulation(t.Context(), s, other); !c.refused(err) {
				t.Errorf("the other file: %v", err)
			}
			if err := execute(t, s, c.restore); err != nil {
				t.Fatal(err)
			}
			o, err := importPopulation(t.Context(), s, file)
			if want := (registry.PopulationCounts{Created: persons - before, Updated: before, Duplicates: persons / 100}); err != nil || !o.First || o.PopulationCounts != want {
				t.Errorf("its own file: %+v, %v", o, err)
			}
		})
	}
}

// TestALoadOfAnotherVersionMayBeGivenUp for the same file, cut as this version cuts it; one that put nobody aside is ended by the version that began it.
func TestALoadOfAnotherVersionMayBeGivenUp(t *testing.T) {
	s := importer(t, databases.Fresh(t))
	file := populationOf(300, 100, "Durand")
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := importPopulation(ctx, s, atPart(file, 2, cancel)); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	file.PartSize++
	if _, err := importPopulation(t.Context(), s, file); !errors.Is(err, registry.ErrOlderImport) {
		t.Errorf("without a word: %v", err)
	}
	file.Replacing = true
	const away, back = "ALTER TABLE population_aside_record RENAME TO elsewhere", "ALTER TABLE elsewhere RENAME TO population_aside_record"
	if err := execute(t, s, away); err != nil {
		t.Fatal(err)
	}
	if _, err := importPopulation(t.Context(), s, file); !errors.Is(err, registry.ErrOlderImport) {
		t.Errorf("of one that put nobody aside: %v", err)
	}
	if err := execute(t, s, back); err != nil {
		t.Fatal(err)
	}
	o, err := importPopulation(t.Context(), s, file)
	if err != nil || !o.Instead || o.Created+o.Unchanged != 300 {
		t.Errorf("%+v, %v", o, err)
	}
}

// TestFewAreThoseWhomAFileBringsManyTimes and no more than there is memory for; a file of few lines is merged beside anybody.
func TestFewAreThoseWhomAFileBringsManyTimes(t *testing.T) {
	session := &postgresImport{engine: &postgres{}}
	for lines, want := range map[int64]int64{9_999: 0, 10_000: 1_000, 1_000_000: 100_000, 67_000_000: 300_000} {
		if few := session.fewBeside(lines); few != want {
			t.Errorf("beside a file of %d lines %d persons are few, want %d", lines, few, want)
		}
	}
	begun, err := importer(t, beforeCountry(t, 990)).engine.importing(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer begun.close()
	for few, want := range map[int64]bool{-1: false, 0: false, 989: false, 990: true} {
		if err := begun.do(t.Context(), func(tx importTx) error {
			first, served, err := isFirst(tx, few)
			if first != want || served {
				t.Errorf("with %d few: %t, %t", few, first, served)
			}
			return err
		}); err != nil {
			t.Error(err)
		}
	}
}

// TestNumbersOfThoseWhoAreGoneAreNotGivenAgain by a load: a list may still name them.
func TestNumbersOfThoseWhoAreGoneAreNotGivenAgain(t *testing.T) {
	s := importer(t, beforeCountry(t, 200))
	last := cell(t, s, "SELECT CAST(MAX(num) AS TEXT) FROM record")
	for _, sql := range []string{"DELETE FROM patient WHERE record_num > 100", "DELETE FROM record WHERE num > 100"} {
		if err := execute(t, s, sql); err != nil {
			t.Fatal(err)
		}
	}
	o, err := importPopulation(t.Context(), s, populationOf(10_000, 1000, "Nouveau"))
	if err != nil || !o.First {
		t.Fatalf("%+v, %v", o, err)
	}
	if again := cell(t, s, "SELECT CAST(COUNT(*) AS TEXT) FROM record WHERE num > 100 AND num <= "+last); again != "0" {
		t.Errorf("%s numbers up to %s are given again", again, last)
	}
	if left := cell(t, s, "SELECT CAST(pg_sequence_last_value(pg_get_serial_sequence('record', 'num')) - MAX(num) AS TEXT) FROM record"); left != "0" {
		t.Errorf("numbers go on %s after the last", left)
	}
}

// TestWhoIsLeftGetsTheNumberOfTheirLine where they are new: the order of records is that of the file.
func TestWhoIsLeftGetsTheNumberOfTheirLine(t *testing.T) {
	s := importer(t, beforeCountry(t, 200))
	base := cell(t, s, "SELECT CAST(MAX(num) AS TEXT) FROM record")
	file, lines := populationOf(10_000, 1000, "Nouveau"), []string{}
	read := file.Read
	file.Read = func(ctx context.Context, from int) iter.Seq2[registry.PopulationPart, error] {
		return func(yield func(registry.PopulationPart, error) bool) {
			lines = lines[:0]
			for part, err := range read(ctx, from) {
				part.Rows = slices.Clone(part.Rows)
				if part.Number%3 == 1 { // children of some who were there
					for _, i := range []int{10, 20, 30} {
						row := &part.Rows[i]
						row.Holder, row.Own, row.BirthRank = registrytest.Patient(10_000+10*part.Number+i/10).Holder, nir.Number{}, 5
						lines = append(lines, fmt.Sprint(row.Line))
					}
				}
				if !yield(part, err) {
					return
				}
			}
		}
	}
	o, err := importPopulation(t.Context(), s, file)
	if err != nil || !o.First || o.Created != 9_800 || len(lines) == 0 {
		t.Fatalf("%+v, %v", o, err)
	}
	got := cell(t, s, "SELECT string_agg(CAST(num - "+base+" AS TEXT), ' ' ORDER BY num) FROM record WHERE length(id) <> 26 AND num > "+base)
	if want := strings.Join(lines, " "); got != want {
		t.Errorf("they are of the lines %s, want %s", got, want)
	}
}

// TestNothingElseIsGivenUp: the word that gives up a load lets its own file go on, and changes nothing of a merge.
func TestNothingElseIsGivenUp(t *testing.T) {
	const before, persons = 600, 10_000
	for name, c := range map[string]struct{ merged, own bool }{"a load, by its own file": {own: true}, "a merge, by its own": {merged: true, own: true}, "a merge, by another": {merged: true}} {
		t.Run(name, func(t *testing.T) {
			address := beforeCountry(t, before)
			s := importer(t, address)
			if c.merged {
				server(t, address, keyringtest.Keys())
			}
			ctx, cancel := context.WithCancel(t.Context())
			file := populationOf(persons, 1000, "Nouveau")
			if _, err := importPopulation(ctx, s, atPart(file, 3, cancel)); !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
			if !c.own {
				file = populationOf(persons, 1000, "Autre")
			}
			file.Replacing = true
			o, err := importPopulation(t.Context(), s, file)
			if err != nil || o.First == c.merged || o.Instead == c.own || o.Created+o.Updated+o.Unchanged < persons-before || o.Duplicates != persons/100 {
				t.Fatalf("%+v, %v", o, err)
			}
			if got := cell(t, s, "SELECT CAST(MAX(number) AS TEXT) FROM population_import"); (got == "2") != c.own {
				t.Errorf("there are %s imports", got)
			}
		})
	}
}
