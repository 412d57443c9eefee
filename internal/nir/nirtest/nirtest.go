// Package nirtest looks for NIRs in bytes of any kind, in all the forms in which a number may stand there:
// so tests show that a file, a dump or a log holds none.
package nirtest

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"

	"vaccin/internal/nir"
)

// Form is one way to write a number.
type Form struct {
	Name  string
	Bytes []byte
}

// Forms are all the ways in which a number is looked for: its 13 and its 15 characters, spaced in the usual
// ways, as text in UTF-8 and UTF-16, as a whole number in decimal and in eight bytes, packed, in
// hexadecimal, and in base64 wherever it begins.
func Forms(number nir.Number) (forms []Form) {
	add := func(name string, data []byte) { forms = append(forms, Form{name, data}) }
	whole := number.Digits() + number.Key()
	for _, size := range []int{nir.Size, len(whole)} {
		for name, text := range writings(whole[:size]) {
			name = fmt.Sprintf("%d characters %s", size, name)
			add(name, []byte(text))
			for order, endian := range map[string]binary.AppendByteOrder{"LE": binary.LittleEndian, "BE": binary.BigEndian} {
				var wide []byte
				for _, unit := range utf16.Encode([]rune(text)) {
					wide = endian.AppendUint16(wide, unit)
				}
				add(name+" in UTF-16"+order, wide)
			}
			add(name+" in hexadecimal", []byte(hex.EncodeToString([]byte(text))))
			add(name+" in capital hexadecimal", bytes.ToUpper([]byte(hex.EncodeToString([]byte(text)))))
			for alphabet, encoding := range map[string]*base64.Encoding{"base64": base64.RawStdEncoding, "URL base64": base64.RawURLEncoding} {
				for shift := range 3 {
					add(fmt.Sprintf("%s in %s from %d", name, alphabet, shift), inBase64(encoding, []byte(text), shift))
				}
			}
		}
		numeric := strings.NewReplacer("2A", "19", "2B", "18").Replace(whole[:size])
		integer, err := strconv.ParseUint(numeric, 10, 64)
		if err != nil {
			panic(err) // a number has digits, and 2A or 2B
		}
		name := fmt.Sprintf("%d digits as a whole number", size)
		add(name+" in decimal", []byte(numeric))
		add(name+" in hexadecimal", []byte(strconv.FormatUint(integer, 16)))
		for order, endian := range map[string]binary.AppendByteOrder{"little": binary.LittleEndian, "big": binary.BigEndian} {
			eight := endian.AppendUint64(nil, integer)
			add(name+" in eight bytes, "+order+" end first", eight)
			add(name+" in eight bytes in hexadecimal, "+order+" end first", []byte(hex.EncodeToString(eight)))
		}
		packed, err := hex.DecodeString("0" + whole[:size])
		if err != nil {
			panic(err) // its characters are hexadecimal digits
		}
		add(fmt.Sprintf("%d characters, two to a byte", size), packed)
		add(fmt.Sprintf("%d characters, two to a byte, the first first", size), packedFirst(whole[:size]))
	}
	return forms
}

// packedFirst packs from the first character on; what is left of the last byte is not looked for.
func packedFirst(characters string) []byte {
	packed, err := hex.DecodeString(characters[:len(characters)/2*2])
	if err != nil {
		panic(err) // its characters are hexadecimal digits
	}
	return packed
}

// writings are the usual ways to space a number.
func writings(characters string) map[string]string {
	all := map[string]string{"together": characters}
	if lower := strings.ToLower(characters); lower != characters {
		all["together in lower case"] = lower
	}
	for name, space := range map[string]string{
		"spaced": " ", "with fixed spaces": "\u00a0", "with narrow spaces": "\u202f", "with stops": ".", "with dashes": "-",
	} {
		parts := []string{}
		for at, sizes := 0, []int{1, 2, 2, 2, 3, 3, 2}; at < len(characters); sizes = sizes[1:] {
			parts = append(parts, characters[at:at+sizes[0]])
			at += sizes[0]
		}
		all[name] = strings.Join(parts, space)
	}
	if len(characters) > nir.Size {
		all["with the key apart"] = characters[:nir.Size] + " " + characters[nir.Size:]
	}
	return all
}

// inBase64 is what always stands in base64 for some bytes that begin a number of bytes after a multiple of
// three: without the characters that what is around takes part in.
func inBase64(encoding *base64.Encoding, data []byte, shift int) []byte {
	encoded := encoding.EncodeToString(append(make([]byte, shift), data...))
	from := (shift*8 + 5) / 6
	to := (shift + len(data)) * 8 / 6
	return []byte(encoded[from:to])
}

// Search looks for several numbers at once, in one pass over the bytes.
type Search struct {
	first  [1 << 16]bool // by the first two bytes of a form
	starts map[[startSize]byte][]soughtForm
}

// startSize is how many bytes of a form decide whether the rest is compared; none is shorter.
const startSize = 6

type soughtForm struct {
	Form
	number int
}

// NewSearch prepares to look for numbers.
func NewSearch(numbers ...nir.Number) *Search {
	s := &Search{starts: map[[startSize]byte][]soughtForm{}}
	for i, number := range numbers {
		for _, form := range Forms(number) {
			start := [startSize]byte(form.Bytes)
			s.first[binary.BigEndian.Uint16(start[:])] = true
			s.starts[start] = append(s.starts[start], soughtForm{form, i})
		}
	}
	return s
}

// In tells the forms that some bytes hold, by the rank of their number.
func (s *Search) In(data []byte) map[int][]string {
	found := map[int][]string{}
	for i := 0; i+startSize <= len(data); i++ {
		if !s.first[binary.BigEndian.Uint16(data[i:])] {
			continue
		}
		for _, form := range s.starts[[startSize]byte(data[i:])] {
			if bytes.HasPrefix(data[i:], form.Bytes) && !slices.Contains(found[form.number], form.Name) {
				found[form.number] = append(found[form.number], form.Name)
			}
		}
	}
	return found
}

// Find tells in which forms some bytes hold a number.
func Find(data []byte, number nir.Number) []string { return NewSearch(number).In(data)[0] }
