package web

import (
	"net/http"
	"net/url"

	"vaccin/internal/registry"
	"vaccin/internal/web/ui"
)

// One entry of the log: what is near it, and, for a reason, whom it is about. Whom it is about is shown once, in
// answer to the form: no address leads to it.

const journalEntryAddress = journalAddress + "/entree"

type journalEntryPageView struct {
	page     ui.Page
	form     ui.Form
	ref      string
	rows     []ui.Row
	patient  string // pseudonym
	who      string // as the form of the log takes it
	place    string
	day      string
	identity []ui.Row   // of the patient, once resolved
	from     url.Values // names the page of the log that this entry was opened from
}

func (s *Server) journalEntry(w http.ResponseWriter, r *http.Request, by registry.Actor) error {
	values, kept, err := s.keptValues(r)
	if err != nil {
		return err
	}
	ref := r.URL.Query().Get(entryParam)
	view := journalEntryPageView{form: ui.Form{Values: url.Values{}}, from: r.URL.Query()}
	if kept {
		ref, view.form.Values, view.page.Notice, view.from = values.Get(entryParam), values, keptNotice, values
	}
	return s.showJournalEntry(w, r, by, http.StatusOK, ref, view)
}

func (s *Server) showJournalEntry(w http.ResponseWriter, r *http.Request, by registry.Actor, status int, ref string, view journalEntryPageView) error {
	entry, err := s.Registry.LogEntry(r.Context(), by, entryOf(ref))
	if err != nil {
		return err
	}
	agents, err := s.Registry.Agents(r.Context())
	if err != nil {
		return err
	}
	notice, shown := view.page.Notice, journalEntryShown(entry, agents)
	view.page = s.page(r, "Entrée du journal")
	if view.identity != nil {
		view.page.Title = "Patient identifié"
	}
	view.page.Form, view.page.Notice = view.form, notice
	view.ref, view.patient, view.place, view.who = entryText(entry.Ref()), shown.patient, entry.PlaceID, entry.Who()
	view.day = registry.DateOf(entry.At.In(registry.ZoneOf(""))).French()
	for _, row := range []ui.Row{
		{Key: "when", Label: "Date et heure", Value: shown.when},
		{Key: "who", Label: "Qui", Value: shown.who},
		{Key: "role", Label: "Rôle", Value: shown.role},
		{Key: "where", Label: "Lieu d’exercice", Value: shown.where},
		{Key: "place", Label: "Identifiant du lieu", Value: shown.place},
		{Key: "how", Label: "Connexion", Value: shown.how},
		{Key: "what", Label: "Action", Value: shown.what},
		{Key: "outcome", Label: "Résultat", Value: shown.outcome},
		{Key: "object", Label: "Objet ou empreinte", Value: shown.object},
		{Key: "reason", Label: "Motif", Value: shown.reason},
		{Key: "patient", Label: "Patient (pseudonyme)", Value: shown.patient},
	} {
		if row.Value != "" {
			view.rows = append(view.rows, row)
		}
	}
	return s.render(w, r, status, journalEntryPage(view))
}

// resolve tells whom the entry is about.
func (s *Server) resolve(w http.ResponseWriter, r *http.Request, by registry.Actor) error {
	if err := s.dropKept(r); err != nil {
		return err
	}
	ref := r.PostForm.Get(entryParam)
	patient, err := s.Registry.Resolve(r.Context(), by, entryOf(ref), r.PostForm.Get(registry.FieldReason))
	if registry.KindOf(err) == registry.KindInvalid {
		form, _ := formOf(r.PostForm, err)
		return s.showJournalEntry(w, r, by, http.StatusUnprocessableEntity, ref, journalEntryPageView{form: form, from: r.PostForm})
	}
	if err != nil {
		return err
	}
	view := journalEntryPageView{form: ui.Form{Values: url.Values{}}, from: r.PostForm, identity: []ui.Row{
		{Key: "name", Label: "Nom et prénoms", Value: patient.FullName()},
		{Key: "born", Label: "Date de naissance", Value: patient.BirthDate.French()},
		{Key: "sex", Label: "Sexe", Value: patient.Sex.Label()},
		{Key: "why", Label: "Motif inscrit au journal", Value: r.PostForm.Get(registry.FieldReason)},
	}}
	return s.showJournalEntry(w, r, by, http.StatusOK, ref, view)
}
