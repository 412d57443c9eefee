package document

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"vaccin/internal/registry"
)

func lettersCSV(t testing.TB, b Batch, letters ...Letter) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := WriteLettersCSV(&out, b, sequence(letters...)); err != nil {
		t.Fatalf("WriteLettersCSV: %v", err)
	}
	return out.Bytes()
}

// readLetters reads the file as docs/formats/letters.md tells a printer to: it takes one leading apostrophe off.
func readLetters(t interface {
	Helper()
	Fatalf(string, ...any)
}, file []byte,
) [][]string {
	t.Helper()
	body, ok := bytes.CutPrefix(file, []byte("\xEF\xBB\xBF"))
	if !ok {
		t.Fatalf("no byte order mark")
	}
	in := csv.NewReader(bytes.NewReader(body))
	in.Comma = ';'
	lines, err := in.ReadAll()
	if err != nil {
		t.Fatalf("reading back: %v", err)
	}
	for _, line := range lines {
		for i, cell := range line {
			if isFormula(cell) {
				t.Fatalf("a spreadsheet would run %q", cell)
			}
			line[i] = strings.TrimPrefix(cell, "'")
		}
	}
	return lines
}

func TestTheMailMergeFileIsTheGoldenOne(t *testing.T) {
	var all []Letter
	for _, sample := range letterSamples {
		all = append(all, sample.make())
	}
	file := lettersCSV(t, phaseTwo(), all...)
	checkGolden(t, "letters.csv", string(file))
	if n := bytes.Count(file, []byte("\r\n")); n != len(all)+1 {
		t.Errorf("%d lines", n)
	}
}

// The printer's file and ours say the same.
func TestTheMailMergeFileHoldsWhatThePageShows(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		b := phaseTwo()
		b.Campaign = words(LetterTextMost).Draw(rt, "campaign")
		letters := []Letter{anyLetter(rt, 1), anyLetter(rt, 2)}
		lines := readLetters(rt, lettersCSV(t, b, letters...))
		if diff := cmp.Diff(lettersColumns, lines[0]); diff != "" {
			rt.Fatalf("(-want +got):\n%s", diff)
		}
		for i, l := range letters {
			row := map[string]string{}
			for c, column := range lines[0] {
				row[column] = lines[i+1][c]
			}
			address := []string{}
			for _, n := range []string{"1", "2", "3", "4", "5", "6"} {
				if line := row["ligne"+n]; line != "" {
					address = append(address, line)
				}
			}
			if diff := cmp.Diff(l.Addressee.Lines(), address); diff != "" {
				rt.Fatalf("(-want +got):\n%s", diff)
			}
			for _, typed := range []string{row["code"], row["code_barres"]} {
				if read, err := registry.ParseCode(typed); err != nil || read != l.Code {
					rt.Fatalf("the code comes back as another: %v", err)
				}
			}
			if row["campagne"] != b.Campaign || row["envoi"] != "PH2-0007" || row["ouverture"] != "18/01/2021" || row["date_lettre"] != "11/01/2021" {
				rt.Fatalf("%v", row)
			}
			for n, p := range l.Places {
				column := "lieu" + string(rune('1'+n))
				if row[column] != p.Name || row[column+"_adresse"] != p.AddressLine() {
					rt.Fatalf("%v", row)
				}
			}
		}
	})
}

// Some codes look like a number to a spreadsheet, one in millions. They are marked, and typed with the mark they are
// still the code: printers do not all read the page that tells them.
func TestACodeThatASpreadsheetWouldChangeIsStillRead(t *testing.T) {
	marked := 0
	for n := range 64 {
		body := fmt.Sprintf("2345E678%d%d", 2+n/8, 2+n%8)
		for _, check := range "23456789ABCDEFGHJKMNPQRSTUVWXYZ" {
			code, err := registry.ParseCode(body + string(check))
			if err != nil {
				continue
			}
			for _, text := range []string{code.Compact(), code.Format()} {
				if guard(text) != text {
					marked++
				}
				if read, err := registry.ParseCode(guard(text)); err != nil || read != code {
					t.Errorf("a code as the file has it is not read: %v", err)
				}
			}
		}
	}
	if marked == 0 {
		t.Error("no code was marked")
	}
}

func FuzzLetters(f *testing.F) {
	for i, text := range hostile {
		f.Add(text, hostile[len(hostile)-1-i], i%3)
	}
	f.Fuzz(func(t *testing.T, a, b string, places int) {
		batch, l := phaseTwo(), usualLetter()
		batch.Campaign, batch.Texts.Website = a, b
		l.Addressee = Addressee{Name: a, Street: []string{b, a}, PostalCode: a, Town: b}
		l.Places = l.Places[:(places%3+3)%3]
		for i := range l.Places {
			l.Places[i].Name, l.Places[i].Address = b, a
		}
		var first, second, file bytes.Buffer
		err := WriteLetters(&first, batch, sequence(l))
		if errors.Is(err, ErrLetter) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := WriteLetters(&second, batch, sequence(l)); err != nil || !bytes.Equal(first.Bytes(), second.Bytes()) {
			t.Fatal("not the same bytes twice")
		}
		checkTable(t, first.Bytes())
		if err := WriteLettersCSV(&file, batch, sequence(l)); err != nil {
			t.Fatal(err)
		}
		if row := readLetters(t, file.Bytes())[1]; row[3] != clean(a) || len(l.Places) > 0 && row[15] != clean(b) {
			t.Fatalf("%q came back as %q", clean(a), row[3])
		}
	})
}

// Poppler opens every hostile text.
func TestLettersOfHostileTextsOpen(t *testing.T) {
	b := phaseTwo()
	var all []Letter
	for i, text := range hostile {
		l := usualLetter()
		l.Addressee = Addressee{Name: "A " + text, Town: "Paris"}
		if other := hostile[len(hostile)-1-i]; len(other) < 200 {
			l.Addressee.Street, l.Addressee.Town = []string{other}, other
		}
		if len(text) < LetterTextMost {
			l.Places[0].Name = "B " + text
		}
		all = append(all, l)
	}
	pages := pagesOf(t, lettersPDF(t, b, sequence(all...)))
	if len(pages) != len(hostile) {
		t.Errorf("%d pages", len(pages))
	}
	for _, page := range pages {
		checkWindow(t, page.Words)
	}
}
