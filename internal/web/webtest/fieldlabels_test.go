package webtest_test

import (
	"net/http"
	"strings"
	"testing"

	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
	"vaccin/internal/web/webtest"
)

// TestEveryTextThatIsListedAsWrongIsNamed fills all texts and dates of every form with what is neither: what is wrong with each does not name
// its field, so that the list at the top does.
func TestEveryTextThatIsListedAsWrongIsNamed(t *testing.T) {
	t.Parallel()
	h := open(t)
	p := h.patient(t)
	doctor, support, officer := h.signIn(t, marchand), h.as(t, registry.RoleSupport), h.as(t, registry.RoleDataProtection)
	manager, _ := managers(t, h)
	declare(doctor, p)
	inject(doctor, p)
	byNIR(doctor, "nir", registrytest.NIR(4713).Format())
	paper := []string{"prescribes", "no"}
	named := func(b *webtest.Browser, page *webtest.Page, field string, filled []string, labels ...string) {
		t.Helper()
		f := page.Form(field)
		for _, in := range page.Root.Tags("input") {
			if name := in.Attr("name"); in.Attr("type") == "text" && f.Values.Has(name) {
				f.Fill(name, "a\u200b")
			}
		}
		list := listed(f.Fill(filled...).Send(b).Want(http.StatusUnprocessableEntity))
		for _, label := range labels {
			if n := strings.Count(list, "\n"+label+" : "); n != 1 {
				t.Errorf("%s: « %s » is named %d times in %s", page.URL.Path, label, n, list)
			}
		}
	}
	named(doctor, doctor.Get("/patients/nouveau"), "birth_name", nil,
		"Nom de naissance", "Nom d’usage", "Prénoms", "Date de naissance", "Adresse", "Adresse électronique")
	named(support, support.Get(address(p, eligibility)+"/modifier"), "prescribes", paper,
		"Nom du prescripteur", "Prénom du prescripteur", "Structure du prescripteur", "Date de l’ordonnance", "Motif")
	named(doctor, doctor.Get(address(p, dose1)+"/modifier"), "lot", []string{"performer_self", "no", "place_type", registrytest.PlaceHome},
		"Numéro de lot", "Date de la vaccination", "Nom du professionnel ayant réalisé l’injection", "Prénom du professionnel ayant réalisé l’injection", "Nom du lieu")
	named(doctor, doctor.Get(address(p, dose1)+"/annuler"), "reason", nil, "Motif")
	named(doctor, doctor.Get(doctor.Get("/mes-actes").Link("Ce n’est pas moi")), "note", nil, "Ce que vous souhaitez préciser")
	blocked(doctor)
	named(support, support.Get(support.Get("/signalements").Link("Recherches suspendues")), "outcome", nil, "Suite donnée")
	named(officer, officer.Get("/journal"), registry.FieldProfessional, nil, "Professionnel, agent ou exploitant", "Lieu d’exercice", "Premier jour", "Dernier jour")
	named(support, sought(support, h.patient(t).Patient.Holder.Format()), "channel", nil, "Date")
	named(manager, manager.Get("/campagnes/nouvelle"), "identifier", nil,
		"Nom", "Phase", "Source de la règle", "Jour d’ouverture", "Jour de fermeture", "Jour auquel l’âge est compté (groupe 1)")
}

// listed are the lines of the list at the top of a page, each after a line break.
func listed(page *webtest.Page) string {
	var lines strings.Builder
	for _, list := range page.Root.All(func(n *webtest.Node) bool { return strings.Contains(n.Attr("class"), "govuk-error-summary__list") }) {
		for _, a := range list.Tags("a") {
			lines.WriteString("\n" + a.Content())
		}
	}
	return strings.ReplaceAll(lines.String(), "\u00a0", " ")
}
