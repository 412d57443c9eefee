package opsim

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/zitadel/oidc/v3/pkg/crypto"
	"github.com/zitadel/oidc/v3/pkg/oidc"
)

// How long a logout token lives, and how long the service may take to answer one.
const (
	logoutLifetime = 2 * time.Minute
	logoutPatience = 3 * time.Second
)

// tellSignOut posts a logout token for a session that ended to the service (OpenID Connect Back-Channel Logout
// 1.0). A service that does not answer keeps its session until it ends of itself, as with the real ones.
func (s *simulator) tellSignOut(subject, session string) {
	if s.options.LogoutURI == "" {
		return
	}
	token, err := s.logoutToken(subject, session)
	if err != nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), logoutPatience)
	defer cancel()
	body := strings.NewReader(url.Values{"logout_token": {token}}.Encode())
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.options.LogoutURI, body)
	if err != nil {
		return
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return
	}
	response.Body.Close()
}

func (s *simulator) logoutToken(subject, session string) (string, error) {
	claims := oidc.NewLogoutTokenClaims(s.addresses.Issuer, subject, oidc.Audience{s.options.ClientID},
		time.Now().Add(logoutLifetime), rand.Text(), session, 0)
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	key := jose.SigningKey{Algorithm: signatureAlgorithm, Key: jose.JSONWebKey{Key: s.storage.key, KeyID: keyID}}
	signer, err := jose.NewSigner(key, (&jose.SignerOptions{}).WithType("logout+jwt"))
	if err != nil {
		return "", err
	}
	return crypto.SignPayload(payload, signer)
}

// openSessions is how many sessions an account has open here.
type openSessions struct {
	Account
	Open int
}

// showSessions lets whoever tries the demonstration end sessions from the provider's side.
func (s *simulator) showSessions(w http.ResponseWriter, _ *http.Request) {
	open := map[string]int{}
	s.storage.mu.Lock()
	for _, kept := range s.storage.sessions.values {
		open[kept.value]++
	}
	s.storage.mu.Unlock()
	page := loginPage{}
	for _, account := range s.kind.Accounts {
		if n := open[account.Subject]; n > 0 {
			page.Sessions = append(page.Sessions, openSessions{account, n})
		}
	}
	s.render(w, http.StatusOK, "sessions", page)
}

func (s *simulator) closeSessions(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if account, err := s.kind.account(r.PostFormValue("account")); err == nil {
		s.storage.end(account.Subject, func(string) bool { return true })
	}
	http.Redirect(w, r, s.kind.sessionsPath(), http.StatusSeeOther)
}
