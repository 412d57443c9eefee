package cps_test

import (
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vaccin/internal/auth/cps"
	"vaccin/internal/demo/igcsim"
)

func TestACardTellsWhoseItIs(t *testing.T) {
	g := newIGC(t)
	gate := g.gate(t)
	for name, tt := range map[string]struct {
		subject []byte
		want    cps.Identity
	}{
		"as today": {doctor(), cps.Identity{NationalID: "899700810379", FamilyName: "MARCHAND", GivenName: "Hélène", Professions: []string{"Médecin"}}},
		"as before": {
			igcsim.OldSubject("00B1234567", "NOËL", "Zoé", "Masseur-Kinésithérapeute"),
			cps.Identity{NationalID: "00B1234567", FamilyName: "NOËL", GivenName: "Zoé", Professions: []string{"Département (69)", "Masseur-Kinésithérapeute"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, reason := verify(t, gate, g.card(t, func(c *igcsim.Card) { c.Subject = tt.subject }))
			if diff := cmp.Diff(tt.want, got); diff != "" || reason != "" {
				t.Error(reason, diff)
			}
		})
	}
}

func TestCardsThatDoNotOpen(t *testing.T) {
	g := newIGC(t)
	gate := g.gate(t)
	tier := func(name string) func(*igcsim.Card) { return func(c *igcsim.Card) { c.Tier = name } }
	subject := func(der []byte) func(*igcsim.Card) { return func(c *igcsim.Card) { c.Subject = der } }
	for _, tt := range []struct {
		name   string
		reason cps.Reason
		change func(*igcsim.Card)
	}{
		{"of the middle tier", cps.ReasonWrongTier, tier(igcsim.Standard)},
		{"of the lowest tier", cps.ReasonWrongTier, tier(igcsim.Elementary)},
		{"expired a second ago", cps.ReasonExpired, func(c *igcsim.Card) { c.NotAfter = g.now().Add(-2 * time.Second) }},
		{"valid tomorrow", cps.ReasonNotYetValid, certified(func(c *x509.Certificate) { c.NotBefore = g.now().Add(24 * time.Hour) })},
		{"without any use", cps.ReasonNotForSignIn, certified(func(c *x509.Certificate) { c.ExtKeyUsage, c.UnknownExtKeyUsage = nil, nil })},
		{"for mail alone", cps.ReasonNotForSignIn, certified(func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection} })},
		{"for any use", cps.ReasonNotForSignIn, certified(func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageAny} })},
		{"the key of signatures", cps.ReasonNotForSignIn, certified(func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageContentCommitment })},
		{"without key usage", cps.ReasonNotForSignIn, certified(func(c *x509.Certificate) { c.KeyUsage = 0 })},
		{"of a member of staff", cps.ReasonStaffCard, subject(igcsim.StaffSubject("3690000017", "0000000042", "PETIT", "Léa"))},
		{"without national identifier", cps.ReasonNoNationalID, subject(igcsim.Subject("MARCHAND", "MARCHAND", "Hélène", "Médecin"))},
	} {
		t.Run(tt.name, func(t *testing.T) { answers(t, gate, tt.reason, g.card(t, tt.change)) })
	}
	t.Run("none", func(t *testing.T) { answers(t, gate, cps.ReasonNoCertificate) })
	t.Run("the authority's own", func(t *testing.T) {
		answers(t, gate, cps.ReasonOtherAuthority, g.Issuers[igcsim.Strong].Certificate)
		answers(t, gate, cps.ReasonSelfSigned, selfSigned(t))
	})
	t.Run("the root's own", func(t *testing.T) { answers(t, gate, cps.ReasonOtherAuthority, g.Root.Certificate) })
	t.Run("of an authority of the same name", func(t *testing.T) { answers(t, gate, cps.ReasonOtherAuthority, newIGC(t).card(t)) })
	t.Run("expired, of an authority of the same name", func(t *testing.T) {
		other := newIGC(t).card(t, func(c *igcsim.Card) { c.NotAfter = time.Now().Add(-time.Hour) })
		answers(t, gate, cps.ReasonOtherAuthority, other)
	})
	t.Run("asked about no revocation", func(t *testing.T) {
		if n := g.asked.Load(); n != 0 {
			t.Errorf("the addresses of certificates that were refused were asked %d times", n)
		}
	})
}

// selfSigned is a certificate that names a doctor and an accepted authority's uses, and vouches for itself.
func selfSigned(t *testing.T) *x509.Certificate {
	t.Helper()
	k := key(t)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), RawSubject: doctor(), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, k.Public(), k)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// An authority that the client sends, even a true one, opens nothing: only those configured count.
func TestAuthoritiesThatClientsSendDoNotCount(t *testing.T) {
	g := newIGC(t)
	only := g.gate(t, func(c *cps.Config) { c.Issuers = igcsim.PEM(g.Issuers[igcsim.Strong]) })
	other := g.card(t, func(c *igcsim.Card) { c.Tier = igcsim.Standard })
	answers(t, only, cps.ReasonOtherAuthority, other, g.Issuers[igcsim.Standard].Certificate, g.Root.Certificate)

	// A card's key that issues another certificate: its own is no authority.
	k := key(t)
	holder, err := g.IssueCard(igcsim.Card{Subject: doctor()}, k.Public())
	if err != nil {
		t.Fatal(err)
	}
	forged, err := g.Issue(&igcsim.Authority{Certificate: holder, Key: k}, &x509.Certificate{
		RawSubject: doctor(), NotBefore: g.now().Add(-time.Hour), NotAfter: g.now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}, key(t).Public())
	if err != nil {
		t.Fatal(err)
	}
	answers(t, only, cps.ReasonOtherAuthority, forged, holder)
	answers(t, only, "", g.card(t))
}

func TestTiersAreASetting(t *testing.T) {
	g := newIGC(t)
	gate := g.gate(t, func(c *cps.Config) { c.Tiers = []cps.Tier{cps.TierStandard, cps.TierStrong} })
	for tier, want := range map[string]cps.Reason{igcsim.Strong: "", igcsim.Standard: "", igcsim.Elementary: cps.ReasonWrongTier} {
		answers(t, gate, want, g.card(t, func(c *igcsim.Card) { c.Tier = tier }))
	}
	for _, told := range []struct {
		gate  *cps.Gate
		tiers []string
	}{{gate, []string{igcsim.Standard, igcsim.Strong}}, {g.gate(t), []string{igcsim.Strong}}} {
		want := x509.NewCertPool()
		for _, tier := range told.tiers {
			want.AddCert(g.Issuers[tier].Certificate)
		}
		if !told.gate.Issuers().Equal(want) {
			t.Errorf("browsers are told of other authorities than those of %v", told.tiers)
		}
	}
}

func TestWhatIsWrongWithTheSettingsIsSaid(t *testing.T) {
	g := newIGC(t)
	card := g.card(t)
	block := func(kind string, der []byte) []byte { return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}) }
	for name, tt := range map[string]struct {
		change func(*cps.Config)
		says   string
	}{
		"no roots":               {func(c *cps.Config) { c.Roots = nil }, "roots"},
		"no issuers":             {func(c *cps.Config) { c.Issuers = []byte("\n") }, "issue cards"},
		"not an authority":       {func(c *cps.Config) { c.Issuers = block("CERTIFICATE", card.Raw) }, "not of an authority"},
		"a key":                  {func(c *cps.Config) { c.Roots = block("PRIVATE KEY", []byte{1}) }, "not a certificate"},
		"a broken certificate":   {func(c *cps.Config) { c.Roots = block("CERTIFICATE", card.Raw[:40]) }, "cannot be read"},
		"text after":             {func(c *cps.Config) { c.Roots = append(c.Roots, "tail"...) }, "something else"},
		"an unknown tier":        {func(c *cps.Config) { c.Tiers = []cps.Tier{"fort"} }, "not a tier"},
		"no issuer of the tiers": {func(c *cps.Config) { c.Issuers = igcsim.PEM(g.Issuers[igcsim.Standard]) }, "accepted tier"},
		"a list nowhere":         {func(c *cps.Config) { c.CRLs = []string{"/nowhere/list.crl"} }, "neither a file nor"},
		"a list by https":        {func(c *cps.Config) { c.CRLs = []string{"https://exemple.fr/list.crl"} }, "neither a file nor"},
	} {
		t.Run(name, func(t *testing.T) {
			config := cps.Config{Roots: igcsim.PEM(g.Root), Issuers: g.IssuersPEM()}
			tt.change(&config)
			if _, err := cps.New(config); err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("said %v", err)
			}
		})
	}
}

// A leaf of an authority that is true, configured, and issues no cards of persons.
func TestAnAuthorityForOtherThingsIssuesNoCards(t *testing.T) {
	g := newIGC(t)
	k := key(t)
	organisations, err := g.Issue(g.Root, &x509.Certificate{
		Subject: pkix.Name{CommonName: "TEST AC IGC-SANTE FORT ORGANISATIONS"}, NotBefore: g.now().Add(-time.Hour), NotAfter: g.now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}, k.Public())
	if err != nil {
		t.Fatal(err)
	}
	by := &igcsim.Authority{Certificate: organisations, Key: k}
	gate := g.gate(t, func(c *cps.Config) { c.Issuers = append(igcsim.PEM(by), c.Issuers...) })
	c, err := g.Issue(by, &x509.Certificate{
		RawSubject: doctor(), NotBefore: g.now().Add(-time.Minute), NotAfter: g.now().Add(time.Minute),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}, key(t).Public())
	if err != nil {
		t.Fatal(err)
	}
	answers(t, gate, cps.ReasonWrongTier, c)
}
