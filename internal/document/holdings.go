package document

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"vaccin/internal/registry"
)

// HoldingsTitle heads what is handed to a person who asks for their data.
const HoldingsTitle = "Vos données dans le téléservice Vaccin COVID"

// OfHoldings is all that is held on a person, to be handed over to them. It leaves out what tells nothing of a
// person: the numbers by which the service finds its rows and recognises a form sent twice. The file holds those too.
//
// profession names a profession by its code; a code that it does not know stands as it is.
func OfHoldings(h registry.Holdings, ref registry.Reference, profession func(code string) string, at time.Time) Booklet {
	b := holdingsBook{people: h.People(), ref: ref, profession: profession}
	r := h.Record
	return Booklet{
		Title: HoldingsTitle, Subtitle: r.Patient.FullName(), MadeAt: at.In(registry.ZoneOf("")),
		Intro: []string{
			"Ce document contient tout ce que le téléservice détient sur vous : votre identité, vos coordonnées, " +
				"ce que l’Assurance Maladie a transmis pour savoir qui la campagne concerne, vos oppositions, les étapes de votre vaccination dans toutes leurs versions, le ciblage qui vous a donné un code, les lettres qui vous sont adressées, " +
				"et la liste de tous les accès à votre dossier.",
			dataProtection,
		},
		Chapters: []Chapter{
			{Title: "Identité et coordonnées", Sections: []Section{{Rows: append(person(r), formerCodes(h.FormerCodes)...)}}},
			{Title: "Ce que l’Assurance Maladie a transmis pour la campagne", Sections: []Section{{Rows: insured(h.Insured)}}},
			b.objections(r),
			chapterOf(b, "Éligibilité à la vaccination", "déclaration", r.Eligibilities, b.eligibility),
			chapterOf(b, "1ère vaccination", "vaccination", r.FirstDoses, b.dose),
			chapterOf(b, "2ème vaccination", "vaccination", r.SecondDoses, b.dose),
			b.targeted(h.Runs),
			b.lettersSent(h.Letters),
			b.reports(h.Reports),
			b.log(h.Log),
		},
	}
}

// holdingsBook is what the words of what is held are made with.
type holdingsBook struct {
	people     map[string]registry.Practitioner
	ref        registry.Reference
	profession func(code string) string
}

// said are the facts that there are.
func said(rows ...Row) []Row {
	return slices.DeleteFunc(rows, func(r Row) bool { return r.Value == "" })
}

func person(r registry.Record) []Row {
	p := r.Patient
	return said(
		Row{"birthName", "Nom de naissance", strings.ToUpper(p.BirthName)},
		Row{"usedName", "Nom d’usage", strings.ToUpper(p.UsedName)},
		Row{"givenNames", "Prénoms", p.GivenNames},
		Row{"sex", "Sexe", p.Sex.Label()},
		Row{"birthDate", "Date de naissance", p.BirthDate.French()},
		Row{"birthRank", "Rang de naissance", strconv.Itoa(p.BirthRank)},
		Row{"holderNIR", "Numéro de sécurité sociale de l’ouvrant droit", p.Holder.Format()},
		Row{"ownNIR", "Numéro de sécurité sociale de la personne", orUnknown(p.Own.Format())},
		Row{"code", "Code de ciblage", codeOf(r.Code)},
		Row{"address", "Adresse", orUnknown(p.Address)},
		Row{"locality", "Localité", orUnknown(localityInFull(p.Locality))},
		Row{"phone", "Téléphone", orUnknown(p.Phone)},
		Row{"email", "Adresse électronique", orUnknown(p.Email)},
		Row{"manual", "Saisi par un professionnel de santé", yesNo(p.Manual)},
	)
}

// insured are what campaigns ask about. All of it is said, known or not: whoever reads it learns of what sort it is.
func insured(i registry.Insured) []Row {
	conditions := []string{}
	for _, c := range i.Conditions.All() {
		conditions = append(conditions, c.String()+" ("+c.Label()+")")
	}
	comorbidities := []string{}
	for _, c := range i.Comorbidities.All() {
		comorbidities = append(comorbidities, c.Label())
	}
	return []Row{
		{"residence", "Type de résidence", orUnknown(i.Residence.Label())},
		{"establishment", "Établissement de résidence (numéro Finess)", orUnknown(i.Establishment)},
		{"occupation", "Métier", orUnknown(i.Occupation.Label())},
		{"workplace", "Lieu de travail", orUnknown(i.Workplace.Label())},
		{"conditions", "Affections de longue durée", orUnknown(strings.Join(conditions, " ; "))},
		{"comorbidities", "Facteurs de risque d’une forme grave", orUnknown(strings.Join(comorbidities, " ; "))},
		{"scheme", "Régime", orUnknown(i.Scheme)},
		{"died", "Date de décès", cmp.Or(i.Died.French(), "aucune")},
	}
}

// formerCodes are told with the person: they find the record still.
func formerCodes(codes []registry.FormerCode) []Row {
	rows := make([]Row, len(codes))
	for i, f := range codes {
		rows[i] = Row{
			"formerCode" + strconv.Itoa(i+1), "Ancien code de ciblage, qui permet toujours de vous retrouver",
			f.Code.Format() + ", remplacé le " + preciseMoment(f.Since.In(registry.ZoneOf(""))),
		}
	}
	return rows
}

// orUnknown says that nothing is held where a person would look for something.
func orUnknown(text string) string {
	if text == "" {
		return "non connu"
	}
	return text
}

// codeOf is a target code; who was never targeted has none, and the zero of one would look like one.
func codeOf(code registry.TargetCode) string {
	if code.IsZero() {
		return "aucun"
	}
	return code.Format()
}

func localityInFull(l registry.Locality) string {
	if l.CommuneCode == "" {
		return l.Label()
	}
	return l.Label() + " (code commune " + l.CommuneCode + ")"
}

// chapterOf tells every version of every entry of a step, annulled ones too.
func chapterOf[T any](b holdingsBook, title, noun string, entries []registry.Entry[T], facts func(T) []Row) Chapter {
	c := Chapter{Title: title}
	if len(entries) == 0 {
		c.Texts = []string{"Aucune " + noun + " n’est enregistrée."}
	}
	for _, e := range entries {
		for _, v := range e.Versions {
			name := strings.ToUpper(noun[:1]) + noun[1:] + " n°\u00A0" + strconv.Itoa(e.Sequence) + ", version " + strconv.Itoa(v.Number)
			rows := append(facts(v.Content), b.signature("Validé", v.Signed)...)
			rows = append(rows, said(Row{"reason", "Motif de la modification", v.Reason})...)
			for i, q := range v.Confirmed {
				rows = append(rows, Row{"confirmed" + strconv.Itoa(i+1), "Point inhabituel confirmé", q.Sentence})
			}
			c.Sections = append(c.Sections, Section{Title: name, Rows: rows})
		}
		if a := e.Annulment; a != nil {
			rows := append(said(Row{"reason", "Motif de l’annulation", a.Reason}), b.signature("Annulée", a.Signed)...)
			c.Sections = append(c.Sections, Section{Title: "Annulation de la " + noun + " n°\u00A0" + strconv.Itoa(e.Sequence), Rows: rows})
		}
	}
	return c
}

// objections tells what the person said against being targeted, and took back.
func (b holdingsBook) objections(r registry.Record) Chapter {
	c := Chapter{Title: "Opposition à être ciblé et contacté"}
	if len(r.Objections) == 0 {
		c.Texts = []string{"Aucune opposition n’est enregistrée."}
	}
	_, lifted := r.ObjectionLifted()
	for i, o := range r.Objections {
		now := "en vigueur"
		switch {
		case o.Withdrawn != nil:
			now = "retirée"
		case i < len(r.Objections)-1 || lifted:
			now = "levée par votre accord à la vaccination"
		}
		name := "pposition n°\u00A0" + strconv.Itoa(o.Sequence)
		rows := append([]Row{{"state", "État", now}}, b.statement("Enregistrée", o.Made)...)
		c.Sections = append(c.Sections, Section{Title: "O" + name, Rows: rows})
		if o.Withdrawn != nil {
			c.Sections = append(c.Sections, Section{Title: "Retrait de l’o" + name, Rows: b.statement("Enregistré", *o.Withdrawn)})
		}
	}
	return c
}

// statement is what the person told an agent.
func (b holdingsBook) statement(recorded string, s registry.Statement) []Row {
	return append(said(Row{"on", "Date", s.On.French()}, Row{"channel", "Moyen", s.Channel.Label()}), b.signature(recorded, s.Signed)...)
}

// signature says who did it, as what, where and when, in the word of the page: « Validé » of a step, « Enregistrée » of an objection.
func (b holdingsBook) signature(done string, s registry.Signature) []Row {
	who := s.Practitioner.DisplayName() + ", " + s.Role.Label() + ", " + registry.IdentifierLabel(s.Practitioner.NationalID)
	who = joined(", ", who, b.professionOf(s.Practitioner))
	place := joined(", ", s.Place.Name, s.Place.Address, joined(" ", s.Place.PostalCode, s.Place.Locality))
	identifiers := joined(", ", s.Place.ID, s.Place.PreviousID, prefixed("numéro AM\u00A0", s.Place.AMNumber))
	return said(
		Row{"author", done + " par", who},
		Row{"practicePlace", "Lieu d’exercice", place},
		Row{"practicePlaceIDs", "Identifiants du lieu", identifiers},
		Row{"validatedAt", done + " le", preciseMoment(localTime(s))},
	)
}

// professionOf is the profession of who acted, in words where the nomenclature has some.
func (b holdingsBook) professionOf(p registry.Practitioner) string {
	if label := b.profession(p.Profession); label != "" {
		return strings.ToLower(label)
	}
	return prefixed("profession\u00A0", p.Profession)
}

func joined(separator string, texts ...string) string {
	return strings.Join(slices.DeleteFunc(texts, func(t string) bool { return t == "" }), separator)
}

func prefixed(prefix, text string) string {
	if text == "" {
		return ""
	}
	return prefix + text
}

func (b holdingsBook) eligibility(e registry.Eligibility) []Row {
	activity := e.Activity
	if known, ok := b.ref.Activity(e.Activity); ok {
		activity = known.Label
	}
	return said(
		Row{"declarerPrescribes", "Déclarant également prescripteur", yesNo(e.DeclarerPrescribes)},
		Row{"prescriber", "Prescripteur", personName(e.Prescriber.FamilyName, e.Prescriber.GivenName)},
		Row{"prescriberNumber", "Numéro RPPS ou AM", e.Prescriber.Number},
		Row{"prescriberStructure", "Structure du prescripteur", e.Prescriber.Structure},
		Row{"prescribedOn", "Date de l’ordonnance", e.PrescribedOn.French()},
		Row{"healthProfessional", "Professionnel de santé", yesNo(e.HealthProfessional)},
		Row{"activity", "Activité principale", activity},
		Row{"patientAgrees", "Accord pour entrer dans le processus de vaccination", yesNo(e.PatientAgrees)},
		Row{"conditionsAccepted", "Conditions de transmission acceptées et personne informée", yesNo(e.ConditionsAccepted)},
	)
}

func (b holdingsBook) dose(d registry.Dose) []Row {
	site, kind := d.Site, d.Location.Type
	if known, ok := b.ref.Site(d.Site); ok {
		site = known.Label
	}
	if known, ok := b.ref.PlaceType(d.Location.Type); ok {
		kind = known.Label
	}
	bookFrom := ""
	if !d.BookFrom.IsZero() {
		bookFrom = d.BookFrom.French()
	}
	l := d.Location
	return said(
		Row{"vaccine", "Vaccin", d.VaccineName + " (" + d.VaccineCode + ")"},
		Row{"lotNumber", "Numéro de lot", d.LotNumber},
		Row{"doseNumber", "Rang vaccinal", strconv.Itoa(d.Number) + " sur " + strconv.Itoa(d.SeriesDoses)},
		Row{"site", "Zone d’injection", site},
		Row{"occurrence", "Date de la vaccination", d.Occurrence.French()},
		Row{"performer", "Injection réalisée par", joined(", ", personName(d.Performer.FamilyName, d.Performer.GivenName), d.Performer.Number)},
		Row{"locationType", "Type de lieu", kind},
		Row{"location", "Lieu de vaccination", joined(", ", l.Name, l.Address, localityInFull(l.Locality))},
		Row{"locationInList", "Lieu choisi dans la liste", joined(", ", l.PlaceLabel, l.PlaceID)},
		Row{"amNumber", "Numéro AM", d.AMNumber},
		Row{"bookFrom", "2ème rendez-vous conseillé à partir du", bookFrom},
	)
}

// staff says who did something of which their identifier alone is kept, for it was about many persons: what they are to the service, as the log does of
// each access, and their name where they signed something of this person. The names of all others are not the person's data
// (docs/formats/donnees-personne.md).
func (b holdingsBook) staff(nationalID string) string {
	if nationalID == "" {
		return ""
	}
	role := registry.RoleSystem.Label()
	if strings.HasPrefix(nationalID, registry.AgentPrefix) {
		role = "Agent habilité"
	}
	return joined(", ", b.people[nationalID].DisplayName(), role, registry.IdentifierLabel(nationalID))
}

// targeted tells of the run that gave the person their code: why they have one, since when, and who answers for it.
func (b holdingsBook) targeted(runs []registry.PersonRun) Chapter {
	c := Chapter{Title: "Ciblage qui vous a donné votre code"}
	if len(runs) == 0 {
		c.Texts = []string{"Aucun ciblage ne vous a donné de code."}
	}
	paris := registry.ZoneOf("")
	for _, r := range runs {
		inForce := "pas encore"
		if !r.EndedAt.IsZero() {
			inForce = preciseMoment(r.EndedAt.In(paris))
		}
		c.Sections = append(c.Sections, Section{Title: "Ciblage n°\u00A0" + strconv.Itoa(r.Number), Rows: []Row{
			{"campaign", "Campagne", r.Campaign},
			{"phase", "Phase", r.Phase},
			{"concerned", "Personnes concernées", r.Concerned},
			{"preparedBy", "Préparé par", b.staff(r.PreparedBy)},
			{"preparedAt", "Préparé le", preciseMoment(r.PreparedAt.In(paris))},
			{"approvedBy", "Approuvé par", b.staff(r.ApprovedBy)},
			{"approvedAt", "Approuvé le", preciseMoment(r.ApprovedAt.In(paris))},
			{"endedAt", "Codes en vigueur depuis le", inForce},
		}})
	}
	return c
}

// lettersSent tells of the letters to the person, and of each time that they were handed over to be printed.
func (b holdingsBook) lettersSent(letters []registry.SentLetter) Chapter {
	c := Chapter{Title: "Lettres qui vous sont adressées"}
	if len(letters) == 0 {
		c.Texts = []string{"Aucune lettre ne vous a été préparée."}
	}
	paris := registry.ZoneOf("")
	for _, l := range letters {
		printed := "pas encore"
		if !l.PrintedAt.IsZero() {
			printed = preciseMoment(l.PrintedAt.In(paris))
		}
		rows := said(
			Row{"reference", "Référence", l.Reference + ", lettre n°\u00A0" + strconv.Itoa(l.Number)},
			Row{"campaign", "Campagne", l.Campaign},
			Row{"askedBy", "Demandée par", b.staff(l.AskedBy)},
			Row{"askedAt", "Demandée le", preciseMoment(l.AskedAt.In(paris))},
			Row{"printedAt", "Mise en page le", printed},
		)
		for i, d := range l.Deliveries {
			rows = append(rows, Row{"delivery" + strconv.Itoa(i+1), "Remise à l’impression", b.staff(d.By) + ", le " + preciseMoment(d.At.In(paris))})
		}
		c.Sections = append(c.Sections, Section{Title: "Lettre " + l.Reference, Rows: rows})
	}
	return c
}

func (b holdingsBook) reports(reports []registry.Report) Chapter {
	c := Chapter{Title: "Signalements sur des actes de votre dossier"}
	if len(reports) == 0 {
		c.Texts = []string{"Aucun acte de votre dossier n’a été signalé."}
	}
	for i, r := range reports {
		about := joined(", ", r.About.DisplayName(), r.Role.Label(), registry.IdentifierLabel(r.About.NationalID), b.professionOf(r.About))
		closedAt := ""
		if !r.IsOpen() {
			closedAt = preciseMoment(r.ClosedAt.In(registry.ZoneOf("")))
		}
		act := fmt.Sprintf("%s, version %d, %s", r.Act.Action.Label(), r.Act.Version, preciseMoment(r.Act.At.In(registry.ZoneOf(""))))
		c.Sections = append(c.Sections, Section{Title: "Signalement n°\u00A0" + strconv.Itoa(i+1), Rows: said(
			Row{"kind", "Objet", r.Kind.Label()},
			Row{"at", "Signalé le", preciseMoment(r.At.In(registry.ZoneOf("")))},
			Row{"about", "Compte", about},
			Row{"where", "Lieu et connexion", joined(", ", r.PlaceName, r.PlaceID, r.Door.Label())},
			Row{"act", "Acte", act},
			Row{"note", "Précision", r.Note},
			Row{"closedAt", "Traité le", closedAt},
			Row{"closedBy", "Traité par", b.staff(r.ClosedBy)},
			Row{"outcome", "Suite donnée", r.Outcome},
		)})
	}
	return c
}

func (b holdingsBook) log(entries []registry.LogEntry) Chapter {
	c := Chapter{Title: "Qui a consulté ou modifié vos données"}
	if len(entries) == 0 {
		c.Texts = []string{"Aucun accès à votre dossier n’est enregistré."}
		return c
	}
	c.Texts = []string{"Du plus ancien au plus récent, à l’heure de Paris. Le nom d’un professionnel est donné quand le téléservice le connaît."}
	c.Table = &Table{
		Heads:  []string{"Date et heure", "Qui", "Lieu et connexion", "Action", "Résultat"},
		Shares: []float64{0.15, 0.26, 0.24, 0.22, 0.13},
	}
	for _, e := range entries {
		c.Table.Rows = append(c.Table.Rows, []string{
			preciseMoment(e.At.In(registry.ZoneOf(""))), b.who(e.Event), joined(", ", e.PlaceName, e.PlaceID, e.Door.Label()), what(e.Event), outcome(e.Event),
		})
	}
	return c
}

// who names someone of the log, who is known there by a number alone.
func (b holdingsBook) who(e registry.Event) string {
	return joined(", ", b.people[e.NationalID].DisplayName(), e.Role.Label(), registry.IdentifierLabel(e.NationalID))
}

func what(e registry.Event) string {
	text := e.Action.Label()
	if e.Version > 0 {
		text += fmt.Sprintf(" (version\u00A0%d)", e.Version)
	}
	return joined(", ", text, e.Reason)
}

func outcome(e registry.Event) string {
	text := e.Outcome.Label()
	if e.Count > 0 {
		text += fmt.Sprintf(" (%d)", e.Count)
	}
	return joined(", ", text, e.Digest)
}

// preciseMoment tells two accesses of one minute apart.
func preciseMoment(t time.Time) string {
	return t.Format("02/01/2006 à 15\u00A0h\u00A004\u00A0min\u00A005\u00A0s")
}
