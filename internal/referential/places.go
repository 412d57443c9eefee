package referential

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"vaccin/internal/registry"
)

// Lengths of cells, in characters.
const (
	maxPlaceName = 160
	maxAddress   = 160
)

// place is a place with the text that tells it from another of the same label.
type place struct {
	registry.VaccinationPlace
	number string // «n° 981»
}

// places gathers vaccination places, each identifier once.
type places struct {
	all  []place
	seen map[string]int // by identifier: which of all
}

// add keeps a place. The same place twice is a duplicate; another one under its identifier is refused.
func (ps *places) add(r *row, column string, p place) {
	i, twice := ps.seen[p.ID]
	switch {
	case !twice:
		ps.seen[p.ID] = len(ps.all)
		ps.all = append(ps.all, p)
	case sameEntry(ps.all[i].VaccinationPlace, p.VaccinationPlace):
		r.duplicate = true
		ps.all[i].doubt(p.VaccinationPlace)
	default:
		r.reject(column, "Une ligne précédente donne un autre lieu sous ce numéro.")
	}
}

// doubt has a place receive those alone whom each of its rows lets in, from the later of their days.
func (p *place) doubt(again registry.VaccinationPlace) {
	p.Public = p.Public && again.Public
	if again.Opens.After(p.Opens) {
		p.Opens = again.Opens
	}
}

// sameEntry tells whether two rows give one place, whatever they say of where it is, when it opens and for whom.
func sameEntry(a, b registry.VaccinationPlace) bool {
	a.Public, a.Opens, a.Point = b.Public, b.Opens, b.Point
	return a == b
}

// labelled returns the places with their labels. Two places whose labels would read alike get their
// number, both, so that each can be chosen.
func (ps *places) labelled() []registry.VaccinationPlace {
	type key struct{ kind, label string }
	keyOf := func(p place) key { return key{p.Type, registry.Fold(p.Label)} }
	count := map[key]int{}
	for _, p := range ps.all {
		count[keyOf(p)]++
	}
	result := make([]registry.VaccinationPlace, 0, len(ps.all))
	for _, p := range ps.all {
		if count[keyOf(p)] > 1 {
			p.Label += " (" + p.number + ")"
		}
		result = append(result, p.VaccinationPlace)
	}
	return result
}

// placeLabel is what is suggested: «75013 Hôpital Broca, 54 rue Pascal, Paris».
func placeLabel(p registry.VaccinationPlace) string {
	label := p.PostalCode + " " + p.Name
	if p.Address != "" {
		label += ", " + p.Address
	}
	return label + ", " + p.Locality
}

var centreLayout = layout{
	title: "lieux de vaccination de data.gouv.fr", delimiters: ";,", header: true, quoted: true,
	columns: []column{
		required("gid"), required("nom"), required("com_cp"), required("com_nom"), optional("com_insee"),
		optional("adr_num"), optional("adr_voie"), optional("date_fermeture"), optional("centre_fermeture"),
		optional("lat_coor1"), optional("long_coor1"), optional("date_ouverture"), optional("rdv_modalites"), optional("_edit_datemaj"),
	},
}

// ReadCentres reads the list of vaccination centres of data.gouv.fr, in any edition. Closed centres are
// kept with their last day: doses given there are still recorded.
func ReadCentres(s *Source) (registry.ReferenceChange, Report, error) {
	found, undated := places{seen: map[string]int{}}, []string(nil)
	report, err := s.read(centreLayout, func(r *row) {
		p := registry.VaccinationPlace{
			Type: PlaceCentre, Name: r.text("nom", maxPlaceName), Locality: r.text("com_nom", maxLocality),
			PostalCode: r.postalCode("com_cp"), Closed: r.optionalDate("date_fermeture"),
			Address: strings.TrimSpace(r.optional("adr_num", maxAddress) + " " + r.optional("adr_voie", maxAddress)),
		}
		gid := r.number("gid", 1, 1_000_000_000)
		p.ID = fmt.Sprintf("%s%d", centrePrefix, gid)
		if strings.HasPrefix(r.optional("com_insee", 5), "99") {
			r.reject("com_insee", "La commune est à l’étranger.")
		}
		if isTrial(p.Name) {
			r.reject("nom", "Le nom est celui d’une ligne d’essai.")
		}
		closed := p.Closed.IsZero() && isTrue(r.optional("centre_fermeture", 10))
		if r.ok() {
			p.Point = r.point("lat_coor1", "long_coor1", p.PostalCode)
			p.Public, p.Opens = r.centreOpening(p.Name)
			if closed {
				// The row is taken, or the one of an earlier file would stand, of a centre that was open.
				p.Public = false
				undated = append(undated, p.ID)
				r.warn("date_fermeture", "Le centre est dit fermé, sans date de fermeture : les lettres n’indiqueront pas ce centre.")
			}
			p.Label = placeLabel(p)
			found.add(r, "gid", place{p, "n° " + strconv.Itoa(gid)}) // a plain space, as who types it has
		}
	})
	report.Undated = undated
	return registry.ReferenceChange{Places: found.labelled()}, report, err
}

// centrePrefix is how identifiers of centres of data.gouv.fr begin.
const centrePrefix = "DATAGOUV:"

// GoneCentres are those of known places that letters may list although ReadCentres took no row of theirs from the newest list, which is
// a whole one: nobody can tell whether they still receive people, so that nobody is sent there.
func GoneCentres(known []registry.VaccinationPlace, list registry.ReferenceChange) (gone []registry.VaccinationPlace) {
	taken := make(map[string]bool, len(list.Places))
	for _, p := range list.Places {
		taken[p.ID] = true
	}
	for _, p := range known {
		if p.Public && strings.HasPrefix(p.ID, centrePrefix) && !taken[p.ID] {
			gone = append(gone, p)
		}
	}
	return gone
}

// KeepLastDays gives the places of a list that are said to be closed, without a day, the last day that an earlier list told of them: the
// newer one does not say that it was wrong.
func KeepLastDays(known []registry.VaccinationPlace, list registry.ReferenceChange, undated []string) {
	last := make(map[string]registry.Date, len(undated))
	for _, p := range known {
		last[p.ID] = p.Closed
	}
	for i := range list.Places {
		if p := &list.Places[i]; p.Closed.IsZero() && slices.Contains(undated, p.ID) {
			p.Closed = last[p.ID]
		}
	}
}

// centreOpening tells whether a centre receives those who are invited, and from which day.
func (r *row) centreOpening(name string) (public bool, opens registry.Date) {
	cell := r.loose("date_ouverture")
	opens, err := registry.ParseDate(cell)
	if cell != "" && err != nil {
		r.warn("date_ouverture", "La date d’ouverture n’est pas lisible\u00a0: les lettres n’indiqueront pas ce centre.")
		return false, registry.Date{}
	}
	said, err := registry.ParseISODate(firstOf(r.loose("_edit_datemaj"), len("2021-01-14")))
	if err != nil {
		said = opens
	}
	public, from := opening(name, r.loose("rdv_modalites"), said)
	if from.After(opens) {
		opens = from
	}
	return public, opens
}

// firstOf are the first bytes of a text.
func firstOf(text string, n int) string { return text[:min(n, len(text))] }

// isTrial tells the rows that someone made to try the tool: «test», «TEST 2», «Centre test».
func isTrial(name string) bool {
	words := strings.Fields(strings.Trim(registry.Fold(name), "0123456789 "))
	if len(words) == 0 {
		return true
	}
	first, last := words[0], words[len(words)-1]
	return first == "test" || first == "essai" || last == "test" || last == "essai" ||
		strings.Contains(registry.Fold(name), "ne pas utiliser")
}

func isTrue(text string) bool {
	switch registry.Fold(text) {
	case "t", "true", "oui", "1":
		return true
	}
	return false
}
