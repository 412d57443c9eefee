package store

import (
	"encoding/binary"
	"time"

	"vaccin/internal/accesslog"
)

// Leaves that were numbered in one pass are kept in runs, a row for up to longestRun of them: their hashes one
// after another, and of which entry each is. What a leaf costs beyond its hash is then some bytes, and what
// writing it costs is a share of a row. How many leaves a run has is told by its hashes alone.

const (
	runColumns      = "position, places, hashes"
	selectRuns      = "SELECT " + runColumns + " FROM log_run WHERE position >= $1 AND position < $2 ORDER BY position"
	selectRunPlaces = "SELECT position, places, length(hashes) FROM log_run WHERE position >= $1 ORDER BY position LIMIT $2"
	selectRunAt     = "SELECT position, places, length(hashes) FROM log_run WHERE position <= $1 ORDER BY position DESC LIMIT 1"

	hashSize = len(accesslog.Hash{})
	// longestRun is how many leaves a row holds at most. What a row costs beside them is then less than a byte a
	// leaf, so that more would gain nothing, and a proof, which reads a few hundred leaves, reads no more than two.
	longestRun = 256
)

// What a guard that failed lets through is undone with it; without this clause it would be an error.
var insertRun = insertOf("log_run", runColumns) + " ON CONFLICT DO NOTHING"

// place is where an entry stands in the order of the log, and its moment. That of a leaf which does not tell it is the
// zero place.
type place struct{ turn, num, at int64 }

// before tells whether a place comes before another in the log.
func (p place) before(other place) bool {
	return p.turn < other.turn || p.turn == other.turn && p.num < other.num
}

// appendPlace appends a place as what it differs by from the one before: some three bytes where entries are many.
func appendPlace(b []byte, last, p place) []byte {
	b = binary.AppendVarint(b, p.turn-last.turn)
	b = binary.AppendVarint(b, p.num-last.num)
	return binary.AppendVarint(b, p.at-last.at)
}

// cutPlace reads the place after another from the beginning of b.
func cutPlace(b []byte, last place) (p place, rest []byte, ok bool) {
	for _, field := range []struct {
		to   *int64
		from int64
	}{{&p.turn, last.turn}, {&p.num, last.num}, {&p.at, last.at}} {
		n, size := binary.Varint(b)
		if size <= 0 {
			return place{}, nil, false
		}
		*field.to, b = field.from+n, b[size:]
	}
	return p, b, true
}

// readPlaces reads the places of n leaves. Where there are fewer, the others have the zero place; where there is more,
// the last has.
func readPlaces(b []byte, n int) []place {
	all := make([]place, n)
	last, ok := place{}, true
	for i := 0; i < n && ok; i++ {
		last, b, ok = cutPlace(b, last)
		all[i] = last
	}
	if len(b) > 0 && n > 0 {
		all[n-1] = place{}
	}
	return all
}

// run is a row of leaves that follow one another.
type run struct {
	position int64
	places   []byte
	hashes   []byte
}

func readRun(r *run) []any { return []any{&r.position, &r.places, &r.hashes} }

// leaves are the leaves of a run, without their entries.
func (r run) leaves() []accesslog.Leaf {
	all := make([]accesslog.Leaf, len(r.hashes)/hashSize)
	for i, p := range readPlaces(r.places, len(all)) {
		all[i] = accesslog.Leaf{
			Position: r.position + int64(i), Turn: p.turn, Num: p.num, At: time.UnixMicro(p.at).UTC(),
			Hash: accesslog.Hash(r.hashes[i*hashSize:]),
		}
	}
	return all
}

// placesRow is a run without its hashes.
type placesRow struct {
	position int64
	places   []byte
	size     int
}

func readPlacesRow(r *placesRow) []any { return []any{&r.position, &r.places, &r.size} }

func (r placesRow) all() []place { return readPlaces(r.places, r.size/hashSize) }

// runsOf packs leaves from a position on.
func runsOf(position int64, leaves []newLeaf) (runs []run) {
	for len(leaves) > 0 {
		n := min(longestRun, len(leaves))
		r := run{position: position, places: make([]byte, 0, 4*n+24), hashes: make([]byte, 0, hashSize*n)}
		last := place{}
		for _, leaf := range leaves[:n] {
			r.places = appendPlace(r.places, last, leaf.place)
			r.hashes = append(r.hashes, leaf.hash[:]...)
			last = leaf.place
		}
		runs = append(runs, r)
		position, leaves = position+int64(n), leaves[n:]
	}
	return runs
}

// newLeaf is a leaf to be added.
type newLeaf struct {
	place
	hash accesslog.Hash
}
