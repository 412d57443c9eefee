package referential

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"sync"

	"vaccin/internal/referential/builtin"
	"vaccin/internal/registry"
)

// readBuiltin reads a table that ships. Whatever is wrong with it is an error: it was wrong when the
// program was built.
func readBuiltin(name string, l layout, take func(*row)) error {
	return withBuiltin(name, func(s *Source) (Report, error) { return s.read(l, take) })
}

func withBuiltin(name string, read func(*Source) (Report, error)) error {
	text, err := builtin.Table(name)
	if err != nil {
		return err
	}
	return readAll(name, text, func(s *Source) (Report, error) {
		report, err := read(s)
		if err == nil && report.Duplicates > 0 {
			err = fmt.Errorf("%d rows come twice", report.Duplicates)
		}
		return report, err
	})
}

func readAll(name string, text []byte, read func(*Source) (Report, error)) error {
	s, err := NewSource(name, bytes.NewReader(text))
	if err != nil {
		return fmt.Errorf("built-in %s: %w", name, err)
	}
	report, err := read(s)
	if err != nil {
		return fmt.Errorf("built-in %s: %w", name, err)
	}
	if len(report.Rejected) > 0 {
		first := report.Rejected[0]
		return fmt.Errorf("built-in %s, line %d, %s: %s", name, first.Line, first.Column, first.Reason)
	}
	return nil
}

// Profession is a health profession of the national nomenclature (TRE_G15).
type Profession struct {
	Code  string
	Label string        // in the singular: «Médecin»
	Until registry.Date // when the nomenclature dropped it; zero while it has it
}

var professions = sync.OnceValues(func() ([]Profession, error) {
	all := []Profession{}
	l := layout{
		title: "professions", delimiters: ";", header: true, quoted: true,
		columns: []column{required("code"), required("libelle"), required("jusqu_au")},
	}
	err := readBuiltin(builtin.Professions, l, func(r *row) {
		all = append(all, Profession{r.code("code", 10, ""), r.text("libelle", 80), r.optionalDate("jusqu_au")})
	})
	return all, err
})

// Professions returns the health professions, by code. They are part of the program: it panics when
// they cannot be read, which the tests exclude.
func Professions() []Profession {
	all, err := professions()
	if err != nil {
		panic(err)
	}
	return slices.Clone(all)
}

// ProfessionByCode finds a profession by its code of TRE_G15.
func ProfessionByCode(code string) (Profession, bool) {
	all := Professions()
	if i := slices.IndexFunc(all, func(p Profession) bool { return p.Code == code }); i >= 0 {
		return all[i], true
	}
	return Profession{}, false
}

// ProfessionByLabel finds a profession by how TRE_G15 labels it, whatever its case and accents.
func ProfessionByLabel(label string) (Profession, bool) {
	all, wanted := Professions(), registry.Fold(label)
	if i := slices.IndexFunc(all, func(p Profession) bool { return registry.Fold(p.Label) == wanted }); i >= 0 {
		return all[i], true
	}
	return Profession{}, false
}

// PlaceTypes returns the place types that ship, in the guide's order.
func PlaceTypes() ([]registry.PlaceType, error) {
	all := []registry.PlaceType{}
	l := layout{
		title: "types de lieu", delimiters: ";", header: true, quoted: true,
		columns: []column{required("code"), required("libelle"), required("liste"), required("cabinet")},
	}
	err := readBuiltin(builtin.PlaceTypes, l, func(r *row) {
		t := registry.PlaceType{
			Code: r.code("code", 30, "_"), Label: r.text("libelle", 80), Listed: r.yes("liste"), Practice: r.yes("cabinet"),
		}
		if _, twice := (registry.Reference{PlaceTypes: all}).PlaceType(t.Code); twice {
			r.reject("code", "Ce code est déjà donné.")
		}
		all = append(all, t)
	})
	return all, err
}

// Builtin returns the small reference data that ship: all but the localities.
func Builtin() (registry.ReferenceChange, error) {
	var c registry.ReferenceChange
	take := func(name string, read Reader) error {
		return withBuiltin(name, func(s *Source) (Report, error) {
			change, report, err := read(s)
			c = merge(c, change)
			return report, err
		})
	}
	if err := take(builtin.Vaccines, ReadVaccines); err != nil {
		return c, err
	}
	if err := take(builtin.Schedules, ReadSchedules(c.Vaccines)); err != nil {
		return c, err
	}
	if err := take(builtin.Openings, ReadOpenings); err != nil {
		return c, err
	}
	if err := take(builtin.Objections, ReadObjectionLimits); err != nil {
		return c, err
	}
	var err error
	if c.PlaceTypes, err = PlaceTypes(); err != nil {
		return c, err
	}
	err = readCoded(builtin.Sites, func(code, label string) {
		c.Sites = append(c.Sites, registry.InjectionSite{Code: code, Label: label})
	})
	if err != nil {
		return c, err
	}
	err = readCoded(builtin.Activities, func(code, label string) {
		c.Activities = append(c.Activities, registry.Activity{Code: code, Label: label})
	})
	return c, err
}

func merge(a, b registry.ReferenceChange) registry.ReferenceChange {
	a.Vaccines = append(a.Vaccines, b.Vaccines...)
	a.Schedules = append(a.Schedules, b.Schedules...)
	a.Openings = append(a.Openings, b.Openings...)
	a.ObjectionLimits = append(a.ObjectionLimits, b.ObjectionLimits...)
	return a
}

// readCoded reads a table of codes and labels, each code once.
func readCoded(name string, keep func(code, label string)) error {
	l := layout{
		title: name, delimiters: ";", header: true, quoted: true,
		columns: []column{required("code"), required("libelle")},
	}
	seen := map[string]bool{}
	return readBuiltin(name, l, func(r *row) {
		code, label := r.code("code", 30, "_"), r.text("libelle", 120)
		if seen[code] {
			r.reject("code", "Ce code est déjà donné.")
		}
		seen[code] = true
		keep(code, label)
	})
}

var localitiesRead = sync.OnceValues(func() ([]registry.Locality, error) {
	file, err := builtin.Localities()
	if err != nil {
		return nil, fmt.Errorf("built-in localities: %w", err)
	}
	defer file.Close()
	text, err := io.ReadAll(file)
	if err != nil {
		return nil, fmt.Errorf("built-in localities: %w", err)
	}
	var all []registry.Locality
	err = readAll("localities", text, func(s *Source) (Report, error) {
		change, report, err := readOwnLocalities(s)
		all = change.Localities
		return report, err
	})
	return all, err
})

// Localities returns the localities that ship, by postal code and name. The file is read once.
func Localities() ([]registry.Locality, error) {
	all, err := localitiesRead()
	return slices.Clone(all), err
}
