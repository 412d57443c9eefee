package pscsim_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"vaccin/internal/demo/pscsim"
	"vaccin/internal/shareddata"
)

func TestDiscoveryIsOnlyWhereProSanteConnectPutsIt(t *testing.T) {
	f := serve(t)
	response, body := f.get(t, f.DiscoveryURL)
	var document map[string]any
	if err := json.Unmarshal([]byte(body), &document); err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%d %v", response.StatusCode, err)
	}
	for name, want := range map[string]string{
		"issuer": f.base + "/auth/realms/esante-wallet", "authorization_endpoint": f.base + "/wallet/auth",
		"token_endpoint": f.TokenURL, "userinfo_endpoint": f.UserInfoURL, "end_session_endpoint": f.EndSessionURL, "jwks_uri": f.JWKSURL,
	} {
		if document[name] != want {
			t.Errorf("%s is %v, want %s", name, document[name], want)
		}
	}
	for _, absent := range []string{"introspection_endpoint", "revocation_endpoint", "device_authorization_endpoint"} {
		if _, there := document[absent]; there {
			t.Errorf("%s is announced", absent)
		}
	}
	for _, path := range []string{
		"/.well-known/openid-configuration", "/auth/realms/esante-wallet/.well-known/openid-configuration",
		"/auth/realms/esante-wallet/oauth/introspect", "/auth/realms/esante-wallet/device_authorization", "/auth/realms/esante-wallet/revoke", "/",
	} {
		if response, _ := f.get(t, f.base+path); response.StatusCode != http.StatusNotFound {
			t.Errorf("%s answers %d, want 404", path, response.StatusCode)
		}
	}
}

func TestAuthorizeRequiresWhatProSanteConnectRequires(t *testing.T) {
	f := serve(t)
	for _, c := range []struct {
		name    string
		changes url.Values
		want    string // error sent back; "" a code; "page" an answer without redirect
	}{
		{"complete", nil, ""},
		{"without PKCE", url.Values{"code_challenge": {""}, "code_challenge_method": {""}}, "invalid_request"},
		{"PKCE plain", url.Values{"code_challenge_method": {"plain"}}, "invalid_request"},
		{"PKCE without method", url.Values{"code_challenge_method": {""}}, "invalid_request"},
		{"without state", url.Values{"state": {""}}, "invalid_request"},
		{"without nonce", url.Values{"nonce": {""}}, "invalid_request"},
		{"without openid", url.Values{"scope": {"scope_all"}}, "invalid_scope"},
		{"without scope_all", url.Values{"scope": {"openid"}}, "invalid_scope"},
		{"silently", url.Values{"prompt": {"none"}}, "login_required"},
		{"implicit flow", url.Values{"response_type": {"id_token"}}, "page"},
		{"another redirect address", url.Values{"redirect_uri": {callback + "/x"}}, "page"},
		{"redirect address with a query", url.Values{"redirect_uri": {callback + "?x=1"}}, "page"},
		{"another client", url.Values{"client_id": {"other"}}, "page"},
	} {
		t.Run(c.name, func(t *testing.T) {
			response, body := f.get(t, f.AuthURL+"?"+request(c.changes).Encode())
			location, err := response.Location()
			if c.want == "page" {
				if err == nil || response.StatusCode != http.StatusBadRequest {
					t.Fatalf("%d, redirect to %v", response.StatusCode, location)
				}
				return
			}
			if err != nil {
				t.Fatalf("no redirect: %s", body)
			}
			answer := location.Query()
			if got := answer.Get("error"); got != c.want || (answer.Get("code") != "") != (c.want == "") {
				t.Errorf("redirect to %s", location)
			}
		})
	}
}

func TestTokenEndpointGivesTokensOnceToTheRightClient(t *testing.T) {
	f := serve(t)
	for _, c := range []struct {
		name    string
		changes url.Values
		want    string
	}{
		{"complete", nil, ""},
		{"wrong secret", url.Values{"client_secret": {"wrong"}}, "invalid_client"},
		{"no secret", url.Values{"client_secret": {""}}, "invalid_client"},
		{"another client", url.Values{"client_id": {"other"}}, "invalid_client"},
		{"wrong verifier", url.Values{"code_verifier": {"wrong"}}, "invalid_grant"},
		{"no verifier", url.Values{"code_verifier": {""}}, "invalid_request"},
		{"another redirect address", url.Values{"redirect_uri": {goodbye}}, "invalid_grant"},
		{"refresh", url.Values{"grant_type": {"refresh_token"}}, "unsupported_grant_type"},
		{"client credentials", url.Values{"grant_type": {"client_credentials"}}, "unsupported_grant_type"},
	} {
		t.Run(c.name, func(t *testing.T) {
			code := f.code(t, "dr-un-lieu")
			status, got := f.exchange(t, code, c.changes)
			if got.Error != c.want || (got.AccessToken != "") != (c.want == "") {
				t.Fatalf("%d %q", status, got.Error)
			}
			if c.want == "" && (got.ExpiresIn < 118 || got.ExpiresIn > 120) {
				t.Errorf("access token for %d s, want 120", got.ExpiresIn)
			}
			spent := c.want != "unsupported_grant_type"
			if _, again := f.exchange(t, code, nil); (again.Error == "invalid_grant") != spent {
				t.Errorf("second exchange: %q", again.Error)
			}
		})
	}
}

func TestTheClientMayAuthenticateInTheHeader(t *testing.T) {
	f := serve(t)
	form := url.Values{"grant_type": {"authorization_code"}, "code": {f.code(t, "dr-un-lieu")}, "redirect_uri": {callback}, "code_verifier": {verifier}}
	request, err := http.NewRequest(http.MethodPost, f.TokenURL, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.SetBasicAuth(clientID, url.QueryEscape(secret))
	response, err := f.browser().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	if body := read(t, response); response.StatusCode != http.StatusOK {
		t.Errorf("%d %s", response.StatusCode, body)
	}
}

func TestACodeOfAMinuteAgoIsDead(t *testing.T) {
	f := serve(t)
	code := f.code(t, "dr-un-lieu")
	f.advance.Store(int64(61 * time.Second))
	if _, got := f.exchange(t, code, nil); got.Error != "invalid_grant" {
		t.Errorf("answer %q", got.Error)
	}
}

func TestUserInfoAnswersForTwoMinutesUntilSignOut(t *testing.T) {
	f := serve(t)
	_, got := f.exchange(t, f.code(t, "dr-un-lieu"), nil)
	for _, c := range []struct {
		name, token string
		advance     time.Duration
		want        int
	}{
		{"at once", got.AccessToken, 0, 200},
		{"just before the end", got.AccessToken, 119 * time.Second, 200},
		{"at the end", got.AccessToken, 120 * time.Second, 401},
		{"ID token as access token", got.IDToken, 0, 401},
		{"no token", "", 0, 401},
		{"any text", "any", 0, 401},
	} {
		f.advance.Store(int64(c.advance))
		if response, _ := f.userInfo(t, c.token, "*/*"); response.StatusCode != c.want {
			t.Errorf("%s: %d, want %d", c.name, response.StatusCode, c.want)
		}
	}
	f.advance.Store(0)
	query := url.Values{"id_token_hint": {got.IDToken}, "client_id": {clientID}, "post_logout_redirect_uri": {goodbye}}
	response, body := f.get(t, f.EndSessionURL+"?"+query.Encode())
	if location, err := response.Location(); err != nil || location.String() != goodbye {
		t.Fatalf("sign-out goes to %v: %s", location, body)
	}
	if response, _ := f.userInfo(t, got.AccessToken, "*/*"); response.StatusCode != http.StatusUnauthorized {
		t.Errorf("after sign-out userinfo answers %d", response.StatusCode)
	}
}

func TestSignOutIsRefusedWithoutAHintOrTowardsAnotherAddress(t *testing.T) {
	f := serve(t)
	_, got := f.exchange(t, f.code(t, "dr-un-lieu"), nil)
	for _, c := range []struct {
		name  string
		query url.Values
	}{
		{"no hint", url.Values{"client_id": {clientID}, "post_logout_redirect_uri": {goodbye}}},
		{"another address", url.Values{"id_token_hint": {got.IDToken}, "post_logout_redirect_uri": {"https://example.org"}}},
		{"forged hint", url.Values{"id_token_hint": {got.IDToken[:len(got.IDToken)-8] + "AAAAAAAA"}, "post_logout_redirect_uri": {goodbye}}},
	} {
		if response, _ := f.get(t, f.EndSessionURL+"?"+c.query.Encode()); response.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %d", c.name, response.StatusCode)
		}
	}
	response, body := f.get(t, f.EndSessionURL+"?id_token_hint="+got.IDToken)
	if response.StatusCode != http.StatusOK || !strings.Contains(body, "Vous êtes déconnecté") {
		t.Errorf("without an address to go to: %d %s", response.StatusCode, body)
	}
}

func TestUserInfoIsJSONUnlessAJWTIsAskedFor(t *testing.T) {
	f := serve(t)
	_, got := f.exchange(t, f.code(t, "dr-un-lieu"), nil)
	for accept, want := range map[string]string{
		"*/*": "application/json", "application/json": "application/json", "": "application/json",
		"application/json, application/jwt": "application/json", "application/jwt": "application/jwt",
	} {
		response, _ := f.userInfo(t, got.AccessToken, accept)
		if got := response.Header.Get("Content-Type"); got != want {
			t.Errorf("Accept %q is answered with %s", accept, got)
		}
	}
}

func TestUserInfoHasTheShapeOfTheRealOne(t *testing.T) {
	sample, err := os.ReadFile(shareddata.Path(t, "identities/psc-userinfo-two-places.json"))
	if err != nil {
		t.Fatal(err)
	}
	f := serve(t)
	_, got := f.exchange(t, f.code(t, "dr-deux-lieux"), nil)
	_, body := f.userInfo(t, got.AccessToken, "application/json")
	ours, theirs := paths(t, []byte(body)), paths(t, sample)
	for path, kind := range theirs {
		if ours[path] != kind {
			t.Errorf("%s is %q here and %q in the real one", path, ours[path], kind)
		}
	}
	for path := range ours {
		if theirs[path] == "" {
			t.Errorf("%s does not exist in the real one", path)
		}
	}
}

// paths maps every path of a JSON document to the kind of value there; the
// items of an array share one path.
func paths(t *testing.T, body []byte) map[string]string {
	t.Helper()
	var document any
	if err := json.Unmarshal(body, &document); err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	var walk func(path string, value any)
	walk = func(path string, value any) {
		switch value := value.(type) {
		case map[string]any:
			for name, inner := range value {
				walk(path+"."+name, inner)
			}
		case []any:
			for _, inner := range value {
				walk(path+"[]", inner)
			}
		case string:
			found[path] = "text"
		case float64:
			found[path] = "number"
		default:
			t.Fatalf("%s: %T", path, value)
		}
	}
	walk("", document)
	return found
}

func TestNewRefusesIncompleteOptions(t *testing.T) {
	good := pscsim.Options{BaseURL: "http://127.0.0.1:8081", ClientID: "id", ClientSecret: "s", RedirectURIs: []string{callback}}
	for name, change := range map[string]func(*pscsim.Options){
		"no base":        func(o *pscsim.Options) { o.BaseURL = "" },
		"base with path": func(o *pscsim.Options) { o.BaseURL += "/psc" },
		"no client":      func(o *pscsim.Options) { o.ClientID = "" },
		"no secret":      func(o *pscsim.Options) { o.ClientSecret = "" },
		"no redirect":    func(o *pscsim.Options) { o.RedirectURIs = nil },
	} {
		options := good
		change(&options)
		if _, err := pscsim.New(options); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
