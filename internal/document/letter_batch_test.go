package document

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"vaccin/internal/registry"
)

// layoutDigests are of the letters of someBatch under each layout that is still printed. Who changes a byte of letters changes
// LetterLayout too: batches of a layout that is printed no more are then refused, in words, instead of being printed otherwise than
// they were.
var layoutDigests = []struct {
	layout int
	kind   registry.BatchKind
	to     func(yield func(registry.Recipient, error) bool)
	digest string
}{
	{withoutPlaces, registry.BatchPDF, recipients, "1a2756ec4f1c625fda672a1c4e8b5081a9260ddc915d4480555aedcc6c611347"},
	{withoutPlaces, registry.BatchCSV, recipients, "4f899c71c65113e65b05b286b8e4e362f11ee1440da991473322fee7287b9ceb"},
	{numbersParted, registry.BatchPDF, recipients, "1959cfee44f77ad70cf2fbbaf9a6e908aa224359a9cc663ed4dc477c64073f18"},
	{numbersParted, registry.BatchCSV, recipients, "9265c5b0277faeae74ac3fccf1f9a662787ab1b04dab38b540b51ed48de393fd"},
	{townsUnrouted, registry.BatchPDF, recipients, "5b16d9e9bd1dae1ef624606aee4c979a0502b627ceafbd903d17be95d91e9c66"},
	{townsUnrouted, registry.BatchCSV, recipients, "666452b9a4fff6fbf476995eceaa4e129295f0f0f02cdbfd1141aeae6bb1bce7"},
	{namesCut, registry.BatchPDF, recipients, "5b16d9e9bd1dae1ef624606aee4c979a0502b627ceafbd903d17be95d91e9c66"},
	{namesCut, registry.BatchCSV, recipients, "666452b9a4fff6fbf476995eceaa4e129295f0f0f02cdbfd1141aeae6bb1bce7"},
	{LetterLayout, registry.BatchPDF, recipients, "5b16d9e9bd1dae1ef624606aee4c979a0502b627ceafbd903d17be95d91e9c66"},
	{LetterLayout, registry.BatchCSV, recipients, "666452b9a4fff6fbf476995eceaa4e129295f0f0f02cdbfd1141aeae6bb1bce7"},
	{withoutPlaces, registry.BatchPDF, townspeople, "8f19250497b70612ef04e683576660410b67d28fb2254e2ff85224a3a13faa63"},
	{withoutPlaces, registry.BatchCSV, townspeople, "f29065a3c50fe15aeb21b9294f9ad2b253cdb03d73706e384cd50e3d4a2c34c7"},
	{numbersParted, registry.BatchPDF, townspeople, "8f19250497b70612ef04e683576660410b67d28fb2254e2ff85224a3a13faa63"},
	{numbersParted, registry.BatchCSV, townspeople, "f29065a3c50fe15aeb21b9294f9ad2b253cdb03d73706e384cd50e3d4a2c34c7"},
	{townsUnrouted, registry.BatchPDF, townspeople, "a0fe61b8cce20c750812cdd34c83ea9b16461dea74f33c1593c12d09c3036df8"},
	{townsUnrouted, registry.BatchCSV, townspeople, "0ce9a250085cf43838dd24572ac03def5d197b5fbc8447f6516a1e1f3f93ad2f"},
	{namesCut, registry.BatchPDF, townspeople, "e8096850319b3fcc8a5b574d98aeb64081561553818bea1af989083303f67a22"},
	{namesCut, registry.BatchCSV, townspeople, "2208a924d2b62707d1b4669004447e1f9d5c1d22f0048974314b3a1c3abe7900"},
	{LetterLayout, registry.BatchPDF, townspeople, "e8096850319b3fcc8a5b574d98aeb64081561553818bea1af989083303f67a22"},
	{LetterLayout, registry.BatchCSV, townspeople, "2208a924d2b62707d1b4669004447e1f9d5c1d22f0048974314b3a1c3abe7900"},
}

func someBatch(kind registry.BatchKind) registry.Batch {
	return registry.Batch{
		BatchKey: registry.BatchKey{Run: 7, Part: 3}, Kind: kind, Campaign: "Personnes de 75 ans et plus", Layout: LetterLayout,
		Opens: registry.MustDate("2021-01-18"), Date: registry.MustDate("2021-01-11"), Texts: registry.LetterTexts{Phone: "0 800 009 110", Website: "sante.fr"},
	}
}

func recipients(yield func(registry.Recipient, error) bool) {
	for n := range 3 {
		r := registry.Recipient{Number: n + 1, Code: registry.TargetCode(471147114711 + n)}
		r.GivenNames, r.UsedName, r.BirthName = "Jeanne, Marie", "Durand", "Lefèvre"
		r.Address, r.Locality = "4 bis, rue de l’Église", registry.Locality{PostalCode: "75011", Name: "Paris"}
		if n == 2 { // broken between lines
			r.Address = "Résidence du Bois, appartement 12, 148 boulevard de l’Essai"
		}
		for i := range n { // the first is near none
			r.Near = append(r.Near, registry.VaccinationPlace{Name: "Gymnase Inventé", Address: fmt.Sprint(i+1, " rue des Essais"), PostalCode: "75011", Locality: "Paris"})
		}
		if !yield(r, nil) {
			return
		}
	}
}

// townspeople live in towns that La Poste calls otherwise, at addresses of several parts.
func townspeople(yield func(registry.Recipient, error) bool) {
	for i, address := range [][3]string{
		{"14 bis, rue de l’Essai", "69003", "Lyon 3e arrondissement"},
		{"Résidence du Vieux Port, bât. C, appt 1204, 12 ter quai de l’Essai, 42000 SAINT-ETIENNE", "42000", "Saint-Étienne"},
		{"Foyer « Les Œillets » (chambre 312) - 8 allée de l’Essai", "51290", "Saint-Remy-en-Bouzemont-Saint-Genest-et-Isson"},
	} {
		r := registry.Recipient{Number: i + 1, Code: registry.TargetCode(471147114711 + i)}
		r.GivenNames, r.UsedName = "Jeanne Marie", "Durand"
		r.Address, r.Locality = address[0], registry.Locality{PostalCode: address[1], Name: address[2]}
		if !yield(r, nil) {
			return
		}
	}
}

func TestAnotherLayoutHasAnotherNumber(t *testing.T) {
	p := Printer(registry.LetterTexts{})
	for _, c := range layoutDigests {
		var out bytes.Buffer
		b := someBatch(c.kind)
		b.Layout = c.layout
		if err := p.Print(&out, b, c.to); err != nil {
			t.Fatal(err)
		}
		got := sha256.Sum256(out.Bytes())
		if hex.EncodeToString(got[:]) != c.digest {
			t.Errorf("letters as %s of layout %d are other bytes (%x): if that is meant, LetterLayout grows, and this digest with it", c.kind, c.layout, got)
		}
		if c.layout != p.Layout && !slices.Contains(p.Earlier, c.layout) {
			t.Errorf("layout %d is not said to be printed", c.layout)
		}
	}
	if len(layoutDigests) != 2*2*(1+len(p.Earlier)) {
		t.Errorf("%d layouts are said to be printed, and not each is held to its bytes", 1+len(p.Earlier))
	}
}

// Whatever place the domain lets a letter list, it can be printed: one that cannot would keep all others from it.
func TestEveryPlaceThatIsListedCanBeRead(t *testing.T) {
	r, err := defaultRenderer()
	if err != nil {
		t.Fatal(err)
	}
	paper, err := r.newStationery(phaseTwo())
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(rt *rapid.T) {
		l := usualLetter()
		l.Places = nil
		for range rapid.IntRange(1, MaxLetterPlaces).Draw(rt, "places") {
			l.Places = append(l.Places, registry.VaccinationPlace{
				Name: words(registry.LetterPlaceMost).Draw(rt, "name"), Address: words(registry.LetterPlaceMost-20).Draw(rt, "address"), PostalCode: "75011", Locality: "Paris",
			})
		}
		for _, p := range l.Places {
			if blank(p.Name) || utf8.RuneCountInString(p.Name) > registry.LetterPlaceMost || utf8.RuneCountInString(p.AddressLine()) > registry.LetterPlaceMost {
				return
			}
		}
		page := letterPage{on: paper}
		if err := errors.Join(l.check(), page.draw(l)); err != nil {
			rt.Fatal(err)
		}
	})
}

func TestALetterOfABatchIsToItsRecipient(t *testing.T) {
	var out bytes.Buffer
	if err := PrintBatch(&out, someBatch(registry.BatchCSV), recipients); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"C7-0003;2;11/01/2021;Personnes de 75 ans et plus;18/01/2021;Jeanne DURAND;4 BIS RUE DE L EGLISE;75011 PARIS;", "sante.fr"} {
		if !strings.Contains(strings.ReplaceAll(out.String(), "\u00A0", " "), want) {
			t.Errorf("the file does not hold %q:\n%s", want, out.String())
		}
	}
	if !strings.Contains(out.String(), "Gymnase Inventé;1 rue des Essais, 75011\u00a0Paris;Gymnase Inventé;2 rue des Essais, 75011\u00a0Paris;;;") {
		t.Errorf("the places near are not there:\n%s", out.String())
	}
	if strings.Contains(out.String(), "Lefèvre") {
		t.Error("the name of birth is on the letter")
	}
	failed := errors.New("read")
	for _, kind := range []registry.BatchKind{registry.BatchPDF, registry.BatchCSV} {
		err := PrintBatch(&out, someBatch(kind), func(yield func(registry.Recipient, error) bool) { yield(registry.Recipient{}, failed) })
		if !errors.Is(err, failed) {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

// Whoever has an address as a batch takes it has a letter that can be printed: one that cannot would stop all others.
func TestEveryRecipientOfABatchHasALetterThatCanBePrinted(t *testing.T) {
	r, err := defaultRenderer()
	if err != nil {
		t.Fatal(err)
	}
	paper, err := r.newStationery(phaseTwo())
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(rt *rapid.T) {
		r := registry.Recipient{Place: 1, Number: 1, Code: 7}
		r.GivenNames, r.UsedName = words(85).Draw(rt, "given names"), words(85).Draw(rt, "name")
		r.Address = words(200).Draw(rt, "address")
		r.Locality = registry.Locality{PostalCode: words(22).Draw(rt, "code"), Name: words(65).Draw(rt, "town")}
		if len(registry.DecidePart(registry.Batch{}, []registry.Recipient{r}, true).Members) == 0 {
			return
		}
		page := letterPage{on: paper}
		if err := errors.Join(letterTo(r).check(), page.draw(letterTo(r))); err != nil {
			rt.Fatal(err)
		}
	})
}

// Who has no room in a letter is known before it is printed, whatever their address is made of: a few signs become many. A line of CSV has room for those.
func TestWhoseLetterCannotBePrintedIsKnownBeforehand(t *testing.T) {
	p := Printer(registry.LetterTexts{})
	usual := registry.Recipient{Place: 1, Number: 1, Code: 7}
	usual.GivenNames, usual.UsedName, usual.Address, usual.Locality = "Jeanne", "Durand", "4 rue Haute", registry.Locality{PostalCode: "75011", Name: "Paris"}
	if !p.Fits(registry.BatchPDF, &usual) || !p.Fits(registry.BatchCSV, &usual) {
		t.Error("a usual address does not fit")
	}
	for what, spoil := range map[string]func(*registry.Recipient){
		"a town of signs that are words":   func(r *registry.Recipient) { r.Locality.Name = strings.Repeat("\uFDFA", 60) },
		"a street of signs that are words": func(r *registry.Recipient) { r.Address = strings.Repeat("㌀", 300) },
		"a name of blanks":                 func(r *registry.Recipient) { r.GivenNames, r.UsedName = "\u2003", " " },
	} {
		absurd := usual
		spoil(&absurd)
		if len(registry.DecidePart(registry.Batch{}, []registry.Recipient{absurd}, true).Members) == 0 {
			t.Errorf("%s: the case proves nothing", what)
		}
		all := func(yield func(registry.Recipient, error) bool) { yield(absurd, nil) }
		if err := p.Print(io.Discard, someBatch(registry.BatchPDF), all); p.Fits(registry.BatchPDF, &absurd) || !errors.Is(err, ErrLetter) {
			t.Errorf("%s: fits %v, printed %v", what, p.Fits(registry.BatchPDF, &absurd), err)
		}
		if nameless := strings.TrimSpace(absurd.UsedName) == ""; p.Fits(registry.BatchCSV, &absurd) == nameless {
			t.Errorf("%s: fits into a line of CSV: %v", what, !nameless)
		}
	}
	rapid.Check(t, func(rt *rapid.T) {
		r := usual
		r.GivenNames, r.UsedName, r.Address = rapid.StringN(0, 110, -1).Draw(rt, "given"), rapid.StringN(0, 110, -1).Draw(rt, "name"), rapid.StringN(0, 110, -1).Draw(rt, "address")
		r.Locality = registry.Locality{PostalCode: rapid.StringN(0, 22, -1).Draw(rt, "code"), Name: rapid.StringN(0, 65, -1).Draw(rt, "town")}
		for _, kind := range []registry.BatchKind{registry.BatchPDF, registry.BatchCSV} {
			err := p.Print(io.Discard, someBatch(kind), func(yield func(registry.Recipient, error) bool) { yield(r, nil) })
			if fits := p.Fits(kind, &r); fits != (err == nil) {
				rt.Fatalf("fits %v, printed as %s %v", fits, kind, err)
			}
		}
	})
}

// A letter says until when one may object as the limit of its day has it.
func TestLettersSayTheLimitOfObjections(t *testing.T) {
	p := Printer(registry.LetterTexts{})
	if p.Until(registry.StepEligibility) != ObjectionUntilAgreement || p.Until(registry.StepFirstDose) != ObjectionUntilVaccination {
		t.Error("another limit is said")
	}
}
