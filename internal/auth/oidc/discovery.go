package oidc

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"sync"
	"time"

	gooidc "github.com/coreos/go-oidc/v3/oidc"
)

// discoveryPause is how long a failed discovery is remembered: while the
// provider is down, those who wait get the answer at once instead of queueing
// one behind the other for a timeout each.
const discoveryPause = 2 * time.Second

// provider is where to reach the provider and its signing keys.
type provider struct {
	authURL, tokenURL, userInfoURL, endSessionURL, jwksURL string

	keys gooidc.KeySet
}

// endpointSource yields the provider: the configured endpoints, completed once
// by discovery when one of them is missing.
type endpointSource struct {
	cfg  Config
	http *http.Client
	lock chan struct{} // a lock that one can stop waiting for

	mu       sync.Mutex // guards what follows
	found    *provider
	failure  error
	failedAt time.Time
}

func newEndpointSource(cfg Config, client *http.Client) *endpointSource {
	source := &endpointSource{cfg: cfg, http: client, lock: make(chan struct{}, 1)}
	configured := provider{
		authURL: cfg.AuthURL, tokenURL: cfg.TokenURL, userInfoURL: cfg.UserInfoURL,
		endSessionURL: cfg.EndSessionURL, jwksURL: cfg.JWKSURL,
	}
	if configured.complete() {
		source.found = source.withKeys(configured)
	}
	return source
}

func (p provider) complete() bool {
	return p.authURL != "" && p.tokenURL != "" && p.userInfoURL != "" && p.endSessionURL != "" && p.jwksURL != ""
}

// get returns the provider, calling discovery when it is not known yet. A
// failure is not final: the next call after discoveryPause tries again.
func (s *endpointSource) get(ctx context.Context) (*provider, error) {
	if found, err := s.known(); found != nil || err != nil {
		return found, err
	}
	select {
	case s.lock <- struct{}{}:
		defer func() { <-s.lock }()
	case <-ctx.Done():
		return nil, fail(ReasonProviderDown, "discovery: gave up waiting")
	}
	if found, err := s.known(); found != nil || err != nil {
		return found, err
	}
	// The answer serves everyone who waits: one browser that goes away must not
	// fail the others. The client's own timeout bounds the call.
	found, err := s.discover(context.WithoutCancel(ctx))
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.failure, s.failedAt = err, time.Now()
		return nil, err
	}
	s.found, s.failure = found, nil
	return found, nil
}

// known returns what was found, or a failure that is still fresh, or neither.
func (s *endpointSource) known() (*provider, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.found != nil {
		return s.found, nil
	}
	if s.failure != nil && time.Since(s.failedAt) < discoveryPause {
		return nil, s.failure
	}
	return nil, nil
}

func (s *endpointSource) discover(ctx context.Context) (*provider, error) {
	body, err := s.fetch(ctx)
	if err != nil {
		return nil, err
	}
	var document struct {
		gooidc.ProviderConfig
		EndSessionURL string `json:"end_session_endpoint"`
	}
	if err := json.Unmarshal(body, &document); err != nil {
		return nil, fail(ReasonInvalidResponse, "discovery document cannot be read")
	}
	if document.IssuerURL != s.cfg.Issuer {
		return nil, fail(ReasonInvalidResponse, "discovery document of another issuer")
	}
	merged := provider{
		authURL:       firstOf(s.cfg.AuthURL, document.AuthURL),
		tokenURL:      firstOf(s.cfg.TokenURL, document.TokenURL),
		userInfoURL:   firstOf(s.cfg.UserInfoURL, document.UserInfoURL),
		endSessionURL: firstOf(s.cfg.EndSessionURL, document.EndSessionURL),
		jwksURL:       firstOf(s.cfg.JWKSURL, document.JWKSURL),
	}
	for _, address := range []string{merged.authURL, merged.tokenURL, merged.userInfoURL, merged.endSessionURL, merged.jwksURL} {
		if err := checkAddress(address); err != nil {
			return nil, fail(ReasonInvalidResponse, "discovery document: an endpoint is missing or not secure")
		}
	}
	return s.withKeys(merged), nil
}

func (s *endpointSource) fetch(ctx context.Context) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.cfg.DiscoveryURL, nil)
	if err != nil {
		return nil, fail(ReasonMisconfigured, "discovery address cannot be used")
	}
	request.Header.Set("Accept", "application/json")
	response, err := s.http.Do(request)
	if err != nil {
		return nil, callError("discovery", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fail(ReasonInvalidResponse, "discovery answered "+http.StatusText(response.StatusCode))
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, callError("discovery", err)
	}
	return body, nil
}

// withKeys gives the provider its key set, fetched when first needed and again
// when a token names an unknown key. Its calls outlive the request that
// caused them, hence the background context.
func (s *endpointSource) withKeys(p provider) *provider {
	paused := *s.http
	paused.Transport = &pausedKeys{next: s.http.Transport}
	p.keys = gooidc.NewRemoteKeySet(gooidc.ClientContext(context.Background(), &paused), p.jwksURL)
	return &p
}

func firstOf(configured, discovered string) string {
	if configured != "" {
		return configured
	}
	return discovered
}
