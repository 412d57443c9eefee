package referential

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"vaccin/internal/registry"

	"github.com/google/go-cmp/cmp"
)

func source(t testing.TB, name string, text []byte) *Source {
	t.Helper()
	s, err := NewSource(name, bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func fixture(t testing.TB, name string) *Source {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return source(t, name, text)
}

// readFixture reads a fixture and checks what became of its rows: rejected by «line column», in order.
func readFixture(t *testing.T, name string, read Reader, accepted, duplicates int, rejected ...string) (registry.ReferenceChange, Report) {
	t.Helper()
	change, report, err := read(fixture(t, name))
	if err != nil {
		t.Fatal(err)
	}
	got := []string{}
	for _, m := range report.Rejected {
		got = append(got, strings.TrimSpace(strconv.Itoa(m.Line)+" "+m.Column))
	}
	if diff := cmp.Diff(append([]string{}, rejected...), got); diff != "" {
		t.Errorf("rejected rows: %s\n%+v", diff, report.Rejected)
	}
	if report.Accepted != accepted || report.Duplicates != duplicates {
		t.Errorf("accepted %d, duplicates %d, want %d and %d", report.Accepted, report.Duplicates, accepted, duplicates)
	}
	checkReport(t, change, report)
	return change, report
}

// checkReport checks what holds of every report.
func checkReport(t testing.TB, change registry.ReferenceChange, report Report) {
	t.Helper()
	if report.Read != report.Accepted+report.Duplicates+len(report.Rejected)+report.SkippedRows() {
		t.Errorf("the counts do not add up: %+v", report)
	}
	for _, m := range slices.Concat(report.Rejected, report.Warned) {
		if m.Line < 1 || m.Reason == "" {
			t.Errorf("a remark without line or reason: %+v", m)
		}
	}
	if Rows(change) == 0 && report.Accepted > 0 {
		t.Errorf("%d rows accepted and none returned", report.Accepted)
	}
}

func TestLaPosteOldForm(t *testing.T) {
	known := []registry.Locality{{PostalCode: "01000", Name: "Saint-Denis-lès-Bourg", CommuneCode: "01344"}}
	change, report := readFixture(t, "localities-old.csv", ReadLaPoste(known), 3, 1)
	want := []registry.Locality{
		{PostalCode: "01000", Name: "Bourg en Bresse", CommuneCode: "01053"},
		{PostalCode: "01000", Name: "Brou", CommuneCode: "01053"},
		{PostalCode: "01000", Name: "Saint-Denis-lès-Bourg", CommuneCode: "01344"},
		{PostalCode: "42999", Name: "Ville Inventee Sainte-Anne", CommuneCode: "42999"},
	}
	if diff := cmp.Diff(want, change.Localities); diff != "" {
		t.Error(diff)
	}
	if report.Encoding != UTF8 {
		t.Errorf("read as %s", report.Encoding)
	}
}

// La Poste routes an arrondissement under its city, and a commune under a name of its own: neither makes
// a second locality beside the one that ships. A hamlet does.
func TestLaPosteDoesNotDoubleWhatShips(t *testing.T) {
	known := []registry.Locality{
		{PostalCode: "69003", Name: "Lyon 3e arrondissement", CommuneCode: "69383"},
		{PostalCode: "05250", Name: "Dévoluy", CommuneCode: "05139"},
	}
	text := "Code_commune_INSEE;Nom_commune;Code_postal;Ligne_5;Libellé_d_acheminement\n" +
		"69383;LYON 03;69003;;LYON\n05139;LE DEVOLUY;05250;ST ETIENNE EN DEVOLUY;LE DEVOLUY\n69384;LYON 04;69004;;LYON\n"
	change, report, err := ReadLaPoste(known)(source(t, "laposte", []byte(text)))
	if err != nil || len(report.Rejected) > 0 {
		t.Fatalf("%v, %+v", err, report)
	}
	want := []registry.Locality{
		known[0], known[1],
		{PostalCode: "05250", Name: "Saint-Etienne en Devoluy", CommuneCode: "05139"},
		{PostalCode: "69004", Name: "Lyon", CommuneCode: "69384"},
	}
	if diff := cmp.Diff(want, change.Localities); diff != "" {
		t.Error(diff)
	}
}

func TestNamesInCapitalsAreWrittenAsNames(t *testing.T) {
	for capitals, want := range map[string]string{
		"SAINT DENIS CAMELIAS": "Saint-Denis Camelias", "LE HAMEAU": "Le Hameau", "VAL D ISERE": "Val d’Isere",
		"L ISLE D ABEAU": "L’Isle d’Abeau", "SAINT DENIS DE L HOTEL": "Saint-Denis de l’Hotel", "MONT-DIEU (LE)": "Mont-Dieu (Le)",
		"ÉCOUVES SUR ORNE": "Écouves sur Orne", "Saint-Étienne": "Saint-Étienne", "SAINT": "Saint", "": "",
	} {
		if got := properName(capitals); got != want {
			t.Errorf("%q is written %q, want %q", capitals, got, want)
		}
		if registry.Fold(properName(capitals)) != registry.Fold(capitals) {
			t.Errorf("%q is another name than %q", properName(capitals), capitals)
		}
	}
}

func TestLaPosteNewFormInWindows1252(t *testing.T) {
	change, report := readFixture(t, "localities-new-cp1252.csv", ReadLaPoste(nil), 2, 0,
		"4 Code_commune_INSEE", "5 Code_postal", "6 Code_postal", "7 Libellé_d_acheminement")
	if len(change.Localities) != 3 || change.Localities[1].Name != "Château Inventé" || change.Localities[2].Name != "Le Hameau" {
		t.Errorf("got %v", change.Localities)
	}
	if report.Encoding != Windows1252 {
		t.Errorf("read as %s", report.Encoding)
	}
}

func TestCentres(t *testing.T) {
	change, _ := readFixture(t, "centres.csv", ReadCentres, 4, 1,
		"6 nom", "7 com_cp", "8 com_nom", "9 date_fermeture", "10 date_fermeture", "12 gid", "13 gid", "14")
	want := []registry.VaccinationPlace{
		{
			ID: "DATAGOUV:1", Type: PlaceCentre, Name: "Gymnase Inventé", Address: "12 rue des Essais", PostalCode: "42100",
			Locality: "Saint-Étienne", Label: "42100 Gymnase Inventé, 12 rue des Essais, Saint-Étienne",
			Public: true, Opens: registry.MustDate("2021-01-18"),
		},
		{
			ID: "DATAGOUV:2", Type: PlaceCentre, Name: "Salle des fêtes", Address: "Place de la Mairie", PostalCode: "42100",
			Locality: "Saint-Étienne", Closed: registry.MustDate("2021-06-30"), Public: true, Opens: registry.MustDate("2021-01-18"),
			Label: "42100 Salle des fêtes, Place de la Mairie, Saint-Étienne (n° 2)",
		},
		{
			ID: "DATAGOUV:3", Type: PlaceCentre, Name: `Salle "des fêtes" du bourg`, Address: "Place de la Mairie", PostalCode: "42100",
			Locality: "Saint-Étienne", Closed: registry.MustDate("2021-06-30"), Public: true,
			Label: `42100 Salle "des fêtes" du bourg, Place de la Mairie, Saint-Étienne`,
		},
		{
			ID: "DATAGOUV:11", Type: PlaceCentre, Name: "SALLE DES FETES", Address: "place de la mairie", PostalCode: "42100",
			Locality: "Saint-Etienne", Public: true, Label: "42100 SALLE DES FETES, place de la mairie, Saint-Etienne (n° 11)",
		},
	}
	if diff := cmp.Diff(want, change.Places); diff != "" {
		t.Error(diff)
	}
}

func TestFINESS(t *testing.T) {
	change, report := readFixture(t, "finess.csv", ReadFINESS, 7, 1, "12 nofinesset", "13 ligneacheminement", "15")
	types := map[string]string{}
	for _, p := range change.Places {
		types[p.ID] = p.Type
	}
	want := map[string]string{
		"FINESS:750000019": PlaceEHPAD, "FINESS:750000027": PlaceUSLD, "FINESS:750000035": PlaceMASFAM, "FINESS:750000043": PlaceMASFAM,
		"FINESS:750000050": PlaceResidenceAutonomy, "FINESS:750000068": PlaceOtherHealth, "FINESS:750000076": PlaceOtherMedicoSocial,
	}
	if diff := cmp.Diff(want, types); diff != "" {
		t.Error(diff)
	}
	if got, want := change.Places[0].Label, "75011 EHPAD LES LILAS INVENTES, 4 RUE DES LILAS, PARIS (FINESS 750000019)"; got != want {
		t.Errorf("label %q, want %q", got, want)
	}
	if p := change.Places[3]; p.Name != `"LES PINS" FAM` || p.Address != "4 CHEMIN VERT" {
		t.Errorf("quotes or street: %+v", p)
	}
	if report.SkippedRows() != 3 || len(report.Skipped) != 3 || !strings.Contains(report.Skipped[1].Reason, "340 : Service judiciaire") {
		t.Errorf("skipped: %+v", report.Skipped)
	}
}

func TestLots(t *testing.T) {
	change, _ := readFixture(t, "lots.tsv", ReadLots(builtinReference(t).Vaccines), 4, 1, "6 vaccin", "7 lot", "8 lot")
	want := []registry.Lot{
		{VaccineCode: VaccineComirnaty, Number: "ZZ0001"},
		{VaccineCode: VaccineModerna, Number: "9000001"},
		{VaccineCode: VaccineJanssen, Number: "ZZ901-1A"},
		{VaccineCode: VaccineModerna, Number: "9000002"},
	}
	if diff := cmp.Diff(want, change.Lots); diff != "" {
		t.Error(diff)
	}
}

func TestPracticePlaces(t *testing.T) {
	change, report := readFixture(t, "practice-places.csv", ReadPracticePlaces, 4, 1,
		"7 identifiant_national", "8 numero_am", "9 cle_am", "10 identifiant_lieu", "11 identifiant_lieu")
	want := registry.PractitionerPlace{NationalID: "810000000017", Place: registry.PracticePlace{
		ID: "R100001", Name: "Cabinet du Dr Exemple", Address: "1 rue de l'Essai", PostalCode: "42000", Locality: "Saint-Étienne",
		PreviousID: "410000000017001", AMNumber: "421000001",
	}}
	if diff := cmp.Diff(want, change.PracticePlaces[0]); diff != "" {
		t.Error(diff)
	}
	warned := []string{}
	for _, m := range report.Warned {
		warned = append(warned, strconv.Itoa(m.Line)+" "+m.Column)
	}
	if diff := cmp.Diff([]string{"5 numero_am", "6 identifiant_national"}, warned); diff != "" {
		t.Error(diff)
	}
}

func TestOpenings(t *testing.T) {
	change, _ := readFixture(t, "professions.csv", ReadOpenings, 2, 1, "4 du", "5 profession", "6 du", "7 au")
	want := []registry.ProfessionOpening{
		{Profession: "60", From: registry.MustDate("2021-03-05")},
		{Profession: "21", From: registry.MustDate("2021-03-05"), Until: registry.MustDate("2021-12-31")},
	}
	if diff := cmp.Diff(want, change.Openings); diff != "" {
		t.Error(diff)
	}
}

func TestObjectionLimits(t *testing.T) {
	change, _ := readFixture(t, "objections.csv", ReadObjectionLimits, 2, 1, "4 du", "5 limite", "6 du", "7 du", "8 limite")
	want := []registry.ObjectionLimit{
		{From: registry.MustDate("2020-12-25"), Step: registry.StepEligibility},
		{From: registry.MustDate("2021-05-15"), Step: registry.StepFirstDose},
	}
	if diff := cmp.Diff(want, change.ObjectionLimits); diff != "" {
		t.Error(diff)
	}
}

func TestVaccines(t *testing.T) {
	change, _ := readFixture(t, "vaccines.csv", ReadVaccines, 2, 1, "4 code", "5 code", "6 doses")
	if len(change.Vaccines) != 1 {
		t.Fatalf("got %d vaccines", len(change.Vaccines))
	}
	v := change.Vaccines[0]
	if v.NameOn(registry.MustDate("2022-01-01")) != "Nuvaxovid" || v.NameOn(registry.MustDate("2024-01-01")) != "Nuvaxovid XBB" {
		t.Errorf("names: %v", v.Names)
	}
}

func TestSchedules(t *testing.T) {
	change, _ := readFixture(t, "schedules.csv", ReadSchedules(builtinReference(t).Vaccines), 2, 1,
		"3 vaccin", "5 du", "6 vaccin", "7 recommande_jours", "8 minimum_jours", "9 couvre_anterieures", "10 du")
	want := []registry.Schedule{
		{VaccineCode: VaccineModerna, From: registry.MustDate("2021-09-01"), Minimum: 21, Recommended: 21, Maximum: 49, CoversEarlier: true},
		{
			VaccineCode: VaccineAstraZeneca, From: registry.MustDate("2021-06-01"), Until: registry.MustDate("2021-06-30"),
			Minimum: 28, Recommended: 56, Maximum: 84,
		},
	}
	if diff := cmp.Diff(want, change.Schedules); diff != "" {
		t.Error(diff)
	}
}
