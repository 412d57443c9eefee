package psc_test

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

	"vaccin/internal/auth/psc"
)

func TestFinishRefusesAHostileIDToken(t *testing.T) {
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
		want    psc.Reason
	}{
		{"honest", func(*testing.T, *hostile) {}, ""},
		{"honest without at_hash", without("at_hash"), ""},
		{"honest, several audiences, ours as azp", func(_ *testing.T, h *hostile) {
			h.claims = func(c map[string]any) { c["aud"], c["azp"] = []string{clientID, "other"}, clientID }
		}, ""},
		{"honest with another acr", set("acr", "eidas3"), ""},
		{"no signature", func(t *testing.T, h *hostile) {
			h.idToken = func(c map[string]any) string { return unsigned(t, "none", c) + "." }
		}, psc.ReasonInvalidResponse},
		{"HS256 with the public key", func(t *testing.T, h *hostile) {
			h.idToken = func(c map[string]any) string { return signHMAC(t, publicPEM(t, &h.key.PublicKey), c) }
		}, psc.ReasonInvalidResponse},
		{"HS256 with a secret published as a key", func(t *testing.T, h *hostile) {
			h.certs = func(w http.ResponseWriter, _ *http.Request) {
				sendJSON(w, map[string]any{"keys": []map[string]any{{"kty": "oct", "kid": "k", "k": b64([]byte(clientSecret))}}})
			}
			h.idToken = func(c map[string]any) string { return signHMAC(t, []byte(clientSecret), c) }
		}, psc.ReasonInvalidResponse},
		{"HS256 with the client secret", func(t *testing.T, h *hostile) {
			h.idToken = func(c map[string]any) string { return signHMAC(t, []byte(clientSecret), c) }
		}, psc.ReasonInvalidResponse},
		{"another key", func(t *testing.T, h *hostile) {
			h.idToken = func(c map[string]any) string { return sign(t, otherKey, "RS256", c) }
		}, psc.ReasonInvalidResponse},
		{"claims changed after signing", func(t *testing.T, h *hostile) {
			h.idToken = func(c map[string]any) string {
				genuine := strings.Split(sign(t, h.key, "RS256", c), ".")
				c["sub"] = "someone else"
				return unsigned(t, "RS256", c) + "." + genuine[2]
			}
		}, psc.ReasonInvalidResponse},
		{"not a JWT", func(_ *testing.T, h *hostile) {
			h.idToken = func(map[string]any) string { return "not.a.jwt" }
		}, psc.ReasonInvalidResponse},
		{"no ID token", func(_ *testing.T, h *hostile) {
			h.idToken = func(map[string]any) string { return "" }
		}, psc.ReasonInvalidResponse},
		{"another audience", set("aud", "another-service"), psc.ReasonInvalidResponse},
		{"no audience", without("aud"), psc.ReasonInvalidResponse},
		{"several audiences without azp", set("aud", []string{clientID, "other"}), psc.ReasonInvalidResponse},
		{"another azp", set("azp", "other"), psc.ReasonInvalidResponse},
		{"another issuer", set("iss", "https://example.org"), psc.ReasonInvalidResponse},
		{"expired", set("exp", past), psc.ReasonExpired},
		{"no expiry", without("exp"), psc.ReasonExpired},
		{"another nonce", set("nonce", "another"), psc.ReasonInvalidResponse},
		{"no nonce", without("nonce"), psc.ReasonInvalidResponse},
		{"another access token's hash", set("at_hash", "AAAAAAAAAAAAAAAAAAAAAA"), psc.ReasonInvalidResponse},
		{"no subject, nor in userinfo", func(_ *testing.T, h *hostile) {
			h.claims = func(c map[string]any) { delete(c, "sub") }
			h.userInfo = func(w http.ResponseWriter, _ *http.Request) {
				info := honestUserInfo()
				delete(info, "sub")
				sendJSON(w, info)
			}
		}, psc.ReasonInvalidResponse},
		{"endless acr", set("acr", strings.Repeat("a", 300)), psc.ReasonInvalidResponse},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHostile(t, time.Second)
			c.prepare(t, h)
			_, err := h.signIn(t)
			wantReason(t, err, c.want)
			wantDiscreet(t, err)
		})
	}
}

func TestFinishRefusesAHostileUserInfo(t *testing.T) {
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
				claims := honestUserInfo()
				claims["iss"], claims["aud"] = h.url, clientID
				change(claims)
				w.Header().Set("Content-Type", "application/jwt")
				_, _ = w.Write([]byte(sign(t, h.key, "RS256", claims)))
			}
		}
	}
	const sameSubject = `{"sub":"` + hostileSubject + `","SubjectNameID":"899700810379"`
	for _, c := range []struct {
		name    string
		prepare func(*testing.T, *hostile)
		want    psc.Reason
	}{
		{"honest", func(*testing.T, *hostile) {}, ""},
		{"honest and signed", signed(func(map[string]any) {}), ""},
		{"signed without audience", signed(func(c map[string]any) { delete(c, "aud") }), ""},
		{"another subject", answer("application/json", `{"sub":"f:0:1","SubjectNameID":"899700810742"}`), psc.ReasonInvalidResponse},
		{"no subject", answer("application/json", `{"SubjectNameID":"899700810742"}`), psc.ReasonInvalidResponse},
		{"signed, another subject", signed(func(c map[string]any) { c["sub"] = "f:0:1" }), psc.ReasonInvalidResponse},
		{"signed, another issuer", signed(func(c map[string]any) { c["iss"] = "https://example.org" }), psc.ReasonInvalidResponse},
		{"signed, no issuer", signed(func(c map[string]any) { delete(c, "iss") }), psc.ReasonInvalidResponse},
		{"signed, another audience", signed(func(c map[string]any) { c["aud"] = "other" }), psc.ReasonInvalidResponse},
		{"signed, expired", signed(func(c map[string]any) { c["exp"] = time.Now().Add(-time.Minute).Unix() }), psc.ReasonExpired},
		{"JWT without signature", func(t *testing.T, h *hostile) {
			answer("application/jwt", unsigned(t, "none", map[string]any{"iss": h.url, "sub": hostileSubject})+".")(t, h)
		}, psc.ReasonInvalidResponse},
		{"JWT signed HS256 with the public key", func(t *testing.T, h *hostile) {
			text := signHMAC(t, publicPEM(t, &h.key.PublicKey), map[string]any{"iss": h.url, "sub": hostileSubject})
			answer("application/jwt", text)(t, h)
		}, psc.ReasonInvalidResponse},
		{"JWT announced as JSON", func(t *testing.T, h *hostile) {
			answer("application/json", sign(t, h.key, "RS256", honestUserInfo()))(t, h)
		}, psc.ReasonInvalidIdentity},
		{"HTML", answer("text/html", sameSubject+"}"), psc.ReasonInvalidResponse},
		{"no content type", answer("", sameSubject+"}"), psc.ReasonInvalidResponse},
		{"larger than 1 MiB", answer("application/json", sameSubject+`,"x":"`+strings.Repeat("x", 1<<20)+`"}`), psc.ReasonInvalidResponse},
		{"larger than 1 MiB in spaces", answer("application/json", sameSubject+"}"+strings.Repeat(" ", 1<<20)), psc.ReasonInvalidResponse},
		{"access token no longer accepted", func(_ *testing.T, h *hostile) {
			h.userInfo = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }
		}, psc.ReasonExpired},
		{"forbidden", func(_ *testing.T, h *hostile) {
			h.userInfo = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }
		}, psc.ReasonInvalidResponse},
		{"out of order", func(_ *testing.T, h *hostile) {
			h.userInfo = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }
		}, psc.ReasonProviderDown},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHostile(t, time.Second)
			c.prepare(t, h)
			login, err := h.signIn(t)
			wantReason(t, err, c.want)
			wantDiscreet(t, err)
			if c.want == "" && login.Identity.NationalID != "899700810379" {
				t.Errorf("identity %+v", login.Identity)
			}
		})
	}
}

func TestFinishSurvivesEndpointsThatMisbehave(t *testing.T) {
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
		want    psc.Reason
	}{
		{"token endpoint hangs", func(h *hostile) { h.token = hang }, psc.ReasonProviderDown},
		{"token endpoint out of order", func(h *hostile) { h.token = refusal(503, "down") }, psc.ReasonProviderDown},
		{"token answer oversized", func(h *hostile) { h.token = oversized }, psc.ReasonInvalidResponse},
		{"token answer not JSON", func(h *hostile) { h.token = refusal(200, "<html>") }, psc.ReasonInvalidResponse},
		{"token answer without token", func(h *hostile) { h.token = refusal(200, "{}") }, psc.ReasonInvalidResponse},
		{"token of another type", func(h *hostile) { h.tokenType = "MAC" }, psc.ReasonInvalidResponse},
		{"code refused", func(h *hostile) { h.token = refusal(400, `{"error":"invalid_grant"}`) }, psc.ReasonExpired},
		{"unknown refusal", func(h *hostile) { h.token = refusal(400, `{"error":"`+accessToken+`"}`) }, psc.ReasonInvalidResponse},
		{"too many requests", func(h *hostile) { h.token = refusal(429, "") }, psc.ReasonProviderDown},
		{"key set hangs", func(h *hostile) { h.certs = hang }, psc.ReasonProviderDown},
		{"key set out of order", func(h *hostile) { h.certs = refusal(500, "") }, psc.ReasonProviderDown},
		{"key set oversized", func(h *hostile) { h.certs = oversized }, psc.ReasonInvalidResponse},
		{"key set not JSON", func(h *hostile) { h.certs = refusal(200, "<html>") }, psc.ReasonInvalidResponse},
		{"key set empty", func(h *hostile) { h.certs = refusal(200, `{"keys":[]}`) }, psc.ReasonInvalidResponse},
		{"userinfo hangs", func(h *hostile) { h.userInfo = hang }, psc.ReasonProviderDown},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHostile(t, timeoutFor(c.name))
			c.prepare(h)
			_, err := h.signIn(t)
			wantReason(t, err, c.want)
			wantDiscreet(t, err)
		})
	}
}

func TestNoRedirectIsFollowedWithTheCodeOrTheToken(t *testing.T) {
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
			h := newHostile(t, time.Second)
			c.prepare(h, func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, thief.URL, http.StatusTemporaryRedirect)
			})
			_, err := h.signIn(t)
			wantReason(t, err, psc.ReasonInvalidResponse)
			if reached.Load() {
				t.Error("the redirect was followed")
			}
		})
	}
}

func TestDiscoveryIsBoundedAndChecked(t *testing.T) {
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
		want    psc.Reason
	}{
		{"hangs", func(h *hostile) {
			h.discovery = func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
		}, psc.ReasonProviderDown},
		{"out of order", func(h *hostile) {
			h.discovery = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }
		}, psc.ReasonProviderDown},
		{"not found", func(h *hostile) {
			h.discovery = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(404) }
		}, psc.ReasonInvalidResponse},
		{"not JSON", func(h *hostile) {
			h.discovery = func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) }
		}, psc.ReasonInvalidResponse},
		{"oversized", func(h *hostile) {
			h.discovery = func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 2<<20)) }
		}, psc.ReasonInvalidResponse},
		{"another issuer", change("issuer", "https://example.org"), psc.ReasonInvalidResponse},
		{"endpoint in clear", change("token_endpoint", "http://example.org/token"), psc.ReasonInvalidResponse},
		{"endpoint missing", change("userinfo_endpoint", ""), psc.ReasonInvalidResponse},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHostile(t, timeoutFor(c.name))
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

func TestDiscoveryIsTriedAgainWhenTheProviderIsBack(t *testing.T) {
	h := newHostile(t, time.Second)
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
	wantReason(t, err, psc.ReasonProviderDown)
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

func TestAProviderThatIsNotThereDoesNotStopTheServiceFromStarting(t *testing.T) {
	client, err := psc.New(psc.Config{
		Issuer: "http://127.0.0.1:1/realm", ClientID: clientID, ClientSecret: clientSecret, RedirectURL: "http://localhost:1/retour",
	})
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = client.Begin(background())
	wantReason(t, err, psc.ReasonProviderDown)
	if !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("the operator is not told why: %v", err)
	}
}
