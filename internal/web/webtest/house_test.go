package webtest_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"vaccin/internal/auth"
	"vaccin/internal/demo/agentsim"
	"vaccin/internal/demo/pscsim"
	"vaccin/internal/keyring/keyringtest"
	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
	"vaccin/internal/service"
	"vaccin/internal/store"
	"vaccin/internal/web/webtest"
)

// house is the whole service on its embedded store, with a simulated Pro Santé Connect beside it, on
// 1 February 2021.
type house struct {
	handler   http.Handler
	base      string
	folder    string // of the store's files
	store     *store.Store
	failing   *registrytest.Failing
	sessions  *sessions
	clock     *registrytest.Clock
	logs      *logs
	simulator *httptest.Server
	agents    *httptest.Server // the simulated provider of agents
	shared    service.Config   // of every server of the house
	last      atomic.Int64     // rank of the last patient
}

// kept is what the service keeps, seen through what can fail.
type kept struct {
	*registrytest.Failing
	registry.PortalAccountStore
	*sessions
}

// sessions counts what is asked about sessions, and fails on demand.
type sessions struct {
	auth.Store
	calls  atomic.Int64
	saves  atomic.Int64 // of sessions that were open already
	broken atomic.Bool
}

func (s *sessions) ask() error {
	s.calls.Add(1)
	if s.broken.Load() {
		return store.ErrClosed
	}
	return nil
}

func (s *sessions) Session(ctx context.Context, id string) ([]byte, time.Time, bool, error) {
	if err := s.ask(); err != nil {
		return nil, time.Time{}, false, err
	}
	return s.Store.Session(ctx, id)
}

func (s *sessions) SaveSession(ctx context.Context, id string, data []byte, expires time.Time) error {
	if err := s.ask(); err != nil {
		return err
	}
	s.saves.Add(1)
	return s.Store.SaveSession(ctx, id, data, expires)
}

func (s *sessions) CreateSession(ctx context.Context, id string, data []byte, expires time.Time, owner, session, subject string) error {
	if err := s.ask(); err != nil {
		return err
	}
	return s.Store.CreateSession(ctx, id, data, expires, owner, session, subject)
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

// assistancePhone is of the numbers kept for fiction.
const assistancePhone = "01 99 00 12 34"

// open starts a house.
func open(t *testing.T) *house {
	t.Helper()
	folder := t.TempDir()
	h := openOn(t, filepath.Join(folder, "vaccin.db"))
	h.folder = folder
	return h
}

// openOn starts a house on the store at an address.
func openOn(t *testing.T, address string) *house {
	t.Helper()
	h := &house{clock: registrytest.NewClock(), logs: &logs{}}
	var err error
	if h.store, err = store.Open(t.Context(), address, store.Options{Keys: keyringtest.Keys()}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.store.Close() })
	h.failing, h.sessions = &registrytest.Failing{Store: h.store}, &sessions{Store: h.store}
	cases := registry.New(h.failing)
	cases.Business, cases.Security = h.clock.Now, h.clock.Now
	cases.Pause = func(ctx context.Context, _ time.Duration) error { return ctx.Err() } // the clock stands
	h.furnish(t, cases)
	server, simulator := httptest.NewUnstartedServer(nil), httptest.NewUnstartedServer(nil)
	h.simulator, h.agents = simulator, httptest.NewUnstartedServer(nil)
	at := server.Listener.Addr().String()
	h.base = "http://localhost" + at[strings.LastIndexByte(at, ':'):]
	config := h.config(t)
	h.shared = config
	product, err := service.New(config, kept{h.failing, h.store, h.sessions}, cases, bytes.Repeat([]byte{3}, auth.KeySize),
		slog.New(slog.NewTextHandler(h.logs, &slog.HandlerOptions{Level: slog.LevelDebug})))
	if err != nil {
		t.Fatal(err)
	}
	h.handler = product.Handler()
	server.Config.Handler = h.handler
	server.Config.ErrorLog = slog.NewLogLogger(slog.NewTextHandler(h.logs, nil), slog.LevelError)
	server.Start()
	simulator.Start()
	h.agents.Start()
	t.Cleanup(server.Close)
	t.Cleanup(h.agents.Close)
	t.Cleanup(simulator.Close)
	return h
}

// furnish puts the reference data of tests in the store.
func (h *house) furnish(t *testing.T, cases *registry.Registry) {
	t.Helper()
	ref := registrytest.Reference()
	change := registry.ReferenceChange{
		Vaccines: ref.Vaccines, Schedules: ref.Schedules, Sites: ref.Sites, PlaceTypes: ref.PlaceTypes,
		Activities: ref.Activities, Openings: ref.Openings, Localities: registrytest.Localities(),
		Places: registrytest.Places(), Lots: registrytest.Lots(),
	}
	if err := h.store.ImportReference(t.Context(), change, cases.ImportEvent(operator, 1, "digest")); err != nil {
		t.Fatal(err)
	}
}

var operator = registry.Actor{Role: registry.RoleSystem, Door: registry.DoorCommand, Practitioner: registry.Practitioner{NationalID: "TEST"}}

// What the two simulators of every house sign with: keys of their own, since neither may speak for the other.
var providersKey, agentsKey = sync.OnceValues(newSigningKey), sync.OnceValues(newSigningKey)

func newSigningKey() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) }

func signingKey(t *testing.T, made func() (*rsa.PrivateKey, error)) *rsa.PrivateKey {
	t.Helper()
	key, err := made()
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// config points the service at the simulator, which it makes.
func (h *house) config(t *testing.T) service.Config {
	t.Helper()
	base := "http://" + h.simulator.Listener.Addr().String()
	addresses := pscsim.AddressesAt(base)
	handler, err := pscsim.New(pscsim.Options{
		BaseURL: base, ClientID: "vaccin-test", ClientSecret: "of the test only",
		RedirectURIs: []string{h.base + "/connexion/psc/retour"}, PostLogoutRedirectURIs: []string{h.base + "/deconnecte"},
		LogoutURI: h.base + "/connexion/psc/deconnexion", SigningKey: signingKey(t, providersKey),
	})
	if err != nil {
		t.Fatal(err)
	}
	h.simulator.Config.Handler = handler
	config := service.Config{PublicURL: h.base, Listen: "127.0.0.1:0", AssistancePhone: assistancePhone, AdverseEffectsURL: "https://psig.exemple.fr", ReaderURL: "http://127.0.0.1:24316"}
	config.PSC = service.PSCConfig{
		Issuer: addresses.Issuer, DiscoveryURL: addresses.DiscoveryURL, AuthURL: addresses.AuthURL,
		ClientID: "vaccin-test", ClientSecret: "of the test only",
	}
	config.Agents = h.agentsConfig(t)
	return config
}

// agentsConfig points the service at the simulated provider of agents, which it makes.
func (h *house) agentsConfig(t *testing.T) service.AgentsConfig {
	t.Helper()
	base := "http://" + h.agents.Listener.Addr().String()
	handler, err := agentsim.New(agentsim.Options{
		BaseURL: base, ClientID: "vaccin-agents", ClientSecret: "of the test only",
		RedirectURIs: []string{h.base + "/connexion/agents/retour"}, PostLogoutRedirectURIs: []string{h.base + "/deconnecte"},
		LogoutURI: h.base + "/connexion/agents/deconnexion", SigningKey: signingKey(t, agentsKey),
	})
	if err != nil {
		t.Fatal(err)
	}
	h.agents.Config.Handler = handler
	return service.AgentsConfig{
		Issuer: agentsim.AddressesAt(base).Issuer, ClientID: "vaccin-agents", ClientSecret: "of the test only",
		RoleClaim: agentsim.RoleClaim, Roles: agentsim.Roles(),
	}
}

// agent is a browser signed in as one of the simulated agents.
func (h *house) agent(t *testing.T, account string) *webtest.Browser {
	t.Helper()
	b := webtest.NewBrowser(t, h.base)
	h.enter(b, account, "/connexion/agents").Want(http.StatusOK)
	return b
}

// patient imports one more patient and returns who it is.
func (h *house) patient(t *testing.T, changes ...func(*registry.ImportedPerson)) registry.ImportedPerson {
	t.Helper()
	n := int(h.last.Add(1))
	p := registry.ImportedPerson{ID: registry.RecordID(fmt.Sprintf("%032x", n)), Patient: registrytest.Patient(n)}
	for _, change := range changes {
		change(&p)
	}
	cases := registry.New(h.store)
	if err := cases.ImportPersons(t.Context(), operator, []registry.ImportedPerson{p}, "digest"); err != nil {
		t.Fatal(err)
	}
	return p
}

// record reads a record as it stands.
func (h *house) record(t *testing.T, id registry.RecordID) registry.Record {
	t.Helper()
	facts, err := h.store.Facts(t.Context(), id, registry.Wanted{})
	if err != nil {
		t.Fatal(err)
	}
	return facts.Record
}

// signIn is a browser signed in as one of the simulator's accounts.
func (h *house) signIn(t *testing.T, account string) *webtest.Browser {
	t.Helper()
	b := webtest.NewBrowser(t, h.base)
	h.enter(b, account, "/connexion/psc").Want(http.StatusOK)
	return b
}

// enter goes through the sign-in from an address of the service.
func (h *house) enter(b *webtest.Browser, account, from string) *webtest.Page {
	b.T.Helper()
	return b.Get(from).Want(http.StatusOK, "Choisir un compte").Form("id").Fill("account", account).Send(b)
}

// at is a browser signed in as an account, at the place of that rank.
func (h *house) at(t *testing.T, account, place string) *webtest.Browser {
	t.Helper()
	b := h.signIn(t, account)
	b.Get("/lieu").Form("practice_place").Fill("practice_place", place).Send(b).Want(http.StatusOK)
	return b
}

// The accounts of the simulator that record acts.
const (
	marchand = "dr-un-lieu"
	benali   = "dr-ehpad"
	legrand  = "dr-deux-lieux"
)

// expire ends the session of a browser as time would.
func (h *house) expire(b *webtest.Browser) {
	b.T.Helper()
	sum := sha256.Sum256([]byte(b.Cookie("vaccin_session")))
	id := hex.EncodeToString(sum[:])
	data, _, found, err := h.store.Session(b.T.Context(), id)
	if err != nil || !found {
		b.T.Fatal("no session to end", err)
	}
	if err := h.store.SaveSession(b.T.Context(), id, data, time.Now().Add(-time.Second)); err != nil {
		b.T.Fatal(err)
	}
}

// address is that of a record, or of a step of it.
func address(p registry.ImportedPerson, step string) string {
	return "/dossiers/" + string(p.ID) + step
}

const (
	eligibility = "/eligibilite"
	dose1       = "/vaccination-1"
	dose2       = "/vaccination-2"
)

// eligible fills the form of a declaration.
func eligible(f *webtest.Form) *webtest.Form {
	return f.Fill("prescribes", "yes", "prescribed_on", "28/01/2021", "health_professional", "no",
		"patient_agrees", "on", "conditions_accepted", "on")
}

// injected fills the form of a dose in the EHPAD.
func injected(f *webtest.Form) *webtest.Form {
	f.Values.Del("place_absent")
	return f.Fill("vaccine", registrytest.Comirnaty, "lot", registrytest.KnownLot, "site", registrytest.RightDeltoid,
		"occurrence", "01/02/2021", "performer_self", "yes", "place_type", registrytest.PlaceEHPAD,
		"place", "75011 Paris – EHPAD Les Glycines")
}

// declare declares a patient eligible.
func declare(b *webtest.Browser, p registry.ImportedPerson) *webtest.Page {
	b.T.Helper()
	return eligible(b.Get(address(p, eligibility)).Form("prescribes")).Send(b).Want(http.StatusOK)
}

// inject records a first dose.
func inject(b *webtest.Browser, p registry.ImportedPerson) *webtest.Page {
	b.T.Helper()
	return injected(b.Get(address(p, dose1)).Form("lot")).Send(b).Want(http.StatusOK)
}
