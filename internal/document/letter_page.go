package document

import (
	"fmt"
	"strings"
)

// The letter is an A4 page folded in three, at 99 and 198 mm, behind the window of a French DL envelope: 110 ×
// 220 mm (ISO 269), with a window of 100 × 45 mm or 100 × 35 mm whose right edge is 20 mm from the envelope's and
// whose lower edge 20 mm from its bottom, the usual measures of the trade. Folded, the letter is 210 × 99 mm: it
// can slide by 10 mm sideways and by 11 mm up and down. So, from the page's top left,
//
//   - whichever window and however it slid, one sees at least 100 to 190 mm across and 55 to 79 mm down: the address
//     stands there (45 mm of window show 45 to 79 mm);
//   - and at most 90 to 200 mm across and 34 to 90 mm down: nothing but the address stands there.
const (
	windowLeft, windowRight = 100 * millimetre, 190 * millimetre // always seen
	windowTop, windowBottom = 55 * millimetre, 79 * millimetre
	seenLeft, seenRight     = 90 * millimetre, 200 * millimetre // perhaps seen
	seenTop, seenBottom     = 34 * millimetre, 90 * millimetre

	windowPad  = 1.5 * millimetre // keeps the address off the window's edges
	firstFold  = 99 * millimetre
	secondFold = 198 * millimetre
)

// Measures of the page.
const (
	letterMargin = 45.0
	letterWidth  = pageWidth - 2*letterMargin
	asideTop     = 36 * millimetre // of the column left of the window
	asideWidth   = seenLeft - letterMargin - 2*millimetre
	bodyTop      = firstFold + 2*millimetre
	bodyBottom   = pageHeight - 8*millimetre // printers leave 5 blank

	cardInset    = 12.0
	barModule    = 0.35 * millimetre // 14 thousandths of an inch, which any scanner reads from a hand's breadth
	barHeight    = 14 * millimetre
	letterSymbol = 14 * millimetre // 0.9 mm a module
	symbolQuiet  = 2 * millimetre
	placeGap     = 12.0
	leastText    = 3.0 // points, of an address or a place: below, it cannot be read
)

// stamp is a part of the page that is the same on all letters of a batch: it is drawn once, and each page refers to it.
type stamp struct {
	role string // of its tag; empty for an artifact
	name string // in a page's resources
}

// stationery is what the letters of a batch are written on.
type stationery struct {
	batch         Batch
	regular, bold face
	symbolTag     string   // attributes of the barcodes
	drawn         [][]byte // content of the stamps, by number

	// In reading order, but for the first, the lines and frames of the page.
	paper, brand, senders, date, title, greeting, opening              stamp
	codeTitle, codeUse, codeSpelt                                      stamp
	stepsTitle, atHome, placesTitle, listed, unlisted, started         stamp
	closing, signature, noticeTitle, noticeFacts, noticeRights         stamp
	steps                                                              []stamp
	codeY, speltX, speltY, barcodeX, barcodeY, placesTop, placesBottom float64
	scale                                                              float64
	signs                                                              ['Z' + 1][]glyph // how each sign of a code is said
	comma                                                              []glyph
}

// newStationery lays a batch's page out in the largest letters that leave room for all of it.
func (r *Renderer) newStationery(b Batch) (*stationery, error) {
	if err := b.check(); err != nil {
		return nil, err
	}
	for scale := largest; scale >= smallest; scale *= 0.98 {
		s := &stationery{
			batch:   b,
			scale:   scale,
			regular: face{font: r.regular, resource: "/R", colour: black},
			bold:    face{font: r.bold, resource: "/B", colour: black},
		}
		if s.draw() {
			s.comma = s.regular.shape(", ")
			for sign := range byte(len(s.signs)) {
				s.signs[sign] = s.regular.shape(spelt(sign))
			}
			return s, nil
		}
	}
	return nil, fmt.Errorf("%w: the texts of the batch do not fit on the page", ErrLetter)
}

func (s *stationery) pt(length float64) float64 { return length * s.scale }

// stamp draws a part of the page once and for all.
func (s *stationery) stamp(role string, draw func(*canvas)) stamp {
	c := canvas{}
	draw(&c)
	s.drawn = append(s.drawn, c.out)
	return stamp{role: role, name: fmt.Sprintf("/F%d", len(s.drawn)-1)}
}

// text stamps a paragraph, and moves y to its end.
func (s *stationery) text(role string, f face, text string, x, width float64, y *float64) stamp {
	lines := f.lines(text, width)
	return s.stamp(role, func(c *canvas) { *y = c.paragraph(f, lines, x, *y) })
}

// draw draws all stamps and tells whether they fit, with the room kept for what changes from letter to letter.
func (s *stationery) draw() bool {
	s.head()
	if s.aside() > firstFold {
		return false
	}
	small, text := s.regular.sized(s.pt(8)).coloured(grey), s.regular.sized(s.pt(10.5))
	heading := s.bold.sized(s.pt(11.5)).coloured(accent)
	y := bodyTop + 0.0
	s.greeting = s.text("P", text, salutation, letterMargin, letterWidth, &y)
	y += s.pt(3)
	s.opening = s.text("P", text, s.batch.opening(), letterMargin, letterWidth, &y)
	cardTop := y + s.pt(6)
	y = s.card(cardTop)
	cardBottom := y
	y += s.pt(7)
	s.stepsTitle = s.text("H2", heading, letterStepsTitle, letterMargin, letterWidth, &y)
	for _, step := range letterSteps {
		s.steps = append(s.steps, s.text("LBody", text, step, letterMargin, letterWidth, &y))
	}
	s.atHome = s.text("P", text, letterAtHome, letterMargin, letterWidth, &y)
	y += s.pt(5)
	s.placesTitle = s.text("H2", heading, letterPlacesTitle, letterMargin, letterWidth, &y)
	// The room of the places serves the sentence of the letters that list none.
	s.placesTop = y + s.pt(1)
	s.placesBottom = s.placesTop + max(4*s.pt(10), 36)*leading // four usual lines; what is long is set smaller
	unlisted := s.placesTop
	s.unlisted = s.text("P", s.bold.sized(s.pt(10.5)), s.batch.appointment(false), letterMargin, letterWidth, &unlisted)
	y = max(s.placesBottom+s.pt(2), unlisted)
	s.listed = s.text("P", text, s.batch.appointment(true), letterMargin, letterWidth, &y)
	y += s.pt(4)
	s.started = s.text("P", text.sized(s.pt(9.5)), letterStarted, letterMargin, letterWidth, &y)
	y += s.pt(3)
	signature := s.bold.sized(s.pt(10.5))
	line, signed := signature.lines(letterSignature, letterWidth), y
	s.signature = s.stamp("P", func(c *canvas) {
		signed = c.paragraph(signature, line, letterMargin+letterWidth-signature.width(line[0]), y)
	})
	s.closing = s.text("P", text, letterClosing, letterMargin, letterWidth-signature.width(line[0])-s.pt(10), &y)
	y = max(y, signed)
	noticeTop := y + s.pt(6)
	y = noticeTop + s.pt(3)
	s.noticeTitle = s.text("H2", s.bold.sized(s.pt(8.5)), noticeTitle, letterMargin, letterWidth, &y)
	s.noticeFacts = s.text("P", small, noticeFacts, letterMargin, letterWidth, &y)
	s.noticeRights = s.text("P", small, s.batch.rights(), letterMargin, letterWidth, &y)
	s.paper = s.stamp("", func(c *canvas) {
		c.line(letterMargin, topMargin+19, letterMargin+letterWidth, topMargin+19, 1.5, accent)
		c.frame(letterMargin, cardTop, letterWidth, cardBottom-cardTop, 0.8, accent)
		c.line(letterMargin, noticeTop, letterMargin+letterWidth, noticeTop, 0.5, rule)
		for _, fold := range []float64{firstFold, secondFold} { // clear of the edge that printers leave blank
			c.line(6*millimetre, fold, 10*millimetre, fold, 0.4, grey)
		}
	})
	return y <= bodyBottom
}

// head says who writes.
func (s *stationery) head() {
	name := s.bold.sized(13).coloured(accent)
	name.tracking = 0.8
	s.brand = s.stamp("P", func(c *canvas) { c.write(name, name.shape("VACCIN COVID"), letterMargin, topMargin+11) })
	senders := s.regular.sized(10).coloured(grey)
	line := senders.shape(letterSenders)
	s.senders = s.stamp("P", func(c *canvas) {
		c.write(senders, line, letterMargin+letterWidth-senders.width(line), topMargin+11)
	})
}

// aside writes left of the window the date and the reference, which holds the letter's number and is drawn with it,
// and under the window what the letter is about. It returns where it ends.
func (s *stationery) aside() float64 {
	y := asideTop
	s.date = s.text("P", s.regular.sized(10), "Le "+s.batch.Date.FrenchLong(), letterMargin, asideWidth, &y)
	title := s.bold.sized(17)
	y = seenBottom + 1.2*millimetre
	s.title = s.text("H1", title, letterTitle, letterMargin, letterWidth, &y)
	return y - title.size*(leading-1)
}

// reference writes the letter's reference under the date, smaller where it is long.
func (s *stationery) reference(number int) (face, [][]glyph) {
	text := fmt.Sprintf("Référence : %s – lettre\u00A0n°\u00A0%d", s.batch.Reference, number)
	for size := 9.0; ; size *= step {
		f := s.regular.sized(size).coloured(grey)
		lines := f.lines(text, asideWidth)
		if float64(len(lines))*size*leading < seenBottom-asideTop-10*leading || size < leastText {
			return f, lines
		}
	}
}

// card lays out the frame of the code: what it is and the code itself on the left, barcodes on the right, then how it
// is said.
func (s *stationery) card(top float64) float64 {
	x, width := letterMargin+cardInset, letterWidth-2*cardInset
	const right = letterMargin + letterWidth - cardInset
	symbolX := right - symbolQuiet - letterSymbol
	s.barcodeX = symbolX - symbolQuiet - code128Quiet*barModule - barModule*(11*13+13) // eleven signs, start and check; stop
	s.barcodeY = top + symbolQuiet + 1
	y := top + 6
	s.codeTitle = s.text("H2", s.bold.sized(s.pt(11.5)).coloured(accent), letterCodeTitle, x, s.barcodeX-x-12, &y)
	s.codeY = s.barcodeY + barHeight - 6
	y = s.barcodeY + barHeight + symbolQuiet
	small := s.regular.sized(s.pt(9.5))
	s.codeUse = s.text("P", small, letterCodeUse, x, width, &y)
	s.speltY = y + s.pt(2)
	y = s.speltY
	s.codeSpelt = s.text("P", small.coloured(grey), letterCodeSpelt, x, width, &y)
	s.speltX = x + small.width(small.shape(letterCodeSpelt)) + s.pt(8)
	y = s.speltY + 3*small.size*leading // one line a group
	s.symbolTag = fmt.Sprintf("/Alt%s/A<</O/Layout/Placement/Block/BBox[%.2f %.2f %.2f %.2f]>>",
		textString(letterBarcodes), s.barcodeX, pageHeight-s.barcodeY-barHeight, right-symbolQuiet, pageHeight-s.barcodeY)
	return y + 6
}

// errUnreadable says that what one letter adds does not fit in its place.
var errUnreadable = fmt.Errorf("%w: a text too long for its place", ErrLetter)

// letterPage is the page of one letter, used again for the next one.
type letterPage struct {
	canvas
	on     *stationery
	spoken []glyph // room for what said returns
}

// draw draws a letter's page.
func (p *letterPage) draw(l Letter) error {
	p.out = p.out[:0]
	p.tags.reset()
	s := p.on
	compact := l.Code.Compact()
	linear, err := encode128(compact)
	if err != nil {
		return err
	}
	square, err := encodeSymbol(compact)
	if err != nil {
		return err
	}
	p.put("/Artifact BMC\n", s.paper.name, " Do\nEMC\n")
	p.element("Sect", "", func() {
		p.stamp(s.brand)
		p.stamp(s.senders)
		p.stamp(s.date)
		reference, lines := s.reference(l.Number)
		p.tagged("P", "", func() { p.paragraph(reference, lines, letterMargin, asideTop+10*leading+2) })
		if err = p.addressee(l.Addressee); err != nil {
			return
		}
		p.stamp(s.title)
		p.stamp(s.greeting)
		p.stamp(s.opening)
		p.element("Sect", "", func() { p.code(l.Code.Format(), linear, square) })
		p.element("Sect", "", func() {
			p.stamp(s.stepsTitle)
			p.element("L", "", func() {
				for _, step := range s.steps {
					p.element("LI", "", func() { p.stamp(step) })
				}
			})
			p.stamp(s.atHome)
		})
		p.element("Sect", "", func() { err = p.places(l) })
		p.stamp(s.started)
		p.stamp(s.closing)
		p.stamp(s.signature)
		p.element("Sect", "", func() {
			p.stamp(s.noticeTitle)
			p.stamp(s.noticeFacts)
			p.stamp(s.noticeRights)
		})
	})
	return err
}

// stamp sets a part that all letters have.
func (p *letterPage) stamp(s stamp) {
	p.tagged(s.role, "", func() { p.put(s.name, " Do\n") })
}

// The room that the address has in the window.
const roomWidth, roomHeight = windowRight - windowLeft - 2*windowPad, windowBottom - windowTop - 2*windowPad

// layOut shapes the lines of an address, for the face in the size in which they fit in the window.
func layOut(a Addressee, f face) (shaped [][]glyph, sized face) {
	lines := a.Lines()
	shaped = make([][]glyph, len(lines))
	widest := 1.0
	f = f.sized(1)
	for i, line := range lines {
		if i+1 < len(lines) {
			line += " " // the lines are not heard as one word
		}
		shaped[i] = f.shape(line)
		widest = max(widest, f.width(shaped[i]))
	}
	const tight = 1.15 // of the size, from line to line: six lines of 9 points
	return shaped, f.sized(min(11, roomWidth/widest, roomHeight/(tight*float64(len(lines)))))
}

// addressee writes the address where the window is, as large as it fits.
func (p *letterPage) addressee(a Addressee) error {
	shaped, f := layOut(a, p.on.regular)
	if f.size < leastText {
		return errUnreadable
	}
	// A short address stands a little above the middle, with usual line spacing.
	spacing := min(f.size*leading, roomHeight/float64(len(shaped)))
	p.tagged("P", "", func() {
		for i, line := range shaped {
			middle := windowTop + windowPad + (float64(i)+0.5)*spacing
			p.write(f, line, windowLeft+windowPad, middle+f.size*float64(f.capHeight)/2000)
		}
	})
	return nil
}

// code writes the code for people and for scanners.
func (p *letterPage) code(text string, linear code128, square symbol) {
	s := p.on
	p.stamp(s.codeTitle)
	x := letterMargin + cardInset
	large := s.bold.sized(26)
	large.tracking = 0.8
	line := large.shape(text)
	if w, room := large.width(line), s.barcodeX-code128Quiet*barModule-x; w > room {
		large.size *= room / w
		large.tracking *= room / w
	}
	p.tagged("P", "", func() { p.write(large, line, x, s.codeY) })
	p.tagged("Figure", s.symbolTag, func() {
		p.bars(linear, s.barcodeX, s.barcodeY, barModule, barHeight)
		p.modules(square, letterMargin+letterWidth-cardInset-symbolQuiet-letterSymbol, s.barcodeY, letterSymbol)
	})
	p.stamp(s.codeUse)
	p.stamp(s.codeSpelt)
	small := s.regular.sized(s.pt(9.5))
	y := s.speltY
	for group := range strings.SplitSeq(text, "-") {
		p.tagged("P", "", func() {
			y = p.paragraph(small, [][]glyph{p.said(group)}, s.speltX, y)
		})
	}
}

// said shapes how a group of signs is dictated: «K7QT : K comme Kléber, chiffre 7, …». The signs were shaped once for
// all letters: they are half of what a letter has of its own. What it returns holds until the next call.
func (p *letterPage) said(group string) []glyph {
	line := append(p.spoken[:0], p.on.regular.shape(group+" : ")...)
	for i := range len(group) {
		if i > 0 {
			line = append(line, p.on.comma...)
		}
		line = append(line, p.on.signs[group[i]]...)
	}
	p.spoken = line
	return line
}

// places lists vaccination places beside one another, in smaller letters where their texts are long, or says whom
// to ask.
func (p *letterPage) places(l Letter) error {
	s := p.on
	p.stamp(s.placesTitle)
	if len(l.Places) == 0 {
		p.stamp(s.unlisted)
		return nil
	}
	width := (letterWidth - float64(len(l.Places)-1)*placeGap) / float64(len(l.Places))
	room := s.placesBottom - s.placesTop
	for size := s.pt(10); ; size *= step {
		if size < leastText {
			return errUnreadable
		}
		name, address := s.bold.sized(size), s.regular.sized(size)
		blocks, most := make([][2][][]glyph, len(l.Places)), 0
		for i, place := range l.Places {
			blocks[i][0] = name.lines(place.Name, width)
			if at := place.AddressLine(); at != "" {
				blocks[i][1] = address.lines(at, width)
			}
			most = max(most, len(blocks[i][0])+len(blocks[i][1]))
		}
		if float64(most)*size*leading > room {
			continue
		}
		p.element("L", "", func() {
			for i, block := range blocks {
				x := letterMargin + float64(i)*(width+placeGap)
				p.element("LI", "", func() {
					y := s.placesTop
					p.tagged("Lbl", "", func() { y = p.paragraph(name, block[0], x, y) })
					if block[1] != nil {
						p.tagged("LBody", "", func() { p.paragraph(address, block[1], x, y) })
					}
				})
			}
		})
		p.stamp(s.listed)
		return nil
	}
}
