package ops_test

import (
	"database/sql"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"vaccin/internal/store/postgrestest"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

// TestServersAreReplacedUnderLoad: two servers are restarted in turn, then the tables of the next version are made
// while the present one serves, then it starts on these tables. No request fails, no act is lost.
func TestServersAreReplacedUnderLoad(t *testing.T) {
	t.Parallel()
	n := newNation(t, 900)
	b := newBalancer(t)
	servers := []*server{n.serve(t, b.public()), n.serve(t, b.public())}
	for _, s := range servers {
		b.add(s)
	}
	var next atomic.Int64
	l := n.begin(t, b.public(), &next)
	for i, old := range servers {
		old.stop(t)
		servers[i] = n.serve(t, b.public())
		b.add(servers[i])
		time.Sleep(3 * askEvery)
	}
	recorded := l.judge(t, 0)

	l = n.begin(t, b.public(), &next)
	n.migrateToNext(t)
	servers[0].stop(t)
	b.add(n.serve(t, b.public())) // the version before comes up on the tables of the next
	time.Sleep(3 * askEvery)
	l.judge(t, recorded)
	if text, err := n.cluster.SQL("vaccin", "SELECT count(*) FROM entry WHERE next_note IS NULL"); err != nil || text != "0" {
		t.Errorf("%s entries were not filled, %v", text, err)
	}
	n.watchReplica(t, servers[1])
	n.goesWithoutDatabase(t, servers[1])
}

// nextVersion is what a next version could bring: a column that the present one knows nothing of, filled in parts, and
// an index built while it writes.
var nextVersion = map[string]string{
	"00900_next_column.sql": "-- +goose Up\nSET LOCAL lock_timeout = '2s';\nALTER TABLE entry ADD COLUMN next_note TEXT;\n" +
		"ALTER TABLE entry ALTER COLUMN next_note SET DEFAULT 'new';\n-- +goose Down\nALTER TABLE entry DROP COLUMN next_note;\n",
	"00901_next_fill.sql": "-- +goose NO TRANSACTION\n-- +goose Up\n-- +goose StatementBegin\n" +
		"DO $$ BEGIN LOOP\nUPDATE entry SET next_note = 'old' WHERE ctid = ANY (ARRAY(SELECT ctid FROM entry WHERE next_note IS NULL LIMIT 100));\n" +
		"EXIT WHEN NOT FOUND;\nCOMMIT;\nEND LOOP; END $$;\n-- +goose StatementEnd\n-- +goose Down\n",
	"00902_next_index.sql": "-- +goose NO TRANSACTION\n-- +goose Up\nCREATE INDEX CONCURRENTLY entry_next_note ON entry (next_note);\n" +
		"-- +goose Down\nDROP INDEX entry_next_note;\n",
	"00903_next_table.sql": "-- +goose Up\nCREATE TABLE next_thing (n INTEGER PRIMARY KEY);\n-- +goose Down\nDROP TABLE next_thing;\n",
}

// migrateToNext makes the tables of the next version as « vaccin migrate » of that version would.
func (n *nation) migrateToNext(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(repository("internal/store/migrations/postgres"))); err != nil {
		t.Fatal(err)
	}
	for name, text := range nextVersion {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	db, err := sql.Open("pgx", n.owner)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		t.Fatal(err)
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, os.DirFS(dir), goose.WithDisableGlobalRegistry(true), goose.WithSessionLocker(locker))
	if err != nil {
		t.Fatal(err)
	}
	done, err := provider.Up(t.Context())
	if err != nil || len(done) != len(nextVersion) {
		t.Fatalf("%d migrations, %v", len(done), err)
	}
}

// watchReplica sees that a server tells how late a replica is: the service itself may look at nothing of the kind.
func (n *nation) watchReplica(t *testing.T, by *server) {
	t.Helper()
	replica, err := postgrestest.New("fsync=off", "hot_standby=on")
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := replica.Stop(); err != nil {
			t.Error(err)
		}
	}()
	from := "host=" + n.cluster.Socket() + " user=vaccin_replica application_name=standby1"
	if err := replica.Run("pg_basebackup", "-d", from, "-D", replica.Data(), "-R", "--checkpoint=fast", "--no-sync"); err != nil {
		t.Fatal(err)
	}
	if err := replica.Boot(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		text := by.figures(t)
		if strings.Contains(text, `vaccin_replica_lag_bytes{replica="standby1"}`) &&
			strings.Contains(text, `vaccin_replica_synchronous{replica="standby1"} 0`) && strings.Contains(text, "vaccin_store_up 1") {
			checkExposed(t, text)
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the metrics do not tell of the replica: %s", text)
		}
	}
}

// goesWithoutDatabase stops the database under a server: it says so, to the balancer and in its metrics, before a
// scraper gives up; one that starts says what is wrong; and all goes on once the database is back.
func (n *nation) goesWithoutDatabase(t *testing.T, s *server) {
	t.Helper()
	if err := n.cluster.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	n.cluster.Await()
	began := time.Now()
	if text := s.figures(t); !strings.Contains(text, "vaccin_store_up 0") || !strings.Contains(text, "vaccin_store_commit_seconds_count") {
		t.Error("the metrics do not say that the database is away")
	}
	if took := time.Since(began); took > 8*time.Second {
		t.Errorf("the metrics took %v", took)
	}
	if ready(t.Context(), s.address) {
		t.Error("it says that it is ready, without a database")
	}
	out, err := vaccin(t, "migrate", "--store", n.owner)
	if err == nil || !strings.Contains(out, "ne répond pas") {
		t.Errorf("what starts does not say that the database is away: %s", out)
	}
	if err := n.cluster.Boot(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(30 * time.Second); !ready(t.Context(), s.address); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it does not find the database again")
		}
	}
}

// figures are the metrics of a server.
func (s *server) figures(t *testing.T) string {
	t.Helper()
	answer, err := http.Get("http://" + s.metrics + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
