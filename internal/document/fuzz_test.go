package document

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"
)

var hostile = []string{
	"", "Éléonore", "=cmd|'/C calc'!A0", "\x00\x1b[31m", "\xff\xfe", "😀👩‍👩‍👧", "محمد",
	"\u202Eabc", "a\u0301\u0301\u0301", strings.Repeat("M", 300), ") Tj ET (", "<</K 1>>", "</rdf:li>&amp;",
	"\uFFFE\uFFFF", "endstream endobj", "a;b\"c\r\nd", "\uFEFF", "'", "ﷺ",
}

func summaryOf(a, b string, annulled bool) Summary {
	return Summary{
		Kind: "vaccination-1", Title: a, Subtitle: b, Rectified: annulled, Annulled: annulled,
		Code: "K7QT-9XPM-4HD", CodeCompact: "K7QT9XPM4HD", Version: 2, ValidatedAt: firstDose().ValidatedAt,
		Sections:  []Section{{Title: b, Rows: []Row{{Key: "a", Label: a, Value: b}, {Key: "b", Label: b, Value: a}}}},
		Notices:   []Notice{{Strong: true, Text: a, Link: b}, {Text: b}},
		Signatory: a,
	}
}

func FuzzPDF(f *testing.F) {
	for i, text := range hostile {
		f.Add(text, hostile[len(hostile)-1-i], i%2 == 0)
	}
	f.Fuzz(func(t *testing.T, a, b string, annulled bool) {
		var first, second bytes.Buffer
		err := summaryOf(a, b, annulled).PDF(&first)
		if errors.Is(err, ErrTooLong) && len(a)+len(b) > 1000 {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := summaryOf(a, b, annulled).PDF(&second); err != nil || !bytes.Equal(first.Bytes(), second.Bytes()) {
			t.Fatal("not the same bytes twice")
		}
		checkFile(t, first.Bytes())
	})
}

// checkFile checks that the cross-reference table of a PDF leads to its objects,
// without which readers refuse or repair it.
func checkFile(t testing.TB, pdf []byte) {
	t.Helper()
	tail := bytes.LastIndex(pdf, []byte("startxref\n"))
	table := bytes.LastIndex(pdf, []byte("\nxref\n0 ")) + 1
	if tail < 0 || table <= 0 || !bytes.HasSuffix(pdf, []byte("\n%%EOF\n")) {
		t.Fatal("no end")
	}
	lines := bytes.Split(pdf[table:tail], []byte("\n"))[2:]
	for number, line := range lines {
		if number == 0 || !bytes.HasSuffix(line, []byte(" 00000 n ")) {
			continue
		}
		offset := 0
		for _, digit := range line[:10] {
			offset = offset*10 + int(digit-'0')
		}
		want := []byte(" 0 obj\n")
		if end := bytes.IndexByte(pdf[offset:], '\n'); end < 0 || !bytes.HasSuffix(pdf[offset:offset+end+1], want) {
			t.Fatalf("object %d is not where the table says", number)
		}
	}
}

func FuzzCSV(f *testing.F) {
	for i, text := range hostile {
		f.Add(text, hostile[len(hostile)-1-i], i%2 == 0)
	}
	f.Fuzz(func(t *testing.T, a, b string, annulled bool) {
		s := summaryOf(a, b, annulled)
		file := csvOf(t, s)
		if !utf8.Valid(file) {
			t.Fatal("not UTF-8")
		}
		_, values := readCSV(t, file)
		if values[0] != clean(a) || values[1] != clean(b) {
			t.Fatalf("%q, %q came back as %q, %q", clean(a), clean(b), values[0], values[1])
		}
	})
}

// Poppler opens every hostile text, and says what was entered or that something was.
func TestPDFOfHostileTextsOpens(t *testing.T) {
	for i, text := range hostile {
		s := summaryOf(text, hostile[len(hostile)-1-i], i%2 == 0)
		pages := pagesOf(t, pdfOf(t, s))
		if len(pages) != 1 {
			t.Errorf("%q: %d pages", text, len(pages))
		}
	}
}
