package card_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"vaccin/internal/auth"
	"vaccin/internal/demo/igcsim"
	"vaccin/internal/keyring/keyringtest"
	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
	"vaccin/internal/service"
	"vaccin/internal/store"
	"vaccin/internal/web/webtest"
)

// house is the whole service as it serves, with an invented IGC-Santé beside it, on 1 February 2021.
type house struct {
	base, cards string // addresses of the service, and of the listener that asks for cards
	pki         *igcsim.PKI
	store       *kept
	clock       *registrytest.Clock // of business
	logs        *logs
	listsDown   atomic.Bool
	ocspDown    atomic.Bool
}

// kept is what the service keeps; it can age what is handed over.
type kept struct {
	*store.Store
	early atomic.Int64 // how much earlier hand-overs end
}

func (k *kept) KeepHandover(ctx context.Context, id string, data []byte, expires time.Time) error {
	return k.Store.KeepHandover(ctx, id, data, expires.Add(-time.Duration(k.early.Load())))
}

// logs keeps what the service writes.
type logs struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logs) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func open(t *testing.T, changes ...func(*service.Config)) *house {
	t.Helper()
	h := &house{clock: registrytest.NewClock(), logs: &logs{}}
	h.startIGC(t)
	files, err := h.pki.Write(t.TempDir(), "localhost")
	if err != nil {
		t.Fatal(err)
	}
	kv, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "vaccin.db"), store.Options{Keys: keyringtest.Keys()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = kv.Close() })
	h.store = &kept{Store: kv}
	cases := registry.New(h.store)
	cases.Business = h.clock.Now
	h.furnish(t, cases)
	config := service.Config{
		Listen: freeAddress(t), Idle: 30 * time.Minute, Absolute: 4 * time.Hour,
		PSC: service.PSCConfig{Issuer: "https://psc.exemple.fr", ClientID: "vaccin", ClientSecret: "of the test only"},
		CPS: service.CPSConfig{
			Listen: freeAddress(t), Roots: files.Roots, Issuers: files.Issuers, Cert: files.Cert, Key: files.Key, RevocationUnknown: "refuse",
		},
	}
	for _, change := range changes {
		change(&config)
	}
	product, err := service.New(config, h.store, cases, bytes.Repeat([]byte{3}, auth.KeySize),
		slog.New(slog.NewTextHandler(h.logs, &slog.HandlerOptions{Level: slog.LevelDebug})))
	if err != nil {
		t.Fatal(err)
	}
	h.base, h.cards = localhost("http", config.Listen), localhost("https", config.CPS.Listen)
	h.serve(t, product)
	return h
}

// serve lets the product serve until the test ends, on its own listeners.
func (h *house) serve(t *testing.T, product *service.Service) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- product.Serve(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the service ended with %v", err)
		}
	})
	for _, base := range []string{h.base, h.cards} {
		address := strings.TrimPrefix(base[strings.Index(base, "//"):], "//")
		for range 200 {
			if c, err := net.Dial("tcp", address); err == nil {
				_ = c.Close()
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
}

func (h *house) startIGC(t *testing.T) {
	t.Helper()
	var handler http.Handler
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h.listsDown.Load() && strings.HasPrefix(r.URL.Path, "/crl/") || h.ocspDown.Load() && strings.HasPrefix(r.URL.Path, "/ocsp/") {
			http.Error(w, "down", http.StatusServiceUnavailable)
			return
		}
		handler.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	var err error
	if h.pki, err = igcsim.New(server.URL, time.Now); err != nil {
		t.Fatal(err)
	}
	handler = h.pki.Handler()
}

// The bearers of cards. Marchand has one place of practice, Legrand two, Fabre none.
const (
	marchand = "899700810379"
	legrand  = "899700810742"
	fabre    = "899700811484"
	moreau   = "899700811856" // a nurse
	amNumber = "691234566"
)

func (h *house) furnish(t *testing.T, cases *registry.Registry) {
	t.Helper()
	ref := registrytest.Reference()
	place := func(id, name, postal, town string) registry.PracticePlace {
		return registry.PracticePlace{ID: id, Name: name, PostalCode: postal, Locality: town, AMNumber: amNumber}
	}
	change := registry.ReferenceChange{
		Vaccines: ref.Vaccines, Schedules: ref.Schedules, Sites: ref.Sites, PlaceTypes: ref.PlaceTypes, Activities: ref.Activities,
		Openings: ref.Openings, Localities: registrytest.Localities(), Places: registrytest.Places(), Lots: registrytest.Lots(),
		PracticePlaces: []registry.PractitionerPlace{
			{NationalID: marchand, Place: place("A", "Cabinet des Tilleuls", "69003", "Lyon")},
			{NationalID: legrand, Place: place("B", "Cabinet de la Fontaine", "93200", "Saint-Denis")},
			{NationalID: legrand, Place: place("C", "EHPAD Les Glycines", "93200", "Saint-Denis")},
			{NationalID: moreau, Place: place("D", "Cabinet infirmier du Port", "13002", "Marseille")},
		},
	}
	if err := h.store.ImportReference(t.Context(), change, cases.ImportEvent(operator, 1, "digest")); err != nil {
		t.Fatal(err)
	}
}

var operator = registry.Actor{Role: registry.RoleSystem, Door: registry.DoorCommand, Practitioner: registry.Practitioner{NationalID: "TEST"}}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func localhost(scheme, listen string) string {
	return scheme + "://localhost" + listen[strings.LastIndexByte(listen, ':'):]
}

// held is a card in a reader: a certificate, and the key that the token keeps.
type held struct {
	certificate *x509.Certificate
	beside      [][]byte // further certificates that the client sends
	key         crypto.Signer
}

// card issues a card for a key of the token.
func (h *house) card(t *testing.T, key crypto.Signer, c igcsim.Card) *held {
	t.Helper()
	certificate, err := h.pki.IssueCard(c, key.Public())
	if err != nil {
		t.Fatal(err)
	}
	return &held{certificate: certificate, key: key}
}

// doctor is the subject of a doctor's card.
func doctor(nationalID string) []byte {
	return igcsim.Subject(nationalID, "MARCHAND", "Hélène", "Médecin")
}

func (h *house) doctors(t *testing.T, nationalID string) *held {
	t.Helper()
	return h.card(t, quickKey(t), igcsim.Card{Subject: doctor(nationalID)})
}

// desk is a browser with a reader, into which a card may be put.
type desk struct {
	*webtest.Browser
	client *http.Client
	tls    *tls.Config
	asked  *tls.CertificateRequestInfo // what the listener asked for, last
}

// desk shows whatever certificate its card has, fitting or not, as a hostile client would.
func (h *house) desk(t *testing.T, card *held) *desk {
	t.Helper()
	d := &desk{Browser: webtest.NewBrowser(t, h.base)}
	roots := x509.NewCertPool()
	roots.AddCert(h.pki.Root.Certificate)
	d.tls = &tls.Config{RootCAs: roots, GetClientCertificate: func(asked *tls.CertificateRequestInfo) (*tls.Certificate, error) {
		d.asked = asked
		if card == nil {
			return &tls.Certificate{}, nil
		}
		return &tls.Certificate{Certificate: append([][]byte{card.certificate.Raw}, card.beside...), PrivateKey: card.key}, nil
	}}
	transport := &http.Transport{TLSClientConfig: d.tls}
	t.Cleanup(transport.CloseIdleConnections)
	d.client = &http.Client{Transport: transport, Jar: d.Jar, Timeout: 30 * time.Second}
	return d
}

// page is where a sequence of redirections ended.
type page struct {
	status  int
	address string
	body    string
	cookies []*http.Cookie // set by that last answer
	over    *tls.ConnectionState
}

func (d *desk) visit(address string) page {
	d.T.Helper()
	p, err := d.try(address)
	if err != nil {
		d.T.Fatal(err)
	}
	return p
}

func (d *desk) try(address string) (page, error) {
	answer, err := d.client.Get(address)
	if err != nil {
		return page{}, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	return page{answer.StatusCode, answer.Request.URL.String(), string(body), answer.Cookies(), answer.TLS}, err
}

// signIn goes through the door.
func (d *desk) signIn() page {
	d.T.Helper()
	return d.visit(d.Base + "/connexion/cps")
}

// want fails unless the page has a status and says these texts.
func (p page) want(t *testing.T, status int, texts ...string) page {
	t.Helper()
	if p.status != status {
		t.Errorf("%s answers %d, not %d", p.address, p.status, status)
	}
	root, err := webtest.Parse(p.body)
	if err != nil {
		t.Fatalf("%s is not well formed: %v", p.address, err)
	}
	for _, problem := range webtest.Problems(root) {
		t.Errorf("%s: %s", p.address, problem)
	}
	said := strings.Join(strings.Fields(root.Content()), " ")
	for _, text := range texts {
		if !strings.Contains(said, strings.Join(strings.Fields(text), " ")) {
			t.Errorf("the page does not say %q: %s", text, said)
		}
	}
	return p
}

// keptOut fails if the browser has a session or sees a page of the service.
func (d *desk) keptOut(t *testing.T) {
	t.Helper()
	if d.Cookie("vaccin_session") != "" {
		t.Error("there is a session")
	}
	for _, path := range []string{"/recherche", "/lieu", "/patients/nouveau"} {
		d.Get(path).Want(http.StatusUnauthorized)
	}
}
