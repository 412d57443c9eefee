package document

import (
	"strings"
	"testing"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"vaccin/internal/nir"
	"vaccin/internal/registry"
)

// letters are all of registry.Alphabet.
func letters() []rune {
	var all []rune
	for _, part := range registry.Alphabet.R16 {
		for r := rune(part.Lo); r <= rune(part.Hi); r += rune(part.Stride) {
			all = append(all, r)
		}
	}
	return all
}

// TestEveryLetterAndSignIsPrinted holds what the domain accepts against both fonts: each letter, also in
// capitals and small, has a glyph of its own, and is composed already.
func TestEveryLetterAndSignIsPrinted(t *testing.T) {
	r, err := defaultRenderer()
	if err != nil {
		t.Fatal(err)
	}
	for weight, f := range map[string]*font{"regular": r.regular, "bold": r.bold} {
		characters := append(letters(), []rune(registry.NameSigns+registry.TextSigns)...)
		for _, char := range characters {
			forms := []rune{char}
			if unicode.Is(registry.Alphabet, char) {
				forms = []rune{char, unicode.ToUpper(char), unicode.ToLower(char)}
			}
			for _, form := range forms {
				glyphs := f.shape(string(form))
				if len(glyphs) != 1 || glyphs[0].id == f.missing || glyphs[0].char != form || glyphs[0].source != "" {
					t.Errorf("%s: %c (%U) is not printed as itself", weight, form, form)
				}
				if stands := f.unicode()[glyphs[0].id]; stands != form {
					t.Errorf("%s: %c (%U) is read back as %c", weight, form, form, stands)
				}
			}
			if unicode.IsLetter(char) && !unicode.Is(unicode.Latin, char) && !strings.ContainsRune(registry.TextSigns, char) {
				t.Errorf("%U is no Latin letter", char)
			}
			if norm.NFC.String(string(char)) != string(char) {
				t.Errorf("%U has another form", char)
			}
		}
	}
}

// named is the summary of a patient of that name, as it is made of one entered by hand; none when the domain
// refuses it.
func named(t interface{ Fatal(...any) }, name string) (Summary, bool) {
	req := registry.RegistrationRequest{BirthName: name, UsedName: name, GivenNames: name, Sex: "F", BirthDate: "15/06/1945", BirthRank: "1"}
	holder, err := nir.Parse("2 69 05 49 588 157 80")
	if err != nil {
		t.Fatal(err)
	}
	patient, err := registry.DecidePatient(req, holder, nil, registry.MustDate("2021-02-01"))
	if err != nil {
		return Summary{}, false
	}
	at := time.Date(2021, 2, 1, 9, 0, 0, 0, time.UTC)
	entry := registry.Entry[registry.Eligibility]{Sequence: 1, Versions: []registry.Version[registry.Eligibility]{{Number: 1, Signed: registry.Signature{At: at}}}}
	return OfEligibility(registry.Record{Patient: patient, Code: 4711}, entry, 0, Facts{}), true
}

// printedAs fails when the PDF does not give back a summary's names as the page shows them.
func printedAs(t *testing.T, s Summary) {
	t.Helper()
	text := squeeze(tool(t, pdfOf(t, s), "pdftotext", "-raw", "-", "-"))
	for _, row := range s.Sections[0].Rows[:3] {
		if !strings.Contains(text, squeeze(row.Value)) {
			t.Errorf("%s: %q is not in what is printed:\n%s", row.Key, row.Value, text)
		}
	}
}

// TestEveryNameIsReadBackFromThePDF prints every letter there is, then names drawn of anything: whatever is
// accepted is read back as the page shows it.
func TestEveryNameIsReadBackFromThePDF(t *testing.T) {
	all := letters()
	for len(all) > 0 {
		n := min(len(all), 70)
		s, ok := named(t, string(all[:n]))
		if !ok {
			t.Fatalf("%s is refused", string(all[:n]))
		}
		printedAs(t, s)
		all = all[n:]
	}
	s, ok := named(t, "NGUYỄN Thị Hồng Đào-Groẞ (Ελένη)")
	if ok {
		t.Errorf("Greek letters are accepted: %v", s.Sections[0].Rows)
	}
	signs := []rune(registry.NameSigns + "\u3164\u0302李мЭ\u00ad\u200d☐ﬁ")
	drawn := 0
	rapid.Check(t, func(rt *rapid.T) {
		name := rapid.StringOfN(rapid.OneOf(rapid.SampledFrom(letters()), rapid.SampledFrom(signs), rapid.Rune()), 1, 30, -1).Draw(rt, "name")
		s, ok := named(rt, name)
		if !ok {
			return
		}
		r, err := defaultRenderer()
		if err != nil {
			rt.Fatal(err)
		}
		for _, row := range s.Sections[0].Rows[:3] {
			if spoken := actualText(r.regular.shape(row.Value)); spoken != "" || strings.ContainsRune(shown(r.regular, r.regular.shape(row.Value)), '\uFFFD') {
				rt.Fatalf("%q is printed with another spelling", row.Value)
			}
		}
		if drawn++; drawn%10 == 1 {
			printedAs(t, s)
		}
	})
	if drawn == 0 {
		t.Error("no name was accepted")
	}
}
