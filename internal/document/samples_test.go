package document

import (
	"bytes"
	"testing"
	"time"
)

// The patients, practitioners and places of these samples are invented.

var winter = time.FixedZone("CET", 3600)

func patient() Section {
	return Section{Title: "Patient", Rows: []Row{
		{Key: "birthName", Label: "Nom de naissance", Value: "LEFÈVRE-D’HAUTMONT"},
		{Key: "usedName", Label: "Nom d’usage", Value: "BŒUF"},
		{Key: "givenNames", Label: "Prénoms", Value: "Éléonore, Zoë"},
		{Key: "birthDate", Label: "Date de naissance", Value: "14/07/1938"},
		{Key: "sex", Label: "Sexe", Value: "Féminin"},
	}}
}

func eligibility() Summary {
	return Summary{
		Kind:        "eligibilite",
		Title:       "Synthèse de la déclaration d’éligibilité à la vaccination",
		Code:        "K7QT-9XPM-4HD",
		CodeCompact: "K7QT9XPM4HD",
		Version:     1,
		ValidatedAt: time.Date(2021, 1, 18, 9, 5, 0, 0, winter),
		Sections: []Section{patient(), {Title: "Prescription de la vaccination", Rows: []Row{
			{Key: "prescriberName", Label: "Prescripteur", Value: "Dr Camille MARTIN"},
			{Key: "prescriberNumber", Label: "Numéro RPPS", Value: "10003456781"},
			{Key: "prescriberStructure", Label: "Structure", Value: "EHPAD Les Glycines, 01000 Bourg-en-Bresse"},
			{Key: "prescriptionDate", Label: "Date de la prescription", Value: "15/01/2021"},
		}}, {Title: "Déclaration", Rows: []Row{
			{Key: "healthProfessional", Label: "Le patient est un professionnel de santé", Value: "Non"},
			{Key: "consent", Label: "Entrée dans le parcours vaccinal", Value: "Le patient a donné son accord"},
			{Key: "dataTransmission", Label: "Transmission des données", Value: "Conditions acceptées, patient informé"},
		}}},
		Notices:   []Notice{{Text: "Vous pouvez être vacciné par tout professionnel de santé habilité : présentez-lui ce document."}},
		Signatory: "Dr Camille MARTIN, EHPAD Les Glycines",
	}
}

func act(rank, date string) Section {
	return Section{Title: "Vaccination", Rows: []Row{
		{Key: "vaccine", Label: "Vaccin", Value: "Comirnaty (Pfizer-BioNTech)"},
		{Key: "lotNumber", Label: "Numéro de lot", Value: "EJ6795"},
		{Key: "doseNumber", Label: "Rang de la dose", Value: rank},
		{Key: "site", Label: "Site d’injection", Value: "Deltoïde gauche"},
		{Key: "occurrence", Label: "Date de la vaccination", Value: date},
		{Key: "performer", Label: "Vaccinateur", Value: "Dr Camille MARTIN"},
		{Key: "locationType", Label: "Type de lieu", Value: "En EHPAD ou en USLD"},
		{Key: "location", Label: "Lieu de vaccination", Value: "EHPAD Les Glycines, 12 rue du Port, 01000 Bourg-en-Bresse"},
	}}
}

var sideEffects = Notice{
	Text: "Pour déclarer un effet indésirable :",
	Link: "https://signalement.social-sante.gouv.fr",
}

func firstDose() Summary {
	s := eligibility()
	s.Kind, s.Title = "vaccination-1", "Synthèse de la première vaccination"
	s.ValidatedAt = time.Date(2021, 1, 21, 14, 30, 0, 0, winter)
	s.Sections = []Section{patient(), act("1", "21/01/2021")}
	s.Notices = []Notice{{
		Strong: true,
		Text:   "Prenez rendez-vous pour la deuxième injection à partir du 18/02/2021.",
	}, sideEffects}
	return s
}

func secondDose() Summary {
	s := firstDose()
	s.Kind, s.Title = "vaccination-2", "Synthèse de la deuxième vaccination"
	s.ValidatedAt = time.Date(2021, 2, 19, 10, 0, 0, 0, winter)
	s.Sections = []Section{patient(), act("2", "19/02/2021")}
	s.Notices = []Notice{sideEffects}
	return s
}

func rectified() Summary {
	s := firstDose()
	s.Title = "Rectificatif des données télétransmises à l’Assurance Maladie"
	s.Subtitle = "Synthèse de la première vaccination"
	s.Rectified, s.Version = true, 2
	return s
}

func annulled() Summary {
	s := secondDose()
	s.Annulled = true
	return s
}

var samples = []struct {
	name string
	make func() Summary
}{
	{"eligibility", eligibility},
	{"first-dose", firstDose},
	{"second-dose", secondDose},
	{"rectified", rectified},
	{"annulled", annulled},
}

func pdfOf(t testing.TB, s Summary) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := s.PDF(&out); err != nil {
		t.Fatalf("PDF: %v", err)
	}
	return out.Bytes()
}
