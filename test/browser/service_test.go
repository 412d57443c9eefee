package browser_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"vaccin/internal/auth"
	"vaccin/internal/demo"
	"vaccin/internal/demo/igcsim"
	"vaccin/internal/demo/pscsim"
	"vaccin/internal/keyring/keyringtest"
	"vaccin/internal/referential"
	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
	"vaccin/internal/service"
	"vaccin/internal/store"
	"vaccin/internal/store/postgrestest"
)

// running is the product on a store, served on ports of its own with a clock that stands still.
type running struct {
	persons  int    // of the country, as asked
	base     string // address that browsers use
	provider string // address of the simulated Pro Santé Connect
	country  demo.Country
	lot      string // one of those known of the vaccine Comirnaty
	igc      *igcsim.PKI
	cards    string // folder of the test cards
	failing  *registrytest.Failing
	portal   registry.PortalAccountStore
	sessions *sessions

	now          atomic.Int64 // business time, nanoseconds
	providerDown atomic.Bool  // the provider's tokens are not to be had
	used         atomic.Int64 // unknown NIRs handed out
	cleanup      []func()
}

// morning is a Monday when both telephone lines are open.
var morning = time.Date(2021, 2, 1, 10, 30, 0, 0, registry.ZoneOf(""))

// fewPersons are enough for most tests.
const fewPersons = 60

// startService starts the product, with a country of so many, on the database at an address, or on an embedded store if there is none.
func startService(database string, persons int) (*running, error) {
	s := &running{persons: persons}
	s.now.Store(morning.UnixNano())
	if err := s.start(database); err != nil {
		s.stop()
		return nil, err
	}
	return s, nil
}

// onPostgreSQL has a test use a service of its own, on PostgreSQL.
func onPostgreSQL(t *testing.T) {
	t.Helper()
	cluster, err := postgrestest.Start("fsync=off", "shared_buffers=32MB")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cluster.Stop(); err != nil {
			t.Error(err)
		}
	})
	onAnother(t, cluster.URL(postgrestest.Superuser, "postgres"), fewPersons)
}

// onAnother has a test use a service of its own.
func onAnother(t *testing.T, database string, persons int) {
	t.Helper()
	started, err := startService(database, persons)
	if err != nil {
		t.Fatal(err)
	}
	before := site
	site = started
	t.Cleanup(func() {
		site = before
		started.stop()
	})
}

func (s *running) stop() {
	for i := len(s.cleanup) - 1; i >= 0; i-- {
		s.cleanup[i]()
	}
}

func (s *running) start(address string) error {
	ctx := context.Background()
	folder, err := os.MkdirTemp("", "vaccin-service-")
	if err != nil {
		return err
	}
	s.cleanup = append(s.cleanup, func() { _ = os.RemoveAll(folder) })
	if address == "" {
		address = filepath.Join(folder, "vaccin.db")
	}
	options := store.Options{Keys: keyringtest.Keys()}
	owned, err := store.Open(ctx, address, options)
	if err != nil {
		return err
	}
	if err := errors.Join(s.populate(ctx, owned), owned.Close()); err != nil {
		return err
	}
	options.Service = true
	kept, err := store.Open(ctx, address, options)
	if err != nil {
		return err
	}
	s.cleanup = append(s.cleanup, func() { _ = kept.Close() })
	s.failing, s.sessions, s.portal = &registrytest.Failing{Store: kept}, &sessions{Store: kept}, kept
	return s.serve(s.cases(s.failing))
}

// cases are the use cases on a store, at the time of the tests.
func (s *running) cases(on registry.Store) *registry.Registry {
	cases := registry.New(on)
	cases.Business = func() time.Time { return time.Unix(0, s.now.Load()) }
	cases.Pause = func(ctx context.Context, _ time.Duration) error { return ctx.Err() } // who guesses is made to wait elsewhere
	// All tests share a few accounts and search far more than people do: only wrong codes are counted here.
	cases.Limits.Found, cases.Limits.Unknown, cases.Limits.MissesAt = 0, 0, math.MaxInt
	return cases
}

// populate fills a store, which the service itself may not do.
func (s *running) populate(ctx context.Context, kept *store.Store) (err error) {
	cases := s.cases(kept)
	s.country, err = demo.Populate(ctx, cases, kept, demo.Options{Persons: s.persons, Seed: 1, Today: registry.TodayAt(morning)})
	if err != nil {
		return err
	}
	if err := demo.OpenPortal(ctx, cases, kept); err != nil {
		return err
	}
	lots, err := kept.Lots(ctx, referential.VaccineComirnaty, "", 1)
	if err != nil {
		return err
	}
	s.lot = lots[0].Number
	return nil
}

// serve puts the service and the simulator on two ports, of two sites as in life.
func (s *running) serve(cases *registry.Registry) error {
	front, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	back, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return errors.Join(err, front.Close())
	}
	cards, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return errors.Join(err, front.Close(), back.Close())
	}
	s.base = fmt.Sprintf("http://localhost:%d", front.Addr().(*net.TCPAddr).Port)
	s.provider = "http://" + back.Addr().String()
	agents, err := s.agents()
	if err != nil {
		return err
	}
	product, err := s.product(cases, agents, pscsim.AddressesAt(s.provider), cards.Addr().String())
	if err != nil {
		return err
	}
	simulator, err := pscsim.New(pscsim.Options{
		BaseURL: s.provider, ClientID: clientID, ClientSecret: clientSecret,
		RedirectURIs: []string{s.base + "/connexion/psc/retour"}, PostLogoutRedirectURIs: []string{s.base + "/deconnecte"},
	})
	if err != nil {
		return err
	}
	s.listen(front, product.Handler())
	s.listenForCards(cards, product)
	s.listen(back, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.providerDown.Load() && strings.HasSuffix(r.URL.Path, "/token") {
			http.Error(w, "down", http.StatusServiceUnavailable)
			return
		}
		simulator.ServeHTTP(w, r)
	}))
	return nil
}

const (
	clientID     = "vaccin-browser"
	clientSecret = "a secret of the tests only"
)

func (s *running) product(cases *registry.Registry, agents service.AgentsConfig, provider pscsim.Addresses, cards string) (*service.Service, error) {
	key, err := auth.NewKey()
	if err != nil {
		return nil, err
	}
	config := service.Config{
		PublicURL: s.base, Idle: 30 * time.Minute, Absolute: 4 * time.Hour, AssistancePhone: "01 99 00 12 34",
		AdverseEffectsURL: "https://signalement.social-sante.gouv.fr", ReaderURL: readerURL,
		PSC: service.PSCConfig{
			Issuer: provider.Issuer, DiscoveryURL: provider.DiscoveryURL, AuthURL: provider.AuthURL,
			ClientID: clientID, ClientSecret: clientSecret, ACRValues: "eidas1",
		},
		Agents: agents,
	}
	if config.CPS, err = s.cardDoor(cards); err != nil {
		return nil, err
	}
	type records = registry.Store // the two stores bear one name
	both := struct {
		records
		registry.PortalAccountStore
		auth.Store
	}{s.failing, s.portal, s.sessions}
	return service.New(config, both, cases, key, slog.New(slog.DiscardHandler))
}

func (s *running) listen(on net.Listener, handler http.Handler) {
	server := &http.Server{
		Handler: handler, ReadHeaderTimeout: 5 * time.Second, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
	}
	go func() { _ = server.Serve(on) }() // ends with the error that Close gives it
	s.cleanup = append(s.cleanup, func() { _ = server.Close() })
}

// at sets the business clock until the test ends.
func (s *running) at(t *testing.T, moment time.Time) {
	t.Helper()
	before := s.now.Swap(moment.UnixNano())
	t.Cleanup(func() { s.now.Store(before) })
}

// errBroken is what the store answers where a test makes it fail.
var errBroken = errors.New("the test broke the store")

// broken makes a method of the store fail while f runs.
func (s *running) broken(method string, f func()) {
	s.failing.Fail(method, errBroken)
	defer s.failing.Fail(method, nil)
	f()
}

// example is the member of the cast whose title starts so.
func (s *running) example(t *testing.T, title string) demo.Example {
	t.Helper()
	for _, e := range s.country.Examples {
		if strings.HasPrefix(e.Title, title) {
			return e
		}
	}
	t.Fatalf("nobody of the cast is « %s »", title)
	return demo.Example{}
}

// record is the address of an example's record.
func (s *running) record(t *testing.T, title string) string {
	t.Helper()
	return "/dossiers/" + string(s.example(t, title).Record)
}

// sessions is the store of sessions; it can let all of those in use expire.
type sessions struct {
	auth.Store

	mu      sync.Mutex
	saved   []string
	expired map[string]bool
}

// CreateSession keeps a session and remembers that there is one.
func (s *sessions) CreateSession(ctx context.Context, id string, data []byte, expires time.Time, owner, session, subject string) error {
	s.mu.Lock()
	s.saved = append(s.saved, id)
	s.mu.Unlock()
	return s.Store.CreateSession(ctx, id, data, expires, owner, session, subject)
}

// Session gives a session, or an expired one.
func (s *sessions) Session(ctx context.Context, id string) ([]byte, time.Time, bool, error) {
	data, expires, found, err := s.Store.Session(ctx, id)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.expired[id] {
		expires = time.Now().Add(-time.Second)
	}
	return data, expires, found, err
}

// expire lets every session in use end now.
func (s *sessions) expire() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.expired = map[string]bool{}
	for _, id := range s.saved {
		s.expired[id] = true
	}
}
