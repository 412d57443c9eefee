package web

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// Two questions that machines ask: is the process alive (if not, start another), and may requests be sent
// to it (if not, send them elsewhere).

// healthz answers as long as the process can: it asks nothing of anyone, so that a store that is away for
// a moment does not have every server restarted.
func (s *Server) healthz(w http.ResponseWriter, _ *http.Request) { plain(w, http.StatusOK, "ok") }

// readyz answers whether requests may be sent here: the store answers, and the service is not stopping.
func (s *Server) readyz(w http.ResponseWriter, r *http.Request) {
	if s.Stopping() {
		plain(w, http.StatusServiceUnavailable, "stopping")
		return
	}
	if err := s.storeHealth.ask(r.Context(), func(ctx context.Context) error {
		_, err := s.Registry.Store.Reference(ctx)
		return err
	}); err != nil {
		s.Log.Error("not ready", "error", err)
		plain(w, http.StatusServiceUnavailable, "store unreachable")
		return
	}
	plain(w, http.StatusOK, "ready")
}

func plain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	fmt.Fprintln(w, text)
}

// health remembers an answer for a second: anyone may ask, and should not make the store work.
type health struct {
	mu  sync.Mutex
	at  time.Time
	err error
}

const (
	healthAge  = time.Second
	healthWait = 2 * time.Second
)

func (h *health) ask(ctx context.Context, of func(context.Context) error) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if time.Since(h.at) < healthAge {
		return h.err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), healthWait)
	defer cancel()
	answered := make(chan error, 1)
	go func() { answered <- of(ctx) }()
	select {
	case h.err = <-answered:
	case <-ctx.Done(): // a read that is under way is not given up for that, and who asks does not wait for it
		h.err = ctx.Err()
	}
	h.at = time.Now()
	return h.err
}
