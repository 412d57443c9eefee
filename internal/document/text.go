package document

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// glyph is one drawn character.
type glyph struct {
	id      uint16
	advance int  // thousandths of the font size
	char    rune // what it shows, for line breaking
	// source is what was entered, when the drawing is only an approximation of
	// it: a screen reader is given the source instead.
	source string
}

const noBreakSpace = '\u00A0'

// approximations are read when a font lacks a character that Unicode does not
// decompose and that has a usual spelling in a French administration.
var approximations = map[rune]string{
	'‐': "-", '‑': "-", '‒': "–", '―': "—", '−': "–", '⁄': "/", '∕': "/",
	'ʼ': "’", 'ʹ': "’", '′': "’", '‛': "’", '″': "”", '…': "...",
	'Ł': "L", 'ł': "l", 'Đ': "D", 'đ': "d", 'Ø': "O", 'ø': "o", 'Ħ': "H", 'ħ': "h",
	'ı': "i", 'ß': "ss", 'ẞ': "SS", 'Þ': "Th", 'þ': "th", 'ð': "d", 'Ð': "D",
	'Æ': "AE", 'æ': "ae", 'Œ': "OE", 'œ': "oe", 'Ŋ': "N", 'ŋ': "n", 'ſ': "s",
}

// shape turns text into glyphs.
//
// Nothing entered can break the page or vanish silently: a character that the
// font lacks is spelt with those it has (ﬁ → fi, ǻ → a), or shown as the
// replacement glyph; control characters and invalid UTF-8 are shown as the
// replacement glyph too. Only invisible characters that could reorder or hide
// the text (bidirectional marks, joiners, soft hyphens) are left out.
func (f *font) shape(text string) []glyph {
	if !utf8.ValidString(text) {
		text = strings.ToValidUTF8(text, "\uFFFD")
	}
	text = norm.NFC.String(text)
	glyphs := make([]glyph, 0, len(text))
	previous := rune(0)
	for i, r := range text {
		if r == ' ' && keepsTogether(previous, text[i+1:]) {
			r = noBreakSpace
		}
		glyphs = f.appendRune(glyphs, r)
		previous = r
	}
	return glyphs
}

// keepsTogether tells whether a French line may not break at this space: before
// a double punctuation mark and inside guillemets.
func keepsTogether(before rune, after string) bool {
	next, _ := utf8.DecodeRuneInString(after)
	return before == '«' || strings.ContainsRune(":;!?»%€", next)
}

// appendRune appends what stands for one character.
func (f *font) appendRune(glyphs []glyph, r rune) []glyph {
	hidden := r > '~' && unicode.In(r, unicode.Cf, unicode.Variation_Selector)
	if id, ok := f.glyph(r); ok && r >= ' ' && r != utf8.RuneError && !hidden {
		return append(glyphs, glyph{id: id, advance: f.advances[id], char: r})
	}
	switch {
	case hidden:
		return glyphs
	case r == '\t' || r == '\n' || r == '\r' || r == '\u2028' || r == '\u2029':
		return f.appendSpelling(glyphs, " ", " ")
	case unicode.Is(unicode.Zs, r):
		// Fonts often lack the narrow no-break space; all unusual ones hold.
		return f.appendSpelling(glyphs, string(noBreakSpace), string(r))
	case unicode.Is(unicode.Mn, r) && len(glyphs) > 0:
		// An accent without a glyph is heard, not drawn in the wrong place.
		last := &glyphs[len(glyphs)-1]
		if last.source == "" {
			last.source = string(last.char)
		}
		last.source += string(r)
		return glyphs
	}
	if spelling := f.spelling(r); spelling != "" {
		return f.appendSpelling(glyphs, spelling, string(r))
	}
	source := string(r)
	if unprintable(r) {
		source = "\uFFFD"
	}
	return append(glyphs, glyph{id: f.missing, advance: f.advances[f.missing], char: r, source: source})
}

// unprintable tells control characters, and the code points that Unicode keeps
// free for programs and that make other programs fail.
func unprintable(r rune) bool {
	return unicode.IsControl(r) || r&0xFFFE == 0xFFFE || (r >= 0xFDD0 && r <= 0xFDEF)
}

// spelling writes a character with others that the font has, or returns "".
func (f *font) spelling(r rune) string {
	candidate := approximations[r]
	if candidate == "" {
		candidate = strings.Map(func(part rune) rune {
			if unicode.Is(unicode.Mn, part) {
				return -1
			}
			return part
		}, norm.NFKD.String(string(r)))
	}
	for _, part := range candidate {
		if _, ok := f.glyph(part); !ok {
			return ""
		}
	}
	return candidate
}

// appendSpelling appends glyphs of characters that the font has, on behalf of
// source; only the first carries it.
func (f *font) appendSpelling(glyphs []glyph, spelling, source string) []glyph {
	first := len(glyphs)
	for _, part := range spelling {
		id, ok := f.glyph(part)
		if !ok {
			id = f.missing
		}
		glyphs = append(glyphs, glyph{id: id, advance: f.advances[id], char: part})
	}
	if unicode.IsSpace([]rune(source)[0]) {
		return glyphs // a space is heard as a space, whatever its width
	}
	glyphs[first].source = source
	for i := first + 1; i < len(glyphs); i++ {
		glyphs[i].source = silent
	}
	return glyphs
}

// silent marks the further glyphs of a spelling: their source was given by the
// first one.
const silent = "\x00"

// actualText returns what a screen reader should say for a line, or "" when the
// glyphs say it themselves.
func actualText(line []glyph) string {
	replaced := false
	for _, g := range line {
		replaced = replaced || g.source != ""
	}
	if !replaced {
		return ""
	}
	var text strings.Builder
	for _, g := range line {
		switch g.source {
		case "":
			text.WriteRune(g.char)
		case silent:
		default:
			text.WriteString(g.source)
		}
	}
	return text.String()
}

// width returns the width of a line, in thousandths of the font size. Spaces at
// its end do not count: they hang in the margin, and stay in the line so that
// words of two lines are not heard as one.
func width(line []glyph) int {
	total := 0
	for _, g := range line[:trimmed(line)] {
		total += g.advance
	}
	return total
}

func trimmed(line []glyph) int {
	n := len(line)
	for n > 0 && line[n-1].char == ' ' {
		n--
	}
	return n
}

// wrap breaks text into lines no wider than limit (thousandths of the font
// size). A word wider than a line is broken where it must be: nothing is cut.
func wrap(text []glyph, limit int) [][]glyph {
	var lines [][]glyph
	start, breakAt, used := 0, 0, 0
	for i := 0; i < len(text); i++ {
		g := text[i]
		if used+g.advance > limit && g.char != ' ' && i > start {
			if breakAt <= start {
				breakAt = i
			}
			lines = append(lines, text[start:breakAt])
			start, used = breakAt, 0
			i = breakAt - 1 // measure the carried part again
			continue
		}
		used += g.advance
		if mayBreakAfter(text, i) {
			breakAt = i + 1
		}
	}
	return append(lines, text[start:])
}

// mayBreakAfter tells whether a line may end after a character: a space, a
// hyphen inside a compound, a slash of an address (never of a date).
func mayBreakAfter(text []glyph, i int) bool {
	switch text[i].char {
	case ' ', '–', '—':
		return true
	case '-', '/', '@', '_', '&':
		return i+1 < len(text) && unicode.IsLetter(text[i+1].char)
	}
	return false
}
