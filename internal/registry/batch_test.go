package registry_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"vaccin/internal/registry"
)

func reachable(place int64) registry.Recipient {
	r := registry.Recipient{Place: place}
	r.Locality = registry.Locality{PostalCode: "75011", Name: "Paris"}
	return r
}

func TestEachReasonLeavesOutAndTheFirstOneCounts(t *testing.T) {
	all := registry.LeftOut{}
	for i, c := range []struct {
		change func(r *registry.Recipient)
		want   registry.LeftOut
	}{
		{func(*registry.Recipient) {}, registry.LeftOut{}},
		{func(r *registry.Recipient) { r.Deceased, r.Objects = true, true }, registry.LeftOut{Deceased: 1}},
		{func(r *registry.Recipient) { r.Objects, r.Vaccinated = true, true }, registry.LeftOut{Objecting: 1}},
		{func(r *registry.Recipient) { r.Vaccinated, r.Written = true, true }, registry.LeftOut{Vaccinated: 1}},
		{func(r *registry.Recipient) { r.Written, r.Locality = true, registry.Locality{} }, registry.LeftOut{Written: 1}},
		{func(r *registry.Recipient) { r.Locality.Name = " " }, registry.LeftOut{Unaddressed: 1}},
		{func(r *registry.Recipient) { r.Locality.PostalCode = "" }, registry.LeftOut{Unaddressed: 1}},
		{func(r *registry.Recipient) { r.Locality.Name = strings.Repeat("é", 60) }, registry.LeftOut{}},
		{func(r *registry.Recipient) { r.Locality.Name = strings.Repeat("é", 61) }, registry.LeftOut{Unaddressed: 1}},
		{func(r *registry.Recipient) { r.Locality.PostalCode = strings.Repeat("1", 20) }, registry.LeftOut{}},
		{func(r *registry.Recipient) { r.Locality.PostalCode = strings.Repeat("1", 21) }, registry.LeftOut{Unaddressed: 1}},
		{func(r *registry.Recipient) { r.Address = strings.Repeat("a", 329) }, registry.LeftOut{}}, // beside the space between names
		{func(r *registry.Recipient) { r.Address = strings.Repeat("a", 330) }, registry.LeftOut{Unaddressed: 1}},
	} {
		r := reachable(int64(i + 1))
		c.change(&r)
		part := registry.DecidePart(registry.Batch{}, []registry.Recipient{r}, true)
		if part.LeftOut != c.want || len(part.Members)+part.LeftOut.Sum() != 1 || part.To != r.Place || !part.Ended {
			t.Errorf("case %d: %+v", i, part)
		}
		all = registry.Batch{LeftOut: all}.With(part).LeftOut
	}
	if want := (registry.LeftOut{Deceased: 1, Objecting: 1, Vaccinated: 1, Written: 1, Unaddressed: 5}); all != want {
		t.Errorf("in all %+v", all)
	}
	counted := 0
	for _, c := range all.Counts() {
		counted += c.Persons
	}
	if counted != all.Sum() {
		t.Errorf("%d of %d are said", counted, all.Sum())
	}
}

func TestABatchEndsWhenItIsFullOrNobodyIsLeft(t *testing.T) {
	next := []registry.Recipient{reachable(7), reachable(9), reachable(12)}
	for _, c := range []struct {
		letters int
		all     bool
		state   registry.BatchState
		through int64
		ended   bool
	}{
		{0, false, registry.BatchGathering, 12, false},
		{0, true, registry.BatchPrinting, 12, true},
		{registry.MaxBatch - 2, true, registry.BatchPrinting, 9, false},
		{registry.MaxBatch - 3, true, registry.BatchPrinting, 12, true},
		{registry.MaxBatch - 3, false, registry.BatchPrinting, 12, false},
	} {
		b := registry.Batch{State: registry.BatchGathering, Letters: c.letters, Through: 5}
		b = b.With(registry.DecidePart(b, next, c.all))
		if b.State != c.state || b.Through != c.through || b.Ended != c.ended || b.Letters > registry.MaxBatch {
			t.Errorf("%+v: %+v", c, b)
		}
	}
	b := registry.Batch{State: registry.BatchGathering, Through: 5}
	if b = b.With(registry.DecidePart(b, nil, true)); b.State != registry.BatchEmpty || b.Through != 5 {
		t.Errorf("of nobody: %+v", b)
	}
}

func TestBatchesToTheSamePersonsAreBesideEachOther(t *testing.T) {
	all := []registry.Batch{
		{State: registry.BatchPrinted, Deliveries: []registry.Delivery{{By: "a"}}},
		{State: registry.BatchPrinted},
		{State: registry.BatchPrinting, Again: 1},
		{State: registry.BatchDropped, Again: 1},
		{State: registry.BatchEmpty, Again: 3},
		{State: registry.BatchPrinted, Again: 3, Deliveries: []registry.Delivery{{By: "b"}}},
		{State: registry.BatchPrinted, Again: 2},
	}
	for i := range all {
		all[i].BatchKey = registry.BatchKey{Run: 1, Part: i + 1}
	}
	parts := func(batches []registry.Batch) (parts []int) {
		for _, b := range batches {
			parts = append(parts, b.Part)
		}
		return parts
	}
	for part, want := range map[int][2][]int{
		1: {{3, 6}, {1, 6}}, 3: {{1, 6}, {1, 6}}, 6: {{1, 3}, {1, 6}}, 4: {{1, 3, 6}, {1, 6}}, 2: {{7}, nil}, 7: {{2}, nil},
	} {
		if got := [2][]int{parts(all[part-1].Beside(all)), parts(all[part-1].HandedOver(all))}; !cmp.Equal(got, want) {
			t.Errorf("batch %d: beside it, and handed over: %v, want %v", part, got, want)
		}
	}
}

func TestAReferenceIsReadBack(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		key := registry.BatchKey{Run: rapid.IntRange(1, 1<<31-1).Draw(rt, "run"), Part: rapid.IntRange(1, 1<<31-1).Draw(rt, "part")}
		if got, err := registry.ParseReference(key.Reference()); err != nil || got != key {
			rt.Fatalf("%v, %v", got, err)
		}
	})
	if key, err := registry.ParseReference(" c12-0003 "); err != nil || key != (registry.BatchKey{Run: 12, Part: 3}) {
		t.Errorf("%v, %v", key, err)
	}
	for _, bad := range []string{"", "C", "C1", "C1-", "C-1", "C0-1", "C1-0", "C1--1", "C+1-2", "C1-2-3", "1 2", "C99999999999-1", "C1-１", "CC1-2", "lettres"} {
		if key, err := registry.ParseReference(bad); registry.KindOf(err) != registry.KindInvalid {
			t.Errorf("%q is read as %v, %v", bad, key, err)
		}
	}
}

func FuzzParseReference(f *testing.F) {
	for _, text := range []string{"C12-0003", "c1-1", "", "C1-", "C-1", "\x00", "C1-2-3", "1-1"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		key, err := registry.ParseReference(text)
		if err != nil {
			return
		}
		if again, err := registry.ParseReference(key.Reference()); err != nil || again != key || key.Run < 1 || key.Part < 1 {
			t.Errorf("%q is %v, and that is %v", text, key, again)
		}
	})
}

func TestABatchThatListsNoPlaceIsOneWithLetters(t *testing.T) {
	for state, lists := range map[registry.BatchState]bool{
		registry.BatchGathering: true, registry.BatchPrinting: true, registry.BatchPrinted: true, registry.BatchEmpty: false, registry.BatchDropped: false,
	} {
		if got := (registry.Batch{State: state}).ListsNone(); got != lists {
			t.Errorf("%s, without places: %t", state, got)
		}
		if (registry.Batch{State: state, Places: "digest"}).ListsNone() {
			t.Errorf("%s, with places: lists none", state)
		}
	}
}

func TestAgeClassesAreSaidInWords(t *testing.T) {
	last := registry.AgeClass(len(registry.AgeClasses) - 1)
	for class, want := range map[registry.AgeClass]string{
		-1: "âge inconnu", 0: "moins de 5\u00a0ans", 1: "5 à 11\u00a0ans", last - 1: "80 à 89\u00a0ans", last: "90\u00a0ans et plus", last + 1: "âge inconnu",
	} {
		if got := class.Label(); got != want {
			t.Errorf("%d: %q, want %q", class, got, want)
		}
	}
}

func TestTheNextBatchLooksAfterTheLastThatChose(t *testing.T) {
	chose, ended := registry.Batch{Through: 9}, registry.Batch{Through: 12, Ended: true}
	again, endedAgain := registry.Batch{Again: 1, Through: 3}, registry.Batch{Again: 1, Through: 3, Ended: true} // to the same persons: they choose none
	for _, c := range []struct {
		all  []registry.Batch
		from int64
	}{
		{nil, 0},
		{[]registry.Batch{chose}, 9},
		{[]registry.Batch{chose, again}, 9},
		{[]registry.Batch{chose, endedAgain}, 9},
		{[]registry.Batch{chose, ended}, 0},
		{[]registry.Batch{chose, ended, again}, 0},
		{[]registry.Batch{ended, chose}, 9},
	} {
		if got := registry.Following(c.all); got != c.from {
			t.Errorf("after %+v the next batch looks from %d, want %d", c.all, got, c.from)
		}
	}
}
