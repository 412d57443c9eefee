package webtest_test

import (
	"bytes"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
	"vaccin/internal/web/webtest"
)

// stored returns everything that the files of the store hold.
func (h *house) stored(t *testing.T) []byte {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(h.folder, "vaccin.db*"))
	if err != nil || len(files) < 2 {
		t.Fatal("the files of the store are not where they were", files, err)
	}
	var all []byte
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, content...)
	}
	return all
}

func TestAFormSentAfterTheSessionExpiredComesBack(t *testing.T) {
	t.Parallel()
	h := open(t)
	p := h.patient(t)
	b := h.signIn(t, marchand)
	declare(b, p)
	const typed = "CHEZSAFILLE"
	f := injected(b.Get(address(p, dose1)).Form("lot")).
		Fill("place_type", registrytest.PlaceHome, "place_name", typed, "place_locality", "98714 Papeete", "occurrence", "31/01/2021")
	h.expire(b)
	b.Get(address(p, dose1)).Want(http.StatusUnauthorized, "Votre session a expiré", "période d’inactivité").Not("conservée", "DURAND")
	page := f.Send(b).Want(http.StatusUnauthorized, "Votre session a expiré avant l’envoi", "Votre saisie est conservée").Not("DURAND", typed)
	if bytes.Contains(h.stored(t), []byte(typed)) {
		t.Error("the kept form can be read in the files of the store")
	}
	stranger := h.enter(b.Clone(), benali, "/connexion/psc").Want(http.StatusOK)
	if stranger.URL.Path != "/recherche" || stranger.Says(typed) {
		t.Errorf("another person is led to %s", stranger.URL.Path)
	}
	b.Clone().Get(address(p, dose1)).Want(http.StatusOK).Not("conservée", typed)
	page = h.enter(b, marchand, page.Link("S’identifier")).Want(http.StatusOK, "Votre saisie a été conservée", "Enregistrer la 1ère vaccination")
	back := page.Form("lot")
	sameValues(t, f.Values, back.Values, "")
	b.Get(address(p, dose1)).Want(http.StatusOK, "Votre saisie a été conservée") // seen twice, sent once
	back.Send(b).Want(http.StatusOK, "Synthèse de la 1ère vaccination", typed)
	again := h.enter(webtest.NewBrowser(t, h.base), marchand, "/connexion/psc").Want(http.StatusOK)
	if again.URL.Path != "/recherche" {
		t.Errorf("the form that was sent comes back at %s", again.URL.Path)
	}
}

func TestEveryKindOfFormIsKept(t *testing.T) {
	t.Parallel()
	h := open(t)
	p := h.patient(t)
	b := h.signIn(t, marchand)
	declare(b, p)
	tests := []struct{ path, field, text string }{
		{"/recherche", "nir", "2 69 05 49 588 157 81"},
		{"/patients/nouveau", "birth_name", "Poquelin"},
		{address(p, eligibility+"/modifier"), "prescribed_on", "26/01/2021"},
		{address(p, eligibility+"/annuler"), "reason", "le mauvais dossier"},
	}
	for _, tt := range tests {
		byNIR(b, "nir", registrytest.NIR(4242).Format()).Want(http.StatusOK)
		f := b.Get(tt.path).Form(tt.field).Fill(tt.field, tt.text)
		h.expire(b)
		page := f.Send(b).Want(http.StatusUnauthorized, "Votre saisie est conservée")
		page = h.enter(b, marchand, page.Link("S’identifier")).Want(http.StatusOK, "Votre saisie a été conservée")
		back := page.Form(tt.field)
		sameValues(t, f.Values, back.Values, "")
		if page.URL.Path != tt.path {
			t.Errorf("%s comes back at %s", tt.path, page.URL.Path)
		}
		back.Send(b)
	}
}

func TestEveryKindOfFormOfAgentsIsKept(t *testing.T) {
	t.Parallel()
	h := open(t)
	hand, _ := h.inDoubt(t, 1)
	number := hand.Patient.Holder.Format()
	match := h.as(t, registry.RoleSupport).Get("/rapprochements").Link("Examiner")
	for _, tt := range []struct {
		role              registry.Role
		path, field, text string
	}{
		{registry.RoleSupport, "/oppositions", registry.FieldPerson, number},
		{registry.RoleSupport, match, registry.FieldMatch, string(registry.MatchTwo)},
		{registry.RoleDataProtection, "/demandes-acces", registry.FieldPerson, number},
		{registry.RoleDataProtection, "/journal", registry.FieldLogPlace, "R1"},
	} {
		b := h.as(t, tt.role)
		f := b.Get(tt.path).Form(tt.field).Fill(tt.field, tt.text)
		h.expire(b)
		f.Send(b).Want(http.StatusUnauthorized, "Votre saisie est conservée")
		page := h.enter(b, accountOf[tt.role], "/connexion/agents").Want(http.StatusOK, "Votre saisie a été conservée")
		if got := page.Form(tt.field).Values.Get(tt.field); page.URL.Path != tt.path || got != tt.text {
			t.Errorf("%s comes back at %s, with %q", tt.path, page.URL.Path, got)
		}
	}
}

func TestNothingIsKeptButFromASessionKnownToHaveExpired(t *testing.T) {
	t.Parallel()
	h := open(t)
	p := h.patient(t)
	b := h.signIn(t, marchand)
	declare(b, p)
	f := injected(b.Get(address(p, dose1)).Form("lot"))
	post := func(cookie string) *webtest.Page {
		stranger := webtest.NewBrowser(t, h.base)
		r := stranger.Request(http.MethodPost, address(p, dose1), f.Values)
		if cookie != "" {
			r.AddCookie(&http.Cookie{Name: "vaccin_session", Value: cookie})
		}
		return stranger.Do(r)
	}
	token := b.Cookie("vaccin_session")
	for _, cookie := range []string{"", "made-up", strings.Repeat("A", 43), token + "x", strings.ToLower(token)} {
		post(cookie).Want(http.StatusUnauthorized).Not("conservée")
	}
	b.Get("/recherche").Form("code") // still signed in
	signOut(b)
	post(token).Want(http.StatusUnauthorized).Not("conservée", "expiré")
}

func signOut(b *webtest.Browser) *webtest.Page {
	b.T.Helper()
	return b.Post("/deconnexion", url.Values{})
}

func TestSigningOut(t *testing.T) {
	t.Parallel()
	h := open(t)
	p := h.patient(t)
	b := h.signIn(t, marchand)
	token := b.Cookie("vaccin_session")
	page := signOut(b).Want(http.StatusOK, "Vous êtes déconnecté")
	if page.URL.Path != "/deconnecte" || !strings.Contains(strings.Join(b.Visited, " "), "/logout?") {
		t.Errorf("signed out here but not at the provider: %s", page.URL)
	}
	if b.Cookie("vaccin_session") != "" {
		t.Error("the cookie stays")
	}
	r := b.Request(http.MethodGet, address(p, ""), nil)
	r.AddCookie(&http.Cookie{Name: "vaccin_session", Value: token})
	b.Do(r).Want(http.StatusUnauthorized).Not("DURAND")
	signOut(b).Want(http.StatusOK, "Vous êtes déconnecté") // twice does no harm
}

func TestASessionCannotBeFixed(t *testing.T) {
	t.Parallel()
	h := open(t)
	attacker, victim := h.signIn(t, benali), webtest.NewBrowser(t, h.base)
	planted := attacker.Cookie("vaccin_session")
	base, err := url.Parse(h.base)
	if err != nil {
		t.Fatal(err)
	}
	victim.Jar.SetCookies(base, []*http.Cookie{{Name: "vaccin_session", Value: planted, Path: "/"}})
	h.enter(victim, marchand, "/connexion/psc").Want(http.StatusOK, "MARCHAND")
	if victim.Cookie("vaccin_session") == planted {
		t.Error("the planted session serves the person who signed in over it")
	}
	attacker.Get("/recherche").Want(http.StatusUnauthorized).Not("MARCHAND")
}

func TestChangingThePlaceWithoutSigningInAgain(t *testing.T) {
	t.Parallel()
	h := open(t)
	p := h.patient(t)
	b := h.signIn(t, legrand)
	b.Post(address(p, eligibility), url.Values{"prescribes": {"yes"}, "prescribed_on": {"28/01/2021"}}).
		Want(http.StatusOK, "Où exercez-vous")
	page := b.Get("/lieu?retour="+address(p, eligibility)).Form("practice_place").Fill("practice_place", "0").Send(b).
		Want(http.StatusOK, "Votre saisie a été conservée", "Cabinet médical de la Fontaine")
	if v := page.Form("prescribes").Values; v.Get("prescribed_on") != "28/01/2021" {
		t.Errorf("the form sent before the choice is %v", v)
	}
	for _, bad := range []string{"", "2", "-1", "x", "99999999999999999999"} {
		b.Post("/lieu", url.Values{"practice_place": {bad}}).Want(http.StatusUnprocessableEntity, "Choisissez votre lieu d’exercice.")
	}
	page = b.Get("/lieu")
	if page.Form("practice_place").Values.Get("practice_place") != "0" {
		t.Error("the place in use is not shown as such")
	}
	page.Form("practice_place").Fill("practice_place", "1").Send(b).Want(http.StatusOK, "EHPAD Les Glycines").Not("Fontaine")
}

func TestReturnPathsStayHere(t *testing.T) {
	t.Parallel()
	h := open(t)
	for _, bad := range []string{
		"https://mechant.exemple/", "//mechant.exemple", "///mechant.exemple", "/%2Fmechant.exemple", "/%5Cmechant.exemple", `/\mechant.exemple`,
		"/%09/mechant.exemple", "/\t/mechant.exemple", "javascript:alert(1)", "/recherche%0d%0aSet-Cookie:a=b", "mechant.exemple", "/%2e%2e//mechant.exemple",
		"/.//mechant.exemple", "/recherche//mechant.exemple", "@mechant.exemple", "/recherche?x=//mechant.exemple", "http:mechant.exemple",
		// What begins, ends or undoes a sign-in is no page to come back to.
		"/deconnecte", "/deconnexion", "/deconnexion/x", "/connexion", "/connexion/psc", "/connexion/psc/retour", "/connexion/psc/deconnexion",
		"/connexion/cps", "/connexion/cps/retour", "/connexion/agents", "/connexion/agents/retour",
	} {
		b := webtest.NewBrowser(t, h.base)
		page := h.enter(b, marchand, "/connexion/psc?retour="+url.QueryEscape(bad)).Want(http.StatusOK, "Rechercher un patient")
		if page.URL.Path != "/recherche" {
			t.Errorf("%q leads to %s", bad, page.URL)
		}
		page = b.Post("/lieu", url.Values{"practice_place": {"0"}, "retour": {bad}}).Want(http.StatusOK)
		if !strings.HasPrefix(page.URL.String(), h.base+"/recherche") {
			t.Errorf("after the place, %q leads to %s", bad, page.URL)
		}
	}
	page := h.enter(webtest.NewBrowser(t, h.base), marchand, "/connexion/psc?retour=/patients/nouveau").Want(http.StatusOK)
	if page.URL.Path != "/recherche" { // from there, for want of a number
		t.Errorf("led to %s", page.URL)
	}
}

func TestTwoTabsOfOneSession(t *testing.T) {
	t.Parallel()
	h := open(t)
	b := h.signIn(t, marchand)
	for range 10 {
		p := h.patient(t)
		declare(b, p)
		f := injected(b.Get(address(p, dose1)).Form("lot"))
		var group sync.WaitGroup
		for range 8 {
			tab := b.Clone()
			group.Go(func() { byNIR(tab, "nir", registrytest.NIR(4242).Format()) })
		}
		f.Send(b).Want(http.StatusOK)
		group.Wait()
		b.Get("/recherche").Want(http.StatusOK, "Repris pour le patient suivant", registrytest.KnownLot)
		b.Get("/recherche").Form("oublier").Fill("oublier", "oui").Send(b).Want(http.StatusOK).Not("Repris pour")
	}
}
