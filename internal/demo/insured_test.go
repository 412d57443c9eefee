package demo

import (
	"bytes"
	"errors"
	"io"
	"math"
	"strings"
	"testing"

	"vaccin/internal/nir"
	"vaccin/internal/registry"
)

// insuredRows writes a file and returns its rows by cell, without the header.
func insuredRows(t *testing.T, o InsuredOptions) [][]string {
	t.Helper()
	var text bytes.Buffer
	if err := WriteInsured(&text, o); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(text.String(), "\n"), "\n")
	if lines[0] != insuredHeader {
		t.Fatalf("the header is %s", lines[0])
	}
	rows := make([][]string, 0, len(lines)-1)
	for _, line := range lines[1:] {
		rows = append(rows, strings.Split(line, ";"))
	}
	return rows
}

func TestAFileOfInsuredPersonsLooksLikeACountry(t *testing.T) {
	const persons = 60_000
	rows := insuredRows(t, InsuredOptions{Persons: persons, Seed: 5})
	if len(rows) != persons {
		t.Fatalf("%d rows", len(rows))
	}
	at := columnAt
	own, keys := map[string]bool{}, map[[3]string]bool{}
	families, ages, count := map[string]int{}, [sexes][classes]int{}, map[string]int{}
	for _, row := range rows {
		holder, number := row[at("nir_ouvrant_droit")], row[at("nir")]
		if number != "" && own[number] {
			t.Fatal("two persons have one NIR")
		}
		own[number] = true
		families[holder]++
		k := [3]string{holder, row[at("date_naissance")], row[at("rang")]}
		if keys[k] {
			t.Fatal("two persons have one key")
		}
		keys[k] = true
		for _, text := range []string{holder, number} {
			if _, err := nir.ParseKeyless(text); err != nil && text != "" {
				t.Fatalf("a number is refused: %v", err)
			}
		}
		sex := men
		if row[at("sexe")] == "F" {
			sex = women
		}
		if born, err := registry.BirthDateFromDigits(row[at("date_naissance")]); err != nil {
			t.Fatal(err)
		} else if age, ok := born.AgeOn(DefaultToday); ok {
			ages[sex][classOf(age)]++
		} else {
			count["lunar"]++
		}
		for _, name := range []string{"rang", "residence", "metier", "ald", "comorbidites", "regime", "date_deces", "nom_usage", "telephone", "email"} {
			if row[at(name)] != "" {
				count[name]++
			}
		}
		for _, value := range []string{row[at("residence")], "rank " + row[at("rang")], row[at("comorbidites")]} {
			count[value]++
		}
	}
	for holder := range families {
		if !own[holder] {
			t.Fatal("a holder's NIR is nobody's own")
		}
	}
	if perFamily := float64(persons) / float64(len(families)); perFamily < 1.3 || perFamily > 2.5 {
		t.Errorf("%.2f persons share a holder's NIR", perFamily)
	}
	weight, total := [sexes][classes]int{}, 0
	for _, d := range departments {
		for sex := range sexes {
			for class := range classes {
				weight[sex][class] += d.count[sex][class]
				total += d.count[sex][class]
			}
		}
	}
	for sex := range sexes {
		for class := range classes {
			want, got := float64(weight[sex][class])/float64(total), float64(ages[sex][class])/persons
			if math.Abs(got-want) > 0.01 {
				t.Errorf("sex %d, class %d: %.3f of the country, want %.3f", sex, class, got, want)
			}
		}
	}
	for value, share := range map[string][2]float64{
		"EHPAD": {0.005, 0.03}, "DOMICILE": {0.8, 0.99}, "rank 2": {0.001, 0.02}, "ald": {0.1, 0.25}, "comorbidites": {0.1, 0.35}, "OBESITE": {0.03, 0.15},
		"metier": {0.05, 0.15}, "date_deces": {0.001, 0.01}, "regime": {1, 1}, "lunar": {0.00002, 0.01}, "nom_usage": {0.1, 0.4}, "email": {0.2, 0.6},
	} {
		if got := float64(count[value]) / persons; got < share[0] || got > share[1] {
			t.Errorf("%s: %.4f of the country, want %.4f to %.4f", value, got, share[0], share[1])
		}
	}
}

func TestAFileOfInsuredPersonsFollowsItsSeed(t *testing.T) {
	write := func(o InsuredOptions) string {
		var text bytes.Buffer
		if err := WriteInsured(&text, o); err != nil {
			t.Fatal(err)
		}
		return text.String()
	}
	first := write(InsuredOptions{Persons: 2000, Seed: 1})
	if write(InsuredOptions{Persons: 2000, Seed: 1}) != first {
		t.Error("the same seed makes another file")
	}
	if write(InsuredOptions{Persons: 2000, Seed: 2}) == first {
		t.Error("another seed makes the same file")
	}
	if err := WriteInsured(fullDisk{}, InsuredOptions{Persons: 2000}); !errors.Is(err, errFullDisk) {
		t.Errorf("on a full disk: %v", err)
	}
}

type fullDisk struct{}

var errFullDisk = errors.New("the disk is full")

func (fullDisk) Write([]byte) (int, error) { return 0, errFullDisk }

// TestSpoiltRowsAreTheOnlyOnesThatDiffer: what is bad is bad in the cell that is told, and nowhere else.
func TestSpoiltRowsAreTheOnlyOnesThatDiffer(t *testing.T) {
	o := InsuredOptions{Persons: 5000, Seed: 9}
	rows, bad := insuredRows(t, o), map[int]BadRow{}
	o.BadEvery, o.OnBad = 10, func(b BadRow) { bad[b.Line] = b }
	for i, row := range insuredRows(t, o) {
		b, spoilt := bad[i+2]
		if (strings.Join(row, ";") != strings.Join(rows[i], ";")) != spoilt {
			t.Fatalf("line %d: told as bad %t", i+2, spoilt)
		}
		if !spoilt || b.Column == "" || len(row) != len(rows[i]) {
			continue
		}
		for c := range row {
			if (row[c] != rows[i][c]) != (c == columnAt(b.Column)) {
				t.Errorf("line %d, %s: column %d is %q", i+2, b.Kind, c, row[c])
			}
		}
	}
	if len(bad) != 500 {
		t.Errorf("%d rows are bad", len(bad))
	}
}

func BenchmarkWriteInsured(b *testing.B) {
	const persons = 500_000
	for b.Loop() {
		if err := WriteInsured(io.Discard, InsuredOptions{Persons: persons, Seed: 1}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(persons*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
