package webtest_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"vaccin/internal/registry/registrytest"
	"vaccin/internal/web/webtest"
)

// searchCookies are the searches that a browser keeps.
func searchCookies(b *webtest.Browser) (kept []*http.Cookie) {
	b.T.Helper()
	base, err := url.Parse(b.Base)
	if err != nil {
		b.T.Fatal(err)
	}
	for _, c := range b.Jar.Cookies(base) {
		if strings.HasPrefix(c.Name, "vaccin_kept_search_") {
			kept = append(kept, c)
		}
	}
	return kept
}

// give puts cookies into a browser.
func give(b *webtest.Browser, cookies ...*http.Cookie) {
	b.T.Helper()
	base, err := url.Parse(b.Base)
	if err != nil {
		b.T.Fatal(err)
	}
	for _, c := range cookies {
		b.Jar.SetCookies(base, []*http.Cookie{{Name: c.Name, Value: c.Value, Path: "/"}})
	}
}

func TestASearchByNIRWritesNoSession(t *testing.T) {
	h := open(t)
	p, unknown := h.patient(t), registrytest.NIR(5100)
	doctor := h.signIn(t, marchand)
	before := h.sessions.saves.Load()
	for range 5 {
		byNIR(doctor, "nir", p.Patient.Holder.Format()).Want(http.StatusOK, "Sélectionner le patient")
		page := fromCard(doctor, unknown.Format(), "BEN ALI", "FATMA", "19450615").Want(http.StatusOK, "inconnu", "BEN ALI FATMA")
		doctor.Get(page.Link("Modifier le numéro")).Want(http.StatusOK)
		doctor.Get(page.Link("via ce lien")).Want(http.StatusOK, "Enregistrer un patient")
	}
	entry := person(doctor.Get(byNIR(doctor, "nir", unknown.Format()).Link("via ce lien")).Form("birth_name"))
	entry.Send(doctor).Want(http.StatusOK, "Dossier du patient")
	if n := h.sessions.saves.Load() - before; n != 0 {
		t.Errorf("11 searches and an entry wrote the session %d times", n)
	}
}

func TestEachTabKeepsItsSearchAndTheOldestGoes(t *testing.T) {
	h := open(t)
	doctor := h.signIn(t, marchand)
	lists := []string{}
	for n := range 10 {
		lists = append(lists, byNIR(doctor, "nir", registrytest.NIR(5200+n).Format()).Want(http.StatusOK, "inconnu").URL.RequestURI())
	}
	for n, list := range lists {
		page := doctor.Clone().Get(list).Want(http.StatusOK)
		if n < 2 {
			if page.URL.Path != "/recherche" {
				t.Errorf("search %d is still kept: %s", n, page.URL)
			}
			continue
		}
		page.Want(http.StatusOK, registrytest.NIR(5200+n).Format())
	}
	if n := len(searchCookies(doctor)); n != 8 {
		t.Errorf("%d searches are kept", n)
	}
	doctor.Get("/recherche/assures").Want(http.StatusOK, registrytest.NIR(5209).Format()) // without a name, the last
	doctor.Post("/deconnexion", nil).Want(http.StatusOK)
	if kept := searchCookies(doctor); len(kept) != 0 {
		t.Errorf("the sign-out leaves %d searches", len(kept))
	}
}

func TestASearchOpensInItsSessionAlone(t *testing.T) {
	h := open(t)
	number := registrytest.NIR(5300)
	mine, same, other := h.signIn(t, marchand), h.signIn(t, marchand), h.signIn(t, benali)
	list := byNIR(mine, "nir", number.Format()).Want(http.StatusOK, number.Format()).URL.RequestURI()
	kept := searchCookies(mine)
	if len(kept) != 1 || strings.Contains(kept[0].Value, number.Digits()) {
		t.Fatalf("kept %v", kept)
	}
	refused := func(what string, b *webtest.Browser) {
		t.Helper()
		name := strings.TrimPrefix(kept[0].Name, "vaccin_kept_search_")
		for _, path := range []string{list, "/recherche/assures", "/patients/nouveau?recherche=" + name, "/recherche?recherche=" + name} {
			if page := b.Get(path).Want(http.StatusOK); page.URL.Path != "/recherche" || strings.Contains(page.Body, number.Digits()[:7]) || page.Says(number.Format()) {
				t.Errorf("%s: %s opens %s", what, path, page.URL.Path)
			}
		}
	}
	give(same, kept...)
	refused("another session of the same person", same)
	give(other, kept...)
	refused("another practitioner", other)

	tampered := *kept[0]
	middle := len(tampered.Value) / 2
	letter := "A"
	if tampered.Value[middle] == 'A' {
		letter = "B"
	}
	tampered.Value = tampered.Value[:middle] + letter + tampered.Value[middle+1:]
	give(mine, &tampered)
	refused("tampered", mine)
	give(mine, kept...)
	mine.Get(list).Want(http.StatusOK, number.Format())

	mine.Post("/deconnexion", nil).Want(http.StatusOK)
	h.enter(mine, marchand, "/connexion/psc").Want(http.StatusOK)
	give(mine, kept...)
	refused("after signing out and in", mine)
}

func TestTheLargestCardsAreKeptWithinWhatServersTake(t *testing.T) {
	h := open(t)
	doctor := h.signIn(t, marchand)
	number := registrytest.NIR(5400).Format()
	for name, text := range map[string]string{
		"letters": strings.Repeat("A", 255), "quotes": strings.Repeat(`"`, 255), "signs of pages": strings.Repeat("<", 255),
		"separators": strings.Repeat("\u2028", 85), "accents": strings.Repeat("É", 127),
	} {
		for range 9 {
			fromCard(doctor, number, text, text, text).Want(http.StatusOK, "Carte Vitale lue", strings.TrimSpace(text[:20]))
		}
		header := 0
		base, err := url.Parse(doctor.Base)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range doctor.Jar.Cookies(base) {
			header += len(c.Name) + len(c.Value) + len("=; ")
			if len(c.Name)+len(c.Value) >= 4096-len("__Host-") {
				t.Errorf("%s: browsers drop %s, of %d bytes", name, c.Name, len(c.Value))
			}
		}
		// Proxies take a line of 8 KiB, and our server 16 KiB of headers.
		if header > 7<<10 || len(searchCookies(doctor)) < 2 {
			t.Errorf("%s: %d searches are kept, and cookies take %d bytes", name, len(searchCookies(doctor)), header)
		}
	}
}
