package storetest

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// Handovers keeps sign-ins by card until the service takes them over, opaque bytes.
type Handovers interface {
	// KeepHandover keeps data under an identifier that is not in use.
	KeepHandover(ctx context.Context, id string, data []byte, expires time.Time) error
	// TakeHandover returns what is kept, expired or not, and deletes it. However many take it, one has it.
	TakeHandover(ctx context.Context, id string) (data []byte, expires time.Time, found bool, err error)
	// PurgeHandovers deletes those that expired before a moment.
	PurgeHandovers(ctx context.Context, expiredBefore time.Time) error
}

var handoverTests = group{
	"one is taken once":         takenOnce,
	"of many takers one has it": takenByOne,
	"those past are purged":     handoversPurged,
}

func (e *env) takes(id, want string, expires time.Time) {
	e.Helper()
	data, at, found, err := e.store.TakeHandover(e.ctx, id)
	e.ok(err)
	if !found {
		e.Fatalf("there is nothing under %q", id)
	}
	e.equal("the data", string(data), want)
	e.equal("the end", at, expires)
}

func (e *env) takesNothing(id string) {
	e.Helper()
	data, at, found, err := e.store.TakeHandover(e.ctx, id)
	e.ok(err)
	if found || data != nil || !at.IsZero() {
		e.Fatalf("there is something under %q", id)
	}
}

func takenOnce(e *env) {
	end := time.Date(2021, 2, 1, 12, 0, 0, 123456000, time.UTC)
	e.takesNothing("a")
	e.ok(e.store.KeepHandover(e.ctx, "a", []byte("one\x00\xff"), end))
	e.ok(e.store.KeepHandover(e.ctx, "b", []byte("two"), end.Add(time.Hour)))
	e.fails(e.store.KeepHandover(e.ctx, "b", []byte("in its place"), end))
	e.takes("a", "one\x00\xff", end)
	e.takesNothing("a")
	e.takes("b", "two", end.Add(time.Hour))
	e.takesNothing("b")
}

func takenByOne(e *env) {
	e.ok(e.store.KeepHandover(e.ctx, "a", []byte("one"), e.clock.Now()))
	var group sync.WaitGroup
	var taken, failed atomic.Int32
	for range 20 {
		group.Go(func() {
			_, _, found, err := e.store.TakeHandover(e.ctx, "a")
			if err != nil {
				failed.Add(1)
			}
			if found {
				taken.Add(1)
			}
		})
	}
	group.Wait()
	if taken.Load() != 1 || failed.Load() != 0 {
		e.Errorf("taken %d times, %d failures", taken.Load(), failed.Load())
	}
}

func handoversPurged(e *env) {
	end := e.clock.Now()
	e.ok(e.store.KeepHandover(e.ctx, "a", []byte("past"), end))
	e.ok(e.store.KeepHandover(e.ctx, "b", []byte("there"), end.Add(time.Minute)))
	e.ok(e.store.PurgeHandovers(e.ctx, end.Add(time.Second)))
	e.takesNothing("a")
	e.takes("b", "there", end.Add(time.Minute))
}
