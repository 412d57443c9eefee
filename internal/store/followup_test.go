package store

import (
	"testing"
	"time"

	"vaccin/internal/keyring/keyringtest"
	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
)

// TestWhomARunThatIsNotDoneGaveACodeIsFollowedByNone counts while the codes of a second run stand with those of the first, as they do for a moment before
// that run is done.
func TestWhomARunThatIsNotDoneGaveACodeIsFollowedByNone(t *testing.T) {
	onEachEngine(t, func(t *testing.T, address string) {
		s := server(t, address, keyringtest.Keys())
		importMany(t, s, 2)
		done := approvedRun(t, s, everybody(""))
		if err := carryOut(t.Context(), s, done); err != nil {
			t.Fatal(err)
		}
		g := registrytest.NewRegistry(s, registrytest.NewClock())
		if err := g.ImportPersons(t.Context(), registrytest.Doctor("Import"), persons(2, 1), "digest"); err != nil {
			t.Fatal(err)
		}
		underWay := approvedRun(t, s, everybody(""))
		if err := execute(t, s, "INSERT INTO target (record_num, code, run) SELECT MAX(num), 4711, $1 FROM record", underWay); err != nil {
			t.Fatal(err)
		}
		if err := s.CountFollowUps(t.Context(), time.Now(), time.Now(), registry.MustDate("2021-03-01")); err != nil {
			t.Fatal(err)
		}
		all, err := s.FollowUps(t.Context())
		if err != nil || len(all) != 1 || all[0].Run != done || all[0].Total().Targeted != 2 {
			t.Errorf("the follow-ups are %+v, %v", all, err)
		}
	})
}
