package targeting_test

import (
	"slices"
	"strings"
	"testing"

	"vaccin/internal/registry"
	"vaccin/internal/targeting"
)

// good is a row that nothing is wrong with.
var good = map[string]string{
	"nir_ouvrant_droit": "269054958815780", "nir": "269054958815780", "date_naissance": "19690512", "rang": "1", "nom_naissance": "Martin",
	"prenoms": "Jeanne", "sexe": "F", "adresse": "3 allée des Frères-Émile-et-Théo, bâtiment É", "code_postal": "35000", "commune": "Rennes", "code_commune": "35238",
	"telephone": "0612345678", "email": "jeanne@exemple.fr", "residence": "DOMICILE", "regime": "01",
}

// rowWith is a file of the good row with some cells changed: name, text, name, text …
func rowWith(changes ...string) string {
	names := targeting.ColumnNames()
	cells := make([]string, len(names))
	for i, name := range names {
		cells[i] = good[name]
		for c := 0; c < len(changes); c += 2 {
			if changes[c] == name {
				cells[i] = changes[c+1]
			}
		}
	}
	return strings.Join(names, ";") + "\n" + strings.Join(cells, ";") + "\n"
}

// rejected are cells for which a row is not taken; where there is no reason, it is.
var rejected = []struct{ column, text, reason string }{
	{"nir_ouvrant_droit", "", "manque"},
	{"nir_ouvrant_droit", "269054958815781", "clé"},
	{"nir_ouvrant_droit", "269054958815", "a 12\u00a0caractères au lieu de 13, ou de 15 avec la clé (sans compter les espaces). Indiquez ses 13\u00a0caractères, seuls ou suivis"},
	{"nir_ouvrant_droit", "26905495881578", "a 14\u00a0caractères au lieu de 13, ou de 15"},
	{"nir_ouvrant_droit", "2 69 05 49 588 157 80 0", "a 16\u00a0caractères au lieu de 13, ou de 15"},
	{"nir_ouvrant_droit", "2", "a 1\u00a0caractère au lieu de 13"},
	{"nir_ouvrant_droit", "-", "manque. Indiquez ses 13\u00a0caractères, seuls ou suivis de la clé"},
	{"nir", "269054958815", "a 12\u00a0caractères au lieu de 13"},
	{"nir_ouvrant_droit", "0690549588157", "premier chiffre"},
	{"nir_ouvrant_droit", "2691549588157", "mois"},
	{"nir_ouvrant_droit", "2690500588157", "département"},
	{"nir_ouvrant_droit", "2690549588000", "000"},
	{"nir_ouvrant_droit", "26905495881S7", "caractère"},
	{"nir_ouvrant_droit", "١٢٣٤٥٦٧٨٩٠١٢٣", "caractère"},
	{"nir", "269054958815781", "clé"},
	{"date_naissance", "", "manque"},
	{"date_naissance", " ", "manque"},
	{"date_naissance", "1969", "lisible"},
	{"date_naissance", "12-05-1969", "lisible"},
	{"date_naissance", "1969/05/12", "lisible"},
	{"date_naissance", "+1690512", "lisible"},
	{"date_naissance", "1969-05x12", "lisible"},
	{"date_naissance", "196x-05-12", "lisible"},
	{"date_naissance", "1969-0x-12", "lisible"},
	{"date_naissance", "1969-05-1x", "lisible"},
	{"date_naissance", "12/05x1969", "lisible"},
	{"date_naissance", "1x/05/1969", "lisible"},
	{"date_naissance", "12/0x/1969", "lisible"},
	{"date_naissance", "12/05/196x", "lisible"},
	{"date_naissance", "19690229", "calendrier"},
	{"date_naissance", "31/04/1969", "calendrier"},
	{"date_naissance", "31/06/1969", "calendrier"},
	{"date_naissance", "31/09/1969", "calendrier"},
	{"date_naissance", "31/11/1969", "calendrier"},
	{"date_naissance", "31/12/1969", ""},
	{"date_naissance", "19000229", "calendrier"},
	{"date_naissance", "20000229", ""},
	{"date_naissance", "19001301", ""}, // lunar
	{"date_naissance", "19690500", ""},
	{"date_naissance", "19690132", "pas possible"},
	{"date_naissance", "17990101", "pas possible"},
	{"date_naissance", "00000000", "pas possible"},
	{"date_naissance", "20210202", "futur"},
	{"date_naissance", "20220000", "futur"},
	{"date_naissance", "18950101", "trop ancienne"},
	{"rang", "", "Le rang de naissance manque. Indiquez 1"},
	{"rang", " ", "manque"},
	{"rang", "0", "de 1 à 9"},
	{"rang", "10", "de 1 à 9"},
	{"rang", "-1", "de 1 à 9"},
	{"rang", "un", "de 1 à 9"},
	{"rang", "x", "de 1 à 9"},
	{"rang", "-", "de 1 à 9"},
	{"rang", "09", ""},
	{"nom_naissance", "", "manque"},
	{"nom_naissance", "'", "au moins une lettre"},
	{"nom_naissance", "Martin_", "n’est pas accepté"},
	{"nom_naissance", "Мартин", "alphabet latin"},
	{"nom_naissance", strings.Repeat("é", 81), "au plus 80"},
	{"nom_naissance", "Mar\ttin", "invisible"},
	{"nom_naissance", "Mar\x00tin", "invisible"},
	{"nom_naissance", "Mar\ufefftin", "invisible"},
	{"nom_naissance", "Mart\xefn", "illisibles"},
	{"nom_naissance", "Mart\xc0\xafn", "illisibles"}, // overlong UTF-8
	{"nom_naissance", "Mart\xed\xa0\x80n", "illisibles"},
	{"nom_naissance", "Martin \ufffd", "illisibles"},
	{"nom_naissance", "De\u0301sire\u0301", ""}, // accents apart from their letters
	{"nom_naissance", strings.Repeat("e\u0301", 80), ""},
	{"nom_naissance", strings.Repeat("e\u0301", 81), "au plus 80"},
	{"nom_naissance", "Ma\u0332rtin", "alphabet latin"}, // a mark that no letter has
	{"nom_naissance", "2 69 05 49 588 157 80", "numéro de sécurité sociale"},
	{"nom_usage", "?", "n’est pas accepté"},
	{"nom_usage", " ", ""},
	{"prenoms", "", "manquent"},
	{"prenoms", "1", "au moins une lettre"},
	{"sexe", "", "Le sexe manque. Écrivez F ou M"},
	{"sexe", " ", "manque"},
	{"sexe", "3", "F ou M"},
	{"adresse", strings.Repeat("a", 121), "au plus 120"},
	{"adresse", "3 rue ☃", "ne peut pas être imprimé"},
	{"adresse", "ул. Ленина", "alphabet latin"},
	{"code_postal", "3500", "5\u00a0chiffres"},
	{"code_postal", "35 000", "5\u00a0chiffres"},
	{"code_postal", "3500A", "5\u00a0chiffres"},
	{"code_postal", "99100", "étranger"},
	{"code_postal", "00100", "n’existe pas"},
	{"code_postal", "96100", "n’existe pas"},
	{"commune", "\u200b", "invisible"},
	{"code_commune", "3523", "Insee"},
	{"code_commune", "2C004", "Insee"},
	{"code_commune", "2A00B", "Insee"},
	{"code_commune", "2B033", ""},
	{"telephone", "061234567", "10\u00a0chiffres"},
	{"telephone", "+331", "international"},
	{"telephone", "inconnu", "que des chiffres"},
	{"telephone", strings.Repeat("9", 60_000), "10\u00a0chiffres"},
	{"email", "jeanne", "incomplète"},
	{"email", "jeanne@exemple", "incomplète"},
	{"email", "a@b@c.fr", "incomplète"},
	{"residence", "CHATEAU", "RESIDENCE_AUTONOMIE"},
	{"etablissement", "35000123", "Finess"},
	{"etablissement", "35000123é", "Finess"},
	{"metier", "MEDECIN", "TRANSPORT_SANITAIRE"},
	{"lieu_travail", "BUREAU", "MILIEU_CLOS"},
	{"ald", "0", "de 1 à 32"},
	{"ald", "33", "de 1 à 32"},
	{"ald", "8||30", "de 1 à 32"},
	{"ald", "8|", "de 1 à 32"},
	{"ald", "008", "de 1 à 32"},
	{"ald", "1:", "de 1 à 32"}, // the sign after 9
	{"ald", "diabète", "de 1 à 32"},
	{"ald", strings.Repeat("9", 60_000), "de 1 à 32"},
	{"comorbidites", "GRIPPE", "HTA_COMPLIQUEE"},
	{"comorbidites", "DIABETE|", "HTA_COMPLIQUEE"},
	{"regime", "1", "2\u00a0chiffres"},
	{"regime", "AB", "2\u00a0chiffres"},
	{"date_deces", "mort", "lisible"},
	{"date_deces", "2021-02-29", "calendrier"},
	{"date_deces", "2021-01-32", "calendrier"},
	{"date_deces", "1799-12-31", "calendrier"},
	{"date_deces", "20210000", "calendrier"},
	{"date_deces", "2021-02-02", "futur"},
	{"date_deces", "1969-05-11", "avant"},
	{"adresse", strings.Repeat("a", 70_000), "trop longue"},
	{"adresse", "3 rue; des Lilas", "23\u00a0colonnes"},
	{"date_deces", ";", "23\u00a0colonnes"},
	{"adresse", `"3 rue`, "guillemet n’est pas fermé"},
	{"adresse", `"3 rue" bis`, "suit le guillemet"},
	{"adresse", `"3 rue" `, "suit le guillemet"},
	{"adresse", `"Le "Clos""`, "suit le guillemet"}, // else a cell would go on to the next quote, and take others with it
	{"adresse", `"Le ""Clos"""`, ""},
}

func TestWhatIsRejected(t *testing.T) {
	for _, c := range rejected {
		rows, rejected, _ := readAll(t, population(t, []byte(rowWith(c.column, c.text))))
		if c.reason == "" {
			if len(rows) != 1 {
				t.Errorf("%s %q is rejected: %v", c.column, c.text, rejected)
			}
			continue
		}
		whole := slices.Contains([]string{"trop longue", "23\u00a0colonnes"}, c.reason)
		if len(rejected) != 1 || rejected[0].Line != 2 || !strings.Contains(rejected[0].Reason, c.reason) || (rejected[0].Column == c.column) == whole {
			t.Errorf("%s %.20q: %d rows are taken, %v", c.column, c.text, len(rows), rejected)
			continue
		}
		if len(c.text) > 2 && strings.Contains(rejected[0].Reason, c.text) {
			t.Errorf("the reason for %s quotes the cell: %s", c.column, rejected[0].Reason)
		}
	}
}

// TestAccentsApartAreComposed: the same name written either way is one name, wherever it is compared.
func TestAccentsApartAreComposed(t *testing.T) {
	rows, rejected, _ := readAll(t, population(t, []byte(rowWith(
		"nom_naissance", "De\u0301sire\u0301", "prenoms", "Zoe\u0308", "adresse", "3 rue de l’E\u0301te\u0301", "commune", "Bezu-le-Gue\u0301ry"))))
	if len(rows) != 1 {
		t.Fatalf("rejected: %v", rejected)
	}
	row := rows[0]
	if row.Line != 2 || row.BirthName != "Désiré" || row.UsedName != "Désiré" || row.GivenNames != "Zoë" || row.Address != "3 rue de l’Été" || row.Locality.Name != "Bezu-le-Guéry" {
		t.Errorf("line %d: %q %q %q %q %q", row.Line, row.BirthName, row.UsedName, row.GivenNames, row.Address, row.Locality.Name)
	}
}

// TestTheDeadMayHaveBeenBornLongAgo: the age is counted at death.
func TestTheDeadMayHaveBeenBornLongAgo(t *testing.T) {
	for _, c := range []struct {
		born, died string
		taken      bool
	}{
		{"18900101", "", false},
		{"18900101", "1970-01-01", true},
		{"18900101", "2020-01-01", false},
		{"18951231", "", false},
		{"18960101", "", true},
		{"19690512", "1969-05-12", true},
		{"19690000", "1969-01-01", true},
		{"19691301", "1968-12-31", false},
		{"20210201", "", true},
	} {
		rows, rejected, _ := readAll(t, population(t, []byte(rowWith("date_naissance", c.born, "date_deces", c.died, "nir", ""))))
		if (len(rows) == 1) != c.taken {
			t.Errorf("born %s, died %s: %d rows, %v", c.born, c.died, len(rows), rejected)
		}
	}
}

func TestWhatIsTakenWithAWarning(t *testing.T) {
	for _, c := range []struct {
		changes []string
		column  string // of the warning; empty for none
		reason  string
	}{
		{nil, "", ""},
		{[]string{"sexe", "M"}, "sexe", "celui qu’annonce"},
		{[]string{"sexe", "M", "nir", "2 69 05 49 588 157"}, "sexe", "celui qu’annonce"},
		{[]string{"sexe", "M", "nir", ""}, "", ""},
		{[]string{"nir", "8690549588157", "sexe", "M"}, "sexe", "celui qu’annonce"},
		{[]string{"nir", "7690549588157", "sexe", "M"}, "", ""},
		{[]string{"nir", "5690549588157"}, "", ""},
		{[]string{"nir", "8710549588157"}, "", ""}, // how such numbers tell a date is not published
		{[]string{"date_naissance", "19700512"}, "date_naissance", "L’année"},
		{[]string{"date_naissance", "19690612"}, "date_naissance", "Le mois"},
		{[]string{"date_naissance", "19690000"}, "", ""},
		{[]string{"date_naissance", "05/12/1969", "nir", ""}, "", ""},
		{[]string{"date_naissance", "05/13/1969"}, "date_naissance", "Si le fichier écrit le mois avant le jour"}, // as in the United States
		{[]string{"date_naissance", "05/31/1969", "nir", ""}, "date_naissance", "dépasse 12\u00a0: la date est gardée"},
		{[]string{"date_naissance", "02/30/1969"}, "", ""}, // no day either way
		{[]string{"date_naissance", "05/32/1969"}, "", ""},
		{[]string{"date_naissance", "19/19/1969"}, "", ""},
		{[]string{"date_naissance", "19691305"}, "", ""},
		{[]string{"nir", "2693549588157"}, "", ""}, // the month was not known
		{[]string{"code_postal", ""}, "code_postal", "La commune n’a pas de code postal. Complétez-le\u00a0: sans lui, aucune lettre n’est envoyée à la personne."},
		{[]string{"code_postal", "", "code_commune", ""}, "code_postal", "aucune lettre n’est envoyée à la personne, qui n’est d’aucun département."},
		{[]string{"code_postal", "", "code_commune", "99352"}, "code_postal", "aucune lettre n’est envoyée à la personne, qui n’est d’aucun département."},
		{[]string{"commune", ""}, "commune", "Le code postal n’a pas de commune. Complétez-la\u00a0: sans elle, aucune lettre n’est envoyée à la personne."},
		{[]string{"commune", "", "code_postal", "", "code_commune", ""}, "", ""},
		{[]string{"etablissement", "350001234"}, "etablissement", "à domicile"},
		{[]string{"etablissement", "350001234", "residence", "EHPAD"}, "", ""},
	} {
		rows, rejected, warned := readAll(t, population(t, []byte(rowWith(c.changes...))))
		if len(rows) != 1 || len(rejected) > 0 {
			t.Errorf("%v is not taken: %v", c.changes, rejected)
			continue
		}
		switch {
		case c.column == "" && len(warned) == 0:
		case c.column != "" && len(warned) == 1 && warned[0].Column == c.column && warned[0].Line == 2 && strings.Contains(warned[0].Reason, c.reason):
		default:
			t.Errorf("%v: %v", c.changes, warned)
		}
	}
}

// TestEmptyCellsAreNotTold: nothing is made up where the file says nothing.
func TestEmptyCellsAreNotTold(t *testing.T) {
	text := "nir_ouvrant_droit;date_naissance;rang;nom_naissance;prenoms;sexe\n2690549588157;19691501;1;Martin;Jeanne;f\n"
	rows, rejected, warned := readAll(t, population(t, []byte(text)))
	if len(rows) != 1 || len(rejected)+len(warned) > 0 {
		t.Fatalf("%d rows, %v, %v", len(rows), rejected, warned)
	}
	row := rows[0]
	if row.Insured != (registry.Insured{}) || row.Contact != (registry.Contact{}) || !row.Own.IsZero() || row.Manual {
		t.Errorf("something is told that is not in the file: %+v", row.Insured)
	}
	if row.UsedName != "Martin" || row.BirthDate.Digits() != "19691501" {
		t.Errorf("used name %q, born %s", row.UsedName, row.BirthDate.Digits())
	}
}
