package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"vaccin/internal/auth"
	"vaccin/internal/registry"
	"vaccin/internal/web/ui"
)

// statusOf is the one translation of the domain's refusals into HTTP.
func statusOf(kind registry.Kind) int {
	switch kind {
	case registry.KindInvalid, registry.KindUnconfirmed:
		return http.StatusUnprocessableEntity
	case registry.KindNotFound:
		return http.StatusNotFound
	case registry.KindNotAllowed:
		return http.StatusForbidden
	case registry.KindConflict:
		return http.StatusConflict
	case registry.KindThrottled:
		return http.StatusTooManyRequests
	}
	return http.StatusInternalServerError
}

var titleOf = map[int]string{
	http.StatusUnprocessableEntity: "Saisie à corriger",
	http.StatusNotFound:            "Page ou dossier introuvable",
	http.StatusForbidden:           "Action impossible",
	http.StatusConflict:            "Saisie non enregistrée",
	http.StatusTooManyRequests:     "Recherches suspendues",
}

// fail answers an error with a page that says why and what to do. The detail of an internal error
// stays in the log, and a form that met one can be sent again as it was typed.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	var refusal *registry.Error
	view := failure{page: s.page(r, "Service momentanément indisponible"), home: s.homeFor(r)}
	status := http.StatusInternalServerError
	var from refusedFrom
	if errors.As(err, &from) {
		view.back = from.back
	}
	switch {
	case errors.As(err, &refusal):
		status = statusOf(refusal.Kind)
		sayWhenToRetry(w, refusal)
		view.page.Title, view.reason = titleOf[status], linked(r, refusal)
		if status == http.StatusConflict && r.Method != http.MethodPost { // letters that are refused: nothing was typed
			view.page.Title = titleOf[http.StatusForbidden]
		}
	case errors.Is(err, errWrongMethod):
		status = http.StatusMethodNotAllowed
		view.page.Title, view.reason.before = "Demande impossible", "Cette page ne peut pas être demandée de cette façon. Revenez à l’accueil."
	case errors.Is(err, context.Canceled) && r.Context().Err() != nil:
		return // the browser has left
	default:
		if s.Log.Error("request failed", "route", r.Pattern, "error", err); errors.Is(err, registry.ErrUnavailable) {
			status = http.StatusServiceUnavailable
			w.Header().Set("Retry-After", retryAfter)
		}
		view.reason.before = "Le service n’a pas pu traiter votre demande. Réessayez dans un instant ; si le problème persiste, contactez l’assistance."
		if r.Method == http.MethodPost && len(r.PostForm) > 0 && r.URL.Path != "/amelipro" { // no page holds a password
			view.again, view.values = r.URL.Path, r.PostForm
			view.reason.before = "Le service n’a pas pu traiter votre demande. Ce que vous avez saisi est conservé sur cette page : " +
				"envoyez-le de nouveau, rien ne sera enregistré deux fois."
		}
	}
	if err := s.render(w, r, status, failurePage(view)); err != nil && r.Context().Err() == nil { // someone waits for it
		s.Log.Error("the error page failed", "route", r.Pattern, "error", err)
		http.Error(w, "Service momentanément indisponible.", http.StatusInternalServerError)
	}
}

// retryAfter is, in seconds, when to come back while the store is away.
const retryAfter = "5"

// sayWhenToRetry tells programs what the sentence tells people.
func sayWhenToRetry(w http.ResponseWriter, refusal *registry.Error) {
	if refusal.Kind == registry.KindThrottled {
		w.Header().Set("Retry-After", strconv.Itoa(int((refusal.Wait+time.Second-1)/time.Second)))
	}
}

// failure is what an error page shows.
type failure struct {
	page   ui.Page
	back   link // where whoever reads the page comes from, if that is known
	reason said
	home   link       // where whoever reads the page can go on
	again  string     // address to send the form to again
	values url.Values // of that form
}

// refusedFrom is a refusal of what a page offers or leads to, with that page: what is to be known or done about it is there.
type refusedFrom struct {
	error
	back link
}

// Unwrap returns the refusal.
func (r refusedFrom) Unwrap() error { return r.error }

// said is a sentence, of which some words may be a link.
type said struct {
	before string
	way    link
	after  string
}

// linked makes a link of the words by which a refusal names a list: whoever is told to go back there can.
func linked(r *http.Request, refusal *registry.Error) said {
	address := listAddress(r, refusal.List)
	if address == "" {
		return said{before: refusal.Message}
	}
	before, after, _ := strings.Cut(refusal.Message, string(refusal.List))
	return said{before, link{address, string(refusal.List)}, after}
}

// listAddress is where a list is; empty where a refusal names none.
func listAddress(r *http.Request, list registry.List) string {
	switch list {
	case registry.CampaignList:
		return campaignsAddress
	case registry.RunList:
		return runsAddress
	case registry.FollowUpList:
		return followUpAddress
	case registry.BatchList:
		return batchesAddress(runNumber(r))
	case registry.MatchList:
		return matchesAddress
	case registry.ReportList:
		return reportsAddress
	case registry.OwnActList:
		return ownActsAddress
	case registry.LogList:
		return journalAddress
	}
	return ""
}

// homeFor is where whoever the request's session names can go on.
func (s *Server) homeFor(r *http.Request) link {
	login, ok := s.login(r)
	switch {
	case !ok:
		return link{"/", "Revenir à l’accueil"}
	case homeOf(login.Role) == searchPath:
		return link{searchPath, "Rechercher un patient"}
	}
	return link{homeOf(login.Role), "Revenir à votre page d’accueil"}
}

// unknownPage answers an address that no page has, and one that has a page for another method.
func unknownPage(mux *http.ServeMux) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			other := r.Clone(r.Context())
			other.Method = method
			if _, pattern := mux.Handler(other); pattern != "/" {
				w.Header().Add("Allow", method)
			}
		}
		if w.Header().Get("Allow") != "" {
			return errWrongMethod
		}
		return registry.NotFound("Cette page n’existe pas. Vérifiez l’adresse ou revenez à l’accueil.")
	}
}

var errWrongMethod = errors.New("no page for this method")

// formOf makes a form of what was typed and of what a use case said about it. It returns the error
// when it is not about the form.
func formOf(values url.Values, err error) (ui.Form, error) {
	form := ui.Form{Values: values}
	var refusal *registry.Error
	if !errors.As(err, &refusal) {
		return form, err
	}
	if refusal.Kind != registry.KindInvalid && refusal.Kind != registry.KindUnconfirmed {
		return form, err
	}
	form.Message = refusal.Message
	for _, f := range refusal.Fields {
		form.Errors = append(form.Errors, fieldError(f))
	}
	for _, q := range refusal.Questions {
		form.Questions = append(form.Questions, ui.Question{Code: q.Code, Field: q.Field, Message: q.Message})
	}
	slices.SortStableFunc(form.Errors, func(a, b ui.FieldError) int { return onPage(a.Field) - onPage(b.Field) })
	slices.SortStableFunc(form.Questions, func(a, b ui.Question) int { return onPage(a.Field) - onPage(b.Field) })
	return form, nil
}

// onPage is where a field stands on its page, so that what is to be corrected is listed from top to
// bottom whatever the order in which rules found it.
func onPage(field string) int {
	if place, ok := onGroupPage(field); ok {
		return len(fieldsInOrder) + place
	}
	return slices.Index(fieldsInOrder, field)
}

// fieldsInOrder are the fields of every form that rules speak about, as they follow each other on its page; after them
// come the groups of a campaign.
var fieldsInOrder = slices.Concat([]string{
	registry.FieldBirthName, registry.FieldUsedName, registry.FieldGivenNames, registry.FieldSex, registry.FieldBirthDate,
	registry.FieldBirthRank, registry.FieldAddress, registry.FieldLocality, registry.FieldPhone, registry.FieldEmail,

	registry.FieldPrescribes, registry.FieldPrescriberFamily, registry.FieldPrescriberGiven, registry.FieldPrescriberNumber,
	registry.FieldStructure, registry.FieldPrescribedOn, registry.FieldHealthProfessional, registry.FieldActivity,
	registry.FieldPatientAgrees, registry.FieldConditions,

	registry.FieldVaccine, registry.FieldLot, registry.FieldSite, registry.FieldOccurrence, registry.FieldPerformerSelf,
	registry.FieldPerformerFamily, registry.FieldPerformerGiven, registry.FieldPerformerNumber, registry.FieldPlaceType,
	registry.FieldPlace, registry.FieldPlaceName, registry.FieldPlaceLocality, registry.FieldAMNumber,

	registry.FieldReason, registry.FieldNote, registry.FieldOutcome,

	registry.FieldProfessional, registry.FieldLogPlace, registry.FieldLogAction, registry.FieldFrom, registry.FieldUntil,
	registry.FieldPerson, registry.FieldRequested,

	registry.FieldObjectionOn, registry.FieldChannel,
}, campaignFieldsInOrder)

// askToSignIn answers a request without a session. A form sent after its session had expired is kept
// for the practitioner of that session.
func (s *Server) askToSignIn(w http.ResponseWriter, r *http.Request) error {
	nationalID, expired, err := s.Auth.Expired(r)
	if err != nil {
		return err
	}
	view := signInView{page: s.page(r, "Connexion nécessaire"), expired: expired, lost: !expired && r.Method == http.MethodPost, doors: s.doors(r.URL.Path), agents: s.Agents != nil}
	if expired && r.Method == http.MethodPost {
		if err := s.Auth.KeepForm(r.Context(), nationalID, auth.KeptForm{Path: r.URL.Path, Values: r.PostForm}); err != nil {
			return err
		}
		view.kept = true
	}
	if expired {
		view.page.Title = "Votre session a expiré"
	}
	return s.render(w, r, http.StatusUnauthorized, signInPage(view))
}
