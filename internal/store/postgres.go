package store

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// postgres is the national engine: connections that write, in pieces of work sent whole, and connections that
// read, on one view each time. Whatever is sent is sent in one round trip.
type postgres struct {
	writers, readers connections
	shapes           sync.Map // of statements, by their text: merged
	loadsAlways      bool     // though there be more persons than rows
	readsMerged      int      // from how many on those alike are one
	writesMerged     int
	readings         *gathering[*reading]
	longRead         chan struct{} // holds who reads for long: one at a time, or a few would keep all connections from those who serve people
	closed           atomic.Bool
	// bulk opens a connection for work on the whole population, which takes as long as it takes.
	bulk   func(context.Context) (*pgx.Conn, error)
	runs   runSizes
	counts *postgresCounts
}

// IsDatabase tells the address of a PostgreSQL database, be it misspelled, from the name of a file: taken for a
// file, it would make a new and empty store whose name holds a password.
func IsDatabase(address string) bool {
	text := strings.ToLower(address)
	return spelled(address) || strings.Contains(text, "://") || strings.HasPrefix(text, "postgres:") || strings.HasPrefix(text, "postgresql:") ||
		strings.HasPrefix(text, "host=") || strings.Contains(text, "password=")
}

// spelled tells an address that is read as one.
func spelled(address string) bool {
	return strings.HasPrefix(address, "postgres://") || strings.HasPrefix(address, "postgresql://")
}

// Name is an address as it may be shown: without the password and the settings that it may hold.
func Name(address string) string {
	if !IsDatabase(address) {
		return address
	}
	u, err := url.Parse(address)
	if err != nil || !spelled(address) {
		return "postgres://…"
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}

func openPostgres(ctx context.Context, address string, o Options) (_ *postgres, err error) {
	config, err := pgxpool.ParseConfig(address)
	if err != nil || !spelled(address) {
		return nil, ErrAddress // the library's error may hold the password
	}
	if !strings.Contains(address, "connect_timeout") {
		config.ConnConfig.ConnectTimeout = connectWithin
	}
	if err := preparePostgres(ctx, config.ConnConfig, o); err != nil {
		return nil, err
	}
	e := &postgres{
		readsMerged: readsMerged, writesMerged: writesMerged, runs: nationalRun, counts: newPostgresCounts(),
		longRead: make(chan struct{}, 1),
	}
	bulk := poolConfig(config, o, settingsInBulk, "")
	e.bulk = func(ctx context.Context) (*pgx.Conn, error) {
		return connectBulk(ctx, bulk.ConnConfig.Copy(), bulk.AfterConnect)
	}
	e.readings = gather(readsAtOnce, e.readTogether)
	defer func() {
		if err != nil {
			_ = e.close()
		}
	}()
	if err = e.writers.open(ctx, poolConfig(config, o, settingsToWrite, "")); err != nil {
		return nil, err
	}
	if err = e.readers.open(ctx, poolConfig(config, o, settingsToRead, toReadOnly)); err != nil {
		return nil, err
	}
	if err := e.checkLoaded(ctx, o); err != nil {
		return nil, err
	}
	if err := e.checkDurable(ctx, o); err != nil {
		return nil, err
	}
	if err := e.checkRights(ctx, o); err != nil {
		return nil, err
	}
	return e, nil
}

// How many shared transactions and shared reads one server may have under way at once. There is seldom more than one
// of each: see company.
const (
	writesAtOnce = 3
	readsAtOnce  = 6
)

// Settings of connections. What writes sees at each statement what was committed before it, so that a guard
// tells failure by touching no row and not by an error; what reads has one view for all its queries.
var (
	settingsToWrite = map[string]string{
		"default_transaction_isolation": "read committed", "lock_timeout": "5s", "statement_timeout": "60s",
	}
	settingsToRead = map[string]string{
		"default_transaction_isolation": "repeatable read", "statement_timeout": "60s",
	}
	// Of what is not done in seconds the server sees soon that who asked for it was killed, whatever it is doing: another may go on with it.
	// One such connection holds the lock of the whole while others work, and must not be ended for saying nothing.
	settingsInBulk = map[string]string{
		"lock_timeout": "5s", "statement_timeout": "0", "client_connection_check_interval": "1s", "idle_session_timeout": "0",
	}
)

// toReadOnly is said once a connection stands: said before, an address with target_session_attrs=read-write would
// take every server for a standby.
const toReadOnly = "SET default_transaction_read_only = on"

// By these names a database shows who is connected.
const (
	applicationName = "vaccin"
	importingName   = "vaccin import"
)

// poolConfig is how connections are opened: with settings, as the role that the service has in the database, and with
// something more said on each.
func poolConfig(config *pgxpool.Config, o Options, settings map[string]string, more string) *pgxpool.Config {
	c := config.Copy()
	for name, value := range settings {
		c.ConnConfig.RuntimeParams[name] = value
	}
	if _, named := c.ConnConfig.RuntimeParams["application_name"]; !named {
		c.ConnConfig.RuntimeParams["application_name"] = applicationName
	}
	if o.Importing { // it looks for the others
		c.ConnConfig.RuntimeParams["application_name"] = importingName
	}
	if !strings.Contains(config.ConnString(), "pool_max_conns") {
		c.MaxConns = int32(max(8, 2*runtime.NumCPU()))
	}
	c.PingTimeout = connectWithin
	c.ConnConfig.DialFunc = dialLimited
	c.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		if o.Service {
			if err := becomeService(ctx, conn); err != nil {
				return err
			}
		}
		if more == "" {
			return nil
		}
		_, err := conn.Exec(ctx, more)
		return err
	}
	return c
}

func (e *postgres) close() error {
	if e.closed.Swap(true) {
		return ErrClosed
	}
	e.readings.close()
	e.readers.close()
	e.writers.close()
	return nil
}

// transact implements engine. The statements of the batch are one transaction that the server commits at
// their end, all sent at once.
func (e *postgres) transact(batch []work, waits func()) (refusals []error, failed *failure) {
	met := false
	for began := time.Now(); ; time.Sleep(retryEvery) {
		if len(batch) == 1 && batch[0].alone {
			refusals, failed = e.transactAlone(batch[0])
		} else {
			refusals, failed = e.transactShared(batch, waits)
		}
		again := failed != nil && (passing(failed.err) || !met && len(batch) == 1 && taken(failed.err))
		if !again || time.Since(began) > patience {
			return refusals, failed.unavailable()
		}
		met = met || taken(failed.err)
		e.counts.retried[ofWrites].Add(1)
	}
}

func (e *postgres) transactShared(batch []work, waits func()) ([]error, *failure) {
	// Transactions that lock rows in one order do not wait for each other in a circle.
	order := make([]int, len(batch))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return strings.Compare(batch[a].key, batch[b].key) })
	sorted, touched := make([]work, len(batch)), make([][]int64, len(batch))
	for at, i := range order {
		sorted[at], touched[at] = batch[i], make([]int64, len(batch[i].statements))
	}
	c, err := e.acquire(context.Background(), &e.writers)
	if err != nil {
		return nil, &failure{err: fmt.Errorf("store: connecting to write: %w", err)}
	}
	defer c.Release()
	steps, err := e.writeSteps(c, sorted, touched)
	if err != nil {
		return nil, undone(e.lost(c, unsent{err}))
	}
	if committing, err := e.exchange(c, steps, waits); err != nil && committing {
		return nil, uncommitted(err)
	} else if err != nil {
		return nil, undone(err)
	}
	refusals := make([]error, len(batch))
	for at, i := range order {
		// Guards that failed touched nothing, and what follows them neither. What is found now may have come
		// since; it makes who is refused decide again in any case.
		refusals[i] = sorted[at].refusal(touched[at], func(probe query) error { return e.read(context.Background(), probe) })
	}
	return refusals, nil
}

// lockRecords waits for all who write records, and lets none begin.
const lockRecords = "LOCK TABLE record IN SHARE ROW EXCLUSIVE MODE"

// lockJoining keeps those apart who make one record of two and who merges a part of a population: what either wrote is seen by the other, or
// by the guards of its statements. It is taken before any table's.
const lockJoining = "SELECT pg_advisory_xact_lock(hashtext('vaccin joining'))"

// refusal is that of the first statement that had to touch a row, touched none, and has a reason.
func (w work) refusal(touched []int64, ask func(probe query) error) error {
	for i, s := range w.statements {
		if touched[i] > 0 || s.quiet {
			continue
		}
		why, err := s.why(ask)
		switch {
		case err != nil:
			return err
		case why != nil && i > 0 && !w.alone:
			return fmt.Errorf("%w: refused after its guard held: %w", errDefect, why)
		case why != nil:
			return why
		}
	}
	return nil
}

// undone is what it means that a statement of a transaction failed. An error that the server gave, even as its
// last word, came before the transaction could be committed; when the connection just ended, nobody knows.
func undone(err error) *failure {
	var told *pgconn.PgError
	if errors.As(err, &told) || pgconn.SafeToRetry(err) {
		return &failure{err: err, replay: true}
	}
	return &failure{err: fmt.Errorf("%w: %w", ErrUnknownOutcome, err)}
}

// uncommitted is what it means that a commit failed: an error that ends the connection may come after it.
func uncommitted(err error) *failure {
	var told *pgconn.PgError
	if errors.As(err, &told) && told.SeverityUnlocalized == "ERROR" {
		return &failure{err: fmt.Errorf("committing: %w", err), replay: true}
	}
	return &failure{err: fmt.Errorf("%w: committing: %w", ErrUnknownOutcome, err)}
}

// transactAlone does work whose refusal undoes all of it, in a transaction that ends once that is known.
func (e *postgres) transactAlone(w work) ([]error, *failure) {
	ctx := context.Background()
	c, err := e.acquire(ctx, &e.writers)
	if err != nil {
		return nil, &failure{err: fmt.Errorf("store: connecting to write: %w", err)}
	}
	defer c.Release()
	if !w.brief {
		defer longWork(c)()
	}
	tx, err := c.Begin(ctx)
	if err != nil {
		return nil, &failure{err: fmt.Errorf("store: beginning to write: %w", e.lost(c, unsent{err}))}
	}
	refusal, err := e.performAlone(c, w)
	if err != nil || refusal != nil {
		_ = tx.Rollback(ctx) // a connection that cannot is given up, which undoes it too
		if err != nil {
			return nil, &failure{err: e.lost(c, unsent{err})} // without its commit, it was not done
		}
		return []error{refusal}, nil
	}
	if err := tx.Commit(ctx); err != nil {
		return nil, uncommitted(e.lost(c, err))
	}
	return []error{nil}, nil
}

func (e *postgres) performAlone(c *pgxpool.Conn, w work) (refusal, err error) {
	if w.still {
		if _, err := c.Exec(context.Background(), lockRecords); err != nil {
			return nil, err
		}
	}
	if w.joins {
		if _, err := c.Exec(context.Background(), lockJoining); err != nil {
			return nil, err
		}
	}
	touched := make([]int64, len(w.statements))
	steps, err := e.stepsAlone(c, w, touched)
	if err != nil {
		return nil, err
	}
	if _, err := e.exchange(c, steps, nil); err != nil {
		return nil, err
	}
	return w.refusal(touched, func(probe query) error {
		r := &reading{queries: []query{probe}}
		steps, err := e.readSteps(c, []*reading{r})
		if err == nil {
			_, err = e.exchange(c, steps, nil)
		}
		return errors.Join(err, r.err)
	}), nil
}

// checkLoaded refuses a database of which the first import of the population is not finished. It asks on a connection that stays, by which a load
// that begins sees that the database is used.
func (e *postgres) checkLoaded(ctx context.Context, o Options) error {
	if o.Importing {
		return nil
	}
	loading := false
	if err := e.writers.pool().QueryRow(ctx, isLoading).Scan(&loading); err != nil {
		return fmt.Errorf("looking whether the first import is finished: %w", err)
	}
	if loading {
		return ErrLoading
	}
	return nil
}

// checkDurable sees to it that what is acknowledged survives: a session that does not wait for its commit is
// made to, and a server that does not write to its disk is told of.
func (e *postgres) checkDurable(ctx context.Context, o Options) error {
	var fsync, pages, commit string
	err := e.writers.pool().QueryRow(ctx, "SELECT current_setting('fsync'), current_setting('full_page_writes'), current_setting('synchronous_commit')").
		Scan(&fsync, &pages, &commit)
	switch {
	case err != nil:
		return fmt.Errorf("asking the database how it commits: %w", err)
	case commit == "off":
		return errors.New("the database acknowledges what it may lose: set synchronous_commit to on")
	case o.Log != nil && (fsync != "on" || pages != "on"):
		o.Log.Warn("the database would not survive a loss of power: set fsync and full_page_writes to on")
	}
	return nil
}

// checkRights tells the operator of a service that has, or could take back, more rights than it needs.
func (e *postgres) checkRights(ctx context.Context, o Options) error {
	if !o.Service || o.Log == nil {
		return nil
	}
	var may, might bool
	if err := e.writers.pool().QueryRow(ctx, selectRights).Scan(&may, &might); err != nil {
		return fmt.Errorf("asking the database for the rights of the service: %w", err)
	}
	switch {
	case may:
		o.Log.Warn("the service has all rights of its account, the access log is not protected from it: have vaccin migrate make the role " + serviceRole + ", and sign in as a member of it")
	case might:
		o.Log.Warn("the service signs in as the owner of the tables or as a superuser, and could take back the rights that it lays down: sign in as an account that is a member of " + serviceRole + " and nothing more")
	}
	return nil
}
