package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"vaccin/internal/registry"
	"vaccin/internal/store"
)

// runsToCount is a database with runs that wait to be counted, and a connection of another process to it.
func runsToCount(t *testing.T, runs int) (address string, other *pgx.Conn) {
	t.Helper()
	address = databases.Fresh(t)
	st, err := store.Open(t.Context(), address, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	event := registry.Event{At: time.Now(), Action: registry.ActionPrepareRun, NationalID: "a"}
	campaign := registry.Campaign{ID: "c", Name: "C", Opens: registry.MustDate("2021-01-18"), Criteria: registry.Criteria{{Sex: registry.Female}}}
	for range runs {
		if _, err := st.PrepareRun(t.Context(), registry.Run{Campaign: campaign, PreparedBy: "a", PreparedAt: time.Now()}, event); err != nil {
			t.Fatal(err)
		}
	}
	if other, err = pgx.Connect(t.Context(), address); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = other.Close(context.WithoutCancel(t.Context())) })
	return address, other
}

// TestTargetSaysThatAnotherIsAtWork has the command come while another process counts a run: it fails, for nothing was done.
func TestTargetSaysThatAnotherIsAtWork(t *testing.T) {
	address, other := runsToCount(t, 1)
	run := func() (string, error) {
		var out bytes.Buffer
		var command targetCmd
		command.Store = address
		err := command.Run(t.Context(), console{out: &out})
		return out.String(), err
	}
	if _, err := other.Exec(t.Context(), "SELECT pg_advisory_lock(hashtext('vaccin count'))"); err != nil {
		t.Fatal(err)
	}
	if got, err := run(); got != "" || registry.KindOf(err) != registry.KindConflict ||
		sentence(err) != "Un autre processus décompte ou exécute un ciblage\u00a0: ceux qui attendent n’ont pas tous été faits. Relancez la commande quand il aura terminé." {
		t.Errorf("while another counts it says %q, %v", got, err)
	}
	// One that was killed a moment ago is gone while the command waits for it.
	gone := make(chan error, 1)
	go func() {
		time.Sleep(time.Second)
		_, err := other.Exec(context.WithoutCancel(t.Context()), "SELECT pg_advisory_unlock_all()")
		gone <- err
	}()
	if got, err := run(); err != nil || !strings.HasPrefix(got, "1 ciblage décompté ou exécuté") {
		t.Errorf("beside one that is gone a moment later it says %q, %v", got, err)
	}
	if err := <-gone; err != nil {
		t.Fatal(err)
	}
}

// TestTargetTellsWhatItDidBesideARunThatFails has a run that the database lets nobody count.
func TestTargetTellsWhatItDidBesideARunThatFails(t *testing.T) {
	address, other := runsToCount(t, 2)
	if _, err := other.Exec(t.Context(), "ALTER TABLE campaign_run ADD CONSTRAINT bad CHECK (number > 1 OR state = 'counting')"); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	var command targetCmd
	command.Store = address
	err := command.Run(t.Context(), console{out: &out})
	if err == nil || !strings.Contains(err.Error(), "run 1: ") || out.String() != "1 ciblage décompté ou exécuté.\n" {
		t.Errorf("it says %q, %v", out.String(), err)
	}
}

// TestARunWhoseConnectionIsEndedSaysWhatToDo has the server end the connection on which a run is carried out, then the same command.
func TestARunWhoseConnectionIsEndedSaysWhatToDo(t *testing.T) {
	path := databases.Fresh(t)
	st, err := store.Open(t.Context(), path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	event := registry.Event{At: time.Now(), Action: registry.ActionPrepareRun, NationalID: "a"}
	run := registry.Run{Campaign: registry.Campaign{ID: "c", Name: "C", Opens: registry.MustDate("2021-01-18"), Criteria: registry.Criteria{{Sex: registry.Female}}}, PreparedBy: "a", PreparedAt: time.Now()}
	if _, err = st.PrepareRun(t.Context(), run, event); err == nil {
		err = st.CountRun(t.Context(), 1)
	}
	if err = errors.Join(err, st.ApproveRun(t.Context(), 1, "b", time.Now(), event)); err != nil {
		t.Fatal(err)
	}
	other, err := pgx.Connect(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Close(t.Context()) }()
	for _, sql := range []string{
		"CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END $$",
		"CREATE TRIGGER cut BEFORE UPDATE ON campaign_run FOR EACH ROW WHEN (NEW.state = 'done') EXECUTE FUNCTION cut()",
	} {
		if _, err := other.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	var command targetCmd
	command.Store = path
	if err := command.Run(t.Context(), console{out: io.Discard}); !errors.Is(err, registry.ErrUnavailable) || !strings.HasPrefix(sentence(err), "La base ne répond plus, ou a coupé la connexion") {
		t.Errorf("%v", err)
	}
	if _, err := other.Exec(t.Context(), "DROP TRIGGER cut ON campaign_run"); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	for _, want := range []string{"1 ciblage décompté ou exécuté.\n", "Aucun ciblage n’attend d’être décompté ni exécuté.\n"} {
		out.Reset()
		if err := command.Run(t.Context(), console{out: &out}); err != nil || out.String() != want {
			t.Errorf("%v: %s, want %s", err, out.String(), want)
		}
	}
}
