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
	attemptFor     = 10 * time.Minute
)

// SetAttempt puts a sign-in under way into the browser's cookie.
func (m *Manager) SetAttempt(w http.ResponseWriter, door registry.Door, attempt oidc.Attempt, returnTo string) error {
	data, err := json.Marshal(Attempt{attempt, door, returnTo, time.Now().Add(attemptFor)})
	if err != nil {
		return fmt.Errorf("keeping a sign-in under way: %w", err)
	}
	sealed := base64.RawURLEncoding.EncodeToString(m.sealer.seal(attemptPurpose, "", data))
	http.SetCookie(w, m.attemptCookie(sealed, int(attemptFor.Seconds())))
	return nil
}

// TakeAttempt returns the sign-in under way by a door and removes it: it serves once.
func (m *Manager) TakeAttempt(w http.ResponseWriter, r *http.Request, door registry.Door) (Attempt, bool) {
	http.SetCookie(w, m.attemptCookie("", -1))
	cookie, err := r.Cookie(cookieName("vaccin_signin", m.secure))
	if err != nil {
		return Attempt{}, false
	}
	sealed, err := base64.RawURLEncoding.DecodeString(cookie.Value)
	if err != nil {
		return Attempt{}, false
	}
	data, err := m.sealer.open(attemptPurpose, "", sealed)
	if err != nil {
		return Attempt{}, false
	}
	var a Attempt
	if err := json.Unmarshal(data, &a); err != nil || a.Door != door || time.Now().After(a.Until) {
		return Attempt{}, false
	}
	return a, true
}

func (m *Manager) attemptCookie(value string, maxAge int) *http.Cookie {
	return &http.Cookie{
		Name: cookieName("vaccin_signin", m.secure), Value: value, Path: "/", MaxAge: maxAge,
		Secure: m.secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
}
