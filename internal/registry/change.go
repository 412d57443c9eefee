package registry

// Change is something that a use case decided and a store applies, whole or not at all, together with
// its access-log event. The set is closed, and only this package can make one: a change without its
// event has no way in.
type Change interface{ head() Head }

// Head is what every change carries.
type Head struct {
	record  RecordID
	from    int
	event   Event
	objects *bool // whether the person objects from now on; nil for as before
	also    *Event
}

func (h Head) head() Head { return h }

// Record is the record that changes; empty for bulk work.
func (h Head) Record() RecordID { return h.record }

// From is the version of the record on which the decision was made; 0 when it is created.
func (h Head) From() int { return h.from }

// Event is the access-log entry that the store writes in the same transaction.
func (h Head) Event() Event { return h.event }

// Objects tells whether the person objects from this change on, if that turns; turns is false where it stays as it is.
func (h Head) Objects() (objects, turns bool) {
	if h.objects == nil {
		return false, false
	}
	return *h.objects, true
}

// Also is a second access-log entry that the store writes with the first: that an act lifted an objection, or brought one
// back. Most changes have none.
func (h Head) Also() (Event, bool) {
	if h.also == nil {
		return Event{}, false
	}
	return *h.also, true
}

// HeadOf returns what a change carries.
func HeadOf(c Change) Head { return c.head() }

// PatientRegistered creates the record of a patient entered by hand.
type PatientRegistered struct {
	Head
	Patient Patient
}

// EligibilityDeclared adds the first version of a new eligibility entry.
type EligibilityDeclared struct {
	Head
	Sequence int
	Version  Version[Eligibility]
	Code     TargetCode // drawn for a patient who had none; zero otherwise
}

// EligibilityRectified adds a version to an eligibility entry.
type EligibilityRectified struct {
	Head
	Sequence int
	Version  Version[Eligibility]
}

// DoseRecorded adds the first version of a new dose entry.
type DoseRecorded struct {
	Head
	Step     Step
	Sequence int
	Version  Version[Dose]
}

// DoseRectified adds a version to a dose entry.
type DoseRectified struct {
	Head
	Step     Step
	Sequence int
	Version  Version[Dose]
}

// StepAnnulled marks an entry as entered in error.
type StepAnnulled struct {
	Head
	Step      Step
	Sequence  int
	Annulment Annulment
}

// ObjectionRecorded adds an objection.
type ObjectionRecorded struct {
	Head
	Objection Objection
}

// ObjectionWithdrawn ends the objection in force.
type ObjectionWithdrawn struct {
	Head
	Sequence  int
	Withdrawn Statement
}

// PersonsImported creates the records of persons of the referential: one change for many.
type PersonsImported struct {
	Head
	Persons []ImportedPerson
}

// ImportedPerson is a person of the referential with the identifier and, when targeted already, the
// code of their record.
type ImportedPerson struct {
	ID      RecordID
	Patient Patient
	Insured Insured
	Code    TargetCode
}

// apply returns the record as it is after the change. The store does the same in SQL, and the
// conformance suite holds one against the other.
func apply(r Record, c Change) Record {
	r.Version++
	switch c := c.(type) {
	case PatientRegistered:
		r.ID, r.Patient = c.record, c.Patient
	case EligibilityDeclared:
		r.Eligibilities = appendCopy(r.Eligibilities, Entry[Eligibility]{Sequence: c.Sequence, Versions: []Version[Eligibility]{c.Version}})
		if !c.Code.IsZero() {
			r.Code = c.Code
		}
	case EligibilityRectified:
		r.Eligibilities = withVersion(r.Eligibilities, c.Version)
	case DoseRecorded:
		entry := Entry[Dose]{Sequence: c.Sequence, Versions: []Version[Dose]{c.Version}}
		r = r.withDoses(c.Step, appendCopy(r.doses(c.Step), entry))
	case DoseRectified:
		r = r.withDoses(c.Step, withVersion(r.doses(c.Step), c.Version))
	case StepAnnulled:
		if c.Step == StepEligibility {
			r.Eligibilities = withAnnulment(r.Eligibilities, c.Annulment)
		} else {
			r = r.withDoses(c.Step, withAnnulment(r.doses(c.Step), c.Annulment))
		}
	case ObjectionRecorded:
		r.Objections = appendCopy(r.Objections, c.Objection)
	case ObjectionWithdrawn:
		last := r.Objections[len(r.Objections)-1]
		last.Withdrawn = &c.Withdrawn
		r.Objections = appendCopy(r.Objections[:len(r.Objections)-1], last)
	}
	return r
}

func (r Record) withDoses(step Step, doses []Entry[Dose]) Record {
	if step == StepSecondDose {
		r.SecondDoses = doses
	} else {
		r.FirstDoses = doses
	}
	return r
}

// The three below change the last entry of a copy: a record already handed out never changes.

func appendCopy[T any](all []T, one T) []T { return append(all[:len(all):len(all)], one) }

func withVersion[T any](entries []Entry[T], v Version[T]) []Entry[T] {
	last := entries[len(entries)-1]
	last.Versions = appendCopy(last.Versions, v)
	return appendCopy(entries[:len(entries)-1], last)
}

func withAnnulment[T any](entries []Entry[T], a Annulment) []Entry[T] {
	last := entries[len(entries)-1]
	last.Annulment = &a
	return appendCopy(entries[:len(entries)-1], last)
}
