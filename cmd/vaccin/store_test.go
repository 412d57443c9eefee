package main

import (
	"bytes"
	"database/sql"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"vaccin/internal/registry"
	"vaccin/internal/store"
	"vaccin/internal/store/postgrestest"
)

// TestAnOperatorIsToldWhatADatabaseLacks: the role of the service, its tables, the account, or a readable address, each in
// a sentence of its own that says what to do.
func TestAnOperatorIsToldWhatADatabaseLacks(t *testing.T) {
	c, err := postgrestest.Start("fsync=off") // of its own: roles are of a whole server
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := c.Stop(); err != nil {
			t.Error(err)
		}
		if err := c.Remove(); err != nil {
			t.Error(err)
		}
	}()
	for _, text := range []string{"CREATE ROLE owner LOGIN", "CREATE ROLE plain LOGIN", "CREATE DATABASE d OWNER owner"} {
		if _, err := c.SQL("postgres", text); err != nil {
			t.Fatal(err)
		}
	}
	refused := func(address, want string) {
		t.Helper()
		st, _, _, err := openStore(t.Context(), address, store.Options{})
		if err == nil {
			err = st.Close()
			t.Errorf("%s was opened: %v", address, err)
			return
		}
		if got := sentence(err); !strings.Contains(got, want) {
			t.Errorf("%q instead of %q", got, want)
		}
	}
	refused(c.URL("plain", "d"), "n’a pas encore ses tables, et ce compte ne les fait pas : lancez d’abord « vaccin migrate »")
	refused(c.URL("nobody", "d"), "refuse ce compte, ou n’existe pas")
	refused(c.URL("plain", "absent"), "refuse ce compte, ou n’existe pas")
	refused(c.URL("plain", "d")+"&pool_size=3", "L’adresse de la base, de --store ou de VACCIN_STORE, ne convient pas")
	refused(c.URL("plain", "d")+"&work_mem=lots", "L’adresse de la base, de --store ou de VACCIN_STORE, ne convient pas")
	refused("postgres://plain@localhost/d?sslrootcert=/nowhere.pem&sslmode=verify-full", "que les fichiers qu’ils nomment existent")

	migrated := func() string {
		t.Helper()
		var out bytes.Buffer
		m := migrateCmd{}
		m.Store = c.URL("owner", "d")
		if err := m.Run(t.Context(), console{out: &out}); err != nil {
			t.Fatal(sentence(err))
		}
		return out.String()
	}
	if told := migrated(); !strings.Contains(told, "Attention : le rôle « vaccin_service » n’existe pas") || !strings.Contains(told, "est à jour") {
		t.Errorf("without the role: %s", told)
	}
	refused(c.URL("plain", "d"), "refuse ce compte")
	if _, err := c.SQL("postgres", "CREATE ROLE vaccin_service NOLOGIN"); err != nil {
		t.Fatal(err)
	}
	if told := migrated(); strings.Contains(told, "Attention") {
		t.Errorf("with the role: %s", told)
	}
	// What is for the owner is refused to who serves, and whose account it takes is said.
	if _, err := c.SQL("postgres", "GRANT vaccin_service TO plain"); err != nil {
		t.Fatal(err)
	}
	remove := portalRemoveCmd{Login: "dr.un"}
	remove.Store = c.URL("plain", "d")
	if err := remove.Run(t.Context(), console{out: io.Discard}); err == nil || !strings.Contains(sentence(err), "donnez à --store celui du propriétaire des tables") {
		t.Errorf("an account of the portal was removed by who serves: %v", err)
	}
	// A server that answers, and refuses: what it lacks is said, and not that it is silent.
	for _, lack := range []struct{ does, undoes, want string }{
		{"ALTER ROLE owner CONNECTION LIMIT 0", "ALTER ROLE owner CONNECTION LIMIT -1", "La base refuse une connexion de plus"},
		{"ALTER ROLE owner SET default_transaction_read_only = on", "ALTER ROLE owner RESET ALL", "La base est en lecture seule"},
	} {
		if _, err := c.SQL("postgres", lack.does); err != nil {
			t.Fatal(err)
		}
		m := migrateCmd{}
		m.Store = c.URL("owner", "d")
		if err := m.Run(t.Context(), console{out: io.Discard}); err == nil || !strings.Contains(sentence(err), lack.want) || !strings.Contains(sentence(err), "relancez la même commande") {
			t.Errorf("%s: %v", lack.does, err)
		}
		if _, err := c.SQL("postgres", lack.undoes); err != nil {
			t.Fatal(err)
		}
	}
}

// TestAnImportDoesNotTellThePasswordOfTheDatabase: what commands print is copied and kept.
func TestAnImportDoesNotTellThePasswordOfTheDatabase(t *testing.T) {
	at, err := url.Parse(databases.Fresh(t))
	if err != nil {
		t.Fatal(err)
	}
	at.User = url.UserPassword(at.User.Username(), "sesame")
	file := filepath.Join(t.TempDir(), "professions.csv")
	if err := os.WriteFile(file, []byte("profession;du;au\n60;2021-03-05;\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	i := importCmd{Kind: "professions", File: file}
	i.Store = at.String()
	if err := i.Run(t.Context(), console{out: &out}); err != nil {
		t.Fatal(sentence(err))
	}
	if told := out.String(); !strings.Contains(told, "Enregistré dans "+store.Name(i.Store)) || strings.Contains(told, "sesame") {
		t.Errorf("it says %s", told)
	}
}

// TestADatabaseThatAnswersIsNotSaidToBeSilent: what keeps it from taking a connection is said, and neither its address nor the account are blamed.
func TestADatabaseThatAnswersIsNotSaidToBeSilent(t *testing.T) {
	for want, err := range map[string]error{
		"Le disque de la base refuse":             fmt.Errorf("connecting: %w: %w", store.ErrAccount, &pgconn.PgError{Code: "58030"}),
		"Le serveur de la base refuse ce travail": fmt.Errorf("connecting: %w: %w", store.ErrUnreachable, &pgconn.PgError{Code: "53200"}),
		"La base refuse une connexion de plus":    fmt.Errorf("connecting: %w: %w", store.ErrUnreachable, &pgconn.PgError{Code: "53300"}),
		"refuse ce compte":                        fmt.Errorf("%w: %w", store.ErrAccount, &pgconn.PgError{Code: "42501"}),
		"ne répond pas":                           fmt.Errorf("connecting: %w: %w", store.ErrUnreachable, &pgconn.PgError{Code: "57P03"}),
	} {
		if said := sentence(notOpened(err, "postgres://x/d")); !strings.Contains(said, want) {
			t.Errorf("%q instead of %q", said, want)
		}
	}
}

// TestWhatGoesWrongUnderACommandIsSaidInFrench is of a store that goes away, and of disks.
func TestWhatGoesWrongUnderACommandIsSaidInFrench(t *testing.T) {
	full := filepath.Join(t.TempDir(), "full.db")
	db, err := sql.Open("sqlite", full)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	_, noRoom := db.ExecContext(t.Context(), "CREATE TABLE a (b); PRAGMA max_page_count = 2; INSERT INTO a VALUES (zeroblob(100000))")
	for want, err := range map[string]error{
		"La base n’a plus de place sur son disque":            &pgconn.PgError{Code: "53100"},
		"La base n’a plus de place":                           fmt.Errorf("%w: %w", store.ErrUnknownOutcome, noRoom),
		"La base refuse une connexion de plus":                &pgconn.PgError{Code: "53300"},
		"La base est en lecture seule":                        &pgconn.PgError{Code: "25006"},
		"Ce compte de la base n’a pas le droit de faire cela": &pgconn.PgError{Code: "42501"},
		"La base ne répond plus":                              &pgconn.PgError{Code: "57P01"},
		"ou a coupé la connexion":                             fmt.Errorf("%w: %w", registry.ErrUnavailable, io.ErrUnexpectedEOF),
		"Il n’y a plus de place pour «\u00a0x\u00a0»":         &fs.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC},
		"Le disque de «\u00a0x\u00a0» est en lecture seule":   &fs.PathError{Op: "open", Path: "x", Err: syscall.EROFS},
		"La base ne répond plus, ou a coupé la connexion":     &pgconn.PgError{Code: "25P03"},
		"attendez qu’il ait terminé, puis relancez":           &pgconn.PgError{Code: "55P03"},
		"Le serveur de la base refuse ce travail":             fmt.Errorf("%w: %w", registry.ErrUnavailable, &pgconn.PgError{Code: "53400"}),
		"La base a interrompu une demande":                    fmt.Errorf("choosing: %w", &pgconn.PgError{Code: "57014"}),
		"Le disque de la base refuse":                         &pgconn.PgError{Code: "58030"},
	} {
		said := sentence(fmt.Errorf("doing something: %w", err))
		if !strings.Contains(said, want) || !strings.Contains(said, "Détail technique, en anglais") {
			t.Errorf("%q instead of %q", said, want)
		}
	}
}

func TestAClosedTerminalStopsACommandUnlessThatIsIgnored(t *testing.T) {
	heard := make(chan os.Signal, 1)
	signal.Notify(heard, syscall.SIGHUP) // which ends that who runs the tests had it ignored
	signal.Stop(heard)
	if !slices.Contains(stopping(), os.Signal(syscall.SIGHUP)) {
		t.Error("it does not")
	}
	signal.Ignore(syscall.SIGHUP) // as nohup
	defer signal.Reset(syscall.SIGHUP)
	if slices.Contains(stopping(), os.Signal(syscall.SIGHUP)) {
		t.Error("it does though it is ignored")
	}
}
