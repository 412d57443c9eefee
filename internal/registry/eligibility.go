package registry

import (
	"fmt"
	"strings"
)

// Eligibility is the declaration that a patient enters the vaccination process (ELI-1 to 3).
type Eligibility struct {
	DeclarerPrescribes bool // the declarer is also the prescriber
	Prescriber         Prescriber
	PrescribedOn       Date
	HealthProfessional bool
	Activity           string // code of Activity when the patient is a health professional
	PatientAgrees      bool
	ConditionsAccepted bool
}

// Prescriber is who signed the vaccination prescription.
type Prescriber struct {
	FamilyName string
	GivenName  string
	Number     string // RPPS (11 digits) or AM number (9)
	Structure  string
}

// entered is the declaration: all of it was entered.
func (e Eligibility) entered() Eligibility { return e }

// Field names of an eligibility request, for errors and questions.
const (
	FieldPrescribes         = "prescribes"
	FieldPrescriberFamily   = "prescriber_family_name"
	FieldPrescriberGiven    = "prescriber_given_name"
	FieldPrescriberNumber   = "prescriber_number"
	FieldStructure          = "prescriber_structure"
	FieldPrescribedOn       = "prescribed_on"
	FieldHealthProfessional = "health_professional"
	FieldActivity           = "activity"
	FieldPatientAgrees      = "patient_agrees"
	FieldConditions         = "conditions_accepted"
)

// The questions an eligibility may raise.
const (
	QuestionPrescriberNumber = "prescriber-number"
	QuestionOldPrescription  = "old-prescription"
)

// QuestionDied asks about what is said to have happened after the death that the referential tells: the referential
// may be wrong, or another patient's record may be open.
const QuestionDied = "died"

// prescriptionAge is after how many days a prescription is asked about.
const prescriptionAge = 90

// firstPrescription is the first day that can be a prescription's: an earlier one is a slip of the year,
// for there was no epidemic yet.
var firstPrescription = MustDate("2020-01-01")

// EligibilityRequest is the form of a declaration, as typed.
type EligibilityRequest struct {
	Prescribes         string // yes or no
	FamilyName         string
	GivenName          string
	Number             string
	Structure          string
	PrescribedOn       string
	HealthProfessional string // yes or no
	Activity           string
	PatientAgrees      bool
	ConditionsAccepted bool
	Confirmed          []string
}

// The answers of yes-or-no fields.
const (
	Yes = "yes"
	No  = "no"
)

// PrefillPrescriber fills the prescriber from the session: everything but the date.
func PrefillPrescriber(actor Actor) Prescriber {
	return Prescriber{
		FamilyName: actor.Practitioner.FamilyName, GivenName: actor.Practitioner.GivenName,
		Number: actor.Practitioner.Number(), Structure: actor.Place.Name,
	}
}

// DecideEligibility checks a declaration and returns it with the confirmations it carries.
// declarer is the entry's author: when they prescribe too, the prescriber is taken from their session
// and never from the form. died is when the patient did, as the referential tells it.
func DecideEligibility(req EligibilityRequest, ref Reference, declarer Actor, today, died Date) (Eligibility, []Confirmation, error) {
	f := form{confirmed: req.Confirmed}
	e := Eligibility{PatientAgrees: req.PatientAgrees, ConditionsAccepted: req.ConditionsAccepted}
	switch req.Prescribes {
	case Yes:
		e.DeclarerPrescribes = true
		e.Prescriber = PrefillPrescriber(declarer)
	case No:
		e.Prescriber = decidePrescriber(&f, req)
	default:
		f.refuse(FieldPrescribes, "Indiquez si vous êtes également le prescripteur de l’ordonnance de vaccination.")
	}
	e.PrescribedOn = decidePrescribedOn(&f, req.PrescribedOn, today)
	f.askDied(FieldPrescribedOn, e.PrescribedOn, died)
	decideActivity(&f, &e, req, ref)
	if !req.PatientAgrees {
		f.refuse(FieldPatientAgrees, "L’accord du patient est nécessaire : cochez cette case s’il accepte d’entrer dans le processus de vaccination.")
	}
	if !req.ConditionsAccepted {
		f.refuse(FieldConditions, "Acceptez les conditions de transmission des données et confirmez que vous avez informé le patient.")
	}
	if err := f.err(); err != nil {
		return Eligibility{}, nil, err
	}
	return e, f.answered, nil
}

func decidePrescriber(f *form, req EligibilityRequest) Prescriber {
	p := Prescriber{}
	var err error
	p.FamilyName, err = personName(req.FamilyName, "Saisissez le nom du prescripteur.")
	f.check(FieldPrescriberFamily, err)
	p.GivenName, err = personName(req.GivenName, "Saisissez le prénom du prescripteur.")
	f.check(FieldPrescriberGiven, err)
	p.Structure, err = requiredText(req.Structure, 120, "Saisissez la structure du prescripteur, telle qu’elle figure sur l’ordonnance.")
	f.check(FieldStructure, err)
	p.Number = decideProfessionalNumber(f, FieldPrescriberNumber, req.Number,
		"Saisissez le numéro RPPS (11 chiffres) ou le numéro AM (9 chiffres) du prescripteur.")
	return p
}

// decideProfessionalNumber reads an RPPS or AM number. A wrong Luhn check is asked about, not
// refused: no text says that every AM number has one.
func decideProfessionalNumber(f *form, field, text, missing string) string {
	number := onlyDigits(text)
	if number == "" {
		f.refuse(field, missing)
		return ""
	}
	if !isDigits(number) || len(number) != 11 && len(number) != 9 {
		f.refuse(field, "Ce numéro doit avoir 11 chiffres (RPPS) ou 9 chiffres (AM). Vérifiez-le.")
		return ""
	}
	if !luhn(number) {
		f.ask(QuestionPrescriberNumber, number, field, "La clé de ce numéro paraît fausse.", "Confirmez que c’est bien celui du document.")
	}
	return number
}

func decidePrescribedOn(f *form, text string, today Date) Date {
	if strings.TrimSpace(text) == "" {
		f.refuse(FieldPrescribedOn, "Saisissez la date de l’ordonnance.")
		return Date{}
	}
	day, err := ParseDate(text)
	switch {
	case err != nil:
		f.check(FieldPrescribedOn, err)
	case day.After(today):
		f.refuse(FieldPrescribedOn, "La date de l’ordonnance est dans le futur. Vérifiez-la.")
	case day.Before(firstPrescription):
		f.refuse(FieldPrescribedOn, "Cette date est antérieure à l’épidémie de Covid-19. Vérifiez l’année de l’ordonnance.")
	case today.DaysSince(day) > prescriptionAge:
		f.ask(QuestionOldPrescription, day.String(), FieldPrescribedOn,
			fmt.Sprintf("L’ordonnance date de plus de %d jours.", prescriptionAge), "Confirmez sa date.")
	}
	return day
}

// askDied asks about a day after the patient's death. It is about both days: another one, or news of another death, is
// asked about again.
func (f *form) askDied(field string, day, died Date) {
	if died.IsZero() || day.IsZero() || !day.After(died) {
		return
	}
	f.ask(QuestionDied, died.String()+":"+day.String(), field,
		"L’Assurance Maladie connaît cette personne comme décédée le "+died.French()+", avant cette date.",
		"Confirmez que c’est bien le dossier de ce patient, et la date.")
}

func decideActivity(f *form, e *Eligibility, req EligibilityRequest, ref Reference) {
	switch req.HealthProfessional {
	case Yes:
		e.HealthProfessional = true
		if _, ok := ref.Activity(req.Activity); !ok {
			f.refuse(FieldActivity, "Choisissez l’activité principale du patient.")
		}
		e.Activity = req.Activity
	case No:
	default:
		f.refuse(FieldHealthProfessional, "Indiquez si le patient est un professionnel de santé.")
	}
}
