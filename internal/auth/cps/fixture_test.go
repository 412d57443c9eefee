package cps_test

import (
	"crypto"
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"vaccin/internal/auth/cps"
	"vaccin/internal/demo/igcsim"
)

// igc is an invented IGC-Santé whose lists and responders can be made to fail.
type igc struct {
	*igcsim.PKI
	address string
	moved   atomic.Int64 // how far its clock, which the gates share, is from the real one
	asked   atomic.Int64 // requests

	lists, responders atomic.Pointer[http.HandlerFunc] // answer in their place
}

func newIGC(t testing.TB) *igc {
	t.Helper()
	g := &igc{}
	var handler http.Handler
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g.asked.Add(1)
		instead := g.responders.Load()
		if strings.HasPrefix(r.URL.Path, "/crl/") {
			instead = g.lists.Load()
		}
		if instead != nil {
			(*instead)(w, r)
			return
		}
		handler.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	g.address = server.URL
	var err error
	if g.PKI, err = igcsim.New(server.URL, g.now); err != nil {
		t.Fatal(err)
	}
	handler = g.Handler()
	return g
}

func (g *igc) now() time.Time { return time.Now().Add(time.Duration(g.moved.Load())) }

func (g *igc) later(by time.Duration) { g.moved.Add(int64(by)) }

// instead makes the lists or the responders answer otherwise; nil mends them.
func instead(of *atomic.Pointer[http.HandlerFunc], answer http.HandlerFunc) {
	if answer == nil {
		of.Store(nil)
		return
	}
	of.Store(&answer)
}

func down(w http.ResponseWriter, _ *http.Request) {
	http.Error(w, "down", http.StatusServiceUnavailable)
}

func (g *igc) gate(t testing.TB, changes ...func(*cps.Config)) *cps.Gate {
	t.Helper()
	config := cps.Config{Roots: igcsim.PEM(g.Root), Issuers: g.IssuersPEM(), Now: g.now}
	for _, change := range changes {
		change(&config)
	}
	gate, err := cps.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return gate
}

// doctor is the subject of a doctor's card.
func doctor() []byte { return igcsim.Subject("899700810379", "MARCHAND", "Hélène", "Médecin") }

// card issues a certificate for a new key; a doctor's unless the changes say otherwise.
func (g *igc) card(t testing.TB, changes ...func(*igcsim.Card)) *x509.Certificate {
	t.Helper()
	c := igcsim.Card{Subject: doctor()}
	for _, change := range changes {
		change(&c)
	}
	certificate, err := g.IssueCard(c, key(t).Public())
	if err != nil {
		t.Fatal(err)
	}
	return certificate
}

func key(t testing.TB) crypto.Signer {
	t.Helper()
	k, err := igcsim.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// certified changes the certificate itself.
func certified(change func(*x509.Certificate)) func(*igcsim.Card) {
	return func(c *igcsim.Card) { c.Change = change }
}

func verify(t testing.TB, gate *cps.Gate, peers ...*x509.Certificate) (cps.Identity, cps.Reason) {
	t.Helper()
	identity, err := gate.Verify(t.Context(), peers)
	if err != nil && cps.ReasonOf(err) == "" {
		t.Fatalf("refused without a reason: %v", err)
	}
	return identity, cps.ReasonOf(err)
}

// opens fails unless a card is answered with a reason, none when it opens.
func answers(t testing.TB, gate *cps.Gate, want cps.Reason, peers ...*x509.Certificate) {
	t.Helper()
	if _, reason := verify(t, gate, peers...); reason != want {
		t.Errorf("answered %q, not %q", reason, want)
	}
}
