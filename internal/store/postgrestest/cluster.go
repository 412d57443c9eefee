// Package postgrestest runs private PostgreSQL clusters for tests and benches: made in a folder of their own,
// reached over a Unix socket alone, stopped and removed by whoever started them. It uses the server that
// Debian's package installs and touches no other cluster of the machine. Where there is no server, starting
// fails: a missing PostgreSQL is a failure of the tests, never a reason to pass over them.
package postgrestest

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Superuser is the role that owns a new cluster.
const Superuser = "postgres"

// Cluster is a PostgreSQL server of its own.
type Cluster struct {
	// Dir holds the data (data/), the socket (run/) and the log of the server (server.log).
	Dir string
	// Settings are given to the server at each start, as "name=value".
	Settings []string

	account *syscall.SysProcAttr
	server  *exec.Cmd
	ended   chan error
}

// New makes the folder of a cluster, readable by the account that its server runs under: the server
// refuses to run as root, so that root runs it as postgres, which Debian's package makes.
func New(settings ...string) (*Cluster, error) {
	c := &Cluster{Settings: settings, account: &syscall.SysProcAttr{Pdeathsig: syscall.SIGQUIT}}
	var err error
	if c.Dir, err = os.MkdirTemp("", "vaccin-pg-"); err != nil {
		return nil, err
	}
	if os.Geteuid() != 0 {
		return c, os.Mkdir(filepath.Join(c.Dir, "run"), 0o700)
	}
	owner, err := user.Lookup("postgres")
	if err != nil {
		return nil, fmt.Errorf("finding the account that PostgreSQL may run under: %w", err)
	}
	uid, e1 := strconv.Atoi(owner.Uid)
	gid, e2 := strconv.Atoi(owner.Gid)
	if err := errors.Join(e1, e2); err != nil {
		return nil, err
	}
	c.account.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	if err := os.Mkdir(filepath.Join(c.Dir, "run"), 0o755); err != nil {
		return nil, err
	}
	return c, errors.Join(os.Chmod(c.Dir, 0o755), os.Chown(c.Dir, uid, gid), os.Chown(filepath.Join(c.Dir, "run"), uid, gid))
}

// Start makes a cluster, with durable commits unless settings say otherwise, and starts its server.
func Start(settings ...string) (*Cluster, error) {
	c, err := New(settings...)
	if err != nil {
		return nil, err
	}
	// The cluster's language is nobody's: what depends on it would show.
	err = c.Run("initdb", "-D", c.Data(), "-U", Superuser, "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions")
	if err == nil {
		err = c.Boot()
	}
	if err != nil {
		return nil, errors.Join(err, c.Remove())
	}
	return c, nil
}

// Data is the data directory.
func (c *Cluster) Data() string { return filepath.Join(c.Dir, "data") }

// Socket is the folder of the server's socket.
func (c *Cluster) Socket() string { return filepath.Join(c.Dir, "run") }

// URL is the address of a database as a role reaches it.
func (c *Cluster) URL(role, database string) string {
	u := url.URL{Scheme: "postgres", User: url.User(role), Path: "/" + database, RawQuery: url.Values{"host": {c.Socket()}}.Encode()}
	return u.String()
}

// Boot starts the server and returns once it answers.
func (c *Cluster) Boot() error {
	arguments := []string{"-D", c.Data(), "-k", c.Socket(), "-c", "listen_addresses="}
	for _, s := range c.Settings {
		arguments = append(arguments, "-c", s)
	}
	lines, err := os.OpenFile(filepath.Join(c.Dir, "server.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer lines.Close()
	binary, err := Binary("postgres")
	if err != nil {
		return err
	}
	c.server = exec.Command(binary, arguments...)
	c.server.Stdout, c.server.Stderr, c.server.SysProcAttr, c.server.Dir = lines, lines, c.account, c.Dir
	if err := c.server.Start(); err != nil {
		return fmt.Errorf("starting PostgreSQL: %w", err)
	}
	c.ended = make(chan error, 1)
	go func(server *exec.Cmd, ended chan error) { ended <- server.Wait() }(c.server, c.ended)
	return c.awaitReady(time.Minute)
}

func (c *Cluster) awaitReady(atMost time.Duration) error {
	for deadline := time.Now().Add(atMost); ; time.Sleep(20 * time.Millisecond) {
		err := c.Run("pg_isready", "-q", "-h", c.Socket(), "-d", "postgres", "-U", Superuser)
		if err == nil {
			return nil
		}
		select {
		case stopped := <-c.ended:
			c.ended <- stopped
			return fmt.Errorf("PostgreSQL stopped at once (%w): %s", errors.Join(stopped, err), c.lastLines())
		default:
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("PostgreSQL does not answer: %w: %s", err, c.lastLines())
		}
	}
}

// lastLines are the end of the server's log.
func (c *Cluster) lastLines() string {
	text, err := os.ReadFile(filepath.Join(c.Dir, "server.log"))
	if err != nil {
		return err.Error()
	}
	return string(text[max(0, len(text)-2_000):])
}

// Signal sends the server's first process a signal: SIGINT stops it at once in good order, SIGQUIT without order.
// Await returns when it has ended.
func (c *Cluster) Signal(s os.Signal) error { return c.server.Process.Signal(s) }

// Await returns once the server has ended; how it ended is not told, for it is often killed.
func (c *Cluster) Await() {
	if c.ended != nil {
		stopped := <-c.ended
		c.ended <- stopped
	}
}

// Kill ends all processes of the server with SIGKILL, as a loss of power would but for the memory of the
// disk, and returns when they have ended.
//
// The first process is halted before the others are looked for: one that it starts meanwhile would outlive it, and keep
// the server from being started again.
func (c *Cluster) Kill() error {
	if err := halt(c.server.Process.Pid); err != nil {
		return err
	}
	pids, err := children(c.server.Process.Pid)
	if err != nil {
		return err
	}
	for _, pid := range append([]int{c.server.Process.Pid}, pids...) {
		if e := syscall.Kill(pid, syscall.SIGKILL); e != nil && !errors.Is(e, syscall.ESRCH) {
			err = errors.Join(err, e)
		}
	}
	c.Await()
	for _, pid := range pids { // none holds the memory that they share any more
		for range 10_000 {
			if state, _, err := processStatus(pid); err != nil || strings.ContainsAny(state, "ZX") {
				break
			}
			time.Sleep(time.Millisecond)
		}
	}
	return err
}

// halt stops a process where it is, and returns when it stands still or is gone.
func halt(pid int) error {
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil && !errors.Is(err, syscall.ESRCH) {
		return err
	}
	for range 1000 {
		state, _, err := processStatus(pid)
		if err != nil || strings.ContainsAny(state, "TZX") {
			return nil
		}
		time.Sleep(time.Millisecond)
	}
	return fmt.Errorf("process %d does not halt", pid)
}

// processStatus is the state of a process, a letter, and the process that started it.
func processStatus(pid int) (state string, parent int, err error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return "", 0, err // it has ended
	}
	_, rest, _ := bytes.Cut(text, []byte(") "))
	_, err = fmt.Sscan(string(rest), &state, &parent)
	return state, parent, err
}

// children are the processes that a process started.
func children(parent int) ([]int, error) {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return nil, err
	}
	var found []int
	for _, path := range stats {
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err != nil {
			continue
		}
		if _, of, err := processStatus(pid); err == nil && of == parent {
			found = append(found, pid)
		}
	}
	return found, nil
}

// Stop stops the server in good order and removes its folder.
func (c *Cluster) Stop() error {
	var err error
	if c.server != nil && c.server.Process != nil {
		if err = c.Signal(syscall.SIGINT); errors.Is(err, os.ErrProcessDone) {
			err = nil
		}
		c.Await()
	}
	return errors.Join(err, c.Remove())
}

// Remove removes the folder of a cluster whose server does not run.
func (c *Cluster) Remove() error { return os.RemoveAll(c.Dir) }

// Run runs one of PostgreSQL's programs under the account of the server.
func (c *Cluster) Run(program string, arguments ...string) error {
	_, err := c.Output(program, arguments...)
	return err
}

// Output is Run, with what the program prints.
func (c *Cluster) Output(program string, arguments ...string) (string, error) {
	binary, err := Binary(program)
	if err != nil {
		return "", err
	}
	command := exec.Command(binary, arguments...)
	command.SysProcAttr, command.Dir = c.account, c.Dir
	var out, complaint bytes.Buffer
	command.Stdout, command.Stderr = &out, &complaint
	if err := command.Run(); err != nil {
		return out.String(), fmt.Errorf("%s: %w: %s", program, err, strings.TrimSpace(complaint.String()))
	}
	return out.String(), nil
}

// SQL runs statements in a database as the superuser and returns the values of the rows, one a line,
// separated by tabs.
func (c *Cluster) SQL(database, text string) (string, error) {
	out, err := c.Output("psql", "-h", c.Socket(), "-U", Superuser, "-d", database, "-X", "-q", "-t", "-A", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-c", text)
	return strings.TrimSpace(out), err
}

// Binary finds one of PostgreSQL's programs: the newest version that Debian's packages installed.
func Binary(program string) (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/" + program)
	if err != nil {
		return "", err
	}
	if len(found) == 0 {
		path, err := exec.LookPath(program)
		if err != nil {
			return "", fmt.Errorf("PostgreSQL is not installed (Debian's package postgresql): %w", err)
		}
		return path, nil
	}
	version := func(path string) int {
		n, _ := strconv.Atoi(strings.Split(path, "/")[4]) // what is no number comes last
		return n
	}
	return slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) }), nil
}
