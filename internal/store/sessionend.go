package store

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Who can end sessions beside the browser that holds one: their owner, and their provider by an order that
// serves once.

const (
	countSessions = "SELECT count(*) FROM session WHERE owner = $1 AND owner <> '' AND expires > $2"
	endSessions   = "DELETE FROM session WHERE owner = $1 AND owner <> ''"
	endSession    = "DELETE FROM session WHERE provider_session = $1 AND provider_session <> ''"
	endSubject    = "DELETE FROM session WHERE provider_subject = $1 AND provider_subject <> ''"
	endBoth       = endSubject + " AND provider_session IN ($2, '')"

	insertOrder = "INSERT INTO logout_order (id, expires) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING"
	purgeOrders = "DELETE FROM logout_order WHERE expires < $1"
)

// errOrderAgain says that an order came before.
var errOrderAgain = errors.New("store: this order came before")

// CountSessions counts the sessions of an owner that expire after a moment.
func (s *Store) CountSessions(ctx context.Context, owner string, after time.Time) (int, error) {
	rows, err := readAll(ctx, s, countSessions, []any{owner, after.UnixMicro()}, func(n *int) []any { return []any{n} })
	if err != nil {
		return 0, fmt.Errorf("counting sessions: %w", err)
	}
	return rows[0], nil
}

// EndSessions ends every session of an owner.
func (s *Store) EndSessions(ctx context.Context, owner string) error {
	return s.quietly(ctx, endSessions, owner)
}

// EndProviderSessions ends the sessions of a session or a subject at a provider, in one transaction with the
// order that asks for it, so that an order that failed can come again and one that was done cannot.
func (s *Store) EndProviderSessions(ctx context.Context, order string, until time.Time, session, subject string) (first bool, err error) {
	expires, err := moment(until)
	if err != nil {
		return false, err
	}
	end := statement{sql: endBoth, args: []any{subject, session}, quiet: true}
	switch {
	case subject == "":
		end = statement{sql: endSession, args: []any{session}, quiet: true}
	case session == "":
		end = statement{sql: endSubject, args: []any{subject}, quiet: true}
	}
	err = s.write(ctx, work{statements: []statement{
		{sql: insertOrder, args: []any{order, expires}, none: []reason{{err: errOrderAgain}}}, end,
	}, alone: true})
	if errors.Is(err, errOrderAgain) {
		return false, nil
	}
	return err == nil, err
}

// PurgeOrders forgets the orders that expired before a moment.
func (s *Store) PurgeOrders(ctx context.Context, before time.Time) error {
	return s.quietly(ctx, purgeOrders, ceilMicro(before))
}
