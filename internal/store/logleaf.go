package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"vaccin/internal/accesslog"
	"vaccin/internal/registry"
)

// Entries of the access log are numbered after they were committed, so that who writes them waits for
// nobody: whoever numbers reads those that are final, in the order in which they became so, and adds their
// leaves to the tree by a write that holds only if nobody numbered in the meantime. Nothing is locked
// while hashes are made, and no entry is numbered twice or passed over.

const (
	stateColumns = "size, roots, turn, num, held_by, held_until"
	selectState  = "SELECT " + stateColumns + " FROM log_state"
	advanceState = "UPDATE log_state SET size = $1, roots = $2, turn = $3, num = $4, held_by = $5, held_until = $6" +
		" WHERE size = $7 AND num = $8 AND turn = $9"
	leafColumns = "position, turn, num, at, hash"

	// What a guard that failed lets through is undone with it; without these clauses it would be an error.
	underLeaves = " ON CONFLICT DO NOTHING"
	underNodes  = " ON CONFLICT DO NOTHING"
)

var insertNode = insertOf("log_node", "ends, level, hash") + underNodes

// logState is how far numbering has come.
type logState struct {
	size      int64
	roots     []byte
	turn      int64
	num       int64
	heldBy    string
	heldUntil time.Time
}

func readState(s *logState) []any {
	return []any{&s.size, &s.roots, &s.turn, &s.num, &s.heldBy, asMoment(&s.heldUntil)}
}

func (s logState) frontier() (*accesslog.Frontier, error) {
	roots, err := asHashes(s.roots)
	if err != nil {
		return nil, err
	}
	return accesslog.NewFrontier(s.size, roots)
}

func asHashes(b []byte) ([]accesslog.Hash, error) {
	const size = len(accesslog.Hash{})
	if len(b)%size != 0 {
		return nil, errors.New("store: a column of hashes holds something else")
	}
	var all []accesslog.Hash
	for ; len(b) > 0; b = b[size:] {
		all = append(all, accesslog.Hash(b[:size]))
	}
	return all, nil
}

// asHash reads a hash.
func asHash(h *accesslog.Hash) scanner {
	return func(value any) error {
		b, ok := value.([]byte)
		if !ok || len(b) != len(h) {
			return errors.New("store: a column of hashes holds something else")
		}
		copy(h[:], b)
		return nil
	}
}

// entryOf is an entry as it is hashed: every field of its event, and its number.
func entryOf(num int64, e registry.Event) accesslog.Entry {
	return accesslog.Entry{
		Num: num, At: e.At, Role: string(e.Role), NationalID: e.NationalID, PlaceID: e.PlaceID, PlaceName: e.PlaceName,
		Door: string(e.Door), Action: string(e.Action), Record: string(e.Record), Outcome: string(e.Outcome),
		Version: int64(e.Version), Count: int64(e.Count), Digest: e.Digest, Reason: e.Reason,
	}
}

// numbered is an entry to be numbered.
type numbered struct {
	turn, num int64
	event     registry.Event
}

func readNumbered(n *numbered) []any { return append([]any{&n.turn, &n.num}, readEvent(&n.event)...) }

// Numbering at a time: more would hold memory and the writer for long, and there is another time at once.
const numberedAtOnce = 4096

// holdFor is how long whoever numbers is left alone by other servers.
const holdFor = 3 * time.Second

// ErrCarried is returned when the access log was carried to this database from another one as it stood, whose
// order of transactions means nothing here (docs/runbooks/audit.md).
var ErrCarried = errors.New("store: the access log was numbered in another database")

// NumberEntries numbers the entries of the access log that are final and adds them to the tree, as by; it
// returns how many. While another numbers it does nothing, unless it is nobody, an empty by, who does not
// wait for the others. However many call it at once, each entry is numbered once.
func (s *Store) NumberEntries(ctx context.Context, by string, now time.Time) (total int, err error) {
	for {
		n, err := s.numberSome(ctx, by, now)
		if errors.Is(err, registry.ErrOvertaken) {
			return total, nil
		}
		if err != nil {
			return total, fmt.Errorf("numbering the access log: %w", err)
		}
		if total += n; n < numberedAtOnce {
			return total, nil
		}
	}
}

func (s *Store) numberSome(ctx context.Context, by string, now time.Time) (int, error) {
	var states []logState
	var entries []numbered
	var sound []bool
	err := s.engine.read(ctx, into(&sound, func(b *bool) []any { return []any{b} }, s.log.sound), into(&states, readState, selectState), into(&entries, readNumbered, s.log.final, numberedAtOnce))
	if err == nil && !sound[0] {
		err = ErrCarried
	}
	if err != nil || len(entries) == 0 {
		return 0, err
	}
	state := states[0]
	until := now.Add(holdFor)
	switch {
	case by == "":
		by, until = state.heldBy, state.heldUntil
	case by != state.heldBy && state.heldUntil.After(now):
		return 0, nil
	}
	w, err := s.number(state, entries, by, until)
	if err != nil {
		return 0, err
	}
	return len(entries), s.write(ctx, w)
}

// number is the work that adds entries to a tree as it was read.
func (s *Store) number(state logState, entries []numbered, by string, until time.Time) (work, error) {
	tree, err := state.frontier()
	if err != nil {
		return work{}, err
	}
	var leaves, nodes [][]any
	for _, n := range entries {
		hash := entryOf(n.num, n.event).Hash()
		leaves = append(leaves, []any{tree.Size(), n.turn, n.num, n.event.At.UnixMicro(), hash[:]})
		tree.Add(hash, func(made accesslog.Node) { nodes = append(nodes, []any{made.End, made.Level, made.Hash[:]}) })
	}
	last := entries[len(entries)-1]
	w := work{alone: true, statements: []statement{{
		sql:  advanceState,
		args: []any{tree.Size(), rootsOf(tree), last.turn, last.num, by, until.UnixMicro(), state.size, state.num, state.turn},
		none: []reason{{err: registry.ErrOvertaken}},
	}}}
	w.statements = append(w.statements, insertLeaves(leaves, s.log.leavesAtOnce)...)
	for _, node := range nodes {
		w.statements = append(w.statements, statement{sql: insertNode, args: node})
	}
	return w, nil
}

// rootsOf are the hashes that state a tree.
func rootsOf(tree *accesslog.Frontier) []byte {
	b := []byte{}
	for _, root := range tree.Roots() {
		b = append(b, root[:]...)
	}
	return b
}

// insertLeaves inserts leaves, so many to a statement, in few sizes so that statements stay prepared.
func insertLeaves(rows [][]any, sizes []int) (all []statement) {
	for _, size := range sizes {
		for ; len(rows) >= size; rows = rows[size:] {
			var args []any
			for _, row := range rows[:size] {
				args = append(args, row...)
			}
			all = append(all, statement{sql: insertRows("log_leaf", leafColumns, size) + underLeaves, args: args})
		}
	}
	return all
}

// WaitingSince returns the moment of the first entry that is not numbered; the zero time when all are.
func (s *Store) WaitingSince(ctx context.Context) (time.Time, error) {
	moments, err := readAll(ctx, s, s.log.waiting, nil, func(t *time.Time) []any { return []any{asMoment(t)} })
	if err != nil {
		return time.Time{}, fmt.Errorf("reading what waits to be numbered: %w", err)
	}
	if len(moments) == 0 {
		return time.Time{}, nil
	}
	return moments[0], nil
}
