package document

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"vaccin/internal/document/fonts"
)

// ErrTooLong says that a summary does not fit on one page even in the smallest
// letters. The domain bounds what can be entered well below: twenty-five rows of two
// hundred of the widest letters still fit.
var ErrTooLong = errors.New("document: the summary does not fit on one page")

// Renderer writes summaries as PDF. It holds the fonts, ready to be copied into
// each document, is never changed after its making and so may be shared by
// goroutines.
type Renderer struct {
	regular, bold *font
	// start is the beginning common to all documents: the header and the fonts.
	start file
	// regularObject and boldObject are the fonts to name in a page's resources.
	regularObject, boldObject int
}

// NewRenderer reads and prepares the service's fonts.
func NewRenderer() (*Renderer, error) {
	regular, err := fonts.Regular()
	if err != nil {
		return nil, fmt.Errorf("document: regular font: %w", err)
	}
	bold, err := fonts.Bold()
	if err != nil {
		return nil, fmt.Errorf("document: bold font: %w", err)
	}
	r := &Renderer{}
	// Six capitals and a plus tell that a font is a subset (9.6.4).
	if r.regular, err = parseFont("VACCIN+SourceSans3-Regular", regular); err != nil {
		return nil, err
	}
	if r.bold, err = parseFont("VACCIN+SourceSans3-Bold", bold); err != nil {
		return nil, err
	}
	// The second line holds bytes over 127, so that mail programs see a binary file.
	r.start.WriteString("%PDF-1.7\n%\xE2\xE3\xCF\xD3\n")
	r.regularObject = r.start.embed(r.regular)
	r.boldObject = r.start.embed(r.bold)
	return r, nil
}

var defaultRenderer = sync.OnceValues(NewRenderer)

// PDF writes the summary as one A4 page, tagged for screen readers. The same
// summary gives the same bytes. It returns ErrTooLong when the page cannot hold
// the summary, and writes nothing then. It may be called by several goroutines.
func (s Summary) PDF(w io.Writer) error {
	r, err := defaultRenderer()
	if err != nil {
		return err
	}
	return r.PDF(w, s)
}

// PDF does what Summary.PDF does.
func (r *Renderer) PDF(w io.Writer, s Summary) error {
	barcode, err := encodeSymbol(s.CodeCompact)
	if err != nil {
		return err
	}
	sheet, err := r.compose(s, barcode)
	if err != nil {
		return err
	}
	if _, err := w.Write(r.assemble(about{s.Title, s.ValidatedAt}, &sheet.canvas)); err != nil {
		return fmt.Errorf("document: writing a PDF: %w", err)
	}
	return nil
}

// The text is set in letters of 12 points where there is room, for the patients
// are old, and of 4 points at the very least, the end of what can be read.
const (
	largest  = 1.12
	step     = 0.94
	smallest = 0.38
)

// compose draws the page, in smaller and smaller letters until it fits: usual
// summaries fit at the first or second try.
func (r *Renderer) compose(s Summary, barcode symbol) (*sheet, error) {
	for scale := largest; scale >= smallest; scale *= step {
		page := newSheet(r, s, barcode, scale)
		if page.draw() {
			return page, nil
		}
	}
	return nil, ErrTooLong
}

// about describes a document.
type about struct {
	title string
	at    time.Time // in the time zone to print
}

// assemble puts the pages, their tags and the description of the document after
// the fonts.
func (r *Renderer) assemble(described about, drawn *canvas) []byte {
	contents, size := drawn.pages(), 0
	for i, content := range contents {
		contents[i] = deflate(content)
		size += len(contents[i])
	}
	var f file
	f.Grow(r.start.Len() + size + 160*len(drawn.tags.elements) + 4096)
	f.Write(r.start.Bytes())
	f.offsets = append(make([]int, 0, len(r.start.offsets)+len(drawn.tags.elements)+2*len(contents)+8), r.start.offsets...)

	catalog, tree := f.reserve(), f.reserve()
	pages, kids := make([]int, len(contents)), ""
	for i, content := range contents {
		page, drawing := f.reserve(), f.reserve()
		pages[i] = page
		kids += fmt.Sprintf(" %d 0 R", page)
		f.stream(drawing, "/Filter/FlateDecode", content)
		f.begin(page)
		fmt.Fprintf(&f, "<</Type/Page/Parent %d 0 R/MediaBox[0 0 %v %v]/Contents %d 0 R/StructParents %d/Tabs/S"+
			"/Resources<</Font<</R %d 0 R/B %d 0 R>>>>>>",
			tree, pageWidth, pageHeight, drawing, i, r.regularObject, r.boldObject)
		f.end()
	}
	f.begin(tree)
	fmt.Fprintf(&f, "<</Type/Pages/Count %d/Kids[%s]>>", len(pages), kids[1:])
	f.end()
	root := drawn.tags.write(&f, pages)
	metadata := f.reserve()
	f.stream(metadata, "/Type/Metadata/Subtype/XML", []byte(xmp(described)))
	f.begin(catalog)
	f.WriteString(catalogOf(tree, root, metadata))
	f.end()
	info := f.object(infoOf(described))
	f.finish(catalog, info)
	return f.Bytes()
}

// catalogOf is the catalog of a document: its page tree, the root of its tags and its description.
func catalogOf(pages, tags, metadata int) string {
	return fmt.Sprintf("<</Type/Catalog/Pages %d 0 R/Lang(fr-FR)/MarkInfo<</Marked true>>/StructTreeRoot %d 0 R"+
		"/Metadata %d 0 R/ViewerPreferences<</DisplayDocTitle true>>>>", pages, tags, metadata)
}

// infoOf describes a document for its information dictionary.
func infoOf(described about) string {
	date := "(" + pdfDate(described.at) + ")"
	return "<</Title" + textString(clean(described.title)) + "/Author" + textString(serviceName) +
		"/Producer" + textString(serviceName) + "/CreationDate" + date + "/ModDate" + date + ">>"
}

const serviceName = "Vaccin Covid"

// pdfDate writes a date as PDF 1.7 (7.9.4) does: D:20201227140500+01'00'.
func pdfDate(t time.Time) string {
	zone := t.Format("-07:00")
	return t.Format("D:20060102150405") + zone[:3] + "'" + zone[4:6] + "'"
}

// xmp describes the document a second time, in the only form that some
// assistive software and archives read.
func xmp(described about) string {
	escape := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
	date := described.at.Format("2006-01-02T15:04:05-07:00")
	return "<?xpacket begin=\"\uFEFF\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n" +
		`<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">` +
		`<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/">` +
		`<dc:format>application/pdf</dc:format>` +
		`<dc:title><rdf:Alt><rdf:li xml:lang="x-default">` + escape.Replace(clean(described.title)) + `</rdf:li></rdf:Alt></dc:title>` +
		`<dc:creator><rdf:Seq><rdf:li>` + serviceName + `</rdf:li></rdf:Seq></dc:creator>` +
		`<dc:language><rdf:Bag><rdf:li>fr-FR</rdf:li></rdf:Bag></dc:language>` +
		`<xmp:CreateDate>` + date + `</xmp:CreateDate><xmp:ModifyDate>` + date + `</xmp:ModifyDate>` +
		"</rdf:Description></rdf:RDF></x:xmpmeta>\n<?xpacket end=\"r\"?>"
}
