package document

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func bookletOf(t testing.TB, b Booklet) []byte {
	t.Helper()
	r, err := defaultRenderer()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := r.Booklet(&out, b); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func longBooklet(rows int, text string) Booklet {
	b := Booklet{
		Title: HoldingsTitle, Subtitle: "DURAND (née LEFÈVRE) Jeanne", MadeAt: time.Date(2021, 3, 1, 10, 30, 0, 0, winter),
		Intro:    []string{"Ce document contient tout.", text},
		Chapters: []Chapter{{Title: "Identité", Sections: []Section{patient()}}, {Title: "Rien", Texts: []string{"Aucune saisie."}}},
	}
	table := &Table{Heads: []string{"Date et heure", "Qui", "Action"}, Shares: []float64{0.2, 0.5, 0.3}}
	for i := range rows {
		table.Rows = append(table.Rows, []string{fmt.Sprintf("01/02/2021 à 09:%02d:%02d", i/60, i%60), text, fmt.Sprintf("Consultation n°%d", i)})
	}
	b.Chapters = append(b.Chapters, Chapter{Title: "Accès", Table: table})
	return b
}

// checkBooklet fails when words touch one another or leave the pages, when a text is not there whole, or a page
// does not say which it is.
func checkBooklet(t interface {
	Helper()
	Fatalf(string, ...any)
}, tb *testing.T, b Booklet,
) int {
	t.Helper()
	pdf := bookletOf(tb, b)
	checkFile(tb, pdf)
	pages := pagesOf(tb, pdf)
	for n, page := range pages {
		checkWords(t, page.Words)
		if number := fmt.Sprintf("%d/%d", n+1, len(pages)); !slices.ContainsFunc(page.Words, func(w word) bool { return strings.HasSuffix(w.Text, number) && w.Y1 > bookBottom }) {
			t.Fatalf("page %s does not say so", number)
		}
	}
	text := squeeze(tool(tb, pdf, "pdftotext", "-raw", "-", "-"))
	wanted := append([]string{b.Title, b.Subtitle}, b.Intro...)
	for _, c := range b.Chapters {
		wanted = append(wanted, c.Title)
		wanted = append(wanted, c.Texts...)
		for _, s := range c.Sections {
			for _, row := range s.Rows {
				wanted = append(wanted, row.Label, row.Value)
			}
		}
		if c.Table != nil {
			for _, row := range c.Table.Rows {
				wanted = append(wanted, row...)
			}
		}
	}
	for _, want := range wanted {
		if len(pages) == 1 && !strings.Contains(text, squeeze(want)) {
			t.Fatalf("cut or lost: %q", want)
		}
		// Over a page's end stand its foot and the next one's head: each word is looked for.
		for word := range strings.FieldsSeq(want) {
			if len(word) < 20 && !strings.Contains(text, squeeze(word)) {
				t.Fatalf("cut or lost: %q of %q", word, want)
			}
		}
	}
	return len(pages)
}

func TestABookletGoesOnOverAsManyPagesAsItTakes(t *testing.T) {
	for _, c := range []struct {
		rows, least, most int
		text              string
	}{
		{0, 1, 1, "court"},
		{3, 1, 1, "Dr Camille MARTIN"},
		{200, 5, 9, "Dr Camille MARTIN, RPPS 10003456781"},
		{3, 3, 9, strings.Repeat("Un motif bien plus long qu’une page ne peut en contenir. ", 120)},
	} {
		t.Run(fmt.Sprintf("%d rows of %d", c.rows, len(c.text)), func(t *testing.T) {
			if n := checkBooklet(t, t, longBooklet(c.rows, c.text)); n < c.least || n > c.most {
				t.Errorf("%d pages", n)
			}
		})
	}
}

func TestABookletHoldsWhateverTheTexts(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		if testing.Short() {
			rt.Skip("reads each page back with poppler")
		}
		b := longBooklet(rapid.IntRange(0, 40).Draw(rt, "rows"), words(longest).Draw(rt, "text"))
		b.Title, b.Subtitle = words(longest).Draw(rt, "title"), words(longest).Draw(rt, "subtitle")
		b.Chapters[0].Title = words(longest).Draw(rt, "chapter")
		checkBooklet(rt, t, b)
	})
}

// The tags of a booklet are read by poppler: each row once, and the heads that stand again are not heard again.
func TestTheTagsOfABookletGoOnFromPageToPage(t *testing.T) {
	pdf := bookletOf(t, longBooklet(120, "Dr Camille MARTIN"))
	text := tool(t, nil, "pdfinfo", "-struct-text", save(t, pdf))
	for what, want := range map[string]int{"Date et heure": 1, "Consultation n°119": 1, "Consultation n°0\"": 1, "\nTable\n": 0, "page 1/": 0} {
		if got := strings.Count(text, what); got != want {
			t.Errorf("%q is heard %d times instead of %d", what, got, want)
		}
	}
	if rows := strings.Count(text, " TR"); rows != 121+len(patient().Rows) {
		t.Errorf("%d rows", rows)
	}
	if strings.Index(text, "Consultation n°3\"") > strings.Index(text, "Consultation n°90\"") {
		t.Error("the rows are heard out of their order")
	}
}

func TestABookletIsAllTaggedOrArtifactAndRepeatsToTheByte(t *testing.T) {
	r, err := defaultRenderer()
	if err != nil {
		t.Fatal(err)
	}
	b := longBooklet(100, "Dr Camille MARTIN")
	drawn := r.bind(b, 9)
	for _, page := range drawn.pages() {
		depth := 0
		for number, line := range strings.Split(strings.TrimSpace(string(page)), "\n") {
			switch {
			case strings.HasSuffix(line, "BDC"), strings.HasSuffix(line, "BMC"):
				if depth++; depth > 1 && !strings.HasPrefix(line, "/Span") {
					t.Errorf("line %d: a tag inside a tag: %s", number, line)
				}
			case line == "EMC":
				depth--
			case depth < 1:
				t.Errorf("line %d: outside any tag: %s", number, line)
			}
		}
		if depth != 0 {
			t.Errorf("left open: %d marks", depth)
		}
	}
	if len(drawn.tags.open) != 0 {
		t.Errorf("left open: %d elements", len(drawn.tags.open))
	}
	if !bytes.Equal(bookletOf(t, b), bookletOf(t, b)) {
		t.Error("the same booklet gave other bytes")
	}
}

func FuzzBooklet(f *testing.F) {
	for i, text := range hostile {
		f.Add(text, hostile[len(hostile)-1-i], i*7)
	}
	f.Fuzz(func(t *testing.T, a, b string, rows int) {
		book := longBooklet(max(0, rows)%100, a)
		book.Title, book.Chapters[0].Sections[0].Rows[0].Value = b, a
		checkFile(t, bookletOf(t, book))
	})
}
