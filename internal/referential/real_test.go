package referential

import (
	"slices"
	"testing"

	"vaccin/internal/registry"
	"vaccin/internal/shareddata"
)

// bounds are what the counts of a real file must lie between: the files of ../shared/data are replaced
// by newer editions now and then.
type bounds struct{ accepted, rejected, skipped [2]int }

func readReal(t *testing.T, file string, read Reader, want bounds) (registry.ReferenceChange, Report) {
	t.Helper()
	s, err := Open(shareddata.Path(t, file))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	change, report, err := read(s)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s (%s): %d read, %d accepted, %d duplicates, %d rejected, %d warned, skipped %v; %d rows", file, report.Encoding,
		report.Read, report.Accepted, report.Duplicates, len(report.Rejected), len(report.Warned), report.Skipped, Rows(change))
	for _, m := range report.Rejected {
		t.Logf("  line %d, %s: %s", m.Line, m.Column, m.Reason)
	}
	within := func(what string, n int, b [2]int) {
		if n < b[0] || n > b[1] {
			t.Errorf("%s: %d, want %d to %d", what, n, b[0], b[1])
		}
	}
	within("accepted", report.Accepted, want.accepted)
	within("rejected", len(report.Rejected), want.rejected)
	within("skipped", report.SkippedRows(), want.skipped)
	checkReport(t, change, report)
	checkRows(t, change)
	return change, report
}

func TestRealLocalities(t *testing.T) {
	known, err := Localities()
	if err != nil {
		t.Fatal(err)
	}
	change, _ := readReal(t, "localities/laposte_hexasmal.csv", ReadLaPoste(known), bounds{accepted: [2]int{38_000, 40_000}})
	spelt := map[localityKey]string{}
	for _, l := range known {
		spelt[keyOf(l)] = l.Name
	}
	shared := 0
	for _, l := range change.Localities {
		if name, ok := spelt[keyOf(l)]; ok {
			shared++
			if name != l.Name {
				t.Fatalf("%s is spelt %s", name, l.Name)
			}
		}
	}
	t.Logf("%d of %d localities have the spelling of those that ship", shared, len(change.Localities))
	if shared < 30_000 {
		t.Errorf("only %d localities are those that ship", shared)
	}
}

func TestRealCentres(t *testing.T) {
	change, _ := readReal(t, "places/centres-vaccination-2021-01.csv", ReadCentres, bounds{accepted: [2]int{840, 860}, rejected: [2]int{1, 10}})
	if !slices.ContainsFunc(change.Places, func(p registry.VaccinationPlace) bool {
		return p.ID == "DATAGOUV:380" && p.Closed == registry.MustDate("2021-02-27")
	}) {
		t.Error("the closed centre of Vesoul is not there with its last day")
	}
}

func TestRealFINESS(t *testing.T) {
	change, report := readReal(t, "places/finess-etalab-extract.csv", ReadFINESS, bounds{accepted: [2]int{5, 12}, skipped: [2]int{2, 8}})
	kinds := map[string]string{}
	for _, p := range change.Places {
		kinds[p.ID] = p.Type
	}
	for id, want := range map[string]string{
		"FINESS:970302287": PlaceEHPAD, "FINESS:010000024": PlaceOtherHealth, "FINESS:970210126": PlaceOtherMedicoSocial,
		"FINESS:970216057": "", "FINESS:970405767": "",
	} {
		if kinds[id] != want {
			t.Errorf("%s is %q, want %q", id, kinds[id], want)
		}
	}
	if len(report.Skipped) == 0 {
		t.Error("no category left out")
	}
}

func TestRealLots(t *testing.T) {
	change, report := readReal(t, "vaccines/lots.tsv", ReadLots(builtinReference(t).Vaccines), bounds{accepted: [2]int{840, 853}, rejected: [2]int{2, 2}})
	byVaccine := map[string]int{}
	for _, l := range change.Lots {
		byVaccine[l.VaccineCode]++
	}
	if byVaccine[VaccineComirnaty] < 400 || byVaccine[VaccineModerna] < 400 || byVaccine[VaccineJanssen] < 40 {
		t.Errorf("lots by vaccine: %v", byVaccine)
	}
	for _, m := range report.Rejected {
		if m.Column != "vaccin" {
			t.Errorf("rejected for %s", m.Column)
		}
	}
}

// TestRealCentresTellWhomTheyReceive shows how what people typed is understood.
func TestRealCentresTellWhomTheyReceive(t *testing.T) {
	change, _ := readReal(t, "places/centres-vaccination-2021-01.csv", ReadCentres, bounds{accepted: [2]int{840, 860}, rejected: [2]int{1, 10}})
	received, located, later := 0, 0, 0
	for _, p := range change.Places {
		if !p.Point.IsZero() {
			located++
		}
		if p.Public {
			received++
		}
		if p.Opens.After(registry.MustDate("2021-01-18")) {
			later++
		}
	}
	t.Logf("%d places, %d located, %d receive the public, %d of all open after 18 January", len(change.Places), located, received, later)
	if located < len(change.Places)-5 || received < 600 || received > len(change.Places)-100 {
		t.Error("that is not what the file says")
	}
}
