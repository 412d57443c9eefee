// Package service wires the product together: settings, store, use cases, sessions, sign-in and pages.
// The commands that serve it, the real one and the demo, differ only in what they put in a Config.
package service

import (
	"fmt"
	"net"
	"net/url"
	"os"
	"time"

	"vaccin/internal/auth"
	"vaccin/internal/auth/oidc"
	"vaccin/internal/auth/psc"
	"vaccin/internal/registry"
	"vaccin/internal/web"
)

// Config holds the settings that flags and environment variables fill.
type Config struct {
	Listen          string        `default:"127.0.0.1:8080" env:"VACCIN_LISTEN" help:"Adresse d’écoute du service."`
	PublicURL       string        `name:"public-url" env:"VACCIN_PUBLIC_URL" help:"Adresse par laquelle les navigateurs atteignent le service ; par défaut, localhost et le port d’écoute."`
	MetricsListen   string        `name:"metrics-listen" default:"127.0.0.1:9090" env:"VACCIN_METRICS_LISTEN" help:"Adresse des mesures, locale seulement ; vide pour n’en donner aucune."`
	MetricsAnywhere bool          `name:"metrics-anywhere" env:"VACCIN_METRICS_ANYWHERE" help:"Donner les mesures ailleurs qu’en local, si le réseau est protégé."`
	TLSCert         string        `name:"tls-cert" env:"VACCIN_TLS_CERT" help:"Fichier (PEM) de la chaîne de certificats ; sans lui, le service parle HTTP en clair." type:"path"`
	TLSKey          string        `name:"tls-key" env:"VACCIN_TLS_KEY" help:"Fichier (PEM) de la clé privée du certificat." type:"path"`
	Idle            time.Duration `default:"30m" env:"VACCIN_SESSION_IDLE" help:"Une session prend fin après ce temps sans requête."`
	Drain           time.Duration `default:"${drain=3s}" env:"VACCIN_DRAIN" help:"Une fois l’arrêt demandé, combien de temps répondre encore pendant que /readyz dit non, pour que le répartiteur de charge le voie."`
	Absolute        time.Duration `default:"4h" env:"VACCIN_SESSION_ABSOLUTE" help:"Une session prend fin après ce temps en tout."`

	AssistancePhone   string `name:"assistance-phone" env:"VACCIN_ASSISTANCE_PHONE" help:"Numéro de téléphone de l’assistance technique pour l’exercice libéral."`
	AdverseEffectsURL string `name:"adverse-effects-url" default:"https://signalement.social-sante.gouv.fr" env:"VACCIN_ADVERSE_EFFECTS_URL" help:"Portail national de signalement des effets indésirables (PSIG)."`

	HostedBy              string `name:"hosted-by" env:"VACCIN_HOSTED_BY" help:"Qui héberge le service : nom, adresse et téléphone, pour les mentions légales ; par défaut, l’éditeur."`
	DataProtectionContact string `name:"data-protection-contact" env:"VACCIN_DATA_PROTECTION_CONTACT" help:"Comment joindre le délégué à la protection des données : une adresse ; par défaut, celle de la Caisse nationale de l’Assurance Maladie."`

	ReaderURL string `name:"reader-url" default:"http://127.0.0.1:24316" env:"VACCIN_READER_URL" help:"Où les pages trouvent le programme de lecture des cartes sur l’ordinateur du professionnel ; vide si les cartes ne sont pas lues."`

	PSC    PSCConfig    `embed:"" prefix:"psc-"`
	CPS    CPSConfig    `embed:"" prefix:"cps-"`
	Agents AgentsConfig `embed:"" prefix:"agents-"`
	Audit  AuditConfig  `embed:"" prefix:"audit-"`
	Letter LetterConfig `embed:"" prefix:"letter-"`
}

// Public is the address by which browsers reach the service.
func (c Config) Public() (*url.URL, error) {
	if c.PublicURL == "" {
		_, port, err := net.SplitHostPort(c.Listen)
		if err != nil {
			return nil, registry.Invalid("L’adresse à écouter (--listen) n’a pas de port\u00a0: écrivez-la comme :8080 ou 127.0.0.1:8080.")
		}
		return &url.URL{Scheme: c.scheme(), Host: "localhost:" + port}, nil
	}
	public, err := url.Parse(c.PublicURL)
	if err != nil || public.Host == "" || public.Scheme != "http" && public.Scheme != "https" {
		return nil, registry.Invalid("L’adresse publique (--public-url) ne convient pas\u00a0: écrivez-la comme https://vaccin.exemple.fr.")
	}
	return public, nil
}

func (c Config) scheme() string {
	if c.TLSCert != "" {
		return "https"
	}
	return "http"
}

// checkReader refuses any address of the card-reading program but one of the loopback: pages may ask there.
func (c Config) checkReader() error {
	if c.ReaderURL == "" {
		return nil
	}
	u, err := url.Parse(c.ReaderURL)
	if err != nil || u.Hostname() != "127.0.0.1" || u.Port() == "" || c.ReaderURL != "http://127.0.0.1:"+u.Port() {
		return registry.Invalid("L’adresse du programme de lecture (--reader-url) ne convient pas\u00a0: écrivez-la comme http://127.0.0.1:24316, ou laissez-la vide pour qu’il n’y en ait pas.")
	}
	return nil
}

// PSCConfig holds the settings of Pro Santé Connect; endpoints given here win over discovered ones.
type PSCConfig struct {
	Issuer           string `default:"https://auth.esw.esante.gouv.fr/auth/realms/esante-wallet" env:"VACCIN_PSC_ISSUER" help:"Émetteur des jetons."`
	DiscoveryURL     string `env:"VACCIN_PSC_DISCOVERY_URL" help:"Document de découverte, s’il n’est pas au chemin « wallet » de l’émetteur."`
	AuthURL          string `env:"VACCIN_PSC_AUTH_URL" help:"Point d’accès de l’autorisation."`
	TokenURL         string `env:"VACCIN_PSC_TOKEN_URL" help:"Point d’accès des jetons."`
	UserInfoURL      string `env:"VACCIN_PSC_USERINFO_URL" help:"Point d’accès de l’identité (userinfo)."`
	EndSessionURL    string `env:"VACCIN_PSC_END_SESSION_URL" help:"Point d’accès de la déconnexion."`
	JWKSURL          string `name:"jwks-url" env:"VACCIN_PSC_JWKS_URL" help:"Clés de signature."`
	ClientID         string `env:"VACCIN_PSC_CLIENT_ID" help:"Notre identifiant de client."`
	ClientSecretFile string `env:"VACCIN_PSC_CLIENT_SECRET_FILE" help:"Fichier qui contient notre secret de client." type:"path"`
	ACRValues        string `default:"eidas1" env:"VACCIN_PSC_ACR_VALUES" help:"acr_values demandées."`

	// ClientSecret is for wiring that has the secret at hand; flags name a file, for what stands on a
	// command line is seen by every user of the machine.
	ClientSecret string `kong:"-"`
}

func (c Config) pscClient(public *url.URL) (*psc.Client, error) {
	secret, err := registration{"Pro Santé Connect", "psc"}.secret(c.PSC.ClientID, c.PSC.ClientSecret, c.PSC.ClientSecretFile)
	if err != nil {
		return nil, err
	}
	client, err := psc.New(oidc.Config{
		Issuer: c.PSC.Issuer, DiscoveryURL: c.PSC.DiscoveryURL, AuthURL: c.PSC.AuthURL, TokenURL: c.PSC.TokenURL,
		UserInfoURL: c.PSC.UserInfoURL, EndSessionURL: c.PSC.EndSessionURL, JWKSURL: c.PSC.JWKSURL,
		ClientID: c.PSC.ClientID, ClientSecret: secret, ACRValues: c.PSC.ACRValues,
		RedirectURL:           public.JoinPath("/connexion/psc/retour").String(),
		PostLogoutRedirectURL: public.JoinPath("/deconnecte").String(),
	})
	if err != nil {
		return nil, registration{"Pro Santé Connect", "psc"}.unusable(err)
	}
	return client, nil
}

func trimNewline(text string) string {
	for len(text) > 0 && (text[len(text)-1] == '\n' || text[len(text)-1] == '\r') {
		text = text[:len(text)-1]
	}
	return text
}

// pages are the settings of the pages. A form's answer may redirect to the provider's sign-out, which
// the content security policy must know.
func (c Config) pages(https bool) web.Settings {
	settings := web.DefaultSettings()
	settings.ReaderURL, settings.HostedBy, settings.DataProtectionContact = c.ReaderURL, c.HostedBy, c.DataProtectionContact
	settings.AssistancePhone, settings.AdverseEffectsURL, settings.HTTPS = c.AssistancePhone, c.AdverseEffectsURL, https
	for _, address := range []string{c.PSC.Issuer, c.PSC.EndSessionURL, c.Agents.Issuer, c.Agents.EndSessionURL} {
		if u, err := url.Parse(address); err == nil && u.Host != "" {
			settings.FormTargets = append(settings.FormTargets, u.Scheme+"://"+u.Host)
		}
	}
	return settings
}

// ReadKey reads the service's secret key from a file, or makes the file with a new key, readable by its
// owner alone. Whoever has the file can read sessions and kept forms: it stays apart from the store.
func ReadKey(path string) ([]byte, error) {
	key, err := os.ReadFile(path)
	if err == nil || !os.IsNotExist(err) {
		return key, err
	}
	if key, err = auth.NewKey(); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("making the key file: %w", err)
	}
	if _, err := f.Write(key); err != nil {
		return nil, fmt.Errorf("writing the key file: %w", err)
	}
	return key, f.Close()
}
