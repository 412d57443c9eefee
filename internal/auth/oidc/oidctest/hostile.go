package oidctest

import (
	"crypto/rand"
	"crypto/rsa"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"vaccin/internal/auth/oidc"
)

// Hostile tries every hostile provider on a door.
func Hostile(t *testing.T, door Door) {
	t.Helper()
	t.Run("finish refuses a hostile ID token", func(t *testing.T) { finishRefusesAHostileIDToken(t, door) })
	t.Run("finish refuses a hostile userinfo", func(t *testing.T) { finishRefusesAHostileUserInfo(t, door) })
	t.Run("finish survives endpoints that misbehave", func(t *testing.T) { finishSurvivesEndpointsThatMisbehave(t, door) })
	t.Run("no redirect is followed with the code or the token", func(t *testing.T) { noRedirectIsFollowedWithTheCodeOrTheToken(t, door) })
	t.Run("discovery is bounded and checked", func(t *testing.T) { discoveryIsBoundedAndChecked(t, door) })
	t.Run("discovery is tried again when the provider is back", func(t *testing.T) { discoveryIsTriedAgainWhenTheProviderIsBack(t, door) })
	t.Run("an absent provider does not stop the start", func(t *testing.T) { anAbsentProviderDoesNotStopTheStart(t, door) })
	t.Run("hostile logout tokens", func(t *testing.T) { verifyLogoutRefusesAHostileToken(t, door) })
	t.Run("a flood of logout tokens", func(t *testing.T) { verifyLogoutWithstandsAFlood(t, door) })
}

func finishRefusesAHostileIDToken(t *testing.T, door Door) {
	otherKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	set := func(name string, value any) func(*testing.T, *hostile) {
		return func(_ *testing.T, h *hostile) { h.claims = func(c map[string]any) { c[name] = value } }
	}
	without := func(name string) func(*testing.T, *hostile) {
		return func(_ *testing.T, h *hostile) { h.claims = func(c map[string]any) { delete(c, name) } }
	}
	past := time.Now().Add(-time.Minute).Unix()
	for _, c := range []struct {
		name    string
		prepare func(*testing.T, *hostile)
		want    oidc.Reason
	}{
		{"honest", func(*testing.T, *hostile) {}, ""},
		{"honest without at_hash", without("at_hash"), ""},
		{"honest, several audiences, ours as azp", func(_ *testing.T, h *hostile) {
			h.claims = func(c map[string]any) { c["aud"], c["azp"] = []string{ClientID, "other"}, ClientID }
		}, ""},
		{"honest with another acr", set("acr", "eidas3"), ""},
		{"no signature", func(t *testing.T, h *hostile) {
			h.idToken = func(c map[string]any) string { return unsigned(t, "none", c) + "." }
		}, oidc.ReasonInvalidResponse},
		{"HS256 with the public key", func(t *testing.T, h *hostile) {
			h.idToken = func(c map[string]any) string { return signHMAC(t, publicPEM(t, &h.key.PublicKey), c) }
		}, oidc.ReasonInvalidResponse},
		{"HS256 with a secret published as a key", func(t *testing.T, h *hostile) {
			h.certs = func(w http.ResponseWriter, _ *http.Request) {
				sendJSON(w, map[string]any{"keys": []map[string]any{{"kty": "oct", "kid": "k", "k": b64([]byte(ClientSecret))}}})
			}
			h.idToken = func(c map[string]any) string { return signHMAC(t, []byte(ClientSecret), c) }
		}, oidc.ReasonInvalidResponse},
		{"HS256 with the client secret", func(t *testing.T, h *hostile) {
			h.idToken = func(c map[string]any) string { return signHMAC(t, []byte(ClientSecret), c) }
		}, oidc.ReasonInvalidResponse},
		{"another key", func(t *testing.T, h *hostile) {
			h.idToken = func(c map[string]any) string { return sign(t, otherKey, "RS256", c) }
		}, oidc.ReasonInvalidResponse},
		{"claims changed after signing", func(t *testing.T, h *hostile) {
			h.idToken = func(c map[string]any) string {
				genuine := strings.Split(sign(t, h.key, "RS256", c), ".")
				c["sub"] = "someone else"
				return unsigned(t, "RS256", c) + "." + genuine[2]
			}
		}, oidc.ReasonInvalidResponse},
		{"not a JWT", func(_ *testing.T, h *hostile) {
			h.idToken = func(map[string]any) string { return "not.a.jwt" }
		}, oidc.ReasonInvalidResponse},
		{"no ID token", func(_ *testing.T, h *hostile) {
			h.idToken = func(map[string]any) string { return "" }
		}, oidc.ReasonInvalidResponse},
		{"another audience", set("aud", "another-service"), oidc.ReasonInvalidResponse},
		{"no audience", without("aud"), oidc.ReasonInvalidResponse},
		{"several audiences without azp", set("aud", []string{ClientID, "other"}), oidc.ReasonInvalidResponse},
		{"another azp", set("azp", "other"), oidc.ReasonInvalidResponse},
		{"another issuer", set("iss", "https://example.org"), oidc.ReasonInvalidResponse},
		{"expired", set("exp", past), oidc.ReasonExpired},
		{"no expiry", without("exp"), oidc.ReasonExpired},
		{"another nonce", set("nonce", "another"), oidc.ReasonInvalidResponse},
		{"no nonce", without("nonce"), oidc.ReasonInvalidResponse},
		{"another access token's hash", set("at_hash", "AAAAAAAAAAAAAAAAAAAAAA"), oidc.ReasonInvalidResponse},
		{"no subject, nor in userinfo", func(_ *testing.T, h *hostile) {
			h.claims = func(c map[string]any) { delete(c, "sub") }
			h.userInfo = func(w http.ResponseWriter, _ *http.Request) {
				info := h.honestUserInfo()
				delete(info, "sub")
				sendJSON(w, info)
			}
		}, oidc.ReasonInvalidResponse},
		{"endless acr", set("acr", strings.Repeat("a", 300)), oidc.ReasonInvalidResponse},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHostile(t, door, time.Second)
			c.prepare(t, h)
			_, err := h.signIn(t)
			wantReason(t, err, c.want)
			wantDiscreet(t, door, err)
		})
	}
}

func finishRefusesAHostileUserInfo(t *testing.T, door Door) {
	answer := func(mediaType, body string) func(*testing.T, *hostile) {
		return func(_ *testing.T, h *hostile) {
			h.userInfo = func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", mediaType)
				_, _ = w.Write([]byte(body))
			}
		}
	}
	signed := func(change func(map[string]any)) func(*testing.T, *hostile) {
		return func(t *testing.T, h *hostile) {
			h.userInfo = func(w http.ResponseWriter, _ *http.Request) {
				claims := h.honestUserInfo()
				claims["iss"], claims["aud"] = h.url, ClientID
				change(claims)
				w.Header().Set("Content-Type", "application/jwt")
				_, _ = w.Write([]byte(sign(t, h.key, "RS256", claims)))
			}
		}
	}
	const sameSubject = `{"sub":"` + hostileSubject + `"`
	for _, c := range []struct {
		name    string
		prepare func(*testing.T, *hostile)
		want    oidc.Reason
	}{
		{"honest", func(*testing.T, *hostile) {}, ""},
		{"honest and signed", signed(func(map[string]any) {}), ""},
		{"signed without audience", signed(func(c map[string]any) { delete(c, "aud") }), ""},
		{"another subject", answer("application/json", `{"sub":"f:0:1","SubjectNameID":"899700810742"}`), oidc.ReasonInvalidResponse},
		{"no subject", answer("application/json", `{"SubjectNameID":"899700810742"}`), oidc.ReasonInvalidResponse},
		{"signed, another subject", signed(func(c map[string]any) { c["sub"] = "f:0:1" }), oidc.ReasonInvalidResponse},
		{"signed, another issuer", signed(func(c map[string]any) { c["iss"] = "https://example.org" }), oidc.ReasonInvalidResponse},
		{"signed, no issuer", signed(func(c map[string]any) { delete(c, "iss") }), oidc.ReasonInvalidResponse},
		{"signed, another audience", signed(func(c map[string]any) { c["aud"] = "other" }), oidc.ReasonInvalidResponse},
		{"signed, expired", signed(func(c map[string]any) { c["exp"] = time.Now().Add(-time.Minute).Unix() }), oidc.ReasonExpired},
		{"JWT without signature", func(t *testing.T, h *hostile) {
			answer("application/jwt", unsigned(t, "none", map[string]any{"iss": h.url, "sub": hostileSubject})+".")(t, h)
		}, oidc.ReasonInvalidResponse},
		{"JWT signed HS256 with the public key", func(t *testing.T, h *hostile) {
			text := signHMAC(t, publicPEM(t, &h.key.PublicKey), map[string]any{"iss": h.url, "sub": hostileSubject})
			answer("application/jwt", text)(t, h)
		}, oidc.ReasonInvalidResponse},
		{"JWT announced as JSON", func(t *testing.T, h *hostile) {
			answer("application/json", sign(t, h.key, "RS256", h.honestUserInfo()))(t, h)
		}, oidc.ReasonInvalidIdentity},
		{"HTML", answer("text/html", sameSubject+"}"), oidc.ReasonInvalidResponse},
		{"no content type", answer("", sameSubject+"}"), oidc.ReasonInvalidResponse},
		{"larger than 1 MiB", answer("application/json", sameSubject+`,"x":"`+strings.Repeat("x", 1<<20)+`"}`), oidc.ReasonInvalidResponse},
		{"larger than 1 MiB in spaces", answer("application/json", sameSubject+"}"+strings.Repeat(" ", 1<<20)), oidc.ReasonInvalidResponse},
		{"access token no longer accepted", func(_ *testing.T, h *hostile) {
			h.userInfo = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }
		}, oidc.ReasonExpired},
		{"forbidden", func(_ *testing.T, h *hostile) {
			h.userInfo = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }
		}, oidc.ReasonInvalidResponse},
		{"out of order", func(_ *testing.T, h *hostile) {
			h.userInfo = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }
		}, oidc.ReasonProviderDown},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHostile(t, door, time.Second)
			c.prepare(t, h)
			who, err := h.signIn(t)
			wantReason(t, err, c.want)
			wantDiscreet(t, door, err)
			if c.want == "" && who != door.Who {
				t.Errorf("signed in as %s", who)
			}
		})
	}
}

func finishSurvivesEndpointsThatMisbehave(t *testing.T, door Door) {
	hang := func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // a server sees the client leave only once the body is read
		<-r.Context().Done()
	}
	oversized := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"access_token":"a"}` + strings.Repeat(" ", 1<<20)))
	}
	refusal := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
		}
	}
	for _, c := range []struct {
		name    string
		prepare func(*hostile)
		want    oidc.Reason
	}{
		{"token endpoint hangs", func(h *hostile) { h.token = hang }, oidc.ReasonProviderDown},
		{"token endpoint out of order", func(h *hostile) { h.token = refusal(503, "down") }, oidc.ReasonProviderDown},
		{"token answer oversized", func(h *hostile) { h.token = oversized }, oidc.ReasonInvalidResponse},
		{"token answer not JSON", func(h *hostile) { h.token = refusal(200, "<html>") }, oidc.ReasonInvalidResponse},
		{"token answer without token", func(h *hostile) { h.token = refusal(200, "{}") }, oidc.ReasonInvalidResponse},
		{"token of another type", func(h *hostile) { h.tokenType = "MAC" }, oidc.ReasonInvalidResponse},
		{"code refused", func(h *hostile) { h.token = refusal(400, `{"error":"invalid_grant"}`) }, oidc.ReasonExpired},
		{"unknown refusal", func(h *hostile) { h.token = refusal(400, `{"error":"`+accessToken+`"}`) }, oidc.ReasonInvalidResponse},
		{"too many requests", func(h *hostile) { h.token = refusal(429, "") }, oidc.ReasonProviderDown},
		{"key set hangs", func(h *hostile) { h.certs = hang }, oidc.ReasonProviderDown},
		{"key set out of order", func(h *hostile) { h.certs = refusal(500, "") }, oidc.ReasonProviderDown},
		{"key set oversized", func(h *hostile) { h.certs = oversized }, oidc.ReasonInvalidResponse},
		{"key set not JSON", func(h *hostile) { h.certs = refusal(200, "<html>") }, oidc.ReasonInvalidResponse},
		{"key set empty", func(h *hostile) { h.certs = refusal(200, `{"keys":[]}`) }, oidc.ReasonInvalidResponse},
		{"userinfo hangs", func(h *hostile) { h.userInfo = hang }, oidc.ReasonProviderDown},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHostile(t, door, timeoutFor(c.name))
			c.prepare(h)
			_, err := h.signIn(t)
			wantReason(t, err, c.want)
			wantDiscreet(t, door, err)
		})
	}
}

func noRedirectIsFollowedWithTheCodeOrTheToken(t *testing.T, door Door) {
	for _, c := range []struct {
		name    string
		prepare func(*hostile, http.HandlerFunc)
	}{
		{"discovery", func(h *hostile, elsewhere http.HandlerFunc) { h.discovery = elsewhere }},
		{"token", func(h *hostile, elsewhere http.HandlerFunc) { h.token = elsewhere }},
		{"keys", func(h *hostile, elsewhere http.HandlerFunc) { h.certs = elsewhere }},
		{"userinfo", func(h *hostile, elsewhere http.HandlerFunc) { h.userInfo = elsewhere }},
	} {
		t.Run(c.name, func(t *testing.T) {
			var reached atomic.Bool
			thief := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Store(true) }))
			defer thief.Close()
			h := newHostile(t, door, time.Second)
			c.prepare(h, func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, thief.URL, http.StatusTemporaryRedirect)
			})
			_, err := h.signIn(t)
			wantReason(t, err, oidc.ReasonInvalidResponse)
			if reached.Load() {
				t.Error("the redirect was followed")
			}
		})
	}
}

func discoveryIsBoundedAndChecked(t *testing.T, door Door) {
	change := func(name string, value any) func(*hostile) {
		return func(h *hostile) {
			h.discovery = func(w http.ResponseWriter, _ *http.Request) {
				document := h.document()
				document[name] = value
				sendJSON(w, document)
			}
		}
	}
	for _, c := range []struct {
		name    string
		prepare func(*hostile)
		want    oidc.Reason
	}{
		{"hangs", func(h *hostile) {
			h.discovery = func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
		}, oidc.ReasonProviderDown},
		{"out of order", func(h *hostile) {
			h.discovery = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }
		}, oidc.ReasonProviderDown},
		{"not found", func(h *hostile) {
			h.discovery = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(404) }
		}, oidc.ReasonInvalidResponse},
		{"not JSON", func(h *hostile) {
			h.discovery = func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) }
		}, oidc.ReasonInvalidResponse},
		{"oversized", func(h *hostile) {
			h.discovery = func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 2<<20)) }
		}, oidc.ReasonInvalidResponse},
		{"another issuer", change("issuer", "https://example.org"), oidc.ReasonInvalidResponse},
		{"endpoint in clear", change("token_endpoint", "http://example.org/token"), oidc.ReasonInvalidResponse},
		{"endpoint missing", change("userinfo_endpoint", ""), oidc.ReasonInvalidResponse},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHostile(t, door, timeoutFor(c.name))
			c.prepare(h)
			for range 2 {
				_, err := h.signIn(t)
				wantReason(t, err, c.want)
			}
			if got := h.discoveries.Load(); got != 1 {
				t.Errorf("%d discoveries in a row, want the first failure to be remembered", got)
			}
		})
	}
}

func discoveryIsTriedAgainWhenTheProviderIsBack(t *testing.T, door Door) {
	h := newHostile(t, door, time.Second)
	honest := h.discovery
	var back atomic.Bool
	h.discovery = func(w http.ResponseWriter, r *http.Request) {
		if !back.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		honest(w, r)
	}
	_, err := h.signIn(t)
	wantReason(t, err, oidc.ReasonProviderDown)
	back.Store(true)
	for deadline := time.Now().Add(10 * time.Second); err != nil && time.Now().Before(deadline); {
		time.Sleep(100 * time.Millisecond)
		_, err = h.signIn(t)
	}
	if err != nil {
		t.Fatalf("after the provider came back: %v", err)
	}
	if _, err := h.signIn(t); err != nil || h.discoveries.Load() != 2 {
		t.Errorf("%d discoveries (%v), want what was found to be kept", h.discoveries.Load(), err)
	}
}

func anAbsentProviderDoesNotStopTheStart(t *testing.T, door Door) {
	client, err := door.New(oidc.Config{
		Issuer: "http://127.0.0.1:1/realm", ClientID: ClientID, ClientSecret: ClientSecret, RedirectURL: "http://localhost:1/retour",
	})
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = client.Begin(t.Context())
	wantReason(t, err, oidc.ReasonProviderDown)
	if !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("the operator is not told why: %v", err)
	}
}
