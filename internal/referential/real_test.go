package referential

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

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
	public := 0
	for _, p := range change.Places {
		if p.Public {
			public++
		}
	}
	if public != 722 { // as ADR 38 tells
		t.Errorf("%d centres receive everybody, want 722", public)
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

// TestRealLettersListPlacesNear chooses, of the real files, what letters of January 2021 list.
func TestRealLettersListPlacesNear(t *testing.T) {
	known, err := Localities()
	if err != nil {
		t.Fatal(err)
	}
	localities, _ := readReal(t, "localities/laposte_hexasmal.csv", ReadLaPoste(known), bounds{accepted: [2]int{38_000, 40_000}})
	centres, _ := readReal(t, "places/centres-vaccination-2021-01.csv", ReadCentres, bounds{accepted: [2]int{840, 860}, rejected: [2]int{1, 10}})
	received, byID := 0, map[string]registry.VaccinationPlace{}
	for _, p := range centres.Places {
		byID[p.ID] = p
		if p.Public {
			received++
		}
		if p.Point.IsZero() {
			t.Errorf("%s has no coordinates", p.Label)
		}
	}
	if received < 650 || received > 780 {
		t.Errorf("%d centres receive everybody", received)
	}
	began := time.Now()
	nearby := registry.ChooseNearby(centres.Places, localities.Points, registry.MustDate("2021-01-18"))
	text, err := nearby.Text()
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d points; %d of %d centres are listed, by %d keys; %d kB in %v", len(localities.Points), len(nearby.Places), len(centres.Places), len(nearby.At), len(text)>>10, time.Since(began))
	listed := [registry.MaxNearby + 1]int{}
	for _, l := range localities.Points {
		near := nearby.Near(registry.Locality{PostalCode: l.PostalCode, Name: l.Name})
		listed[len(near)]++
		for _, v := range near {
			p := byID[v.ID]
			if !p.Public || p.Opens.After(registry.MustDate("2021-01-18")) {
				t.Errorf("near %s: %s", l.Name, p.Label)
			}
			if km := kilometres(l.Point, p.Point); km > 75.1 || km > 50.1 && p.PostalCode != l.PostalCode {
				t.Errorf("%s is %.1f km from %s", p.Label, km, l.Name)
			}
		}
	}
	t.Logf("localities by how many places are listed: %v", listed)
	if listed[registry.MaxNearby] < len(localities.Points)*8/10 || listed[0] == 0 {
		t.Errorf("localities by how many places are listed: %v", listed)
	}
	for _, c := range []struct{ postalCode, name, want string }{
		{"13015", "Marseille", "Marseille"}, // its own centre is for professionals: it is not the first
		{"23400", "Bourganeuf", "Bourganeuf"},
		{"34500", "Béziers", "Béziers"},
		{"97320", "Saint-Laurent-du-Maroni", "Saint-Laurent-du-Maroni"},
		{"56360", "Le Palais", ""},
		{"98714", "Papeete", ""},
	} {
		near := nearby.Near(registry.Locality{PostalCode: c.postalCode, Name: c.name})
		for _, p := range near {
			t.Logf("%s: %s, %s", c.name, p.Name, p.AddressLine())
			if p.ID == "DATAGOUV:981" {
				t.Error("a centre for professionals is listed")
			}
		}
		if got := append(near, registry.VaccinationPlace{})[0].Locality; registry.Fold(got) != registry.Fold(c.want) {
			t.Errorf("%s: the nearest is in %q", c.name, got)
		}
	}
}

// byRoad are the localities of La Poste's list that are named after an island and that one drives to: bridges, dykes, rivers, what was one.
var byRoad = []string{
	"20220 l ile rousse", "22560 ile grande", "29980 ile tudy", "33240 lugon et l ile du carnay", "37220 l ile bouchard", "71570 saint romain des iles",
	"85330 noirmoutier en l ile", "85340 l ile d olonne", "85770 l ile d elle", "93450 l ile saint denis", "97429 petite ile",
}

// TestRealIslandersAreNotSentAcrossTheSea looks for the islands of the real list, with a centre beside each locality of the shore.
func TestRealIslandersAreNotSentAcrossTheSea(t *testing.T) {
	known, err := Localities()
	if err != nil {
		t.Fatal(err)
	}
	localities, _ := readReal(t, "localities/laposte_hexasmal.csv", ReadLaPoste(known), bounds{accepted: [2]int{38_000, 40_000}})
	isIsland := func(l registry.LocalityPoint) bool {
		words := strings.Fields(registry.Fold(l.Name))
		named := slices.Contains(words, "ile") || slices.Contains(words, "iles") || slices.Contains(words, "ilot")
		named = named && !slices.Contains(byRoad, l.PostalCode+" "+registry.Fold(l.Name))
		return named || slices.Contains([]string{"porquerolles", "port cros", "ouessant", "hoedic", "groix", "la desirade"}, registry.Fold(l.Name))
	}
	departments := map[string]bool{} // of islands: others are too far to matter
	for _, l := range localities.Points {
		departments[l.PostalCode[:2]] = departments[l.PostalCode[:2]] || isIsland(l)
	}
	points := slices.DeleteFunc(localities.Points, func(l registry.LocalityPoint) bool { return !departments[l.PostalCode[:2]] })
	var centres []registry.VaccinationPlace
	for i, l := range points {
		if !isIsland(l) {
			centres = append(centres, registry.VaccinationPlace{
				ID: fmt.Sprint("DATAGOUV:", i), Type: PlaceCentre, Name: l.Name, PostalCode: l.PostalCode, Locality: l.Name, Point: l.Point, Public: true,
			})
		}
	}
	near := registry.ChooseNearby(centres, points, registry.MustDate("2021-01-18"))
	islands := 0
	for _, l := range points {
		if !isIsland(l) {
			continue
		}
		islands++
		for _, p := range near.Near(registry.Locality{PostalCode: l.PostalCode, Name: l.Name}) {
			if p.PostalCode != l.PostalCode || slices.Contains([]string{"50400", "50550", "56170", "83400"}, p.PostalCode) {
				t.Errorf("%s %s: across the sea in %s %s", l.PostalCode, l.Name, p.PostalCode, p.Name)
			}
		}
	}
	t.Logf("%d localities of islands", islands)
	if islands < 15 {
		t.Errorf("%d localities of islands", islands)
	}
	for code, name := range map[string]string{"83400": "Hyères", "50400": "Granville", "50550": "Saint-Vaast-la-Hougue", "56170": "Quiberon"} {
		if len(near.Near(registry.Locality{PostalCode: code, Name: name})) != registry.MaxNearby {
			t.Errorf("%s: not three places", name)
		}
	}
}

// kilometres is the great circle between two points.
func kilometres(a, b registry.Point) float64 {
	const radians = math.Pi / 180 / 1e6
	p, q := float64(a.Latitude)*radians, float64(b.Latitude)*radians
	u, v := math.Sin((q-p)/2), math.Sin(float64(b.Longitude-a.Longitude)*radians/2)
	return 2 * 6371.009 * math.Asin(math.Sqrt(u*u+math.Cos(p)*math.Cos(q)*v*v))
}
