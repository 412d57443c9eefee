package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// heard is what the demo writes.
type heard struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (h *heard) Write(b []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.text.Write(b)
}

func (h *heard) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.text.String()
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// started runs the demo on free ports until the test ends, and returns what it tells once it is ready.
func started(t *testing.T, more ...string) string {
	t.Helper()
	args := append([]string{"--persons=60"}, more...)
	for _, flag := range []string{"listen", "psc-listen", "agents-listen", "metrics-listen", "cps-listen", "igc-listen"} {
		args = append(args, fmt.Sprintf("--%s=127.0.0.1:%d", flag, freePort(t)))
	}
	ctx, stop := context.WithCancel(t.Context())
	out, ended := &heard{}, make(chan error, 1)
	go func() { ended <- run(ctx, args, out) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	for range 600 {
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("the demo ended: %v", err)
		case <-time.After(100 * time.Millisecond):
		}
		if text := out.String(); strings.Contains(text, "Prêt en") {
			return text
		}
	}
	t.Fatal("the demo is not ready after a minute")
	return ""
}

// Every address that the demo tells answers, and every kind of account is told.
func TestWhatTheDemoTellsIsThere(t *testing.T) {
	text := started(t)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}} // a test authority's certificate
	addresses := regexp.MustCompile(`https?://[^\s,;)]+`).FindAllString(text, -1)
	if len(addresses) < 6 {
		t.Errorf("the demo tells of %d addresses only", len(addresses))
	}
	for _, address := range addresses {
		var status int
		for range 50 {
			answer, err := client.Get(address)
			if err != nil {
				time.Sleep(100 * time.Millisecond)
				continue
			}
			answer.Body.Close()
			status = answer.StatusCode
			break
		}
		if status == 0 || status >= 500 {
			t.Errorf("%s answers %d", address, status)
		}
	}
	for _, told := range []string{"dr-un-lieu", "pharmacienne", "assistance", "h.marchand", "Cartes CPS", "À essayer", "Ciblée, dossier vierge"} {
		if !strings.Contains(text, told) {
			t.Errorf("the demo does not tell of %q", told)
		}
	}
}

func TestTheFlagsOfTheDemo(t *testing.T) {
	f, err := parse(nil)
	if err != nil || f.CPS.Listen != "127.0.0.1:8443" || f.Listen != "127.0.0.1:8080" || f.Persons != 20_000 || f.Drain != 0 {
		t.Errorf("%+v, %v", f, err)
	}
	if err := run(t.Context(), []string{"--today=01/02/2021"}, &heard{}); err == nil || !strings.Contains(err.Error(), "AAAA-MM-JJ") {
		t.Errorf("a day that is not ISO: %v", err)
	}
	if _, err := parse([]string{"--persons=beaucoup"}); err == nil {
		t.Error("a number in letters is taken")
	}
}
