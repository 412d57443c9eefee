// Package psc signs practitioners in through Pro Santé Connect: the client of internal/auth/oidc with Pro Santé
// Connect's addresses and scope, and the reader of the identity that it tells about a professional.
//
// It says who someone is and where they practise. It may not decide whether they may use the service:
// professions, places and sessions belong to internal/auth, and this package imports none of our other
// packages but the client.
package psc

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"vaccin/internal/auth/oidc"
)

const (
	// scopeAll is the scope that Pro Santé Connect asks a service provider to request beside openid.
	scopeAll = "scope_all"
	// defaultACRValues is the level of assurance asked for at the date of the guide.
	defaultACRValues = "eidas1"
	// walletDiscoveryPath is where Pro Santé Connect publishes its metadata,
	// below the issuer; the standard path answers nothing there.
	walletDiscoveryPath = "/.well-known/wallet-openid-configuration"
)

// ReasonNoNationalID says that the account carries neither an RPPS nor an ADELI number.
const ReasonNoNationalID oidc.Reason = "no_national_id"

// Client talks to Pro Santé Connect. It is safe for concurrent use.
type Client struct{ *oidc.Client }

// Login is a completed sign-in and whose it is.
type Login struct {
	oidc.Login
	Identity Identity
}

// New returns a client of the provider of a configuration, whose scopes, discovery address and level of
// assurance are Pro Santé Connect's when it does not say otherwise. It makes no call, so that the service
// starts while Pro Santé Connect is down.
func New(cfg oidc.Config) (*Client, error) {
	if cfg.Scopes == nil {
		cfg.Scopes = []string{scopeAll}
	}
	if cfg.DiscoveryURL == "" {
		cfg.DiscoveryURL = strings.TrimSuffix(cfg.Issuer, "/") + walletDiscoveryPath
	}
	if cfg.ACRValues == "" {
		cfg.ACRValues = defaultACRValues
	}
	client, err := oidc.New(cfg)
	if err != nil {
		return nil, fmt.Errorf("psc: %w", err)
	}
	return &Client{client}, nil
}

// Finish ends a sign-in as oidc.Client.Finish does, and reads whose it is.
func (c *Client) Finish(ctx context.Context, callback url.Values, attempt oidc.Attempt) (Login, error) {
	login, err := c.Client.Finish(ctx, callback, attempt)
	if err != nil {
		return Login{}, err
	}
	identity, err := ParseUserInfo(login.UserInfo)
	if err != nil {
		return Login{}, err
	}
	return Login{login, identity}, nil
}
