package web

import (
	"net/http"
	"net/url"
	"strings"

	"vaccin/internal/nir"
	"vaccin/internal/registry"
	"vaccin/internal/web/ui"
)

// Manual entry of a patient under a NIR (SRC-3): identity, then contact details.

type patientView struct {
	page       ui.Page
	form       ui.Form
	number     string // formatted
	digits     string // for the form
	localities []string
}

func (s *Server) newPatient(w http.ResponseWriter, r *http.Request, by registry.Actor) error {
	values, kept, err := s.keptValues(r)
	if err != nil {
		return err
	}
	notice := ""
	if kept {
		notice = keptNotice
	} else {
		number, search, ok := s.searchedNIR(r)
		if !ok {
			http.Redirect(w, r, "/recherche", http.StatusSeeOther)
			return nil
		}
		values = url.Values{fieldNIR: {number.Digits() + number.Key()}, registry.FieldBirthRank: {"1"}, searchParam: {r.URL.Query().Get(searchParam)}}
		if !search.Card.isZero() {
			search.Card.prefill(values)
			notice = cardNotice
		}
	}
	return s.showPatientForm(w, r, http.StatusOK, ui.Form{Values: values}, nil, notice)
}

func (s *Server) showPatientForm(w http.ResponseWriter, r *http.Request, status int, form ui.Form, localities []string, notice string) error {
	number, err := nir.Parse(form.Value(fieldNIR))
	if err != nil {
		http.Redirect(w, r, "/recherche", http.StatusSeeOther)
		return nil
	}
	view := patientView{page: s.page(r, "Enregistrer un patient"), form: form, number: number.Format(), digits: number.Digits() + number.Key(), localities: localities}
	view.page.Form, view.page.Notice = form, notice
	return s.render(w, r, status, patientPage(view))
}

func (s *Server) registerPatient(w http.ResponseWriter, r *http.Request, by registry.Actor) error {
	if err := s.dropKept(r); err != nil {
		return err
	}
	f := r.PostForm
	takeChoice(f, registry.FieldLocality)
	if f.Has(fieldFind) {
		labels, err := s.localityLabels(r, f.Get(registry.FieldLocality))
		if err != nil {
			return err
		}
		return s.showPatientForm(w, r, http.StatusOK, ui.Form{Values: f}, labels, "")
	}
	holder, err := nir.Parse(f.Get(fieldNIR))
	if err != nil {
		return registry.Invalid("Le numéro de sécurité sociale manque. Recherchez de nouveau le patient.")
	}
	request := registrationRequest(f)
	search := s.searchOf(r, holder)
	request.CardBirthDate, request.Searched = search.Card.BirthDate, search.Made
	id, known, err := s.Registry.Register(r.Context(), by, holder, request)
	if err != nil {
		form, err := formOf(f, err)
		if err != nil {
			return err
		}
		var labels []string
		if form.Error(registry.FieldLocality) != "" {
			if labels, err = s.localityLabels(r, f.Get(registry.FieldLocality)); err != nil {
				return err
			}
		}
		return s.showPatientForm(w, r, http.StatusUnprocessableEntity, form, labels, "")
	}
	if known {
		if err := s.flash(r, "Un dossier existait déjà pour ce numéro et cette date de naissance : le voici. "+
			"Vérifiez l’identité ; un jumeau s’enregistre sous le numéro de l’ouvrant droit, avec son propre rang de naissance."); err != nil {
			return err
		}
	}
	http.Redirect(w, r, "/dossiers/"+string(id), http.StatusSeeOther)
	return nil
}

// searchOf is the search that led to this entry, if it was for this number: with the birth date of the card
// that it was filled from, if it was.
func (s *Server) searchOf(r *http.Request, holder nir.Number) keptSearch {
	name := r.PostForm.Get(searchParam)
	if name == "" {
		return keptSearch{}
	}
	search, ok := s.searched(r, name)
	if !ok || search.Digits != holder.Digits() {
		return keptSearch{}
	}
	return search
}

func registrationRequest(f url.Values) registry.RegistrationRequest {
	return registry.RegistrationRequest{
		BirthName: f.Get(registry.FieldBirthName), UsedName: f.Get(registry.FieldUsedName),
		GivenNames: f.Get(registry.FieldGivenNames), Sex: f.Get(registry.FieldSex),
		BirthDate: f.Get(registry.FieldBirthDate), BirthRank: f.Get(registry.FieldBirthRank),
		Address: f.Get(registry.FieldAddress), Locality: f.Get(registry.FieldLocality),
		Phone: f.Get(registry.FieldPhone), Email: f.Get(registry.FieldEmail), Confirmed: f[fieldConfirmed],
	}
}

const (
	fieldConfirmed = ui.Confirmed
	// fieldFind is the button that, without scripts, lists what a field could mean.
	fieldFind = "chercher"
)

func choiceField(field string) string { return field + "_choice" }

// takeChoice puts the line ticked among the choices of a field, if any, into the field.
func takeChoice(f url.Values, field string) {
	if chosen := f.Get(choiceField(field)); chosen != "" {
		f.Set(field, chosen)
		f.Del(choiceField(field))
	}
}

// suggestions is how many lines are suggested at once.
const suggestions = 20

func (s *Server) localityLabels(r *http.Request, text string) ([]string, error) {
	if len([]rune(strings.TrimSpace(text))) < 2 {
		return nil, nil
	}
	found, err := s.Registry.Store.Localities(r.Context(), text, suggestions)
	if err != nil {
		return nil, err
	}
	labels := []string{}
	for _, l := range found {
		labels = append(labels, l.Label())
	}
	return labels, nil
}
