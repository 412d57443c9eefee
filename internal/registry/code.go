package registry

import (
	crand "crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"vaccin/internal/nir"
)

// TargetCode is a patient's unique code («code de ciblage»): a number in the store, text only when
// shown. It is drawn at random among 31¹⁰ (8.2 × 10¹⁴) and derived from nothing, so that with
// 67 million issued one guess in 12 million hits. Zero is no code.
//
// As text it is ten characters and a check character in three groups, ABCD-EFGH-JKM, of an
// alphabet of 31 signs without 0 O 1 I L, which are mistaken for one another. 31 being prime, a sum
// weighted by position catches every wrong character and every swap of neighbours.
type TargetCode uint64

// FormerCode is a code that a person had until two records of theirs were joined, of which the other's code stayed: it finds
// them for life, as a letter or a summary may bear it, and nobody gets it again.
type FormerCode struct {
	Code  TargetCode
	Since time.Time // when the records were joined
}

const (
	codeAlphabet = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
	codeBase     = uint64(len(codeAlphabet))
	codeDigits   = 10
)

// CodeSpace is the number of codes that exist.
var CodeSpace = func() uint64 {
	n := uint64(1)
	for range codeDigits {
		n *= codeBase
	}
	return n
}()

// DrawCode draws a code from a source of randomness (crypto/rand unless a test says otherwise).
func DrawCode(random io.Reader) (TargetCode, error) {
	n, err := crand.Int(random, new(big.Int).SetUint64(CodeSpace-1))
	if err != nil {
		return 0, fmt.Errorf("drawing a target code: %w", err)
	}
	return TargetCode(n.Uint64() + 1), nil
}

// IsZero tells whether there is no code.
func (c TargetCode) IsZero() bool { return c == 0 }

// Valid tells whether c is a code that can have been drawn.
func (c TargetCode) Valid() bool { return c > 0 && uint64(c) < CodeSpace }

// Compact returns the eleven characters, as in the barcode.
func (c TargetCode) Compact() string {
	var text [codeDigits + 1]byte
	n := uint64(c)
	for i := codeDigits - 1; i >= 0; i-- {
		text[i] = codeAlphabet[n%codeBase]
		n /= codeBase
	}
	text[codeDigits] = codeAlphabet[checkSign(text[:codeDigits])]
	return string(text[:])
}

// Format returns the code as people read it aloud: ABCD-EFGH-JKM.
func (c TargetCode) Format() string {
	t := c.Compact()
	return t[:4] + "-" + t[4:8] + "-" + t[8:]
}

// String hides the code, so that printing a value by accident tells nothing.
func (c TargetCode) String() string { return "[code]" }

// GoString hides the code as String does.
func (c TargetCode) GoString() string { return "[code]" }

// LogValue hides the code as String does, for package slog.
func (c TargetCode) LogValue() slog.Value { return slog.StringValue(c.String()) }

// MarshalText always fails, so that JSON and other encoders do not leak a code by accident.
func (c TargetCode) MarshalText() ([]byte, error) {
	return nil, errors.New("a target code is not encoded by accident: use Compact or Format")
}

// checkSign returns the index of the sign that brings the weighted sum to zero. Weights 2 to 11,
// and 1 for the check sign itself: all different and none zero modulo 31.
func checkSign(body []byte) uint64 {
	sum := uint64(0)
	for i, b := range body {
		sum += uint64(i+2) * uint64(strings.IndexByte(codeAlphabet, b))
	}
	return (codeBase - sum%codeBase) % codeBase
}

// ParseCode reads a code as a person types it, spaces, dashes and lower case accepted, or as a scanner does. Its errors are
// sentences for that person and never hold what was typed.
func ParseCode(text string) (TargetCode, error) {
	c, err := readCode(compactCode(text))
	if err != nil {
		if meant, ok := scannedForQWERTY(text); ok {
			return meant, nil
		}
	}
	return c, err
}

func readCode(clean string) (TargetCode, error) {
	if clean == "" {
		return 0, Invalid("Saisissez le code de ciblage du patient.")
	}
	value := uint64(0)
	for i := range len(clean) {
		at := strings.IndexByte(codeAlphabet, clean[i])
		if at < 0 {
			return 0, Invalid("Ce code contient un caractère qui n’existe pas dans les codes de ciblage " +
				"(ils n’ont ni 0, ni O, ni 1, ni I, ni L). Vérifiez le code.")
		}
		if i < codeDigits {
			value = value*codeBase + uint64(at)
		}
	}
	if len(clean) != codeDigits+1 {
		return 0, Invalid("Un code de ciblage a 11 caractères, par exemple sous la forme ABCD-EFGH-JKM. Vérifiez le code.")
	}
	c := TargetCode(value)
	if uint64(strings.IndexByte(codeAlphabet, clean[codeDigits])) != checkSign([]byte(clean[:codeDigits])) || !c.Valid() {
		return 0, Invalid("Ce code comporte une erreur : un caractère est faux ou deux caractères sont inversés. Vérifiez le code.")
	}
	return c, nil
}

// LooksLikeCode tells a code typed in the field of the NIR from a NIR, which is longer. Eleven digits are
// a NIR half typed, unless they are the right code that a few patients in a million bear.
func LooksLikeCode(text string) bool {
	clean := compactCode(text)
	if isDigits(clean) {
		_, err := ParseCode(clean)
		return err == nil
	}
	if len(clean) == codeDigits+1 {
		return true
	}
	_, scanned := scannedForQWERTY(text)
	return scanned
}

// scannedForQWERTY reads a code that a scanner typed for the American keyboard, which most are sold set to, on a computer with a French or
// a Belgian one: there its keys mean other signs, and some of its digits signs that people put between those of a code. Only a text with
// signs that nobody puts in a code, and without any digit, is read so, and only if it then is a code: of one typed by hand a wrong sign
// stays wrong.
func scannedForQWERTY(text string) (TargetCode, bool) {
	text = strings.ToUpper(text)
	if !strings.ContainsAny(text, `ÉÈÇ&"(§!?,`) || strings.ContainsAny(text, "0123456789") {
		return 0, false
	}
	c, err := readCode(symbology.ReplaceAllLiteralString(strings.Map(func(r rune) rune {
		if meant, ok := onQWERTY[r]; ok {
			return meant
		}
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, text), ""))
	return c, err == nil
}

// onQWERTY are the signs of the American keyboard under the keys of the French and Belgian ones that bear others, of those that codes and
// symbologies have. A capital M is typed with the key of the comma.
var onQWERTY = map[rune]rune{
	'&': '1', 'É': '2', '"': '3', '\'': '4', '(': '5', '-': '6', '§': '6', 'È': '7', '_': '8', '!': '8', 'Ç': '9', 'À': '0',
	'A': 'Q', 'Q': 'A', 'Z': 'W', 'W': 'Z', '?': 'M', ',': 'M', '$': ']', '*': ']',
}

// partOfCode is how many characters a text has that may be a code with some missing or too many: shorter than a NIR, and with
// letters. It is 0 for any other.
func partOfCode(text string) int {
	clean := compactCode(text)
	if n := utf8.RuneCountInString(clean); n < nir.Size && strings.ContainsFunc(clean, unicode.IsLetter) {
		return n
	}
	return 0
}

// compactCode drops what people type between the signs of a code, or paste with them and do not see, as in a NIR; and the apostrophe with
// which files for spreadsheets mark a text; and the identifier of the symbology that some scanners are set to type first.
func compactCode(text string) string {
	return symbology.ReplaceAllLiteralString(strings.Map(func(r rune) rune {
		if nir.Separates(r) || r == '_' || r == '\'' {
			return -1
		}
		return r
	}, strings.ToUpper(text)), "")
}

// symbology is such an identifier (ISO/IEC 15424) of the two barcodes of letters and summaries, Code 128 and DataMatrix.
var symbology = regexp.MustCompile(`^\][CD][0-9]`)
