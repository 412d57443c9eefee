package password

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"vaccin/internal/auth"
	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
)

const (
	login  = "h.marchand"
	secret = "la rivière coule au printemps"
)

// house is a door with one account, on a store in memory.
type house struct {
	*Door
	memory *registrytest.Memory
	clock  *registrytest.Clock
	paused atomic.Int64 // nanoseconds in all

	mu       sync.Mutex
	accounts map[string]registry.PortalAccount
}

func (h *house) PortalAccount(_ context.Context, login string) (registry.PortalAccount, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	a, ok := h.accounts[login]
	if !ok {
		return a, registry.ErrNoPortalAccount
	}
	return a, nil
}

func (h *house) SetPortalAccount(context.Context, registry.PortalAccount, registry.Event) error {
	return errors.New("nobody sets an account here")
}

func (h *house) RemovePortalAccount(context.Context, string, registry.Event) error {
	return errors.New("nobody removes an account here")
}

func (h *house) RehashPortalAccount(_ context.Context, login, from, to string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if a := h.accounts[login]; a.Hash == from {
		a.Hash = to
		h.accounts[login] = a
	}
	return nil
}

func newHouse(t testing.TB) *house {
	t.Helper()
	hasher := newHasher(t, cheap)
	sealer, err := auth.NewSealer(make([]byte, auth.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	h := &house{memory: registrytest.NewMemory(), clock: registrytest.NewClock(), accounts: map[string]registry.PortalAccount{}}
	h.accounts[login] = registry.PortalAccount{
		Login: login, Hash: hashed(t, hasher, secret), NationalID: "899700810379", GivenName: "Hélène", FamilyName: "MARCHAND",
	}
	h.Door = &Door{
		Accounts: h, Tries: h.memory, Hasher: hasher, Sealer: sealer, Limits: registry.PasswordLimits, Now: h.clock.Now,
		Pause:   func(_ context.Context, d time.Duration) error { h.paused.Add(int64(d)); return nil },
		Renewed: func(err error) { t.Error(err) },
	}
	return h
}

func TestTheRightPasswordLetsIn(t *testing.T) {
	h := newHouse(t)
	for _, typed := range []string{login, " H.Marchand ", "H.MARCHAND"} {
		account, err := h.SignIn(t.Context(), typed, secret)
		if err != nil || account.NationalID != "899700810379" {
			t.Errorf("%q: %+v, %v", typed, account, err)
		}
		in := Login(account, h.clock.Now())
		if _, acts := in.Actor(); acts || in.Door != registry.DoorPassword || in.DisplayName() != "Hélène MARCHAND" {
			t.Errorf("%+v", in)
		}
	}
	if events := h.memory.Events(); len(events) != 3 || events[0].Outcome != registry.OutcomeDone || events[0].NationalID != "899700810379" {
		t.Errorf("%+v", events)
	}
}

// An unknown login, one that cannot be one, and a wrong password: one answer, one computation each, of the
// same cost, one entry and one charge.
func TestUnknownAndWrongAreOneAnswerForTheSameWork(t *testing.T) {
	for name, tried := range map[string][2]string{
		"wrong password": {login, "la rivière coule en automne"}, "no password": {login, ""}, "unknown login": {"nobody", secret},
		"no login": {"x y", secret}, "long login": {strings.Repeat("x", 10_000), secret}, "text of no alphabet": {"\xff\x00", "\xff"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			var computed []Params
			compute := h.Hasher.compute
			h.Hasher.compute = func(password, salt []byte, p Params, size uint32) []byte {
				computed = append(computed, p)
				if size != keyBytes || len(salt) != saltBytes {
					t.Errorf("a hash of %d bytes with a salt of %d", size, len(salt))
				}
				return compute(password, salt, p, size)
			}
			account, err := h.SignIn(t.Context(), tried[0], tried[1])
			if err != ErrWrong || account != (registry.PortalAccount{}) {
				t.Errorf("%+v, %v", account, err)
			}
			if len(computed) != 1 || computed[0] != cheap {
				t.Errorf("computed %v", computed)
			}
			if events := h.memory.Events(); len(events) != 1 || events[0].Outcome != registry.OutcomeRefused {
				t.Errorf("%+v", events)
			}
		})
	}
}

func TestTriesOfALoginGetSlowerThenBlocked(t *testing.T) {
	for name, who := range map[string]string{"known": login, "unknown": "nobody"} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			for n := range registry.PasswordLimits.BlockAt {
				before := h.paused.Load()
				if _, err := h.SignIn(t.Context(), who, "wrong"); err != ErrWrong {
					t.Fatalf("try %d: %v", n+1, err)
				}
				if slow := h.paused.Load() > before; slow != (n >= registry.PasswordLimits.SlowFrom) {
					t.Errorf("try %d waits: %v", n+1, slow)
				}
			}
			computed := count(h.Hasher)
			var blocked *BlockedError
			for _, password := range []string{"wrong", secret} {
				if _, err := h.SignIn(t.Context(), who, password); !errors.As(err, &blocked) || blocked.Wait != registry.PasswordLimits.Block {
					t.Errorf("%v", err)
				}
			}
			if computed.Load() != 0 {
				t.Error("a blocked try costs a computation")
			}
			if _, err := h.SignIn(t.Context(), "other."+who, secret); err != ErrWrong {
				t.Errorf("another login: %v", err)
			}
			reports := 0
			all, err := h.memory.Reports(t.Context(), registry.ReportsQuery{Limit: 10}, registry.Event{At: h.clock.Now(), Action: registry.ActionReadReports})
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range all {
				if r.Kind == registry.ReportPassword && r.About.NationalID == "899700810379" && r.ID != "" {
					reports++
				}
			}
			if want := map[string]int{"known": 1}[name]; reports != want {
				t.Errorf("%d reports, want %d", reports, want)
			}
			h.clock.Set(h.clock.Now().Add(registry.PasswordLimits.Block + time.Second))
			if _, err := h.SignIn(t.Context(), login, secret); err != nil {
				t.Errorf("after the block: %v", err)
			}
		})
	}
}

// Of a hundred tries sent together no more are answered than one after the other.
func TestTriesSentTogetherAreCountedEach(t *testing.T) {
	h := newHouse(t)
	var answered atomic.Int64
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() {
			var blocked *BlockedError
			switch _, err := h.SignIn(t.Context(), login, "wrong"); {
			case err == ErrWrong:
				answered.Add(1)
			case !errors.As(err, &blocked):
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := answered.Load(); n == 0 || n > int64(registry.PasswordLimits.BlockAt) {
		t.Errorf("%d were answered", n)
	}
}

func TestWhatCannotBeCountedIsNotAnswered(t *testing.T) {
	h := newHouse(t)
	broken := errors.New("disk full")
	failing := &registrytest.Failing{Store: h.memory}
	h.Tries = failing
	for _, method := range []string{"LogTried", "Throttle"} {
		failing.Fail(method, broken)
		for _, password := range []string{secret, "wrong"} {
			if _, err := h.SignIn(t.Context(), login, password); !errors.Is(err, broken) {
				t.Errorf("%s fails: %v", method, err)
			}
		}
		failing.Fail(method, nil)
	}
}

func TestAHashOfBeforeIsRenewedAtSignIn(t *testing.T) {
	h := newHouse(t)
	before := h.accounts[login].Hash
	h.Hasher.params = Params{MemoryKiB: 128, Passes: 1, Threads: 1}
	if _, err := h.SignIn(t.Context(), login, "wrong"); err != ErrWrong || h.accounts[login].Hash != before {
		t.Errorf("a wrong password renews: %v", err)
	}
	if _, err := h.SignIn(t.Context(), login, secret); err != nil {
		t.Fatal(err)
	}
	renewed := h.accounts[login].Hash
	if renewed == before || !strings.Contains(renewed, "$m=128,t=1,p=1$") {
		t.Errorf("the hash is %s", renewed)
	}
	if _, err := h.SignIn(t.Context(), login, secret); err != nil || h.accounts[login].Hash != renewed {
		t.Errorf("renewed again, or lost: %v", err)
	}
}

// Nothing of a try that is kept, or told in an error, names the login or the password.
func TestNothingKeptNamesTheLogin(t *testing.T) {
	h := newHouse(t)
	keys := &keyed{Tries: h.memory}
	h.Tries = keys
	for _, who := range []string{login, "nobody.known"} {
		if _, err := h.SignIn(t.Context(), who, "a wrong secret"); err == nil || strings.Contains(err.Error(), who) {
			t.Error(err)
		}
	}
	if len(keys.seen) != 2 {
		t.Fatalf("%d throttles", len(keys.seen))
	}
	for key := range keys.seen {
		if !strings.HasPrefix(key, "password:") || len(key) != len("password:")+64 || strings.Contains(key, "marchand") || strings.Contains(key, "nobody") {
			t.Errorf("a throttle is kept under %q", key)
		}
	}
}

type keyed struct {
	Tries
	seen map[string]bool
}

func (k *keyed) LogTried(ctx context.Context, event registry.Event, toll registry.Toll) error {
	if k.seen == nil {
		k.seen = map[string]bool{}
	}
	k.seen[toll.Key] = true
	return k.Tries.LogTried(ctx, event, toll)
}

func TestThePolicyOfNewPasswords(t *testing.T) {
	for _, good := range []string{secret, "quatre mots sans suite", "Xk7_pQz!mT2w", strings.Repeat("été à la mer ", 9)} {
		if err := Check(login, good); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	for _, bad := range []string{
		"", "onze signes", "Azertyuiop123", "azerty-uiop 123", "MOT DE PASSE 123", "aaaaaaaaaaaaaaa", "ababababababab", "vaccin covid 2021",
		"mon h.marchand à moi", "H Marchand 2021!", strings.Repeat("x y ", 40), "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
	} {
		if err := Check(login, bad); registry.KindOf(err) != registry.KindInvalid || strings.Contains(err.Error(), "azerty") {
			t.Errorf("%q: %v", bad, err)
		}
	}
	for line := range worst {
		if err := Check(login, line); err == nil {
			t.Errorf("%q is of the list, and taken", line)
		}
		if registry.Fold(line) != line {
			t.Errorf("%q of the list is not folded", line)
		}
	}
}
