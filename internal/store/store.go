// Package store keeps the registry's records, its access log, its reference data and the sessions of
// those signed in, in SQL. It fulfils the contract of registry.Store and holds no rule of its own: what
// may be done is decided before a change comes here.
//
// What is to be written is a list of statements made without knowing the engine (a file for each noun);
// an engine runs the lists. There is one engine now, the embedded SQLite.
package store

import (
	"context"
	"errors"
	"fmt"

	"vaccin/internal/registry"
)

// ErrClosed is returned by every method of a store that was closed.
var ErrClosed = errors.New("store: closed")

// ErrUnknownOutcome is returned when a commit failed in such a way that what was to be written may be
// there or not. Whoever gets it has to look.
var ErrUnknownOutcome = errors.New("store: it is not known whether this was written")

var errNoEvent = errors.New("store: refused without an access-log event")

// engine is a database that runs statements.
type engine interface {
	// transact does pieces of work in one durable transaction and returns the refusal of each, nil for
	// what was done. When it fails, nothing at all was done, unless the failure is ErrUnknownOutcome.
	transact(batch []work) (refusals []error, failure *failure)
	// read runs queries, all on the same view of what is committed, and, where a network lies between, all in
	// one round trip: none may depend on what another finds.
	read(ctx context.Context, queries ...query) error
	close() error
}

// failure is why a transaction was not done; replay tells whether its pieces may succeed one by one.
type failure struct {
	err    error
	replay bool
}

// query is a question to what is committed. row is called for each row with a function that reads its columns.
type query struct {
	sql  string
	args []any
	row  func(scan func(columns ...any) error) error
}

// Store keeps everything the service keeps. It may be used from many goroutines.
type Store struct {
	engine engine
	queue  *queue
}

var (
	_ registry.Store          = (*Store)(nil)
	_ registry.ReferenceStore = (*Store)(nil)

	_ registry.PortalAccountStore = (*Store)(nil)
)

// Open opens the embedded store in the file at path, which is made, readable by its owner alone, when
// there is none, and brings its tables up to date. What the store acknowledges survives the death of the
// process and of the machine.
func Open(ctx context.Context, path string) (*Store, error) {
	engine, err := openSQLite(ctx, path)
	if err != nil {
		return nil, fmt.Errorf("opening the store: %w", err)
	}
	return &Store{engine: engine, queue: startQueue(engine)}, nil
}

// Close ends what is being written, refuses the rest and closes the files.
func (s *Store) Close() error {
	s.queue.close()
	return s.engine.close()
}

// write does a piece of work, durably, or returns why it was not done.
func (s *Store) write(ctx context.Context, w work) error { return s.queue.do(ctx, w) }

// into is a query that adds each row to rows.
func into[T any](rows *[]T, columns func(*T) []any, sql string, args ...any) query {
	return query{sql, args, func(scan func(...any) error) error {
		var row T
		if err := scan(columns(&row)...); err != nil {
			return err
		}
		*rows = append(*rows, row)
		return nil
	}}
}

// readAll returns the rows of a query as a read of its own.
func readAll[T any](ctx context.Context, s *Store, sql string, args []any, columns func(*T) []any) ([]T, error) {
	var rows []T
	if err := s.engine.read(ctx, into(&rows, columns, sql, args...)); err != nil {
		return nil, err
	}
	return rows, nil
}
