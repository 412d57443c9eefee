package web

import (
	"slices"
	"testing"

	"vaccin/internal/registry"
)

// Whoever decides sees all that tells two persons apart.
func TestAllThatTwoRecordsSayIsShown(t *testing.T) {
	var labels []string
	for _, row := range matchRows(registry.Record{}, registry.Record{}) {
		labels = append(labels, row.label)
	}
	if want := []string{
		"Nom de naissance", "Nom d’usage", "Prénoms", "Sexe", "Date de naissance", "Date de décès", "Rang de naissance", "NIR de l’ouvrant droit", "NIR personnel",
		"Adresse", "Commune", "Téléphone", "Adresse électronique", "Code de ciblage", "Vaccination",
	}; !slices.Equal(labels, want) {
		t.Errorf("%q", labels)
	}
}

func TestWhatTwoRecordsSayIsCompared(t *testing.T) {
	for _, c := range []struct {
		row  matchRow
		want string
	}{
		{matchRow{"", "", "", true}, "Non renseigné des deux côtés"},
		{matchRow{"", "a", "", false}, "Non renseigné d’un côté"},
		{matchRow{"", "", "a", false}, "Non renseigné d’un côté"},
		{matchRow{"", "a", "A", true}, "Identique"},
		{matchRow{"", "a", "b", false}, "Différent"},
	} {
		if got := c.row.comparison(); got != c.want {
			t.Errorf("%q and %q: %s", c.row.file, c.row.other, got)
		}
	}
	for text, want := range map[string]string{"": "non renseigné", "a": "a"} {
		if got := orNone(text); got != want {
			t.Errorf("%q is shown as %q", text, got)
		}
	}
}
