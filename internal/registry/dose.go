package registry

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Dose is one vaccination act (FHIR Immunization).
type Dose struct {
	Number      int // doseNumber: 1 or 2
	SeriesDoses int // doses of the vaccine's series on that day: 1 or 2
	VaccineCode string
	VaccineName string // as it was called on that day
	LotNumber   string
	Site        string // code of InjectionSite
	Occurrence  Date
	Performer   Performer
	Location    Location
	AMNumber    string
	BookFrom    Date // when to book the second appointment from, as it was told then; zero when there is none
}

// entered is the dose without what follows from it and the schedules of the day on which it was decided: two
// that were entered alike are the same dose.
func (d Dose) entered() Dose {
	d.BookFrom = Date{}
	return d
}

// Performer is the practitioner who injected.
type Performer struct {
	FamilyName string
	GivenName  string
	Number     string // RPPS, ADELI or AM number; empty when it was not known
}

// Location is where the dose was given: an establishment of the list, or a name typed with a locality.
type Location struct {
	Type       string // code of PlaceType
	PlaceID    string // of VaccinationPlace; empty when the name was typed
	PlaceLabel string // its label on that day, to show the form again as it was
	Name       string
	Address    string
	Locality   Locality
}

// Field names of a dose request, for errors and questions.
const (
	FieldVaccine         = "vaccine"
	FieldLot             = "lot"
	FieldSite            = "site"
	FieldOccurrence      = "occurrence"
	FieldPerformerSelf   = "performer_self"
	FieldPerformerFamily = "performer_family_name"
	FieldPerformerGiven  = "performer_given_name"
	FieldPerformerNumber = "performer_number"
	FieldPlaceType       = "place_type"
	FieldPlace           = "place"
	FieldPlaceName       = "place_name"
	FieldPlaceLocality   = "place_locality"
	FieldAMNumber        = "am_number"
)

// The questions a dose may raise.
const (
	QuestionInterval        = "interval"
	QuestionUnknownLot      = "unknown-lot"
	QuestionAge             = "age"
	QuestionLongPast        = "long-past"
	QuestionPerformerNumber = "performer-number"
	QuestionAMNumber        = "am-number"
)

// longPast is after how many days a dose recorded late is asked about.
const longPast = 30

// DoseRequest is the form of a dose, as typed.
type DoseRequest struct {
	Vaccine         string // code; ignored for dose 2, whose vaccine is that of dose 1
	Lot             string
	Site            string
	Occurrence      string
	PerformerSelf   string // yes or no
	PerformerFamily string
	PerformerGiven  string
	PerformerNumber string
	PlaceType       string
	PlaceAbsent     bool   // «lieu absent de la liste»
	Place           string // label of a vaccination place of the type
	PlaceName       string // typed, where there is no list or the place is absent from it
	PlaceLocality   string // label of a locality
	AMNumber        string
	Confirmed       []string
}

// DoseFacts are what a decision on a dose needs to know beside the request.
type DoseFacts struct {
	Facts
	Reference Reference
	Now       time.Time // business time
}

// NormalLot is a lot number as it is compared and kept: capitals, without spaces.
func NormalLot(text string) string {
	return strings.ToUpper(strings.Join(strings.Fields(text), ""))
}

// DecideDose checks a dose of a step and returns it with the confirmations it carries. by is the
// entry's author, also when support rectifies it.
func DecideDose(step Step, req DoseRequest, facts DoseFacts, by Actor) (Dose, []Confirmation, error) {
	f := form{confirmed: req.Confirmed}
	d := Dose{Number: int(step)}
	where := form{confirmed: req.Confirmed} // decided first, for its time zone; said last, as on the form
	d.Location = decideLocation(&where, step, req, facts, by)
	today := TodayAt(facts.Now, d.Location.Locality.PostalCode, by.Place.PostalCode)
	d.Occurrence = decideOccurrence(&f, req.Occurrence, today)
	f.askDied(FieldOccurrence, d.Occurrence, facts.Record.Died)
	decideOpening(&where, step, d, facts)
	vaccine := decideVaccine(&f, &d, step, req, facts)
	d.LotNumber = decideLot(&f, req.Lot, vaccine.Code, facts.LotVaccines)
	if _, ok := facts.Reference.Site(req.Site); !ok {
		f.refuse(FieldSite, "Choisissez la zone d’injection.")
	}
	d.Site = req.Site
	d.Performer = decidePerformer(&f, req, by)
	if kind, _ := facts.Reference.PlaceType(req.PlaceType); kind.Practice {
		d.AMNumber = decideAMNumber(&where, req.AMNumber)
	}
	if !d.Occurrence.IsZero() && vaccine.Code != "" {
		decideCalendar(&f, &d, step, vaccine, facts, today)
	}
	f.add(where)
	if err := f.err(); err != nil {
		return Dose{}, nil, err
	}
	return d, f.answered, nil
}

func decideOccurrence(f *form, text string, today Date) Date {
	if strings.TrimSpace(text) == "" {
		f.refuse(FieldOccurrence, "Saisissez la date de la vaccination.")
		return Date{}
	}
	day, err := ParseDate(text)
	switch {
	case err != nil:
		f.check(FieldOccurrence, err)
		return Date{}
	case day.After(today):
		f.refuse(FieldOccurrence, "La date de la vaccination est dans le futur. Vérifiez-la.")
		return Date{}
	case today.DaysSince(day) > longPast:
		f.ask(QuestionLongPast, day.String(), FieldOccurrence,
			fmt.Sprintf("Cette vaccination date de plus de %d jours.", longPast), "Confirmez sa date.")
	}
	return day
}

// decideVaccine takes the vaccine of the form for dose 1, and that of dose 1 for dose 2 whatever the
// form says. While dose 2 stands, dose 1 keeps its vaccine.
func decideVaccine(f *form, d *Dose, step Step, req DoseRequest, facts DoseFacts) Vaccine {
	code := req.Vaccine
	if step == StepSecondDose {
		first, ok := facts.Record.Dose(StepFirstDose)
		if !ok {
			f.refuse(FieldVaccine, "La 1ère vaccination doit d’abord être enregistrée.")
			return Vaccine{}
		}
		code = first.Current().Content.VaccineCode
	} else if second, ok := facts.Record.Dose(StepSecondDose); ok && second.Current().Content.VaccineCode != code {
		f.refuse(FieldVaccine, "La 2ème vaccination est enregistrée avec un autre vaccin. Annulez-la avant de changer celui de la 1ère.")
		return Vaccine{}
	}
	v, ok := facts.Reference.Vaccine(code)
	if !ok {
		f.refuse(FieldVaccine, "Choisissez le vaccin.")
		return Vaccine{}
	}
	d.VaccineCode, d.SeriesDoses = v.Code, v.Doses
	if !d.Occurrence.IsZero() {
		d.VaccineName = v.NameOn(d.Occurrence)
		if d.Occurrence.Before(v.AuthorisedOn) {
			f.refuse(FieldOccurrence, "À cette date, ce vaccin n’était pas encore autorisé (il l’est depuis le "+
				v.AuthorisedOn.French()+"). Vérifiez la date et le vaccin.")
		}
	}
	return v
}

// decideLot asks about a lot that none of the vaccine's lists has.
func decideLot(f *form, text, vaccineCode string, lotVaccines []string) string {
	text, err := requiredText(text, 20, "Saisissez le numéro de lot.")
	if err != nil {
		f.check(FieldLot, err)
		return ""
	}
	lot := NormalLot(text)
	for _, r := range lot {
		if r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-/.", r) {
			f.refuse(FieldLot, "Un numéro de lot n’a que des lettres sans accent, des chiffres et des tirets. Vérifiez-le sur le flacon.")
			return ""
		}
	}
	if len(lot) < 2 || strings.Trim(lot, "-/.") == "" {
		f.refuse(FieldLot, "Un numéro de lot a au moins deux caractères, dont une lettre ou un chiffre. Vérifiez-le sur le flacon.")
		return ""
	}
	if !slices.Contains(lotVaccines, vaccineCode) {
		f.ask(QuestionUnknownLot, vaccineCode+":"+lot, FieldLot, "Ce numéro de lot n’est pas dans la liste de ce vaccin.", "Confirmez qu’il est bien celui du flacon.")
	}
	return lot
}

func decidePerformer(f *form, req DoseRequest, by Actor) Performer {
	switch req.PerformerSelf {
	case Yes:
		p := by.Practitioner
		return Performer{FamilyName: p.FamilyName, GivenName: p.GivenName, Number: p.Number()}
	case No:
		p := Performer{}
		var err error
		p.FamilyName, err = personName(req.PerformerFamily, "Saisissez le nom du professionnel qui a injecté le vaccin.")
		f.check(FieldPerformerFamily, err)
		p.GivenName, err = personName(req.PerformerGiven, "Saisissez le prénom du professionnel qui a injecté le vaccin.")
		f.check(FieldPerformerGiven, err)
		if number := onlyDigits(req.PerformerNumber); number != "" {
			if !isDigits(number) || len(number) != 11 && len(number) != 9 {
				f.refuse(FieldPerformerNumber, "Ce numéro doit avoir 11 chiffres (RPPS) ou 9 chiffres (ADELI ou AM). Vérifiez-le ou laissez-le vide.")
			} else if len(number) == 11 && !luhn(number) {
				f.ask(QuestionPerformerNumber, number, FieldPerformerNumber, "La clé de ce numéro RPPS paraît fausse.", "Confirmez-le.")
			}
			p.Number = number
		}
		return p
	}
	f.refuse(FieldPerformerSelf, "Indiquez qui a injecté le vaccin.")
	return Performer{}
}

// decideAMNumber takes the number of a dose given at the practice: what the form shows there, which may be
// nothing. Elsewhere the field does not count.
func decideAMNumber(f *form, text string) string {
	number := onlyDigits(text)
	if number == "" {
		return ""
	}
	if !isDigits(number) || len(number) != 9 {
		f.refuse(FieldAMNumber, "Un numéro AM a 9 chiffres. Vérifiez-le ou laissez-le vide.")
		return ""
	}
	if !luhn(number) {
		f.ask(QuestionAMNumber, number, FieldAMNumber, "La clé de ce numéro AM paraît fausse.", "Confirmez-le.")
	}
	return number
}

// decideLocation takes an establishment of the list, or a typed name with a suggested locality. At the
// practice, what is left empty is that of the author's own place of practice. What the entry already
// says may stay, also when the lists do not have it.
func decideLocation(f *form, step Step, req DoseRequest, facts DoseFacts, by Actor) Location {
	kind, ok := facts.Reference.PlaceType(req.PlaceType)
	if !ok {
		f.refuse(FieldPlaceType, "Choisissez le type de lieu de vaccination.")
		return Location{}
	}
	entry, rectified := facts.Record.Dose(step)
	recorded := Location{}
	if rectified {
		recorded = entry.Current().Content.Location
	}
	if kind.Listed && !req.PlaceAbsent {
		return decideListed(f, kind, req, facts.Places, recorded)
	}
	return decideTyped(f, kind, req, facts.Localities, recorded, by)
}

func decideListed(f *form, kind PlaceType, req DoseRequest, found []VaccinationPlace, recorded Location) Location {
	if len(found) == 0 && recorded.PlaceLabel != "" && recorded.Type == kind.Code && Fold(req.Place) == Fold(recorded.PlaceLabel) {
		return recorded
	}
	if len(found) == 0 {
		f.refuse(FieldPlace, "Choisissez un lieu de ce type dans la liste : saisissez les premiers caractères du code postal ou du nom, "+
			"ou cochez « Lieu absent de la liste ».")
		return Location{Type: kind.Code}
	}
	p := openOn(found, req.Occurrence)
	return Location{
		Type: kind.Code, PlaceID: p.ID, PlaceLabel: p.Label, Name: p.Name, Address: p.Address,
		Locality: Locality{PostalCode: p.PostalCode, Name: p.Locality},
	}
}

func decideTyped(f *form, kind PlaceType, req DoseRequest, found []Locality, recorded Location, by Actor) Location {
	l := Location{Type: kind.Code}
	if kind.Practice && strings.TrimSpace(req.PlaceName) == "" {
		req.PlaceName = by.Place.Name
	}
	var err error
	l.Name, err = requiredText(req.PlaceName, 120, "Saisissez le nom du lieu de vaccination.")
	f.check(FieldPlaceName, err)
	typed := Fold(req.PlaceLocality)
	switch {
	case typed == "" && kind.Practice && by.Place.PostalCode != "" && by.Place.Locality != "":
		l.Locality = Locality{PostalCode: by.Place.PostalCode, Name: by.Place.Locality}
	case typed == "":
		f.refuse(FieldPlaceLocality, "Saisissez la localité du lieu de vaccination.")
	case typed == Fold(recorded.Locality.Label()):
		l.Locality = recorded.Locality
	default:
		l.Locality = decideLocality(f, FieldPlaceLocality, found)
	}
	return l
}

// decideOpening refuses a place that had closed before the day of the dose. A dose recorded there stays as it
// is, and so it can be modified in all but its day.
func decideOpening(f *form, step Step, d Dose, facts DoseFacts) {
	if entry, ok := facts.Record.Dose(step); ok {
		if recorded := entry.Current().Content; recorded.Location == d.Location && recorded.Occurrence == d.Occurrence {
			return
		}
	}
	for _, p := range facts.Places {
		if p.ID == d.Location.PlaceID && !p.Closed.IsZero() && p.Closed.Before(d.Occurrence) {
			f.refuse(FieldPlace, "Ce lieu a fermé le "+p.Closed.French()+". Vérifiez le lieu et la date de la vaccination.")
		}
	}
}

// openOn picks, of places of one label, which two editions of a file number differently, one that is open on
// a day, as it is typed.
func openOn(found []VaccinationPlace, text string) VaccinationPlace {
	day, err := ParseDate(text)
	for _, p := range found {
		if err == nil && (p.Closed.IsZero() || !p.Closed.Before(day)) {
			return p
		}
	}
	return found[0]
}

// decideCalendar checks the date against the other dose, the vaccine's schedule and the patient's age.
func decideCalendar(f *form, d *Dose, step Step, v Vaccine, facts DoseFacts, today Date) {
	if age, ok := facts.Record.Patient.BirthDate.AgeOn(d.Occurrence); ok && age < 0 {
		f.refuse(FieldOccurrence, "Cette date précède la naissance du patient. Vérifiez-la.")
	} else if ok && age < v.MinimumAge {
		f.ask(QuestionAge, v.Code+":"+strconv.Itoa(age), FieldVaccine, fmt.Sprintf(
			"Ce vaccin est autorisé à partir de %d ans et le patient en a %d à cette date.",
			v.MinimumAge, age), "Confirmez le vaccin et la date.")
	}
	if step == StepSecondDose {
		first, _ := facts.Record.Dose(StepFirstDose)
		decideInterval(f, first.Current().Content.Occurrence, d.Occurrence, v, facts, today)
		return
	}
	if second, ok := facts.Record.Dose(StepSecondDose); ok {
		decideInterval(f, d.Occurrence, second.Current().Content.Occurrence, v, facts, today)
	}
	d.BookFrom = facts.Reference.bookFrom(*d, today)
}

func decideInterval(f *form, first, second Date, v Vaccine, facts DoseFacts, today Date) {
	if second.Before(first) {
		f.refuse(FieldOccurrence, "La 2ème vaccination ne peut pas précéder la 1ère. Vérifiez la date.")
		return
	}
	s, ok := facts.Reference.ScheduleFor(v.Code, first, today)
	if days := second.DaysSince(first); ok && (days < s.Minimum || days > s.Maximum) {
		f.ask(QuestionInterval, strconv.Itoa(days), FieldOccurrence, fmt.Sprintf(
			"L’intervalle entre les deux vaccinations est de %s, hors de l’intervalle recommandé (de %d à %d jours).",
			countDays(days), s.Minimum, s.Maximum), "Confirmez la date.")
	}
}

func countDays(n int) string {
	if n < 2 {
		return fmt.Sprintf("%d jour", n)
	}
	return fmt.Sprintf("%d jours", n)
}
