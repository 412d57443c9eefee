package document

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// font is a TrueType font read once: what is needed to measure text and to embed
// the file. It is never written to after parseFont, so goroutines may share it.
//
// The fonts of this service are subsets made when it is built. A PDF library
// that subsets for each document spends ten times what the page costs; here the
// whole (small) subset is compressed once and copied into every document.
type font struct {
	// name is the PostScript name written in the document.
	name string
	// latin finds the glyphs of the first characters without hashing.
	latin [0x250]uint16
	// runes finds the glyph of any character.
	runes map[rune]uint16
	// advances are the widths by glyph, in thousandths of the font size.
	advances []int
	// missing is the glyph shown for a character that the font does not have.
	missing uint16
	// ascent, descent (negative) and capHeight are in thousandths of the size.
	ascent, descent, capHeight int
	bbox                       [4]int
	// program is the font file, reduced to the tables that a PDF reader uses.
	program []byte
}

// errFont says that a font file is not one that this package reads. The fonts
// are part of the program, so it means a broken build.
var errFont = errors.New("document: unreadable font")

// programTables are the tables that PDF 1.7 (9.9, table 126) asks for in an
// embedded TrueType font; the others only make documents heavier.
var programTables = []string{"cvt ", "fpgm", "glyf", "head", "hhea", "hmtx", "loca", "maxp", "prep"}

// parseFont reads a TrueType file.
func parseFont(name string, file []byte) (f *font, err error) {
	// Offsets come from the file: one recover is safer than forty bounds checks.
	defer func() {
		if recover() != nil {
			f, err = nil, fmt.Errorf("%w: %s: truncated table", errFont, name)
		}
	}()
	tables, err := sfntTables(file)
	if err != nil {
		return nil, fmt.Errorf("%w: %s", err, name)
	}
	f = &font{name: name, runes: make(map[rune]uint16)}
	units := int(be16(tables["head"], 18))
	if units == 0 {
		return nil, fmt.Errorf("%w: %s: no unit", errFont, name)
	}
	scale := func(v int) int { return v * 1000 / units }
	for i := range f.bbox {
		f.bbox[i] = scale(int(int16(be16(tables["head"], 36+2*i))))
	}
	f.ascent = scale(int(int16(be16(tables["hhea"], 4))))
	f.descent = scale(int(int16(be16(tables["hhea"], 6))))
	f.capHeight = f.ascent
	if os2 := tables["OS/2"]; len(os2) >= 90 {
		f.capHeight = scale(int(int16(be16(os2, 88))))
	}
	glyphs, metrics := int(be16(tables["maxp"], 4)), int(be16(tables["hhea"], 34))
	f.advances = make([]int, glyphs)
	for i := range f.advances {
		// Glyphs after the last metric share its advance.
		f.advances[i] = scale(int(be16(tables["hmtx"], 4*min(i, metrics-1))))
	}
	if err := f.readCmap(tables["cmap"]); err != nil {
		return nil, err
	}
	for _, r := range []rune{'\uFFFD', '□'} {
		if id, ok := f.glyph(r); ok {
			f.missing = id
			break
		}
	}
	f.program = sfntFile(tables, programTables)
	return f, nil
}

func be16(b []byte, at int) uint16 { return binary.BigEndian.Uint16(b[at:]) }
func be32(b []byte, at int) uint32 { return binary.BigEndian.Uint32(b[at:]) }

// sfntTables returns the tables of a TrueType file by tag.
func sfntTables(file []byte) (map[string][]byte, error) {
	if be32(file, 0) != 0x00010000 {
		return nil, errFont
	}
	tables := make(map[string][]byte)
	for i := range int(be16(file, 4)) {
		entry := file[12+16*i:]
		offset, length := be32(entry, 8), be32(entry, 12)
		tables[string(entry[:4])] = file[offset : offset+length]
	}
	for _, tag := range []string{"cmap", "glyf", "head", "hhea", "hmtx", "loca", "maxp"} {
		if tables[tag] == nil {
			return nil, fmt.Errorf("%w: no table %q", errFont, tag)
		}
	}
	return tables, nil
}

// sfntFile writes a TrueType file holding only the wanted tables.
func sfntFile(tables map[string][]byte, wanted []string) []byte {
	wanted = slices.DeleteFunc(slices.Clone(wanted), func(tag string) bool { return tables[tag] == nil })
	var head, body bytes.Buffer
	count := uint16(len(wanted))
	power, log := uint16(1), uint16(0)
	for power*2 <= count {
		power, log = power*2, log+1
	}
	for _, v := range []uint16{1, 0, count, power * 16, log, (count - power) * 16} {
		_ = binary.Write(&head, binary.BigEndian, v) // a bytes.Buffer cannot fail
	}
	start := 12 + 16*len(wanted)
	for _, tag := range wanted {
		data := tables[tag]
		padded := append(bytes.Clone(data), make([]byte, (4-len(data)%4)%4)...)
		var sum uint32
		for i := 0; i < len(padded); i += 4 {
			sum += be32(padded, i)
		}
		head.WriteString(tag)
		_ = binary.Write(&head, binary.BigEndian, []uint32{sum, uint32(start + body.Len()), uint32(len(data))})
		body.Write(padded)
	}
	return append(head.Bytes(), body.Bytes()...)
}

// readCmap reads the Unicode subtables of formats 4 and 12.
func (f *font) readCmap(cmap []byte) error {
	found := false
	for i := range int(be16(cmap, 2)) {
		platform, encoding := be16(cmap, 4+8*i), be16(cmap, 6+8*i)
		if platform != 0 && (platform != 3 || encoding != 1 && encoding != 10) {
			continue
		}
		sub := cmap[be32(cmap, 8+8*i):]
		switch be16(sub, 0) {
		case 4:
			f.readCmap4(sub)
			found = true
		case 12:
			for g := range int(be32(sub, 12)) {
				first, last, id := be32(sub, 16+12*g), be32(sub, 20+12*g), be32(sub, 24+12*g)
				for r := first; r <= last; r++ {
					f.setGlyph(rune(r), uint16(id+r-first))
				}
			}
			found = true
		}
	}
	if !found {
		return fmt.Errorf("%w: %s: no Unicode character map", errFont, f.name)
	}
	return nil
}

// readCmap4 reads a subtable of segments (format 4).
func (f *font) readCmap4(sub []byte) {
	segments := int(be16(sub, 6)) / 2
	ends := sub[14:]
	starts := sub[16+2*segments:]
	deltas := sub[16+4*segments:]
	offsets := sub[16+6*segments:]
	for s := range segments {
		first, last := be16(starts, 2*s), be16(ends, 2*s)
		for r := int(first); r <= int(last) && r < 0xFFFF; r++ {
			id := uint16(r)
			if offset := int(be16(offsets, 2*s)); offset != 0 {
				// The offset counts from its own place in the table.
				if id = be16(offsets, 2*s+offset+2*(r-int(first))); id == 0 {
					continue
				}
			}
			f.setGlyph(rune(r), id+be16(deltas, 2*s))
		}
	}
}

func (f *font) setGlyph(r rune, id uint16) {
	if id == 0 || int(id) >= len(f.advances) {
		return
	}
	f.runes[r] = id
	if int(r) < len(f.latin) {
		f.latin[r] = id
	}
}

// glyph returns the glyph of a character, and whether the font has it.
func (f *font) glyph(r rune) (uint16, bool) {
	if r >= 0 && int(r) < len(f.latin) {
		return f.latin[r], f.latin[r] != 0
	}
	id, ok := f.runes[r]
	return id, ok
}

// unicode returns the character that each glyph stands for, for those who copy,
// search or listen to the text. A glyph of several characters (space and
// no-break space) stands for the first.
func (f *font) unicode() map[uint16]rune {
	chars := map[uint16]rune{f.missing: '\uFFFD'}
	for r, id := range f.runes {
		if known, ok := chars[id]; !ok || (r < known && id != f.missing) {
			chars[id] = r
		}
	}
	return chars
}
