package web

import (
	"bytes"
	"io"
	"net/http"
	"net/url"

	"vaccin/internal/document"
	"vaccin/internal/registry"
	"vaccin/internal/web/ui"
)

// The documents of a step: the PDF to sign and hand over, and the CSV (DOC-1 to 3).

func (s *Server) pdf(step registry.Step) pageOf {
	return s.document(step, "pdf", "application/pdf", "inline", func(w io.Writer, summary document.Summary) error {
		return s.printer.PDF(w, summary)
	})
}

func (s *Server) csv(step registry.Step) pageOf {
	return s.document(step, "csv", "text/csv; charset=utf-8", "attachment", func(w io.Writer, summary document.Summary) error {
		return summary.CSV(w)
	})
}

func (s *Server) document(step registry.Step, ext, mediaType, disposition string, write func(io.Writer, document.Summary) error) pageOf {
	return func(w http.ResponseWriter, r *http.Request, by registry.Actor) error {
		record, err := s.readRecord(r, by, registry.ActionReadDocument)
		if err != nil {
			return err
		}
		ref, err := s.Registry.Reference(r.Context())
		if err != nil {
			return err
		}
		summary, ok := document.OfStep(record, step, s.facts(ref))
		if !ok {
			return registry.NotFound("Cette étape n’est pas enregistrée : il n’y a pas encore de synthèse.")
		}
		var body bytes.Buffer
		if err := write(&body, summary); err != nil {
			return err
		}
		w.Header().Set("Content-Type", mediaType)
		w.Header().Set("Content-Disposition", disposition+`; filename="`+summary.FileName(ext)+`"`)
		_, err = body.WriteTo(w)
		return err
	}
}

func rowsOf(section document.Section) []ui.Row {
	rows := make([]ui.Row, len(section.Rows))
	for i, row := range section.Rows {
		rows[i] = ui.Row{Key: row.Key, Label: row.Label, Value: row.Value}
	}
	return rows
}

// typedFields are the fields of the forms of acts, in their order, for a page that recalls them.
var typedFields = []string{
	registry.FieldPrescribedOn,
	registry.FieldPrescriberFamily,
	registry.FieldPrescriberGiven,
	registry.FieldPrescriberNumber,
	registry.FieldStructure,
	registry.FieldActivity,
	registry.FieldVaccine,
	registry.FieldLot,
	registry.FieldSite,
	registry.FieldOccurrence,
	registry.FieldPerformerFamily,
	registry.FieldPerformerGiven,
	registry.FieldPerformerNumber,
	registry.FieldPlaceType,
	registry.FieldPlace,
	registry.FieldPlaceName,
	registry.FieldPlaceLocality,
	registry.FieldAMNumber,
	registry.FieldReason,
}

// typedRows recalls what was typed, in words.
func typedRows(f url.Values, ref registry.Reference) []ui.Row {
	rows := []ui.Row{}
	for _, field := range typedFields {
		value := f.Get(field)
		switch field {
		case registry.FieldVaccine:
			if v, ok := ref.Vaccine(value); ok {
				value = v.Names[0].Name
			}
		case registry.FieldActivity:
			if a, ok := ref.Activity(value); ok {
				value = a.Label
			}
		case registry.FieldSite:
			if site, ok := ref.Site(value); ok {
				value = site.Label
			}
		case registry.FieldPlaceType:
			if kind, ok := ref.PlaceType(value); ok {
				value = kind.Label
			}
		}
		if value != "" {
			rows = append(rows, ui.Row{Key: field, Label: fieldLabels[field], Value: value})
		}
	}
	return rows
}
