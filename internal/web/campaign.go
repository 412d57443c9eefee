package web

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"vaccin/internal/registry"
	"vaccin/internal/web/ui"
)

// The page that writes a campaign (TGT-2). One group of criteria is open at a time, so that a campaign of many can be
// read; the others travel in the form. Whatever button is pressed, all that was typed comes back.

const (
	fieldDo     = "faire" // which button was pressed
	doAdd       = "ajouter"
	doOpen      = "ouvrir."
	doRemove    = "retirer."
	doCheck     = "verifier"
	groupsID    = "groupes"
	recordedID  = "enregistree" // what someone else saved meanwhile
	newCampaign = campaignsAddress + "/nouvelle"

	changeCampaign = campaignsAddress + "/{campaign}/modifier"
)

type campaignView struct {
	page     ui.Page
	form     ui.Form
	action   string
	id       string // of the campaign that is changed; empty for a new one
	name     string // that it bears before it is changed
	says     string // whom it concerns, once that was asked
	filled   string // how the form was filled in from a file, if it was
	groups   []groupView
	recorded []ui.Row
	standing link // the page of the campaign that has the identifier of a new one already
}

// groupView is a group of criteria on the page; at names its fields.
type groupView struct {
	index  int
	open   bool
	says   string
	fields []carriedField // of a group that is not open
}

type carriedField struct{ name, value string }

func (g groupView) at(field string) string { return registry.GroupField(g.index, field) }

// holds tells whether an error is about the group or one of its fields.
func (g groupView) holds(e ui.FieldError) bool {
	return e.Field == g.at("") || strings.HasPrefix(e.Field, g.at("")+".")
}

func (g groupView) anchor() string { return "groupe-" + strconv.Itoa(g.index+1) }

func (g groupView) label() string { return "Groupe" + nbsp + strconv.Itoa(g.index+1) }

func campaignAddress(id string) string { return campaignsAddress + "/" + url.PathEscape(id) }

func (s *Server) newCampaign(w http.ResponseWriter, r *http.Request, _ registry.Actor) error {
	values, kept, err := s.keptValues(r)
	if err != nil {
		return err
	}
	if !kept {
		values = url.Values{fieldGroups: {"1"}, fieldOpen: {"0"}}
	}
	return s.showCampaign(w, r, http.StatusOK, campaignView{form: ui.Form{Values: values}}, kept)
}

func (s *Server) campaign(w http.ResponseWriter, r *http.Request, by registry.Actor) error {
	c, err := s.Registry.Campaign(r.Context(), by, r.PathValue("campaign"))
	if err != nil {
		return err
	}
	values, kept, err := s.keptValues(r)
	if err != nil {
		return err
	}
	if !kept {
		values = shownValues(c.Campaign)
		values.Set(fieldFrom, strconv.Itoa(c.Version))
	}
	return s.showCampaign(w, r, http.StatusOK, campaignView{form: ui.Form{Values: values}, id: c.ID, name: c.Name}, kept)
}

// showCampaign shows a form as it was typed. The group chosen is open or, when some have something to correct, these.
func (s *Server) showCampaign(w http.ResponseWriter, r *http.Request, status int, view campaignView, kept bool) error {
	title := "Nouvelle campagne"
	view.action = newCampaign
	if view.id != "" {
		title, view.action = "Modifier la campagne «"+nbsp+together(view.name)+nbsp+"»", campaignAddress(view.id)+"/modifier"
		view.form.Values.Set(registry.FieldCampaignID, view.id)
	}
	view.page = s.page(r, title)
	view.page.Form = view.form
	switch chosen := view.form.Value(fieldFile) != ""; {
	case kept && chosen:
		view.page.Notice = keptNotice + " Le fichier, lui, n’a pas été conservé\u00a0: choisissez-le de nouveau."
	case kept:
		view.page.Notice = keptNotice
	case chosen && !view.form.HasErrors(): // a group was added, opened or removed
		view.page.Notice = "Le fichier choisi n’a pas rempli le formulaire. Choisissez-le de nouveau, ou continuez sans lui."
	}
	c, _ := campaignOf(view.form.Values)
	lines := c.Criteria.Lines(c.Opens)
	wrong := slices.ContainsFunc(view.form.Errors, func(e ui.FieldError) bool {
		_, ofGroup := onGroupPage(e.Field)
		return ofGroup
	})
	for i := range c.Criteria {
		g := groupView{index: i, says: capitalised(lines[i])}
		g.open = slices.ContainsFunc(view.form.Errors, g.holds) || !wrong && view.form.Values.Get(fieldOpen) == strconv.Itoa(i)
		if !g.open {
			if g.fields = carried(view.form, g); len(g.fields) == 0 {
				g.says = "Ce groupe n’a encore aucun critère"
			}
		}
		view.groups = append(view.groups, g)
	}
	return s.render(w, r, status, campaignPage(view))
}

// carried are the fields of a group that is not open. Of lists, what no list has is left behind.
func carried(form ui.Form, g groupView) (fields []carriedField) {
	for _, field := range groupTexts {
		if text := form.Value(g.at(field)); text != "" {
			fields = append(fields, carriedField{g.at(field), text})
		}
	}
	for _, l := range groupLists {
		for _, field := range []string{l.in, l.out} {
			for _, c := range l.choices {
				if form.Ticked(g.at(field), c.Value) {
					fields = append(fields, carriedField{g.at(field), c.Value})
				}
			}
		}
	}
	return fields
}

func (s *Server) writeNewCampaign(w http.ResponseWriter, r *http.Request, by registry.Actor) error {
	return s.writeCampaign(w, r, by, campaignView{})
}

func (s *Server) rewriteCampaign(w http.ResponseWriter, r *http.Request, by registry.Actor) error {
	c, err := s.Registry.Campaign(r.Context(), by, r.PathValue("campaign"))
	if err != nil {
		return err
	}
	r.PostForm.Set(registry.FieldCampaignID, c.ID)
	return s.writeCampaign(w, r, by, campaignView{id: c.ID, name: c.Name})
}

// writeCampaign does what the button pressed says; the one without a name saves, and no other does.
func (s *Server) writeCampaign(w http.ResponseWriter, r *http.Request, by registry.Actor, view campaignView) error {
	if err := s.dropKept(r); err != nil {
		return err
	}
	view.form = ui.Form{Values: r.PostForm}
	switch pressed := r.PostForm.Get(fieldDo); {
	case pressed == doFill:
		return s.fillCampaign(w, r, by, view)
	case pressed != "" && pressed != doCheck:
		arrange(r.PostForm, pressed)
		return s.showCampaign(w, r, http.StatusOK, view, false)
	case r.PostForm.Get(fieldFile) != "":
		return s.fileLeftOut(w, r, view)
	}
	return s.keepCampaign(w, r, by, view)
}

// keepCampaign checks a campaign that was typed, and saves it unless that is all that was asked.
func (s *Server) keepCampaign(w http.ResponseWriter, r *http.Request, by registry.Actor, view campaignView) error {
	c, form, err := decideTyped(r.PostForm)
	if err != nil {
		return err
	}
	view.form = form
	if form.HasErrors() {
		return s.showCampaign(w, r, http.StatusUnprocessableEntity, view, false)
	}
	if r.PostForm.Get(fieldDo) == doCheck {
		view.says = c.Sentence()
		return s.showCampaign(w, r, http.StatusOK, view, false)
	}
	from := 0
	if view.id != "" {
		from = shownNumber(r, fieldFrom)
	}
	err = s.Registry.SaveCampaign(r.Context(), by, c, from)
	if registry.KindOf(err) == registry.KindConflict {
		return s.campaignOvertaken(w, r, by, view)
	}
	if err != nil {
		return err
	}
	open, err := s.runsBehind(r, by, c)
	if err != nil {
		return err
	}
	about := ui.Link{Address: "#" + campaignAnchor(c.ID), Label: "«" + nbsp + together(c.Name) + nbsp + "»"}
	if err := s.flashAbout(r, "Campagne "+about.Label+" enregistrée."+open, about); err != nil {
		return err
	}
	http.Redirect(w, r, campaignsAddress, http.StatusSeeOther)
	return nil
}

// runsBehind says which runs go by the campaign as it was before it was saved.
func (s *Server) runsBehind(r *http.Request, by registry.Actor, c registry.Campaign) (string, error) {
	all, err := s.Registry.OpenRuns(r.Context(), by)
	var behind []string
	for _, run := range all {
		if run.Behind(c) {
			behind = append(behind, strconv.Itoa(run.Number))
		}
	}
	switch len(behind) {
	case 0:
		return "", err
	case 1:
		return " Le ciblage n°" + nbsp + behind[0] + ", déjà préparé, n’en tient pas compte" + nbsp + ": si la modification doit s’appliquer, abandonnez-le et préparez-en un autre.", err
	}
	slices.Reverse(behind)
	return " Les ciblages n°" + nbsp + strings.Join(behind, ", n°"+nbsp) + ", déjà préparés, n’en tiennent pas compte" + nbsp +
		": si la modification doit s’appliquer, abandonnez-les et préparez-en un autre.", err
}

// arrange adds, opens or removes a group.
func arrange(values url.Values, pressed string) {
	of := func(prefix string) (int, bool) {
		text, ok := strings.CutPrefix(pressed, prefix)
		n, err := strconv.Atoi(text)
		return n, ok && err == nil && n >= 0 && n < groupsOf(values)
	}
	if pressed == doAdd {
		n := groupsOf(values)
		values.Set(fieldGroups, strconv.Itoa(n+1))
		values.Set(fieldOpen, strconv.Itoa(n))
	}
	if n, ok := of(doOpen); ok {
		values.Set(fieldOpen, strconv.Itoa(n))
	}
	if n, ok := of(doRemove); ok {
		withoutGroup(values, n)
		switch open, err := strconv.Atoi(values.Get(fieldOpen)); {
		case err != nil || open == n:
			values.Del(fieldOpen)
		case open > n:
			values.Set(fieldOpen, strconv.Itoa(open-1))
		}
	}
}

// campaignOvertaken shows what stands, above what was typed, which can then be saved over it.
func (s *Server) campaignOvertaken(w http.ResponseWriter, r *http.Request, by registry.Actor, view campaignView) error {
	view.form.Message = titleOf[http.StatusConflict]
	id := cmp.Or(view.id, strings.TrimSpace(view.form.Value(registry.FieldCampaignID)))
	c, err := s.Registry.Campaign(r.Context(), by, id)
	if err != nil {
		return err
	}
	known, err := s.people(r, by)
	if err != nil {
		return err
	}
	if view.id == "" {
		view.form.Errors = []ui.FieldError{{Field: registry.FieldCampaignID, Message: "Une campagne porte déjà cet identifiant. Choisissez-en un autre, ou modifiez cette campagne."}}
		view.says = "" // which would ask to save it
		view.standing = link{campaignAddress(c.ID) + "/modifier", "Modifier «" + nbsp + together(c.Name) + nbsp + "»"}
	} else {
		moved := "Quelqu’un d’autre a modifié cette campagne entre-temps."
		if c.SavedBy == by.Practitioner.NationalID {
			moved = "Vous avez modifié cette campagne entre-temps, depuis une autre page."
		}
		view.form.Errors = []ui.FieldError{{Field: recordedID, Message: moved + " Comparez ce qui est enregistré avec votre saisie."}}
		view.form.Values.Set(fieldFrom, strconv.Itoa(c.Version))
	}
	view.recorded = []ui.Row{
		{Key: "name", Label: "Nom", Value: together(c.Name)},
		{Key: "phase", Label: "Phase", Value: together(c.Phase)},
		{Key: "rank", Label: "Place dans la phase", Value: strconv.Itoa(c.Rank)},
		{Key: "source", Label: "Source", Value: together(c.Source)},
		{Key: "period", Label: "Période", Value: capitalised(c.Period())},
		{Key: "sentence", Label: "Personnes concernées", Value: c.Sentence()},
		{Key: "saved", Label: "Enregistrée par", Value: known.whoIs(c.SavedBy) + ", le " + registry.FrenchMoment(c.SavedAt, "")},
	}
	return s.showCampaign(w, r, http.StatusConflict, view, false)
}
