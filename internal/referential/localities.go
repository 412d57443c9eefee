package referential

import (
	"slices"
	"strings"
	"unicode"

	"vaccin/internal/registry"
)

// localityKey is what tells localities apart: «01000 SAINT DENIS LES BOURG» and «01000
// Saint-Denis-lès-Bourg» are one.
type localityKey struct{ postalCode, name string }

func keyOf(l registry.Locality) localityKey { return localityKey{l.PostalCode, registry.Fold(l.Name)} }

// localities gathers localities, each once.
type localities struct {
	all    []registry.Locality
	at     map[localityKey]int // where in all
	points []registry.LocalityPoint
	placed map[localityKey]bool
}

// place says where a locality is; of several points the first stands.
func (ls *localities) place(l registry.Locality, p registry.Point) {
	if key := keyOf(l); !p.IsZero() && !ls.placed[key] {
		ls.placed[key] = true
		ls.points = append(ls.points, registry.LocalityPoint{PostalCode: l.PostalCode, Name: l.Name, Point: p})
	}
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
		required("Libellé_d_acheminement", "Libelle_d_acheminement"), optional("Ligne_5"), optional("coordonnees_gps"),
	},
}

// ReadLaPoste returns the reader of La Poste's official list of postal codes, in its older and newer
// forms. Line 5 (an old commune or a hamlet) is a locality too. La Poste writes capitals without
// accents and shortens Saint; where known, the localities that ship, has the same place, its spelling
// is kept, so that an import does not turn «Saint-Étienne» into «ST ETIENNE».
func ReadLaPoste(known []registry.Locality) Reader {
	shipped := shippedOf(known)
	return func(s *Source) (registry.ReferenceChange, Report, error) {
		found := localities{at: map[localityKey]int{}, placed: map[localityKey]bool{}}
		report, err := s.read(laPosteLayout, func(r *row) {
			commune := r.text("Code_commune_INSEE", 5)
			if len(commune) != 5 {
				r.reject("Code_commune_INSEE", "Le code de la commune doit avoir 5 caractères.")
			}
			code := r.postalCode("Code_postal")
			names := shipped.routing(code, commune, writeOut(r.text("Libellé_d_acheminement", maxLocality)))
			if hamlet := r.optional("Ligne_5", maxLocality); hamlet != "" {
				names = append(names, writeOut(hamlet))
			}
			if !r.ok() {
				return
			}
			at := r.pair("coordonnees_gps", code)
			r.duplicate = true
			for _, name := range names {
				l := shipped.spelt(registry.Locality{PostalCode: code, Name: name, CommuneCode: commune})
				if found.add(l) {
					r.duplicate = false
				}
				found.place(l, at)
			}
		})
		return registry.ReferenceChange{Localities: found.all, Points: found.points}, report, err
	}
}

// shipped is what the localities that ship say of those of La Poste.
type shipped struct {
	spelling map[localityKey]string
	communes map[[2]string][]string // names by postal code and code of the commune
}

func shippedOf(known []registry.Locality) shipped {
	s := shipped{make(map[localityKey]string, len(known)), make(map[[2]string][]string, len(known))}
	for _, l := range known {
		s.spelling[keyOf(l)] = l.Name
		at := [2]string{l.PostalCode, l.CommuneCode}
		s.communes[at] = append(s.communes[at], l.Name)
	}
	return s
}

// routing returns the names to keep for a commune that La Poste routes under a name. That is another
// way to say a commune that ships («LYON» for «Lyon 3e arrondissement»), whose names then stand: with
// both, one locality would be suggested twice.
func (s shipped) routing(postalCode, commune, name string) []string {
	at := [2]string{postalCode, commune}
	if _, known := s.spelling[localityKey{postalCode, registry.Fold(name)}]; !known && len(s.communes[at]) > 0 {
		return slices.Clone(s.communes[at])
	}
	return []string{name}
}

// spelt gives a locality the spelling of the one that ships or, where there is none, that of a name.
func (s shipped) spelt(l registry.Locality) registry.Locality {
	if name, ok := s.spelling[keyOf(l)]; ok {
		l.Name = name
	} else {
		l.Name = properName(l.Name)
	}
	return l
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

// smallWords stay in small letters within a name.
var smallWords = []string{
	"a", "à", "au", "aux", "d", "de", "des", "du", "en", "et", "l", "la", "le", "les", "lès", "lez", "ou", "par", "près", "pres",
	"sous", "sur",
}

// properName writes a name in capitals as names are written: «SAINT DENIS DE L HOTEL» becomes
// «Saint-Denis de l’Hotel». Accents that are not there cannot be guessed. A name that is not all in
// capitals is left as it is.
func properName(name string) string {
	if name != strings.ToUpper(name) {
		return name
	}
	var b strings.Builder
	for i, word := range strings.Fields(strings.ToLower(name)) {
		if i == 0 || !slices.Contains(smallWords, word) {
			word = capitalised(word)
		}
		b.WriteString(word)
		switch strings.ToLower(word) {
		case "l", "d":
			b.WriteString("’")
		case "saint", "sainte":
			b.WriteString("-")
		default:
			b.WriteString(" ")
		}
	}
	return strings.TrimRight(b.String(), " -’")
}

// capitalised writes the first letter of each part of a word in capitals: «Mont-Dieu», «L’Hotel».
func capitalised(word string) string {
	start := true
	return strings.Map(func(r rune) rune {
		was := start
		start = r == '-' || r == '\'' || r == '’' || r == '('
		if was {
			return unicode.ToUpper(r)
		}
		return r
	}, word)
}
