package web

import (
	"net/http"

	"vaccin/internal/document"
	"vaccin/internal/registry"
	"vaccin/internal/web/ui"
)

// The annulment of a step entered in error (ELI-6, DOS-6): with a reason; the step is free again, and
// what was entered stays readable.

type annulView struct {
	page    ui.Page
	form    ui.Form
	base    string
	step    string
	summary document.Summary
}

func (s *Server) annulForm(step registry.Step) pageOf {
	return func(w http.ResponseWriter, r *http.Request, by registry.Actor) error {
		record, err := s.readRecord(r, by, registry.ActionRead)
		if err != nil {
			return err
		}
		if err := s.may(withReason(registry.MayAnnul), r, by, record, step); err != nil {
			return err
		}
		values, kept, err := s.keptValues(r)
		if err != nil {
			return err
		}
		if !kept {
			values = newForm()
			entry, version := standing(record, step)
			showing(values, entry, version)
		}
		return s.showAnnulForm(w, r, record, step, http.StatusOK, ui.Form{Values: values}, kept)
	}
}

// standing is the entry in force of a step and its version, for the form to say which it shows.
func standing(record registry.Record, step registry.Step) (entry, version int) {
	if step == registry.StepEligibility {
		e, _ := record.Eligibility()
		return e.Sequence, e.Current().Number
	}
	d, _ := record.Dose(step)
	return d.Sequence, d.Current().Number
}

func (s *Server) showAnnulForm(w http.ResponseWriter, r *http.Request, record registry.Record, step registry.Step, status int, form ui.Form, kept bool) error {
	ref, err := s.Registry.Reference(r.Context())
	if err != nil {
		return err
	}
	summary, ok := document.OfStep(record, step, s.facts(ref))
	if !ok {
		return errStepGone
	}
	page := s.recordFrame(r, record, "Annuler une saisie", step)
	page.Form = form
	if kept {
		page.Notice = keptNotice
	}
	return s.render(w, r, status, annulPage(annulView{page, form, stepAddress(record.ID, step), step.Label(), summary}))
}

func (s *Server) annul(step registry.Step) pageOf {
	return func(w http.ResponseWriter, r *http.Request, by registry.Actor) error {
		if err := s.dropKept(r); err != nil {
			return err
		}
		done, err := s.Registry.Annul(r.Context(), act(r, by, step))
		if err != nil {
			return s.actRefused(w, r, by, done, step, err, func(record registry.Record, form ui.Form) error {
				return s.showAnnulForm(w, r, record, step, http.StatusUnprocessableEntity, form, false)
			})
		}
		if !done.Already {
			s.dropCarriedDose(r, done.Record.ID, step)
		}
		if err := s.flash(r, "Saisie annulée. Ce qui avait été enregistré reste consultable dans les versions de l’étape."); err != nil {
			return err
		}
		http.Redirect(w, r, stepAddress(done.Record.ID, step)+"/versions", http.StatusSeeOther)
		return nil
	}
}

// The versions of a step: every one, also the annulled, newest first.

type versionsView struct {
	page      ui.Page
	base      string
	summaries []versionView
}

type versionView struct {
	summary  document.Summary
	annulled string // who, when and why
}

func hasHistory(record registry.Record, step registry.Step) bool {
	switch step {
	case registry.StepEligibility:
		return moreThanStands(record.Eligibilities)
	case registry.StepFirstDose:
		return moreThanStands(record.FirstDoses)
	}
	return moreThanStands(record.SecondDoses)
}

// moreThanStands tells whether the entries of a step hold more than one version in force.
func moreThanStands[T any](entries []registry.Entry[T]) bool {
	return len(entries) > 1 || len(entries) == 1 && (entries[0].Rectified() || entries[0].Annulment != nil)
}

func (s *Server) versions(step registry.Step) pageOf {
	return func(w http.ResponseWriter, r *http.Request, by registry.Actor) error {
		record, err := s.readRecord(r, by, registry.ActionRead)
		if err != nil {
			return err
		}
		ref, err := s.Registry.Reference(r.Context())
		if err != nil {
			return err
		}
		view := versionsView{page: s.recordFrame(r, record, "Versions de l’étape « "+step.Label()+" »", step), base: "/dossiers/" + string(record.ID)}
		switch step {
		case registry.StepEligibility:
			view.summaries = versionsOf(record.Eligibilities, func(e registry.Entry[registry.Eligibility], i int) document.Summary {
				return document.OfEligibility(record, e, i, s.facts(ref))
			})
		case registry.StepFirstDose:
			view.summaries = versionsOf(record.FirstDoses, func(e registry.Entry[registry.Dose], i int) document.Summary {
				return document.OfDose(record, step, e, i, s.facts(ref))
			})
		default:
			view.summaries = versionsOf(record.SecondDoses, func(e registry.Entry[registry.Dose], i int) document.Summary {
				return document.OfDose(record, step, e, i, s.facts(ref))
			})
		}
		if view.page.Notice, err = s.takeFlash(r); err != nil {
			return err
		}
		return s.render(w, r, http.StatusOK, versionsPage(view))
	}
}

func versionsOf[T any](entries []registry.Entry[T], summary func(registry.Entry[T], int) document.Summary) []versionView {
	views := []versionView{}
	for i := len(entries) - 1; i >= 0; i-- {
		e := entries[i]
		for n := len(e.Versions) - 1; n >= 0; n-- {
			view := versionView{summary: summary(e, n)}
			if e.Annulment != nil {
				view.annulled = "Annulée par " + whoAndWhen(e.Annulment.Signed) + ". Motif : " + e.Annulment.Reason
			}
			views = append(views, view)
		}
	}
	return views
}
