package store

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"vaccin/internal/measure"

	"github.com/jackc/pgx/v5/pgxpool"
)

// counts are what an operator wants to know of how the store works.
type counts struct {
	shared   *measure.Histogram // pieces of work that one commit was for
	commits  *measure.Histogram // how long each took, its statements and the wait for the disk included
	unknown  atomic.Uint64      // transactions of which nobody knows whether they were done
	replayed atomic.Uint64      // pieces of work done again by themselves
	asking   atomic.Bool        // figures are being read from the database
}

func newCounts() *counts {
	return &counts{shared: measure.NewHistogram(measure.Crowds()...), commits: measure.NewHistogram(measure.Moments()...)}
}

// postgresCounts are what the national engine counts beside.
type postgresCounts struct {
	reading *measure.Histogram // readings that one round trip was for
	reads   *measure.Histogram // how long each took, the wait for a connection included
	retried [2]atomic.Uint64   // of reads, of writes
}

const (
	ofReads = iota
	ofWrites
)

func newPostgresCounts() *postgresCounts {
	return &postgresCounts{reading: measure.NewHistogram(measure.Crowds()...), reads: measure.NewHistogram(measure.Moments()...)}
}

const (
	countOpenSessions  = "SELECT COUNT(*) FROM session WHERE expires > $1"
	countFailedRuns    = "SELECT COUNT(*) FROM campaign_run WHERE failed_at <> 0 AND state IN ('counting', 'approved', 'running')"
	countFailedBatches = "SELECT COUNT(*) FROM letter_batch WHERE failed_at <> 0 AND state IN ('gathering', 'printing')"
	// selectReplicas tells nothing to who may not know, and on what is itself a replica.
	selectReplicas = "SELECT name, lag_bytes, lag_seconds, synchronous FROM replica_lag()"
)

var _ measure.Source = (*Store)(nil)

// Samples tells how the store works: what it counted, and what it asks the database. While that does not answer, what
// would be asked is left out and vaccin_store_up is 0.
func (s *Store) Samples(ctx context.Context) []measure.Sample {
	c := s.queue.counts
	all := []measure.Sample{
		c.shared.Sample("vaccin_store_commit_works", "Pieces of work that share one commit."),
		c.commits.Sample("vaccin_store_commit_seconds", "Time of a transaction, from its first statement to its durable commit."),
		counter("vaccin_store_unknown_outcomes_total", "Transactions of which it was not known whether they were done.", c.unknown.Load()),
		counter("vaccin_store_replays_total", "Pieces of work done again by themselves after a shared commit failed.", c.replayed.Load()),
		gauge("vaccin_store_waiting_works", "Pieces of work that wait to be done.", float64(len(s.queue.coming))),
	}
	if e, national := s.engine.(*postgres); national {
		all = append(all, e.samples()...)
	}
	return append(all, s.asked(ctx)...)
}

// asked is what the database knows.
func (s *Store) asked(ctx context.Context) (all []measure.Sample) {
	now := time.Now()
	var heads []keptHead
	var sessions, runs, batches []int64
	var replicas []replica
	questions := []query{
		into(&heads, readKeptHead, selectLastHead),
		into(&sessions, readCount, countOpenSessions, ceilMicro(now)),
		into(&runs, readCount, countFailedRuns),
		into(&batches, readCount, countFailedBatches),
	}
	if _, national := s.engine.(*postgres); national {
		questions = append(questions, into(&replicas, readReplica, selectReplicas))
	}
	if err := s.ask(ctx, questions...); err != nil {
		return []measure.Sample{gauge("vaccin_store_up", "Whether the database answers.", 0)}
	}
	all = append(all, gauge("vaccin_store_up", "Whether the database answers.", 1),
		gauge("vaccin_sessions", "Sessions that have not ended.", float64(sessions[0])),
		gauge("vaccin_failed_runs", "Runs of campaigns whose count or execution failed the last time, and is tried again.", float64(runs[0])),
		gauge("vaccin_failed_batches", "Batches of letters whose making failed the last time, and is tried again.", float64(batches[0])))
	if len(heads) > 0 {
		all = append(all, gauge("vaccin_access_log_head_age_seconds", "Age of the last signed head of the access log.", max(0, now.Sub(heads[0].at).Seconds())))
	}
	for _, r := range replicas {
		all = append(all, r.samples()...)
	}
	return all
}

func readCount(n *int64) []any { return []any{n} }

// errStillAsking is what comes of asking the database while it has not answered the time before.
var errStillAsking = errors.New("store: the database has yet to answer")

// ask reads, and waits no longer than ctx: a read awaits a database that is away for longer than a scraper waits for
// figures. What is read into is not to be looked at unless it returns nil.
func (s *Store) ask(ctx context.Context, questions ...query) error {
	c := s.queue.counts
	if !c.asking.CompareAndSwap(false, true) {
		return errStillAsking
	}
	answered := make(chan error, 1)
	go func() {
		defer c.asking.Store(false)
		answered <- s.engine.read(ctx, questions...)
	}()
	select {
	case err := <-answered:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// replica is a standby as the primary sees it.
type replica struct {
	name        string
	bytes       int64
	seconds     float64
	synchronous bool
}

func readReplica(r *replica) []any { return []any{&r.name, &r.bytes, &r.seconds, &r.synchronous} }

func (r replica) samples() []measure.Sample {
	synchronous := 0.0
	if r.synchronous {
		synchronous = 1
	}
	label := measure.Label{Name: "replica", Value: r.name}
	return []measure.Sample{
		gauge("vaccin_replica_lag_bytes", "Log of the database that a replica has not replayed.", float64(r.bytes), label),
		gauge("vaccin_replica_lag_seconds", "How late a replica replays; 0 when nothing is written.", r.seconds, label),
		gauge("vaccin_replica_synchronous", "Whether commits wait for a replica.", synchronous, label),
	}
}

func (e *postgres) samples() (all []measure.Sample) {
	all = append(all,
		e.counts.reading.Sample("vaccin_store_read_requests", "Readings that share one round trip."),
		e.counts.reads.Sample("vaccin_store_read_seconds", "Time of a round trip that reads, the wait for a connection included."))
	for of, label := range []string{"reads", "writes"} {
		s := counter("vaccin_store_retries_total", "Round trips made again because the database was away or refused for a moment.", e.counts.retried[of].Load())
		s.Labels = []measure.Label{{Name: "of", Value: label}}
		all = append(all, s)
	}
	for _, p := range []struct {
		name string
		pool *pgxpool.Pool
	}{{"readers", e.readers.pool()}, {"writers", e.writers.pool()}} {
		all = append(all, poolSamples(p.name, p.pool.Stat())...)
	}
	return all
}

func poolSamples(name string, s *pgxpool.Stat) (all []measure.Sample) {
	pool := measure.Label{Name: "pool", Value: name}
	const help = "Connections to the database, by what they do; max is how many there may be."
	for _, c := range []struct {
		state string
		n     int32
	}{{"in_use", s.AcquiredConns()}, {"idle", s.IdleConns()}, {"max", s.MaxConns()}} {
		all = append(all, gauge("vaccin_store_connections", help, float64(c.n), pool, measure.Label{Name: "state", Value: c.state}))
	}
	waits := counter("vaccin_store_connection_waits_total", "Times that a connection was waited for.", uint64(s.EmptyAcquireCount()))
	waited := counter("vaccin_store_connection_wait_seconds_total", "Time that connections were waited for.", 0)
	waited.Value = s.EmptyAcquireWaitTime().Seconds()
	waits.Labels, waited.Labels = []measure.Label{pool}, []measure.Label{pool}
	return append(all, waits, waited)
}

func counter(name, help string, n uint64) measure.Sample {
	return measure.Sample{Name: name, Help: help, Kind: measure.Counter, Value: float64(n)}
}

func gauge(name, help string, value float64, labels ...measure.Label) measure.Sample {
	return measure.Sample{Name: name, Help: help, Kind: measure.Gauge, Value: value, Labels: labels}
}
