package opsim

import (
	"crypto/rsa"
	"net/url"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// authRequest is a sign-in under way, in the form the library reads. It is a
// value: what is handed out never changes behind its holder's back.
type authRequest struct {
	id        string
	session   string // sid: the session here that this sign-in opens
	acr       string
	asked     oidc.AuthRequest
	subject   string // empty until someone has signed in
	authTime  time.Time
	codeGiven bool
}

func (r authRequest) GetID() string                      { return r.id }
func (r authRequest) GetACR() string                     { return r.acr }
func (r authRequest) GetAMR() []string                   { return nil }
func (r authRequest) GetAudience() []string              { return []string{r.asked.ClientID} }
func (r authRequest) GetAuthTime() time.Time             { return r.authTime }
func (r authRequest) GetClientID() string                { return r.asked.ClientID }
func (r authRequest) GetNonce() string                   { return r.asked.Nonce }
func (r authRequest) GetRedirectURI() string             { return r.asked.RedirectURI }
func (r authRequest) GetResponseType() oidc.ResponseType { return r.asked.ResponseType }
func (r authRequest) GetResponseMode() oidc.ResponseMode { return r.asked.ResponseMode }
func (r authRequest) GetScopes() []string                { return r.asked.Scopes }
func (r authRequest) GetState() string                   { return r.asked.State }
func (r authRequest) GetSubject() string                 { return r.subject }
func (r authRequest) Done() bool                         { return r.subject != "" }

func (r authRequest) GetCodeChallenge() *oidc.CodeChallenge {
	return &oidc.CodeChallenge{Challenge: r.asked.CodeChallenge, Method: r.asked.CodeChallengeMethod}
}

// client is the one service provider, in the form the library reads.
type client struct {
	kind    Kind
	options Options
}

func (c client) GetID() string                       { return c.options.ClientID }
func (c client) RedirectURIs() []string              { return c.options.RedirectURIs }
func (c client) PostLogoutRedirectURIs() []string    { return c.options.PostLogoutRedirectURIs }
func (c client) ApplicationType() op.ApplicationType { return op.ApplicationTypeWeb }
func (c client) AuthMethod() oidc.AuthMethod         { return oidc.AuthMethodBasic } // or post: the secret decides
func (c client) ResponseTypes() []oidc.ResponseType {
	return []oidc.ResponseType{oidc.ResponseTypeCode}
}

func (c client) GrantTypes() []oidc.GrantType         { return []oidc.GrantType{oidc.GrantTypeCode} }
func (c client) AccessTokenType() op.AccessTokenType  { return op.AccessTokenTypeJWT }
func (c client) IDTokenLifetime() time.Duration       { return accessTokenLifetime }
func (c client) DevMode() bool                        { return false }
func (c client) IsScopeAllowed(scope string) bool     { return scope == c.kind.Scope }
func (c client) IDTokenUserinfoClaimsAssertion() bool { return false }
func (c client) ClockSkew() time.Duration             { return 0 }
func (c client) RestrictAdditionalIdTokenScopes() func([]string) []string {
	return sameScopes
}

func (c client) RestrictAdditionalAccessTokenScopes() func([]string) []string {
	return sameScopes
}

func (c client) LoginURL(id string) string {
	return c.options.BaseURL + c.kind.loginPath() + "?" + url.Values{"id": {id}}.Encode()
}

func sameScopes(scopes []string) []string { return scopes }

// privateKey signs, publicKey is published at certs.
type privateKey struct{ key *rsa.PrivateKey }

func (k privateKey) SignatureAlgorithm() jose.SignatureAlgorithm { return signatureAlgorithm }
func (k privateKey) Key() any                                    { return k.key }
func (k privateKey) ID() string                                  { return keyID }

type publicKey struct{ key *rsa.PrivateKey }

func (k publicKey) ID() string                         { return keyID }
func (k publicKey) Algorithm() jose.SignatureAlgorithm { return signatureAlgorithm }
func (k publicKey) Use() string                        { return oidc.KeyUseSignature }
func (k publicKey) Key() any                           { return &k.key.PublicKey }
