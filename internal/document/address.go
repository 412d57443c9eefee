package document

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"vaccin/internal/registry"
)

// An address has at most six lines of thirty-eight characters, aligned left, none of them blank: NF Z 10-011.
const (
	addressLines = 6
	addressWidth = 38
	// Bounds of an addressee, in characters, so that it stays readable: names and street together, more than the
	// norm can hold; the town; the postal code.
	addressMost, townMost, codeMost = registry.LetterAddressMost, registry.LetterTownMost, registry.LetterCodeMost
)

// Addressee is whom a letter is sent to.
type Addressee struct {
	// Name is the first line, without civility.
	Name string
	// Street is what stands between the name and the town, as the referential has it.
	Street []string
	// PostalCode and Town make the town line.
	PostalCode, Town string

	layout int // of letters of before; 0 for the newest
}

// NameLine is how a letter names a person, without civility: «Jeanne Marie DURAND». All given names are there, as the population file
// separates them by spaces, and a compound one by a space cannot be told from two. Of those with a comma, typed by hand, the first is enough.
func NameLine(givenNames, familyName string) string {
	given, _, _ := strings.Cut(givenNames, ",")
	return strings.Join(strings.Fields(given+" "+strings.ToUpper(familyName)), " ")
}

// Lines are the lines of the address as they are printed and posted: no blank one, the town in capitals, and
// the two lines above it too, without accents nor punctuation, as sorting machines read them best; with them what the first of these goes on
// with. The parts of a street that do not fit on one line have their own as long as there are six; what does not fit in six lines of thirty-eight
// characters makes longer lines, which are printed smaller: nothing is cut. See conforms.
func (a Addressee) Lines() []string {
	if a.layout > 0 && a.layout <= townsUnrouted {
		return a.linesBefore()
	}
	street := a.ownStreet()
	for how := betweenParts; how <= withinLong; how++ {
		if lines := a.laid(street, addressWidth, how); len(lines) < addressLines { // six lines are set smaller than five
			return lines
		}
	}
	// Wider ones may do, for capitals come without the signs.
	lines := a.firstOf(street, addressWidth+8, func(lines []string) bool { return len(lines) <= addressLines && conforms(lines) })
	if lines == nil {
		lines = a.firstOf(street, 2*addressWidth, func(lines []string) bool { return len(lines) <= addressLines })
	}
	street = []string{strings.Join(street, " ")}
	for width := addressWidth; lines == nil || len(lines) > addressLines; width += 4 { // too many, however long they are
		lines = a.laid(street, width, betweenUnits)
	}
	return lines
}

// firstOf is the first of the ways to lay the address out that will do, from the narrowest to so wide a one; nil when none does.
func (a Addressee) firstOf(street []string, widest int, willDo func([]string) bool) []string {
	for width := addressWidth; width <= widest; width += 4 {
		for how := betweenParts; how <= betweenUnits; how++ {
			if lines := a.laid(street, width, how); willDo(lines) {
				return lines
			}
		}
	}
	return nil
}

// laid lays the address out with lines of that width.
func (a Addressee) laid(street []string, width int, how breaking) []string {
	lines := appendWords(nil, a.nameParts(width), width)
	var above []streetLine
	for _, text := range street {
		above = brokenStreet(above, text, width, how)
	}
	capital := max(0, len(above)-2)
	for capital > 0 && above[capital].continues {
		capital--
	}
	for i, line := range above {
		text := line.text
		if i >= capital {
			text = capitals(text)
		}
		lines = appendBroken(lines, text, width) // capitals can be longer: Œ
	}
	return appendTown(lines, a.townLine(), width)
}

// nameParts are the words of the name; one that no line holds is parted after its hyphens, so that each part is read as what it is: « D’HAUTEVIL / LE »
// is nobody's name.
func (a Addressee) nameParts(width int) (parts []string) {
	for word := range strings.FieldsSeq(a.Name) {
		for a.layout == 0 || a.layout > namesCut {
			runes := []rune(word)
			if len(runes) <= width {
				break
			}
			hyphen := strings.LastIndexByte(string(runes[:width]), '-')
			if hyphen < 1 {
				break
			}
			parts, word = append(parts, word[:hyphen+1]), word[hyphen+1:]
		}
		parts = append(parts, word)
	}
	return parts
}

// townLine is the last line.
func (a Addressee) townLine() string { return routed(capitals(a.PostalCode + " " + a.Town)) }

// appendTown appends the last line, which is never broken.
func appendTown(lines []string, line string, width int) []string {
	return appendBroken(lines, line, max(width, codeMost+1+townMost))
}

// ownStreet is the street without the postal code and the town at its end, which are the last line.
func (a Addressee) ownStreet() []string {
	last, code := len(a.Street)-1, strings.TrimSpace(a.PostalCode)
	if last < 0 || code == "" {
		return a.Street
	}
	text := a.Street[last]
	at := strings.LastIndex(text, code)
	if at < 0 || at > 0 && isDigit(text[at-1]) || routed(capitals(text[at:])) != a.townLine() {
		return a.Street
	}
	return append(slices.Clone(a.Street[:last]), strings.TrimRight(text[:at], " ,(-–—"))
}

// conforms tells whether lines of an address keep to the norm: six of thirty-eight characters.
func conforms(lines []string) bool {
	for _, line := range lines {
		if utf8.RuneCountInString(line) > addressWidth {
			return false
		}
	}
	return len(lines) > 0
}

// check refuses what would be too small to read, and nobody. Its errors never hold what they refuse.
func (a Addressee) check() error {
	if blank(a.Name) {
		return fmt.Errorf("%w: no name", ErrLetter)
	}
	if length := utf8.RuneCountInString(a.Name + strings.Join(a.Street, "")); length > addressMost {
		return fmt.Errorf("%w: a name and street of more than %d characters", ErrLetter, addressMost)
	}
	if utf8.RuneCountInString(a.Town) > townMost || utf8.RuneCountInString(a.PostalCode) > codeMost {
		return fmt.Errorf("%w: a town of more than %d characters, or a postal code of more than %d", ErrLetter, townMost, codeMost)
	}
	return nil
}

func blank(text string) bool { return strings.TrimSpace(text) == "" }

// capitals writes a line as the norm has the last three: capitals, digits and spaces alone.
func capitals(text string) string {
	var out strings.Builder
	for _, r := range text {
		if spelling, ok := approximations[r]; ok {
			out.WriteString(spelling)
			continue
		}
		out.WriteRune(r)
	}
	bare := strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Mn, r):
			return -1
		case unicode.IsLetter(r) || unicode.IsNumber(r):
			return unicode.ToUpper(r)
		}
		return ' '
	}, norm.NFKD.String(out.String()))
	if blank(bare) {
		return strings.ToUpper(text)
	}
	return norm.NFC.String(strings.Join(strings.Fields(bare), " "))
}

// appendBroken appends a text in lines of at most that many characters, broken between words, or within one that
// is longer than a line. A blank text has no line.
func appendBroken(lines []string, text string, width int) []string {
	return appendWords(lines, strings.Fields(text), width)
}

// appendWords appends words, each of which stays whole if a line holds it.
func appendWords(lines, words []string, width int) []string {
	var line []rune
	flush := func() {
		if len(line) > 0 {
			lines, line = append(lines, string(line)), nil
		}
	}
	for _, word := range words {
		runes := []rune(word)
		if len(line)+1+len(runes) > width {
			flush()
		}
		for ; len(runes) > width; runes = runes[width:] {
			lines = append(lines, string(runes[:width]))
		}
		if len(line) > 0 {
			line = append(line, ' ')
		}
		line = append(line, runes...)
	}
	flush()
	return lines
}
