package psc_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"vaccin/internal/auth/oidc"
	"vaccin/internal/auth/oidc/oidctest"
	"vaccin/internal/auth/psc"
	"vaccin/internal/demo/pscsim"
)

// door is the client of Pro Santé Connect as the suite of every door sees it.
type door struct{ *psc.Client }

func (d door) SignIn(ctx context.Context, callback url.Values, attempt oidc.Attempt) (string, error) {
	login, err := d.Finish(ctx, callback, attempt)
	return login.Identity.NationalID, err
}

func theDoor() oidctest.Door {
	return oidctest.Door{
		New: func(config oidc.Config) (oidctest.Client, error) {
			client, err := psc.New(config)
			return door{client}, err
		},
		UserInfo: map[string]any{"SubjectNameID": "899700810379"}, Who: "899700810379", Secrets: []string{"899700810379"},
		Account: "dr-un-lieu",
		Simulate: func(t *testing.T, serviceURL string) oidc.Config {
			return configFor(&service{url: serviceURL}, newSimulator(t, serviceURL, nil).Issuer)
		},
	}
}

func TestHostileProviders(t *testing.T) { oidctest.Hostile(t, theDoor()) }

func TestReturnsFromTheProvider(t *testing.T) { oidctest.Callback(t, theDoor()) }

// newSimulator serves a simulator at 127.0.0.1, for a service at serviceURL.
func newSimulator(t *testing.T, serviceURL string, change func(*pscsim.Options)) pscsim.Addresses {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	options := pscsim.Options{
		BaseURL: "http://" + server.Listener.Addr().String(), ClientID: oidctest.ClientID, ClientSecret: oidctest.ClientSecret,
		RedirectURIs: []string{serviceURL + "/retour"}, PostLogoutRedirectURIs: []string{serviceURL + "/au-revoir"},
	}
	if change != nil {
		change(&options)
	}
	handler, err := pscsim.New(options)
	if err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = handler
	server.Start()
	t.Cleanup(server.Close)
	return pscsim.AddressesAt(options.BaseURL)
}

// service is a web application of the least size that signs people in: it keeps
// the attempt in a cookie and remembers how the last return ended.
type service struct {
	url    string
	client *psc.Client
	login  psc.Login
	err    error
}

// newService serves at localhost: another site than the provider's, as in life.
func newService(t *testing.T) *service {
	t.Helper()
	s := &service{}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /connexion", func(w http.ResponseWriter, r *http.Request) {
		target, attempt, err := s.client.Begin(r.Context())
		if err != nil {
			t.Errorf("begin: %v", err)
			return
		}
		text, err := json.Marshal(attempt)
		if err != nil {
			t.Errorf("attempt: %v", err)
		}
		http.SetCookie(w, &http.Cookie{Name: "attempt", Value: url.QueryEscape(string(text)), HttpOnly: true, SameSite: http.SameSiteLaxMode})
		if hint := r.URL.Query().Get("hint"); hint != "" {
			target += "&login_hint=" + url.QueryEscape(hint)
		}
		http.Redirect(w, r, target, http.StatusSeeOther)
	})
	mux.HandleFunc("GET /retour", func(_ http.ResponseWriter, r *http.Request) {
		var attempt oidc.Attempt
		if cookie, err := r.Cookie("attempt"); err == nil {
			text, err := url.QueryUnescape(cookie.Value)
			if err != nil {
				t.Errorf("cookie: %v", err)
			}
			if err := json.Unmarshal([]byte(text), &attempt); err != nil {
				t.Errorf("cookie: %v", err)
			}
		}
		s.login, s.err = s.client.Finish(r.Context(), r.URL.Query(), attempt)
	})
	mux.HandleFunc("GET /au-revoir", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("au revoir"))
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	s.url = strings.Replace(server.URL, "127.0.0.1", "localhost", 1)
	return s
}

// configFor is what an operator would configure: issuer and credentials, the
// rest discovered.
func configFor(s *service, issuer string) oidc.Config {
	return oidc.Config{
		Issuer: issuer, ClientID: oidctest.ClientID, ClientSecret: oidctest.ClientSecret,
		RedirectURL: s.url + "/retour", PostLogoutRedirectURL: s.url + "/au-revoir",
	}
}

func mustClient(t *testing.T, config oidc.Config) *psc.Client {
	t.Helper()
	client, err := psc.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func newBrowser(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Jar: jar, Timeout: 10 * time.Second}
}

// signIn goes through the whole sign-in as an account, by its key.
func (s *service) signIn(t *testing.T, key string) (psc.Login, error) {
	t.Helper()
	s.login, s.err = psc.Login{}, nil
	response, err := newBrowser(t).Get(s.url + "/connexion?hint=" + url.QueryEscape(key))
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if got := response.Request.URL.Path; got != "/retour" {
		t.Fatalf("the browser ended at %s", got)
	}
	return s.login, s.err
}

func wantReason(t *testing.T, err error, want oidc.Reason) {
	t.Helper()
	if got := oidc.ReasonOf(err); got != want {
		t.Fatalf("reason %q (%v), want %q", got, err, want)
	}
}

func background() context.Context { return context.Background() }

// wantDiscreet checks that an error of a reader tells nobody's name or number.
func wantDiscreet(t *testing.T, err error) {
	t.Helper()
	for _, secret := range []string{"899700810379", "899700810742", "MARCHAND", "eyJ"} {
		if err != nil && strings.Contains(err.Error(), secret) {
			t.Errorf("the error %q tells %q", err, secret)
		}
	}
}
