// Package agents signs in those who are not practitioners (ACC-10: support, campaign, referential, data
// protection, statistics) through the organisation's own provider: the client of internal/auth/oidc, and the
// reader of a claim that names roles.
//
// It says who an agent is and which roles the organisation gave them. It may not decide what a role may do, nor
// make a practitioner of anybody: the roles it can name are those of agents alone.
package agents

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"vaccin/internal/auth/oidc"
	"vaccin/internal/registry"
)

// Config is a provider of agents, and how it tells roles.
type Config struct {
	oidc.Config
	// RoleClaim names the claim that holds the roles: a text or a list of texts, in the ID token or else in
	// userinfo. A claim of that very name comes first; otherwise dots lead into objects (realm_access.roles).
	RoleClaim string
	// Roles says which role each value gives, "value=role". Values that are not named give none.
	Roles []string
}

// Client talks to the provider of agents. It is safe for concurrent use.
type Client struct {
	*oidc.Client
	claim string
	roles map[string]registry.Role
}

// Login is a completed sign-in and whose it is.
type Login struct {
	oidc.Login
	Identity Identity
}

// Roles are those that agents can have, in the order in which they are offered.
func Roles() []registry.Role {
	return []registry.Role{
		registry.RoleSupport, registry.RoleDataProtection, registry.RoleCampaign, registry.RoleReferential, registry.RoleStatistics,
	}
}

// New returns a client of the provider of a configuration. It makes no call, so that the service starts while
// the provider is down.
func New(cfg Config) (*Client, error) {
	roles, err := readRoles(cfg.Roles)
	if err != nil {
		return nil, fmt.Errorf("agents: %w", err)
	}
	if cfg.RoleClaim == "" || slices.Contains(strings.Split(cfg.RoleClaim, "."), "") {
		return nil, fmt.Errorf("agents: the claim that holds the roles is not named")
	}
	if cfg.Scopes == nil {
		cfg.Scopes = []string{"profile"}
	}
	client, err := oidc.New(cfg.Config)
	if err != nil {
		return nil, fmt.Errorf("agents: %w", err)
	}
	return &Client{client, cfg.RoleClaim, roles}, nil
}

// readRoles reads "value=role" lines. A role that is no agent's stops the start: a slip there would let
// somebody in as somebody else.
func readRoles(lines []string) (map[string]registry.Role, error) {
	roles := map[string]registry.Role{}
	for _, line := range lines {
		cut := strings.LastIndexByte(line, '=')
		if cut <= 0 {
			return nil, fmt.Errorf("a role is written value=role, not %q", line)
		}
		value, role := line[:cut], registry.Role(line[cut+1:])
		if !slices.Contains(Roles(), role) {
			return nil, fmt.Errorf("%q is no role of agents; they are %v", role, Roles())
		}
		if _, twice := roles[value]; twice {
			return nil, fmt.Errorf("the value %q stands twice", value)
		}
		roles[value] = role
	}
	if len(roles) == 0 {
		return nil, fmt.Errorf("no role is configured: nobody could come in")
	}
	return roles, nil
}

// Finish ends a sign-in as oidc.Client.Finish does, and reads whose it is.
func (c *Client) Finish(ctx context.Context, callback url.Values, attempt oidc.Attempt) (Login, error) {
	login, err := c.Client.Finish(ctx, callback, attempt)
	if err != nil {
		return Login{}, err
	}
	identity, err := c.Identity(login.Subject, login.Claims, login.UserInfo)
	if err != nil {
		return Login{}, err
	}
	return Login{login, identity}, nil
}
