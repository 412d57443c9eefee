package webtest_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
	"vaccin/internal/web"
	"vaccin/internal/web/webtest"
)

// accountOf is an account of a simulator for every role that signs in.
var accountOf = map[registry.Role]string{
	registry.RolePractitioner: marchand, registry.RoleSupport: "assistance", registry.RoleDataProtection: "dpo",
	registry.RoleCampaign: "campagne", registry.RoleReferential: "referentiels", registry.RoleStatistics: "statistiques",
}

// doorOf is the door of a role.
func doorOf(role registry.Role) registry.Door {
	if role == registry.RolePractitioner {
		return registry.DoorPSC
	}
	return registry.DoorAgents
}

// as is a browser signed in with a role.
func (h *house) as(t *testing.T, role registry.Role) *webtest.Browser {
	t.Helper()
	if role == registry.RolePractitioner {
		return h.signIn(t, marchand)
	}
	return h.agent(t, accountOf[role])
}

// The foot of a page tells for whom it is: not the same to a doctor, to an agent, who may still have to choose a role, and to who is not signed in.
func TestTheFootOfAPageTellsForWhomItIs(t *testing.T) {
	t.Parallel()
	h := open(t)
	const all, doctors, agents = "réservé aux professionnels de santé et aux agents habilités.", "réservé aux professionnels de santé habilités.", "Pages réservées aux agents habilités."
	signedIn := map[*webtest.Browser]string{webtest.NewBrowser(t, h.base): all, h.agent(t, "deux-roles"): agents}
	for role := range accountOf {
		says := agents
		if role == registry.RolePractitioner {
			says = doctors
		}
		signedIn[h.as(t, role)] = says
	}
	for b, says := range signedIn {
		page := b.Get("/mentions-legales").Want(http.StatusOK, says)
		for _, other := range []string{all, doctors, agents} {
			if _, foot, _ := strings.Cut(page.Body, "<footer"); other != says && strings.Contains(foot, other) {
				t.Errorf("for others too: %s", foot)
			}
		}
	}
}

// declarations are addresses open to support, which reads what stands there, at which support is refused when it
// would declare: the record of the test has everything but dose 2.
var declarations = []string{
	"GET /dossiers/{id}/vaccination-2", "POST /dossiers/{id}/eligibilite", "POST /dossiers/{id}/vaccination-1", "POST /dossiers/{id}/vaccination-2",
}

// TestEveryRoleAtEveryAddress asks every address as every role: whoever its rule refuses gets 403, with a reason
// and nothing of the patient; whoever it lets pass is not refused for their role.
func TestEveryRoleAtEveryAddress(t *testing.T) {
	h := open(t)
	p := h.patient(t, withCode(123456789))
	doctor := h.signIn(t, marchand)
	declare(doctor, p)
	inject(doctor, p)
	const refusedRole = "Votre rôle ne permet pas cette action"
	for role := range accountOf {
		t.Run(string(role), func(t *testing.T) {
			signed := h.as(t, role)
			whoever := registry.Case{
				Actor: registry.Actor{
					Role: role, Door: doorOf(role), Practitioner: registry.Practitioner{NationalID: "1", Profession: registry.ProfessionDoctor},
					Place: registry.PracticePlace{ID: "1"},
				},
				Reference: registrytest.Reference(), Today: registry.MustDate("2021-02-01"),
			}
			guarded := func(a asked) bool { return a.Audience == web.Entitled || a.Audience == web.SignedIn }
			each(t, string(p.ID), guarded, func(t *testing.T, a asked) {
				if a.Pattern == "POST /deconnexion/partout" {
					signed = h.as(t, role) // what it does is for another test; it must not end the others' session
				}
				b := &webtest.Browser{T: t, Base: signed.Base, Jar: signed.Jar}
				page := b.Do(b.Request(a.method, a.path, form()))
				var refusal error
				if a.May != nil {
					refusal = a.May(whoever)
				}
				if refusal != nil {
					page.Want(http.StatusForbidden, refusal.Error()).Not(secrets(p)...)
					return
				}
				declares := slices.Contains(declarations, a.Pattern) && role == registry.RoleSupport
				if page.Says(refusedRole) != declares || page.Says("réservée aux") || page.Status == http.StatusUnauthorized {
					t.Errorf("%d: %s", page.Status, page.Root.Content())
				}
				if a.Pattern == "POST /deconnexion/partout" {
					signed = h.as(t, role)
				}
			})
		})
	}
}

func TestAnAgentWithoutARoleInUseIsAskedForOneAtEveryAddress(t *testing.T) {
	h := open(t)
	p := h.patient(t, withCode(123456789))
	doctor := h.signIn(t, marchand)
	declare(doctor, p)
	inject(doctor, p)
	agent := h.agent(t, "deux-roles")
	each(t, string(p.ID), entitled, func(t *testing.T, a asked) {
		b := &webtest.Browser{T: t, Base: agent.Base, Jar: agent.Jar}
		page := b.Do(b.Request(a.method, a.path, form())).Want(http.StatusOK, "Dans quel rôle agissez-vous").Not(secrets(p)...)
		if page.URL.Path != "/agents/role" {
			t.Errorf("led to %s", page.URL.Path)
		}
	})
}

func TestAnAgentSignsInAndLandsWhereTheirRoleBegins(t *testing.T) {
	h := open(t)
	for _, c := range []struct{ account, path, h1, role, says string }{
		{"assistance", "/recherche", "Rechercher un patient", "Assistance", "Inès CARON"},
		{"dpo", "/agents/accueil", "Protection des données", "Protection des données", "Journal des accès"},
		{"campagne", "/agents/accueil", "Responsable de campagne", "Responsable de campagne", "Ciblages"},
		{"referentiels", "/agents/accueil", "Gestionnaire des référentiels", "Gestionnaire des référentiels", "n’existent pas encore"},
		{"statistiques", "/agents/accueil", "Lecteur des statistiques", "Lecteur des statistiques", "n’existent pas encore"},
	} {
		t.Run(c.account, func(t *testing.T) {
			b := webtest.NewBrowser(t, h.base)
			b.Get("/").Want(http.StatusOK, "Espace des agents")
			door := b.Get("/agents").Want(http.StatusOK, "S’identifier comme agent")
			page := h.enter(b, c.account, door.Link("S’identifier comme agent")).Want(http.StatusOK, c.role, c.says)
			if page.URL.Path != c.path || page.H1() != c.h1 {
				t.Errorf("led to %s, %q", page.URL.Path, page.H1())
			}
			page.Not("Changer de rôle", "Changer de lieu")
			if brand := page.Link("VACCIN COVID"); brand != c.path {
				t.Errorf("the service's name leads to %s", brand)
			}
			out := b.Post("/deconnexion", nil).Want(http.StatusOK)
			if out.URL.Path != "/deconnecte" || !strings.Contains(strings.Join(b.Visited, " "), "/realms/agents/") {
				t.Errorf("signed out at %s by way of %v", out.URL.Path, b.Visited)
			}
			b.Get(c.path).Want(http.StatusUnauthorized)
		})
	}
}

func TestAnAgentWithoutARoleIsToldWhyAndMayChangeAccount(t *testing.T) {
	h := open(t)
	b := webtest.NewBrowser(t, h.base)
	page := h.enter(b, "sans-role", "/connexion/agents").Want(http.StatusForbidden, "Aucun rôle dans le téléservice", "Changer de compte d’agent")
	b.Get(page.Link("Changer de compte")).Want(http.StatusOK, "Vous êtes déconnecté")
	b.Get("/recherche").Want(http.StatusUnauthorized)
	b.Get("/connexion/agents").Form("id").Fill("action", "refuse").Send(b).Want(http.StatusForbidden, "Connexion annulée", "S’identifier comme agent")
}

func TestWhenTheAgentsProviderIsDown(t *testing.T) {
	h := open(t)
	h.agents.Close()
	webtest.NewBrowser(t, h.base).Get("/connexion/agents").Want(http.StatusServiceUnavailable, "momentanément injoignable").Not("Pro Santé Connect")
}

func TestAnAgentOfTwoRolesActsWithOneAtATime(t *testing.T) {
	h := open(t)
	b := webtest.NewBrowser(t, h.base)
	choice := h.enter(b, "deux-roles", "/connexion/agents").Want(http.StatusOK, "Dans quel rôle agissez-vous", "Assistance", "Protection des données")
	for _, path := range []string{"/recherche", "/agents/accueil"} {
		if page := b.Get(path).Want(http.StatusOK, "Dans quel rôle"); page.URL.Path != "/agents/role" {
			t.Errorf("without a role, %s leads to %s", path, page.URL.Path)
		}
	}
	choice.Form("role").Send(b).Want(http.StatusUnprocessableEntity, "Choisissez votre rôle")
	for _, forged := range []string{"practitioner", "campaign-manager", "system", ""} {
		choice.Form("role").Fill("role", forged).Send(b).Want(http.StatusUnprocessableEntity, "Choisissez votre rôle")
	}
	if page := choice.Form("role").Fill("role", "support").Send(b).Want(http.StatusOK, "Chloé MEUNIER", "Changer de rôle"); page.URL.Path != "/recherche" {
		t.Errorf("led to %s", page.URL.Path)
	}
	b.Post("/recherche", url.Values{"nir": {"1 84 12 76 451 089 46"}})
	page := b.Get("/agents/role").Form("role").Fill("role", "data-protection-officer").Send(b).Want(http.StatusOK, "Protection des données")
	if page.URL.Path != "/agents/accueil" {
		t.Errorf("led to %s", page.URL.Path)
	}
	b.Get("/recherche").Want(http.StatusForbidden, "Votre rôle ne permet pas cette action")
	b.Get("/agents/role").Form("role").Fill("role", "support").Send(b).Want(http.StatusOK, "Rechercher un patient")
	if page := b.Get("/recherche/assures"); page.URL.Path != "/recherche" {
		t.Errorf("what was searched in the role of before is still there: %s", page.URL)
	}
}

func TestOneDoorDoesNotTakeTheAnswerOfTheOther(t *testing.T) {
	h := open(t)
	b := webtest.NewBrowser(t, h.base)
	login := b.Get("/connexion/agents").Form("id").Fill("account", "assistance")
	b.Get("/connexion/psc") // another sign-in, in another tab
	login.Send(b).Want(http.StatusForbidden, "Connexion à recommencer")
	b.Get("/recherche").Want(http.StatusUnauthorized)
}
