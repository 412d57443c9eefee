package nir

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestAFilesNumberNeedsNoKeyButItsKeyIsChecked(t *testing.T) {
	for text, want := range map[string]Kind{
		"2690549588157": 0, "269054958815780": 0, "2 69 05 49 588 157": 0, "2 69 05 49 588 157 80": 0, " 2690549588157 ": 0,
		"7690549588157": 0, "1850520004005": 0, "185052A004005": 0, "185052a004005": 0, "185052A00400529": WrongKey,
		"269054958815781": WrongKey, "26905495881578": TooShort, "269054958815": TooShort, "": Empty,
		"2691349588157": BadMonth, "0690549588157": BadFirstDigit, "2690500588157": BadDepartment, "2690549588000": BadOrder,
		"269054958815O": BadCharacter, "2690549588157800": TooLong, "185051A004005": BadDepartment,
	} {
		_, err := ParseKeyless(text)
		var told *Error
		if errors.As(err, &told) != (want != 0) || told != nil && told.Kind != want {
			t.Errorf("a number of %d characters: %v, want %v", len(text), err, want)
		}
	}
}

// TestKeylessAgreesWithParse holds the quick way against the one of typed numbers.
func TestKeylessAgreesWithParse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[ 1-8][0-9]{4}[0-9][0-9AB][0-9]{6}([0-9]{2})?[ 0-9]?`).Draw(t, "number")
		if len(text) == Size && rapid.Bool().Draw(t, "with its key") {
			if number, err := FromDigits(text); err == nil {
				text += number.Key()
			}
		}
		got, err := ParseKeyless(text)
		want, wantErr := Parse(text)
		var told *Error
		if errors.As(wantErr, &told) && told.Kind == MissingKey {
			want, wantErr = FromDigits(strings.TrimSpace(text))
		}
		if got != want || (err == nil) != (wantErr == nil) || err != nil && err.Error() != wantErr.Error() {
			t.Fatalf("read %v %v, want %v %v", got, err, want, wantErr)
		}
	})
}
