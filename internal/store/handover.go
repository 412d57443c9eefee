package store

import (
	"context"
	"errors"
	"time"
)

// A hand-over is opaque here, as a session is. It differs in that it is taken once, by one server.

const (
	selectHandover = "SELECT data, expires FROM handover WHERE id = $1"
	deleteHandover = "DELETE FROM handover WHERE id = $1"
	purgeHandovers = "DELETE FROM handover WHERE expires < $1"
)

var insertHandover = insertOf("handover", "id, data, expires")

// errTaken tells that someone else took a hand-over in the meantime.
var errTaken = errors.New("store: the hand-over was taken")

// KeepHandover keeps a hand-over until it is taken or purged.
func (s *Store) KeepHandover(ctx context.Context, id string, data []byte, expires time.Time) error {
	return s.keep(ctx, insertHandover, id, data, expires)
}

// TakeHandover returns a hand-over, expired or not, and deletes it. Of several that take the same one,
// the one whose statement deleted the row has it; for the others, there is none.
func (s *Store) TakeHandover(ctx context.Context, id string) (data []byte, expires time.Time, found bool, err error) {
	data, expires, found, err = s.kept(ctx, selectHandover, id)
	if err != nil || !found {
		return nil, time.Time{}, false, err
	}
	taken := statement{sql: deleteHandover, args: []any{id}, none: []reason{{err: errTaken}}}
	if err := s.write(ctx, work{statements: []statement{taken}}); errors.Is(err, errTaken) {
		return nil, time.Time{}, false, nil
	} else if err != nil {
		return nil, time.Time{}, false, err
	}
	return data, expires, true, nil
}

// PurgeHandovers deletes the hand-overs that expired before a moment.
func (s *Store) PurgeHandovers(ctx context.Context, expiredBefore time.Time) error {
	return s.quietly(ctx, purgeHandovers, ceilMicro(expiredBefore))
}
