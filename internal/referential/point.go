package referential

import (
	"regexp"
	"strconv"
	"strings"

	"vaccin/internal/registry"
)

// Coordinates of official files. One that cannot be right is not kept, with a remark: the row stands without it, and letters then do
// without that place, or without the places near that locality.

const notThere = "Ces coordonnées ne sont pas retenues\u00a0: ce ne sont pas celles d’un lieu de ce code postal."

var degreesShape = regexp.MustCompile(`^[+-]?\d{1,3}([.,]\d{1,20})?$`)

// degrees reads decimal degrees: 43.3794, -61.72, 5,36.
func degrees(text string) (float64, bool) {
	if !degreesShape.MatchString(text) {
		return 0, false
	}
	d, err := strconv.ParseFloat(strings.Replace(text, ",", ".", 1), 64)
	return d, err == nil
}

// point returns where latitude and longitude are, if that can be of a postal code.
func point(latitude, longitude, postalCode string) (registry.Point, bool) {
	north, okNorth := degrees(strings.TrimSpace(latitude))
	east, okEast := degrees(strings.TrimSpace(longitude))
	if p := registry.PointOf(north, east); okNorth && okEast && p.PlausibleAt(postalCode) {
		return p, true
	}
	return registry.Point{}, false
}

// point returns where two cells say that something is; no point, with a remark unless they are empty, where that cannot be.
func (r *row) point(latitude, longitude, postalCode string) registry.Point {
	north, east := r.loose(latitude), r.loose(longitude)
	p, ok := point(north, east, postalCode)
	if !ok && north+east != "" {
		r.warn(latitude, notThere)
	}
	return p
}

// pair is point for a cell that holds both: 46.2054981558,5.65781475272.
func (r *row) pair(column, postalCode string) registry.Point {
	cell := r.loose(column)
	north, east, _ := strings.Cut(cell, ",")
	p, ok := point(north, east, postalCode)
	if !ok && cell != "" {
		r.warn(column, notThere)
	}
	return p
}

// loose returns a cell whatever it holds, for what does not decide whether the row is accepted.
func (r *row) loose(column string) string {
	if at, ok := r.index[column]; ok && at < len(r.cells) {
		return strings.TrimSpace(r.cells[at])
	}
	return ""
}
