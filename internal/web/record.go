package web

import (
	"errors"
	"net/http"

	"vaccin/internal/document"
	"vaccin/internal/registry"
	"vaccin/internal/web/ui"
)

// The record of a patient: where it stands, and the way to the next step (SRC-6).

type recordView struct {
	page    ui.Page
	status  statusView
	next    string // label of the next step's button; empty when the record is complete
	address string
	facts   []ui.Row
	history []link

	died      string // that the referential knows of the person’s death; empty where it does not
	objection string // that the person objects, and what it means; empty where they do not
}

// link is an address with its words.
type link struct{ address, label string }

func (s *Server) readRecord(r *http.Request, by registry.Actor, action registry.Action) (registry.Record, error) {
	return s.Registry.Read(r.Context(), by, registry.RecordID(r.PathValue("id")), action)
}

// recordFrame is the frame of every page of a record: the patient, and the tabs with the current one.
func (s *Server) recordFrame(r *http.Request, record registry.Record, title string, current registry.Step) ui.Page {
	page := s.page(r, title)
	p := record.Patient
	page.Patient = &ui.Patient{Name: p.FullName(), BirthDate: p.BirthDate.French(), Sex: p.Sex.Label()}
	if !record.Code.IsZero() {
		page.Patient.Code = record.Code.Format()
	}
	page.Steps = stepTabs(record, current)
	if login, _ := s.login(r); login.IsAgent() {
		withoutForms(page.Steps)
	}
	return page
}

// noStep is the current step of pages that are of the record as a whole.
const noStep registry.Step = -1

// stepTabs are the tabs of a record. A finished step is greyed and still opens its summary; the second
// vaccination is absent for a single-dose vaccine.
func stepTabs(record registry.Record, current registry.Step) []ui.StepTab {
	tabs := []ui.StepTab{}
	next, hasNext := record.NextStep()
	for _, step := range steps {
		if step == registry.StepSecondDose && record.SingleDose() {
			continue
		}
		tab := ui.StepTab{Label: step.Label(), Current: step == current, Done: record.Done(step), State: "Étape à venir"}
		switch {
		case tab.Done:
			tab.State, tab.Address = "Enregistrée, voir la synthèse", stepAddress(record.ID, step)
		case hasNext && step == next:
			tab.State, tab.Address = "À faire", stepAddress(record.ID, step)
			if tab.Current {
				tab.State = "En cours"
			}
		}
		tabs = append(tabs, tab)
	}
	return tabs
}

// withoutForms takes from tabs the way to the forms of steps to be done, which are a practitioner's.
func withoutForms(tabs []ui.StepTab) {
	for i := range tabs {
		if !tabs[i].Done {
			tabs[i].Address = ""
		}
	}
}

var nextLabels = map[registry.Step]string{
	registry.StepEligibility: "Déclarer l’éligibilité",
	registry.StepFirstDose:   "Enregistrer la 1ère vaccination",
	registry.StepSecondDose:  "Enregistrer la 2ème vaccination",
}

func (s *Server) record(w http.ResponseWriter, r *http.Request, by registry.Actor) error {
	record, err := s.readRecord(r, by, registry.ActionRead)
	if err != nil {
		return err
	}
	ref, err := s.Registry.Reference(r.Context())
	if err != nil {
		return err
	}
	bookFrom := record.BookFrom(ref, s.Registry.Business())
	view := recordView{page: s.recordFrame(r, record, "Dossier du patient", noStep), status: statusOfRecord(record), facts: recordFacts(record, bookFrom), history: history(record)}
	view.died, view.objection = diedSentence(record, by), objectionSentence(record, by)
	if step, ok := record.NextStep(); ok && by.Role == registry.RolePractitioner {
		view.next, view.address = nextLabels[step], stepAddress(record.ID, step)
	}
	if view.page.Notice, err = s.takeFlash(r); err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, recordPage(view))
}

// diedSentence tells whoever opens a record that the referential knows its person as dead, which may be another patient's record, or
// an error; nothing where it does not.
func diedSentence(record registry.Record, by registry.Actor) string {
	if record.Died.IsZero() {
		return ""
	}
	died := "L’Assurance Maladie connaît cette personne comme décédée le " + record.Died.French() + "."
	if by.Role != registry.RolePractitioner {
		return died
	}
	return died + " Vérifiez que c’est bien le dossier de votre patient. Si c’est une erreur, vous pouvez enregistrer un acte" + nbsp +
		"; invitez le patient à la signaler à sa caisse."
}

// history links to every step that has more to read than what stands: earlier versions, annulled entries.
func history(record registry.Record) []link {
	links := []link{}
	for _, step := range steps {
		if hasHistory(record, step) {
			links = append(links, link{stepAddress(record.ID, step) + "/versions", "Versions précédentes : " + step.Label()})
		}
	}
	return links
}

// recordFacts are what a hurried doctor wants of a record before anything else.
func recordFacts(record registry.Record, bookFrom registry.Date) []ui.Row {
	rows := []ui.Row{}
	if e, ok := record.Eligibility(); ok {
		rows = append(rows, ui.Row{Key: "eligibility", Label: "Éligibilité", Value: "déclarée par " + whoAndWhen(e.Author())})
	}
	for _, step := range []registry.Step{registry.StepFirstDose, registry.StepSecondDose} {
		if d, ok := record.Dose(step); ok {
			c := d.Current().Content
			rows = append(rows, ui.Row{
				Key: slugs[step], Label: step.Label(), Value: c.VaccineName + ", lot " + c.LotNumber + ", le " + c.Occurrence.French(),
			})
		}
	}
	if !bookFrom.IsZero() {
		rows = append(rows, ui.Row{Key: "bookFrom", Label: "2ème rendez-vous", Value: "à partir du " + bookFrom.French()})
	}
	return rows
}

// nbsp is a no-break space, as French sets one between an hour and its «h».
const nbsp = "\u00a0"

func whoAndWhen(signed registry.Signature) string {
	return signed.Practitioner.DisplayName() + ", le " + registry.FrenchMoment(signed.At, signed.Place.PostalCode)
}

// The page of a step: its form while it is to be done, its summary afterwards.

func (s *Server) step(step registry.Step) pageOf {
	return func(w http.ResponseWriter, r *http.Request, by registry.Actor) error {
		record, err := s.readRecord(r, by, registry.ActionRead)
		if err != nil {
			return err
		}
		if record.Done(step) {
			return s.showSummary(w, r, by, record, step)
		}
		if err := s.may(registry.MayDeclare, r, by, record, step); err != nil {
			return s.stepRefused(w, r, record, step, err)
		}
		if step == registry.StepEligibility {
			return s.eligibilityForm(w, r, by, record)
		}
		return s.doseForm(w, r, by, record, step)
	}
}

// stepRefused tells why a step cannot be opened, in its record, with what stands there.
func (s *Server) stepRefused(w http.ResponseWriter, r *http.Request, record registry.Record, step registry.Step, err error) error {
	var refusal *registry.Error
	if !errors.As(err, &refusal) {
		return err
	}
	return s.overtaken(w, r, record, step, refusal)
}

// may asks a rule of the policy about a step of a record.
func (s *Server) may(rule func(registry.Case) error, r *http.Request, by registry.Actor, record registry.Record, step registry.Step) error {
	c, err := s.Registry.Case(r.Context(), by)
	if err != nil {
		return err
	}
	c.Record, c.Step = record, step
	return rule(c)
}

// rectifyForm shows the form of a step as it stands, to who may modify it.
func (s *Server) rectifyForm(step registry.Step) pageOf {
	return func(w http.ResponseWriter, r *http.Request, by registry.Actor) error {
		record, err := s.readRecord(r, by, registry.ActionRead)
		if err != nil {
			return err
		}
		if err := s.may(withReason(registry.MayRectify), r, by, record, step); err != nil {
			return s.stepRefused(w, r, record, step, err)
		}
		if step == registry.StepEligibility {
			return s.eligibilityRectification(w, r, by, record)
		}
		return s.doseRectification(w, r, by, record, step)
	}
}

// withReason is a rule as it will be once the reason that the page asks for is given.
func withReason(rule func(registry.Case) error) func(registry.Case) error {
	return func(c registry.Case) error {
		c.Reason = "asked for on the page"
		return rule(c)
	}
}

type summaryView struct {
	page        ui.Page
	summary     document.Summary
	base        string // address of the step
	mayRectify  bool
	mayAnnul    bool
	support     bool // an agent reads what a practitioner validated
	versions    bool // there is more than the current version to read
	next        string
	nextAddress string
	patientNext bool // «Patient suivant», after a dose
}

func (s *Server) showSummary(w http.ResponseWriter, r *http.Request, by registry.Actor, record registry.Record, step registry.Step) error {
	c, err := s.Registry.Case(r.Context(), by)
	if err != nil {
		return err
	}
	summary, _ := document.OfStep(record, step, s.facts(c.Reference))
	c.Record, c.Step = record, step
	view := summaryView{
		page: s.recordFrame(r, record, summary.Title, step), summary: summary, base: stepAddress(record.ID, step),
		mayRectify: withReason(registry.MayRectify)(c) == nil, mayAnnul: withReason(registry.MayAnnul)(c) == nil,
		versions: hasHistory(record, step), support: by.Role == registry.RoleSupport,
	}
	if practitioner := by.Role == registry.RolePractitioner; practitioner {
		view.patientNext = step != registry.StepEligibility
	}
	if next, ok := record.NextStep(); ok && next == step+1 && !view.support {
		view.next, view.nextAddress = nextLabels[next], stepAddress(record.ID, next)
	}
	if notice, err := s.takeFlash(r); err != nil {
		return err
	} else if notice != "" {
		view.page.Notice = notice
	}
	return s.render(w, r, http.StatusOK, summaryPage(view))
}

func (s *Server) facts(ref registry.Reference) document.Facts {
	return document.Facts{
		Reference: ref, Now: s.Registry.Business(), Texts: document.Texts{AdverseEffectsURL: s.Settings.AdverseEffectsURL},
	}
}

// A flash is one sentence for the next page.

const flashKey = "flash"

func (s *Server) flash(r *http.Request, sentence string) error {
	return s.Auth.Put(r.Context(), flashKey, sentence)
}

func (s *Server) takeFlash(r *http.Request) (string, error) {
	var sentence string
	if ok, err := s.Auth.Get(r.Context(), flashKey, &sentence); err != nil || !ok {
		return "", err
	}
	s.Auth.Drop(r.Context(), flashKey)
	return sentence, nil
}

const flashAboutKey = "flash-about"

// flashAbout is a flash of which some words lead to what it is about.
func (s *Server) flashAbout(r *http.Request, sentence string, about ui.Link) error {
	return errors.Join(s.flash(r, sentence), s.Auth.Put(r.Context(), flashAboutKey, about))
}

// takeFlashAbout puts the flash at the top of a page, with what it is about.
func (s *Server) takeFlashAbout(r *http.Request, page *ui.Page) (err error) {
	if page.Notice, err = s.takeFlash(r); err != nil {
		return err
	}
	ok, err := s.Auth.Get(r.Context(), flashAboutKey, &page.Noticed)
	if ok {
		s.Auth.Drop(r.Context(), flashAboutKey)
	}
	return err
}

// conflictView shows what stands, and what was typed and not recorded.
type conflictView struct {
	page    ui.Page
	reason  string
	summary document.Summary
	base    string
	typed   []ui.Row
}

// overtaken answers an act that can no longer be done: it shows what is recorded and keeps in sight
// what was typed.
func (s *Server) overtaken(w http.ResponseWriter, r *http.Request, record registry.Record, step registry.Step, refusal *registry.Error) error {
	ref, err := s.Registry.Reference(r.Context())
	if err != nil {
		return err
	}
	status := statusOf(refusal.Kind)
	summary, _ := document.OfStep(record, step, s.facts(ref))
	view := conflictView{
		page: s.recordFrame(r, record, titleOf[status], step), reason: refusal.Message, summary: summary,
		base: "/dossiers/" + string(record.ID), typed: typedRows(r.PostForm, ref),
	}
	if summary.Title != "" {
		view.base = stepAddress(record.ID, step)
	}
	return s.render(w, r, status, conflictPage(view))
}
