package ops_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
)

// balancer sends requests in turn to those servers that say they are ready, and tries none again.
type balancer struct {
	*httptest.Server
	mu      sync.Mutex
	servers map[string]bool // by address, whether ready
	turn    int
}

// askEvery is how often servers are asked whether they are ready: several times before one that leaves has left.
const askEvery = drain / 10

func newBalancer(t *testing.T) *balancer {
	t.Helper()
	b := &balancer{servers: map[string]bool{}}
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	proxy := &httputil.ReverseProxy{
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(b.next()); r.Out.Host = r.In.Host },
		Transport: transport, ErrorLog: log.New(io.Discard, "", 0),
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, err error) {
			http.Error(w, err.Error(), http.StatusBadGateway)
		},
	}
	b.Server = httptest.NewServer(proxy)
	ctx, cancel := context.WithCancel(context.Background())
	var asking sync.WaitGroup
	asking.Go(func() {
		for ; ctx.Err() == nil; time.Sleep(askEvery) {
			b.ask(ctx)
		}
	})
	t.Cleanup(func() {
		cancel()
		asking.Wait()
		b.Close()
		transport.CloseIdleConnections()
	})
	return b
}

// public is the address that browsers use.
func (b *balancer) public() string { return strings.Replace(b.URL, "127.0.0.1", "localhost", 1) }

func (b *balancer) add(s *server) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.servers[s.address] = true
}

func (b *balancer) ask(ctx context.Context) {
	b.mu.Lock()
	var all []string
	for address := range b.servers {
		all = append(all, address)
	}
	b.mu.Unlock()
	for _, address := range all {
		is := ready(ctx, address)
		b.mu.Lock()
		b.servers[address] = is
		b.mu.Unlock()
	}
}

// next is the server whose turn it is among those ready.
func (b *balancer) next() *url.URL {
	b.mu.Lock()
	defer b.mu.Unlock()
	var all []string
	for address, is := range b.servers {
		if is {
			all = append(all, address)
		}
	}
	b.turn++
	if len(all) == 0 {
		return &url.URL{Scheme: "http", Host: "127.0.0.1:0"}
	}
	return &url.URL{Scheme: "http", Host: all[b.turn%len(all)]}
}

// load is what doctors do all the time: they record doses, and look at records.
type load struct {
	nation   *nation
	to       string
	next     *atomic.Int64 // patient whose dose comes next
	recorded atomic.Int64
	read     atomic.Int64
	mu       sync.Mutex
	failures []string
	end      context.CancelFunc
	ended    sync.WaitGroup
}

const (
	loaders = 6
	between = 20 * time.Millisecond
)

// begin has doctors work by an address until the load is ended.
func (n *nation) begin(t *testing.T, to string, next *atomic.Int64) *load {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	l := &load{nation: n, to: to, next: next, end: cancel}
	client := &http.Client{
		Transport: &http.Transport{MaxIdleConnsPerHost: loaders}, Timeout: 30 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	for i := range loaders {
		l.ended.Go(func() {
			for turn := i; ctx.Err() == nil; turn++ {
				cookie := n.cookies[turn%len(n.cookies)]
				if err := l.dose(client, cookie); err != nil {
					l.fail(err)
				}
				for range 2 {
					if err := l.look(client, cookie, n.patients[turn%len(n.patients)]); err != nil {
						l.fail(err)
					}
				}
				time.Sleep(between)
			}
		})
	}
	t.Cleanup(cancel)
	return l
}

func (l *load) fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.failures = append(l.failures, err.Error())
}

// dose records the first dose of a patient who had none.
func (l *load) dose(client *http.Client, cookie *http.Cookie) error {
	i := int(l.next.Add(1)) - 1
	if i >= len(l.nation.patients) {
		return nil // all have theirs
	}
	path := "/dossiers/" + string(l.nation.patients[i]) + "/vaccination-1"
	answer, err := l.send(client, cookie, http.MethodPost, path, doseForm(i))
	if err != nil {
		return err
	}
	if answer.StatusCode != http.StatusSeeOther || answer.Header.Get("Location") != path {
		return fmt.Errorf("a dose was answered %s, leading to %q", answer.Status, answer.Header.Get("Location"))
	}
	l.recorded.Add(1)
	return nil
}

// doseForm is the form of a first dose as a browser sends it.
func doseForm(i int) string {
	r := registrytest.DoseRequest()
	return url.Values{
		"request": {"OPSOPSOPSOPSOPSOPSOP" + fmt.Sprintf("%06d", i)}, registry.FieldVaccine: {r.Vaccine}, registry.FieldLot: {r.Lot},
		registry.FieldSite: {r.Site}, registry.FieldOccurrence: {today()}, registry.FieldPerformerSelf: {r.PerformerSelf},
		registry.FieldPlaceType: {r.PlaceType}, registry.FieldPlace: {r.Place},
	}.Encode()
}

func (l *load) look(client *http.Client, cookie *http.Cookie, id registry.RecordID) error {
	answer, err := l.send(client, cookie, http.MethodGet, "/dossiers/"+string(id), "")
	if err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("a record was answered %s", answer.Status)
	}
	l.read.Add(1)
	return nil
}

func (l *load) send(client *http.Client, cookie *http.Cookie, method, path, form string) (*http.Response, error) {
	r, err := http.NewRequest(method, l.to+path, strings.NewReader(form))
	if err != nil {
		return nil, err
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", l.to)
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	r.AddCookie(cookie)
	answer, err := client.Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	_, err = io.Copy(io.Discard, answer.Body)
	return answer, err
}

// judge ends the load and fails when a request did, or when what was acknowledged is not in the database once, with
// its entry in the access log.
func (l *load) judge(t *testing.T, before int64) (recorded int64) {
	t.Helper()
	l.end()
	l.ended.Wait()
	for i, failure := range l.failures {
		if i < 5 {
			t.Error(failure)
		}
	}
	recorded = l.recorded.Load()
	t.Logf("%d doses recorded, %d records read, %d requests failed", recorded, l.read.Load(), len(l.failures))
	if recorded == 0 || l.read.Load() == 0 {
		t.Error("nothing was done meanwhile")
	}
	if kept := l.nation.doses(t); kept != before+recorded {
		t.Errorf("%d doses are kept of %d acknowledged", kept-before, recorded)
	}
	return recorded
}

// doses is how many doses the database has, each of its own record and with one entry in the access log.
func (n *nation) doses(t *testing.T) int64 {
	t.Helper()
	text, err := n.cluster.SQL("vaccin", "SELECT count(*), count(DISTINCT record_num),"+
		" (SELECT count(*) FROM access_log WHERE action = '"+string(registry.ActionRecordFirstDose)+"' AND outcome = '"+string(registry.OutcomeDone)+"') FROM entry WHERE step > 0")
	if err != nil {
		t.Fatal(err)
	}
	var figures [3]int64
	for i, f := range strings.Split(text, "\t") {
		if figures[i], err = strconv.ParseInt(f, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	if figures[0] != figures[1] || figures[0] != figures[2] {
		t.Errorf("%d doses of %d records, with %d entries", figures[0], figures[1], figures[2])
	}
	return figures[0]
}
