// Package oidc is the OpenID Connect client of every door that has a provider behind it: authorization code
// with PKCE S256, state and nonce, ID tokens and userinfo checked, sign-out here told by the provider
// (back-channel logout).
//
// It says that a provider vouches for a subject, and hands over what the provider told, as bytes. It may not
// read who that is (psc and agents do, each its own claims) nor decide whether they may use the service, and
// imports none of our other packages. It keeps nothing about an attempt: what must survive between Begin and
// Finish travels in the browser's login cookie, so no state exists before the button is used.
package oidc

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	gooidc "github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// Bounds on what a token may tell, in bytes.
const (
	maxSubject = 255 // sub, sid and jti, as OpenID Connect bounds sub
	maxLevel   = 200 // acr
)

// maxCode bounds the authorization code taken from the callback's query, in bytes.
const maxCode = 4096

// signingAlgorithms are the asymmetric signatures accepted on tokens. "none"
// and the HMAC family are left out on purpose: with them, the public key or no
// key at all would be enough to forge an identity.
var signingAlgorithms = []string{
	gooidc.RS256, gooidc.RS384, gooidc.RS512,
	gooidc.PS256, gooidc.PS384, gooidc.PS512,
	gooidc.ES256, gooidc.ES384, gooidc.ES512,
}

// Client talks to one provider. It is safe for concurrent use.
type Client struct {
	cfg       Config
	http      *http.Client
	endpoints *endpointSource
}

// Attempt is what one sign-in must remember between the redirect to the provider
// and the return: the caller keeps it in a cookie of that browser
// (sealed, HttpOnly) and removes it when it has been used once.
type Attempt struct {
	State    string // returned by the provider, ties the callback to the browser
	Nonce    string // returned inside the ID token, ties the token to the attempt
	Verifier string // PKCE code verifier, ties the code to the attempt
}

// Login is a completed sign-in.
type Login struct {
	Issuer  string
	Subject string // sub: who it is at the provider
	// SessionID is sid, the provider's own session; empty when it named none. With Issuer and Subject it
	// says which of our sessions a back-channel logout ends.
	SessionID string
	// IDToken is the raw ID token, to be given back as id_token_hint by
	// EndSessionURL. It is a secret of the session: never logged.
	IDToken string
	// ACR is the level of assurance as the provider names it ("eidas1", …),
	// empty when it named none. Told, never compared by equality.
	ACR string
	// AuthTime is when the person identified at the provider, which can be
	// hours earlier when its own session was still open. Zero when not told.
	AuthTime time.Time
	// Claims and UserInfo are JSON objects: of the ID token as it was signed, and of userinfo, which speaks
	// of the same subject.
	Claims, UserInfo []byte
}

// New checks the configuration and returns a client. It makes no call, so that
// the service starts while the provider is down.
func New(cfg Config) (*Client, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	httpClient := newHTTPClient(cfg.HTTPClient)
	return &Client{
		cfg:       cfg,
		http:      httpClient,
		endpoints: newEndpointSource(cfg, httpClient),
	}, nil
}

// Begin starts a sign-in: it returns the address to send the browser to and
// what Finish will need. It fails only with ReasonProviderDown or
// ReasonInvalidResponse, when the endpoints are not known yet and discovery fails.
func (c *Client) Begin(ctx context.Context) (redirectURL string, attempt Attempt, err error) {
	provider, err := c.endpoints.get(ctx)
	if err != nil {
		return "", Attempt{}, err
	}
	attempt = Attempt{State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier()}
	options := []oauth2.AuthCodeOption{gooidc.Nonce(attempt.Nonce), oauth2.S256ChallengeOption(attempt.Verifier)}
	if c.cfg.ACRValues != "" {
		options = append(options, oauth2.SetAuthURLParam("acr_values", c.cfg.ACRValues))
	}
	return c.oauth(provider).AuthCodeURL(attempt.State, options...), attempt, nil
}

// Finish ends a sign-in with the query of the callback and the attempt that the
// same browser carries. Every error is an *Error, whose Reason says what to
// tell the person. An attempt must be finished once only: the caller forgets it
// whatever the outcome.
func (c *Client) Finish(ctx context.Context, callback url.Values, attempt Attempt) (Login, error) {
	code, err := c.readCallback(callback, attempt)
	if err != nil {
		return Login{}, err
	}
	provider, err := c.endpoints.get(ctx)
	if err != nil {
		return Login{}, err
	}
	token, err := c.exchange(ctx, provider, code, attempt.Verifier)
	if err != nil {
		return Login{}, err
	}
	login, err := c.verifyIDToken(ctx, provider, token, attempt.Nonce)
	if err != nil {
		return Login{}, err
	}
	login.UserInfo, err = c.fetchUserInfo(ctx, provider, token.AccessToken, login.Subject)
	if err != nil {
		return Login{}, err
	}
	return login, nil
}

// EndSessionURL returns the address that ends the person's session at the
// provider and brings the browser back to the configured page. idTokenHint is
// Login.IDToken.
func (c *Client) EndSessionURL(ctx context.Context, idTokenHint string) (string, error) {
	provider, err := c.endpoints.get(ctx)
	if err != nil {
		return "", err
	}
	target, err := url.Parse(provider.endSessionURL)
	if err != nil {
		return "", fail(ReasonInvalidResponse, "end session address cannot be read")
	}
	query := target.Query()
	query.Set("client_id", c.cfg.ClientID)
	if idTokenHint != "" {
		query.Set("id_token_hint", idTokenHint)
	}
	if c.cfg.PostLogoutRedirectURL != "" {
		query.Set("post_logout_redirect_uri", c.cfg.PostLogoutRedirectURL)
	}
	target.RawQuery = query.Encode()
	return target.String(), nil
}

func (c *Client) oauth(provider *provider) *oauth2.Config {
	return &oauth2.Config{
		ClientID:     c.cfg.ClientID,
		ClientSecret: c.cfg.ClientSecret,
		RedirectURL:  c.cfg.RedirectURL,
		Scopes:       c.cfg.Scopes,
		Endpoint: oauth2.Endpoint{
			AuthURL:  provider.authURL,
			TokenURL: provider.tokenURL,
			// Said, not detected: detection would spend the code on a first try.
			AuthStyle: oauth2.AuthStyleInParams,
		},
	}
}

// readCallback checks that the callback answers this attempt and returns the
// code. The state comes first: nothing else in the query is believed before it.
func (c *Client) readCallback(callback url.Values, attempt Attempt) (string, error) {
	if attempt.State == "" || attempt.Nonce == "" || attempt.Verifier == "" {
		return "", fail(ReasonStateMismatch, "no sign-in under way in this browser")
	}
	states := callback["state"]
	if len(states) != 1 || !equalSecret(states[0], attempt.State) {
		return "", fail(ReasonStateMismatch, "state differs from the one sent")
	}
	// RFC 9207: a provider that names itself must be the one we asked.
	for _, issuer := range callback["iss"] {
		if issuer != c.cfg.Issuer {
			return "", fail(ReasonInvalidResponse, "callback names another issuer")
		}
	}
	if callback.Has("error") {
		return "", callbackError(callback.Get("error"))
	}
	codes := callback["code"]
	if len(codes) != 1 || codes[0] == "" || len(codes[0]) > maxCode {
		return "", fail(ReasonInvalidResponse, "callback holds no usable code")
	}
	return codes[0], nil
}

func (c *Client) exchange(ctx context.Context, provider *provider, code, verifier string) (*oauth2.Token, error) {
	ctx = gooidc.ClientContext(ctx, c.http)
	token, err := c.oauth(provider).Exchange(ctx, code, oauth2.VerifierOption(verifier))
	if err != nil {
		return nil, exchangeError(err)
	}
	if !strings.EqualFold(token.Type(), "Bearer") {
		return nil, fail(ReasonInvalidResponse, "access token is not a bearer token")
	}
	return token, nil
}

// verifyIDToken checks the ID token that came with the access token and returns
// what the login keeps of it, with its subject.
func (c *Client) verifyIDToken(ctx context.Context, provider *provider, token *oauth2.Token, nonce string) (Login, error) {
	raw, ok := token.Extra("id_token").(string)
	if !ok || raw == "" {
		return Login{}, fail(ReasonInvalidResponse, "no ID token")
	}
	keys := &capturingKeySet{recordingKeySet: recordingKeySet{keys: provider.keys}}
	verified, err := gooidc.NewVerifier(c.cfg.Issuer, keys, &gooidc.Config{
		ClientID:             c.cfg.ClientID,
		SupportedSigningAlgs: signingAlgorithms,
		Now:                  c.cfg.Now,
	}).Verify(ctx, raw)
	if err != nil {
		return Login{}, tokenError("ID token", err, keys.err)
	}
	if !equalSecret(verified.Nonce, nonce) {
		return Login{}, fail(ReasonInvalidResponse, "ID token answers another attempt (nonce)")
	}
	if verified.Subject == "" || len(verified.Subject) > maxSubject {
		return Login{}, fail(ReasonInvalidResponse, "ID token without a usable subject")
	}
	if verified.AccessTokenHash != "" {
		if err := verified.VerifyAccessToken(token.AccessToken); err != nil {
			return Login{}, fail(ReasonInvalidResponse, "ID token names another access token (at_hash)")
		}
	}
	login, err := c.loginOf(verified, raw)
	login.Claims = keys.payload
	return login, err
}

// loginOf reads the claims that go-oidc leaves to its caller.
func (c *Client) loginOf(verified *gooidc.IDToken, raw string) (Login, error) {
	var claims struct {
		ACR             string `json:"acr"`
		AuthTime        int64  `json:"auth_time"`
		AuthorizedParty string `json:"azp"`
		SessionID       string `json:"sid"`
	}
	if err := verified.Claims(&claims); err != nil {
		return Login{}, fail(ReasonInvalidResponse, "ID token claims cannot be read")
	}
	if len(claims.ACR) > maxLevel || len(claims.SessionID) > maxSubject {
		return Login{}, fail(ReasonInvalidResponse, "ID token: acr or sid too long")
	}
	if claims.AuthorizedParty != "" && claims.AuthorizedParty != c.cfg.ClientID {
		return Login{}, fail(ReasonInvalidResponse, "ID token was issued to another party (azp)")
	}
	if claims.AuthorizedParty == "" && slices.ContainsFunc(verified.Audience, c.isSomeoneElse) {
		return Login{}, fail(ReasonInvalidResponse, "ID token for several audiences without azp")
	}
	login := Login{Issuer: c.cfg.Issuer, Subject: verified.Subject, SessionID: claims.SessionID, IDToken: raw, ACR: claims.ACR}
	if claims.AuthTime > 0 {
		login.AuthTime = time.Unix(claims.AuthTime, 0).UTC()
	}
	return login, nil
}

func (c *Client) isSomeoneElse(audience string) bool { return audience != c.cfg.ClientID }

// recordingKeySet remembers why a verification failed: go-oidc flattens that
// error into text, and an unreachable key set must not read as a forged token.
type recordingKeySet struct {
	keys gooidc.KeySet
	err  error
}

func (r *recordingKeySet) VerifySignature(ctx context.Context, jwt string) ([]byte, error) {
	payload, err := r.keys.VerifySignature(ctx, jwt)
	r.err = err
	return payload, err
}

// tokenError translates a failed verification. keysErr is what the key set said.
func tokenError(what string, err, keysErr error) *Error {
	var expired *gooidc.TokenExpiredError
	switch {
	case errors.Is(keysErr, errUnreachable) || errors.Is(keysErr, context.DeadlineExceeded) || errors.Is(keysErr, context.Canceled):
		return fail(ReasonProviderDown, "signing keys: "+networkDetail(keysErr))
	case errors.As(err, &expired):
		return fail(ReasonExpired, what+" expired")
	case keysErr != nil:
		return fail(ReasonInvalidResponse, what+": signature not accepted")
	}
	return fail(ReasonInvalidResponse, what+" not accepted (algorithm, issuer, audience or form)")
}

func equalSecret(a, b string) bool {
	return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1
}
