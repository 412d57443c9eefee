package document

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

func checkGolden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (-want +got; -update accepts):\n%s", path, diff)
	}
}

func TestPDFReadsAsItsGoldenText(t *testing.T) {
	for _, sample := range samples {
		t.Run(sample.name, func(t *testing.T) {
			pdf := pdfOf(t, sample.make())
			checkGolden(t, sample.name+".txt", tool(t, pdf, "pdftotext", "-layout", "-", "-"))
		})
	}
}

// What a screen reader is given: headings, tables with their headers, the order.
func TestPDFTagsAreTheGoldenOnes(t *testing.T) {
	for _, sample := range samples {
		t.Run(sample.name, func(t *testing.T) {
			name := save(t, pdfOf(t, sample.make()))
			checkGolden(t, sample.name+".tags", tool(t, nil, "pdfinfo", "-struct-text", name))
		})
	}
}

func TestPDFDescribesItself(t *testing.T) {
	pdf := pdfOf(t, rectified())
	info := tool(t, pdf, "pdfinfo", "-isodates", "-")
	for _, want := range []string{
		"Title:           Rectificatif des données télétransmises à l’Assurance Maladie",
		"CreationDate:    2021-01-21T14:30:00+01",
		"Tagged:          yes",
		"Pages:           1\n",
		"(A4)",
		"JavaScript:      no",
	} {
		if !strings.Contains(info, want) {
			t.Errorf("pdfinfo does not say %q:\n%s", want, info)
		}
	}
	for _, want := range []string{
		"/Lang(fr-FR)", "/MarkInfo<</Marked true>>", "/DisplayDocTitle true",
		"/Alt" + textString("Code-barres (DataMatrix) du code du patient"),
		`<rdf:li xml:lang="x-default">Rectificatif des données télétransmises à l’Assurance Maladie</rdf:li>`,
	} {
		if !bytes.Contains(pdf, []byte(want)) {
			t.Errorf("the PDF does not say %q", want)
		}
	}
}

func TestPDFEmbedsItsFontsWithTheirCharacters(t *testing.T) {
	fonts := tool(t, pdfOf(t, firstDose()), "pdffonts", "-")
	lines := strings.Split(strings.TrimSpace(fonts), "\n")[2:]
	if len(lines) != 2 {
		t.Fatalf("want two fonts:\n%s", fonts)
	}
	for _, line := range lines {
		// emb, sub and uni: embedded, a subset, with a map back to characters.
		if !strings.Contains(line, "yes yes yes") {
			t.Errorf("font not embedded as wanted: %s", line)
		}
	}
}

// Whatever is drawn stands inside one tag or is declared an artifact, and nothing
// is left open: otherwise a screen reader loses its place.
func TestPDFContentIsAllTaggedOrArtifact(t *testing.T) {
	r, err := defaultRenderer()
	if err != nil {
		t.Fatal(err)
	}
	for _, sample := range samples {
		t.Run(sample.name, func(t *testing.T) {
			s := sample.make()
			barcode, err := encodeSymbol(s.CodeCompact)
			if err != nil {
				t.Fatal(err)
			}
			sheet, err := r.compose(s, barcode)
			if err != nil {
				t.Fatal(err)
			}
			depth := 0
			for number, line := range strings.Split(strings.TrimSpace(string(sheet.out)), "\n") {
				switch {
				case strings.HasSuffix(line, "BDC"), strings.HasSuffix(line, "BMC"):
					if depth++; depth > 1 && !strings.HasPrefix(line, "/Span") {
						t.Errorf("line %d: a tag inside a tag: %s", number, line)
					}
				case line == "EMC":
					depth--
				case depth != 1 && depth != 2:
					t.Errorf("line %d: outside any tag: %s", number, line)
				}
			}
			if depth != 0 || len(sheet.tags.open) != 0 {
				t.Errorf("left open: %d marks, %d elements", depth, len(sheet.tags.open))
			}
		})
	}
}

func TestPDFRepeatsToTheByteAlsoWhenConcurrent(t *testing.T) {
	want := make([][]byte, len(samples))
	for i, sample := range samples {
		want[i] = pdfOf(t, sample.make())
	}
	fresh, err := NewRenderer()
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for range 4 {
		for i, sample := range samples {
			group.Go(func() {
				var got bytes.Buffer
				if err := fresh.PDF(&got, sample.make()); err != nil {
					t.Errorf("%s: %v", sample.name, err)
				}
				if !bytes.Equal(got.Bytes(), want[i]) {
					t.Errorf("%s: the same summary gave other bytes", sample.name)
				}
			})
		}
	}
	group.Wait()
}

func TestPDFSaysWhichVersionItIs(t *testing.T) {
	tests := []struct {
		name         string
		summary      Summary
		want, absent string
	}{
		{"first", firstDose(), "Version 1, validée le 21/01/2021 à 14 h 30", "Rectificatif"},
		{"rectified", rectified(), "Version 2, rectifiée et validée le 21/01/2021 à 14 h 30", "ANNULÉ"},
		{"annulled", annulled(), "ANNULÉ : cette saisie a été annulée", "rectifiée"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			text := tool(t, pdfOf(t, test.summary), "pdftotext", "-", "-")
			text = strings.ReplaceAll(text, "\u00A0", " ")
			if !strings.Contains(text, test.want) {
				t.Errorf("missing %q in:\n%s", test.want, text)
			}
			if strings.Contains(text, test.absent) {
				t.Errorf("%q has no place in:\n%s", test.absent, text)
			}
		})
	}
}

func TestPDFTooLongWritesNothing(t *testing.T) {
	s := firstDose()
	for range 200 {
		s.Sections[0].Rows = append(s.Sections[0].Rows, Row{Label: "Lieu", Value: strings.Repeat("Saint-Étienne ", 15)})
	}
	var out bytes.Buffer
	if err := s.PDF(&out); !errors.Is(err, ErrTooLong) {
		t.Errorf("error = %v, want ErrTooLong", err)
	}
	if out.Len() > 0 {
		t.Errorf("%d bytes were written all the same", out.Len())
	}
}

func TestPDFReportsAFailedWrite(t *testing.T) {
	if err := firstDose().PDF(brokenWriter{}); !errors.Is(err, errBroken) {
		t.Errorf("error = %v, want the writer's", err)
	}
}

var errBroken = errors.New("broken pipe")

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errBroken }

func TestPDFDateCarriesItsZone(t *testing.T) {
	tests := []struct {
		zone   string
		offset int
		want   string
	}{
		{"Paris", 3600, "D:20210121143000+01'00'"},
		{"Cayenne", -3 * 3600, "D:20210121143000-03'00'"},
		{"Marquises", -(9*3600 + 1800), "D:20210121143000-09'30'"},
	}
	for _, test := range tests {
		t.Run(test.zone, func(t *testing.T) {
			at := time.Date(2021, 1, 21, 14, 30, 0, 0, time.FixedZone(test.zone, test.offset))
			if got := pdfDate(at); got != test.want {
				t.Errorf("pdfDate = %s, want %s", got, test.want)
			}
		})
	}
}

func TestFileNameHoldsNothingAboutThePatient(t *testing.T) {
	tests := []struct {
		name    string
		summary Summary
		ext     string
		want    string
	}{
		{"eligibility", eligibility(), "pdf", "synthese-eligibilite.pdf"},
		{"dose", firstDose(), "csv", "synthese-vaccination-1.csv"},
		{"rectified", rectified(), "pdf", "synthese-vaccination-1-v2.pdf"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := test.summary.FileName(test.ext); got != test.want {
				t.Errorf("FileName = %q, want %q", got, test.want)
			}
		})
	}
}
