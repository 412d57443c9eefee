package main

import (
	"fmt"
	"net/http"

	"vaccin/internal/auth"
	"vaccin/internal/demo/agentsim"
	"vaccin/internal/service"
)

// simulateAgents makes the simulated provider of agents and points the service at it.
func (f *flags) simulateAgents() (http.Handler, error) {
	public, err := f.Public()
	if err != nil {
		return nil, err
	}
	secret, err := auth.NewKey()
	if err != nil {
		return nil, err
	}
	base := "http://" + f.AgentsListen
	f.Agents = service.AgentsConfig{
		Issuer: agentsim.AddressesAt(base).Issuer, ClientID: "vaccin-demo", ClientSecret: fmt.Sprintf("%x", secret),
		RoleClaim: agentsim.RoleClaim, Roles: agentsim.Roles(),
	}
	return agentsim.New(agentsim.Options{
		BaseURL: base, ClientID: f.Agents.ClientID, ClientSecret: f.Agents.ClientSecret,
		RedirectURIs:           []string{public.JoinPath("/connexion/agents/retour").String()},
		PostLogoutRedirectURIs: []string{public.JoinPath("/deconnecte").String()},
		LogoutURI:              public.JoinPath("/connexion/agents/deconnexion").String(),
	})
}
