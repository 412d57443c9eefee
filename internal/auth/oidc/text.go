package oidc

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds on what an account may tell about itself. The provider is trusted for the truth of an identity,
// never for its size.
const (
	MaxIdentity = 1 << 20 // bytes of a description
	MaxText     = 200     // characters of any text
	MaxSubject  = maxSubject
)

// Text trims the value of a claim and holds it to a bound, counted in characters. A control character, or one
// that reorders a text on screen, refuses the whole account: it would stand on signed documents.
func Text(claim, value string, limit int) (string, error) {
	value = strings.TrimSpace(value)
	if utf8.RuneCountInString(value) > limit {
		return "", fail(ReasonInvalidIdentity, fmt.Sprintf("%s is longer than %d characters", claim, limit))
	}
	if strings.ContainsFunc(value, isUnprintable) {
		return "", fail(ReasonInvalidIdentity, claim+" holds a control character")
	}
	return value, nil
}

// isUnprintable tells the characters that could forge a line, reorder a text on
// screen, or that stand for bytes lost on the way.
func isUnprintable(c rune) bool {
	switch {
	case unicode.IsControl(c), unicode.In(c, unicode.Zl, unicode.Zp), c == utf8.RuneError:
		return true
	}
	return unicode.Is(unicode.Bidi_Control, c)
}
