package password

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// cheap are parameters that tests can pay many times.
var cheap = Params{MemoryKiB: 64, Passes: 1, Threads: 1}

func newHasher(t testing.TB, p Params) *Hasher {
	t.Helper()
	h, err := NewHasher(p, 2, 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func hashed(t testing.TB, h *Hasher, password string) string {
	t.Helper()
	hash, err := h.Hash(t.Context(), password)
	if err != nil {
		t.Fatal(err)
	}
	return hash
}

func TestAHashIsThatOfItsPasswordAlone(t *testing.T) {
	h := newHasher(t, cheap)
	const password = "la rivière coule au printemps"
	hash := hashed(t, h, password)
	if hashed(t, h, password) == hash {
		t.Error("two hashes of a password are the same: the salt is not drawn")
	}
	for _, tried := range []string{"", "la rivière coule au printemp", password + " ", strings.ToUpper(password), password + "\x00"} {
		if right, _, err := h.check(t.Context(), tried, hash); err != nil || right {
			t.Errorf("%q: %v, %v", tried, right, err)
		}
	}
	if right, stale, err := h.check(t.Context(), password, hash); err != nil || !right || stale {
		t.Errorf("right %v, stale %v, %v", right, stale, err)
	}
}

// A vector of the reference implementation: 64 MiB, two passes, one thread.
func TestHashesAreArgon2id(t *testing.T) {
	const reference = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	h := newHasher(t, cheap)
	right, stale, err := h.check(t.Context(), "password", reference)
	if err != nil || !right || !stale {
		t.Errorf("right %v, stale %v, %v", right, stale, err)
	}
}

func TestTheParametersAreThoseOfOWASP(t *testing.T) {
	h := newHasher(t, DefaultParams)
	if hash := hashed(t, h, "x"); !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Error(hash)
	}
}

func TestHashesOfOtherParametersAreStale(t *testing.T) {
	before := newHasher(t, cheap)
	now := newHasher(t, Params{MemoryKiB: 128, Passes: 1, Threads: 1})
	hash := hashed(t, before, "x")
	if right, stale, err := now.check(t.Context(), "x", hash); err != nil || !right || !stale {
		t.Errorf("right %v, stale %v, %v", right, stale, err)
	}
}

// bad are texts that no hash of ours is; each would be a way to read one loosely, or to cost too much.
var bad = []string{
	"", "$", "password", "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ", "$argon2i$v=19$m=64,t=1,p=1$c29tZXNhbHQ$c29tZWtleWtleQ",
	"$argon2id$v=16$m=64,t=1,p=1$c29tZXNhbHQ$c29tZWtleWtleQ", "$argon2id$v=19$m=64,t=1$c29tZXNhbHQ$c29tZWtleWtleQ",
	"$argon2id$v=19$t=1,m=64,p=1$c29tZXNhbHQ$c29tZWtleWtleQ", "$argon2id$v=19$m=0,t=1,p=1$c29tZXNhbHQ$c29tZWtleWtleQ",
	"$argon2id$v=19$m=64,t=0,p=1$c29tZXNhbHQ$c29tZWtleWtleQ", "$argon2id$v=19$m=64,t=1,p=0$c29tZXNhbHQ$c29tZWtleWtleQ",
	"$argon2id$v=19$m=4294967295,t=1,p=1$c29tZXNhbHQ$c29tZWtleWtleQ", "$argon2id$v=19$m=64,t=4294967295,p=1$c29tZXNhbHQ$c29tZWtleWtleQ",
	"$argon2id$v=19$m=64,t=1,p=257$c29tZXNhbHQ$c29tZWtleWtleQ", "$argon2id$v=19$m=064,t=1,p=1$c29tZXNhbHQ$c29tZWtleWtleQ",
	"$argon2id$v=19$m=-64,t=1,p=1$c29tZXNhbHQ$c29tZWtleWtleQ", "$argon2id$v=19$m=64,t=1,p=1$$", "$argon2id$v=19$m=64,t=1,p=1$c29tZQ$c29tZWtleWtleQ",
	"$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$", "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ=$c29tZWtleWtleQ==",
	"$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHR$c29tZWtleWtleQ", " $argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$c29tZWtleWtleQ",
	"$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$c29tZWtleWtleQ\n", "$argon2id$v=19$m=64,t=1,p=1$" + strings.Repeat("c29t", 40) + "$c29tZWtleWtleQ",
}

func TestWhatIsNoHashIsRefused(t *testing.T) {
	h := newHasher(t, cheap)
	counted := count(h)
	for _, text := range bad[1:] { // "" is nobody's
		if _, _, err := h.check(t.Context(), "x", text); !errors.Is(err, errHash) || err.Error() != errHash.Error() {
			t.Errorf("%q: %v", text, err)
		}
	}
	if n := counted.Load(); n != 0 {
		t.Errorf("%d were computed", n)
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range bad {
		f.Add(text)
	}
	f.Add("$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc")
	f.Fuzz(func(t *testing.T, text string) {
		e, err := parse(text)
		if err != nil {
			return
		}
		if e.String() != text {
			t.Errorf("%q is written %q", text, e)
		}
		if e.MemoryKiB == 0 || e.MemoryKiB > mostMemoryKiB || e.Passes == 0 || e.Passes > mostPasses || e.Threads == 0 || e.Threads > mostThreads ||
			len(e.key) > mostBytes || len(e.salt) > mostBytes {
			t.Errorf("%q costs too much", text)
		}
	})
}

// count counts the computations of a hasher.
func count(h *Hasher) *atomic.Int64 {
	var n atomic.Int64
	compute := h.compute
	h.compute = func(password, salt []byte, p Params, size uint32) []byte {
		n.Add(1)
		return compute(password, salt, p, size)
	}
	return &n
}

func TestAFloodIsHashedAFewAtATime(t *testing.T) {
	h := newHasher(t, cheap)
	var now, most atomic.Int64
	release := make(chan struct{})
	h.compute = func(_, _ []byte, _ Params, size uint32) []byte {
		n := now.Add(1)
		defer now.Add(-1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		<-release
		return bytes.Repeat([]byte{1}, int(size))
	}
	var flood sync.WaitGroup
	for range 100 {
		flood.Go(func() {
			if _, err := h.Hash(t.Context(), "x"); err != nil {
				t.Error(err)
			}
		})
	}
	for now.Load() < 2 {
		time.Sleep(time.Millisecond)
	}
	hurried, patient := *h, *h
	hurried.wait, patient.wait = 0, time.Hour
	if _, err := hurried.Hash(t.Context(), "x"); !errors.Is(err, ErrBusy) {
		t.Errorf("%v instead of busy", err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := patient.Hash(gone, "x"); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, though nobody waits", err)
	}
	close(release)
	flood.Wait()
	if most.Load() != 2 {
		t.Errorf("%d at once", most.Load())
	}
}
