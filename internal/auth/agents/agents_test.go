package agents_test

import (
	"context"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"vaccin/internal/auth/agents"
	"vaccin/internal/auth/oidc"
	"vaccin/internal/auth/oidc/oidctest"
	"vaccin/internal/demo/agentsim"
	"vaccin/internal/registry"
)

// door is the client of agents as the suite of every door sees it.
type door struct{ *agents.Client }

func (d door) SignIn(ctx context.Context, callback url.Values, attempt oidc.Attempt) (string, error) {
	login, err := d.Finish(ctx, callback, attempt)
	if err != nil {
		return "", err
	}
	return login.Identity.FamilyName + " " + string(login.Identity.Roles[0]), nil
}

func theDoor() oidctest.Door {
	return oidctest.Door{
		New: func(config oidc.Config) (oidctest.Client, error) {
			client, err := agents.New(agents.Config{Config: config, RoleClaim: agentsim.RoleClaim, Roles: agentsim.Roles()})
			return door{client}, err
		},
		UserInfo: map[string]any{"realm_access": map[string]any{"roles": []string{"vaccin-assistance"}}},
		Who:      "MARCHAND support", Secrets: []string{"vaccin-assistance"}, Account: "assistance",
		Simulate: simulate,
	}
}

// simulate serves the simulator of agents for a service at an address, and returns its configuration.
func simulate(t *testing.T, serviceURL string) oidc.Config {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	options := agentsim.Options{
		BaseURL: "http://" + server.Listener.Addr().String(), ClientID: oidctest.ClientID, ClientSecret: oidctest.ClientSecret,
		RedirectURIs: []string{serviceURL + "/retour"}, PostLogoutRedirectURIs: []string{serviceURL + "/au-revoir"},
	}
	handler, err := agentsim.New(options)
	if err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = handler
	server.Start()
	t.Cleanup(server.Close)
	return oidc.Config{
		Issuer: agentsim.AddressesAt(options.BaseURL).Issuer, ClientID: oidctest.ClientID, ClientSecret: oidctest.ClientSecret,
		RedirectURL: serviceURL + "/retour", PostLogoutRedirectURL: serviceURL + "/au-revoir",
	}
}

func TestHostileProviders(t *testing.T) { oidctest.Hostile(t, theDoor()) }

func TestReturnsFromTheProvider(t *testing.T) { oidctest.Callback(t, theDoor()) }

func TestAConfigurationThatCouldLetSomebodyElseInStopsTheStart(t *testing.T) {
	good := agents.Config{
		Config: oidc.Config{
			Issuer: "https://agents.exemple", ClientID: "id", ClientSecret: "secret", RedirectURL: "https://vaccin.exemple/retour",
		},
		RoleClaim: "roles", Roles: []string{"a=support", "b=support", "groupe=x=statistics-reader"},
	}
	for _, c := range []struct {
		name   string
		change func(*agents.Config)
		says   string
	}{
		{"good", func(*agents.Config) {}, ""},
		{"no role", func(c *agents.Config) { c.Roles = nil }, "no role"},
		{"no value", func(c *agents.Config) { c.Roles = []string{"=support"} }, "value=role"},
		{"no equal sign", func(c *agents.Config) { c.Roles = []string{"support"} }, "value=role"},
		{"an unknown role", func(c *agents.Config) { c.Roles = []string{"a=admin"} }, "no role of agents"},
		{"a practitioner", func(c *agents.Config) { c.Roles = []string{"a=practitioner"} }, "no role of agents"},
		{"the operator", func(c *agents.Config) { c.Roles = []string{"a=system"} }, "no role of agents"},
		{"a value twice", func(c *agents.Config) { c.Roles = []string{"a=support", "a=campaign-manager"} }, "twice"},
		{"no claim", func(c *agents.Config) { c.RoleClaim = "" }, "claim"},
		{"a path with a hole", func(c *agents.Config) { c.RoleClaim = "realm_access..roles" }, "claim"},
		{"an issuer in clear", func(c *agents.Config) { c.Issuer = "http://agents.exemple" }, "https"},
	} {
		t.Run(c.name, func(t *testing.T) {
			config := good
			c.change(&config)
			_, err := agents.New(config)
			if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v", err)
			}
		})
	}
}

// reader is a client that reads a claim, with the roles of the simulator.
func reader(t testing.TB, claim string) *agents.Client {
	t.Helper()
	client, err := agents.New(agents.Config{
		Config: oidc.Config{
			Issuer: "https://agents.exemple", ClientID: "id", ClientSecret: "secret", RedirectURL: "https://vaccin.exemple/retour",
		},
		RoleClaim: claim, Roles: append(agentsim.Roles(), "équipe d’assistance=support"),
	})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func TestClaimsBecomeRoles(t *testing.T) {
	const name = `"given_name":"Inès","family_name":"CARON"`
	const support, privacy = string(registry.RoleSupport), string(registry.RoleDataProtection)
	for _, c := range []struct{ name, claim, token, info, want string }{
		{"a text", "roles", `{}`, `{"roles":"vaccin-dpo",` + name + `}`, privacy},
		{"a list, in the order of the service", "roles", `{}`, `{"roles":["vaccin-dpo","vaccin-assistance"],` + name + `}`, support + "," + privacy},
		{"two values of one role", "roles", `{}`, `{"roles":["vaccin-assistance","équipe d’assistance"],` + name + `}`, support},
		{"a path", "realm_access.roles", `{}`, `{"realm_access":{"roles":["vaccin-dpo"]},` + name + `}`, privacy},
		{"a deep path", "a.b.c", `{}`, `{"a":{"b":{"c":"vaccin-dpo"}},` + name + `}`, privacy},
		{"a name with dots", "https://exemple.fr/roles", `{}`, `{"https://exemple.fr/roles":["vaccin-dpo"],` + name + `}`, privacy},
		{"in the signed token", "roles", `{"roles":["vaccin-dpo"]}`, `{` + name + `}`, privacy},
		{"the signed token wins", "roles", `{"roles":["vaccin-dpo"]}`, `{"roles":["vaccin-assistance"],` + name + `}`, privacy},
		{"an empty list in the signed token wins", "roles", `{"roles":[]}`, `{"roles":["vaccin-assistance"],` + name + `}`, ""},
		{"null in the signed token is no claim", "roles", `{"roles":null}`, `{"roles":["vaccin-assistance"],` + name + `}`, support},
		{"other values", "roles", `{}`, `{"roles":["offline_access","VACCIN-DPO","vaccin-dpo ","support"],` + name + `}`, ""},
		{"no claim", "roles", `{}`, `{` + name + `}`, ""},
		{"a path into a text", "realm_access.roles", `{}`, `{"realm_access":"roles",` + name + `}`, ""},
		{"a path into a list", "realm_access.roles", `{}`, `{"realm_access":[{"roles":["vaccin-dpo"]}],` + name + `}`, ""},
		{"a number", "roles", `{}`, `{"roles":1,` + name + `}`, "refused"},
		{"true", "roles", `{}`, `{"roles":true,` + name + `}`, "refused"},
		{"an object", "roles", `{}`, `{"roles":{"vaccin-dpo":true},` + name + `}`, "refused"},
		{"a list with a number", "roles", `{}`, `{"roles":["vaccin-dpo",1],` + name + `}`, "refused"},
		{"a list with null", "roles", `{}`, `{"roles":["vaccin-dpo",null],` + name + `}`, "refused"},
		{"a list in a list", "roles", `{}`, `{"roles":[["vaccin-dpo"]],` + name + `}`, "refused"},
		{"too many", "roles", `{}`, `{"roles":["x"` + strings.Repeat(`,"x"`, 1000) + `],` + name + `}`, "refused"},
		{"no name", "roles", `{}`, `{"roles":"vaccin-dpo"}`, "refused"},
		{"a name that is no text", "roles", `{}`, `{"roles":"vaccin-dpo","family_name":["CARON"]}`, "refused"},
		{"a name that forges a line", "roles", `{}`, `{"roles":"vaccin-dpo","family_name":"CA\nRON"}`, "refused"},
		{"a name that reorders", "roles", `{}`, `{"roles":"vaccin-dpo","family_name":"CA\u202eRON"}`, "refused"},
		{"an endless name", "roles", `{}`, `{"roles":"vaccin-dpo","family_name":"` + strings.Repeat("C", 201) + `"}`, "refused"},
		{"not an object", "roles", `{}`, `["vaccin-dpo"]`, "refused"},
		{"null", "roles", `{}`, `null`, "refused"},
		{"nothing", "roles", `{}`, ``, "refused"},
		{"not UTF-8", "roles", `{}`, "{\"family_name\":\"\xff\"}", "refused"},
		{"a token that is no object", "roles", `[]`, `{` + name + `}`, "refused"},
	} {
		t.Run(c.name, func(t *testing.T) {
			identity, err := reader(t, c.claim).Identity("sub-1", []byte(c.token), []byte(c.info))
			got := []string{}
			for _, role := range identity.Roles {
				got = append(got, string(role))
			}
			if c.want == "refused" {
				if oidc.ReasonOf(err) != oidc.ReasonInvalidIdentity || len(got) > 0 || identity.FamilyName != "" {
					t.Errorf("%v %v", got, err)
				}
				for _, quoted := range []string{"CARON", "vaccin-dpo"} {
					if err != nil && strings.Contains(err.Error(), quoted) {
						t.Errorf("the error quotes what was read: %v", err)
					}
				}
				return
			}
			if err != nil || strings.Join(got, ",") != c.want || identity.Subject != "sub-1" || identity.FamilyName != "CARON" {
				t.Errorf("%+v %v", identity, err)
			}
		})
	}
}

func TestAnAgentKnownByOneNameAlone(t *testing.T) {
	identity, err := reader(t, "roles").Identity("s", []byte(`{}`), []byte(`{"name":"Service de nuit","given_name":"X"}`))
	if err != nil || identity.FamilyName != "Service de nuit" || identity.GivenName != "" {
		t.Errorf("%+v %v", identity, err)
	}
	for _, subject := range []string{"", " s", "s\n", strings.Repeat("s", 300)} {
		if _, err := reader(t, "roles").Identity(subject, []byte(`{}`), []byte(`{"name":"N"}`)); err == nil {
			t.Errorf("the subject %q is taken", subject)
		}
	}
}

func FuzzIdentity(f *testing.F) {
	for _, info := range []string{
		`{"roles":["vaccin-dpo"],"family_name":"CARON","given_name":"Inès"}`, `{"realm_access":{"roles":"vaccin-assistance"},"name":"N"}`,
		`{"roles":[null]}`, `{"roles":{}}`, `[]`, `null`, `{"family_name":"\u202e"}`, `{"a":{"roles":[[[[]]]]}}`, ``,
	} {
		f.Add("roles", "sub", []byte(`{}`), []byte(info))
		f.Add("realm_access.roles", "sub", []byte(info), []byte(`{"name":"N"}`))
	}
	f.Fuzz(func(t *testing.T, claim, subject string, token, info []byte) {
		client, err := agents.New(agents.Config{
			Config: oidc.Config{
				Issuer: "https://agents.exemple", ClientID: "id", ClientSecret: "secret", RedirectURL: "https://vaccin.exemple/retour",
			},
			RoleClaim: claim, Roles: agentsim.Roles(),
		})
		if err != nil {
			return
		}
		identity, err := client.Identity(subject, token, info)
		if err != nil {
			if oidc.ReasonOf(err) != oidc.ReasonInvalidIdentity || identity.Subject != "" || identity.Roles != nil {
				t.Fatalf("%v with %+v", err, identity)
			}
			return
		}
		if identity.Subject != subject || identity.FamilyName == "" || strings.ContainsAny(identity.FamilyName+identity.GivenName, "\n\r\x00") {
			t.Fatalf("%+v", identity)
		}
		both := string(token) + string(info)
		for i, role := range identity.Roles {
			if role == registry.RolePractitioner || role == registry.RoleSystem || i > 0 && role == identity.Roles[i-1] {
				t.Fatalf("roles %v", identity.Roles)
			}
		}
		if len(identity.Roles) > 0 && !strings.Contains(both, "vaccin-") && !strings.Contains(both, `\`) {
			t.Fatalf("roles %v of claims that name none", identity.Roles)
		}
	})
}
