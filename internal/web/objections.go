package web

import (
	"net/http"
	"net/url"

	"vaccin/internal/registry"
	"vaccin/internal/web/ui"
)

// «Oppositions» (TGT-6): an agent finds a person, who they are and nothing of their vaccination, and records that they
// object to being targeted, or take that back, with the day and the channel.

const (
	objectionsAddress = "/oppositions"
	withdrawalPath    = "/retrait" // after a person's address
)

// objectionsTable registers the addresses of whoever records what persons say against being targeted.
func (s *Server) objectionsTable(t *table) {
	pages := func(pattern string, h pageOf) { s.entitled(t, pattern, registry.MayObject, h) }
	pages("GET "+objectionsAddress, s.objections)
	pages("POST "+objectionsAddress, s.findObjector)
	pages("GET "+objectionsAddress+"/{person}", s.statementForm(objecting))
	pages("POST "+objectionsAddress+"/{person}", s.sendStatement(objecting))
	pages("GET "+objectionsAddress+"/{person}"+withdrawalPath, s.statementForm(withdrawing))
	pages("POST "+objectionsAddress+"/{person}"+withdrawalPath, s.sendStatement(withdrawing))
}

type objectionsView struct {
	page    ui.Page
	form    ui.Form
	until   string
	persons []foundPerson // among whom to choose
}

// objectionUntil says until when one may object, of the step that ends it; who is «il» or «elle».
func objectionUntil(limit registry.Step, who string) string {
	if limit == registry.StepEligibility {
		return "tant qu’" + who + " n’a pas donné son accord à la vaccination"
	}
	return "tant qu’" + who + " n’a pas reçu de première injection"
}

func (s *Server) objections(w http.ResponseWriter, r *http.Request, by registry.Actor) error {
	values, kept, err := s.keptValues(r)
	if err != nil {
		return err
	}
	view := objectionsView{form: ui.Form{Values: values}}
	if kept {
		view.page.Notice = keptNotice
	}
	return s.showObjections(w, r, by, http.StatusOK, view)
}

func (s *Server) showObjections(w http.ResponseWriter, r *http.Request, by registry.Actor, status int, view objectionsView) error {
	c, err := s.Registry.Case(r.Context(), by)
	if err != nil {
		return err
	}
	notice := view.page.Notice
	view.page, view.until = s.page(r, "Oppositions"), objectionUntil(c.Reference.ObjectionLimit(c.Today), "elle")
	view.page.Form, view.page.Notice = view.form, notice
	return s.render(w, r, status, objectionsPage(view))
}

func (s *Server) findObjector(w http.ResponseWriter, r *http.Request, by registry.Actor) error {
	if err := s.dropKept(r); err != nil {
		return err
	}
	found, err := s.Registry.FindObjector(r.Context(), by, r.PostForm.Get(registry.FieldPerson))
	if form, status, ok := personNotFound(w, r, err); ok {
		return s.showObjections(w, r, by, status, objectionsView{form: form})
	}
	if err != nil {
		return err
	}
	if len(found) == 1 {
		http.Redirect(w, r, objectorAddress(found[0].ID), http.StatusSeeOther)
		return nil
	}
	view := objectionsView{form: ui.Form{Values: r.PostForm}}
	for _, f := range found {
		view.persons = append(view.persons, foundPersonOf(f.Patient, objectorAddress(f.ID)))
	}
	return s.showObjections(w, r, by, http.StatusOK, view)
}

func objectorAddress(id registry.RecordID) string {
	return objectionsAddress + "/" + url.PathEscape(string(id))
}
