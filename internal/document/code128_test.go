package document

import (
	"bytes"
	"errors"
	"fmt"
	"image/color"
	"strings"
	"testing"

	standard "github.com/boombuler/barcode/code128"
	"pgregory.net/rapid"
)

// grey is a picture as pdftoppm makes it (PGM, P5).
type grey8 struct {
	width, height int
	dots          []byte
}

// scanLetter prints the first page of a PDF at 150 dots per inch, in grey.
func scanLetter(t testing.TB, pdf []byte) grey8 {
	t.Helper()
	out := tool(t, pdf, "pdftoppm", "-r", "150", "-gray", "-singlefile", "-")
	var g grey8
	var most int
	if _, err := fmt.Sscanf(out, "P5\n%d %d\n%d\n", &g.width, &g.height, &most); err != nil || most != 255 {
		t.Fatalf("not the picture that was asked for: %v", err)
	}
	g.dots = []byte(out[len(out)-g.width*g.height:])
	return g
}

// dot is a point of the page, in points from the top left, as a dot of a picture at 150 dots per inch.
func dot(points float64) int { return int(points * 150 / 72) }

// edges are where a row of a picture turns from light to dark and back, between two dots as a scanner sees it.
func (g grey8) edges(y, from, to int) []float64 {
	row := g.dots[y*g.width : (y+1)*g.width]
	var all []float64
	for x := from; x < to; x++ {
		a, b := float64(row[x]), float64(row[x+1])
		if (a < 128) != (b < 128) {
			all = append(all, float64(x)+(a-128)/(a-b))
		}
	}
	return all
}

// read128 reads a row of bars as a scanner does: by the widths of bars and spaces, each sign measured by itself.
func read128(edges []float64) (string, error) {
	values := []int{}
	for len(edges) > 6 {
		total := edges[6] - edges[0]
		var pattern strings.Builder
		for i := range 6 {
			fmt.Fprint(&pattern, int((edges[i+1]-edges[i])*11/total+0.5))
		}
		at := -1
		for v := range code128Stop {
			if code128Patterns[6*v:6*v+6] == pattern.String() {
				at = v
			}
		}
		if at < 0 {
			break
		}
		values, edges = append(values, at), edges[6:]
	}
	if len(values) < 3 || values[0] != code128StartB || len(edges) != 8 {
		return "", fmt.Errorf("%d signs, %d edges left", len(values), len(edges))
	}
	sum, last := values[0], len(values)-1
	text := ""
	for i, v := range values[1:last] {
		sum += (i + 1) * v
		text += string(rune(' ' + v))
	}
	if sum%103 != values[last] {
		return "", errors.New("the check sign is wrong")
	}
	return text, nil
}

// The encoder of a library that others use is the yardstick of ours.
func TestBarsAreThoseOfTheStandard(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		// Digits in a row make the library change to another set: ours never does.
		content := rapid.StringMatching(`([A-Z][0-9]?){1,15}`).Draw(t, "content")
		ours, err := encode128(content)
		if err != nil {
			t.Fatal(err)
		}
		theirs, err := standard.Encode(content)
		if err != nil {
			t.Fatal(err)
		}
		want, got := strings.Builder{}, bytes.Repeat([]byte(" "), ours.modules)
		for x := range theirs.Bounds().Dx() {
			want.WriteByte(map[bool]byte{true: '|', false: ' '}[theirs.At(x, 0) == color.Black])
		}
		for _, b := range ours.bars {
			copy(got[b.x:], strings.Repeat("|", b.width))
		}
		if string(got) != want.String() {
			t.Fatalf("%s\nwant %s\ngot  %s", content, want.String(), got)
		}
	})
}

func TestBarsOfWhatCannotBePrintedAreRefusedWithoutQuotingIt(t *testing.T) {
	for name, content := range map[string]string{
		"empty": "", "too long": strings.Repeat("A", maxCodeLength+1), "accent": "ÉÉÉ", "control": "AB\x00",
	} {
		if _, err := encode128(content); !errors.Is(err, errBarcode) || content != "" && strings.Contains(err.Error(), content) {
			t.Errorf("%s: error = %v, want errBarcode", name, err)
		}
	}
}

// Every sign has six widths that make eleven modules, and no other sign's.
func TestTheTableOfBarsIsSound(t *testing.T) {
	seen := map[string]bool{}
	for v := range code128Stop {
		pattern, sum := code128Patterns[6*v:6*v+6], 0
		for _, w := range pattern {
			sum += int(w - '0')
		}
		if sum != 11 || seen[pattern] {
			t.Errorf("sign %d: %s", v, pattern)
		}
		seen[pattern] = true
	}
	if len(code128Patterns) != 6*code128Stop+7 {
		t.Errorf("%d widths", len(code128Patterns))
	}
}
