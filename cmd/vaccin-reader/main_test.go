package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// window keeps what the program shows.
type window struct {
	mu   sync.Mutex
	text strings.Builder
}

func (w *window) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.Write(b)
}

func (w *window) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}

var (
	listens = regexp.MustCompile(`http://(127\.0\.0\.1:\d+)`)
	code    = regexp.MustCompile(`\d{3} \d{3}`)
)

// start runs the program on a free port and returns its address.
func start(t *testing.T, origins ...string) (address string, shown *window) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	shown = &window{}
	go func() { ended <- run(ctx, flags{Origin: origins}, shown) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("stopped with %v", err)
		}
	})
	for limit := time.Now().Add(10 * time.Second); time.Now().Before(limit); time.Sleep(time.Millisecond) {
		if code.MatchString(shown.String()) {
			return listens.FindStringSubmatch(shown.String())[1], shown
		}
	}
	t.Fatalf("it does not start:\n%s", shown)
	return "", nil
}

func TestItSaysWhatToDoAndAnswersItsServiceAlone(t *testing.T) {
	address, shown := start(t, "https://vaccin.example")
	for _, text := range []string{"https://vaccin.example", "Lire la carte Vitale", "cet ordinateur seulement", "valable une fois"} {
		if !strings.Contains(shown.String(), text) {
			t.Errorf("it does not say %q:\n%s", text, shown)
		}
	}
	before := shown.String()
	for origin, want := range map[string]int{"https://vaccin.example": http.StatusOK, "https://evil.example": http.StatusForbidden} {
		if got := asked(t, address, origin); got != want {
			t.Errorf("%s is answered %d", origin, got)
		}
	}
	if shown.String() != before {
		t.Errorf("requests leave a trace:\n%s", shown)
	}
}

// asked is how the program answers a page.
func asked(t *testing.T, address, origin string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address+"/status", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Origin", origin)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	return answer.StatusCode
}

// Browsers never send the port that goes without saying.
func TestAPortThatGoesWithoutSaying(t *testing.T) {
	address, shown := start(t, "https://vaccin.example:443", "http://localhost:80")
	if !strings.Contains(shown.String(), ": https://vaccin.example, http://localhost\n") {
		t.Errorf("it says that it serves others:\n%s", shown)
	}
	for _, origin := range []string{"https://vaccin.example", "http://localhost"} {
		if got := asked(t, address, origin); got != http.StatusOK {
			t.Errorf("%s is answered %d", origin, got)
		}
	}
}

func TestItListensOnThisComputerAlone(t *testing.T) {
	address, _ := start(t, "https://vaccin.example")
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range addresses {
		ip, _, err := net.ParseCIDR(a.String())
		if err != nil {
			t.Fatal(err)
		}
		conn, err := net.DialTimeout("tcp", net.JoinHostPort(ip.String(), port), time.Second)
		if err == nil {
			_ = conn.Close()
		}
		if answers := err == nil; answers != ip.Equal(net.IPv4(127, 0, 0, 1)) {
			t.Errorf("at %s it answers: %t", ip, answers)
		}
	}
}

func TestWhatKeepsItFromStartingIsSaid(t *testing.T) {
	taken, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	port := uint16(taken.Addr().(*net.TCPAddr).Port)
	for _, tt := range []struct {
		flags flags
		says  string
	}{
		{flags{Origin: []string{"https://vaccin.example"}, Port: port}, fmt.Sprintf("le port %d", port)},
		{flags{Origin: []string{"http://vaccin.example"}}, "doit être en https"},
		{flags{Origin: []string{"*"}}, "n’est pas de la forme"},
		{flags{}, "aucune adresse"},
	} {
		shown := &window{}
		if err := run(t.Context(), tt.flags, shown); err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%v: %v", tt.flags.Origin, err)
		}
		if shown.String() != "" {
			t.Errorf("%v: it says that it serves, then stops:\n%s", tt.flags.Origin, shown)
		}
	}
}
