package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"vaccin/internal/auth"
	"vaccin/internal/nir"
	"vaccin/internal/registry"
	"vaccin/internal/web/ui"
)

// Finding the patient (SRC-1 to 4, 6): by code, which leads to the record, or by NIR, which leads to
// everyone attached to it. What is searched travels in forms and in sealed cookies of the session, never in
// an address: so a search writes its own entry of the log, and nothing else.

const (
	searchPath = "/recherche"

	fieldCode = "code"
	fieldNIR  = "nir"

	searchParam  = "recherche" // the name of a search in addresses: random, so that each tab keeps its own
	searchesKept = 8
)

// searches are what the browser keeps of the last searches by NIR.
var searches = auth.Jar{Name: "search", Most: searchesKept}

type searchView struct {
	page   ui.Page
	form   ui.Form
	carry  *carryView
	reader string // address of the card-reading program; empty when cards are not read
}

func (s *Server) search(w http.ResponseWriter, r *http.Request, by registry.Actor) error {
	values, kept, err := s.keptValues(r)
	if err != nil {
		return err
	}
	if !kept {
		values = url.Values{}
		if number, _, ok := s.searchedNIR(r); ok && r.URL.Query().Has(searchParam) {
			values.Set(fieldNIR, number.Format())
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
	view := searchView{page: page, form: form, reader: s.reader(r)}
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
		return s.searchNIR(w, r, by, fieldNIR, number)
	case number != "":
		return s.searchCode(w, r, by, fieldNIR, number)
	case code == "" && r.PostForm.Has(fieldNIR):
		return s.searchRefused(w, r, registry.Invalid("Saisissez le numéro de sécurité sociale du patient, avec sa clé."), fieldNIR)
	case looksLikeNIR(code):
		return s.searchNIR(w, r, by, fieldCode, code)
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
	if errors.As(err, &refusal) && beside(refusal.Kind) {
		return s.searchRefused(w, r, refusal, field)
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/dossiers/"+string(record.ID), http.StatusSeeOther)
	return nil
}

func (s *Server) searchNIR(w http.ResponseWriter, r *http.Request, by registry.Actor, field, text string) error {
	number, err := nir.Parse(text)
	var wrong *nir.Error
	if errors.As(err, &wrong) {
		refusal := registry.Invalid(wrong.Message())
		err := s.Registry.MalformedNIR(r.Context(), by, refusal)
		if errors.As(err, &refusal) && beside(refusal.Kind) {
			return s.searchRefused(w, r, refusal, field)
		}
		return err
	}
	if err != nil {
		return err
	}
	name, err := s.keepSearch(w, r, number, cardOf(r.PostForm))
	if err != nil {
		return err
	}
	http.Redirect(w, r, searchAddress("/recherche/assures", name), http.StatusSeeOther)
	return nil
}

// keptSearch is a search that the browser keeps, with whom it was filled from if a card was read.
type keptSearch struct {
	Digits string       // the 13 characters of the NIR
	Card   cardIdentity `json:",omitzero"`
	Made   bool         `json:",omitempty"` // and counted: the number may be entered by hand

	kept auth.Kept
}

func (k keptSearch) number() (nir.Number, error) { return nir.FromDigits(k.Digits) }

// data is the search as it is sealed. Signs of pages are not written as pages need them: they would take six
// times their room.
func (k keptSearch) data() ([]byte, error) {
	var data bytes.Buffer
	to := json.NewEncoder(&data)
	to.SetEscapeHTML(false)
	if err := to.Encode(k); err != nil {
		return nil, fmt.Errorf("writing a search: %w", err)
	}
	return data.Bytes(), nil
}

func searchAddress(path, name string) string { return path + "?" + searchParam + "=" + name }

// keepSearch has the browser keep a searched NIR, among the last few, and names it.
func (s *Server) keepSearch(w http.ResponseWriter, r *http.Request, number nir.Number, card cardIdentity) (name string, err error) {
	data, err := keptSearch{Digits: number.Digits(), Card: card}.data()
	if err != nil {
		return "", err
	}
	return s.Auth.Keep(w, r, searches, data)
}

// searchMade notes that a kept search was made.
func (s *Server) searchMade(w http.ResponseWriter, r *http.Request, search keptSearch) error {
	if search.Made {
		return nil
	}
	search.Made = true
	data, err := search.data()
	if err != nil {
		return err
	}
	search.kept.Data = data
	return s.Auth.KeepAgain(w, r, searches, search.kept)
}

// beside tells the refusals of a search that are said beside what was typed.
func beside(kind registry.Kind) bool {
	return kind == registry.KindInvalid || kind == registry.KindNotFound || kind == registry.KindThrottled
}

func (s *Server) searchRefused(w http.ResponseWriter, r *http.Request, refusal *registry.Error, field string) error {
	sayWhenToRetry(w, refusal)
	form := ui.Form{Values: r.PostForm, Errors: []ui.FieldError{{Field: field, Message: refusal.Message}}}
	if refusal.Kind == registry.KindThrottled {
		form.Message = titleOf[http.StatusTooManyRequests] // nothing is to be corrected
	}
	return s.showSearch(w, r, statusOf(refusal.Kind), form, false)
}

// searched is the search of that name, or the last one when it has none; if the browser keeps it.
func (s *Server) searched(r *http.Request, name string) (search keptSearch, ok bool) {
	kept, ok := s.Auth.Kept(r, searches, name)
	if !ok || json.Unmarshal(kept.Data, &search) != nil { // sealed by another version, it is none
		return keptSearch{}, false
	}
	search.kept = kept
	return search, true
}

// searchedNIR is the search that the address names, and its NIR.
func (s *Server) searchedNIR(r *http.Request) (number nir.Number, search keptSearch, ok bool) {
	search, ok = s.searched(r, r.URL.Query().Get(searchParam))
	if !ok {
		return nir.Number{}, keptSearch{}, false
	}
	number, err := search.number()
	return number, search, err == nil
}

// The list of everyone attached to a NIR.

type attachedView struct {
	page    ui.Page
	number  string
	correct string // address of the search, to correct the number
	enter   string // address of the manual entry; empty for who may not enter patients
	persons []attachedPerson
	card    string // who was read on a carte Vitale; empty when none was
}

// pointedOut tells whether someone of the list is on the card.
func (v attachedView) pointedOut() bool {
	return slices.ContainsFunc(v.persons, func(p attachedPerson) bool { return p.likeness != unlike })
}

type attachedPerson struct {
	address    string
	name       string
	givenNames string
	birthDate  string
	birthRank  int
	died       string // empty for who is not known as dead
	status     statusView
	likeness   likeness
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
	number, search, ok := s.searchedNIR(r)
	if !ok {
		http.Redirect(w, r, "/recherche", http.StatusSeeOther)
		return nil
	}
	records, err := s.Registry.SearchByNIR(r.Context(), by, number)
	if err != nil {
		return err
	}
	if err := s.searchMade(w, r, search); err != nil {
		return err
	}
	name := r.URL.Query().Get(searchParam)
	view := attachedView{
		page: s.page(r, "Sélectionner le patient"), number: number.Format(),
		correct: searchAddress("/recherche", name),
	}
	c, err := s.Registry.Case(r.Context(), by)
	if err != nil {
		return err
	}
	if registry.MayRegister(c) == nil {
		view.enter = searchAddress("/patients/nouveau", name)
	}
	if len(records) == 0 {
		view.page.Title = "Numéro de sécurité sociale inconnu"
	}
	patients := make([]registry.Patient, len(records))
	for i, record := range records {
		patients[i] = record.Patient
	}
	if !search.Card.isZero() {
		view.card = search.Card.summary()
	}
	like := search.Card.pointOut(patients)
	for i, record := range records {
		p := record.Patient
		view.persons = append(view.persons, attachedPerson{
			address: "/dossiers/" + string(record.ID), name: p.NameLabel(), givenNames: p.GivenNames,
			birthDate: p.BirthDate.French(), birthRank: p.BirthRank, died: record.Died.French(), status: statusOfRecord(record),
			likeness: like[i],
		})
	}
	slices.SortStableFunc(view.persons, func(a, b attachedPerson) int { return int(b.likeness) - int(a.likeness) })
	return s.render(w, r, http.StatusOK, attachedPage(view))
}
