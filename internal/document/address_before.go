package document

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// Addresses as letters of the layouts of before have them, which are printed again to the byte.

// linesBefore are the lines of such an address.
func (a Addressee) linesBefore() []string {
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

// broken lays the address out with lines of that width.
func (a Addressee) broken(street []string, width int) []string {
	lines := appendBroken(nil, a.Name, width)
	var above []string
	for _, line := range street {
		above = append(above, a.brokenBefore(line, width)...)
	}
	for i := max(0, len(above)-2); i < len(above); i++ {
		above[i] = capitals(above[i])
	}
	for _, line := range above { // capitals can be longer: Œ
		lines = appendBroken(lines, line, width)
	}
	return appendTown(lines, capitals(a.PostalCode+" "+a.Town), width)
}

// brokenBefore lays out a line of the street, as words alone or with the numbers of streets beside their names.
func (a Addressee) brokenBefore(text string, width int) []string {
	if a.layout <= numbersParted {
		return appendBroken(nil, text, width)
	}
	lines := appendWords(nil, withNumbers(strings.Fields(text), width), width)
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " ,")
	}
	return lines
}

// What numbers and names of streets were known as in layout 3.
var (
	houseNumberBefore = regexp.MustCompile(`^\d+[A-Za-z]?([-/]\d+[A-Za-z]?)?,?$`)
	wayBefore         = regexp.MustCompile(`^(?i:rue|r|avenue|av|ave|boulevard|bd|bld|place|pl|chemin|che|ch|impasse|imp|allée|allee|all|route|rte|quai|cours|square|sq|passage|sentier|villa|cité|faubourg|fg|lotissement|lot)\.?$`)
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
		if houseNumberBefore.MatchString(words[i]) && last < len(words) && (begins || wayBefore.MatchString(words[last])) {
			if joined := strings.Join(words[i:last+1], " "); utf8.RuneCountInString(joined) <= width {
				unit, i = joined, last
			}
		}
		units = append(units, unit)
	}
	return units
}
