package store

import (
	"context"
	"fmt"
	"iter"
	"math"

	"vaccin/internal/accesslog"
)

// Which entry has its leaf where is told by the places in runs, and by no index: leaves stand in the order of turns
// and numbers, as entries do in theirs, and a search knows where to begin.

// How many entries and runs are read at once, and how many entries that seem to have no leaf are looked at together.
const (
	rowsAtOnce     = 50_000
	runsAtOnce     = 512
	suspectsAtOnce = 100_000
)

// placesFrom yields the places of the leaves from the runs that begin at a position or later, and where they are.
func (s *Store) placesFrom(ctx context.Context, from int64) iter.Seq2[placed, error] {
	return func(yield func(placed, error) bool) {
		for {
			rows, err := readAll(ctx, s, selectRunPlaces, []any{from, runsAtOnce}, readPlacesRow)
			if err != nil {
				yield(placed{}, fmt.Errorf("reading the places of leaves: %w", err))
				return
			}
			for _, r := range rows {
				for i, p := range r.all() {
					if !yield(placed{p, r.position + int64(i)}, nil) {
						return
					}
				}
				from = r.position + 1
			}
			if len(rows) < runsAtOnce {
				return
			}
		}
	}
}

// placed is a place and the position of the leaf that tells it.
type placed struct {
	place
	position int64
}

// positionOf searches the leaf of an entry among the first size. Numbers grow with positions, but where transactions
// overlapped: it looks where the number ought to be, then further and further around that.
func (s *Store) positionOf(ctx context.Context, num, size int64) (int64, error) {
	low, high := int64(0), size
	for high-low > leavesAtOnce {
		middle := low + (high-low)/2
		rows, err := readAll(ctx, s, selectRunAt, []any{middle}, readPlacesRow)
		if err != nil {
			return 0, err
		}
		if len(rows) == 0 || len(rows[0].all()) == 0 || rows[0].all()[0].num > num {
			high = middle
		} else {
			low = middle
		}
	}
	at, err := s.positionAmong(ctx, num, low-longestRun+1, high)
	from, until := low-longestRun+1, high
	for step := int64(leavesAtOnce); at < 0 && err == nil && (from > 0 || until < size); step *= 4 {
		at, err = s.positionAmong(ctx, num, from-step, from)
		if at < 0 && err == nil {
			at, err = s.positionAmong(ctx, num, until, min(until+step, size))
		}
		from, until = from-step, until+step
	}
	if at < 0 && err == nil {
		err = ErrNoEntry
	}
	return at, err
}

// positionAmong searches the leaf of an entry in the runs that begin from one position up to another, -1 for none.
func (s *Store) positionAmong(ctx context.Context, num, from, until int64) (int64, error) {
	if from >= until {
		return -1, nil
	}
	for p, err := range s.placesFrom(ctx, from) {
		switch {
		case err != nil:
			return -1, err
		case p.position >= until:
			return -1, nil
		case p.num == num && p.place != place{}:
			return p.position, nil
		}
	}
	return -1, nil
}

// unleaved is an entry on the way to find those without a leaf.
type unleaved struct {
	accesslog.Stray
	turn int64
}

func (u unleaved) place() place { return place{turn: u.turn, num: u.Num} }

// entriesInOrder yields all entries.
func (s *Store) entriesInOrder(ctx context.Context) iter.Seq2[unleaved, error] {
	return func(yield func(unleaved, error) bool) {
		for last := (unleaved{turn: -1, Stray: accesslog.Stray{Num: math.MinInt64}}); ; {
			rows, err := readAll(ctx, s, s.log.entries, []any{last.turn, last.Num, rowsAtOnce}, func(u *unleaved) []any {
				return []any{&u.turn, &u.Num, asMoment(&u.At), &u.Waiting}
			})
			if err != nil {
				yield(unleaved{}, fmt.Errorf("reading entries without a leaf: %w", err))
				return
			}
			for _, last = range rows {
				if !yield(last, nil) {
					return
				}
			}
			if len(rows) < rowsAtOnce {
				return
			}
		}
	}
}

// strays yields the entries without a leaf. Entries and leaves are read side by side, for they stand in the same
// order. What then has no leaf is searched among all of them: leaves that were exchanged stand in another order, and
// others may have been numbered meanwhile.
func (s *Store) strays(ctx context.Context) iter.Seq2[accesslog.Stray, error] {
	return func(yield func(accesslog.Stray, error) bool) {
		next, stop := iter.Pull2(s.placesFrom(ctx, 0))
		defer stop()
		leaf, unread, more := next()
		var suspects []unleaved
		for entry, err := range s.entriesInOrder(ctx) {
			for err == nil && unread == nil && more && leaf.before(entry.place()) {
				leaf, unread, more = next()
			}
			if err == nil {
				err = unread
			}
			if err != nil {
				yield(accesslog.Stray{}, err)
				return
			}
			if more && !entry.place().before(leaf.place) && !leaf.before(entry.place()) {
				continue
			}
			suspects = append(suspects, entry)
			if len(suspects) == suspectsAtOnce {
				if !s.unfound(ctx, suspects, yield) {
					return
				}
				suspects = suspects[:0]
			}
		}
		s.unfound(ctx, suspects, yield)
	}
}

// unfound yields those entries that have no leaf anywhere, and those that wait for one.
func (s *Store) unfound(ctx context.Context, suspects []unleaved, yield func(accesslog.Stray, error) bool) (more bool) {
	wanted := map[place]bool{}
	for _, u := range suspects {
		if !u.Waiting {
			wanted[u.place()] = true
		}
	}
	if len(wanted) > 0 {
		for p, err := range s.placesFrom(ctx, 0) {
			if err != nil {
				yield(accesslog.Stray{}, err)
				return false
			}
			if delete(wanted, place{turn: p.turn, num: p.num}); len(wanted) == 0 {
				break
			}
		}
	}
	for _, u := range suspects {
		if (u.Waiting || wanted[u.place()]) && !yield(u.Stray, nil) {
			return false
		}
	}
	return true
}
