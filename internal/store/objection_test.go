package store

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
)

// objecting registers a person who objected, took it back, and objects again.
func objecting(t *testing.T, g *registry.Registry) registry.RecordID {
	t.Helper()
	ctx, agent := t.Context(), registrytest.Support("Alex")
	id, _, err := g.Register(ctx, registrytest.Doctor("Martin"), registrytest.NIR(9_000), registrytest.RegistrationRequest())
	if err != nil {
		t.Fatal(err)
	}
	act := registry.Act{By: agent, Record: id}
	said := registry.ObjectionRequest{On: "01/02/2021", Channel: string(registry.ChannelPhone)}
	for i, send := range []func() (registry.Done, error){
		func() (registry.Done, error) { return g.RecordObjection(ctx, act, said) },
		func() (registry.Done, error) { return g.WithdrawObjection(ctx, act, said) },
		func() (registry.Done, error) { return g.RecordObjection(ctx, act, said) },
	} {
		if _, err := send(); err != nil {
			t.Fatal(i, err)
		}
	}
	return id
}

// TestAnObjectionThatCannotBeReadIsAnError damages one column after another: nobody is taken for who does not object.
func TestAnObjectionThatCannotBeReadIsAnError(t *testing.T) {
	for _, damage := range []string{
		"UPDATE entry SET content = json_replace(content, '$[1]', '2021-02-31') WHERE step = 3 AND number = 1", // on
		"UPDATE entry SET content = json_replace(content, '$[1]', '') WHERE step = 3 AND number = 2",
		"UPDATE entry SET content = json_replace(content, '$[3]', 'damaged!') WHERE step = 3", // declared
		"UPDATE entry SET content = json_replace(content, '$[3]', '-1') WHERE step = 3",
		"UPDATE entry SET content = json_replace(content, '$[0]', '2') WHERE step = 3",
		"UPDATE entry SET content = json_remove(content, '$[1]') WHERE step = 3",
		"UPDATE entry SET content = json_insert(content, '$[#]', 'damaged!') WHERE step = 3",
		"UPDATE entry SET content = 'damaged!' WHERE step = 3",
		"UPDATE entry SET signed_at = 'damaged!' WHERE step = 3",
		"UPDATE entry SET number = 0 WHERE step = 3 AND number = 2",
		"UPDATE entry SET number = 3 WHERE step = 3 AND number = 2",
		"UPDATE entry SET lot_number = 'damaged!' WHERE step = 3",
		"DELETE FROM entry WHERE step = 3 AND sequence = 1 AND number = 1",
		"DELETE FROM entry WHERE step = 3 AND sequence = 1",
		"UPDATE entry SET sequence = 3 WHERE step = 3 AND sequence = 2",
		"UPDATE entry SET step = 1 WHERE step = 3",
	} {
		t.Run(damage, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "store.db")
			_, g := openAt(t, path)
			id := objecting(t, g)
			if _, err := aside(t, path).ExecContext(t.Context(), damage); err != nil {
				t.Fatal(err)
			}
			r, err := g.Read(t.Context(), registrytest.Doctor("Martin"), id, registry.ActionRead)
			if err == nil || r.ID != "" || errors.Is(err, registry.ErrNoRecord) || registry.KindOf(err) != 0 {
				t.Errorf("the record read is %q, the error %v", r.ID, err)
			}
			if err != nil && strings.Contains(err.Error(), "damaged!") && !strings.Contains(damage, "signed_at") {
				t.Errorf("the error tells what was there: %v", err)
			}
		})
	}
}

// TestWhatRunsLookAtIsWhatTheRecordSays walks a person through every turn: the column by which runs and letters leave people
// out is the answer of the domain, on each engine.
func TestWhatRunsLookAtIsWhatTheRecordSays(t *testing.T) {
	for engine, address := range map[string]string{"SQLite": filepath.Join(t.TempDir(), "store.db"), "PostgreSQL": databases.Fresh(t), "PostgreSQL, merging": databases.Fresh(t)} {
		t.Run(engine, func(t *testing.T) {
			s, g := openAt(t, address)
			if engine == "PostgreSQL, merging" {
				merging(s)
			}
			id := objecting(t, g)
			martin, agent := registrytest.Doctor("Martin"), registrytest.Support("Alex")
			said := registry.ObjectionRequest{On: "01/02/2021", Channel: string(registry.ChannelPhone)}
			turns := []func() (registry.Done, error){
				func() (registry.Done, error) {
					return g.DeclareEligibility(t.Context(), registry.Act{By: martin, Record: id}, registrytest.EligibilityRequest())
				},
				func() (registry.Done, error) {
					return g.Annul(t.Context(), registry.Act{By: martin, Record: id, Reason: "erreur"})
				},
				func() (registry.Done, error) {
					return g.WithdrawObjection(t.Context(), registry.Act{By: agent, Record: id}, said)
				},
				func() (registry.Done, error) {
					return g.RecordObjection(t.Context(), registry.Act{By: agent, Record: id, Request: "again"}, said)
				},
			}
			var got []bool
			for i, turn := range turns {
				done, err := turn()
				if err != nil {
					t.Fatal(i, err)
				}
				column := cell(t, s, "SELECT CAST(COUNT(*) AS TEXT) FROM patient p, record r WHERE p.record_num = r.num AND p.objects AND r.id = $1", string(id)) == "1"
				if column != done.Record.Objects() {
					t.Errorf("turn %d: runs see %v, the record says %v", i, column, done.Record.Objects())
				}
				got = append(got, column)
			}
			if diff := cmp.Diff([]bool{false, true, false, true}, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
