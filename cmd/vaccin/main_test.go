package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"vaccin/internal/referential"
	"vaccin/internal/registry"
	"vaccin/internal/shareddata"
	"vaccin/internal/store"
	"vaccin/internal/store/postgrestest"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"
)

// databases are those of scripts that ask for one, each empty.
var databases postgrestest.Databases

// onDatabases runs tests and stops what databases they asked for.
type onDatabases struct{ m *testing.M }

// Run runs the tests.
func (d onDatabases) Run() int { return databases.Main(d.m) }

func TestMain(m *testing.M) {
	testscript.Main(onDatabases{m}, map[string]func(){"vaccin": func() { os.Exit(run(os.Args[1:])) }})
}

// filled returns the file of a new store with the reference data that ship, made once for all tests.
var filled = sync.OnceValues(func() (file []byte, err error) {
	dir, err := os.MkdirTemp("", "vaccin")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, "t.db")
	st, _, seeded, err := openStore(context.Background(), path, store.Options{})
	if err != nil {
		return nil, err
	}
	if err := st.Close(); err != nil || !seeded {
		return nil, fmt.Errorf("seeded %v: %w", seeded, err)
	}
	return os.ReadFile(path)
})

func newStore(t *testing.T) (path string) {
	t.Helper()
	file, err := filled()
	if err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), "t.db")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestCommandLine runs the scripts of testdata/script: the program as an operator meets it. Each finds
// a new store, t.db, already filled.
func TestCommandLine(t *testing.T) {
	file, err := filled()
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script", RequireExplicitExec: true, Cmds: scriptCommands(t),
		Setup: func(env *testscript.Env) error {
			return os.WriteFile(filepath.Join(env.WorkDir, "t.db"), file, 0o600)
		},
	})
}

// scriptCommands are what scripts have beside the program: « database NAME » sets a variable to the address of an
// empty database.
func scriptCommands(t *testing.T) map[string]func(ts *testscript.TestScript, neg bool, args []string) {
	all := maps.Clone(auditScript)
	all["database"] = func(ts *testscript.TestScript, _ bool, args []string) { ts.Setenv(args[0], databases.Fresh(t)) }
	return all
}

// imported is what the tests look at of a store.
type imported struct {
	Reference  registry.Reference
	Places     []registry.VaccinationPlace
	Lots       []registry.Lot
	Localities []registry.Locality
	Practice   []registry.PracticePlace
}

func look(t *testing.T, path string) (all imported) {
	t.Helper()
	st, g, seeded, err := openStore(t.Context(), path, store.Options{})
	if err != nil || seeded {
		t.Fatalf("seeded %v, %v", seeded, err)
	}
	defer st.Close()
	var errs [5]error
	all.Reference, errs[0] = g.Reference(t.Context())
	all.Places, errs[1] = st.Places(t.Context(), referential.PlaceCentre, "42", registry.MustDate("2021-02-01"), 1000)
	all.Lots, errs[2] = st.Lots(t.Context(), referential.VaccineComirnaty, "", 1000)
	all.Localities, errs[3] = st.Localities(t.Context(), "42", 10_000)
	all.Practice, errs[4] = st.PracticePlaces(t.Context(), "810000000017")
	if err := errors.Join(errs[:]...); err != nil {
		t.Fatal(err)
	}
	return all
}

func importFile(t *testing.T, ctx context.Context, path, kind, file string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	i := importCmd{Kind: kind, File: file}
	i.Store = path
	err := i.Run(ctx, console{out: &out})
	return out.String(), err
}

// Every kind of file, imported twice, leaves the store as once; what is there can be found.
func TestImportingAgainChangesNothing(t *testing.T) {
	path := newStore(t)
	fixtures := filepath.Join("..", "..", "internal", "referential", "testdata")
	files := map[string]string{
		"localities": "localities-old.csv", "places": "centres.csv", "finess": "finess.csv", "lots": "lots.tsv",
		"practice-places": "practice-places.csv", "professions": "professions.csv", "objections": "objections.csv", "vaccines": "vaccines.csv", "schedules": "schedules.csv",
	}
	before := look(t, path)
	var once imported
	for n := range 2 {
		for kind, file := range files {
			if out, err := importFile(t, t.Context(), path, kind, filepath.Join(fixtures, file)); err != nil {
				t.Fatalf("%s: %v\n%s", kind, err, out)
			}
		}
		if n == 0 {
			once = look(t, path)
		}
	}
	if diff := cmp.Diff(once, look(t, path)); diff != "" {
		t.Error(diff)
	}
	if len(once.Places) != 4 || len(once.Lots) != 1 || len(once.Practice) != 2 || once.Practice[0].AMNumber != "421000001" ||
		len(once.Localities) != len(before.Localities)+1 || len(once.Reference.Vaccines) != 5 || len(once.Reference.Openings) != 3 || len(once.Reference.ObjectionLimits) != 2 {
		t.Errorf("places %d, lots %d, practice %+v, localities %d → %d, vaccines %d, openings %d", len(once.Places), len(once.Lots),
			once.Practice, len(before.Localities), len(once.Localities), len(once.Reference.Vaccines), len(once.Reference.Openings))
	}
}

// TestTheLastDayOfACentreStaysUntilAListTellsOtherwise has a newer list say that a centre is closed, and no more when.
func TestTheLastDayOfACentreStaysUntilAListTellsOtherwise(t *testing.T) {
	path := newStore(t)
	for _, c := range []struct{ row, want string }{
		{"f;30/06/2021", "2021-06-30"}, {"t;", "2021-06-30"}, {"t;", "2021-06-30"}, {"t;31/05/2021", "2021-05-31"}, {"t;", "2021-05-31"}, {"f;", ""}, {"t;", ""},
	} {
		file := filepath.Join(t.TempDir(), "centres.csv")
		if err := os.WriteFile(file, []byte("gid;nom;com_cp;com_nom;centre_fermeture;date_fermeture\n1;Gymnase;42000;Saint-Étienne;"+c.row+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		i := importCmd{Kind: "places", File: file}
		i.Store = path
		if err := i.Run(t.Context(), console{out: &bytes.Buffer{}}); err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, p := range look(t, path).Places {
			if !p.Closed.IsZero() {
				got = p.Closed.String()
			}
		}
		if got != c.want {
			t.Errorf("after %q the last day is %q, want %q", c.row, got, c.want)
		}
	}
}

// A centre that the newest list has no longer, or calls closed without saying since when, is open to doses and closed to letters, until a
// list has it again.
func TestCentresThatAreGoneAreClosedToLetters(t *testing.T) {
	path := newStore(t)
	header := "gid;nom;com_cp;com_nom;centre_fermeture;date_fermeture\n"
	run := func(dry bool, rows string) (told, open string) {
		t.Helper()
		file := filepath.Join(t.TempDir(), "centres.csv")
		if err := os.WriteFile(file, []byte(header+rows), 0o600); err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		i := importCmd{Kind: "places", File: file, DryRun: dry}
		i.Store = path
		if err := i.Run(t.Context(), console{out: &out}); err != nil {
			t.Fatal(err)
		}
		all := look(t, path).Places
		if len(all) != 3 {
			t.Errorf("%d places are offered", len(all))
		}
		for _, p := range all {
			if p.Public {
				open += strings.TrimPrefix(p.ID, "DATAGOUV:") + " "
			}
		}
		return out.String(), open
	}
	first, second, third := "1;Gymnase;42000;Saint-Étienne;;\n", "2;Mairie;42100;Saint-Étienne;;\n", "3;Salle des fêtes;42300;Roanne;;\n"
	said := strings.Replace(third, ";;", ";t;", 1)
	const gone = "les lettres n’indiqueront plus\u00a0: "
	for _, c := range []struct {
		dry              bool
		rows, told, open string
	}{
		{false, first + second + third, "", "1 2 3 "},
		{true, first, gone + "2 centres", "1 2 3 "},
		{false, first + said, gone + "1 centre\n    42100 Mairie, Saint-Étienne (DATAGOUV:2)\n", "1 "},
		{false, first + said, "", "1 "},
		{false, second + third, gone + "1 centre\n", "2 3 "},
	} {
		told, open := run(c.dry, c.rows)
		if c.told == "" && strings.Contains(told, gone) || !strings.Contains(told, c.told) || open != c.open {
			t.Errorf("%q: open to the public %q, want %q\n%s", c.rows, open, c.open, told)
		}
		if n := strings.Count(c.rows, "\n"); !c.dry && !strings.Contains(told, "\u00a0: "+count(n, "ligne", "lignes")+".\n") {
			t.Errorf("%q: another number of rows\n%s", c.rows, told)
		}
	}
}

func TestOfManyCentresThatAreGoneTheFirstAreNamed(t *testing.T) {
	for n, more := range map[int]string{shownRemarks: "", shownRemarks + 1: "… et 1 autre centre.", shownRemarks + 2: "… et 2 autres centres."} {
		var out bytes.Buffer
		var change registry.ReferenceChange
		if err := tellGone(console{out: &out}, make([]registry.VaccinationPlace, n), &change); err != nil || len(change.GonePlaces) != n {
			t.Errorf("of %d centres %d are closed: %v", n, len(change.GonePlaces), err)
		}
		if said := strings.ReplaceAll(out.String(), "\u00a0", " "); strings.Count(said, "\n     (") != shownRemarks || !strings.Contains(said, more) || more == "" && strings.Contains(said, "… et") {
			t.Errorf("of %d centres it says %s", n, said)
		}
	}
}

func TestAnInterruptedImportSaysToRunItAgain(t *testing.T) {
	path := newStore(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := importFile(t, ctx, path, "lots", filepath.Join("..", "..", "internal", "referential", "testdata", "lots.tsv"))
	if !errors.Is(err, context.Canceled) || !strings.Contains(sentence(err), "Relancez la même commande") {
		t.Errorf("got %v", err)
	}
	if lots := look(t, path).Lots; len(lots) != 0 {
		t.Errorf("%d lots are there", len(lots))
	}
}

func TestProgressIsDrawnOnATerminalOnly(t *testing.T) {
	file := filepath.Join(t.TempDir(), "lots.csv")
	text := strings.Builder{}
	text.WriteString("vaccin;lot\n")
	for n := range 12_000 { // more than one part, so that there is something to draw
		fmt.Fprintf(&text, "Comirnaty;ZZ%d\n", n)
	}
	if err := os.WriteFile(file, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, drawn bytes.Buffer
	i := importCmd{Kind: "lots", File: file}
	i.Store = newStore(t)
	if err := i.Run(t.Context(), console{out: &out, progress: &drawn}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(drawn.String(), "Lecture") || !strings.Contains(drawn.String(), "Enregistrement") {
		t.Errorf("drawn: %q", drawn.String())
	}
	if strings.Contains(out.String(), "Enregistrement") {
		t.Errorf("told: %q", out.String())
	}
}

func TestNumbersAreFrench(t *testing.T) {
	for n, want := range map[int]string{0: "0 ligne", 1: "1 ligne", 999: "999 lignes", 36812: "36\u202f812 lignes", 1234567: "1\u202f234\u202f567 lignes"} {
		if got := count(n, "ligne", "lignes"); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}

func TestRatesAreFrench(t *testing.T) {
	if got := rated(9910, 2*time.Second, "lettre", "lettres"); got != "4\u202f955 lettres" {
		t.Errorf("%q", got)
	}
	if got := rated(1, 0, "ligne", "lignes"); got != "1\u202f000 lignes" {
		t.Errorf("in no time: %q", got)
	}
}

// The real files go through the command into a store, and what they hold is found there.
func TestRealFilesAreImported(t *testing.T) {
	path := ""
	for kind, file := range map[string]string{
		"localities": "localities/laposte_hexasmal.csv", "places": "places/centres-vaccination-2021-01.csv",
		"finess": "places/finess-etalab-extract.csv", "lots": "vaccines/lots.tsv",
	} {
		file = shareddata.Path(t, file)
		if path == "" {
			path = newStore(t)
		}
		out, err := importFile(t, t.Context(), path, kind, file)
		if err != nil {
			t.Fatal(err)
		}
		t.Log(out)
	}
	got := look(t, path)
	if len(got.Places) == 0 || len(got.Lots) < 400 {
		t.Errorf("%d places in 42, %d lots", len(got.Places), len(got.Lots))
	}
}
