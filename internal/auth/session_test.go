package auth

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// do runs a handler in the session of a cookie and returns the answer.
func do(m *Manager, token string, h func(http.ResponseWriter, *http.Request)) *http.Response {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	if token != "" {
		r.AddCookie(&http.Cookie{Name: m.sessions.Cookie.Name, Value: token})
	}
	w := httptest.NewRecorder()
	m.LoadAndSave(http.HandlerFunc(h)).ServeHTTP(w, r)
	return w.Result()
}

func cookieOf(t *testing.T, m *Manager, answer *http.Response) *http.Cookie {
	t.Helper()
	for _, c := range answer.Cookies() {
		if c.Name == m.sessions.Cookie.Name {
			return c
		}
	}
	t.Fatal("no session cookie")
	return nil
}

func signIn(t *testing.T, m *Manager, token string, l Login) string {
	t.Helper()
	return cookieOf(t, m, do(m, token, func(_ http.ResponseWriter, r *http.Request) {
		if err := m.Begin(r.Context(), l); err != nil {
			t.Error(err)
		}
	})).Value
}

// signedIn tells who a cookie is for the service.
func signedIn(m *Manager, token string) (l Login, ok bool) {
	do(m, token, func(_ http.ResponseWriter, r *http.Request) { l, ok = m.Login(r.Context()) })
	return l, ok
}

func put(t *testing.T, m *Manager, name, value string) func(http.ResponseWriter, *http.Request) {
	return func(_ http.ResponseWriter, r *http.Request) {
		if err := m.Put(r.Context(), name, value); err != nil {
			t.Error(err)
		}
	}
}

func got(t *testing.T, m *Manager, token, name string) (value string) {
	t.Helper()
	do(m, token, func(_ http.ResponseWriter, r *http.Request) {
		if _, err := m.Get(r.Context(), name, &value); err != nil {
			t.Error(err)
		}
	})
	return value
}

func TestNothingIsMadeForWhoDoesNotSignIn(t *testing.T) {
	store := newMemory()
	m := newTestManager(t, store, Options{})
	answer := do(m, "", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	if answer.StatusCode != http.StatusTeapot || len(answer.Cookies()) != 0 || store.count() != 0 {
		t.Errorf("status %d, cookies %v, %d writes", answer.StatusCode, answer.Cookies(), store.count())
	}
	answer = do(m, "made-up", func(http.ResponseWriter, *http.Request) {})
	if len(answer.Cookies()) != 0 || store.count() != 0 {
		t.Errorf("a made-up token: cookies %v, %d writes", answer.Cookies(), store.count())
	}
}

func TestASignInIsKeptSealed(t *testing.T) {
	store := newMemory()
	m := newTestManager(t, store, Options{})
	want := doctor("899700810379")
	token := signIn(t, m, "", want)
	l, ok := signedIn(m, token)
	if !ok || !l.At.Equal(want.At) {
		t.Fatal("the login does not come back")
	}
	l.At = want.At
	if diff := cmp.Diff(want, l); diff != "" {
		t.Error(diff)
	}
	for _, text := range []string{token, want.NationalID, "Marchand", "Cabinet"} {
		if store.holds(text) {
			t.Errorf("the store holds %q in clear", text)
		}
	}
	another := newTestManager(t, store, Options{})
	another.sessions.Store.(*sealedStore).sealer = zeroSealer(t)
	if _, ok := signedIn(another, token); ok {
		t.Error("a session sealed with another key is opened")
	}
}

func TestTheTokenChangesAtEverySignIn(t *testing.T) {
	m := newTestManager(t, newMemory(), Options{})
	first := signIn(t, m, "", doctor("1"))
	do(m, first, put(t, m, "carry", "lot of the first"))
	second := signIn(t, m, first, doctor("2"))
	if first == second {
		t.Fatal("the token stays")
	}
	if _, ok := signedIn(m, first); ok {
		t.Error("the former token still serves")
	}
	if got(t, m, second, "carry") != "" {
		t.Error("the second person finds what the first left")
	}
	if planted := signIn(t, m, "planted-by-someone", doctor("1")); planted == "planted-by-someone" {
		t.Error("a token chosen outside is taken")
	}
}

func TestCookies(t *testing.T) {
	tests := []struct {
		name   string
		secure bool
		cookie string
	}{
		{"over http", false, "vaccin_session"},
		{"over https, for this host alone", true, "__Host-vaccin_session"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := newTestManager(t, newMemory(), Options{Secure: tt.secure})
			c := cookieOf(t, m, do(m, "", put(t, m, "a", "b")))
			if c.Name != tt.cookie || c.Secure != tt.secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode ||
				c.Path != "/" || c.Domain != "" || c.MaxAge != 0 || !c.Expires.IsZero() {
				t.Errorf("%+v", c)
			}
		})
	}
}

func TestSigningOutEndsTheSession(t *testing.T) {
	store := newMemory()
	m := newTestManager(t, store, Options{})
	token := signIn(t, m, "", doctor("1"))
	answer := do(m, token, func(_ http.ResponseWriter, r *http.Request) {
		if err := m.End(r.Context()); err != nil {
			t.Error(err)
		}
	})
	if c := cookieOf(t, m, answer); c.MaxAge >= 0 || c.Value != "" {
		t.Errorf("the cookie stays: %+v", c)
	}
	if _, ok := signedIn(m, token); ok || len(store.sessions) != 0 {
		t.Error("the session stays")
	}
}

func TestARequestUnderWayDoesNotBringASessionBack(t *testing.T) {
	for _, changing := range []bool{false, true} {
		store := newMemory()
		m := newTestManager(t, store, Options{})
		token := signIn(t, m, "", doctor("1"))
		store.expire(time.Now().Add(time.Minute)) // so that the idle time is to be written
		do(m, token, func(w http.ResponseWriter, r *http.Request) {
			if changing {
				put(t, m, "flash", "done")(w, r)
			}
			do(m, token, func(_ http.ResponseWriter, r *http.Request) { _ = m.End(r.Context()) })
		})
		if _, ok := signedIn(m, token); ok {
			t.Errorf("changing %v: the session is back after the sign-out", changing)
		}
	}
}

func TestTwoTabsDoNotUndoEachOther(t *testing.T) {
	store := newMemory()
	m := newTestManager(t, store, Options{})
	token := signIn(t, m, "", doctor("1"))
	do(m, token, put(t, m, "flash", "to be shown once"))
	do(m, token, func(w http.ResponseWriter, r *http.Request) {
		do(m, token, put(t, m, "carry", "lot EJ6795")) // the other tab, meanwhile
		m.Drop(r.Context(), "flash")
		put(t, m, "search", "a number")(w, r)
	})
	for name, want := range map[string]string{"carry": "lot EJ6795", "search": "a number", "flash": ""} {
		if value := got(t, m, token, name); value != want {
			t.Errorf("%s is %q, not %q", name, value, want)
		}
	}
	store.expire(time.Now().Add(time.Minute))
	do(m, token, func(http.ResponseWriter, *http.Request) { // changes nothing, but its idle time is written
		do(m, token, put(t, m, "carry", "lot EJ6796"))
		store.expire(time.Now().Add(time.Minute))
	})
	if value := got(t, m, token, "carry"); value != "lot EJ6796" {
		t.Errorf("a request that changes nothing undoes the carry: %q", value)
	}
}

func TestIdleTimeIsWrittenNowAndThen(t *testing.T) {
	store := newMemory()
	m := newTestManager(t, store, Options{Idle: 30 * time.Minute})
	token := signIn(t, m, "", doctor("1"))
	before := store.count()
	for range 10 {
		signedIn(m, token)
	}
	if n := store.count() - before; n != 0 {
		t.Errorf("%d writes for requests that change nothing", n)
	}
	store.expire(time.Now().Add(28 * time.Minute))
	signedIn(m, token)
	if _, until, _, _ := store.Session(context.Background(), sessionID(token)); time.Until(until) < 29*time.Minute {
		t.Errorf("after two minutes the idle time is not written: %v are left", time.Until(until))
	}
}

func TestASessionEndsForWantOfRequestsAndLivesByThem(t *testing.T) {
	t.Parallel()
	m := newTestManager(t, newMemory(), Options{Idle: 2 * time.Second})
	token := signIn(t, m, "", doctor("1"))
	for range 5 {
		time.Sleep(600 * time.Millisecond)
		if _, ok := signedIn(m, token); !ok {
			t.Fatal("a session in use ends")
		}
	}
	time.Sleep(2100 * time.Millisecond)
	if _, ok := signedIn(m, token); ok {
		t.Error("an idle session goes on")
	}
}

func TestASessionEndsInAll(t *testing.T) {
	t.Parallel()
	m := newTestManager(t, newMemory(), Options{Idle: time.Second, Absolute: 2 * time.Second})
	token, end := signIn(t, m, "", doctor("1")), time.Now().Add(2100*time.Millisecond)
	for time.Now().Before(end) {
		time.Sleep(100 * time.Millisecond)
		signedIn(m, token)
	}
	if _, ok := signedIn(m, token); ok {
		t.Error("a session in use outlives its absolute limit")
	}
}

func TestDefaultsAreThoseOfTheRequirements(t *testing.T) {
	m := newTestManager(t, newMemory(), Options{})
	if m.sessions.IdleTimeout != 30*time.Minute || m.sessions.Lifetime != 4*time.Hour || KeptFor != 4*time.Hour {
		t.Errorf("idle %v, in all %v, forms %v", m.sessions.IdleTimeout, m.sessions.Lifetime, KeptFor)
	}
}

func TestNothingOfThePageIsSentWhenTheSessionCannotBeWritten(t *testing.T) {
	store := newMemory()
	m := newTestManager(t, store, Options{})
	m.OnError(func(w http.ResponseWriter, _ *http.Request, _ error) {
		http.Error(w, "sorry", http.StatusInternalServerError)
	})
	token := signIn(t, m, "", doctor("1"))
	answer := do(m, token, func(w http.ResponseWriter, r *http.Request) {
		put(t, m, "a", "b")(w, r)
		store.fail(errBroken)
		w.Header().Set("Location", "/dossiers/1")
		w.WriteHeader(http.StatusSeeOther)
		_, _ = w.Write([]byte("Jeanne DURAND"))
	})
	body := new(strings.Builder)
	if err := answer.Write(body); err != nil {
		t.Fatal(err)
	}
	if answer.StatusCode != http.StatusInternalServerError || strings.Contains(body.String(), "DURAND") || strings.Contains(body.String(), "dossiers") {
		t.Error(body)
	}
	if answer := do(m, token, func(http.ResponseWriter, *http.Request) { t.Error("served without its session") }); answer.StatusCode != 500 {
		t.Errorf("status %d when the session cannot be read", answer.StatusCode)
	}
}

func TestChoosingAPlace(t *testing.T) {
	m := newTestManager(t, newMemory(), Options{})
	token := signIn(t, m, "", doctor("1"))
	for _, tt := range []struct {
		rank   int
		chosen string
	}{{-1, ""}, {2, ""}, {1, "B"}, {5, "B"}, {0, "A"}} {
		do(m, token, func(_ http.ResponseWriter, r *http.Request) {
			if err := m.Choose(r.Context(), tt.rank); (err == nil) != (tt.rank == 0 || tt.rank == 1) {
				t.Errorf("place %d: %v", tt.rank, err)
			}
		})
		l, _ := signedIn(m, token)
		by, ok := l.Actor()
		if ok != (tt.chosen != "") || by.Place.ID != tt.chosen {
			t.Errorf("after %d: %q", tt.rank, by.Place.ID)
		}
	}
}

func TestWhoseSessionExpired(t *testing.T) {
	store := newMemory()
	m := newTestManager(t, store, Options{})
	token := signIn(t, m, "", doctor("899700810379"))
	ended := signIn(t, m, "", doctor("2"))
	do(m, ended, func(_ http.ResponseWriter, r *http.Request) { _ = m.End(r.Context()) })
	nobody := cookieOf(t, m, do(m, "", put(t, m, "a", "b"))).Value
	ask := func(token string) (string, bool) {
		r := httptest.NewRequest(http.MethodPost, "/", nil)
		if token != "" {
			r.AddCookie(&http.Cookie{Name: m.sessions.Cookie.Name, Value: token})
		}
		id, ok, err := m.Expired(r)
		if err != nil {
			t.Error(err)
		}
		return id, ok
	}
	if _, ok := ask(token); ok {
		t.Error("a living session is said to have expired")
	}
	store.expire(time.Now().Add(-time.Second))
	for _, tt := range []struct{ name, token, want string }{
		{"expired", token, "899700810379"}, {"signed out", ended, ""}, {"made up", "made-up", ""}, {"none", "", ""}, {"nobody's", nobody, ""},
	} {
		if id, ok := ask(tt.token); id != tt.want || ok != (tt.want != "") {
			t.Errorf("%s: %q %v", tt.name, id, ok)
		}
	}
	if err := m.Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, ok := ask(token); !ok {
		t.Error("a session is purged while its form may still be kept")
	}
	store.expire(time.Now().Add(-KeptFor - time.Second))
	if err := m.Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, ok := ask(token); ok || len(store.sessions) != 0 {
		t.Error("a session is not purged")
	}
}

func TestKeptForms(t *testing.T) {
	store, ctx := newMemory(), t.Context()
	m := newTestManager(t, store, Options{})
	form := KeptForm{Path: "/dossiers/1/vaccination-1", Values: url.Values{"lot": {"EJ6795"}, "confirmed": {"a", "b"}}}
	if err := m.KeepForm(ctx, "899700810379", form); err != nil {
		t.Fatal(err)
	}
	back, ok, err := m.KeptForm(ctx, "899700810379")
	if diff := cmp.Diff(form, back); err != nil || !ok || diff != "" {
		t.Error(ok, err, diff)
	}
	for _, text := range []string{"EJ6795", "dossiers", "899700810379"} {
		if store.holds(text) {
			t.Errorf("the store holds %q in clear", text)
		}
	}
	if _, ok, err := m.KeptForm(ctx, "899700810742"); ok || err != nil {
		t.Error("another person gets the form", err)
	}
	for _, r := range store.forms { // a thief of the store moves the form to his own name
		store.forms[m.sealer.blind(formPurpose, "899700810742")] = r
	}
	if _, ok, err := m.KeptForm(ctx, "899700810742"); ok || err != nil {
		t.Error("a form moved to another owner opens", err)
	}
	store.expire(time.Now().Add(-time.Second))
	if _, ok, err := m.KeptForm(ctx, "899700810379"); ok || err != nil {
		t.Error("a form past its time comes back", err)
	}
	if err := m.Purge(ctx); err != nil || len(store.forms) != 0 {
		t.Error("a form past its time is not purged", err)
	}
	if err := m.KeepForm(ctx, "1", form); err != nil {
		t.Fatal(err)
	}
	if err := m.DropForm(ctx, "1"); err != nil || len(store.forms) != 0 {
		t.Error("the form stays", err)
	}
}
