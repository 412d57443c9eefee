package web

import (
	"net/http"
	"net/url"
	"strconv"

	"vaccin/internal/auth"
	"vaccin/internal/registry"
	"vaccin/internal/web/ui"
)

// The choice of the place of practice (ACC-5): before anything else for who has several, and later
// without signing in again.

type placeView struct {
	page  ui.Page
	form  ui.Form
	radio ui.Radios
	back  string
}

const (
	fieldPlaceChoice = "practice_place"
	placePath        = "/lieu"
)

func (s *Server) choosePlace(w http.ResponseWriter, r *http.Request, login auth.Login) error {
	values := url.Values{}
	if login.Chosen >= 0 {
		values.Set(fieldPlaceChoice, strconv.Itoa(login.Chosen))
	}
	return s.showPlaces(w, r, login, http.StatusOK, ui.Form{Values: values}, ownPath(r.URL.Query().Get("retour")))
}

func (s *Server) showPlaces(w http.ResponseWriter, r *http.Request, login auth.Login, status int, form ui.Form, back string) error {
	radio := ui.Radios{
		Name: fieldPlaceChoice, Legend: "Où exercez-vous en ce moment ?", Large: true,
		Hint: "Choisissez le lieu qui correspond à votre situation. Vous pourrez en changer sans vous reconnecter.",
	}
	for i, p := range login.Practices {
		radio.Choices = append(radio.Choices, ui.Choice{Value: strconv.Itoa(i), Label: p.Place.Label(), Hint: p.Place.Address})
	}
	page := s.page(r, "Choisir le lieu d’exercice")
	page.Form = form
	return s.render(w, r, status, placePage(placeView{page, form, radio, back}))
}

func (s *Server) placeChosen(w http.ResponseWriter, r *http.Request, login auth.Login) error {
	back := ownPath(r.PostForm.Get("retour"))
	rank, err := strconv.Atoi(r.PostForm.Get(fieldPlaceChoice))
	if err != nil {
		rank = -1
	}
	if err := s.Auth.Choose(r.Context(), rank); err != nil {
		if registry.KindOf(err) != registry.KindInvalid {
			return err
		}
		form := ui.Form{Values: r.PostForm, Errors: []ui.FieldError{{Field: fieldPlaceChoice, Message: "Choisissez votre lieu d’exercice."}}}
		return s.showPlaces(w, r, login, http.StatusUnprocessableEntity, form, back)
	}
	if err := s.dropCarriedPlace(r); err != nil {
		return err
	}
	if back == "" || back == placePath {
		back = searchPath
	}
	http.Redirect(w, r, back, http.StatusSeeOther)
	return nil
}

// askForChoice sends to the choice of the place, or of an agent's role, and keeps a form that was under way.
func (s *Server) askForChoice(w http.ResponseWriter, r *http.Request, login auth.Login) error {
	if r.Method == http.MethodPost {
		if err := s.Auth.KeepForm(r.Context(), login.NationalID, auth.KeptForm{Path: r.URL.Path, Values: r.PostForm}); err != nil {
			return err
		}
		if err := s.Auth.Put(r.Context(), keptKey, r.URL.Path); err != nil {
			return err
		}
	}
	http.Redirect(w, r, choiceOf(login)+"?retour="+url.QueryEscape(r.URL.Path), http.StatusSeeOther)
	return nil
}
