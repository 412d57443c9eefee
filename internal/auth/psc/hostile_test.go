package psc_test

import (
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"vaccin/internal/auth/psc"
)

const (
	hostileSubject = "f:0:899700810379"
	accessToken    = "access-token-of-the-hostile-provider"
)

var b64 = base64.RawURLEncoding.EncodeToString

// hostile is a provider that answers whatever a test wants. Its defaults are
// those of an honest one, so that each test changes one thing.
type hostile struct {
	url    string
	key    *rsa.PrivateKey
	client *psc.Client

	nonce   string
	idToken func(claims map[string]any) string // signs the ID token
	claims  func(claims map[string]any)        // changes the ID token's claims

	userInfo, token, discovery, certs http.HandlerFunc
	discoveries                       atomic.Int32
}

// generateKey is dear, and one key does for all providers.
var generateKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

func providerKey(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	key, err := generateKey()
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func newHostile(t *testing.T, timeout time.Duration) *hostile {
	t.Helper()
	h := &hostile{key: providerKey(t), claims: func(map[string]any) {}}
	h.idToken = func(claims map[string]any) string { return sign(t, h.key, "RS256", claims) }
	h.discovery = func(w http.ResponseWriter, _ *http.Request) { sendJSON(w, h.document()) }
	h.certs = func(w http.ResponseWriter, _ *http.Request) { sendJSON(w, jwks(&h.key.PublicKey)) }
	h.token = func(w http.ResponseWriter, _ *http.Request) {
		claims := h.honestClaims()
		h.claims(claims)
		sendJSON(w, map[string]any{"access_token": accessToken, "token_type": "Bearer", "expires_in": 120, "id_token": h.idToken(claims)})
	}
	h.userInfo = func(w http.ResponseWriter, _ *http.Request) { sendJSON(w, honestUserInfo()) }
	mux := http.NewServeMux()
	mux.HandleFunc("/discovery", func(w http.ResponseWriter, r *http.Request) { h.discoveries.Add(1); h.discovery(w, r) })
	mux.HandleFunc("/certs", func(w http.ResponseWriter, r *http.Request) { h.certs(w, r) })
	mux.HandleFunc("/token", func(w http.ResponseWriter, r *http.Request) { h.token(w, r) })
	mux.HandleFunc("/userinfo", func(w http.ResponseWriter, r *http.Request) { h.userInfo(w, r) })
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	h.url = server.URL
	h.client = mustClient(t, psc.Config{
		Issuer: h.url, DiscoveryURL: h.url + "/discovery", ClientID: clientID, ClientSecret: clientSecret,
		RedirectURL: "http://localhost:1/retour", HTTPClient: &http.Client{Timeout: timeout},
	})
	return h
}

func (h *hostile) document() map[string]any {
	return map[string]any{
		"issuer": h.url, "authorization_endpoint": h.url + "/auth", "token_endpoint": h.url + "/token",
		"userinfo_endpoint": h.url + "/userinfo", "end_session_endpoint": h.url + "/logout", "jwks_uri": h.url + "/certs",
		"id_token_signing_alg_values_supported": []string{"none", "HS256", "RS256"},
	}
}

func (h *hostile) honestClaims() map[string]any {
	hash := sha256.Sum256([]byte(accessToken))
	now := time.Now().Unix()
	return map[string]any{
		"iss": h.url, "aud": clientID, "sub": hostileSubject, "iat": now, "exp": now + 120,
		"nonce": h.nonce, "at_hash": b64(hash[:16]), "acr": "eidas1",
	}
}

func honestUserInfo() map[string]any {
	return map[string]any{"sub": hostileSubject, "SubjectNameID": "899700810379", "family_name": "MARCHAND", "given_name": "Hélène"}
}

// signIn plays a sign-in whose callback is well formed.
func (h *hostile) signIn(t *testing.T) (psc.Login, error) {
	t.Helper()
	_, attempt, err := h.client.Begin(background())
	if err != nil {
		return psc.Login{}, err
	}
	h.nonce = attempt.Nonce
	return h.client.Finish(background(), url.Values{"code": {"c"}, "state": {attempt.State}}, attempt)
}

func sendJSON(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(value)
}

func jwks(key *rsa.PublicKey) map[string]any {
	return map[string]any{"keys": []map[string]any{{
		"kty": "RSA", "use": "sig", "kid": "k", "n": b64(key.N.Bytes()), "e": b64(big.NewInt(int64(key.E)).Bytes()),
	}}}
}

// unsigned returns the two first parts of a JWT.
func unsigned(t *testing.T, algorithm string, claims map[string]any) string {
	t.Helper()
	header, err := json.Marshal(map[string]any{"alg": algorithm, "kid": "k", "typ": "JWT"})
	if err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	return b64(header) + "." + b64(body)
}

func sign(t *testing.T, key *rsa.PrivateKey, algorithm string, claims map[string]any) string {
	t.Helper()
	text := unsigned(t, algorithm, claims)
	digest := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	return text + "." + b64(signature)
}

func signHMAC(t *testing.T, secret []byte, claims map[string]any) string {
	t.Helper()
	text := unsigned(t, "HS256", claims)
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(text))
	return text + "." + b64(mac.Sum(nil))
}

func publicPEM(t *testing.T, key *rsa.PublicKey) []byte {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}

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
		{"no subject", without("sub"), psc.ReasonInvalidResponse},
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
		{"token of another type", func(h *hostile) { h.token = refusal(200, `{"access_token":"a","token_type":"MAC","id_token":"x"}`) }, psc.ReasonInvalidResponse},
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
			h := newHostile(t, 300*time.Millisecond)
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

func TestDiscoveryIsBoundedCheckedAndRetried(t *testing.T) {
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
			t.Parallel()
			h := newHostile(t, 300*time.Millisecond)
			honest := h.discovery
			c.prepare(h)
			broken := h.discovery
			var repaired atomic.Bool
			h.discovery = func(w http.ResponseWriter, r *http.Request) {
				if repaired.Load() {
					honest(w, r)
					return
				}
				broken(w, r)
			}
			_, err := h.signIn(t)
			wantReason(t, err, c.want)
			_, err = h.signIn(t)
			wantReason(t, err, c.want)
			if got := h.discoveries.Load(); got != 1 {
				t.Errorf("%d discoveries in a row, want the first failure to be remembered", got)
			}
			repaired.Store(true)
			time.Sleep(2100 * time.Millisecond)
			if _, err := h.signIn(t); err != nil {
				t.Errorf("after the provider came back: %v", err)
			}
		})
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

// wantDiscreet checks that an error tells no token and nobody's name.
func wantDiscreet(t *testing.T, err error) {
	t.Helper()
	if err == nil {
		return
	}
	for _, secret := range []string{accessToken, clientSecret, "899700810379", "899700810742", "MARCHAND", "eyJ", hostileSubject} {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("the error %q tells %q", err, secret)
		}
	}
}
