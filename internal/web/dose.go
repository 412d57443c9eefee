package web

import (
	"net/http"
	"net/url"
	"strings"

	"vaccin/internal/registry"
	"vaccin/internal/web/ui"
)

// The recording of a dose (DOS-1 to 9), and its modification.

type doseView struct {
	page       ui.Page
	form       ui.Form
	action     string
	rank       int
	locked     string // name of the vaccine of dose 1, for dose 2
	vaccines   []ui.Choice
	sites      []ui.Choice
	placeTypes []ui.Choice
	listed     string // conditions under which a place is chosen from the list
	typed      string // conditions under which it is typed
	practice   string // condition under which the AM number counts
	self       string // name of the practitioner
	support    bool   // an agent corrects what a practitioner recorded
	found      map[string][]string
	carried    bool
}

const fieldPlaceAbsent = "place_absent"

func (s *Server) doseForm(w http.ResponseWriter, r *http.Request, by registry.Actor, record registry.Record, step registry.Step) error {
	values, kept, err := s.keptValues(r)
	if err != nil {
		return err
	}
	carry, err := s.carried(r)
	if err != nil {
		return err
	}
	if !kept {
		values = newForm()
		values.Set(registry.FieldOccurrence, s.Registry.Today(by).French())
		values.Set(registry.FieldPerformerSelf, registry.Yes)
		values.Set(registry.FieldAMNumber, by.Place.AMNumber)
		carry.fill(values, lockedVaccine(record, step))
	}
	return s.showDoseForm(w, r, by, record, step, doseShown{form: ui.Form{Values: values}, kept: kept, carried: !kept && !carry.isZero()})
}

func (s *Server) doseRectification(w http.ResponseWriter, r *http.Request, by registry.Actor, record registry.Record, step registry.Step) error {
	values, kept, err := s.keptValues(r)
	if err != nil {
		return err
	}
	if !kept {
		ref, err := s.Registry.Reference(r.Context())
		if err != nil {
			return err
		}
		entry, _ := record.Dose(step)
		values = doseValues(entry, ref)
		showing(values, entry.Sequence, entry.Current().Number)
	}
	return s.showDoseForm(w, r, by, record, step, doseShown{form: ui.Form{Values: values}, rectify: true, kept: kept})
}

// errStepGone answers a form that was about to be shown again when its step was annulled.
var errStepGone = registry.Conflict("Cette étape vient d’être annulée : il n’y a plus rien à y modifier. Revenez au dossier du patient.")

// doseValues are the fields of a dose as it stands, to modify it. A place of the list that has left it
// comes back as a typed one.
func doseValues(entry registry.Entry[registry.Dose], ref registry.Reference) url.Values {
	d := entry.Current().Content
	v := newForm()
	v.Set(registry.FieldVaccine, d.VaccineCode)
	v.Set(registry.FieldLot, d.LotNumber)
	v.Set(registry.FieldSite, d.Site)
	v.Set(registry.FieldOccurrence, d.Occurrence.French())
	author := entry.Author().Practitioner
	self := d.Performer == registry.Performer{FamilyName: author.FamilyName, GivenName: author.GivenName, Number: author.Number()}
	v.Set(registry.FieldPerformerSelf, yesNo(self))
	if !self {
		v.Set(registry.FieldPerformerFamily, d.Performer.FamilyName)
		v.Set(registry.FieldPerformerGiven, d.Performer.GivenName)
		v.Set(registry.FieldPerformerNumber, d.Performer.Number)
	}
	v.Set(registry.FieldPlaceType, d.Location.Type)
	v.Set(registry.FieldAMNumber, d.AMNumber)
	kind, _ := ref.PlaceType(d.Location.Type)
	if !kind.Practice {
		v.Set(registry.FieldAMNumber, entry.Author().Place.AMNumber) // counts if the place is corrected to the practice
	}
	if d.Location.PlaceLabel != "" {
		v.Set(registry.FieldPlace, d.Location.PlaceLabel)
		return v
	}
	if kind.Listed {
		v.Set(fieldPlaceAbsent, "on")
	}
	v.Set(registry.FieldPlaceName, d.Location.Name)
	v.Set(registry.FieldPlaceLocality, d.Location.Locality.Label())
	return v
}

// lockedVaccine is the code of the vaccine that a second dose must have.
func lockedVaccine(record registry.Record, step registry.Step) string {
	if step != registry.StepSecondDose {
		return ""
	}
	first, ok := record.Dose(registry.StepFirstDose)
	if !ok {
		return ""
	}
	return first.Current().Content.VaccineCode
}

// doseShown is what differs between the ways the form of a dose is shown.
type doseShown struct {
	status  int
	form    ui.Form
	rectify bool
	kept    bool
	carried bool
	found   map[string][]string // lines found for the text of a field
}

func (s *Server) showDoseForm(w http.ResponseWriter, r *http.Request, by registry.Actor, record registry.Record, step registry.Step, shown doseShown) error {
	ref, err := s.Registry.Reference(r.Context())
	if err != nil {
		return err
	}
	author := by
	if shown.rectify {
		entry, ok := record.Dose(step)
		if !ok {
			return errStepGone
		}
		author = authorOf(entry.Author())
	}
	today := s.Registry.Today(author)
	view := doseView{
		page: s.recordFrame(r, record, nextLabels[step], step), form: shown.form, rank: int(step),
		action: stepAddress(record.ID, step), self: author.Practitioner.DisplayName(), support: by.Role == registry.RoleSupport, found: shown.found, carried: shown.carried,
	}
	if shown.rectify {
		view.page.Title = "Modifier la " + step.Label()
		view.action += "/modifier"
	}
	if code := lockedVaccine(record, step); code != "" {
		first, _ := record.Dose(registry.StepFirstDose)
		view.locked = first.Current().Content.VaccineName
		view.form.Values.Set(registry.FieldVaccine, code)
	}
	view.fillLists(ref, today)
	view.page.Form = shown.form
	if shown.kept {
		view.page.Notice = keptNotice
	}
	if shown.status == 0 {
		shown.status = http.StatusOK
	}
	return s.render(w, r, shown.status, dosePage(view))
}

func (v *doseView) fillLists(ref registry.Reference, today registry.Date) {
	for _, vaccine := range ref.AuthorisedVaccines(today) {
		v.vaccines = append(v.vaccines, ui.Choice{Value: vaccine.Code, Label: vaccine.NameOn(today)})
	}
	for _, site := range ref.Sites {
		v.sites = append(v.sites, ui.Choice{Value: site.Code, Label: site.Label})
	}
	listed, typed := []string{}, []string{}
	for _, kind := range ref.PlaceTypes {
		v.placeTypes = append(v.placeTypes, ui.Choice{Value: kind.Code, Label: kind.Label})
		if kind.Listed {
			listed = append(listed, kind.Code)
		} else {
			typed = append(typed, kind.Code)
		}
		if kind.Practice {
			v.practice = registry.FieldPlaceType + "=" + kind.Code
		}
	}
	v.listed = registry.FieldPlaceType + "=" + strings.Join(listed, ",")
	v.typed = registry.FieldPlaceType + "=" + strings.Join(typed, ",") + ";" + fieldPlaceAbsent + "=on"
}

func doseRequest(f url.Values) registry.DoseRequest {
	return registry.DoseRequest{
		Vaccine: f.Get(registry.FieldVaccine), Lot: f.Get(registry.FieldLot), Site: f.Get(registry.FieldSite),
		Occurrence: f.Get(registry.FieldOccurrence), PerformerSelf: f.Get(registry.FieldPerformerSelf),
		PerformerFamily: f.Get(registry.FieldPerformerFamily), PerformerGiven: f.Get(registry.FieldPerformerGiven),
		PerformerNumber: f.Get(registry.FieldPerformerNumber), PlaceType: f.Get(registry.FieldPlaceType),
		PlaceAbsent: f.Get(fieldPlaceAbsent) == "on", Place: f.Get(registry.FieldPlace),
		PlaceName: f.Get(registry.FieldPlaceName), PlaceLocality: f.Get(registry.FieldPlaceLocality),
		AMNumber: f.Get(registry.FieldAMNumber), Confirmed: f[fieldConfirmed],
	}
}

func (s *Server) recordDose(step registry.Step) pageOf { return s.sendDose(step, false) }

func (s *Server) rectifyDose(step registry.Step) pageOf { return s.sendDose(step, true) }

func (s *Server) sendDose(step registry.Step, rectify bool) pageOf {
	return func(w http.ResponseWriter, r *http.Request, by registry.Actor) error {
		if err := s.dropKept(r); err != nil {
			return err
		}
		f := r.PostForm
		takeChoice(f, registry.FieldPlace)
		takeChoice(f, registry.FieldPlaceLocality)
		takeChoice(f, registry.FieldLot)
		if f.Has(fieldFind) {
			return s.findForDose(w, r, by, step, rectify)
		}
		send := s.Registry.RecordDose
		if rectify {
			send = s.Registry.RectifyDose
		}
		req := doseRequest(f)
		done, err := send(r.Context(), act(r, by, step), req)
		if err == nil {
			return s.afterDose(w, r, done, step, req, rectify)
		}
		return s.actRefused(w, r, by, done, step, err, func(record registry.Record, form ui.Form) error {
			found, err := s.foundFor(r, by, form.Errors)
			if err != nil {
				return err
			}
			shown := doseShown{status: http.StatusUnprocessableEntity, form: form, rectify: rectify, found: found}
			return s.showDoseForm(w, r, by, record, step, shown)
		})
	}
}

// afterDose keeps what the next patient's dose takes over, and leads to the summary.
func (s *Server) afterDose(w http.ResponseWriter, r *http.Request, done registry.Done, step registry.Step, req registry.DoseRequest, rectify bool) error {
	if err := s.carryOn(w, r, done, step, req, rectify); err != nil {
		return err
	}
	return s.afterAct(w, r, done, step, rectify)
}

// findForDose answers, without scripts, the button that lists what a field could mean.
func (s *Server) findForDose(w http.ResponseWriter, r *http.Request, by registry.Actor, step registry.Step, rectify bool) error {
	record, err := s.readRecord(r, by, registry.ActionRead)
	if err != nil {
		return err
	}
	allowed := registry.MayDeclare
	if rectify {
		allowed = withReason(registry.MayRectify)
	}
	if err := s.may(allowed, r, by, record, step); err != nil {
		return err
	}
	found, err := s.foundFor(r, by, []ui.FieldError{{Field: r.PostForm.Get(fieldFind)}})
	if err != nil {
		return err
	}
	return s.showDoseForm(w, r, by, record, step, doseShown{form: ui.Form{Values: r.PostForm}, rectify: rectify, found: found})
}

// foundFor lists what the texts of the fields in question could mean.
func (s *Server) foundFor(r *http.Request, by registry.Actor, fields []ui.FieldError) (map[string][]string, error) {
	found := map[string][]string{}
	for _, e := range fields {
		text := strings.TrimSpace(r.PostForm.Get(e.Field))
		if len([]rune(text)) < 2 {
			continue
		}
		var err error
		switch e.Field {
		case registry.FieldPlaceLocality:
			found[e.Field], err = s.localityLabels(r, text)
		case registry.FieldPlace:
			found[e.Field], err = s.placeLabels(r, by, text)
		case registry.FieldLot:
			found[e.Field], err = s.lotNumbers(r, text)
		}
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

func (s *Server) placeLabels(r *http.Request, by registry.Actor, text string) ([]string, error) {
	places, err := s.Registry.Store.Places(r.Context(), r.PostForm.Get(registry.FieldPlaceType), text, s.Registry.Today(by), suggestions)
	labels := []string{}
	for _, p := range places {
		labels = append(labels, p.Label)
	}
	return labels, err
}

func (s *Server) lotNumbers(r *http.Request, text string) ([]string, error) {
	lots, err := s.Registry.Store.Lots(r.Context(), r.PostForm.Get(registry.FieldVaccine), registry.NormalLot(text), suggestions)
	numbers := []string{}
	for _, l := range lots {
		numbers = append(numbers, l.Number)
	}
	return numbers, err
}
