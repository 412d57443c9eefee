package main

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"vaccin/internal/referential"
)

// TestAListWaitsForWhoReadsIt: a command that was done before somebody read the pipe left them waiting for ever. It is called off as anything else is.
func TestAListWaitsForWhoReadsIt(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, err := createList(ctx, pipe); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("without anybody who reads it ends with %v", err)
	}
	written := make(chan error, 1)
	go func() {
		written <- writeRejected(t.Context(), pipe, referential.Report{Rejected: []referential.Remark{{Line: 7, Reason: "n’a pas de nom."}}})
	}()
	select {
	case err := <-written:
		t.Fatalf("before anybody reads the list it is done, with %v", err)
	case <-time.After(200 * time.Millisecond):
	}
	list, err := os.ReadFile(pipe)
	if err := errors.Join(err, <-written); err != nil || !strings.Contains(string(list), "n’a pas de nom") {
		t.Errorf("who comes late reads %q, %v", list, err)
	}
}

// TestAListIsWaitedForInAPipeAlone: what is no pipe, and cannot be opened either, is not waited for.
func TestAListIsWaitedForInAPipeAlone(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "s")
	listener, err := new(net.ListenConfig).Listen(t.Context(), "unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if _, err := createList(ctx, socket); !errors.Is(err, syscall.ENXIO) {
		t.Errorf("in a socket it ends with %v", err)
	}
}
