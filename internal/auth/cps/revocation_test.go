package cps_test

import (
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"io"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"

	"vaccin/internal/auth/cps"
	"vaccin/internal/demo/igcsim"
)

func accepting(c *cps.Config) { c.AcceptUnknown = true }

func TestWhatListsAndRespondersSayTogether(t *testing.T) {
	// What each of the two says, and what comes of it when unknown is refused, and when it is accepted.
	const (
		goodSay, revokedSay, silent = "good", "revoked", "silent"
	)
	for _, tt := range []struct {
		list, responder  string
		refuses, accepts cps.Reason
	}{
		{goodSay, goodSay, "", ""},
		{goodSay, silent, "", ""},
		{silent, goodSay, "", ""},
		{revokedSay, goodSay, cps.ReasonRevoked, cps.ReasonRevoked},
		{goodSay, revokedSay, cps.ReasonRevoked, cps.ReasonRevoked},
		{revokedSay, silent, cps.ReasonRevoked, cps.ReasonRevoked},
		{silent, revokedSay, cps.ReasonRevoked, cps.ReasonRevoked},
		{silent, silent, cps.ReasonRevocationUnknown, ""},
	} {
		t.Run("list "+tt.list+", responder "+tt.responder, func(t *testing.T) {
			g := newIGC(t)
			card := g.card(t)
			by := g.Issuers[igcsim.Strong]
			list := listOf(t, g, by, nil)
			responder := answerOf(t, g, by, card, ocsp.Good, by.Certificate, by.Key)
			g.Revoke(by, card)
			switch tt.list {
			case goodSay:
				serveLists(t, g, list)
			case silent:
				breakList(t, g, igcsim.Strong)
			}
			switch tt.responder {
			case goodSay:
				instead(&g.responders, answering(responder))
			case silent:
				instead(&g.responders, down)
			}
			answers(t, g.gate(t), tt.refuses, card)
			answers(t, g.gate(t, accepting), tt.accepts, card)
		})
	}
}

func answering(body []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(body) }
}

// serveLists answers with a list for the cards, and with the PKI's own for the authorities.
func serveLists(t testing.TB, g *igc, list []byte) {
	t.Helper()
	instead(&g.lists, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/crl/"+igcsim.Strong+".crl" {
			_, _ = w.Write(list)
			return
		}
		g.Handler().ServeHTTP(w, r)
	})
}

func breakList(t testing.TB, g *igc, name string) {
	t.Helper()
	instead(&g.lists, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/crl/"+name+".crl" {
			down(w, r)
			return
		}
		g.Handler().ServeHTTP(w, r)
	})
}

// listOf is a list of an authority on which nobody stands, changed.
func listOf(t testing.TB, g *igc, by *igcsim.Authority, change func(*x509.RevocationList)) []byte {
	t.Helper()
	template := &x509.RevocationList{Number: big.NewInt(1), ThisUpdate: g.now().Add(-time.Minute), NextUpdate: g.now().Add(time.Hour)}
	if change != nil {
		change(template)
	}
	der, err := x509.CreateRevocationList(rand.Reader, template, by.Certificate, by.Key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// answerOf is what a responder with that certificate and key says of a card.
func answerOf(t testing.TB, g *igc, by *igcsim.Authority, card *x509.Certificate, status int, responder *x509.Certificate, k crypto.Signer, changes ...func(*ocsp.Response)) []byte {
	t.Helper()
	template := ocsp.Response{
		Status: status, SerialNumber: card.SerialNumber, ThisUpdate: g.now().Add(-time.Minute), NextUpdate: g.now().Add(time.Hour), RevokedAt: g.now(),
	}
	if responder != by.Certificate {
		template.Certificate = responder
	}
	for _, change := range changes {
		change(&template)
	}
	der, err := ocsp.CreateResponse(by.Certificate, responder, template, k)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func scope(t testing.TB, content ...[]byte) pkix.Extension {
	t.Helper()
	var all []byte
	for _, c := range content {
		all = append(all, c...)
	}
	value, err := asn1.Marshal(asn1.RawValue{Tag: asn1.TagSequence, IsCompound: true, Bytes: all})
	if err != nil {
		t.Fatal(err)
	}
	return pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 28}, Critical: true, Value: value}
}

func yes(tag byte) []byte { return []byte{0x80 | tag, 1, 0xff} }

// point is the part of a scope that names the address of a list.
func point(address string) []byte {
	uri := append([]byte{0x86, byte(len(address))}, address...)
	full := append([]byte{0xa0, byte(len(uri))}, uri...)
	return append([]byte{0xa0, byte(len(full))}, full...)
}

// relative is the part of a scope that names a list by what follows the name of its authority.
func relative() []byte {
	part := []byte{0xa1, 11, 0x30, 9, 0x06, 3, 0x55, 4, 3, 0x0c, 2, 'x', 'y'}
	return append([]byte{0xa0, byte(len(part))}, part...)
}

func TestListsThatCannotBeReliedOn(t *testing.T) {
	g := newIGC(t)
	instead(&g.responders, down)
	card, by := g.card(t), g.Issuers[igcsim.Strong]
	stranger := newIGC(t)
	with := func(change func(*x509.RevocationList)) []byte { return listOf(t, g, by, change) }
	scoped := func(content ...[]byte) []byte {
		return with(func(l *x509.RevocationList) { l.ExtraExtensions = []pkix.Extension{scope(t, content...)} })
	}
	broken := with(nil)
	broken[len(broken)-1] ^= 1
	address := g.address + "/crl/" + igcsim.Strong + ".crl"
	for name, tt := range map[string]struct {
		list   []byte
		reason cps.Reason
	}{
		"a true one":                    {with(nil), ""},
		"in PEM":                        {pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: with(nil)}), ""},
		"for users alone":               {scoped(yes(1)), ""},
		"of this address":               {scoped(point(address)), ""},
		"nothing":                       {nil, cps.ReasonRevocationUnknown},
		"no list":                       {[]byte("<html>"), cps.ReasonRevocationUnknown},
		"cut":                           {broken[:60], cps.ReasonRevocationUnknown},
		"a broken signature":            {broken, cps.ReasonRevocationUnknown},
		"signed by an authority's twin": {listOf(t, stranger, stranger.Issuers[igcsim.Strong], nil), cps.ReasonRevocationUnknown},
		"of another authority":          {listOf(t, g, g.Issuers[igcsim.Standard], nil), cps.ReasonRevocationUnknown},
		"past its end": {with(func(l *x509.RevocationList) {
			l.ThisUpdate, l.NextUpdate = g.now().Add(-2*time.Hour), g.now().Add(-time.Second)
		}), cps.ReasonRevocationUnknown},
		"of tomorrow": {with(func(l *x509.RevocationList) {
			l.ThisUpdate, l.NextUpdate = g.now().Add(time.Hour), g.now().Add(2*time.Hour)
		}), cps.ReasonRevocationUnknown},
		"for authorities alone":         {scoped(yes(2)), cps.ReasonRevocationUnknown},
		"for some reasons alone":        {scoped([]byte{0x83, 2, 6, 0x40}), cps.ReasonRevocationUnknown},
		"indirect":                      {scoped(yes(4)), cps.ReasonRevocationUnknown},
		"for attributes":                {scoped(yes(5)), cps.ReasonRevocationUnknown},
		"named by its authority":        {scoped(relative()), cps.ReasonRevocationUnknown},
		"a part for other certificates": {scoped(point("http://exemple.fr/autre.crl")), cps.ReasonRevocationUnknown},
		"a scope that cannot be read": {with(func(l *x509.RevocationList) {
			l.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 28}, Critical: true, Value: []byte{1}}}
		}), cps.ReasonRevocationUnknown},
		"only what changed (delta)": {with(func(l *x509.RevocationList) {
			l.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 27}, Critical: true, Value: []byte{2, 1, 1}}}
		}), cps.ReasonRevocationUnknown},
		"an entry that says more": {with(func(l *x509.RevocationList) {
			l.RevokedCertificateEntries = []x509.RevocationListEntry{{SerialNumber: big.NewInt(9), RevocationTime: g.now(), ExtraExtensions: []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 29}, Critical: true, Value: []byte{5, 0}}}}}
		}), cps.ReasonRevocationUnknown},
		"on which others stand": {with(func(l *x509.RevocationList) {
			l.RevokedCertificateEntries = []x509.RevocationListEntry{{SerialNumber: big.NewInt(9), RevocationTime: g.now()}}
		}), ""},
		"on which it stands on hold": {with(func(l *x509.RevocationList) {
			l.RevokedCertificateEntries = []x509.RevocationListEntry{{SerialNumber: card.SerialNumber, RevocationTime: g.now(), ReasonCode: 6}}
		}), cps.ReasonRevoked},
	} {
		t.Run(name, func(t *testing.T) {
			serveLists(t, g, tt.list)
			answers(t, g.gate(t), tt.reason, card)
		})
	}
	t.Run("behind a redirection", func(t *testing.T) {
		instead(&g.lists, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Query().Get("again") == "" {
				http.Redirect(w, r, r.URL.Path+"?again=1", http.StatusFound)
				return
			}
			g.Handler().ServeHTTP(w, r)
		})
		answers(t, g.gate(t), cps.ReasonRevocationUnknown, card)
	})
}

func TestAnswersThatCannotBeReliedOn(t *testing.T) {
	g := newIGC(t)
	breakList(t, g, igcsim.Strong)
	card, by := g.card(t), g.Issuers[igcsim.Strong]
	other := g.card(t)
	holder := key(t)
	holders, err := g.IssueCard(igcsim.Card{Subject: doctor()}, holder.Public())
	if err != nil {
		t.Fatal(err)
	}
	responder := func(by *igcsim.Authority, use x509.ExtKeyUsage) (*x509.Certificate, crypto.Signer) {
		k := key(t)
		c, err := g.Responder(by, k.Public(), use)
		if err != nil {
			t.Fatal(err)
		}
		return c, k
	}
	said := func(c *x509.Certificate, k crypto.Signer, changes ...func(*ocsp.Response)) []byte {
		return answerOf(t, g, by, card, ocsp.Good, c, k, changes...)
	}
	true1, trueKey := responder(by, x509.ExtKeyUsageOCSPSigning)
	elsewhere, elsewhereKey := responder(g.Issuers[igcsim.Standard], x509.ExtKeyUsageOCSPSigning)
	server, serverKey := responder(by, x509.ExtKeyUsageServerAuth)
	stranger := newIGC(t).Issuers[igcsim.Strong]
	for name, tt := range map[string]struct {
		answer []byte
		reason cps.Reason
	}{
		"by the authority":                 {said(by.Certificate, by.Key), ""},
		"by a delegate":                    {said(true1, trueKey), ""},
		"without end, fresh":               {said(true1, trueKey, func(r *ocsp.Response) { r.NextUpdate = time.Time{} }), ""},
		"revoked, by a delegate":           {answerOf(t, g, by, card, ocsp.Revoked, true1, trueKey), cps.ReasonRevoked},
		"unknown":                          {answerOf(t, g, by, card, ocsp.Unknown, true1, trueKey), cps.ReasonRevocationUnknown},
		"of another card":                  {answerOf(t, g, by, other, ocsp.Good, true1, trueKey), cps.ReasonRevocationUnknown},
		"by another key":                   {said(by.Certificate, key(t)), cps.ReasonRevocationUnknown},
		"by a delegate's other key":        {said(true1, key(t)), cps.ReasonRevocationUnknown},
		"by the authority's twin":          {answerOf(t, g, stranger, card, ocsp.Good, stranger.Certificate, stranger.Key), cps.ReasonRevocationUnknown},
		"by a card":                        {said(holders, holder), cps.ReasonRevocationUnknown},
		"by a server of the authority":     {said(server, serverKey), cps.ReasonRevocationUnknown},
		"by a delegate of another":         {said(elsewhere, elsewhereKey), cps.ReasonRevocationUnknown},
		"past its end":                     {said(true1, trueKey, func(r *ocsp.Response) { r.NextUpdate = g.now().Add(-time.Minute) }), cps.ReasonRevocationUnknown},
		"without end, old":                 {said(true1, trueKey, func(r *ocsp.Response) { r.ThisUpdate, r.NextUpdate = g.now().Add(-2*time.Hour), time.Time{} }), cps.ReasonRevocationUnknown},
		"of tomorrow":                      {said(true1, trueKey, func(r *ocsp.Response) { r.ThisUpdate, r.NextUpdate = g.now().Add(time.Hour), g.now().Add(2*time.Hour) }), cps.ReasonRevocationUnknown},
		"no answer, for it wants no asker": {[]byte{0x30, 3, 0x0a, 1, 6}, cps.ReasonRevocationUnknown},
		"nothing":                          {nil, cps.ReasonRevocationUnknown},
		"no answer at all":                 {[]byte("<html>"), cps.ReasonRevocationUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			instead(&g.responders, answering(tt.answer))
			answers(t, g.gate(t), tt.reason, card)
		})
	}
	t.Run("by a delegate whose time is over", func(t *testing.T) {
		answer := said(true1, trueKey, func(r *ocsp.Response) { r.NextUpdate = g.now().Add(100 * time.Hour) })
		g.later(30 * time.Hour)
		instead(&g.responders, answering(answer))
		answers(t, g.gate(t), cps.ReasonRevocationUnknown, card)
	})
}

// A card asks the network twice, another one once: the list is kept.
func TestListsAreKeptAndReadAgain(t *testing.T) {
	g := newIGC(t)
	gate := g.gate(t, func(c *cps.Config) { c.Refresh = 10 * time.Minute })
	instead(&g.responders, down)
	card := g.card(t)
	answers(t, gate, "", card)
	first := g.asked.Load()
	for range 20 {
		answers(t, gate, "", g.card(t))
	}
	if n := g.asked.Load() - first; n != 0 {
		t.Errorf("asked %d times more", n)
	}
	g.Revoke(g.Issuers[igcsim.Strong], card)
	answers(t, gate, "", card)
	g.later(11 * time.Minute)
	answers(t, gate, cps.ReasonRevoked, card)
}

func TestAListServesUntilItsEndWhenItCannotBeReadAgain(t *testing.T) {
	g := newIGC(t)
	gate := g.gate(t)
	instead(&g.responders, down)
	card := g.card(t)
	answers(t, gate, "", card)
	instead(&g.lists, down)
	g.later(23 * time.Hour)
	answers(t, gate, "", card)
	g.later(2 * time.Hour)
	answers(t, gate, cps.ReasonRevocationUnknown, card)
	instead(&g.lists, nil)
	answers(t, gate, cps.ReasonRevocationUnknown, card) // it failed a moment ago
	g.later(11 * time.Second)
	answers(t, gate, "", card)
}

// Whoever stands between could show the list of before the revocation, which is still in force.
func TestAnOlderListIsNotBelievedAfterANewerOne(t *testing.T) {
	g := newIGC(t)
	gate := g.gate(t)
	instead(&g.responders, down)
	card, by := g.card(t), g.Issuers[igcsim.Strong]
	before := listOf(t, g, by, func(l *x509.RevocationList) {
		l.ThisUpdate, l.NextUpdate = g.now().Add(-2*time.Minute), g.now().Add(48*time.Hour)
	})
	g.Revoke(by, card)
	answers(t, gate, cps.ReasonRevoked, card)
	serveLists(t, g, before)
	g.later(2 * time.Hour)
	answers(t, gate, cps.ReasonRevoked, card)
}

func TestConfiguredLists(t *testing.T) {
	g := newIGC(t)
	bare := certified(func(c *x509.Certificate) { c.CRLDistributionPoints, c.OCSPServer = nil, nil })
	card, by := g.card(t, bare), g.Issuers[igcsim.Strong]
	answers(t, g.gate(t), cps.ReasonRevocationUnknown, card)
	file := filepath.Join(t.TempDir(), "fort.crl")
	write := func(list []byte) {
		if err := os.WriteFile(file, list, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(listOf(t, g, by, nil))
	gate := g.gate(t, func(c *cps.Config) { c.CRLs = []string{file} })
	answers(t, gate, "", card)
	g.Revoke(by, card)
	list, err := g.List(by)
	if err != nil {
		t.Fatal(err)
	}
	write(list)
	g.later(2 * time.Hour)
	write(listOf(t, g, by, func(l *x509.RevocationList) {
		l.RevokedCertificateEntries = []x509.RevocationListEntry{{SerialNumber: card.SerialNumber, RevocationTime: g.now()}}
	}))
	answers(t, gate, cps.ReasonRevoked, card)
	answers(t, g.gate(t, func(c *cps.Config) { c.CRLs = []string{g.address + "/crl/" + igcsim.Strong + ".crl"} }), cps.ReasonRevoked, card)
	answers(t, g.gate(t, func(c *cps.Config) { c.CRLs = []string{g.address + "/crl/" + igcsim.Standard + ".crl"} }), cps.ReasonRevocationUnknown, card)
}

func TestAnAuthorityIsAskedAboutToo(t *testing.T) {
	g := newIGC(t)
	card := g.card(t)
	answers(t, g.gate(t), "", card)
	breakList(t, g, "RACINE")
	answers(t, g.gate(t), cps.ReasonRevocationUnknown, card)
	answers(t, g.gate(t, accepting), "", card)
	users := listOf(t, g, g.Root, func(l *x509.RevocationList) { l.ExtraExtensions = []pkix.Extension{scope(t, yes(1))} })
	instead(&g.lists, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/crl/RACINE.crl" {
			_, _ = w.Write(users)
			return
		}
		g.Handler().ServeHTTP(w, r)
	})
	answers(t, g.gate(t), cps.ReasonRevocationUnknown, card) // a list of users tells nothing of an authority
	instead(&g.lists, nil)
	g.Revoke(g.Root, g.Issuers[igcsim.Strong].Certificate)
	answers(t, g.gate(t), cps.ReasonRevoked, card)
	answers(t, g.gate(t, accepting), cps.ReasonRevoked, card)
}

func TestAListThatEndsBeforeItIsDueIsReadAgain(t *testing.T) {
	g := newIGC(t)
	gate := g.gate(t)
	instead(&g.responders, down)
	card := g.card(t)
	serveLists(t, g, listOf(t, g, g.Issuers[igcsim.Strong], func(l *x509.RevocationList) { l.NextUpdate = g.now().Add(30 * time.Minute) }))
	answers(t, gate, "", card)
	g.later(31 * time.Minute)
	instead(&g.lists, nil)
	answers(t, gate, "", card)
}

// A responder that hangs holds up who asks first, and nobody for a while after.
func TestAResponderThatHangsIsLeftAlone(t *testing.T) {
	g := newIGC(t)
	gate := g.gate(t, func(c *cps.Config) { c.Client = &http.Client{Timeout: time.Second} })
	var asked atomic.Int32
	instead(&g.responders, func(_ http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		_, _ = io.Copy(io.Discard, r.Body) // the server sees the asker leave once it has read
		<-r.Context().Done()
	})
	card := g.card(t)
	answers(t, gate, "", card)
	for range 10 {
		answers(t, gate, "", card)
	}
	if n := asked.Load(); n != 1 {
		t.Errorf("it was asked %d times", n)
	}
	instead(&g.responders, nil)
	g.Revoke(g.Issuers[igcsim.Strong], card)
	g.later(11 * time.Second)
	answers(t, gate, cps.ReasonRevoked, card)
}
