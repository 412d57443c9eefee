package registry

import (
	"errors"
	"io"
	"slices"
)

// errAlready says that what is asked already stands: nothing to change, nothing to refuse.
var errAlready = errors.New("the act already stands")

// decision is everything that deciding on an act looks at. Its methods decide without a store and change
// nothing of it; they take a pointer because its copies, large and nested, made goroutines grow their
// stacks at every act.
type decision struct {
	Act
	policy Case
	facts  DoseFacts
	event  Event
	random io.Reader
}

func (d *decision) record() Record { return d.facts.Record }

// head guards a change by the record's version and carries its event.
func (d *decision) head(entryVersion int) Head {
	event := d.event
	event.Version = entryVersion
	return Head{record: d.record().ID, from: d.record().Version, event: event}
}

func (d *decision) signature() Signature {
	return Signature{Role: d.By.Role, Practitioner: d.By.Practitioner, Place: d.By.Place, At: d.facts.Now}
}

// asAuthor is the actor as whom the entry in force was validated. What a form takes from the session
// is taken from the author's, also when support or the author from another place rectifies.
func (d *decision) asAuthor(author Signature) Actor {
	return Actor{Role: author.Role, Practitioner: author.Practitioner, Place: author.Place, Door: d.By.Door}
}

// content is what a form comes to. What was entered alike is the same, whatever the day adds to it.
type content[T any] interface {
	comparable
	entered() T
}

// decider decides a form as validated by someone: the content, and the confirmations it carries.
type decider[T any] func(by Actor) (T, []Confirmation, error)

func (d *decision) eligibility(req EligibilityRequest) decider[Eligibility] {
	return func(by Actor) (Eligibility, []Confirmation, error) {
		return DecideEligibility(req, d.facts.Reference, by, TodayAt(d.facts.Now, by.Place.PostalCode), d.record().Died)
	}
}

func (d *decision) dose(req DoseRequest) decider[Dose] {
	return func(by Actor) (Dose, []Confirmation, error) { return DecideDose(d.Step, req, d.facts, by) }
}

func (d *decision) declareEligibility(req EligibilityRequest) (Change, error) {
	version, err := firstVersion(d, d.record().Eligibilities, d.eligibility(req))
	if err != nil {
		return nil, err
	}
	code := TargetCode(0)
	if d.record().Code.IsZero() {
		if code, err = DrawCode(d.random); err != nil {
			return nil, err
		}
	}
	c := EligibilityDeclared{d.head(1), len(d.record().Eligibilities) + 1, version, code}
	c.Head = d.turned(c.Head, c)
	return c, nil
}

func (d *decision) rectifyEligibility(req EligibilityRequest) (Change, error) {
	sequence, version, err := nextVersion(d, d.record().Eligibilities, d.eligibility(req))
	if err != nil {
		return nil, err
	}
	return EligibilityRectified{d.head(version.Number), sequence, version}, nil
}

func (d *decision) recordDose(req DoseRequest) (Change, error) {
	entries := d.record().doses(d.Step)
	version, err := firstVersion(d, entries, d.dose(req))
	if err != nil {
		return nil, err
	}
	c := DoseRecorded{d.head(1), d.Step, len(entries) + 1, version}
	c.Head = d.turned(c.Head, c)
	return c, nil
}

func (d *decision) rectifyDose(req DoseRequest) (Change, error) {
	sequence, version, err := nextVersion(d, d.record().doses(d.Step), d.dose(req))
	if err != nil {
		return nil, err
	}
	return DoseRectified{d.head(version.Number), d.Step, sequence, version}, nil
}

// firstVersion makes the first version of a new entry. When the step is taken, the same act by the same
// person already stands; anything else is the conflict that policy named.
func firstVersion[T content[T]](d *decision, entries []Entry[T], decide decider[T]) (Version[T], error) {
	decided, confirmed, invalid := decide(d.By)
	if err := resent(d, entries, decided, invalid); err != nil {
		return Version[T]{}, err
	}
	allowed := MayDeclare(d.policy)
	if KindOf(allowed) == KindConflict {
		if entry, ok := standing(entries); ok && decided.entered() == entry.Current().Content.entered() && d.signed(entry.Author()) {
			return Version[T]{}, errAlready
		}
	}
	if allowed != nil {
		return Version[T]{}, allowed
	}
	if invalid != nil {
		return Version[T]{}, invalid
	}
	return Version[T]{Number: 1, Content: decided, Signed: d.signature(), Request: d.Request, Confirmed: confirmed}, nil
}

// nextVersion makes the version that rectifies the entry in force, and returns that entry's sequence. A
// form that changes nothing leaves the entry as it is; one that showed something else than what stands
// is a conflict.
func nextVersion[T content[T]](d *decision, entries []Entry[T], decide decider[T]) (sequence int, v Version[T], err error) {
	entry, ok := standing(entries)
	author := d.By
	if ok {
		author = d.asAuthor(entry.Author())
	}
	decided, confirmed, invalid := decide(author)
	if err := resent(d, entries, decided, invalid); err != nil {
		return 0, v, err
	}
	if err := together(MayRectify(d.policy), invalid); err != nil {
		return 0, v, err
	}
	current := entry.Current()
	if decided.entered() == current.Content.entered() {
		return 0, v, errAlready
	}
	if d.From != current.Number || !d.showed(entry.Sequence, current.Number) {
		return 0, v, errChangedMeanwhile
	}
	reason := ""
	if d.By.Role == RoleSupport {
		if reason, err = cleanText(d.Reason, reasonLimit); err != nil {
			return 0, v, err
		}
	}
	return entry.Sequence, Version[T]{
		Number: current.Number + 1, Content: decided, Signed: d.signature(),
		Request: d.Request, Confirmed: confirmed, Reason: reason,
	}, nil
}

var (
	errChangedMeanwhile = Conflict("Cette étape a changé depuis que vous l’avez ouverte. " +
		"Vérifiez ce qui est enregistré, puis recommencez si nécessaire.")
	errSentThenAnnulled = Conflict("Cette saisie a déjà été enregistrée, puis annulée. " +
		"Pour la refaire, reprenez à partir du dossier du patient.")
	errSentOtherwise = Conflict("Ce formulaire a déjà été enregistré avec d’autres valeurs. " +
		"Pour les corriger, modifiez l’étape à partir de sa synthèse.")
)

// showed tells whether the form showed this entry at this version; 0 does not ask.
func (d *decision) showed(sequence, version int) bool {
	return (d.Entry == 0 || d.Entry == sequence) && (d.From == 0 || d.From == version)
}

// signed tells whether whoever acts made a signature.
func (d *decision) signed(s Signature) bool {
	return s.Role == d.By.Role && s.Practitioner.NationalID == d.By.Practitioner.NationalID
}

// resent settles a form that already made a version: with the same content the act stands, and nothing
// is said twice; but an act annulled since does not come back by itself, and values changed after Back
// are not dropped in silence. It returns nil for a form that is new, or another person's.
func resent[T content[T]](d *decision, entries []Entry[T], decided T, invalid error) error {
	if d.Request == "" || MaySearch(d.policy) != nil {
		return nil
	}
	for _, e := range entries {
		for _, v := range e.Versions {
			if v.Request != d.Request || !d.signed(v.Signed) {
				continue
			}
			switch {
			case e.Annulment != nil:
				return errSentThenAnnulled
			case invalid == nil && decided.entered() == v.Content.entered():
				return errAlready
			}
			return errSentOtherwise
		}
	}
	return nil
}

func (d *decision) annul() (Change, error) {
	if d.annulledBy() {
		return nil, errAlready
	}
	if err := MayAnnul(d.policy); err != nil {
		return nil, err
	}
	sequence, version := d.annulled()
	if !d.showed(sequence, version) {
		return nil, errChangedMeanwhile
	}
	reason, err := cleanText(d.Reason, reasonLimit)
	if err != nil {
		return nil, err
	}
	c := StepAnnulled{d.head(version), d.Step, sequence, Annulment{d.signature(), reason, d.Request}}
	c.Head = d.turned(c.Head, c)
	return c, nil
}

// annulled is the sequence and current version of the entry in force, which policy knows to exist.
func (d *decision) annulled() (sequence, version int) {
	if d.Step == StepEligibility {
		e, _ := d.record().Eligibility()
		return e.Sequence, e.Current().Number
	}
	e, _ := d.record().Dose(d.Step)
	return e.Sequence, e.Current().Number
}

// annulledBy tells whether this very form, sent by the same person, already annulled an entry of the step.
func (d *decision) annulledBy() bool {
	if d.Request == "" || MaySearch(d.policy) != nil {
		return false
	}
	if d.Step == StepEligibility {
		return annulledBy(d, d.record().Eligibilities)
	}
	return annulledBy(d, d.record().doses(d.Step))
}

func annulledBy[T any](d *decision, entries []Entry[T]) bool {
	return slices.ContainsFunc(entries, func(e Entry[T]) bool {
		return e.Annulment != nil && e.Annulment.Request == d.Request && d.signed(e.Annulment.Signed)
	})
}
