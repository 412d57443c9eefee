package referential

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"unicode/utf8"

	"vaccin/internal/registry"
)

// fuzzReader checks, whatever the file, that a reader neither panics nor returns a value it did not
// read: every row it hands over is complete and would be read again the same.
func fuzzReader(f *testing.F, name string, fixtures ...string) {
	for _, fixture := range fixtures {
		text, err := os.ReadFile(filepath.Join("testdata", fixture))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
		f.Add(append([]byte("\xef\xbb\xbf"), text...))
		f.Add(bytes.ReplaceAll(text, []byte(";"), []byte(";\"")))
		f.Add(bytes.ReplaceAll(text, []byte("\n"), []byte("\r\n")))
	}
	read := readers(f)[name]
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := NewSource("fuzz", bytes.NewReader(text))
		if err != nil {
			return
		}
		change, report, err := read(s)
		if err != nil {
			if registry.KindOf(err) != registry.KindInvalid {
				t.Fatal(err)
			}
			return
		}
		checkReport(t, change, report)
		checkRows(t, change)
		again, reportAgain, err := read(s)
		if err != nil || !reflect.DeepEqual(change, again) || !reflect.DeepEqual(report, reportAgain) {
			t.Fatal("the same file reads differently", err)
		}
	})
}

// checkRows checks that no row has a zero where its file had something unreadable.
func checkRows(t testing.TB, c registry.ReferenceChange) {
	t.Helper()
	text := func(texts ...string) {
		for _, s := range texts {
			if s == "" || !utf8.ValidString(s) {
				t.Fatalf("an empty or broken text: %q in %+v", s, c)
			}
		}
	}
	labels := map[[2]string]bool{}
	for _, p := range c.Places {
		text(p.ID, p.Type, p.Name, p.PostalCode, p.Locality, p.Label)
		k := [2]string{p.Type, registry.Fold(p.Label)}
		if labels[k] {
			t.Fatalf("two places of label %q", p.Label)
		}
		labels[k] = true
	}
	for _, l := range c.Localities {
		text(l.PostalCode, l.Name, l.CommuneCode)
	}
	for _, l := range c.Lots {
		text(l.VaccineCode, l.Number)
	}
	for _, p := range c.PracticePlaces {
		text(p.NationalID, p.Place.ID, p.Place.Name, p.Place.PostalCode, p.Place.Locality)
		if p.Place.AMNumber != "" && len(p.Place.AMNumber) != 9 {
			t.Fatalf("an AM number of %d digits", len(p.Place.AMNumber))
		}
	}
	for _, o := range c.Openings {
		text(o.Profession, o.From.String())
	}
	for _, l := range c.ObjectionLimits {
		if text(l.From.String()); l.Step != registry.StepEligibility && l.Step != registry.StepFirstDose {
			t.Fatalf("a limit of step %d", l.Step)
		}
	}
	for _, v := range c.Vaccines {
		text(v.Code, v.Holder, v.EUProduct, v.AuthorisedOn.String(), v.Names[0].Name, v.Names[0].From.String())
	}
	for _, s := range c.Schedules {
		text(s.VaccineCode, s.From.String())
		if s.Minimum < 1 || s.Minimum > s.Recommended || s.Recommended > s.Maximum {
			t.Fatalf("schedule %+v", s)
		}
	}
}

func FuzzReadLaPoste(f *testing.F) {
	fuzzReader(f, "localities", "localities-old.csv", "localities-new-cp1252.csv")
}
func FuzzReadCentres(f *testing.F)         { fuzzReader(f, "places", "centres.csv") }
func FuzzReadFINESS(f *testing.F)          { fuzzReader(f, "finess", "finess.csv") }
func FuzzReadLots(f *testing.F)            { fuzzReader(f, "lots", "lots.tsv") }
func FuzzReadPracticePlaces(f *testing.F)  { fuzzReader(f, "practice places", "practice-places.csv") }
func FuzzReadOpenings(f *testing.F)        { fuzzReader(f, "openings", "professions.csv") }
func FuzzReadObjectionLimits(f *testing.F) { fuzzReader(f, "objections", "objections.csv") }
func FuzzReadVaccines(f *testing.F)        { fuzzReader(f, "vaccines", "vaccines.csv") }
func FuzzReadSchedules(f *testing.F)       { fuzzReader(f, "schedules", "schedules.csv") }
