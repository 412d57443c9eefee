package registry_test

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"vaccin/internal/registry"
)

// coded is a closed set as this test looks at it.
type coded interface {
	~int
	Code() string
	Label() string
}

// listed writes a set as testdata/insured.txt keeps it.
func listed[T coded](t *testing.T, name string, all []T, parse func(string) (T, bool)) (text string) {
	for i, one := range all {
		text += name + " " + strconv.Itoa(int(one)) + " " + one.Code() + "\n"
		if int(one) != i+1 || one.Code() == "" || one.Label() == "" {
			t.Errorf("%s %d: %q, %q", name, one, one.Code(), one.Label())
		}
		for _, typed := range []string{one.Code(), strings.ToLower(one.Code()), strings.ReplaceAll(one.Code(), "_", " ")} {
			if back, ok := parse(typed); !ok || back != one {
				t.Errorf("%s: %q reads as %d", name, typed, back)
			}
		}
	}
	for _, none := range []T{0, -1, T(len(all) + 1)} {
		if none.Code() != "" || none.Label() != "" {
			t.Errorf("%s %d is %q", name, none, none.Code())
		}
	}
	for _, typed := range []string{"", "_", "AUCUN", "1"} {
		if one, ok := parse(typed); ok {
			t.Errorf("%s: %q reads as %d", name, typed, one)
		}
	}
	return text
}

// A number is kept in databases and a code in files: neither ever comes to mean something else.
func TestNumbersAndCodesOfClosedSetsNeverChange(t *testing.T) {
	got := listed(t, "Residence", registry.Residences(), registry.ParseResidence) +
		listed(t, "Occupation", registry.Occupations(), registry.ParseOccupation) +
		listed(t, "Workplace", registry.Workplaces(), registry.ParseWorkplace) +
		listed(t, "Comorbidity", registry.AllComorbidities(), registry.ParseComorbidity) +
		listed(t, "Vaccination", registry.Vaccinations(), registry.ParseVaccination)
	kept, err := os.ReadFile(filepath.Join("testdata", "insured.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(kept)) {
		if !strings.Contains(got, line) {
			t.Errorf("it was %s", line)
		}
	}
	if len(got) != len(kept) {
		t.Errorf("add what is new to testdata/insured.txt; all are:\n%s", got)
	}
}

func TestSetsOfConditions(t *testing.T) {
	all := registry.ALDs()
	if len(all) != 32 || all[7].Label() != "diabète de type\u00a01 et diabète de type\u00a02" || all[29].String() != "ALD\u00a030" {
		t.Errorf("%d conditions: %v", len(all), all)
	}
	if every := registry.ConditionsOf(all...); every != 1<<32-1 || !slices.Equal(every.All(), all) {
		t.Errorf("all are %x", every)
	}
	set := registry.ConditionsOf(8, 30, 0, 33, -1)
	if set != 1<<7|1<<29 || !set.Has(8) || !set.Has(30) || set.Has(9) || set.Has(0) || set.Has(33) || !slices.Equal(set.All(), []registry.ALD{8, 30}) {
		t.Errorf("set %x: %v", set, set.All())
	}
}

func TestSetsOfComorbidities(t *testing.T) {
	all := registry.AllComorbidities()
	if len(all) > 63 {
		t.Errorf("%d comorbidities do not fit a signed number of 64 bits", len(all))
	}
	set := registry.ComorbiditiesOf(registry.ComorbidityObesity, registry.ComorbidityDiabetes, 0, 64)
	if set != 1<<5|1<<13 || set.VeryHighRisk() ||
		!slices.Equal(set.All(), []registry.Comorbidity{registry.ComorbidityDiabetes, registry.ComorbidityObesity}) {
		t.Errorf("set %x: %v", set, set.All())
	}
	if !registry.ComorbiditiesOf(registry.ComorbidityTrisomy21, registry.ComorbidityDiabetes).VeryHighRisk() {
		t.Error("trisomy 21 is not at very high risk")
	}
	if n := len(registry.VeryHighRisk.All()); n != 7 {
		t.Errorf("%d at very high risk, the list has seven", n)
	}
}
