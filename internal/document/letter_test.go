package document

import (
	"bytes"
	"errors"
	"io"
	"iter"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"vaccin/internal/registry"
)

// The people and places of these letters are invented.

func phaseTwo() Batch {
	return Batch{
		Reference: "PH2-0007", Campaign: "Personnes de 75 ans et plus",
		Opens: registry.MustDate("2021-01-18"), Date: registry.MustDate("2021-01-11"),
		Texts: registry.LetterTexts{Phone: "0\u00A0800\u00A0009\u00A0110 (appel gratuit)", Website: "sante.fr"},
	}
}

func usualLetter() Letter {
	return Letter{
		Number:    12,
		Addressee: Addressee{Name: "Jeanne DURAND", Street: []string{"Apt 12", "4 bis, rue de l’Église"}, PostalCode: "75011", Town: "Paris"},
		Code:      471147114711,
		Places: []registry.VaccinationPlace{
			{Name: "Gymnase Inventé", Address: "12 rue des Essais", PostalCode: "75011", Locality: "Paris"},
			{Name: "Centre hospitalier des Deux-Rives, bâtiment des consultations", Address: "1 place du Marché aux Fleurs", PostalCode: "75012", Locality: "Paris"},
			{Name: "Salle des fêtes", PostalCode: "93100", Locality: "Montreuil"},
		},
	}
}

func longLetter() Letter {
	l := usualLetter()
	l.Number = 123456
	l.Addressee = Addressee{
		Name:       "Marie-Antoinette DE LA ROCHEFOUCAULD-MONTBEL D’HAUTEVILLE",
		Street:     []string{"chez Mme Éléonore BŒUF", "Résidence Les Glycines, appartement 1204, 12ème étage", "Bâtiment C – escalier 4, entrée par la cour", "128 ter, avenue du Maréchal-de-Lattre-de-Tassigny"},
		PostalCode: "51600", Town: "Saint-Remy-en-Bouzemont-Saint-Genest-et-Isson",
	}
	for i := range l.Places {
		l.Places[i].Name = strings.Repeat("Établissement ", 14)
		l.Places[i].Address = strings.Repeat("avenue des Essais ", 10)
	}
	return l
}

func sixLines() Letter {
	l := usualLetter()
	l.Addressee.Street = []string{"chez M. Jean N’DIAYE", "Apt 12 Étage 4", "Résidence des Œillets Bât B", "4 bis, rue de l’Église"}
	l.Places = l.Places[:1]
	return l
}

func overseas() Letter {
	l := usualLetter()
	l.Addressee = Addressee{Name: "Maëva TERIITAHI", Street: []string{"PK 12,500 côté montagne"}, PostalCode: "98718", Town: "Puna’auia – Tahiti"}
	l.Places = nil
	return l
}

func nameAlone() Letter {
	l := usualLetter()
	l.Addressee = Addressee{Name: "Jeanne DURAND"}
	l.Code = 7
	l.Places = l.Places[:2]
	return l
}

var letterSamples = []struct {
	name string
	make func() Letter
}{
	{"usual", usualLetter},
	{"long", longLetter},
	{"six-lines", sixLines},
	{"overseas", overseas},
	{"name-alone", nameAlone},
}

func sequence(letters ...Letter) iter.Seq2[Letter, error] {
	return func(yield func(Letter, error) bool) {
		for _, l := range letters {
			if !yield(l, nil) {
				return
			}
		}
	}
}

func lettersPDF(t testing.TB, b Batch, letters iter.Seq2[Letter, error]) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := WriteLetters(&out, b, letters); err != nil {
		t.Fatalf("WriteLetters: %v", err)
	}
	return out.Bytes()
}

func TestLettersReadAsTheirGoldenText(t *testing.T) {
	for _, sample := range letterSamples {
		t.Run(sample.name, func(t *testing.T) {
			pdf := lettersPDF(t, phaseTwo(), sequence(sample.make()))
			checkGolden(t, "letter-"+sample.name+".txt", tool(t, pdf, "pdftotext", "-layout", "-", "-"))
		})
	}
}

func TestTheTagsOfLettersAreTheGoldenOnes(t *testing.T) {
	for _, sample := range letterSamples[:4] {
		t.Run(sample.name, func(t *testing.T) {
			name := save(t, lettersPDF(t, phaseTwo(), sequence(sample.make())))
			checkGolden(t, "letter-"+sample.name+".tags", tool(t, nil, "pdfinfo", "-struct-text", name))
		})
	}
}

// within tells whether a word stands wholly in a part of the page, or touches it.
func (w word) within(x1, y1, x2, y2 float64) (wholly, touches bool) {
	// Boxes are as high as the font's tallest letters: the middle is where the letters are.
	inset := (w.Y2 - w.Y1) / 6
	return w.X1 >= x1 && w.X2 <= x2 && w.Y1+inset >= y1 && w.Y2-inset <= y2,
		w.X1 < x2 && w.X2 > x1 && w.Y1+inset < y2 && w.Y2-inset > y1
}

// checkWindow fails when a word can be seen through the window that is not of the address, or when one of the address
// cannot be seen whole. It returns the address as the post reads it.
func checkWindow(t interface {
	Helper()
	Fatalf(string, ...any)
}, words []word,
) string {
	t.Helper()
	address := ""
	for _, w := range words {
		always, _ := w.within(windowLeft, windowTop, windowRight, windowBottom)
		_, perhaps := w.within(seenLeft, seenTop, seenRight, seenBottom)
		if perhaps && !always {
			t.Fatalf("seen in part or by chance through the window: %+v", w)
		}
		if always {
			address += w.Text
		}
	}
	return address
}

// The window is looked at as a picture too: bars have no words.
func TestNothingButTheAddressIsSeenThroughTheWindow(t *testing.T) {
	for _, sample := range letterSamples {
		t.Run(sample.name, func(t *testing.T) {
			l := sample.make()
			pdf := lettersPDF(t, phaseTwo(), sequence(l))
			seen := checkWindow(t, pagesOf(t, pdf)[0].Words)
			if want := strings.Join(l.Addressee.Lines(), ""); squeeze(seen) != squeeze(want) {
				t.Errorf("seen through the window: %q, want %q", seen, want)
			}
			picture, dark := scanLetter(t, pdf), 0
			for y := dot(seenTop); y <= dot(seenBottom); y++ {
				for x := dot(seenLeft); x <= dot(seenRight); x++ {
					if picture.dots[y*picture.width+x] > 200 {
						continue
					}
					if dark++; x < dot(windowLeft) || x > dot(windowRight) || y < dot(windowTop) || y > dot(windowBottom) {
						t.Fatalf("a dark point at %d, %d", x, y)
					}
				}
			}
			if dark == 0 {
				t.Error("no address in the picture")
			}
		})
	}
}

// What a scanner types is a code that the search takes.
func TestBothBarcodesAreReadBackFromTheLetter(t *testing.T) {
	for _, code := range []registry.TargetCode{1, 471147114711, registry.TargetCode(registry.CodeSpace - 1), 123456789012345} {
		l := usualLetter()
		l.Code = code
		pdf := lettersPDF(t, phaseTwo(), sequence(l))
		r, err := defaultRenderer()
		if err != nil {
			t.Fatal(err)
		}
		paper, err := r.newStationery(phaseTwo())
		if err != nil {
			t.Fatal(err)
		}
		picture := scanLetter(t, pdf)
		quiet := code128Quiet * barModule
		// At three heights: a crease does not take the code away.
		for _, height := range []float64{0.15, 0.5, 0.85} {
			typed, err := read128(picture.edges(dot(paper.barcodeY+height*barHeight), dot(paper.barcodeX-quiet)+1, dot(paper.barcodeX+156*barModule+quiet)-1))
			if err != nil {
				t.Fatalf("reading the bars: %v", err)
			}
			if read, err := registry.ParseCode(typed); err != nil || read != code {
				t.Errorf("the bars type %q: %v", typed, err)
			}
		}
		name := filepath.Join(t.TempDir(), "page")
		tool(t, pdf, "pdftoppm", "-r", "150", "-gray", "-png", "-singlefile", "-", name)
		// Without a least and a most, each bar is tried as the side of a symbol, for seconds.
		typed := tool(t, nil, "dmtxread", "-N1", "-m60000", "-e50", "-E170", name+".png")
		if read, err := registry.ParseCode(typed); err != nil || read != code {
			t.Errorf("the DataMatrix types %q: %v", typed, err)
		}
	}
}

func TestTheLetterSaysWhatTheLawWantsAndWhatToDo(t *testing.T) {
	read := func(b Batch, l Letter) string {
		text := tool(t, lettersPDF(t, b, sequence(l)), "pdftotext", "-raw", "-", "-")
		return strings.Join(strings.Fields(strings.ReplaceAll(text, "\u00A0", " ")), " ")
	}
	text := read(phaseTwo(), usualLetter())
	for _, want := range []string{
		"à partir du lundi 18 janvier 2021", "campagne « Personnes de 75 ans et plus »", "Elle est gratuite.", "Elle n’est pas obligatoire",
		"Prenez rendez-vous", "apportez cette lettre et votre carte Vitale", "Il est personnel", "22K5-VWY9-5YF", "W comme William", "chiffre 9",
		"consultez sante.fr ou appelez le 0 800 009 110", "Référence : PH2-0007 – lettre n° 12",
		"Caisse nationale de l’assurance maladie (Cnam)", "Direction générale de la santé (DGS)", "mission d’intérêt public",
		"décret n° 2020-1690 du 25 décembre 2020", "dix ans", "opposer à ce traitement tant que vous n’avez pas donné votre accord", "Cnil", "médecin traitant",
		"proviennent des fichiers de l’Assurance Maladie",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the letter does not say %q:\n%s", want, text)
		}
	}
	b := phaseTwo()
	b.Date, b.Texts = registry.MustDate("2021-02-01"), registry.LetterTexts{ObjectionUntil: ObjectionUntilVaccination, Rights: "écrivez à la caisse"}
	l := usualLetter()
	l.Places = nil
	text = read(b, l)
	for _, want := range []string{
		"depuis le lundi 18 janvier 2021", "Pour trouver un lieu de vaccination près de chez vous et prendre rendez-vous, adressez-vous à votre médecin",
		"tant que vous n’avez pas reçu de première injection. Pour exercer ces droits, écrivez à la caisse. Si vous",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the letter does not say %q:\n%s", want, text)
		}
	}
	for texts, want := range map[registry.LetterTexts]string{
		{Phone: "39 39"}: "appelez le 39 39.", {Website: "sante.fr"}: "consultez sante.fr.",
	} {
		if got := (Batch{Texts: texts}).appointment(true); !strings.HasSuffix(got, "lieu, "+want) {
			t.Errorf("%q, want … %q", got, want)
		}
	}
}

func anyLetter(t *rapid.T, number int) Letter {
	l := Letter{Number: number, Addressee: anyAddressee(t, 200), Code: registry.TargetCode(rapid.Uint64Range(1, registry.CodeSpace-1).Draw(t, "code"))}
	for range rapid.IntRange(0, MaxLetterPlaces).Draw(t, "places") {
		l.Places = append(l.Places, registry.VaccinationPlace{
			Name: words(LetterTextMost).Draw(t, "place"), Address: words(LetterTextMost-30).Draw(t, "address"), PostalCode: "75011", Locality: words(20).Draw(t, "locality"),
		})
	}
	return l
}

// Whatever is allowed stands on one page, whole, its address and nothing else behind the window; the same letters
// give the same bytes.
func TestALetterHoldsOnOnePageWhateverTheTexts(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		if testing.Short() {
			rt.Skip("reads each page back with poppler")
		}
		b := phaseTwo()
		b.Reference, b.Campaign = words(60).Draw(rt, "reference"), words(LetterTextMost).Draw(rt, "campaign")
		b.Texts = registry.LetterTexts{
			Phone: words(LetterTextMost).Draw(rt, "phone"), Website: words(LetterTextMost).Draw(rt, "website"),
			ObjectionUntil: words(LetterTextMost).Draw(rt, "until"), Rights: words(LetterTextMost).Draw(rt, "rights"),
		}
		letters := []Letter{anyLetter(rt, 1)}
		pdf := lettersPDF(t, b, sequence(letters...))
		if !bytes.Equal(pdf, lettersPDF(t, b, sequence(letters...))) {
			rt.Fatalf("the same letters gave other bytes")
		}
		checkTable(t, pdf)
		pages := pagesOf(t, pdf)
		if len(pages) != len(letters) {
			rt.Fatalf("%d pages", len(pages))
		}
		text := strings.Split(squeezePages(tool(t, pdf, "pdftotext", "-raw", "-", "-")), "\f")
		for i, l := range letters {
			checkWordsWithin(rt, pages[i].Words, letterMargin)
			if seen, want := checkWindow(rt, pages[i].Words), strings.Join(l.Addressee.Lines(), ""); squeeze(seen) != squeeze(want) {
				rt.Fatalf("seen through the window: %q, want %q", seen, want)
			}
			wanted := []string{b.Reference, b.Campaign, l.Code.Format(), b.Texts.ObjectionUntil, b.Texts.Rights, b.Texts.Phone, b.Texts.Website}
			for _, p := range l.Places {
				wanted = append(wanted, p.Name, p.AddressLine())
			}
			for _, want := range wanted {
				if !strings.Contains(text[i], squeeze(want)) {
					rt.Fatalf("cut or lost: %q in %s", want, text[i])
				}
			}
		}
	})
}

// squeezePages is squeeze of each page.
func squeezePages(text string) string {
	pages := strings.Split(text, "\f")
	for i := range pages {
		pages[i] = squeeze(pages[i])
	}
	return strings.Join(pages, "\f")
}

func TestTheContentOfALetterIsAllTaggedOrArtifact(t *testing.T) {
	r, err := defaultRenderer()
	if err != nil {
		t.Fatal(err)
	}
	paper, err := r.newStationery(phaseTwo())
	if err != nil {
		t.Fatal(err)
	}
	page := letterPage{on: paper}
	for _, sample := range letterSamples {
		if err := page.draw(sample.make()); err != nil {
			t.Fatal(err)
		}
		depth := 0
		for number, line := range strings.Split(strings.TrimSpace(string(page.out)), "\n") {
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
		if depth != 0 || len(page.tags.open) != 0 {
			t.Errorf("left open: %d marks, %d elements", depth, len(page.tags.open))
		}
	}
}

func TestWhatIsNoLetterIsRefusedWithoutBeingQuoted(t *testing.T) {
	long := strings.Repeat("Secret ", 70)
	letters := map[string]func(*Letter){
		"no number":            func(l *Letter) { l.Number = 0 },
		"no code":              func(l *Letter) { l.Code = 0 },
		"a code out of range":  func(l *Letter) { l.Code = registry.TargetCode(registry.CodeSpace) },
		"no name":              func(l *Letter) { l.Addressee.Name = " " },
		"too long an address":  func(l *Letter) { l.Addressee.Street = []string{long} },
		"too long a town":      func(l *Letter) { l.Addressee.Town = long[:70] },
		"too long a code":      func(l *Letter) { l.Addressee.PostalCode = long[:21] },
		"too many places":      func(l *Letter) { l.Places = append(l.Places, l.Places...) },
		"a place without name": func(l *Letter) { l.Places[1].Name = "" },
		"too long a place":     func(l *Letter) { l.Places[1].Name = long },
		"too long a way":       func(l *Letter) { l.Places[1].Address = long },
	}
	for name, spoil := range letters {
		l := usualLetter()
		spoil(&l)
		for kind, write := range map[string]func(*Batch) error{
			"PDF": func(b *Batch) error { return WriteLetters(io.Discard, *b, sequence(usualLetter(), l)) },
			"CSV": func(b *Batch) error { return WriteLettersCSV(io.Discard, *b, sequence(usualLetter(), l)) },
		} {
			b := phaseTwo()
			if err := write(&b); !errors.Is(err, ErrLetter) || strings.Contains(err.Error(), "Secret") || strings.Contains(err.Error(), l.Code.Compact()[:4]) {
				t.Errorf("%s, %s: error = %v", kind, name, err)
			}
		}
	}
	batches := map[string]func(*Batch){
		"no reference":        func(b *Batch) { b.Reference = "" },
		"no campaign":         func(b *Batch) { b.Campaign = " " },
		"no opening":          func(b *Batch) { b.Opens = registry.Date{} },
		"no date":             func(b *Batch) { b.Date = registry.Date{} },
		"too long a campaign": func(b *Batch) { b.Campaign = long },
		"too long a setting":  func(b *Batch) { b.Texts.Rights = long },
	}
	for name, spoil := range batches {
		b := phaseTwo()
		spoil(&b)
		var out bytes.Buffer
		for kind, err := range map[string]error{
			"PDF": WriteLetters(&out, b, sequence(usualLetter())), "CSV": WriteLettersCSV(&out, b, sequence(usualLetter())),
		} {
			if !errors.Is(err, ErrLetter) || out.Len() > 0 {
				t.Errorf("%s, %s: error = %v, %d bytes", kind, name, err, out.Len())
			}
		}
	}
}
