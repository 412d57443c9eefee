package web

import (
	"net/http"
	"net/url"
	"strconv"
	"time"

	"vaccin/internal/registry"
	"vaccin/internal/web/ui"
)

// «Mes actes récents» (FUP-5): what was recorded in the practitioner's own name, where and when, so that a
// theft of their account is seen by the one who can tell; and the form that reports an act as not theirs.

const (
	ownActsAddress = "/mes-actes"
	notMineAddress = ownActsAddress + "/signaler"

	fieldRecord  = "dossier"
	fieldAction  = "acte"
	fieldVersion = "version"
	fieldInstant = "instant" // microseconds since 1970
	beforeParam  = "avant"   // the same: acts before that moment
)

type ownActsView struct {
	page  ui.Page
	acts  []ownActView
	older string // address of the acts before those shown; empty when there are none
	fresh bool   // the latest acts are shown, not older ones
}

type ownActView struct {
	when, what, where, how string
	patient, born          string
	record                 string // address
	report                 string // address of the form that reports it; empty once it was
}

func (s *Server) ownActs(w http.ResponseWriter, r *http.Request, by registry.Actor) error {
	before := instant(r.URL.Query().Get(beforeParam))
	acts, err := s.Registry.OwnActs(r.Context(), by, before)
	if err != nil {
		return err
	}
	view := ownActsView{page: s.page(r, "Mes actes récents"), fresh: before.IsZero()}
	if len(acts) > registry.OwnActsShown {
		acts = acts[:registry.OwnActsShown]
		view.older = ownActsAddress + "?" + beforeParam + "=" + instantText(acts[len(acts)-1].At)
	}
	for _, a := range acts {
		view.acts = append(view.acts, ownAct(a, by))
	}
	if view.page.Notice, err = s.takeFlash(r); err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, ownActsPage(view))
}

func ownAct(a registry.OwnAct, by registry.Actor) ownActView {
	view := ownActView{
		when: registry.FrenchMoment(a.At, by.Place.PostalCode), what: a.Action.Label(), where: a.PlaceName, how: a.Door.Label(),
		patient: a.Patient.FullName(), born: a.Patient.BirthDate.French(),
		record: "/dossiers/" + string(a.Record),
	}
	if !a.Reported {
		view.report = notMineAddress + "?" + namedAct(a.Act()).Encode()
	}
	return view
}

// namedAct names an act in a form and in an address; none of them tells who the patient is.
func namedAct(act registry.ReportedAct) url.Values {
	return url.Values{
		fieldRecord: {string(act.Record)}, fieldAction: {string(act.Action)}, fieldVersion: {strconv.Itoa(act.Version)},
		fieldInstant: {instantText(act.At)},
	}
}

// actOf reads what namedAct wrote; what cannot be read names no act.
func actOf(values url.Values) registry.ReportedAct {
	version, err := strconv.Atoi(values.Get(fieldVersion))
	if err != nil {
		return registry.ReportedAct{}
	}
	return registry.ReportedAct{
		Action: registry.Action(values.Get(fieldAction)), Record: registry.RecordID(values.Get(fieldRecord)), Version: version,
		At: instant(values.Get(fieldInstant)),
	}
}

func instantText(at time.Time) string { return strconv.FormatInt(at.UnixMicro(), 10) }

// instant reads a moment of an address; no moment is zero.
func instant(text string) time.Time {
	micros, err := strconv.ParseInt(text, 10, 64)
	if err != nil || micros <= 0 {
		return time.Time{}
	}
	return time.UnixMicro(micros).UTC()
}

type notMineView struct {
	page ui.Page
	form ui.Form
	act  ownActView
}

func (s *Server) notMineForm(w http.ResponseWriter, r *http.Request, by registry.Actor) error {
	values, kept, err := s.keptValues(r)
	if err != nil {
		return err
	}
	if !kept {
		values = namedAct(actOf(r.URL.Query()))
	}
	return s.showNotMine(w, r, by, http.StatusOK, ui.Form{Values: values}, kept)
}

func (s *Server) showNotMine(w http.ResponseWriter, r *http.Request, by registry.Actor, status int, form ui.Form, kept bool) error {
	act, err := s.Registry.OwnAct(r.Context(), by, actOf(form.Values))
	if err != nil {
		return err
	}
	page := s.page(r, "Signaler un acte qui n’est pas le mien")
	page.Form = form
	if kept {
		page.Notice = keptNotice
	}
	return s.render(w, r, status, notMinePage(notMineView{page, form, ownAct(act, by)}))
}

func (s *Server) notMine(w http.ResponseWriter, r *http.Request, by registry.Actor) error {
	if err := s.dropKept(r); err != nil {
		return err
	}
	err := s.Registry.NotMine(r.Context(), by, actOf(r.PostForm), r.PostForm.Get(registry.FieldNote))
	if registry.KindOf(err) == registry.KindInvalid {
		form, _ := formOf(r.PostForm, err)
		return s.showNotMine(w, r, by, http.StatusUnprocessableEntity, form, false)
	}
	if err != nil {
		return err
	}
	if err := s.flash(r, "Signalement transmis à l’assistance. L’acte reste dans le dossier jusqu’à son examen."); err != nil {
		return err
	}
	http.Redirect(w, r, ownActsAddress, http.StatusSeeOther)
	return nil
}
