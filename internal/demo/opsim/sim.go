// Package opsim is what the simulated providers of the demonstration and the tests have in common: an OpenID
// Connect provider over HTTP with invented accounts, a page to choose one of them, short-lived tokens, and
// sign-outs told to the service (back-channel logout). pscsim and agentsim say where things stand and who is
// there.
//
// It is a faithful stranger: it speaks the real protocol and shares no code with the client. It may be linked
// into the demo and tests only, never into the product, since it signs in whoever asks.
package opsim

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
	"golang.org/x/text/language"
)

// Kind is what a simulator stands for: a provider's name, its addresses and its accounts.
type Kind struct {
	Name  string // in French, on its pages
	Title string // of the simulator itself: «Simulateur …»

	// Where things stand below the base address. The authorization endpoint may be outside the issuer's path,
	// as Pro Santé Connect's is on another host.
	IssuerPath    string
	ProtocolPath  string // below IssuerPath: token, userinfo, logout and certs
	DiscoveryPath string // below IssuerPath
	AuthorizePath string
	PagesPath     string // of the login page and what goes with it

	Scope    string // required beside openid
	ACR      string // the level of assurance granted to everyone
	Accounts []Account
}

const callbackSuffix = "/callback"

func (k Kind) loginPath() string     { return k.PagesPath + "/login" }
func (k Kind) stylePath() string     { return k.PagesPath + "/style.css" }
func (k Kind) signedOutPath() string { return k.PagesPath + "/deconnexion" }
func (k Kind) sessionsPath() string  { return k.PagesPath + "/sessions" }

// Account is one invented person as the provider tells about them.
type Account struct {
	Key     string // for login_hint and the login form
	Label   string // French, what the account is good for
	Name    string // as shown
	Subject string

	PreferredUsername, FamilyName, GivenName string         // in the ID token
	Claims                                   map[string]any // in the ID token, beside those
	UserInfo                                 any            // a JSON object
}

// Options describe the simulator and the one service provider it knows.
type Options struct {
	BaseURL      string // scheme and host where the handler is served, e.g. http://127.0.0.1:8081
	ClientID     string
	ClientSecret string
	RedirectURIs []string // matched exactly
	// PostLogoutRedirectURIs are matched exactly; may be empty.
	PostLogoutRedirectURIs []string
	// SignedUserInfo makes userinfo a signed JWT for every request. Without it,
	// a request whose Accept names application/jwt and not JSON gets one.
	SignedUserInfo bool
	// LogoutURI is where the service is told that one of its sessions ended here; empty: it is not told.
	LogoutURI string
	Now       func() time.Time // clock of codes and tokens; default time.Now
	// SigningKey is what tokens are signed with; default a new one. Tests that start many simulators give each the same:
	// to make one is more work than most of them.
	SigningKey *rsa.PrivateKey
}

// Addresses are the endpoints of a simulator, as a client would configure them.
type Addresses struct {
	Issuer, DiscoveryURL                                   string
	AuthURL, TokenURL, UserInfoURL, EndSessionURL, JWKSURL string
}

// AddressesAt returns the addresses of a simulator served at baseURL.
func (k Kind) AddressesAt(baseURL string) Addresses {
	base := strings.TrimSuffix(baseURL, "/")
	issuer := base + k.IssuerPath
	return Addresses{
		Issuer:        issuer,
		DiscoveryURL:  issuer + k.DiscoveryPath,
		AuthURL:       base + k.AuthorizePath,
		TokenURL:      issuer + k.ProtocolPath + "/token",
		UserInfoURL:   issuer + k.ProtocolPath + "/userinfo",
		EndSessionURL: issuer + k.ProtocolPath + "/logout",
		JWKSURL:       issuer + k.ProtocolPath + "/certs",
	}
}

// simulator is the handler that New returns.
type simulator struct {
	kind      Kind
	options   Options
	addresses Addresses
	storage   *storage
	provider  *op.Provider
}

// New returns the simulator's handler, to be served at Options.BaseURL. It makes
// a new signing key, unless it is given one: tokens of an earlier simulator are not accepted.
func New(kind Kind, options Options) (http.Handler, error) {
	if err := options.check(); err != nil {
		return nil, fmt.Errorf("opsim: options: %w", err)
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.SigningKey == nil {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			return nil, fmt.Errorf("opsim: signing key: %w", err)
		}
		options.SigningKey = key
	}
	options.BaseURL = strings.TrimSuffix(options.BaseURL, "/")
	store := newStorage(kind, options)
	sim := &simulator{kind: kind, options: options, addresses: kind.AddressesAt(options.BaseURL), storage: store}
	store.ended = sim.tellSignOut
	var err error
	if sim.provider, err = sim.newProvider(); err != nil {
		return nil, fmt.Errorf("opsim: provider: %w", err)
	}
	return sim.routes(), nil
}

func (o Options) check() error {
	base, err := url.Parse(o.BaseURL)
	if err != nil || base.Host == "" || strings.Trim(base.Path, "/") != "" {
		return errors.New("base address must be a scheme and a host")
	}
	if o.ClientID == "" || o.ClientSecret == "" || len(o.RedirectURIs) == 0 {
		return errors.New("client id, client secret and one redirect address are required")
	}
	return nil
}

func (s *simulator) newProvider() (*op.Provider, error) {
	config := &op.Config{
		DefaultLogoutRedirectURI: s.options.BaseURL + s.kind.signedOutPath(),
		CodeMethodS256:           true,
		AuthMethodPost:           true,
		SupportedUILocales:       []language.Tag{language.French},
		SupportedScopes:          []string{oidc.ScopeOpenID, s.kind.Scope},
	}
	if _, err := rand.Read(config.CryptoKey[:]); err != nil {
		return nil, err
	}
	return op.NewProvider(config, s.storage, op.StaticIssuer(s.addresses.Issuer),
		op.WithAllowInsecure(), // the demo is plain HTTP on the loopback interface
		op.WithCORSOptions(nil),
		op.WithCustomAuthEndpoint(op.NewEndpointWithURL(s.kind.ProtocolPath+"/auth", s.addresses.AuthURL)),
		op.WithCustomTokenEndpoint(op.NewEndpoint(s.kind.ProtocolPath+"/token")),
		op.WithCustomUserinfoEndpoint(op.NewEndpoint(s.kind.ProtocolPath+"/userinfo")),
		op.WithCustomEndSessionEndpoint(op.NewEndpoint(s.kind.ProtocolPath+"/logout")),
		op.WithCustomKeysEndpoint(op.NewEndpoint(s.kind.ProtocolPath+"/certs")),
	)
}

// routes serves only what the providers simulated offer: the library's other
// endpoints (introspection, device, standard discovery) answer 404.
func (s *simulator) routes() http.Handler {
	mux := http.NewServeMux()
	for _, endpoint := range []string{"/auth", "/auth" + callbackSuffix, "/token", "/logout", "/certs"} {
		mux.Handle(s.kind.IssuerPath+s.kind.ProtocolPath+endpoint, s.toProvider(s.kind.ProtocolPath+endpoint))
	}
	if s.kind.AuthorizePath != s.kind.IssuerPath+s.kind.ProtocolPath+"/auth" {
		mux.Handle(s.kind.AuthorizePath, s.toProvider(s.kind.ProtocolPath+"/auth"))
		mux.Handle(s.kind.AuthorizePath+callbackSuffix, s.toProvider(s.kind.ProtocolPath+"/auth"+callbackSuffix))
	}
	mux.HandleFunc(s.kind.IssuerPath+s.kind.ProtocolPath+"/userinfo", s.serveUserInfo)
	mux.HandleFunc("GET "+s.kind.IssuerPath+s.kind.DiscoveryPath, s.serveDiscovery)
	mux.HandleFunc("GET "+s.kind.loginPath(), s.showLogin)
	mux.HandleFunc("POST "+s.kind.loginPath(), s.submitLogin)
	mux.HandleFunc("GET "+s.kind.signedOutPath(), s.showSignedOut)
	mux.HandleFunc("GET "+s.kind.sessionsPath(), s.showSessions)
	mux.HandleFunc("POST "+s.kind.sessionsPath(), s.closeSessions)
	mux.HandleFunc("GET "+s.kind.stylePath(), serveStyle)
	return mux
}

// toProvider hands a request to the library under the path it knows.
func (s *simulator) toProvider(path string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		inner := r.Clone(r.Context())
		inner.URL.Path, inner.URL.RawPath = path, ""
		s.provider.ServeHTTP(w, inner)
	})
}

func (s *simulator) serveDiscovery(w http.ResponseWriter, r *http.Request) {
	ctx := op.ContextWithIssuer(r.Context(), s.addresses.Issuer)
	document := op.CreateDiscoveryConfig(ctx, s.provider, s.storage)
	document.IntrospectionEndpoint = ""
	document.RevocationEndpoint = ""
	document.DeviceAuthorizationEndpoint = ""
	document.IntrospectionEndpointAuthMethodsSupported = nil
	document.IntrospectionEndpointAuthSigningAlgValuesSupported = nil
	document.RevocationEndpointAuthMethodsSupported = nil
	document.RevocationEndpointAuthSigningAlgValuesSupported = nil
	document.ResponseTypesSupported = []string{string(oidc.ResponseTypeCode)}
	document.GrantTypesSupported = []oidc.GrantType{oidc.GrantTypeCode}
	document.TokenEndpointAuthMethodsSupported = []oidc.AuthMethod{oidc.AuthMethodBasic, oidc.AuthMethodPost}
	document.UserinfoSigningAlgValuesSupported = []string{string(signatureAlgorithm)}
	document.ACRValuesSupported = []string{s.kind.ACR}
	writeJSON(w, document)
}

func writeJSON(w http.ResponseWriter, value any) {
	body, err := json.Marshal(value)
	if err != nil {
		http.Error(w, "réponse impossible à écrire", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(body) // the client is gone: nothing left to tell it
}
