package demo

import "math/rand/v2"

// chance is a stream of random choices that a seed and a name decide, so that what one part of the
// country draws never changes another.
type chance struct{ *rand.Rand }

func newChance(seed uint64, stream uint64) chance {
	return chance{rand.New(rand.NewPCG(seed, stream))} //nolint:gosec // invented people need no secrecy
}

// The streams of chance beside those of the departments, which are numbered from 0.
const (
	streamCast = 1000 + iota
	streamPlaces
	streamLots
	streamCampaign
	streamCodes
	streamDoctors
	streamInsured // and those that follow, one a department
)

// hits tells whether something of the probability given happens.
func (c chance) hits(probability float64) bool { return c.Float64() < probability }

// between draws a number from low to high, both included.
func (c chance) between(low, high int) int {
	if high <= low {
		return low
	}
	return low + c.IntN(high-low+1)
}

// weighted draws an index with a probability proportional to its weight, or -1 when all are zero.
func (c chance) weighted(weights ...int) int {
	total := 0
	for _, w := range weights {
		total += w
	}
	if total <= 0 {
		return -1
	}
	at := c.IntN(total)
	for i, w := range weights {
		if at -= w; at < 0 {
			return i
		}
	}
	return -1
}

// pick draws one of several.
func pick[T any](c chance, from []T) T { return from[c.IntN(len(from))] }
