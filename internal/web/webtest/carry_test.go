package webtest_test

import (
	"net/http"
	"testing"

	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
	"vaccin/internal/web/webtest"
)

// «Patient suivant» keeps what stands of the last dose: corrected, the next patient gets the correction;
// annulled, nothing (DOS-9).
func TestWhatIsKeptForTheNextPatientFollowsCorrections(t *testing.T) {
	t.Parallel()
	h := open(t)
	older, last, next := h.patient(t), h.patient(t), h.patient(t)
	b := h.at(t, legrand, "1")
	for _, p := range []registry.ImportedPerson{older, last, next} {
		declare(b, p)
	}
	kept := func(vaccine, lot, day, place string) {
		t.Helper()
		f := b.Get(address(next, dose1)).Want(http.StatusOK).Form("lot")
		for field, want := range map[string]string{"vaccine": vaccine, "lot": lot, "occurrence": day, "place": place, "site": ""} {
			if got := f.Values.Get(field); got != want {
				t.Errorf("%s is kept as %q, want %q", field, got, want)
			}
		}
		if lot != "" {
			b.Get("/recherche").Want(http.StatusOK, "Repris pour le patient suivant", lot)
		}
	}
	const glycines = "75011 Paris – EHPAD Les Glycines"
	modify := func(p registry.ImportedPerson, pairs ...string) {
		t.Helper()
		b.Get(address(p, dose1+"/modifier")).Form("lot").Fill(pairs...).Send(b).Want(http.StatusOK, "Rectificatif")
	}
	inject(b, older)
	inject(b, last)
	modify(last, "lot", "EJ6796", "occurrence", "31/01/2021")
	kept(registrytest.Comirnaty, "EJ6796", "31/01/2021", glycines)

	modify(older, "occurrence", "30/01/2021")
	kept(registrytest.Comirnaty, "EJ6796", "31/01/2021", glycines)

	// Whoever practises elsewhere now gets the corrected lot, and not the place back.
	b.Get("/lieu").Form("practice_place").Fill("practice_place", "0").Send(b).Want(http.StatusOK)
	modify(last, "lot", registrytest.KnownLot)
	kept(registrytest.Comirnaty, registrytest.KnownLot, "31/01/2021", "")

	annul := func(p registry.ImportedPerson) *webtest.Form {
		t.Helper()
		f := b.Get(address(p, dose1+"/annuler")).Form("reason").Fill("reason", "saisie dans un autre dossier")
		f.Send(b).Want(http.StatusOK, "Saisie annulée")
		return f
	}
	annul(older)
	kept(registrytest.Comirnaty, registrytest.KnownLot, "31/01/2021", "")
	sent := annul(last)
	kept("", "", "01/02/2021", "")
	b.Get("/recherche").Want(http.StatusOK).Not("Repris pour")

	// The annulment sent again says nothing of the dose recorded since.
	inject(b, last)
	sent.Send(b)
	kept(registrytest.Comirnaty, registrytest.KnownLot, "01/02/2021", glycines)
}
