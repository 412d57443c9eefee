package accesslog

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

func exported(t failing, b *book) []byte {
	var file bytes.Buffer
	if _, err := WriteLog(&file, b.source(), func(int64) {}); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// TestALogIsVerifiedFromItsFileAsFromTheStore exports every tampered log: from the file, with the heads
// that were sent, the same is found, but for what only the store tells.
func TestALogIsVerifiedFromItsFileAsFromTheStore(t *testing.T) {
	for _, c := range tamperings {
		t.Run(c.name, func(t *testing.T) {
			b := newBook(t, 600, 60)
			c.do(t, b)
			rules := Rules{Verifiers: b.trust, Now: b.now, Early: UsualEarly, Lag: UsualLag}
			direct := b.source()
			direct.Kept, direct.Nodes = nil, nil
			_, want := verified(t, direct, rules)

			log, err := ReadLog(bytes.NewReader(exported(t, b)))
			if err != nil {
				t.Fatal(err)
			}
			log.Sent = sequence(b.sent)
			_, got := verified(t, log, rules)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestALogThatIsNotWholeIsRefused(t *testing.T) {
	b := newBook(t, 20, 10)
	b.retire(epoch.Add(5*time.Second), b.now)
	b.strays = []Stray{{Num: 1000, At: b.now, Waiting: true}}
	file := exported(t, b)
	read := func(r io.Reader) error {
		log, err := ReadLog(r)
		if err != nil {
			return err
		}
		_, err = Verify(t.Context(), log, Rules{Now: b.now}, func(Finding) {})
		return err
	}
	if err := read(bytes.NewReader(file)); err != nil {
		t.Fatal(err)
	}
	for cut := range file {
		if err := read(bytes.NewReader(file[:cut])); !errors.Is(err, errFile) {
			t.Errorf("cut at %d: %v", cut, err)
		}
	}
	if err := read(io.MultiReader(bytes.NewReader(file), strings.NewReader("x"))); !errors.Is(err, errFile) {
		t.Errorf("with more: %v", err)
	}
}

func FuzzReadLog(f *testing.F) {
	b := newBook(f, 3, 2)
	b.retire(epoch.Add(time.Second), b.now)
	b.strays = []Stray{{Num: 1000, At: b.now}}
	f.Add(exported(f, b))
	f.Add([]byte(fileStart + "L\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, file []byte) {
		log, err := ReadLog(bytes.NewReader(file))
		if err != nil {
			return
		}
		var again bytes.Buffer
		if _, err := WriteLog(&again, log, func(int64) {}); err == nil && again.Len() != len(file) {
			t.Errorf("%d bytes came back as %d", len(file), again.Len())
		}
	})
}

// TestVerifyingTakesFlatMemory verifies a log that is made as it is read, far larger than what verifying
// may hold.
func TestVerifyingTakesFlatMemory(t *testing.T) {
	const small, large = 2_000, 60_000
	leaves := func(n int64) Source {
		return Source{Leaves: func(yield func(Leaf, error) bool) {
			for i := range n {
				e := entry(i, epoch)
				if !yield(Leaf{Position: i, Num: i, At: e.At, Entry: &e}, nil) { // every one of them changed
					return
				}
			}
		}}
	}
	grew := func(n int64) int {
		held := 0
		_, err := Verify(t.Context(), leaves(n), Rules{Now: epoch}, func(Finding) {})
		if err != nil {
			t.Fatal(err)
		}
		v := &verification{report: func(Finding) {}, tree: &Frontier{}, told: map[string]bool{}}
		v.nodes, v.heads = newCursor[Node](nil), newHeadTrail(v, nil, nil)
		for leaf := range leaves(n).Leaves {
			if err := v.leaf(leaf); err != nil {
				t.Fatal(err)
			}
			held = max(held, len(v.changed)+len(v.tree.roots))
		}
		return held
	}
	if a, b := grew(small), grew(large); a > remembered+64 || b > remembered+64 {
		t.Errorf("it holds %d for %d leaves and %d for %d", a, small, b, large)
	}
}
