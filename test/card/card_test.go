package card_test

import (
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net/http"
	"strings"
	"testing"
	"time"

	"vaccin/internal/demo/igcsim"
	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
	"vaccin/internal/service"
)

func TestCardsThatLetIn(t *testing.T) {
	h := open(t)
	for name, tt := range map[string]struct {
		card    *held
		version uint16
		path    string
		says    []string
	}{
		"a card of today":          {h.card(t, cardKey(t), igcsim.Card{Subject: doctor(marchand)}), tls.VersionTLS13, "/recherche", []string{"Dr. Hélène MARCHAND", "Cabinet des Tilleuls (69003 Lyon)"}},
		"by TLS 1.2":               {h.card(t, cardKey(t), igcsim.Card{Subject: doctor(marchand)}), tls.VersionTLS12, "/recherche", []string{"Dr. Hélène MARCHAND"}},
		"on an elliptic curve":     {h.doctors(t, marchand), tls.VersionTLS13, "/recherche", []string{"Dr. Hélène MARCHAND"}},
		"a card of before":         {h.card(t, quickKey(t), igcsim.Card{Subject: igcsim.OldSubject(marchand, "MARCHAND", "Hélène", "MEDECIN")}), tls.VersionTLS13, "/recherche", []string{"Dr. Hélène MARCHAND"}},
		"two places: chosen first": {h.doctors(t, legrand), tls.VersionTLS13, "/lieu?retour=%2Frecherche", []string{"Où exercez-vous", "Cabinet de la Fontaine", "EHPAD Les Glycines"}},
	} {
		t.Run(name, func(t *testing.T) {
			d := h.desk(t, tt.card)
			d.tls.MaxVersion = tt.version
			p := d.signIn().want(t, http.StatusOK, tt.says...)
			if p.address != h.base+tt.path {
				t.Errorf("led to %s", p.address)
			}
		})
	}
}

// The places come from the imported list, with the AM number that the dose's form is filled with (DOS-2).
func TestByCardTheAMNumberIsFilledIn(t *testing.T) {
	h := open(t)
	cases := registry.New(h.store)
	p := registry.ImportedPerson{ID: registry.RecordID(strings.Repeat("a", 32)), Patient: registrytest.Patient(1), Code: 123456789}
	if err := cases.ImportPersons(t.Context(), operator, []registry.ImportedPerson{p}, "digest"); err != nil {
		t.Fatal(err)
	}
	d := h.desk(t, h.doctors(t, marchand))
	d.signIn().want(t, http.StatusOK)
	b, at := d.Browser, "/dossiers/"+string(p.ID)
	b.Get(at+"/eligibilite").Form("prescribes").Fill("prescribes", "yes", "prescribed_on", "28/01/2021", "health_professional", "no",
		"patient_agrees", "on", "conditions_accepted", "on").Send(b).Want(http.StatusOK)
	if body := b.Get(at + "/vaccination-1").Want(http.StatusOK).Body; !strings.Contains(body, amNumber) {
		t.Error("the form of a dose does not know the AM number")
	}
	events, err := h.store.Events(t.Context(), registry.EventQuery{Record: p.ID, NationalID: marchand, Limit: 10})
	if err != nil || len(events) == 0 {
		t.Fatal("nothing is logged", err)
	}
	for _, e := range events {
		if e.Door != registry.DoorCPS {
			t.Errorf("%s is logged by the door %s", e.Action, e.Door)
		}
	}
}

func TestCardsThatDoNot(t *testing.T) {
	h := open(t)
	change := func(f func(*x509.Certificate)) igcsim.Card { return igcsim.Card{Subject: doctor(marchand), Change: f} }
	issue := func(c igcsim.Card) *held { return h.card(t, quickKey(t), c) }
	revoked, other := issue(igcsim.Card{Subject: doctor(marchand)}), open(t)
	h.pki.Revoke(h.pki.Issuers[igcsim.Strong], revoked.certificate)
	strangers := other.doctors(t, marchand)
	strangers.beside = [][]byte{other.pki.Issuers[igcsim.Strong].Certificate.Raw, other.pki.Root.Certificate.Raw}
	for _, tt := range []struct {
		name   string
		card   *held
		status int
		says   []string
	}{
		{"no card", nil, 403, []string{"Aucune carte présentée", "Insérez votre carte CPS", "Recommencer avec ma carte CPS"}},
		{"self-signed", h.selfSigned(t), 403, []string{"Certificat non reconnu", "choisissez le certificat de votre carte CPS"}},
		{"of another authority of the same names, which the client sends", strangers, 403, []string{"Certificat d’une autre autorité", "IGC-Santé"}},
		{"revoked", revoked, 403, []string{"Carte révoquée", "Agence du numérique en santé", "S’identifier avec Pro Santé Connect"}},
		{"expired", issue(igcsim.Card{Subject: doctor(marchand), NotAfter: time.Now().Add(-time.Minute)}), 403, []string{"Carte expirée", "renouvellement"}},
		{"of next month", issue(change(func(c *x509.Certificate) { c.NotBefore = time.Now().AddDate(0, 1, 0) })), 403, []string{"Carte pas encore valide"}},
		{"of the tier below", issue(igcsim.Card{Subject: doctor(marchand), Tier: igcsim.Standard}), 403, []string{"Certificat d’un autre niveau"}},
		{"of the lowest tier", issue(igcsim.Card{Subject: doctor(marchand), Tier: igcsim.Elementary}), 403, []string{"Certificat d’un autre niveau"}},
		{"without clientAuth", issue(change(func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection} })), 403, []string{"Certificat non prévu pour s’identifier", "certificat d’authentification"}},
		{"the certificate of signatures", issue(change(func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageContentCommitment })), 403, []string{"Certificat non prévu pour s’identifier"}},
		{"of a member of staff", issue(igcsim.Card{Subject: igcsim.StaffSubject("3690000017", "42", "PETIT", "Léa")}), 403, []string{"Carte de service", "membre du personnel d’une structure"}},
		{"without national identifier", issue(igcsim.Card{Subject: igcsim.Subject("MARCHAND Hélène", "MARCHAND", "Hélène", "Médecin")}), 403, []string{"Identifiant national absent", "ni numéro RPPS ni numéro ADELI"}},
		{"a name with a control character", issue(igcsim.Card{Subject: igcsim.Subject(marchand, "MAR\x00CHAND", "Hélène", "Médecin")}), 403, []string{"Carte illisible"}},
		{"a nurse", issue(igcsim.Card{Subject: igcsim.Subject(moreau, "MOREAU", "Claire", "Infirmier")}), 403, []string{"Profession non autorisée", "médecin"}},
		{"a profession that nobody knows", issue(igcsim.Card{Subject: igcsim.Subject(marchand, "MARCHAND", "Hélène", "Rebouteux")}), 403, []string{"Profession non autorisée"}},
		{"two professions", issue(igcsim.Card{Subject: igcsim.OldSubject(marchand, "MARCHAND", "Hélène", "Médecin", "Pharmacien")}), 403, []string{"Profession non autorisée"}},
		{"no profession", issue(igcsim.Card{Subject: igcsim.OldSubject(marchand, "MARCHAND", "Hélène", "Lyon")}), 403, []string{"Profession non autorisée"}},
		{"a doctor without a place", issue(igcsim.Card{Subject: doctor(fabre)}), 403, []string{"Aucun lieu d’exercice", "caisse d’assurance maladie"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := h.desk(t, tt.card)
			p := d.signIn().want(t, tt.status, append(tt.says, "Contacter l’assistance")...)
			for _, c := range p.cookies {
				if c.MaxAge >= 0 {
					t.Errorf("a cookie is made: %s", c.Name)
				}
			}
			d.keptOut(t)
		})
	}
	for _, secret := range []string{"MARCHAND", "Hélène", marchand, moreau, "MOREAU", "PETIT", "code=", "etat="} {
		if strings.Contains(h.logs.String(), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
}

// selfSigned is a card that vouches for itself, under the very names of a true one.
func (h *house) selfSigned(t *testing.T) *held {
	t.Helper()
	key := quickKey(t)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), RawSubject: doctor(marchand), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}, Issuer: pkix.Name{CommonName: "TEST AC IGC-SANTE FORT PERSONNES"},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &held{certificate: c, key: key}
}

// Who has the certificate alone, which is no secret, has nothing.
func TestACertificateWithoutItsKeyIsRefused(t *testing.T) {
	h := open(t)
	stolen := &held{certificate: h.doctors(t, marchand).certificate, key: quickKey(t)}
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		d := h.desk(t, stolen)
		d.tls.MaxVersion = version
		if p, err := d.try(h.base + "/connexion/cps"); err == nil {
			t.Errorf("answered %d at %s", p.status, p.address)
		}
		d.keptOut(t)
	}
}

func TestWhenNoListAndNoResponderAnswers(t *testing.T) {
	for name, tt := range map[string]struct {
		setting string
		status  int
		says    string
	}{
		"refused by default":  {"refuse", http.StatusServiceUnavailable, "Vérification momentanément impossible"},
		"accepted by setting": {"accept", http.StatusOK, "Rechercher un patient"},
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t, func(c *service.Config) { c.CPS.RevocationUnknown = tt.setting })
			h.listsDown.Store(true)
			h.ocspDown.Store(true)
			d := h.desk(t, h.doctors(t, marchand))
			d.signIn().want(t, tt.status, tt.says)
			if tt.status != http.StatusOK {
				d.keptOut(t)
			}
		})
	}
	t.Run("one is enough", func(t *testing.T) {
		for _, down := range []func(*house){func(h *house) { h.listsDown.Store(true) }, func(h *house) { h.ocspDown.Store(true) }} {
			h := open(t, func(c *service.Config) { c.CPS.RevocationUnknown = "refuse" })
			h.desk(t, h.doctors(t, marchand)).signIn().want(t, http.StatusOK) // the lists of the authorities are known
			down(h)
			h.desk(t, h.doctors(t, marchand)).signIn().want(t, http.StatusOK)
		}
	})
}
