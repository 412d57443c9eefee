package document

import (
	"fmt"
	"math"
	"time"
)

// The page, from top to bottom: who gives this document and to whom; what it is;
// the patient's code; the facts; what the patient has to do; where to sign; what
// the law wants said. Black on white and one accent, which stays legible when
// printed in grey.
const (
	sideMargin   = 52.0
	topMargin    = 40.0
	bottomMargin = 30.0
	textWidth    = pageWidth - 2*sideMargin
	// symbolSide is the printed width of the barcode; the quiet zone comes on top.
	symbolSide = 20 * millimetre
	// A row's label takes what the longest one needs, between these parts of the
	// width: long values in small letters get the room that short labels leave.
	leastLabels, mostLabels = 0.24, 0.36
	leading                 = 1.28
)

var (
	black  = rgb{0.07, 0.09, 0.11}
	grey   = rgb{0.31, 0.35, 0.39}
	accent = rgb{0.05, 0.29, 0.44}
	tint   = rgb{0.93, 0.955, 0.97}
	rule   = rgb{0.80, 0.84, 0.87}
	ghost  = rgb{0.87, 0.87, 0.87}
)

// Sentences printed on every document.
const (
	handedOver     = "Document à remettre au patient"
	codeLabel      = "Code du patient"
	codeUse        = "À conserver : ce code permet à un professionnel de santé de retrouver votre dossier de vaccination."
	signatureTitle = "Date et signature du professionnel de santé"
	annulledTitle  = "ANNULÉ"
	annulledText   = "cette saisie a été annulée, ce document ne fait plus foi."
	dataProtection = "Ces données sont enregistrées dans le traitement « Vaccin Covid » (décret n° 2020-1690 du 25 décembre 2020). " +
		"Vous pouvez exercer vos droits d’accès et de rectification auprès de votre organisme d’assurance maladie."
)

// sheet is the page being drawn at one scale.
type sheet struct {
	canvas
	summary       Summary
	barcode       symbol
	regular, bold face
	scale         float64
	y             float64 // where the next block starts
	labelWidth    float64 // of the first column of every table
}

func newSheet(r *Renderer, s Summary, barcode symbol, scale float64) *sheet {
	p := &sheet{
		canvas:  canvas{out: make([]byte, 0, 16<<10)},
		summary: s,
		barcode: barcode,
		regular: face{font: r.regular, resource: "/R", colour: black},
		bold:    face{font: r.bold, resource: "/B", colour: black},
		scale:   scale,
		y:       topMargin,
	}
	p.labelWidth = textWidth * leastLabels
	label := p.labelFace()
	for _, section := range s.Sections {
		for _, row := range section.Rows {
			p.labelWidth = max(p.labelWidth, label.width(label.shape(row.Label))+labelGap)
		}
	}
	p.labelWidth = min(p.labelWidth, textWidth*mostLabels)
	return p
}

// labelGap keeps a label and its value apart.
const labelGap = 12.0

func (p *sheet) labelFace() face { return p.regular.sized(p.pt(10)).coloured(grey) }

// draw draws the whole page and tells whether it fitted.
func (p *sheet) draw() bool {
	fits := false
	if p.summary.Annulled {
		p.decoration(p.watermark)
	}
	p.element("Document", "", func() {
		p.letterhead()
		p.heading()
		p.codeCard()
		for _, section := range p.summary.Sections {
			p.section(section)
		}
		p.notices()
		flowEnd := p.y
		foot := p.footer(true)
		box := p.signature(foot, true)
		if fits = flowEnd+p.pt(12) <= box; fits {
			p.signature(foot, false)
			p.footer(false)
		}
	})
	return fits
}

// pt scales a length that shrinks with the text.
func (p *sheet) pt(length float64) float64 { return length * p.scale }

// watermark writes « ANNULÉ » across the page, behind the text.
func (p *sheet) watermark() {
	const angle, centre = 0.9, 0.585 * pageHeight // between the code and the signature
	f := p.bold.sized(126).coloured(ghost)
	line := f.shape(annulledTitle)
	half := f.width(line) / 2
	sin, cos := math.Sincos(angle)
	low := f.size * float64(f.capHeight) / 2000
	// It is said in words under the title: here it would only cut the sentences
	// of those who copy or listen to the page.
	p.put("/Span<</ActualText<FEFF>>>BDC\n")
	p.writeRotated(f, line, pageWidth/2-half*cos+low*sin, centre+half*sin+low*cos, angle)
	p.put("EMC\n")
}

// letterhead says which service speaks, and to whom.
func (p *sheet) letterhead() {
	name := p.bold.sized(13).coloured(accent)
	name.tracking = 0.8
	purpose := p.regular.sized(10).coloured(grey)
	baseline := p.y + 11
	p.tagged("P", "", func() { p.write(name, name.shape("VACCIN COVID"), sideMargin, baseline) })
	p.tagged("P", "", func() {
		line := purpose.shape(handedOver)
		p.write(purpose, line, sideMargin+textWidth-purpose.width(line), baseline)
	})
	p.y += 19
	p.decoration(func() { p.line(sideMargin, p.y, sideMargin+textWidth, p.y, 1.5, accent) })
	p.y += p.pt(15)
}

// heading says what the document is, which version, and what it is worth.
func (p *sheet) heading() {
	title := p.bold.sized(p.pt(20))
	lines := title.lines(p.summary.Title, textWidth)
	// A last word alone on a second line is ugly: a little smaller avoids it.
	if fitting := title.size * textWidth / title.width(title.shape(p.summary.Title)); len(lines) > 1 && fitting > p.pt(15.5) {
		title = title.sized(fitting * 0.999)
		lines = title.lines(p.summary.Title, textWidth)
	}
	p.tagged("H1", "", func() { p.y = p.paragraph(title, lines, sideMargin, p.y) })
	if p.summary.Subtitle != "" {
		subtitle := p.regular.sized(p.pt(12.5))
		p.tagged("P", "", func() {
			p.y = p.paragraph(subtitle, subtitle.lines(p.summary.Subtitle, textWidth), sideMargin, p.y+p.pt(1))
		})
	}
	version := p.regular.sized(p.pt(10)).coloured(grey)
	p.tagged("P", "", func() {
		p.y = p.paragraph(version, version.lines(p.versionLine(), textWidth), sideMargin, p.y+p.pt(2))
	})
	p.y += p.pt(10)
	if p.summary.Annulled {
		p.callout(annulledTitle+" : "+annulledText, "", black)
	}
}

// versionLine tells the versions of one document apart on paper.
func (p *sheet) versionLine() string {
	verb := "validée"
	if p.summary.Rectified {
		verb = "rectifiée et validée"
	}
	return fmt.Sprintf("Version %d, %s le %s", p.summary.Version, verb, frenchMoment(p.summary.ValidatedAt))
}

// frenchMoment writes 27/12/2020 à 14 h 05.
func frenchMoment(t time.Time) string {
	return t.Format("02/01/2006 à 15\u00A0h\u00A004")
}

// codeCard shows the patient's code to people and to scanners.
func (p *sheet) codeCard() {
	const quiet = 2.5 * millimetre // at least one module; two for the usual codes
	const side = symbolSide + 2*quiet
	top, height := p.y, float64(side)
	right := sideMargin + textWidth
	p.decoration(func() {
		p.box(sideMargin, top, textWidth-side, height, tint)
		p.frame(sideMargin, top, textWidth, height, 0.8, accent)
	})
	const inset = 14.0
	room := textWidth - side - 2*inset
	small := p.regular.sized(9.5).coloured(grey)
	large := p.bold.sized(27)
	large.tracking = 1.2
	line := large.shape(p.summary.Code)
	if w := large.width(line); w > room { // never for a code of the service
		large.size *= room / w
		large.tracking *= room / w
	}
	p.element("Sect", "", func() {
		p.tagged("H2", "", func() { p.paragraph(small, small.lines(codeLabel, room), sideMargin+inset, top+8) })
		p.tagged("P", "", func() { p.write(large, line, sideMargin+inset, top+43.5) })
		p.tagged("P", "", func() { p.paragraph(small, small.lines(codeUse, room), sideMargin+inset, top+51) })
		x, y := right-quiet-symbolSide, top+quiet
		attributes := fmt.Sprintf("/Alt%s/A<</O/Layout/Placement/Block/BBox[%.2f %.2f %.2f %.2f]>>",
			textString("Code-barres (DataMatrix) du code du patient"),
			x, pageHeight-y-symbolSide, x+symbolSide, pageHeight-y)
		p.tagged("Figure", attributes, func() { p.modules(p.barcode, x, y, symbolSide) })
	})
	p.y = top + height + p.pt(12)
}

// section writes a title and its rows as a table whose first column are headers.
func (p *sheet) section(section Section) {
	p.element("Sect", "", func() {
		if section.Title != "" {
			f := p.bold.sized(p.pt(12)).coloured(accent)
			p.tagged("H2", "", func() {
				p.y = p.paragraph(f, f.lines(section.Title, textWidth), sideMargin, p.y)
			})
			p.y += p.pt(2)
		}
		if len(section.Rows) > 0 {
			p.hairline()
			p.element("Table", "", func() {
				for _, row := range section.Rows {
					p.row(row)
				}
			})
		}
	})
	p.y += p.pt(10)
}

func (p *sheet) hairline() {
	p.decoration(func() { p.line(sideMargin, p.y, sideMargin+textWidth, p.y, 0.5, rule) })
}

// row writes one fact: as high as the higher of its label and its value.
func (p *sheet) row(row Row) {
	label := p.labelFace()
	value := p.bold.sized(p.pt(10.5))
	labelLines := label.lines(row.Label, p.labelWidth-labelGap)
	valueLines := value.lines(row.Value, textWidth-p.labelWidth)
	top := p.y + p.pt(2.2)
	end := top
	p.element("TR", "", func() {
		p.tagged("TH", "/A<</O/Table/Scope/Row>>", func() {
			// Half the difference of the line heights puts both on one baseline.
			end = max(end, p.paragraph(label, labelLines, sideMargin, top+p.pt(0.5)*leading/2))
		})
		p.tagged("TD", "", func() {
			end = max(end, p.paragraph(value, valueLines, sideMargin+p.labelWidth, top))
		})
	})
	p.y = end + p.pt(2.2)
	p.hairline()
}

// notices writes what the patient has to know or to do next.
func (p *sheet) notices() {
	for _, notice := range p.summary.Notices {
		if notice.Strong {
			p.callout(notice.Text, notice.Link, accent)
			continue
		}
		text := p.regular.sized(p.pt(10))
		p.tagged("P", "", func() {
			p.y = p.paragraph(text, text.lines(notice.Text, textWidth), sideMargin, p.y)
		})
		p.address(notice.Link, text.size, sideMargin, textWidth)
		p.y += p.pt(5)
	}
}

// callout writes a sentence that must not be missed, in a box.
func (p *sheet) callout(text, link string, colour rgb) {
	inset := p.pt(9)
	x, room := sideMargin+inset+4, textWidth-2*inset-4
	f := p.bold.sized(max(p.pt(11.5), 8)) // read even on a crowded page
	address := p.regular.sized(p.pt(10))
	lines := f.lines(text, room)
	height := 2*inset + float64(len(lines))*f.size*leading
	if link != "" {
		height += float64(len(address.lines(link, room))) * address.size * leading
	}
	p.decoration(func() {
		p.box(sideMargin, p.y, textWidth, height, tint)
		p.box(sideMargin, p.y, 4, height, colour)
	})
	end := p.y + height
	p.tagged("P", "", func() { p.y = p.paragraph(f, lines, x, p.y+inset) })
	p.address(link, address.size, x, room)
	p.y = end + p.pt(10)
}

// address writes a link as text: paper has no other.
func (p *sheet) address(link string, size, x, room float64) {
	if link == "" {
		return
	}
	f := p.regular.sized(size).coloured(accent)
	p.tagged("P", "", func() { p.y = p.paragraph(f, f.lines(link, room), x, p.y) })
}

// signature writes the box to sign and stamp, which ends above bottom, and
// returns where it starts. It only measures when asked to.
func (p *sheet) signature(bottom float64, measure bool) float64 {
	const inset, space = 10.0, 54.0 // a stamp is 20 to 25 mm high with its name line
	title := p.bold.sized(10.5).coloured(accent)
	text := p.regular.sized(min(10, p.pt(11)))
	room := textWidth*0.5 - inset
	signatory := text.lines(p.summary.Signatory, room-inset)
	content := 2*inset + title.size*leading + float64(len(signatory))*text.size*leading
	height := content + space
	top := bottom - height
	if measure {
		return top
	}
	p.decoration(func() { p.frame(sideMargin, top, textWidth, height, 0.8, grey) })
	p.element("Sect", "", func() {
		x := sideMargin + inset
		y := top + inset
		p.tagged("H2", "", func() { y = p.paragraph(title, title.lines(signatureTitle, textWidth), x, y) })
		p.tagged("P", "", func() { p.paragraph(text, signatory, x, y+1) })
		date := p.regular.sized(10).coloured(grey)
		p.tagged("P", "", func() { p.write(date, date.shape("Date :"), x, bottom-inset-2) })
		p.decoration(func() { p.line(x+34, bottom-inset, x+room-inset, bottom-inset, 0.5, grey) })
		p.tagged("P", "", func() {
			p.write(date, date.shape("Signature et cachet :"), sideMargin+room+2*inset, top+inset+title.size*leading+11)
		})
	})
	return top
}

// footer writes what the law wants said, and what this page is for someone who
// finds it alone (heard already, so passed over when listening). It returns where the
// footer starts, and only measures when asked to.
func (p *sheet) footer(measure bool) float64 {
	f := p.regular.sized(8).coloured(grey)
	law := f.lines(dataProtection, textWidth)
	identity := f.lines(fmt.Sprintf("%s – %s – version %d du %s – page 1/1", serviceName, p.summary.Title,
		p.summary.Version, p.summary.ValidatedAt.Format("02/01/2006")), textWidth)
	const gap = 3.0
	top := pageHeight - bottomMargin - gap - float64(len(law)+len(identity))*f.size*leading
	if measure {
		return top - 10
	}
	p.tagged("P", "", func() { p.paragraph(f, law, sideMargin, top) })
	end := top + float64(len(law))*f.size*leading
	p.decoration(func() { p.paragraph(f, identity, sideMargin, end+gap) })
	return top - 10
}
