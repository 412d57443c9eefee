package faults_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"vaccin/internal/store/postgrestest"
)

// TestTheDiskIsFull fills the disk of the database under load until it takes nothing more, and makes room again.
func TestTheDiskIsFull(t *testing.T) {
	t.Parallel()
	h := open(t, "min_wal_size=32MB", "max_wal_size=64MB")
	fill, free := smallDisk(t, h.cluster)
	s := h.serve(t, h.cluster.URL(owner, database))
	l := h.work(s.address, false)
	time.Sleep(time.Second)
	fill()
	began := time.Now()
	for !l.wasTold("503") {
		if time.Since(began) > time.Minute {
			t.Fatal("the disk is full, and nobody is told")
		}
		time.Sleep(50 * time.Millisecond)
	}
	time.Sleep(3 * time.Second)
	free()
	t.Logf("/readyz says yes %s after there is room", s.awaitReady(t, true, 20*time.Second).Round(time.Millisecond))
	time.Sleep(time.Second)
	l.end(t)
}

// smallDisk moves a cluster to a disk that can be filled: a file system of its own in memory where this account may mount
// one. Elsewhere, no file of the database may grow beyond what it is, which the server takes for a full disk.
func smallDisk(t *testing.T, c *postgrestest.Cluster) (fill, free func()) {
	t.Helper()
	if os.Geteuid() != 0 {
		return limited(t, c, "0"), limited(t, c, "unlimited")
	}
	if err := errors.Join(c.Signal(syscall.SIGINT), stopped(c)); err != nil {
		t.Fatal(err)
	}
	disk := filepath.Join(c.Dir, "disk")
	must(t, "mkdir", disk)
	must(t, "mount", "-t", "tmpfs", "-o", "size=400m", "tmpfs", disk)
	t.Cleanup(func() {
		if err := errors.Join(ended(c.Signal(syscall.SIGINT)), stopped(c)); err != nil {
			t.Error(err)
		}
		must(t, "umount", "--lazy", disk)
	})
	must(t, "cp", "-a", c.Data(), disk)
	must(t, "rm", "-r", c.Data())
	must(t, "ln", "-s", filepath.Join(disk, "data"), c.Data())
	if err := c.Boot(); err != nil {
		t.Fatal(err)
	}
	ballast := filepath.Join(disk, "ballast")
	fill = func() {
		// dd ends with an error when nothing more fits, which is the purpose.
		out, err := exec.Command("dd", "if=/dev/zero", "of="+ballast, "bs=64k").CombinedOutput()
		if err == nil || !strings.Contains(string(out), "No space left") {
			t.Fatalf("the disk is not full: %v %s", err, out)
		}
	}
	free = func() {
		must(t, "rm", ballast)
		comeBack(t, c)
	}
	return fill, free
}

// ended is the error of a signal, but to who has ended already.
func ended(err error) error {
	if errors.Is(err, os.ErrProcessDone) {
		return nil
	}
	return err
}

func stopped(c *postgrestest.Cluster) error {
	c.Await()
	return nil
}

func must(t *testing.T, program string, arguments ...string) {
	t.Helper()
	if out, err := exec.Command(program, arguments...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v: %s", program, err, out)
	}
}

// limited sets how large files of all processes of the server may become from now on.
func limited(t *testing.T, c *postgrestest.Cluster, size string) func() {
	return func() {
		text, err := os.ReadFile(filepath.Join(c.Data(), "postmaster.pid"))
		if err != nil {
			t.Fatal(err)
		}
		first := strings.Fields(string(text))[0]
		out, err := exec.Command("pgrep", "-P", first).Output()
		if err != nil {
			t.Fatal(err)
		}
		for _, pid := range append(strings.Fields(string(out)), first) {
			if _, err := strconv.Atoi(pid); err != nil {
				t.Fatal(err)
			}
			// One that has ended meanwhile needs no limit.
			_ = exec.Command("prlimit", "--pid", pid, "--fsize="+size+":").Run()
		}
		if size != "0" {
			comeBack(t, c)
		}
	}
}

// comeBack starts a server again that gave up.
func comeBack(t *testing.T, c *postgrestest.Cluster) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		if _, err := c.SQL("postgres", "SELECT 1"); err == nil {
			return
		}
	}
	if err := errors.Join(c.Kill(), c.Boot()); err != nil {
		t.Fatal(err)
	}
}

// wasTold tells whether doctors had an answer of that status.
func (l *load) wasTold(status string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.answers[status] > 0
}

// TestConnectionsRunOut has others take every connection that the database has, those of the service included.
func TestConnectionsRunOut(t *testing.T) {
	t.Parallel()
	h := open(t)
	s := h.serve(t, h.cluster.URL(owner, database))
	l := h.work(s.address, false)
	time.Sleep(time.Second)
	h.sql(t, "CREATE ROLE greedy LOGIN")
	greedy := h.cluster.URL("greedy", "postgres")
	operator, err := pgx.Connect(t.Context(), h.cluster.URL(postgrestest.Superuser, database))
	if err != nil {
		t.Fatal(err)
	}
	taken := []*pgx.Conn{operator}
	for {
		c, err := pgx.Connect(t.Context(), greedy)
		if err != nil {
			break
		}
		taken = append(taken, c)
	}
	// What the service still has is taken from it too. Whether others then get it before it does would be a matter of
	// luck: it is kept from it, which it is told in the same words.
	say := func(sql string) {
		if _, err := operator.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	say("ALTER ROLE " + owner + " CONNECTION LIMIT 0")
	say("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '" + owner + "'")
	for until := time.Now().Add(20 * time.Second); time.Now().Before(until) && !l.wasTold("503"); {
		time.Sleep(100 * time.Millisecond)
	}
	say("ALTER ROLE " + owner + " CONNECTION LIMIT -1")
	told := l.wasTold("503")
	for _, c := range taken {
		if err := c.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
	t.Logf("%d connections taken; /readyz says yes %s after", len(taken), s.awaitReady(t, true, 15*time.Second).Round(time.Millisecond))
	time.Sleep(time.Second)
	l.end(t)
	if !told {
		t.Error("there was no connection left, and nobody was told")
	}
}
