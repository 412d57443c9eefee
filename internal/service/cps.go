package service

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"vaccin/internal/auth/cps"
	"vaccin/internal/registry"
	"vaccin/internal/web"
)

// CPSConfig holds the settings of the door of CPS cards: a listener of its own, with TLS ended there,
// for the card proves itself to whoever ends it.
type CPSConfig struct {
	Listen            string        `default:"${cps_listen=}" env:"VACCIN_CPS_LISTEN" help:"Adresse du port qui demande les cartes ; sans elle, personne ne se connecte par carte."`
	PublicURL         string        `name:"public-url" env:"VACCIN_CPS_PUBLIC_URL" help:"Adresse (https) par laquelle les navigateurs atteignent ce port ; par défaut, localhost et le même port."`
	Cert              string        `env:"VACCIN_CPS_CERT" help:"Fichier (PEM) de la chaîne de certificats de ce port." type:"path"`
	Key               string        `env:"VACCIN_CPS_KEY" help:"Fichier (PEM) de la clé privée du certificat." type:"path"`
	Roots             string        `env:"VACCIN_CPS_ROOTS" help:"Fichier (PEM) des racines de l’IGC-Santé." type:"path"`
	Issuers           string        `env:"VACCIN_CPS_ISSUERS" help:"Fichier (PEM) des autorités de l’IGC-Santé qui émettent des cartes ; aucune autre n’est crue." type:"path"`
	Tiers             []string      `default:"FORT" env:"VACCIN_CPS_TIERS" help:"Niveaux acceptés : ELEMENTAIRE, STANDARD, FORT."`
	CRL               []string      `name:"crl" env:"VACCIN_CPS_CRL" help:"Listes de révocation (fichiers, ou adresses http) en plus de celles que les cartes nomment."`
	CRLRefresh        time.Duration `name:"crl-refresh" default:"1h" env:"VACCIN_CPS_CRL_REFRESH" help:"Combien de temps une liste de révocation sert avant d’être redemandée."`
	RevocationUnknown string        `name:"revocation-unknown" enum:"refuse,accept" default:"refuse" env:"VACCIN_CPS_REVOCATION_UNKNOWN" help:"Que faire d’une carte si ni liste ni répondeur ne répond : refuse (la refuser) ou accept (l’accepter)."`
}

// public is the address by which browsers reach the listener.
func (c CPSConfig) public() (string, error) {
	if c.PublicURL == "" {
		_, port, err := net.SplitHostPort(c.Listen)
		if err != nil {
			return "", registry.Invalid("L’adresse à écouter pour les cartes (--cps-listen) n’a pas de port\u00a0: écrivez-la comme :8443 ou 127.0.0.1:8443.")
		}
		return "https://localhost:" + port, nil
	}
	u, err := url.Parse(c.PublicURL)
	if err != nil || u.Host == "" || u.Scheme != "https" || u.Path != "" && u.Path != "/" {
		return "", registry.Invalid("L’adresse publique des cartes (--cps-public-url) ne convient pas\u00a0: écrivez-la comme https://carte.vaccin.exemple.fr.")
	}
	return "https://" + u.Host, nil
}

// gate reads the authorities of cards.
func (c CPSConfig) gate() (*cps.Gate, error) {
	config := cps.Config{CRLs: c.CRL, Refresh: c.CRLRefresh, AcceptUnknown: c.RevocationUnknown == "accept"}
	for _, tier := range c.Tiers {
		config.Tiers = append(config.Tiers, cps.Tier(tier))
	}
	var err error
	if config.Roots, err = os.ReadFile(c.Roots); err != nil {
		return nil, fmt.Errorf("reading the roots of cards (--cps-roots): %w", err)
	}
	if config.Issuers, err = os.ReadFile(c.Issuers); err != nil {
		return nil, fmt.Errorf("reading the authorities of cards (--cps-issuers): %w", err)
	}
	return cps.New(config)
}

// cardDoor is the listener that asks for cards, ready to serve.
type cardDoor struct {
	gate    *cps.Gate
	url     string
	tls     *tls.Config
	handler http.Handler
}

// cardDoor sets the door up; nil when there is none.
func (c Config) cardDoor() (*cardDoor, error) {
	if c.CPS.Listen == "" {
		return nil, nil //nolint:nilnil // no door is no failure
	}
	address, err := c.CPS.public()
	if err != nil {
		return nil, err
	}
	for _, needed := range []struct{ name, file string }{
		{"--cps-roots", c.CPS.Roots}, {"--cps-issuers", c.CPS.Issuers}, {"--cps-cert", c.CPS.Cert}, {"--cps-key", c.CPS.Key},
	} {
		if needed.file == "" {
			return nil, registry.Invalid("La porte des cartes (--cps-listen) a besoin de " + needed.name + "\u00a0: donnez ce fichier.")
		}
	}
	gate, err := c.CPS.gate()
	if err != nil {
		return nil, fmt.Errorf("setting up the door of cards: %w", err)
	}
	certificate, err := tls.LoadX509KeyPair(c.CPS.Cert, c.CPS.Key)
	if err != nil {
		return nil, fmt.Errorf("reading the certificate of the card listener (--cps-cert, --cps-key): %w", err)
	}
	return &cardDoor{gate: gate, url: address, tls: cardTLS(gate, certificate)}, nil
}

// furnish gives the pages what they need of the door, if there is one.
func (d *cardDoor) furnish(pages *web.Server, public *url.URL) {
	if d != nil {
		pages.Cards, pages.Settings.CardURL, pages.Settings.PublicURL = d.gate, d.url, strings.TrimSuffix(public.String(), "/")
	}
}

// answeredBy puts the pages of the door behind it, if there is one.
func (d *cardDoor) answeredBy(pages *web.Server) *cardDoor {
	if d != nil {
		d.handler = pages.CardHandler()
	}
	return d
}

// cardTLS asks browsers for a certificate of the accepted authorities and lets any handshake through: the
// handler verifies, so that a refusal is a page and not a broken connection. What the client presents, it
// has the key of: that is part of the handshake, at each connection, for none is resumed.
func cardTLS(gate *cps.Gate, certificate tls.Certificate) *tls.Config {
	config := serverTLS()
	config.Certificates = []tls.Certificate{certificate}
	config.ClientAuth, config.ClientCAs = tls.RequestClientCert, gate.Issuers()
	config.SessionTicketsDisabled = true
	config.NextProtos = []string{"http/1.1"} // one connection, one card
	return config
}

// cardServer serves the door. Its connections do not idle: a card put in after the first try makes a new
// one, which asks again.
func (s *Service) cardServer() *http.Server {
	server := s.server(s.config.CPS.Listen, s.cards.handler)
	server.TLSConfig, server.IdleTimeout = s.cards.tls, 3*time.Second
	return server
}

// CardHandler and CardTLS are the door of cards, for who serves it on a listener of their own; nil when
// there is none.
func (s *Service) CardHandler() http.Handler {
	if s.cards == nil {
		return nil
	}
	return s.cards.handler
}

// CardTLS is how the listener of CardHandler speaks.
func (s *Service) CardTLS() *tls.Config {
	if s.cards == nil {
		return nil
	}
	return s.cards.tls.Clone()
}
