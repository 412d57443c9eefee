package demo

import (
	"encoding/csv"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"

	"vaccin/internal/nir"
	"vaccin/internal/referential"
	"vaccin/internal/registry"
	"vaccin/internal/shareddata"
)

// invented is a country of the size given without a store: what is invented before anything is played.
func invented(t *testing.T, o Options) (*population, registry.ReferenceChange, []registry.ImportedPerson) {
	t.Helper()
	p := newPopulation(nil, o.withDefaults())
	var err error
	if p.gazetteer, err = loadGazetteer(); err != nil {
		t.Fatal(err)
	}
	builtin, err := referential.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	change, err := p.furnish(registry.Reference{
		Vaccines: builtin.Vaccines, Schedules: builtin.Schedules, Sites: builtin.Sites, PlaceTypes: builtin.PlaceTypes,
		Activities: builtin.Activities, Openings: builtin.Openings,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.assemble(); err != nil {
		t.Fatal(err)
	}
	var everyone []registry.ImportedPerson
	p.invent(func(b batch) bool {
		everyone = append(everyone, b.persons...)
		return true
	})
	return p, change, everyone
}

func TestNumbersAreValidAndNobodyElseHasThem(t *testing.T) {
	_, _, everyone := invented(t, Options{})
	owners := map[nir.Number]bool{}
	for _, p := range everyone {
		own := p.Patient.Own
		if own.IsZero() {
			continue
		}
		if owners[own] {
			t.Fatal("two persons have one NIR")
		}
		owners[own] = true
		parsed, err := nir.Parse(own.Format())
		if err != nil || parsed != own {
			t.Fatalf("a NIR of the country is refused: %v", err)
		}
		checkNumber(t, p.Patient)
	}
	for _, p := range everyone {
		if !owners[p.Patient.Holder] {
			t.Fatal("a holder's NIR is nobody's own")
		}
	}
}

// checkNumber holds a person's NIR against their sex and year of birth.
func checkNumber(t *testing.T, p registry.Patient) {
	t.Helper()
	digits := p.Own.Digits()
	wanted := map[registry.Sex]string{registry.Male: "17", registry.Female: "28"}[p.Sex]
	if !strings.Contains(wanted, digits[:1]) {
		t.Errorf("a NIR of sex %q starts with %s", p.Sex, digits[:1])
	}
	if digits[1:3] != p.BirthDate.Digits()[2:4] {
		t.Errorf("a NIR says the year %s for a birth in %s", digits[1:3], p.BirthDate.Digits()[:4])
	}
}

func TestEachPersonHasKeysOfTheirOwn(t *testing.T) {
	_, _, everyone := invented(t, Options{})
	type key struct {
		holder nir.Number
		born   registry.BirthDate
		rank   int
	}
	keys, codes, ids := map[key]bool{}, map[registry.TargetCode]bool{}, map[registry.RecordID]bool{}
	for _, p := range everyone {
		k := key{p.Patient.Holder, p.Patient.BirthDate, p.Patient.BirthRank}
		if keys[k] || ids[p.ID] || codes[p.Code] {
			t.Fatalf("repeated: natural key %t, identifier %t, code %t", keys[k], ids[p.ID], codes[p.Code])
		}
		keys[k], ids[p.ID] = true, true
		if !p.Code.IsZero() {
			codes[p.Code] = true
			if !p.Code.Valid() {
				t.Fatal("a code that cannot have been drawn")
			}
		}
	}
	if len(everyone) != defaultPersons-3 { // of the cast three are entered by hand
		t.Errorf("%d persons are imported", len(everyone))
	}
}

func TestNumbersLastForAWholeDepartment(t *testing.T) {
	n, seen := newNumbers(), map[nir.Number]bool{}
	for _, place := range []birthplace{{"59", 0}, {"75", 0}, {"974", 0}, {"99", algeria}} {
		for range 900 {
			number := n.give(1, 1950, 6, place)
			if seen[number] {
				t.Fatalf("the numbers of department %s repeat", place.department)
			}
			seen[number] = true
		}
	}
}

// cells counts residents as the census does.
func cells(t *testing.T, o Options) map[string][sexes][classes]int {
	t.Helper()
	p := newPopulation(nil, o.withDefaults())
	var err error
	if p.gazetteer, err = loadGazetteer(); err != nil {
		t.Fatal(err)
	}
	p.set = &set{}
	counted := map[string][sexes][classes]int{}
	for i := range departments {
		for r := range p.builder(i).residents() {
			age, _ := registry.BirthDateOf(r.born).AgeOn(p.options.Today)
			d := counted[r.department]
			d[sexIndex(r.Patient.Sex)][classOf(age)]++
			counted[r.department] = d
		}
	}
	return counted
}

func TestAgesSexesAndDepartmentsFollowTheCensus(t *testing.T) {
	const persons = 30_000
	counted, france := cells(t, Options{Persons: persons}), 0
	for _, n := range populations {
		france += n
	}
	for _, d := range departments {
		for sex := range sexes {
			for class := range classes {
				wanted := float64(persons*d.count[sex][class]) / float64(france)
				if got := counted[d.code][sex][class]; math.Abs(float64(got)-wanted) > 1 {
					t.Errorf("department %s, sex %d, class %d: %d persons, the census says %.1f", d.code, sex, class, got, wanted)
				}
			}
		}
	}
}

func TestEachAgeHasItsClass(t *testing.T) {
	for age, want := range map[int]int{
		0: classYoung, 19: classYoung, 20: class20, 39: class20, 40: class40, 59: class40, 60: class60, 74: class60, 75: class75, 106: class75,
	} {
		if got := classOf(age); got != want {
			t.Errorf("class of %d years: %d, want %d", age, got, want)
		}
	}
}

func TestTheTableIsThatOfINSEE(t *testing.T) {
	file, err := os.Open(shareddata.Path(t, "population/insee-pop-dep-sexe-gca-2021.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	reader := csv.NewReader(file)
	reader.Comma = ';'
	rows, err := reader.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	ours := map[string]department{}
	for _, d := range departments {
		ours[d.code] = d
	}
	if len(rows)-1 != sexes*len(departments) {
		t.Errorf("INSEE has %d rows, the table %d departments", len(rows)-1, len(departments))
	}
	for _, row := range rows[1:] {
		sex := map[string]int{"H": men, "F": women}[row[2]]
		for class := range classes {
			n, err := strconv.ParseFloat(row[3+class], 64)
			if err != nil {
				t.Fatal(err)
			}
			if got := ours[row[0]].count[sex][class]; math.Abs(float64(got)-n/100) > 0.5 {
				t.Errorf("department %s, %s, class %d: %d hundreds, INSEE says %.0f persons", row[0], row[2], class, got, n)
			}
		}
	}
}

func TestFamiliesHangTogether(t *testing.T) {
	_, _, everyone := invented(t, Options{})
	families := map[nir.Number][]registry.Patient{}
	for _, p := range everyone {
		families[p.Patient.Holder] = append(families[p.Patient.Holder], p.Patient)
	}
	sizes, twins, triplets, spouses := 0, 0, 0, 0
	for _, members := range families {
		sizes = max(sizes, len(members))
		holder := members[0]
		if holder.Own != holder.Holder {
			t.Fatal("a family does not start with its holder")
		}
		ranks := map[registry.BirthDate]int{}
		for _, m := range members[1:] {
			ranks[m.BirthDate]++
			if m.BirthRank != ranks[m.BirthDate] {
				t.Fatalf("ranks of one birth do not follow one another: %d after %d", m.BirthRank, ranks[m.BirthDate]-1)
			}
			switch m.BirthRank {
			case 2:
				twins++
			case 3:
				triplets++
			}
			if age, ok := m.BirthDate.AgeOn(DefaultToday); ok && age >= 20 {
				spouses++
			}
		}
	}
	if sizes < 4 || twins < 5 || triplets < 1 || spouses < 1000 {
		t.Errorf("largest family %d, twins %d, triplets %d, dependent spouses %d", sizes, twins, triplets, spouses)
	}
}

func TestChildrenAreYoungerThanTheirParents(t *testing.T) {
	_, _, everyone := invented(t, Options{})
	holders := map[nir.Number]registry.Patient{}
	for _, p := range everyone {
		if p.Patient.Own == p.Patient.Holder {
			holders[p.Patient.Own] = p.Patient
		}
	}
	alone := 0
	for _, p := range everyone {
		age, known := p.Patient.BirthDate.AgeOn(DefaultToday)
		parent, ok := holders[p.Patient.Holder].BirthDate.AgeOn(DefaultToday)
		if p.Patient.Own == p.Patient.Holder {
			if known && age < 18 {
				alone++
			}
			continue
		}
		if known && ok && age < 18 && parent-age < 17 {
			t.Errorf("a child of %d has a holder of %d", age, parent)
		}
	}
	if alone > len(everyone)/100 {
		t.Errorf("%d minors live alone", alone)
	}
}

func TestThePeopleAreVaried(t *testing.T) {
	_, _, everyone := invented(t, Options{})
	found := map[string]int{}
	names := map[string]int{}
	for _, p := range everyone {
		for kind, holds := range traits(p.Patient) {
			if holds {
				found[kind]++
			}
		}
		names[p.Patient.FullName()]++
	}
	for _, n := range names {
		if n > 1 {
			found["homonyms"]++
		}
	}
	wanted := map[string]int{
		"Corsica before 1976": 3, "Corsica 2A": 2, "Corsica 2B": 2, "overseas": 100, "born abroad": 500, "born in Algeria before 1962": 2,
		"provisional number": 5, "month not known": 20, "lunar birth date": 2, "nonagenarian": 50, "married name": 1000,
		"accent": 1000, "apostrophe": 20, "hyphen": 100, "without a telephone": 100, "with an e-mail": 3000, "homonyms": 20,
	}
	for kind, least := range wanted {
		if found[kind] < least {
			t.Errorf("%s: %d people, at least %d wanted", kind, found[kind], least)
		}
	}
}

// traits are the oddities that the pages have to cope with.
func traits(p registry.Patient) map[string]bool {
	age, known := p.BirthDate.AgeOn(DefaultToday)
	digits := p.Own.Digits()
	t := map[string]bool{
		"lunar birth date": !known, "nonagenarian": age >= 90,
		"married name": p.Sex == registry.Female && p.UsedName != p.BirthName,
		"accent":       strings.ContainsAny(p.BirthName+p.GivenNames, "éèêëïîôùçÉ"),
		"apostrophe":   strings.ContainsAny(p.BirthName, "’'"), "hyphen": strings.Contains(p.BirthName, "-"),
		"without a telephone": p.Phone == "", "with an e-mail": p.Email != "",
	}
	if digits == "" {
		return t
	}
	department := digits[5:7]
	t["Corsica before 1976"] = department == "20" && p.BirthDate.Digits() < "1976"
	t["Corsica 2A"], t["Corsica 2B"] = department == "2A", department == "2B"
	t["overseas"], t["born abroad"] = department == "97", department == "99"
	t["born in Algeria before 1962"] = (department == "91" || department == "92" || department == "93") && p.BirthDate.Digits() < "1962"
	t["provisional number"] = digits[0] >= '7'
	t["month not known"] = digits[3:5] > "12"
	return t
}

func TestContactsReachNobody(t *testing.T) {
	_, _, everyone := invented(t, Options{})
	ranges := append([]string{"063998"}, landlines[:]...)
	for _, p := range everyone {
		c := p.Patient.Contact
		fictional := c.Phone == ""
		for _, r := range ranges {
			fictional = fictional || len(c.Phone) == 10 && strings.HasPrefix(c.Phone, r)
		}
		if !fictional {
			t.Fatalf("a telephone number outside the ranges kept for fiction: %s…", c.Phone[:4])
		}
		if c.Email != "" && !strings.HasSuffix(c.Email, "@exemple.fr") && !strings.HasSuffix(c.Email, "@example.org") {
			t.Fatal("an e-mail address that may be someone's")
		}
		if (c.Address == "") != c.Locality.IsZero() {
			t.Fatal("an address without a locality, or the reverse")
		}
	}
}
