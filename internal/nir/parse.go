package nir

import "unicode"

// Parse reads a NIR as people type it: 15 characters with the key, or 13 without
// when the first digit is 3 to 8: a provisional number, or one of a body's own,
// given while the person's own is awaited; their papers may bear no key. Spaces of any kind, dashes of any
// kind, full stops and invisible formatting characters, as pasted text holds
// them, are ignored wherever they stand; the letters of 2A and 2B may be in lower
// case. Digits are the ten of ASCII.
//
// A key that is given is always checked. The error is always an [*Error], and its
// text never holds what was typed.
func Parse(text string) (Number, error) {
	typed, count, err := significant(text)
	if err != nil {
		return Number{}, err
	}
	characters := (*[Size]byte)(typed[:Size])
	switch {
	case count == 0:
		return Number{}, &Error{Kind: Empty}
	case count == Size && (typed[0] == '1' || typed[0] == '2'):
		return Number{}, &Error{Kind: MissingKey}
	case count < Size || count == Size+1:
		return Number{}, &Error{Kind: TooShort, Count: count}
	}
	if err := checkShape(characters); err != nil {
		return Number{}, err
	}
	if count == Size+keySize && key(characters) != [keySize]byte(typed[Size:]) {
		return Number{}, &Error{Kind: WrongKey}
	}
	return seal(characters), nil
}

// FromDigits reads the 13 characters that [Number.Digits] gave: no key, no space,
// no lower case. It checks all that can be checked without a key. The error is
// always an [*Error].
func FromDigits(digits string) (Number, error) {
	if len(digits) > Size {
		return Number{}, &Error{Kind: TooLong, Count: len(digits)}
	}
	var characters [Size]byte
	for i := range len(digits) {
		if !accepted(digits[i], i) {
			return Number{}, &Error{Kind: BadCharacter, Position: i + 1}
		}
		characters[i] = digits[i]
	}
	if len(digits) == 0 {
		return Number{}, &Error{Kind: Empty}
	}
	if len(digits) < Size {
		return Number{}, &Error{Kind: TooShort, Count: len(digits)}
	}
	if err := checkShape(&characters); err != nil {
		return Number{}, err
	}
	return seal(&characters), nil
}

// significant returns the characters of text that are part of a number, in upper
// case, and how many they are.
func significant(text string) (typed [Size + keySize]byte, count int, err error) {
	for _, r := range text {
		if Separates(r) {
			continue
		}
		if r == 'a' || r == 'b' {
			r += 'A' - 'a'
		}
		if r > unicode.MaxASCII || !accepted(byte(r), count) {
			return typed, count, &Error{Kind: BadCharacter, Position: count + 1}
		}
		if count == len(typed) {
			return typed, count, &Error{Kind: TooLong, Count: countOf(text)}
		}
		typed[count] = byte(r)
		count++
	}
	return typed, count, nil
}

// countOf is how many characters of text do not only set others apart.
func countOf(text string) (count int) {
	for _, r := range text {
		if !Separates(r) {
			count++
		}
	}
	return count
}

// Separates reports whether r only sets characters of a number apart: spaces,
// dashes, full stops, and the characters without width that come with pasted text.
func Separates(r rune) bool {
	const minus, middleDot = '\u2212', '\u00b7'
	switch {
	case r >= '0' && r <= '9':
		return false
	case r == '.', r == middleDot, r == minus:
		return true
	}
	return unicode.IsSpace(r) || unicode.In(r, unicode.Zs, unicode.Pd, unicode.Cf)
}

// departmentLetter is where the letter of 2A and 2B stands, counted from 0.
const departmentLetter = 6

// accepted reports whether c may stand at index i of a number.
func accepted(c byte, i int) bool {
	return c >= '0' && c <= '9' || i == departmentLetter && (c == 'A' || c == 'B')
}

// checkShape refuses the 13 characters that no body can have given. A number that
// starts with 5 to 8 is looked at less closely: the bodies that give these do
// not publish how they fill the other positions, and a true number must never be
// refused. The commune is free, for the same reason.
func checkShape(c *[Size]byte) error {
	first := c[0]
	if first == '0' || first == '9' {
		return &Error{Kind: BadFirstDigit}
	}
	if c[departmentLetter] >= 'A' && c[departmentLetter-1] != '2' {
		return &Error{Kind: BadDepartment}
	}
	if first >= '5' {
		return nil
	}
	if !monthExists(10*int(c[3]-'0') + int(c[4]-'0')) {
		return &Error{Kind: BadMonth}
	}
	if c[5] == '0' && c[6] == '0' {
		return &Error{Kind: BadDepartment}
	}
	if c[10] == '0' && c[11] == '0' && c[12] == '0' {
		return &Error{Kind: BadOrder}
	}
	return nil
}

// monthExists reports whether m is a month, or one of the values that stand for
// a month that was not known.
func monthExists(m int) bool {
	return m >= 1 && m <= 12 || m == 20 || m >= 30 && m <= 42 || m >= 50
}

// keyModulus is the modulus of the key: 97 is prime, hence any one wrong digit
// and any two neighbours swapped change the key.
const keyModulus = 97

// key computes the two digits of the key: 97 less the remainder of the number by
// 97, where 2A counts as 19 and 2B as 18.
func key(c *[Size]byte) [keySize]byte {
	remainder := 0
	for i, character := range c {
		digit := int(character - '0')
		switch {
		case i == departmentLetter-1 && c[departmentLetter] >= 'A':
			digit = 1
		case character == 'A':
			digit = 9
		case character == 'B':
			digit = 8
		}
		remainder = (10*remainder + digit) % keyModulus
	}
	k := byte(keyModulus - remainder)
	return [keySize]byte{'0' + k/10, '0' + k%10}
}
