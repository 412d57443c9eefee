// Package pscsim is a simulator of Pro Santé Connect for the demonstration and
// the tests: opsim with its addresses, its claims, its 2-minute access tokens
// and invented professionals to sign in as.
//
// It may be linked into the demo and tests only, never into the product, since
// it signs in whoever asks.
package pscsim

import (
	"net/http"

	"vaccin/internal/demo/opsim"
)

// Options describe the simulator and the one service provider it knows.
type Options = opsim.Options

// Addresses are the endpoints of a simulator, as a client would configure them.
type Addresses = opsim.Addresses

// kind is Pro Santé Connect. The authorization endpoint is the wallet's, outside
// the issuer's path, as the real one is on another host.
func kind() opsim.Kind {
	k := opsim.Kind{
		Name:          "Pro Santé Connect",
		Title:         "Simulateur Pro Santé Connect",
		IssuerPath:    "/auth/realms/esante-wallet",
		ProtocolPath:  "/protocol/openid-connect",
		DiscoveryPath: "/.well-known/wallet-openid-configuration",
		AuthorizePath: "/wallet/auth",
		PagesPath:     "/wallet",
		Scope:         "scope_all", // Pro Santé Connect's own: everything about the professional
		ACR:           "eidas1",
	}
	for _, a := range Accounts() {
		k.Accounts = append(k.Accounts, opsim.Account{
			Key: a.Key, Label: a.Label, Name: a.DisplayName(), Subject: a.Subject(),
			PreferredUsername: a.NationalID, FamilyName: a.FamilyName, GivenName: a.GivenName,
			Claims:   map[string]any{"SubjectNameID": a.NationalID, "authMode": authMode},
			UserInfo: a.claims(),
		})
	}
	return k
}

// AddressesAt returns the addresses of a simulator served at baseURL.
func AddressesAt(baseURL string) Addresses { return kind().AddressesAt(baseURL) }

// New returns the simulator's handler, to be served at Options.BaseURL. It makes
// a new signing key, unless it is given one: tokens of an earlier simulator are not accepted.
func New(options Options) (http.Handler, error) { return opsim.New(kind(), options) }
