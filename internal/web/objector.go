package web

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"github.com/a-h/templ"

	"vaccin/internal/registry"
	"vaccin/internal/web/ui"
)

// A person who objects, or takes that back: what they said before, and the form of what they say now.

// statementPage is a page whose form is what a person told an agent.
type statementPage struct {
	title string
	done  string // said once it is recorded
	show  func(objectorView) templ.Component
	send  func(*registry.Registry, context.Context, registry.Act, registry.ObjectionRequest) (registry.Done, error)
}

var (
	objecting = statementPage{
		"Opposition d’une personne", "Opposition enregistrée. Elle vaut dès maintenant pour les ciblages, les lettres et les extractions.",
		objectorPage, (*registry.Registry).RecordObjection,
	}
	withdrawing = statementPage{
		"Retrait d’une opposition", "Retrait enregistré. La personne peut de nouveau être ciblée et contactée.",
		withdrawalPage, (*registry.Registry).WithdrawObjection,
	}
)

type objectorView struct {
	page     ui.Page
	form     ui.Form
	address  string
	state    string // in words
	kind     string // of the state, for ui.Status
	objects  bool
	refused  string // why no objection can be recorded; empty when one can
	said     []saidView
	typed    []ui.Row // what was typed and is not recorded
	until    string
	channels []ui.Choice
}

// saidView is an objection, or its withdrawal.
type saidView struct {
	title string
	rows  []ui.Row
}

// statementForm shows the form, empty or as it was kept.
func (s *Server) statementForm(p statementPage) pageOf {
	return func(w http.ResponseWriter, r *http.Request, by registry.Actor) error {
		values, kept, err := s.keptValues(r)
		if err != nil {
			return err
		}
		person, err := s.Registry.Objector(r.Context(), by, objectorIn(r))
		if err != nil {
			return err
		}
		if !kept {
			values = newForm()
			showing(values, len(person.Objections), 0)
		}
		notice, err := s.takeFlash(r)
		if err != nil {
			return err
		}
		if kept {
			notice = keptNotice
		}
		view, err := s.objectorShown(r, by, person, p.title)
		if err != nil {
			return err
		}
		view.form.Values, view.page.Notice = values, notice
		return s.render(w, r, http.StatusOK, p.show(view))
	}
}

func objectorIn(r *http.Request) registry.RecordID { return registry.RecordID(r.PathValue("person")) }

func (s *Server) sendStatement(p statementPage) pageOf {
	return func(w http.ResponseWriter, r *http.Request, by registry.Actor) error {
		if err := s.dropKept(r); err != nil {
			return err
		}
		act := registry.Act{By: by, Record: objectorIn(r), Request: r.PostForm.Get(fieldRequest), Entry: shownNumber(r, fieldEntry)}
		_, err := p.send(s.Registry, r.Context(), act, registry.ObjectionRequest{
			On: r.PostForm.Get(registry.FieldObjectionOn), Channel: r.PostForm.Get(registry.FieldChannel),
		})
		if err == nil {
			if err := s.flash(r, p.done); err != nil {
				return err
			}
			http.Redirect(w, r, objectorAddress(act.Record), http.StatusSeeOther)
			return nil
		}
		var refusal *registry.Error
		if !errors.As(err, &refusal) || refusal.Kind == registry.KindNotFound {
			return err
		}
		return s.statementRefused(w, r, by, p, refusal)
	}
}

// statementRefused shows the form again with what is to be corrected or, when the act cannot be done any more, what
// stands beside what was typed.
func (s *Server) statementRefused(w http.ResponseWriter, r *http.Request, by registry.Actor, p statementPage, refusal *registry.Error) error {
	person, err := s.Registry.Objector(r.Context(), by, objectorIn(r))
	if err != nil {
		return err
	}
	view, err := s.objectorShown(r, by, person, p.title)
	if err != nil {
		return err
	}
	if form, err := formOf(r.PostForm, refusal); err == nil {
		view.form, view.page.Form = form, form
		return s.render(w, r, http.StatusUnprocessableEntity, p.show(view))
	}
	status := statusOf(refusal.Kind)
	view.page.Title, view.refused = titleOf[status], refusal.Message
	for _, row := range []ui.Row{
		{Key: registry.FieldObjectionOn, Label: "Date", Value: r.PostForm.Get(registry.FieldObjectionOn)},
		{Key: registry.FieldChannel, Label: "Moyen", Value: registry.Channel(r.PostForm.Get(registry.FieldChannel)).Label()},
	} {
		if row.Value != "" {
			view.typed = append(view.typed, row)
		}
	}
	return s.render(w, r, status, statementConflictPage(view))
}

// objectorShown is a person as every page here shows them: who they are, and what they said.
func (s *Server) objectorShown(r *http.Request, by registry.Actor, person registry.Objector, title string) (objectorView, error) {
	c, err := s.Registry.Case(r.Context(), by)
	if err != nil {
		return objectorView{}, err
	}
	p := person.Patient
	view := objectorView{
		page: s.page(r, title), address: objectorAddress(person.ID), objects: person.Objects,
		until: objectionUntil(c.Reference.ObjectionLimit(c.Today), "elle"),
	}
	view.page.Patient = &ui.Patient{Name: p.FullName(), BirthDate: p.BirthDate.French(), Sex: p.Sex.Label()}
	switch {
	case person.Objects:
		view.state, view.kind = "Opposition en vigueur", "attention"
	case person.Lifted:
		view.state, view.kind = "Opposition levée par un accord donné depuis", "done"
	case len(person.Objections) > 0:
		view.state, view.kind = "Opposition retirée", "done"
	default:
		view.state, view.kind = "Aucune opposition", "none"
	}
	var refusal *registry.Error
	if errors.As(person.Refused, &refusal) {
		view.refused = refusal.Message
	}
	for _, channel := range registry.Channels {
		view.channels = append(view.channels, ui.Choice{Value: string(channel), Label: channel.Label()})
	}
	for i := len(person.Objections) - 1; i >= 0; i-- {
		o := person.Objections[i]
		number := " n°" + nbsp + strconv.Itoa(o.Sequence)
		if o.Withdrawn != nil {
			view.said = append(view.said, saidView{"Retrait de l’opposition" + number, statementRows(*o.Withdrawn, "Enregistré")})
		}
		view.said = append(view.said, saidView{"Opposition" + number, statementRows(o.Made, "Enregistrée")})
	}
	return view, nil
}

// statementRows tell what a person said, and by whom it was recorded: « Enregistrée » of an objection, « Enregistré » of a withdrawal.
func statementRows(s registry.Statement, recorded string) []ui.Row {
	return []ui.Row{
		{Key: "on", Label: "Date", Value: s.On.French()},
		{Key: "channel", Label: "Moyen", Value: s.Channel.Label()},
		{Key: "signed", Label: recorded + " par", Value: whoAndWhen(s.Signed)},
	}
}

// objectionSentence tells whoever opens a record, discreetly, that the person objects and what that means for them; nothing
// where they do not.
func objectionSentence(record registry.Record, by registry.Actor) string {
	o, ok := record.Objection()
	if !ok {
		return ""
	}
	objects := "Le " + o.Made.On.French() + ", cette personne s’est opposée à être ciblée et contactée pour la vaccination."
	if by.Role != registry.RolePractitioner {
		return objects
	}
	lifts := "déclarer son éligibilité, avec son accord, lèvera cette opposition."
	if record.Done(registry.StepEligibility) {
		lifts = "enregistrer sa vaccination, si elle l’accepte, lèvera cette opposition."
	}
	return objects + " Cela ne vous empêche pas d’enregistrer un acte" + nbsp + ": " + lifts
}
