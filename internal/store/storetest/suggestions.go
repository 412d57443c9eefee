package storetest

import (
	"fmt"
	"strings"

	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
)

var suggestionTests = group{
	"localities":                      localities,
	"localities of a label":           localitiesNamed,
	"any character may end a text":    anyCharacter,
	"localities are as the rule says": localitiesByTheRule,
	"vaccination places":              places,
	"places that closed":              placesClosed,
	"lots":                            lots,
}

var rankTests = group{
	"the town that was meant is first": localitiesByRank,
	"names come before towns":          placesByRank,
}

// towns are localities that only the import of a test knows, in the order of answers.
func towns() []registry.Locality {
	return []registry.Locality{
		{PostalCode: "01150", Name: "Ambérieu-en-Bugey", CommuneCode: "01004"},
		{PostalCode: "14310", Name: "Écouves", CommuneCode: "14001"},
		{PostalCode: "14310", Name: "L’Haÿ", CommuneCode: "14002"},
		{PostalCode: "14310", Name: "Œuilly", CommuneCode: "14003"},
		{PostalCode: "42100", Name: "Saint-Étienne"},
		{PostalCode: "75001", Name: "Paris 01", CommuneCode: "75101"},
		{PostalCode: "98000", Name: "Monaco"},
	}
}

func (e *env) localitiesFound(text string, want ...string) {
	e.Helper()
	found, err := e.store.Localities(e.ctx, text, 100)
	e.ok(err)
	labels := []string{}
	for _, l := range found {
		labels = append(labels, l.Label())
	}
	e.equal("what «"+text+"» finds", labels, append([]string{}, want...))
}

func localities(e *env) {
	e.importReference(registry.ReferenceChange{Localities: towns()})
	e.localitiesFound("75", "75001 Paris 01", "75011 Paris")
	e.localitiesFound("75011", "75011 Paris")
	e.localitiesFound("75011 Par", "75011 Paris")
	e.localitiesFound("paris", "75001 Paris 01", "75011 Paris")
	e.localitiesFound("PARIS 75011", "75011 Paris")
	e.localitiesFound("paris 75012")
	e.localitiesFound("01", "01150 Ambérieu-en-Bugey", "75001 Paris 01")
	e.localitiesFound("saint", "42000 Saint-Étienne", "42100 Saint-Étienne", "97400 Saint-Denis")
	e.localitiesFound("saint etienne", "42000 Saint-Étienne", "42100 Saint-Étienne")
	e.localitiesFound("  Étienne ", "42000 Saint-Étienne", "42100 Saint-Étienne")
	e.localitiesFound("bugey", "01150 Ambérieu-en-Bugey")
	e.localitiesFound("en-bugey", "01150 Ambérieu-en-Bugey")
	e.localitiesFound("l'hay", "14310 L’Haÿ")
	e.localitiesFound("oeu", "14310 Œuilly")
	e.localitiesFound("14310", "14310 Écouves", "14310 L’Haÿ", "14310 Œuilly")
	e.localitiesFound("aris")
	e.localitiesFound("14310 écouver") // the letter before the last one of a label
	e.localitiesFound("5011")
	e.localitiesFound("%")
	e.localitiesFound("_")

	for limit, want := range map[int]int{-1: 0, 0: 0, 1: 1, 2: 2, 4: 3} {
		found, err := e.store.Localities(e.ctx, "14310", limit)
		e.ok(err)
		e.equal(fmt.Sprintf("how many of at most %d", limit), len(found), want)
		e.equal("the first ones", append([]registry.Locality{}, found...), append([]registry.Locality{}, towns()[1:1+want]...))
	}
}

func localitiesNamed(e *env) {
	e.importReference(registry.ReferenceChange{Localities: towns()})
	for text, want := range map[string][]registry.Locality{
		"42100 SAINT ETIENNE": towns()[4:5], "98000 monaco": towns()[6:7], "75011": nil, "Paris 75011": nil, "": nil, " ": nil,
		"42100 Saint-Étienn": nil,
	} {
		found, err := e.store.LocalitiesNamed(e.ctx, text)
		e.ok(err)
		e.equal("what is named «"+text+"»", found, want)
	}
}

// anyCharacter names localities that end with the characters at the edges of every range of code points,
// beside a neighbour: a search by the whole name finds it and not the neighbour.
func anyCharacter(e *env) {
	edges := []rune{'a', 'z', '~', '\u007f', '\u0080', '\u07ff', '\u0800', '\ud7ff', '\ue000', '\ufffd', '\uffff', '\U00010000', '\U0010ffff'}
	var all []registry.Locality
	for i, r := range edges {
		code := fmt.Sprintf("9%04d", i)
		all = append(all,
			registry.Locality{PostalCode: code, Name: "x" + string(r)},
			registry.Locality{PostalCode: code, Name: "x" + string(r) + string(r) + "y"})
	}
	e.importReference(registry.ReferenceChange{Localities: all})
	for i, r := range edges {
		if r == '\u007f' || r == '\u0080' {
			continue // white space to Fold or to a screen; the search below covers their ranges
		}
		found, err := e.store.Localities(e.ctx, "x"+string(r), 100)
		e.ok(err)
		e.equal(fmt.Sprintf("what %U finds", r), found, all[2*i:2*i+2])
	}
	found, err := e.store.Localities(e.ctx, "x", 100)
	e.ok(err)
	e.equal("how many x finds", len(found), len(all))
}

// localitiesByRank has what people type for a town put that town first, however many others have the
// word in their names and come before it in the order of postal codes.
func localitiesByRank(e *env) {
	e.importReference(registry.ReferenceChange{Localities: []registry.Locality{
		{PostalCode: "04230", Name: "Saint-Étienne-les-Orgues"},
		{PostalCode: "05130", Name: "Barcillonnette-Saint-Étienne"},
		{PostalCode: "10000", Name: "STE SAVINE"},
		{PostalCode: "20000", Name: "Ajaccio", CommuneCode: "2A004"},
		{PostalCode: "20200", Name: "Bastia", CommuneCode: "2B033"},
		{PostalCode: "62520", Name: "Le Touquet-Paris-Plage"},
		{PostalCode: "67000", Name: "Strasbourg"},
		{PostalCode: "70240", Name: "Parisot"},
		{PostalCode: "75002", Name: "Paris 2e arrondissement"},
		{PostalCode: "93200", Name: "Saint-Denis"},
		{PostalCode: "93450", Name: "L’Île-Saint-Denis"},
	}})
	e.localitiesFound("saint-étienne", "42000 Saint-Étienne", "04230 Saint-Étienne-les-Orgues", "05130 Barcillonnette-Saint-Étienne")
	e.localitiesFound("st-etienne", "42000 Saint-Étienne", "04230 Saint-Étienne-les-Orgues", "05130 Barcillonnette-Saint-Étienne")
	e.localitiesFound("Saint-Denis", "93200 Saint-Denis", "97400 Saint-Denis", "93450 L’Île-Saint-Denis")
	e.localitiesFound("saint-den", "93200 Saint-Denis", "97400 Saint-Denis", "93450 L’Île-Saint-Denis")
	e.localitiesFound("l'ile st denis", "93450 L’Île-Saint-Denis")
	e.localitiesFound("paris", "75002 Paris 2e arrondissement", "75011 Paris", "70240 Parisot", "62520 Le Touquet-Paris-Plage")
	e.localitiesFound("st", "67000 Strasbourg")
	e.localitiesFound("ste savine", "10000 STE SAVINE")
	e.localitiesFound("sainte-sav", "10000 STE SAVINE")
	e.localitiesFound("2a", "20000 Ajaccio")
	e.localitiesFound("2B", "20200 Bastia")
	e.localitiesFound("20", "20000 Ajaccio", "20200 Bastia")
	found, err := e.store.Localities(e.ctx, "saint-étienne", 1)
	e.ok(err)
	e.equal("how many of at most one", len(found), 1)
	e.equal("the one", found[0].Label(), "42000 Saint-Étienne")
}

// localitiesByTheRule compares answers with what the sentence of the contract says, computed here.
func localitiesByTheRule(e *env) {
	all := append(registrytest.Localities(), towns()...)
	e.importReference(registry.ReferenceChange{Localities: towns()})
	for _, text := range []string{"", "9", "97", "s", "sa", "de", "et", "p", "pa", "0", "e", "l", "n", "42000 s", "point a p"} {
		want := 0
		for _, l := range all {
			for _, term := range registry.SearchTerms(l.Label(), l.Name+" "+l.PostalCode) {
				if strings.HasPrefix(term, registry.Fold(text)) {
					want++
					break
				}
			}
		}
		found, err := e.store.Localities(e.ctx, text, 100)
		e.ok(err)
		e.equal("how many «"+text+"» finds", len(found), want)
	}
}

func (e *env) placesFound(placeType, text string, want ...registry.VaccinationPlace) {
	e.Helper()
	found, err := e.store.Places(e.ctx, placeType, text, registry.MustDate("2021-02-01"), 100)
	e.ok(err)
	e.equal("what «"+text+"» finds", append([]registry.VaccinationPlace{}, found...), append([]registry.VaccinationPlace{}, want...))
}

func places(e *env) {
	known := registrytest.Places()
	eglise := registry.VaccinationPlace{
		ID: "FINESS:1", Type: registrytest.PlaceEHPAD, Name: "Église Saint-Jean", PostalCode: "42000", Locality: "Saint-Étienne",
		Label: "42000 Saint-Étienne – Église Saint-Jean",
	}
	e.importReference(registry.ReferenceChange{Places: []registry.VaccinationPlace{eglise}})
	ehpad := registrytest.PlaceEHPAD
	e.placesFound(ehpad, "75", known[0])
	e.placesFound(ehpad, "gly", known[0])
	e.placesFound(ehpad, "les glycines", known[0])
	e.placesFound(ehpad, "ehpad", known[1], known[0])
	e.placesFound(ehpad, "saint", eglise, known[1])
	e.placesFound(ehpad, "saint-étienne", eglise, known[1])
	e.placesFound(ehpad, "42000 st")
	e.placesFound(ehpad, "42000 sa", eglise, known[1])
	e.placesFound(ehpad, "saint etienne 42000", eglise, known[1])
	e.placesFound(ehpad, "eglise", eglise)
	e.placesFound(ehpad, "bastille")
	e.placesFound(registrytest.PlaceCentre, "bastille", known[2])
	e.placesFound("", "bastille")
	for _, limit := range []int{-1, 0, 1, 2} {
		found, err := e.store.Places(e.ctx, ehpad, "", registry.MustDate("2021-02-01"), limit)
		e.ok(err)
		e.equal(fmt.Sprintf("how many of at most %d", limit), len(found), max(0, limit))
	}
}

// placesByRank has a place named like the text come before those whose name or town merely has it.
func placesByRank(e *env) {
	place := func(id, postalCode, name, town string) registry.VaccinationPlace {
		return registry.VaccinationPlace{
			ID: id, Type: registrytest.PlaceEHPAD, Name: name, PostalCode: postalCode, Locality: town,
			Label: postalCode + " " + name + ", " + town,
		}
	}
	inTown := place("T:1", "01000", "Les Ormes", "Rosiers-sur-Loire")
	inner := place("T:2", "02000", "Villa des Rosiers", "Laon")
	start := place("T:3", "93000", "Rosiers d’Or", "Bobigny")
	saint := place("T:4", "94000", "EHPAD ST JOSEPH", "STE ANNE")
	e.importReference(registry.ReferenceChange{Places: []registry.VaccinationPlace{inTown, inner, start, saint}})
	e.placesFound(registrytest.PlaceEHPAD, "rosiers", start, inTown, inner)
	e.placesFound(registrytest.PlaceEHPAD, "saint-joseph", saint)
	e.placesFound(registrytest.PlaceEHPAD, "st joseph", saint)
	e.placesFound(registrytest.PlaceEHPAD, "ste-anne", saint)
	e.placesFound(registrytest.PlaceEHPAD, "94", saint)
}

func placesClosed(e *env) {
	p := registrytest.Places()[0]
	p.Closed = registry.MustDate("2021-02-01")
	e.importReference(registry.ReferenceChange{Places: []registry.VaccinationPlace{p}})
	for day, want := range map[string]int{"2021-01-31": 1, "2021-02-01": 1, "2021-02-02": 0} {
		found, err := e.store.Places(e.ctx, p.Type, "glycines", registry.MustDate(day), 10)
		e.ok(err)
		e.equal("how many on "+day, len(found), want)
	}
	p.Closed = registry.Date{}
	e.importReference(registry.ReferenceChange{Places: []registry.VaccinationPlace{p}})
	found, err := e.store.Places(e.ctx, p.Type, "glycines", registry.MustDate("2021-02-02"), 10)
	e.ok(err)
	e.equal("the place open again", found, []registry.VaccinationPlace{p})
}

func lots(e *env) {
	lot := func(number string) registry.Lot {
		return registry.Lot{VaccineCode: registrytest.Comirnaty, Number: number}
	}
	e.importReference(registry.ReferenceChange{Lots: []registry.Lot{lot("EJ7000"), lot("EK1"), lot("042L20A")}})
	for text, want := range map[string][]registry.Lot{
		"":    {lot("042L20A"), lot("EJ6795"), lot("EJ6796"), lot("EJ7000"), lot("EK1")},
		"ej":  {lot("EJ6795"), lot("EJ6796"), lot("EJ7000")},
		"e j": {lot("EJ6795"), lot("EJ6796"), lot("EJ7000")},
		"042": {lot("042L20A")}, "300": nil, "6795": nil,
	} {
		found, err := e.store.Lots(e.ctx, registrytest.Comirnaty, text, 100)
		e.ok(err)
		e.equal("the lots of «"+text+"»", found, want)
	}
	for limit, want := range map[int]int{-1: 0, 0: 0, 2: 2, 9: 5} {
		found, err := e.store.Lots(e.ctx, registrytest.Comirnaty, "", limit)
		e.ok(err)
		e.equal(fmt.Sprintf("how many of at most %d", limit), len(found), want)
	}
}
