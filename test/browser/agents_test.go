package browser_test

import (
	"net"
	"net/http"

	"vaccin/internal/demo/agentsim"
	"vaccin/internal/service"
)

// agents serves the simulated provider of agents, and returns how the service reaches it.
func (s *running) agents() (service.AgentsConfig, error) {
	on, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return service.AgentsConfig{}, err
	}
	base := "http://" + on.Addr().String()
	simulator, err := agentsim.New(agentsim.Options{
		BaseURL: base, ClientID: clientID, ClientSecret: clientSecret,
		RedirectURIs: []string{s.base + "/connexion/agents/retour"}, PostLogoutRedirectURIs: []string{s.base + "/deconnecte"},
	})
	if err != nil {
		return service.AgentsConfig{}, err
	}
	s.listen(on, http.Handler(simulator))
	return service.AgentsConfig{
		Issuer: agentsim.AddressesAt(base).Issuer, ClientID: clientID, ClientSecret: clientSecret,
		RoleClaim: agentsim.RoleClaim, Roles: agentsim.Roles(),
	}, nil
}

// enterAsAgent goes through the door of agents.
func (w *tab) enterAsAgent(account string) {
	w.t.Helper()
	w.open("/agents")
	w.follow("S’identifier comme agent")
	w.authenticate(account)
}

func agentStates(w *tab) {
	w.open("/agents")
	w.examine("agents")
	w.enterAsAgent("sans-role")
	w.headed("Aucun rôle dans le téléservice")
	w.examine("agent refused")
	w.follow("Changer de compte d’agent")
	w.enterAsAgent("deux-roles")
	w.headed("Dans quel rôle agissez-vous")
	w.examine("role of an agent")
	w.send("Continuer")
	w.examine("role of an agent error")
	w.pick("role", "data-protection-officer")
	w.send("Continuer")
	w.headed("Protection des données")
	w.open("/signalements")
	w.examine("reports of another role")
	w.open("/recherche")
	w.says("Votre rôle ne permet pas")
	w.examine("page of another role")
	w.open("/deconnexion/partout")
	w.examine("sessions")
	w.send("Se déconnecter partout")
	w.says("déconnecté")
	for _, account := range []string{"referentiels", "statistiques"} {
		w.enterAsAgent(account)
		w.says("n’existent pas encore")
		w.examine("home of " + account)
		w.send("Se déconnecter")
	}
}

func supportStates(w *tab) {
	w.enterAsAgent("assistance")
	w.headed("Rechercher un patient")
	w.examine("search by support")
	record := site.record(w.t, "Vaccination complète en EHPAD")
	w.open(record)
	w.examine("record for support")
	w.search(site.unknownNIR(w.t))
	w.examine("unknown number for support")
	for _, step := range []string{"/eligibilite", "/vaccination-1", "/vaccination-2"} {
		w.open(record + step)
		w.examine("summary for support " + step)
		w.open(record + step + "/modifier")
		w.says("Motif de la modification")
		w.examine("rectification by support " + step)
		w.send("Valider")
		w.says("Indiquez le motif")
		w.examine("rectification by support errors " + step)
	}
	w.open(record + "/vaccination-2/annuler")
	w.examine("annulment by support")
	w.send("Se déconnecter")
}
