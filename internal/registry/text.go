package registry

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"vaccin/internal/nir"
)

// cleanText trims what was typed, folds runs of spaces, and refuses control characters, broken UTF-8, more
// than limit characters, and what the documents cannot print (DOC-1): all but those of Alphabet and TextSigns.
func cleanText(text string, limit int) (string, error) {
	clean, err := readableText(text, limit)
	if err != nil {
		return "", err
	}
	for _, r := range clean {
		switch {
		case unicode.Is(Alphabet, r) || strings.ContainsRune(TextSigns, r):
		case unicode.IsLetter(r) || unicode.IsMark(r):
			return "", unnamed("Saisissez ce texte en alphabet latin.")
		default:
			return "", unnamed(fmt.Sprintf("Le caractère «\u00a0%c\u00a0» ne peut pas être imprimé. Remplacez-le ou retirez-le.", r))
		}
	}
	return clean, nil
}

// hyphens are written alike: they look alike, and what is copied from a document has the first.
var hyphens = strings.NewReplacer("\u2010", "-", "\u2011", "-")

// readableText is cleanText of any alphabet and sign. A NIR in a text is refused, whatever the field.
func readableText(text string, limit int) (string, error) {
	if !utf8.ValidString(text) || strings.ContainsRune(text, utf8.RuneError) { // what another program could not read, it wrote as one
		return "", unnamed("Ce champ contient des caractères illisibles. Effacez-le et saisissez-le de nouveau.")
	}
	for _, r := range text {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return "", unnamed("Ce champ contient un caractère invisible. Effacez-le et saisissez-le de nouveau au clavier.")
		}
	}
	text = hyphens.Replace(strings.Join(strings.Fields(text), " "))
	if n := utf8.RuneCountInString(text); n > limit {
		return "", unnamed(fmt.Sprintf("Ce champ accepte au plus %d\u00a0caractères. Raccourcissez-le.", limit))
	}
	if nir.Within(text) { // what is typed by hand is kept as it is, and a NIR is kept sealed alone
		return "", unnamed("Ce champ ne doit pas contenir de numéro de sécurité sociale. Retirez-le.")
	}
	return text, nil
}

// requiredText is cleanText with a sentence of its own for an empty field.
func requiredText(text string, limit int, missing string) (string, error) {
	clean, err := cleanText(text, limit)
	if err == nil && clean == "" {
		return "", Invalid(missing)
	}
	return clean, err
}

// personName cleans a person's name: letters of Alphabet and NameSigns, at least one letter.
func personName(text, missing string) (string, error) {
	clean, err := readableText(text, nameLimit)
	if err != nil {
		return "", err
	}
	if clean == "" {
		return "", Invalid(missing)
	}
	hasLetter := false
	for _, r := range clean {
		switch {
		case unicode.Is(Alphabet, r):
			hasLetter = true
		case strings.ContainsRune(NameSigns, r):
		case unicode.IsLetter(r) || unicode.IsMark(r):
			return "", unnamed("Saisissez ce nom en alphabet latin, comme sur la carte Vitale ou la pièce d’identité.")
		default:
			return "", unnamed(fmt.Sprintf("Le caractère «\u00a0%c\u00a0» n’est pas accepté dans un nom. Remplacez-le ou retirez-le.", r))
		}
	}
	if !hasLetter {
		return "", unnamed("Un nom comporte au moins une lettre. Vérifiez-le.")
	}
	return clean, nil
}

var unaccent = strings.NewReplacer(
	"à", "a", "á", "a", "â", "a", "ã", "a", "ä", "a", "å", "a", "ç", "c", "è", "e", "é", "e", "ê", "e", "ë", "e",
	"ì", "i", "í", "i", "î", "i", "ï", "i", "ñ", "n", "ò", "o", "ó", "o", "ô", "o", "õ", "o", "ö", "o", "ù", "u",
	"ú", "u", "û", "u", "ü", "u", "ý", "y", "ÿ", "y", "œ", "oe", "æ", "ae", "’", " ", "'", " ", "-", " ", ".", " ",
	",", " ", "(", " ", ")", " ", "/", " ", "‐", " ", "‑", " ", "–", " ", "—", " ",
)

// Fold reduces a text to what searches compare: lower case, no accents (also those that some keyboards
// type apart from their letter), single spaces instead of punctuation. «Saint-Étienne» and «SAINT
// ETIENNE» fold alike.
func Fold(text string) string {
	bare := strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, unaccent.Replace(strings.ToLower(text)))
	return strings.Join(strings.Fields(bare), " ")
}

// saints are the short forms that people and official files use at the start of a name or within it.
var saints = map[string]string{"st": "saint", "ste": "sainte"}

// SpellOut writes out the saints of a folded text.
func SpellOut(folded string) string {
	words := strings.Split(folded, " ")
	for i, w := range words {
		if full, short := saints[w]; short {
			words[i] = full
		}
	}
	return strings.Join(words, " ")
}

// SearchText is what was typed, as terms are compared with it. Its last word may be unfinished: «st» also
// starts «Strasbourg», and stays as it is until something follows.
func SearchText(typed string) string {
	folded := Fold(typed)
	last := strings.LastIndexByte(folded, ' ')
	if last < 0 {
		return folded
	}
	return SpellOut(folded[:last]) + folded[last:]
}

// SearchTerms returns what a label is found by: itself and every ending of it that starts at a word,
// folded, so that a prefix search finds any word of it.
func SearchTerms(texts ...string) []string {
	seen := map[string]bool{}
	terms := []string{}
	for _, text := range texts {
		words := strings.Fields(Fold(text))
		for i := range words {
			term := strings.Join(words[i:], " ")
			if !seen[term] {
				seen[term] = true
				terms = append(terms, term)
			}
		}
	}
	return terms
}

// luhn tells whether a row of digits ends with its Luhn check digit.
func luhn(digits string) bool {
	sum := 0
	for i := range len(digits) {
		d := int(digits[len(digits)-1-i] - '0')
		if d < 0 || d > 9 {
			return false
		}
		if i%2 == 1 {
			d *= 2
			if d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}

// onlyDigits drops the spaces, dots and dashes people type in numbers.
func onlyDigits(text string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(" \u00a0\u202f.-", r) {
			return -1
		}
		return r
	}, text)
}

func isDigits(text string) bool { return text != "" && strings.Trim(text, "0123456789") == "" }
