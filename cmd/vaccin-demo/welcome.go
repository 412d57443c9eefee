package main

import (
	"fmt"
	"strings"

	"vaccin/internal/demo"
	"vaccin/internal/demo/agentsim"
	"vaccin/internal/demo/pscsim"
)

// welcome is what a visitor reads: where to go, as whom, and whom to look for.
func (f flags) welcome(country demo.Country) string {
	var b strings.Builder
	public, err := f.Public()
	if err != nil {
		return err.Error()
	}
	fmt.Fprintf(&b, "Vaccin COVID — démonstration, données entièrement inventées, au %s\n\n", f.Today)
	fmt.Fprintf(&b, "  Service                      %s\n", public)
	fmt.Fprintf(&b, "  Simulateur Pro Santé Connect http://%s\n", f.PSCListen)
	fmt.Fprintf(&b, "  Simulateur des agents        http://%s (porte : %s/agents)\n", f.AgentsListen, public)
	if f.CPS.Listen != "" {
		fmt.Fprintf(&b, "  Lecture des cartes CPS       https://localhost%s\n", f.CPS.Listen[strings.LastIndexByte(f.CPS.Listen, ':'):])
	}
	if f.MetricsListen != "" {
		fmt.Fprintf(&b, "  Mesures                      http://%s/metrics\n", f.MetricsListen)
	}
	if f.Vitale {
		fmt.Fprintf(&b, "\nCarte Vitale virtuelle de la famille aux jumelles, insérée dans le lecteur virtuel.\n"+
			"Programme de lecture, dans une autre fenêtre\u00a0: go run ./cmd/vaccin-reader --origin %s\n", public)
	}
	b.WriteString("\nComptes du simulateur (on choisit à l’écran, sans mot de passe)\n\n")
	for _, account := range pscsim.Accounts() {
		fmt.Fprintf(&b, "  %-28s %s\n", account.Key, account.Label)
	}
	b.WriteString("\nComptes d’agents, par l’espace des agents\n\n")
	for _, account := range agentsim.Accounts() {
		fmt.Fprintf(&b, "  %-28s %s\n", account.Key, account.Label)
	}
	fmt.Fprintf(&b, "\nComptes de l’espace amelipro, %s/amelipro (identifiant, mot de passe)\n\n", public)
	for _, account := range demo.PortalAccounts() {
		fmt.Fprintf(&b, "  %-28s %s\n", account.Login, account.Password)
	}
	b.WriteString(f.welcomeCards())
	b.WriteString("\n" + country.CheatSheet())
	return b.String()
}
