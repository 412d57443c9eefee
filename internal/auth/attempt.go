package auth

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"vaccin/internal/auth/oidc"
	"vaccin/internal/registry"
)

// Attempt is a sign-in under way. It lives in a sealed cookie of the browser alone: the service keeps
// nothing before someone has signed in.
type Attempt struct {
	oidc.Attempt
	Door   registry.Door // whose provider was asked: another door does not take its answer
	Return string        // path to come back to
	Until  time.Time
}

const (
	attemptPurpose = "sign-in"
	Cookie         = "vaccin_signin"
	attemptFor     = 10 * time.Minute
)

// SetAttempt puts a sign-in under way into the browser's cookie.
func (m *Manager) SetAttempt(w http.ResponseWriter, door registry.Door, attempt oidc.Attempt, returnTo string) error {
	data, err := json.Marshal(Attempt{attempt, door, returnTo, time.Now().Add(attemptFor)})
	if err != nil {
		return fmt.Errorf("keeping a sign-in under way: %w", err)
	}
	m.setAttempt(w, Cookie, attemptPurpose, data)
	return nil
}

// setAttempt seals a sign-in under way, of a door, into the door's cookie.
func (m *Manager) setAttempt(w http.ResponseWriter, cookie, purpose string, data []byte) {
	sealed := base64.RawURLEncoding.EncodeToString(m.sealer.seal(purpose, "", data))
	http.SetCookie(w, m.Cookie(cookie, sealed, int(attemptFor.Seconds())))
}

// TakeAttempt returns the sign-in under way by a door and removes it: it serves once.
func (m *Manager) TakeAttempt(w http.ResponseWriter, r *http.Request, door registry.Door) (Attempt, bool) {
	data, ok := m.takeAttempt(w, r, Cookie, attemptPurpose)
	if !ok {
		return Attempt{}, false
	}
	var a Attempt
	if err := json.Unmarshal(data, &a); err != nil || a.Door != door || time.Now().After(a.Until) {
		return Attempt{}, false
	}
	return a, true
}

// takeAttempt opens the cookie of a door and removes it.
func (m *Manager) takeAttempt(w http.ResponseWriter, r *http.Request, name, purpose string) ([]byte, bool) {
	http.SetCookie(w, m.Cookie(name, "", -1))
	cookie, err := r.Cookie(cookieName(name, m.secure))
	if err != nil {
		return nil, false
	}
	sealed, err := base64.RawURLEncoding.DecodeString(cookie.Value)
	if err != nil {
		return nil, false
	}
	data, err := m.sealer.open(purpose, "", sealed)
	return data, err == nil
}

// Cookie is a cookie of the service, kept to this host, which no script reads; maxAge is as net/http has it.
func (m *Manager) Cookie(name, value string, maxAge int) *http.Cookie {
	return &http.Cookie{
		Name: cookieName(name, m.secure), Value: value, Path: "/", MaxAge: maxAge,
		Secure: m.secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
}
