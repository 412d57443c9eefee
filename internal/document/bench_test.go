package document

import (
	"fmt"
	"io"
	"iter"
	"strings"
	"testing"

	"codeberg.org/go-pdf/fpdf"
)

// The yardstick: a general PDF library writing the same text on one page with a
// built-in font, untagged, without a barcode. Run both on one core:
//
//	go test -run '^$' -bench PDF -cpu 1 ./internal/document
//
// The service's page must cost at most twice the yardstick's.

func BenchmarkPDF(b *testing.B) {
	s := firstDose()
	if err := s.PDF(io.Discard); err != nil { // prepares the fonts, once for the process
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := s.PDF(io.Discard); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "pdf/s")
}

func BenchmarkPDFYardstick(b *testing.B) {
	s := firstDose()
	b.ReportAllocs()
	for b.Loop() {
		if err := yardstick(io.Discard, s); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "pdf/s")
}

func yardstick(w io.Writer, s Summary) error {
	pdf := fpdf.New("P", "mm", "A4", "")
	latin := pdf.UnicodeTranslatorFromDescriptor("")
	pdf.AddPage()
	line := func(style string, size float64, text string) {
		pdf.SetFont("Helvetica", style, size)
		pdf.MultiCell(0, size*0.45, latin(text), "", "L", false)
	}
	line("B", 13, "VACCIN COVID")
	line("", 10, handedOver)
	line("B", 20, s.Title)
	line("", 10, (&sheet{summary: s}).versionLine())
	line("", 9.5, codeLabel)
	line("B", 27, s.Code)
	line("", 9.5, codeUse)
	for _, section := range s.Sections {
		line("B", 12, section.Title)
		for _, row := range section.Rows {
			pdf.SetFont("Helvetica", "", 10)
			pdf.CellFormat(50, 6, latin(row.Label), "", 0, "L", false, 0, "")
			pdf.SetFont("Helvetica", "B", 10.5)
			pdf.MultiCell(0, 6, latin(row.Value), "", "L", false)
		}
	}
	for _, notice := range s.Notices {
		line("", 10, strings.TrimSpace(notice.Text+" "+notice.Link))
	}
	line("B", 10.5, signatureTitle)
	line("", 10, s.Signatory)
	line("", 8, dataProtection)
	return pdf.Output(w)
}

// many gives n letters, all different.
func many(n int) iter.Seq2[Letter, error] {
	return func(yield func(Letter, error) bool) {
		l := usualLetter()
		for i := range n {
			l.Number = i + 1
			l.Code += 7_777_777
			l.Addressee.Street = []string{fmt.Sprintf("%d rue de l’Église", i)}
			if !yield(l, nil) {
				return
			}
		}
	}
}

// On one core:
//
//	go test -run '^$' -bench Letters -cpu 1 ./internal/document
//
// At least 1,000 letters a second are asked for.
func BenchmarkLetters(b *testing.B) {
	if err := WriteLetters(io.Discard, phaseTwo(), many(1)); err != nil { // prepares the fonts, once for the process
		b.Fatal(err)
	}
	const batch = 2000
	var size measured
	b.ReportAllocs()
	for b.Loop() {
		size = 0
		if err := WriteLetters(&size, phaseTwo(), many(batch)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N*batch)/b.Elapsed().Seconds(), "letters/s")
	b.ReportMetric(float64(size)/batch, "B/letter")
}
