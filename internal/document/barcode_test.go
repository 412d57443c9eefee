package document

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// scan prints a page at 150 dots per inch, as an ordinary office scanner sees it,
// in grey, and reads its barcode.
func scan(t testing.TB, s Summary) string {
	t.Helper()
	name := save(t, pdfOf(t, s))
	picture := strings.TrimSuffix(name, ".pdf")
	tool(t, nil, "pdftoppm", "-r", "150", "-gray", "-png", "-singlefile", name, picture)
	// The whole page is searched, for a symbol with sides of 80 to 200 dots (14 to 34 mm): without a most, each
	// line of a table is tried as the side of one, for seconds.
	return tool(t, nil, "dmtxread", "-N1", "-m60000", "-e80", "-E200", picture+".png")
}

func TestBarcodeIsReadBackFromThePage(t *testing.T) {
	for _, sample := range samples {
		t.Run(sample.name, func(t *testing.T) {
			s := sample.make()
			if got := scan(t, s); got != s.CodeCompact {
				t.Errorf("read %q, want %q", got, s.CodeCompact)
			}
		})
	}
	for _, content := range []string{"ABCDEFGHJKL", "00000000000", "ZZZZZZZZZZZ", strings.Repeat("X", maxCodeLength)} {
		t.Run(content, func(t *testing.T) {
			s := secondDose()
			s.CodeCompact = content
			if got := scan(t, s); got != content {
				t.Errorf("read %q, want %q", got, content)
			}
		})
	}
}

func TestBarcodeIsLargeEnoughWithItsQuietZone(t *testing.T) {
	if mm := symbolSide / millimetre; mm < 18 {
		t.Errorf("printed %.1f mm wide, want at least 18", mm)
	}
	code, err := encodeSymbol("ABCDEFGHJKL")
	if err != nil {
		t.Fatal(err)
	}
	if code.size != 16 {
		t.Errorf("%d modules, want 16: the usual code fits the smallest symbol that holds it", code.size)
	}
}

// The left and bottom edges of a DataMatrix are solid and the others alternate.
func TestSymbolHasItsFinderPattern(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		content := rapid.StringMatching(`[0-9A-Z]{1,40}`).Draw(t, "content")
		s, err := encodeSymbol(content)
		if err != nil {
			t.Fatal(err)
		}
		left, bottom := 0, 0
		for _, r := range s.runs {
			if r.x == 0 {
				left++
			}
			if r.y == s.size-1 {
				bottom += r.length
			}
			if r.x+r.length > s.size || r.y >= s.size || r.length < 1 {
				t.Fatalf("run out of the symbol: %+v", r)
			}
		}
		if left != s.size || bottom != s.size {
			t.Fatalf("left edge %d, bottom edge %d of %d", left, bottom, s.size)
		}
	})
}

func TestCodeThatCannotBePrintedIsRefusedWithoutQuotingIt(t *testing.T) {
	for name, content := range map[string]string{
		"empty": "", "too long": strings.Repeat("A", maxCodeLength+1), "accent": "ÉÉÉ", "control": "AB\x00",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := encodeSymbol(content)
			if !errors.Is(err, errBarcode) {
				t.Fatalf("error = %v, want errBarcode", err)
			}
			if content != "" && strings.Contains(err.Error(), content) {
				t.Errorf("the error quotes the code: %v", err)
			}
		})
	}
}
