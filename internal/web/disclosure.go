package web

import (
	"bytes"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"vaccin/internal/document"
	"vaccin/internal/referential"
	"vaccin/internal/registry"
	"vaccin/internal/web/ui"
)

// «Demandes d’accès» (SEC-3): the data-protection officer finds a person who asks for their data, and hands over
// all that is held on them, and who saw it. Each step is an entry of the access log with its reason.

const disclosureAddress = "/demandes-acces"

type disclosureView struct {
	page    ui.Page
	form    ui.Form
	persons []foundPerson // among whom to choose
}

type foundPerson struct {
	address, name, givenNames, born string
	rank                            int
}

func (s *Server) disclosure(w http.ResponseWriter, r *http.Request, _ registry.Actor) error {
	values, kept, err := s.keptValues(r)
	if err != nil {
		return err
	}
	view := disclosureView{form: ui.Form{Values: values}}
	if kept {
		view.page.Notice = keptNotice
	}
	return s.showDisclosure(w, r, http.StatusOK, view)
}

func (s *Server) showDisclosure(w http.ResponseWriter, r *http.Request, status int, view disclosureView) error {
	notice := view.page.Notice
	view.page = s.page(r, "Demande d’accès d’une personne")
	view.page.Form, view.page.Notice = view.form, notice
	return s.render(w, r, status, disclosurePage(view))
}

func (s *Server) findPerson(w http.ResponseWriter, r *http.Request, by registry.Actor) error {
	if err := s.dropKept(r); err != nil {
		return err
	}
	found, err := s.Registry.FindPerson(r.Context(), by, r.PostForm.Get(registry.FieldPerson), r.PostForm.Get(registry.FieldRequested) == "on")
	if form, status, ok := personNotFound(w, r, err); ok {
		return s.showDisclosure(w, r, status, disclosureView{form: form})
	}
	if err != nil {
		return err
	}
	if len(found) == 1 {
		http.Redirect(w, r, personAddress(found[0].ID), http.StatusSeeOther)
		return nil
	}
	view := disclosureView{form: ui.Form{Values: r.PostForm}}
	for _, f := range found {
		view.persons = append(view.persons, foundPersonOf(f.Patient, personAddress(f.ID)))
	}
	return s.showDisclosure(w, r, http.StatusOK, view)
}

func foundPersonOf(p registry.Patient, address string) foundPerson {
	return foundPerson{address, p.NameLabel(), p.GivenNames, p.BirthDate.French(), p.BirthRank}
}

// personNotFound is the form again after a search of an agent, with why it found nobody; ok is false when it is not for
// the form to say.
func personNotFound(w http.ResponseWriter, r *http.Request, err error) (form ui.Form, status int, ok bool) {
	var refusal *registry.Error
	switch {
	case errors.As(err, &refusal) && refusal.Kind == registry.KindInvalid:
		form, _ := formOf(r.PostForm, err)
		return form, http.StatusUnprocessableEntity, true
	case errors.As(err, &refusal) && beside(refusal.Kind):
		sayWhenToRetry(w, refusal)
		form := ui.Form{Values: r.PostForm, Errors: []ui.FieldError{{Field: registry.FieldPerson, Message: refusal.Message}}}
		if refusal.Kind == registry.KindThrottled {
			form.Message = titleOf[http.StatusTooManyRequests]
		}
		return form, statusOf(refusal.Kind), true
	}
	return ui.Form{}, 0, false
}

func personAddress(id registry.RecordID) string {
	return disclosureAddress + "/" + url.PathEscape(string(id))
}

type personView struct {
	page    ui.Page
	id      string
	rows    []ui.Row
	address string
}

func (s *Server) person(w http.ResponseWriter, r *http.Request, by registry.Actor) error {
	held, err := s.held(r, by)
	if err != nil {
		return err
	}
	p := held.Record.Patient
	view := personView{page: s.page(r, "Données détenues sur une personne"), id: string(held.Record.ID), address: personAddress(held.Record.ID)}
	view.rows = []ui.Row{
		{Key: "name", Label: "Nom et prénoms", Value: p.FullName()},
		{Key: "born", Label: "Date de naissance", Value: p.BirthDate.French()},
		{Key: "sex", Label: "Sexe", Value: p.Sex.Label()},
		{Key: "eligibilities", Label: "Déclarations d’éligibilité", Value: strconv.Itoa(len(held.Record.Eligibilities))},
		{Key: "doses", Label: "Vaccinations", Value: strconv.Itoa(len(held.Record.FirstDoses) + len(held.Record.SecondDoses))},
		{Key: "objections", Label: "Oppositions", Value: objectionsHeld(held.Record)},
		{Key: "run", Label: "Ciblage", Value: targetedBy(held.Runs)},
		{Key: "letters", Label: "Lettres", Value: strconv.Itoa(len(held.Letters))},
		{Key: "reports", Label: "Signalements", Value: strconv.Itoa(len(held.Reports))},
		{Key: "log", Label: "Accès au dossier", Value: strconv.Itoa(len(held.Log))},
	}
	return s.render(w, r, http.StatusOK, personPage(view))
}

// targetedBy names the run that gave a person their code: «n° 3, De 65 à 74 ans».
func targetedBy(runs []registry.PersonRun) string {
	if len(runs) == 0 {
		return "Aucun n’a donné de code"
	}
	last := runs[len(runs)-1]
	return "n°" + nbsp + strconv.Itoa(last.Number) + ", " + together(last.Campaign)
}

// objectionsHeld is how many objections a record has, and what became of the last: «2, la dernière du 30/01/2021 (courrier),
// en vigueur».
func objectionsHeld(record registry.Record) string {
	n := len(record.Objections)
	if n == 0 {
		return "0"
	}
	o := record.Objections[n-1]
	told := func(s registry.Statement) string {
		return s.On.French() + " (" + strings.ToLower(s.Channel.Label()) + ")"
	}
	text := strconv.Itoa(n) + ", la dernière du " + told(o.Made)
	switch {
	case o.Withdrawn != nil:
		return text + ", retirée le " + told(*o.Withdrawn)
	case record.Objects():
		return text + ", en vigueur"
	}
	return text + ", levée par un accord"
}

// held is all that is held on the person of an address.
func (s *Server) held(r *http.Request, by registry.Actor) (registry.Holdings, error) {
	return s.Registry.Holdings(r.Context(), by, registry.RecordID(r.PathValue("person")))
}

func (s *Server) personPDF(w http.ResponseWriter, r *http.Request, by registry.Actor) error {
	held, err := s.held(r, by)
	if err != nil {
		return err
	}
	ref, err := s.Registry.Reference(r.Context())
	if err != nil {
		return err
	}
	var body bytes.Buffer
	if err := s.printer.Booklet(&body, document.OfHoldings(held, ref, professionLabel, s.Registry.Security())); err != nil {
		return err
	}
	return send(w, &body, "application/pdf", "donnees-personne.pdf")
}

func (s *Server) personJSON(w http.ResponseWriter, r *http.Request, by registry.Actor) error {
	held, err := s.held(r, by)
	if err != nil {
		return err
	}
	var body bytes.Buffer
	if err := document.WriteHoldings(&body, held, s.Registry.Security()); err != nil {
		return err
	}
	return send(w, &body, "application/json", "donnees-personne.json")
}

// professionLabel names a profession; empty for a code that is none.
func professionLabel(code string) string {
	p, _ := referential.ProfessionByCode(code)
	return p.Label
}
