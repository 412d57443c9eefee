package document

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestAnAddressIsLaidOutAsThePostWantsIt(t *testing.T) {
	checkLines(t, []addressCase{
		{
			"usual",
			Addressee{Name: "Jeanne DURAND", Street: []string{"4 bis, rue de l’Église"}, PostalCode: "75011", Town: "Paris"},
			[]string{"Jeanne DURAND", "4 BIS RUE DE L EGLISE", "75011 PARIS"},
			true,
		},
		{
			"six lines, of which three in capitals",
			Addressee{
				Name:   "Zoë BŒUF-LEFÈVRE",
				Street: []string{"chez M. Jean N’DIAYE", "Apt. 12, 2ème étage", "Rés. « Les Œillets » – bât. B", "BP 40122"}, PostalCode: "42100", Town: "Saint-Étienne",
			},
			[]string{"Zoë BŒUF-LEFÈVRE", "chez M. Jean N’DIAYE", "Apt. 12, 2ème étage", "RES LES OEILLETS BAT B", "BP 40122", "42100 ST ETIENNE"},
			true,
		},
		{
			"blank lines are left out",
			Addressee{Name: " Ali  BEN SAÏD ", Street: []string{" ", ""}, PostalCode: " 23100 ", Town: "La Courtine "},
			[]string{"Ali BEN SAÏD", "23100 LA COURTINE"},
			true,
		},
		{
			"overseas",
			Addressee{Name: "Maëva TERIITAHI", Street: []string{"PK 12,500 côté montagne"}, PostalCode: "98718", Town: "Puna’auia – Tahiti"},
			[]string{"Maëva TERIITAHI", "PK 12 500 COTE MONTAGNE", "98718 PUNA AUIA TAHITI"},
			true,
		},
		{"a name alone", Addressee{Name: "Jeanne DURAND"}, []string{"Jeanne DURAND"}, true},
		{
			"a long line goes on on the next",
			Addressee{Name: "Marie-Antoinette-Joséphine DE LA ROCHEFOUCAULD-MONTBEL", Street: []string{"1 rue A"}, PostalCode: "75011", Town: "Paris"},
			[]string{"Marie-Antoinette-Joséphine DE LA", "ROCHEFOUCAULD-MONTBEL", "1 RUE A", "75011 PARIS"},
			true,
		},
		{
			"more than six lines make longer ones",
			Addressee{Name: "Jeanne DURAND", Street: []string{"chez Paul DURAND", "Apt 1", "Esc 2", "Bât 3", "Rés 4", "5 rue du Six"}, PostalCode: "75011", Town: "Paris"},
			[]string{"Jeanne DURAND", "CHEZ PAUL DURAND APT 1 ESC 2 BAT 3 RES", "4 5 RUE DU SIX", "75011 PARIS"},
			true,
		},
		{
			"lines too long for the norm stay apart as long as there are six",
			Addressee{
				Name: "Jeanne DURAND", Street: []string{"chez Paul DURAND", "Résidence Les Glycines, appartement 1204, 12ème étage", "Bâtiment C", "5 rue du Six"},
				PostalCode: "75011", Town: "Paris",
			},
			[]string{"Jeanne DURAND", "chez Paul DURAND", "Résidence Les Glycines, appartement 1204, 12ème étage", "BATIMENT C", "5 RUE DU SIX", "75011 PARIS"},
			false,
		},
		{
			"a town is never broken",
			Addressee{Name: "Jeanne DURAND", PostalCode: "51600", Town: "Essai-en-Bouzemont-et-Essai-lès-Genest-sur-Isson"},
			[]string{"Jeanne DURAND", "51600 ESSAI EN BOUZEMONT ET ESSAI LES GENEST SUR ISSON"},
			false,
		},
		{
			"the last line says the town as La Poste does",
			Addressee{Name: "Jeanne DURAND", Street: []string{"4 rue de l’Essai"}, PostalCode: "69003", Town: "Lyon 3e arrondissement"},
			[]string{"Jeanne DURAND", "4 RUE DE L ESSAI", "69003 LYON"},
			true,
		},
		{
			"the number of a street stands beside its name, and no comma at the end of a line",
			Addressee{Name: "Jeanne DURAND", Street: []string{"Résidence du Bois, bâtiment C, escalier 4, appartement 127, 148 boulevard de la République"}, PostalCode: "35000", Town: "Rennes"},
			[]string{"Jeanne DURAND", "Résidence du Bois, bâtiment C", "ESCALIER 4 APPARTEMENT 127", "148 BOULEVARD DE LA REPUBLIQUE", "35000 RENNES"},
			true,
		},
		{
			"nor where no comma says which number that is",
			Addressee{Name: "Jeanne DURAND", Street: []string{"Résidence du Bois appartement 127 14 bis AV du Général de Gaulle"}, PostalCode: "35000", Town: "Rennes"},
			[]string{"Jeanne DURAND", "RESIDENCE DU BOIS APPARTEMENT 127", "14 BIS AV DU GENERAL DE GAULLE", "35000 RENNES"},
			true,
		},
		{
			"another number ends a line",
			Addressee{Name: "Jeanne DURAND", Street: []string{"Résidence du Petit Bois bâtiment C 148 appartement 3"}, PostalCode: "35000", Town: "Rennes"},
			[]string{"Jeanne DURAND", "RESIDENCE DU PETIT BOIS BATIMENT C 148", "APPARTEMENT 3", "35000 RENNES"},
			true,
		},
		{"nothing", Addressee{}, nil, false},
	})
}

// A name that is longer than a line is read as what it is.
func TestALongNameIsPartedAfterItsHyphens(t *testing.T) {
	checkLines(t, []addressCase{
		{
			"a name that no line holds is parted after a hyphen",
			Addressee{Name: "Anne DE-LA-ROCHEFOUCAULD-MONTBEL-D’HAUTEVILLE-SAINT-SIMON", Street: []string{"4 rue de l’Essai"}, PostalCode: "75002", Town: "Paris"},
			[]string{"Anne DE-LA-ROCHEFOUCAULD-MONTBEL-", "D’HAUTEVILLE-SAINT-SIMON", "4 RUE DE L ESSAI", "75002 PARIS"},
			true,
		},
		{
			"a name that a line holds is not",
			Addressee{Name: "Anne DE-LA-ROCHEFOUCAULD-MONTBEL-D’HAUTEVIL", Street: []string{"4 rue de l’Essai"}, PostalCode: "75002", Town: "Paris"},
			[]string{"Anne", "DE-LA-ROCHEFOUCAULD-MONTBEL-D’HAUTEVIL", "4 RUE DE L ESSAI", "75002 PARIS"},
			true,
		},
		{
			"the hyphen may be the last that a line holds",
			Addressee{Name: "Anne DE-LA-ROCHEFOUCAULD-MONTBELLE-HAUTEVI-SIMON", Street: []string{"4 rue de l’Essai"}, PostalCode: "75002", Town: "Paris"},
			[]string{"Anne", "DE-LA-ROCHEFOUCAULD-MONTBELLE-HAUTEVI-", "SIMON", "4 RUE DE L ESSAI", "75002 PARIS"},
			true,
		},
		{
			"what no hyphen parts is, where the line ends",
			Addressee{Name: "-" + strings.Repeat("ANTICONSTITUTIONNELLEMENT", 2) + "-AB", Street: []string{"4 rue de l’Essai"}, PostalCode: "75002", Town: "Paris"},
			[]string{"-ANTICONSTITUTIONNELLEMENTANTICONSTITU", "TIONNELLEMENT-AB", "4 RUE DE L ESSAI", "75002 PARIS"},
			true,
		},
	})
}

// Letters of the layouts of before are printed again as they were.
func TestAnAddressOfBeforeIsLaidOutAsItWas(t *testing.T) {
	checkLines(t, []addressCase{
		{
			"in letters of before, it said the arrondissement",
			Addressee{Name: "Jeanne DURAND", Street: []string{"4 rue de l’Essai"}, PostalCode: "69003", Town: "Lyon 3e arrondissement", layout: townsUnrouted},
			[]string{"Jeanne DURAND", "4 RUE DE L ESSAI", "69003 LYON 3E ARRONDISSEMENT"},
			true,
		},
		{
			"in letters of before, it had not",
			Addressee{Name: "Jeanne DURAND", Street: []string{"Résidence Le Vieux-Port, bât. C, appt 1204, 12 ter quai de l’Essai"}, PostalCode: "35000", Town: "Rennes", layout: townsUnrouted},
			[]string{"Jeanne DURAND", "RESIDENCE LE VIEUX PORT BAT C APPT", "1204 12 TER QUAI DE L ESSAI", "35000 RENNES"},
			true,
		},
		{
			"in letters of before, a number was parted from its street",
			Addressee{Name: "Jeanne DURAND", Street: []string{"Résidence du Bois, appartement 12, 148 boulevard de l’Essai"}, PostalCode: "35000", Town: "Rennes", layout: numbersParted},
			[]string{"Jeanne DURAND", "RESIDENCE DU BOIS APPARTEMENT 12 148", "BOULEVARD DE L ESSAI", "35000 RENNES"},
			true,
		},
		{
			"in letters of before, a long name was broken anywhere",
			Addressee{Name: "Anne DE-LA-ROCHEFOUCAULD-MONTBEL-D’HAUTEVILLE-SAINT-SIMON", Street: []string{"4 rue de l’Essai"}, PostalCode: "75002", Town: "Paris", layout: namesCut},
			[]string{"Anne", "DE-LA-ROCHEFOUCAULD-MONTBEL-D’HAUTEVIL", "LE-SAINT-SIMON", "4 RUE DE L ESSAI", "75002 PARIS"},
			true,
		},
	})
}

// addressCase is an address with its lines.
type addressCase struct {
	name     string
	a        Addressee
	want     []string
	conforms bool
}

func checkLines(t *testing.T, cases []addressCase) {
	t.Helper()
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, test.a.Lines()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if got := conforms(test.a.Lines()); got != test.conforms {
				t.Errorf("conforms to the norm: %v", got)
			}
		})
	}
}

// bare is a text without what the norm drops: its letters and digits, in capitals.
func bare(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsNumber(r) {
			return r
		}
		return -1
	}, capitals(text))
}

func anyAddressee(t *rapid.T, limit int) Addressee {
	var a Addressee
	left := addressMost
	part := func(what string) string {
		text := words(min(limit, max(1, left))).Draw(t, what)
		if left -= utf8.RuneCountInString(text); left < 0 {
			return ""
		}
		return text
	}
	a.Name = part("name")
	for range rapid.IntRange(0, 6).Draw(t, "lines") {
		a.Street = append(a.Street, part("line"))
	}
	a.PostalCode = rapid.SampledFrom([]string{"", "75011", "97460", "98718"}).Draw(t, "postal code")
	a.Town = words(townMost).Draw(t, "town")
	return a
}

func TestAnAddressLosesNothingInSixLines(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := anyAddressee(t, 200)
		lines := a.Lines()
		if len(lines) > addressLines {
			t.Fatalf("%d lines", len(lines))
		}
		want := bare(a.Name + strings.Join(a.Street, "") + a.townLine())
		if got := bare(strings.Join(lines, "")); got != want {
			t.Fatalf("lost:\nwant %s\ngot  %s", want, got)
		}
		for _, line := range lines {
			if blank(line) || line != strings.Join(strings.Fields(line), " ") {
				t.Fatalf("blanks in %q", line)
			}
		}
	})
}

func TestANameLineHasNoCivility(t *testing.T) {
	for want, names := range map[string][2]string{
		"Éléonore BŒUF": {"Éléonore, Zoë", "Bœuf"}, "Éléonore Zoë BŒUF": {"Éléonore  Zoë ", "Bœuf"}, "Jean-Paul N’DIAYE": {"Jean-Paul", "N’Diaye"}, "DURAND": {"", "Durand"},
	} {
		if got := NameLine(names[0], names[1]); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
