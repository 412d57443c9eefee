package registry

import "time"

// RecordID names a patient's vaccination file in URLs and in the store. It is random and tells nothing.
type RecordID string

// Step is one of the three steps of the vaccination cycle.
type Step int

// The steps, in their order.
const (
	StepEligibility Step = iota
	StepFirstDose
	StepSecondDose
)

// Label is the name of the step's tab.
func (s Step) Label() string {
	return [...]string{"Éligibilité Vaccination", "1ère Vaccination", "2ème Vaccination"}[s]
}

// isDose tells a dose's step from the eligibility's, and from a number that is no step.
func (s Step) isDose() bool { return s == StepFirstDose || s == StepSecondDose }

// Record is the vaccination file of one patient: every version of everything that was declared.
type Record struct {
	ID      RecordID
	Version int // grows by one with each change; guards against overtaking
	Patient Patient
	Code    TargetCode // zero until the patient is targeted or declared eligible
	Died    Date       // as the referential tells it; zero where it tells of no death

	Eligibilities []Entry[Eligibility]
	FirstDoses    []Entry[Dose]
	SecondDoses   []Entry[Dose]

	Objections []Objection
}

// Entry is one declared act with every version of it, oldest first. An annulled entry stays readable
// and frees its step.
type Entry[T any] struct {
	Sequence  int // 1 for the first entry of its step in the record
	Versions  []Version[T]
	Annulment *Annulment
}

// Version is the content of an entry as one person validated it.
type Version[T any] struct {
	Number    int // 1 as first declared, +1 for each rectification
	Content   T
	Signed    Signature
	Request   string         // identifies the form that was sent, so that sending it again changes nothing
	Confirmed []Confirmation // unusual values that the person confirmed
	Reason    string         // why support rectified it; empty for an author's own rectification
}

// Confirmation is the kept answer to a question: which one, and the sentence that was shown.
type Confirmation struct {
	Code     string
	Sentence string
}

// Annulment marks an entry as entered in error (FHIR entered-in-error).
type Annulment struct {
	Signed  Signature
	Reason  string
	Request string
}

// Current is the version in force: the latest.
func (e Entry[T]) Current() Version[T] { return e.Versions[len(e.Versions)-1] }

// Author is who validated the entry first; rectifications do not change it.
func (e Entry[T]) Author() Signature { return e.Versions[0].Signed }

// Rectified tells whether the entry was modified since it was declared.
func (e Entry[T]) Rectified() bool { return len(e.Versions) > 1 }

// standing is the entry in force of a step: the last one, unless annulled.
func standing[T any](entries []Entry[T]) (Entry[T], bool) {
	if n := len(entries); n > 0 && entries[n-1].Annulment == nil {
		return entries[n-1], true
	}
	return Entry[T]{}, false
}

// Eligibility is the declaration in force, if any.
func (r Record) Eligibility() (Entry[Eligibility], bool) { return standing(r.Eligibilities) }

// Dose is the dose in force of a step, if any.
func (r Record) Dose(step Step) (Entry[Dose], bool) { return standing(r.doses(step)) }

func (r Record) doses(step Step) []Entry[Dose] {
	if step == StepSecondDose {
		return r.SecondDoses
	}
	return r.FirstDoses
}

// Done tells whether a step is recorded and in force.
func (r Record) Done(step Step) bool {
	if step == StepEligibility {
		_, ok := r.Eligibility()
		return ok
	}
	_, ok := r.Dose(step)
	return ok
}

// author is who first validated the entry in force of a step.
func (r Record) author(step Step) (Signature, bool) {
	if step == StepEligibility {
		e, ok := r.Eligibility()
		if !ok {
			return Signature{}, false
		}
		return e.Author(), true
	}
	d, ok := r.Dose(step)
	if !ok {
		return Signature{}, false
	}
	return d.Author(), true
}

// SingleDose tells whether the first dose in force completes the record by itself.
func (r Record) SingleDose() bool {
	d, ok := r.Dose(StepFirstDose)
	return ok && d.Current().Content.SeriesDoses == 1
}

// BookFrom is the day from which to book the second appointment, zero when there is none to book. While
// dose 2 is to come it follows the schedules known now, for a newer one may cover first doses given before
// (DOS-3); what was told stays where no schedule says otherwise.
func (r Record) BookFrom(ref Reference, now time.Time) Date {
	entry, ok := r.Dose(StepFirstDose)
	if !ok || r.Done(StepSecondDose) {
		return Date{}
	}
	dose := entry.Current().Content
	today := TodayAt(now, dose.Location.Locality.PostalCode, entry.Author().Place.PostalCode)
	if day := ref.bookFrom(dose, today); !day.IsZero() {
		return day
	}
	return dose.BookFrom
}

// State is where a record stands. See docs/states.md for what each one allows.
type State string

// The states. The «without eligibility» ones exist only after support annulled the declaration of a
// patient whose dose stands; no dose can be added there until eligibility is declared again.
const (
	StateNew                      State = "new"
	StateEligible                 State = "eligible"
	StateFirstDose                State = "first-dose"
	StateCompleteSingle           State = "complete-single-dose"
	StateComplete                 State = "complete"
	StateFirstDoseNoEligibility   State = "first-dose-without-eligibility"
	StateCompleteSingleNoEligible State = "complete-single-dose-without-eligibility"
	StateCompleteNoEligibility    State = "complete-without-eligibility"
)

// States lists every state a record can be in.
var States = []State{
	StateNew, StateEligible, StateFirstDose, StateCompleteSingle, StateComplete,
	StateFirstDoseNoEligibility, StateCompleteSingleNoEligible, StateCompleteNoEligibility,
}

// State computes where the record stands from what is in force.
func (r Record) State() State {
	eligible, first, second := r.Done(StepEligibility), r.Done(StepFirstDose), r.Done(StepSecondDose)
	pick := func(with, without State) State {
		if eligible {
			return with
		}
		return without
	}
	switch {
	case second:
		return pick(StateComplete, StateCompleteNoEligibility)
	case first && r.SingleDose():
		return pick(StateCompleteSingle, StateCompleteSingleNoEligible)
	case first:
		return pick(StateFirstDose, StateFirstDoseNoEligibility)
	default:
		return pick(StateEligible, StateNew)
	}
}

// Label is the state in words, for the result of a search.
func (s State) Label() string {
	switch s {
	case StateNew:
		return "Aucune étape enregistrée"
	case StateEligible:
		return "Éligibilité déclarée"
	case StateFirstDose:
		return "1ère vaccination enregistrée"
	case StateComplete, StateCompleteSingle:
		return "Vaccination complète"
	case StateFirstDoseNoEligibility:
		return "1ère vaccination enregistrée, éligibilité annulée"
	default:
		return "Vaccination complète, éligibilité annulée"
	}
}

// NextStep is the step to take now, and whether there is one.
func (r Record) NextStep() (Step, bool) {
	switch {
	case !r.Done(StepEligibility):
		return StepEligibility, true
	case !r.Done(StepFirstDose):
		return StepFirstDose, true
	case !r.SingleDose() && !r.Done(StepSecondDose):
		return StepSecondDose, true
	}
	return 0, false
}
