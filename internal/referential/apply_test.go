package referential

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"vaccin/internal/registry"

	"github.com/google/go-cmp/cmp"
)

// recorder keeps what it is given to import; it fails at a part when told to.
type recorder struct {
	registry.Store
	reference registry.Reference
	changes   []registry.ReferenceChange
	events    []registry.Event
	failAt    int // 1 for the first part
}

var errFull = errors.New("disk full")

func (r *recorder) ImportReference(_ context.Context, c registry.ReferenceChange, e registry.Event) error {
	if len(r.changes)+1 == r.failAt {
		return errFull
	}
	r.changes, r.events = append(r.changes, c), append(r.events, e)
	r.reference.Vaccines = append(r.reference.Vaccines, c.Vaccines...)
	return nil
}

func (r *recorder) Reference(context.Context) (registry.Reference, error) { return r.reference, nil }

var operator = registry.Actor{
	Role: registry.RoleSystem, Door: registry.DoorCommand, Practitioner: registry.Practitioner{NationalID: "operator"},
}

func TestSeedFillsANewStoreOnce(t *testing.T) {
	store := &recorder{}
	g := registry.New(store)
	start := time.Now()
	for i, want := range []bool{true, false} {
		seeded, err := Seed(t.Context(), g, store, operator)
		if err != nil || seeded != want {
			t.Fatalf("run %d: seeded %v, error %v", i+1, seeded, err)
		}
	}
	t.Logf("%d rows in %v without a database", Rows(store.changes[0]), time.Since(start))
	if len(store.changes) != 1 || len(store.changes[0].Localities) < 35_000 || len(store.changes[0].Vaccines) != 4 {
		t.Fatalf("%d changes", len(store.changes))
	}
	e := store.events[0]
	if e.Action != registry.ActionImportReference || e.Count != Rows(store.changes[0]) || len(e.Digest) != 64 || e.NationalID != "operator" {
		t.Errorf("event %+v", e)
	}
}

func TestSeedDigestIsThatOfTheData(t *testing.T) {
	digest := func(extra ...registry.Lot) string {
		c, err := Builtin()
		if err != nil {
			t.Fatal(err)
		}
		c.Lots = extra
		return digestOf(c)
	}
	first, again, other := digest(), digest(), digest(registry.Lot{VaccineCode: VaccineModerna, Number: "1"})
	if first != again || first == other {
		t.Error("the digest does not follow the data")
	}
}

// manyPlaces has n rows of practitioners with several places each, given in turns.
func manyPlaces(n int) registry.ReferenceChange {
	var c registry.ReferenceChange
	for i := range n {
		c.PracticePlaces = append(c.PracticePlaces, registry.PractitionerPlace{
			NationalID: fmt.Sprintf("8%011d", i%(n/3)), Place: registry.PracticePlace{ID: fmt.Sprint(i)},
		})
	}
	return c
}

func TestApplyCutsALongListAndKeepsAPractitionerTogether(t *testing.T) {
	store := &recorder{}
	progress := []int{}
	change := manyPlaces(25_001)
	err := Apply(t.Context(), registry.New(store), store, operator, change, "d", func(rows int) { progress = append(progress, rows) })
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for i, c := range store.changes {
		last := map[string]string{}
		for _, p := range c.PracticePlaces {
			if before, ok := seen[p.NationalID]; ok && before != i {
				t.Fatal("a practitioner is cut in two")
			}
			if previous, ok := last[p.NationalID]; ok && len(previous) > len(p.Place.ID) {
				t.Fatal("the order of a practitioner's places changed")
			}
			seen[p.NationalID], last[p.NationalID] = i, p.Place.ID
		}
	}
	if len(store.changes) != 3 || progress[2] != 25_001 {
		t.Errorf("%d parts, progress %v", len(store.changes), progress)
	}
	if e := store.events[1]; e.Digest != "d 2/3" || e.Count != len(store.changes[1].PracticePlaces) {
		t.Errorf("event %+v", e)
	}
}

// What is gone is so once its list was taken whole, in the transaction of its last part.
func TestPlacesAreGoneWithTheEndOfTheirList(t *testing.T) {
	store := &recorder{}
	change := manyPlaces(6)
	change.GonePlaces = []string{"DATAGOUV:4", "DATAGOUV:5"}
	for i := range partRows + 1 {
		change.Places = append(change.Places, registry.VaccinationPlace{ID: fmt.Sprint("DATAGOUV:", 10+i)})
	}
	told := 0
	if err := Apply(t.Context(), registry.New(store), store, operator, change, "d", func(rows int) { told = rows }); err != nil {
		t.Fatal(err)
	}
	if len(store.changes) != 3 || len(store.changes[0].GonePlaces)+len(store.changes[2].GonePlaces) > 0 {
		t.Fatalf("%d parts", len(store.changes))
	}
	if last := store.changes[1]; len(last.Places) != 1 || len(last.GonePlaces) != 2 || store.events[1].Count != 3 || told != Rows(change) {
		t.Errorf("%d places, gone %v, event %+v, told %d of %d", len(last.Places), last.GonePlaces, store.events[1], told, Rows(change))
	}
	alone := parts(registry.ReferenceChange{GonePlaces: change.GonePlaces})
	if len(alone) != 1 || len(alone[0].GonePlaces) != 2 {
		t.Errorf("without a list: %+v", alone)
	}
}

func TestApplyStopsAtAFailureAndCanBeRunAgain(t *testing.T) {
	store := &recorder{failAt: 2}
	change := manyPlaces(15_000)
	if err := Apply(t.Context(), registry.New(store), store, operator, change, "d", nil); !errors.Is(err, errFull) {
		t.Fatalf("got %v", err)
	}
	store.failAt = 0
	if err := Apply(t.Context(), registry.New(store), store, operator, change, "d", nil); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(store.changes[0], store.changes[1]); diff != "" {
		t.Error("the second run does not start like the first")
	}
}

func TestApplyStopsWhenInterrupted(t *testing.T) {
	store := &recorder{}
	ctx, cancel := context.WithCancel(t.Context())
	err := Apply(ctx, registry.New(store), store, operator, manyPlaces(25_001), "d", func(int) { cancel() })
	if !errors.Is(err, context.Canceled) || len(store.changes) != 1 {
		t.Errorf("%d parts, %v", len(store.changes), err)
	}
}

func TestReportOpensInASpreadsheetWithoutFormulas(t *testing.T) {
	r := Report{
		File: "=HYPERLINK(1).csv", Rejected: []Remark{{2, "+nom", "Motif ; avec point-virgule."}},
		Warned: []Remark{{3, "", "À vérifier."}}, Skipped: []SkipCount{{"Catégorie 340", 12}},
	}
	var out bytes.Buffer
	if err := r.WriteCSV(&out); err != nil {
		t.Fatal(err)
	}
	want := "\uFEFFfichier;ligne;colonne;suite;motif\r\n" +
		"'=HYPERLINK(1).csv;2;'+nom;rejetée;\"Motif ; avec point-virgule.\"\r\n" +
		"'=HYPERLINK(1).csv;3;;acceptée, à vérifier;À vérifier.\r\n" +
		"'=HYPERLINK(1).csv;;;laissées de côté : 12;Catégorie 340\r\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
	if strings.HasPrefix(unformula("Cabinet"), "'") || unformula(" ＝1") != "' ＝1" {
		t.Error("plain cells are marked, or full-width formulas are not")
	}
}
