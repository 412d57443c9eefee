package store

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"vaccin/internal/registry"
)

func TestPrefixRangeIsThatOfTheTextsThatStartWithIt(t *testing.T) {
	edges := rapid.SampledFrom([]rune{'a', 'b', '\u007f', '\u0080', '\u07ff', '\ud7ff', '\ue000', '\uffff', '\U00010000', '\U0010fffe', '\U0010ffff'})
	text := rapid.StringOf(rapid.OneOf(edges, rapid.Rune()))
	rapid.Check(t, func(t *rapid.T) {
		prefix, other := text.Draw(t, "prefix"), text.Draw(t, "other")
		if rapid.Bool().Draw(t, "related") {
			other = prefix + other
		}
		from, until := prefixRange(prefix)
		// Beyond every character there is nothing to find: no term is made of the last one twice.
		if inRange := other >= from && other < until; inRange != strings.HasPrefix(other, prefix) && other < noTerm {
			t.Fatalf("%q is in the range %q to %q of %q: %t", other, from, until, prefix, inRange)
		}
	})
}

func TestTermsFindWhatSearchTermsFind(t *testing.T) {
	words := rapid.StringOfN(rapid.SampledFrom([]rune("ab -é1")), 0, 12, -1)
	rapid.Check(t, func(t *rapid.T) {
		texts := rapid.SliceOfN(words, 0, 3).Draw(t, "texts")
		prefix := registry.Fold(words.Draw(t, "prefix"))
		starts := func(term string) bool { return strings.HasPrefix(term, prefix) }
		all, kept := registry.SearchTerms(texts...), terms(texts...)
		if slices.ContainsFunc(all, starts) != slices.ContainsFunc(kept, starts) {
			t.Fatalf("%q is found in %q and not in %q, or the other way", prefix, all, kept)
		}
		if len(kept) > len(all) {
			t.Fatalf("%d terms of %d", len(kept), len(all))
		}
	})
}
