package card_test

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"vaccin/internal/demo/igcsim"
	"vaccin/internal/registry"
)

// captured goes through the door up to the way back, and returns its address without taking it.
func (d *desk) captured() string {
	d.T.Helper()
	client := *d.client
	client.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if strings.HasSuffix(r.URL.Path, "/retour") {
			return http.ErrUseLastResponse
		}
		return nil
	}
	answer, err := client.Get(d.Base + "/connexion/cps")
	if err != nil {
		d.T.Fatal(err)
	}
	answer.Body.Close()
	if len(answer.Cookies()) != 0 {
		d.T.Errorf("the listener of cards makes cookies: %v", answer.Cookies())
	}
	back := answer.Header.Get("Location")
	if !strings.HasPrefix(back, d.Base+"/connexion/cps/retour?code=") {
		d.T.Fatalf("sent to %q", back)
	}
	return back
}

func TestForgedAndReplayedHandovers(t *testing.T) {
	h := open(t)
	card := h.doctors(t, marchand)
	again := func(t *testing.T, d *desk, address string) {
		t.Helper()
		d.visit(address).want(t, http.StatusForbidden, "Connexion à recommencer", "S’identifier avec ma carte CPS")
		d.keptOut(t)
	}
	t.Run("replayed", func(t *testing.T) {
		d := h.desk(t, card)
		attempt := ""
		back := d.captured()
		attempt = d.Cookie("vaccin_card")
		d.visit(back).want(t, http.StatusOK, "MARCHAND")
		thief := h.desk(t, nil)
		again(t, thief, back)
		r := thief.Request(http.MethodGet, back, nil)
		r.AddCookie(&http.Cookie{Name: "vaccin_card", Value: attempt}) // even with the cookie of then
		thief.Do(r).Want(http.StatusForbidden, "Connexion à recommencer")
		thief.keptOut(t)
	})
	t.Run("taken by another browser", func(t *testing.T) {
		d, thief := h.desk(t, card), h.desk(t, nil)
		back := d.captured()
		again(t, thief, back)
		again(t, d, back) // spent
	})
	t.Run("taken by another browser that began too", func(t *testing.T) {
		d, thief := h.desk(t, card), h.desk(t, nil)
		back := d.captured()
		thief.signIn().want(t, http.StatusForbidden, "Aucune carte présentée")
		again(t, thief, back)
	})
	// Whoever lures a doctor's browser with a state of their own makes it carry the doctor's identity, tied to
	// that state, to the service: the doctor's browser has no such attempt, and the code is spent.
	t.Run("a victim sent to the card listener with the thief's state", func(t *testing.T) {
		d, thief := h.desk(t, card), h.desk(t, nil)
		lure := ""
		client := *thief.client
		client.CheckRedirect = func(r *http.Request, _ []*http.Request) error { lure = r.URL.String(); return http.ErrUseLastResponse }
		answer, err := client.Get(h.base + "/connexion/cps")
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		landed := d.visit(lure).want(t, http.StatusForbidden, "Connexion à recommencer")
		d.keptOut(t)
		again(t, thief, landed.address)
	})
	t.Run("after 31 seconds", func(t *testing.T) {
		h.store.early.Store(int64(31 * time.Second))
		defer h.store.early.Store(0)
		again(t, h.desk(t, card), h.desk(t, card).captured())
		d := h.desk(t, card)
		again(t, d, d.captured())
	})
	t.Run("after 25 seconds", func(t *testing.T) {
		h.store.early.Store(int64(25 * time.Second))
		defer h.store.early.Store(0)
		d := h.desk(t, card)
		d.visit(d.captured()).want(t, http.StatusOK, "MARCHAND")
	})
	t.Run("forged", func(t *testing.T) {
		for _, code := range []string{"", "x", strings.Repeat("A", 43), "%00", strings.Repeat("é", 3000)} {
			d := h.desk(t, card)
			d.captured()
			again(t, d, h.base+"/connexion/cps/retour?code="+url.QueryEscape(code))
		}
	})
	t.Run("a state that is none", func(t *testing.T) {
		for _, state := range []string{"", "x", strings.Repeat("a", 63), strings.Repeat("A", 64), strings.Repeat("a", 65), "<script>"} {
			d := h.desk(t, card)
			d.visit(h.cards+"/carte?etat="+url.QueryEscape(state)).want(t, http.StatusBadRequest, "Connexion à recommencer")
			d.keptOut(t)
		}
	})
}

func TestTheDoorLeadsToNothingOfTheSignIn(t *testing.T) {
	h := open(t)
	card := h.doctors(t, marchand)
	for _, back := range []string{"/deconnecte", "/deconnexion", "/connexion/cps", "/connexion/psc", "/connexion/cps/retour"} {
		d := h.desk(t, card)
		if p := d.visit(h.base+"/connexion/cps?retour="+url.QueryEscape(back)).want(t, http.StatusOK, "MARCHAND"); p.address != h.base+"/recherche" {
			t.Errorf("%s leads to %s", back, p.address)
		}
	}
}

func TestTheDoorLeadsWhereThePersonWasGoing(t *testing.T) {
	h := open(t)
	d := h.desk(t, h.doctors(t, marchand))
	asked := d.Get("/patients/nouveau").Want(http.StatusUnauthorized).Link("S’identifier avec ma carte CPS")
	if asked != "/connexion/cps?retour=%2Fpatients%2Fnouveau" {
		t.Fatalf("the button leads to %q", asked)
	}
	d.visit(h.base+"/connexion/cps?retour=%2Fannexe").want(t, http.StatusOK, "MARCHAND")
	for _, away := range []string{"//mechant.exemple", "https://mechant.exemple", "/\\mechant.exemple"} {
		d := h.desk(t, h.doctors(t, marchand))
		if p := d.visit(h.base + "/connexion/cps?retour=" + url.QueryEscape(away)); p.address != h.base+"/recherche" {
			t.Errorf("%s leads to %s", away, p.address)
		}
	}
}

// A form sent after its session had expired comes back filled for the same person, by whichever door.
func TestAFormKeptComesBackAfterSigningInByCard(t *testing.T) {
	h := open(t)
	d := h.desk(t, h.doctors(t, marchand))
	d.signIn().want(t, http.StatusOK)
	sum := sha256.Sum256([]byte(d.Cookie("vaccin_session")))
	id := hex.EncodeToString(sum[:])
	data, _, found, err := h.store.Session(t.Context(), id)
	if err != nil || !found {
		t.Fatal("no session to end", err)
	}
	if err := h.store.SaveSession(t.Context(), id, data, time.Now().Add(-time.Second)); err != nil {
		t.Fatal(err)
	}
	d.Post("/recherche", url.Values{"code": {"ABCD-EFGH-JKM"}}).Want(http.StatusUnauthorized, "Votre saisie est conservée", "S’identifier avec ma carte CPS")
	if p := h.desk(t, h.doctors(t, legrand)).signIn(); strings.Contains(p.body, "ABCD-EFGH-JKM") {
		t.Error("it comes back to someone else")
	}
	p := d.signIn().want(t, http.StatusOK, "Votre saisie a été conservée")
	if p.address != h.base+"/recherche" || !strings.Contains(p.body, "ABCD-EFGH-JKM") {
		t.Errorf("led to %s without what was typed", p.address)
	}
}

func TestSigningInRenewsTheSession(t *testing.T) {
	h := open(t)
	d := h.desk(t, h.doctors(t, marchand))
	d.signIn().want(t, http.StatusOK)
	first := d.Cookie("vaccin_session")
	d.signIn().want(t, http.StatusOK)
	if second := d.Cookie("vaccin_session"); second == "" || second == first {
		t.Error("the session keeps its token")
	}
	d.Post("/deconnexion", nil).Want(http.StatusOK, "Vous êtes déconnecté", "retirez votre carte CPS")
	d.keptOut(t)
}

// The day on which nurses are authorised is a matter of data.
func TestANurseComesInOnceTheServiceIsOpenToNurses(t *testing.T) {
	h := open(t)
	opening := registry.ProfessionOpening{Profession: "60", From: registry.MustDate("2021-03-01")}
	cases := registry.New(h.store)
	if err := h.store.ImportReference(t.Context(), registry.ReferenceChange{Openings: []registry.ProfessionOpening{opening}}, cases.ImportEvent(operator, 1, "digest")); err != nil {
		t.Fatal(err)
	}
	nurse := h.card(t, quickKey(t), nurses())
	h.desk(t, nurse).signIn().want(t, http.StatusForbidden, "Profession non autorisée")
	h.clock.SetDay("2021-03-01")
	h.desk(t, nurse).signIn().want(t, http.StatusOK, "Claire MOREAU", "Cabinet infirmier du Port")
}

func nurses() igcsim.Card {
	return igcsim.Card{Subject: igcsim.Subject(moreau, "MOREAU", "Claire", "Infirmier")}
}
