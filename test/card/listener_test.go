package card_test

import (
	"crypto/tls"
	"crypto/x509/pkix"
	"encoding/asn1"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"vaccin/internal/demo/igcsim"
	"vaccin/internal/web"
)

// A card revoked since its last connection, or during it, is refused: nothing of before is believed again.
func TestEachTryIsVerifiedAnew(t *testing.T) {
	h := open(t)
	card := h.doctors(t, marchand)
	resuming := h.desk(t, card)
	resuming.tls.ClientSessionCache = tls.NewLRUClientSessionCache(8)
	resuming.signIn().want(t, http.StatusOK)
	open := h.desk(t, card) // keeps its connection
	open.visit(h.cards + "/carte?etat=" + strings.Repeat("a", 64))
	h.pki.Revoke(h.pki.Issuers[igcsim.Strong], card.certificate)

	open.visit(h.cards+"/carte?etat="+strings.Repeat("a", 64)).want(t, http.StatusForbidden, "Carte révoquée")
	resuming.client.CloseIdleConnections()
	p := resuming.signIn().want(t, http.StatusForbidden, "Carte révoquée")
	if p.over == nil || p.over.DidResume {
		t.Error("the connection of before was resumed")
	}
}

func TestBrowsersAreToldWhichCardsOpen(t *testing.T) {
	h := open(t)
	d := h.desk(t, nil)
	d.signIn().want(t, http.StatusForbidden)
	if d.asked == nil || len(d.asked.AcceptableCAs) != 1 {
		t.Fatalf("%+v", d.asked)
	}
	var name pkix.RDNSequence
	if _, err := asn1.Unmarshal(d.asked.AcceptableCAs[0], &name); err != nil || !strings.Contains(name.String(), "CN=TEST AC IGC-SANTE FORT PERSONNES") {
		t.Error(name, err)
	}
}

// Only the browser's own way through hands a card over, not a look at the address.
func TestOnlyGetHandsACardOver(t *testing.T) {
	h := open(t)
	d := h.desk(t, h.doctors(t, marchand))
	d.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	address := h.cards + "/carte?etat=" + strings.Repeat("a", 64)
	for method, want := range map[string]int{
		http.MethodGet: http.StatusSeeOther, http.MethodHead: http.StatusMethodNotAllowed, http.MethodPost: http.StatusMethodNotAllowed,
		http.MethodPut: http.StatusMethodNotAllowed, http.MethodDelete: http.StatusMethodNotAllowed, http.MethodOptions: http.StatusMethodNotAllowed,
	} {
		request, err := http.NewRequestWithContext(t.Context(), method, address, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := d.client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		refused := want == http.StatusMethodNotAllowed
		if answer.StatusCode != want || refused && (answer.Header.Get("Allow") != http.MethodGet || answer.Header.Get("Location") != "") {
			t.Errorf("%s is answered %d, Allow %q, Location %q", method, answer.StatusCode, answer.Header.Get("Allow"), answer.Header.Get("Location"))
		}
	}
}

// The listener of cards has no page of the service, whoever asks, and no cookie.
func TestTheListenerOfCardsHasNoPageOfTheService(t *testing.T) {
	h := open(t)
	d := h.desk(t, h.doctors(t, marchand))
	d.signIn().want(t, http.StatusOK, "MARCHAND")
	tried := 0
	for _, r := range web.Routes() {
		method, path, _ := strings.Cut(r.Pattern, " ")
		path = strings.NewReplacer("{id}", strings.Repeat("a", 32), "{$}", "").Replace(path)
		if strings.HasPrefix(path, "/assets/") {
			continue
		}
		tried++
		request, err := http.NewRequestWithContext(t.Context(), method, h.cards+path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := d.client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != http.StatusNotFound || len(answer.Cookies()) != 0 {
			t.Errorf("%s answers %d, cookies %v", r.Pattern, answer.StatusCode, answer.Cookies())
		}
		if csp := answer.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || answer.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: headers %v", r.Pattern, answer.Header)
		}
	}
	if tried < 20 {
		t.Errorf("only %d addresses were tried", tried)
	}
	p := d.visit(h.cards+"/").want(t, http.StatusNotFound, "lire votre carte CPS")
	links := regexp.MustCompile(`<a [^>]*href="([^"#]+)"`).FindAllStringSubmatch(p.body, -1)
	for _, link := range links {
		if !strings.HasPrefix(link[1], h.base+"/") {
			t.Errorf("a link leads to %s", link[1])
		}
	}
	if len(links) < 5 {
		t.Errorf("%d links", len(links))
	}
}

// A connection that does not speak is closed soon: a card put in afterwards is asked for on a new one.
func TestConnectionsDoNotIdle(t *testing.T) {
	h := open(t)
	d := h.desk(t, nil)
	c, err := tls.Dial("tcp", strings.TrimPrefix(h.cards, "https://"), d.tls)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Write([]byte("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	if err := c.SetReadDeadline(time.Now().Add(8 * time.Second)); err != nil {
		t.Fatal(err)
	}
	for buffer := make([]byte, 64<<10); ; {
		_, err := c.Read(buffer)
		if timeout, ok := err.(net.Error); ok && timeout.Timeout() {
			t.Fatal("the connection is still open after 8 seconds")
		}
		if err != nil {
			return
		}
	}
}

// What testssl.sh would find first; make tls-check has it look at everything.
func TestTheListenerOfCardsSpeaksModernTLSAlone(t *testing.T) {
	h := open(t)
	d := h.desk(t, nil)
	address := strings.TrimPrefix(h.cards, "https://")
	try := func(change func(*tls.Config)) error {
		config := d.tls.Clone()
		change(config)
		c, err := tls.Dial("tcp", address, config)
		if err == nil {
			_ = c.Close()
		}
		return err
	}
	for _, version := range []uint16{tls.VersionTLS10, tls.VersionTLS11} {
		if try(func(c *tls.Config) { c.MinVersion, c.MaxVersion = version, version }) == nil {
			t.Errorf("%s is spoken", tls.VersionName(version))
		}
	}
	for _, suite := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		if !slices.Contains(suite.SupportedVersions, tls.VersionTLS12) {
			continue
		}
		spoken := try(func(c *tls.Config) { c.MaxVersion, c.CipherSuites = tls.VersionTLS12, []uint16{suite.ID} }) == nil
		sound := strings.Contains(suite.Name, "ECDHE_ECDSA") && (strings.Contains(suite.Name, "GCM") || strings.Contains(suite.Name, "CHACHA20"))
		if spoken != sound {
			t.Errorf("%s: spoken %v", suite.Name, spoken)
		}
	}
}
