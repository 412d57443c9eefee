package auth

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"vaccin/internal/auth/cps"
	"vaccin/internal/registry"
)

var marchand = cps.Identity{NationalID: "899700810379", FamilyName: "MARCHAND", GivenName: "Hélène", Professions: []string{"Médecin"}}

// carded begins a sign-in by card and returns the cookie, and the attempt as the service will take it.
func carded(t *testing.T, m *Manager) (*http.Cookie, CardAttempt, string) {
	t.Helper()
	w := httptest.NewRecorder()
	state, err := m.BeginCard(w, "/recherche")
	if err != nil {
		t.Fatal(err)
	}
	c := w.Result().Cookies()[0]
	attempt, ok := takeCard(m, c)
	if !ok || attempt.State() != state || attempt.Return != "/recherche" {
		t.Fatalf("%v, state %q, %+v", ok, state, attempt)
	}
	return c, attempt, state
}

func takeCard(m *Manager, c *http.Cookie) (CardAttempt, bool) {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	if c != nil {
		r.AddCookie(c)
	}
	return m.TakeCardAttempt(httptest.NewRecorder(), r)
}

func handedOver(t *testing.T, m *Manager, state string) string {
	t.Helper()
	code, err := m.HandOver(t.Context(), state, marchand)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

func takesOver(t *testing.T, m *Manager, attempt CardAttempt, code string) bool {
	t.Helper()
	got, ok, err := m.TakeOver(t.Context(), attempt, code)
	if err != nil {
		t.Fatal(err)
	}
	want := cps.Identity{}
	if ok {
		want = marchand
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	return ok
}

func TestACardIsTakenOverOnceInTheBrowserThatBegan(t *testing.T) {
	store := newMemory()
	m := newTestManager(t, store, Options{Secure: true})
	c, attempt, state := carded(t, m)
	if c.Name != "__Host-vaccin_card" || !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || store.count() != 0 {
		t.Errorf("%+v, %d writes", c, store.count())
	}
	if !IsCardState(state) || strings.Contains(state, attempt.Secret) {
		t.Error("the state", state)
	}
	code := handedOver(t, m, state)
	for _, text := range []string{code, marchand.NationalID, marchand.FamilyName, state, attempt.Secret} {
		if store.holds(text) {
			t.Errorf("the store holds %q", text)
		}
	}
	if !takesOver(t, m, attempt, code) {
		t.Error("not taken")
	}
	if takesOver(t, m, attempt, code) {
		t.Error("taken twice")
	}
}

func TestACodeOfAnotherBrowserIsSpent(t *testing.T) {
	m := newTestManager(t, newMemory(), Options{})
	_, mine, state := carded(t, m)
	_, thiefs, _ := carded(t, m)
	code := handedOver(t, m, state)
	if takesOver(t, m, thiefs, code) {
		t.Error("taken by another browser")
	}
	if takesOver(t, m, mine, code) {
		t.Error("a code that another browser showed still serves")
	}
	code = handedOver(t, m, state)
	if err := m.DropCode(t.Context(), code); err != nil || takesOver(t, m, mine, code) {
		t.Error("a code that came without an attempt still serves", err)
	}
	for _, forged := range []string{"", "x", code + "x", strings.Repeat("A", 43)} {
		if takesOver(t, m, mine, forged) {
			t.Errorf("the code %q was taken", forged)
		}
	}
}

func TestACodeLivesThirtySeconds(t *testing.T) {
	for after, want := range map[time.Duration]bool{29 * time.Second: true, 30 * time.Second: false, 31 * time.Second: false} {
		m := newTestManager(t, newMemory(), Options{}) // outside: it leaves a goroutine behind
		synctest.Test(t, func(t *testing.T) {
			_, attempt, state := carded(t, m)
			code := handedOver(t, m, state)
			time.Sleep(after)
			if got := takesOver(t, m, attempt, code); got != want {
				t.Errorf("taken after %s: %v", after, got)
			}
		})
	}
}

func TestACardAttemptLivesTenMinutes(t *testing.T) {
	m := newTestManager(t, newMemory(), Options{})
	synctest.Test(t, func(t *testing.T) {
		c, _, _ := carded(t, m)
		time.Sleep(10 * time.Minute)
		if _, ok := takeCard(m, c); !ok {
			t.Error("it ended early")
		}
		time.Sleep(time.Second)
		if _, ok := takeCard(m, c); ok {
			t.Error("it did not end")
		}
	})
}

func TestAttemptsOfOneDoorDoNotServeAtAnother(t *testing.T) {
	m := newTestManager(t, newMemory(), Options{})
	c, _, _ := carded(t, m)
	card, provider := *c, *attempted(t, m)
	card.Name, provider.Name = provider.Name, card.Name
	if _, ok, _ := take(m, &card); ok {
		t.Error("a card's attempt serves Pro Santé Connect")
	}
	if _, ok := takeCard(m, &provider); ok {
		t.Error("an attempt of Pro Santé Connect serves a card")
	}
	for _, value := range []string{"", "%%%", c.Value[:30], "A" + c.Value[1:]} {
		changed := *c
		changed.Value = value
		if _, ok := takeCard(m, &changed); ok && value != c.Value {
			t.Errorf("the cookie %q was taken", value)
		}
	}
}

func TestOfManyServersOneTakesACode(t *testing.T) {
	store := newMemory()
	first := newTestManager(t, store, Options{})
	_, attempt, state := carded(t, first)
	code := handedOver(t, first, state)
	var taken atomic.Int32
	var group sync.WaitGroup
	for range 20 {
		server := newTestManager(t, store, Options{})
		group.Go(func() {
			if _, ok, err := server.TakeOver(t.Context(), attempt, code); ok && err == nil {
				taken.Add(1)
			}
		})
	}
	group.Wait()
	if taken.Load() != 1 {
		t.Errorf("taken %d times", taken.Load())
	}
}

func TestCodesPastArePurged(t *testing.T) {
	store := newMemory()
	m := newTestManager(t, store, Options{})
	_, _, state := carded(t, m)
	handedOver(t, m, state)
	store.expire(time.Now().Add(-time.Second))
	if err := m.Purge(t.Context()); err != nil || len(store.handed) != 0 {
		t.Errorf("%v, %d left", err, len(store.handed))
	}
}

func TestNothingIsHandedOverWhenTheStoreFails(t *testing.T) {
	store := newMemory()
	m := newTestManager(t, store, Options{})
	_, attempt, state := carded(t, m)
	code := handedOver(t, m, state)
	store.fail(errBroken)
	if _, err := m.HandOver(t.Context(), state, marchand); err == nil {
		t.Error("handed over")
	}
	if _, ok, err := m.TakeOver(t.Context(), attempt, code); ok || err == nil {
		t.Error("taken over")
	}
}

func TestWhoseCardLetsIn(t *testing.T) {
	place := func(id string) registry.PracticePlace {
		return registry.PracticePlace{ID: id, Name: "Cabinet " + id, PostalCode: "69003", AMNumber: "691234566"}
	}
	for name, tt := range map[string]struct {
		profession string
		places     []registry.PracticePlace
		refusal    error
		chosen     int
	}{
		"one place":                 {"10", []registry.PracticePlace{place("A")}, nil, 0},
		"two places: to be chosen":  {"10", []registry.PracticePlace{place("A"), place("B")}, nil, -1},
		"a nurse":                   {"60", []registry.PracticePlace{place("A")}, ErrNoProfession, 0},
		"a label that means nobody": {"", []registry.PracticePlace{place("A")}, ErrNoProfession, 0},
		"no place":                  {"10", nil, ErrNoPlace, 0},
	} {
		t.Run(name, func(t *testing.T) {
			l, err := LoginFromCPS(marchand, tt.profession, doctorsOnly, tt.places, time.Now())
			if err != tt.refusal {
				t.Fatalf("%v, not %v", err, tt.refusal)
			}
			if err == nil && (len(l.Practices) != len(tt.places) || l.Chosen != tt.chosen) {
				t.Errorf("%+v", l)
			}
		})
	}
	l, err := LoginFromCPS(marchand, "10", doctorsOnly, []registry.PracticePlace{place("A")}, time.Now())
	by, ok := l.Actor()
	if err != nil || !ok || by.Door != registry.DoorCPS || by.Role != registry.RolePractitioner || by.Place != place("A") ||
		by.Practitioner.DisplayName() != "Dr. Hélène MARCHAND" || by.Practitioner.NationalID != marchand.NationalID || by.Practitioner.Profession != "10" {
		t.Errorf("%v %+v", err, by)
	}
	every := func(string) bool { return true }
	if l, err := LoginFromCPS(marchand, "60", every, []registry.PracticePlace{place("A")}, time.Now()); err != nil || l.DisplayName() != "Hélène MARCHAND" {
		t.Error("a nurse, once the service is open to nurses:", l.DisplayName(), err)
	}
}
