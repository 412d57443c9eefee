package cps_test

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"net/http"
	"testing"

	"golang.org/x/crypto/ocsp"

	"vaccin/internal/auth/cps"
	"vaccin/internal/demo/igcsim"
)

// An answer without end is left before it fills the memory.
func TestAnswersAreReadToALimit(t *testing.T) {
	g := newIGC(t)
	sent := make(chan int, 2)
	endless := func(w http.ResponseWriter, _ *http.Request) {
		block, n := make([]byte, 1<<20), 0
		for ; n < 500; n++ {
			if _, err := w.Write(block); err != nil {
				break
			}
		}
		sent <- n
	}
	serve := func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/crl/RACINE.crl" {
			g.Handler().ServeHTTP(w, r)
			return
		}
		endless(w, r)
	}
	instead(&g.lists, serve)
	instead(&g.responders, serve)
	answers(t, g.gate(t), cps.ReasonRevocationUnknown, g.card(t))
	for range 2 {
		if n := <-sent; n > 60 {
			t.Errorf("%d MiB were read", n)
		}
	}
}

func FuzzParseList(f *testing.F) {
	g := newIGC(f)
	instead(&g.responders, down)
	card, by := g.card(f), g.Issuers[igcsim.Strong]
	whole := listOf(f, g, by, nil)
	f.Add(whole)
	f.Add(whole[:len(whole)-1])
	f.Add(listOf(f, g, by, func(l *x509.RevocationList) {
		l.ExtraExtensions = []pkix.Extension{scope(f, point("http://exemple.fr/x"), yes(1))}
	}))
	f.Add([]byte("-----BEGIN X509 CRL-----\nAA==\n-----END X509 CRL-----\n"))
	f.Add([]byte{})
	genuine, err := x509.ParseRevocationList(whole)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		serveLists(t, g, data)
		_, reason := verify(t, g.gate(t), card)
		if block, _ := pem.Decode(data); block != nil {
			data = block.Bytes
		}
		if list, err := x509.ParseRevocationList(data); reason == "" && (err != nil || string(list.RawTBSRevocationList) != string(genuine.RawTBSRevocationList) && list.CheckSignatureFrom(by.Certificate) != nil) {
			t.Error("opened by a list that the authority did not sign")
		}
	})
}

func FuzzParseAnswer(f *testing.F) {
	g := newIGC(f)
	breakList(f, g, igcsim.Strong)
	card, by := g.card(f), g.Issuers[igcsim.Strong]
	good := answerOf(f, g, by, card, ocsp.Good, by.Certificate, by.Key)
	f.Add(good)
	f.Add(good[:len(good)-1])
	f.Add(answerOf(f, g, by, card, ocsp.Revoked, by.Certificate, by.Key))
	f.Add([]byte{0x30, 3, 0x0a, 1, 6})
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		instead(&g.responders, answering(data))
		if _, reason := verify(t, g.gate(t), card); reason == "" {
			if _, err := ocsp.ParseResponseForCert(data, card, by.Certificate); err != nil {
				t.Error("opened by an answer that the authority did not sign")
			}
		}
	})
}
