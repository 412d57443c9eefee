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
	SaveSession(ctx context.Context, id string, data []byte, expires time.Time) error
	DeleteSession(ctx context.Context, id string) error
	PurgeSessions(ctx context.Context, expiredBefore time.Time) error

	// KeepForm keeps one form for an owner, in place of any other.
	KeepForm(ctx context.Context, owner string, data []byte, expires time.Time) error
	KeptForm(ctx context.Context, owner string) (data []byte, expires time.Time, found bool, err error)
	DropForm(ctx context.Context, owner string) error
	PurgeForms(ctx context.Context, expiredBefore time.Time) error
}
