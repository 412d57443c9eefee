package document

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// How the lines between the name and the town are broken. The referential has all of them as one text; whoever delivers the letter looks for the
// number of a street beside its name, and the other parts of the address, each whole.

// streetUnit is what no line break parts, but for one that no line holds: a word, or a number with the word that it belongs to.
type streetUnit struct {
	text string
	from unitFrom
	glue string // what stands before it on a line
}

// unitFrom is what a unit begins.
type unitFrom int

const (
	withinPart   unitFrom = iota
	startsPart            // what a comma, a dash or a bracket parts from what stands before
	startsStreet          // the number and the name of the street
)

// breaking is where lines may end, from the best to what takes the fewest lines.
type breaking int

const (
	betweenParts breaking = iota // and before the street; only a part that no line holds is broken, and has its own lines
	withinLong                   // the same, but a part that no line holds begins where the one before ended, unless it is the street
	besideStreet                 // the same of the street, which has no line of its own either
	betweenUnits
)

// streetLine is a line of the street. One that continues ends nothing of what the line before began.
type streetLine struct {
	text      string
	continues bool
}

// Words before a number that is theirs, and not that of a street: without their point, in small letters.
var designators = func() map[string]bool {
	known := map[string]bool{}
	for word := range strings.FieldsSeq("apt appt app appart appartement bat bât bt bâtiment batiment esc escalier chambre chb porte pte bloc entree entrée hall imm immeuble n° no num bp cs tsa km pk lot logement log") {
		known[word] = true
	}
	return known
}()

// isDesignator tells it of a word that something follows: a comma ends what it says.
func isDesignator(word string) bool {
	const longest = 12
	return len(word) <= longest && designators[strings.ToLower(strings.TrimSuffix(word, "."))]
}

// How the number of a street is written, and the first words of names of streets, by which it is known as that where no comma stands before it.
var (
	houseNumber = regexp.MustCompile(`^(?i:\d+([a-z]|bis|ter|quater)?([-/]\d+([a-z]|bis|ter|quater)?)?,?)$`)
	repetition  = regexp.MustCompile(`^(?i:bis|ter|quater),?$`)
	article     = regexp.MustCompile(`^(?i:les|des|du|aux)$`) // « les 3 allées » is a name
	andNumber   = regexp.MustCompile(`^(?i:[-–/&]|et|ou|[aà])$`)
	way         = regexp.MustCompile(`^(?i:rue|r|avenue|av|ave|boulevard|bd|bld|bvd|place|pl|chemin|che|ch|impasse|imp|all[ée]es?|all|route|rte|quai|cours|cour|square|sq|` +
		`passage|sentier|sente|ruelle|venelle|villa|cit[ée]|faubourg|fg|lotissement|lot|esplanade|promenade|mont[ée]e|chauss[ée]e|rond-point|voie|traverse|parvis|mail)\.?$`)
)

// streetUnits parts a text into units.
func streetUnits(text string) (units []streetUnit) {
	words := strings.Fields(text)
	from, glue := withinPart, " "
	for i := 0; i < len(words); i++ {
		if isDash(words[i]) {
			from, glue = startsPart, " "+words[i]+" "
			continue
		}
		last, street := numbered(words, i)
		unit := strings.Join(words[i:last+1], " ")
		switch {
		case street:
			from = startsStreet
		case strings.HasPrefix(unit, "("):
			from = startsPart
		}
		units = append(units, streetUnit{unit, from, glue})
		i = last
		from, glue = withinPart, " "
		if strings.HasSuffix(unit, ",") || strings.HasSuffix(unit, ")") {
			from = startsPart
		}
	}
	return units
}

func isDigit(char byte) bool { return char >= '0' && char <= '9' }

func isDash(word string) bool { return word == "-" || word == "–" || word == "—" }

// numbered tells to which word the unit goes that begins at one, and whether that is the number and the name of a street.
func numbered(words []string, i int) (last int, street bool) {
	if i+1 == len(words) {
		return i, false
	}
	if isDesignator(words[i]) {
		if next := words[i+1]; utf8.RuneCountInString(strings.TrimRight(next, ",.")) == 1 || isDigit(next[0]) {
			return i + 1, false
		}
		return i, false
	}
	if !isDigit(words[i][0]) || !houseNumber.MatchString(words[i]) {
		return i, false
	}
	last = afterNumber(words, i)
	if last == len(words) {
		return i, false
	}
	street = way.MatchString(words[last]) && (i == 0 || !article.MatchString(words[i-1]))
	if !street && i > 0 && !strings.HasSuffix(words[i-1], ",") {
		return i, false
	}
	return last, street
}

// afterNumber is the word that follows the number of a street which begins at one: « 12 ter », « 12 B », « 12 - 14 », « 12 et 14 bis ».
func afterNumber(words []string, i int) int {
	next := i + 1
	if next < len(words) && (repetition.MatchString(words[next]) || len(words[next]) == 1 && next+1 < len(words) && way.MatchString(words[next+1])) {
		next++
	}
	second := next
	if second < len(words) && andNumber.MatchString(words[second]) {
		second++
	}
	if second < len(words) && isDigit(words[second][0]) && houseNumber.MatchString(words[second]) {
		return afterNumber(words, second)
	}
	return next
}

// brokenStreet appends the lines of a text of the street, each of at most that many characters.
func brokenStreet(lines []streetLine, text string, width int, how breaking) []streetLine {
	if fitsAsItIs(text, width) {
		w := streetWriter{lines: lines, line: strings.Join(strings.Fields(text), " ")}
		w.end(false)
		return w.lines
	}
	w := streetWriter{lines: lines, width: width}
	units := streetUnits(text)
	for len(units) > 0 {
		end := len(units)
		if how != betweenUnits {
			if next := slices.IndexFunc(units[1:], func(u streetUnit) bool { return u.from != withinPart }); next >= 0 {
				end = 1 + next
			}
		}
		w.part(units[:end], how)
		units = units[end:]
	}
	w.end(false)
	return w.lines
}

// fitsAsItIs tells of a text that one line holds that there is no street in it with something before its number.
func fitsAsItIs(text string, width int) bool {
	_, rest, _ := strings.Cut(text, " ")
	return utf8.RuneCountInString(text) <= width && !strings.ContainsAny(rest, "0123456789")
}

// streetWriter writes lines of the street.
type streetWriter struct {
	lines     []streetLine
	width     int
	line      string
	continues bool
}

// end ends the line, if there is one.
func (w *streetWriter) end(within bool) {
	if line := strings.Trim(w.line, " ,-–—"); line != "" {
		w.lines = append(w.lines, streetLine{line, w.continues})
	}
	w.line, w.continues = "", within
}

// part writes a part of the street.
func (w *streetWriter) part(units []streetUnit, how breaking) {
	whole := units[0].text
	for _, u := range units[1:] {
		whole += u.glue + u.text
	}
	length := utf8.RuneCountInString(strings.TrimRight(whole, ","))
	alone := how <= withinLong && units[0].from == startsStreet || how == betweenParts && length > w.width
	if alone || length <= w.width && !w.holds(units[0].glue, length) {
		w.end(false)
	}
	if length <= w.width {
		w.add(units[0].glue, whole)
		return
	}
	for _, u := range units {
		n := utf8.RuneCountInString(u.text)
		if w.line != "" && !w.holds(u.glue, n) {
			w.end(true)
		}
		text := u.text
		for n > w.width {
			runes := []rune(text)
			w.line, text = string(runes[:w.width]), string(runes[w.width:])
			n -= w.width
			w.end(true)
		}
		if text != "" {
			w.add(u.glue, text)
		}
	}
}

// holds tells whether so many characters more go on the line.
func (w *streetWriter) holds(glue string, length int) bool {
	return w.line == "" || utf8.RuneCountInString(w.line)+utf8.RuneCountInString(glue)+length <= w.width
}

func (w *streetWriter) add(glue, text string) {
	if w.line != "" {
		text = w.line + glue + text
	}
	w.line = text
}
