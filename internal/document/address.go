package document

import (
	"fmt"
	"regexp"
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

	numbersParted bool // as letters of before: a line may end with the number of a street, or with a comma
}

// NameLine is how a letter names a person, without civility: «Jeanne Marie DURAND». All given names are there, as the population file
// separates them by spaces, and a compound one by a space cannot be told from two. Of those with a comma, typed by hand, the first is enough.
func NameLine(givenNames, familyName string) string {
	given, _, _ := strings.Cut(givenNames, ",")
	return strings.Join(strings.Fields(given+" "+strings.ToUpper(familyName)), " ")
}

// Lines are the lines of the address as they are printed and posted: no blank one, the town in capitals, and
// the two lines above it too, without accents nor punctuation, as sorting machines read them best. What
// does not fit in six lines of thirty-eight characters makes longer lines, which are printed smaller: nothing
// is cut. See Conforms.
func (a Addressee) Lines() []string {
	lines := a.broken(a.Street, addressWidth)
	for width := addressWidth + 4; len(lines) > addressLines && width <= 2*addressWidth; width += 4 {
		lines = a.broken(a.Street, width)
	}
	street := []string{strings.Join(a.Street, " ")}
	for width := addressWidth; len(lines) > addressLines; width += 4 { // too many, however long they are
		lines = a.broken(street, width)
	}
	return lines
}

// Conforms tells whether the address keeps to the norm: six lines of thirty-eight characters.
func (a Addressee) Conforms() bool {
	lines := a.Lines()
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

// broken lays the address out with lines of that width.
func (a Addressee) broken(street []string, width int) []string {
	lines := appendBroken(nil, a.Name, width)
	var above []string
	for _, line := range street {
		above = append(above, a.brokenStreet(line, width)...)
	}
	for i := max(0, len(above)-2); i < len(above); i++ {
		above[i] = capitals(above[i])
	}
	for _, line := range above { // capitals can be longer: Œ
		lines = appendBroken(lines, line, width)
	}
	return appendBroken(lines, capitals(a.PostalCode+" "+a.Town), max(width, codeMost+1+townMost)) // a town line is never broken
}

// brokenStreet lays out a line of the street. The referential has the whole street as one, and whoever delivers the letter looks for the
// number beside its name.
func (a Addressee) brokenStreet(text string, width int) []string {
	if a.numbersParted {
		return appendBroken(nil, text, width)
	}
	lines := appendWords(nil, withNumbers(strings.Fields(text), width), width)
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " ,")
	}
	return lines
}

// How the number of a street is written, and the first words of names of streets, by which it is known as that where no comma stands before it.
var (
	houseNumber = regexp.MustCompile(`^\d+[A-Za-z]?([-/]\d+[A-Za-z]?)?,?$`)
	repetition  = regexp.MustCompile(`^(?i:bis|ter|quater),?$`)
	way         = regexp.MustCompile(`^(?i:rue|r|avenue|av|ave|boulevard|bd|bld|place|pl|chemin|che|ch|impasse|imp|allée|allee|all|route|rte|quai|cours|square|sq|passage|sentier|villa|cité|faubourg|fg|lotissement|lot)\.?$`)
)

// withNumbers joins the number of each street to the word that follows it. One that makes no line of that many characters stays as it is.
func withNumbers(words []string, width int) (units []string) {
	for i := 0; i < len(words); i++ {
		unit := words[i]
		last := i + 1
		if last < len(words) && repetition.MatchString(words[last]) {
			last++
		}
		begins := i == 0 || strings.HasSuffix(words[i-1], ",")
		if houseNumber.MatchString(words[i]) && last < len(words) && (begins || way.MatchString(words[last])) {
			if joined := strings.Join(words[i:last+1], " "); utf8.RuneCountInString(joined) <= width {
				unit, i = joined, last
			}
		}
		units = append(units, unit)
	}
	return units
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
