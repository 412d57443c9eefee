package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
	"vaccin/internal/store"
)

// household is how many persons share a holder's NIR in (d).
const household = 3

// searched is a store with so many persons.
type searched struct {
	kept    *store.Store
	cases   *registry.Registry
	persons int
}

// benchSearch is (d). A search brings a household back, and is on the access log before it does.
func benchSearch(ctx context.Context, l *lab) (v verdict, err error) {
	few, err := populate(ctx, l, pick(l, 20_000, 2_000))
	if err != nil {
		return v, err
	}
	defer func() { err = errors.Join(err, few.kept.Close()) }()
	many, err := populate(ctx, l, pick(l, 2_000_000, 10_000))
	if err != nil {
		return v, err
	}
	defer func() { err = errors.Join(err, many.kept.Close()) }()

	// While a log is almost empty, writing to it is quicker than it will ever be again, and the quicker the
	// smaller the rest of the file.
	for _, p := range []*searched{few, many} {
		if _, err := p.search(ctx, 16, pick(l, 40_000, 300)); err != nil {
			return v, err
		}
	}
	v = verdict{limit: 1.20, atMost: true, comment: "the highest of the numbers of searchers"}
	searches := pick(l, 3_000, 300)
	for _, searchers := range []int{1, 16} {
		n := searches
		if searchers == 1 {
			n /= 3
		}
		look := func(p *searched) func(context.Context) (float64, error) {
			return func(ctx context.Context) (float64, error) { return p.search(ctx, searchers, n) }
		}
		// A ratio of rates, few over many, is one of times, many over few.
		c := contest{
			"searches/s",
			side{fmt.Sprintf("%d persons", few.persons), look(few)},
			side{fmt.Sprintf("%d persons", many.persons), look(many)},
			pick(l, manyRounds, 1), n,
		}
		o, err := c.run(ctx)
		if err != nil {
			return v, err
		}
		c.tell(l, fmt.Sprintf("%d at a time", searchers), o)
		v.ratio = max(v.ratio, o.ratio)
	}
	return v, nil
}

func populate(ctx context.Context, l *lab, persons int) (*searched, error) {
	path := l.newStorePath(fmt.Sprintf("search-%d", persons))
	kept, g, err := openStore(ctx, path)
	if err != nil {
		return nil, err
	}
	rate, err := importPeople(ctx, g, persons, population{household: household})
	if err != nil {
		return nil, errors.Join(err, kept.Close())
	}
	l.say("%d persons imported, %.0f a second", persons, rate)
	if err := errors.Join(kept.Close(), settle(path)); err != nil {
		return nil, err
	}
	kept, g, err = openStore(ctx, path)
	return &searched{kept, g, persons}, err
}

// settle has a closed file written to the disk and read back once: hundreds of megabytes just imported
// would otherwise be on their way to the disk while searches wait for their own commits.
func settle(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("settling a file: %w", err)
	}
	_, read := io.Copy(io.Discard, f)
	return errors.Join(f.Sync(), read, f.Close())
}

// search makes n searches for NIRs drawn among those that exist, and returns how many a second.
func (p *searched) search(ctx context.Context, searchers, n int) (rate float64, err error) {
	var done atomic.Int64
	by := doctors(searchers)
	group, ctx := errgroup.WithContext(ctx)
	began := time.Now()
	for _, doctor := range by {
		group.Go(func() error {
			for done.Add(1) <= int64(n) {
				holder := registrytest.NIR(rand.IntN(p.persons / household))
				found, err := p.cases.SearchByNIR(ctx, doctor, holder)
				if err != nil {
					return err
				}
				if len(found) != household {
					return fmt.Errorf("found %d persons of a household of %d", len(found), household)
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return 0, err
	}
	return float64(n) / time.Since(began).Seconds(), nil
}
