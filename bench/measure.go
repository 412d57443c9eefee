package main

import (
	"context"
	"fmt"
	"slices"
	"syscall"
	"time"
)

// side is one of two that are compared: run does one round and returns how many it did a second.
type side struct {
	name string
	run  func(ctx context.Context) (rate float64, err error)
}

// manyRounds is how many rounds a contest has whose rounds are short: the shorter the turns, the more
// alike the machine is to both sides.
const manyRounds = 15

// contest compares two sides that take turns, so that what else the machine does weighs on both.
type contest struct {
	unit            string
	ours, yardstick side
	rounds          int
	perRound        int // how many a round does, where this process does them all; 0 otherwise
}

// outcome is the medians of a contest.
type outcome struct {
	ours, yardstick float64 // a second
	ratio           float64 // median of the rounds' own ratios, ours over the yardstick
	least, most     float64 // of these ratios
	used            [2]time.Duration
}

// run does the rounds; who begins changes with each.
func (c contest) run(ctx context.Context) (o outcome, err error) {
	sides := [2]side{c.ours, c.yardstick}
	var rates, used [2][]float64
	var ratios []float64
	for round := range c.rounds {
		for turn := range sides {
			i := (round + turn) % 2
			before := processorTime()
			rate, err := sides[i].run(ctx)
			if err != nil {
				return o, fmt.Errorf("%s: %w", sides[i].name, err)
			}
			rates[i], used[i] = append(rates[i], rate), append(used[i], float64(processorTime()-before))
		}
		ratios = append(ratios, rates[0][round]/rates[1][round])
	}
	return outcome{
		median(rates[0]), median(rates[1]), median(ratios), slices.Min(ratios), slices.Max(ratios),
		[2]time.Duration{time.Duration(median(used[0])), time.Duration(median(used[1]))},
	}, nil
}

// tell prints the figures of a contest. Processor time is that of the whole process, whose client both
// sides share; on a machine that does other things too it moves less than the clock.
func (c contest) tell(l *lab, what string, o outcome) {
	l.say("%-14s %-14s %8.0f %s   %-14s %8.0f %s   ratio %.2f (%.2f to %.2f in %d rounds)",
		what, c.ours.name, o.ours, c.unit, c.yardstick.name, o.yardstick, c.unit, o.ratio, o.least, o.most, c.rounds)
	if c.perRound > 0 {
		each := func(d time.Duration) time.Duration { return (d / time.Duration(c.perRound)).Round(time.Microsecond) }
		l.say("%-14s processor time of one: %v and %v, ratio %.2f", "", each(o.used[0]), each(o.used[1]), float64(o.used[1])/float64(o.used[0]))
	}
}

// processorTime is what this process has used so far.
func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err) // only for arguments that these are not
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
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
	limit   float64 // 0 for none: the figure is only told
	aim     float64 // 0 for none
	atMost  bool    // the limit is one not to pass, instead of one to reach
	comment string  // what the ratio is of, where the title does not say
}

func (v verdict) holds() bool {
	if v.limit == 0 {
		return true
	}
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
	text := fmt.Sprintf("ratio %.2f", v.ratio)
	if v.limit > 0 {
		text += fmt.Sprintf(" (%s %.2f", bound, v.limit)
		if v.aim > 0 {
			text += fmt.Sprintf(", aim %.2f", v.aim)
		}
		text += ")"
	}
	if v.comment != "" {
		text += ", " + v.comment
	}
	return text
}
