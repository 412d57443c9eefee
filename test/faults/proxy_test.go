package faults_test

import (
	"net"
	"net/url"
	"sync"
	"testing"
	"time"

	"vaccin/internal/store/postgrestest"
)

// weather is what a network does to what is sent over it.
type weather int

const (
	fair    weather = iota
	slow            // each packet takes a while
	stalled         // nothing passes until it is fair again
	lost            // what is sent never arrives, and nobody is told
)

// network stands between the service and the database.
type network struct {
	listener net.Listener
	to       string // the socket of the server

	mu      sync.Mutex
	changed *sync.Cond
	now     weather
	conns   map[net.Conn]bool
}

const lag = 30 * time.Millisecond

func connect(t *testing.T, c *postgrestest.Cluster) *network {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	n := &network{listener: listener, to: c.Socket() + "/.s.PGSQL.5432", conns: map[net.Conn]bool{}}
	n.changed = sync.NewCond(&n.mu)
	go n.serve()
	t.Cleanup(func() {
		_ = listener.Close() // nobody waits for what it says
		n.set(fair)
		n.cut()
	})
	return n
}

// address is that of a database beyond the network.
func (n *network) address() string {
	return (&url.URL{Scheme: "postgres", User: url.User(owner), Host: n.listener.Addr().String(), Path: "/" + database}).String()
}

func (n *network) serve() {
	for {
		near, err := n.listener.Accept()
		if err != nil {
			return
		}
		far, err := net.Dial("unix", n.to)
		if err != nil {
			_ = near.Close() // as the server's own refusal would
			continue
		}
		n.mu.Lock()
		n.conns[near], n.conns[far] = true, true
		n.mu.Unlock()
		go n.carry(near, far)
		go n.carry(far, near)
	}
}

// keepalives is after how long the server sees that nobody is at the other end, as its settings have it
// (deploy/postgresql/vaccin.conf). Until then a transaction of which half was lost is open, and holds the numbering of
// the access log.
const keepalives = 20 * time.Second

// carry brings what one end sends to the other, as the weather is. What was lost on the way makes a
// connection useless for good.
func (n *network) carry(from, to net.Conn) {
	useless := false
	buffer := make([]byte, 32<<10)
	for {
		size, err := from.Read(buffer)
		if err != nil {
			break
		}
		switch n.passing() {
		case slow:
			time.Sleep(lag)
		case lost:
			if server, ok := to.(*net.UnixConn); ok && !useless {
				time.AfterFunc(keepalives, func() { _ = server.Close() })
			}
			useless = true
		}
		if useless {
			continue
		}
		if _, err := to.Write(buffer[:size]); err != nil {
			break
		}
	}
	if useless {
		return // half open: the other end is not told
	}
	for _, c := range []net.Conn{from, to} {
		_ = c.Close() // it may be closed already
	}
}

// passing waits while nothing passes, and returns the weather then.
func (n *network) passing() weather {
	n.mu.Lock()
	defer n.mu.Unlock()
	for n.now == stalled {
		n.changed.Wait()
	}
	return n.now
}

func (n *network) set(w weather) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.now = w
	n.changed.Broadcast()
}

// cut breaks every connection, without a word.
func (n *network) cut() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for c := range n.conns {
		if tcp, ok := c.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0) // it may be closed already
		}
		_ = c.Close()
	}
	n.conns = map[net.Conn]bool{}
}

// TestTheNetworkBreaks slows, cuts, stalls and swallows what the service and the database say to each other.
func TestTheNetworkBreaks(t *testing.T) {
	t.Parallel()
	h := open(t)
	n := connect(t, h.cluster)
	s := h.serve(t, n.address())
	l := h.work(s.address, false)
	time.Sleep(500 * time.Millisecond)
	n.set(slow)
	time.Sleep(2 * time.Second)
	n.set(fair)
	for range 5 {
		n.cut()
		shortly(300 * time.Millisecond)
	}
	n.set(stalled)
	time.Sleep(3 * time.Second)
	n.set(fair)
	time.Sleep(500 * time.Millisecond)
	n.set(lost)
	no := s.awaitReady(t, false, 10*time.Second)
	time.Sleep(4 * time.Second)
	n.set(fair)
	yes := s.awaitReady(t, true, 15*time.Second)
	time.Sleep(time.Second)
	l.end(t)
	t.Logf("/readyz said no %s after the network swallowed all, and yes %s after it was back", no.Round(time.Millisecond), yes.Round(time.Millisecond))
}
