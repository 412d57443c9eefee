package registry

import (
	"context"
	"errors"
	"time"
)

// ReportID identifies a report.
type ReportID string

// ReportKind is what a report says of an account.
type ReportKind string

// The kinds of report.
const (
	ReportGuessing ReportKind = "guessing" // searches were blocked: someone may be guessing
	ReportNotMine  ReportKind = "not-mine" // a practitioner did not do what was recorded in their name
	ReportPassword ReportKind = "password" // sign-in by password was blocked: someone may be guessing it
)

// Label is the kind as screens show it.
func (k ReportKind) Label() string {
	switch k {
	case ReportNotMine:
		return "Acte non reconnu par le professionnel"
	case ReportPassword:
		return "Connexion par mot de passe bloquée"
	}
	return "Recherches suspendues"
}

// Report tells those who oversee the service that an account may be in wrong hands.
type Report struct {
	ID        ReportID
	Kind      ReportKind
	At        time.Time
	About     Practitioner // whose account
	Role      Role         // as what they acted
	Door      Door         // by which they came in
	PlaceID   string       // of the place of practice where it was used
	PlaceName string
	Act       ReportedAct // for ReportNotMine
	Note      string      // of who reports
	Closed
}

// ReportedAct names an entry of the access log.
type ReportedAct struct {
	Action  Action
	Record  RecordID
	Version int
	At      time.Time
}

// Closed says how a report was dealt with; zero while it is open.
type Closed struct {
	ClosedAt time.Time
	ClosedBy string // identifier of the agent
	Outcome  string // in the agent's words
}

// IsOpen tells whether nobody has dealt with the report yet.
func (r Report) IsOpen() bool { return r.ClosedAt.IsZero() }

// ReportMade is a report with its event.
type ReportMade struct {
	Head
	Report Report
}

// ReportClosed says how a report was dealt with.
type ReportClosed struct {
	Head
	ID     ReportID
	Closed Closed
	Lift   string // key of a throttle to forget: the account may search again; none for none
}

// ErrNoReport is returned when there is no open report of that identifier.
var ErrNoReport = errors.New("no such open report")

// OwnAct is an act in the name of a practitioner, as «Mes actes récents» lists it.
type OwnAct struct {
	Event
	Patient  Patient
	Reported bool
}

// Act is the act as a report names it.
func (a OwnAct) Act() ReportedAct { return ReportedAct{a.Action, a.Record, a.Version, a.At} }

// OwnActions are the actions that leave something in a record.
func OwnActions() []Action {
	actions := []Action{ActionRegister}
	for _, ofSteps := range stepActions {
		actions = append(actions, ofSteps[:]...)
	}
	return actions
}

// OwnActsShown is how many acts «Mes actes récents» lists at a time.
const OwnActsShown = 50

// OwnActsQuery says which acts of whom are asked for.
type OwnActsQuery struct {
	NationalID string
	Before     time.Time   // the first moment after; zero for all
	Act        ReportedAct // this one alone, unless zero
	Limit      int
}

// ReportsQuery says which reports are asked for.
type ReportsQuery struct {
	ID     ReportID  // this one alone, unless empty
	Closed bool      // those dealt with, instead of those open; of either kind with ID
	Before time.Time // the first moment after; zero for all
	Limit  int
}

// OwnActs lists what was recorded in the actor's name before a moment (now, for zero), the latest first.
func (g *Registry) OwnActs(ctx context.Context, by Actor, before time.Time) ([]OwnAct, error) {
	event := g.event(by, ActionReadOwnActs, "")
	if err := g.allowed(ctx, by, event, MayReviewOwn); err != nil {
		return nil, err
	}
	return g.Store.OwnActs(ctx, OwnActsQuery{NationalID: by.Practitioner.NationalID, Before: before, Limit: OwnActsShown + 1}, event)
}

// OwnAct returns one act of the actor's list.
func (g *Registry) OwnAct(ctx context.Context, by Actor, act ReportedAct) (OwnAct, error) {
	event := g.event(by, ActionReadOwnActs, "")
	if err := g.allowed(ctx, by, event, MayReviewOwn); err != nil {
		return OwnAct{}, err
	}
	if act == (ReportedAct{}) {
		return OwnAct{}, errNotOwn
	}
	own, err := g.Store.OwnActs(ctx, OwnActsQuery{NationalID: by.Practitioner.NationalID, Act: act, Limit: 1}, event)
	if err != nil {
		return OwnAct{}, err
	}
	if len(own) == 0 {
		return OwnAct{}, errNotOwn
	}
	return own[0], nil
}

var errNotOwn = NotFound("Cet acte ne figure pas parmi les vôtres. Revenez à %s.").Naming(OwnActList)

// NotMine reports an act of the actor's list as not theirs.
func (g *Registry) NotMine(ctx context.Context, by Actor, act ReportedAct, note string) error {
	own, err := g.OwnAct(ctx, by, act)
	if err != nil {
		return err
	}
	f := form{}
	note, err = cleanText(note, reasonLimit)
	f.check(FieldNote, err)
	if err := f.err(); err != nil {
		return err
	}
	if own.Reported {
		return nil // said already
	}
	event := g.event(by, ActionReport, act.Record)
	event.Version = act.Version
	report := Report{
		ID: g.newReportID(), Kind: ReportNotMine, At: g.Security(), About: by.Practitioner, Role: by.Role, Door: own.Door,
		PlaceID: own.PlaceID, PlaceName: own.PlaceName, Act: own.Act(), Note: note,
	}
	return g.Store.Apply(ctx, ReportMade{Head{record: act.Record, event: event}, report})
}

// FieldNote names what someone adds to a report, and FieldOutcome what an agent says of how it was dealt with.
const (
	FieldNote    = "note"
	FieldOutcome = "outcome"
)

// ReportsShown is how many reports are listed at a time.
const ReportsShown = 50

// Reports lists the reports that are open, or those dealt with, before a moment (now, for zero).
func (g *Registry) Reports(ctx context.Context, by Actor, closed bool, before time.Time) ([]Report, error) {
	event := g.event(by, ActionReadReports, "")
	if err := g.allowed(ctx, by, event, MayOversee); err != nil {
		return nil, err
	}
	return g.Store.Reports(ctx, ReportsQuery{Closed: closed, Before: before, Limit: ReportsShown + 1}, event)
}

// Report returns one report.
func (g *Registry) Report(ctx context.Context, by Actor, id ReportID) (Report, error) {
	event := g.event(by, ActionReadReports, "")
	if err := g.allowed(ctx, by, event, MayOversee); err != nil {
		return Report{}, err
	}
	reports, err := g.Store.Reports(ctx, ReportsQuery{ID: id, Limit: 1}, event)
	if err != nil {
		return Report{}, err
	}
	if len(reports) == 0 {
		return Report{}, errNoSuchReport
	}
	return reports[0], nil
}

var errNoSuchReport = NotFound("Ce signalement n’existe pas. Revenez à %s.").Naming(ReportList)

// CloseReport says how a report was dealt with. lift lets an account search again at once: whoever closes
// the report knows that it is in the right hands.
func (g *Registry) CloseReport(ctx context.Context, by Actor, id ReportID, outcome string, lift bool) error {
	event := g.event(by, ActionCloseReport, "")
	if err := g.allowed(ctx, by, event, MayOversee); err != nil { // or it would stand in the log as a try to read it
		return err
	}
	report, err := g.Report(ctx, by, id)
	if err != nil {
		return err
	}
	err = g.allowed(ctx, by, event, func(c Case) error {
		c.Report = report
		return MayClose(c)
	})
	if err != nil {
		return err
	}
	f := form{}
	outcome, err = requiredText(outcome, reasonLimit, "Indiquez la suite donnée au signalement.")
	f.check(FieldOutcome, err)
	if err := f.err(); err != nil {
		return err
	}
	key := ""
	if lift && report.Kind == ReportGuessing {
		key = throttleKey(Actor{Practitioner: report.About, Door: report.Door})
	}
	closed := Closed{ClosedAt: g.Security(), ClosedBy: by.Practitioner.NationalID, Outcome: outcome}
	err = g.Store.Apply(ctx, ReportClosed{Head{event: event}, id, closed, key})
	if errors.Is(err, ErrNoReport) {
		return g.refuse(ctx, event, Conflict("Ce signalement a déjà été traité, ou n’existe pas. Revenez à %s.").Naming(ReportList))
	}
	return err
}
