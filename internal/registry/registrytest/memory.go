package registrytest

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"

	"vaccin/internal/nir"
	"vaccin/internal/registry"
)

// Memory is a store in memory that keeps the contract of registry.Store and registry.ReferenceStore. It
// applies changes by code of its own, so that a test that compares it with the domain's answers holds
// one against the other.
type Memory struct {
	mu        sync.Mutex
	records   map[registry.RecordID]registry.Record
	insured   map[registry.RecordID]registry.Insured
	events    []registry.Event
	throttles map[string]registry.Throttle
	reports   []registry.Report
	reference registry.ReferenceChange
}

var (
	_ registry.Store          = (*Memory)(nil)
	_ registry.ReferenceStore = (*Memory)(nil)
)

// errNoEvent refuses what comes without its access-log entry.
var errNoEvent = errors.New("registrytest: no access-log event")

// errNoHolder refuses a patient under no NIR.
var errNoHolder = errors.New("registrytest: a patient without a holder")

// errObjects is a defect of the domain: a change that does not say that whether the person objects turns.
var errObjects = errors.New("registrytest: a change says otherwise whether the person objects")

// NewMemory returns a store without patients that holds Reference, Localities, Places and Lots.
func NewMemory() *Memory {
	ref := Reference()
	return &Memory{
		records:   map[registry.RecordID]registry.Record{},
		insured:   map[registry.RecordID]registry.Insured{},
		throttles: map[string]registry.Throttle{},
		reference: registry.ReferenceChange{
			Vaccines: ref.Vaccines, Schedules: ref.Schedules, Sites: ref.Sites, PlaceTypes: ref.PlaceTypes,
			Activities: ref.Activities, Openings: ref.Openings, Localities: Localities(), Places: Places(), Lots: Lots(),
		},
	}
}

// Add puts a patient's record in the store as if it had been imported, without an event, and returns
// its identifier.
func (m *Memory) Add(id registry.RecordID, patient registry.Patient, code registry.TargetCode) registry.RecordID {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.records[id] = registry.Record{ID: id, Version: 1, Patient: patient, Code: code}
	return id
}

// Record returns a record as it stands, without an event; a zero one when there is none.
func (m *Memory) Record(id registry.RecordID) registry.Record {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.records[id]
}

// Count is the number of records.
func (m *Memory) Count() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.records)
}

// Events returns the access log so far.
func (m *Memory) Events() []registry.Event {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.events)
}

func (m *Memory) log(event registry.Event) error {
	if event.IsZero() || event.At.IsZero() {
		return errNoEvent
	}
	m.events = append(m.events, event)
	return nil
}

// found logs an access that found the record, or nothing.
func (m *Memory) found(event registry.Event, r registry.Record, ok bool) (registry.Record, error) {
	event.Record, event.Outcome = r.ID, registry.OutcomeFound
	if !ok {
		event.Record, event.Outcome = "", registry.OutcomeNothing
	}
	if err := m.log(event); err != nil {
		return registry.Record{}, err
	}
	if !ok {
		return registry.Record{}, registry.ErrNoRecord
	}
	return r, nil
}

// Facts returns what a decision needs.
func (m *Memory) Facts(_ context.Context, id registry.RecordID, want registry.Wanted) (registry.Facts, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, ok := m.records[id]
	if !ok {
		return registry.Facts{}, registry.ErrNoRecord
	}
	facts := registry.Facts{Record: r, Localities: m.localitiesNamed(want.LocalityLabel)}
	for _, lot := range m.reference.Lots {
		if want.Lot != "" && lot.Number == want.Lot {
			facts.LotVaccines = append(facts.LotVaccines, lot.VaccineCode)
		}
	}
	for _, p := range m.reference.Places {
		if want.PlaceLabel != "" && p.Type == want.PlaceType && registry.Fold(p.Label) == registry.Fold(want.PlaceLabel) {
			facts.Places = append(facts.Places, p)
		}
	}
	return facts, nil
}

// Read returns a whole record.
func (m *Memory) Read(_ context.Context, id registry.RecordID, event registry.Event) (registry.Record, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, ok := m.records[id]
	return m.found(event, r, ok)
}

// FindByCode returns the record that bears the code.
func (m *Memory) FindByCode(
	_ context.Context, code registry.TargetCode, event registry.Event, toll registry.Toll,
) (registry.Record, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range m.records {
		if !code.IsZero() && r.Code == code {
			if err := m.paid(event, toll, registry.OutcomeFound); err != nil {
				return registry.Record{}, err
			}
			return m.found(event, r, true)
		}
	}
	if err := m.paid(event, toll, registry.OutcomeNothing); err != nil {
		return registry.Record{}, err
	}
	return m.found(event, registry.Record{}, false)
}

// paid refuses a search without event, and has its toll paid.
func (m *Memory) paid(event registry.Event, toll registry.Toll, outcome registry.Outcome) error {
	if event.IsZero() || event.At.IsZero() {
		return errNoEvent
	}
	return m.pay(toll, outcome)
}

// FindByNIR returns everyone attached to a NIR.
func (m *Memory) FindByNIR(
	_ context.Context, number nir.Number, event registry.Event, toll registry.Toll,
) ([]registry.Record, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []registry.Record
	for _, r := range m.records {
		if !number.IsZero() && (r.Patient.Holder == number || r.Patient.Own == number) {
			all = append(all, r)
		}
	}
	slices.SortFunc(all, func(a, b registry.Record) int {
		return cmp.Or(strings.Compare(a.Patient.BirthDate.Digits(), b.Patient.BirthDate.Digits()),
			cmp.Compare(a.Patient.BirthRank, b.Patient.BirthRank), strings.Compare(string(a.ID), string(b.ID)))
	})
	outcome := registry.OutcomeFound
	if len(all) == 0 {
		outcome = registry.OutcomeNothing
	}
	if err := m.paid(event, toll, outcome); err != nil {
		return nil, err
	}
	for _, r := range all {
		if _, err := m.found(event, r, true); err != nil {
			return nil, err
		}
	}
	if len(all) == 0 {
		if _, err := m.found(event, registry.Record{}, false); !errors.Is(err, registry.ErrNoRecord) {
			return nil, err
		}
	}
	return all, nil
}

// FindByKey returns the record of a beneficiary.
func (m *Memory) FindByKey(_ context.Context, number nir.Number, born registry.BirthDate, rank int) (registry.RecordID, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if id, ok := m.byNumber(number, born, rank); ok {
		return id, nil
	}
	return "", registry.ErrNoRecord
}

// byNumber finds a beneficiary by their key or by the number as their own.
func (m *Memory) byNumber(number nir.Number, born registry.BirthDate, rank int) (registry.RecordID, bool) {
	if id, ok := m.byKey(number, born, rank); ok {
		return id, true
	}
	var own []registry.RecordID
	for _, r := range m.records {
		if !number.IsZero() && r.Patient.Own == number && r.Patient.BirthDate == born {
			own = append(own, r.ID)
		}
	}
	if len(own) == 0 {
		return "", false
	}
	return slices.Min(own), true
}

func (m *Memory) byKey(holder nir.Number, born registry.BirthDate, rank int) (registry.RecordID, bool) {
	for _, r := range m.records {
		if r.Patient.Holder == holder && r.Patient.BirthDate == born && r.Patient.BirthRank == rank {
			return r.ID, true
		}
	}
	return "", false
}

// Apply applies a change and writes its event, or neither.
func (m *Memory) Apply(ctx context.Context, change registry.Change) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if change == nil || registry.HeadOf(change).Event().IsZero() {
		return errNoEvent
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	head := registry.HeadOf(change)
	if err := m.apply(head, change); err != nil {
		return err
	}
	if err := m.log(head.Event()); err != nil {
		return err
	}
	if also, ok := head.Also(); ok {
		return m.log(also)
	}
	return nil
}

func (m *Memory) apply(head registry.Head, change registry.Change) error {
	switch c := change.(type) {
	case registry.PersonsImported:
		return m.importPersons(c.Persons)
	case registry.PatientRegistered:
		if _, taken := m.byNumber(c.Patient.Holder, c.Patient.BirthDate, c.Patient.BirthRank); taken {
			return registry.ErrPatientExists
		}
		m.records[head.Record()] = registry.Record{ID: head.Record(), Version: 1, Patient: c.Patient}
		return nil
	case registry.ReportMade:
		m.report(c.Report)
		return nil
	case registry.ReportClosed:
		return m.closeReport(c)
	}
	r, ok := m.records[head.Record()]
	if !ok || r.Version != head.From() {
		return registry.ErrOvertaken
	}
	r.Version++
	if c, ok := change.(registry.EligibilityDeclared); ok && !c.Code.IsZero() {
		if m.bears(c.Code) {
			return registry.ErrCodeTaken
		}
		r.Code = c.Code
	}
	after := changed(r, change)
	if objects, turns := head.Objects(); turns != (after.Objects() != r.Objects()) || turns && objects != after.Objects() {
		return errObjects
	}
	m.records[r.ID] = after
	return nil
}

func (m *Memory) bears(code registry.TargetCode) bool {
	for _, r := range m.records {
		if r.Code == code {
			return true
		}
	}
	return false
}

// importPersons passes over who has a record, and does nothing when someone else has a newcomer's code.
func (m *Memory) importPersons(persons []registry.ImportedPerson) error {
	before := maps.Clone(m.records)
	for _, p := range persons {
		if p.Patient.Holder.IsZero() {
			m.records = before
			return errNoHolder
		}
		if _, known := m.byKey(p.Patient.Holder, p.Patient.BirthDate, p.Patient.BirthRank); known {
			continue
		}
		if !p.Code.IsZero() && m.bears(p.Code) {
			m.records = before
			return registry.ErrCodeTaken
		}
		m.records[p.ID] = registry.Record{ID: p.ID, Version: 1, Patient: p.Patient, Code: p.Code, Died: p.Insured.Died}
		m.insured[p.ID] = p.Insured
	}
	return nil
}

// changed returns a record with entries of its own in which the change is made.
func changed(r registry.Record, change registry.Change) registry.Record {
	r.Eligibilities, r.FirstDoses, r.SecondDoses = clone(r.Eligibilities), clone(r.FirstDoses), clone(r.SecondDoses)
	doses := map[registry.Step]*[]registry.Entry[registry.Dose]{
		registry.StepFirstDose: &r.FirstDoses, registry.StepSecondDose: &r.SecondDoses,
	}
	switch c := change.(type) {
	case registry.EligibilityDeclared:
		r.Eligibilities = added(r.Eligibilities, c.Sequence, c.Version)
	case registry.EligibilityRectified:
		e := bySequence(r.Eligibilities, c.Sequence)
		e.Versions = append(e.Versions, c.Version)
	case registry.DoseRecorded:
		*doses[c.Step] = added(*doses[c.Step], c.Sequence, c.Version)
	case registry.DoseRectified:
		e := bySequence(*doses[c.Step], c.Sequence)
		e.Versions = append(e.Versions, c.Version)
	case registry.StepAnnulled:
		if c.Step == registry.StepEligibility {
			bySequence(r.Eligibilities, c.Sequence).Annulment = &c.Annulment
		} else {
			bySequence(*doses[c.Step], c.Sequence).Annulment = &c.Annulment
		}
	case registry.ObjectionRecorded:
		r.Objections = append(slices.Clone(r.Objections), c.Objection)
	case registry.ObjectionWithdrawn:
		r.Objections = slices.Clone(r.Objections)
		i := slices.IndexFunc(r.Objections, func(o registry.Objection) bool { return o.Sequence == c.Sequence })
		r.Objections[i].Withdrawn = &c.Withdrawn
	}
	return r
}

func clone[T any](entries []registry.Entry[T]) []registry.Entry[T] {
	entries = slices.Clone(entries)
	for i := range entries {
		entries[i].Versions = slices.Clone(entries[i].Versions)
	}
	return entries
}

func added[T any](entries []registry.Entry[T], sequence int, v registry.Version[T]) []registry.Entry[T] {
	return append(entries, registry.Entry[T]{Sequence: sequence, Versions: []registry.Version[T]{v}})
}

// bySequence finds the entry that a change names; that it is missing is a defect of the domain.
func bySequence[T any](entries []registry.Entry[T], sequence int) *registry.Entry[T] {
	i := slices.IndexFunc(entries, func(e registry.Entry[T]) bool { return e.Sequence == sequence })
	if i < 0 {
		panic("registrytest: a change names an entry that is not in the record")
	}
	return &entries[i]
}

// Log writes an event on its own.
func (m *Memory) Log(_ context.Context, event registry.Event) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.log(event)
}
