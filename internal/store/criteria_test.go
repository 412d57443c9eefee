package store

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vaccin/internal/keyring/keyringtest"
	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
)

func oneOf[T any](r *rand.Rand, all ...T) T { return all[r.IntN(len(all))] }

// anyPerson is a person near the boundaries of anyCriteria.
func anyPerson(r *rand.Rand, n int) registry.ImportedPerson {
	p := registry.ImportedPerson{ID: registry.RecordID(fmt.Sprintf("%032x", n)), Patient: registrytest.Patient(n)}
	digits := oneOf(r, "19460118", "19460119", "19460117", "19560229", "19560228", "19560301", "19420000", "19460100", "19461901", "20030531", "20030601", "00001301")
	p.Patient.BirthDate, _ = registry.BirthDateFromDigits(digits)
	p.Patient.Sex = oneOf(r, registry.Female, registry.Male)
	p.Patient.Locality = oneOf(r, registry.Locality{}, registry.Locality{PostalCode: "75011", CommuneCode: "75111"},
		registry.Locality{PostalCode: "20000", CommuneCode: "2A004"}, registry.Locality{PostalCode: "20200"}, registry.Locality{PostalCode: "97133"},
		registry.Locality{PostalCode: "97400", CommuneCode: "97411"}, registry.Locality{PostalCode: "01410", CommuneCode: "39102"})
	p.Insured = registry.Insured{
		Residence: registry.Residence(r.IntN(5)), Occupation: registry.Occupation(r.IntN(4)), Workplace: registry.Workplace(r.IntN(4)),
		Conditions: registry.Conditions(oneOf(r, 0, 0, 1, 1<<31, r.Uint32())),
		Comorbidities: oneOf(r, 0, registry.ComorbiditiesOf(registry.ComorbidityDiabetes), registry.ComorbiditiesOf(registry.ComorbidityTrisomy21),
			registry.Comorbidities(r.Uint64N(1<<36))),
	}
	if r.IntN(10) == 0 {
		p.Insured.Died = registry.MustDate("2020-04-01")
	}
	return p
}

// anyCriteria asks for anything, now and then.
func anyCriteria(r *rand.Rand) (all registry.Criteria) {
	for range 1 + r.IntN(3) {
		var g registry.Group
		now := func(do func()) {
			if r.IntN(3) == 0 {
				do()
			}
		}
		now(func() { g.Age = registry.Age{AtLeast: oneOf(r, 0, 18, 65, 75), AtMost: oneOf(r, 0, 0, 64, 74)} })
		now(func() { g.Age.On = registry.MustDate(oneOf(r, "2021-02-28", "2021-03-01", "2021-01-17")) })
		now(func() { g.Sex = oneOf(r, registry.Female, registry.Male) })
		now(func() { g.Residence.In = []registry.Residence{1, 2} })
		now(func() { g.Residence.Out = []registry.Residence{3} })
		now(func() { g.Occupation.In = []registry.Occupation{1, 3} })
		now(func() { g.Occupation.Out = []registry.Occupation{2} })
		now(func() { g.Workplace.In = []registry.Workplace{1} })
		now(func() { g.Workplace.Out = []registry.Workplace{1, 2} })
		now(func() { g.Conditions.Any = oneOf(r, registry.AnswerYes, registry.AnswerNo) })
		now(func() { g.Conditions.In = registry.ConditionsOf(1, 32) })
		now(func() { g.Conditions.Out = registry.ConditionsOf(8) })
		now(func() { g.Comorbidities.Any = oneOf(r, registry.AnswerYes, registry.AnswerNo) })
		now(func() { g.Comorbidities.VeryHighRisk = oneOf(r, registry.AnswerYes, registry.AnswerNo) })
		now(func() {
			g.Comorbidities.In = registry.ComorbiditiesOf(registry.ComorbidityDiabetes, registry.ComorbidityTrisomy21)
		})
		now(func() { g.Comorbidities.Out = registry.ComorbiditiesOf(registry.ComorbidityObesity) })
		now(func() {
			g.Territory.In = registry.Area{Departments: []string{"75", "2A", "977", "39"}, PostalCodes: []string{"202", "974"}}
		})
		now(func() {
			g.Territory.Out = registry.Area{CommuneCodes: []string{"2A0", "75111"}, Departments: []string{"974"}}
		})
		now(func() { g.Vaccination = registry.Vaccination(1 + r.IntN(3)) })
		now(func() { g.Targeted = oneOf(r, registry.AnswerYes, registry.AnswerNo) })
		all = append(all, g)
	}
	return all
}

// declareSome has some of the records declared on, in all ways: eligibility, one dose, two, a single-dose vaccine, one
// rectified to another of two doses, and each of them annulled.
func declareSome(t *testing.T, s *Store, people []registry.ImportedPerson) {
	t.Helper()
	clock := registrytest.NewClock()
	g := registrytest.NewRegistry(s, clock)
	by, support := registrytest.Doctor("Martin"), registrytest.Support("Aide")
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for i, p := range people {
		clock.SetDay("2021-02-01")
		act := registry.Act{By: by, Record: p.ID}
		ok(registrytest.Declare(t.Context(), g, act))
		if i%7 == 0 {
			continue
		}
		act.Step = registry.StepFirstDose
		dose := registrytest.DoseRequest()
		if i%7 >= 5 {
			clock.SetDay("2021-06-02") // all of them are 18
			dose.Vaccine, dose.Lot, dose.Occurrence = registrytest.Janssen, "XD955", "02/06/2021"
		}
		ok(registrytest.Inject(t.Context(), g, act, dose))
		annul := registry.Act{By: support, Record: p.ID, Step: registry.StepFirstDose, Entry: 1}
		switch i % 7 {
		case 1:
			continue
		case 2, 3:
			annul.Reason = "Erreur de saisie"
			_, err := g.Annul(t.Context(), annul)
			ok(err)
			if i%7 == 3 { // and another in its place
				again := act
				again.Request = "other"
				ok(registrytest.Inject(t.Context(), g, again, dose))
			}
		case 4:
			clock.SetDay(registrytest.SecondDoseDay)
			act.Step = registry.StepSecondDose
			ok(registrytest.Inject(t.Context(), g, act, registrytest.SecondDoseRequest()))
		case 6: // by mistake: it was the first of two
			two := registrytest.DoseRequest()
			two.Occurrence = dose.Occurrence
			rectified := registry.Act{By: by, Record: p.ID, Step: registry.StepFirstDose, Request: "rectified", Entry: 1, From: 1}
			ok(registrytest.Rectify(t.Context(), g, rectified, two))
		}
	}
}

// knownPerson is what is known of someone, read from their record: what runs go by.
type knownPerson struct {
	registry.Person
	eligible, objects bool
	run               int // that gave them their code
}

func knownPersons(t *testing.T, s *Store, people []registry.ImportedPerson) []knownPerson {
	t.Helper()
	all := make([]knownPerson, len(people))
	for i, p := range people {
		facts, err := s.Facts(t.Context(), p.ID, registry.Wanted{})
		if err != nil {
			t.Fatal(err)
		}
		rec := facts.Record
		state := rec.State()
		all[i] = knownPerson{eligible: rec.Done(registry.StepEligibility), objects: rec.Objects(), Person: registry.Person{
			BirthDate: p.Patient.BirthDate, Sex: p.Patient.Sex, PostalCode: p.Patient.Locality.PostalCode, CommuneCode: p.Patient.Locality.CommuneCode,
			Insured: p.Insured, Targeted: !rec.Code.IsZero(),
			Complete: state == registry.StateComplete || state == registry.StateCompleteSingle,
		}}
		for _, step := range []registry.Step{registry.StepFirstDose, registry.StepSecondDose} {
			if rec.Done(step) {
				all[i].Doses++
			}
		}
	}
	return all
}

// TestTheDatabaseReadsCriteriaAsTheDomainDoes has both pick persons by criteria of all kinds.
func TestTheDatabaseReadsCriteriaAsTheDomainDoes(t *testing.T) {
	onEachEngine(t, func(t *testing.T, address string) {
		s := server(t, address, keyringtest.Keys())
		r := rand.New(rand.NewPCG(1, 2))
		people := make([]registry.ImportedPerson, 300)
		for i := range people {
			people[i] = anyPerson(r, i+1)
		}
		g := registrytest.NewRegistry(s, registrytest.NewClock())
		if err := g.ImportPersons(t.Context(), registrytest.Doctor("Import"), people, "digest"); err != nil {
			t.Fatal(err)
		}
		declareSome(t, s, people[:60])
		seen := knownPersons(t, s, people)
		campaigns := make([]registry.Campaign, 400)
		for i := range campaigns {
			campaigns[i] = registry.Campaign{Opens: registry.MustDate("2021-01-18"), Criteria: anyCriteria(r)}
		}
		found := concernedIDs(t, s, campaigns)
		none, all := 0, 0
		for n, campaign := range campaigns {
			want := map[string]bool{}
			for i, p := range seen {
				if campaign.Concerns(p.Person) {
					want[string(people[i].ID)] = true
				}
			}
			if len(want) == 0 {
				none++
			} else if len(want) == len(people) {
				all++
			}
			if diff := cmp.Diff(want, found[n]); diff != "" {
				t.Fatalf("of %+v the database concerns others (-domain +database):\n%s", campaign.Criteria, diff)
			}
		}
		if none > 300 || all > 300 {
			t.Errorf("the criteria tell nobody from anybody: %d concern none, %d all", none, all)
		}
	})
}

// concernedIDs are those whom each campaign concerns, as the database finds them. Several are asked about at a time: a sweep
// waits for a moment before it begins.
func concernedIDs(t *testing.T, s *Store, campaigns []registry.Campaign) []map[string]bool {
	t.Helper()
	highest, err := s.highestNumber(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	found := make([]map[string]bool, len(campaigns))
	const askers = 8
	var asking sync.WaitGroup
	for asker := range askers {
		asking.Go(func() {
			for n := asker; n < len(campaigns) && !t.Failed(); n += askers {
				found[n] = concernedBy(t, s, highest, fmt.Sprint(t.Name(), " ", asker), campaigns[n])
			}
		})
	}
	asking.Wait()
	if t.Failed() {
		t.FailNow()
	}
	return found
}

// concernedBy are those whom one campaign concerns, found by a sweep of that name.
func concernedBy(t *testing.T, s *Store, highest int64, name string, campaign registry.Campaign) map[string]bool {
	t.Helper()
	c := condition{next: 3}
	c.concerned(campaign)
	found := map[string]bool{}
	err := s.engine.swept(t.Context(), name, highest, query{
		sql:  "SELECT p_record.id FROM patient p JOIN record p_record ON p_record.num = p.record_num WHERE p.record_num > $1 AND p.record_num <= $2 AND " + c.sql.String(),
		args: c.args,
		row: func(scan func(...any) error) error {
			id := ""
			err := scan(&id)
			found[id] = true
			return err
		},
	})
	if err != nil {
		t.Errorf("%s: %v", c.sql.String(), err)
	}
	return found
}
