package igcsim

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"software.sslmate.com/src/go-pkcs12"
)

// TestCard is an invented card. Its bearers are those of the simulated Pro Santé Connect, whose places of
// practice are imported.
type TestCard struct {
	Key   string // of its file
	Label string // French, what the card is good for
	Card
	Revoked bool
	Expired bool
}

// TestCards are the cards of the demo, in the order in which they are told of.
func TestCards() []TestCard {
	return []TestCard{
		{Key: "dr-un-lieu", Label: "Dr Hélène MARCHAND, un lieu d’exercice", Card: Card{Subject: Subject("899700810379", "MARCHAND", "Hélène", "Médecin")}},
		{Key: "dr-deux-lieux", Label: "Dr Antoine LEGRAND-ROUX, deux lieux", Card: Card{Subject: Subject("899700810742", "LEGRAND-ROUX", "Antoine", "Médecin")}},
		{Key: "dr-ancienne-carte", Label: "Dr Nadia BENALI, carte d’ancien modèle", Card: Card{Subject: OldSubject("899700811112", "BENALI", "Nadia", "Médecin")}},
		{Key: "dr-sans-lieu", Label: "Dr Julien FABRE, sans lieu : refusée", Card: Card{Subject: Subject("899700811484", "FABRE", "Julien", "Médecin")}},
		{Key: "infirmiere", Label: "infirmière : profession pas encore autorisée", Card: Card{Subject: Subject("899700811856", "MOREAU", "Claire", "Infirmier")}},
		{Key: "carte-de-service", Label: "carte de service : refusée", Card: Card{Subject: StaffSubject("3690000017", "0000000042", "PETIT", "Léa")}},
		{Key: "revoquee", Label: "carte révoquée", Card: Card{Subject: Subject("899700810379", "MARCHAND", "Hélène", "Médecin")}, Revoked: true},
		{Key: "expiree", Label: "carte expirée", Card: Card{Subject: Subject("899700810379", "MARCHAND", "Hélène", "Médecin")}, Expired: true},
		{Key: "autre-niveau", Label: "certificat d’un niveau qui n’est pas accepté", Card: Card{Subject: Subject("899700810379", "MARCHAND", "Hélène", "Médecin"), Tier: Elementary}},
	}
}

// Password protects the files of cards: browsers want one.
const Password = "vaccin"

// make issues a test card for a new key, and returns its file.
func (p *PKI) make(c TestCard) ([]byte, error) {
	key, err := NewKey()
	if err != nil {
		return nil, err
	}
	if c.Expired {
		c.NotAfter = p.now().Add(-24 * time.Hour)
	}
	certificate, err := p.IssueCard(c.Card, key.Public())
	if err != nil {
		return nil, err
	}
	by := p.Issuers[tierOr(c.Tier)]
	if c.Revoked {
		p.Revoke(by, certificate)
	}
	return pkcs12.Modern.Encode(key, certificate, []*x509.Certificate{by.Certificate}, Password)
}

func tierOr(tier string) string {
	if tier == "" {
		return Strong
	}
	return tier
}

// Files are what is written in a folder: the cards, and what the service is set with.
type Files struct {
	Folder                    string
	Roots, Issuers, Cert, Key string
}

// Write makes the test cards and the certificate of a server for a host, and writes them in a folder with
// the authorities.
func (p *PKI) Write(folder, host string) (Files, error) {
	at := func(name string) string { return filepath.Join(folder, name) }
	files := Files{folder, at("racine.pem"), at("autorites.pem"), at("serveur.pem"), at("serveur.key")}
	key, err := NewKey()
	if err != nil {
		return files, err
	}
	server, err := p.IssueServer(host, key.Public())
	if err != nil {
		return files, err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return files, fmt.Errorf("writing the server's key: %w", err)
	}
	content := map[string][]byte{
		files.Roots: PEM(p.Root), files.Issuers: p.IssuersPEM(),
		files.Cert: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Raw}),
		files.Key:  pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}),
	}
	for _, card := range TestCards() {
		if content[at(card.Key+".p12")], err = p.make(card); err != nil {
			return files, fmt.Errorf("making the card %s: %w", card.Key, err)
		}
	}
	for path, data := range content {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			return files, fmt.Errorf("writing the cards: %w", err)
		}
	}
	return files, nil
}
