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
	"os"
	"regexp"
	"slices"
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
	sample, err := os.ReadFile("../../../../shared/data/identities/psc-userinfo-two-places.json")
	if err != nil {
		t.Skip("the shared data are not beside this clone")
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

func TestTheLoginPageIsReadableAndOffersEveryAccount(t *testing.T) {
	f := serve(t)
	response, body := f.get(t, f.AuthURL+"?"+request(url.Values{"login_hint": {"nobody"}}).Encode())
	for _, want := range []string{`<html lang="fr">`, "Simulateur Pro Santé Connect (démonstration)", ">Refuser</button>", "<h1>", "<main>", "<title>Choisir un compte"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if strings.Contains(body, "<script") || !strings.Contains(response.Header.Get("Content-Security-Policy"), "default-src 'none'") {
		t.Error("the page has scripts or no policy")
	}
	buttons := regexp.MustCompile(`name="account" value="([^"]+)" aria-describedby="([^"]+)">`).FindAllStringSubmatch(body, -1)
	if len(buttons) != len(pscsim.Accounts()) {
		t.Fatalf("%d buttons for %d accounts", len(buttons), len(pscsim.Accounts()))
	}
	for _, button := range buttons {
		if !strings.Contains(body, `id="`+button[2]+`"`) {
			t.Errorf("the description of %s is nowhere", button[1])
		}
	}
	style, _ := f.get(t, f.base+"/wallet/style.css")
	if style.StatusCode != http.StatusOK || !strings.HasPrefix(style.Header.Get("Content-Type"), "text/css") {
		t.Errorf("style: %d", style.StatusCode)
	}
}

func TestTheLoginFormRefusesWhatItDidNotOffer(t *testing.T) {
	f := serve(t)
	begin := func() (string, string) {
		response, _ := f.get(t, f.AuthURL+"?"+request(url.Values{"login_hint": {""}}).Encode())
		return response.Request.URL.String(), response.Request.URL.Query().Get("id")
	}
	page, id := begin()
	if response, body := f.post(t, page, url.Values{"id": {id}, "account": {"nobody"}}); response.StatusCode != 400 || !strings.Contains(body, "Choisissez l’un des comptes") {
		t.Errorf("unknown account: %d", response.StatusCode)
	}
	if response, _ := f.post(t, page, url.Values{"id": {"forged"}, "account": {"dr-un-lieu"}}); response.StatusCode != 400 {
		t.Errorf("forged request: %d", response.StatusCode)
	}
	if response, _ := f.post(t, page, url.Values{"id": {id}, "account": {"dr-un-lieu"}}); response.StatusCode != http.StatusFound {
		t.Errorf("good account: %d", response.StatusCode)
	}
	if response, body := f.post(t, page, url.Values{"id": {id}, "account": {"dr-ehpad"}}); response.StatusCode != 400 || !strings.Contains(body, "n’est plus valable") {
		t.Errorf("second answer to one request: %d", response.StatusCode)
	}
	callbackAgain := f.AuthURL + "/callback?id=" + id
	if response, _ := f.get(t, callbackAgain); response.Header.Get("Location") != "" && strings.Contains(response.Header.Get("Location"), "code=") {
		t.Error("the callback gives a second code")
	}
	page, id = begin()
	if response, _ := f.get(t, f.AuthURL+"/callback?id="+id); strings.Contains(response.Header.Get("Location"), "code=") {
		t.Error("the callback gives a code before anyone signed in")
	}
	response, _ := f.post(t, page, url.Values{"id": {id}, "action": {"refuse"}})
	if got := response.Header.Get("Location"); !strings.Contains(got, "error=access_denied") || !strings.Contains(got, "state=the-state") {
		t.Errorf("refusing goes to %s", got)
	}
	page, _ = begin()
	f.advance.Store(int64(11 * time.Minute))
	if response, _ := f.get(t, page); response.StatusCode != 400 {
		t.Errorf("an old login page: %d", response.StatusCode)
	}
}

func TestAccountsAreInventedAndDistinct(t *testing.T) {
	accounts := pscsim.Accounts()
	var keys, ids []string
	for _, account := range accounts {
		keys, ids = append(keys, account.Key), append(ids, account.NationalID)
		if !regexp.MustCompile(`^899700[0-9]{6}$`).MatchString(account.NationalID) || luhn(account.NationalID[1:]) != 0 {
			t.Errorf("%s: %s is not a test RPPS with a true check digit", account.Key, account.NationalID)
		}
		if account.Label == "" || account.FamilyName == "" || account.GivenName == "" || account.Civility == "" {
			t.Errorf("%s: incomplete", account.Key)
		}
		for _, exercise := range account.Exercises {
			for _, activity := range exercise.Activities {
				private := regexp.MustCompile(`^4` + account.NationalID[1:] + `[0-9]{3}$`).MatchString(activity.PreviousID)
				if !private && activity.PreviousID != "1"+activity.FINESS {
					t.Errorf("%s: previous identifier %s", account.Key, activity.PreviousID)
				}
			}
		}
	}
	for _, list := range [][]string{keys, ids} {
		slices.Sort(list)
		if got := len(slices.Compact(list)); got != len(accounts) {
			t.Errorf("%d different ones for %d accounts", got, len(accounts))
		}
	}
	accounts[0].Exercises[0].Activities[0].Name = "changed"
	if pscsim.Accounts()[0].Exercises[0].Activities[0].Name == "changed" {
		t.Error("a caller can change the accounts of others")
	}
}

func luhn(digits string) int {
	sum := 0
	for i := range len(digits) {
		digit := int(digits[len(digits)-1-i] - '0')
		if i%2 == 1 {
			digit = digit*2/10 + digit*2%10
		}
		sum += digit
	}
	return sum % 10
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
