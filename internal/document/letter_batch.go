package document

import (
	"io"
	"iter"

	"vaccin/internal/registry"
)

// LetterLayout is the version of the letters: a batch is printed again to the byte by a program of the same one alone. It
// grows with every change of what letters say or of how they are written, which a test notices.
const LetterLayout = 5

// Layouts of before, which are still printed.
const (
	// withoutPlaces is that of letters that list no vaccination places: the same bytes as those that have none near.
	withoutPlaces = 1
	// numbersParted is the last one whose addresses break between the number of a street and its name.
	numbersParted = 2
	// townsUnrouted is the last one whose addresses end with the town as the referential calls it, and break between any two words but a number and its street.
	townsUnrouted = 3
	// namesCut is the last one that breaks a name that no line holds at the end of the line, also within one of its parts.
	namesCut = 4
)

// Printer prints the batches of package registry with texts that are settings of the service.
func Printer(texts registry.LetterTexts) registry.BatchPrinter {
	return registry.BatchPrinter{
		Texts: texts, Until: until, Layout: LetterLayout, Earlier: []int{withoutPlaces, numbersParted, townsUnrouted, namesCut}, Places: withoutPlaces + 1,
		Fits: fits, Print: PrintBatch,
	}
}

// fits tells whether a letter to someone can be printed: a few signs are many times as wide as they were typed once they are laid out. In
// CSV they are as they were typed: what room there is on paper is the printer's affair.
func fits(kind registry.BatchKind, to *registry.Recipient) bool {
	a := letterTo(*to).Addressee
	if err := a.check(); err != nil || kind == registry.BatchCSV {
		return err == nil
	}
	r, err := defaultRenderer()
	if err != nil {
		return true // and the printing says why nothing can be printed
	}
	_, f := layOut(a, face{font: r.regular})
	return f.size >= leastText
}

// until says until when one may object, of the step that ends it (registry.Reference.ObjectionLimit).
func until(step registry.Step) string {
	if step == registry.StepFirstDose {
		return ObjectionUntilVaccination
	}
	return ObjectionUntilAgreement
}

// PrintBatch writes the letters of a batch in the form that was asked for.
func PrintBatch(w io.Writer, b registry.Batch, recipients iter.Seq2[registry.Recipient, error]) error {
	common := Batch{Reference: b.Reference(), Campaign: b.Campaign, Opens: b.Opens, Date: b.Date, Texts: b.Texts}
	letters := func(yield func(Letter, error) bool) {
		for r, err := range recipients {
			if b.Layout == withoutPlaces {
				r.Near = nil
			}
			letter := letterTo(r)
			letter.Addressee.layout = b.Layout
			if !yield(letter, err) {
				return
			}
		}
	}
	if b.Kind == registry.BatchCSV {
		return WriteLettersCSV(w, common, letters)
	}
	return WriteLetters(w, common, letters)
}

// letterTo is the letter to someone.
func letterTo(r registry.Recipient) Letter {
	return Letter{
		Number: r.Number, Code: r.Code, Places: r.Near,
		Addressee: Addressee{
			Name: NameLine(r.GivenNames, r.UsedName), Street: []string{r.Address},
			PostalCode: r.Locality.PostalCode, Town: r.Locality.Name,
		},
	}
}
