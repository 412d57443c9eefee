package password

import (
	_ "embed"
	"strings"
	"unicode/utf8"

	"vaccin/internal/registry"
)

// What a new password must be. Length is what counts; there is no rule of composition.
const (
	leastCharacters = 12
	mostCharacters  = 128
)

//go:embed worst.txt
var worstFile string

// worst are passwords that are tried first, folded; those shorter than the least length need no line.
var worst = func() map[string]bool {
	set := map[string]bool{}
	for _, line := range strings.Split(worstFile, "\n") {
		if line != "" && !strings.HasPrefix(line, "#") {
			set[line] = true
		}
	}
	return set
}()

// Check refuses a new password that is too short, too long, not text, the login again, or among the worst.
func Check(login, password string) error {
	n := utf8.RuneCountInString(password)
	folded := strings.ReplaceAll(registry.Fold(password), " ", "")
	switch {
	case !utf8.ValidString(password):
		return registry.Invalid("Le mot de passe contient des caractères illisibles.")
	case n < leastCharacters:
		return registry.Invalid("Le mot de passe doit compter au moins 12\u00a0caractères.")
	case n > mostCharacters:
		return registry.Invalid("Le mot de passe doit compter au plus 128\u00a0caractères.")
	case worst[folded], fewCharacters(folded):
		return registry.Invalid("Ce mot de passe est parmi les premiers que l’on essaie. Choisissez-en un autre.")
	case strings.Contains(folded, strings.ReplaceAll(registry.Fold(login), " ", "")):
		return registry.Invalid("Le mot de passe ne doit pas contenir l’identifiant. Choisissez-en un autre.")
	}
	return nil
}

// fewCharacters tells that a password repeats at most three characters.
func fewCharacters(password string) bool {
	different := map[rune]bool{}
	for _, r := range password {
		different[r] = true
	}
	return len(different) <= 3
}
