package accesslog

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func keys(t failing) (*Signer, Verifiers) {
	signer, verifier, err := NewKey("journal.example")
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewSigner(signer + "\n")
	if err != nil {
		t.Fatal(err)
	}
	v, err := NewVerifiers(verifier + "\n")
	if err != nil {
		t.Fatal(err)
	}
	return s, v
}

func TestAHeadComesBack(t *testing.T) {
	s, v := keys(t)
	h := Head{Number: 12, Size: 3456, Root: Hash{7}, At: epoch.Add(time.Microsecond)}
	signed, err := s.Sign(h)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := v.Open(signed); err != nil || got != h {
		t.Errorf("%+v, %v", got, err)
	}
	want := "journal.example\n3456\nBwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\nhead 12\nat 2021-01-04T08:00:00.000001Z\n\n— journal.example "
	if !strings.HasPrefix(string(signed), want) {
		t.Errorf("a checkpoint is:\n%s", signed)
	}
	if n := HeadNumber(signed); n != 12 {
		t.Errorf("number %d", n)
	}
	if unnumbered, err := s.Sign(Head{Size: 1, At: epoch}); err != nil {
		t.Fatal(err)
	} else if _, err := v.Open(unnumbered); err == nil {
		t.Error("a head without a number is one")
	}
	_, other := keys(t)
	if got, err := other.Open(signed); !errors.Is(err, ErrSignature) || got.Number != 12 {
		t.Errorf("by another key: %+v, %v", got, err)
	}
	if _, err := (Verifiers{}).Open(signed); !errors.Is(err, ErrSignature) {
		t.Errorf("by no key: %v", err)
	}
}

// Any byte changed in a signed head makes it no head of ours.
func TestAChangedHeadIsRefused(t *testing.T) {
	s, v := keys(t)
	signed, err := s.Sign(Head{Number: 1, Size: 2, Root: Hash{7}, At: epoch})
	if err != nil {
		t.Fatal(err)
	}
	unused := bytes.LastIndexByte(signed, '=') - 1 // its last bits are none of the signature's
	for i := range signed {
		if i == unused {
			continue
		}
		changed := bytes.Clone(signed)
		changed[i] ^= 1
		if _, err := v.Open(changed); err == nil {
			t.Errorf("byte %d changed is believed:\n%s", i, changed)
		}
	}
}

func TestKeysThatAreNone(t *testing.T) {
	for _, name := range []string{"", "two words", "a+b"} {
		if _, _, err := NewKey(name); err == nil {
			t.Errorf("a key is named %q", name)
		}
	}
	signer, verifier, err := NewKey("a")
	if err != nil {
		t.Fatal(err)
	}
	if s, err := NewSigner(signer); err != nil || s.Verifier() != verifier {
		t.Errorf("the key that verifies is %v, want %s: %v", s, verifier, err)
	}
	if _, err := NewSigner(verifier); err == nil {
		t.Error("a key to verify signs")
	}
	if _, err := NewVerifiers(verifier, signer); err == nil || strings.Contains(err.Error(), "PRIVATE") {
		t.Errorf("a key to sign verifies: %v", err)
	}
}

// A head of one of our keys under the name of another log is not believed.
func TestAHeadOfAnotherOriginIsRefused(t *testing.T) {
	s, v := keys(t)
	delete(v.names, s.note.Name())
	signed, err := s.Sign(Head{Number: 1, At: epoch})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.Open(signed); !errors.Is(err, ErrSignature) {
		t.Error(err)
	}
}

func TestHeadsComeBackFromTheirFile(t *testing.T) {
	s, _ := keys(t)
	rapid.Check(t, func(t *rapid.T) {
		var file []byte
		var want [][]byte
		for i := range rapid.IntRange(0, 5).Draw(t, "heads") {
			signed, err := s.Sign(Head{Number: int64(i + 1), Size: int64(i), At: epoch})
			if err != nil {
				t.Fatal(err)
			}
			want, file = append(want, signed), AppendHead(file, signed)
		}
		if n := WholeHeads(file); n != len(file) {
			t.Fatalf("%d of %d bytes are whole", n, len(file))
		}
		if diff := cmp.Diff(want, headsOf(t, bytes.NewReader(file))); diff != "" {
			t.Fatal(diff)
		}
		// Cut anywhere, the whole heads before stay.
		cut := rapid.IntRange(0, len(file)).Draw(t, "cut")
		whole := WholeHeads(file[:cut])
		kept := headsOf(t, bytes.NewReader(file[:whole]))
		if whole > cut || len(kept) > len(want) || len(kept) > 0 && cmp.Diff(want[:len(kept)], kept) != "" || cut-whole > len(file)/max(1, len(want))+16 {
			t.Fatalf("cut at %d, %d bytes and %d heads are whole", cut, whole, len(kept))
		}
	})
}

func headsOf(t failing, r io.Reader) [][]byte {
	var all [][]byte
	for head, err := range Heads(r) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, bytes.Clone(head))
	}
	return all
}

func TestWhatIsNoFileOfHeadsEnds(t *testing.T) {
	for name, r := range map[string]io.Reader{
		"a line without end":   strings.NewReader(strings.Repeat("x", 1<<20)),
		"lines without end":    strings.NewReader(strings.Repeat("x\n", 1<<20)),
		"a file that breaks":   io.MultiReader(strings.NewReader("a\n"), iotest.ErrReader(errors.New("broken"))),
		"a text that goes on":  strings.NewReader("a\n\n" + strings.Repeat("b\n", 1<<20)),
		"signatures and so on": strings.NewReader("a\n\n" + strings.Repeat("— b\n", 1<<20)),
	} {
		failed := false
		for head, err := range Heads(r) {
			failed = failed || err != nil
			if len(head) > maxHead {
				t.Errorf("%s: a head of %d bytes", name, len(head))
			}
		}
		if !failed {
			t.Errorf("%s is read to its end", name)
		}
	}
}

func FuzzHeads(f *testing.F) {
	s, v := keys(f)
	signed, err := s.Sign(Head{Number: 1, Size: 2, At: epoch})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(AppendHead(AppendHead(nil, signed), signed))
	f.Add([]byte("a\n\nb\n\n\n\n— c\n"))
	f.Add([]byte("\n\n\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		for head, err := range Heads(bytes.NewReader(b)) {
			if err != nil {
				break
			}
			if len(head) == 0 || len(head) > maxHead+1 {
				t.Fatalf("a head of %d bytes", len(head))
			}
			if h, err := v.Open(head); err == nil && (h.Number < 1 || h.Size < 0) {
				t.Fatalf("%+v", h)
			}
		}
		if n := WholeHeads(b); n < 0 || n > len(b) {
			t.Fatal(n)
		}
	})
}

func FuzzReadHead(f *testing.F) {
	f.Add("o\n1\n" + Hash{}.String() + "\nhead 1\nat 2021-01-04T08:00:00.000001Z\n")
	f.Add("o\n01\n\nhead 1\nat\n")
	f.Fuzz(func(t *testing.T, text string) {
		h, err := readHead(text)
		if err != nil {
			return
		}
		again := h.origin + "\n" + itoa(h.Size) + "\n" + h.Root.String() + "\nhead " + itoa(h.Number) + "\nat " + h.At.Format(momentLayout) + "\n"
		if again != text {
			t.Errorf("a head has two texts: %q", text)
		}
	})
}
