package main

import (
	"bytes"
	"math"
	"strings"
	"testing"
	"time"
)

var lines = unit{"ligne", "lignes"}

// shownAt is what stands beside a bar after each of some positions, a second apart.
func shownAt(t *testing.T, counted unit, total int64, positions ...int64) []string {
	t.Helper()
	var drawn bytes.Buffer
	b := console{progress: &drawn}.countingBar(total, "Import", counted)
	now, texts := time.Now(), []string(nil)
	for _, position := range positions {
		drawn.Reset()
		b.drawn.set(position, now)
		now = now.Add(time.Second)
		_, text, _ := strings.Cut(drawn.String(), "Import")
		text, _, _ = strings.Cut(text, "\r")
		texts = append(texts, strings.TrimSpace(text))
	}
	return texts
}

// TestWhatGoesOnIsNotSaidToBeQuick: what another command had done was counted as done in the first instant of this one.
func TestWhatGoesOnIsNotSaidToBeQuick(t *testing.T) {
	got := shownAt(t, lines, 60_000_000, 48_000_000, 48_010_000, 48_020_000)
	want := []string{
		", 48\u202f000\u202f000 lignes", ", 48\u202f010\u202f000 lignes (10\u202f000 par seconde), reste 19\u00a0min 59\u00a0s",
		", 48\u202f020\u202f000 lignes (10\u202f000 par seconde), reste 19\u00a0min 58\u00a0s",
	}
	for i, text := range want {
		if got[i] != text {
			t.Errorf("after %d s: %q, not %q", i, got[i], text)
		}
	}
	if got := shownAt(t, unit{}, 1000, 800, 900); got[0] != "" || got[1] != ", reste 1\u00a0s" {
		t.Errorf("of what is not counted for people: %q", got)
	}
}

// TestLittleIsToldInWordsToo: of none and one the unit is singular, less than one a second is no rate, and what hardly moves has no time left.
func TestLittleIsToldInWordsToo(t *testing.T) {
	for i, want := range []string{", 0 ligne", ", 1 ligne (1 par seconde), reste 2\u00a0s", ", 1 ligne, reste 4\u00a0s"} {
		if got := shownAt(t, lines, 3, 0, 1, 1)[i]; got != want {
			t.Errorf("after %d s: %q, not %q", i, got, want)
		}
	}
	for _, total := range []int64{4_000_000, math.MaxInt64} {
		if got := shownAt(t, unit{}, total, 0, 1)[1]; got != "" {
			t.Errorf("of %d, of which one a second comes: %q", total, got)
		}
	}
}

// TestAPaceFollowsAChange: an import beside a service that wakes up slows down, and the time left is of now.
func TestAPaceFollowsAChange(t *testing.T) {
	var p pace
	now, position := time.Now(), int64(0)
	rate := 0.0
	for second := range 120 {
		if got := p.at(position, now); second > 0 && second < 60 && got != 1000 {
			t.Fatalf("after %d s: %v a second", second, got)
		} else {
			rate = got
		}
		now = now.Add(time.Second)
		if second < 60 {
			position += 1000
		} else {
			position += 10
		}
	}
	if rate != 10 {
		t.Errorf("a minute after it slowed down to 10 a second it is told as %v", rate)
	}
}
