// Package store keeps the registry's records, its access log, its reference data and the sessions of
// those signed in, in SQL. It fulfils the contract of registry.Store and holds no rule of its own: what
// may be done is decided before a change comes here.
//
// What is to be written is a list of statements made without knowing the engine (a file for each noun);
// an engine runs the lists: the embedded SQLite (sqlite.go) or PostgreSQL (postgres.go).
package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"vaccin/internal/keyring"
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
	transactor
	// read runs queries, all on the same view of what is committed, and, where a network lies between, all in
	// one round trip: none may depend on what another finds.
	read(ctx context.Context, queries ...query) error
	// swept runs a query, however long it takes, on the records up to the highest number. Its first two arguments are put
	// before: the number after which the records are that it is to look at, and the one up to which. Where people are served
	// meanwhile it is few at a time, and the rows of each time are given to q. While another process does what is named so, it
	// returns registry.ErrRunning.
	swept(ctx context.Context, what string, highest int64, q query) error
	// target carries out the run that begin begins, once no other is carried out; what it does in the queue of all others it has
	// write do.
	target(ctx context.Context, begin func(context.Context) (targeting, error), write func(context.Context, work) error) error
	// through returns up to which number a run has been through the records.
	through(ctx context.Context, run int) (int64, error)
	// importing begins an import of a population, alone; what it does in the queue of all others it has write do.
	importing(ctx context.Context, write func(context.Context, work) error) (importSession, error)
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
	// often says that many ask it at the same time, so that it is worth asking for all of them at once; the
	// first of some queries says it for all.
	often bool
	// long says of what is asked alone that the answer may take the database as long as it lets a statement run: given up before, it would be
	// taken for a network that is cut, and all connections with it. One such question is asked at a time.
	long bool
}

// Store keeps everything the service keeps. It may be used from many goroutines.
type Store struct {
	engine engine
	queue  *queue
	keys   keyHolder
	log    logQueries

	numbers numbers

	codeSpace uint64 // how many target codes there are; tests have fewer
}

var (
	_ registry.Store          = (*Store)(nil)
	_ registry.ReferenceStore = (*Store)(nil)

	_ registry.PortalAccountStore = (*Store)(nil)
	_ registry.TargetingStore     = (*Store)(nil)
	_ registry.PopulationStore    = (*Store)(nil)
	_ registry.MatchStore         = (*Store)(nil)
	_ registry.LetterStore        = (*Store)(nil)
)

// Options are how a store is opened. The zero value is an operator's command.
type Options struct {
	// Migrate brings the tables of a PostgreSQL database up to date. The embedded store, and an empty database,
	// are always brought up to date.
	Migrate bool
	// Service lays down, in a PostgreSQL database, all rights but those of the running service.
	Service bool
	// Log takes what an operator should know; nil for none.
	Log *slog.Logger
	// Keys hands over the ring under which identities are sealed and found. Without, nil, the store does what
	// needs no identity, and answers ErrNoKeys to the rest.
	Keys keyring.Source
	// Importing opens a database also while the first import of its population is not finished: for who goes on with it.
	Importing bool

	// Looking makes no tables in an empty PostgreSQL database, but returns ErrNoTables: for who looks whether there is something.
	Looking bool

	copying bool // who copies into a database opens it before the copy is finished
}

// Open opens the store at an address: a PostgreSQL database (postgres://…), or else the embedded store in the
// file of that name, which is made, readable by its owner alone, when there is none. What the store
// acknowledges survives the death of the process and of the machine.
//
// It returns ErrOutdated for a database whose tables are older than this program, ErrCopying for one into which
// another store is being copied, and ErrLoading for one of which the first import of the population is not finished.
func Open(ctx context.Context, address string, o Options) (*Store, error) {
	var e engine
	var err error
	most, log := 1, sqliteLog
	if IsDatabase(address) {
		e, err = openPostgres(ctx, address, o)
		err = unavailable(err)
		most, log = writesAtOnce, postgresLog
	} else {
		e, err = openSQLite(ctx, address)
	}
	if err != nil {
		return nil, fmt.Errorf("opening the store: %w", err)
	}
	s := &Store{engine: e, queue: startQueue(e, most), log: log, codeSpace: registry.CodeSpace - 1}
	err = s.takeKeys(ctx, o.Keys)
	if held := s.keys.held.Load(); err == nil && held != nil && !IsDatabase(address) {
		err = sealClear(ctx, address, held)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("opening the store: %w", err), s.Close())
	}
	return s, nil
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
	return query{sql: sql, args: args, row: func(scan func(...any) error) error {
		var row T
		if err := scan(columns(&row)...); err != nil {
			return err
		}
		*rows = append(*rows, row)
		return nil
	}}
}

// often is a query that is worth asking for many at once.
func often(q query) query {
	q.often = true
	return q
}

// readAll returns the rows of a query as a read of its own.
func readAll[T any](ctx context.Context, s *Store, sql string, args []any, columns func(*T) []any) ([]T, error) {
	var rows []T
	if err := s.engine.read(ctx, into(&rows, columns, sql, args...)); err != nil {
		return nil, err
	}
	return rows, nil
}
