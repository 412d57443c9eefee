package store

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"

	"vaccin/internal/registry"
)

// What was declared is read whole and never searched, but for a few values that have columns. So it is stored
// whole, in one column: a JSON array of texts, the first of which tells what the others are. A row of a dozen
// columns costs the database a third of what one of forty-six does, and any JSON reader can still read it.
//
// What a text means follows from its place, and that from one list of fields for each kind of entry, by which it is
// written and read. To add one is to make a format 2 that has it at the end, and to go on reading format 1.

// contentFormat is the first text.
const contentFormat = "1"

var errContent = errors.New("store: the content of an entry cannot be read")

// dayOrNone is a date that may be missing.
type dayOrNone registry.Date

// count is how many of something there were.
type count int

// writeContent is the content that fields point to.
func writeContent(fields []any) (string, error) {
	room, _ := rooms.Get().(*[]byte)
	defer rooms.Put(room)
	dst := append((*room)[:0], `["`+contentFormat+`"`...)
	for _, field := range fields {
		value, err := writeField(field)
		if err != nil {
			return "", err
		}
		dst = appendJSON(append(dst, ','), value)
	}
	*room = append(dst, ']')
	return string(*room), nil
}

// readContent puts what writeContent wrote where fields point to. Most texts are parts of content.
func readContent(content string, fields []any) error {
	rest, ok := strings.CutPrefix(content, `["`+contentFormat+`"`)
	if !ok {
		return errContent
	}
	for _, field := range fields {
		var value string
		if rest, ok = strings.CutPrefix(rest, ","); !ok {
			return errContent
		}
		if value, rest, ok = cutJSON(rest); !ok {
			return errContent
		}
		if err := readField(field, value); err != nil {
			return err
		}
	}
	if rest != "]" {
		return errContent
	}
	return nil
}

func writeField(field any) (string, error) {
	switch f := field.(type) {
	case *string:
		return *f, nil
	case *bool:
		if *f {
			return "1", nil
		}
		return "0", nil
	case *registry.Date:
		return day(*f)
	case *dayOrNone:
		if registry.Date(*f).IsZero() {
			return "", nil
		}
		return registry.Date(*f).String(), nil
	case *count:
		return strconv.Itoa(int(*f)), nil
	case *[]registry.Confirmation:
		return confirmations(*f)
	}
	return "", errContent
}

func readField(field any, value string) (err error) {
	switch f := field.(type) {
	case *string:
		*f = value
	case *bool:
		if *f = value == "1"; !*f && value != "0" {
			err = errContent
		}
	case *registry.Date:
		*f, err = registry.ParseISODate(value)
	case *dayOrNone:
		var d registry.Date
		if value != "" {
			d, err = registry.ParseISODate(value)
		}
		*f = dayOrNone(d)
	case *count:
		n, invalid := strconv.Atoi(value)
		if *f = count(n); invalid != nil || n < 0 || strconv.Itoa(n) != value {
			err = errContent
		}
	case *[]registry.Confirmation:
		*f, err = readConfirmations(value)
	default:
		err = errContent
	}
	if err != nil {
		return errContent // which does not tell the value
	}
	return nil
}

// appendJSON appends a text as JSON writes it. Bytes that are not UTF-8 become the character that says so, as
// encoding/json has it.
func appendJSON(dst []byte, text string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	from := 0 // what stands as it is and is not yet appended
	for i := 0; i < len(text); {
		c, size := text[i], 1
		plain := c >= ' ' && c != '"' && c != '\\'
		if c >= utf8.RuneSelf {
			_, size = utf8.DecodeRuneInString(text[i:])
			plain = size > 1
		}
		if !plain {
			dst = append(dst, text[from:i]...)
			switch {
			case c >= utf8.RuneSelf:
				dst = append(dst, "\uFFFD"...)
			case c < ' ':
				dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
			default:
				dst = append(dst, '\\', c)
			}
			from = i + 1
		}
		i += size
	}
	return append(append(dst, text[from:]...), '"')
}

// cutJSON cuts off a JSON text, without space before or after it.
func cutJSON(data string) (text, rest string, ok bool) {
	if data == "" || data[0] != '"' {
		return "", "", false
	}
	plain := true
	for i := 1; i < len(data); i++ {
		switch c := data[i]; {
		case c == '"':
			text, rest = data[1:i], data[i+1:]
			if plain && utf8.ValidString(text) {
				return text, rest, true
			}
			text, ok = unescaped(data[:i+1])
			return text, rest, ok
		case c == '\\':
			plain = false
			i++
		case c < ' ':
			return "", "", false
		}
	}
	return "", "", false
}

// unescaped is a JSON text that is not written as it is.
func unescaped(quoted string) (text string, ok bool) {
	err := json.Unmarshal([]byte(quoted), &text)
	return text, err == nil
}

// confirmations are kept as JSON of their own.
func confirmations(all []registry.Confirmation) (string, error) {
	if len(all) == 0 {
		return "", nil
	}
	text, err := json.Marshal(all)
	return string(text), err
}

func readConfirmations(text string) (all []registry.Confirmation, err error) {
	if text == "" {
		return nil, nil
	}
	if json.Unmarshal([]byte(text), &all) != nil {
		return nil, errContent
	}
	return all, nil
}
