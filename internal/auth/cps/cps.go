// Package cps decides whether a certificate presented by a browser is that of a practitioner's card
// (CPS) that may be believed today, and reads whose card it is. The proof that the card is there, that
// is of its private key, is the TLS handshake's; what the person may do is the policy's. It asks the
// network only for revocations, at the addresses that verified certificates and the settings name.
package cps

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"time"
)

// Config says which cards are accepted.
type Config struct {
	Roots   []byte // PEM: the roots of IGC-Santé
	Issuers []byte // PEM: its authorities that issue cards; those that clients send are not looked at
	Tiers   []Tier // accepted; FORT alone when empty

	// CRLs are files or http addresses of revocation lists that are consulted beside those which
	// certificates name.
	CRLs []string
	// AcceptUnknown lets in a card of which no list and no responder could tell whether it is revoked.
	AcceptUnknown bool
	// Refresh is how long a list is used before it is asked for again; an hour by default.
	Refresh time.Duration

	Client *http.Client     // for revocations; the default one when nil
	Now    func() time.Time // security time; the real clock when nil
}

// Tier is a family of certificates of IGC-Santé, by how surely their bearer was identified.
type Tier string

// The tiers, as the names of their authorities have them.
const (
	TierElementary Tier = "ELEMENTAIRE"
	TierStandard   Tier = "STANDARD"
	TierStrong     Tier = "FORT"
)

// Gate verifies certificates. It may be used from many goroutines.
type Gate struct {
	roots, issuers *x509.CertPool
	offered        *x509.CertPool
	tiers          []Tier
	revocation     *revocation
	acceptUnknown  bool
	now            func() time.Time
}

// New reads the authorities of a configuration.
func New(config Config) (*Gate, error) {
	roots, err := readPEM(config.Roots)
	if err != nil {
		return nil, fmt.Errorf("the roots of card certificates: %w", err)
	}
	issuers, err := readPEM(config.Issuers)
	if err != nil {
		return nil, fmt.Errorf("the authorities that issue cards: %w", err)
	}
	g := &Gate{
		roots: x509.NewCertPool(), issuers: x509.NewCertPool(), offered: x509.NewCertPool(),
		tiers: config.Tiers, acceptUnknown: config.AcceptUnknown, now: config.Now,
	}
	if g.now == nil {
		g.now = time.Now
	}
	if len(g.tiers) == 0 {
		g.tiers = []Tier{TierStrong}
	}
	for _, tier := range g.tiers {
		if !slices.Contains([]Tier{TierElementary, TierStandard, TierStrong}, tier) {
			return nil, fmt.Errorf("%q is not a tier of IGC-Santé: %s, %s or %s", tier, TierElementary, TierStandard, TierStrong)
		}
	}
	for _, c := range roots {
		g.roots.AddCert(c)
	}
	accepted := 0
	for _, c := range issuers {
		g.issuers.AddCert(c)
		if tier, ok := tierOf(c); ok && slices.Contains(g.tiers, tier) {
			accepted++
			g.offered.AddCert(c)
		}
	}
	if accepted == 0 {
		return nil, fmt.Errorf("none of the authorities given issues cards of an accepted tier (%v)", g.tiers)
	}
	if g.revocation, err = newRevocation(config, g.now); err != nil {
		return nil, err
	}
	return g, nil
}

// Issuers are the authorities whose certificates may open: a server names them in its request, so that
// browsers offer no other.
func (g *Gate) Issuers() *x509.CertPool { return g.offered.Clone() }

func readPEM(text []byte) ([]*x509.Certificate, error) {
	var all []*x509.Certificate
	for {
		block, rest := pem.Decode(text)
		if block == nil {
			break
		}
		text = rest
		if block.Type != "CERTIFICATE" {
			return nil, fmt.Errorf("a block is not a certificate but a %s", block.Type)
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("a certificate cannot be read: %w", err)
		}
		if !c.IsCA {
			return nil, errors.New("a certificate is not of an authority")
		}
		all = append(all, c)
	}
	if len(all) == 0 {
		return nil, errors.New("no certificate in PEM")
	}
	if len(bytes.TrimSpace(text)) > 0 {
		return nil, errors.New("there is something else than certificates in PEM at the end")
	}
	return all, nil
}

// Verify tells whose card a browser presented: peers is what the TLS connection says of it, the first
// one its own. Errors are *Error, but for those of a context that ended.
func (g *Gate) Verify(ctx context.Context, peers []*x509.Certificate) (Identity, error) {
	if len(peers) == 0 {
		return Identity{}, refuse(ReasonNoCertificate, "the browser presented none")
	}
	card := peers[0]
	chain, err := g.chain(card)
	if err != nil {
		return Identity{}, err
	}
	identity, err := ReadSubject(card.RawSubject)
	if err != nil {
		return Identity{}, err
	}
	return identity, g.unrevoked(ctx, chain)
}

// chain leads from a certificate to a configured root, through configured authorities alone.
func (g *Gate) chain(card *x509.Certificate) ([]*x509.Certificate, error) {
	now := g.now()
	// The chain is first looked at on a day when the card was valid, so that of an expired card of another
	// authority the authority is what is said.
	day := now
	if day.Before(card.NotBefore) {
		day = card.NotBefore
	} else if day.After(card.NotAfter) {
		day = card.NotAfter
	}
	options := x509.VerifyOptions{Roots: g.roots, Intermediates: g.issuers, CurrentTime: day, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}}
	chains, err := card.Verify(options)
	switch {
	case err != nil && isSelfSigned(card):
		return nil, refuse(ReasonSelfSigned, "the certificate vouches for itself")
	case err != nil:
		return nil, refuse(ReasonOtherAuthority, "the certificate does not chain to the configured authorities")
	case len(chains[0]) < 2 || card.IsCA:
		return nil, refuse(ReasonOtherAuthority, "the certificate is an authority's own")
	case now.Before(card.NotBefore):
		return nil, refuse(ReasonNotYetValid, "the certificate is not valid yet")
	case now.After(card.NotAfter):
		return nil, refuse(ReasonExpired, "the certificate has expired")
	}
	if tier, ok := tierOf(chains[0][1]); !ok || !slices.Contains(g.tiers, tier) {
		return nil, refuse(ReasonWrongTier, "the authority that issued it is of no accepted tier")
	}
	options.KeyUsages = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} // of the authorities too
	signsIn := slices.Contains(card.ExtKeyUsage, x509.ExtKeyUsageClientAuth) && card.KeyUsage&x509.KeyUsageDigitalSignature != 0
	if _, err := card.Verify(options); err != nil || !signsIn {
		return nil, refuse(ReasonNotForSignIn, "the certificate lacks clientAuth or digitalSignature")
	}
	return chains[0], nil
}

func isSelfSigned(c *x509.Certificate) bool {
	return bytes.Equal(c.RawIssuer, c.RawSubject) && c.CheckSignature(c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature) == nil
}

// issuerName is that of the authorities that issue the certificates of persons; the first word is of the
// test chain.
var issuerName = regexp.MustCompile(`^(?:TEST )?AC IGC-SANTE (ELEMENTAIRE|STANDARD|FORT) PERSONNES$`)

func tierOf(issuer *x509.Certificate) (Tier, bool) {
	found := issuerName.FindStringSubmatch(issuer.Subject.CommonName)
	if found == nil {
		return "", false
	}
	return Tier(found[1]), true
}

// unrevoked asks about the card and about each authority above it. For an authority that says no address and
// that no configured list names, the operator's word is enough, for the settings list it; but not where
// the list that would name it is one of another time.
func (g *Gate) unrevoked(ctx context.Context, chain []*x509.Certificate) error {
	for i, c := range chain[:len(chain)-1] {
		issuer := chain[i+1]
		status, err := g.revocation.status(ctx, c, issuer)
		switch {
		case err != nil:
			return err
		case status == revoked:
			return refuse(ReasonRevoked, "the certificate or the authority that issued it is revoked")
		case i > 0 && !g.revocation.named(c) && !g.revocation.outOfForce(issuer):
			continue
		case status == unknown && !g.acceptUnknown:
			return refuse(ReasonRevocationUnknown, "neither a list nor a responder could tell")
		}
	}
	return nil
}
