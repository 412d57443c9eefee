package demo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"vaccin/internal/registry"
)

// workers is how many doctors act at the same time: their changes share the store's commits.
const workers = 48

// worker performs acts with a registry of its own, whose clocks stand where each act says.
type worker struct {
	registry *registry.Registry
	now      time.Time
}

func newWorker(store registry.Store) *worker {
	w := &worker{registry: registry.New(store)}
	clock := func() time.Time { return w.now }
	w.registry.Business, w.registry.Security = clock, clock
	w.registry.Limits = registry.Limits{}
	return w
}

// perform runs the acts of a story that fall on a day.
func (w *worker) perform(ctx context.Context, s *story, day registry.Date) error {
	for len(s.acts) > 0 && s.acts[0].day == day {
		next := s.acts[0]
		s.acts = s.acts[1:]
		w.now, w.registry.Random = next.at, s.random
		if err := next.do(ctx, w.registry); err != nil {
			return fmt.Errorf("playing record %s on %s: %w", s.record, day, err)
		}
	}
	return nil
}

// play performs the stories day by day, so that the access log grows in the order of time, and those
// of one day at the same time.
func play(ctx context.Context, store registry.Store, stories []*story) error {
	days := map[registry.Date][]*story{}
	for _, s := range stories {
		for _, a := range s.acts {
			if on := days[a.day]; len(on) == 0 || on[len(on)-1] != s {
				days[a.day] = append(on, s)
			}
		}
	}
	order := []registry.Date{}
	for day := range days {
		order = append(order, day)
	}
	slices.SortFunc(order, func(a, b registry.Date) int { return a.DaysSince(b) })
	crew := make([]*worker, workers)
	for i := range crew {
		crew[i] = newWorker(store)
	}
	for _, day := range order {
		if err := playDay(ctx, crew, day, days[day]); err != nil {
			return err
		}
	}
	return nil
}

// playDay shares the stories of a day among the workers.
func playDay(ctx context.Context, crew []*worker, day registry.Date, stories []*story) error {
	queue := make(chan *story, len(stories))
	for _, s := range stories {
		queue <- s
	}
	close(queue)
	errs := make([]error, len(crew))
	var group sync.WaitGroup
	for i, w := range crew[:min(len(crew), len(stories))] {
		group.Go(func() {
			for s := range queue {
				if errs[i] = w.perform(ctx, s, day); errs[i] != nil {
					return
				}
			}
		})
	}
	group.Wait()
	return errors.Join(errs...)
}
