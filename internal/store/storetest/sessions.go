package storetest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
)

var sessionTests = group{
	"sessions are kept, replaced, deleted and purged": func(e *env) { e.keeps(sessionsOf(e.store)) },
	"forms are kept, replaced, dropped and purged":    func(e *env) { e.keeps(formsOf(e.store)) },
	"sessions and forms know nothing of one another":  apart,
	"a session that was ended is not brought back":    staysEnded,
	"sessions are counted and ended by their owner":   ofOwners,
	"sessions are ended by their provider":            ofProviders,
	"an order of a provider serves once":              orders,
}

// keeper is what sessions and kept forms have in common.
type keeper struct {
	get   func(context.Context, string) ([]byte, time.Time, bool, error)
	put   func(context.Context, string, []byte, time.Time) error
	drop  func(context.Context, string) error
	purge func(context.Context, time.Time) error
}

func sessionsOf(s Sessions) keeper {
	put := func(ctx context.Context, id string, data []byte, expires time.Time) error {
		if _, _, found, err := s.Session(ctx, id); err != nil || found {
			return errors.Join(err, s.SaveSession(ctx, id, data, expires))
		}
		return s.CreateSession(ctx, id, data, expires, "", "", "")
	}
	return keeper{s.Session, put, s.DeleteSession, s.PurgeSessions}
}

func formsOf(s Sessions) keeper { return keeper{s.KeptForm, s.KeepForm, s.DropForm, s.PurgeForms} }

func (e *env) has(k keeper, key, want string, expires time.Time) {
	e.Helper()
	data, at, found, err := k.get(e.ctx, key)
	e.ok(err)
	if !found {
		e.Fatalf("there is nothing under %q", key)
	}
	e.equal("the data", string(data), want)
	e.equal("the end", at, expires)
}

func (e *env) hasNot(k keeper, key string) {
	e.Helper()
	data, at, found, err := k.get(e.ctx, key)
	e.ok(err)
	if found || data != nil || !at.IsZero() {
		e.Fatalf("there is something under %q", key)
	}
}

func (e *env) keeps(k keeper) {
	end := time.Date(2021, 2, 1, 12, 0, 0, 123456000, time.UTC)
	e.hasNot(k, "a")
	e.ok(k.put(e.ctx, "a", []byte("one\x00\xff"), end))
	e.ok(k.put(e.ctx, "b", []byte("two"), end.Add(time.Hour)))
	e.has(k, "a", "one\x00\xff", end)
	e.ok(k.put(e.ctx, "a", nil, end.Add(time.Minute)))
	e.has(k, "a", "", end.Add(time.Minute))
	e.has(k, "b", "two", end.Add(time.Hour))

	e.ok(k.drop(e.ctx, "b"))
	e.ok(k.drop(e.ctx, "b"))
	e.hasNot(k, "b")
	e.has(k, "a", "", end.Add(time.Minute))

	e.ok(k.put(e.ctx, "c", []byte("three"), end.Add(2*time.Minute)))
	e.ok(k.purge(e.ctx, end.Add(time.Minute)))
	e.has(k, "a", "", end.Add(time.Minute)) // expires at that moment, not before
	e.ok(k.purge(e.ctx, end.Add(time.Minute+time.Microsecond)))
	e.hasNot(k, "a")
	e.has(k, "c", "three", end.Add(2*time.Minute))
	e.fails(k.put(e.ctx, "d", []byte("four"), time.Time{}))
	e.hasNot(k, "d")
}

func apart(e *env) {
	sessions, forms, end := sessionsOf(e.store), formsOf(e.store), e.clock.Now()
	e.ok(sessions.put(e.ctx, "a", []byte("session"), end))
	e.hasNot(forms, "a")
	e.ok(forms.put(e.ctx, "a", []byte("form"), end))
	e.ok(sessions.purge(e.ctx, end.Add(time.Hour)))
	e.hasNot(sessions, "a")
	e.has(forms, "a", "form", end)
}

func staysEnded(e *env) {
	end := e.clock.Now().Add(time.Hour)
	e.ok(e.store.CreateSession(e.ctx, "a", []byte("one"), end, "o", "s", "u"))
	e.fails(e.store.CreateSession(e.ctx, "a", []byte("another"), end, "p", "", ""))
	e.has(sessionsOf(e.store), "a", "one", end)
	e.ok(e.store.DeleteSession(e.ctx, "a"))
	e.ok(e.store.SaveSession(e.ctx, "a", []byte("two"), end))
	e.hasNot(sessionsOf(e.store), "a")
}

// open makes sessions named after whose they are, "owner session subject", and left returns those there are.
func (e *env) open(names ...string) (left func() string) {
	e.Helper()
	for _, name := range names {
		parts := strings.Split(name, " ")
		e.ok(e.store.CreateSession(e.ctx, name, []byte(name), e.clock.Now().Add(time.Hour), parts[0], parts[1], parts[2]))
	}
	return func() string {
		there := []string{}
		for _, name := range names {
			_, _, found, err := e.store.Session(e.ctx, name)
			e.ok(err)
			if found {
				there = append(there, name)
			}
		}
		slices.Sort(there)
		return strings.Join(there, ", ")
	}
}

func ofOwners(e *env) {
	left := e.open("o s1 u", "o s2 u", "p s3 v", " s4 w")
	end := e.clock.Now().Add(time.Hour)
	count := func(owner string, after time.Time, want int) {
		e.Helper()
		n, err := e.store.CountSessions(e.ctx, owner, after)
		e.ok(err)
		e.equal("the sessions of "+owner, n, want)
	}
	count("o", end.Add(-time.Second), 2)
	count("o", end, 0)
	count("nobody", end.Add(-time.Second), 0)
	e.ok(e.store.SaveSession(e.ctx, "o s1 u", []byte("changed"), end.Add(time.Minute)))
	count("o", end, 1)
	e.ok(e.store.EndSessions(e.ctx, "o"))
	e.equal("what is left", left(), " s4 w, p s3 v")
	e.ok(e.store.EndSessions(e.ctx, "o"))
	e.ok(e.store.EndSessions(e.ctx, ""))
	e.equal("what is left", left(), " s4 w, p s3 v")
}

func ofProviders(e *env) {
	left := e.open("o s1 u", "o s2 u", "o  u", "p s1 v", "q  ")
	until := e.clock.Now().Add(time.Minute)
	ends := func(order, session, subject, want string) {
		e.Helper()
		first, err := e.store.EndProviderSessions(e.ctx, order, until, session, subject)
		e.ok(err)
		e.equal("an order that comes first", first, true)
		e.equal("what is left", left(), want)
	}
	all := "o  u, o s1 u, o s2 u, p s1 v, q  "
	ends("1", "", "", all)
	ends("2", "s9", "", all)
	ends("3", "s1", "w", all)
	ends("4", "s1", "u", "o s2 u, p s1 v, q  ")
	ends("5", "s1", "", "o s2 u, q  ")
	ends("6", "", "u", "q  ")
}

func orders(e *env) {
	until := e.clock.Now().Add(time.Minute)
	comes := func(order string, want bool) {
		e.Helper()
		first, err := e.store.EndProviderSessions(e.ctx, order, until, "s", "")
		e.ok(err)
		e.equal("an order that comes first", first, want)
	}
	comes("1", true)
	left := e.open("o s u")
	comes("1", false)
	e.equal("what an order that came before leaves", left(), "o s u")
	e.ok(e.store.PurgeOrders(e.ctx, until))
	comes("1", false)
	e.ok(e.store.PurgeOrders(e.ctx, until.Add(time.Microsecond)))
	comes("1", true)
	e.equal("what is left", left(), "")
	_, err := e.store.EndProviderSessions(e.ctx, "2", time.Time{}, "s", "")
	e.fails(err)
}
