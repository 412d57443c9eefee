package web

import (
	"net/http"
	"strings"
	"time"

	"vaccin/internal/registry"
	"vaccin/internal/web/ui"
)

// parisTime is the zone of the telephone lines.
var parisTime = registry.ZoneOf("")

// Pages that say the same to everyone: assistance (HLP-1), annex (HLP-2), legal pages.

// hours are the opening hours of a telephone line, Monday to Friday, in Paris.
type hours struct{ from, to int } // minutes of the day

var (
	privateHours  = hours{8*60 + 30, 17*60 + 30}
	salariedHours = hours{9 * 60, 20 * 60}
)

// open tells whether the line answers at a moment. Public holidays are not known here.
func (h hours) open(at time.Time) bool {
	day := at.Weekday()
	minute := at.Hour()*60 + at.Minute()
	return day != time.Saturday && day != time.Sunday && minute >= h.from && minute < h.to
}

func (h hours) status(at time.Time) statusView {
	if h.open(at) {
		return statusView{"done", "Ligne ouverte en ce moment"}
	}
	return statusView{"stopped", "Ligne fermée en ce moment"}
}

type assistanceView struct {
	page              ui.Page
	phone             string // of the technical assistance; empty when the installation has not set it
	private, salaried statusView
}

func (s *Server) assistance(w http.ResponseWriter, r *http.Request) error {
	paris := s.Registry.Business().In(parisTime)
	view := assistanceView{
		page: s.page(r, "Contacter l’assistance Vaccin COVID"), phone: s.Settings.AssistancePhone,
		private: privateHours.status(paris), salaried: salariedHours.status(paris),
	}
	return s.render(w, r, http.StatusOK, assistancePage(view))
}

func (s *Server) annex(w http.ResponseWriter, r *http.Request) error {
	return s.render(w, r, http.StatusOK, annexPage(s.page(r, "Les professions de santé")))
}

func (s *Server) legal(w http.ResponseWriter, r *http.Request) error {
	return s.render(w, r, http.StatusOK, legalPage(s.page(r, "Mentions légales"), s.Settings.HostedBy))
}

func (s *Server) privacy(w http.ResponseWriter, r *http.Request) error {
	ref, err := s.Registry.Reference(r.Context())
	if err != nil { // the page is for everyone, also while the store is away: then with the limit that holds without a setting
		ref = registry.Reference{}
	}
	until := objectionUntil(ref.ObjectionLimit(registry.TodayAt(s.Registry.Business())), "il")
	return s.render(w, r, http.StatusOK, privacyPage(s.page(r, "Données personnelles"), s.Settings.DataProtectionContact, until))
}

func (s *Server) accessibility(w http.ResponseWriter, r *http.Request) error {
	return s.render(w, r, http.StatusOK, accessibilityPage(s.page(r, "Accessibilité")))
}

// telephone keeps of a number what a telephone dials.
func telephone(number string) string {
	return strings.Map(func(r rune) rune {
		if r == '+' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, number)
}
