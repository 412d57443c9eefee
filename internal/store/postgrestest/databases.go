package postgrestest

import (
	"context"
	"fmt"
	"os"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Databases are those of one cluster that the tests of a package share; it starts when a test first asks. It
// writes nothing through to the disk, which tests of durability must not use.
type Databases struct {
	// Prepare fills the database that all others are copies of; nil leaves it empty.
	Prepare func(url string) error

	once    sync.Once
	err     error
	cluster *Cluster
	mu      sync.Mutex
	made    int
	free    []*kept
}

// kept is a database that tests use one after the other, with the connection that empties it: a new one for each test
// would take longer than the emptying.
type kept struct {
	name string
	conn *pgx.Conn
}

const template = "template_of_tests"

// New returns the address of a database that is as Prepare left it. Tests use one after the other, each emptied
// of its rows in between: who changes its tables takes a Fresh one.
func (d *Databases) New(t testing.TB) string {
	t.Helper()
	d.begin(t)
	d.mu.Lock()
	defer d.mu.Unlock()
	var one *kept
	if n := len(d.free); n > 0 {
		one, d.free = d.free[n-1], d.free[:n-1]
	} else {
		one = &kept{name: d.make(t)}
	}
	t.Cleanup(func() {
		if err := d.empty(one); err != nil {
			t.Errorf("emptying a database: %v", err)
			return
		}
		d.mu.Lock()
		defer d.mu.Unlock()
		d.free = append(d.free, one)
	})
	return d.cluster.URL(Superuser, one.name)
}

// empty leaves a database as it was when it was made. A test may have ended all connections to it: the one kept is then
// made anew.
func (d *Databases) empty(one *kept) error {
	ctx := context.Background()
	if one.conn != nil {
		if _, err := one.conn.PgConn().Exec(ctx, emptied).ReadAll(); err == nil {
			return nil
		}
		_ = one.conn.Close(ctx)
	}
	conn, err := pgx.Connect(ctx, d.cluster.URL(Superuser, one.name))
	if err != nil {
		return err
	}
	one.conn = conn
	_, err = conn.PgConn().Exec(ctx, emptied).ReadAll()
	return err
}

// emptied deletes every row, past the triggers that refuse it, and has the numbering of the access log begin anew. Most
// tables, those of the log's other months among them, have no page and thus no row: they are left alone.
const emptied = `SET session_replication_role = replica; DO $$ DECLARE t text; BEGIN
FOR t IN SELECT oid::regclass FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
AND relname <> 'goose_db_version' AND pg_relation_size(oid) > 0 LOOP
EXECUTE 'DELETE FROM ' || t; END LOOP;
IF to_regclass('log_state') IS NOT NULL THEN
INSERT INTO log_state (one, size, roots, turn, num, held_by, held_until) VALUES (1, 0, '', 0, 0, '', 0);
END IF; END $$`

// Fresh returns the address of a database that no other test uses.
func (d *Databases) Fresh(t testing.TB) string {
	t.Helper()
	d.begin(t)
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.cluster.URL(Superuser, d.make(t))
}

func (d *Databases) begin(t testing.TB) {
	t.Helper()
	d.once.Do(func() { d.err = d.start() })
	if d.err != nil {
		t.Fatalf("starting PostgreSQL: %v", d.err)
	}
}

func (d *Databases) make(t testing.TB) string {
	t.Helper()
	d.made++
	name := fmt.Sprintf("test_%d", d.made)
	if _, err := d.cluster.SQL("postgres", "CREATE DATABASE "+name+" TEMPLATE "+template+" STRATEGY wal_log"); err != nil {
		t.Fatal(err)
	}
	return name
}

func (d *Databases) start() (err error) {
	d.cluster, err = Start("fsync=off", "full_page_writes=off", "shared_buffers=64MB", "max_connections=200")
	if err != nil {
		return err
	}
	if _, err := d.cluster.SQL("postgres", "CREATE DATABASE "+template); err != nil || d.Prepare == nil {
		return err
	}
	return d.Prepare(d.cluster.URL(Superuser, template))
}

// Cluster is where the databases are, once there is one.
func (d *Databases) Cluster() *Cluster { return d.cluster }

// Main runs the tests of a package and stops the cluster if one was started; what it returns is for os.Exit.
func (d *Databases) Main(m *testing.M) int {
	code := m.Run()
	if d.cluster == nil {
		return code
	}
	if err := d.cluster.Stop(); err != nil {
		fmt.Fprintln(os.Stderr, "stopping PostgreSQL:", err)
		return 1
	}
	return code
}
