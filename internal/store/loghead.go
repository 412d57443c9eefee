package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"vaccin/internal/accesslog"
	"vaccin/internal/registry"
)

const (
	selectLastHead = "SELECT number, size, at, note FROM log_head ORDER BY number DESC LIMIT 1"
	selectHeads    = "SELECT note FROM log_head WHERE number > $1 ORDER BY number LIMIT $2"
	insertHead     = "INSERT INTO log_head (number, size, at, note) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING"

	selectPost = "SELECT number FROM log_post WHERE address = $1"
	upsertPost = "INSERT INTO log_post (address, number) VALUES ($1, $2) ON CONFLICT (address) DO UPDATE SET number = excluded.number" +
		" WHERE log_post.number < excluded.number"

	selectNode = "SELECT hash FROM log_node WHERE ends = $1 AND level = $2"
)

// keptHead is a head as the store keeps it.
type keptHead struct {
	number, size int64
	at           time.Time
	note         string
}

func readKeptHead(h *keptHead) []any { return []any{&h.number, &h.size, asMoment(&h.at), &h.note} }

// ErrForked is returned when the log no longer begins with what was signed last: it was tampered with, and
// no head is signed over that.
var ErrForked = errors.New("store: the access log does not begin with what was signed last")

// SignHead signs the tree as it stands and keeps the head, when the one before is as old as pace; signed
// tells whether it did. However many servers call it, one signs each number. Before it signs, it sees that
// the tree begins with what open finds in the head before.
func (s *Store) SignHead(
	ctx context.Context, pace time.Duration, now time.Time, sign func(accesslog.Head) ([]byte, error), open func([]byte) (accesslog.Head, error),
) (signed bool, err error) {
	var states []logState
	var last []keptHead
	if err := s.engine.read(ctx, into(&states, readState, selectState), into(&last, readKeptHead, selectLastHead)); err != nil {
		return false, fmt.Errorf("reading the last head: %w", err)
	}
	tree, err := states[0].frontier()
	if err != nil {
		return false, err
	}
	head := accesslog.Head{Number: 1, Size: tree.Size(), Root: tree.Root(), At: now}
	if len(last) > 0 {
		if now.Sub(last[0].at) < pace {
			return false, nil
		}
		head.Number = last[0].number + 1
		if err := s.follows(ctx, head, []byte(last[0].note), open); err != nil {
			return false, err
		}
	}
	note, err := sign(head)
	if err != nil {
		return false, fmt.Errorf("signing a head: %w", err)
	}
	err = s.write(ctx, work{statements: []statement{{
		sql: insertHead, args: []any{head.Number, head.Size, head.At.UnixMicro(), string(note)}, none: []reason{{err: registry.ErrOvertaken}},
	}}})
	if errors.Is(err, registry.ErrOvertaken) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("keeping a head: %w", err)
	}
	return true, nil
}

// follows checks that the tree of a head begins with that of the head before.
func (s *Store) follows(ctx context.Context, head accesslog.Head, note []byte, open func([]byte) (accesslog.Head, error)) error {
	before, err := open(note)
	if errors.Is(err, accesslog.ErrSignature) {
		return nil // of another key: whoever verifies has it
	}
	if err != nil {
		return fmt.Errorf("reading the head before: %w", err)
	}
	if before.Size > head.Size {
		return ErrForked
	}
	if before.Size == 0 {
		return nil
	}
	proof, err := accesslog.ProveConsistency(head.Size, before.Size, shelf{ctx, s})
	if err != nil {
		return fmt.Errorf("proving a head: %w", err)
	}
	if err := accesslog.CheckConsistency(proof, head.Size, head.Root, before.Size, before.Root); err != nil {
		return fmt.Errorf("%w: %w", ErrForked, err)
	}
	return nil
}

// Heads returns the signed heads after a number, in order, at most limit.
func (s *Store) Heads(ctx context.Context, after int64, limit int) ([][]byte, error) {
	notes, err := readAll(ctx, s, selectHeads, []any{after, limit}, func(n *string) []any { return []any{n} })
	if err != nil {
		return nil, fmt.Errorf("reading heads: %w", err)
	}
	all := make([][]byte, len(notes))
	for i, n := range notes {
		all[i] = []byte(n)
	}
	return all, nil
}

// Posted returns the number of the last head that was sent to an address, 0 for none.
func (s *Store) Posted(ctx context.Context, address string) (int64, error) {
	numbers, err := readAll(ctx, s, selectPost, []any{address}, func(n *int64) []any { return []any{n} })
	if err != nil || len(numbers) == 0 {
		return 0, err
	}
	return numbers[0], nil
}

// SetPosted remembers the number of the last head that was sent to an address; it never goes back.
func (s *Store) SetPosted(ctx context.Context, address string, number int64) error {
	return s.write(ctx, work{statements: []statement{{sql: upsertPost, args: []any{address, number}, quiet: true}}})
}

// shelf reads hashes for proofs.
type shelf struct {
	ctx   context.Context
	store *Store
}

// LeafHashes implements accesslog.Shelf.
func (s shelf) LeafHashes(from, until int64) ([]accesslog.Hash, error) {
	// A run that holds the first of them began before.
	runs, err := readAll(s.ctx, s.store, selectRuns, []any{from - longestRun + 1, until}, readRun)
	if err != nil {
		return nil, err
	}
	var all []accesslog.Hash
	for _, r := range runs {
		for position, b := r.position, r.hashes; len(b) >= hashSize; position, b = position+1, b[hashSize:] {
			if position == from+int64(len(all)) && position < until { // no other goes here
				all = append(all, accesslog.Hash(b))
			}
		}
	}
	return all, nil
}

// NodeHash implements accesslog.Shelf.
func (s shelf) NodeHash(level int, end int64) (accesslog.Hash, error) {
	found, err := readAll(s.ctx, s.store, selectNode, []any{end, level}, func(h *accesslog.Hash) []any { return []any{asHash(h)} })
	if err != nil {
		return accesslog.Hash{}, err
	}
	if len(found) != 1 {
		return accesslog.Hash{}, errors.New("store: a hash of the tree is missing")
	}
	return found[0], nil
}
