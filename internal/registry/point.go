package registry

import (
	"math"
	"slices"
	"strings"
)

// Where localities and vaccination places are, so that a letter can list those near its addressee (nearby.go).

// Point is where something is, in millionths of a degree: whole numbers, that are the same on every machine and come back
// from a database as they went in. The zero point, in the Gulf of Guinea, is where nothing is: it stands for what is not known.
type Point struct{ Latitude, Longitude int32 }

// PointOf is the point of decimal degrees, zero for what is none.
func PointOf(latitude, longitude float64) Point {
	if !(math.Abs(latitude) <= 90 && math.Abs(longitude) <= 180) { // also false for what is no number
		return Point{}
	}
	return Point{int32(math.Round(latitude * 1e6)), int32(math.Round(longitude * 1e6))}
}

// IsZero tells that it is not known where something is.
func (p Point) IsZero() bool { return p == Point{} }

// LocalityPoint is where a locality is.
type LocalityPoint struct {
	PostalCode, Name string
	Point            Point
}

// box is a part of the globe, in degrees.
type box struct{ south, west, north, east float64 }

func (b box) holds(p Point) bool {
	low, high := PointOf(b.south, b.west), PointOf(b.north, b.east)
	return p.Latitude >= low.Latitude && p.Latitude <= high.Latitude && p.Longitude >= low.Longitude && p.Longitude <= high.Longitude
}

// The parts of the globe where localities of the overseas are, by the start of their postal codes; and the mainland's, with
// Corsica and Monaco. They overlap nowhere, nor with what they are when latitude and longitude are swapped.
var (
	mainlandBox   = box{41.2, -5.4, 51.2, 9.7}
	leewardBox    = box{15.7, -63.3, 18.3, -60.9}
	overseasBoxes = map[string]box{
		"971": leewardBox, "977": leewardBox, "978": leewardBox, // Saint-Barthélemy and Saint-Martin have codes of 971 too
		"972": {14.3, -61.3, 15, -60.7},
		"973": {2, -54.7, 6, -51.5},
		"974": {-21.5, 55.1, -20.8, 55.9},
		"975": {46.6, -56.6, 47.3, -56},
		"976": {-13.1, 44.9, -12.5, 45.4},
		"986": {-14.5, -178.3, -13.1, -176},
		"987": {-28.5, -155, -7.5, -134},
		"988": {-23, 158, -17.5, 172.5},
	}
)

// PlausibleAt tells whether something with a postal code can be at the point: not in another part of France, in the sea far
// away, or where its latitude and longitude are swapped.
func (p Point) PlausibleAt(postalCode string) bool {
	if len(postalCode) != 5 {
		return false
	}
	if b, ok := overseasBoxes[postalCode[:3]]; ok {
		return b.holds(p)
	}
	return mainlandBox.holds(p)
}

// position is a point in metres from the centre of the Earth. Distances are those of the straight line, which over 50 km is a
// foot shorter than the great circle; their squares are whole numbers, and compare in the same way on every machine.
type position struct{ x, y, z int64 }

// earthRadius is the Earth's mean radius in metres.
const earthRadius = 6_371_009

func (p Point) position() position {
	const radians = math.Pi / 180 / 1e6
	latitude, longitude := float64(p.Latitude)*radians, float64(p.Longitude)*radians
	metres := func(of float64) int64 { return int64(math.Round(of * earthRadius)) }
	return position{
		metres(math.Cos(latitude) * math.Cos(longitude)), metres(math.Cos(latitude) * math.Sin(longitude)), metres(math.Sin(latitude)),
	}
}

// squareTo is the square of the distance in metres.
func (p position) squareTo(q position) int64 {
	x, y, z := p.x-q.x, p.y-q.y, p.z-q.z
	return x*x + y*y + z*z
}

// islands are those without a bridge, by postal code, and by postal code and name where the code serves the shore across
// too: an invitation sends nobody across the sea. Names of shores only have to differ. Where the commune is on the shore, the island is a
// hamlet of La Poste's list, with the point of the commune.
var islands = map[string]string{
	"17123": "Aix", "22870": "Bréhat", "29242": "Ouessant", "29253": "Batz", "29259": "Molène", "29990": "Sein",
	"50400 iles chausey": "Chausey", "50400 chausey": "Chausey", "50550 ile tatihou": "Tatihou", "50550 tatihou": "Tatihou",
	"56170 ile d houat": "Houat", "56170 houat": "Houat", "56170 hoedic": "Hoëdic", "56170 ile de hoedic": "Hoëdic",
	"56360": "Belle-Île", "56590": "Groix", "56780": "Île-aux-Moines", "56840": "Île d’Arz",
	"83400 porquerolles": "Porquerolles", "83400 ile de porquerolles": "Porquerolles", "83400 port cros": "Port-Cros",
	"83400 ile de port cros": "Port-Cros", "83400 ile du levant": "Île du Levant", "83400 le levant": "Île du Levant",
	"85350": "Yeu", "97112": "Marie-Galante", "97134": "Marie-Galante", "97140": "Marie-Galante",
	"97127": "La Désirade", "97133": "Saint-Barthélemy", "97136": "Terre-de-Bas", "97137": "Terre-de-Haut", "97150": "Saint-Martin",
	"97615": "Petite-Terre",
}

// shared are the postal codes that serve an island and the shore across: they alone do not tell on which somebody lives.
var shared = func() map[string]bool {
	codes := map[string]bool{}
	for key := range islands {
		if code, _, named := strings.Cut(key, " "); named {
			codes[code] = true
		}
	}
	return codes
}()

// archipelagos are collectivities whose postal codes are mostly islands: each code is a shore of its own.
var archipelagos = []string{"975", "986", "987", "988"}

// shoreOf tells from what lies across the sea what one reaches by land. Corsica and the overseas departments need no shore of their own: they are
// further from everything else than a letter sends anybody.
func shoreOf(postalCode, name string) string {
	if island, ok := islands[postalCode]; ok {
		return island
	}
	if island, ok := islands[postalCode+" "+Fold(name)]; ok {
		return island
	}
	if slices.ContainsFunc(archipelagos, func(start string) bool { return strings.HasPrefix(postalCode, start) }) {
		return postalCode
	}
	return ""
}
