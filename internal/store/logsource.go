package store

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"time"

	"vaccin/internal/accesslog"
	"vaccin/internal/registry"
)

// The log is read back whole in pages, each a short read, so that whoever verifies holds nobody up and
// takes no memory. What is added meanwhile is left for the next time.

const (
	selectRetirements = "SELECT before, count, root FROM log_retirement ORDER BY number"
	selectNodes       = "SELECT ends, level, hash FROM log_node WHERE ends > $1 AND ends <= $2 ORDER BY ends, level"
	selectLeaves      = "SELECT position, num, at, hash, turn FROM log_leaf WHERE position >= $1 AND position < $2 ORDER BY position"
	selectLastNumber  = "SELECT COALESCE(MAX(number), 0) FROM log_head"
	selectPosition    = "SELECT position FROM log_leaf WHERE num = $1"
)

// How many leaves, heads and entries without a leaf are read at once.
const (
	leavesAtOnce = 4096
	headsAtOnce  = 1000
	rowsAtOnce   = 50_000
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

// pageRow is a leaf with its entry, if there is one.
type pageRow struct {
	leaf  accesslog.Leaf
	num   *int64
	event registry.Event
}

func readPageRow(r *pageRow) []any {
	return append(append(readLeaf(&r.leaf), &r.num), readEvent(&r.event)...)
}

func readLeaf(l *accesslog.Leaf) []any {
	return []any{&l.Position, &l.Num, asMoment(&l.At), asHash(&l.Hash), &l.Turn}
}

// page returns the leaves from one position up to another. Entries before gone were retired.
func (s *Store) page(ctx context.Context, from, until int64, gone time.Time) ([]accesslog.Leaf, error) {
	var leaves []accesslog.Leaf
	var entries []numbered
	err := s.engine.read(ctx, into(&leaves, readLeaf, selectLeaves, from, until), into(&entries, readNumbered, s.log.stretch, from, until))
	if err != nil {
		return nil, fmt.Errorf("reading leaves of the log: %w", err)
	}
	type place struct{ turn, num int64 }
	at := map[place]*accesslog.Entry{}
	for _, n := range entries {
		e := entryOf(n.num, n.event)
		if at[place{n.turn, n.num}] != nil { // twice
			return s.searchedPage(ctx, from, until)
		}
		at[place{n.turn, n.num}] = &e
	}
	for i, leaf := range leaves {
		leaves[i].Entry = at[place{leaf.Turn, leaf.Num}]
		if leaves[i].Entry == nil && !leaf.At.Before(gone) {
			return s.searchedPage(ctx, from, until)
		}
	}
	return leaves, nil
}

// searchedPage is page where entries are not where they ought to be.
func (s *Store) searchedPage(ctx context.Context, from, until int64) ([]accesslog.Leaf, error) {
	rows, err := readAll(ctx, s, s.log.page, []any{from, until}, readPageRow)
	if err != nil {
		return nil, fmt.Errorf("reading leaves of the log: %w", err)
	}
	leaves := make([]accesslog.Leaf, len(rows))
	for i, r := range rows {
		leaves[i] = r.leaf
		if r.num != nil {
			e := entryOf(*r.num, r.event)
			leaves[i].Entry = &e
		}
	}
	return leaves, nil
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

// unleaved is an entry on the way to find those without a leaf.
type unleaved struct {
	accesslog.Stray
	turn int64
	leaf bool
}

// strays yields the entries without a leaf.
func (s *Store) strays(ctx context.Context) iter.Seq2[accesslog.Stray, error] {
	return func(yield func(accesslog.Stray, error) bool) {
		for last := (unleaved{turn: -1, Stray: accesslog.Stray{Num: math.MinInt64}}); ; {
			rows, err := readAll(ctx, s, s.log.strays, []any{last.turn, last.Num, rowsAtOnce}, func(u *unleaved) []any {
				return []any{&u.turn, &u.Num, asMoment(&u.At), &u.leaf, &u.Waiting}
			})
			if err != nil {
				yield(accesslog.Stray{}, fmt.Errorf("reading entries without a leaf: %w", err))
				return
			}
			for _, last = range rows {
				if !last.leaf && !yield(last.Stray, nil) {
					return
				}
			}
			if len(rows) < rowsAtOnce {
				return
			}
		}
	}
}

// ProveEntry proves that the tree of the last signed head holds an entry. It returns ErrNoEntry when no
// head covers an entry of that number, or when it was retired.
func (s *Store) ProveEntry(ctx context.Context, num int64) (accesslog.Proof, error) {
	var positions []int64
	var last []keptHead
	err := s.engine.read(ctx, into(&positions, func(n *int64) []any { return []any{n} }, selectPosition, num),
		into(&last, readKeptHead, selectLastHead))
	if err != nil {
		return accesslog.Proof{}, fmt.Errorf("reading the log: %w", err)
	}
	if len(positions) == 0 || len(last) == 0 || positions[0] >= last[0].size {
		return accesslog.Proof{}, ErrNoEntry
	}
	leaves, err := s.page(ctx, positions[0], positions[0]+1, time.Time{})
	if err != nil {
		return accesslog.Proof{}, err
	}
	if len(leaves) == 0 || leaves[0].Entry == nil {
		return accesslog.Proof{}, ErrNoEntry
	}
	hashes, err := accesslog.ProveInclusion(last[0].size, positions[0], shelf{ctx, s})
	if err != nil {
		return accesslog.Proof{}, fmt.Errorf("proving an entry: %w", err)
	}
	if leaves[0].Entry.Hash() != leaves[0].Hash {
		return accesslog.Proof{}, ErrTampered
	}
	return accesslog.Proof{Position: positions[0], Entry: leaves[0].Entry.Encode(), Hashes: hashes, Head: last[0].note}, nil
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
