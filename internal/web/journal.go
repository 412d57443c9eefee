package web

import (
	"bytes"
	"crypto/rand"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"vaccin/internal/document"
	"vaccin/internal/registry"
	"vaccin/internal/web/ui"
)

// «Journal des accès»: who saw or changed what, from where and when (SEC-1), for the data-protection officer. What
// is looked for names people (a practitioner's number), so it travels in forms and in the sealed session, and
// addresses name it at random, as they do a search for a patient. Patients are pseudonyms.

const (
	journalAddress = "/journal"

	logSearchesKey   = "log-searches"
	logSearchParam   = "consultation" // the name of what is looked for
	afterParam       = "apres"        // the entries after that one
	entryParam       = "entree"
	fieldPersonID    = "personne"
	withoutPatient   = "sans_patient" // the button that looks at other patients too
	logEntriesShown  = 20
	logEntriesInFile = 10_000
)

// logSearch is what is looked for in the log, kept in the session.
type logSearch struct {
	Name    string
	Request registry.LogRequest
}

// keepLogSearch keeps what is looked for, among the last few, and names it.
func (s *Server) keepLogSearch(r *http.Request, req registry.LogRequest) (name string, err error) {
	var kept []logSearch
	if _, err := s.Auth.Get(r.Context(), logSearchesKey, &kept); err != nil {
		return "", err
	}
	kept = append(kept, logSearch{rand.Text()[:12], req})
	return kept[len(kept)-1].Name, s.Auth.Put(r.Context(), logSearchesKey, kept[max(0, len(kept)-searchesKept):])
}

// logSearched is what was looked for under a name; nothing was, under an unknown one.
func (s *Server) logSearched(r *http.Request, name string) (logSearch, bool, error) {
	var kept []logSearch
	if _, err := s.Auth.Get(r.Context(), logSearchesKey, &kept); err != nil {
		return logSearch{}, false, err
	}
	i := slices.IndexFunc(kept, func(k logSearch) bool { return k.Name == name })
	if i < 0 {
		return logSearch{}, false, nil
	}
	return kept[i], true, nil
}

type journalView struct {
	page     ui.Page
	form     ui.Form
	name     string // of what is looked for; empty when nothing is yet
	patient  string // the pseudonym of the patient looked for
	entries  []journalEntryView
	older    string // addresses
	file     string
	latest   string // of the first page, on others
	searched bool
}

type journalEntryView struct {
	address                     string
	when, who, role, where, how string
	place                       string // identifier
	what, outcome, patient      string
	object                      string // what it covers: a campaign, letters, a file by its digest
	reason                      string
}

func (s *Server) journal(w http.ResponseWriter, r *http.Request, by registry.Actor) error {
	values, kept, err := s.keptValues(r)
	if err != nil {
		return err
	}
	if kept {
		return s.showJournal(w, r, http.StatusOK, journalView{form: ui.Form{Values: values}, page: ui.Page{Notice: keptNotice}}, values.Get(logSearchParam))
	}
	search, ok, err := s.logSearched(r, r.URL.Query().Get(logSearchParam))
	if err != nil || !ok {
		if err == nil {
			err = s.showJournal(w, r, http.StatusOK, journalView{form: ui.Form{Values: url.Values{}}}, "")
		}
		return err
	}
	after := entryOf(r.URL.Query().Get(afterParam))
	entries, err := s.Registry.ReadLog(r.Context(), by, search.Request, after, logEntriesShown+1)
	if err != nil {
		return err
	}
	agents, err := s.Registry.Agents(r.Context())
	if err != nil {
		return err
	}
	view := journalView{form: ui.Form{Values: logValues(search.Request)}, searched: true}
	here := url.Values{logSearchParam: {search.Name}}
	if !after.IsZero() {
		view.latest = journalAddress + "?" + here.Encode()
		here.Set(afterParam, entryText(after))
	}
	view.file = journalAddress + "/export.csv?" + here.Encode()
	back := here.Encode()
	if len(entries) > logEntriesShown {
		entries = entries[:logEntriesShown]
		here.Set(afterParam, entryText(entries[len(entries)-1].Ref()))
		view.older = journalAddress + "?" + here.Encode()
	}
	for _, e := range entries {
		shown := journalEntryShown(e, agents)
		shown.address += "&" + back
		view.entries = append(view.entries, shown)
	}
	return s.showJournal(w, r, http.StatusOK, view, search.Name)
}

// showJournal shows what is looked for; name is that of the search it goes on from.
func (s *Server) showJournal(w http.ResponseWriter, r *http.Request, status int, view journalView, name string) error {
	notice := view.page.Notice
	view.page = s.page(r, "Journal des accès")
	view.page.Form, view.page.Notice = view.form, notice
	search, ok, err := s.logSearched(r, name)
	if err != nil {
		return err
	}
	if ok {
		view.name = name
	}
	if search.Request.Record != "" {
		pseudonym, err := s.Registry.PseudonymOf(search.Request.Record)
		if err != nil {
			return err
		}
		view.patient = string(pseudonym)
	}
	return s.render(w, r, status, journalPage(view))
}

// logValues are the fields of a form that asks for the same.
func logValues(req registry.LogRequest) url.Values {
	return url.Values{
		registry.FieldProfessional: {req.Professional}, registry.FieldLogPlace: {req.Place}, registry.FieldLogAction: {string(req.Action)},
		registry.FieldFrom: {req.From}, registry.FieldUntil: {req.Until},
	}
}

// actionChoices are all actions by their labels.
var actionChoices = sync.OnceValue(func() (choices []ui.Choice) { // no command waits for them
	for _, a := range registry.LabelledActions() {
		choices = append(choices, ui.Choice{Value: string(a), Label: a.Label()})
	}
	return choices
})

func journalEntryShown(e registry.ShownEntry, agents registry.Agents) journalEntryView {
	view := journalEntryView{
		address: journalEntryAddress + "?" + entryParam + "=" + entryText(e.Ref()), when: preciseMoment(e.At),
		who: agents.Label(e.Who()), role: e.Role.Label(), where: e.PlaceName, place: e.PlaceID, how: e.Door.Label(),
		what: whatOf(e), outcome: e.Outcome.Label(), patient: string(e.Patient), reason: e.Reason,
		object: e.Digest,
	}
	if e.Count > 0 {
		view.outcome += " (" + registry.FrenchNumber(e.Count) + ")"
	}
	return view
}

// whatOf is what was done, and to what: each run, campaign and batch of letters by the name that its own pages bear.
func whatOf(e registry.ShownEntry) string {
	what := e.Action.Label()
	add := func(kind, name string) {
		if name != "" { // an entry of before may lack it
			what += ", " + kind + nbsp + name
		}
	}
	number := strconv.Itoa(e.Version)
	switch {
	case slices.Contains(actionsOnRuns, e.Action):
		what = strings.Replace(what, "d’un ciblage", "du ciblage n°"+nbsp+number, 1)
		add("campagne", registry.CoveredFor(e.Digest))
	case slices.Contains(actionsOnLetters, e.Action):
		add("ciblage n°", number)
		add("envoi", registry.CoveredFor(e.Digest))
	case slices.Contains(actionsOnCampaigns, e.Action):
		add("campagne", e.Digest)
		add("version", number)
	case e.Action == registry.ActionAskPage:
		add("adresse", e.Digest)
	case e.Version != 0:
		add("version", number)
	}
	return what
}

// actionsOnCampaigns are those whose version is that of a campaign, which the digest names.
var actionsOnCampaigns = []registry.Action{registry.ActionSaveCampaign, registry.ActionPrepareRun}

// actionsOnRuns are those whose version is the number of a run.
var actionsOnRuns = []registry.Action{registry.ActionApproveRun, registry.ActionDropRun, registry.ActionCarryOutRun}

// actionsOnLetters have for their version the number of the run whose letters they are.
var actionsOnLetters = []registry.Action{registry.ActionAskLetters, registry.ActionPrintLetters, registry.ActionWriteLetters, registry.ActionDeliverLetters, registry.ActionDropLetters}

// preciseMoment tells two entries of one minute apart, at the time of Paris.
func preciseMoment(at time.Time) string {
	return at.In(registry.ZoneOf("")).Format("02/01/2006 à 15" + nbsp + "h" + nbsp + "04" + nbsp + "min" + nbsp + "05" + nbsp + "s")
}

// entryText names an entry in an address; it tells nothing of what stands there.
func entryText(ref registry.EntryRef) string {
	return instantText(ref.At) + "-" + strconv.FormatInt(ref.Number, 10)
}

// entryOf reads what entryText wrote; what cannot be read names no entry.
func entryOf(text string) registry.EntryRef {
	at, number, _ := strings.Cut(text, "-")
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n < 0 {
		return registry.EntryRef{}
	}
	return registry.EntryRef{At: instant(at), Number: n}
}

// backToJournal is the page of the log that an entry was opened from, named by the values of the entry's page.
func backToJournal(v url.Values) string {
	if v.Get(logSearchParam) == "" {
		return journalAddress
	}
	page := url.Values{logSearchParam: {v.Get(logSearchParam)}}
	if after := entryOf(v.Get(afterParam)); !after.IsZero() {
		page.Set(afterParam, entryText(after))
	}
	return journalAddress + "?" + page.Encode()
}

// searchJournal keeps what is looked for and leads to what is found. The patient is the one of an entry, or of a
// request for access, or the one looked for before.
func (s *Server) searchJournal(w http.ResponseWriter, r *http.Request, by registry.Actor) error {
	if err := s.dropKept(r); err != nil {
		return err
	}
	f, before := r.PostForm, r.PostForm.Get(logSearchParam)
	req := registry.LogRequest{
		Professional: f.Get(registry.FieldProfessional), Place: f.Get(registry.FieldLogPlace), Action: registry.Action(f.Get(registry.FieldLogAction)),
		From: f.Get(registry.FieldFrom), Until: f.Get(registry.FieldUntil), Record: registry.RecordID(f.Get(fieldPersonID)),
	}
	switch search, ok, err := s.logSearched(r, before); {
	case err != nil:
		return err
	case f.Has(entryParam):
		if req.Record, err = s.Registry.RecordOf(r.Context(), by, entryOf(f.Get(entryParam))); err != nil {
			return err
		}
	case ok && !f.Has(withoutPatient):
		req.Record = search.Request.Record
	}
	if _, err := registry.DecideLogQuery(req); err != nil {
		form, err := formOf(f, err)
		if err != nil {
			return err
		}
		return s.showJournal(w, r, http.StatusUnprocessableEntity, journalView{form: form}, before)
	}
	name, err := s.keepLogSearch(r, req)
	if err != nil {
		return err
	}
	http.Redirect(w, r, journalAddress+"?"+logSearchParam+"="+name, http.StatusSeeOther)
	return nil
}

// journalCSV is what the page shows, and what follows, as a file.
func (s *Server) journalCSV(w http.ResponseWriter, r *http.Request, by registry.Actor) error {
	search, ok, err := s.logSearched(r, r.URL.Query().Get(logSearchParam))
	if err != nil {
		return err
	}
	if !ok {
		return registry.NotFound("Cette consultation du journal n’est plus connue. Revenez au %s et recommencez.").Naming(registry.LogList)
	}
	entries, err := s.Registry.ReadLog(r.Context(), by, search.Request, entryOf(r.URL.Query().Get(afterParam)), logEntriesInFile)
	if err != nil {
		return err
	}
	agents, err := s.Registry.Agents(r.Context())
	if err != nil {
		return err
	}
	lines := [][]string{{
		"Date et heure (Paris)", "Numéro", "Rôle", "Identifiant", "Nom de l’agent", "Lieu d’exercice", "Identifiant du lieu", "Connexion", "Action",
		"Résultat", "Version", "Nombre", "Patient (pseudonyme)", "Motif", "Objet ou empreinte",
	}}
	for _, e := range entries {
		lines = append(lines, []string{
			e.At.In(registry.ZoneOf("")).Format("02/01/2006 15:04:05.000000"), strconv.FormatInt(e.Number, 10), e.Role.Label(),
			registry.IdentifierLabel(e.Who()), agents.Name(e.Who()), e.PlaceName, e.PlaceID, e.Door.Label(), e.Action.Label(), e.Outcome.Label(),
			strconv.Itoa(e.Version), strconv.Itoa(e.Count), string(e.Patient), e.Reason, e.Digest,
		})
	}
	var body bytes.Buffer
	if err := document.WriteCSV(&body, lines); err != nil {
		return err
	}
	return send(w, &body, "text/csv; charset=utf-8", "journal-des-acces.csv")
}

// send answers with a file to keep. Its name tells nothing of anybody.
func send(w http.ResponseWriter, body *bytes.Buffer, mediaType, name string) error {
	w.Header().Set("Content-Type", mediaType)
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
	_, err := body.WriteTo(w)
	return err
}
