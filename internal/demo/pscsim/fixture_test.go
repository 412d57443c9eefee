package pscsim_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"vaccin/internal/demo/pscsim"
)

const (
	clientID = "vaccin-covid"
	secret   = "a secret of the test only"
	callback = "http://localhost:9/retour"
	goodbye  = "http://localhost:9/au-revoir"
	verifier = "a-verifier-that-is-at-least-43-characters-long-0123"
)

// fixture is a simulator served on a port of its own, with a clock that tests move.
type fixture struct {
	pscsim.Addresses
	base    string
	advance atomic.Int64 // nanoseconds ahead of the real clock
}

func serve(t *testing.T) *fixture {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	f := &fixture{base: "http://" + server.Listener.Addr().String()}
	handler, err := pscsim.New(pscsim.Options{
		BaseURL: f.base + "/", ClientID: clientID, ClientSecret: secret,
		RedirectURIs: []string{callback}, PostLogoutRedirectURIs: []string{goodbye},
		Now: func() time.Time { return time.Now().Add(time.Duration(f.advance.Load())) },
	})
	if err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = handler
	server.Start()
	t.Cleanup(server.Close)
	f.Addresses = pscsim.AddressesAt(f.base)
	return f
}

// browser stops where a redirect leaves the simulator.
func (f *fixture) browser() *http.Client {
	return &http.Client{Timeout: 10 * time.Second, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if !strings.HasPrefix(r.URL.String(), f.base) {
			return http.ErrUseLastResponse
		}
		return nil
	}}
}

func (f *fixture) get(t *testing.T, address string) (*http.Response, string) {
	t.Helper()
	response, err := f.browser().Get(address)
	if err != nil {
		t.Fatal(err)
	}
	return response, read(t, response)
}

func (f *fixture) post(t *testing.T, address string, form url.Values) (*http.Response, string) {
	t.Helper()
	response, err := f.browser().PostForm(address, form)
	if err != nil {
		t.Fatal(err)
	}
	return response, read(t, response)
}

func read(t *testing.T, response *http.Response) string {
	t.Helper()
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func request(changes url.Values) url.Values {
	challenge := sha256.Sum256([]byte(verifier))
	asked := url.Values{
		"response_type": {"code"}, "client_id": {clientID}, "redirect_uri": {callback}, "scope": {"openid scope_all"},
		"state": {"the-state"}, "nonce": {"the-nonce"}, "acr_values": {"eidas1"}, "login_hint": {"dr-un-lieu"},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(challenge[:])}, "code_challenge_method": {"S256"},
	}
	maps.Copy(asked, changes)
	return asked
}

// code signs in as an account and returns the authorization code.
func (f *fixture) code(t *testing.T, account string) string {
	t.Helper()
	response, body := f.get(t, f.AuthURL+"?"+request(url.Values{"login_hint": {account}}).Encode())
	location, err := response.Location()
	if err != nil {
		t.Fatalf("no redirect: %v\n%s", err, body)
	}
	code := location.Query().Get("code")
	if code == "" || location.Query().Get("state") != "the-state" {
		t.Fatalf("redirect to %s", location)
	}
	return code
}

type tokens struct {
	AccessToken string `json:"access_token"`
	IDToken     string `json:"id_token"`
	ExpiresIn   int    `json:"expires_in"`
	Error       string `json:"error"`
}

func (f *fixture) exchange(t *testing.T, code string, changes url.Values) (int, tokens) {
	t.Helper()
	form := url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {callback},
		"client_id": {clientID}, "client_secret": {secret}, "code_verifier": {verifier},
	}
	maps.Copy(form, changes)
	response, body := f.post(t, f.TokenURL, form)
	var got tokens
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		t.Fatalf("%d %s", response.StatusCode, body)
	}
	return response.StatusCode, got
}

func (f *fixture) userInfo(t *testing.T, accessToken, accept string) (*http.Response, string) {
	t.Helper()
	request, err := http.NewRequest(http.MethodGet, f.UserInfoURL, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+accessToken)
	request.Header.Set("Accept", accept)
	response, err := f.browser().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	return response, read(t, response)
}
