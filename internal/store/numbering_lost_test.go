package store

import (
	"bytes"
	"errors"
	"net"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"vaccin/internal/keyring/keyringtest"
	"vaccin/internal/registry"
)

// TestNumberingWhoseAnswerIsLostIsGivenUp has the network swallow what numbers an entry of the access log. Entries are final in their order, so that the
// whole log waits as long as whoever numbers does.
func TestNumberingWhoseAnswerIsLostIsGivenUp(t *testing.T) {
	var lost atomic.Bool
	s := server(t, beyondNetwork(t, databases.Fresh(t), func(sent []byte) bool {
		if bytes.Contains(sent, []byte("UPDATE log_state")) {
			lost.Store(true)
		}
		return lost.Load()
	}), keyringtest.Keys())
	event := registry.Event{At: time.Unix(1, 0), Action: registry.ActionReadReports}
	if _, err := s.Reports(t.Context(), registry.ReportsQuery{Limit: 1}, event); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	_, err := s.NumberEntries(t.Context(), "one", began)
	if took := time.Since(began); !errors.Is(err, registry.ErrUnavailable) || !lost.Load() || took < answerWithin || took > 2*answerWithin {
		t.Errorf("numbering ended after %v: %v", took, err)
	}
}

// beyondNetwork is the address of a database at the other end of a network that loses what it is told to, and the answers to that.
func beyondNetwork(t *testing.T, address string, loses func(sent []byte) bool) string {
	t.Helper()
	to, err := pgx.ParseConfig(address)
	if err != nil {
		t.Fatal(err)
	}
	network, far := pgconn.NetworkAddress(to.Host, to.Port)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	carry := func(from, to net.Conn, loses func([]byte) bool) {
		defer to.Close()
		buffer := make([]byte, 32<<10)
		for {
			n, err := from.Read(buffer)
			if err != nil {
				return
			}
			if !loses(buffer[:n]) {
				if _, err := to.Write(buffer[:n]); err != nil {
					return
				}
			}
		}
	}
	go func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial(network, far)
			if err != nil {
				_ = near.Close()
				continue
			}
			go carry(near, server, loses)
			go carry(server, near, func([]byte) bool { return false })
		}
	}()
	return (&url.URL{Scheme: "postgres", User: url.User(to.User), Host: listener.Addr().String(), Path: "/" + to.Database}).String()
}
