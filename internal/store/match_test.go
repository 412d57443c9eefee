package store

import (
	"context"
	"crypto/rand"
	"fmt"
	"iter"
	"testing"

	"vaccin/internal/keyring/keyringtest"
	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
)

// inDoubt is someone entered by hand, and whom the file brings under another rank.
func inDoubt(t *testing.T, s *Store, n int) registry.DoubtfulMatch {
	t.Helper()
	g := registrytest.NewRegistry(s, registrytest.NewClock())
	g.Random = rand.Reader
	number := registrytest.NIR(60_000_000 + n)
	id, _, err := g.Register(t.Context(), registrytest.Doctor("Martin"), number, registrytest.RegistrationRequest())
	if err != nil {
		t.Fatal(err)
	}
	facts, err := s.Facts(t.Context(), id, registry.Wanted{})
	if err != nil {
		t.Fatal(err)
	}
	row := registry.InsuredRow{Line: 2, Patient: facts.Record.Patient}
	row.Manual, row.BirthRank = false, 2
	file := registry.PopulationFile{Digest: "file of " + string(id), Parts: 1, PartSize: 1, Lines: 2}
	file.Read = func(context.Context, int) iter.Seq2[registry.PopulationPart, error] {
		return func(yield func(registry.PopulationPart, error) bool) {
			yield(registry.PopulationPart{Last: 2, Rows: []registry.InsuredRow{row}}, nil)
		}
	}
	if _, err := importPopulation(t.Context(), s, file); err != nil {
		t.Fatal(err)
	}
	made, err := s.FindByKey(t.Context(), row.Holder, row.BirthDate, row.BirthRank)
	if err != nil {
		t.Fatal(err)
	}
	m, err := s.MatchOf(t.Context(), made, id)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestTheServiceTakesAwayNoOtherRecord than that of a pair it decides, in which nothing was declared.
func TestTheServiceTakesAwayNoOtherRecord(t *testing.T) {
	address := databases.New(t)
	owner := server(t, address, keyringtest.Keys())
	importAll(t, owner, registrytest.NewRegistry(owner, registrytest.NewClock()))
	importMany(t, owner, 3)
	m, used := inDoubt(t, owner, 1), inDoubt(t, owner, 2)
	g := registrytest.NewRegistry(owner, registrytest.NewClock())
	if _, err := g.DeclareEligibility(t.Context(), registry.Act{By: registrytest.Doctor("Martin"), Record: used.Other}, registrytest.EligibilityRequest()); err != nil {
		t.Fatal(err)
	}
	service, err := Open(t.Context(), address, Options{Service: true, Keys: keyringtest.Keys()})
	if err != nil {
		t.Fatal(err)
	}
	defer service.Close()
	const count = "SELECT CAST(COUNT(*) AS TEXT) FROM record"
	before := cell(t, owner, count)
	for _, sql := range []string{
		"INSERT INTO doubtful_match (record_num, other_num, reason, at) VALUES (1, 2, 'rank', 1)",
		"UPDATE doubtful_match SET record_num = 1", "UPDATE doubtful_match SET other_num = 1", "DELETE FROM doubtful_match",
		"UPDATE doubtful_match SET decision = 'same', gone = 1", "UPDATE doubtful_match SET gone = record_num",
		"UPDATE doubtful_match SET decision = 'two', gone = record_num",
		"UPDATE doubtful_match SET decision = 'same', gone = other_num WHERE other_num = (SELECT num FROM record WHERE id = '" + string(used.Other) + "')",
		"SELECT match_merged()", "INSERT INTO former_code (code, record_num, since) VALUES (7, 1, 1)",
		"UPDATE former_code SET record_num = 1", "DELETE FROM former_code",
	} {
		if err := execute(t, service, sql); err == nil {
			t.Errorf("the service did: %s", sql)
		}
	}
	if after := cell(t, owner, count); after != before {
		t.Errorf("%s records are left of %s", after, before)
	}
	if err := service.DecideMatch(t.Context(), m, registry.MatchSame, "agent:1", event(registry.ActionSamePerson)); err != nil {
		t.Fatal(err)
	}
	if found, err := service.FindByNIR(t.Context(), registrytest.NIR(60_000_001), event(registry.ActionSearchNIR), registry.Toll{}); err != nil || len(found) != 1 {
		t.Errorf("%d found, %v", len(found), err)
	}
}

// TestARunUnderWayCarriesTheCodeOfARecordThatGoes, which it drew before somebody decided, and nobody could see yet.
func TestARunUnderWayCarriesTheCodeOfARecordThatGoes(t *testing.T) {
	for name, small := range map[string]int64{"small runs": 1 << 40, "large runs": 1} {
		t.Run(name, func(t *testing.T) {
			s := server(t, databases.Fresh(t), keyringtest.Keys())
			s.engine.(*postgres).runs = runSizes{part: 100, small: small}
			importAll(t, s, registrytest.NewRegistry(s, registrytest.NewClock()))
			importMany(t, s, 3)
			alone, both, coded := inDoubt(t, s, 1), inDoubt(t, s, 2), inDoubt(t, s, 3)
			n := approvedRun(t, s, everybody(""))
			num := func(id registry.RecordID) string {
				return cell(t, s, "SELECT CAST(num AS TEXT) FROM record WHERE id = $1", string(id))
			}
			stays := num(alone.Other)
			for _, sql := range []string{
				"UPDATE campaign_run SET state = 'running', started_at = 1, highest = (SELECT MAX(num) FROM record)",
				fmt.Sprintf("SELECT target_open(%d)", n),
				fmt.Sprintf("INSERT INTO target_run_%d SELECT num, 1000 + num, %[1]d FROM record WHERE num <> %s", n, stays),
				fmt.Sprintf("INSERT INTO campaign_part VALUES (%d, 0, 0)", n), // all parts are done
				fmt.Sprintf("UPDATE record SET code = 999 WHERE num = %s", num(coded.Other)),
			} {
				if err := execute(t, s, sql); err != nil {
					t.Fatal(err)
				}
			}
			drawn := "1000 + " + num(alone.Record)
			for _, m := range []registry.DoubtfulMatch{alone, both, coded} {
				if err := s.DecideMatch(t.Context(), m, registry.MatchSame, "agent:1", event(registry.ActionSamePerson)); err != nil {
					t.Fatal(err)
				}
			}
			if err := carryOut(t.Context(), s, n); err != nil {
				t.Fatal(err)
			}
			checkCodes(t, s, 6)
			if got := cell(t, s, "SELECT CAST(COUNT(*) AS TEXT) FROM target WHERE record_num = "+stays+" AND code = "+drawn); got != "1" {
				t.Error("the code of the record that went is not of the one that stays")
			}
			run, err := s.Run(t.Context(), n)
			if err != nil || run.Targeted != 5 {
				t.Errorf("%d are targeted, %v", run.Targeted, err)
			}
		})
	}
}
