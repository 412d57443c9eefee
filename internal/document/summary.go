// Package document turns the summary of one step of a patient's record into the
// documents handed over: a PDF page and a CSV file; and the letters to targeted
// people into the paper and the file that leave for the post.
//
// A Summary is the one value behind the web page, the PDF and the CSV, so that
// the three cannot disagree: whatever is decided about a document (its title,
// whether it is a « Rectificatif », which rows it shows) is decided before, in
// the value, and the writers here only lay it out.
//
// The package does no I/O of its own but the io.Writer it is given; it knows no
// HTTP, no store and no clock: the same Summary gives the same bytes.
package document

import (
	"strconv"
	"time"
)

// Summary is the one value from which the page, the PDF and the CSV are made.
// Every text in it is French, ready to be read by the patient.
type Summary struct {
	// Kind names the step in file names, in ASCII: "eligibilite",
	// "vaccination-1", "vaccination-2".
	Kind string
	// Title heads the document, e.g. « Synthèse de la déclaration d’éligibilité »,
	// or the « Rectificatif… » title.
	Title string
	// Subtitle says, when Rectified, what this is a rectification of; it may be
	// empty.
	Subtitle string
	// Rectified tells that an earlier version of the entry exists.
	Rectified bool
	// Annulled tells that the step was entered in error: the documents say
	// « ANNULÉ » across the page.
	Annulled bool
	// Code is the patient's target code formatted for people, "ABCD-EFGH-JKL";
	// it is never empty.
	Code string
	// CodeCompact is the content of the barcode, "ABCDEFGHJKL".
	CodeCompact string
	// Version is 1 for the first entry, and one more for each rectification.
	Version int
	// ValidatedAt is when this version was validated, in the time zone to print.
	ValidatedAt time.Time
	// Sections are the facts, in reading order.
	Sections []Section
	// Notices are sentences to the patient, e.g. from when to book the second
	// appointment.
	Notices []Notice
	// Signatory is who signs and where, e.g. "Dr Camille MARTIN, EHPAD Les Glycines".
	Signatory string
}

// Section is a titled group of rows.
type Section struct {
	Title string
	Rows  []Row
	// Absent are the rows that this summary does not have and another of its
	// kind may end the section with: the CSV has their columns, empty, so that
	// the files of many patients can be put together.
	Absent []Row
}

// end adds a last row, which is absent when there is nothing to say.
func (s *Section) end(row Row) {
	if row.Value == "" {
		s.Absent = append(s.Absent, row)
		return
	}
	s.Rows = append(s.Rows, row)
}

// Row is one fact: a label and its value.
type Row struct {
	// Key is a stable ASCII name for software and tests, e.g. "lotNumber".
	Key string
	// Label and Value are what a person reads.
	Label, Value string
}

// Notice is a sentence to the patient.
type Notice struct {
	// Strong sets the notice apart in a box.
	Strong bool
	// Text is the sentence.
	Text string
	// Link is an optional address, printed as text because paper has no links.
	Link string
}

// FileName returns the name under which the document is offered for download,
// e.g. "synthese-vaccination-1.pdf", "synthese-vaccination-1-v2.pdf" for a
// rectification. It holds nothing about the patient, for file names are seen in
// download lists, shared folders and logs.
func (s Summary) FileName(ext string) string {
	name := "synthese-" + s.Kind
	if s.Version > 1 {
		name += "-v" + strconv.Itoa(s.Version)
	}
	return name + "." + ext
}
