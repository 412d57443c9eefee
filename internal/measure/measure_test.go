package measure

import (
	"math"
	"sync"
	"testing"
)

func TestAHistogramCountsEachValueOnceAndAddsUp(t *testing.T) {
	h := NewHistogram(1, 2, 4)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for _, v := range []float64{0.5, 1, 1.5, 4, 9} {
				h.Observe(v)
			}
		})
	}
	all.Wait()
	s := h.Sample("works", "help", Label{"pool", "readers"})
	if s.Kind != Distribution || s.Count != 40 || s.Within[1] != 16 || s.Within[2] != 24 || s.Within[4] != 32 {
		t.Errorf("%+v", s)
	}
	if math.Abs(s.Sum-8*16) > 1e-6 {
		t.Errorf("the sum is %v", s.Sum)
	}
}
