package browser_test

import (
	"context"
	"iter"
	"strings"
	"testing"
	"time"

	"vaccin/internal/registry"
	"vaccin/internal/registry/registrytest"
)

// inDoubt imports two persons whom a file gives the same number of their own.
func (s *running) inDoubt(t *testing.T) {
	t.Helper()
	rows := make([]registry.InsuredRow, 2)
	for i, born := range []string{"1948-03-12", "1948-12-03"} {
		row := registry.InsuredRow{Line: int64(i + 2), Patient: registrytest.Patient(70_000_001)}
		row.Own, row.Holder, row.BirthDate = registrytest.NIR(70_000_001), registrytest.NIR(70_000_001+i), registry.BirthDateOf(registry.MustDate(born))
		rows[i] = row
	}
	file := registry.PopulationFile{Digest: "in doubt", Parts: 1, PartSize: 1, Lines: 3}
	file.Read = func(context.Context, int) iter.Seq2[registry.PopulationPart, error] {
		return func(yield func(registry.PopulationPart, error) bool) {
			yield(registry.PopulationPart{Last: 3, Rows: rows}, nil)
		}
	}
	event := registry.Event{At: time.Now(), Action: registry.ActionImportPersons}
	imports := s.failing.Store.(registry.PopulationStore)
	if _, err := imports.ImportPopulation(t.Context(), file, event, registrytest.Random(77), func(registry.PopulationProgress) {}); err != nil {
		t.Fatal(err)
	}
}

// unseen lists the values of a table that are not seen whole in a narrow window before anything is scrolled sideways, or whose column is
// not named beside them.
const unseen = `JSON.stringify([...document.querySelectorAll(".app-table tbody tr")].flatMap(row => [...row.cells].slice(1).filter((cell, i) => {
	const box = cell.getBoundingClientRect(), text = document.createRange()
	text.selectNodeContents(cell)
	return text.getBoundingClientRect().right > innerWidth || box.right > innerWidth || !cell.innerText.startsWith(["Dossier du référentiel", "Autre dossier", "Comparaison"][i])
}).map(cell => row.cells[0].innerText + ": " + cell.innerText)))`

// sideBySide fails a comparison of two records of which one is out of sight in a narrow window, or no table to those who hear it.
func (w *tab) sideBySide() {
	w.t.Helper()
	w.resize(320, 800)
	var hidden []string
	if decode(w, unseen, &hidden); len(hidden) > 0 {
		w.t.Errorf("not seen in a window of 320 pixels: %s", strings.Join(hidden, "; "))
	}
	w.resize(1280, 900)
	if eval[bool](w, `document.querySelector(".app-table tbody td").innerText.includes("Dossier du référentiel")`) {
		w.t.Error("in a wide window each value says again what its column is")
	}
}

func matchStates(w *tab) {
	w.enterAsAgent("assistance")
	w.open("/rapprochements")
	w.says("Aucun rapprochement n’est à décider")
	w.examine("no doubtful match")
	site.inDoubt(w.t)
	w.open("/rapprochements")
	w.examine("doubtful matches")
	w.follow("Examiner")
	w.headed("Une personne ou deux")
	w.examine("doubtful match")
	w.sideBySide()
	w.send("Enregistrer la décision")
	w.says("Indiquez s’il s’agit de la même personne")
	w.examine("doubtful match errors")
	w.pick(registry.FieldMatch, string(registry.MatchTwo))
	w.send("Enregistrer la décision")
	w.says("ce sont deux personnes")
	w.examine("doubtful match decided")
}
