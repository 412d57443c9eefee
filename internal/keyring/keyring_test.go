package keyring

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
)

const (
	record = "patient:0194f3c2-8d5e-7000-8000-000000000001"
	number = "2690549588157"
)

// counted is a source of randomness that never repeats and is the same in every run.
type counted struct{ n byte }

func (c *counted) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = c.n
		c.n += 7
	}
	return len(p), nil
}

// fixed is a ring with so many keys of each kind, the same in every run.
func fixed(t testing.TB, each int) *Ring {
	t.Helper()
	random := &counted{}
	ring, err := New(random)
	for range each - 1 {
		for kind := SealKey; kind <= BlindKey && err == nil; kind++ {
			random.n++
			ring, _, err = ring.Add(kind, random)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

func TestWhatIsSealedOpens(t *testing.T) {
	ring := fixed(t, 1)
	for _, plain := range []string{"", "x", strings.Repeat("long ", 1000)} {
		before := []byte("before")
		sealed := ring.Seal(slices.Clone(before), []byte(plain), record)
		if !bytes.HasPrefix(sealed, before) || len(sealed) != len(before)+SealOverhead+len(plain) {
			t.Fatalf("%d bytes make %d", len(plain), len(sealed))
		}
		sealed = sealed[len(before):]
		if plain != "" && bytes.Contains(sealed, []byte(plain)) && len(plain) > 1 {
			t.Fatal("what was sealed stands in clear")
		}
		opened, err := ring.Open([]byte("before"), sealed, record)
		if err != nil || string(opened) != "before"+plain {
			t.Fatalf("opened %q, %v", opened, err)
		}
	}
	if a, b := ring.Seal(nil, []byte("x"), record), ring.Seal(nil, []byte("x"), record); bytes.Equal(a, b) {
		t.Error("the same text sealed twice can be recognised")
	}
}

func TestWhatIsChangedDoesNotOpen(t *testing.T) {
	ring := fixed(t, 2)
	sealed := ring.Seal(nil, []byte("a person"), record)
	for i := range sealed {
		for _, bit := range []byte{1, 0x80} {
			changed := slices.Clone(sealed)
			changed[i] ^= bit
			opened, err := ring.Open(nil, changed, record)
			if opened != nil || !errors.Is(err, ErrBroken) && !errors.Is(err, ErrNoKey) {
				t.Fatalf("with byte %d changed: %q, %v", i, opened, err)
			}
		}
	}
	for n := range sealed {
		if _, err := ring.Open(nil, sealed[:n], record); !errors.Is(err, ErrBroken) {
			t.Fatalf("cut to %d bytes: %v", n, err)
		}
	}
	other := record[:len(record)-1] + "2"
	if _, err := ring.Open(nil, sealed, other); !errors.Is(err, ErrBroken) {
		t.Errorf("moved to another row: %v", err)
	}
	if _, err := ring.Open(nil, append(sealed, 0), record); !errors.Is(err, ErrBroken) {
		t.Errorf("with a byte more: %v", err)
	}
}

func TestRingsOpenUnderAnyOfTheirKeys(t *testing.T) {
	old := fixed(t, 1)
	sealed := old.Seal(nil, []byte("a person"), record)
	both, id, err := old.Add(SealKey, &counted{n: 99})
	if err != nil || id != (ID{SealKey, 2}) || both.Current(SealKey) != id || old.Current(SealKey).Number != 1 {
		t.Fatalf("added %v, %v", id, err)
	}
	if opened, err := both.Open(nil, sealed, record); err != nil || string(opened) != "a person" {
		t.Fatalf("opened %q, %v", opened, err)
	}
	newer := both.Seal(nil, []byte("a person"), record)
	if under, ok := SealedUnder(newer); !ok || under != id {
		t.Errorf("sealed under %v", under)
	}
	if _, err := old.Open(nil, newer, record); !errors.Is(err, ErrNoKey) || !strings.Contains(err.Error(), "seal 2") {
		t.Errorf("a key that the ring lacks: %v", err)
	}
	using, err := both.Using(ID{SealKey, 1}, ID{BlindKey, 1}, id)
	if err != nil {
		t.Fatal(err)
	}
	if under, _ := SealedUnder(using.Seal(nil, nil, record)); under.Number != 1 {
		t.Errorf("sealed under %v, not the key it was to use", under)
	}
	if opened, err := using.Open(nil, newer, record); err != nil || string(opened) != "a person" {
		t.Errorf("opened %q, %v", opened, err)
	}
	only, err := both.Without(ID{SealKey, 1})
	if err != nil || only.Has(ID{SealKey, 1}) || !only.Has(id) {
		t.Fatal(err)
	}
	if _, err := only.Open(nil, sealed, record); !errors.Is(err, ErrNoKey) {
		t.Errorf("a key taken away: %v", err)
	}
}

func TestBlindIndexes(t *testing.T) {
	ring := fixed(t, 1)
	index := ring.Blind(number)
	if len(index) != BlindSize || !bytes.Equal(index, ring.Blind(number)) {
		t.Fatalf("%d bytes", len(index))
	}
	if bytes.Equal(index, ring.Blind(number[:12]+"8")) {
		t.Error("two numbers have one index")
	}
	two, id, err := ring.Add(BlindKey, &counted{n: 3})
	if err != nil {
		t.Fatal(err)
	}
	all := two.Blinds(number)
	if len(all) != 2 || !bytes.Equal(all[0], two.Blind(number)) || !bytes.Equal(all[1], index) || bytes.Equal(all[0], all[1]) {
		t.Error("the indexes are not one for each key, the current first")
	}
	seal, first := ID{SealKey, 1}, ID{BlindKey, 1}
	back, err := two.Using(seal, first, id)
	if err != nil || !bytes.Equal(back.Blind(number), index) || len(back.Blinds(number)) != 2 {
		t.Errorf("using the first key: %v", err)
	}
	if only, err := two.Using(first, seal); err != nil || len(only.Blinds(number)) != 1 || only.Has(id) {
		t.Errorf("using the first key alone: %v", err)
	}
	if two.Current(BlindKey) != id {
		t.Errorf("current is %v", two.Current(BlindKey))
	}
}

func TestARingServesManyAtOnce(t *testing.T) {
	ring := fixed(t, 2)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			context, plain := fmt.Sprintf("row %d", i), fmt.Appendf(nil, "person %d", i)
			index := ring.Blinds(context)
			for range 200 {
				opened, err := ring.Open(nil, ring.Seal(nil, plain, context), context)
				if err != nil || !bytes.Equal(opened, plain) {
					t.Errorf("%s holds %q, %v", context, opened, err)
				}
				if again := ring.Blinds(context); !bytes.Equal(again[0], index[0]) || !bytes.Equal(again[1], index[1]) {
					t.Errorf("%s has other indexes", context)
				}
			}
		})
	}
	all.Wait()
}

func TestKeysAreToldWithoutTheirSecrets(t *testing.T) {
	ring := fixed(t, 2)
	keys := ring.Keys()
	want := []ID{{SealKey, 2}, {SealKey, 1}, {BlindKey, 2}, {BlindKey, 1}}
	seen := map[string]bool{}
	for i, k := range keys {
		if k.ID != want[i] || k.Current != (k.Number == 2) || len(k.Check) != 2*checkBytes || seen[k.Check] || ring.Check(k.ID) != k.Check {
			t.Errorf("key %d is %+v", i, k)
		}
		seen[k.Check] = true
	}
	if ring.Check(ID{SealKey, 3}) != "" || ring.Has(ID{0, 1}) {
		t.Error("a key that there is not is told")
	}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("a ring", "ring", ring)
	asJSON, err := json.Marshal(struct{ Ring *Ring }{ring})
	if err != nil {
		t.Fatal(err)
	}
	printed := fmt.Sprintf("%v %+v %#v %s %x %d %q", ring, ring, ring, ring, ring, ring, struct{ r *Ring }{ring}.r) + log.String() + string(asJSON)
	for _, s := range ring.secrets() {
		for _, form := range []string{fmt.Sprintf("%x", s.bytes), fmt.Sprintf("%d", s.bytes), fmt.Sprintf("%q", s.bytes[:4])} {
			if strings.Contains(printed, form[:8]) {
				t.Errorf("the secret of %v is printed: %s", s.id, printed)
			}
		}
	}
}

func TestRingsRefuse(t *testing.T) {
	ring := fixed(t, 1)
	if _, err := ring.Without(ID{SealKey, 1}); err == nil {
		t.Error("a ring without a key that seals")
	}
	if _, err := ring.Without(ID{BlindKey, 9}); !errors.Is(err, ErrNoKey) {
		t.Errorf("to take away what there is not: %v", err)
	}
	if _, err := ring.Using(ID{SealKey, 1}, ID{BlindKey, 2}); !errors.Is(err, ErrNoKey) || !strings.Contains(err.Error(), "blind 2") {
		t.Errorf("to use what there is not: %v", err)
	}
	if _, err := ring.Using(ID{SealKey, 1}); err == nil {
		t.Error("a ring without a key that blinds")
	}
	if _, _, err := ring.Add(3, rand.Reader); err == nil {
		t.Error("a key of no kind")
	}
	if _, _, err := ring.Add(SealKey, strings.NewReader("short")); err == nil {
		t.Error("a key from too little randomness")
	}
	if _, err := New(strings.NewReader("")); err == nil {
		t.Error("a ring from no randomness")
	}
	if _, err := New(bytes.NewReader(make([]byte, 100))); err == nil {
		t.Error("a ring of zeros")
	}
	if _, err := New(strings.NewReader(strings.Repeat("0123456789abcdef0123456789abcdef", 2))); err == nil {
		t.Error("two keys of one secret")
	}
	if kind := Kind(7).String(); kind != "kind 7" {
		t.Error(kind)
	}
}

// FuzzOpen: nothing but what the ring sealed opens, and nothing breaks it.
func FuzzOpen(f *testing.F) {
	ring := fixed(f, 2)
	sealed := ring.Seal(nil, []byte("a person"), record)
	f.Add(sealed, record)
	f.Add(sealed[:SealOverhead], record)
	f.Add([]byte{}, "")
	f.Add([]byte{0, 1}, record)
	f.Add(make([]byte, SealOverhead), record)
	f.Add(append([]byte{0, 3}, sealed[2:]...), record)
	f.Fuzz(func(t *testing.T, data []byte, context string) {
		opened, err := ring.Open(nil, data, context)
		if err == nil && (string(opened) != "a person" || context != record) {
			t.Fatalf("%d bytes opened that the ring did not seal", len(data))
		}
		again := ring.Seal(nil, data, context)
		if opened, err := ring.Open(nil, again, context); err != nil || !bytes.Equal(opened, data) {
			t.Fatalf("what was sealed does not open: %v", err)
		}
	})
}
