package registry

import (
	"context"
	"errors"
	"time"
)

// This file is how someone decides what an import of the population left in doubt (SRC-3): whether two records are of one
// person. Nothing is merged before.

// DoubtReason is why two records may be of one person.
type DoubtReason string

// The reasons of doubt.
const (
	DoubtOwn       DoubtReason = "own-number" // the same NIR of their own, another birth date
	DoubtRank      DoubtReason = "rank"       // entered by hand with the same holder and birth date, another rank
	DoubtBirth     DoubtReason = "birth"      // entered by hand with the same holder, rank and names, another birth date
	DoubtTyped     DoubtReason = "typed"      // entered by hand under the number that is their own, with the same birth date
	DoubtElsewhere DoubtReason = "elsewhere"  // it has the row's key, the other the row's own NIR, with the same birth date
)

var doubtLabels = map[DoubtReason]string{
	DoubtOwn:       "Même numéro personnel, autre date de naissance",
	DoubtRank:      "Saisie à la main, même ouvrant droit et même date de naissance, autre rang",
	DoubtBirth:     "Saisie à la main, même ouvrant droit, même rang et mêmes noms, autre date de naissance",
	DoubtTyped:     "Saisie à la main sous le numéro qui est celui de la personne, même date de naissance",
	DoubtElsewhere: "Le fichier donne à l’une le numéro personnel de l’autre",
}

// Label is the reason as screens show it.
func (r DoubtReason) Label() string { return labelOf(doubtLabels, r) }

// DoubtfulMatch is a pair of records that may be of one person: someone has to decide.
type DoubtfulMatch struct {
	Record RecordID // that the file made or updated
	Other  RecordID
	Reason DoubtReason
	At     time.Time
}

// MatchDecision is what someone decided of a doubtful match.
type MatchDecision string

// The decisions.
const (
	MatchSame MatchDecision = "same" // one person: one record is left
	MatchTwo  MatchDecision = "two"  // two persons: the match is in doubt no more
)

// Why a doubtful match is not decided.
var (
	// ErrNoMatch: there is no such match, or someone has decided it.
	ErrNoMatch = errors.New("no such doubtful match, or it is decided")
	// ErrBothUsed: eligibility or a dose was declared in both records.
	ErrBothUsed = errors.New("something was declared in both records")
)

// MatchStore keeps doubtful matches until someone decides them.
type MatchStore interface {
	// DoubtfulMatches returns the doubtful matches that nobody has decided, the latest first, at most limit; a pair is there
	// once for each reason. It returns no patient data.
	DoubtfulMatches(ctx context.Context, limit int) ([]DoubtfulMatch, error)

	// MatchOf returns a doubtful match that nobody has decided, for its first reason, or ErrNoMatch. It returns no patient
	// data.
	MatchOf(ctx context.Context, record, other RecordID) (DoubtfulMatch, error)

	// DecideMatch keeps what someone decided of a pair, for all its reasons, and writes the event for each of the two records;
	// ErrNoMatch says that it was decided already, and then nothing is written. After MatchTwo the records are as they were, and
	// the two are in doubt no more, whatever is imported, and whichever record is theirs by then. After MatchSame one record is left, the one in which something was
	// declared, or else the other one (Other): with the identity and what is insured of the one that the file made (Record), as an
	// import would have reconciled it; with its own code, or else that of the one that goes, and every other code of either as a
	// former one (FormerCode); and with the objections of both (WithObjectionsOf): an objection that was in force and is lifted by
	// what was declared is an event more. An objection is nothing declared. Where something was declared in both it returns
	// ErrBothUsed and changes nothing.
	DecideMatch(ctx context.Context, m DoubtfulMatch, decision MatchDecision, by string, event Event) error
}

// MatchesShown is how many doubtful matches are listed.
const MatchesShown = 100

var errNoSuchMatch = NotFound("Ce rapprochement n’existe pas, ou a déjà été décidé. Revenez à %s.").Naming(MatchList)

// matches lets someone do something about doubtful matches, if the policy does, with the store that keeps them.
func (g *Registry) matches(ctx context.Context, by Actor, event Event, do func(MatchStore) error) error {
	s, ok := g.Store.(MatchStore)
	if !ok {
		return errors.New("registry: this store keeps no doubtful matches")
	}
	if err := g.allowed(ctx, by, event, MayMatch); err != nil {
		return err
	}
	return do(s)
}

// DoubtfulMatches lists the doubtful matches that nobody has decided, the latest first.
func (g *Registry) DoubtfulMatches(ctx context.Context, by Actor) (all []DoubtfulMatch, err error) {
	event := g.event(by, ActionReadMatches, "")
	err = g.matches(ctx, by, event, func(s MatchStore) error {
		if all, err = s.DoubtfulMatches(ctx, MatchesShown); err != nil {
			return err
		}
		event.Count, event.Outcome = len(all), OutcomeFound
		if len(all) == 0 {
			event.Outcome = OutcomeNothing
		}
		return g.Store.Log(ctx, event)
	})
	return all, err
}

// ReadMatch returns a doubtful match with its two records, to decide it. Each is an entry of the access log.
func (g *Registry) ReadMatch(ctx context.Context, by Actor, record, other RecordID) (m DoubtfulMatch, pair [2]Record, err error) {
	event := g.event(by, ActionReadMatches, "")
	err = g.matches(ctx, by, event, func(s MatchStore) error {
		if m, err = s.MatchOf(ctx, record, other); errors.Is(err, ErrNoMatch) {
			return g.refuse(ctx, event, errNoSuchMatch)
		}
		for i, id := range []RecordID{record, other} {
			if err == nil {
				event.Record = id
				pair[i], err = g.Store.Read(ctx, id, event.with(OutcomeFound))
			}
		}
		if errors.Is(err, ErrNoRecord) {
			return errNoSuchMatch
		}
		return err
	})
	return m, pair, err
}

// DecideMatch decides a doubtful match.
func (g *Registry) DecideMatch(ctx context.Context, by Actor, record, other RecordID, decision MatchDecision) error {
	event := g.event(by, ActionTwoPersons, record)
	switch decision {
	case MatchTwo:
	case MatchSame:
		event.Action = ActionSamePerson
	default:
		f := form{}
		f.refuse(FieldMatch, "Indiquez s’il s’agit de la même personne ou de deux personnes.")
		return f.err()
	}
	err := g.matches(ctx, by, event, func(s MatchStore) error {
		err := ErrOvertaken
		for try := 0; try < matchTries && errors.Is(err, ErrOvertaken); try++ {
			m, failed := s.MatchOf(ctx, record, other)
			if failed != nil {
				return failed
			}
			err = s.DecideMatch(ctx, m, decision, by.Practitioner.NationalID, event)
		}
		return err // still overtaken after the last try
	})
	switch {
	case errors.Is(err, ErrNoMatch):
		return g.refuse(ctx, event, Conflict("Ce rapprochement a été décidé entre-temps, ou il n’existe pas. Revenez à %s.").Naming(MatchList))
	case errors.Is(err, ErrOvertaken):
		return g.refuse(ctx, event, Conflict("Ces dossiers changent en ce moment même. Réessayez dans une minute."))
	case errors.Is(err, ErrBothUsed):
		return g.refuse(ctx, event, Conflict("Les deux dossiers contiennent des saisies\u00a0: ils ne peuvent pas être réunis sans en perdre. "+
			"Signalez-le au responsable de l’assistance\u00a0; le rapprochement reste dans la liste."))
	}
	return err
}

// matchTries is how often a decision is tried while the records change.
const matchTries = 5

// FieldMatch names the decision, for errors.
const FieldMatch = "decision"
