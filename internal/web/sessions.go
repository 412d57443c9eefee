package web

import (
	"mime"
	"net/http"
	"strconv"

	"vaccin/internal/auth"
	"vaccin/internal/auth/oidc"
	"vaccin/internal/registry"
	"vaccin/internal/web/ui"
)

// The sessions of a person (ACC-9): how many are open, ending them all at once, and ending those that the
// provider says are over.

const sessionsPath = "/deconnexion/partout"

type sessionsView struct {
	page ui.Page
	open string // how many, in words
}

func (s *Server) sessions(w http.ResponseWriter, r *http.Request, login auth.Login) error {
	n, err := s.Auth.OpenSessions(r.Context(), login.NationalID)
	if err != nil {
		return err
	}
	open := "Une seule session est ouverte à votre nom : celle-ci."
	if n > 1 {
		open = strconv.Itoa(n) + " sessions sont ouvertes à votre nom, celle-ci comprise."
	}
	return s.render(w, r, http.StatusOK, sessionsPage(sessionsView{s.page(r, "Mes sessions"), open}))
}

func (s *Server) endSessions(w http.ResponseWriter, r *http.Request, login auth.Login) error {
	login.IDToken = s.Auth.IDToken(r.Context())
	if err := s.Auth.EndEverywhere(r.Context(), login.NationalID); err != nil {
		return err
	}
	s.leave(w, r, login, true)
	return nil
}

// maxLogoutForm is the most bytes of a provider's order that is read.
const maxLogoutForm = 32 << 10

// signedOutBy answers a provider's server that says whose session ended there (OpenID Connect Back-Channel
// Logout 1.0). It believes the signed token alone: there is neither cookie nor session. Answers are the
// standard's: 200, or 400 for whatever was not done.
func (s *Server) signedOutBy(door registry.Door) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		provider := s.provider(door)
		logout, err := readLogout(w, r, provider)
		if err == nil {
			var first bool
			if first, err = s.Auth.EndByProvider(r.Context(), logout); err == nil && !first {
				err = errLogoutAgain
			}
		}
		if err != nil {
			s.Log.Warn("a provider's sign-out was refused", "door", string(door), "error", err)
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(`{"error":"invalid_request"}`)) // a provider that left has no one to tell
			return
		}
		w.WriteHeader(http.StatusOK)
	})
}

var (
	errLogoutAgain = oidc.Fail(oidc.ReasonInvalidResponse, "logout token came before")
	errLogoutForm  = oidc.Fail(oidc.ReasonInvalidResponse, "no form with one logout token")
)

func readLogout(w http.ResponseWriter, r *http.Request, provider *oidc.Client) (oidc.Logout, error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/x-www-form-urlencoded" {
		return oidc.Logout{}, errLogoutForm
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxLogoutForm)
	if err := r.ParseForm(); err != nil {
		return oidc.Logout{}, errLogoutForm
	}
	tokens := r.PostForm["logout_token"]
	if len(tokens) != 1 {
		return oidc.Logout{}, errLogoutForm
	}
	return provider.VerifyLogout(r.Context(), tokens[0])
}
