package faults_test

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"testing"
	"time"

	"vaccin/internal/keyring"
	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
	"vaccin/internal/service"
	"vaccin/internal/store"
)

// TestTheBusinessClockMoves sets the business clock forward and back by weeks under load. The program has no flag for that:
// the service runs in the process of the test.
func TestTheBusinessClockMoves(t *testing.T) {
	t.Parallel()
	h := open(t)
	clock := registrytest.NewClock()
	address := h.serveHere(t, clock)
	l := h.work(address, false)
	opening := registrytest.NewClock().Now()
	for until := time.Now().Add(4 * time.Second); time.Now().Before(until); time.Sleep(50 * time.Millisecond) {
		// From the last moment of a day to the first of the next as well.
		clock.Set(opening.AddDate(0, 0, rand.IntN(45)).Add(time.Duration(rand.IntN(3)) * 7 * time.Hour))
	}
	l.end(t)
	early := h.sql(t, "SELECT count(*) FROM access_log WHERE at < (extract(epoch FROM now() - interval '1 day') * 1000000)::bigint")
	if early != "0" {
		t.Errorf("%s entries of the access log are dated by the business clock", early)
	}
}

// serveHere runs the service on a business clock of its own, until the test ends.
func (h *house) serveHere(t *testing.T, clock *registrytest.Clock) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address = listener.Addr().String()
	log, err := os.Create(h.file("service.log"))
	if err = errors.Join(err, listener.Close()); err != nil {
		t.Fatal(err)
	}
	kept, err := store.Open(t.Context(), h.cluster.URL(owner, database), store.Options{Service: true, Keys: keyring.File(h.file("session.key.nir"))})
	if err != nil {
		t.Fatal(err)
	}
	cases := registry.New(kept)
	cases.Business = clock.Now
	config := service.Config{
		Listen: address,
		PSC:    service.PSCConfig{Issuer: "https://issuer.example", ClientID: "faults", ClientSecret: "none is asked"},
		Audit:  service.AuditConfig{KeyFile: h.file("audit.key"), Heads: h.file("heads"), Pace: 2 * time.Second},
	}
	product, err := service.New(config, kept, cases, h.key, slog.New(slog.NewJSONHandler(log, nil)))
	if err == nil {
		err = product.KeepLog(kept)
	}
	if err != nil {
		t.Fatal(errors.Join(err, kept.Close()))
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- product.Serve(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := errors.Join(<-ended, kept.Close(), log.Close()); err != nil {
			t.Error(err)
		}
	})
	(&server{address: address}).awaitReady(t, true, 20*time.Second)
	return address
}
