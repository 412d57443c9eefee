// Package oidctest holds every door behind an OpenID Connect provider to the same hostile providers: a provider
// that forges, mixes up, swells or hangs must never let anybody in. It is for tests only.
package oidctest

import (
	"context"
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"vaccin/internal/auth/oidc"
)

// The service's registration with the providers of tests.
const (
	ClientID     = "vaccin-covid"
	ClientSecret = "a secret of the test only, long enough to sign"
)

// Client is a door's client as the suite uses it.
type Client interface {
	Begin(context.Context) (redirectURL string, attempt oidc.Attempt, err error)
	// SignIn finishes a sign-in and names who signed in.
	SignIn(ctx context.Context, callback url.Values, attempt oidc.Attempt) (who string, err error)
	VerifyLogout(ctx context.Context, raw string) (oidc.Logout, error)
}

// Door is a door under test.
type Door struct {
	New      func(oidc.Config) (Client, error)
	UserInfo map[string]any // what an honest provider tells beside sub and the names
	Who      string         // whom that names, as SignIn says it
	Secrets  []string       // of that account: no error may tell them
	Account  string         // key of an account of the simulator that may come in

	// Simulate serves the door's simulator for a service at an address, and returns its configuration.
	Simulate func(t *testing.T, serviceURL string) oidc.Config
}

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
	door   Door
	client Client

	nonce     string
	tokenType string
	idToken   func(claims map[string]any) string // signs the ID token
	claims    func(claims map[string]any)        // changes the ID token's claims

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

func newHostile(t *testing.T, door Door, timeout time.Duration) *hostile {
	t.Helper()
	h := &hostile{door: door, key: providerKey(t), tokenType: "Bearer", claims: func(map[string]any) {}}
	h.idToken = func(claims map[string]any) string { return sign(t, h.key, "RS256", claims) }
	h.discovery = func(w http.ResponseWriter, _ *http.Request) { sendJSON(w, h.document()) }
	h.certs = func(w http.ResponseWriter, _ *http.Request) { sendJSON(w, jwks(&h.key.PublicKey)) }
	h.token = func(w http.ResponseWriter, _ *http.Request) {
		claims := h.honestClaims()
		h.claims(claims)
		sendJSON(w, map[string]any{"access_token": accessToken, "token_type": h.tokenType, "expires_in": 120, "id_token": h.idToken(claims)})
	}
	h.userInfo = func(w http.ResponseWriter, _ *http.Request) { sendJSON(w, h.honestUserInfo()) }
	mux := http.NewServeMux()
	mux.HandleFunc("/discovery", func(w http.ResponseWriter, r *http.Request) { h.discoveries.Add(1); h.discovery(w, r) })
	mux.HandleFunc("/certs", func(w http.ResponseWriter, r *http.Request) { h.certs(w, r) })
	mux.HandleFunc("/token", func(w http.ResponseWriter, r *http.Request) { h.token(w, r) })
	mux.HandleFunc("/userinfo", func(w http.ResponseWriter, r *http.Request) { h.userInfo(w, r) })
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	h.url = server.URL
	client, err := door.New(oidc.Config{
		Issuer: h.url, DiscoveryURL: h.url + "/discovery", ClientID: ClientID, ClientSecret: ClientSecret,
		RedirectURL: "http://localhost:1/retour", HTTPClient: &http.Client{Timeout: timeout},
	})
	if err != nil {
		t.Fatal(err)
	}
	h.client = client
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
		"iss": h.url, "aud": ClientID, "sub": hostileSubject, "iat": now, "exp": now + 120,
		"nonce": h.nonce, "at_hash": b64(hash[:16]), "acr": "eidas1",
	}
}

func (h *hostile) honestUserInfo() map[string]any {
	info := map[string]any{"sub": hostileSubject, "family_name": "MARCHAND", "given_name": "Hélène"}
	maps.Copy(info, h.door.UserInfo)
	return info
}

// signIn plays a sign-in whose callback is well formed.
func (h *hostile) signIn(t *testing.T) (who string, err error) {
	t.Helper()
	_, attempt, err := h.client.Begin(t.Context())
	if err != nil {
		return "", err
	}
	h.nonce = attempt.Nonce
	return h.client.SignIn(t.Context(), url.Values{"code": {"c"}, "state": {attempt.State}}, attempt)
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
	return unsignedTyped(t, algorithm, "JWT", claims)
}

func unsignedTyped(t *testing.T, algorithm, kind string, claims map[string]any) string {
	t.Helper()
	header, err := json.Marshal(map[string]any{"alg": algorithm, "kid": "k", "typ": kind})
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
	return signText(t, key, unsigned(t, algorithm, claims))
}

func signTyped(t *testing.T, key *rsa.PrivateKey, kind string, claims map[string]any) string {
	t.Helper()
	return signText(t, key, unsignedTyped(t, "RS256", kind, claims))
}

func signText(t *testing.T, key *rsa.PrivateKey, text string) string {
	t.Helper()
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

// wantDiscreet checks that an error tells no token and nobody's name.
func wantDiscreet(t *testing.T, door Door, err error) {
	t.Helper()
	if err == nil {
		return
	}
	for _, secret := range append([]string{accessToken, ClientSecret, "899700810742", "MARCHAND", "eyJ", hostileSubject}, door.Secrets...) {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("the error %q tells %q", err, secret)
		}
	}
}

func wantReason(t *testing.T, err error, want oidc.Reason) {
	t.Helper()
	if got := oidc.ReasonOf(err); got != want {
		t.Fatalf("reason %q (%v), want %q", got, err, want)
	}
}

// timeoutFor is short where the provider hangs by design, and long enough
// elsewhere for a busy machine.
func timeoutFor(name string) time.Duration {
	if strings.HasSuffix(name, "hangs") {
		return 300 * time.Millisecond
	}
	return 5 * time.Second
}
