package registry

import (
	"strings"
	"testing"
)

// TestAFileThatErasesColumnsIsAskedAboutThem: what is said names each, what goes with it, and the two ways on.
func TestAFileThatErasesColumnsIsAskedAboutThem(t *testing.T) {
	for _, c := range []struct{ earlier, columns, erasing, want string }{
		{"rang nir email", "rang email", "", ""}, // an own NIR stays
		{"rang email", "email rang telephone", "", ""},
		{"", "rang", "", ""},
		{"rang email", "", "", ""}, // of no file
		{
			"rang nir email", "rang", "telephone", "Rien n’a été importé : ce fichier n’a pas la colonne email, que celui du dernier import terminé avait. " +
				"Ce qu’elle disait serait effacé pour toutes les personnes de ce fichier. Ajoutez-la au fichier, ou, si cela doit être effacé, " +
				"relancez la même commande avec « --erase-absent-columns email ».",
		},
		{
			"rang commune email ald", "rang", "commune", "Rien n’a été importé : ce fichier n’a pas les colonnes commune, email et ald, que celui du dernier import terminé avait. " +
				"Ce qu’elles disaient serait effacé pour toutes les personnes de ce fichier. Ajoutez-les au fichier, ou, si cela doit être effacé, " +
				"relancez la même commande avec « --erase-absent-columns commune,email,ald ».",
		},
		{"rang commune email", "rang", "email commune", ""},
	} {
		got := ""
		if err := (PopulationFile{Columns: strings.Fields(c.columns), Erasing: strings.Fields(c.erasing)}).MayFollow(strings.Fields(c.earlier)); err != nil {
			got = strings.ReplaceAll(err.Error(), "\u00a0", " ")
			if KindOf(err) != KindUnconfirmed {
				t.Errorf("%q is of the kind %d", got, KindOf(err))
			}
		}
		if got != c.want {
			t.Errorf("a file of %q after one of %q: %q, not %q", c.columns, c.earlier, got, c.want)
		}
	}
}
