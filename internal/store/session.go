package store

import (
	"context"
	"fmt"
	"time"
)

// Sessions and forms kept are opaque here: what they hold, and whether it is sealed, is the business of
// whoever signs people in.

const (
	selectSession = "SELECT data, expires FROM session WHERE id = $1"
	deleteSession = "DELETE FROM session WHERE id = $1"
	purgeSessions = "DELETE FROM session WHERE expires < $1"
	updateSession = "UPDATE session SET data = $2, expires = $3 WHERE id = $1"

	selectForm = "SELECT data, expires FROM kept_form WHERE owner = $1"
	deleteForm = "DELETE FROM kept_form WHERE owner = $1"
	purgeForms = "DELETE FROM kept_form WHERE expires < $1"
)

var (
	insertSession = insertOf("session", "id, data, expires, owner, provider_session, provider_subject")
	upsertForm    = upsertOf("kept_form", "owner", "data, expires")
)

// Session returns a session's data and when it expires. Expired ones are returned until they are purged.
func (s *Store) Session(ctx context.Context, id string) (data []byte, expires time.Time, found bool, err error) {
	return s.kept(ctx, selectSession, id)
}

// CreateSession keeps a new session until it is ended or purged, and by whom it can be ended.
func (s *Store) CreateSession(ctx context.Context, id string, data []byte, expires time.Time, owner, session, subject string) error {
	until, err := moment(expires)
	if err != nil {
		return err
	}
	return s.write(ctx, work{statements: []statement{{
		sql: insertSession, args: []any{id, notNil(data), until, owner, session, subject},
	}}})
}

// SaveSession replaces a session's data and end. One that is no longer there stays ended, and that is no error.
func (s *Store) SaveSession(ctx context.Context, id string, data []byte, expires time.Time) error {
	until, err := moment(expires)
	if err != nil {
		return err
	}
	return s.write(ctx, work{statements: []statement{{sql: updateSession, args: []any{id, notNil(data), until}, quiet: true}}})
}

// DeleteSession ends a session; that there is none is no error.
func (s *Store) DeleteSession(ctx context.Context, id string) error {
	return s.quietly(ctx, deleteSession, id)
}

// PurgeSessions deletes the sessions that expired before a moment. It reads them all, which takes the better part of
// a second for fifty thousand: no one else's work shares its transaction.
func (s *Store) PurgeSessions(ctx context.Context, expiredBefore time.Time) error {
	return s.write(ctx, work{
		statements: []statement{{sql: purgeSessions, args: []any{ceilMicro(expiredBefore)}, quiet: true}}, alone: true,
	})
}

// KeepForm keeps the form of an owner, in place of the one they had.
func (s *Store) KeepForm(ctx context.Context, owner string, data []byte, expires time.Time) error {
	return s.keep(ctx, upsertForm, owner, data, expires)
}

// KeptForm returns the form kept for an owner and when it expires. Expired ones are returned until they
// are purged.
func (s *Store) KeptForm(ctx context.Context, owner string) (data []byte, expires time.Time, found bool, err error) {
	return s.kept(ctx, selectForm, owner)
}

// DropForm deletes the form kept for an owner; that there is none is no error.
func (s *Store) DropForm(ctx context.Context, owner string) error {
	return s.quietly(ctx, deleteForm, owner)
}

// PurgeForms deletes the forms that expired before a moment.
func (s *Store) PurgeForms(ctx context.Context, expiredBefore time.Time) error {
	return s.quietly(ctx, purgeForms, ceilMicro(expiredBefore))
}

func (s *Store) kept(ctx context.Context, query, key string) (data []byte, expires time.Time, found bool, err error) {
	type row struct {
		data    []byte
		expires time.Time
	}
	var rows []row
	columns := func(r *row) []any { return []any{&r.data, asMoment(&r.expires)} }
	if err := s.engine.read(ctx, often(into(&rows, columns, query, key))); err != nil {
		return nil, time.Time{}, false, fmt.Errorf("reading what is kept: %w", err)
	}
	if len(rows) == 0 {
		return nil, time.Time{}, false, nil
	}
	return rows[0].data, rows[0].expires, true, nil
}

func (s *Store) keep(ctx context.Context, query, key string, data []byte, expires time.Time) error {
	until, err := moment(expires)
	if err != nil {
		return err
	}
	return s.write(ctx, work{statements: []statement{{sql: query, args: []any{key, notNil(data), until}}}})
}

// notNil keeps nothing as no bytes, which a column that must have a value takes.
func notNil(data []byte) []byte {
	if data == nil {
		return []byte{}
	}
	return data
}

func (s *Store) quietly(ctx context.Context, query string, arg any) error {
	return s.write(ctx, work{statements: []statement{{sql: query, args: []any{arg}, quiet: true}}})
}
