package oidctest

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"vaccin/internal/auth/oidc"
)

// serviceURL is where the service of these tests would be: nothing answers there, and nothing needs to.
const serviceURL = "http://localhost:1"

// Callback tries what a browser can bring back from a real provider, the door's simulator.
func Callback(t *testing.T, door Door) {
	t.Helper()
	t.Run("finish refuses a return that is not its own", func(t *testing.T) { finishRefusesAReturnThatIsNotItsOwn(t, door) })
	t.Run("a code serves once", func(t *testing.T) { aCodeServesOnce(t, door) })
	t.Run("a wrong secret is a configuration error", func(t *testing.T) { aWrongSecretIsAConfigurationError(t, door) })
	t.Run("a token received after its time is expired", func(t *testing.T) { aTokenReceivedAfterItsTimeIsExpired(t, door) })
}

func (d Door) client(t *testing.T, config oidc.Config) Client {
	t.Helper()
	client, err := d.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// signIn goes through a whole sign-in at the simulator of a configuration.
func (d Door) signIn(t *testing.T, config oidc.Config) error {
	t.Helper()
	client := d.client(t, config)
	target, attempt, err := client.Begin(t.Context())
	if err != nil {
		return err
	}
	_, err = client.SignIn(t.Context(), approve(t, d, target), attempt)
	return err
}

// approve signs in at the simulator and returns the query of the callback,
// without letting the service see it.
func approve(t *testing.T, door Door, redirectURL string) url.Values {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar, Timeout: 10 * time.Second}
	browser.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if r.URL.Path == "/retour" {
			return http.ErrUseLastResponse
		}
		return nil
	}
	response, err := browser.Get(redirectURL + "&login_hint=" + url.QueryEscape(door.Account))
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

func finishRefusesAReturnThatIsNotItsOwn(t *testing.T, door Door) {
	client := door.client(t, door.Simulate(t, serviceURL))
	type change func(query url.Values, attempt *oidc.Attempt)
	for _, c := range []struct {
		name   string
		change change
		want   oidc.Reason
	}{
		{"untouched", func(url.Values, *oidc.Attempt) {}, ""},
		{"no attempt in the browser", func(_ url.Values, a *oidc.Attempt) { *a = oidc.Attempt{} }, oidc.ReasonStateMismatch},
		{"empty states on both sides", func(q url.Values, a *oidc.Attempt) { q.Set("state", ""); a.State = "" }, oidc.ReasonStateMismatch},
		{"forged state", func(q url.Values, _ *oidc.Attempt) { q.Set("state", "forged") }, oidc.ReasonStateMismatch},
		{"state of another browser", func(_ url.Values, a *oidc.Attempt) { a.State = "another" }, oidc.ReasonStateMismatch},
		{"no state", func(q url.Values, _ *oidc.Attempt) { q.Del("state") }, oidc.ReasonStateMismatch},
		{"two states", func(q url.Values, _ *oidc.Attempt) { q.Add("state", "second") }, oidc.ReasonStateMismatch},
		{"forged state with an error", func(q url.Values, _ *oidc.Attempt) { q.Set("state", "x"); q.Set("error", "access_denied") }, oidc.ReasonStateMismatch},
		{"nonce of another attempt", func(_ url.Values, a *oidc.Attempt) { a.Nonce = "another" }, oidc.ReasonInvalidResponse},
		{"verifier of another attempt", func(_ url.Values, a *oidc.Attempt) { a.Verifier = strings.Repeat("v", 43) }, oidc.ReasonExpired},
		{"forged code", func(q url.Values, _ *oidc.Attempt) { q.Set("code", "forged") }, oidc.ReasonExpired},
		{"no code", func(q url.Values, _ *oidc.Attempt) { q.Del("code") }, oidc.ReasonInvalidResponse},
		{"two codes", func(q url.Values, _ *oidc.Attempt) { q.Add("code", "second") }, oidc.ReasonInvalidResponse},
		{"endless code", func(q url.Values, _ *oidc.Attempt) { q.Set("code", strings.Repeat("c", 5000)) }, oidc.ReasonInvalidResponse},
		{"another issuer named", func(q url.Values, _ *oidc.Attempt) { q.Set("iss", "https://example.org") }, oidc.ReasonInvalidResponse},
		{"refused by the person", func(q url.Values, _ *oidc.Attempt) { q.Set("error", "access_denied") }, oidc.ReasonDenied},
		{"provider in trouble", func(q url.Values, _ *oidc.Attempt) { q.Set("error", "temporarily_unavailable") }, oidc.ReasonProviderDown},
		{"scope refused", func(q url.Values, _ *oidc.Attempt) { q.Set("error", "invalid_scope") }, oidc.ReasonMisconfigured},
		{"unknown error", func(q url.Values, _ *oidc.Attempt) { q.Set("error", "<script>") }, oidc.ReasonInvalidResponse},
	} {
		t.Run(c.name, func(t *testing.T) {
			target, attempt, err := client.Begin(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			query := approve(t, door, target)
			secrets := []string{query.Get("code"), query.Get("state"), attempt.Nonce, attempt.Verifier, ClientSecret, "<script>"}
			c.change(query, &attempt)
			_, err = client.SignIn(t.Context(), query, attempt)
			wantReason(t, err, c.want)
			for _, secret := range secrets {
				if err != nil && strings.Contains(err.Error(), secret) {
					t.Errorf("the error tells %q", secret)
				}
			}
		})
	}
}

func aCodeServesOnce(t *testing.T, door Door) {
	client := door.client(t, door.Simulate(t, serviceURL))
	target, attempt, err := client.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	query := approve(t, door, target)
	if _, err := client.SignIn(t.Context(), query, attempt); err != nil {
		t.Fatal(err)
	}
	_, err = client.SignIn(t.Context(), query, attempt)
	wantReason(t, err, oidc.ReasonExpired)
}

func aWrongSecretIsAConfigurationError(t *testing.T, door Door) {
	config := door.Simulate(t, serviceURL)
	config.ClientSecret = "wrong"
	err := door.signIn(t, config)
	wantReason(t, err, oidc.ReasonMisconfigured)
}

func aTokenReceivedAfterItsTimeIsExpired(t *testing.T, door Door) {
	config := door.Simulate(t, serviceURL)
	config.Now = func() time.Time { return time.Now().Add(3 * time.Minute) }
	err := door.signIn(t, config)
	wantReason(t, err, oidc.ReasonExpired)
}
