package nir

import (
	"strings"
	"unicode"
)

// Within tells whether a text holds a whole number with its right key, however it is spaced or
// punctuated, also with the word «clé» before the key. Where a row of digits goes on before or after, it is
// something else.
func Within(text string) bool {
	signs := []rune(strings.ToLower(text))
	for i, sign := range signs {
		if isDigit(sign) && (i == 0 || !isDigit(signs[i-1])) && startsNumber(signs[i:]) {
			return true
		}
	}
	return false
}

// keyWords are what people write before the key.
var keyWords = []string{"clé", "cle", "clef"}

// startsNumber tells whether a text starts with a number and its key.
func startsNumber(signs []rune) bool {
	var typed strings.Builder
	for len(signs) > 0 && typed.Len() < Size+keySize {
		sign := signs[0]
		if typed.Len() == Size {
			if word := keyWord(signs); word > 0 {
				signs = signs[word:]
				continue
			}
		}
		signs = signs[1:]
		switch {
		case isDigit(sign), sign == 'a' || sign == 'b':
			typed.WriteRune(sign)
		case unicode.IsLetter(sign) || unicode.IsMark(sign):
			return false
		}
	}
	if typed.Len() < Size+keySize || len(signs) > 0 && isDigit(signs[0]) {
		return false
	}
	_, err := Parse(typed.String())
	return err == nil
}

// keyWord is how long the word is with which a text starts, if it is one that stands before the key.
func keyWord(signs []rune) int {
	n := 0
	for n < len(signs) && (unicode.IsLetter(signs[n]) || unicode.IsMark(signs[n])) {
		n++
	}
	for _, word := range keyWords {
		if string(signs[:n]) == word {
			return n
		}
	}
	return 0
}

func isDigit(r rune) bool { return '0' <= r && r <= '9' }
