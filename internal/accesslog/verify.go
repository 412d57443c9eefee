package accesslog

import (
	"context"
	"fmt"
	"iter"
	"time"
)

// Leaf is what the log has at a position.
type Leaf struct {
	Position int64
	Num      int64 // 0 when the leaf no longer tells of which row it is
	At       time.Time
	Hash     Hash
	Turn     int64  // orders rows before their number does: on an engine of many writers, the transaction
	Entry    *Entry // nil when there is no row of that number
}

// Renumbered tells whether an entry would be that of the leaf if it had its number, which it has not.
func (l Leaf) Renumbered(e *Entry) bool { return e.Num != l.Num && e.under(l.Num).Hash() == l.Hash }

// Stray is a row without a leaf.
type Stray struct {
	Num     int64
	At      time.Time
	Waiting bool // numbering has not come to it yet
}

// Retirement is the removal, for their age, of the entries before a moment that were not removed already.
type Retirement struct {
	Before time.Time
	Count  int64
	Root   Hash // of the tree of the leaves whose entries went, in their order
}

// Digest is how the entry of a retirement tells what went.
func (r Retirement) Digest() string {
	return r.Before.UTC().Format(momentLayout) + " " + r.Root.String()
}

// Source is a log to verify. Everything is read once, in order: leaves by position, nodes by end and level,
// heads by number.
type Source struct {
	Retirements []Retirement
	Leaves      iter.Seq2[Leaf, error]
	Nodes       iter.Seq2[Node, error]   // nil when they are not at hand
	Kept        iter.Seq2[[]byte, error] // the heads kept with the log
	Sent        iter.Seq2[[]byte, error] // the heads that were sent off the machine; nil when not at hand
	Strays      iter.Seq2[Stray, error]
}

// Rules say what is believed and what is too late.
type Rules struct {
	Verifiers Verifiers
	Now       time.Time
	// Copy says that the log is a copy that was made some time ago: the newest moment in it, if Now is later, is what
	// tells what was late then.
	Copy bool
	// Early is how long before a head an entry may have its moment and not be covered by it: longer than
	// an entry takes to be written and numbered.
	Early time.Duration
	// Lag is how long an entry may wait for its number.
	Lag time.Duration
}

// The usual rules: a large import writes for seconds, and numbering may be 5 s late.
const (
	UsualEarly = 5 * time.Minute
	UsualLag   = time.Minute
)

// Changed entries are compared with as many of those before to find which were swapped, and beyond a number
// of them no more: where so much is changed, that would cost more than it tells.
const (
	remembered = 256
	compared   = 2000
)

// verification is a log being verified. Its memory does not grow with the log.
type verification struct {
	rules   Rules
	report  func(Finding)
	summary Summary
	tree    *Frontier
	nodes   *cursor[Node]
	heads   *headTrail
	newest  time.Time // moment of an entry or of a head that fits
	broken  bool      // leaves are missing: no head can fit any more

	unplaced  Finding        // leaves that tell no row, as far as they follow one another
	turn, num int64          // of the last leaf with a row
	changed   []Leaf         // held back until it is known whether they were swapped
	exchanged map[int64]bool // numbers of rows that have each other's, so that no leaf is of the rows under theirs
	changes   int
	retired   []*retiring
	told      map[string]bool // digests of the retirements that entries tell of
}

// retiring is a retirement with what was found to be gone by it.
type retiring struct {
	Retirement
	gone        Frontier
	first, last int64
}

// Verify reads a log once and reports what is wrong with it, in about the order of the log. An error means
// that it could not be read to the end.
func Verify(ctx context.Context, log Source, rules Rules, report func(Finding)) (Summary, error) {
	v := &verification{rules: rules, report: report, tree: &Frontier{}, num: -1, turn: -1, told: map[string]bool{}, exchanged: map[int64]bool{}}
	for _, r := range log.Retirements {
		v.retired = append(v.retired, &retiring{Retirement: r, first: -1})
	}
	v.nodes = newCursor(log.Nodes)
	defer v.nodes.stop()
	v.heads = newHeadTrail(v, log.Kept, log.Sent)
	defer v.heads.stop()
	for leaf, err := range log.Leaves {
		if err == nil {
			err = ctx.Err()
		}
		if err == nil {
			err = v.leaf(leaf)
		}
		if err != nil {
			return v.summary, fmt.Errorf("verifying the log: %w", err)
		}
	}
	v.placed()
	v.settle(0)
	err := v.heads.end()
	v.summary.Judged = v.rules.Now
	if v.rules.Copy && v.newest.Before(v.rules.Now) {
		v.summary.Judged = v.newest
	}
	if err == nil {
		err = v.strays(log.Strays)
	}
	v.retirements()
	if err != nil {
		return v.summary, fmt.Errorf("verifying the log: %w", err)
	}
	return v.summary, nil
}

func (v *verification) find(f Finding) {
	v.summary.Findings++
	v.report(f)
}

// leaf verifies the next leaf and adds it to the tree.
func (v *verification) leaf(leaf Leaf) error {
	switch next := v.tree.Size(); {
	case leaf.Position < next:
		v.find(Finding{Kind: LeafDouble, Position: leaf.Position, Num: leaf.Num})
		return nil
	case leaf.Position > next:
		v.find(Finding{Kind: LeafMissing, Position: next, Until: leaf.Position})
		// The tree goes on from an invented leaf, so that positions stay right.
		v.broken = true
		if err := v.heads.reach(next); err != nil {
			return err
		}
		for v.tree.Size() < leaf.Position {
			v.tree.Add(Hash{}, nil)
		}
	}
	if err := v.heads.reach(leaf.Position); err != nil {
		return err
	}
	v.summary.Leaves++
	v.beyond(leaf)
	v.row(leaf)
	var unread error
	v.tree.Add(leaf.Hash, func(made Node) { unread = v.node(made) })
	return unread
}

// beyond counts a leaf among those that no head covers yet.
func (v *verification) beyond(leaf Leaf) {
	v.summary.Beyond++
	if leaf.Entry == nil && leaf.Num == 0 {
		return // it tells no moment
	}
	if since := v.summary.BeyondSince; since.IsZero() || leaf.At.Before(since) {
		v.summary.BeyondSince = leaf.At
	}
	if leaf.At.After(v.newest) {
		v.newest = leaf.At
	}
}

// row verifies what there is of a leaf's row.
func (v *verification) row(leaf Leaf) {
	if leaf.Entry == nil && leaf.Num == 0 {
		if v.unplaced.Until != leaf.Position {
			v.placed()
			v.unplaced = Finding{Kind: LeafUnplaced, Position: leaf.Position}
		}
		v.unplaced.Until = leaf.Position + 1
		return
	}
	v.placed()
	v.moment(leaf)
	if leaf.Entry == nil {
		v.gone(leaf)
	} else {
		v.entry(leaf)
	}
}

// placed reports the leaves that told no row, once one does again.
func (v *verification) placed() {
	if v.unplaced.Until > 0 {
		v.find(v.unplaced)
		v.unplaced = Finding{}
	}
}

// entry verifies the row of a leaf.
func (v *verification) entry(leaf Leaf) {
	switch {
	case leaf.Entry.Hash() != leaf.Hash:
		v.change(leaf)
	case !leaf.At.Equal(leaf.Entry.At):
		v.find(Finding{Kind: LeafMoment, Position: leaf.Position, Num: leaf.Num})
	}
	if leaf.Turn < v.turn || leaf.Turn == v.turn && leaf.Num <= v.num {
		v.find(Finding{Kind: LeafOrder, Position: leaf.Position, Num: leaf.Num})
	}
	v.turn, v.num = leaf.Turn, leaf.Num
	if leaf.Entry.Action == ActionRetire {
		v.told[leaf.Entry.Digest] = true
	}
}

// moment finds an entry written well after the moment that it bears.
func (v *verification) moment(leaf Leaf) {
	if last := v.heads.last; last.Number > 0 && leaf.At.Before(last.At.Add(-v.rules.Early)) {
		v.find(Finding{Kind: EntryLate, Position: leaf.Position, Num: leaf.Num, At: leaf.At, Head: last.Number})
	}
}

// change holds a changed entry back until it is known whether it was swapped with another.
func (v *verification) change(leaf Leaf) {
	if v.changes++; v.changes > compared {
		v.settle(0)
		v.find(changedOr(leaf))
		return
	}
	for i, other := range v.changed {
		numbers := other.Entry.Num == leaf.Num && leaf.Entry.Num == other.Num && other.Renumbered(other.Entry) && leaf.Renumbered(leaf.Entry)
		if numbers || other.Entry.under(leaf.Num).Hash() == leaf.Hash && leaf.Entry.under(other.Num).Hash() == other.Hash {
			v.exchanged[leaf.Num], v.exchanged[other.Num] = numbers, numbers
			v.find(Finding{Kind: EntriesSwapped, Position: other.Position, Num: other.Num, OtherPosition: leaf.Position, OtherNum: leaf.Num})
			v.changed = append(v.changed[:i], v.changed[i+1:]...)
			return
		}
	}
	v.settle(remembered - 1)
	v.changed = append(v.changed, leaf)
}

// settle reports changed entries until no more than some are held back.
func (v *verification) settle(most int) {
	for ; len(v.changed) > most; v.changed = v.changed[1:] {
		v.find(changedOr(v.changed[0]))
	}
}

// changedOr tells of a leaf whose row is another: it changed, or it is under another number, where it shows as inserted.
func changedOr(leaf Leaf) Finding {
	kind := EntryChanged
	if leaf.Renumbered(leaf.Entry) {
		kind = EntryMissing
	}
	return Finding{Kind: kind, Position: leaf.Position, Num: leaf.Num}
}

// gone accounts for a leaf without a row.
func (v *verification) gone(leaf Leaf) {
	for _, r := range v.retired {
		if leaf.At.Before(r.Before) {
			if r.first < 0 {
				r.first = leaf.Position
			}
			r.last = leaf.Position
			r.gone.Add(leaf.Hash, nil)
			v.summary.Retired++
			return
		}
	}
	v.find(Finding{Kind: EntryMissing, Position: leaf.Position, Num: leaf.Num})
}

// node compares a hash of a subtree with the one that was kept.
func (v *verification) node(made Node) error {
	if v.broken || v.nodes == nil {
		return nil
	}
	kept, ok, err := v.nodes.next()
	if err == nil && (!ok || kept != made) {
		v.find(Finding{Kind: NodeUnfit, Position: made.End - 1<<made.Level, Until: made.End})
	}
	return err
}

// strays verifies what has no leaf.
func (v *verification) strays(rows iter.Seq2[Stray, error]) error {
	if rows == nil {
		return nil
	}
	for row, err := range rows {
		switch {
		case err != nil:
			return err
		case !row.Waiting && v.exchanged[row.Num]:
			delete(v.exchanged, row.Num) // told already; another of that number is not
		case !row.Waiting:
			v.find(Finding{Kind: EntryInserted, Num: row.Num, At: row.At})
		case row.At.Before(v.summary.Judged.Add(-v.rules.Lag)):
			v.summary.Waiting++
			v.find(Finding{Kind: EntryWaiting, Num: row.Num, At: row.At})
		default:
			v.summary.Waiting++
		}
	}
	return nil
}

// retirements verifies that what is gone is what was retired, and that the log tells of it.
func (v *verification) retirements() {
	for i, r := range v.retired {
		if r.gone.Size() != r.Count || r.gone.Root() != r.Root {
			v.find(Finding{Kind: RetirementUnfit, Number: i + 1, Position: max(r.first, 0), Until: r.last + 1})
		}
		if !v.told[r.Digest()] {
			v.find(Finding{Kind: RetirementUnlogged, Number: i + 1})
		}
	}
}

// cursor reads a sequence step by step.
type cursor[T any] struct {
	pull func() (T, error, bool)
	stop func()
}

func newCursor[T any](s iter.Seq2[T, error]) *cursor[T] {
	if s == nil {
		s = func(func(T, error) bool) {}
	}
	pull, stop := iter.Pull2(s)
	return &cursor[T]{pull: pull, stop: stop}
}

// next returns the next value; ok is false at the end.
func (c *cursor[T]) next() (value T, ok bool, err error) {
	value, err, ok = c.pull()
	return value, ok && err == nil, err
}
