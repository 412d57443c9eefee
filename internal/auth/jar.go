package auth

import (
	"cmp"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Jar is a kind of things that a session has its browser keep, where the session itself would cost a write of
// the store for each. Every thing is sealed in a cookie of its own, for that session and under that name alone.
type Jar struct {
	Name string // in the names of the cookies
	Most int    // how many things are kept; the oldest go
}

// Kept is a thing that the browser keeps.
type Kept struct {
	Name string // drawn; tells nothing
	At   time.Time
	Data []byte
}

// JarBytes is the most that the cookies of a jar take together, beyond which the oldest go: proxies refuse a line
// of 8 KiB, and ours stand in one with the session's.
const JarBytes = 6 << 10

// MaxCookie is the most that browsers keep of a cookie, its name included.
const MaxCookie = 4096

const (
	jarPurpose = "jar"
	jarPrefix  = "vaccin_kept_"
)

var (
	errNoJar     = errors.New("nobody is signed in for whom the browser could keep something")
	errJarTooBig = errors.New("what the browser is to keep is larger than a cookie")
)

func (j Jar) cookie(name string) string { return jarPrefix + j.Name + "_" + name }

// Keep has the browser keep something, under a name that it draws. The answer that does so deletes the oldest,
// and what the session cannot open.
func (m *Manager) Keep(w http.ResponseWriter, r *http.Request, jar Jar, data []byte) (name string, err error) {
	thing := Kept{rand.Text()[:12], time.Now(), data}
	cookie, err := m.sealKept(r, jar, thing)
	if err != nil {
		return "", err
	}
	stay := map[string]bool{}
	room := JarBytes - len(cookie.Name) - len(cookie.Value)
	for _, before := range slices.Backward(m.jar(r, jar)) {
		full := cookieName(jar.cookie(before.Name), m.secure)
		if c, err := r.Cookie(full); err == nil {
			room -= len(c.Name) + len(c.Value)
		}
		if len(stay) == jar.Most-1 || room < 0 {
			break
		}
		stay[full] = true
	}
	m.deleteKept(w, r, jar.cookie(""), stay)
	http.SetCookie(w, cookie)
	return thing.Name, nil
}

// KeepAgain has the browser keep something in place of what it kept under that name.
func (m *Manager) KeepAgain(w http.ResponseWriter, r *http.Request, jar Jar, thing Kept) error {
	cookie, err := m.sealKept(r, jar, thing)
	if err == nil {
		http.SetCookie(w, cookie)
	}
	return err
}

// Kept is what the browser keeps under a name, or last when the name is empty, if this session had it kept.
func (m *Manager) Kept(r *http.Request, jar Jar, name string) (Kept, bool) {
	if name != "" {
		for _, c := range r.CookiesNamed(cookieName(jar.cookie(name), m.secure)) {
			if thing, ok := m.openKept(r, jar, name, c.Value); ok {
				return thing, true
			}
		}
		return Kept{}, false
	}
	all := m.jar(r, jar)
	if len(all) == 0 {
		return Kept{}, false
	}
	return all[len(all)-1], true
}

// jar is all that the browser keeps for this session, the oldest first.
func (m *Manager) jar(r *http.Request, jar Jar) (all []Kept) {
	for _, c := range r.Cookies() {
		if name, ok := strings.CutPrefix(c.Name, cookieName(jar.cookie(""), m.secure)); ok {
			if thing, ok := m.openKept(r, jar, name, c.Value); ok {
				all = append(all, thing)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b Kept) int {
		return cmp.Or(a.At.Compare(b.At), strings.Compare(a.Name, b.Name))
	})
	return slices.CompactFunc(all, func(a, b Kept) bool { return a.Name == b.Name })
}

// keptFor is what a thing is sealed for: its session, its name, and the role in use, which can be left and taken
// again: who changes it leaves behind what they had kept.
func (m *Manager) keptFor(r *http.Request, jar Jar, name string) (id string, ok bool) {
	seen := loadedIn(r.Context())
	login, in := m.Login(r.Context())
	if !in || seen.id == "" {
		return "", false
	}
	return seen.id + "\n" + strconv.Itoa(login.Turn) + "\n" + jar.cookie(name), true
}

func (m *Manager) sealKept(r *http.Request, jar Jar, thing Kept) (*http.Cookie, error) {
	id, ok := m.keptFor(r, jar, thing.Name)
	if !ok {
		return nil, errNoJar
	}
	data := binary.BigEndian.AppendUint64(nil, uint64(thing.At.UnixNano())) //nolint:gosec // read back as it was
	sealed := m.sealer.seal(jarPurpose, id, append(data, thing.Data...))
	cookie := m.Cookie(jar.cookie(thing.Name), base64.RawURLEncoding.EncodeToString(sealed), 0)
	if len(cookie.Name)+len(cookie.Value) > MaxCookie {
		return nil, errJarTooBig
	}
	return cookie, nil
}

func (m *Manager) openKept(r *http.Request, jar Jar, name, value string) (Kept, bool) {
	id, ok := m.keptFor(r, jar, name)
	if !ok {
		return Kept{}, false
	}
	sealed, err := base64.RawURLEncoding.DecodeString(value)
	if err != nil {
		return Kept{}, false
	}
	data, err := m.sealer.open(jarPurpose, id, sealed)
	if err != nil || len(data) < 8 {
		return Kept{}, false
	}
	at := time.Unix(0, int64(binary.BigEndian.Uint64(data))) //nolint:gosec // as it was written
	return Kept{name, at, data[8:]}, true
}

// deleteKept deletes the cookies of a request whose names begin so, but for those that stay.
func (m *Manager) deleteKept(w http.ResponseWriter, r *http.Request, prefix string, stay map[string]bool) {
	deleted := map[string]bool{}
	for _, c := range r.Cookies() {
		if name := c.Name; strings.HasPrefix(name, cookieName(prefix, m.secure)) && !stay[name] && !deleted[name] {
			deleted[name] = true
			gone := m.Cookie("", "", -1)
			gone.Name = name
			http.SetCookie(w, gone)
		}
	}
}
