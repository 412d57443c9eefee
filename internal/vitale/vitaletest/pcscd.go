// Package vitaletest starts the real PC/SC service for tests, with virtual readers or without any. Each
// test has one of its own, on a socket and a port of its own: it touches neither the computer's service nor
// its readers, and needs no right.
package vitaletest

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// Service is a PC/SC service that runs until the test ends.
type Service struct {
	Socket string // what the environment variable of that name must say to programs that read cards
	Reader string // address where a virtual card is inserted; empty when there is no reader
	Second string // the same of a second reader
}

// SocketVariable tells programs which service to speak to.
const SocketVariable = "PCSCLITE_CSOCK_NAME"

// driver is the virtual reader of Debian's package vsmartcard-vpcd.
const driver = "/usr/lib/pcsc/drivers/serial/libifdvpcd.so"

// Start starts a service with two virtual readers, empty.
func Start(t testing.TB) Service {
	t.Helper()
	if _, err := os.Stat(driver); err != nil {
		t.Fatalf("the virtual card reader is missing (Debian's package vsmartcard-vpcd): %v", err)
	}
	for range 10 {
		if s, opened := startOn(t, freePort(t)); opened {
			return s
		}
	}
	t.Fatal("each port that was free was taken before the virtual card readers had it")
	return Service{}
}

// startOn starts a service whose readers listen on a port and on the next one, and tells whether both do: another program may
// have taken one meanwhile. To try the ports would be to insert a card.
func startOn(t testing.TB, port int) (s Service, opened bool) {
	t.Helper()
	s, said := start(t, fmt.Sprintf("FRIENDLYNAME \"Virtual PCD\"\nDEVICENAME /dev/null:0x%X\nLIBPATH %s\nCHANNELID 0x%X\n", port, driver, port))
	s.Reader, s.Second = fmt.Sprintf("127.0.0.1:%d", port), fmt.Sprintf("127.0.0.1:%d", port+1)
	return s, !said.holds("Could not initialize connection to virtual ICC")
}

// StartWithoutReader starts a service on a computer without a reader.
func StartWithoutReader(t testing.TB) Service {
	t.Helper()
	s, _ := start(t, "")
	return s
}

// start starts a service that is ready, and has what it said until then.
func start(t testing.TB, readers string) (Service, *log) {
	t.Helper()
	folder, err := os.MkdirTemp("", "vaccin-pcsc-") // a short name: sockets have little room for theirs
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	config := filepath.Join(folder, "readers")
	if err := os.Mkdir(config, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(config, "vpcd"), []byte(readers), 0o600); err != nil {
		t.Fatal(err)
	}
	s := Service{Socket: filepath.Join(folder, "socket")}
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: s.Socket, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	listener.SetUnlinkOnClose(false)
	file, err := listener.File()
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()

	// The service takes its socket as systemd hands one over, which it knows by its own process id.
	daemon := exec.Command("sh", "-c", `LISTEN_FDS=1 LISTEN_PID=$$ exec "$0" --foreground --info --config "$1"`, pcscd(t), config)
	daemon.ExtraFiles = []*os.File{file}
	said := &log{}
	daemon.Stdout, daemon.Stderr = said, said
	if err := daemon.Start(); err != nil {
		t.Fatalf("the PC/SC service does not start: %v", err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = daemon.Wait() // it is killed in the end, or the log says why it ended
	}()
	t.Cleanup(func() {
		_ = daemon.Process.Kill()
		<-ended
	})
	for limit := time.Now().Add(10 * time.Second); !said.holds("daemon ready"); time.Sleep(5 * time.Millisecond) {
		select {
		case <-ended:
			t.Fatalf("the PC/SC service ended:\n%s", said)
		default:
		}
		if time.Now().After(limit) {
			t.Fatalf("the PC/SC service is not ready:\n%s", said)
		}
	}
	return s, said
}

func pcscd(t testing.TB) string {
	t.Helper()
	for _, name := range []string{"pcscd", "/usr/sbin/pcscd"} { // which is not on everyone's path
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatal("the PC/SC service is missing (Debian's package pcscd)")
	return ""
}

// freePort is a port that nobody listens on, nor on the next one, which is the second reader's.
func freePort(t testing.TB) int {
	t.Helper()
	for range 50 {
		first, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		port := first.Addr().(*net.TCPAddr).Port
		second, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port+1))
		_ = first.Close()
		if err == nil {
			_ = second.Close()
			return port
		}
	}
	t.Fatal("no two ports are free")
	return 0
}

// log holds what the service says.
type log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *log) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func (l *log) holds(text string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return bytes.Contains(l.text.Bytes(), []byte(text))
}
