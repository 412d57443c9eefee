package document

import (
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"
)

// lettersColumns are the columns of the mail-merge file, docs/formats/letters.md: names that any software takes as
// fields of a letter.
var lettersColumns = []string{
	"envoi", "numero", "date_lettre", "campagne", "ouverture",
	"ligne1", "ligne2", "ligne3", "ligne4", "ligne5", "ligne6", "norme_postale",
	"code", "code_barres", "epellation",
	"lieu1", "lieu1_adresse", "lieu2", "lieu2_adresse", "lieu3", "lieu3_adresse", "rendez_vous",
}

// WriteLettersCSV writes the letters of a batch for a printer who sets them: the same values as WriteLetters, a line
// a letter, as they come. A letter that is not complete or has a text past its bounds is refused as WriteLetters does, and it stops there; that a
// text does not fit in its place shows on a page alone (errUnreadable): whoever sets it sees it. Without any letter it returns
// ErrNoLetter and writes nothing.
func WriteLettersCSV(w io.Writer, b Batch, letters iter.Seq2[Letter, error]) error {
	if err := b.check(); err != nil {
		return err
	}
	var out *csvFile
	for letter, err := range letters {
		if err != nil {
			return fmt.Errorf("document: reading the letters of a batch: %w", err)
		}
		if err := letter.check(); err != nil {
			return fmt.Errorf("letter %d of the batch: %w", letter.Number, err)
		}
		if out == nil {
			if out, err = newCSV(w); err != nil {
				return err
			}
			if err := out.line(lettersColumns); err != nil {
				return err
			}
		}
		if err := out.line(b.cells(letter)); err != nil {
			return err
		}
	}
	if out == nil {
		return ErrNoLetter
	}
	return out.end()
}

// cells are a letter's cells, one for each of lettersColumns.
func (b Batch) cells(l Letter) []string {
	address := l.Addressee.Lines()
	var lines [addressLines]string
	copy(lines[:], address)
	code := l.Code.Format()
	cells := append(make([]string, 0, len(lettersColumns)),
		b.Reference, strconv.Itoa(l.Number), b.Date.French(), b.Campaign, b.Opens.French())
	cells = append(append(cells, lines[:]...), strings.ToLower(yesNo(conforms(address))), code, l.Code.Compact())
	var spoken []string
	for group := range strings.SplitSeq(code, "-") {
		var signs []string
		for i := range len(group) {
			signs = append(signs, spelt(group[i]))
		}
		spoken = append(spoken, strings.Join(signs, ", "))
	}
	cells = append(cells, strings.Join(spoken, " – "))
	for i := range MaxLetterPlaces {
		if i < len(l.Places) {
			cells = append(cells, l.Places[i].Name, l.Places[i].AddressLine())
		} else {
			cells = append(cells, "", "")
		}
	}
	return append(cells, b.appointment(len(l.Places) > 0))
}
