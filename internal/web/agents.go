package web

import (
	"errors"
	"net/http"
	"slices"
	"time"

	"vaccin/internal/auth"
	"vaccin/internal/auth/oidc"
	"vaccin/internal/registry"
	"vaccin/internal/web/ui"
)

// The door of those who are not practitioners (ACC-10): their sign-in through the organisation's provider, the
// choice of a role, and where each role begins. Where no provider is configured none of it exists.

const (
	agentsPath     = "/agents"
	rolePath       = "/agents/role"
	agentsHomePath = "/agents/accueil"

	fieldRole = "role"
)

// homeOf is where the work of a role begins.
func homeOf(role registry.Role) string {
	switch role {
	case registry.RolePractitioner, registry.RoleSupport:
		return searchPath
	case "":
		return rolePath // an agent who has not chosen yet
	}
	return agentsHomePath
}

// agentsTable registers the addresses of the door.
func (s *Server) agentsTable(t *table) {
	if s.Agents == nil {
		return
	}
	s.public(t, "GET "+agentsPath, s.agentsDoor)
	s.public(t, "GET /connexion/agents", s.beginAgents)
	s.public(t, "GET /connexion/agents/retour", s.finishAgents)
	t.handle(Route{Pattern: "POST /connexion/agents/deconnexion", Audience: Provider}, s.signedOutBy(registry.DoorAgents))
	s.signedIn(t, "GET "+rolePath, onlyAgents, s.chooseRole)
	s.signedIn(t, "POST "+rolePath, onlyAgents, s.roleChosen)
	s.signedIn(t, "GET "+agentsHomePath, onlyAgents, s.agentHome)
}

func onlyAgents(c registry.Case) error {
	if c.Actor.Door != registry.DoorAgents {
		return registry.NotAllowed("Cette page est réservée aux agents. Votre connexion est celle d’un professionnel de santé.")
	}
	return nil
}

func onlyPractitioners(c registry.Case) error {
	if c.Actor.Door == registry.DoorAgents {
		return registry.NotAllowed("Cette page est réservée aux professionnels de santé : un agent n’a pas de lieu d’exercice.")
	}
	return nil
}

func (s *Server) agentsDoor(w http.ResponseWriter, r *http.Request) error {
	return s.render(w, r, http.StatusOK, agentsPage(s.page(r, "Espace des agents")))
}

func agentsAddress(back string) string { return signInAddress("/connexion/agents", back) }

func (s *Server) beginAgents(w http.ResponseWriter, r *http.Request) error {
	address, attempt, err := s.Agents.Begin(r.Context())
	if err != nil {
		return s.agentRefused(w, r, err, "")
	}
	if err := s.Auth.SetAttempt(w, registry.DoorAgents, attempt, ownPath(r.URL.Query().Get("retour"))); err != nil {
		return err
	}
	http.Redirect(w, r, address, http.StatusSeeOther)
	return nil
}

func (s *Server) finishAgents(w http.ResponseWriter, r *http.Request) error {
	attempt, ok := s.Auth.TakeAttempt(w, r, registry.DoorAgents)
	if !ok {
		return s.agentRefused(w, r, errNoAttempt, "")
	}
	signed, err := s.Agents.Finish(r.Context(), r.URL.Query(), attempt.Attempt)
	if err != nil {
		return s.agentRefused(w, r, err, "")
	}
	login, err := auth.LoginFromAgents(signed, time.Now())
	if err != nil {
		change, failed := s.Agents.EndSessionURL(r.Context(), signed.IDToken)
		if failed != nil {
			s.Log.Warn("no sign-out to offer to someone refused", "error", failed)
		}
		return s.agentRefused(w, r, err, change)
	}
	agent := registry.Agent{ID: login.NationalID, FamilyName: login.FamilyName, GivenName: login.GivenName}
	if err := s.Registry.MeetAgent(r.Context(), agent); err != nil {
		return err
	}
	return s.letIn(w, r, login, attempt.Return)
}

func (s *Server) agentRefused(w http.ResponseWriter, r *http.Request, err error, change string) error {
	why, ok := agentRefusalOf(err)
	if !ok {
		return err
	}
	return s.renderRefusal(w, r, err, refusedView{refusal: why, change: change, agents: true})
}

func agentRefusalOf(err error) (refusal, bool) {
	switch {
	case errors.Is(err, errNoAttempt):
		return refusalOf(err, nil)
	case errors.Is(err, auth.ErrNoRole):
		return refusal{
			"Aucun rôle dans le téléservice", "Votre compte est reconnu, mais votre organisme ne lui a donné aucun rôle dans Vaccin COVID.",
			"Demandez un rôle au responsable des accès de votre organisme, puis reconnectez-vous.", false,
		}, true
	}
	switch oidc.ReasonOf(err) {
	case oidc.ReasonDenied:
		return refusal{
			"Connexion annulée", "Vous avez refusé ou annulé l’identification.", "Vous pouvez recommencer quand vous le souhaitez.", true,
		}, true
	case oidc.ReasonProviderDown:
		return refusal{
			"L’identification des agents ne répond pas", "Le fournisseur d’identité de votre organisme est momentanément injoignable.",
			"Réessayez dans quelques minutes.", true,
		}, true
	case oidc.ReasonInvalidIdentity:
		return refusal{
			"Compte d’agent illisible", "Le fournisseur d’identité n’a pas transmis votre nom ou vos rôles sous la forme attendue.",
			"Faites vérifier votre compte par le responsable des accès de votre organisme.", true,
		}, true
	case oidc.ReasonStateMismatch, oidc.ReasonExpired, oidc.ReasonInvalidResponse:
		return refusal{
			"Connexion à recommencer", "La réponse du fournisseur d’identité n’a pas pu être vérifiée : par sécurité, elle n’a pas été acceptée.",
			"Recommencez la connexion depuis cette page.", true,
		}, true
	}
	return refusal{}, false
}

// agentRole is a role of agents in words.
type agentRole struct {
	label string
	does  string // what it is for
	page  string // what is said on the page where it begins; empty when it has pages of its own
	tasks []roleTask
}

// roleTask is a page of a role, with what it is for.
type roleTask struct{ address, label, does string }

// officerTasks are what the data-protection officer does.
var officerTasks = []roleTask{
	{disclosureAddress, "Demandes d’accès", "Remettre à une personne tout ce que le téléservice détient sur elle, et la liste de qui l’a vu."},
	{objectionsAddress, "Oppositions", "Enregistrer qu’une personne s’oppose à être ciblée et contactée, ou retire son opposition."},
	{journalAddress, "Journal des accès", "Savoir qui a consulté ou modifié quoi, d’où et quand. Les patients y sont sous pseudonyme."},
	{reportsAddress, "Signalements", "Comptes de professionnels qui sont peut-être utilisés par quelqu’un d’autre."},
}

// campaignTasks are what the campaign manager does.
var campaignTasks = []roleTask{
	{campaignsAddress, "Campagnes", "Écrire qui est concerné, à partir de quand, et préparer un ciblage."},
	{runsAddress, "Ciblages", "Voir qui un ciblage concerne, l’approuver quand quelqu’un d’autre l’a préparé, suivre son exécution. Faire imprimer les lettres, et voir où en sont les personnes ciblées."},
}

func agentRoleOf(role registry.Role) agentRole {
	switch role {
	case registry.RoleSupport:
		return agentRole{role.Label(), "Rechercher un patient, modifier ou annuler une saisie avec un motif, enregistrer une opposition.", "", nil}
	case registry.RoleDataProtection:
		return agentRole{role.Label(), "Veiller à l’usage des données et répondre aux personnes.", "", officerTasks}
	case registry.RoleCampaign:
		return agentRole{role.Label(), "Définir les publics ciblés, et donner un code à chaque personne concernée.", "", campaignTasks}
	case registry.RoleReferential:
		return agentRole{
			role.Label(), "Tenir à jour les vaccins, les lots, les lieux et les professions autorisées.",
			"Vos pages n’existent pas encore : vous y importerez les vaccins, les lots, les lieux de vaccination et les professions autorisées. " +
				"D’ici là, un exploitant le fait par une commande.", nil,
		}
	case registry.RoleStatistics:
		return agentRole{
			role.Label(), "Lire les chiffres de la campagne, sans aucune donnée personnelle.",
			"Vos pages n’existent pas encore : vous y lirez les chiffres de la campagne par jour, par vaccin et par territoire, sans aucune donnée personnelle.", nil,
		}
	}
	return agentRole{}
}

// roleLabel names the role of an agent; a practitioner's goes without saying.
func roleLabel(role registry.Role) string { return agentRoleOf(role).label }

type roleView struct {
	page  ui.Page
	form  ui.Form
	radio ui.Radios
	back  string
}

func (s *Server) chooseRole(w http.ResponseWriter, r *http.Request, login auth.Login) error {
	form := ui.Form{Values: map[string][]string{}}
	if login.Role != "" {
		form.Values.Set(fieldRole, string(login.Role))
	}
	return s.showRoles(w, r, login, http.StatusOK, form, ownPath(r.URL.Query().Get("retour")))
}

func (s *Server) showRoles(w http.ResponseWriter, r *http.Request, login auth.Login, status int, form ui.Form, back string) error {
	radio := ui.Radios{
		Name: fieldRole, Legend: "Dans quel rôle agissez-vous ?", Large: true,
		Hint: "Vous agissez dans un seul rôle à la fois. Vous pourrez en changer sans vous reconnecter.",
	}
	for _, role := range login.Roles {
		known := agentRoleOf(role)
		radio.Choices = append(radio.Choices, ui.Choice{Value: string(role), Label: known.label, Hint: known.does})
	}
	page := s.page(r, "Choisir le rôle")
	page.Form = form
	return s.render(w, r, status, rolePage(roleView{page, form, radio, back}))
}

func (s *Server) roleChosen(w http.ResponseWriter, r *http.Request, login auth.Login) error {
	back := ownPath(r.PostForm.Get("retour"))
	role := registry.Role(r.PostForm.Get(fieldRole))
	if !slices.Contains(login.Roles, role) {
		form := ui.Form{Values: r.PostForm, Errors: []ui.FieldError{{Field: fieldRole, Message: "Choisissez votre rôle."}}}
		return s.showRoles(w, r, login, http.StatusUnprocessableEntity, form, back)
	}
	if err := s.Auth.ChooseRole(r.Context(), role); err != nil {
		return err
	}
	// Where one was going is the other role's when the role changes.
	if back == "" || back == rolePath || login.Role != "" {
		back = homeOf(role)
	}
	http.Redirect(w, r, back, http.StatusSeeOther)
	return nil
}

type agentHomeView struct {
	page ui.Page
	role agentRole
}

func (s *Server) agentHome(w http.ResponseWriter, r *http.Request, login auth.Login) error {
	if home := homeOf(login.Role); home != agentsHomePath {
		http.Redirect(w, r, home, http.StatusSeeOther)
		return nil
	}
	role := agentRoleOf(login.Role)
	return s.render(w, r, http.StatusOK, agentHomePage(agentHomeView{s.page(r, role.label), role}))
}

// chosen is what is said to an agent, or to a practitioner.
func chosen(agent bool, toAgent, toPractitioner string) string {
	if agent {
		return toAgent
	}
	return toPractitioner
}
