package store

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"vaccin/internal/registry"
)

//go:embed migrations/postgres/*.sql
var postgresMigrations embed.FS

// ErrOutdated is returned when the tables of a database are older than this program: whoever owns them has to
// bring them up to date first (vaccin migrate). Tables that are newer are no error: the previous version goes on
// working while the next one is put in place.
var ErrOutdated = errors.New("store: the tables of the database are older than this program")

// What is wrong with a database before anything is asked of it.
var (
	// ErrUnreachable is returned when the server does not answer.
	ErrUnreachable = errors.New("store: the database does not answer")
	// ErrAccount is returned when the server refuses the account, or has no such database.
	ErrAccount = errors.New("store: the database refuses the account")
	// ErrNoTables is returned when the tables are not made yet, and who opens the database may not make them or only looks.
	ErrNoTables = errors.New("store: the tables of the database are not made yet")
	// ErrAddress is returned when the address cannot be read, names a file that is not there, or the server does not
	// know a setting in it.
	ErrAddress = errors.New("store: the address of the database cannot be used")
	// ErrTooOld is returned for a server older than oldestServer.
	ErrTooOld = errors.New("store: the database is older than PostgreSQL 15")
	// ErrEncoding is returned for a database that does not keep text as UTF-8: names would be refused, or altered.
	ErrEncoding = errors.New("store: the encoding of the database is not UTF8")
)

// oldestServer is the first version that the statements are written for (MERGE, among others).
const oldestServer = 150000

// serviceRole is the role of the running service in the database. It owns nothing: of each table it may do what
// grants say, and no more.
const serviceRole = "vaccin_service"

// grants are what the service may do, by table; what is not here it may not. What was declared, and the access
// log, it can only add to.
var grants = map[string]string{
	"record":                 "SELECT, INSERT, UPDATE",
	"patient":                "SELECT, INSERT, UPDATE",
	"identity_key":           "SELECT, INSERT, DELETE", // of a store without persons (00015); a rotation is the owner's
	"entry":                  "SELECT, INSERT",
	"campaign":               "SELECT, INSERT",
	"campaign_run":           "SELECT, INSERT, UPDATE",
	"campaign_part":          "SELECT, INSERT",
	"target":                 "SELECT",
	"former_code":            "SELECT", // the trigger of a merge fills it (00030)
	"follow_up":              "SELECT, INSERT, UPDATE",
	"follow_up_turn":         "SELECT, INSERT, UPDATE",
	"letter_batch":           "SELECT, INSERT, UPDATE",
	"letter":                 "SELECT, INSERT",
	"letter_delivery":        "SELECT, INSERT",
	"letter_places":          "SELECT, INSERT",
	"agent":                  "SELECT, INSERT, UPDATE",
	"access_log":             "SELECT, INSERT",
	"log_run":                "SELECT, INSERT",
	"log_node":               "SELECT, INSERT",
	"log_state":              "SELECT, UPDATE",
	"log_head":               "SELECT, INSERT",
	"log_post":               "SELECT, INSERT, UPDATE",
	"log_retirement":         "SELECT",
	"report":                 "SELECT, INSERT, UPDATE",
	"throttle":               "SELECT, INSERT, UPDATE, DELETE",
	"session":                "SELECT, INSERT, UPDATE, DELETE",
	"kept_form":              "SELECT, INSERT, UPDATE, DELETE",
	"logout_order":           "SELECT, INSERT, DELETE",
	"handover":               "SELECT, INSERT, DELETE",
	"portal_account":         "SELECT, UPDATE",
	"vaccine":                "SELECT",
	"vaccine_name":           "SELECT",
	"schedule":               "SELECT",
	"injection_site":         "SELECT",
	"place_type":             "SELECT",
	"activity":               "SELECT",
	"profession_opening":     "SELECT",
	"objection_limit":        "SELECT",
	"locality":               "SELECT",
	"locality_term":          "SELECT",
	"vaccination_place":      "SELECT",
	"vaccination_place_term": "SELECT",
	"lot":                    "SELECT",
	"practice_place":         "SELECT",
	"copied_table":           "SELECT",
	"population_import":      "SELECT",
	"population_part":        "SELECT",
	"population_duplicate":   "SELECT",
	"population_seen":        "SELECT",
	"doubtful_match":         "SELECT, UPDATE (decision, decided_by, decided_at, gone)",
	"goose_db_version":       "SELECT",
}

// monthsAhead is how many months of the access log have a partition before they come.
const monthsAhead = 6

const (
	makeServiceRole = `DO $$ BEGIN
IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '` + serviceRole + `') THEN CREATE ROLE ` + serviceRole + ` NOLOGIN; END IF;
EXCEPTION WHEN insufficient_privilege OR duplicate_object OR unique_violation THEN NULL; END $$`
	// A superuser needs no membership; who made the role may give it to themselves.
	joinServiceRole = `DO $$ BEGIN
IF NOT pg_has_role(current_user, '` + serviceRole + `', 'MEMBER') THEN GRANT ` + serviceRole + ` TO CURRENT_USER; END IF;
EXCEPTION WHEN insufficient_privilege THEN NULL; END $$`
	lockRights     = "SELECT pg_advisory_xact_lock(hashtext('" + serviceRole + "'))"
	hasServiceRole = "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = '" + serviceRole + "')"
	isService      = "SELECT pg_has_role(current_user, '" + serviceRole + "', 'MEMBER')"
	// selectRights tells whether who acts is not the service's role, and whether who signed in is more than it.
	selectRights = "SELECT current_user <> '" + serviceRole + "', rolsuper OR pg_has_role(session_user, (SELECT relowner FROM pg_class WHERE oid = 'access_log'::regclass), 'MEMBER')" +
		" FROM pg_roles WHERE rolname = session_user"
	isEmpty       = "SELECT to_regclass('public.goose_db_version') IS NULL AND NOT EXISTS (SELECT FROM pg_tables WHERE schemaname = 'public')"
	schemaVersion = "SELECT COALESCE(MAX(version_id), 0) FROM goose_db_version WHERE is_applied"
)

// preparePostgres brings the tables up to date, if asked to or if there are none yet, and otherwise sees that
// they are not older than this program.
func preparePostgres(ctx context.Context, config *pgx.ConnConfig, o Options) error {
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return notConnected(err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	var version int
	var encoding string
	if err := conn.QueryRow(ctx, aboutServer).Scan(&version, &encoding); err != nil {
		return fmt.Errorf("looking at the server: %w", err)
	}
	if err := checkServer(version, encoding); err != nil {
		return err
	}
	empty := false
	if err := conn.QueryRow(ctx, isEmpty).Scan(&empty); err != nil {
		return fmt.Errorf("looking at the tables: %w", err)
	}
	if empty && o.Looking {
		return ErrNoTables
	}
	if o.Migrate || empty {
		if err = keepImportsOut(ctx, conn); err == nil {
			err = migratePostgres(ctx, config, conn)
		}
	} else {
		err = checkVersion(ctx, conn)
	}
	if err = notPrepared(err, empty && !o.Migrate); err != nil || o.copying {
		return err
	}
	copying := false
	if err := conn.QueryRow(ctx, unfinished).Scan(&copying); err != nil {
		return fmt.Errorf("looking whether a copy is finished: %w", err)
	}
	if copying {
		return ErrCopying
	}
	return nil
}

// notPrepared tells tables that are not made from an account that may not do what was asked. unmade says that it tried
// to make them all without having been asked to.
func notPrepared(err error, unmade bool) error {
	var told *pgconn.PgError
	switch {
	case !errors.As(err, &told):
		return err
	case told.Code == "42P01", told.Code == "42501" && unmade: // no such table; it may not do this
		return fmt.Errorf("%w: %w", ErrNoTables, err)
	case told.Code == "42501":
		return fmt.Errorf("%w: %w", ErrAccount, err)
	}
	return err
}

// checkVersion sees that the tables are not older than this program.
func checkVersion(ctx context.Context, conn *pgx.Conn) error {
	var there int64
	if err := conn.QueryRow(ctx, schemaVersion).Scan(&there); err != nil {
		return fmt.Errorf("looking at the version of the tables: %w", err)
	}
	needed, err := newestOf(postgresMigrations, "migrations/postgres")
	if err == nil && there < needed {
		err = fmt.Errorf("%w: version %d instead of %d", ErrOutdated, there, needed)
	}
	return err
}

const aboutServer = "SELECT current_setting('server_version_num')::int, current_setting('server_encoding')"

func checkServer(version int, encoding string) error {
	switch {
	case version < oldestServer:
		return fmt.Errorf("%w: its version is %d", ErrTooOld, version/10_000)
	case encoding != "UTF8":
		return fmt.Errorf("%w: it is %s", ErrEncoding, encoding)
	}
	return nil
}

// notConnected tells a server that is away from one that refuses, and whom or what it refuses.
func notConnected(err error) error {
	var told *pgconn.PgError
	if errors.As(err, &told) && !away(err) {
		switch told.Code {
		case "42704", "22023", "22P02", "55P02": // no such setting, not a value of it, not one to be set here
			return fmt.Errorf("connecting: %w: %w", ErrAddress, err)
		}
		return fmt.Errorf("connecting: %w: %w", ErrAccount, err) // invalid authorization, no such database, no right to connect
	}
	return fmt.Errorf("connecting: %w: %w", ErrUnreachable, err)
}

// migratePostgres makes the tables of this version, and gives the service its rights to them.
func migratePostgres(ctx context.Context, config *pgx.ConnConfig, conn *pgx.Conn) (err error) {
	files, err := fs.Sub(postgresMigrations, "migrations/postgres")
	if err != nil {
		return err
	}
	// Of several that migrate at once, one does and the others wait for it.
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return err
	}
	db := stdlib.OpenDB(*config)
	defer func() { err = errors.Join(err, db.Close()) }()
	provider, err := goose.NewProvider(goose.DialectPostgres, db, files, goose.WithDisableGlobalRegistry(true), goose.WithSessionLocker(locker))
	if err != nil {
		return err
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("bringing the tables up to date: %w", err)
	}
	if _, err := conn.Exec(ctx, "SELECT access_log_months($1)", monthsAhead); err != nil {
		return fmt.Errorf("making the months of the access log: %w", err)
	}
	return grantToService(ctx, conn)
}

// keepImportsOut keeps imports of the population out as long as the connection is open, and refuses where one is under way: a migration may be
// about to make the same index, and each would wait for the other.
func keepImportsOut(ctx context.Context, conn *pgx.Conn) error {
	// It says nothing while others bring the tables up to date, and must not be ended for that.
	if _, err := conn.Exec(ctx, "SET idle_session_timeout = 0"); err != nil {
		return fmt.Errorf("keeping the connection: %w", err)
	}
	alone := false
	if err := conn.QueryRow(ctx, lockNoImport).Scan(&alone); err != nil {
		return fmt.Errorf("looking whether an import is under way: %w", err)
	}
	if !alone {
		return registry.ErrImporting
	}
	return nil
}

// grantToService makes the role of the service and gives it its rights, and takes away any other that it had.
// Where this account may not make roles and nobody did, the service will run as the owner of the tables.
func grantToService(ctx context.Context, conn *pgx.Conn) error {
	if _, err := conn.Exec(ctx, makeServiceRole); err != nil {
		return fmt.Errorf("making the role of the service: %w", err)
	}
	there := false
	if err := conn.QueryRow(ctx, hasServiceRole).Scan(&there); err != nil || !there {
		return err
	}
	// Of several that give rights to one table at once, PostgreSQL has all but one fail: they wait for each other.
	statements := []string{lockRights, joinServiceRole, "GRANT USAGE ON SCHEMA public TO " + serviceRole}
	loading := false // a first import takes these rights away, and gives them back at its end
	if err := conn.QueryRow(ctx, isLoading).Scan(&loading); err != nil {
		return err
	}
	for table, may := range grants {
		if loading && (table == "record" || table == "patient") {
			continue
		}
		statements = append(statements, "REVOKE ALL ON "+table+" FROM "+serviceRole, "GRANT "+may+" ON "+table+" TO "+serviceRole)
	}
	statements = append(statements,
		"GRANT USAGE ON SEQUENCE access_log_num TO "+serviceRole,
		"GRANT EXECUTE ON FUNCTION access_log_months TO "+serviceRole,
		"GRANT EXECUTE ON FUNCTION replica_lag TO "+serviceRole,
		"GRANT EXECUTE ON FUNCTION target_open, target_index, target_attach, target_end, target_settle, target_apart TO "+serviceRole)
	tx, err := conn.Begin(ctx)
	if err != nil {
		return err
	}
	for _, s := range statements {
		if _, err := tx.Exec(ctx, s); err != nil {
			return errors.Join(fmt.Errorf("giving the service its rights: %w", err), tx.Rollback(ctx))
		}
	}
	return tx.Commit(ctx)
}

// Confined tells whether what serves is held to the rights of a role of its own. The embedded store has no roles, and
// needs none: its triggers refuse. Where a database has not got the role, migrating could not make it.
func (s *Store) Confined(ctx context.Context) (bool, error) {
	if _, ok := s.engine.(*postgres); !ok {
		return true, nil
	}
	there, err := s.exists(ctx, "SELECT 1 FROM pg_roles WHERE rolname = '"+serviceRole+"'")
	if err != nil {
		return false, fmt.Errorf("looking for the role of the service: %w", err)
	}
	return there, nil
}

// becomeService has a connection act as the service: an account that may do more, the owner's for one, lays
// that down.
func becomeService(ctx context.Context, conn *pgx.Conn) error {
	may := false
	var told *pgconn.PgError
	err := conn.QueryRow(ctx, isService).Scan(&may)
	if errors.As(err, &told) && told.Code == "42704" { // there is no such role here
		return nil
	}
	if err != nil || !may {
		return err
	}
	_, err = conn.Exec(ctx, "SET ROLE "+serviceRole)
	return err
}
