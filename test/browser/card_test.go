package browser_test

import (
	"crypto/tls"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"vaccin/internal/demo/igcsim"
	"vaccin/internal/service"
)

// cardDoor makes the invented IGC-Santé and its cards, and the settings of the door for an address.
func (s *running) cardDoor(listen string) (service.CPSConfig, error) {
	var handler http.Handler
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	s.cleanup = append(s.cleanup, server.Close)
	var err error
	if s.igc, err = igcsim.New(server.URL, time.Now); err != nil {
		return service.CPSConfig{}, err
	}
	handler = s.igc.Handler()
	if s.cards, err = os.MkdirTemp("", "vaccin-cards-"); err != nil {
		return service.CPSConfig{}, err
	}
	s.cleanup = append(s.cleanup, func() { _ = os.RemoveAll(s.cards) })
	files, err := s.igc.Write(s.cards, "localhost")
	return service.CPSConfig{
		Listen: listen, Roots: files.Roots, Issuers: files.Issuers, Cert: files.Cert, Key: files.Key, RevocationUnknown: "refuse",
	}, err
}

func (s *running) listenForCards(on net.Listener, product *service.Service) {
	s.listen(tls.NewListener(on, product.CardTLS()), product.CardHandler())
}

// withCard is a window of a browser of its own, in whose store of certificates there is one card; none
// when the key is empty. It shows the card without asking, as a policy of the workplace would have it.
func withCard(t *testing.T, key string) *tab {
	t.Helper()
	home := t.TempDir()
	database := filepath.Join(home, ".pki", "nssdb")
	profile := filepath.Join(home, "profile")
	for _, folder := range []string{database, filepath.Join(profile, "Default")} {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	nss := func(tool string, args ...string) {
		t.Helper()
		if out, err := exec.CommandContext(t.Context(), tool, append([]string{"-d", "sql:" + database}, args...)...).CombinedOutput(); err != nil {
			t.Fatalf("the tests of cards need %s (Debian's package libnss3-tools): %v: %s", tool, err, out)
		}
	}
	nss("certutil", "-N", "--empty-password")
	nss("certutil", "-A", "-t", "C,,", "-n", "racine", "-i", filepath.Join(site.cards, "racine.pem"))
	if key != "" {
		nss("pk12util", "-i", filepath.Join(site.cards, key+".p12"), "-W", igcsim.Password, "-K", "")
	}
	if err := os.WriteFile(filepath.Join(profile, "Default", "Preferences"), showsCards(t), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, stop, err := startChromiumOn(wholeChromium, profile, chromedp.Env("HOME="+home))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	return tabOf(t, ctx)
}

// showsCards are the preferences of a browser that shows a card to whoever asks for one.
func showsCards(t *testing.T) []byte {
	t.Helper()
	type (
		filters struct {
			Filters []struct{} `json:"filters"`
		}
		exception struct {
			Setting filters `json:"setting"`
		}
		kinds struct {
			Card map[string]exception `json:"auto_select_certificate"`
		}
		settings struct {
			Exceptions kinds `json:"exceptions"`
		}
		profile struct {
			Settings settings `json:"content_settings"`
		}
	)
	all := map[string]exception{"*,*": {filters{make([]struct{}, 1)}}}
	text, err := json.Marshal(struct {
		Profile profile `json:"profile"`
	}{profile{settings{kinds{all}}}})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestADoctorSignsInByCard(t *testing.T) {
	w := withCard(t, "dr-deux-lieux")
	w.open("/")
	w.follow("S’identifier avec ma carte CPS")
	w.headed("Où exercez-vous en ce moment")
	w.pick("practice_place", "1")
	w.send("Continuer")
	w.headed("Rechercher un patient")
	w.says("Dr. Antoine LEGRAND-ROUX", "EHPAD Les Glycines")
	record := w.eligible("Cartier", "Paule")
	w.open(record + "/vaccination-1")
	w.choose("place_type", "Au cabinet")
	if number := w.value("am_number"); len(number) != 9 {
		t.Errorf("the AM number of the place is filled in as %q", number)
	}
	w.send("Se déconnecter")
	w.headed("Vous êtes déconnecté")
	w.examine("signed out, with both doors")
}

func TestWithoutScriptADoctorSignsInByCard(t *testing.T) {
	w := withCard(t, "dr-un-lieu")
	w.withoutScript()
	w.open("/connexion/cps?retour=%2Fannexe")
	w.says("Dr. Hélène MARCHAND")
	if w.path() != "/annexe" {
		t.Errorf("led to %s", w.path())
	}
}

func TestCardsThatDoNotOpenAreToldWhy(t *testing.T) {
	for _, tt := range []struct{ key, heading, link string }{
		{"revoquee", "Carte révoquée", "S’identifier avec Pro Santé Connect"},
		{"carte-de-service", "Carte de service", "Recommencer avec ma carte CPS"},
		{"infirmiere", "Profession non autorisée", ""},
		{"", "Aucune carte présentée", "Recommencer avec ma carte CPS"},
		{"expiree", "Aucune carte présentée", ""}, // browsers do not offer it
		{"autre-niveau", "Aucune carte présentée", ""},
	} {
		t.Run(tt.key+", "+tt.heading, func(t *testing.T) {
			w := withCard(t, tt.key)
			w.open("/")
			w.follow("S’identifier avec ma carte CPS")
			w.headed(tt.heading)
			if tt.link != "" {
				w.examine("card refused: " + tt.heading)
			}
			if tt.link != "" && !eval[bool](w, `[...document.querySelectorAll("a")].some(a => a.textContent.trim() === "`+tt.link+`")`) {
				t.Errorf("the page does not offer « %s »", tt.link)
			}
			w.follow("Contacter l’assistance")
			w.headed("Contacter l’assistance Vaccin COVID")
			w.open("/recherche")
			w.headed("Connexion nécessaire")
		})
	}
}
