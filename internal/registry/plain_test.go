package registry_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"vaccin/internal/registry"
)

// texts draws what cells of a file hold: what is usual, what is near it, and anything.
func texts() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.StringMatching(`[A-ZÉÈa-zéèç' .-]{0,20}`), rapid.StringMatching(`[0-9AB /.+()-]{0,24}`),
		rapid.StringMatching(`[a-zA-Z0-9._+-]{1,12}@[a-z0-9.-]{1,12}`), rapid.StringMatching(`[\x{a0}-\x{17f}\x{2000}-\x{2220}]{0,6}`),
		rapid.String(), rapid.SampledFrom([]string{
			"", " ", "a", "é", "Le  Gall", " Le Gall", "Le Gall ", "d’Arcy", "O'Brien", "-", "12", "1 rue de l’Église", "n° 3", "a\u00a0b", "a\u2011b",
			"a\u00adb", "a\u200bb", "a\tb", "a\x00b", "\xff", "a\xc3", "\ufeffa", "Мария", strings.Repeat("a", 80), strings.Repeat("a", 81),
			strings.Repeat("é", 60), "né 269054958815780", "2 69 05 49 588 157 80", "18505 2A 004 005 29", "0612345678", "0012345678", "0001234567",
			"061234567", "06123456789", "+33612345678", "a@b.fr", "a@b", "@b.fr", "a@.fr", "a@b.", "a..b@c.fr", ".a@b.fr", "a.@b.fr", "a@b@c.fr", "a b@c.fr",
			"269054958815780@exemple.fr", "é@exemple.fr", "a@b..fr", strings.Repeat("a", 250) + "@b.fr",
		}),
	)
}

// TestCellsOfFilesAreReadAsManualEntries holds the quick readers against the rules of what is typed.
func TestCellsOfFilesAreReadAsManualEntries(t *testing.T) {
	same := func(t *rapid.T, what, text, got string, err error, want string, wantErr error) {
		if got != want || (err == nil) != (wantErr == nil) || err != nil && err.Error() != wantErr.Error() {
			t.Errorf("%s %q is read %q, %v; want %q, %v", what, text, got, err, want, wantErr)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		text := texts().Draw(t, "text")
		got, err := registry.ReadName(text, "missing")
		want, wantErr := registry.PersonName(text, "missing")
		same(t, "the name", text, got, err, want, wantErr)

		got, err = registry.ReadText(text, registry.AddressLimit)
		want, wantErr = registry.CleanText(text, registry.AddressLimit)
		same(t, "the text", text, got, err, want, wantErr)

		got, err = registry.ReadPhone(text)
		want, wantErr = registry.Phone(text)
		same(t, "the telephone", text, got, err, want, wantErr)

		got, err = registry.ReadEmail(text)
		want, wantErr = registry.TypedEmail(text)
		same(t, "the address", text, got, err, want, wantErr)
	})
}

func BenchmarkReadName(b *testing.B) {
	names := []string{"Martin", "Lefèvre", "de Saint-Aubin", "d’Arcy"}
	for i := 0; b.Loop(); i++ {
		if _, err := registry.ReadName(names[i%len(names)], ""); err != nil {
			b.Fatal(err)
		}
	}
}
