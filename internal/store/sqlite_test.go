package store

import (
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"vaccin/internal/keyring/keyringtest"
	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
)

// aside opens the file of a store by itself, as an operator or a fault would.
func aside(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", address(path, "_pragma=busy_timeout(5000)"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// openAt opens a store at a path and imports the reference data of tests.
func openAt(t *testing.T, path string) (*Store, *registry.Registry) {
	t.Helper()
	s, err := Open(t.Context(), path, Options{Keys: keyringtest.Keys()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	g := registrytest.NewRegistry(s, registrytest.NewClock())
	importAll(t, s, g)
	return s, g
}

func importAll(t testing.TB, s *Store, g *registry.Registry) {
	t.Helper()
	ref := registrytest.Reference()
	err := s.ImportReference(t.Context(), registry.ReferenceChange{
		Vaccines: ref.Vaccines, Schedules: ref.Schedules, Sites: ref.Sites, PlaceTypes: ref.PlaceTypes, Activities: ref.Activities,
		Openings: ref.Openings, Localities: registrytest.Localities(), Places: registrytest.Places(), Lots: registrytest.Lots(),
	}, g.ImportEvent(registrytest.Doctor("Import"), 1, "digest"))
	if err != nil {
		t.Fatal(err)
	}
}

// vaccinated returns a record with an eligibility, rectified, and a dose, annulled.
func vaccinated(t *testing.T, g *registry.Registry) registry.RecordID {
	t.Helper()
	ctx, by := t.Context(), registrytest.Doctor("Martin")
	must := func(_ registry.Done, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	id, _, err := g.Register(ctx, by, registrytest.NIR(1), registrytest.RegistrationRequest())
	if err != nil {
		t.Fatal(err)
	}
	act := registry.Act{By: by, Record: id, From: 1}
	must(g.DeclareEligibility(ctx, act, registrytest.EligibilityRequest()))
	must(g.RectifyEligibility(ctx, act, registrytest.PaperRequest("Autre")))
	act.Step, act.Reason = registry.StepFirstDose, "erreur"
	must(g.RecordDose(ctx, act, registrytest.DoseRequest()))
	must(g.Annul(ctx, registry.Act{By: by, Record: id, Step: registry.StepFirstDose, Reason: "erreur"}))
	return id
}

func TestTheFileIsItsOwnersAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	_, g := openAt(t, path)
	vaccinated(t, g)
	for _, suffix := range []string{"", "-wal", "-shm"} {
		info, err := os.Stat(path + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if mode := info.Mode().Perm(); mode != 0o600 {
			t.Errorf("store.db%s has mode %o", suffix, mode)
		}
	}
}

func TestAStoreOpenedAgainHasEverything(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	s, g := openAt(t, path)
	id := vaccinated(t, g)
	before, err := s.Facts(t.Context(), id, registry.Wanted{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	again, _ := openAt(t, path)
	after, err := again.Facts(t.Context(), id, registry.Wanted{})
	if err != nil {
		t.Fatal(err)
	}
	if before.Record.Version != after.Record.Version || len(after.Record.Eligibilities[0].Versions) != 2 {
		t.Errorf("the record was at version %d and is at %d", before.Record.Version, after.Record.Version)
	}
}

func TestAFileThatIsNoStoreIsRefused(t *testing.T) {
	dir := t.TempDir()
	junk := filepath.Join(dir, "junk.db")
	if err := os.WriteFile(junk, []byte(strings.Repeat("this is no database ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{junk, dir, filepath.Join(dir, "missing", "store.db")} {
		if s, err := Open(t.Context(), path, Options{Keys: keyringtest.Keys()}); err == nil {
			_ = s.Close()
			t.Errorf("%s was opened", path)
		}
	}
}

func TestANewFileMayBeOpenedByManyAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			s, err := Open(t.Context(), path, Options{Keys: keyringtest.Keys()})
			if err != nil {
				t.Error(err)
				return
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func TestTheAccessLogIsAppendOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	s, g := openAt(t, path)
	vaccinated(t, g)
	db := aside(t, path)
	for _, text := range []string{
		"UPDATE access_log SET actor_id = 'someone else'", "DELETE FROM access_log", "DELETE FROM access_log WHERE num = 1",
	} {
		if _, err := db.ExecContext(t.Context(), text); err == nil {
			t.Errorf("%s was done", text)
		}
	}
	events, err := s.Events(t.Context(), registry.EventQuery{Limit: 100})
	if err != nil || len(events) != 6 {
		t.Errorf("the log has %d entries: %v", len(events), err)
	}
}

// TestWhatCannotBeReadIsAnError damages one column after another. Nothing is shown in place of what was
// there, and the error does not tell it.
func TestWhatCannotBeReadIsAnError(t *testing.T) {
	for _, damage := range []string{
		"UPDATE record SET birth_date = 'damaged!'",
		"UPDATE record SET code = 9000000000000000000",
		"UPDATE record SET version = 'damaged!'",
		"UPDATE patient SET sealed = CAST('damaged!' AS BLOB)",
		"UPDATE patient SET sealed = 'damaged!'",
		"UPDATE patient SET sealed = CAST('' AS BLOB)",
		"UPDATE patient SET sealed = zeroblob(100)",
		"UPDATE patient SET sealed = CAST(substr(sealed, 1, length(sealed) - 1) AS BLOB)",
		"UPDATE patient SET sealed = CAST(sealed || 'x' AS BLOB)",
		"UPDATE entry SET content = json_replace(content, '$[6]', 'damaged!') WHERE step = 0 AND number > 0", // prescribed on
		"UPDATE entry SET content = json_replace(content, '$[6]', '') WHERE step = 0 AND number > 0",
		"UPDATE entry SET content = json_replace(content, '$[6]', '2021-02-31') WHERE step = 0 AND number > 0",
		"UPDATE entry SET content = json_replace(content, '$[7]', 'damaged!') WHERE step = 0 AND number > 0",  // health professional
		"UPDATE entry SET content = json_replace(content, '$[12]', 'damaged!') WHERE step = 0 AND number > 0", // confirmed
		"UPDATE entry SET content = json_replace(content, '$[14]', 'damaged!') WHERE step > 0 AND number > 0", // book from
		"UPDATE entry SET content = json_replace(content, '$[0]', '2') WHERE number > 0",
		"UPDATE entry SET content = json_remove(content, '$[1]') WHERE number = 0",
		"UPDATE entry SET content = json_insert(content, '$[#]', 'damaged!') WHERE number = 0",
		"UPDATE entry SET content = 'damaged!' WHERE step = 0",
		"UPDATE entry SET content = x'00' WHERE step = 0",
		"UPDATE entry SET signed_at = 'damaged!'",
		"UPDATE entry SET signed_at = 'damaged!' WHERE number = 0",
		"DELETE FROM entry WHERE step = 0 AND number = 1",
		"DELETE FROM entry WHERE step = 1 AND number = 1",
		"UPDATE entry SET number = 3 WHERE number = 2",
		"UPDATE entry SET sequence = 2 WHERE step = 0",
		"UPDATE entry SET occurrence = 'damaged!' WHERE step > 0 AND number > 0",
		"UPDATE entry SET occurrence = NULL",
		"UPDATE entry SET lot_number = 'damaged!'",
		"UPDATE entry SET series_doses = 'damaged!' WHERE step > 0",
		"UPDATE entry SET step = 2 WHERE step = 1 AND number > 0",
		"UPDATE entry SET step = 2 WHERE number = 0",
		"UPDATE entry SET sequence = 2 WHERE number = 0",
		"UPDATE entry SET sequence = 0 WHERE number = 0",
	} {
		t.Run(damage, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "store.db")
			s, g := openAt(t, path)
			id := vaccinated(t, g)
			if _, err := aside(t, path).ExecContext(t.Context(), damage); err != nil {
				t.Fatal(err)
			}
			by := registrytest.Doctor("Martin")
			r, err := g.Read(t.Context(), by, id, registry.ActionRead)
			if err == nil || r.ID != "" || errors.Is(err, registry.ErrNoRecord) || registry.KindOf(err) != 0 {
				t.Errorf("the record read is %q, the error %v", r.ID, err)
			}
			if err != nil && strings.Contains(err.Error(), "damaged!") && !strings.Contains(damage, "version") &&
				!strings.Contains(damage, "series_doses") && !strings.Contains(damage, "health_professional") {
				t.Errorf("the error tells what was there: %v", err)
			}
			events, err := s.Events(t.Context(), registry.EventQuery{Record: id, Limit: 1})
			if err != nil || events[0].Action != registry.ActionAnnulFirstDose {
				t.Errorf("an access was logged that showed nothing: %v, %v", events, err)
			}
		})
	}
}

// TestAnotherProcessMayWriteToo has two stores on one file change the same record: each change is made
// once.
func TestAnotherProcessMayWriteToo(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	one, g := openAt(t, path)
	two, err := Open(t.Context(), path, Options{Keys: keyringtest.Keys()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = two.Close() })
	by := registrytest.Doctor("Martin")
	id, _, err := g.Register(t.Context(), by, registrytest.NIR(1), registrytest.RegistrationRequest())
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range 20 {
		store := []*Store{one, two}[i%2]
		wg.Go(func() {
			g := registrytest.NewRegistry(store, registrytest.NewClock())
			act := registry.Act{By: by, Record: id, Request: "one form"}
			if _, err := g.DeclareEligibility(t.Context(), act, registrytest.EligibilityRequest()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	facts, err := two.Facts(t.Context(), id, registry.Wanted{})
	if err != nil || len(facts.Record.Eligibilities) != 1 || facts.Record.Version != 2 {
		t.Errorf("%d declarations at version %d: %v", len(facts.Record.Eligibilities), facts.Record.Version, err)
	}
}

// TestAStatementThatFailsCostsItsOwnWorkAlone sends work whose SQL fails, and work that breaks off after
// its guard held, together with work that is good.
func TestAStatementThatFailsCostsItsOwnWorkAlone(t *testing.T) {
	s := open(t)
	put := func(id string) statement {
		return statement{sql: insertSession, args: []any{id, []byte{}, 1, "", "", ""}}
	}
	nothing := statement{sql: deleteSession, args: []any{"not there"}}
	batch := []*job{}
	for _, w := range []work{
		{statements: []statement{put("good")}},
		{statements: []statement{put("bad"), {sql: "no SQL"}}},
		{statements: []statement{put("worse"), nothing}},
		{statements: []statement{put("guarded"), {sql: nothing.sql, args: nothing.args, none: []reason{{err: registry.ErrOvertaken}}}}},
		{statements: []statement{put("fine"), put("too")}},
	} {
		batch = append(batch, &job{work: w, done: make(chan error, 1)})
	}
	s.queue.transact(batch, func() {})
	for i, want := range []bool{true, false, false, false, true} {
		if err := <-batch[i].done; (err == nil) != want {
			t.Errorf("work %d: %v", i, err)
		}
	}
	for id, want := range map[string]bool{"good": true, "bad": false, "worse": false, "guarded": false, "fine": true, "too": true} {
		if _, _, found, err := s.Session(t.Context(), id); err != nil || found != want {
			t.Errorf("%s is there: %t, %v", id, found, err)
		}
	}
}

func TestCloseTwice(t *testing.T) {
	s := open(t)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); !errors.Is(err, ErrClosed) {
		t.Errorf("closed again: %v", err)
	}
}

// TestAFileThatCannotBeOpenedIsNoStoreThatIsAway: whoever opens it would look for a server and a network.
func TestAFileThatCannotBeOpenedIsNoStoreThatIsAway(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, address := range []string{t.TempDir(), filepath.Join(file, "x.db")} {
		if _, err := Open(t.Context(), address, Options{}); err == nil || LackOf(err) != LackNothing {
			t.Errorf("%s: %v", address, err)
		}
	}
}
