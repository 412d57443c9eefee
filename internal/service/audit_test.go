package service

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"vaccin/internal/accesslog"
	"vaccin/internal/auth"
	"vaccin/internal/registry"
	"vaccin/internal/store"
)

// audited is a service over a new store, with a key, that keeps the log at a pace.
type audited struct {
	*Service
	store *store.Store
	trust accesslog.Verifiers
	file  string
	lines *bytes.Buffer
}

func newAudited(t *testing.T, change func(*AuditConfig)) (*audited, error) {
	t.Helper()
	kept, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "vaccin.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = kept.Close() })
	dir := t.TempDir()
	signer, verifier, err := accesslog.NewKey("test")
	if err != nil {
		t.Fatal(err)
	}
	key := filepath.Join(dir, "audit.key")
	if err := os.WriteFile(key, []byte(signer+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	a := &audited{store: kept, file: filepath.Join(dir, "heads"), lines: &bytes.Buffer{}}
	if a.trust, err = accesslog.NewVerifiers(verifier); err != nil {
		t.Fatal(err)
	}
	config := Config{
		Listen: freeAddress(t), PSC: PSCConfig{Issuer: "https://psc.exemple.fr", ClientID: "vaccin", ClientSecret: "x"},
		Audit: AuditConfig{KeyFile: key, Heads: a.file, Pace: time.Nanosecond},
	}
	change(&config.Audit)
	a.Service, err = New(config, kept, registry.New(kept), make([]byte, auth.KeySize), slog.New(slog.NewTextHandler(a.lines, nil)))
	if err != nil {
		t.Fatal(err)
	}
	return a, a.KeepLog(kept)
}

func (a *audited) write(t *testing.T, n int) {
	t.Helper()
	for range n {
		if err := a.store.Log(t.Context(), registry.Event{At: time.Now(), Action: registry.ActionRead}); err != nil {
			t.Fatal(err)
		}
	}
}

func (a *audited) must(t *testing.T, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// heads are those of the file, which must be signed.
func (a *audited) heads(t *testing.T) (all []accesslog.Head) {
	t.Helper()
	text, err := os.ReadFile(a.file)
	if err != nil {
		t.Fatal(err)
	}
	for head, err := range accesslog.Heads(bytes.NewReader(text)) {
		if err != nil {
			t.Fatal(err)
		}
		h, err := a.trust.Open(head)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, h)
	}
	return all
}

func numbers(heads []accesslog.Head) (all []int64) {
	for _, h := range heads {
		all = append(all, h.Number)
	}
	return all
}

func TestHeadsOfTheLogReachTheirFileInOrder(t *testing.T) {
	a, err := newAudited(t, func(*AuditConfig) {})
	a.must(t, err)
	for range 3 {
		a.write(t, 10)
		a.must(t, a.audit.number(t.Context()), a.audit.send(t.Context()))
	}
	if heads := a.heads(t); !slices.Equal(numbers(heads), []int64{1, 2, 3}) || heads[2].Size != 30 {
		t.Fatalf("%+v", heads)
	}
	// A head that was cut in the writing, by a stop of the machine, is written again.
	text, err := os.ReadFile(a.file)
	a.must(t, err, os.WriteFile(a.file, text[:len(text)-20], 0o600))
	a.must(t, a.audit.send(t.Context()))
	if heads := a.heads(t); !slices.Equal(numbers(heads), []int64{1, 2, 3}) {
		t.Fatalf("%+v", heads)
	}
	// A file that was taken away starts from the first head, and nothing is written twice.
	a.must(t, os.Remove(a.file), a.audit.send(t.Context()), a.audit.send(t.Context()))
	if heads := a.heads(t); !slices.Equal(numbers(heads), []int64{1, 2, 3}) {
		t.Fatalf("%+v", heads)
	}
	// A file that is something else is left as it is.
	letter := []byte(strings.Repeat("a letter ", 20_000))
	a.must(t, os.WriteFile(a.file, letter, 0o600))
	if err := a.audit.send(t.Context()); err == nil {
		t.Error("heads were written into a letter")
	}
	if text, err := os.ReadFile(a.file); err != nil || !bytes.Equal(text, letter) {
		t.Error("the letter was changed")
	}
}

// receiver takes posted heads, and fails as long as it is told to.
type receiver struct {
	mu     sync.Mutex
	heads  []int64
	status atomic.Int32
	hang   chan struct{}
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	if r.hang != nil {
		<-r.hang
	}
	body, _ := io.ReadAll(request.Body)
	r.mu.Lock()
	defer r.mu.Unlock()
	if status := int(r.status.Load()); status != 0 {
		w.WriteHeader(status)
		return
	}
	r.heads = append(r.heads, accesslog.HeadNumber(body))
}

func TestHeadsThatCouldNotBePostedArePostedLaterInOrder(t *testing.T) {
	r := &receiver{}
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	a, err := newAudited(t, func(c *AuditConfig) { c.HeadsURL, c.Heads = server.URL+"/heads?secret=hush", "" })
	a.must(t, err)
	for i, status := range []int32{0, 500, 302, 0} {
		r.status.Store(status)
		a.write(t, 1)
		a.must(t, a.audit.number(t.Context()))
		if err := a.audit.send(t.Context()); (err == nil) != (status == 0) || err != nil && strings.Contains(err.Error(), "hush") {
			t.Errorf("%d: %v", i, err)
		}
		if want := []int64{0, 1, 2, 0}[i]; a.audit.unsent.Load() != want {
			t.Errorf("%d: %d wait, want %d", i, a.audit.unsent.Load(), want)
		}
	}
	if !slices.Equal(r.heads, []int64{1, 2, 3, 4}) {
		t.Errorf("%v", r.heads)
	}
	server.Close()
	a.must(t, a.audit.number(t.Context()))
	if err := a.audit.send(t.Context()); err == nil || strings.Contains(err.Error(), "hush") || strings.Contains(err.Error(), "127.0.0.1") {
		t.Errorf("to a server that is away: %v", err)
	}
}

// TestNumberingWaitsForNoNetwork posts heads to an address that does not answer, while the service serves.
func TestNumberingWaitsForNoNetwork(t *testing.T) {
	r := &receiver{hang: make(chan struct{})}
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(r.hang) })
	a, err := newAudited(t, func(c *AuditConfig) { c.HeadsURL = server.URL })
	a.must(t, err)
	ctx, stop := context.WithCancel(t.Context())
	a.audit.client.Timeout = time.Minute // longer than this test waits
	ended := make(chan error, 1)
	go func() { ended <- every(ctx, a.audit.log, numberEvery, "sending", a.audit.send) }()
	go func() { ended <- every(ctx, a.audit.log, numberEvery, "numbering", a.audit.number) }()
	a.write(t, 5)
	for start := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		since, err := a.store.WaitingSince(t.Context())
		a.must(t, err)
		if since.IsZero() {
			break
		}
		if time.Since(start) > 5*time.Second {
			t.Fatal("entries wait for the network")
		}
	}
	stop()
	<-ended
	<-ended
}

func TestTheLastEntriesAreSignedAtTheEnd(t *testing.T) {
	a, err := newAudited(t, func(c *AuditConfig) { c.Pace = time.Hour })
	a.must(t, err)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- a.Serve(ctx) }()
	get(t, "http://"+a.config.Listen+"/healthz")
	for start := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		if heads, err := a.store.Heads(t.Context(), 0, 10); err != nil || len(heads) > 0 {
			a.must(t, err)
			break
		}
		if time.Since(start) > late {
			t.Fatal("no head was signed")
		}
	}
	a.write(t, 7)
	stop()
	a.must(t, <-ended)
	if heads := a.heads(t); len(heads) != 2 || heads[1].Size != 7 {
		t.Errorf("%+v", heads)
	}
}

func TestALogWithoutAKeyIsNumberedAndTheOperatorWarnedOnce(t *testing.T) {
	a, err := newAudited(t, func(c *AuditConfig) { *c = AuditConfig{} })
	a.must(t, err)
	a.write(t, 3)
	a.must(t, a.audit.number(t.Context()), a.audit.number(t.Context()), a.audit.send(t.Context()))
	if since, err := a.store.WaitingSince(t.Context()); err != nil || !since.IsZero() {
		t.Errorf("entries wait since %v, %v", since, err)
	}
	if heads, err := a.store.Heads(t.Context(), 0, 10); err != nil || len(heads) != 0 {
		t.Errorf("%d heads, %v", len(heads), err)
	}
	if n := strings.Count(a.lines.String(), "not signed"); n != 1 {
		t.Errorf("warned %d times: %s", n, a.lines)
	}
}

func TestSettingsOfTheSignedLogThatAreRefused(t *testing.T) {
	notKey := filepath.Join(t.TempDir(), "not")
	if err := os.WriteFile(notKey, []byte("PRIVATE+KEY+x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*AuditConfig){
		"heads without a key":        func(c *AuditConfig) { c.KeyFile = "" },
		"an address without a key":   func(c *AuditConfig) { c.KeyFile, c.Heads, c.HeadsURL = "", "", "https://exemple.fr" },
		"an address in clear":        func(c *AuditConfig) { c.HeadsURL = "http://exemple.fr/heads" },
		"an address that is no one":  func(c *AuditConfig) { c.HeadsURL = "heads" },
		"a key that is not there":    func(c *AuditConfig) { c.KeyFile += "x" },
		"a key that is none of ours": func(c *AuditConfig) { c.KeyFile = notKey },
	} {
		if _, err := newAudited(t, change); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

func TestHowLateTheLogIsIsMeasured(t *testing.T) {
	a, err := newAudited(t, func(*AuditConfig) {})
	a.must(t, err)
	a.audit.waited.Store(int64(3 * time.Second))
	answer := httptest.NewRecorder()
	a.metrics.handler().ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	for _, want := range []string{"vaccin_access_log_waiting_seconds 3\n", "vaccin_access_log_heads_unsent 0\n"} {
		if !strings.Contains(answer.Body.String(), want) {
			t.Errorf("no %q in the metrics", want)
		}
	}
}

// TestALogThatLostWhatItSentIsNotSigned: a store that was restored to an earlier moment, or whose log was wiped, would
// otherwise have the same key sign a second history.
func TestALogThatLostWhatItSentIsNotSigned(t *testing.T) {
	before, err := newAudited(t, func(*AuditConfig) {})
	before.must(t, err)
	for range 3 {
		before.write(t, 2)
		before.must(t, before.audit.number(t.Context()), before.audit.send(t.Context()))
	}
	sent, err := os.ReadFile(before.file)
	before.must(t, err)
	after, err := newAudited(t, func(c *AuditConfig) { c.Heads = before.file })
	after.must(t, err)
	after.write(t, 5)
	for range 4 {
		if err := after.audit.number(t.Context()); !errors.Is(err, errOtherHistory) {
			t.Fatalf("numbering and signing: %v", err)
		}
		if err := after.audit.send(t.Context()); !errors.Is(err, errOtherHistory) {
			t.Fatalf("sending: %v", err)
		}
	}
	heads, err := after.store.Heads(t.Context(), 0, 10)
	after.must(t, err)
	if len(heads) > 0 {
		t.Errorf("%d heads were signed", len(heads))
	}
	if now, err := os.ReadFile(before.file); err != nil || !bytes.Equal(now, sent) {
		t.Errorf("the file of heads was changed: %v", err)
	}
	if since, err := after.store.WaitingSince(t.Context()); err != nil || !since.IsZero() {
		t.Errorf("entries are not numbered: %v %v", since, err)
	}
}
