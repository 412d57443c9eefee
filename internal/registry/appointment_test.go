package registry_test

import (
	"testing"
	"time"

	"vaccin/internal/registry"
	rt "vaccin/internal/registry/registrytest"
)

// DOS-3: from when to book the second appointment follows the schedules known on the day when it is asked, for
// as long as the second dose is to come; what was told stays with its version.
func TestTheSecondAppointmentFollowsTheSchedules(t *testing.T) {
	newer := func(covers bool) registry.Reference {
		ref := rt.Reference()
		ref.Schedules = append(ref.Schedules, registry.Schedule{
			VaccineCode: rt.Comirnaty, From: registry.MustDate("2021-02-10"), Minimum: 21, Recommended: 42, Maximum: 49, CoversEarlier: covers,
		})
		return ref
	}
	w := newWorld(t)
	martin := rt.Doctor("Martin")
	if day := w.record().BookFrom(newer(true), w.clock.Now()); !day.IsZero() {
		t.Errorf("without a dose: %s", day.French())
	}
	w.eligible(martin)
	w.first(martin)
	for _, tt := range []struct {
		name, today, want string
		ref               registry.Reference
	}{
		{"as told", "2021-02-09", "01/03/2021", newer(true)},
		{"a newer one that covers earlier doses", "2021-02-10", "15/03/2021", newer(true)},
		{"a newer one that does not", "2021-02-10", "01/03/2021", newer(false)},
		{"none is known any more", "2021-02-10", "01/03/2021", registry.Reference{}},
	} {
		w.clock.SetDay(tt.today)
		if day := w.record().BookFrom(tt.ref, w.clock.Now()); day.French() != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, day.French(), tt.want)
		}
	}
	if told, _ := w.record().Dose(registry.StepFirstDose); told.Current().Content.BookFrom.French() != "01/03/2021" {
		t.Error("what was told is not kept")
	}
	w.second(martin)
	if day := w.record().BookFrom(newer(true), w.clock.Now()); !day.IsZero() {
		t.Errorf("with both doses: %s", day.French())
	}
}

// The day is that of the place where the dose was given: in Réunion the schedule of tomorrow holds already.
func TestTheSecondAppointmentIsLookedUpAtThePlaceOfTheDose(t *testing.T) {
	ref := rt.Reference()
	ref.Schedules = append(ref.Schedules, registry.Schedule{
		VaccineCode: rt.Comirnaty, From: registry.MustDate("2021-02-10"), Minimum: 21, Recommended: 42, Maximum: 49, CoversEarlier: true,
	})
	evening := time.Date(2021, 2, 9, 22, 0, 0, 0, time.UTC)
	for code, want := range map[string]string{"75011": "01/03/2021", "97400": "15/03/2021"} {
		dose := registry.Dose{
			Number: 1, SeriesDoses: 2, VaccineCode: rt.Comirnaty, Occurrence: registry.MustDate("2021-02-01"),
			Location: registry.Location{Locality: registry.Locality{PostalCode: code}},
		}
		r := registry.Record{FirstDoses: []registry.Entry[registry.Dose]{{Sequence: 1, Versions: []registry.Version[registry.Dose]{{Number: 1, Content: dose}}}}}
		if day := r.BookFrom(ref, evening); day.French() != want {
			t.Errorf("%s: %s, want %s", code, day.French(), want)
		}
	}
}

// A form that is sent again, or sent to modify nothing, is the same under another schedule.
func TestAScheduleIsNoPartOfWhatWasEntered(t *testing.T) {
	w := newWorld(t)
	martin := rt.Doctor("Martin")
	w.eligible(martin)
	act := w.act(martin, registry.StepFirstDose)
	act.Request = "the form"
	w.must(w.g.RecordDose(background, act, rt.DoseRequest()))
	newer := registry.ReferenceChange{Schedules: []registry.Schedule{{
		VaccineCode: rt.Comirnaty, From: registry.MustDate("2021-02-10"), Minimum: 21, Recommended: 42, Maximum: 49, CoversEarlier: true,
	}}}
	if err := w.store.ImportReference(background, newer, w.g.ImportEvent(martin, 1, "digest")); err != nil {
		t.Fatal(err)
	}
	w.clock.SetDay("2021-02-11")
	w.g = rt.NewRegistry(w.store, w.clock) // without what was loaded
	done, err := w.g.RecordDose(background, act, rt.DoseRequest())
	if err != nil || !done.Already {
		t.Errorf("sent again: %v, already %v", err, done.Already)
	}
	act.Request, act.From = "another form", 1
	done, err = w.g.RectifyDose(background, act, rt.DoseRequest())
	if err != nil || !done.Already || len(w.record().FirstDoses[0].Versions) != 1 {
		t.Errorf("modified by nothing: %v, already %v", err, done.Already)
	}
}
