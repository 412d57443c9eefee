package store

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	"vaccin/internal/accesslog"
)

// The log is read back whole in pages, each a short read, so that whoever verifies holds nobody up and
// takes no memory. What is added meanwhile is left for the next time.

const (
	selectRetirements = "SELECT before, count, root FROM log_retirement ORDER BY number"
	selectNodes       = "SELECT ends, level, hash FROM log_node WHERE ends > $1 AND ends <= $2 ORDER BY ends, level"
	selectLastNumber  = "SELECT COALESCE(MAX(number), 0) FROM log_head"
)

// How many leaves and heads are read at once.
const (
	leavesAtOnce = 4096
	headsAtOnce  = 1000
)

// ErrNoEntry is returned when the log has no numbered entry of that number.
var ErrNoEntry = errors.New("store: no such entry of the access log")

// LogSource returns the access log as it stands, to verify or to export, and how many leaves it has. Heads
// that were sent must be limited to what there was before the call, for they could cover what is added later.
func (s *Store) LogSource(ctx context.Context) (log accesslog.Source, size int64, err error) {
	var last []int64
	var retirements []accesslog.Retirement
	err = s.engine.read(ctx, into(&last, func(n *int64) []any { return []any{n} }, selectLastNumber),
		into(&retirements, readRetirement, selectRetirements))
	if err != nil {
		return accesslog.Source{}, 0, fmt.Errorf("reading the log: %w", err)
	}
	// After the heads, so that there is no head of more than is read.
	states, err := readAll(ctx, s, selectState, nil, readState)
	if err != nil {
		return accesslog.Source{}, 0, fmt.Errorf("reading the log: %w", err)
	}
	size = states[0].size
	return accesslog.Source{
		Retirements: retirements, Leaves: s.leaves(ctx, size, logBefore(retirements)), Nodes: s.nodes(ctx, size),
		Kept: s.KeptHeads(ctx, last[0]), Strays: s.strays(ctx),
	}, size, nil
}

func readRetirement(r *accesslog.Retirement) []any {
	return []any{asMoment(&r.Before), &r.Count, asHash(&r.Root)}
}

// page returns the leaves of the runs that begin from one position up to another. Entries before gone were retired.
func (s *Store) page(ctx context.Context, from, until int64, gone time.Time) ([]accesslog.Leaf, error) {
	runs, err := readAll(ctx, s, selectRuns, []any{from, until}, readRun)
	if err != nil {
		return nil, fmt.Errorf("reading leaves of the log: %w", err)
	}
	var leaves []accesslog.Leaf
	for _, r := range runs {
		leaves = append(leaves, r.leaves()...)
	}
	if len(leaves) == 0 {
		return nil, nil
	}
	found := entriesFound{}
	first, last := leaves[0], leaves[len(leaves)-1]
	if err := s.engine.read(ctx, found.by(s.log.stretch, first.Turn, first.Num, last.Turn, last.Num)); err != nil {
		return nil, fmt.Errorf("reading entries of the log: %w", err)
	}
	var turns, nums []string
	for _, leaf := range leaves {
		if len(found[placeOf(leaf)]) == 0 && !leaf.At.Before(gone) {
			turns = append(turns, strconv.FormatInt(max(leaf.Turn, 0), 10))
			nums = append(nums, strconv.FormatInt(leaf.Num, 10))
		}
	}
	if len(nums) > 0 { // they are not where they ought to be
		if err := s.engine.read(ctx, found.by(s.log.search, strings.Join(turns, ","), strings.Join(nums, ","))); err != nil {
			return nil, fmt.Errorf("searching entries of the log: %w", err)
		}
		found.renumbered(leaves, gone)
	}
	return found.of(leaves), nil
}

// entriesFound are entries by their turn and num, of which there ought to be one each.
type entriesFound map[place][]*accesslog.Entry

func placeOf(leaf accesslog.Leaf) place { return place{turn: leaf.Turn, num: leaf.Num} }

// by is a query that finds entries.
func (f entriesFound) by(sql string, args ...any) query {
	return eachHashed(func(h *hashed) {
		at, e := place{turn: h.turn, num: h.entry.Num}, h.entry
		f[at] = append(f[at], &e)
	}, sql, args...)
}

// mostRenumbered is how many entries without a leaf are looked at for one that lost its number: where there are more,
// that would cost more than it tells.
const mostRenumbered = 64

// renumbered gives leaves that have no entry those that would be theirs under another number, which is the number of
// another leaf: somebody exchanged the two.
func (f entriesFound) renumbered(leaves []accesslog.Leaf, gone time.Time) {
	claimed := map[place]bool{}
	for _, leaf := range leaves {
		claimed[placeOf(leaf)] = true
	}
	var spare []*accesslog.Entry
	for at, entries := range f {
		if !claimed[at] {
			spare = append(spare, entries...)
		}
	}
	if len(spare) > mostRenumbered {
		return
	}
	for _, leaf := range leaves {
		if len(f[placeOf(leaf)]) > 0 || leaf.At.Before(gone) {
			continue
		}
		for _, e := range spare {
			if leaf.Renumbered(e) {
				f[placeOf(leaf)] = []*accesslog.Entry{e}
			}
		}
	}
}

// of gives leaves their entries. A leaf that has several comes as often, with the one that fits first: in what order the
// database read them says nothing.
func (f entriesFound) of(leaves []accesslog.Leaf) []accesslog.Leaf {
	all := make([]accesslog.Leaf, 0, len(leaves))
	for _, leaf := range leaves {
		entries := f[placeOf(leaf)]
		if len(entries) == 0 {
			all = append(all, leaf)
		}
		if len(entries) > 1 {
			fits := func(e *accesslog.Entry) bool { return e.Hash() == leaf.Hash }
			own := max(0, slices.IndexFunc(entries, fits))
			entries[0], entries[own] = entries[own], entries[0]
		}
		for _, leaf.Entry = range entries {
			all = append(all, leaf)
		}
	}
	return all
}

// paged yields what is read page by page from 0 up to size.
func paged[T any](size, step int64, read func(from, until int64) ([]T, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for from := int64(0); from < size; from += step {
			rows, err := read(from, min(from+step, size))
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, row := range rows {
				if !yield(row, nil) {
					return
				}
			}
		}
	}
}

func (s *Store) leaves(ctx context.Context, size int64, gone time.Time) iter.Seq2[accesslog.Leaf, error] {
	return paged(size, leavesAtOnce, func(from, until int64) ([]accesslog.Leaf, error) { return s.page(ctx, from, until, gone) })
}

func (s *Store) nodes(ctx context.Context, size int64) iter.Seq2[accesslog.Node, error] {
	return paged(size, leavesAtOnce<<accesslog.KeptLevel, func(from, until int64) ([]accesslog.Node, error) {
		return readAll(ctx, s, selectNodes, []any{from, until}, func(n *accesslog.Node) []any {
			return []any{&n.End, &n.Level, asHash(&n.Hash)}
		})
	})
}

// KeptHeads yields the signed heads up to a number.
func (s *Store) KeptHeads(ctx context.Context, last int64) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for after := int64(0); after < last; {
			rows, err := s.Heads(ctx, after, headsAtOnce)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, row := range rows {
				if after = accesslog.HeadNumber(row); after > last || !yield(row, nil) {
					return
				}
			}
			if len(rows) < headsAtOnce {
				return
			}
		}
	}
}

// ProveEntry proves that the tree of the last signed head holds an entry. It returns ErrNoEntry when no
// head covers an entry of that number, or when it was retired.
func (s *Store) ProveEntry(ctx context.Context, num int64) (accesslog.Proof, error) {
	last, err := readAll(ctx, s, selectLastHead, nil, readKeptHead)
	if err != nil {
		return accesslog.Proof{}, fmt.Errorf("reading the log: %w", err)
	}
	if len(last) == 0 {
		return accesslog.Proof{}, ErrNoEntry
	}
	leaf, err := s.leafOf(ctx, num, last[0].size)
	if err != nil {
		return accesslog.Proof{}, err
	}
	if leaf.Entry == nil {
		return accesslog.Proof{}, ErrNoEntry
	}
	hashes, err := accesslog.ProveInclusion(last[0].size, leaf.Position, shelf{ctx, s})
	if err != nil {
		return accesslog.Proof{}, fmt.Errorf("proving an entry: %w", err)
	}
	if leaf.Entry.Hash() != leaf.Hash {
		return accesslog.Proof{}, ErrTampered
	}
	return accesslog.Proof{Position: leaf.Position, Entry: leaf.Entry.Encode(), Hashes: hashes, Head: last[0].note}, nil
}

// leafOf returns the leaf of an entry among the first size, with the entry if that is there.
func (s *Store) leafOf(ctx context.Context, num, size int64) (accesslog.Leaf, error) {
	position, err := s.positionOf(ctx, num, size)
	if err != nil {
		return accesslog.Leaf{}, fmt.Errorf("searching a leaf of the log: %w", err)
	}
	// The run that holds it began before.
	leaves, err := s.page(ctx, position-longestRun+1, position+1, time.Time{})
	if err != nil {
		return accesslog.Leaf{}, err
	}
	for _, leaf := range leaves {
		if leaf.Position == position && leaf.Num == num {
			return leaf, nil
		}
	}
	return accesslog.Leaf{}, ErrNoEntry
}

// logBefore is the latest moment before which entries were retired; zero when none were.
func logBefore(all []accesslog.Retirement) (before time.Time) {
	for _, r := range all {
		if r.Before.After(before) {
			before = r.Before
		}
	}
	return before
}
