package nir

import "fmt"

// Kind says what is wrong with a number.
type Kind int

// The kinds of errors, in the order in which they are looked for.
const (
	// BadCharacter is a character that has no place where it stands; see
	// [Error.Position].
	BadCharacter Kind = iota + 1
	// TooLong is more than 15 characters (13 for [FromDigits]).
	TooLong
	// Empty is nothing typed, or spaces and dashes alone.
	Empty
	// MissingKey is 13 characters where the key is asked.
	MissingKey
	// TooShort is less than 13 characters, or half a key; see [Error.Count].
	TooShort
	// BadFirstDigit is a first digit of 0 or 9.
	BadFirstDigit
	// BadMonth is a month of birth that is neither a month nor one of the values
	// for an unknown one.
	BadMonth
	// BadDepartment is a department of birth that does not exist.
	BadDepartment
	// BadOrder is the order number 000.
	BadOrder
	// WrongKey is a key that does not go with the number.
	WrongKey
)

// kindTexts says each kind in English, for logs.
var kindTexts = [...]string{
	BadCharacter:  "unexpected character",
	TooLong:       "too many characters",
	Empty:         "empty",
	MissingKey:    "key missing",
	TooShort:      "too few characters",
	BadFirstDigit: "impossible first digit",
	BadMonth:      "impossible month",
	BadDepartment: "impossible department",
	BadOrder:      "impossible order number",
	WrongKey:      "wrong key",
}

// String returns the kind in English.
func (k Kind) String() string {
	if k < BadCharacter || int(k) >= len(kindTexts) {
		return fmt.Sprintf("kind %d", int(k))
	}
	return kindTexts[k]
}

// Error says why a text is not a number. None of its texts holds what was typed,
// so it may be logged and shown.
type Error struct {
	Kind Kind
	// Position is that of the first unexpected character, from 1, spaces and
	// dashes not counted. It is 0 for every kind but BadCharacter.
	Position int
	// Count is how many characters were typed, spaces and dashes not counted. It
	// is 0 for every kind but TooShort and TooLong.
	Count int
}

// Error returns the reason in English, for logs.
func (e *Error) Error() string {
	switch e.Kind {
	case BadCharacter:
		return fmt.Sprintf("nir: %v at position %d", e.Kind, e.Position)
	case TooShort, TooLong:
		return fmt.Sprintf("nir: %v: %d", e.Kind, e.Count)
	}
	return "nir: " + e.Kind.String()
}

// Message returns a French sentence for the person who typed, which says what is
// wrong and what to do.
func (e *Error) Message() string {
	switch e.Kind {
	case BadCharacter:
		return fmt.Sprintf("Le caractère n°\u00a0%d du numéro de sécurité sociale (sans compter les espaces) n’est pas admis. "+
			"Saisissez des chiffres seulement, ou 2A ou 2B pour un département corse, et n’utilisez pas la lettre O pour le chiffre zéro.",
			e.Position)
	case TooLong:
		return "Le numéro de sécurité sociale est trop long. " +
			"Saisissez 13\u00a0caractères puis la clé à 2\u00a0chiffres, et vérifiez qu’aucun chiffre n’a été saisi deux fois."
	case Empty:
		return "Saisissez le numéro de sécurité sociale\u00a0: 13\u00a0caractères puis la clé à 2\u00a0chiffres."
	case MissingKey:
		return "La clé du numéro de sécurité sociale manque. " +
			"Ajoutez après les 13\u00a0caractères les 2\u00a0derniers chiffres, indiqués sur la carte Vitale ou l’attestation de droits."
	case TooShort:
		return fmt.Sprintf("Le numéro de sécurité sociale est trop court (%s). "+
			"Saisissez 13\u00a0caractères puis la clé à 2\u00a0chiffres.", countTyped(e.Count))
	case BadFirstDigit:
		return "Le premier chiffre du numéro de sécurité sociale est impossible\u00a0: il va de 1 à\u00a08. Vérifiez ce chiffre."
	case BadMonth:
		return "Le mois du numéro de sécurité sociale (4e et 5e\u00a0chiffres) est impossible. Vérifiez ces deux chiffres."
	case BadDepartment:
		return "Le département du numéro de sécurité sociale (6e et 7e\u00a0caractères) est impossible. Vérifiez ces deux caractères."
	case BadOrder:
		return "Les trois derniers chiffres du numéro de sécurité sociale avant la clé ne peuvent pas être 000. Vérifiez ces trois chiffres."
	case WrongKey:
		return "La clé du numéro de sécurité sociale est fausse\u00a0: les 2\u00a0derniers chiffres ne correspondent pas aux 13\u00a0premiers caractères. " +
			"Vérifiez le numéro et la clé."
	}
	return "Le numéro de sécurité sociale n’est pas valide. Vérifiez-le."
}

// FileMessage returns a French sentence for whoever keeps a file of numbers,
// where the key may be left out ([ParseKeyless]), which says what was found and what to do.
func (e *Error) FileMessage() string {
	const want = "Indiquez ses 13\u00a0caractères, seuls ou suivis de la clé à 2\u00a0chiffres."
	switch e.Kind {
	case Empty:
		return "Le numéro de sécurité sociale manque. " + want
	case TooShort, TooLong:
		return fmt.Sprintf("Le numéro de sécurité sociale a %s au lieu de 13, ou de 15 avec la clé (sans compter les espaces). ", countFound(e.Count)) + want
	}
	return e.Message()
}

// countFound says in French how many characters there are.
func countFound(n int) string {
	if n == 1 {
		return "1\u00a0caractère"
	}
	return fmt.Sprintf("%d\u00a0caractères", n)
}

// countTyped says in French how many characters were typed.
func countTyped(n int) string {
	if n == 1 {
		return countFound(n) + " saisi"
	}
	return countFound(n) + " saisis"
}
