package service

import (
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vaccin/internal/auth"
	"vaccin/internal/demo/igcsim"
	"vaccin/internal/keyring/keyringtest"
	"vaccin/internal/registry"
	"vaccin/internal/store"
)

// withCards are settings with a door of cards, whose files are in a folder of the test.
func withCards(t *testing.T) Config {
	t.Helper()
	pki, err := igcsim.New("http://igc.exemple.fr", time.Now)
	if err != nil {
		t.Fatal(err)
	}
	files, err := pki.Write(t.TempDir(), "localhost")
	if err != nil {
		t.Fatal(err)
	}
	return Config{
		Listen: "127.0.0.1:0", PSC: PSCConfig{Issuer: "https://psc.exemple.fr", ClientID: "vaccin", ClientSecret: "hidden"},
		CPS: CPSConfig{Listen: "127.0.0.1:8443", Roots: files.Roots, Issuers: files.Issuers, Cert: files.Cert, Key: files.Key},
	}
}

func TestAnInstallationMayHaveNoDoorOfCards(t *testing.T) {
	config := withCards(t)
	kept, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "vaccin.db"), store.Options{Keys: keyringtest.Keys()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = kept.Close() })
	with, err := New(config, kept, registry.New(kept), make([]byte, auth.KeySize), slog.New(slog.DiscardHandler))
	if err != nil || with.CardHandler() == nil || with.CardTLS() == nil {
		t.Fatal(err)
	}
	config.CPS.Listen = ""
	without, err := New(config, kept, registry.New(kept), make([]byte, auth.KeySize), slog.New(slog.DiscardHandler))
	if err != nil || without.CardHandler() != nil || without.CardTLS() != nil {
		t.Error(err)
	}
}

func TestTheListenerOfCardsAsksAndResumesNothing(t *testing.T) {
	door, err := withCards(t).cardDoor()
	if err != nil {
		t.Fatal(err)
	}
	c := door.tls
	if c.MinVersion != tls.VersionTLS12 || c.ClientAuth != tls.RequestClientCert || !c.SessionTicketsDisabled || c.ClientCAs.Equal(x509.NewCertPool()) {
		t.Errorf("%+v", c)
	}
	for _, suite := range tls.InsecureCipherSuites() {
		for _, taken := range c.CipherSuites {
			if suite.ID == taken {
				t.Errorf("%s is taken", suite.Name)
			}
		}
	}
	s := &Service{config: withCards(t), cards: door, log: slog.New(slog.DiscardHandler), limits: usual}
	if server := s.cardServer(); server.IdleTimeout > 5*time.Second || server.ReadHeaderTimeout <= 0 || server.MaxHeaderBytes > http.DefaultMaxHeaderBytes {
		t.Errorf("%+v", server)
	}
}

func TestTheAddressOfTheListenerOfCards(t *testing.T) {
	for name, tt := range map[string]struct {
		config CPSConfig
		want   string
	}{
		"localhost by default": {CPSConfig{Listen: ":8443"}, "https://localhost:8443"},
		"as given":             {CPSConfig{Listen: ":8443", PublicURL: "https://carte.exemple.fr/"}, "https://carte.exemple.fr"},
		"no port":              {CPSConfig{Listen: "localhost"}, ""},
		"in clear":             {CPSConfig{Listen: ":8443", PublicURL: "http://carte.exemple.fr"}, ""},
		"with a path":          {CPSConfig{Listen: ":8443", PublicURL: "https://exemple.fr/carte"}, ""},
		"no host":              {CPSConfig{Listen: ":8443", PublicURL: "https://"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := tt.config.public(); got != tt.want || (err == nil) != (tt.want != "") {
				t.Errorf("%q %v", got, err)
			}
		})
	}
}

func TestWhatIsWrongWithTheDoorOfCardsIsSaidAtTheStart(t *testing.T) {
	good := withCards(t)
	broken := filepath.Join(t.TempDir(), "broken.pem")
	if err := os.WriteFile(broken, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		change func(*CPSConfig)
		says   string
	}{
		"no roots":            {func(c *CPSConfig) { c.Roots = "" }, "a besoin de --cps-roots"},
		"no issuers":          {func(c *CPSConfig) { c.Issuers = "" }, "a besoin de --cps-issuers"},
		"no certificate":      {func(c *CPSConfig) { c.Cert = "" }, "a besoin de --cps-cert"},
		"another key":         {func(c *CPSConfig) { c.Key = c.Cert }, "--cps-key"},
		"roots that are none": {func(c *CPSConfig) { c.Roots = broken }, "roots"},
		"an unknown tier":     {func(c *CPSConfig) { c.Tiers = []string{"MOYEN"} }, "MOYEN"},
		"a list nowhere":      {func(c *CPSConfig) { c.CRL = []string{"/nowhere.crl"} }, "revocation list"},
		"an address in clear": {func(c *CPSConfig) { c.PublicURL = "http://carte.exemple.fr" }, "(--cps-public-url)"},
	} {
		t.Run(name, func(t *testing.T) {
			config := good
			tt.change(&config.CPS)
			_, err := New(config, nil, nil, make([]byte, auth.KeySize), slog.New(slog.DiscardHandler))
			if err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%v", err)
			}
		})
	}
}
