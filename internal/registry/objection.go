package registry

import (
	"context"
	"errors"
	"slices"
	"strings"
)

// This file is what a person says against being targeted (TGT-6), and takes back: said to an agent, with its day and its
// channel. While an objection is in force nobody is targeted by a run, written to, or put in an extract; a doctor may
// still record, and the patient's agreement, or an injection, lifts it. Whether it is in force is computed from what was
// declared, so that an agreement that was entered in error, once annulled, has lifted nothing.

// Objection is one objection of a person («opposition»), with its withdrawal if they took it back.
type Objection struct {
	Sequence  int // 1 for the first of the record
	Made      Statement
	Withdrawn *Statement
	Declared  int // how many declarations of eligibility the record had then: a later one is a new agreement
}

// Statement is what a person told an agent.
type Statement struct {
	On      Date // when they said or wrote it
	Channel Channel
	Signed  Signature // of the agent
	Request string    // identifies the form that was sent, so that sending it again changes nothing
}

// Channel is how a person made themselves heard.
type Channel string

// The channels.
const (
	ChannelMail         Channel = "mail"
	ChannelEmail        Channel = "email"
	ChannelPhone        Channel = "phone"
	ChannelDesk         Channel = "desk"
	ChannelAccount      Channel = "account"      // the insured person's own, at their fund
	ChannelPractitioner Channel = "practitioner" // who passed it on
)

// Channels lists the channels, as pages offer them.
var Channels = []Channel{ChannelMail, ChannelPhone, ChannelEmail, ChannelDesk, ChannelAccount, ChannelPractitioner}

// ObjectionLimit says from a day on until which step one may object: StepEligibility, the agreement, or StepFirstDose.
type ObjectionLimit struct {
	From Date
	Step Step
}

// ObjectionLimit is the step until which one may object on a day: the agreement, where nothing else is said.
func (r Reference) ObjectionLimit(day Date) Step {
	in := ObjectionLimit{Step: StepEligibility}
	for _, l := range r.ObjectionLimits {
		if !l.From.After(day) && !l.From.Before(in.From) {
			in = l
		}
	}
	return in.Step
}

// Objection is the objection in force, if any: the last one, unless it was withdrawn or lifted.
func (r Record) Objection() (Objection, bool) {
	o, ok := r.lastObjection()
	if _, lifted := r.ObjectionLifted(); !ok || lifted || o.Withdrawn != nil {
		return Objection{}, false
	}
	return o, true
}

// Objects tells whether the person is to be left alone: by runs, letters and extracts.
func (r Record) Objects() bool {
	_, ok := r.Objection()
	return ok
}

// ObjectionLifted tells which step lifted the last objection, if one did: an eligibility declared later, or an injection,
// under which nobody objects. It comes back when the step is annulled.
func (r Record) ObjectionLifted() (Step, bool) {
	o, ok := r.lastObjection()
	if !ok || o.Withdrawn != nil {
		return 0, false
	}
	if e, ok := r.Eligibility(); ok && e.Sequence > o.Declared {
		return StepEligibility, true
	}
	if r.Done(StepFirstDose) {
		return StepFirstDose, true
	}
	return 0, false
}

// WithObjectionsOf is the record with what the same person said under another, in which nothing was declared. What is in force
// stays so: what counts, the last objection, is that of this record if it is in force, or else that of the other unless it was
// withdrawn. An agreement that was signed in this record since an objection of the other was recorded lifts it; one from before does not.
func (r Record) WithObjectionsOf(other Record) Record {
	moved := slices.Clone(other.Objections)
	for i := range moved {
		moved[i].Declared = 0
		for _, e := range r.Eligibilities {
			if !e.Versions[0].Signed.At.After(moved[i].Made.Signed.At) {
				moved[i].Declared++
			}
		}
	}
	all := slices.Concat(r.Objections, moved)
	if r.Objects() || !other.Objects() {
		all = slices.Concat(moved, r.Objections)
	}
	for i := range all {
		all[i].Sequence = i + 1
	}
	r.Objections = all
	return r
}

func (r Record) lastObjection() (Objection, bool) {
	if n := len(r.Objections); n > 0 {
		return r.Objections[n-1], true
	}
	return Objection{}, false
}

// past tells whether a record is past the step until which one may object. An injection is an agreement too, also where
// the declaration was annulled under it.
func (r Record) past(limit Step) bool {
	return r.Done(StepFirstDose) || limit == StepEligibility && r.Done(StepEligibility)
}

// ObjectionRequest is the form of an objection, or of its withdrawal, as typed.
type ObjectionRequest struct {
	On      string
	Channel string
}

// Field names of an ObjectionRequest, for errors.
const (
	FieldObjectionOn = "objection_on"
	FieldChannel     = "channel"
)

// DecideStatement checks what a person told an agent: not in the future, and not before since if that is a day.
func DecideStatement(req ObjectionRequest, since, today Date) (on Date, channel Channel, err error) {
	f := form{}
	on, err = ParseDate(req.On)
	switch {
	case strings.TrimSpace(req.On) == "":
		f.refuse(FieldObjectionOn, "Saisissez le jour où la personne s’est exprimée\u00a0: celui de son courrier, de son appel ou de sa venue.")
	case err != nil:
		f.check(FieldObjectionOn, err)
	case on.After(today):
		f.refuse(FieldObjectionOn, "Cette date est dans le futur. Vérifiez-la.")
	case on.Before(firstPrescription):
		f.refuse(FieldObjectionOn, "Cette date est antérieure à l’épidémie de Covid-19. Vérifiez l’année.")
	case !since.IsZero() && on.Before(since):
		f.refuse(FieldObjectionOn, "Le retrait précède l’opposition, qui est du "+since.French()+". Vérifiez la date.")
	}
	channel = Channel(req.Channel)
	if !slices.Contains(Channels, channel) {
		f.refuse(FieldChannel, "Choisissez comment la personne s’est exprimée.")
	}
	return on, channel, f.err()
}

// Objector is a person as whoever records objections sees them: who they are and what they said, nothing of their
// vaccination.
type Objector struct {
	ID         RecordID
	Patient    Patient
	Objections []Objection // the oldest first
	Objects    bool
	Lifted     bool  // an agreement lifted the last one
	Refused    error // why no objection can be recorded now; nil when one can
}

func objectorOf(r Record, policy Case) Objector {
	policy.Record = r
	_, lifted := r.ObjectionLifted()
	return Objector{ID: r.ID, Patient: r.Patient, Objections: r.Objections, Objects: r.Objects(), Lifted: lifted, Refused: MayObject(policy)}
}

// ReasonObjection is the reason, in the access log, of whoever looks for a person who objects.
const ReasonObjection = "Opposition de la personne"

// FindObjector finds those whose NIR or code is the one typed, to record what one of them says. It is a search like others.
func (g *Registry) FindObjector(ctx context.Context, by Actor, typed string) ([]Objector, error) {
	f := form{}
	if strings.TrimSpace(typed) == "" {
		f.refuse(FieldPerson, "Saisissez le numéro de sécurité sociale ou le code de ciblage de la personne.")
		return nil, f.err()
	}
	found, err := g.findPerson(ctx, by, typed, MayObject, ReasonObjection)
	if err != nil {
		return nil, besideThePerson(err)
	}
	policy, err := g.Case(ctx, by)
	if err != nil {
		return nil, err
	}
	var all []Objector
	for _, r := range found {
		all = append(all, objectorOf(r, policy))
	}
	return all, nil
}

// Objector returns a person to whoever records what they say.
func (g *Registry) Objector(ctx context.Context, by Actor, id RecordID) (Objector, error) {
	event := g.event(by, ActionReadObjection, id)
	event.Reason = ReasonObjection
	if err := g.allowed(ctx, by, event, MayObject); err != nil {
		return Objector{}, err
	}
	policy, err := g.Case(ctx, by)
	if err != nil {
		return Objector{}, err
	}
	r, err := g.Store.Read(ctx, id, event.with(OutcomeFound))
	if errors.Is(err, ErrNoRecord) {
		return Objector{}, errNoSuchPerson
	}
	return objectorOf(r, policy), err
}

var errNoSuchPerson = NotFound("Cette personne n’existe pas. Recherchez-la par son code ou son numéro de sécurité sociale.")

// RecordObjection records that a person objects.
func (g *Registry) RecordObjection(ctx context.Context, act Act, req ObjectionRequest) (Done, error) {
	return g.do(ctx, act, ActionObject, Wanted{}, func(d *decision) (Change, error) { return d.object(req) })
}

// WithdrawObjection records that a person takes their objection back.
func (g *Registry) WithdrawObjection(ctx context.Context, act Act, req ObjectionRequest) (Done, error) {
	return g.do(ctx, act, ActionWithdrawObjection, Wanted{}, func(d *decision) (Change, error) { return d.withdraw(req) })
}

// statement is what the form says, as whoever acts signs it.
func (d *decision) statement(req ObjectionRequest, since Date) (Statement, error) {
	on, channel, err := DecideStatement(req, since, d.policy.Today)
	return Statement{On: on, Channel: channel, Signed: d.signature(), Request: d.Request}, err
}

func (d *decision) object(req ObjectionRequest) (Change, error) {
	made, invalid := d.statement(req, Date{})
	allowed := MayObject(d.policy)
	for _, o := range d.record().Objections {
		if !d.sent(o.Made) {
			continue
		}
		if o.Withdrawn != nil {
			return nil, errObjectedThenWithdrew
		}
		return nil, d.saidAgain(o.Made, made, invalid)
	}
	if o, ok := d.record().Objection(); ok && KindOf(allowed) == KindConflict && invalid == nil && d.said(o.Made, made) {
		return nil, errAlready
	}
	if allowed != nil {
		return nil, allowed
	}
	if invalid != nil {
		return nil, invalid
	}
	o := Objection{Sequence: len(d.record().Objections) + 1, Made: made, Declared: len(d.record().Eligibilities)}
	c := ObjectionRecorded{d.head(0), o}
	c.Head = d.turned(c.Head, c)
	return c, nil
}

func (d *decision) withdraw(req ObjectionRequest) (Change, error) {
	o, _ := d.record().Objection()
	withdrawn, invalid := d.statement(req, o.Made.On)
	allowed := MayWithdraw(d.policy)
	for _, o := range d.record().Objections {
		if o.Withdrawn != nil && d.sent(*o.Withdrawn) {
			return nil, d.saidAgain(*o.Withdrawn, withdrawn, invalid)
		}
	}
	if last, ok := d.record().lastObjection(); ok && KindOf(allowed) == KindConflict && invalid == nil && last.Withdrawn != nil && d.said(*last.Withdrawn, withdrawn) {
		return nil, errAlready
	}
	if allowed != nil {
		return nil, allowed
	}
	if d.Entry != 0 && d.Entry != o.Sequence {
		return nil, errObjectionChanged
	}
	if invalid != nil {
		return nil, invalid
	}
	c := ObjectionWithdrawn{d.head(0), o.Sequence, withdrawn}
	c.Head = d.turned(c.Head, c)
	return c, nil
}

// sent tells whether this very form, by whoever may record at all, made a statement.
func (d *decision) sent(s Statement) bool {
	anyone := d.policy
	anyone.Record = Record{}
	return d.Request != "" && s.Request == d.Request && d.signed(s.Signed) && MayObject(anyone) == nil
}

// said tells whether whoever acts said the same before.
func (d *decision) said(before, now Statement) bool {
	return d.signed(before.Signed) && before.On == now.On && before.Channel == now.Channel
}

// saidAgain answers a form that was sent before.
func (d *decision) saidAgain(before, now Statement, invalid error) error {
	if invalid == nil && d.said(before, now) {
		return errAlready
	}
	return errStatedOtherwise
}

var (
	errObjectedThenWithdrew = Conflict("Cette opposition a déjà été enregistrée, puis retirée. Pour en enregistrer une autre, recherchez de nouveau la personne.")
	errStatedOtherwise      = Conflict("Ce formulaire a déjà été enregistré avec d’autres valeurs. Vérifiez ce qui est enregistré.")
	errObjectionChanged     = Conflict("Une autre opposition a été enregistrée depuis que vous avez ouvert cette page. Vérifiez ce qui est enregistré.")
)

// turned completes the head of a change: whether the person objects may turn by it. Where the act itself is not about
// that, an entry of the access log of its own says so.
func (d *decision) turned(h Head, c Change) Head {
	about := h.event.Action == ActionObject || h.event.Action == ActionWithdrawObjection
	if !about && len(d.record().Objections) == 0 {
		return h // as for nearly everybody
	}
	objects := apply(d.record(), c).Objects()
	if objects == d.record().Objects() {
		return h
	}
	h.objects = &objects
	if about {
		return h
	}
	also := h.event
	also.Version, also.Action = 0, ActionLiftObjection
	if objects {
		also.Action = ActionRestoreObjection
	}
	h.also = &also
	return h
}
