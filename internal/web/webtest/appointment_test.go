package webtest_test

import (
	"net/http"
	"testing"

	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
)

// A newer schedule that covers earlier first doses changes from when to book, wherever it is told (DOS-3).
func TestTheSecondAppointmentFollowsANewerSchedule(t *testing.T) {
	t.Parallel()
	h := open(t)
	newer := registry.ReferenceChange{Schedules: []registry.Schedule{{
		VaccineCode: registrytest.Comirnaty, From: registry.MustDate("2021-02-10"), Minimum: 21, Recommended: 42, Maximum: 49, CoversEarlier: true,
	}}}
	if err := h.store.ImportReference(t.Context(), newer, registry.New(h.store).ImportEvent(operator, 1, "digest")); err != nil {
		t.Fatal(err)
	}
	p := h.patient(t)
	b := h.signIn(t, marchand)
	declare(b, p)
	inject(b, p).Want(http.StatusOK, "à partir du lundi 1er mars 2021")
	earlier, _ := documents(t, b, address(p, dose1))
	told := func(day, not string) {
		t.Helper()
		b.Get(address(p, "")).Want(http.StatusOK, "à partir du "+day).Not(not)
		b.Get(address(p, dose1)).Want(http.StatusOK, "("+day+")").Not(not)
		b.Get(address(p, dose1+"/annuler")).Want(http.StatusOK).Not(not)
		pdf, csv := documents(t, b, address(p, dose1))
		csv.Want(http.StatusOK, "("+day+")").Not(not)
		if again, _ := documents(t, b, address(p, dose1)); again.Body != pdf.Body {
			t.Error("the PDF of one day has other bytes")
		}
	}
	told("01/03/2021", "15/03/2021")
	h.clock.SetDay("2021-02-10")
	told("15/03/2021", "01/03/2021")
	if later, _ := documents(t, b, address(p, dose1)); later.Body == earlier.Body {
		t.Error("the PDF tells the former day")
	}
	b.Get(address(p, dose1+"/modifier")).Form("lot").Send(b).Want(http.StatusOK, "Aucune modification")
	b.Get(address(p, dose1+"/modifier")).Form("lot").Fill("lot", "EJ6796").Send(b).Want(http.StatusOK, "Rectificatif", "(15/03/2021)")
	versions := h.record(t, p.ID).FirstDoses[0].Versions
	if versions[0].Content.BookFrom.French() != "01/03/2021" || versions[1].Content.BookFrom.French() != "15/03/2021" {
		t.Errorf("what was told is kept as %s and %s", versions[0].Content.BookFrom, versions[1].Content.BookFrom)
	}

	// Once the second dose stands, the first asks nobody to book it, on paper neither; what was told stays in its version.
	h.clock.SetDay("2021-03-16")
	injected(b.Get(address(p, dose2)).Form("lot")).Fill("occurrence", "16/03/2021").Send(b).Want(http.StatusOK, "complète")
	b.Get(address(p, "")).Want(http.StatusOK).Not("2ème rendez-vous")
	const done = "La 2ème vaccination a été réalisée le 16/03/2021"
	b.Get(address(p, dose1)).Want(http.StatusOK, done).Not("Prenez rendez-vous")
	_, csv := documents(t, b, address(p, dose1))
	csv.Want(http.StatusOK, done).Not("Prenez rendez-vous")
}
