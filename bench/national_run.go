package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"vaccin/internal/registry"
)

// mostAtWork is up to how many codes a run gives beside others: the longer it takes, the more persons the doses of its time need.
const mostAtWork = 30_000

// benchNationalRun is (pr): the time of a search and of a dose while a run gives its codes to a quarter of persons more than
// the country has (mostAtWork at most), over the usual one, at the same load: half of what the service can do at most. Who begins
// changes with each round.
func benchNationalRun(ctx context.Context, l *lab) (v verdict, err error) {
	// A country of its own: in the others those who had no dose may be used up.
	n, err := l.nation(ctx, pick(l, million(l)-10_000, 20_000))
	if err != nil {
		return v, err
	}
	newcomers := min(n.persons/4, mostAtWork)
	if _, err := importPeople(ctx, n.cases, newcomers, population{household: 1, from: n.persons}); err != nil {
		return v, err
	}
	for _, sql := range []string{"VACUUM ANALYZE", "CHECKPOINT"} {
		if _, err := n.cluster.SQL(n.name, sql); err != nil {
			return v, err
		}
	}
	steps := []step{{"search by code", n.searchByCode()}, {"search by NIR", n.searchByNIR()}, {"dose", n.postDose()}}
	// One in ten records a dose: a run takes its time while many work, and all are of persons who have none.
	all := chosen(steps, func(n int) int {
		if n%10 == 9 {
			return 2
		}
		return n % 2
	})
	each := pick(l, l.turn, 200*time.Millisecond)
	connections, err := n.bestConnections(ctx, l, "steps/s", each, all)
	if err != nil {
		return v, err
	}
	most, err := n.closed(connections, each, all)(ctx)
	if err != nil {
		return v, err
	}
	d := &duringRun{
		nation: n, lab: l, newcomers: newcomers, steps: all, connections: connections, rate: most / 2,
	}
	l.say("at most %.0f steps/s over %d connections; %.0f/s from here on", most, connections, d.rate)
	var usual, busy halfLoad
	for round := range pick(l, max(1, l.rounds/2), 1) {
		for _, running := range []bool{round%2 == 0, round%2 != 0} {
			to := &usual
			if running {
				to = &busy
			}
			times, err := d.times(ctx, running, each)
			if errors.Is(err, errTaken) && round > 0 { // a quick machine records more doses than were made room for
				l.say("the persons are used up: judged by %d whole rounds and what was measured of the next", round)
				return judgeDuring(l, steps, usual, busy), nil
			}
			if err != nil {
				return v, err
			}
			to.add(times)
			each = max(each, d.took) // what is rare is met in a long time only
		}
	}
	return judgeDuring(l, steps, usual, busy), nil
}

// duringRun is a load beside which a run is carried out.
type duringRun struct {
	*nation
	lab         *lab
	newcomers   int           // whom a run concerns
	number      int           // of the last run
	took        time.Duration // the last run
	steps       turn
	connections int
	rate        float64
}

// times are those of the steps for so long, or from the beginning of a run, with the count of its persons, to its end.
func (d *duringRun) times(ctx context.Context, running bool, long time.Duration) (times [][]time.Duration, err error) {
	if err := d.without(); err != nil {
		return nil, err
	}
	enough, ended := make(chan struct{}), make(chan error, 1)
	if running {
		long = 10 * time.Minute // more than it takes
		go func() {
			defer close(enough)
			ended <- d.carryOut(ctx)
		}()
	} else {
		ended <- nil
	}
	tagged(ctx, "client", func(ctx context.Context) {
		var did loaded
		did, err = pace(ctx, d.product.address, d.connections, long, enough, d.rate, d.steps)
		times = did.times
	})
	return times, errors.Join(err, <-ended)
}

// carryOut has the service count a run and carry it out, as it does by itself.
func (d *duringRun) carryOut(ctx context.Context) (err error) {
	began := time.Now()
	run := registry.Run{Campaign: runCampaign(), PreparedBy: "a", PreparedAt: began}
	if d.number, err = d.kept.PrepareRun(ctx, run, benchEvent()); err != nil {
		return err
	}
	if err := d.await(ctx, registry.RunPrepared); err != nil {
		return err
	}
	counted := time.Since(began)
	if err := d.kept.ApproveRun(ctx, d.number, "b", time.Now(), benchEvent()); err != nil {
		return err
	}
	err = d.await(ctx, registry.RunDone)
	d.took = time.Since(began)
	d.lab.say("a run that gives %d codes, counted (%.1f s) and carried out meanwhile: %.1f s", d.newcomers, counted.Seconds(), d.took.Seconds())
	return err
}

// await waits until the run is in a state.
func (d *duringRun) await(ctx context.Context, state registry.RunState) error {
	for {
		run, err := d.kept.Run(ctx, d.number)
		if err != nil || run.State == state {
			return err
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// without takes the codes of the last run away, as no run may.
func (d *duringRun) without() error {
	if d.number == 0 {
		return nil
	}
	return d.atOnce(fmt.Sprintf("DROP TABLE IF EXISTS target_run_%d; DELETE FROM target", d.number))
}

func judgeDuring(l *lab, steps []step, usual, busy halfLoad) verdict {
	v := verdict{limit: 2, atMost: true, comment: "p99 of the slowest step during a run over its usual one"}
	short := func(d time.Duration) time.Duration { return d.Round(10 * time.Microsecond) }
	for i, s := range steps {
		before, during := middle(usual.p99[i]), middle(busy.p99[i])
		ratio := float64(during) / float64(before)
		l.say("%-16s p50 %9v, during a run %9v   p99 %9v, during a run %9v   ratio of p99 %.2f", s.name,
			short(middle(usual.p50[i])), short(middle(busy.p50[i])), short(before), short(during), ratio)
		v.ratio = max(v.ratio, ratio)
	}
	return v
}
