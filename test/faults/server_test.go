package faults_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// server is the service as a process of its own, which a supervisor starts again whenever it has ended.
type server struct {
	house   *house
	store   string // the address of the database, as the service is told it
	address string
	log     *os.File

	mu      sync.Mutex
	process *exec.Cmd
	stopped bool
	ended   chan struct{} // the supervisor has
}

// serve starts the service and waits until it is ready.
func (h *house) serve(t *testing.T, storeAddress string) *server {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{house: h, store: storeAddress, address: listener.Addr().String(), ended: make(chan struct{})}
	if s.log, err = os.Create(h.file("service.log")); err == nil {
		err = listener.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	go s.supervise()
	t.Cleanup(func() {
		s.stop()
		if t.Failed() {
			text, err := os.ReadFile(s.log.Name())
			for line := range strings.Lines(string(text)) {
				if strings.Contains(line, "request failed") && !strings.Contains(line, "the store is away") {
					t.Log(line)
				}
			}
			t.Logf("the service's log ends (%v): %s", err, text[max(0, len(text)-3_000):])
		}
		if err := s.log.Close(); err != nil {
			t.Error(err)
		}
	})
	s.awaitReady(t, true, time.Minute)
	return s
}

// supervise starts the service whenever it has ended, as systemd would.
func (s *server) supervise() {
	defer close(s.ended)
	for {
		p := exec.Command(program, "serve", "--store", s.store, "--listen", s.address, "--metrics-listen", "", "--drain", "0s",
			"--key-file", s.house.file("session.key"), "--psc-client-id", "faults", "--psc-client-secret-file", s.house.file("secret"),
			"--psc-issuer", "https://issuer.example", "--audit-key-file", s.house.file("audit.key"),
			"--audit-heads", s.house.file("heads"), "--audit-pace", "2s")
		p.Stdout, p.Stderr, p.SysProcAttr = s.log, s.log, &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
		s.mu.Lock()
		if s.stopped {
			s.mu.Unlock()
			return
		}
		s.process = p
		err := p.Start()
		s.mu.Unlock()
		if err == nil {
			_ = p.Wait() // it is killed, or cannot start for want of a database: both are told by its log
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// kill ends the service as the loss of its machine would.
func (s *server) kill() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.process.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	return nil
}

func (s *server) stop() {
	s.mu.Lock()
	s.stopped = true
	if s.process != nil && s.process.Process != nil {
		_ = s.process.Process.Signal(syscall.SIGTERM) // it may have ended
	}
	s.mu.Unlock()
	<-s.ended
}

// ready asks the service as a load balancer does, which does not wait longer than five seconds.
func (s *server) ready(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.address+"/readyz", nil)
	if err != nil {
		return false
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return false
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	return err == nil && answer.StatusCode == http.StatusOK && strings.Contains(string(text), "ready")
}

// awaitReady waits until /readyz says yes, or no.
func (s *server) awaitReady(t *testing.T, yes bool, atMost time.Duration) time.Duration {
	t.Helper()
	began := time.Now()
	for s.ready(t.Context()) != yes {
		if time.Since(began) > atMost {
			t.Fatalf("/readyz does not become %t within %s", yes, atMost)
		}
		time.Sleep(50 * time.Millisecond)
	}
	return time.Since(began)
}
