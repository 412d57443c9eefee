package targeting_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"vaccin/internal/demo"
	"vaccin/internal/nir"
	"vaccin/internal/registry"
	"vaccin/internal/targeting"
)

// FuzzReadPopulation checks, whatever the file, that reading neither panics nor makes up anything: rows are whole, each
// is taken or rejected for a reason, and the file cut into small parts reads the same.
func FuzzReadPopulation(f *testing.F) {
	var text bytes.Buffer
	if err := demo.WriteInsured(&text, demo.InsuredOptions{Persons: 9, Seed: 1, BadEvery: 2}); err != nil {
		f.Fatal(err)
	}
	f.Add(text.Bytes())
	f.Add(append([]byte("\ufeff"), text.Bytes()...))
	f.Add(bytes.ReplaceAll(text.Bytes(), []byte(";"), []byte(";\"")))
	f.Add(bytes.ReplaceAll(text.Bytes(), []byte("\n"), []byte("\r\n")))
	f.Add([]byte(rowWith("nom_naissance", `"Mar""tin"`, "ald", "1,2|32", "date_deces", "01/01/2021")))
	f.Add([]byte(shortHeader + "\n" + shortRow))
	f.Fuzz(func(t *testing.T, text []byte) {
		whole, err := targeting.ReadPopulationInGrid(text, 1<<20)
		if err != nil {
			if registry.KindOf(err) != registry.KindInvalid {
				t.Fatal(err)
			}
			return
		}
		rows, rejected, warned := readAll(t, whole)
		for _, row := range rows {
			checkRow(t, row)
		}
		for _, m := range slices.Concat(rejected, warned) {
			if m.Line < 2 || m.Reason == "" || !utf8.ValidString(m.Reason) || m.Column != "" && !slices.Contains(targeting.ColumnNames(), m.Column) {
				t.Fatalf("a remark %+v", m)
			}
		}
		cut, err := targeting.ReadPopulationInGrid(text, 97)
		if err != nil {
			return // a grid as small as that leaves characters out of which the encoding is told
		}
		if again, rejectedAgain, _ := readAll(t, cut); !slices.Equal(rows, again) || !slices.Equal(rejected, rejectedAgain) {
			t.Fatal("the same file reads differently in parts")
		}
	})
}

// checkRow checks that a row holds nothing impossible.
func checkRow(t *testing.T, row targeting.Row) {
	t.Helper()
	texts := strings.Join([]string{
		row.BirthName, row.UsedName, row.GivenNames, row.Address, row.Locality.PostalCode, row.Locality.Name, row.Locality.CommuneCode, row.Phone, row.Email,
		row.Establishment, row.Scheme,
	}, "\n")
	if !utf8.ValidString(texts) || nir.Within(row.Address) {
		t.Fatal("a text that no record may hold")
	}
	for _, name := range []string{row.BirthName, row.UsedName, row.GivenNames} {
		if clean, err := registry.ReadName(name, "missing"); err != nil || clean != name {
			t.Fatalf("a name that is not accepted: %v", err)
		}
	}
	born, err := registry.ParseBirthDate(row.BirthDate.French())
	if err != nil || born != row.BirthDate || row.Holder.IsZero() || row.BirthRank < 1 || row.BirthRank > 9 || row.Sex.Label() == "" || row.Manual {
		t.Fatalf("an impossible row: %v", err)
	}
	if day, ok := row.BirthDate.Date(); ok && (day.After(today) || !row.Died.IsZero() && row.Died.Before(day)) {
		t.Fatal("a birth after today or after death")
	}
	if !row.Died.IsZero() {
		if died, err := registry.ParseISODate(row.Died.String()); err != nil || died != row.Died || died.After(today) {
			t.Fatalf("an impossible death: %v", err)
		}
	}
	if row.Residence != 0 && row.Residence.Code() == "" || row.Occupation != 0 && row.Occupation.Code() == "" || row.Workplace != 0 && row.Workplace.Code() == "" {
		t.Fatal("a value of no set")
	}
	if registry.ConditionsOf(row.Conditions.All()...) != row.Conditions || registry.ComorbiditiesOf(row.Comorbidities.All()...) != row.Comorbidities {
		t.Fatal("a set of what is none")
	}
}
