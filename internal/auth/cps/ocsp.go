package cps

import (
	"bytes"
	"crypto"
	_ "crypto/sha1" // names the certificate asked about, as responders of RFC 5019 want it; it proves nothing
	"crypto/x509"
	"errors"
	"slices"
	"time"

	"golang.org/x/crypto/ocsp"
)

// endless is how old an answer may be that does not say until when it holds.
const endless = time.Hour

var errAnswer = errors.New("not an answer that can be relied on")

func ocspQuestion(c, issuer *x509.Certificate) ([]byte, error) {
	return ocsp.CreateRequest(c, issuer, &ocsp.RequestOptions{Hash: crypto.SHA1})
}

// parseAnswer reads what a responder says of a certificate. It must be signed by the authority, or by a
// certificate which that authority issued for this use alone.
func parseAnswer(data []byte, c, issuer *x509.Certificate, now time.Time) (status, error) {
	answer, err := ocsp.ParseResponseForCert(data, c, issuer)
	if err != nil {
		return unknown, errAnswer
	}
	if by := answer.Certificate; by != nil && !bytes.Equal(by.Raw, issuer.Raw) && !delegated(by, issuer, now) {
		return unknown, errAnswer
	}
	until := answer.NextUpdate
	if until.IsZero() {
		until = answer.ThisUpdate.Add(endless)
	}
	if answer.ThisUpdate.After(now.Add(skew)) || !now.Before(until) {
		return unknown, errAnswer
	}
	switch answer.Status {
	case ocsp.Good:
		return good, nil
	case ocsp.Revoked:
		return revoked, nil
	}
	return unknown, nil
}

// delegated tells whether a certificate may answer for an authority today (RFC 6960, 4.2.2.2). That it is
// signed by the authority was checked with the answer's own signature.
func delegated(by, issuer *x509.Certificate, now time.Time) bool {
	return bytes.Equal(by.RawIssuer, issuer.RawSubject) && by.CheckSignatureFrom(issuer) == nil &&
		!now.Before(by.NotBefore) && !now.After(by.NotAfter) && slices.Contains(by.ExtKeyUsage, x509.ExtKeyUsageOCSPSigning)
}
