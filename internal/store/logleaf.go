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

	// What a guard that failed lets through is undone with it; without this clause it would be an error.
	underNodes = " ON CONFLICT DO NOTHING"
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

// hashed is an entry as it is hashed, every field of its row, and its place.
type hashed struct {
	turn, at int64
	entry    accesslog.Entry
}

// columns reads what s.log.final and its like select.
func (h *hashed) columns() []any {
	e := &h.entry
	return []any{
		&h.turn, &e.Num, &h.at, &e.Role, &e.NationalID, &e.PlaceID, &e.PlaceName, &e.Door, &e.Action, &e.Record, &e.Outcome,
		&e.Version, &e.Count, &e.Digest, &e.Reason,
	}
}

// eachHashed is a query that hands over entries one by one, each in the memory of the one before.
func eachHashed(do func(h *hashed), sql string, args ...any) query {
	var h hashed
	columns := h.columns()
	return query{sql: sql, args: args, row: func(scan func(...any) error) error {
		if err := scan(columns...); err != nil {
			return err
		}
		h.entry.At = time.UnixMicro(h.at).UTC()
		do(&h)
		return nil
	}}
}

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
	var sound []bool
	var leaves []newLeaf
	var hasher accesslog.Hasher
	err := s.engine.read(ctx, into(&sound, func(b *bool) []any { return []any{b} }, s.log.sound), into(&states, readState, selectState),
		eachHashed(func(h *hashed) {
			leaves = append(leaves, newLeaf{place{h.turn, h.entry.Num, h.at}, hasher.Hash(&h.entry)})
		}, s.log.final, numberedAtOnce))
	if err == nil && !sound[0] {
		err = ErrCarried
	}
	if err != nil || len(leaves) == 0 {
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
	w, err := number(state, leaves, by, until)
	if err != nil {
		return 0, err
	}
	return len(leaves), s.write(ctx, w)
}

// number is the work that adds leaves to a tree as it was read.
func number(state logState, leaves []newLeaf, by string, until time.Time) (work, error) {
	tree, err := state.frontier()
	if err != nil {
		return work{}, err
	}
	var nodes []accesslog.Node
	for _, leaf := range leaves {
		tree.Add(leaf.hash, func(made accesslog.Node) { nodes = append(nodes, made) })
	}
	last := leaves[len(leaves)-1]
	w := work{alone: true, brief: true, statements: []statement{{
		sql:  advanceState,
		args: []any{tree.Size(), rootsOf(tree), last.turn, last.num, by, until.UnixMicro(), state.size, state.num, state.turn},
		none: []reason{{err: registry.ErrOvertaken}},
	}}}
	for _, r := range runsOf(state.size, leaves) {
		w.statements = append(w.statements, statement{sql: insertRun, args: []any{r.position, r.places, r.hashes}})
	}
	for _, n := range nodes {
		w.statements = append(w.statements, statement{sql: insertNode, args: []any{n.End, n.Level, n.Hash[:]}})
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
