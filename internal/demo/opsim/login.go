package opsim

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"net/http"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

var (
	//go:embed login.html
	pagesText string
	//go:embed style.css
	styleText []byte

	pages = template.Must(template.New("pages").Parse(pagesText))
)

// maxForm bounds the login form, in bytes.
const maxForm = 16 << 10

// loginPage is what the login page shows.
type loginPage struct {
	Provider  string
	Title     string
	RequestID string
	Style     string
	Problem   string // what to correct, empty when nothing
	Accounts  []Account
	Sessions  []openSessions
}

// account returns the account of a key.
func (k Kind) account(key string) (Account, error) {
	return k.find(func(a Account) bool { return a.Key == key })
}

func (k Kind) find(matches func(Account) bool) (Account, error) {
	for _, account := range k.Accounts {
		if matches(account) {
			return account, nil
		}
	}
	return Account{}, fmt.Errorf("opsim: account: %w", errUnknown)
}

// showLogin offers the accounts, or signs in at once with the one that
// login_hint names: that is how tests and benches go through without a page.
func (s *simulator) showLogin(w http.ResponseWriter, r *http.Request) {
	id := r.URL.Query().Get("id")
	request, err := s.storage.request(id)
	if err != nil {
		s.render(w, http.StatusBadRequest, "stale", loginPage{})
		return
	}
	if request.asked.LoginHint != "" {
		if account, err := s.kind.account(request.asked.LoginHint); err == nil {
			s.signIn(w, r, id, account)
			return
		}
	}
	s.render(w, http.StatusOK, "login", loginPage{RequestID: id, Accounts: s.kind.Accounts})
}

func (s *simulator) submitLogin(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	id := r.PostFormValue("id")
	request, err := s.storage.request(id)
	if err != nil {
		s.render(w, http.StatusBadRequest, "stale", loginPage{})
		return
	}
	if r.PostFormValue("action") == "refuse" {
		s.refuse(w, r, request)
		return
	}
	account, err := s.kind.account(r.PostFormValue("account"))
	if err != nil {
		s.render(w, http.StatusBadRequest, "login", loginPage{
			RequestID: id, Accounts: s.kind.Accounts,
			Problem: "Choisissez l’un des comptes de la liste.",
		})
		return
	}
	s.signIn(w, r, id, account)
}

func (s *simulator) signIn(w http.ResponseWriter, r *http.Request, id string, account Account) {
	if err := s.storage.signIn(id, account); err != nil {
		s.render(w, http.StatusBadRequest, "stale", loginPage{})
		return
	}
	ctx := op.ContextWithIssuer(r.Context(), s.addresses.Issuer)
	http.Redirect(w, r, op.AuthCallbackURL(s.provider)(ctx, id), http.StatusSeeOther)
}

// refuse sends the browser back with error=access_denied; the request is over.
func (s *simulator) refuse(w http.ResponseWriter, r *http.Request, request authRequest) {
	if err := s.storage.DeleteAuthRequest(r.Context(), request.id); err != nil {
		http.Error(w, "demande impossible à clore", http.StatusInternalServerError)
		return
	}
	op.AuthRequestError(w, r, request, oidc.ErrAccessDenied().WithDescription("refused by the user"), s.provider)
}

func (s *simulator) showSignedOut(w http.ResponseWriter, _ *http.Request) {
	s.render(w, http.StatusOK, "signed-out", loginPage{})
}

// render writes a page whole or not at all. No form-action in the policy:
// browsers apply it to the redirect back to the service too.
func (s *simulator) render(w http.ResponseWriter, status int, name string, page loginPage) {
	page.Provider, page.Title, page.Style = s.kind.Name, s.kind.Title, s.kind.stylePath()
	var body bytes.Buffer
	if err := pages.ExecuteTemplate(&body, name, page); err != nil {
		http.Error(w, "page impossible à écrire", http.StatusInternalServerError)
		return
	}
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; frame-ancestors 'none'")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = body.WriteTo(w) // the browser is gone: nothing left to tell it
}

func serveStyle(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Header().Set("Cache-Control", "max-age=3600")
	_, _ = w.Write(styleText) // the browser is gone: nothing left to tell it
}
