// Package registry is the domain: patients, their vaccination records, and the rules of the
// campaign. Rules are functions of facts already loaded; use cases load the facts in one read, decide,
// and hand the store a Change. The package does no I/O of its own and imports nothing of ours but nir.
package registry

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"vaccin/internal/nir"
)

// Registry holds the use cases. All its fields but Store and PseudonymKey have working values from New;
// tests set them.
type Registry struct {
	Store    Store
	Business func() time.Time // dates, schedules, professions: can be set by --today
	Security func() time.Time // the access log
	Random   io.Reader
	Limits   Limits                                     // of searches
	Pause    func(context.Context, time.Duration) error // makes a search wait

	// PseudonymKey is the secret by which the access log is shown; without one, it is not.
	PseudonymKey []byte

	mu        sync.Mutex
	reference Reference
	loadedAt  time.Time
	throttles throttles
	recent    recent
}

// referenceAge is how long loaded reference data serves before it is read again, so that an import on
// a running service takes effect within that time, on every server.
const referenceAge = 10 * time.Second

// New returns the use cases over a store, on the real clock.
func New(store Store) *Registry {
	return &Registry{Store: store, Business: time.Now, Security: time.Now, Random: rand.Reader, Limits: SearchLimits, Pause: pause}
}

// Reference returns the small dated reference data, at most ten seconds old.
func (g *Registry) Reference(ctx context.Context) (Reference, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if now := time.Now(); g.loadedAt.IsZero() || now.Sub(g.loadedAt) > referenceAge {
		ref, err := g.Store.Reference(ctx)
		if err != nil {
			return Reference{}, fmt.Errorf("loading reference data: %w", err)
		}
		g.reference, g.loadedAt = ref, now
	}
	return g.reference, nil
}

// Today is the business day at the actor's place of practice.
func (g *Registry) Today(by Actor) Date { return TodayAt(g.Business(), by.Place.PostalCode) }

// Case gathers what policy looks at for an actor today; the caller adds record, step and reason.
func (g *Registry) Case(ctx context.Context, by Actor) (Case, error) {
	ref, err := g.Reference(ctx)
	return Case{Actor: by, Reference: ref, Today: g.Today(by)}, err
}

func (g *Registry) event(by Actor, action Action, id RecordID) Event {
	return newEvent(g.Security(), by, action, id)
}

// refuse logs an act that the rules refused, and returns the refusal. If it cannot be logged, the
// failure to log is the error.
func (g *Registry) refuse(ctx context.Context, event Event, refusal error) error {
	outcome := OutcomeRefused
	switch KindOf(refusal) {
	case 0, KindInvalid, KindUnconfirmed:
		return refusal // nothing was tried yet: the person corrects the form
	case KindConflict:
		outcome = OutcomeConflict
	case KindNotFound:
		outcome = OutcomeNothing
	case KindThrottled:
		outcome = OutcomeThrottled
	}
	if err := g.Store.Log(ctx, event.with(outcome)); err != nil {
		return fmt.Errorf("logging a refused act: %w", err)
	}
	return refusal
}

// RefusePage logs that someone asked for an address that the policy keeps from them, told by its pattern, which names nobody; and returns
// the refusal.
func (g *Registry) RefusePage(ctx context.Context, by Actor, pattern string, refusal error) error {
	event := g.event(by, ActionAskPage, "")
	event.Digest = pattern
	return g.refuse(ctx, event, refusal)
}

// repeated logs an act that was done already, and came again: nothing changed.
func (g *Registry) repeated(ctx context.Context, event Event) error {
	if err := g.Store.Log(ctx, event.with(OutcomeRepeated)); err != nil {
		return fmt.Errorf("logging a repeated act: %w", err)
	}
	return nil
}

// SearchByCode finds the record that bears a code, as typed.
func (g *Registry) SearchByCode(ctx context.Context, by Actor, text string) (found Record, err error) {
	return g.searchByCode(ctx, by, g.event(by, ActionSearchCode, ""), MaySearch, text)
}

func (g *Registry) searchByCode(ctx context.Context, by Actor, event Event, may func(Case) error, text string) (found Record, err error) {
	if strings.TrimSpace(text) == "" {
		_, err := ParseCode(text)
		return Record{}, err // nothing was tried
	}
	err = g.searching(ctx, by, event, may, g.Limits.Nothing, func(toll Toll) (paid Outcome, err error) {
		code, err := ParseCode(text)
		if err != nil {
			return g.malformed(ctx, event, toll, err)
		}
		found, err = g.Store.FindByCode(ctx, code, event, toll)
		switch {
		case err == nil:
			paid = OutcomeFound
		case errors.Is(err, ErrNoRecord):
			paid = OutcomeNothing
		}
		return paid, err
	})
	if errors.Is(err, ErrNoRecord) {
		err = NotFound("Aucun patient ne porte ce code de ciblage. Vérifiez-le, ou recherchez le patient par son numéro de sécurité sociale.")
	}
	return found, err
}

// SearchByNIR lists everyone attached to a NIR, as a holder's or their own. None is not an error: the
// patient can then be entered by hand.
func (g *Registry) SearchByNIR(ctx context.Context, by Actor, number nir.Number) (found []Record, err error) {
	return g.searchByNIR(ctx, by, g.event(by, ActionSearchNIR, ""), MaySearch, number)
}

func (g *Registry) searchByNIR(
	ctx context.Context, by Actor, event Event, may func(Case) error, number nir.Number,
) (found []Record, err error) {
	if number.IsZero() {
		return nil, errNoNIR
	}
	err = g.searching(ctx, by, event, may, g.Limits.Unknown, func(toll Toll) (paid Outcome, err error) {
		found, err = g.Store.FindByNIR(ctx, number, event, toll)
		switch {
		case err == nil && len(found) > 0:
			paid = OutcomeFound
		case err == nil:
			paid = OutcomeNothing
		}
		return paid, err
	})
	return found, err
}

// MalformedNIR logs a search by a NIR that cannot be one, and returns its refusal: who guesses numbers leaves
// a trace, and gets slower.
func (g *Registry) MalformedNIR(ctx context.Context, by Actor, refusal error) error {
	return g.malformedNIR(ctx, by, g.event(by, ActionSearchNIR, ""), MaySearch, refusal)
}

func (g *Registry) malformedNIR(ctx context.Context, by Actor, event Event, may func(Case) error, refusal error) error {
	return g.searching(ctx, by, event, may, g.Limits.Unknown, func(toll Toll) (Outcome, error) { return g.malformed(ctx, event, toll, refusal) })
}

func (g *Registry) malformed(ctx context.Context, event Event, toll Toll, refusal error) (paid Outcome, err error) {
	if err := g.Store.LogTried(ctx, event.with(OutcomeMalformed), toll); err != nil {
		return "", fmt.Errorf("logging a malformed search: %w", err)
	}
	return OutcomeMalformed, refusal
}

// errNoNIR stands for SRC-4: nobody is recorded, or looked for, without a number.
var errNoNIR = Invalid("Saisissez le numéro de sécurité sociale. " +
	"Un patient qui n’a ni code de ciblage ni numéro de sécurité sociale ne peut pas être enregistré.")

// allowed asks the policy, and logs a refusal.
func (g *Registry) allowed(ctx context.Context, by Actor, event Event, may func(Case) error) error {
	c, err := g.Case(ctx, by)
	if err != nil {
		return err
	}
	if err := may(c); err != nil {
		return g.refuse(ctx, event, err)
	}
	return nil
}

// Read returns a record to show it; action says as what (the record, or a document of it).
func (g *Registry) Read(ctx context.Context, by Actor, id RecordID, action Action) (Record, error) {
	event := g.event(by, action, id)
	if err := g.allowed(ctx, by, event, MaySearch); err != nil {
		return Record{}, err
	}
	r, err := g.Store.Read(ctx, id, event.with(OutcomeFound))
	if errors.Is(err, ErrNoRecord) {
		return Record{}, errNoSuchRecord
	}
	return r, err
}

var errNoSuchRecord = NotFound("Ce dossier n’existe pas. Recherchez le patient par son code ou son numéro de sécurité sociale.")

// Register enters a patient by hand under a NIR. The same NIR, birth date and rank lead to the record
// that exists, and so do a NIR and birth date that are a person's own, attached to whomever; known tells so,
// for what was typed then changes nothing. A number that was not searched for is searched for first.
func (g *Registry) Register(ctx context.Context, by Actor, holder nir.Number, req RegistrationRequest) (id RecordID, known bool, err error) {
	c, err := g.Case(ctx, by)
	if err != nil {
		return "", false, err
	}
	if err := MayRegister(c); err != nil {
		return "", false, g.refuse(ctx, g.event(by, ActionRegister, ""), err)
	}
	if holder.IsZero() {
		return "", false, errNoNIR
	}
	localities, err := g.Store.LocalitiesNamed(ctx, req.Locality)
	if err != nil {
		return "", false, err
	}
	patient, err := DecidePatient(req, holder, localities, c.Today)
	if err != nil {
		return "", false, err
	}
	if !req.Searched {
		if _, err := g.SearchByNIR(ctx, by, holder); err != nil {
			return "", false, err
		}
	}
	id = g.newID()
	event := g.event(by, ActionRegister, id)
	err = g.Store.Apply(ctx, PatientRegistered{Head{record: id, event: event}, patient})
	if errors.Is(err, ErrPatientExists) {
		id, err = g.registered(ctx, event, patient)
		return id, true, err
	}
	if err != nil {
		return "", false, err
	}
	return id, false, nil
}

// registered finds the record of a patient who has one, and logs that it was entered again.
func (g *Registry) registered(ctx context.Context, event Event, p Patient) (RecordID, error) {
	id, err := g.Store.FindByKey(ctx, p.Holder, p.BirthDate, p.BirthRank)
	if err != nil {
		return "", fmt.Errorf("finding the record of a patient who has one: %w", err)
	}
	event.Record = id
	return id, g.repeated(ctx, event)
}

// newID draws 128 bits: a record's identifier stands in URLs and must not be guessed.
func (g *Registry) newID() RecordID { return RecordID(g.draw()) }

func (g *Registry) newReportID() ReportID { return ReportID(g.draw()) }

func (g *Registry) draw() string {
	var b [16]byte
	if _, err := io.ReadFull(g.Random, b[:]); err != nil {
		panic(err) // no randomness: nothing safe can be done
	}
	return fmt.Sprintf("%x", b)
}

// ImportPersons creates the records of persons of the referential, one change for all of them; those
// whose natural key exists are skipped.
func (g *Registry) ImportPersons(ctx context.Context, by Actor, persons []ImportedPerson, digest string) error {
	event := g.event(by, ActionImportPersons, "")
	event.Count, event.Digest = len(persons), digest
	return g.Store.Apply(ctx, PersonsImported{Head{event: event}, slices.Clone(persons)})
}

// ImportEvent is the access-log event of an import of reference data: how many rows, and the digest of
// the file they came from.
func (g *Registry) ImportEvent(by Actor, rows int, digest string) Event {
	event := g.event(by, ActionImportReference, "")
	event.Count, event.Digest = rows, digest
	return event
}
