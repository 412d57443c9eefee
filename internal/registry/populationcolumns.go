package registry

import (
	"slices"
	"strings"
)

// What a column tells goes with it: a newer file that lacks the column tells nobody's, and what is not told is erased. Who lacks one by a
// slip, a misspelt header, would empty a country of it, so that they are asked.

// OwnColumn is the column of the own NIR, which stays where a newer file does not tell it.
const OwnColumn = "nir"

// Erased are those columns of an earlier file that this one lacks: what was told there goes, of everybody in this one.
func (f PopulationFile) Erased(earlier []string) (erased []string) {
	if len(f.Columns) == 0 {
		return nil
	}
	for _, column := range earlier {
		if column != OwnColumn && !slices.Contains(f.Columns, column) {
			erased = append(erased, column)
		}
	}
	return erased
}

// MayFollow refuses a file that erases columns of an earlier one, unless it was said of each of them that this is meant: an answer is about
// columns by their names, so that it never serves for another.
func (f PopulationFile) MayFollow(earlier []string) error {
	erased := f.Erased(earlier)
	for _, column := range erased {
		if !slices.Contains(f.Erasing, column) {
			return &Error{Kind: KindUnconfirmed, Message: absentColumns(erased)}
		}
	}
	return nil
}

// absentColumns asks for columns, or for a word that they are meant to be absent.
func absentColumns(names []string) string {
	lacks, said, add := "la colonne ", "Ce qu’elle disait", "Ajoutez-la"
	if len(names) > 1 {
		lacks, said, add = "les colonnes ", "Ce qu’elles disaient", "Ajoutez-les"
	}
	return "Rien n’a été importé\u00a0: ce fichier n’a pas " + lacks + Enumerate(names, "et") + ", que celui du dernier import terminé avait. " +
		said + " serait effacé pour toutes les personnes de ce fichier. " + add + " au fichier, ou, si cela doit être effacé, relancez la même commande avec «\u00a0--erase-absent-columns " +
		strings.Join(names, ",") + "\u00a0»."
}
