package cps

import (
	"encoding/asn1"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"vaccin/internal/registry"
)

// Identity is what a card says of a practitioner. Texts hold no control character and at most 200
// characters.
type Identity struct {
	NationalID string // "8" + RPPS (11 digits), or "0" + ADELI (9)
	FamilyName string
	GivenName  string
	// Professions are the texts that may name the profession, as the national nomenclature labels it: the
	// title, or the organisational units of older cards, which hold other things as well.
	Professions []string
}

// Bounds on what a subject may tell.
const (
	maxSubject    = 4 << 10 // bytes
	maxText       = 200     // characters of any text
	maxAttributes = 30
)

// The attributes of a subject that are read.
var (
	oidCommonName = asn1.ObjectIdentifier{2, 5, 4, 3}
	oidSurname    = asn1.ObjectIdentifier{2, 5, 4, 4}
	oidUnit       = asn1.ObjectIdentifier{2, 5, 4, 11}
	oidTitle      = asn1.ObjectIdentifier{2, 5, 4, 12}
	oidGivenName  = asn1.ObjectIdentifier{2, 5, 4, 42}
	oidPseudonym  = asn1.ObjectIdentifier{2, 5, 4, 65}
)

var (
	rppsID  = regexp.MustCompile(`^8[0-9]{11}$`)
	adeliID = regexp.MustCompile(`^0[0-9][0-9AB][0-9]{7}$`) // A and B: Corsica, and test cards
)

type attribute struct {
	Type  asn1.ObjectIdentifier
	Value asn1.RawValue
}

// relativeSET is named so for encoding/asn1, which takes a slice for a SET by its type's name.
type relativeSET []attribute

// subject is the attributes of a name that are of use, by type.
type subject struct {
	commonNames, surnames, givenNames, titles, pseudonyms, units []string
}

// ReadSubject reads whose card it is from the subject of its certificate, in DER. The parts of a name
// may stand together in one multi-valued part, which readers of names that keep one value a part lose.
// Errors are *Error, never quote what was read, and tell a staff card from what is none.
func ReadSubject(raw []byte) (Identity, error) {
	s, err := parseSubject(raw)
	if err != nil {
		return Identity{}, err
	}
	if s.ofStaff() {
		return Identity{}, refuse(ReasonStaffCard, "the card of an employee of a structure")
	}
	for _, once := range [][]string{s.commonNames, s.surnames, s.givenNames, s.titles} {
		if len(once) > 1 {
			return Identity{}, refuse(ReasonInvalidIdentity, "an attribute of the subject stands there twice")
		}
	}
	id := first(s.commonNames)
	if !rppsID.MatchString(id) && !adeliID.MatchString(id) {
		return Identity{}, refuse(ReasonNoNationalID, "the common name is neither 8 and an RPPS number nor 0 and an ADELI number")
	}
	if len(s.surnames) == 0 {
		return Identity{}, refuse(ReasonInvalidIdentity, "the subject has no surname")
	}
	professions := s.titles
	if len(professions) == 0 {
		professions = s.units
	}
	return Identity{id, s.surnames[0], first(s.givenNames), professions}, nil
}

// ofStaff tells the cards that structures have for their employees: named by structure and rank, with a
// pseudonym, entitled « Carte de service … ».
func (s subject) ofStaff() bool {
	return len(s.pseudonyms) > 0 || strings.Contains(first(s.commonNames), "/") ||
		slices.ContainsFunc(s.titles, func(title string) bool { return strings.HasPrefix(registry.Fold(title), "carte de ") })
}

func first(texts []string) string {
	if len(texts) == 0 {
		return ""
	}
	return texts[0]
}

func parseSubject(raw []byte) (subject, error) {
	if len(raw) > maxSubject {
		return subject{}, refuse(ReasonInvalidIdentity, "the subject is too long")
	}
	var name []relativeSET
	if rest, err := asn1.Unmarshal(raw, &name); err != nil || len(rest) > 0 {
		return subject{}, refuse(ReasonInvalidIdentity, "the subject is not a name in DER")
	}
	s, read := subject{}, 0
	for _, relative := range name {
		for _, a := range relative {
			if read++; read > maxAttributes {
				return subject{}, refuse(ReasonInvalidIdentity, "the subject has too many attributes")
			}
			if err := s.take(a); err != nil {
				return subject{}, err
			}
		}
	}
	return s, nil
}

// take keeps an attribute when it is of use.
func (s *subject) take(a attribute) error {
	for _, known := range []struct {
		oid  asn1.ObjectIdentifier
		into *[]string
	}{
		{oidCommonName, &s.commonNames},
		{oidSurname, &s.surnames},
		{oidGivenName, &s.givenNames},
		{oidTitle, &s.titles},
		{oidPseudonym, &s.pseudonyms},
		{oidUnit, &s.units},
	} {
		if !a.Type.Equal(known.oid) {
			continue
		}
		text, ok := textOf(a.Value)
		if !ok {
			return refuse(ReasonInvalidIdentity, "a text of the subject cannot be read")
		}
		*known.into = append(*known.into, text)
	}
	return nil
}

// The string types of a name that encoding/asn1 does not name.
const (
	tagTeletex = 20
	tagBMP     = 30
)

// textOf decodes a text of a name: trimmed, not empty, without control characters, of a bounded length.
func textOf(v asn1.RawValue) (string, bool) {
	if v.Class != asn1.ClassUniversal || v.IsCompound {
		return "", false
	}
	text := ""
	switch v.Tag {
	case asn1.TagUTF8String, asn1.TagPrintableString, asn1.TagIA5String:
		text = string(v.Bytes)
	case tagTeletex: // in certificates, Latin-1 goes by that name
		runes := make([]rune, len(v.Bytes))
		for i, b := range v.Bytes {
			runes[i] = rune(b)
		}
		text = string(runes)
	case tagBMP:
		if len(v.Bytes)%2 != 0 {
			return "", false
		}
		units := make([]uint16, len(v.Bytes)/2)
		for i := range units {
			units[i] = uint16(v.Bytes[2*i])<<8 | uint16(v.Bytes[2*i+1])
		}
		text = string(utf16.Decode(units))
	default:
		return "", false
	}
	unfit := func(r rune) bool {
		return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r) || r == utf8.RuneError
	}
	if !utf8.ValidString(text) || strings.ContainsFunc(text, unfit) { // before the ends, of which some are spaces, are trimmed
		return "", false
	}
	text = strings.TrimSpace(text)
	return text, text != "" && utf8.RuneCountInString(text) <= maxText
}
