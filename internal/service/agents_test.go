package service

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"vaccin/internal/auth"
	"vaccin/internal/keyring/keyringtest"
	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
	"vaccin/internal/store"
)

// agentsOn is a configuration whose agents have a door.
func agentsOn() Config {
	return Config{
		Listen: "127.0.0.1:0",
		PSC:    PSCConfig{Issuer: "https://psc.exemple.fr", ClientID: "vaccin", ClientSecret: "hidden"},
		Agents: AgentsConfig{
			Issuer: "https://agents.exemple.fr/realms/x", ClientID: "vaccin", ClientSecret: "hidden", RoleClaim: "roles", Roles: []string{"a=support"},
		},
	}
}

func TestWithoutAProviderTheAgentsDoorDoesNotExist(t *testing.T) {
	kept, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "vaccin.db"), store.Options{Keys: keyringtest.Keys()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = kept.Close() })
	for name, with := range map[string]bool{"with": true, "without": false} {
		t.Run(name, func(t *testing.T) {
			config := agentsOn()
			if !with {
				config.Agents = AgentsConfig{RoleClaim: "roles"}
			}
			s, err := New(config, kept, registry.New(&registrytest.Failing{Store: kept}), make([]byte, auth.KeySize), slog.New(slog.DiscardHandler))
			if err != nil {
				t.Fatal(err)
			}
			ask := func(method, path string) *httptest.ResponseRecorder {
				w := httptest.NewRecorder()
				s.Handler().ServeHTTP(w, httptest.NewRequest(method, path, nil))
				return w
			}
			for _, path := range []string{"GET /agents", "GET /agents/role", "POST /agents/role", "GET /agents/accueil", "GET /connexion/agents/retour", "POST /connexion/agents/deconnexion"} {
				method, path, _ := strings.Cut(path, " ")
				if got := ask(method, path).Code; (got != http.StatusNotFound) != with {
					t.Errorf("%s %s answers %d", method, path, got)
				}
			}
			for _, path := range []string{"/", "/recherche"} {
				if page := ask(http.MethodGet, path).Body.String(); strings.Contains(page, "/agents") != with {
					t.Errorf("%s speaks of agents: %v", path, !with)
				}
			}
		})
	}
}

func TestWhatIsWrongWithTheAgentsDoorIsSaidAtTheStart(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*AgentsConfig)
		says   string
	}{
		{"no client", func(c *AgentsConfig) { c.ClientID = "" }, "--agents-client-id"},
		{"an issuer in clear", func(c *AgentsConfig) { c.Issuer = "http://agents.exemple.fr" }, "https"},
		{"no secret file", func(c *AgentsConfig) { c.ClientSecretFile = "/nowhere/secret" }, "--agents-client-secret-file"},
		{"no role", func(c *AgentsConfig) { c.Roles = nil }, "no role"},
		{"the role of a practitioner", func(c *AgentsConfig) { c.Roles = []string{"a=practitioner"} }, "no role of agents"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			config := agentsOn()
			tt.change(&config.Agents)
			_, err := New(config, nil, nil, make([]byte, auth.KeySize), slog.New(slog.DiscardHandler))
			if err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestTheAgentsSettingsAreFlagsAndVariables(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("hidden\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("VACCIN_AGENTS_CLIENT_SECRET_FILE", secret)
	var config Config
	parser, err := kong.New(&config)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse([]string{
		"--agents-issuer=https://agents.exemple.fr", "--agents-client-id=vaccin", "--agents-role-claim=realm_access.roles",
		"--agents-roles=a=support,b=statistics-reader", `--agents-roles=CN=x\,OU=y=campaign-manager`,
	}); err != nil {
		t.Fatal(err)
	}
	want := []string{"a=support", "b=statistics-reader", "CN=x,OU=y=campaign-manager"}
	if c := config.Agents; !slices.Equal(c.Roles, want) || c.RoleClaim != "realm_access.roles" || c.ClientSecretFile != secret {
		t.Errorf("%+v", c)
	}
	public, err := config.Public()
	if err != nil {
		t.Fatal(err)
	}
	if client, err := config.agentsClient(public); err != nil || client == nil {
		t.Error(err)
	}
}

func TestFormsMayLeadToTheAgentsSignOut(t *testing.T) {
	config := agentsOn()
	config.Agents.EndSessionURL = "https://sortie.agents.exemple.fr/logout"
	targets := strings.Join(config.pages(true).FormTargets, " ")
	for _, origin := range []string{"https://agents.exemple.fr", "https://sortie.agents.exemple.fr"} {
		if !strings.Contains(targets, origin) {
			t.Errorf("%s is not among %s", origin, targets)
		}
	}
}
