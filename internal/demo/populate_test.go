package demo

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vaccin/internal/keyring/keyringtest"
	"vaccin/internal/nir"
	"vaccin/internal/referential"
	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
	"vaccin/internal/store"
)

// memoryStore is registrytest's store with every locality, found by a map: that one compares its few.
type memoryStore struct {
	*registrytest.Memory
	localities map[string][]registry.Locality
}

func (m *memoryStore) LocalitiesNamed(_ context.Context, label string) ([]registry.Locality, error) {
	return m.localities[registry.Fold(label)], nil
}

func (m *memoryStore) Facts(ctx context.Context, id registry.RecordID, want registry.Wanted) (registry.Facts, error) {
	facts, err := m.Memory.Facts(ctx, id, want)
	facts.Localities = m.localities[registry.Fold(want.LocalityLabel)]
	return facts, err
}

// allLocalities are those that ship, by their folded label.
var allLocalities = sync.OnceValues(func() (map[string][]registry.Locality, error) {
	localities, err := referential.Localities()
	byLabel := map[string][]registry.Locality{}
	for _, l := range localities {
		label := registry.Fold(l.Label())
		byLabel[label] = append(byLabel[label], l)
	}
	return byLabel, err
})

// populated is a small country in memory.
func populated(t *testing.T, o Options) (Country, *memoryStore) {
	t.Helper()
	localities, err := allLocalities()
	if err != nil {
		t.Fatal(err)
	}
	memory := &memoryStore{registrytest.NewMemory(), localities}
	change, err := referential.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	g := registry.New(memory)
	if err := memory.ImportReference(t.Context(), change, g.ImportEvent(operator, 1, "builtin")); err != nil {
		t.Fatal(err)
	}
	country, err := Populate(t.Context(), g, memory, o)
	if err != nil {
		t.Fatal(err)
	}
	return country, memory
}

// recordsOf are all the records that the access log speaks of.
func recordsOf(memory *memoryStore) map[registry.RecordID]registry.Record {
	records := map[registry.RecordID]registry.Record{}
	for _, e := range memory.Events() {
		if e.Record != "" {
			records[e.Record] = memory.Record(e.Record)
		}
	}
	return records
}

func TestTheSameSeedMakesTheSameCountry(t *testing.T) {
	first, one := populated(t, Options{Persons: 400, Seed: 7})
	second, two := populated(t, Options{Persons: 400, Seed: 7})
	if first.Digest != second.Digest {
		t.Error("the people differ")
	}
	if diff := cmp.Diff(recordsOf(one), recordsOf(two)); diff != "" {
		t.Errorf("the records differ: %s", diff)
	}
	if first.CheatSheet() != second.CheatSheet() {
		t.Error("the cheat sheets differ")
	}
	other, _ := populated(t, Options{Persons: 400, Seed: 8})
	if other.Digest == first.Digest {
		t.Error("another seed makes the same people")
	}
}

func TestEveryStateIsPresentOnceASingleDoseVaccineIsThere(t *testing.T) {
	country, memory := populated(t, Options{Persons: 600, Today: registry.MustDate("2021-06-05")})
	counted, total := map[registry.State]int{}, 0
	for _, r := range recordsOf(memory) {
		counted[r.State()]++
	}
	for _, s := range registry.States {
		total += country.States[s]
		if country.States[s] == 0 {
			t.Errorf("nobody is %s", s)
		}
		if s != registry.StateNew && country.States[s] != counted[s] {
			t.Errorf("%d are said to be %s, and %d are", country.States[s], s, counted[s])
		}
	}
	if total != 600 || country.Persons != 600 {
		t.Errorf("%d persons, %d of them in a state", country.Persons, total)
	}
}

func TestTheCampaignKeptToItsCalendar(t *testing.T) {
	today := registry.MustDate("2021-06-05")
	_, memory := populated(t, Options{Persons: 600, Today: today})
	ref, err := memory.Reference(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	vaccines := map[string]int{}
	for _, r := range recordsOf(memory) {
		for _, entry := range slices.Concat(r.FirstDoses, r.SecondDoses) {
			dose := entry.Current().Content
			vaccines[dose.VaccineCode]++
			v, _ := ref.Vaccine(dose.VaccineCode)
			if dose.Occurrence.Before(v.AuthorisedOn) || dose.Occurrence.Before(campaignStart) || !dose.Occurrence.Before(today) {
				t.Errorf("%s given on %s", dose.VaccineCode, dose.Occurrence)
			}
			if signed := registry.DateOf(entry.Author().At); signed != dose.Occurrence {
				t.Errorf("a dose of %s was signed on %s", dose.Occurrence, signed)
			}
		}
	}
	for _, v := range ref.Vaccines {
		if vaccines[v.Code] == 0 {
			t.Errorf("%s was never given", v.Code)
		}
	}
}

func TestTheAccessLogGrowsInTheOrderOfTime(t *testing.T) {
	_, memory := populated(t, Options{Persons: 400})
	last := registry.Date{Year: 1, Month: 1, Day: 1}
	searches, acts := 0, 0
	for _, e := range memory.Events() {
		if e.Digest == "builtin" || e.Role == registry.RoleSystem {
			continue
		}
		day := registry.DateOf(e.At)
		if day.Before(last) {
			t.Fatalf("%s of %s comes after %s", e.Action, day, last)
		}
		last = day
		switch e.Action {
		case registry.ActionSearchCode, registry.ActionSearchNIR:
			searches++
		case registry.ActionRecordFirstDose:
			acts++
		}
		if e.Outcome == registry.OutcomeRefused || e.Outcome == registry.OutcomeConflict {
			t.Errorf("%s was refused", e.Action)
		}
	}
	if searches == 0 || acts == 0 {
		t.Errorf("%d searches, %d first doses", searches, acts)
	}
}

func TestTheExamplesAreWhatTheySay(t *testing.T) {
	country, memory := populated(t, Options{Persons: 300})
	g := registry.New(memory)
	records, accounts := map[string]registry.Record{}, staffOf(t).accounts
	by := accounts[drMarchand].Actor
	for _, e := range country.Examples {
		r := memory.Record(e.Record)
		if r.ID == "" || r.Code != e.Code {
			t.Errorf("%s: not in the store as told", e.Title)
		}
		if e.Account != "" && r.Eligibilities[0].Author().Practitioner.NationalID != accounts[e.Account].Practitioner.NationalID {
			t.Errorf("%s: not recorded by %s", e.Title, e.Account)
		}
		records[e.Title] = r
	}
	first := func(title string) registry.Entry[registry.Dose] { return records[title].FirstDoses[0] }
	checks := map[string]bool{
		"targeted":    records["Ciblée, dossier vierge"].State() == registry.StateNew,
		"eligible":    records["Éligible"].State() == registry.StateEligible,
		"rectified":   records["Éligible, déclaration rectifiée"].Eligibilities[0].Rectified(),
		"due today":   first("1ère dose faite, 2ème attendue aujourd’hui").Current().Content.BookFrom == country.Today,
		"lot":         first("1ère dose rectifiée (numéro de lot)").Rectified(),
		"complete":    records["Vaccination complète en EHPAD"].State() == registry.StateComplete,
		"two answers": len(records["Saisies inhabituelles confirmées"].SecondDoses[0].Current().Confirmed) == 2,
		"annulled":    first("1ère dose annulée").Annulment != nil,
		"by hand":     records["Saisi à la main sous un numéro provisoire"].Patient.Manual,
		"one dose":    records["Vaccin à une dose : vaccination complète"].ID == "", // not before May
	}
	for what, holds := range checks {
		if !holds {
			t.Errorf("%s: not so", what)
		}
	}
	twins, err := g.SearchByNIR(t.Context(), by, records["Famille avec des jumelles : quatre personnes sous un NIR"].Patient.Holder)
	if err != nil || len(twins) != 4 {
		t.Errorf("the family of the twins has %d members: %v", len(twins), err)
	}
	card := country.VitaleCard()
	for _, name := range []string{"THOMAS", "EMILIE", "LEA", "MANON", "20120418"} {
		if !bytes.Contains(card.Identities, []byte(name)) {
			t.Errorf("the family's carte Vitale does not hold %s", name)
		}
	}
	for _, unknown := range country.Unknown {
		if found, err := g.SearchByNIR(t.Context(), by, unknown); err != nil || len(found) > 0 {
			t.Errorf("an unknown NIR finds %d people: %v", len(found), err)
		}
	}
}

func staffOf(t *testing.T) *staff {
	t.Helper()
	g, err := loadGazetteer()
	if err != nil {
		t.Fatal(err)
	}
	s, err := inventStaff(newChance(0, streamDoctors), g, DefaultToday)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestTheCheatSheetShowsAWrongKeyThatIsRefused(t *testing.T) {
	country, _ := populated(t, Options{Persons: 100})
	sheet := country.CheatSheet()
	lines := strings.Split(strings.TrimSpace(sheet), "\n")
	if _, err := nir.Parse(lines[len(lines)-1]); err == nil {
		t.Error("the wrong key is right")
	}
	for _, e := range country.Examples {
		if !strings.Contains(sheet, e.Title) || !e.Code.IsZero() && !strings.Contains(sheet, e.Code.Format()) {
			t.Errorf("%s is not in the cheat sheet", e.Title)
		}
	}
	for _, slip := range []string{"'", "\u0020;", "\u0020:", "«\u0020", "\u0020»"} {
		if strings.Contains(sheet, slip) {
			t.Errorf("%q is not how French is set", slip)
		}
	}
}

func TestNothingHappensBeforeTheCampaign(t *testing.T) {
	country, _ := populated(t, Options{Persons: 200, Today: registry.MustDate("2020-12-20")})
	if country.Acts != 0 || country.States[registry.StateNew] != country.Persons {
		t.Errorf("%d acts, states %v", country.Acts, country.States)
	}
	if err := BringNewcomers(t.Context(), nil, country); err != nil {
		t.Errorf("newcomers before anybody was entered by hand: %v", err)
	}
	if strings.Contains(country.CheatSheet(), "compte :") {
		t.Error("an example names who recorded it")
	}
}

func TestAStoreTakesOneCountry(t *testing.T) {
	_, memory := populated(t, Options{Persons: 100})
	if _, err := Populate(t.Context(), registry.New(memory), memory, Options{Persons: 100}); !errors.Is(err, ErrPopulated) {
		t.Errorf("the same country twice: %v", err)
	}
}

func TestAStoreThatFailsEndsTheWork(t *testing.T) {
	full := errors.New("the disk is full")
	localities, err := allLocalities()
	if err != nil {
		t.Fatal(err)
	}
	for _, method := range []string{"Apply", "Facts", "FindByCode", "Reference", "FindByKey"} {
		memory := &memoryStore{registrytest.NewMemory(), localities}
		failing := &registrytest.Failing{Store: memory}
		failing.Fail(method, full)
		if _, err := Populate(t.Context(), registry.New(failing), memory, Options{Persons: 100}); !errors.Is(err, full) {
			t.Errorf("%s fails and the country ends with %v", method, err)
		}
	}
}

func TestTheWorkEndsWhenItIsNoLongerWanted(t *testing.T) {
	memory := &memoryStore{Memory: registrytest.NewMemory()}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Populate(ctx, registry.New(memory), memory, Options{Persons: 5000}); !errors.Is(err, context.Canceled) {
		t.Errorf("a country ends with %v", err)
	}
}

func TestTheDefaultCountryFillsTheEmbeddedStore(t *testing.T) {
	s, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "demo.db"), store.Options{Keys: keyringtest.Keys()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	country, err := Populate(t.Context(), registry.New(s), s, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d persons and %d acts in %v", country.Persons, country.Acts, country.Took)
	if country.Persons != defaultPersons || country.Targeted < 1500 || country.Targeted > 4000 {
		t.Errorf("%d persons, %d targeted", country.Persons, country.Targeted)
	}
	if err := BringNewcomers(t.Context(), s, country); err != nil {
		t.Fatal(err)
	}
	matches, err := registry.New(s).DoubtfulMatches(t.Context(), support)
	if err != nil || len(matches) != 2 {
		t.Fatalf("%d doubtful matches, %v", len(matches), err)
	}
	reasons := map[registry.DoubtReason]bool{}
	for _, m := range matches {
		reasons[m.Reason] = true
		_, pair, err := registry.New(s).ReadMatch(t.Context(), support, m.Record, m.Other)
		if err != nil || pair[0].Patient.GivenNames != pair[1].Patient.GivenNames || pair[0].Patient.Manual || !pair[1].Patient.Manual || pair[1].State() != registry.StateEligible {
			t.Errorf("%s: %v", m.Reason, err)
		}
		if err := registry.New(s).DecideMatch(t.Context(), support, m.Record, m.Other, registry.MatchSame); err != nil {
			t.Errorf("deciding %s: %v", m.Reason, err)
		}
	}
	if !reasons[registry.DoubtBirth] || !reasons[registry.DoubtTyped] {
		t.Errorf("reasons: %v", reasons)
	}
	for state, least := range map[registry.State]int{
		registry.StateEligible: 150, registry.StateFirstDose: 200, registry.StateComplete: 60,
	} {
		if country.States[state] < least {
			t.Errorf("%d are %s, at least %d wanted", country.States[state], state, least)
		}
	}
}
