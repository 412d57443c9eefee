package registry_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vaccin/internal/registry"
	rt "vaccin/internal/registry/registrytest"
)

func TestARectificationAddsAVersionAndKeepsTheFirst(t *testing.T) {
	w := newWorld(t)
	martin := rt.Doctor("Martin")
	w.eligible(martin)
	before, _ := w.record().Eligibility()
	act := w.act(martin, registry.StepEligibility)
	act.From, act.Reason = 1, "a reason that an author is not asked"
	w.must(w.g.RectifyEligibility(background, act, rt.PaperRequest("Dubois")))
	e, _ := w.record().Eligibility()
	if diff := cmp.Diff(before.Versions[0], e.Versions[0]); diff != "" {
		t.Errorf("the first version changed\n%s", diff)
	}
	if v := e.Current(); !e.Rectified() || v.Number != 2 || v.Content.Prescriber.FamilyName != "Dubois" || v.Reason != "" {
		t.Errorf("in force is %+v", v)
	}
	events := w.store.Events()
	if last := events[len(events)-1]; last.Action != registry.ActionRectifyEligibility || last.Version != 2 {
		t.Errorf("logged %+v", last)
	}
}

func TestARectificationThatChangesNothingIsNone(t *testing.T) {
	martin := rt.Doctor("Martin")
	for _, from := range []int{0, 1, 7} {
		w := newWorld(t)
		w.eligible(martin)
		w.first(martin)
		act := w.act(martin, registry.StepFirstDose)
		act.From = from
		done, err := w.g.RectifyDose(background, act, rt.DoseRequest())
		if d, _ := w.record().Dose(registry.StepFirstDose); err != nil || !done.Already || d.Rectified() {
			t.Errorf("from %d: already %v, error %v, %d versions", from, done.Already, err, len(d.Versions))
		}
	}
}

func TestAStaleFormIsAConflict(t *testing.T) {
	martin := rt.Doctor("Martin")
	changed := rt.DoseRequest()
	changed.Lot = "EJ6796"
	tests := []struct {
		name        string
		entry, from int
		conflict    bool
	}{
		{"the entry and version that stand", 2, 1, false},
		{"the version alone", 0, 1, false},
		{"an older version", 0, 0, true},
		{"a version to come", 0, 2, true},
		{"the entry annulled since", 1, 1, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			w.eligible(martin)
			w.first(martin)
			w.annul(martin, registry.StepFirstDose)
			w.first(martin)
			act := w.act(martin, registry.StepFirstDose)
			act.Entry, act.From = tt.entry, tt.from
			done, err := w.g.RectifyDose(background, act, changed)
			if !tt.conflict {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			e := refusal(t, err, registry.KindConflict)
			if !startsWith(e, "Cette étape a changé depuis que vous l’avez ouverte.") || done.Record.ID == "" {
				t.Errorf("%v beside %q", e, done.Record.ID)
			}
		})
	}
	t.Run("an annulment of the entry annulled since", func(t *testing.T) {
		w := newWorld(t)
		w.eligible(martin)
		w.annul(martin, registry.StepEligibility)
		w.eligible(martin)
		act := w.act(martin, registry.StepEligibility)
		act.Entry, act.From, act.Reason = 1, 1, "Erreur"
		_, err := w.g.Annul(background, act)
		refusal(t, err, registry.KindConflict)
		act.Entry = 2
		w.must(w.g.Annul(background, act))
	})
}

// FUP-5: support corrects with a reason; the entry stays its author's, and what the session of the author
// told is still the author's.
func TestSupportCorrectsInTheAuthorsPlace(t *testing.T) {
	w := newWorld(t)
	martin, support := rt.Doctor("Martin"), rt.Support("Alex")
	w.eligible(martin)
	w.first(martin)
	act := w.act(support, registry.StepEligibility)
	act.From, act.Reason = 1, "  Date signalée par le cabinet "
	req := rt.EligibilityRequest()
	req.PrescribedOn = "27/01/2021"
	w.must(w.g.RectifyEligibility(background, act, req))
	e, _ := w.record().Eligibility()
	v := e.Current()
	if e.Author().Practitioner != martin.Practitioner || v.Content.Prescriber != registry.PrefillPrescriber(martin) {
		t.Errorf("the author is %+v, the prescriber %+v", e.Author(), v.Content.Prescriber)
	}
	if v.Signed.Role != registry.RoleSupport || v.Reason != "Date signalée par le cabinet" {
		t.Errorf("signed by %s for %q", v.Signed.Role, v.Reason)
	}
	act.Step = registry.StepFirstDose
	dose := rt.DoseRequest()
	dose.Lot = "EJ6796"
	w.must(w.g.RectifyDose(background, act, dose))
	if d, _ := w.record().Dose(registry.StepFirstDose); d.Current().Content.Performer.FamilyName != "Martin" || d.Author().Role != registry.RolePractitioner {
		t.Errorf("injected by %+v", d.Current().Content.Performer)
	}
	w.annul(support, registry.StepFirstDose)
	annulled := w.record().FirstDoses[0]
	if annulled.Annulment.Signed.Role != registry.RoleSupport || len(annulled.Versions) != 2 {
		t.Errorf("annulled entry is %+v", annulled)
	}
}

func TestSupportSeesAReasonAndFieldsRefusedAtOnce(t *testing.T) {
	w := newWorld(t)
	w.eligible(rt.Doctor("Martin"))
	act := w.act(rt.Support("Alex"), registry.StepEligibility)
	act.From = 1
	req := rt.EligibilityRequest()
	req.PrescribedOn = ""
	_, err := w.g.RectifyEligibility(background, act, req)
	want := map[string]string{registry.FieldReason: "Indiquez le motif.", registry.FieldPrescribedOn: "Saisissez la date de l’ordonnance."}
	if diff := cmp.Diff(want, sentences(t, err, registry.KindInvalid)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	for name, bad := range badTexts() {
		act.Reason = bad
		_, err := w.g.RectifyEligibility(background, act, rt.PaperRequest("Dubois"))
		if got := sentences(t, err, registry.KindInvalid); got[registry.FieldReason] == "" || len(got) != 1 {
			t.Errorf("a reason with %s: %v", name, got)
		}
		_, err = w.g.Annul(background, act)
		if got := sentences(t, err, registry.KindInvalid); got[registry.FieldReason] == "" {
			t.Errorf("an annulment's reason with %s: %v", name, got)
		}
	}
}

// The author is the same person by another door or from another place; what the session told at first is
// kept.
func TestTheAuthorModifiesFromAnotherPlace(t *testing.T) {
	w := newWorld(t)
	martin := rt.Doctor("Martin")
	w.eligible(martin)
	elsewhere := rt.Overseas(martin, "42000", "Saint-Étienne")
	elsewhere.Place.Name, elsewhere.Door = "Hôpital Nord", registry.DoorCPS
	act := w.act(elsewhere, registry.StepEligibility)
	act.From = 1
	req := rt.EligibilityRequest()
	req.PrescribedOn = "27/01/2021"
	w.must(w.g.RectifyEligibility(background, act, req))
	e, _ := w.record().Eligibility()
	if v := e.Current(); v.Content.Prescriber.Structure != "Cabinet Martin" || v.Signed.Place.Name != "Hôpital Nord" {
		t.Errorf("prescribed at %q, signed at %q", v.Content.Prescriber.Structure, v.Signed.Place.Name)
	}
}

// «Today» of a prescription is that of its author's place, also when support corrects from Paris.
func TestSupportCorrectsOnTheAuthorsDay(t *testing.T) {
	w := newWorld(t)
	w.clock.Set(time.Date(2021, 2, 1, 20, 0, 0, 0, time.UTC)) // 2 February in Nouméa
	nouméa := rt.Overseas(rt.Doctor("Martin"), "98800", "Nouméa")
	w.eligible(nouméa)
	act := w.act(rt.Support("Alex"), registry.StepEligibility)
	act.From, act.Reason = 1, "Date signalée"
	req := rt.EligibilityRequest()
	req.PrescribedOn = "02/02/2021"
	w.must(w.g.RectifyEligibility(background, act, req))
}
