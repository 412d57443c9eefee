// Package pscsim is a simulator of Pro Santé Connect for the demonstration and
// the tests: an OpenID Connect provider with its addresses, its claims, its
// 2-minute access tokens and invented professionals to sign in as.
//
// It is a faithful stranger: it speaks the real protocol over HTTP and shares
// no code with the client. It may be linked into the demo and tests only, never
// into the product, since it signs in whoever asks.
package pscsim

import (
	"crypto/rand"
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

// Where things stand below the base address. The authorization endpoint is the
// wallet's, outside the issuer's path, as Pro Santé Connect's is on another host.
const (
	issuerPath     = "/auth/realms/esante-wallet"
	protocolPath   = "/protocol/openid-connect"
	discoveryPath  = "/.well-known/wallet-openid-configuration"
	authorizePath  = "/wallet/auth"
	loginPath      = "/wallet/login"
	stylePath      = "/wallet/style.css"
	signedOutPath  = "/wallet/deconnexion"
	callbackSuffix = "/callback"
)

// scopeAll is Pro Santé Connect's own scope: everything about the professional.
const scopeAll = "scope_all"

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
	Now            func() time.Time // clock of codes and tokens; default time.Now
}

// Addresses are the endpoints of a simulator, as a client would configure them.
type Addresses struct {
	Issuer, DiscoveryURL                                   string
	AuthURL, TokenURL, UserInfoURL, EndSessionURL, JWKSURL string
}

// AddressesAt returns the addresses of a simulator served at baseURL.
func AddressesAt(baseURL string) Addresses {
	base := strings.TrimSuffix(baseURL, "/")
	issuer := base + issuerPath
	return Addresses{
		Issuer:        issuer,
		DiscoveryURL:  issuer + discoveryPath,
		AuthURL:       base + authorizePath,
		TokenURL:      issuer + protocolPath + "/token",
		UserInfoURL:   issuer + protocolPath + "/userinfo",
		EndSessionURL: issuer + protocolPath + "/logout",
		JWKSURL:       issuer + protocolPath + "/certs",
	}
}

// simulator is the handler that New returns.
type simulator struct {
	options   Options
	addresses Addresses
	storage   *storage
	provider  *op.Provider
}

// New returns the simulator's handler, to be served at Options.BaseURL. It makes
// a new signing key: tokens of an earlier simulator are not accepted.
func New(options Options) (http.Handler, error) {
	if err := options.check(); err != nil {
		return nil, fmt.Errorf("pscsim: options: %w", err)
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	options.BaseURL = strings.TrimSuffix(options.BaseURL, "/")
	store, err := newStorage(options)
	if err != nil {
		return nil, err
	}
	sim := &simulator{options: options, addresses: AddressesAt(options.BaseURL), storage: store}
	sim.provider, err = sim.newProvider()
	if err != nil {
		return nil, fmt.Errorf("pscsim: provider: %w", err)
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
		DefaultLogoutRedirectURI: s.options.BaseURL + signedOutPath,
		CodeMethodS256:           true,
		AuthMethodPost:           true,
		SupportedUILocales:       []language.Tag{language.French},
		SupportedScopes:          []string{oidc.ScopeOpenID, scopeAll},
	}
	if _, err := rand.Read(config.CryptoKey[:]); err != nil {
		return nil, err
	}
	return op.NewProvider(config, s.storage, op.StaticIssuer(s.addresses.Issuer),
		op.WithAllowInsecure(), // the demo is plain HTTP on the loopback interface
		op.WithCORSOptions(nil),
		op.WithCustomAuthEndpoint(op.NewEndpointWithURL(protocolPath+"/auth", s.addresses.AuthURL)),
		op.WithCustomTokenEndpoint(op.NewEndpoint(protocolPath+"/token")),
		op.WithCustomUserinfoEndpoint(op.NewEndpoint(protocolPath+"/userinfo")),
		op.WithCustomEndSessionEndpoint(op.NewEndpoint(protocolPath+"/logout")),
		op.WithCustomKeysEndpoint(op.NewEndpoint(protocolPath+"/certs")),
	)
}

// routes serves only what Pro Santé Connect offers: the library's other
// endpoints (introspection, device, standard discovery) answer 404.
func (s *simulator) routes() http.Handler {
	mux := http.NewServeMux()
	for _, endpoint := range []string{"/auth", "/auth" + callbackSuffix, "/token", "/logout", "/certs"} {
		mux.Handle(issuerPath+protocolPath+endpoint, s.toProvider(protocolPath+endpoint))
	}
	mux.Handle(authorizePath, s.toProvider(protocolPath+"/auth"))
	mux.Handle(authorizePath+callbackSuffix, s.toProvider(protocolPath+"/auth"+callbackSuffix))
	mux.HandleFunc(issuerPath+protocolPath+"/userinfo", s.serveUserInfo)
	mux.HandleFunc("GET "+issuerPath+discoveryPath, s.serveDiscovery)
	mux.HandleFunc("GET "+loginPath, s.showLogin)
	mux.HandleFunc("POST "+loginPath, s.submitLogin)
	mux.HandleFunc("GET "+signedOutPath, s.showSignedOut)
	mux.HandleFunc("GET "+stylePath, serveStyle)
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
	document.ACRValuesSupported = []string{acr}
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
