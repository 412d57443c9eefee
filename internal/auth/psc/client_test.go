package psc_test

import (
	"io"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vaccin/internal/auth/oidc"
	"vaccin/internal/auth/oidc/oidctest"
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
		"pharmacienne":  nil,
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
		reason oidc.Reason
	}{
		{"choosing an account", url.Values{"account": {"dr-ehpad"}}, ""},
		{"refusing", url.Values{"action": {"refuse"}}, oidc.ReasonDenied},
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
		"response_type": "code", "client_id": oidctest.ClientID, "redirect_uri": s.url + "/retour", "scope": "openid scope_all",
		"acr_values": "eidas2", "state": attempt.State, "nonce": attempt.Nonce, "code_challenge_method": "S256",
	} {
		if got := query.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if strings.Contains(first, attempt.Verifier) || strings.Contains(first, url.QueryEscape(oidctest.ClientSecret)) {
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
	good := oidc.Config{
		Issuer: "https://psc.example/realm", ClientID: "id", ClientSecret: "secret", RedirectURL: "https://vaccin.example/retour",
	}
	for _, c := range []struct {
		name   string
		change func(*oidc.Config)
		ok     bool
	}{
		{"https everywhere", func(*oidc.Config) {}, true},
		{"http on the loopback", func(c *oidc.Config) {
			c.Issuer = "http://127.0.0.1:8081/x"
			c.RedirectURL = "http://localhost:8080/retour"
		}, true},
		{"http IPv6 loopback", func(c *oidc.Config) { c.TokenURL = "http://[::1]:8081/token" }, true},
		{"http issuer", func(c *oidc.Config) { c.Issuer = "http://psc.example/realm" }, false},
		{"http token address", func(c *oidc.Config) { c.TokenURL = "http://psc.example/token" }, false},
		{"http redirect address", func(c *oidc.Config) { c.RedirectURL = "http://vaccin.example/retour" }, false},
		{"relative address", func(c *oidc.Config) { c.JWKSURL = "/certs" }, false},
		{"other scheme", func(c *oidc.Config) { c.UserInfoURL = "file:///etc/passwd" }, false},
		{"password in an address", func(c *oidc.Config) { c.AuthURL = "https://a:b@psc.example/auth" }, false},
		{"host that only looks local", func(c *oidc.Config) { c.Issuer = "http://localhost.example/x" }, false},
		{"no issuer", func(c *oidc.Config) { c.Issuer = "" }, false},
		{"no client id", func(c *oidc.Config) { c.ClientID = "" }, false},
		{"no secret", func(c *oidc.Config) { c.ClientSecret = "" }, false},
		{"no redirect address", func(c *oidc.Config) { c.RedirectURL = "" }, false},
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
