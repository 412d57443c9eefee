package referential

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"vaccin/internal/registry"
)

// layout is how a kind of file is laid out. Files with a header are read by column name, because
// columns come, go and move between editions; the others by position.
type layout struct {
	title      string   // what the file is, to say that another one is not it
	delimiters string   // those it may use; the header tells which
	columns    []column // with the header's name, or in the file's order when there is no header
	header     bool
	quoted     bool     // cells may stand in double quotes
	ignored    []string // lines that begin so are no rows
}

// column is a column that is read. Names are compared folded; the first is the one that remarks use.
type column struct {
	names    []string
	optional bool // the file may do without it
}

func required(names ...string) column { return column{names: names} }
func optional(names ...string) column { return column{names: names, optional: true} }

func foldHeader(name string) string {
	return registry.Fold(strings.ReplaceAll(strings.TrimPrefix(strings.TrimSpace(name), "#"), "_", " "))
}

// table is a file being read row by row.
type table struct {
	layout    layout
	lines     *lines
	delimiter byte
	width     int // cells of a row
	index     map[string]int
}

// read hands each row of a source to take, which keeps what it wants and says through the row what is
// wrong with it; and counts.
func (s *Source) read(l layout, take func(*row)) (Report, error) {
	report := Report{File: s.Name, Encoding: s.Encoding}
	t, err := s.open(l)
	if err != nil {
		return report, err
	}
	skipped := skips{}
	for {
		r, err := t.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return report, err
		}
		if report.Read++; report.Read > s.rows {
			return report, invalid("Ce fichier a plus de %s lignes : ce n’est pas un fichier de ce type.", registry.FrenchNumber(s.rows))
		}
		if r.problem == nil {
			take(r)
		}
		report.count(r, skipped)
	}
	report.Skipped = skipped.list()
	if report.Read == 0 {
		return report, invalid("Ce fichier ne contient aucune ligne (%s).", l.title)
	}
	return report, nil
}

func (r *Report) count(one *row, skipped skips) {
	switch {
	case one.problem != nil:
		r.Rejected = append(r.Rejected, *one.problem)
		return
	case one.skipped != "":
		skipped[one.skipped]++
	case one.duplicate:
		r.Duplicates++
	default:
		r.Accepted++
	}
	r.Warned = append(r.Warned, one.warned...)
}

// open reads the header, if there is one, and finds the columns in it.
func (s *Source) open(l layout) (*table, error) {
	in, err := s.lines()
	if err != nil {
		return nil, err
	}
	t := &table{layout: l, lines: in, delimiter: l.delimiters[0], index: map[string]int{}}
	if !l.header {
		t.width = len(l.columns)
		for i, c := range l.columns {
			t.index[c.names[0]] = i
		}
		return t, nil
	}
	head, err := in.next()
	for err == nil && !head.tooLong && strings.TrimSpace(head.text) == "" {
		head, err = in.next()
	}
	if errors.Is(err, io.EOF) {
		return nil, invalid("Ce fichier est vide (%s).", l.title)
	}
	if err != nil {
		return nil, err
	}
	return t, t.readHeader(head)
}

func (t *table) readHeader(head line) error {
	for i := range len(t.layout.delimiters) {
		d := t.layout.delimiters[i]
		if strings.Count(head.text, string(d)) > strings.Count(head.text, string(t.delimiter)) {
			t.delimiter = d
		}
	}
	cells, _ := split(head.text, t.delimiter, t.layout.quoted)
	t.width = len(cells)
	for i, cell := range cells {
		name := foldHeader(cell)
		for _, c := range t.layout.columns {
			for _, n := range c.names {
				if _, twice := t.index[c.names[0]]; !twice && foldHeader(n) == name {
					t.index[c.names[0]] = i
				}
			}
		}
	}
	missing := []string{}
	for _, c := range t.layout.columns {
		if _, ok := t.index[c.names[0]]; !ok && !c.optional {
			missing = append(missing, "« "+c.names[0]+" »")
		}
	}
	if len(missing) > 0 {
		return invalid("Ce n’est pas un fichier de ce type (%s) : l’en-tête n’a pas %s.", t.layout.title, strings.Join(missing, ", "))
	}
	return nil
}

// next returns the next row that is not blank. A row that cannot be cut into cells comes with its
// problem.
func (t *table) next() (*row, error) {
	for {
		first, err := t.lines.next()
		if err != nil {
			return nil, err
		}
		if first.tooLong {
			return &row{line: first.number, problem: &Remark{first.number, "", "La ligne est trop longue."}}, nil
		}
		if strings.TrimSpace(first.text) == "" || t.layout.ignores(first.text) {
			continue
		}
		return t.cut(first)
	}
}

func (l layout) ignores(text string) bool {
	return slices.ContainsFunc(l.ignored, func(start string) bool { return strings.HasPrefix(text, start) })
}

// cut cuts a row into cells, with the lines that follow when a quoted cell holds line breaks. When
// the quote is never closed, the row is refused and the lines that follow stand for themselves.
func (t *table) cut(first line) (*row, error) {
	r := &row{line: first.number, index: t.index}
	text, taken := first.text, []line{}
	for {
		cells, closed := split(text, t.delimiter, t.layout.quoted)
		if closed {
			r.cells = cells
			break
		}
		next, err := t.lines.next()
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		if err == nil {
			taken = append(taken, next)
		}
		if err != nil || next.tooLong || len(taken) > joinLines || len(text)+len(next.text) > maxLine {
			t.lines.back(taken)
			r.reject("", "Un guillemet n’est pas fermé.")
			return r, nil
		}
		text += " " + next.text
	}
	for len(r.cells) > t.width && strings.TrimSpace(r.cells[len(r.cells)-1]) == "" {
		r.cells = r.cells[:len(r.cells)-1]
	}
	if len(r.cells) != t.width {
		r.reject("", fmt.Sprintf("La ligne n’a pas %d colonnes, mais %d.", t.width, len(r.cells)))
	}
	return r, nil
}

// split cuts a line at its delimiters. Quotes count only at the start of a cell; doubled, they stand
// for one. closed tells whether every quoted cell ends.
func split(text string, delimiter byte, quoted bool) (cells []string, closed bool) {
	for {
		if quoted && strings.HasPrefix(text, `"`) {
			cell, rest, ok := unquote(text[1:], delimiter)
			if !ok {
				return nil, false
			}
			cells = append(cells, cell)
			if rest == "" {
				return cells, true
			}
			text = rest[1:]
			continue
		}
		at := strings.IndexByte(text, delimiter)
		if at < 0 {
			return append(cells, text), true
		}
		cells = append(cells, text[:at])
		text = text[at+1:]
	}
}

// unquote reads a quoted cell up to the quote before a delimiter or the end, and returns what follows
// that quote. A quote in the middle of a cell stands for itself.
func unquote(text string, delimiter byte) (cell, rest string, ok bool) {
	var b strings.Builder
	for {
		at := strings.IndexByte(text, '"')
		if at < 0 {
			return "", "", false
		}
		b.WriteString(text[:at])
		text = text[at+1:]
		switch {
		case text == "" || text[0] == delimiter:
			return b.String(), text, true
		case text[0] == '"':
			text = text[1:]
		}
		b.WriteByte('"')
	}
}
