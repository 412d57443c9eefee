package document

import (
	"bytes"
	"iter"
	"testing"

	"vaccin/internal/registry"
)

// The people and places of these letters are invented.

func phaseTwo() Batch {
	return Batch{
		Reference: "2021-0007", Campaign: "Personnes de 75 ans et plus",
		Opens: registry.MustDate("2021-01-18"), Date: registry.MustDate("2021-01-11"),
		Texts: LetterTexts{Phone: "0\u00A0800\u00A0009\u00A0110 (appel gratuit)", Website: "sante.fr"},
	}
}

func usualLetter() Letter {
	return Letter{
		Number:    12,
		Addressee: Addressee{Names: []string{"Jeanne DURAND"}, Street: []string{"Apt 12", "4 bis, rue de l’Église"}, PostalCode: "75011", Town: "Paris"},
		Code:      471147114711,
		Places: []registry.VaccinationPlace{
			{Name: "Gymnase Inventé", Address: "12 rue des Essais", PostalCode: "75011", Locality: "Paris"},
			{Name: "Centre hospitalier des Deux-Rives, bâtiment des consultations", Address: "1 place du Marché aux Fleurs", PostalCode: "75012", Locality: "Paris"},
			{Name: "Salle des fêtes", PostalCode: "93100", Locality: "Montreuil"},
		},
	}
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

func lettersPDF(t testing.TB, b Batch, letters ...Letter) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := WriteLetters(&out, b, sequence(letters...)); err != nil {
		t.Fatalf("WriteLetters: %v", err)
	}
	return out.Bytes()
}
