package storetest

import "vaccin/internal/registry"

var portalTests = group{
	"accounts are set, replaced and removed, each with its event": accounts,
	"nothing is changed without an event":                         accountsWithoutEvent,
	"a hash is replaced only while it stands":                     rehash,
}

func account(login string) registry.PortalAccount {
	return registry.PortalAccount{
		Login: login, Hash: "$argon2id$" + login, NationalID: "899700810379", GivenName: "Hélène", FamilyName: "MARCHAND",
	}
}

func (e *env) hasAccount(want registry.PortalAccount) {
	e.Helper()
	got, err := e.store.PortalAccount(e.ctx, want.Login)
	e.ok(err)
	e.equal("the account", got, want)
}

func (e *env) hasNoAccount(login string) {
	e.Helper()
	got, err := e.store.PortalAccount(e.ctx, login)
	e.fails(err, registry.ErrNoPortalAccount)
	e.equal("the account", got, registry.PortalAccount{})
}

func (e *env) eventsOf(action registry.Action) int {
	e.Helper()
	events, err := e.store.Events(e.ctx, registry.EventQuery{Limit: 1000})
	e.ok(err)
	n := 0
	for _, event := range events {
		if event.Action == action {
			n++
		}
	}
	return n
}

func accounts(e *env) {
	e.hasNoAccount("dr.un")
	e.ok(e.store.SetPortalAccount(e.ctx, account("dr.un"), e.event(registry.ActionSetPortalAccount)))
	e.ok(e.store.SetPortalAccount(e.ctx, account("dr.deux"), e.event(registry.ActionSetPortalAccount)))
	e.hasAccount(account("dr.un"))

	other := account("dr.un")
	other.Hash, other.NationalID, other.GivenName, other.FamilyName = "$argon2id$other", "0123456789", "Zoé", "ÉLUARD"
	e.ok(e.store.SetPortalAccount(e.ctx, other, e.event(registry.ActionSetPortalAccount)))
	e.hasAccount(other)
	e.hasAccount(account("dr.deux"))
	e.equal("events", e.eventsOf(registry.ActionSetPortalAccount), 3)

	e.ok(e.store.RemovePortalAccount(e.ctx, "dr.un", e.event(registry.ActionRemovePortalAccount)))
	e.hasNoAccount("dr.un")
	e.hasAccount(account("dr.deux"))
	e.fails(e.store.RemovePortalAccount(e.ctx, "dr.un", e.event(registry.ActionRemovePortalAccount)), registry.ErrNoPortalAccount)
	e.equal("events", e.eventsOf(registry.ActionRemovePortalAccount), 1)
}

func accountsWithoutEvent(e *env) {
	e.fails(e.store.SetPortalAccount(e.ctx, account("dr.un"), registry.Event{}))
	e.hasNoAccount("dr.un")
	e.ok(e.store.SetPortalAccount(e.ctx, account("dr.un"), e.event(registry.ActionSetPortalAccount)))
	e.fails(e.store.RemovePortalAccount(e.ctx, "dr.un", registry.Event{}))
	e.hasAccount(account("dr.un"))
}

func rehash(e *env) {
	e.ok(e.store.SetPortalAccount(e.ctx, account("dr.un"), e.event(registry.ActionSetPortalAccount)))
	e.ok(e.store.RehashPortalAccount(e.ctx, "dr.un", "$argon2id$before", "$argon2id$lost"))
	e.hasAccount(account("dr.un"))
	renewed := account("dr.un")
	renewed.Hash = "$argon2id$renewed"
	e.ok(e.store.RehashPortalAccount(e.ctx, "dr.un", account("dr.un").Hash, renewed.Hash))
	e.hasAccount(renewed)
	e.ok(e.store.RehashPortalAccount(e.ctx, "nobody", renewed.Hash, "$argon2id$lost"))
	e.hasNoAccount("nobody")
	e.equal("events", e.eventsOf(registry.ActionSetPortalAccount), 1)
}
