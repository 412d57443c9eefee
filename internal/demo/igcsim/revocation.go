package igcsim

import (
	"crypto/rand"
	"crypto/x509"
	"io"
	"math/big"
	"net/http"
	"strings"
	"time"

	"golang.org/x/crypto/ocsp"
)

// listEnds is how long a list or an answer holds.
const listEnds = 24 * time.Hour

func (p *PKI) nameOf(a *Authority) string {
	for tier, issuer := range p.Issuers {
		if issuer == a {
			return tier
		}
	}
	return "RACINE"
}

func (p *PKI) listAddress(a *Authority) string { return p.base + "/crl/" + p.nameOf(a) + ".crl" }

// Revoke revokes a certificate of an authority, in its list and at its responder.
func (p *PKI) Revoke(by *Authority, c *x509.Certificate) {
	by.mu.Lock()
	defer by.mu.Unlock()
	by.revoked = append(by.revoked, x509.RevocationListEntry{SerialNumber: c.SerialNumber, RevocationTime: p.now().Add(-time.Minute), ReasonCode: 1})
}

func (a *Authority) isRevoked(serial *big.Int) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, entry := range a.revoked {
		if entry.SerialNumber.Cmp(serial) == 0 {
			return true
		}
	}
	return false
}

// List is the revocation list of an authority as of now, in DER.
func (p *PKI) List(a *Authority) ([]byte, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.number++
	now := p.now()
	return x509.CreateRevocationList(rand.Reader, &x509.RevocationList{
		Number: big.NewInt(a.number), ThisUpdate: now.Add(-time.Minute), NextUpdate: now.Add(listEnds), RevokedCertificateEntries: a.revoked,
	}, a.Certificate, a.Key)
}

// Handler answers at the addresses that the certificates name.
func (p *PKI) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /crl/{file}", func(w http.ResponseWriter, r *http.Request) {
		a := p.named(strings.TrimSuffix(r.PathValue("file"), ".crl"))
		if a == nil {
			http.NotFound(w, r)
			return
		}
		list, err := p.List(a)
		answer(w, "application/pkix-crl", list, err)
	})
	mux.HandleFunc("POST /ocsp/{tier}", func(w http.ResponseWriter, r *http.Request) {
		a := p.named(r.PathValue("tier"))
		if a == nil {
			http.NotFound(w, r)
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 64<<10))
		if err == nil {
			body, err = p.respond(a, body)
		}
		answer(w, "application/ocsp-response", body, err)
	})
	return mux
}

func answer(w http.ResponseWriter, kind string, body []byte, err error) {
	if err != nil {
		http.Error(w, "unanswerable", http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", kind)
	_, _ = w.Write(body) // who left has no one to tell
}

func (p *PKI) named(name string) *Authority {
	if name == "RACINE" {
		return p.Root
	}
	return p.Issuers[name]
}

// respond answers a question about a certificate of an authority through a delegated responder, as the
// real one does.
func (p *PKI) respond(a *Authority, question []byte) ([]byte, error) {
	request, err := ocsp.ParseRequest(question)
	if err != nil {
		return nil, err
	}
	key, err := NewKey()
	if err != nil {
		return nil, err
	}
	by, err := p.Responder(a, key.Public(), x509.ExtKeyUsageOCSPSigning)
	if err != nil {
		return nil, err
	}
	now := p.now()
	template := ocsp.Response{SerialNumber: request.SerialNumber, Status: ocsp.Good, ThisUpdate: now.Add(-time.Minute), NextUpdate: now.Add(listEnds), Certificate: by}
	if a.isRevoked(request.SerialNumber) {
		template.Status, template.RevokedAt = ocsp.Revoked, now.Add(-time.Minute)
	}
	return ocsp.CreateResponse(a.Certificate, by, template, key)
}
