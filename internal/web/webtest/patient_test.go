package webtest_test

import (
	"net/http"
	"strings"
	"testing"

	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
	"vaccin/internal/web/webtest"
)

// Whom the referential knows as dead is told to whoever finds them or opens their record, and asked about before anything of
// after the death is recorded: the referential may be wrong.
func TestWhoIsKnownAsDeadIsToldAndAskedAbout(t *testing.T) {
	t.Parallel()
	h := open(t)
	p := h.patient(t, func(p *registry.ImportedPerson) { p.Insured.Died = registry.MustDate("2020-12-30") })
	doctor := h.signIn(t, marchand)
	const dead = "L’Assurance Maladie connaît cette personne comme décédée le 30/12/2020."
	living := h.patient(t)
	byNIR(doctor, "nir", living.Patient.Holder.Format()).Want(http.StatusOK, "Dossier").Not("Décès")
	byNIR(doctor, "nir", p.Patient.Holder.Format()).Want(http.StatusOK, "Décès le 30/12/2020")
	doctor.Get(address(living, "")).Want(http.StatusOK).Not("décédée")
	doctor.Get(address(p, "")).Want(http.StatusOK, dead, "Vérifiez que c’est bien le dossier de votre patient", "Déclarer l’éligibilité")
	h.as(t, registry.RoleSupport).Get(address(p, "")).Want(http.StatusOK, dead).Not("Vérifiez que c’est bien le dossier")

	confirm := func(page *webtest.Page, form, field string) *webtest.Page {
		t.Helper()
		page.Want(http.StatusUnprocessableEntity, "décédée le 30/12/2020, avant cette date")
		return page.Form(form).Fill("confirmed", page.Questions()[field]).Send(doctor).Want(http.StatusOK)
	}
	confirm(eligible(doctor.Get(address(p, eligibility)).Form("prescribes")).Send(doctor), "prescribes", "prescribed_on")
	confirm(injected(doctor.Get(address(p, dose1)).Form("lot")).Send(doctor), "lot", "occurrence")
	if e, ok := h.record(t, p.ID).Dose(registry.StepFirstDose); !ok || len(e.Current().Confirmed) != 1 {
		t.Errorf("recorded %v, %+v", ok, e)
	}
}

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

// Names are written in the Latin script, which documents print letter for letter; accents typed apart from
// their letters are composed (DOC-1).
func TestNamesAreThoseThatDocumentsPrint(t *testing.T) {
	t.Parallel()
	h := open(t)
	b := h.signIn(t, marchand)
	number := registrytest.NIR(4712)
	byNIR(b, "nir", number.Format())
	f := b.Get("/patients/nouveau").Want(http.StatusOK).Form("birth_name")
	for _, name := range []string{"李", "محمد", "\u3164\u3164"} {
		page := person(f).Fill("birth_name", name).Send(b).Want(http.StatusUnprocessableEntity)
		if !strings.Contains(page.Error("birth_name"), "alphabet latin") || page.Form("birth_name").Values.Get("birth_name") != name {
			t.Errorf("%q: %q", name, page.Error("birth_name"))
		}
	}
	person(f).Fill("birth_name", "Nguye\u0302\u0303n", "used_name", "GROẞ", "given_names", "Thi\u0323 Hồng Đào").Send(b).
		Want(http.StatusOK, "GROẞ (née NGUYỄN)", "Thị Hồng Đào")
}
