package targeting

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Report counts what became of the rows of a population file.
type Report struct {
	Read     int64 // rows, without the header and blank lines
	Accepted int64
	Rejected int64
	Warned   int64 // accepted, with something to check
}

// Add counts the rows of a part.
func (r *Report) Add(p Part) {
	r.Read += int64(p.Read)
	r.Accepted += int64(len(p.Rows))
	r.Rejected += int64(len(p.Rejected))
	last := int64(0)
	for _, m := range p.Warned { // those of one row follow one another
		if m.Line != last {
			r.Warned++
		}
		last = m.Line
	}
}

// DuplicateOf is the reason why a row is rejected that has the holder's NIR, birth date and rank of an earlier one.
func DuplicateOf(line int64) string {
	return "Cette personne est en double de la ligne " + strconv.FormatInt(line, 10) +
		" : même ouvrant droit, même date de naissance, même rang. Gardez une des deux lignes, ou corrigez le rang de jumeaux."
}

// DuplicateOwn is the reason why a row is rejected that has the NIR of its own and the birth date of an earlier one.
func DuplicateOwn(line int64) string {
	return "Cette personne est en double de la ligne " + strconv.FormatInt(line, 10) +
		" : même numéro personnel et même date de naissance, sous un autre ouvrant droit ou un autre rang. Gardez une des deux lignes."
}

// Fates of rows, as the file of remarks says them.
const (
	FateRejected = "rejetée"
	FateWarned   = "à vérifier" // and accepted, unless another of the file is found to be in double of the row
)

// RemarkWriter writes remarks as they come to a CSV for a French spreadsheet, so that none is kept: a file may have
// millions.
type RemarkWriter struct {
	file string
	out  *csv.Writer
}

// NewRemarkWriter starts a file of remarks about the population file of a name.
func NewRemarkWriter(w io.Writer, file string) (*RemarkWriter, error) {
	out := &RemarkWriter{file: unformula(file), out: csv.NewWriter(w)}
	out.out.Comma, out.out.UseCRLF = ';', true
	if _, err := io.WriteString(w, byteOrderMark); err != nil {
		return nil, fmt.Errorf("writing the remarks of an import: %w", err)
	}
	return out, out.write([]string{"fichier", "ligne", "colonne", "suite", "motif"})
}

// Write adds one remark.
func (w *RemarkWriter) Write(fate string, m Remark) error {
	return w.write([]string{w.file, strconv.FormatInt(m.Line, 10), m.Column, fate, unformula(m.Reason)})
}

func (w *RemarkWriter) write(cells []string) error {
	if err := w.out.Write(cells); err != nil {
		return fmt.Errorf("writing the remarks of an import: %w", err)
	}
	return nil
}

// WritePart adds the remarks of a part, in the order of its lines, and hands them to the file.
func (w *RemarkWriter) WritePart(p Part) error {
	rejected, warned := p.Rejected, p.Warned
	for len(rejected)+len(warned) > 0 {
		var err error
		if len(warned) == 0 || len(rejected) > 0 && rejected[0].Line < warned[0].Line {
			err, rejected = w.Write(FateRejected, rejected[0]), rejected[1:]
		} else {
			err, warned = w.Write(FateWarned, warned[0]), warned[1:]
		}
		if err != nil {
			return err
		}
	}
	return w.Flush()
}

// Flush hands what is written to the file.
func (w *RemarkWriter) Flush() error {
	w.out.Flush()
	if err := w.out.Error(); err != nil {
		return fmt.Errorf("writing the remarks of an import: %w", err)
	}
	return nil
}

// unformula marks with an apostrophe a cell that a spreadsheet would take for a formula: a file's name can be anything.
func unformula(cell string) string {
	start := strings.TrimLeft(cell, " \u00a0")
	if start != "" && strings.ContainsRune("=+-@\t\r＝＋－＠", []rune(start)[0]) {
		return "'" + cell
	}
	return cell
}
