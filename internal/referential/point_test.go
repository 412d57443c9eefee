package referential

import (
	"strings"
	"testing"

	"vaccin/internal/registry"
)

func TestCoordinatesAreReadOrLeftOutWithARemark(t *testing.T) {
	for _, c := range []struct {
		latitude, longitude string
		want                registry.Point
	}{
		{"45.4397", "4.3872", registry.Point{Latitude: 45439700, Longitude: 4387200}},
		{" 45.4397 ", "+4.3872", registry.Point{Latitude: 45439700, Longitude: 4387200}},
		{"45,4397", "4,3872", registry.Point{Latitude: 45439700, Longitude: 4387200}},
		{"45", "4", registry.Point{Latitude: 45000000, Longitude: 4000000}},
		{"45.43970000000000001", "4.3872", registry.Point{Latitude: 45439700, Longitude: 4387200}},
		// What is bad: half of it missing, swapped, of another country, projected in metres, or no number in decimal degrees.
		{"45.4397", "", registry.Point{}},
		{"", "4.3872", registry.Point{}},
		{"4.3872", "45.4397", registry.Point{}},
		{"0", "0", registry.Point{}},
		{"-45.4397", "4.3872", registry.Point{}},
		{"51.5", "-0.12", registry.Point{}},
		{"6484862.1", "808527.3", registry.Point{}},
		{"91", "4", registry.Point{}},
		{"45", "181", registry.Point{}},
		{"NaN", "NaN", registry.Point{}},
		{"Inf", "4", registry.Point{}},
		{"0x2d", "4", registry.Point{}},
		{"4.5e1", "4", registry.Point{}},
		{"45°26'23\"N", "4°23'14\"E", registry.Point{}},
		{"45.4397N", "4.3872E", registry.Point{}},
		{"45.", "4.", registry.Point{}},
		{".45", "4", registry.Point{}},
		{"45.43.97", "4", registry.Point{}},
		{"45_4", "4", registry.Point{}},
		{"--45", "4", registry.Point{}},
		{"−45", "4", registry.Point{}},
		{"４５", "4", registry.Point{}},
		{"\u00b0", "x", registry.Point{}},
		{"45.4397", "null", registry.Point{}},
		{strings.Repeat("9", 400), "4", registry.Point{}},
	} {
		rows := "gid;nom;com_cp;com_nom;lat_coor1;long_coor1\n1;Gymnase;42000;Saint-Étienne;" + c.latitude + ";" + c.longitude + "\n"
		change, report, err := ReadCentres(source(t, "centres", []byte(rows)))
		if err != nil || len(change.Places) != 1 {
			t.Errorf("%q, %q: %v, %+v", c.latitude, c.longitude, err, report)
			continue
		}
		if got := change.Places[0].Point; got != c.want || (len(report.Warned) == 0) != (c.want != registry.Point{}) {
			t.Errorf("%q, %q: %v, %+v", c.latitude, c.longitude, got, report.Warned)
		}
	}
}

func TestLocalitiesHaveThePointOfTheirFirstRowThatHasOne(t *testing.T) {
	rows := "Code_commune_INSEE;Nom_commune;Code_postal;Ligne_5;Libellé_d_acheminement;coordonnees_gps\n" +
		"42218;ST ETIENNE;42000;;ST ETIENNE;\n42218;ST ETIENNE;42000;ROCHETAILLEE;ST ETIENNE;45.43,4.39\n" +
		"42218;ST ETIENNE;42000;;ST ETIENNE;45.5,4.5\n42218;ST ETIENNE;42100;;ST ETIENNE;4.39,45.43\n42218;ST ETIENNE;42230;;ST ETIENNE;45.43 4.39\n"
	change, report, err := ReadLaPoste(nil)(source(t, "localities", []byte(rows)))
	if err != nil || len(change.Localities) != 4 || len(report.Warned) != 2 {
		t.Fatalf("%v, %+v, %+v", err, change.Localities, report)
	}
	at := registry.Point{Latitude: 45430000, Longitude: 4390000}
	want := []registry.LocalityPoint{{PostalCode: "42000", Name: "Saint-Etienne", Point: at}, {PostalCode: "42000", Name: "Rochetaillee", Point: at}}
	if len(change.Points) != 2 || change.Points[0] != want[0] || change.Points[1] != want[1] {
		t.Errorf("%+v", change.Points)
	}
}

func FuzzPoint(f *testing.F) {
	for _, c := range [][3]string{
		{"45.4397", "4.3872", "42000"}, {"-21,34", "+55.49", "97410"}, {"4.3872", "45.4397", "42000"}, {"", "", ""}, {"NaN", "1e3", "7501"}, {"0", "0", "75011"},
	} {
		f.Add(c[0], c[1], c[2])
	}
	f.Fuzz(func(t *testing.T, latitude, longitude, postalCode string) {
		p, ok := point(latitude, longitude, postalCode)
		if ok == p.IsZero() {
			t.Errorf("%q, %q: %v, %v", latitude, longitude, p, ok)
		}
		if ok && (!p.PlausibleAt(postalCode) || registry.Point{Latitude: p.Longitude, Longitude: p.Latitude}.PlausibleAt(postalCode)) {
			t.Errorf("%q, %q can be swapped under %q", latitude, longitude, postalCode)
		}
	})
}
