package oidctest

import (
	"crypto/rand"
	"crypto/rsa"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"vaccin/internal/auth/oidc"
)

const logoutEvent = "http://schemas.openid.net/event/backchannel-logout"

// honestLogout are the claims of a logout token as a provider makes it.
func (h *hostile) honestLogout() map[string]any {
	now := time.Now().Unix()
	return map[string]any{
		"iss": h.url, "aud": ClientID, "iat": now, "exp": now + 120, "jti": "j-1", "sub": hostileSubject, "sid": "s-1",
		"events": map[string]any{logoutEvent: map[string]any{}},
	}
}

func verifyLogoutRefusesAHostileToken(t *testing.T, door Door) {
	otherKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	set := func(name string, value any) func(*testing.T, *hostile, map[string]any) string {
		return func(t *testing.T, h *hostile, c map[string]any) string {
			c[name] = value
			return sign(t, h.key, "RS256", c)
		}
	}
	without := func(names ...string) func(*testing.T, *hostile, map[string]any) string {
		return func(t *testing.T, h *hostile, c map[string]any) string {
			for _, name := range names {
				delete(c, name)
			}
			return sign(t, h.key, "RS256", c)
		}
	}
	now := time.Now()
	for _, c := range []struct {
		name string
		make func(*testing.T, *hostile, map[string]any) string
		want oidc.Reason
	}{
		{"honest", without(), ""},
		{"honest, of one session", without("sub"), ""},
		{"honest, of every session", without("sid"), ""},
		{"honest, typed as the standard recommends", func(t *testing.T, h *hostile, c map[string]any) string {
			return signTyped(t, h.key, "logout+jwt", c)
		}, ""},
		{"an access token's type", func(t *testing.T, h *hostile, c map[string]any) string {
			return signTyped(t, h.key, "at+jwt", c)
		}, oidc.ReasonInvalidResponse},
		{"nothing", func(*testing.T, *hostile, map[string]any) string { return "" }, oidc.ReasonInvalidResponse},
		{"not a JWT", func(*testing.T, *hostile, map[string]any) string { return "not.a.jwt" }, oidc.ReasonInvalidResponse},
		{"endless", func(*testing.T, *hostile, map[string]any) string { return strings.Repeat("e", 100<<10) }, oidc.ReasonInvalidResponse},
		{"an ID token", func(t *testing.T, h *hostile, _ map[string]any) string {
			return sign(t, h.key, "RS256", h.honestClaims())
		}, oidc.ReasonInvalidResponse},
		{"no signature", func(t *testing.T, _ *hostile, c map[string]any) string {
			return unsigned(t, "none", c) + "."
		}, oidc.ReasonInvalidResponse},
		{"HS256 with the public key", func(t *testing.T, h *hostile, c map[string]any) string {
			return signHMAC(t, publicPEM(t, &h.key.PublicKey), c)
		}, oidc.ReasonInvalidResponse},
		{"HS256 with the client secret", func(t *testing.T, _ *hostile, c map[string]any) string {
			return signHMAC(t, []byte(ClientSecret), c)
		}, oidc.ReasonInvalidResponse},
		{"another key", func(t *testing.T, _ *hostile, c map[string]any) string {
			return sign(t, otherKey, "RS256", c)
		}, oidc.ReasonInvalidResponse},
		{"claims changed after signing", func(t *testing.T, h *hostile, c map[string]any) string {
			genuine := strings.Split(sign(t, h.key, "RS256", c), ".")
			c["sub"] = "someone else"
			return unsigned(t, "RS256", c) + "." + genuine[2]
		}, oidc.ReasonInvalidResponse},
		{"another issuer", set("iss", "https://example.org"), oidc.ReasonInvalidResponse},
		{"another audience", set("aud", "another-service"), oidc.ReasonInvalidResponse},
		{"no audience", without("aud"), oidc.ReasonInvalidResponse},
		{"no moment", without("iat"), oidc.ReasonInvalidResponse},
		{"made long ago, valid for long", func(t *testing.T, h *hostile, c map[string]any) string {
			c["iat"], c["exp"] = now.Add(-10*time.Minute).Unix(), now.Add(time.Hour).Unix()
			return sign(t, h.key, "RS256", c)
		}, oidc.ReasonExpired},
		{"made in the future", set("iat", now.Add(5*time.Minute).Unix()), oidc.ReasonInvalidResponse},
		{"expired", set("exp", now.Add(-time.Second).Unix()), oidc.ReasonExpired},
		{"no expiry", without("exp"), oidc.ReasonInvalidResponse},
		{"no identifier", without("jti"), oidc.ReasonInvalidResponse},
		{"an endless identifier", set("jti", strings.Repeat("j", 300)), oidc.ReasonInvalidResponse},
		{"an endless session", set("sid", strings.Repeat("s", 300)), oidc.ReasonInvalidResponse},
		{"of nobody", without("sub", "sid"), oidc.ReasonInvalidResponse},
		{"no event", without("events"), oidc.ReasonInvalidResponse},
		{"another event", set("events", map[string]any{"https://example.org/event": map[string]any{}}), oidc.ReasonInvalidResponse},
		{"an event that is no object", set("events", map[string]any{logoutEvent: true}), oidc.ReasonInvalidResponse},
		{"a nonce", set("nonce", "n"), oidc.ReasonInvalidResponse},
		{"an empty nonce", set("nonce", ""), oidc.ReasonInvalidResponse},
		{"a null nonce", set("nonce", nil), oidc.ReasonInvalidResponse},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHostile(t, door, 5*time.Second)
			logout, err := h.client.VerifyLogout(t.Context(), c.make(t, h, h.honestLogout()))
			wantReason(t, err, c.want)
			wantDiscreet(t, door, err)
			if c.want == "" && (logout.Issuer != h.url || logout.TokenID != "j-1" || logout.Subject+logout.SessionID == "") {
				t.Errorf("read as %+v", logout)
			}
		})
	}
}

// verifyLogoutWithstandsAFlood sends tokens of unknown keys: the address of logouts is open to everyone.
func verifyLogoutWithstandsAFlood(t *testing.T, door Door) {
	otherKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	t.Run("a flood of unknown keys", func(t *testing.T) {
		h := newHostile(t, door, 5*time.Second)
		var asked atomic.Int32
		honest := h.certs
		h.certs = func(w http.ResponseWriter, r *http.Request) { asked.Add(1); honest(w, r) }
		start := time.Now()
		for range 100 {
			_, err := h.client.VerifyLogout(t.Context(), sign(t, otherKey, "RS256", h.honestLogout()))
			wantReason(t, err, oidc.ReasonInvalidResponse)
		}
		if n, most := asked.Load(), int32(time.Since(start)/time.Second)+1; n > most {
			t.Errorf("100 forged tokens made us ask the provider for its keys %d times", n)
		}
		if _, err := h.client.VerifyLogout(t.Context(), sign(t, h.key, "RS256", h.honestLogout())); err != nil {
			t.Errorf("after the flood, a good token: %v", err)
		}
	})
	t.Run("keys out of order", func(t *testing.T) {
		h := newHostile(t, door, 5*time.Second)
		h.certs = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }
		_, err := h.client.VerifyLogout(t.Context(), sign(t, h.key, "RS256", h.honestLogout()))
		wantReason(t, err, oidc.ReasonProviderDown)
	})
}
