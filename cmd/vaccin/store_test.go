package main

import (
	"bytes"
	"strings"
	"testing"

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
}
