package registry

import (
	"context"
	"errors"
	"time"

	"vaccin/internal/nir"
)

// The ways a store refuses a change; use cases turn them into sentences or try again.
var (
	// ErrOvertaken: the record is no longer at the version on which the decision was made.
	ErrOvertaken = errors.New("the record has changed since it was read")
	// ErrCodeTaken: the target code drawn belongs to someone else; draw again.
	ErrCodeTaken = errors.New("the target code is taken")
	// ErrPatientExists: the person has a record, under the NIR as a holder's or as their own.
	ErrPatientExists = errors.New("the patient already has a record")
	// ErrNoRecord: there is no record of that identifier.
	ErrNoRecord = errors.New("no such record")
)

// ErrUnavailable is in every error which says that the store is away for a moment, or has no room: the same request may
// be made again as it stands.
var ErrUnavailable = errors.New("the store is away")

// Store is what the domain needs kept. Its comments are the contract; the conformance suite
// (store/storetest) checks each sentence on every engine.
//
// Every method that returns a patient's data takes the access-log event of that access and writes it
// durably before it returns: if the event cannot be written, nothing is returned but the error. An event
// without an action or a moment is refused.
//
// Texts come back to the letter; bytes that are not UTF-8, and the character zero, may come back as U+FFFD.
// Moments are kept to the microsecond and come back in UTC. When a context ends before something began to
// be written, it is not written; once begun, the answer is awaited, so that it is the truth.
type Store interface {
	// Facts returns what a decision on a record needs, in one consistent read. It returns
	// ErrNoRecord when the record does not exist. It writes no event: the facts are for a
	// decision, whose change or refusal is logged.
	Facts(ctx context.Context, id RecordID, want Wanted) (Facts, error)

	// Read returns a whole record; the event is written with outcome found and the record's
	// identifier. It returns ErrNoRecord when there is none, and then the event is written too, with
	// outcome nothing-found and without a record.
	Read(ctx context.Context, id RecordID, event Event) (Record, error)

	// FindByCode returns the record that bears the code, or else the one whose former code it is, or ErrNoRecord. The event is
	// written with outcome found and the record's identifier, or nothing-found.
	//
	// A search pays its toll: the charge of its outcome, and the report that comes with it, are written
	// with the event. When the throttle is no longer at the toll's From, the search returns ErrOvertaken,
	// and neither shows nor writes anything. A zero toll costs nothing.
	FindByCode(ctx context.Context, code TargetCode, event Event, toll Toll) (Record, error)

	// FindByNIR returns the records whose holder's or own NIR is the one given, each once, by birth
	// date and rank; none is not an error. One event is written for each record returned, with
	// outcome found, or a single one with nothing-found. The toll is paid once, as for FindByCode.
	FindByNIR(ctx context.Context, number nir.Number, event Event, toll Toll) ([]Record, error)

	// FindByKey returns the identifier of the record of the beneficiary of a NIR, a birth date and a birth
	// rank: the one of that natural key (holder's NIR, birth date, birth rank) or, failing it, the one of who
	// has the NIR as their own and that birth date, whatever the rank. Otherwise it returns ErrNoRecord. It
	// returns no patient data and writes no event.
	FindByKey(ctx context.Context, number nir.Number, born BirthDate, rank int) (RecordID, error)

	// Apply applies a change and writes its event, both or neither, durably. A change to a record
	// that is not at the change's From version returns ErrOvertaken and nothing is written. Registering
	// a patient returns ErrPatientExists when FindByKey would find a record by the NIR of their holder, also
	// when many are registered at once. A target code that another record bears, or a former one, returns ErrCodeTaken. Of
	// several changes made from one version exactly one is applied. A change without an event is refused.
	//
	// ReportMade and ReportClosed change no record and look at no version. A report that is closed already,
	// or does not exist, is not closed: ErrNoReport. The throttle that ReportClosed lifts is forgotten with it.
	//
	// A change after which the person objects, or no longer does (Head.Objects), is seen by the next count and run, and by
	// whoever prints letters; of one that says so otherwise than by its own act, the second event (Head.Also) is written
	// with the first. No import of persons changes whether someone objects.
	//
	// PersonsImported skips the persons whose natural key exists, whatever else they come with, and looks at
	// no NIR of their own: to import the same persons twice changes nothing. When the code of one of the
	// others is borne by another record, or another of them, none is imported and it returns ErrCodeTaken.
	Apply(ctx context.Context, change Change) error

	// Log writes an event on its own, durably: an act that was refused.
	Log(ctx context.Context, event Event) error

	// LogTried writes an event and the toll's charge of its outcome, both or neither. It returns
	// ErrOvertaken when the throttle is no longer at the toll's From.
	LogTried(ctx context.Context, event Event, toll Toll) error

	// Throttle returns what is remembered of someone's tries, the zero value for nothing. It returns no
	// patient data and writes no event.
	Throttle(ctx context.Context, key string) (Throttle, error)

	// PurgeThrottles forgets those whose level stood, and whose block ended, before a moment.
	PurgeThrottles(ctx context.Context, before time.Time) error

	// OwnActs returns acts that were done in a practitioner's name, the latest first, at most Limit, each
	// with the patient as they are now and whether it was reported as not theirs. One event is written
	// for each patient returned, as by FindByNIR.
	OwnActs(ctx context.Context, want OwnActsQuery, event Event) ([]OwnAct, error)

	// Reports returns the reports asked for, the latest first, at most Limit. The event is written with
	// the outcome and count of what is returned.
	Reports(ctx context.Context, want ReportsQuery, event Event) ([]Report, error)

	// Entries returns the entries of the access log asked for, the latest first and of one moment the last
	// written first, at most Limit. The event is written with the outcome and count of what is returned, and
	// is none of it.
	Entries(ctx context.Context, want EventQuery, event Event) ([]LogEntry, error)

	// Holdings returns all that is held on a person, in one consistent read: their record, the runs that gave them a code, the reports on acts
	// in it and the entries of the access log about it, both the oldest first and without limit. The event is
	// written with outcome found, and is none of those entries. It returns ErrNoRecord, and writes, as Read
	// does.
	Holdings(ctx context.Context, id RecordID, event Event) (Holdings, error)

	// Reference returns the small dated reference data.
	Reference(ctx context.Context) (Reference, error)

	// PracticePlaces returns the imported places of practice of a practitioner, in the order of the
	// import; none is not an error.
	PracticePlaces(ctx context.Context, nationalID string) ([]PracticePlace, error)

	// Localities returns the localities one of whose terms starts with the text, folded, at most limit
	// (none for a limit under 1): first those whose name is the text, then those whose name or postal
	// code starts with it, then the others; each by postal code and folded name. Their terms are the
	// SearchTerms of «75011 Paris» and of «Paris 75011»; «St» and «Ste» are read as Saint and
	// Sainte, and 2A and 2B find Corsica. LocalitiesNamed returns those whose label folds like the text,
	// which is not empty.
	Localities(ctx context.Context, text string, limit int) ([]Locality, error)
	LocalitiesNamed(ctx context.Context, label string) ([]Locality, error)

	// Places returns the vaccination places of a type, open on a day, one of whose terms starts with
	// the text, folded as for localities, at most limit: first those whose name or postal code starts
	// with it; each by postal code and folded name. Their terms are the SearchTerms of the label, the
	// name, and postal code and town either way round.
	Places(ctx context.Context, placeType, text string, day Date, limit int) ([]VaccinationPlace, error)

	// Lots returns the lots of a vaccine whose number starts with the text's normal form, in order, at
	// most limit.
	Lots(ctx context.Context, vaccineCode, text string, limit int) ([]Lot, error)
}

// Wanted says which reference data a decision needs beside the record; empty fields ask for nothing.
type Wanted struct {
	Lot           string // normal form; LotVaccines tells whose lists have it
	PlaceType     string // with PlaceLabel: the places of that type whose label folds alike
	PlaceLabel    string
	LocalityLabel string // the localities whose label folds alike
}

// Facts are the answer to Wanted.
type Facts struct {
	Record      Record
	LotVaccines []string // codes of the vaccines that have a lot of that number
	Places      []VaccinationPlace
	Localities  []Locality
}

// ReferenceStore takes what importers read from files. It is apart from Store because only commands
// need it.
type ReferenceStore interface {
	// ImportReference adds the rows of a change and replaces those of the same key (given with each
	// field), in one transaction with the event. A change may be applied twice without difference. Where
	// an order is kept, new rows come after those known, in their order, and a row that is replaced
	// keeps its place. A row without a date that it must have is an error, and nothing is imported.
	ImportReference(ctx context.Context, change ReferenceChange, event Event) error
}

// ReferenceChange holds rows of reference data, of any kinds.
type ReferenceChange struct {
	Vaccines        []Vaccine           // key: code; order kept
	Schedules       []Schedule          // key: vaccine, first day
	Sites           []InjectionSite     // key: code; order kept
	PlaceTypes      []PlaceType         // key: code; order kept
	Activities      []Activity          // key: code; order kept
	Openings        []ProfessionOpening // key: profession, first day
	Localities      []Locality          // key: postal code, folded name
	Points          []LocalityPoint     // key: as of localities; one of a locality that is not there changes nothing
	Places          []VaccinationPlace  // key: identifier
	GonePlaces      []string            // identifiers of places that are not open to the public any more; one that is not there changes nothing
	Lots            []Lot               // key: vaccine, number (its normal form)
	PracticePlaces  []PractitionerPlace // key: national identifier, place identifier; order kept
	ObjectionLimits []ObjectionLimit    // key: first day
	Campaigns       []Campaign          // key: identifier; one that is known stays: whoever wrote it since knows better
}

// PractitionerPlace is a place of practice of the imported list.
type PractitionerPlace struct {
	NationalID string
	Place      PracticePlace
}

// AccessLog reads the access log back, for those who oversee it and for tests.
type AccessLog interface {
	// Events returns the entries asked for, the latest first, at most Limit.
	Events(ctx context.Context, want EventQuery) ([]Event, error)
}

// EventQuery says which entries of the access log are asked for; fields left empty ask for all.
type EventQuery struct {
	Record     RecordID
	NationalID string // of who acted
	PlaceID    string // of the place of practice
	Action     Action
	From       time.Time // the first moment
	Until      time.Time // the first moment after
	Before     EntryRef  // those that come after this entry where the latest come first; it need not be one of them
	Only       EntryRef  // this one alone
	Limit      int       // at most so many, the latest; 0 is none
}

// LogEntry is an entry of the access log with its number: of two, the one written later has the greater.
type LogEntry struct {
	Number int64
	Event
}

// Ref names the entry.
func (e LogEntry) Ref() EntryRef { return EntryRef{e.At, e.Number} }

// EntryRef names an entry of the access log, by its place in it. It tells nothing of what stands there.
type EntryRef struct {
	At     time.Time
	Number int64
}

// IsZero tells whether r names no entry.
func (r EntryRef) IsZero() bool { return r.At.IsZero() }
