// Package agentsim is a simulator of the provider through which those who are not practitioners sign in: opsim
// with the addresses and the nested roles of a Keycloak realm, and an invented agent for each role, two of
// campaigns since one approves what the other prepares, one with two roles, one with none.
//
// It may be linked into the demo and tests only, never into the product, since it signs in whoever asks.
package agentsim

import (
	"net/http"

	"vaccin/internal/demo/opsim"
)

// RoleClaim is where the simulator puts roles.
const RoleClaim = "realm_access.roles"

// Roles is how its values are read, as an operator would configure it.
func Roles() []string {
	return []string{
		"vaccin-assistance=support", "vaccin-dpo=data-protection-officer", "vaccin-campagne=campaign-manager",
		"vaccin-referentiels=referential-manager", "vaccin-statistiques=statistics-reader",
	}
}

// Account is one invented agent.
type Account struct {
	Key, Label            string
	GivenName, FamilyName string
	Roles                 []string // as the realm names them
}

// Name is the name to show, "Inès CARON".
func (a Account) Name() string { return a.GivenName + " " + a.FamilyName }

// Accounts returns the accounts in the order of the login page.
func Accounts() []Account {
	return []Account{
		{"assistance", "Assistance\u00a0: recherche, modifie et annule avec un motif, enregistre les oppositions", "Inès", "CARON", []string{"offline_access", "vaccin-assistance"}},
		{"dpo", "Délégué à la protection des données", "Marc", "VIDAL", []string{"vaccin-dpo"}},
		{"campagne", "Responsable de campagne\u00a0: écrit les campagnes, prépare les ciblages", "Léa", "ROLLAND", []string{"vaccin-campagne"}},
		{"campagne-2", "Autre responsable de campagne\u00a0: approuve ce que la première a préparé", "Hugo", "MASSON", []string{"vaccin-campagne"}},
		{"referentiels", "Gestionnaire des référentiels\u00a0: ses pages n’existent pas encore", "Yann", "LE GOFF", []string{"vaccin-referentiels"}},
		{"statistiques", "Lecteur des statistiques\u00a0: ses pages n’existent pas encore", "Awa", "DIALLO", []string{"vaccin-statistiques"}},
		{"deux-roles", "Assistance et protection des données\u00a0: choisit un rôle, peut en changer", "Chloé", "MEUNIER", []string{"vaccin-dpo", "vaccin-assistance"}},
		{"sans-role", "Agent sans rôle dans le téléservice\u00a0: l’accès est refusé", "Tom", "ADAM", []string{"offline_access"}},
	}
}

// Options describe the simulator and the one service it knows.
type Options = opsim.Options

// Addresses are the endpoints of a simulator, as a client would configure them.
type Addresses = opsim.Addresses

func kind() opsim.Kind {
	k := opsim.Kind{
		Name:          "fournisseur d’identité des agents",
		Title:         "Simulateur du fournisseur d’identité des agents",
		IssuerPath:    "/realms/agents",
		ProtocolPath:  "/protocol/openid-connect",
		DiscoveryPath: "/.well-known/openid-configuration",
		AuthorizePath: "/realms/agents/protocol/openid-connect/auth",
		PagesPath:     "/agents",
		Scope:         "profile",
		ACR:           "1",
	}
	for _, a := range Accounts() {
		subject := "00000000-0000-4000-8000-" + a.Key
		k.Accounts = append(k.Accounts, opsim.Account{
			Key: a.Key, Label: a.Label, Name: a.Name(), Subject: subject,
			PreferredUsername: a.Key, FamilyName: a.FamilyName, GivenName: a.GivenName,
			UserInfo: userInfo{subject, a.Key, a.GivenName, a.FamilyName, a.Name(), realmAccess{a.Roles}},
		})
	}
	return k
}

// userInfo is written as a Keycloak realm writes it.
type userInfo struct {
	Subject           string      `json:"sub"`
	PreferredUsername string      `json:"preferred_username"`
	GivenName         string      `json:"given_name"`
	FamilyName        string      `json:"family_name"`
	Name              string      `json:"name"`
	RealmAccess       realmAccess `json:"realm_access"`
}

type realmAccess struct {
	Roles []string `json:"roles"`
}

// AddressesAt returns the addresses of a simulator served at baseURL.
func AddressesAt(baseURL string) Addresses { return kind().AddressesAt(baseURL) }

// New returns the simulator's handler, to be served at Options.BaseURL.
func New(options Options) (http.Handler, error) { return opsim.New(kind(), options) }
