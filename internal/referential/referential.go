// Package referential holds the dated reference data that ship with the service and reads the files
// that add to them: the official open files (La Poste, data.gouv.fr, FINESS) and our own formats, told
// in docs/formats. A reader turns a file into rows of the domain and a report of what it refused; it
// writes nothing. The package knows no database: Apply and Seed hand changes to a
// registry.ReferenceStore.
package referential

import (
	"fmt"
	"maps"
	"slices"

	"vaccin/internal/registry"
)

// Codes of the place types that ship, in the guide's order. The data are in builtin/place_types.csv.
const (
	PlaceEHPAD             = "EHPAD"
	PlaceCentre            = registry.PlaceTypeCentre
	PlaceUSLD              = "USLD"
	PlaceResidenceAutonomy = "RESIDENCE_AUTONOMIE"
	PlaceResidenceService  = "RESIDENCE_SERVICE"
	PlaceMASFAM            = "MAS_FAM"
	PlaceOtherMedicoSocial = "AUTRE_MEDICO_SOCIAL"
	PlaceOtherHealth       = "AUTRE_SANTE"
	PlacePractice          = "CABINET"
	PlaceHome              = "DOMICILE"
	PlaceMigrantHostel     = "FOYER_MIGRANT"
	PlaceOther             = "AUTRE"
)

// Codes of the vaccines that ship. The data are in builtin/vaccines.csv.
const (
	VaccineComirnaty   = "COMIRNATY"
	VaccineModerna     = "MODERNA"
	VaccineAstraZeneca = "ASTRAZENECA"
	VaccineJanssen     = "JANSSEN"
)

// Reader reads one kind of file. It returns the rows it accepts and a report of the others. Its error
// is a French sentence for the operator (registry.KindInvalid) when the file as a whole is not of that
// kind, or the failure to read it.
type Reader func(*Source) (registry.ReferenceChange, Report, error)

// Report tells what became of the rows of a file.
type Report struct {
	File       string
	Encoding   Encoding
	Read       int // rows, without the header and blank lines
	Accepted   int
	Duplicates int         // repeated rows that said nothing new
	Rejected   []Remark    // rows that are not taken, one remark each
	Warned     []Remark    // rows that are taken, with something to check
	Skipped    []SkipCount // rows that are right but not wanted, by reason
	Undated    []string    // identifiers of places that are said to be closed, nobody tells since when
}

// Remark is what was found about a row. It never quotes the row.
type Remark struct {
	Line   int    // in the file, from 1
	Column string // as the format names it; empty when the row as a whole is meant
	Reason string // in French
}

// Where says before a remark what it is about: « Ligne 12, age_minimum : ».
func (r Remark) Where() string {
	switch {
	case r.Line == 0 && r.Column == "":
		return ""
	case r.Line == 0:
		return r.Column + "\u00a0: "
	case r.Column == "":
		return fmt.Sprintf("Ligne %d\u00a0: ", r.Line)
	}
	return fmt.Sprintf("Ligne %d, %s\u00a0: ", r.Line, r.Column)
}

// SkipCount is how many rows were left out for a reason.
type SkipCount struct {
	Reason string
	Rows   int
}

// SkippedRows is the number of rows left out, all reasons together.
func (r Report) SkippedRows() int {
	total := 0
	for _, s := range r.Skipped {
		total += s.Rows
	}
	return total
}

// skips counts rows by reason and lists them, the most frequent first.
type skips map[string]int

func (s skips) list() []SkipCount {
	reasons := slices.Sorted(maps.Keys(s))
	counts := make([]SkipCount, 0, len(reasons))
	for _, reason := range reasons {
		counts = append(counts, SkipCount{reason, s[reason]})
	}
	slices.SortStableFunc(counts, func(a, b SkipCount) int { return b.Rows - a.Rows })
	return counts
}

func invalid(format string, args ...any) error { return registry.Invalid(fmt.Sprintf(format, args...)) }
