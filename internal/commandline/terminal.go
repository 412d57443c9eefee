package commandline

import (
	"strings"
	"unicode"
)

// Readable is a text as a terminal may be told it: names of columns and files, and what somebody wrote into the database, come from others, and
// signs that nobody sees would move its cursor, hide lines or turn them round.
func Readable(text string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) {
			return unicode.ReplacementChar
		}
		return r
	}, text)
}
