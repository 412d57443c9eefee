package browser_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"testing"
	"time"

	"vaccin/internal/demo/vitalesim"
	"vaccin/internal/vitale/vitaletest"
)

// The reading program as it is installed: built, started, and spoken to by the page in the browser; its
// reader and card are virtual, its PC/SC service is the real one.

// readerAddress is where the page looks for the program: a port that the tests hold until one starts it.
var (
	readerPort = freePort()
	readerURL  = fmt.Sprintf("http://127.0.0.1:%d", readerPort)
)

func freePort() int {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

var buildReader = sync.OnceValues(func() (string, error) {
	folder, err := os.MkdirTemp("", "vaccin-reader-")
	if err != nil {
		return "", err
	}
	site.cleanup = append(site.cleanup, func() { _ = os.RemoveAll(folder) })
	path := filepath.Join(folder, "vaccin-reader")
	build := exec.Command("go", "build", "-o", path, "vaccin/cmd/vaccin-reader")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return path, nil
})

// program is a reading program that runs.
type program struct {
	t    *testing.T
	stop func()

	mu    sync.Mutex
	shown string // everything in its window
}

// startProgram starts the program over a PC/SC service, for the origin given.
func startProgram(t *testing.T, s vitaletest.Service, origin string) *program {
	t.Helper()
	path, err := buildReader()
	if err != nil {
		t.Fatalf("building the reading program (Debian's package libpcsclite-dev): %v", err)
	}
	command := exec.Command(path, fmt.Sprintf("--port=%d", readerPort), "--origin="+origin)
	command.Env = append(os.Environ(), vitaletest.SocketVariable+"="+s.Socket)
	command.Stderr = os.Stderr
	window, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	p := &program{t: t}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		lines := bufio.NewScanner(window)
		for lines.Scan() {
			p.mu.Lock()
			p.shown += lines.Text() + "\n"
			p.mu.Unlock()
		}
		_ = command.Wait() // it is told to stop
	}()
	p.stop = sync.OnceFunc(func() {
		_ = command.Process.Signal(os.Interrupt)
		<-ended
	})
	t.Cleanup(p.stop)
	p.code()
	return p
}

var codeShown = regexp.MustCompile(`valable une fois.: (\d{3} \d{3})\n`)

// window is everything that the program has shown.
func (p *program) window() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.shown
}

// code is the last code shown.
func (p *program) code() string {
	p.t.Helper()
	for limit := time.Now().Add(patience); time.Now().Before(limit); time.Sleep(5 * time.Millisecond) {
		if found := codeShown.FindAllStringSubmatch(p.window(), -1); len(found) > 0 {
			return found[len(found)-1][1]
		}
	}
	p.t.Fatalf("the program shows no code:\n%s", p.window())
	return ""
}

// insert puts a card into the reader; what it returns takes it out.
func insert(t *testing.T, s vitaletest.Service, card *vitalesim.Card) (out func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- card.Insert(ctx, s.Reader) }()
	out = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the virtual card: %v", err)
		}
	})
	t.Cleanup(out)
	return out
}
