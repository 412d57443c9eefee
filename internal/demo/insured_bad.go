package demo

import (
	"strings"
)

// spoiling is one kind of bad row: what it does to a row.
type spoiling struct {
	kind   string
	column string
	spoil  func(*insuredRow)
}

// put sets a cell of the row, counted from 0.
func (r *insuredRow) put(at int, text string) {
	start, end := r.bounds(at)
	rest := append([]byte(text), r.text[end:]...)
	r.text = append(r.text[:start], rest...)
}

func (r *insuredRow) bounds(at int) (start, end int) {
	if at > 0 {
		start = r.ends[at-1] + 1
	}
	return start, r.ends[at]
}

func (r *insuredRow) get(at int) string {
	start, end := r.bounds(at)
	return string(r.text[start:end])
}

// setting spoils the cell of a column by another text.
func setting(kind, column, text string) spoiling {
	return spoiling{kind, column, func(r *insuredRow) { r.put(columnAt(column), text) }}
}

// columnAt is where a column stands in the file.
func columnAt(column string) int {
	for i, name := range strings.Split(insuredHeader, ";") {
		if name == column {
			return i
		}
	}
	panic("no column " + column)
}

var spoilings = []spoiling{
	setting("no holder", "nir_ouvrant_droit", ""),
	{"wrong key", "nir_ouvrant_droit", func(r *insuredRow) {
		key := r.text[14]
		r.text[14] = '0' + (key-'0'+1)%10
	}},
	{"short number", "nir_ouvrant_droit", func(r *insuredRow) { r.put(0, r.get(0)[:11]) }},
	{"letter in a number", "nir_ouvrant_droit", func(r *insuredRow) { r.text[9] = 'O' }},
	{"impossible month of a number", "nir_ouvrant_droit", func(r *insuredRow) { r.put(0, r.get(0)[:3]+"13"+r.get(0)[5:13]) }},
	setting("wrong own number", "nir", "123"),
	setting("no birth date", "date_naissance", ""),
	setting("unreadable birth date", "date_naissance", "12 mai 1950"),
	setting("no day of the calendar", "date_naissance", "19500231"),
	setting("birth in the future", "date_naissance", "20991231"),
	setting("birth too long ago", "date_naissance", "18010101"),
	setting("rank zero", "rang", "0"),
	setting("no birth name", "nom_naissance", ""),
	setting("name without a letter", "nom_naissance", "--"),
	setting("name with a sign", "nom_naissance", "Mart*n"),
	setting("name in another alphabet", "nom_usage", "Иванова"),
	setting("name too long", "prenoms", strings.Repeat("Jean ", 20)),
	setting("invisible character", "prenoms", "Je\u200ban"),
	setting("broken character", "prenoms", "Andr\xe9"),
	setting("no given name", "prenoms", " "),
	setting("unknown sex", "sexe", "X"),
	setting("address too long", "adresse", strings.Repeat("12 rue des Lilas, ", 10)),
	setting("number in an address", "adresse", "assurée 2 69 05 49 588 157 80"),
	setting("short postal code", "code_postal", "1000"),
	setting("foreign postal code", "code_postal", "99123"),
	setting("unprintable commune", "commune", "Paris \u2606"),
	setting("wrong commune code", "code_commune", "2C004"),
	setting("letters in a telephone", "telephone", "O612345678"),
	setting("short telephone", "telephone", "06123"),
	setting("unfinished e-mail", "email", "nom@exemple"),
	setting("unknown residence", "residence", "CHATEAU"),
	setting("wrong establishment", "etablissement", "12345"),
	setting("unknown occupation", "metier", "ASTRONAUTE"),
	setting("unknown workplace", "lieu_travail", "LUNE"),
	setting("condition out of the list", "ald", "8|33"),
	setting("unknown comorbidity", "comorbidites", "DIABETE|GRIPPE"),
	setting("wrong scheme", "regime", "1"),
	setting("unreadable death", "date_deces", "hier"),
	setting("death in the future", "date_deces", "2099-01-01"),
	setting("death before birth", "date_deces", "1801-01-01"),
	{"a cell is missing", "", func(r *insuredRow) { r.text = append(r.text[:r.ends[len(r.ends)-2]], '\n') }},
	{"a cell too many", "", func(r *insuredRow) { r.text = append(r.text[:len(r.text)-1], ";reste\n"...) }},
	{"open quote", "nom_naissance", func(r *insuredRow) { r.put(4, `"Martin`) }},
}

// BadKinds are the kinds of bad rows, in the order in which they come up.
func BadKinds() []string {
	kinds := make([]string, len(spoilings))
	for i, s := range spoilings {
		kinds[i] = s.kind
	}
	return kinds
}

// spoil makes the row that is about to be written bad, and tells so.
func (f *insuredFile) spoil() {
	s := spoilings[(f.rows/f.options.BadEvery-1)%len(spoilings)]
	s.spoil(&f.row)
	if f.options.OnBad != nil {
		f.options.OnBad(BadRow{f.line, s.kind, s.column})
	}
}
