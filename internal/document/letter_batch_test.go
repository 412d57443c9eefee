package document

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"vaccin/internal/registry"
)

// layoutDigests are of the letters of someBatch under LetterLayout. Who changes a byte of letters changes LetterLayout too:
// batches of the layout before are then refused, in words, instead of being printed otherwise than they were.
var layoutDigests = map[registry.BatchKind]string{
	registry.BatchPDF: "1d10dd8416fc0d19d4e7c2c1f1f9710d2997b98a98a3097332e026de98cb19dd",
	registry.BatchCSV: "022589044cdca96bee18dd378e5ce5766be1e74e53bc495c3c37f760f96c89eb",
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
		if !yield(r, nil) {
			return
		}
	}
}

func TestAnotherLayoutHasAnotherNumber(t *testing.T) {
	for kind, want := range layoutDigests {
		var out bytes.Buffer
		if err := Printer(registry.LetterTexts{}).Print(&out, someBatch(kind), recipients); err != nil {
			t.Fatal(err)
		}
		got := sha256.Sum256(out.Bytes())
		if hex.EncodeToString(got[:]) != want {
			t.Errorf("letters as %s are other bytes (%x): if that is meant, LetterLayout grows, and this digest with it", kind, got)
		}
	}
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
	rapid.Check(t, func(rt *rapid.T) {
		r := registry.Recipient{Place: 1, Number: 1, Code: 7}
		r.GivenNames, r.UsedName = words(85).Draw(rt, "given names"), words(85).Draw(rt, "name")
		r.Address = words(200).Draw(rt, "address")
		r.Locality = registry.Locality{PostalCode: words(22).Draw(rt, "code"), Name: words(65).Draw(rt, "town")}
		if len(registry.DecidePart(registry.Batch{}, []registry.Recipient{r}, true).Members) == 0 {
			return
		}
		if err := letterTo(r).check(); err != nil {
			rt.Fatal(err)
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
