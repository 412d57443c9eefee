package web

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"

	"vaccin/internal/registry"
	"vaccin/internal/web/ui"
)

// «Ciblages» (TGT-3): the runs of campaigns; the page of one, with whom it concerns in numbers, by whom it was prepared
// and approved, and how far it is; and the pages that ask before it is approved or dropped.
//
// Numbers are shown exactly, small ones too: campaign managers are agents, who answer for whom they target, and who have names and
// addresses printed (docs/threat-model.md). Those who may see statistics alone have other pages.

const (
	runsAddress  = "/ciblages"
	refreshParam = "actualisation"
	refreshStop  = "non"

	// refreshSeconds is after how long the page of a run under way comes anew.
	refreshSeconds = "10"
)

func runAddress(number int) string { return runsAddress + "/" + strconv.Itoa(number) }

// runLine is a run in a list.
type runLine struct {
	address, label, campaign string
	state                    statusView
	persons                  string
	prepared, approved       string
}

func runLineOf(run registry.Run, known people) runLine {
	line := runLine{
		address: runAddress(run.Number), label: "n°" + nbsp + strconv.Itoa(run.Number), campaign: together(run.Campaign.Name),
		state: runStatus(run), persons: registry.FrenchNumber(run.Persons()),
		prepared: known.whoIs(run.PreparedBy) + ", le " + registry.FrenchMoment(run.PreparedAt, ""),
	}
	switch run.State {
	case registry.RunCounting:
		line.persons = ""
	case registry.RunDone: // as its page, its letters and the follow-up say
		line.persons = registry.FrenchNumber(run.Targeted)
	}
	if run.ApprovedBy != "" {
		line.approved = known.whoIs(run.ApprovedBy) + ", le " + registry.FrenchMoment(run.ApprovedAt, "")
	}
	return line
}

func runStatus(run registry.Run) statusView {
	kinds := map[registry.RunState]string{
		registry.RunCounting: "none", registry.RunPrepared: "attention", registry.RunApproved: "progress",
		registry.RunRunning: "progress", registry.RunDone: "done", registry.RunDropped: "stopped",
	}
	if run.Nobody() {
		return statusView{"none", run.Label()}
	}
	text := run.Label()
	if run.State == registry.RunRunning {
		text += nbsp + "(" + percent(run) + ")"
	}
	if run.Failed() {
		return statusView{"attention", text + lastTryFailed}
	}
	return statusView{kinds[run.State], text}
}

// lastTryFailed is said of what the service tries again.
const lastTryFailed = ", dernier essai en échec"

// runFailure says so, and what comes of it.
func runFailure(run registry.Run) string {
	if !run.Failed() {
		return ""
	}
	what, order := "L’exécution de ce ciblage", "Le service réessaie de lui-même, après les autres ciblages"
	switch run.State {
	case registry.RunCounting:
		what = "Le décompte des personnes"
	case registry.RunRunning:
		order = "Le service réessaie de lui-même, et n’exécute aucun autre ciblage avant la fin de celui-ci"
	}
	return what + " a échoué la dernière fois, le " + registry.FrenchMoment(run.FailedAt, "") + ". " + order + nbsp +
		": rien n’est à refaire. Si cela dure plus d’une heure, prévenez l’exploitant du service."
}

// percent is how far a run is.
func percent(run registry.Run) string { return strconv.Itoa(wholePercent(run)) + nbsp + "%" }

func wholePercent(run registry.Run) int { return int(run.Progress.Part() * 100) }

// gotCode says how many got a code.
func gotCode(n int) string {
	switch n {
	case 0:
		return "Personne n’a reçu de code."
	case 1:
		return personsOf(n) + " a reçu un code."
	}
	return personsOf(n) + " ont reçu un code."
}

// personsOf says how many persons.
func personsOf(n int) string { return registry.Counted(n, "personne", "personnes") }

type runsView struct {
	page   ui.Page
	runs   []runLine
	older  string // where those are that were prepared before
	newest string // where the latest are, unless they are these
}

func (s *Server) runs(w http.ResponseWriter, r *http.Request, by registry.Actor) error {
	// The number of the run before which those of the list were prepared; what is none leads to the latest.
	before := max(0, wholeNumber(r.URL.Query().Get(beforeParam)))
	all, older, err := s.Registry.Runs(r.Context(), by, before)
	if err != nil {
		return err
	}
	known, err := s.people(r, by)
	if err != nil {
		return err
	}
	view := runsView{page: s.page(r, "Ciblages")}
	for _, run := range all {
		view.runs = append(view.runs, runLineOf(run, known))
	}
	if older {
		view.older = runsAddress + "?" + beforeParam + "=" + strconv.Itoa(all[len(all)-1].Number)
	}
	if before > 0 {
		view.newest = runsAddress
	}
	return s.render(w, r, http.StatusOK, runsPage(view))
}

type runView struct {
	page    ui.Page
	address string
	state   statusView
	says    string
	rows    []ui.Row
	effect  string   // what the state means for people
	failure string   // that what it waits for failed, if it did
	since   []string // what happened since it was prepared that may be reason enough to give it up
	approve bool     // the one who looks may, and it would be of use
	refusal string   // why not
	drop    bool
	letters string // where the letters of the run are, once it is done
	reached string // where the follow-up of those it gave a code is, once there are any
	ofList  string // where its campaign is among the others, as it is now
	percent int    // while it runs
	running bool   // so that there is a percentage
	waits   bool   // the page changes by itself
	refresh refreshView
	preview *previewView
}

// run shows a run.
func (s *Server) run(w http.ResponseWriter, r *http.Request, by registry.Actor) error {
	run, err := s.runOf(r, by)
	if err != nil {
		return err
	}
	known, err := s.people(r, by)
	if err != nil {
		return err
	}
	view := runView{
		page: s.page(r, "Ciblage n°"+nbsp+strconv.Itoa(run.Number)), address: runAddress(run.Number), state: runStatus(run),
		says: run.Campaign.Sentence(), rows: runRows(run, known), effect: runEffect(run), failure: runFailure(run),
		running: run.State == registry.RunRunning, percent: wholePercent(run),
		ofList: campaignsAddress + "#" + campaignAnchor(run.Campaign.ID),
		drop:   run.State.MayBeDropped() && !run.Nobody(),
		waits:  slices.Contains([]registry.RunState{registry.RunCounting, registry.RunApproved, registry.RunRunning}, run.State),
	}
	if run.State == registry.RunPrepared && !run.Nobody() {
		refusal, err := s.mayApprove(r, by, run)
		if err != nil {
			return err
		}
		if view.approve = refusal == nil; refusal != nil {
			view.refusal = refusal.Message
		}
	}
	if run.State == registry.RunDone {
		view.letters = batchesAddress(run.Number)
		if run.Targeted > 0 {
			view.reached = followUpOfRun(run.Number)
		}
	}
	if run.Persons() > 0 {
		view.preview = previewOf(run)
	}
	if view.since, err = s.since(r, by, run); err != nil {
		return err
	}
	if view.page.Notice, err = s.takeFlash(r); err != nil {
		return err
	}
	view.refresh = refreshing(w, r, view.address, view.waits)
	return s.render(w, r, http.StatusOK, runPage(view))
}

// runOf is the run of an address.
func (s *Server) runOf(r *http.Request, by registry.Actor) (registry.Run, error) {
	return s.Registry.Run(r.Context(), by, runNumber(r))
}

// runNumber is the number of an address; no run has the number 0.
func runNumber(r *http.Request) int { return pathNumber(r, "run") }

// pathNumber is a number in an address, 0 where there is none. One page has one address: a number written otherwise than the address of
// the page does («01», «+1») is none.
func pathNumber(r *http.Request, name string) int {
	text := r.PathValue(name)
	if n := wholeNumber(text); n > 0 && strconv.Itoa(n) == text {
		return n
	}
	return 0
}

// mayApprove asks the policy, and whether the campaign goes on, which answer with the reason why not.
func (s *Server) mayApprove(r *http.Request, by registry.Actor, run registry.Run) (*registry.Error, error) {
	c, err := s.Registry.Case(r.Context(), by)
	if err != nil {
		return nil, err
	}
	c.Run = run
	var refusal *registry.Error
	if err := registry.MayApprove(c); err != nil && !errors.As(err, &refusal) {
		return nil, err
	}
	if refusal != nil {
		return refusal, nil
	}
	return s.Registry.Ended(r.Context(), by, run.Campaign)
}

// since says what happened since a run was prepared, while it may still be given up: that its campaign was changed, which whoever corrected the campaign
// may not expect, and that the population was.
func (s *Server) since(r *http.Request, by registry.Actor, run registry.Run) (told []string, err error) {
	if !run.State.MayBeDropped() { // the page of one that is under way is shown every few seconds
		return nil, nil
	}
	all, err := s.Registry.Campaigns(r.Context(), by)
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(all, func(c registry.SavedCampaign) bool { return run.Behind(c.Campaign) }) {
		told = append(told, "La campagne a été modifiée depuis que ce ciblage a été préparé\u00a0: il n’en tient pas compte. "+
			"Si la modification doit s’appliquer, abandonnez-le et préparez un autre ciblage.")
	}
	if run.Outdated() {
		told = append(told, "Un import de la population s’est terminé depuis que ce ciblage a été préparé, le "+registry.FrenchMoment(run.ImportedAt, "")+
			"\u00a0: le nombre de personnes concernées peut avoir changé. Pour décider sur un décompte à jour, abandonnez-le et préparez un autre ciblage.")
	}
	return told, nil
}

// decidedRows say who prepared and approved a run.
func decidedRows(line runLine) []ui.Row {
	rows := []ui.Row{{Key: "prepared", Label: "Préparé par", Value: line.prepared}}
	if line.approved != "" {
		rows = append(rows, ui.Row{Key: "approved", Label: "Approuvé par", Value: line.approved})
	}
	return rows
}

func runRows(run registry.Run, known people) []ui.Row {
	line := runLineOf(run, known)
	rows := []ui.Row{
		{Key: "campaign", Label: "Campagne", Value: together(run.Campaign.Name)},
		{Key: "phase", Label: "Phase", Value: together(run.Campaign.Phase)},
		{Key: "period", Label: "Période", Value: capitalised(run.Campaign.Period())},
	}
	rows = append(rows, decidedRows(line)...)
	if !run.StartedAt.IsZero() {
		rows = append(rows, ui.Row{Key: "started", Label: "Exécution commencée", Value: "Le " + registry.FrenchMoment(run.StartedAt, "")})
	}
	if run.State == registry.RunDone {
		rows = append(rows, ui.Row{Key: "ended", Label: "Exécution terminée", Value: "Le " + registry.FrenchMoment(run.EndedAt, "")},
			ui.Row{Key: "targeted", Label: "Codes donnés", Value: registry.FrenchNumber(run.Targeted)})
	}
	if !run.DroppedAt.IsZero() {
		rows = append(rows, ui.Row{Key: "dropped", Label: "Abandonné par", Value: known.whoIs(run.DroppedBy) + ", le " + registry.FrenchMoment(run.DroppedAt, "")})
	}
	return rows
}

// runEffect says what was or will be done to people.
func runEffect(run registry.Run) string {
	n := run.Persons()
	switch run.State {
	case registry.RunCounting:
		return "Les personnes concernées sont en cours de décompte. Rien ne leur est envoyé."
	case registry.RunPrepared:
		if run.Nobody() {
			return "Personne n’est concerné, ou toutes les personnes concernées ont déjà un code\u00a0: il n’y a rien à approuver ni à abandonner. " +
				"Si cela vous étonne, relisez les critères de la campagne. Quand d’autres personnes seront concernées, préparez un autre ciblage."
		}
		return approvalEffect(n)
	case registry.RunApproved:
		return "L’exécution commencera dans un instant, ou quand le ciblage en cours sera terminé. D’ici là, il peut encore être abandonné."
	case registry.RunRunning:
		return "Les codes sont en cours d’attribution. Ils entreront en vigueur tous ensemble, à la fin. Une interruption du service ne fait rien perdre : l’exécution reprend là où elle en était."
	case registry.RunDone:
		return gotCode(run.Targeted)
	}
	return "Ce ciblage a été abandonné : personne n’a reçu de code."
}

// approvalEffect says what an approval does. Another run may have given a code to many of these since they were counted.
func approvalEffect(n int) string {
	who := "\u00a0: chacune recevra un code"
	if n == 1 {
		who = ", qui recevra un code"
	}
	return "L’approbation lancera le ciblage de " + personsOf(n) + who + ", à moins d’en avoir reçu un depuis le décompte."
}

// decideView is a page that asks before something is done to a run, or to a batch of its letters.
type decideView struct {
	page     ui.Page
	back     string
	leave    string // says where back leads
	campaign string
	says     string
	rows     []ui.Row // by whom the run came here
	since    []string // what may be reason enough not to do it
	effect   string
	besides  []string // what else to know of it
	action   string
	button   string
	undoes   bool // the button is one to think about
}

func (s *Server) approveForm(w http.ResponseWriter, r *http.Request, by registry.Actor) error {
	run, err := s.runOf(r, by)
	if err != nil {
		return err
	}
	if run.State != registry.RunPrepared || run.Nobody() { // nobody's approval is of use: its page says where it is
		http.Redirect(w, r, runAddress(run.Number), http.StatusSeeOther)
		return nil
	}
	refusal, err := s.mayApprove(r, by, run)
	if err != nil {
		return err
	}
	if refusal != nil {
		return refusedFrom{refusal, link{runAddress(run.Number), "Retour au ciblage"}}
	}
	view, err := s.decideViewOf(r, by, run)
	if err != nil {
		return err
	}
	view.page, view.effect = s.page(r, "Approuver le ciblage n°"+nbsp+strconv.Itoa(run.Number)), approvalEffect(run.Persons())
	view.besides = []string{
		"Un code est donné pour la vie\u00a0: il ne se reprend pas.",
		"Les personnes qui décèdent, s’opposent ou reçoivent un code entre-temps seront laissées de côté. Celles qui deviennent concernées avant l’exécution, " +
			"par exemple par un import de la population, en recevront un aussi\u00a0: si le décompte est ancien, faites préparer un autre ciblage.",
	}
	if view.since, err = s.since(r, by, run); err != nil {
		return err
	}
	view.action, view.button = runAddress(run.Number)+"/approuver", "Approuver et lancer le ciblage"
	return s.render(w, r, http.StatusOK, decidePage(view))
}

func (s *Server) dropForm(w http.ResponseWriter, r *http.Request, by registry.Actor) error {
	run, err := s.runOf(r, by)
	if err != nil {
		return err
	}
	if !run.State.MayBeDropped() || run.Nobody() {
		http.Redirect(w, r, runAddress(run.Number), http.StatusSeeOther)
		return nil
	}
	view, err := s.decideViewOf(r, by, run)
	if err != nil {
		return err
	}
	view.page, view.effect = s.page(r, "Abandonner le ciblage n°"+nbsp+strconv.Itoa(run.Number)),
		"Ce ciblage ne pourra plus être approuvé ni lancé, et personne ne recevra de code. La campagne reste : vous pourrez en préparer un autre."
	view.action, view.button, view.undoes = runAddress(run.Number)+"/abandonner", "Abandonner ce ciblage", true
	return s.render(w, r, http.StatusOK, decidePage(view))
}

func (s *Server) decideViewOf(r *http.Request, by registry.Actor, run registry.Run) (decideView, error) {
	known, err := s.people(r, by)
	return decideView{
		back: runAddress(run.Number), leave: "Retour au ciblage, sans rien changer", campaign: together(run.Campaign.Name), says: run.Campaign.Sentence(), rows: decidedRows(runLineOf(run, known)),
	}, err
}

func (s *Server) approve(w http.ResponseWriter, r *http.Request, by registry.Actor) error {
	return s.decide(w, r, by, s.Registry.ApproveRun, "Ciblage approuvé. Son exécution commencera dans un instant.")
}

func (s *Server) drop(w http.ResponseWriter, r *http.Request, by registry.Actor) error {
	return s.decide(w, r, by, s.Registry.DropRun, "Ciblage abandonné. Personne n’a reçu de code.")
}

// decide does something to the run of an address, and leads to it.
func (s *Server) decide(
	w http.ResponseWriter, r *http.Request, by registry.Actor, do func(context.Context, registry.Actor, int) error, sentence string,
) error {
	if err := s.dropKept(r); err != nil {
		return err
	}
	number := runNumber(r)
	if err := do(r.Context(), by, number); err != nil {
		return err
	}
	if err := s.flash(r, sentence); err != nil {
		return err
	}
	http.Redirect(w, r, runAddress(number), http.StatusSeeOther)
	return nil
}
