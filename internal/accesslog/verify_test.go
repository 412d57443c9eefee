package accesslog

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func contextOf(t failing) context.Context {
	if with, ok := t.(interface{ Context() context.Context }); ok {
		return with.Context()
	}
	return context.Background()
}

// tamperings are one for each way to tamper, on a log of 600 entries with a head after each 60, of which
// entry number 2p+1 is at position p; and exactly what is found.
var tamperings = []struct {
	name string
	do   func(t failing, b *book)
	want []Finding
}{
	{
		"one byte of a row", func(_ failing, b *book) { b.change(100, func(e *Entry) { e.NationalID = "810000000018" }) },
		[]Finding{{Kind: EntryChanged, Position: 100, Num: 201}},
	},
	{
		"two rows in each other's place", func(_ failing, b *book) { b.swap(100, 400) },
		[]Finding{{Kind: EntriesSwapped, Position: 100, Num: 201, OtherPosition: 400, OtherNum: 801}},
	},
	{
		"three rows in a ring", func(_ failing, b *book) {
			b.swap(10, 20)
			b.swap(20, 30)
		},
		[]Finding{
			{Kind: EntryChanged, Position: 10, Num: 21},
			{Kind: EntryChanged, Position: 20, Num: 41},
			{Kind: EntryChanged, Position: 30, Num: 61},
		},
	},
	{
		"a row removed", func(_ failing, b *book) { delete(b.rows, 201) },
		[]Finding{{Kind: EntryMissing, Position: 100, Num: 201}},
	},
	{
		"a row put between", func(_ failing, b *book) { b.strays = append(b.strays, Stray{Num: 202, At: epoch.Add(time.Minute)}) },
		[]Finding{{Kind: EntryInserted, Num: 202, At: epoch.Add(time.Minute)}},
	},
	{
		"a row added at the end with an old moment", func(t failing, b *book) {
			b.add(entry(5001, epoch.Add(time.Minute)))
			b.head(t)
		},
		[]Finding{{Kind: EntryLate, Position: 600, Num: 5001, At: epoch.Add(time.Minute), Head: 10}},
	},
	{
		"a row that is never numbered", func(_ failing, b *book) {
			b.strays = append(b.strays, Stray{Num: 9001, At: b.now.Add(-time.Hour), Waiting: true})
		},
		[]Finding{{Kind: EntryWaiting, Num: 9001, At: epoch.Add(599*time.Second - time.Hour)}},
	},
	{
		"a leaf removed with its row", func(_ failing, b *book) { b.leaves = slices.Delete(b.leaves, 100, 103) },
		[]Finding{
			{Kind: LeafMissing, Position: 100, Until: 103},
			{Kind: HeadUnfit, Position: 60, Until: 120, Head: 2},
		},
	},
	{
		"a second row of one number", func(_ failing, b *book) { b.leaves = slices.Insert(b.leaves, 101, b.leaves[100]) },
		[]Finding{{Kind: LeafDouble, Position: 100, Num: 201}},
	},
	{
		"two leaves in each other's place", func(_ failing, b *book) {
			x, y := &b.leaves[100], &b.leaves[101]
			*x, *y = *y, *x
			x.Position, y.Position = 100, 101
		},
		[]Finding{
			{Kind: LeafOrder, Position: 101, Num: 201},
			{Kind: HeadUnfit, Position: 60, Until: 120, Head: 2},
			{Kind: NodeUnfit, Position: 0, Until: 256},
			{Kind: NodeUnfit, Position: 0, Until: 512},
		},
	},
	{
		"another moment in the leaf", func(_ failing, b *book) { b.leaves[100].At = b.leaves[100].At.Add(time.Second) },
		[]Finding{{Kind: LeafMoment, Position: 100, Num: 201}},
	},
	{
		"what tells of which rows some leaves are", func(_ failing, b *book) {
			for i, l := range b.leaves[100:105] {
				b.leaves[100+i] = Leaf{Position: l.Position, Hash: l.Hash, At: time.UnixMicro(0)}
			}
			b.leaves[599] = Leaf{Position: 599, Hash: b.leaves[599].Hash, At: time.UnixMicro(0)}
		},
		[]Finding{{Kind: LeafUnplaced, Position: 100, Until: 105}, {Kind: LeafUnplaced, Position: 599, Until: 600}},
	},
	{
		"a row and everything made again to match", func(_ failing, b *book) {
			b.change(290, func(e *Entry) { e.Record = "another" })
			b.rebuild()
		},
		[]Finding{{Kind: HeadUnfit, Position: 240, Until: 300, Head: 5}},
	},
	{
		"a row and its leaf made again", func(_ failing, b *book) {
			b.change(290, func(e *Entry) { e.Record = "another" })
			b.leaves[290].Hash = b.rows[581].Hash()
		},
		[]Finding{
			{Kind: HeadUnfit, Position: 240, Until: 300, Head: 5},
			{Kind: NodeUnfit, Position: 256, Until: 512},
			{Kind: NodeUnfit, Position: 0, Until: 512},
		},
	},
	{
		"a row, its leaf and all after it drawn up", func(_ failing, b *book) {
			b.leaves = slices.Delete(b.leaves, 290, 291)
			delete(b.rows, 581)
			b.rebuild()
		},
		[]Finding{
			{Kind: HeadUnfit, Position: 240, Until: 300, Head: 5},
			{Kind: LogShort, Position: 240, Until: 600, Head: 10},
		},
	},
	{
		"a kept hash", func(_ failing, b *book) { b.nodes[0].Hash[3]++ },
		[]Finding{{Kind: NodeUnfit, Position: 0, Until: 256}},
	},
	{
		"the end of the log cut off", func(_ failing, b *book) {
			b.leaves, b.kept = b.leaves[:550], b.kept[:9]
			b.rebuild()
		},
		[]Finding{
			{Kind: LogShort, Position: 540, Until: 600, Head: 10},
			{Kind: HeadMissing, Head: 10, UntilHead: 11},
		},
	},
	{
		"heads removed", func(_ failing, b *book) { b.kept = slices.Delete(b.kept, 3, 5) },
		[]Finding{{Kind: HeadMissing, Head: 4, UntilHead: 6}},
	},
	{
		"the first head removed where heads are sent", func(_ failing, b *book) { b.sent = b.sent[1:] },
		[]Finding{{Kind: HeadMissing, Head: 1, UntilHead: 2, Sent: true}},
	},
	{
		"a byte of a head", func(_ failing, b *book) { b.sent[3] = bytes.Replace(b.sent[3], []byte("\nhead"), []byte("\nheld"), 1) },
		[]Finding{{Kind: HeadSignature, Head: 4, Sent: true}, {Kind: HeadMissing, Head: 4, UntilHead: 5, Sent: true}},
	},
	{
		"a head of another key", func(t failing, b *book) {
			other := newBook(t, 240, 60)
			b.kept[3] = other.kept[3]
		},
		[]Finding{{Kind: HeadSignature, Head: 4}},
	},
	{
		"a head twice, once with another content", func(t failing, b *book) {
			forked, err := b.signer.Sign(Head{Number: 4, Size: 240, At: b.now})
			if err != nil {
				t.Fatal(err)
			}
			b.sent = slices.Insert(b.sent, 4, forked)
		},
		[]Finding{{Kind: HeadDouble, Head: 4, Sent: true}},
	},
	{
		"a head kept that is not the one sent", func(t failing, b *book) {
			forked, err := b.signer.Sign(Head{Number: 4, Size: 240, At: epoch.Add(239 * time.Second)})
			if err != nil {
				t.Fatal(err)
			}
			b.kept[3] = forked
		},
		[]Finding{{Kind: HeadDiffers, Head: 4}},
	},
	{
		"a head that covers less than the one before", func(t failing, b *book) {
			back, err := b.signer.Sign(Head{Number: 11, Size: 540, At: b.now})
			if err != nil {
				t.Fatal(err)
			}
			b.kept, b.sent = append(b.kept, back), append(b.sent, back)
		},
		[]Finding{{Kind: HeadOrder, Head: 11}, {Kind: HeadOrder, Head: 11, Sent: true}},
	},
	{
		"a head that is older than the one before", func(t failing, b *book) {
			old, err := b.signer.Sign(Head{Number: 11, Size: 600, Root: b.tree.Root(), At: epoch})
			if err != nil {
				t.Fatal(err)
			}
			b.kept, b.sent = append(b.kept, old), append(b.sent, old)
		},
		[]Finding{{Kind: HeadOrder, Head: 11}, {Kind: HeadOrder, Head: 11, Sent: true}},
	},
	{
		"a row of an earlier transaction after others", func(_ failing, b *book) {
			for i := range b.leaves {
				b.leaves[i].Turn = int64(10 + i)
			}
			b.leaves[100].Turn = 5
		},
		[]Finding{{Kind: LeafOrder, Position: 100, Num: 201}},
	},
	{
		"a leaf under the number of another", func(_ failing, b *book) { b.leaves[101].Num = 201 },
		[]Finding{{Kind: LeafOrder, Position: 101, Num: 201}, {Kind: EntryChanged, Position: 101, Num: 201}},
	},
	{
		"another count in a retirement", func(_ failing, b *book) {
			b.retire(epoch.Add(30*time.Second), b.now)
			b.retired[0].Count++
		},
		[]Finding{{Kind: RetirementUnfit, Number: 1, Position: 0, Until: 30}},
	},
	{
		"another row than one that was retired", func(_ failing, b *book) {
			back := b.rows[11]
			b.retire(epoch.Add(30*time.Second), b.now)
			b.rows[11] = back
			delete(b.rows, 201)
			b.leaves[100].At = epoch
		},
		[]Finding{{Kind: RetirementUnfit, Number: 1, Position: 0, Until: 101}},
	},
	{
		"a row more than what was retired", func(_ failing, b *book) {
			b.retire(epoch.Add(30*time.Second), b.now)
			delete(b.rows, 201)
			b.leaves[100].At = epoch
		},
		[]Finding{{Kind: RetirementUnfit, Number: 1, Position: 0, Until: 101}},
	},
	{
		"a retirement that the log does not tell of", func(_ failing, b *book) {
			b.retire(epoch.Add(30*time.Second), b.now)
			b.leaves = b.leaves[:600]
			delete(b.rows, 1201)
		},
		[]Finding{{Kind: RetirementUnlogged, Number: 1}},
	},
}

func (b *book) change(position int, do func(*Entry)) {
	num := b.leaves[position].Num
	e := b.rows[num]
	do(&e)
	b.rows[num] = e
}

func (b *book) swap(p, q int) {
	x, y := b.leaves[p].Num, b.leaves[q].Num
	b.rows[x], b.rows[y] = b.rows[y].under(x), b.rows[x].under(y)
}

func TestEveryTamperingIsFoundAndLocated(t *testing.T) {
	proven := map[Kind]bool{}
	for _, c := range tamperings {
		t.Run(c.name, func(t *testing.T) {
			b := newBook(t, 600, 60)
			if c.do(t, b); t.Failed() {
				return
			}
			now := b.now
			_, found := verified(t, b.source(), Rules{Verifiers: b.trust, Now: now, Early: UsualEarly, Lag: UsualLag})
			if diff := cmp.Diff(c.want, found); diff != "" {
				t.Error(diff)
			}
		})
		for _, f := range c.want {
			proven[f.Kind] = true
		}
	}
	for _, kind := range Kinds {
		if !proven[kind] {
			t.Errorf("no tampering shows as %s", kind)
		}
	}
}

// TestRandomTamperingIsFoundWhereItIs tampers in a random place of a random log, with or without making
// the hashes again: what is found covers that place.
func TestRandomTamperingIsFoundWhereItIs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size, every := rapid.IntRange(2, 700).Draw(t, "size"), rapid.IntRange(1, 100).Draw(t, "every")
		b := newBook(t, size, every)
		b.head(t)
		p := rapid.IntRange(0, size-1).Draw(t, "position")
		q := (p + rapid.IntRange(1, size-1).Draw(t, "distance")) % size
		again := rapid.Bool().Draw(t, "hashes made again")
		places := []int{p}
		switch rapid.SampledFrom([]string{"change", "swap", "remove", "truncate", "leaf"}).Draw(t, "how") {
		case "change":
			field := rapid.IntRange(0, 9).Draw(t, "field")
			b.change(p, func(e *Entry) { *e.texts()[field] += "x" })
		case "swap":
			b.swap(p, q)
			places = append(places, q)
		case "remove":
			delete(b.rows, b.leaves[p].Num)
			if again {
				b.leaves = slices.Delete(b.leaves, p, p+1)
			}
		case "truncate":
			b.leaves, again = b.leaves[:p], true
			b.kept = nil
		case "leaf":
			b.leaves[p].Hash[rapid.IntRange(0, 31).Draw(t, "byte")] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
			again = false
		}
		if again {
			b.rebuild()
			places = []int{slices.Min(places)}
		}
		_, found := b.verify(t)
		for _, place := range places {
			if !slices.ContainsFunc(found, func(f Finding) bool { return f.covers(int64(place)) }) {
				t.Fatalf("position %d: found %+v", place, found)
			}
		}
	})
}

// covers tells whether a finding points at a position, alone or between two heads.
func (f Finding) covers(position int64) bool {
	switch f.Kind {
	case EntryChanged, EntryMissing, LeafDouble, LeafOrder, LeafMoment, EntryLate:
		return f.Position == position
	case EntriesSwapped:
		return f.Position == position || f.OtherPosition == position
	case LeafMissing, HeadUnfit, LogShort:
		return f.Position <= position && position < f.Until
	}
	return false
}

func TestVerifyingEndsWhereReadingFails(t *testing.T) {
	b := newBook(t, 10, 5)
	broken := errors.New("broken")
	rules := Rules{Verifiers: b.trust, Now: b.now, Early: UsualEarly, Lag: UsualLag}
	for name, breakIt := range map[string]func(*Source){
		"leaves": func(s *Source) { s.Leaves = func(yield func(Leaf, error) bool) { yield(Leaf{}, broken) } },
		"strays": func(s *Source) { s.Strays = func(yield func(Stray, error) bool) { yield(Stray{}, broken) } },
		"kept":   func(s *Source) { s.Kept = func(yield func([]byte, error) bool) { yield(nil, broken) } },
		"sent":   func(s *Source) { s.Sent = func(yield func([]byte, error) bool) { yield(nil, broken) } },
	} {
		log := b.source()
		breakIt(&log)
		if _, err := Verify(t.Context(), log, rules, func(Finding) {}); !errors.Is(err, broken) {
			t.Errorf("%s: %v", name, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Verify(ctx, b.source(), rules, func(Finding) {}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
