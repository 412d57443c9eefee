package faults_test

import (
	"net/url"
	"os"
	"testing"
	"time"

	"vaccin/internal/store/postgrestest"
)

// TestAStandbyTakesOver kills the primary under load and promotes its standby, by PostgreSQL's own tools, and then
// makes of the old primary's place the standby of the new one, as often as asked.
func TestAStandbyTakesOver(t *testing.T) {
	t.Parallel()
	h := open(t, "wal_level=replica", "max_wal_senders=4", "hot_standby=on")
	spare, err := postgrestest.New(h.cluster.Settings...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := spare.Stop(); err != nil {
			t.Error(err)
		}
	})
	s := h.serve(t, both(h.cluster, spare))
	l := h.work(s.address, false)
	for range *failovers {
		standBy(t, h.cluster, spare)
		time.Sleep(time.Second)
		if err := h.cluster.Kill(); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		promote(t, spare)
		h.cluster, spare = spare, h.cluster
		s.awaitReady(t, true, 15*time.Second)
		t.Logf("another primary answers %s after the first was killed", time.Since(began).Round(time.Millisecond))
		time.Sleep(time.Second)
	}
	l.end(t)
}

// both is the address of a database that is on the one server or on the other.
func both(a, b *postgrestest.Cluster) string {
	return (&url.URL{Scheme: "postgres", User: url.User(owner), Path: "/" + database, RawQuery: url.Values{
		"host": {a.Socket() + "," + b.Socket()}, "target_session_attrs": {"read-write"},
	}.Encode()}).String()
}

// standBy makes a standby of a primary, without which the primary then acknowledges nothing.
func standBy(t *testing.T, primary, standby *postgrestest.Cluster) {
	t.Helper()
	if err := os.RemoveAll(standby.Data()); err != nil {
		t.Fatal(err)
	}
	err := standby.Run("pg_basebackup", "-D", standby.Data(), "-R", "-X", "stream", "--checkpoint=fast", "--no-sync",
		"-d", "host="+primary.Socket()+" user="+postgrestest.Superuser+" application_name=spare")
	if err == nil {
		err = standby.Boot()
	}
	if err != nil {
		t.Fatal(err)
	}
	configure(t, primary, "ALTER SYSTEM SET synchronous_standby_names = 'spare'")
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		out, err := primary.SQL("postgres", "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync' AND state = 'streaming'")
		if err == nil && out == "1" {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the standby does not stream: %q %v", out, err)
		}
	}
	if out, err := primary.SQL("postgres", "SHOW synchronous_commit"); err != nil || out != "on" {
		t.Fatalf("commits do not wait for the standby's disk: %q %v", out, err)
	}
}

// promote makes a standby the primary. It waits for no standby of its own until there is one.
func promote(t *testing.T, standby *postgrestest.Cluster) {
	t.Helper()
	configure(t, standby, "ALTER SYSTEM RESET synchronous_standby_names")
	if err := standby.Run("pg_ctl", "promote", "-D", standby.Data(), "-w", "-t", "30"); err != nil {
		t.Fatal(err)
	}
}

func configure(t *testing.T, c *postgrestest.Cluster, text string) {
	t.Helper()
	for _, s := range []string{text, "SELECT pg_reload_conf()"} {
		if _, err := c.SQL("postgres", s); err != nil {
			t.Fatal(err)
		}
	}
}
