package document

import (
	"compress/gzip"
	"encoding/csv"
	"io"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"vaccin/internal/shareddata"
)

func TestTheTownIsCalledAsLaPosteCallsIt(t *testing.T) {
	for _, test := range [][3]string{
		{"69003", "Lyon 3e arrondissement", "69003 LYON"},
		{"75001", "Paris 1er arrondissement", "75001 PARIS"},
		{"75116", "Paris 16e arrondissement", "75116 PARIS"},
		{"75016", "PARIS-16EME-ARRONDISSEMENT", "75016 PARIS"},
		{"13013", "Marseille 13e Arrondissement", "13013 MARSEILLE"},
		{"69009", "LYON 09", "69009 LYON"},
		{"75003", "Paris 3ᵉ arrdt", "75003 PARIS"},
		{"13002", "Marseille (2)", "13002 MARSEILLE"},
		{"75013", "Paris", "75013 PARIS"},
		// What the postal code does not tell stays.
		{"75004", "Paris 3e arrondissement", "75004 PARIS 3E ARRONDISSEMENT"},
		{"75000", "Paris 3e arrondissement", "75000 PARIS 3E ARRONDISSEMENT"},
		{"69116", "Lyon 16e arrondissement", "69116 LYON 16E ARRONDISSEMENT"},
		{"75116", "Paris 1er arrondissement", "75116 PARIS 1ER ARRONDISSEMENT"},
		{"75007", "Paris Cedex 07", "75007 PARIS CEDEX 07"},
		{"75340", "Paris Cedex 07", "75340 PARIS CEDEX 07"},
		{"69003", "Lyon Part-Dieu", "69003 LYON PART DIEU"},
		{"69003", "Lyon arrondissement", "69003 LYON ARRONDISSEMENT"},
		{"69003", "Lyon 3REM", "69003 LYON 3REM"},
		{"77130", "Paris-l’Essai", "77130 PARIS L ESSAI"},
		// Saints.
		{"42000", "Saint-Étienne", "42000 ST ETIENNE"},
		{"42003", "Saint-Étienne Cedex 1", "42003 ST ETIENNE CEDEX 1"},
		{"85210", "Sainte-Hermine", "85210 STE HERMINE"},
		{"42111", "La Côte-Saint-Didier", "42111 LA COTE ST DIDIER"},
		{"56110", "Le Saint", "56110 LE SAINT"},
		{"17100", "Saintes", "17100 SAINTES"},
		{"13460", "Saintes-Maries-de-la-Mer", "13460 SAINTES MARIES DE LA MER"},
		// What no line has room for.
		{"51290", "Saint-Remy-en-Bouzemont-Saint-Genest-et-Isson", "51290 ST REMY EN BOUZEMONT ST GENEST"},
		{"64370", "Castillon (Canton d’Arthez-de-Béarn)", "64370 CASTILLON D ARTHEZ"},
		// Accents and apostrophes.
		{"76280", "Le Tilleul-à-l’Œuvre", "76280 LE TILLEUL A L OEUVRE"},
		{"98600", "Mata’Utu", "98600 MATA UTU"},
		{"", "Saint-Étienne", "SAINT ETIENNE"},
		{"35000", "", "35000"},
		{"", "", ""},
	} {
		a := Addressee{PostalCode: test[0], Town: test[1]}
		if got := strings.TrimSpace(a.townLine()); got != test[2] {
			t.Errorf("%s %s: %q, want %q", test[0], test[1], got, test[2])
		}
	}
}

// laPoste are the names under which La Poste routes letters, by postal code and commune, and all of them.
func laPoste(t *testing.T) (byCommune map[string]map[string]bool, all [][2]string) {
	t.Helper()
	file, err := os.Open(shareddata.Path(t, "localities/laposte_hexasmal.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	in := csv.NewReader(file)
	in.Comma = ';'
	rows, err := in.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	byCommune = map[string]map[string]bool{}
	for _, row := range rows[1:] {
		commune, code, hamlet, name := row[0], row[2], row[3], row[4]
		if byCommune[code+commune] == nil {
			byCommune[code+commune] = map[string]bool{}
		}
		byCommune[code+commune][name] = true
		if hamlet != "" {
			byCommune[code+commune]["line 5 "+hamlet] = true
		}
		all = append(all, [2]string{code, name})
	}
	return byCommune, all
}

// A name that La Poste gives is left as it is: whoever's address comes from its list has it back.
func TestNoNameOfLaPosteIsChanged(t *testing.T) {
	_, all := laPoste(t)
	for _, l := range all {
		if got := routed(l[0] + " " + l[1]); got != l[0]+" "+l[1] {
			t.Errorf("%s %s becomes %s", l[0], l[1], got)
		}
	}
}

// The localities that ship are called as La Poste calls them, but for former communes, which it knows as a line above the town, and for the few that
// took another name since or that it calls otherwise without a rule. All fit on a line.
func TestLocalitiesThatShipAreCalledAsLaPosteCallsThem(t *testing.T) {
	byCommune, _ := laPoste(t)
	file, err := os.Open("../referential/builtin/data/localities.csv.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	text, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	in := csv.NewReader(text)
	in.Comma = ';'
	before, same, former, other := 0, 0, 0, 0
	_, err = in.Read()
	for row, failed := in.Read(); err == nil && failed != io.EOF; row, failed = in.Read() {
		if err = failed; err != nil {
			break
		}
		a := Addressee{PostalCode: row[0], Town: row[1]}
		line := a.townLine()
		name := strings.TrimPrefix(line, row[0]+" ")
		if utf8.RuneCountInString(line) > addressWidth {
			t.Errorf("%s has more than %d characters", line, addressWidth)
		}
		if strings.Contains(line, "ARRONDISSEMENT") {
			t.Error(line)
		}
		known := byCommune[row[0]+row[2]]
		if known[strings.TrimPrefix(capitals(row[0]+" "+row[1]), row[0]+" ")] {
			before++
		}
		switch {
		case known[name]:
			same++
		case known["line 5 "+name]:
			former++
		default:
			other++
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("as La Poste calls them: %d, %d of them without any rule; as a line above the town: %d; otherwise: %d", same, before, former, other)
	if all := same + former + other; same*1000 < all*945 || (same+former)*1000 < all*990 {
		t.Errorf("of %d localities %d are called as La Poste does, %d more as a line above the town", all, same, former)
	}
}
