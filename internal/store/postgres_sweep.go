package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"vaccin/internal/registry"
)

const (
	// newestTransaction tells at once how many transactions have written, whoever did; statistics come a second late.
	newestTransaction = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint"
	lockSweep         = "SELECT pg_try_advisory_lock(hashtext('vaccin ' || $1))"
	unlockAll         = "SELECT pg_advisory_unlock_all()"
	onOneProcessor    = "SET max_parallel_workers_per_gather = 0; SET max_parallel_maintenance_workers = 0"
	onSeveral         = "RESET max_parallel_workers_per_gather; RESET max_parallel_maintenance_workers"

	settleFor   = 50 * time.Millisecond // in which two transactions of others tell
	lookEvery   = 100 * time.Millisecond
	quietAfter  = 2 * time.Second // without others: some have pauses
	busyFrom    = 20              // transactions of others a second, from which people are being served
	busyPiece   = 500             // numbers of records: some milliseconds of work
	firstPiece  = 20_000          // until it is known whether others write: a hundredth of a second
	sweptPiece  = 250_000         // when nobody does: as many as a sort in memory holds
	restFor     = 9               // times as long as a piece took
	longestRest = 2 * time.Second
)

// sweep is a connection for work on all persons, which gives way to those who serve people: while others write, it does
// little at a time, on one processor, and rests nine tenths of the time.
type sweep struct {
	conn    *pgx.Conn
	settled bool      // whether others write is known
	busy    bool      // others write, or did a moment ago
	last    time.Time // when they did

	newest int64 // transaction, and when that was looked at
	at     time.Time
	own    int64 // transactions that it wrote itself since then
}

// newSweep begins to look whether others write, which takes a moment: what is done meanwhile is done in small pieces.
func newSweep(ctx context.Context, conn *pgx.Conn) (*sweep, error) {
	s := &sweep{conn: conn}
	return s, s.look(ctx)
}

// settle waits until it is known whether others write.
func (s *sweep) settle(ctx context.Context) error {
	if s.settled {
		return nil
	}
	if err := pause(ctx, settleFor-time.Since(s.at)); err != nil {
		return err
	}
	return s.look(ctx)
}

// beside tells whether people may be being served.
func (s *sweep) beside() bool { return s.busy || !s.settled }

// over calls do with all numbers of records after one up to another: with so many at a time, or with fewer while others write. do tells how many rows it
// wrote; if any, that was one transaction.
func (s *sweep) over(ctx context.Context, after, to, piece int64, do func(after, to int64) (rows int64, err error)) error {
	for after < to {
		size := piece
		switch {
		case s.busy:
			size = min(piece, busyPiece)
		case !s.settled:
			size = min(piece, firstPiece)
		}
		end := min(after+size, to)
		began := time.Now()
		rows, err := do(after, end)
		if err != nil {
			return err
		}
		if rows > 0 {
			s.own++
		}
		if err := s.rest(ctx, time.Since(began)); err != nil {
			return err
		}
		after = end
	}
	return nil
}

// rest lets others work after a piece.
func (s *sweep) rest(ctx context.Context, worked time.Duration) error {
	if s.busy {
		if err := pause(ctx, min(restFor*worked, longestRest)); err != nil {
			return err
		}
	}
	every := lookEvery
	if !s.settled {
		every = settleFor
	}
	if time.Since(s.at) < every {
		return nil
	}
	return s.look(ctx)
}

// look finds how many transactions there were since it last did, but its own.
func (s *sweep) look(ctx context.Context) error {
	newest := int64(0)
	if err := s.conn.QueryRow(ctx, newestTransaction).Scan(&newest); err != nil {
		return fmt.Errorf("finding whether others write: %w", err)
	}
	now := time.Now()
	s.settled = !s.at.IsZero()
	if s.settled && float64(newest-s.newest-s.own) > busyFrom*now.Sub(s.at).Seconds() {
		s.last = now
	}
	busy := now.Sub(s.last) < quietAfter
	s.newest, s.at, s.own = newest, now, 0
	if busy == s.busy {
		return nil
	}
	s.busy = busy
	settings := onSeveral
	if busy {
		settings = onOneProcessor
	}
	_, err := s.conn.Exec(ctx, settings)
	return err
}

func pause(ctx context.Context, long time.Duration) error {
	select {
	case <-time.After(long):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// swept implements engine.
func (e *postgres) swept(ctx context.Context, what string, highest int64, q query) (err error) {
	defer func() { err = unavailable(err) }()
	conn, err := e.bulk(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	alone := false
	if err := conn.QueryRow(ctx, lockSweep, what).Scan(&alone); err != nil {
		return err
	}
	if !alone {
		return registry.ErrRunning
	}
	// The next may begin at once; the server would notice a while after that this one is gone.
	defer func() { _, _ = conn.Exec(context.WithoutCancel(ctx), unlockAll) }()
	s, err := newSweep(ctx, conn)
	if err != nil {
		return err
	}
	return s.over(ctx, 0, highest, sweptPiece, func(after, to int64) (written int64, err error) {
		rows, err := conn.Query(ctx, q.sql, append([]any{after, to}, q.args...)...)
		if err != nil {
			return 0, err
		}
		return 0, q.each(rows)
	})
}
