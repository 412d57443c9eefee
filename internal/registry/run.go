package registry

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"
)

// This file is how a campaign, once it is written (campaign.go), reaches the population (TGT-3, TGT-4): a run of it is prepared and its
// persons are counted, someone else approves, and the run gives a code to each whom it concerns and who has none (runwork.go).

// RunState is how far a run is.
type RunState string

// The states of a run, in their order; a run that is not done yet may be dropped, unless it is running.
const (
	RunCounting RunState = "counting" // its persons are being counted
	RunPrepared RunState = "prepared" // they are, and someone else may approve
	RunApproved RunState = "approved"
	RunRunning  RunState = "running"
	RunDone     RunState = "done" // its codes are in force
	RunDropped  RunState = "dropped"
)

// Label is the state in words.
func (s RunState) Label() string {
	switch s {
	case RunCounting:
		return "Décompte en cours"
	case RunPrepared:
		return "À approuver"
	case RunApproved:
		return "Approuvé, en attente d’exécution"
	case RunRunning:
		return "En cours d’exécution"
	case RunDone:
		return "Exécuté"
	}
	return "Abandonné"
}

// Over tells that nothing will happen to the run any more.
func (s RunState) Over() bool { return s == RunDone || s == RunDropped }

// MayBeDropped tells that the run may still be given up.
func (s RunState) MayBeDropped() bool { return !s.Over() && s != RunRunning }

// Run is a campaign on its way to the whole population («ciblage»).
type Run struct {
	Number     int
	Campaign   Campaign // as it was when the run was prepared
	State      RunState
	Counts     []RunCount // of whom it concerned when it was prepared, and who had no code
	PreparedBy string     // identifier of the agent
	PreparedAt time.Time
	ApprovedBy string
	ApprovedAt time.Time
	StartedAt  time.Time
	EndedAt    time.Time
	Progress   Progress
	Targeted   int    // how many got a code, once it is done
	Request    string // the form that asked for it; empty where it was none

	DroppedBy string // empty for one that was dropped when this was not kept yet
	DroppedAt time.Time

	ImportedAt time.Time // when an import of the population ended last, whichever; zero for none

	FailedAt time.Time // when counting it, or carrying it out, failed the last time; zero once that was done
}

// Failed tells that what the run waits for failed the last time. It is tried again.
func (r Run) Failed() bool {
	return !r.FailedAt.IsZero() && (r.State == RunCounting || r.State == RunApproved || r.State == RunRunning)
}

// Nobody tells that the run was counted and concerns nobody who has no code yet: there is nothing to approve, and nothing more comes of it.
func (r Run) Nobody() bool { return r.State == RunPrepared && r.Persons() == 0 }

// Outdated tells that an import of the population ended since the run was prepared, which nobody has approved yet: it may concern more persons now than
// were counted, or fewer.
func (r Run) Outdated() bool {
	return r.State == RunPrepared && !r.Nobody() && r.ImportedAt.After(r.PreparedAt)
}

// Behind tells that the run, which may still be dropped, is of that campaign, and that the campaign says something else now than what the run goes by. A run goes neither by its
// source and its place in the phase, which concern nobody, nor by its last day, which is asked of the campaign as it stands (Ended).
func (r Run) Behind(now Campaign) bool {
	was := r.Campaign
	was.Source, was.Rank, was.Closes = now.Source, now.Rank, now.Closes
	return was.ID == now.ID && r.State.MayBeDropped() && !r.Nobody() && !reflect.DeepEqual(was, now)
}

// Label is how far the run is, in words.
func (r Run) Label() string {
	if r.Nobody() {
		return "Aucune personne à cibler"
	}
	return r.State.Label()
}

// Persons is how many the run concerned when it was prepared.
func (r Run) Persons() int {
	n := 0
	for _, c := range r.Counts {
		n += c.Persons
	}
	return n
}

// Progress is which part of the population a run has been through.
type Progress struct{ Done, Of int64 }

// Part is the progress between 0 and 1.
func (p Progress) Part() float64 {
	if p.Of == 0 {
		return 0
	}
	return float64(p.Done) / float64(p.Of)
}

// RunCount is how many persons there are of a department, an age class on the day the campaign opens, and a sex.
type RunCount struct {
	Department string // empty where it cannot be told
	Age        AgeClass
	Sex        Sex
	Persons    int
}

// AgeClass is one of AgeClasses, by its place; that of persons whose age cannot be told is none of them, -1.
// Who is not born yet on the day that counts is in the first.
type AgeClass int

// AgeClasses are the ages by which persons are counted, each from its own up to the next one's.
var AgeClasses = []int{0, 5, 12, 18, 30, 40, 50, 60, 65, 70, 75, 80, 90}

// Label is the class in words: «75 à 79 ans».
func (a AgeClass) Label() string {
	switch last := AgeClass(len(AgeClasses) - 1); {
	case a < 0 || a > last:
		return "âge inconnu"
	case a == last:
		return fmt.Sprintf("%d\u00a0ans et plus", AgeClasses[a])
	case a == 0:
		return fmt.Sprintf("moins de %d\u00a0ans", AgeClasses[1])
	default:
		return fmt.Sprintf("%d à %d\u00a0ans", AgeClasses[a], AgeClasses[a+1]-1)
	}
}

// Why a run cannot go on.
var (
	// ErrNoRun: there is no such run, or it is not in the state that is needed.
	ErrNoRun = errors.New("no such run, or not in that state")
	// ErrRunning: another run is under way; they are carried out one after the other.
	ErrRunning = errors.New("another run is under way")
	// ErrSentAgain: the same person sent the same form before.
	ErrSentAgain = errors.New("the form was sent before")
)

// TargetingStore keeps campaigns and their runs, and carries these out.
type TargetingStore interface {
	FollowUpStore

	// SaveCampaign adds a version of a campaign, which follows the one that is known: from is its number, 0 for none.
	// It returns ErrOvertaken when another follows it already.
	SaveCampaign(ctx context.Context, c SavedCampaign, event Event) error

	// Campaigns returns the latest version of each campaign, in their order (Campaign.Compare).
	Campaigns(ctx context.Context) ([]SavedCampaign, error)

	// PrepareRun keeps a run to count, and returns its number: one more than the latest's. When who prepares it made a run by the
	// same Request, it keeps nothing, writes no event, and returns the number of that one with ErrSentAgain. An empty Request is none.
	PrepareRun(ctx context.Context, run Run, event Event) (int, error)

	// SentRun returns the run that somebody made by a Request, or ErrNoRun. An empty Request made none.
	SentRun(ctx context.Context, by, request string) (Run, error)

	// CountRun counts whom a run concerns and who has no code yet, objects or died, keeps the counts and makes the run a
	// prepared one. It returns ErrNoRun for one that is not to count.
	CountRun(ctx context.Context, number int) error

	// ApproveRun says that someone approves a prepared run, who is not who prepared it, or else ErrNoRun.
	ApproveRun(ctx context.Context, number int, by string, at time.Time, event Event) error

	// DropRun says that a run will not be carried out, by whom, and since when. One that runs, is done, or was dropped is ErrNoRun.
	DropRun(ctx context.Context, number int, by string, at time.Time, event Event) error

	// CarryOut gives a code to each whom an approved run concerns, but those who have one, object or died. All its codes
	// come into force together, with the event, in which Count is how many they are, Covering the digest of whom they were given to (SHA-256 of the
	// numbers of their records, eight bytes each, in their order) and At that moment, and then the run is done. It
	// begins and ends by the clock now. Stopped
	// anywhere, it goes on when called again; to carry out a run that is done changes nothing. progress is told how far
	// it is. It returns ErrRunning while another run is carried out, and ErrNoRun for one that was not approved.
	CarryOut(ctx context.Context, number int, event Event, now func() time.Time, progress func(Progress)) error

	// RunFailed says that counting a run, or carrying it out, failed at a moment. One that is over, or waits for approval, is ErrNoRun.
	RunFailed(ctx context.Context, number int, at time.Time) error

	// Runs returns the runs that were prepared before the one of a number, 0 for all, the latest first, at most limit.
	Runs(ctx context.Context, before, limit int) ([]Run, error)

	// LatestRuns returns the run of each campaign that was prepared last, the latest first.
	LatestRuns(ctx context.Context) ([]Run, error)

	// OpenRuns returns all runs that are not over, the one prepared first first.
	OpenRuns(ctx context.Context) ([]Run, error)

	// Run returns a run, or ErrNoRun.
	Run(ctx context.Context, number int) (Run, error)
}

// CountingMost is how many runs may wait to be counted: each takes up to minutes of the database, and what was approved comes after them, so
// that one account could keep all of it waiting for days.
const CountingMost = 50

// RunsShown is how many runs are listed at once.
const RunsShown = 100

// ErrCampaignMoved refuses to prepare a run of a campaign that is no longer what was shown.
var ErrCampaignMoved = Conflict("Cette campagne a été modifiée depuis que vous avez ouvert la page. Relisez-la telle qu’elle est maintenant, puis confirmez.")

var (
	errNoSuchRun    = NotFound("Ce ciblage n’existe pas. Revenez à %s.").Naming(RunList)
	errRunFormUsed  = Conflict("Ce formulaire a déjà servi à préparer le ciblage d’une autre campagne. Revenez à %s et recommencez.").Naming(CampaignList)
	errRunFormOld   = Conflict("Ce formulaire a déjà servi à préparer un ciblage de cette campagne, qui a été modifiée depuis. Revenez à %s et recommencez.").Naming(CampaignList)
	errManyCounting = Conflict("Trop de ciblages attendent leur décompte. Revenez à %s\u00a0: quand quelques-uns seront décomptés, ou abandonnés, recommencez.").Naming(RunList)
	errNoRunForm    = Invalid("Ce formulaire n’est pas valide. Revenez à la page précédente, actualisez-la et recommencez.")
	errRunMoved     = Conflict("Ce ciblage a changé d’état entre-temps. Revenez à %s et vérifiez où il en est.").Naming(RunList)
)

// runs is the store as what carries runs, or an error for one that does not.
func (g *Registry) runs() (TargetingStore, error) {
	if s, ok := g.Store.(TargetingStore); ok {
		return s, nil
	}
	return nil, errors.New("registry: this store carries out no runs")
}

// targeting lets someone do something about campaigns, if the policy does, with the store that keeps them.
func (g *Registry) targeting(ctx context.Context, by Actor, event Event, may func(Case) error, run Run, do func(TargetingStore) error) error {
	s, err := g.runs()
	if err != nil {
		return err
	}
	err = g.allowed(ctx, by, event, func(c Case) error {
		c.Run = run
		return may(c)
	})
	if err != nil {
		return err
	}
	switch err = do(s); {
	case errors.Is(err, ErrNoRun):
		return g.refuse(ctx, event, errRunMoved)
	case errors.Is(err, ErrOvertaken):
		return g.refuse(ctx, event, Conflict("Cette campagne a été modifiée entre-temps. Rouvrez-la, puis refaites vos modifications."))
	}
	return err
}

// PrepareRun prepares a run of the version of a campaign that was shown, from, and returns its number; it refuses when another version
// follows it already. Whom the run concerns is counted next. The same form, sent again by the same person, leads to the run that it made:
// already.
func (g *Registry) PrepareRun(ctx context.Context, by Actor, campaign string, from int, request string) (number int, already bool, err error) {
	if !validRequest(request) {
		return 0, false, errNoRunForm
	}
	c, err := g.Campaign(ctx, by, campaign)
	if err != nil {
		return 0, false, err
	}
	event := g.event(by, ActionPrepareRun, "")
	event.Version, event.Digest = c.Version, c.ID
	run := Run{Campaign: c.Campaign, State: RunCounting, PreparedBy: by.Practitioner.NationalID, PreparedAt: g.Security(), Request: request}
	err = g.targeting(ctx, by, event, MayPrepare, run, func(s TargetingStore) error {
		if from != c.Version {
			return g.refuse(ctx, event, ErrCampaignMoved)
		}
		made, err := s.SentRun(ctx, run.PreparedBy, request)
		if errors.Is(err, ErrNoRun) { // what was prepared in time stays so, also once the campaign ended
			if err := g.going(ctx, by, event, c.Campaign); err != nil {
				return err
			}
			if err := g.fewCounting(ctx, s, event); err != nil {
				return err
			}
			if number, err = s.PrepareRun(ctx, run, event); !errors.Is(err, ErrSentAgain) {
				return err
			}
			made, err = s.Run(ctx, number) // of the same form, sent twice at once
		}
		if err != nil {
			return err
		}
		number, already = made.Number, true
		return g.runSentAgain(ctx, event, run, made)
	})
	return number, already, err
}

// fewCounting refuses one run more to count where CountingMost wait for it.
func (g *Registry) fewCounting(ctx context.Context, s TargetingStore, event Event) error {
	open, err := s.OpenRuns(ctx)
	if err != nil {
		return err
	}
	waiting := 0
	for _, run := range open {
		if run.State == RunCounting {
			waiting++
		}
	}
	if waiting >= CountingMost {
		return g.refuse(ctx, event, errManyCounting)
	}
	return nil
}

// runSentAgain logs that the form of a run came again, unless it comes for another campaign, or for what the campaign became since.
func (g *Registry) runSentAgain(ctx context.Context, event Event, asked, made Run) error {
	if made.Campaign.ID != asked.Campaign.ID {
		return g.refuse(ctx, event, errRunFormUsed)
	}
	if !reflect.DeepEqual(made.Campaign, asked.Campaign) { // or whoever asks would be led to a run that says something else
		return g.refuse(ctx, event, errRunFormOld)
	}
	return g.repeated(ctx, event)
}

// Runs lists the runs that were prepared before the one of a number, 0 for all, the latest first, RunsShown at most. older tells
// that others come after these.
func (g *Registry) Runs(ctx context.Context, by Actor, before int) (all []Run, older bool, err error) {
	err = g.targeting(ctx, by, g.event(by, ActionReadCampaigns, ""), MayPrepare, Run{}, func(s TargetingStore) error {
		all, err = s.Runs(ctx, before, RunsShown+1)
		return err
	})
	if older = len(all) > RunsShown; older {
		all = all[:RunsShown]
	}
	return all, older, err
}

// LatestRuns lists the latest run of each campaign, however many were prepared of others since.
func (g *Registry) LatestRuns(ctx context.Context, by Actor) (all []Run, err error) {
	err = g.targeting(ctx, by, g.event(by, ActionReadCampaigns, ""), MayPrepare, Run{}, func(s TargetingStore) error {
		all, err = s.LatestRuns(ctx)
		return err
	})
	return all, err
}

// OpenRuns lists all runs of which something more comes, the latest first.
func (g *Registry) OpenRuns(ctx context.Context, by Actor) (all []Run, err error) {
	err = g.targeting(ctx, by, g.event(by, ActionReadCampaigns, ""), MayPrepare, Run{}, func(s TargetingStore) error {
		all, err = s.OpenRuns(ctx)
		return err
	})
	all = slices.DeleteFunc(all, Run.Nobody)
	slices.Reverse(all)
	return all, err
}

// Run returns a run.
func (g *Registry) Run(ctx context.Context, by Actor, number int) (run Run, err error) {
	err = g.targeting(ctx, by, g.event(by, ActionReadCampaigns, ""), MayPrepare, Run{}, func(s TargetingStore) error {
		if run, err = s.Run(ctx, number); errors.Is(err, ErrNoRun) {
			err = errNoSuchRun
		}
		return err
	})
	return run, err
}

// ApproveRun approves a run that someone else prepared. Asked again by the same person, whose answer may have been lost, it is approved already.
func (g *Registry) ApproveRun(ctx context.Context, by Actor, number int) error {
	run, err := g.Run(ctx, by, number)
	if err != nil {
		return err
	}
	event := g.runEvent(by, ActionApproveRun, run)
	return g.targeting(ctx, by, event, MayApprove, run, func(s TargetingStore) error {
		approved := func(r Run) bool { return r.ApprovedBy == by.Practitioner.NationalID && r.State != RunDropped }
		if approved(run) { // in time, whatever became of the campaign since
			return g.repeated(ctx, event)
		}
		if err := g.going(ctx, by, event, run.Campaign); err != nil {
			return err
		}
		err := s.ApproveRun(ctx, number, by.Practitioner.NationalID, g.Security(), event)
		return g.unlessDone(ctx, s, number, event, err, approved)
	})
}

// DropRun gives a run up before it is carried out; as ApproveRun, once for all that the same person asks.
func (g *Registry) DropRun(ctx context.Context, by Actor, number int) error {
	run, err := g.Run(ctx, by, number)
	if err != nil {
		return err
	}
	event := g.runEvent(by, ActionDropRun, run)
	return g.targeting(ctx, by, event, MayPrepare, run, func(s TargetingStore) error {
		err := s.DropRun(ctx, number, by.Practitioner.NationalID, g.Security(), event)
		return g.unlessDone(ctx, s, number, event, err, func(r Run) bool { return r.DroppedBy == by.Practitioner.NationalID })
	})
}

// unlessDone forgives that a run is in another state than an act asks for, when it is so by the same act.
func (g *Registry) unlessDone(ctx context.Context, s TargetingStore, number int, event Event, err error, done func(Run) bool) error {
	if !errors.Is(err, ErrNoRun) {
		return err
	}
	switch run, failed := s.Run(ctx, number); {
	case failed != nil:
		return failed
	case !done(run):
		return err
	}
	return g.repeated(ctx, event)
}

// runEvent is the entry of an act on a run.
func (g *Registry) runEvent(by Actor, action Action, run Run) Event {
	e := g.event(by, action, "")
	e.Version, e.Count, e.Digest = run.Number, run.Persons(), run.Campaign.ID
	return e
}
