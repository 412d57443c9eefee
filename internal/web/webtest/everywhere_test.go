package webtest_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"vaccin/internal/auth"
	"vaccin/internal/registry"
	"vaccin/internal/service"
	"vaccin/internal/web/webtest"
)

// secondServer is another server of the service, over the same store and with the same key. Browsers reach it at
// an address of its own; they bring the cookies of the first, as behind one public address.
func (h *house) secondServer(t *testing.T, config service.Config) string {
	t.Helper()
	cases := registry.New(h.store)
	cases.Business, cases.Security = h.clock.Now, h.clock.Now
	server := httptest.NewUnstartedServer(nil)
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	base := "http://localhost:" + port
	if config.PublicURL == "" {
		config.PublicURL = base
	}
	product, err := service.New(config, h.store, cases, bytes.Repeat([]byte{3}, auth.KeySize), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = product.Handler()
	server.Start()
	t.Cleanup(server.Close)
	return base
}

// from is a browser with the cookies of another, that asks another server.
func from(t *testing.T, b *webtest.Browser, base string) *webtest.Browser {
	return &webtest.Browser{T: t, Base: base, Jar: b.Jar} // cookies do not know ports
}

func TestServersShareSessionsAndSignOutEverywhereIsEverywhere(t *testing.T) {
	h := open(t)
	other := h.secondServer(t, h.shared)
	desk, ward, stranger := h.signIn(t, marchand), h.signIn(t, marchand), h.signIn(t, benali)
	from(t, desk, other).Get("/recherche").Want(http.StatusOK, "MARCHAND")
	page := from(t, ward, other).Get("/deconnexion/partout").Want(http.StatusOK, "2 sessions sont ouvertes à votre nom, celle-ci comprise", "Se déconnecter partout")
	page.Not("899700810379")
	desk.Get("/deconnexion/partout").Want(http.StatusOK, "2 sessions")
	stranger.Get("/deconnexion/partout").Want(http.StatusOK, "Une seule session")

	from(t, ward, other).Post("/deconnexion/partout", url.Values{}).Want(http.StatusOK, "déconnecté")
	for name, b := range map[string]*webtest.Browser{
		"here": desk, "there": from(t, desk, other), "who asked": ward, "who asked, there": from(t, ward, other),
	} {
		if got := b.Get("/recherche").Status; got != http.StatusUnauthorized {
			t.Errorf("%s: %d", name, got)
		}
	}
	stranger.Get("/recherche").Want(http.StatusOK)
	h.signIn(t, marchand).Get("/deconnexion/partout").Want(http.StatusOK, "Une seule session")
}

func TestAPageCostsNoSessionWriteOfItsOwn(t *testing.T) {
	h := open(t)
	p := h.patient(t, withCode(123456789))
	doctor := h.signIn(t, marchand)
	declare(doctor, p)
	doctor.Get(address(p, eligibility)) // takes the sentence kept for one page
	before := h.sessions.saves.Load()
	for range 20 {
		for _, path := range []string{"/recherche", address(p, ""), address(p, eligibility), address(p, dose1), "/deconnexion/partout", "/suggestions/localites?q=75"} {
			doctor.Get(path)
		}
	}
	if n := h.sessions.saves.Load() - before; n != 0 {
		t.Errorf("120 pages wrote the session %d times", n)
	}
}

func TestSigningOutAtTheProviderEndsTheSessionHere(t *testing.T) {
	h := open(t)
	for _, c := range []struct{ name, account, begin, sessions string }{
		{"Pro Santé Connect", marchand, "/connexion/psc", h.simulator.URL + "/wallet/sessions"},
		{"agents", "assistance", "/connexion/agents", h.agents.URL + "/agents/sessions"},
	} {
		t.Run(c.name, func(t *testing.T) {
			enter := func(account string) *webtest.Browser {
				b := webtest.NewBrowser(t, h.base)
				h.enter(b, account, c.begin).Want(http.StatusOK)
				return b
			}
			one, two := enter(c.account), enter(c.account)
			other := h.signIn(t, benali)
			// Signing out in one browser ends that session at the provider, which names it alone.
			one.Post("/deconnexion", nil).Want(http.StatusOK, "déconnecté")
			two.Get("/recherche").Want(http.StatusOK)
			// The person ends all their sessions at the provider.
			provider := webtest.NewBrowser(t, h.base)
			if page := provider.Get(c.sessions).Want(http.StatusOK, "Fermer les sessions de"); page.Says("2 ouverte") {
				t.Error("the session that was signed out of is still open at the provider")
			}
			provider.Get(c.sessions).Form("account").Fill("account", c.account).Send(provider).Want(http.StatusOK)
			two.Get("/recherche").Want(http.StatusUnauthorized)
			other.Get("/recherche").Want(http.StatusOK)
		})
	}
}

// forger is a provider whose keys a test holds: it signs in whoever comes, always the same person, from sessions
// that it numbers.
type forger struct {
	key      *rsa.PrivateKey
	url      string
	sessions atomic.Int64
}

// forgedPerson is what the forger tells, in the words of both doors.
const forgedPerson = `{"sub":"person","SubjectNameID":"899700810379","family_name":"MARCHAND","given_name":"Hélène",` +
	`"realm_access":{"roles":["vaccin-assistance"]},"SubjectRefPro":{"exercices":[{"codeProfession":"10","activities":[` +
	`{"identifiantTechniqueDeLaStructure":"R1","raisonSocialeSite":"Cabinet"}]}]}}`

func newForger(t *testing.T) *forger {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	f := &forger{key: key}
	mux := http.NewServeMux()
	send := func(w http.ResponseWriter, value any) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(value)
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		send(w, map[string]any{
			"issuer": f.url, "authorization_endpoint": f.url + "/a", "token_endpoint": f.url + "/token", "userinfo_endpoint": f.url + "/userinfo",
			"end_session_endpoint": f.url + "/e", "jwks_uri": f.url + "/certs",
		})
	})
	mux.HandleFunc("/a", func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		http.Redirect(w, r, q.Get("redirect_uri")+"?"+url.Values{"state": {q.Get("state")}, "code": {q.Get("nonce")}}.Encode(), http.StatusFound)
	})
	mux.HandleFunc("/token", func(w http.ResponseWriter, r *http.Request) {
		claims := f.logout(func(c map[string]any) {
			delete(c, "events")
			c["nonce"], c["sid"] = r.FormValue("code"), fmt.Sprint(f.sessions.Add(1))
		})
		send(w, map[string]any{"access_token": "a", "token_type": "Bearer", "id_token": f.sign(t, key, claims)})
	})
	mux.HandleFunc("/userinfo", func(w http.ResponseWriter, _ *http.Request) { send(w, json.RawMessage(forgedPerson)) })
	mux.HandleFunc("/certs", func(w http.ResponseWriter, _ *http.Request) {
		send(w, map[string]any{"keys": []map[string]any{{
			"kty": "RSA", "use": "sig", "kid": "k", "n": b64(key.N.Bytes()), "e": b64(big.NewInt(int64(key.E)).Bytes()),
		}}})
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	f.url = server.URL
	return f
}

var b64 = base64.RawURLEncoding.EncodeToString

func (f *forger) sign(t *testing.T, key *rsa.PrivateKey, claims map[string]any) string {
	t.Helper()
	body, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	text := b64([]byte(`{"alg":"RS256","kid":"k","typ":"logout+jwt"}`)) + "." + b64(body)
	digest := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	return text + "." + b64(signature)
}

func (f *forger) logout(change func(map[string]any)) map[string]any {
	now := time.Now().Unix()
	claims := map[string]any{
		"iss": f.url, "aud": "vaccin-forger", "iat": now, "exp": now + 120, "jti": rand.Text(), "sub": "person",
		"events": map[string]any{"http://schemas.openid.net/event/backchannel-logout": map[string]any{}},
	}
	if change != nil {
		change(claims)
	}
	return claims
}

// sendLogout posts a logout token as a provider's server does: no cookie, no Origin, no fetch metadata.
func sendLogout(t *testing.T, address string, header http.Header, body string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for name := range header {
		r.Header.Set(name, header.Get(name))
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	return answer
}

// forged is a server of the service whose doors both have the forger behind them.
func forged(t *testing.T, h *house, f *forger) string {
	t.Helper()
	config := h.shared
	config.PublicURL = ""
	config.PSC = service.PSCConfig{Issuer: f.url, DiscoveryURL: f.url + "/d", ClientID: "vaccin-forger", ClientSecret: "s"}
	config.Agents.Issuer, config.Agents.DiscoveryURL, config.Agents.ClientID = f.url, f.url+"/d", "vaccin-forger"
	return h.secondServer(t, config)
}

func TestTheProviderEndsTheSessionsThatItNames(t *testing.T) {
	h, f := open(t), newForger(t)
	base := forged(t, h, f)
	for _, door := range []string{"/connexion/psc", "/connexion/agents"} {
		t.Run(door, func(t *testing.T) {
			first := int(f.sessions.Load()) + 1
			in := []*webtest.Browser{}
			for range 3 {
				b := webtest.NewBrowser(t, base)
				b.Get(door).Want(http.StatusOK, "Rechercher un patient")
				in = append(in, b)
			}
			open := func() (list string) {
				for _, b := range in {
					list += map[int]string{http.StatusOK: "x", http.StatusUnauthorized: "-"}[b.Get("/recherche").Status]
				}
				return list
			}
			order := func(sub, sid string) {
				t.Helper()
				token := f.sign(t, f.key, f.logout(func(c map[string]any) {
					c["sub"], c["sid"] = sub, sid
					for _, name := range []string{"sub", "sid"} {
						if c[name] == "" {
							delete(c, name)
						}
					}
				}))
				if answer := sendLogout(t, base+door+"/deconnexion", nil, url.Values{"logout_token": {token}}.Encode()); answer.StatusCode != http.StatusOK {
					t.Fatalf("%d", answer.StatusCode)
				}
			}
			for _, c := range []struct{ sub, sid, left string }{
				{"another", "", "xxx"},
				{"", "999", "xxx"},
				{"another", fmt.Sprint(first), "xxx"},
				{"person", fmt.Sprint(first), "-xx"},
				{"", fmt.Sprint(first + 1), "--x"},
				{"person", "", "---"},
			} {
				if order(c.sub, c.sid); open() != c.left {
					t.Errorf("after an order for %q %q: %s instead of %s", c.sub, c.sid, open(), c.left)
				}
			}
		})
	}
}

// TestTheProvidersOrderAtBothDoors sends every kind of order that must not be believed, beside a good one.
func TestTheProvidersOrderAtBothDoors(t *testing.T) {
	h, f := open(t), newForger(t)
	base := forged(t, h, f)
	otherKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	for _, door := range []string{"/connexion/psc/deconnexion", "/connexion/agents/deconnexion"} {
		good := f.logout(nil)
		replayed := f.sign(t, f.key, good)
		for _, c := range []struct {
			name, token string
			status      int
		}{
			{"good", replayed, http.StatusOK},
			{"replayed", replayed, http.StatusBadRequest},
			{"another with the same identifier", f.sign(t, f.key, f.logout(func(c map[string]any) { c["jti"] = good["jti"] })), http.StatusBadRequest},
			{"another key", f.sign(t, otherKey, f.logout(nil)), http.StatusBadRequest},
			{"another audience", f.sign(t, f.key, f.logout(func(c map[string]any) { c["aud"] = "other" })), http.StatusBadRequest},
			{"another issuer", f.sign(t, f.key, f.logout(func(c map[string]any) { c["iss"] = "https://example.org" })), http.StatusBadRequest},
			{"with a nonce", f.sign(t, f.key, f.logout(func(c map[string]any) { c["nonce"] = "n" })), http.StatusBadRequest},
			{"old", f.sign(t, f.key, f.logout(func(c map[string]any) { c["iat"] = 1 })), http.StatusBadRequest},
			{"nothing", "", http.StatusBadRequest},
		} {
			t.Run(door+"/"+c.name, func(t *testing.T) {
				answer := sendLogout(t, base+door, nil, url.Values{"logout_token": {c.token}}.Encode())
				if answer.StatusCode != c.status || answer.Header.Get("Cache-Control") != "no-store" || len(answer.Header.Values("Set-Cookie")) != 0 {
					t.Errorf("%d, Cache-Control %q, cookies %v", answer.StatusCode, answer.Header.Get("Cache-Control"), answer.Header.Values("Set-Cookie"))
				}
			})
		}
		for name, c := range map[string]struct {
			header http.Header
			body   string
			status int
		}{
			"no form":         {http.Header{"Content-Type": {"application/json"}}, `{"logout_token":"x"}`, http.StatusBadRequest},
			"no content type": {http.Header{"Content-Type": {""}}, "logout_token=x", http.StatusBadRequest},
			"two tokens":      {nil, "logout_token=" + f.sign(t, f.key, f.logout(nil)) + "&logout_token=x", http.StatusBadRequest},
			"oversize":        {nil, "logout_token=" + strings.Repeat("x", 100<<10), http.StatusBadRequest},
			"from a page":     {http.Header{"Sec-Fetch-Site": {"cross-site"}}, "logout_token=" + f.sign(t, f.key, f.logout(nil)), http.StatusForbidden},
			"by a query":      {nil, "", http.StatusBadRequest},
		} {
			t.Run(door+"/"+name, func(t *testing.T) {
				address := base + door
				if name == "by a query" {
					address += "?logout_token=" + f.sign(t, f.key, f.logout(nil))
				}
				if answer := sendLogout(t, address, c.header, c.body); answer.StatusCode != c.status {
					t.Errorf("%d", answer.StatusCode)
				}
			})
		}
	}
}
