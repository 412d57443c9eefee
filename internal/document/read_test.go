package document

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// These tests read documents back with the programs that people's machines use
// (poppler) and that a scanner stands for (dmtxread). They are set up by
// `make test`: without them the tests fail rather than pass unread.

func tool(t testing.TB, stdin []byte, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stdin = bytes.NewReader(stdin)
	var failed bytes.Buffer
	cmd.Stderr = &failed
	out, err := cmd.Output()
	if errors.Is(err, exec.ErrNotFound) {
		t.Fatalf("%s is not installed: Debian packages poppler-utils and dmtx-utils", name)
	}
	if err != nil {
		t.Fatalf("%s: %v: %s", name, err, failed.String())
	}
	// Poppler reports what is wrong with a file in words, not by its exit code.
	if failed.Len() > 0 {
		t.Fatalf("%s complains: %s", name, failed.String())
	}
	return string(out)
}

func save(t testing.TB, pdf []byte) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "summary.pdf")
	if err := os.WriteFile(name, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// word is a word of a page as poppler sees it, in points from the top left.
type word struct {
	X1   float64 `xml:"xMin,attr"`
	Y1   float64 `xml:"yMin,attr"`
	X2   float64 `xml:"xMax,attr"`
	Y2   float64 `xml:"yMax,attr"`
	Text string  `xml:",chardata"`
}

type page struct {
	Width  float64 `xml:"width,attr"`
	Height float64 `xml:"height,attr"`
	Words  []word  `xml:"word"`
}

// pagesOf returns the pages of a PDF with the place of each word.
func pagesOf(t testing.TB, pdf []byte) []page {
	t.Helper()
	// Poppler writes titles beyond the basic plane as halves of characters.
	text := strings.ToValidUTF8(tool(t, pdf, "pdftotext", "-bbox", "-", "-"), "\uFFFD")
	var html struct {
		Pages []page `xml:"body>doc>page"`
	}
	decoder := xml.NewDecoder(strings.NewReader(text))
	decoder.Strict = false
	decoder.Entity = xml.HTMLEntity
	if err := decoder.Decode(&html); err != nil {
		t.Fatalf("reading the output of pdftotext -bbox: %v", err)
	}
	return html.Pages
}
