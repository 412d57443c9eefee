// Package storetest is the conformance suite of the stores: it checks every sentence of the contract that
// stands in the comments of registry.Store, registry.ReferenceStore, registry.AccessLog,
// registry.PortalAccountStore, registry.TargetingStore, registry.PopulationStore, registry.MatchStore, registry.LetterStore, registry.AgentStore,
// Sessions, Handovers and LogTree. It
// knows the contract alone and imports no store; every engine runs it. Only tests may import it.
package storetest

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
)

// Engine is all that a store offers.
type Engine interface {
	registry.Store
	registry.ReferenceStore
	registry.AccessLog
	registry.PortalAccountStore
	registry.TargetingStore
	registry.PopulationStore
	registry.MatchStore
	registry.LetterStore
	registry.AgentStore
	Sessions
	Handovers
	LogTree
	Close() error
}

// Sessions keeps sessions and the forms of sessions that ended, opaque bytes both.
type Sessions interface {
	// Session returns what was saved last under an identifier, expired or not, until it is deleted or
	// purged; found tells whether there is anything.
	Session(ctx context.Context, id string) (data []byte, expires time.Time, found bool, err error)
	// CreateSession keeps a new session, with those who can end it; an identifier serves once.
	CreateSession(ctx context.Context, id string, data []byte, expires time.Time, owner, session, subject string) error
	// SaveSession replaces the data and the end of a session. It brings none back, and makes none.
	SaveSession(ctx context.Context, id string, data []byte, expires time.Time) error
	DeleteSession(ctx context.Context, id string) error
	// PurgeSessions deletes those that expired before a moment.
	PurgeSessions(ctx context.Context, expiredBefore time.Time) error

	// CountSessions counts the sessions of an owner that expire after a moment.
	CountSessions(ctx context.Context, owner string, after time.Time) (int, error)
	// EndSessions ends every session of an owner; nobody's are those without one.
	EndSessions(ctx context.Context, owner string) error
	// EndProviderSessions ends the sessions of a session at a provider, or of a subject. When both are given, of
	// the subject's those of that session and those of which the session is not known. An order serves once:
	// first is false, and nothing is ended, for one that came before and was not purged.
	EndProviderSessions(ctx context.Context, order string, until time.Time, session, subject string) (first bool, err error)
	// PurgeOrders forgets the orders that expired before a moment.
	PurgeOrders(ctx context.Context, before time.Time) error

	// KeptForm returns the one form kept last for an owner, as Session does.
	KeptForm(ctx context.Context, owner string) (data []byte, expires time.Time, found bool, err error)
	KeepForm(ctx context.Context, owner string, data []byte, expires time.Time) error
	DropForm(ctx context.Context, owner string) error
	PurgeForms(ctx context.Context, expiredBefore time.Time) error
}

// Run checks an engine. open returns a store that holds nothing, and closes it when the test ends; Run
// may close it earlier.
func Run(t *testing.T, open func(t *testing.T) Engine) {
	run(t, open, contractTests)
	run(t, open, engineTests)
	t.Run("any sequence of acts", func(t *testing.T) { anySequence(newEnv(t, open)) })
	t.Run("any sequence of files", func(t *testing.T) { anyImports(newEnv(t, open)) })
}

// RunPopulations checks what files of insured persons come to, whatever way an engine takes with them.
func RunPopulations(t *testing.T, open func(t *testing.T) Engine) {
	run(t, open, map[string]group{"order of populations": orderTests, "duplicates of populations": duplicateTests, "matches": matchTests})
	t.Run("any sequence of files", func(t *testing.T) { anyImports(newEnv(t, open)) })
}

type group map[string]func(*env)

// What every store keeps to, and what only the engines do: to end, to hold sessions, to rank suggestions.
var (
	contractTests = map[string]group{
		"changes": changeTests, "creation": creationTests, "reads": readTests, "log": logTests,
		"reference": referenceTests, "suggestions": suggestionTests, "oversight": oversightTests, "officer": officerTests,
	}
	engineTests = map[string]group{
		"sessions": sessionTests, "handovers": handoverTests, "portal accounts": portalTests, "injection": injectionTests,
		"targeting": targetingTests, "population": populationTests, "order of populations": orderTests, "columns of populations": columnTests,
		"duplicates of populations": duplicateTests, "matches": matchTests, "letters": letterTests,
		"dropped letters": droppedTests, "printed letters": printedTests, "places of letters": nearbyTests, "agents": agentTests,
		"log tree": logTreeTests,
		"failure":  failureTests, "rank": rankTests,
	}
)

func run(t *testing.T, open func(t *testing.T) Engine, groups map[string]group) {
	for name, tests := range groups {
		t.Run(name, func(t *testing.T) {
			for name, test := range tests {
				t.Run(name, func(t *testing.T) { test(newEnv(t, open)) })
			}
		})
	}
}

// env is a store under test with reference data, and the use cases over it.
type env struct {
	*testing.T
	ctx      context.Context
	store    Engine
	clock    *registrytest.Clock
	registry *registry.Registry
	doctor   registry.Actor
	people   int
}

func newEnv(t *testing.T, open func(t *testing.T) Engine) *env {
	t.Helper()
	clock := registrytest.NewClock()
	store := open(t)
	e := &env{
		T: t, ctx: t.Context(), store: store, clock: clock,
		registry: registrytest.NewRegistry(store, clock), doctor: registrytest.Doctor("Martin"),
	}
	e.importReference(allReference())
	return e
}

// allReference is what registrytest.Memory knows.
func allReference() registry.ReferenceChange {
	ref := registrytest.Reference()
	return registry.ReferenceChange{
		Vaccines: ref.Vaccines, Schedules: ref.Schedules, Sites: ref.Sites, PlaceTypes: ref.PlaceTypes, Activities: ref.Activities,
		Openings: ref.Openings, Localities: registrytest.Localities(), Places: registrytest.Places(), Lots: registrytest.Lots(),
	}
}

func (e *env) importReference(change registry.ReferenceChange) {
	e.Helper()
	e.ok(e.store.ImportReference(e.ctx, change, e.registry.ImportEvent(e.doctor, 1, "digest")))
}

// compared lets go-cmp look into the values of the domain.
var compared = cmp.AllowUnexported(registry.BirthDate{})

func difference(want, got any) string { return cmp.Diff(want, got, compared) }

func (e *env) equal(what string, got, want any) {
	e.Helper()
	if diff := difference(want, got); diff != "" {
		e.Errorf("%s is not what was expected (-want +got):\n%s", what, diff)
	}
}

func (e *env) ok(err error) {
	e.Helper()
	if err != nil {
		e.Fatal(err)
	}
}

func (e *env) fails(err error, how ...error) {
	e.Helper()
	if err == nil {
		e.Fatal("no error")
	}
	for _, want := range how {
		if !isError(err, want) {
			e.Fatalf("the error is %q, want %q", err, want)
		}
	}
}

// event is a complete access-log event.
func (e *env) event(action registry.Action) registry.Event {
	by := e.doctor
	return registry.Event{
		At: e.clock.Now(), Role: by.Role, NationalID: by.Practitioner.NationalID, PlaceID: by.Place.ID,
		PlaceName: by.Place.Name, Door: by.Door, Action: action, Outcome: registry.OutcomeDone,
	}
}

// events returns the whole access log but the imports of reference data, the oldest first.
func (e *env) events() []registry.Event {
	e.Helper()
	all, err := e.store.Events(e.ctx, registry.EventQuery{Limit: 10_000})
	e.ok(err)
	slices.Reverse(all)
	return slices.DeleteFunc(all, func(ev registry.Event) bool { return ev.Action == registry.ActionImportReference })
}

// logged returns the events that a call writes.
func (e *env) logged(call func()) []registry.Event {
	e.Helper()
	before := len(e.events())
	call()
	return e.events()[before:]
}

// patient returns another patient than before.
func (e *env) patient() registry.Patient {
	e.people++
	return registrytest.Patient(e.people)
}

// person returns another patient than before, to import, with a code if coded.
func (e *env) person(coded bool) registry.ImportedPerson {
	p := registry.ImportedPerson{Patient: e.patient()}
	p.ID = registry.RecordID(fmt.Sprintf("%032x", e.people))
	if coded {
		p.Code = registry.TargetCode(1_000_000 + e.people)
	}
	return p
}

func (e *env) imported(persons ...registry.ImportedPerson) {
	e.Helper()
	e.ok(e.registry.ImportPersons(e.ctx, e.doctor, persons, "digest"))
}

// newRecord returns the identifier of a new record without entries.
func (e *env) newRecord() registry.RecordID {
	e.Helper()
	p := e.person(false)
	e.imported(p)
	return p.ID
}

// eligible returns the identifier of a new record whose eligibility is declared.
func (e *env) eligible() registry.RecordID {
	e.Helper()
	id := e.newRecord()
	_, err := e.registry.DeclareEligibility(e.ctx, e.act(id), registrytest.EligibilityRequest())
	e.ok(err)
	return id
}

func (e *env) act(id registry.RecordID) registry.Act { return registry.Act{By: e.doctor, Record: id} }

func (e *env) firstDose(id registry.RecordID) registry.Act {
	act := e.act(id)
	act.Step = registry.StepFirstDose
	return act
}

// record returns a record as the store has it, without an event.
func (e *env) record(id registry.RecordID) registry.Record {
	e.Helper()
	facts, err := e.store.Facts(e.ctx, id, registry.Wanted{})
	e.ok(err)
	return facts.Record
}

// captured returns the changes that use cases decide on the facts of the store, unapplied.
func (e *env) captured(decide func(g *registry.Registry)) []registry.Change {
	e.Helper()
	capture := &registrytest.Capture{Store: e.store}
	g := registrytest.NewRegistry(capture, e.clock)
	g.Random = registrytest.Random(byte(2 + e.people))
	decide(g)
	return capture.Take()
}

// filled sets every field under a value to something that is not zero and differs from the others, so
// that a field forgotten by a store shows.
func filled(v reflect.Value, n *int) {
	*n++
	switch v.Interface().(type) {
	case registry.Date:
		v.Set(reflect.ValueOf(registry.MustDate("2021-01-01").AddDays(*n)))
		return
	case time.Time:
		v.Set(reflect.ValueOf(time.Date(2021, 2, 3, 4, 5, 6, 123456000, time.UTC).Add(time.Duration(*n) * time.Microsecond)))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(fmt.Sprintf("«é’%d»\n😀", *n))
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(*n))
	case reflect.Uint32, reflect.Uint64:
		v.SetUint(uint64(*n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Struct:
		for i := range v.NumField() {
			filled(v.Field(i), n)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			filled(v.Index(i), n)
		}
	default:
		panic("storetest: a field of a kind that no test fills: " + v.Type().String())
	}
}

// fill is filled for a pointer.
func fill[T any](p *T) {
	n := 0
	fillNext(p, &n)
}

// fillNext is fill for several values: no field of them is like another.
func fillNext[T any](p *T, n *int) { filled(reflect.ValueOf(p).Elem(), n) }
