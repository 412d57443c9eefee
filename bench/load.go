package main

import (
	"context"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"
)

// turn does one thing over a connection: a request or a few. It returns which of the steps of the load it was.
// n counts the turns of a load.
type turn func(c *caller, n int) (step int, err error)

// loaded is what a load did: how many turns a second, and the time of each by its step.
type loaded struct {
	rate  float64
	times [][]time.Duration // in order of length
}

func (l *loaded) add(step int, took time.Duration) {
	for len(l.times) <= step {
		l.times = append(l.times, nil)
	}
	l.times[step] = append(l.times[step], took)
}

// together are the loads of all connections as one.
func together(parts []loaded, over time.Duration) (whole loaded) {
	done := 0
	for _, part := range parts {
		for step, times := range part.times {
			done += len(times)
			for len(whole.times) <= step {
				whole.times = append(whole.times, nil)
			}
			whole.times[step] = append(whole.times[step], times...)
		}
	}
	for _, times := range whole.times {
		slices.Sort(times)
	}
	whole.rate = float64(done) / over.Seconds()
	return whole
}

// quantile is the time that a part of those in order do not pass.
func quantile(times []time.Duration, part float64) time.Duration {
	if len(times) == 0 {
		return 0
	}
	return times[min(len(times)-1, int(part*float64(len(times))))]
}

// drive has connections take turns for some time, each taking the next one as soon as it has its answer.
func drive(ctx context.Context, address string, connections int, long time.Duration, do turn) (l loaded, err error) {
	var next atomic.Int64
	return connected(ctx, address, connections, long, func(ctx context.Context, c *caller, l *loaded, until time.Time) error {
		for began := time.Now(); began.Before(until) && ctx.Err() == nil; {
			step, err := do(c, int(next.Add(1))-1)
			if err != nil {
				return err
			}
			now := time.Now()
			l.add(step, now.Sub(began))
			began = now
		}
		return ctx.Err()
	})
}

// pace has connections take turns at a rate, which come at random moments as from many people who know nothing
// of one another; the time of a turn counts from when it was due, as pgbench counts it. It ends after so long, or when
// it is enough.
func pace(
	ctx context.Context, address string, connections int, long time.Duration, enough <-chan struct{}, rate float64, do turn,
) (l loaded, err error) {
	due := make(chan time.Time, int(rate*long.Seconds()*2)+1_000)
	var begin sync.Once // once all are connected
	var next atomic.Int64
	return connected(ctx, address, connections, long, func(ctx context.Context, c *caller, l *loaded, _ time.Time) error {
		begin.Do(func() { go announce(due, long, enough, rate) })
		for at := range due {
			step, err := do(c, int(next.Add(1))-1)
			if err != nil || ctx.Err() != nil {
				return err
			}
			l.add(step, time.Since(at))
		}
		return nil
	})
}

// announce tells when turns are due, each at its moment. Go's own timers may be a millisecond late, which is long
// beside what is measured; the system's are not.
func announce(due chan<- time.Time, long time.Duration, enough <-chan struct{}, rate float64) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(due)
	began := time.Now()
	for at := began; at.Sub(began) < long; {
		at = at.Add(time.Duration(rand.ExpFloat64() / rate * float64(time.Second)))
		if wait := time.Until(at); wait > 0 {
			left := syscall.NsecToTimespec(int64(wait))
			_ = syscall.Nanosleep(&left, nil) // awoken early, a turn is early
		}
		select {
		case <-enough:
			return
		default:
		}
		select {
		case due <- at:
		default:
			return // far behind: what is measured does not keep up, and its times say so
		}
	}
}

// connected runs f for each of so many connections and gathers what they did.
func connected(
	ctx context.Context, address string, connections int, long time.Duration,
	f func(ctx context.Context, c *caller, l *loaded, until time.Time) error,
) (whole loaded, err error) {
	callers := make([]*caller, connections)
	for i := range callers {
		if callers[i], err = dial(ctx, address, i, time.Now().Add(long+patience)); err != nil {
			return whole, err
		}
		defer callers[i].conn.Close()
	}
	parts := make([]loaded, connections)
	group, ctx := errgroup.WithContext(ctx)
	began := time.Now()
	for i, c := range callers {
		group.Go(func() error { return f(ctx, c, &parts[i], began.Add(long)) })
	}
	if err := group.Wait(); err != nil {
		return whole, err
	}
	return together(parts, time.Since(began)), nil
}
