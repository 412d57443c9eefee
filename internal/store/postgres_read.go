package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"vaccin/internal/registry"
)

// reading is what someone waits to read.
type reading struct {
	queries []query
	claimed atomic.Bool // by who reads, or by who gives up waiting
	handed  bool        // a row was handed over
	err     error       // of who was handed it
	done    chan error
}

// read implements engine. Reads that everybody does all the time wait for one another and are done together; one
// that comes alone is done alone. Statements run to their end whatever becomes of the request they serve: they are
// short, and to interrupt one costs the connection.
func (e *postgres) read(ctx context.Context, queries ...query) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if len(queries) == 0 {
		return nil
	}
	r := &reading{queries: queries, done: make(chan error, 1)}
	if queries[0].long {
		select {
		case e.longRead <- struct{}{}:
			defer func() { <-e.longRead }()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if !queries[0].often {
		return errors.Join(e.readOnce([]*reading{r}), r.err)
	}
	select {
	case e.readings.coming <- r:
	case <-ctx.Done():
		return ctx.Err()
	case <-e.readings.stopped:
		return ErrClosed
	}
	select {
	case err := <-r.done:
		return err
	case <-ctx.Done():
		return r.giveUp(ctx.Err())
	case <-e.readings.stopped:
		return r.giveUp(ErrClosed)
	}
}

func (r *reading) claim() bool { return r.claimed.CompareAndSwap(false, true) }

func (r *reading) giveUp(err error) error {
	if r.claim() {
		return err
	}
	return <-r.done
}

// readTogether does readings in one round trip. If that fails, each is done by itself, so that the failure strikes
// the one alone whose it is.
func (e *postgres) readTogether(all []*reading, _ func()) {
	e.counts.reading.Observe(float64(len(all)))
	err := e.readOnce(all)
	if err != nil && len(all) > 1 && !errors.Is(err, registry.ErrUnavailable) { // then each would wait as long
		for _, r := range all {
			if r.handed { // what it was handed cannot be taken back
				r.done <- err
				continue
			}
			e.readTogether([]*reading{r}, nil)
		}
		return
	}
	for _, r := range all {
		r.done <- errors.Join(err, r.err)
	}
}

// readOnce reads, again when a connection turns out dead: reading has no effect.
func (e *postgres) readOnce(all []*reading) (err error) {
	began := time.Now()
	defer e.counts.reads.Since(began)
	for again := false; ; again = true {
		if again {
			time.Sleep(retryEvery)
			e.counts.retried[ofReads].Add(1)
		}
		var c *pgxpool.Conn
		if c, err = e.acquire(context.Background(), &e.readers); err != nil {
			return fmt.Errorf("store: connecting to read: %w", err)
		}
		err = e.readOn(c, all)
		c.Release()
		handed := slices.ContainsFunc(all, func(r *reading) bool { return r.handed })
		if err == nil || handed || !away(err) || time.Since(began) > patience {
			return unavailable(err)
		}
	}
}

// readOn reads on a connection.
func (e *postgres) readOn(c *pgxpool.Conn, all []*reading) error {
	if all[0].queries[0].long {
		defer longWork(c)()
	}
	steps, err := e.readSteps(c, all)
	if err != nil {
		return e.lost(c, err)
	}
	_, err = e.exchange(c, steps, nil)
	return err
}
