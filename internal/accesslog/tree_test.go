package accesslog

import (
	"errors"
	"fmt"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"
)

// shelf keeps what a store keeps: leaves, and nodes of KeptLevel or more.
type shelf struct {
	leaves []Hash
	nodes  map[Node]Hash // by level and end
}

func (s *shelf) LeafHashes(from, until int64) ([]Hash, error) {
	return s.leaves[from:min(until, int64(len(s.leaves)))], nil
}

func (s *shelf) NodeHash(level int, end int64) (Hash, error) {
	h, ok := s.nodes[Node{Level: level, End: end}]
	if !ok {
		return Hash{}, errors.New("no such node")
	}
	return h, nil
}

// grown is a tree of n leaves with what is kept of it, and the same as tlog makes it.
func grown(t failing, n int) (Frontier, *shelf, []tlog.Hash) {
	var f Frontier
	s := &shelf{nodes: map[Node]Hash{}}
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		var all []tlog.Hash
		for _, i := range indexes {
			all = append(all, stored[i])
		}
		return all, nil
	})
	for i := range n {
		leaf := tlog.RecordHash(fmt.Append(nil, i))
		more, err := tlog.StoredHashesForRecordHash(int64(i), leaf, reader)
		if err != nil {
			t.Fatal(err)
		}
		stored = append(stored, more...)
		s.leaves = append(s.leaves, leaf)
		f.Add(leaf, func(n Node) { s.nodes[Node{Level: n.Level, End: n.End}] = n.Hash })
	}
	want, err := tlog.TreeHash(int64(n), reader)
	if err != nil || want != f.Root() {
		t.Fatal("the root of ", n, " leaves is another: ", err)
	}
	return f, s, stored
}

func TestTheTreeIsThatOfRFC6962(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(1, 700).Draw(t, "size")
		f, s, _ := grown(t, size)
		root, err := TreeHash(int64(size), s)
		if err != nil || root != f.Root() {
			t.Fatal("what is kept gives another root: ", err)
		}
		at := int64(rapid.IntRange(0, size-1).Draw(t, "position"))
		proof, err := ProveInclusion(int64(size), at, s)
		if err != nil {
			t.Fatal(err)
		}
		if err := CheckInclusion(proof, int64(size), root, at, s.leaves[at]); err != nil {
			t.Fatal(err)
		}
		if err := CheckInclusion(proof, int64(size), root, at, Hash{1}); err == nil {
			t.Fatal("any leaf is proven")
		}
		smaller := int64(rapid.IntRange(1, size).Draw(t, "smaller"))
		small, err := TreeHash(smaller, s)
		if err != nil {
			t.Fatal(err)
		}
		consistent, err := ProveConsistency(int64(size), smaller, s)
		if err != nil {
			t.Fatal(err)
		}
		if err := CheckConsistency(consistent, int64(size), root, smaller, small); err != nil {
			t.Fatal(err)
		}
		if err := CheckConsistency(consistent, int64(size), root, smaller, Hash{1}); err == nil {
			t.Fatal("any smaller tree is proven")
		}
	})
}

func TestAFrontierIsTakenUpAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(0, 700).Draw(t, "size")
		f, _, _ := grown(t, size)
		again, err := NewFrontier(int64(size), f.Roots())
		if err != nil {
			t.Fatal(err)
		}
		for i := range 3 {
			f.Add(Hash{byte(i)}, nil)
			again.Add(Hash{byte(i)}, nil)
		}
		if f.Root() != again.Root() || f.Size() != again.Size() {
			t.Fatal("it goes on differently")
		}
	})
	for size, roots := range map[int64]int{0: 1, 3: 1, -1: 0, 4: 2} {
		if _, err := NewFrontier(size, make([]Hash, roots)); err == nil {
			t.Errorf("%d roots are taken for %d leaves", roots, size)
		}
	}
}

func TestAProofOfWhatIsNotKeptFails(t *testing.T) {
	_, s, _ := grown(t, 600)
	s.leaves = s.leaves[:590]
	if _, err := TreeHash(600, s); err == nil {
		t.Error("leaves that are not there are hashed")
	}
	s.nodes = nil
	if _, err := ProveInclusion(600, 1, s); err == nil {
		t.Error("nodes that are not there are read")
	}
}
