package nir_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"vaccin/internal/nir"
)

func TestNumbersWithinTexts(t *testing.T) {
	for _, text := range []string{
		"269054958815780",
		"2 69 05 49 588 157 80",
		"2\u00a069\u00a005\u00a049\u00a0588\u00a0157\u00a080",
		"2\u202f69\u202f05 49 588 157\u202f80",
		"2.69.05.49.588.157.80",
		"2-69-05-49-588-157-80",
		"2/69/05/49/588/157/80",
		"2 69 05 49 588 157 (80)",
		"2 69 05 49 588 157 clé 80",
		"2690549588157 CLÉ : 80",
		"2690549588157, clef 80",
		"2690549588157 cle80",
		"erreur de dossier, voir le 2 69 05 49 588 157 80, merci",
		"NIR:269054958815780.",
		"N°1 : 2 69 05 49 588 157 80",
		"le 12/03/2021, 2 69 05 49 588 157 80 à la place de 1",
		"269054958815780 et 12",
		"2\n69\n05\n49\n588\n157\n80",
		"2  69  05  49  588  157  80",
		"1 80 03 2A 004 012 " + keyOf(t, "180032A004012"),
		"180032a004012" + keyOf(t, "180032A004012"),
		"1 80 03 2 B 004 012 " + keyOf(t, "180032B004012"),
	} {
		if !nir.Within(text) {
			t.Errorf("%q is passed over", text)
		}
	}
	for _, text := range []string{
		"", "2", "clé 80", "erreur de saisie",
		"269054958815781",              // wrong key
		"2690549588157",                // no key
		"2690549588157801",             // another number goes on
		"1269054958815780",             // another number ends so
		"2 69 05 49 588 157 8",         // half a key
		"2 69 05 49 588 157 rue 80",    // another word
		"2 69 05 49 lot 588 157 80",    // another word
		"2 69 05 clé 49 588 157 80",    // in another place
		"06 12 34 56 78, 01 23 45 67",  // telephones
		"12 rue du 4 septembre, 75002", // an address
		"10001234567 le 12/03/2021",    // an RPPS number and a date
		"FINESS 750100042 et 750100125",
		"２６９０５４９５８８１５７８０", // not the digits of a NIR
	} {
		if nir.Within(text) {
			t.Errorf("%q is taken for a text with a number", text)
		}
	}
}

func keyOf(t *testing.T, digits string) string {
	t.Helper()
	number, err := nir.FromDigits(digits)
	if err != nil {
		t.Fatal(err)
	}
	return number.Key()
}

// FuzzWithin: whatever stands around a number, it is found, and nothing breaks the search.
func FuzzWithin(f *testing.F) {
	f.Add("", "")
	f.Add("voir le ", " svp")
	f.Add("1 ", " 2")
	f.Add("\xff2", "\x80")
	f.Fuzz(func(t *testing.T, before, after string) {
		if nir.Within(before) && len(strings.Map(digitsAlone, before)) < nir.Size+2 {
			t.Errorf("%q holds a number", before)
		}
		if !nir.Within(before + "; 2 69 05 49 588 157 80 ;" + after) {
			t.Errorf("between %q and %q it is passed over", before, after)
		}
	})
}

func digitsAlone(r rune) rune {
	if '0' <= r && r <= '9' || strings.ContainsRune("abAB", r) {
		return r
	}
	return -1
}

func TestEveryNumberIsFoundHoweverItIsSpaced(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		digits := rapid.StringMatching(`[12][0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[1-8][0-9]|2[AB])[0-9]{3}(00[1-9]|[1-9][0-9]{2})`).Draw(t, "digits")
		number, err := nir.FromDigits(digits)
		if err != nil {
			t.Skip("no number")
		}
		text := "x "
		for _, c := range number.Digits() + number.Key() {
			text += string(c) + rapid.StringMatching(`[ .\-\x{A0}/]{0,2}`).Draw(t, "space")
		}
		if !nir.Within(text) {
			t.Errorf("a number spaced %q is passed over", text)
		}
	})
}
