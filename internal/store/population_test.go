package store

import (
	"bytes"
	"cmp"
	"context"
	crand "crypto/rand"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"vaccin/internal/keyring"
	"vaccin/internal/keyring/keyringtest"
	"vaccin/internal/nir"
	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
)

// populationOf is a file of so many persons in parts of so many rows, every hundredth of whom comes twice, and of whom the
// used name is the one given.
func populationOf(persons, perPart int, usedName string) registry.PopulationFile {
	var rows []registry.InsuredRow
	for i := range persons {
		row := registry.InsuredRow{Line: int64(len(rows) + 2), Patient: registrytest.Patient(i + 10_000)}
		row.UsedName = usedName
		rows = append(rows, row)
		if i%100 == 99 {
			row.Line++
			row.GivenNames = "Double"
			rows = append(rows, row)
		}
	}
	parts := (len(rows) + perPart - 1) / perPart
	return registry.PopulationFile{
		Digest: fmt.Sprintf("%d %d %s", persons, perPart, usedName), Parts: parts, PartSize: int64(perPart), Lines: rows[len(rows)-1].Line,
		Read: func(ctx context.Context, from int) iter.Seq2[registry.PopulationPart, error] {
			return func(yield func(registry.PopulationPart, error) bool) {
				for n := from; n < parts && ctx.Err() == nil; n++ {
					some := rows[n*perPart : min((n+1)*perPart, len(rows))]
					if !yield(registry.PopulationPart{Number: n, Last: some[len(some)-1].Line, Rows: some}, nil) {
						return
					}
				}
			}
		},
	}
}

// atPart is the file, of which reading does something before it yields a part.
func atPart(file registry.PopulationFile, part int, do func()) registry.PopulationFile {
	read := file.Read
	file.Read = func(ctx context.Context, from int) iter.Seq2[registry.PopulationPart, error] {
		return func(yield func(registry.PopulationPart, error) bool) {
			for p, err := range read(ctx, from) {
				if p.Number == part {
					do()
				}
				if !yield(p, err) {
					return
				}
			}
		}
	}
	return file
}

// slowed is the file, of which reading a part takes a while when it is read for the first time: however quick the machine,
// an import is stopped some times before it ends.
func slowed(file registry.PopulationFile, by time.Duration) registry.PopulationFile {
	read, seen := file.Read, 0
	file.Read = func(ctx context.Context, from int) iter.Seq2[registry.PopulationPart, error] {
		return func(yield func(registry.PopulationPart, error) bool) {
			for p, err := range read(ctx, from) {
				if p.Number > seen {
					seen = p.Number
					time.Sleep(by)
				}
				if !yield(p, err) {
					return
				}
			}
		}
	}
	return file
}

func importPopulation(ctx context.Context, s *Store, file registry.PopulationFile) (registry.PopulationOutcome, error) {
	e := event(registry.ActionImportPersons)
	e.Digest = file.Digest
	return s.ImportPopulation(ctx, file, e, crand.Reader, func(registry.PopulationProgress) {})
}

// tableShape is what is said of the indexes and constraints of the tables of persons.
func tableShape(t *testing.T, s *Store) (shape []string) {
	t.Helper()
	const sql = "SELECT indexdef FROM pg_indexes WHERE tablename IN ('record', 'patient') UNION ALL" +
		" SELECT conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid IN ('record'::regclass, 'patient'::regclass) UNION ALL" +
		" SELECT privilege_type || ' ' || table_name FROM information_schema.role_table_grants WHERE grantee = 'vaccin_service' AND table_name IN ('record', 'patient')"
	err := s.engine.read(t.Context(), query{sql: sql, row: func(scan func(...any) error) error {
		line := ""
		err := scan(&line)
		shape = append(shape, line)
		return err
	}})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(shape)
	return shape
}

// importer opens a database as the command does.
func importer(t *testing.T, address string) *Store {
	t.Helper()
	s, err := Open(t.Context(), address, Options{Keys: keyringtest.Keys(), Importing: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// checkPopulation sees that each person has one record with one row beside it, and the name that the file has.
func checkPopulation(t *testing.T, s *Store, file registry.PopulationFile, persons int, usedName string) {
	t.Helper()
	length := 2 * drawnBytes
	if _, loaded := s.engine.(*postgres); loaded {
		length = tellingLength
	}
	for sql, want := range map[string]int{
		"SELECT CAST(COUNT(*) AS TEXT) FROM record": persons, "SELECT CAST(COUNT(*) AS TEXT) FROM patient": persons,
		"SELECT CAST(COUNT(*) AS TEXT) FROM record r JOIN patient p ON p.record_num = r.num":                                 persons,
		fmt.Sprintf("SELECT CAST(COUNT(*) AS TEXT) FROM record WHERE length(id) = %d", length):                               persons,
		"SELECT CAST(COUNT(DISTINCT holder_key) AS TEXT) FROM record":                                                        persons,
		"SELECT CAST(COUNT(DISTINCT id) AS TEXT) FROM record WHERE version = 1":                                              persons,
		"SELECT CAST(COUNT(*) AS TEXT) FROM population_duplicate WHERE import = (SELECT MAX(number) FROM population_import)": persons / 100,
		"SELECT CAST(COUNT(*) AS TEXT) FROM population_part WHERE import = (SELECT MAX(number) FROM population_import)":      file.Parts,
		"SELECT CAST(COUNT(*) AS TEXT) FROM access_log WHERE action = 'import-persons' AND digest = '" + file.Digest + "'":   file.Parts,
		"SELECT CAST(COUNT(*) AS TEXT) FROM population_import WHERE state = 'finished' AND digest = '" + file.Digest + "'":   1,
		"SELECT CAST(COUNT(*) AS TEXT) FROM population_seen":                                                                 0,
		"SELECT CAST(COUNT(*) AS TEXT) FROM population_duplicate WHERE of_line <> line - 1":                                  0,
		"SELECT CAST(COUNT(*) AS TEXT) FROM doubtful_match":                                                                  0,
	} {
		if got := cell(t, s, sql); got != fmt.Sprint(want) {
			t.Errorf("%s is %s, want %d", sql, got, want)
		}
	}
	for _, i := range []int{0, 99, persons / 2, persons - 1} {
		p := registrytest.Patient(i + 10_000)
		p.UsedName = usedName
		found, err := s.FindByNIR(t.Context(), p.Holder, event(registry.ActionSearchNIR), registry.Toll{})
		if err != nil || len(found) != 1 || found[0].Patient != p {
			t.Errorf("person %d is not the one of the file: %v", i, err)
			continue
		}
		id := found[0].ID
		if read, err := s.Read(t.Context(), id, event(registry.ActionRead)); err != nil || read.Patient != p {
			t.Errorf("person %d is not found by %s: %v", i, id, err)
		}
		last := map[byte]string{'0': "1"}[id[len(id)-1]]
		if _, err := s.Read(t.Context(), id[:len(id)-1]+registry.RecordID(cmp.Or(last, "0")), event(registry.ActionRead)); !errors.Is(err, registry.ErrNoRecord) {
			t.Errorf("an identifier beside %s finds a person: %v", id, err)
		}
	}
}

// importKilled stops an import again and again at any moment, by ending its context or the connections under it, and lets the
// last finish.
func importKilled(t *testing.T, address string, file registry.PopulationFile, least int) {
	t.Helper()
	file = slowed(file, 40*time.Millisecond) // longer than a busy machine takes to kill
	stops := 0
	for within := 30 * time.Millisecond; ; within += 5 * time.Millisecond {
		s := importer(t, address)
		ctx, cancel := context.WithCancel(t.Context())
		after := within/2 + time.Duration(rand.Int64N(int64(within)))
		kill, end := cancel, func() {}
		if stops%2 == 1 {
			other := importer(t, address)
			kill = func() {
				_ = execute(t, other, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
			}
			end = func() { _ = other.Close() }
		}
		over, ended := make(chan struct{}), make(chan struct{})
		go func() { // again until it ends: on a busy machine the first may come before there is a connection
			defer close(ended)
			for {
				select {
				case <-time.After(after):
					kill()
				case <-over:
					return
				}
			}
		}()
		_, err := importPopulation(ctx, s, file)
		close(over)
		<-ended
		end()
		cancel()
		_ = s.Close()
		if err == nil {
			break
		}
		if stops++; stops > 300 {
			t.Fatal(err)
		}
		if !errors.Is(err, context.Canceled) && !errors.Is(err, registry.ErrUnavailable) && !errors.Is(err, registry.ErrImporting) && !passing(err) && !away(err) {
			t.Fatal(err)
		}
	}
	if stops < least {
		t.Errorf("the import was stopped %d times only", stops)
	}
}

// TestAnImportThatIsKilledGoesOn does so with a first import, and then with a newer file.
func TestAnImportThatIsKilledGoesOn(t *testing.T) {
	const persons = 6000
	address := databases.Fresh(t)
	before := importer(t, address)
	shape := tableShape(t, before)
	first := populationOf(persons, 100, "Durand")
	importKilled(t, address, first, 5)
	s := importer(t, address)
	checkPopulation(t, s, first, persons, "Durand")
	if got := tableShape(t, s); !slices.Equal(got, shape) {
		t.Errorf("the tables are not as they were: %q, and were %q", got, shape)
	}
	ids := cell(t, s, "SELECT md5(string_agg(id, ',' ORDER BY id)) FROM record")
	newer := populationOf(persons, 100, "Nouveau")
	importKilled(t, address, newer, 5)
	s = importer(t, address)
	checkPopulation(t, s, newer, persons, "Nouveau")
	if cell(t, s, "SELECT md5(string_agg(id, ',' ORDER BY id)) FROM record") != ids {
		t.Error("records have other identifiers")
	}
}

// TestActsOnImportedPersonsAreListed: the list joins entries of the log with records by identifiers that tell numbers, and by
// those that are drawn.
func TestActsOnImportedPersonsAreListed(t *testing.T) {
	address := databases.Fresh(t)
	if _, err := importPopulation(t.Context(), importer(t, address), populationOf(100, 100, "Durand")); err != nil {
		t.Fatal(err)
	}
	s := importer(t, address)
	g := registrytest.NewRegistry(s, registrytest.NewClock())
	g.Random = crand.Reader
	importAll(t, s, g)
	by := registrytest.Doctor("Martin")
	imported, err := s.FindByNIR(t.Context(), registrytest.Patient(10_000).Holder, event(registry.ActionSearchNIR), registry.Toll{})
	if err != nil || len(imported) != 1 {
		t.Fatal(imported, err)
	}
	entered, _, err := g.Register(t.Context(), by, registrytest.NIR(9_000_001), registrytest.RegistrationRequest())
	if err != nil {
		t.Fatal(err)
	}
	for id, tells := range map[registry.RecordID]bool{imported[0].ID: true, entered: false} {
		if _, told := toldNumber(id); told != tells {
			t.Errorf("%s tells a number: %v", id, told)
		}
		if _, err := g.DeclareEligibility(t.Context(), registry.Act{By: by, Record: id, From: 1, Request: string(id)}, registrytest.EligibilityRequest()); err != nil {
			t.Fatal(err)
		}
	}
	want := registry.OwnActsQuery{NationalID: by.Practitioner.NationalID, Before: time.Now().AddDate(99, 0, 0), Limit: 10}
	acts, err := s.OwnActs(t.Context(), want, event(registry.ActionReadOwnActs))
	if err != nil {
		t.Fatal(err)
	}
	listed := map[registry.RecordID]string{}
	for _, act := range acts {
		if act.Action == registry.ActionDeclareEligibility {
			listed[act.Record] = act.Patient.BirthName
		}
	}
	if len(listed) != 2 || listed[imported[0].ID] != imported[0].Patient.BirthName {
		t.Errorf("the acts on an imported person and one entered by hand are listed so: %v", listed)
	}
}

// TestTwoProcessesImportIntoOneFile: on the embedded store too, where no lock is held from part to part, whoever comes second
// in a part is told so, and nothing comes in twice.
func TestTwoProcessesImportIntoOneFile(t *testing.T) {
	const persons = 400
	for name, their := range map[string]registry.PopulationFile{
		"the same file": populationOf(persons, 100, "Durand"), "another file": populationOf(persons, 100, "Nouveau"),
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "vaccin.db")
			s, other := importer(t, path), importer(t, path)
			file := atPart(populationOf(persons, 100, "Durand"), 2, func() {
				if o, err := importPopulation(t.Context(), other, their); err != nil || o.Already {
					t.Errorf("the other import: %+v, %v", o, err)
				}
			})
			if _, err := importPopulation(t.Context(), s, file); !errors.Is(err, registry.ErrImporting) {
				t.Errorf("the first import: %v", err)
			}
			checkPopulation(t, s, their, persons, their.Digest[strings.LastIndex(their.Digest, " ")+1:])
		})
	}
}

// TestAnUnfinishedFirstImportIsNotServed: neither with the rights of the service nor by a command, and a service that runs
// all the same can write nobody.
func TestAnUnfinishedFirstImportIsNotServed(t *testing.T) {
	address := databases.Fresh(t)
	running, err := Open(t.Context(), address, Options{Service: true, Keys: keyringtest.Keys()})
	if err != nil {
		t.Fatal(err)
	}
	defer running.Close()
	rotating := server(t, address, keyring.Fixed(newer(keyringtest.Ring(1))))
	file := populationOf(300, 100, "Durand")
	ctx, cancel := context.WithCancel(t.Context())
	s := importer(t, address)
	if _, err := importPopulation(ctx, s, atPart(file, 2, cancel)); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	for name, o := range map[string]Options{"service": {Service: true, Keys: keyringtest.Keys()}, "command": {Keys: keyringtest.Keys()}} {
		if _, err := Open(t.Context(), address, o); !errors.Is(err, ErrLoading) {
			t.Errorf("a %s opens the database: %v", name, err)
		}
	}
	if _, err := rotating.Rotate(t.Context(), rotateEvent, nil); !errors.Is(err, ErrLoading) {
		t.Errorf("the keys are rotated: %v", err)
	}
	const touch = "UPDATE record SET version = version"
	if err := execute(t, running, touch); err == nil {
		t.Error("a service that runs writes records during the first import")
	}
	other := populationOf(200, 100, "Durand")
	if _, err := importPopulation(t.Context(), s, other); !errors.Is(err, registry.ErrOtherFile) {
		t.Errorf("another file is imported: %v", err)
	}
	older := file
	older.PartSize++ // as a version before cut it, which put nobody aside
	if _, err := importPopulation(t.Context(), s, older); !errors.Is(err, registry.ErrOlderImport) {
		t.Errorf("what a version before began goes on: %v", err)
	}
	o, err := importPopulation(t.Context(), s, file)
	if err != nil || o.Created != 300 || o.Duplicates != 3 || !o.First {
		t.Fatalf("%+v, %v", o, err)
	}
	if o, err = importPopulation(t.Context(), s, file); err != nil || !o.Already {
		t.Errorf("the import is done again: %+v, %v", o, err)
	}
	checkPopulation(t, s, file, 300, "Durand")
	served, err := Open(t.Context(), address, Options{Service: true, Keys: keyringtest.Keys()})
	if err != nil {
		t.Fatal(err)
	}
	defer served.Close()
	if err := execute(t, served, touch); err != nil {
		t.Error(err)
	}
}

// TestAnImportTouchesNoObjection: neither of who is known nor of who was entered by hand.
func TestAnImportTouchesNoObjection(t *testing.T) {
	onFreshEngine(t, func(t *testing.T, address string) {
		s := server(t, address, keyringtest.Keys())
		if _, err := importPopulation(t.Context(), s, populationOf(300, 100, "Durand")); err != nil {
			t.Fatal(err)
		}
		if err := execute(t, s, "UPDATE patient SET objects = true WHERE record_num IN (SELECT MIN(num) FROM record)"); err != nil {
			t.Fatal(err)
		}
		if _, err := importPopulation(t.Context(), s, populationOf(300, 100, "Nouveau")); err != nil {
			t.Fatal(err)
		}
		if got := cell(t, s, "SELECT CAST(COUNT(*) AS TEXT) FROM patient WHERE objects"); got != "1" {
			t.Errorf("%s persons object", got)
		}
	})
}

// TestStagedPartsHoldNoNIR looks at the staging tables while a part is in them.
func TestStagedPartsHoldNoNIR(t *testing.T) {
	onFreshEngine(t, func(t *testing.T, address string) {
		s := server(t, address, keyringtest.Keys())
		importMany(t, s, 10)
		file := populationOf(50, 100, "Montespan")
		session, err := s.engine.importing(t.Context(), s.write)
		if err != nil {
			t.Fatal(err)
		}
		defer session.close()
		p := &populationImport{keys: s.keys.held.Load(), file: file, event: event(registry.ActionImportPersons), began: time.Now(), random: registrytest.Random(7)}
		err = session.do(t.Context(), func(tx importTx) error {
			if err := p.begin(tx, -1); err != nil {
				return err
			}
			for part := range file.Read(t.Context(), 0) {
				if err := p.mergePart(tx, part); err != nil {
					return err
				}
				var staged []byte
				for _, table := range []string{"population_stage", "population_sealed"} {
					rows := 0
					sql := "SELECT * FROM " + table
					if err := tx.query(query{sql: sql, row: func(scan func(...any) error) error {
						rows++
						columns := 7
						if table == "population_sealed" {
							columns = columnCount(sealedColumns)
						}
						values := make([]any, columns)
						to := make([]any, columns)
						for i := range values {
							to[i] = &values[i]
						}
						err := scan(to...)
						for _, v := range values {
							if b, ok := v.([]byte); ok {
								staged = append(staged, b...)
							} else {
								staged = fmt.Append(staged, v, " ")
							}
						}
						return err
					}}); err != nil {
						return err
					}
					if rows == 0 {
						t.Errorf("nothing is in %s", table)
					}
				}
				for _, row := range part.Rows {
					if holds(staged, row.Holder) || bytes.Contains(staged, []byte("Montespan")) {
						t.Error("a staging table tells a number or a name")
						return nil
					}
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func holds(data []byte, number nir.Number) bool {
	return strings.Contains(string(data), number.Digits()) || bytes.Contains(data, packNIR(nil, number))
}

// TestEveryKeyThatWasMetIsSuspect: none is missed, and few others are taken for met.
func TestEveryKeyThatWasMetIsSuspect(t *testing.T) {
	const n = 20_000
	rows := make([]registry.InsuredRow, n)
	for i := range rows {
		rows[i].Patient = registrytest.Patient(i)
	}
	hashes := newMetKeys(1).hashRows(nil, rows)
	for name, c := range map[string]struct {
		met    *metKeys
		atMost int
	}{
		"a small file": {newMetKeys(n), n / 500}, "a nation's bits": {metKeysOf(2*n, metBits), n / 100},
	} {
		if taken := suspectsOf(c.met, 0, hashes); taken > c.atMost {
			t.Errorf("%s: %d of %d are suspect though none came before", name, taken, n)
		}
		if again := suspectsOf(c.met, 1, hashes); again != n {
			t.Errorf("%s: %d of %d that came before are suspect", name, again, n)
		}
	}
}

func suspectsOf(m *metKeys, turn int, part []rowHashes) int {
	suspects, _ := m.suspects(turn, part)
	return len(suspects)
}

// TestPartsAreLookedAtInTheirTurn whoever comes first: of two parts that are the same the second is suspect.
func TestPartsAreLookedAtInTheirTurn(t *testing.T) {
	hashes := newMetKeys(1).hashRows(nil, []registry.InsuredRow{{Patient: registrytest.Patient(1)}})
	for range 100 {
		met, second := newMetKeys(2), make(chan int)
		go func() { second <- suspectsOf(met, 1, hashes) }()
		if first := suspectsOf(met, 0, hashes); first != 0 {
			t.Fatal("the first part is suspect")
		}
		if n := <-second; n != 1 {
			t.Fatal("the second part is not suspect")
		}
	}
}
