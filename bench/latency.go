package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"vaccin/bench/yardstick"
)

// step is a step of the work whose time is measured.
type step struct {
	name string
	do   turn
}

// steps are those of a practitioner with a patient.
func (n *nation) steps() []step {
	return []step{
		{"search by code", n.searchByCode()},
		{"search by NIR", n.searchByNIR()},
		{"eligibility", n.postEligibility()},
		{"dose", n.postDose()},
		{"summary", n.readPage("/vaccination-2")},
		{"PDF", n.readPage("/vaccination-2/synthese.pdf")},
	}
}

// mixed takes the steps in turn, as many of each.
func mixed(steps []step) turn {
	return chosen(steps, func(n int) int { return n % len(steps) })
}

// chosen takes the step that is chosen for a turn.
func chosen(steps []step, choose func(n int) int) turn {
	return func(c *caller, n int) (int, error) {
		which := choose(n)
		if _, err := steps[which].do(c, n); err != nil {
			return which, fmt.Errorf("%s: %w", steps[which].name, err)
		}
		return which, nil
	}
}

// halfLoad is one side at half of its own maximum, in rounds.
type halfLoad struct {
	p50, p99 [][]time.Duration // by step, of each round
}

func (h *halfLoad) add(times [][]time.Duration) {
	for len(h.p50) < len(times) {
		h.p50, h.p99 = append(h.p50, nil), append(h.p99, nil)
	}
	for i, of := range times {
		h.p50[i], h.p99[i] = append(h.p50[i], quantile(of, 0.50)), append(h.p99[i], quantile(of, 0.99))
	}
}

// middle is the median of rounds.
func middle(times []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(times))
	if len(sorted) == 0 {
		return 0
	}
	return sorted[len(sorted)/2]
}

// benchNationalLatency is (pc): the time of every step while all of them are asked for at half of what the service
// can do at most, against the time of pgbench's dose at half of what it can.
func benchNationalLatency(ctx context.Context, l *lab) (v verdict, err error) {
	n, err := l.nation(ctx, million(l))
	if err != nil {
		return v, err
	}
	each := pick(l, 2*l.turn, 200*time.Millisecond)
	steps := n.steps()
	all := mixed(steps)
	clients, err := bestClients(l, n, yardstick.Dose, each/2)
	if err != nil {
		return v, err
	}
	most, err := n.bare.Run(yardstick.Load{Script: yardstick.Dose, Clients: clients, For: each})
	if err != nil {
		return v, err
	}
	connections, err := n.bestConnections(ctx, l, "steps/s", each/2, all)
	if err != nil {
		return v, err
	}
	ours, err := n.closed(connections, each, all)(ctx)
	if err != nil {
		return v, err
	}
	l.say("at most %.0f steps/s over %d connections, %.0f of pgbench's doses/s with %d clients", ours, connections, most.Rate, clients)

	var mine, bare halfLoad
	for range pick(l, max(1, l.rounds/2), 1) {
		var times [][]time.Duration
		tagged(ctx, "client", func(ctx context.Context) {
			var did loaded
			did, err = pace(ctx, n.product.address, connections, each, nil, ours/2, all)
			times = did.times
		})
		if err != nil {
			return v, err
		}
		mine.add(times)
		r, err := n.bare.Run(yardstick.Load{Script: yardstick.Dose, Clients: clients, For: each, Rate: most.Rate / 2, Times: true})
		if err != nil {
			return v, err
		}
		bare.add([][]time.Duration{r.Times})
	}
	return judgeLatency(l, steps, mine, bare), nil
}

func judgeLatency(l *lab, steps []step, mine, bare halfLoad) verdict {
	v := verdict{limit: 10, atMost: true, comment: "p99 of the slowest step over pgbench’s"}
	short := func(d time.Duration) time.Duration { return d.Round(10 * time.Microsecond) }
	p50, p99 := middle(bare.p50[0]), middle(bare.p99[0])
	l.say("%-16s p50 %9v   p99 %9v", "pgbench dose", short(p50), short(p99))
	for i, s := range steps {
		ratio := float64(middle(mine.p99[i])) / float64(p99)
		l.say("%-16s p50 %9v   p99 %9v   ratio of p99 %.2f", s.name, short(middle(mine.p50[i])), short(middle(mine.p99[i])), ratio)
		v.ratio = max(v.ratio, ratio)
	}
	return v
}
