package webtest_test

import (
	"net/http"
	"strings"
	"testing"

	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
)

// TestWhoIsAttachedToAnotherHolderIsNotEnteredAgainUnderTheirOwnNumber enters by hand someone whom the
// referential knows as attached to a parent, with the number on their own card (SRC-2, DOS-8).
func TestWhoIsAttachedToAnotherHolderIsNotEnteredAgainUnderTheirOwnNumber(t *testing.T) {
	t.Parallel()
	h := open(t)
	own := registrytest.NIR(4711)
	p := h.patient(t, func(p *registry.ImportedPerson) { p.Patient.Own = own })
	b := h.signIn(t, marchand)
	found := byNIR(b, "nir", own.Format()).Want(http.StatusOK)
	f := b.Get(found.Link("Patient absent de la liste")).Want(http.StatusOK).Form("birth_name")
	for _, rank := range []string{"1", "2"} {
		f = person(f).Fill("birth_date", p.Patient.BirthDate.French(), "birth_rank", rank)
		page := f.Send(b).Want(http.StatusOK, "Un dossier existait déjà", "DURAND")
		if page.URL.Path != address(p, "") {
			t.Errorf("rank %s led to %s", rank, page.URL.Path)
		}
	}
	child := f.Fill("birth_date", "03/04/2012").Send(b).Want(http.StatusOK, "Dossier du patient").Not("existait déjà")
	if strings.HasSuffix(child.URL.Path, string(p.ID)) {
		t.Error("a child entered under the number of a parent leads to the parent")
	}
}
