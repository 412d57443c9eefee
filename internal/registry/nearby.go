package registry

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Which vaccination places a letter lists («Où aller ?»). They are chosen by locality, once for all letters, and what was chosen
// is kept with the batches that list it: places that change later change no letter (ADR 38).

// PlaceTypeCentre is the code of the vaccination centres, which receive whoever is invited. Other places of the list do not: care
// homes vaccinate those who live there.
const PlaceTypeCentre = "CENTRE"

const (
	// MaxNearby is how many places a letter lists at most.
	MaxNearby = 3
	// nearMost is how far a place is at most, in metres as the crow flies. Further away the letter says whom to ask.
	nearMost = 50_000
	// ownMost is how far a place is at most from the middle of its own postal code, whose people it is always near: in Guyana a commune is
	// larger than that. Where it is further away, its point or its address is wrong.
	ownMost = 75_000
)

// LetterPlaceMost is how many characters a letter shows at most of a place's name, and of its address, so that they stay readable:
// a place with more is not listed.
const LetterPlaceMost = 90

// AddressLine is where a place is, on one line.
func (v VaccinationPlace) AddressLine() string {
	town := strings.Trim(v.PostalCode+"\u00A0"+v.Locality, "\u00A0")
	if v.Address == "" || town == "" {
		return v.Address + town
	}
	return v.Address + ", " + town
}

// receives tells whether those who are invited are received on a day.
func (v VaccinationPlace) receives(day Date) bool {
	return v.Public && !v.Opens.After(day) && (v.Closed.IsZero() || !v.Closed.Before(day))
}

// listable tells whether letters may list a place to those who come from a day on.
func (v VaccinationPlace) listable(day Date) bool {
	return v.Type == PlaceTypeCentre && v.receives(day) && v.Point.PlausibleAt(v.PostalCode) && strings.TrimSpace(v.Name) != "" &&
		utf8.RuneCountInString(v.Name) <= LetterPlaceMost && utf8.RuneCountInString(v.AddressLine()) <= LetterPlaceMost
}

// Nearby are the vaccination places that letters list, by where their addressees live.
type Nearby struct {
	Places []VaccinationPlace // what letters say of them, and nothing more
	// At tells which of them are near, the nearest first: near a postal code, or near one of its localities where that makes a
	// difference.
	At map[string][]int
}

func nearbyKey(postalCode, name string) string { return postalCode + " " + SpellOut(Fold(name)) }

// Near are the places near a locality, the nearest first, at most MaxNearby.
func (n Nearby) Near(l Locality) []VaccinationPlace {
	at, ok := n.At[nearbyKey(l.PostalCode, l.Name)]
	if !ok {
		at = n.At[l.PostalCode]
	}
	places := make([]VaccinationPlace, 0, MaxNearby)
	for _, i := range at {
		places = append(places, n.Places[i])
	}
	return places
}

// candidate is a place that may be near someone.
type candidate struct {
	place  *VaccinationPlace
	at     position
	says   string // what a letter says of it, folded
	number int    // among those that are chosen, from 1
}

// ChooseNearby chooses the places that letters list to those who come from a day on: for each locality the nearest ones that can
// be reached by land. The point of a postal code is the mean of its localities; of two places as far, the one with the smaller
// identifier comes first; of two that read alike, one is enough. What no point is known of is near nothing, and so is a postal code that
// serves both an island and the shore, but for its localities.
func ChooseNearby(places []VaccinationPlace, localities []LocalityPoint, day Date) Nearby {
	codes := pointsOfCodes(localities)
	shores := map[string][]candidate{}
	for i := range places {
		v := &places[i]
		if !v.listable(day) {
			continue
		}
		at := v.Point.position()
		if code, known := codes[v.PostalCode]; known && code.Point.position().squareTo(at) > ownMost*ownMost {
			continue
		}
		shore := shoreOf(v.PostalCode, v.Locality)
		shores[shore] = append(shores[shore], candidate{place: v, at: at, says: v.PostalCode + "\n" + Fold(v.Name) + "\n" + Fold(v.Address)})
	}
	chosen := Nearby{At: map[string][]int{}}
	near := func(l LocalityPoint) []int {
		return chosen.nearest(shores[shoreOf(l.PostalCode, l.Name)], l)
	}
	type named struct {
		LocalityPoint
		folded string
	}
	all := make([]named, len(localities))
	for i, l := range localities {
		all[i] = named{l, Fold(l.Name)}
	}
	slices.SortFunc(all, func(a, b named) int { // by this order places are numbered
		return cmp.Or(cmp.Compare(a.PostalCode, b.PostalCode), cmp.Compare(a.folded, b.folded))
	})
	for _, l := range all {
		code, known := codes[l.PostalCode]
		if !known {
			continue
		}
		if _, done := chosen.At[l.PostalCode]; !done && shared[l.PostalCode] {
			chosen.At[l.PostalCode] = []int{} // whoever is under no name that is known may live on the island
		} else if !done {
			chosen.At[l.PostalCode] = near(code)
		}
		if !l.Point.PlausibleAt(l.PostalCode) {
			continue
		}
		if at := near(l.LocalityPoint); !slices.Equal(at, chosen.At[l.PostalCode]) {
			chosen.At[nearbyKey(l.PostalCode, l.Name)] = at
		}
	}
	return chosen
}

// pointsOfCodes are the means of the localities of each postal code.
func pointsOfCodes(localities []LocalityPoint) map[string]LocalityPoint {
	type sum struct{ latitude, longitude, n int64 }
	sums := map[string]sum{}
	for _, l := range localities {
		if l.Point.PlausibleAt(l.PostalCode) {
			s := sums[l.PostalCode]
			sums[l.PostalCode] = sum{s.latitude + int64(l.Point.Latitude), s.longitude + int64(l.Point.Longitude), s.n + 1}
		}
	}
	codes := make(map[string]LocalityPoint, len(sums))
	for code, s := range sums {
		codes[code] = LocalityPoint{PostalCode: code, Point: Point{int32(s.latitude / s.n), int32(s.longitude / s.n)}}
	}
	return codes
}

// nearest chooses among candidates, and takes those chosen for the first time among the places.
func (n *Nearby) nearest(among []candidate, l LocalityPoint) []int {
	from := l.Point.position()
	type found struct {
		*candidate
		square int64
	}
	best := make([]found, 0, MaxNearby+1)
	for i := range among {
		f := found{&among[i], from.squareTo(among[i].at)}
		if f.square > ownMost*ownMost || f.square > nearMost*nearMost && f.place.PostalCode != l.PostalCode ||
			len(best) == MaxNearby && f.square > best[MaxNearby-1].square {
			continue
		}
		before := func(g found) bool {
			return cmp.Or(cmp.Compare(g.square, f.square), cmp.Compare(g.place.ID, f.place.ID)) < 0
		}
		alike := slices.IndexFunc(best, func(g found) bool { return g.says == f.says })
		switch {
		case alike >= 0 && before(best[alike]):
			continue
		case alike >= 0:
			best = slices.Delete(best, alike, alike+1)
		}
		at := 0
		for at < len(best) && before(best[at]) {
			at++
		}
		best = slices.Insert(best, at, f)
		best = best[:min(len(best), MaxNearby)]
	}
	at := make([]int, 0, len(best))
	for _, f := range best {
		if f.number == 0 {
			v := f.place
			n.Places = append(n.Places, VaccinationPlace{ID: v.ID, Name: v.Name, Address: v.Address, PostalCode: v.PostalCode, Locality: v.Locality})
			f.number = len(n.Places)
		}
		at = append(at, f.number-1)
	}
	return at
}

// gone counts, of places that letters list, those that do not receive people on a day any more.
func gone(listed map[string]bool, now []VaccinationPlace, day Date) int {
	n := len(listed)
	for _, v := range now {
		if listed[v.ID] && v.receives(day) {
			n--
		}
	}
	return n
}

// nearbyText is how Nearby is kept.
type nearbyText struct {
	Places [][5]string
	At     map[string][]int
}

// Text is what is kept of the places that letters list: the same places give the same bytes. It is empty when there are none.
func (n Nearby) Text() (string, error) {
	if len(n.Places) == 0 {
		return "", nil
	}
	kept := nearbyText{At: n.At}
	for _, v := range n.Places {
		kept.Places = append(kept.Places, [5]string{v.ID, v.Name, v.Address, v.PostalCode, v.Locality})
	}
	text, err := json.Marshal(kept)
	if err != nil {
		return "", fmt.Errorf("writing the places that letters list: %w", err)
	}
	return string(text), nil
}

// nearbyDigest names a text of Nearby; none has no name.
func nearbyDigest(text string) string {
	if text == "" {
		return ""
	}
	digest := sha256.Sum256([]byte(text))
	return hex.EncodeToString(digest[:])
}

var errNearby = errors.New("registry: the places that a batch of letters lists are not as they were kept")

// readNearby reads what Text wrote, and holds it against its digest.
func readNearby(text, digest string) (Nearby, error) {
	kept := nearbyText{}
	if nearbyDigest(text) != digest {
		return Nearby{}, errNearby
	}
	if text == "" {
		return Nearby{}, nil
	}
	if err := json.Unmarshal([]byte(text), &kept); err != nil {
		return Nearby{}, errors.Join(errNearby, err)
	}
	n := Nearby{At: kept.At}
	for _, p := range kept.Places {
		n.Places = append(n.Places, VaccinationPlace{ID: p[0], Name: p[1], Address: p[2], PostalCode: p[3], Locality: p[4]})
	}
	for _, at := range n.At {
		if len(at) > MaxNearby || slices.ContainsFunc(at, func(i int) bool { return i < 0 || i >= len(n.Places) }) {
			return Nearby{}, errNearby
		}
	}
	return n, nil
}
