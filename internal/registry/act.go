package registry

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Act is a request on a step of a record.
type Act struct {
	By      Actor
	Record  RecordID
	Step    Step
	Request string // identifies the form sent: sent again by the same person, it changes nothing

	// What the form showed, for a rectification or an annulment: which entry of the step, by its
	// sequence, and at which version. What stands now must be that. An annulment asks only what is not
	// 0; a rectification always asks From.
	Entry int
	From  int

	Reason string // for an annulment, and for a rectification by support
}

// Done is the outcome of an act: the record as it stands now, and whether it already stood so (the
// same form sent twice, or the same act recorded at the same time). Beside a conflict, it is the
// record that the act was overtaken by; beside any other error it is empty.
type Done struct {
	Record  Record
	Already bool
}

// attempts is how often a use case decides again when others change the record meanwhile.
const attempts = 20

// DeclareEligibility validates the eligibility step. A patient without a code gets one.
func (g *Registry) DeclareEligibility(ctx context.Context, act Act, req EligibilityRequest) (Done, error) {
	act.Step = StepEligibility
	return g.do(ctx, act, actionOf(verbDeclare, act.Step), Wanted{}, func(d *decision) (Change, error) { return d.declareEligibility(req) })
}

// RectifyEligibility modifies the eligibility in force; every version is kept.
func (g *Registry) RectifyEligibility(ctx context.Context, act Act, req EligibilityRequest) (Done, error) {
	act.Step = StepEligibility
	return g.do(ctx, act, actionOf(verbRectify, act.Step), Wanted{}, func(d *decision) (Change, error) { return d.rectifyEligibility(req) })
}

// requestLimit is the most characters of the identity of a form; pages give 26.
const requestLimit = 64

// errNoSuchForm refuses a form whose identity no page gave.
var errNoSuchForm = Invalid("Ce formulaire n’est pas valide. Revenez au dossier du patient et recommencez la saisie.")

// validRequest tells whether a form's identity can be one: nothing else is kept with a version.
func validRequest(request string) bool {
	odd := func(r rune) bool { return r < ' ' || r > '~' }
	return len(request) <= requestLimit && strings.IndexFunc(request, odd) < 0
}

// errNoSuchStep refuses a step that no page offers: an address or a form made by hand.
var errNoSuchStep = NotFound("Cette étape n’existe pas. Revenez au dossier du patient.")

// RecordDose validates a dose step for the first time.
func (g *Registry) RecordDose(ctx context.Context, act Act, req DoseRequest) (Done, error) {
	if !act.Step.isDose() {
		return Done{}, errNoSuchStep
	}
	return g.do(ctx, act, actionOf(verbDeclare, act.Step), wantedFor(req), func(d *decision) (Change, error) { return d.recordDose(req) })
}

// RectifyDose modifies the dose in force; every version is kept.
func (g *Registry) RectifyDose(ctx context.Context, act Act, req DoseRequest) (Done, error) {
	if !act.Step.isDose() {
		return Done{}, errNoSuchStep
	}
	return g.do(ctx, act, actionOf(verbRectify, act.Step), wantedFor(req), func(d *decision) (Change, error) { return d.rectifyDose(req) })
}

// Annul marks what stands in a step as entered in error, with a reason.
func (g *Registry) Annul(ctx context.Context, act Act) (Done, error) {
	if act.Step != StepEligibility && !act.Step.isDose() {
		return Done{}, errNoSuchStep
	}
	return g.do(ctx, act, actionOf(verbAnnul, act.Step), Wanted{}, func(d *decision) (Change, error) { return d.annul() })
}

// wantedFor asks for the lot, place and locality that the form names.
func wantedFor(req DoseRequest) Wanted {
	w := Wanted{Lot: NormalLot(req.Lot), PlaceType: req.PlaceType, LocalityLabel: req.PlaceLocality}
	if !req.PlaceAbsent {
		w.PlaceLabel = req.Place
	}
	return w
}

// do runs an act: facts, decision, change; and again when someone else's change came between.
func (g *Registry) do(ctx context.Context, act Act, action Action, want Wanted, decide func(*decision) (Change, error)) (Done, error) {
	if !validRequest(act.Request) {
		return Done{}, errNoSuchForm
	}
	event := g.event(act.By, action, act.Record)
	policy, err := g.Case(ctx, act.By)
	if err != nil {
		return Done{}, err
	}
	for range attempts {
		facts, err := g.facts(ctx, act.Record, want)
		if errors.Is(err, ErrNoRecord) {
			event.Record = ""
			return Done{}, g.refuse(ctx, event, errNoSuchRecord)
		}
		if err != nil {
			return Done{}, err
		}
		policy.Record, policy.Step, policy.Reason = facts.Record, act.Step, act.Reason
		change, err := decide(&decision{
			Act: act, policy: policy, event: event, random: g.Random,
			facts: DoseFacts{Facts: facts, Reference: policy.Reference, Now: g.Business()},
		})
		if errors.Is(err, errAlready) {
			if err := g.repeated(ctx, event); err != nil {
				return Done{}, err
			}
			return Done{facts.Record, true}, nil
		}
		if err != nil {
			return g.refused(ctx, event, facts.Record, err)
		}
		if err = g.Store.Apply(ctx, change); err == nil {
			return Done{Record: apply(facts.Record, change)}, nil
		}
		if !errors.Is(err, ErrOvertaken) && !errors.Is(err, ErrCodeTaken) {
			return Done{}, err
		}
	}
	return Done{}, fmt.Errorf("the record changed %d times while one act was decided", attempts)
}

// refused logs a refusal; only a conflict, once logged, shows the record.
func (g *Registry) refused(ctx context.Context, event Event, r Record, refusal error) (Done, error) {
	err := g.refuse(ctx, event, refusal)
	if KindOf(err) == KindConflict {
		return Done{Record: r}, err
	}
	return Done{}, err
}
