package web

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"vaccin/internal/nir"
	"vaccin/internal/registry"
	"vaccin/internal/web/ui"
)

// Finding the patient (SRC-1 to 4, 6): by code, which leads to the record, or by NIR, which leads to
// everyone attached to it. What is searched travels in forms and in the sealed session, never in an
// address.

const (
	fieldCode = "code"
	fieldNIR  = "nir"

	searchKey = "searched-nir" // in the session: the 13 characters of the NIR last searched
)

type searchView struct {
	page  ui.Page
	form  ui.Form
	carry *carryView
}

func (s *Server) search(w http.ResponseWriter, r *http.Request, by registry.Actor) error {
	values, kept, err := s.keptValues(r)
	if err != nil {
		return err
	}
	if !kept {
		values = url.Values{}
		if r.URL.Query().Has("corriger") {
			if number, ok, err := s.searchedNIR(r); err != nil {
				return err
			} else if ok {
				values.Set(fieldNIR, number.Format())
			}
		}
	}
	return s.showSearch(w, r, http.StatusOK, ui.Form{Values: values}, kept)
}

func (s *Server) showSearch(w http.ResponseWriter, r *http.Request, status int, form ui.Form, kept bool) error {
	page := s.page(r, "Rechercher un patient")
	page.Form = form
	if kept {
		page.Notice = keptNotice
	}
	carry, err := s.carried(r)
	if err != nil {
		return err
	}
	view := searchView{page: page, form: form}
	if !carry.isZero() {
		ref, err := s.Registry.Reference(r.Context())
		if err != nil {
			return err
		}
		shown := carry.view(ref)
		view.carry = &shown
	}
	return s.render(w, r, status, searchPage(view))
}

// runSearch takes either field; a NIR typed in the field of the code is searched as a NIR, and the
// other way round.
func (s *Server) runSearch(w http.ResponseWriter, r *http.Request, by registry.Actor) error {
	if err := s.dropKept(r); err != nil {
		return err
	}
	if r.PostForm.Has("oublier") {
		s.Auth.Drop(r.Context(), carryKey)
		http.Redirect(w, r, "/recherche", http.StatusSeeOther)
		return nil
	}
	code, number := strings.TrimSpace(r.PostForm.Get(fieldCode)), strings.TrimSpace(r.PostForm.Get(fieldNIR))
	switch {
	case number != "" && !registry.LooksLikeCode(number):
		return s.searchNIR(w, r, fieldNIR, number)
	case number != "":
		return s.searchCode(w, r, by, fieldNIR, number)
	case code == "" && r.PostForm.Has(fieldNIR):
		return s.searchRefused(w, r, http.StatusUnprocessableEntity, fieldNIR, "Saisissez le numéro de sécurité sociale du patient, avec sa clé.")
	case looksLikeNIR(code):
		return s.searchNIR(w, r, fieldCode, code)
	}
	return s.searchCode(w, r, by, fieldCode, code)
}

// looksLikeNIR tells a NIR typed in the field of the code, also one with a mistake in it: its digits are
// as many as a NIR's and not a code's.
func looksLikeNIR(text string) bool {
	_, err := nir.Parse(text)
	var wrong *nir.Error
	if !errors.As(err, &wrong) {
		return err == nil
	}
	switch wrong.Kind {
	case nir.MissingKey, nir.BadFirstDigit, nir.BadMonth, nir.BadDepartment, nir.BadOrder, nir.WrongKey:
		return true
	}
	return false
}

func (s *Server) searchCode(w http.ResponseWriter, r *http.Request, by registry.Actor, field, text string) error {
	record, err := s.Registry.SearchByCode(r.Context(), by, text)
	var refusal *registry.Error
	if errors.As(err, &refusal) && (refusal.Kind == registry.KindInvalid || refusal.Kind == registry.KindNotFound) {
		return s.searchRefused(w, r, statusOf(refusal.Kind), field, refusal.Message)
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/dossiers/"+string(record.ID), http.StatusSeeOther)
	return nil
}

func (s *Server) searchNIR(w http.ResponseWriter, r *http.Request, field, text string) error {
	number, err := nir.Parse(text)
	var wrong *nir.Error
	if errors.As(err, &wrong) {
		return s.searchRefused(w, r, http.StatusUnprocessableEntity, field, wrong.Message())
	}
	if err != nil {
		return err
	}
	if err := s.Auth.Put(r.Context(), searchKey, number.Digits()); err != nil {
		return err
	}
	http.Redirect(w, r, "/recherche/assures", http.StatusSeeOther)
	return nil
}

func (s *Server) searchRefused(w http.ResponseWriter, r *http.Request, status int, field, message string) error {
	form := ui.Form{Values: r.PostForm, Errors: []ui.FieldError{{Field: field, Message: message}}}
	return s.showSearch(w, r, status, form, false)
}

// searchedNIR is the NIR that the session last searched.
func (s *Server) searchedNIR(r *http.Request) (nir.Number, bool, error) {
	var digits string
	ok, err := s.Auth.Get(r.Context(), searchKey, &digits)
	if err != nil || !ok {
		return nir.Number{}, false, err
	}
	number, err := nir.FromDigits(digits)
	return number, err == nil, err
}

// The list of everyone attached to a NIR.

type attachedView struct {
	page    ui.Page
	number  string
	persons []attachedPerson
}

type attachedPerson struct {
	address    string
	name       string
	givenNames string
	birthDate  string
	birthRank  int
	status     statusView
}

// statusView is where a record stands, in words, with the kind that colours it.
type statusView struct{ kind, text string }

func statusOfRecord(r registry.Record) statusView {
	state := r.State()
	switch state {
	case registry.StateNew:
		return statusView{"none", state.Label()}
	case registry.StateEligible, registry.StateFirstDose:
		return statusView{"progress", state.Label()}
	case registry.StateComplete, registry.StateCompleteSingle:
		return statusView{"done", state.Label()}
	}
	return statusView{"attention", state.Label()}
}

func (s *Server) attached(w http.ResponseWriter, r *http.Request, by registry.Actor) error {
	number, ok, err := s.searchedNIR(r)
	if err != nil {
		return err
	}
	if !ok {
		http.Redirect(w, r, "/recherche", http.StatusSeeOther)
		return nil
	}
	records, err := s.Registry.SearchByNIR(r.Context(), by, number)
	if err != nil {
		return err
	}
	view := attachedView{page: s.page(r, "Sélectionner le patient"), number: number.Format()}
	if len(records) == 0 {
		view.page.Title = "Numéro de sécurité sociale inconnu"
	}
	for _, record := range records {
		p := record.Patient
		view.persons = append(view.persons, attachedPerson{
			address: "/dossiers/" + string(record.ID), name: p.NameLabel(), givenNames: p.GivenNames,
			birthDate: p.BirthDate.French(), birthRank: p.BirthRank, status: statusOfRecord(record),
		})
	}
	return s.render(w, r, http.StatusOK, attachedPage(view))
}
