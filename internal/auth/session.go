package auth

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/alexedwards/scs/v2"

	"vaccin/internal/registry"
)

// Options are the settings of sessions.
type Options struct {
	Idle     time.Duration // a session ends after that long without a request: 30 minutes by default
	Absolute time.Duration // and after that long in all: 4 hours by default
	Secure   bool          // the service is reached by https
}

// KeptFor is the longest a form is kept after its session expired.
const KeptFor = 4 * time.Hour

// Manager gives each request its session.
type Manager struct {
	sessions *scs.SessionManager
	kept     *sealedStore // beneath sessions
	store    Store
	sealer   *Sealer
	secure   bool
	failed   func(http.ResponseWriter, *http.Request, error)
	logins   logins
}

// NewManager returns a manager whose sessions live in the store, sealed.
func NewManager(store Store, sealer *Sealer, options Options) *Manager {
	if options.Idle == 0 {
		options.Idle = 30 * time.Minute
	}
	if options.Absolute == 0 {
		options.Absolute = 4 * time.Hour
	}
	sessions := scs.New()
	kept := newSealedStore(store, sealer, options.Idle)
	sessions.Store = kept
	sessions.Codec = codec{}
	sessions.IdleTimeout, sessions.Lifetime = options.Idle, options.Absolute
	sessions.Cookie.Name = cookieName("vaccin_session", options.Secure)
	sessions.Cookie.Secure = options.Secure
	sessions.Cookie.SameSite = http.SameSiteLaxMode // Strict would lose the session on the way back from the sign-in
	sessions.Cookie.Persist = false
	failed := func(w http.ResponseWriter, _ *http.Request, _ error) {
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
	}
	return &Manager{sessions: sessions, kept: kept, store: store, sealer: sealer, secure: options.Secure, failed: failed}
}

// cookieName asks the browser, over https, to keep the cookie to this very host.
func cookieName(name string, secure bool) string {
	if secure {
		return "__Host-" + name
	}
	return name
}

// Begin signs someone in: a new session, under a new token.
func (m *Manager) Begin(ctx context.Context, login Login) error {
	if err := m.sessions.Clear(ctx); err != nil {
		return fmt.Errorf("clearing the session before sign-in: %w", err)
	}
	if err := m.sessions.RenewToken(ctx); err != nil {
		return fmt.Errorf("renewing the session at sign-in: %w", err)
	}
	leaveJars(ctx)
	m.put(ctx, idTokenKey, []byte(login.IDToken))
	m.put(ctx, tagsKey, m.tags(login).encode())
	return m.Put(ctx, loginKey, login)
}

// End signs the person out.
func (m *Manager) End(ctx context.Context) error { return m.sessions.Destroy(ctx) }

// The identity token, long and read only at sign-out, stands apart from the login, read at each request.
const (
	loginKey   = "login"
	idTokenKey = "id-token"
	tagsKey    = "tags"
)

// Login returns who is signed in, without the identity token.
func (m *Manager) Login(ctx context.Context) (Login, bool) {
	if loadedIn(ctx) == nil {
		return Login{}, false
	}
	l, err := m.logins.read(m.sessions.GetBytes(ctx, loginKey))
	if err != nil || l.NationalID == "" {
		return Login{}, false
	}
	return l, true
}

// IDToken returns the identity token of who is signed in.
func (m *Manager) IDToken(ctx context.Context) string {
	if loadedIn(ctx) == nil {
		return ""
	}
	return string(m.sessions.GetBytes(ctx, idTokenKey))
}

// Choose sets the place of practice in use, by its rank among the practices of the login.
func (m *Manager) Choose(ctx context.Context, rank int) error {
	l, ok := m.Login(ctx)
	if !ok || rank < 0 || rank >= len(l.Practices) {
		return registry.Invalid("Choisissez un lieu d’exercice de la liste.")
	}
	l.Chosen = rank
	return m.Put(ctx, loginKey, l)
}

// ChooseRole sets the role in use, among those of an agent's login. What the session held of another role, such
// as a search, is dropped, and so is what the browser keeps for it: an agent acts with one role at a time.
func (m *Manager) ChooseRole(ctx context.Context, role registry.Role) error {
	l, ok := m.Login(ctx)
	if !ok || !slices.Contains(l.Roles, role) {
		return registry.Invalid("Choisissez un rôle de la liste.")
	}
	if l.Role != role && l.Role != "" {
		for _, name := range m.sessions.Keys(ctx) {
			if name != loginKey && name != idTokenKey && name != tagsKey {
				m.Drop(ctx, name)
			}
		}
		leaveJars(ctx)
		l.Turn++
	}
	l.Role = role
	return m.Put(ctx, loginKey, l)
}

// Put keeps a value in the session under a name.
func (m *Manager) Put(ctx context.Context, name string, value any) error {
	data, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("keeping %s in the session: %w", name, err)
	}
	m.put(ctx, name, data)
	return nil
}

func (m *Manager) put(ctx context.Context, name string, data []byte) {
	if l := loadedIn(ctx); l != nil && bytes.Equal(m.sessions.GetBytes(ctx, name), data) {
		return // as the place and lot of a doctor's next dose are most of the time
	}
	change(ctx)
	m.sessions.Put(ctx, name, data)
}

// Get reads a value of the session into a pointer, and tells whether it was there. Outside of
// LoadAndSave, as on the page that answers its failure, there is none.
func (m *Manager) Get(ctx context.Context, name string, into any) (bool, error) {
	if loadedIn(ctx) == nil {
		return false, nil
	}
	data := m.sessions.GetBytes(ctx, name)
	if data == nil {
		return false, nil
	}
	if err := json.Unmarshal(data, into); err != nil {
		return false, fmt.Errorf("reading %s from the session: %w", name, err)
	}
	return true, nil
}

// Drop removes a value of the session.
func (m *Manager) Drop(ctx context.Context, name string) {
	change(ctx)
	m.sessions.Remove(ctx, name)
}

// Expired tells whose session the request's cookie names, if that session is known and has expired.
func (m *Manager) Expired(r *http.Request) (nationalID string, ok bool, err error) {
	cookie, err := r.Cookie(m.sessions.Cookie.Name)
	if err != nil {
		return "", false, nil
	}
	id := sessionID(cookie.Value)
	sealed, expires, found, err := m.store.Session(r.Context(), id)
	if err != nil || !found || time.Now().Before(expires) {
		return "", false, err
	}
	data, err := m.sealer.open(sessionPurpose, id, sealed)
	if err != nil {
		return "", false, nil // sealed with a key of before: nothing to go by
	}
	_, values, err := decodeSession(data)
	if err != nil {
		return "", false, err
	}
	var l Login
	raw := values[loginKey]
	if raw == nil {
		return "", false, nil
	}
	if err := json.Unmarshal(raw, &l); err != nil {
		return "", false, fmt.Errorf("reading the login of an expired session: %w", err)
	}
	if l.Door == registry.DoorPassword {
		return "", false, nil // it could not send a form, and leaves none to who signs in by card
	}
	return l.NationalID, true, nil
}

// Purge removes what no one can use any more: sessions expired for longer than a form is kept, and
// orders to end sessions and forms past their time.
func (m *Manager) Purge(ctx context.Context) error {
	now := time.Now()
	if err := m.store.PurgeSessions(ctx, now.Add(-KeptFor)); err != nil {
		return err
	}
	if err := m.store.PurgeOrders(ctx, now); err != nil {
		return err
	}
	if err := m.store.PurgeHandovers(ctx, now); err != nil {
		return err
	}
	return m.store.PurgeForms(ctx, now)
}

// sessionID is what the store knows a session by: who reads the store cannot use it.
func sessionID(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}
