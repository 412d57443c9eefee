package referential

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"vaccin/internal/registry"
)

// row is a row being read. The first problem found decides its fate: once there is one, what its
// methods return is not used.
type row struct {
	line      int
	cells     []string
	index     map[string]int
	problem   *Remark
	warned    []Remark
	skipped   string // why the row is not wanted
	duplicate bool
}

func (r *row) ok() bool { return r.problem == nil }

func (r *row) reject(column, reason string) {
	if r.problem == nil {
		r.problem = &Remark{r.line, column, reason}
	}
}

func (r *row) warn(column, reason string) {
	r.warned = append(r.warned, Remark{r.line, column, reason})
}

// optional returns a cell, trimmed and with single spaces; empty when the file has no such column.
func (r *row) optional(column string, limit int) string {
	at, ok := r.index[column]
	if !ok || at >= len(r.cells) {
		return ""
	}
	raw := r.cells[at]
	if !utf8.ValidString(raw) {
		r.reject(column, "La cellule contient des caractères illisibles.")
		return ""
	}
	text := strings.Join(strings.Fields(raw), " ")
	for _, c := range text {
		if c == utf8.RuneError {
			r.reject(column, "La cellule contient des caractères illisibles.")
			return ""
		}
		if unicode.IsControl(c) || unicode.Is(unicode.Cf, c) {
			r.reject(column, "La cellule contient un caractère invisible.")
			return ""
		}
	}
	if utf8.RuneCountInString(text) > limit {
		r.reject(column, fmt.Sprintf("La cellule a plus de %d caractères.", limit))
		return ""
	}
	return text
}

// text returns a cell that may not be empty.
func (r *row) text(column string, limit int) string {
	text := r.optional(column, limit)
	if text == "" {
		r.reject(column, "La cellule est vide.")
	}
	return text
}

// code returns a cell that may hold only capitals, digits and the signs given.
func (r *row) code(column string, limit int, signs string) string {
	text := r.text(column, limit)
	for _, c := range text {
		if (c < 'A' || c > 'Z') && (c < '0' || c > '9') && !strings.ContainsRune(signs, c) {
			r.reject(column, "La cellule ne peut avoir que des capitales sans accent, des chiffres"+orSigns(signs)+".")
			return ""
		}
	}
	return text
}

func orSigns(signs string) string {
	if signs == "" {
		return ""
	}
	return " et les signes " + strings.Join(strings.Split(signs, ""), " ")
}

// number returns a whole number between two bounds.
func (r *row) number(column string, least, most int) int {
	text := r.text(column, 20)
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		r.reject(column, fmt.Sprintf("La cellule doit être un nombre entier de %s à %s.", registry.FrenchNumber(least), registry.FrenchNumber(most)))
		return 0
	}
	return n
}

// Dates of reference data are those of the campaign and the years after it: another one is a slip.
const (
	firstYear = 2020
	lastYear  = 2099
)

// date returns a day written 2021-01-11 or 11/01/2021.
func (r *row) date(column string) registry.Date {
	text := r.text(column, 30)
	if text == "" {
		return registry.Date{}
	}
	day, err := registry.ParseDate(text)
	switch {
	case err != nil:
		r.reject(column, "La date n’est pas lisible : écrivez-la 11/01/2021 ou 2021-01-11.")
	case day.Year < firstYear || day.Year > lastYear:
		r.reject(column, fmt.Sprintf("L’année de la date n’est pas entre %d et %d.", firstYear, lastYear))
	}
	return day
}

// optionalDate returns a day, or none when the cell is empty.
func (r *row) optionalDate(column string) registry.Date {
	if r.optional(column, 30) == "" {
		return registry.Date{}
	}
	return r.date(column)
}

// yes returns the answer of a cell: oui or non.
func (r *row) yes(column string) bool {
	switch registry.Fold(r.text(column, 10)) {
	case "oui":
		return true
	case "non":
		return false
	}
	r.reject(column, "La cellule doit être « oui » ou « non ».")
	return false
}

// postalCode returns a French or Monegasque postal code.
func (r *row) postalCode(column string) string {
	code := r.text(column, 10)
	if !allDigits(code) || len(code) != 5 {
		r.reject(column, "Le code postal doit avoir 5 chiffres.")
		return ""
	}
	switch department := code[:2]; department {
	case "99":
		r.reject(column, "Le code postal est celui d’un pays étranger.")
	case "00", "96":
		r.reject(column, "Ce code postal n’existe pas.")
	}
	return code
}

func allDigits(text string) bool { return text != "" && strings.Trim(text, "0123456789") == "" }

// luhn tells whether a row of digits ends with its Luhn check digit.
func luhn(digits string) bool {
	sum := 0
	for i := range len(digits) {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}
