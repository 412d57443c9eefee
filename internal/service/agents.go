package service

import (
	"fmt"
	"net/url"
	"os"

	"vaccin/internal/auth/agents"
	"vaccin/internal/auth/oidc"
)

// AgentsConfig holds the settings of the provider through which those who are not practitioners sign in. Without
// an issuer their door does not exist.
type AgentsConfig struct {
	Issuer           string   `env:"VACCIN_AGENTS_ISSUER" help:"Issuer of the agents' tokens; without it agents have no door."`
	DiscoveryURL     string   `env:"VACCIN_AGENTS_DISCOVERY_URL" help:"Discovery document, when it is not at the issuer's standard path."`
	EndSessionURL    string   `env:"VACCIN_AGENTS_END_SESSION_URL" help:"Sign-out endpoint, when it is on another host than the issuer."`
	ClientID         string   `env:"VACCIN_AGENTS_CLIENT_ID" help:"Our client identifier."`
	ClientSecretFile string   `env:"VACCIN_AGENTS_CLIENT_SECRET_FILE" help:"File that holds our client secret." type:"path"`
	RoleClaim        string   `default:"roles" env:"VACCIN_AGENTS_ROLE_CLAIM" help:"Claim that holds the roles, a text or a list; dots lead into objects (realm_access.roles)."`
	Roles            []string `env:"VACCIN_AGENTS_ROLES" help:"Role that each value of the claim gives, as value=role: support, campaign-manager, referential-manager, data-protection-officer, statistics-reader."`

	// ClientSecret is for wiring that has the secret at hand, as in PSCConfig.
	ClientSecret string `kong:"-"`
}

// agentsClient returns nil where agents have no door.
func (c Config) agentsClient(public *url.URL) (*agents.Client, error) {
	if c.Agents.Issuer == "" {
		return nil, nil
	}
	secret, err := secretOf(c.Agents.ClientSecret, c.Agents.ClientSecretFile)
	if err != nil {
		return nil, fmt.Errorf("reading the agents' client secret: %w", err)
	}
	client, err := agents.New(agents.Config{
		Config: oidc.Config{
			Issuer: c.Agents.Issuer, DiscoveryURL: c.Agents.DiscoveryURL, EndSessionURL: c.Agents.EndSessionURL,
			ClientID: c.Agents.ClientID, ClientSecret: secret,
			RedirectURL:           public.JoinPath("/connexion/agents/retour").String(),
			PostLogoutRedirectURL: public.JoinPath("/deconnecte").String(),
		},
		RoleClaim: c.Agents.RoleClaim, Roles: c.Agents.Roles,
	})
	if err != nil {
		return nil, fmt.Errorf("setting up the agents' door: %w", err)
	}
	return client, nil
}

// secretOf reads a secret from its file, where there is one.
func secretOf(given, file string) (string, error) {
	if file == "" {
		return given, nil
	}
	data, err := os.ReadFile(file)
	return trimNewline(string(data)), err
}
