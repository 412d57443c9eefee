// Package nir reads, checks and shows the NIR, the French social security
// number.
//
// It is a leaf: it imports the standard library alone and knows nothing of
// patients. A [Number] never prints itself: every way a value reaches a log by
// accident (fmt, slog, JSON, a struct dumped whole) shows a fixed text. What
// shows the number is asked for by name: [Number.Digits] for stores,
// [Number.Format] for the screen and paper, [Number.Masked] where the reader
// need only recognise it.
//
// Nothing here derives a birth date or a sex: the positions of a NIR are a
// registration history, not facts about the person.
package nir

import (
	"errors"
	"log/slog"
	"math/rand/v2"
)

// Size is the number of characters of a NIR without its key.
const Size = 13

// keySize is the number of digits of the key.
const keySize = 2

// Number is a NIR whose shape was checked. It is comparable, fit for a map key,
// and holds the 13 characters without the key, which follows from them: a
// number typed with its key and the same number typed without are equal. The
// zero value is no number.
type Number struct {
	// sealed packs the 13 characters, four bits each, hidden under mask, so that
	// reflection (a struct printed whole, an unexported field, %d) shows neither
	// the number nor its characters. It guards against accidents, not attackers,
	// and means nothing outside this process.
	sealed uint64
}

// mask hides packed numbers from reflection. Its top bit is set and a packed
// number's is not, so no number is ever sealed as the zero value.
var mask = rand.Uint64() | 1<<63

// letterBase is the packed value of 'A': the letters of Corsica follow the digits.
const letterBase = 10

// seal packs 13 checked characters.
func seal(characters *[Size]byte) Number {
	var packed uint64
	for _, c := range characters {
		digit := uint64(c - '0')
		if c >= 'A' {
			digit = uint64(c-'A') + letterBase
		}
		packed = packed<<4 | digit
	}
	return Number{packed ^ mask}
}

// characters unpacks the 13 characters of a number that is not zero.
func (n Number) characters() (c [Size]byte) {
	packed := n.sealed ^ mask
	for i := Size - 1; i >= 0; i-- {
		digit := byte(packed & 0xF)
		if c[i] = '0' + digit; digit >= letterBase {
			c[i] = 'A' + digit - letterBase
		}
		packed >>= 4
	}
	return c
}

// IsZero reports whether n is no number.
func (n Number) IsZero() bool { return n.sealed == 0 }

// Equal reports whether n and other are the same number. It does what == does,
// and lets go-cmp compare records that hold numbers.
func (n Number) Equal(other Number) bool { return n == other }

// Digits returns the 13 characters without key or spaces, as stores keep them
// and [FromDigits] reads them: digits, or A or B in the seventh place. It
// returns "" for the zero value.
func (n Number) Digits() string {
	if n.IsZero() {
		return ""
	}
	c := n.characters()
	return string(c[:])
}

// Key returns the two digits of the key, from "01" to "97", and "" for the zero
// value. A provisional number has a computed key too, though its holder's papers
// may not bear it.
func (n Number) Key() string {
	if n.IsZero() {
		return ""
	}
	c := n.characters()
	k := key(&c)
	return string(k[:])
}

// Format returns the number as it stands on a carte Vitale, with its key:
// "2 69 05 49 588 157 80". The spaces are non-breaking. It returns "" for the
// zero value.
func (n Number) Format() string {
	if n.IsZero() {
		return ""
	}
	c := n.characters()
	k := key(&c)
	return spaced(string(c[:]) + string(k[:]))
}

// Masked returns a form by which someone who knows the number recognises it and
// nobody else learns it: "2 69 ** ** *** *** **". It returns "" for the zero
// value. It still tells a sex and a year, so it is for the screen, not for logs.
func (n Number) Masked() string {
	if n.IsZero() {
		return ""
	}
	c := n.characters()
	return spaced(string(c[:3]) + "************")
}

// spaced puts non-breaking spaces between the parts of 15 characters: sex, year,
// month, department, commune, order, key.
func spaced(s string) string {
	const space = "\u00a0"
	return s[:1] + space + s[1:3] + space + s[3:5] + space + s[5:7] + space +
		s[7:10] + space + s[10:13] + space + s[13:]
}

// String returns a fixed text that says whether there is a number, never which.
func (n Number) String() string {
	if n.IsZero() {
		return "[no NIR]"
	}
	return "[NIR]"
}

// GoString returns what [Number.String] does, for the verb %#v.
func (n Number) GoString() string { return n.String() }

// LogValue returns what [Number.String] does, for package slog.
func (n Number) LogValue() slog.Value { return slog.StringValue(n.String()) }

// errMarshal stops an encoder that meets a Number.
var errMarshal = errors.New("nir: a number is not encoded by accident: use Digits, Format or Masked")

// MarshalText always fails, so that JSON, XML and other encoders neither leak a
// number inside a larger value nor lose it without a word. What is to hold a
// number in a file takes [Number.Digits].
func (n Number) MarshalText() ([]byte, error) { return nil, errMarshal }
