package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vaccin/internal/accesslog"
	"vaccin/internal/keyring/keyringtest"
	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
)

// copyFrom and copyTo name the stores that a child process copies until it is killed.
const (
	copyFrom = "VACCIN_TEST_COPY_FROM"
	copyTo   = "VACCIN_TEST_COPY_TO"
)

// copyUntilKilled copies few rows at a time, so that there are many moments to be killed at.
func copyUntilKilled(from, to string) error {
	copiedAtOnce = 7
	fmt.Println("begun")
	_, err := Copy(context.Background(), from, to, CopyOptions{})
	return err
}

// plenty fills a new embedded store with something of everything that a store keeps, and returns its file.
func plenty(t *testing.T) string {
	t.Helper()
	ctx := t.Context()
	path := filepath.Join(t.TempDir(), "whole.db")
	s, g := openAt(t, path)
	vaccinated(t, g)
	objecting(t, g)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for i := 0; i < 200; i += 100 {
		must(g.ImportPersons(ctx, registrytest.Doctor("Import"), persons(1000+i, 100), "digest"))
	}
	soon := time.Now().Add(time.Hour)
	must(s.CreateSession(ctx, "session", []byte{0, 1, 0xff}, soon, "owner", "", "subject"))
	must(s.KeepForm(ctx, "owner", []byte{}, soon))
	_, err := s.EndProviderSessions(ctx, "order", soon, "x", "y")
	must(err)
	signer, verifier, err := accesslog.NewKey("copy")
	must(err)
	sign, err := accesslog.NewSigner(signer)
	must(err)
	trust, err := accesslog.NewVerifiers(verifier)
	must(err)
	for i := range 600 { // so that there are nodes
		must(s.Log(ctx, registry.Event{At: time.Date(2021, time.Month(1+i%3), 2, 3, 4, 5, 0, time.UTC), NationalID: "8100", Action: registry.ActionRead}))
	}
	_, err = s.NumberEntries(ctx, "test", time.Now())
	must(err)
	_, err = s.SignHead(ctx, 0, time.Now(), sign.Sign, trust.Open)
	must(err)
	must(s.Log(ctx, registry.Event{At: time.Now(), Action: registry.ActionRead})) // waits for its number
	must(s.Close())
	db := aside(t, path)
	for _, text := range []string{
		"INSERT INTO campaign (id, version, content, saved_by, saved_at) VALUES ('c', 1, '{}', 'agent:a', 1)",
		"INSERT INTO campaign_run (number, campaign, content, state, prepared_by, prepared_at) VALUES (1, 'c', '{}', 'counting', 'agent:a', 1)",
		"INSERT INTO follow_up (run, counted_at, counts) VALUES (1, 2, '[]')",
		"INSERT INTO follow_up_turn (one, begun_at) VALUES (1, 3)",
		"INSERT INTO target (record_num, code, run) SELECT max(num), 4242, 1 FROM record WHERE code IS NULL",
		"INSERT INTO former_code (code, record_num, since) SELECT 4243, record_num, 5 FROM target",
		"INSERT INTO letter_batch (run, part, again, kind, state, content, layout, asked_by, asked_at, through) VALUES (1, 1, 0, 'pdf', 'printed', '{}', 1, 'agent:a', 1, 1)",
		"INSERT INTO letter (record_num, run, part, number, again) SELECT record_num, 1, 1, 1, 0 FROM target",
		"INSERT INTO letter_places (digest, content) VALUES ('d', '{}')",
		"INSERT INTO letter_delivery (run, part, nth, by_id, at) VALUES (1, 1, 1, 'agent:a', 2)",
		"INSERT INTO agent (id, family_name, given_name, seen_at) VALUES ('agent:a', 'Ünal', 'Zoé', 1)",
		"INSERT INTO vaccine_name (vaccine_code, position, first_day, name) VALUES ((SELECT code FROM vaccine), 99, '2021-01-01', 'Ancien nom')",
		"INSERT INTO practice_place (national_id, id, position, name, address, postal_code, locality, previous_id, am_number) VALUES ('8100', 'R1', 1, 'Cabinet', '', '42000', 'Saint-Étienne', '', '')",
		"INSERT INTO objection_limit (first_day, step) VALUES ('2021-05-15', 1)",
		"INSERT INTO log_post (address, number) VALUES ('https://heads.example', 1)",
		"INSERT INTO log_retirement (number, before, count, root) VALUES (1, 1, 0, zeroblob(32))",
		"INSERT INTO throttle (key, version, last_change, pace, pace_at, misses, misses_at, until, blocks) VALUES ('k', 1, 2, 3, 4, 5, NULL, 7, 8)",
		"INSERT INTO report (num, id, last_change, kind, at, about_id, about_profession, about_civility, about_family_name, about_given_name, role, door," +
			" place_id, place_name, action, record_id, version, act_at, note, closed_at, closed_by, outcome)" +
			" VALUES (41, 'r', 1, 'k', 2, 'a', '', '', '', '', '', '', '', '', 'x', 'y', 3, NULL, CAST(x'61006200ff' AS TEXT), NULL, '', '')",
		"INSERT INTO portal_account (login, hash, national_id, given_name, family_name) VALUES ('l', 'h', '8100', 'Zoé', 'Ünal')",
		"INSERT INTO handover (id, data, expires) VALUES ('h', x'00ff', 1)",
		"INSERT INTO population_import (number, digest, parts, part_size, first, state, began) VALUES (1, 'd', 3, 4, false, 'rows', 5)",
		"INSERT INTO population_part (import, part, created, updated, unchanged) VALUES (1, 0, 2, 3, 4)",
		"INSERT INTO population_duplicate (import, line, of_line, own) VALUES (1, 9, 7, true)",
		"INSERT INTO population_seen (num, line) VALUES (1, 2)",
		"INSERT INTO doubtful_match (record_num, other_num, reason, at) VALUES (1, 2, 'rank', 3)",
		"INSERT OR IGNORE INTO vaccination_place_term (type, term, postal_code, folded_name, place_id, closed, at_start) SELECT type, 'zz', postal_code, 'zz', id, NULL, 1 FROM vaccination_place",
	} {
		if _, err := db.ExecContext(ctx, text); err != nil {
			t.Fatal(text, err)
		}
	}
	for _, table := range copiedTables {
		rows := 0
		must(db.QueryRowContext(ctx, "SELECT count(*) FROM "+table.name).Scan(&rows))
		if rows == 0 {
			t.Fatalf("the test leaves the table %s empty", table.name)
		}
	}
	must(db.Close())
	return path
}

func copiedWhole(t *testing.T, from, to string, o CopyOptions) []Comparison {
	t.Helper()
	tables, err := Copy(t.Context(), from, to, o)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range tables {
		if c.Differs() || c.Same != c.Rows || c.Rows == 0 {
			t.Errorf("%+v", c)
		}
	}
	return tables
}

// TestACopyHoldsWhatTheStoreHeld reads everything back through the contract, on both sides.
func TestACopyHoldsWhatTheStoreHeld(t *testing.T) {
	path, address := plenty(t), databases.Fresh(t)
	replaced := int64(0)
	for _, c := range copiedWhole(t, path, address, CopyOptions{}) {
		replaced += c.Replaced
	}
	if replaced != 1 {
		t.Errorf("%d texts were replaced", replaced)
	}
	copiedWhole(t, path, address, CopyOptions{})                // it is finished
	copiedWhole(t, path, address, CopyOptions{CheckOnly: true}) // it only looks
	was, is := seen(t, path), seen(t, address)
	if diff := cmp.Diff(was, is, cmp.AllowUnexported(registry.BirthDate{})); diff != "" {
		t.Errorf("the copy is not the store (-store +copy):\n%s", diff)
	}
	goesOn(t, address)
}

// sight is what the contract shows of a store.
type sight struct {
	Events     []registry.Event
	Records    []registry.Record
	Holdings   []registry.Holdings
	Reference  registry.Reference
	Localities []registry.Locality
	Lots       []registry.Lot
	Places     []registry.VaccinationPlace
	Practice   []registry.PracticePlace
	Session    []byte
	Form       []byte
	Heads      [][]byte
	Findings   []accesslog.Finding
	Leaves     int64
}

func seen(t *testing.T, address string) (all sight) {
	t.Helper()
	ctx := t.Context()
	s, err := Open(ctx, address, Options{Keys: keyringtest.Keys()})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var errs [10]error
	all.Events, errs[0] = s.Events(ctx, registry.EventQuery{Limit: 100_000})
	for _, e := range all.Events {
		if e.Record == "" {
			continue
		}
		facts, err := s.Facts(ctx, e.Record, registry.Wanted{})
		if err != nil {
			t.Fatal(err)
		}
		all.Records = append(all.Records, facts.Record)
	}
	for i := range 20 {
		facts, err := s.Facts(ctx, persons(1000+10*i, 1)[0].ID, registry.Wanted{})
		if err != nil {
			t.Fatal(err)
		}
		all.Records = append(all.Records, facts.Record)
	}
	all.Reference, errs[1] = s.Reference(ctx)
	all.Localities, errs[2] = s.Localities(ctx, "6", 100)
	all.Lots, errs[3] = s.Lots(ctx, registrytest.Lots()[0].VaccineCode, "", 100)
	all.Places, errs[4] = s.Places(ctx, registrytest.Places()[0].Type, "6", registry.MustDate("2021-02-01"), 100)
	all.Practice, errs[5] = s.PracticePlaces(ctx, "8100")
	all.Session, _, _, errs[6] = s.Session(ctx, "session")
	all.Form, _, _, errs[7] = s.KeptForm(ctx, "owner")
	all.Heads, errs[8] = s.Heads(ctx, 0, 100)
	var log accesslog.Source
	log, all.Leaves, errs[9] = s.LogSource(ctx)
	if err := errors.Join(errs[:]...); err != nil {
		t.Fatal(err)
	}
	_, err = accesslog.Verify(ctx, log, accesslog.Rules{Now: time.Now(), Early: time.Hour, Lag: time.Hour}, func(f accesslog.Finding) {
		if f.Head == 0 { // no key is given here to verify heads with
			all.Findings = append(all.Findings, f)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// goesOn has the copy serve: what comes after has numbers that nothing had, and the log goes on as one.
func goesOn(t *testing.T, address string) {
	t.Helper()
	s, err := Open(t.Context(), address, Options{Keys: keyringtest.Keys(), Service: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	_, before, err := s.LogSource(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	g := registrytest.NewRegistry(s, registrytest.NewClock())
	g.Random = registry.New(s).Random
	if _, _, err := g.Register(t.Context(), registrytest.Doctor("Martin"), registrytest.NIR(77), registrytest.RegistrationRequest()); err != nil {
		t.Fatal(err)
	}
	n, err := s.NumberEntries(t.Context(), "test", time.Now())
	if err != nil || n < 2 { // the one that waited, and the new one
		t.Fatalf("%d were numbered: %v", n, err)
	}
	log, leaves, err := s.LogSource(t.Context())
	if err != nil || leaves != before+int64(n) {
		t.Fatalf("%d leaves after %d and %d: %v", leaves, before, n, err)
	}
	summary, err := accesslog.Verify(t.Context(), log, accesslog.Rules{Now: time.Now(), Early: time.Hour, Lag: time.Hour}, func(f accesslog.Finding) {
		if f.Head == 0 && f.Number == 0 {
			t.Errorf("%+v", f)
		}
	})
	if err != nil || summary.Leaves != leaves || summary.Waiting != 0 {
		t.Errorf("%+v, %v", summary, err)
	}
	if rest := cell(t, s, "SELECT count(*)::text FROM access_log WHERE tableoid = 'access_log_rest'::regclass"); rest != "0" {
		t.Errorf("%s entries are in no month", rest)
	}
}

// TestEveryTableIsCopied: what a migration adds to either engine is copied, with all of its columns, and what is
// numbered goes on past what was copied.
func TestEveryTableIsCopied(t *testing.T) {
	s := openDatabase(t, Options{})
	list := func(s *Store, sql string) (all []string) {
		t.Helper()
		err := s.engine.read(t.Context(), query{sql: sql, row: func(scan func(...any) error) error {
			name := ""
			err := scan(&name)
			all = append(all, name)
			return err
		}})
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(all)
		return all
	}
	var names []string
	for _, table := range copiedTables {
		names = append(names, table.name)
	}
	slices.Sort(names)
	for engine, tables := range map[string][]string{
		"SQLite": list(open(t), "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT IN ('goose_db_version', 'sqlite_sequence', 'patient_clear')"),
		"PostgreSQL": list(s, "SELECT c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public'"+
			" AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname NOT IN ('goose_db_version', 'copied_table', 'campaign_part')"),
	} {
		if diff := cmp.Diff(tables, names); diff != "" {
			t.Errorf("the tables of %s are not those that are copied (-there +copied):\n%s", engine, diff)
		}
	}
}

// TestACopyKilledAtAnyMomentEndsTheSame kills the process that copies, again and again, and lets the last finish.
func TestACopyKilledAtAnyMomentEndsTheSame(t *testing.T) {
	path, address := plenty(t), databases.Fresh(t)
	kills, unfinished := 0, 0
	for after := 20 * time.Millisecond; ; after += 30 * time.Millisecond {
		child := exec.CommandContext(t.Context(), os.Args[0])
		child.Env = append(os.Environ(), copyFrom+"="+path, copyTo+"="+address)
		var complaint strings.Builder
		child.Stderr = &complaint
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		timer := time.AfterFunc(after+time.Duration(rand.IntN(20))*time.Millisecond, func() { _ = child.Process.Kill() })
		err := child.Wait()
		timer.Stop()
		if err == nil {
			break
		}
		if !strings.Contains(err.Error(), "killed") && !strings.Contains(complaint.String(), ErrCopying.Error()) {
			t.Fatalf("%v: %s", err, complaint.String())
		}
		kills++
		s, err := Open(t.Context(), address, Options{})
		if errors.Is(err, ErrCopying) {
			unfinished++
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if n := cell(t, s, "SELECT count(*)::text FROM vaccine"); n != "0" { // or killed before it began
			t.Log("killed when all was done")
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if kills < 3 || unfinished == 0 {
		t.Errorf("%d kills, %d of them in the middle", kills, unfinished)
	}
	copiedWhole(t, path, address, CopyOptions{CheckOnly: true})
	goesOn(t, address)
}

// TestWhatDiffersIsFound changes the copy, or the store, and compares again.
func TestWhatDiffersIsFound(t *testing.T) {
	path, address := plenty(t), databases.Fresh(t)
	copiedWhole(t, path, address, CopyOptions{})
	c := besides(t, address)
	done(t, c, "UPDATE entry SET lot_number = lot_number || ' '", "DELETE FROM record WHERE num = (SELECT max(num) - 3 FROM record)",
		"UPDATE patient SET sealed = sealed || '\\x00' WHERE record_num = 1", "INSERT INTO lot (vaccine_code, number) VALUES ('A', 'a'), ('ZZ', 'z')",
		"UPDATE throttle SET misses_at = 0", "SET session_replication_role = replica; GRANT UPDATE ON access_log TO CURRENT_USER",
		"UPDATE access_log SET actor_id = '8101' WHERE num = 300")
	tables, err := Copy(t.Context(), path, address, CopyOptions{CheckOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	type counts struct{ Missing, Added, Changed int64 }
	got := map[string]counts{}
	for _, c := range tables {
		if c.Differs() {
			got[c.Table] = counts{c.Missing, c.Added, c.Changed}
		}
	}
	want := map[string]counts{"entry": {Changed: 1}, "record": {Missing: 1}, "patient": {Changed: 1}, "lot": {Added: 2}, "throttle": {Changed: 1}, "access_log": {Changed: 1}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestWhatCannotBeCopiedIsRefused, and nothing is written.
func TestWhatCannotBeCopiedIsRefused(t *testing.T) {
	path, address := plenty(t), databases.Fresh(t)
	refused := func(want error, from, to string, o CopyOptions) {
		t.Helper()
		if _, err := Copy(t.Context(), from, to, o); !errors.Is(err, want) {
			t.Errorf("copied, or refused otherwise than for %v: %v", want, err)
		}
	}
	refused(os.ErrNotExist, path+".absent", address, CopyOptions{})
	if _, err := os.Stat(path + ".absent"); err == nil {
		t.Error("a file was made")
	}
	s, err := Open(t.Context(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	refused(ErrInUse, path, address, CopyOptions{})
	if err := s.Log(t.Context(), registry.Event{At: time.Now(), Action: registry.ActionRead}); err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	// A copy that stopped, and a store that went on.
	ctx, cancel := context.WithCancel(t.Context())
	_, err = Copy(ctx, path, address, CopyOptions{Progress: func(_ CopyStep, done, _ int64) {
		if done > 300 {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), address, Options{Service: true}); !errors.Is(err, ErrCopying) {
		t.Errorf("half a copy serves: %v", err)
	}
	if s, err = Open(t.Context(), path, Options{}); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.Log(t.Context(), registry.Event{At: time.Now(), Action: registry.ActionRead}), s.Close()); err != nil {
		t.Fatal(err)
	}
	refused(ErrMovedOn, path, address, CopyOptions{})
	// A database that serves.
	held := databases.Fresh(t)
	if s, err = Open(t.Context(), held, Options{}); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.Log(t.Context(), registry.Event{At: time.Now(), Action: registry.ActionRead}), s.Close()); err != nil {
		t.Fatal(err)
	}
	refused(ErrNotEmpty, path, held, CopyOptions{})
	if s, err = Open(t.Context(), held, Options{Service: true}); err != nil {
		t.Error(err)
	} else if err := s.Close(); err != nil {
		t.Error(err)
	}
	if _, err := databases.Cluster().SQL("postgres", "CREATE DATABASE nothing_yet"); err != nil {
		t.Fatal(err)
	}
	refused(ErrNoCopy, path, databases.Cluster().URL("postgres", "nothing_yet"), CopyOptions{CheckOnly: true})
	db := aside(t, path)
	if _, err := db.ExecContext(t.Context(), "DELETE FROM goose_db_version WHERE version_id = (SELECT MAX(version_id) FROM goose_db_version)"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	refused(ErrOutdated, path, databases.Fresh(t), CopyOptions{})
}
