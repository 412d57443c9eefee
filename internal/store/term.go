package store

import (
	"strings"
	"unicode/utf8"

	"vaccin/internal/registry"
)

// terms are what the texts are found by: those of registry.SearchTerms but the ones that begin another,
// which a search by prefix finds anyway.
func terms(texts ...string) []string {
	all := registry.SearchTerms(texts...)
	var kept []string
	for i, t := range all {
		begins := false
		for j, other := range all {
			begins = begins || i != j && strings.HasPrefix(other, t)
		}
		if !begins {
			kept = append(kept, t)
		}
	}
	return kept
}

// noTerm comes after every text in the order of code points, which is that of the columns.
const noTerm = "\U0010ffff\U0010ffff"

// prefixRange returns the bounds of the texts that start with a prefix: at least from, less than until.
func prefixRange(prefix string) (from, until string) {
	runes := []rune(prefix)
	for len(runes) > 0 {
		last := len(runes) - 1
		switch next := runes[last] + 1; {
		case next > utf8.MaxRune:
			runes = runes[:last]
		case !utf8.ValidRune(next): // the surrogates, which are no characters
			runes[last] = 0xE000
			return prefix, string(runes)
		default:
			runes[last] = next
			return prefix, string(runes)
		}
	}
	return prefix, noTerm
}
