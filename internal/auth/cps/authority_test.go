package cps_test

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"os"
	"path/filepath"
	"testing"
	"time"

	"vaccin/internal/auth/cps"
	"vaccin/internal/demo/igcsim"
)

// authority is another one that issues cards.
func (g *igc) authority(t *testing.T, change func(*x509.Certificate)) *igcsim.Authority {
	t.Helper()
	k := key(t)
	template := &x509.Certificate{
		Subject: pkix.Name{CommonName: "AC IGC-SANTE FORT PERSONNES"}, NotBefore: g.now().Add(-time.Hour), NotAfter: g.now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	change(template)
	c, err := g.Issue(g.Root, template, k.Public())
	if err != nil {
		t.Fatal(err)
	}
	return &igcsim.Authority{Certificate: c, Key: k}
}

// of is a card of another authority, with a gate that believes it and has its list, and others.
func (g *igc) of(t *testing.T, by *igcsim.Authority, others ...string) (*cps.Gate, *x509.Certificate) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "list.crl")
	if err := os.WriteFile(file, listOf(t, g, by, nil), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := g.Issue(by, &x509.Certificate{
		RawSubject: doctor(), NotBefore: g.now().Add(-time.Minute), NotAfter: g.now().Add(time.Minute),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}, key(t).Public())
	if err != nil {
		t.Fatal(err)
	}
	return g.gate(t, func(c *cps.Config) { c.Issuers, c.CRLs = igcsim.PEM(by), append(others, file) }), c
}

func TestAnAuthorityOfWhichNobodySpeaksIsBelieved(t *testing.T) {
	g := newIGC(t)
	gate, card := g.of(t, g.authority(t, func(*x509.Certificate) {}))
	answers(t, gate, "", card)
}

// The list of its issuer that the settings name is heard about an authority that says no address.
func TestAnAuthorityWithoutAddressesIsLookedForInTheConfiguredLists(t *testing.T) {
	g := newIGC(t)
	by := g.authority(t, func(*x509.Certificate) {})
	of := []x509.RevocationListEntry{{SerialNumber: by.Certificate.SerialNumber, RevocationTime: g.now()}}
	stranger := newIGC(t)
	for name, tt := range map[string]struct {
		list   []byte
		reason cps.Reason
	}{
		"that names it":   {listOf(t, g, g.Root, func(l *x509.RevocationList) { l.RevokedCertificateEntries = of }), cps.ReasonRevoked},
		"that does not":   {listOf(t, g, g.Root, nil), ""},
		"of another root": {listOf(t, stranger, stranger.Root, func(l *x509.RevocationList) { l.RevokedCertificateEntries = of }), ""},
		"past its end": {listOf(t, g, g.Root, func(l *x509.RevocationList) {
			l.ThisUpdate, l.NextUpdate = g.now().Add(-2*time.Hour), g.now().Add(-time.Hour)
		}), cps.ReasonRevocationUnknown},
		"that is no list": {[]byte("<html>"), ""},
		"of users alone":  {listOf(t, g, g.Root, func(l *x509.RevocationList) { l.ExtraExtensions = []pkix.Extension{scope(t, yes(1))} }), ""},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "root.crl")
			if err := os.WriteFile(file, tt.list, 0o600); err != nil {
				t.Fatal(err)
			}
			gate, card := g.of(t, by, file)
			answers(t, gate, tt.reason, card)
		})
	}
}

func TestAnAuthorityThatMayNotIssueForSignIn(t *testing.T) {
	g := newIGC(t)
	gate, card := g.of(t, g.authority(t, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection} }))
	answers(t, gate, cps.ReasonNotForSignIn, card)
}
