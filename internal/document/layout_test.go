package document

import (
	"fmt"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"
)

// longest is the length to which the domain bounds what is typed, generously.
const longest = 200

// words draws French-looking text, with words long enough to have to be broken.
func words(limit int) *rapid.Generator[string] {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyzéèêàçôÉŒœïMW0123456789'’-/"
	return rapid.Custom(func(t *rapid.T) string {
		n := rapid.IntRange(1, limit).Draw(t, "length")
		wordLength := rapid.IntRange(1, 60).Draw(t, "word length")
		var out strings.Builder
		runes := []rune(letters)
		start := rapid.IntRange(0, 1000).Draw(t, "start")
		for i := range n {
			if i%(wordLength+1) == wordLength && i != n-1 {
				out.WriteByte(' ')
				continue
			}
			out.WriteRune(runes[(start+i*7+i*i)%len(runes)])
		}
		return out.String()
	})
}

// checkPage fails when the summary is not on one page, when words touch one
// another or leave the page, or when a text is not there whole.
func checkPage(t interface {
	Helper()
	Fatalf(string, ...any)
}, tb *testing.T, s Summary,
) {
	t.Helper()
	var out strings.Builder
	if err := s.PDF(&out); err != nil {
		t.Fatalf("PDF: %v", err)
	}
	pages := pagesOf(tb, []byte(out.String()))
	if len(pages) != 1 {
		t.Fatalf("%d pages", len(pages))
	}
	checkWords(t, pages[0].Words)
	// Raw order is the order of the page's content: lines of a cell follow one another.
	text := squeeze(tool(tb, []byte(out.String()), "pdftotext", "-raw", "-", "-"))
	for _, want := range texts(s) {
		if !strings.Contains(text, squeeze(want)) {
			t.Fatalf("cut or lost: %q", want)
		}
	}
}

// checkWords fails when words of a page touch one another or leave it.
func checkWords(t interface {
	Helper()
	Fatalf(string, ...any)
}, all []word,
) {
	t.Helper()
	checkWordsWithin(t, all, sideMargin)
}

// checkWordsWithin is checkWords of a page with other margins.
func checkWordsWithin(t interface {
	Helper()
	Fatalf(string, ...any)
}, all []word, margin float64,
) {
	t.Helper()
	for i, a := range all {
		if a.X1 < margin-1 || a.X2 > pageWidth-margin+1 || a.Y1 < 20 || a.Y2 > pageHeight-15 {
			t.Fatalf("outside the margins: %+v", a)
		}
		for _, b := range all[i+1:] {
			// Boxes are as high as the font's tallest letters: what must not
			// meet is the middle half, where the letters are.
			inset := (a.Y2 - a.Y1 + b.Y2 - b.Y1) / 8
			if a.X1 < b.X2-0.2 && b.X1 < a.X2-0.2 && a.Y1+inset < b.Y2-inset && b.Y1+inset < a.Y2-inset {
				t.Fatalf("overlap: %+v and %+v", a, b)
			}
		}
	}
}

// texts lists what a reader has to find.
func texts(s Summary) []string {
	all := []string{s.Title, s.Subtitle, s.Code, s.Signatory, handedOver, signatureTitle}
	for _, section := range s.Sections {
		all = append(all, section.Title)
		for _, row := range section.Rows {
			all = append(all, row.Label, row.Value)
		}
	}
	for _, notice := range s.Notices {
		all = append(all, notice.Text, notice.Link)
	}
	return all
}

// squeeze drops the spaces and the hyphens, which line ends may hide.
func squeeze(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == '-' || r == '\u00AD' || unicode.IsControl(r) {
			return -1
		}
		return r
	}, text)
}

func TestPDFStaysOnePageWithNothingCut(t *testing.T) {
	for _, sample := range samples {
		t.Run(sample.name, func(t *testing.T) { checkPage(t, t, sample.make()) })
	}
	worst := func(text string, rows int) Summary {
		s := rectified()
		s.Title, s.Subtitle, s.Signatory = text, text, text
		s.Notices = []Notice{{Strong: true, Text: text, Link: text}, {Text: text, Link: text}}
		s.Sections = nil
		for i := range rows {
			if i%10 == 0 {
				s.Sections = append(s.Sections, Section{Title: fmt.Sprintf("Section %d", i)})
			}
			last := &s.Sections[len(s.Sections)-1]
			last.Rows = append(last.Rows, Row{Label: "Lieu de vaccination", Value: text})
		}
		return s
	}
	t.Run("forty rows of long words", func(t *testing.T) {
		checkPage(t, t, worst(strings.Repeat("Établissement ", 15)[:longest], 40))
	})
	t.Run("twenty-five rows of wide letters without a space", func(t *testing.T) {
		checkPage(t, t, worst(strings.Repeat("M", longest), 25))
	})
	t.Run("nothing but the code", func(t *testing.T) {
		checkPage(t, t, Summary{Code: "K7QT-9XPM-4HD", CodeCompact: "K7QT9XPM4HD", Version: 1})
	})
}

func TestPDFStaysOnePageWithNothingCutWhateverTheTexts(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		if testing.Short() {
			rt.Skip("reads each page back with poppler")
		}
		s := Summary{
			Kind: "vaccination-1", Code: "K7QT-9XPM-4HD", CodeCompact: "K7QT9XPM4HD", Version: 2, Rectified: true,
			Title:     words(longest).Draw(rt, "title"),
			Subtitle:  words(longest).Draw(rt, "subtitle"),
			Signatory: words(longest).Draw(rt, "signatory"),
		}
		for range rapid.IntRange(0, 4).Draw(rt, "sections") {
			section := Section{Title: words(80).Draw(rt, "section")}
			for range rapid.IntRange(0, 10).Draw(rt, "rows") {
				section.Rows = append(section.Rows, Row{
					Label: words(80).Draw(rt, "label"), Value: words(longest).Draw(rt, "value"),
				})
			}
			s.Sections = append(s.Sections, section)
		}
		for range rapid.IntRange(0, 3).Draw(rt, "notices") {
			s.Notices = append(s.Notices, Notice{
				Strong: rapid.Bool().Draw(rt, "strong"), Text: words(longest).Draw(rt, "notice"),
			})
		}
		checkPage(rt, t, s)
	})
}
