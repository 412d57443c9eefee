package store

import (
	"sync"
	"time"
)

// maxBatch is how many may share one turn.
const maxBatch = 256

// company is how old the last turn must be for another to begin beside it. A turn of work takes less, and two at once
// would each share less and be quicker for nobody. What takes longer waits for something else, a cold disk or
// a lock, and others need not wait with it.
const company = 20 * time.Millisecond

// gathering lets those who wait share turns: one turn takes all who wait when it begins. Nobody is made to wait for
// company: who comes while no turn is under way has one at once, alone.
type gathering[T claimable] struct {
	coming chan T
	turn   func(all []T, waits func())
	most   int // turns under way at once
	ended  chan struct{}
	stop   chan struct{}
	once   sync.Once
	having sync.WaitGroup
	// stopped is closed when the last turn has ended, and nobody will have another.
	stopped chan struct{}
}

// claimable is what someone waits for. It is claimed once: by the turn that takes it, or by who gives it up.
type claimable interface{ claim() bool }

// gather begins a gathering. A turn says waits when nothing is left to do but to wait, so that the next may begin
// meanwhile.
func gather[T claimable](most int, turn func(all []T, waits func())) *gathering[T] {
	g := &gathering[T]{
		coming: make(chan T, maxBatch), turn: turn, most: most,
		ended: make(chan struct{}, most), stop: make(chan struct{}), stopped: make(chan struct{}),
	}
	go g.serve()
	return g
}

// close ends the gathering after the turns that are under way; who waits has none.
func (g *gathering[T]) close() {
	g.once.Do(func() { close(g.stop) })
	<-g.stopped
}

func (g *gathering[T]) serve() {
	defer close(g.stopped)
	underWay, long := 0, false
	last := time.NewTimer(0)
	defer last.Stop()
	for {
		coming := g.coming
		if underWay == g.most || underWay > 0 && !long {
			coming = nil
		}
		if g.closing() {
			for ; underWay > 0; underWay-- {
				<-g.ended
			}
			g.having.Wait()
			return
		}
		select {
		case <-g.stop:
		case <-g.ended:
			underWay--
		case <-last.C:
			long = true
		case first := <-coming:
			if all := g.waiting(first); len(all) > 0 {
				underWay, long = underWay+1, false
				last.Reset(company)
				g.having.Go(func() { g.have(all) })
			}
		}
	}
}

// closing is asked before each turn: who waits when the gathering is closed has none.
func (g *gathering[T]) closing() bool {
	select {
	case <-g.stop:
		return true
	default:
		return false
	}
}

func (g *gathering[T]) have(all []T) {
	ended := sync.OnceFunc(func() { g.ended <- struct{}{} })
	defer ended()
	g.turn(all, ended)
}

// waiting are the first and all who wait too, but for those who gave up.
func (g *gathering[T]) waiting(first T) (all []T) {
	for one := first; ; {
		if one.claim() {
			all = append(all, one)
		}
		if len(all) == maxBatch {
			return all
		}
		select {
		case one = <-g.coming:
		default:
			return all
		}
	}
}
