package main

import (
	"context"
	"fmt"
	"time"

	"vaccin/bench/yardstick"
)

// million is the country of the benches that do not compare sizes.
func million(l *lab) int { return pick(l, min(1_000_000, l.persons), 10_000) }

// benchNationalDoses is (pa). Both sides are first tried with several numbers of clients; each then plays with its
// best.
func benchNationalDoses(ctx context.Context, l *lab) (v verdict, err error) {
	n, err := l.nation(ctx, million(l))
	if err != nil {
		return v, err
	}
	each := pick(l, l.turn, 100*time.Millisecond) // pgbench counts in whole seconds
	clients, err := bestClients(l, n, yardstick.Dose, each)
	if err != nil {
		return v, err
	}
	connections, err := n.bestConnections(ctx, l, "doses/s", each, n.postDose())
	if err != nil {
		return v, err
	}
	m := newMeter(n)
	c := contest{
		"doses/s",
		m.metered(fmt.Sprintf("ours, %d", connections), n.closed(connections, each, n.postDose())),
		m.metered(fmt.Sprintf("pgbench, %d", clients), pgbench(n, yardstick.Load{Script: yardstick.Dose, Clients: clients, For: each})),
		pick(l, l.rounds, 1), 0,
	}
	o, err := c.run(ctx)
	if err != nil {
		return v, err
	}
	c.tell(l, "best of each", o)
	m.tell(l, c)
	if err := n.tellStatements(ctx, l, "a dose", connections, each, n.postDose()); err != nil {
		return v, err
	}
	return verdict{ratio: o.ratio, limit: 1.0, aim: 1.5}, nil
}

// bestClients is with how many clients pgbench is quickest.
func bestClients(l *lab, n *nation, script yardstick.Script, each time.Duration) (int, error) {
	if l.smoke {
		return yardstick.Clients[0], nil
	}
	rate, clients, err := n.bare.Best(script, each)
	l.say("pgbench %s is quickest with %d clients: %.0f a second", script, clients, rate)
	return clients, err
}

// widths are the numbers of connections that are tried.
var widths = []int{16, 64, 128, 256}

// bestConnections is over how many connections we are quickest.
func (n *nation) bestConnections(ctx context.Context, l *lab, unit string, each time.Duration, do turn) (best int, err error) {
	if l.smoke {
		return 16, nil
	}
	highest := 0.0
	for _, connections := range widths {
		rate, err := n.closed(connections, each, do)(ctx)
		if err != nil {
			return 0, err
		}
		l.say("%d connections: %.0f %s", connections, rate, unit)
		if rate > highest {
			highest, best = rate, connections
		}
	}
	return best, nil
}

// closed is a side of a contest: turns taken one after the other over each connection.
func (n *nation) closed(connections int, long time.Duration, do turn) func(context.Context) (float64, error) {
	return func(ctx context.Context) (rate float64, err error) {
		tagged(ctx, "client", func(ctx context.Context) {
			var l loaded
			l, err = drive(ctx, n.product.address, connections, long, do)
			rate = l.rate
		})
		return rate, err
	}
}

// pgbench is the other side.
func pgbench(n *nation, load yardstick.Load) func(context.Context) (float64, error) {
	return func(context.Context) (float64, error) {
		r, err := n.bare.Run(load)
		return r.Rate, err
	}
}
