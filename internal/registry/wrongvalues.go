package registry

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// This file names what is wrong in a list of values, which is not seen among hundreds.

const (
	maxQuoted     = 10 // values of a list that are named
	maxQuotedText = 20 // characters of a value that is named
)

// only are the values of a list that a test holds for, each once, in their order.
func only(values []string, holds func(string) bool) (some []string) {
	for _, v := range values {
		if holds(v) && !slices.Contains(some, v) {
			some = append(some, v)
		}
	}
	return some
}

// NotThese says which values of a list are not right, as the sentence that follows the one on what is: « Ceci ne convient pas : « 96 ». ».
// It is empty where none can be shown.
func NotThese(wrong []string) string {
	quoted := Quoted(wrong)
	if quoted == "" {
		return ""
	}
	return " Ceci ne convient pas\u00a0: " + quoted + "."
}

// Quoted lists the first values, and says how many others there are; one that is long, or that cannot be shown, is among the others.
func Quoted(values []string) string {
	var shown []string
	for _, v := range values {
		if len(shown) < maxQuoted && v != "" && utf8.RuneCountInString(v) <= maxQuotedText && !strings.ContainsFunc(v, func(r rune) bool { return !unicode.IsPrint(r) }) {
			shown = append(shown, "«\u00a0"+v+"\u00a0»")
		}
	}
	if len(shown) == 0 {
		return ""
	}
	if others := len(values) - len(shown); others > 0 {
		shown = append(shown, Counted(others, "autre valeur", "autres valeurs"))
	}
	return Enumerate(shown, "et")
}
