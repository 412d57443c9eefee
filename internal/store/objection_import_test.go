package store

import (
	"testing"

	"vaccin/internal/keyring/keyringtest"
	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
)

// TestANewerFileBringsNoObjectionBack: who objects still does, and who took it back does not, whatever the file says of them.
func TestANewerFileBringsNoObjectionBack(t *testing.T) {
	onEachEngine(t, func(t *testing.T, address string) {
		if IsDatabase(address) {
			address = databases.Fresh(t)
		}
		s := server(t, address, keyringtest.Keys())
		if _, err := importPopulation(t.Context(), s, populationOf(300, 100, "Durand")); err != nil {
			t.Fatal(err)
		}
		g := registrytest.NewRegistry(s, registrytest.NewClock())
		said := registry.ObjectionRequest{On: "01/02/2021", Channel: string(registry.ChannelMail)}
		objects := registry.RecordID(cell(t, s, "SELECT MIN(id) FROM record"))
		withdrew := registry.RecordID(cell(t, s, "SELECT MAX(id) FROM record"))
		for _, id := range []registry.RecordID{objects, withdrew} {
			if _, err := g.RecordObjection(t.Context(), registry.Act{By: registrytest.Support("Alex"), Record: id}, said); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := g.WithdrawObjection(t.Context(), registry.Act{By: registrytest.Support("Alex"), Record: withdrew}, said); err != nil {
			t.Fatal(err)
		}
		if _, err := importPopulation(t.Context(), s, populationOf(300, 100, "Nouveau")); err != nil {
			t.Fatal(err)
		}
		for id, want := range map[registry.RecordID]bool{objects: true, withdrew: false} {
			facts, err := s.Facts(t.Context(), id, registry.Wanted{})
			if err != nil || facts.Record.Objects() != want || facts.Record.Patient.UsedName != "Nouveau" {
				t.Errorf("objects: %v, %v, %s", facts.Record.Objects(), err, facts.Record.Patient.UsedName)
			}
			column := cell(t, s, "SELECT CAST(COUNT(*) AS TEXT) FROM patient p, record r WHERE r.num = p.record_num AND p.objects AND r.id = $1", string(id))
			if (column == "1") != want {
				t.Errorf("the column says %s", column)
			}
		}
	})
}
