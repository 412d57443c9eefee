package oidc

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	gooidc "github.com/coreos/go-oidc/v3/oidc"
)

// discoveryPath is where OpenID Connect Discovery has a provider publish its metadata, below the issuer.
const discoveryPath = "/.well-known/openid-configuration"

// Config describes a provider and our registration with it.
// An endpoint that is set wins over the discovered one; when all five are set,
// discovery is never called. Addresses must be https, except on the loopback
// interface.
type Config struct {
	Issuer       string // required; compared to the letter with the tokens' iss
	DiscoveryURL string // default: Issuer + /.well-known/openid-configuration

	AuthURL       string // authorization endpoint; another host than the issuer's in production
	TokenURL      string
	UserInfoURL   string
	EndSessionURL string
	JWKSURL       string

	ClientID              string // required
	ClientSecret          string // required; stays on the server
	RedirectURL           string // required; our callback, registered with the provider
	PostLogoutRedirectURL string // our page after sign-out; empty: the provider shows its own

	Scopes    []string // openid is always asked for
	ACRValues string   // acr_values asked for; empty: none

	HTTPClient *http.Client     // default: a new client; its timeout is lowered to 5 s if longer
	Now        func() time.Time // security clock for token expiry; default time.Now
}

func (c Config) withDefaults() (Config, error) {
	if c.Issuer == "" || c.ClientID == "" || c.ClientSecret == "" || c.RedirectURL == "" {
		return Config{}, errors.New("issuer, client id, client secret and redirect address are required")
	}
	if c.DiscoveryURL == "" {
		c.DiscoveryURL = strings.TrimSuffix(c.Issuer, "/") + discoveryPath
	}
	if !slices.Contains(c.Scopes, gooidc.ScopeOpenID) {
		c.Scopes = slices.Concat([]string{gooidc.ScopeOpenID}, c.Scopes)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.HTTPClient == nil {
		c.HTTPClient = &http.Client{}
	}
	addresses := []struct {
		name, value string
		optional    bool
	}{
		{"issuer", c.Issuer, false},
		{"discovery address", c.DiscoveryURL, false},
		{"authorization address", c.AuthURL, true},
		{"token address", c.TokenURL, true},
		{"userinfo address", c.UserInfoURL, true},
		{"end session address", c.EndSessionURL, true},
		{"key set address", c.JWKSURL, true},
		{"redirect address", c.RedirectURL, false},
		{"post-logout redirect address", c.PostLogoutRedirectURL, true},
	}
	for _, address := range addresses {
		if address.optional && address.value == "" {
			continue
		}
		if err := checkAddress(address.value); err != nil {
			return Config{}, fmt.Errorf("%s: %w", address.name, err)
		}
	}
	return c, nil
}

// checkAddress refuses what would send a code, a secret or an identity in clear
// over a network.
func checkAddress(text string) error {
	address, err := url.Parse(text)
	if err != nil {
		return errors.New("cannot be read")
	}
	if address.Host == "" || address.User != nil || address.Fragment != "" {
		return errors.New("must be absolute, without user or fragment")
	}
	switch address.Scheme {
	case "https":
		return nil
	case "http":
		if isLoopback(address.Hostname()) {
			return nil
		}
	}
	return errors.New("must be https, or http on the loopback interface")
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
