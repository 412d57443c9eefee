package registry_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"vaccin/internal/registry"
	rt "vaccin/internal/registry/registrytest"
)

// sentenceOf holds that an error is a refusal with a French sentence that does not hold what was typed.
func sentenceOf(t *testing.T, err error, typed string) {
	t.Helper()
	var e *registry.Error
	if !errors.As(err, &e) || e.Kind != registry.KindInvalid || !utf8.ValidString(e.Message) || !strings.HasSuffix(e.Message, ".") {
		t.Fatalf("error is %v", err)
	}
	if len(typed) > 12 && strings.Contains(e.Message, typed) { // the sentences' own examples are shorter
		t.Fatalf("%v echoes what was typed", err)
	}
}

func FuzzParseDate(f *testing.F) {
	for _, seed := range []string{"27/12/2020", "2020-12-27", "27122020", "29/02/2021", "", "31/02/2021", "٢٧/١٢/٢٠٢٠", "-1/-1/-001", "9999/99/99"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		d, err := registry.ParseDate(typed)
		if err != nil {
			if !d.IsZero() {
				t.Fatal("a date came beside the error")
			}
			sentenceOf(t, err, typed)
			return
		}
		back, err := registry.ParseDate(d.French())
		if err != nil || back != d || d.IsZero() || d.Year < 1 || d.Year > 9999 {
			t.Fatalf("%q is %v and reads back as %v, error %v", typed, d, back, err)
		}
	})
}

func FuzzParseBirthDate(f *testing.F) {
	for _, seed := range []string{"15/06/1945", "01/19/1942", "00/00/1945", "31/02/1945", "19421901", "1942-19-01", "", "1/1/1800"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		b, err := registry.ParseBirthDate(typed)
		if err != nil {
			if !b.IsZero() {
				t.Fatal("a birth date came beside the error")
			}
			sentenceOf(t, err, typed)
			return
		}
		back, err := registry.ParseBirthDate(b.French())
		if err != nil || back != b {
			t.Fatalf("%q is %s and reads back as %s, error %v", typed, b.Digits(), back.Digits(), err)
		}
		if again, err := registry.BirthDateFromDigits(b.Digits()); err != nil || again != b {
			t.Fatalf("the digits read back otherwise, error %v", err)
		}
		if age, ok := b.AgeOn(today); ok && (age > 221 || age < -7980) {
			t.Fatalf("an age of %d", age)
		}
	})
}

func FuzzParseCode(f *testing.F) {
	for _, seed := range []string{registry.TargetCode(42).Format(), registry.TargetCode(registry.CodeSpace - 1).Compact(), "ABCD-EFGH-JKM", "", "22222222222", "ıſ"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		c, err := registry.ParseCode(typed)
		if err != nil {
			if !c.IsZero() {
				t.Fatal("a code came beside the error")
			}
			sentenceOf(t, err, typed)
			return
		}
		if back, err := registry.ParseCode(c.Format()); err != nil || back != c || !c.Valid() || !registry.LooksLikeCode(typed) {
			t.Fatalf("reads back otherwise, error %v", err)
		}
	})
}

func FuzzFold(f *testing.F) {
	for _, seed := range []string{"Saint-Étienne", "L’Haÿ-les-Roses", "ŒUVRE", "E\u0301", "İ", "\xff", "ﬁ", "ΑΣ"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		folded := registry.Fold(text)
		if registry.Fold(folded) != folded || strings.TrimSpace(folded) != folded || strings.Contains(folded, "  ") {
			t.Fatalf("%q folds to %q, then to %q", text, folded, registry.Fold(folded))
		}
		terms := registry.SearchTerms(text)
		if folded != "" && !slices.Contains(terms, folded) || len(terms) > len(strings.Fields(folded)) {
			t.Fatalf("%q is found by %q", text, terms)
		}
	})
}

func FuzzDecideDose(f *testing.F) {
	f.Add(1, rt.Comirnaty, rt.KnownLot, rt.RightDeltoid, "01/02/2021", registry.Yes, "", "", "", rt.PlaceEHPAD, "75011 Paris – EHPAD Les Glycines", "", "", "", "")
	f.Add(2, rt.Janssen, "ZZ", rt.RightDeltoid, "01/03/2021", registry.No, "O’Brien", "Nguyễn", "10001234560", rt.PlaceHome, "", "Ici", "42000 saint etienne", "751234560", "interval:28")
	f.Add(1, "", "\x00", "", "31/02/2021", "peut-être", "\u202e", "\xff", "1", "BAR", "", "", "", "x", "")
	f.Add(2, "", rt.KnownLot, rt.RightDeltoid, "31/01/2021", registry.Yes, "", "", "", rt.PlaceCentre, "", "x", "75011", "", "")
	f.Fuzz(func(t *testing.T, step int, vaccine, lot, site, on, self, family, given, number, kind, place, name, locality, am, confirmed string) {
		d := secondDosing(t)
		if step != 2 {
			d = firstDosing(t)
		}
		req := registry.DoseRequest{
			Vaccine: vaccine, Lot: lot, Site: site, Occurrence: on, PerformerSelf: self, PerformerFamily: family, PerformerGiven: given,
			PerformerNumber: number, PlaceType: kind, PlaceAbsent: place == "", Place: place, PlaceName: name, PlaceLocality: locality,
			AMNumber: am, Confirmed: strings.Split(confirmed, ","),
		}
		content, kept, err := d.decide(req)
		var e *registry.Error
		switch {
		case err == nil:
			version := registry.Version[registry.Dose]{Number: 1, Content: content, Signed: registry.Signature{At: d.world.clock.Now()}}
			checkDoses(t, content.Number, []registry.Entry[registry.Dose]{{Sequence: 1, Versions: []registry.Version[registry.Dose]{version}}})
			if len(kept) > len(req.Confirmed) || content.Number == 2 && content.VaccineCode != rt.Comirnaty {
				t.Fatalf("kept %v, vaccine %s", kept, content.VaccineCode)
			}
		case !errors.As(err, &e) || content != registry.Dose{} || kept != nil || (len(e.Fields) > 0) == (len(e.Questions) > 0):
			t.Fatalf("error %v beside %+v and %v", err, content, kept)
		default:
			for _, said := range e.Fields {
				if said.Field == "" || !utf8.ValidString(said.Message) || !strings.HasSuffix(said.Message, ".") {
					t.Fatalf("answered %+v", said)
				}
			}
		}
	})
}
