package storetest

import (
	"strings"
	"time"

	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
)

var injectionTests = group{"texts of SQL are texts": sqlTexts}

// hostile are texts that would mean something to a database that read them as its own.
var hostile = []string{
	`' OR '1'='1`, `'; DROP TABLE record; --`, `" OR ""="`, `%`, `_`, `\`, `*`, `$1`, `?`, `NULL`, `75' UNION SELECT 1,2,3 --`, "a\x00b",
}

// sqlTexts looks everything up that is looked up by a text: nothing is found, nothing fails, nothing changes.
func sqlTexts(e *env) {
	e.ok(e.store.SetPortalAccount(e.ctx, account("dr.un"), e.event(registry.ActionSetPortalAccount)))
	before, err := e.store.Events(e.ctx, registry.EventQuery{Limit: 1000})
	e.ok(err)
	day := registry.MustDate("2021-02-01")
	for _, text := range hostile {
		found := 0
		count := func(n int, err error) {
			e.Helper()
			e.ok(err)
			found += n
		}
		localities, err := e.store.Localities(e.ctx, text, 10)
		count(len(localities), err)
		localities, err = e.store.LocalitiesNamed(e.ctx, "75011 Paris"+text)
		count(len(localities), err)
		places, err := e.store.Places(e.ctx, registrytest.PlaceEHPAD, text, day, 10)
		count(len(places), err)
		places, err = e.store.Places(e.ctx, text, "75", day, 10)
		count(len(places), err)
		lots, err := e.store.Lots(e.ctx, text, "", 10)
		count(len(lots), err)
		practice, err := e.store.PracticePlaces(e.ctx, text)
		count(len(practice), err)
		events, err := e.store.Events(e.ctx, registry.EventQuery{NationalID: text, Limit: 10})
		count(len(events), err)
		events, err = e.store.Events(e.ctx, registry.EventQuery{Record: registry.RecordID(text), Limit: 10})
		count(len(events), err)
		throttle, err := e.store.Throttle(e.ctx, text)
		count(int(throttle.Version), err)
		e.hasNoAccount(text)
		e.hasNot(sessionsOf(e.store), text)
		e.hasNot(formsOf(e.store), text)
		if found != 0 {
			e.Errorf("%d are found by %q", found, text)
		}
		// What is written comes back to the letter, and nothing else; only what is no character may not.
		odd := account(text)
		odd.GivenName, odd.FamilyName, odd.Hash = text, text, text
		e.ok(e.store.SetPortalAccount(e.ctx, odd, e.event(registry.ActionSetPortalAccount)))
		if !strings.Contains(text, "\x00") {
			e.hasAccount(odd)
		}
		e.ok(e.store.RemovePortalAccount(e.ctx, text, e.event(registry.ActionRemovePortalAccount)))
		e.ok(e.store.KeepForm(e.ctx, text, []byte(text), e.clock.Now().Add(time.Hour)))
		e.has(formsOf(e.store), text, text, e.clock.Now().Add(time.Hour))
		e.ok(e.store.DropForm(e.ctx, text))
	}
	e.hasAccount(account("dr.un"))
	after, err := e.store.Events(e.ctx, registry.EventQuery{Limit: 1000})
	e.ok(err)
	e.equal("entries", len(after)-len(before), 2*len(hostile))
}
