package registry

import (
	"net/mail"
	"strings"
	"unicode/utf8"
)

// The readers below hold the cells of a file to the rules of a manual entry, and return what is kept. Most cells are
// plain, which is told in one pass; the others take the way of what is typed.

// ReadName reads a person's name of at most 80 characters. missing is the sentence for an empty one.
func ReadName(text, missing string) (string, error) {
	if letters, ok := plain(text, nameLimit, inName); ok && letters {
		return text, nil
	}
	return personName(text, missing)
}

// ReadText reads any text of at most limit characters, perhaps empty.
func ReadText(text string, limit int) (string, error) {
	if _, ok := plain(text, limit, inText); ok {
		return text, nil
	}
	return cleanText(text, limit)
}

// ReadPhone reads a telephone number, perhaps empty.
func ReadPhone(text string) (string, error) {
	if text == "" || len(text) == 10 && text[0] == '0' && text[1] != '0' && allDigits(text) {
		return text, nil
	}
	return decidePhone(text)
}

// ReadEmail reads an e-mail address, perhaps empty.
func ReadEmail(text string) (string, error) {
	if text == "" || len(text) <= emailLimit && plainEmail(text) {
		return text, nil
	}
	return typedEmail(text)
}

func typedEmail(text string) (string, error) {
	clean, err := cleanText(text, emailLimit)
	if err != nil || clean == "" {
		return "", err
	}
	a, err := mail.ParseAddress(clean)
	if err != nil || a.Address != clean || !strings.Contains(clean[strings.LastIndexByte(clean, '@')+1:], ".") {
		return "", Invalid("Cette adresse électronique est incomplète. Exemple : nom@exemple.fr.")
	}
	return clean, nil
}

// The most characters of a name, of an address and of an e-mail address.
const (
	nameLimit    = 80
	AddressLimit = 120
	emailLimit   = 254
)

// What a character may be part of.
const (
	isLetter = 1 << iota // of Alphabet
	inName               // Alphabet and NameSigns
	inText               // Alphabet and TextSigns
	isDigit
)

// kinds says what each character below 0x2200 may be part of; the few signs above are not plain.
var kinds = func() (kinds [0x2200]uint8) {
	add := func(text string, kind uint8) {
		for _, r := range text {
			if int(r) < len(kinds) {
				kinds[r] |= kind
			}
		}
	}
	for _, in := range Alphabet.R16 {
		for r := int(in.Lo); r <= int(in.Hi); r++ {
			kinds[r] |= isLetter | inName | inText
		}
	}
	add(NameSigns, inName)
	add(TextSigns, inText)
	add("0123456789", isDigit)
	return kinds
}()

// fewDigits is fewer than a NIR with its key has.
const fewDigits = 13

// plain tells whether a text of at most limit bytes is kept as it is: characters of the kind given, single spaces
// within, and too few digits for a NIR; and whether it has a letter. What it does not find plain may still be right.
func plain(text string, limit int, kind uint8) (letters, ok bool) {
	if len(text) > limit {
		return false, false
	}
	all, some, digits, after := kind, uint8(0), 0, byte(' ')
	for i := 0; i < len(text); {
		c := text[i]
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(text[i:])
			if int(r) >= len(kinds) {
				return false, false
			}
			all, some, after = all&kinds[r], some|kinds[r], c
			i += size
			continue
		}
		if c == ' ' && after == ' ' {
			return false, false
		}
		of := kinds[c]
		all, some, after = all&of, some|of, c
		if of&isDigit != 0 {
			digits++
		}
		i++
	}
	spaceAtEnd := text != "" && after == ' '
	return some&isLetter != 0, all != 0 && digits <= fewDigits && !spaceAtEnd
}

// plainEmail tells whether an address is of the usual shape: words of letters, digits and the signs - + _, with single
// dots between them, on both sides of one @, and a dot on its right.
func plainEmail(text string) bool {
	at, dot, after := -1, -1, byte('.')
	for i := range len(text) {
		c := text[i]
		switch {
		case c|0x20 >= 'a' && c|0x20 <= 'z', c >= '0' && c <= '9', c == '-', c == '+', c == '_':
		case c == '.' && after != '.' && after != '@':
			dot = i
		case c == '@' && at < 0 && after != '.':
			at = i
		default:
			return false
		}
		after = c
	}
	return at > 0 && dot > at && after != '.' && digitsIn(text) <= fewDigits
}

func digitsIn(text string) int {
	n := 0
	for i := range len(text) {
		if text[i]-'0' <= 9 {
			n++
		}
	}
	return n
}

func allDigits(text string) bool { return digitsIn(text) == len(text) }
