package targeting_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"vaccin/internal/demo"
	"vaccin/internal/nir"
	"vaccin/internal/registry"
	"vaccin/internal/targeting"
)

// reasons say how the reason begins of each kind of bad row that demo.WriteInsured makes.
var reasons = map[string]string{
	"no holder": "Le NIR de l’ouvrant droit manque", "wrong key": "La clé du numéro", "short number": "Le numéro de sécurité sociale a 11\u00a0caractères au lieu de 13",
	"letter in a number": "Le caractère n°", "impossible month of a number": "Le mois du numéro", "wrong own number": "Le numéro de sécurité sociale a 3\u00a0caractères au lieu de 13",
	"no birth date": "La date de naissance manque", "unreadable birth date": "La date de naissance n’est pas lisible",
	"no day of the calendar": "Cette date n’existe pas", "birth in the future": "La date de naissance est dans le futur",
	"birth too long ago": "La date de naissance est trop ancienne", "rank zero": "Le rang de naissance", "no birth name": "Le nom de naissance manque",
	"name without a letter": "Un nom comporte au moins une lettre", "name with a sign": "Le caractère «\u00a0*\u00a0»", "name in another alphabet": "Saisissez ce nom en alphabet latin",
	"name too long": "Ce champ accepte au plus 80", "invisible character": "Ce champ contient un caractère invisible", "broken character": "La cellule contient des caractères illisibles",
	"no given name": "Le ou les prénoms manquent", "unknown sex": "Le sexe n’est pas lisible", "address too long": "Ce champ accepte au plus 120",
	"number in an address": "Ce champ ne doit pas contenir de numéro", "short postal code": "Le code postal n’a pas", "foreign postal code": "Le code postal est celui d’un pays",
	"unprintable commune": "Le caractère «\u00a0☆\u00a0»", "wrong commune code": "Le code de la commune", "letters in a telephone": "Un numéro de téléphone n’a que des chiffres",
	"short telephone": "Un numéro de téléphone français", "unfinished e-mail": "Cette adresse électronique est incomplète", "unknown residence": "Ce type de résidence",
	"wrong establishment": "Le numéro Finess", "unknown occupation": "Ce métier", "unknown workplace": "Ce lieu de travail", "condition out of the list": "Une ALD",
	"unknown comorbidity": "Une comorbidité", "wrong scheme": "Le régime", "unreadable death": "La date de décès n’est pas lisible",
	"death in the future": "La date de décès est dans le futur", "death before birth": "La date de décès est avant", "a cell is missing": "La ligne a 21\u00a0colonnes au lieu de 22",
	"a cell too many": "La ligne a 23\u00a0colonnes au lieu de 22", "open quote": "Un guillemet n’est pas fermé",
}

// TestEveryGoodRowIsTakenAndEveryBadOneNamed reads a file of which one row in a hundred is bad.
func TestEveryGoodRowIsTakenAndEveryBadOneNamed(t *testing.T) {
	const persons, every = 30_000, 100
	bad, seen := map[int64]demo.BadRow{}, map[string]int{}
	var text bytes.Buffer
	err := demo.WriteInsured(&text, demo.InsuredOptions{Persons: persons, Seed: 7, Today: today, BadEvery: every, OnBad: func(b demo.BadRow) {
		bad[int64(b.Line)] = b
		seen[b.Kind]++
	}})
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range demo.BadKinds() {
		if reasons[kind] == "" || seen[kind] == 0 {
			t.Errorf("the kind %q has the reason %q and %d rows", kind, reasons[kind], seen[kind])
		}
	}
	if len(bad) != persons/every || len(demo.BadKinds()) < 20 {
		t.Fatalf("%d bad rows of %d kinds", len(bad), len(demo.BadKinds()))
	}
	report, rows := targeting.Report{}, map[int64]bool{}
	keys := map[[3]string]bool{}
	for part, err := range population(t, text.Bytes()).Read(t.Context(), targeting.ReadOptions{Today: today, Workers: 2}) {
		if err != nil {
			t.Fatal(err)
		}
		report.Add(part)
		for _, row := range part.Rows {
			rows[row.Line] = true
			k := [3]string{row.Holder.Digits(), row.BirthDate.Digits(), string(rune('0' + row.BirthRank))}
			if keys[k] {
				t.Errorf("line %d repeats an earlier person", row.Line)
			}
			keys[k] = true
		}
		for _, m := range part.Rejected {
			b, ok := bad[m.Line]
			if !ok || b.Column != m.Column || !strings.HasPrefix(m.Reason, reasons[b.Kind]) {
				t.Errorf("line %d (%s) is rejected for %s: %s", m.Line, b.Kind, m.Column, m.Reason)
			}
		}
	}
	if want := (targeting.Report{Read: persons, Accepted: persons - persons/every, Rejected: persons / every}); report != want {
		t.Errorf("the report is %+v, want %+v", report, want)
	}
	for line := int64(2); line < persons+2; line++ {
		if _, spoilt := bad[line]; rows[line] == spoilt {
			t.Fatalf("line %d: taken %t, bad %t", line, rows[line], spoilt)
		}
	}
}

// TestARowTellsAllThatTheFileHas reads one row of everything.
func TestARowTellsAllThatTheFileHas(t *testing.T) {
	holder, err := nir.Parse("2 69 05 49 588 157 80")
	if err != nil {
		t.Fatal(err)
	}
	own, err := nir.FromDigits("1950520004005")
	if err != nil {
		t.Fatal(err)
	}
	born, err := registry.BirthDateFromDigits("19950512")
	if err != nil {
		t.Fatal(err)
	}
	want := targeting.Row{
		Line: 2,
		Patient: registry.Patient{
			Holder: holder, Own: own,
			Identity: registry.Identity{BirthName: "d’Arcy", UsedName: "Lefèvre", GivenNames: "Jean Noël", Sex: registry.Male, BirthDate: born, BirthRank: 2},
			Contact: registry.Contact{
				Address: "3 rue de l’Église", Phone: "+33612345678", Email: "jean.darcy@exemple.fr",
				Locality: registry.Locality{PostalCode: "20200", Name: "Bastia", CommuneCode: "2B033"},
			},
		},
		Insured: registry.Insured{
			Residence: registry.ResidenceEHPAD, Establishment: "2B0001234", Occupation: registry.OccupationHealth, Workplace: registry.WorkplaceUSLD,
			Conditions: registry.ConditionsOf(8, 30), Comorbidities: registry.ComorbiditiesOf(registry.ComorbidityDiabetes, registry.ComorbidityObesity),
			Scheme: "02", Died: registry.MustDate("2021-01-15"),
		},
	}
	cells := map[string]string{
		"nir_ouvrant_droit": "269054958815780", "nir": "1950520004005", "date_naissance": "19950512", "rang": "2", "nom_naissance": "d’Arcy",
		"nom_usage": "Lefèvre", "prenoms": "Jean Noël", "sexe": "M", "adresse": "3 rue de l’Église", "code_postal": "20200", "commune": "Bastia",
		"code_commune": "2B033", "telephone": "+33 6 12 34 56 78", "email": "jean.darcy@exemple.fr", "residence": "EHPAD", "etablissement": "2B0001234",
		"metier": "SANTE", "lieu_travail": "USLD", "ald": "8|30", "comorbidites": "DIABETE,OBESITE", "regime": "02", "date_deces": "2021-01-15",
	}
	otherwise := map[string]string{
		"nir_ouvrant_droit": " 2 69 05 49 588 157 80 ", "nir": "1 95 05 20 004 005", "date_naissance": "12/05/1995", "rang": "02", "nom_naissance": `"d’Arcy"`,
		"prenoms": "Jean  Noël ", "sexe": "1", "adresse": `"3 rue  de l’Église"`, "code_commune": " 2b033", "residence": "ehpad", "metier": "Santé", "ald": "30, 08", "comorbidites": "obésité | Diabete",
		"date_deces": "15/01/2021",
	}
	write := func(names []string, with ...map[string]string) string {
		row := []string{}
		for _, name := range names {
			cell := cells[name]
			for _, other := range with {
				if text, ok := other[name]; ok {
					cell = text
				}
			}
			row = append(row, cell)
		}
		return strings.Join(names, ";") + "\n" + strings.Join(row, ";") + "\n"
	}
	names := targeting.ColumnNames()
	backwards := slices.Clone(names)
	slices.Reverse(backwards)
	for name, text := range map[string]string{
		"as it is": write(names), "backwards": write(backwards), "written otherwise": write(names, otherwise),
		"with a mark": "\ufeff" + write(names), "for Windows": strings.ReplaceAll(write(names), "\n", "\r\n"), "without an end": strings.TrimSpace(write(names)),
		"with other headers": strings.Replace(write(names), "code_commune;telephone", "Code commune;Téléphone", 1),
		"ISO":                write(names, map[string]string{"date_naissance": "1995-05-12", "date_deces": "20210115"}),
	} {
		rows, rejected, warned := readAll(t, population(t, []byte(text)))
		if len(rows) != 1 || rows[0] != want || len(rejected)+len(warned) > 0 {
			t.Errorf("%s: %d rows, %v, %v", name, len(rows), rejected, warned)
		}
	}
}

// readAll reads a whole file.
func readAll(tb testing.TB, f *targeting.PopulationFile) (rows []targeting.Row, rejected, warned []targeting.Remark) {
	tb.Helper()
	for part, err := range f.Read(tb.Context(), targeting.ReadOptions{Today: today, Workers: 2}) {
		if err != nil {
			tb.Fatal(err)
		}
		if part.Read != len(part.Rows)+len(part.Rejected) {
			tb.Fatalf("part %d read %d rows", part.Number, part.Read)
		}
		rows, rejected, warned = append(rows, part.Rows...), append(rejected, part.Rejected...), append(warned, part.Warned...)
	}
	return rows, rejected, warned
}
