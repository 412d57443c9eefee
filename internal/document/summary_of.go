package document

import (
	"strconv"
	"strings"
	"time"

	"vaccin/internal/registry"
)

// RectifiedTitle is the title of every summary of something modified since it was validated.
const RectifiedTitle = "Rectificatif des données télétransmises à l’Assurance Maladie"

// Texts are the sentences of documents that are settings of the service.
type Texts struct {
	AdverseEffectsURL string // national portal for adverse effects (PSIG)
}

// Facts are what a summary is made from beside the record. The same give the same summary, also on another
// moment of the same day.
type Facts struct {
	Reference registry.Reference
	Now       time.Time // business time: the schedules of its day tell when to book the second appointment
	Texts     Texts
}

// OfStep is the summary of a step as it stands in a record, and whether it is recorded.
func OfStep(r registry.Record, step registry.Step, facts Facts) (Summary, bool) {
	if step == registry.StepEligibility {
		entry, ok := r.Eligibility()
		if !ok {
			return Summary{}, false
		}
		return OfEligibility(r, entry, len(entry.Versions)-1, facts), true
	}
	entry, ok := r.Dose(step)
	if !ok {
		return Summary{}, false
	}
	return OfDose(r, step, entry, len(entry.Versions)-1, facts), true
}

// OfEligibility is the summary of one version of an eligibility declaration.
func OfEligibility(r registry.Record, entry registry.Entry[registry.Eligibility], index int, facts Facts) Summary {
	v := entry.Versions[index]
	e := v.Content
	s := frame(r, entry.Author(), v.Signed, v.Number, "eligibilite", "Synthèse de la déclaration d’éligibilité à la vaccination")
	s.Annulled = entry.Annulment != nil
	professional := Section{Title: "Situation du patient", Rows: []Row{
		{"healthProfessional", "Professionnel de santé", yesNo(e.HealthProfessional)},
	}}
	activity, _ := facts.Reference.Activity(e.Activity)
	professional.end(Row{"activity", "Activité principale", activity.Label})
	s.Sections = append(s.Sections,
		Section{Title: "Ordonnance de vaccination", Rows: []Row{
			{"declarerPrescribes", "Déclarant également prescripteur", yesNo(e.DeclarerPrescribes)},
			{"prescriber", "Prescripteur", personName(e.Prescriber.FamilyName, e.Prescriber.GivenName)},
			{"prescriberNumber", "Numéro RPPS ou AM", e.Prescriber.Number},
			{"prescriberStructure", "Structure", e.Prescriber.Structure},
			{"prescribedOn", "Date de l’ordonnance", e.PrescribedOn.French()},
		}},
		professional,
		Section{Title: "Accords", Rows: []Row{
			{"patientAgrees", "Le patient accepte d’entrer dans le processus de vaccination", yesNo(e.PatientAgrees)},
			{"conditionsAccepted", "Conditions de transmission acceptées et patient informé", yesNo(e.ConditionsAccepted)},
		}},
		validation(entry.Author(), v.Signed, v.Number, v.Reason))
	s.Sections = append(s.Sections, confirmations(v.Confirmed, v.Signed.Role)...)
	return s
}

// OfDose is the summary of one version of a dose.
func OfDose(r registry.Record, step registry.Step, entry registry.Entry[registry.Dose], index int, facts Facts) Summary {
	v := entry.Versions[index]
	d := v.Content
	kind, title := "vaccination-1", "Synthèse de la 1ère vaccination"
	if step == registry.StepSecondDose {
		kind, title = "vaccination-2", "Synthèse de la 2ème vaccination"
	}
	s := frame(r, entry.Author(), v.Signed, v.Number, kind, title)
	s.Annulled = entry.Annulment != nil
	site, _ := facts.Reference.Site(d.Site)
	act := Section{Title: "Vaccination", Rows: []Row{
		{"vaccine", "Vaccin", d.VaccineName},
		{"lotNumber", "Numéro de lot", d.LotNumber},
		{"doseNumber", "Rang vaccinal", strconv.Itoa(d.Number) + " sur " + strconv.Itoa(d.SeriesDoses)},
		{"site", "Zone d’injection", site.Label},
		{"occurrence", "Date de la vaccination", d.Occurrence.French()},
		{"performer", "Professionnel ayant réalisé l’injection", personName(d.Performer.FamilyName, d.Performer.GivenName)},
	}}
	act.end(Row{"performerNumber", "Numéro RPPS, ADELI ou AM de ce professionnel", d.Performer.Number})
	s.Sections = append(s.Sections, act,
		place(d, facts.Reference),
		validation(entry.Author(), v.Signed, v.Number, v.Reason))
	s.Sections = append(s.Sections, confirmations(v.Confirmed, v.Signed.Role)...)
	var second registry.Date
	if step == registry.StepFirstDose && standsIn(r, entry, index) {
		d.BookFrom = r.BookFrom(facts.Reference, facts.Now)
		if done, ok := r.Dose(registry.StepSecondDose); ok {
			second = done.Current().Content.Occurrence
		}
	}
	s.Notices = doseNotices(d, step, second, facts.Texts)
	return s
}

// standsIn tells whether a version is the one in force of the first dose; of others, what was told stays.
func standsIn(r registry.Record, entry registry.Entry[registry.Dose], index int) bool {
	standing, ok := r.Dose(registry.StepFirstDose)
	return ok && standing.Sequence == entry.Sequence && index == len(standing.Versions)-1
}

func place(d registry.Dose, ref registry.Reference) Section {
	kind, _ := ref.PlaceType(d.Location.Type)
	name := d.Location.Name
	if d.Location.Address != "" {
		name += ", " + d.Location.Address
	}
	s := Section{Title: "Lieu de vaccination", Rows: []Row{
		{"locationType", "Type de lieu", kind.Label},
		{"location", "Lieu", name},
		{"locality", "Localité", d.Location.Locality.Label()},
	}}
	s.end(Row{"amNumber", "Numéro AM", d.AMNumber})
	return s
}

// doseNotices are the sentences to the patient: the second appointment, or the day of the second dose once there is one,
// and adverse effects. A document that is made again says what is true on its day, on paper as on the page: nobody is
// to take an appointment for what is done.
func doseNotices(d registry.Dose, step registry.Step, second registry.Date, texts Texts) []Notice {
	notices := []Notice{}
	switch {
	case step == registry.StepSecondDose || d.SeriesDoses == 1:
		notices = append(notices, Notice{Strong: true, Text: "La vaccination est complète."})
	case !second.IsZero():
		notices = append(notices, Notice{
			Strong: true, Text: "La 2ème vaccination a été réalisée le " + second.French() + "\u00A0: la vaccination est complète.",
		})
	case !d.BookFrom.IsZero():
		notices = append(notices, Notice{
			Strong: true,
			Text: "Prenez rendez-vous pour la 2ème vaccination à partir du " + d.BookFrom.FrenchLong() +
				" (" + d.BookFrom.French() + ").",
		})
	}
	return append(notices, Notice{
		Text: "Un effet indésirable constaté à la suite de la vaccination se déclare sur le portail national des signalements (PSIG) :", Link: texts.AdverseEffectsURL,
	})
}

// frame is what every summary begins with: titles, code, signatory, and whose it is.
func frame(r registry.Record, author, signed registry.Signature, version int, kind, title string) Summary {
	p := r.Patient
	s := Summary{
		Kind: kind, Title: title, Code: r.Code.Format(), CodeCompact: r.Code.Compact(), Version: version,
		ValidatedAt: localTime(signed), Signatory: author.Practitioner.DisplayName() + ", " + author.Place.Name,
		Sections: []Section{{Title: "Patient", Rows: []Row{
			{"birthName", "Nom de naissance", strings.ToUpper(p.BirthName)},
			{"usedName", "Nom d’usage", strings.ToUpper(p.UsedName)},
			{"givenNames", "Prénoms", p.GivenNames},
			{"sex", "Sexe", p.Sex.Label()},
			{"birthDate", "Date de naissance", p.BirthDate.French()},
			{"birthRank", "Rang de naissance", strconv.Itoa(p.BirthRank)},
			{"holderNIR", "Numéro de sécurité sociale de l’ouvrant droit", p.Holder.Format()},
		}}},
	}
	if version > 1 {
		s.Rectified, s.Title, s.Subtitle = true, RectifiedTitle, title
	}
	return s
}

func localTime(signed registry.Signature) time.Time {
	return signed.At.In(registry.ZoneOf(signed.Place.PostalCode))
}

func validation(author, signed registry.Signature, version int, reason string) Section {
	modified := ""
	if version > 1 {
		modified = moment(localTime(signed))
	}
	s := Section{Title: "Validation", Rows: []Row{
		{"author", "Validé par", author.Practitioner.DisplayName()},
		{"practicePlace", "Lieu d’exercice", author.Place.Label()},
		{"validatedAt", "Validé le", moment(localTime(author))},
	}}
	s.end(Row{"rectifiedAt", "Modifié le", modified})
	s.end(Row{"reason", "Motif de la modification par l’assistance", reason})
	return s
}

func moment(t time.Time) string { return t.Format("02/01/2006 à 15 h 04") }

// confirmations shows the unusual values that the practitioner confirmed, if any.
func confirmations(confirmed []registry.Confirmation, by registry.Role) []Section {
	if len(confirmed) == 0 {
		return nil
	}
	s := Section{Title: "Points inhabituels confirmés par le professionnel"}
	if by == registry.RoleSupport {
		s.Title = "Points inhabituels confirmés par l’assistance"
	}
	for i, c := range confirmed {
		s.Rows = append(s.Rows, Row{"confirmed" + strconv.Itoa(i+1), "Confirmé", c.Sentence})
	}
	return []Section{s}
}

func personName(family, given string) string {
	return strings.TrimSpace(strings.ToUpper(family) + " " + given)
}

func yesNo(b bool) string {
	if b {
		return "Oui"
	}
	return "Non"
}
