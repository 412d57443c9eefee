package web

import (
	"net/http"
	"net/url"
	"strings"

	"vaccin/internal/referential"
	"vaccin/internal/registry"
	"vaccin/internal/web/ui"
)

// What passes from one patient to the next (DOS-9): vaccine, lot, place and date of the last dose
// recorded, as they stand: corrected, they pass as corrected, and annulled, they do not. Patient and
// injection site never do.

const carryKey = "carry"

type carry struct {
	Vaccine, Lot, Occurrence                                string
	PlaceType, PlaceAbsent, Place, PlaceName, PlaceLocality string
	ShownPlace                                              string // what it all comes to, in words
}

func (c carry) isZero() bool { return c == carry{} }

func (s *Server) carried(r *http.Request) (carry, error) {
	var c carry
	_, err := s.Auth.Get(r.Context(), carryKey, &c)
	return c, err
}

// lastDoseCookie names the dose that the carry is taken from. It is apart from the carry, which from one patient
// to the next is mostly the same, and then costs no write of the session.
const lastDoseCookie = "vaccin_last_dose"

func doseName(id registry.RecordID, step registry.Step) string { return string(id) + "." + slugs[step] }

// isLastDose tells whether a dose is the one that the carry is taken from.
func (s *Server) isLastDose(r *http.Request, id registry.RecordID, step registry.Step) bool {
	cookie, err := r.Cookie(s.Auth.Cookie(lastDoseCookie, "", 0).Name)
	return err == nil && cookie.Value == doseName(id, step)
}

// carryOn keeps what stands of a dose that was just recorded, or, when it is the one kept, modified.
func (s *Server) carryOn(w http.ResponseWriter, r *http.Request, done registry.Done, step registry.Step, req registry.DoseRequest, rectify bool) error {
	entry, ok := done.Record.Dose(step)
	if !ok || done.Already {
		return nil
	}
	c := carryFrom(req, entry.Current().Content, entry.Author().Place)
	if rectify {
		before, err := s.carried(r)
		if err != nil || before.isZero() || !s.isLastDose(r, done.Record.ID, step) {
			return err
		}
		if before.PlaceType == "" {
			c = c.withoutPlace()
		}
	}
	http.SetCookie(w, s.Auth.Cookie(lastDoseCookie, doseName(done.Record.ID, step), 0))
	return s.Auth.Put(r.Context(), carryKey, c)
}

// dropCarriedDose forgets a dose that was just annulled.
func (s *Server) dropCarriedDose(r *http.Request, id registry.RecordID, step registry.Step) {
	if s.isLastDose(r, id, step) {
		s.Auth.Drop(r.Context(), carryKey)
	}
}

// withoutPlace is what is kept of a dose given elsewhere.
func (c carry) withoutPlace() carry {
	return carry{Vaccine: c.Vaccine, Lot: c.Lot, Occurrence: c.Occurrence}
}

// carryFrom keeps what was typed for a dose, and what it came to. A home is the patient's: of it, the
// kind of place alone is kept. What comes from the place of practice comes from it again: its locality is as
// the directory writes it, which no list need have.
func carryFrom(req registry.DoseRequest, d registry.Dose, practice registry.PracticePlace) carry {
	c := carry{Vaccine: d.VaccineCode, Lot: d.LotNumber, Occurrence: d.Occurrence.French(), PlaceType: req.PlaceType}
	if req.PlaceType == referential.PlaceHome {
		return c
	}
	c.Place, c.PlaceName, c.PlaceLocality = req.Place, req.PlaceName, req.PlaceLocality
	if own := (registry.Locality{PostalCode: practice.PostalCode, Name: practice.Locality}); req.PlaceType == referential.PlacePractice && d.Location.Locality == own {
		c.PlaceLocality = ""
	}
	c.ShownPlace = d.Location.Name + ", " + d.Location.Locality.Label()
	if req.PlaceAbsent {
		c.PlaceAbsent = "on"
	}
	return c
}

// dropCarriedPlace forgets the place of the last dose: who now practises elsewhere vaccinates elsewhere.
func (s *Server) dropCarriedPlace(r *http.Request) error {
	c, err := s.carried(r)
	if err != nil || c.isZero() {
		return err
	}
	return s.Auth.Put(r.Context(), carryKey, c.withoutPlace())
}

// fill puts the kept values into the form of the next dose. For a second dose of another vaccine the
// lot is not kept.
func (c carry) fill(values url.Values, vaccine string) {
	set := func(field, value string) {
		if value != "" {
			values.Set(field, value)
		}
	}
	if vaccine == "" || vaccine == c.Vaccine {
		set(registry.FieldVaccine, c.Vaccine)
		set(registry.FieldLot, c.Lot)
	}
	set(registry.FieldOccurrence, c.Occurrence)
	set(registry.FieldPlaceType, c.PlaceType)
	set(fieldPlaceAbsent, c.PlaceAbsent)
	set(registry.FieldPlace, c.Place)
	set(registry.FieldPlaceName, c.PlaceName)
	set(registry.FieldPlaceLocality, c.PlaceLocality)
}

type carryView struct{ rows []ui.Row }

func (c carry) view(ref registry.Reference) carryView {
	kind, _ := ref.PlaceType(c.PlaceType)
	day, err := registry.ParseDate(c.Occurrence)
	vaccine, _ := ref.Vaccine(c.Vaccine)
	name := c.Vaccine
	if err == nil {
		name = vaccine.NameOn(day)
	}
	rows := []ui.Row{{Key: "vaccine", Label: "Vaccin", Value: name}, {Key: "lotNumber", Label: "Lot", Value: c.Lot}}
	if c.PlaceType != "" {
		rows = append(rows, ui.Row{Key: "location", Label: "Lieu", Value: strings.TrimSuffix(kind.Label+", "+c.ShownPlace, ", ")})
	}
	return carryView{append(rows, ui.Row{Key: "occurrence", Label: "Date", Value: c.Occurrence})}
}
