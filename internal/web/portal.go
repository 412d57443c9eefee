package web

import (
	"errors"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"vaccin/internal/auth/password"
	"vaccin/internal/registry"
	"vaccin/internal/web/ui"
)

// The portal (ACC-1): « espace amelipro », whose « Activités » lead to the service. One signs in there by
// card, which opens the service too, or by login and password, which opens the portal alone (ACC-3).

type portalView struct {
	page       ui.Page
	form       ui.Form
	service    string // where the link to the service leads
	signedIn   bool
	byPassword bool
}

const (
	fieldLogin    = "login"
	fieldPassword = "password"

	cpsOnly = "Le téléservice Vaccin COVID n’est accessible qu’avec une identification par carte CPS. " +
		"Vous êtes connecté par identifiant et mot de passe."
)

func (s *Server) portal(w http.ResponseWriter, r *http.Request) error {
	return s.showPortal(w, r, http.StatusOK, ui.Form{})
}

func (s *Server) showPortal(w http.ResponseWriter, r *http.Request, status int, form ui.Form) error {
	login, ok := s.login(r)
	v := portalView{page: s.page(r, "Espace amelipro"), form: form, service: cpsAddress("/recherche"), signedIn: ok}
	v.page.Form = form
	if ok {
		v.service = "/recherche"
	}
	if v.byPassword = ok && login.Door == registry.DoorPassword; v.byPassword {
		v.page.Notice = cpsOnly
	}
	return s.render(w, r, status, portalPage(v))
}

// enterPortal signs in by login and password. An unknown login and a wrong password get one answer.
func (s *Server) enterPortal(w http.ResponseWriter, r *http.Request) error {
	login, secret := r.PostForm.Get(fieldLogin), r.PostForm.Get(fieldPassword)
	r.PostForm.Del(fieldPassword) // no page shows it again, also when something fails below
	if form, missing := missingIn(r.PostForm, login, secret); missing {
		return s.showPortal(w, r, http.StatusUnprocessableEntity, form)
	}
	account, err := s.Portal.SignIn(r.Context(), login, secret)
	if err != nil {
		return s.portalRefused(w, r, err)
	}
	if err := s.Auth.Begin(r.Context(), password.Login(account, time.Now())); err != nil {
		return err
	}
	s.Log.Info("sign-in to the portal", "outcome", "done")
	http.Redirect(w, r, "/amelipro", http.StatusSeeOther)
	return nil
}

func missingIn(values url.Values, login, secret string) (form ui.Form, missing bool) {
	form.Values = values
	if login == "" {
		form.Errors = append(form.Errors, ui.FieldError{Field: fieldLogin, Message: "Saisissez votre identifiant."})
	}
	if secret == "" {
		form.Errors = append(form.Errors, ui.FieldError{Field: fieldPassword, Message: "Saisissez votre mot de passe."})
	}
	return form, form.HasErrors()
}

// portalRefused says why someone was not let in to the portal, and when to try again.
func (s *Server) portalRefused(w http.ResponseWriter, r *http.Request, err error) error {
	status, outcome, message := http.StatusUnprocessableEntity, "wrong", "Identifiant ou mot de passe incorrect."
	var blocked *password.BlockedError
	switch {
	case errors.As(err, &blocked):
		status, outcome = http.StatusTooManyRequests, "blocked"
		message = "Trop d’essais avec cet identifiant. Réessayez dans " + registry.FrenchWait(blocked.Wait) + "."
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(blocked.Wait.Seconds()))))
	case errors.Is(err, password.ErrBusy):
		status, outcome = http.StatusServiceUnavailable, "busy"
		message = "Beaucoup de personnes se connectent en ce moment. Réessayez dans quelques secondes."
		w.Header().Set("Retry-After", "5")
	case !errors.Is(err, password.ErrWrong):
		return err
	}
	s.Log.Info("sign-in to the portal", "outcome", outcome)
	form := ui.Form{Values: r.PostForm, Message: "La connexion n’a pas abouti", Errors: []ui.FieldError{{Field: fieldLogin, Message: message}}}
	return s.showPortal(w, r, status, form)
}

// refusePassword answers, at every address of the service, someone who signed in by password.
func (s *Server) refusePassword(w http.ResponseWriter, r *http.Request) error {
	v := portalView{page: s.page(r, "Identification par carte CPS nécessaire"), byPassword: true}
	return s.render(w, r, http.StatusForbidden, passwordRefusedPage(v))
}
