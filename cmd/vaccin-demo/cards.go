package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"vaccin/internal/demo/igcsim"
)

// issueCards makes the simulated IGC-Santé with its cards, in a folder, and points the service at it. An
// empty address to listen on leaves the door of cards closed.
func (f *flags) issueCards(folder string) (http.Handler, error) {
	if f.CPS.Listen == "" {
		return http.NotFoundHandler(), nil
	}
	host, _, err := net.SplitHostPort(f.IGCListen)
	if err != nil || host == "" {
		return nil, fmt.Errorf("--igc-listen: an address with a host and a port is needed")
	}
	pki, err := igcsim.New("http://"+f.IGCListen, time.Now)
	if err != nil {
		return nil, fmt.Errorf("the simulated IGC-Santé: %w", err)
	}
	f.cards = filepath.Join(folder, "cartes")
	if err := os.Mkdir(f.cards, 0o700); err != nil {
		return nil, fmt.Errorf("making a folder for the cards: %w", err)
	}
	files, err := pki.Write(f.cards, "localhost")
	if err != nil {
		return nil, fmt.Errorf("the simulated IGC-Santé: %w", err)
	}
	f.CPS.Roots, f.CPS.Issuers, f.CPS.Cert, f.CPS.Key = files.Roots, files.Issuers, files.Cert, files.Key
	return pki.Handler(), nil
}

func (f *flags) serveIGC(ctx context.Context, handler http.Handler) error {
	if f.CPS.Listen == "" {
		return nil
	}
	return serveSimulator(ctx, "IGC-Santé", f.IGCListen, handler)
}

// welcomeCards tells which cards there are and how to try one.
func (f *flags) welcomeCards() string {
	if f.CPS.Listen == "" {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\nCartes CPS, dans %s (mot de passe des fichiers : %s)\n\n", f.cards, igcsim.Password)
	for _, card := range igcsim.TestCards() {
		fmt.Fprintf(&b, "  %-28s %s\n", card.Key+".p12", card.Label)
	}
	b.WriteString(`
  Importez-en une dans le navigateur (Chrome : Paramètres, Confidentialité et sécurité, Sécurité, Gérer les
  certificats, Vos certificats ; Firefox : Paramètres, Certificats, Afficher les certificats, Vos certificats),
  puis « S’identifier avec ma carte CPS ». L’adresse des cartes a un certificat d’essai : acceptez-le, ou
  importez racine.pem, du même dossier, parmi les autorités. Pour en essayer une autre, rouvrez le navigateur.
`)
	return b.String()
}
