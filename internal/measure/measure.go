// Package measure is a leaf: figures that a room counts about itself while it works, and hands over when asked. It
// knows no monitoring system and keeps no figure of a person: what shows them is somebody else's.
package measure

import (
	"context"
	"sync/atomic"
	"time"
)

// Kind says how a figure moves.
type Kind int

// A Counter only rises, a Gauge is what is now, a Distribution is how often values fell below bounds.
const (
	Counter Kind = iota
	Gauge
	Distribution
)

// Sample is a figure as it stands.
type Sample struct {
	Name, Help string
	Kind       Kind
	Labels     []Label
	Value      float64 // of a counter or a gauge

	Count  uint64 // of a distribution
	Sum    float64
	Within map[float64]uint64 // how many values were at most a bound
}

// Label tells samples of one name apart. Its values are few and known beforehand.
type Label struct{ Name, Value string }

// Source hands over what it counts. What it had to ask somebody who does not answer is left out.
type Source interface {
	Samples(ctx context.Context) []Sample
}

// Histogram counts values by bounds. It may be used from many goroutines.
type Histogram struct {
	bounds []float64
	counts []atomic.Uint64 // by the first bound that a value is within, and those beyond all
	micros atomic.Int64    // their sum, in millionths
}

// NewHistogram counts by bounds, given in order.
func NewHistogram(bounds ...float64) *Histogram {
	return &Histogram{bounds: bounds, counts: make([]atomic.Uint64, len(bounds)+1)}
}

// Moments are bounds in seconds that tell a fast disk from a slow one, and a wait from a failure.
func Moments() []float64 {
	return []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}
}

// Crowds are bounds of how many share one thing.
func Crowds() []float64 { return []float64{1, 2, 4, 8, 16, 32, 64, 128, 256} }

// Observe counts a value.
func (h *Histogram) Observe(value float64) {
	at := 0
	for at < len(h.bounds) && value > h.bounds[at] {
		at++
	}
	h.counts[at].Add(1)
	h.micros.Add(int64(value * 1e6))
}

// Since counts the seconds since a moment.
func (h *Histogram) Since(began time.Time) { h.Observe(time.Since(began).Seconds()) }

// Sample is the histogram as it stands.
func (h *Histogram) Sample(name, help string, labels ...Label) Sample {
	s := Sample{Name: name, Help: help, Kind: Distribution, Labels: labels, Within: make(map[float64]uint64, len(h.bounds))}
	for i := range h.counts {
		s.Count += h.counts[i].Load()
		if i < len(h.bounds) {
			s.Within[h.bounds[i]] = s.Count
		}
	}
	s.Sum = float64(h.micros.Load()) / 1e6
	return s
}
