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

// saints are the short forms that people and official files use at the start of a name or within it.
var saints = map[string]string{"st": "saint", "ste": "sainte"}

// spellOut writes out the saints of a folded text.
func spellOut(folded string) string {
	words := strings.Split(folded, " ")
	for i, w := range words {
		if full, short := saints[w]; short {
			words[i] = full
		}
	}
	return strings.Join(words, " ")
}

// searched is a text as terms are compared with it. Its last word may be unfinished: «st» also starts
// «Strasbourg», and stays as it is until something follows.
func searched(text string) string {
	folded := registry.Fold(text)
	last := strings.LastIndexByte(folded, ' ')
	if last < 0 {
		return folded
	}
	return spellOut(folded[:last]) + folded[last:]
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
