package web

import (
	"errors"
	"net/http"
	"net/url"

	"vaccin/internal/registry"
	"vaccin/internal/web/ui"
)

// «Signalements»: what those who oversee the service are told of accounts that may be in wrong hands, and
// how each report was dealt with.

const (
	reportsAddress = "/signalements"
	closedParam    = "traites"
	fieldLift      = "lift"
)

type reportsView struct {
	page    ui.Page
	closed  bool
	reports []reportView
	older   string
}

type reportView struct {
	address             string
	when, kind, about   string
	number, door, where string
	act, actWhen        string // for an act that is not theirs
	record              string // address, for who may open records
	note                string
	open                bool
	closedWhen, outcome string
}

func (s *Server) reports(w http.ResponseWriter, r *http.Request, by registry.Actor) error {
	view := reportsView{page: s.page(r, "Signalements"), closed: r.URL.Query().Get(closedParam) == "oui"}
	if view.closed {
		view.page.Title = "Signalements traités"
	}
	reports, err := s.Registry.Reports(r.Context(), by, view.closed, instant(r.URL.Query().Get(beforeParam)))
	if err != nil {
		return err
	}
	if len(reports) > registry.ReportsShown {
		reports = reports[:registry.ReportsShown]
		older := url.Values{beforeParam: {instantText(reports[len(reports)-1].At)}}
		if view.closed {
			older.Set(closedParam, "oui")
		}
		view.older = reportsAddress + "?" + older.Encode()
	}
	for _, report := range reports {
		view.reports = append(view.reports, reportShown(report))
	}
	if view.page.Notice, err = s.takeFlash(r); err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, reportsPage(view))
}

func reportShown(report registry.Report) reportView {
	view := reportView{
		address: reportsAddress + "/" + string(report.ID), when: registry.FrenchMoment(report.At, ""), kind: report.Kind.Label(),
		about: report.About.DisplayName(), number: report.About.Number(), door: report.Door.Label(), where: report.PlaceName,
		note: report.Note, open: report.IsOpen(), outcome: report.Outcome,
	}
	if report.Kind == registry.ReportNotMine {
		view.act, view.actWhen = report.Act.Action.Label(), registry.FrenchMoment(report.Act.At, "")
	}
	if !view.open {
		view.closedWhen = registry.FrenchMoment(report.ClosedAt, "")
	}
	return view
}

type reportPageView struct {
	page   ui.Page
	form   ui.Form
	report reportView
	rows   []ui.Row
	lift   bool // the account's searches are suspended by this report

	refusal string // why whoever looks may not close it, if they may not
}

func (s *Server) report(w http.ResponseWriter, r *http.Request, by registry.Actor) error {
	values, kept, err := s.keptValues(r)
	if err != nil {
		return err
	}
	return s.showReport(w, r, by, http.StatusOK, ui.Form{Values: values}, kept)
}

func (s *Server) showReport(w http.ResponseWriter, r *http.Request, by registry.Actor, status int, form ui.Form, kept bool) error {
	report, err := s.Registry.Report(r.Context(), by, registry.ReportID(r.PathValue("report")))
	if err != nil {
		return err
	}
	c, err := s.Registry.Case(r.Context(), by)
	if err != nil {
		return err
	}
	view := reportPageView{page: s.page(r, report.Kind.Label()), form: form, report: reportShown(report), lift: report.Kind == registry.ReportGuessing}
	if report.Act.Record != "" && registry.MaySearch(c) == nil {
		view.report.record = "/dossiers/" + string(report.Act.Record)
	}
	c.Report = report
	if refusal := (*registry.Error)(nil); errors.As(registry.MayClose(c), &refusal) {
		view.refusal = refusal.Message
	}
	view.rows = reportRows(view.report)
	view.page.Form = form
	if kept {
		view.page.Notice = keptNotice
	}
	return s.render(w, r, status, reportPage(view))
}

// reportRows are the facts of a report that it has.
func reportRows(r reportView) []ui.Row {
	rows := []ui.Row{}
	for _, row := range []ui.Row{
		{Key: "when", Label: "Signalé le", Value: r.when},
		{Key: "about", Label: "Compte", Value: r.about},
		{Key: "number", Label: "Identifiant", Value: r.number},
		{Key: "door", Label: "Connexion", Value: r.door},
		{Key: "where", Label: "Lieu d’exercice", Value: r.where},
		{Key: "act", Label: "Acte", Value: r.act},
		{Key: "actWhen", Label: "Date de l’acte", Value: r.actWhen},
		{Key: "note", Label: "Précision du professionnel", Value: r.note},
		{Key: "closedWhen", Label: "Traité le", Value: r.closedWhen},
		{Key: "outcome", Label: "Suite donnée", Value: r.outcome},
	} {
		if row.Value != "" {
			rows = append(rows, row)
		}
	}
	return rows
}

func (s *Server) closeReport(w http.ResponseWriter, r *http.Request, by registry.Actor) error {
	if err := s.dropKept(r); err != nil {
		return err
	}
	id, lift := registry.ReportID(r.PathValue("report")), r.PostForm.Get(fieldLift) == "on"
	err := s.Registry.CloseReport(r.Context(), by, id, r.PostForm.Get(registry.FieldOutcome), lift)
	if registry.KindOf(err) == registry.KindInvalid {
		form, _ := formOf(r.PostForm, err)
		return s.showReport(w, r, by, http.StatusUnprocessableEntity, form, false)
	}
	if err != nil {
		return err
	}
	if err := s.flash(r, "Signalement traité."); err != nil {
		return err
	}
	http.Redirect(w, r, reportsAddress, http.StatusSeeOther)
	return nil
}
