package document

import (
	"math"
	"strconv"
)

// A4, in points (1/72 inch); y grows downwards, as one reads.
const (
	pageWidth  = 595.28
	pageHeight = 841.89
	millimetre = 72 / 25.4
)

// rgb is a colour, each component from 0 to 1.
type rgb struct{ r, g, b float64 }

// canvas writes the content of pages, one after the other: drawing operators,
// each inside a tag for what is to be read or marked as an artifact for what is
// only to be seen. Elements may go on from one page to the next, content may not.
type canvas struct {
	done [][]byte // the pages before
	out  []byte   // of the page being drawn
	tags structure
}

// turn begins the next page.
func (c *canvas) turn() {
	c.done, c.out = append(c.done, c.out), nil
	c.tags.page++
}

// pages are the contents of all pages.
func (c *canvas) pages() [][]byte { return append(c.done[:len(c.done):len(c.done)], c.out) }

// element opens a tag that groups others, e.g. a table, around draw.
func (c *canvas) element(role, attributes string, draw func()) {
	c.tags.begin(role, attributes)
	draw()
	c.tags.end()
}

// tagged draws content that belongs to a tag of its own, e.g. a paragraph.
func (c *canvas) tagged(role, attributes string, draw func()) {
	c.element(role, attributes, func() { c.marked(draw) })
}

// marked draws content that belongs to the innermost open tag, which may have more on another page.
func (c *canvas) marked(draw func()) {
	c.put("/", c.tags.role(), "<</MCID ", strconv.Itoa(c.tags.mark()), ">>BDC\n")
	draw()
	c.put("EMC\n")
}

// decoration draws what a screen reader passes over: lines, boxes.
func (c *canvas) decoration(draw func()) {
	c.put("/Artifact BMC\n")
	draw()
	c.put("EMC\n")
}

func (c *canvas) put(parts ...string) {
	for _, part := range parts {
		c.out = append(c.out, part...)
	}
}

// numbers writes operands, to a hundredth of a point.
func (c *canvas) numbers(values ...float64) {
	for _, v := range values {
		n := int64(math.Round(v * 100))
		if n < 0 {
			c.out, n = append(c.out, '-'), -n
		}
		c.out = strconv.AppendInt(c.out, n/100, 10)
		if tens, ones := n/10%10, n%10; ones != 0 {
			c.out = append(c.out, '.', '0'+byte(tens), '0'+byte(ones))
		} else if tens != 0 {
			c.out = append(c.out, '.', '0'+byte(tens))
		}
		c.out = append(c.out, ' ')
	}
}

func (c *canvas) fillColour(colour rgb) {
	c.numbers(colour.r, colour.g, colour.b)
	c.put("rg\n")
}

// box fills a rectangle.
func (c *canvas) box(x, y, w, h float64, colour rgb) {
	c.fillColour(colour)
	c.numbers(x, pageHeight-y-h, w, h)
	c.put("re f\n")
}

// frame draws the outline of a rectangle.
func (c *canvas) frame(x, y, w, h, thickness float64, colour rgb) {
	c.stroke(thickness, colour)
	c.numbers(x, pageHeight-y-h, w, h)
	c.put("re S\n")
}

// line draws a straight line.
func (c *canvas) line(x1, y1, x2, y2, thickness float64, colour rgb) {
	c.stroke(thickness, colour)
	c.numbers(x1, pageHeight-y1)
	c.put("m ")
	c.numbers(x2, pageHeight-y2)
	c.put("l S\n")
}

func (c *canvas) stroke(thickness float64, colour rgb) {
	c.numbers(colour.r, colour.g, colour.b)
	c.put("RG ")
	c.numbers(thickness)
	c.put("w\n")
}

// modules fills the dark modules of a barcode, side wide in all.
func (c *canvas) modules(s symbol, x, y, side float64) {
	module := side / float64(s.size)
	c.grid(x, y+side, module, module, func() {
		for _, r := range s.runs {
			c.cells(r.x, s.size-1-r.y, r.length)
		}
	})
}

// grid fills, in black, the cells that draw gives of a grid whose lower left corner is x, y: in units of cells, the
// operands are short.
func (c *canvas) grid(x, y, width, height float64, draw func()) {
	c.put("q ")
	for _, v := range []float64{width, 0, 0, height} {
		c.out = strconv.AppendFloat(c.out, v, 'f', -1, 32)
		c.put(" ")
	}
	c.numbers(x, pageHeight-y)
	c.put("cm\n")
	c.fillColour(rgb{})
	draw()
	c.put("f Q\n")
}

// cells adds cells of a row of a grid.
func (c *canvas) cells(x, y, length int) {
	for _, v := range [...]int{x, y, length} {
		c.out = append(strconv.AppendInt(c.out, int64(v), 10), ' ')
	}
	c.put("1 re\n")
}

// face is a font, its name in the page's resources, a size and a colour.
type face struct {
	*font
	resource string
	size     float64
	colour   rgb
	tracking float64 // space added after each character, in points
}

// sized returns the same face in another size.
func (f face) sized(size float64) face { f.size = size; return f }

// coloured returns the same face in another colour.
func (f face) coloured(colour rgb) face { f.colour = colour; return f }

// lines breaks text to a width in points.
func (f face) lines(text string, limit float64) [][]glyph {
	return wrap(f.shape(text), int(limit*1000/f.size))
}

// width returns the width of a line in points.
func (f face) width(line []glyph) float64 {
	return float64(width(line))*f.size/1000 + f.tracking*float64(max(0, trimmed(line)-1))
}

// write writes one line with its baseline at y.
func (c *canvas) write(f face, line []glyph, x, y float64) {
	c.writeAt(f, line, func() {
		c.put("1 0 0 1 ")
		c.numbers(x, pageHeight-y)
	})
}

// writeRotated writes one line that starts at x, y and climbs by angle (radians).
func (c *canvas) writeRotated(f face, line []glyph, x, y, angle float64) {
	sin, cos := math.Sincos(angle)
	c.writeAt(f, line, func() {
		for _, v := range []float64{cos, sin, -sin, cos} {
			c.out = strconv.AppendFloat(c.out, v, 'f', 4, 64)
			c.put(" ")
		}
		c.numbers(x, pageHeight-y)
	})
}

func (c *canvas) writeAt(f face, line []glyph, matrix func()) {
	spoken := actualText(line)
	if spoken != "" {
		c.put("/Span<</ActualText", textString(spoken), ">>BDC\n")
	}
	c.put("BT ", f.resource, " ")
	c.numbers(f.size)
	c.put("Tf ")
	if f.tracking != 0 {
		c.numbers(f.tracking)
		c.put("Tc ")
	}
	c.fillColour(f.colour)
	matrix()
	c.put("Tm<")
	const digits = "0123456789ABCDEF"
	for _, g := range line {
		c.out = append(c.out, digits[g.id>>12], digits[g.id>>8&15], digits[g.id>>4&15], digits[g.id&15])
	}
	c.put(">Tj")
	if f.tracking != 0 {
		c.put(" 0 Tc")
	}
	c.put(" ET\n")
	if spoken != "" {
		c.put("EMC\n")
	}
}

// paragraph writes lines from top, and returns where they end.
func (c *canvas) paragraph(f face, lines [][]glyph, x, top float64) float64 {
	step := f.size * leading
	for i, line := range lines {
		// The letters stand in the middle of their line.
		c.write(f, line, x, top+float64(i)*step+step/2+f.size*float64(f.capHeight)/2000)
	}
	return top + float64(len(lines))*step
}
