package referential

import (
	"strings"

	"vaccin/internal/registry"
)

var practiceLayout = layout{
	title: "lieux d’exercice", delimiters: ";\t", header: true, quoted: true,
	columns: []column{
		required("identifiant_national"), required("identifiant_lieu"), required("nom"), required("adresse"),
		required("code_postal"), required("localite"), required("ancien_identifiant"), required("numero_am"), optional("cle_am"),
	},
}

// ReadPracticePlaces reads the list of the practitioners' places of practice with their AM numbers, a
// format of our own: docs/formats/practice-places.md.
func ReadPracticePlaces(s *Source) (registry.ReferenceChange, Report, error) {
	type key struct{ practitioner, place string }
	found, seen := []registry.PractitionerPlace{}, map[key]registry.PractitionerPlace{}
	report, err := s.read(practiceLayout, func(r *row) {
		p := registry.PractitionerPlace{NationalID: r.nationalID("identifiant_national"), Place: registry.PracticePlace{
			ID: r.text("identifiant_lieu", 60), Name: r.text("nom", 120), Address: r.optional("adresse", maxAddress),
			PostalCode: r.postalCode("code_postal"), Locality: r.text("localite", maxLocality),
			PreviousID: r.optional("ancien_identifiant", 60), AMNumber: r.amNumber("numero_am", "cle_am"),
		}}
		if !r.ok() {
			return
		}
		k := key{p.NationalID, p.Place.ID}
		old, twice := seen[k]
		switch {
		case !twice:
			seen[k] = p
			found = append(found, p)
		case old == p:
			r.duplicate = true
		default:
			r.reject("identifiant_lieu", "Une ligne précédente donne autre chose pour ce professionnel et ce lieu.")
		}
	})
	return registry.ReferenceChange{PracticePlaces: found}, report, err
}

// nationalID returns a practitioner's national identifier: 8 and an RPPS number of 11 digits, or 0 and an
// ADELI number of 9. The check digit of an RPPS number is warned about: test identities have wrong ones.
func (r *row) nationalID(column string) string {
	id := r.text(column, 20)
	switch {
	case len(id) == 12 && id[0] == '8' && allDigits(id):
		if !luhn(id[1:]) {
			r.warn(column, "La clé du numéro RPPS paraît fausse.")
		}
	case len(id) == 10 && id[0] == '0' && allDigits(strings.NewReplacer("A", "0", "B", "0").Replace(id)):
	default:
		r.reject(column, "L’identifiant national doit être 8 suivi d’un numéro RPPS (11 chiffres), ou 0 suivi d’un numéro ADELI (9).")
	}
	return id
}

// amNumber returns an AM number of 9 digits, given whole or as 8 digits and a key; empty when the row
// has none. No text says that the key is a Luhn check: a wrong one is warned about only.
func (r *row) amNumber(column, keyColumn string) string {
	number := strings.ReplaceAll(r.optional(column, 20), " ", "")
	key := r.optional(keyColumn, 5)
	if number == "" && key == "" {
		return ""
	}
	whole := number
	if len(number) == 8 {
		whole += key
	} else if key != "" && !strings.HasSuffix(number, key) {
		r.reject(keyColumn, "La clé n’est pas celle du numéro AM de la ligne.")
	}
	if !allDigits(whole) || len(whole) != 9 {
		r.reject(column, "Le numéro AM doit avoir 9 chiffres, ou 8 et sa clé dans « "+keyColumn+" ».")
		return ""
	}
	if !luhn(whole) {
		r.warn(column, "La clé du numéro AM paraît fausse.")
	}
	return whole
}
