package psc_test

import (
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vaccin/internal/auth/psc"
	"vaccin/internal/demo/pscsim"
)

func doctorsOnly(profession string) bool { return profession == "10" }

func TestEveryAccountSignsInWithItsIdentityAndPlaces(t *testing.T) {
	places := map[string][]string{
		"dr-un-lieu":    {"Cabinet médical des Tilleuls"},
		"dr-deux-lieux": {"Cabinet médical de la Fontaine", "EHPAD Les Glycines"},
		"dr-ehpad":      {"EHPAD Les Glycines"},
		"dr-sans-lieu":  nil,
		"infirmiere":    nil,
		"dr-doublon":    {"Maison de santé du Moulin"},
		"sans-refpro":   nil,
		"dr-reunion":    {"Cabinet médical du Barachois"},
		"dr-pharmacien": {"Cabinet médical des Quinconces"},
	}
	for _, form := range []struct {
		name   string
		signed bool
	}{{"JSON userinfo", false}, {"signed userinfo", true}} {
		s := newService(t)
		addresses := newSimulator(t, s.url, func(o *pscsim.Options) { o.SignedUserInfo = form.signed })
		s.client = mustClient(t, configFor(s, addresses.Issuer))
		if len(places) != len(pscsim.Accounts()) {
			t.Fatalf("%d accounts, %d expectations", len(pscsim.Accounts()), len(places))
		}
		for _, account := range pscsim.Accounts() {
			t.Run(form.name+"/"+account.Key, func(t *testing.T) {
				login, err := s.signIn(t, account.Key)
				if err != nil {
					t.Fatal(err)
				}
				identity := login.Identity
				got := []string{identity.NationalID, identity.FamilyName, identity.GivenName, identity.Civility, login.ACR}
				want := []string{account.NationalID, account.FamilyName, account.GivenName, account.Civility, "eidas1"}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("identity (-want +got):\n%s", diff)
				}
				if identity.HasRefPro == account.WithoutRefPro {
					t.Errorf("HasRefPro is %v", identity.HasRefPro)
				}
				if since := time.Since(login.AuthTime); since < -time.Second || since > time.Minute {
					t.Errorf("auth time is %v ago", since)
				}
				var names []string
				for _, practice := range identity.Practices(doctorsOnly) {
					names = append(names, practice.Activity.Name)
				}
				if diff := cmp.Diff(places[account.Key], names); diff != "" {
					t.Errorf("places (-want +got):\n%s", diff)
				}
			})
		}
	}
}

func TestTheLoginPageSignsInByItsForm(t *testing.T) {
	s := newService(t)
	s.client = mustClient(t, configFor(s, newSimulator(t, s.url, nil).Issuer))
	for _, c := range []struct {
		name   string
		field  url.Values
		reason psc.Reason
	}{
		{"choosing an account", url.Values{"account": {"dr-ehpad"}}, ""},
		{"refusing", url.Values{"action": {"refuse"}}, psc.ReasonDenied},
	} {
		t.Run(c.name, func(t *testing.T) {
			browser := newBrowser(t)
			page, err := browser.Get(s.url + "/connexion")
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(page.Body)
			page.Body.Close()
			if err != nil {
				t.Fatal(err)
			}
			found := regexp.MustCompile(`name="id" value="([^"]+)"`).FindStringSubmatch(string(body))
			if found == nil {
				t.Fatalf("no form on the page:\n%s", body)
			}
			c.field.Set("id", found[1])
			answer, err := browser.PostForm(page.Request.URL.String(), c.field)
			if err != nil {
				t.Fatal(err)
			}
			answer.Body.Close()
			if got := answer.Request.URL.Path; got != "/retour" {
				t.Fatalf("the browser ended at %s", got)
			}
			wantReason(t, s.err, c.reason)
			if c.reason == "" && s.login.Identity.FamilyName != "BENALI" {
				t.Errorf("signed in as %q", s.login.Identity.FamilyName)
			}
		})
	}
}

func TestBeginAsksWhatProSanteConnectRequires(t *testing.T) {
	s := newService(t)
	addresses := newSimulator(t, s.url, nil)
	config := configFor(s, addresses.Issuer)
	config.ACRValues = "eidas2"
	client := mustClient(t, config)
	first, attempt, err := client.Begin(background())
	if err != nil {
		t.Fatal(err)
	}
	target, err := url.Parse(first)
	if err != nil {
		t.Fatal(err)
	}
	if base, _, _ := strings.Cut(first, "?"); base != addresses.AuthURL {
		t.Errorf("redirects to %s, want %s", base, addresses.AuthURL)
	}
	query := target.Query()
	for name, want := range map[string]string{
		"response_type": "code", "client_id": clientID, "redirect_uri": s.url + "/retour", "scope": "openid scope_all",
		"acr_values": "eidas2", "state": attempt.State, "nonce": attempt.Nonce, "code_challenge_method": "S256",
	} {
		if got := query.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if strings.Contains(first, attempt.Verifier) || strings.Contains(first, url.QueryEscape(clientSecret)) {
		t.Error("the address tells the verifier or the secret")
	}
	_, second, err := client.Begin(background())
	if err != nil {
		t.Fatal(err)
	}
	if second.State == attempt.State || second.Nonce == attempt.Nonce || second.Verifier == attempt.Verifier {
		t.Error("two attempts share a value")
	}
}

// approve signs in at the simulator and returns the query of the callback,
// without letting the service see it.
func approve(t *testing.T, redirectURL string) url.Values {
	t.Helper()
	browser := newBrowser(t)
	browser.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if r.URL.Path == "/retour" {
			return http.ErrUseLastResponse
		}
		return nil
	}
	response, err := browser.Get(redirectURL + "&login_hint=dr-un-lieu")
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	location, err := response.Location()
	if err != nil {
		t.Fatal(err)
	}
	return location.Query()
}

func TestFinishRefusesAReturnThatIsNotItsOwn(t *testing.T) {
	s := newService(t)
	client := mustClient(t, configFor(s, newSimulator(t, s.url, nil).Issuer))
	type change func(query url.Values, attempt *psc.Attempt)
	for _, c := range []struct {
		name   string
		change change
		want   psc.Reason
	}{
		{"untouched", func(url.Values, *psc.Attempt) {}, ""},
		{"no attempt in the browser", func(_ url.Values, a *psc.Attempt) { *a = psc.Attempt{} }, psc.ReasonStateMismatch},
		{"empty states on both sides", func(q url.Values, a *psc.Attempt) { q.Set("state", ""); a.State = "" }, psc.ReasonStateMismatch},
		{"forged state", func(q url.Values, _ *psc.Attempt) { q.Set("state", "forged") }, psc.ReasonStateMismatch},
		{"state of another browser", func(_ url.Values, a *psc.Attempt) { a.State = "another" }, psc.ReasonStateMismatch},
		{"no state", func(q url.Values, _ *psc.Attempt) { q.Del("state") }, psc.ReasonStateMismatch},
		{"two states", func(q url.Values, _ *psc.Attempt) { q.Add("state", "second") }, psc.ReasonStateMismatch},
		{"forged state with an error", func(q url.Values, _ *psc.Attempt) { q.Set("state", "x"); q.Set("error", "access_denied") }, psc.ReasonStateMismatch},
		{"nonce of another attempt", func(_ url.Values, a *psc.Attempt) { a.Nonce = "another" }, psc.ReasonInvalidResponse},
		{"verifier of another attempt", func(_ url.Values, a *psc.Attempt) { a.Verifier = strings.Repeat("v", 43) }, psc.ReasonExpired},
		{"forged code", func(q url.Values, _ *psc.Attempt) { q.Set("code", "forged") }, psc.ReasonExpired},
		{"no code", func(q url.Values, _ *psc.Attempt) { q.Del("code") }, psc.ReasonInvalidResponse},
		{"two codes", func(q url.Values, _ *psc.Attempt) { q.Add("code", "second") }, psc.ReasonInvalidResponse},
		{"endless code", func(q url.Values, _ *psc.Attempt) { q.Set("code", strings.Repeat("c", 5000)) }, psc.ReasonInvalidResponse},
		{"another issuer named", func(q url.Values, _ *psc.Attempt) { q.Set("iss", "https://example.org") }, psc.ReasonInvalidResponse},
		{"refused by the person", func(q url.Values, _ *psc.Attempt) { q.Set("error", "access_denied") }, psc.ReasonDenied},
		{"provider in trouble", func(q url.Values, _ *psc.Attempt) { q.Set("error", "temporarily_unavailable") }, psc.ReasonProviderDown},
		{"scope refused", func(q url.Values, _ *psc.Attempt) { q.Set("error", "invalid_scope") }, psc.ReasonMisconfigured},
		{"unknown error", func(q url.Values, _ *psc.Attempt) { q.Set("error", "<script>") }, psc.ReasonInvalidResponse},
	} {
		t.Run(c.name, func(t *testing.T) {
			target, attempt, err := client.Begin(background())
			if err != nil {
				t.Fatal(err)
			}
			query := approve(t, target)
			secrets := []string{query.Get("code"), query.Get("state"), attempt.Nonce, attempt.Verifier, clientSecret, "<script>"}
			c.change(query, &attempt)
			_, err = client.Finish(background(), query, attempt)
			wantReason(t, err, c.want)
			for _, secret := range secrets {
				if err != nil && strings.Contains(err.Error(), secret) {
					t.Errorf("the error tells %q", secret)
				}
			}
		})
	}
}

func TestACodeServesOnce(t *testing.T) {
	s := newService(t)
	client := mustClient(t, configFor(s, newSimulator(t, s.url, nil).Issuer))
	target, attempt, err := client.Begin(background())
	if err != nil {
		t.Fatal(err)
	}
	query := approve(t, target)
	if _, err := client.Finish(background(), query, attempt); err != nil {
		t.Fatal(err)
	}
	_, err = client.Finish(background(), query, attempt)
	wantReason(t, err, psc.ReasonExpired)
}

func TestAWrongSecretIsAConfigurationError(t *testing.T) {
	s := newService(t)
	config := configFor(s, newSimulator(t, s.url, nil).Issuer)
	config.ClientSecret = "wrong"
	s.client = mustClient(t, config)
	_, err := s.signIn(t, "dr-un-lieu")
	wantReason(t, err, psc.ReasonMisconfigured)
}

func TestATokenReceivedAfterItsTimeIsExpired(t *testing.T) {
	s := newService(t)
	config := configFor(s, newSimulator(t, s.url, nil).Issuer)
	config.Now = func() time.Time { return time.Now().Add(3 * time.Minute) }
	s.client = mustClient(t, config)
	_, err := s.signIn(t, "dr-un-lieu")
	wantReason(t, err, psc.ReasonExpired)
}

func TestSigningOutEndsTheProvidersSessionAndComesBack(t *testing.T) {
	s := newService(t)
	s.client = mustClient(t, configFor(s, newSimulator(t, s.url, nil).Issuer))
	login, err := s.signIn(t, "dr-un-lieu")
	if err != nil {
		t.Fatal(err)
	}
	target, err := s.client.EndSessionURL(background(), login.IDToken)
	if err != nil {
		t.Fatal(err)
	}
	response, err := newBrowser(t).Get(target)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if string(body) != "au revoir" {
		t.Errorf("ended at %s: %s", response.Request.URL, body)
	}
}

func TestConfiguredEndpointsWinOverDiscoveredOnes(t *testing.T) {
	s := newService(t)
	addresses := newSimulator(t, s.url, nil)
	config := configFor(s, addresses.Issuer)
	// The simulator also answers at the issuer's own authorization endpoint.
	config.AuthURL = addresses.Issuer + "/protocol/openid-connect/auth"
	client := mustClient(t, config)
	target, _, err := client.Begin(background())
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(target, config.AuthURL+"?") {
		t.Errorf("redirects to %s", target)
	}
}

func TestWithEveryEndpointConfiguredDiscoveryIsNeverCalled(t *testing.T) {
	s := newService(t)
	addresses := newSimulator(t, s.url, nil)
	config := configFor(s, addresses.Issuer)
	config.DiscoveryURL = "http://127.0.0.1:1/nothing-here"
	config.AuthURL, config.TokenURL, config.UserInfoURL = addresses.AuthURL, addresses.TokenURL, addresses.UserInfoURL
	config.EndSessionURL, config.JWKSURL = addresses.EndSessionURL, addresses.JWKSURL
	s.client = mustClient(t, config)
	if _, err := s.signIn(t, "dr-un-lieu"); err != nil {
		t.Fatal(err)
	}
}

func TestNewRefusesWhatWouldTravelInClear(t *testing.T) {
	good := psc.Config{
		Issuer: "https://psc.example/realm", ClientID: "id", ClientSecret: "secret", RedirectURL: "https://vaccin.example/retour",
	}
	for _, c := range []struct {
		name   string
		change func(*psc.Config)
		ok     bool
	}{
		{"https everywhere", func(*psc.Config) {}, true},
		{"http on the loopback", func(c *psc.Config) {
			c.Issuer = "http://127.0.0.1:8081/x"
			c.RedirectURL = "http://localhost:8080/retour"
		}, true},
		{"http IPv6 loopback", func(c *psc.Config) { c.TokenURL = "http://[::1]:8081/token" }, true},
		{"http issuer", func(c *psc.Config) { c.Issuer = "http://psc.example/realm" }, false},
		{"http token address", func(c *psc.Config) { c.TokenURL = "http://psc.example/token" }, false},
		{"http redirect address", func(c *psc.Config) { c.RedirectURL = "http://vaccin.example/retour" }, false},
		{"relative address", func(c *psc.Config) { c.JWKSURL = "/certs" }, false},
		{"other scheme", func(c *psc.Config) { c.UserInfoURL = "file:///etc/passwd" }, false},
		{"password in an address", func(c *psc.Config) { c.AuthURL = "https://a:b@psc.example/auth" }, false},
		{"host that only looks local", func(c *psc.Config) { c.Issuer = "http://localhost.example/x" }, false},
		{"no issuer", func(c *psc.Config) { c.Issuer = "" }, false},
		{"no client id", func(c *psc.Config) { c.ClientID = "" }, false},
		{"no secret", func(c *psc.Config) { c.ClientSecret = "" }, false},
		{"no redirect address", func(c *psc.Config) { c.RedirectURL = "" }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			config := good
			c.change(&config)
			if _, err := psc.New(config); (err == nil) != c.ok {
				t.Errorf("error %v, want accepted: %v", err, c.ok)
			}
		})
	}
}
