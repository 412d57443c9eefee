package registry_test

import (
	"testing"

	"vaccin/internal/registry"
	rt "vaccin/internal/registry/registrytest"
)

func TestNamesAndLabelsAsShown(t *testing.T) {
	woman := rt.Patient(1).Identity
	man := registry.Identity{BirthName: "Müller", UsedName: "O’Brien", GivenNames: "Jean-Luc", Sex: registry.Male}
	same := registry.Identity{BirthName: "SAINT ETIENNE", UsedName: "Saint-Étienne", GivenNames: "Léa", Sex: registry.Female}
	doctor, unknown := rt.Doctor("d’Artagnan"), registry.Practitioner{FamilyName: "Petit", GivenName: "Anne"}
	for _, tt := range []struct{ name, got, want string }{
		{"a married woman", woman.FullName(), "DURAND (née LEFÈVRE) Jeanne B"},
		{"a man of another used name", man.NameLabel(), "O’BRIEN (né MÜLLER)"},
		{"names that fold alike are one", same.FullName(), "SAINT-ÉTIENNE Léa"},
		{"a doctor", doctor.Practitioner.DisplayName(), "Dr Camille D’ARTAGNAN"},
		{"a practitioner without civility", unknown.DisplayName(), "Anne PETIT"},
		{"a number that is not known", unknown.Number(), ""},
		{"a place with its town", doctor.Place.Label(), "Cabinet d’Artagnan (75011 Paris)"},
		{"a place without town", registry.PracticePlace{Name: "Cabinet"}.Label(), "Cabinet"},
		{"a locality", rt.Localities()[1].Label(), "42000 Saint-Étienne"},
		{"a woman", registry.Female.Label(), "Féminin"},
		{"a man", registry.Male.Label(), "Masculin"},
		{"no sex", registry.Sex("").Label(), ""},
		{"the first tab", registry.StepEligibility.Label(), "Éligibilité Vaccination"},
		{"the second tab", registry.StepFirstDose.Label(), "1ère Vaccination"},
		{"the third tab", registry.StepSecondDose.Label(), "2ème Vaccination"},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, tt.got, tt.want)
		}
	}
	if !(registry.Locality{}).IsZero() || rt.Localities()[0].IsZero() {
		t.Error("a locality is taken for none, or none for one")
	}
}

// At the practice, what is left empty is the place of practice of who validates; elsewhere it is not.
func TestThePracticeFillsWhatIsLeftEmpty(t *testing.T) {
	d := firstDosing(t)
	req := rt.DoseRequest()
	req.PlaceType, req.Place = rt.PlacePractice, ""
	got, _, err := d.decide(req)
	want := registry.Location{Type: rt.PlacePractice, Name: "Cabinet Martin", Locality: registry.Locality{PostalCode: "75011", Name: "Paris"}}
	if err != nil || got.Location != want {
		t.Errorf("error %v, location %+v", err, got.Location)
	}
	req.PlaceName, req.PlaceLocality = "Cabinet secondaire", "42000 Saint-Étienne"
	got, _, err = d.decide(req)
	want.Name, want.Locality = "Cabinet secondaire", rt.Localities()[1]
	if err != nil || got.Location != want {
		t.Errorf("typed: error %v, location %+v", err, got.Location)
	}
	d.by.Place.PostalCode = ""
	req.PlaceLocality = ""
	_, _, err = d.decide(req)
	if said := sentences(t, err, registry.KindInvalid); said[registry.FieldPlaceLocality] == "" || len(said) != 1 {
		t.Errorf("a place of practice without locality: %v", said)
	}
	req.PlaceType, req.PlaceName = rt.PlaceHome, ""
	_, _, err = d.decide(req)
	if said := sentences(t, err, registry.KindInvalid); len(said) != 2 {
		t.Errorf("at home: %v", said)
	}
}

// The AM number is what the form says at the practice, also nothing; elsewhere it does not count, whatever it
// is. The session never fills it, of an author nor of support.
func TestTheAMNumberCountsAtThePractice(t *testing.T) {
	for _, tt := range []struct{ placeType, typed, want string }{
		{rt.PlacePractice, "75 123 456 8", "751234568"},
		{rt.PlacePractice, "", ""},
		{rt.PlacePractice, " \u00a0 ", ""},
		{rt.PlaceHome, "751234568", ""},
		{rt.PlaceHome, "not a number", ""},
		{rt.PlaceEHPAD, "751234560", ""},
	} {
		d := firstDosing(t)
		req := rt.DoseRequest()
		if d.by.Place.AMNumber == "" {
			t.Fatal("the practitioner has no AM number")
		}
		if tt.placeType != rt.PlaceEHPAD {
			typedPlace(&req)
		}
		req.PlaceType, req.AMNumber = tt.placeType, tt.typed
		if got, _, err := d.decide(req); err != nil || got.AMNumber != tt.want {
			t.Errorf("%s, %q: error %v, number %q", tt.placeType, tt.typed, err, got.AMNumber)
		}
	}
}

// TestEveryRecordedPlaceCanBeSentAgain opens a dose whose place no list has, as the form of its
// modification shows it, and sends it unchanged.
func TestEveryRecordedPlaceCanBeSentAgain(t *testing.T) {
	doctor := rt.Doctor("Martin")
	doctor.Place.PostalCode, doctor.Place.Locality = "69003", "LYON CEDEX 03"
	practice := rt.DoseRequest()
	for _, kind := range rt.Reference().PlaceTypes {
		if kind.Practice {
			practice.PlaceType = kind.Code
		}
	}
	practice.Place, practice.PlaceName, practice.PlaceLocality = "", "", ""
	for name, first := range map[string]registry.DoseRequest{"of the list": rt.DoseRequest(), "the practice": practice} {
		t.Run(name, func(t *testing.T) {
			facts := registry.DoseFacts{Reference: rt.Reference(), Now: rt.NewClock().Now()}
			facts.LotVaccines = []string{first.Vaccine}
			for _, p := range rt.Places() {
				if registry.Fold(p.Label) == registry.Fold(first.Place) {
					facts.Places = append(facts.Places, p)
				}
			}
			dose, _, err := registry.DecideDose(registry.StepFirstDose, first, facts, doctor)
			if err != nil {
				t.Fatal(err)
			}
			facts.Record.FirstDoses = []registry.Entry[registry.Dose]{{Sequence: 1, Versions: []registry.Version[registry.Dose]{{Number: 1, Content: dose}}}}
			facts.Places, facts.Localities = nil, nil // the lists have changed since
			again := first
			again.Place, again.PlaceName, again.PlaceLocality = dose.Location.PlaceLabel, dose.Location.Name, dose.Location.Locality.Label()
			same, _, err := registry.DecideDose(registry.StepFirstDose, again, facts, doctor)
			if err != nil || same != dose {
				t.Errorf("error %v, %+v instead of %+v", err, same, dose)
			}
		})
	}
}
