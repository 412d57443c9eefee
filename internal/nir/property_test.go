package nir_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"vaccin/internal/nir"
)

// digitsOf draws the 13 characters of a number, of any kind that exists.
func digitsOf(t *rapid.T) string {
	months := []string{"20"}
	for m := range 100 {
		if m >= 1 && m <= 12 || m >= 30 && m <= 42 || m >= 50 {
			months = append(months, fmt.Sprintf("%02d", m))
		}
	}
	department := rapid.OneOf(
		rapid.SampledFrom([]string{"2A", "2B", "20", "96", "97", "98", "99"}),
		rapid.Map(rapid.IntRange(1, 95), func(d int) string { return fmt.Sprintf("%02d", d) }),
	).Draw(t, "department")
	return fmt.Sprintf("%d%02d%s%s%03d%03d",
		rapid.IntRange(1, 8).Draw(t, "first"),
		rapid.IntRange(0, 99).Draw(t, "year"),
		rapid.SampledFrom(months).Draw(t, "month"),
		department,
		rapid.IntRange(0, 999).Draw(t, "commune"),
		rapid.IntRange(1, 999).Draw(t, "order"),
	)
}

func number(t *rapid.T, digits string) nir.Number {
	n, err := nir.FromDigits(digits)
	if err != nil {
		t.Fatalf("a true number is refused: %v", err)
	}
	return n
}

func TestAnyNumberReadsBackFromAnySpacing(t *testing.T) {
	separators := []string{"", " ", "  ", "\u00a0", "\u202f", "\u2009", "\t", "-", "\u2011", "\u2013", "\u2014", "\u2212", ".", "\u00b7", "\u200b", " - "}
	rapid.Check(t, func(t *rapid.T) {
		digits := digitsOf(t)
		want := number(t, digits)
		typed := digits + want.Key()
		if digits[0] >= '3' && rapid.Bool().Draw(t, "without key") {
			typed = digits
		}
		if rapid.Bool().Draw(t, "lower case") {
			typed = strings.ToLower(typed)
		}
		var spaced strings.Builder
		for _, c := range typed {
			spaced.WriteString(rapid.SampledFrom(separators).Draw(t, "separator"))
			spaced.WriteRune(c)
		}
		spaced.WriteString(rapid.SampledFrom(separators).Draw(t, "end"))
		got, err := nir.Parse(spaced.String())
		if err != nil || got != want || got.Digits() != digits {
			t.Fatalf("%q: got %s, error %v", spaced.String(), got.Digits(), err)
		}
	})
}

// 97 is prime and divides neither a difference of digits (1 to 9) times a power of
// ten, nor nine times such a difference, which is what a swap of neighbours adds:
// with the key, both mistakes are always seen.
func TestAnyOneWrongCharacterIsRefused(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		digits := digitsOf(t)
		typed := []byte(digits + number(t, digits).Key())
		for i, right := range typed {
			for _, wrong := range []byte("0123456789AB") {
				if wrong == right {
					continue
				}
				typed[i] = wrong
				if _, err := nir.Parse(string(typed)); err == nil {
					t.Fatalf("%s with %c at %d is accepted", digits, wrong, i)
				}
			}
			typed[i] = right
		}
	})
}

func TestAnyTwoNeighboursSwappedAreRefused(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		digits := digitsOf(t)
		typed := []byte(digits + number(t, digits).Key())
		for i := range len(typed) - 1 {
			if typed[i] == typed[i+1] {
				continue
			}
			typed[i], typed[i+1] = typed[i+1], typed[i]
			if _, err := nir.Parse(string(typed)); err == nil {
				t.Fatalf("%s with %d and %d swapped is accepted", digits, i, i+1)
			}
			typed[i], typed[i+1] = typed[i+1], typed[i]
		}
	})
}

func TestAnyTwoNumbersAreEqualOnlyWithTheSameDigits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := digitsOf(t), digitsOf(t)
		if (number(t, a) == number(t, b)) != (a == b) {
			t.Fatalf("%s and %s", a, b)
		}
	})
}

func TestAnyTextIsParsedWithoutPanicAndWithoutEcho(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		typed := rapid.String().Draw(t, "typed")
		if n, err := nir.Parse(typed); (err == nil) == n.IsZero() {
			t.Fatalf("neither a number nor an error, or both")
		}
	})
}
