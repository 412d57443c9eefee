package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"vaccin/internal/auth"
	"vaccin/internal/registry"
)

// handler is a page: it answers, or returns an error that fail turns into a page.
type handler func(w http.ResponseWriter, r *http.Request) error

// pageOf is a page of someone whom the policy lets do what it is for.
type pageOf func(w http.ResponseWriter, r *http.Request, by registry.Actor) error

// maxForm is the most bytes of a form that is read: what someone pastes into the wrong field (ten thousand
// signs are up to 90 kB as a browser sends them) is answered beside the field with nothing lost. The largest
// takes some 18 MB for a tenth of a second, so that a hundred at once are no danger.
const maxForm = 1 << 20

// public serves a page that anyone may ask for; it sees the session if there is one.
func (s *Server) public(t *table, pattern string, h handler) {
	t.handle(Route{Pattern: pattern, Audience: Anyone}, s.session(h))
}

// session gives a page the session of its request, and answers its errors.
func (s *Server) session(h handler) http.Handler {
	return s.Auth.LoadAndSave(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		if err := s.parseForm(w, r); err != nil {
			// net/http takes a request whose form did not come in time for cancelled, but its sender waits for a page.
			s.fail(w, r.WithContext(context.WithoutCancel(r.Context())), err)
			return
		}
		if err := h(w, r); err != nil {
			s.fail(w, r, err)
		}
	}))
}

// entitled serves a page only to who may do today what it is for: a practitioner at a chosen place, or an
// agent. That someone else asked is an entry of the access log.
func (s *Server) entitled(t *table, pattern string, may func(registry.Case) error, h pageOf) {
	t.handle(Route{pattern, Entitled, may}, s.session(func(w http.ResponseWriter, r *http.Request) error {
		login, ok := s.login(r)
		if !ok {
			return s.askToSignIn(w, r)
		}
		if login.Door == registry.DoorPassword {
			return s.refusePassword(w, r)
		}
		by, ok := login.Actor()
		if !ok {
			return s.askForChoice(w, r, login)
		}
		c, err := s.Registry.Case(r.Context(), by)
		if err != nil {
			return err
		}
		if err := may(c); err != nil {
			return s.Registry.RefusePage(r.Context(), by, pattern, err)
		}
		return h(w, r, by)
	}))
}

// pageOfLogin is a page of someone who signed in.
type pageOfLogin func(w http.ResponseWriter, r *http.Request, login auth.Login) error

// signedIn serves a page to whoever signed in, before they chose a place of practice or a role; may, where there
// is one, looks at what they are, not at what they may do today.
func (s *Server) signedIn(t *table, pattern string, may func(registry.Case) error, h pageOfLogin) {
	t.handle(Route{pattern, SignedIn, may}, s.session(func(w http.ResponseWriter, r *http.Request) error {
		login, ok := s.login(r)
		if !ok {
			return s.askToSignIn(w, r)
		}
		if login.Door == registry.DoorPassword {
			return s.refusePassword(w, r)
		}
		if may != nil {
			if err := may(registry.Case{Actor: registry.Actor{Role: login.Role, Door: login.Door}}); err != nil {
				return err
			}
		}
		return h(w, r, login)
	}))
}

func (s *Server) parseForm(w http.ResponseWriter, r *http.Request) error {
	if r.Method != http.MethodPost || r.PostForm != nil {
		return nil
	}
	parse := func() error {
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		return r.ParseForm()
	}
	if bringsFile(r) {
		parse = func() error { return s.parseParts(w, r) }
	}
	switch err := parse(); {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return registry.Invalid("Votre envoi n’est pas arrivé en entier à temps\u00a0: la connexion est lente, ou le fichier trop gros. Rien n’a été enregistré. Revenez en arrière et recommencez.")
	case err != nil:
		return registry.Invalid("Le formulaire reçu est trop volumineux ou illisible. Revenez en arrière et corrigez la saisie.")
	}
	compose(r.PostForm)
	return nil
}

// compose writes each letter of a form with its accents as one character, however a keyboard or a clipboard
// gave them: the rules and the documents know no other.
func compose(form url.Values) {
	for _, values := range form {
		for i, value := range values {
			values[i] = norm.NFC.String(value)
		}
	}
}

type loginKey struct{}

// login is who the request's session names. It is read once for each request.
func (s *Server) login(r *http.Request) (auth.Login, bool) {
	if known, ok := r.Context().Value(loginKey{}).(*auth.Login); ok {
		return *known, known.NationalID != ""
	}
	login, ok := s.Auth.Login(r.Context())
	*r = *r.WithContext(context.WithValue(r.Context(), loginKey{}, &login))
	return login, ok
}

// protect surrounds every page: what browsers are told, cross-origin posts refused, panics caught,
// and one log line for each request that names the route and never the address.
func (s *Server) protect(mux *http.ServeMux) http.Handler {
	csrf := http.NewCrossOriginProtection()
	csrf.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.fail(w, r, registry.NotAllowed("Ce formulaire vient d’un autre site : il n’a pas été pris en compte."))
	}))
	guarded := csrf.Handler(mux)
	policy := s.contentSecurityPolicy()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		for name, value := range always {
			h.Set(name, value)
		}
		if s.Settings.HTTPS {
			h.Set("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
		}
		seen := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		defer func() {
			if p := recover(); p != nil {
				if p == http.ErrAbortHandler {
					panic(p)
				}
				s.Log.Error("panic", "route", r.Pattern, "panic", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
				if !seen.written {
					s.fail(seen, r, fmt.Errorf("panic in %s", r.Pattern))
				}
			}
			took := time.Since(start)
			s.Observe(r.Pattern, seen.status, took)
			s.Log.Info("request", "route", r.Pattern, "status", seen.status, "ms", float64(took.Microseconds())/1000)
		}()
		guarded.ServeHTTP(seen, r)
	})
}

// always are headers of every answer, whoever asks and whatever is answered.
var always = map[string]string{
	// No page, document, suggestion, redirection or error stays in a cache; what may says so itself (assets).
	"Cache-Control": "no-store",
	// Our addresses go to no other site. Within ours the referrer is kept on purpose: under no-referrer a
	// browser posts our forms with «Origin: null» (test/browser measures it), which says nothing of where
	// they come from. Browsers that send Sec-Fetch-Site would pass all the same; older ones, met in
	// hospitals, have the Origin alone, and all their forms would be refused.
	"Referrer-Policy":              "same-origin",
	"X-Content-Type-Options":       "nosniff",
	"Cross-Origin-Opener-Policy":   "same-origin",
	"Cross-Origin-Embedder-Policy": "require-corp",
	"Cross-Origin-Resource-Policy": "same-origin",
	"Permissions-Policy": "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), " +
		"microphone=(), midi=(), payment=(), publickey-credentials-get=(), screen-wake-lock=(), usb=(), xr-spatial-tracking=()",
	"X-Permitted-Cross-Domain-Policies": "none",
}

func (s *Server) contentSecurityPolicy() string {
	connect := []string{"'self'"}
	if s.Settings.ReaderURL != "" {
		connect = append(connect, s.Settings.ReaderURL)
	}
	return "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data:; connect-src " +
		strings.Join(connect, " ") + "; form-action " + strings.Join(append([]string{"'self'"}, s.Settings.FormTargets...), " ") +
		"; base-uri 'none'; frame-ancestors 'none'"
}

// statusWriter remembers the status that was answered.
type statusWriter struct {
	http.ResponseWriter
	status  int
	written bool
}

func (w *statusWriter) WriteHeader(status int) {
	if !w.written {
		w.status, w.written = status, true
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Write(b []byte) (int, error) {
	w.written = true
	return w.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the writer below.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
