package registry_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"vaccin/internal/registry"
)

// centre is a vaccination centre that receives everybody, so many metres north of Saint-Étienne.
func centre(id, name string, metres float64) registry.VaccinationPlace {
	return registry.VaccinationPlace{
		ID: id, Type: registry.PlaceTypeCentre, Name: name, Address: "1 place Neuve", PostalCode: "42000", Locality: "Saint-Étienne",
		Public: true, Point: north(metres),
	}
}

// elsewhere is a place under a postal code of which no point is known.
func elsewhere(p registry.VaccinationPlace) registry.VaccinationPlace {
	p.PostalCode = "43000"
	return p
}

// north is so many metres north of Saint-Étienne.
func north(metres float64) registry.Point { return registry.PointOf(45.43+metres/111_195, 4.39) }

var (
	stEtienne = registry.LocalityPoint{PostalCode: "42000", Name: "Saint-Étienne", Point: north(0)}
	thatDay   = registry.MustDate("2021-01-18")
)

// ids are the places near a locality.
func ids(n registry.Nearby, postalCode, name string) (all []string) {
	for _, p := range n.Near(registry.Locality{PostalCode: postalCode, Name: name}) {
		all = append(all, p.ID)
	}
	return all
}

func TestTheNearestPlacesAreListed(t *testing.T) {
	places := []registry.VaccinationPlace{centre("e", "E", 49_900), centre("d", "D", 3_000), centre("c", "C", -2_000), centre("b", "B", 1_000), centre("a", "A", 1_000)}
	for _, c := range []struct {
		what   string
		places []registry.VaccinationPlace
		want   []string
	}{
		{"the nearest first, of two as far the smaller identifier", places, []string{"a", "b", "c"}},
		{"all that there are within 50 km", places[:2], []string{"d", "e"}},
		{"none beyond", []registry.VaccinationPlace{elsewhere(centre("f", "F", 50_100))}, nil},
		{"further away in a large commune", []registry.VaccinationPlace{centre("f", "F", 74_900)}, []string{"f"}},
		{"too far from its own postal code", []registry.VaccinationPlace{centre("f", "F", 75_100)}, nil},
		{"none", nil, nil},
		{"two that read alike once, the nearer", []registry.VaccinationPlace{centre("a", "Salle des Fêtes", 10), centre("b", "SALLE DES FETES", 5)}, []string{"b"}},
		{"two that read alike in one place once, the first", []registry.VaccinationPlace{centre("b", "Gymnase", 5), centre("a", "Gymnase", 5)}, []string{"a"}},
	} {
		if got := ids(registry.ChooseNearby(c.places, []registry.LocalityPoint{stEtienne}, thatDay), "42000", "Saint-Étienne"); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.what, got, c.want)
		}
	}
}

func TestOnlyPlacesThatReceiveThePersonAreListed(t *testing.T) {
	for what, c := range map[string]struct {
		change func(p *registry.VaccinationPlace)
		want   bool
	}{
		"as it is":                 {func(*registry.VaccinationPlace) {}, true},
		"kept for professionals":   {func(p *registry.VaccinationPlace) { p.Public = false }, false},
		"a care home":              {func(p *registry.VaccinationPlace) { p.Type = "EHPAD" }, false},
		"opens that day":           {func(p *registry.VaccinationPlace) { p.Opens = thatDay }, true},
		"opens the day after":      {func(p *registry.VaccinationPlace) { p.Opens = thatDay.AddDays(1) }, false},
		"closes that evening":      {func(p *registry.VaccinationPlace) { p.Closed = thatDay }, true},
		"closed the day before":    {func(p *registry.VaccinationPlace) { p.Closed = thatDay.AddDays(-1) }, false},
		"where it is is not known": {func(p *registry.VaccinationPlace) { p.Point = registry.Point{} }, false},
		"its coordinates are swapped": {func(p *registry.VaccinationPlace) {
			p.Point.Latitude, p.Point.Longitude = p.Point.Longitude, p.Point.Latitude
		}, false},
		"far from its own address": {func(p *registry.VaccinationPlace) { p.PostalCode = "75011" }, false},
		"without a name":           {func(p *registry.VaccinationPlace) { p.Name = " " }, false},
		"with a long name":         {func(p *registry.VaccinationPlace) { p.Name = strings.Repeat("é", registry.LetterPlaceMost) }, true},
		"with too long a name":     {func(p *registry.VaccinationPlace) { p.Name = strings.Repeat("é", registry.LetterPlaceMost+1) }, false},
		"with too long an address": {func(p *registry.VaccinationPlace) { p.Address = strings.Repeat("é", registry.LetterPlaceMost) }, false},
	} {
		p := centre("a", "A", 100)
		c.change(&p)
		paris := registry.LocalityPoint{PostalCode: "75011", Name: "Paris", Point: registry.PointOf(48.86, 2.38)}
		if got := ids(registry.ChooseNearby([]registry.VaccinationPlace{p}, []registry.LocalityPoint{stEtienne, paris}, thatDay), "42000", "Saint-Étienne"); (len(got) == 1) != c.want {
			t.Errorf("%s: %v", what, got)
		}
	}
}

func TestNobodyIsSentAcrossTheSea(t *testing.T) {
	at := func(id, postalCode, town string, latitude, longitude float64) registry.VaccinationPlace {
		p := centre(id, id, 0)
		p.PostalCode, p.Locality, p.Point = postalCode, town, registry.PointOf(latitude, longitude)
		return p
	}
	places := []registry.VaccinationPlace{
		at("Quiberon", "56170", "Quiberon", 47.484, -3.12), at("Palais", "56360", "Le Palais", 47.347, -3.155), at("Basse-Terre", "97100", "Basse-Terre", 16.0047, -61.7298),
		at("Granville", "50400", "Granville", 48.828, -1.569), at("Hyères", "83400", "HYERES", 43.1185, 6.1315), at("Saint-Vaast", "50550", "Saint-Vaast-la-Hougue", 49.59, -1.266),
		at("Bastia", "20200", "Bastia", 42.7, 9.45), at("Papeete", "98714", "Papeete", -17.54, -149.57),
	}
	localities := []registry.LocalityPoint{
		{"56360", "Sauzon", registry.PointOf(47.37, -3.21)},
		{"56170", "Quiberon", registry.PointOf(47.488, -3.12)},
		{"56170", "Hoëdic", registry.PointOf(47.339, -2.87)},
		{"83400", "Hyères", registry.PointOf(43.101871, 6.188985)}, // as La Poste has it, hamlets have the point of their commune
		{"83400", "Giens", registry.PointOf(43.101871, 6.188985)},
		{"83400", "Porquerolles", registry.PointOf(43.101871, 6.188985)},
		{"83400", "Port Cros", registry.PointOf(43.101871, 6.188985)},
		{"83400", "Ile de Port Cros", registry.PointOf(43.101871, 6.188985)},
		{"83400", "Ile du Levant", registry.PointOf(43.101871, 6.188985)},
		{"50400", "Granville", registry.PointOf(48.832708, -1.566709)},
		{"50400", "Iles Chausey", registry.PointOf(48.832708, -1.566709)},
		{"50550", "Saint-Vaast-la-Hougue", registry.PointOf(49.599351, -1.273069)},
		{"50550", "Ile Tatihou", registry.PointOf(49.599351, -1.273069)},
		{"97137", "Terre-de-Haut", registry.PointOf(15.865, -61.58)},
		{"97114", "Trois-Rivières", registry.PointOf(15.976, -61.645)},
		{"06500", "Menton", registry.PointOf(43.77, 7.5)},
		{"98714", "Papeete", registry.PointOf(-17.54, -149.56)},
		{"98729", "Paopao", registry.PointOf(-17.5, -149.82)},
	}
	n := registry.ChooseNearby(places, localities, thatDay)
	for _, c := range []struct{ postalCode, name, want string }{
		{"56360", "Sauzon", "Palais"},
		{"56170", "Quiberon", "Quiberon"},
		{"56170", "HOEDIC", ""},
		{"56170", "ILE DE HOEDIC", ""}, // no locality of the list: the postal code alone tells of no shore
		{"56170", "", ""},
		{"83400", "Hyères", "Hyères"},
		{"83400", "GIENS", "Hyères"},
		{"83400", "PORQUEROLLES", ""},
		{"83400", "Île de Porquerolles", ""},
		{"83400", "Port-Cros", ""},
		{"83400", "ILE DE PORT CROS", ""},
		{"83400", "Île du Levant", ""},
		{"83400", "Le Grand Avis", ""},
		{"83400", "", ""},
		{"50400", "GRANVILLE", "Granville"},
		{"50400", "Îles Chausey", ""},
		{"50550", "SAINT VAAST LA HOUGUE", "Saint-Vaast"},
		{"50550", "ILE TATIHOU", ""},
		{"97137", "Terre-de-Haut", ""},
		{"97114", "Trois-Rivières", "Basse-Terre"},
		{"06500", "Menton", ""},
		{"98714", "Papeete", "Papeete"},
		{"98729", "Paopao", ""},
	} {
		if got := strings.Join(ids(n, c.postalCode, c.name), " "); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// Who lives in a locality that is known is near what it is near; anybody else of the postal code, near the middle of its localities.
func TestThePointOfAPersonIsThatOfTheirLocalityOrOfTheirPostalCode(t *testing.T) {
	places := []registry.VaccinationPlace{centre("0", "A", 0), centre("1", "B", 10_500), centre("2", "C", 20_000), centre("3", "D", 30_000), centre("4", "E", 40_000)}
	localities := []registry.LocalityPoint{{"42100", "Saint-Jean", north(0)}, {"42100", "Sainte-Marie", north(40_000)}, {"42100", "Sans-Lieu", registry.Point{}}, {"42110", "Autre", registry.Point{}}}
	n := registry.ChooseNearby(places, localities, thatDay)
	for name, want := range map[string]string{
		"Saint-Jean": "0 1 2", "ST JEAN": "0 1 2", "Sainte-Marie": "4 3 2", "Sans-Lieu": "2 1 3", "Inconnue": "2 1 3", "": "2 1 3",
	} {
		if got := strings.Join(ids(n, "42100", name), " "); got != want {
			t.Errorf("%q: %s, want %s", name, got, want)
		}
	}
	for _, code := range []string{"42110", "42120", ""} {
		if got := ids(n, code, "Autre"); got != nil {
			t.Errorf("%q: %v", code, got)
		}
	}
}

// Whatever the order in which the database has them, and whatever else is there, the same is kept to the byte.
func TestTheChoiceHoldsAgainstABareOne(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		// All places are north of all localities: only those that stand together are as far.
		var places []registry.VaccinationPlace
		for i := range rapid.IntRange(0, 12).Draw(rt, "places") {
			p := centre(fmt.Sprint("p", i), fmt.Sprint("name ", rapid.IntRange(0, 8).Draw(rt, "name")), 1001*float64(rapid.IntRange(0, 60).Draw(rt, "at")))
			p.Public = rapid.IntRange(0, 4).Draw(rt, "public") > 0
			places = append(places, elsewhere(p))
		}
		localities := []registry.LocalityPoint{stEtienne, {"42230", "Roche-la-Molière", north(-1001 * float64(rapid.IntRange(0, 20).Draw(rt, "roche")))}, {"42000", "Rochetaillée", north(-1001 * float64(rapid.IntRange(0, 20).Draw(rt, "other")))}}
		n := registry.ChooseNearby(places, localities, thatDay)
		text, err := n.Text()
		if err != nil {
			rt.Fatal(err)
		}
		rand.Shuffle(len(places), func(i, j int) { places[i], places[j] = places[j], places[i] })
		rand.Shuffle(len(localities), func(i, j int) { localities[i], localities[j] = localities[j], localities[i] })
		if again, _ := registry.ChooseNearby(places, localities, thatDay).Text(); again != text {
			rt.Fatalf("in another order it is\n%s\nand not\n%s", again, text)
		}
		for _, l := range localities {
			if got, want := ids(n, l.PostalCode, l.Name), bareNearest(places, l.Point); !slices.Equal(got, want) {
				rt.Fatalf("%s: %v, want %v", l.Name, got, want)
			}
		}
	})
}

// bareNearest does it by sorting all, in degrees of latitude, for all is on one meridian.
func bareNearest(places []registry.VaccinationPlace, from registry.Point) (all []string) {
	away := func(p registry.VaccinationPlace) int32 {
		return max(p.Point.Latitude-from.Latitude, from.Latitude-p.Point.Latitude)
	}
	places = slices.Clone(places)
	slices.SortFunc(places, func(a, b registry.VaccinationPlace) int {
		if d := int(away(a)-away(b)) / 100; d != 0 { // some metres: a point is rounded twice
			return d
		}
		return strings.Compare(a.ID, b.ID)
	})
	seen := map[string]bool{}
	for _, p := range places {
		if p.Public && away(p) <= 449_660 && !seen[p.Name] && len(all) < registry.MaxNearby {
			all, seen[p.Name] = append(all, p.ID), true
		}
	}
	return all
}
