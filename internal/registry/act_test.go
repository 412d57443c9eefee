package registry_test

import (
	"bytes"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vaccin/internal/registry"
	rt "vaccin/internal/registry/registrytest"
)

// together posts a dose from many goroutines at once and returns what each was told.
func (w *world) together(n int, act func(i int) registry.Act, req registry.DoseRequest) ([]registry.Done, []error) {
	dones, errs := make([]registry.Done, n), make([]error, n)
	var ready, all sync.WaitGroup
	ready.Add(1)
	for i := range n {
		all.Go(func() {
			ready.Wait()
			dones[i], errs[i] = w.g.RecordDose(background, act(i), req)
		})
	}
	ready.Done()
	all.Wait()
	return dones, errs
}

func TestFiftyPostsOfOneDoseLeaveOne(t *testing.T) {
	doctor := rt.Doctor("Martin")
	tests := []struct {
		name    string
		request func(i int) string
	}{
		{"the same form", func(int) string { return "form-1" }},
		{"as many forms with the same content", func(i int) string { return string(rune('A' + i)) }},
		{"forms without an identifier", func(int) string { return "" }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			w.eligible(doctor)
			before := len(w.store.Events())
			dones, errs := w.together(50, func(i int) registry.Act {
				act := w.act(doctor, registry.StepFirstDose)
				act.Request = tt.request(i)
				return act
			}, rt.DoseRequest())
			first := 0
			for i, done := range dones {
				if errs[i] != nil {
					t.Errorf("caller %d: %v", i, errs[i])
				}
				if diff := cmp.Diff(w.record(), done.Record); diff != "" {
					t.Errorf("caller %d sees another record\n%s", i, diff)
				}
				if !done.Already {
					first++
				}
			}
			if n := len(w.record().FirstDoses); first != 1 || n != 1 {
				t.Errorf("%d callers recorded, %d doses stand", first, n)
			}
			if n := len(w.store.Events()) - before; n != 50 {
				t.Errorf("%d events for 50 posts", n)
			}
		})
	}
}

func TestTwoDoctorsAtOnceLeaveOneDoseAndTheOtherSeesIt(t *testing.T) {
	w := newWorld(t)
	doctors := []registry.Actor{rt.Doctor("Martin"), rt.Doctor("Petit")}
	w.eligible(doctors[0])
	dones, errs := w.together(2, func(i int) registry.Act {
		return w.act(doctors[i], registry.StepFirstDose)
	}, rt.DoseRequest())
	winner := 0
	if errs[0] != nil {
		winner = 1
	}
	if errs[winner] != nil {
		t.Fatalf("nobody recorded: %v", errs)
	}
	refusal(t, errs[1-winner], registry.KindConflict)
	dose, ok := dones[1-winner].Record.Dose(registry.StepFirstDose)
	if !ok || dose.Author().Practitioner != doctors[winner].Practitioner {
		t.Errorf("beside the conflict stands %+v", dones[1-winner].Record)
	}
}

// Two decisions made on the same facts: the store takes the first and refuses the second.
func TestOfTwoDecisionsOnTheSameFactsOneIsApplied(t *testing.T) {
	w := newWorld(t)
	capture := &rt.Capture{Store: w.store}
	later := rt.NewRegistry(capture, w.clock)
	for _, name := range []string{"Martin", "Petit"} {
		w.must(later.DeclareEligibility(background, w.act(rt.Doctor(name), registry.StepEligibility), rt.EligibilityRequest()))
	}
	changes := capture.Take()
	if err := w.store.Apply(background, changes[1]); err != nil {
		t.Fatal(err)
	}
	if err := w.store.Apply(background, changes[0]); !errors.Is(err, registry.ErrOvertaken) {
		t.Errorf("the second change: %v", err)
	}
	if e, _ := w.record().Eligibility(); e.Author().Practitioner.FamilyName != "Petit" || len(w.store.Events()) != 1 {
		t.Errorf("stands: %+v, %d events", e, len(w.store.Events()))
	}
}

func TestTheSameFormAgain(t *testing.T) {
	martin := rt.Doctor("Martin")
	act := func(w *world, by registry.Actor) registry.Act {
		a := w.act(by, registry.StepFirstDose)
		a.Request = "form-1"
		return a
	}
	other := rt.DoseRequest()
	other.Lot = "EJ6796"
	recorded := func(t *testing.T) *world {
		w := newWorld(t)
		w.eligible(martin)
		w.must(w.g.RecordDose(background, act(w, martin), rt.DoseRequest()))
		return w
	}
	t.Run("with the same content changes nothing", func(t *testing.T) {
		w := recorded(t)
		done, err := w.g.RecordDose(background, act(w, martin), rt.DoseRequest())
		if err != nil || !done.Already || len(w.record().FirstDoses) != 1 {
			t.Errorf("already %v, error %v", done.Already, err)
		}
		if events := w.store.Events(); events[len(events)-1].Outcome != registry.OutcomeRepeated {
			t.Errorf("logged as %s", events[len(events)-1].Outcome)
		}
	})
	t.Run("after a rectification still changes nothing", func(t *testing.T) {
		w := recorded(t)
		rectify := w.act(martin, registry.StepFirstDose)
		rectify.From = 1
		w.must(w.g.RectifyDose(background, rectify, other))
		done, err := w.g.RecordDose(background, act(w, martin), rt.DoseRequest())
		if err != nil || !done.Already || len(w.record().FirstDoses[0].Versions) != 2 {
			t.Errorf("already %v, error %v", done.Already, err)
		}
	})
	t.Run("with other values is a conflict, not a silent loss", func(t *testing.T) {
		w := recorded(t)
		done, err := w.g.RecordDose(background, act(w, martin), other)
		e := refusal(t, err, registry.KindConflict)
		if !startsWith(e, "Ce formulaire a déjà été enregistré avec d’autres valeurs.") || done.Record.ID == "" {
			t.Errorf("%v beside %v", e, done.Record.ID)
		}
	})
	t.Run("after an annulment does not bring the dose back", func(t *testing.T) {
		w := recorded(t)
		w.annul(martin, registry.StepFirstDose)
		_, err := w.g.RecordDose(background, act(w, martin), rt.DoseRequest())
		if e := refusal(t, err, registry.KindConflict); !startsWith(e, "Cette saisie a déjà été enregistrée, puis annulée.") {
			t.Errorf("error is %v", e)
		}
		if w.record().Done(registry.StepFirstDose) {
			t.Error("the dose came back")
		}
	})
	t.Run("a new form after an annulment records a new entry", func(t *testing.T) {
		w := recorded(t)
		w.annul(martin, registry.StepFirstDose)
		w.first(rt.Doctor("Petit"))
		doses := w.record().FirstDoses
		if len(doses) != 2 || doses[1].Sequence != 2 || doses[0].Annulment == nil || doses[0].Annulment.Reason != "Erreur de patient" {
			t.Errorf("doses are %+v", doses)
		}
	})
	t.Run("from someone else tells nothing", func(t *testing.T) {
		for _, by := range []registry.Actor{rt.Nurse("Lopez"), rt.Agent(registry.RoleCampaign, "Chef")} {
			w := recorded(t)
			done, err := w.g.RecordDose(background, act(w, by), rt.DoseRequest())
			refusal(t, err, registry.KindNotAllowed)
			if done.Record.ID != "" || done.Already {
				t.Errorf("%s is shown %+v", by.Role, done.Record)
			}
		}
	})
	t.Run("annuls once, and not what was declared since", func(t *testing.T) {
		w := recorded(t)
		annul := act(w, martin)
		annul.Reason = "Erreur"
		w.must(w.g.Annul(background, annul))
		w.first(martin)
		done, err := w.g.Annul(background, annul)
		if err != nil || !done.Already || !w.record().Done(registry.StepFirstDose) {
			t.Errorf("already %v, error %v, stands %v", done.Already, err, w.record().Done(registry.StepFirstDose))
		}
	})
}

// The same form by another person is not that person's: it tells nothing more than a form of their own.
func TestAFormIsOnlyItsSendersOwn(t *testing.T) {
	martin, petit := rt.Doctor("Martin"), rt.Doctor("Petit")
	typed := rt.DoseRequest()
	typedPerformer(&typed) // so that the content is the same whoever sends it
	w := newWorld(t)
	w.eligible(martin)
	act := w.act(martin, registry.StepFirstDose)
	act.Request = "form-1"
	w.must(w.g.RecordDose(background, act, typed))
	for _, request := range []string{"form-1", "form-2", ""} {
		theirs := act
		theirs.By, theirs.Request = petit, request
		_, err := w.g.RecordDose(background, theirs, typed)
		if e := refusal(t, err, registry.KindConflict); !startsWith(e, noFreeStep) {
			t.Errorf("form %q: %v", request, e)
		}
	}
	act.By.Practitioner.Profession = rt.ProfessionNurse // not a doctor any more
	for _, request := range []string{"form-1", "form-2"} {
		act.Request = request
		done, err := w.g.RecordDose(background, act, typed)
		refusal(t, err, registry.KindNotAllowed)
		if done.Already || done.Record.ID != "" {
			t.Errorf("form %q: shown %+v", request, done)
		}
	}
	act.By = martin
	act.Reason, act.Request = "Erreur", "form-3"
	w.must(w.g.Annul(background, act))
	act.By.Practitioner.Profession = rt.ProfessionNurse
	done, err := w.g.Annul(background, act)
	refusal(t, err, registry.KindNotAllowed)
	if done.Already {
		t.Error("an annulment is repeated to someone who may not see it")
	}
}

// Forms that bear identifiers of their own go all the way, and each counts once whatever comes between.
func TestFormsWithIdentifiersGoAllTheWay(t *testing.T) {
	martin := rt.Doctor("Martin")
	w := newWorld(t)
	form := func(step registry.Step, request string) registry.Act {
		act := w.act(martin, step)
		act.Request, act.Reason, act.From = request, "Erreur", 0
		return act
	}
	elig := form(registry.StepEligibility, "e1")
	w.must(w.g.DeclareEligibility(background, elig, rt.EligibilityRequest()))
	w.must(w.g.Annul(background, form(registry.StepEligibility, "e2")))
	if done, err := w.g.Annul(background, form(registry.StepEligibility, "e2")); err != nil || !done.Already {
		t.Errorf("annulled again: already %v, error %v", done.Already, err)
	}
	w.must(w.g.DeclareEligibility(background, form(registry.StepEligibility, "e3"), rt.EligibilityRequest()))
	w.must(w.g.RecordDose(background, form(registry.StepFirstDose, "d1"), rt.DoseRequest()))

	otherLot, otherSite := rt.DoseRequest(), rt.DoseRequest()
	otherLot.Lot, otherSite.Site = "EJ6796", "91774008"
	first, second := form(registry.StepFirstDose, "d2"), form(registry.StepFirstDose, "d3")
	first.From, second.From = 1, 2
	w.must(w.g.RectifyDose(background, first, otherLot))
	w.must(w.g.RectifyDose(background, second, otherSite))
	if done, err := w.g.RectifyDose(background, first, otherLot); err != nil || !done.Already {
		t.Errorf("rectified again: already %v, error %v", done.Already, err)
	}
	_, err := w.g.RectifyDose(background, first, rt.DoseRequest())
	if e := refusal(t, err, registry.KindConflict); !startsWith(e, "Ce formulaire a déjà été enregistré") {
		t.Errorf("rectified again with other values: %v", e)
	}
	if d, _ := w.record().Dose(registry.StepFirstDose); len(d.Versions) != 3 || d.Current().Content.LotNumber != rt.KnownLot {
		t.Errorf("%d versions", len(d.Versions))
	}
	w.must(w.g.Annul(background, form(registry.StepFirstDose, "d4")))
	w.must(w.g.RecordDose(background, form(registry.StepFirstDose, "d5"), rt.DoseRequest()))
	if n := len(w.record().FirstDoses); n != 2 {
		t.Errorf("%d first doses", n)
	}
}

// A form to correct or to confirm changes nothing, shows nothing and is no access.
func TestAFormToCorrectOrConfirmChangesNothing(t *testing.T) {
	martin := rt.Doctor("Martin")
	noDate, oldDate := rt.EligibilityRequest(), rt.EligibilityRequest()
	noDate.PrescribedOn, oldDate.PrescribedOn = "", "01/10/2020"
	noSite, oldLot := rt.DoseRequest(), rt.DoseRequest()
	noSite.Site, oldLot.Lot = "", "UNKNOWN"
	tests := []struct {
		name string
		try  func(*world) (registry.Done, error)
		want registry.Kind
	}{
		{"a declaration to correct", func(w *world) (registry.Done, error) {
			return w.g.DeclareEligibility(background, w.act(martin, 0), noDate)
		}, registry.KindInvalid},
		{"a declaration to confirm", func(w *world) (registry.Done, error) {
			return w.g.DeclareEligibility(background, w.act(martin, 0), oldDate)
		}, registry.KindUnconfirmed},
		{"a rectification to correct", func(w *world) (registry.Done, error) {
			w.eligible(martin)
			act := w.act(martin, 0)
			act.From = 1
			return w.g.RectifyEligibility(background, act, noDate)
		}, registry.KindInvalid},
		{"a dose to correct", func(w *world) (registry.Done, error) {
			w.eligible(martin)
			return w.g.RecordDose(background, w.act(martin, registry.StepFirstDose), noSite)
		}, registry.KindInvalid},
		{"a dose to confirm", func(w *world) (registry.Done, error) {
			w.eligible(martin)
			return w.g.RecordDose(background, w.act(martin, registry.StepFirstDose), oldLot)
		}, registry.KindUnconfirmed},
		{"a dose's rectification to confirm", func(w *world) (registry.Done, error) {
			w.eligible(martin)
			w.first(martin)
			act := w.act(martin, registry.StepFirstDose)
			act.From = 1
			return w.g.RectifyDose(background, act, oldLot)
		}, registry.KindUnconfirmed},
		{"an annulment without a reason", func(w *world) (registry.Done, error) {
			w.eligible(martin)
			return w.g.Annul(background, w.act(martin, 0))
		}, registry.KindInvalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			done, err := tt.try(w)
			refusal(t, err, tt.want)
			if done.Record.ID != "" || done.Already || w.record().Version != 1+len(w.store.Events()) {
				t.Errorf("shown %+v; version %d after %d events", done, w.record().Version, len(w.store.Events()))
			}
		})
	}
}

func TestAStepThatIsNoneIsNotFound(t *testing.T) {
	for _, step := range []registry.Step{-1, 3, 99} {
		w := newWorld(t)
		act := w.act(rt.Doctor("Martin"), step)
		act.Reason = "Erreur"
		_, err := w.g.RecordDose(background, act, rt.DoseRequest())
		refusal(t, err, registry.KindNotFound)
		_, err = w.g.RectifyDose(background, act, rt.DoseRequest())
		refusal(t, err, registry.KindNotFound)
		_, err = w.g.Annul(background, act)
		refusal(t, err, registry.KindNotFound)
	}
	w := newWorld(t)
	_, err := w.g.RecordDose(background, w.act(rt.Doctor("Martin"), registry.StepEligibility), rt.DoseRequest())
	refusal(t, err, registry.KindNotFound)
	if len(w.record().FirstDoses) != 0 {
		t.Error("a dose was recorded without eligibility")
	}
}

func TestARecordThatIsNoneIsNotFoundAndLogged(t *testing.T) {
	w := newWorld(t)
	act := w.act(rt.Doctor("Martin"), registry.StepFirstDose)
	act.Record = "unknown"
	_, err := w.g.RecordDose(background, act, rt.DoseRequest())
	refusal(t, err, registry.KindNotFound)
	events := w.store.Events()
	if len(events) != 1 || events[0].Outcome != registry.OutcomeNothing || events[0].Record != "" {
		t.Errorf("events are %+v", events)
	}
}

// A code that is taken is drawn again; a store that always says so ends in an error, not in a loop.
func TestACodeThatIsTakenIsDrawnAgain(t *testing.T) {
	w := newWorld(t)
	taken, err := registry.DrawCode(rt.Random(1))
	if err != nil {
		t.Fatal(err)
	}
	w.store.Add("other", rt.Patient(2), taken)
	w.eligible(rt.Doctor("Martin"))
	if code := w.record().Code; code == taken || !code.Valid() {
		t.Error("the code of another patient was given")
	}
	failing := &rt.Failing{Store: newWorld(t).store}
	failing.Fail("Apply", registry.ErrCodeTaken)
	g := rt.NewRegistry(failing, w.clock)
	if _, err := g.DeclareEligibility(background, w.act(rt.Doctor("Martin"), 0), rt.EligibilityRequest()); err == nil || registry.KindOf(err) != 0 {
		t.Errorf("error is %v", err)
	}
}

func TestWithoutRandomnessNobodyIsDeclaredEligible(t *testing.T) {
	w := newWorld(t)
	w.g.Random = bytes.NewReader(nil)
	done, err := w.g.DeclareEligibility(background, w.act(rt.Doctor("Martin"), 0), rt.EligibilityRequest())
	if err == nil || registry.KindOf(err) != 0 || done.Record.ID != "" || w.record().Version != 1 {
		t.Errorf("error is %v, version %d", err, w.record().Version)
	}
}

func TestATargetedPatientKeepsTheCodeThroughAnnulmentAndNewDeclaration(t *testing.T) {
	w := newWorld(t)
	martin := rt.Doctor("Martin")
	w.eligible(martin)
	code := w.record().Code
	w.annul(martin, registry.StepEligibility)
	w.eligible(rt.Doctor("Petit"))
	if w.record().Code != code {
		t.Error("another code was given")
	}
	targeted := newWorld(t)
	targeted.id = targeted.store.Add("targeted", rt.Patient(3), 42)
	targeted.eligible(martin)
	if targeted.record().Code != 42 {
		t.Error("the code of the campaign was replaced")
	}
}

// If an access cannot be logged, nothing is shown.
func TestNothingIsShownWhenTheLogFails(t *testing.T) {
	boom := errors.New("disk full")
	martin, other := rt.Doctor("Martin"), rt.Doctor("Petit")
	w := newWorld(t)
	w.eligible(martin)
	w.first(martin)
	failing := &rt.Failing{Store: w.store}
	failing.Fail("Log", boom)
	g := rt.NewRegistry(failing, w.clock)
	for _, by := range []registry.Actor{martin, other, rt.Nurse("Lopez")} {
		done, err := g.RecordDose(background, w.act(by, registry.StepFirstDose), rt.DoseRequest())
		if !errors.Is(err, boom) || done.Record.ID != "" || done.Already {
			t.Errorf("%s: %v beside %+v", by.Practitioner.FamilyName, err, done)
		}
	}
	if _, err := g.SearchByNIR(background, rt.Nurse("Lopez"), rt.NIR(1)); !errors.Is(err, boom) {
		t.Errorf("a refused search: %v", err)
	}
	if _, _, err := g.Register(background, martin, rt.NIR(1), rt.RegistrationRequest()); !errors.Is(err, boom) {
		t.Errorf("a registration of someone known: %v", err)
	}
}

func TestAFailingStoreIsAnErrorAndNoRefusal(t *testing.T) {
	boom := errors.New("connection lost")
	for _, method := range []string{"Facts", "Apply", "Reference"} {
		w := newWorld(t)
		failing := &rt.Failing{Store: w.store}
		failing.Fail(method, boom)
		done, err := rt.NewRegistry(failing, w.clock).DeclareEligibility(background, w.act(rt.Doctor("Martin"), 0), rt.EligibilityRequest())
		if !errors.Is(err, boom) || registry.KindOf(err) != 0 || done.Record.ID != "" {
			t.Errorf("%s: %v beside %+v", method, err, done)
		}
		if w.record().Version != 1 || len(w.store.Events()) != 0 {
			t.Errorf("%s: something was written", method)
		}
	}
}

// The identity of a form is short and plain: what a forged form puts there is not kept.
func TestAFormWithAnImpossibleIdentityIsRefused(t *testing.T) {
	w := newWorld(t)
	martin := rt.Doctor("Martin")
	act := w.act(martin, registry.StepEligibility)
	for _, request := range []string{strings.Repeat("A", 65), strings.Repeat("A", 100_000), "é", "a\x00b", "\n", "\xff"} {
		act.Request = request
		_, err := w.g.DeclareEligibility(background, act, rt.EligibilityRequest())
		if e := refusal(t, err, registry.KindInvalid); !startsWith(e, "Ce formulaire n’est pas valide.") || w.record().Version != 1 {
			t.Errorf("%.20q: %v, version %d", request, err, w.record().Version)
		}
	}
	act.Request = strings.Repeat("A", 64)
	w.must(w.g.DeclareEligibility(background, act, rt.EligibilityRequest()))
}
