package demo

import (
	"regexp"
	"strings"
	"testing"

	"vaccin/internal/demo/pscsim"
	"vaccin/internal/referential"
	"vaccin/internal/registry"
)

func TestPlacesOfEveryTypeStandInEveryRegion(t *testing.T) {
	_, change, _ := invented(t, Options{Persons: 100})
	labels, ids, types, centres := map[string]bool{}, map[string]bool{}, map[string]int{}, map[string]bool{}
	for _, p := range change.Places {
		label := p.Type + registry.Fold(p.Label)
		if labels[label] || ids[p.ID] {
			t.Errorf("twice: %s, %s", p.ID, p.Label)
		}
		labels[label], ids[p.ID] = true, true
		types[p.Type]++
		if p.Type == referential.PlaceCentre {
			centres[p.PostalCode[:2]] = true
		}
		if p.Label != p.PostalCode+" "+p.Name+", "+p.Address+", "+p.Locality {
			t.Errorf("label %q", p.Label)
		}
	}
	kinds, err := referential.PlaceTypes()
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range kinds {
		if kind.Listed && types[kind.Code] == 0 {
			t.Errorf("no place of type %s", kind.Code)
		}
		if !kind.Listed && types[kind.Code] > 0 {
			t.Errorf("type %s has no list", kind.Code)
		}
	}
	for _, postal := range []string{"01", "20", "59", "75", "97"} {
		if !centres[postal] {
			t.Errorf("no centre in %s", postal)
		}
	}
	if n := len(change.Places); n < 200 || n > 400 {
		t.Errorf("%d places", n)
	}
}

func TestTheSimulatorsCareHomeIsAVaccinationPlace(t *testing.T) {
	_, change, _ := invented(t, Options{Persons: 100})
	for _, account := range pscsim.Accounts() {
		for _, e := range account.Exercises {
			for _, a := range e.Activities {
				if a.FINESS != "" && !hasPlace(change.Places, "FINESS:"+a.FINESS, a.Name, a.PostalCode) {
					t.Errorf("%s of account %s is not among the places", a.Name, account.Key)
				}
			}
		}
	}
}

func hasPlace(places []registry.VaccinationPlace, id, name, postalCode string) bool {
	for _, p := range places {
		if p.ID == id && p.Name == name && p.PostalCode == postalCode {
			return true
		}
	}
	return false
}

func TestLotsLookLikeThoseOfTheirVaccine(t *testing.T) {
	_, change, _ := invented(t, Options{Persons: 100})
	shapes := map[string]*regexp.Regexp{
		referential.VaccineComirnaty:   regexp.MustCompile(`^[A-Z]{2}\d{4}$`),
		referential.VaccineModerna:     regexp.MustCompile(`^(300\d{4}|0\d\d[A-Z]2\d[A-Z])$`),
		referential.VaccineAstraZeneca: regexp.MustCompile(`^AB[A-Z]\d{4}$`),
		referential.VaccineJanssen:     regexp.MustCompile(`^X[A-Z]\d{3}$`),
	}
	count := map[string]int{}
	seen := map[string]bool{}
	for _, l := range change.Lots {
		if !shapes[l.VaccineCode].MatchString(l.Number) || seen[l.Number] || registry.NormalLot(l.Number) != l.Number {
			t.Errorf("lot %s of %s", l.Number, l.VaccineCode)
		}
		seen[l.Number] = true
		count[l.VaccineCode]++
	}
	for vaccine := range shapes {
		if count[vaccine] != lotsEach {
			t.Errorf("%s has %d lots", vaccine, count[vaccine])
		}
	}
}

func TestEveryPlaceOfTheAccountsHasAnAMNumber(t *testing.T) {
	p, change, _ := invented(t, Options{Persons: 100})
	numbers := map[string]bool{}
	for _, row := range change.PracticePlaces {
		am := row.Place.AMNumber
		if len(am) != 9 || withLuhn(am[:8]) != am {
			t.Errorf("AM number %q", am)
		}
		numbers[row.NationalID+row.Place.PreviousID] = true
	}
	for _, account := range pscsim.Accounts() {
		for _, e := range account.Exercises {
			for _, a := range e.Activities {
				if !numbers[account.NationalID+a.PreviousID] {
					t.Errorf("%s of account %s has no AM number", a.Name, account.Key)
				}
			}
		}
	}
	for _, key := range []string{drMarchand, drLegrand, drBenali, drPayet} {
		if d := p.set.staff.accounts[key]; d.Place.AMNumber == "" {
			t.Errorf("signing in as %s does not find the AM number", key)
		}
	}
	for _, key := range []string{"infirmiere", "dr-sans-lieu", "sans-refpro"} {
		if _, ok := p.set.staff.accounts[key]; ok {
			t.Errorf("%s cannot sign in, and yet records acts", key)
		}
	}
}

func TestInventedDoctorsHaveNumbersOfTheirOwn(t *testing.T) {
	p, _, _ := invented(t, Options{Persons: 100})
	seen := map[string]bool{}
	for _, d := range departments {
		if len(p.set.staff.local[d.code]) == 0 {
			t.Errorf("no doctor in department %s", d.code)
		}
		for _, doctor := range p.set.staff.local[d.code] {
			id := doctor.Practitioner.NationalID
			if seen[id] || len(id) != 12 || !strings.HasPrefix(id, "899700") || withLuhn(id[1:11]) != id[1:] {
				t.Errorf("national identifier %s", id)
			}
			seen[id] = true
		}
	}
}

func TestLuhnIsThatOfKnownNumbers(t *testing.T) {
	for _, number := range []string{"79927398713", "99700810379", "18"} {
		if got := withLuhn(number[:len(number)-1]); got != number {
			t.Errorf("withLuhn gives %s, want %s", got, number)
		}
	}
}

func TestSharesAddUp(t *testing.T) {
	for _, persons := range []int{0, 1, 7, 1000, 999_983} {
		total := 0
		for _, n := range share(persons, populations) {
			if n < 0 {
				t.Fatal("a negative share")
			}
			total += n
		}
		if total != persons {
			t.Errorf("%d persons share out as %d", persons, total)
		}
	}
}

// TestLettersOfTheDemoListPlaces: whoever lives in a town has a centre near, and no letter lists a care home.
func TestLettersOfTheDemoListPlaces(t *testing.T) {
	_, change, _ := invented(t, Options{Persons: 100})
	byID := map[string]registry.VaccinationPlace{}
	for _, p := range change.Places {
		byID[p.ID] = p
		if !p.Point.PlausibleAt(p.PostalCode) {
			t.Errorf("%s is not where its postal code is", p.Label)
		}
	}
	nearby := registry.ChooseNearby(change.Places, change.Points, DefaultToday)
	listed := 0
	for _, l := range change.Points {
		if !l.Point.PlausibleAt(l.PostalCode) {
			t.Errorf("%s %s is not where its postal code is", l.PostalCode, l.Name)
		}
		near := nearby.Near(registry.Locality{PostalCode: l.PostalCode, Name: l.Name})
		if len(near) > 0 {
			listed++
		}
		for _, p := range near {
			if byID[p.ID].Type != referential.PlaceCentre {
				t.Errorf("near %s: %s", l.Name, p.Label)
			}
		}
	}
	if n := len(change.Points); n < 350 || listed < n*8/10 {
		t.Errorf("%d of %d localities have a centre near", listed, n)
	}
}
