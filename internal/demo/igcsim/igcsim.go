// Package igcsim is an invented IGC-Santé: a root, the authorities of the three tiers that issue cards,
// their revocation lists and OCSP responders, and the certificates of invented cards. It is made anew,
// keys and all, each time that it is started; nothing of it chains to anything real. The service itself
// never links it.
package igcsim

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"fmt"
	"sync"
	"time"
)

// The tiers of authorities, as their names have them.
const (
	Elementary = "ELEMENTAIRE"
	Standard   = "STANDARD"
	Strong     = "FORT"
)

// Tiers are all of them.
var Tiers = []string{Elementary, Standard, Strong}

// PKI is an invented IGC-Santé.
type PKI struct {
	base string // where its lists and responders are, without a slash at the end
	now  func() time.Time

	Root    *Authority
	Issuers map[string]*Authority // by tier
}

// Authority is a certificate that issues others, with its key.
type Authority struct {
	Certificate *x509.Certificate
	Key         crypto.Signer

	mu      sync.Mutex
	revoked []x509.RevocationListEntry
	number  int64
}

// New makes a PKI whose lists and responders are reached at an http address; its handler answers there.
func New(base string, now func() time.Time) (*PKI, error) {
	p := &PKI{base: base, now: now, Issuers: map[string]*Authority{}}
	var err error
	if p.Root, err = p.authority("TEST AC RACINE IGC-SANTE", nil); err != nil {
		return nil, err
	}
	for _, tier := range Tiers {
		if p.Issuers[tier], err = p.authority("TEST AC IGC-SANTE "+tier+" PERSONNES", p.Root); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// NewKey draws a key of the kind that the PKI uses.
func NewKey() (crypto.Signer, error) { return ecdsa.GenerateKey(elliptic.P256(), rand.Reader) }

func (p *PKI) authority(name string, by *Authority) (*Authority, error) {
	key, err := NewKey()
	if err != nil {
		return nil, err
	}
	now := p.now()
	template := &x509.Certificate{
		Subject: pkix.Name{
			Country: []string{"FR"}, Organization: []string{"ASIP-SANTE"}, OrganizationalUnit: []string{"0002 187512751", "IGC-SANTE"}, CommonName: name,
		},
		NotBefore: now.AddDate(-1, 0, 0), NotAfter: now.AddDate(9, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign | x509.KeyUsageDigitalSignature,
	}
	a := &Authority{Key: key}
	signer := by
	if by == nil {
		a.Certificate, signer = template, a
	} else {
		template.CRLDistributionPoints = []string{p.listAddress(by)}
	}
	if a.Certificate, err = p.Issue(signer, template, key.Public()); err != nil {
		return nil, err
	}
	return a, nil
}

// Issue signs a certificate by an authority; its serial number is drawn.
func (p *PKI) Issue(by *Authority, template *x509.Certificate, key crypto.PublicKey) (*x509.Certificate, error) {
	der, err := x509.CreateCertificate(rand.Reader, template, by.Certificate, key, by.Key)
	if err != nil {
		return nil, fmt.Errorf("issuing a certificate: %w", err)
	}
	return x509.ParseCertificate(der)
}

// Card says what the certificate of a card is to be.
type Card struct {
	Subject  []byte    // DER; see Subject, OldSubject and StaffSubject
	Tier     string    // Strong when empty
	NotAfter time.Time // two years from now when zero
	Change   func(*x509.Certificate)
}

// IssueCard makes the authentication certificate of a card for a key.
func (p *PKI) IssueCard(c Card, key crypto.PublicKey) (*x509.Certificate, error) {
	if c.Tier == "" {
		c.Tier = Strong
	}
	now := p.now()
	if c.NotAfter.IsZero() {
		c.NotAfter = now.AddDate(2, 0, 0)
	}
	by := p.Issuers[c.Tier]
	template := &x509.Certificate{
		RawSubject: c.Subject, NotBefore: now.AddDate(0, -2, 0), NotAfter: c.NotAfter, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		UnknownExtKeyUsage:    []asn1.ObjectIdentifier{{1, 3, 6, 1, 4, 1, 311, 20, 2, 2}}, // smart-card logon
		CRLDistributionPoints: []string{"ldap://annuaire.exemple.fr/" + c.Tier, p.listAddress(by)},
		OCSPServer:            []string{p.base + "/ocsp/" + c.Tier},
	}
	if c.Change != nil {
		c.Change(template)
	}
	return p.Issue(by, template, key)
}

// IssueServer makes the certificate of a server for a host.
func (p *PKI) IssueServer(host string, key crypto.PublicKey) (*x509.Certificate, error) {
	now := p.now()
	return p.Issue(p.Root, &x509.Certificate{
		Subject: pkix.Name{CommonName: host}, DNSNames: []string{host}, NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(0, 3, 0),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		CRLDistributionPoints: []string{p.listAddress(p.Root)},
	}, key)
}

// Responder makes the certificate of who answers for an authority.
func (p *PKI) Responder(by *Authority, key crypto.PublicKey, use x509.ExtKeyUsage) (*x509.Certificate, error) {
	now := p.now()
	return p.Issue(by, &x509.Certificate{
		Subject: pkix.Name{CommonName: "TEST OCSP"}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(listEnds),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{use},
		ExtraExtensions: []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 5}, Value: []byte{5, 0}}}, // not to be asked about
	}, key)
}

// PEM writes certificates of authorities as operators give them to the service.
func PEM(authorities ...*Authority) []byte {
	var text []byte
	for _, a := range authorities {
		text = append(text, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.Certificate.Raw})...)
	}
	return text
}

// IssuersPEM are the authorities of every tier.
func (p *PKI) IssuersPEM() []byte {
	var all []*Authority
	for _, tier := range Tiers {
		all = append(all, p.Issuers[tier])
	}
	return PEM(all...)
}
