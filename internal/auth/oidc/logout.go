package oidc

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	gooidc "github.com/coreos/go-oidc/v3/oidc"
)

// How far the moment at which a logout token was made may stand from ours. Providers make one at the moment
// they send it; MaxLogoutAge is also how long the identifier of one must be remembered.
const (
	MaxLogoutAge  = 5 * time.Minute
	logoutAhead   = time.Minute // clocks differ
	maxLogout     = 16 << 10    // bytes of a logout token
	logoutType    = "logout+jwt"
	logoutPurpose = "http://schemas.openid.net/event/backchannel-logout"
)

// Logout is what a logout token says: the provider ended a session, or all those of a subject.
type Logout struct {
	Issuer    string
	TokenID   string // jti: a token serves once
	Subject   string // sub; may be empty when SessionID is not
	SessionID string // sid; empty: every session of the subject
}

// VerifyLogout checks a logout token (OpenID Connect Back-Channel Logout 1.0, 2.6): signed by the provider
// with an algorithm of our list, for us, made just now, not expired, and a logout token, not an ID token. That
// it comes for the first time is the caller's to check, who has a store. Every error is an *Error.
func (c *Client) VerifyLogout(ctx context.Context, raw string) (Logout, error) {
	if len(raw) > maxLogout {
		return Logout{}, fail(ReasonInvalidResponse, "logout token too large")
	}
	provider, err := c.endpoints.get(ctx)
	if err != nil {
		return Logout{}, err
	}
	keys := &capturingKeySet{recordingKeySet: recordingKeySet{keys: provider.keys}}
	verified, err := gooidc.NewVerifier(c.cfg.Issuer, keys, &gooidc.Config{
		ClientID:             c.cfg.ClientID,
		SupportedSigningAlgs: signingAlgorithms,
		Now:                  c.cfg.Now,
	}).VerifyLogout(ctx, raw)
	if err != nil {
		return Logout{}, tokenError("logout token", err, keys.err)
	}
	if !isLogoutType(raw) || !isLogoutEvent(keys.payload) {
		return Logout{}, fail(ReasonInvalidResponse, "logout token is another kind of token")
	}
	for _, text := range []string{verified.TokenID, verified.Subject, verified.SessionID} {
		if len(text) > maxSubject {
			return Logout{}, fail(ReasonInvalidResponse, "logout token: jti, sub or sid too long")
		}
	}
	now := c.cfg.Now()
	switch age := now.Sub(verified.IssuedAt); {
	case verified.IssuedAt.IsZero() || verified.IssuedAt.Unix() <= 0:
		return Logout{}, fail(ReasonInvalidResponse, "logout token without the moment it was made (iat)")
	case age > MaxLogoutAge:
		return Logout{}, fail(ReasonExpired, "logout token made too long ago")
	case age < -logoutAhead:
		return Logout{}, fail(ReasonInvalidResponse, "logout token made in the future")
	}
	return Logout{Issuer: c.cfg.Issuer, TokenID: verified.TokenID, Subject: verified.Subject, SessionID: verified.SessionID}, nil
}

// isLogoutType tells a token whose header names the type of logout tokens, or none of its own: the standard
// recommends the type and does not require it.
func isLogoutType(raw string) bool {
	header, ok := decodeHeader(raw)
	return ok && (header.Type == "" || strings.EqualFold(header.Type, "JWT") ||
		strings.EqualFold(strings.TrimPrefix(strings.ToLower(header.Type), "application/"), logoutType))
}

// isLogoutEvent tells a token whose events hold the logout as an object, as the standard writes it.
func isLogoutEvent(payload []byte) bool {
	var claims struct {
		Events map[string]json.RawMessage `json:"events"`
	}
	if err := json.Unmarshal(payload, &claims); err != nil {
		return false
	}
	event := bytes.TrimSpace(claims.Events[logoutPurpose])
	return len(event) > 0 && event[0] == '{'
}

type jwtHeader struct {
	Type string `json:"typ"`
}

func decodeHeader(raw string) (jwtHeader, bool) {
	first, _, _ := strings.Cut(raw, ".")
	data, err := base64.RawURLEncoding.DecodeString(first)
	if err != nil {
		return jwtHeader{}, false
	}
	var header jwtHeader
	if err := json.Unmarshal(data, &header); err != nil {
		return jwtHeader{}, false
	}
	return header, true
}
