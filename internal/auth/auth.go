// Package auth knows who is signed in: sessions and the forms kept when they expire, what a sign-in
// told about a practitioner, and their place of practice. It turns an identity into a registry.Actor
// and decides nothing else: what an actor may do is the policy's.
package auth

import (
	"context"
	"time"
)

// Store is what auth needs kept: opaque, sealed data by opaque identifiers. Several servers share
// sessions through it.
type Store interface {
	// Session returns a session's data also when it has expired, until it is purged.
	Session(ctx context.Context, id string) (data []byte, expires time.Time, found bool, err error)
	// CreateSession keeps a new session, and by whom it can be ended: its owner, its session and its subject at
	// a provider. They are blind, and empty where there is none.
	CreateSession(ctx context.Context, id string, data []byte, expires time.Time, owner, session, subject string) error
	// SaveSession writes what changed of a session. One that was ended meanwhile, by any server, stays ended.
	SaveSession(ctx context.Context, id string, data []byte, expires time.Time) error
	DeleteSession(ctx context.Context, id string) error
	PurgeSessions(ctx context.Context, expiredBefore time.Time) error

	// CountSessions counts the sessions of an owner that expire after a moment.
	CountSessions(ctx context.Context, owner string, after time.Time) (int, error)
	// EndSessions ends every session of an owner.
	EndSessions(ctx context.Context, owner string) error
	// EndProviderSessions ends the sessions of a session or of a subject at a provider, or of both when neither
	// is empty. The order bears an identifier: it serves once, and first is false for one that came before.
	EndProviderSessions(ctx context.Context, order string, until time.Time, session, subject string) (first bool, err error)
	// PurgeOrders forgets the orders past their time.
	PurgeOrders(ctx context.Context, before time.Time) error

	// KeepForm keeps one form for an owner, in place of any other.
	KeepForm(ctx context.Context, owner string, data []byte, expires time.Time) error
	KeptForm(ctx context.Context, owner string) (data []byte, expires time.Time, found bool, err error)
	DropForm(ctx context.Context, owner string) error
	PurgeForms(ctx context.Context, expiredBefore time.Time) error

	Handovers
}
