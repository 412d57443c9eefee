package card_test

import (
	"crypto/tls"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/csv"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
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

// testssl.sh looks for every weakness it knows of. What a private authority cannot avoid is left out: that
// nobody else trusts it.
func TestTestsslFindsNoWeakness(t *testing.T) {
	h := open(t)
	found := filepath.Join(t.TempDir(), "found.csv")
	out, err := exec.CommandContext(t.Context(), "testssl", "--quiet", "--color", "0", "--warnings", "batch", "--openssl", "/usr/bin/openssl",
		"--protocols", "--std", "--fs", "--server-defaults", "--vulnerable", "--csvfile", found, h.cards).CombinedOutput()
	f, failed := os.Open(found)
	if failed != nil {
		t.Fatalf("the tests of cards need testssl.sh (Debian's package of that name): %v %v\n%s", failed, err, out)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	tried := map[string]int{}
	for _, row := range rows[1:] {
		id, severity, finding := row[0], row[3], row[4]
		tried[severity]++
		if slices.Contains([]string{"MEDIUM", "HIGH", "CRITICAL", "FATAL"}, severity) && id != "cert_chain_of_trust" {
			t.Errorf("%s: %s: %s", severity, id, finding)
		}
	}
	if tried["OK"] < 30 {
		t.Errorf("it found %v: it cannot have looked", tried)
	}
}
