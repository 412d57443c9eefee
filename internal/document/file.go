package document

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf16"
)

// Why not the PDF library that the rest of the trade uses: fpdf subsets an
// embedded font anew for each document (ten times the cost of the page) and
// knows no tags; what was left of it, once the fonts, the text operators and the
// catalog had been replaced, were the forty lines below. They write objects in
// order, then the cross-reference table: PDF 1.7 (ISO 32000-1), 7.5.

// file is a PDF under construction: objects and where each one starts.
type file struct {
	bytes.Buffer
	offsets []int // of object i+1
}

// reserve gives out the number of an object to be written later.
func (f *file) reserve() int {
	f.offsets = append(f.offsets, 0)
	return len(f.offsets)
}

// begin starts the object of that number; end closes it.
func (f *file) begin(number int) {
	f.offsets[number-1] = f.Len()
	f.int(number)
	f.WriteString(" 0 obj\n")
}

func (f *file) end() { f.WriteString("\nendobj\n") }

// object writes a whole object and returns its number.
func (f *file) object(body string) int {
	number := f.reserve()
	f.begin(number)
	f.WriteString(body)
	f.end()
	return number
}

// stream writes a stream object; entries are the dictionary's, without Length.
func (f *file) stream(number int, entries string, data []byte) {
	f.begin(number)
	f.WriteString("<<" + entries + "/Length ")
	f.int(len(data))
	f.WriteString(">>\nstream\n")
	f.Write(data)
	f.WriteString("\nendstream")
	f.end()
}

// finish writes the cross-reference table and the trailer.
func (f *file) finish(catalog, info int) {
	start := f.Len()
	fmt.Fprintf(f, "xref\n0 %d\n0000000000 65535 f \n", len(f.offsets)+1)
	for _, offset := range f.offsets {
		digits := strconv.Itoa(offset)
		f.WriteString("0000000000"[len(digits):])
		f.WriteString(digits)
		f.WriteString(" 00000 n \n")
	}
	fmt.Fprintf(f, "trailer\n<</Size %d/Root %d 0 R/Info %d 0 R>>\nstartxref\n%d\n%%%%EOF\n",
		len(f.offsets)+1, catalog, info, start)
}

func (f *file) int(n int) {
	f.Write(strconv.AppendInt(f.AvailableBuffer(), int64(n), 10))
}

// ref writes a reference to an object.
func (f *file) ref(number int) {
	f.Write(appendRef(f.AvailableBuffer(), number))
}

// textString encodes text for a dictionary: UTF-16 in hexadecimal, which needs
// no escaping.
func textString(text string) string {
	var out strings.Builder
	out.WriteString("<FEFF")
	for _, unit := range utf16.Encode([]rune(text)) {
		fmt.Fprintf(&out, "%04X", unit)
	}
	out.WriteByte('>')
	return out.String()
}

// deflaters are kept because one weighs far more than the page it compresses.
var deflaters = sync.Pool{New: func() any { return zlib.NewWriter(nil) }}

// deflate compresses data for a stream with /Filter/FlateDecode.
func deflate(data []byte) []byte {
	var out bytes.Buffer
	out.Grow(len(data) / 2)
	w := deflaters.Get().(*zlib.Writer)
	defer deflaters.Put(w)
	w.Reset(&out)
	_, _ = w.Write(data) // a bytes.Buffer cannot fail
	_ = w.Close()
	return out.Bytes()
}

// embed writes the five objects of a font and returns the number of the one to
// name in a page's resources. Text is then written as glyph numbers (Identity-H).
func (f *file) embed(font *font) int {
	program := f.reserve()
	f.stream(program, fmt.Sprintf("/Filter/FlateDecode/Length1 %d", len(font.program)), deflate(font.program))
	toUnicode := f.reserve()
	f.stream(toUnicode, "/Filter/FlateDecode", deflate([]byte(toUnicodeMap(font))))
	// Flags 32: not symbolic. StemV is not used for embedded fonts.
	descriptor := f.object(fmt.Sprintf("<</Type/FontDescriptor/FontName/%s/Flags 32/FontBBox[%d %d %d %d]"+
		"/ItalicAngle 0/Ascent %d/Descent %d/CapHeight %d/StemV 80/FontFile2 %d 0 R>>",
		font.name, font.bbox[0], font.bbox[1], font.bbox[2], font.bbox[3],
		font.ascent, font.descent, font.capHeight, program))
	descendant := f.object(fmt.Sprintf("<</Type/Font/Subtype/CIDFontType2/BaseFont/%s"+
		"/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>"+
		"/FontDescriptor %d 0 R/CIDToGIDMap/Identity/W[0%v]>>", font.name, descriptor, font.advances))
	return f.object(fmt.Sprintf("<</Type/Font/Subtype/Type0/BaseFont/%s/Encoding/Identity-H"+
		"/DescendantFonts[%d 0 R]/ToUnicode %d 0 R>>", font.name, descendant, toUnicode))
}

// toUnicodeMap writes the CMap that gives back the characters of the glyphs.
func toUnicodeMap(font *font) string {
	chars := font.unicode()
	ids := make([]uint16, 0, len(chars))
	for id := range chars {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	var out strings.Builder
	out.WriteString("/CIDInit/ProcSet findresource begin\n12 dict begin\nbegincmap\n" +
		"/CIDSystemInfo<</Registry(Adobe)/Ordering(UCS)/Supplement 0>> def\n" +
		"/CMapName/Adobe-Identity-UCS def\n/CMapType 2 def\n" +
		"1 begincodespacerange\n<0000><FFFF>\nendcodespacerange\n")
	for block := range slices.Chunk(ids, 100) { // the format's limit
		fmt.Fprintf(&out, "%d beginbfchar\n", len(block))
		for _, id := range block {
			fmt.Fprintf(&out, "<%04X><", id)
			for _, unit := range utf16.Encode([]rune{chars[id]}) {
				fmt.Fprintf(&out, "%04X", unit)
			}
			out.WriteString(">\n")
		}
		out.WriteString("endbfchar\n")
	}
	out.WriteString("endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n")
	return out.String()
}
