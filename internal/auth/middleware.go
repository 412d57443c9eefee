package auth

import (
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"
)

// OnError sets what answers a request whose session cannot be read or written.
func (m *Manager) OnError(answer func(http.ResponseWriter, *http.Request, error)) { m.failed = answer }

// LoadAndSave gives the requests of a handler their session. A request without one makes none. The
// session is written before the first byte of the answer; if it cannot be, the handler's answer is
// dropped and OnError's takes its place (scs's own middleware would send both).
func (m *Manager) LoadAndSave(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Vary", "Cookie")
		token := ""
		if cookie, err := r.Cookie(m.sessions.Cookie.Name); err == nil {
			token = cookie.Value
		}
		ctx, err := m.sessions.Load(withLoaded(r.Context()), token)
		if err != nil {
			m.failed(w, r, err)
			return
		}
		sw := &sessionWriter{ResponseWriter: w, request: r.WithContext(ctx), manager: m, token: token}
		next.ServeHTTP(sw, sw.request)
		sw.settle()
	})
}

// sessionWriter writes the session before the answer begins.
type sessionWriter struct {
	http.ResponseWriter
	request *http.Request
	manager *Manager
	token   string // of the request's cookie
	settled bool
	dropped bool // the answer, for want of a session written
}

func (w *sessionWriter) settle() {
	if w.settled {
		return
	}
	w.settled = true
	if err := w.manager.save(w.ResponseWriter, w.request, w.token); err != nil {
		w.dropped = true
		for _, name := range []string{"Location", "Content-Disposition", "Content-Length", "Set-Cookie"} {
			w.Header().Del(name)
		}
		w.manager.failed(w.ResponseWriter, w.request, err)
	}
}

// WriteHeader writes the session, then the status.
func (w *sessionWriter) WriteHeader(status int) {
	if w.settle(); !w.dropped {
		w.ResponseWriter.WriteHeader(status)
	}
}

// Write writes the session, then the bytes.
func (w *sessionWriter) Write(b []byte) (int, error) {
	if w.settle(); w.dropped {
		return len(b), nil
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the writer below.
func (w *sessionWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// save writes the session of a request, and its cookie when the browser does not have it. What the browser keeps
// for a session goes with it.
func (m *Manager) save(w http.ResponseWriter, r *http.Request, token string) error {
	switch m.sessions.Status(r.Context()) {
	case scs.Modified: // which those with an idle time are as soon as they are read
		if m.kept.stands(loadedIn(r.Context())) {
			return nil
		}
		now, until, err := m.sessions.Commit(r.Context())
		if err != nil {
			return err
		}
		if now != token {
			m.sessions.WriteSessionCookie(r.Context(), w, now, until)
		}
		if loadedIn(r.Context()).leaves {
			m.deleteKept(w, r, jarPrefix, nil)
		}
	case scs.Destroyed:
		m.deleteKept(w, r, jarPrefix, nil)
		m.sessions.WriteSessionCookie(r.Context(), w, "", time.Time{})
	}
	return nil
}
