package store

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// guest is who wants a turn.
type guest struct{ gone bool }

func (g *guest) claim() bool { return !g.gone }

// party is a gathering whose turns take so long, and what was seen of it.
type party struct {
	*gathering[*guest]
	sizes         chan int
	underWay, top atomic.Int64
}

func newParty(most int, long time.Duration) *party {
	p := &party{sizes: make(chan int, 100)}
	p.gathering = gather(most, func(all []*guest, waits func()) {
		p.top.Store(max(p.top.Load(), p.underWay.Add(1)))
		p.sizes <- len(all)
		time.Sleep(long)
		p.underWay.Add(-1)
	})
	return p
}

func TestTurnsAreShared(t *testing.T) {
	for name, test := range map[string]struct {
		most  int
		long  time.Duration
		after []time.Duration // who comes, each so long after the one before
		sizes []int
		top   int64
	}{
		"who comes alone has a turn at once":      {8, time.Millisecond, []time.Duration{0, 2 * time.Millisecond}, []int{1, 1}, 1},
		"who comes during a turn shares the next": {8, 10 * time.Millisecond, []time.Duration{0, 1, 1, 1}, []int{1, 3}, 1},
		"a long turn is not waited for":           {8, time.Second, []time.Duration{0, 1, 1}, []int{1, 2}, 2},
		"each that is long lets one more begin":   {8, time.Second, []time.Duration{0, 1, 2 * company, 1}, []int{1, 1, 1, 1}, 4},
		"but no more than may":                    {2, time.Second, []time.Duration{0, 1, 2 * company, 2 * company, 2 * company}, []int{1, 1, 3}, 2},
		"one at a time, however long":             {1, time.Second, []time.Duration{0, 2 * company, 2 * company}, []int{1, 2}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newParty(test.most, test.long)
				for _, wait := range test.after {
					time.Sleep(wait)
					p.coming <- &guest{}
				}
				for i, want := range test.sizes {
					if got := <-p.sizes; got != want {
						t.Errorf("turn %d is shared by %d, want %d", i+1, got, want)
					}
				}
				p.close()
				if got := p.top.Load(); got != test.top || len(p.sizes) > 0 {
					t.Errorf("%d turns at once, want %d; %d turns too many", got, test.top, len(p.sizes))
				}
			})
		})
	}
}

func TestWhoGaveUpHasNoTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newParty(1, time.Millisecond)
		p.coming <- &guest{gone: true}
		p.coming <- &guest{}
		if got := <-p.sizes; got != 1 {
			t.Errorf("the turn is shared by %d, want 1", got)
		}
		p.close()
	})
}

// TestATurnThatOnlyWaitsLetsTheNextBegin: and who closes the gathering waits for both.
func TestATurnThatOnlyWaitsLetsTheNextBegin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began, ended := make(chan time.Time, 2), atomic.Int64{}
		g := gather(1, func(_ []*guest, waits func()) {
			began <- time.Now()
			time.Sleep(time.Millisecond)
			waits()
			waits() // it may be said again
			time.Sleep(time.Second)
			ended.Add(1)
		})
		g.coming <- &guest{}
		first := <-began
		g.coming <- &guest{}
		if after := (<-began).Sub(first); after != time.Millisecond {
			t.Errorf("the second turn begins after %v", after)
		}
		g.close()
		if n := ended.Load(); n != 2 {
			t.Errorf("%d turns have ended", n)
		}
	})
}
