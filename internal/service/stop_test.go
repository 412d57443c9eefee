package service

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vaccin/internal/auth"
	"vaccin/internal/keyring/keyringtest"
	"vaccin/internal/registry"
	"vaccin/internal/store"
)

// stopping is a whole service that drains for a while when told to stop, with one slow page.
type stopping struct {
	*Service
	begun   chan struct{} // a request to /slow is under way
	release chan struct{} // lets it end
	stop    context.CancelFunc
	ended   chan error
}

func startStopping(t *testing.T, drain time.Duration) *stopping {
	t.Helper()
	kept, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "vaccin.db"), store.Options{Keys: keyringtest.Keys()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = kept.Close() })
	config := Config{
		Listen: freeAddress(t), MetricsListen: freeAddress(t), Drain: drain,
		PSC: PSCConfig{Issuer: "https://psc.exemple.fr", ClientID: "vaccin", ClientSecret: "hidden"},
	}
	s, err := New(config, kept, registry.New(kept), make([]byte, auth.KeySize), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	p := &stopping{Service: s, begun: make(chan struct{}), release: make(chan struct{}), ended: make(chan error, 1)}
	mux := http.NewServeMux()
	mux.Handle("/", s.handler)
	mux.Handle("GET /slow", s.leaving(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(p.begun)
		<-p.release
		fmt.Fprint(w, "whole")
	})))
	s.handler = mux
	ctx, cancel := context.WithCancel(t.Context())
	p.stop = cancel
	go func() { p.ended <- s.Serve(ctx) }()
	get(t, "http://"+config.Listen+"/healthz")
	return p
}

// ask asks by a connection of its own.
func (p *stopping) ask(t *testing.T, path string) (status int, body string, closes bool) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: false}}
	defer client.CloseIdleConnections()
	answer, err := client.Get("http://" + p.config.Listen + path)
	if err != nil {
		return 0, err.Error(), false
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(text), answer.Close
}

func TestAStopDrainsThenFinishesWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	const drain = 2 * time.Second
	p := startStopping(t, drain)
	if status, body, closes := p.ask(t, "/readyz"); status != http.StatusOK || body != "ready\n" || closes {
		t.Errorf("before: %d %q, closes %v", status, body, closes)
	}
	slow, err := net.Dial("tcp", p.config.Listen)
	if err != nil {
		t.Fatal(err)
	}
	defer slow.Close()
	send(t, slow, "GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n")
	<-p.begun
	told := time.Now()
	p.stop()
	for !p.stopping.Load() {
		time.Sleep(time.Millisecond)
	}
	if status, body, closes := p.ask(t, "/readyz"); status != http.StatusServiceUnavailable || body != "stopping\n" || !closes {
		t.Errorf("while draining: %d %q, closes %v", status, body, closes)
	}
	if status, body, _ := p.ask(t, "/healthz"); status != http.StatusOK || body != "ok\n" {
		t.Errorf("still alive: %d %q", status, body)
	}
	if status, _, closes := p.ask(t, "/"); status != http.StatusOK || !closes {
		t.Errorf("a page while draining: %d, closes %v", status, closes)
	}
	for {
		conn, err := net.Dial("tcp", p.config.Listen)
		if err != nil {
			break
		}
		conn.Close()
		if time.Since(told) > late {
			t.Fatal("it goes on listening")
		}
		time.Sleep(10 * time.Millisecond)
	}
	if took := time.Since(told); took < drain {
		t.Errorf("stopped listening after %v", took)
	}
	select {
	case err := <-p.ended:
		t.Fatal("ended with a request under way", err)
	default:
	}
	close(p.release)
	answer, err := http.ReadResponse(bufio.NewReader(slow), nil)
	if err != nil {
		t.Fatal("the request under way is lost: ", err)
	}
	defer answer.Body.Close()
	if body, err := io.ReadAll(answer.Body); err != nil || string(body) != "whole" {
		t.Errorf("%q, %v", body, err)
	}
	if err := <-p.ended; err != nil {
		t.Errorf("ended with %v", err)
	}
}

func TestAnAddressThatIsTakenEndsTheServiceAtOnce(t *testing.T) {
	t.Parallel()
	first := startStopping(t, 0)
	config := first.config
	config.Drain = time.Hour
	second := &Service{config: config, handler: first.handler, auth: first.auth, cases: first.cases, metrics: first.metrics, log: first.log, limits: usual}
	ended := make(chan error, 1)
	go func() { ended <- second.Serve(t.Context()) }()
	select {
	case err := <-ended:
		if err == nil || !strings.Contains(err.Error(), "listening") {
			t.Error(err)
		}
	case <-time.After(late):
		t.Error("it waits for nothing")
	}
	first.stop()
	if err := <-first.ended; err != nil {
		t.Error(err)
	}
}
