package storetest

import (
	"context"
	"time"
)

var sessionTests = group{
	"sessions are kept, replaced, deleted and purged": func(e *env) { e.keeps(sessionsOf(e.store)) },
	"forms are kept, replaced, dropped and purged":    func(e *env) { e.keeps(formsOf(e.store)) },
	"sessions and forms know nothing of one another":  apart,
}

// keeper is what sessions and kept forms have in common.
type keeper struct {
	get   func(context.Context, string) ([]byte, time.Time, bool, error)
	put   func(context.Context, string, []byte, time.Time) error
	drop  func(context.Context, string) error
	purge func(context.Context, time.Time) error
}

func sessionsOf(s Sessions) keeper {
	return keeper{s.Session, s.SaveSession, s.DeleteSession, s.PurgeSessions}
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
