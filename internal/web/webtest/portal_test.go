package webtest_test

import (
	"bytes"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"vaccin/internal/auth/password"
	"vaccin/internal/registry"
	"vaccin/internal/web"
	"vaccin/internal/web/webtest"
)

const (
	portalLogin  = "h.marchand"
	portalSecret = "la rivière coule au printemps"
	portalID     = "899700810379" // of the simulator's dr-un-lieu too
)

// account makes the portal's account.
func (h *house) account(t *testing.T) {
	t.Helper()
	hasher, err := password.NewHasher(password.DefaultParams, 1, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	hash, err := hasher.Hash(t.Context(), portalSecret)
	if err != nil {
		t.Fatal(err)
	}
	a := registry.PortalAccount{Login: portalLogin, Hash: hash, NationalID: portalID, GivenName: "Hélène", FamilyName: "MARCHAND"}
	event := registry.New(h.store).PortalEvent(operator, registry.ActionSetPortalAccount, a.Login)
	if err := h.store.SetPortalAccount(t.Context(), a, event); err != nil {
		t.Fatal(err)
	}
}

func enterPortal(b *webtest.Browser, login, secret string) *webtest.Page {
	return b.Get("/amelipro").Form("login").Fill("login", login, "password", secret).Send(b)
}

const explanation = "Le téléservice Vaccin COVID n’est accessible qu’avec une identification par carte CPS"

func TestThePortalLeadsToTheService(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.account(t)
	b := webtest.NewBrowser(t, h.base)
	page := b.Get("/amelipro").Want(http.StatusOK, "Espace amelipro", "Activités", "S’identifier par carte CPS", "Mot de passe").Not(explanation)
	if page.Link("Vaccin COVID") != "/connexion/cps?retour=%2Frecherche" || page.Link("S’identifier par carte CPS") != "/connexion/cps?retour=%2Famelipro" {
		t.Errorf("links to %q and %q", page.Link("Vaccin COVID"), page.Link("S’identifier par carte CPS"))
	}
	if field := page.Root.ByID("password"); field.Attr("type") != "password" || field.Attr("autocomplete") != "current-password" || field.Has("value") {
		t.Errorf("the password is typed in %v", field.Attrs)
	}
	if b.Cookie("vaccin_session") != "" {
		t.Error("a session is made for nobody")
	}
	page = enterPortal(b, portalLogin, portalSecret).Want(http.StatusOK, explanation, "Hélène MARCHAND", "Se déconnecter", "insérez votre carte CPS", "Activités")
	if page.URL.Path != "/amelipro" || page.Link("VACCIN COVID") != "/amelipro" || page.Says("Mot de passe") {
		t.Errorf("at %s, the service's name leads to %s", page.URL.Path, page.Link("VACCIN COVID"))
	}
	banner := page.Root.All(func(n *webtest.Node) bool {
		return n.Attr("role") == "region" && strings.Contains(n.Content(), explanation)
	})
	if len(banner) != 1 {
		t.Errorf("%d banners", len(banner))
	}
	doctor := h.signIn(t, marchand)
	doctor.Get("/amelipro").Want(http.StatusOK, "Activités").Not(explanation, "Mot de passe")
	if to := doctor.Get("/amelipro").Link("Vaccin COVID"); to != "/recherche" {
		t.Errorf("the link of a doctor leads to %s", to)
	}
}

// TestAPasswordOpensNoAddressOfTheService tries every address with a password session (ACC-3): those of the
// service answer alike, whatever is asked and sent.
func TestAPasswordOpensNoAddressOfTheService(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.account(t)
	p := h.patient(t, withCode(123456789))
	doctor := h.signIn(t, marchand)
	declare(doctor, p)
	inject(doctor, p)
	b := webtest.NewBrowser(t, h.base)
	enterPortal(b, portalLogin, portalSecret).Want(http.StatusOK, explanation)
	before := len(h.record(t, p.ID).FirstDoses)
	body := ""
	each(t, string(p.ID), func(a asked) bool { return a.Audience == web.SignedIn || a.Audience == web.Entitled }, func(t *testing.T, a asked) {
		b := &webtest.Browser{T: t, Base: b.Base, Jar: b.Jar}
		page := b.Do(b.Request(a.method, a.path, form())).Want(http.StatusForbidden, explanation, "insérez votre carte CPS").
			Not(secrets(p)...).Not("motif à garder", "Cabinet médical")
		if page.URL.Path != a.path || !strings.HasPrefix(page.Header.Get("Content-Type"), "text/html") {
			t.Errorf("led to %s, %s", page.URL.Path, page.Header.Get("Content-Type"))
		}
		if body == "" {
			body = page.Body
		}
		if page.Body != body {
			t.Error("the answer is not that of the other addresses")
		}
		if head := b.Do(b.Request(http.MethodHead, a.path, nil)); a.method == http.MethodGet && head.Status != http.StatusForbidden {
			t.Errorf("HEAD: %d", head.Status)
		}
	})
	b.Get("/suggestions/localites?q=75").Want(http.StatusForbidden, explanation)
	b.Get("/dossiers/"+strings.Repeat("f", 32)).Want(http.StatusForbidden, explanation)
	b.Get("/inconnu").Want(http.StatusNotFound)
	for _, path := range []string{"/assistance", "/annexe", "/mentions-legales", "/donnees-personnelles", "/accessibilite", "/"} {
		b.Get(path).Want(http.StatusOK)
	}
	if n := len(h.record(t, p.ID).FirstDoses); n != before {
		t.Errorf("%d doses instead of %d", n, before)
	}
	// Nothing that such a session sends waits for the doctor of the same national identifier.
	h.expire(b)
	b.Post(address(p, dose2), form()).Want(http.StatusUnauthorized, "Connexion nécessaire").Not("conservée")
	h.signIn(t, marchand).Get(address(p, dose2)).Not("EJ6795", "un motif à garder")
}

func TestSigningInOtherwiseReplacesThePassword(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.account(t)
	b := webtest.NewBrowser(t, h.base)
	enterPortal(b, portalLogin, portalSecret).Want(http.StatusOK)
	first := b.Cookie("vaccin_session")
	b.Get("/recherche").Want(http.StatusForbidden)
	h.enter(b, marchand, "/connexion/psc").Want(http.StatusOK, "Dr. Hélène MARCHAND")
	second := b.Cookie("vaccin_session")
	b.Get("/recherche").Want(http.StatusOK)
	b.Get("/amelipro").Want(http.StatusOK).Not(explanation)
	thief := webtest.NewBrowser(t, h.base)
	r := thief.Request(http.MethodGet, "/recherche", nil)
	r.AddCookie(&http.Cookie{Name: "vaccin_session", Value: first})
	if thief.Do(r).Want(http.StatusUnauthorized); first == second || first == "" {
		t.Error("the session of the password goes on")
	}
	b.Post("/amelipro", map[string][]string{"login": {portalLogin}, "password": {portalSecret}}).Want(http.StatusOK, explanation)
	b.Get("/recherche").Want(http.StatusForbidden)
	if b.Cookie("vaccin_session") == second {
		t.Error("the token stays")
	}
	b.Post("/deconnexion", nil).Want(http.StatusOK, "Vous êtes déconnecté")
	b.Get("/amelipro").Want(http.StatusOK, "Mot de passe").Not(explanation)
}

var errorSummary = regexp.MustCompile(`(?s)<h2 class="govuk-error-summary__title">.*?</ul>`)

func TestRefusalsOfThePortalTellNothing(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.account(t)
	b := webtest.NewBrowser(t, h.base)
	wrong := enterPortal(b, portalLogin, "un mot de passe faux").Want(http.StatusUnprocessableEntity, "Identifiant ou mot de passe incorrect.")
	unknown := enterPortal(b, "h.marchant", portalSecret).Want(http.StatusUnprocessableEntity)
	if strings.ReplaceAll(wrong.Body, portalLogin, "x") != strings.ReplaceAll(unknown.Body, "h.marchant", "x") {
		t.Error("the answers differ")
	}
	if b.Cookie("vaccin_session") != "" {
		t.Error("a session is made for nobody")
	}
	for _, page := range []*webtest.Page{wrong, unknown} {
		if strings.Contains(page.Body, "un mot de passe faux") || strings.Contains(page.Body, portalSecret) {
			t.Error("a password comes back in the page")
		}
	}
	summary := errorSummary.FindString(wrong.Body)
	if !strings.Contains(summary, ">La connexion n’a pas abouti</h2>") || strings.Count(summary, "Identifiant ou mot de passe incorrect.") != 1 {
		t.Errorf("the summary says %s", summary)
	}
	page := enterPortal(b, "", "").Want(http.StatusUnprocessableEntity)
	if page.Error("login") != "Saisissez votre identifiant." || page.Error("password") != "Saisissez votre mot de passe." {
		t.Errorf("%q, %q", page.Error("login"), page.Error("password"))
	}
	for range registry.PasswordLimits.BlockAt - 1 {
		enterPortal(b, portalLogin, "un mot de passe faux").Want(http.StatusUnprocessableEntity, "Identifiant ou mot de passe incorrect.")
	}
	page = enterPortal(b, portalLogin, portalSecret).Want(http.StatusTooManyRequests, "Trop d’essais avec cet identifiant", "15\u00a0minutes")
	if page.Header.Get("Retry-After") != "900" {
		t.Errorf("Retry-After: %q", page.Header.Get("Retry-After"))
	}
	enterPortal(webtest.NewBrowser(t, h.base), portalLogin, portalSecret).Want(http.StatusTooManyRequests)
	for what, text := range map[string]string{"password": portalSecret, "tried": "un mot de passe faux", "login": portalLogin, "id": portalID} {
		if strings.Contains(h.logs.String(), text) {
			t.Errorf("the logs hold the %s", what)
		}
	}
	if bytes.Contains(h.stored(t), []byte(portalSecret)) {
		t.Error("the store holds the password")
	}
}

// When the store fails, no page holds the password to send it again.
func TestNoPageHoldsAPassword(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.account(t)
	values := map[string][]string{"login": {portalLogin}, "password": {portalSecret}}
	b := webtest.NewBrowser(t, h.base)
	h.failing.Fail("Throttle", errDisk)
	page := b.Post("/amelipro", values).Want(http.StatusInternalServerError)
	h.failing.Fail("Throttle", nil)
	enterPortal(b, portalLogin, portalSecret).Want(http.StatusOK)
	h.sessions.broken.Store(true)
	defer h.sessions.broken.Store(false)
	for _, page := range []*webtest.Page{page, b.Post("/amelipro", values).Want(http.StatusInternalServerError)} {
		if strings.Contains(page.Body, portalSecret) {
			t.Error("it does")
		}
	}
}
