package document

import (
	"encoding/csv"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// CSV writes the summary for a French spreadsheet: semicolons, UTF-8 with a byte
// order mark (without it Excel reads Windows-1252), lines ended by CR LF.
//
// The shape is that of an export: one line of labels, one line of values. A
// practice can paste the second line of each file under the same labels and
// obtain its table of patients, and any software reads it without knowing this
// service. A label is preceded by its section's title, because « Nom » may be the
// patient's, the prescriber's or the vaccinator's.
//
// Cells that a spreadsheet would run or alter are marked: see guard.
func (s Summary) CSV(w io.Writer) error {
	labels, values := s.columns()
	return WriteCSV(w, [][]string{labels, values})
}

// WriteCSV writes lines of cells as Summary.CSV does, each cell cleaned and guarded.
func WriteCSV(w io.Writer, lines [][]string) error {
	out, err := newCSV(w)
	if err != nil {
		return err
	}
	for _, line := range lines {
		if err := out.line(line); err != nil {
			return err
		}
	}
	return out.end()
}

// csvFile is a file of lines of cells, written as they come.
type csvFile struct {
	out   *csv.Writer
	cells []string
}

// newCSV begins a file.
func newCSV(w io.Writer) (*csvFile, error) {
	if _, err := io.WriteString(w, "\uFEFF"); err != nil {
		return nil, fmt.Errorf("document: writing a CSV: %w", err)
	}
	out := csv.NewWriter(w)
	out.Comma, out.UseCRLF = ';', true
	return &csvFile{out: out}, nil
}

// line writes a line, each cell cleaned and guarded.
func (f *csvFile) line(line []string) error {
	f.cells = f.cells[:0]
	for _, cell := range line {
		f.cells = append(f.cells, guard(clean(cell)))
	}
	if err := f.out.Write(f.cells); err != nil {
		return fmt.Errorf("document: writing a CSV: %w", err)
	}
	return nil
}

// end writes what still waits.
func (f *csvFile) end() error {
	if f.out.Flush(); f.out.Error() != nil {
		return fmt.Errorf("document: writing a CSV: %w", f.out.Error())
	}
	return nil
}

// columns returns the labels, each one different, and the values.
func (s Summary) columns() (labels, values []string) {
	seen := make(map[string]int)
	add := func(label, value string) {
		label = clean(label)
		seen[label]++
		if n := seen[label]; n > 1 {
			label += " (" + strconv.Itoa(n) + ")"
		}
		labels = append(labels, label)
		values = append(values, clean(value))
	}
	add("Document", s.Title)
	add("Précision", s.Subtitle)
	add("Version", strconv.Itoa(s.Version))
	add("État", s.state())
	add("Validé le", s.ValidatedAt.Format("02/01/2006 15:04"))
	add("Code du patient", s.Code)
	for _, section := range s.Sections {
		for _, row := range slices.Concat(section.Rows, section.Absent) {
			label := row.Label
			if section.Title != "" {
				label = section.Title + " – " + row.Label
			}
			add(label, row.Value)
		}
	}
	for _, notice := range s.Notices {
		add("Information", strings.TrimSpace(notice.Text+" "+notice.Link))
	}
	add("Signataire", s.Signatory)
	return labels, values
}

// state says in one word what this version is worth.
func (s Summary) state() string {
	switch {
	case s.Annulled:
		return "Annulé"
	case s.Rectified:
		return "Rectifié"
	default:
		return "Validé"
	}
}

// clean makes a cell of one line: line breaks and tabs become spaces, what
// nobody can read (control characters, invalid UTF-8) becomes visible.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t' || r == '\n' || r == '\r' || r == '\u0085' || r == '\u2028' || r == '\u2029':
			return ' '
		case unprintable(r):
			return unicode.ReplacementChar
		case r == '\uFEFF':
			return -1 // would be taken for a second byte order mark
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
}

// guard marks with an apostrophe, the spreadsheets' own sign for « this is text »,
// a cell that a spreadsheet would not show as it is:
//   - a formula, even after spaces or written full-width: it could run a command;
//     a telephone number +33 6 12 34 56 78 is one of them and stays readable;
//   - a number that would lose its zeros (01000 → 1000), its digits or its
//     spaces (a NIR, a telephone number), or become a power of ten (lot 12E45);
//   - what would become another date (lot 3-12 → 3 December, « 4 mars »). Whole
//     dates, 27/12/2020, are left: a spreadsheet shows them the same and sorts them.
//
// A cell that begins with an apostrophe gets one more, so that taking one off
// always gives back the text.
func guard(cell string) string {
	if strings.HasPrefix(cell, "'") || isFormula(cell) || wouldChange(cell) {
		return "'" + cell
	}
	return cell
}

// isFormula tells whether the first character that is not blank starts a formula.
// Marks that show nothing count as blank: they are dropped by some importers.
func isFormula(cell string) bool {
	cell = strings.TrimLeftFunc(cell, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r)
	})
	return cell != "" && strings.ContainsRune("=+-@＝＋－＠−﹢﹣﹦﹫", []rune(cell)[0])
}

var (
	blanks    = strings.NewReplacer(" ", "", "\u00A0", "", "\u202F", "", "\u2009", "")
	number    = regexp.MustCompile(`^\d+([.,]\d+)*$`)
	power     = regexp.MustCompile(`(?i)^\d+([.,]\d*)?e\d+$`)
	wholeDate = regexp.MustCompile(`^\d{2}/\d{2}/\d{4}( \d{2}:\d{2})?$`)
	partDate  = regexp.MustCompile(`^\d{1,4}([-/.:]\d{1,4}){1,3}$`)
	monthName = regexp.MustCompile(`(?i)^\d{0,4}[ ./-]*(janv?(ier|uary)?|f[ée]vr?(ier)?|feb(ruary)?|mars?|march|avr(il)?|apr(il)?|` +
		`mai|may|juin|june?|juil(let)?|july?|ao[uû]t|aug(ust)?|sept?(embre|ember)?|oct(obre|ober)?|nov(embre|ember)?|` +
		`d[ée]c(embre|ember)?)\.?[ ./-]*\d{0,4}([ ./-]+\d{1,4})?$`)
)

// longestNumber is how many digits Excel shows before it turns to powers of ten.
const longestNumber = 11

// wouldChange tells whether a spreadsheet would turn the text into something else.
func wouldChange(cell string) bool {
	compact := blanks.Replace(cell)
	switch {
	case compact == "" || wholeDate.MatchString(cell):
		return false
	case number.MatchString(compact):
		zeros := len(compact) > 1 && compact[0] == '0'
		return zeros || len(compact) > longestNumber || compact != cell || strings.ContainsAny(cell, ".,")
	case power.MatchString(compact), partDate.MatchString(compact):
		return true
	}
	return strings.ContainsAny(cell, "0123456789") && monthName.MatchString(cell)
}
