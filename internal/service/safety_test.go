package service

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"vaccin/internal/auth"
	"vaccin/internal/keyring/keyringtest"
	"vaccin/internal/registry"
	"vaccin/internal/store"
	"vaccin/internal/web"
)

func TestNothingTravelsInClear(t *testing.T) {
	t.Parallel()
	const refusedHTTP, refusedMetrics, refusedHalf = "n’est pas en https", "Les mesures seraient servies", "vont ensemble"
	for name, tt := range map[string]struct {
		config Config
		says   string
	}{
		"this machine":                      {Config{Listen: "127.0.0.1:8080"}, ""},
		"this machine by name":              {Config{PublicURL: "http://localhost:8080"}, ""},
		"this machine, IPv6":                {Config{PublicURL: "http://[::1]:8080"}, ""},
		"this machine, all of 127":          {Config{PublicURL: "http://127.3.2.1"}, ""},
		"https behind a proxy":              {Config{Listen: ":8080", PublicURL: "https://vaccin.exemple.fr"}, ""},
		"a name in clear":                   {Config{PublicURL: "http://vaccin.exemple.fr"}, refusedHTTP},
		"a name that looks like ours":       {Config{PublicURL: "http://localhost.exemple.fr"}, refusedHTTP},
		"a number that looks like ours":     {Config{PublicURL: "http://127.0.0.1.exemple.fr"}, refusedHTTP},
		"an address of a network":           {Config{PublicURL: "http://192.168.1.2:8080"}, refusedHTTP},
		"every address":                     {Config{PublicURL: "http://0.0.0.0:8080"}, refusedHTTP},
		"metrics here":                      {Config{Listen: "127.0.0.1:1", MetricsListen: "127.0.0.1:9090"}, ""},
		"metrics here, IPv6":                {Config{Listen: "127.0.0.1:1", MetricsListen: "[::1]:9090"}, ""},
		"metrics everywhere":                {Config{Listen: "127.0.0.1:1", MetricsListen: ":9090"}, refusedMetrics},
		"metrics on a network":              {Config{Listen: "127.0.0.1:1", MetricsListen: "10.0.0.1:9090"}, refusedMetrics},
		"metrics without a port":            {Config{Listen: "127.0.0.1:1", MetricsListen: "127.0.0.1"}, refusedMetrics},
		"metrics everywhere, as it is told": {Config{Listen: "127.0.0.1:1", MetricsListen: ":9090", MetricsAnywhere: true}, ""},
		"a certificate without key":         {Config{Listen: "127.0.0.1:1", TLSCert: "cert.pem"}, refusedHalf},
		"a key without certificate":         {Config{Listen: "127.0.0.1:1", TLSKey: "key.pem"}, refusedHalf},
	} {
		t.Run(name, func(t *testing.T) {
			public, err := tt.config.Public()
			if err != nil {
				t.Fatal(err)
			}
			err = tt.config.safe(public)
			switch {
			case tt.says == "" && err != nil:
				t.Error(err)
			case tt.says != "" && (registry.KindOf(err) != registry.KindInvalid || !strings.Contains(err.Error(), tt.says)):
				t.Errorf("not refused: %v", err)
			}
		})
	}
}

// What an operator may have written wrong is told in French, with the setting to look at.
func TestAddressesThatCannotBeReadAreToldByTheirSetting(t *testing.T) {
	t.Parallel()
	public := func(c Config) error { _, err := c.Public(); return err }
	cards := func(c CPSConfig) error { _, err := c.public(); return err }
	for setting, err := range map[string]error{
		"--listen": public(Config{Listen: "8080"}), "--public-url": public(Config{PublicURL: "vaccin.exemple.fr"}),
		"--reader-url": Config{ReaderURL: "http://exemple.fr:1"}.checkReader(),
		"--cps-listen": cards(CPSConfig{Listen: "8443"}), "--cps-public-url": cards(CPSConfig{PublicURL: "http://exemple.fr"}),
	} {
		if registry.KindOf(err) != registry.KindInvalid || !strings.Contains(err.Error(), "("+setting+")") {
			t.Errorf("%s: %v", setting, err)
		}
	}
}

func TestNewRefusesWhatIsNotSafeAndWarnsOfClear(t *testing.T) {
	t.Parallel()
	for listen, warned := range map[string]bool{"127.0.0.1:8080": false, ":8080": true, "0.0.0.0:8080": true, "192.168.1.2:80": true} {
		var lines bytes.Buffer
		config := Config{Listen: listen, PSC: PSCConfig{Issuer: "https://psc.exemple.fr", ClientID: "vaccin", ClientSecret: "hidden"}}
		cases := registry.New(nil)
		if _, err := New(config, nil, cases, make([]byte, auth.KeySize), slog.New(slog.NewTextHandler(&lines, nil))); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(lines.String(), "in clear") != warned {
			t.Errorf("%s: %q", listen, lines.String())
		}
		config.PublicURL = "http://vaccin.exemple.fr"
		if _, err := New(config, nil, cases, make([]byte, auth.KeySize), slog.New(slog.DiscardHandler)); registry.KindOf(err) != registry.KindInvalid {
			t.Errorf("served in clear: %v", err)
		}
	}
}

// Browsers are told, by every answer, to come by https alone, and to keep the session's cookie to this host.
func TestHTTPSIsInsistedUpon(t *testing.T) {
	t.Parallel()
	kept, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "vaccin.db"), store.Options{Keys: keyringtest.Keys()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = kept.Close() })
	config := Config{
		Listen: "127.0.0.1:0", PublicURL: "https://vaccin.exemple.fr",
		PSC: PSCConfig{Issuer: "https://psc.exemple.fr", ClientID: "vaccin", ClientSecret: "hidden", AuthURL: "https://psc.exemple.fr/auth"},
	}
	s, err := New(config, kept, registry.New(kept), make([]byte, auth.KeySize), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ask := func(method, path string) *http.Response {
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, path, nil))
		return w.Result()
	}
	for _, route := range web.Routes() {
		method, path, _ := strings.Cut(route.Pattern, " ")
		path = strings.NewReplacer("{id}", strings.Repeat("f", 32), "{$}", "").Replace(path)
		if strings.HasPrefix(path, "/connexion") {
			continue // would ask the provider, which is not there
		}
		answer := ask(method, path)
		if got := answer.Header.Get("Strict-Transport-Security"); got != "max-age=63072000; includeSubDomains" {
			t.Errorf("%s: HSTS %q", route.Pattern, got)
		}
	}
	if got := ask(http.MethodGet, "/inconnu").Header.Get("Strict-Transport-Security"); got == "" {
		t.Error("no HSTS on an unknown page")
	}
}
