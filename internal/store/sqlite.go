package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"runtime"
	"sync"
	"time"

	"github.com/pressly/goose/v3"
	sqlitelib "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// What is wrong with the file of an embedded store before anything is asked of it.
var (
	// ErrNotStore is returned when the file is none of the library: another path was given, or it is damaged at its beginning.
	ErrNotStore = errors.New("store: the file is not a database")
	// ErrCannotOpen is returned for a folder, and for a file or a folder that the account may not open or write.
	ErrCannotOpen = errors.New("store: the file of the database cannot be opened")
)

//go:embed migrations/sqlite/*.sql
var migrations embed.FS

// busyTimeout is how long another process (an import while the service runs) that holds the one write
// lock is waited for.
const busyTimeout = 10 * time.Second

// Settings of every connection; busy_timeout is in milliseconds. FULL makes each commit wait until the
// disk has it: the default under WAL would acknowledge entries that a power cut takes back.
//
// Mapping the file into memory was tried, and a search took twice as long.
const (
	commonSettings = "_pragma=busy_timeout(10000)&_pragma=foreign_keys(1)&_dqs=0"
	writerSettings = commonSettings + "&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)" +
		"&_pragma=wal_autocheckpoint(4000)&_pragma=" + smallCache
	readerSettings = commonSettings + "&_pragma=query_only(1)&_pragma=cache_size(-16384)"
)

// sqlite is the embedded engine: one connection that writes, and a few that read.
type sqlite struct {
	writers *sql.DB
	readers *sql.DB
	writer  *sqliteConn
	pool    chan *sqliteConn
	size    int
	closed  chan struct{}
	once    sync.Once
	imports sync.Mutex // held by the import of a population
}

func openSQLite(ctx context.Context, path string) (_ *sqlite, err error) {
	if err := create(path); err != nil {
		return nil, err
	}
	e := &sqlite{size: max(4, runtime.NumCPU()), closed: make(chan struct{})}
	defer func() {
		if err != nil {
			err = errors.Join(err, e.closeAll())
		}
	}()
	if e.writers, err = sql.Open("sqlite", address(path, writerSettings)); err != nil {
		return nil, err
	}
	if err := migrate(ctx, e.writers); err != nil {
		return nil, err
	}
	e.writer = &sqliteConn{db: e.writers}
	if err := e.writer.checkDurable(); err != nil {
		return nil, err
	}
	if e.readers, err = sql.Open("sqlite", address(path, readerSettings)); err != nil {
		return nil, err
	}
	e.pool = make(chan *sqliteConn, e.size)
	for range e.size {
		e.pool <- &sqliteConn{db: e.readers}
	}
	return e, nil
}

// create makes the file, readable by its owner alone, when there is none. One that exists is not even
// opened: to close it would drop the locks that this process may hold on it.
func create(path string) error {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return file.Close()
}

// address is the driver's name of the file with settings.
func address(path, settings string) string {
	escaped := (&url.URL{Path: path}).EscapedPath()
	return (&url.URL{Scheme: "file", Opaque: escaped, RawQuery: settings}).String()
}

func migrate(ctx context.Context, db *sql.DB) error {
	files, err := fs.Sub(migrations, "migrations/sqlite")
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, files, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	// Another process may bring the same new file up to date at the same time: whoever comes second to a
	// migration fails, and looks again once the first has done it.
	for deadline := time.Now().Add(busyTimeout); ; time.Sleep(busyTimeout / 100) {
		_, err := provider.Up(ctx)
		if err == nil {
			return nil
		}
		pending, unknown := provider.HasPending(ctx)
		if unknown != nil || pending && time.Now().After(deadline) || ctx.Err() != nil {
			return fmt.Errorf("bringing the tables up to date: %w", unfit(err))
		}
	}
}

// unfit tells a file that is no store, or cannot be opened, by what the library says of it.
func unfit(err error) error {
	switch embeddedCode(err) {
	case sqlite3.SQLITE_NOTADB:
		return fmt.Errorf("%w: %w", ErrNotStore, err)
	case sqlite3.SQLITE_CANTOPEN:
		return fmt.Errorf("%w: %w", ErrCannotOpen, err)
	}
	return err
}

// embeddedCode is the primary result code of the embedded library in an error, SQLITE_OK where there is none.
func embeddedCode(err error) int {
	var told *sqlitelib.Error
	if errors.As(err, &told) {
		return told.Code() & 0xff
	}
	return sqlite3.SQLITE_OK
}

func (e *sqlite) close() error {
	err := ErrClosed
	e.once.Do(func() {
		close(e.closed)
		for range e.size {
			if c := <-e.pool; c.conn != nil {
				c.drop()
			}
		}
		e.writer.drop()
		err = e.closeAll()
	})
	return err
}

func (e *sqlite) closeAll() (err error) {
	for _, db := range []*sql.DB{e.readers, e.writers} {
		if db != nil {
			err = errors.Join(err, db.Close())
		}
	}
	return err
}

// transact implements engine.
func (e *sqlite) transact(batch []work, _ func()) ([]error, *failure) {
	if _, err := e.writer.exec("BEGIN IMMEDIATE", nil); err != nil {
		e.writer.drop()
		return nil, &failure{err: fmt.Errorf("store: beginning to write: %w", err)}
	}
	if err := e.writer.fitCache(len(batch) == 1 && batch[0].alone); err != nil {
		e.writer.drop()
		return nil, &failure{err: fmt.Errorf("store: fitting the writer's cache: %w", err)}
	}
	refusals := make([]error, len(batch))
	for i, w := range batch {
		refusal, err := e.perform(w)
		if err != nil {
			e.writer.rollback()
			return nil, &failure{err: err, replay: true}
		}
		if refusal != nil && w.alone {
			e.writer.rollback()
			return []error{refusal}, nil
		}
		refusals[i] = refusal
	}
	if _, err := e.writer.exec("COMMIT", nil); err != nil {
		e.writer.rollback()
		return nil, &failure{err: fmt.Errorf("%w: %w", ErrUnknownOutcome, err)}
	}
	return refusals, nil
}

// perform runs the statements of a piece of work up to the first that refuses it.
func (e *sqlite) perform(w work) (refusal, err error) {
	if w.inside != nil {
		return nil, w.inside()
	}
	for i, s := range w.statements {
		rows, err := e.writer.exec(s.sql, s.args)
		if err != nil {
			return nil, err
		}
		if rows > 0 || s.quiet {
			continue
		}
		why, err := s.why(func(probe query) error { return e.writer.query(probe.sql, probe.args, probe.row) })
		if err != nil {
			return nil, err
		}
		if why != nil && i > 0 && !w.alone {
			return nil, fmt.Errorf("%w: refused after its guard held: %w", errDefect, why)
		}
		if why != nil {
			return why, nil
		}
	}
	return nil, nil
}

// reader takes a connection that reads; release gives it back.
func (e *sqlite) reader(ctx context.Context) (c *sqliteConn, release func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	select {
	case c = <-e.pool:
		return c, func() { e.pool <- c }, nil
	case <-ctx.Done():
		return nil, nil, ctx.Err()
	case <-e.closed:
		return nil, nil, ErrClosed
	}
}

// read implements engine. A single query takes no transaction around it.
func (e *sqlite) read(ctx context.Context, queries ...query) error {
	c, release, err := e.reader(ctx)
	if err != nil {
		return err
	}
	defer release()
	if len(queries) > 1 {
		if _, err := c.exec("BEGIN", nil); err != nil {
			c.drop()
			return fmt.Errorf("store: beginning to read: %w", err)
		}
	}
	for _, q := range queries {
		if err := c.query(q.sql, q.args, q.row); err != nil {
			c.drop() // it may be the connection's fault, and it ends the transaction
			return err
		}
	}
	if len(queries) > 1 {
		if _, err := c.exec("COMMIT", nil); err != nil {
			c.drop()
			return fmt.Errorf("store: ending to read: %w", err)
		}
	}
	return nil
}

// sqliteConn is a connection with the statements it has prepared. Statements run to their end whatever
// becomes of the request they serve: they are short, and to interrupt one leaves doubt.
type sqliteConn struct {
	db       *sql.DB
	conn     *sql.Conn
	prepared map[string]*sql.Stmt
	long     bool // it has the cache of long work
}

func (c *sqliteConn) statement(text string) (*sql.Stmt, error) {
	if s, ok := c.prepared[text]; ok {
		return s, nil
	}
	if c.conn == nil {
		conn, err := c.db.Conn(context.Background())
		if err != nil {
			return nil, err
		}
		c.conn, c.prepared = conn, map[string]*sql.Stmt{}
	}
	s, err := c.conn.PrepareContext(context.Background(), text)
	if err != nil {
		return nil, err
	}
	c.prepared[text] = s
	return s, nil
}

func (c *sqliteConn) exec(text string, args []any) (rows int64, err error) {
	s, err := c.statement(text)
	if err != nil {
		return 0, err
	}
	result, err := s.Exec(args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// query runs a query and hands over each row.
func (c *sqliteConn) query(text string, args []any, row func(scan func(...any) error) error) (err error) {
	s, err := c.statement(text)
	if err != nil {
		return err
	}
	rows, err := s.Query(args...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := row(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// The writer's cache. After a commit that split a page, SQLite looks through all of it: 64 MB cost a
// quarter of a millisecond, which short work must not wait for. Long work wants as much, for it comes
// back to many pages before it commits.
const (
	smallCache = "cache_size(-4096)"
	largeCache = "cache_size(-65536)"
)

// fitCache gives the writer the cache for long work, or for short. Such a statement takes effect as it is
// prepared, so that it is not kept prepared.
func (c *sqliteConn) fitCache(long bool) error {
	if c.long == long {
		return nil
	}
	size := smallCache
	if long {
		size = largeCache
	}
	if _, err := c.conn.ExecContext(context.Background(), "PRAGMA "+size); err != nil {
		return err
	}
	c.long = long
	return nil
}

// rollback undoes what is not committed. A connection that cannot is dropped, which undoes it too.
func (c *sqliteConn) rollback() {
	if _, err := c.exec("ROLLBACK", nil); err != nil {
		c.drop()
	}
}

// drop closes the connection; the next use opens another. Errors of a connection given up tell nothing.
func (c *sqliteConn) drop() {
	if c.conn == nil {
		return
	}
	for _, s := range c.prepared {
		_ = s.Close()
	}
	_ = c.conn.Raw(func(any) error { return driver.ErrBadConn })
	c.conn, c.prepared, c.long = nil, nil, false
}

// checkDurable refuses a file on which the settings of durability did not take.
func (c *sqliteConn) checkDurable() error {
	for setting, want := range map[string]string{"synchronous": "2", "journal_mode": "wal"} {
		got := ""
		err := c.query("PRAGMA "+setting, nil, func(scan func(...any) error) error { return scan(&got) })
		if err != nil {
			return err
		}
		if got != want {
			return fmt.Errorf("the file does not take the setting %s: it is %s, not %s", setting, got, want)
		}
	}
	return nil
}
