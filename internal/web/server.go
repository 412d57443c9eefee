// Package web is the service's pages. One file is one page: its data, handler, form and template, read
// from top to bottom. Handlers return errors, translated once in error.go; rules are the registry's.
// It never touches a store but through the registry and auth.
package web

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/a-h/templ"

	"vaccin/internal/auth"
	"vaccin/internal/auth/agents"
	"vaccin/internal/auth/cps"
	"vaccin/internal/auth/password"
	"vaccin/internal/auth/psc"
	"vaccin/internal/document"
	"vaccin/internal/registry"
	"vaccin/internal/web/assets"
	"vaccin/internal/web/ui"
)

// Settings are what differs from one installation to another.
type Settings struct {
	AssistancePhone   string   // technical assistance of private-practice professionals
	AdverseEffectsURL string   // PSIG
	PSCInformationURL string   // the ANS page on Pro Santé Connect and the e-CPS
	FormTargets       []string // origins that forms may lead to beside ours: the provider's sign-out
	ReaderURL         string   // where pages find the card-reading program: http://127.0.0.1:port; empty for none
	HTTPS             bool     // the service is reached by https
	PublicURL         string   // address of the service
	CardURL           string   // address of the listener that asks for cards; empty where there is none

	// Who hosts the service, with an address, and how the data-protection officer is reached; empty where the
	// publisher of the service, the Caisse nationale de l’Assurance Maladie, does both.
	HostedBy, DataProtectionContact string
}

// DefaultSettings are the settings of the guide; the telephone number of the technical assistance is
// lost there and has no default.
func DefaultSettings() Settings {
	return Settings{
		AdverseEffectsURL: "https://signalement.social-sante.gouv.fr",
		PSCInformationURL: "https://esante.gouv.fr/securite/e-cps",
	}
}

// Server holds what pages need.
type Server struct {
	Registry *registry.Registry
	Auth     *auth.Manager
	PSC      *psc.Client
	Agents   *agents.Client // nil where agents have no door
	Portal   *password.Door
	Cards    *cps.Gate // of the listener that asks for cards; nil where there is none
	Settings Settings
	Log      *slog.Logger
	Letters  registry.BatchPrinter
	Observe  func(route string, status int, took time.Duration) // metrics; may be nil

	Stopping func() bool // the service is told to stop; may be nil

	printer     *document.Renderer
	storeHealth *health
}

// New returns a server; it fails when the assets or fonts were not built.
func New(s Server) (*Server, error) {
	if err := assets.Ready(); err != nil {
		return nil, err
	}
	printer, err := document.NewRenderer()
	if err != nil {
		return nil, err
	}
	s.printer = printer
	if s.Observe == nil {
		s.Observe = func(string, int, time.Duration) {}
	}
	if s.Stopping == nil {
		s.Stopping = func() bool { return false }
	}
	s.storeHealth = &health{}
	s.Auth.OnError(s.sessionFailed)
	return &s, nil
}

// sessionFailed answers when the session cannot be read or written. What was typed stays on the page.
func (s *Server) sessionFailed(w http.ResponseWriter, r *http.Request, err error) {
	if unreadable := s.parseForm(w, r); unreadable != nil {
		err = unreadable
	}
	s.fail(w, r, err)
}

// page is the frame of a page for whoever the request's session names.
func (s *Server) page(r *http.Request, title string) ui.Page {
	p := ui.Page{Title: title, Assets: assets.Path}
	if login, ok := s.login(r); ok {
		session := ui.Session{Person: login.DisplayName(), Home: homeOf(login.Role), Agent: login.IsAgent()}
		if login.Door == registry.DoorPassword {
			session.Home = "/amelipro"
		}
		if by, ok := login.Actor(); ok {
			session.Place, session.Role, session.Links = by.Place.Label(), roleLabel(by.Role), linksOf(by.Role)
			session.CanChangePlace, session.CanChangeRole = len(login.Practices) > 1, len(login.Roles) > 1
		}
		p.Session = &session
	}
	return p
}

// linksOf are the pages of a role that the header leads to.
func linksOf(role registry.Role) []ui.Link {
	switch role {
	case registry.RolePractitioner:
		return []ui.Link{{Address: ownActsAddress, Label: "Mes actes récents"}}
	case registry.RoleSupport:
		return []ui.Link{
			{Address: objectionsAddress, Label: "Oppositions"}, {Address: reportsAddress, Label: "Signalements"}, {Address: matchesAddress, Label: "Rapprochements"},
		}
	}
	links := []ui.Link{}
	for _, t := range agentRoleOf(role).tasks {
		links = append(links, ui.Link{Address: t.address, Label: t.label})
	}
	return links
}

// render writes a page. It is rendered whole first, so that a failure half-way is an error page and
// not half a page.
func (s *Server) render(w http.ResponseWriter, r *http.Request, status int, content templ.Component) error {
	body := templ.GetBuffer()
	defer templ.ReleaseBuffer(body)
	if err := content.Render(r.Context(), body); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	if _, err := w.Write(body.Bytes()); err != nil {
		s.Log.Info("the browser left before its page", "route", r.Pattern)
	}
	return nil
}
