package main

import (
	"context"
	"fmt"
	"slices"
)

// side is one of two that are compared: run does one round and returns how many it did a second.
type side struct {
	name string
	run  func(ctx context.Context) (rate float64, err error)
}

// contest compares two sides that take turns, so that what else the machine does weighs on both.
type contest struct {
	unit            string
	ours, yardstick side
	rounds          int
}

// outcome is the medians of a contest.
type outcome struct {
	ours, yardstick float64 // a second
	ratio           float64 // median of the rounds' own ratios, ours over the yardstick
	least, most     float64 // of these ratios
}

// run does the rounds; who begins changes with each.
func (c contest) run(ctx context.Context) (outcome, error) {
	var ours, yardstick, ratios []float64
	for round := range c.rounds {
		order := []side{c.ours, c.yardstick}
		if round%2 == 1 {
			slices.Reverse(order)
		}
		rates := map[string]float64{}
		for _, s := range order {
			rate, err := s.run(ctx)
			if err != nil {
				return outcome{}, fmt.Errorf("%s: %w", s.name, err)
			}
			rates[s.name] = rate
		}
		a, b := rates[c.ours.name], rates[c.yardstick.name]
		ours, yardstick, ratios = append(ours, a), append(yardstick, b), append(ratios, a/b)
	}
	return outcome{median(ours), median(yardstick), median(ratios), slices.Min(ratios), slices.Max(ratios)}, nil
}

// tell prints the figures of a contest.
func (c contest) tell(l *lab, what string, o outcome) {
	l.say("%-14s %-14s %8.0f %s   %-14s %8.0f %s   ratio %.2f (%.2f to %.2f in %d rounds)",
		what, c.ours.name, o.ours, c.unit, c.yardstick.name, o.yardstick, c.unit, o.ratio, o.least, o.most, c.rounds)
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	if n == 0 {
		return 0
	}
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// verdict is a ratio beside its limit.
type verdict struct {
	ratio   float64
	limit   float64
	aim     float64 // 0 for none
	atMost  bool    // the limit is one not to pass, instead of one to reach
	comment string  // what the ratio is of, where the title does not say
}

func (v verdict) holds() bool {
	if v.atMost {
		return v.ratio <= v.limit
	}
	return v.ratio >= v.limit
}

func (v verdict) String() string {
	bound := "at least"
	if v.atMost {
		bound = "at most"
	}
	text := fmt.Sprintf("ratio %.2f (%s %.2f", v.ratio, bound, v.limit)
	if v.aim > 0 {
		text += fmt.Sprintf(", aim %.2f", v.aim)
	}
	text += ")"
	if v.comment != "" {
		text += ", " + v.comment
	}
	if !v.holds() {
		text += " MISSED"
	}
	return text
}
