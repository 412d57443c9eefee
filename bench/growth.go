package main

import (
	"context"
	"fmt"
	"time"

	"vaccin/bench/yardstick"
)

// growthClients is how many ask at the same time while growth is measured, on either side.
const growthClients = 8

// grown is something whose usual time is measured in a small and in a large country.
type grown struct {
	name string
	time func(ctx context.Context, n *nation) (time.Duration, error)
	seen [2][]float64 // in each country, the median time of each round
}

// growth is how many times as long it takes in the large country.
func (g *grown) growth() float64 { return median(g.seen[1]) / median(g.seen[0]) }

// benchNationalGrowth is (pd): the usual time of a search and of a dose among many persons over that among a
// million, divided by the same of the yardstick's own.
func benchNationalGrowth(ctx context.Context, l *lab) (v verdict, err error) {
	sizes := [2]int{million(l), pick(l, l.persons, million(l))}
	var countries [2]*nation
	for i, size := range sizes {
		if countries[i], err = l.nation(ctx, size); err != nil {
			return v, err
		}
	}
	for _, n := range countries {
		// To make the large one takes so long that the sessions of the other have expired.
		if n.sessions, err = signIn(n.kept, n.key, doctors(signedIn)); err != nil {
			return v, err
		}
		if err := n.warm(); err != nil {
			return v, err
		}
	}
	each := pick(l, l.turn, 100*time.Millisecond)
	ours := func(do func(*nation) turn) func(context.Context, *nation) (time.Duration, error) {
		return func(ctx context.Context, n *nation) (usual time.Duration, err error) {
			tagged(ctx, "client", func(ctx context.Context) {
				var did loaded
				if did, err = drive(ctx, n.product.address, growthClients, each, do(n)); err == nil {
					usual = quantile(did.times[0], 0.50)
				}
			})
			return usual, err
		}
	}
	bare := func(script yardstick.Script) func(context.Context, *nation) (time.Duration, error) {
		return func(_ context.Context, n *nation) (time.Duration, error) {
			r, err := n.bare.Run(yardstick.Load{Script: script, Clients: growthClients, For: each, Times: true})
			return quantile(r.Times, 0.50), err
		}
	}
	search := &grown{name: "pgbench search", time: bare(yardstick.Search)}
	dose := &grown{name: "pgbench dose", time: bare(yardstick.Dose)}
	compared := []struct{ ours, bare *grown }{
		{&grown{name: "search by code", time: ours((*nation).searchByCode)}, search},
		{&grown{name: "search by NIR", time: ours((*nation).searchByNIR)}, search},
		{&grown{name: "dose", time: ours((*nation).postDose)}, dose},
	}
	measured := []*grown{search, dose}
	for _, c := range compared {
		measured = append(measured, c.ours)
	}
	if err := takeTurns(ctx, countries, measured, pick(l, l.rounds, 1)); err != nil {
		return v, err
	}
	l.say("times in microseconds, %d at a time", growthClients)
	for _, g := range measured {
		l.say("%-16s %8.0f among %d   %8.0f among %d   grows %.2f", g.name, median(g.seen[0]), sizes[0], median(g.seen[1]), sizes[1], g.growth())
	}
	v = verdict{limit: 1.10, atMost: true, comment: "the highest of growths over the yardstick's own"}
	for _, c := range compared {
		v.ratio = max(v.ratio, c.ours.growth()/c.bare.growth())
	}
	for i, n := range countries {
		if err := n.tellStatements(ctx, l, fmt.Sprintf("%d persons", sizes[i]), growthClients, each, mixed(n.steps())); err != nil {
			return v, err
		}
	}
	return v, nil
}

// takeTurns measures everything in both countries, round after round.
func takeTurns(ctx context.Context, countries [2]*nation, measured []*grown, rounds int) error {
	for round := range rounds {
		for _, g := range measured {
			for turn := range countries {
				i := (round + turn) % 2
				took, err := g.time(ctx, countries[i])
				if err != nil {
					return fmt.Errorf("%s: %w", g.name, err)
				}
				g.seen[i] = append(g.seen[i], float64(took.Microseconds()))
			}
		}
	}
	return nil
}
