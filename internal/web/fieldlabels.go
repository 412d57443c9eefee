package web

import (
	"strconv"
	"strings"

	"vaccin/internal/registry"
	"vaccin/internal/web/ui"
)

// fieldLabels name fields where they stand apart from their form: in the list of what is to be corrected, and on a page that recalls what was
// typed. A field that takes a text or a date has its label here, for what is wrong with one is told without naming it.
var fieldLabels = map[string]string{
	registry.FieldBirthName:  "Nom de naissance",
	registry.FieldUsedName:   "Nom d’usage",
	registry.FieldGivenNames: "Prénoms",
	registry.FieldBirthDate:  "Date de naissance",
	registry.FieldAddress:    "Adresse",
	registry.FieldEmail:      "Adresse électronique",

	registry.FieldPrescribedOn:     "Date de l’ordonnance",
	registry.FieldPrescriberFamily: "Nom du prescripteur",
	registry.FieldPrescriberGiven:  "Prénom du prescripteur",
	registry.FieldPrescriberNumber: "Numéro du prescripteur",
	registry.FieldStructure:        "Structure du prescripteur",
	registry.FieldActivity:         "Activité principale du patient",
	registry.FieldVaccine:          "Vaccin",
	registry.FieldLot:              "Numéro de lot",
	registry.FieldSite:             "Zone d’injection",
	registry.FieldOccurrence:       "Date de la vaccination",
	registry.FieldPerformerFamily:  "Nom du professionnel ayant réalisé l’injection",
	registry.FieldPerformerGiven:   "Prénom du professionnel ayant réalisé l’injection",
	registry.FieldPerformerNumber:  "Numéro du professionnel ayant injecté",
	registry.FieldPlaceType:        "Type de lieu",
	registry.FieldPlace:            "Lieu",
	registry.FieldPlaceName:        "Nom du lieu",
	registry.FieldPlaceLocality:    "Localité",
	registry.FieldAMNumber:         "Numéro AM",
	registry.FieldReason:           "Motif",

	registry.FieldNote:    "Ce que vous souhaitez préciser",
	registry.FieldOutcome: "Suite donnée",

	registry.FieldProfessional: "Professionnel, agent ou exploitant",
	registry.FieldLogPlace:     "Lieu d’exercice",
	registry.FieldLogAction:    "Action",
	registry.FieldFrom:         "Premier jour",
	registry.FieldUntil:        "Dernier jour",

	registry.FieldObjectionOn: "Date",

	registry.FieldCampaignName:   "Nom",
	registry.FieldPhase:          "Phase",
	registry.FieldCampaignSource: "Source de la règle",
	registry.FieldOpens:          "Jour d’ouverture",
	registry.FieldCloses:         "Jour de fermeture",
	registry.FieldAgeOn:          "Jour auquel l’âge est compté",
}

// fieldError is what a rule says of a field, with the field's label where it does not name it.
func fieldError(f registry.FieldError) ui.FieldError {
	said := ui.FieldError{Field: f.Field, Message: f.Message}
	switch group, ok := groupOf(f.Field); {
	case f.Unnamed:
		said.Label = labelOf(f.Field)
	case ok: // several groups may have the same to correct
		said.Label = groupView{index: group}.label()
	}
	return said
}

// labelOf is the label of a field, with the group of criteria that it is of.
func labelOf(field string) string {
	if group, ok := groupOf(field); ok {
		_, rest, _ := strings.Cut(field, ".")
		return fieldLabels[rest] + " (groupe" + nbsp + strconv.Itoa(group+1) + ")"
	}
	return fieldLabels[field]
}

// groupOf is the group of criteria that a field is of, if it is of one; a field of the group as a whole is its number alone.
func groupOf(field string) (int, bool) {
	number, _, _ := strings.Cut(field, ".")
	group, err := strconv.Atoi(number)
	return group, err == nil
}
