package accesslog

import (
	"fmt"
	"iter"
	"slices"
	"testing"
	"time"
)

// book is an access log in memory as a store keeps it, for tests to tamper with.
type book struct {
	rows    map[int64]Entry
	leaves  []Leaf // without their entries
	nodes   []Node
	kept    [][]byte
	sent    [][]byte
	strays  []Stray
	retired []Retirement

	tree   Frontier
	signer *Signer
	trust  Verifiers
	now    time.Time
}

var epoch = time.Date(2021, 1, 4, 8, 0, 0, 0, time.UTC)

type failing interface{ Fatal(...any) }

// newBook returns a log of n entries, one a second, with a head after each of every.
func newBook(t failing, n, every int) *book {
	signer, verifier, err := NewKey("test")
	if err != nil {
		t.Fatal(err)
	}
	b := &book{rows: map[int64]Entry{}, now: epoch}
	if b.signer, err = NewSigner(signer); err != nil {
		t.Fatal(err)
	}
	if b.trust, err = NewVerifiers(verifier); err != nil {
		t.Fatal(err)
	}
	for i := range n {
		b.add(entry(int64(i)*2+1, epoch.Add(time.Duration(i)*time.Second))) // numbers have gaps
		if (i+1)%every == 0 {
			b.head(t)
		}
	}
	return b
}

func entry(num int64, at time.Time) Entry {
	return Entry{
		Num: num, At: at, Role: "practitioner", NationalID: "810000000017", PlaceID: "R1", PlaceName: "Cabinet", Door: "psc",
		Action: "read-record", Record: fmt.Sprintf("%032x", num), Outcome: "found",
	}
}

func (b *book) add(e Entry) {
	b.rows[e.Num] = e
	b.leaves = append(b.leaves, Leaf{Position: b.tree.Size(), Num: e.Num, At: e.At, Hash: e.Hash()})
	b.tree.Add(e.Hash(), func(n Node) { b.nodes = append(b.nodes, n) })
	if e.At.After(b.now) {
		b.now = e.At
	}
}

func (b *book) head(t failing) {
	text, err := b.signer.Sign(Head{Number: int64(len(b.kept)) + 1, Size: b.tree.Size(), Root: b.tree.Root(), At: b.now})
	if err != nil {
		t.Fatal(err)
	}
	b.kept, b.sent = append(b.kept, text), append(b.sent, text)
}

// rebuild makes leaf hashes, nodes and kept heads anew from the rows, as a forger with the store in hand
// and without the key would.
func (b *book) rebuild() {
	b.tree, b.nodes = Frontier{}, nil
	for i := range b.leaves {
		e := b.rows[b.leaves[i].Num]
		b.leaves[i].Position, b.leaves[i].Hash, b.leaves[i].At = int64(i), e.Hash(), e.At
		b.tree.Add(e.Hash(), func(n Node) { b.nodes = append(b.nodes, n) })
	}
}

// retire removes the rows before a moment, as a store does.
func (b *book) retire(before, at time.Time) {
	r := Retirement{Before: before}
	var gone Frontier
	for _, l := range b.leaves {
		if e, ok := b.rows[l.Num]; ok && e.At.Before(before) {
			delete(b.rows, l.Num)
			gone.Add(l.Hash, nil)
			r.Count++
		}
	}
	r.Root = gone.Root()
	b.retired = append(b.retired, r)
	last := b.leaves[len(b.leaves)-1].Num
	b.add(Entry{Num: last + 2, At: at, Role: "system", Action: ActionRetire, Outcome: "done", Count: r.Count, Digest: r.Digest()})
}

func sequence[T any](all []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, v := range all {
			if !yield(v, nil) {
				return
			}
		}
	}
}

func (b *book) source() Source {
	leaves := slices.Clone(b.leaves)
	for i, l := range leaves {
		if e, ok := b.rows[l.Num]; ok {
			leaves[i].Entry = &e
		}
	}
	return Source{
		Retirements: b.retired, Leaves: sequence(leaves), Nodes: sequence(b.nodes), Kept: sequence(b.kept), Sent: sequence(b.sent),
		Strays: sequence(b.strays),
	}
}

func (b *book) verify(t failing) (Summary, []Finding) {
	return verified(t, b.source(), Rules{Verifiers: b.trust, Now: b.now, Early: UsualEarly, Lag: UsualLag})
}

func verified(t failing, log Source, rules Rules) (Summary, []Finding) {
	var found []Finding
	summary, err := Verify(contextOf(t), log, rules, func(f Finding) { found = append(found, f) })
	if err != nil {
		t.Fatal(err)
	}
	if summary.Findings != int64(len(found)) {
		t.Fatal("findings are miscounted")
	}
	return summary, found
}

func TestALogThatNobodyTouchedIsClean(t *testing.T) {
	b := newBook(t, 1000, 60)
	b.retire(epoch.Add(100*time.Second), b.now.Add(time.Second))
	b.retire(epoch.Add(200*time.Second), b.now.Add(time.Second))
	b.head(t)
	b.strays = []Stray{{Num: 9999, At: b.now, Waiting: true}}
	b.sent = b.sent[:len(b.sent)-1]
	b.sent = append(b.sent, b.sent[len(b.sent)-1]) // the last was written twice
	summary, found := b.verify(t)
	want := Summary{
		Leaves: 1002, Retired: 200, Waiting: 1, Heads: 17, Sent: 16, NotSent: 1, NotSentSince: b.now, Judged: summary.Judged, Last: summary.Last,
	}
	if len(found) != 0 || summary != want || summary.Last.Size != 1002 {
		t.Errorf("found %+v\ngot  %+v\nwant %+v", found, summary, want)
	}
}

// TestWhatNoHeadCoversIsCounted, and told apart from what waits for the next head as it always does.
func TestWhatNoHeadCoversIsCounted(t *testing.T) {
	b := newBook(t, 600, 60)
	if s, _ := b.verify(t); s.Beyond != 0 || !s.BeyondSince.IsZero() || s.Unsigned(time.Minute) || s.Unsent(time.Minute) {
		t.Errorf("all is covered and sent: %+v", s)
	}
	b.sent = b.sent[:8]
	s, found := b.verify(t)
	if len(found) != 0 || s.NotSent != 2 || !s.NotSentSince.Equal(epoch.Add(539*time.Second)) || s.Unsent(time.Minute) || !s.Unsent(30*time.Second) {
		t.Errorf("two heads are not sent: %+v %+v", found, s)
	}
	b.kept = b.kept[:8]
	s, found = b.verify(t)
	if len(found) != 0 || s.Beyond != 120 || !s.BeyondSince.Equal(epoch.Add(480*time.Second)) {
		t.Errorf("two heads are gone: %+v %+v", found, s)
	}
	if s.Unsigned(3*time.Minute) || !s.Unsigned(time.Minute) {
		t.Errorf("the oldest of them is 119 seconds old: %+v", s)
	}
}

// TestACopyIsJudgedByItsOwnTime: that it lies for years makes nothing late that was not.
func TestACopyIsJudgedByItsOwnTime(t *testing.T) {
	b := newBook(t, 600, 60)
	b.add(entry(5001, b.now.Add(10*time.Second)))
	b.strays = []Stray{{Num: 9001, At: b.now, Waiting: true}}
	b.now = b.now.AddDate(2, 0, 0)
	rules := Rules{Verifiers: b.trust, Now: b.now, Early: UsualEarly, Lag: UsualLag}
	for _, isCopy := range []bool{false, true} {
		rules.Copy = isCopy
		late := 0
		s, err := Verify(t.Context(), b.source(), rules, func(Finding) { late++ })
		if err != nil || s.Unsigned(UsualEarly) == isCopy || (late == 0) != isCopy {
			t.Errorf("copy %v: %d findings, %+v %v", isCopy, late, s, err)
		}
	}
}

func TestAnEmptyLogIsClean(t *testing.T) {
	b := newBook(t, 0, 1)
	if summary, found := b.verify(t); len(found) != 0 || summary != (Summary{Judged: summary.Judged}) {
		t.Errorf("%+v %+v", summary, found)
	}
	b.head(t)
	if summary, found := b.verify(t); len(found) != 0 || summary.Heads != 1 {
		t.Errorf("%+v %+v", summary, found)
	}
}
