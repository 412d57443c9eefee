package demo

import (
	"context"
	"fmt"
	"time"

	"vaccin/internal/auth/password"
	"vaccin/internal/registry"
)

// PortalAccount is an account of the amelipro portal, with the password that the demo prints.
type PortalAccount struct{ Login, Password, NationalID, GivenName, FamilyName string }

// PortalAccounts are two of the simulator's doctors as the portal knows them.
func PortalAccounts() []PortalAccount {
	return []PortalAccount{
		{"h.marchand", "tilleuls en fleurs 42", "899700810379", "Hélène", "MARCHAND"},
		{"a.legrand-roux", "deux cabinets et un jardin", "899700810742", "Antoine", "LEGRAND-ROUX"},
	}
}

// OpenPortal makes the accounts, as an operator would.
func OpenPortal(ctx context.Context, cases *registry.Registry, store registry.PortalAccountStore) error {
	hasher, err := password.NewHasher(password.DefaultParams, 1, time.Minute)
	if err != nil {
		return err
	}
	for _, a := range PortalAccounts() {
		account, err := registry.NewPortalAccount(a.Login, a.NationalID, a.GivenName, a.FamilyName)
		if err == nil {
			err = password.Check(account.Login, a.Password)
		}
		if err == nil {
			account.Hash, err = hasher.Hash(ctx, a.Password)
		}
		if err == nil {
			err = store.SetPortalAccount(ctx, account, cases.PortalEvent(operator, registry.ActionSetPortalAccount, account.Login))
		}
		if err != nil {
			return fmt.Errorf("making a portal account: %w", err)
		}
	}
	return nil
}
