package referential

import (
	"strings"

	"vaccin/internal/registry"
)

// localityKey is what tells localities apart: «01000 SAINT DENIS LES BOURG» and «01000
// Saint-Denis-lès-Bourg» are one.
type localityKey struct{ postalCode, name string }

func keyOf(l registry.Locality) localityKey { return localityKey{l.PostalCode, registry.Fold(l.Name)} }

// localities gathers localities, each once.
type localities struct {
	all []registry.Locality
	at  map[localityKey]int // where in all
}

// add tells whether the locality is new.
func (ls *localities) add(l registry.Locality) bool {
	key := keyOf(l)
	if _, known := ls.at[key]; known {
		return false
	}
	ls.at[key] = len(ls.all)
	ls.all = append(ls.all, l)
	return true
}

var ownLocalityLayout = layout{
	title: "localités", delimiters: ";", header: true, quoted: true,
	columns: []column{required("postal_code"), required("name"), required("commune_code")},
}

// readOwnLocalities reads the localities that ship. Where one is spelt in two ways, hyphens come after
// spaces in the list and are the official way: the later spelling is kept.
func readOwnLocalities(s *Source) (registry.ReferenceChange, Report, error) {
	found := localities{at: map[localityKey]int{}}
	report, err := s.read(ownLocalityLayout, func(r *row) {
		l := registry.Locality{
			PostalCode: r.postalCode("postal_code"), Name: r.text("name", maxLocality), CommuneCode: r.optional("commune_code", 5),
		}
		if !r.ok() {
			return
		}
		if r.duplicate = !found.add(l); r.duplicate {
			found.all[found.at[keyOf(l)]].Name = l.Name
		}
	})
	return registry.ReferenceChange{Localities: found.all}, report, err
}

const maxLocality = 80

var laPosteLayout = layout{
	title: "codes postaux de La Poste", delimiters: ";,", header: true, quoted: true,
	columns: []column{
		required("Code_commune_INSEE"), required("Nom_commune", "Nom_de_la_commune"), required("Code_postal"),
		required("Libellé_d_acheminement", "Libelle_d_acheminement"), optional("Ligne_5"),
	},
}

// ReadLaPoste returns the reader of La Poste's official list of postal codes, in its older and newer
// forms. Line 5 (an old commune or a hamlet) is a locality too. La Poste writes capitals without
// accents and shortens Saint; where known, the localities that ship, has the same place, its spelling
// is kept, so that an import does not turn «Saint-Étienne» into «ST ETIENNE».
func ReadLaPoste(known []registry.Locality) Reader {
	spelling := make(map[localityKey]string, len(known))
	for _, l := range known {
		spelling[keyOf(l)] = l.Name
	}
	return func(s *Source) (registry.ReferenceChange, Report, error) {
		found := localities{at: map[localityKey]int{}}
		report, err := s.read(laPosteLayout, func(r *row) {
			commune := r.text("Code_commune_INSEE", 5)
			if len(commune) != 5 {
				r.reject("Code_commune_INSEE", "Le code de la commune doit avoir 5 caractères.")
			}
			code := r.postalCode("Code_postal")
			names := []string{r.text("Libellé_d_acheminement", maxLocality)}
			if hamlet := r.optional("Ligne_5", maxLocality); hamlet != "" {
				names = append(names, hamlet)
			}
			if !r.ok() {
				return
			}
			r.duplicate = true
			for _, name := range names {
				l := registry.Locality{PostalCode: code, Name: writeOut(name), CommuneCode: commune}
				if known, ok := spelling[keyOf(l)]; ok {
					l.Name = known
				}
				if found.add(l) {
					r.duplicate = false
				}
			}
		})
		return registry.ReferenceChange{Localities: found.all}, report, err
	}
}

// writeOut writes out the words that La Poste shortens to fit 32 characters.
func writeOut(name string) string {
	words := strings.Fields(name)
	for i, w := range words {
		switch w {
		case "ST":
			words[i] = "SAINT"
		case "STE":
			words[i] = "SAINTE"
		}
	}
	return strings.Join(words, " ")
}
