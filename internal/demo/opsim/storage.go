package opsim

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/subtle"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// How long things live. The access token's 2 minutes are Pro Santé Connect's.
const (
	requestLifetime     = 10 * time.Minute // the login page may stay open that long
	codeLifetime        = time.Minute
	accessTokenLifetime = 2 * time.Minute
	sessionLifetime     = 12 * time.Hour // of a session here, which the service's own may follow
)

const (
	signatureAlgorithm = jose.RS256
	keyID              = "simulator-1"
)

var (
	errUnknown    = errors.New("unknown or expired")
	errNotOffered = errors.New("not offered by the simulator")
)

// storage is what the library needs remembered, in memory.
type storage struct {
	client client
	secret string
	key    *rsa.PrivateKey
	now    func() time.Time

	mu       sync.Mutex // guards what follows
	requests *expiring[authRequest]
	codes    *expiring[string]      // code → request id
	tokens   *expiring[accessToken] // token id → whose
	sessions *expiring[string]      // sid → subject

	ended func(subject, session string) // tells the service
}

type accessToken struct{ subject, clientID, session string }

func newStorage(kind Kind, options Options) *storage {
	return &storage{
		client:   client{kind: kind, options: options},
		secret:   options.ClientSecret,
		key:      options.SigningKey,
		now:      options.Now,
		requests: newExpiring[authRequest](requestLifetime),
		codes:    newExpiring[string](codeLifetime),
		tokens:   newExpiring[accessToken](accessTokenLifetime),
		sessions: newExpiring[string](sessionLifetime),
	}
}

// CreateAuthRequest keeps a request to sign in. What the library leaves optional
// and Pro Santé Connect, for one, asks for is required here: state, nonce, PKCE S256 and
// both scopes.
func (s *storage) CreateAuthRequest(_ context.Context, asked *oidc.AuthRequest, _ string) (op.AuthRequest, error) {
	switch {
	case asked.State == "" || asked.Nonce == "":
		return nil, oidc.ErrInvalidRequest().WithDescription("state and nonce are required")
	case asked.CodeChallenge == "" || asked.CodeChallengeMethod != oidc.CodeChallengeMethodS256:
		return nil, oidc.ErrInvalidRequest().WithDescription("PKCE with S256 is required")
	case !slices.Contains(asked.Scopes, oidc.ScopeOpenID) || !slices.Contains(asked.Scopes, s.client.kind.Scope):
		return nil, oidc.ErrInvalidScope().WithDescription("scopes openid and %s are required", s.client.kind.Scope)
	case slices.Contains(asked.Prompt, oidc.PromptNone):
		return nil, oidc.ErrLoginRequired()
	}
	request := authRequest{id: rand.Text(), session: rand.Text(), acr: s.client.kind.ACR, asked: *asked}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests.put(request.id, request, s.now())
	return request, nil
}

func (s *storage) AuthRequestByID(_ context.Context, id string) (op.AuthRequest, error) {
	return s.request(id)
}

func (s *storage) request(id string) (authRequest, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	request, ok := s.requests.get(id, s.now())
	if !ok {
		return authRequest{}, errUnknown
	}
	return request, nil
}

// signIn marks a request as answered by an account.
func (s *storage) signIn(id string, account Account) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	request, ok := s.requests.get(id, now)
	if !ok || request.subject != "" {
		return errUnknown
	}
	request.subject, request.authTime = account.Subject, now
	s.sessions.put(request.session, account.Subject, now)
	s.requests.set(id, request)
	return nil
}

// SaveAuthCode keeps the code of a request, which gets only one.
func (s *storage) SaveAuthCode(_ context.Context, id, code string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	request, ok := s.requests.get(id, now)
	if !ok || request.codeGiven {
		return oidc.ErrInvalidRequest().WithDescription("request already answered")
	}
	request.codeGiven = true
	s.requests.set(id, request)
	s.codes.put(code, id, now)
	return nil
}

// AuthRequestByCode spends the code: even a failed exchange leaves it dead, so
// that of two simultaneous ones, one at most succeeds.
func (s *storage) AuthRequestByCode(_ context.Context, code string) (op.AuthRequest, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	id, ok := s.codes.get(code, now)
	s.codes.remove(code)
	if !ok {
		return nil, errUnknown
	}
	request, ok := s.requests.get(id, now)
	if !ok {
		return nil, errUnknown
	}
	return request, nil
}

func (s *storage) DeleteAuthRequest(_ context.Context, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests.remove(id)
	return nil
}

func (s *storage) CreateAccessToken(_ context.Context, request op.TokenRequest) (string, time.Time, error) {
	id := rand.Text()
	s.mu.Lock()
	defer s.mu.Unlock()
	until := s.tokens.put(id, accessToken{request.GetSubject(), s.client.GetID(), sessionOf(request)}, s.now())
	return id, until, nil
}

// accountOf returns the account an access token stands for, while it lives.
func (s *storage) accountOf(tokenID, subject string) (Account, error) {
	s.mu.Lock()
	token, ok := s.tokens.get(tokenID, s.now())
	s.mu.Unlock()
	if !ok || token.subject != subject {
		return Account{}, errUnknown
	}
	return s.accountBySubject(subject)
}

func (s *storage) accountBySubject(subject string) (Account, error) {
	return s.client.kind.find(func(a Account) bool { return a.Subject == subject })
}

// TerminateSessionFromRequest ends the session and the tokens that the given ID token names. Without one,
// anybody's link could sign people out: refused.
func (s *storage) TerminateSessionFromRequest(_ context.Context, request *op.EndSessionRequest) (string, error) {
	if request.IDTokenHintClaims == nil {
		return "", oidc.ErrInvalidRequest().WithDescription("id_token_hint is required")
	}
	s.end(request.UserID, func(session string) bool { return session == request.IDTokenHintClaims.SessionID })
	return request.RedirectURI, nil
}

func (s *storage) TerminateSession(_ context.Context, subject, _ string) error {
	s.end(subject, func(string) bool { return true })
	return nil
}

// end ends sessions of a person with the tokens they gave, and tells the service of each.
func (s *storage) end(subject string, chosen func(session string) bool) {
	s.mu.Lock()
	gone := []string{}
	for session, kept := range s.sessions.values {
		if kept.value == subject && chosen(session) {
			gone = append(gone, session)
		}
	}
	for _, session := range gone {
		s.sessions.remove(session)
	}
	s.tokens.removeIf(func(token accessToken) bool { return token.subject == subject && chosen(token.session) })
	s.mu.Unlock()
	for _, session := range gone {
		s.ended(subject, session)
	}
}

func (s *storage) GetClientByClientID(_ context.Context, id string) (op.Client, error) {
	if id != s.client.GetID() {
		return nil, oidc.ErrInvalidClient().WithDescription("unknown client")
	}
	return s.client, nil
}

func (s *storage) AuthorizeClientIDSecret(_ context.Context, id, secret string) error {
	if id != s.client.GetID() || subtle.ConstantTimeCompare([]byte(secret), []byte(s.secret)) != 1 {
		return oidc.ErrInvalidClient().WithDescription("unknown client or wrong secret")
	}
	return nil
}

// sessionOf is the session that a request opened.
func sessionOf(request any) string {
	if r, ok := request.(authRequest); ok {
		return r.session
	}
	return ""
}

// SetUserinfoFromRequest puts into the ID token the session, and the claims that the provider repeats there.
func (s *storage) SetUserinfoFromRequest(_ context.Context, info *oidc.UserInfo, request op.IDTokenRequest, _ []string) error {
	account, err := s.accountBySubject(request.GetSubject())
	if err != nil {
		return err
	}
	info.Subject = account.Subject // the library copies the whole value over the token's claims
	info.PreferredUsername, info.FamilyName, info.GivenName = account.PreferredUsername, account.FamilyName, account.GivenName
	info.AppendClaims("sid", sessionOf(request))
	for name, value := range account.Claims {
		info.AppendClaims(name, value)
	}
	return nil
}

func (s *storage) SigningKey(context.Context) (op.SigningKey, error) { return privateKey{s.key}, nil }

func (s *storage) SignatureAlgorithms(context.Context) ([]jose.SignatureAlgorithm, error) {
	return []jose.SignatureAlgorithm{signatureAlgorithm}, nil
}

func (s *storage) KeySet(context.Context) ([]op.Key, error) { return []op.Key{publicKey{s.key}}, nil }

func (s *storage) Health(context.Context) error { return nil }

// The library's contract goes further than the providers simulated: what follows is
// never reached through the routes served, and refuses.

func (s *storage) CreateAccessAndRefreshTokens(context.Context, op.TokenRequest, string) (string, string, time.Time, error) {
	return "", "", time.Time{}, errNotOffered
}

func (s *storage) TokenRequestByRefreshToken(context.Context, string) (op.RefreshTokenRequest, error) {
	return nil, errNotOffered
}

func (s *storage) RevokeToken(context.Context, string, string, string) *oidc.Error {
	return oidc.ErrUnsupportedGrantType().WithParent(errNotOffered)
}

func (s *storage) GetRefreshTokenInfo(context.Context, string, string) (string, string, error) {
	return "", "", op.ErrInvalidRefreshToken
}

func (s *storage) SetUserinfoFromScopes(context.Context, *oidc.UserInfo, string, string, []string) error {
	return nil // deprecated by the library in favour of SetUserinfoFromRequest
}

func (s *storage) SetUserinfoFromToken(context.Context, *oidc.UserInfo, string, string, string) error {
	return errNotOffered
}

func (s *storage) SetIntrospectionFromToken(context.Context, *oidc.IntrospectionResponse, string, string, string) error {
	return errNotOffered
}

func (s *storage) GetPrivateClaimsFromScopes(context.Context, string, string, []string) (map[string]any, error) {
	return nil, nil // access tokens carry no claim of their own
}

func (s *storage) GetKeyByIDAndClientID(context.Context, string, string) (*jose.JSONWebKey, error) {
	return nil, errNotOffered
}

func (s *storage) ValidateJWTProfileScopes(context.Context, string, []string) ([]string, error) {
	return nil, errNotOffered
}
