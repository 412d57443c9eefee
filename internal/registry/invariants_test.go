package registry_test

import (
	"slices"

	"github.com/google/go-cmp/cmp"

	"vaccin/internal/registry"
	rt "vaccin/internal/registry/registrytest"
)

// fatal is what the checks below need of a test, property or fuzz run.
type fatal interface{ Fatalf(string, ...any) }

// checkRecord holds what is true of every record that can be reached.
func checkRecord(t fatal, r registry.Record) {
	first, hasFirst := r.Dose(registry.StepFirstDose)
	second, hasSecond := r.Dose(registry.StepSecondDose)
	if !slices.Contains(registry.States, r.State()) {
		t.Fatalf("%q is no state", r.State())
	}
	if hasSecond {
		a, b := first.Current().Content, registry.Dose{}
		if b = second.Current().Content; !hasFirst {
			t.Fatalf("dose 2 without dose 1")
		}
		if a.VaccineCode != b.VaccineCode {
			t.Fatalf("dose 1 of %s and dose 2 of %s", a.VaccineCode, b.VaccineCode)
		}
		if a.SeriesDoses != 2 {
			t.Fatalf("dose 2 of a vaccine of %d dose", a.SeriesDoses)
		}
		if b.Occurrence.Before(a.Occurrence) {
			t.Fatalf("dose 2 on %v before dose 1 on %v", b.Occurrence, a.Occurrence)
		}
	}
	if len(r.Eligibilities) > 0 && !r.Code.Valid() {
		t.Fatalf("declared eligible without a code")
	}
	checkEntries(t, r.Eligibilities)
	checkEntries(t, r.FirstDoses)
	checkEntries(t, r.SecondDoses)
	for number, entries := range [][]registry.Entry[registry.Dose]{1: r.FirstDoses, 2: r.SecondDoses} {
		checkDoses(t, number, entries)
	}
}

// checkEntries holds what is true of every step: numbers follow one another, only the last entry can
// stand, each version is signed by the author, or by support with a reason.
func checkEntries[T any](t fatal, entries []registry.Entry[T]) {
	for i, e := range entries {
		if e.Sequence != i+1 || len(e.Versions) == 0 {
			t.Fatalf("entry %d has sequence %d and %d versions", i+1, e.Sequence, len(e.Versions))
		}
		if e.Annulment == nil && i < len(entries)-1 {
			t.Fatalf("entry %d stands under a later one", e.Sequence)
		}
		if a := e.Annulment; a != nil && (a.Reason == "" || !mayCorrect(a.Signed, e.Author())) {
			t.Fatalf("annulled by %s for %q", a.Signed.Role, a.Reason)
		}
		for j, v := range e.Versions {
			if v.Number != j+1 {
				t.Fatalf("version %d has number %d", j+1, v.Number)
			}
			if j == 0 && v.Signed.Role != registry.RolePractitioner {
				t.Fatalf("declared by %s", v.Signed.Role)
			}
			if !mayCorrect(v.Signed, e.Author()) {
				t.Fatalf("version %d is signed by someone else than the author or support", v.Number)
			}
			if (v.Signed.Role == registry.RoleSupport) != (v.Reason != "") {
				t.Fatalf("version %d by %s has the reason %q", v.Number, v.Signed.Role, v.Reason)
			}
		}
	}
}

func mayCorrect(by, author registry.Signature) bool {
	return by.Practitioner.NationalID != "" &&
		(by.Role == registry.RoleSupport || by.Practitioner.NationalID == author.Practitioner.NationalID)
}

// checkDoses holds what is true of every version of a dose ever recorded.
func checkDoses(t fatal, number int, entries []registry.Entry[registry.Dose]) {
	for _, e := range entries {
		for _, v := range e.Versions {
			d := v.Content
			vaccine, known := rt.Reference().Vaccine(d.VaccineCode)
			switch {
			case d.Number != number:
				t.Fatalf("dose %d stands in step %d", d.Number, number)
			case !known || d.VaccineName == "" || d.SeriesDoses != vaccine.Doses:
				t.Fatalf("vaccine %q %q of %d doses", d.VaccineCode, d.VaccineName, d.SeriesDoses)
			case d.Occurrence.IsZero() || d.Occurrence.Before(vaccine.AuthorisedOn):
				t.Fatalf("given on %v, authorised on %v", d.Occurrence, vaccine.AuthorisedOn)
			case d.Occurrence.After(registry.DateOf(v.Signed.At.UTC()).AddDays(1)):
				t.Fatalf("given on %v, recorded at %v", d.Occurrence, v.Signed.At)
			case d.LotNumber == "" || d.Site == "" || d.Performer.FamilyName == "" || d.Location.Name == "":
				t.Fatalf("something is empty in %+v", d)
			case d.BookFrom.IsZero() != (number == 2 || vaccine.Doses == 1):
				t.Fatalf("the second appointment of dose %d of %d is booked from %q", number, vaccine.Doses, d.BookFrom)
			}
		}
	}
}

// checkKept holds that nothing of an earlier record was removed or overwritten.
func checkKept(t fatal, before, after registry.Record) {
	if !before.Code.IsZero() && after.Code != before.Code {
		t.Fatalf("the code changed")
	}
	if after.Version < before.Version || after.ID != before.ID || after.Patient != before.Patient {
		t.Fatalf("version %d became %d", before.Version, after.Version)
	}
	checkEntriesKept(t, before.Eligibilities, after.Eligibilities)
	checkEntriesKept(t, before.FirstDoses, after.FirstDoses)
	checkEntriesKept(t, before.SecondDoses, after.SecondDoses)
}

func checkEntriesKept[T any](t fatal, before, after []registry.Entry[T]) {
	if len(after) < len(before) {
		t.Fatalf("%d entries became %d", len(before), len(after))
	}
	for i, e := range before {
		now := after[i]
		if len(now.Versions) < len(e.Versions) || e.Annulment != nil && len(now.Versions) != len(e.Versions) {
			t.Fatalf("entry %d had %d versions and has %d", e.Sequence, len(e.Versions), len(now.Versions))
		}
		if diff := cmp.Diff(e.Versions, now.Versions[:len(e.Versions)]); diff != "" {
			t.Fatalf("an earlier version changed\n%s", diff)
		}
		if e.Annulment != nil {
			if diff := cmp.Diff(e.Annulment, now.Annulment); diff != "" {
				t.Fatalf("an annulment changed\n%s", diff)
			}
		}
	}
}
