package web

import (
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"vaccin/internal/auth"
	"vaccin/internal/auth/oidc"
	"vaccin/internal/auth/psc"
	"vaccin/internal/referential"
	"vaccin/internal/registry"
	"vaccin/internal/web/ui"
)

func beginAddress(back string) string { return signInAddress("/connexion/psc", back) }

// signInAddress is where a sign-in begins; back is the path to come back to.
func signInAddress(begin, back string) string {
	if back == "" {
		return begin
	}
	return begin + "?retour=" + url.QueryEscape(back)
}

// ownPath keeps a path to come back to only when it is written as ours are, to the letter: browsers read
// more than one spelling (//, /\, %2F, a tab) as the address of another site. Nor does it lead from a sign-in
// to what begins, ends or undoes one.
func ownPath(path string) string {
	if !ownPaths.MatchString(path) || ofSignIn.MatchString(path) {
		return ""
	}
	return path
}

var ofSignIn = regexp.MustCompile(`^/(connexion|deconnexion|deconnecte)(/|$)`)

var ownPaths = regexp.MustCompile(`^(/[a-z0-9-]+(\.[a-z]+)?)+$`)

// beginPSC sends the browser to Pro Santé Connect. Until then the service kept nothing about it.
func (s *Server) beginPSC(w http.ResponseWriter, r *http.Request) error {
	address, attempt, err := s.PSC.Begin(r.Context())
	if err != nil {
		return s.signInRefused(w, r, err)
	}
	if err := s.Auth.SetAttempt(w, registry.DoorPSC, attempt, ownPath(r.URL.Query().Get("retour"))); err != nil {
		return err
	}
	http.Redirect(w, r, address, http.StatusSeeOther)
	return nil
}

// finishPSC receives the browser from Pro Santé Connect and lets the person in, or says why not.
func (s *Server) finishPSC(w http.ResponseWriter, r *http.Request) error {
	attempt, ok := s.Auth.TakeAttempt(w, r, registry.DoorPSC)
	if !ok {
		return s.signInRefused(w, r, errNoAttempt)
	}
	signed, err := s.PSC.Finish(r.Context(), r.URL.Query(), attempt.Attempt)
	if err != nil {
		return s.signInRefused(w, r, err)
	}
	login, err := s.loginOf(r, signed)
	if err != nil {
		return s.identityRefused(w, r, signed, err)
	}
	return s.letIn(w, r, login, attempt.Return)
}

// letIn opens the session of someone who signed in and leads them on: by way of the choice of a place or of a
// role when it is theirs to make.
func (s *Server) letIn(w http.ResponseWriter, r *http.Request, login auth.Login, back string) error {
	if err := s.Auth.Begin(r.Context(), login); err != nil {
		return err
	}
	back, err := s.whereTo(r, login, back)
	if err != nil {
		return err
	}
	if _, ok := login.Actor(); !ok {
		back = choiceOf(login) + "?retour=" + url.QueryEscape(back)
	}
	http.Redirect(w, r, back, http.StatusSeeOther)
	return nil
}

// choiceOf is where someone makes the choice without which they cannot act.
func choiceOf(login auth.Login) string {
	if login.IsAgent() {
		return rolePath
	}
	return placePath
}

var errNoAttempt = errors.New("no sign-in under way in this browser")

func (s *Server) loginOf(r *http.Request, signed psc.Login) (auth.Login, error) {
	authorised, places, err := s.known(r, signed.Identity.NationalID)
	if err != nil {
		return auth.Login{}, err
	}
	return auth.LoginFromPSC(signed, authorised, places, time.Now())
}

// known is what the service itself knows of someone: which professions are authorised today, and the
// imported list of their places.
func (s *Server) known(r *http.Request, nationalID string) (authorised func(string) bool, places []registry.PracticePlace, err error) {
	ref, err := s.Registry.Reference(r.Context())
	if err != nil {
		return nil, nil, err
	}
	places, err = s.Registry.Store.PracticePlaces(r.Context(), nationalID)
	if err != nil {
		return nil, nil, err
	}
	today := registry.TodayAt(s.Registry.Business())
	return func(profession string) bool { return ref.ProfessionAuthorised(profession, today) }, places, nil
}

// keptKey names, in the session, the path of the form that waits for the person.
const keptKey = "kept-form-path"

// whereTo is the page after sign-in: the form that the expired session left, else where the person was
// going, else where their role begins.
func (s *Server) whereTo(r *http.Request, login auth.Login, back string) (string, error) {
	form, ok, err := s.Auth.KeptForm(r.Context(), login.NationalID)
	if err != nil {
		return "", err
	}
	if ok {
		return form.Path, s.Auth.Put(r.Context(), keptKey, form.Path)
	}
	if back == "" || back == placePath || back == rolePath {
		back = homeOf(login.Role)
	}
	return back, nil
}

// keptValues returns what an expired session left of the form at this address, once for each sign-in.
func (s *Server) keptValues(r *http.Request) (url.Values, bool, error) {
	var path string
	if ok, err := s.Auth.Get(r.Context(), keptKey, &path); err != nil || !ok || path != r.URL.Path {
		return nil, false, err
	}
	login, _ := s.login(r)
	form, ok, err := s.Auth.KeptForm(r.Context(), login.NationalID)
	if err != nil || !ok || form.Path != path {
		return nil, false, err
	}
	return form.Values, true, nil
}

const keptNotice = "Votre session avait expiré. Votre saisie a été conservée : vérifiez-la, puis validez."

// dropKept forgets the kept form once it was sent from its page.
func (s *Server) dropKept(r *http.Request) error {
	var path string
	if ok, err := s.Auth.Get(r.Context(), keptKey, &path); err != nil || !ok || path != r.URL.Path {
		return err
	}
	login, _ := s.login(r)
	s.Auth.Drop(r.Context(), keptKey)
	return s.Auth.DropForm(r.Context(), login.NationalID)
}

// refusal is why someone was not let in, in words, with what to do.
type refusal struct {
	title, reason, advice string
	retry                 bool
}

func refusalOf(err error, open []string) (refusal, bool) {
	switch {
	case errors.Is(err, errNoAttempt):
		return refusal{
			"Connexion à recommencer", "La connexion a été interrompue ou a duré plus de dix minutes.",
			"Recommencez la connexion depuis cette page.", true,
		}, true
	case errors.Is(err, auth.ErrNoProfession) && len(open) == 0:
		return refusal{
			"Profession non autorisée", "À ce jour, le téléservice Vaccin COVID n’est ouvert à aucune profession.",
			"Reconnectez-vous après son ouverture.", false,
		}, true
	case errors.Is(err, auth.ErrNoProfession):
		openTo, yours := "à la profession suivante", "cette profession"
		if len(open) > 1 {
			openTo, yours = "aux professions suivantes", "l’une d’elles"
		}
		return refusal{
			"Profession non autorisée", "À ce jour, le téléservice Vaccin COVID n’est pas ouvert à votre profession. Il est ouvert " + openTo + " : " + strings.Join(open, ", ") + ".",
			"Si vous exercez " + yours + ", faites vérifier votre enregistrement auprès de votre ordre.", false,
		}, true
	case errors.Is(err, auth.ErrNoDirectory):
		return refusal{
			"Situation professionnelle inconnue", "Pro Santé Connect n’a transmis aucune situation professionnelle pour votre compte.",
			"Votre enregistrement au répertoire partagé (RPPS) est peut-être incomplet : rapprochez-vous de votre ordre.", false,
		}, true
	case errors.Is(err, auth.ErrNoPlace):
		return refusal{
			"Aucun lieu d’exercice", "Aucun lieu d’exercice n’est enregistré pour votre profession : le téléservice ne peut pas savoir où vous exercez.",
			"Déclarez votre lieu d’exercice auprès de votre ordre, puis reconnectez-vous.", false,
		}, true
	}
	if why, ok := cardSignInRefusal(err); ok {
		return why, true
	}
	switch oidc.ReasonOf(err) {
	case oidc.ReasonDenied:
		return refusal{
			"Connexion annulée", "Vous avez refusé ou annulé l’identification auprès de Pro Santé Connect.",
			"Vous pouvez recommencer quand vous le souhaitez.", true,
		}, true
	case oidc.ReasonProviderDown:
		return refusal{
			"Pro Santé Connect ne répond pas", "Pro Santé Connect est momentanément injoignable.",
			"Réessayez dans quelques minutes.", true,
		}, true
	case psc.ReasonNoNationalID:
		return refusal{
			"Identifiant national absent", "Pro Santé Connect n’a pas transmis votre numéro RPPS ou ADELI.",
			"Contactez l’assistance.", false,
		}, true
	case oidc.ReasonStateMismatch, oidc.ReasonExpired, oidc.ReasonInvalidResponse, oidc.ReasonInvalidIdentity:
		return refusal{
			"Connexion à recommencer", "La réponse de Pro Santé Connect n’a pas pu être vérifiée : par sécurité, elle n’a pas été acceptée.",
			"Recommencez la connexion depuis cette page.", true,
		}, true
	}
	return refusal{}, false
}

type refusedView struct {
	page    ui.Page
	refusal refusal
	doors   doorsView
	change  string // address of the provider's sign-out, for who is identified there and not let in here
	agents  bool   // it is the door of agents
}

func (s *Server) signInRefused(w http.ResponseWriter, r *http.Request, err error) error {
	return s.showRefusal(w, r, err, "")
}

// identityRefused answers someone whom the provider knows and the service does not let in. The provider's
// own session would bring the same person back: its sign-out is offered, to change account.
func (s *Server) identityRefused(w http.ResponseWriter, r *http.Request, signed psc.Login, refusal error) error {
	change, err := s.PSC.EndSessionURL(r.Context(), signed.IDToken)
	if err != nil {
		s.Log.Warn("no sign-out to offer to someone refused", "error", err)
	}
	return s.showRefusal(w, r, refusal, change)
}

func (s *Server) showRefusal(w http.ResponseWriter, r *http.Request, err error, change string) error {
	open, failed := s.openProfessions(r)
	if failed != nil {
		return failed
	}
	why, ok := refusalOf(err, open)
	if !ok {
		return err
	}
	return s.renderRefusal(w, r, err, refusedView{refusal: why, change: change})
}

func (s *Server) renderRefusal(w http.ResponseWriter, r *http.Request, err error, view refusedView) error {
	s.Log.Info("sign-in refused", "reason", view.refusal.title, "error", err)
	status := http.StatusForbidden
	if oidc.ReasonOf(err) == oidc.ReasonProviderDown {
		status = http.StatusServiceUnavailable
	}
	view.page, view.doors = s.page(r, view.refusal.title), s.doors("")
	return s.render(w, r, status, refusedPage(view))
}

// openProfessions names the professions to which the service is open today.
func (s *Server) openProfessions(r *http.Request) ([]string, error) {
	ref, err := s.Registry.Reference(r.Context())
	if err != nil {
		return nil, err
	}
	today := registry.TodayAt(s.Registry.Business())
	labels := []string{}
	for _, o := range ref.Openings {
		if p, ok := referential.ProfessionByCode(o.Profession); ok && ref.ProfessionAuthorised(o.Profession, today) {
			labels = append(labels, strings.ToLower(p.Label))
		}
	}
	slices.Sort(labels)
	return slices.Compact(labels), nil
}

type signInView struct {
	page          ui.Page
	expired, kept bool
	lost          bool // what was sent, for nobody is known to keep it for
	doors         doorsView
	agents        bool // there is a door for agents
}

// signOut ends the session here, then at the provider.
func (s *Server) signOut(w http.ResponseWriter, r *http.Request) error {
	login, ok := s.Auth.Login(r.Context())
	login.IDToken = s.Auth.IDToken(r.Context())
	if err := s.Auth.End(r.Context()); err != nil {
		return err
	}
	s.leave(w, r, login, ok)
	return nil
}

// leave sends a browser whose session has ended here to end that of the provider too.
func (s *Server) leave(w http.ResponseWriter, r *http.Request, login auth.Login, known bool) {
	next := "/deconnecte"
	if provider := s.provider(login.Door); known && provider != nil && login.IDToken != "" {
		if address, err := provider.EndSessionURL(r.Context(), login.IDToken); err == nil {
			next = address
		} else {
			s.Log.Warn("signed out here but not at the provider", "error", err)
		}
	}
	http.Redirect(w, r, next, http.StatusSeeOther)
}

// provider is whoever vouches for those who come by a door, or nil when nobody outside does.
func (s *Server) provider(door registry.Door) *oidc.Client {
	switch {
	case door == registry.DoorPSC:
		return s.PSC.Client
	case door == registry.DoorAgents && s.Agents != nil:
		return s.Agents.Client
	}
	return nil
}

func (s *Server) signedOut(w http.ResponseWriter, r *http.Request) error {
	return s.render(w, r, http.StatusOK, signedOutPage(s.page(r, "Vous êtes déconnecté"), s.doors("")))
}
