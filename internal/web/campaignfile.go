package web

import (
	"bytes"
	"errors"
	"net/http"
	"net/url"
	"reflect"

	"vaccin/internal/referential"
	"vaccin/internal/registry"
	"vaccin/internal/web/ui"
)

// The file of a campaign (docs/formats/campaigns.md): the list and the page of the campaign offer it, and the page that writes a campaign may be
// filled in from one. Nothing is saved by that: who brought the file reads the sentence of its criteria and saves it as if it had been typed.

const (
	doFill = "remplir" // the button that brings the file

	// maxFaults is how many faults of a file are told at once.
	maxFaults = 30
)

func campaignFileAddress(id string) string { return campaignAddress(id) + "/fichier" }

// campaignFile sends the file of a campaign as it stands.
func (s *Server) campaignFile(w http.ResponseWriter, r *http.Request, by registry.Actor) error {
	c, err := s.Registry.Campaign(r.Context(), by, r.PathValue("campaign"))
	if err != nil {
		return err
	}
	text, err := referential.CampaignFile(c.Campaign)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/toml")
	w.Header().Set("Content-Disposition", `attachment; filename="`+referential.CampaignFileName(c.ID)+`"`)
	_, err = w.Write(text)
	return err
}

// fillCampaign fills the form in from the file that came with it. With a file that has faults, the form stays as it was typed.
func (s *Server) fillCampaign(w http.ResponseWriter, r *http.Request, by registry.Actor, view campaignView) error {
	file, ok := fileOf(r)
	if !ok {
		return s.fileRefused(w, r, view, []string{"Choisissez d’abord le fichier de la campagne."})
	}
	c, faults, err := readCampaignFile(file)
	if err != nil {
		return err
	}
	if len(faults) == 0 && view.id != "" && c.ID != view.id {
		faults = []string{"Ce fichier est celui d’une autre campagne\u00a0: son identifiant est «\u00a0" + c.ID + "\u00a0», et cette page modifie «\u00a0" + view.id + "\u00a0»."}
	}
	if len(faults) > 0 {
		return s.fileRefused(w, r, view, faults)
	}
	from := view.form.Value(fieldFrom)
	view.form.Values = shownValues(c)
	view.form.Values.Set(fieldFrom, from)
	view.says, view.filled = c.Sentence(), "Le formulaire est rempli avec votre fichier."
	all, err := s.Registry.Campaigns(r.Context(), by)
	if err != nil {
		return err
	}
	for _, kept := range all {
		switch {
		case kept.ID != c.ID:
		case view.id == "":
			return s.campaignOvertaken(w, r, by, view)
		case reflect.DeepEqual(kept.Campaign, c):
			view.filled = "Votre fichier dit exactement ce qui est déjà enregistré."
		}
	}
	return s.showCampaign(w, r, http.StatusOK, view, false)
}

// fileRefused shows the form as it was typed, and says what is wrong with the file, beside where another is chosen.
func (s *Server) fileRefused(w http.ResponseWriter, r *http.Request, view campaignView, faults []string) error {
	view.form.Message = "Fichier à corriger"
	if more := len(faults) - maxFaults; more > 0 {
		faults = append(faults[:maxFaults], "… et "+registry.Counted(more, "autre point", "autres points")+" à corriger.")
	}
	for _, fault := range faults {
		view.form.Errors = append(view.form.Errors, ui.FieldError{Field: fieldFile, Message: fault})
	}
	return s.showCampaign(w, r, http.StatusUnprocessableEntity, view, false)
}

// fileLeftOut tells, before something is checked or saved, that a file was chosen and not brought: whoever chose it takes it for read.
func (s *Server) fileLeftOut(w http.ResponseWriter, r *http.Request, view campaignView) error {
	return s.fileRefused(w, r, view, []string{"Un fichier était choisi, et n’a pas rempli le formulaire. Choisissez-le de nouveau, puis «\u00a0Remplir avec ce fichier\u00a0»\u00a0; ou continuez sans lui."})
}

// readCampaignFile reads the file of a campaign that came with a form. What is wrong with it is in French, a sentence for each fault.
func readCampaignFile(file broughtFile) (registry.Campaign, []string, error) {
	if len(file.text) == 0 {
		return registry.Campaign{}, []string{"Ce fichier est vide."}, nil
	}
	source, err := referential.NewSource(file.name, bytes.NewReader(file.text))
	var c registry.Campaign
	var remarks []referential.Remark
	if err == nil {
		c, remarks, err = referential.ReadCampaign(source)
	}
	if refusal := (*registry.Error)(nil); errors.As(err, &refusal) {
		return c, []string{refusal.Message}, nil
	}
	faults := make([]string, 0, len(remarks))
	for _, remark := range remarks {
		faults = append(faults, remark.Where()+remark.Reason)
	}
	return c, faults, err
}

// shownValues are the fields of a form that says the same as a campaign; its group is open where there is one.
func shownValues(c registry.Campaign) url.Values {
	values := campaignValues(c)
	if len(c.Criteria) == 1 {
		values.Set(fieldOpen, "0")
	}
	return values
}
