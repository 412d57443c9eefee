package ops_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// block is a block of commands in a runbook, by its name.
var block = regexp.MustCompile("(?ms)^```sh (\\w+)\n(.*?)^```$")

// runbook runs the blocks of a runbook as they stand, under the account of the database's server.
type runbook struct {
	nation   *nation
	blocks   map[string]string
	settings string
}

func newRunbook(t *testing.T, n *nation, path string) *runbook {
	t.Helper()
	text, err := os.ReadFile(repository(path))
	if err != nil {
		t.Fatal(err)
	}
	r := &runbook{nation: n, blocks: map[string]string{}}
	for _, found := range block.FindAllStringSubmatch(string(text), -1) {
		r.blocks[found[1]] = found[2]
	}
	copyOf(t, repository("deploy/postgresql/archive-wal"), filepath.Join(n.cluster.Dir, "archive-wal"))
	at := func(name string) string { return filepath.Join(n.cluster.Dir, name) }
	r.settings = "set -euo pipefail\n"
	for name, value := range map[string]string{
		"PGDATA": n.cluster.Data(), "ARCHIVE": at("wal"), "BACKUPS": at("base"), "ARCHIVER": at("archive-wal"),
		"START": r.lever(t, "start", n.cluster.Boot),
		"STOP": r.lever(t, "stop", func() error {
			err := n.cluster.Signal(syscall.SIGINT)
			n.cluster.Await()
			return err
		}),
		"PGHOST": n.cluster.Socket(), "PGUSER": "postgres", "VACCIN_STORE": n.owner, "VACCIN_AUDIT_VERIFIER": n.verifier,
	} {
		r.settings += "export " + name + "='" + value + "'\n"
	}
	r.settings += "PATH=\"" + house + ":$PATH\"\n" + r.blocks["settings"]
	return r
}

// lever is a command that has this process, which keeps the server, do something: so that the server ends with it.
func (r *runbook) lever(t *testing.T, name string, do func() error) string {
	t.Helper()
	wanted := filepath.Join(r.nation.cluster.Dir, name+".wanted")
	script := filepath.Join(r.nation.cluster.Dir, name)
	text := fmt.Sprintf("#!/bin/sh\ntouch '%s'\nwhile [ -e '%[1]s' ]; do sleep 0.05; done\n", wanted)
	if err := os.WriteFile(script, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(script, 0o755); err != nil {
		t.Fatal(err)
	}
	var ended atomic.Bool
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ; !ended.Load(); time.Sleep(20 * time.Millisecond) {
			if _, err := os.Stat(wanted); err != nil {
				continue
			}
			if err := do(); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if err := os.Remove(wanted); err != nil {
				t.Error(err)
			}
		}
	}()
	t.Cleanup(func() {
		ended.Store(true)
		<-done
	})
	return script
}

// run runs a block with what it is given beside, and returns what it prints.
func (r *runbook) run(t *testing.T, name, given string) string {
	t.Helper()
	if r.blocks[name] == "" {
		t.Fatalf("the runbook has no block %s", name)
	}
	out, err := r.nation.cluster.Output("bash", "-c", r.settings+given+"\n"+r.blocks[name])
	if err != nil {
		server, _ := os.ReadFile(filepath.Join(r.nation.cluster.Dir, "server.log"))
		t.Fatalf("%s: %v: %s\n%s", name, err, out, server[max(0, len(server)-2000):])
	}
	return out
}

func copyOf(t *testing.T, from, to string) {
	t.Helper()
	text, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, text, 0o600)
	}
	if err == nil {
		err = os.Chmod(to, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestTheStoreIsRestoredToAMoment follows the runbook: doses before and after a moment, and the store as it was then.
func TestTheStoreIsRestoredToAMoment(t *testing.T) {
	t.Parallel()
	n := newNation(t, 400)
	r := newRunbook(t, n, "docs/runbooks/backup.md")
	r.run(t, "archive", "")
	var next atomic.Int64
	record := func(before int64) int64 { // as a day's work: a server that starts, serves and ends
		s := n.serve(t, "")
		l := n.begin(t, "http://"+strings.Replace(s.address, "127.0.0.1", "localhost", 1), &next)
		time.Sleep(700 * time.Millisecond)
		done := l.judge(t, before)
		s.stop(t) // numbers and signs the last entries
		return before + done
	}
	first := record(0)
	r.run(t, "backup", "")
	r.run(t, "watch", "")
	second := record(first)
	time.Sleep(1100 * time.Millisecond) // moments of backups are whole seconds
	moment := time.Now()
	time.Sleep(100 * time.Millisecond)
	third := record(second)
	if third == second {
		t.Fatal("nothing was recorded after the moment")
	}
	r.run(t, "restore", "MOMENT='"+moment.UTC().Format("2006-01-02 15:04:05.000000+00")+"'")
	if kept := n.doses(t); kept != second {
		t.Errorf("%d doses are there where there were %d", kept, second)
	}
	if out := r.run(t, "check", ""); !strings.Contains(out, "Aucune anomalie.") || !strings.Contains(out, "record-first-dose "+fmt.Sprint(second)+" ") {
		t.Errorf("the restored store: %s", out)
	}
	heads := filepath.Join(n.dir, "heads")
	if out, err := vaccin(t, "audit", "verify", "--store", n.owner, "--verifier", n.verifier, "--heads", heads); err == nil {
		t.Errorf("the heads that were sent do not tell that acts were lost: %s", out)
	}
	before := n.verifier
	n.audit = filepath.Join(n.dir, "audit-after.key") // the old key must not sign another history
	out, err := vaccin(t, "audit", "key", n.audit)
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if err := os.Rename(heads, heads+".before"); err != nil {
		t.Fatal(err)
	}
	next.Store(second) // those whose doses were lost are vaccinated, says the paper, and their doses recorded again
	if fourth := record(second); fourth <= second {
		t.Error("nothing can be recorded")
	}
	if out, err := vaccin(t, "audit", "verify", "--store", n.owner, "--verifier", before, "--verifier", strings.TrimSpace(out), "--heads", heads); err != nil {
		t.Errorf("after work went on: %v: %s", err, out)
	}
}
