package webtest_test

import (
	"net/http"
	"strings"
	"testing"

	"vaccin/internal/referential"
	"vaccin/internal/registry"
	"vaccin/internal/web/webtest"
)

// importOpenings imports a file of authorised professions as the command does.
func (h *house) importOpenings(t *testing.T, file string) {
	t.Helper()
	source, err := referential.NewSource("professions.csv", strings.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	change, report, err := referential.ReadOpenings(source)
	if err != nil || len(report.Rejected) > 0 {
		t.Fatalf("%+v, %v", report, err)
	}
	if err := referential.Apply(t.Context(), registry.New(h.store), h.store, operator, change, source.Digest, func(int) {}); err != nil {
		t.Fatal(err)
	}
}

// Opening the service to pharmacists is a file to import and a day that comes: they are refused until the day
// before, come in on the day, record in their own name, and are out again after the last day (ACC-7).
func TestTheServiceOpensToPharmacistsOnADay(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.importOpenings(t, "profession;du;au\n21;2021-03-05;2021-06-30\n")
	p := h.patient(t)
	enter := func() *webtest.Page {
		return h.enter(webtest.NewBrowser(t, h.base), "pharmacienne", "/connexion/psc")
	}
	h.clock.SetDay("2021-03-04")
	enter().Want(http.StatusForbidden, "Profession non autorisée", "à la profession suivante", "médecin", "Si vous exercez cette profession").Not("pharmacien")

	h.clock.SetDay("2021-03-05")
	enter().Want(http.StatusOK, "Dr. Anne LE GOFF", "Pharmacie du Bouffay", "Rechercher un patient")
	h.enter(webtest.NewBrowser(t, h.base), "infirmiere", "/connexion/psc").Want(http.StatusForbidden, "aux professions suivantes", "médecin, pharmacien", "Si vous exercez l’une d’elles")
	b := h.signIn(t, "pharmacienne")
	declare(b, p)
	injected(b.Get(address(p, dose1)).Form("lot")).Fill("occurrence", "05/03/2021").Send(b).Want(http.StatusOK, "Synthèse de la 1ère vaccination")
	if e, ok := h.record(t, p.ID).Eligibility(); !ok || e.Author().Practitioner.Profession != "21" {
		t.Error("the declaration is not the pharmacist's")
	}

	// Whoever is signed in when the last day is over may do nothing more, in the same session.
	h.clock.SetDay("2021-06-30")
	b.Get(address(p, "")).Want(http.StatusOK, "DURAND")
	h.clock.SetDay("2021-07-01")
	b.Get(address(p, "")).Want(http.StatusForbidden, "le téléservice n’est pas ouvert à votre profession").Not(secrets(p)...)
	enter().Want(http.StatusForbidden, "Profession non autorisée")
}

// Before the first opening the refusal names no profession, for there is none.
func TestBeforeTheFirstOpeningNobodyComesIn(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.clock.SetDay("2020-12-01")
	h.enter(webtest.NewBrowser(t, h.base), marchand, "/connexion/psc").
		Want(http.StatusForbidden, "n’est ouvert à aucune profession", "Reconnectez-vous après son ouverture").Not("suivante")
}
