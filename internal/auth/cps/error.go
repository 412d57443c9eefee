package cps

import "errors"

// Reason says why a card does not open, so that a page can tell what to do.
type Reason string

// The closed set of reasons.
const (
	// ReasonNoCertificate: the browser presented none; no card, no reader, or the choice was given up.
	ReasonNoCertificate Reason = "no_certificate"
	// ReasonSelfSigned: the certificate vouches for itself.
	ReasonSelfSigned Reason = "self_signed"
	// ReasonOtherAuthority: it does not chain to the configured authorities.
	ReasonOtherAuthority Reason = "other_authority"
	// ReasonWrongTier: it is of the authority, of a family that is not accepted.
	ReasonWrongTier Reason = "wrong_tier"
	// ReasonExpired and ReasonNotYetValid: today is not within its validity.
	ReasonExpired     Reason = "expired"
	ReasonNotYetValid Reason = "not_yet_valid"
	// ReasonNotForSignIn: it is not made to authenticate someone, as the card's signature certificate.
	ReasonNotForSignIn Reason = "not_for_sign_in"
	// ReasonRevoked: its authority took it back.
	ReasonRevoked Reason = "revoked"
	// ReasonRevocationUnknown: neither list nor responder could tell whether it was.
	ReasonRevocationUnknown Reason = "revocation_unknown"
	// ReasonStaffCard: the card of an employee of a structure, who is not a practitioner.
	ReasonStaffCard Reason = "staff_card"
	// ReasonNoNationalID: its subject carries neither an RPPS nor an ADELI number.
	ReasonNoNationalID Reason = "no_national_id"
	// ReasonInvalidIdentity: its subject cannot be read safely.
	ReasonInvalidIdentity Reason = "invalid_identity"
)

// Error is every refusal of a card. Its text is made of fixed sentences: it never holds anything of the
// certificate, so it may be logged.
type Error struct {
	Reason Reason
	detail string
}

func (e *Error) Error() string { return "cps: " + string(e.Reason) + ": " + e.detail }

// ReasonOf returns the reason of an error of this package, however wrapped, or "" for any other error.
func ReasonOf(err error) Reason {
	var refusal *Error
	if errors.As(err, &refusal) {
		return refusal.Reason
	}
	return ""
}

func refuse(reason Reason, detail string) *Error { return &Error{reason, detail} }
