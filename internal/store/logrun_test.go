package store

import (
	"database/sql"
	"maps"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"vaccin/internal/accesslog"
)

// again puts the runs of a store there as they are changed, with the triggers lifted before.
func again(t *testing.T, db *sql.DB, change func([]run) []run) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), "SELECT "+runColumns+" FROM log_run ORDER BY position")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var all []run
	for rows.Next() {
		var r run
		if err := rows.Scan(readRun(&r)...); err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), "DELETE FROM log_run"); err != nil {
		t.Fatal(err)
	}
	for _, r := range change(all) {
		if _, err := db.ExecContext(t.Context(), insertRun, r.position, r.places, r.hashes); err != nil {
			t.Fatal(err)
		}
	}
}

// newLeaves are the leaves of a run as they were added.
func newLeaves(r run) []newLeaf {
	all := make([]newLeaf, len(r.hashes)/hashSize)
	for i, p := range readPlaces(r.places, len(all)) {
		all[i] = newLeaf{p, accesslog.Hash(r.hashes[i*hashSize:])}
	}
	return all
}

// changed is a run with its leaves changed.
func changed(r run, change func(leaves []newLeaf)) run {
	leaves := newLeaves(r)
	change(leaves)
	return runsOf(r.position, leaves)[0]
}

// runTampering changes runs; want is what is found, nil for whatever it is.
type runTampering struct {
	change func(runs []run) []run
	want   []accesslog.Finding
}

// entriesInserted are entries that no leaf is of any more.
func entriesInserted(from, until int64) (all []accesslog.Finding) {
	for n := from; n < until; n++ {
		at := time.Date(2021, 1, 4, 8, 0, int(n), 0, time.UTC)
		all = append(all, accesslog.Finding{Kind: accesslog.EntryInserted, Num: n, At: at})
	}
	return all
}

// runTamperings are done to whole runs and their hashes, and to places.
func runTamperings() map[string]runTampering {
	all := placeTamperings()
	head2 := accesslog.Finding{Kind: accesslog.HeadUnfit, Position: 100, Until: 200, Head: 2}
	nodes := []accesslog.Finding{{Kind: accesslog.NodeUnfit, Until: 256}, {Kind: accesslog.NodeUnfit, Until: 512}}
	maps.Copy(all, map[string]runTampering{
		"a byte of a hash": {
			func(runs []run) []run {
				runs[1].hashes[49*hashSize+7] ^= 1
				return runs
			},
			append([]accesslog.Finding{head2, nodes[0], nodes[1]}, accesslog.Finding{Kind: accesslog.EntryChanged, Position: 149, Num: 150}),
		},
		"a run removed": {
			func(runs []run) []run { return slices.Delete(runs, 1, 2) },
			append([]accesslog.Finding{{Kind: accesslog.LeafMissing, Position: 100, Until: 200}, head2}, entriesInserted(101, 201)...),
		},
		"the last run removed": {
			func(runs []run) []run { return runs[:5] },
			append([]accesslog.Finding{{Kind: accesslog.LogShort, Position: 500, Until: 600, Head: 6}}, entriesInserted(501, 601)...),
		},
		"two runs swapped": {
			func(runs []run) []run {
				runs[1].position, runs[3].position = runs[3].position, runs[1].position
				return runs
			},
			[]accesslog.Finding{
				head2, nodes[0], nodes[1],
				{Kind: accesslog.NodeUnfit, Position: 256, Until: 512},
				{Kind: accesslog.LeafOrder, Position: 200, Num: 201},
				{Kind: accesslog.LeafOrder, Position: 300, Num: 101},
			},
		},
		"a hash cut off, with its place": {
			func(runs []run) []run {
				runs[1] = runsOf(100, newLeaves(runs[1])[:99])[0]
				return runs
			},
			append([]accesslog.Finding{{Kind: accesslog.LeafMissing, Position: 199, Until: 200}, head2}, entriesInserted(200, 201)...),
		},
		"a run twice": {
			func(runs []run) []run {
				double := runs[1]
				double.position = 150
				return slices.Insert(runs, 2, double)
			},
			nil, // whatever it says
		},
		// A run that was split holds the same leaves at the same positions: that is the same log.
		"a run split": {
			func(runs []run) []run {
				leaves := newLeaves(runs[1])
				return slices.Concat(runs[:1], runsOf(100, leaves[:49]), runsOf(149, leaves[49:]), runs[2:])
			},
			[]accesslog.Finding{},
		},
	})
	return all
}

func placeTamperings() map[string]runTampering {
	return map[string]runTampering{
		"a number": {
			func(runs []run) []run {
				runs[1] = changed(runs[1], func(leaves []newLeaf) { leaves[49].num = 1150 })
				return runs
			},
			append([]accesslog.Finding{{Kind: accesslog.EntryMissing, Position: 149, Num: 1150}}, entriesInserted(150, 151)...),
		},
		"two numbers exchanged": {
			func(runs []run) []run {
				runs[1] = changed(runs[1], func(leaves []newLeaf) { leaves[49].num, leaves[51].num = leaves[51].num, leaves[49].num })
				return runs
			},
			[]accesslog.Finding{
				{Kind: accesslog.LeafOrder, Position: 150, Num: 151},
				{Kind: accesslog.LeafOrder, Position: 151, Num: 150},
				{Kind: accesslog.EntryChanged, Position: 149, Num: 152},
				{Kind: accesslog.EntryChanged, Position: 151, Num: 150},
			},
		},
		"a moment": {
			func(runs []run) []run {
				runs[1] = changed(runs[1], func(leaves []newLeaf) { leaves[49].at++ })
				return runs
			},
			[]accesslog.Finding{{Kind: accesslog.LeafMoment, Position: 149, Num: 150}},
		},
		"places cut off": {
			func(runs []run) []run {
				runs[1].places = runs[1].places[:len(runs[1].places)-2]
				return runs
			},
			append([]accesslog.Finding{{Kind: accesslog.LeafUnplaced, Position: 199, Until: 200}}, entriesInserted(200, 201)...),
		},
		"all places gone": {
			func(runs []run) []run {
				runs[1].places = []byte{}
				return runs
			},
			append([]accesslog.Finding{{Kind: accesslog.LeafUnplaced, Position: 100, Until: 200}}, entriesInserted(101, 201)...),
		},
		"a place too many": {
			func(runs []run) []run {
				runs[1].places = appendPlace(runs[1].places, place{}, place{0, 1, 1})
				return runs
			},
			append([]accesslog.Finding{{Kind: accesslog.LeafUnplaced, Position: 199, Until: 200}}, entriesInserted(200, 201)...),
		},
	}
}

// TestTamperingWithRunsIsFound does to runs of leaves what somebody could who has the database in hand. Runs have 100
// leaves each; the entry number n is at position n-1.
func TestTamperingWithRunsIsFound(t *testing.T) {
	base := filepath.Join(t.TempDir(), "base.db")
	s, err := Open(t.Context(), base, Options{})
	if err != nil {
		t.Fatal(err)
	}
	keys := signedLog(t, s, 600)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for name, c := range runTamperings() {
		t.Run(name, func(t *testing.T) {
			s, path := copied(t, base)
			db := aside(t, path)
			lifted(t, db)
			again(t, db, c.change)
			summary, found := keys.verify(t, s)
			if c.want == nil {
				if len(found) == 0 {
					t.Error("nothing is found")
				}
				return
			}
			if diff := cmp.Diff(sorted(c.want), sorted(found)); diff != "" {
				t.Error(diff)
			}
			if len(c.want) == 0 && (summary.Leaves != 600 || summary.Heads != 6) {
				t.Errorf("%+v", summary)
			}
		})
	}
}

func sorted(all []accesslog.Finding) []accesslog.Finding {
	return slices.SortedFunc(slices.Values(all), func(a, b accesslog.Finding) int {
		order := slices.Compare([]int64{a.Position, a.Num, a.Head}, []int64{b.Position, b.Num, b.Head})
		if order == 0 {
			order = slices.Compare([]byte(a.Kind), []byte(b.Kind))
		}
		return order
	})
}

// TestPlacesAreReadAsTheyWereWritten packs leaves and reads them back.
func TestPlacesAreReadAsTheyWereWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, position := rapid.IntRange(1, 3*longestRun).Draw(t, "leaves"), rapid.Int64Range(0, 1<<40).Draw(t, "position")
		leaves := make([]newLeaf, n)
		for i := range leaves {
			leaves[i].place = place{rapid.Int64().Draw(t, "turn"), rapid.Int64().Draw(t, "num"), rapid.Int64().Draw(t, "at")}
			leaves[i].hash[0] = byte(i)
		}
		var got []newLeaf
		for _, r := range runsOf(position, leaves) {
			if r.position != position+int64(len(got)) {
				t.Fatalf("a run begins at %d after %d leaves from %d on", r.position, len(got), position)
			}
			got = append(got, newLeaves(r)...)
		}
		if !slices.Equal(got, leaves) {
			t.Fatal("they are others")
		}
	})
}

// FuzzReadPlaces: whatever a row holds, as many places as it has hashes are read, and a whole list reads the same
// when it is written anew.
func FuzzReadPlaces(f *testing.F) {
	r := runsOf(0, []newLeaf{{place: place{7, 1, 1609747200000000}}, {place: place{7, 2, 1609747200000900}}})[0]
	f.Add(r.places, 2)
	f.Add(r.places[:5], 2)
	f.Add([]byte{0xff, 0xff}, 1)
	f.Fuzz(func(t *testing.T, b []byte, n int) {
		n = min(max(n, 0), 1000)
		all := readPlaces(b, n)
		if len(all) != n {
			t.Fatalf("%d places are read for %d leaves", len(all), n)
		}
		var written []byte
		last := place{}
		for _, p := range all {
			written, last = appendPlace(written, last, p), p
		}
		if !slices.Equal(readPlaces(written, n), all) {
			t.Fatal("they read differently")
		}
	})
}

// TestAnEntryIsFoundWhereverItsLeafIs: numbers stand near where they ought to, or far from it.
func TestAnEntryIsFoundWhereverItsLeafIs(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	s, err := Open(t.Context(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	const size = 60_000
	var leaves []newLeaf
	for i := range int64(size) {
		leaves = append(leaves, newLeaf{place: place{i, 3*i + 1, i}})
	}
	leaves[10].num, leaves[50_000].num = leaves[50_000].num, leaves[10].num
	leaves[size-1].num = 2
	db := aside(t, path)
	lifted(t, db)
	again(t, db, func([]run) []run { return runsOf(0, leaves) })
	for _, position := range []int64{0, 1, 10, 255, 256, 5000, 49_999, 50_000, size - 2, size - 1} {
		got, err := s.positionOf(t.Context(), leaves[position].num, size)
		if err != nil || got != position {
			t.Errorf("the leaf at %d is found at %d: %v", position, got, err)
		}
	}
	for _, num := range []int64{-5, 0, 3, 3 * size} {
		if got, err := s.positionOf(t.Context(), num, size); err == nil {
			t.Errorf("a leaf of number %d is found at %d", num, got)
		}
	}
}
