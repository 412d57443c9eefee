package registry_test

import (
	"math"
	"testing"

	"vaccin/internal/registry"
)

func TestAPointIsKeptInMillionthsOfADegree(t *testing.T) {
	for _, c := range []struct {
		latitude, longitude float64
		want                registry.Point
	}{
		{46.2054981558, 5.65781475272, registry.Point{Latitude: 46205498, Longitude: 5657815}},
		{-21.3452, 55.4945, registry.Point{Latitude: -21345200, Longitude: 55494500}},
		{0, 0, registry.Point{}},
		{90.1, 2, registry.Point{}},
		{48, -180.5, registry.Point{}},
		{math.NaN(), 2, registry.Point{}},
		{48, math.Inf(1), registry.Point{}},
	} {
		if got := registry.PointOf(c.latitude, c.longitude); got != c.want || got.IsZero() != (c.want == registry.Point{}) {
			t.Errorf("%v, %v: %v", c.latitude, c.longitude, got)
		}
	}
}

func TestAPointIsPlausibleInItsPartOfFrance(t *testing.T) {
	for _, c := range []struct {
		where               string
		latitude, longitude float64
		postalCode          string
		want                bool
	}{
		{"Paris", 48.8566, 2.3522, "75011", true},
		{"Ajaccio", 41.9192, 8.7386, "20000", true},
		{"Ouessant", 48.4601, -5.0955, "29242", true},
		{"Monaco", 43.7384, 7.4246, "98000", true},
		{"Saint-Barthélemy", 17.896, -62.8498, "97133", true},
		{"Le Marin", 14.471, -60.8692, "97290", true},
		{"Cayenne", 4.92453, -52.3207, "97300", true},
		{"Saint-Pierre", -21.3452, 55.4945, "97410", true},
		{"Mamoudzou", -12.7806, 45.2278, "97600", true},
		{"Papeete", -17.5516, -149.5585, "98714", true},
		{"Paris, swapped", 2.3522, 48.8566, "75011", false},
		{"Cayenne, swapped", -52.3207, 4.92453, "97300", false},
		{"Saint-Pierre, swapped", 55.4945, -21.3452, "97410", false},
		{"the zero point", 0, 0, "75011", false},
		{"Paris, under a code of Réunion", 48.8566, 2.3522, "97410", false},
		{"Réunion, under a code of Paris", -21.3452, 55.4945, "75011", false},
		{"New York", 40.71, -74, "75011", false},
		{"no postal code", 48.8566, 2.3522, "", false},
	} {
		if got := registry.PointOf(c.latitude, c.longitude).PlausibleAt(c.postalCode); got != c.want {
			t.Errorf("%s: %v", c.where, got)
		}
	}
}
