package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"vaccin/internal/auth"
	"vaccin/internal/keyring/keyringtest"
)

// benchNationalMemory is (pf): what the real command holds with many people signed in, against what it holds with
// ten, after as many pages either way. It is a program of its own here, for its memory is the whole of it.
func benchNationalMemory(ctx context.Context, l *lab) (v verdict, err error) {
	binary := filepath.Join(l.folder, "vaccin")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", binary, "vaccin/cmd/vaccin").CombinedOutput(); err != nil {
		return v, fmt.Errorf("building the service: %w: %s", err, out)
	}
	n, err := l.nation(ctx, million(l))
	if err != nil {
		return v, err
	}
	keyFile := filepath.Join(l.folder, "key")
	key, err := auth.NewKey()
	if err == nil {
		err = os.WriteFile(keyFile, key, 0o600)
	}
	if err == nil { // where the command looks for the keys of identities by itself
		err = keyringtest.Ring(1).Create(keyFile + ".nir")
	}
	if err != nil {
		return v, err
	}
	people := pick(l, 5_000, 200)
	cookies, err := signIn(n.kept, key, doctors(people))
	if err != nil {
		return v, err
	}
	few, err := memoryOf(ctx, l, n, binary, keyFile, cookies[:10], people)
	if err != nil {
		return v, err
	}
	many, err := memoryOf(ctx, l, n, binary, keyFile, cookies, people)
	if err != nil {
		return v, err
	}
	l.say("10 sessions, %d pages: %s", people, few)
	l.say("%d sessions, one page each: %s", people, many)
	l.say("each session more, and its connection kept open: %d bytes resident", int(many.resident-few.resident)/(people-10))
	return verdict{ratio: many.resident / few.resident, comment: "resident memory, many sessions over ten"}, nil
}

// memory is what a process holds, in bytes.
type memory struct {
	resident, heap float64 // the heap with what is unused and not yet collected
	goal           float64 // the heap at which it is collected next: about twice what is used
}

func (m memory) String() string {
	const mega = 1 << 20
	return fmt.Sprintf("%.1f MB resident, heap %.1f MB, to be collected at %.1f MB", m.resident/mega, m.heap/mega, m.goal/mega)
}

// memoryOf starts the command, has it answer so many pages, each session over a connection that stays open, and
// reads what it holds.
func memoryOf(ctx context.Context, l *lab, n *nation, binary, keyFile string, cookies []*http.Cookie, pages int) (m memory, err error) {
	address, e1 := freeAddress()
	metrics, e2 := freeAddress()
	if err := errors.Join(e1, e2); err != nil {
		return m, err
	}
	lines, err := os.CreateTemp(l.folder, "log-")
	if err != nil {
		return m, err
	}
	defer lines.Close()
	command := exec.CommandContext(ctx, binary, "serve", "--store", n.address, "--key-file", keyFile, "--listen", address, "--metrics-listen", metrics,
		"--psc-issuer", "https://issuer.example", "--psc-client-id", "bench", "--psc-client-secret-file", keyFile, "--drain", "1ms")
	command.Stdout, command.Stderr = lines, lines
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := command.Start(); err != nil {
		return m, fmt.Errorf("starting the service: %w", err)
	}
	defer func() {
		err = errors.Join(err, command.Process.Signal(syscall.SIGTERM))
		_ = command.Wait() // how it ends is not what is measured
	}()
	if err := awaitReady(ctx, address); err != nil {
		said, _ := os.ReadFile(lines.Name())
		return m, fmt.Errorf("%w: %s", err, said)
	}
	callers, err := visit(ctx, address, cookies, pages)
	for _, c := range callers {
		defer c.conn.Close()
	}
	if err != nil {
		return m, err
	}
	if m.resident, err = residentOf(command.Process.Pid); err != nil {
		return m, err
	}
	_, p, err := get(ctx, "http://"+metrics+"/metrics")
	if err != nil {
		return m, err
	}
	if m.heap, err = figure(p.body, "\ngo_memstats_heap_inuse_bytes ", 1); err != nil {
		return m, err
	}
	if m.goal, err = figure(p.body, "\ngo_memstats_next_gc_bytes ", 1); err != nil {
		return m, err
	}
	return m, nil
}

// visit opens a connection for each session, and has them ask for so many pages in all.
func visit(ctx context.Context, address string, cookies []*http.Cookie, pages int) ([]*caller, error) {
	callers := make([]*caller, len(cookies))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(16)
	for i, cookie := range cookies {
		group.Go(func() (err error) {
			if callers[i], err = dial(ctx, address, i, time.Now().Add(10*patience)); err != nil {
				return err
			}
			for range pages / len(cookies) {
				callers[i].out = append(callers[i].out[:0], getOf(address, "/recherche", cookie.Value)...)
				r, err := callers[i].send()
				if err == nil {
					err = r.must(http.StatusOK, "")
				}
				if err != nil {
					return err
				}
			}
			return nil
		})
	}
	err := group.Wait()
	opened := []*caller{}
	for _, c := range callers {
		if c != nil {
			opened = append(opened, c)
		}
	}
	return opened, err
}

// residentOf is the memory that the system has given a process.
func residentOf(pid int) (float64, error) { return memoryLine(pid, "VmRSS:") }

// peakOf is how many bytes of memory a process held at most so far.
func peakOf(pid int) (float64, error) { return memoryLine(pid, "VmHWM:") }

func memoryLine(pid int, name string) (float64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, fmt.Errorf("reading what a process holds: %w", err)
	}
	return figure(text, name, 1<<10)
}

// figure is the number that follows a name in a text.
func figure(text []byte, name string, unit float64) (float64, error) {
	_, rest, found := bytes.Cut(text, []byte(name))
	fields := strings.Fields(string(rest))
	if !found || len(fields) == 0 {
		return 0, fmt.Errorf("no figure %q", strings.TrimSpace(name))
	}
	value, err := strconv.ParseFloat(fields[0], 64)
	return value * unit, err
}
