package referential

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// WriteCSV writes what the operator has to look at, for a French spreadsheet: rejected rows, rows with
// a warning, and how many were left out and why.
func (r Report) WriteCSV(w io.Writer) error {
	if _, err := io.WriteString(w, byteOrderMark); err != nil {
		return fmt.Errorf("writing the report of an import: %w", err)
	}
	out := csv.NewWriter(w)
	out.Comma, out.UseCRLF = ';', true
	rows := [][]string{{"fichier", "ligne", "colonne", "suite", "motif"}}
	add := func(line, column, fate, reason string) {
		rows = append(rows, []string{unformula(r.File), line, unformula(column), fate, unformula(reason)})
	}
	for _, m := range r.Rejected {
		add(strconv.Itoa(m.Line), m.Column, "rejetée", m.Reason)
	}
	for _, m := range r.Warned {
		add(strconv.Itoa(m.Line), m.Column, "acceptée, à vérifier", m.Reason)
	}
	for _, s := range r.Skipped {
		add("", "", "laissées de côté : "+strconv.Itoa(s.Rows), s.Reason)
	}
	if err := out.WriteAll(rows); err != nil {
		return fmt.Errorf("writing the report of an import: %w", err)
	}
	return nil
}

// unformula marks with an apostrophe a cell that a spreadsheet would take for a formula: a file's name
// can be anything.
func unformula(cell string) string {
	if strings.ContainsRune("=+-@\t\r＝＋－＠", firstRune(strings.TrimLeft(cell, " \u00a0"))) {
		return "'" + cell
	}
	return cell
}

func firstRune(text string) rune {
	for _, r := range text {
		return r
	}
	return 0
}
