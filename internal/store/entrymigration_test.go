package store

import (
	"context"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pressly/goose/v3"

	"vaccin/internal/keyring/keyringtest"
	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
)

// beforeEntries is the version of the embedded store that had a table for each kind of entry.
const beforeEntries = 13

// broughtBack brings a file back to the version before.
func broughtBack(t *testing.T, path string) {
	t.Helper()
	files, err := fs.Sub(migrations, "migrations/sqlite")
	if err != nil {
		t.Fatal(err)
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, aside(t, path), files, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := provider.DownTo(t.Context(), beforeEntries); err != nil {
		t.Fatal(err)
	}
}

// recordAt opens the store, which brings its file up to date, and reads a record.
func recordAt(t *testing.T, path string, id registry.RecordID) registry.Record {
	t.Helper()
	s, err := Open(t.Context(), path, Options{Keys: keyringtest.Keys()})
	if err != nil {
		t.Fatal(err)
	}
	facts, err := s.Facts(t.Context(), id, registry.Wanted{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return facts.Record
}

// rowBefore inserts a row of a table of before. Each text that is not given is the name of its column, before and after
// some text.
func rowBefore(t *testing.T, path, table, with string, given map[string]any) {
	t.Helper()
	db := aside(t, path)
	rows, err := db.QueryContext(t.Context(), "SELECT name, type FROM pragma_table_info($1)", table)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var names []string
	var args []any
	for rows.Next() {
		var name, kind string
		if err := rows.Scan(&name, &kind); err != nil {
			t.Fatal(err)
		}
		value, known := given[name]
		if !known {
			if kind != "TEXT" {
				t.Fatalf("%s.%s is %s and is not given", table, name, kind)
			}
			value = columnText(with, name)
		}
		names, args = append(names, name), append(args, value)
	}
	if err := rows.Close(); err != nil || rows.Err() != nil {
		t.Fatal(err, rows.Err())
	}
	if _, err := db.ExecContext(t.Context(), insertOf(table, strings.Join(names, ", ")), args...); err != nil {
		t.Fatal(err)
	}
}

// columnText is what rowBefore puts in a column; nothing stays nothing.
func columnText(with, column string) string {
	if with == "" {
		return ""
	}
	return with + column + with
}

func signatureBefore(with string, at time.Time) registry.Signature {
	n := func(column string) string { return columnText(with, column) }
	return registry.Signature{
		Role: registry.Role(n("author_role")),
		Practitioner: registry.Practitioner{
			NationalID: n("author_id"), Profession: n("author_profession"), Civility: n("author_civility"), FamilyName: n("author_family_name"), GivenName: n("author_given_name"),
		},
		Place: registry.PracticePlace{
			ID: n("practice_id"), Name: n("practice_name"), Address: n("practice_address"), PostalCode: n("practice_postal_code"),
			Locality: n("practice_locality"), PreviousID: n("practice_previous_id"), AMNumber: n("practice_am_number"),
		},
		At: at,
	}
}

func eligibilityBefore(with string, number int, at time.Time, flags [4]bool, confirmed []registry.Confirmation) registry.Version[registry.Eligibility] {
	n := func(column string) string { return columnText(with, column) }
	return registry.Version[registry.Eligibility]{
		Number: number,
		Content: registry.Eligibility{
			DeclarerPrescribes: flags[0], HealthProfessional: flags[1], PatientAgrees: flags[2], ConditionsAccepted: flags[3],
			Prescriber: registry.Prescriber{
				FamilyName: n("prescriber_family_name"), GivenName: n("prescriber_given_name"), Number: n("prescriber_number"), Structure: n("prescriber_structure"),
			},
			PrescribedOn: registry.MustDate("2021-01-18"), Activity: n("activity"),
		},
		Signed: signatureBefore(with, at), Request: n("request"), Confirmed: confirmed, Reason: n("reason"),
	}
}

func doseBefore(with string, number, dose int, at time.Time, bookFrom registry.Date) registry.Version[registry.Dose] {
	n := func(column string) string { return columnText(with, column) }
	return registry.Version[registry.Dose]{
		Number: number,
		Content: registry.Dose{
			Number: dose, SeriesDoses: 2, VaccineCode: n("vaccine_code"), VaccineName: n("vaccine_name"), LotNumber: n("lot_number"), Site: n("site"),
			Occurrence: registry.MustDate("2021-02-01"),
			Performer:  registry.Performer{FamilyName: n("performer_family_name"), GivenName: n("performer_given_name"), Number: n("performer_number")},
			Location: registry.Location{
				Type: n("place_type"), PlaceID: n("place_id"), PlaceLabel: n("place_label"), Name: n("place_name"), Address: n("place_address"),
				Locality: registry.Locality{PostalCode: n("place_postal_code"), Name: n("place_locality"), CommuneCode: n("place_commune_code")},
			},
			AMNumber: n("am_number"), BookFrom: bookFrom,
		},
		Signed: signatureBefore(with, at), Request: n("request"), Reason: n("reason"),
	}
}

// TestEntriesOfBeforeAreReadAsTheyWere fills a file of the version before with rows of every kind, and one that was
// brought back to it, and reads both with this version.
func TestEntriesOfBeforeAreReadAsTheyWere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	s, g := openAt(t, path)
	g.Random = registry.New(s).Random
	there := vaccinated(t, g)
	odd, _, err := g.Register(context.Background(), registrytest.Doctor("Martin"), registrytest.NIR(2), registrytest.RegistrationRequest())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	before, empty := recordAt(t, path, there), recordAt(t, path, odd)
	if len(before.Eligibilities[0].Versions) != 2 || before.FirstDoses[0].Annulment == nil {
		t.Fatal("there is not one of each")
	}
	broughtBack(t, path)
	num := 0
	if err := aside(t, path).QueryRowContext(t.Context(), selectNumber, string(odd)).Scan(&num); err != nil {
		t.Fatal(err)
	}
	const strange = "é’ \"'\\ \\u0041\x01\x1f\t\r\n\x7f\u2028😀[]{},<&>\x00"
	at := time.UnixMicro(1612345678901234).UTC()
	confirmed := []registry.Confirmation{{Code: "c", Sentence: "« \\ \" é 😀 »"}}
	kept, err := confirmations(confirmed)
	if err != nil {
		t.Fatal(err)
	}
	flag := [4]bool{true, false, false, true}
	row := func(of map[string]any) map[string]any {
		of["record_num"] = num
		of["signed_at"] = at.UnixMicro()
		return of
	}
	rowBefore(t, path, "eligibility", strange, row(map[string]any{
		"sequence": 1, "number": 1, "declarer_prescribes": flag[0], "health_professional": flag[1], "patient_agrees": flag[2], "conditions_accepted": flag[3],
		"prescribed_on": "2021-01-18", "confirmed": kept,
	}))
	rowBefore(t, path, "eligibility", "", row(map[string]any{
		"sequence": 1, "number": 2, "declarer_prescribes": !flag[0], "health_professional": !flag[1], "patient_agrees": !flag[2], "conditions_accepted": !flag[3],
		"prescribed_on": "2021-01-18", "confirmed": "",
	}))
	rowBefore(t, path, "dose", strange, row(map[string]any{
		"step": 1, "sequence": 1, "number": 1, "dose_number": 1, "series_doses": 2, "occurrence": "2021-02-01", "book_from": "2021-03-01", "confirmed": "",
	}))
	rowBefore(t, path, "dose", "", row(map[string]any{
		"step": 1, "sequence": 1, "number": 2, "dose_number": 1, "series_doses": 2, "occurrence": "2021-02-01", "book_from": nil, "confirmed": "",
	}))
	rowBefore(t, path, "annulment", strange, row(map[string]any{"step": 1, "sequence": 1}))
	rowBefore(t, path, "dose", strange, row(map[string]any{
		"step": 2, "sequence": 1, "number": 1, "dose_number": 2, "series_doses": 2, "occurrence": "2021-02-01", "book_from": nil, "confirmed": "",
	}))
	rowBefore(t, path, "annulment", "", row(map[string]any{"step": 0, "sequence": 1}))

	want := empty
	want.Eligibilities = []registry.Entry[registry.Eligibility]{{
		Sequence: 1, Annulment: &registry.Annulment{Signed: signatureBefore("", at)},
		Versions: []registry.Version[registry.Eligibility]{
			eligibilityBefore(strange, 1, at, flag, confirmed), eligibilityBefore("", 2, at, [4]bool{!flag[0], !flag[1], !flag[2], !flag[3]}, nil),
		},
	}}
	want.FirstDoses = []registry.Entry[registry.Dose]{{
		Sequence:  1,
		Annulment: &registry.Annulment{Signed: signatureBefore(strange, at), Reason: columnText(strange, "reason"), Request: columnText(strange, "request")},
		Versions:  []registry.Version[registry.Dose]{doseBefore(strange, 1, 1, at, registry.MustDate("2021-03-01")), doseBefore("", 2, 1, at, registry.Date{})},
	}}
	want.SecondDoses = []registry.Entry[registry.Dose]{{
		Sequence: 1, Versions: []registry.Version[registry.Dose]{doseBefore(strange, 1, 2, at, registry.Date{})},
	}}
	same := cmp.Options{
		cmp.Comparer(func(a, b registry.Date) bool { return a == b }), cmp.Comparer(func(a, b registry.Patient) bool { return a == b }),
		cmp.Comparer(func(a, b registry.TargetCode) bool { return a == b }),
	}
	if diff := cmp.Diff(want, recordAt(t, path, odd), same); diff != "" {
		t.Errorf("a record of before (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(before, recordAt(t, path, there), same); diff != "" {
		t.Errorf("a record brought back and forth (-want +got):\n%s", diff)
	}
	left := 0
	if err := aside(t, path).QueryRowContext(t.Context(), "SELECT count(*) FROM sqlite_master WHERE name IN ('eligibility', 'dose', 'annulment')").Scan(&left); err != nil || left != 0 {
		t.Errorf("%d tables of before are left, %v", left, err)
	}
}
