package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"vaccin/internal/keyring/keyringtest"
	"vaccin/internal/registry"
)

// cell is the one value that a query finds, as text.
func cell(t testing.TB, s *Store, sql string, args ...any) string {
	t.Helper()
	var found []string
	err := s.engine.read(t.Context(), query{sql: sql, args: args, row: func(scan func(...any) error) error {
		value := ""
		err := scan(&value)
		found = append(found, value)
		return err
	}})
	if err != nil || len(found) != 1 {
		t.Fatalf("%s: %v, %v", sql, found, err)
	}
	return found[0]
}

// execute has one statement done as the store's own writing does it.
func execute(t testing.TB, s *Store, sql string, args ...any) error {
	t.Helper()
	return s.write(t.Context(), work{statements: []statement{{sql: sql, args: args, quiet: true}}, alone: true})
}

// TestTheServiceMayOnlyAddToWhatWasDeclared tries, as the running service, everything that would change what was
// declared or the access log, and as the owner what would change the log.
func TestTheServiceMayOnlyAddToWhatWasDeclared(t *testing.T) {
	s := openDatabase(t, Options{Service: true})
	if who := cell(t, s, "SELECT current_user::text"); who != serviceRole {
		t.Fatalf("the service acts as %s", who)
	}
	event := registry.Event{At: time.Now(), Action: registry.ActionReadReports}
	if err := s.Log(t.Context(), event); err != nil {
		t.Fatal(err)
	}
	month := "access_log_" + time.Now().UTC().Format("2006_01")
	if n := cell(t, s, "SELECT count(*)::text FROM access_log WHERE tableoid = $1::text::regclass", month); n != "1" {
		t.Errorf("%s entries are in the partition of this month", n)
	}
	refused := []string{
		"UPDATE access_log SET at = 0", "DELETE FROM access_log", "TRUNCATE access_log", "DELETE FROM " + month, "UPDATE " + month + " SET at = 0",
		"TRUNCATE " + month, "DROP TABLE " + month, "ALTER TABLE access_log DISABLE TRIGGER ALL", "CREATE TABLE mine (n int)",
		"SET session_replication_role = replica",
		"UPDATE entry SET lot_number = ''", "UPDATE entry SET content = ''", "DELETE FROM entry", "TRUNCATE entry", "DELETE FROM record", "DELETE FROM patient", "DELETE FROM report",
		"SELECT access_log_months(600)", "SELECT access_log_months(25)", "SELECT access_log_months(-1)", "SELECT access_log_months(NULL)",
		"INSERT INTO lot (vaccine_code, number) VALUES ('a', 'b')", "DELETE FROM portal_account", "UPDATE goose_db_version SET version_id = 0",
	}
	for _, text := range refused {
		if err := execute(t, s, text); err == nil {
			t.Errorf("done: %s", text)
		}
	}
	owner, err := Open(t.Context(), s.engine.(*postgres).readers.pool().Config().ConnString(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer owner.Close()
	for _, text := range []string{"UPDATE access_log SET at = 0", "DELETE FROM access_log", "TRUNCATE access_log", "DELETE FROM " + month} {
		if err := execute(t, owner, text); err == nil {
			t.Errorf("done by who may do anything: %s", text)
		}
	}
	if n := cell(t, s, "SELECT count(*)::text FROM access_log"); n != "1" {
		t.Errorf("%s entries are left", n)
	}
}

// TestTheServiceTakesNoKeyFromUnderPersons: it names the keys of a store that has none, as it must for a new one; then
// who owns the tables adds keys, and nobody removes any.
func TestTheServiceTakesNoKeyFromUnderPersons(t *testing.T) {
	s := openDatabase(t, Options{Service: true})
	owner, err := Open(t.Context(), s.engine.(*postgres).readers.pool().Config().ConnString(), Options{Keys: keyringtest.Keys()})
	if err != nil {
		t.Fatal(err)
	}
	defer owner.Close()
	const anotherKey = "INSERT INTO identity_key (kind, number, check_value, state) VALUES ('seal', 99, 'x', 'reading')"
	for _, text := range []string{anotherKey, "DELETE FROM identity_key WHERE number = 99"} {
		if err := execute(t, s, text); err != nil {
			t.Errorf("of a store without persons: %s: %v", text, err)
		}
	}
	importOne(t, s, 1)
	for _, text := range []string{anotherKey, "DELETE FROM identity_key", "DELETE FROM identity_key WHERE kind = 'blind'"} {
		if err := execute(t, s, text); err == nil {
			t.Errorf("the service did: %s", text)
		}
	}
	if err := execute(t, owner, "DELETE FROM identity_key"); err == nil {
		t.Error("the owner removed keys that persons are sealed under")
	}
	if err := execute(t, owner, anotherKey); err != nil {
		t.Errorf("the owner may add a key: %v", err)
	}
	if found, err := searchHolder(t.Context(), owner, 1); err != nil || len(found) != 1 {
		t.Errorf("%d found, %v", len(found), err)
	}
}

// TestEveryTableSaysWhatTheServiceMay: what a migration adds is closed to the service until grants name it.
func TestEveryTableSaysWhatTheServiceMay(t *testing.T) {
	s := openDatabase(t, Options{})
	var tables []string
	err := s.engine.read(t.Context(), query{
		sql: "SELECT c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace" +
			" WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition",
		row: func(scan func(...any) error) error {
			name := ""
			err := scan(&name)
			tables = append(tables, name)
			return err
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range tables {
		if grants[name] == "" {
			t.Errorf("nothing says what the service may do with %s", name)
		}
	}
	for name := range grants {
		if !slices.Contains(tables, name) {
			t.Errorf("there is no table %s", name)
		}
	}
}

func TestAnOlderDatabaseIsRefusedAndANewerOneServes(t *testing.T) {
	address := databases.Fresh(t)
	s, err := Open(t.Context(), address, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	newest, err := newestOf(postgresMigrations, "migrations/postgres")
	if err != nil {
		t.Fatal(err)
	}
	for _, version := range []struct {
		sql  string
		want error
	}{
		{fmt.Sprintf("INSERT INTO goose_db_version (version_id, is_applied) VALUES (%d, true)", newest+1), nil},
		{fmt.Sprintf("DELETE FROM goose_db_version WHERE version_id >= %d", newest), ErrOutdated},
	} {
		if err := execute(t, s, version.sql); err != nil {
			t.Fatal(err)
		}
		again, err := Open(t.Context(), address, Options{Service: true})
		if !errors.Is(err, version.want) {
			t.Errorf("%s: %v", version.sql, err)
		}
		if err == nil {
			err = again.Close()
		}
		if err != nil && version.want == nil {
			t.Error(err)
		}
	}
}

// TestManyMayMigrateAtOnce an empty database, and one that has its tables.
func TestManyMayMigrateAtOnce(t *testing.T) {
	address := databases.Fresh(t)
	for range 3 {
		errs := make(chan error)
		const many = 6
		for range many {
			go func() {
				s, err := Open(context.Background(), address, Options{Migrate: true})
				if err == nil {
					err = s.Close()
				}
				errs <- err
			}()
		}
		for range many {
			if err := <-errs; err != nil {
				t.Error(err)
			}
		}
	}
}

func TestErrorsAndNamesShowNoPassword(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, address := range []string{
		"postgres://vaccin:secret-word@127.0.0.1:1/vaccin?connect_timeout=1", "postgres://vaccin:secret-word@127.0.0.1:1:2/vaccin",
		"postgres://vaccin@127.0.0.1:1/vaccin?password=secret-word&sslmode=nonsense", "postgres://vaccin:secret-word@%zz/x",
		"Postgres://vaccin:secret-word@127.0.0.1:1/vaccin", " postgres://vaccin:secret-word@127.0.0.1:1/vaccin", "postgres:vaccin:secret-word@127.0.0.1",
		"postgresql:/vaccin:secret-word@127.0.0.1/vaccin", "pg://vaccin:secret-word@127.0.0.1/vaccin", "host=127.0.0.1 password=secret-word",
		"dbname=vaccin password=secret-word",
	} {
		_, err := Open(t.Context(), address, Options{})
		if err == nil || strings.Contains(err.Error(), "secret-word") {
			t.Errorf("opening %s: %v", address, err)
		}
		if name := Name(address); strings.Contains(name, "secret-word") {
			t.Errorf("the name is %s", name)
		}
	}
	if files, err := os.ReadDir("."); err != nil || len(files) > 0 {
		t.Errorf("an address was taken for the name of a file: %v, %v", files, err)
	}
}

// TestReadsAndWritesSurviveConnectionsThatEnd ends every connection to the database under a working store, as
// a server that restarts does.
func TestReadsAndWritesSurviveConnectionsThatEnd(t *testing.T) {
	s := openDatabase(t, Options{})
	for i := range 10 {
		if _, err := databases.Cluster().SQL("postgres", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'vaccin'"); err != nil {
			t.Fatal(err)
		}
		if _, err := s.FindByCode(t.Context(), 1, registry.Event{At: time.Now(), Action: registry.ActionSearchCode}, registry.Toll{}); !errors.Is(err, registry.ErrNoRecord) {
			t.Fatalf("round %d: %v", i, err)
		}
	}
}

// TestASearchOfTheLogIsAwaitedForLong: the entries of a period are looked at one by one. Given up before, such a search would be taken for a
// network that is cut, and everybody's connections be replaced.
func TestASearchOfTheLogIsAwaitedForLong(t *testing.T) {
	s := openDatabase(t, Options{})
	readers := s.engine.(*postgres).readers.pool()
	search := func(ctx context.Context) error {
		_, err := s.Entries(ctx, registry.EventQuery{Action: registry.ActionRead, Limit: 1}, registry.Event{At: time.Now(), Action: registry.ActionReadLog})
		return err
	}
	if err := search(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, c := range readers.AcquireAllIdle(t.Context()) {
		c.Conn().PgConn().Conn().(*limitedConn).limit.Store(int64(20 * time.Millisecond))
		c.Release()
	}
	conn, err := pgx.Connect(t.Context(), readers.Config().ConnString())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	if _, err := conn.Exec(t.Context(), "BEGIN; LOCK TABLE access_log"); err != nil {
		t.Fatal(err)
	}
	found := make(chan error, 1)
	go func() { found <- search(t.Context()) }()
	select {
	case err := <-found:
		t.Fatalf("beside whoever keeps it waiting: %v", err)
	case <-time.After(200 * time.Millisecond):
	}
	impatient, giveUp := context.WithTimeout(t.Context(), 100*time.Millisecond) // another takes no connection meanwhile
	defer giveUp()
	if err := search(impatient); !errors.Is(err, context.DeadlineExceeded) || readers.Stat().AcquiredConns() != 1 {
		t.Errorf("beside another: %v, with %d connections", err, readers.Stat().AcquiredConns())
	}
	if _, err := conn.Exec(t.Context(), "COMMIT"); err != nil {
		t.Fatal(err)
	}
	if err := <-found; err != nil || s.engine.(*postgres).readers.pool() != readers {
		t.Errorf("%v, with other connections: %t", err, s.engine.(*postgres).readers.pool() != readers)
	}
}

// TestAClosedDatabaseIsAwaitedAndThenSaidToBeAway: a store whose server does not answer says so in time.
func TestAClosedDatabaseIsAwaitedAndThenSaidToBeAway(t *testing.T) {
	s := openDatabase(t, Options{})
	e := s.engine.(*postgres)
	e.writers.pool().Reset()
	e.readers.pool().Reset()
	name := databases.Cluster()
	if _, err := name.SQL("postgres", "ALTER DATABASE "+e.readers.pool().Config().ConnConfig.Database+" ALLOW_CONNECTIONS false"); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if _, err := name.SQL("postgres", "ALTER DATABASE "+e.readers.pool().Config().ConnConfig.Database+" ALLOW_CONNECTIONS true"); err != nil {
			t.Error(err)
		}
	}()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if _, err := s.Facts(ctx, "a", registry.Wanted{}); err == nil || errors.Is(err, registry.ErrNoRecord) {
		t.Errorf("read: %v", err)
	}
	if err := s.Log(t.Context(), registry.Event{At: time.Now(), Action: registry.ActionRead}); err == nil || errors.Is(err, ErrUnknownOutcome) {
		t.Errorf("written: %v", err)
	}
}

// TestAServiceWithTooManyRightsIsToldOf: who could take back what the service lays down is named when it starts.
func TestAServiceWithTooManyRightsIsToldOf(t *testing.T) {
	s := openDatabase(t, Options{})
	config := s.engine.(*postgres).readers.pool().Config().ConnConfig
	plain, more, maker := "plain_"+config.Database, "more_"+config.Database, "maker_"+config.Database
	for _, text := range []string{
		"CREATE ROLE " + maker + " LOGIN", "CREATE ROLE " + plain + " LOGIN", "CREATE ROLE " + more + " LOGIN",
		"GRANT " + serviceRole + " TO " + plain, "GRANT " + serviceRole + ", " + maker + " TO " + more,
		"ALTER TABLE access_log OWNER TO " + maker, "GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA public TO " + maker,
	} {
		if err := execute(t, s, text); err != nil {
			t.Fatal(err)
		}
	}
	defer func() { // roles are of the whole server
		for _, text := range []string{"REASSIGN OWNED BY " + maker + " TO CURRENT_USER", "DROP OWNED BY " + maker, "DROP ROLE " + plain + ", " + more + ", " + maker} {
			if err := execute(t, s, text); err != nil {
				t.Error(err)
			}
		}
	}()
	for account, want := range map[string]string{
		config.User: "could take back the rights",
		plain:       "",
		more:        "could take back the rights",
		maker:       "has all rights of its account",
	} {
		var told strings.Builder
		address := "postgres://" + account + "@/" + config.Database + "?host=" + url.QueryEscape(config.Host)
		as, err := Open(t.Context(), address, Options{Service: true, Log: slog.New(slog.NewTextHandler(&told, nil))})
		if err != nil {
			t.Errorf("%s: %v", account, err)
			continue
		}
		if err := as.Close(); err != nil {
			t.Error(err)
		}
		if got := told.String(); want == "" && strings.Contains(got, "rights") || !strings.Contains(got, want) {
			t.Errorf("%s: the operator is told %q", account, got)
		}
	}
}

// TestADatabaseThatIsLostWhileItIsOpenedIsAway: who opens it is told so, and not that something is wrong with the program.
func TestADatabaseThatIsLostWhileItIsOpenedIsAway(t *testing.T) {
	databases.New(t) // starts the server
	const name = "lost_while_opened"
	if _, err := databases.Cluster().SQL("postgres", "CREATE DATABASE "+name); err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{
		"CREATE FUNCTION cut() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); END $$",
		"CREATE EVENT TRIGGER cut ON ddl_command_start EXECUTE FUNCTION cut()",
	} {
		if _, err := databases.Cluster().SQL(name, sql); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Open(t.Context(), databases.Cluster().URL("postgres", name), Options{}); !errors.Is(err, registry.ErrUnavailable) {
		t.Errorf("it says %v", err)
	}
}
