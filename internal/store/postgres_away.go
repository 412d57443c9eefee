package store

import (
	"context"
	"crypto/tls"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"vaccin/internal/registry"
)

// A database is away at times: it restarts, a standby takes its place, a network breaks, a disk is full. This file
// says what is waited for, what is tried again, and what then is told.

// What is waited for. A server that is restarting, or a standby that is being promoted, is awaited for
// patience, so that who is in the middle of an act sees a slow page and not a failed one; an answer that
// does not come at all is given up after answerWithin, and then nobody knows what was done. Together they are
// well below the time that the service has to answer a request (30 s): who waits is told.
const (
	patience         = 5 * time.Second
	answerWithin     = 10 * time.Second
	longAnswerWithin = 65 * time.Second // to work alone, as imports are: a little more than statement_timeout
	connectWithin    = 2 * time.Second  // to one server: of several in an address, the first may be gone
	retryEvery       = 50 * time.Millisecond
)

// limitedConn is a connection on which no read waits longer than its limit, and no piece of a write: a network
// that is cut says nothing by itself.
type limitedConn struct {
	net.Conn
	limit atomic.Int64 // nanoseconds
}

func dialLimited(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := (&net.Dialer{KeepAlive: answerWithin}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	limited := &limitedConn{Conn: c}
	limited.limit.Store(int64(answerWithin))
	return limited, nil
}

func (c *limitedConn) until() time.Time { return time.Now().Add(time.Duration(c.limit.Load())) }

// Read is Conn's, within the limit.
func (c *limitedConn) Read(b []byte) (int, error) {
	if err := c.SetReadDeadline(c.until()); err != nil {
		return 0, err
	}
	return c.Conn.Read(b)
}

// atOnce is how many bytes are written within one limit: an import is many more, which the server takes no faster than
// it does what they say.
const atOnce = 64 << 10

// Write is Conn's, each part of b within the limit.
func (c *limitedConn) Write(b []byte) (written int, err error) {
	for written < len(b) && err == nil {
		if err := c.SetWriteDeadline(c.until()); err != nil {
			return written, err
		}
		n := 0
		n, err = c.Conn.Write(b[written:min(written+atOnce, len(b))])
		written += n
	}
	return written, err
}

// longWork lets a connection wait for as long as the database lets a statement run, until done is called.
func longWork(c *pgxpool.Conn) (done func()) {
	under := c.Conn().PgConn().Conn()
	if sealed, ok := under.(*tls.Conn); ok {
		under = sealed.NetConn()
	}
	limited, ok := under.(*limitedConn)
	if !ok {
		return func() {}
	}
	limited.limit.Store(int64(longAnswerWithin))
	return func() { limited.limit.Store(int64(answerWithin)) }
}

// acquire takes a connection, and waits for the database to come back when it is away.
func (e *postgres) acquire(ctx context.Context, from *connections) (*pgxpool.Conn, error) {
	within, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		p := from.pool()
		c, err := p.Acquire(within)
		switch {
		case err == nil:
			return c, nil
		case e.closed.Load():
			return nil, ErrClosed
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case within.Err() == nil && from.pool() == p && !away(err): // and not that the pool was replaced meanwhile
			return nil, err
		}
		select {
		case <-time.After(retryEvery):
		case <-within.Done():
			return nil, fmt.Errorf("%w: %w", registry.ErrUnavailable, err)
		}
	}
}

// exchange is that of a connection. When it is lost, so are the others to the same server.
func (e *postgres) exchange(c *pgxpool.Conn, steps []step, waits func()) (committing bool, err error) {
	committing, err = exchange(c, steps, waits)
	return committing, e.lost(c, err)
}

// lost forgets all connections when an error shows that one was lost: what comes next would otherwise find the
// others, dead too, one after the other.
func (e *postgres) lost(c *pgxpool.Conn, err error) error {
	if err != nil && (c.Conn().IsClosed() || errors.Is(err, os.ErrDeadlineExceeded)) {
		e.writers.forget(c.Conn())
		e.readers.forget(c.Conn())
	}
	return err
}

// connections are a pool that is replaced by a new one when the server is lost. A pool that is only emptied waits to
// close what is dead, for many seconds where the network says nothing, and meanwhile opens nothing in its place.
type connections struct {
	config *pgxpool.Config
	mu     sync.Mutex
	now    *pgxpool.Pool
	since  time.Time
	closed bool
}

// openedKey is where a connection keeps the moment when it was opened.
const openedKey = "vaccin-opened"

func (c *connections) open(ctx context.Context, config *pgxpool.Config) (err error) {
	prepare := config.AfterConnect
	config.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		conn.PgConn().CustomData()[openedKey] = time.Now()
		return prepare(ctx, conn)
	}
	c.config = config
	if c.now, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return fmt.Errorf("connecting to the database: %w", err)
	}
	return nil
}

func (c *connections) pool() *pgxpool.Pool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// forget replaces the pool, unless that was done since the connection that was lost had been opened.
func (c *connections) forget(lost *pgx.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	opened, _ := lost.PgConn().CustomData()[openedKey].(time.Time)
	if c.closed || opened.Before(c.since) {
		return
	}
	fresh, err := pgxpool.NewWithConfig(context.Background(), c.config)
	if err != nil {
		c.now.Reset()
		return
	}
	go c.now.Close() // which waits for who still has one of its connections
	c.now, c.since = fresh, time.Now()
}

func (c *connections) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed = true; c.now != nil {
		c.now.Close()
	}
}

// unsent is an error of a transaction of which the end, and with it the commit, was not sent.
type unsent struct{ error }

// SafeToRetry is for pgconn's function of that name.
func (unsent) SafeToRetry() bool { return true }

// Unwrap returns the error itself.
func (u unsent) Unwrap() error { return u.error }

// away tells an error that a database which restarts, is being replaced, or has no room, gives.
func away(err error) bool {
	var told *pgconn.PgError
	if errors.As(err, &told) {
		// Operator intervention (shutting down, starting up), want of resources (disk, memory, connections), a
		// standby that is not promoted yet, a transaction that was ended because we said nothing for too long: the machine was stopped.
		return strings.HasPrefix(told.Code, "57P") || strings.HasPrefix(told.Code, "53") || slices.Contains([]string{"25006", "25P03", "25P04"}, told.Code)
	}
	var network net.Error
	var connecting *pgconn.ConnectError
	return errors.As(err, &connecting) || errors.As(err, &network) || pgconn.SafeToRetry(err) ||
		errors.Is(err, driver.ErrBadConn) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) || errors.Is(err, os.ErrDeadlineExceeded)
}

// passing tells an error of a transaction that was not done and may succeed as it is: it never left, the server
// was stopped under it, or it met another's locks.
func passing(err error) bool {
	var told *pgconn.PgError
	switch {
	case errors.Is(err, ErrUnknownOutcome):
		return false
	case errors.As(err, &told):
		return slices.Contains([]string{"40P01", "40001", "55P03"}, told.Code) || away(err)
	}
	return pgconn.SafeToRetry(err)
}

// taken tells the error of a unique index: another transaction, which the guard could not see yet, wrote the same key.
// Done again, the guard sees it.
func taken(err error) bool {
	var told *pgconn.PgError
	return errors.As(err, &told) && told.Code == "23505"
}

// locked tells the error of who waited for another's lock for as long as they may.
func locked(err error) bool {
	var told *pgconn.PgError
	return errors.As(err, &told) && told.Code == "55P03"
}

// unavailable says of an error that the store is away, if that is what it means.
func unavailable(err error) error {
	if err == nil || errors.Is(err, registry.ErrUnavailable) || !away(err) && !errors.Is(err, ErrUnknownOutcome) {
		return err
	}
	return fmt.Errorf("%w: %w", registry.ErrUnavailable, err)
}

// unavailable says so of a failure. While the store is away, pieces fail one by one as they did together, each after its
// wait: nothing is replayed.
func (f *failure) unavailable() *failure {
	if f == nil {
		return nil
	}
	err := unavailable(f.err)
	return &failure{err: err, replay: f.replay && !errors.Is(err, registry.ErrUnavailable)}
}
