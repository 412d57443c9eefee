package document

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func testFont(t interface{ Fatal(...any) }) *font {
	r, err := defaultRenderer()
	if err != nil {
		t.Fatal(err)
	}
	return r.regular
}

func shown(f *font, glyphs []glyph) string {
	var out strings.Builder
	for _, g := range glyphs {
		if g.id == f.missing {
			out.WriteRune('\uFFFD')
			continue
		}
		out.WriteRune(g.char)
	}
	return out.String()
}

func TestShapeShowsWhatTheFontCanShowAndSaysTheRest(t *testing.T) {
	tests := []struct{ name, text, shown, spoken string }{
		{"French", "Œuvre à l’été", "Œuvre à l’été", ""},
		{"decomposed accents are composed", "E\u0301te\u0301", "Été", ""},
		{"a space before a colon holds", "Date : 1 ; 2 ! 3 ?", "Date\u00A0: 1\u00A0; 2\u00A0! 3\u00A0?", ""},
		{"spaces inside guillemets hold", "« oui »", "«\u00A0oui\u00A0»", ""},
		{"a narrow no-break space holds", "14\u202F%", "14\u00A0%", ""},
		{"a ligature is spelt out", "ﬃ", "ffi", "ﬃ"},
		{"full-width letters are spelt", "ＡＢ", "AB", "ＡＢ"},
		{"line breaks and tabs are spaces", "a\nb\tc", "a b c", ""},
		{"control characters are seen", "a\x00b\x1b\x7f", "a\uFFFDb\uFFFD\uFFFD", "a\uFFFDb\uFFFD\uFFFD"},
		{"invalid UTF-8 is seen", "a\xffb", "a\uFFFDb", "a\uFFFDb"},
		{"an emoji is seen and said", "a😀", "a\uFFFD", "a😀"},
		{"Arabic is seen and said", "مح", "\uFFFD\uFFFD", "مح"},
		{"reordering marks are dropped", "a\u202Eb\u200Fc", "abc", ""},
		{"soft hyphens and joiners are dropped", "a\u00ADb\u200Dc\uFE0F", "abc", ""},
		{"nothing", "", "", ""},
	}
	f := testFont(t)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			glyphs := f.shape(test.text)
			got := strings.ReplaceAll(shown(f, glyphs), "\u202F", "\u00A0")
			if got != test.shown {
				t.Errorf("shown %q, want %q", got, test.shown)
			}
			if got := actualText(glyphs); got != test.spoken {
				t.Errorf("spoken %q, want %q", got, test.spoken)
			}
		})
	}
}

// The names of French civil status use these letters: they must be drawn.
func TestFontsHaveTheLettersOfCivilStatus(t *testing.T) {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789" +
		"ÀÂÄÇÉÈÊËÎÏÔÖÙÛÜŸÑÆŒàâäçéèêëîïôöùûüÿñæœ.,;:!?'’«»()-–—/°&@+%€\u00A0"
	r, err := defaultRenderer()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []*font{r.regular, r.bold} {
		for _, letter := range letters {
			if _, ok := f.glyph(letter); !ok {
				t.Errorf("%s lacks %q", f.name, letter)
			}
		}
	}
}

func TestWrapBreaksWhereFrenchBreaks(t *testing.T) {
	f := testFont(t)
	tests := []struct {
		name, text string
		fits       string // the widest line that must fit
		want       []string
	}{
		{"at spaces", "un deux trois", "un deux", []string{"un deux ", "trois"}},
		{"after a hyphen between letters", "Jean-Pierre", "Jean-Pi", []string{"Jean-", "Pierre"}},
		{"never inside a date", "le 27/12/2020", "27/12/2020", []string{"le ", "27/12/2020"}},
		{"never before a colon", "un deux :", "un deux", []string{"un ", "deux\u00A0:"}},
		{"inside a word too wide", "anticonstitution", "anticons", []string{"anticons", "titution"}},
		{"not at all", "court", "courtois", []string{"court"}},
		{"nothing", "", "a", []string{""}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			for _, line := range wrap(f.shape(test.text), width(f.shape(test.fits))) {
				got = append(got, shown(f, line))
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestWrapKeepsEverythingWithinTheWidth(t *testing.T) {
	f := testFont(t)
	widest := slices.Max(f.advances)
	rapid.Check(t, func(t *rapid.T) {
		glyphs := f.shape(rapid.String().Draw(t, "text"))
		limit := rapid.IntRange(widest, 20000).Draw(t, "limit")
		var back []glyph
		for _, line := range wrap(glyphs, limit) {
			if width(line) > limit {
				t.Fatalf("a line of %d in %d", width(line), limit)
			}
			back = append(back, line...)
		}
		if !slices.Equal(back, glyphs) {
			t.Fatal("the lines do not make the text")
		}
	})
}

func TestParseFontRefusesABrokenFile(t *testing.T) {
	good := testFont(t).program
	for name, file := range map[string][]byte{
		"empty": nil, "not a font": []byte("%PDF-1.7 and more than twelve bytes"), "cut": good[:40],
		// The embedded program has no character map: it cannot be read again.
		"no character map": good,
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := parseFont("X", file); err == nil {
				t.Error("no error")
			}
		})
	}
}
