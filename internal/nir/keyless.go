package nir

// ParseKeyless reads a NIR as files hold it: what [Parse] reads, and also any number without its key. A key
// that is given is checked. Files come from whoever keeps the numbers; what a person types is read by Parse,
// which asks for the key because it is what catches a slip.
//
// It is made for tens of millions of numbers: one without spaces is read at once.
func ParseKeyless(text string) (Number, error) {
	var characters [Size]byte
	if len(text) != Size && len(text) != Size+keySize || !plain(text, &characters) {
		return parseKeyless(text)
	}
	if err := checkShape(&characters); err != nil {
		return Number{}, err
	}
	if len(text) > Size && !keyFits(&characters, text[Size:]) {
		return Number{}, &Error{Kind: WrongKey}
	}
	return seal(&characters), nil
}

// plain takes the characters of a number that is written without spaces or lower case, and says whether it is.
func plain(text string, characters *[Size]byte) bool {
	for i := range len(text) {
		c := text[i]
		if c-'0' > 9 && (i != departmentLetter || c != 'A' && c != 'B') {
			return false
		}
		if i < Size {
			characters[i] = c
		}
	}
	return true
}

// keyFits tells whether two digits are the key of a number. It divides once where the number has digits alone.
func keyFits(c *[Size]byte, digits string) bool {
	if c[departmentLetter] >= 'A' {
		return key(c) == [keySize]byte{digits[0], digits[1]}
	}
	number := uint64(0)
	for _, character := range c {
		number = 10*number + uint64(character-'0')
	}
	given := uint64(digits[0]-'0')*10 + uint64(digits[1]-'0')
	return given == keyModulus-number%keyModulus
}

// parseKeyless is the way of what is spaced, punctuated or wrong.
func parseKeyless(text string) (Number, error) {
	typed, count, err := significant(text)
	if err != nil {
		return Number{}, err
	}
	if count == Size {
		return FromDigits(string(typed[:Size]))
	}
	return Parse(text)
}
