package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"vaccin/internal/registry"
)

// What is read from a carte Vitale (ACC-8). The page's script reads the card through the program on the
// practitioner's computer; who is chosen comes here in the form of the search, and stays with it in its
// sealed cookie: to point out the same person in the list, or to begin the manual entry. It decides nothing.

// Fields of the search that a card fills.
const (
	fieldCardFamilyName = "card_family_name"
	fieldCardGivenNames = "card_given_names"
	fieldCardBirthDate  = "card_birth_date"
)

// readerProtocol is the version of the reading program's contract that the page's script speaks
// (docs/vitale.md).
const readerProtocol = "1"

// reader is where the request's person may have cards read: practitioners alone have patients before them.
func (s *Server) reader(r *http.Request) string {
	if login, ok := s.login(r); ok {
		if by, ok := login.Actor(); ok && by.Role == registry.RolePractitioner {
			return s.Settings.ReaderURL
		}
	}
	return ""
}

// cardIdentity is who was chosen on a card, as the card writes it. The zero value is nobody.
type cardIdentity struct{ FamilyName, GivenNames, BirthDate string }

// longestOnCard is the most bytes that a field of a card can hold.
const longestOnCard = 255

// cardOf is who a search was filled from. Texts that no card holds make it nobody: they are of no use, and
// the search goes on.
func cardOf(f url.Values) cardIdentity {
	c := cardIdentity{f.Get(fieldCardFamilyName), f.Get(fieldCardGivenNames), f.Get(fieldCardBirthDate)}
	for _, text := range []string{c.FamilyName, c.GivenNames, c.BirthDate} {
		if len(text) > longestOnCard || !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) {
			return cardIdentity{}
		}
	}
	return c
}

func (c cardIdentity) isZero() bool { return c == cardIdentity{} }

// birthDate is the date as screens show it, or the card's own text where it is not eight digits.
func (c cardIdentity) birthDate() string {
	if b, err := registry.BirthDateFromDigits(c.BirthDate); err == nil {
		return b.French()
	}
	return c.BirthDate
}

// summary says in one line who was read.
func (c cardIdentity) summary() string {
	return strings.TrimSpace(c.FamilyName+" "+c.GivenNames) + ", date de naissance : " + c.birthDate()
}

// prefill begins the manual entry. The card does not say which of the two names it holds.
func (c cardIdentity) prefill(values url.Values) {
	values.Set(registry.FieldBirthName, c.FamilyName)
	values.Set(registry.FieldUsedName, c.FamilyName)
	values.Set(registry.FieldGivenNames, c.GivenNames)
	values.Set(registry.FieldBirthDate, c.birthDate())
}

const cardNotice = "Nom, prénoms et date de naissance viennent de la carte Vitale : vérifiez-les. " +
	"La carte ne dit pas si le nom est celui de naissance ou celui d’usage."

// likeness is how far a person of a list is the one on the card.
type likeness int

const (
	unlike     likeness = iota
	sameDate            // the same birth date, but the given names are not, or do not tell twins apart
	samePerson          // the same birth date, and given names that no one else of that date has
)

func (l likeness) label() string {
	switch l {
	case samePerson:
		return "Correspond à la carte Vitale"
	case sameDate:
		return "Même date de naissance que sur la carte Vitale"
	}
	return ""
}

// pointOut says of each patient how far it is the person on the card. Dates come first, for names are
// spelt in many ways; given names tell twins apart.
func (c cardIdentity) pointOut(patients []registry.Patient) []likeness {
	found := make([]likeness, len(patients))
	named := []int{}
	for i, p := range patients {
		if c.isZero() || p.BirthDate.Digits() != c.BirthDate {
			continue
		}
		found[i] = sameDate
		if sameGivenNames(c.GivenNames, p.GivenNames) {
			named = append(named, i)
		}
	}
	if len(named) == 1 {
		found[named[0]] = samePerson
	}
	return found
}

// sameGivenNames tells whether one of two texts begins the other, word by word: cards cut, and papers hold
// one given name or all.
func sameGivenNames(a, b string) bool {
	x, y := strings.Fields(registry.Fold(a)), strings.Fields(registry.Fold(b))
	n := min(len(x), len(y))
	return n > 0 && slices.Equal(x[:n], y[:n])
}
