package auth

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"

	"vaccin/internal/registry"
)

var testJar = Jar{Name: "search", Most: 3}

// visitor is a browser: what it keeps, in the order in which it got it.
type visitor struct {
	m       *Manager
	cookies []*http.Cookie
	last    []*http.Cookie // of the last answer
}

func (v *visitor) ask(h func(http.ResponseWriter, *http.Request)) {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	for _, c := range v.cookies {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	v.m.LoadAndSave(http.HandlerFunc(h)).ServeHTTP(w, r)
	v.last = w.Result().Cookies()
	for _, c := range v.last {
		i := slices.IndexFunc(v.cookies, func(k *http.Cookie) bool { return k.Name == c.Name })
		switch {
		case i < 0 && c.MaxAge >= 0:
			v.cookies = append(v.cookies, c)
		case i >= 0 && c.MaxAge < 0:
			v.cookies = slices.Delete(v.cookies, i, i+1)
		case i >= 0:
			v.cookies[i] = c
		}
	}
}

// kept are the names of the cookies of the jar.
func (v *visitor) kept() (names []string) {
	for _, c := range v.cookies {
		if strings.Contains(c.Name, jarPrefix) {
			names = append(names, c.Name)
		}
	}
	return names
}

func (v *visitor) keep(t *testing.T, text string) (name string) {
	t.Helper()
	v.ask(func(w http.ResponseWriter, r *http.Request) {
		var err error
		if name, err = v.m.Keep(w, r, testJar, []byte(text)); err != nil {
			t.Error(err)
		}
	})
	return name
}

func (v *visitor) open(jar Jar, name string) (text string) {
	v.ask(func(_ http.ResponseWriter, r *http.Request) {
		if thing, ok := v.m.Kept(r, jar, name); ok {
			text = string(thing.Data)
		}
	})
	return text
}

func (v *visitor) signIn(t *testing.T, l Login) *visitor {
	t.Helper()
	v.ask(func(_ http.ResponseWriter, r *http.Request) {
		if err := v.m.Begin(r.Context(), l); err != nil {
			t.Error(err)
		}
	})
	return v
}

// put gives a browser a cookie that it did not get.
func (v *visitor) put(name, value string) {
	v.cookies = append(v.cookies, &http.Cookie{Name: name, Value: value})
}

func TestWhatTheBrowserKeepsOpensInItsSessionAlone(t *testing.T) {
	store := newMemory()
	m := newTestManager(t, store, Options{Secure: true})
	mine := (&visitor{m: m}).signIn(t, doctor("1"))
	writes := store.count()
	name := mine.keep(t, "1841276451089")
	cookie := *mine.last[0]
	if cookie.Name != "__Host-vaccin_kept_search_"+name || !cookie.Secure || !cookie.HttpOnly || cookie.Path != "/" || cookie.Domain != "" ||
		cookie.SameSite != http.SameSiteLaxMode || cookie.MaxAge != 0 || !cookie.Expires.IsZero() || strings.Contains(cookie.Value, "1841276451089") {
		t.Errorf("%+v", cookie)
	}
	if mine.open(testJar, name) != "1841276451089" || mine.open(testJar, "") != "1841276451089" {
		t.Error("it does not open in its session")
	}
	if n := store.count() - writes; n != 0 {
		t.Errorf("%d writes of the store", n)
	}

	other := (&visitor{m: m}).signIn(t, doctor("1")) // of the same person
	other.put(cookie.Name, cookie.Value)
	if other.open(testJar, name) != "" || other.open(testJar, "") != "" {
		t.Error("it opens in another session")
	}
	stranger := &visitor{m: m}
	stranger.put(cookie.Name, cookie.Value)
	if stranger.open(testJar, name) != "" {
		t.Error("it opens without a session")
	}
	stranger.ask(func(w http.ResponseWriter, r *http.Request) {
		if _, err := m.Keep(w, r, testJar, []byte("x")); !errors.Is(err, errNoJar) {
			t.Errorf("kept for nobody: %v", err)
		}
	})
	renamed := strings.TrimSuffix(cookie.Name, name) + "ABCDEFGHIJKL"
	mine.put(renamed, cookie.Value)
	if mine.open(testJar, "ABCDEFGHIJKL") != "" {
		t.Error("it opens under another name")
	}
	mine.put(strings.Replace(cookie.Name, "search", "other", 1), cookie.Value)
	if mine.open(Jar{Name: "other", Most: 3}, name) != "" {
		t.Error("it opens as another kind of thing")
	}
	for i := range cookie.Value {
		letter := "A"
		if cookie.Value[i] == 'A' {
			letter = "Q"
		}
		mine.cookies = slices.DeleteFunc(mine.cookies, func(c *http.Cookie) bool { return c.Name == cookie.Name })
		mine.put(cookie.Name, cookie.Value[:i]+letter+cookie.Value[i+1:])
		if mine.open(testJar, name) != "" {
			t.Fatalf("it opens with letter %d changed", i)
		}
	}
	mine.keep(t, "another")
	if len(mine.kept()) != 2 { // the new one, and the other jar's
		t.Errorf("what does not open stays: %v", mine.kept())
	}
}

func TestTheOldestThatTheBrowserKeepsGoes(t *testing.T) {
	v := (&visitor{m: newTestManager(t, newMemory(), Options{})}).signIn(t, doctor("1"))
	names := []string{}
	for i := range testJar.Most + 2 {
		names = append(names, v.keep(t, strconv.Itoa(i)))
		slices.Reverse(v.cookies) // browsers send them in any order
	}
	for i, name := range names {
		want := strconv.Itoa(i)
		if i < 2 {
			want = ""
		}
		if got := v.open(testJar, name); got != want {
			t.Errorf("thing %d reads %q", i, got)
		}
	}
	if len(v.kept()) != testJar.Most {
		t.Errorf("kept %v", v.kept())
	}
	// To keep one again does not make it younger.
	v.ask(func(w http.ResponseWriter, r *http.Request) {
		thing, _ := v.m.Kept(r, testJar, names[2])
		thing.Data = []byte("made")
		if err := v.m.KeepAgain(w, r, testJar, thing); err != nil {
			t.Error(err)
		}
	})
	if v.open(testJar, names[2]) != "made" || v.open(testJar, "") != "4" {
		t.Errorf("kept again: %q, last %q", v.open(testJar, names[2]), v.open(testJar, ""))
	}
	if v.keep(t, "5"); v.open(testJar, names[2]) != "" || v.open(testJar, names[3]) != "3" {
		t.Error("not the oldest went")
	}

	large := strings.Repeat("x", 2_200)
	for range 5 {
		v.keep(t, large)
	}
	size := 0
	for _, c := range v.cookies {
		if strings.HasPrefix(c.Name, jarPrefix) {
			size += len(c.Name) + len(c.Value)
		}
	}
	if n := len(v.kept()); n != 2 || size > JarBytes {
		t.Errorf("%d large things are kept, of %d bytes", n, size)
	}
	v.ask(func(w http.ResponseWriter, r *http.Request) {
		if _, err := v.m.Keep(w, r, testJar, []byte(strings.Repeat("x", MaxCookie*3/4))); !errors.Is(err, errJarTooBig) {
			t.Errorf("more than browsers keep: %v", err)
		}
	})
}

func TestWhatTheBrowserKeepsGoesWithTheSessionAndTheRole(t *testing.T) {
	agent := Login{
		Door: registry.DoorAgents, NationalID: "agent:1", Chosen: -1, Role: registry.RoleSupport,
		Roles: []registry.Role{registry.RoleSupport, registry.RoleDataProtection},
	}
	choose := func(m *Manager, role registry.Role) func(http.ResponseWriter, *http.Request) {
		return func(_ http.ResponseWriter, r *http.Request) {
			if err := m.ChooseRole(r.Context(), role); err != nil {
				t.Error(err)
			}
		}
	}
	for name, leave := range map[string]func(*Manager) func(http.ResponseWriter, *http.Request){
		"sign-out": func(m *Manager) func(http.ResponseWriter, *http.Request) {
			return func(_ http.ResponseWriter, r *http.Request) { _ = m.End(r.Context()) }
		},
		"sign-out everywhere": func(m *Manager) func(http.ResponseWriter, *http.Request) {
			return func(_ http.ResponseWriter, r *http.Request) { _ = m.EndEverywhere(r.Context(), "agent:1") }
		},
		"sign-in": func(m *Manager) func(http.ResponseWriter, *http.Request) {
			return func(_ http.ResponseWriter, r *http.Request) { _ = m.Begin(r.Context(), doctor("1")) }
		},
		"another role": func(m *Manager) func(http.ResponseWriter, *http.Request) {
			return choose(m, registry.RoleDataProtection)
		},
	} {
		v := (&visitor{m: newTestManager(t, newMemory(), Options{})}).signIn(t, agent)
		thing := v.keep(t, "1841276451089")
		stolen := slices.Clone(v.cookies)
		v.ask(choose(v.m, registry.RoleSupport))
		if v.open(testJar, thing) == "" {
			t.Errorf("%s: the role that is in use already, chosen again, loses what is kept", name)
		}
		v.ask(leave(v.m))
		if len(v.kept()) != 0 {
			t.Errorf("%s leaves %v", name, v.kept())
		}
		// Nor does it open for who put the cookie aside, whatever they do next.
		for _, c := range stolen {
			if strings.HasPrefix(c.Name, jarPrefix) {
				v.put(c.Name, c.Value)
			}
		}
		if v.open(testJar, thing) != "" {
			t.Errorf("%s: what was kept before opens", name)
		}
		if name == "another role" {
			v.ask(choose(v.m, registry.RoleSupport))
			v.put("vaccin_kept_search_"+thing, stolen[len(stolen)-1].Value)
			if v.open(testJar, thing) != "" {
				t.Error("what was kept opens again in the role of before")
			}
		}
	}
}

func FuzzKept(f *testing.F) {
	f.Add("vaccin_kept_search_A=AAAA; vaccin_kept_search_=; vaccin_kept_search_A=B", "A")
	f.Add("vaccin_kept_search_ABCDEFGHIJKL="+strings.Repeat("A", 60), "")
	m := newTestManager(f, newMemory(), Options{})
	var session *http.Cookie
	w := httptest.NewRecorder()
	m.LoadAndSave(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if err := m.Begin(r.Context(), doctor("1")); err != nil {
			f.Error(err)
		}
	})).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	session = w.Result().Cookies()[0]
	f.Fuzz(func(t *testing.T, cookies, name string) {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("Cookie", cookies+"; "+session.String())
		m.LoadAndSave(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if _, ok := m.Kept(r, testJar, name); ok {
				t.Error("something opens that we did not seal")
			}
			if _, in := m.Login(r.Context()); !in {
				return // the cookies hide that of the session
			}
			if _, err := m.Keep(w, r, testJar, []byte("a search")); err != nil {
				t.Error(err)
			}
		})).ServeHTTP(httptest.NewRecorder(), r)
	})
}
