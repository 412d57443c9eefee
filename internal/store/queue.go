package store

import (
	"context"
	"errors"
	"os"
	"sync/atomic"
	"time"
)

// transactor is what the queue has an engine do.
type transactor interface {
	// transact does pieces of work in one durable transaction and returns the refusal of each, nil for
	// what was done. When it fails, nothing at all was done, unless the failure is ErrUnknownOutcome. It may call
	// waits once nothing is left but to wait for the disk.
	transact(batch []work, waits func()) (refusals []error, failure *failure)
}

// queue lets work that waits share transactions: a turn takes all that waits and has it done in one, so
// that many changes cost one wait for the disk.
type queue struct {
	*gathering[*job]
	engine transactor
	counts *counts
}

// job is a piece of work that someone waits for. Whoever sets claimed first, the queue to do it or the
// waiter to give it up, settles what becomes of it.
type job struct {
	work    work
	claimed atomic.Bool
	again   bool // it is tried again, its outcome being unknown
	done    chan error
}

func (j *job) claim() bool { return j.claimed.CompareAndSwap(false, true) }

// startQueue makes a queue with at most so many transactions under way at once.
func startQueue(e transactor, most int) *queue {
	q := &queue{engine: e, counts: newCounts()}
	q.gathering = gather(most, q.run)
	return q
}

// do has a piece of work done and returns when it is durable, or why it is not. When ctx ends before the
// work is begun, it will not be done. Once begun, the wait goes on for the few milliseconds that it takes,
// so that the answer is always the truth.
func (q *queue) do(ctx context.Context, w work) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	j := &job{work: w, done: make(chan error, 1)}
	select {
	case q.coming <- j:
	case <-ctx.Done():
		return ctx.Err()
	case <-q.stopped:
		return ErrClosed
	}
	select {
	case err := <-j.done:
		return err
	case <-ctx.Done():
		return j.giveUp(ctx.Err())
	case <-q.stopped:
		return j.giveUp(ErrClosed)
	}
}

// giveUp returns err if the work was not begun, and otherwise its outcome.
func (j *job) giveUp(err error) error {
	if j.claim() {
		return err
	}
	return <-j.done
}

// run has the jobs of a batch done: those that may share a transaction in one, the others after them. Once all that is
// left is the wait for the disk, it says so.
func (q *queue) run(batch []*job, waits func()) {
	shared := batch[:0:0]
	var alone []*job
	for _, j := range batch {
		if j.work.alone {
			alone = append(alone, j)
		} else {
			shared = append(shared, j)
		}
	}
	if len(alone) > 0 {
		waits = func() {}
	}
	q.transact(shared, waits)
	for _, j := range alone {
		q.transact([]*job{j}, waits)
	}
}

// transact does jobs in one transaction. If one of them makes it fail, each is done again by itself, so
// that the failure strikes that one alone.
func (q *queue) transact(jobs []*job, waits func()) {
	if len(jobs) == 0 {
		return
	}
	works := make([]work, len(jobs))
	for i, j := range jobs {
		works[i] = j.work
	}
	began := time.Now()
	refusals, failed := q.engine.transact(works, waits)
	if failed == nil {
		q.counts.commits.Since(began)
		q.counts.shared.Observe(float64(len(works)))
	} else if errors.Is(failed.err, ErrUnknownOutcome) {
		q.counts.unknown.Add(1)
	}
	switch {
	case failed == nil:
		for i, j := range jobs {
			j.done <- refusals[i]
		}
	case failed.replay && len(jobs) > 1:
		q.counts.replayed.Add(uint64(len(jobs)))
		for _, j := range jobs {
			q.transact([]*job{j}, waits)
		}
	default:
		q.transact(answered(jobs, failed.err), waits)
	}
}

// answered answers the jobs of a transaction that failed, but for those that may be tried again because it is not
// known whether they were done: a guard lets work through once, so that if they were, they are told that
// something overtook them, look, and find that it was themselves. Where the answer was awaited in vain, trying again
// would take as long, and who waits is told instead.
func answered(jobs []*job, err error) (again []*job) {
	for _, j := range jobs {
		if errors.Is(err, ErrUnknownOutcome) && !errors.Is(err, os.ErrDeadlineExceeded) && j.work.key != "" && !j.again {
			j.again, j.work = true, j.work.renewed()
			again = append(again, j)
		} else {
			j.done <- err
		}
	}
	return again
}

// errDefect is a statement that did not touch the row it had to: the contract between this package's
// statements is broken, and nothing of the work is kept.
var errDefect = errors.New("store: a statement touched no row")
