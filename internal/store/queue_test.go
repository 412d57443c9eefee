package store

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"vaccin/internal/registry"
)

// slowEngine is an engine that notes the transactions it is given. It waits for a permission before each,
// fails those that hold poisoned work, and can fail to commit.
type slowEngine struct {
	permission chan struct{}
	begun      chan int

	mu      sync.Mutex
	batches [][]string
	commit  error
}

func newSlowEngine() *slowEngine {
	return &slowEngine{permission: make(chan struct{}), begun: make(chan int, 1000)}
}

var errPoison = errors.New("poison")

func (e *slowEngine) transact(batch []work, _ func()) ([]error, *failure) {
	e.begun <- len(batch)
	<-e.permission
	e.mu.Lock()
	defer e.mu.Unlock()
	names, poisoned := []string{}, false
	for _, w := range batch {
		names = append(names, w.statements[0].sql)
		poisoned = poisoned || w.statements[0].sql == "poison"
	}
	e.batches = append(e.batches, names)
	if e.commit != nil {
		return nil, &failure{err: e.commit}
	}
	if poisoned {
		return nil, &failure{err: errPoison, replay: true}
	}
	return make([]error, len(batch)), nil
}

func named(name string) work { return work{statements: []statement{{sql: name}}} }

// send has work done by the queue and returns where its outcome will be.
func send(ctx context.Context, q *queue, w work) chan error {
	outcome := make(chan error, 1)
	go func() { outcome <- q.do(ctx, w) }()
	return outcome
}

// waitFor waits until n jobs wait in the queue.
func waitFor(t *testing.T, q *queue, n int) {
	t.Helper()
	for range 2000 {
		if len(q.coming) == n {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatalf("%d jobs wait, want %d", len(q.coming), n)
}

// busy returns a queue whose engine is in the middle of a first transaction, so that what is sent waits.
func busy(t *testing.T) (*slowEngine, *queue, chan error) {
	t.Helper()
	e := newSlowEngine()
	q := startQueue(e, 1)
	first := send(t.Context(), q, named("first"))
	<-e.begun
	return e, q, first
}

func TestWorkThatWaitsSharesOneTransaction(t *testing.T) {
	e, q, first := busy(t)
	outcomes := []chan error{first}
	for i, name := range []string{"a", "b", "c"} {
		outcomes = append(outcomes, send(t.Context(), q, named(name)))
		waitFor(t, q, i+1)
	}
	close(e.permission)
	for _, o := range outcomes {
		if err := <-o; err != nil {
			t.Fatal(err)
		}
	}
	q.close()
	if want := [][]string{{"first"}, {"a", "b", "c"}}; !slices.EqualFunc(e.batches, want, slices.Equal[[]string]) {
		t.Errorf("the transactions are %v, want %v", e.batches, want)
	}
}

func TestWorkThatIsAloneSharesNothing(t *testing.T) {
	e, q, _ := busy(t)
	bulk := named("bulk")
	bulk.alone = true
	for i, w := range []work{named("a"), bulk, named("b")} {
		send(t.Context(), q, w)
		waitFor(t, q, i+1)
	}
	close(e.permission)
	for range 2 {
		<-e.begun
	}
	q.close()
	if want := [][]string{{"first"}, {"a", "b"}, {"bulk"}}; !slices.EqualFunc(e.batches, want, slices.Equal[[]string]) {
		t.Errorf("the transactions are %v, want %v", e.batches, want)
	}
}

func TestAFailureStrikesTheWorkThatCausesIt(t *testing.T) {
	e, q, _ := busy(t)
	defer q.close()
	outcomes := map[string]chan error{}
	for i, name := range []string{"a", "poison", "b"} {
		outcomes[name] = send(t.Context(), q, named(name))
		waitFor(t, q, i+1)
	}
	close(e.permission)
	for name, o := range outcomes {
		if err := <-o; (name == "poison") != errors.Is(err, errPoison) || name != "poison" && err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAFailedCommitIsNotDoneAgain(t *testing.T) {
	e, q, first := busy(t)
	e.commit = ErrUnknownOutcome
	a, b := send(t.Context(), q, named("a")), send(t.Context(), q, named("b"))
	waitFor(t, q, 2)
	close(e.permission)
	for _, o := range []chan error{first, a, b} {
		if err := <-o; !errors.Is(err, ErrUnknownOutcome) {
			t.Errorf("the outcome is %v", err)
		}
	}
	q.close()
	if len(e.batches) != 2 {
		t.Errorf("there were %d transactions, want 2", len(e.batches))
	}
}

func TestWorkGivenUpWhileItWaitsIsNotDone(t *testing.T) {
	e, q, _ := busy(t)
	ctx, cancel := context.WithCancel(t.Context())
	given := send(ctx, q, named("given up"))
	waitFor(t, q, 1)
	cancel()
	if err := <-given; !errors.Is(err, context.Canceled) {
		t.Fatalf("the outcome is %v", err)
	}
	close(e.permission)
	if err := q.do(t.Context(), named("last")); err != nil {
		t.Fatal(err)
	}
	q.close()
	for _, batch := range e.batches {
		if slices.Contains(batch, "given up") {
			t.Error("work was done though its caller was told it was not")
		}
	}
}

func TestWorkGivenUpOnceBegunTellsTheTruth(t *testing.T) {
	e := newSlowEngine()
	q := startQueue(e, 1)
	defer q.close()
	ctx, cancel := context.WithCancel(t.Context())
	outcome := send(ctx, q, named("begun"))
	<-e.begun
	cancel()
	select {
	case err := <-outcome:
		t.Fatalf("an outcome came before the work was done: %v", err)
	case <-time.After(20 * time.Millisecond):
	}
	close(e.permission)
	if err := <-outcome; err != nil {
		t.Fatalf("the work was done, and its caller was told %v", err)
	}
}

func TestAClosedQueueRefusesWhatWaits(t *testing.T) {
	e, q, first := busy(t)
	waiting := send(t.Context(), q, named("waiting"))
	waitFor(t, q, 1)
	done := make(chan struct{})
	go func() { q.close(); close(done) }()
	<-q.stop
	close(e.permission)
	<-done
	if err := <-first; err != nil {
		t.Errorf("what was begun: %v", err)
	}
	if err := <-waiting; !errors.Is(err, ErrClosed) {
		t.Errorf("what waited: %v", err)
	}
	if err := q.do(t.Context(), named("late")); !errors.Is(err, ErrClosed) {
		t.Errorf("what came late: %v", err)
	}
	if len(e.batches) != 1 {
		t.Errorf("there were %d transactions, want 1", len(e.batches))
	}
}

// doubtful is an engine that does the first transaction and loses its answer; then guards refuse what was done.
type doubtful struct{ done int }

func (e *doubtful) transact(batch []work, _ func()) ([]error, *failure) {
	if e.done++; e.done == 1 {
		return nil, &failure{err: ErrUnknownOutcome}
	}
	refusals := make([]error, len(batch))
	for i := range batch {
		refusals[i] = registry.ErrOvertaken
	}
	return refusals, nil
}

func TestWorkUnderAGuardIsTriedAgainWhenItsOutcomeIsUnknown(t *testing.T) {
	e := &doubtful{}
	q := startQueue(e, 1)
	defer q.close()
	if err := q.do(t.Context(), work{key: "record", statements: []statement{{sql: "guard"}}}); !errors.Is(err, registry.ErrOvertaken) {
		t.Errorf("guarded: %v", err)
	}
	e.done = 0
	if err := q.do(t.Context(), named("event alone")); !errors.Is(err, ErrUnknownOutcome) || e.done != 1 {
		t.Errorf("without a guard: %v, %d transactions", err, e.done)
	}
}
