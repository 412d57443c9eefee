package webtest_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"vaccin/internal/registry"
	"vaccin/internal/web/webtest"
)

func TestRefusalsSayWhyAndWhatToDo(t *testing.T) {
	t.Parallel()
	h := open(t)
	for _, tt := range []struct{ account, title, advice string }{
		{"dr-sans-lieu", "Aucun lieu d’exercice", "Déclarez votre lieu d’exercice auprès de votre ordre"},
		{"infirmiere", "Profession non autorisée", "médecin"},
		{"sans-refpro", "Situation professionnelle inconnue", "rapprochez-vous de votre ordre"},
	} {
		b := webtest.NewBrowser(t, h.base)
		page := h.enter(b, tt.account, "/connexion/psc").Want(http.StatusForbidden, tt.title, tt.advice, "Contacter l’assistance")
		if b.Cookie("vaccin_session") != "" || page.Says("Se déconnecter") {
			t.Errorf("%s has a session", tt.account)
		}
		b.Get("/recherche").Want(http.StatusUnauthorized)
	}
	b := webtest.NewBrowser(t, h.base)
	b.Get("/connexion/psc").Form("id").Fill("action", "refuse").Send(b).Want(http.StatusForbidden, "Connexion annulée", "S’identifier avec Pro Santé Connect")
}

func TestAccountsThatComeIn(t *testing.T) {
	t.Parallel()
	h := open(t)
	for _, tt := range []struct{ account, person, place string }{
		{"dr-un-lieu", "Dr. Hélène MARCHAND", "Cabinet médical des Tilleuls"},
		{"dr-ehpad", "Dr. Nadia BENALI", "EHPAD Les Glycines"},
		{"dr-doublon", "Dr. Étienne GÉRAUD", "Maison de santé du Moulin"},
		{"dr-reunion", "Dr. Marie-Ange PAYET", "Cabinet médical du Barachois"},
		{"dr-pharmacien", "Dr. Paul KELLER", "Cabinet médical des Quinconces"},
	} {
		h.enter(webtest.NewBrowser(t, h.base), tt.account, "/connexion/psc").
			Want(http.StatusOK, tt.person, tt.place, "VACCIN COVID", "Assistance", "Se déconnecter").Not("Changer de lieu", "Pharmacie")
	}
}

// captured goes through the provider up to the way back, and returns its address without taking it.
func captured(t *testing.T, h *house, b *webtest.Browser) string {
	t.Helper()
	login := b.Get("/connexion/psc").Form("id").Fill("account", marchand)
	client := http.Client{Jar: b.Jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(r.URL.String(), h.base) {
			return http.ErrUseLastResponse
		}
		return nil
	}}
	page := b.Visited[len(b.Visited)-1]
	answer, err := client.PostForm(page, login.Values)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.Header.Get("Location") == "" {
		t.Fatalf("no way back: %d", answer.StatusCode)
	}
	return answer.Header.Get("Location")
}

func TestForgedAndReplayedCallbacks(t *testing.T) {
	t.Parallel()
	h := open(t)
	b := webtest.NewBrowser(t, h.base)
	back := captured(t, h, b)
	thief := webtest.NewBrowser(t, h.base)
	thief.Get(back).Want(http.StatusForbidden, "Connexion à recommencer", "S’identifier")
	if thief.Cookie("vaccin_session") != "" {
		t.Error("a callback taken by another browser signs it in")
	}
	sealed := b.Cookie("vaccin_signin")
	b.Get(back).Want(http.StatusOK, "MARCHAND")
	b.Get(back).Want(http.StatusForbidden, "Connexion à recommencer")
	replay := webtest.NewBrowser(t, h.base)
	r := replay.Request(http.MethodGet, back, nil)
	r.AddCookie(&http.Cookie{Name: "vaccin_signin", Value: sealed})
	replay.Do(r).Want(http.StatusForbidden, "Connexion à recommencer")
	for name, change := range map[string]func(url.Values){
		"another state": func(q url.Values) { q.Set("state", "forged") }, "no state": func(q url.Values) { q.Del("state") },
		"another code": func(q url.Values) { q.Set("code", "forged") }, "nothing": func(q url.Values) { clear(q) },
	} {
		fresh := webtest.NewBrowser(t, h.base)
		u, err := url.Parse(captured(t, h, fresh))
		if err != nil {
			t.Fatal(err)
		}
		q := u.Query()
		change(q)
		u.RawQuery = q.Encode()
		if page := fresh.Get(u.String()); page.Status != http.StatusForbidden || !page.Says("Connexion à recommencer") || fresh.Cookie("vaccin_session") != "" {
			t.Errorf("%s: %d %s", name, page.Status, page.H1())
		}
	}
}

func TestTheProviderIsDown(t *testing.T) {
	t.Parallel()
	h := open(t)
	b := webtest.NewBrowser(t, h.base)
	back := captured(t, h, b)
	h.simulator.Close()
	b.Get(back).Want(http.StatusServiceUnavailable, "Pro Santé Connect ne répond pas", "Réessayez dans quelques minutes", "S’identifier")
	b.Get("/assistance").Want(http.StatusOK)
	late := open(t)
	late.simulator.Close()
	b = webtest.NewBrowser(t, late.base)
	b.Get("/connexion/psc").Want(http.StatusServiceUnavailable, "Pro Santé Connect ne répond pas")
}

func TestAssistanceTellsWhetherItIsOpen(t *testing.T) {
	t.Parallel()
	h := open(t)
	b := webtest.NewBrowser(t, h.base)
	paris := registry.ZoneOf("")
	at := func(month time.Month, day, hour, minute int) time.Time {
		return time.Date(2021, month, day, hour, minute, 0, 0, paris)
	}
	status := regexp.MustCompile(`Ligne (ouverte|fermée) en ce moment`)
	for _, tt := range []struct {
		name             string
		at               time.Time
		private, waiting string
	}{
		{"Monday 8:29", at(2, 1, 8, 29), "fermée", "fermée"},
		{"Monday 8:30", at(2, 1, 8, 30), "ouverte", "fermée"},
		{"Monday 9:00", at(2, 1, 9, 0), "ouverte", "ouverte"},
		{"Monday 17:29", at(2, 1, 17, 29), "ouverte", "ouverte"},
		{"Monday 17:30", at(2, 1, 17, 30), "fermée", "ouverte"},
		{"Friday 19:59", at(2, 5, 19, 59), "fermée", "ouverte"},
		{"Friday 20:00", at(2, 5, 20, 0), "fermée", "fermée"},
		{"Saturday noon", at(2, 6, 12, 0), "fermée", "fermée"},
		{"Sunday noon", at(2, 7, 12, 0), "fermée", "fermée"},
		{"summer, 8:30 in Paris", time.Date(2021, 7, 5, 6, 30, 0, 0, time.UTC), "ouverte", "fermée"},
		{"summer, 8:29 in Paris", time.Date(2021, 7, 5, 6, 29, 0, 0, time.UTC), "fermée", "fermée"},
		{"summer, 17:30 in Paris", time.Date(2021, 7, 5, 15, 30, 0, 0, time.UTC), "fermée", "ouverte"},
	} {
		h.clock.Set(tt.at)
		found := status.FindAllStringSubmatch(b.Get("/assistance").Want(http.StatusOK, assistancePhone, "0800 08 12 07").Root.Content(), -1)
		if len(found) != 2 || found[0][1] != tt.private || found[1][1] != tt.waiting {
			t.Errorf("%s: %v", tt.name, found)
		}
	}
}

func TestPagesForEveryone(t *testing.T) {
	t.Parallel()
	h := open(t)
	for _, b := range []*webtest.Browser{webtest.NewBrowser(t, h.base), h.signIn(t, marchand)} {
		page := b.Get("/annexe").Want(http.StatusOK, "Les professions médicales", "Les professions de la pharmacie", "Les auxiliaires médicaux")
		if !strings.HasPrefix(page.Link("Les professions de santé dans le code"), "https://www.legifrance.gouv.fr/") {
			t.Error("no link to Légifrance")
		}
		b.Get("/donnees-personnelles").Want(http.StatusOK, "Les droits du patient", "conjointement responsables", "délégué à la protection des données", "CNIL, 3 place de Fontenoy")
		b.Get("/mentions-legales").Want(http.StatusOK, "décret n° 2020-1690", "Éditeur", "hébergé par son éditeur")
		b.Get("/accessibilite").Want(http.StatusOK, "RGAA")
		if page := b.Get("/"); !strings.HasPrefix(page.Link("En savoir plus"), "https://esante.gouv.fr/") {
			t.Error("no link to the page on Pro Santé Connect")
		}
	}
}
