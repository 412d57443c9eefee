package targeting

import (
	"strings"

	"vaccin/internal/registry"
)

// warn tells what is odd about a row that is taken. What a NIR says of its bearer's sex and birth is the history of a
// registration and no fact about them (package nir): the two may differ and both be right, so that a difference never
// keeps a person out. It may be a slip all the same, and whoever keeps the file should look.
func (r *rowReader) warn(row *Row) {
	if !row.Own.IsZero() {
		r.warnOfNumber(row)
	}
	if monthFirst(r.cell(colBirthDate)) {
		r.remark(colBirthDate, "Le mois de naissance dépasse 12\u00a0: la date est gardée comme «\u00a0lunaire\u00a0». Si le fichier écrit le mois avant le jour, "+
			"écrivez le jour d’abord, dans toutes ses lignes.")
	}
	place := row.Locality
	switch {
	case place.PostalCode == "" && place.Name != "":
		reason := "La commune n’a pas de code postal. Complétez-le\u00a0: sans lui, aucune lettre n’est envoyée à la personne"
		if registry.DepartmentOf("", place.CommuneCode) == "" {
			reason += ", qui n’est d’aucun département"
		}
		r.remark(colPostalCode, reason+".")
	case place.PostalCode != "" && place.Name == "":
		r.remark(colCommune, "Le code postal n’a pas de commune. Complétez-la\u00a0: sans elle, aucune lettre n’est envoyée à la personne.")
	}
	if row.Establishment != "" && row.Residence == registry.ResidenceHome {
		r.remark(colEstablishment, "Un établissement est indiqué pour une personne qui vit à domicile. Vérifiez sa résidence.")
	}
}

func (r *rowReader) remark(at column, reason string) {
	r.part.Warned = append(r.part.Warned, Remark{r.line, columnNames[at], reason})
}

// warnOfNumber holds the person's own NIR against their sex and birth date, as far as what its first digit announces
// is published: 5 and 6 say no sex, and 5 to 8 no date.
func (r *rowReader) warnOfNumber(row *Row) {
	said := r.cell(colOwn)
	if len(said) < 5 || !digits(said[:5]) { // spaced
		said = row.Own.Digits()
	}
	first := said[0] - '0'
	if first != 5 && first != 6 && (first%2 == 0) != (row.Sex == registry.Female) {
		r.remark(colSex, "Le sexe n’est pas celui qu’annonce le NIR de la personne. Vérifiez l’un et l’autre.")
	}
	if first >= 5 {
		return
	}
	born := row.BirthDate.Digits()
	if said[1:3] != born[2:4] {
		r.remark(colBirthDate, "L’année de naissance n’est pas celle qu’annonce le NIR de la personne. Vérifiez l’une et l’autre.")
		return
	}
	calendar := func(month string) bool { return month >= "01" && month <= "12" }
	if calendar(said[3:5]) && calendar(born[4:6]) && said[3:5] != born[4:6] {
		r.remark(colBirthDate, "Le mois de naissance n’est pas celui qu’annonce le NIR de la personne. Vérifiez l’un et l’autre.")
	}
}

// monthFirst tells whether a birth date written with strokes would be a day of the calendar with its month before its day.
// Of a whole file written so, these are the rows that show it: the others tell another day, and nothing gives them away.
func monthFirst(text string) bool {
	if !strings.Contains(text, "/") { // of tens of millions of dates hardly one is read again
		return false
	}
	born, ok := readDay(text)
	swapped := day(born.year()*10000 + born.of()*100 + born.month())
	return ok && born.month() > 12 && !swapped.lunar() && !swapped.tooMany()
}
