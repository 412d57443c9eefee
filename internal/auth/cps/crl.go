package cps

import (
	"bytes"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"slices"
	"time"
)

// list is a revocation list whose signature was checked.
type list struct {
	from, until time.Time
	revoked     map[string]struct{} // by serial
	scope       listScope
}

// listScope is which certificates of its authority a list speaks of; all of them by default.
type listScope struct {
	Point struct {
		FullName []asn1.RawValue `asn1:"optional,tag:0"`
		Relative asn1.RawValue   `asn1:"optional,tag:1"`
	} `asn1:"optional,tag:0"`
	OnlyUsers      bool           `asn1:"optional,tag:1"`
	OnlyCAs        bool           `asn1:"optional,tag:2"`
	OnlyReasons    asn1.BitString `asn1:"optional,tag:3"`
	Indirect       bool           `asn1:"optional,tag:4"`
	OnlyAttributes bool           `asn1:"optional,tag:5"`
}

var oidScope = asn1.ObjectIdentifier{2, 5, 29, 28} // issuingDistributionPoint

var errList = errors.New("not a list that can be relied on")

// parseList reads a list, in DER or PEM, that an authority signed. What it says in a way that is not
// understood here makes it useless: a delta, a list for other authorities, for some reasons alone.
func parseList(data []byte, issuer *x509.Certificate) (*list, error) {
	if block, _ := pem.Decode(data); block != nil {
		data = block.Bytes
	}
	crl, err := x509.ParseRevocationList(data)
	if err != nil {
		return nil, errList
	}
	if !bytes.Equal(crl.RawIssuer, issuer.RawSubject) || crl.CheckSignatureFrom(issuer) != nil || crl.NextUpdate.IsZero() {
		return nil, errList
	}
	l := &list{from: crl.ThisUpdate, until: crl.NextUpdate, revoked: make(map[string]struct{}, len(crl.RevokedCertificateEntries))}
	for _, extension := range crl.Extensions {
		switch {
		case extension.Id.Equal(oidScope):
			if rest, err := asn1.Unmarshal(extension.Value, &l.scope); err != nil || len(rest) > 0 {
				return nil, errList
			}
		case extension.Critical:
			return nil, errList
		}
	}
	if l.scope.Indirect || l.scope.OnlyAttributes || l.scope.OnlyReasons.BitLength > 0 || len(l.scope.Point.Relative.FullBytes) > 0 {
		return nil, errList
	}
	critical := func(e pkix.Extension) bool { return e.Critical }
	for _, entry := range crl.RevokedCertificateEntries {
		if slices.ContainsFunc(entry.Extensions, critical) {
			return nil, errList
		}
		l.revoked[entry.SerialNumber.Text(16)] = struct{}{}
	}
	return l, nil
}

func (l *list) inForce(now time.Time) bool {
	return !l.from.After(now.Add(skew)) && now.Before(l.until)
}

// about tells what a list, if there is one, knows of a certificate of its authority.
func (l *list) about(c *x509.Certificate) status {
	switch {
	case l == nil:
		return unknown
	case l.lists(c):
		return revoked
	case !l.scope.covers(c):
		return unknown
	}
	return good
}

func (l *list) lists(c *x509.Certificate) bool {
	_, ok := l.revoked[serialOf(c)]
	return ok
}

// covers tells whether a certificate that is not on the list would be on it if it were revoked. A list
// that is one part of several names the address that its certificates carry.
func (s listScope) covers(c *x509.Certificate) bool {
	if s.OnlyUsers && c.IsCA || s.OnlyCAs && !c.IsCA {
		return false
	}
	if len(s.Point.FullName) == 0 {
		return true
	}
	return slices.ContainsFunc(s.Point.FullName, func(name asn1.RawValue) bool {
		const uri = 6
		return name.Class == asn1.ClassContextSpecific && name.Tag == uri && slices.Contains(c.CRLDistributionPoints, string(name.Bytes))
	})
}
