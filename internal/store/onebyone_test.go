package store

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"vaccin/internal/keyring/keyringtest"
	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
)

// ageClassOf is the class of an age, or -1 of a birth date that is no day; who is not born yet is of the youngest.
func ageClassOf(p knownPerson, on registry.Date) registry.AgeClass {
	age, ok := p.BirthDate.AgeOn(on)
	if !ok {
		return -1
	}
	older := slices.IndexFunc(registry.AgeClasses[1:], func(from int) bool { return age < from })
	if older < 0 {
		older = len(registry.AgeClasses) - 1
	}
	return registry.AgeClass(older)
}

// getsCode tells whether a run of a campaign gives someone a code.
func getsCode(c registry.Campaign, p knownPerson) bool {
	return c.Concerns(p.Person) && !p.Targeted && !p.objects
}

// countedOneByOne are the persons to whom a run of a campaign gives a code.
func countedOneByOne(c registry.Campaign, people []knownPerson) []registry.RunCount {
	persons := map[registry.RunCount]int{}
	for _, p := range people {
		if getsCode(c, p) {
			persons[registry.RunCount{Department: p.Department(), Age: ageClassOf(p, c.Opens), Sex: p.Sex}]++
		}
	}
	counts := []registry.RunCount{}
	for of, n := range persons {
		of.Persons = n
		counts = append(counts, of)
	}
	slices.SortFunc(counts, func(a, b registry.RunCount) int {
		return cmp.Or(cmp.Compare(a.Department, b.Department), cmp.Compare(a.Age, b.Age), cmp.Compare(a.Sex, b.Sex))
	})
	return counts
}

// reachedKey is a line of the follow-ups.
type reachedKey struct {
	run        int
	department string
	age        registry.AgeClass
}

func followedOneByOne(people []knownPerson, on registry.Date) map[reachedKey]registry.Reached {
	all := map[reachedKey]registry.Reached{}
	of := func(so bool) int {
		if so {
			return 1
		}
		return 0
	}
	for _, p := range people {
		if p.run > 0 {
			key := reachedKey{p.run, p.Department(), ageClassOf(p, on)}
			all[key] = all[key].Plus(registry.Reached{Targeted: 1, Eligible: of(p.eligible), First: of(p.Doses > 0), Complete: of(p.Complete)})
		}
	}
	return all
}

// targetedBy are the runs that gave persons their codes, in the order of people.
func targetedBy(t *testing.T, s *Store, people []registry.ImportedPerson) []int {
	t.Helper()
	highest, err := s.highestNumber(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	found := map[registry.RecordID]int{}
	err = s.engine.swept(t.Context(), t.Name(), highest, query{
		sql: "SELECT r.id, t.run FROM patient p JOIN record r ON r.num = p.record_num JOIN target t ON t.record_num = p.record_num WHERE p.record_num > $1 AND p.record_num <= $2",
		row: func(scan func(...any) error) error {
			id, run := "", 0
			err := scan(&id, &run)
			found[registry.RecordID(id)] = run
			return err
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	runs := make([]int, len(people))
	for i, p := range people {
		runs[i] = found[p.ID]
	}
	return runs
}

// TestRunsAreWhatGoingThroughPersonsOneByOneGives has runs by criteria of all kinds counted, carried out one after the other and followed up,
// among persons who were vaccinated, targeted before, object or died, some of whom come between two runs.
func TestRunsAreWhatGoingThroughPersonsOneByOneGives(t *testing.T) {
	onEachEngine(t, func(t *testing.T, address string) {
		s := server(t, address, keyringtest.Keys())
		g := registrytest.NewRegistry(s, registrytest.NewClock())
		r := rand.New(rand.NewPCG(3, 4))
		ok := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		var people []registry.ImportedPerson
		var known []knownPerson
		come := func(n, declared int) {
			for range n {
				people = append(people, anyPerson(r, len(people)+1))
			}
			came := people[len(people)-n:]
			for i := n - n/9; i < n; i++ { // nobody vaccinates them
				came[i].Patient.BirthDate = registry.BirthDateOf(registry.MustDate(oneOf(r, "2021-01-18", "2021-01-19")))
			}
			ok(g.ImportPersons(t.Context(), registrytest.Doctor("Import"), came, "digest"))
			declareSome(t, s, came[:declared])
			for _, p := range came[declared : n/3] {
				_, err := g.RecordObjection(t.Context(), registry.Act{By: registrytest.Support("Aide"), Record: p.ID},
					registry.ObjectionRequest{On: "01/02/2021", Channel: string(registry.ChannelPhone)})
				ok(err)
			}
			known = append(known, knownPersons(t, s, came)...)
		}
		come(240, 50)
		for n := 1; n <= 24; n++ {
			if n == 12 {
				come(120, 0)
			}
			c := registry.Campaign{ID: fmt.Sprint("c", n), Name: "C", Opens: registry.MustDate("2021-01-18"), Criteria: anyCriteria(r)}
			number, err := s.PrepareRun(t.Context(), registry.Run{Campaign: c, PreparedBy: "a", PreparedAt: time.Now()}, event(registry.ActionPrepareRun))
			ok(err)
			ok(s.CountRun(t.Context(), number))
			run, err := s.Run(t.Context(), number)
			ok(err)
			if diff := gocmp.Diff(countedOneByOne(c, known), run.Counts); diff != "" {
				t.Fatalf("of %+v (-one by one +the database):\n%s", c.Criteria, diff)
			}
			if run.Persons() == 0 || run.Persons() > len(people)/10 { // a few at a time, so that many runs give codes
				continue
			}
			ok(s.ApproveRun(t.Context(), number, "b", time.Now(), event(registry.ActionApproveRun)))
			ok(carryOut(t.Context(), s, number))
			want := make([]int, len(known))
			for i, p := range known {
				if getsCode(c, p) {
					known[i].run, known[i].Targeted = number, true
				}
				want[i] = known[i].run
			}
			if diff := gocmp.Diff(want, targetedBy(t, s, people)); diff != "" {
				t.Fatalf("%+v gives others codes (-one by one +the database):\n%s", c.Criteria, diff)
			}
		}
		var targeted []registry.ImportedPerson
		for i, p := range people {
			if known[i].run > 0 && ageClassOf(known[i], registry.MustDate("2021-02-01")) != 0 {
				targeted = append(targeted, p)
			}
		}
		declareSome(t, s, targeted[:len(targeted)/2])
		for i, now := range knownPersons(t, s, people) {
			now.run = known[i].run
			known[i] = now
		}
		ok(s.CountFollowUps(t.Context(), time.Now(), time.Now(), registry.MustDate("2021-03-01")))
		followed, err := s.FollowUps(t.Context())
		ok(err)
		got := map[reachedKey]registry.Reached{}
		for _, f := range followed {
			for _, c := range f.Counts {
				got[reachedKey{f.Run, c.Department, c.Age}] = c.Reached
			}
		}
		want := followedOneByOne(known, registry.MustDate("2021-03-01"))
		if diff := gocmp.Diff(want, got, gocmp.AllowUnexported(reachedKey{})); diff != "" {
			t.Errorf("the follow-up (-one by one +the database):\n%s", diff)
		}
		if len(followed) < 5 {
			t.Errorf("only %d runs gave codes", len(followed))
		}
	})
}
