package service

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vaccin/internal/auth"
	"vaccin/internal/keyring/keyringtest"
	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
	"vaccin/internal/store"
)

func TestPublicAddress(t *testing.T) {
	tests := []struct {
		name   string
		config Config
		want   string
	}{
		{"localhost and the port by default", Config{Listen: "127.0.0.1:8080"}, "http://localhost:8080"},
		{"https when the service has a certificate", Config{Listen: ":8443", TLSCert: "cert.pem"}, "https://localhost:8443"},
		{"as given, behind a proxy", Config{Listen: ":8080", PublicURL: "https://vaccin.exemple.fr"}, "https://vaccin.exemple.fr"},
		{"no port", Config{Listen: "localhost"}, ""},
		{"no host", Config{PublicURL: "https://"}, ""},
		{"another scheme", Config{PublicURL: "ftp://vaccin.exemple.fr"}, ""},
		{"no address", Config{PublicURL: "::"}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			u, err := tt.config.Public()
			if tt.want == "" {
				if err == nil {
					t.Errorf("taken as %s", u)
				}
				return
			}
			if err != nil || u.String() != tt.want {
				t.Errorf("%v %v", u, err)
			}
		})
	}
}

func TestTheKeyFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "vaccin.key")
	key, err := ReadKey(path)
	if err != nil || len(key) != auth.KeySize {
		t.Fatal(len(key), err)
	}
	again, err := ReadKey(path)
	if err != nil || !bytes.Equal(key, again) {
		t.Error("the key changes", err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Error(info.Mode(), err)
	}
	if _, err := ReadKey(filepath.Join(path, "below")); err == nil {
		t.Error("a path that cannot be is taken")
	}
}

// started is a service that serves until the test ends it, and the addresses of its pages and metrics.
func started(t *testing.T) (pages, metrics string, stop func() error) {
	t.Helper()
	kept, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "vaccin.db"), store.Options{Keys: keyringtest.Keys()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = kept.Close() })
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("hidden\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	config := Config{
		Listen: freeAddress(t), MetricsListen: freeAddress(t),
		PSC: PSCConfig{Issuer: "https://psc.exemple.fr", ClientID: "vaccin", ClientSecretFile: secret},
	}
	s, err := New(config, kept, registry.New(&registrytest.Failing{Store: kept}), make([]byte, auth.KeySize), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx) }()
	return "http://" + config.Listen, "http://" + config.MetricsListen, func() error {
		cancel()
		select {
		case err := <-ended:
			return err
		case <-time.After(20 * time.Second):
			t.Fatal("the service does not stop")
			return nil
		}
	}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// get asks until the service listens.
func get(t *testing.T, address string) string {
	t.Helper()
	for range 100 {
		answer, err := http.Get(address)
		if err != nil {
			time.Sleep(50 * time.Millisecond)
			continue
		}
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		if err != nil || answer.StatusCode != http.StatusOK {
			t.Fatal(answer.Status, err)
		}
		return string(body)
	}
	t.Fatalf("nothing listens at %s", address)
	return ""
}

func TestTheServiceAnswersMeasuresAndStops(t *testing.T) {
	pages, metrics, stop := started(t)
	if body := get(t, pages+"/healthz"); !strings.HasPrefix(body, "ok") {
		t.Error(body)
	}
	get(t, pages+"/")
	body := get(t, metrics+"/metrics")
	for _, line := range []string{`vaccin_http_request_seconds_count{route="GET /healthz",status="200"} 1`, `route="GET /{$}"`} {
		if !strings.Contains(body, line) {
			t.Errorf("the metrics lack %s", line)
		}
	}
	if answer, err := http.Get(pages + "/metrics"); err != nil || answer.StatusCode != http.StatusNotFound {
		t.Error("the metrics are served to everyone", err)
	}
	if err := stop(); err != nil {
		t.Errorf("stopped with %v", err)
	}
	if _, err := http.Get(pages + "/"); err == nil {
		t.Error("it still answers")
	}
}

func TestWhatIsWrongIsSaidAtTheStart(t *testing.T) {
	good := Config{Listen: "127.0.0.1:0", PSC: PSCConfig{Issuer: "https://psc.exemple.fr", ClientID: "vaccin", ClientSecret: "hidden"}}
	tests := []struct {
		name   string
		change func(*Config)
		key    int
		says   string
	}{
		{"a short key", func(*Config) {}, 16, "secret key"},
		{"no client", func(c *Config) { c.PSC.ClientID = "" }, auth.KeySize, "--psc-client-id ou VACCIN_PSC_CLIENT_ID"},
		{"no secret", func(c *Config) { c.PSC.ClientSecret = "" }, auth.KeySize, "--psc-client-secret-file ou VACCIN_PSC_CLIENT_SECRET_FILE"},
		{"an issuer in clear", func(c *Config) { c.PSC.Issuer = "http://psc.exemple.fr" }, auth.KeySize, "https"},
		{"no secret file", func(c *Config) { c.PSC.ClientSecretFile = "/nowhere/secret" }, auth.KeySize, "vérifiez --psc-client-secret-file"},
		{"a reader elsewhere", func(c *Config) { c.ReaderURL = "http://192.0.2.1:24316" }, auth.KeySize, "(--reader-url)"},
		{"a reader without port", func(c *Config) { c.ReaderURL = "http://127.0.0.1" }, auth.KeySize, "(--reader-url)"},
		{"a reader that adds to the policy", func(c *Config) { c.ReaderURL = "http://127.0.0.1:1; script-src *" }, auth.KeySize, "(--reader-url)"},
		{"no public address", func(c *Config) { c.PublicURL = "vaccin" }, auth.KeySize, "(--public-url)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			config := good
			tt.change(&config)
			_, err := New(config, nil, nil, make([]byte, tt.key), slog.New(slog.DiscardHandler))
			if err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestPagesNameWhoHostsAndWhoProtectsData(t *testing.T) {
	c := Config{HostedBy: "Hébergeur, Lyon", DataProtectionContact: "dpo@exemple.fr"}
	if s := c.pages(true); s.HostedBy != c.HostedBy || s.DataProtectionContact != c.DataProtectionContact {
		t.Errorf("%+v", s)
	}
}

func TestFormsMayLeadToTheProvidersSignOut(t *testing.T) {
	c := Config{AssistancePhone: "01", PSC: PSCConfig{Issuer: "https://psc.exemple.fr/realms/x", EndSessionURL: "https://sortie.exemple.fr/logout"}}
	s := c.pages(true)
	if strings.Join(s.FormTargets, " ") != "https://psc.exemple.fr https://sortie.exemple.fr" || !s.HTTPS || s.AssistancePhone != "01" {
		t.Errorf("%+v", s)
	}
}
