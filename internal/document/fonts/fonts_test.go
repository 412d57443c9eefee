package fonts

import (
	"encoding/binary"
	"strings"
	"testing"
)

// needed is what the documents write: French typography with its no-break spaces, names from across
// Europe, and a few signs.
const needed = "ABCXYZabcxyz0123456789 .,;:!?()/-'\"" +
	"ÀÂÄÇÉÈÊËÎÏÔÖÙÛÜŸŒÆàâäçéèêëîïôöùûüÿœæ" +
	"ŁłÓóĄąĘęŻżŹźŚśĆćŃńŠšČčŘřĚěŮůŐőŰűĞğİıŞşĀāĒēĪīŪūĐđÅåØøÑñÃãÕõÞþÐðßȘșȚț" +
	"\u00a0\u202f«»“”‘’–—…•°№€×†‰½✓☐☑→"

func TestFontsHoldEveryCharacterOfDocuments(t *testing.T) {
	for name, open := range map[string]func() ([]byte, error){"regular": Regular, "bold": Bold} {
		t.Run(name, func(t *testing.T) {
			font, err := open()
			if err != nil {
				t.Fatal(err)
			}
			if len(font) > 80_000 {
				t.Errorf("%d bytes, want at most 80,000: is the font cut?", len(font))
			}
			for _, char := range needed {
				if glyph(t, font, char) == 0 {
					t.Errorf("no glyph for %q (%U)", char, char)
				}
			}
			// A control: the reading below must be able to say no.
			if got := glyph(t, font, 'я'); got != 0 {
				t.Errorf("glyph %d for a letter that was cut away", got)
			}
		})
	}
}

func TestFontsAreTrueTypeWithOutlines(t *testing.T) {
	for name, open := range map[string]func() ([]byte, error){"regular": Regular, "bold": Bold} {
		font, err := open()
		if err != nil {
			t.Fatal(err)
		}
		for _, table := range []string{"head", "hhea", "hmtx", "maxp", "cmap", "name", "OS/2", "post", "glyf", "loca"} {
			if section(font, table) == nil {
				t.Errorf("%s: no table %s", name, table)
			}
		}
	}
}

func TestMissingFontSaysWhatToRun(t *testing.T) {
	if _, err := read("absent.ttf"); err == nil || !strings.Contains(err.Error(), "run make assets") {
		t.Errorf("%v, want an error that says to run make assets", err)
	}
}

// section finds a table of a TrueType file.
func section(font []byte, tag string) []byte {
	for i := range int(binary.BigEndian.Uint16(font[4:])) {
		entry := font[12+16*i:]
		if string(entry[:4]) == tag {
			offset, length := binary.BigEndian.Uint32(entry[8:]), binary.BigEndian.Uint32(entry[12:])
			return font[offset : offset+length]
		}
	}
	return nil
}

// glyph looks a character up in the format 4 subtable of cmap, the one the PDF library reads.
func glyph(t *testing.T, font []byte, char rune) uint16 {
	t.Helper()
	cmap := section(font, "cmap")
	u16 := func(b []byte, at int) int { return int(binary.BigEndian.Uint16(b[at:])) }
	for i := range u16(cmap, 2) {
		table := cmap[binary.BigEndian.Uint32(cmap[4+8*i+4:]):]
		if u16(table, 0) != 4 {
			continue
		}
		double := u16(table, 6) // twice the number of segments
		ends, starts := 14, 14+double+2
		for at := 0; at < double; at += 2 {
			if int(char) > u16(table, ends+at) {
				continue
			}
			start, delta, offset := u16(table, starts+at), u16(table, starts+double+at), u16(table, starts+2*double+at)
			if int(char) < start {
				return 0
			}
			if offset == 0 {
				return uint16(int(char) + delta)
			}
			if id := u16(table, starts+2*double+at+offset+2*(int(char)-start)); id != 0 {
				return uint16(id + delta)
			}
			return 0
		}
		return 0
	}
	t.Fatal("cmap has no format 4 subtable")
	return 0
}
