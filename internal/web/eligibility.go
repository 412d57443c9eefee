package web

import (
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"vaccin/internal/registry"
	"vaccin/internal/web/ui"
)

// The declaration of eligibility (ELI-1 to 7), and its modification.

type eligibilityView struct {
	page       ui.Page
	form       ui.Form
	action     string
	rectify    bool
	support    bool     // an agent corrects what a practitioner declared
	prescriber []ui.Row // the declarer, when they prescribe
	objection  string   // that the person objects, and what it means
	activities []ui.Choice
}

// Hidden fields of every act: which form it is, and which entry it shows, at which version.
const (
	fieldRequest = "request"
	fieldEntry   = "entry"
	fieldFrom    = "from"
)

// newForm is an empty form of an act, or of what is asked for once, with an identity of its own.
func newForm() url.Values { return url.Values{fieldRequest: {rand.Text()}} }

// act makes a use case's act of the form that was sent.
func act(r *http.Request, by registry.Actor, step registry.Step) registry.Act {
	return registry.Act{
		By: by, Record: registry.RecordID(r.PathValue("id")), Step: step, Request: r.PostForm.Get(fieldRequest),
		Entry: shownNumber(r, fieldEntry), From: shownNumber(r, fieldFrom), Reason: r.PostForm.Get(registry.FieldReason),
	}
}

// shownNumber is a number that the form carries. A form made by hand without it gets -1, which no entry
// or version has; a first declaration shows none, and its rule does not look.
func shownNumber(r *http.Request, field string) int {
	n, err := strconv.ParseInt(r.PostForm.Get(field), 10, 32)
	if err != nil {
		return -1
	}
	return int(n)
}

// showing makes a form say which entry it shows, at which version.
func showing(values url.Values, entry, version int) {
	values.Set(fieldEntry, strconv.Itoa(entry))
	values.Set(fieldFrom, strconv.Itoa(version))
}

func (s *Server) eligibilityForm(w http.ResponseWriter, r *http.Request, by registry.Actor, record registry.Record) error {
	values, kept, err := s.keptValues(r)
	if err != nil {
		return err
	}
	if !kept {
		values = newForm()
	}
	return s.showEligibilityForm(w, r, by, record, http.StatusOK, ui.Form{Values: values}, false, kept)
}

func (s *Server) eligibilityRectification(w http.ResponseWriter, r *http.Request, by registry.Actor, record registry.Record) error {
	values, kept, err := s.keptValues(r)
	if err != nil {
		return err
	}
	if !kept {
		entry, _ := record.Eligibility()
		values = eligibilityValues(entry.Current().Content)
		showing(values, entry.Sequence, entry.Current().Number)
	}
	return s.showEligibilityForm(w, r, by, record, http.StatusOK, ui.Form{Values: values}, true, kept)
}

// eligibilityValues are the fields of a declaration as they stand, to modify them.
func eligibilityValues(e registry.Eligibility) url.Values {
	v := newForm()
	v.Set(registry.FieldPrescribes, yesNo(e.DeclarerPrescribes))
	if !e.DeclarerPrescribes {
		v.Set(registry.FieldPrescriberFamily, e.Prescriber.FamilyName)
		v.Set(registry.FieldPrescriberGiven, e.Prescriber.GivenName)
		v.Set(registry.FieldPrescriberNumber, e.Prescriber.Number)
		v.Set(registry.FieldStructure, e.Prescriber.Structure)
	}
	v.Set(registry.FieldPrescribedOn, e.PrescribedOn.French())
	v.Set(registry.FieldHealthProfessional, yesNo(e.HealthProfessional))
	v.Set(registry.FieldActivity, e.Activity)
	v.Set(registry.FieldPatientAgrees, "on")
	v.Set(registry.FieldConditions, "on")
	return v
}

func yesNo(b bool) string {
	if b {
		return registry.Yes
	}
	return registry.No
}

func (s *Server) showEligibilityForm(w http.ResponseWriter, r *http.Request, by registry.Actor, record registry.Record, status int, form ui.Form, rectify, kept bool) error {
	ref, err := s.Registry.Reference(r.Context())
	if err != nil {
		return err
	}
	declarer := by
	if e, ok := record.Eligibility(); ok && rectify {
		declarer = authorOf(e.Author())
	}
	p := registry.PrefillPrescriber(declarer)
	view := eligibilityView{
		page: s.recordFrame(r, record, "Déclarer l’éligibilité", registry.StepEligibility), form: form, rectify: rectify, support: by.Role == registry.RoleSupport,
		action: stepAddress(record.ID, registry.StepEligibility), objection: objectionSentence(record, by),
		prescriber: []ui.Row{
			{Key: "familyName", Label: "Nom", Value: p.FamilyName},
			{Key: "givenName", Label: "Prénom", Value: p.GivenName},
			{Key: "number", Label: "Numéro RPPS ou AM", Value: p.Number},
			{Key: "structure", Label: "Structure", Value: p.Structure},
		},
	}
	for _, a := range ref.Activities {
		view.activities = append(view.activities, ui.Choice{Value: a.Code, Label: a.Label})
	}
	if rectify {
		view.page.Title = "Modifier l’éligibilité"
		view.action += "/modifier"
	}
	view.page.Form = form
	if kept {
		view.page.Notice = keptNotice
	}
	return s.render(w, r, status, eligibilityPage(view))
}

// authorOf is who first validated an entry, from where: what a form takes from the session is theirs whoever
// rectifies it, as the registry decides.
func authorOf(signed registry.Signature) registry.Actor {
	return registry.Actor{Role: signed.Role, Practitioner: signed.Practitioner, Place: signed.Place}
}

func eligibilityRequest(f url.Values) registry.EligibilityRequest {
	return registry.EligibilityRequest{
		Prescribes: f.Get(registry.FieldPrescribes), FamilyName: f.Get(registry.FieldPrescriberFamily),
		GivenName: f.Get(registry.FieldPrescriberGiven), Number: f.Get(registry.FieldPrescriberNumber),
		Structure: f.Get(registry.FieldStructure), PrescribedOn: f.Get(registry.FieldPrescribedOn),
		HealthProfessional: f.Get(registry.FieldHealthProfessional), Activity: f.Get(registry.FieldActivity),
		PatientAgrees: f.Get(registry.FieldPatientAgrees) == "on", ConditionsAccepted: f.Get(registry.FieldConditions) == "on",
		Confirmed: f[fieldConfirmed],
	}
}

func (s *Server) declareEligibility(w http.ResponseWriter, r *http.Request, by registry.Actor) error {
	return s.sendEligibility(w, r, by, false)
}

func (s *Server) rectifyEligibility(w http.ResponseWriter, r *http.Request, by registry.Actor) error {
	return s.sendEligibility(w, r, by, true)
}

func (s *Server) sendEligibility(w http.ResponseWriter, r *http.Request, by registry.Actor, rectify bool) error {
	if err := s.dropKept(r); err != nil {
		return err
	}
	send := s.Registry.DeclareEligibility
	if rectify {
		send = s.Registry.RectifyEligibility
	}
	done, err := send(r.Context(), act(r, by, registry.StepEligibility), eligibilityRequest(r.PostForm))
	if err == nil {
		return s.afterAct(w, r, done, registry.StepEligibility, rectify)
	}
	return s.actRefused(w, r, by, done, registry.StepEligibility, err, func(record registry.Record, form ui.Form) error {
		return s.showEligibilityForm(w, r, by, record, http.StatusUnprocessableEntity, form, rectify, false)
	})
}

// afterAct leads from a form to the summary of what now stands.
func (s *Server) afterAct(w http.ResponseWriter, r *http.Request, done registry.Done, step registry.Step, rectify bool) error {
	sentence := ""
	lifting, lifted := done.Record.ObjectionLifted()
	switch {
	case !rectify && !done.Already && lifted && lifting == step:
		sentence = "L’opposition de cette personne est levée par son accord."
	case done.Already && rectify:
		sentence = "Aucune modification : l’enregistrement est inchangé."
	case rectify:
		sentence = "Modification enregistrée. Imprimez et remettez la nouvelle synthèse au patient."
	}
	if sentence != "" {
		if err := s.flash(r, sentence); err != nil {
			return err
		}
	}
	http.Redirect(w, r, stepAddress(done.Record.ID, step), http.StatusSeeOther)
	return nil
}

// actRefused shows the form again with what is to be corrected, or, when the act cannot be done any
// more, what stands in the record beside what was typed.
func (s *Server) actRefused(w http.ResponseWriter, r *http.Request, by registry.Actor, done registry.Done, step registry.Step, err error, again func(registry.Record, ui.Form) error) error {
	var refusal *registry.Error
	if !errors.As(err, &refusal) || refusal.Kind == registry.KindNotFound {
		return err
	}
	record := done.Record
	if refusal.Kind != registry.KindConflict {
		if record, err = s.readRecord(r, by, registry.ActionRead); err != nil {
			return err
		}
	}
	if form, err := formOf(r.PostForm, refusal); err == nil {
		return again(record, form)
	}
	return s.overtaken(w, r, record, step, refusal)
}
