package service

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"vaccin/internal/auth"
)

// short are limits that a test can wait for.
var short = limits{
	header: 300 * time.Millisecond, read: 600 * time.Millisecond, write: 600 * time.Millisecond, idle: 500 * time.Millisecond,
	headerBytes: 16 << 10, streams: 100,
}

// late is when a client that is waited for too long should have been given up, with all that a busy machine
// may add.
const late = 10 * time.Second

// slowTried is a server with short limits, plain or with TLS, and what its handler met.
type slowTried struct {
	address string
	roots   *x509.CertPool
	ended   chan error // of each request that read or wrote much
}

func shortServer(t *testing.T, withTLS bool) *slowTried {
	t.Helper()
	tried := &slowTried{ended: make(chan error, 100)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /large", func(w http.ResponseWriter, _ *http.Request) {
		var err error
		for range 1024 {
			if _, err = w.Write(bytes.Repeat([]byte("x"), 1<<20)); err != nil {
				break
			}
		}
		tried.ended <- err
	})
	mux.HandleFunc("POST /read", func(_ http.ResponseWriter, r *http.Request) {
		_, err := io.Copy(io.Discard, r.Body)
		tried.ended <- err
	})
	mux.HandleFunc("GET /", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "ok") })
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	tried.address = listener.Addr().String()
	s := &Service{log: slog.New(slog.DiscardHandler), limits: short}
	cert, key := "", ""
	if withTLS {
		cert, key, tried.roots = certificate(t)
	}
	server := s.server(tried.address, mux)
	go func() { _ = s.answer(t.Context(), server, listener, cert, key) }() // ends with the test
	t.Cleanup(func() { _ = server.Close() })
	return tried
}

func (s *slowTried) dial(t *testing.T) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", s.address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// givenUp waits for the server to close a connection, and returns what it said before.
func givenUp(t *testing.T, conn net.Conn, notBefore time.Duration) string {
	t.Helper()
	start := time.Now()
	if err := conn.SetReadDeadline(start.Add(late)); err != nil {
		t.Fatal(err)
	}
	said, err := io.ReadAll(conn)
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		t.Fatalf("the connection still stands after %v", time.Since(start))
	}
	if took := time.Since(start); took < notBefore {
		t.Errorf("closed after %v already", took)
	}
	return string(said)
}

func send(t *testing.T, conn net.Conn, text string) {
	t.Helper()
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
}

func (s *slowTried) handlerFails(t *testing.T) {
	t.Helper()
	select {
	case err := <-s.ended:
		if err == nil {
			t.Error("the handler read or wrote everything")
		}
	case <-time.After(late):
		t.Error("the handler is still held")
	}
}

func TestSlowClientsAreGivenUp(t *testing.T) {
	t.Parallel()
	s := shortServer(t, false)
	half := short.header / 2
	t.Run("nothing sent", func(t *testing.T) { givenUp(t, s.dial(t), half) })
	t.Run("a header line at a time", func(t *testing.T) {
		conn := s.dial(t)
		send(t, conn, "GET / HTTP/1.1\r\nHost: localhost\r\n")
		go func() {
			for n := range 1000 {
				if _, err := fmt.Fprintf(conn, "X-%d: y\r\n", n); err != nil {
					return
				}
				time.Sleep(20 * time.Millisecond)
			}
		}()
		if said := givenUp(t, conn, half); strings.Contains(said, "200 OK") {
			t.Error(said)
		}
	})
	t.Run("a body byte at a time", func(t *testing.T) {
		conn := s.dial(t)
		send(t, conn, "POST /read HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n")
		go func() {
			for range 1000 {
				if _, err := io.WriteString(conn, "x"); err != nil {
					return
				}
				time.Sleep(20 * time.Millisecond)
			}
		}()
		s.handlerFails(t)
		givenUp(t, conn, 0)
	})
	t.Run("an answer that nobody reads", func(t *testing.T) {
		conn := s.dial(t)
		send(t, conn, "GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n")
		s.handlerFails(t)
	})
	t.Run("kept open for nothing", func(t *testing.T) {
		conn := s.dial(t)
		send(t, conn, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
		if said := givenUp(t, conn, short.idle/2); !strings.Contains(said, "200 OK") {
			t.Error(said)
		}
	})
}

func TestLargeHeadersAreRefused(t *testing.T) {
	t.Parallel()
	s := shortServer(t, false)
	for name, request := range map[string]string{
		"one long":  "GET / HTTP/1.1\r\nHost: localhost\r\nX: " + strings.Repeat("y", 64<<10) + "\r\n\r\n",
		"many":      "GET / HTTP/1.1\r\nHost: localhost\r\n" + strings.Repeat("X: y\r\n", 16<<10) + "\r\n",
		"long line": "GET /" + strings.Repeat("y", 64<<10) + " HTTP/1.1\r\nHost: localhost\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			conn := s.dial(t)
			go func() { _, _ = io.WriteString(conn, request) }() // it may be cut short
			status := make([]byte, len("HTTP/1.1 431"))
			if err := conn.SetReadDeadline(time.Now().Add(late)); err != nil {
				t.Fatal(err)
			}
			if _, err := io.ReadFull(conn, status); err != nil || string(status) != "HTTP/1.1 431" {
				t.Errorf("%q, %v", status, err)
			}
		})
	}
}

func TestSlowClientsAreGivenUpOverHTTP2(t *testing.T) {
	t.Parallel()
	s := shortServer(t, true)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: s.roots}, ForceAttemptHTTP2: true}}
	t.Cleanup(client.CloseIdleConnections)
	base := "https://" + s.address
	answer, err := client.Get(base)
	if err != nil || answer.ProtoMajor != 2 {
		t.Fatal("no HTTP/2", err)
	}
	answer.Body.Close()
	t.Run("no handshake", func(t *testing.T) { givenUp(t, s.dial(t), short.header/2) })
	t.Run("a body that does not come", func(t *testing.T) {
		body, writer := io.Pipe()
		defer writer.Close()
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+"/read", body)
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			if answer, err := client.Do(request); err == nil {
				answer.Body.Close()
			}
		}()
		if _, err := writer.Write([]byte("x")); err != nil {
			t.Fatal(err)
		}
		s.handlerFails(t)
	})
	t.Run("an answer that nobody reads", func(t *testing.T) {
		answer, err := client.Get(base + "/large")
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		s.handlerFails(t)
	})
	t.Run("large headers", func(t *testing.T) {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("X", strings.Repeat("y", 64<<10))
		answer, err := client.Do(request)
		if err == nil {
			answer.Body.Close()
			if answer.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
				t.Errorf("answered %d", answer.StatusCode)
			}
		}
	})
	t.Run("settings, then nothing", func(t *testing.T) {
		conn := s.http2(t)
		if streams := maxStreams(t, conn); streams != uint32(short.streams) {
			t.Errorf("%d streams at once", streams)
		}
		givenUp(t, conn, 0)
	})
	t.Run("headers that do not end", func(t *testing.T) {
		conn := s.http2(t)
		go func() {
			// HEADERS without END_HEADERS, then CONTINUATION frames of one byte, none the last.
			kind := byte(1)
			for range 1000 {
				if _, err := conn.Write([]byte{0, 0, 1, kind, 0, 0, 0, 0, 1, 0x82}); err != nil {
					return
				}
				kind = 9
				time.Sleep(20 * time.Millisecond)
			}
		}()
		givenUp(t, conn, 0)
	})
}

// http2 is a connection on which the client's preface was sent.
func (s *slowTried) http2(t *testing.T) net.Conn {
	t.Helper()
	conn, err := tls.Dial("tcp", s.address, &tls.Config{RootCAs: s.roots, NextProtos: []string{"h2"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	send(t, conn, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"+"\x00\x00\x00\x04\x00\x00\x00\x00\x00")
	return conn
}

// maxStreams is the SETTINGS_MAX_CONCURRENT_STREAMS of the server's first frame.
func maxStreams(t *testing.T, conn net.Conn) uint32 {
	t.Helper()
	in := bufio.NewReader(conn)
	head := make([]byte, 9)
	if _, err := io.ReadFull(in, head); err != nil || head[3] != 4 {
		t.Fatal("no settings", err)
	}
	settings := make([]byte, int(head[0])<<16|int(head[1])<<8|int(head[2]))
	if _, err := io.ReadFull(in, settings); err != nil {
		t.Fatal(err)
	}
	for ; len(settings) >= 6; settings = settings[6:] {
		if binary.BigEndian.Uint16(settings) == 3 {
			return binary.BigEndian.Uint32(settings[2:])
		}
	}
	return 0
}

// Nobody may be waited for without end: a limit forgotten is a limit of zero, which is none.
func TestEveryLimitIsSet(t *testing.T) {
	t.Parallel()
	server := (&Service{log: slog.New(slog.DiscardHandler), limits: usual}).server("", nil)
	for name, limit := range map[string]time.Duration{
		"header": server.ReadHeaderTimeout, "read": server.ReadTimeout, "write": server.WriteTimeout, "idle": server.IdleTimeout,
		"ping": server.HTTP2.PingTimeout, "write of a byte": server.HTTP2.WriteByteTimeout,
	} {
		if limit <= 0 || limit > 2*time.Minute {
			t.Errorf("%s: %v", name, limit)
		}
	}
	if server.MaxHeaderBytes < 2*auth.JarBytes {
		t.Errorf("%d bytes of headers leave too little beside the %d that browsers keep for a session", server.MaxHeaderBytes, auth.JarBytes)
	}
	if server.MaxHeaderBytes > 64<<10 || server.HTTP2.MaxConcurrentStreams > 250 {
		t.Errorf("%d bytes of headers, %d streams", server.MaxHeaderBytes, server.HTTP2.MaxConcurrentStreams)
	}
}
