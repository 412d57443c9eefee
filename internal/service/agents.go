package service

import (
	"fmt"
	"net/url"
	"os"
	"strings"

	"vaccin/internal/auth/agents"
	"vaccin/internal/auth/oidc"
	"vaccin/internal/registry"
)

// AgentsConfig holds the settings of the provider through which those who are not practitioners sign in. Without
// an issuer their door does not exist.
type AgentsConfig struct {
	Issuer           string   `env:"VACCIN_AGENTS_ISSUER" help:"Émetteur des jetons des agents ; sans lui, les agents ne peuvent pas se connecter."`
	DiscoveryURL     string   `env:"VACCIN_AGENTS_DISCOVERY_URL" help:"Document de découverte, s’il n’est pas au chemin habituel de l’émetteur."`
	EndSessionURL    string   `env:"VACCIN_AGENTS_END_SESSION_URL" help:"Point d’accès de la déconnexion, s’il est sur un autre hôte que l’émetteur."`
	ClientID         string   `env:"VACCIN_AGENTS_CLIENT_ID" help:"Notre identifiant de client."`
	ClientSecretFile string   `env:"VACCIN_AGENTS_CLIENT_SECRET_FILE" help:"Fichier qui contient notre secret de client." type:"path"`
	RoleClaim        string   `default:"roles" env:"VACCIN_AGENTS_ROLE_CLAIM" help:"Attribut (claim) qui contient les rôles, un texte ou une liste ; des points mènent dans les objets (realm_access.roles)."`
	Roles            []string `env:"VACCIN_AGENTS_ROLES" help:"Rôle que donne chaque valeur de l’attribut, sous la forme valeur=rôle : support, campaign-manager, referential-manager, data-protection-officer, statistics-reader."`

	// ClientSecret is for wiring that has the secret at hand, as in PSCConfig.
	ClientSecret string `kong:"-"`
}

// agentsClient returns nil where agents have no door.
func (c Config) agentsClient(public *url.URL) (*agents.Client, error) {
	if c.Agents.Issuer == "" {
		return nil, nil
	}
	door := registration{"La porte des agents", "agents"}
	secret, err := door.secret(c.Agents.ClientID, c.Agents.ClientSecret, c.Agents.ClientSecretFile)
	if err != nil {
		return nil, err
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
		return nil, door.unusable(err)
	}
	return client, nil
}

// registration is ours with a provider, as the operator gives it: how the door is called, and how its options begin.
type registration struct{ door, options string }

// secret reads the secret from its file, where there is one, and says which option what is missing goes into.
func (r registration) secret(id, given, file string) (string, error) {
	secret := given
	if file != "" {
		data, err := os.ReadFile(file)
		if err != nil {
			return "", registry.Invalid(fmt.Sprintf("%s : le fichier du secret ne peut pas être lu ; vérifiez --%s-client-secret-file. Détail technique, en anglais : %v", r.door, r.options, err))
		}
		secret = trimNewline(string(data))
	}
	variables := "VACCIN_" + strings.ToUpper(r.options)
	switch {
	case id == "":
		return "", registry.Invalid(fmt.Sprintf("%s : il manque l’identifiant que le fournisseur nous a donné ; indiquez-le par --%s-client-id ou %s_CLIENT_ID.", r.door, r.options, variables))
	case secret == "":
		return "", registry.Invalid(fmt.Sprintf("%s : il manque notre secret ; écrivez-le dans un fichier, et nommez ce fichier par --%s-client-secret-file ou %s_CLIENT_SECRET_FILE.", r.door, r.options, variables))
	}
	return secret, nil
}

// unusable says of which options those are that cannot be used.
func (r registration) unusable(err error) error {
	return registry.Invalid(fmt.Sprintf("%s : un réglage ne convient pas ; vérifiez les options --%s-…. Détail technique, en anglais : %v", r.door, r.options, err))
}
