package accesslog

import (
	"fmt"
	"math/bits"

	"golang.org/x/mod/sumdb/tlog"
)

// KeptLevel is the level from which hashes of subtrees are kept beside the leaves: those below are quickly
// made again from the 1 << KeptLevel leaves that they cover.
const KeptLevel = 8

// Node is the hash of a whole subtree of 1 << Level leaves.
type Node struct {
	Level int
	End   int64 // the position after its last leaf, a multiple of 1 << Level
	Hash  Hash
}

// Frontier is a tree as far as it must be known to grow: the hashes of the largest whole subtrees, one for
// each bit of the size.
type Frontier struct {
	size  int64
	roots []Hash // from the largest subtree to the smallest
}

// NewFrontier returns the frontier of a tree of a size from its largest whole subtrees, largest first.
func NewFrontier(size int64, roots []Hash) (*Frontier, error) {
	if size < 0 || bits.OnesCount64(uint64(size)) != len(roots) {
		return nil, fmt.Errorf("accesslog: a tree of %d leaves does not have %d subtrees", size, len(roots))
	}
	return &Frontier{size: size, roots: append([]Hash(nil), roots...)}, nil
}

// Size is how many leaves the tree has.
func (f *Frontier) Size() int64 { return f.size }

// Roots are the hashes of its largest whole subtrees, largest first, from which NewFrontier makes it again.
func (f *Frontier) Roots() []Hash { return f.roots }

// Add grows the tree by a leaf and calls completed for each subtree of KeptLevel or more that it completes.
func (f *Frontier) Add(leaf Hash, completed func(Node)) {
	f.roots = append(f.roots, leaf)
	f.size++
	for level := 1; f.size&(1<<(level-1)) == 0; level++ {
		last := len(f.roots) - 2
		f.roots = append(f.roots[:last], tlog.NodeHash(f.roots[last], f.roots[last+1]))
		if level >= KeptLevel && completed != nil {
			completed(Node{Level: level, End: f.size, Hash: f.roots[last]})
		}
	}
}

// Root is the hash of the whole tree (RFC 6962, 2.1).
func (f *Frontier) Root() Hash {
	if f.size == 0 {
		empty, _ := tlog.TreeHash(0, nil) // reads nothing
		return empty
	}
	root := f.roots[len(f.roots)-1]
	for i := len(f.roots) - 2; i >= 0; i-- {
		root = tlog.NodeHash(f.roots[i], root)
	}
	return root
}

// SubtreeHash is the hash of a subtree from the hashes of its leaves, a power of two of them.
func SubtreeHash(leaves []Hash) Hash {
	f := Frontier{}
	for _, h := range leaves {
		f.Add(h, nil)
	}
	return f.Root()
}

// Shelf is where leaves and kept nodes are read for a proof.
type Shelf interface {
	// LeafHashes returns the hashes of the leaves from one position up to another.
	LeafHashes(from, until int64) ([]Hash, error)
	// NodeHash returns the hash of a subtree of KeptLevel or more.
	NodeHash(level int, end int64) (Hash, error)
}

// onShelf reads what tlog asks for.
func onShelf(s Shelf) tlog.HashReader {
	return tlog.HashReaderFunc(func(indexes []int64) ([]Hash, error) {
		hashes := make([]Hash, len(indexes))
		for i, index := range indexes {
			level, n := tlog.SplitStoredHashIndex(index)
			var err error
			if level >= KeptLevel {
				hashes[i], err = s.NodeHash(level, (n+1)<<level)
			} else {
				var leaves []Hash
				leaves, err = s.LeafHashes(n<<level, (n+1)<<level)
				if err == nil && len(leaves) != 1<<level {
					err = fmt.Errorf("accesslog: %d leaves from position %d on, not %d", len(leaves), n<<level, 1<<level)
				}
				hashes[i] = SubtreeHash(leaves)
			}
			if err != nil {
				return nil, err
			}
		}
		return hashes, nil
	})
}

// TreeHash is the root of the first size leaves.
func TreeHash(size int64, s Shelf) (Hash, error) { return tlog.TreeHash(size, onShelf(s)) }

// ProveInclusion proves that the tree of a size holds the leaf at a position.
func ProveInclusion(size, position int64, s Shelf) ([]Hash, error) {
	return tlog.ProveRecord(size, position, onShelf(s))
}

// CheckInclusion checks what ProveInclusion proved.
func CheckInclusion(proof []Hash, size int64, root Hash, position int64, leaf Hash) error {
	return tlog.CheckRecord(proof, size, root, position, leaf)
}

// ProveConsistency proves that a tree begins with a smaller one.
func ProveConsistency(size, smaller int64, s Shelf) ([]Hash, error) {
	return tlog.ProveTree(size, smaller, onShelf(s))
}

// CheckConsistency checks what ProveConsistency proved.
func CheckConsistency(proof []Hash, size int64, root Hash, smaller int64, smallerRoot Hash) error {
	return tlog.CheckTree(proof, size, root, smaller, smallerRoot)
}
