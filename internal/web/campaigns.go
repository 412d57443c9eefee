package web

import (
	"errors"
	"net/http"
	"regexp"
	"strconv"

	"vaccin/internal/registry"
	"vaccin/internal/web/ui"
)

// «Campagnes» (TGT-2): all campaigns by phase, each with the sentence of its criteria, and what is under way; and the
// page that asks before a run is prepared.

const campaignsAddress = "/campagnes"

type campaignsView struct {
	page   ui.Page
	phases []phaseView
	runs   []runLine // that are not over
}

type phaseView struct {
	name      string
	anchor    string
	campaigns []campaignLine
}

type campaignLine struct {
	name, id, period, says, source string
	address                        string
	run                            *runLine // the latest
}

func (s *Server) campaigns(w http.ResponseWriter, r *http.Request, by registry.Actor) error {
	all, err := s.Registry.Campaigns(r.Context(), by)
	if err != nil {
		return err
	}
	latest, err := s.Registry.LatestRuns(r.Context(), by)
	if err != nil {
		return err
	}
	open, err := s.Registry.OpenRuns(r.Context(), by)
	if err != nil {
		return err
	}
	known, err := s.people(r, by)
	if err != nil {
		return err
	}
	view := campaignsView{page: s.page(r, "Campagnes")}
	for _, run := range open {
		view.runs = append(view.runs, runLineOf(run, known))
	}
	named := map[string]int{}
	for _, c := range all {
		named[c.Name]++
	}
	for _, c := range all { // in their order: phase after phase
		if n := len(view.phases); n == 0 || view.phases[n-1].name != together(c.Phase) {
			view.phases = append(view.phases, phaseView{name: together(c.Phase), anchor: "phase-" + strconv.Itoa(n+1)})
		}
		phase := &view.phases[len(view.phases)-1]
		line := campaignLineOf(c.Campaign, latest, known)
		if named[c.Name] > 1 {
			line.name += " (" + c.ID + ")"
		}
		phase.campaigns = append(phase.campaigns, line)
	}
	if err := s.takeFlashAbout(r, &view.page); err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, campaignsPage(view))
}

// campaignAnchor is where a campaign stands in the list of all.
func campaignAnchor(id string) string { return "campagne-" + id }

// together writes a text that someone typed, or that ships, as French wants it on a page: what is kept has plain spaces, at which a
// line may break before a sign that begins none, or within quotation marks.
func together(text string) string { return breakable.ReplaceAllString(text, "${2}"+nbsp+"${1}") }

var breakable = regexp.MustCompile(`[ ]([:;?!»%])|(«|n°)[ ]`)

func campaignLineOf(c registry.Campaign, runs []registry.Run, known people) campaignLine {
	line := campaignLine{
		name: together(c.Name), id: c.ID, period: capitalised(c.Period()), says: c.Sentence(), source: together(c.Source), address: campaignAddress(c.ID),
	}
	for _, run := range runs { // the latest first
		if run.Campaign.ID == c.ID {
			latest := runLineOf(run, known)
			line.run = &latest
			break
		}
	}
	return line
}

type prepareView struct {
	page     ui.Page
	campaign campaignLine
	again    bool // a run of it is under way already
	ended    string
	version  string
	request  string
}

func (s *Server) prepareForm(w http.ResponseWriter, r *http.Request, by registry.Actor) error {
	return s.showPrepare(w, r, by, http.StatusOK, ui.Form{})
}

// shownCampaign is where the page that asks before a run is prepared says what the campaign is.
const shownCampaign = "campagne"

// showPrepare asks before a run is prepared of a campaign as it is now.
func (s *Server) showPrepare(w http.ResponseWriter, r *http.Request, by registry.Actor, status int, form ui.Form) error {
	c, err := s.Registry.Campaign(r.Context(), by, r.PathValue("campaign"))
	if err != nil {
		return err
	}
	open, err := s.Registry.OpenRuns(r.Context(), by)
	if err != nil {
		return err
	}
	known, err := s.people(r, by)
	if err != nil {
		return err
	}
	view := prepareView{page: s.page(r, "Préparer un ciblage de «"+nbsp+together(c.Name)+nbsp+"»"), campaign: campaignLineOf(c.Campaign, open, known), version: strconv.Itoa(c.Version), request: newForm().Get(fieldRequest)}
	view.page.Form = form
	if view.ended, err = s.endedOf(r, by, c.Campaign); err != nil {
		return err
	}
	view.again = view.campaign.run != nil
	return s.render(w, r, status, preparePage(view))
}

// endedOf says that a campaign is over, in words; nothing of one that goes on.
func (s *Server) endedOf(r *http.Request, by registry.Actor, c registry.Campaign) (string, error) {
	refusal, err := s.Registry.Ended(r.Context(), by, c)
	if refusal == nil {
		return "", err
	}
	return refusal.Message, nil
}

func (s *Server) prepare(w http.ResponseWriter, r *http.Request, by registry.Actor) error {
	if err := s.dropKept(r); err != nil {
		return err
	}
	number, already, err := s.Registry.PrepareRun(r.Context(), by, r.PathValue("campaign"), shownNumber(r, fieldFrom), r.PostForm.Get(fieldRequest))
	if errors.Is(err, registry.ErrCampaignMoved) {
		return s.showPrepare(w, r, by, http.StatusConflict, ui.Form{
			Message: "Ciblage non préparé", Errors: []ui.FieldError{{Field: shownCampaign, Message: registry.ErrCampaignMoved.Error()}},
		})
	}
	if err != nil {
		return err
	}
	said := " préparé. Rien n’est encore envoyé à personne."
	if already {
		said = " déjà préparé."
	}
	if err := s.flash(r, "Ciblage n°"+nbsp+strconv.Itoa(number)+said); err != nil {
		return err
	}
	http.Redirect(w, r, runAddress(number), http.StatusSeeOther)
	return nil
}
