package targeting

import (
	"fmt"
	"strings"

	"vaccin/internal/registry"
)

// readInsured reads what campaigns ask about.
func (r *rowReader) readInsured(row *Row) (column, string) {
	var ok bool
	if row.Residence, ok = r.residences.read(r.cell(colResidence)); !ok {
		return colResidence, r.residences.reason("Ce type de résidence")
	}
	if row.Establishment = r.cell(colEstablishment); row.Establishment != "" && !finess(row.Establishment) {
		return colEstablishment, "Le numéro Finess n’a pas 9 caractères, chiffres ou capitales. Vérifiez-le."
	}
	if row.Occupation, ok = r.occupations.read(r.cell(colOccupation)); !ok {
		return colOccupation, r.occupations.reason("Ce métier")
	}
	if row.Workplace, ok = r.workplaces.read(r.cell(colWorkplace)); !ok {
		return colWorkplace, r.workplaces.reason("Ce lieu de travail")
	}
	if row.Conditions, ok = readConditions(r.cell(colConditions)); !ok {
		return colConditions, "Une ALD n’est pas un nombre de 1 à 32. Indiquez leurs numéros, séparés par une barre verticale : 8|30."
	}
	if list := r.cell(colComorbidities); list != "" {
		if row.Comorbidities, ok = r.readComorbidities(list); !ok {
			return colComorbidities, r.comorbidities.reason("Une comorbidité")
		}
	}
	if row.Scheme = r.cell(colScheme); row.Scheme != "" && (len(row.Scheme) != 2 || !digits(row.Scheme)) {
		return colScheme, "Le régime n’a pas 2 chiffres. Indiquez 01 pour le régime général."
	}
	return 0, ""
}

// finess tells whether a text has the shape of an establishment's number.
func finess(number string) bool {
	for i := range len(number) {
		if c := number[i]; c-'0' > 9 && c-'A' > 25 {
			return false
		}
	}
	return len(number) == 9
}

// nextItem takes the first of a list separated by bars or commas.
func nextItem(list string) (item, rest string, more bool) {
	for i := range len(list) {
		if list[i] == '|' || list[i] == ',' {
			return strings.TrimSpace(list[:i]), list[i+1:], true
		}
	}
	return strings.TrimSpace(list), "", false
}

func readConditions(list string) (set registry.Conditions, ok bool) {
	for more := list != ""; more; {
		var item string
		if item, list, more = nextItem(list); len(item) == 0 || len(item) > 2 || !digits(item) {
			return 0, false
		}
		one := registry.ConditionsOf(registry.ALD(number(item)))
		if one == 0 {
			return 0, false
		}
		set |= one
	}
	return set, true
}

func (r *rowReader) readComorbidities(list string) (set registry.Comorbidities, ok bool) {
	for more := true; more; {
		var item string
		item, list, more = nextItem(list)
		one, known := r.comorbidities.read(item)
		if !known || one == 0 {
			return 0, false
		}
		set |= registry.ComorbiditiesOf(one)
	}
	return set, true
}

// number is the value of digits.
func number(digits string) int {
	n := 0
	for i := range len(digits) {
		n = 10*n + int(digits[i]-'0')
	}
	return n
}

// terms are the codes of a closed set. A code as it stands in the set is found by going over the few there are; one
// that is written otherwise is read once and remembered.
type terms[T ~int] struct {
	values []T
	codes  []string
	parse  func(string) (T, bool)
	heard  map[string]T // 0 for what is none of the set
}

// mostHeard bounds what is remembered, whatever a file holds.
const mostHeard = 1000

func newTerms[T interface {
	~int
	Code() string
}](values []T, parse func(string) (T, bool)) terms[T] {
	t := terms[T]{values: values, parse: parse, heard: map[string]T{}}
	for _, v := range values {
		t.codes = append(t.codes, v.Code())
	}
	return t
}

// read reads a code; none is not told.
func (t *terms[T]) read(code string) (T, bool) {
	if code == "" {
		return 0, true
	}
	for i, c := range t.codes {
		if c == code {
			return t.values[i], true
		}
	}
	value, known := t.heard[code]
	if !known {
		value, _ = t.parse(code)
		if len(t.heard) < mostHeard {
			t.heard[strings.Clone(code)] = value
		}
	}
	return value, value != 0
}

// reason says what the codes are.
func (t *terms[T]) reason(what string) string {
	return fmt.Sprintf("%s n’est pas un code connu. Les codes sont %s.", what, strings.Join(t.codes, ", "))
}
