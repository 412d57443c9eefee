package registry_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vaccin/internal/nir"
	"vaccin/internal/registry"
	rt "vaccin/internal/registry/registrytest"
)

// logged is the last event.
func (w *world) logged() registry.Event {
	w.Helper()
	events := w.store.Events()
	if len(events) == 0 {
		w.Fatal("nothing is logged")
	}
	return events[len(events)-1]
}

func TestSearchByCode(t *testing.T) {
	w := newWorld(t)
	code, err := registry.DrawCode(rt.Random(9))
	if err != nil {
		t.Fatal(err)
	}
	w.store.Add("targeted", rt.Patient(2), code)
	r, err := w.g.SearchByCode(background, rt.Doctor("Martin"), " "+code.Format())
	if err != nil || r.ID != "targeted" || w.logged().Record != "targeted" || w.logged().Outcome != registry.OutcomeFound {
		t.Errorf("%q, error %v, logged %+v", r.ID, err, w.logged())
	}
	_, err = w.g.SearchByCode(background, rt.Doctor("Martin"), (code - 1).Format())
	refusal(t, err, registry.KindNotFound)
	if e := w.logged(); e.Outcome != registry.OutcomeNothing || e.Record != "" || e.Action != registry.ActionSearchCode {
		t.Errorf("logged %+v", e)
	}
	_, err = w.g.SearchByCode(background, rt.Doctor("Martin"), "ABCD")
	refusal(t, err, registry.KindInvalid)
	if e := w.logged(); e.Outcome != registry.OutcomeMalformed || e.Record != "" || e.Action != registry.ActionSearchCode {
		t.Errorf("a code that is none: logged %+v", e)
	}
	before := len(w.store.Events())
	_, err = w.g.SearchByCode(background, rt.Doctor("Martin"), " ")
	refusal(t, err, registry.KindInvalid)
	if len(w.store.Events()) != before {
		t.Error("an empty field was logged as a search")
	}
}

func TestSearchByNIRListsTheFamily(t *testing.T) {
	w := newWorld(t)
	holder := rt.Patient(2)
	twin, child := rt.Patient(2), rt.Patient(2)
	child.Own, child.BirthDate = rt.NIR(3), registry.BirthDateOf(registry.MustDate("2004-05-06"))
	twin.Own, twin.BirthDate, twin.BirthRank = nir.Number{}, child.BirthDate, 2
	w.store.Add("twin", twin, 0)
	w.store.Add("child", child, 0)
	w.store.Add("holder", holder, 0)
	ids := func(n nir.Number) (all []registry.RecordID) {
		found, err := w.g.SearchByNIR(background, rt.Doctor("Martin"), n)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range found {
			all = append(all, r.ID)
		}
		return all
	}
	if diff := cmp.Diff([]registry.RecordID{"holder", "child", "twin"}, ids(rt.NIR(2))); diff != "" {
		t.Errorf("under the holder's number (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff([]registry.RecordID{"child"}, ids(rt.NIR(3))); diff != "" {
		t.Errorf("under the child's own (-want +got)\n%s", diff)
	}
	if found := ids(rt.NIR(99)); len(found) != 0 || w.logged().Outcome != registry.OutcomeNothing {
		t.Errorf("found %v, logged %+v", found, w.logged())
	}
	if n := len(w.store.Events()); n != 5 {
		t.Errorf("%d events for 4 records found and one search in vain", n)
	}
}

// Who may not search is refused, and the refusal is logged; support may, but registers nobody.
func TestWhoMaySearchReadAndRegister(t *testing.T) {
	w := newWorld(t)
	for _, by := range []registry.Actor{rt.Nurse("Lopez"), rt.Agent(registry.RoleStatistics, "Stat"), {}, {Role: registry.RoleSupport}} {
		before := len(w.store.Events())
		_, err := w.g.SearchByCode(background, by, "ABCD")
		refusal(t, err, registry.KindNotAllowed)
		_, err = w.g.SearchByNIR(background, by, rt.NIR(1))
		refusal(t, err, registry.KindNotAllowed)
		r, err := w.g.Read(background, by, w.id, registry.ActionReadDocument)
		refusal(t, err, registry.KindNotAllowed)
		_, _, err = w.g.Register(background, by, rt.NIR(7), rt.RegistrationRequest())
		refusal(t, err, registry.KindNotAllowed)
		if n := len(w.store.Events()) - before; n != 4 || w.logged().Outcome != registry.OutcomeRefused || r.ID != "" {
			t.Errorf("%s: %d events, last %+v", by.Role, n, w.logged())
		}
	}
	if found, err := w.g.SearchByNIR(background, rt.Support("Alex"), rt.NIR(1)); err != nil || len(found) != 1 {
		t.Errorf("support found %d, error %v", len(found), err)
	}
	_, _, err := w.g.Register(background, rt.Support("Alex"), rt.NIR(7), rt.RegistrationRequest())
	refusal(t, err, registry.KindNotAllowed)
}

func TestReadingIsLoggedWithWhatWasRead(t *testing.T) {
	w := newWorld(t)
	by := rt.Doctor("Martin")
	r, err := w.g.Read(background, by, w.id, registry.ActionReadDocument)
	want := registry.Event{
		At: w.clock.Now(), Role: by.Role, NationalID: by.Practitioner.NationalID, PlaceID: by.Place.ID, PlaceName: by.Place.Name,
		Door: by.Door, Action: registry.ActionReadDocument, Record: w.id, Outcome: registry.OutcomeFound,
	}
	if diff := cmp.Diff(want, w.logged()); err != nil || r.ID != w.id || diff != "" {
		t.Errorf("error %v, logged (-want +got)\n%s", err, diff)
	}
	_, err = w.g.Read(background, by, "unknown", registry.ActionRead)
	refusal(t, err, registry.KindNotFound)
	if w.logged().Outcome != registry.OutcomeNothing {
		t.Errorf("logged %+v", w.logged())
	}
}

// ACC-7: the service opens to a profession by data, on its day at the place of practice.
func TestANurseDeclaresOnceTheServiceIsOpen(t *testing.T) {
	w := newWorld(t)
	nurse := rt.Nurse("Lopez")
	opening := registry.ReferenceChange{Openings: []registry.ProfessionOpening{{Profession: rt.ProfessionNurse, From: registry.MustDate("2021-02-02")}}}
	if err := w.store.ImportReference(background, opening, w.g.ImportEvent(rt.Agent(registry.RoleSystem, "Cron"), 1, "digest")); err != nil {
		t.Fatal(err)
	}
	act := w.act(nurse, registry.StepEligibility)
	_, err := w.g.DeclareEligibility(background, act, rt.EligibilityRequest())
	refusal(t, err, registry.KindNotAllowed)
	act.By = rt.Overseas(nurse, "98800", "Nouméa")
	w.clock.Set(w.clock.Now().Add(6 * 60 * 60 * 1e9)) // 2 February in Nouméa
	w.must(w.g.DeclareEligibility(background, act, rt.EligibilityRequest()))
}

func TestImportedPersonsAreLoggedOnceAndNotReplaced(t *testing.T) {
	w := newWorld(t)
	known := rt.Patient(1)
	known.UsedName = "Autrement"
	code, err := registry.DrawCode(rt.Random(5))
	if err != nil {
		t.Fatal(err)
	}
	persons := []registry.ImportedPerson{{ID: "again", Patient: known}, {ID: "new", Patient: rt.Patient(4), Code: code}}
	if err := w.g.ImportPersons(background, rt.Agent(registry.RoleSystem, "Cron"), persons, "digest"); err != nil {
		t.Fatal(err)
	}
	if w.store.Count() != 2 || w.record().Patient.UsedName != "Durand" || w.store.Record("new").Code != code {
		t.Errorf("%d records", w.store.Count())
	}
	if e := w.logged(); len(w.store.Events()) != 1 || e.Count != 2 || e.Digest != "digest" || e.Record != "" {
		t.Errorf("logged %+v", e)
	}
}

func TestReferenceDataThatCannotBeLoadedIsAnError(t *testing.T) {
	boom := errors.New("no table")
	failing := &rt.Failing{Store: rt.NewMemory()}
	failing.Fail("Reference", boom)
	g := rt.NewRegistry(failing, rt.NewClock())
	if _, err := g.Reference(background); !errors.Is(err, boom) {
		t.Errorf("error is %v", err)
	}
	failing.Fail("Reference", nil)
	if ref, err := g.Reference(background); err != nil || len(ref.PlaceTypes) != 12 {
		t.Errorf("%d place types, error %v", len(ref.PlaceTypes), err)
	}
}
