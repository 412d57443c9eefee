package registry_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"vaccin/internal/registry"
	rt "vaccin/internal/registry/registrytest"
)

func TestTextsAreCleaned(t *testing.T) {
	tests := map[string]string{
		"  3  rue des\u00a0Lilas ": "3 rue des Lilas",
		"":                         "",
		"\u2003":                   "",
		"L’Haÿ-les-Roses":          "L’Haÿ-les-Roses",
		"€ 5 – « rez-de-chaussée » n° 3, Łódź": "€ 5 – « rez-de-chaussée » n° 3, Łódź",
		"<b>gras</b>": "<b>gras</b>", // pages escape what they show
	}
	for typed, want := range tests {
		if got, err := registry.CleanText(typed, 120); err != nil || got != want {
			t.Errorf("%q: %q, error %v", typed, got, err)
		}
	}
}

func TestTextsThatCannotBePrintedAreRefused(t *testing.T) {
	for typed, want := range map[string]string{
		"東京":           "Saisissez ce texte en alphabet latin.",
		"Hôtel \u3164": "Saisissez ce texte en alphabet latin.",
		"Chez elle 😀":  "Le caractère «\u00a0😀\u00a0» ne peut pas être imprimé. Remplacez-le ou retirez-le.",
	} {
		if got, err := registry.CleanText(typed, 120); got != "" || !startsWith(refusal(t, err, registry.KindInvalid), want) {
			t.Errorf("%q: %q, error %v", typed, got, err)
		}
	}
}

func TestTextsThatNobodyTypesAreRefused(t *testing.T) {
	const broken, hidden = "Ce champ contient des caractères illisibles.", "Ce champ contient un caractère invisible."
	for name, bad := range badTexts() {
		t.Run(name, func(t *testing.T) {
			want := hidden
			switch name {
			case "broken UTF-8", "a replacement sign":
				want = broken
			case "10,000 characters":
				want = "Ce champ accepte au plus 120\u00a0caractères. Raccourcissez-le."
			case "a NIR", "a NIR unspaced", "a NIR of Corsica":
				want = "Ce champ ne doit pas contenir de numéro de sécurité sociale. Retirez-le."
			}
			if got, err := registry.CleanText(bad, 120); got != "" || !startsWith(refusal(t, err, registry.KindInvalid), want) {
				t.Errorf("%q, error %v", got, err)
			}
		})
	}
	if _, err := registry.CleanText(strings.Repeat("é", 120), 120); err != nil {
		t.Errorf("120 letters of two bytes: %v", err)
	}
	if _, err := registry.CleanText(strings.Repeat("é", 121), 120); err == nil {
		t.Error("121 letters are accepted")
	}
}

func TestNamesOfPeople(t *testing.T) {
	for _, name := range []string{
		"O’Brien", "O'Brien", "d’Artagnan", "Jean-Luc", "MÜLLER", "N'Guessan", "N’Guessan", "de La Tour d’Auvergne",
		"Saint-Exupéry", "Ñuñez", "Łukasz", "Þór", "NGUYỄN Thị Hồng Đào", "GROẞ", "Ħaż-Żebbuġ", "Țărnă", "Əliyev", "Jr.", "Martin (test 2)", "DOE 12",
		"Le Goff, ép. Martin", "Ng",
	} {
		if got, err := registry.PersonName(name, "?"); err != nil || got != name {
			t.Errorf("%q: %q, error %v", name, got, err)
		}
	}
	if got, err := registry.PersonName("Jean\u2011Luc\u2010Marie", "?"); err != nil || got != "Jean-Luc-Marie" {
		t.Errorf("hyphens of other kinds: %q, error %v", got, err)
	}
	const missing, noLetter = "Saisissez le nom.", "Un nom comporte au moins une lettre."
	const notLatin = "Saisissez ce nom en alphabet latin, comme sur la carte Vitale ou la pièce d’identité."
	for name, want := range map[string]string{
		"": missing, "  ": missing, "-": noLetter, "12": noLetter, "’": noLetter,
		"Martin<script>": "Le caractère «\u00a0<\u00a0» n’est pas accepté dans un nom. Remplacez-le ou retirez-le.",
		"=Martin":        "Le caractère «\u00a0=\u00a0» n’est pas accepté dans un nom. Remplacez-le ou retirez-le.",
		"Martin;":        "Le caractère «\u00a0;\u00a0» n’est pas accepté dans un nom. Remplacez-le ou retirez-le.",
		"Martin\u2028":   "",
		"李":              notLatin, "محمد": notLatin, "Αλέξανδρος": notLatin, "Иванов": notLatin, "Jean 李": notLatin,
		"\u3164": notLatin, "\u115f\u1160": notLatin, "\uffa0": notLatin, // letters that show nothing
		"Martin\u0302\u0323": notLatin, "Ｍartin": notLatin, "Ƙasim": notLatin, // what the fonts lack
		"\u2800":   "Le caractère",
		"١٢ Jean":  "Le caractère",
		"😀 Martin": "Le caractère «\u00a0😀\u00a0» n’est pas accepté dans un nom. Remplacez-le ou retirez-le.",

		strings.Repeat("a", 81): "Ce champ accepte au plus 80\u00a0caractères. Raccourcissez-le.",
	} {
		if _, err := registry.PersonName(name, missing); !startsWith(err, want) {
			t.Errorf("%q: error %v, want %q", name, err, want)
		}
	}
}

func TestWhatFoldsAlike(t *testing.T) {
	for _, group := range [][]string{
		{"Saint-Étienne", "SAINT ETIENNE", "saint  etienne", "Saint\u2011E\u0301tienne", " saint-etienne."},
		{"L’Haÿ-les-Roses", "l'hay les roses", "L HAY-LES-ROSES"},
		{"Œuilly", "oeuilly"},
		{"Bourg-en-Bresse (01)", "bourg en bresse 01"},
		{"75011 Paris – EHPAD Les Glycines", "75011 paris ehpad les glycines"},
	} {
		for _, text := range group {
			if registry.Fold(text) != registry.Fold(group[0]) {
				t.Errorf("%q folds to %q, %q to %q", text, registry.Fold(text), group[0], registry.Fold(group[0]))
			}
		}
	}
	if registry.Fold("Sainte") == registry.Fold("Saint") {
		t.Error("different words fold alike")
	}
}

func TestSearchTermsStartAtEveryWord(t *testing.T) {
	got := registry.SearchTerms("42000 Saint-Étienne", "Saint-Étienne")
	want := []string{"42000 saint etienne", "saint etienne", "etienne"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestFoldingTwiceIsFoldingOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		once := registry.Fold(text)
		if twice := registry.Fold(once); twice != once {
			t.Fatalf("%q folds to %q, then to %q", text, once, twice)
		}
	})
}

func TestLuhn(t *testing.T) {
	for digits, want := range map[string]bool{"79927398713": true, "79927398710": false, "0": true, "": true, "1": false, "7992739871x": false} {
		if registry.Luhn(digits) != want {
			t.Errorf("%q: want %v", digits, want)
		}
	}
}

func TestTelephoneNumbers(t *testing.T) {
	for typed, want := range map[string]string{
		"": "", " ": "", "06 12 34 56 78": "0612345678", "06.12.34.56.78": "0612345678", "06-12-34-56-78": "0612345678",
		"06/12/34/56/78": "0612345678", "06\u00a012\u202f34 56 78": "0612345678",
		"0262 12 34 56": "0262123456", "+262 262 12 34 56": "+262262123456", "00262 262 12 34 56": "00262262123456",
		"+33 6 12 34 56 78": "+33612345678", "+33 (0)6 12 34 56 78": "+33612345678", "0033612345678": "0033612345678",
		"+1 (514) 555-0123": "+15145550123", "25 12 34": "251234", "40 12 34 56": "40123456", "+687 25 12 34": "+687251234",
	} {
		if got, err := registry.Phone(typed); err != nil || got != want {
			t.Errorf("%q: %q, error %v", typed, got, err)
		}
	}
	for typed, want := range map[string]string{
		"06 12 34 56": "Un numéro de téléphone français", "06 12 34 56 789": "Un numéro de téléphone français",
		"612345678": "Un numéro de téléphone français", "33612345678": "Un numéro de téléphone français", "123": "Un numéro de téléphone français",
		"néant": "Un numéro de téléphone n’a que des chiffres", "06 12 34 56 78\x00": "Un numéro de téléphone n’a que des chiffres",
		"++33612345678": "Un numéro de téléphone n’a que des chiffres", "٠٦١٢٣٤٥٦٧٨": "Un numéro de téléphone n’a que des chiffres",
		"+33": "Ce numéro de téléphone international", "+0612345678": "Ce numéro de téléphone international",
		"00": "Ce numéro de téléphone international", "+1234567890123456": "Ce numéro de téléphone international", "000000000000": "Ce numéro de téléphone international",
		"+": "Un numéro de téléphone n’a que des chiffres",
	} {
		if got, err := registry.Phone(typed); got != "" || !startsWith(err, want) {
			t.Errorf("%q: %q, error %v, want %q", typed, got, err, want)
		}
	}
}

// What people write about an account is kept in clear, as reasons and names of places are.
func TestReportsHoldNoNIR(t *testing.T) {
	w := newWorld(t)
	doctor, overseer := rt.Doctor("Martin"), rt.Agent(registry.RoleDataProtection, "Alex")
	w.eligible(doctor)
	acts, err := w.g.OwnActs(background, doctor, time.Time{})
	if err != nil || len(acts) == 0 {
		t.Fatalf("%d acts, %v", len(acts), err)
	}
	const note = "Je soignais le 2 69 05 49 588 157 clé 80"
	err = w.g.NotMine(background, doctor, acts[0].Act(), note)
	if got := sentences(t, err, registry.KindInvalid); !strings.Contains(got[registry.FieldNote], "numéro de sécurité sociale") {
		t.Errorf("a note: %v", got)
	}
	if err := w.g.NotMine(background, doctor, acts[0].Act(), "Ma carte a été volée"); err != nil {
		t.Fatal(err)
	}
	reports, err := w.g.Reports(background, overseer, false, time.Time{})
	if err != nil || len(reports) != 1 {
		t.Fatalf("%d reports, %v", len(reports), err)
	}
	err = w.g.CloseReport(background, overseer, reports[0].ID, note, false)
	if got := sentences(t, err, registry.KindInvalid); !strings.Contains(got[registry.FieldOutcome], "numéro de sécurité sociale") {
		t.Errorf("an outcome: %v", got)
	}
}
