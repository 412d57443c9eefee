package nir_test

import (
	"regexp"
	"strings"
	"testing"

	"vaccin/internal/nir"
)

// kinds are all the kinds; [nir.Kind.String] names the first number beyond them
// by its value, which is how the test sees that none was forgotten.
var kinds = []nir.Kind{
	nir.BadCharacter, nir.TooLong, nir.Empty, nir.MissingKey, nir.TooShort,
	nir.BadFirstDigit, nir.BadMonth, nir.BadDepartment, nir.BadOrder, nir.WrongKey,
}

func TestEveryKindHasItsOwnWords(t *testing.T) {
	if beyond := nir.Kind(len(kinds) + 1).String(); beyond != "kind 11" {
		t.Errorf("a kind is missing from this test: %s", beyond)
	}
	fallback := (&nir.Error{}).Message()
	logged, shown := map[string]bool{}, map[string]bool{fallback: true}
	for _, k := range kinds {
		e := &nir.Error{Kind: k, Position: 3, Count: 12}
		if logged[e.Error()] || shown[e.Message()] {
			t.Errorf("%v has the words of another kind", k)
		}
		logged[e.Error()], shown[e.Message()] = true, true
	}
}

func TestMessagesAreWrittenAsOnScreen(t *testing.T) {
	breaking := regexp.MustCompile(` [:;?!»]|« |[0-9] (chiffres|caractères)|['…]|\.\.`)
	for _, k := range kinds {
		message := (&nir.Error{Kind: k, Position: 3, Count: 12}).Message()
		if found := breaking.FindString(message); found != "" {
			t.Errorf("%v: %q in %q", k, found, message)
		}
		if !strings.HasSuffix(message, ".") || !strings.Contains(message, "numéro de sécurité sociale") {
			t.Errorf("%v: not a sentence about the number: %q", k, message)
		}
	}
}

func TestWrongKeyIsNamedAsAWrongKey(t *testing.T) {
	_, err := nir.Parse("2 69 05 49 588 157 81")
	wantKind(t, err, nir.WrongKey)
	message := err.(*nir.Error).Message()
	if !strings.HasPrefix(message, "La clé du numéro de sécurité sociale est fausse") {
		t.Errorf("message is %q", message)
	}
}

func TestPositionAndCountAreSaid(t *testing.T) {
	tests := []struct {
		name         string
		err          nir.Error
		log, message string
	}{
		{"position", nir.Error{Kind: nir.BadCharacter, Position: 9}, "at position 9", "n°\u00a09 "},
		{"one typed", nir.Error{Kind: nir.TooShort, Count: 1}, ": 1", "(1\u00a0caractère saisi)"},
		{"many typed", nir.Error{Kind: nir.TooShort, Count: 12}, ": 12", "(12\u00a0caractères saisis)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if !strings.Contains(tt.err.Error(), tt.log) || !strings.Contains(tt.err.Message(), tt.message) {
				t.Errorf("got %q and %q", tt.err.Error(), tt.err.Message())
			}
		})
	}
}
