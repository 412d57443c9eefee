package document

import (
	"fmt"
	"io"
	"time"
)

// Booklet is a document of as many pages as it takes.
type Booklet struct {
	// Title heads the document; Subtitle says whose it is.
	Title, Subtitle string
	// MadeAt is when it was made, in the time zone to print.
	MadeAt time.Time
	// Intro is what is said before the facts, a paragraph each.
	Intro []string
	// Chapters are the facts, in reading order.
	Chapters []Chapter
}

// Chapter is a part of a booklet: sentences, then groups of facts, then a table.
type Chapter struct {
	Title    string
	Texts    []string
	Sections []Section
	Table    *Table
}

// Table is a table of texts. Shares are the parts of the width that its columns
// take; the first column heads the rows.
type Table struct {
	Heads  []string
	Shares []float64
	Rows   [][]string
}

// The letters of a booklet do not shrink: what does not fit goes on the next page.
const (
	bookTitle   = 20.0
	bookChapter = 14.0
	bookSection = 11.0
	bookText    = 10.0
	bookTable   = 8.5
	bookFoot    = 8.0

	bookBottom = pageHeight - bottomMargin - 2*bookFoot*leading - 8 // where the text of a page ends
	bookLabels = 0.34                                               // of the width, for the labels of facts
	cellPad    = 2.4
	columnGap  = 7.0
)

// Booklet writes a booklet as A4 pages, tagged for screen readers. The same booklet
// gives the same bytes. It may be called by several goroutines.
func (r *Renderer) Booklet(w io.Writer, b Booklet) error {
	// Each page names how many there are, which the first drawing tells.
	drawn := r.bind(b, 0)
	drawn = r.bind(b, len(drawn.pages()))
	if _, err := w.Write(r.assemble(about{b.Title, b.MadeAt}, &drawn.canvas)); err != nil {
		return fmt.Errorf("document: writing a PDF: %w", err)
	}
	return nil
}

// binder is a booklet being drawn.
type binder struct {
	canvas
	booklet       Booklet
	regular, bold face
	total         int     // of pages
	y             float64 // where the next block starts
	top           float64 // where the text of this page starts
	repeated      func()  // draws again, on a new page, what heads the columns
}

func (r *Renderer) bind(b Booklet, total int) *binder {
	p := &binder{
		booklet: b, total: total, y: topMargin, top: topMargin,
		regular: face{font: r.regular, resource: "/R", colour: black},
		bold:    face{font: r.bold, resource: "/B", colour: black},
	}
	p.element("Document", "", func() {
		p.opening()
		for _, chapter := range b.Chapters {
			p.chapter(chapter)
		}
	})
	p.foot()
	return p
}

// room makes a new page unless that much fits on this one.
func (p *binder) room(height float64) {
	if p.y+height > bookBottom && p.y > p.top {
		p.turnPage()
	}
}

func (p *binder) turnPage() {
	p.foot()
	p.turn()
	p.y = topMargin
	name := p.regular.sized(bookFoot + 1).coloured(grey)
	p.decoration(func() {
		p.write(name, name.lines("VACCIN COVID – "+p.booklet.Title, textWidth)[0], sideMargin, p.y)
		p.line(sideMargin, p.y+6, sideMargin+textWidth, p.y+6, 0.8, accent)
	})
	p.y += 20
	if p.repeated != nil {
		p.repeated()
	}
	p.top = p.y
}

// foot says which page this is, for someone who finds it alone.
func (p *binder) foot() {
	f := p.regular.sized(bookFoot).coloured(grey)
	number := f.shape(fmt.Sprintf("page\u00A0%d/%d", len(p.pages()), p.total))
	left := textWidth - f.width(number) - 2*columnGap
	lines := f.lines("Établi le "+frenchMoment(p.booklet.MadeAt)+" – "+p.booklet.Title, left)
	p.decoration(func() {
		p.paragraph(f, lines[:min(2, len(lines))], sideMargin, bookBottom+8)
		p.paragraph(f, [][]glyph{number}, sideMargin+textWidth-f.width(number), bookBottom+8)
	})
}

func (p *binder) opening() {
	name := p.bold.sized(13).coloured(accent)
	name.tracking = 0.8
	p.tagged("P", "", func() { p.write(name, name.shape("VACCIN COVID"), sideMargin, p.y+11) })
	p.y += 19
	p.decoration(func() { p.line(sideMargin, p.y, sideMargin+textWidth, p.y, 1.5, accent) })
	p.y += 17
	p.text("H1", p.bold.sized(bookTitle), p.booklet.Title)
	if p.booklet.Subtitle != "" {
		p.y += 2
		p.text("P", p.regular.sized(13), p.booklet.Subtitle)
	}
	p.y += 8
	for _, paragraph := range p.booklet.Intro {
		p.text("P", p.regular.sized(bookText+0.5), paragraph)
		p.y += 5
	}
}

// text writes a paragraph, line by line so that it may go on over the page.
func (p *binder) text(role string, f face, text string) {
	p.element(role, "", func() {
		for _, line := range f.lines(text, textWidth) {
			p.room(f.size * leading)
			p.marked(func() { p.y = p.paragraph(f, [][]glyph{line}, sideMargin, p.y) })
		}
	})
}

func (p *binder) chapter(c Chapter) {
	p.y += 12
	p.room(bookChapter*leading + 5*bookText*leading) // never a title alone
	p.element("Sect", "", func() {
		p.text("H2", p.bold.sized(bookChapter).coloured(accent), c.Title)
		p.y += 3
		for _, text := range c.Texts {
			p.text("P", p.regular.sized(bookText), text)
			p.y += 4
		}
		for _, section := range c.Sections {
			p.section(section)
		}
		if c.Table != nil {
			p.table(*c.Table)
		}
	})
}

func (p *binder) section(s Section) {
	p.room(bookSection*leading + 3*bookText*leading)
	p.element("Sect", "", func() {
		if s.Title != "" {
			p.y += 4
			p.text("H3", p.bold.sized(bookSection), s.Title)
			p.y += 2
		}
		if len(s.Rows) == 0 {
			return
		}
		p.hairline()
		label, value := p.regular.sized(bookText-0.5).coloured(grey), p.bold.sized(bookText)
		p.element("Table", "", func() {
			for _, row := range s.Rows {
				p.row([]cell{
					{role: "TH", attributes: "/A<</O/Table/Scope/Row>>", face: label, text: row.Label, x: sideMargin, width: textWidth*bookLabels - columnGap},
					{role: "TD", face: value, text: row.Value, x: sideMargin + textWidth*bookLabels, width: textWidth * (1 - bookLabels)},
				})
			}
		})
	})
	p.y += 8
}

func (p *binder) hairline() {
	p.decoration(func() { p.line(sideMargin, p.y, sideMargin+textWidth, p.y, 0.5, rule) })
}

// table writes a table whose heads stand again on each page; they are heard once.
func (p *binder) table(t Table) {
	head, first, other := p.bold.sized(bookTable), p.bold.sized(bookTable), p.regular.sized(bookTable)
	cells := func(texts []string, face func(column int) face, role func(column int) (string, string)) []cell {
		all, x := make([]cell, len(t.Shares)), sideMargin
		for i, share := range t.Shares {
			tag, attributes := role(i)
			all[i] = cell{role: tag, attributes: attributes, face: face(i), text: texts[i], x: x, width: textWidth*share - columnGap}
			x += textWidth * share
		}
		return all
	}
	heads := cells(t.Heads, func(int) face { return head }, func(int) (string, string) { return "TH", "/A<</O/Table/Scope/Column>>" })
	p.repeated = func() {
		p.decoration(func() {
			end := p.y
			for _, c := range heads {
				end = max(end, p.paragraph(c.face, c.face.lines(c.text, c.width), c.x, p.y))
			}
			p.y = end + cellPad
			p.line(sideMargin, p.y, sideMargin+textWidth, p.y, 1, accent)
		})
	}
	p.room(6 * bookTable * leading)
	p.element("Table", "", func() {
		p.row(heads)
		for _, texts := range t.Rows {
			p.row(cells(texts, func(i int) face {
				if i == 0 {
					return first
				}
				return other
			}, func(i int) (string, string) {
				if i == 0 {
					return "TH", "/A<</O/Table/Scope/Row>>"
				}
				return "TD", ""
			}))
		}
	})
	p.repeated = nil
}

// cell is one cell of a row.
type cell struct {
	role, attributes string
	face             face
	text             string
	x, width         float64
	lines            [][]glyph
}

// row writes cells beside one another. A row goes whole on the next page where it does not fit on this one; one
// that no page holds goes on there, its cells in another row.
func (p *binder) row(cells []cell) {
	height := 0.0
	for i := range cells {
		c := &cells[i]
		c.lines = c.face.lines(c.text, c.width)
		height = max(height, float64(len(c.lines))*c.face.size*leading)
	}
	p.room(height + 2*cellPad)
	for left := true; left; {
		left = false
		top, end := p.y+cellPad, p.y+cellPad
		p.element("TR", "", func() {
			for i := range cells {
				c := &cells[i]
				n := min(len(c.lines), max(1, int((bookBottom-cellPad-top)/(c.face.size*leading))))
				p.tagged(c.role, c.attributes, func() { end = max(end, p.paragraph(c.face, c.lines[:n], c.x, top)) })
				c.lines = c.lines[n:]
				left = left || len(c.lines) > 0
			}
		})
		p.y = end + cellPad
		p.hairline()
		if left {
			p.turnPage()
		}
	}
}
