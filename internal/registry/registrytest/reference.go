package registrytest

import "vaccin/internal/registry"

// The codes of the reference data that tests name.
const (
	Comirnaty   = "COMIRNATY"
	Moderna     = "MODERNA"
	AstraZeneca = "ASTRAZENECA"
	Janssen     = "JANSSEN" // a single dose

	RightDeltoid = "16217661000119109"

	PlaceEHPAD    = "EHPAD"    // its establishments are listed
	PlaceCentre   = "CENTRE"   // its establishments are listed
	PlacePractice = "CABINET"  // the practitioner's own: name and locality are typed
	PlaceHome     = "DOMICILE" // name and locality are typed

	ActivityHospital = "ETABLISSEMENT-SANTE"

	// KnownLot is in the lots of Comirnaty, ModernaLot in those of Moderna.
	KnownLot   = "EJ6795"
	ModernaLot = "3000493"

	// ProfessionNurse is a profession to which Reference does not open the service.
	ProfessionNurse = "60"
)

// Reference returns a small complete reference: the four vaccines, their dated schedules, injection
// sites, the twelve place types, the four activities, and the service open to doctors.
func Reference() registry.Reference {
	return registry.Reference{
		Vaccines:   vaccines(),
		Schedules:  schedules(),
		Sites:      sites(),
		PlaceTypes: placeTypes(),
		Activities: []registry.Activity{
			{Code: ActivityHospital, Label: "Professionnel de santé travaillant au sein d’un établissement de santé public ou privé"},
			{Code: "MEDICO-SOCIAL", Label: "Professionnel de santé travaillant au sein d’un établissement médico-social (EHPAD, …)"},
			{Code: "AMBULATOIRE", Label: "Professionnel de santé travaillant en ambulatoire"},
			{Code: "AUTRE", Label: "Autre (étudiants, professionnels de prévention)"},
		},
		Openings: []registry.ProfessionOpening{{Profession: registry.ProfessionDoctor, From: registry.MustDate("2021-01-04")}},
	}
}

func vaccines() []registry.Vaccine {
	named := func(first, renamed, on string, from registry.Date) []registry.DatedName {
		names := []registry.DatedName{{From: from, Name: first}}
		if renamed != "" {
			names = append(names, registry.DatedName{From: registry.MustDate(on), Name: renamed})
		}
		return names
	}
	authorised := registry.MustDate
	return []registry.Vaccine{
		{
			Code: Comirnaty, Names: named("Comirnaty (Pfizer-BioNTech)", "", "", authorised("2020-12-21")),
			Holder: "BioNTech", EUProduct: "EU/1/20/1528", VACSICode: 1, AuthorisedOn: authorised("2020-12-21"), Doses: 2, MinimumAge: 16,
		},
		{
			Code: Moderna, Names: named("COVID-19 Vaccine Moderna", "Spikevax", "2021-06-22", authorised("2021-01-06")),
			Holder: "Moderna", EUProduct: "EU/1/20/1507", VACSICode: 2, AuthorisedOn: authorised("2021-01-06"), Doses: 2, MinimumAge: 18,
		},
		{
			Code: AstraZeneca, Names: named("COVID-19 Vaccine AstraZeneca", "Vaxzevria", "2021-03-25", authorised("2021-01-29")),
			Holder: "AstraZeneca", EUProduct: "EU/1/21/1529", VACSICode: 3, AuthorisedOn: authorised("2021-01-29"), Doses: 2, MinimumAge: 18,
		},
		{
			Code: Janssen, Names: named("COVID-19 Vaccine Janssen", "", "", authorised("2021-03-11")),
			Holder: "Janssen", EUProduct: "EU/1/20/1525", VACSICode: 4, AuthorisedOn: authorised("2021-03-11"), Doses: 1, MinimumAge: 18,
		},
	}
}

// schedules follow what was recommended in France in 2021. The schedule of June covers first doses
// given before it, so that tests meet that case.
func schedules() []registry.Schedule {
	messenger := func(vaccine string, minimum, recommended int, from, until string) registry.Schedule {
		s := registry.Schedule{
			VaccineCode: vaccine, From: registry.MustDate(from), Minimum: minimum, Recommended: recommended, Maximum: 49,
		}
		if until != "" {
			s.Until = registry.MustDate(until)
		}
		return s
	}
	june := func(vaccine string) registry.Schedule {
		s := messenger(vaccine, 21, 21, "2021-06-01", "")
		s.CoversEarlier = true
		return s
	}
	return []registry.Schedule{
		messenger(Comirnaty, 21, 21, "2020-12-21", "2021-01-24"),
		messenger(Comirnaty, 21, 28, "2021-01-25", "2021-04-13"),
		messenger(Comirnaty, 21, 42, "2021-04-14", "2021-05-31"),
		june(Comirnaty),
		messenger(Moderna, 28, 28, "2021-01-06", "2021-04-13"),
		messenger(Moderna, 28, 42, "2021-04-14", "2021-05-31"),
		june(Moderna),
		{VaccineCode: AstraZeneca, From: registry.MustDate("2021-01-29"), Minimum: 63, Recommended: 63, Maximum: 84},
	}
}

func sites() []registry.InjectionSite {
	return []registry.InjectionSite{
		{Code: RightDeltoid, Label: "deltoïde droit"},
		{Code: "16217701000119102", Label: "deltoïde gauche"},
		{Code: "91774008", Label: "épaule droite"},
		{Code: "91775009", Label: "épaule gauche"},
		{Code: "64262003", Label: "avant-bras droit"},
		{Code: "66480008", Label: "avant-bras gauche"},
		{Code: "11207009", Label: "cuisse droite"},
		{Code: "61396006", Label: "cuisse gauche"},
		{Code: "723980000", Label: "fesse droite"},
		{Code: "723979003", Label: "fesse gauche"},
	}
}

func placeTypes() []registry.PlaceType {
	return []registry.PlaceType{
		{Code: PlaceEHPAD, Label: "EHPAD", Listed: true},
		{Code: PlaceCentre, Label: "Centre de vaccination", Listed: true},
		{Code: "USLD", Label: "USLD", Listed: true},
		{Code: "AUTONOMIE", Label: "Résidence autonomie", Listed: true},
		{Code: "SENIOR", Label: "Résidence service senior", Listed: true},
		{Code: "MAS-FAM", Label: "Maison d’accueil spécialisée ou foyer d’accueil médicalisé", Listed: true},
		{Code: "MEDICO-SOCIAL", Label: "Dans un autre établissement médico-social", Listed: true},
		{Code: "SANTE", Label: "Dans un autre établissement de santé", Listed: true},
		{Code: PlacePractice, Label: "Au cabinet ou dans la structure d’exercice", Practice: true},
		{Code: PlaceHome, Label: "Au domicile du patient"},
		{Code: "FOYER", Label: "Foyer migrant"},
		{Code: "AUTRE", Label: "Autre"},
	}
}

// Localities are those that a Memory knows: one label each, in several time zones.
func Localities() []registry.Locality {
	return []registry.Locality{
		{PostalCode: "75011", Name: "Paris", CommuneCode: "75111"},
		{PostalCode: "42000", Name: "Saint-Étienne", CommuneCode: "42218"},
		{PostalCode: "97400", Name: "Saint-Denis", CommuneCode: "97411"},
		{PostalCode: "97110", Name: "Pointe-à-Pitre", CommuneCode: "97120"},
		{PostalCode: "98714", Name: "Papeete", CommuneCode: "98735"},
		{PostalCode: "98800", Name: "Nouméa", CommuneCode: "98818"},
	}
}

// Places are the establishments that a Memory knows.
func Places() []registry.VaccinationPlace {
	place := func(id, kind, name, postalCode, town string) registry.VaccinationPlace {
		return registry.VaccinationPlace{
			ID: id, Type: kind, Name: name, Address: "1 rue de la Paix", PostalCode: postalCode, Locality: town,
			Label: postalCode + " " + town + " – " + name,
		}
	}
	return []registry.VaccinationPlace{
		place("FINESS:750000001", PlaceEHPAD, "EHPAD Les Glycines", "75011", "Paris"),
		place("FINESS:420000002", PlaceEHPAD, "EHPAD Le Parc", "42000", "Saint-Étienne"),
		place("DATAGOUV:981", PlaceCentre, "Centre de la Bastille", "75011", "Paris"),
		place("DATAGOUV:988", PlaceCentre, "Centre de Nouméa", "98800", "Nouméa"),
	}
}

// Lots are those that a Memory knows.
func Lots() []registry.Lot {
	return []registry.Lot{
		{VaccineCode: Comirnaty, Number: KnownLot},
		{VaccineCode: Comirnaty, Number: "EJ6796"},
		{VaccineCode: Moderna, Number: ModernaLot},
		{VaccineCode: AstraZeneca, Number: "ABV2856"},
		{VaccineCode: Janssen, Number: "XD955"},
	}
}
