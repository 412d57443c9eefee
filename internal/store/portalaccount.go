package store

import (
	"context"
	"fmt"

	"vaccin/internal/registry"
)

const (
	selectPortalAccount = "SELECT login, hash, national_id, given_name, family_name FROM portal_account WHERE login = $1"
	deletePortalAccount = "DELETE FROM portal_account WHERE login = $1"
	rehashPortalAccount = "UPDATE portal_account SET hash = $3 WHERE login = $1 AND hash = $2"
)

var upsertPortalAccount = upsertOf("portal_account", "login", "hash, national_id, given_name, family_name")

// PortalAccount implements registry.PortalAccountStore.
func (s *Store) PortalAccount(ctx context.Context, login string) (registry.PortalAccount, error) {
	found, err := readAll(ctx, s, selectPortalAccount, []any{login}, func(a *registry.PortalAccount) []any {
		return []any{&a.Login, &a.Hash, &a.NationalID, &a.GivenName, &a.FamilyName}
	})
	if err != nil {
		return registry.PortalAccount{}, fmt.Errorf("reading a portal account: %w", err)
	}
	if len(found) == 0 {
		return registry.PortalAccount{}, registry.ErrNoPortalAccount
	}
	return found[0], nil
}

// SetPortalAccount implements registry.PortalAccountStore.
func (s *Store) SetPortalAccount(ctx context.Context, a registry.PortalAccount, event registry.Event) error {
	return s.withEvent(ctx, event, statement{sql: upsertPortalAccount, args: []any{a.Login, a.Hash, a.NationalID, a.GivenName, a.FamilyName}})
}

// RemovePortalAccount implements registry.PortalAccountStore.
func (s *Store) RemovePortalAccount(ctx context.Context, login string, event registry.Event) error {
	return s.withEvent(ctx, event, statement{sql: deletePortalAccount, args: []any{login}, none: []reason{{err: registry.ErrNoPortalAccount}}})
}

// RehashPortalAccount implements registry.PortalAccountStore.
func (s *Store) RehashPortalAccount(ctx context.Context, login, from, to string) error {
	return s.write(ctx, work{statements: []statement{{sql: rehashPortalAccount, args: []any{login, from, to}, quiet: true}}})
}

// withEvent does one statement and writes its event, both or neither. The event does not hang on a guard, so
// that a refusal has to undo it.
func (s *Store) withEvent(ctx context.Context, event registry.Event, st statement) error {
	logged, err := logAlways(event)
	if err != nil {
		return err
	}
	return s.write(ctx, work{statements: []statement{st, logged}, alone: true})
}
