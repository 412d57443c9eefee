package referential

import (
	"strings"

	"vaccin/internal/referential/builtin"
	"vaccin/internal/registry"
)

// finessLayout has the names that the FINESS documentation gives to the 32 columns of a file that
// itself has none. Its cells are never quoted. The first line, and the coordinates of the geolocated
// edition, are not rows.
var finessLayout = layout{
	title: "établissements FINESS", delimiters: ";", ignored: []string{"finess;", "geolocalisation;"},
	columns: []column{
		required("structureet"), required("nofinesset"), required("nofinessej"), required("rs"), required("rslongue"),
		required("complrs"), required("compldistrib"), required("numvoie"), required("typvoie"), required("voie"),
		required("compvoie"), required("lieuditbp"), required("commune"), required("departement"), required("libdepartement"),
		required("ligneacheminement"), required("telephone"), required("telecopie"), required("categetab"),
		required("libcategetab"), required("categagretab"), required("libcategagretab"), required("siret"), required("codeape"),
		required("codemft"), required("libmft"), required("codesph"), required("libsph"), required("dateouv"),
		required("dateautor"), required("datemaj"), required("numuai"),
	},
}

// category is what a FINESS category of establishment becomes here.
type category struct {
	placeType string // empty when its establishments are not wanted
	note      string
}

// ReadFINESS reads the FINESS extraction of establishments (etalab-cs1100502). Those of categories
// that are no place type of the service are left out and counted by category.
func ReadFINESS(s *Source) (registry.ReferenceChange, Report, error) {
	categories, err := finessCategories()
	if err != nil {
		return registry.ReferenceChange{}, Report{File: s.Name}, err
	}
	if err := looksLikeFINESS(s); err != nil {
		return registry.ReferenceChange{}, Report{File: s.Name, Encoding: s.Encoding}, err
	}
	found := places{seen: map[string]int{}}
	report, err := s.read(finessLayout, func(r *row) { readEstablishment(r, categories, &found) })
	return registry.ReferenceChange{Places: found.labelled()}, report, err
}

// looksLikeFINESS checks the first line, which tells the file's kind, number and date, or is already
// an establishment.
func looksLikeFINESS(s *Source) error {
	in, err := s.lines()
	if err != nil {
		return err
	}
	first, err := in.next()
	if err != nil || !strings.HasPrefix(first.text, "finess;") && !strings.HasPrefix(first.text, "structureet;") {
		return invalid("Ce n’est pas un fichier de ce type (%s) : la première ligne doit commencer par « finess; ».", finessLayout.title)
	}
	return nil
}

func readEstablishment(r *row, categories map[string]category, found *places) {
	if r.cells[0] != "structureet" {
		r.reject("structureet", "La ligne n’est pas celle d’un établissement.")
		return
	}
	code := r.text("categetab", 10)
	c, known := categories[code]
	if r.ok() && c.placeType == "" {
		r.skipped = skippedCategory(code, c, known)
		return
	}
	number := r.code("nofinesset", 9, "")
	if len(number) != 9 {
		r.reject("nofinesset", "Le numéro FINESS doit avoir 9 caractères.")
	}
	p := registry.VaccinationPlace{
		ID: "FINESS:" + number, Type: c.placeType, Name: r.optional("rslongue", maxPlaceName), Address: finessAddress(r),
	}
	if p.Name == "" {
		p.Name = r.text("rs", maxPlaceName)
	}
	p.PostalCode, p.Locality = r.deliveryLine("ligneacheminement")
	if r.ok() {
		p.Label = placeLabel(p) + " (FINESS " + number + ")"
		found.add(r, "nofinesset", place{p, "FINESS " + number})
	}
}

func skippedCategory(code string, c category, known bool) string {
	switch {
	case !known:
		return "Catégorie FINESS " + code + " : pas un type de lieu de vaccination"
	case c.note == "":
		return "Catégorie FINESS " + code + " : laissée de côté"
	}
	return "Catégorie FINESS " + code + " : " + c.note
}

// deliveryLine returns the postal code and the locality of «97306 CAYENNE CEDEX».
func (r *row) deliveryLine(column string) (postalCode, locality string) {
	line := r.text(column, maxLocality)
	code, name, _ := strings.Cut(line, " ")
	if !allDigits(code) || len(code) != 5 || name == "" {
		r.reject(column, "La cellule doit être un code postal de 5 chiffres et une localité.")
		return "", ""
	}
	if code[:2] == "99" || code[:2] == "00" {
		r.reject(column, "Ce code postal n’est pas celui d’une localité française.")
	}
	return code, name
}

// streetTypes writes out the commonest of FINESS's abbreviations.
var streetTypes = map[string]string{
	"R": "RUE", "AV": "AVENUE", "BD": "BOULEVARD", "PL": "PLACE", "RTE": "ROUTE", "CHE": "CHEMIN", "ALL": "ALLEE",
	"IMP": "IMPASSE", "SQ": "SQUARE", "CRS": "COURS", "FG": "FAUBOURG", "LOT": "LOTISSEMENT", "RES": "RESIDENCE", "QUA": "QUARTIER",
}

func finessAddress(r *row) string {
	kind := r.optional("typvoie", 20)
	street := r.optional("voie", maxAddress)
	if full, ok := streetTypes[kind]; ok {
		kind = full
	}
	if strings.HasPrefix(street, kind+" ") {
		kind = "" // «CHE» before «CHEMIN SAFER MORANGE»
	}
	parts := []string{r.optional("numvoie", 20) + r.optional("compvoie", 20), kind, street}
	address := strings.Join(strings.Fields(strings.Join(parts, " ")), " ")
	if address == "" {
		address = r.optional("lieuditbp", maxAddress)
	}
	return address
}

var categoryLayout = layout{
	title: "catégories FINESS", delimiters: ";", header: true, quoted: true,
	columns: []column{required("categorie"), required("libelle"), required("type_lieu"), required("note")},
}

// finessCategories reads the table that ships: builtin/finess_categories.csv.
func finessCategories() (map[string]category, error) {
	categories := map[string]category{}
	types, err := PlaceTypes()
	if err != nil {
		return nil, err
	}
	known := registry.Reference{PlaceTypes: types}
	err = readBuiltin(builtin.FINESSCategories, categoryLayout, func(r *row) {
		code, c := r.code("categorie", 10, ""), category{r.optional("type_lieu", 30), r.optional("note", 120)}
		r.text("libelle", 120)
		if t, ok := known.PlaceType(c.placeType); c.placeType != "" && (!ok || !t.Listed) {
			r.reject("type_lieu", "Ce type de lieu n’a pas de liste.")
		}
		if c.placeType == "" && c.note == "" {
			r.reject("note", "Une catégorie laissée de côté doit dire pourquoi.")
		}
		if _, twice := categories[code]; twice {
			r.reject("categorie", "Cette catégorie est déjà donnée.")
		}
		categories[code] = c
	})
	return categories, err
}
