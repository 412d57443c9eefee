package demo

import (
	"fmt"
	"strings"

	"vaccin/internal/referential"
	"vaccin/internal/registry"
)

// establishment is an invented vaccination place.
type establishment struct {
	registry.VaccinationPlace
	department string
	locality   registry.Locality
}

// The vaccination places of a country beside one centre and one care home for each department.
const furtherPlaces = 100

// furtherTypes is what kinds these are, in turn.
var furtherTypes = []string{
	referential.PlaceUSLD, referential.PlaceOtherHealth, referential.PlaceCentre, referential.PlaceResidenceAutonomy,
	referential.PlaceEHPAD, referential.PlaceMASFAM, referential.PlaceOtherMedicoSocial, referential.PlaceCentre,
	referential.PlaceResidenceService, referential.PlaceEHPAD,
}

// placeNames are the names of each kind; %s stands for one of the list after it.
var placeNames = map[string]struct {
	shape string
	names []string
}{
	referential.PlaceEHPAD:             {"EHPAD %s", flowers},
	referential.PlaceCentre:            {"Centre de vaccination – %s", halls},
	referential.PlaceUSLD:              {"USLD %s", saints},
	referential.PlaceResidenceAutonomy: {"Résidence autonomie %s", flowers},
	referential.PlaceResidenceService:  {"Résidence services %s", mansions},
	referential.PlaceMASFAM:            {"Maison d’accueil spécialisée %s", mansions},
	referential.PlaceOtherMedicoSocial: {"Foyer de vie %s", mansions},
	referential.PlaceOtherHealth:       {"Centre hospitalier %s", saints},
}

var (
	flowers = strings.Split("Les Mimosas|Les Jonquilles|Les Capucines|La Roseraie|Les Bleuets|Les Iris|Les Hortensias|"+
		"Les Primevères|Les Lavandes|Les Camélias|Le Clos fleuri|Les Marguerites|Les Coquelicots|Les Pervenches", "|")
	halls = strings.Split("Salle des fêtes|Gymnase municipal|Espace culturel|Maison des associations|Palais des sports|"+
		"Halle aux grains|Centre de congrès|Salle polyvalente", "|")
	saints   = strings.Split("Saint-Roch|Sainte-Anne|du Val fleuri|des Deux-Rives|Saint-Côme|de la Colline|des Trois-Ponts|Bellevue", "|")
	mansions = strings.Split("Le Verger|Les Grands Chênes|La Source|Les Quatre-Vents|Le Clos Saint-Jean|Les Alizés|"+
		"Le Belvédère|La Passerelle|Les Cèdres", "|")
)

// inventPlaces makes the vaccination places: the simulator's care home first, then those of each
// department, the more the larger it is.
func inventPlaces(c chance, g *gazetteer) ([]establishment, error) {
	glycines, err := g.at("93", "93200", "Saint-Denis")
	if err != nil {
		return nil, err
	}
	v := villager{chance: c, gazetteer: g, taken: map[string]bool{}}
	v.add("FINESS:93B000017", referential.PlaceEHPAD, "EHPAD Les Glycines", "12 avenue des Glycines", "93", glycines)
	kind := 0
	for i, further := range share(furtherPlaces, populations) {
		department := departments[i].code
		v.invent(department, 0, referential.PlaceCentre)
		v.invent(department, 1, referential.PlaceEHPAD)
		for rank := range further {
			v.invent(department, rank+2, furtherTypes[kind%len(furtherTypes)])
			kind++
		}
	}
	return v.places, nil
}

// villager invents places and sees that no two have the same label.
type villager struct {
	chance
	gazetteer *gazetteer
	taken     map[string]bool
	places    []establishment
}

// invent adds a place of a kind in the town of that rank, again from the first when there are fewer.
func (v *villager) invent(department string, rank int, kind string) {
	town := v.gazetteer.towns[department]
	names := placeNames[kind]
	for {
		name := fmt.Sprintf(names.shape, pick(v.chance, names.names))
		id := fmt.Sprintf("DEMO:%s-%04d", department, len(v.places))
		if v.add(id, kind, name, v.address(), department, town[rank%len(town)]) {
			return
		}
	}
}

func (v *villager) add(id, kind, name, address, department string, at registry.Locality) bool {
	label := fmt.Sprintf("%s %s, %s, %s", at.PostalCode, name, address, at.Name)
	key := kind + "|" + registry.Fold(label)
	if v.taken[key] {
		return false
	}
	v.taken[key] = true
	v.places = append(v.places, establishment{department: department, locality: at, VaccinationPlace: registry.VaccinationPlace{
		ID: id, Type: kind, Name: name, Address: address, PostalCode: at.PostalCode, Locality: at.Name, Label: label,
		Public: kind == referential.PlaceCentre, Point: v.gazetteer.in(at, id),
	}})
	return true
}

// lotShapes are the ways lot numbers of each vaccine look: A stands for a capital, 9 for a digit.
var lotShapes = map[string][]string{
	referential.VaccineComirnaty:   {"EA9999", "EA9999", "FA9999"},
	referential.VaccineModerna:     {"3009999", "3009999", "099L29A"},
	referential.VaccineAstraZeneca: {"ABV9999", "ABV9999", "ABW9999"},
	referential.VaccineJanssen:     {"XD999", "XE999"},
}

// lotsEach is how many lots each vaccine has.
const lotsEach = 15

// inventLots makes the lots of each vaccine.
func inventLots(c chance, vaccines []registry.Vaccine) []registry.Lot {
	lots, taken := []registry.Lot{}, map[string]bool{}
	for _, v := range vaccines {
		shapes := lotShapes[v.Code]
		for made := 0; made < lotsEach && len(shapes) > 0; {
			number := c.lot(shapes[made%len(shapes)])
			if !taken[number] {
				taken[number] = true
				lots = append(lots, registry.Lot{VaccineCode: v.Code, Number: number})
				made++
			}
		}
	}
	return lots
}

// lot fills a shape in. The letters that start a shape are kept, all but an A after the first.
func (c chance) lot(shape string) string {
	const letters = "JKLMNPRTWXY"
	text := []byte(shape)
	for i := range text {
		switch {
		case text[i] == '9':
			text[i] = byte('0' + c.IntN(10))
		case text[i] == 'A' && i > 0:
			text[i] = letters[c.IntN(len(letters))]
		}
	}
	return string(text)
}
