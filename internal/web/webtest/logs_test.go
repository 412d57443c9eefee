package webtest_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
	"vaccin/internal/web/webtest"
)

// spellings of what no log line and no address may hold.
func spellings(h *house, t *testing.T, p registry.ImportedPerson) []string {
	code := h.record(t, p.ID).Code
	digits, shown := p.Patient.Holder.Digits(), p.Patient.Holder.Format()
	return []string{
		digits, shown, strings.Join(strings.Fields(shown), ""), url.QueryEscape(shown), strings.Join(strings.Fields(shown), " "),
		code.Format(), code.Compact(), strings.ToLower(code.Compact()), url.QueryEscape(code.Format()),
		"DURAND", "Durand", "LEFÈVRE", "Lefèvre", url.QueryEscape("Lefèvre"), "Jeanne", "Scarron", "SCARRON", "Aubigné", "AUBIGN", "Françoise",
		"1945", "15/06", "0612345678", "jeanne.durand", "rue des Lilas",
	}
}

func TestNoLogLineAndNoAddressTellsOfAPatient(t *testing.T) {
	t.Parallel()
	h := open(t)
	p := h.patient(t)
	b := h.signIn(t, marchand)
	number := p.Patient.Holder.Format()
	byNIR(b, "nir", number).Want(http.StatusOK)
	byNIR(b, "nir", number[:len(number)-2]+"00").Want(http.StatusUnprocessableEntity)
	declare(b, p)
	code := h.record(t, p.ID).Code
	byNIR(b, "code", code.Format()).Want(http.StatusOK)
	byNIR(b, "nir", code.Compact()).Want(http.StatusOK)
	byNIR(b, "nir", registrytest.NIR(4242).Format()).Want(http.StatusOK)
	f := person(b.Get("/patients/nouveau").Form("birth_name"))
	f.Send(b).Want(http.StatusOK)
	h.failing.Fail("Apply", errDisk)
	failed := person(b.Get("/patients/nouveau").Form("birth_name")).Fill("birth_rank", "2").Send(b).Want(http.StatusInternalServerError)
	h.failing.Fail("Apply", nil)
	h.failing.Fail("Read", errDisk)
	b.Get(address(p, "")).Want(http.StatusInternalServerError)
	h.failing.Fail("Read", nil)
	failed.Form("birth_name").Send(b).Want(http.StatusOK)
	inject(b, p)
	documents(t, b, address(p, dose1))
	b.Get(address(p, dose1+"/annuler")).Form("reason").Fill("reason", "erreur de dossier : Durand Jeanne").Send(b).Want(http.StatusOK)
	h.expire(b)
	b.Post("/recherche", url.Values{"nir": {number}}).Want(http.StatusUnauthorized)
	h.enter(b, marchand, "/connexion/psc").Want(http.StatusOK)
	b.Get(address(p, "") + "?nom=Durand&nir=" + p.Patient.Holder.Digits()).Want(http.StatusOK)
	last := b.Visited[len(b.Visited)-1]
	b.Visited = b.Visited[:len(b.Visited)-1] // that one is a forged address, for the logs

	text, visited := h.logs.String(), strings.Join(b.Visited, "\n")
	if !strings.Contains(text, "GET /dossiers/{id}") || !strings.Contains(text, "disk full") || !strings.Contains(visited, "/dossiers/") {
		t.Fatalf("the logs or addresses are not those of the journey: %s", last)
	}
	for _, secret := range spellings(h, t, p) {
		if line := lineWith(text, secret); line != "" {
			t.Errorf("a log line holds %q: %s", secret, line)
		}
		if line := lineWith(visited, secret); line != "" {
			t.Errorf("an address holds %q: %s", secret, line)
		}
	}
	for _, other := range []string{string(p.ID), "nom=", "retour=", "id_token", "state=", "899700810379", "MARCHAND"} {
		if line := lineWith(text, other); line != "" {
			t.Errorf("a log line holds %q: %s", other, line)
		}
	}
}

func lineWith(text, part string) string {
	for line := range strings.Lines(text) {
		if strings.Contains(line, part) {
			return line
		}
	}
	return ""
}

func TestNoSessionTellsOfAPatientInTheFilesOfTheStore(t *testing.T) {
	t.Parallel()
	h := open(t)
	b := h.signIn(t, marchand)
	unknown := registrytest.NIR(777_777)
	byNIR(b, "nir", unknown.Format()).Want(http.StatusOK, "via ce lien")
	f := person(b.Get("/patients/nouveau").Form("birth_name")).Fill("birth_name", "Xylander")
	h.expire(b)
	f.Send(b).Want(http.StatusUnauthorized, "conservée")
	b2 := webtest.NewBrowser(t, h.base)
	h.enter(b2, marchand, "/connexion/psc").Want(http.StatusOK, "conservée")
	files := string(h.stored(t))
	for _, secret := range []string{unknown.Digits(), unknown.Format(), "Xylander", "Scarron", b.Cookie("vaccin_session"), b2.Cookie("vaccin_session")} {
		if strings.Contains(files, secret) {
			t.Errorf("the files of the store hold %q", secret)
		}
	}
}
