package registry

import (
	"errors"
	"io"
	"slices"
)

// errAlready says that what is asked already stands: nothing to change, nothing to refuse.
var errAlready = errors.New("the act already stands")

// decision is everything that deciding on an act looks at. Its methods decide without a store.
type decision struct {
	Act
	policy Case
	facts  DoseFacts
	event  Event
	random io.Reader
}

func (d decision) record() Record { return d.facts.Record }

// head guards a change by the record's version and carries its event.
func (d decision) head(entryVersion int) Head {
	event := d.event
	event.Version = entryVersion
	return Head{d.record().ID, d.record().Version, event}
}

func (d decision) signature() Signature {
	return Signature{Role: d.By.Role, Practitioner: d.By.Practitioner, Place: d.By.Place, At: d.facts.Now}
}

// asAuthor is the actor as whom the entry in force was validated. What a form takes from the session
// is taken from the author's, also when support or the author from another place rectifies.
func (d decision) asAuthor(author Signature) Actor {
	return Actor{Role: author.Role, Practitioner: author.Practitioner, Place: author.Place, Door: d.By.Door}
}

func (d decision) declareEligibility(req EligibilityRequest) (Change, error) {
	if repeated(d.record().Eligibilities, d.Request) {
		return nil, errAlready
	}
	allowed := MayDeclare(d.policy)
	if KindOf(allowed) == KindConflict {
		standing, _ := d.record().Eligibility()
		asked, _, err := DecideEligibility(req, d.facts.Reference, d.By, d.policy.Today)
		return nil, overtaken(allowed, err, asked == standing.Current().Content, standing.Author(), d.By)
	}
	if allowed != nil {
		return nil, allowed
	}
	content, confirmed, err := DecideEligibility(req, d.facts.Reference, d.By, d.policy.Today)
	if err != nil {
		return nil, err
	}
	code := TargetCode(0)
	if d.record().Code.IsZero() {
		if code, err = DrawCode(d.random); err != nil {
			return nil, err
		}
	}
	version := Version[Eligibility]{Number: 1, Content: content, Signed: d.signature(), Request: d.Request, Confirmed: confirmed}
	return EligibilityDeclared{d.head(1), len(d.record().Eligibilities) + 1, version, code}, nil
}

func (d decision) rectifyEligibility(req EligibilityRequest) (Change, error) {
	if repeated(d.record().Eligibilities, d.Request) {
		return nil, errAlready
	}
	if err := MayRectify(d.policy); err != nil {
		return nil, err
	}
	entry, _ := d.record().Eligibility()
	content, confirmed, err := DecideEligibility(req, d.facts.Reference, d.asAuthor(entry.Author()), d.policy.Today)
	if err != nil {
		return nil, err
	}
	version, err := nextVersion(d, entry, content, confirmed)
	if err != nil {
		return nil, err
	}
	return EligibilityRectified{d.head(version.Number), entry.Sequence, version}, nil
}

func (d decision) recordDose(req DoseRequest) (Change, error) {
	entries := d.record().doses(d.Step)
	if repeated(entries, d.Request) {
		return nil, errAlready
	}
	allowed := MayDeclare(d.policy)
	if KindOf(allowed) == KindConflict {
		standing, _ := d.record().Dose(d.Step)
		asked, _, err := DecideDose(d.Step, req, d.facts, d.By)
		return nil, overtaken(allowed, err, asked == standing.Current().Content, standing.Author(), d.By)
	}
	if allowed != nil {
		return nil, allowed
	}
	content, confirmed, err := DecideDose(d.Step, req, d.facts, d.By)
	if err != nil {
		return nil, err
	}
	version := Version[Dose]{Number: 1, Content: content, Signed: d.signature(), Request: d.Request, Confirmed: confirmed}
	return DoseRecorded{d.head(1), d.Step, len(entries) + 1, version}, nil
}

func (d decision) rectifyDose(req DoseRequest) (Change, error) {
	if repeated(d.record().doses(d.Step), d.Request) {
		return nil, errAlready
	}
	if err := MayRectify(d.policy); err != nil {
		return nil, err
	}
	entry, _ := d.record().Dose(d.Step)
	content, confirmed, err := DecideDose(d.Step, req, d.facts, d.asAuthor(entry.Author()))
	if err != nil {
		return nil, err
	}
	version, err := nextVersion(d, entry, content, confirmed)
	if err != nil {
		return nil, err
	}
	return DoseRectified{d.head(version.Number), d.Step, entry.Sequence, version}, nil
}

func (d decision) annul() (Change, error) {
	if d.annulledBy() {
		return nil, errAlready
	}
	if err := MayAnnul(d.policy); err != nil {
		return nil, err
	}
	reason, err := cleanText(d.Reason, reasonLimit)
	if err != nil {
		return nil, err
	}
	sequence, version := d.annulled()
	return StepAnnulled{d.head(version), d.Step, sequence, Annulment{d.signature(), reason, d.Request}}, nil
}

// annulled is the sequence and current version of the entry in force, which policy knows to exist.
func (d decision) annulled() (sequence, version int) {
	if d.Step == StepEligibility {
		e, _ := d.record().Eligibility()
		return e.Sequence, e.Current().Number
	}
	e, _ := d.record().Dose(d.Step)
	return e.Sequence, e.Current().Number
}

// annulledBy tells whether this very form already annulled an entry of the step.
func (d decision) annulledBy() bool {
	if d.Step == StepEligibility {
		return annulledByRequest(d.record().Eligibilities, d.Request)
	}
	return annulledByRequest(d.record().doses(d.Step), d.Request)
}

func annulledByRequest[T any](entries []Entry[T], request string) bool {
	return request != "" && slices.ContainsFunc(entries, func(e Entry[T]) bool {
		return e.Annulment != nil && e.Annulment.Request == request
	})
}

// nextVersion makes the version that rectifies an entry. A form that shows an older version than the
// one in force is a conflict; one that changes nothing leaves the entry as it is.
func nextVersion[T comparable](d decision, entry Entry[T], content T, confirmed []Confirmation) (Version[T], error) {
	current := entry.Current()
	if d.From != current.Number {
		return Version[T]{}, Conflict("Cette étape a été modifiée entre-temps. Vérifiez la version en vigueur avant de modifier de nouveau.")
	}
	if content == current.Content {
		return Version[T]{}, errAlready
	}
	reason, err := cleanText(d.Reason, reasonLimit)
	if err != nil {
		return Version[T]{}, err
	}
	return Version[T]{
		Number: current.Number + 1, Content: content, Signed: d.signature(),
		Request: d.Request, Confirmed: confirmed, Reason: reason,
	}, nil
}

// repeated tells whether one of the versions came from this very form.
func repeated[T any](entries []Entry[T], request string) bool {
	return request != "" && slices.ContainsFunc(entries, func(e Entry[T]) bool {
		return slices.ContainsFunc(e.Versions, func(v Version[T]) bool { return v.Request == request })
	})
}

// overtaken settles a declaration whose step is taken: the same act by the same person already
// stands; anything else is the conflict that policy named.
func overtaken(conflict, invalid error, same bool, author Signature, by Actor) error {
	if invalid == nil && same && author.Practitioner.NationalID == by.Practitioner.NationalID {
		return errAlready
	}
	return conflict
}
