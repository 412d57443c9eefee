package webtest_test

import (
	"net/http"
	"testing"

	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
	"vaccin/internal/web/webtest"
)

// marchandAM is the AM number that importAMNumber gives dr-un-lieu.
const marchandAM = "691234561"

// importAMNumber imports the place of practice of dr-un-lieu with its AM number.
func (h *house) importAMNumber(t *testing.T) {
	t.Helper()
	change := registry.ReferenceChange{PracticePlaces: []registry.PractitionerPlace{{
		NationalID: "899700810379", Place: registry.PracticePlace{ID: "R900101", Name: "Cabinet médical des Tilleuls", AMNumber: marchandAM},
	}}}
	if err := h.store.ImportReference(t.Context(), change, registry.New(h.store).ImportEvent(operator, 1, "digest")); err != nil {
		t.Fatal(err)
	}
}

// atPractice fills a dose given at the practice, and leaves the AM number as the form has it.
func atPractice(f *webtest.Form) *webtest.Form {
	return injected(f).Fill("place_type", registrytest.PlacePractice, "place", "")
}

// The form has the AM number of the practice (DOS-2), who empties it leaves it out, and no later form brings
// it back.
func TestTheAMNumberIsPrefilledAndCanBeLeftOut(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.importAMNumber(t)
	b := h.signIn(t, marchand)
	for _, tt := range []struct {
		name string
		fill []string
		want string
	}{
		{"as prefilled", nil, marchandAM},
		{"emptied", []string{"am_number", ""}, ""},
		{"another", []string{"am_number", "751234568"}, "751234568"},
		{"in an establishment", []string{"place_type", registrytest.PlaceEHPAD, "place", "75011 Paris – EHPAD Les Glycines"}, ""},
	} {
		p := h.patient(t)
		declare(b, p)
		f := b.Get(address(p, dose1)).Form("lot")
		if got := f.Values.Get("am_number"); got != marchandAM {
			t.Errorf("%s: the form has the number %q", tt.name, got)
		}
		f = atPractice(f).Fill(tt.fill...)
		wrong := f.Fill("lot", "").Send(b).Want(http.StatusUnprocessableEntity).Form("lot")
		if wrong.Values.Get("am_number") != f.Values.Get("am_number") {
			t.Errorf("%s: shown again with the number %q", tt.name, wrong.Values.Get("am_number"))
		}
		page := wrong.Fill("lot", registrytest.KnownLot).Send(b).Want(http.StatusOK, "Synthèse de la 1ère vaccination")
		if page.Row("amNumber") != tt.want {
			t.Errorf("%s: the number recorded is %q", tt.name, page.Row("amNumber"))
		}
		// The modification shows what stands and changes only what is changed.
		f = b.Get(address(p, dose1+"/modifier")).Form("lot")
		f.Send(b).Want(http.StatusOK, "Aucune modification")
		if page = f.Fill("lot", "EJ6796").Send(b).Want(http.StatusOK, "EJ6796"); page.Row("amNumber") != tt.want {
			t.Errorf("%s: after a modification the number is %q", tt.name, page.Row("amNumber"))
		}
	}
}

// A dose corrected from an establishment to the practice has the number of its author's place.
func TestADoseCorrectedToThePracticeHasItsAMNumber(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.importAMNumber(t)
	b := h.signIn(t, marchand)
	p := h.patient(t)
	declare(b, p)
	inject(b, p)
	page := atPractice(b.Get(address(p, dose1+"/modifier")).Form("lot")).Send(b).Want(http.StatusOK, "Rectificatif")
	if page.Row("amNumber") != marchandAM {
		t.Errorf("the number is %q", page.Row("amNumber"))
	}
}
